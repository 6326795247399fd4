"""Releases and what they state.

An observation row stands only where a release's value differs from that of the release before
it (by seq) that covers the month; from a month's first row on, its value at any release is the
last row at or before that release. Vintages are partial and stand beside this chain: their rows
are always explicit and never current. The rows of a scope are rewritten as a whole, so that
releases may arrive in any order and leave the same table.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

from forecast import months
from forecast.records import Coverage, Release, Scope, SeriesKey, Snapshot
from forecast.store import seals

if TYPE_CHECKING:
    import sqlite3

    from sqlite_utils import Database

# The chain's order, as in the view `release_places`; the release columns must be in reach as r.
# Newest last.
ORDER = "r.seq, r.kind <> 'bundle', r.decided_at, coalesce(r.first_seen_at, ''), r.sha256"
RELEASE_COLUMNS = (
    "source, kind, file_name, sha256, data_through, seq, first_seen_at, first_seen_precision, "
    "url, rounding"
)


@dataclass(frozen=True, slots=True)
class _Link:
    """A release in the chain of a scope, and the months it covers there."""

    release_id: int
    first: str
    last: str

    def covers(self, month: str) -> bool:
        return self.first <= month <= self.last


Values = dict[SeriesKey, dict[str, dict[int, int]]]  # series -> month -> release id -> count


def counts_digest(snapshot: Snapshot) -> str:
    """sha256 of everything a release states, as text lines in sorted order, zeros left out."""
    lines = [
        "|".join((*key, month, str(value)))
        for key, by_month in snapshot.counts.items()
        for month, value in by_month.items()
        if value
    ]
    return _sha256(sorted(lines))


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
    seals.seal(db.conn, "figures")
    return release_id


def _save_release(
    db: Database, snapshot: Snapshot, reason: str, release_id: int | None, decided_at: str
) -> int:
    columns = f"{RELEASE_COLUMNS}, id, status, reason, decided_at, counts_digest"
    decision = (release_id, "accepted", reason, decided_at)
    values = (*astuple(snapshot.release), *decision, counts_digest(snapshot))
    marks = ", ".join("?" * len(values))
    cursor = db.execute(f"insert into releases ({columns}) values ({marks})", values)
    saved = int(cursor.lastrowid or 0)
    years = sorted(snapshot.closed | set(snapshot.rows))
    db.table("release_years").insert_all(
        {
            "release_id": saved,
            "fiscal_year": year,
            "closed": int(year in snapshot.closed),
            "line_count": snapshot.rows.get(year),
        }
        for year in years
    )
    return saved


def _save_statements(db: Database, release_id: int, snapshot: Snapshot) -> None:
    db.table("coverage").insert_all(
        {
            "release_id": release_id,
            **c.scope._asdict(),
            "first_month": c.first_month,
            "last_month": c.last_month,
        }
        for c in snapshot.coverage
    )
    ids = _series_ids(db, snapshot.counts)
    by_scope: dict[Scope, list[SeriesKey]] = defaultdict(list)
    for key in snapshot.counts:
        by_scope[key.scope].append(key)
    for coverage in snapshot.coverage:
        by_scope.setdefault(coverage.scope, [])
    if snapshot.release.kind == "vintage":
        _insert_rows(db, _explicit_rows(ids, release_id, snapshot))
        return
    for scope in by_scope:
        _rewrite_scope(db, scope, release_id, snapshot)


def _explicit_rows(
    ids: dict[SeriesKey, int], release_id: int, snapshot: Snapshot
) -> Iterator[tuple[int, str, int, int]]:
    for key, by_month in snapshot.counts.items():
        for month, value in by_month.items():
            yield ids[key], month, release_id, value


def _rewrite_scope(db: Database, scope: Scope, release_id: int, snapshot: Snapshot) -> None:
    """Rewrite a scope's rows as its chain with the new release in it demands."""
    chain = _chain(db, scope)
    before = _rows(db, scope)
    ids = _series_ids(db, before)
    for key, series_id in ids.items():
        old = before[key]
        stated = snapshot.counts.get(key, {})
        new = _compressed(chain, old, release_id, stated)
        _write_difference(db, series_id, old, new)


def _compressed(
    chain: list[_Link], old: dict[str, dict[int, int]], new_id: int, stated: Any
) -> dict[str, dict[int, int]]:
    """One series' rows, month -> release id -> count, with the new release in its place."""
    rows: dict[str, dict[int, int]] = {}
    for month in _covered(chain):
        in_month = old.get(month, {})
        running, written = 0, None
        for link in chain:
            if not link.covers(month):
                continue
            if link.release_id == new_id:
                value = int(stated.get(month, 0))
            else:
                running = value = in_month.get(link.release_id, running)
            if value != written:
                rows.setdefault(month, {})[link.release_id] = written = value
    return rows


def _covered(chain: list[_Link]) -> list[str]:
    seen: set[str] = set()
    for link in chain:
        seen.update(months.between(link.first, link.last))
    return sorted(seen)


def _write_difference(
    db: Database, series_id: int, old: dict[str, dict[int, int]], new: dict[str, dict[int, int]]
) -> None:
    before = {(m, r): v for m, by_release in old.items() for r, v in by_release.items()}
    after = {(m, r): v for m, by_release in new.items() for r, v in by_release.items()}
    gone = [(series_id, m, r) for m, r in before if after.get((m, r)) != before[m, r]]
    db.conn.executemany(
        "delete from observations where series_id = ? and month = ? and release_id = ?", gone
    )
    _insert_rows(
        db, ((series_id, m, r, v) for (m, r), v in after.items() if before.get((m, r)) != v)
    )


def _insert_rows(db: Database, rows: Iterable[tuple[int, str, int, int]]) -> None:
    db.conn.executemany(
        "insert into observations (series_id, month, release_id, encounters) values (?, ?, ?, ?)",
        rows,
    )


def _series_ids(db: Database, keys: Iterable[SeriesKey]) -> dict[SeriesKey, int]:
    """Ids of these series; those not yet known are added."""
    db.conn.executemany(
        "insert into series (border, dimension, member, component) values (?, ?, ?, ?) "
        "on conflict do nothing",
        sorted(keys),
    )
    known = series_ids(db)
    return {key: known[key] for key in keys}


def series_ids(db: Database | sqlite3.Connection) -> dict[SeriesKey, int]:
    """Every series and its id."""
    rows = db.execute("select border, dimension, member, component, id from series order by id")
    return {SeriesKey(*row[:4]): int(row[4]) for row in rows}


def _chain(db: Database | sqlite3.Connection, scope: Scope) -> list[_Link]:
    rows = db.execute(
        f"""
        select c.release_id, c.first_month, c.last_month
        from coverage as c join releases as r on r.id = c.release_id
        where c.border = ? and c.dimension = ? and c.component = ?
            and r.status = 'accepted' and r.kind <> 'vintage'
        order by {ORDER}
        """,
        scope,
    )
    return [_Link(*row) for row in rows]


def _rows(db: Database | sqlite3.Connection, scope: Scope) -> Values:
    """The chain's rows of a scope; every series of the scope is a key, even without rows."""
    rows = db.execute(
        """
        select s.border, s.dimension, s.member, s.component, o.month, o.release_id, o.encounters
        from series as s
        left join (
            select o.* from observations as o
            join releases as r on r.id = o.release_id and r.kind <> 'vintage'
        ) as o on o.series_id = s.id
        where s.border = ? and s.dimension = ? and s.component = ?
        order by s.id
        """,
        scope,
    )
    values: Values = {}
    for border, dimension, member, component, month, release_id, count in rows:
        by_month = values.setdefault(SeriesKey(border, dimension, member, component), {})
        if month is not None:
            by_month.setdefault(month, {})[release_id] = count
    return values


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
            "select border, dimension, component, first_month, last_month from coverage "
            "where release_id = ? order by 1, 2, 3, 4",
            (release_id,),
        )
    )
    years = db.execute(
        "select fiscal_year, closed, line_count from release_years where release_id = ?",
        (release_id,),
    ).fetchall()
    return Snapshot(
        release,
        _stated(db, release_id, release.kind == "vintage", {c.scope for c in coverage}),
        coverage,
        {year: lines for year, _, lines in years if lines is not None},
        frozenset(year for year, closed, _ in years if closed),
    )


def _stated(
    db: Database | sqlite3.Connection, release_id: int, vintage: bool, scopes: set[Scope]
) -> dict[SeriesKey, dict[str, int]]:
    counts: dict[SeriesKey, dict[str, int]] = {}
    for scope in sorted(scopes):
        if vintage:
            counts.update(_explicit(db, release_id, scope))
            continue
        chain = _chain(db, scope)
        for key, by_month in _rows(db, scope).items():
            counts[key] = _value_at(chain, by_month, release_id)
    return counts


def _explicit(
    db: Database | sqlite3.Connection, release_id: int, scope: Scope
) -> dict[SeriesKey, dict[str, int]]:
    rows = db.execute(
        """
        select s.member, o.month, o.encounters
        from observations as o join series as s on s.id = o.series_id
        where o.release_id = ? and s.border = ? and s.dimension = ? and s.component = ?
        """,
        (release_id, *scope),
    )
    counts: dict[SeriesKey, dict[str, int]] = defaultdict(dict)
    for member, month, count in rows:
        counts[SeriesKey(scope.border, scope.dimension, member, scope.component)][month] = count
    return counts


def _value_at(
    chain: list[_Link], by_month: dict[str, dict[int, int]], release_id: int
) -> dict[str, int]:
    """One series as a release of its chain stated it."""
    place = next(i for i, link in enumerate(chain) if link.release_id == release_id)
    stated = {}
    for month in months.between(chain[place].first, chain[place].last):
        rows = by_month.get(month, {})
        value = next(
            (
                rows[link.release_id]
                for link in reversed(chain[: place + 1])
                if link.release_id in rows
            ),
            0,
        )
        stated[month] = value
    return stated


def neighbours(db: Database | sqlite3.Connection, new: Snapshot) -> list[Snapshot]:
    """The accepted releases next to this one by seq that state the same borders' totals.

    The nearest below, all of the same seq, and the nearest above.
    """
    borders = sorted({c.scope.border for c in new.coverage if c.scope.dimension == ""})
    rows = db.execute(
        f"""
        select distinct r.id, r.seq
        from releases as r join coverage as c on c.release_id = r.id
        where r.status = 'accepted' and r.kind <> 'vintage' and c.dimension = ''
            and c.border in ({", ".join("?" * len(borders))})
        order by r.seq
        """,
        borders,
    ).fetchall()
    seq = new.release.seq
    below = [row[0] for row in rows if row[1] < seq][-1:]
    equal = [row[0] for row in rows if row[1] == seq]
    above = [row[0] for row in rows if row[1] > seq][:1]
    return [load_snapshot(db, release_id) for release_id in (*below, *equal, *above)]


def current_counts(db: Database | sqlite3.Connection) -> dict[SeriesKey, dict[str, int]]:
    """Every series by month as the newest covering release states it."""
    rows = db.execute(
        """
        select s.border, s.dimension, s.member, s.component, o.month, o.encounters
        from current_observations as o join series as s on s.id = o.series_id
        order by s.id, o.month
        """
    )
    counts: dict[SeriesKey, dict[str, int]] = defaultdict(dict)
    for border, dimension, member, component, month, count in rows:
        counts[SeriesKey(border, dimension, member, component)][month] = count
    return dict(counts)


def accepted(db: Database | sqlite3.Connection) -> list[int]:
    """Ids of all accepted releases, ascending."""
    rows = db.execute("select id from releases where status = 'accepted' order by id")
    return [int(row[0]) for row in rows]


def _sha256(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
