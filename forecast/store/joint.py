"""What a run keeps to draw paths from, and the sums over months that it answered."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from forecast.store.connect import insert
from forecast.store.observations import row_with_id
from forecast.store.queries import rows, sql
from forecast.types import Publication, SeriesKey, SimulationSpec, StoredMarginals

if TYPE_CHECKING:
    from sqlite_utils import Database


def save_joint(
    db: Database, run_id: int, publication: Publication, ids: Mapping[SeriesKey, int]
) -> None:
    """Write a run's rule, marks and spans; inside its transaction."""
    rule = publication.path_rule
    if rule is None:
        return
    db.conn.execute(
        "insert into path_rules values (?, ?, ?, ?, ?)",
        (run_id, rule.rule, rule.seed, json.dumps(rule.borders), json.dumps(rule.correlation)),
    )
    db.conn.executemany(
        "insert into path_marks values (?, ?, ?, ?, ?, ?)",
        [
            (
                run_id,
                ids[marks.series],
                marks.cutoff,
                marks.marks,
                marks.share,
                json.dumps(dict(marks.known)),
            )
            for marks in publication.path_marks
        ],
    )
    insert(
        db, "spans", ({"run_id": run_id, **row_with_id(span, ids)} for span in publication.spans)
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
