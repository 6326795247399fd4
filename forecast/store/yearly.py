"""What is told of a fiscal year: every forecast of its months beside the published count."""

from __future__ import annotations

import sqlite3

from forecast.store.queries import rows
from forecast.types import Row


def forecasts(connection: sqlite3.Connection, first: str, last: str) -> list[Row]:
    """Every model's forecasts of the totals' months, as issued where any was, else hindcast.

    Returns
    -------
    Rows of `forecasts_of_year` in queries.sql.
    """
    forecast_rows = rows(
        connection,
        "forecasts_of_year",
        (first, last),
    )
    places = {(r["border"], r["month"], r["model"], r["horizon"]): r for r in forecast_rows}
    return list(places.values())


def answers(connection: sqlite3.Connection, first: str, last: str) -> list[Row]:
    """Chances of questions that were resolved in these months, rows of `standing_questions`."""
    return rows(
        connection,
        "answers_of_year",
        (first, last),
    )


def versions(connection: sqlite3.Connection, first: str, last: str) -> list[Row]:
    """The method's versions of the runs on data through these months: version, since, runs."""
    return rows(
        connection,
        "versions_of_year",
        (first, last),
    )
