"""What a percent may be a share of what: groups, sectors, agencies, totals, and counted parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forecast.claims import readings
from forecast.claims.mentions import Scene
from forecast.claims.readings import Candidate
from forecast.claims.times import NO_PART, SensePart, TextState
from forecast.claims.tokens import WrittenNumber, word_set
from forecast.claims.truth import APPREHENSION, DRUG, ClaimSpan, Subject
from forecast.claims.verdict import Reading
from forecast.claims.weights import cost
from forecast.types import NATIONWIDE

SHARE_VERBS = word_set(
    "accounted account accounting accounts made make making makes comprised comprise "
    "comprising comprises represented represent representing represents constituted "
    "constitute constituting share proportion"
)
_BEING = word_set("were was are came occurred happened took entered crossed")
_THEM = word_set("them those these whom all")
_BACK = word_set("there sector sector's it its")
_PARTS = (
    "sector", "city", "office", "state", "demographic", "citizenship", "countries",
    "arrest_place", "drug",
)  # fmt: skip
Pair = tuple[float, Subject, Subject]  # what it costs, the part, the whole


def rows(
    scene: Scene,
    number: WrittenNumber,
    context: TextState,
    when: Sequence[Candidate[ClaimSpan]],
    anchors: Sequence[Reading],
) -> list[Reading] | None:
    """What a share may be of what; None where that is not said, [] where it is not on record."""
    every = readings.parts(scene, number, context)
    parts = [option for option in every if option.value != NO_PART]
    words = {token.low for token in scene.tokens}
    if context.part != NO_PART and words & _BACK and not (parts and parts[0].bound):
        parts.insert(0, Candidate(context.part, cost("carried")))
    # Totals and agencies that the whole may have, most likely first.
    placed = scene.of_kind("total")
    totals = [p.value for p in placed if 0 <= p.first - number.last < 14]
    totals += [phrase.value for phrase in placed]
    totals += [anchor.subject.total for anchor in anchors]
    totals += [b for b in (context.total, context.home, "southwest", NATIONWIDE) if b]
    measures = {phrase.value for phrase in scene.of_kind("measure")}
    agency = "usbp" if "usbp" in measures else "" if "all" in measures else context.agency or ""
    agencies = [agency, *(anchor.subject.agency for anchor in anchors), "", "usbp"]
    wholes = list(dict.fromkeys(totals)), list(dict.fromkeys(agencies))
    # Two counts of the sentence, one a part of the other: 7,536 of the 38,347, or 20 percent.
    pairs = [
        (cost("share.counted"), part.subject, whole.subject)
        for part in anchors
        for whole in anchors
        if part.span == whole.span
        and part.subject != whole.subject
        and not whole.subject.dimension
        and whole.subject.total in (part.subject.total, NATIONWIDE)
        and whole.subject.agency in ("", part.subject.agency)
    ]
    last = anchors[-1] if anchors else None
    after, after2 = scene.words(number.last, number.last + 2)
    # The part is named: beside the number, before its verb, or by "there".
    verbs = SHARE_VERBS & set(scene.words(number.first - 6, number.first))
    fields = after == "of" and after2 not in _THEM and bool(scene.of_kind("sector", "city"))
    beside = any(  # behind it, or right before it: Venezuela (12%)
        phrase.first >= number.last or 0 <= number.first - phrase.last <= 3
        for phrase in scene.of_kind(*_PARTS)
    )
    named = bool(parts) and parts[0].cost <= 1.0
    named = named and (fields or beside or bool(verbs) or "there" in words)
    if named:
        pairs += _of_part(parts, wholes, after == "of")
        if not pairs:
            return []
    elif (
        last
        and last.last <= number.first
        and last.subject.dimension
        and not (after == "of" and after2 in _THEM - {"all"})
    ):
        # 166,670 were single adults, or 69 percent: a share of what was just counted.
        part = last.subject
        agency = "usbp" if part.dimension in ("field", APPREHENSION) else ""
        pairs += [
            (cost("share.of_last") + cost("carried") * rank, part, Subject(total, agency))
            for rank, total in enumerate(dict.fromkeys((part.total, *wholes[0][:2])))
        ]
    if not pairs or not named:
        pairs += _of_agency_or_total(scene, number, context, wholes)
    if not pairs:
        # Of those, of all apprehensions: a share of the people counted is not on record.
        around = scene.words(number.first - 5, number.last + 4)
        people = scene.near(number, scene.of_kind("people", "measure"))
        near = bool(people) and people[0][1].first >= number.last and people[0][0] <= 5
        return [] if _THEM & set(around) or (near and after == "of") else None
    named_totals = {phrase.value for phrase in placed}
    return sorted(
        (
            Reading(
                part, span.value, "share_percent", of=whole, cost=price + span.cost,
                agency_bound=named, span_bound=span.bound, place_bound=whole.total in named_totals,
            )
            for price, part, whole in pairs
            for span in when[:5]
            if part != whole
        ),
        key=lambda row: row.cost,
    )  # fmt: skip


def _of_part(
    parts: Sequence[Candidate[SensePart]],
    wholes: tuple[list[str], list[str]],
    of_drugs: bool,
) -> Iterator[Pair]:
    """The parts that are named, with what each may be a share of."""
    totals, agencies = wholes
    for extra, part in enumerate(parts[:2]):
        dimension, members, other = part.value
        if dimension in ("none", "office", "state"):
            return
        for rank, total in enumerate(totals[:3]):
            price = cost("carried") * (rank + extra)
            if dimension == "sector":
                sector = readings.sector(members)
                place = total if total == NATIONWIDE else sector.total
                yield price, sector, Subject(place, "usbp")
                yield price + cost("second"), sector, Subject(place)
            elif dimension == APPREHENSION:
                yield price, Subject(total, "", dimension, members), Subject(total, "usbp")
            elif dimension == DRUG and of_drugs and total != NATIONWIDE:
                drug = Subject(total, "", DRUG, members)
                yield price, drug, drug._replace(total=NATIONWIDE)
            elif agencies[0] != "usbp":  # the record does not tell groups by agency
                yield price, Subject(total, "", dimension, members, other), Subject(total)


def _of_agency_or_total(
    scene: Scene,
    number: WrittenNumber,
    context: TextState,
    wholes: tuple[list[str], list[str]],
) -> Iterator[Pair]:
    """An agency as a part of both, a border as a part of the whole country."""
    totals, agencies = wholes
    placed, whole = scene.of_kind("total"), context.subject
    named = [phrase.value for phrase in placed]
    land = [total for total in dict.fromkeys(named) if total != NATIONWIDE]
    after, after2 = scene.words(number.last, number.last + 2)
    # The whole is named after "of": of all nationwide, or of all there are.
    led = after == "of" and not any(phrase.first > number.last for phrase in placed)
    them = after2 in _THEM or after in _BEING
    if land and them and whole and whole.total == NATIONWIDE and not whole.dimension:
        before = [p.value for p in placed if p.first < number.first and p.value != NATIONWIDE]
        yield 0.1, Subject((before or land)[-1], whole.agency), whole
    if land and (NATIONWIDE in named or led):
        for rank, agency in enumerate(agencies[:2]):
            yield cost("carried") * rank, Subject(land[0], agency), Subject(NATIONWIDE, agency)
    # An agency is the part and not the whole: 88% of all were at ports.
    special = [
        phrase
        for phrase in scene.of_kind("measure")
        if phrase.value in ("usbp", "ofo")
        and (
            phrase.value == "ofo"
            if phrase.first < number.first
            else _BEING & set(scene.words(number.last, phrase.first))
        )
    ]
    if special and not (land and NATIONWIDE in named):
        part = scene.near(number, special)[0][1].value
        for rank, total in enumerate(totals[:2]):
            price = cost("share.agency") + cost("carried") * rank
            yield price, Subject(total, part), Subject(total)
