"""A text's sentences, words and numbers, each with its place in the text."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, get_args


def word_set(text: str) -> frozenset[str]:
    """The words of a text: how short closed lists of grammar are written."""
    return frozenset(text.split())


NumberKind = Literal["count", "percent", "times", "ordinal", "other"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word, numeral or mark; start and end in the text; low: lower case, plain apostrophes."""

    low: str
    start: int
    end: int
    mark: bool = False


# Its place in the text, and its tokens.
Sentence = tuple[int, int, tuple[Token, ...]]


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
_AS_WORDS = str.maketrans({"\u2019": "'", "\u2018": "'", "&": "and"})
_SENTENCE_END = re.compile(
    r"[.!?]+[\"'\u201d\u2019)\]]*(?=\s+|$)|\n\s*\n|\n(?=\s*[-*\u2022#|>])|;(?=\s)"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Za-z]|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Sens?|Reps?|Gov|Govs|Gen|Mr|Mrs|Ms|Dr|St"
    r"|No|Nos|vs|Inc|Co|Ltd|Jr|Sr|approx|est|Dept|Lt|Col|Ariz|Calif|Tex|Fla|Vt|Wash|Mich|Minn|Mont"
    r"|cf|pct|fig|Ave|Blvd|Hon|Pres|Prof|Maj|Adm|Cmdr|Capt|Sgt|Det|etc)|\b(?:[A-Za-z]\.)+[A-Za-z])\.$"
)
_OPENS = re.compile(
    r"\s+(?:The|In|It|That|This|Those|These|There|They|He|She|But|And|Of|For|From|At|Since|During"
    r"|Last|Nearly|About|More|Agents|Border(?! Patrol)|Encounters|CBP|Apprehensions|By|Overall"
    r"|Meanwhile)\b"
)
_MOST_SENTENCE = 2_000  # characters; a longer stretch without an end is cut


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a text, in order."""
    start = 0
    for end in _ends(text):
        for first in range(start, end, _MOST_SENTENCE):
            last = min(end, first + _MOST_SENTENCE)
            tokens = tuple(
                Token(low, *match.span(), low != "%" and not any(map(str.isalnum, low)))
                for match in _TOKEN.finditer(text, first, last)
                for low in [match.group().lower().translate(_AS_WORDS)]
            )
            if tokens:
                yield first, last, tokens
        start = end


def _ends(text: str) -> Iterator[int]:
    """Where sentences end."""
    for match in _SENTENCE_END.finditer(text):
        if match.group().startswith("."):
            before = text[max(0, match.start() - 12) : match.start() + 1]
            # An abbreviation may also end its sentence: "in the U.S. The number ..."
            ends = before.rstrip(".").endswith(("S", "m", "C")) and _OPENS.match(text, match.end())
            if _ABBREVIATION.search(before) and not ends:
                continue
        yield match.end()
    yield len(text)


_ENGLISH = word_set("the of and in to at for was were from is that with by than had their it on")


def is_english(text: str) -> bool:
    """Whether a text of some length has the small words of English."""
    words = re.findall(r"[^\W\d_]+", text[:20_000].lower())
    return len(words) < 40 or sum(word in _ENGLISH for word in words) >= 0.08 * len(words)


def numeral(low: str) -> float | None:
    """A numeral's value, None for any other token; digits of ASCII only."""
    plain = re.sub(r"[,\u00a0\u202f\u2009]", "", low)
    if len(plain) > 18 or not re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", plain):
        return None
    return float(plain)


@lru_cache(1)
def _number_table() -> Any:
    """numbers.toml: the words with their values, and each pattern compiled."""
    read = tomllib.loads(files("forecast.claims.text").joinpath("numbers.toml").read_text("utf-8"))
    for kind, rows in read["words"].items():
        read[kind] = {word: value for value, words in rows for word in words.split()}
    ones = "|".join(word for word in read["value"] if word not in ("a", "an"))
    macros = read["macros"] | {
        "ONES": f"(?:{ones})",
        "VALUE": f"(?:an?|{ones})",
        "PARTS": "|".join(word for word in read["part"] if word != "half"),
        "ORDINAL": "|".join(read["ordinal"]),
        "MULTIPLE": f"(?:{'|'.join(read['multiple'])})",
    }
    read["number"] = [
        (kind, re.compile(filled(pattern, macros)), *unit)
        for kind, pattern, *unit in read["number"]
    ]
    return read


@lru_cache(1)
def number_words() -> Mapping[str, int]:
    """Give the values of numbers in words: two, second."""
    table = _number_table()
    return {**table["ordinal"], **table["value"]}


@lru_cache(1)
def number_looks() -> dict[str, re.Pattern[str]]:
    """Give the looks of numbers that are no claim, for each kind of number."""
    looks = _number_table()["looks"]
    return {
        kind: re.compile("|".join([*looks["any"], *looks.get(kind, ())]).replace("{N}", "\x00"))
        for kind in get_args(NumberKind)
    }


def filled(pattern: str, macros: Mapping[str, str]) -> str:
    """A pattern with its {MACROS} filled in."""
    while match := re.search(r"\{([A-Z_]+)\}", pattern):
        pattern = pattern.replace(match[0], macros[match[1]])
    return pattern


def numbers(tokens: tuple[Token, ...]) -> list[WrittenNumber]:
    """The numbers of a sentence, left to right, none inside another."""
    text, starts, ends = "", {}, {}
    for i, token in enumerate(tokens):
        text += " " * (i > 0 and token.start > tokens[i - 1].end)
        starts[len(text)], ends[len(text) + len(token.low)] = i, i + 1
        text += token.low
    written: list[WrittenNumber] = []
    for kind, pattern, *unit in _number_table()["number"]:
        for match in pattern.finditer(text):
            first, last = starts.get(match.start()), ends.get(match.end())
            if first is None or last is None:
                continue
            if not any(n.first < last and first < n.last for n in written):
                written += _number(kind, unit, match.groupdict(), first, last)
    return sorted(written, key=lambda number: number.first)


def _number(
    kind: NumberKind,
    units: Sequence[float],
    groups: Mapping[str, str | None],
    first: int,
    last: int,
) -> Iterator[WrittenNumber]:
    """A number as its pattern has read it; none where it has too many digits or is no part."""
    table, words, part = _number_table(), groups.get("words"), groups.get("part")
    scale = table["scale"].get(groups.get("scale") or groups.get("short"), 1)
    value, unit, exact = 0.0, next(iter(units), 1.0), kind != "count"
    if digits := groups.get("digits"):
        if (plain := numeral(digits)) is not None:
            made = _of_digits(kind, plain, len(digits.partition(".")[2]), scale)
            yield replace(made, first=first, last=last, plus=bool(groups.get("plus")))
        return
    if words:
        value = _words_value(words)
        exact = exact or value < 100
    elif part:
        value = _words_value(groups.get("top") or "one") / table["part"][part]
        value *= scale if kind == "count" else 100
    elif whole := groups.get("whole"):
        top, value = _words_value(str(groups["top"])), _words_value(whole)
        if not 1 <= top < value <= 20:
            return
        value = 100 * top / value
    else:
        name = "ordinal" if kind == "ordinal" else "multiple"
        value = table[name][groups[name]]
        unit = 0.1 if value < 1 else 1.0
    unit = _last_digit(value) if kind == "count" else unit
    yield WrittenNumber(kind, float(value), float(unit), first, last, exact)


def _of_digits(kind: NumberKind, plain: float, decimals: int, scale: float) -> WrittenNumber:
    """A number in digits; one with decimals and no scale counts nothing."""
    value, unit = round(plain * scale, 6), scale * 10.0**-decimals
    if kind == "percent" and value >= 100 and value % 10 == 0:
        unit = 10.0
    if kind != "count" or (decimals and scale == 1):
        return WrittenNumber("other" if kind == "count" else kind, value, unit, 0, 0)
    unit = unit if decimals else max(unit, _last_digit(value))
    exact = not decimals and scale == 1 and (unit < 10 or (unit < 100 and value >= 1000))
    return WrittenNumber(kind, value, unit, 0, 0, exact)


def _words_value(words: str) -> float:
    """The value of digits, or of words: two hundred and five thousand."""
    table, total, part = _number_table(), 0.0, numeral(words) or 0.0
    for word in re.split("[ -]", words):
        if word in ("thousand", "million", "billion"):
            total, part = total + part * table["scale"][word], 0.0
        else:
            part = part * 100 if word == "hundred" else part + table["value"].get(word, 0)
    return total + part


def _last_digit(value: float) -> float:
    """The unit of the last digit that is not 0: 100 for 7,200."""
    whole, unit = round(value), 1
    while whole and whole % (unit * 10) == 0:
        unit *= 10
    return float(unit)
