"""Flags as the commands show them; standard library only, quick to import."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from forecast.store.queries import rows, total_order

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
