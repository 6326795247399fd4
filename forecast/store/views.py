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

_RUN_THEN = """(
    select max(id) from runs where substr(published_at, 1, 10) <= :day
    and id not in (select run_id from withdrawals where substr(at, 1, 10) <= :day)
)"""
_KNOWN_THEN = "v.known_from <= :day and (v.known_until is null or v.known_until > :day)"

AS_OF = {
    "border_months": f"""
        select v.border, v.month, v.encounters, v.source, v.file_name, r.rounding,
            r.first_seen_at as stated_first_seen_at
        from vintages as v join releases as r on r.sha256 = v.sha256
        where {_KNOWN_THEN}
    """,
    "series_months": f"""
        select v.border, v.dimension, v.member, s.component, v.month, v.encounters, v.source
        from series_vintages as v
        join series as s on (s.border, s.dimension, s.member) = (v.border, v.dimension, v.member)
        where {_KNOWN_THEN}
    """,
    "vintages": """
        select border, month, encounters, previous, change, vintage, known_from,
            iif(known_until <= :day, known_until, null) as known_until, source, file_name, sha256
        from vintages where known_from <= :day
    """,
    "series_vintages": """
        select border, dimension, member, month, encounters, previous, change, vintage,
            known_from, iif(known_until <= :day, known_until, null) as known_until, source,
            file_name, sha256
        from series_vintages where known_from <= :day
    """,
    "latest_run": f"""
        select
            id, started_at, published_at, data_through, config_digest, code_version,
            previous_digest,
            coalesce(
                (
                    select digest from entries where run_id = runs.id and kind <> 'witnessed'
                    order by id desc limit 1
                ),
                digest
            ) as digest
        from runs where id = {_RUN_THEN}
    """,
    "latest_forecasts": f"""
        select s.border, s.dimension, s.member, f.model, f.month, f.cutoff, f.horizon, f.median,
            f.lo50, f.hi50, f.lo80, f.hi80, f.lo90, f.hi90, f.lo95, f.hi95, f.flag_below,
            f.flag_above, f.run_id
        from forecasts as f join series as s on s.id = f.series_id
        where f.run_id = {_RUN_THEN}
    """,
    "scorecard": f"""
        select s.border, c.model, c.basis, c.era, c.horizon, c.n, c.log_wis, c.wis, c.mae, c.mase,
            c.relative_mae, c.coverage50, c.coverage80, c.coverage95
        from scores as c join series as s on s.id = c.series_id
        where c.run_id = {_RUN_THEN}
    """,
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
        query = """
            select v.name, c.name from sqlite_master as v, pragma_table_info(v.name) as c
            where v.type = 'view'
        """
        for view, column in db.execute(query):
            by_view[view] = (*by_view.get(view, ()), column)
    return by_view
