"""What a notice is made of, read from the record; standard library only."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from forecast.records import Row
from forecast.store import flags, plots, read
from forecast.store.read import rows

if TYPE_CHECKING:
    from sqlite_utils import Database


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
    return [row[0] for row in found]


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
    """The flags of a month, borders' and parts', rows of `flags.flags`; revisions left out."""
    found = flags.flags(connection, since=month, parts=True)
    return [row for row in found if row["month"] == month and row["kind"] != "revision"]


def flag_drivers(connection: sqlite3.Connection, border: str, month: str) -> list[Row]:
    """What moved a border's flagged month, a dimension's largest first."""
    return rows(
        connection,
        """
        select * from flag_drivers where border = ? and month = ?
        order by dimension, role = 'unattributed', abs(contribution) desc, member
        """,
        (border, month),
    )


def one_ahead(connection: sqlite3.Connection, border: str) -> Row | None:
    """How good the engine's forecasts of the next month have been.

    Those issued, once there are two years of them; until then hindcasts.
    """
    found = [
        row
        for row in read.scores(connection, border)
        if (row["model"], row["era"], row["horizon"]) == ("bordercast", "all", 1)
    ]
    issued = [row for row in found if row["basis"] == "issued" and row["n"] >= 24]
    return next(iter(issued or [row for row in found if row["basis"] == "hindcast"]), None)


def how_often_flagged(connection: sqlite3.Connection) -> tuple[int, int]:
    """Months in which some border's total was flagged, and months in which one was judged."""
    row = connection.execute(
        """
        select
            count(distinct iif(flag is not null and severity <> 'watch', month, null)),
            count(distinct month)
        from judged_months where dimension = '' and basis <> 'none'
        """
    ).fetchone()
    return int(row[0]), int(row[1])


def lately(connection: sqlite3.Connection, border: str, month: str, count: int) -> list[Row]:
    """The last `count` months up to this one beside the forecasts that stood before them."""
    return [r for r in plots.stood(connection, border) if r["month"] <= month][-count:]
