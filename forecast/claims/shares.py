"""What a percent may be a share of what: groups, sectors, agencies, totals, and counted parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forecast.claims import readings
from forecast.claims.mentions import Scene
from forecast.claims.readings import Anchor, Candidate, ScoredReading, TextState
from forecast.claims.tokens import WrittenNumber, word_set
from forecast.claims.truth import APPREHENSION, DRUG, FIELD_TOTALS, ClaimSpan, Subject
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
Pair = tuple[float, Subject, Subject]


def options(
    scene: Scene,
    number: WrittenNumber,
    context: TextState,
    when: Sequence[Candidate[ClaimSpan]],
    anchors: Sequence[Anchor],
) -> list[ScoredReading] | None:
    """What a share may be of what; None where that is not said, [] where it is not on record."""
    parts = [
        option
        for option in readings.parts(scene, number, context)
        if option.value != readings.NO_PART
    ]
    words = {token.low for token in scene.tokens}
    if context.part != readings.NO_PART and words & _BACK and not (parts and parts[0].bound):
        parts.insert(0, Candidate(context.part, cost("carried")))
    pairs = list(_counted(anchors))
    named = bool(parts) and parts[0].cost <= 1.0 and _names_part(scene, number)
    if named:
        parted = list(_of_part(parts, scene, number, context, anchors))
        if not parted and not pairs:
            return []
        pairs += parted
    elif _follows_part(scene, number, anchors):
        pairs += _of_last(anchors[-1], scene, number, context, anchors)
    if not pairs or not named:
        pairs += _of_agency_or_total(scene, number, context, anchors)
    if not pairs:
        return [] if _of_them(scene, number) else None
    totals = {phrase.value for phrase in scene.of_kind("total")}
    made = [
        ScoredReading(
            Reading(part, span.value, "share_percent", None, whole),
            price + span.cost,
            named,
            span.bound,
            whole.total in totals,
        )
        for price, part, whole in pairs
        for span in when[:5]
        if part != whole
    ]
    return sorted(made, key=lambda option: option.cost)


def _follows_part(scene: Scene, number: WrittenNumber, anchors: Sequence[Anchor]) -> bool:
    """Whether a counted part was just named, of which this may be the share."""
    last = anchors[-1] if anchors else None
    of_it = scene.low(number.last) == "of" and scene.low(number.last + 1) in _THEM - {"all"}
    before = last is not None and last.number.last <= number.first
    return bool(last and before and last.subject.dimension and not of_it)


def _counted(anchors: Sequence[Anchor]) -> Iterator[Pair]:
    """Two counts of the sentence, one a part of the other: 7,536 of the 38,347, or 20 percent."""
    for part in anchors:
        for whole in anchors:
            if part.span == whole.span and _is_part(part.subject, whole.subject):
                yield cost("share.counted"), part.subject, whole.subject


def _is_part(part: Subject, whole: Subject) -> bool:
    if part == whole or whole.dimension:
        return False
    inside = whole.total in (part.total, NATIONWIDE)
    return inside and whole.agency in ("", part.agency)


def _names_part(scene: Scene, number: WrittenNumber) -> bool:
    """Whether the part of a share is named: beside it, before its verb, or by "there"."""
    kinds = ("sector", "city", "office", "state", "demographic", "citizenship", "countries")
    placed = scene.of_kind(*kinds, "arrest_place", "drug")
    them = scene.low(number.last + 1) in _THEM
    if scene.of_kind("sector", "city") and scene.low(number.last) == "of" and not them:
        return True
    words = {token.low for token in scene.tokens}
    if any(phrase.first >= number.last for phrase in placed) or "there" in words:
        return True
    if any(0 <= number.first - phrase.last <= 3 for phrase in placed):
        return True  # Venezuela (12%)
    return bool({scene.low(i) for i in range(number.first - 6, number.first)} & SHARE_VERBS)


def _of_them(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a share is one of the people counted: of those, of all apprehensions."""
    words = {scene.low(i) for i in range(number.last, number.last + 4)}
    before = {scene.low(i) for i in range(number.first - 5, number.first)}
    people = scene.near(number, scene.of_kind("people", "measure"))
    near = bool(people) and people[0][1].first >= number.last and people[0][0] <= 5
    return bool((words | before) & _THEM) or (near and scene.low(number.last) == "of")


def _whole(
    scene: Scene, number: WrittenNumber, context: TextState, anchors: Sequence[Anchor]
) -> tuple[list[str], list[str]]:
    """Totals and agencies that the whole may have, most likely first."""
    placed = scene.of_kind("total")
    region = range(number.last, number.last + 14)
    totals = [phrase.value for phrase in placed if phrase.first in region]
    totals += [phrase.value for phrase in placed]
    totals += [anchor.subject.total for anchor in anchors]
    totals += [b for b in (context.total, context.home, "southwest", NATIONWIDE) if b]
    named = {phrase.value for phrase in scene.of_kind("measure")}
    agencies = ["usbp" if "usbp" in named else "" if "all" in named else context.agency or ""]
    agencies += [anchor.subject.agency for anchor in anchors]
    return list(dict.fromkeys(totals)), list(dict.fromkeys([*agencies, "", "usbp"]))


def _of_part(
    parts: Sequence[Candidate[readings.SensePart]],
    scene: Scene,
    number: WrittenNumber,
    context: TextState,
    anchors: Sequence[Anchor],
) -> Iterator[Pair]:
    """Shares of the parts that are named."""
    totals, agencies = _whole(scene, number, context, anchors)
    of_drugs = scene.low(number.last) == "of"
    for extra, part in enumerate(parts[:2]):
        if part.value[0] in ("none", "office", "state"):
            return
        for rank, total in enumerate(totals[:3]):
            price = cost("carried") * rank + cost("carried") * extra
            pairs = _part_of(part.value, total, agencies[0] == "usbp", of_drugs)
            yield from ((price + more, one, whole) for more, one, whole in pairs)


def _part_of(part: readings.SensePart, total: str, patrol: bool, of_drugs: bool) -> Iterator[Pair]:
    """A part with what it may be a share of: an agency's or all counts of a total."""
    dimension, members, other = part
    if dimension == "sector":
        home = FIELD_TOTALS.get(members[0], "southwest")
        sector = Subject(home, "usbp", "field", members)
        place = total if total == NATIONWIDE else home
        yield from (
            (0.0, sector, Subject(place, "usbp")),
            (cost("second"), sector, Subject(place)),
        )
    elif dimension == APPREHENSION:
        yield 0.0, Subject(total, "", dimension, members), Subject(total, "usbp")
    elif dimension == DRUG and of_drugs and total != NATIONWIDE:
        drug = Subject(total, "", DRUG, members)
        yield 0.0, drug, drug._replace(total=NATIONWIDE)
    elif not patrol:  # the record does not tell groups by agency
        yield 0.0, Subject(total, "", dimension, members, other), Subject(total)


def _of_last(
    last: Anchor,
    scene: Scene,
    number: WrittenNumber,
    context: TextState,
    anchors: Sequence[Anchor],
) -> Iterator[Pair]:
    """166,670 were single adults, or 69 percent: a share of what was just counted."""
    part = last.subject
    totals, _ = _whole(scene, number, context, anchors)
    agency = "usbp" if part.dimension in ("field", APPREHENSION) else ""
    for rank, total in enumerate(dict.fromkeys((part.total, *totals[:2]))):
        yield (
            cost("share.of_last") + cost("carried") * rank,
            part,
            Subject(total, agency),
        )


def _tells_part(scene: Scene, number: WrittenNumber, first: int, value: str) -> bool:
    """Whether an agency is the part and not the whole: 88% of all were at ports."""
    if first < number.first:
        return value == "ofo"
    return bool(_BEING & {scene.low(i) for i in range(number.last, first)})


def _of_agency_or_total(
    scene: Scene, number: WrittenNumber, context: TextState, anchors: Sequence[Anchor]
) -> Iterator[Pair]:
    totals, agencies = _whole(scene, number, context, anchors)
    placed = scene.of_kind("total")
    named = [phrase.value for phrase in placed]
    land = [total for total in dict.fromkeys(named) if total != NATIONWIDE]
    # The whole is named after "of": of all nationwide, or of all there are.
    led = bool(land) and scene.low(number.last) == "of"
    led = led and not any(phrase.first > number.last for phrase in placed)
    whole = context.subject
    them = scene.low(number.last + 1) in _THEM or scene.low(number.last) in _BEING
    if land and them and whole and whole.total == NATIONWIDE and not whole.dimension:
        before = [p.value for p in placed if p.first < number.first and p.value != NATIONWIDE]
        for total in (before or land)[-1:]:
            yield 0.1, Subject(total, whole.agency), whole
    if land and (NATIONWIDE in named or led):
        for rank, agency in enumerate(agencies[:2]):
            yield (
                cost("carried") * rank,
                Subject(land[0], agency),
                Subject(NATIONWIDE, agency),
            )
    special = [
        phrase
        for phrase in scene.of_kind("measure")
        if phrase.value in ("usbp", "ofo")
        and _tells_part(scene, number, phrase.first, phrase.value)
    ]
    if special and not (land and NATIONWIDE in named):
        part = scene.near(number, special)[0][1].value
        for rank, total in enumerate(totals[:2]):
            yield (
                cost("share.agency") + cost("carried") * rank,
                Subject(total, part),
                Subject(total),
            )
