"""What the words name as the base of a change: a time, a number of the text, a peak, an average."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from forecast.claims.text import times
from forecast.claims.text.scene import COMPARATORS, Scene
from forecast.claims.text.times import TextState, TimeRef
from forecast.claims.text.tokens import WrittenNumber, word_set
from forecast.claims.trace import when
from forecast.periods import Period


@dataclass(frozen=True, slots=True)
class NamedBase:
    """The words that name the base of a change: their tokens, and the times among them."""

    tokens: range
    refs: Sequence[TimeRef]

    @property
    def plain(self) -> bool:
        """Whether it names a time that has one end."""
        return any(ref.form not in when.RANGES for ref in self.refs)


_NAMES_BASE = COMPARATORS - word_set("to with since")
_MAY_BASE = _NAMES_BASE | {"when"}
_AND_MORE = {("and", low) for low in ("more", "fewer", "less", "up", "down", "also", "even")}
_OF_MULTIPLE = word_set("the that what as of those its their")
_LEADING = word_set("compared versus relative against")
_ENDS = word_set("; \u2014 \u2013 ( ) | .")
_ENDS_LATER = _ENDS | word_set(", and but while")
HIGH = word_set("peak peaks high highs record height highest")
_AGAINST = word_set("compared versus against")
_EVERY = ("daily", "weekly", "monthly", "yearly", "annual")
_NO_BASE = ("day", "days", "week")


def read(scene: Scene, number: WrittenNumber) -> NamedBase | None:
    """Find the words that name the base of a change; None where none do."""
    later = (
        n.first for n in scene.numbers if n.first >= number.last and n.kind in ("percent", "times")
    )
    limit = min(later, default=len(scene.tokens))
    start = _comparator(scene, number, limit)
    if start is None:
        before = _before(scene, number)
        return NamedBase(range(0), before) if before else None
    ends = (at for at in range(start + 1, limit) if _is_end(scene, start, at))
    end = next(ends, limit)
    if scene.low(end) == "(":  # compared with January 2024 (242,530)
        end = next((at for at in range(end, end + 8) if scene.low(at) == ")"), end)
    inside = range(start + 1, end)
    refs = [r for r in scene.times if r.first in inside and r.form not in _NO_BASE]
    return NamedBase(inside, refs)


def is_lone(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a sentence has no other change, and nothing that may be a second base of this one."""
    named, lows = read(scene, number), scene.words(0, len(scene.tokens))
    own = range(named.tokens.start - 1, named.tokens.stop) if named else range(0)
    hedged = {at for p in scene.of_kind("hedge") for at in range(p.first, p.last)}
    may = {at for at, low in enumerate(lows) if low in _MAY_BASE and not scene.in_time(at)}
    led = may.union(ref.first for ref in scene.times if ref.relative) - hedged - {*own}
    alone = all(n == number or n.kind not in ("percent", "times") for n in scene.numbers)
    return alone and len(led) + (len(own) > 1) <= 1 and not _AND_MORE & set(pairwise(lows))


def others(scene: Scene, number: WrittenNumber) -> Iterator[int]:
    """The tokens of what other changes are from: 9% lower than in May, and 4% than in March."""
    for other in scene.numbers:
        named = read(scene, other) if other.kind == "percent" and other != number else None
        yield from named.tokens if named else ()


def _is_end(scene: Scene, start: int, at: int) -> bool:
    low = scene.low(at)
    if low == "and" and scene.low(at + 1) in _EVERY:
        return False  # daily and monthly averages
    if scene.in_time(at) or low not in (_ENDS if at == start + 1 else _ENDS_LATER):
        return False
    opens = low == "," and scene.low(at + 1) in ("when", "which", "the")
    return not opens or scene.numbers_between(start, at)


def _before(scene: Scene, number: WrittenNumber) -> list[TimeRef]:
    """A time before it that it is measured from: compared with March 2024, they fell 9%.

    But not the one that a change before it was measured from.
    """
    changes = (n.first for n in scene.numbers if n.kind in ("percent", "times"))
    first = min(changes, default=number.first)
    return [
        ref
        for ref in reversed(scene.times)
        if ref.first < first
        and ref.form not in (*_NO_BASE, "administration")
        and (
            (number.first - ref.last <= 8 and (ref.relative or ref.since))
            or _LEADING & set(scene.words(ref.first - 6, ref.first))
        )
    ]


def _comparator(scene: Scene, number: WrittenNumber, limit: int) -> int | None:
    """The token behind a change that leads to its base, None without one."""
    relative = {ref.first for ref in scene.times if ref.relative or ref.since}
    leads = _OF_MULTIPLE if number.kind == "times" else frozenset[str]()
    for at in range(number.last, min(number.last + 12, limit)):
        low = scene.low(at)
        if at in relative:
            return at - 1
        if low in _NAMES_BASE or (at == number.last and low in leads):
            return at
        if low == "on" and at <= number.last + 2:
            return at
        if low in _ENDS or (low == "," and scene.low(at + 1) not in ("compared", "from", "when")):
            return None
    return None


def from_to(
    scene: Scene, number: WrittenNumber, context: TextState
) -> tuple[Period, Period] | None:
    """From May to June, between 2022 and 2023: (now, before)."""
    if _AGAINST & set(scene.words(number.last, len(scene.tokens))):
        return None  # from October to June, compared with the same time of last year
    for ref in scene.times:
        ranged = ref.form in when.RANGES and scene.low(ref.first - 1) in ("from", "between")
        if not ranged or scene.distance((number.first, number.last), (ref.first, ref.last)) > 14:
            continue
        for whole in times.spans(ref, context)[:1]:
            if ref.form == "months":
                return Period(whole.last, whole.last), Period(whole.first, whole.first)
            return context.calendar.period(ref.args[1]), context.calendar.period(ref.args[0])
    return None
