"""A number that is one thing where its words say another, and what may be called wrong at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from forecast.claims.record.counts import APPREHENSION, Subject
from forecast.claims.record.verdict import (
    BOUNDS,
    NOT_APART,
    Claimed,
    JudgedClaim,
    Reading,
    judge,
    value_of,
)
from forecast.claims.show import words as show
from forecast.claims.show.words import ClaimFinding, ShownReading
from forecast.claims.text import scene as mentions
from forecast.claims.text.scene import Scene
from forecast.claims.text.tokens import WrittenNumber, word_set
from forecast.claims.trace import trace, whose
from forecast.claims.trace.trace import Spot, TracedRow
from forecast.claims.trace.whose import BESIDE, CARRIED, SENTENCE
from forecast.sources.source import Source

LEAST = 1000  # a smaller number is of many things
FAR_FROM = 0.05  # how far off the count of the words is where a number is called what it is not
VERY_NEAR = 0.006  # how far off a count a number to the digit may be said of it alone
ROUND = 0.01  # and a round one at least
SAME = 0.0001  # a number this near to a count is that count, before it was restated
NEAR = 4  # how far the words of a reading may be that a number is near
ABOUT = 0.15  # how far off it may be that a misprint is likely
SHOWN = 2  # a reading whose words are farther is not shown: it is likelier misread than wrong


def count(spot: Spot, rows: Sequence[TracedRow], only_if_exact: bool) -> ClaimFinding | None:
    """The verdict on a count by its readings, nearest first; None where it is no claim.

    only_if_exact : whether it is a claim only if the record has it to the digit.
    """
    rows = _of_people(spot, rows)
    row = trace.held(spot, rows)
    if row and _is_held(spot, row, only_if_exact):
        return crossed(spot, _finding(spot, row))
    if only_if_exact:
        return None
    if not rows:
        return open_(spot)
    if rows[0].reading.measure in BOUNDS:
        return None
    if by_agency(spot, rows[0].reading.subject):
        return _by_agency(spot, rows)
    return _near_or_called(spot, rows) or _unheld(spot, rows)


def _of_people(spot: Spot, rows: Sequence[TracedRow]) -> Sequence[TracedRow]:
    """The readings without groups, where a number counts people of its own that one agency met."""
    if rows and by_agency(spot, rows[0].reading.subject) and _counts_people(spot):
        return [row for row in rows if not is_group(row.reading.subject)] or rows
    return rows


def _is_held(spot: Spot, row: TracedRow, only_if_exact: bool) -> bool:
    """To the digit, or as it rounds, but not for a group of those that one agency met."""
    group = spot.scene.of_kind("measure") and by_agency(spot, row.reading.subject)
    return row.judged.truth == spot.claimed.value or not (only_if_exact or group)


def _counts_people(spot: Spot) -> bool:
    """Whether a number has a noun of its own, and a group is another's: 720 people, of whom 80."""
    noun, phrase = mentions.noun_after(spot.scene, spot.number)
    groups = spot.scene.of_kind("citizenship", "countries", "demographic")
    ends = spot.number.first - 4, phrase.last + 3 if phrase else 0
    return noun in ("people", "measure") and not any(ends[0] < g.first < ends[1] for g in groups)


def _by_agency(spot: Spot, rows: Sequence[TracedRow]) -> ClaimFinding:
    """Of a group that one agency met: what both met, if the number is about it."""
    near = next((row for row in rows if _is_near(spot, row, rows[0])), None)
    if near:
        return _finding(spot, near)
    apart = show.not_held(spot.draft, NOT_APART)
    if not any(_is_about(spot, row) for row in rows):
        return apart
    shown = show.differs(spot.counts, spot.draft, _shown(spot, rows))
    return replace(apart, why=f"{NOT_APART}. {shown.why}", readings=shown.readings)


def _near_or_called(spot: Spot, rows: Sequence[TracedRow]) -> ClaimFinding | None:
    """Near what the words name, unless the number is another count itself."""
    near = [row for row in rows if _is_near(spot, row, rows[0])]
    own = [row for row in near if row.whose.agency == BESIDE]
    if own and is_same(spot.claimed, own[0].judged):
        return _finding(spot, own[0])
    found = _entered(spot, rows) or mislabeled(spot, rows)
    return found or next((_finding(spot, row) for row in own or near), None)


def _is_near(spot: Spot, row: TracedRow, first: TracedRow) -> bool:
    """Near today's count of what the words name, or next to it of what else they may mean."""
    if row.judged.verdict != "near_today" or row.far > NEAR:
        return False
    if by_agency(spot, row.reading.subject) and _measures(spot.scene) & {*whose.HALVES}:
        return False
    # Where no agency is named, both are: in May it was 239,416.
    unsaid = not _measures(spot.scene) - {"any"}
    own = row.far - unsaid * row.whose.agency <= first.far - unsaid * first.whose.agency
    return own or _off(spot, row.judged.truth) < VERY_NEAR / 2


def _measures(scene: Scene) -> set[str]:
    return {phrase.value for phrase in scene.of_kind("measure")}


def is_group(subject: Subject) -> bool:
    """Whether it is of a nationality or of families and the like, by agency seldom on record."""
    return subject.dimension in ("citizenship", "demographic")


def by_agency(spot: Spot, subject: Subject) -> bool:
    """A group of those that one agency met, as the sentence or the one before says."""
    told = _measures(spot.scene) & {"all", "both", "either", *whose.HALVES} or {
        spot.context.agency or ""
    }
    return is_group(subject) and told <= set(whose.HALVES)


def open_(spot: Spot) -> ClaimFinding:
    """What is left open: nothing is shown where the words do not tell whose it is, and when."""
    return replace(spot.draft, why="the text does not say whose or when")


def _finding(spot: Spot, row: TracedRow) -> ClaimFinding:
    return show.explained(spot.counts, spot.draft, row.reading, row.judged)


def _unheld(spot: Spot, rows: Sequence[TracedRow]) -> ClaimFinding:
    """What is right for nothing within reach: not on record, wrong, or shown with its readings."""
    first = rows[0]
    about = any(_is_about(spot, row) for row in rows)
    if first.far > SHOWN and not about:
        return open_(spot)
    if first.reading.subject.dimension == "none" or not (about or _has_truth(rows)):
        return _finding(spot, first)
    readings = _shown(spot, rows)
    unknown = any(row.judged.verdict == "cannot_be_checked" for row in rows)
    if not unknown and is_wrong(spot, first):
        return replace(_finding(spot, first), readings=show.said(spot.counts, readings))
    return show.differs(spot.counts, spot.draft, readings)


def _has_truth(rows: Sequence[TracedRow]) -> bool:
    """Whether the record has a count of what the words name first."""
    level = [row for row in rows if row.far <= rows[0].far]
    return any(row.judged.truth for row in level)


def _is_about(spot: Spot, row: TracedRow) -> bool:
    """Whether a number written to the digit is about what a reading within reach is."""
    return spot.claimed.telling and row.far <= NEAR and _off(spot, row.judged.truth) <= ABOUT


def _off(spot: Spot, truth: float | None) -> float:
    """How far off a reading's count is, as a part of the number."""
    return abs((truth or 0) / spot.claimed.value - 1)


def _shown(spot: Spot, rows: Sequence[TracedRow]) -> tuple[ShownReading, ...]:
    """The readings to show, and what else the number is: all encounters, another month's."""
    first, claimed = rows[0], spot.claimed
    shown = [
        ShownReading(row.reading, row.judged.truth, row.far)
        for row in rows
        if row.judged.truth is not None
    ]
    for one, farther in trace.wider(spot, rows).items():
        truth = value_of(spot.counts, one)
        if truth is not None and _off(spot, truth) <= ABOUT:
            shown.append(ShownReading(one, truth, first.far + farther))
    if claimed.telling:  # what the number is the count of: another month's
        spans = spot.counts.where(first.reading.subject, int(claimed.value))[:1]
        others = (Reading(first.reading.subject, span) for span in spans)
        shown += (ShownReading(other, claimed.value, first.far) for other in others)
    every = of_all(first.reading)
    if every and (judged := judge(spot.counts, every, claimed)).holds:
        shown.insert(0, ShownReading(every, judged.truth or 0, first.far))
    return show.likeliest(shown, claimed.value)


def mislabeled(spot: Spot, rows: Sequence[TracedRow]) -> ClaimFinding | None:
    """What is another agency's count of that place and time, or of a border not spoken of."""
    claimed = spot.claimed
    if claimed.value < LEAST or claimed.hedge in ("under", "below"):
        return None
    seen = {row.reading for row in rows if row.whose.agency <= SENTENCE}
    for row in rows:
        if row.when.far > CARRIED or row.whose.agency != BESIDE or row.whose.part > SENTENCE:
            continue
        for other in others(row.reading, spot.counts.source, _unspoken(spot, row)):
            judged = judge(spot.counts, other, claimed)
            called = other not in seen and judged.holds
            if called and _is_called(spot, row, other, judged, rows):
                verdict = replace(row.judged, verdict="mislabelled", evidence=judged.evidence)
                return show.explained(spot.counts, spot.draft, row.reading, verdict, other)
    return None


def _is_called(
    spot: Spot, row: TracedRow, other: Reading, judged: JudgedClaim, rows: Sequence[TracedRow]
) -> bool:
    """Whether a number is another reading's count: to the digit, or near where its own is not."""
    claimed, truth = spot.claimed, row.judged.truth
    if denied(spot.scene, spot.number) or not _says_only(spot, row.reading.subject.agency):
        return False
    if is_same(claimed, judged):
        return True
    if not truth or other != of_all(row.reading) or innocent(spot.scene, spot.number):
        return False
    # More than 2.3 million were not said of 2,206,520, which rounds to 2.2.
    over = claimed.hedge == "over" and round(truth / claimed.unit) < claimed.value / claimed.unit
    if 1 - truth / claimed.value <= (FAR_FROM / 2 if over else FAR_FROM):
        return False
    # All encounters called one agency's, whose own count is out of reach.
    return _is_alone(spot, row, other, judged, rows)


def is_same(claimed: Claimed, judged: JudgedClaim) -> bool:
    """Whether a number names a count itself: to the digit, as published, or next to it."""
    next_to = abs((judged.truth or 0) / claimed.value - 1) <= SAME
    return claimed.telling and (next_to or judged.evidence == "vintage")


_ENDS_CLAUSE = word_set(", ; : ( ) \u2014 \u2013 and or but while who whom which than as not")


def _says_only(spot: Spot, agency: str) -> bool:
    """Whether words of one agency are in a number's clause or label, and no other's anywhere."""
    scene, number = spot.scene, spot.number
    values = {agency} if agency else {"all", "both"}
    told = _measures(scene) - {"any"}
    if _are_its_encounters(spot):
        told -= {"all"}
    if not told <= values or scene.low(number.first - 1) in ("the", "those"):
        return False
    # 23,500 arrested, down from 42,500: both are of the words beside the first.
    main = scene.numbers[0] if scene.compares(number.first) else number
    return scene.low(number.first - 1) == ":" or any(
        not _ENDS_CLAUSE & set(scene.words(min(p.last, main.last), max(p.first, main.first)))
        for p in scene.of_kind("measure")
        if p.value in values
    )


def _are_its_encounters(spot: Spot) -> bool:
    """Whether "encounters" of an agency by name speak of nobody else: one count, no other word."""
    counts = [number for number in spot.scene.numbers if number.kind == "count"]
    alls = [p for p in spot.scene.of_kind("measure") if p.value == "all"]
    own = all(spot.scene.low(p.first).startswith("encounter") for p in alls)
    return own and len(counts) == 1 and whose.names_agency(spot.scene)


def _is_alone(
    spot: Spot, row: TracedRow, other: Reading, judged: JudgedClaim, rows: Sequence[TracedRow]
) -> bool:
    """Whether one count alone, of a place and months within reach, is what a number rounds."""
    if any(r.judged.holds for r in rows if r.far <= row.far):
        return False
    if row.when.far == BESIDE and is_placed(spot, row):
        return True
    close = _off(spot, judged.truth) <= _most_off(spot.claimed) and _places(spot)
    return bool(close) and not (any(r.judged.holds for r in rows) or _has_rivals(spot, rows, other))


def _most_off(claimed: Claimed) -> float:
    """How far off a count a number that is said of it alone may be."""
    return VERY_NEAR if claimed.telling else max(ROUND, claimed.unit / claimed.value / 2)


def _has_rivals(spot: Spot, rows: Sequence[TracedRow], other: Reading) -> bool:
    """Whether a round number is of all encounters of other readings too."""
    alls = {every for r in rows if r.far <= NEAR and (every := of_all(r.reading))} - {other}
    claimed = spot.claimed
    return not claimed.telling and any(judge(spot.counts, e, claimed).holds for e in alls)


def of_all(sense: Reading) -> Reading | None:
    """The same of all encounters; None where it is of a part, or of all already."""
    subject = sense.subject
    if subject.dimension or not subject.agency:
        return None
    return replace(sense, subject=Subject(subject.total))


def _unspoken(spot: Spot, row: TracedRow) -> list[str]:
    """The borders of which a text does not speak: a number of it may be theirs by mistake."""
    named = row.whose.place == row.when.far == BESIDE and spot.claimed.value >= 10 * LEAST
    every = spot.counts.source.totals.every if named else ()
    return [place for place in every if place not in _places(spot)]


def others(sense: Reading, source: Source, elsewhere: Sequence[str] = ()) -> Iterator[Reading]:
    """The same months of another agency, or of another border; elsewhere : which may be meant."""
    subject, total = sense.subject, sense.subject.total
    if subject.dimension == APPREHENSION:
        yield replace(sense, subject=Subject(total, "usbp"))
    if subject.dimension:
        return
    for agency in ("", "usbp", "ofo"):
        if agency != subject.agency:
            yield replace(sense, subject=Subject(total, agency))
    for place in elsewhere:
        yield replace(sense, subject=Subject(place, subject.agency))
    aside = source.hierarchy.aside
    if subject.agency == "usbp" and aside:
        for kind in (aside.named, aside.rest):
            yield replace(sense, subject=Subject(total, "", APPREHENSION, (kind,)))


def _entered(spot: Spot, rows: Sequence[TracedRow]) -> ClaimFinding | None:
    """The count of those arrested on the way in, where the words say that people crossed."""
    if not whose.says_crossed(spot.scene):
        return None
    entries = (at_entry(row.reading, spot.counts.source) for row in rows)
    for entry in filter(None, entries):
        judged = judge(spot.counts, entry, spot.claimed)
        if judged.holds and judged.verdict != "near_today":
            return show.explained(spot.counts, spot.draft, entry, judged)
    return None


def at_entry(sense: Reading, source: Source) -> Reading | None:
    """The same of those arrested on the way in; None where that is not told apart."""
    aside, subject = source.hierarchy.aside, sense.subject
    if aside is None or subject.agency != "usbp" or subject.dimension:
        return None
    return replace(sense, subject=Subject(subject.total, "", aside.dimension, (aside.rest,)))


def crossed(spot: Spot, finding: ClaimFinding) -> ClaimFinding:
    """Crossed illegally: not said of arrests of which most were made in the interior."""
    sense = finding.sense
    if sense is None or sense.measure != "total" or not whose.says_crossed(spot.scene):
        return finding
    split = show.split_of(spot.counts, sense.subject, sense.span)
    if split is None or not split.mostly_inside:
        return finding
    judged = replace(finding.judged, verdict="mislabelled", truth=split.entry)
    entry = at_entry(sense, spot.counts.source)
    return show.explained(spot.counts, finding, entry or sense, judged, sense)


# -- what may be accused ---------------------------------------------------------------------------


def is_wrong(spot: Spot, first: TracedRow) -> bool:
    """Whether a number is surely another month's, of all that its sentence says.

    Place, agency and time are explicit, or the only ones within reach, the sentence has no other
    number and no other time, and the number is to the digit the count of another time.
    """
    scene, claimed, subject = spot.scene, spot.claimed, first.reading.subject
    alone = len(scene.numbers) == 1 and trace.time_alone(scene)
    over = first.judged.truth and first.reading.span.last < spot.context.month
    agency = subject.dimension == "field" or first.whose.agency == BESIDE
    beside = agency and first.whose.part == first.when.far == BESIDE and is_placed(spot, first)
    if not (alone and over and beside and claimed.telling) or innocent(scene, spot.number):
        return False
    told = not is_group(subject) and len(subject.members) <= 1
    return told and bool(spot.counts.where(subject, int(claimed.value)))


def is_placed(spot: Spot, row: TracedRow) -> bool:
    """Whether the place of a reading is beside the number, or the only one of the text."""
    return row.whose.place == BESIDE or _places(spot) == {row.reading.subject.total}


def _places(spot: Spot) -> set[str]:
    return {value for kind, value in spot.context.speaks if kind in whose.PLACES}


_DENIES = word_set("no not never nor neither without didn't wasn't weren't isn't don't doesn't")
_FALSE = re.compile(
    r"\b(?:falsely|wrongly|mistakenly|erroneously|incorrectly|debunk\w*|myth)\b"
    r"|\b(?:not|never|n't) (?:to )?(?:say|claim|write|repeat|assert|state|suggest|tell)\b"
    r"|\b(?:false|untrue|misleading|bogus|baseless)(?: \w+)? (?:claim|statement|figure|post)"
    r"|\b(?:rated?|called|is|was|are) (?:a )?(?:\w+ )?(?:false|untrue|hoax|lie|misleading)\b",
    re.I,
)
_SUPPOSES = word_set("if would could might should suppose supposing unless whether")
_NARROWS = word_set(
    "returned released expelled deported removed paroled freed processed transported bused sent "
    "set unique distinct individual separate once each boys girls toddlers infants pregnant armed "
    "repeat respectively additional another remaining rest other remainder further extra turned "
    "daily day days week weeks weekly hours partly partial preliminary unofficial first "
    "halfway midway away another's comprise comprised comprising constituted accounted"
)
_PARTLY = {
    ("so", "far"), ("thus", "far"), ("to", "date"), ("as", "of"), ("up", "to"), ("as", "many"),
    ("the", "first"), ("days", "after"), ("part", "of"), ("days", "of"), ("through", "the"),
}  # fmt: skip


def innocent(scene: Scene, number: WrittenNumber, *, both: bool = False) -> bool:
    """Whether something speaks against accusing a number, whatever the record has.

    both : whether two counts are related: what narrows one of them narrows the other.
    """
    lows = scene.words(0, len(scene.tokens))
    around = set(lows[max(0, number.first - 14) : number.last + 14])
    loose = {phrase.first for phrase in scene.of_kind("loose")}
    units = {phrase.first for phrase in scene.of_kind("unit")}
    return (
        denied(scene, number)
        or bool(_NARROWS & around and not both)
        # Seizures rose: their number, or their weight.
        or bool(number.kind in ("percent", "times") and loose and loose >= units)
        or bool(_PARTLY & set(pairwise(lows)))
    )


def denied(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a sentence denies its number, supposes it, or quotes what it calls false."""
    lows = scene.words(0, len(scene.tokens))
    around = {*lows[max(0, number.first - 14) : number.last + 14]}
    return (
        unjudged(scene)
        or lows[0] == "no"
        or bool(_DENIES & set(lows[max(0, number.first - 8) : number.last + 4]))
        or bool(_SUPPOSES & around or scene.of_kind("supposed"))
    )


def unjudged(scene: Scene) -> bool:
    """Whether a sentence quotes what it calls false: then its numbers are shown, not judged."""
    return bool(_FALSE.search(scene.text, scene.start, scene.end))
