"""CBP's sources and what reads their files, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from forecast.config import DIMENSIONS
from forecast.labels import Joins
from forecast.sources import catalog
from forecast.sources.published import PublishedTable
from forecast.types import Snapshot

ENCOUNTERS = catalog.find("cbp_encounters")
ASIDE = ENCOUNTERS.hierarchy.aside
COMPONENTS = ENCOUNTERS.hierarchy.components
READER = ENCOUNTERS.reader()
EncounterCell = READER.Row
parse_name = READER.parse_name


def read(path: Path, joins: Joins | None = None) -> PublishedTable:
    """A file of encounters."""
    return READER.table(Path(path).name, Path(path).read_bytes(), joins)


def snapshot(
    table: PublishedTable, dimensions: Sequence[str] = DIMENSIONS, source: str = "", **release: str
) -> Snapshot:
    """What a file of encounters says."""
    return READER.snapshot(ENCOUNTERS, table, dimensions, name=source, **release)
