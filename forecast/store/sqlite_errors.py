"""What SQLite's and the system's own errors mean to a person, and what to do about each."""

from __future__ import annotations

import errno
import math
import os
import shutil
import sqlite3
from pathlib import Path

from forecast.errors import StoreError

FULL = "the disk is full; nothing was half done. Make room, then run it again"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
DAMAGED = "the database is damaged ({}); restore a backup: `bordercast restore`"
_SYSTEM = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EACCES: "may not be read or written by this user; see `bordercast doctor`",
    errno.EPERM: "may not be read or written by this user; see `bordercast doctor`",
    errno.EROFS: "is on a disk that cannot be written",
    errno.EIO: "the disk does not answer; look at the system's log",
}
_SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: "the disk does not answer, or is full; make room, then run it again",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; is the disk full, or may this user not read it?",
    sqlite3.SQLITE_READONLY: "may not be written by this user; see `bordercast doctor`",
    sqlite3.SQLITE_PERM: "may not be read or written by this user; see `bordercast doctor`",
    sqlite3.SQLITE_BUSY: "another process has kept it locked for long; see which one has it open",
    sqlite3.SQLITE_LOCKED: "another process has kept it locked for long; see which one has it open",
    sqlite3.SQLITE_NOMEM: "there is not enough memory",
}


def is_damage(error: sqlite3.Error) -> bool:
    """Whether what is stored is at fault, not the disk, the memory or another process."""
    return isinstance(error, sqlite3.DatabaseError) and _code(error) not in _SQLITE


def meaning(path: Path, error: sqlite3.Error | OSError) -> StoreError | None:
    """An error with words for a person; None if it is a fault of this program.

    Parameters
    ----------
    path : the database at work on.
    """
    if isinstance(error, OSError):
        problem = _SYSTEM.get(error.errno or 0)
        if error.errno in NO_ROOM and not error.filename:
            return StoreError(*_full(path))
        return StoreError(str(error.filename or path), problem) if problem else None
    if isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError):
        return None
    if _code(error) == sqlite3.SQLITE_FULL:
        return StoreError(*_full(path))
    return StoreError(str(path), _SQLITE.get(_code(error)) or DAMAGED.format(error))


def _full(path: Path) -> tuple[str, str]:
    """Which place is full, and what to do.

    SQLite and the system do not say. A large sort is done in the temporary folder, which may lie on
    another disk: the one with less room is meant.
    """
    named = (os.environ.get(name, "") for name in ("SQLITE_TMPDIR", "TMPDIR"))
    usual = ("/var/tmp", "/usr/tmp", "/tmp")  # noqa: S108 - only how much room they have
    folders = (f for f in (*named, *usual) if f and os.access(f, os.W_OK | os.X_OK))
    scratch = Path(next(folders, "."))
    if _free(path.parent) <= _free(scratch):
        return str(path), FULL
    return str(scratch), f"{FULL}, or set TMPDIR to a folder on another disk"


def _free(folder: Path) -> float:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return math.inf


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; extended ones keep it in their low byte."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
