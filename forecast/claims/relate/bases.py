"""What a change is measured from: a time, a number of the text, a peak or an average.

A base that is named and not understood is no month and no year earlier: then there is no base.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from forecast.claims.text import times
from forecast.claims.text.scene import COMPARATORS, Scene
from forecast.claims.text.times import TextState, TimeRef
from forecast.claims.text.tokens import WrittenNumber, word_set
from forecast.claims.trace import when
from forecast.periods import Period


class NamedBase(NamedTuple):
    """The words that name the base of a change: their tokens, and the times among them."""

    tokens: range
    refs: Sequence[TimeRef]


_NAMES_BASE = COMPARATORS - word_set("to with since")
_OF_MULTIPLE = word_set("the that what as of those its their")
_ADDS_NOTHING = word_set(
    "the a an that it its their same previous prior last year month time period level levels "
    "number numbers total count figure one before earlier ago to with what was had been were when "
    "of in at all many much those recorded seen just some about nearly more less ever average"
)
_LEADING = word_set("compared versus relative against")
_ENDS = word_set("; \u2014 \u2013 ( ) | .")
HIGH = word_set("peak peaks high highs record height highest")
_DAYS = ("day", "days", "week")


def read(scene: Scene, number: WrittenNumber) -> NamedBase | None:
    """Find the words that name the base of a change; None where none do."""
    later = (
        n.first for n in scene.numbers if n.first >= number.last and n.kind in ("percent", "times")
    )
    limit = min(later, default=len(scene.tokens))
    start = _comparator(scene, number, limit)
    if start is None:
        # A time before it that it is measured from: compared with March 2024, they fell 9%. But
        # not the one that a change before it was measured from.
        changes = (n.first for n in scene.numbers if n.kind in ("percent", "times"))
        first = min(changes, default=number.first)
        before = [
            ref
            for ref in reversed(scene.times)
            if ref.first < number.first
            and ref.first <= first
            and ref.form not in (*_DAYS, "administration")
            and (
                (number.first - ref.last <= 8 and (ref.relative or ref.since))
                or _LEADING & set(scene.words(ref.first - 6, ref.first))
                or (scene.compares(ref.first) and not scene.numbers_between(ref.last, number.first))
            )
        ]
        return NamedBase(range(0), before) if before else None
    inside = range(start + 1, limit)
    for at in inside:
        low, timed = scene.low(at), scene.in_time(at)
        if timed or not (low in _ENDS or (low in (",", "and", "but", "while") and at > start + 1)):
            continue
        opens = low == "," and scene.low(at + 1) in ("when", "which", "the")
        if not opens or scene.numbers_between(start, at):
            inside = range(start + 1, at)
            break
    return NamedBase(inside, [r for r in scene.times if r.first in inside and r.form not in _DAYS])


def adds(scene: Scene, named: NamedBase) -> bool:
    """Whether words say more than "the same time a year ago": another base, not understood."""
    return any(
        scene.low(i) not in _ADDS_NOTHING and not scene.in_time(i) and not scene.tokens[i].mark
        for i in named.tokens
    )


def _comparator(scene: Scene, number: WrittenNumber, limit: int) -> int | None:
    """The token behind a change that leads to its base, None without one."""
    relative = {ref.first for ref in scene.times if ref.relative or ref.since}
    for at in range(number.last, min(number.last + 12, limit)):
        low, first = scene.low(at), at == number.last
        double = number.kind == "times" and first
        if scene.in_time(at) and (double or at in relative):
            return at - 1  # nearly double December
        came = low == "from" and scene.low(at - 1) in ("people", "were")
        on = low == "on" and at <= number.last + 2
        if (low in _NAMES_BASE and not came) or on or (double and low in _OF_MULTIPLE):
            return at
        if low in _ENDS or (low == "," and scene.low(at + 1) not in ("compared", "from", "when")):
            return None
    return None


def ends(scene: Scene, context: TextState) -> list[Period]:
    """The last of the months that something changed over: from October to November."""
    return [
        Period(span.last, span.last)
        for ref in scene.times
        if ref.form == "months" and scene.low(ref.first - 1) in ("from", "between")
        for span in times.spans(ref, context)[:1]
    ]


def from_to(
    scene: Scene, number: WrittenNumber, context: TextState
) -> tuple[Period, Period] | None:
    """From May to June, between 2022 and 2023: (now, before)."""
    for ref in scene.times:
        ranged = ref.form in when.RANGES and scene.low(ref.first - 1) in ("from", "between")
        if not ranged or scene.distance((number.first, number.last), (ref.first, ref.last)) > 14:
            continue
        for whole in times.spans(ref, context)[:1]:
            if ref.form == "months":
                return Period(whole.last, whole.last), Period(whole.first, whole.first)
            return context.calendar.period(ref.args[1]), context.calendar.period(ref.args[0])
    return None
