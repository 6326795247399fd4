"""Files that arrive in a test as they do from a person's hand, and what waits emptied."""

from __future__ import annotations

from pathlib import Path

from forecast.config import Config, Fetch, ForecastSection, Labels
from forecast.context import Context
from forecast.errors import DataError
from forecast.store.connect import writing
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
    return Context.open(path, settings)


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


def take_waiting(path: Path, only: int | None = None) -> list[IngestResult]:
    """Take in what waits."""
    with writing(path) as db:
        return list(ingest_all(db, context(path), (), TODAY, False, only)[0])
