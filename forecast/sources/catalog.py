"""The sources of counts there are, by name: the one file that knows them all.

They are imported when the first is asked for: `--help` needs none.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from forecast.sources.cbp.encounters import EXAMPLE as EXAMPLE

if TYPE_CHECKING:
    from forecast.sources.source import FileName, Source


@cache
def every() -> dict[str, Source]:
    """Name -> source, of all that come with the program."""
    from forecast.sources.cbp.encounters.source import ENCOUNTERS
    from forecast.sources.cbp.interior.source import APPREHENSION_TYPES
    from forecast.sources.cbp.seizures.source import DRUG_EVENTS, DRUG_POUNDS

    sources = (ENCOUNTERS, APPREHENSION_TYPES, DRUG_EVENTS, DRUG_POUNDS)
    return {source.name: source for source in sources}


def find(name: str) -> Source:
    """The source so named; KeyError if there is none."""
    return every()[name]


def that_have(label: str, than: Source) -> list[str]:
    """What other sources count of a part so called, in small letters: seizures, pounds."""
    return [
        source.measure.noun
        for source in every().values()
        if source.name != than.name
        and not source.beside
        and label
        in {
            name.lower()
            for words in source.labels.words.values()
            for key, word in words.items()
            for name in (key, word, *source.labels.usual.get(key, ()))
        }
    ]


def other_nouns(than: Source) -> list[str]:
    """What other sources count, as a number's unit."""
    nouns = (source.measure.noun for source in every().values() if not source.beside)
    return [noun for noun in nouns if noun != than.measure.noun]


def source_of(file_name: str, own: Source) -> Source:
    """The source whose pattern a file's name fits; the record's own where it fits none.

    Of the record's own, and of those whose releases complete its record.
    """
    in_record = [own, *(source for source in every().values() if source.beside == own.name)]
    return next((source for source in in_record if source.parse_name(file_name)), own)


def parse_name(file_name: str, own: Source) -> FileName | None:
    """What a file's name says, None if it fits no source's pattern."""
    return source_of(file_name, own).parse_name(file_name)
