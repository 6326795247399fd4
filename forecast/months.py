"""Months as text, "YYYY-MM", and as a running number (0 = January of year 0).

Text is what files, tables and people use; the running number is what arithmetic uses. The
fiscal year of the U.S. government runs from October to September and bears the year it ends in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_BEFORE = [3]  # months of a fiscal year that lie in the calendar year before
_MANY = 4096  # months, each asked for thousands of times
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_TYPED = re.compile(r"(\d{4})-(\d{1,2})|([A-Za-z]{3,9})\.? +(\d{4})")
_NAMES = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)


def is_month(text: str) -> bool:
    """Whether a text is a month, "YYYY-MM" with a month from 01 to 12."""
    return _MONTH.fullmatch(text) is not None


@lru_cache(_MANY)
def to_index(month: str) -> int:
    """Running number of a month; ValueError unless it is "YYYY-MM"."""
    match = _MONTH.fullmatch(month)
    if match is None:
        raise ValueError(f"{month!r} is not a month; write it as YYYY-MM")
    return int(match[1]) * 12 + int(match[2]) - 1


@lru_cache(_MANY)
def from_index(index: int) -> str:
    """The month with this running number, "YYYY-MM"."""
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def typed(text: str) -> str:
    """A month as people type it, "2025-2" or "Feb 2025" or "February 2025", as "YYYY-MM".

    Raises
    ------
    ValueError : says how to write it.
    """
    match = _TYPED.fullmatch(text.strip())
    if match is None:
        number = 0
    elif match[2]:
        number = int(match[2])
    else:  # three letters tell the names apart
        names = [name.startswith(match[3].lower()) for name in _NAMES]
        number = names.index(True) + 1 if True in names else 0
    if match is None or not 1 <= number <= 12:
        raise ValueError(f"{text!r} is not a month; write it as YYYY-MM, such as 2025-02")
    return f"{match[1] or match[4]}-{number:02d}"


def shift(month: str, by: int) -> str:
    """The month `by` months later (earlier if negative)."""
    return from_index(to_index(month) + by)


def between(first: str, last: str) -> list[str]:
    """Every month from first to last, both included; empty if last is before first."""
    return [from_index(i) for i in range(to_index(first), to_index(last) + 1)]


def missing(known: Iterable[str]) -> list[str]:
    """Months between the first and the last of these that are not among them, ascending."""
    held = set(known)
    return [month for month in between(min(held), max(held)) if month not in held]


def end(month: str) -> date:
    """The last day of a month."""
    return date.fromisoformat(f"{shift(month, 1)}-01") - timedelta(days=1)


def days_after(month: str, days: int) -> date:
    """The day so many days after a month's end."""
    return end(month) + timedelta(days=days)


def today() -> date:
    """The day it is in UTC, whatever the machine's time zone: days in the record are of UTC."""
    return datetime.now(UTC).date()


def year_begins(number: int) -> None:
    """Say in which month 1..12 the years of the counts in use begin; 1: calendar years."""
    _BEFORE[:] = [(13 - number) % 12]


def calendar_years() -> bool:
    """Whether they are calendar years."""
    return _BEFORE == [0]


def year_noun() -> str:
    """What such a year is called."""
    return "year" if calendar_years() else "fiscal year"


def year_name(year: int) -> str:
    """Its name: FY2025; a calendar year's is 2025."""
    return str(year) if calendar_years() else f"FY{year}"


def fiscal_year(month: str) -> int:
    """The fiscal year a month belongs to, that in which it ends: 2024-10 is in 2025."""
    return fiscal_year_at(to_index(month))


def fiscal_year_at(index: int) -> int:
    """The same of a month's running number."""
    return (index + _BEFORE[0]) // 12


def fiscal_months(year: int) -> list[str]:
    """The twelve months of a fiscal year, in the publisher's order."""
    first = year * 12 - _BEFORE[0]
    return between(from_index(first), from_index(first + 11))
