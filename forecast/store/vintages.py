"""What was known on a given day: the values as they stood, and since when."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from forecast.records import SeriesKey

if TYPE_CHECKING:
    from sqlite_utils import Database


class Known(NamedTuple):
    """A value as it stood on a day.

    encounters : count.
    vintage : how exactly the day it became known is known: "day", "month" (then it is the last
        day it can have been), or "unknown" (then it is the day by which months are published).
    known_from : "YYYY-MM-DD". source : the release that first stated the value.
    """

    encounters: int
    vintage: str
    known_from: str
    source: str


def as_of(
    db: Database | sqlite3.Connection, day: str, border: str | None = None, dimension: str = ""
) -> dict[SeriesKey, dict[str, Known]]:
    """Every series by month as it stood at the end of a day.

    A month stands as the highest release by seq states it that had been first seen by then.

    Parameters
    ----------
    day : "YYYY-MM-DD".
    border : one border, None for all. dimension : "" for the borders' totals, "*" for all series.
    """
    rows = db.execute(
        """
        select v.border, v.dimension, v.member, s.component, v.month,
            v.encounters, v.vintage, v.known_from, v.source
        from series_vintages as v
        join series as s on (s.border, s.dimension, s.member) = (v.border, v.dimension, v.member)
        where v.known_from <= ? and (v.known_until is null or v.known_until > ?)
            and (? is null or v.border = ?) and (? = '*' or v.dimension = ?)
        order by 1, 2, 3, 5
        """,
        (day, day, border, border, dimension, dimension),
    )
    found: dict[SeriesKey, dict[str, Known]] = defaultdict(dict)
    for *key, month, encounters, vintage, known_from, source in rows:
        found[SeriesKey(*key)][month] = Known(encounters, vintage, known_from, source)
    return dict(found)
