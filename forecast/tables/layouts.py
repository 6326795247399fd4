"""Which cells of a table are months and counts: layouts that say how well they fit.

Months stand in a line of headings, in columns, or half of them in each: a layout is where. Each
knows its headings, has a `score` between 0 and 1, the share of the cells it needs that are as it
needs them, and says the month of each count. All else is one for all. The best one reads the table;
a runner-up that fits nearly as well is a note. Another layout is another class here, with its line
in LAYOUTS.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from forecast.errors import DataError
from forecast.months import from_index as index_to_text
from forecast.tables import dates, numerals, roles, words
from forecast.tables.dates import CellValue
from forecast.tables.grid import (
    EXAMPLE,
    SAMPLE,
    Entries,
    ReadAs,
    TableGrid,
    fill_down,
    in_quotes,
    is_count,
    is_month,
    is_sum,
    ordinals,
    read_months,
    refuse_period,
    running,
    spacing_of,
    text_of,
    years_of,
)
from forecast.tables.header import as_one_table
from forecast.tables.sheet import TOP, Sheet

_WIDE = 2_000_000  # cells
_WORDS = 6  # cells of words in a line of counts that make it a remark
_CLOSE = 0.15  # by which a runner-up's score may be lower, and is still said
_MONTH_WORDS = {"month", "date", "period", "reporting month", "ds", "mes", "monat", "mois"}
_MONTH_WORDS |= {"time period", "ref date", "observation date"}
_NEARLY_HALF = 0.5 - 1e-9
_COMPACT = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])")
_COMPACT_DATE = re.compile(
    r"(19|20)\d\d[. ]?(0[1-9]|1[0-2])((0[1-9]|[12]\d|3[01]))?|\d\d?[. ](19|20)\d\d"
)

_NUMBERED_PERIODS: Sequence[tuple[str, Callable[[CellValue], object]]] = (
    ("week", numerals.is_number),
    ("quarter", lambda cell: re.fullmatch(r"q?[1-4]", text_of(cell), re.I)),
)


class TableLayout:
    """A way of laying out counts, told by a line of headings that say when.

    row : of the headings. places : column -> what its heading says; {} where no line is like that.
    """

    what = ""

    def __init__(self, table: TableGrid) -> None:
        self.table, self.row, self.places = table, 0, dict[int, Any]()
        for row in range(min(TOP, len(table.grid) - 1)):
            places = self.heads(row, table.sheet.row(row))
            if places is not None:
                self.row, self.places = row, places
                break

    def heads(self, row: int, cells: Sequence[CellValue]) -> dict[int, Any] | None:
        """What cells of a line say of when, by their columns.

        None if it is not the line of headings, {} if none below it is either.
        """
        return {}

    def score(self) -> float:
        """More than a half where headings say when, by their share of the line."""
        share = len(self.places) / int(self.table.filled[self.row])
        return 0.5 + 0.5 * share if self.places else 0.0

    def to_long(self) -> Entries:
        """The table's counts; errors as `entries`."""
        raise NotImplementedError

    def below(
        self,
        rows: np.ndarray,
        month: np.ndarray,
        names: Sequence[int],
        when: np.ndarray | None,
        note: str,
        day: np.ndarray | None = None,
    ) -> Entries:
        """The counts below the headings, once their months are known.

        month, day : (rows, places). names : columns that may name the series.
        when : (rows,) what is different in two lines of one series; None where each is a series.
        """
        table, places = self.table, list(self.places)
        # Lines of words where counts should stand are units, or codes of quality.
        worded = table.all_of(lambda cell: cell == "" or not is_count(cell), rows, places)
        lines = rows[worded]
        filled = (table.block(lines, places) != 0).sum(axis=1)
        counted = np.ones(len(rows), dtype=bool)
        counted[np.flatnonzero(worded)[filled >= _WORDS]] = False
        if not counted.all():
            table.leave_out(rows[~counted].tolist())
            rows, month = rows[counted], month[counted]
            day, when = (None if array is None else array[counted] for array in (day, when))
        table.filled_rows(rows)
        roles.refuse_sums_of_months(table, names, rows)
        if when is not None:
            roles.fill_names(table, names, rows, when)
        series = roles.named_columns(table) or roles.series_columns(table, names, rows, when)
        note = f"{note}; series from {roles.quoted(table, series)}"
        unused = set(names) - set(series)
        return long_of(table, rows, places, series, unused, note, (month, day, when))


def entries(sheet: Sheet, wanted: ReadAs) -> Entries:
    """What a sheet says; DataError if no table of months is in it, or the user has to choose."""
    table = TableGrid(as_one_table(sheet), wanted)
    scored = [(layout.score(), layout) for layout in (kind(table) for kind in LAYOUTS)]
    (best, layout), (next_best, other) = sorted(scored, key=lambda pair: -pair[0])[:2]
    if next_best > max(best - _CLOSE, 0.5):
        table.notes.append(f"it was read as {layout.what}; {other.what} fits nearly as well")
    return layout.to_long()


def long_of(
    table: TableGrid,
    rows: np.ndarray,
    places: Sequence[int],
    series: Sequence[int],
    unused: set[int],
    note: str,
    of: tuple[np.ndarray, np.ndarray | None, np.ndarray | None],
    measures: bool = False,
) -> Entries:
    """An entry a row and column of counts.

    places : the columns of counts, each a series of its own if they are `measures`.
    series, unused : columns that name the series; and those that are neither.
    of : months of (rows, places) or (rows,); days, or None; (rows,) what tells lines apart.
    """
    month, day, when = of
    roles.note_ignored(table, unused)
    table.notes.insert(0, note)
    code, called, nested = roles.names_of(table, series, rows)
    n, several = len(places), measures and len(places) > 1
    # A line a series: as entries its cells would take five times the memory of the counts.
    ordered = month.ndim > 1 and month.strides[0] == 0 and (np.diff(month[0]) > 0).all()
    wide = ordered and len(called) == len(rows) and len(rows) * n > _WIDE and (code >= 0).all()
    if several:
        code, called = roles.by_column(table, places, series, code, called)

    def each(array: np.ndarray) -> np.ndarray:
        array = array if array.ndim > 1 else array[:, None]
        made = np.broadcast_to(array, (len(rows), n))
        return made if wide else made.ravel()

    numbered = np.arange(n, dtype=np.int32)
    return Entries(
        file=table.sheet.name,
        separator=table.sheet.separator,
        names=called,
        series=each(code),
        line=each(table.sheet.line[rows]),
        month=each(month),
        day=ordinals(each(month), each(np.broadcast_to(0, len(rows)) if day is None else day)),
        value=table.block(rows, places) if wide else table.block(rows, places).ravel(),
        column=each(numbered[None, :]) if n > 1 else np.broadcast_to(0, len(rows)),
        columns=list(map(table.name, places)),
        labels=table.labels,
        faults=table.faults,
        notes=table.notes,
        nested=nested,
        nesting=("", "") if several else roles.nesting_of(table, series, unused, rows),
        apart=roles.apart(table, series, unused, rows, when),
        named=tuple(map(table.name, series)),
    )


class Across(TableLayout):
    """A column for each month."""

    what = "a column for each month"

    def heads(self, row: int, cells: Sequence[CellValue]) -> dict[int, Any] | None:
        """Months, in half of the line or more, and none below them."""
        table = self.table
        places = [at for at, cell in enumerate(cells) if is_month(cell)]
        if len(places) < 2:
            # Cells like 202401, 202402: each a month later than the one before.
            digits = {at: text_of(cell) for at, cell in enumerate(cells)}
            places = [at for at in digits if _COMPACT.fullmatch(digits[at])]
            months = [dates.read(digits[at], "mdy", 1)[0] for at in places]
            steps = set(np.diff(months).tolist())
            places = places if len(places) > 2 and steps in ({1}, {-1}) else []
        if len(places) < max(table.filled[row] / 2, 2):
            return None
        # The same date for all columns: since when they are counted, say.
        different = len({cells[at] for at in places}) >= max(len(places) / 2, 2)
        below = table.sheet.which(is_month, table.grid[row + 1 : row + 20, places])
        return {at: cells[at] for at in places} if different and below.mean() < 0.5 else None

    def to_long(self) -> Entries:
        """The counts below the months, also of blocks with a header each."""
        table, places = self.table, list(self.places)
        rows = table.data_rows(self.row)
        # The next block's header has months at these places too.
        again = table.all_of(is_month, rows, places)
        heads, rows = [self.row, *rows[again].tolist()], rows[~again]
        names = list(map(table.name, places))
        read = [
            read_months(table, table.grid[at, places], [at] * len(places), names) for at in heads
        ]
        self.refuse_unread(read[0][0])
        block = np.searchsorted(heads, rows) - 1
        month, day = (
            # One heading's months are the same in all lines, and need not be there for each.
            np.broadcast_to(parts[0], (len(rows), len(places)))
            if len(heads) == 1
            else np.stack(parts)[block]
            for parts in zip(*read, strict=True)
        )
        others = [at for at in table.columns if at not in places]
        more = f", and {len(heads) - 1} more such blocks below" if len(heads) > 1 else ""
        note = f"{self.what}, {names[0]} to {names[-1]}{more}"
        # Blocks of the same months hold series of their own; of others, more months of the same.
        apart = len({part[0].min() for part in read}) == len(read) > 1
        when = block if apart else None
        return self.below(rows, month, others, when, note, day if day.any() else None)

    def refuse_unread(self, month: np.ndarray) -> None:
        """DataError where columns of counts stand where months are missing: names nobody can read.

        month : (places,) of the headings.
        """
        table, places, known = self.table, list(self.places), set(month[month >= 0].tolist())
        missing = sorted({*range(min(known, default=0), max(known, default=0))} - known)
        inside = [at for at in range(places[0], places[-1]) if at not in self.places]
        counts = [at for at in inside if table.share(at, is_count)]
        between = [at for at in counts if not is_sum(table.name(at))]
        if missing and len(between) == len(missing):
            raise DataError(
                f"{table.sheet.name}, line {table.sheet.line[self.row]}: "
                f"{roles.quoted(table, between[:3])} among columns of months is unknown, and "
                f"{index_to_text(missing[0])} is missing; write months as 2024-01"
            )


class MonthsAcross(TableLayout):
    """A line for each year, and a column for each of its months."""

    what = "a line for each year and a column for each month"

    def heads(self, row: int, cells: Sequence[CellValue]) -> dict[int, Any] | None:
        """Six months' names or more, or the numbers of all twelve in order."""
        numbers = list(map(_number, cells))
        weeks = {"13", "14"} <= set(map(text_of, cells))
        if weeks or not dates.begins_with(list(filter(None, numbers))):
            numbers = list(map(dates.names_month, cells))
        places = {at: number for at, number in enumerate(numbers) if number}
        # January and the months after it: a sheet of a year not over.
        begun = list(places.values()) == [*range(1, len(places) + 1)]
        of_year = dates.names_year(self.table.sheet.title)
        begun = begun and of_year is not None and not any(map(numerals.is_number, cells))
        return places if begun or len(set(places.values())) >= 6 else None

    def score(self) -> float:
        """More than a half where headings are months, by how many of the twelve."""
        return 0.5 + 0.5 * len(set(self.places.values())) / 12 if self.places else 0.0

    def to_long(self) -> Entries:
        """The counts at each year and month."""
        table, number = self.table, np.array(list(self.places.values()))
        rows = table.data_rows(self.row)
        others = [at for at in table.columns if at not in self.places]
        years = table.having(dates.names_year, 0.5, others, rows)
        if len(years) != 1:
            raise self.refused(
                "months without a year; add a column with the year, or write months as 2024-01"
            )
        if len(number) != len(set(number.tolist())):
            raise self.refused(
                "a month's name appears twice; write the columns as 2023-01, 2024-01 and so on"
            )
        others.remove(years[0])
        self.refuse_unread(others)
        rows = table.without_totals(rows, years[0], years=False)
        year, fiscal = years_of(table, years[0], rows)
        rows, fiscal, year = rows[year >= 0], fiscal[year >= 0], year[year >= 0]
        pairs = [(y, n) for y in dict.fromkeys(year.tolist()) for n in number.tolist()]
        month = running(table, years[0], (year[:, None], fiscal[:, None], number), pairs)
        note = f"a line for each year in column {table.quoted(years[0])}, a column for each month"
        return self.below(rows, month, others, year, note)

    def refused(self, problem: str) -> DataError:
        """An error of the line of headings."""
        return DataError(
            f"{self.table.sheet.name}, line {self.table.sheet.line[self.row]}: {problem}"
        )

    def refuse_unread(self, others: Sequence[int]) -> None:
        """DataError for columns of counts where months are missing: names nobody can read.

        Between the others; behind the last; right before the first, as January is, mostly.
        """
        table, number = self.table, set(self.places.values())
        missing = sorted(set(range(1, 13)) - number)
        counts = _counts_apart(table, others)
        if not missing:
            return
        first, last = min(self.places), max(self.places)
        unread = [at for at in counts if first < at < last]
        behind = [at for at in counts if at > last]
        if not unread and len(behind) == len(missing):
            unread = behind
        elif not unread and self.places[first] == missing[-1] % 12 + 1:
            unread = [at for at in counts if at == first - 1]
        if unread:
            names = [dates.FULL[at - 1].capitalize() for at in missing]
            raise self.refused(
                f"{roles.quoted(table, unread)} among columns of months is unknown, and "
                f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} missing; name months as "
                "Jan to Dec, or 1 to 12"
            )


class YearsAcross(TableLayout):
    """A line for each calendar month, and a column for each year."""

    what = "a line for each month and a column for each year"
    column = -1  # with the months

    def heads(self, row: int, cells: Sequence[CellValue]) -> dict[int, Any] | None:
        """Two years or more, and a column with the names of six months below, or all numbers."""
        table = self.table
        years = {at: year for at, c in enumerate(cells) if (year := dates.names_year(c))}
        if len(set(years.values())) < 2 or any(map(dates.names_month, cells)):
            return None
        if any(numerals.is_number(c) and not dates.names_year(c) for c in cells):
            return None  # counts, some of which look like years
        for column in table.columns:
            below = table.cells(np.unique(table.grid[row + 1 :, column]))
            called = text_of(cells[column]).casefold() in ("month", "mo", "month no")
            named = len(set(map(dates.names_month, below)) - {0}) >= 6
            numbered = called and {*range(1, 13)} <= set(map(_number, below))
            if numbered or (named and column not in years):
                self.column = column
                return years
        return {}  # counts may look like years, and to try each line takes long

    def to_long(self) -> Entries:
        """The counts at each month and year."""
        table, column, places = self.table, self.column, list(self.places)
        rows = table.without_totals(table.data_rows(self.row), column, years=False)
        names = table.cells(table.grid[rows, column])
        number = np.array([dates.names_month(cell) or _number(cell) for cell in names])
        for at in rows[number == 0].tolist():
            problem = "not a month; write its name, or remove the line"
            table.fault(at, table.name(column), table.labels[table.grid[at, column]], problem)
        rows, number = rows[number > 0], number[number > 0]
        others = [at for at in table.columns if at != column and at not in places]
        words = [at for at in others if table.share(at, numerals.is_number) < 0.5]
        year, fiscal = np.array(list(self.places.values())).T
        pairs = [(y, n) for y in year.tolist() for n in dict.fromkeys(number.tolist())]
        month = running(table, places[0], (year, fiscal > 0, number[:, None]), pairs)
        note = f"a line for each month in column {table.quoted(column)}, a column for each year"
        return self.below(rows, month, words, number, note)


class LineAMonth(TableLayout):
    """A line for each month: long, where a column names the series, or wide, a column each."""

    what = "a line for each month"

    def score(self) -> float:
        """At most a half: the share of lines with a date in one column; never 0, as last resort."""
        table = self.table
        return 0.01 + 0.49 * max((table.share(at, is_month) for at in table.columns), default=0.0)

    def to_long(self) -> Entries:
        """The counts of each line."""
        table = self.table
        places = _month_column(table)
        rows = _body(table, places)
        if len(places) > 1:
            fill_down(table, places[0], rows)  # a year may stand beside its sum alone
        rows = table.without_totals(rows, places[-1])
        month, day = _line_months(table, places, rows)
        columns = [c for c in table.columns if c not in places]
        if day is None:
            day, columns = _days_apart(table, columns, rows)
        family = [c for c in columns if table.name(c).casefold() == roles.FAMILY][:1]
        columns = [c for c in columns if c not in family]
        series, values, unused = self.columns_of(columns, places[-1], rows, month)
        by_name = len(values) > 1 and not series
        counts = f"counts in column {', '.join(map(table.quoted, values))}"
        what = f"{counts}; series from {roles.quoted(table, series)}"
        what = f"a column for each of {len(values)} series" if by_name else what
        headed = "" if table.header >= 0 else " (the file has no header)"
        note = f"months in column {' and '.join(map(table.quoted, places))}; {what}{headed}"
        made = long_of(
            table, rows, values, series, unused, note, (month, day, month), measures=True
        )
        return replace(
            made,
            family=roles.families(table, family[0], rows, made.series) if family else [],
            month_column=table.name(places[-1]),
            counts_column="" if by_name else table.name(values[0]),
            series_column=table.name(series[0]) if series else "",
        )

    def columns_of(
        self, columns: Sequence[int], month_column: int, rows: np.ndarray, month: np.ndarray
    ) -> tuple[list[int], list[int], set[int]]:
        """The columns that name the series, those of counts, and those that are neither."""
        table = self.table
        numbers = [
            c
            for c in columns
            if roles.holds_counts(table, c)
            and not (words.says_when(table.name(c)) and _is_compact_column(table, c))
        ]
        series, values = roles.roles(table, columns, numbers, month_column, (rows, month))
        if table.header < 0 and len(numbers) > 1 and not table.wanted.value:
            raise DataError(
                f"{table.sheet.name}: no header, and several columns of numbers. Add a header, or "
                "put numbers with commas in quotation marks"
            )
        if not values:
            such = _such_as(table, table.columns[::-1], rows, "is not a number")
            numeric = [c for c in columns if not roles.is_measure(table, c)]
            numeric = table.having(numerals.is_number, 0.3, numeric, rows)
            such += f"; if one has, name it: --value {table.quoted(numeric[0])}" if numeric else ""
            raise DataError(f"{table.sheet.name}: no column of counts{such}; {EXAMPLE}")
        unused = set(columns) - set(values)
        roles.refuse_sums_of_months(table, unused, rows)
        if len(series) == 1 and not table.wanted.series:
            series = roles.stable_code(table, series[0], unused - set(series), rows, month)
        return series, values, unused - set(series)


LAYOUTS: tuple[type[TableLayout], ...] = (Across, MonthsAcross, YearsAcross, LineAMonth)


def _counts_apart(table: TableGrid, columns: Sequence[int]) -> list[int]:
    """The columns of counts that are no sums."""
    return [at for at in table.having(is_count, 0.5, columns) if not is_sum(table.name(at))]


def _number(cell: CellValue) -> int:
    text = text_of(cell).removesuffix(".")
    return int(text) if re.fullmatch(r"0?[1-9]|1[0-2]", text, re.ASCII) else 0


def _day(cell: CellValue) -> int:
    text = text_of(cell)
    return int(text) if re.fullmatch(r"\d\d?", text, re.ASCII) else 0


def _month_number(cell: CellValue) -> int:
    """1 .. 12 where a cell is a month's name or number, also as M04; else 0."""
    return _number(text_of(cell).casefold().removeprefix("m")) or dates.names_month(cell)


def _says_when(cell: CellValue) -> bool:
    return dates.names_year(cell) is not None or is_sum(cell) or _month_number(cell) > 0


def _month_column(table: TableGrid) -> tuple[int, ...]:
    """Where a line's month stands: one column, or a year's and a month's."""
    dated = table.having(is_month, _NEARLY_HALF)
    wanted = table.wanted.month or table.wanted.year
    table.header = _header(table, () if wanted else dated)
    if wanted:
        return _wanted_months(table)
    if not dated and (pair := _year_and_month(table) or _numbers_in_years(table)):
        return pair
    dated = _with_different_months(table, dated) if dated else dated
    dated = dated or [at for at in table.columns if _is_compact_column(table, at)]
    if dated:
        return (roles.one_of(table, dated, _MONTH_WORDS, "--month", "months"),)
    _refuse_other_periods(table)
    below = np.arange(max(table.header, 0) + 1, len(table.grid))
    called = [c for c in table.columns if words.says_when(table.name(c))]
    among = _such_as(table, called, below, "is no month") or _among(table)
    raise DataError(f"{table.sheet.name}: no column of months{among}; {EXAMPLE}")


def _among(table: TableGrid) -> str:
    names = [table.name(c) for c in table.columns if table.has_name(c)]
    return f" among {', '.join(map(in_quotes, names[:6]))}" if names else ""


def _such_as(table: TableGrid, columns: Sequence[int], rows: np.ndarray, what: str) -> str:
    """The first cell in these columns that should be something and is not."""
    for column in columns:
        filled = table.grid[rows, column]
        if filled.any():
            cell = text_of(table.labels[filled[filled != 0][0]])
            return f": {in_quotes(cell)} in column {table.quoted(column)} {what}"
    return ""


def _header(table: TableGrid, dated: Sequence[int]) -> int:
    """The row with the columns' names: of most words above the first month or count; -1 without."""
    top = min(TOP, len(table.grid))
    if not dated:
        counts = table.having(is_count, 0.8)
        number = table.sheet.which(numerals.is_number, table.grid[:top])
        counted = np.any(number[:, counts], axis=1)
        both = 1 + np.flatnonzero(counted[1:-1] & counted[2:])
        top = int(both[0]) if len(both) else top
        rows = [row for row in range(top) if table.filled[row] > 1 and not number[row].any()]
        # Of two lines what tells more columns apart: "m\u00e4nnlich", not "Geschlecht" thrice.
        different = {row: len({*table.grid[row].tolist()} - {0}) for row in rows}
        return max(rows, key=lambda row: (different[row], int(table.filled[row]), -row), default=0)
    has = np.flatnonzero(table.sheet.which(is_month, table.grid[:top, dated]).any(axis=1))
    top = int(has[0]) if len(has) else top
    if top == 0:
        return -1
    numbers = [c for c in table.columns if table.share(c, is_count) >= 0.5] or table.columns

    def named(row: int) -> int:
        cells = table.cells(table.grid[row, numbers])
        return len({text_of(c) for c in cells if not is_count(c) and not is_month(c)})

    return max(range(top), key=lambda row: (named(row), int(table.filled[row]), -row))


def _body(table: TableGrid, places: tuple[int, ...]) -> np.ndarray:
    """The rows from the first month to the last line of counts.

    Above are units, sources and dates of release, but one line with a number may be a count whose
    month is misspelled: that is a fault. Below are notes, without a number or month in a line.
    """
    beyond = int(table.sheet.ragged[table.header]) if table.header >= 0 else 0
    # Every line may end in a separator, or in a letter for its quality, that the header has not;
    # a number or a month there was 1,234 without quotes, say.
    fields = table.cells(np.unique(table.grid[:, beyond:])) if beyond else []
    if any(numerals.is_number(cell) or is_month(cell) for cell in fields):
        width = len(table.columns)
        raise DataError(
            f"{table.sheet.name}, line {table.sheet.line[table.header]}: the header has "
            f"{width + beyond} fields, most lines have {width}. Put numbers with commas in "
            "quotation marks, or complete the header"
        )
    rows = table.filled_rows(table.data_rows(table.header))
    top = rows[:TOP].tolist()

    def has_month(row: int) -> bool:
        cells = [table.labels[table.grid[row, place]] for place in places]
        return any(is_month(c) or _says_when(c) or re.search(r"\d", text_of(c)) for c in cells)

    first = next((at for at, row in enumerate(top) if has_month(row)), 0)
    # A month's name alone may be misspelled; with its year it has digits all the same.
    counts = any(numerals.is_number(c) for row in top[:first] for c in table.sheet.row(row))
    first = 0 if counts and first < 3 and len(places) > 1 else first
    last = len(rows)
    while last > first + 1 and _is_remark(table, places, rows[last - 1]):
        last -= 1
    table.leave_out([*top[:first], *rows[last:].tolist()])
    return rows[first:last]


def _is_remark(table: TableGrid, places: tuple[int, ...], row: int) -> bool:
    """Whether a row below the counts has neither a number nor a month, but a text or nothing."""
    line = table.sheet.row(row)
    when = [line[place] for place in places]
    rest = [cell for at, cell in enumerate(line) if at not in places and cell != ""]
    if any(map(is_count, rest)) or any(_says_when(c) or is_month(c) for c in when):
        return False
    long = any(isinstance(cell, str) and len(cell) > 20 for cell in line)
    return not dates.looks_like(when[-1]) and bool(when[-1] or long)


def _with_different_months(table: TableGrid, dated: list[int]) -> list[int]:
    """The same, or the first alone where all say the same: a period's first and last day."""
    rows = [table.cells(codes) for codes in table.sample[:, dated]]
    rows = [row for row in rows if all(map(is_month, row))]
    order = table.wanted.dates or dates.order_of(cell for row in rows for cell in row)
    if len(dated) < 2 or not order:
        return dated
    try:
        read = np.array([[dates.read(cell, order, 1) for cell in row] for row in rows])
    except ValueError:
        return dated
    if not len(read) or (read[:, :, 0] == read[:, :1, 0]).all():
        return dated[:1]
    for column, when in zip(dated, read.transpose(1, 2, 0), strict=True):
        days = ordinals(*when)[when[1] > 0].tolist()
        spacing_of(table.sheet.name, f"column {table.quoted(column)}", days, table.wanted.over)
    return dated


def _days_apart(
    table: TableGrid, columns: list[int], rows: np.ndarray
) -> tuple[np.ndarray | None, list[int]]:
    """(rows,) days of a column that has them, None without; and the columns that are left."""
    called = [column for column in columns if words.says(table.name(column), "day")]
    for column in called:
        days = np.array(list(map(_day, table.cells(table.grid[rows, column]))))
        known = {*days.tolist()} - {0}
        # One that nobody knows is a day all the same, of a month that is known.
        if {1, 15, 28} <= known and max(known) <= 31 and table.share(column, _day, rows) > 0.95:
            return days, [column for column in columns if column not in called]
    return None, columns


def _is_compact_column(table: TableGrid, column: int) -> bool:
    codes = np.unique(table.grid[max(table.header + 1, 0) :, column])
    cells = [dates.as_digits(c) for c in table.cells(codes[codes != 0][:SAMPLE]) if not is_sum(c)]
    return len(cells) > 5 and all(isinstance(c, str) and _COMPACT_DATE.fullmatch(c) for c in cells)


def _year_and_month(table: TableGrid) -> tuple[int, ...]:
    """Places of a column of years and one of calendar months; () if there are none."""
    named = dict(zip(table.columns, map(table.name, table.columns), strict=True))
    # More than half of the cells, and of two, header and January, one.
    half = _NEARLY_HALF if len(table.grid) == 2 else 0.5
    named_by = table.having(dates.names_month, half)
    yearly = _yearly(table, named_by[:1], half)
    years = [at for at in yearly if not table.has_name(at) or words.says(named[at], "year")]
    called = [at for at in named if words.says(named[at], "month")]
    months = sorted({*named_by, *table.having(_month_number, half, called)} - set(years))
    if named_by:
        years = years or sorted(set(yearly) - set(months))
    if len(years) > 1:  # a fiscal year stands beside the year itself
        years = [at for at in years if not dates.is_fiscal(named[at])]
    numbers = {tuple(map(_month_number, table.cells(table.sample[:, at]))) for at in months}
    return (years[0], months[0]) if len(years) == 1 and len(numbers) == 1 else ()


def _yearly(table: TableGrid, month_column: Sequence[int], half: float) -> list[int]:
    """The columns of years.

    Where most lines leave the year to the first of their block, titles and notes outnumber it.
    """
    body = np.flatnonzero(table.sheet.which(_says_when, table.grid[:, month_column]).any(axis=1))

    def share(column: int) -> float:
        sparse = len(body) and np.mean(table.grid[body, column] != 0) < 0.5
        return table.share(
            column, lambda c: dates.names_year(c) or is_sum(c), body if sparse else None
        )

    return [at for at in table.columns if share(at) > half]


def _wanted_months(table: TableGrid) -> tuple[int, ...]:
    """Where the user says that months stand, with the year's column where that is another.

    DataError where the column named has no months, or no year can be told.
    """
    years = table.having(dates.names_year, 0.9)
    if table.wanted.month:
        month = table.place(table.wanted.month, "--month")
        if month in years and not _is_compact_column(table, month):
            raise DataError(
                f"{table.sheet.name}: column {table.quoted(month)} has years, no months; add "
                f"--year {table.quoted(month)} --month COLUMN"
            )
    else:  # what counts months within the years that the user names, or theirs if nothing does
        month = table.place(table.wanted.year, "--year")
        numbered = [at for at in table.columns if _numbers_months(table, month, at)]
        named = [at for at in numbered if _says(table, at, "month")] or numbered
        month = roles.one_of(table, named, _MONTH_WORDS, "--month", "months") if named else month
    if table.wanted.year:
        years = [table.place(table.wanted.year, "--year")]
    elif table.share(month, _month_number) <= 0.9:
        return (month,)
    if len(years) != 1 or years == [month]:
        raise DataError(
            f"{table.sheet.name}: the year of the months in column {table.quoted(month)} is not "
            "told; add --year COLUMN --month COLUMN, or write months as 2024-01"
        )
    return years[0], month


def _says(table: TableGrid, column: int, unit: str) -> bool:
    return words.says(table.name(column), unit, anywhere=True)


def _numbers_months(table: TableGrid, year: int, column: int) -> bool:
    """Whether a column counts 1 to 12 within years: all twelve in each but the first and last."""
    rows = np.arange(max(table.header, -1) + 1, len(table.grid))
    rows = rows[(table.grid[rows, year] != 0) & (table.grid[rows, column] != 0)]
    if len(rows) < 2 or table.share(column, _month_number, rows) < 1:
        return False
    number = np.array(list(map(_month_number, table.cells(table.grid[rows, column]))))
    codes = table.grid[rows, year]
    of_year = {
        named[0]: set(number[codes == code].tolist())
        for code in np.unique(codes).tolist()
        if (named := dates.names_year(table.labels[code]))
    }
    known = sorted(of_year)
    inner = known[1:-1] or known
    follow = known == list(range(known[0], known[-1] + 1)) if known else False
    return follow and len(known) > 1 and all(of_year[year] == {*range(1, 13)} for year in inner)


def _numbers_in_years(table: TableGrid) -> tuple[int, ...]:
    """A column of years and one that counts 1 to 12 within them, whatever they are called; or ().

    Districts may be numbered 1 to 12 as well: only a word for "month", or a first or last year
    that is cut short, tells. DataError, with what to add, where neither does.
    """
    yearly = table.having(dates.names_year, 0.9)
    if any(dates.names_year(table.labels[table.grid[table.header, at]]) for at in yearly):
        table.header = -1  # what was taken for names is the first line
    others = [at for at in table.columns if at not in yearly]
    pairs = [(year, at) for year in yearly for at in others if _numbers_months(table, year, at)]
    several = _of_months(table, pairs)
    if len(several) == 1:
        year, month = map(table.quoted, several[0])
        table.notes.append(f"numbers of column {month} within years of {year} are its months")
        return several[0]
    if pairs:
        year, month = map(table.quoted, (several or pairs)[0])
        raise DataError(
            f"{table.sheet.name}: column {month} has the numbers 1 to 12 in each year of column "
            f"{year}; if these are months, add --year {year} --month {month}"
        )
    return ()


def _of_months(table: TableGrid, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of columns of years and of numbers that are months, by their names or a cut year."""
    named = [pair for pair in pairs if _says(table, pair[1], "month")]
    named = named or [pair for pair in pairs if _cut_short(table, *pair)]
    return [pair for pair in named if _says(table, pair[0], "year")] or named


def _cut_short(table: TableGrid, year: int, column: int) -> bool:
    """Whether the first year begins, or the last one ends, within the twelve numbers."""
    rows = np.flatnonzero(table.sheet.which(dates.names_year, table.grid[:, year]))
    years = [dates.names_year(cell) for cell in table.cells(table.grid[rows, year])]
    number = np.array(list(map(_month_number, table.cells(table.grid[rows, column]))))
    of_year = np.array([named[0] if named else 0 for named in years])
    first, last = (set(number[of_year == end(of_year)].tolist()) for end in (np.min, np.max))
    begun = min(first) > 1 and first == {*range(min(first), 13)}
    return begun or (max(last) < 12 and last == {*range(1, max(last) + 1)})


def _refuse_other_periods(table: TableGrid) -> None:
    """DataError for quarters, weeks and years, with the cell that shows them."""
    name = table.sheet.name
    looked = [(f"column {table.quoted(c)}", np.unique(table.sample[:, c])) for c in table.columns]
    looked += [(f"line {table.sheet.line[row]}", codes) for row, codes in enumerate(table.grid[:5])]
    for where, codes in looked:
        for period in ("quarters", "weeks"):
            shown = [c for c in table.cells(codes) if dates.other_periods(c) == period]
            if len(shown) >= 2:
                refuse_period(name, period, f"{text_of(shown[0])!r} in {where}")
    called = {at: table.name(at) for at in table.columns if not re.search(r"\d", table.name(at))}
    for period, test in _NUMBERED_PERIODS:
        named = [at for at in called if words.says(called[at], period)]
        if named and table.share(named[0], test) > 0.5:
            refuse_period(name, f"{period}s", f"column {called[named[0]]!r}")
    _refuse_years(table)


def _refuse_years(table: TableGrid) -> None:
    """DataError for years alone; where a column is called one of months, months are meant."""
    name = table.sheet.name
    called = [at for at in table.columns if words.says_when(table.name(at))]
    if called and not any(table.share(at, _says_when) for at in called):
        return
    years = table.having(dates.names_year, 0.6)
    if years:
        cells = table.cells(table.grid[table.header + 1 :, years[0]])
        shown = [cell for cell in cells if dates.names_year(cell)][:1]
        example = f"{text_of(shown[0])!r} in column {table.quoted(years[0])}" if shown else ""
        refuse_period(name, "years", example)
    heads = [cell for cell in table.sheet.row(0) if dates.names_year(cell)]
    if len(heads) >= 2:
        refuse_period(name, "years", f"{text_of(heads[0])!r} in line {table.sheet.line[0]}")


def _line_months(
    table: TableGrid, places: tuple[int, ...], rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """(rows,) months, -1 where a cell is a fault, and days, None where the file says none."""
    name = table.name(places[-1])
    codes = table.grid[rows, places[-1]]
    if len(places) == 1:
        cell = text_of(table.labels[codes[0]]) if len(codes) else ""
        compact = re.fullmatch(r"\d{4}[-/. ]?\d\d?", cell)
        if compact and dates.is_fiscal(name) and not table.wanted.month:
            raise DataError(
                f"{table.sheet.name}: {cell!r} in column {in_quotes(name)} may be a calendar "
                "month, or count from the fiscal year's start. Write FY2024 M01 for a fiscal "
                "year's first month; if these are calendar months, add --month "
                f"{in_quotes(name)}"
            )
        month, day = read_months(table, codes, rows, name)
        return month, day if day.any() else None
    year, fiscal = years_of(table, places[0], rows)
    cells = table.cells(codes)
    number = np.array(list(map(_month_number, cells)), dtype=np.int64)
    for place in np.flatnonzero(number == 0).tolist():
        problem = "not a month; write it as 1 to 12, or by name"
        table.fault(rows[place], name, cells[place], problem)
    # Within a fiscal year December is followed by January only where months bear calendar numbers.
    calendar = bool(((np.abs(np.diff(number)) == 11) & (np.diff(year) == 0)).any())
    by_name = all(map(dates.names_month, cells))
    pairs = list(zip(year.tolist(), number.tolist(), strict=True)) if calendar or by_name else []
    month = running(table, places[0], (year, fiscal, number), pairs, named=calendar or by_name)
    if fiscal.any() and not by_name:
        kind = "calendar months" if calendar else "months of the fiscal year, 1 its first"
        table.notes.append(f"numbers in column {in_quotes(name)} are taken for {kind}")
    return np.where((number > 0) & (year >= 0), month, -1), None
