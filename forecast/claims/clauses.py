"""Which words of a sentence belong to which number: phrases, times and numbers by distance."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from forecast.claims import times
from forecast.claims.lexicon import Phrase, lexicon, word_set
from forecast.claims.times import TimeRef
from forecast.claims.tokens import Sentence, WrittenNumber, numbers
from forecast.sources.source import Source

_WALLS = {
    ",": 2, ";": 9, "\u2014": 4, "\u2013": 3, "(": 2, ")": 1, ":": 3, "and": 2, "but": 6,
    "while": 6,
    "whereas": 6, "compared": 4, "versus": 4, "vs": 4, "although": 6, "than": 3, "though": 6,
    "when": 2, "followed": 3, "|": 3, "including": 3,
}  # fmt: skip
_NUMBER_WALL = 6
COMPARATORS = word_set(
    "than from over versus vs vs. against below above since compared relative under to with"
)
_SKIPPED = word_set(
    "the a an same in of during for month with to what it was were that had been its their at "
    "numbers number figures figure level levels total those recorded seen this all only one"
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
        return [one for one in self.phrases if one.phrase.kind in kinds]

    def near(self, number: WrittenNumber, placed: Iterable[Placed]) -> list[tuple[float, Placed]]:
        """Phrases by their distance from a number, the nearest first."""
        here = (number.first, number.last)
        measured = [(self.distance(here, (one.first, one.last)), one) for one in placed]
        return sorted(measured, key=lambda pair: (pair[0], pair[1].first < number.first))

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
                people = ("people", "migrants", "were", "nationals")
                return not (low == "from" and self.low(at - 1) in people)
            if low not in _SKIPPED and not self._is_hedge(at):
                return False
            at -= 1
        return False

    def _compares_by_hedge(self, at: int) -> bool:
        """77 percent below the 249,741; but not: down to just over 7,200."""
        here = [
            one for one in self.phrases if one.first <= at < one.last and one.phrase.kind == "hedge"
        ]
        return bool(here) and self._after_change(here[0].first)

    def _after_change(self, at: int) -> bool:
        """Up 11 percent on August; 71 percent down on January."""
        changed = any(one.last == at and one.phrase.kind == "change" for one in self.phrases)
        return changed or any(n.last == at and n.kind in ("percent", "count") for n in self.numbers)

    def _is_hedge(self, at: int) -> bool:
        return any(
            one.first <= at < one.last and one.phrase.kind in ("hedge", "extreme")
            for one in self.phrases
        )

    def extent(self, number: WrittenNumber) -> tuple[int, int]:
        """A number's place in the text."""
        return self.tokens[number.first].start, self.tokens[number.last - 1].end

    def _phrases(self) -> Iterator[Placed]:
        """Phrases outside of times; hyphens are skipped, as are the words of a number."""
        kept = [
            i
            for i, token in enumerate(self.tokens)
            if not (token.mark and token.low not in ("~", "\u2248")) and i not in self._timed
        ]
        words = [self.tokens[i].low.removesuffix("'s") for i in kept]
        for found in lexicon(self.source.name).find(words):
            first, last = kept[found.first], kept[found.last - 1] + 1
            left_out = set(range(first, last)).difference(kept[found.first : found.last])
            if any(self.tokens[i].low in (",", ";", ".", "(") for i in left_out):
                continue
            for phrase in found.phrases:
                yield Placed(first, last, self._meant(first, phrase))

    def _meant(self, first: int, phrase: Phrase) -> Phrase:
        """Between southern ports of entry: between them, not at them."""
        before = {self.low(i) for i in range(first - 3, first)}
        if phrase == Phrase("measure", "ofo") and before & {"between", "outside"}:
            return Phrase("measure", "usbp")
        return phrase

    def covered(self, number: WrittenNumber) -> bool:
        """Whether a number is a word of a phrase: CBP One."""
        return any(one.first < number.first < one.last for one in self.phrases)
