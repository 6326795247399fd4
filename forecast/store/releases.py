"""Files and what they state: snapshots in, counts out; which are held, which were refused and why.

The chain of a scope are its accepted releases, oldest first. An observation row stands only where
a release's value differs from that of the release before it that covers the month; from a month's
first row on, its value at any release is the last row at or before that release. Vintages are
partial and stand beside this chain: their rows are always explicit and never current. The rows of a
scope are rewritten as a whole, so that releases may arrive in any order and leave the same table.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from sqlite3 import Connection
from typing import Any

from forecast import months
from forecast.errors import DataError
from forecast.labels import joined
from forecast.periods import Calendar
from forecast.store import ledger, measures
from forecast.store.connect import insert_one, transaction
from forecast.store.queries import column, records, rows, sql
from forecast.types import (
    Counts,
    Coverage,
    DeliveryHabit,
    Release,
    Row,
    Scope,
    SeriesKey,
    Snapshot,
)

# The chain's order, as in the view `release_places`; the release columns must be in reach as r.
# Newest last.
ORDER = "r.seq, r.kind <> 'bundle', r.decided_at, coalesce(r.first_seen_at, ''), r.sha256"

_ByRelease = dict[str, dict[int, int]]  # of one series: month -> release id -> count
# Release id; the first and last of months that it covers, and the last of these that is a count.
_Chain = list[tuple[int, str, str, str]]


# ---------------------------------------------------------------- in


def counts_digest(snapshot: Snapshot) -> str:
    """Return the sha256 of everything a release states, as sorted text lines, zeros left out."""
    lines = [
        "|".join((*key, month, str(value)))
        for key, by_month in snapshot.counts.items()
        for month, value in by_month.items()
        if value
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def save_refused(db: Connection, release: Release, reason: str) -> int:
    """Record a refused file, or the newer reason; must run inside a transaction. Returns its id."""
    newer = (
        "on conflict (measure_id, sha256) do update set reason = excluded.reason "
        "where status = 'quarantined'"
    )
    decision = {"status": "quarantined", "reason": reason, "counts_digest": ""}
    release_id = _insert(db, release, decision, newer)
    ledger.state(db, "refused", release_id)
    return release_id


def save_after_all(db: Connection, release_id: int, snapshot: Snapshot, why: str, now: str) -> None:
    """Turn a quarantined file into an accepted release, under its id; inside a transaction.

    why : the reason recorded with it, "" if the checks no longer object.
    now : the moment an operator decided it, UTC; "" if nobody had to.
    """
    gone = db.execute(
        "delete from main.releases where id = ? and status = 'quarantined'", (release_id,)
    )
    if gone.rowcount != 1:
        raise DataError(f"release {release_id} is not in quarantine")
    save_snapshot(db, snapshot, why, release_id=release_id, decided_at=now)


def save_snapshot(
    db: Connection,
    snapshot: Snapshot,
    reason: str = "",
    *,
    release_id: int | None = None,
    decided_at: str = "",
) -> int:
    """Keep a release and what it states; must run inside a transaction. Returns its id.

    reason : why an operator accepted it in spite of the checks; decided_at : when, UTC.
    release_id : the id it had in quarantine; a new one if None.
    """
    decision = {"id": release_id, "status": "accepted", "reason": reason, "decided_at": decided_at}
    # So that `verify` can tell that what it stated was not changed since.
    decision["counts_digest"] = counts_digest(snapshot)
    saved = _insert(db, snapshot.release, decision)
    years = sorted(snapshot.closed | set(snapshot.rows))
    closed = ((saved, y, int(y in snapshot.closed), snapshot.rows.get(y)) for y in years)
    db.executemany("insert into release_years values (?, ?, ?, ?)", closed)
    covered = ((saved, *scope, first, last) for scope, first, last in snapshot.coverage)
    db.executemany("insert into coverage values (?, ?, ?, ?, ?, ?)", covered)
    # A vintage stands beside the chain: no later release may lean on its rows.
    ids = _added_ids(db, snapshot.counts)
    if snapshot.release.kind == "vintage":
        of_vintage = (
            (ids[key], month, saved, value)
            for key, by_month in snapshot.counts.items()
            for month, value in by_month.items()
        )
        db.executemany(sql("save_observation"), of_vintage)
    else:
        scopes = (*(key.scope for key in snapshot.counts), *(c.scope for c in snapshot.coverage))
        # Also scopes that are covered and have no counts: there every member is 0 from now on.
        for scope in dict.fromkeys(scopes):
            _rewrite_scope(db, scope, saved, snapshot.counts)
    unfinished = (
        (saved, ids[of.series], of.month, of.said, of.share, of.low, of.high)
        for of in snapshot.unfinished
    )
    db.executemany("insert into unfinished values (?, ?, ?, ?, ?, ?, ?)", unfinished)
    ledger.state(db, "accepted", saved)
    return saved


def retract(db: Connection, release_id: int, why: str, by: str, now: str) -> Release:
    """Take a release back, once: what it states counts no more, and what was before it does again.

    why, by : the operator's reason and name, kept with it. now : the moment, UTC, ISO 8601.
    DataError if it was never accepted, or taken back already, or a reason or name is missing.
    """
    if not why.strip() or not by.strip():
        raise DataError("--why and --by are required")
    with transaction(db):
        if one_release(db, release_id).status != "accepted":
            raise DataError(f"release {release_id} is not accepted, so it states nothing")
        db.execute(sql("retract"), (release_id, why.strip(), by.strip(), now))
        # Later releases that said the same stood on its rows.
        covered = db.execute(sql("coverage_of_release"), (release_id,)).fetchall()
        for scope in dict.fromkeys(Scope(*row[:3]) for row in covered):
            _rewrite_scope(db, scope, 0, {})
        ledger.state(db, "retracted", release_id)
    return load_release(db, release_id)


def _insert(db: Connection, release: Release, decision: Row, newer: str = "") -> int:
    row = {**asdict(release), **decision, "measure_id": measures.current(db)}
    return insert_one(db, "main.releases", row, newer)


def _added_ids(db: Connection, keys: Iterable[SeriesKey]) -> dict[SeriesKey, int]:
    """Return ids of these series; those not yet known are added."""
    db.executemany(sql("add_series"), sorted(keys))
    # Read again: ids of series that were there already are not returned by an insert.
    known = series_ids(db)
    return {key: known[key] for key in keys}


def _rewrite_scope(db: Connection, scope: Scope, release_id: int, counts: Counts) -> None:
    """Rewrite a scope's rows as its chain demands.

    release_id : a release that is new in it, and states these counts; 0 where none is.
    """
    chain = db.execute(sql("releases_of_scope", order=ORDER), scope).fetchall()
    values = _values(db, scope)
    for key, series_id in _added_ids(db, values).items():
        old = values[key]
        new = _compressed(chain, old, release_id, counts.get(key, {}))
        # Only what differs is written, so that a file of ten years touches few pages.
        before = {(m, r): v for m, by_release in old.items() for r, v in by_release.items()}
        after = {(m, r): v for m, by_release in new.items() for r, v in by_release.items()}
        gone = [(series_id, m, r) for m, r in before if after.get((m, r)) != before[m, r]]
        db.executemany(
            "delete from observations where series_id = ? and month = ? and release_id = ?", gone
        )
        added = [(series_id, *at, v) for at, v in after.items() if before.get(at) != v]
        db.executemany(sql("save_observation"), added)


def _compressed(chain: _Chain, old: _ByRelease, new_id: int, stated: Any) -> _ByRelease:
    """Return one series' rows with the new release in its place."""
    rows: _ByRelease = {}
    covered = {month for _, first, last, _ in chain for month in months.between(first, last)}
    for month in sorted(covered):
        in_month = old.get(month, {})
        # What the release before said, and what counts, which need not be the same.
        running, current, counted = 0, None, None
        for release_id, first, last, last_count in chain:
            if not first <= month <= last:
                continue
            if release_id == new_id:
                value = int(stated.get(month, 0))
            else:
                # Without a row a release says what the one before it said.
                running = value = in_month.get(release_id, running)
            counts = month <= last_count
            if value != current or (counts and value != counted):
                rows.setdefault(month, {})[release_id] = value
            current, counted = value, value if counts else counted
    return rows


def _values(db: Connection, scope: Scope) -> dict[SeriesKey, _ByRelease]:
    """Return the chain's rows of a scope; every series of the scope is a key, even without rows."""
    values: dict[SeriesKey, _ByRelease] = {}
    # A left join: a member without any row must still be written when it gets one.
    for *key, month, release_id, count in db.execute(sql("values_of_scope"), scope):
        by_month = values.setdefault(SeriesKey(*key), {})
        if month is not None:
            by_month.setdefault(month, {})[release_id] = count
    return values


# ---------------------------------------------------------------- out


def load_release(db: Connection, release_id: int) -> Release:
    """Return the release with this id."""
    (release,) = records(db, Release, "release", (release_id,))
    return release


def load_snapshot(db: Connection, release_id: int) -> Snapshot:
    """Return what a release stated, put together again from the chain."""
    release = load_release(db, release_id)
    coverage = tuple(
        Coverage(Scope(*scope), first, last)
        for *scope, first, last in db.execute(sql("coverage_of_release"), (release_id,))
    )
    years = rows(db, "years_of_release", (release_id,))
    counts: dict[SeriesKey, dict[str, int]] = {}
    for scope in sorted({covered.scope for covered in coverage}):
        if release.kind == "vintage":
            for *key, month, count in db.execute(sql("explicit_values"), (release_id, *scope)):
                counts.setdefault(SeriesKey(*key), {})[month] = count
        else:
            # One chain for all members: they are covered together.
            chain = db.execute(sql("chain_of_scope", order=ORDER), scope).fetchall()
            for series, of_series in _values(db, scope).items():
                counts[series] = _value_at(chain, of_series, release_id)
    return Snapshot(
        release,
        counts,
        coverage,
        {row["fiscal_year"]: row["line_count"] for row in years if row["line_count"] is not None},
        frozenset(row["fiscal_year"] for row in years if row["closed"]),
    )


def _value_at(
    chain: Sequence[tuple[Any, ...]], by_month: _ByRelease, release_id: int
) -> dict[str, int]:
    """Return one series as a release of its chain stated it."""
    own = [place for place, link in enumerate(chain) if link[0] == release_id]
    until = [link[0] for link in reversed(chain[: own[-1] + 1])]
    stated = {}
    for place in own:  # a span each, with months between them that it does not state
        for month in months.between(*chain[place][1:3]):
            of_month = by_month.get(month, {})
            stated[month] = next((of_month[r] for r in until if r in of_month), 0)
    return stated


def neighbours(db: Connection, new: Snapshot) -> list[Snapshot]:
    """Return the accepted releases next to this one by seq that state the same totals.

    The nearest below, all of the same seq, and the nearest above.
    """
    totals = sorted({c.scope.total for c in new.coverage if c.scope.dimension == ""})
    query = sql("neighboring_releases", marks=", ".join("?" * len(totals)))
    places, seq = db.execute(query, totals).fetchall(), new.release.seq
    # Equal ones too: the sibling file of the same month, or the same file replaced.
    below = [release_id for release_id, place in places if place < seq][-1:]
    equal = [release_id for release_id, place in places if place == seq]
    above = [release_id for release_id, place in places if place > seq][:1]
    return [
        load_snapshot(db, release_id).until(*column(db, "last_over", (release_id,)))
        for release_id in (*below, *equal, *above)
    ]


def part_neighbours(db: Connection, new: Snapshot, calendar: Calendar) -> list[Snapshot]:
    """Return further releases to hold a release's parts against, where its neighbours lack them.

    For each dimension of a total and each fiscal year: the nearest by seq that states it, where
    the year is closed the nearest in which it is closed too. Neighbours may be among them.
    """
    stating: dict[Scope, list[tuple[int, int, str, str]]] = defaultdict(list)
    for *key, release_id, seq, first, last in db.execute(sql("stating_releases")):
        stating[Scope(*key)].append((abs(seq - new.release.seq), release_id, first, last))
    closed = {tuple(row) for row in db.execute(sql("closed_years"))}
    chosen: set[int] = set()
    for scope, first, last in new.coverage:
        # Totals are held against their neighbors already.
        if not scope.dimension:
            continue
        nearest = sorted(stating[scope], key=lambda row: row[0])
        for year in range(calendar.year(first), calendar.year(last) + 1):
            there = [
                release_id
                for _, release_id, since, until in nearest
                if calendar.year(since) <= year <= calendar.year(until)
            ]
            final = [r for r in there if year in new.closed and (r, year) in closed]
            chosen.update((final or there)[:1])
    return [load_snapshot(db, release_id) for release_id in sorted(chosen)]


def current_counts(db: Connection) -> dict[SeriesKey, dict[str, int]]:
    """Return every series by month as the newest covering release states it, labels joined."""
    counts: dict[SeriesKey, dict[str, int]] = defaultdict(dict)
    for total, dimension, member, component, month, count in db.execute(sql("current_counts")):
        counts[SeriesKey(total, dimension, member, component)][month] = count
    # Joined when read, never when kept: what a file states stays as it states it.
    joins = measures.label_joins(db)
    return joined(counts, joins) if joins else dict(counts)


def as_of(
    db: Connection, day: str, total: str | None = None, dimension: str = ""
) -> dict[SeriesKey, dict[str, Row]]:
    """Return every series by month as it stood at the end of a day.

    A month stands as the highest release by seq states it that had been first seen by then.

    day : "YYYY-MM-DD".
    total : of one total, None for all. dimension : "" for the totals, "*" for all series.

    Returns rows of value; vintage, how exactly the day it became known is known: "day", "month"
    (then it is the last day it can have been), or "unknown" (then it is the day by which months are
    published); known_from, "YYYY-MM-DD"; source, the release that first stated the value.
    """
    by_series: dict[SeriesKey, dict[str, Row]] = defaultdict(dict)
    asked = (day, day, total, total, dimension, dimension)
    for *key, month, value, vintage, known_from, source in db.execute(
        sql("every_value_known"), asked
    ):
        row = {"value": value, "vintage": vintage, "known_from": known_from, "source": source}
        by_series[SeriesKey(*key)][month] = row
    return dict(by_series)


def near_ends(db: Connection, ages: int, since: str) -> dict[SeriesKey, dict[str, dict[int, int]]]:
    """Return what deliveries stated of months near their ends: series, month, age in months."""
    counts: dict[SeriesKey, dict[str, dict[int, int]]] = {}
    for *key, month, newest, count in db.execute(sql("near_ends"), {"ages": ages, "since": since}):
        age = months.to_index(newest) - months.to_index(month)
        counts.setdefault(SeriesKey(*key), {}).setdefault(month, {})[age] = count
    return counts


def series_ids(db: Connection) -> dict[SeriesKey, int]:
    """Return every series and its id."""
    return {SeriesKey(*key): number for *key, number in db.execute(sql("series_ids"))}


def of_series(
    db: Connection, name: str, values: Any = (), **parts: object
) -> Iterator[tuple[Any, ...]]:
    """Yield a statement's rows with the series in the place of its id, their first column.

    Those of other measures, which the connection is not about, are passed over.
    """
    keys = {number: key for key, number in series_ids(db).items()}
    for series_id, *rest in db.execute(sql(name, **parts), values):
        # Rows of another measure: tables hold all of them side by side.
        if series_id in keys:
            yield (keys[series_id], *rest)


# ---------------------------------------------------------------- which are held


def accepted(db: Connection) -> list[int]:
    """Return the ids of all accepted releases, ascending."""
    return column(db, "accepted_releases")


def find_by_hash(db: Connection, sha256: str) -> Row | None:
    """Return id and status of the release with this content, None if it is not known."""
    return next(iter(rows(db, "release_by_hash", (sha256,))), None)


def habits(db: Connection) -> list[DeliveryHabit]:
    """Return what each accepted delivery brought, the oldest first."""
    return records(db, DeliveryHabit, "habits")


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release, and what became of it. reason : why it was refused, accepted or withdrawn."""

    id: int
    source: str
    kind: str
    file_name: str
    url: str
    sha256: str
    data_through: str
    seq: int
    rounding: int
    first_seen_at: str | None
    first_seen_precision: str
    status: str
    reason: str | None
    decided_at: str | None


def all_releases(
    db: Connection, status: str | None = None, release_id: int | None = None
) -> list[ReleaseRow]:
    """Return every release, or those of a status or id, in their order."""
    return records(db, ReleaseRow, "all_releases", (status, release_id))


def one_release(db: Connection, release_id: int) -> ReleaseRow:
    """Return one release; DataError if there is none."""
    for row in all_releases(db, release_id=release_id):
        return row
    raise DataError(f"no release {release_id}; `bordercast releases list` shows all")
