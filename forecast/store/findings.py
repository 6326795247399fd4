"""What a notice is made of, read from the record; standard library only."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from forecast.store import flags
from forecast.store.queries import rows, sql
from forecast.types import Row

if TYPE_CHECKING:
    from sqlite_utils import Database

    from forecast.types import Totals


def quarantined(db: Database | sqlite3.Connection, seq: int) -> bool:
    """Whether a file of the same month as this release was refused."""
    row = db.execute(
        "select 1 from releases where status = 'quarantined' and seq / 1000 = ? limit 1",
        (seq // 1000,),
    ).fetchone()
    return row is not None


def newest_release(db: Database | sqlite3.Connection) -> tuple[int, str]:
    """Id and sha256 of the newest accepted release."""
    row = db.execute(sql("newest_release")).fetchone()
    return int(row[0]), str(row[1])


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
    """The flags of a month, totals' and parts', rows of `flags.flags`; revisions left out."""
    rows = flags.flags(connection, totals, since=month, parts=True)
    return [row for row in rows if row["month"] == month and row["kind"] != "revision"]
