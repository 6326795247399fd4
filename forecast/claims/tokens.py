"""A text's sentences, words and numbers, each with its place in the text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from forecast.sources import catalog


class Phrase(NamedTuple):
    """What a phrase says: its kind is the lexicon's table, its value the key in that table."""

    kind: str
    value: str


class Found(NamedTuple):
    """A phrase found: words first to last - 1 of the words that were searched."""

    first: int
    last: int
    phrases: tuple[Phrase, ...]


def word_set(text: str) -> frozenset[str]:
    """The words of a text: how short closed lists of grammar are written."""
    return frozenset(text.split())


# A word -> what may follow it; "" -> the phrases that end here.
Branch = dict[str, Any]


class Lexicon:
    """Phrases as a tree of words; a last word ending in * stands for all words so beginning."""

    def __init__(self, tables: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._tree: Branch = {}
        for kind, values in tables.items():
            for value, phrases in values.items():
                for phrase in phrases:
                    self._add(phrase, Phrase(kind, value))

    def _add(self, phrase: str, meaning: Phrase) -> None:
        node = self._tree
        for word in phrase.lower().replace("-", " ").split():
            word = word.removesuffix("'s")
            node = node.setdefault(word, {})
        node.setdefault("", []).append(meaning)

    def find(self, words: Sequence[str]) -> Iterator[Found]:
        """The longest phrases, left to right, none inside another."""
        at = 0
        while at < len(words):
            end, meanings = self._longest(self._tree, words, at)
            if meanings:
                yield Found(at, end, tuple(meanings))
            at = end if meanings else at + 1

    def _longest(self, node: Branch, words: Sequence[str], at: int) -> tuple[int, list[Phrase]]:
        best = (at, node.get("", []))
        if at == len(words):
            return best
        for branch in self._branches(node, words[at]):
            longest = self._longest(branch, words, at + 1)
            if longest[1] and longest[0] > best[0]:
                best = longest
        return best if best[1] else (at, [])

    def _branches(self, node: Branch, word: str) -> Iterator[Branch]:
        if word in node:
            yield node[word]
        for length in range(3, len(word) + 1):
            if (stem := word[:length] + "*") in node:
                yield node[stem]


@lru_cache(4)
def lexicon(source: str) -> Lexicon:
    """The lexicon of texts about what the source so named counts."""
    return Lexicon(tables(source))


@lru_cache(4)
def tables(source: str) -> dict[str, dict[str, list[str]]]:
    """lexicon.toml, and what the source has in place of some of its tables."""
    text, own = files("forecast.claims").joinpath("lexicon.toml").read_text("utf-8"), ""
    with suppress(KeyError):  # own counts have no lexicon
        known = catalog.find(source)
        own = known.lexicon() if known.lexicon else ""
    return tomllib.loads(text) | tomllib.loads(own)


NumberKind = Literal["count", "percent", "times", "ordinal", "other"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word, numeral or mark; start and end in the text; low: lower case, plain apostrophes."""

    low: str
    start: int
    end: int
    mark: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """Its place in the text, its tokens, and whether a new paragraph begins with it."""

    start: int
    end: int
    tokens: tuple[Token, ...]
    opens: bool = False


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """A number as written: tokens first to last - 1.

    value : not negative unless written with a minus. unit : of its last digit that is not 0, or of
    the last digit written for percent and multiples. exact : a count to the last digit.
    plus : "300,000+".
    """

    kind: NumberKind
    value: float
    unit: float
    first: int
    last: int
    exact: bool = True
    plus: bool = False


_TOKEN = re.compile(
    r"(?:[A-Za-z]\.){2,}"  # U.S., a.m.
    r"|(?:19|20)\d\d(?=\s?[-\u2013]\s?(?:19|20)\d\d\b)"
    r"|\d{1,3}(?:,\d{3})+(?:\.\d+)?"
    r"|\d{1,3}(?:[\u00a0\u202f\u2009]\d{3})+(?!\d)"
    r"|\d+(?:\.\d+)?"
    r"|[^\W\d_]+(?:['\u2019][^\W\d_]+)?"
    r"|\S"
)
_SENTENCE_END = re.compile(
    r"[.!?]+[\"'\u201d\u2019)\]]*(?=\s+|$)|\n\s*\n|\n(?=\s*[-*\u2022#|>])|;\s*\n"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Za-z]|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Sens?|Reps?|Gov|Govs|Gen|Mr|Mrs|Ms|Dr|St"
    r"|No|Nos|vs|Inc|Co|Ltd|Jr|Sr|approx|est|Dept|Lt|Col|Ariz|Calif|Tex|Fla|Vt|Wash|Mich|Minn|Mont"
    r"|cf|pct|fig|Ave|Blvd|Hon|Pres|Prof|Maj|Adm|Cmdr|Capt|Sgt|Det|etc)|\b(?:[A-Za-z]\.)+[A-Za-z])\.$"
)
_MOST_SENTENCE = 2_000  # characters; a longer stretch without an end is cut


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a text, in order."""
    start, opens = 0, True
    for end, blank in _ends(text):
        for first in range(start, end, _MOST_SENTENCE):
            piece = _sentence(text, first, min(end, first + _MOST_SENTENCE), opens)
            if piece.tokens:
                yield piece
                opens = False
        start, opens = end, opens or blank


def _ends(text: str) -> Iterator[tuple[int, bool]]:
    for match in _SENTENCE_END.finditer(text):
        blank = "\n" in match.group()
        if not blank and match.group().startswith("."):
            before = text[max(0, match.start() - 12) : match.start() + 1]
            if _ABBREVIATION.search(before) and not _clear_end(before, text[match.end() :][:30]):
                continue
        yield match.end(), blank
    yield len(text), False


def _clear_end(before: str, after: str) -> bool:
    """Whether an abbreviation also ends its sentence: "in the U.S. The number ..."."""
    follows = re.match(
        r"\s+(?:The|In|It|That|This|Those|These|There|They|He|She|But|And|Of|For|From|At|Since|During"
        r"|Last|Nearly|About|More|Agents|Border|Encounters|CBP|Apprehensions|By|Overall|Meanwhile)\b",
        after,
    )
    return bool(follows) and before.rstrip(".").endswith(("S", "m", "C"))


def _sentence(text: str, start: int, end: int, opens: bool) -> Sentence:
    tokens = tuple(
        Token(
            match.group().lower().replace("\u2019", "'").replace("\u2018", "'"),
            start + match.start(),
            start + match.end(),
            _is_mark(match.group()),
        )
        for match in _TOKEN.finditer(text[start:end])
    )
    return Sentence(start, end, tokens, opens)


def _is_mark(word: str) -> bool:
    return not any(letter.isalnum() for letter in word) and word != "%"


def numeral(low: str) -> float | None:
    """A numeral's value, None for any other token; digits of ASCII only."""
    plain = re.sub(r"[,\u00a0\u202f\u2009]", "", low)
    if len(plain) > 18 or not re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", plain):
        return None
    return float(plain)


_SMALL = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = dict(
    zip(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
        range(20, 100, 10),
        strict=True,
    )
)
_BIG = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_BIG_SHORT = {"k": 1_000, "m": 1_000_000, "mn": 1_000_000, "mil": 1_000_000, "mm": 1_000_000}
_ORDINALS = {
    word: number
    for number, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
        ],
        1,
    )
}
_MULTIPLES = {
    "double": 2, "doubled": 2, "doubling": 2, "twice": 2, "twofold": 2, "triple": 3, "tripled": 3,
    "tripling": 3, "threefold": 3, "thrice": 3, "quadruple": 4, "quadrupled": 4, "fourfold": 4,
    "quintupled": 5, "fivefold": 5, "tenfold": 10, "half": 0.5, "halved": 0.5, "sixfold": 6,
    "quintuple": 5, "sextupled": 6, "sevenfold": 7, "eightfold": 8,
}  # fmt: skip
_FRACTIONS = {
    "half": 50.0, "third": 100 / 3, "quarter": 25.0, "fifth": 20.0, "thirds": 100 / 3,
    "quarters": 25.0, "fifths": 20.0, "fourth": 25.0, "fourths": 25.0, "sixth": 100 / 6,
    "eighth": 12.5, "tenth": 10.0, "tenths": 10.0, "eighths": 12.5, "sixths": 100 / 6,
}  # fmt: skip


def numbers(tokens: tuple[Token, ...]) -> list[WrittenNumber]:
    """The numbers of a sentence, left to right, none inside another."""
    written, at = [], 0
    while at < len(tokens):
        number = _number(tokens, at)
        if number:
            written.append(number)
        at = number.last if number else at + 1
    return written


def _number(tokens: tuple[Token, ...], at: int) -> WrittenNumber | None:
    # A fraction before words: two-thirds is no count of two.
    for read in (_one_in, _digits, _fraction, _in_words, _multiple):
        number = read(tokens, at)
        if number:
            return number
    return None


def _low_at(tokens: tuple[Token, ...], at: int) -> str:
    return tokens[at].low if 0 <= at < len(tokens) else ""


def _touches(tokens: tuple[Token, ...], at: int) -> bool:
    """Whether a token stands right behind the one before, without a space."""
    return at < len(tokens) and tokens[at].start == tokens[at - 1].end


def _digits(tokens: tuple[Token, ...], at: int) -> WrittenNumber | None:
    value = numeral(tokens[at].low)
    if value is None:
        return None
    if _touches(tokens, at + 1) and _low_at(tokens, at + 1) in ("st", "nd", "rd", "th"):
        return WrittenNumber("ordinal", value, 1, at, at + 2)
    decimals = len(tokens[at].low.partition(".")[2])
    last, factor = _factor(tokens, at + 1)
    tail = _tail(tokens, last)
    if tail:
        kind, end = tail
        unit = 10.0 if kind == "percent" and value >= 100 and value % 10 == 0 else 10.0**-decimals
        return WrittenNumber(kind, value * factor, unit * factor, at, end)
    plus = int(_touches(tokens, last) and _low_at(tokens, last) == "+")
    if _low_at(tokens, last) == "plus" and _low_at(tokens, last - 1) == "-":
        plus = 1  # 109,000-plus
    value = round(value * factor, 6)
    if factor > 1:
        unit = factor * 10.0**-decimals
        if not decimals:
            unit = max(unit, _last_digit(value))
        return WrittenNumber("count", value, unit, at, last + plus, False, plus > 0)
    if decimals:
        return WrittenNumber("other", value, 10.0**-decimals, at, last)
    unit = _last_digit(value)
    exact = unit < 10 or (unit < 100 and value >= 1000)
    return WrittenNumber("count", value, unit, at, last + plus, exact, plus > 0)


def _factor(tokens: tuple[Token, ...], at: int) -> tuple[int, float]:
    low = _low_at(tokens, at)
    if low in ("-", "\u2011") and _low_at(tokens, at + 1) in ("million", "thousand", "plus"):
        low, at = _low_at(tokens, at + 1), at + 1
    if low in _BIG and low != "hundred":
        return at + 1, _BIG[low]
    if low in _BIG_SHORT and _touches(tokens, at):
        return at + 1, _BIG_SHORT[low]
    return at, 1


def _tail(tokens: tuple[Token, ...], at: int) -> tuple[NumberKind, int] | None:
    """Whether percent, "times" or "-fold" follow, and where that ends."""
    low, then = _low_at(tokens, at), _low_at(tokens, at + 1)
    if low == "-" and then in ("percent", "per", "fold", "times", "percentage", "plus", "pct"):
        return _tail(tokens, at + 1)
    if low in ("%", "percent", "pct", "percentage"):
        return "percent", at + 1
    if low == "per" and then == "cent":
        return "percent", at + 2
    if low in ("fold", "x") and (low != "x" or _touches(tokens, at)):
        return "times", at + 1
    if low == "times" and then in _AFTER_TIMES:
        return "times", at + 1
    return None


_AFTER_TIMES = word_set(
    "as the higher more greater larger that what lower fewer those its bigger worse increase "
    "fiscal fy"
)


def _last_digit(value: float) -> float:
    """The unit of the last digit that is not 0: 100 for 7,200."""
    whole, unit = round(value), 1
    while whole and whole % (unit * 10) == 0:
        unit *= 10
    return float(unit)


def _in_words(tokens: tuple[Token, ...], at: int) -> WrittenNumber | None:
    """Numbers in words: two hundred thousand, half a million, a quarter-million, third."""
    low = tokens[at].low
    million = _half_million(tokens, at) if low in ("half", "quarter") else None
    if million:
        last, factor = million
        value = factor * (0.5 if low == "half" else 0.25)
        return WrittenNumber("count", value, _last_digit(value), at, last, exact=False)
    if low in _ORDINALS and _low_at(tokens, at - 1) not in ("one", "two", "three", "a"):
        return WrittenNumber("ordinal", _ORDINALS[low], 1, at, at + 1)
    value, last = _words_value(tokens, at)
    if last == at:
        return None
    tail = _tail(tokens, last)
    if tail:
        return WrittenNumber(tail[0], value, 1, at, tail[1])
    return WrittenNumber("count", value, _last_digit(value), at, last, exact=value < 100)


def _half_million(tokens: tuple[Token, ...], at: int) -> tuple[int, float] | None:
    for skip in (1, 2):
        low = _low_at(tokens, at + skip)
        if low in ("million", "billion"):
            return at + skip + 1, _BIG[low]
        if low not in ("a", "-", "of"):
            return None
    return None


def _words_value(tokens: tuple[Token, ...], at: int) -> tuple[float, int]:
    total, part, end = 0.0, 0.0, at
    place = at
    if _low_at(tokens, at) in ("a", "one") and _low_at(tokens, at + 1) in _BIG:
        part, place = 1, at + 1
    while place < len(tokens):
        low = tokens[place].low
        if low in _SMALL or low in _TENS:
            part += _SMALL.get(low, _TENS.get(low, 0))
        elif low == "hundred" and part:
            part *= 100
        elif low in _BIG and part:
            total, part = total + part * _BIG[low], 0
        elif low not in ("-", "and") or end == at or not _counts_on(tokens, place + 1):
            break
        place += 1
        end = place
    return total + part, end


def _counts_on(tokens: tuple[Token, ...], at: int) -> bool:
    low, before = _low_at(tokens, at), _low_at(tokens, at - 2)
    if _low_at(tokens, at - 1) == "-":
        return (low in _SMALL and before in _TENS) or low in ("hundred", "thousand", "million")
    return before in ("hundred", "thousand") and (low in _SMALL or low in _TENS)


def _one_in(tokens: tuple[Token, ...], at: int) -> WrittenNumber | None:
    """One in three, nine out of 10."""
    top = _SMALL.get(tokens[at].low) or numeral(tokens[at].low)
    step = 2 if (_low_at(tokens, at + 1), _low_at(tokens, at + 2)) == ("out", "of") else 1
    if step == 1 and _low_at(tokens, at + 1) != "in":
        return None
    low = _low_at(tokens, at + 1 + step)
    whole = _SMALL.get(low) or numeral(low)
    if not top or not whole or not 1 <= top < whole <= 20 or top % 1 or whole % 1:
        return None
    return WrittenNumber("percent", 100 * top / whole, 4, at, at + 2 + step)


_BEFORE_FRACTION = word_set("down up by fell dropped rose declined about nearly roughly almost")
_BEHIND_FRACTION = word_set("less fewer lower more higher below above drop decline fall increase")


def _fraction(tokens: tuple[Token, ...], at: int) -> WrittenNumber | None:
    """two-thirds, a quarter of, one in five, three out of four, half of."""
    low = tokens[at].low
    top = {"a": 1, "an": 1}.get(low) or _SMALL.get(low)
    next_at = at + 2 if _low_at(tokens, at + 1) == "-" else at + 1
    name = _low_at(tokens, next_at)
    if top and name in _FRACTIONS and (name != "half"):
        behind = _low_at(tokens, next_at + 1)
        moved = _low_at(tokens, at - 1) in _BEFORE_FRACTION or behind in _BEHIND_FRACTION
        if behind not in ("of", "were", "are", "came", "from", ".", ",") and not moved:
            return None
        if name.startswith("quarter") and _of_year(tokens, next_at + 2):
            return None  # the first three quarters of fiscal year 2024
        return WrittenNumber("percent", top * _FRACTIONS[name], 4, at, next_at + 1)
    if low == "half" and _low_at(tokens, at + 1) in ("of", "were", "are", "came"):
        return WrittenNumber("percent", 50, 6, at, at + 1)
    return None


def _of_year(tokens: tuple[Token, ...], at: int) -> bool:
    words = {_low_at(tokens, i) for i in range(at, at + 3)}
    return not words.isdisjoint(("fiscal", "fy", "calendar", "year")) or bool(
        re.fullmatch(r"(19|20)\d\d", _low_at(tokens, at))
    )


def _multiple(tokens: tuple[Token, ...], at: int) -> WrittenNumber | None:
    value = _MULTIPLES.get(tokens[at].low)
    if value is None or (tokens[at].low == "half" and _low_at(tokens, at + 1) in ("a", "year")):
        return None
    return WrittenNumber("times", value, 1 if value >= 1 else 0.1, at, at + 1)
