"""Typed rows of the views that the program reads by name, made from the schema and the dictionary.

A field is called like its column, but for those in `COLUMN`. Below the mark is generated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, TypeVar

from forecast.errors import DataError
from forecast.types import COUNT

T = TypeVar("T")
COLUMN = {"total": "border", "count": COUNT}
"""Field -> its column, where 1.0 promised another name than ours."""
FIELD = {column: name for name, column in COLUMN.items()}


def of(kind: type[T], row: Mapping[str, Any]) -> T:
    """Make a record of a row by the names of its columns; DataError names what lacks."""
    wanted: Any = kind  # a type[T] counts as unhashable
    values = {name: row[column] for column, name in _read(wanted, tuple(row))}
    try:
        return kind(**values)
    except TypeError:
        lacking = ", ".join(COLUMN.get(name, name) for name in _names(wanted) if name not in values)
        raise DataError(f"a row of {kind.__name__} has no {lacking}") from None


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return getattr(kind, "_fields", None) or tuple(part.name for part in fields(kind))


@cache
def _read(kind: Any, columns: tuple[str, ...]) -> list[tuple[str, str]]:
    """List the columns that a record of a kind takes, and its field of each: once, not a row."""
    # A column that a newer schema has more is none of this program's.
    named = ((column, FIELD.get(column, column)) for column in columns)
    return [(column, name) for column, name in named if name in _names(kind)]


def as_row(record: Any) -> dict[str, Any]:
    """Return a record by the promised names of its columns, for JSON, tables and charts.

    What a record `lacks`, as an earlier program kept it, stays out.
    """
    left = ("lacks", *getattr(record, "lacks", ()))
    names = [name for name in _names(record.__class__) if name not in left]
    return {COLUMN.get(name, name): getattr(record, name) for name in names}


def bounds(row: Any, level: int) -> tuple[int, int]:
    """Return both ends of a forecast's prediction interval, level in percent."""
    return getattr(row, f"lo{level}"), getattr(row, f"hi{level}")


# Below: python -m forecast.desk.dictionary
# fmt: off
# ruff: noqa: E702
@dataclass(frozen=True, slots=True)
class ForecastRow:
    """Row of the view latest_forecasts."""

    total: str; dimension: str; member: str; model: str; month: str; cutoff: str; horizon: int
    median: int; lo50: int; hi50: int; lo80: int; hi80: int; lo90: int; hi90: int; lo95: int
    hi95: int; flag_below: int | None; flag_above: int | None; run_id: int

@dataclass(frozen=True, slots=True)
class ChangeRow:
    """Row of the view forecast_changes."""

    total: str; month: str; before: int; method: int; revisions: int; season: int; surprise: int
    after: int; before_run_id: int; run_id: int

@dataclass(frozen=True, slots=True)
class FlagRow:
    """Row of the view all_flags."""

    flag_id: int; total: str; dimension: str; member: str; component: str; month: str; kind: str
    role: str; severity: str; systemic: int; count: int; expected: int; ratio: float; side: int
    p: float | None; apart_p: float | None; basis: str | None; cutoff: str | None
    opened: str | None; episode: str | None; closed: str | None; parent_flag_id: int | None
    parent_month: str | None; source: str; run_id: int | None; if_with_whole: int | None
    restated: int | None

@dataclass(frozen=True, slots=True)
class DriverRow:
    """Row of the view flag_drivers."""

    flag_id: int; total: str; month: str; dimension: str; role: str; part_border: str | None
    member: str | None; component: str | None; expected: int | None; count: int | None
    contribution: int | None

@dataclass(frozen=True, slots=True)
class ScoreRow:
    """Row of the view scorecard."""

    total: str; model: str; basis: str; era: str; horizon: int; n: int; log_wis: float; wis: float
    mae: float; mase: float | None; relative_mae: float | None; coverage50: float
    coverage80: float; coverage95: float

@dataclass(frozen=True, slots=True)
class WitnessRow:
    """Row of the view witnesses."""

    run_id: int; data_through: str; witness: str; seen_at: str; seen_by: str; entry_id: int
    statement: str; month: str; published_on: str | None; days_before: int | None
