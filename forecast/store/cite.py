"""What is cited of one month: its counts, its values over time, its forecast. Quick to import."""

from __future__ import annotations

import sqlite3
from typing import Any, NamedTuple

from forecast.records import SeriesKey
from forecast.store.read import rows

Row = dict[str, Any]


class Held(NamedTuple):
    """What the record holds about a border's total, as far as one of its months is concerned.

    counts : month -> encounters as now current.
    values : the values the month has had, oldest first; rows of the view `vintages`.
    source : file_name, rounding of the release that states the current value.
    judged : the month's row of `judged_months`; forecast : the forecast that stood before it, a
        row of `forecast_vs_actual`; both None where it was not judged.
    """

    counts: dict[str, int]
    values: list[Row]
    source: Row
    judged: Row | None
    forecast: Row | None


def span(connection: sqlite3.Connection, border: str) -> tuple[str, str] | None:
    """First and newest month of a border's total, None if it has none; there are no gaps."""
    first, last = connection.execute(
        "select min(month), max(month) from border_months where border = ?", (border,)
    ).fetchone()
    return None if first is None else (first, last)


def part_span(connection: sqlite3.Connection, key: SeriesKey) -> tuple[str, str] | None:
    """First and newest month of any series, None if it has none."""
    first, last = connection.execute(
        """
        select min(month), max(month) from series_months
        where border = ? and dimension = ? and member = ?
        """,
        key[:3],
    ).fetchone()
    return None if first is None else (first, last)


def part_held(connection: sqlite3.Connection, key: SeriesKey, month: str) -> Held:
    """Everything that is cited of a part's month, which must be held.

    Its forecast is not: of parts only the forecasts of runs are kept, not what judged a month.
    """
    published = rows(
        connection,
        """
        select o.month, o.encounters, r.file_name, r.rounding
        from current_observations as o
        join series as s on s.id = o.series_id join releases as r on r.id = o.release_id
        where s.border = ? and s.dimension = ? and s.member = ?
        """,
        key[:3],
    )
    values = rows(
        connection,
        """
        select encounters, vintage, known_from, known_until, source, file_name
        from series_vintages
        where border = ? and dimension = ? and member = ? and month = ? order by known_from
        """,
        (*key[:3], month),
    )
    counts = {row["month"]: row["encounters"] for row in sorted(published, key=_by_month)}
    source = next(row for row in published if row["month"] == month)
    return Held(counts, values, source, None, None)


def held(connection: sqlite3.Connection, border: str, month: str) -> Held:
    """Everything that is cited of a border's month, which must be held."""
    published = rows(
        connection,
        "select month, encounters, file_name, rounding from border_months where border = ?",
        (border,),
    )
    judged = _first(
        connection,
        """
        select encounters, median, p, z, basis, cutoff, horizon, severity from judged_months
        where border = ? and dimension = '' and month = ?
        """,
        (border, month),
    )
    return Held(
        counts={row["month"]: row["encounters"] for row in sorted(published, key=_by_month)},
        values=_values(connection, border, month),
        source=next(row for row in published if row["month"] == month),
        judged=judged,
        forecast=_standing(connection, border, month, judged) if judged else None,
    )


def _by_month(row: Row) -> str:
    return str(row["month"])


def _first(connection: sqlite3.Connection, query: str, values: tuple[Any, ...]) -> Row | None:
    return next(iter(rows(connection, query, values)), None)


def _values(connection: sqlite3.Connection, border: str, month: str) -> list[Row]:
    return rows(
        connection,
        """
        select encounters, vintage, known_from, known_until, source, file_name from vintages
        where border = ? and month = ? order by known_from
        """,
        (border, month),
    )


def _standing(connection: sqlite3.Connection, border: str, month: str, judged: Row) -> Row | None:
    return _first(
        connection,
        """
        select median, lo80, hi80, lo95, hi95 from forecast_vs_actual
        where border = ? and dimension = '' and model = 'bordercast' and month = ?
            and basis = ? and cutoff = ?
        """,
        (border, month, judged["basis"], judged["cutoff"]),
    )
