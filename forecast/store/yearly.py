"""What is told of a fiscal year: every forecast of its months beside the published count."""

from __future__ import annotations

import sqlite3

from forecast.store.read import rows
from forecast.types import Row


def forecasts(connection: sqlite3.Connection, first: str, last: str) -> list[Row]:
    """Every model's forecasts of the borders' months, as issued where any was, else hindcast.

    Returns
    -------
    Rows of border, model, basis, month, horizon, median, lo80, hi80, lo95, hi95, encounters.
    """
    forecast_rows = rows(
        connection,
        """
        select border, model, basis, month, horizon, median, lo80, hi80, lo95, hi95, encounters
        from forecast_vs_actual
        where dimension = '' and month between ? and ?
        order by border, month, model, horizon, basis = 'issued', run_id desc
        """,
        (first, last),
    )
    places = {(r["border"], r["month"], r["model"], r["horizon"]): r for r in forecast_rows}
    return list(places.values())


def answers(connection: sqlite3.Connection, first: str, last: str) -> list[Row]:
    """Chances of questions that were resolved in these months, rows of `standing_questions`."""
    return rows(
        connection,
        """
        select * from standing_questions
        where outcome is not null and last_month between ? and ?
        order by kind, border, cutoff
        """,
        (first, last),
    )


def versions(connection: sqlite3.Connection, first: str, last: str) -> list[Row]:
    """The method's versions of the runs on data through these months: version, since, runs."""
    return rows(
        connection,
        """
        select code_version as version, min(substr(published_at, 1, 10)) as since, count(*) as runs
        from runs where data_through between ? and ? group by code_version order by min(id)
        """,
        (first, last),
    )
