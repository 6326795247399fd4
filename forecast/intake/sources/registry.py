"""The sources of counts there are, by name."""

from __future__ import annotations

from forecast.intake.sources.cbp_apprehension_types.source import APPREHENSION_TYPES
from forecast.intake.sources.cbp_drugs.source import DRUG_EVENTS, DRUG_POUNDS
from forecast.intake.sources.cbp_encounters.source import ENCOUNTERS
from forecast.intake.sources.contract import CountSource, FileName

SOURCES = {
    source.name: source for source in (ENCOUNTERS, APPREHENSION_TYPES, DRUG_EVENTS, DRUG_POUNDS)
}


def find(name: str) -> CountSource:
    """The source so named; KeyError if there is none."""
    return SOURCES[name]


def main() -> CountSource:
    """The source whose totals the pages, notices and commands are about."""
    return ENCOUNTERS


def in_record() -> list[CountSource]:
    """The main source, and those whose releases complete its record."""
    own = main()
    return [own, *(source for source in SOURCES.values() if source.beside == own.name)]


def source_of(file_name: str) -> CountSource:
    """The source whose pattern a file's name fits; the main one where it fits none."""
    found = (source for source in in_record() if source.parse_name(file_name))
    return next(found, main())


def parse_name(file_name: str) -> FileName | None:
    """What a file's name says, None if it fits no source's pattern."""
    return source_of(file_name).parse_name(file_name)
