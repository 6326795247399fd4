"""Own counts that somebody delivers: a file, or each file of a folder, is a release once.

The files stay where they are and are only read; the archive keeps what was taken in. A content
that is on record or was refused is not looked at again.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from forecast import months
from forecast.config import Config, CountsSection
from forecast.errors import ConfigError, DataError
from forecast.files import content_sha256
from forecast.sources.own.reader import data_through
from forecast.sources.source import ReleaseFile
from forecast.store import inventory
from jobs.arrivals import archive, inbox
from jobs.arrivals.ingest import IngestResult, WaitingFile, ingest_file

if TYPE_CHECKING:
    from sqlite_utils import Database

    from forecast.context import Context


def ingest_delivered(
    db: Database, context: Context, today: str, only: int | None = None
) -> list[IngestResult]:
    """Take in the deliveries that are new, the oldest first; see `ingest.ingest_waiting`."""
    kept_in = archive.folders(context.path, context.config)
    taken = []
    for file in waiting(db, context.path, context.config, today):
        if only not in (None, file.seq):
            continue
        try:
            done = ingest_file(
                db,
                kept_in,
                file,
                context.config.forecast.dimensions,
                context.source,
                context.config.labels.joins,
            )
        except DataError as error:
            done = IngestResult(file.name, "refused", None, "", str(error))
        taken.append(done)
    return taken


def waiting(
    db: Database | sqlite3.Connection | None, path: Path, config: Config, today: str
) -> list[WaitingFile]:
    """The deliveries whose content is not known yet, by their last month, then by their age.

    db : None before there is a record.
    """
    delivered = []
    for section in config.sources:
        if not isinstance(section, CountsSection):
            continue
        for file in files(path, section):
            with suppress(DataError):
                content = inbox.read_once(file).content
                if (
                    db is None
                    or inventory.find_by_hash(db, content_sha256(BytesIO(content))) is None
                ):
                    delivered.append((_place(section, file, content), file))
    delivered.sort(key=lambda pair: (pair[0], pair[1].stat().st_mtime, pair[1].name))
    return [replace(WaitingFile(file, today), seq=place) for place, file in delivered]


def files(path: Path, section: CountsSection) -> list[Path]:
    """The files delivered so far; a relative path is from the database's folder.

    None of a source with an address: what is downloaded waits elsewhere. ConfigError where there
    is no such place.
    """
    if section.address:
        return []
    if "://" in section.path:
        problem = "is a web address; write it as address = ... instead of path = ..."
        raise ConfigError("config.toml", "sources.path", problem)
    place = path.parent / section.path
    if not place.exists():
        raise ConfigError("config.toml", "sources.path", f"{place}: no such file or folder")
    if not place.is_dir():
        return [place]
    complete = [
        file
        for file in place.iterdir()
        if not file.name.startswith((".", "~$")) and not file.name.endswith((".part", ".tmp"))
    ]
    return sorted(file for file in complete if file.is_file())


def _place(section: CountsSection, file: Path, content: bytes) -> int:
    """The last month as a number, 0 of a file that does not read: it is refused first."""
    try:
        last = data_through(section, ReleaseFile(file.name, content))
    except DataError:
        return 0
    return months.to_index(last)
