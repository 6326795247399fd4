"""The write-ahead log, and who keeps it from being emptied.

A run is committed into the log beside the database file. When the writing connection closes, the
log goes into the file, but only as far as no reader still looks at what stood before: one that
never ends its transaction lets the log grow with every run.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from forecast.store import connect

# Bytes of the log's index that SQLite locks while a connection reads at a mark (wal.c).
_READ_MARKS = range(123, 128)
_LOCKS = Path("/proc/locks")


def held_up_by(path: Path, locks: Path = _LOCKS) -> list[int] | None:
    """The processes that keep the last run out of the database file, None if it is in it.

    Empty where the system does not tell who reads. To be asked while nobody writes.
    """
    log = path.with_name(path.name + "-wal")
    if not log.exists() or not log.stat().st_size or _in_file(path):
        return None
    if not locks.exists():
        return []
    return _reading(path.with_name(path.name + "-shm"), locks) or None


def _in_file(path: Path) -> bool:
    """Whether the file without its log knows the last run."""
    last = "select coalesce(max(id), 0) from runs"
    with closing(connect.read(path)) as connection:
        known = connection.execute(last).fetchone()
    alone = f"file:{quote(str(path))}?mode=ro&immutable=1"
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(alone, uri=True)) as file:
        return bool(file.execute(last).fetchone() == tuple(known))
    return True  # it was being changed: it can be asked again


def _reading(index: Path, locks: Path) -> list[int]:
    """Other processes that hold one of the index's read marks; the file itself is not opened."""
    inode = f":{index.stat().st_ino}" if index.exists() else ""
    lines = [line.split() for line in locks.read_text(encoding="ascii").splitlines()]
    readers = {
        int(pid)
        for _, kind, _, _, pid, file, first, *_ in (x for x in lines if "->" not in x)
        if inode and kind == "POSIX" and file.endswith(inode) and int(first) in _READ_MARKS
    }
    return sorted(readers - {os.getpid()})
