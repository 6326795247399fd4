"""Which cells of a table are months, counts and names, told by what is in them.

Three layouts: long (a line a month and series), wide (a column a series), and across (a column a
month, or a calendar month beside a year). Headers only decide where contents leave a choice; what
they leave open is asked for by an option. Every decision is a note that the user reads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from forecast.errors import DataError
from forecast.intake.tables import dates
from forecast.intake.tables.dates import CellValue
from forecast.intake.tables.grid import (
    TOP,
    Entries,
    ReadAs,
    TableGrid,
    is_month,
    names_of,
    nesting_of,
    note_ignored,
    ordinals,
    quoted,
    read_months,
    series_columns,
    text_of,
    years_of,
)
from forecast.intake.tables.long import from_long
from forecast.intake.tables.sheet import Sheet
from models.base import Ints


def entries(sheet: Sheet, wanted: ReadAs) -> Entries:
    """What a sheet says.

    Raises
    ------
    DataError : no table of months in it; a choice that the user has to make.
    """
    table = TableGrid(_with_one_header(sheet), wanted)
    row = _across(table)
    if row is not None:
        return _from_across(table, row)
    row = _calendar(table)
    if row is not None:
        return _from_calendar(table, row)
    return from_long(table)


def _with_one_header(sheet: Sheet) -> Sheet:
    """The same with one header for two, where years stand over their months' names."""
    for row in range(1, min(TOP, len(sheet.grid) - 1)):
        names = sheet.row(row)
        places = [at for at, cell in enumerate(names) if dates.names_month(cell)]
        above = sheet.row(row - 1)
        if len(places) < 2 or not any(dates.names_year(cell) for cell in above):
            continue
        labels, grid, year = list(sheet.labels), sheet.grid.copy(), ""
        for at, cell in enumerate(above):
            if dates.names_year(cell):
                year = text_of(cell)
            if at in places and year:
                grid[row, at] = len(labels)
                labels.append(f"{year} {names[at]}")
        note = f"line {sheet.line[row - 1]} gives the years of line {sheet.line[row]}'s months"
        return replace(
            sheet,
            labels=labels,
            grid=np.delete(grid, row - 1, axis=0),
            line=np.delete(sheet.line, row - 1),
            ragged=np.delete(sheet.ragged, row - 1),
            notes=(*sheet.notes, note),
        )
    return sheet


# Across: a column a month.


def _across(table: TableGrid) -> int | None:
    """The header whose cells are months, if there is one."""
    for row in range(min(TOP, len(table.grid) - 1)):
        cells = table.sheet.row(row)
        places = [at for at, cell in enumerate(cells) if is_month(cell)]
        if len(places) < 2:
            places = _compact_months(cells)
        if len(places) < 2 or len(places) < table.filled[row] / 2:
            continue
        below = [
            cell
            for at in range(row + 1, min(row + 20, len(table.grid)))
            for cell in np.array(table.sheet.row(at), dtype=object)[places]
        ]
        if sum(map(is_month, below)) < len(below) / 2:
            return row
    return None


def _compact_months(cells: Sequence[CellValue]) -> list[int]:
    """Places of cells like 202401, 202402, ... in a row; [] unless each is a month later."""
    digits = [dates.as_digits(cell) for cell in cells]
    places = [
        at
        for at, cell in enumerate(digits)
        if isinstance(cell, str) and re.fullmatch(r"(19|20)\d\d(0[1-9]|1[0-2])", cell)
    ]
    found = [dates.read(digits[at], "mdy", 1).month for at in places]
    steps = set(np.diff(found).tolist())
    return places if len(places) > 2 and steps in ({1}, {-1}) else []


def _from_across(table: TableGrid, row: int) -> Entries:
    table.header = row
    cells = table.sheet.row(row)
    places = [at for at, cell in enumerate(cells) if is_month(cell)] or _compact_months(cells)
    rows = table.data_rows(row + 1)
    line = np.full(len(places), table.sheet.line[row])
    names = [table.name(at) for at in places]
    month, day = read_months(table, table.grid[row, places], line, names)
    others = [at for at in range(table.grid.shape[1]) if at not in places]
    series = series_columns(table, others, rows, None)
    note_ignored(table, set(others) - set(series))
    table.notes.insert(
        0,
        f"a column for each month, {names[0]} to {names[-1]}; series from {quoted(table, series)}",
    )
    days = np.tile(ordinals(month, day), len(rows))
    nesting = nesting_of(table, series, set(others) - set(series), rows)
    return _of_columns(table, series, rows, places, np.tile(month, len(rows)), days, nesting)


def _of_columns(
    table: TableGrid,
    series: Sequence[int],
    rows: Ints,
    places: Sequence[int],
    month: Ints,
    day: Ints,
    nesting: tuple[str, str],
) -> Entries:
    """The counts in these columns of these rows; month, day : of each, line by line."""
    code, called, nested = names_of(table, series, rows)
    n = len(places)
    return Entries(
        called,
        [],
        np.repeat(code, n),
        np.repeat(table.sheet.line[rows], n),
        month,
        day,
        table.grid[rows][:, places].ravel().astype(np.int64),
        np.tile(np.arange(n), len(rows)),
        [table.name(at) for at in places],
        "",
        table.faults,
        table.notes,
        nested=nested,
        nesting=nesting,
    )


# Calendar: a line a year, a column for each of its months.


def _calendar(table: TableGrid) -> int | None:
    for row in range(min(TOP, len(table.grid) - 1)):
        named = [dates.names_month(cell) for cell in table.sheet.row(row)]
        if len(set(named) - {0}) >= 6:
            return row
    return None


def _from_calendar(table: TableGrid, row: int) -> Entries:
    table.header = row
    numbers = [dates.names_month(cell) for cell in table.sheet.row(row)]
    places = [at for at, number in enumerate(numbers) if number]
    rows = table.data_rows(row + 1)
    others = [at for at in range(len(numbers)) if at not in places]
    years = [at for at in others if table.share(at, dates.names_year) >= 0.5]
    if len(years) != 1:
        raise DataError(
            f"{table.sheet.name}, line {table.sheet.line[row]}: months without a year; "
            "add a column with the year, or write months as 2024-01"
        )
    if len(places) != len({numbers[at] for at in places}):
        raise DataError(
            f"{table.sheet.name}, line {table.sheet.line[row]}: a month's name stands there "
            "twice; write the columns as 2023-01, 2024-01 and so on"
        )
    year, fiscal = years_of(table, years[0], rows)
    good = year >= 0
    rows, year, fiscal = rows[good], year[good], fiscal[good]
    series = series_columns(table, [at for at in others if at not in years], rows, year)
    note_ignored(table, set(others) - set(years) - set(series))
    table.notes.insert(
        0,
        f"a line for each year in column {table.name(years[0])!r}, a column "
        f"for each month; series from {quoted(table, series)}",
    )
    number = np.array([numbers[at] for at in places])
    start = table.wanted.fiscal_start
    before = fiscal[:, None] & (start > 1) & (number >= start)
    month = (year[:, None] - before) * 12 + number - 1
    days = np.zeros(month.size, dtype=np.int64)
    nesting = nesting_of(table, series, set(others) - set(years) - set(series), rows)
    return _of_columns(table, series, rows, places, month.ravel(), days, nesting)
