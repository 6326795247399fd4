"""What a percent may be a share of what: groups, sectors, agencies, totals, and counted parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from forecast.claims.confront import confront
from forecast.claims.record.counts import APPREHENSION, DRUG, Subject
from forecast.claims.record.verdict import Reading, judge
from forecast.claims.show import words as show
from forecast.claims.show.words import ClaimFinding
from forecast.claims.text.scene import Scene
from forecast.claims.text.times import NO_PART, SensePart
from forecast.claims.text.tokens import WrittenNumber, word_set
from forecast.claims.trace import when, whose
from forecast.claims.trace.trace import Anchor, Spot
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


def share(spot: Spot) -> ClaimFinding | None:
    """Judge a share; of one at another time than that before: down from 67% in May."""
    scene, number, said = spot.scene, spot.number, spot.said
    before = said.shared
    back = before is not None and scene.low(number.first - 1) == "from"
    months = when.options(scene, number, said)
    sure: list[Reading] = []
    if before and back:
        spans = [at.span for at in months] + [before.span.shift(by) for by in (-12, -1)]
        made: list[Reading] | None = [
            replace(before, span=span) for span in spans if span != before.span
        ]
    else:
        refers = when.refers(scene, number) and not scene.of_kind(*_PARTS)
        counted = spot.anchors or (spot.before[-2:] if refers else ())
        pairs = _pairs(spot, [a for a in counted if a.reading])
        made = (
            None
            if pairs is None
            else [
                Reading(part, at.span, "share_percent", of=whole)
                for part, whole in pairs
                for at in months[:5]
                if part != whole
            ]
        )
        sure = _of_counts(counted)
    if made is None and not sure:
        return None
    return _judged(spot, [*sure, *(made or ())], sure, back)


def _judged(
    spot: Spot, made: Sequence[Reading], sure: Sequence[Reading], back: bool
) -> ClaimFinding | None:
    """The verdict on a share: right of what its words may mean, wrong of two counts beside it."""
    if not made:
        return None if back else show.not_held(spot.draft, "this share is not on record")
    known = [(row, judge(spot.counts, row, spot.claimed)) for row in made[:60]]
    for row, verdict in known:
        if verdict.holds:
            spot.said.shared = spot.said.shared if back else row
            return show.explained(spot.counts, spot.draft, row, verdict)
    row, verdict = next((one for one in known if one[1].truth is not None), known[0])
    if verdict.verdict == "cannot_be_checked":
        return show.explained(spot.counts, spot.draft, row, verdict)
    far = verdict.truth is not None and abs(verdict.truth - spot.claimed.value) > 3
    plain = far and spot.claimed.unit < 4 and not spot.claimed.hedge
    if plain and row in sure and len(sure) == 1 and not confront.innocent(spot.scene, spot.number):
        return show.explained(spot.counts, spot.draft, row, verdict)
    truths = [v.truth for _, v in known]
    return show.differs(
        spot.counts, spot.draft, show.nearest([r for r, _ in known], truths, spot.claimed.value)
    )


def _of_counts(anchors: Sequence[Anchor]) -> list[Reading]:
    """Two counts of the sentence, one a part of the other: 7,536 of the 38,347, or 20 percent."""
    made = []
    for part in anchors:
        for whole in anchors:
            a, b = part.reading, whole.reading
            if a is None or b is None or a.span != b.span or a.subject == b.subject:
                continue
            inside = not b.subject.dimension and b.subject.agency in ("", a.subject.agency)
            if inside and b.subject.total in (a.subject.total, NATIONWIDE):
                made.append(Reading(a.subject, a.span, "share_percent", of=b.subject))
    return made


def _pairs(spot: Spot, counted: Sequence[Anchor]) -> list[tuple[Subject, Subject]] | None:
    """Parts and wholes; None where no share is said, [] where it is not on record."""
    scene, number, said = spot.scene, spot.number, spot.said
    parts = [part for part, level in whose.parts(scene, number, said) if part != NO_PART]
    words = {token.low for token in scene.tokens}
    if said.part != NO_PART and words & _BACK and said.part not in parts:
        parts.insert(0, said.part)
    wholes = _wholes(spot, counted)
    after, after2 = scene.words(number.last, number.last + 2)
    if parts and _is_named(scene, number, parts, words):
        return list(_of_part(parts, wholes, after == "of"))
    last = counted[-1].reading if counted else None
    pairs: list[tuple[Subject, Subject]] = []
    led = last and counted[-1].last <= number.first
    if (
        last
        and led
        and last.subject.dimension
        and not (after == "of" and after2 in _THEM - {"all"})
    ):
        # 166,670 were single adults, or 69 percent: a share of what was just counted.
        part = last.subject
        agency = "usbp" if part.dimension in ("field", APPREHENSION) else ""
        totals = dict.fromkeys((part.total, *wholes.totals[:2]))
        pairs += [(part, Subject(total, agency)) for total in totals]
    pairs += _of_agency_or_total(spot, wholes)
    if pairs:
        return pairs
    # Of those, of all apprehensions: a share of the people counted is not on record.
    around = scene.words(number.first - 5, number.last + 4)
    people = scene.near(number, scene.of_kind("people", "measure"))
    near = bool(people) and people[0][1].first >= number.last and people[0][0] <= 5
    return [] if _THEM & set(around) or (near and after == "of") else None


def _is_named(
    scene: Scene, number: WrittenNumber, parts: Sequence[SensePart], words: set[str]
) -> bool:
    """Whether the part is named: beside the number, before its verb, or by "there"."""
    verbs = SHARE_VERBS & set(scene.words(number.first - 6, number.first))
    after, after2 = scene.words(number.last, number.last + 2)
    fields = after == "of" and after2 not in _THEM and bool(scene.of_kind("sector", "city"))
    beside = any(  # behind it, or right before it: Venezuela (12%)
        phrase.first >= number.last or 0 <= number.first - phrase.last <= 3
        for phrase in scene.of_kind(*_PARTS)
    )
    return bool(parts) and (fields or beside or bool(verbs) or "there" in words)


class Wholes(NamedTuple):
    """Totals and agencies that the whole of a share may have, most likely first."""

    totals: list[str]
    agencies: list[str]


def _wholes(spot: Spot, counted: Sequence[Anchor]) -> Wholes:
    scene, number, said = spot.scene, spot.number, spot.said
    placed = scene.of_kind("total")
    subjects = [a.reading.subject for a in counted if a.reading]
    totals = [p.value for p in placed if 0 <= p.first - number.last < 14]
    totals += [p.value for p in placed] + [subject.total for subject in subjects]
    totals += [place for place in (said.total, said.home, *said.usual) if place]
    measures = {phrase.value for phrase in scene.of_kind("measure")}
    agency = "usbp" if "usbp" in measures else "" if "all" in measures else said.agency or ""
    agencies = [agency, *(subject.agency for subject in subjects), "", "usbp"]
    return Wholes(list(dict.fromkeys(totals)), list(dict.fromkeys(agencies)))


def _of_part(
    parts: Sequence[SensePart], wholes: Wholes, of_drugs: bool
) -> Iterator[tuple[Subject, Subject]]:
    """The parts that are named, with what each may be a share of."""
    for dimension, members, other in parts[:2]:
        if dimension in ("none", "office", "state"):
            return
        for total in wholes.totals[:3]:
            if dimension == "sector":
                sector = whose.sector(members)
                place = total if total == NATIONWIDE else sector.total
                yield sector, Subject(place, "usbp")
                yield sector, Subject(place)
            elif dimension == APPREHENSION:
                yield Subject(total, "", dimension, members), Subject(total, "usbp")
            elif dimension == DRUG and of_drugs and total != NATIONWIDE:
                drug = Subject(total, "", DRUG, members)
                yield drug, drug._replace(total=NATIONWIDE)
            elif wholes.agencies[0] != "usbp":  # the record does not tell groups by agency
                yield Subject(total, "", dimension, members, other), Subject(total)


def _of_agency_or_total(spot: Spot, wholes: Wholes) -> Iterator[tuple[Subject, Subject]]:
    """An agency as a part of both, a border as a part of the whole country."""
    scene, number, whole = spot.scene, spot.number, spot.said.subject
    placed = scene.of_kind("total")
    named = [phrase.value for phrase in placed]
    land = [total for total in dict.fromkeys(named) if total != NATIONWIDE]
    after, after2 = scene.words(number.last, number.last + 2)
    # The whole is named after "of": of all nationwide, or of all there are.
    led = after == "of" and not any(phrase.first > number.last for phrase in placed)
    them = after2 in _THEM or after in _BEING
    if land and them and whole and whole.total == NATIONWIDE and not whole.dimension:
        before = [p.value for p in placed if p.first < number.first and p.value != NATIONWIDE]
        yield Subject((before or land)[-1], whole.agency), whole
    if land and (NATIONWIDE in named or led):
        for agency in wholes.agencies[:2]:
            yield Subject(land[0], agency), Subject(NATIONWIDE, agency)
    special = _agency_part(scene, number)
    if special and not (land and NATIONWIDE in named):
        for total in wholes.totals[:2]:
            yield Subject(total, special), Subject(total)


def _agency_part(scene: Scene, number: WrittenNumber) -> str:
    """The agency that is the part and not the whole: 88% of all were at ports."""
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
    return scene.near(number, special)[0][1].value if special else ""
