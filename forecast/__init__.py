"""The domain: how a published file becomes a series, a forecast, a judgement and a page.

Rooms, in the order a row walks through them: tables, sources, engine, judge, desk. A room
imports from the rooms before it, never from a later one; `store` alone speaks SQL.

Analysts begin with `forecast.open("bordercast.db")` or `forecast.forecast(df)`; see docs/python.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.version import __version__ as __version__

if TYPE_CHECKING:
    import pandas as pd

    from forecast.desk.frames import Record


def open(path: str | Path = "bordercast.db", measure: str = "") -> Record:
    """Open a database to read it as pandas DataFrames; any number may be open at once.

    measure : what is counted, "seizures"; the record's first where it is empty.

    Raises
    ------
    ConfigError : there is no database, or it has no such measure.
    """
    from contextlib import closing

    from forecast import asked
    from forecast.context import sources_of
    from forecast.desk.frames import Record
    from forecast.store import connect

    path = Path(path)
    with closing(connect.read(path)) as connection:  # say at once if it cannot be read
        return Record(path, sources_of(connection), measure, asked.for_programs)


def forecast(
    df: pd.DataFrame, h: int = 12, level: Sequence[float] = (80, 95), *, jumps: bool = False
) -> pd.DataFrame:
    """Forecast monthly counts of a DataFrame; see `forecast.desk.long_frames.forecast`.

    df : columns unique_id, ds and y. h : months ahead. level : of the intervals, in percent.
    """
    from forecast.desk import long_frames

    return long_frames.forecast(df, h, level, jumps=jumps)


def __getattr__(name: str) -> Any:
    """Load the model for statsforecast where it is asked for: pandas takes a second."""
    if name != "Bordercast":
        raise AttributeError(f"module 'forecast' has no attribute {name!r}")
    from forecast.desk.long_frames import Bordercast

    return Bordercast
