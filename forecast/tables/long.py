"""Tables with a line a month: long, where a column names the series, or wide, a column each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from forecast.errors import DataError
from forecast.tables import dates, numerals
from forecast.tables.dates import CellValue
from forecast.tables.grid import (
    EXAMPLE,
    JUDGED,
    SAMPLE,
    UNIQUE,
    Entries,
    Fault,
    TableGrid,
    fill_names,
    is_count,
    is_month,
    is_sum,
    named_columns,
    names_of,
    nesting_of,
    note_ignored,
    note_sums,
    ordinals,
    quoted,
    read_months,
    refuse_period,
    refuse_sums_of_months,
    series_columns,
    text_of,
    unique_share,
    year_start,
    years_of,
)
from forecast.tables.sheet import TOP
from models.base import Ints

FAMILY = "family"
_MONTH_WORDS = {"month", "date", "period", "reporting month", "ds", "mes", "monat", "mois"}
_VALUE_WORDS = {"value", "count", "counts", "n", "number", "total", "y", "cases", "visits"}
_YEAR_WORDS = re.compile(r"(\w+ )*(year|yr)|[fs]?f\.?y\.?|cy")
_MONTH_NUMBER = re.compile(r"(\w+ )*(month|mo|mon|period|mth)( ?(no|num|number|code|#))?\.?")
_INDEX_WORDS = re.compile(r"|index|unnamed: ?\d+|#|no\.?|row|row[ _.]?(names?|no|num|number)|id")


# Numbers beside counts that are none, as headers call them.
_MEASURES = re.compile(
    r"%|\b(percent(age)?|pct|rate|ratio|latitude|longitude|lat|lon|long|lng)\b|\bper [\d,]+"
    r"|\b(lower|upper|95) ?(ci|limit|bound|cl|conf)|\b(ci|cl) ?(low|high|lower|upper)",
    re.IGNORECASE,
)
_CODES = re.compile(r"(.*[\W_])?(id|uid|guid|fips|zip|zip ?code|post ?code|code)", re.IGNORECASE)
# These only beside a single column of counts: a shop may be called Target.
_COMPARED = re.compile(
    r"(target|goal|budget|variance|difference|change|average|mean|median)"
    r"|.*\b(prior|previous|last) (year|month)",
    re.IGNORECASE,
)
_LONGER = re.compile(
    r"\b(ytd|year[- ]to[- ]date|cumulative|cum|running total|rolling|moving|trailing)\b"
    r"|\b(12|twelve|three|3|six|6)[- ]months?\b",
    re.IGNORECASE,
)


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
        return (_one_of(table, dated, _MONTH_WORDS, "--month", "months"),)
    table.header = _header(table, ())
    pair = _year_and_month(table)
    if pair:
        return pair
    compact = [at for at in columns if _is_compact_column(table, at)]
    if compact:
        return (_one_of(table, compact, _MONTH_WORDS, "--month", "months"),)
    _refuse_other_periods(table)
    raise DataError(f"{table.sheet.name}: no column of months{_such_as(table)}; {EXAMPLE}")


_CALLED_MONTH = re.compile(r"\b(month|date|period|mo|mes|monat|mois|fecha|time)\b", re.IGNORECASE)


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
            return f": {cell!r} in column {table.name(column)!r} {what}"
    return ""


def _header(table: TableGrid, dated: Sequence[int]) -> int:
    """The row with the columns' names: the fullest above the first with a date; -1 without one."""
    top = min(TOP, len(table.grid))
    if dated:
        has = [
            any(is_month(table.labels[table.grid[row, at]]) for at in dated) for row in range(top)
        ]
        top = has.index(True) if True in has else top
    if top == 0:
        return -1
    if not dated:  # names, not numbers
        for row in range(top):
            cells = [cell for cell in table.sheet.row(row) if cell != ""]
            if len(cells) > 1 and not any(map(numerals.is_number, cells)):
                return row
        return 0
    return int(np.argmax(table.filled[:top]))


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


def _refuse_other_periods(table: TableGrid) -> None:
    for column in range(table.grid.shape[1]):
        cells = table.cells(np.unique(table.sample[:, column]))
        for period in ("quarters", "weeks"):
            if sum(dates.other_periods(cell) == period for cell in cells) >= 2:
                refuse_period(table.sheet.name, period)
    heads = [
        dates.other_periods(c)
        for row in range(min(5, len(table.grid)))
        for c in table.sheet.row(row)
    ]
    for period in ("quarters", "weeks"):
        if heads.count(period) >= 2:
            refuse_period(table.sheet.name, period)
    columns = range(table.grid.shape[1])
    called = [at for at in columns if _CALLED_MONTH.search(table.name(at))]
    if called and not any(table.share(at, _says_when) for at in called):
        return  # months are meant, and not one can be read
    years = [at for at in columns if table.share(at, dates.names_year) > 0.6]
    if years or sum(dates.names_year(c) is not None for c in table.sheet.row(0)) >= 2:
        refuse_period(table.sheet.name, "years")


def from_long(table: TableGrid) -> Entries:
    """What a table with a line a month says; errors as `layout.entries`."""
    places = _month_column(table)
    _refuse_narrow_header(table)
    rows = table.data_rows(table.header + 1)
    if not len(rows):
        if table.faults:
            return _nothing(table)
        raise DataError(f"{table.sheet.name}: no lines below the header; nothing to forecast")
    rows = _without_totals(table, places, rows)
    month, day = _line_months(table, places, rows)
    line = table.sheet.line[rows]
    columns = [c for c in range(table.grid.shape[1]) if c not in places]
    family = [c for c in columns if table.name(c).casefold() == FAMILY and table.header >= 0]
    columns = [c for c in columns if c not in family]
    numbers = [c for c in columns if _holds_counts(table, c)]
    measured = [c for c in numbers if not _repeats_date(table, c, rows, month)]
    counted = _without_measures(table, places[-1], measured or numbers)
    # A number that is no count does not name a series either.
    named = [c for c in columns if c not in numbers and not _MEASURES.search(table.name(c))]
    fill_names(table, named, rows, month)
    series, values = _roles(table, [*named, *counted], counted, rows, month)
    if table.header < 0 and len(numbers) > 1 and not table.wanted.value:
        raise DataError(
            f"{table.sheet.name}: no header, and several columns of numbers. Add a header, or put "
            "numbers with commas in quotation marks"
        )
    if not values:
        raise DataError(
            f"{table.sheet.name}: no column of counts{_such_as(table, rows)}; {EXAMPLE}"
        )
    refuse_sums_of_months(table, set(columns) - set(values), rows)
    if len(series) == 1 and not table.wanted.series:
        series = _as_code(table, series[0], [c for c in numbers if c not in values], rows, month)
    unused = set(columns) - set(series) - set(values)
    note_ignored(table, unused)
    months = " and ".join(repr(table.name(place)) for place in places)
    by_name = len(values) > 1 and not series
    if by_name:
        what = f"a column for each of {len(values)} series"
    else:
        counts = ", ".join(repr(table.name(place)) for place in values)
        what = f"counts in column {counts}; series from {quoted(table, series)}"
    headed = "" if table.header >= 0 else " (the file has no header)"
    table.notes.insert(0, f"months in column {months}; {what}{headed}")
    code, called, nested = names_of(table, series, rows)
    if len(values) > 1:
        code, called = _by_column(table, values, series, code, called)
    else:
        code = code[:, None]
    n, days = len(values), ordinals(month, day)
    kinds = _families(table, family, rows, code, called) if family else []
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
        nesting=nesting_of(table, series, unused - set(numbers), rows)
        if len(values) == 1
        else ("", ""),
    )


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
        if not beyond.any():  # every line ends in a separator, the header alone does not
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
        table.notes.append(f"numbers in column {table.name(places[1])!r} are taken for {kind}")
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
            f"{table.sheet.name}: {cells[0]!r} in column {table.name(column)!r} may be a calendar "
            "month, or count from the fiscal year's start. Write FY2024 M01 for a fiscal year's "
            f"first month; if these are calendar months, add --month {table.name(column)!r}"
        )


def _holds_counts(table: TableGrid, column: int) -> bool:
    return (
        table.share(column, is_count) >= 0.5
        and table.share(column, numerals.is_number) > 0
        and not _is_row_number(table, column)
    )


def _without_measures(table: TableGrid, month: int, numbers: list[int]) -> list[int]:
    """The columns of numbers without rates, sums over longer times and the like, by their headers.

    DataError where that leaves none, as a sum over twelve months is no count of a month.
    """
    if table.wanted.value or table.header < 0:
        return numbers
    longer = [c for c in [month, *numbers] if _LONGER.search(table.name(c))]
    left = [c for c in numbers if c not in longer]
    if longer and (not left or longer[0] == month):
        raise DataError(
            f"{table.sheet.name}: {table.name(longer[0])!r} adds up several months; give a count "
            "for each month. If it does not, name the column of counts by --value"
        )
    left = [c for c in left if not _MEASURES.search(table.name(c))] or left
    alone = [c for c in left if not _COMPARED.fullmatch(table.name(c))]
    return alone if len(alone) == 1 else left


def _ascii_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()  # "1\u00b2".isdigit() too


def _is_row_number(table: TableGrid, column: int) -> bool:
    """Whether a column only numbers the lines, as pandas does without a name."""
    if not _INDEX_WORDS.fullmatch(
        ""
        if table.header < 0 or not table.grid[table.header, column]
        else table.name(column).casefold()
    ):
        return False
    codes = table.grid[table.header + 1 :, column]
    texts = [str(dates.as_digits(cell)) for cell in table.cells(codes[:SAMPLE])]
    numbers = [int(text) for text in texts if _ascii_digits(text)]
    return (
        len(numbers) > 2
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        and (numbers[0] in (0, 1))
    )


def _repeats_date(table: TableGrid, column: int, rows: Ints, month: Ints) -> bool:
    """Whether a column only says the month's year or number once more."""
    cells = table.cells(table.grid[rows[:SAMPLE], column])
    first = month[: len(cells)]
    digits = [str(dates.as_digits(cell)) for cell in cells]
    numbers = np.array([int(d) if _ascii_digits(d) and len(d) < 9 else -1 for d in digits])
    known = first >= 0
    if not known.any():
        return False
    year, number = first[known] // 12, first[known] % 12 + 1
    days = np.array(list(map(dates.days_in, first[known].tolist())))
    alike = (
        year,
        number,
        (year + (number >= 10)),
        (number - 1) // 3 + 1,
        year * 100 + number,
        days,
    )
    # So does a running number, which grows as months do.
    if known.sum() > 12 and len(set((numbers[known] - first[known]).tolist())) == 1:
        return True
    return len(set(numbers)) > 1 and any(np.array_equal(numbers[known], x) for x in alike)


def _roles(
    table: TableGrid, columns: Sequence[int], numbers: Sequence[int], rows: Ints, month: Ints
) -> tuple[list[int], list[int]]:
    """Which columns name series, and which hold counts."""
    if table.wanted.value or table.wanted.series:
        return _roles_as_told(table, columns, numbers, rows, month)
    series = series_columns(table, [c for c in columns if c not in numbers], rows, month)
    if not series and len(numbers) > 1:
        years = [c for c in numbers if _is_fixed(table, c, [], rows) and _is_year(table, c, rows)]
        numbers = [c for c in numbers if c not in years] or list(numbers)
    if not series and len(numbers) > 1:
        ids = _number_that_names(table, numbers, rows, month)
        if ids is None:
            return [], _without_codes(table, numbers)
        series, numbers = [ids], [c for c in numbers if c != ids]
    if len(numbers) > 1:
        beside = _numbers_beside(table, numbers, series, rows, month)
        series, numbers = [*series, *beside], [c for c in numbers if c not in beside]
    if len(numbers) > 1:
        fixed = [c for c in numbers if _is_fixed(table, c, series, rows)]
        numbers = [c for c in numbers if c not in fixed] or list(numbers)
    numbers = _without_codes(table, numbers)
    if len(numbers) > 1:
        return series, [_one_of(table, numbers, _VALUE_WORDS, "--value", "counts")]
    return series, list(numbers)


def _without_codes(table: TableGrid, numbers: Sequence[int]) -> list[int]:
    """The columns of numbers that no header calls a code, if that leaves any."""
    return [c for c in numbers if not _CODES.fullmatch(table.name(c))] or list(numbers)


def _roles_as_told(
    table: TableGrid, columns: Sequence[int], numbers: Sequence[int], rows: Ints, month: Ints
) -> tuple[list[int], list[int]]:
    """The same where the user says some of it."""
    wanted = table.wanted
    values = [table.place(name, "--value") for name in wanted.value]
    series = named_columns(table)
    numbers = [c for c in numbers if c not in series]
    if not values:
        values = [_one_of(table, numbers, _VALUE_WORDS, "--value", "counts")] if numbers else []
    if not series:
        left = [c for c in columns if c not in values and c not in numbers]
        series = series_columns(table, left, rows, month)
    return series, values


def _one_of(
    table: TableGrid, columns: Sequence[int], words: Iterable[str], option: str, what: str
) -> int:
    """The column whose header says it; DataError asks where none or several do."""
    if len(columns) == 1:
        return columns[0]
    names = [table.name(column) for column in columns]
    # Words in their order: "month" before "date".
    named = [c for c in columns if table.name(c).casefold().replace("_", " ") in words]
    if len(named) == 1:
        return named[0]
    shown = ", ".join(map(repr, names[:12]))
    raise DataError(
        f"{table.sheet.name}: several columns hold {what}: {shown}. "
        f"Say which: {option} {names[0]!r}"
    )


def _number_that_names(
    table: TableGrid, numbers: Sequence[int], rows: Ints, month: Ints
) -> int | None:
    """A column of numbers that stand for series, where months repeat; None where they do not."""
    rows, month = rows[:JUDGED], month[:JUDGED]
    if unique_share([month]) >= UNIQUE:
        return None
    months = len(np.unique(month))
    for column in numbers:
        codes = table.grid[rows, column]
        many = len(np.unique(codes))
        if unique_share([month, codes]) >= UNIQUE and many * months <= 2 * len(rows):
            return column
    return None


def _numbers_beside(
    table: TableGrid, numbers: Sequence[int], series: Sequence[int], rows: Ints, month: Ints
) -> list[int]:
    """The one column of few numbers that names series together with others: site 1 of East."""
    rows, month = rows[:JUDGED], month[:JUDGED]
    codes = [month, *(table.grid[rows, c] for c in series)]
    if not series or unique_share(codes) >= UNIQUE:
        return []
    most = 2 * len(rows) / len(np.unique(month))
    few = [
        c
        for c in numbers
        if len(np.unique(table.grid[rows, c])) <= most
        and unique_share([*codes, table.grid[rows, c]]) >= UNIQUE
    ]
    return few if len(few) == 1 else []


def _as_code(
    table: TableGrid, name: int, numbers: Sequence[int], rows: Ints, month: Ints
) -> list[int]:
    """The column of names, or one of numbers that stay where names change: routes renamed."""
    rows, month = rows[:JUDGED], month[:JUDGED]
    names = table.grid[rows, name]
    for column in numbers:
        codes = table.grid[rows, column]
        pairs = np.unique(np.stack([names, codes]), axis=1).T
        many = len(np.unique(codes))
        one_each = len(pairs) == len(np.unique(names)) and 1 < many < len(pairs)
        if one_each and unique_share([month, codes]) >= UNIQUE:
            code = next(c for c in codes.tolist() if (pairs[:, 1] == c).sum() > 1)
            called = [text_of(table.labels[n]) for n, c in pairs.tolist() if c == code][:3]
            table.notes.append(
                f"column {table.name(name)!r} has several names for one {table.name(column)!r} "
                f"({text_of(table.labels[code])}: {', '.join(called)}), so that one is taken"
            )
            return [column]
    return [name]


def _is_fixed(table: TableGrid, column: int, series: Sequence[int], rows: Ints) -> bool:
    """Whether a number belongs to a series, not to a month: an id, a population."""
    rows = rows[:JUDGED]
    if not series:
        return len(np.unique(table.grid[rows, column])) == 1
    codes = [table.grid[rows, c] for c in series]
    alone = unique_share(codes)
    return alone < 0.5 and unique_share([*codes, table.grid[rows, column]]) == alone


def _is_year(table: TableGrid, column: int, rows: Ints) -> bool:
    return dates.names_year(table.labels[table.grid[rows[0], column]]) is not None


def _by_column(
    table: TableGrid, values: Sequence[int], series: Sequence[int], code: Ints, called: list[str]
) -> tuple[Ints, list[str]]:
    """Series where several columns hold counts: one a column, of each name."""
    heads = [table.name(place) for place in values]
    twice = {head for head in heads if heads.count(head) > 1}
    for head in sorted(twice):
        line = int(table.sheet.line[max(table.header, 0)])
        table.faults.append(Fault(line, head, head, "two columns have this name; rename one"))
    names = heads if not series else [f"{a} / {b}" for a in called for b in heads]
    n = len(values)
    grown = np.where(code[:, None] < 0, -1, code[:, None] * n + np.arange(n))
    return grown, names


def _families(
    table: TableGrid, family: Sequence[int], rows: Ints, code: Ints, called: Sequence[str]
) -> list[str]:
    """(series,) family of each; a series in two of them is a fault."""
    families: list[str] = [""] * len(called)
    many = code.shape[1]  # columns of counts, each a series of its own
    codes = np.repeat(table.grid[rows, family[0]], many)
    pairs, first = np.unique(np.stack([code.ravel(), codes], axis=1), axis=0, return_index=True)
    for (number, label), at in sorted(
        zip(map(tuple, pairs.tolist()), first.tolist(), strict=True), key=lambda pair: pair[1]
    ):
        text, line = text_of(table.labels[label]), int(table.sheet.line[rows[at // many]])
        if number < 0:
            continue
        if not text:
            table.faults.append(Fault(line, FAMILY, text, "no name of a family; fill it in"))
        elif families[number] and families[number] != text:
            problem = f"series {called[number]!r} was in family {families[number]!r} before"
            table.faults.append(Fault(line, FAMILY, text, problem))
        else:
            families[number] = text
    return families
