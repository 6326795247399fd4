"""Which files are held, which were refused and why, and an operator's word against a refusal.

Quick to import: `releases list` and `show` read through here.
"""

from __future__ import annotations

import sqlite3
from dataclasses import astuple
from typing import TYPE_CHECKING, Any, NamedTuple

from forecast.errors import DataError
from forecast.store import ledger
from forecast.store.queries import sql
from forecast.store.releases import RELEASE_COLUMNS, save_snapshot
from forecast.types import Release, Snapshot

if TYPE_CHECKING:
    from sqlite_utils import Database

_SHOWN = """
    id, source, kind, file_name, url, sha256, data_through, seq, rounding, first_seen_at,
    first_seen_precision, status, reason, decided_at
"""


class KnownFile(NamedTuple):
    """A file the record knows: accepted or quarantined."""

    release_id: int
    status: str


def find_by_hash(db: Database | sqlite3.Connection, sha256: str) -> KnownFile | None:
    """The release with this content, None if it is not known."""
    row = db.execute("select id, status from releases where sha256 = ?", (sha256,)).fetchone()
    return None if row is None else KnownFile(*row)


def save_refused(db: Database, release: Release, reason: str) -> int:
    """Record a refused file, or the newer reason; must run inside a transaction. Returns its id."""
    columns = f"{RELEASE_COLUMNS}, status, reason, counts_digest"
    values = (*astuple(release), "quarantined", reason, "")
    marks = ", ".join("?" * len(values))
    (release_id,) = db.execute(
        sql("save_refused", columns=columns, marks=marks),
        values,
    ).fetchone()
    ledger.state(db, "refused", release_id)
    return int(release_id)


def save_after_all(db: Database, release_id: int, snapshot: Snapshot, why: str, now: str) -> None:
    """Turn a quarantined file into an accepted release, under its id; inside a transaction.

    Parameters
    ----------
    why : the reason recorded with it, "" if the checks no longer object.
    now : the moment an operator decided it, UTC; "" if nobody had to.
    """
    gone = db.execute(
        "delete from main.releases where id = ? and status = 'quarantined'", (release_id,)
    )
    if gone.rowcount != 1:
        raise DataError(f"release {release_id} is not in quarantine")
    save_snapshot(db, snapshot, why, release_id=release_id, decided_at=now)


def all_releases(connection: sqlite3.Connection, status: str | None = None) -> list[dict[str, Any]]:
    """Every release, newest last, in the order in which they count."""
    rows = connection.execute(
        f"select {_SHOWN} from releases where ? is null or status = ? order by seq, id",
        (status, status),
    )
    return _as_dicts(rows)


def one_release(connection: sqlite3.Connection, release_id: int) -> dict[str, Any]:
    """One release; DataError if there is none."""
    rows = connection.execute(f"select {_SHOWN} from releases where id = ?", (release_id,))
    releases = _as_dicts(rows)
    if not releases:
        raise DataError(f"no release {release_id}; `bordercast releases list` shows all")
    return releases[0]


def measure_of(db: Database | sqlite3.Connection, release_id: int) -> int | None:
    """The id of a release's measure, None where there is no such release."""
    query = "select measure_id from main.releases where id = ?"
    row = db.execute(query, (release_id,)).fetchone()
    return int(row[0]) if row else None


def statement(connection: sqlite3.Connection, release_id: int) -> list[dict[str, Any]]:
    """What a release states of each total: first and last month, months it was first to change."""
    rows = connection.execute(
        sql("coverage_by_total"),
        (release_id,),
    )
    return _as_dicts(rows)


def revisions_by(connection: sqlite3.Connection, release_id: int) -> list[dict[str, Any]]:
    """Totals this release changed against the release before it, newest month first."""
    rows = connection.execute(
        sql("revisions_by"),
        (release_id,),
    )
    return _as_dicts(rows)


def _as_dicts(rows: sqlite3.Cursor) -> list[dict[str, Any]]:
    names = [column[0] for column in rows.description]
    return [dict(zip(names, row, strict=True)) for row in rows]


def newest_files(connection: Database | sqlite3.Connection) -> list[tuple[str, str, str]]:
    """(file name, sha256, last month) of the accepted files of the newest month, all layouts."""
    rows = connection.execute(sql("newest_files"))
    return [(str(row[0]), str(row[1]), str(row[2])) for row in rows]
