"""The counts on record that a number is, given what its text names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from forecast.claims.record.counts import CountTable, Subject
from forecast.claims.record.verdict import (
    BOUNDS,
    Claimed,
    ClaimMeasure,
    JudgedClaim,
    Reading,
    judge,
)
from forecast.claims.show.words import ClaimFinding
from forecast.claims.text import times
from forecast.claims.text.scene import Scene
from forecast.claims.text.times import TextState, TimeRef
from forecast.claims.text.tokens import WrittenNumber, word_set
from forecast.claims.trace import when, whose
from forecast.claims.trace.when import When
from forecast.claims.trace.whose import BESIDE, CARRIED, SENTENCE, Whose
from forecast.periods import Period

# How far the words for a reading may be, all together, to make a number right: 2,000 is near too
# much, 18,944 names itself.
NEWS = 24  # months before publication
REACH = {"telling": 6, "exact": 3, "rounded": 3}
FARTHER = 3  # how much farther what the text says of other counts is


@dataclass(frozen=True, slots=True)
class Anchor:
    """A count of the text: what it was written as, and what it was taken to be.

    first, last : its tokens, first to last - 1. compared : whether something is compared with it.
    traced : whether the record has it. led : the preposition before it. sentence : its sentence's
        place. near : whether it is only near what the record has.
    """

    claimed: Claimed
    first: int
    last: int
    reading: Reading | None = None
    compared: bool = False
    traced: bool = False
    measure: ClaimMeasure = "total"
    led: str = ""
    sentence: int = 0
    near: bool = False

    @property
    def sure(self) -> bool:
        """Whether the record has it to the digit."""
        digits = self.claimed.exact or self.claimed.telling
        return self.traced and digits and not self.near

    @property
    def span(self) -> Period | None:
        """Its months."""
        return self.reading.span if self.reading else None


@dataclass(frozen=True, slots=True)
class Spot:
    """A number in its sentence, with all that may tell what it is.

    anchors : the counts of the sentence. before : those of the sentences before, the last one last.
    like : the change said last, of which a list goes on: Laredo (-9%).
    """

    scene: Scene
    number: WrittenNumber
    context: TextState
    counts: CountTable
    draft: ClaimFinding
    anchors: Sequence[Anchor] = ()
    before: Sequence[Anchor] = ()
    like: Reading | None = None

    @property
    def claimed(self) -> Claimed:
        """The number as written."""
        return self.draft.claimed

    def others(self) -> list[Anchor]:
        """The other counts of the sentence."""
        return [anchor for anchor in self.anchors if anchor.first != self.number.first]


@dataclass(frozen=True, slots=True)
class TracedRow:
    """One reading of a number, with what the record says to it."""

    reading: Reading
    whose: Whose
    when: When
    judged: JudgedClaim = field(default=JudgedClaim("not_understood"))

    @property
    def far(self) -> int:
        """How far its words are."""
        return self.whose.far + self.when.far

    @property
    def strict(self) -> bool:
        """Whether the record has the number: to the digit, or as it rounds."""
        return self.judged.holds and self.judged.verdict != "near_today"


def readings(spot: Spot, measure: ClaimMeasure) -> list[TracedRow]:
    """All that a number may be by the words within reach, nearest first, each judged."""
    scene, number, context = spot.scene, spot.number, spot.context
    compared = scene.compares(number.first)
    others = [anchor for anchor in spot.others() if anchor.reading]
    base = next((a.span for a in reversed(others) if not a.compared), context.span)
    persons = whose.options(scene, number, context)
    months = when.options(scene, number, context, base, compared)
    host = next((a for a in reversed(others) if a.first < number.first), None)
    if again := _said_before(spot, measure, persons):
        persons, months = [Whose(again.subject), *persons], [When(again.span), *months]
    if measure in BOUNDS:
        months = _of_streak(scene, months)
    if host and host.reading and (host.traced or host.reading.subject.dimension == "none"):
        whole = whose.is_altogether(scene, number)
        persons, months = _beside(host.reading, whole, persons, months)
    made = [
        TracedRow(Reading(who.subject, at.span, measure), who, at)
        for who, at in product(persons, months)
    ]
    made.sort(key=lambda row: row.far)
    return [
        replace(row, judged=judge(spot.counts, row.reading, spot.claimed)) for row in made[:120]
    ]


def wider(spot: Spot, rows: Sequence[TracedRow]) -> dict[Reading, int]:
    """Find what other counts of the text are of: how much farther its words are, of each reading.

    Its agencies, parts or months are told elsewhere; those that the words of the rows name are not.
    """
    context, own = spot.context, [row.reading for row in rows]
    told = [*own, *(anchor.reading for anchor in (*spot.anchors, *spot.before) if anchor.reading)]
    sectors = [whose.sector(names, context, kind) for kind, names in [context.sector] if kind]
    subjects = dict.fromkeys([*(one.subject for one in told), *sectors])
    near, when = {one.subject for one in own}, {one.span for one in own}
    return {
        replace(own[0], subject=who, span=at): farther
        for who in (*subjects, *_of_each_agency(subjects))
        for at in (*(one.span for one in told), *context.recent)
        if (farther := FARTHER * ((who not in near) + (at not in when)))
    }


def _of_each_agency(subjects: Iterable[Subject]) -> Iterator[Subject]:
    wholes = [one for one in subjects if not one.dimension]
    return (one._replace(agency=code) for one in wholes for code in ("", *whose.HALVES))


def _of_streak(scene: Scene, months: Sequence[When]) -> list[When]:
    """The months of which a bound is said: of the 13th straight month those up to it."""
    streaks = [ref.args[0] for ref in scene.times if ref.form == "streak"]
    return [
        replace(at, span=Period(at.span.last - length + 1, at.span.last), far=min(at.far, SENTENCE))
        for at in months
        for length in streaks or [at.span.length]
        if length > 1
    ]


def _said_before(spot: Spot, measure: ClaimMeasure, persons: Sequence[Whose]) -> Reading | None:
    """What a number was that the text had before, if its words are not of another agency now."""
    agencies = {who.subject.agency for who in persons}
    if spot.scene.of_kind(*whose.PLACES) or any(ref.counts for ref in spot.scene.times):
        return None  # it says itself whose it is, or when
    said = (
        a.reading
        for a in reversed(spot.before)
        if a.traced and a.claimed.value == spot.claimed.value and a.measure == measure
    )
    return next((one for one in said if one and one.subject.agency in agencies), None)


def _beside(
    host: Reading, of_all: bool, persons: list[Whose], months: list[When]
) -> tuple[list[Whose], list[When]]:
    """A second count of a sentence is often of the first one's kind, and of its months."""
    subject, whole = host.subject, Subject(host.subject.total, host.subject.agency)
    if subject not in {who.subject for who in persons}:
        named = bool(persons) and persons[0].far == 0
        persons = [Whose(subject, SENTENCE if named else BESIDE), *persons]
        persons.sort(key=lambda who: who.far)
    if of_all:
        persons = [Whose(whole), Whose(whole._replace(agency="")), *persons]
    return persons, months


def held(spot: Spot, rows: Sequence[TracedRow]) -> TracedRow | None:
    """The nearest reading that the record has, exact ones before those that round."""
    if not rows:
        return None
    claimed, first = spot.claimed, rows[0]
    strict = [row for row in rows if row.strict]
    held = _within_reach(claimed, first, strict)
    exact = [row for row in held if row.judged.truth == claimed.value]
    if exact or held:
        return (exact or held)[0]
    if len(strict) == 1 and strict[0].far <= REACH["telling"] and first.far < REACH["rounded"]:
        return strict[0]  # of all that the words may mean, one count rounds to it
    # Where no time beside it says which, a count may name its months itself.
    named = claimed.telling and first.reading.measure == "total" and not first.when.explicit
    return next(_named_by_number(spot, rows), None) if named else None


def _within_reach(
    claimed: Claimed, first: TracedRow, strict: Sequence[TracedRow]
) -> list[TracedRow]:
    """Of the readings that hold those near enough for how a number is written."""
    kind = "telling" if claimed.telling else "exact" if claimed.exact else "rounded"
    held = [row for row in strict if row.far <= REACH[kind]]
    if claimed.exact or first.judged.verdict != "cannot_be_checked":
        return held
    return [row for row in held if row.when.far <= first.when.far]  # 1.6 million in 1986


def _named_by_number(spot: Spot, rows: Sequence[TracedRow]) -> Iterator[TracedRow]:
    """Spans of which a count names itself; where a month alone is named, that of another year."""
    near, alone, first = _spoken_of(spot), time_alone(spot.scene), rows[0].when
    month = first.span.last if alone and alone.form == "month" and first.far == BESIDE else 0
    if month == spot.context.month - 1:
        return  # the month just over: in August is not in the August before
    for who in {row.whose.subject: row.whose for row in reversed(rows)}.values():
        for span in spot.counts.where(who.subject, int(spot.claimed.value))[:6]:
            row = TracedRow(Reading(who.subject, span), who, When(span, CARRIED))
            # What no time is said of was news on the day.
            known = span in near if near else span.last >= spot.context.month - NEWS
            told = known and span.first <= spot.context.month and _is_of_month(span, month)
            if told and who.place <= CARRIED and who.far <= CARRIED + SENTENCE + 1:
                yield replace(row, judged=judge(spot.counts, row.reading, spot.claimed))


def _is_of_month(span: Period, month: int) -> bool:
    """Whether a span is a month of any year, or none is asked for: 0."""
    return not month or (span.length == 1 and (span.last - month) % 12 == 0)


_LEADS_TIME = word_set("in for during of")
_OTHER_TIME = word_set("earlier than from against compared versus below above")


def time_alone(scene: Scene) -> TimeRef | None:
    """The only time that a sentence names or compares with: there were so many in August."""
    led = [ref for ref in scene.times if scene.low(ref.first - 1) in _LEADS_TIME]
    alone = len(led) == len(scene.times) == 1
    return led[0] if alone and not _OTHER_TIME & set(scene.words(0, len(scene.tokens))) else None


def _spoken_of(spot: Spot) -> set[Period]:
    """The spans that the text speaks of, and the month and the year before each; a president's."""
    context, refs = spot.context, spot.scene.times
    named = [span for ref in refs for span in times.spans(ref, context, context.span)]
    counted = [anchor.span for anchor in (*spot.anchors, *spot.before) if anchor.span]
    spoken = {*named, *context.recent, *counted}
    eras = [ref for ref in refs if ref.form in ("administration", "era")]
    within = {m for ref in eras for span in times.spans(ref, context) for m in span.numbers}
    months = {Period(month, month) for month in within}
    return months | {span.shift(by) for span in spoken for by in (0, -1, -12)}
