"""How a number stands in its sentence: a total, a change, a share, an average, or no claim."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from forecast.claims.text import scene as mentions
from forecast.claims.text.scene import COMPARATORS, Noun, Placed, Scene
from forecast.claims.text.times import TextState, TimeRef
from forecast.claims.text.tokens import WrittenNumber, word_set
from forecast.claims.trace import whose

# What a number does in its sentence: a `ClaimMeasure`; "share"; "maybe", a count only if the record
# has it to the digit; "not_held"; "" for what is no claim. Then why it is not held, or the kind of
# noun that it counts.
NumberRole = tuple[Any, str]

COUNTS = frozenset({"total", "maybe", "per_day", "per_month", "each_month"})
NOTHING: NumberRole = ("", "")
NO_DAYS = "days and weeks are not on record"
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


def roles(
    scene: Scene, context: TextState, beside: bool = False
) -> list[tuple[WrittenNumber, NumberRole]]:
    """Find out what each number of a sentence does.

    beside : whether the sentence is known to count something, so that a bare number may as well.
    """
    of_numbers: list[tuple[WrittenNumber, NumberRole]] = []
    percent = ""  # what the percent before is, which the next of a row is too
    for number in scene.numbers:
        role = _role(scene, number, context, beside, percent)
        of_numbers.append((number, role))
        if number.kind == "percent":
            percent = role[0]
    return of_numbers


_MULTIPLES = ("double", "twice", "half", "triple", "quadruple")
_AFTER_WORD = word_set("the that what of as from its their those")
_AFTER_MULTIPLE = word_set(
    "from in over since compared , . to between during last the that increase year this "
    "what as higher by under"
)


def _role(
    scene: Scene, number: WrittenNumber, context: TextState, beside: bool, before: str
) -> NumberRole:
    # A forecast, a plan or a threshold; but: never below 150,000.
    supposed = scene.near(number, scene.of_kind("supposed"))
    leading = scene.words(number.first - 8, number.first)
    if (
        mentions.is_plain_no(scene, number)
        or {"interval", "intervals"} & set(scene.words(number.last, number.last + 2))
        or scene.covered(number)
        or "if" in leading
        or ("never" in leading and leading[-2] != "never")
        or (supposed and supposed[0][0] <= 9)
    ):
        return NOTHING
    kind = number.kind
    noun, placed = mentions.noun_after(scene, number)
    why = other_measure(scene, number)
    if why and kind in ("percent", "times", "count") and noun not in ("not_claim", "unknown"):
        return "not_held", why
    off = _off_topic(scene, number, noun, placed) if kind in ("count", "percent") else None
    if off:
        return "not_held", off
    if kind == "count":
        return _role_of_count(scene, number, noun, placed, context, beside)
    # Double, half and the like, where they compare counts.
    low, after = scene.low(number.first), scene.words(number.last, number.last + 2)
    of_word = after[0] in _AFTER_WORD or scene.in_time(number.last)
    multiple = of_word if low in _MULTIPLES else low[0].isdigit() or after[0] in _AFTER_MULTIPLE
    compares = kind == "percent" or (kind == "times" and multiple)
    if not compares or not (beside or _about_counts(scene, number, context)):
        return NOTHING
    # Less than a tenth of what it was; a quarter of the 140,641 of February 2024.
    counts = (n.first for n in scene.numbers if n.kind == "count")
    counted = any(number.last < first <= number.last + 3 for first in counts)
    of_before = after[1] in ("what", "that", "its") or (after[1] == "the" and counted)
    if kind == "times" or (number.unit == 4 and after[0] == "of" and of_before):
        return "times", ""
    return ("share" if is_share(scene, number, before) else "change_percent"), ""


def _role_of_count(
    scene: Scene,
    number: WrittenNumber,
    noun: Noun,
    placed: Placed | None,
    context: TextState,
    beside: bool,
) -> NumberRole:
    if noun == "not_claim":
        return NOTHING
    counts = _is_count(scene, number, noun, placed, context)
    counts = counts or (beside and noun != "unknown" and number.value >= 20)
    if not counts:
        # It may be one after all, if the record has it to the digit.
        spoken = any(kind == "measure" for kind, _ in context.speaks)
        spoken = spoken and bool(scene.times or _compared(scene))
        if not (spoken and noun == "bare" and number.exact and number.value >= 1000):
            return NOTHING
    kind = relation(scene, number)
    average = kind in ("per_day", "per_month")
    if _of_days(scene, number, average):
        return "not_held", NO_DAYS
    if kind == "total" and (not counts or noun == "unknown"):
        kind = "maybe"
    return kind, ("" if kind == "difference" else noun)


def _off_topic(
    scene: Scene, number: WrittenNumber, noun: Noun, placed: Placed | None
) -> str | None:
    """Why the record cannot have this number; None where it may."""
    if noun == "off_topic" and placed:
        return placed.value
    offs = scene.near(number, scene.of_kind("off_topic"))
    if noun == "not_claim" or not offs:
        return None
    distance, off = offs[0]
    others = scene.near(number, scene.of_kind("not_claim"))
    if others and others[0][0] <= min(3.0, distance):
        return None  # tariffs of 25%, in a sentence that also speaks of drugs
    # "10,000 people on the watch list": what follows narrows the number.
    parted = bool(_PARTING & set(scene.words(number.last, off.first)))
    parted = parted or scene.numbers_between(number.last, off.first)
    if off.first >= number.last and distance <= 8 and not parted:
        return off.value
    measures = scene.near(number, _strong(scene))
    nearer = distance <= 9 and (not measures or distance < measures[0][0])
    alone = not measures and distance <= 22
    return off.value if noun != "measure" and (nearer or alone) else None


def other_measure(scene: Scene, number: WrittenNumber) -> str | None:
    """Why a number, a record or a rank is of another measure; None where it may be of this one.

    Of the words for measures the one right behind a number tells, else the last one before it.
    """
    own = scene.of_kind("unit") if "unit" in scene.lexicon.tables else _strong(scene)
    # Of a change, not those that may be said of this one too.
    compares = number.kind in ("percent", "times")
    loose = {phrase.first for phrase in scene.of_kind("loose")} if compares else ()
    others = [phrase for phrase in scene.of_kind("other_measure") if phrase.first not in loose]
    placed = sorted([*own, *others], key=lambda phrase: phrase.first)
    behind = [phrase for phrase in placed if phrase.first >= number.last]
    before = [phrase for phrase in placed if phrase.last <= number.first]
    close = behind and behind[0].first - number.last <= 3
    close = close and not _PARTING & set(scene.words(number.last, behind[0].first))
    telling = behind[0] if close or (not before and behind) else before[-1] if before else None
    return telling.value if telling in others else None


def _is_weak(scene: Scene, phrase: Placed) -> bool:
    return phrase.value == "any" and scene.low(phrase.last - 1) in _WEAK


def _strong(scene: Scene) -> list[Placed]:
    return [phrase for phrase in scene.of_kind("measure") if not _is_weak(scene, phrase)]


def _is_count(
    scene: Scene, number: WrittenNumber, noun: Noun, placed: Placed | None, context: TextState
) -> bool:
    """Whether a number is a count, as far as its sentence and the one before tell."""
    value, strong, measures = number.value, _strong(scene), scene.of_kind("measure")
    spoken = context.subject is not None
    if noun == "unknown":
        return number.exact and value >= 1000 and bool(strong or spoken)
    if noun == "measure":
        weak = placed is not None and _is_weak(scene, placed) and not strong
        return value >= 2 and (not weak or (spoken and value >= 100 and bool(scene.times)))
    near = scene.near(number, strong)[0][0] if strong else 99.0
    kinds = ("sector", "total", "office", "demographic", "citizenship", "arrest_place", "drug")
    named = bool(scene.of_kind(*kinds))
    timed = any(ref.counts or ref.form == "week" for ref in scene.times)
    if noun in ("people", "group"):
        weak = bool(measures) and (named or timed)
        return value >= 5 and ((bool(strong) and near <= 24) or weak or spoken)
    if strong:
        return (value >= 10 or timed) and (value >= 100 or near <= 14)
    if value >= 10 and whose.respectively(scene, number) is not None:
        return True
    weak = timed and (bool(measures) or (named and value >= 1000))
    return value >= 100 and (weak or (spoken and (timed or named or _compared(scene))))


def _compared(scene: Scene) -> bool:
    lows = {token.low for token in scene.tokens}
    return bool(scene.of_kind("change", "extreme") or lows & (COMPARATORS | _REFERS))


def _of_days(scene: Scene, number: WrittenNumber, average: bool) -> bool:
    """Whether a number counts days or weeks rather than months; an average is one of weeks."""
    here = (number.first, number.last)
    days, months = [], []
    for ref in scene.times:
        distance = scene.distance(here, (ref.first, ref.last))
        reported = _SAYING & set(scene.words(ref.first - 6, ref.first - 1))
        on_it = ref.form == "day" and ref.first >= number.last and scene.low(ref.first - 1) == "on"
        weeks = ref.form in (("week",) if average else ("week", "days"))
        if (weeks and not _when_said(scene, ref)) or (on_it and not reported and not average):
            days.append(distance)
        elif ref.counts:
            months.append(distance)
    span = any(ref.form == "days" for ref in scene.times)  # it says when of all the sentence
    near = average or span or min(days, default=99.0) <= 8
    return bool(days) and near and min(days) < min(months, default=99.0)


def _when_said(scene: Scene, ref: TimeRef) -> bool:
    """A weekday that dates the saying, or stands far behind: the agency said Tuesday."""
    words = scene.words(ref.first, ref.last)
    if _SAYING & set(scene.words(ref.first - 3, ref.first)) and words[:1] == ["this"]:
        return True  # data released this week
    if not any(word.startswith(_WEEKDAYS) and word.endswith(("day", "days")) for word in words):
        return False
    reported = bool(_SAYING & set(scene.words(ref.first - 6, ref.first + 1)))
    return reported or words[0] not in ("on", "last", "since") or ref.first < 3


def relation(scene: Scene, number: WrittenNumber) -> str:
    """Whether a count is a total, an average, or the size of a change."""
    ends = [n.first for n in scene.numbers if n.first >= number.last]
    after = scene.words(number.last, min([number.last + 9, *ends]))
    before = scene.words(number.first - 9, number.first)
    if scene.words(0, 2) == ["average", "daily"]:
        before += ["average", "daily"]
    around, pairs = {*before, *after}, set(pairwise(after))
    average = any(word.startswith("averag") for word in around)
    units = {unit for a, unit in pairs if a in ("a", "per", "each", "every")}
    if {("average", "day"), ("typical", "day")} & pairs or "day" in units:
        return "per_day"
    if "daily" in around and average:
        return "per_day"
    if average and ("month" in units or "monthly" in around):
        return "per_month"
    monthly = "month" in units or "monthly" in scene.words(0, number.first)
    monthly = monthly or any(ref.form == "streak" for ref in scene.times)
    if monthly and mentions.hedge(scene, number) in ("below", "over"):
        return "each_month"
    if scene.low(number.first - 1) in ("averaged", "averaging"):
        return "per_month"
    return "difference" if _is_difference(scene, number) else "total"


def _is_difference(scene: Scene, number: WrittenNumber) -> bool:
    """Up by 7,000; 7,000 more than in December; 2,300 fewer than the month before."""
    hedged = (p.first for p in scene.of_kind("hedge") if p.last == number.first)
    start = next(hedged, number.first)
    changes = scene.of_kind("change")
    if scene.low(start - 1) in ("of", "by") and any(c.last == start - 1 for c in changes):
        return True
    if any(c.last == start and scene.low(c.first) not in ("above", "below") for c in changes):
        return False
    for at in range(number.last, min(number.last + 3, len(scene.tokens))):
        low = scene.low(at)
        if scene.tokens[at].mark or low in _NO_MORE:
            return False
        if low in ("more", "fewer", "less", "higher", "lower"):
            ends = (
                i
                for i in range(at + 1, len(scene.tokens))
                if scene.low(i) in (",", ";", "(", "and", "but", "than")
                or scene.numbers_between(i, i + 1)
            )
            return scene.low(next(ends, -1)) == "than"
    return False


_NO_MORE = word_set("were was are is of in at to for")


def is_share(scene: Scene, number: WrittenNumber, before: str = "") -> bool:
    """Whether a percent is a part of a whole rather than a change.

    before : what the percent before it in the sentence is.
    """
    after, after2 = scene.low(number.last), scene.low(number.last + 1)
    last = scene.low(number.first - 1)
    by = {"by", "nearly", "almost"} & set(scene.words(number.first - 3, number.first))
    if number.unit == 4 and not (by and scene.of_kind("change")):
        return True  # nine in 10, two-thirds
    if after == "of":
        return after2 not in ("an", "increase", "decrease")
    if after in ("were", "are", "came", "involved", "have", "had", "was", "being"):
        return True
    if last == "or" or (last in ("from", "to") and before == "share"):
        return True  # or 69 percent; down from 67 percent
    if before == "share" and not _changed_since(scene, number):
        return True  # made up 16% of them, southwest border encounters 41%
    groups = scene.of_kind("citizenship", "demographic", "drug")
    return bool(groups) and mentions.direction(scene, number) == 0


def _changed_since(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a word of change stands between a percent and the one before it."""
    ends = [n.last for n in scene.numbers if n.kind == "percent" and n.last <= number.first]
    first = max(ends, default=0)
    return any(first <= p.first <= number.last + 1 for p in scene.of_kind("change"))


def _about_counts(scene: Scene, number: WrittenNumber, context: TextState) -> bool:
    """Whether a percent or multiple speaks of counts."""
    refused = scene.near(number, scene.of_kind("not_claim"))
    near = bool(refused) and refused[0][0] <= 4 and refused[0][1].first >= number.last - 1
    if near or any(scene.low(phrase.first).startswith("tariff") for _, phrase in refused):
        return False
    if _strong(scene) or scene.of_kind("sector", "demographic", "drug"):
        return True
    if context.subject is None:
        return bool(scene.of_kind("total", "citizenship")) and bool(scene.times)
    refers = _REFERS & {token.low for token in scene.tokens}
    return bool(scene.times or refers or scene.of_kind("total"))
