"""A sheet as people lay it out -> one table with one header.

Years over their months, measures under their sites, a block for each year or clinic, a year on a
line of its own: what a reader takes from above, each cell gets here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from forecast.intake.tables import dates, numerals
from forecast.intake.tables.by_order import with_months
from forecast.intake.tables.dates import CellValue
from forecast.intake.tables.sheet import TOP, Sheet, with_labels

_BY_HAND = 20_000  # rows; longer sheets come from programs, which lay out no blocks


def as_one_table(sheet: Sheet) -> Sheet:
    """The same with one header, each month beside its year, each line beside its block's name."""
    sheet = _names_over_measures(_years_over_months(sheet))
    sheet = with_months(sheet)
    if len(sheet.grid) <= _BY_HAND:
        sheet = _year_from_title(_blocks_named(_year_lines(sheet)))
    return sheet


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
    kept = np.ones(len(sheet.grid), dtype=bool)
    kept[list(rows)] = False
    return replace(
        sheet,
        grid=sheet.grid[kept],
        line=sheet.line[kept],
        ragged=sheet.ragged[kept],
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
    found = [max((f for f in filled if f <= at), default=-1) for at in places]
    return [_text(sheet.labels[sheet.grid[row, f]]) if f >= 0 else "" for f in found]


def _years_over_months(sheet: Sheet) -> Sheet:
    """One header for two or three, where years (and quarters) stand over their months' names."""
    many = len(sheet.grid) if len(sheet.grid) <= _BY_HAND else TOP
    named = _which(sheet, dates.names_month, sheet.grid[:many])
    years = _which(sheet, dates.names_year, sheet.grid[:many])
    gone: list[int] = []
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
        gone += range(above[-1], row)
    if not gone:
        return sheet
    first, below = int(sheet.line[gone[0]]), int(sheet.line[gone[0] + 1])
    more = ", and so below" if len(gone) > 3 else ""
    return _without(sheet, gone, f"line {first} gives the years of line {below}'s months{more}")


def _year(text: str) -> bool:
    return dates.names_year(text) is not None


def _year_in(text: str) -> str:
    """A year as it stands before a month's name: "Fiscal Year 2024" as FY2024."""
    year, fiscal = dates.names_year(text) or (0, False)
    return f"FY{year}" if fiscal else str(year)


def _names_over_measures(sheet: Sheet) -> Sheet:
    """One header for two, where sites stand over measures that each of them has."""
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
        return _without(sheet, [row - 1], note)
    return sheet


def _year_lines(sheet: Sheet) -> Sheet:
    """A column with a year, and its months' names below: each name gets its year."""
    for column in range(min(sheet.grid.shape[1], 3)):
        codes = sheet.grid[:, column]
        names = _which(sheet, dates.names_month, codes)
        years = _which(sheet, dates.names_year, codes)
        if names.sum() < 6 or years.sum() < 2 or not years[: np.argmax(names)].any():
            continue
        above = np.maximum.accumulate(np.where(years, np.arange(len(codes)), -1))
        rows = np.flatnonzero(names & (above >= 0)).tolist()
        of_year = [_year_in(_text(sheet.labels[codes[above[row]]])) for row in rows]
        texts = [f"{y} {sheet.labels[codes[r]]}" for y, r in zip(of_year, rows, strict=True)]
        lines = np.flatnonzero(years).tolist()
        note = f"line {sheet.line[lines[0]]} and others like it give the year of the months below"
        named = _rewritten(sheet, rows, [column] * len(rows), texts)
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
