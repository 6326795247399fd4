"""What the commands show. Standard library only, so that a look is quick."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast import months
from forecast.store.queries import rows, sql, total_order
from forecast.types import COUNT, SeriesKey, SimulationSpec, StoredMarginals

if TYPE_CHECKING:
    from forecast.types import Row, Totals


@dataclass(frozen=True, slots=True)
class RunRow:
    """The last published run."""

    id: int
    published_at: str
    data_through: str
    digest: str


def latest_run(connection: sqlite3.Connection) -> RunRow | None:
    """The last published run, None before the first."""
    row = connection.execute(
        "select id, published_at, data_through, digest from latest_run"
    ).fetchone()
    return None if row is None else RunRow(*row)


def last_withdrawn(connection: sqlite3.Connection) -> int | None:
    """The last run that was withdrawn, None if none was."""
    query = "select max(run_id) from withdrawals join runs on runs.id = run_id"
    (run_id,) = connection.execute(query).fetchone()
    return None if run_id is None else int(run_id)


def forecasts(
    connection: sqlite3.Connection,
    totals: Totals,
    total: str | None = None,
    model: str = "bordercast",
) -> list[dict[str, Any]]:
    """The last run's forecasts of the totals, in the totals' order."""
    return rows(
        connection, "latest_forecasts", (model, total, total), order=total_order("border", totals)
    )


def last_months(connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """Total -> its newest month with the counts of then, a month and a year before."""
    counts: dict[str, dict[str, int]] = {}
    for total, month, count in connection.execute(sql("counts_by_month")):
        counts.setdefault(total, {})[month] = count
    return {total: _last(by_month) for total, by_month in counts.items()}


def _last(by_month: dict[str, int]) -> dict[str, Any]:
    month = max(by_month)
    return {
        "month": month,
        COUNT: by_month[month],
        "month_before": by_month.get(months.shift(month, -1)),
        "year_before": by_month.get(months.shift(month, -12)),
    }


def judgement_count(connection: sqlite3.Connection, basis: str) -> int:
    """How many months were judged on this basis."""
    count = "select count(*) from judged_months where basis = ?"
    (number,) = connection.execute(count, (basis,)).fetchone()
    return int(number)


def scores(
    connection: sqlite3.Connection, totals: Totals, total: str | None = None
) -> list[dict[str, Any]]:
    """The last run's scorecard."""
    return rows(connection, "scorecard", (total, total), order=total_order("border", totals))


def failures(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Models that gave no forecast in the last run, and why."""
    return rows(connection, "failed_models")


def changes(
    connection: sqlite3.Connection, total: str | None = None, run_id: int | None = None
) -> list[dict[str, Any]]:
    """What moved with a run, the last if None, rows of `forecast_changes`, by month."""
    return rows(
        connection,
        "latest_changes",
        (run_id, total, total),
    )


def resolved_questions(
    connection: sqlite3.Connection, total: str | None = None, since: str = ""
) -> list[dict[str, Any]]:
    """Chances whose question is resolved, rows of `standing_questions`, by kind and cutoff.

    since : first cutoff.
    """
    return rows(
        connection,
        "resolved_questions",
        (since, total, total),
    )


def latest_questions(
    connection: sqlite3.Connection, total: str | None = None
) -> list[dict[str, Any]]:
    """The last run's answers, rows of `standing_questions`."""
    return rows(
        connection,
        "latest_questions",
        (total, total),
    )


def path_rule(connection: sqlite3.Connection, run_id: int) -> SimulationSpec | None:
    """How a run's paths are drawn; None for a run that kept none."""
    row = connection.execute(sql("path_rule"), (run_id,)).fetchone()
    if row is None:
        return None
    rule, seed, totals, correlation = row
    return SimulationSpec(
        rule, seed, tuple(json.loads(totals)), tuple(map(tuple, json.loads(correlation)))
    )


def path_marks(connection: sqlite3.Connection, run_id: int) -> list[StoredMarginals]:
    """From what a run's paths are drawn, every series."""
    rows = connection.execute(
        sql("path_marks"),
        (run_id,),
    )
    return [
        StoredMarginals(SeriesKey(*key), cutoff, marks, share, tuple(json.loads(known).items()))
        for *key, cutoff, marks, share, known in rows
    ]


def series_keys(connection: sqlite3.Connection) -> list[SeriesKey]:
    """Every series that is held."""
    rows = connection.execute(sql("series_keys"))
    return [SeriesKey(*row) for row in rows]


def movers(connection: sqlite3.Connection, total: str) -> list[Row]:
    """Return every part's newest count beside the month before, the year before and the median."""
    return rows(connection, "movers", {"total": total})


def counts(connection: sqlite3.Connection, key: SeriesKey) -> dict[str, int]:
    """A series' published counts by month, as they are now; a month without any is 0."""
    rows = connection.execute(
        sql("counts_of_series"),
        key[:3],
    )
    return dict(rows.fetchall())


def standard_spans(connection: sqlite3.Connection, key: SeriesKey) -> list[dict[str, Any]]:
    """The last run's answers for the usual spans of a series, rows of `span_forecasts`."""
    return rows(
        connection,
        "periods_of_series",
        key[:3],
    )


def month_forecasts(
    connection: sqlite3.Connection, key: SeriesKey, model: str
) -> list[dict[str, Any]]:
    """The last run's forecasts of a series, month by month, rows of `latest_forecasts`."""
    return rows(
        connection,
        "forecasts_of_series",
        (*key[:3], model),
    )


def newest_months(connection: sqlite3.Connection, key: SeriesKey) -> tuple[str, str]:
    """Last month forecast from, of a series and of its total, in the last run; "" if none."""
    row = connection.execute(
        sql("newest_months"),
        (key.dimension, key.member, key.total),
    ).fetchone()
    return str(row[0]), str(row[1])
