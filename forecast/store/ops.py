"""The second file, ops.db, beside the database: polls, what came of them, how long they are kept.

Kept apart because analysts and backups of the figures have no business with it, and because a
poll must not wait for a run. Same rules: one writer, inside its own write lock.

Old polls and wakes may be deleted. What a delivery became is kept: it is why nothing is ever sent
twice. In the record forecasts, judgements, flags, releases and notices are never deleted.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection
from typing import Literal, TypeVar

from forecast.store import connect, queries
from forecast.store.connect import insert_few, insert_or, transaction
from forecast.types import Release, Row

T = TypeVar("T")

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


@dataclass(frozen=True, slots=True)
class Download:
    """A content that was found. url : that gave it. first_seen_at : "YYYY-MM-DD"."""

    url: str
    sha256: str
    file_name: str
    first_seen_at: str
    poll_id: int


def ops_path(path: Path) -> Path:
    """Where the ops.db of this database is; one of another name has its own, "mine-ops.db"."""
    return path.with_name(NAME if path.stem == "bordercast" else f"{path.stem}-{NAME}")


@contextmanager
def writing(path: Path) -> Iterator[Connection]:
    """The one writing connection to the ops.db beside the database `path`."""
    with connect.writing(ops_path(path), schema=SCHEMA) as db:
        yield db


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection to the ops.db beside the database `path`; it must be there."""
    with closing(connect.read(ops_path(path), SCHEMA)) as connection:
        yield connection


def ask(path: Path, how: Callable[..., list[T]], *what: object) -> list[T]:
    """Ask the ops.db beside the database `path` by a function of `queries`.

    Empty where there is no such file yet, or where it is from before this table.
    """
    # A record that was never served has none, and asking must not make one.
    if not ops_path(path).exists():
        return []
    # An older ops.db is migrated by whoever writes next, not by who asks how things stand.
    with reading(path) as connection, suppress(sqlite3.OperationalError):
        return how(connection, *what)
    return []


def rows(path: Path, name: str) -> list[Row]:
    """Return the rows of a named statement on the ops.db beside the database `path`."""
    return ask(path, queries.rows, name)


def row(path: Path, name: str) -> Row | None:
    """Return the first of these rows, None where there is none."""
    return next(iter(rows(path, name)), None)


def text(moment: datetime) -> str:
    """Return a moment as it is stored."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def last_poll(db: Connection) -> tuple[int, Poll] | None:
    """Return the last poll and its id, None before the first."""
    for poll_id, *poll in db.execute(queries.sql("poll_with_id")):
        return int(poll_id), Poll(*poll)
    return None


def links(db: Connection) -> dict[str, Link]:
    """Return every address seen so far."""
    seen = queries.records(db, Link, "links")
    return {link.url: replace(link, listed=bool(link.listed)) for link in seen}


def downloads(db: Connection) -> list[Download]:
    """Return every content ever found, in the order of finding."""
    return queries.records(db, Download, "downloads")


def save_download(db: Connection, download: Download, link: Link) -> None:
    """Record a content, and how to ask for its address again."""
    with transaction(db):
        insert_or("ignore", db, "downloads", [asdict(download)])
        insert_or("replace", db, "links", [asdict(link)])


def save_poll(
    db: Connection, poll_id: int, poll: Poll, answers: Iterable[PollAnswer], seen: Iterable[Link]
) -> None:
    """Record a poll, what became of each address, and how to ask again."""
    # Unchanged answers would be a row an address a day, and say nothing.
    changed = [{"poll_id": poll_id, **asdict(a)} for a in answers if a.outcome != "unchanged"]
    with transaction(db):
        insert_few(db, "polls", [{"id": poll_id, **asdict(poll)}])
        insert_few(db, "answers", changed)
        insert_or("replace", db, "links", map(asdict, seen))


def save_left(db: Connection, left: Mapping[str, str], today: str) -> None:
    """Record what stays in the inbox, name -> reason, in the place of what was recorded before."""
    # Not written where nothing changed: a poll must not wait for a lock each time.
    known = dict(queries.pairs(db, "left_in_inbox"))
    if known != left:
        with transaction(db):
            db.execute("delete from inbox_left")
            items = left.items()
            rows = ({"name": name, "reason": why, "seen_at": today} for name, why in items)
            insert_few(db, "inbox_left", rows)


def save_unknown(db: Connection, release: Release, unknown: Mapping[str, Collection[str]]) -> None:
    """Record the labels of an accepted file that are not known, dimension -> labels.

    A file states its whole window, so what older ones of its layout lacked is settled by it.
    """
    # Layouts are settled each for itself: siblings have other columns.
    file = {"file_name": release.file_name, "kind": release.kind, "seq": release.seq}
    with transaction(db):
        db.execute(queries.sql("settle_unknown"), (release.kind, release.seq))
        for name, labels in unknown.items():
            insert_few(
                db,
                "unknown_labels",
                ({**file, "dimension": name, "label": label} for label in labels),
            )


def forget_polls(path: Path, now: datetime, days: int) -> int:
    """Delete polls and wakes older than so many days, but for the last ones; how many."""
    before = (text(now - timedelta(days=days)),)
    with writing(path) as db, transaction(db):
        # Before their polls, to which they refer.
        db.execute(queries.sql("forget_answers"), before)
        gone = (db.execute(queries.sql(name), before) for name in ("forget_polls", "forget_wakes"))
        return sum(cursor.rowcount for cursor in gone)
