"""How a number stands in its sentence: a total, a change, a share, an average, or no claim."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from forecast.claims import mentions, readings
from forecast.claims.mentions import COMPARATORS, NounAfter, Placed, Scene
from forecast.claims.readings import TextState
from forecast.claims.tokens import WrittenNumber, tables, word_set

Relation = Literal["total", "difference", "per_day", "per_month", "each_month"]
COUNTS = frozenset({"total", "maybe", "per_day", "per_month", "each_month"})
# Agencies and their people: they stand in many sentences that count nobody.
_WEAK = word_set(
    "cbp agents migration agent crossing crossed cross enter entered stops met entries logged "
    "contacts"
)
_PARTING = word_set(", ; and as while when amid after before despite but ( ) \u2014")
_REFERS = word_set(
    "that this it they numbers number figures figure total totals decrease decline drop "
    "increase rise those these there count counts pace trend"
)
_SAYING = word_set("said announced released reported wrote told published posted says speaking on")
_WEEKDAYS = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")


@dataclass(frozen=True, slots=True)
class NumberRole:
    """What a number does in its sentence.

    kind : a `ClaimMeasure`; "share"; "maybe", a count only if the record has it to the digit;
    "not_held", with why; "" for what is no claim. noun : what kind of noun it counts.
    """

    kind: Any
    why: str = ""
    noun: str = ""


NOTHING = NumberRole("")


def roles(
    scene: Scene, context: TextState, beside: bool = False
) -> list[tuple[WrittenNumber, NumberRole]]:
    """Find out what each number of a sentence does.

    beside : whether the sentence is known to count something, so that a bare number may as well.
    """
    of_numbers: list[tuple[WrittenNumber, NumberRole]] = []
    percent = NOTHING  # what the percent before is, which the next of a row is too
    for number in scene.numbers:
        role = _role(scene, number, context, beside, percent)
        of_numbers.append((number, role))
        if number.kind == "percent":
            percent = role
    return of_numbers


def _role(
    scene: Scene, number: WrittenNumber, context: TextState, beside: bool, before: NumberRole
) -> NumberRole:
    if mentions.is_plain_no(scene, number) or scene.covered(number) or supposed(scene, number):
        return NOTHING
    noun = mentions.noun_after(scene, number)
    why = other_measure(scene, number)
    if why and number.kind in ("percent", "times", "count") and noun.kind != "not_claim":
        return NumberRole("not_held", why)
    if number.kind == "count":
        return _role_of_count(scene, number, noun, context, beside)
    if number.kind == "percent":
        off = off_topic(scene, number, noun)
        if off:
            return NumberRole("not_held", off)
        if not (beside or about_counts(scene, number, context)):
            return NOTHING
        if is_fraction_of_before(scene, number):
            return NumberRole("times")
        return NumberRole("share" if is_share(scene, number, before.kind) else "change_percent")
    compares = number.kind == "times" and is_multiple(scene, number)
    about = compares and (beside or about_counts(scene, number, context))
    return NumberRole("times") if about else NOTHING


def _role_of_count(
    scene: Scene, number: WrittenNumber, noun: NounAfter, context: TextState, beside: bool
) -> NumberRole:
    off = off_topic(scene, number, noun)
    if off:
        return NumberRole("not_held", off)
    if noun.kind == "not_claim":
        return NOTHING
    counts = is_count(scene, number, noun, context) or (
        beside and noun.kind != "unknown" and number.value >= 20
    )
    if not counts and not may_be_count(scene, number, noun, context):
        return NOTHING
    if of_days(scene, number):
        return NumberRole("not_held", "days and weeks are not on record")
    kind = relation(scene, number)
    if kind in ("per_day", "per_month") and of_weeks(scene, number):
        return NumberRole("not_held", "days and weeks are not on record")
    if kind == "difference":
        return NumberRole(kind)
    if kind == "total" and (not counts or noun.kind == "unknown"):
        return NumberRole("maybe", noun=noun.kind)
    return NumberRole(kind, noun=noun.kind)


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
    leading = [scene.low(i) for i in range(number.first - 8, number.first)]
    if "if" in leading or ("never" in leading and leading[-2] != "never"):
        return True  # but: never below 150,000
    return bool(near) and near[0][0] <= 9


_VAGUE = word_set(
    "year years month months earlier sooner later ago back old prior previous past then quarter "
    "summer winter spring autumn season decade"
)


def vague_time(scene: Scene) -> bool:
    """Whether a sentence speaks of a time that is not understood: in the last full year."""
    return any(
        token.low in _VAGUE
        and not scene.in_time(i)
        and scene.low(i - 1) not in ("a", "per", "each", "every")  # averages
        for i, token in enumerate(scene.tokens)
    )


def off_topic(scene: Scene, number: WrittenNumber, noun: NounAfter) -> str | None:
    """Why the record cannot have this number; None where it may."""
    if noun.kind == "off_topic" and noun.placed:
        return noun.placed.value
    if noun.kind == "not_claim":
        return None
    offs = scene.near(number, scene.of_kind("off_topic"))
    if not offs:
        return None
    distance, off = offs[0]
    others = scene.near(number, scene.of_kind("not_claim"))
    if others and others[0][0] <= min(3.0, distance):
        return None  # tariffs of 25%, in a sentence that also speaks of drugs
    measures = [
        m for m in scene.near(number, scene.of_kind("measure")) if not _is_weak(scene, m[1])
    ]
    # "10,000 people on the watch list": what follows narrows the number.
    between = {scene.low(i) for i in range(number.last, off.first)}
    parted = between & _PARTING or scene.numbers_between(number.last, off.first)
    if off.first >= number.last and distance <= 8 and not parted:
        return off.value
    if noun.kind == "measure":
        return None
    if distance <= 9 and (not measures or distance < measures[0][0]):
        return off.value
    return off.value if not measures and distance <= 22 else None


def _of_others(scene: Scene, number: WrittenNumber, *kinds: str) -> list[Placed]:
    """The phrases of other measures; of a change, not those that may be said of this one too."""
    compares = number.kind in ("percent", "times")
    loose = {phrase.first for phrase in scene.of_kind("loose")} if compares else ()
    return [phrase for phrase in scene.of_kind(*kinds) if phrase.first not in loose]


def other_measure(scene: Scene, number: WrittenNumber) -> str | None:
    """Why a number, a record or a rank is of another measure; None where it may be of this one.

    Of the words for measures the one right behind a number tells, else the last one before it.
    """
    own = scene.of_kind("unit") if "unit" in tables(scene.source.name) else _strong(scene)
    others = _of_others(scene, number, "other_measure")
    placed = sorted([*own, *others], key=lambda phrase: phrase.first)
    behind = [phrase for phrase in placed if phrase.first >= number.last]
    before = [phrase for phrase in placed if phrase.last <= number.first]
    close = behind and behind[0].first - number.last <= 3
    close = close and not {scene.low(i) for i in range(number.last, behind[0].first)} & _PARTING
    telling = behind[0] if close or (not before and behind) else before[-1] if before else None
    return telling.value if telling in others else None


def _is_weak(scene: Scene, phrase: Placed) -> bool:
    return phrase.value == "any" and scene.low(phrase.last - 1) in _WEAK


def _strong(scene: Scene) -> list[Placed]:
    return [phrase for phrase in scene.of_kind("measure") if not _is_weak(scene, phrase)]


def is_count(scene: Scene, number: WrittenNumber, noun: NounAfter, context: TextState) -> bool:
    """Whether a number is a count, as far as its sentence and the one before tell."""
    strong = _strong(scene)
    if noun.kind == "unknown":
        return number.exact and number.value >= 1000 and bool(strong or context.subject)
    if noun.kind == "measure":
        weak = noun.placed is not None and _is_weak(scene, noun.placed) and not strong
        spoken = context.subject is not None and number.value >= 100 and bool(scene.times)
        return number.value >= 2 and (not weak or spoken)
    counted = bool(strong)
    placed = bool(
        scene.of_kind(
            "sector", "total", "office", "demographic", "citizenship", "arrest_place", "drug"
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


_WHOSE = word_set(
    "total measure sector city office state demographic citizenship countries arrest_place drug"
)


_ENDS_WHOSE = word_set(", ; and but while ( )")


def says_whose(scene: Scene, host: WrittenNumber, number: WrittenNumber) -> bool:
    """Whether words of place, agency or group stand between two numbers, or behind the second."""
    nexts = [n.first for n in scene.numbers if n.first >= number.last]
    end = min(nexts, default=len(scene.tokens))
    kinds = _WHOSE
    first, last = min(host.last, number.last), max(number.first, host.first)
    for phrase in scene.of_kind(*kinds):
        if _is_weak(scene, phrase) or (
            phrase.kind == "citizenship" and readings._is_no_nationality(scene, phrase)
        ):
            continue
        between = {scene.low(i) for i in range(host.last, phrase.first)}
        behind_host = phrase.first >= host.last and not between & _ENDS_WHOSE
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
        said = _SAYING & {scene.low(i) for i in range(place[0] - 6, place[0] - 1)}
        on_it = ref.form == "day" and place[0] >= number.last and scene.low(place[0] - 1) == "on"
        weeks = ref.form in ("week", "days") and not _when_said(scene, place)
        if weeks or (on_it and not said):
            days.append(distance)
        elif ref.counts:
            months.append(distance)
    span = any(ref.form == "days" for ref in scene.times)  # it says when of all the sentence
    return bool(days) and (span or min(days) <= 8) and min(days) < min(months, default=99.0)


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


def relation(scene: Scene, number: WrittenNumber) -> Relation:
    """Whether a count is a total, an average, or the size of a change."""
    ends = [n.first for n in scene.numbers if n.first >= number.last]
    after = [scene.low(i) for i in range(number.last, min([number.last + 9, *ends]))]
    before = [scene.low(i) for i in range(number.first - 9, number.first)]
    if [scene.low(i) for i in range(2)] == ["average", "daily"]:
        before += ["average", "daily"]
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
        if unit == "month" and (average and (per_unit or ly in (*before, *after))):
            return "per_month"
        monthly = per_unit or "monthly" in {scene.low(i) for i in range(number.first)}
        monthly = monthly or any(ref.form == "streak" for ref in scene.times)
        if unit == "month" and monthly and mentions.hedge(scene, number) in ("below", "over"):
            return "each_month"
    if scene.low(number.first - 1) in ("averaged", "averaging"):
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
    if any(c.last == start and scene.low(c.first) not in ("above", "below") for c in changes):
        return False
    return _more_than(scene, number)


def _more_than(scene: Scene, number: WrittenNumber) -> bool:
    """7,000 more than in December; 2,300 fewer than the month before."""
    for at in range(number.last, number.last + 3):
        if scene.tokens[at : at + 1] and (
            scene.tokens[at].mark or scene.low(at) in ("were", "was", "are", "is")
        ):
            return False
        if scene.low(at) in ("of", "in", "at", "to", "for"):
            return False
        if scene.low(at) in ("more", "fewer", "less", "higher", "lower"):
            for i in range(at + 1, len(scene.tokens)):
                ends = scene.low(i) in (",", ";", "(", "and", "but")
                if ends or scene.low(i) == "than" or scene.numbers_between(i, i + 1):
                    return scene.low(i) == "than"
    return False


_COMPARES = word_set("more less fewer higher lower above below over under up down")


def is_share(scene: Scene, number: WrittenNumber, before: str = "") -> bool:
    """Whether a percent is a part of a whole rather than a change.

    before : what the percent before it in the sentence is.
    """
    after, after2 = scene.low(number.last), scene.low(number.last + 1)
    last = scene.low(number.first - 1)
    changes = scene.of_kind("change")
    by = {scene.low(i) for i in range(number.first - 3, number.first)} & {"by", "nearly", "almost"}
    if number.unit == 4 and not (by and changes):
        return True  # nine in 10, two-thirds
    if after == "of":
        return after2 not in ("an", "increase", "decrease")
    if after in ("were", "are", "came", "involved", "have", "had", "was", "being"):
        return True
    if last in ("or", "from", "to") and (last == "or" or before == "share"):
        return True  # or 69 percent; down from 67 percent
    groups = scene.of_kind("citizenship", "demographic", "drug")
    return bool(groups) and mentions.direction(scene, number) == 0


def is_fraction_of_before(scene: Scene, number: WrittenNumber) -> bool:
    """Less than a tenth of what it was; a quarter of the 140,641 of February 2024."""
    after = [scene.low(i) for i in range(number.last, number.last + 3)]
    if number.unit != 4 or after[0] != "of":
        return False
    counted = any(
        number.last < n.first <= number.last + 3 and n.kind == "count" for n in scene.numbers
    )
    return after[1] in ("what", "that", "its") or (after[1] == "the" and counted)


_AFTER_MULTIPLE = word_set(
    "from in over since compared , . to between during last the that increase year this "
    "what as higher by under"
)


def is_multiple(scene: Scene, number: WrittenNumber) -> bool:
    """Whether "double", "half" and the like compare counts."""
    low, after = scene.low(number.first), scene.low(number.last)
    if low in ("double", "twice", "half", "triple", "quadruple"):
        behind = after in ("the", "that", "what", "of", "as", "from", "its", "their", "those")
        return behind or scene.in_time(number.last)
    if low[0].isdigit():
        return True
    return after in _AFTER_MULTIPLE


def about_counts(scene: Scene, number: WrittenNumber, context: TextState) -> bool:
    """Whether a percent or multiple speaks of counts."""
    refused = scene.near(number, scene.of_kind("not_claim"))
    if refused and refused[0][0] <= 4 and refused[0][1].first >= number.last - 1:
        return False
    if any(
        phrase.kind == "not_claim" and scene.low(phrase.first).startswith("tariff")
        for phrase in scene.phrases
    ):
        return False
    if _strong(scene) or scene.of_kind("sector", "demographic", "drug"):
        return True
    if context.subject is None:
        return bool(scene.of_kind("total", "citizenship")) and bool(scene.times)
    words = {token.low for token in scene.tokens}
    return bool(scene.times or words & _REFERS or scene.of_kind("total"))
