"""Releases and what they state: snapshots in, snapshots out; see `observations` for values."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import astuple
from typing import TYPE_CHECKING, NamedTuple

from forecast import months
from forecast.labels import Joins, joined
from forecast.store import ledger, measures, observations
from forecast.store.connect import insert, transaction
from forecast.store.queries import sql
from forecast.types import Coverage, Release, Scope, SeriesKey, Snapshot

if TYPE_CHECKING:
    import sqlite3

    from sqlite_utils import Database

RELEASE_COLUMNS = (
    "source, kind, file_name, sha256, data_through, seq, first_seen_at, first_seen_precision, "
    "url, rounding"
)


def counts_digest(snapshot: Snapshot) -> str:
    """sha256 of everything a release states, as text lines in sorted order, zeros left out."""
    lines = [
        "|".join((*key, month, str(value)))
        for key, by_month in snapshot.counts.items()
        for month, value in by_month.items()
        if value
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def save_snapshot(
    db: Database,
    snapshot: Snapshot,
    reason: str = "",
    *,
    release_id: int | None = None,
    decided_at: str = "",
) -> int:
    """Keep a release and what it states; must run inside a transaction. Returns its id.

    Parameters
    ----------
    reason : why an operator accepted it in spite of the checks; decided_at : when, UTC.
    release_id : the id it had in quarantine; a new one if None.
    """
    release_id = _save_release(db, snapshot, reason, release_id, decided_at)
    _save_statements(db, release_id, snapshot)
    ledger.state(db, "accepted", release_id)
    return release_id


def _save_release(
    db: Database, snapshot: Snapshot, reason: str, release_id: int | None, decided_at: str
) -> int:
    columns = f"{RELEASE_COLUMNS}, id, status, reason, decided_at, counts_digest"
    decision = (release_id, "accepted", reason, decided_at)
    values = (*astuple(snapshot.release), *decision, counts_digest(snapshot))
    marks = ", ".join("?" * len(values))
    query = (
        f"insert into main.releases ({columns}, measure_id) "
        f"values ({marks}, (select measure_id from scope)) returning id"
    )
    (saved,) = db.execute(query, values).fetchone()
    years = sorted(snapshot.closed | set(snapshot.rows))
    insert(
        db,
        "release_years",
        (
            {
                "release_id": saved,
                "fiscal_year": year,
                "closed": int(year in snapshot.closed),
                "line_count": snapshot.rows.get(year),
            }
            for year in years
        ),
    )
    return int(saved)


def _save_statements(db: Database, release_id: int, snapshot: Snapshot) -> None:
    insert(
        db,
        "coverage",
        (
            {
                "release_id": release_id,
                "border": c.scope.total,
                "dimension": c.scope.dimension,
                "component": c.scope.component,
                "first_month": c.first_month,
                "last_month": c.last_month,
            }
            for c in snapshot.coverage
        ),
    )
    ids = observations.added_ids(db, snapshot.counts)
    if snapshot.release.kind == "vintage":
        rows = (
            (ids[key], month, release_id, value)
            for key, by_month in snapshot.counts.items()
            for month, value in by_month.items()
        )
        observations.insert_rows(db, rows)
        return
    stated = (key.scope for key in snapshot.counts)
    for scope in dict.fromkeys((*stated, *(c.scope for c in snapshot.coverage))):
        observations.rewrite_scope(db, scope, release_id, snapshot)


def load_release(db: Database | sqlite3.Connection, release_id: int) -> Release:
    """The release with this id."""
    row = db.execute(
        f"select {RELEASE_COLUMNS} from releases where id = ?", (release_id,)
    ).fetchone()
    return Release(*row)


def load_snapshot(db: Database | sqlite3.Connection, release_id: int) -> Snapshot:
    """What a release stated, put together again from the chain."""
    release = load_release(db, release_id)
    coverage = tuple(
        Coverage(Scope(*row[:3]), row[3], row[4])
        for row in db.execute(
            sql("coverage_of_release"),
            (release_id,),
        )
    )
    years = db.execute(
        "select fiscal_year, closed, line_count from release_years where release_id = ?",
        (release_id,),
    ).fetchall()
    read = observations.explicit if release.kind == "vintage" else observations.stated
    counts: dict[SeriesKey, dict[str, int]] = {}
    for scope in sorted({c.scope for c in coverage}):
        counts.update(read(db, release_id, scope))
    return Snapshot(
        release,
        counts,
        coverage,
        {year: lines for year, _, lines in years if lines is not None},
        frozenset(year for year, closed, _ in years if closed),
    )


def neighbours(db: Database | sqlite3.Connection, new: Snapshot) -> list[Snapshot]:
    """The accepted releases next to this one by seq that state the same totals.

    The nearest below, all of the same seq, and the nearest above.
    """
    totals = sorted({c.scope.total for c in new.coverage if c.scope.dimension == ""})
    rows = db.execute(
        sql("neighboring_releases", marks=", ".join("?" * len(totals))),
        totals,
    ).fetchall()
    seq = new.release.seq
    below = [row[0] for row in rows if row[1] < seq][-1:]
    equal = [row[0] for row in rows if row[1] == seq]
    above = [row[0] for row in rows if row[1] > seq][:1]
    return [load_snapshot(db, release_id) for release_id in (*below, *equal, *above)]


def part_neighbours(
    db: Database | sqlite3.Connection, new: Snapshot, begins: int
) -> list[Snapshot]:
    """Further releases to hold a release's parts against, where its neighbours lack them.

    For each dimension of a total and each fiscal year: the nearest by seq that states it, where
    the year is closed the nearest in which it is closed too. Neighbours may be among them.
    """
    stating = _stating(db, begins)
    closed = {
        (int(release_id), int(year))
        for release_id, year in db.execute(
            "select release_id, fiscal_year from release_years where closed = 1"
        )
    }
    chosen: set[int] = set()
    for scope, first, last in new.coverage:
        if not scope.dimension:
            continue
        nearest = sorted(stating[scope], key=lambda row: abs(row.seq - new.release.seq))
        for year in range(months.fiscal_year(first, begins), months.fiscal_year(last, begins) + 1):
            there = [row.release_id for row in nearest if row.first_year <= year <= row.last_year]
            final = [
                release for release in there if year in new.closed and (release, year) in closed
            ]
            chosen.update((final or there)[:1])
    return [load_snapshot(db, release_id) for release_id in sorted(chosen)]


class _StatingRelease(NamedTuple):
    """A release that states a scope, and the fiscal years from which to which."""

    release_id: int
    seq: int
    first_year: int
    last_year: int


def _stating(db: Database | sqlite3.Connection, begins: int) -> dict[Scope, list[_StatingRelease]]:
    rows = db.execute(sql("stating_releases"))
    by_scope: dict[Scope, list[_StatingRelease]] = defaultdict(list)
    for *scope, release_id, seq, first, last in rows:
        years = months.fiscal_year(first, begins), months.fiscal_year(last, begins)
        by_scope[Scope(*scope)].append(_StatingRelease(release_id, seq, *years))
    return by_scope


def save_joins(db: Database, joins: Joins) -> None:
    """Keep which labels the operator joins; `current_counts` does so from now on."""
    if label_joins(db) == joins:
        return
    with transaction(db):
        number = measures.current(db)
        db.execute("delete from main.joined_labels where measure_id = ?", (number,))
        db.conn.executemany(
            f"insert into main.joined_labels values (?, ?, ?, {number})",
            [(name, label, to) for name, by in joins.items() for label, to in by.items()],
        )
        ledger.state(db, "kept", only=("labels", "measures"))


def label_joins(db: Database | sqlite3.Connection) -> dict[str, dict[str, str]]:
    """Dimension -> label -> the label it is joined to."""
    joins: dict[str, dict[str, str]] = {}
    for dimension, label, to in db.execute("select dimension, label, joined_to from joined_labels"):
        joins.setdefault(dimension, {})[label] = to
    return joins


def current_counts(db: Database | sqlite3.Connection) -> dict[SeriesKey, dict[str, int]]:
    """Every series by month as the newest covering release states it, with labels joined."""
    rows = db.execute(sql("current_counts"))
    counts: dict[SeriesKey, dict[str, int]] = defaultdict(dict)
    for total, dimension, member, component, month, count in rows:
        counts[SeriesKey(total, dimension, member, component)][month] = count
    joins = label_joins(db)
    return joined(counts, joins) if joins else dict(counts)


def accepted(db: Database | sqlite3.Connection) -> list[int]:
    """Ids of all accepted releases, ascending."""
    rows = db.execute("select id from releases where status = 'accepted' order by id")
    return [int(release_id) for (release_id,) in rows]
