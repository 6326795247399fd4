"""Whole copies of a database: the analysts' file, backups, and the way back.

A copy is made by VACUUM INTO from a reading connection, brought to the disk, and only then given
its name. The live file is never opened other than by SQLite: closing it would drop the locks of
the process (10 of 11 committed rows were lost that way).
"""

import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from forecast import files
from forecast.errors import DataError
from forecast.store import connect, integrity, ops
from forecast.store.connect import OWNER_ONLY
from forecast.store.schema import SCHEMA

READ_ONLY = 0o444


def copy(path: Path, to: Path, mode: int, schema: str = SCHEMA) -> Path:
    """A whole copy of the database as it stands now, complete or absent; returns `to`."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with (
        closing(connect.read(path, schema)) as connection,
        files.replacing(to, mode, alone=True) as part,
    ):
        connection.execute("vacuum into ?", (str(part),))
        # Without a log: readers under another user could not open one.
        with closing(sqlite3.connect(part)) as made:
            (log,) = made.execute("pragma journal_mode = delete").fetchone()
        if log != "delete":
            raise DataError(f"{part.name}: the copy kept its log ({log}); nothing was replaced")
    return to


def problems(path: Path, schema: str = SCHEMA) -> list[str]:
    """What speaks against a copy; empty if it is whole and its record was not edited."""
    with closing(connect.read(path, schema)) as connection:
        return (integrity.findings if schema == SCHEMA else integrity.damage)(connection)


def put_back(source: Path, path: Path) -> None:
    """Put a copy in the place of the live database; inside the write lock.

    The old one's log goes first: read with the new file, it would spoil it. Killed at any point,
    this leaves the old database or the new one.
    """
    with files.replacing(path, OWNER_ONLY, alone=True) as part:
        shutil.copyfile(source, part)
        if path.exists():  # its log into its file first, so that deleting that loses nothing
            with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path)) as connection:
                connection.execute("pragma wal_checkpoint(truncate)")
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def silence(path: Path, now: datetime, why: str) -> int:
    """Let nothing that waited in a restored ops.db go out: it may have been sent since.

    Returns how many deliveries that were.
    """
    moment = now.isoformat(timespec="seconds")
    # Whether these went out after the backup was made is not known; twice is worse than never.
    with ops.writing(path) as db, connect.transaction(db):
        stopped = db.execute(
            "update deliveries set state = 'given up', settled_at = ?, claimed_at = null, "
            "reply = ? where state in ('waiting', 'sending')",
            (moment, why),
        )
        db.execute("update mail_state set began_at = ?", (moment,))
        return int(stopped.rowcount)
