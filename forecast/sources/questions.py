"""A question in a sentence, without a number to judge: which series, and which months.

fentanyl at the northern border in March 2026 -> northern:Fentanyl, 2026-03
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecast.periods import Period
    from forecast.sources.names import SeriesNames
    from forecast.sources.source import Source
    from forecast.types import SeriesKey

# Words around the names of a series and of months, which name nothing themselves.
_FILLERS = frozenset(
    (
        *("a", "an", "and", "are", "at", "by", "counted", "during", "for", "from", "how", "in"),
        *("is", "many", "met", "much", "number", "of", "on", "over", "people", "seized", "taken"),
        *("that", "the", "there", "to", "total", "was", "were", "what", "with"),
    )
)


def measures_named(text: str, sources: list[Source]) -> list[Source]:
    """Return the sources whose noun a text has; all of them where it has none."""
    # Blanks on both sides, so that only whole words fit.
    words = f" {' '.join(_words(text))} "
    named = [source for source in sources if any(f" {n} " in words for n in _nouns(source))]
    return named or sources


@dataclass(frozen=True)
class CountQuestion:
    """What a sentence asks for.

    readings : every series that its words may mean, of a part without a total that of each total
        that has it. everywhere : whether these are one part, of no total by name, so that the part
        of all is meant. span : the months.
    """

    readings: tuple[SeriesKey, ...]
    everywhere: bool
    span: Period


def asked(text: str, names: SeriesNames, newest: int) -> CountQuestion | None:
    """Read a question about the counts of one source, None where some word of it is not known.

    newest : the newest month on record, a running number.
    """
    found = names.source.calendar.find(text, newest)
    if found is None:
        return None
    period, rest = found
    named = f" {' '.join(_words(rest))} "
    # Longest first: "drug seizures" leaves nothing behind that a part could be called.
    for noun in _nouns(names.source):
        named = named.replace(f" {noun} ", " ")
    total, words = _total(named.split(), names)
    # Words at either end that name nothing.
    naming = [at for at, word in enumerate(words) if word not in _FILLERS]
    part = " ".join(words[naming[0] : naming[-1] + 1]) if naming else ""
    totals = names.source.totals
    several = bool(part) and total in ("", totals.whole)
    if several:
        choices = [f"{place}:{part}" for place in totals.parts]
    else:
        choices = [f"{total}:{part}" if part else total or totals.whole]
    # A name that fits several is no name that fits none: all of them are answered.
    readings = tuple(key for choice in choices for key in names.readings(choice))
    alike = {(key.dimension, key.member) for key in readings}
    everywhere = several and len(readings) > 1 and len(alike) == 1
    return CountQuestion(readings, everywhere, period) if readings else None


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'.&*-]*\w", text.lower())


def _nouns(source: Source) -> list[str]:
    """Return what a source counts, longest first: drug seizures, seizures, seizure."""
    measure = source.measure
    nouns = {measure.noun.lower(), measure.title.lower(), measure.long_name.lower()}
    nouns |= {noun.removesuffix("s") for noun in nouns}
    return sorted(nouns, key=len, reverse=True)


def _total(words: list[str], names: SeriesNames) -> tuple[str, list[str]]:
    """Find the total that some words in a row name, "" if none do, and the words without these."""
    # The longest name first, "northern land border" before "northern".
    for length in range(min(len(words), 5), 0, -1):
        for at in range(len(words) - length + 1):
            total = names.total(" ".join(words[at : at + length]))
            if total:
                return total, words[:at] + words[at + length :]
    return "", words
