"""Everything there is to take in: the embedded figures, files that are named, and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.store import releases, runs
from jobs.arrivals import archive
from jobs.arrivals.folder import ingest_delivered
from jobs.arrivals.ingest import (
    IngestResult,
    WaitingFile,
    ingest_bundle,
    ingest_file,
    ingest_waiting,
)

if TYPE_CHECKING:
    from sqlite_utils import Database

    from forecast.context import Context


def ingest_all(
    db: Database,
    context: Context,
    files: Sequence[Path],
    first_seen: str,
    with_bundle: bool,
    only: int | None = None,
) -> tuple[tuple[IngestResult, ...], Context]:
    """Keep the embedded figures, these files, and what waits for us, each once.

    first_seen : vintage date of the files. only : of what waits, the release with this seq.

    Returns
    -------
    What became of each file, and the context with the series that the record has now.
    """
    dimensions, joins = context.config.forecast.dimensions, context.config.labels.joins
    if with_bundle:
        ingest_bundle(db, context.source, dimensions)
        runs.PathsOnRecord(db).keep(context.source.reader().embedded_paths())
    kept_in = archive.folders(context.path, context.config)
    archive.make(kept_in)
    releases.save_joins(db, joins)
    context = context.taken(db)
    taken = [
        ingest_file(db, kept_in, WaitingFile(file, first_seen), dimensions, context.source, joins)
        for file in files
    ]
    taken += ingest_waiting(db, context, kept_in, first_seen, only)
    taken += ingest_delivered(db, context, first_seen, only)
    return tuple(taken), context.taken(db)
