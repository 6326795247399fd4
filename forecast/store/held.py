"""One database file, held open: whoever reads through it sees one run, whatever replaces it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from forecast.errors import ConfigError, StoreError
from forecast.store import connect, integrity, ops, queries, read, wakes
from forecast.store.wakes import Verification

_TRIES = 5

Identity = tuple[int, ...]
"""Which file lies under a name, and in which state: device, inode, its last change, its size."""


class OpenSnapshot(NamedTuple):
    """A file held open. file : a descriptor of it."""

    identity: Identity | None
    file: int
    connection: sqlite3.Connection


def identity(file: Path | int) -> Identity | None:
    """The file that lies there now, or that a descriptor is of; None if there is none."""
    try:
        stat = os.stat(file)
    except OSError:
        return None
    return stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size


def hold(path: Path) -> OpenSnapshot:
    """Open a database file; views for one measure after another may be made in memory.

    Raises
    ------
    ConfigError : there is none, it is older or newer than this program, or publishes nothing.
    VerifyError : it is not as it was written.
    StoreError : it was replaced again and again while it was opened.
    """
    # Whoever replaces the file does so between any two of these lines.
    for _ in range(_TRIES):
        before = identity(path)
        # A copy that was cut off at once; SQLite would call it a valid, empty database.
        if before and before[-1] == 0:
            raise ConfigError(str(path), "--db", "is empty; `bordercast run` rebuilds it")
        with connect.moment(path) as connection:
            findings = integrity.at_sight(connection)
            wakes.refuse(findings, "the analysts' copy is not as it was written")
            run = read.latest_run(connection)
        if run is None:
            problem = "nothing is published yet; start with `bordercast run`"
            raise ConfigError(str(path), "--db", problem)
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        snapshot = OpenSnapshot(identity(file), file, _lent(path))
        if before == snapshot.identity == identity(path):
            return snapshot
        close(snapshot)
    raise StoreError(
        str(path), "keeps changing while it is read; another program may be writing to it"
    )


def verified(path: Path) -> Verification | None:
    """The last verification of the record `path`; None where none is known.

    A page's server may not write beside the record, and then SQLite cannot open an ops.db that
    was closed cleanly; but without a log its file is all there is.
    """
    verified_at, file = wakes.verified(path), ops.ops_path(path)
    if verified_at is not None or not file.exists() or file.with_name(f"{file.name}-wal").exists():
        return verified_at
    with suppress(sqlite3.DatabaseError), closing(_immutable(file)) as connection:
        return next(iter(queries.records(connection, Verification, "verification")), None)
    return None


def _lent(path: Path) -> sqlite3.Connection:
    """A connection that reads a record's file with the views of this program."""
    connection = _immutable(path)
    # Set later, it would drop the views.
    connection.execute("pragma temp_store = memory")
    connect.lend_views(connection)
    return connection


def _immutable(path: Path) -> sqlite3.Connection:
    """A connection for whatever thread uses it first.

    The file never changes: it is replaced by another under its name, or it is held no longer.
    """
    uri = f"file:{quote(str(path))}?immutable=1"
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
    connection.execute("pragma trusted_schema = off")
    return connection


def close(snapshot: OpenSnapshot) -> None:
    """Let go of the file."""
    snapshot.connection.close()
    os.close(snapshot.file)
