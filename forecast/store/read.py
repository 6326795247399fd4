"""What is shown of the record. Standard library only and quick to import, so that a look is quick.

Whoever shows the rows of one statement as they are asks `queries.rows` for them. Here is what takes
more: an order of totals, several statements, or rows of which the last of several counts.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

from forecast import months
from forecast.rows import ChangeRow, DriverRow, FlagRow, ForecastRow, ScoreRow, of
from forecast.store import aside, schema
from forecast.store.queries import column, pairs, records, rows, sql
from forecast.store.releases import series_ids
from forecast.types import (
    COUNT,
    HUB_PERMILLES,
    Row,
    SeriesKey,
    SimulationSpec,
    StoredMarginals,
    Totals,
)

_PAIRS = [(p, 1000 - p) for p in HUB_PERMILLES if p < 500]
_SORTED_BY = 9  # columns; enough to name a row of any view
# The views that can be read as they stood on an earlier day.
AS_OF = (
    *("border_months", "series_months", "vintages", "series_vintages"),
    *("latest_run", "latest_forecasts", "scorecard"),
)


@dataclass(frozen=True, slots=True)
class FlagOfTotal(FlagRow):
    """A flag with how many of its parts are listed under it, and how many stand apart from it.

    lacks : columns that the program which kept it did not know.
    """

    listed: int
    apart: int
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRow:
    """The last published run."""

    id: int
    published_at: str
    data_through: str
    digest: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A run that was taken back: by whom, when, and why."""

    run_id: int
    at: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class SentCorrection:
    """What a correction that readers were sent says of a total's month."""

    notice_id: int
    total: str
    month: str
    approved_at: str
    phrase: str


def latest_run(connection: sqlite3.Connection) -> RunRow | None:
    """Return the last published run, None before the first."""
    return next(iter(records(connection, RunRow, "latest_run")), None)


@dataclass(frozen=True, slots=True)
class NewestFile:
    """The release that states the newest month. first_seen_at : "YYYY-MM-DD" where it is known."""

    file_name: str
    first_seen_at: str | None
    seq: int


def newest_source(connection: sqlite3.Connection) -> NewestFile | None:
    """Return the release that states the newest month; None if nothing is held."""
    return next(iter(records(connection, NewestFile, "newest_source")), None)


def refused_since(connection: sqlite3.Connection, newest: NewestFile | None) -> dict[str, str]:
    """Return refused files, none older than one: name -> what is asked of it, "" if nothing."""
    refused = pairs(connection, "still_refused", (newest.seq if newest else 0,))
    return {name: asked_of(reason) for name, reason in refused}


def asked_of(reason: str | None) -> str:
    """Return the question for which a file is held, without its answers; "" of one refused."""
    question, answers, _ = (reason or "").partition(' --as "')
    return question if answers else ""


def series_keys(connection: sqlite3.Connection) -> list[SeriesKey]:
    """Return every series that is held."""
    return list(series_ids(connection))


def in_order(totals: Totals) -> str:
    """Return totals as statements take them, to give rows in the order in which people name them.

    As a table to join: a case for each would be looked through for each row.
    """
    return json.dumps(totals.every)


def forecasts(
    connection: sqlite3.Connection,
    totals: Totals,
    total: str | None = None,
    model: str = "bordercast",
) -> list[ForecastRow]:
    """Return the last run's forecasts of the totals, in the totals' order."""
    values = in_order(totals), model, total, total
    return records(connection, ForecastRow, "latest_forecasts", values)


def scores(
    connection: sqlite3.Connection, totals: Totals, total: str | None = None
) -> list[ScoreRow]:
    """Return the last run's scorecard."""
    return records(connection, ScoreRow, "scorecard", (in_order(totals), total, total))


def flags(
    connection: sqlite3.Connection,
    totals: Totals,
    total: str | None = None,
    since: str = "",
    *,
    watch: bool = False,
    parts: bool = False,
) -> list[FlagOfTotal]:
    """Return months that deviated, newest first; then revisions of closed months.

    since : the first month. watch : also months that were only unusual, p < .05.
    parts : also the drill-down's; without them the totals alone.
    """
    values = in_order(totals), total, total, since, watch, parts
    return records(connection, FlagOfTotal, "flags", values)


def drivers(connection: sqlite3.Connection) -> dict[int, list[DriverRow]]:
    """Return flag -> what moved it, the largest contributions of each dimension first."""
    by_flag: dict[int, list[DriverRow]] = defaultdict(list)
    for row in records(connection, DriverRow, "every_driver"):
        by_flag[row.flag_id].append(row)
    return dict(by_flag)


def series_ends(connection: sqlite3.Connection) -> dict[SeriesKey, str]:
    """Return series -> the newest month that it has a count of."""
    return {SeriesKey(*key): month for *key, month in connection.execute(sql("series_ends"))}


def last_months(connection: sqlite3.Connection) -> dict[str, Row]:
    """Return total -> its newest month with the counts of then, a month and a year before."""
    counts: dict[str, dict[str, int]] = {}
    for row in rows(connection, "month_counts", of="true"):
        counts.setdefault(row["border"], {})[row["month"]] = row[COUNT]
    return {
        total: {
            "month": (month := max(by_month)),
            COUNT: by_month[month],
            "month_before": by_month.get(months.shift(month, -1)),
            "year_before": by_month.get(months.shift(month, -12)),
        }
        for total, by_month in counts.items()
    }


def changes(
    connection: sqlite3.Connection, total: str | None = None, run_id: int | None = None
) -> list[ChangeRow]:
    """Return what moved with a run, the last if None, by month."""
    return records(connection, ChangeRow, "latest_changes", (run_id, total, total))


def resolved_questions(connection: sqlite3.Connection, total: str | None = None) -> list[Row]:
    """Return chances whose question is resolved, by kind and cutoff."""
    return rows(connection, "resolved_questions", (total, total))


def path_rule(connection: sqlite3.Connection, run_id: int) -> SimulationSpec | None:
    """Return how a run's paths are drawn; None for a run that kept none."""
    for row in rows(connection, "path_rule", (run_id,)):
        correlation = tuple(map(tuple, json.loads(row["correlation"])))
        return SimulationSpec(
            row["rule"], row["seed"], tuple(json.loads(row["borders"])), correlation
        )
    return None


def path_marks(connection: sqlite3.Connection, run_id: int) -> list[StoredMarginals]:
    """Return from what a run's paths are drawn, every series."""
    return [
        StoredMarginals(SeriesKey(*key), cutoff, marks, share, tuple(json.loads(known).items()))
        for *key, cutoff, marks, share, known in connection.execute(sql("path_marks"), (run_id,))
    ]


# ---------------------------------------------------------------- of one series


def counts(connection: sqlite3.Connection, key: SeriesKey) -> dict[str, int]:
    """Return a series' published counts by month, as they are now; a month without any is 0."""
    return dict(pairs(connection, "published_counts", key[:3]))


def summed(connection: sqlite3.Connection, parts: Sequence[SeriesKey]) -> dict[str, int]:
    """Return the counts of series together by month, where each of them may have one."""
    # A month that one of them lacks yet would make the sum fall short.
    lines = [counts(connection, part) for part in parts]
    newest = min(map(max, lines), default="")
    every = sorted({month for line in lines for month in line if month <= newest})
    return {month: sum(line.get(month, 0) for line in lines) for month in every}


@dataclass(frozen=True, slots=True)
class MarkedMonth:
    """A flagged month, as charts mark it."""

    month: str
    count: int
    median: int
    severity: str


def flagged(connection: sqlite3.Connection, key: SeriesKey) -> list[MarkedMonth]:
    """Return a series' months that were flagged."""
    return records(connection, MarkedMonth, "flagged", key[:3])


def month_forecasts(
    connection: sqlite3.Connection, key: SeriesKey, model: str
) -> list[ForecastRow]:
    """Return the last run's forecasts of a series, month by month."""
    return records(connection, ForecastRow, "forecasts_of_series", (*key[:3], model))


def by_part(connection: sqlite3.Connection, name: str) -> dict[SeriesKey, list[Row]]:
    """Return part -> the rows that a statement has of it, in their order."""
    by_part: dict[SeriesKey, list[Row]] = {}
    for row in rows(connection, name):
        by_part.setdefault(of(SeriesKey, row), []).append(row)
    return by_part


# ---------------------------------------------------------------- how good forecasts were


@dataclass(frozen=True, slots=True)
class JudgedForecast:
    """A forecast beside what was published of its month."""

    month: str
    basis: str
    median: int
    lo80: int
    hi80: int
    lo95: int
    hi95: int
    count: int

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Its ranges, from the lowest to the highest, as `facts.position` takes them."""
        return self.lo95, self.lo80, self.hi80, self.hi95


def at_lead(connection: sqlite3.Connection, total: str, horizon: int) -> list[JudgedForecast]:
    """Return what had been forecast for each month from `horizon` months before, and what came.

    An issued forecast goes before a hindcast, the first issued one before a later.
    """
    forecasts = records(connection, JudgedForecast, "at_lead", (total, horizon))
    # The order puts what counts more last, and the last of a key stands.
    return list({row.month: row for row in forecasts}.values())


@dataclass(frozen=True, slots=True)
class ComeDue(JudgedForecast):
    """The same by any model, for a total's month."""

    total: str
    model: str
    horizon: int


def of_year(connection: sqlite3.Connection, first: str, last: str) -> list[ComeDue]:
    """Return every model's forecasts of the totals' months, as issued where any was.

    Beside the published count; hindcasts where none was issued.
    """
    forecasts = records(connection, ComeDue, "forecasts_of_year", (first, last))
    places = {(row.total, row.month, row.model, row.horizon): row for row in forecasts}
    return list(places.values())


def score_years(connection: sqlite3.Connection, total: str) -> list[Row]:
    """Return every model's log-WIS by year of the cutoff, all leads; issued where there is any."""
    scores = rows(connection, "score_years", (total,))
    return list({(row["model"], row["era"]): row for row in scores}.values())


def calibration(
    connection: sqlite3.Connection, total: str, first_cutoff: str
) -> list[dict[str, float]]:
    """Return how often central intervals of the engine's hindcasts held the count.

    In rows of horizon, level (share meant, 0..1), share (seen, 0..1) and n.
    """
    # Averaged in SQL: the rows themselves are a million where shares are a few dozen.
    shares = ", ".join(
        f"avg(o.encounters between h.q{low:03d} and h.q{high:03d})" for low, high in _PAIRS
    )
    return [
        {"horizon": horizon, "n": n, "level": (high - low) / 1000, "share": share}
        for horizon, n, *shares in connection.execute(
            sql("calibration", shares=shares), (total, first_cutoff)
        )
        for (low, high), share in zip(_PAIRS, shares, strict=True)
    ]


def hindcasts(
    connection: sqlite3.Connection, model: str, first_cutoff: str, totals: Totals
) -> list[tuple[Any, ...]]:
    """Return what a model would have said at each cutoff from first_cutoff on.

    In rows of total, dimension, member, cutoff, month, horizon, median and the quantiles at
    HUB_PERMILLES, all in counts; by total, cutoff and month.
    """
    quantiles = ", ".join(f"h.q{permille:03d}" for permille in HUB_PERMILLES)
    query = sql("hindcast_quantiles", quantiles=quantiles)
    values = (in_order(totals), model, first_cutoff)
    return [tuple(row) for row in connection.execute(query, values)]


def issued_quantiles(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    """Return the quantiles of each forecast issued of a total.

    In rows of total, cutoff, month, horizon, permille and count.
    """
    runs = [run_id for (run_id,) in connection.execute("select id from scoped_runs")]
    with aside.lent(connection, "quantiles", runs):
        return list(map(tuple, connection.execute(sql("issued_quantiles"))))


# ---------------------------------------------------------------- views


def view_rows(
    connection: sqlite3.Connection, view: str, columns: Sequence[str], day: str | None = None
) -> list[tuple[Any, ...]]:
    """Return the rows of a view, sorted by its first columns.

    Names of views and columns come from the program, never from a user.

    day : "YYYY-MM-DD", only for the views in AS_OF: what stood at the end of that day.
    """
    source = view if day is None else f"({_then(view, columns)})"
    order = ", ".join(str(place + 1) for place in range(min(len(columns), _SORTED_BY)))
    query = f"select {', '.join(columns)} from {source} order by {order}"
    values = {} if day is None else {"day": day}
    runs = column(connection, "run_then", values) if values and view == "scorecard" else []
    with aside.lent(connection, "scores", runs) if runs else nullcontext():
        return [tuple(row) for row in connection.execute(query, values)]


def _then(view: str, columns: Sequence[str]) -> str:
    """Return the query of a view as of a day: its own, of the counts and the run of then."""
    if "known_until" in columns:
        until = "iif(known_until <= :day, known_until, null) as known_until"
        shown = ", ".join(until if name == "known_until" else name for name in columns)
        return f"select {shown} from {view} where known_from <= :day"
    run, counts = sql("run_then"), sql("counts_then")
    # The totals alone are found more quickly than all series.
    counts += " and v.dimension = ''" if view == "border_months" else ""
    query = schema.view(view)
    for now, then in (
        ("scoped_months", f"({schema.view('scoped_months')})"),
        ("current_observations", f"({counts})"),
        ("(select id from latest_run)", f"({run})"),
        ("r.id not in (select run_id from withdrawals)", f"r.id = ({run})"),
    ):
        query = query.replace(now, then)
    return query


@cache
def view_columns() -> Mapping[str, tuple[str, ...]]:
    """Return each view's columns in this program's schema, in order.

    From a database made for the question: 70 ms, once.
    """
    # Of this program's schema, also where a record was not brought up to date yet.
    by_view: dict[str, tuple[str, ...]] = {}
    with closing(sqlite3.connect(":memory:")) as db:
        schema.apply(db, len(schema.migrations()))
        for view, name in db.execute(sql("columns_of")):
            by_view[view] = (*by_view.get(view, ()), name)
    return by_view
