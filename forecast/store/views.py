"""Any view's rows, now or as they would have been read on an earlier day.

Standard library only. Names of views and columns come from the program, never from a user.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import cache
from typing import Any

from forecast.store import connect
from forecast.store.queries import sql

_RUN_THEN = """(
    select max(id) from runs where substr(published_at, 1, 10) <= :day
    and id not in (select run_id from withdrawals where substr(at, 1, 10) <= :day)
)"""
_KNOWN_THEN = "v.known_from <= :day and (v.known_until is null or v.known_until > :day)"

AS_OF = {
    "border_months": sql("as_of_border_months", known_then=_KNOWN_THEN),
    "series_months": sql("as_of_series_months", known_then=_KNOWN_THEN),
    "vintages": sql("as_of_vintages"),
    "series_vintages": sql("as_of_series_vintages"),
    "latest_run": sql("as_of_latest_run", run_then=_RUN_THEN),
    "latest_forecasts": sql("as_of_latest_forecasts", run_then=_RUN_THEN),
    "scorecard": sql("as_of_scorecard", run_then=_RUN_THEN),
}
_SORTED_BY = 9  # columns; enough to name a row of any view


def view_rows(
    connection: sqlite3.Connection, view: str, columns: Sequence[str], day: str | None = None
) -> list[tuple[Any, ...]]:
    """The rows of a view, sorted by its first columns.

    day : "YYYY-MM-DD", only for the views in AS_OF: what stood at the end of that day.
    """
    source = view if day is None else f"({AS_OF[view]})"
    order = ", ".join(str(place + 1) for place in range(min(len(columns), _SORTED_BY)))
    query = f"select {', '.join(columns)} from {source} order by {order}"
    cursor = connection.execute(query, {} if day is None else {"day": day})
    return [tuple(row) for row in cursor]


def columns_of(view: str) -> tuple[str, ...]:
    """Names of a view's columns in this program's schema, in order."""
    return _columns()[view]


@cache
def _columns() -> Mapping[str, tuple[str, ...]]:
    """Columns of every view, from a database made for the question: 70 ms, once."""
    by_view: dict[str, tuple[str, ...]] = {}
    with closing(sqlite3.connect(":memory:")) as db:
        connect.apply(db, len(connect.migrations()))
        query = sql("columns_of")
        for view, column in db.execute(query):
            by_view[view] = (*by_view.get(view, ()), column)
    return by_view
