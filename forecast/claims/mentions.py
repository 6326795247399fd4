"""Which words of a sentence belong to which number: phrases, times and numbers by distance."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from forecast.claims import times
from forecast.claims.times import TimeRef
from forecast.claims.tokens import Phrase, Sentence, WrittenNumber, lexicon, numbers, word_set
from forecast.claims.verdict import Claimed, Hedge
from forecast.sources.source import Source

_WALLS = {
    ",": 2, ";": 9, "\u2014": 4, "\u2013": 3, "(": 2, ")": 1, ":": 3, "and": 2, "but": 6,
    "while": 6,
    "whereas": 6, "compared": 4, "versus": 4, "vs": 4, "although": 6, "than": 3, "though": 6,
    "when": 2, "followed": 3, "|": 3, "including": 3,
}  # fmt: skip
_NUMBER_WALL = 6
COMPARATORS = word_set(
    "than from over versus vs vs. against below above since compared relative under to with "
    "beating beat beats breaking broke breaks topping surpassing eclipsing undercutting"
)
_CONCEDING = word_set("although though while whereas but even")
_SKIPPED = word_set(
    "the a an same in of during for month with to what it was were that had been its their at "
    "numbers number figures figure level levels total those recorded seen this all only one "
    "low lows record high set previous prior"
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A phrase in a sentence: tokens first to last - 1."""

    first: int
    last: int
    phrase: Phrase


class Scene:
    """A sentence with everything found in it, and distances between its words."""

    def __init__(self, text: str, sentence: Sentence, source: Source) -> None:
        self.source = source
        self.text, self.sentence, self.tokens = text, sentence, sentence.tokens
        self._starts = [token.start for token in self.tokens]
        self.times = times.find(text[sentence.start : sentence.end], sentence.start, source.name)
        timed = [self.place(ref) for ref in self.times if ref.form != "week"]
        self._timed = {at for place in timed for at in range(*place)}
        self.numbers = [n for n in numbers(self.tokens) if n.first not in self._timed]
        self.phrases = list(self._phrases())
        walls = [_WALLS.get(token.low, 0) for token in self.tokens]
        for number in self.numbers:
            walls[number.first] += _NUMBER_WALL
        self._walls = list(accumulate(walls))
        self.time_places = [self.place(ref) for ref in self.times]

    def low(self, at: int) -> str:
        """A token's word, "" beyond the sentence."""
        return self.tokens[at].low if 0 <= at < len(self.tokens) else ""

    def in_time(self, at: int) -> bool:
        """Whether a token is part of an expression of time."""
        return at in self._timed

    def numbers_between(self, first: int, last: int) -> bool:
        """Whether a number begins at a token from first to last - 1."""
        return any(first <= number.first < last for number in self.numbers)

    def numbers_at(self, at: int) -> bool:
        """Whether a number begins within three tokens of one: including 3,000 at ports."""
        return any(at < number.first <= at + 3 for number in self.numbers)

    def place(self, ref: TimeRef) -> tuple[int, int]:
        """A time's tokens, first to last - 1."""
        first = bisect_left(self._starts, ref.start)
        return first, max(first + 1, bisect_left(self._starts, ref.end))

    def distance(self, a: tuple[int, int], b: tuple[int, int]) -> float:
        """How far apart two stretches of tokens are: words, and walls such as commas between."""
        if a[0] > b[0]:
            a, b = b, a
        if b[0] <= a[1]:
            return 0.0
        return b[0] - a[1] + self._walls[b[0] - 1] - self._walls[a[1] - 1]

    def of_kind(self, *kinds: str) -> list[Placed]:
        """The phrases of these kinds, left to right."""
        return [phrase for phrase in self.phrases if phrase.phrase.kind in kinds]

    def near(self, number: WrittenNumber, placed: Iterable[Placed]) -> list[tuple[float, Placed]]:
        """Phrases by their distance from a number, the nearest first."""
        here = (number.first, number.last)
        measured = [(self.distance(here, (phrase.first, phrase.last)), phrase) for phrase in placed]
        return sorted(measured, key=lambda pair: (pair[0], pair[1].first < number.first))

    def in_clause(self, number: WrittenNumber, placed: list[Placed]) -> list[Placed]:
        """The phrases of a number's own clause; all where it has none of them.

        Although those at the border fell 25%, Tucson's rose 24%: each number has a place.
        """
        parted = [at for at in range(len(self.tokens)) if self._parts(at)]
        first = max((at for at in parted if at < number.first), default=0)
        last = min((at for at in parted if at >= number.last), default=len(self.tokens))
        own = [phrase for phrase in placed if first <= phrase.first < last]
        return own or placed

    def _parts(self, at: int) -> bool:
        """Whether a clause that is set against the one before it begins here."""
        low = self.low(at)
        if low == ",":
            conceded = self.low(0) in _CONCEDING and not self.numbers_between(at + 1, at + 2)
            return conceded and self.numbers_between(0, at)
        return low in _CONCEDING and self.numbers_between(0, at)

    def compares(self, first: int) -> bool:
        """Whether what begins at this token is what something is compared with."""
        at = first - 1
        for _ in range(5):
            low = self.low(at)
            if low == "on" and at == first - 1 and self._after_change(at):
                return True
            if self._is_hedge(at) and not self._compares_by_hedge(at):
                at -= 1
                continue
            if low in COMPARATORS and low not in ("to", "with"):
                # Where people come from is not what was before.
                people = ("people", "migrants", "were", "nationals", "dated", "dates", "dating")
                return not (low == "from" and self.low(at - 1) in people)
            if low not in _SKIPPED and not self._is_hedge(at):
                return False
            at -= 1
        return False

    def _compares_by_hedge(self, at: int) -> bool:
        """77 percent below the 249,741; but not: down to just over 7,200."""
        here = [
            phrase
            for phrase in self.phrases
            if phrase.first <= at < phrase.last and phrase.phrase.kind == "hedge"
        ]
        return bool(here) and self._after_change(here[0].first)

    def _after_change(self, at: int) -> bool:
        """Up 11 percent on August; 71 percent down on January."""
        changed = any(
            phrase.last == at and phrase.phrase.kind == "change" for phrase in self.phrases
        )
        return changed or any(n.last == at and n.kind in ("percent", "count") for n in self.numbers)

    def _is_hedge(self, at: int) -> bool:
        return any(
            phrase.first <= at < phrase.last and phrase.phrase.kind in ("hedge", "extreme")
            for phrase in self.phrases
        )

    def extent(self, number: WrittenNumber) -> tuple[int, int]:
        """A number's place in the text."""
        return self.tokens[number.first].start, self.tokens[number.last - 1].end

    def _phrases(self) -> Iterator[Placed]:
        """Phrases outside of times; hyphens are skipped, as are the words of a number."""
        places = [
            i
            for i, token in enumerate(self.tokens)
            if not (token.mark and token.low not in ("~", "\u2248")) and i not in self._timed
        ]
        words = [self.tokens[i].low.removesuffix("'s") for i in places]
        for match in lexicon(self.source.name).find(words):
            first, last = places[match.first], places[match.last - 1] + 1
            left_out = set(range(first, last)).difference(places[match.first : match.last])
            if any(self.tokens[i].low in (",", ";", ".", "(") for i in left_out):
                continue
            for phrase in match.phrases:
                yield Placed(first, last, self._meant(first, phrase))

    def _meant(self, first: int, phrase: Phrase) -> Phrase:
        """Between southern ports of entry: between them, not at them."""
        if phrase != Phrase("measure", "ofo"):
            return phrase
        around = [i for i in range(first - 6, first + 7) if not self.numbers_at(i)]
        added = any(self.low(i).startswith(("includ", "added")) for i in around)
        if added or (self.low(0) == "with" and first < 6):
            return Phrase("measure", "both")  # when official ports of entry are included
        before = {self.low(i) for i in range(first - 3, first)}
        if before & {"between", "outside"}:
            return Phrase("measure", "usbp")
        return phrase

    def covered(self, number: WrittenNumber) -> bool:
        """Whether a number is a word of a phrase: CBP One."""
        return any(phrase.first < number.first < phrase.last for phrase in self.phrases)


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
        phrase = _phrase_at(scene, at)
        if (
            phrase
            and phrase.phrase.value == "ofo"
            and scene.low(phrase.first).startswith(("port", "point"))
        ):
            return NounAfter("not_claim", phrase)
        if phrase and phrase.phrase.kind in _NOUN_KINDS:
            return NounAfter(_NOUN_KINDS[phrase.phrase.kind], phrase)
        low = scene.low(at)
        if not low or low in _STOPS or scene.in_time(at) or (phrase is None and _is_mark(low)):
            break
        if phrase and phrase.phrase.kind in ("hedge", "change"):
            break
        unknown += phrase is None or phrase.phrase.kind not in ("total", "extreme", "sector")
        at = phrase.last if phrase else at + 1
    return NounAfter("unknown" if unknown else "bare")


def _in_brackets_of_unknown(scene: Scene, number: WrittenNumber) -> bool:
    """Wyoming (586,485): a number of something that the lexicon does not know."""
    if scene.low(number.first - 1) != "(" or scene.low(number.last) not in (")", ";", ","):
        return False
    at = number.first - 2
    known = scene.in_time(at) or any(phrase.first <= at < phrase.last for phrase in scene.phrases)
    known = known or any(n.first <= at < n.last for n in scene.numbers)
    text = scene.text[scene.tokens[at].start : scene.tokens[at].end] if at >= 0 else ""
    return not known and text[:1].isupper()


_NOUN_ORDER = (
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


def _phrase_at(scene: Scene, at: int) -> Placed | None:
    order = _NOUN_ORDER
    here = [phrase for phrase in scene.phrases if phrase.first == at]
    return min(
        here,
        key=lambda phrase: (
            -phrase.last,
            order.index(phrase.phrase.kind) if phrase.phrase.kind in order else 9,
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
        low, high = sorted((number, other), key=lambda number: number.first)
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
        moved = scene.low(low.first - 1) == "from" and bool(scene.of_kind("change"))
        if other is not number and joined and between and high.kind == "percent" and not moved:
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
    for phrase in scene.of_kind("hedge"):
        behind_number = any(n.last == phrase.first for n in scene.numbers)
        if phrase.last in (at, number.first) and not behind_number:
            never = (
                scene.low(phrase.first - 1) in ("never", "not") and phrase.phrase.value == "below"
            )
            return "over" if never else _hedge(phrase.phrase.value)
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
    for phrase in scene.of_kind("hedge"):
        behind = phrase.first == number.last + 1 and after == ","
        if behind and scene.low(phrase.last) in (",", "were", "."):
            return _hedge(phrase.phrase.value)
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
    near = [
        (d, phrase) for d, phrase in scene.near(number, scene.of_kind("change", "hedge")) if d < 14
    ]
    directions = [
        (d + _reach(number, phrase), phrase)
        for d, phrase in near
        if _says_direction(scene, number, phrase)
    ]
    best = min(directions, key=lambda pair: pair[0], default=None)
    if best is None:
        return 0
    return 1 if best[1].phrase.value in ("up", "over") else -1


def _reach(number: WrittenNumber, phrase: Placed) -> float:
    """Words right behind a percent say its direction; before it, verbs and nouns do."""
    if phrase.first >= number.last:
        return 0.0 if phrase.first - number.last <= 1 else 2.5
    return 1.0


def _says_direction(scene: Scene, number: WrittenNumber, phrase: Placed) -> bool:
    if phrase.phrase.kind == "change":
        return not (
            phrase.last == number.first
            and scene.low(phrase.first) in ("above", "below", "more", "less")
        )
    behind = number.last <= phrase.first <= number.last + 1
    return behind and phrase.phrase.value in ("over", "below")
