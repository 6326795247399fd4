"""Which cells of a table are months and counts: layouts that say how well they fit.

Each layout has a `score` between 0 and 1, the share of the cells it needs that are as it needs
them, and `to_long`. The best one reads the table; a runner-up that fits nearly as well is a note.
Another layout is another class here, with its line in LAYOUTS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from forecast.errors import DataError
from forecast.tables import dates, numerals, roles
from forecast.tables.dates import CellValue
from forecast.tables.grid import (
    EXAMPLE,
    SAMPLE,
    Entries,
    ReadAs,
    TableGrid,
    in_quotes,
    is_count,
    is_month,
    is_sum,
    ordinals,
    read_months,
    refuse_period,
    spacing_of,
    text_of,
    year_start,
    years_of,
)
from forecast.tables.header import as_one_table
from forecast.tables.sheet import TOP, Sheet

_WORDS = 6  # cells of words in a line of counts that make it a remark
_CLOSE = 0.15  # by which a runner-up's score may be lower, and is still said
_MONTH_WORDS = {"month", "date", "period", "reporting month", "ds", "mes", "monat", "mois"}
_MONTH_WORDS |= {"time period", "ref date", "observation date"}
_YEAR_WORDS = re.compile(
    r"(\w+ )*(year|yr)( \(b\.?e\.?\))?|[fs]?f\.?y\.?|cy|jahr|ann?ée|an|anno|ano|año|rok|år|jaar"
    r"|y\u0131l|vuosi|\u00e9v|metai|godina|leto|\u0433\u043e\u0434|\u03ad\u03c4\u03bf\u03c2"
    r"|\u0e1b\u0e35|\u5e74\u4efd?|\ub144"
)
_MONTH_NUMBER = re.compile(
    r"(\w+ )*(month|mo|mon|period|mth|mes|m[eê]s|mois|monat|mese|maand|miesi\u0105c|m\u011bs\u00edc"
    r"|mjesec|mesec|h\u00f3nap|kuukausi|m\u00e5ned|m\u00e5nad|luna|\u043c\u0435\u0441\u044f\u0446"
    r"|\u03bc\u03ae\u03bd\u03b1\u03c2|\u0e40\u0e14\u0e37\u0e2d\u0e19|\u6708\u4efd?|\uc6d4)"
    r"( ?(no|num|number|code|#))?\.?"
)
_DAY_WORDS = re.compile(
    r"(\w+[ _])?(day|d[i\u00ed]a|jour|tag|dom)|(date|day)[ _]of[ _](the[ _])?(month|week)|weekday",
    re.IGNORECASE,
)
_QUARTER_WORDS = re.compile(r"(\w+[ _])*(quarter|qtr|q|trimestre|quartal)", re.IGNORECASE)
_WEEK_WORDS = re.compile(r"(\w+[ _])*(week|wk|kw|semana|semaine|woche)([ _]\w+)?", re.IGNORECASE)
_CALLED_MONTH = re.compile(r"\b(month|date|period|mo|mes|monat|mois|fecha|time)\b", re.IGNORECASE)


_NUMBERED_PERIODS: Sequence[tuple[str, re.Pattern[str], Callable[[CellValue], object]]] = (
    ("weeks", _WEEK_WORDS, numerals.is_number),
    ("quarters", _QUARTER_WORDS, lambda cell: re.fullmatch(r"q?[1-4]", text_of(cell), re.I)),
)


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


def long_of(
    table: TableGrid,
    rows: np.ndarray,
    places: Sequence[int],
    month: np.ndarray,
    names: Sequence[int],
    when: np.ndarray | None,
    note: str,
    day: np.ndarray | None = None,
) -> Entries:
    """Counts in columns of a sheet: what is left once a layout knows the months.

    rows : of the counts. places : their columns. month, day : (rows, places). names : columns that
    may name the series. when : (rows,) what is different in two lines of one series; None where
    each line is a series.
    """
    codes = table.block(rows, places)
    # Lines of words where counts should stand are units, or codes of quality.
    words = ~table.sheet.which(is_count, codes)
    remarks = (words.sum(axis=1) >= _WORDS) & (words == (codes != 0)).all(axis=1)
    table.leave_out(rows[remarks].tolist())
    rows, month = rows[~remarks], month[~remarks]
    day = np.zeros_like(month) if day is None else day[~remarks]
    if not len(rows):
        return _nothing(table)
    roles.refuse_sums_of_months(table, names, rows)
    if when is not None:
        when = when[~remarks]
        roles.fill_names(table, names, rows, when)
    series = roles.named_columns(table) or roles.series_columns(table, names, rows, when)
    unused = set(names) - set(series)
    roles.note_ignored(table, unused)
    table.notes.insert(0, f"{note}; series from {roles.quoted(table, series)}")
    code, called, nested = roles.names_of(table, series, rows)
    return replace(
        _entries(table, rows, places, (code, month, day), called),
        nested=nested,
        nesting=roles.nesting_of(table, series, unused, rows),
        apart=roles.apart(table, series, unused, rows, when),
    )


def _entries(
    table: TableGrid,
    rows: np.ndarray,
    values: Sequence[int],
    of: tuple[np.ndarray, np.ndarray, np.ndarray],
    called: list[str],
) -> Entries:
    """An entry a row and column of counts; of : their series, months and days, or each row's."""
    n = len(values)

    def each(array: np.ndarray) -> np.ndarray:
        array = array if array.ndim > 1 else array[:, None]
        return np.broadcast_to(array, (len(rows), n)).ravel()

    series, month, day = map(each, of)
    return Entries(
        called,
        series,
        each(table.sheet.line[rows]),
        month,
        ordinals(month, day),
        table.block(rows, values).ravel(),
        np.tile(np.arange(n, dtype=np.int32), len(rows))
        if n > 1
        else np.broadcast_to(0, len(rows)),
        list(map(table.name, values)),
        table.labels,
        table.faults,
        table.notes,
    )


def _nothing(table: TableGrid) -> Entries:
    """No counts, for a table of nothing but faults; DataError for one without lines."""
    if not table.faults:
        raise DataError(f"{table.sheet.name}: no lines below the header; nothing to forecast")
    none = np.empty(0, dtype=np.int32)
    return _entries(table, none, [0], (none, none, none), [])


class Across:
    """A column for each month."""

    what = "a column for each month"

    def score(self, table: TableGrid) -> float:
        """More than a half where the months stand in a row, by their share of it."""
        row, places = self._header(table)
        return 0.5 + 0.5 * len(places) / int(table.filled[row]) if places else 0.0

    def to_long(self, table: TableGrid) -> Entries:
        """The counts below the months, also of blocks with a header each."""
        row, places = self._header(table)
        table.header = row
        rows = table.data_rows(row + 1)
        # The next block's header has months at these places too.
        again = table.sheet.which(is_month, table.block(rows, places)).all(axis=1)
        heads, rows = [row, *rows[again].tolist()], rows[~again]
        names = list(map(table.name, places))
        read = [
            read_months(table, table.grid[at, places], [at] * len(places), names) for at in heads
        ]
        block = np.searchsorted(heads, rows) - 1
        month, day = (np.stack(parts)[block] for parts in zip(*read, strict=True))
        others = [at for at in table.columns if at not in places]
        more = f", and {len(heads) - 1} more such blocks below" if len(heads) > 1 else ""
        note = f"{self.what}, {names[0]} to {names[-1]}{more}"
        return long_of(table, rows, places, month, others, None, note, day)

    @staticmethod
    def _header(table: TableGrid) -> tuple[int, list[int]]:
        """The row whose cells are months, and which are; no places without such a row."""
        for row in range(min(TOP, len(table.grid) - 1)):
            cells = table.sheet.row(row)
            places = [at for at, cell in enumerate(cells) if is_month(cell)]
            if len(places) < 2:
                places = _compact_months(cells)
            if len(places) < 2 or len(places) < table.filled[row] / 2:
                continue
            if len({cells[at] for at in places}) < max(len(places) / 2, 2):
                continue  # the same date for all columns: since when they are counted, say
            below = table.sheet.which(is_month, table.grid[row + 1 : row + 20, places])
            if below.mean() < 0.5:
                return row, places
        return 0, []


def _compact_months(cells: Sequence[CellValue]) -> list[int]:
    """Places of cells like 202401, 202402, ... in a row; [] unless each is a month later."""
    digits = {at: text_of(cell) for at, cell in enumerate(cells)}
    places = [at for at in digits if re.fullmatch(r"(19|20)\d\d(0[1-9]|1[0-2])", digits[at])]
    months = [dates.read(digits[at], "mdy", 1)[0] for at in places]
    steps = set(np.diff(months).tolist())
    return places if len(places) > 2 and steps in ({1}, {-1}) else []


class Calendar:
    """A line for each year, and a column for each of its months."""

    what = "a line for each year and a column for each month"

    def score(self, table: TableGrid) -> float:
        """More than a half where a row has the names of six months, by how many of the twelve."""
        _, numbers = self._header(table)
        return 0.5 + 0.5 * len(set(numbers) - {0}) / 12 if numbers else 0.0

    def to_long(self, table: TableGrid) -> Entries:
        """The counts at each year and month."""
        row, numbers = self._header(table)
        table.header = row
        places = [at for at in table.columns if numbers[at]]
        rows = table.data_rows(row + 1)
        others = [at for at in table.columns if at not in places]
        where = f"{table.sheet.name}, line {table.sheet.line[row]}"
        years = [
            at
            for at in others
            if (codes := table.grid[rows, at]).any()
            and table.sheet.which(dates.names_year, codes[codes != 0]).mean() > 0.5
        ]
        if len(years) != 1:
            raise DataError(
                f"{where}: months without a year; "
                "add a column with the year, or write months as 2024-01"
            )
        number = np.array([numbers[at] for at in places])
        if len(places) != len(set(number.tolist())):
            raise DataError(
                f"{where}: a month's name appears "
                "twice; write the columns as 2023-01, 2024-01 and so on"
            )
        self._refuse_holes(table, numbers, where)
        rows = table.without_totals(rows, years[0], years=False)
        year, fiscal = years_of(table, years[0], rows)
        good = year >= 0
        rows, year, fiscal = rows[good], year[good], fiscal[good]
        pairs = [(y, n) for y in dict.fromkeys(year.tolist()) for n in number.tolist()]
        start = year_start(table, years[0], fiscal, pairs)
        month = _running(year[:, None], fiscal[:, None], number, start)
        note = f"a line for each year in column {table.quoted(years[0])}, a column for each month"
        words = [at for at in others if at not in years]
        return long_of(table, rows, places, month, words, year, note)

    @staticmethod
    def _header(table: TableGrid) -> tuple[int, list[int]]:
        """The row of months, and each column's number, 1 .. 12, or 0; [] without such a row."""
        for row in range(min(TOP, len(table.grid) - 1)):
            cells = table.sheet.row(row)
            numbers = _calendar_months(cells)
            known = list(filter(None, numbers))
            # January and the months after it: a sheet of a year not over.
            begun = known[:1] == [1] and known == [*range(1, len(known) + 1)]
            begun = begun and not any(map(numerals.is_number, cells))
            if len(set(known)) >= 6 or (begun and dates.names_year(table.sheet.title)):
                return row, numbers
        return 0, []

    @staticmethod
    def _refuse_holes(table: TableGrid, numbers: Sequence[int], where: str) -> None:
        """DataError where a month is missing between others: its name is one we cannot read."""
        places = np.flatnonzero(numbers)
        counts = [at for at in table.columns if not numbers[at] and table.share(at, is_count) > 0.5]
        missing = sorted(set(range(1, 13)) - set(numbers))
        unread = [at for at in counts if places[0] < at < places[-1]]
        behind = [at for at in counts if at > places[-1] and not is_sum(table.name(at))]
        if not unread and len(behind) == len(missing):
            unread = behind
        if unread and missing:
            names = [dates.FULL[number - 1].capitalize() for number in missing]
            named = f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"
            raise DataError(
                f"{where}: {roles.quoted(table, unread)} among columns of months is unknown, and "
                f"{named} missing; name months as Jan to Dec, or 1 to 12"
            )


def _calendar_months(cells: Sequence[CellValue]) -> list[int]:
    """1 .. 12 where a cell is a month's name, or a number of all twelve in order; else 0."""
    numbers = [_number(cell) for cell in cells]
    weeks = {"13", "14"} <= set(map(text_of, cells))
    if dates.begins_with(list(filter(None, numbers))) and not weeks:
        return numbers
    return [dates.names_month(cell) for cell in cells]


def _number(cell: CellValue) -> int:
    text = text_of(cell)
    return int(text) if re.fullmatch(r"0?[1-9]|1[0-2]", text, re.ASCII) else 0


def _running(year: np.ndarray, fiscal: np.ndarray, number: np.ndarray, start: int) -> np.ndarray:
    """Running numbers of years against months; start : as `year_start` has it."""
    before = fiscal & (start > 1) & (number >= start)
    return np.asarray((year - before) * 12 + number - 1)


class YearsAcross:
    """A line for each calendar month, and a column for each year."""

    what = "a line for each month and a column for each year"

    def score(self, table: TableGrid) -> float:
        """More than a half where years stand in a row, by their share of it."""
        row, years, _ = self._header(table)
        return 0.5 + 0.5 * len(years) / int(table.filled[row]) if years else 0.0

    def to_long(self, table: TableGrid) -> Entries:
        """The counts at each month and year."""
        row, years, column = self._header(table)
        table.header, places = row, list(years)
        rows = table.without_totals(table.data_rows(row + 1), column, years=False)
        names = table.cells(table.grid[rows, column])
        number = np.array([dates.names_month(cell) or _number(cell) for cell in names])
        for at in rows[number == 0].tolist():
            cell = table.labels[table.grid[at, column]]
            problem = "not a month; write its name, or remove the line"
            table.fault(at, table.name(column), cell, problem)
        rows, number = rows[number > 0], number[number > 0]
        words = [
            at
            for at in table.columns
            if at != column and at not in places and table.share(at, numerals.is_number) < 0.5
        ]
        year, fiscal = np.array(list(years.values())).T
        pairs = [(y, n) for y in year.tolist() for n in dict.fromkeys(number.tolist())]
        start = year_start(table, places[0], fiscal > 0, pairs)
        month = _running(year, fiscal > 0, number[:, None], start)
        note = f"a line for each month in column {table.quoted(column)}, a column for each year"
        return long_of(table, rows, places, month, words, number, note)

    @staticmethod
    def _header(table: TableGrid) -> tuple[int, dict[int, tuple[int, bool]], int]:
        """The row of years, these by their columns, and the column of months; no years without."""
        for row in range(min(TOP, len(table.grid) - 6)):
            cells = table.sheet.row(row)
            years = {at: year for at, c in enumerate(cells) if (year := dates.names_year(c))}
            if len(set(years.values())) < 2 or any(map(dates.names_month, cells)):
                continue
            for column in table.columns:
                below = table.cells(np.unique(table.grid[row + 1 :, column]))
                if column not in years and len(set(map(dates.names_month, below)) - {0}) >= 6:
                    return row, years, column
                called = text_of(cells[column]).casefold() in ("month", "mo", "month no")
                if called and {*range(1, 13)} <= set(map(_number, below)):
                    return row, years, column
            break
        return 0, {}, 0


class LineAMonth:
    """A line for each month: long, where a column names the series, or wide, a column each."""

    what = "a line for each month"

    def score(self, table: TableGrid) -> float:
        """At most a half: the share of lines with a date in one column; never 0, as last resort."""
        return 0.01 + 0.49 * max((table.share(at, is_month) for at in table.columns), default=0.0)

    def to_long(self, table: TableGrid) -> Entries:
        """The counts of each line."""
        places = _month_column(table)
        _refuse_narrow_header(table)
        rows = _below_metadata(table, places, table.data_rows(table.header + 1))
        if not len(rows):
            return _nothing(table)
        rows = table.without_totals(rows, places[-1])
        rows = _without_remarks(table, places, rows)
        month, day = _line_months(table, places, rows)
        columns = [c for c in table.columns if c not in places]
        of_month = [c for c in columns if _holds_days(table, c, rows)] if not day.any() else []
        if of_month:
            day = np.array([int(text_of(c)) for c in table.cells(table.grid[rows, of_month[0]])])
            columns = [c for c in columns if not _DAY_WORDS.fullmatch(table.name(c))]
        family = [c for c in columns if table.name(c).casefold() == roles.FAMILY][:1]
        columns = [c for c in columns if c not in family]
        numbers = [
            c
            for c in columns
            if roles.holds_counts(table, c)
            and not (_called_month(table, c) and _is_compact_column(table, c))
        ]
        measured = [c for c in numbers if not roles.repeats_date(table, c, rows, month)]
        counted = roles.without_measures(table, places[-1], measured or numbers)
        # A number that is no count does not name a series either.
        named = [c for c in columns if c not in numbers and not roles.is_measure(table, c)]
        roles.fill_names(table, named, rows, month)
        series, values = roles.roles(table, named, counted, rows, month)
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
        by_name = len(values) > 1 and not series
        counts = f"counts in column {', '.join(map(table.quoted, values))}"
        what = f"{counts}; series from {roles.quoted(table, series)}"
        what = f"a column for each of {len(values)} series" if by_name else what
        headed = "" if table.header >= 0 else " (the file has no header)"
        months = " and ".join(map(table.quoted, places))
        table.notes.insert(0, f"months in column {months}; {what}{headed}")
        code, called, nested = roles.names_of(table, series, rows)
        code, called = roles.by_column(table, values, series, code, called)
        one = len(values) == 1
        return replace(
            _entries(table, rows, values, (code, month, day), called),
            family=roles.families(table, family[0], rows, code) if family else [],
            month_column=table.name(places[-1]),
            counts_column="" if by_name else table.name(values[0]),
            series_column=table.name(series[0]) if series else "",
            nested=nested,
            nesting=roles.nesting_of(table, series, unused - {*numbers}, rows) if one else ("", ""),
            apart=roles.apart(table, series, unused, rows, month),
        )


LAYOUTS: tuple[TableLayout, ...] = (Across(), Calendar(), YearsAcross(), LineAMonth())


def _month_column(table: TableGrid) -> tuple[int, ...]:
    """Where a line's month stands: one column, or a year's and a month's."""
    dated = [at for at in table.columns if table.share(at, is_month) >= 0.5]
    table.header = _header(table, () if table.wanted.month else dated)
    if table.wanted.month:
        return (table.place(table.wanted.month, "--month"),)
    if not dated and (pair := _year_and_month(table)):
        return pair
    dated = _with_different_months(table, dated) if dated else dated
    dated = dated or [at for at in table.columns if _is_compact_column(table, at)]
    if dated:
        return (roles.one_of(table, dated, _MONTH_WORDS, "--month", "months"),)
    _refuse_other_periods(table)
    names = [table.name(c) for c in table.columns if table.has_name(c)]
    among = f" among {', '.join(map(in_quotes, names[:6]))}" if names else ""
    raise DataError(f"{table.sheet.name}: no column of months{_such_as(table) or among}; {EXAMPLE}")


def _called_month(table: TableGrid, column: int) -> bool:
    return _CALLED_MONTH.search(table.name(column).replace("_", " ")) is not None


def _such_as(table: TableGrid, rows: np.ndarray | None = None) -> str:
    """What stands where the header says months are, or, of these rows, in the last column."""
    columns, what = list(table.columns)[::-1], "is not a number"
    if rows is None:
        rows = np.arange(max(table.header, 0) + 1, len(table.grid))
        columns = [c for c in table.columns if _CALLED_MONTH.search(table.name(c))]
        what = "is no month"
    for column in columns:
        filled = table.grid[rows, column]
        if filled.any():
            cell = text_of(table.labels[filled[filled != 0][0]])
            return f": {in_quotes(cell)} in column {table.quoted(column)} {what}"
    return ""


def _header(table: TableGrid, dated: Sequence[int]) -> int:
    """The row with the columns' names: of most words above the first month or count; -1 without."""
    top = min(TOP, len(table.grid))
    if dated:
        has = np.flatnonzero(table.sheet.which(is_month, table.grid[:top, dated]).any(axis=1))
        top = int(has[0]) if len(has) else top
        if top == 0:
            return -1
        numbers = [c for c in table.columns if table.share(c, is_count) >= 0.5] or table.columns
        words: list[int] = []
        for row in range(top):
            cells = table.cells(table.grid[row, numbers])
            words.append(len({text_of(c) for c in cells if not is_count(c) and not is_month(c)}))
        return max(range(top), key=lambda row: (words[row], int(table.filled[row]), -row))
    counts = [c for c in table.columns if table.share(c, is_count) > 0.8]
    number = table.sheet.which(numerals.is_number, table.grid[:top])
    counted = np.any(number[:, counts], axis=1).tolist()
    both = [row for row in range(1, top - 1) if counted[row] and counted[row + 1]]
    top = both[0] if both else top
    named = [row for row in range(top) if table.filled[row] > 1 and not number[row].any()]
    return max(named, key=lambda row: (int(table.filled[row]), -row), default=0)


def _below_metadata(table: TableGrid, places: tuple[int, ...], rows: np.ndarray) -> np.ndarray:
    """The rows without units, sources and dates of release between the header and the first month.

    One line with a number may be a count whose month is misspelled: that is a fault.
    """
    top = rows[:TOP].tolist()
    dated = (at for at, row in enumerate(top) if _is_dated(table, row, places))
    at = next(dated, len(top))
    counts = [row for row in top[:at] if any(map(numerals.is_number, table.sheet.row(row)))]
    if not at or at == min(len(rows), TOP) or (counts and at < 3):
        return rows
    table.leave_out(top[:at])
    return rows[at:]


def _is_dated(table: TableGrid, row: int, places: tuple[int, ...]) -> bool:
    cells = [table.labels[table.grid[row, place]] for place in places]
    return any(
        is_month(cell) or _says_when(cell) or re.search(r"\d", text_of(cell)) for cell in cells
    )


def _without_remarks(table: TableGrid, places: tuple[int, ...], rows: np.ndarray) -> np.ndarray:
    """The rows without notes below the table: no number in a line, and no month."""
    last = len(rows)
    while last > 1:
        cells = table.sheet.row(rows[last - 1])
        when = [cells[place] for place in places]
        rest = [cell for at, cell in enumerate(cells) if at not in places and cell != ""]
        if any(is_count(cell) for cell in rest) or any(_says_when(c) or is_month(c) for c in when):
            break
        if not when[-1] and not any(isinstance(c, str) and len(c) > 20 for c in cells):
            break
        if dates.looks_like(when[-1]):
            break
        last -= 1
    table.leave_out(rows[last:].tolist())
    return rows[:last]


def _with_different_months(table: TableGrid, dated: list[int]) -> list[int]:
    """The same, or the first alone where all say the same: a period's first and last day."""
    rows = [table.cells(codes) for codes in table.sample[:, dated]]
    rows = [row for row in rows if all(map(is_month, row))]
    order = table.wanted.dates or dates.order_of(cell for row in rows for cell in row)
    if len(dated) < 2 or not order:
        return dated
    try:
        read = [[dates.read(cell, order, 1) for cell in row] for row in rows]
    except ValueError:
        return dated
    if all(len({month for month, _ in row}) == 1 for row in read):
        return dated[:1]
    for column, when in zip(dated, zip(*read, strict=True), strict=True):
        month, day = np.array(when).T
        days = ordinals(month, day)[day > 0].tolist()
        spacing_of(table.sheet.name, f"column {table.quoted(column)}", days)
    return dated


def _holds_days(table: TableGrid, column: int, rows: np.ndarray) -> bool:
    """Whether a column has the days of months, beside columns of years and months."""
    if not _DAY_WORDS.fullmatch(table.name(column)):
        return False
    texts = {text_of(cell) for cell in table.cells(np.unique(table.grid[rows, column]))}
    days = {int(text) for text in texts if re.fullmatch(r"\d\d?", text, re.ASCII)}
    return len(days) == len(texts) and {1, 15, 28} <= days and max(days) <= 31


def _is_compact_column(table: TableGrid, column: int) -> bool:
    codes = np.unique(table.grid[max(table.header + 1, 0) :, column])
    cells = [dates.as_digits(c) for c in table.cells(codes[codes != 0][:SAMPLE]) if not is_sum(c)]
    form = re.compile(
        r"(19|20)\d\d[. ]?(0[1-9]|1[0-2])((0[1-9]|[12]\d|3[01]))?|\d\d?[. ](19|20)\d\d"
    )
    return len(cells) > 5 and all(isinstance(cell, str) and form.fullmatch(cell) for cell in cells)


def _year_and_month(table: TableGrid) -> tuple[int, ...]:
    """Places of a column of years and one of calendar months; () if there are none."""
    named = {at: table.name(at).casefold().replace("_", " ") for at in table.columns}
    # More than half of the cells, and of two, header and January, one.
    half = 0.5 if len(table.grid) == 2 else 0.5 + 1e-9
    yearly = [at for at in table.columns if table.share(at, _year_or_sum) >= half]
    years = [at for at in yearly if _YEAR_WORDS.fullmatch(named[at]) or not table.has_name(at)]
    named_by = {at for at in table.columns if table.share(at, dates.names_month) >= half}
    numbered = {
        at
        for at in table.columns
        if _MONTH_NUMBER.fullmatch(named[at]) and table.share(at, _month_number) >= half
    }
    months = sorted((named_by | numbered) - set(years))
    if not years and named_by:
        years = [at for at in yearly if at not in months]
    if len(years) > 1:  # a fiscal year stands beside the year itself
        years = [at for at in years if not dates.is_fiscal(named[at])]
    said = {tuple(map(_month_number, table.cells(table.sample[:, at]))) for at in months}
    return (years[0], months[0]) if len(years) == 1 and len(said) == 1 else ()


def _year_or_sum(cell: CellValue) -> bool:
    return dates.names_year(cell) is not None or is_sum(cell)


def _month_number(cell: CellValue) -> int:
    """1 .. 12 where a cell is a month's name or number, also as M04; else 0."""
    text = text_of(cell).casefold().removeprefix("m")
    digits = text.isdecimal() and text.isascii() and len(text) < 3 and 1 <= int(text) <= 12
    return int(text) if digits else dates.names_month(cell)


def _says_when(cell: CellValue) -> bool:
    return _year_or_sum(cell) or _month_number(cell) > 0


def _refuse_other_periods(table: TableGrid) -> None:
    """DataError for quarters, weeks and years, with the cell that shows them."""
    name = table.sheet.name
    looked = [
        *((f"column {table.quoted(c)}", np.unique(table.sample[:, c])) for c in table.columns),
        *(
            (f"line {table.sheet.line[row]}", table.grid[row])
            for row in range(min(5, len(table.grid)))
        ),
    ]
    for where, codes in looked:
        cells = table.cells(codes)
        for period in ("quarters", "weeks"):
            shown = [cell for cell in cells if dates.other_periods(cell) == period]
            if len(shown) >= 2:
                refuse_period(name, period, f"{text_of(shown[0])!r} in {where}")
    for period, words, test in _NUMBERED_PERIODS:
        named = [at for at in table.columns if words.fullmatch(table.name(at))]
        if named and table.share(named[0], test) > 0.5:
            refuse_period(name, period, f"column {table.name(named[0])!r}")
    # Where a column is called one of months and none can be read, months are meant.
    called = [at for at in table.columns if _CALLED_MONTH.search(table.name(at))]
    if called and not any(table.share(at, _says_when) for at in called):
        return
    years = [at for at in table.columns if table.share(at, dates.names_year) > 0.6]
    if years:
        cells = table.cells(table.grid[table.header + 1 :, years[0]])
        shown = [cell for cell in cells if dates.names_year(cell)][:1]
        example = f"{text_of(shown[0])!r} in column {table.quoted(years[0])}" if shown else ""
        refuse_period(name, "years", example)
    heads = [cell for cell in table.sheet.row(0) if dates.names_year(cell)]
    if len(heads) >= 2:
        refuse_period(name, "years", f"{text_of(heads[0])!r} in line {table.sheet.line[0]}")


def _refuse_narrow_header(table: TableGrid) -> None:
    """DataError where the header has fewer fields than the lines: 1,234 without quotes, say."""
    beyond = int(table.sheet.ragged[table.header]) if table.header >= 0 else 0
    # Every line ends in a separator, or in a letter for its quality; the header does not.
    if beyond and any(
        numerals.is_number(cell) or is_month(cell)
        for cell in table.cells(np.unique(table.grid[:, beyond:]))
    ):
        width = len(table.columns)
        raise DataError(
            f"{table.sheet.name}, line {table.sheet.line[table.header]}: the header has "
            f"{width + beyond} fields, most lines have {width}. Put numbers with commas in "
            "quotation marks, or complete the header"
        )


def _line_months(
    table: TableGrid, places: tuple[int, ...], rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    name = table.name(places[-1])
    codes = table.grid[rows, places[-1]]
    if len(places) == 1:
        cell = text_of(table.labels[codes[0]]) if len(codes) else ""
        if (
            not table.wanted.month
            and dates.is_fiscal(name)
            and re.fullmatch(r"\d{4}[-/. ]?\d\d?", cell)
        ):
            raise DataError(
                f"{table.sheet.name}: {cell!r} in column {in_quotes(name)} may be a calendar "
                "month, or count from the fiscal year's start. Write FY2024 M01 for a fiscal "
                "year's first month; if these are calendar months, add --month "
                f"{in_quotes(name)}"
            )
        return read_months(table, codes, rows, name)
    year, fiscal = years_of(table, places[0], rows)
    cells = table.cells(codes)
    numbers = list(map(_month_number, cells))
    # Within a fiscal year December is followed by January only where months bear calendar numbers.
    calendar = bool(((np.abs(np.diff(numbers)) == 11) & (np.diff(year) == 0)).any())
    by_name = all(map(dates.names_month, cells))
    pairs = list(zip(year.tolist(), numbers, strict=True)) if calendar or by_name else []
    start = year_start(table, places[0], fiscal, pairs)
    if fiscal.any() and not by_name:
        kind = "calendar months" if calendar else "months of the fiscal year, 1 its first"
        table.notes.append(f"numbers in column {in_quotes(name)} are taken for {kind}")
    month = np.full(len(rows), -1)
    for place, number in enumerate(numbers):
        if not number:
            problem = "not a month; write it as 1 to 12, or by name"
            table.fault(rows[place], name, cells[place], problem)
        elif year[place] >= 0:
            begins = start if fiscal[place] else 1
            named = calendar or by_name
            month[place] = dates.fiscal_month(int(year[place]), number, begins, named=named)
    return month, np.zeros(len(rows), dtype=np.int32)
