"""What is cited of one month: its counts, its values over time, its forecast. Quick to import."""

from __future__ import annotations

import sqlite3
from typing import Any, NamedTuple

from forecast.records import APPREHENSION, AT_ENTRY, AT_LARGE, BORDERS, NATIONWIDE, Row, SeriesKey
from forecast.store import judgements
from forecast.store.read import rows


class Held(NamedTuple):
    """What the record holds about a border's total, as far as one of its months is concerned.

    counts : month -> encounters as now current.
    values : the values the month has had, oldest first; rows of the view `vintages`.
    source : file_name, rounding of the release that states the current value.
    interior : Border Patrol's arrests At Large in this month, or in the newest month before it
        that states them: month, at_large, at_entry, total (Border Patrol's count); None where
        none is stated.
    judged : the month's row of `judged_months`; forecast : the forecast that stood before it, a
        row of `forecast_vs_actual`; both None where it was not judged.
    """

    counts: dict[str, int]
    values: list[Row]
    source: Row
    judged: Row | None
    forecast: Row | None
    interior: Row | None = None


def span(connection: sqlite3.Connection, border: str) -> tuple[str, str] | None:
    """First and newest month of a border's total, None if it has none; there are no gaps."""
    first, last = connection.execute(
        "select min(month), max(month) from border_months where border = ?", (border,)
    ).fetchone()
    return None if first is None else (first, last)


def held(connection: sqlite3.Connection, border: str, month: str) -> Held:
    """Everything that is cited of a border's month; KeyError if it is not held."""
    published = rows(
        connection,
        "select month, encounters, file_name, rounding from border_months where border = ?",
        (border,),
    )
    judged = _first(
        connection,
        """
        select encounters, median, p, z, basis, cutoff, horizon, severity, run_id
        from judged_months
        where border = ? and dimension = '' and month = ?
        """,
        (border, month),
    )
    issued = judged is not None and judged["basis"] == "issued"
    if judged and issued and judgements.false_issued(connection, SeriesKey(border), month):
        judged["basis"] = "hindcast"  # kept by a version that did not ask when it became known
    return Held(
        counts={row["month"]: row["encounters"] for row in sorted(published, key=_by_month)},
        values=_values(connection, border, month),
        source={row["month"]: row for row in published}[month],
        judged=judged,
        forecast=_standing(connection, border, month, judged) if judged else None,
        interior=_interior(connection, border, month),
    )


def _interior(connection: sqlite3.Connection, border: str, month: str) -> Row | None:
    return _first(
        connection,
        """
        select l.month, l.encounters as at_large, e.encounters as at_entry,
            (
                select iif(l.border <> ? or count(*) = ?, sum(t.encounters), null)
                from series_months as t
                where t.dimension = 'component' and t.member = l.component and t.month = l.month
                    and iif(l.border = ?, t.border <> l.border, t.border = l.border)
            ) as total
        from series_months as l
        join series_months as e
            on e.border = l.border and e.dimension = l.dimension and e.month = l.month
        where l.dimension = ? and l.member = ? and e.member = ? and l.border = ? and l.month <= ?
        order by l.month desc limit 1
        """,
        (NATIONWIDE, len(BORDERS), NATIONWIDE, APPREHENSION, AT_LARGE, AT_ENTRY, border, month),
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
            and run_id is ? and cutoff = ?
        """,
        (border, month, judged["run_id"], judged["cutoff"]),
    )
