"""Which cells of a table are months, counts and names, told by what is in them.

Layouts: long (a line a month and series), wide (a column a series), across (a column a month), and
a calendar (a line a year and a column a calendar month, or the other way). Headers only decide
where contents leave a choice; what they leave open is asked for by an option. Every decision is a
note that the user reads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from forecast.errors import DataError
from forecast.tables import dates, numerals
from forecast.tables.dates import CellValue
from forecast.tables.grid import (
    Entries,
    Fault,
    ReadAs,
    TableGrid,
    fill_names,
    is_count,
    is_month,
    is_sum,
    names_of,
    nesting_of,
    note_ignored,
    note_sums,
    ordinals,
    quoted,
    read_months,
    refuse_sums_of_months,
    series_columns,
    text_of,
    year_start,
    years_of,
)
from forecast.tables.header import as_one_table
from forecast.tables.long import from_long
from forecast.tables.sheet import TOP, Sheet
from models.base import Ints


def entries(sheet: Sheet, wanted: ReadAs) -> Entries:
    """What a sheet says.

    Raises
    ------
    DataError : no table of months in it; a choice that the user has to make.
    """
    table = TableGrid(as_one_table(sheet), wanted)
    row = _across(table)
    if row is not None:
        return _from_across(table, row)
    row = _calendar(table)
    if row is not None:
        return _from_calendar(table, row)
    row = _years_across(table)
    if row is not None:
        return _from_years(table, row)
    return from_long(table)


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
    months = [dates.read(digits[at], "mdy", 1).month for at in places]
    steps = set(np.diff(months).tolist())
    return places if len(places) > 2 and steps in ({1}, {-1}) else []


def _from_across(table: TableGrid, row: int) -> Entries:
    table.header = row
    cells = table.sheet.row(row)
    places = [at for at, cell in enumerate(cells) if is_month(cell)] or _compact_months(cells)
    rows = table.data_rows(row + 1)
    heads = [row, *(at for at in rows.tolist() if _heads_again(table, at, places))]
    rows = rows[~np.isin(rows, heads)]
    names = [table.name(at) for at in places]
    heads_read = [
        read_months(table, table.grid[head, places], np.full(len(places), line), names)
        for head, line in zip(heads, table.sheet.line[heads].tolist(), strict=True)
    ]
    block = np.searchsorted(heads, rows) - 1
    month = np.stack([month for month, _ in heads_read])[block].ravel()
    day = ordinals(month, np.stack([day for _, day in heads_read])[block].ravel())
    others = [at for at in range(table.grid.shape[1]) if at not in places]
    refuse_sums_of_months(table, others, rows)
    series = series_columns(table, others, rows, None)
    note_ignored(table, set(others) - set(series))
    table.notes.insert(
        0,
        f"a column for each month, {names[0]} to {names[-1]}"
        + (f", and {len(heads) - 1} more such blocks below" if len(heads) > 1 else "")
        + f"; series from {quoted(table, series)}",
    )
    nesting = nesting_of(table, series, set(others) - set(series), rows)
    return _of_columns(table, series, rows, places, month, day, nesting)


def _heads_again(table: TableGrid, row: int, places: Sequence[int]) -> bool:
    """Whether a row below the header has months at its places too: the next block's header."""
    return all(is_month(cell) for cell in table.cells(table.grid[row, places]))


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
        cells = table.sheet.row(row)
        months = list(filter(None, _calendar_months(cells)))
        if len(set(months)) >= 6 or (dates.names_year(table.sheet.title) and _is_begun(cells)):
            return row
    return None


def _is_begun(cells: Sequence[CellValue]) -> bool:
    """Whether they name January and the months after it: a sheet of a year that is not over."""
    months = list(filter(None, map(dates.names_month, cells)))
    return (
        months[:1] == [1]
        and months == [*range(1, len(months) + 1)]
        and not any(map(numerals.is_number, cells))
    )


def _calendar_months(cells: Sequence[CellValue]) -> list[int]:
    """1 .. 12 where a cell is a month's name, or a number of all twelve in order; else 0."""
    numbers = [_number(cell) for cell in cells]
    if dates.begins_with(list(filter(None, numbers))):
        return numbers
    return [dates.names_month(cell) for cell in cells]


def _number(cell: CellValue) -> int:
    text = str(dates.as_digits(cell))
    return int(text) if re.fullmatch(r"0?[1-9]|1[0-2]", text, re.ASCII) else 0


def _from_calendar(table: TableGrid, row: int) -> Entries:
    table.header = row
    numbers = _calendar_months(table.sheet.row(row))
    places = [at for at, number in enumerate(numbers) if number]
    rows = table.data_rows(row + 1)
    others = [at for at in range(len(numbers)) if at not in places]
    years = [at for at in others if _holds_years(table, at, rows)]
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
    _refuse_holes(table, numbers)
    rows = _without_sums(table, rows, years[0])
    year, fiscal = years_of(table, years[0], rows)
    good = year >= 0
    rows, year, fiscal = rows[good], year[good], fiscal[good]
    words = [at for at in others if at not in years]
    refuse_sums_of_months(table, words, rows)
    fill_names(table, words, rows, year)
    series = series_columns(table, words, rows, year)
    note_ignored(table, set(others) - set(years) - set(series))
    table.notes.insert(
        0,
        f"a line for each year in column {table.name(years[0])!r}, a column "
        f"for each month; series from {quoted(table, series)}",
    )
    number = np.array([numbers[at] for at in places])
    pairs = [(y, n) for y in dict.fromkeys(year.tolist()) for n in number.tolist()]
    start = year_start(table, years[0], fiscal, pairs)
    month = _running(year[:, None], fiscal[:, None], number, start)
    days = np.zeros(month.size, dtype=np.int64)
    nesting = nesting_of(table, series, set(others) - set(years) - set(series), rows)
    return _of_columns(table, series, rows, places, month, days, nesting)


def _refuse_holes(table: TableGrid, numbers: Sequence[int]) -> None:
    """DataError where a month is missing between others: its name is one that we cannot read."""
    places = [at for at, number in enumerate(numbers) if number]
    counts = [
        at for at in range(len(numbers)) if not numbers[at] and table.share(at, is_count) > 0.5
    ]
    missing = set(range(1, 13)) - set(numbers)
    unread = [at for at in counts if places[0] < at < places[-1]]
    behind = [at for at in counts if at > places[-1] and not is_sum(table.name(at))]
    if not unread and len(behind) == len(missing):
        unread = behind
    if unread and missing:
        raise DataError(
            f"{table.sheet.name}, line {table.sheet.line[table.header]}: {quoted(table, unread)} "
            f"among columns of months is none that we know, and {_named(missing)} missing; name "
            "months as Jan to Dec, or 1 to 12"
        )


def _named(missing: set[int]) -> str:
    names = [dates.FULL[number - 1].capitalize() for number in sorted(missing)]
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _running(year: Ints, fiscal: np.ndarray, number: Ints, start: int) -> Ints:
    """Running numbers, line by line, of years against months; start : as `year_start` has it."""
    before = fiscal & (start > 1) & (number >= start)
    return np.asarray(((year - before) * 12 + number - 1).ravel())


def _holds_years(table: TableGrid, column: int, rows: Ints) -> bool:
    cells = [cell for cell in table.cells(table.grid[rows, column]) if cell != ""]
    return sum(dates.names_year(cell) is not None for cell in cells) > len(cells) / 2


def _without_sums(table: TableGrid, rows: Ints, column: int) -> Ints:
    """The rows that are no sums or means by the cell in this column; a year alone is none."""
    cells = table.cells(table.grid[rows, column])
    left = np.array([is_sum(cell) and not dates.names_year(cell) for cell in cells], dtype=bool)
    note_sums(table, rows[left])
    return np.asarray(rows[~left])


# The other way: a line a calendar month, a column for each year.


def _years_across(table: TableGrid) -> int | None:
    """The header whose cells are years, over columns beside one of months' names."""
    for row in range(min(TOP, len(table.grid) - 6)):
        cells = table.sheet.row(row)
        years = [dates.names_year(cell) for cell in cells]
        if len(set(years) - {None}) >= 2 and not any(map(dates.names_month, cells)):
            return row if _names_column(table, row, years) is not None else None
    return None


def _names_column(table: TableGrid, row: int, years: Sequence[object]) -> int | None:
    for column, year in enumerate(years):
        below = table.cells(table.grid[row + 1 :, column])
        if year is None and len({dates.names_month(cell) for cell in below} - {0}) >= 6:
            return column
        name = text_of(table.sheet.row(row)[column]).casefold()
        if name in ("month", "mo", "month no") and {*range(1, 13)} <= {_number(c) for c in below}:
            return column
    return None


def _from_years(table: TableGrid, row: int) -> Entries:
    table.header = row
    cells = table.sheet.row(row)
    years = [dates.names_year(cell) for cell in cells]
    places = [at for at, year in enumerate(years) if year is not None]
    column = _names_column(table, row, years)
    assert column is not None
    rows = _without_sums(table, table.data_rows(row + 1), column)
    months = table.cells(table.grid[rows, column])
    numbers = [dates.names_month(cell) or _number(cell) for cell in months]
    for at in np.flatnonzero(np.array(numbers) == 0).tolist():
        line, text = int(table.sheet.line[rows[at]]), text_of(table.sheet.row(rows[at])[column])
        table.faults.append(
            Fault(line, table.name(column), text, "not a month; write its name, or remove the line")
        )
    number = np.array(numbers)
    rows, number = rows[number > 0], number[number > 0]
    others = [at for at in range(len(cells)) if at != column and at not in places]
    words = [at for at in others if table.share(at, numerals.is_number) < 0.5]
    refuse_sums_of_months(table, words, rows)
    fill_names(table, words, rows, number)
    series = series_columns(table, words, rows, number)
    note_ignored(table, set(others) - set(series))
    table.notes.insert(
        0,
        f"a line for each month in column {table.name(column)!r}, a column for each year; "
        f"series from {quoted(table, series)}",
    )
    year = np.array([y for y, _ in filter(None, years)])
    fiscal = np.array([f for _, f in filter(None, years)])
    pairs = [(y, n) for y in year.tolist() for n in dict.fromkeys(number.tolist())]
    start = year_start(table, places[0], fiscal, pairs)
    month = _running(year, fiscal, number[:, None], start)
    days = np.zeros(month.size, dtype=np.int64)
    nesting = nesting_of(table, series, set(words) - set(series), rows)
    return _of_columns(table, series, rows, places, month, days, nesting)
