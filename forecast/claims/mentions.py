"""Which words of a sentence belong to which number: phrases, times and numbers by distance."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Literal, NamedTuple, cast

from forecast.claims import times
from forecast.claims.times import TimeRef
from forecast.claims.tokens import Sentence, WrittenNumber, lexicon, number_looks, numbers, word_set
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
CONCEDING = word_set("although though while whereas but even")
_SKIPPED = word_set(
    "the a an same in of during for month with to what it was were that had been its their at "
    "numbers number figures figure level levels total those recorded seen this all only one "
    "low lows record high set previous prior"
)


class Placed(NamedTuple):
    """A phrase in a sentence: tokens first to last - 1; its table in the lexicon, its key there."""

    first: int
    last: int
    kind: str
    value: str


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
        return [phrase for phrase in self.phrases if phrase.kind in kinds]

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
            conceded = self.low(0) in CONCEDING and not self.numbers_between(at + 1, at + 2)
            return conceded and self.numbers_between(0, at)
        return low in CONCEDING and self.numbers_between(0, at)

    def compares(self, first: int) -> bool:
        """Whether what begins at this token is what something is compared with."""
        at = first - 1
        for _ in range(5):
            low = self.low(at)
            if low == "on" and at == first - 1 and self._after_change(at):
                return True
            hedges = [
                phrase
                for phrase in self.of_kind("hedge", "extreme")
                if phrase.first <= at < phrase.last
            ]
            # 77 percent below the 249,741; but not: down to just over 7,200.
            bases = [self._after_change(each.first) for each in hedges if each.kind == "hedge"]
            if hedges and not any(bases[:1]):
                at -= 1
                continue
            if low in COMPARATORS and low not in ("to", "with"):
                # Where people come from is not what was before.
                people = ("people", "migrants", "were", "nationals", "dated", "dates", "dating")
                return not (low == "from" and self.low(at - 1) in people)
            if low not in _SKIPPED and not hedges:
                return False
            at -= 1
        return False

    def _after_change(self, at: int) -> bool:
        """Up 11 percent on August; 71 percent down on January."""
        changed = any(phrase.last == at and phrase.kind == "change" for phrase in self.phrases)
        return changed or any(n.last == at and n.kind in ("percent", "count") for n in self.numbers)

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
        for start, end, meanings in lexicon(self.source.name).find(words):
            first, last = places[start], places[end - 1] + 1
            left_out = set(range(first, last)).difference(places[start:end])
            if not any(self.tokens[i].low in (",", ";", ".", "(") for i in left_out):
                for kind, value in meanings:
                    own = self._ports(first) if (kind, value) == ("measure", "ofo") else value
                    yield Placed(first, last, kind, own)

    def _ports(self, first: int) -> str:
        """What ports are named for: between southern ports of entry is between them."""
        around = [i for i in range(first - 6, first + 7) if not self.numbers_at(i)]
        added = any(self.low(i).startswith(("includ", "added")) for i in around)
        if added or (self.low(0) == "with" and first < 6):
            return "both"  # when official ports of entry are included
        before = {self.low(i) for i in range(first - 3, first)}
        return "usbp" if before & {"between", "outside"} else "ofo"

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
# In the order in which they are taken where a word is of several.
_NOUN_KINDS: dict[str, Noun] = {
    "not_claim": "not_claim",
    "other_measure": "off_topic",
    "off_topic": "off_topic",
    "people": "people",
    "measure": "measure",
    "demographic": "group",
    "citizenship": "group",
    "countries": "group",
    "arrest_place": "group",
    "drug": "group",
}


class NounAfter(NamedTuple):
    """What follows a number: its kind, and the phrase where it is one."""

    kind: Noun
    placed: Placed | None = None


def noun_after(scene: Scene, number: WrittenNumber) -> NounAfter:
    """Find the noun that a number counts, as far as it stands behind it."""
    at, unknown = number.last, 0
    if _in_brackets_of_unknown(scene, number):
        return NounAfter("unknown")
    if scene.low(at) == "of" and scene.low(at + 1) in ("the", "those", "them", "these", "whom"):
        return NounAfter("bare")
    while at < number.last + 6:
        here = [phrase for phrase in scene.phrases if phrase.first == at]
        order = (*_NOUN_KINDS, "")
        phrase = min(
            here,
            key=lambda p: (-p.last, order.index(p.kind) if p.kind in order else len(order)),
            default=None,
        )
        ports = phrase and phrase.value == "ofo"
        if ports and scene.low(at).startswith(("port", "point")):
            return NounAfter("not_claim", phrase)
        if phrase and phrase.kind in _NOUN_KINDS:
            return NounAfter(_NOUN_KINDS[phrase.kind], phrase)
        low = scene.low(at)
        mark = not any(letter.isalnum() for letter in low) and low not in ('"', "\u201c", "\u201d")
        if low in _STOPS or scene.in_time(at) or (phrase is None and mark):
            break
        if phrase and phrase.kind in ("hedge", "change"):
            break
        unknown += phrase is None or phrase.kind not in ("total", "extreme", "sector")
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


def is_plain_no(scene: Scene, number: WrittenNumber) -> bool:
    """Tell money, labels, clock times, phone numbers, list numbers and ranges by their looks."""
    start, end = scene.extent(number)
    sentence = scene.sentence
    before = scene.text[max(sentence.start, start - 40) : start].lower()
    around = f"{before}{_HERE}{scene.text[end : min(sentence.end, end + 24)].lower()}"
    looks = number_looks()[number.kind]
    listed = number.first == 0 and number.value < 100 and scene.low(number.last) in (".", ")")
    dialed = number.exact and scene.low(number.first - 1) in ("call", "called", "calling", "dial")
    return bool(looks.search(around)) or listed or dialed or scene.text[start:end] == "911"


_HERE = "\x00"  # where a number stands among its letters


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
            never = scene.low(phrase.first - 1) in ("never", "not") and phrase.value == "below"
            return "over" if never else cast("Hedge", phrase.value)
    # 40,000, nearly, were stopped; 40,000 or more; 40,000 or so.
    after, after2 = scene.low(number.last), scene.low(number.last + 1)
    if after == "or" and after2 in ("more", "so"):
        return "over" if after2 == "more" else "about"
    for phrase in scene.of_kind("hedge"):
        behind = after == "," and phrase.first == number.last + 1
        if behind and scene.low(phrase.last) in (",", "were", "."):
            return cast("Hedge", phrase.value)
    return ""


def claimed(scene: Scene, number: WrittenNumber, sign: int = 1) -> Claimed:
    """A number as the judge wants it."""
    how = hedge(scene, number)
    return Claimed(sign * number.value, how, number.unit, number.exact)


def direction(scene: Scene, number: WrittenNumber) -> int:
    """Tell which way a change went: 1 up, -1 down, 0 where no word says it."""
    start = scene.extent(number)[0]
    sign, before = scene.text[start - 1 : start], scene.text[start - 2 : start - 1]
    if sign == "+" or (sign in ("-", "\u2212") and not before.isalnum()):
        return 1 if sign == "+" else -1
    ways = []
    for distance, phrase in scene.near(number, scene.of_kind("change", "hedge")):
        behind = phrase.first - number.last
        led = phrase.last == number.first
        if phrase.kind == "hedge":
            told = 0 <= behind <= 1 and phrase.value in ("over", "below")
        else:
            told = not (led and scene.low(phrase.first) in ("above", "below", "more", "less"))
        if told and distance < 14:
            # Words right behind a percent say its direction; before it, verbs and nouns do.
            reach = 1.0 if behind < 0 else 0.0 if behind <= 1 else 2.5
            ways.append((distance + reach, 1 if phrase.value in ("up", "over") else -1))
    return min(ways, key=lambda way: way[0], default=(0.0, 0))[1]
