"""A month report whose every fact is given by hand: what a sentence is made of."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from forecast.desk.facts import (
    Comparison,
    ComparisonName,
    Expectation,
    MonthFacts,
)
from forecast.rows import COLUMN, of
from forecast.store.history import Interior, MonthValue
from forecast.store.read import FlagOfTotal
from tests.support.cbp_files import ENCOUNTERS

T = TypeVar("T")

OFFICES, PATROL = "Office of Field Operations", "U.S. Border Patrol"


def compared(
    name: ComparisonName, now: int, before: int | None, first: str, last: str = ""
) -> Comparison:
    """A month of `now` encounters against those of first to last, a single month by default."""
    return Comparison(name, first, last or first, now, before)


def expected(**said: Any) -> Expectation:
    """A forecast of 100 (90 to 110; 80 to 120) for a month first published as 100."""
    usual: dict[str, Any] = {"median": 100, "lo80": 90, "hi80": 110, "lo95": 80, "hi95": 120}
    usual |= {"basis": "issued", "cutoff": "2025-01", "judged": 100, "p": 0.5, "severity": None}
    return Expectation(**usual | said)


def value(encounters: int, day: str, vintage: str = "day") -> MonthValue:
    """A value that a file of that day states."""
    return MonthValue(encounters, vintage, day, "release", f"{day}.csv")


def interior(month: str = "2025-02", at_large: int = 30, at_entry: int = 10, total: int = 40):
    """Arrests At Large and At Entry of a month."""
    return Interior(month, at_large, at_entry, total)


def month(**said: Any) -> MonthFacts:
    """February 2025 at the northern border, 100 encounters, and what else is said of it."""
    usual: dict[str, Any] = {
        "source": ENCOUNTERS,
        "total": "northern",
        "month": "2025-02",
        "count": 100,
        "comparisons": (compared("peak", 100, 100, "2025-02"),),
        "expectation": None,
        "rank": 3,
        "held": 5,
        "first_month": "2024-10",
        "last_month": "2025-03",
        "extreme": "",
        "since": None,
        "share": None,
        "final": False,
        "values": (),
        "file_name": "a.csv",
        "rounding": 1,
    }
    return MonthFacts(**usual | said)


def row(kind: type[T], /, **said: Any) -> T:
    """A row of which only some columns matter; the others are null."""
    every = {COLUMN.get(part.name, part.name): None for part in fields(kind)}
    return of(kind, every | {"lacks": ()} | said)


def flag_row(**said: Any) -> FlagOfTotal:
    """A flag of which only some columns matter."""
    return row(FlagOfTotal, **said)
