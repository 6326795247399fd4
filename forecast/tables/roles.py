"""Which columns name the series, and which hold counts, told by what is in them.

Headers decide only where contents leave a choice; what they leave open is asked for by an option.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from forecast.errors import DataError
from forecast.tables import dates, numerals
from forecast.tables.grid import (
    ONE_SERIES,
    SAMPLE,
    Fault,
    TableGrid,
    fill_down,
    in_quotes,
    is_count,
    is_month,
    text_of,
)
from models.base import Ints

FAMILY = "family"
TOTAL_WORDS = {"total", "totals", "grand total", "sum", "all"}
JUDGED = 200_000  # rows among which columns are tried as names of series
UNIQUE = 0.95  # share of rows that are the only ones of their series and month
_TRIED = 12  # columns of names that are tried
_MANY = 30_000  # lines of which pairs of further columns take too long
_SPLIT = 1.5  # series, against those of fewer columns, that another column may make of them
_MONTHS = 3  # lines that a series has at least, of those that another column would make
_VALUE_WORDS = {"value", "count", "counts", "n", "number", "total", "y", "cases", "visits"}
_VALUE_WORDS |= {"obs value", "observation value", "wert", "valor", "valeur", "obsvalue"}
_INDEX_WORDS = re.compile(
    r"|index|unnamed: ?\d+|#|n[or]\.?|lfd\.? ?n[or]\.?|row|row[ _.]?(names?|no|num|number)"
    r"|\w*[ _]?id|s\.? ?no\.?|rownames?"
)
# Numbers beside counts that are none, as headers call them.
_MEASURES = re.compile(
    r"%|\b(percent(age)?|pct|prozent|rate|ratio|latitude|longitude|lat|lon|long|lng)\b|\bper [\d,]+"
    r"|\b(lower|upper|95) ?(ci|limit|bound|cl|conf)|\b(ci|cl) ?(low|high|lower|upper)",
    re.IGNORECASE,
)
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


def unique_share(codes: Sequence[np.ndarray]) -> float:
    """The share of rows whose values in these columns no other row before them has."""
    joined = _joined(codes)
    return len(np.unique(joined)) / len(joined)


def _joined(codes: Sequence[np.ndarray]) -> Ints:
    """(n,) a number for each row, the same for rows with the same values."""
    joined = np.zeros(len(codes[0]), dtype=np.int64)
    for code in codes:
        different, back = np.unique(code, return_inverse=True)
        joined = joined * len(different) + back
        joined = np.unique(joined, return_inverse=True)[1].astype(np.int64)
    return joined


def named_columns(table: TableGrid) -> list[int]:
    """The columns that the user says name the series, and last the one with their parts."""
    wanted = table.wanted
    part = [table.place(wanted.part, "columns.part")] if wanted.part else []
    return [table.place(name, "--series") for name in wanted.series] + part


def series_columns(
    table: TableGrid, columns: Sequence[int], rows: Ints, month: Ints | None
) -> list[int]:
    """The columns that name the series: the fewest that tell lines of the same month apart.

    month : (rows,) or None where each row is a series of its own.
    """
    named = named_columns(table)
    if named:
        return named
    rows, month = rows[:JUDGED], None if month is None else month[:JUDGED]
    when = np.zeros(len(rows), dtype=np.int64) if month is None else month
    # A column of dates does not name a series, unless the user says so.
    columns = [c for c in columns if table.share(c, is_month) < 0.5]
    full = [c for c in columns if np.mean(table.grid[rows, c] != 0) > 0.5]
    if table.header >= 0:
        exact = [c for c in columns if table.name(c).casefold() == "series"]
        if exact and (len(np.unique(table.grid[rows, exact[0]])) > 1 or len(columns) == 1):
            return exact
    if unique_share([when]) >= UNIQUE:
        return [c for c in full if len(np.unique(table.grid[rows, c])) == 1][:1]
    return _telling_apart(table, full[:_TRIED], rows, when)


def _telling_apart(table: TableGrid, columns: Sequence[int], rows: Ints, when: Ints) -> list[int]:
    """The fewest columns with the fewest names that tell lines of a month apart, or nearly.

    Words go before numbers and codes: a clinic's name before its code. Where columns do so only
    nearly, others may do it better: wards of one name in two boroughs.
    """
    codes = {c: table.grid[rows, c] for c in columns}
    numbers = {c for c in columns if table.share(c, numerals.is_number) > 0.5}
    numbers |= {c for c in columns if table.has_name(c) and _CODES.fullmatch(table.name(c))}
    best: tuple[float, list[int]] = (0.0, [])
    for tried in ([c for c in columns if c not in numbers], columns):
        group = _fewest(tried, codes, when)
        share = unique_share([when, *(codes[c] for c in group)])
        if share > best[0]:
            best = share, group
        if best[0] == 1:
            break
    return best[1] if best[0] >= UNIQUE else _of_many(columns, codes, when)


def _fewest(columns: Sequence[int], codes: dict[int, Ints], when: Ints) -> list[int]:
    """Up to three columns, and one or two more where these tell more lines apart; [] if none do.

    A line given twice is a fault: what tells it apart, a remark of one month, names no series.
    """
    near: list[int] = []
    for size in (1, 2, 3):
        telling = {
            group: unique_share([when, *(codes[c] for c in group)])
            for group in combinations(columns, size)
        }
        telling = {group: share for group, share in telling.items() if share >= UNIQUE}
        if telling:
            near = list(min(telling, key=lambda g: (unique_share([codes[c] for c in g]), g)))
            break
    if not near or telling[tuple(near)] == 1:
        return near
    most, others = telling[tuple(near)], [c for c in columns if c not in near]
    more = [*telling, *((*near, *added) for n in (1, 2) for added in combinations(others, n))]
    before, chosen = _joined([codes[c] for c in near]), near
    for group in more if len(when) < _MANY else more[: len(telling) + len(others)]:
        share = unique_share([when, *(codes[c] for c in group)])
        if share > most and _splits(before, _joined([codes[c] for c in group])):
            most, chosen = share, sorted(group)
    return chosen


def _splits(before: Ints, after: Ints) -> bool:
    """Whether series are the same but for some that were two: few, and not of a month each."""
    lengths, first = np.bincount(after), np.unique(after, return_index=True)[1]
    of = _joined([before[first]])
    longest = np.zeros(of.max() + 1, dtype=np.int64)
    np.maximum.at(longest, of, lengths)
    new = np.bincount(of)[of] > 1
    largest = np.flatnonzero(lengths == longest[of])
    new[largest[np.unique(of[largest], return_index=True)[1]]] = False
    long = lengths[new] >= np.median(lengths) / 4
    return bool(len(lengths) <= _SPLIT * len(longest) and new.any() and long.mean() >= 0.5)


def _of_many(columns: Sequence[int], codes: dict[int, Ints], when: Ints) -> list[int]:
    """Four columns or more that tell lines of a month apart, or the one that does so best.

    Tables of many dimensions have a word in each for all of it.
    """

    def share(group: Sequence[int]) -> float:
        return unique_share([when, *(codes[c] for c in group)])

    group = [c for c in columns if len(np.unique(codes[c])) > 1]
    if len(group) < 4 or share(group) < UNIQUE:
        return sorted(columns, key=lambda c: share([c]))[-1:]
    for column in sorted(group, key=lambda c: -len(np.unique(codes[c]))):
        left = [c for c in group if c != column]
        if share(left) >= share(group):
            group = left
    return group


def fill_names(table: TableGrid, columns: Sequence[int], rows: Ints, when: Ints) -> None:
    """Give each line the name above it, where a name stands only in its first line.

    Spreadsheets with merged cells come like that. Only where it tells apart the lines of a month,
    or whatever else `when` says of each row.
    """
    if not len(rows) or unique_share([when[:JUDGED]]) >= UNIQUE:
        return
    for column in columns:
        codes, notes = table.grid[rows, column].copy(), list(table.notes)
        if not len(codes) or not codes[0] or np.mean(codes != 0) > 0.5:
            continue
        if unique_share([when, fill_down(table, column, rows)]) < UNIQUE:
            table.grid[rows, column], table.notes[:] = codes, notes


class SeriesNamed(NamedTuple):
    """Which series each row is of.

    code : (rows,) its number, -1 where it has no name. names : of the series. nested : as
    `Entries` has it.
    """

    code: Ints
    names: list[str]
    nested: list[tuple[str, str]]


def names_of(table: TableGrid, series: Sequence[int], rows: Ints) -> SeriesNamed:
    """The series of each row, by the cells of these columns.

    Where parts are wanted the last column has them, and a blank or a "Total" in it is the series.
    """
    if not series:
        return SeriesNamed(np.zeros(len(rows), dtype=np.int64), [ONE_SERIES], [])
    codes = table.grid[rows][:, list(series)]
    needed = codes
    if table.wanted.part:
        totals = [c for c in np.unique(codes[:, -1]).tolist() if _is_total(table, c)]
        codes[np.isin(codes[:, -1], totals), -1] = 0
        needed = codes[:, :-1]
    if len(series) == 1:  # by rows it takes several times the memory
        different, first, back = np.unique(codes[:, 0], return_index=True, return_inverse=True)
        different = different[:, None]
    else:
        different, first, back = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    back = back.ravel()
    order = np.argsort(first)  # as they come in the file
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    cells = [[text_of(cell) for cell in table.cells(different[at])] for at in order]
    names = [" / ".join(filter(None, name) if table.wanted.part else name) for name in cells]
    nested = [(" / ".join(name[:-1]), name[-1]) for name in cells] if table.wanted.part else []
    blank = (needed == 0).any(axis=1)
    for place in np.flatnonzero(blank).tolist():
        table.faults.append(
            Fault(
                int(table.sheet.line[rows[place]]),
                table.name(series[0]),
                "",
                "no name of a series; fill it in",
            )
        )
    return SeriesNamed(np.where(blank, -1, rank[back]), names, nested)


def _is_total(table: TableGrid, code: int) -> bool:
    return text_of(table.labels[code]).casefold().rstrip(":") in TOTAL_WORDS


def nesting_of(
    table: TableGrid, series: Sequence[int], others: Iterable[int], rows: Ints
) -> tuple[str, str]:
    """Two columns of names, each name of the second inside one of the first; "" for both if none.

    Either two columns name the series together (a clinic, its departments), or another column says
    the same thing of a series in all its lines (a clinic, its region).

    others : columns that are neither months, counts nor series.
    """
    if len(series) == 2:
        return table.name(min(series)), table.name(max(series))
    if len(series) != 1 or table.header < 0:
        return "", ""
    rows = rows[:JUDGED]
    inner = table.grid[rows, series[0]]
    many = len(np.unique(inner))
    for column in sorted(others):
        if table.share(column, numerals.is_number) >= 0.5:
            continue  # a number that belongs to a series: its population, say
        outer = table.grid[rows, column]
        pairs = len(np.unique(np.stack([outer, inner]), axis=1).T)
        if outer.all() and pairs == many and 1 < len(np.unique(outer)) < many:
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
    names = [
        table.quoted(c)
        for c in sorted(columns)
        if (table.grid[max(table.header, 0) :, c] != 0).any()
    ]
    if names:
        shown = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
        table.notes.append(f"ignored column{'s' if len(names) > 1 else ''}: {shown}")


def refuse_sums_of_months(table: TableGrid, columns: Iterable[int], rows: Ints) -> None:
    """DataError where a cell beside the counts says that they add up several months."""
    if table.wanted.value:
        return
    for column in columns:
        codes = table.grid[rows, column]
        for code in np.unique(codes).tolist():
            text = text_of(table.labels[code])
            if SEVERAL_MONTHS.search(text):
                lines = int((codes == code).sum())
                raise DataError(
                    f"{table.sheet.name}: {text[:60]!r} in column {table.quoted(column)}, in "
                    f"{lines:,} line{'' if lines == 1 else 's'}: a sum over several months cannot "
                    "be forecast as a count of one. Give the lines with each month's own count; "
                    "if these are such, name their column by --value"
                )


def holds_counts(table: TableGrid, column: int) -> bool:
    """Whether a column has numbers in half of its cells, and does not only number the lines."""
    return (
        table.share(column, is_count) >= 0.5
        and table.share(column, numerals.is_number) > 0
        and not _is_row_number(table, column)
    )


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


def _ascii_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()  # "1\u00b2".isdigit() too


def repeats_date(table: TableGrid, column: int, rows: Ints, month: Ints) -> bool:
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
    quarter, compact = (number - 1) // 3 + 1, year * 100 + number
    # So does a running number, which grows as months do.
    if known.sum() > 12 and len(set((numbers[known] - first[known]).tolist())) == 1:
        return True
    alike = (year, number, year + (number >= 10), quarter, compact, days)
    if len(set(numbers)) > 1 and any(np.array_equal(numbers[known], x) for x in alike):
        return True
    decimal = [_decimal_year(cell) for cell in cells]
    return bool(np.allclose(np.array(decimal)[known], year + (number - 1) / 12, atol=0.01))


def _decimal_year(cell: object) -> float:
    """The number in a cell such as 1749.042, or -1."""
    try:
        return float(str(cell))
    except ValueError:
        return -1


def without_measures(table: TableGrid, month: int, numbers: list[int]) -> list[int]:
    """The columns of numbers without rates, codes, sums over longer times, by their headers.

    DataError where that leaves none, as a sum over twelve months is no count of a month.
    """
    if table.wanted.value or table.header < 0:
        return numbers
    heads = {c: table.name(c).replace("_", " ") for c in [month, *numbers]}
    longer = [c for c in heads if _LONGER.search(heads[c])]
    left = [c for c in numbers if c not in longer]
    if longer and (not left or longer[0] == month):
        raise DataError(
            f"{table.sheet.name}: {table.quoted(longer[0])} adds up several months; give a count "
            "for each month. If it does not, name the column of counts by --value"
        )
    left = [c for c in left if not _MEASURES.search(heads[c])] or left
    alone = [c for c in left if not _COMPARED.fullmatch(heads[c])]
    return alone if len(alone) == 1 else left


def is_measure(table: TableGrid, column: int) -> bool:
    """Whether a header calls a column a rate or the like, which neither counts nor names."""
    return _MEASURES.search(table.name(column)) is not None


def roles(
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
            return [], without_codes(table, numbers)
        series, numbers = [ids], [c for c in numbers if c != ids]
    if len(numbers) > 1:
        beside = _numbers_beside(table, numbers, series, rows, month)
        series, numbers = [*series, *beside], [c for c in numbers if c not in beside]
    if len(numbers) > 1:
        fixed = [c for c in numbers if _is_fixed(table, c, series, rows)]
        numbers = [c for c in numbers if c not in fixed] or list(numbers)
    numbers = without_codes(table, numbers)
    if len(numbers) > 1:
        return series, [one_of(table, numbers, _VALUE_WORDS, "--value", "counts")]
    return series, list(numbers)


def without_codes(table: TableGrid, numbers: Sequence[int]) -> list[int]:
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
        numbers = without_codes(table, numbers)
        values = [one_of(table, numbers, _VALUE_WORDS, "--value", "counts")] if numbers else []
    if not series:
        left = [c for c in columns if c not in values and c not in numbers]
        series = series_columns(table, left, rows, month)
        beside = [c for c in numbers if c not in values]
        series += _numbers_beside(table, beside, series, rows, month)
    return series, values


def one_of(
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
    shown = ", ".join(map(in_quotes, names[:12]))
    raise DataError(
        f"{table.sheet.name}: several columns hold {what}: {shown}. "
        f"Say which: {option} {in_quotes(names[0])}"
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


def stable_code(
    table: TableGrid, name: int, columns: Iterable[int], rows: Ints, month: Ints
) -> list[int]:
    """The column of names, or one of codes that stay where names change: routes renamed."""
    rows, month = rows[:JUDGED], month[:JUDGED]
    names = table.grid[rows, name]
    apart_by_name = unique_share([month, names])
    for column in sorted(columns):
        codes = table.grid[rows, column]
        pairs = np.unique(np.stack([names, codes]), axis=1).T
        many = len(np.unique(codes))
        one_each = len(pairs) == len(np.unique(names)) and 1 < many < len(pairs)
        if one_each and codes.all() and unique_share([month, codes]) >= apart_by_name:
            code = next(c for c in codes.tolist() if (pairs[:, 1] == c).sum() > 1)
            called = [text_of(table.labels[n])[:60] for n, c in pairs.tolist() if c == code][:3]
            table.notes.append(
                f"column {table.quoted(name)} has several names for one {table.quoted(column)} "
                f"({text_of(table.labels[code])[:60]}: {', '.join(called)}), so that one is taken"
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


def by_column(
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


def families(
    table: TableGrid, family: Sequence[int], rows: Ints, code: Ints, called: Sequence[str]
) -> list[str]:
    """(series,) family of each; a series in two of them is a fault."""
    names: list[str] = [""] * len(called)
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
        elif names[number] and names[number] != text:
            problem = f"series {called[number]!r} was in family {names[number]!r} before"
            table.faults.append(Fault(line, FAMILY, text, problem))
        else:
            names[number] = text
    return names


def apart(
    table: TableGrid, series: Sequence[int], others: Iterable[int], rows: Ints, when: Ints | None
) -> tuple[str, ...]:
    """Columns that name series so that each has one line a month; () if there is no need or none.

    others : columns that are not used, one of which may tell lines apart that seem to be given
    twice.
    """
    if table.wanted.series or table.header < 0:
        return ()
    rows, when = rows[:JUDGED], None if when is None else when[:JUDGED]
    codes = [np.zeros(len(rows), dtype=np.int64) if when is None else when]
    codes += [table.grid[rows, c] for c in series]
    before = unique_share(codes)
    if before == 1:
        return ()
    shares = {c: unique_share([*codes, table.grid[rows, c]]) for c in sorted(others)}
    names = [c for c in shares if shares[c] > before and not holds_counts(table, c)]
    names = [c for c in names if not is_measure(table, c)]
    if when is not None:  # a remark of each line makes a series of each
        lines = {c: _joined([*codes[1:], table.grid[rows, c]]) for c in names}
        names = [c for c in names if np.median(np.bincount(lines[c])) >= _MONTHS]
    if not names:
        return ()
    best = max(names, key=lambda c: (shares[c] > UNIQUE, -len(np.unique(table.grid[rows, c]))))
    return tuple(table.name(c) for c in [*series, best]) if shares[best] > UNIQUE else ()
