"""Flags as the commands show them; standard library only, quick to import."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from forecast.records import Row
from forecast.store.read import border_order, rows

if TYPE_CHECKING:
    from sqlite_utils import Database


def flags(
    connection: sqlite3.Connection,
    border: str | None = None,
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
        order by a.month desc, {border_order("a.border")}, a.dimension, a.member
        """,
        (border, border, since, watch, parts),
    )


def drivers(connection: sqlite3.Connection) -> dict[int, list[dict[str, Any]]]:
    """Flag -> what moved it, the largest contributions of each dimension first."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(
        connection,
        """
        select * from flag_drivers
        order by flag_id, dimension, role = 'unattributed', abs(contribution) desc, member
        """,
        (),
    ):
        found[row.pop("flag_id")].append(row)
    return dict(found)


def quarantined(db: Database | sqlite3.Connection, seq: int) -> bool:
    """Whether a file of the same month as this release was refused."""
    row = db.execute(
        "select 1 from releases where status = 'quarantined' and seq / 1000 = ? limit 1",
        (seq // 1000,),
    ).fetchone()
    return row is not None


def newest_release(db: Database | sqlite3.Connection) -> tuple[int, str]:
    """Id and sha256 of the newest accepted release."""
    row = db.execute(
        """
        select r.id, r.sha256 from releases as r join release_places as p on p.release_id = r.id
        where r.kind <> 'vintage' order by p.place desc limit 1
        """
    ).fetchone()
    return int(row[0]), str(row[1])


def judged_as_issued(connection: sqlite3.Connection, month: str) -> list[str]:
    """The borders whose month was judged by a forecast issued before it was published."""
    found = connection.execute(
        """
        select border from judged_months
        where month = ? and dimension = '' and basis = 'issued'
        """,
        (month,),
    )
    return [border for (border,) in found]


def episodes(connection: sqlite3.Connection, month: str) -> list[Row]:
    """The borders' episodes that are open, or ended with this month, the latest opened last."""
    return rows(
        connection,
        """
        select border, opened, side, state, closed from flag_episodes
        where dimension = '' and opened <= ? and (closed is null or closed = ?)
        order by opened
        """,
        (month, month),
    )


def month_flags(connection: sqlite3.Connection, month: str) -> list[Row]:
    """The flags of a month, borders' and parts', rows of `flags`; revisions left out."""
    found = flags(connection, since=month, parts=True)
    return [row for row in found if row["month"] == month and row["kind"] != "revision"]
