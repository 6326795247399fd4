"""The domain: how a published file becomes a series, a forecast, a judgement and a page.

Rooms, in the order a row walks through them: tables, sources, engine, judge, desk. A room
imports from the rooms before it, never from a later one; `store` alone speaks SQL.

Analysts begin with `forecast.open("bordercast.db")`; see docs/python.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from forecast.version import __version__ as __version__

if TYPE_CHECKING:
    from forecast.desk.frames import Record


def open(path: str | Path = "bordercast.db", measure: str = "") -> Record:
    """Open a database to read it as pandas DataFrames; any number may be open at once.

    measure : what is counted, "seizures"; the record's first where it is empty.

    Raises
    ------
    ConfigError : there is no database, or it has no such measure.
    """
    from contextlib import closing

    from forecast.context import sources_of
    from forecast.desk.frames import Record
    from forecast.store import connect

    path = Path(path)
    with closing(connect.read(path)) as connection:  # say at once if it cannot be read
        return Record(path, sources_of(connection), measure)
