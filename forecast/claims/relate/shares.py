"""What a percent may be a share of what: groups, sectors, agencies, totals, and counted parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forecast.claims.confront import confront
from forecast.claims.record.counts import APPREHENSION, DRUG, Subject
from forecast.claims.record.verdict import Reading, judge
from forecast.claims.show import words as show
from forecast.claims.show.words import ClaimFinding, ShownReading
from forecast.claims.text.times import NO_PART, SensePart
from forecast.claims.text.tokens import word_set
from forecast.claims.trace import when, whose
from forecast.claims.trace.trace import Anchor, Spot
from forecast.types import NATIONWIDE

_BEING = word_set("were was are came occurred happened took entered crossed")
_THEM = word_set("them those these whom all")
_PARTS = (
    "sector", "city", "office", "state", "demographic", "citizenship", "countries",
    APPREHENSION, "drug",
)  # fmt: skip
FAR_OFF = 3.0  # points; a share less far off may be of counts restated since

PartAndWhole = tuple[Subject, Subject]  # a part, and the whole that it is a part of


def share(spot: Spot) -> ClaimFinding | None:
    """Judge a share: right of what its words may mean, wrong of two counts beside it."""
    scene, number = spot.scene, spot.number
    if scene.low(number.last) == "of" and scene.in_time(number.last + 1):
        return None  # 8% of fiscal year 2021: of its own months, not of another count
    refers = when.refers(scene, number) and not scene.of_kind(*_PARTS)
    counted = [a for a in spot.anchors or (spot.before[-2:] if refers else ()) if a.reading]
    sure, pairs = _of_counts(counted), _pairs(spot, counted)
    if pairs is None and not sure:
        return None
    months = when.options(scene, number, spot.context)[:5]
    made = sure + [
        Reading(part, at.span, "share_percent", of=whole)
        for part, whole in pairs or ()
        for at in months
        if part != whole
    ]
    unheld = show.not_held(spot.draft, "this share is not on record")
    if not made:
        return unheld
    known = [(row, judge(spot.counts, row, spot.claimed)) for row in made[:60]]
    known.sort(key=lambda one: 0 if one[1].holds else 1 if one[1].truth is not None else 2)
    row, verdict = known[0]
    if verdict.holds or verdict.truth is None or _is_wrong(spot, verdict.truth, [row] == sure):
        return show.explained(spot.counts, spot.draft, row, verdict)
    if row not in sure and not (months and months[0].explicit):
        return unheld if _of_them(spot) else confront.open_(spot)
    return show.differs(spot.counts, spot.draft, (ShownReading(row, verdict.truth),))


def _is_wrong(spot: Spot, truth: float, sure: bool) -> bool:
    """Whether a share is wrong of two counts beside it, by more than a restatement explains."""
    far = abs(truth - spot.claimed.value) > FAR_OFF
    plain = spot.claimed.unit < 4 and not spot.claimed.hedge
    return sure and far and plain and not confront.innocent(spot.scene, spot.number)


def _of_counts(anchors: Sequence[Anchor]) -> list[Reading]:
    """Two counts of the sentence, one a part of the other: 7,536 of the 38,347, or 20 percent."""
    read = [a.reading for a in anchors if a.reading]
    return [
        Reading(part.subject, part.span, "share_percent", of=whole.subject)
        for part in read
        for whole in read
        if part.span == whole.span
        and part.subject != whole.subject
        and not whole.subject.dimension
        and whole.subject.agency in ("", part.subject.agency)
        and whole.subject.total in (part.subject.total, NATIONWIDE)
    ]


def _pairs(spot: Spot, counted: Sequence[Anchor]) -> list[PartAndWhole] | None:
    """Parts and wholes; None where no share is said, [] where it is not on record."""
    scene, number = spot.scene, spot.number
    parts = [part for part, _ in whose.parts(scene, number, spot.context) if part != NO_PART]
    totals = _totals(spot, counted)
    made = [pair for part in parts[:2] for pair in _of_part(spot, part, totals)]
    made += _of_agency_or_total(spot, totals)
    return made or ([] if _of_them(spot) or parts or scene.low(number.last) == "of" else None)


def _of_them(spot: Spot) -> bool:
    """Whether it is a share of the people counted, most of which are not on record."""
    return bool(_THEM & set(spot.scene.words(spot.number.first - 5, spot.number.last + 4)))


def _totals(spot: Spot, counted: Sequence[Anchor]) -> list[str]:
    """The totals that the whole of a share may have, most likely first."""
    context, placed = spot.context, spot.scene.of_kind("total")
    behind = [p.value for p in placed if 0 <= p.first - spot.number.last < 14]
    subjects = [a.reading.subject.total for a in counted if a.reading]
    carried = [place for place in (context.total, context.home, *context.usual) if place]
    return list(dict.fromkeys([*behind, *(p.value for p in placed), *subjects, *carried]))


def _agency(spot: Spot) -> str:
    measures = {phrase.value for phrase in spot.scene.of_kind("measure")}
    return "usbp" if "usbp" in measures else "" if "all" in measures else spot.context.agency or ""


def _of_part(spot: Spot, part: SensePart, totals: Sequence[str]) -> Iterator[PartAndWhole]:
    """A part that is named, with what it may be a share of."""
    dimension, members = part
    of_drug = spot.scene.low(spot.number.last) == "of" and any(
        0 < phrase.first - spot.number.last <= 3 for phrase in spot.scene.of_kind(DRUG)
    )
    for total in totals[:3]:
        if of_drug and total != NATIONWIDE:  # 77% of fentanyl seizures were at one border
            drug = Subject(total, "", DRUG, members)
            yield drug, drug._replace(total=NATIONWIDE)
        elif dimension == "sector":
            sector = whose.sector(members, spot.context)
            yield sector, Subject(total if total == NATIONWIDE else sector.total, "usbp")
        elif dimension == APPREHENSION:
            yield Subject(total, "", dimension, members), Subject(total, "usbp")
        elif _agency(spot) != "usbp":  # the record does not tell groups by agency
            yield Subject(total, "", dimension, members), Subject(total)


def _of_agency_or_total(spot: Spot, totals: Sequence[str]) -> Iterator[PartAndWhole]:
    """An agency as a part of both, a border as a part of the whole country."""
    scene, number = spot.scene, spot.number
    placed = scene.of_kind("total")
    land = next((p.value for p in placed if p.value != NATIONWIDE), "")
    nationwide = any(p.value == NATIONWIDE for p in placed)
    after, after2 = scene.words(number.last, number.last + 2)
    # The whole is named after "of": of all nationwide, or of all there are.
    led = after == "of" and all(phrase.first <= number.last for phrase in placed)
    if land and (nationwide or led or after2 in _THEM or after in _BEING):
        yield Subject(land, _agency(spot)), Subject(NATIONWIDE, _agency(spot))
    special = [
        phrase
        for phrase in scene.of_kind("measure")
        if (phrase.value == "ofo" and phrase.first < number.first)
        or (
            phrase.value in ("usbp", "ofo") and _BEING & set(scene.words(number.last, phrase.first))
        )
    ]
    if special and not (land and nationwide):  # 88% of all were at ports
        agency = scene.near(number, special)[0][1].value
        yield from ((Subject(total, agency), Subject(total)) for total in totals[:2])
