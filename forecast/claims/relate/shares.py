"""What a percent may be a share of what: groups, sectors, agencies, totals, and counted parts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from forecast.claims.record.counts import APPREHENSION, DRUG, Subject
from forecast.claims.record.verdict import Reading, judge
from forecast.claims.show import words as show
from forecast.claims.show.words import ClaimFinding, ShownReading
from forecast.claims.text import scene as mentions
from forecast.claims.text.scene import Placed
from forecast.claims.text.times import NO_PART, SensePart
from forecast.claims.text.tokens import word_set
from forecast.claims.trace import when, whose
from forecast.claims.trace.trace import Spot
from forecast.types import NATIONWIDE

_BEING = word_set("were was are came occurred happened took entered crossed")
_THEM = word_set("them those these whom all")

PartAndWhole = tuple[Subject, Subject]  # a part, and the whole that it is a part of


def share(spot: Spot) -> ClaimFinding | None:
    """Judge a share: right of what its words may mean, wrong of two counts beside it."""
    scene, number = spot.scene, spot.number
    if scene.low(number.last) == "of" and scene.in_time(number.last + 1):
        return None  # 8% of fiscal year 2021: of its own months, not of another count
    if _is_of_unknown(spot):
        return None
    parts = [part for part, _ in whose.parts(scene, number, spot.context) if part != NO_PART]
    sure, made = _readings(spot, parts)
    unheld = show.not_held(spot.draft, "this share is not on record")
    if not made:
        return unheld if parts or scene.low(number.last) == "of" else None
    known = [(row, judge(spot.counts, row, spot.claimed)) for row in made[:60]]
    known.sort(key=lambda one: (not one[1].holds, one[1].truth is None))
    row, verdict = known[0]
    if verdict.holds or verdict.truth is None:
        return show.explained(spot.counts, spot.draft, row, verdict)
    if row not in sure and (_THEM - {"all"}) & set(scene.words(number.first - 5, number.last + 4)):
        return unheld
    return show.differs(spot.counts, spot.draft, (ShownReading(row, verdict.truth),))


def _is_of_unknown(spot: Spot) -> bool:
    """Whether a share is of what no word of a measure names: of the vote."""
    scene, at = spot.scene, spot.number.last
    if scene.low(at) != "of" or scene.low(at + 1) in _THEM - {"all"}:
        return False
    behind = at + 1 + (scene.low(at + 1) in ("the", "all", "its", "their"))
    noun, _ = mentions.noun_after(scene, replace(spot.number, last=behind))
    return noun == "unknown"


def _readings(spot: Spot, parts: Sequence[SensePart]) -> tuple[list[Reading], list[Reading]]:
    """The shares of two counts beside it, then with them all that its words may mean."""
    counted = [a.reading for a in (spot.anchors or spot.before[-2:]) if a.reading]
    months = when.options(spot.scene, spot.number, spot.context)[:5]
    # Two counts of the sentence, one a part of the other: 7,536 of the 38,347, or 20 percent.
    sure = [
        Reading(part.subject, part.span, "share_percent", of=whole.subject)
        for part, whole in product(counted, counted)
        if part.span == whole.span
        and part.subject != whole.subject
        and not whole.subject.dimension
        and whole.subject.agency in ("", part.subject.agency)
        and whole.subject.total in (part.subject.total, NATIONWIDE)
    ]
    return sure, sure + [
        Reading(part, at.span, "share_percent", of=whole)
        for part, whole in _pairs(spot, parts, [reading.subject.total for reading in counted])
        for at in months
        if part != whole
    ]


def _pairs(
    spot: Spot, parts: Sequence[SensePart], counted: Sequence[str]
) -> Iterator[PartAndWhole]:
    """Parts and wholes; counted : the totals of the counts beside it."""
    context = spot.context
    named = [phrase.value for phrase in spot.scene.of_kind("total")]
    carried = [place for place in (context.total, context.home, *context.usual) if place]
    totals = list(dict.fromkeys([*named, *counted, *carried]))
    for part in parts[:2]:
        yield from _of_part(spot, part, totals)
    if not parts:
        yield from _of_agency_or_total(spot, totals)


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
    named = [phrase.value for phrase in scene.of_kind("total")]
    land = sorted(set(named) - {NATIONWIDE}, key=named.index)
    # The whole is named after "of": of all nationwide, or of all there are.
    after, after2 = scene.words(number.last, number.last + 2)
    behind = any(phrase.first > number.last for phrase in scene.of_kind("total"))
    whole = after2 in _THEM or (after == "of" and not behind)
    if land and (NATIONWIDE in named or whole):
        yield Subject(land[0], _agency(spot)), Subject(NATIONWIDE, _agency(spot))
    halves = [phrase for phrase in scene.of_kind("measure") if _is_half(spot, phrase)]
    if halves and not (land and NATIONWIDE in named):  # 88% of all were at ports
        agency = scene.near(number, halves)[0][1].value
        yield from ((Subject(total, agency), Subject(total)) for total in totals[:2])


def _is_half(spot: Spot, phrase: Placed) -> bool:
    """Whether an agency is what a share is of: 88% of all were at ports."""
    between = spot.scene.words(spot.number.last, phrase.first)
    ports = phrase.value == "ofo" and phrase.first < spot.number.first
    return ports or (phrase.value in whose.HALVES and bool(_BEING & set(between)))
