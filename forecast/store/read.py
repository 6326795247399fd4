"""What the commands show. Standard library only, so that a look is quick."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast import months
from forecast.store.queries import rows, sql, total_order

if TYPE_CHECKING:
    from forecast.types import Totals


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
        "encounters": by_month[month],
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
