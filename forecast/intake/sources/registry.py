"""The sources of counts there are, by name."""

from __future__ import annotations

from forecast.intake.sources.cbp_encounters.source import ENCOUNTERS
from forecast.intake.sources.contract import CountSource, FileName

SOURCES = {source.name: source for source in (ENCOUNTERS,)}


def find(name: str) -> CountSource:
    """The source so named; KeyError if there is none."""
    return SOURCES[name]


def main() -> CountSource:
    """The source whose totals the pages, notices and commands are about."""
    return ENCOUNTERS


def source_of(file_name: str) -> CountSource:
    """The source whose pattern a file's name fits; the main one where it fits none."""
    found = (source for source in SOURCES.values() if source.parse_name(file_name))
    return next(found, main())


def parse_name(file_name: str) -> FileName | None:
    """What a file's name says, None if it fits no source's pattern."""
    return source_of(file_name).parse_name(file_name)
