"""The lexicon: phrases of lexicon.toml, found in a sentence's words, longest first."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

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
            found = self._longest(branch, words, at + 1)
            if found[1] and found[0] > best[0]:
                best = found
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
    text = files("forecast.claims").joinpath("lexicon.toml").read_text("utf-8")
    known = catalog.every().get(source)
    own = known.lexicon() if known and known.lexicon else ""
    return tomllib.loads(text) | tomllib.loads(own)
