"""Months as text, "YYYY-MM", and as a running number (0 = January of year 0).

Text is what files, tables and people use; the running number is what arithmetic uses. Years and
several months in a row are `forecast.periods`.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

_MANY = 4096  # months, each asked for thousands of times
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
NAMES = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
SHORT = tuple(name[:3].lower() for name in NAMES)


def is_month(text: str) -> bool:
    """Return whether a text is a month, "YYYY-MM" with a month from 01 to 12."""
    return _MONTH.fullmatch(text) is not None


@lru_cache(_MANY)
def to_index(month: str) -> int:
    """Running number of a month; ValueError unless it is "YYYY-MM"."""
    # Not datetime.strptime, which reads 2025-1 as well.
    match = _MONTH.fullmatch(month)
    if match is None:
        raise ValueError(f"{month!r} is not a month; write it as YYYY-MM")
    return int(match[1]) * 12 + int(match[2]) - 1


@lru_cache(_MANY)
def from_index(index: int) -> str:
    """Return the month with this running number, "YYYY-MM"."""
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def year(index: Any) -> Any:
    """Return the calendar year of a running number, or of each of an array."""
    return index // 12


def place(index: int) -> int:
    """Return a month's place in the calendar's year, 0 for January."""
    return index % 12


def shift(month: str, by: int) -> str:
    """Return the month `by` months later (earlier if negative)."""
    return from_index(to_index(month) + by)


def distance(first: str, last: str) -> int:
    """Return how many months the last is after the first."""
    return to_index(last) - to_index(first)


def between(first: str, last: str) -> list[str]:
    """Return every month from first to last, both included; empty if last is before first."""
    return [from_index(i) for i in range(to_index(first), to_index(last) + 1)]


def missing(known: Iterable[str]) -> list[str]:
    """Months between the first and the last of these that are not among them, ascending."""
    present = set(known)
    return [month for month in between(min(present), max(present)) if month not in present]


def end(month: str) -> date:
    """Return the last day of a month."""
    return date.fromisoformat(f"{shift(month, 1)}-01") - timedelta(days=1)


def last_over(day: str) -> str:
    """Return the last month that is over on a day, "YYYY-MM-DD", UTC.

    On its last day a month is over already where the next day has begun.
    """
    return shift((date.fromisoformat(day) + timedelta(days=1)).isoformat()[:7], -1)


def days_after(month: str, days: int) -> date:
    """Return the day so many days after a month's end."""
    return end(month) + timedelta(days=days)


def today() -> date:
    """The day it is in UTC, whatever the machine's time zone: days in the record are of UTC."""
    return datetime.now(UTC).date()
