"""How values are kept, a row only where a release changes one, and what was known on a day.

The chain of a scope are its accepted releases, oldest first. An observation row stands only where
a release's value differs from that of the release before it that covers the month; from a month's
first row on, its value at any release is the last row at or before that release. Vintages are
partial and stand beside this chain: their rows are always explicit and never current. The rows of a
scope are rewritten as a whole, so that releases may arrive in any order and leave the same table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from forecast import months
from forecast.store.queries import sql
from forecast.types import Scope, SeriesKey, Snapshot

if TYPE_CHECKING:
    import sqlite3

    from sqlite_utils import Database

# The chain's order, as in the view `release_places`; the release columns must be in reach as r.
# Newest last.
ORDER = "r.seq, r.kind <> 'bundle', r.decided_at, coalesce(r.first_seen_at, ''), r.sha256"

SeriesIds = dict[SeriesKey, int]
StoredValues = dict[SeriesKey, dict[str, dict[int, int]]]  # series -> month -> release id -> count


class Known(NamedTuple):
    """A value as it stood on a day.

    value : count.
    vintage : how exactly the day it became known is known: "day", "month" (then it is the last
        day it can have been), or "unknown" (then it is the day by which months are published).
    known_from : "YYYY-MM-DD". source : the release that first stated the value.
    """

    value: int
    vintage: str
    known_from: str
    source: str


@dataclass(frozen=True, slots=True)
class _ChainLink:
    """A release in the chain of a scope, and months in a row that it covers there."""

    release_id: int
    first: str
    last: str

    def covers(self, month: str) -> bool:
        return self.first <= month <= self.last


def rewrite_scope(db: Database, scope: Scope, release_id: int, snapshot: Snapshot) -> None:
    """Rewrite a scope's rows as its chain with the new release in it demands."""
    chain, rows = _chain(db, scope), _rows(db, scope)
    for key, series_id in added_ids(db, rows).items():
        old = rows[key]
        new = _compressed(chain, old, release_id, snapshot.counts.get(key, {}))
        before = {(m, r): v for m, by_release in old.items() for r, v in by_release.items()}
        after = {(m, r): v for m, by_release in new.items() for r, v in by_release.items()}
        gone = [(series_id, m, r) for m, r in before if after.get((m, r)) != before[m, r]]
        db.conn.executemany(
            "delete from observations where series_id = ? and month = ? and release_id = ?", gone
        )
        added = [(series_id, *at, v) for at, v in after.items() if before.get(at) != v]
        insert_rows(db, added)


def stated(
    db: Database | sqlite3.Connection, release_id: int, scope: Scope
) -> dict[SeriesKey, dict[str, int]]:
    """What a release of the chain states of a scope, put together again."""
    chain = _chain(db, scope)
    return {
        key: _value_at(chain, by_month, release_id) for key, by_month in _rows(db, scope).items()
    }


def explicit(
    db: Database | sqlite3.Connection, release_id: int, scope: Scope
) -> dict[SeriesKey, dict[str, int]]:
    """What a vintage, which stands beside the chain, states of a scope."""
    rows = db.execute(
        sql("explicit_values"),
        (release_id, *scope),
    )
    counts: dict[SeriesKey, dict[str, int]] = defaultdict(dict)
    for member, month, count in rows:
        counts[SeriesKey(scope.total, scope.dimension, member, scope.component)][month] = count
    return counts


def as_of(
    db: Database | sqlite3.Connection, day: str, total: str | None = None, dimension: str = ""
) -> dict[SeriesKey, dict[str, Known]]:
    """Every series by month as it stood at the end of a day.

    A month stands as the highest release by seq states it that had been first seen by then.

    Parameters
    ----------
    day : "YYYY-MM-DD".
    total : of one total, None for all. dimension : "" for the totals, "*" for all series.
    """
    rows = db.execute(
        sql("every_value_known"),
        (day, day, total, total, dimension, dimension),
    )
    by_series: dict[SeriesKey, dict[str, Known]] = defaultdict(dict)
    for *key, month, value, vintage, known_from, source in rows:
        by_series[SeriesKey(*key)][month] = Known(value, vintage, known_from, source)
    return dict(by_series)


def insert_rows(db: Database, rows: Iterable[tuple[int, str, int, int]]) -> None:
    """Write observations: (series id, month, release id, counts)."""
    db.conn.executemany(
        sql("save_observation"),
        rows,
    )


def added_ids(db: Database, keys: Iterable[SeriesKey]) -> dict[SeriesKey, int]:
    """Ids of these series; those not yet known are added."""
    db.conn.executemany(
        sql("add_series"),
        sorted(keys),
    )
    known = series_ids(db)
    return {key: known[key] for key in keys}


def series_ids(db: Database | sqlite3.Connection) -> dict[SeriesKey, int]:
    """Every series and its id."""
    rows = db.execute(sql("series_ids"))
    return {SeriesKey(*row[:4]): int(row[4]) for row in rows}


def row_with_id(record: Any, ids: Mapping[SeriesKey, int]) -> dict[str, Any]:
    """A record of a series as a row: its series by id."""
    others = (name for name in record.__dataclass_fields__ if name != "series")
    return {"series_id": ids[record.series], **{name: getattr(record, name) for name in others}}


def series_by_id(db: Database | sqlite3.Connection) -> dict[int, SeriesKey]:
    """Id -> its series."""
    return {series_id: key for key, series_id in series_ids(db).items()}


def _compressed(
    chain: list[_ChainLink], old: dict[str, dict[int, int]], new_id: int, stated: Any
) -> dict[str, dict[int, int]]:
    """One series' rows, month -> release id -> count, with the new release in its place."""
    rows: dict[str, dict[int, int]] = {}
    covered = {month for link in chain for month in months.between(link.first, link.last)}
    for month in sorted(covered):
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


def _chain(db: Database | sqlite3.Connection, scope: Scope) -> list[_ChainLink]:
    rows = db.execute(
        sql("releases_of_scope", order=ORDER),
        scope,
    )
    return [_ChainLink(*row) for row in rows]


def _rows(db: Database | sqlite3.Connection, scope: Scope) -> StoredValues:
    """The chain's rows of a scope; every series of the scope is a key, even without rows."""
    rows = db.execute(
        sql("values_of_scope"),
        scope,
    )
    values: StoredValues = {}
    for total, dimension, member, component, month, release_id, count in rows:
        by_month = values.setdefault(SeriesKey(total, dimension, member, component), {})
        if month is not None:
            by_month.setdefault(month, {})[release_id] = count
    return values


def _value_at(
    chain: list[_ChainLink], by_month: dict[str, dict[int, int]], release_id: int
) -> dict[str, int]:
    """One series as a release of its chain stated it."""
    own = [place for place, link in enumerate(chain) if link.release_id == release_id]
    until = [link.release_id for link in reversed(chain[: own[-1] + 1])]
    stated = {}
    for place in own:  # a span each, with months between them that it does not state
        for month in months.between(chain[place].first, chain[place].last):
            rows = by_month.get(month, {})
            stated[month] = next((rows[release] for release in until if release in rows), 0)
    return stated
