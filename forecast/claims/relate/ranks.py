"""Claims of records and ranks: the most ever, the lowest since March 2021, second highest.

One that the record does not bear is shown with what was higher or lower, never called wrong: what
it was meant to be compared with, the words seldom tell.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from forecast.claims.record.verdict import Among, Claimed, ClaimMeasure, Reading, judge
from forecast.claims.show import words as show
from forecast.claims.show.words import ClaimFinding
from forecast.claims.text import times
from forecast.claims.text.scene import Placed, Scene
from forecast.claims.text.times import TextState, TimeRef
from forecast.claims.text.tokens import WrittenNumber, number_words, numeral, word_set
from forecast.claims.trace import when, whose
from forecast.claims.trace.trace import Spot
from forecast.periods import Period

_OF_TIME = word_set("ever history recorded record")
_ALL_TIME = word_set("record time ever historic")
_BEYOND = word_set("time ever history historic")
_PARTS = word_set(
    "group groups nationality nationalities country countries sector sectors demographic corridor"
)
_SCOPE = word_set("any single month monthly")
_ENDS_QUOTE = _OF_TIME | _SCOPE | word_set("year years decades total")
# Words of another sense: track record, off the record; a record that was broken, or that shows.
_BEFORE = word_set(
    "at criminal track on public off sheet his her to will could "
    "previous prior old earlier last that broken standing"
)
_KEPT = word_set("ask asks asked in against keeps keep reads read")  # in the record
_BEHIND = {
    "record": word_set("shows show has says counts supports set books"),
    "most": word_set(
        "people of recent likely important common the were are often school court level- ranking"
    ),
}
_DAYS = word_set("day daily week weekly days weeks")
_ENDS = word_set("; while but compared")
_TOLD = ["that", "the", "record"]  # the most that the record supports
_YEARS = re.compile(r"\b(?:in|over)(?: [a-z]+){0,3}? (?:([a-z]+|\d+) )?(year|decade)s?\b")
_EACH = word_set("any a for every")
_MEASURES: dict[str, tuple[ClaimMeasure, ClaimMeasure]] = {
    "rank": ("rank_low", "rank_high"),
    "since": ("lowest_since", "highest_since"),
    "record": ("record_low", "record_high"),
}


@dataclass(frozen=True, slots=True)
class Extreme:
    """A claim that something was the highest or lowest.

    draft : its words, and its rank, 0 of a record. number : its place among the tokens.
    since : the time behind "since", None without one. years_back : lowest in so many years.
    same_month : whether it is compared with months of its name.
    beyond : whether its words speak of all time, which no record covers: ever, in history.
    """

    draft: ClaimFinding
    number: WrittenNumber
    measure: ClaimMeasure
    since: TimeRef | None = None
    years_back: int = 0
    same_month: bool = False
    beyond: bool = False


def find(scene: Scene) -> Iterator[Extreme]:
    """The claims of records and ranks in a sentence, at most one for each such word."""
    taken = -1
    for phrase in scene.of_kind("extreme"):
        extreme = None if _is_other(scene, phrase) else _extreme(scene, phrase)
        if extreme and phrase.first >= taken:
            taken = extreme.number.last
            yield extreme


def _is_other(scene: Scene, phrase: Placed) -> bool:
    """Records of days and weeks, of parts, of what is planned, that were broken; other senses."""
    first, last = phrase.first, phrase.last
    planned = any(0 <= first - p.last <= 6 for p in scene.of_kind("supposed"))
    grown = any(0 <= p.first - last <= 1 for p in scene.of_kind("change"))  # a record increase
    beaten = any(ref.last == first and scene.compares(ref.first) for ref in scene.times)
    odd = last == first + 1 and scene.low(last) in _BEHIND.get(scene.low(first), ())
    kept = scene.low(first - 1) == "the" and scene.low(first - 2) in _KEPT
    sense = kept or scene.low(first - 1) in _BEFORE or scene.words(last, last + 3) == _TOLD
    days = _DAYS & set(scene.words(first - 5, last + 6))
    parts = _PARTS & set(scene.words(first - 1, last + 3))
    return any((planned, grown, beaten, odd, sense, days, parts, scene.compares(first)))


def _extreme(scene: Scene, phrase: Placed) -> Extreme | None:
    clause = _clause(scene, phrase)
    since, back = _since(scene, phrase, phrase.last + len(clause)), _years_back(clause)
    own = set(scene.words(phrase.first, phrase.last))
    last = since.last if since else phrase.last + _quoted(scene, phrase, clause)
    same_month = _is_of_name(scene, phrase, last)
    if not (since or back or same_month or _is_scoped(clause, own)):
        return None
    hyphen = scene.low(phrase.first - 1) == "-"
    rank = _rank(scene, phrase.first - 1 - hyphen)
    first = phrase.first - (1 + hyphen if rank else 0)
    first = max(first - (scene.low(first - 1) in ("the", "a", "an")), 0)
    start, end = scene.tokens[first].start, scene.tokens[last - 1].end
    digits = re.sub("^[Ss]ince ", "", scene.text[since.start : since.end]) if since else ""
    beyond = _BEYOND & {*clause, *own} - ({"ever"} if "recorded" in clause else set())
    kind = "rank" if rank else "since" if since or back else "record"
    return Extreme(
        ClaimFinding(scene.text[start:end], start, end, digits, Claimed(rank)),
        WrittenNumber("other", rank, 1, first, last),
        _MEASURES[kind][phrase.value == "high"],
        since,
        back,
        same_month,
        bool(beyond) and not since,
    )


def _quoted(scene: Scene, phrase: Placed, clause: list[str]) -> int:
    """How many words behind it belong to its quotation, none behind a count."""
    behind = (n for n in scene.numbers if n.first >= phrase.last and n.value >= 100)
    counts = (n.first - phrase.last for n in behind)
    named = clause[: min(12, *counts, len(clause))]  # a record of 1,234 is judged by itself
    return max((i + 1 for i, low in enumerate(named) if low in _ENDS_QUOTE), default=0)


def _is_scoped(clause: list[str], own: set[str]) -> bool:
    """Whether the words say among what: ever, on record, of any month, of the year."""
    scoped = _SCOPE & set(clause[:10]) or {"year", "total"} & set(clause[:5])
    return bool(scoped or _OF_TIME & set(clause) or _ALL_TIME & own)


def _clause(scene: Scene, phrase: Placed) -> list[str]:
    """The words behind it that may say what it is compared with."""
    behind = scene.words(phrase.last, min(phrase.last + 22, len(scene.tokens)))
    ends = (i for i, word in enumerate(behind) if word in _ENDS or (word == "," and i > 2))
    return behind[: next(ends, len(behind))]


def _since(scene: Scene, phrase: Placed, reach: int) -> TimeRef | None:
    inside = (ref for ref in scene.times if phrase.last <= ref.first <= reach)
    return next((ref for ref in inside if ref.since), None)


def _rank(scene: Scene, at: int) -> int:
    """The rank that stands at a token, 0 without one."""
    ordinals = [n for n in scene.numbers if n.kind == "ordinal" and n.first <= at < n.last]
    return next((int(n.value) for n in ordinals if n.value > 1), 0)


def _years_back(clause: list[str]) -> int:
    """Lowest in more than 50 years, in decades, in nearly five years; 0 where nothing is said."""
    found = _YEARS.search(" ".join(clause))
    if found is None or (found[2] == "year" and not found[1]):
        return 0
    words = found[1] or "two"
    count = int(numeral(words) or number_words().get(words, 0))
    return count * (10 if found[2] == "decade" else 1)


def _is_of_name(scene: Scene, phrase: Placed, last: int) -> bool:
    """The second highest February; the most for any January, for that month."""
    named = [r for r in scene.times if r.form == "month" and phrase.first < r.first <= last + 3]
    ref = next((ref for ref in named if not ref.args[1]), None)
    if ref is None:
        behind = scene.words(phrase.last, phrase.last + 3)
        return behind[0] == "for" and behind[2] == "month"
    led = scene.words(ref.first - 2, ref.first)
    return ref.first <= phrase.last or led[1] in _EACH or led == ["month", "of"]


def judged(extreme: Extreme, spot: Spot) -> ClaimFinding | None:
    """Judge a record or a rank of what the words within reach name."""
    scene, context = spot.scene, spot.context
    persons = whose.options(scene, spot.number, context)[:3]
    months = when.options(scene, spot.number, context)[:4]
    if host := _host(extreme, spot):
        persons, months = [whose.Whose(host.subject)], [when.When(host.span)]
    every = [
        (row, judge(spot.counts, row, extreme.draft.claimed))
        for at, who in product(months, persons)
        for row in rows(extreme, who, at, context)
    ]
    if not every:
        return None
    row, verdict = min(every, key=lambda one: (not one[1].holds, one[1].verdict == "wrong"))
    finding = show.explained(spot.counts, extreme.draft, row, verdict)
    if verdict.verdict == "wrong":
        why = f"What it is compared with is not clear. {finding.why}"
        return replace(extreme.draft, why=why)
    return show.windowed(spot.counts, finding) if extreme.beyond and verdict.holds else finding


def _host(extreme: Extreme, spot: Spot) -> Reading | None:
    """The count on record that stands beside: 6,591 in July, the highest since October."""
    led = [a for a in spot.anchors if a.last <= extreme.number.first and extreme.since]
    held = [a.reading for a in led if a.traced and not a.compared and a.reading]
    return held[-1] if held and held[-1].measure == "total" else None


def rows(
    extreme: Extreme, who: whose.Whose, at: when.When, context: TextState
) -> Iterator[Reading]:
    """What it may mean of a count: among which others, since when."""
    among: Among = "same month" if extreme.same_month else "month"
    if not extreme.same_month and at.span.length > 1:
        begun = context.calendar.nth(at.span.first) == 1 and at.span.length <= 12
        among = "year" if begun else "span"
    for since in _starts(extreme, at.span, context):
        yield Reading(who.subject, at.span, extreme.measure, since, among=among)


def _starts(extreme: Extreme, span: Period, context: TextState) -> list[Period | None]:
    """The months, or years, that it may be the highest or lowest since."""
    ref = extreme.since
    if extreme.years_back:
        first = span.first - 12 * extreme.years_back
        return [Period(first, first + 12)]
    if ref is None:
        return [None]
    whole = ref.form == "since_fy" or (ref.form == "since" and not ref.args[0])
    firsts = dict.fromkeys(start.first for start in times.spans(ref, context, span))
    before = [first for first in firsts if first < span.first]
    return [Period(first, first + 11 * whole) for first in before[:3]]
