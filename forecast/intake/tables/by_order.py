"""Months that only a file's order tells: 24-Jan, 01/24, and a spreadsheet's days, 45292.

Alone, each could be something else. Thirteen of them, each a month after the one before, cannot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from forecast import months
from forecast.intake.tables import dates
from forecast.intake.tables.dates import CellValue
from forecast.intake.tables.sheet import TOP, Sheet, with_labels

_LEAST = 13  # different months: more than a year, so that years are told from days
_NAMED = re.compile(r"(\d\d)[-/ ]([A-Za-z]{3,9})\.?")
_PAIR = re.compile(r"(\d\d?)[-/.](\d\d)", re.ASCII)
_SERIAL = re.compile(r"[34]\d{4}|5[0-4]\d{3}", re.ASCII)
_DAY_0 = date(1899, 12, 30)  # of spreadsheets; 1900 was no leap year, but is one to Excel


def with_months(sheet: Sheet) -> Sheet:
    """The same with such months written as 2024-01, in columns and in the header."""
    for column in range(sheet.grid.shape[1]):
        sheet = _written(sheet, (slice(None), column))
    for row in range(min(TOP, len(sheet.grid))):
        sheet = _written(sheet, (row, slice(None)))
    return sheet


def _written(sheet: Sheet, where: tuple[int | slice, int | slice]) -> Sheet:
    codes = sheet.grid[where]
    for form in _READINGS:
        if any(form(sheet.labels[code]) is not None for code in codes[:TOP].tolist()):
            found = _in_order(sheet, codes, form)
            if found:
                return _replaced(sheet, where, found)
    return sheet


def _in_order(
    sheet: Sheet, codes: np.ndarray, form: Callable[[CellValue], int | None]
) -> dict[int, int]:
    """The month of each different cell, if all but a header's are months, one after the other."""
    read = {code: form(sheet.labels[code]) for code in np.unique(codes).tolist()}
    found = {code: month for code, month in read.items() if month is not None}
    inside = codes[np.isin(codes, list(found))]
    if len(set(found.values())) < _LEAST or len(inside) < 0.8 * np.count_nonzero(codes):
        return {}
    month = np.array([found[code] for code in inside.tolist()])
    steps = np.diff(month)
    steps = steps[steps != 0]  # a line a series
    follow = max(np.mean(steps == 1), np.mean(steps == -1))
    return found if follow > 0.9 else {}


def _replaced(sheet: Sheet, where: tuple[int | slice, int | slice], found: dict[int, int]) -> Sheet:
    labels, places = with_labels(sheet, list(map(months.from_index, found.values())))
    grid = sheet.grid.copy()
    codes = grid[where]
    for code, place in zip(found, places.tolist(), strict=True):
        codes[codes == code] = place
    grid[where] = codes
    code, month = next(iter(found.items()))
    shown = f"{dates.as_digits(sheet.labels[code])} is read as {months.from_index(month)}"
    note = f"{shown}, as the file's order shows"
    return replace(sheet, labels=labels, grid=grid, notes=(*sheet.notes, note))


def _year_and_name(cell: CellValue) -> int | None:
    found = _NAMED.fullmatch(cell) if isinstance(cell, str) else None
    number = dates.names_month(found[2]) if found else 0
    return dates.full_year(found[1]) * 12 + number - 1 if found and number else None


def _pair(cell: CellValue, month: int, year: int) -> int | None:
    found = _PAIR.fullmatch(cell) if isinstance(cell, str) else None
    if not found or not 1 <= int(found[month]) <= 12 or len(found[year]) != 2:
        return None
    return dates.full_year(found[year]) * 12 + int(found[month]) - 1


def _serial(cell: CellValue) -> int | None:
    """The month of a spreadsheet's day, if it is a month's first or last."""
    text = str(dates.as_digits(cell))
    if not _SERIAL.fullmatch(text):
        return None
    day = _DAY_0 + timedelta(int(text))
    index = day.year * 12 + day.month - 1
    return index if day.day in (1, dates.days_in(index)) else None


_READINGS: Sequence[Callable[[CellValue], int | None]] = (
    _year_and_name,
    lambda cell: _pair(cell, 1, 2),
    lambda cell: _pair(cell, 2, 1),
    _serial,
)
