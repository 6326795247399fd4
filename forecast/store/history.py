"""What the record says of a month: read together for one total or all, and since when it is known.

Standard library only, so that a look at one month is quick.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from sqlite3 import Connection
from types import MappingProxyType
from typing import NamedTuple

from forecast import months
from forecast.rows import DriverRow, ScoreRow, of
from forecast.store import measures
from forecast.store.queries import column, each, grouped, has, pairs, records, rows, sql
from forecast.store.read import FlagOfTotal, JudgedForecast, in_order
from forecast.store.releases import of_series
from forecast.tree import Tree
from forecast.types import COUNT, Row, Scope, SeriesKey, TotalMonth, Totals, in_time

ISSUED_ENOUGH = 24  # months after which issued forecasts speak for themselves, without hindcasts
RECENT = 24  # months of the picture
DUE_DAYS = 31  # after a month's end, as in the view `release_places`
LATE_DAYS = 14  # after that day, as in the view `series_vintages`


@dataclass(frozen=True, slots=True)
class MonthValue:
    """A value that a month has had, and since when it is known."""

    count: int
    vintage: str
    known_from: str
    source: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Interior:
    """What of a half is counted aside in a month. total : the half's count, None if not known."""

    month: str
    at_large: int
    at_entry: int
    total: int | None


@dataclass(frozen=True, slots=True)
class MonthJudgement(JudgedForecast):
    """A total's month as it was first published, beside the forecast that judged it.

    p : two-sided, 0..1. severity : of its flag, None without one. unflagged : why it has none.
    withdrawn : whether the run that issued the forecast was.
    """

    cutoff: str
    p: float | None
    severity: str | None
    unflagged: str | None
    withdrawn: int

    def beside(self, count: int) -> JudgedForecast:
        """Return the forecast beside another count of the month."""
        names = (part.name for part in fields(JudgedForecast))
        return JudgedForecast(**{name: getattr(self, name) for name in names} | {"count": count})


class MonthRecord(NamedTuple):
    """Everything on record about a total's month; months are "YYYY-MM", counts whole numbers.

    counts : month -> counts as now current.
    values : the values the month has had, oldest first.
    source : file_name, rounding of the release that states the current value.
    judged : how the month was judged, None where it was not.
    interior : of this month, or of the newest month before it that states it.
    agencies : agency -> counts, as far as the parts of this month are on record.
    agencies_unit : unit that the sources of those round to.
    flags : the month's rows of `read.flags`. shift : its row of `flag_episodes` if a level shift
        was confirmed with this month. drivers : rows of `flag_drivers`.
    score : the engine's row of `scorecard` one month ahead. often : months in which some total
        was flagged, of so many judged. recent : the months up to this one beside their forecasts.
    newest : the newest month of any total.
    """

    counts: dict[str, int]
    values: Sequence[MonthValue]
    source: Row
    judged: MonthJudgement | None = None
    interior: Interior | None = None
    agencies: Mapping[str, int] = MappingProxyType({})
    agencies_unit: int = 1
    flags: Sequence[FlagOfTotal] = ()
    shift: Row | None = None
    drivers: Sequence[DriverRow] = ()
    score: ScoreRow | None = None
    often: tuple[int, int] = (0, 0)
    recent: Sequence[JudgedForecast] = ()
    newest: str = ""


def series_span(connection: sqlite3.Connection, key: SeriesKey) -> tuple[str, str] | None:
    """Return first and newest month of a series, None if it has none."""
    # A month is current as soon as any release states it.
    first, last = connection.execute(sql("series_span"), key[:3]).fetchone()
    return None if first is None else (first, last)


def newest_month(connection: sqlite3.Connection, known: str | None = None) -> str:
    """Return the newest month that a file has of any total, complete or not, or `known`."""
    return max(known or "", column(connection, "newest_month")[0] or "")


def kept(connection: sqlite3.Connection, total: str, month: str) -> str | None:
    """Return the last run's report of a total's month as it was kept, JSON.

    None if it has none, or where releases were taken in since that no run rests on yet.
    """
    return next(iter(column(connection, "stored_report", (total, month))), None)


def part_record(connection: sqlite3.Connection, key: SeriesKey, month: str) -> MonthRecord:
    """Return what is on record about a part's month: counts and their values; KeyError if none.

    Its forecast is not: of parts only the forecasts of runs are kept, not what judged a month.
    """
    published = {row["month"]: row for row in rows(connection, "part_counts", key[:3])}
    values = records(connection, MonthValue, "part_values", (*key[:3], month))
    counts = {at: row[COUNT] for at, row in published.items()}
    return MonthRecord(counts, values, published[month])


def month_record(
    connection: sqlite3.Connection,
    total: str,
    month: str,
    tree: Tree,
) -> MonthRecord:
    """Return everything on record about a total's month; KeyError if it has none."""
    for _, record in _records(connection, tree, {month}.intersection, total):
        return record[month]
    raise KeyError(total)


def newest_records(
    connection: sqlite3.Connection, tree: Tree
) -> Iterator[tuple[TotalMonth, MonthRecord]]:
    """Yield every total's newest month and what is on record about it; each view is read once."""
    for total, record in _records(connection, tree, lambda months: [max(months)]):
        month, newest = record.popitem()
        yield (total, month), newest


def all_records(
    connection: sqlite3.Connection,
    tree: Tree,
    total: str | None = None,
) -> Iterator[tuple[str, dict[str, MonthRecord]]]:
    """Yield every total, or one, and what is on record about each of its months."""
    return _records(connection, tree, sorted, total)


def _records(
    connection: sqlite3.Connection,
    tree: Tree,
    choose: Callable[[Iterable[str]], Iterable[str]],
    total: str | None = None,
) -> Iterator[tuple[str, dict[str, MonthRecord]]]:
    """Yield each total, or one, and what is on record about those of its months that are chosen.

    Every view is read once, totals in the order of their names, side by side: for 5,000 totals
    neither a scan each nor all rows in memory.
    """
    where, values = ("true" if total is None else "{} = :total"), {"total": total}

    def by_total(name: str, column: str = "border", **more: object) -> _ByTotal:
        return _ByTotal(each(connection, name, values | more, of=where.format(column)))

    whole, aside = tree.totals.whole, tree.aside
    sums = {"whole": whole, "addends": json.dumps(tree.totals_of(whole))}
    # Streams in the order of totals: each is read once and none is held whole.
    vintages, judged = by_total("month_values"), by_total("judged_of_totals")
    drivers, shifts = by_total("month_drivers"), by_total("level_shifts")
    scores = by_total("next_month_scores")
    agencies = by_total("agencies", "s.border", **sums, all=total in (None, whole))
    interior = _ByTotal(())
    if aside:
        sums |= {"dimension": aside.dimension, "named": aside.named, "rest": aside.rest}
        interior = by_total("interior", "l.border", **sums)
    # Few enough to hold: months that deviated, of a scan that every total would repeat.
    flagged = grouped(
        rows(connection, "flags", (in_order(tree.totals), total, total, "", False, False)), "border"
    )
    # Kept by a version that did not ask when a month became known.
    key = SeriesKey(total) if total else None
    false = {(series.total, month) for series, month, *_ in false_issued(connection, key)}
    often = connection.execute(sql("how_often_flagged")).fetchone()
    newest = newest_month(connection)
    for name, count_rows in by_total("month_counts"):
        source = {row["month"]: row for row in count_rows}
        counts = {month: row[COUNT] for month, row in source.items()}
        values_of, drivers_of = (grouped(t.of(name), "month") for t in (vintages, drivers))
        flags_of = grouped(flagged.get(name, ()), "month")
        agencies_of = grouped(agencies.of(name), "month")
        truly = {True: {"basis": "hindcast"}, False: {}}
        judged_of = {
            row["month"]: of(MonthJudgement, row | truly[(name, row["month"]) in false])
            for row in judged.of(name)
        }
        # Where two ended with one month, the one that opened first is told.
        shift_of = {row["closed"]: row for row in reversed(shifts.of(name))}
        score = _score([of(ScoreRow, row) for row in scores.of(name)])
        inside = [of(Interior, row) for row in interior.of(name)]
        recent = [j.beside(counts[month]) for month, j in judged_of.items() if month in counts]
        yield (
            name,
            {
                month: MonthRecord(
                    counts=counts,
                    values=[of(MonthValue, row) for row in values_of.get(month, ())],
                    source=source[month],
                    judged=judged_of.get(month),
                    interior=next((row for row in inside if row.month <= month), None),
                    agencies={r["member"]: r[COUNT] for r in agencies_of.get(month, ())},
                    agencies_unit=max(
                        (r["rounding"] for r in agencies_of.get(month, ())), default=1
                    ),
                    flags=[of(FlagOfTotal, row) for row in flags_of.get(month, ())],
                    shift=shift_of.get(month),
                    drivers=[of(DriverRow, row) for row in drivers_of.get(month, ())],
                    score=score,
                    often=(often[0], often[1]),
                    recent=[row for row in recent if row.month <= month][-RECENT:],
                    newest=newest,
                )
                for month in choose(source)
            },
        )


class _ByTotal:
    """Rows in the order of their totals' names, handed out total by total."""

    def __init__(self, table: Iterable[Row]) -> None:
        self._groups = groupby(table, key=itemgetter("border"))
        self._next = next(self._groups, None)

    def __iter__(self) -> Iterator[tuple[str, list[Row]]]:
        while self._next is not None:
            yield self._next[0], self.of(self._next[0])

    def of(self, total: str) -> list[Row]:
        """Return a total's rows; the totals are asked for in order."""
        while self._next is not None and self._next[0] < total:
            self._next = next(self._groups, None)
        if self._next is None or self._next[0] != total:
            return []
        group = list(self._next[1])
        self._next = next(self._groups, None)
        return group


def _score(scores: Sequence[ScoreRow]) -> ScoreRow | None:
    """Return how good forecasts of the next month have been.

    Those issued, once there are ISSUED_ENOUGH of them; until then hindcasts.
    """
    # Two years: fewer issued months say more of chance than of the engine.
    issued = [r for r in scores if r.basis == "issued" and r.n >= ISSUED_ENOUGH]
    return next(iter(issued or [row for row in scores if row.basis == "hindcast"]), None)


# ---------------------------------------------------------------- since when a month is known


def known_days(db: Connection, total: str | None = None) -> Callable[[Scope, str], str | None]:
    """Return (scope, month) -> the day on which the month became known, None where it is not.

    The first day on which any accepted release that covers the month was seen; as in the view
    `series_vintages`, a month that was first seen a fortnight or more after it was due had been
    public before, on a day that is not known.

    total : the only one that will be asked for.
    """
    by_scope: dict[Scope, list[tuple[str, str, str, str]]] = defaultdict(list)
    for *scope, first, last, day, vintage in db.execute(sql("known_days"), (total, total)):
        by_scope[Scope(*scope)].append((day, vintage, first, last))

    # Asked for every month of every series, of few scopes.
    @lru_cache(None)
    def known(scope: Scope, month: str) -> str | None:
        stating = (row for row in by_scope[scope] if row[2] <= month <= row[3])
        day, vintage, *_ = min(stating, key=itemgetter(0, 1), default=("", "unknown"))
        late = months.days_after(month, DUE_DAYS + LATE_DAYS).isoformat()
        if vintage == "by" and day <= late:  # not before the month was over, if by that day
            return months.days_after(month, 1).isoformat()
        return day if vintage == "day" and day <= late else None

    return known


def rounds_in_time(db: sqlite3.Connection, totals: Totals, due: int) -> dict[str, bool]:
    """Return cutoff -> whether its forecasts were published before their first month was.

    due : days after a month's end from which its figures may be out; a month that is not on record
    may have been published since then.
    """
    known, spans = (
        known_days(db),
        {SeriesKey(t): series_span(db, SeriesKey(t)) for t in totals.every},
    )
    in_time_by_cutoff = {}
    for cutoff, published in pairs(db, "issued_rounds"):
        month = months.shift(cutoff, 1)
        came = [known(key.scope, month) for key, span in spans.items() if span and month <= span[1]]
        days = came or [months.days_after(month, due).isoformat()]
        in_time_by_cutoff[cutoff] = all(in_time(published, day) for day in days)
    return in_time_by_cutoff


class FalseIssue(NamedTuple):
    """A judgement kept as issued, of a run that was not published before the month was known.

    published : the day of the run. known : that of the month, None where it is not known.
    """

    series: SeriesKey
    month: str
    run_id: int
    published: str
    known: str | None


def false_issued(db: Connection, key: SeriesKey | None = None) -> list[FalseIssue]:
    """Return judgements kept as "issued" whose run was not published before the month was known.

    key : look at this series alone.
    """
    days = known_days(db, key.total if key else None)
    return [
        FalseIssue(
            series, when, run_id, published if holds else f"{published}, which is wrong,", known
        )
        for series, when, run_id, published, holds in of_series(db, "false_issued")
        for known in (days(series.scope, when),)
        if key in (None, series) and not (holds and in_time(published, known))
    ]


def false_issued_of_all(db: Connection) -> list[FalseIssue]:
    """Return the same of every measure; none of a record that an earlier program left."""
    false = []
    for number in measures.ids(db) if has(db, "provisional_months") else ():
        with measures.scoped(db, number):
            false += false_issued(db)
    return false


def in_words(false: Sequence[FalseIssue], most: int = 10) -> list[str]:
    """Return a line each, totals first, and how many more there are."""
    shown = [
        f"{series} in {month} was judged by run {run_id} of {published} as issued before it was "
        f"published, but was known from {known or 'a day that is not known'}: take it for a "
        "hindcast"
        for series, month, run_id, published, known in sorted(
            false, key=lambda row: (not row.series.headline, row.month)
        )
    ]
    more = [f"and {len(false) - most} more"] if len(false) > most else []
    return shown[:most] + more
