"""Files that arrive in a test as they do from a person's hand, and what waits emptied."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from forecast.config import Config, Fetch, ForecastSection, Labels, source_section
from forecast.context import Context, source_by_section
from forecast.errors import DataError
from forecast.sources.source import ReadRelease, ReleaseFile
from forecast.store.connect import writing
from jobs.arrivals import reading
from jobs.arrivals.arrival import Arrival, IngestResult
from jobs.arrivals.folder import of_operator
from jobs.arrivals.ingest import ingest, ingest_all

TODAY = "2026-04-20"


def context(path: Path, dimensions=("state",), joins=None, **folders: str) -> Context:
    settings = Config(
        forecast=ForecastSection(dimensions=dimensions),
        labels=Labels(**(joins or {})),
        fetch=Fetch(**folders),
    )
    return opened(path, settings)


def opened(path: Path, settings: Config) -> Context:
    """A record to run, whose files are read in this process."""
    return replace(Context.open(path, settings), reader=read_here)


def read_here(file: ReleaseFile, section, totals, joins, dimensions) -> ReadRelease:
    """Read a file as its own process does, in this one: a quarter of a second less for each."""
    source = source_by_section(source_section(section) if section else None, totals)
    return reading.here(file, source, joins, dimensions)


def taken(db, about: Context, arrival: Arrival) -> IngestResult:
    """What became of an arrival; DataError if it was refused."""
    result = ingest(db, about, arrival)
    if result.outcome == "refused":
        raise DataError(result.reason)
    return result


def take(path: Path, file: Path, first_seen: str = TODAY, about: Context | None = None):
    """Take in one file that is named, as `taken` does."""
    with writing(path) as db:
        return taken(db, about or context(path), of_operator(file, first_seen))


def take_waiting(path: Path, only: int | None = None, about: Context | None = None):
    """Take in what waits."""
    with writing(path) as db:
        return list(ingest_all(db, about or context(path), (), TODAY, False, only)[0])
