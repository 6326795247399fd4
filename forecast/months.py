"""Months as text, "YYYY-MM", and as a running number (0 = January of year 0).

Text is what files, tables and people use; the running number is what arithmetic uses. The
fiscal year of the U.S. government runs from October to September and bears the year it ends in.
"""

from __future__ import annotations

import re
from functools import lru_cache

_MANY = 4096  # months, each asked for thousands of times
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


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


def shift(month: str, by: int) -> str:
    """The month `by` months later (earlier if negative)."""
    return from_index(to_index(month) + by)


def between(first: str, last: str) -> list[str]:
    """Every month from first to last, both included; empty if last is before first."""
    return [from_index(i) for i in range(to_index(first), to_index(last) + 1)]


def fiscal_year(month: str) -> int:
    """The fiscal year a month belongs to: 2024-10 is in 2025."""
    return (to_index(month) + 3) // 12


def fiscal_months(year: int) -> list[str]:
    """The twelve months of a fiscal year, October first."""
    return between(f"{year - 1}-10", f"{year}-09")
