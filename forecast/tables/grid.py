"""A sheet with what its cells look like, and what every layout needs to read it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from forecast.errors import DataError, FaultsError
from forecast.tables import dates, numerals
from forecast.tables.dates import CellValue, without_footnote
from forecast.tables.sheet import Sheet
from forecast.tables.words import ends_in_total, is_summary

ONE_SERIES = "count"  # the name of a series whose file names none
EXAMPLE = """a table of monthly counts has a line for each month, such as
    series,month,value
    Clinic A,2024-01,120
    Clinic A,2024-02,131
or a column for each series or month. Save it as CSV or Excel and try again."""
_ROWS = 5_000  # that are looked at at once
SAMPLE = 2000  # rows that show what a column holds, at least
_ALIKE = 3  # faults of a kind that are shown
MOST_QUOTED = 100  # characters of a cell or a name in a message
FEDERAL = 10  # the month in which the U.S. government's fiscal years begin

Fault = tuple[int, str, str, str]
"""One thing wrong in a file: line, column, the text found, what is wrong and what to do."""

_YEARS = re.compile(
    r"(?:\b[fs]?fy|\bcy|\byear)? ?\b(?:1[6-9]|20)\d\d(?:[-/]\d\d(?:\d\d)?)?\b"
    r"|\bfy ?\d\d\b|\bq[1-4]\b"
)
_THIRTEENTH = re.compile(r"m13|(?:19|20)\d\d(?:m?13|jj00)")  # month of a year: its sum


@dataclass(frozen=True)
class ReadAs:
    """What the user says of a file, where it does not say it itself; empty where it should.

    series, year, month, value : columns; year : where it stands apart from the month. part : a
        column below those of the series, whose names are parts of them. sheet : of a workbook.
    decimal : "." or ",". dates : "mdy" or "dmy", for dates like 3/4/2024.
    fiscal_start : month, 1 .. 12, in which fiscal years begin; 0 if the file is to say, or else
        October.
    sums : whether several counts of a series' month are added up. over : else "last" or "mean" of
        days or weeks, "" where several are refused.
    jumps : whether the counts are known to jump and stay, see `models.base.Panel`.
    """

    series: tuple[str, ...] = ()
    month: str = ""
    year: str = ""
    value: tuple[str, ...] = ()
    sheet: str = ""
    decimal: str = ""
    dates: str = ""
    fiscal_start: int = 0
    sums: bool = False
    part: str = ""
    jumps: bool = False
    over: str = ""

    @property
    def several(self) -> bool:
        """Tell whether a month may have several counts."""
        return self.sums or bool(self.over)


@dataclass(frozen=True)
class Entries:
    """Counts as they are found, one an entry, not looked at yet.

    file : its name, and the sheet's. separator : as `Sheet` has it.
    names : of the series. family : (series,), or empty.
    nested : (series,) what each is a part of and its name there, "" for all of it; or empty.
    series, line : (entries,) place among the names; line of the file.
    month : (entries,) running number. day : (entries,) ordinal day where the file says one, or 0.
    value : (entries,) place among the labels. column : (entries,) place among `columns`.
    All of these are (series, places) of a large table of a line a series, whose places are months
    in their order. labels : every different cell. counts_column, series_column : the (first)
    columns with counts and names, "" where no column has them alone. nesting, apart : as `roles`
    has it. named : the columns that name the series.
    """

    file: str
    separator: str
    names: list[str]
    series: np.ndarray
    line: np.ndarray
    month: np.ndarray
    day: np.ndarray
    value: np.ndarray
    column: np.ndarray
    columns: list[str]
    labels: Sequence[CellValue]
    faults: list[Fault]
    notes: list[str]
    family: list[str] = field(default_factory=list)
    month_column: str = ""
    counts_column: str = ""
    series_column: str = ""
    nested: list[tuple[str, str]] = field(default_factory=list)
    nesting: tuple[str, str] = ("", "")
    apart: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def flat(self) -> Entries:
        """The same with an entry a count, where they are lines of counts side by side."""
        return replace(self, **{name: getattr(self, name).ravel() for name in PER_ENTRY})


PER_ENTRY = ("series", "line", "month", "day", "value", "column")  # the arrays of `Entries`


class TableGrid:
    """A sheet with what its cells look like."""

    def __init__(self, sheet: Sheet, wanted: ReadAs) -> None:
        self.sheet, self.wanted = sheet, wanted
        self.labels, self.grid = sheet.labels, sheet.grid
        if len(self.grid) < 2:
            raise DataError(f"{sheet.name}: no table of monthly counts; {EXAMPLE}")
        self.filled = (self.grid != 0).sum(axis=1, dtype=np.int32)
        self.sample = self.grid[:: max(len(self.grid) // SAMPLE, 1)]
        self.columns = range(self.grid.shape[1])
        self.notes = list(sheet.notes)
        self.faults: list[Fault] = []
        self.header = -1

    def cells(self, codes: np.ndarray) -> list[CellValue]:
        """The cells at these places."""
        return [self.labels[code] for code in codes.tolist()]

    def block(self, rows: np.ndarray, columns: Sequence[int]) -> np.ndarray:
        """(rows, columns) places among the labels; those of one piece are not copied."""
        across, down = np.array(columns, dtype=np.int64), np.asarray(rows, dtype=np.int64)
        if all(len(at) and (np.diff(at) == 1).all() for at in (across, down)):
            return np.asarray(self.grid[down[0] : down[-1] + 1, across[0] : across[-1] + 1])
        return np.asarray(self.grid[rows[:, None], np.array(columns, dtype=np.int64)])

    def all_of(
        self, test: Callable[[CellValue], object], rows: np.ndarray, columns: Sequence[int]
    ) -> np.ndarray:
        """(rows,) whether all of these cells of a row pass a test; some rows at a time."""
        passed = [
            self.sheet.which(test, self.block(rows[at : at + _ROWS], columns)).all(axis=1)
            for at in range(0, len(rows), _ROWS)
        ]
        return np.concatenate(passed) if passed else np.zeros(0, dtype=bool)

    def share(
        self, column: int, test: Callable[[CellValue], object], rows: np.ndarray | None = None
    ) -> float:
        """The share of a column's filled cells that pass a test, in these rows or the sample."""
        codes = self.sample[:, column] if rows is None else self.grid[rows, column]
        codes = codes[codes != 0]
        return float(self.sheet.which(test, codes).mean()) if len(codes) else 0.0

    def having(
        self,
        test: Callable[[CellValue], object],
        over: float,
        among: Iterable[int] | None = None,
        rows: np.ndarray | None = None,
    ) -> list[int]:
        """The columns in which a larger share of the filled cells passes a test; see `share`."""
        among = self.columns if among is None else among
        return [column for column in among if self.share(column, test, rows) > over]

    def has_name(self, column: int) -> bool:
        """Whether there is a header with a name for a column."""
        return self.header >= 0 and self.grid[self.header, column] != 0

    def name(self, column: int) -> str:
        """A column's header."""
        if not self.has_name(column):
            return f"{column + 1} (no name)"
        head, *above = self.cells(self.grid[self.header :: -1, column])
        if numerals.is_missing(head):  # of merged cells, say: the nearest name above it
            head = next((cell for cell in above if not numerals.is_missing(cell)), head)
        return text_of(head)

    def words(self, column: int) -> str:
        """A column's header as words, for words that are looked for."""
        return self.name(column).replace("_", " ")

    def quoted(self, column: int) -> str:
        """A column's header for a message; see `in_quotes`."""
        return in_quotes(self.name(column))

    def place(self, name: str, option: str) -> int:
        """The column with this header, in any capitals."""
        names = list(map(self.name, self.columns))
        folded = [other.casefold() for other in names]
        if name.casefold() not in folded:
            shown = ", ".join(map(in_quotes, names[:20]))
            raise DataError(f"{self.sheet.name}: no column {name!r} ({option}); there are {shown}")
        return folded.index(name.casefold())

    def fault(self, row: int, column: str, cell: CellValue, problem: str) -> None:
        """Note what is wrong in a row."""
        self.faults.append((int(self.sheet.line[row]), column, text_of(cell), problem))

    def leave_out(self, rows: Iterable[int]) -> None:
        """Note that rows are no part of the table."""
        for row in rows:
            text = " ".join(text_of(cell) for cell in self.sheet.row(row) if cell != "")
            line = self.sheet.line[row]
            self.notes.append(f"line {line} is no part of the table: {text[:60]!r}")

    def filled_rows(self, rows: np.ndarray) -> np.ndarray:
        """The same rows; where there are none, an error says why."""
        if self.faults and not len(rows):
            raise FaultsError(self.sheet.name, grouped(self.faults), len(set(self.faults)))
        if not len(rows):
            raise DataError(f"{self.sheet.name}: no lines below the header; nothing to forecast")
        return rows

    def data_rows(self, header: int) -> np.ndarray:
        """Rows below the header that fit; what does not is a fault or, a single text, a note."""
        self.header, first = header, max(header + 1, 0)
        rows = np.arange(first, len(self.grid), dtype=np.int32)
        alone = rows[self.filled[rows] == 1]
        texts = self.grid[alone].max(axis=1, initial=0)  # blank is 0
        remarks = alone[self.sheet.which(is_words, texts)].tolist()
        self.leave_out([*(r for r in range(first) if r != self.header), *remarks])
        rows = rows[~np.isin(rows, remarks)] if remarks else rows
        unlike = self.sheet.ragged[rows] != 0
        fits = rows[~unlike] if not unlike.all() else rows
        for row in rows[unlike].tolist():
            self._unlike(row, int(fits[0]), int(fits[-1]))
        return rows[~unlike] if unlike.any() else rows

    def _unlike(self, row: int, first: int, last: int) -> None:
        """Note a row of more or fewer fields: what belongs to the file stands around the table."""
        cells = [cell for cell in self.sheet.row(row) if cell != ""]
        data = any(  # a number, but no "1." of a list
            dates.looks_like(c) or (is_count(c) and not str(c).endswith("."))
            for c in (cells[:1] if row < first else cells)
        )
        if not first <= row <= last and self.sheet.ragged[row] < 0 and not data:
            self.leave_out([row])
            return
        width = len(self.columns)
        fields = width + int(self.sheet.ragged[row])
        todo = "put text or numbers with commas in quotation marks"
        todo = todo if fields > width else "complete the line or remove it"
        text = ",".join(text_of(cell) for cell in self.sheet.row(row))
        self.fault(row, "", text, f"{fields} fields where the table has {width}; {todo}")

    def without_totals(self, rows: np.ndarray, column: int, *, years: bool = True) -> np.ndarray:
        """The rows that are no sums over months by the cell in this column, or beside a blank one.

        years : whether a year alone, where a month should stand, heads a sum.
        """

        def heads(cell: CellValue) -> bool:
            return is_sum(cell) and (years or not dates.names_year(cell))

        codes = self.grid[rows, column]
        left = self.sheet.which(heads, codes)
        # A cell beside a blank month says why: "East Total", "2021 Total".
        for place in np.flatnonzero(codes == 0).tolist():
            words = [cell for cell in self.sheet.row(rows[place]) if isinstance(cell, str)]
            sums = any(is_sum(cell) and not dates.names_year(cell) for cell in words)
            left[place] = sums or any(map(ends_in_total, words))
        if not left.any():
            return np.asarray(rows)
        shown = listed(list(map(str, self.sheet.line[rows[left]].tolist())), 12)
        many = f"lines {shown} are totals" if left.sum() > 1 else f"line {shown} is a total"
        self.notes.append(f"{many} over months, left out")
        return np.asarray(rows[~left])


def is_words(cell: CellValue) -> bool:
    """A text that is neither a date nor a number."""
    return isinstance(cell, str) and not dates.looks_like(cell) and not numerals.is_number(cell)


def text_of(cell: CellValue) -> str:
    """A cell as people see it."""
    if isinstance(cell, float):
        return str(int(cell)) if cell == int(cell) else repr(cell)
    return "" if cell is None else str(cell)


def listed(texts: Sequence[str], most: int, what: str = "more") -> str:
    """The first of many texts, and how many more there are."""
    more = f" and {len(texts) - most:,} {what}" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def in_quotes(text: str) -> str:
    """Quote a cell or a column's name for a message, cut where it is as long as a page."""
    return repr(text if len(text) <= MOST_QUOTED else f"{text[: MOST_QUOTED - 3]}...")


def grouped(faults: Iterable[Fault]) -> list[str]:
    """Faults as lines, sorted; of many alike in a column the first three, and how many more."""
    lines: list[str] = []
    alike: Counter[tuple[str, str]] = Counter()
    for line, column, value, problem in sorted(set(faults)):
        kind = (column, re.sub(r"\d+|'[^']*'", "", problem))
        alike[kind] += 1
        if alike[kind] <= _ALIKE:
            where = f"line {line}" + (f", column {column[:80]}" if column else "")
            lines.append(f"{where}: {value[:80]!r}: {problem}")
    for (column, _), many in alike.items():
        where = f" in column {column}" if column else ""
        if many > _ALIKE:
            lines.append(f"and {many - _ALIKE:,} more lines like these{where}")
    return lines


def is_month(cell: CellValue) -> bool:
    """A date that could not be a count as well."""
    return dates.looks_like(cell) and not dates.is_compact(cell)


def is_count(cell: CellValue) -> bool:
    """Whether a cell may stand where counts do."""
    return numerals.is_number(cell) or numerals.is_missing(cell)


def read_months(
    table: TableGrid, codes: np.ndarray, rows: Sequence[int] | np.ndarray, column: str | list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """(n,) months, -1 where a cell is a fault, and days, of the cells at these places."""
    different = np.unique(codes).tolist()
    cells = {code: dates.as_digits(table.labels[code]) for code in different}
    order, start = _order_of(table, list(cells.values())), 1
    if any(dates.is_fiscal(str(cell)) for cell in cells.values()):
        # In the order of the file, which shows where fiscal years begin.
        in_order = [str(cells[code]) for code in dict.fromkeys(codes.tolist())]
        fiscal = list(filter(dates.is_fiscal, in_order))
        pairs = list(filter(None, map(dates.fiscal_pair, fiscal)))
        start = fiscal_start(table, dates.fiscal_begins(pairs), fiscal[0])
    table.notes += footnotes_note([c for c in cells.values() if isinstance(c, str)], "months")
    when = np.zeros((2, len(table.labels)), dtype=np.int32)
    for code, cell in cells.items():
        try:
            when[:, code] = dates.read(cell, order, start)
        except ValueError as error:
            when[:, code] = -1, 0
            problem = "no month; write it as YYYY-MM, or remove the line if it is a total"
            for place in np.flatnonzero(codes == code).tolist():
                name = column if isinstance(column, str) else column[place]
                table.fault(rows[place], name, cell, str(error) if cell != "" else problem)
    return when[0, codes], when[1, codes]


def _order_of(table: TableGrid, cells: Sequence[CellValue]) -> str:
    """Whether days or months come first in dates; DataError where nothing says it."""
    if evening := dates.evening_before(cells):
        raise DataError(
            f"{table.sheet.name}: {evening!r} and all others are the evening of a month's last "
            "day, as a midnight elsewhere is in UTC; write months as 2024-01, without a time"
        )
    order = table.wanted.dates or dates.order_of(cells)
    if order is None:
        shown = next(cell for cell in cells if dates.order_of([cell]) is None)
        raise DataError(
            f"{table.sheet.name}: {shown!r} can be two months, and no other date of its column "
            "says which; add --dates mdy (month first) or --dates dmy (day first)"
        )
    return order


def fiscal_start(table: TableGrid, shown: int, text: str) -> int:
    """The month in which the file's fiscal years begin, and a note of it.

    shown : as `dates.fiscal_begins` has it. text : what speaks of fiscal years, for a DataError
    where their start is in doubt, or they are a state's and nothing says when they begin.
    """
    given = table.wanted.fiscal_start
    if not given and (shown < 0 or (not shown and dates.is_state_fiscal(text))):
        raise DataError(
            f"{table.sheet.name}: {text!r} and its months do not say when fiscal years begin; add "
            "--fiscal-start MONTH: 10 for the U.S. government's, 7 for most states', 1 if they are "
            "calendar years"
        )
    start = given or shown or FEDERAL
    if start == 1:
        note = "fiscal years are taken to be calendar years"
    elif given or not shown:
        note = f"fiscal years are taken to begin in month {start} of the year before"
    else:
        note = f"fiscal years begin in month {start} of the year before, as the file shows"
    table.notes.append(f"{note} (--fiscal-start changes that)")
    return start


def running(
    table: TableGrid,
    column: int,
    of: tuple[np.ndarray, np.ndarray, np.ndarray],
    pairs: Sequence[tuple[int, int]],
    *,
    named: bool = True,
) -> np.ndarray:
    """Running numbers of months whose years and own numbers stand apart.

    column : with the years, or the first that has one. pairs : as `dates.year_begins` has it.
    of : years, whether they are fiscal, months of them. named : whether these are calendar months,
        and do not count from a fiscal year's start.
    DataError if years that are not called fiscal begin in another month than January.
    """
    year, fiscal, number = of
    start, shown = 1, dates.year_begins(pairs)
    if fiscal.any():
        start = fiscal_start(table, dates.fiscal_begins(pairs), table.name(column))
    elif shown > 1:
        raise DataError(
            f"{table.sheet.name}: years in column {table.quoted(column)} begin in month {shown} by "
            "the file's order, and are not called fiscal. Write them as FY2024 if 2024 is the year "
            "they end in, or write months as 2023-07"
        )
    if not named:
        number = np.where(fiscal, (start + number - 2) % 12 + 1, number)
    before = fiscal & (start > 1) & (number >= start)
    return np.asarray((year - before) * 12 + number - 1)


def years_of(table: TableGrid, column: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rows,) years, -1 where there is none, and whether they are fiscal.

    Where a year stands only in the first line of its block, as merged cells leave it, it holds for
    the lines below.
    """
    codes = fill_down(table, column, rows)
    year = np.full((2, len(table.labels)), -1, dtype=np.int32)
    for code in np.unique(codes).tolist():
        if named := dates.names_year(table.labels[code]):
            year[:, code] = named
            continue
        for row in rows[codes == code].tolist():
            problem = "not a year; write it as 2024"
            table.fault(row, table.name(column), table.labels[code], problem)
    return year[0, codes], (year[1, codes] > 0) | dates.is_fiscal(table.name(column))


def fill_down(table: TableGrid, column: int, rows: np.ndarray) -> np.ndarray:
    """A column's cells, each of a mostly blank one as the last above it; said, and kept so."""
    codes = table.grid[rows, column]
    # A cell in the first line of each block, and blanks below.
    if not len(codes) or not codes[0] or np.mean(codes != 0) > 0.5:
        return np.asarray(codes)
    codes = codes[np.maximum.accumulate(np.where(codes != 0, np.arange(len(codes)), 0))]
    table.grid = table.grid.copy()  # the sheet stays as it is
    table.grid[rows, column] = codes
    table.notes.append(f"blank cells of column {table.quoted(column)} take the cell above")
    return np.asarray(codes)


def is_sum(cell: CellValue) -> bool:
    """Whether a cell, where a month should stand, heads a sum or mean: "2021 Total", "Q1 2021"."""
    text = text_of(cell).casefold()
    bare = re.fullmatch(r"(?:[fs]?fy|cy|year)? ?(?:1[6-9]|20)\d\d|fy ?\d\d", text) is not None
    if bare or dates.other_periods(cell) == "quarters":
        return True
    return _THIRTEENTH.fullmatch(text) is not None or is_summary(_YEARS.sub("", text))


def footnotes_note(
    cells: Iterable[str],
    what: str,
    *,
    flags: bool = False,
    taken: str = "for footnotes and left out",
) -> list[str]:
    """Which signs behind months or numbers were taken for footnotes, or for what else, if any."""
    signs = {
        without_footnote(cell, flags=flags)[1] for cell in cells if not numerals.is_missing(cell)
    } - {""}
    if not signs:
        return []
    shown = ", ".join(sorted(signs)[:5])
    return [f"signs behind {what}, taken {taken}: {shown}"]


def ordinals(month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """(n,) days as running numbers, 0 where none is said."""
    if not day.any():
        return np.broadcast_to(0, day.shape)  # which takes no memory
    start = (month.astype(np.int64) - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]")
    return np.where(day > 0, start.astype(np.int64) + 719_163 + day - 1, 0)


def refuse_period(name: str, period: str, where: str = "") -> None:
    """DataError for counts that are not monthly; where : what shows it."""
    days = "add up the days of each month, and " if period == "weeks" else ""
    raise DataError(
        f"{name}: these are counts of {period}{where and ': '}{where}. Bordercast forecasts "
        f"monthly counts only; {days}give a count for each month"
    )


def spacing_of(name: str, where: str, days: Sequence[int], over: str) -> str:
    """How far apart dates are, by `dates.spacing`; DataError for weeks unless `over` takes them."""
    period = dates.spacing(days)
    if period == "weeks" and not over:
        choices = "--over last takes what there was at a time, --over mean a rate"
        refuse_period(name, period, f"dates in {where} are 7 days apart, or 14, or 28; {choices}")
    return period
