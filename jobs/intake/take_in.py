"""Everything there is to take in: the embedded figures, files that are named, and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forecast import in_use
from forecast.intake.sources import registry
from forecast.store import releases, runs
from jobs.intake import archive
from jobs.intake.delivered import take_delivered
from jobs.intake.ingest import Taken, WaitingFile, take_bundle, take_file, take_waiting

if TYPE_CHECKING:
    from sqlite_utils import Database

    from forecast.config import Config


def take_in(
    db: Database,
    path: Path,
    config: Config,
    files: Sequence[Path],
    first_seen: str,
    with_bundle: bool,
    only: int | None = None,
) -> tuple[Taken, ...]:
    """Keep the embedded figures, these files, and what waits for us, each once.

    first_seen : vintage date of the files. only : of what waits, the release with this seq.
    """
    dimensions, joins = config.forecast.dimensions, config.labels.joins
    if with_bundle:
        take_bundle(db, dimensions)
        runs.PathsOnRecord(db).keep(registry.main().embedded_paths())
    kept_in = archive.folders(path, config)
    archive.make(kept_in)
    releases.save_joins(db, joins)
    in_use.taken(db, config)
    taken = [
        take_file(db, kept_in, WaitingFile(file, first_seen), dimensions, joins) for file in files
    ]
    taken += take_waiting(db, path, kept_in, dimensions, first_seen, only, joins)
    taken += take_delivered(db, path, config, first_seen, only)
    in_use.taken(db, config)
    return tuple(taken)
