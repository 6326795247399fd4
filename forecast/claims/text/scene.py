"""Which words of a sentence belong to which number: phrases, times and numbers by distance."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Literal, NamedTuple, TypeVar, cast

from forecast.claims.record.verdict import Claimed, Hedge
from forecast.claims.text import times
from forecast.claims.text.lexicon import Lexicon
from forecast.claims.text.times import TimeRef
from forecast.claims.text.tokens import Sentence, WrittenNumber, number_looks, numbers, word_set

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
_APART = ("between", "outside")
_COMING = word_set("people migrants were nationals dated dates dating")
_SKIPPED = word_set(
    "the a an same in of during for month with to what it was were that had been its their at "
    "monthly annual yearly numbers number figures figure level levels total those recorded seen "
    "this all only one "
    "low lows record high set previous prior average averages daily"
)


class Placed(NamedTuple):
    """A phrase in a sentence: tokens first to last - 1; its table in the lexicon, its key there."""

    first: int
    last: int
    kind: str
    value: str


class Scene:
    """A sentence with everything found in it, and distances between its words."""

    def __init__(self, text: str, sentence: Sentence, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.text = text
        self.start, self.end, self.tokens = sentence
        self._lows = [token.low for token in self.tokens]
        starts = [token.start for token in self.tokens]
        self.times = []
        for ref in times.find(text[self.start : self.end], self.start):
            first = bisect_left(starts, ref.start)
            last = max(first + 1, bisect_left(starts, ref.end))
            self.times.append(replace(ref, first=first, last=last))
        timed = [range(ref.first, ref.last) for ref in self.times if ref.form != "week"]
        self._timed = {at for place in timed for at in place}
        self.numbers = [n for n in numbers(self.tokens) if n.first not in self._timed]
        self.phrases = list(self._phrases())
        self.phrases = [self._joined(phrase) for phrase in self.phrases]
        walls = [_WALLS.get(token.low, 0) for token in self.tokens]
        for number in self.numbers:
            walls[number.first] += _NUMBER_WALL
        self._walls = list(accumulate(walls))

    def low(self, at: int) -> str:
        """A token's word, "" beyond the sentence."""
        return self._lows[at] if 0 <= at < len(self._lows) else ""

    def words(self, first: int, last: int) -> list[str]:
        """The words of the tokens first to last - 1, "" for those beyond the sentence."""
        if first >= 0 and last <= len(self._lows):
            return self._lows[first:last]
        return [self.low(at) for at in range(first, last)]

    def in_time(self, at: int) -> bool:
        """Whether a token is part of an expression of time."""
        return at in self._timed

    def numbers_between(self, first: int, last: int) -> bool:
        """Whether a number begins at a token from first to last - 1."""
        return any(first <= number.first < last for number in self.numbers)

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

    def compares(self, first: int) -> bool:
        """Whether what begins at this token is what something is compared with."""
        at = first - 1
        for _ in range(5):
            low = self.low(at)
            if low == "on" and at == first - 1 and self._after_change(at):
                return True
            hedge = self._hedge_at(at)
            # 77 percent below the 249,741; but not: down to just over 7,200.
            led = self.words(at, at + 2) == ["than", "the"]  # it is more than the 249,741
            if (
                hedge
                and not led
                and not (hedge.kind == "hedge" and self._after_change(hedge.first))
            ):
                at -= 1
                continue
            if low in COMPARATORS and low not in ("to", "with"):
                # Where people come from is not what was before.
                return not (low == "from" and self.low(at - 1) in _COMING)
            if low not in _SKIPPED and not hedge and not self.in_time(at):
                return False
            at -= 1
        return False

    def _hedge_at(self, at: int) -> Placed | None:
        hedges = (p for p in self.of_kind("hedge", "extreme") if p.first <= at < p.last)
        return next(hedges, None)

    def in_brackets_of(self, first: int, words: frozenset[str]) -> bool:
        """Whether a token stands in brackets that explain what follows one of these words."""
        opened = max((at for at in range(first) if self._lows[at] == "("), default=-1)
        closed = ")" in self._lows[max(opened, 0) : first]
        return opened > 0 and not closed and bool(words & set(self.words(opened - 8, opened)))

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
        for start, end, meanings in self.lexicon.phrases.find(words):
            first, last = places[start], places[end - 1] + 1
            left_out = set(range(first, last)).difference(places[start:end])
            if any(self.tokens[i].low in (",", ";", ".", "(") for i in left_out):
                continue
            for kind, value in meanings:
                ports = (kind, value) == ("measure", "ofo")
                yield Placed(first, last, kind, self._of_ports(first) if ports else value)

    def _joined(self, phrase: Placed) -> Placed:
        """An agency's words joined to the other's are of both: apprehended or turned away."""
        for other in self.of_kind("measure"):
            one, two = sorted((phrase, other))
            between = self.words(one.last, two.first)
            parted = any(one.last <= p.first < two.first for p in self.of_kind("change"))
            if (
                {one.value, two.value} == {"usbp", "ofo"}
                and len(between) <= 6
                and {"and", "or", "plus", "/"} & set(between)
                and not (parted or ";" in between or self.numbers_between(one.last, two.first))
            ):
                return phrase._replace(value="either")
        return phrase

    def _of_ports(self, first: int) -> str:
        """What ports are named for: between southern ports of entry is between them."""
        # When official ports of entry are included, it is both; not: including 3,000 at ports.
        added = any(
            self.low(i).startswith(("includ", "added", "counting"))
            and not self.numbers_between(i + 1, i + 4)
            for i in range(first - 6, first + 7)
        )
        if added or (self.low(0) == "with" and first < 6):
            return "both"
        # Between the southwest border's ports of entry.
        at = next((i for i in range(first - 1, first - 8, -1) if self.low(i) in _APART), first)
        words = self.words(at, first)
        near = len(words) <= 3 or any(word.startswith("border") for word in words)
        return "usbp" if words and near and not {"and", ",", "at"} & set(words) else "ofo"

    def covered(self, number: WrittenNumber) -> bool:
        """Whether a number is a word of a phrase: CBP One."""
        return any(phrase.first < number.first < phrase.last for phrase in self.phrases)


_LISTING = word_set(", and & or the of in at ( )")
Listed = TypeVar("Listed", Placed, TimeRef, WrittenNumber)


def respectively(scene: Scene, number: WrittenNumber, listed: Sequence[Listed]) -> Listed | None:
    """Find what a number is of in two lists: May and June saw 5,100 and 7,200, respectively."""
    if "respectively" not in scene.words(number.last, len(scene.tokens)):
        return None
    counts = next(run for run in _runs(scene, scene.numbers) if number in run)
    same = [run for run in _runs(scene, listed) if len(run) == len(counts) > 1]
    return same[0][counts.index(number)] if same else None


def _runs(scene: Scene, items: Sequence[Listed]) -> list[list[Listed]]:
    """Enumerations: stretches with nothing between them but commas and the like."""
    runs: list[list[Listed]] = []
    for item in items:
        joined = runs and _LISTING.issuperset(scene.words(runs[-1][-1].last, item.first))
        if joined:
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


Noun = Literal["people", "measure", "group", "off_topic", "not_claim", "unknown", "bare"]

_STOPS = word_set(
    "in at on of for from to by with were was are is be been have had has and or but as while "
    "when where who that which since during across along between through throughout over "
    "under into than compared per a an the this last each every so it they he she we its "
    "their our, not only also after before until against counted recorded reported tallied "
    "registered seen noted documented set posted measured came come crossed tried made within "
    "nationwide up down out off fell rose altogether together elsewhere occurred happened took "
    "ended ending daily"
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
    "apprehension_type": "group",
    "drug": "group",
    "part": "group",
}
_ORDER = {kind: place for place, kind in enumerate(_NOUN_KINDS)}


def noun_after(scene: Scene, number: WrittenNumber) -> tuple[Noun, Placed | None]:
    """Find the noun that a number counts, as far as it stands behind it: kind, and its phrase."""
    at, unknown = number.last, False
    if scene.low(at) == "of" and scene.low(at + 1) in ("the", "those", "them", "these", "whom"):
        return "bare", None
    while at < number.last + 6:
        here = [phrase for phrase in scene.phrases if phrase.first == at]
        phrase = min(here, key=lambda p: (-p.last, _ORDER.get(p.kind, len(_ORDER))), default=None)
        if phrase and phrase.value == "ofo" and scene.low(at).startswith(("port", "point")):
            return "not_claim", phrase
        if phrase and phrase.kind in _NOUN_KINDS:
            return _NOUN_KINDS[phrase.kind], phrase
        if _ends_noun(scene, at, phrase):
            break
        unknown |= phrase is None or phrase.kind not in ("total", "extreme", "sector")
        at = phrase.last if phrase else at + 1
    return ("unknown" if unknown else "bare"), None


def _ends_noun(scene: Scene, at: int, phrase: Placed | None) -> bool:
    low = scene.low(at)
    mark = not any(map(str.isalnum, low)) and low not in ('"', "\u201c", "\u201d")
    known = phrase is not None and phrase.kind in ("hedge", "change")
    return low in _STOPS or scene.in_time(at) or known or (phrase is None and mark)


def is_plain_no(scene: Scene, number: WrittenNumber) -> bool:
    """Tell money, labels, clock times, phone numbers, list numbers and ranges by their looks."""
    start, end = scene.extent(number)
    before = scene.text[max(scene.start, start - 40) : start].lower()
    around = f"{before}{_HERE}{scene.text[end : min(scene.end, end + 24)].lower()}"
    looks = number_looks()[number.kind]
    listed = number.first == 0 and number.value < 100 and scene.low(number.last) in (".", ")")
    dialed = number.exact and scene.low(number.first - 1) in ("call", "called", "calling", "dial")
    return bool(looks.search(around)) or listed or dialed or scene.text[start:end] == "911"


_HERE = "\x00"  # where a number stands among its letters


def hedge(scene: Scene, number: WrittenNumber) -> Hedge:
    """How closely a number is meant."""
    if number.plus:
        return "over"
    led = scene.low(number.first - 1) in ("a", "an", "by", "of")
    ends = {n.last for n in scene.numbers}
    for phrase in scene.of_kind("hedge"):
        if phrase.last in (number.first - led, number.first) and phrase.first not in ends:
            never = scene.low(phrase.first - 1) in ("never", "not") and phrase.value == "below"
            return "over" if never else cast("Hedge", phrase.value)
    after, after2 = scene.low(number.last), scene.low(number.last + 1)
    if after == "or" and after2 in ("more", "so"):
        return "over" if after2 == "more" else "about"
    return ""


def claimed(scene: Scene, number: WrittenNumber, sign: int = 1) -> Claimed:
    """A number as the judge wants it."""
    how = hedge(scene, number)
    return Claimed(sign * number.value, how, number.unit, number.exact)


_BEHIND = word_set("above below more less")


def direction(scene: Scene, number: WrittenNumber) -> int:
    """Tell which way a change went: 1 up, -1 down, 0 where no word says it."""
    start = scene.extent(number)[0]
    sign, before = scene.text[start - 1 : start], scene.text[start - 2 : start - 1]
    if sign == "+" or (sign in ("-", "\u2212") and not before.isalnum()):
        return 1 if sign == "+" else -1
    ways = []
    for distance, phrase in scene.near(number, scene.of_kind("change", "hedge")):
        behind = phrase.first - number.last
        if phrase.kind == "hedge":
            directed = 0 <= behind <= 1 and phrase.value in ("over", "below")
        else:  # but no chance of a month above this one: 6%
            directed = behind >= 0 or scene.low(phrase.first) not in _BEHIND
        if directed and distance < 14:
            # Words right behind a percent say its direction; before it, verbs and nouns do.
            reach = 1.0 if behind < 0 else 0.0 if behind <= 1 else 2.5
            ways.append((distance + reach, 1 if phrase.value in ("up", "over") else -1))
    return min(ways, key=lambda way: way[0], default=(0.0, 0))[1]
