"""The sources of counts there are, by name; and the one in use.

A record holds one measure of one source. Which, a command says once, when it starts. Sources are
imported when the first is asked for: `--help` needs none.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from forecast import months
from forecast.intake.sources.cbp_encounters import EXAMPLE as EXAMPLE

if TYPE_CHECKING:
    from forecast.intake.sources.contract import FileName, Source


@cache
def every() -> dict[str, Source]:
    """Name -> source, of all that come with the program."""
    from forecast.intake.sources.cbp_apprehension_types.source import APPREHENSION_TYPES
    from forecast.intake.sources.cbp_drugs.source import DRUG_EVENTS, DRUG_POUNDS
    from forecast.intake.sources.cbp_encounters.source import ENCOUNTERS

    sources = (ENCOUNTERS, APPREHENSION_TYPES, DRUG_EVENTS, DRUG_POUNDS)
    return {source.name: source for source in sources}


def find(name: str) -> Source:
    """The source so named; KeyError if there is none."""
    return every()[name]


_in_use: list[Source] = []


def main() -> Source:
    """The source in use: whose totals the pages, notices and commands are about."""
    return _in_use[-1] if _in_use else find("cbp_encounters")


def shipped() -> bool:
    """Whether it comes with the program."""
    return not _in_use or main().shipped


def use(source: Source, totals: Iterable[str] | None = None) -> None:
    """Say whose counts this process is about from now on.

    totals : those there are, where the record tells and not the source.
    """
    from forecast import headlines

    _in_use[:] = [source]
    headlines.use(source.totals.parts if totals is None else totals, source.totals.whole)
    months.year_begins(source.year_begins)


def that_have(label: str) -> list[str]:
    """What other sources count of a part so called, in small letters: seizures, pounds."""
    return [
        source.measure.noun
        for source in every().values()
        if source.name != main().name
        and not source.beside
        and label
        in {
            name.lower()
            for words in source.labels.words.values()
            for key, word in words.items()
            for name in (key, word, *source.labels.usual.get(key, ()))
        }
    ]


def other_nouns() -> list[str]:
    """What other sources count, as a number's unit."""
    nouns = (source.measure.noun for source in every().values() if not source.beside)
    return [noun for noun in nouns if noun != main().measure.noun]


def source_of(file_name: str) -> Source:
    """The source whose pattern a file's name fits; the main one where it fits none.

    Of the main source, and of those whose releases complete its record.
    """
    own = main()
    in_record = [own, *(source for source in every().values() if source.beside == own.name)]
    return next((source for source in in_record if source.parse_name(file_name)), own)


def parse_name(file_name: str) -> FileName | None:
    """What a file's name says, None if it fits no source's pattern."""
    return source_of(file_name).parse_name(file_name)
