"""A number that is one thing where its words say another, and what may be called wrong at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from forecast.claims.record.counts import APPREHENSION, AT_ENTRY, AT_LARGE, Subject
from forecast.claims.record.verdict import JudgedClaim, Reading, judge
from forecast.claims.show import words as show
from forecast.claims.show.words import ClaimFinding
from forecast.claims.text import scene as mentions
from forecast.claims.text.scene import Scene
from forecast.claims.text.tokens import WrittenNumber, word_set
from forecast.claims.trace import trace, whose
from forecast.claims.trace.trace import Spot, TracedRow
from forecast.claims.trace.whose import BESIDE, CARRIED, SENTENCE
from forecast.types import BORDERS, NATIONWIDE

FAR_OFF = 3.0  # a number this many times off is likelier misread than misprinted


def count(spot: Spot, rows: Sequence[TracedRow], only_if_exact: bool) -> ClaimFinding | None:
    """The verdict on a count by its readings, nearest first; None where it is no claim.

    only_if_exact : whether it is a claim only if the record has it to the digit.
    """
    row = trace.held(spot, rows)
    if row and not (only_if_exact and row.judged.truth != spot.claimed.value):
        return crossed(spot, _finding(spot, row))
    if only_if_exact:
        return None
    entered = _entered(spot, rows)
    if entered:
        return entered
    if not rows:
        return replace(spot.draft, why="the text does not say whose or when")
    labeled = mislabeled(spot, rows)
    near = next((row for row in rows if row.judged.verdict == "near_today" and row.far <= 4), None)
    return labeled or (_finding(spot, near) if near else _unheld(spot, rows))


def open_(spot: Spot) -> ClaimFinding:
    """What is left open: nothing is shown where the words do not tell whose it is, and when."""
    return replace(spot.draft, why="the text does not say whose or when")


def _finding(spot: Spot, row: TracedRow) -> ClaimFinding:
    return show.explained(spot.counts, spot.draft, row.reading, row.judged)


def _unheld(spot: Spot, rows: Sequence[TracedRow]) -> ClaimFinding:
    """What is right for nothing within reach: not on record, wrong, or shown with its readings."""
    first = rows[0]
    if first.judged.verdict == "cannot_be_checked" and first.far <= 3:
        return _finding(spot, first)
    known = [row for row in rows if row.judged.truth is not None and row.far <= 5]
    truths = [row.judged.truth for row in known]
    readings = show.nearest([row.reading for row in known], truths, spot.claimed.value)
    if not readings:
        return replace(spot.draft, why="the text does not say whose or when")
    near = [row for row in rows if row.far <= first.far + 1]
    unknown = any(row.judged.verdict == "cannot_be_checked" for row in near)
    wrong = None if unknown else accused(spot, rows)
    if wrong:
        return replace(_finding(spot, wrong), readings=show.said(spot.counts, readings))
    return show.differs(spot.counts, spot.draft, readings)


def mislabeled(spot: Spot, rows: Sequence[TracedRow]) -> ClaimFinding | None:
    """Right to the digit, or uniquely rounded, for another agency's or border's count."""
    claimed = spot.claimed
    precise = claimed.telling or (claimed.value >= 1000 and claimed.value / claimed.unit >= 100)
    if not precise or claimed.hedge not in ("", "about") or innocent(spot.scene, spot.number):
        return None
    seen = {row.reading for row in rows}
    for row in rows:
        if row.when.far > CARRIED or row.whose.agency != BESIDE or row.whose.part > SENTENCE:
            continue
        found = []
        for other, agency_only in others(row.reading):
            judged = judge(spot.counts, other, claimed)
            named = ("total", other.subject.total) in spot.said.speaks
            lone = not (named or spot.scene.compares(spot.number.first))
            tied = agency_only or (row.whose.place == BESIDE and row.when.explicit and lone)
            exact = judged.truth == claimed.value or judged.evidence == "vintage"
            fits = exact if claimed.telling else _rounds(judged, claimed.unit, claimed.value)
            if other not in seen and tied and judged.holds and fits:
                found.append((other, judged))
        if len({other.subject for other, _ in found}) == 1 or (found and claimed.telling):
            other, judged = found[0]
            verdict = replace(row.judged, verdict="mislabelled", evidence=judged.evidence)
            return show.explained(spot.counts, spot.draft, row.reading, verdict, other)
    return None


def _rounds(judged: JudgedClaim, unit: float, value: float) -> bool:
    return judged.truth is not None and abs(judged.truth - value) <= unit / 2


def others(sense: Reading) -> Iterator[tuple[Reading, bool]]:
    """The same months of another agency, then of another total; whether only the agency differs."""
    subject, total = sense.subject, sense.subject.total
    if subject.dimension in ("citizenship", "demographic", "drug", "state", "field", "part"):
        return
    if subject.dimension == APPREHENSION:
        yield replace(sense, subject=Subject(total, "usbp")), True
        return
    for agency in ("", "usbp", "ofo"):
        if agency != subject.agency:
            yield replace(sense, subject=Subject(total, agency)), True
    if subject.agency == "usbp":
        for kind in (AT_LARGE, AT_ENTRY):
            yield replace(sense, subject=Subject(total, "", APPREHENSION, (kind,))), False
    elsewhere = [name for name in (NATIONWIDE, *BORDERS) if name != total]
    for place, agency in product(elsewhere, dict.fromkeys((subject.agency, "", "usbp"))):
        yield replace(sense, subject=Subject(place, agency)), False


def _entered(spot: Spot, rows: Sequence[TracedRow]) -> ClaimFinding | None:
    """The count of those arrested on the way in, where the words say that people crossed."""
    if not whose.says_crossed(spot.scene, spot.number):
        return None
    for row in rows:
        subject = row.reading.subject
        if subject.agency == "usbp" and not subject.dimension:
            at_entry = Subject(subject.total, "", APPREHENSION, (AT_ENTRY,))
            entry = replace(row.reading, subject=at_entry)
            judged = judge(spot.counts, entry, spot.claimed)
            if judged.holds and judged.verdict != "near_today":
                return show.explained(spot.counts, spot.draft, entry, judged)
    return None


def crossed(spot: Spot, finding: ClaimFinding) -> ClaimFinding:
    """Crossed illegally: not said of arrests of which most were made in the interior."""
    sense = finding.sense
    if sense is None or sense.measure != "total" or not whose.says_crossed(spot.scene, spot.number):
        return finding
    split = show.split_of(spot.counts, sense.subject, sense.span)
    if split is None or not split.mostly_inside:
        return finding
    entry = replace(sense, subject=Subject(sense.subject.total, "", APPREHENSION, (AT_ENTRY,)))
    judged = replace(finding.judged, verdict="mislabelled", truth=split.entry)
    return show.explained(spot.counts, finding, entry, judged, sense)


# -- what may be accused ---------------------------------------------------------------------------


def accused(spot: Spot, rows: Sequence[TracedRow]) -> TracedRow | None:
    """The reading that a number is wrong for; None where any condition of an accusation fails."""
    first, claimed = rows[0], spot.claimed
    truth = first.judged.truth
    if not truth or innocent(spot.scene, spot.number) or not _published(spot, first.reading):
        return None
    if not (_is_tied(spot, rows) and _counts_people(spot)) or _vague_time(spot.scene):
        return None
    if any(
        other_only and judge(spot.counts, other, claimed).holds
        for other, other_only in others(first.reading)
    ):
        return None  # near another agency's: which of both is wrong, the words or the number?
    if claimed.hedge == "over" and truth > claimed.value:
        return None  # true to the letter, if far more
    named = bool(claimed.exact and spot.counts.where(first.reading.subject, int(claimed.value)))
    off = abs(claimed.value / truth) or 1e-9
    # What is within a twentieth may be a figure that was restated, or of a day nobody recorded.
    likely = 1 / FAR_OFF <= off <= FAR_OFF and abs(off - 1) > 0.05
    return first if named or likely else None


def _is_tied(spot: Spot, rows: Sequence[TracedRow]) -> bool:
    """Whether place, agency and time are explicit, or the only ones within reach."""
    first = rows[0]
    places = {value for kind, value in spot.said.speaks if kind in whose.PLACES}
    before = spot.said.subject
    spoken = before is not None and before.total == first.reading.subject.total
    placed = first.whose.place == BESIDE or (len(places) == 1 and spoken)
    field = first.reading.subject.dimension == "field"
    agency = field or first.whose.agency == BESIDE
    times = [ref for ref in spot.scene.times if ref.counts]
    timed = first.when.explicit or (
        len(times) == 1 and first.when.far == BESIDE and times[0].form == "month"
    )
    parted = first.whose.part == BESIDE and len(first.reading.subject.members) <= 1
    return placed and agency and timed and parted


def _counts_people(spot: Spot) -> bool:
    noun, _ = mentions.noun_after(spot.scene, spot.number)
    return noun in ("people", "measure", "group", "bare")


_VAGUE = word_set(
    "year years month months earlier sooner later ago back old prior previous past then quarter "
    "summer winter spring autumn season decade"
)


def _vague_time(scene: Scene) -> bool:
    """Whether a sentence speaks of a time that is not understood: in the last full year."""
    return any(
        token.low in _VAGUE and not scene.in_time(i) and scene.low(i - 1) not in _EACH
        for i, token in enumerate(scene.tokens)
    )


_EACH = word_set("a per each every")


def _published(spot: Spot, reading: Reading) -> bool:
    """Whether the months were over on the day of the text."""
    return reading.span.last < spot.said.month


_DENIES = word_set("no not never nor neither without didn't wasn't weren't isn't don't doesn't")
_FALSE = re.compile(
    r"\b(?:falsely|wrongly|mistakenly|erroneously|incorrectly|debunk\w*|myth)\b"
    r"|\b(?:false|untrue|misleading|bogus|baseless)(?: \w+)? (?:claim|statement|figure|post)"
    r"|\b(?:rated?|called|is|was|are) (?:a )?(?:\w+ )?(?:false|untrue|hoax|lie|misleading)\b",
    re.I,
)
_SUPPOSES = word_set("if would could might should suppose supposing unless whether")
_NARROWS = word_set(
    "returned released expelled deported removed paroled freed processed transported bused sent "
    "set unique distinct individual separate once each boys girls toddlers infants pregnant armed "
    "repeat additional another remaining rest other remainder further extra nearly_all turned "
    "daily day days week weeks weekly hours partly partial preliminary unofficial some_of first "
    "halfway midway away another's between_and"
)
_PARTLY = (
    ["so", "far"], ["thus", "far"], ["to", "date"], ["as", "of"], ["up", "to"], ["as", "many"],
    ["the", "first"], ["days", "after"], ["part", "of"], ["days", "of"], ["through", "the"],
)  # fmt: skip


PART = "it may be of a part that is not on record"


def innocent(scene: Scene, number: WrittenNumber) -> str:
    """Why a number is not to be accused, whatever the record has; "" where nothing speaks so."""
    lows = [token.low for token in scene.tokens]
    around = set(lows[max(0, number.first - 14) : number.last + 14])
    if unjudged(scene):
        return "it is quoted as false"
    if _DENIES & set(lows[max(0, number.first - 8) : number.last + 4]) or lows[:1] == ["no"]:
        return "it is denied"
    if _SUPPOSES & around or scene.of_kind("supposed"):
        return "it is supposed"
    if _NARROWS & around:
        return PART
    if number.kind in ("percent", "times") and _is_loose(scene):
        return "it may be of another measure"
    pairs = [lows[i : i + 2] for i in range(len(lows) - 1)]
    if any(pair in pairs for pair in _PARTLY):
        return "it may be of a part of that time"
    return ""


def _is_loose(scene: Scene) -> bool:
    """Whether "seizures rose 20%" may be of their number or of their weight."""
    loose = {phrase.first for phrase in scene.of_kind("loose")}
    return bool(loose) and loose >= {phrase.first for phrase in scene.of_kind("unit")}


def unjudged(scene: Scene) -> bool:
    """Whether a sentence quotes what it calls false: then its numbers are shown, not judged."""
    return bool(_FALSE.search(scene.text, scene.start, scene.end))
