"""What moved the totals' forecasts from run to run."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from forecast.store.observations import row_with_id
from forecast.store.queries import rows, sql
from forecast.types import Change, SeriesKey

if TYPE_CHECKING:
    from sqlite_utils import Database


def save_changes(
    db: Database, run_id: int, changes: Iterable[Change], ids: Mapping[SeriesKey, int]
) -> None:
    """Write what moved since the run before; inside the transaction of the run."""
    (before,) = db.execute("select max(id) from runs where id < ?", (run_id,)).fetchone()
    for change in changes:
        row = row_with_id(change, ids)
        db.table("changes").insert({"run_id": run_id, "before_run_id": before, **row})


def last_run(db: Database) -> int | None:
    """The newest run that is written, None before the first."""
    (run_id,) = db.execute("select max(id) from runs").fetchone()
    return None if run_id is None else int(run_id)


def published_medians(db: Database, run_id: int) -> dict[SeriesKey, dict[str, int]]:
    """The engine's medians of the totals as a run published them, by month."""
    medians: dict[SeriesKey, dict[str, int]] = defaultdict(dict)
    for total, month, median in db.execute(
        sql("published_medians"),
        (run_id,),
    ):
        medians[SeriesKey(total)][month] = median
    return dict(medians)


def counts_at(db: Database, run_id: int) -> dict[SeriesKey, dict[str, int]]:
    """The totals' counts by month, as the releases of a run stated them."""
    by_series: dict[SeriesKey, dict[str, int]] = defaultdict(dict)
    for total, month, count in db.execute(
        sql("counts_at"),
        (run_id,),
    ):
        by_series[SeriesKey(total)][month] = count  # the last in the order stands
    return dict(by_series)


def latest(
    connection: sqlite3.Connection, total: str | None = None, run_id: int | None = None
) -> list[dict[str, Any]]:
    """What moved with a run, the last if None, rows of `forecast_changes`, by month."""
    return rows(
        connection,
        "latest_changes",
        (run_id, total, total),
    )
