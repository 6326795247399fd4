"""What kind of number stands in a sentence: a count, a percent, a date, miles, money, ..."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from forecast.claims.clauses import Placed, Scene
from forecast.claims.judge import Claimed, Hedge
from forecast.claims.lexicon import word_set
from forecast.claims.tokens import WrittenNumber

Noun = Literal["people", "measure", "group", "off_topic", "not_claim", "unknown", "bare"]

_STOPS = word_set(
    "in at on of for from to by with were was are is be been have had has and or but as while "
    "when where who that which since during across along between through throughout over "
    "under into than compared per a an the this last each every so it they he she we its "
    "their our, not only also after before until against counted recorded reported tallied "
    "registered seen noted documented set posted measured came come crossed tried made within "
    "nationwide up down out off fell rose"
)
_LABELS = word_set(
    "title section no no. nos. interstate i route highway chapter article page figure table "
    "phase proposition prop covid operation resolution rule order sb hb hr h.r. s. number § "
    "part item channel room version volume vol directive memo form grade level- pub. u.s.c. "
    "cfr f.3d"
)
_DIALED = word_set("call called calling calls dial")
_MONEY = word_set("$ € £ ¥ usd")
_NOUN_KINDS: dict[str, Noun] = {
    "people": "people",
    "measure": "measure",
    "demographic": "group",
    "citizenship": "group",
    "countries": "group",
    "arrest_place": "group",
    "drug": "group",
    "off_topic": "off_topic",
    "other_measure": "off_topic",
    "not_claim": "not_claim",
}
_RANGE_MARKS = ("-", "\u2013", "/", ":")


@dataclass(frozen=True, slots=True)
class NounAfter:
    """What follows a number: its kind, and the phrase where it is one."""

    kind: Noun
    placed: Placed | None = None


def noun_after(scene: Scene, number: WrittenNumber) -> NounAfter:
    """The noun that a number counts, as far as it stands behind it."""
    at, unknown = number.last, 0
    if _in_brackets_of_unknown(scene, number):
        return NounAfter("unknown")
    if scene.low(at) in ("of",) and scene.low(at + 1) in ("the", "those", "them", "these", "whom"):
        return NounAfter("bare")
    while at < number.last + 6:
        found = _phrase_at(scene, at)
        if (
            found
            and found.phrase.value == "ofo"
            and scene.low(found.first).startswith(("port", "point"))
        ):
            return NounAfter("not_claim", found)
        if found and found.phrase.kind in _NOUN_KINDS:
            return NounAfter(_NOUN_KINDS[found.phrase.kind], found)
        low = scene.low(at)
        if not low or low in _STOPS or scene.in_time(at) or (found is None and _is_mark(low)):
            break
        if found and found.phrase.kind in ("hedge", "change"):
            break
        unknown += found is None or found.phrase.kind not in ("border", "extreme", "sector")
        at = found.last if found else at + 1
    return NounAfter("unknown" if unknown else "bare")


def _in_brackets_of_unknown(scene: Scene, number: WrittenNumber) -> bool:
    """Wyoming (586,485): a number of something that the lexicon does not know."""
    if scene.low(number.first - 1) != "(" or scene.low(number.last) not in (")", ";", ","):
        return False
    at = number.first - 2
    known = scene.in_time(at) or any(one.first <= at < one.last for one in scene.phrases)
    known = known or any(n.first <= at < n.last for n in scene.numbers)
    text = scene.text[scene.tokens[at].start : scene.tokens[at].end] if at >= 0 else ""
    return not known and text[:1].isupper()


def _phrase_at(scene: Scene, at: int) -> Placed | None:
    order = (
        "not_claim",
        "other_measure",
        "off_topic",
        "people",
        "measure",
        "demographic",
        "citizenship",
        "countries",
        "arrest_place",
        "drug",
    )
    here = [one for one in scene.phrases if one.first == at]
    return min(
        here,
        key=lambda one: (
            -one.last,
            order.index(one.phrase.kind) if one.phrase.kind in order else 9,
        ),
        default=None,
    )


def _is_mark(low: str) -> bool:
    return not any(letter.isalnum() for letter in low) and low not in ('"', "\u201c", "\u201d")


def is_plain_no(scene: Scene, number: WrittenNumber) -> bool:
    """Money, labels, clock times, phone numbers, ages, list numbers: no claim by its looks."""
    start, end = scene.extent(number)
    return (
        _is_money(scene, number)
        or _is_labelled(scene, number)
        or _is_joined(scene, number)
        or _in_range(scene, number)
        or _in_phone(scene.text, start, end)
        or (number.first == 0 and number.value < 100 and scene.low(number.last) in (".", ")"))
    )


def _is_money(scene: Scene, number: WrittenNumber) -> bool:
    before, before2 = scene.low(number.first - 1), scene.low(number.first - 2)
    dollars = scene.low(number.last) in ("dollars", "euros", "cents")
    return dollars or before in _MONEY or (before == "-" and before2 in _MONEY)


def _is_labelled(scene: Scene, number: WrittenNumber) -> bool:
    """Title 42, No. 2, 5 p.m., a number to call."""
    before, before2 = scene.low(number.first - 1), scene.low(number.first - 2)
    after = scene.low(number.last)
    if before in _LABELS or (before in (".", "-") and before2 in _LABELS):
        return True
    clock = after in ("a.m.", "p.m.", "am", "pm") or (after == ")" and number.first <= 1)
    start, end = scene.extent(number)
    return clock or scene.text[start:end] == "911" or (before in _DIALED and number.exact)


def _is_joined(scene: Scene, number: WrittenNumber) -> bool:
    """Part of a longer sign: F-16, 3:30, 12-month, user_42."""
    start, end = scene.extent(number)
    before, before2 = scene.low(number.first - 1), scene.low(number.first - 2)
    left, right = scene.text[max(0, start - 1) : start], scene.text[end : end + 1]
    if before in _RANGE_MARKS and left and left in "-\u2013/:" and before2[-1:].isalnum():
        return True
    if number.kind == "count" and right and right in "-\u2013/:":
        return not (right == "-" and scene.low(number.last + 1) == "plus")
    return bool(left and left in "#@_&") or bool(right and right in "@_\u00b0")


def _in_range(scene: Scene, number: WrittenNumber) -> bool:
    """10 to 20 percent; between 15 and 20 percent: no single number."""
    for other in scene.numbers:
        low, high = sorted((number, other), key=lambda one: one.first)
        joined = high.first == low.last + 1 and scene.low(low.last) in (
            "to",
            "and",
            "or",
            "-",
            "\u2013",
        )
        between = scene.low(low.last) in ("to", "-", "\u2013") or scene.low(low.first - 1) in (
            "between",
            "of",
        )
        if other is not number and joined and between and high.kind == "percent":
            return True
    return False


def _in_phone(text: str, start: int, end: int) -> bool:
    around = text[max(0, start - 16) : end + 16]
    return bool(re.search(r"\(?\b\d{3}\)?[-. ]\d{3}[-.]\d{4}\b", around)) and end - start <= 4


def hedge(scene: Scene, number: WrittenNumber) -> Hedge:
    """How closely a number is meant."""
    if number.plus:
        return "over"
    at = number.first
    if scene.low(at - 1) in ("a", "an", "by", "of"):
        at -= 1
    for one in scene.of_kind("hedge"):
        behind_number = any(n.last == one.first for n in scene.numbers)
        if one.last in (at, number.first) and not behind_number:
            return _hedge(one.phrase.value)
    return _hedge_behind(scene, number)


def _hedge(value: str) -> Hedge:
    hedges: dict[str, Hedge] = {
        "about": "about",
        "under": "under",
        "below": "below",
        "over": "over",
    }
    return hedges[value]


def _hedge_behind(scene: Scene, number: WrittenNumber) -> Hedge:
    """40,000, nearly, were stopped; 40,000 or more; 40,000 or so."""
    after, after2 = scene.low(number.last), scene.low(number.last + 1)
    if after == "or" and after2 in ("more", "so"):
        return "over" if after2 == "more" else "about"
    if after == "plus":
        return "over"
    for one in scene.of_kind("hedge"):
        behind = one.first == number.last + 1 and after == ","
        if behind and scene.low(one.last) in (",", "were", "."):
            return _hedge(one.phrase.value)
    return ""


def claimed(scene: Scene, number: WrittenNumber, sign: int = 1) -> Claimed:
    """A number as the judge wants it."""
    how = hedge(scene, number)
    return Claimed(sign * number.value, how, number.unit, number.exact)


def direction(scene: Scene, number: WrittenNumber) -> int:
    """Which way a change went: 1 up, -1 down, 0 where no word says it."""
    start = scene.extent(number)[0]
    if (
        scene.text[start - 1 : start] in ("-", "\u2212")
        and not scene.text[start - 2 : start - 1].isalnum()
    ):
        return -1
    if scene.text[start - 1 : start] == "+":
        return 1
    near = [(d, one) for d, one in scene.near(number, scene.of_kind("change", "hedge")) if d < 14]
    found = [
        (d + _reach(number, one), one) for d, one in near if _says_direction(scene, number, one)
    ]
    best = min(found, key=lambda pair: pair[0], default=None)
    if best is None:
        return 0
    return 1 if best[1].phrase.value in ("up", "over") else -1


def _reach(number: WrittenNumber, one: Placed) -> float:
    """Words right behind a percent say its direction; before it, verbs and nouns do."""
    if one.first >= number.last:
        return 0.0 if one.first - number.last <= 1 else 2.5
    return 1.0


def _says_direction(scene: Scene, number: WrittenNumber, one: Placed) -> bool:
    if one.phrase.kind == "change":
        return not (
            one.last == number.first and scene.low(one.first) in ("above", "below", "more", "less")
        )
    behind = number.last <= one.first <= number.last + 1
    return behind and one.phrase.value in ("over", "below")
