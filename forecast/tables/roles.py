"""Which columns name the series, and which hold counts, told by what is in them.

Headers decide only where contents leave a choice; what they leave open is asked for by an option.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, filterfalse

import numpy as np

from forecast.errors import DataError
from forecast.tables import dates, numerals
from forecast.tables.grid import (
    ONE_SERIES,
    SAMPLE,
    TableGrid,
    fill_down,
    in_quotes,
    is_count,
    is_month,
    listed,
    text_of,
)
from forecast.tables.words import is_total

FAMILY = "family"
JUDGED = 200_000  # rows among which columns are tried as names of series
UNIQUE = 0.95  # share of rows that are the only ones of their series and month
_TRIED = 12  # columns of names that are tried
_TOGETHER = 3  # columns that a question asks for
_MONTHS = 3  # lines that a series has at least, of those that another column would make
_VALUE_WORDS = {"value", "count", "counts", "n", "number", "total", "y", "cases", "visits"}
_VALUE_WORDS |= {"obs value", "observation value", "wert", "valor", "valeur", "obsvalue"}
_INDEX_WORDS = re.compile(
    r"|index|unnamed: ?\d+|#|n[or]\.?|lfd\.? ?n[or]\.?|row|row[ _.]?(names?|no|num|number)"
    r"|\w*[ _]?id|s\.? ?no\.?|rownames?"
)
# Numbers beside counts that are none, as headers call them.
_MEASURES = re.compile(
    r"%|\b(percent(age)?|pct|prozent|rate|ratio)\b|\bper [\d,]+"
    r"|\b(lower|upper|95) ?(ci|limit|bound|cl|conf)|\b(ci|cl) ?(low|high|lower|upper)",
    re.IGNORECASE,
)
_PLACES = re.compile(r"(.* )?(latitude|longitude|lat|lon|lng|easting|northing)|long", re.IGNORECASE)
_CODES = re.compile(
    r"(.*[\W_])?(id|uid|guid|dguid|fips|zip|post ?code|coordinate|vector|decimals)"
    r"|.*code|(?-i:.*[a-z]I[Dd])|(code|cod|id|cve)[ _].*",
    re.IGNORECASE,
)
# These only beside a single column of counts: a shop may be called Target.
_COMPARED = re.compile(
    r"(target|goal|budget|variance|difference|change|average|mean|median)"
    r"|.*\b(prior|previous|last) (year|month)",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Z]{0,5}[-_. ]?\d[\w.-]*|[A-Z]{1,4}(?:[-_.][A-Z0-9]{1,5})*", re.ASCII)
_PLAIN = re.compile(r"\d{1,8}(\.\d+)?", re.ASCII)
_LONGER = re.compile(
    r"\b(ytd|year[- ]to[- ]date|cumulative|cum|running total|rolling|moving|trailing|acumulad[oa]s?"
    r"|kumuliert|cumul[ée]s?)\b|\b(12|twelve|three|3|six|6)[- ]months?\b",
    re.IGNORECASE,
)
# As cells say it, of lines or series.
SEVERAL_MONTHS = re.compile(
    r"\b(12|twelve|three|3|six|6)[- ]months?[- ]?(end|to\b|total|sum|rolling|moving|average|mean)"
    r"|\b(rolling|moving|trailing|running)[- ](12|twelve|annual|year|total|sum|average|mean)"
    r"|\b(ytd|year[- ]to[- ]date|cumulative|year[- ]end(ing|ed))\b",
    re.IGNORECASE,
)


class LinesTold:
    """The lines of a table, and how well columns tell those of a month apart.

    rows : JUDGED at most. when : (rows,) what is different in two lines of one series, its month;
        one number where each line is a series of its own.
    """

    def __init__(self, table: TableGrid, rows: np.ndarray, when: np.ndarray | None) -> None:
        self.table, self.rows = table, rows[:JUDGED]
        self.when = np.zeros(len(self.rows), np.int64) if when is None else when[:JUDGED]

    def codes(self, column: int) -> np.ndarray:
        """(rows,) places of a column's cells among the labels."""
        return np.asarray(self.table.grid[self.rows, column])

    def many(self, *columns: int) -> int:
        """How many different values the lines have in these columns."""
        return len(np.unique(joined([self.codes(c) for c in columns])))

    def apart(self, *columns: int) -> float:
        """The share of lines that are the first of their month with these values."""
        codes = joined([self.when, *(self.codes(c) for c in columns)])
        return len(np.unique(codes)) / len(codes)


def joined(codes: Sequence[np.ndarray]) -> np.ndarray:
    """(n,) a number for each row, the same for rows with the same values."""
    whole = np.zeros(len(codes[0]), dtype=np.int64)
    for code in codes:
        whole = whole * (int(code.max(initial=0)) + 1) + code
        whole = np.unique(whole, return_inverse=True)[1].astype(np.int64)
    return whole


def named_columns(table: TableGrid) -> list[int]:
    """The columns that the user says name the series, and last the one with their parts."""
    wanted = table.wanted
    part = [table.place(wanted.part, "columns.part")] if wanted.part else []
    return [table.place(name, "--series") for name in wanted.series] + part


def series_columns(
    table: TableGrid, columns: Sequence[int], rows: np.ndarray, month: np.ndarray | None
) -> list[int]:
    """The columns that name the series: the fewest that tell lines of the same month apart.

    month : (rows,) or None where each row is a series of its own.
    """
    lines = LinesTold(table, rows, month)
    # A column of dates does not name a series, unless the user says so.
    columns = [c for c in columns if table.share(c, is_month) < 0.5]
    exact = [c for c in columns if table.has_name(c) and table.name(c).casefold() == "series"]
    if exact and (lines.many(exact[0]) > 1 or len(columns) == 1):
        return exact
    full = [c for c in columns if np.mean(lines.codes(c) != 0) > 0.5]
    if lines.apart() >= UNIQUE:
        return [c for c in full if lines.many(c) == 1][:1]
    return _telling_apart(lines, full[:_TRIED])


def _telling_apart(lines: LinesTold, columns: Sequence[int]) -> list[int]:
    """The fewest columns with the fewest names that tell lines of a month apart, or nearly.

    Words go before numbers and codes: a clinic's name before its code. Tables of many dimensions,
    which have a word in each for all of it, need four or more.
    """
    table = lines.table
    words = [c for c in columns if table.share(c, numerals.is_number) <= 0.5]
    best = _fewest(lines, [c for c in words if not table.has_name(c) or not is_code(table, c)])
    if not best or lines.apart(*best) < 1:
        best = max(best, _fewest(lines, columns), key=lambda group: lines.apart(*group))
    if best:
        return list(best)
    return _all_needed(lines, columns)


def _all_needed(lines: LinesTold, columns: Sequence[int]) -> list[int]:
    """Four columns or more that tell lines apart, without those that do not help; else the best."""
    group = [c for c in columns if lines.many(c) > 1]
    if len(group) < 4 or lines.apart(*group) < UNIQUE:
        return sorted(columns, key=lines.apart)[-1:]
    for column in sorted(group, key=lambda c: -lines.many(c)):
        left = [c for c in group if c != column]
        group = left if lines.apart(*left) >= lines.apart(*group) else group
    return group


def _fewest(lines: LinesTold, columns: Sequence[int]) -> tuple[int, ...]:
    """The fewest columns that tell lines apart, a country's name before its code; () if none."""
    coded = set(lines.table.having(lambda cell: _CODE.fullmatch(text_of(cell)), 0.8, columns))
    for size in (1, 2, 3):
        telling = [g for g in combinations(columns, size) if lines.apart(*g) >= UNIQUE]
        if telling:
            return min(telling, key=lambda g: (lines.many(*g), len(coded & {*g}), g))
    return ()


def fill_names(
    table: TableGrid, columns: Sequence[int], rows: np.ndarray, when: np.ndarray
) -> None:
    """Give each line the name above it, where a name stands only in its first line.

    Spreadsheets with merged cells come like that. Only where it tells apart the lines of a month,
    or whatever else `when` says of each row.
    """
    lines = LinesTold(table, rows, when)
    if lines.apart() >= UNIQUE:
        return
    for column in columns:
        grid, notes = table.grid, list(table.notes)
        fill_down(table, column, rows)
        if table.grid is not grid and lines.apart(column) < UNIQUE:
            table.grid, table.notes[:] = grid, notes


def names_of(
    table: TableGrid, series: Sequence[int], rows: np.ndarray
) -> tuple[np.ndarray, list[str], list[tuple[str, str]]]:
    """The series of each row, -1 where it has no name; their names; as `Entries` has it, `nested`.

    Where parts are wanted the last column has them, and a blank or a "Total" in it is the series.
    """
    if not series:
        return np.zeros(len(rows), dtype=np.int32), [ONE_SERIES], []
    columns, parts = [table.grid[rows, c] for c in series], bool(table.wanted.part)
    needed = columns[:-1] if parts else columns
    if parts:
        total = table.sheet.which(lambda cell: is_total(text_of(cell)), columns[-1])
        columns[-1] = np.where(total, 0, columns[-1])
    # Of all rows with a name the first, as the last that is written stays; names as they come.
    whole = columns[0] if len(columns) == 1 else joined(columns)
    first = np.full(int(whole.max()) + 1, len(rows), dtype=np.int32)
    first[whole[::-1]] = np.arange(len(rows) - 1, -1, -1, dtype=np.int32)
    order = np.argsort(first, kind="stable").astype(np.int32)
    code = np.argsort(order).astype(np.int32)[whole]
    at = first[order][first[order] < len(rows)].tolist()
    cells = [[text_of(table.labels[c[place]]) for c in columns] for place in at]
    names = [" / ".join(filter(None, name) if parts else name) for name in cells]
    nested = [(" / ".join(name[:-1]), name[-1]) for name in cells] if parts else []
    for column in needed:
        code[column == 0] = -1
        for row in rows[column == 0].tolist():
            table.fault(row, table.name(series[0]), "", "no name of a series; fill it in")
    return code, names, nested


def nesting_of(
    table: TableGrid, series: Sequence[int], others: Iterable[int], rows: np.ndarray
) -> tuple[str, str]:
    """Two columns of names, each name of the second inside one of the first; "" for both if none.

    Either two columns name the series together (a clinic, its departments), or another column says
    the same thing of a series in all its lines (a clinic, its region).

    others : columns that are neither months, counts nor series.
    """
    lines = LinesTold(table, rows, None)
    if len(series) == 2:
        return table.name(min(series)), table.name(max(series))
    # A number belongs to a series, and holds none: its population, say.
    words = [c for c in sorted(others) if table.share(c, numerals.is_number) < 0.5]
    for column in words if len(series) == 1 and table.header >= 0 else ():
        many, alike = lines.many(series[0]), lines.many(column, series[0])
        if lines.codes(column).all() and alike == many and 1 < lines.many(column) < many:
            return table.name(column), table.name(series[0])
    return "", ""


def quoted(table: TableGrid, series: Sequence[int]) -> str:
    """Columns by their names, for a note."""
    if not series:
        return "the file as a whole"
    names = [table.quoted(c) for c in series]
    if table.wanted.part:
        return f"column {' and '.join(names[:-1])}, their parts from column {names[-1]}"
    return "column " + " and ".join(names)


def note_ignored(table: TableGrid, columns: Iterable[int]) -> None:
    """Say which columns were not used."""
    below = max(table.header, 0)
    names = [table.quoted(c) for c in sorted(columns) if table.grid[below:, c].any()]
    if names:
        table.notes.append(f"ignored column{'s' if len(names) > 1 else ''}: {listed(names, 12)}")


def refuse_sums_of_months(table: TableGrid, columns: Iterable[int], rows: np.ndarray) -> None:
    """DataError where a cell beside the counts says that they add up several months."""
    for column in columns if not table.wanted.value else ():
        codes = table.grid[rows, column]
        sums = table.sheet.which(lambda cell: SEVERAL_MONTHS.search(text_of(cell)), codes)
        if sums.any():
            code = codes[sums].min()
            lines = int((codes == code).sum())
            raise DataError(
                f"{table.sheet.name}: {text_of(table.labels[code])[:60]!r} in column "
                f"{table.quoted(column)}, in {lines:,} line{'' if lines == 1 else 's'}: a sum over "
                "several months cannot be forecast as a count of one. Give the lines with each "
                "month's own count; if these are such, name their column by --value"
            )


def holds_counts(table: TableGrid, column: int) -> bool:
    """Whether a column has numbers in half of its cells, and does not only number the lines."""
    if table.share(column, is_count) < 0.5 or not table.share(column, numerals.is_number):
        return False
    head = table.name(column).casefold() if table.has_name(column) else ""
    if not _INDEX_WORDS.fullmatch(head):
        return True
    texts = map(text_of, table.cells(table.grid[table.header + 1 :, column][:SAMPLE]))
    numbers = [int(text) for text in texts if text.isascii() and text.isdigit()]
    # As pandas numbers lines, without a name.
    running = len(numbers) > 2 and numbers[0] in (0, 1)
    return not running or numbers != list(range(numbers[0], numbers[0] + len(numbers)))


def repeats_date(table: TableGrid, column: int, rows: np.ndarray, month: np.ndarray) -> bool:
    """Whether a column only says the month's year or number once more, or grows as months do."""
    known = np.flatnonzero(month[:SAMPLE] >= 0)
    if not len(known):
        return False
    index = month[known].astype(np.int64)
    texts = [text_of(cell) for cell in table.cells(table.grid[rows[known], column])]
    numbers = np.array([float(text) if _PLAIN.fullmatch(text) else -1 for text in texts])
    year, number = index // 12, index % 12 + 1
    days = np.array(list(map(dates.days_in, index.tolist())))
    alike = (year, number, year + (number >= 10), (number + 2) // 3, year * 100 + number, days)
    return (
        (len(known) > 12 and np.ptp(numbers - index) == 0)
        or (np.ptp(numbers) > 0 and any(np.array_equal(numbers, same) for same in alike))
        or bool(np.allclose(numbers, year + (number - 1) / 12, atol=0.01))
    )


def without_measures(table: TableGrid, month: int, numbers: list[int]) -> list[int]:
    """The columns of numbers without rates, codes, sums over longer times, by their headers.

    DataError where that leaves none, as a sum over twelve months is no count of a month.
    """
    if table.wanted.value or table.header < 0:
        return numbers
    heads = {c: table.words(c) for c in [month, *numbers]}
    longer = [c for c in heads if _LONGER.search(heads[c])]
    left = [c for c in numbers if c not in longer]
    if longer and (not left or longer[0] == month):
        raise DataError(
            f"{table.sheet.name}: {table.quoted(longer[0])} adds up several months; give a count "
            "for each month. If it does not, name the column of counts by --value"
        )

    def without(form: Callable[[str], object], columns: list[int]) -> list[int]:
        return [c for c in columns if not form(heads[c])]

    left = without(_PLACES.fullmatch, left)
    left = without(_MEASURES.search, left) or left
    alone = without(_COMPARED.fullmatch, left)
    return alone if len(alone) == 1 else left


def is_measure(table: TableGrid, column: int) -> bool:
    """Whether a header calls a column a rate or the like, which neither counts nor names."""
    head = table.words(column)
    return bool(_MEASURES.search(head) or _PLACES.fullmatch(head))


def is_code(table: TableGrid, column: int) -> bool:
    """Whether a header calls a column a code."""
    return _CODES.fullmatch(table.name(column)) is not None


def roles(
    table: TableGrid,
    columns: Sequence[int],
    numbers: Sequence[int],
    month_column: int,
    of: tuple[np.ndarray, np.ndarray],
) -> tuple[list[int], list[int]]:
    """Which columns name series, and which hold counts. What the user says of either is taken.

    columns, numbers : without those of months, and which of these are numbers. of : rows, months.
    """
    rows, month = of
    measured = [*filterfalse(lambda c: repeats_date(table, c, *of), numbers)]
    # A number that is no count does not name a series either.
    names = [c for c in sorted(set(columns) - set(numbers)) if not is_measure(table, c)]
    numbers = without_measures(table, month_column, measured or [*numbers])
    fill_names(table, names, rows, month)
    values = [table.place(name, "--value") for name in table.wanted.value]
    series = named_columns(table)
    numbers = [c for c in numbers if c not in (*series, *values)]
    lines = LinesTold(table, rows, month)
    if series:
        return series, values or _counts(lines, series, numbers)
    series = series_columns(table, sorted(set(names) - set(values)), rows, month)
    numbers = numbers if series else _without_year(lines, numbers)
    series += _numbers_naming(lines, series, numbers, bool(values))
    if not (series or values) and len(numbers) > 1:
        return [], _without_codes(table, numbers)
    return series, values or _counts(lines, series, numbers)


def _without_year(lines: LinesTold, numbers: list[int]) -> list[int]:
    """The columns of numbers but one that says one year in all lines, if that leaves any."""
    table = lines.table
    same = [c for c in numbers if len(numbers) > 1 and lines.many(c) == 1]
    year = [c for c in same if dates.names_year(table.labels[lines.codes(c)[0]])]
    return [c for c in numbers if c not in year] or numbers


def _counts(lines: LinesTold, series: Sequence[int], numbers: Sequence[int]) -> list[int]:
    """The column of counts among those of numbers; DataError asks where several may be it."""
    table = lines.table
    numbers = [c for c in numbers if c not in series]
    naming = series if not table.wanted.series else []
    fixed = [c for c in numbers if naming and _is_fixed(lines, c, naming)]
    numbers = _without_codes(table, [c for c in numbers if c not in fixed] or numbers)
    if len(numbers) > 1:
        return [one_of(table, numbers, _VALUE_WORDS, "--value", "counts")]
    return numbers


def _without_codes(table: TableGrid, numbers: Sequence[int]) -> list[int]:
    """The columns of numbers that no header calls a code, if that leaves any."""
    return [c for c in numbers if not is_code(table, c)] or list(numbers)


def one_of(
    table: TableGrid, columns: Sequence[int], words: Iterable[str], option: str, what: str
) -> int:
    """The column whose header says it; DataError asks where none or several do."""
    names = [table.name(column) for column in columns]
    named = [c for c in columns if table.words(c).casefold() in words]
    if len(columns) == 1 or len(named) == 1:
        return (named or columns)[0]
    shown = ", ".join(map(in_quotes, names[:12]))
    raise DataError(
        f"{table.sheet.name}: several columns hold {what}: {shown}. "
        f"Say which: {option} {in_quotes(names[0])}"
    )


def _numbers_naming(
    lines: LinesTold, series: Sequence[int], numbers: Sequence[int], counted: bool
) -> list[int]:
    """The column of few numbers that names series where months repeat, alone or beside others.

    Site 1 of East, say. counted : whether it is known which columns hold counts.
    """
    enough = (series or not counted) and (len(numbers) > 1 or counted)
    if not enough or lines.apart(*series) >= UNIQUE:
        return []
    most = 2 * len(lines.rows) / len(np.unique(lines.when))
    few = [c for c in numbers if lines.many(c) <= most and lines.apart(*series, c) >= UNIQUE]
    return few[:1] if len(few) == 1 or not series else []


def stable_code(
    table: TableGrid, name: int, columns: Iterable[int], rows: np.ndarray, month: np.ndarray
) -> list[int]:
    """The column of names, or one of codes that stay where names change: routes renamed."""
    lines = LinesTold(table, rows, month)
    names, many = lines.codes(name), lines.many(name)
    for column in sorted(columns):
        codes = lines.codes(column)
        one_each = lines.many(name, column) == many and 1 < lines.many(column) < many
        if one_each and codes.all() and lines.apart(column) >= lines.apart(name):
            pairs = sorted(set(zip(names.tolist(), codes.tolist(), strict=True)))
            named = Counter(code for _, code in pairs)
            code = next(code for code in codes.tolist() if named[code] > 1)
            called = [text_of(table.labels[n])[:60] for n, c in pairs if c == code][:3]
            table.notes.append(
                f"column {table.quoted(name)} has several names for one {table.quoted(column)} "
                f"({text_of(table.labels[code])[:60]}: {', '.join(called)}), so that one is taken"
            )
            return [column]
    return [name]


def _is_fixed(lines: LinesTold, column: int, series: Sequence[int]) -> bool:
    """Whether a number belongs to a series, not to a month: an id, a population, an area."""
    many = lines.many(*series)
    if many < 0.5 * len(lines.rows) and lines.many(*series, column) == many:
        return True
    # Areas have the same numbers in every month; counts do not.
    codes = lines.codes(column)
    order = np.lexsort((codes, lines.when))
    parts = np.split(codes[order], np.flatnonzero(np.diff(lines.when[order])) + 1)
    same, times = Counter(part.tobytes() for part in parts).most_common(1)[0]
    different = len(set(np.frombuffer(same, codes.dtype).tolist()))
    return len(parts) > 2 and times > 0.9 * len(parts) and different > 2


def by_column(
    table: TableGrid,
    values: Sequence[int],
    series: Sequence[int],
    code: np.ndarray,
    called: list[str],
) -> tuple[np.ndarray, list[str]]:
    """(rows, columns) series where several columns hold counts: one a column, of each name."""
    heads = [table.name(place) for place in values]
    for head in sorted({head for head in heads if heads.count(head) > 1}):
        problem = "two columns have this name; rename one"
        table.fault(max(table.header, 0), head, head, problem)
    names = heads if not series else [f"{a} / {b}" for a in called for b in heads]
    n = len(values)
    return np.where(code[:, None] < 0, -1, code[:, None] * n + np.arange(n)), names


def families(table: TableGrid, family: int, rows: np.ndarray, series: np.ndarray) -> list[str]:
    """(series,) the family that stands in the first line of each. series : (entries,)."""
    known, first = np.unique(series, return_index=True)
    columns = max(len(series) // max(len(rows), 1), 1)
    labels = table.grid[rows[first[known >= 0] // columns], family]  # -1 has no name
    return list(map(text_of, table.cells(labels)))


def apart(
    table: TableGrid,
    series: Sequence[int],
    others: Iterable[int],
    rows: np.ndarray,
    when: np.ndarray | None,
) -> tuple[str, ...]:
    """The columns that tell apart what seems to be given twice; () if there is no need or none.

    others : columns that are not used. Few are tried together, so that one question asks for all.
    """
    lines, naming = LinesTold(table, rows, when), list(series)
    left = sorted(others) if table.header >= 0 else []
    left = [c for c in left if not holds_counts(table, c) and not is_measure(table, c)]
    for _ in range(_TOGETHER):
        before = lines.apart(*naming)
        shares = {c: lines.apart(*naming, c) for c in left}
        left = [c for c in left if shares[c] > before]
        if when is not None:  # a remark of each line makes a series of each
            left = [c for c in left if _typical(lines, (*naming, c)) >= _MONTHS]
        # Of columns that do alone, the one of the fewest names.
        naming += sorted(left, key=lambda c: (shares[c] <= UNIQUE, _rank(lines, c, shares[c])))[:1]
    names = tuple(table.name(c) for c in naming[len(series) :])
    return names if names and lines.apart(*naming) > UNIQUE else ()


def _rank(lines: LinesTold, column: int, share: float) -> float:
    return lines.many(column) if share > UNIQUE else -share


def _typical(lines: LinesTold, columns: Sequence[int]) -> float:
    """The median number of lines of what columns name together."""
    return float(np.median(np.bincount(joined([lines.codes(at) for at in columns]))))
