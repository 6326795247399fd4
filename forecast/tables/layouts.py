"""Which cells of a table are months and counts: layouts that say how well they fit.

Each layout has a `score` between 0 and 1, the share of the cells it needs that are as it needs
them, and `to_long`. The best one reads the table; a runner-up that fits nearly as well is a note.
Another layout is another class here, with its line in LAYOUTS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from forecast.errors import DataError
from forecast.tables import dates, numerals, roles
from forecast.tables.dates import CellValue
from forecast.tables.grid import (
    EXAMPLE,
    Entries,
    Fault,
    ReadAs,
    TableGrid,
    in_quotes,
    is_count,
    is_month,
    is_sum,
    note_sums,
    ordinals,
    read_months,
    refuse_period,
    text_of,
    year_start,
    years_of,
)
from forecast.tables.header import as_one_table
from forecast.tables.sheet import TOP, Sheet
from models.base import Ints

_WORDS = 6  # cells of words in a line of counts that make it a remark
_CLOSE = 0.15  # by which a runner-up's score may be lower, and is still said
_MONTH_WORDS = {"month", "date", "period", "reporting month", "ds", "mes", "monat", "mois"}
_MONTH_WORDS |= {"time period", "ref date", "observation date"}
_YEAR_WORDS = re.compile(
    r"(\w+ )*(year|yr)|[fs]?f\.?y\.?|cy|jahr|ann?ée|an|anno|ano|año|rok|år|jaar|y\u0131l"
)
_MONTH_NUMBER = re.compile(
    r"(\w+ )*(month|mo|mon|period|mth|mes|m[eê]s|mois|monat|mese|maand)"
    r"( ?(no|num|number|code|#))?\.?"
)
_DAY_WORDS = re.compile(
    r"(\w+[ _])?(day|d[i\u00ed]a|jour|tag|dom)|(date|day)[ _]of[ _](the[ _])?(month|week)|weekday",
    re.IGNORECASE,
)
_QUARTER_WORDS = re.compile(r"(\w+[ _])*(quarter|qtr|q|trimestre|quartal)", re.IGNORECASE)
_WEEK_WORDS = re.compile(r"(\w+[ _])*(week|wk|kw|semana|semaine|woche)([ _]\w+)?", re.IGNORECASE)
_CALLED_MONTH = re.compile(r"\b(month|date|period|mo|mes|monat|mois|fecha|time)\b", re.IGNORECASE)


class TableLayout(Protocol):
    """A way of laying out counts: how well a table fits it, and the table's counts by it."""

    what: str

    def score(self, table: TableGrid) -> float:
        """0 .. 1: the share of the cells that it needs which are as it needs them."""

    def to_long(self, table: TableGrid) -> Entries:
        """The table's counts; errors as `entries`."""


def entries(sheet: Sheet, wanted: ReadAs) -> Entries:
    """What a sheet says.

    Raises
    ------
    DataError : no table of months in it; a choice that the user has to make.
    """
    table = TableGrid(as_one_table(sheet), wanted)
    scores = [(layout.score(table), layout) for layout in LAYOUTS]
    (best, layout), (next_best, other) = sorted(scores, key=lambda scored: -scored[0])[:2]
    if next_best > max(best - _CLOSE, 0.5):
        table.notes.append(f"it was read as {layout.what}; {other.what} fits nearly as well")
    return layout.to_long(table)


class Body(NamedTuple):
    """Counts in columns of a sheet: what is left once a layout knows the months.

    rows : of the counts. places : their columns. month, day : (rows * places,) line by line.
    names : columns that may name the series. when : (rows,) what is different in two lines of one
    series; None where each line is a series.
    """

    rows: Ints
    places: Sequence[int]
    month: Ints
    day: Ints
    names: Sequence[int]
    when: Ints | None
    note: str


def _of_body(table: TableGrid, body: Body) -> Entries:
    """Series by the columns that name them, each count with its month."""
    body = _without_words(table, body)
    rows, places = body.rows, body.places
    if not len(rows):
        if table.faults:
            return _nothing(table)
        raise DataError(f"{table.sheet.name}: no lines below the header; nothing to forecast")
    roles.refuse_sums_of_months(table, body.names, rows)
    if body.when is not None:
        roles.fill_names(table, body.names, rows, body.when)
    series = roles.series_columns(table, body.names, rows, body.when)
    unused = set(body.names) - set(series)
    roles.note_ignored(table, unused)
    table.notes.insert(0, f"{body.note}; series from {roles.quoted(table, series)}")
    code, called, nested = roles.names_of(table, series, rows)
    n = len(places)
    return Entries(
        called,
        [],
        np.repeat(code, n),
        np.repeat(table.sheet.line[rows], n),
        body.month,
        body.day,
        table.grid[rows][:, places].ravel().astype(np.int64),
        np.tile(np.arange(n), len(rows)),
        [table.name(at) for at in places],
        "",
        table.faults,
        table.notes,
        nested=nested,
        nesting=roles.nesting_of(table, series, unused, rows),
        apart=roles.apart(table, series, unused, rows, body.when),
    )


def _without_words(table: TableGrid, body: Body) -> Body:
    """The same without lines of words where counts should stand: units, codes of quality."""
    codes = table.grid[body.rows][:, body.places]
    counts = [code for code in np.unique(codes).tolist() if is_count(table.labels[code])]
    words = ~np.isin(codes, [0, *counts])
    remarks = (words.sum(axis=1) >= _WORDS) & (words == (codes != 0)).all(axis=1)
    if not remarks.any():
        return body
    for row in body.rows[remarks].tolist():
        text = " ".join(text_of(cell) for cell in table.sheet.row(row) if cell != "")
        table.notes.append(f"line {table.sheet.line[row]} is no part of the table: {text[:60]!r}")
    left = np.repeat(~remarks, len(body.places))
    when = None if body.when is None else body.when[~remarks]
    return body._replace(
        rows=body.rows[~remarks], month=body.month[left], day=body.day[left], when=when
    )


class Across:
    """A column for each month."""

    what = "a column for each month"

    def score(self, table: TableGrid) -> float:
        """More than a half where the months stand in a row, by their share of it."""
        row = self._header(table)
        if row is None:
            return 0.0
        cells = table.sheet.row(row)
        months = sum(map(is_month, cells)) or len(_compact_months(cells))
        return 0.5 + 0.5 * months / int(table.filled[row])

    def to_long(self, table: TableGrid) -> Entries:
        """The counts below the months, also of blocks with a header each."""
        row = self._header(table)
        assert row is not None
        table.header = row
        cells = table.sheet.row(row)
        places = [at for at, cell in enumerate(cells) if is_month(cell)] or _compact_months(cells)
        rows = table.data_rows(row + 1)
        heads = [row, *(at for at in rows.tolist() if self._heads_again(table, at, places))]
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
        more = f", and {len(heads) - 1} more such blocks below" if len(heads) > 1 else ""
        note = f"{self.what}, {names[0]} to {names[-1]}{more}"
        return _of_body(table, Body(rows, places, month, day, others, None, note))

    @staticmethod
    def _header(table: TableGrid) -> int | None:
        """The row whose cells are months, if there is one."""
        for row in range(min(TOP, len(table.grid) - 1)):
            cells = table.sheet.row(row)
            places = [at for at, cell in enumerate(cells) if is_month(cell)]
            if len(places) < 2:
                places = _compact_months(cells)
            if len(places) < 2 or len(places) < table.filled[row] / 2:
                continue
            if len({cells[at] for at in places}) < max(len(places) / 2, 2):
                continue  # the same date for all columns: since when they are counted, say
            below = [
                cell
                for at in range(row + 1, min(row + 20, len(table.grid)))
                for cell in np.array(table.sheet.row(at), dtype=object)[places]
            ]
            if sum(map(is_month, below)) < len(below) / 2:
                return row
        return None

    @staticmethod
    def _heads_again(table: TableGrid, row: int, places: Sequence[int]) -> bool:
        """Whether a row below has months at these places too: the next block's header."""
        return all(is_month(cell) for cell in table.cells(table.grid[row, places]))


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


class Calendar:
    """A line for each year, and a column for each of its months."""

    what = "a line for each year and a column for each month"

    def score(self, table: TableGrid) -> float:
        """More than a half where a row has the names of six months, by how many of the twelve."""
        row = self._header(table)
        if row is None:
            return 0.0
        return 0.5 + 0.5 * len(set(_calendar_months(table.sheet.row(row))) - {0}) / 12

    def to_long(self, table: TableGrid) -> Entries:
        """The counts at each year and month."""
        row = self._header(table)
        assert row is not None
        table.header = row
        numbers = _calendar_months(table.sheet.row(row))
        places = [at for at, number in enumerate(numbers) if number]
        rows = table.data_rows(row + 1)
        others = [at for at in range(len(numbers)) if at not in places]
        where = f"{table.sheet.name}, line {table.sheet.line[row]}"
        years = [at for at in others if self._holds_years(table, at, rows)]
        if len(years) != 1:
            raise DataError(
                f"{where}: months without a year; "
                "add a column with the year, or write months as 2024-01"
            )
        if len(places) != len({numbers[at] for at in places}):
            raise DataError(
                f"{where}: a month's name appears "
                "twice; write the columns as 2023-01, 2024-01 and so on"
            )
        self._refuse_holes(table, numbers)
        rows = _without_sums(table, rows, years[0])
        year, fiscal = years_of(table, years[0], rows)
        good = year >= 0
        rows, year, fiscal = rows[good], year[good], fiscal[good]
        number = np.array([numbers[at] for at in places])
        pairs = [(y, n) for y in dict.fromkeys(year.tolist()) for n in number.tolist()]
        start = year_start(table, years[0], fiscal, pairs)
        month = _running(year[:, None], fiscal[:, None], number, start)
        note = f"a line for each year in column {table.quoted(years[0])}, a column for each month"
        words = [at for at in others if at not in years]
        return _of_body(table, Body(rows, places, month, np.zeros_like(month), words, year, note))

    def _header(self, table: TableGrid) -> int | None:
        for row in range(min(TOP, len(table.grid) - 1)):
            cells = table.sheet.row(row)
            months = list(filter(None, _calendar_months(cells)))
            if len(set(months)) >= 6 or (
                dates.names_year(table.sheet.title) and self._is_begun(cells)
            ):
                return row
        return None

    @staticmethod
    def _is_begun(cells: Sequence[CellValue]) -> bool:
        """Whether they name January and the months after it: a sheet of a year not over."""
        months = list(filter(None, map(dates.names_month, cells)))
        return (
            months[:1] == [1]
            and months == [*range(1, len(months) + 1)]
            and not any(map(numerals.is_number, cells))
        )

    @staticmethod
    def _refuse_holes(table: TableGrid, numbers: Sequence[int]) -> None:
        """DataError where a month is missing between others: its name is one we cannot read."""
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
            names = [dates.FULL[number - 1].capitalize() for number in sorted(missing)]
            named = f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"
            raise DataError(
                f"{table.sheet.name}, line {table.sheet.line[table.header]}: "
                f"{roles.quoted(table, unread)} among columns of months is unknown, and "
                f"{named} missing; name months as Jan to Dec, or 1 to 12"
            )

    @staticmethod
    def _holds_years(table: TableGrid, column: int, rows: Ints) -> bool:
        cells = [cell for cell in table.cells(table.grid[rows, column]) if cell != ""]
        return sum(dates.names_year(cell) is not None for cell in cells) > len(cells) / 2


def _calendar_months(cells: Sequence[CellValue]) -> list[int]:
    """1 .. 12 where a cell is a month's name, or a number of all twelve in order; else 0."""
    numbers = [_number(cell) for cell in cells]
    weeks = {"13", "14"} <= {str(dates.as_digits(cell)) for cell in cells}
    if dates.begins_with(list(filter(None, numbers))) and not weeks:
        return numbers
    return [dates.names_month(cell) for cell in cells]


def _number(cell: CellValue) -> int:
    text = str(dates.as_digits(cell))
    return int(text) if re.fullmatch(r"0?[1-9]|1[0-2]", text, re.ASCII) else 0


def _running(year: Ints, fiscal: np.ndarray, number: Ints, start: int) -> Ints:
    """Running numbers, line by line, of years against months; start : as `year_start` has it."""
    before = fiscal & (start > 1) & (number >= start)
    return np.asarray(((year - before) * 12 + number - 1).ravel())


def _without_sums(table: TableGrid, rows: Ints, column: int) -> Ints:
    """The rows that are no sums or means by the cell in this column; a year alone is none."""
    cells = table.cells(table.grid[rows, column])
    left = np.array([is_sum(cell) and not dates.names_year(cell) for cell in cells], dtype=bool)
    for place in [at for at, cell in enumerate(cells) if cell == ""]:
        left[place] = any(map(_ends_in_total, table.sheet.row(rows[place])))
    note_sums(table, rows[left])
    return np.asarray(rows[~left])


class YearsAcross:
    """A line for each calendar month, and a column for each year."""

    what = "a line for each month and a column for each year"

    def score(self, table: TableGrid) -> float:
        """More than a half where years stand in a row, by their share of it."""
        at = self._header(table)
        if at is None:
            return 0.0
        years = [cell for cell in table.sheet.row(at[0]) if dates.names_year(cell)]
        return 0.5 + 0.5 * len(years) / int(table.filled[at[0]])

    def to_long(self, table: TableGrid) -> Entries:
        """The counts at each month and year."""
        at = self._header(table)
        assert at is not None
        row, column = at
        table.header = row
        cells = table.sheet.row(row)
        years = [dates.names_year(cell) for cell in cells]
        places = [at for at, year in enumerate(years) if year is not None]
        rows = _without_sums(table, table.data_rows(row + 1), column)
        months = table.cells(table.grid[rows, column])
        number = np.array([dates.names_month(cell) or _number(cell) for cell in months])
        for wrong in np.flatnonzero(number == 0).tolist():
            line = int(table.sheet.line[rows[wrong]])
            problem = "not a month; write its name, or remove the line"
            text = text_of(months[wrong])
            table.faults.append(Fault(line, table.name(column), text, problem))
        rows, number = rows[number > 0], number[number > 0]
        others = [at for at in range(len(cells)) if at != column and at not in places]
        words = [at for at in others if table.share(at, numerals.is_number) < 0.5]
        year = np.array([y for y, _ in filter(None, years)])
        fiscal = np.array([f for _, f in filter(None, years)])
        pairs = [(y, n) for y in year.tolist() for n in dict.fromkeys(number.tolist())]
        start = year_start(table, places[0], fiscal, pairs)
        month = _running(year, fiscal, number[:, None], start)
        note = f"a line for each month in column {table.quoted(column)}, a column for each year"
        body = Body(rows, places, month, np.zeros_like(month), words, number, note)
        return _of_body(table, body)

    @staticmethod
    def _header(table: TableGrid) -> tuple[int, int] | None:
        """The row whose cells are years, and the column of months' names below."""
        for row in range(min(TOP, len(table.grid) - 6)):
            cells = table.sheet.row(row)
            years = [dates.names_year(cell) for cell in cells]
            if len(set(years) - {None}) < 2 or any(map(dates.names_month, cells)):
                continue
            for column, year in enumerate(years):
                below = table.cells(table.grid[row + 1 :, column])
                if year is None and len({dates.names_month(cell) for cell in below} - {0}) >= 6:
                    return row, column
                name = text_of(cells[column]).casefold()
                called = name in ("month", "mo", "month no")
                if called and {*range(1, 13)} <= {_number(cell) for cell in below}:
                    return row, column
            return None
        return None


class LineAMonth:
    """A line for each month: long, where a column names the series, or wide, a column each."""

    what = "a line for each month"

    def score(self, table: TableGrid) -> float:
        """At most a half: the share of lines with a date in one column; never 0, as last resort."""
        columns = range(table.grid.shape[1])
        return 0.01 + 0.49 * max((table.share(at, is_month) for at in columns), default=0.0)

    def to_long(self, table: TableGrid) -> Entries:
        """The counts of each line."""
        places = _month_column(table)
        _refuse_narrow_header(table)
        rows = _below_metadata(table, places, table.data_rows(table.header + 1))
        if not len(rows):
            if table.faults:
                return _nothing(table)
            raise DataError(f"{table.sheet.name}: no lines below the header; nothing to forecast")
        rows = _without_totals(table, places, rows)
        rows = _without_remarks(table, places, rows)
        month, day = _line_months(table, places, rows)
        line = table.sheet.line[rows]
        columns = [c for c in range(table.grid.shape[1]) if c not in places]
        of_month = [c for c in columns if _holds_days(table, c, rows)] if not day.any() else []
        if of_month:
            day = np.array([int(text_of(c)) for c in table.cells(table.grid[rows, of_month[0]])])
            columns = [c for c in columns if not _DAY_WORDS.fullmatch(table.name(c))]
        family = [c for c in columns if table.name(c).casefold() == roles.FAMILY]
        family = family if table.header >= 0 else []
        columns = [c for c in columns if c not in family]
        numbers = [c for c in columns if roles.holds_counts(table, c)]
        dated = [c for c in numbers if _CALLED_MONTH.search(table.name(c).replace("_", " "))]
        numbers = [c for c in numbers if c not in dated or not _is_compact_column(table, c)]
        measured = [c for c in numbers if not roles.repeats_date(table, c, rows, month)]
        counted = roles.without_measures(table, places[-1], measured or numbers)
        # A number that is no count does not name a series either.
        named = [c for c in columns if c not in numbers and not roles.is_measure(table, c)]
        roles.fill_names(table, named, rows, month)
        series, values = roles.roles(table, [*named, *counted], counted, rows, month)
        if table.header < 0 and len(numbers) > 1 and not table.wanted.value:
            raise DataError(
                f"{table.sheet.name}: no header, and several columns of numbers. Add a header, or "
                "put numbers with commas in quotation marks"
            )
        if not values:
            raise DataError(
                f"{table.sheet.name}: no column of counts{_such_as(table, rows)}; {EXAMPLE}"
            )
        roles.refuse_sums_of_months(table, set(columns) - set(values), rows)
        if len(series) == 1 and not table.wanted.series:
            codes = set(columns) - set(values) - {series[0]}
            series = roles.stable_code(table, series[0], codes, rows, month)
        unused = set(columns) - set(series) - set(values)
        roles.note_ignored(table, unused)
        months = " and ".join(table.quoted(place) for place in places)
        by_name = len(values) > 1 and not series
        if by_name:
            what = f"a column for each of {len(values)} series"
        else:
            counts = ", ".join(table.quoted(place) for place in values)
            what = f"counts in column {counts}; series from {roles.quoted(table, series)}"
        headed = "" if table.header >= 0 else " (the file has no header)"
        table.notes.insert(0, f"months in column {months}; {what}{headed}")
        code, called, nested = roles.names_of(table, series, rows)
        if len(values) > 1:
            code, called = roles.by_column(table, values, series, code, called)
        else:
            code = code[:, None]
        n, days = len(values), ordinals(month, day)
        kinds = roles.families(table, family, rows, code, called) if family else []
        words = unused - set(numbers)
        return Entries(
            called,
            kinds,
            code.ravel(),
            np.repeat(line, n),
            np.repeat(month, n),
            np.repeat(days, n),
            table.grid[rows][:, values].ravel().astype(np.int64),
            np.tile(np.arange(n), len(rows)),
            [table.name(place) for place in values],
            table.name(places[-1]),
            table.faults,
            table.notes,
            counts_column="" if by_name else table.name(values[0]),
            series_column=table.name(series[0]) if series else "",
            nested=nested,
            nesting=roles.nesting_of(table, series, words, rows) if n == 1 else ("", ""),
            apart=roles.apart(table, series, unused, rows, month),
        )


LAYOUTS: tuple[TableLayout, ...] = (Across(), Calendar(), YearsAcross(), LineAMonth())


def _month_column(table: TableGrid) -> tuple[int, ...]:
    """Where a line's month stands: one column, or a year's and a month's."""
    columns = range(table.grid.shape[1])
    if table.wanted.month:
        table.header = _header(table, ())
        return (table.place(table.wanted.month, "--month"),)
    dated = [at for at in columns if table.share(at, is_month) >= 0.5]
    if dated:
        table.header = _header(table, dated)
        dated = _with_different_months(table, dated)
        return (roles.one_of(table, dated, _MONTH_WORDS, "--month", "months"),)
    table.header = _header(table, ())
    pair = _year_and_month(table)
    if pair:
        return pair
    compact = [at for at in columns if _is_compact_column(table, at)]
    if compact:
        return (roles.one_of(table, compact, _MONTH_WORDS, "--month", "months"),)
    _refuse_other_periods(table)
    columns_are = _such_as(table) or _columns_named(table)
    raise DataError(f"{table.sheet.name}: no column of months{columns_are}; {EXAMPLE}")


def _such_as(table: TableGrid, rows: Ints | None = None) -> str:
    """What stands where the header says months are, or, of these rows, in the last column."""
    columns = list(range(table.grid.shape[1]))
    if rows is None:
        rows = np.arange(max(table.header, 0) + 1, len(table.grid))
        columns = [c for c in columns if _CALLED_MONTH.search(table.name(c))]
        what = "is no month"
    else:
        columns, what = columns[::-1], "is not a number"
    for column in columns:
        filled = table.grid[rows, column]
        if filled.any():
            cell = text_of(table.labels[filled[filled != 0][0]])
            return f": {in_quotes(cell)} in column {table.quoted(column)} {what}"
    return ""


def _columns_named(table: TableGrid) -> str:
    """The names of the first columns, for a refusal."""
    names = [table.name(c) for c in range(table.grid.shape[1]) if table.has_name(c)]
    return f" among {', '.join(map(in_quotes, names[:6]))}" if names else ""


def _header(table: TableGrid, dated: Sequence[int]) -> int:
    """The row with the columns' names: of most words above the first month or count; -1 without."""
    top = min(TOP, len(table.grid))
    if dated:
        has = [
            any(is_month(table.labels[table.grid[row, at]]) for at in dated) for row in range(top)
        ]
        top = has.index(True) if True in has else top
        if top == 0:
            return -1
        return max(range(top), key=lambda row: (_words(table, row), int(table.filled[row]), -row))
    counts = [c for c in range(table.grid.shape[1]) if table.share(c, is_count) > 0.8]
    numbers = [
        any(numerals.is_number(table.labels[table.grid[row, c]]) for c in counts)
        for row in range(top)
    ]
    both = [row for row in range(1, top - 1) if numbers[row] and numbers[row + 1]]
    top = both[0] if both else top
    named = [
        row
        for row in range(top)
        if table.filled[row] > 1 and not any(map(numerals.is_number, table.sheet.row(row)))
    ]
    return max(named, key=lambda row: (int(table.filled[row]), -row), default=0)


def _words(table: TableGrid, row: int) -> int:
    """How many different names a row has over columns of numbers, or else over any."""
    numbers = [c for c in range(table.grid.shape[1]) if table.share(c, is_count) >= 0.5]
    cells = table.sheet.row(row)
    names = {
        text_of(cells[c])
        for c in (numbers or range(len(cells)))
        if cells[c] != "" and not is_count(cells[c]) and not is_month(cells[c])
    }
    return len(names)


def _below_metadata(table: TableGrid, places: tuple[int, ...], rows: Ints) -> Ints:
    """The rows without units, sources and dates of release between the header and the first month.

    One line with a number may be a count whose month is misspelled: that is a fault.
    """
    at = 0
    while at < min(len(rows), TOP) and not _is_dated(table, int(rows[at]), places):
        at += 1
    above = [table.sheet.row(row) for row in rows[:at].tolist()]
    counts = [row for row in above if any(map(numerals.is_number, row))]
    if not above or at == min(len(rows), TOP) or (counts and len(above) < 3):
        return rows
    for row, cells in zip(rows[:at].tolist(), above, strict=True):
        text = " ".join(text_of(cell) for cell in cells if cell != "")
        table.notes.append(f"line {table.sheet.line[row]} is no part of the table: {text[:60]!r}")
    return rows[at:]


def _is_dated(table: TableGrid, row: int, places: tuple[int, ...]) -> bool:
    cells = [table.labels[table.grid[row, place]] for place in places]
    return any(cell != "" and (is_month(cell) or _says_when(cell)) for cell in cells) or any(
        isinstance(cell, str) and re.search(r"\d", cell) is not None for cell in cells
    )


def _without_remarks(table: TableGrid, places: tuple[int, ...], rows: Ints) -> Ints:
    """The rows without notes below the table: no number in a line, and no month."""
    last = len(rows)
    while last > 1:
        cells = table.sheet.row(rows[last - 1])
        when = [cells[place] for place in places]
        rest = [cell for at, cell in enumerate(cells) if at not in places and cell != ""]
        if any(map(numerals.is_number, rest)) or any(_says_when(c) or is_month(c) for c in when):
            break
        if not when[-1] and not any(isinstance(c, str) and len(c) > 20 for c in cells):
            break
        if any(numerals.is_missing(cell) for cell in rest) or dates.looks_like(when[-1]):
            break
        last -= 1
    for row in rows[last:].tolist():
        text = " ".join(text_of(cell) for cell in table.sheet.row(row) if cell != "")
        table.notes.append(f"line {table.sheet.line[row]} is no part of the table: {text[:60]!r}")
    return np.asarray(rows[:last])


def _with_different_months(table: TableGrid, dated: list[int]) -> list[int]:
    """The same, or the first alone where all say the same: a period's first and last day."""
    rows = [table.cells(codes) for codes in table.sample[:, dated]]
    rows = [row for row in rows if all(map(is_month, row))]
    order = table.wanted.dates or dates.order_of(cell for row in rows for cell in row)
    if len(dated) < 2 or not order:
        return dated
    try:
        months = {len({dates.read(cell, order, 1).month for cell in row}) for row in rows}
    except ValueError:
        return dated
    return dated[:1] if months == {1} else dated


def _holds_days(table: TableGrid, column: int, rows: Ints) -> bool:
    """Whether a column has the days of months, beside columns of years and months."""
    if not _DAY_WORDS.fullmatch(table.name(column)):
        return False
    texts = {text_of(cell) for cell in table.cells(np.unique(table.grid[rows, column]))}
    days = {int(text) for text in texts if re.fullmatch(r"\d\d?", text, re.ASCII)}
    return len(days) == len(texts) and {1, 15, 28} <= days and max(days) <= 31


def _is_compact_column(table: TableGrid, column: int) -> bool:
    codes = np.unique(table.grid[max(table.header + 1, 0) :, column])
    cells = [dates.as_digits(c) for c in table.cells(codes[codes != 0]) if not is_sum(c)]
    form = re.compile(
        r"(19|20)\d\d[. ]?(0[1-9]|1[0-2])((0[1-9]|[12]\d|3[01]))?|\d\d?[. ](19|20)\d\d"
    )
    return len(cells) > 5 and all(
        isinstance(cell, str) and form.fullmatch(cell) is not None for cell in cells
    )


def _year_and_month(table: TableGrid) -> tuple[int, ...]:
    """Places of a column of years and one of calendar months; () if there are none."""
    columns = range(table.grid.shape[1])
    named = {at: table.name(at).casefold().replace("_", " ") for at in columns}
    # More than half of the cells, and of two, header and January, one.
    half = 0.5 if len(table.grid) == 2 else 0.5 + 1e-9
    years = [
        at
        for at in columns
        if (_YEAR_WORDS.fullmatch(named[at]) or not table.has_name(at))
        and table.share(at, _year_or_sum) >= half
    ]
    months = [
        at
        for at in columns
        if at not in years
        and (
            table.share(at, dates.names_month) >= half
            or (_MONTH_NUMBER.fullmatch(named[at]) and table.share(at, _is_month_number) >= half)
        )
    ]
    if not years and any(table.share(at, dates.names_month) >= half for at in months):
        years = [at for at in columns if at not in months and table.share(at, _year_or_sum) >= half]
    if len(years) > 1:  # a fiscal year stands beside the year itself
        years = [at for at in years if not dates.is_fiscal(named[at])]
    if len(years) == 1 and months and len({_months_in(table, at) for at in months}) == 1:
        return years[0], months[0]
    return ()


def _year_or_sum(cell: CellValue) -> bool:
    return dates.names_year(cell) is not None or is_sum(cell)


def _months_in(table: TableGrid, column: int) -> tuple[int, ...]:
    """The months of the year that a column says, by name or number, line by line."""
    cells = table.cells(table.sample[:, column])
    return tuple(dates.names_month(cell) or _month_number(cell) for cell in cells)


def _month_number(cell: CellValue) -> int:
    """1 .. 12 where a cell is such a number, also as M04; else 0."""
    text = str(dates.as_digits(cell)).casefold().removeprefix("m")
    return int(text) if text.isdecimal() and text.isascii() and 1 <= int(text) <= 12 else 0


def _is_month_number(cell: CellValue) -> bool:
    return _month_number(cell) > 0


def _says_when(cell: CellValue) -> bool:
    return _year_or_sum(cell) or dates.names_month(cell) > 0 or _is_month_number(cell)


def _names_quarter(cell: CellValue) -> bool:
    return re.fullmatch(r"q?[1-4]", text_of(cell), re.IGNORECASE) is not None


_NUMBERED_PERIODS: Sequence[tuple[str, re.Pattern[str], Callable[[CellValue], bool]]] = (
    ("weeks", _WEEK_WORDS, numerals.is_number),
    ("quarters", _QUARTER_WORDS, _names_quarter),
)


def _refuse_other_periods(table: TableGrid) -> None:
    """DataError for quarters, weeks and years, with the cell that shows them."""
    name, columns = table.sheet.name, range(table.grid.shape[1])
    for column in columns:
        cells = table.cells(np.unique(table.sample[:, column]))
        for period in ("quarters", "weeks"):
            shown = [cell for cell in cells if dates.other_periods(cell) == period]
            if len(shown) >= 2:
                refuse_period(
                    name, period, f"{text_of(shown[0])!r} in column {table.quoted(column)}"
                )
    for row in range(min(5, len(table.grid))):
        cells = table.sheet.row(row)
        for period in ("quarters", "weeks"):
            shown = [cell for cell in cells if dates.other_periods(cell) == period]
            if len(shown) >= 2:
                line = table.sheet.line[row]
                refuse_period(name, period, f"{text_of(shown[0])!r} in line {line}")
    for period, words, test in _NUMBERED_PERIODS:
        named = [at for at in columns if words.fullmatch(table.name(at))]
        if named and table.share(named[0], test) > 0.5:
            refuse_period(name, period, f"column {table.name(named[0])!r}")
    _refuse_years(table)


def _refuse_years(table: TableGrid) -> None:
    """DataError for years, unless a column is called one of months and none can be read."""
    name, columns = table.sheet.name, range(table.grid.shape[1])
    called = [at for at in columns if _CALLED_MONTH.search(table.name(at))]
    if called and not any(table.share(at, _says_when) for at in called):
        return  # months are meant, and not one can be read
    years = [at for at in columns if table.share(at, dates.names_year) > 0.6]
    if years:
        at = years[0]
        cells = table.cells(table.grid[table.header + 1 :, at])
        shown = [cell for cell in cells if dates.names_year(cell)][:1]
        example = f"{text_of(shown[0])!r} in column {table.quoted(at)}" if shown else ""
        refuse_period(name, "years", example)
    heads = [cell for cell in table.sheet.row(0) if dates.names_year(cell)]
    if len(heads) >= 2:
        refuse_period(name, "years", f"{text_of(heads[0])!r} in line {table.sheet.line[0]}")


def _without_totals(table: TableGrid, places: tuple[int, ...], rows: Ints) -> Ints:
    """The rows without sums over months: "Total" where a month should stand, or beside none."""
    codes = table.grid[rows, places[-1]]
    left = np.isin(
        codes, [code for code in np.unique(codes).tolist() if is_sum(table.labels[code])]
    )
    for place in np.flatnonzero(codes == 0).tolist():
        left[place] = any(map(_ends_in_total, table.sheet.row(rows[place])))
    note_sums(table, rows[left])
    return np.asarray(rows[~left])


def _ends_in_total(cell: CellValue) -> bool:
    """Whether a cell beside a blank month says why: "East Total", "2021 Total"."""
    return isinstance(cell, str) and (
        re.search(r"\b(sub)?totals?:?$", cell, re.IGNORECASE) is not None
        or (is_sum(cell) and not dates.names_year(cell))
    )


def _refuse_narrow_header(table: TableGrid) -> None:
    """DataError where the header has fewer fields than the lines: 1,234 without quotes, say."""
    if table.header >= 0 and table.sheet.ragged[table.header]:
        beyond = table.grid[:, int(table.sheet.ragged[table.header]) :]
        words = [table.labels[code] for code in np.unique(beyond).tolist()]
        # Every line ends in a separator, or in a letter for its quality; the header does not.
        if not any(numerals.is_number(cell) or is_month(cell) for cell in words):
            return
        width = table.grid.shape[1]
        fields = width + int(table.sheet.ragged[table.header])
        raise DataError(
            f"{table.sheet.name}, line {table.sheet.line[table.header]}: the header has {fields} "
            f"fields, most lines have {width}. Put numbers with commas in quotation marks, or "
            "complete the header"
        )


def _nothing(table: TableGrid) -> Entries:
    none = np.empty(0, dtype=np.int64)
    return Entries([], [], none, none, none, none, none, none, [], "", table.faults, table.notes)


def _line_months(table: TableGrid, places: tuple[int, ...], rows: Ints) -> tuple[Ints, Ints]:
    line = table.sheet.line[rows]
    if len(places) == 1:
        place = places[0]
        _refuse_fiscal_numbers(table, place, rows)
        return read_months(table, table.grid[rows, place], line, table.name(place))
    year, fiscal = years_of(table, places[0], rows)
    month = np.full(len(rows), -1)
    cells = table.cells(table.grid[rows, places[1]])
    numbers = [dates.names_month(cell) or _month_number(cell) for cell in cells]
    # Within a fiscal year December is followed by January only where months bear calendar numbers.
    turns = (np.abs(np.diff(numbers)) == 11) & (np.diff(year) == 0)
    calendar = bool(turns.any())
    named = calendar or all(map(dates.names_month, cells))
    pairs = list(zip(year.tolist(), numbers, strict=True)) if named else []
    start = year_start(table, places[0], fiscal, pairs)
    if fiscal.any() and not all(map(dates.names_month, cells)):
        kind = "calendar months" if calendar else "months of the fiscal year, 1 its first"
        table.notes.append(f"numbers in column {table.quoted(places[1])} are taken for {kind}")
    for place, (cell, number) in enumerate(zip(cells, numbers, strict=True)):
        if not number:
            table.faults.append(
                Fault(
                    int(line[place]),
                    table.name(places[1]),
                    text_of(cell),
                    "not a month; write it as 1 to 12, or by name",
                )
            )
        elif year[place] >= 0:
            begins = start if fiscal[place] else 1
            month[place] = dates.fiscal_month(int(year[place]), number, begins, named=named)
    return month, np.zeros(len(rows), dtype=np.int64)


def _refuse_fiscal_numbers(table: TableGrid, column: int, rows: Ints) -> None:
    """DataError for 202101 under "Fiscal period": a calendar month, or a fiscal year's first."""
    cells = [dates.as_digits(cell) for cell in table.cells(table.grid[rows[:1], column])]
    if (
        cells
        and not table.wanted.month
        and dates.is_fiscal(table.name(column))
        and re.fullmatch(r"\d{4}[-/. ]?\d\d?", str(cells[0]))
    ):
        raise DataError(
            f"{table.sheet.name}: {cells[0]!r} in column {table.quoted(column)} may be a calendar "
            "month, or count from the fiscal year's start. Write FY2024 M01 for a fiscal year's "
            f"first month; if these are calendar months, add --month {table.quoted(column)}"
        )
