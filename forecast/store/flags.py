"""Flags as the commands show them; standard library only, quick to import."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from forecast.store.read import border_order, rows

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
    """Months that deviated, newest first.

    Parameters
    ----------
    since : the first month. watch : also months that were only unusual, p < .05.
    parts : also the drill-down's; without them the borders' totals alone.

    Returns
    -------
    Rows of the view all_flags; with those of a border `listed` and `apart`, how many of its
    parts are listed under its flag and how many stand apart from it.
    """
    return rows(
        connection,
        f"""
        select a.*,
            (select count(*) from flags as c where c.parent_flag_id = a.flag_id
                and c.role = 'listed') as listed,
            (select count(*) from flags as c where c.parent_flag_id = a.flag_id
                and c.role = 'apart') as apart
        from all_flags as a
        where (? is null or a.border = ?) and a.month >= ?
            and (? or a.severity <> 'watch') and (? or a.dimension = '')
        order by a.month desc, {border_order("a.border", totals)}, a.dimension, a.member
        """,
        (total, total, since, watch, parts),
    )


def drivers(connection: sqlite3.Connection) -> dict[int, list[dict[str, Any]]]:
    """Flag -> what moved it, the largest contributions of each dimension first."""
    by_flag: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(
        connection,
        """
        select * from flag_drivers
        order by flag_id, dimension, role = 'unattributed', abs(contribution) desc, member
        """,
        (),
    ):
        by_flag[row.pop("flag_id")].append(row)
    return dict(by_flag)
