"""Months as text, "YYYY-MM", and as a running number (0 = January of year 0).

Text is what files, tables and people use; the running number is what arithmetic uses. A fiscal
year begins in month `begins`, 1..12, and bears the year it ends in: 10 (October) for the U.S.
government, 1 where years are those of the calendar.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

FEDERAL = 10  # the month in which fiscal years of the U.S. government begin
_MANY = 4096  # months, each asked for thousands of times
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_TYPED = re.compile(r"(\d{4})-(\d{1,2})|([A-Za-z]{3,9})\.? +(\d{4})")
NAMES = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)


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


def typed(text: str) -> str:
    """Return a month as people type it, "2025-2" or "Feb 2025" or "February 2025", as "YYYY-MM".

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
        names = [name.lower().startswith(match[3].lower()) for name in NAMES]
        number = names.index(True) + 1 if True in names else 0
    if match is None or not 1 <= number <= 12:
        raise ValueError(f"{text!r} is not a month; write it as YYYY-MM, such as 2025-02")
    return f"{match[1] or match[4]}-{number:02d}"


def shift(month: str, by: int) -> str:
    """Return the month `by` months later (earlier if negative)."""
    return from_index(to_index(month) + by)


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


def days_after(month: str, days: int) -> date:
    """Return the day so many days after a month's end."""
    return end(month) + timedelta(days=days)


def today() -> date:
    """The day it is in UTC, whatever the machine's time zone: days in the record are of UTC."""
    return datetime.now(UTC).date()


def calendar_years(begins: int) -> bool:
    """Return whether years that begin in month 1..12 are calendar years."""
    return begins == 1


def year_noun(begins: int) -> str:
    """Return what a year is called that begins in this month."""
    return "year" if calendar_years(begins) else "fiscal year"


def year_name(year: int, begins: int) -> str:
    """Return a year's name: FY2025; a calendar year's is 2025."""
    return str(year) if calendar_years(begins) else f"FY{year}"


def fiscal_year(month: str, begins: int) -> int:
    """Return the fiscal year a month belongs to, that in which it ends: 2024-10 is in 2025."""
    return fiscal_year_at(to_index(month), begins)


def fiscal_year_at(index: int, begins: int) -> int:
    """Return the fiscal year of a month's running number."""
    return (index + _months_before(begins)) // 12


def fiscal_months(year: int, begins: int) -> list[str]:
    """Return the twelve months of a fiscal year, in the publisher's order."""
    # A fiscal year bears the calendar year it ends in.
    first = year * 12 - _months_before(begins)
    return between(from_index(first), from_index(first + 11))


def _months_before(begins: int) -> int:
    """Return how many months of a fiscal year lie in the calendar year before."""
    return (13 - begins) % 12
