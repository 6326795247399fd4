"""A sheet as people lay it out -> one table with one header.

Years over their months, measures under their sites, a block for each year or clinic, a year on a
line of its own: what a reader takes from above, each cell gets here.

Some months only a file's order tells: 24-Jan, 01/24, and a spreadsheet's days, 45292. Alone, each
could be something else. Thirteen of them, each a month after the one before, cannot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from forecast import months
from forecast.tables import dates, numerals
from forecast.tables.dates import CellValue
from forecast.tables.languages import in_english
from forecast.tables.sheet import TOP, Sheet, with_labels

_BY_HAND = 20_000  # rows; longer sheets come from programs, which lay out no blocks
_LEAST = 13  # different months: more than a year, so that years are told from days
_NAMED = re.compile(r"(\d\d)[-/ ]([A-Za-z]{3,9})\.?")
_PAIR = re.compile(r"(\d\d?)[-/.](\d\d)", re.ASCII)
_SERIAL = re.compile(r"[34]\d{4}|5[0-4]\d{3}", re.ASCII)
_DECIMAL = re.compile(r"((?:1[6-9]|20)\d\d)(?:\.(\d+))?", re.ASCII)
_QUARTER = re.compile(
    r".*\b(total|totals|q ?[1-4]|[1-4]q|h[12]|quarter|trim\w*)\b.*", re.IGNORECASE
)
_DAY_0 = date(1899, 12, 30)  # of spreadsheets; 1900 was no leap year, but is one to Excel


def as_one_table(sheet: Sheet) -> Sheet:
    """The same with one header, each month beside its year, each line beside its block's name."""
    sheet = _months_under_names(_years_over_months(in_english(sheet)))
    sheet = with_months(_names_over_measures(sheet))
    if len(sheet.grid) <= _BY_HAND:
        sheet = _levels_joined(_year_from_title(_blocks_named(_year_lines(sheet))))
    return sheet


def with_months(sheet: Sheet) -> Sheet:
    """The same with such months written as 2024-01, in columns and in the header."""
    for column in range(sheet.grid.shape[1]):
        sheet = _written(sheet, (slice(None), column))
    for row in range(min(TOP, len(sheet.grid))):
        sheet = _written(sheet, (row, slice(None)))
    return sheet


def _years_over_months(sheet: Sheet) -> Sheet:
    """One header for two or three, where years (and quarters) stand over their months' names."""
    many = len(sheet.grid) if len(sheet.grid) <= _BY_HAND else TOP
    named = _which(sheet, dates.names_month, sheet.grid[:many])
    years = _which(sheet, dates.names_year, sheet.grid[:many])
    gone: list[int] = []
    months_in: list[int] = []
    for row in np.flatnonzero(named.sum(axis=1) >= 2).tolist():
        above = [r for r in range(max(row - 3, 0), row) if years[r].any() and not named[r].any()]
        if not above or years[row].any():
            continue
        heads = [cell for r in range(above[-1], row) for cell in sheet.row(r)]
        if any(numerals.is_number(cell) and not dates.names_year(cell) for cell in heads):
            continue
        places = np.flatnonzero(named[row]).tolist()
        of_year = _from_above(sheet, above[-1], places, sheet.grid.shape[1])
        pairs = [(at, year) for at, year in zip(places, of_year, strict=True) if _year(year)]
        texts = [f"{_year_in(year)} {sheet.labels[sheet.grid[row, at]]}" for at, year in pairs]
        sheet = _rewritten(sheet, [row] * len(texts), [at for at, _ in pairs], texts)
        gone += [r for r in range(above[-1], row) if years[r].any() or _is_quarters(sheet, r)]
        months_in.append(row)
    if not gone:
        return sheet
    first, below = int(sheet.line[gone[0]]), int(sheet.line[months_in[0]])
    more = ", and so below" if len(months_in) > 1 else ""
    return _without(sheet, gone, f"line {first} gives the years of line {below}'s months{more}")


def _is_quarters(sheet: Sheet, row: int) -> bool:
    """Whether a row has nothing but quarters, halves and sums: what months need no more."""
    return all(cell == "" or _QUARTER.fullmatch(_text(cell)) is not None for cell in sheet.row(row))


def _months_under_names(sheet: Sheet) -> Sheet:
    """Blocks of columns side by side, each with the same months or years, as blocks of lines.

    A name stands over the months of its block, or the names of measures below each month.
    """
    top = min(TOP, len(sheet.grid) - 1)
    for row in range(1, top):
        for when, names in ((row, row - 1), (row - 1, row)):
            blocks = _blocks_across(sheet, when, names)
            if blocks:
                return _stacked(sheet, row, *blocks)
    return sheet


def _blocks_across(
    sheet: Sheet, when: int, names: int
) -> tuple[list[int], dict[str, dict[str, int]]] | None:
    """The columns left of all blocks, and for each block's name its columns by their months."""
    width = sheet.grid.shape[1]
    heads, words = sheet.row(when), sheet.row(names)
    if any(map(numerals.is_number, words)) and not any(map(dates.names_year, heads)):
        return None
    dated = [at for at in range(width) if _says_month(heads[at])]
    upper, filled = (when, dated) if when < names else (names, [])
    places = [at for at in range(width) if dated and at >= dated[0] and words[at] != ""]
    if when > names:
        filled = [at for at in range(width) if words[at] != ""]
        places = dated
    if len(filled) < 2 or len(places) < 4:
        return None
    if any(_says_month(words[at]) or numerals.is_number(words[at]) for at in range(width)):
        return None
    over = _from_above(sheet, upper, places, width)
    blocks: dict[str, dict[str, int]] = {}
    for at, above in zip(places, over, strict=True):
        name, month = (above, _text(heads[at])) if upper == names else (_text(words[at]), above)
        if not name or not month or month in blocks.setdefault(name, {}):
            return None
        blocks[name][month] = at
    months_of = {tuple(block) for block in blocks.values()}
    if len(blocks) < 2 or len(months_of) != 1 or len(next(iter(months_of))) < 2:
        return None
    return list(range(min(places))), blocks


def _says_month(cell: CellValue) -> bool:
    return bool(
        dates.names_month(cell)
        or dates.names_year(cell)
        or (dates.looks_like(cell) and not dates.is_compact(cell))
    )


def _stacked(sheet: Sheet, row: int, left: list[int], blocks: dict[str, dict[str, int]]) -> Sheet:
    """The same with blocks of columns below each other; row : the lower line of their heading."""
    texts = ["Block", *blocks]
    labels, codes = with_labels(sheet, [*texts, *next(iter(blocks.values()))])
    body = sheet.grid[row + 1 :]
    corner = np.where(sheet.grid[row, left] != 0, sheet.grid[row, left], sheet.grid[row - 1, left])
    parts = [np.concatenate([corner, codes[:1], codes[len(texts) :]])[None, :]]
    for code, places in zip(codes[1 : len(texts)], blocks.values(), strict=True):
        name = np.full((len(body), 1), code)
        parts.append(np.concatenate([body[:, left], name, body[:, list(places.values())]], axis=1))
    many = len(blocks)
    note = f"lines {sheet.line[row - 1]} and {sheet.line[row]} head {many} blocks of columns"
    return replace(
        sheet,
        labels=labels,
        grid=np.concatenate(parts).astype(sheet.grid.dtype),
        line=np.concatenate([sheet.line[row : row + 1], np.tile(sheet.line[row + 1 :], many)]),
        ragged=np.concatenate([[0], np.tile(sheet.ragged[row + 1 :], many)]),
        notes=(*sheet.notes, f"{note}, {', '.join(list(blocks)[:2])} and so on"),
    )


def _names_over_measures(sheet: Sheet) -> Sheet:
    """One header for several, where sites stand over measures that each of them has."""
    for row in range(1, min(TOP, len(sheet.grid) - 1)):
        codes = sheet.grid[row]
        places = [at for at in np.flatnonzero(codes).tolist() if (codes == codes[at]).sum() > 1]
        cells = [sheet.labels[codes[at]] for at in places]
        above = np.flatnonzero(sheet.grid[row - 1]).tolist()
        if len(places) < 2 or len(above) < 2 or len(above) < len(places) / len(set(cells)):
            continue
        # A line of counts may have one name in two columns; it has numbers too.
        heads = [cell for cell in (*sheet.row(row - 1), *sheet.row(row)) if cell != ""]
        if not all(isinstance(c, str) and not numerals.is_number(c) for c in heads):
            continue
        if any(dates.looks_like(cell) or dates.names_month(cell) for cell in heads):
            continue
        sites = _from_above(sheet, row - 1, places, sheet.grid.shape[1])
        texts = [f"{site} {cell}".strip() for site, cell in zip(sites, cells, strict=True)]
        sheet = _rewritten(sheet, [row] * len(texts), places, texts)
        note = f"line {sheet.line[row - 1]} names what line {sheet.line[row]} has several times"
        return _names_over_measures(_without(sheet, [row - 1], note))
    return sheet


def _year_lines(sheet: Sheet) -> Sheet:
    """A column with a year, and its months' names below: each name gets its year."""
    for column in range(min(sheet.grid.shape[1], 3)):
        codes = sheet.grid[:, column]
        names = _which(sheet, dates.names_month, codes)
        alone = _which(sheet, dates.names_year, codes)
        dated = _which(sheet, dates.year_beside_name, codes)
        years = alone | dated
        if names.sum() < 6 or years.sum() < 2 or not years[: np.argmax(names)].any():
            continue
        above = np.maximum.accumulate(np.where(years, np.arange(len(codes)), -1))
        rows = np.flatnonzero(names & (above >= 0)).tolist()
        heading = [sheet.labels[codes[above[row]]] for row in rows]
        of_year = [dates.year_beside_name(head) or _year_in(_text(head)) for head in heading]
        texts = [f"{y} {sheet.labels[codes[r]]}" for y, r in zip(of_year, rows, strict=True)]
        named = _rewritten(sheet, rows, [column] * len(rows), texts)
        lines = np.flatnonzero(alone).tolist()
        if dated.sum() > len(lines):
            first = int(sheet.line[np.argmax(dated)])
            note = f"line {first} and others like it give the year of the months below"
            return _without(named, lines, note)
        note = f"line {sheet.line[lines[0]]} and others like it give the year of the months below"
        # A year may stand in the corner of a header.
        heads = [row for row in lines if _is_header(sheet, row, besides=column)]
        if heads:
            alike = np.delete(sheet.grid[heads], column, axis=1)
            if (alike != alike[0]).any():
                return sheet
            named, lines = _rewritten(named, heads[:1], [column], ["Month"]), lines[1:]
        return _without(named, lines, note)
    return sheet


def _blocks_named(sheet: Sheet) -> Sheet:
    """Blocks one below the other, each with a header or a title of its own, as one table."""
    filled = (sheet.grid != 0).sum(axis=1)
    head = next((r for r in range(min(TOP, len(filled))) if _is_header(sheet, r)), None)
    if head is None:
        return sheet
    again = np.flatnonzero((sheet.grid == sheet.grid[head]).all(axis=1)).tolist()
    words = [r for r in np.flatnonzero(filled == 1).tolist() if _is_title(sheet, r)]
    titles = [r for r in words if r + 1 in again]
    if len(titles) < max(len(again), 2):
        # Titles without headers of their own: the first stands right below the header.
        titles = [r for r in words if r > head and 1 not in filled[r + 1 : r + 3]]
        titles = [r for r in titles if r + 2 < len(filled)]
        titles = titles if len(titles) > 1 and titles[0] == head + 1 else []
    repeated = again[1:]
    if titles:
        names, name = [], ""
        for row in range(len(filled)):
            if row in titles:
                name = next(_text(cell) for cell in sheet.row(row) if cell != "")
            names.append("" if filled[row] < 2 else "Block" if row == head else name)
        called = [f"line {sheet.line[row]}" for row in titles[:2]]
        sheet = _beside(sheet, names)
        note = f"{', '.join(called)} and so on name the lines below, as column 'Block'"
        return _without(sheet, [*titles, *repeated], note)
    if repeated:
        return _without(sheet, repeated, f"line {sheet.line[repeated[0]]} repeats the header")
    return sheet


def _levels_joined(sheet: Sheet) -> Sheet:
    """Columns of names, of which each line fills one, as one column with all that is above it.

    Regions, their clinics a column further right: outlines, as spreadsheets indent them. Where a
    region's own line comes last, it closes its clinics.
    """
    head = next((r for r in range(min(TOP, len(sheet.grid))) if _heads_months(sheet, r)), None)
    if head is None:
        return sheet
    first = next(at for at, cell in enumerate(sheet.row(head)) if _says_month(cell))
    rows = np.arange(head + 1, len(sheet.grid))
    rows = rows[(sheet.grid[rows, first:] != 0).any(axis=1)]
    filled = sheet.grid[rows, :first] != 0
    levels = [at for at in range(first) if filled[:, at].any()]
    if len(levels) < 2 or not len(rows) or (filled.sum(axis=1) != 1).mean() > 0.05:
        return sheet
    depth = filled.argmax(axis=1)
    closing = depth[0] > depth[-1]
    names = sheet.grid[rows, depth]
    path: dict[int, int] = {}
    texts = [""] * len(sheet.grid)
    texts[head] = "Name"
    for at in range(len(rows))[:: -1 if closing else 1]:
        path = {level: code for level, code in path.items() if level < depth[at]}
        path[int(depth[at])] = int(names[at])
        cells = [_text(sheet.labels[path[level]]) for level in sorted(path)]
        texts[rows[at]] = " / ".join(cells)
    grid = sheet.grid.copy()
    grid[np.ix_(rows, levels)] = 0
    where = "below" if closing else "above"
    note = f"names in {len(levels)} columns are joined: each with those {where} it"
    joined = _beside(replace(sheet, grid=grid), texts)
    return replace(joined, notes=(*sheet.notes, note))


def _heads_months(sheet: Sheet, row: int) -> bool:
    months = sum(map(_says_month, sheet.row(row)))
    return months > 2 and months > 0.4 * int(np.count_nonzero(sheet.grid[row]))


def _year_from_title(sheet: Sheet) -> Sheet:
    """A year that stands in the sheet's name alone, as a column."""
    top = sheet.grid[:TOP]
    if not _year(sheet.title) or _which(sheet, dates.names_year, top).any():
        return sheet
    if _which(sheet, dates.looks_like, top).any():
        return sheet
    rows = np.flatnonzero((sheet.grid != 0).sum(axis=1) > 1).tolist()
    texts = [sheet.title if row in rows else "" for row in range(len(sheet.grid))]
    if rows:
        texts[rows[0]] = "Year"
    note = f"the year is the sheet's name, {sheet.title!r}"
    return replace(_beside(sheet, texts), notes=(*sheet.notes, note))


def _written(sheet: Sheet, where: tuple[int | slice, int | slice]) -> Sheet:
    codes = sheet.grid[where]
    for form in _READINGS:
        if any(form(sheet.labels[code]) is not None for code in codes[:TOP].tolist()):
            by_code = _in_order(sheet, codes, form)
            if by_code:
                return _replaced(sheet, where, by_code)
    return sheet


def _in_order(
    sheet: Sheet, codes: np.ndarray, form: Callable[[CellValue], int | None]
) -> dict[int, int]:
    """The month of each different cell, if all but a header's are months, one after the other."""
    read = {code: form(sheet.labels[code]) for code in np.unique(codes).tolist()}
    by_code = {code: month for code, month in read.items() if month is not None}
    inside = codes[np.isin(codes, list(by_code))]
    if len(set(by_code.values())) < _LEAST or len(inside) < 0.8 * np.count_nonzero(codes):
        return {}
    month = np.array([by_code[code] for code in inside.tolist()])
    steps = np.diff(month)
    steps = steps[steps != 0]  # a line a series
    follow = max(np.mean(steps == 1), np.mean(steps == -1))
    return by_code if follow > 0.9 else {}


def _replaced(
    sheet: Sheet, where: tuple[int | slice, int | slice], by_code: dict[int, int]
) -> Sheet:
    labels, places = with_labels(sheet, list(map(months.from_index, by_code.values())))
    grid = sheet.grid.copy()
    codes = grid[where]
    for code, place in zip(by_code, places.tolist(), strict=True):
        codes[codes == code] = place
    grid[where] = codes
    code, month = next(iter(by_code.items()))
    shown = f"{dates.as_digits(sheet.labels[code])} is read as {months.from_index(month)}"
    note = f"{shown}, as the file's order shows"
    return replace(sheet, labels=labels, grid=grid, notes=(*sheet.notes, note))


def _year_and_name(cell: CellValue) -> int | None:
    match = _NAMED.fullmatch(cell) if isinstance(cell, str) else None
    number = dates.names_month(match[2]) if match else 0
    return dates.full_year(match[1]) * 12 + number - 1 if match and number else None


def _pair(cell: CellValue, month: int, year: int) -> int | None:
    match = _PAIR.fullmatch(cell) if isinstance(cell, str) else None
    if not match or not 1 <= int(match[month]) <= 12 or len(match[year]) != 2:
        return None
    return dates.full_year(match[year]) * 12 + int(match[month]) - 1


def _serial(cell: CellValue) -> int | None:
    """The month of a spreadsheet's day, if it is a month's first or last."""
    text = str(dates.as_digits(cell))
    if not _SERIAL.fullmatch(text):
        return None
    day = _DAY_0 + timedelta(int(text))
    index = day.year * 12 + day.month - 1
    return index if day.day in (1, dates.days_in(index)) else None


def _decimal_year(cell: CellValue) -> int | None:
    """The month of 1949.0833, a year and twelfths of it, as R writes time."""
    match = _DECIMAL.fullmatch(str(dates.as_digits(cell)))
    if not match:
        return None
    twelfths = float(f"0.{match[2] or 0}") * 12
    number = round(twelfths)
    return int(match[1]) * 12 + number if abs(twelfths - number) < 0.03 else None


_READINGS: Sequence[Callable[[CellValue], int | None]] = (
    _year_and_name,
    lambda cell: _pair(cell, 1, 2),
    lambda cell: _pair(cell, 2, 1),
    _serial,
    _decimal_year,
)


def _which(sheet: Sheet, test: Callable[[CellValue], object], codes: np.ndarray) -> np.ndarray:
    """Which of these cells pass a test."""
    different, back = np.unique(codes, return_inverse=True)
    passed = np.array([bool(test(sheet.labels[code])) for code in different.tolist()], dtype=bool)
    return np.asarray(passed[back].reshape(codes.shape))


def _rewritten(
    sheet: Sheet, rows: Sequence[int], columns: Sequence[int], texts: list[str]
) -> Sheet:
    """The same with these texts in these cells."""
    labels, codes = with_labels(sheet, texts)
    grid = sheet.grid.copy()
    grid[list(rows), list(columns)] = codes
    return replace(sheet, labels=labels, grid=grid)


def _without(sheet: Sheet, rows: Sequence[int], note: str) -> Sheet:
    mask = np.ones(len(sheet.grid), dtype=bool)
    mask[list(rows)] = False
    return replace(
        sheet,
        grid=sheet.grid[mask],
        line=sheet.line[mask],
        ragged=sheet.ragged[mask],
        notes=(*sheet.notes, note),
    )


def _beside(sheet: Sheet, texts: Sequence[str]) -> Sheet:
    """The same with one more column on the left; texts : (rows,)."""
    labels, codes = with_labels(sheet, texts)
    grid = np.concatenate([codes[:, None].astype(sheet.grid.dtype), sheet.grid], axis=1)
    return replace(sheet, labels=labels, grid=grid)


def _text(cell: CellValue) -> str:
    return str(dates.as_digits(cell))


def _from_above(sheet: Sheet, row: int, places: Sequence[int], last: int) -> list[str]:
    """For each place the text in or left of it in a row, as a merged cell has it."""
    filled = [at for at in range(last) if sheet.grid[row, at]]
    filled_places = [max((f for f in filled if f <= at), default=-1) for at in places]
    return [_text(sheet.labels[sheet.grid[row, f]]) if f >= 0 else "" for f in filled_places]


def _year(text: str) -> bool:
    return dates.names_year(text) is not None


def _year_in(text: str) -> str:
    """A year as it stands before a month's name: "Fiscal Year 2024" as FY2024."""
    year, fiscal = dates.names_year(text) or (0, False)
    return f"FY{year}" if fiscal else str(year)


def _is_header(sheet: Sheet, row: int, besides: int = -1) -> bool:
    """Two or more names, no number and no sign of a missing one; besides : a column left out."""
    cells = [c for at, c in enumerate(sheet.row(row)) if c != "" and at != besides]
    return len(cells) > (besides < 0) and not any(
        numerals.is_number(cell) or numerals.is_missing(cell) for cell in cells
    )


def _is_title(sheet: Sheet, row: int) -> bool:
    cell = next(cell for cell in sheet.row(row) if cell != "")
    return bool(sheet.grid[row, :2].any()) and (
        dates.names_year(cell) is not None
        or (isinstance(cell, str) and not numerals.is_number(cell) and not dates.looks_like(cell))
    )
