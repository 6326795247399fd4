"""Claims of records and ranks: the most ever, the lowest since March 2021, second highest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from forecast.claims.confront import confront
from forecast.claims.record.verdict import Among, Claimed, ClaimMeasure, Reading, judge, near_rank
from forecast.claims.show import words as show
from forecast.claims.show.words import ClaimFinding
from forecast.claims.text import times
from forecast.claims.text.scene import Placed, Scene
from forecast.claims.text.times import TextState, TimeRef
from forecast.claims.text.tokens import WrittenNumber, number_words, numeral, word_set
from forecast.claims.trace import when, whose
from forecast.claims.trace.trace import Anchor, Spot
from forecast.periods import Calendar, Period

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
_BEHIND = {
    "record": word_set("shows show has says counts supports set books"),
    "most": word_set(
        "people of recent likely important common the were are often school court level- ranking"
    ),
}
_DAYS = word_set("day daily week weekly days weeks")
_ENDS = word_set("; while but compared")
_RESUMES = word_set("a an the down up")
_YEARS = re.compile(r"\b(?:in|over)(?: [a-z]+){0,3}? (?:([a-z]+|\d+) )?(year|decade)s?\b")
_SAME_MONTH = re.compile(r"(?:any|a|for|every)$|month of$")
_MEASURES: dict[str, tuple[ClaimMeasure, ClaimMeasure]] = {
    "rank": ("rank_low", "rank_high"),
    "since": ("lowest_since", "highest_since"),
    "record": ("record_low", "record_high"),
}


@dataclass(frozen=True, slots=True)
class Extreme:
    """A claim that something was the highest or lowest.

    draft : its words, and its rank, 0 of a record. number : its place among the tokens.
    since : the time behind "since", None without one. among : the others, where the words say
    which: its own year ("so far"), months of its name, groups or sectors.
    ever : whether the words say that it was so in all of the record: a record, all-time, ever.
    bare : whether only "record" is said, of a high or a low.
    beyond : whether they speak of all time, which no record covers: ever, in history, in 50 years.
    """

    draft: ClaimFinding
    number: WrittenNumber
    measure: ClaimMeasure
    since: TimeRef | None = None
    years_back: int = 0
    among: Among | None = None
    ever: bool = False
    beyond: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Now:
    """A count that may be the highest or lowest, and whether it is surely meant."""

    reading: Reading
    sure: bool = False


def find(scene: Scene) -> Iterator[Extreme]:
    """The claims of records and ranks in a sentence, at most one for each such word."""
    taken = -1
    for phrase in scene.of_kind("extreme"):
        extreme = None if _is_other(scene, phrase) else _extreme(scene, phrase)
        if extreme and phrase.first >= taken:
            taken = extreme.number.last
            yield extreme


def _is_other(scene: Scene, phrase: Placed) -> bool:
    """Records of days and weeks, of what is planned, that were broken; words of another sense."""
    first, last = phrase.first, phrase.last
    planned = any(0 <= first - p.last <= 6 for p in scene.of_kind("supposed"))
    grown = any(0 <= p.first - last <= 1 for p in scene.of_kind("change"))  # a record increase
    beaten = any(ref.last == first and scene.compares(ref.first) for ref in scene.times)
    odd = last == first + 1 and scene.low(last) in _BEHIND.get(scene.low(first), ())
    days = _DAYS & set(scene.words(first - 5, last + 6))
    other = scene.low(first - 1) in _BEFORE or scene.words(last, last + 3) == _TOLD
    return planned or grown or beaten or odd or other or bool(days) or scene.compares(first)


_TOLD = ["that", "the", "record"]  # the most that the record supports


def _extreme(scene: Scene, phrase: Placed) -> Extreme | None:
    clause = _clause(scene, phrase)
    since, back = _since(scene, phrase, phrase.last + len(clause)), _years_back(clause)
    hyphen = scene.low(phrase.first - 1) == "-"
    rank = _rank(scene, phrase.first - 1 - hyphen)
    own = set(scene.words(phrase.first, phrase.last))
    ever = bool(_OF_TIME & set(clause) or _ALL_TIME & own)
    ends = [i + 1 for i, low in enumerate(clause[:12]) if low in _ENDS_QUOTE]
    last = since.last if since else phrase.last + max(ends, default=0)
    among = _among(scene, phrase, last)
    scoped = bool(_SCOPE & set(clause[:10]) or {"year", "total"} & set(clause[:5]))
    if not (since or back or ever or rank or among or scoped):
        return None
    if rank and not (ever or since or among or scoped):
        among = "members"
    first = phrase.first - (1 + hyphen if rank else 0)
    first = max(first - (scene.low(first - 1) in ("the", "a", "an")), 0)
    start, end = scene.tokens[first].start, scene.tokens[last - 1].end
    digits = scene.text[since.start : since.end] if since else ""
    beyond = _BEYOND & {*clause, *own} - ({"ever"} if "recorded" in clause else set())
    kind = "rank" if rank else "since" if since or back else "record"
    return Extreme(
        ClaimFinding(
            scene.text[start:end], start, end, re.sub("^[Ss]ince ", "", digits), Claimed(rank)
        ),
        WrittenNumber("other", rank, 1, first, last),
        _MEASURES[kind][phrase.value == "high"],
        since,
        back,
        among,
        ever,
        bool(beyond) and not since and among != "within year",
        own == {"record"},
    )


def _clause(scene: Scene, phrase: Placed) -> list[str]:
    """The words behind it that may say what it is compared with."""
    behind = scene.words(phrase.last, min(phrase.last + 22, len(scene.tokens)))
    ends = (
        i
        for i, word in enumerate(behind)
        if word in _ENDS
        or (word == "," and i > 2)
        or (word == "and" and _RESUMES & set(behind[i + 1 : i + 2]))
    )
    return behind[: next(ends, len(behind))]


def _since(scene: Scene, phrase: Placed, reach: int) -> TimeRef | None:
    inside = (ref for ref in scene.times if phrase.last <= ref.first <= reach)
    led = (
        ref for ref in inside if ref.since or "since" in scene.words(phrase.last, ref.first)[-5:]
    )
    return next(led, None)


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


def _among(scene: Scene, phrase: Placed, last: int) -> Among | None:
    """Among which others: the largest group; so far; the most for any January, for that month."""
    behind = scene.words(phrase.last, phrase.last + 6)
    if _PARTS & set(scene.words(phrase.first - 1, phrase.last + 3)):
        return "members"
    if {"so", "far"} <= set(behind):
        return "within year"
    named = [r for r in scene.times if r.form == "month" and phrase.first < r.first <= last + 3]
    ref = next((ref for ref in named if not ref.args[1]), None)
    if ref is None:
        return "same month" if behind[0] == "for" and behind[2] == "month" else None
    led = " ".join(scene.words(ref.first - 2, ref.first))
    return "same month" if ref.first <= phrase.last or _SAME_MONTH.search(led) else None


def rows(extreme: Extreme, now: Reading, context: TextState) -> list[Reading]:
    """What it may mean of this count: among which others, since when."""
    span, among = now.span, extreme.among
    if among == "members":
        side: ClaimMeasure = "rank_low" if "low" in extreme.measure else "rank_high"
        ranked = Reading(now.subject, span, side, among=among)
        return [ranked] if len(now.subject.members) == 1 else []
    if among is None and span.length > 1:
        begun = context.calendar.nth(span.first) == 1 and span.length <= 12
        among = "year" if begun else "span"
    sense = Reading(now.subject, span, extreme.measure, among=among or "month")
    made = [replace(sense, versus=since) for since in _starts(extreme, span, context)]
    # The highest of its own year is no record; the words must not say that it was so ever.
    told = extreme.ever or extreme.since or extreme.years_back or among
    bare = not told and span.length == 1
    return [*made, replace(sense, among="within year")] if bare else made


def judged(extreme: Extreme, spot: Spot) -> ClaimFinding | None:
    """Judge a record or a rank: of a count of the text, or of what its words name."""
    every = [
        (now, row, judge(spot.counts, row, extreme.draft.claimed))
        for now in _nows(spot)
        for row in rows(extreme, now.reading, spot.context)
    ]
    every.sort(key=lambda found: 0 if found[2].holds else 1 if found[2].verdict != "wrong" else 2)
    for now, row, verdict in every[:1]:
        finding = show.explained(spot.counts, extreme.draft, row, verdict)
        if verdict.verdict == "wrong" and not (now.sure and _certain(extreme, row, spot)):
            why = f"What it is compared with is not clear. {finding.why}"
            return replace(extreme.draft, why=why)
        return show.windowed(spot.counts, finding) if extreme.beyond and verdict.holds else finding
    return None


def _certain(extreme: Extreme, row: Reading, spot: Spot) -> bool:
    """Whether a record may be called none: its others are told, and no other agency's is one."""
    plain = extreme.ever or extreme.since or extreme.draft.claimed.value
    yearly = "year" in extreme.draft.quote.lower().split() and not extreme.since
    if not plain or (yearly and row.span.length == 1) or row.among in ("span", "members"):
        return False
    if confront.innocent(spot.scene, extreme.number) or near_rank(spot.counts, row):
        return False
    told = {phrase.value for phrase in spot.scene.of_kind("measure")} & {"all", "usbp", "ofo"}
    agencies = (row.subject.agency,) if told or row.subject.dimension else ("", "usbp")
    measures = dict.fromkeys((row.measure, "record_low" if extreme.bare else row.measure))
    others = (
        replace(row, subject=row.subject._replace(agency=agency), measure=measure)
        for agency in agencies
        for measure in measures
    )
    return not any(judge(spot.counts, other, extreme.draft.claimed).holds for other in others)


_STILL = word_set(", of in for which that had been was is still the a an ( —")


def _nows(spot: Spot) -> list[Now]:
    """What may be the highest or lowest: the counts beside these words, else what they say."""
    scene, here = spot.scene, spot.number
    counted = [a for a in spot.anchors if a.reading]
    counted.sort(key=lambda a: scene.distance((a.first, a.last), (here.first, here.last)))
    close = [a for a in counted[:1] if a.last <= here.first and _explained(scene, a, here)]
    main = close or [anchor for anchor in counted if not anchor.compared] or counted
    sure = len(counted) <= 1 or bool(close)
    # In August 2023, the busiest month on record: of the time that these words explain.
    led = (ref for ref in scene.times if scene.words(ref.last, here.first) in ([","], ["\u2014"]))
    spans = [span for ref in led for span in times.spans(ref, spot.context, spot.context.span)[:1]]
    if spans and counted[:1] and counted[0].reading and not close:
        return [Now(replace(counted[0].reading, span=spans[0]), sure)]
    made = [Now(a.reading, a.traced and sure and a is main[0]) for a in main[:2] if a.reading]
    return made or _nows_by_words(spot)


def _explained(scene: Scene, anchor: Anchor, here: WrittenNumber) -> bool:
    """Whether nothing but its time stands between a count and what is said of it."""
    between = range(anchor.last, here.first)
    return all(scene.low(at) in _STILL or scene.in_time(at) for at in between)


def _nows_by_words(spot: Spot) -> list[Now]:
    """The count before that "it" refers to, and what the sentence's own words name."""
    scene, context, here = spot.scene, spot.context, spot.number
    carried: list[Now] = []
    if context.subject and context.span:
        last = [a for a in spot.before if a.sentence == context.sentence - 1]
        lone = len(last) == 1 and last[0].traced and last[0].span == context.span
        carried.append(
            Now(Reading(context.subject, context.span), lone and when.refers(scene, here))
        )
    persons = whose.options(scene, here, context)[:3]
    named = [
        Now(Reading(who.subject, at.span), at.explicit and rank == 0 and who.far == 0)
        for at in when.options(scene, here, context)[:4]
        for rank, who in enumerate(persons)
    ]
    timed = any(ref.counts and not when.of_extreme(scene, ref) for ref in scene.times)
    first = 2 * len(persons) if timed else 0
    return [*named[:first], *carried, *named[first:]]


def _starts(extreme: Extreme, span: Period, context: TextState) -> list[Period | None]:
    """The months, or years, that it may be the highest or lowest since."""
    ref = extreme.since
    if extreme.years_back:
        first = span.first - 12 * extreme.years_back
        return [Period(first, first), Period(first, first + 12)]
    if ref is None:
        return [None]
    if ref.form == "year" or (ref.form == "since" and ref.args[0] is None):
        year = ref.args[ref.form == "since"]
        return [Calendar().period(year), context.calendar.period(year)]
    length = 12 if ref.form == "since_fy" else 1
    starts = times.spans(ref, context, span)[:3]
    return [Period(s.first, s.first + length - 1) if ref.since else s for s in starts] or [None]
