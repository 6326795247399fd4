"""The second file, ops.db, beside the database: polls, what came of them, how long they are kept.

Kept apart because analysts and backups of the figures have no business with it, and because a
poll must not wait for a run. Same rules: one writer, inside its own write lock.

Old polls and wakes may be deleted. What a delivery became is kept: it is why nothing is ever sent
twice. In the record forecasts, judgements, flags, releases and notices are never deleted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from forecast.store import connect, queries
from forecast.store.connect import transaction
from forecast.types import Release, Row

if TYPE_CHECKING:
    from sqlite_utils import Database

NAME = "ops.db"
SCHEMA = "ops_migrations"

PollOutcome = Literal["new", "unchanged", "replaced", "unrecognized", "blocked", "unreachable"]


@dataclass(frozen=True, slots=True)
class Poll:
    """One look at the publisher's page. Moments are UTC, ISO 8601.

    outcome : the worst of its answers. blocked_since : start of the first of the blocked polls in
    a row, None if this one was not blocked. not_before : when it may be asked again.
    """

    started_at: str
    finished_at: str
    outcome: PollOutcome
    detail: str
    blocked_since: str | None = None
    not_before: str | None = None


@dataclass(frozen=True, slots=True)
class PollAnswer:
    """What became of one address in a poll; an unchanged one is not kept."""

    url: str
    outcome: PollOutcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An address, and how to ask for it again.

    listed : whether it was on the page at the last poll. etag, last_modified : as the server sent
    them, "" where it did not, or where the content was refused and must be asked for in full.
    sha256 : of the content it last gave, "" before the first. unrecognized : why it is not asked
    for although it looks like data, "" for all that are understood.
    """

    url: str
    listed: bool = True
    etag: str = ""
    last_modified: str = ""
    sha256: str = ""
    unrecognized: str = ""


class Download(NamedTuple):
    """A content that an address gave, and the day "YYYY-MM-DD" on which it was first seen."""

    url: str
    sha256: str
    file_name: str
    first_seen_at: str
    poll_id: int


def ops_path(path: Path) -> Path:
    """Where the ops.db of this database is; one of another name has its own, "mine-ops.db"."""
    return path.with_name(NAME if path.stem == "bordercast" else f"{path.stem}-{NAME}")


@contextmanager
def writing(path: Path) -> Iterator[Database]:
    """The one writing connection to the ops.db beside the database `path`."""
    with connect.writing(ops_path(path), schema=SCHEMA) as db:
        yield db


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection to the ops.db beside the database `path`; it must be there."""
    with closing(connect.read(ops_path(path), SCHEMA)) as connection:
        yield connection


def rows(path: Path, name: str) -> list[Row]:
    """Run a named statement on the ops.db beside the database `path`.

    None where there is no such file yet, or where it is from before this table.
    """
    if not ops_path(path).exists():
        return []
    with reading(path) as connection, suppress(sqlite3.OperationalError):
        return queries.rows(connection, name)
    return []


def row(path: Path, name: str) -> Row | None:
    """Return the first of these rows, None where there is none."""
    return next(iter(rows(path, name)), None)


def last_poll(db: Database | sqlite3.Connection) -> tuple[int, Poll] | None:
    """The last poll and its id, None before the first."""
    row = db.execute(
        "select id, started_at, finished_at, outcome, detail, blocked_since, not_before "
        "from polls order by id desc limit 1"
    ).fetchone()
    return None if row is None else (int(row[0]), Poll(*row[1:]))


def next_poll_id(db: Database | sqlite3.Connection) -> int:
    """The id the next poll will have."""
    (following,) = db.execute("select coalesce(max(id), 0) + 1 from polls").fetchone()
    return int(following)


def links(db: Database | sqlite3.Connection) -> dict[str, Link]:
    """Every address seen so far."""
    rows = db.execute("select url, listed, etag, last_modified, sha256, unrecognized from links")
    return {url: Link(url, bool(listed), *rest) for url, listed, *rest in rows}


def downloads(db: Database | sqlite3.Connection) -> list[Download]:
    """Every content ever found, in the order of finding."""
    rows = db.execute(
        "select url, sha256, file_name, first_seen_at, poll_id from downloads "
        "order by poll_id, file_name, sha256"
    )
    return [Download(*row) for row in rows]


def save_download(db: Database, download: Download, link: Link) -> None:
    """Record a content and how to ask for its address again."""
    with transaction(db):
        db.execute("insert or ignore into downloads values (?, ?, ?, ?, ?)", tuple(download))
        _save_link(db, link)


def save_poll(
    db: Database, poll_id: int, poll: Poll, answers: Iterable[PollAnswer], seen: Iterable[Link]
) -> None:
    """Record a poll, what became of each address, and how to ask again."""
    with transaction(db):
        db.execute("insert into polls values (?, ?, ?, ?, ?, ?, ?)", (poll_id, *astuple(poll)))
        db.conn.executemany(
            "insert into answers values (?, ?, ?, ?)",
            [(poll_id, *astuple(a)) for a in answers if a.outcome != "unchanged"],
        )
        for link in seen:
            _save_link(db, link)


def save_left(db: Database, left: Mapping[str, str], today: str) -> None:
    """Record what stays in the inbox, name -> reason, in the place of what was recorded before."""
    if dict(db.execute("select name, reason from inbox_left").fetchall()) == left:
        return
    with transaction(db):
        db.execute("delete from inbox_left")
        db.conn.executemany(
            "insert into inbox_left values (?, ?, ?)",
            [(name, reason, today) for name, reason in left.items()],
        )


def save_unknown(db: Database, release: Release, unknown: Mapping[str, Collection[str]]) -> None:
    """Record the labels of an accepted file that are not known, dimension -> labels.

    A file states its whole window, so what older ones of its layout lacked is settled by it.
    """
    place = (release.file_name, release.kind, release.seq)
    settled = "from unknown_labels where kind = ? and seq <= ?"
    if not unknown and not db.execute(f"select 1 {settled}", place[1:]).fetchone():
        return
    with transaction(db):
        db.execute(f"delete {settled}", place[1:])
        db.conn.executemany(
            "insert into unknown_labels values (?, ?, ?, ?, ?)",
            [(*place, name, label) for name, labels in unknown.items() for label in labels],
        )


def forget_validators(db: Database, sha256: str) -> None:
    """Ask in full, next time, for the addresses whose content was refused."""
    with transaction(db):
        db.execute("update links set etag = '', last_modified = '' where sha256 = ?", (sha256,))


def forget_polls(path: Path, now: datetime, days: int) -> int:
    """Delete polls and wakes older than so many days, but for the last ones; how many."""
    before = (now - timedelta(days=days)).isoformat(timespec="seconds")
    with writing(path) as db, transaction(db):
        old = "started_at < ? and id < (select max(id) from polls)"
        db.execute(
            f"delete from answers where poll_id in (select id from polls where {old})", (before,)
        )
        polls = db.execute(f"delete from polls where {old}", (before,)).rowcount
        wakes = db.execute(
            "delete from wakes where started_at < ? and id < (select max(id) from wakes)",
            (before,),
        ).rowcount
    return int(polls) + int(wakes)


def _save_link(db: Database, link: Link) -> None:
    db.execute(
        "insert or replace into links (url, listed, etag, last_modified, sha256, unrecognized) "
        "values (?, ?, ?, ?, ?, ?)",
        astuple(link),
    )
