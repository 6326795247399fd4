"""What the service did, in ops.db: wakes, who leads, the last verification.

Written by the daemon and by whoever verifies; read by `status`, and by everything that shows
figures: after a verification that failed, nothing is shown until one succeeds, and what is altered
at sight is not shown either.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Literal

from forecast.errors import BordercastError, VerifyError
from forecast.store import connect, integrity, ops
from forecast.store.connect import insert_one, transaction, write
from forecast.store.ops import text
from forecast.store.queries import records

Ended = Literal["published", "nothing new", "waiting", "blocked", "failed", "stopped"]

Mode = Literal["daemon", "timer"]


@dataclass(frozen=True, slots=True)
class Wake:
    """A time the service woke; finished_at, outcome : None while it works."""

    started_at: str
    finished_at: str | None
    pid: int
    outcome: Ended | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Leader:
    """The process that serves, and when it means to wake next; a timer does not say."""

    started_at: str
    pid: int
    next_wake_at: str | None
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found: "" if the record was whole."""

    checked_at: str
    digest: str
    findings: str


def last(path: Path) -> Wake | None:
    """Return the last wake, None before the first."""
    return next(iter(ops.ask(path, records, Wake, "last_cycle")), None)


def leader(path: Path) -> Leader | None:
    """Return who leads, as it was written down; None where nobody ever did."""
    return next(iter(ops.ask(path, records, Leader, "leader")), None)


def begin_wake(db: Connection, now: datetime, pid: int) -> int:
    """Write down that work begins; returns the wake's id."""
    with transaction(db):
        row = {"started_at": text(now), "pid": pid, "outcome": "working", "detail": ""}
        return insert_one(db, "wakes", row)


def end_wake(db: Connection, wake_id: int, now: datetime, outcome: Ended, detail: str) -> None:
    """Write down what came of it."""
    write(db, "end_wake", (text(now), outcome, detail, wake_id))


def save_leader(
    db: Connection, started_at: str, pid: int, next_wake_at: str | None, mode: Mode = "daemon"
) -> None:
    """Write down who leads, and when it means to wake next; a timer does not say."""
    write(db, "save_leader", (started_at, pid, next_wake_at, mode))


def save_verified(path: Path, now: datetime, digest: str, findings: Sequence[str]) -> None:
    """Remember what a verification of the database `path` found."""
    with ops.writing(path) as db:
        write(db, "save_verified", (text(now), digest, "; ".join(findings)))


def verified(path: Path) -> Verification | None:
    """Return the last verification of the database `path`; None before the first."""
    # An ops.db that we may not read, or from before there were verifications, knows of none.
    with suppress(BordercastError, sqlite3.OperationalError):
        return next(iter(ops.ask(path, records, Verification, "verification")), None)
    return None


def require_intact(path: Path, sound: FilesAsOf = ()) -> FilesAsOf:
    """Show nothing of a record whose last verification failed, or that is altered at sight.

    sound : what this said last; as long as no file has changed since, it is said again. VerifyError
    says why and what to do.
    """
    # A page asks before each answer; most of the time nothing has changed.
    now = files_as_of(path)
    if now == sound:
        return now
    # What a whole verification found weighs more than what can be seen at once.
    found = verified(path)
    if found and found.findings:
        refuse([found.findings], f"verification failed on {found.checked_at}")
    with connect.moment(path) as connection:
        refuse(integrity.at_sight(connection), "the record is not as it was written")
    return now


def as_written(path: Path) -> FilesAsOf:
    """Return what `require_intact` would of a record that was looked at before it was written to.

    Its digests need not be read again; empty where the last verification failed.
    """
    found = verified(path)
    return () if found and found.findings else files_as_of(path)


FilesAsOf = tuple[tuple[str, int, int, int], ...]


def files_as_of(path: Path) -> FilesAsOf:
    """What changes with the record, its log, or what was last found of them; as nothing else."""
    files = (path, path.with_name(f"{path.name}-wal"), ops.ops_path(path))
    known = ((str(file), file.stat()) for file in files if file.exists())
    # Reading begins a log without a byte in it.
    return tuple((name, s.st_ino, s.st_size, s.st_mtime_ns) for name, s in known if s.st_size)


def refuse(findings: Sequence[str], why: str) -> None:
    """VerifyError if there are findings."""
    if findings:
        raise VerifyError(
            [
                f"not shown: {why}",
                *findings,
                "restore a backup, or run `bordercast verify` again when the record is whole",
            ]
        )
