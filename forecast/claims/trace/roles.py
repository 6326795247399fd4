"""How a number stands in its sentence: a total, a change, a share, an average, or no claim."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from forecast.claims.record.verdict import BOUNDS, ClaimMeasure
from forecast.claims.text import scene as mentions
from forecast.claims.text.scene import Noun, Placed, Scene
from forecast.claims.text.times import TextState, TimeRef
from forecast.claims.text.tokens import WrittenNumber, word_set

COUNTS = frozenset({"total", "maybe", "per_day", "per_month", *BOUNDS})
LEAST_BARE = 100  # a smaller number is of the record only where its words say so
NO_DAYS = "days and weeks are not on record"
# Agencies and their people: they stand in many sentences that count nobody.
_WEAK = word_set(
    "cbp agents migration agent crossing crossed cross enter entered stops met entries logged "
    "contacts"
)
_PARTING = word_set(", ; and as while when amid after before despite but ( ) \u2014")
_SAYING = word_set(
    "said announced released reported wrote told published posted says speaking on found show shows"
)
_EXCLUDES, _DOES_NOT = word_set("excluding excludes exclude"), word_set("not doesn't don't")
_INCLUDE = word_set("include includes including counting")
_WEEKDAYS = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")
_OF_CHANGES = word_set("steeper sharper faster slower quicker")  # p percent steeper: of two changes
_MULTIPLES = word_set("double twice half triple quadruple")
_AFTER_WORD = word_set("the that what of as from its their those")
_AFTER_MULTIPLE = word_set(
    "from in over since compared , . to between during last the that increase year this "
    "what as higher by under"
)
_PER = word_set("a per each every average typical")
_BEING = word_set("were are came involved have had was being")
_MORE = word_set("more fewer less higher lower")
_NO_MORE = word_set("were was are is of in at to for")
_ENDS = word_set(", ; ( and but than")


@dataclass(frozen=True, slots=True)
class NumberRole:
    """What a number does in its sentence.

    kind : a measure; "share"; "maybe", a count only if the record has it to the digit; "not_held",
        with the reason why; "" for what is no claim. noun : what a count counts.
    """

    kind: ClaimMeasure | Literal["share", "maybe", "not_held", ""] = ""
    noun: Noun = "bare"
    why: str = ""


NOTHING = NumberRole()


def roles(scene: Scene, context: TextState) -> Iterator[tuple[WrittenNumber, NumberRole]]:
    """Find out what each number of a sentence does."""
    before = ""  # what the percent before is, which the next of a row is too
    for number in scene.numbers:
        role = NOTHING if _is_supposed(scene, number) else _role(scene, number, context)
        if role.kind == "change_percent" and is_share(scene, number, before):
            role = NumberRole("share")
        yield number, role
        before = role.kind if number.kind == "percent" else before


def _is_supposed(scene: Scene, number: WrittenNumber) -> bool:
    """A forecast, a plan or a threshold; but: never below 150,000."""
    # 54,000 in September, and on track to reach more; but: 9,000 a day, officials predicted.
    supposed = [
        (far, phrase)
        for far, phrase in scene.near(number, scene.of_kind("supposed"))
        if phrase.first < number.last + 5
        or not _PARTING & set(scene.words(number.last, phrase.first))
    ]
    others = scene.near(number, scene.of_kind("not_claim")) if number.kind == "percent" else []
    leading = scene.words(number.first - 8, number.first)
    return (
        mentions.is_plain_no(scene, number)
        or bool({"interval", "intervals"} & set(scene.words(number.last, number.last + 2)))
        or scene.covered(number)
        or "if" in leading
        or ("never" in leading and leading[-2] != "never")
        or bool(supposed and supposed[0][0] <= 9)
        or bool(others and others[0][0] <= 4)  # of voters
    )


def _role(scene: Scene, number: WrittenNumber, context: TextState) -> NumberRole:
    kind = number.kind
    noun, placed = mentions.noun_after(scene, number)
    why = other_measure(scene, number)
    if why and kind in ("percent", "times", "count") and noun not in ("not_claim", "unknown"):
        return NumberRole("not_held", why=why)
    off = _off_topic(scene, number, noun, placed) if kind in ("count", "percent") else None
    if off:
        return NumberRole("not_held", why=off)
    if kind == "count":
        return _role_of_count(scene, number, noun, context)
    if _is_multiple(scene, number):
        return NumberRole("times")
    if scene.low(number.last) in _OF_CHANGES:
        return NOTHING
    return NumberRole("change_percent") if kind == "percent" else NOTHING


def _is_multiple(scene: Scene, number: WrittenNumber) -> bool:
    """Double, half and the like, where they compare counts; less than a tenth of what it was."""
    low, after = scene.low(number.first), scene.words(number.last, number.last + 2)
    if number.kind == "percent":
        return number.unit == 4 and after[0] == "of" and after[1] in ("what", "that", "its")
    if low in _MULTIPLES:
        return number.kind == "times" and (after[0] in _AFTER_WORD or scene.in_time(number.last))
    return number.kind == "times" and (low[0].isdigit() or after[0] in _AFTER_MULTIPLE)


def _role_of_count(
    scene: Scene, number: WrittenNumber, noun: Noun, context: TextState
) -> NumberRole:
    if noun == "not_claim":
        return NOTHING
    kind = relation(scene, number)
    # 8,000 each day, with no count that it may be of.
    lone = not number.exact and len(scene.numbers) == 1 and not _is_average(scene, number)
    if (kind == "per_day" and lone) or _of_days(scene, number, kind in ("per_day", "per_month")):
        return NumberRole("not_held", why=NO_DAYS)
    if kind == "total" and not _is_count(scene, number, noun, context):
        return NumberRole("maybe", noun) if number.value >= LEAST_BARE else NOTHING
    return NumberRole(kind, noun)


def _is_count(scene: Scene, number: WrittenNumber, noun: Noun, context: TextState) -> bool:
    """Whether a number counts something even if the record does not have it."""
    if noun == "unknown":
        return False
    if noun in ("people", "group", "measure"):
        return number.value >= 5 and bool(scene.of_kind("measure") or context.subject)
    near = scene.near(number, _strong(scene))
    return number.value >= 100 or (number.value >= 10 and bool(near) and near[0][0] <= 14)


def _off_topic(
    scene: Scene, number: WrittenNumber, noun: Noun, placed: Placed | None
) -> str | None:
    """Why the record cannot have this number; None where it may."""
    if noun == "off_topic" and placed:
        return placed.value
    offs = [off for off in scene.of_kind("off_topic") if not _left_out(scene, off)]
    if noun == "not_claim" or not offs:
        return None
    distance, off = scene.near(number, offs)[0]
    measures = scene.near(number, _strong(scene))
    if _narrows(scene, number, off, distance):
        return off.value
    if noun == "measure" or _is_anothers(scene, off, distance if measures else 0.0):
        return None
    near = distance <= 9 and distance < measures[0][0] if measures else distance <= 22
    return off.value if near else None


def _narrows(scene: Scene, number: WrittenNumber, off: Placed, distance: float) -> bool:
    """10,000 people on the watch list: whether what follows narrows a number."""
    parted = _PARTING & set(scene.words(number.last, off.first))
    return off.first >= number.last and distance <= 8 and not parted


def _left_out(scene: Scene, off: Placed) -> bool:
    """1.6 million, excluding gotaways: whether a number is said to be without them."""
    before = set(scene.words(off.first - 5, off.first))
    return bool(_EXCLUDES & before or (_DOES_NOT & before and _INCLUDE & before))


def _is_anothers(scene: Scene, off: Placed, distance: float) -> bool:
    """227,547 encounters, of whom 98 were on the watch list: whether words are of another count."""
    counts = [(n.first, n.last) for n in scene.numbers if n.kind == "count"]
    return any(scene.distance(place, (off.first, off.last)) < distance for place in counts)


def other_measure(scene: Scene, number: WrittenNumber) -> str | None:
    """Why a number, a record or a rank is of another measure; None where it may be of this one.

    Of the words for measures the one right behind a number tells, else the last one before it.
    """
    own = scene.of_kind("unit") if "unit" in scene.lexicon.tables else _strong(scene)
    # Of a change, not those that may be said of this one too.
    compares = number.kind in ("percent", "times")
    loose = {phrase.first for phrase in scene.of_kind("loose") if compares}
    others = [phrase for phrase in scene.of_kind("other_measure") if phrase.first not in loose]
    telling = _telling(scene, number, sorted([*own, *others], key=lambda phrase: phrase.first))
    return telling.value if telling in others else None


def _telling(scene: Scene, number: WrittenNumber, placed: Sequence[Placed]) -> Placed | None:
    behind = [phrase for phrase in placed if phrase.first >= number.last]
    before = [phrase for phrase in placed if phrase.last <= number.first]
    if behind and (not before or behind[0].first - number.last <= 3):
        parted = _PARTING & set(scene.words(number.last, behind[0].first))
        if not (before and parted):
            return behind[0]
    return before[-1] if before else None


def _strong(scene: Scene) -> list[Placed]:
    return [
        phrase
        for phrase in scene.of_kind("measure")
        if not (phrase.value == "any" and scene.low(phrase.last - 1) in _WEAK)
    ]


def _of_days(scene: Scene, number: WrittenNumber, average: bool) -> bool:
    """Whether a number counts days or weeks rather than months; an average is one of weeks."""
    here = (number.first, number.last)
    days, months = [], [99.0]
    for ref in scene.times:
        distance = scene.distance(here, (ref.first, ref.last))
        if _is_day(scene, ref, number, average):
            days.append(distance)
        elif ref.counts:
            months.append(distance)
    span = any(ref.form == "days" for ref in scene.times)  # it says when of all the sentence
    return bool(days) and (average or span or min(days) <= 8) and min(days) < min(months)


def _is_day(scene: Scene, ref: TimeRef, number: WrittenNumber, average: bool) -> bool:
    if ref.form in (("week",) if average else ("week", "days")):
        return not _when_said(scene, ref)
    reported = _SAYING & set(scene.words(ref.first - 6, ref.first - 1))
    on_it = ref.form == "day" and ref.first >= number.last and scene.low(ref.first - 1) == "on"
    return on_it and not reported and not average


def _when_said(scene: Scene, ref: TimeRef) -> bool:
    """A weekday that dates the saying, or stands far behind: the agency said Tuesday."""
    words = scene.words(ref.first, ref.last)
    if _SAYING & set(scene.words(ref.first - 3, ref.first)) and words[:1] == ["this"]:
        return True  # data released this week
    if not any(word.startswith(_WEEKDAYS) and word.endswith(("day", "days")) for word in words):
        return False
    reported = bool(_SAYING & set(scene.words(ref.first - 6, ref.first + 1)))
    return reported or words[0] not in ("on", "last", "since") or ref.first < 3


def relation(scene: Scene, number: WrittenNumber) -> ClaimMeasure:
    """A total, an average, the size of a change, or a bound of every month."""
    after = _behind(scene, number)
    around = {*scene.words(number.first - 9, number.first), *after}
    units = {unit for a, unit in pairwise(after) if a in _PER}
    average = _is_average(scene, number)
    if "day" in units or ("daily" in around and (average or after[0] == "daily")):
        return "per_day"
    if average and ("month" in units or "monthly" in around):
        return "per_month"
    if _is_bound(scene, number, "month" in units):
        return "least_month" if mentions.hedge(scene, number) == "over" else "most_month"
    return "difference" if _is_difference(scene, number) else "total"


def _behind(scene: Scene, number: WrittenNumber) -> list[str]:
    ends = [n.first for n in scene.numbers if n.first >= number.last]
    return scene.words(number.last, min([number.last + 9, *ends]))


def _is_average(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a number is said to be an average."""
    around = (*scene.words(number.first - 9, number.first), *_behind(scene, number))
    return "typical" in around or any(word.startswith("averag") for word in around)


def _is_bound(scene: Scene, number: WrittenNumber, monthly: bool) -> bool:
    """Whether it is a bound that every month is under: fewer than 10,000 a month."""
    streak = any(
        ref.form == "streak" and "," not in scene.words(number.last, ref.first)
        for ref in scene.times
    )
    before = scene.words(0, number.first)
    clause = before[max((at for at, low in enumerate(before) if low == ","), default=0) :]
    monthly = monthly or streak or "monthly" in clause
    return monthly and mentions.hedge(scene, number) in ("below", "over")


def _is_difference(scene: Scene, number: WrittenNumber) -> bool:
    """Up by 7,000; 7,000 more than in December; 2,300 fewer than the month before."""
    hedged = (p.first for p in scene.of_kind("hedge") if p.last == number.first)
    start = next(hedged, number.first)
    changes = scene.of_kind("change")
    if scene.low(start - 1) in ("of", "by") and any(c.last == start - 1 for c in changes):
        return True
    if any(c.last == start for c in changes):
        return False
    more = [at for at in range(number.last, number.last + 3) if scene.low(at) in _MORE]
    between = scene.words(number.last, more[0]) if more else ["."]
    if _NO_MORE & set(between) or not all(map(str.isalpha, between)):
        return False
    ends = (i for i in range(more[0] + 1, len(scene.tokens)) if _ends_more(scene, i))
    return scene.low(next(ends, -1)) == "than"


def _ends_more(scene: Scene, at: int) -> bool:
    return scene.low(at) in _ENDS or scene.numbers_between(at, at + 1)


def is_share(scene: Scene, number: WrittenNumber, before: str = "") -> bool:
    """Whether a percent is a part of a whole rather than a change.

    before : what the percent before it in the sentence is.
    """
    after, after2 = scene.words(number.last, number.last + 2)
    last = scene.low(number.first - 1)
    by = {"by", "nearly", "almost"} & set(scene.words(number.first - 3, number.first))
    if number.unit == 4 and not (by and scene.of_kind("change")):
        return True  # nine in 10, two-thirds
    if after == "of":
        return after2 not in ("an", "increase", "decrease")
    if after in _BEING or last == "or":  # or 69 percent
        return True
    # Down from 67 percent; made up 16% of them, southwest border encounters 41%.
    changed = any(-1 <= number.first - p.last <= 1 for p in scene.of_kind("change"))
    level = last in ("from", "to") and scene.low(number.first - 2) != "up"
    if level or (before == "share" and not changed):
        return True
    groups = scene.of_kind("citizenship", "demographic", "drug")
    return bool(groups) and mentions.direction(scene, number) == 0
