"""What a change is measured from: a time, a number of the text, a peak or an average.

A base that is named and not understood is no month and no year earlier: then there is no base.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from forecast.claims import readings, times
from forecast.claims.mentions import COMPARATORS, Scene
from forecast.claims.readings import Anchor, Candidate, TextState
from forecast.claims.times import TimeRef
from forecast.claims.tokens import WrittenNumber, word_set
from forecast.claims.truth import ClaimSpan, CountTable, Subject, fiscal
from forecast.claims.weights import cost

Rate = Literal["", "per_day", "per_month"]
_NAMES_BASE = COMPARATORS - word_set("to with since")
_OF_MULTIPLE = word_set("the that what as of those its their")
_ADDS_NOTHING = word_set(
    "the a an that it its their same previous prior last year month time period level levels "
    "number numbers total count figure one before earlier ago to with what was had been were when "
    "of in at all many much those recorded seen just some about nearly more less ever average"
)
_LEADING = word_set("compared versus relative against")
_ENDS = word_set("; \u2014 \u2013 ( ) | .")
_HIGH = word_set("peak peaks high highs record height highest")


@dataclass(frozen=True, slots=True)
class Base:
    """What a change is measured from: a span's count, or what it is a month or a day."""

    span: ClaimSpan
    rate: Rate = ""


@dataclass(frozen=True, slots=True)
class NamedBase:
    """The words behind or before a change that name its base.

    named : whether any do. tokens : where they stand.
    """

    named: bool = False
    tokens: range = range(0)
    refs: Sequence[TimeRef] = ()


def read(scene: Scene, number: WrittenNumber) -> NamedBase:
    """Find the words that name the base of a change."""
    limit = _next_change(scene, number)
    start = _comparator(scene, number, limit)
    if start is None:
        before = list(_led_before(scene, number))
        return NamedBase(bool(before), range(0), before)
    end = _stretch_end(scene, start, limit)
    inside = range(start + 1, end)
    refs = [
        ref
        for ref, place in zip(scene.times, scene.time_places, strict=True)
        if place[0] in inside and ref.form not in ("day", "days", "week")
    ]
    return NamedBase(True, inside, refs)


def bases(
    comparison: NamedBase,
    scene: Scene,
    context: TextState,
    now: ClaimSpan,
    subject: Subject,
    table: CountTable,
    anchors: Sequence[Anchor],
    before: Sequence[Anchor],
) -> list[Candidate[Base]]:
    """What a change of a count may be measured from, the likeliest first.

    anchors : the sentence's own counts; before : those of the sentences before.
    """
    words = {scene.low(i) for i in comparison.tokens}
    own = [anchor for anchor in anchors if anchor.number.first in comparison.tokens]
    spans = [
        Candidate(span, cost("second") * rank + cost("base.other_meaning") * i, True)
        for rank, ref in enumerate(comparison.refs[:3])
        for i, span in enumerate(_resolved(ref, context, now)[:4])
    ]
    options: list[Candidate[Base]] = []
    if any(word.startswith("averag") for word in words):
        daily = words & {"daily", "day", "day's"}
        rate: Rate = "per_day" if daily else "per_month"
        options = [Candidate(Base(c.value, rate), c.cost, True) for c in spans]
    elif own:
        options = [Candidate(Base(anchor.span), 0.0, True) for anchor in own]
    elif words & _HIGH and all(ref.form in ("administration", "era") for ref in comparison.refs):
        line = table.counts(subject)
        within = [c.value for c in spans] or [ClaimSpan(0, context.now.month)]
        options = [
            Candidate(
                Base(line.peak(ClaimSpan(span.first, min(span.last, now.last)))),
                0.1,
                True,
            )
            for span in within
            if line and now.length == 1
        ]
    else:
        options = [Candidate(Base(c.value), c.cost, True) for c in spans]
    # Words that say more than "the same time a year ago" name another base, not understood.
    adds = any(
        scene.low(i) not in _ADDS_NOTHING and not scene.in_time(i) and not scene.tokens[i].mark
        for i in comparison.tokens
    )
    if not options and not adds:
        options = [
            Candidate(Base(c.value), c.cost) for c in _usual(context, now, [*before, *anchors])
        ]
    return readings.cheapest(option for option in options if option.value.span != now)


def _resolved(ref: TimeRef, context: TextState, now: ClaimSpan) -> list[ClaimSpan]:
    candidates = times.spans(ref, context.when, now)
    if ref.since and ref.form != "era":
        return list(dict.fromkeys(readings.begun(ref, candidates)))
    return candidates


def _usual(
    context: TextState, now: ClaimSpan, anchors: Sequence[Anchor]
) -> Iterator[Candidate[ClaimSpan]]:
    """What is often compared with: another count of the text, a year or a month before."""
    earlier = [anchor for anchor in reversed(anchors) if anchor.span.first < now.first]
    for i, anchor in enumerate(earlier[:2]):
        beside = cost("carried") if anchor.compared else cost("base.counted")
        yield Candidate(anchor.span, beside + 0.3 * i)
    yield Candidate(
        now.shift(-12),
        cost("carried") if now.length > 1 else cost("base.year_before_month"),
    )
    if now.length == 1:
        yield Candidate(now.shift(-1), cost("second"))
        before = [span for span in context.recent[:2] if span.first < now.first]
        yield from (Candidate(span, cost("second")) for span in before)


def _next_change(scene: Scene, number: WrittenNumber) -> int:
    later = (
        n.first for n in scene.numbers if n.first >= number.last and n.kind in ("percent", "times")
    )
    return min(later, default=len(scene.tokens))


def _comparator(scene: Scene, number: WrittenNumber, limit: int) -> int | None:
    """The token behind a change that leads to its base, None without one."""
    pairs = zip(scene.times, scene.time_places, strict=True)
    relative = {place[0] for ref, place in pairs if ref.relative or ref.since}
    for at in range(number.last, min(number.last + 12, limit)):
        double = number.kind == "times" and at == number.last  # nearly double December
        if scene.in_time(at) and (double or at in relative):
            return at - 1
        low = scene.low(at)
        if low in _NAMES_BASE and not (low == "from" and scene.low(at - 1) in ("people", "were")):
            return at
        if low == "on" and at <= number.last + 2:
            return at
        multiple = number.kind == "times" and low in _OF_MULTIPLE
        if multiple and at == number.last:
            return at
        if low in _ENDS or (low == "," and scene.low(at + 1) not in ("compared", "from", "when")):
            return None
    return None


def _stretch_end(scene: Scene, start: int, limit: int) -> int:
    for at in range(start + 1, limit):
        low = scene.low(at)
        if low in _ENDS and not scene.in_time(at):
            return at
        if low in (",", "and", "but", "while") and not scene.in_time(at) and at > start + 1:
            opens = scene.low(at + 1) in ("when", "which", "the")
            if not (low == "," and opens and not scene.numbers_between(start, at)):
                return at
    return limit


def _led_before(scene: Scene, number: WrittenNumber) -> Iterator[TimeRef]:
    """Times before a change that it is measured from: compared with March 2024, they fell 9%."""
    pairs = list(zip(scene.times, scene.time_places, strict=True))
    for ref, place in reversed(pairs):
        if place[0] >= number.first or ref.form in ("day", "days", "week", "administration"):
            continue
        if any(n.kind in ("percent", "times") and n.first < place[0] for n in scene.numbers):
            continue  # it is what that one was measured from
        near = number.first - place[1] <= 8
        leading = {scene.low(i) for i in range(place[0] - 6, place[0])}
        if (
            (ref.relative and near)
            or leading & _LEADING
            or (ref.since and near)
            or (scene.compares(place[0]) and not scene.numbers_between(place[1], number.first))
        ):
            yield ref


def ends(scene: Scene, context: TextState) -> list[Candidate[ClaimSpan]]:
    """The last of the months that something changed over: from October to November."""
    return [
        Candidate(ClaimSpan(span.last, span.last), cost("base.end_of_range"))
        for ref, place in zip(scene.times, scene.time_places, strict=True)
        if ref.form == "months" and scene.low(place[0] - 1) in ("from", "between")
        for span in times.spans(ref, context.when)[:1]
    ]


def is_base(scene: Scene, number: WrittenNumber, span: ClaimSpan, context: TextState) -> bool:
    """Whether a span comes from what a change is compared with."""
    refs = read(scene, number).refs
    others = [ref for ref in scene.times if ref.counts and not ref.relative and ref not in refs]
    theirs = {span for ref in refs for span in times.spans(ref, context.when, None)}
    own = {span for ref in others for span in times.spans(ref, context.when, None)[:2]}
    return span in theirs and span not in own


def from_to(
    scene: Scene, number: WrittenNumber, context: TextState
) -> tuple[ClaimSpan, ClaimSpan] | None:
    """From May to June, between 2022 and 2023: (now, before)."""
    for ref, place in zip(scene.times, scene.time_places, strict=True):
        if ref.form not in ("months", "fys", "years") or scene.low(place[0] - 1) not in (
            "from",
            "between",
        ):
            continue
        if scene.distance((number.first, number.last), place) > 14:
            continue
        whole = times.spans(ref, context.when)
        if not whole:
            continue
        if ref.form == "months":
            return ClaimSpan(whole[0].last, whole[0].last), ClaimSpan(
                whole[0].first, whole[0].first
            )
        first, last = ref.args
        return fiscal(last), fiscal(first)
    return None
