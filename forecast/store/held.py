"""One database file, held open as it is, for a page that others may put questions to.

All connections are to the same file, whatever is put under its name later: whoever reads through
them sees one run. Those for visitors can do nothing but read this file: an authorizer refuses
anything else, and limits keep a single value from filling the memory.
"""

import os
import sqlite3
from collections.abc import Container
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from forecast.errors import ConfigError, StoreError
from forecast.store import connect, integrity, ops, queries, read, wakes
from forecast.store.read import RunRow
from forecast.store.wakes import Verification

LONGEST_VALUE = 500_000  # bytes of one text, blob or row; the largest kept is a notice's chart
_TRIES = 5
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE}
_PRAGMAS = {
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "table_info",
    "table_xinfo",
}
# Beside the tables of the file. Others of SQLite's own tell what other visitors ask, or read the
# file page by page.
_TABLES = {"sqlite_master", "json_each", "json_tree", *(f"pragma_{name}" for name in _PRAGMAS)}
_REFUSED_FUNCTIONS = {"load_extension", "fts3_tokenizer"}
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: LONGEST_VALUE,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 50_000,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
}

Identity = tuple[int, ...]
"""Which file lies under a name, and in which state: device, inode, its last change, its size."""


class OpenSnapshot(NamedTuple):
    """A file held open. run : the last it publishes. file : a descriptor, to read it whole."""

    identity: Identity | None
    file: int
    run: RunRow
    connections: list[sqlite3.Connection]


def identity(file: Path | int) -> Identity | None:
    """The file that lies there now, or that a descriptor is of; None if there is none."""
    try:
        stat = os.stat(file)
    except OSError:
        return None
    return stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size


def hold(path: Path, count: int, *, visitors: bool = True) -> OpenSnapshot:
    """Open a database file `count` times, all on the same file.

    visitors : whether others' statements are run on it. Ours alone may be about one measure after
        another, for which views are made in memory.
    ConfigError if there is none, it is older or newer than this program, or publishes nothing;
    VerifyError if it is not as it was written; StoreError if it was replaced again and again while
    it was opened.
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
        snapshot = OpenSnapshot(
            identity(file),
            file,
            run,
            [_connection(path) if visitors else _lent(path) for _ in range(count)],
        )
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


def _connection(path: Path) -> sqlite3.Connection:
    """A connection that reads this file and nothing else."""
    connection = _lent(path)
    connection.execute("pragma query_only = on")
    # Read before the authorizer stands: the first use of a connection reads the schema.
    connection.execute("pragma schema_version").fetchone()
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
    named = "select name from main.sqlite_master union select name from sqlite_temp_master"
    tables = {name for (name,) in connection.execute(named).fetchall()} | _TABLES
    connection.set_authorizer(partial(_allowed, frozenset(tables)))
    return connection


def _lent(path: Path) -> sqlite3.Connection:
    """A connection that reads a record's file with the views of this program."""
    connection = _immutable(path)
    # Where a query can be stopped by its size; set later, it would drop the views.
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


def _allowed(
    tables: Container[str],
    action: int,
    first: str | None,
    second: str | None,
    _: str | None,
    __: str | None,
) -> int:
    """SQLite asks for each thing a statement would do. tables : that may be read."""
    if action in _ALLOWED or (action == sqlite3.SQLITE_READ and first in tables):
        return sqlite3.SQLITE_OK
    # SQLite gives a function's name second, a pragma's first.
    name = ((second if action == sqlite3.SQLITE_FUNCTION else first) or "").lower()
    if action == sqlite3.SQLITE_FUNCTION:
        allowed = name not in _REFUSED_FUNCTIONS
    else:
        asks_version = name == "schema_version" and second is None
        allowed = action == sqlite3.SQLITE_PRAGMA and (name in _PRAGMAS or asks_version)
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def close(snapshot: OpenSnapshot) -> None:
    """Let go of the file."""
    for connection in snapshot.connections:
        connection.close()
    os.close(snapshot.file)
