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
from typing import Any

import numpy as np

from forecast import months
from forecast.tables import dates, numerals
from forecast.tables.dates import CellValue
from forecast.tables.languages import in_english
from forecast.tables.sheet import TOP, Sheet

_BY_HAND = 20_000  # rows; longer sheets come from programs, which lay out no blocks
_LEAST = 13  # different months: more than a year, so that years are told from days
_NAMED = re.compile(r"(\d\d)[-/ ]([A-Za-z]{3,9})\.?")
_PAIR = re.compile(r"(\d\d?)[-/.](\d\d)", re.ASCII)
_SERIAL = re.compile(r"[34]\d{4}|5[0-4]\d{3}", re.ASCII)
_DECIMAL = re.compile(r"((?:1[6-9]|20)\d\d)(?:\.(\d+))?", re.ASCII)
_QUARTER = re.compile(
    r".*\b(total|totals|q ?[1-4]|[1-4]q|h[12]|quarter|trim\w*)\b.*", re.IGNORECASE
)
_ERA = re.compile(r"^(?:\u0e1b\u0e35|\u0e1e\.?\s?\u0e28\.?|B\.?E\b\.?)\s*", re.IGNORECASE)
_BUDDHIST = re.compile(r"((?:.*[^\d.,])?)(2[45]\d\d)((?:[^\d.,].*)?)")
_THAI = re.compile(r"[\u0e00-\u0e7f]|\bB\.?E\b", re.IGNORECASE)
_DAY_0 = date(1899, 12, 30)  # of spreadsheets; 1900 was no leap year, but is one to Excel


def as_one_table(sheet: Sheet) -> Sheet:
    """The same with one header, each month beside its year, each line beside its block's name."""
    sheet = _years_over_months(_years_of_our_era(in_english(sheet)))
    sheet = _months_under_names(sheet)
    sheet = with_months(_names_over_measures(sheet))
    if len(sheet.grid) <= _BY_HAND:
        sheet = _levels_joined(_year_from_title(_blocks_named(_year_lines(sheet))))
    return sheet


def with_months(sheet: Sheet) -> Sheet:
    """The same with such months written as 2024-01, in columns and in the header."""
    for where in sheet.lines():
        sheet = _written(sheet, where)
    return sheet


def _years_of_our_era(sheet: Sheet) -> Sheet:
    """The same with Buddhist years as ours: 2567 is 2024.

    Beside a month's name or in a date they cannot be anything else; alone, only years that follow
    each other, in a line or column without other numbers, where something is Thai.
    """
    top = sheet.grid[: TOP if len(sheet.grid) > 1 else 0]
    thai = sheet.which(lambda cell: isinstance(cell, str) and _THAI.search(cell), top).any()
    made = sheet
    for where in sheet.lines():
        codes = np.unique(sheet.grid[where])[:_BY_HAND].tolist()
        cells = {code: _text(sheet.labels[code]) for code in codes if code}
        texts = {code: year for code in cells if (year := _in_our_era(cells[code]))}
        alone = sorted(int(text) for text in texts.values() if text.isdigit())
        numbers = sum(map(numerals.is_number, cells.values()))
        follow = alone == list(range(alone[0], alone[0] + len(alone))) if alone else True
        least = 2 if isinstance(where[0], slice) else 3  # counts of a line may follow as well
        if alone and not (thai and follow and numbers == len(alone) >= least):
            continue
        if len(texts) >= max(least, 0.3 * len(cells)):
            made = made.translated(where, texts)
            code, text = next(iter(texts.items()))
            note = f"years are of the Buddhist era: {cells[code]} is read as {text}"
    return made if made is sheet else replace(made, notes=(*sheet.notes, note))


def _in_our_era(text: str) -> str:
    """A date or year of the Buddhist era as one of ours; "" for anything else."""
    match = _BUDDHIST.fullmatch(_ERA.sub("", text)) if len(text) < 40 else None
    made = f"{match[1]}{int(match[2]) - 543}{match[3]}" if match else ""
    return made if made.isdigit() or dates.looks_like(made) else ""


def _years_over_months(sheet: Sheet) -> Sheet:
    """One header for two or three, where years (and quarters) stand over their months' names."""
    many = len(sheet.grid) if len(sheet.grid) <= _BY_HAND else TOP
    named = sheet.which(dates.names_month, sheet.grid[:many])
    years = sheet.which(dates.names_year, sheet.grid[:many])
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
        of_year = _from_above(sheet, above[-1], places)
        pairs = [(at, y) for at, y in zip(places, of_year, strict=True) if dates.names_year(y)]
        texts = [f"{_year_in(year)} {sheet.labels[sheet.grid[row, at]]}" for at, year in pairs]
        sheet = sheet.rewritten((row, [at for at, _ in pairs]), texts)
        # Quarters, halves and sums between the two say nothing that months do not.
        gone += [
            r
            for r in range(above[-1], row)
            if years[r].any() or all(not c or _QUARTER.fullmatch(_text(c)) for c in sheet.row(r))
        ]
        months_in.append(row)
    if not gone:
        return sheet
    first, below = int(sheet.line[gone[0]]), int(sheet.line[months_in[0]])
    more = ", and so below" if len(months_in) > 1 else ""
    return sheet.without(gone, f"line {first} gives the years of line {below}'s months{more}")


def _months_under_names(sheet: Sheet) -> Sheet:
    """Blocks of columns side by side, each with the same months or years, as blocks of lines.

    A name stands over the months of its block, or the names of measures below each month.
    """
    for row in range(1, min(TOP, len(sheet.grid) - 1)):
        for when, names in ((row, row - 1), (row - 1, row)):
            blocks = _blocks_across(sheet, when, names)
            if blocks:
                return _stacked(sheet, row, blocks)
    return sheet


def _blocks_across(sheet: Sheet, when: int, names: int) -> dict[str, dict[str, int]]:
    """For each block's name its columns by their months; {} without such blocks."""
    heads, words = sheet.row(when), sheet.row(names)
    if any(map(numerals.is_number, words)) and not any(map(dates.names_year, heads)):
        return {}
    dated = [at for at, cell in enumerate(heads) if _says_month(cell)]
    filled = [at for at, cell in enumerate(words) if cell != ""]
    places = dated if when > names else [at for at in filled if dated and at >= dated[0]]
    if len(places) < 4 or len(dated if when < names else filled) < 2:
        return {}
    if any(_says_month(cell) or numerals.is_number(cell) for cell in words):
        return {}
    blocks: dict[str, dict[str, int]] = {}
    for at, above in zip(places, _from_above(sheet, min(when, names), places), strict=True):
        pair = (above, _text(heads[at])) if names < when else (_text(words[at]), above)
        block = blocks.setdefault(pair[0], {})
        if not all(pair) or pair[1] in block:
            return {}
        block[pair[1]] = at
    months_of = {tuple(block) for block in blocks.values()}
    if len(blocks) < 2 or len(months_of) != 1 or len(next(iter(months_of))) < 2:
        return {}
    return blocks


def _says_month(cell: CellValue) -> bool:
    return bool(
        dates.names_month(cell)
        or dates.names_year(cell)
        or (dates.looks_like(cell) and not dates.is_compact(cell))
    )


def _stacked(sheet: Sheet, row: int, blocks: dict[str, dict[str, int]]) -> Sheet:
    """The same with blocks of columns below each other; row : the lower line of their heading."""
    grid, places = sheet.grid[row:].copy(), [list(block.values()) for block in blocks.values()]
    left = list(range(min(min(columns) for columns in places)))
    corner = np.where(grid[0] != 0, grid[0], sheet.grid[row - 1])[left]
    # A line for each block: the header once, then all lines of the first, of the second ...
    parts = [np.pad(grid[1:, [*left, *columns]], ((0, 0), (1, 0))) for columns in places]
    top = np.concatenate([[0], corner, grid[0, places[0]]])[None, :]
    many, body = len(blocks), np.arange(row + 1, len(sheet.grid))
    rows = np.concatenate([[row], np.tile(body, many)])
    first = ", ".join(list(blocks)[:2])
    note = f"lines {sheet.line[row - 1]} and {sheet.line[row]} head {many} blocks of columns"
    made = replace(
        sheet,
        grid=np.concatenate([top, *parts]),
        line=sheet.line[rows],
        ragged=sheet.ragged[rows] * (rows > row),
        notes=(*sheet.notes, f"{note}, {first} and so on"),
    )
    names = ["Block", *(name for name in blocks for _ in body)]
    made = made.rewritten((slice(None), 0), names)
    heads = (0, slice(len(left) + 1, None))
    made = made.rewritten(heads, list(next(iter(blocks.values()))))
    # The name stands beside the months, right of what names the lines.
    order = [*range(1, len(left) + 1), 0, *range(len(left) + 1, made.grid.shape[1])]
    return replace(made, grid=made.grid[:, order])


def _names_over_measures(sheet: Sheet) -> Sheet:
    """One header for several, where sites stand over measures that each of them has."""
    for row in range(1, min(TOP, len(sheet.grid) - 1)):
        codes = sheet.grid[row]
        places = [at for at in np.flatnonzero(codes).tolist() if (codes == codes[at]).sum() > 1]
        cells = [sheet.labels[codes[at]] for at in places]
        above = int(np.count_nonzero(sheet.grid[row - 1]))
        if len(places) < 2 or above < 2 or above < len(places) / len(set(cells)):
            continue
        # A line of counts may have one name in two columns; it has numbers too.
        heads = [cell for cell in (*sheet.row(row - 1), *sheet.row(row)) if cell != ""]
        if any(
            not isinstance(cell, str)
            or numerals.is_number(cell)
            or dates.looks_like(cell)
            or dates.names_month(cell)
            for cell in heads
        ):
            continue
        sites = _from_above(sheet, row - 1, places)
        texts = [f"{site} {cell}".strip() for site, cell in zip(sites, cells, strict=True)]
        note = f"line {sheet.line[row - 1]} names what line {sheet.line[row]} has several times"
        return _names_over_measures(sheet.rewritten((row, places), texts).without([row - 1], note))
    return sheet


def _year_lines(sheet: Sheet) -> Sheet:
    """A column with a year, and its months' names below: each name gets its year."""
    for column in range(min(sheet.grid.shape[1], 3)):
        codes = sheet.grid[:, column]
        names = sheet.which(dates.names_month, codes)
        alone = sheet.which(dates.names_year, codes)
        dated = sheet.which(dates.year_beside_name, codes)
        years = alone | dated
        if names.sum() < 6 or years.sum() < 2 or not years[: np.argmax(names)].any():
            continue
        above = np.maximum.accumulate(np.where(years, np.arange(len(codes)), -1))
        rows = np.flatnonzero(names & (above >= 0)).tolist()
        heading = [sheet.labels[codes[above[row]]] for row in rows]
        of_year = [dates.year_beside_name(head) or _year_in(_text(head)) for head in heading]
        texts = [f"{y} {sheet.labels[codes[r]]}" for y, r in zip(of_year, rows, strict=True)]
        named, lines = sheet.rewritten((rows, column), texts), np.flatnonzero(alone).tolist()
        first = int(np.argmax(dated)) if dated.sum() > len(lines) else lines[0]
        note = f"line {sheet.line[first]} and others like it give the year of the months below"
        # A year may stand in the corner of a header.
        heads = [row for row in lines if _is_header(sheet, row, besides=column)]
        if heads and dated.sum() <= len(lines):
            alike = np.delete(sheet.grid[heads], column, axis=1)
            if (alike != alike[0]).any():
                return sheet
            named, lines = named.rewritten((heads[:1], column), ["Month"]), lines[1:]
        return named.without(lines, note)
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
    if titles:
        names, name = [], ""
        for row in range(len(filled)):
            if row in titles:
                name = next(_text(cell) for cell in sheet.row(row) if cell != "")
            names.append("" if filled[row] < 2 else "Block" if row == head else name)
        called = ", ".join(f"line {sheet.line[row]}" for row in titles[:2])
        note = f"{called} and so on name the lines below, as column 'Block'"
        return sheet.beside(names).without([*titles, *again[1:]], note)
    if again[1:]:
        return sheet.without(again[1:], f"line {sheet.line[again[1]]} repeats the header")
    return sheet


def _levels_joined(sheet: Sheet) -> Sheet:
    """Columns of names, of which each line fills one, as one column with all that is above it.

    Regions, their clinics a column further right: outlines, as spreadsheets indent them. Where a
    region's own line comes last, it closes its clinics.
    """
    for head in range(min(TOP, len(sheet.grid))):
        dated = np.flatnonzero(sheet.which(_says_month, sheet.grid[head]))
        if len(dated) > 2 and len(dated) > 0.4 * np.count_nonzero(sheet.grid[head]):
            break
    else:
        return sheet
    first = int(dated[0])
    rows = np.arange(head + 1, len(sheet.grid))
    rows = rows[(sheet.grid[rows, first:] != 0).any(axis=1)]
    filled = sheet.grid[rows, :first] != 0
    levels = np.flatnonzero(filled.any(axis=0)).tolist()
    if len(levels) < 2 or (filled.sum(axis=1) != 1).mean() > 0.05:
        return sheet
    depth = filled.argmax(axis=1)
    closing = depth[0] > depth[-1]
    path: dict[int, int] = {}
    texts = [""] * len(sheet.grid)
    texts[head] = "Name"
    for at in range(len(rows))[:: -1 if closing else 1]:
        path = {level: code for level, code in path.items() if level < depth[at]}
        path[int(depth[at])] = int(sheet.grid[rows[at], depth[at]])
        texts[rows[at]] = " / ".join(_text(sheet.labels[path[level]]) for level in sorted(path))
    grid = sheet.grid.copy()
    grid[np.ix_(rows, levels)] = 0
    where = "below" if closing else "above"
    note = f"names in {len(levels)} columns are joined: each with those {where} it"
    return replace(sheet, grid=grid, notes=(*sheet.notes, note)).beside(texts)


def _year_from_title(sheet: Sheet) -> Sheet:
    """A year that stands in the sheet's name alone, as a column."""
    top = sheet.grid[:TOP]
    dated = sheet.which(lambda cell: dates.names_year(cell) or dates.looks_like(cell), top)
    rows = np.flatnonzero((sheet.grid != 0).sum(axis=1) > 1).tolist()
    if not dates.names_year(sheet.title) or dated.any() or not rows:
        return sheet
    texts = [sheet.title if row in rows else "" for row in range(len(sheet.grid))]
    texts[rows[0]] = "Year"
    note = f"the year is the sheet's name, {sheet.title!r}"
    return replace(sheet.beside(texts), notes=(*sheet.notes, note))


def _written(sheet: Sheet, where: Any) -> Sheet:
    codes = sheet.grid[where]
    for form in _READINGS:
        if not any(form(sheet.labels[code]) is not None for code in codes[:TOP].tolist()):
            continue
        read = {code: form(sheet.labels[code]) for code in np.unique(codes).tolist()}
        by_code = {code: month for code, month in read.items() if month is not None}
        inside = codes[np.isin(codes, list(by_code))]
        if len(set(by_code.values())) < _LEAST or len(inside) < 0.8 * np.count_nonzero(codes):
            continue
        steps = np.diff([by_code[code] for code in inside.tolist()])
        steps = steps[steps != 0]  # a line a series
        if max(np.mean(steps == 1), np.mean(steps == -1)) > 0.9:
            texts = {code: months.from_index(month) for code, month in by_code.items()}
            code, month = next(iter(texts.items()))
            shown = f"{dates.as_digits(sheet.labels[code])} is read as {month}"
            note = f"{shown}, as the file's order shows"
            return replace(sheet.translated(where, texts), notes=(*sheet.notes, note))
    return sheet


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


def _text(cell: CellValue) -> str:
    return str(dates.as_digits(cell))


def _from_above(sheet: Sheet, row: int, places: Sequence[int]) -> list[str]:
    """For each place the text in or left of it in a row, as a merged cell has it."""
    filled = np.flatnonzero(sheet.grid[row]).tolist()
    last = [max((f for f in filled if f <= at), default=-1) for at in places]
    return [_text(sheet.labels[sheet.grid[row, at]]) if at >= 0 else "" for at in last]


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
