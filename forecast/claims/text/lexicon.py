"""The words of a measure: those that any English text has, and those that its source brings."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from forecast.sources.source import Source
    from forecast.types import SeriesKey

Tables = Mapping[str, Mapping[str, Sequence[str]]]


PhraseMeanings = list[tuple[str, str]]  # of a phrase: the lexicon's tables, the keys there


class Phrases:
    """Phrases by how they begin; a word ending in * stands for all words so beginning."""

    def __init__(self, tables: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        meanings: dict[tuple[str, ...], PhraseMeanings] = defaultdict(list)
        for kind, values in tables.items():
            for value, phrases in values.items():
                for phrase in phrases:
                    words = phrase.lower().replace("-", " ").split()
                    key = tuple(word.removesuffix("'s") for word in words)
                    meanings[key].append((kind, value))
        self._phrases: dict[str, list[tuple[tuple[str, ...], PhraseMeanings]]] = defaultdict(list)
        # The longest first; of equals the one that is written out.
        for key in sorted(meanings, key=lambda key: (-len(key), [(w[-1] == "*", w) for w in key])):
            self._phrases[key[0][:3]].append((key, meanings[key]))

    def find(self, words: Sequence[str]) -> Iterator[tuple[int, int, PhraseMeanings]]:
        """Find the longest phrases, left to right, none inside another.

        Yields its words, first to last - 1, and what it says.
        """
        at = 0
        while at < len(words):
            end = at + 1
            for phrase, meanings in self._phrases.get(words[at][:3], ()):
                window = words[at : at + len(phrase)]
                if len(window) == len(phrase) and all(
                    word == known or (known[-1] == "*" and word.startswith(known[:-1]))
                    for known, word in zip(phrase, window, strict=True)
                ):
                    end = at + len(phrase)
                    yield at, end, meanings
                    break
            at = end


class Lexicon:
    """What the words of a text say about one measure.

    tables : kind -> value -> phrases. unmistakable : places that are hardly named but as parts.
    """

    def __init__(self, tables: Tables, unmistakable: Iterable[str] = ()) -> None:
        self.tables, self.unmistakable = tables, frozenset(unmistakable)

    @cached_property
    def phrases(self) -> Phrases:
        """Every phrase of its tables."""
        return Phrases(self.tables)

    def beside(self, others: Iterable[Lexicon], noun: str) -> Lexicon:
        """Give the same words for a record that counts other things too, each by its own words.

        noun : what this one counts.
        """
        own = {word for words in self.tables["measure"].values() for word in words}
        why = f"another measure: this record of {noun} does not count it"
        words = {
            word
            for other in others
            for kind, words in other.tables["measure"].items()
            for word in words
            if kind == "all" and word not in own
        }
        if not words:
            return self
        other = dict(self.tables.get("other_measure", {}))
        known = {word for words_ in other.values() for word in words_}
        other[why] = sorted(words - known)
        return Lexicon({**self.tables, "other_measure": other}, self.unmistakable)


def lexicon_of(source: Source, keys: Iterable[SeriesKey] = ()) -> Lexicon:
    """Return the words by which people write about what a source counts.

    keys : the series on record, whose names are words where the source brings none.
    """
    if source.lexicon:
        labels = tuple(_labels(source))
        return _brought(tuple(source.lexicon()), source.hierarchy.unmistakable, labels)
    return Lexicon({**_english(), **_named(source, keys)})


class LabelWords(NamedTuple):
    """A phrase for a label: the lexicon's table, the label, the phrase."""

    kind: str
    label: str
    phrase: str


@lru_cache(4)
def _brought(
    texts: tuple[str, ...], unmistakable: tuple[str, ...], labels: tuple[LabelWords, ...]
) -> Lexicon:
    """Return the words that a source brings; of tables that are called the same the last one."""
    tables = dict(_english())
    for text in texts:
        tables |= _written_out(tomllib.loads(text))
    city, own = tables.get("city", {}), set(tables.get("state", {}))
    for kind, label, phrase in labels:
        known = tables.get(kind, {})
        # What is a city too is no sector by its bare name; a state may have words of its own.
        if not known or phrase in city.get(label, ()) or (kind == "state" and label in own):
            continue
        tables[kind] = {**known, label: [*known.get(label, ()), phrase]}
    return Lexicon(tables, unmistakable)


def _labels(source: Source) -> Iterator[LabelWords]:
    """What sectors, offices and states are called by their labels."""
    hierarchy = source.hierarchy
    for state, name in hierarchy.words.get("state", {}).items():
        yield LabelWords("state", state, name.lower())
    for rank, (end, others) in enumerate(hierarchy.forms.get("field", {}).items()):
        for label in hierarchy.field_borders:
            place = label.lower().removesuffix(end)
            for other in (end, *others) if place != label.lower() else ():
                # A sector and an office of one place share its bare name: then the sector is meant.
                if other or rank == 0:
                    yield LabelWords(end.split()[-1], label, place + other)


@lru_cache(1)
def _english() -> Tables:
    read = files("forecast.claims.text").joinpath("english.toml").read_text("utf-8")
    return _written_out(tomllib.loads(read))


def _written_out(tables: Tables) -> dict[str, dict[str, list[str]]]:
    """Write the alternatives of phrases out: "at (the |)ports" is two."""
    return {
        kind: {
            value: [" ".join(words.split()) for phrase in phrases for words in _each(phrase)]
            for value, phrases in values.items()
        }
        for kind, values in tables.items()
    }


def _each(phrase: str) -> Iterator[str]:
    parts = re.split(r"\(([^)]*)\)", phrase)
    choices = (part.split("|") if i % 2 else [part] for i, part in enumerate(parts))
    return map("".join, product(*choices))


def _named(source: Source, keys: Iterable[SeriesKey]) -> dict[str, dict[str, list[str]]]:
    """Make the words of counts that bring none: their noun, and the names of their series."""
    noun = source.measure.noun.lower()
    one = noun.removesuffix("s")
    totals: dict[str, list[str]] = {total: [total] for total in source.totals.every if total}
    parts: dict[str, list[str]] = {}
    for key in keys:
        names = totals if key.headline else parts
        names.setdefault(key.total if key.headline else key.member, [])
        names[key.total if key.headline else key.member] = [
            key.total if key.headline else key.member
        ]
    return {"measure": {"all": [noun, one]}, "total": totals, "part": parts}
