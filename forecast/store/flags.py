"""Flags as the commands show them; standard library only, quick to import."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from forecast.store.queries import rows, sql, total_order
from forecast.types import Row

if TYPE_CHECKING:
    from forecast.types import Totals


def flags(
    connection: sqlite3.Connection,
    totals: Totals,
    total: str | None = None,
    since: str = "",
    *,
    watch: bool = False,
    parts: bool = False,
) -> list[dict[str, Any]]:
    """Months that deviated, newest first; then revisions of closed months.

    Parameters
    ----------
    since : the first month. watch : also months that were only unusual, p < .05.
    parts : also the drill-down's; without them the totals alone.

    Returns
    -------
    Rows of the view all_flags; with those of a total `listed` and `apart`, how many of its
    parts are listed under its flag and how many stand apart from it.
    """
    return rows(
        connection,
        "flags",
        (total, total, since, watch, parts),
        order=total_order("a.border", totals),
    )


def drivers(connection: sqlite3.Connection) -> dict[int, list[dict[str, Any]]]:
    """Flag -> what moved it, the largest contributions of each dimension first."""
    by_flag: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(connection, "every_driver"):
        by_flag[row.pop("flag_id")].append(row)
    return dict(by_flag)


def judged_as_issued(connection: sqlite3.Connection, month: str) -> list[str]:
    """The totals whose month was judged by a forecast issued before it was published."""
    rows = connection.execute(
        sql("judged_as_issued"),
        (month,),
    )
    return [total for (total,) in rows]


def episodes(connection: sqlite3.Connection, month: str) -> list[Row]:
    """The totals' episodes that are open, or ended with this month, the latest opened last."""
    return rows(
        connection,
        "episodes",
        (month, month),
    )


def month_flags(connection: sqlite3.Connection, month: str, totals: Totals) -> list[Row]:
    """The flags of a month, totals' and parts', rows of `flags`; revisions left out."""
    every = flags(connection, totals, since=month, parts=True)
    return [row for row in every if row["month"] == month and row["kind"] != "revision"]
