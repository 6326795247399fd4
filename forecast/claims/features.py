"""How a number stands in its sentence: a total, a change, a share, an average, or no claim."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from forecast.claims import readings, times
from forecast.claims.mentions import COMPARATORS, NounAfter, Placed, Scene
from forecast.claims.readings import Candidate, ScoredReading, TextState
from forecast.claims.times import TimeRef
from forecast.claims.tokens import WrittenNumber, tables, word_set
from forecast.claims.truth import APPREHENSION, DRUG, FIELD_BORDERS, ClaimSpan, Subject, fiscal
from forecast.claims.verdict import Reading
from forecast.types import NATIONWIDE

Relation = Literal["total", "difference", "per_day", "per_month"]
# Agencies and their people: they stand in many sentences that count nobody.
_WEAK = word_set(
    "cbp agents migration agent crossing crossed cross enter entered stops met entries logged "
    "contacts"
)
_PARTING = word_set(", ; and as while amid after before despite but ( ) \u2014")
_SHARE_VERBS = word_set(
    "accounted account accounting accounts made make making makes comprised comprise "
    "comprising comprises represented represent representing represents constituted "
    "constitute constituting share proportion"
)
_REFERS = word_set(
    "that this it they numbers number figures figure total totals decrease decline drop "
    "increase rise those these there count counts pace trend"
)
_LEADING = word_set("compared versus relative against")
_SAYING = word_set("said announced released reported wrote told published posted says speaking on")
_WEEKDAYS = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")


_PARTIAL = word_set("another additional remaining rest other remainder further extra")


def is_partial(scene: Scene, number: WrittenNumber) -> bool:
    """The remaining 20,742; nearly 1,000 additional migrants: a rest that is not spelled out."""
    near = {
        scene.low(i) for i in (*range(number.first - 4, number.first), number.last, number.last + 1)
    }
    return bool(near & _PARTIAL) or scene.low(number.first - 1) in ("these", "those")


def supposed(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a number is a forecast, a plan or a threshold."""
    near = scene.near(number, scene.of_kind("supposed"))
    if any(scene.low(i) in ("never", "if") for i in range(number.first - 8, number.first)):
        return True
    return bool(near) and near[0][0] <= 9


def off_topic(scene: Scene, number: WrittenNumber, noun: NounAfter) -> str | None:
    """Why the record cannot have this number; None where it may."""
    if noun.kind == "off_topic" and noun.placed:
        return noun.placed.phrase.value
    if noun.kind == "not_claim":
        return None
    offs = scene.near(number, scene.of_kind("off_topic", "other_measure"))
    if not offs:
        return None
    distance, off = offs[0]
    others = scene.near(number, scene.of_kind("not_claim"))
    if others and others[0][0] <= min(3.0, distance):
        return None  # tariffs of 25%, in a sentence that also speaks of drugs
    measures = [
        m for m in scene.near(number, scene.of_kind("measure")) if not _is_weak(scene, m[1])
    ]
    # "10,000 encounters with people on the watch list": what follows narrows the number.
    between = {scene.low(i) for i in range(number.last, off.first)}
    parted = between & _PARTING or scene.numbers_between(number.last, off.first)
    if off.first >= number.last and distance <= 8 and not parted:
        return off.phrase.value
    if noun.kind == "measure":
        return None
    if distance <= 9 and (not measures or distance < measures[0][0]):
        return off.phrase.value
    return off.phrase.value if not measures and distance <= 22 else None


def other_measure(scene: Scene, number: WrittenNumber) -> str | None:
    """Why a record or a rank is of another measure; None where it may be of this one."""
    others = scene.near(number, scene.of_kind("other_measure"))
    units = scene.of_kind("unit") if "unit" in tables(scene.source.name) else _strong(scene)
    measures = scene.near(number, units)
    if not others or (measures and measures[0][0] < others[0][0]):
        return None
    return others[0][1].phrase.value


def other_unit(scene: Scene, number: WrittenNumber, noun: NounAfter) -> str | None:
    """Why a number is of another measure, where the lexicon tells the units of both.

    "Seized" may be of seizures and of pounds, so that no other word of the sentence tells.
    """
    known = "unit" in tables(scene.source.name) and noun.kind not in ("off_topic", "not_claim")
    return other_measure(scene, number) if known else None


def _is_weak(scene: Scene, phrase: Placed) -> bool:
    return phrase.phrase.value == "any" and scene.low(phrase.last - 1) in _WEAK


def _strong(scene: Scene) -> list[Placed]:
    return [phrase for phrase in scene.of_kind("measure") if not _is_weak(scene, phrase)]


def is_count(scene: Scene, number: WrittenNumber, noun: NounAfter, context: TextState) -> bool:
    """Whether a number counts encounters, as far as its sentence and the one before tell."""
    strong = _strong(scene)
    if noun.kind == "unknown":
        return number.exact and number.value >= 1000 and bool(strong or context.subject)
    if noun.kind == "measure":
        return number.value >= 2 and not (
            noun.placed and _is_weak(scene, noun.placed) and not strong
        )
    counted = bool(strong)
    placed = bool(
        scene.of_kind(
            "sector", "border", "office", "demographic", "citizenship", "arrest_place", "drug"
        )
    )
    timed = any(ref.counts or ref.form == "week" for ref in scene.times)
    if noun.kind in ("people", "group"):
        weak = bool(scene.of_kind("measure")) and (placed or timed)
        counted = counted and scene.near(number, strong)[0][0] <= 24
        return (counted or weak or context.subject is not None) and number.value >= 5
    if number.value < 10 and not (counted and timed):
        return False
    if counted:
        near = scene.near(number, strong)[0][0]
        return number.value >= 100 or near <= 14
    if readings.respectively(scene, number) is not None:
        return True
    if number.value < 100:
        return False
    weak = (bool(scene.of_kind("measure")) or (placed and number.value >= 1000)) and timed
    return weak or (context.subject is not None and (timed or placed or _compared(scene)))


def may_be_count(scene: Scene, number: WrittenNumber, noun: NounAfter, context: TextState) -> bool:
    """Whether an exact number may be a count after all, if the record has it to the digit."""
    spoken = any(kind == "measure" for kind, _ in context.speaks)
    here = bool(scene.times or _compared(scene))
    return noun.kind == "bare" and number.exact and number.value >= 1000 and spoken and here


def is_whole(scene: Scene, host: WrittenNumber, number: WrittenNumber) -> bool:
    """7,536 of the 38,347 arrested: the second is the whole of which the first is a part."""
    between = [scene.low(i) for i in range(host.last, number.first)]
    plain = {"of", "the", "all", "some", "nearly", "more", "than", "about", "those", "a", "total"}
    return 0 < len(between) <= 6 and "of" in between and set(between) <= plain


def says_whose(scene: Scene, host: WrittenNumber, number: WrittenNumber) -> bool:
    """Whether words of place, agency or group stand between two numbers, or behind the second."""
    nexts = [n.first for n in scene.numbers if n.first >= number.last]
    end = min(nexts, default=len(scene.tokens))
    kinds = (
        "border",
        "measure",
        "sector",
        "city",
        "office",
        "state",
        "demographic",
        "citizenship",
        "countries",
        "arrest_place",
        "drug",
    )
    first, last = min(host.last, number.last), max(number.first, host.first)
    for phrase in scene.of_kind(*kinds):
        if _is_weak(scene, phrase) or (
            phrase.phrase.kind == "citizenship" and readings._is_no_nationality(scene, phrase)
        ):
            continue
        between = {scene.low(i) for i in range(host.last, phrase.first)}
        behind_host = phrase.first >= host.last and not between & {
            ",",
            ";",
            "and",
            "but",
            "while",
            "(",
            ")",
        }
        if first <= phrase.first < last and not behind_host:
            return True
        if number.last <= phrase.first < end and phrase.first - number.last <= 8:
            return True
    return False


def _compared(scene: Scene) -> bool:
    return bool(scene.of_kind("change", "extreme")) or any(
        token.low in COMPARATORS | _REFERS for token in scene.tokens
    )


def of_days(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a number counts days or weeks rather than months."""
    if relation(scene, number) in ("per_day", "per_month"):
        return False
    here = (number.first, number.last)
    days, months = [], []
    for ref, place in zip(scene.times, scene.time_places, strict=True):
        distance = scene.distance(here, place)
        if (ref.form == "week" and not _when_said(scene, place)) or (
            ref.form == "day" and place[0] >= number.last and _on_that_day(scene, place)
        ):
            days.append(distance)
        elif ref.counts:
            months.append(distance)
    return bool(days) and min(days) <= 8 and min(days) < min(months, default=99.0)


def of_weeks(scene: Scene, number: WrittenNumber) -> bool:
    """Whether an average is one of some days or weeks."""
    here = (number.first, number.last)
    pairs = list(zip(scene.times, scene.time_places, strict=True))
    weeks = [
        scene.distance(here, p)
        for ref, p in pairs
        if ref.form == "week" and not _when_said(scene, p)
    ]
    others = [scene.distance(here, p) for ref, p in pairs if ref.counts]
    return bool(weeks) and min(weeks) < min(others, default=99.0)


def _when_said(scene: Scene, place: tuple[int, int]) -> bool:
    """A weekday that dates the saying, or stands far behind: the agency said Tuesday."""
    words = [scene.low(i) for i in range(*place)]
    weekday = any(word.startswith(_WEEKDAYS) and word.endswith(("day", "days")) for word in words)
    if not weekday:
        return False
    around = [scene.low(i) for i in range(place[0] - 6, place[0] + 1)]
    return bool(_SAYING & set(around)) or words[0] not in ("on", "last", "since") or place[0] < 3


def _on_that_day(scene: Scene, place: tuple[int, int]) -> bool:
    return scene.low(place[0] - 1) == "on" and not _SAYING & {
        scene.low(i) for i in range(place[0] - 6, place[0] - 1)
    }


def relation(scene: Scene, number: WrittenNumber) -> Relation:
    """Whether a count is a total, an average, or the size of a change."""
    after = [scene.low(i) for i in range(number.last, number.last + 9)]
    before = [scene.low(i) for i in range(number.first - 6, number.first)]
    for unit in ("day", "month"):
        ly = {"day": "daily", "month": "monthly"}[unit]
        if unit == "day" and any(
            a in ("average", "typical") and b == "day" for a, b in pairwise(after)
        ):
            return "per_day"
        per_unit = any(a in ("a", "per", "each", "every") and b == unit for a, b in pairwise(after))
        average = any(word.startswith("averag") for word in (*before, *after))
        if unit == "day" and (per_unit or (ly in (*before, *after) and average)):
            return "per_day"
        if unit == "month" and ((per_unit and average) or (ly in (*before, *after) and average)):
            return "per_month"
    return "difference" if _is_difference(scene, number) else "total"


def _is_difference(scene: Scene, number: WrittenNumber) -> bool:
    start = number.first
    for phrase in scene.of_kind("hedge"):
        if phrase.last == start:
            start = phrase.first
    last = scene.low(start - 1)
    changes = scene.of_kind("change")
    if last in ("of", "by") and any(change.last == start - 1 for change in changes):
        return True
    direct = [
        change
        for change in changes
        if change.last == start and scene.low(change.first) not in ("above", "below")
    ]
    if direct:
        return any(
            scene.low(i) in ("from", "to", "compared", "over")
            for i in range(number.last, number.last + 5)
        )
    return _more_than(scene, number)


def _more_than(scene: Scene, number: WrittenNumber) -> bool:
    """7,000 more than in December; 2,300 fewer encounters than the month before."""
    for at in range(number.last, number.last + 3):
        if scene.tokens[at : at + 1] and (
            scene.tokens[at].mark or scene.low(at) in ("were", "was", "are", "is")
        ):
            return False
        if scene.low(at) in ("of", "in", "at", "to", "for"):
            return False
        if scene.low(at) in ("more", "fewer", "less", "higher", "lower"):
            ends = (i for i in range(at + 1, len(scene.tokens)) if _ends_comparison(scene, i))
            return any(scene.low(i) == "than" for i in range(at + 1, next(ends, len(scene.tokens))))
    return False


def _ends_comparison(scene: Scene, at: int) -> bool:
    return scene.low(at) in (",", ";", "(", "and", "but") or scene.numbers_between(at, at + 1)


def is_share(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a percent is a part of a whole rather than a change."""
    after, after2 = scene.low(number.last), scene.low(number.last + 1)
    changes = scene.of_kind("change")
    if scene.low(number.first - 1) == "of" and any(
        change.last == number.first - 1 for change in changes
    ):
        return False
    if after == "of":
        return after2 not in ("an", "increase", "decrease")
    if after in ("were", "are", "came", "involved", "have", "had", "was", "being"):
        return True
    before = {scene.low(i) for i in range(number.first - 6, number.first)}
    group = number.last + (after in ("with", "from"))  # 16 percent with Indians; 30% Mexican
    groups = scene.of_kind("citizenship", "demographic", "drug")
    return bool(before & _SHARE_VERBS) or any(phrase.first == group for phrase in groups)


def is_multiple(scene: Scene, number: WrittenNumber) -> bool:
    """Whether "double", "half" and the like compare encounters."""
    low, after = scene.low(number.first), scene.low(number.last)
    if low in ("double", "twice", "half", "triple", "quadruple"):
        return after in ("the", "that", "what", "of", "as", "from", "its", "their", "those")
    if low[0].isdigit():
        return True
    return after in (
        "from",
        "in",
        "over",
        "since",
        "compared",
        ",",
        ".",
        "to",
        "between",
        "during",
        "last",
        "the",
        "that",
        "increase",
        "year",
        "this",
        "what",
        "as",
        "higher",
        "by",
        "under",
        "between",
    )


def about_encounters(scene: Scene, number: WrittenNumber, context: TextState) -> bool:
    """Whether a percent or multiple speaks of encounters."""
    refused = scene.near(number, scene.of_kind("not_claim"))
    if refused and refused[0][0] <= 4 and refused[0][1].first >= number.last - 1:
        return False
    if any(
        phrase.phrase.kind == "not_claim" and scene.low(phrase.first).startswith("tariff")
        for phrase in scene.phrases
    ):
        return False
    if _strong(scene) or scene.of_kind("sector", "demographic", "drug"):
        return True
    if context.subject is None:
        return bool(scene.of_kind("border", "citizenship")) and bool(scene.times)
    words = {token.low for token in scene.tokens}
    return bool(scene.times or words & _REFERS or scene.of_kind("border"))


# -- compared with ---------------------------------------------------------------------------------


def versus(
    scene: Scene, number: WrittenNumber, context: TextState, base: ClaimSpan, pair: ClaimSpan | None
) -> list[Candidate[ClaimSpan]]:
    """What a change is measured from, most likely first."""
    options: list[Candidate[ClaimSpan]] = []
    explicit = list(_versus_refs(scene, number))
    for rank, ref in enumerate(explicit[:2]):
        spans = times.spans(ref, context.when, base)
        if ref.since:
            spans = list(dict.fromkeys(readings.begun(ref, spans)))
        for i, span in enumerate(spans[:4]):
            options.append(Candidate(span, 1.1 * rank + 0.35 * i, True))
    if not explicit:
        options += _usual_versus(context, base, pair)
    return readings.cheapest(option for option in options if option.value != base)


def _usual_versus(
    context: TextState, base: ClaimSpan, pair: ClaimSpan | None
) -> Iterator[Candidate[ClaimSpan]]:
    """What is compared with where nothing is named: the other count, a year or month before."""
    if pair:
        yield Candidate(pair, 0.3)
    yield Candidate(base.shift(-12), 0.8 if base.length > 1 else 1.0)
    if base.length == 1:
        yield Candidate(base.shift(-1), 1.0)
        yield from (Candidate(span, 1.2) for span in context.recent[:2])


_NAMES_BASE = word_set("than from below above under versus vs vs. against compared over")
_SAYS_NO_MORE = word_set(
    "the a an that it its their same previous prior last year month time period level levels "
    "number numbers total count figure one before earlier to with ago week's day's was in of"
)


def unread_base(scene: Scene, number: WrittenNumber) -> bool:
    """Whether words behind a change name what it is measured from, and none of them was read.

    95% lower than the daily average under President X: neither a month nor a year earlier.
    """
    at, end = number.last, len(scene.tokens)
    while at < min(number.last + 8, end) and scene.low(at) not in _NAMES_BASE:
        if scene.low(at) in (",", ";", "\u2014", "and", "to", "while") or scene.tokens[at].mark:
            return False
        at += 1
    if at >= min(number.last + 8, end):
        return False
    refs = list(zip(scene.times, scene.time_places, strict=True))
    rest = []
    for i in range(at + 1, end):
        if (scene.tokens[i].mark and scene.low(i) not in ("-", "'")) or scene.low(i) == "and":
            break
        rest.append(i)
    if any(place[0] in rest for ref, place in refs if ref.counts and ref.form != "era"):
        return "average" in {scene.low(i) for i in rest}
    return any(scene.low(i) not in _SAYS_NO_MORE for i in rest)


def _versus_refs(scene: Scene, number: WrittenNumber) -> list[TimeRef]:
    """Times that a change is compared with: behind it, else before it."""
    limit = min(
        (
            n.first
            for n in scene.numbers
            if n.first >= number.last and n.kind in ("percent", "times")
        ),
        default=len(scene.tokens),
    )
    behind, before = [], []
    for ref, place in zip(scene.times, scene.time_places, strict=True):
        if ref.form in ("day", "week"):
            continue
        if number.last <= place[0] < limit:
            between = {scene.low(i) for i in range(number.last, place[0])}
            multiple = number.kind == "times" and scene.low(number.last) in (
                "the",
                "that",
                "what",
                "as",
                "from",
            )
            if (
                ref.relative
                or scene.compares(place[0])
                or between & (COMPARATORS - {"to", "with", "under"})
                or ref.since
                or multiple
            ):
                behind.append(ref)
        elif place[0] < number.first:
            near = number.first - place[1] <= 8
            leading = {scene.low(i) for i in range(place[0] - 6, place[0])}
            lead = scene.compares(place[0]) or leading & _LEADING
            if (ref.relative and near) or lead or (ref.since and near):
                before.append(ref)
    if behind:
        return behind
    return before[::-1]


def is_versus(scene: Scene, number: WrittenNumber, span: ClaimSpan, context: TextState) -> bool:
    """Whether a span comes from what a change is compared with."""
    refs = _versus_refs(scene, number)
    others = [ref for ref in scene.times if ref.counts and not ref.relative and ref not in refs]
    theirs = {span for ref in refs for span in times.spans(ref, context.when, None)}
    own = {span for ref in others for span in times.spans(ref, context.when, None)[:2]}
    return span in theirs and span not in own


def from_to(
    scene: Scene, number: WrittenNumber, context: TextState
) -> tuple[ClaimSpan, ClaimSpan] | None:
    """From May to June, between 2022 and 2023: (now, before)."""
    for ref, place in zip(scene.times, scene.time_places, strict=True):
        if ref.form not in ("months", "fys", "years") or scene.low(place[0] - 1) not in (
            "from",
            "between",
        ):
            continue
        if scene.distance((number.first, number.last), place) > 14:
            continue
        whole = times.spans(ref, context.when)
        if not whole:
            continue
        if ref.form == "months":
            return ClaimSpan(whole[0].last, whole[0].last), ClaimSpan(
                whole[0].first, whole[0].first
            )
        first, last = ref.args
        return fiscal(last), fiscal(first)
    return None


def count_ahead(
    scene: Scene, number: WrittenNumber, context: TextState
) -> Candidate[ClaimSpan] | None:
    """The months of the count that a change led to: fell 14 percent to 7,181 in March."""
    for other in scene.numbers:
        led = any(scene.low(i) in ("to", "with", ":") for i in range(other.first - 3, other.first))
        near = number.last <= other.first <= number.last + 9
        if other.kind == "count" and near and led:
            when = readings.spans_for(scene, other, context)
            return Candidate(when[0].value, 0.2 + when[0].cost, True) if when else None
    return None


# -- shares ----------------------------------------------------------------------------------------


def shares(
    scene: Scene,
    number: WrittenNumber,
    context: TextState,
    when: list[Candidate[ClaimSpan]],
    hosts: list[Subject],
) -> list[ScoredReading] | None:
    """What a share may be of what; None where that is not said, [] where it is not on record."""
    parts = [
        option
        for option in readings._parts(scene, number, context)
        if option.value != readings.NO_PART
    ]
    total, agency = _whole(scene, number, context, hosts)
    words = {token.low for token in scene.tokens}
    if context.part != readings.NO_PART and words & {"there", "sector", "sector's", "it"}:
        parts.insert(0, Candidate(context.part, 0.4)) if not (parts and parts[0].bound) else None
    if hosts and hosts[-1].dimension == APPREHENSION and scene.low(number.last) == "of":
        # 1,034 at-large arrests, 16% of all that were made: a share of them that were just counted
        just_counted = Candidate((APPREHENSION, hosts[-1].members, False), 0.2)
        return _part_shares([just_counted], total, agency, when)
    behind = range(number.last + 1, number.last + 4)
    drugs = [phrase for phrase in scene.of_kind("drug") if phrase.first in behind]
    if drugs and scene.low(number.last) == "of":  # 90% of fentanyl seizures
        return _drug_shares(drugs[0].phrase.value, scene, when)
    if parts and parts[0].cost <= 1.0 and _names_part(scene, number):
        return _part_shares(parts, total, agency, when)
    agency_shares = _agency_or_border_shares(scene, number, total, agency, when)
    return agency_shares or ([] if _of_them(scene, number) else None)


def _drug_shares(drug: str, scene: Scene, when: list[Candidate[ClaimSpan]]) -> list[ScoredReading]:
    """A border's share of a drug nationwide; agencies are not told apart by drug."""
    totals = dict.fromkeys(phrase.phrase.value for phrase in scene.of_kind("border"))
    part, whole = Subject("", "", DRUG, (drug,)), Subject(NATIONWIDE, "", DRUG, (drug,))
    return [
        ScoredReading(
            Reading(part._replace(total=total), span.value, "share_percent", None, whole),
            0.7 * rank + span.cost,
            True,
            span.bound,
        )
        for rank, total in enumerate(total for total in totals if total != NATIONWIDE)
        for span in when[:5]
    ]


def _names_part(scene: Scene, number: WrittenNumber) -> bool:
    """Whether the part of a share is named: behind it, before its verb, or by "there"."""
    kinds = ("sector", "city", "office", "state", "demographic", "citizenship", "countries")
    placed = scene.of_kind(*kinds, "arrest_place", "drug")
    sectors = scene.of_kind("sector", "city")
    them = scene.low(number.last + 1) in ("them", "those", "these", "whom")
    if sectors and scene.low(number.last) == "of" and not them:
        return True
    if any(phrase.first >= number.last for phrase in placed) or "there" in {
        t.low for t in scene.tokens
    }:
        return True
    before = {scene.low(i) for i in range(number.first - 6, number.first)}
    return bool(before & _SHARE_VERBS)


def _of_them(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a share is one of the people encountered: of those, of all apprehensions."""
    words = {scene.low(i) for i in range(number.last, number.last + 4)}
    before = {scene.low(i) for i in range(number.first - 5, number.first)}
    them = {"them", "those", "these", "whom", "all"}
    people = scene.near(number, scene.of_kind("people", "measure"))
    near = bool(people) and people[0][1].first >= number.last and people[0][0] <= 5
    return bool((words | before) & them) or (near and scene.low(number.last) == "of")


def _whole(
    scene: Scene, number: WrittenNumber, context: TextState, hosts: list[Subject]
) -> tuple[list[str], list[str]]:
    """Borders and agencies that the whole may have, most likely first."""
    region = range(number.last, number.last + 14)
    totals = [phrase.phrase.value for phrase in scene.of_kind("border") if phrase.first in region]
    totals += [phrase.phrase.value for phrase in scene.of_kind("border")]
    totals += [subject.total for subject in hosts]
    totals += [b for b in (context.total, context.home, "southwest", NATIONWIDE) if b]
    measures = [
        phrase.phrase.value
        for phrase in scene.of_kind("measure")
        if phrase.phrase.value in ("usbp", "all", "ofo")
    ]
    agencies = ["usbp" if "usbp" in measures else "" if "all" in measures else context.agency or ""]
    agencies += [subject.agency for subject in hosts]
    return list(dict.fromkeys(totals)), list(dict.fromkeys([*agencies, "", "usbp"]))


def _part_shares(
    parts: list[Candidate[readings.SensePart]],
    totals: list[str],
    agencies: list[str],
    when: list[Candidate[ClaimSpan]],
) -> list[ScoredReading] | None:
    dimension, members, other = parts[0].value
    if dimension in ("none", "office", "state"):
        return []
    made = []
    for rank, total in enumerate(totals[:3]):
        if dimension == "sector":
            home = FIELD_BORDERS.get(members[0], "southwest")
            part = Subject(home, "usbp", "field", members)
            wholes = [
                Subject(total if total == NATIONWIDE else home, agency) for agency in ("usbp", "")
            ]
        elif dimension == APPREHENSION:
            part, wholes = Subject(total, "", dimension, members), [Subject(total, "usbp")]
        elif agencies[0] == "usbp":
            return []
        else:
            part, wholes = Subject(total, "", dimension, members, other), [Subject(total)]
        for i, whole in enumerate(wholes):
            for span in when[:5]:
                sense = Reading(part, span.value, "share_percent", None, whole)
                made.append(
                    ScoredReading(sense, 0.7 * rank + 0.9 * i + span.cost, True, span.bound)
                )
    return sorted(made, key=lambda option: option.cost)


_BEING = word_set("were was are came occurred happened took entered crossed")


def _tells_part(scene: Scene, number: WrittenNumber, phrase: Placed) -> bool:
    """Whether an agency is the part and not the whole: 88% of encounters were at ports."""
    if phrase.first < number.first:
        return phrase.phrase.value == "ofo"
    return bool(_BEING & {scene.low(i) for i in range(number.last, phrase.first)})


def _agency_or_border_shares(
    scene: Scene,
    number: WrittenNumber,
    totals: list[str],
    agencies: list[str],
    when: list[Candidate[ClaimSpan]],
) -> list[ScoredReading] | None:
    placed = scene.of_kind("border")
    named = [phrase.phrase.value for phrase in placed]
    land = [total for total in dict.fromkeys(named) if total != NATIONWIDE]
    pairs: list[tuple[float, Subject, Subject]] = []
    # The whole is named after "of": of all encounters nationwide, or of all there are.
    led = bool(land) and scene.low(number.last) == "of"
    led = led and not any(phrase.first > number.last for phrase in placed)
    if land and (NATIONWIDE in named or led):
        pairs += [
            (0.7 * rank, Subject(land[0], agency), Subject(NATIONWIDE, agency))
            for rank, agency in enumerate(agencies[:2])
        ]
    special = [
        phrase for phrase in scene.of_kind("measure") if phrase.phrase.value in ("usbp", "ofo")
    ]
    behind = [phrase for phrase in special if _tells_part(scene, number, phrase)]
    if behind and not (land and NATIONWIDE in named):
        part = scene.near(number, behind)[0][1].phrase.value
        pairs += [
            (0.3 + 0.7 * rank, Subject(total, part), Subject(total))
            for rank, total in enumerate(totals[:2])
        ]
    made = [
        ScoredReading(
            Reading(part_, span.value, "share_percent", None, whole),
            cost + span.cost,
            False,
            span.bound,
        )
        for cost, part_, whole in pairs
        for span in when[:5]
    ]
    return sorted(made, key=lambda option: option.cost) or None
