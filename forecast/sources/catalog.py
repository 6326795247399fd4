"""The sources of counts there are, by name: the one file that knows them all.

Each is imported when it is asked for: `--help` needs none, and `show` one.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from forecast.sources.cbp.encounters import EXAMPLE as EXAMPLE

if TYPE_CHECKING:
    from forecast.sources.source import FileName, Source


# Name -> the folder of cbp whose source.py makes it, and what it is called there.
MADE_IN = {
    "cbp_encounters": ("encounters", "ENCOUNTERS"),
    "cbp_apprehension_types": ("interior", "APPREHENSION_TYPES"),
    "cbp_drug_events": ("seizures", "DRUG_EVENTS"),
    "cbp_drug_pounds": ("seizures", "DRUG_POUNDS"),
}


@cache
def find(name: str) -> Source:
    """The source so named; KeyError if there is none."""
    folder, called = MADE_IN[name]
    made: Source = getattr(import_module(f"forecast.sources.cbp.{folder}.source"), called)
    return made


def every() -> dict[str, Source]:
    """Name -> source, of all that come with the program."""
    return {name: find(name) for name in MADE_IN}


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
