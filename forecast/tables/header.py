"""A sheet as people lay it out -> one table with one header.

Years over their months, measures under their sites, a block for each year or clinic, a year on a
line of its own: what a reader takes from above, each cell gets here.

Some months only a file's order tells: 24-Jan, 01/24, and a spreadsheet's days, 45292. Alone, each
could be something else. Thirteen of them, each a month after the one before, cannot.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain
from typing import Any

import numpy as np

from forecast import months
from forecast.tables import dates, numerals
from forecast.tables.dates import CellValue
from forecast.tables.grid import is_month, is_words, text_of
from forecast.tables.languages import in_english
from forecast.tables.sheet import TOP, Sheet

_BY_HAND = 20_000  # rows; longer sheets come from programs, which lay out no blocks
_BLOCKS = 200  # of months, one below the other, each under its title
_LEAST = 13  # different months: more than a year, so that years are told from days
# What a month looks like that only the order tells; `part` : twelfths of a year, as R writes time.
_IN_ORDER = tuple(
    re.compile(form, re.ASCII)
    for form in (
        r"(?P<year>\d\d)[-/ ](?P<name>[A-Za-z]{3,9})\.?",
        r"(?P<month>\d\d?)[-/.](?P<year>\d\d)",
        r"(?P<year>\d\d)[-/.](?P<month>\d\d)",
        r"(?P<day>[34]\d{4}|5[0-4]\d{3})",
        r"(?P<year>(?:1[6-9]|20)\d\d)(?:\.(?P<part>\d+))?",
    )
)
_YEAR_IN_WORDS = re.compile(
    r"\b(?:F\.?Y\.? ?|fiscal year:? )(?P<fiscal>\d{4}|\d\d)\b|\b(?P<year>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_QUARTER = re.compile(
    r".*\b(total|totals|q ?[1-4]|[1-4]q|h[12]|quarter|trim\w*)\b.*", re.IGNORECASE
)
_ERA = re.compile(r"^(?:\u0e1b\u0e35|\u0e1e\.?\s?\u0e28\.?|B\.?E\b\.?)\s*", re.IGNORECASE)
# Years of other eras, and what makes ours of them: Reiwa 5, H30.4, those of Taiwan, 2567.
_ERAS = tuple(
    (re.compile(form), years)
    for form, years in (
        (r"()(?:\u4ee4\u548c ?|R\.?)(\d\d?|\u5143)([\u5e74./].*)", 2018),
        (r"()(?:\u5e73\u6210 ?|H\.?)(\d\d?|\u5143)([\u5e74./].*)", 1988),
        (r"()(?:\u662d\u548c ?|S\.?)(\d\d?|\u5143)([\u5e74./].*)", 1925),
        (r"()(?:(?:\u4e2d\u83ef)?\u6c11\u570b ?)?([7-9]\d|1[0-4]\d)(\u5e74.*)", 1911),
        (r"((?:.*[^\d.,])?)(2[45]\d\d)((?:[^\d.,].*)?)", -543),
    )
)
_MAY_BE_ERA = re.compile(r"2[45]\d\d|[RHS\u5e74\u548c\u6210]")  # what any of these has
_THAI = re.compile(r"[\u0e00-\u0e7f]|\bB\.?E\b", re.IGNORECASE)
_DAY_0 = date(1899, 12, 30)  # of spreadsheets; 1900 was no leap year, but is one to Excel


def as_one_table(sheet: Sheet) -> Sheet:
    """The same with one header, each month beside its year, each line beside its block's name."""
    sheet = _months_under_names(_years_over_months(with_months(sheet)))
    sheet = _names_over_measures(sheet)
    if len(sheet.grid) <= _BY_HAND:
        sheet = _year_lines(_year_in_heading(sheet))
        sheet = _levels_joined(_year_from_title(_blocks_named(sheet)))
    return sheet


def with_months(sheet: Sheet) -> Sheet:
    """The same with months in English and in years of our era, in columns and in the header.

    Where only their order tells which they are, they are written as 2024-01. DataError if they are
    months of two languages, which do not mean the same.
    """
    notes: dict[str, None] = {}
    for where in sheet.lines():
        # Eras first where months are numbers; where they are names, once these are read.
        for reading in (_in_our_era, in_english, _in_our_era, _in_order):
            texts, note = reading(sheet, where)
            if texts:
                cells = np.flatnonzero(np.isin(sheet.grid[where], list(texts)))
                inside = tuple(cells if isinstance(at, slice) else at for at in where)
                codes = sheet.grid[inside].tolist()
                sheet = sheet.rewritten(inside, [texts[code] for code in codes])
                notes[note] = None
    return replace(sheet, notes=(*sheet.notes, *notes)) if notes else sheet


def _in_our_era(sheet: Sheet, where: Any) -> tuple[dict[int, str], str]:
    """Years of other eras in a line or column as ours, by their cells, and a note.

    Beside a month's name or in a date they cannot be anything else; alone, as Buddhist ones, only
    where they follow each other, without other numbers, and something is Thai.
    """
    codes = np.unique(sheet.grid[where])[:_BY_HAND].tolist()
    cells = {code: text_of(sheet.labels[code]) for code in codes if code}
    ours = {code: _in_ours(text) for code, text in cells.items()}
    texts = {code: made for code, made in ours.items() if made}
    least = 2 if isinstance(where[0], slice) else 3  # counts of a line may follow as well
    if not texts or len(texts) < max(least, 0.3 * len(cells)):
        return {}, ""
    alone = sorted(int(text) for text in texts.values() if text.isdigit())
    if alone:
        numbers = sum(map(numerals.is_number, cells.values()))
        follow = alone == list(range(alone[0], alone[0] + len(alone)))
        if not (follow and numbers == len(alone) >= least and _is_thai(sheet)):
            return {}, ""
    code, text = next(iter(texts.items()))
    return texts, f"years are of another era: {cells[code]} is read as {text}"


def _is_thai(sheet: Sheet) -> bool:
    top = sheet.grid[: TOP if len(sheet.grid) > 1 else 0]
    return bool(sheet.which(lambda c: isinstance(c, str) and _THAI.search(c), top).any())


def _in_ours(text: str) -> str:
    """A month or year of another era as one of ours; "" if it is none."""
    may_be = len(text) < 40 and _MAY_BE_ERA.search(text)
    for form, years in _ERAS if may_be else ():
        if match := form.fullmatch(_ERA.sub("", text)):
            year = 1 if match[2] == "\u5143" else int(match[2])  # an era's first year
            made = f"{match[1]}{year + years}{match[3].replace('.', '-')}"
            return made if dates.names_year(made) or dates.looks_like(made) else ""
    return ""


def _in_order(sheet: Sheet, where: Any) -> tuple[dict[int, str], str]:
    """Months of a line or column that its order tells, as 2024-01, by their cells; and a note."""
    codes = sheet.grid[where]
    for form in _IN_ORDER:
        if all(_month_by(form, sheet.labels[code]) is None for code in codes[:TOP].tolist()):
            continue
        read = {code: _month_by(form, sheet.labels[code]) for code in np.unique(codes).tolist()}
        by_code = {code: month for code, month in read.items() if month is not None}
        inside = codes[np.isin(codes, list(by_code))]
        if len(set(by_code.values())) < _LEAST or len(inside) < 0.8 * np.count_nonzero(codes):
            continue
        steps = np.diff([by_code[code] for code in inside.tolist()])
        steps = steps[steps != 0]  # a line a series
        if max(np.mean(steps == 1), np.mean(steps == -1)) > 0.9:
            texts = {code: months.from_index(month) for code, month in by_code.items()}
            code, month = next(iter(texts.items()))
            was = text_of(sheet.labels[code])
            return texts, f"{was} is read as {month}, as the file's order shows"
    return {}, ""


def _month_by(form: re.Pattern[str], cell: CellValue) -> int | None:
    """The month of a cell that is written so; of a spreadsheet's day, if it is a first or last."""
    match = form.fullmatch(text_of(cell))
    if not match:
        return None
    part = match.groupdict()
    if "day" in part:
        day = _DAY_0 + timedelta(int(part["day"]))
        index = day.year * 12 + day.month - 1
        return index if day.day in (1, dates.days_in(index)) else None
    number = int(part.get("month") or dates.names_month(part.get("name")))
    if "part" in part:
        twelfths = float(f"0.{part['part'] or 0}") * 12
        number = round(twelfths) + 1 if abs(twelfths - round(twelfths)) < 0.03 else 0
    return dates.full_year(part["year"]) * 12 + number - 1 if 1 <= number <= 12 else None


def _years_over_months(sheet: Sheet) -> Sheet:
    """One header for two or three, where years (and quarters) stand over their months' names."""
    many = len(sheet.grid) if len(sheet.grid) <= _BY_HAND else TOP
    named = sheet.which(dates.names_month, sheet.grid[:many])
    years = sheet.which(dates.names_year, sheet.grid[:many])
    gone: list[int] = []
    months_in: list[int] = []
    for row in np.flatnonzero((named.sum(axis=1) >= 2) & ~years.any(axis=1)).tolist():
        above = [r for r in range(max(row - 3, 0), row) if years[r].any() and not named[r].any()]
        texts = {r: list(map(text_of, sheet.row(r))) for r in range(max(above, default=row), row)}
        if not texts or any(map(_is_other_number, chain.from_iterable(texts.values()))):
            continue
        places = np.flatnonzero(named[row]).tolist()
        of_year = zip(places, _from_above(sheet, above[-1], places), strict=True)
        joined = {
            at: f"{_year_in(year)} {sheet.labels[sheet.grid[row, at]]}"
            for at, year in of_year
            if dates.names_year(year)
        }
        sheet = sheet.rewritten((row, list(joined)), list(joined.values()))
        # Quarters, halves and sums between the two say nothing that months do not.
        gone += [above[-1], *(r for r in texts if all(map(_says_no_month, texts[r])))]
        months_in.append(row)
    if not gone:
        return sheet
    first, below = int(sheet.line[gone[0]]), int(sheet.line[months_in[0]])
    more = ", and so below" if len(months_in) > 1 else ""
    return sheet.without(gone, f"line {first} gives the years of line {below}'s months{more}")


def _is_other_number(text: str) -> bool:
    return numerals.is_number(text) and not dates.names_year(text)


def _says_no_month(text: str) -> bool:
    return not text or _QUARTER.fullmatch(text) is not None


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
    dated = np.flatnonzero(list(map(_says_month, heads))).tolist()
    filled = np.flatnonzero(sheet.grid[names]).tolist()
    months_below = when > names
    places = dated if months_below else [at for at in filled if dated and at >= dated[0]]
    if len(places) < 4 or len(filled if months_below else dated) < 2:
        return {}
    if any(map(_says_month, words)) or any(map(numerals.is_number, words)):
        return {}
    above = _from_above(sheet, min(when, names), places)
    below = [text_of((heads if months_below else words)[at]) for at in places]
    pairs = zip(*((above, below) if months_below else (below, above)), strict=True)
    return _complete(list(pairs), places)


def _complete(pairs: Sequence[tuple[str, str]], places: Sequence[int]) -> dict[str, dict[str, int]]:
    """For each block's name its columns by their months; {} unless each block has each month."""
    called, months_of = (list(dict.fromkeys(part)) for part in zip(*pairs, strict=True))
    at = dict(zip(pairs, places, strict=True))
    complete = len(called) * len(months_of) == len(at) == len(pairs) and all(map(all, pairs))
    if not complete or min(len(called), len(months_of)) < 2:
        return {}
    return {name: {month: at[name, month] for month in months_of} for name in called}


def _says_month(cell: CellValue) -> bool:
    return is_month(cell) or bool(dates.names_month(cell) or dates.names_year(cell))


def _stacked(sheet: Sheet, row: int, blocks: dict[str, dict[str, int]]) -> Sheet:
    """The same with blocks of columns below each other; row : the lower line of their heading."""
    grid, places = sheet.grid[row:], [list(block.values()) for block in blocks.values()]
    left = list(range(min(min(columns) for columns in places)))
    # A line for each block: the header once, then all lines of the first, of the second ...
    parts = [grid[:1, [*left, *places[0]]], *(grid[1:, [*left, *columns]] for columns in places)]
    rows = np.concatenate([[row], np.tile(np.arange(row + 1, len(sheet.grid)), len(blocks))])
    first = ", ".join(list(blocks)[:2])
    note = f"lines {sheet.line[row - 1]} and {sheet.line[row]} head {len(blocks)} blocks of columns"
    made = replace(
        sheet,
        grid=np.concatenate(parts),
        line=sheet.line[rows],
        ragged=sheet.ragged[rows] * (rows > row),
        notes=(*sheet.notes, f"{note}, {first} and so on"),
    )
    corner = np.where(grid[0] != 0, grid[0], sheet.grid[row - 1])[left]
    heads = [*(text_of(sheet.labels[code]) for code in corner), *next(iter(blocks.values()))]
    names = ["Block", *(name for name in blocks for _ in grid[1:])]
    # The name stands beside the months, right of what names the lines.
    return made.rewritten((0, slice(None)), heads).beside(names, len(left))


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
        if any(not is_words(cell) or dates.names_month(cell) for cell in heads):
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
        above = _last_above(years)
        rows = np.flatnonzero(names & (above >= 0)).tolist()
        heading = [sheet.labels[codes[above[row]]] for row in rows]
        of_year = [dates.year_beside_name(head) or _year_in(text_of(head)) for head in heading]
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


def _year_in_heading(sheet: Sheet) -> Sheet:
    """Months' names in a line without a year, under a title that has it: each gets its year.

    Where blocks follow each other, each under its title, a month that one does not have yet, or a
    sum in its place, is a month that nobody knows.
    """
    named = sheet.which(dates.names_month, sheet.grid)
    filled = sheet.grid != 0
    heads = np.flatnonzero((named.sum(axis=1) >= 6) & (named.sum(axis=1) > filled.sum(axis=1) / 2))
    yearly = sheet.which(lambda c: dates.names_year(c) or dates.looks_like(c), sheet.grid)
    if not len(heads) or len(heads) > _BLOCKS or yearly[heads].any():
        return sheet
    titles = [_title_with_year(sheet, row) for row in heads.tolist()]
    found = [title for title in titles if title]
    below = yearly[heads[0] :] & filled[heads[0] :]
    if len(found) < len(heads) or (below.sum(axis=0) > len(found)).any():
        return sheet
    first = np.flatnonzero(named[heads[0]]).tolist()
    made, last = sheet, [*heads[1:].tolist(), len(sheet.grid)]
    for row, end, (_, year) in zip(heads.tolist(), last, found, strict=True):
        made = _with_year(made, slice(row, end), first, year)
    line = sheet.line[found[0][0]]
    return made.without([at for at, _ in found], f"line {line} gives the year of the months below")


def _with_year(sheet: Sheet, rows: slice, places: list[int], year: str) -> Sheet:
    """The same with a year beside each month of a block's first row; what is no month is blank."""
    head, grid = rows.start, sheet.grid.copy()
    numbers = [dates.names_month(sheet.labels[grid[head, at]]) for at in places]
    for at, number in enumerate(numbers):
        if not number and at:
            numbers[at] = numbers[at - 1] % 12 + 1
            grid[rows, places[at]] = 0
    texts = [f"{year} {dates.FULL[number - 1]}" for number in numbers]
    return replace(sheet, grid=grid).rewritten((head, places), texts)


def _title_with_year(sheet: Sheet, head: int) -> tuple[int, str] | None:
    """The title right above a line of months, and the one year in it; None without."""
    for row in range(head - 1, max(head - 4, -1), -1):
        cells = [text_of(cell) for cell in sheet.row(row) if cell != ""]
        years = {match[0] for text in cells for match in _YEAR_IN_WORDS.finditer(text)}
        if len(cells) == 1 and len(years) == 1:
            match = _YEAR_IN_WORDS.search(cells[0])
            assert match is not None
            return row, f"FY{match['fiscal']}" if match["fiscal"] else match["year"]
    return None


def _blocks_named(sheet: Sheet) -> Sheet:
    """Blocks one below the other, each with a header or a title of its own, as one table."""
    filled = (sheet.grid != 0).sum(axis=1)
    head = next((r for r in range(min(TOP, len(filled))) if _is_header(sheet, r)), None)
    if head is None:
        return sheet
    again = np.flatnonzero((sheet.grid == sheet.grid[head]).all(axis=1)).tolist()
    titles = _titles(sheet, head, again)
    if titles:
        of = _last_above(np.isin(np.arange(len(filled)), list(titles))).tolist()
        names = [titles[at] if at >= 0 and n > 1 else "" for at, n in zip(of, filled, strict=True)]
        names[head] = "Block"
        called = ", ".join(f"line {sheet.line[row]}" for row in list(titles)[:2])
        note = f"{called} and so on name the lines below, as column 'Block'"
        return sheet.beside(names).without([*titles, *again[1:]], note)
    if again[1:]:
        return sheet.without(again[1:], f"line {sheet.line[again[1]]} repeats the header")
    return sheet


def _titles(sheet: Sheet, head: int, again: Sequence[int]) -> dict[int, str]:
    """The titles of blocks by their rows; again : the rows of the header, each time it stands."""
    filled = (sheet.grid != 0).sum(axis=1)
    alone = np.flatnonzero((filled == 1) & (sheet.grid[:, :2] != 0).any(axis=1))
    cells = {row: sheet.labels[sheet.grid[row].max()] for row in alone.tolist()}  # blank is 0
    words = [row for row, cell in cells.items() if is_words(cell) or dates.names_year(cell)]
    titles = [row for row in words if row + 1 in again]
    if len(titles) < max(len(again), 2):
        # Titles without headers of their own: the first stands right below the header.
        below = [r for r in words if head < r < len(filled) - 2 and filled[r + 1 : r + 3].min() > 1]
        titles = below if len(below) > 1 and below[0] == head + 1 else []
    return {row: text_of(cells[row]) for row in titles}


def _levels_joined(sheet: Sheet) -> Sheet:
    """Columns of names, of which each line fills one, as one column with all that is above it.

    Regions, their clinics a column further right: outlines, as spreadsheets indent them. Where a
    region's own line comes last, it closes its clinics.
    """
    dated = sheet.which(_says_month, sheet.grid[:TOP])
    many = dated.sum(axis=1)
    heads = np.flatnonzero((many > 2) & (many > 0.4 * np.count_nonzero(sheet.grid[:TOP], axis=1)))
    if not len(heads):
        return sheet
    head, first = int(heads[0]), int(dated[heads[0]].argmax())
    rows = np.arange(head + 1, len(sheet.grid))
    rows = rows[(sheet.grid[rows, first:] != 0).any(axis=1)]
    filled = sheet.grid[rows, :first] != 0
    levels = np.flatnonzero(filled.any(axis=0)).tolist()
    if len(levels) < 2 or (filled.sum(axis=1) != 1).mean() > 0.05:
        return sheet
    depth = filled.argmax(axis=1)
    closing = depth[0] > depth[-1]
    path: dict[int, str] = {}
    texts = [""] * len(sheet.grid)
    texts[head] = "Name"
    for at in range(len(rows))[:: -1 if closing else 1]:
        path = {level: name for level, name in path.items() if level < depth[at]}
        path[int(depth[at])] = text_of(sheet.labels[sheet.grid[rows[at], depth[at]]])
        texts[rows[at]] = " / ".join(path.values())
    grid = sheet.grid.copy()
    grid[np.ix_(rows, levels)] = 0
    where = "below" if closing else "above"
    note = f"names in {len(levels)} columns are joined: each with those {where} it"
    return replace(sheet, grid=grid, notes=(*sheet.notes, note)).beside(texts)


def _year_from_title(sheet: Sheet) -> Sheet:
    """A year that stands in the sheet's name alone, as a column."""
    dated = sheet.which(lambda c: dates.names_year(c) or dates.looks_like(c), sheet.grid[:TOP])
    filled = (sheet.grid != 0).sum(axis=1) > 1
    if not dates.names_year(sheet.title) or dated.any() or not filled.any():
        return sheet
    texts = [sheet.title if full else "" for full in filled]
    texts[int(filled.argmax())] = "Year"
    note = f"the year is the sheet's name, {sheet.title!r}"
    return replace(sheet.beside(texts), notes=(*sheet.notes, note))


def _last_above(chosen: np.ndarray) -> np.ndarray:
    """For each row the last that is chosen, it or one above it; -1 without."""
    return np.maximum.accumulate(np.where(chosen, np.arange(len(chosen)), -1))


def _from_above(sheet: Sheet, row: int, places: Sequence[int]) -> list[str]:
    """For each place the text in or left of it in a row, as a merged cell has it."""
    filled = np.flatnonzero(sheet.grid[row]).tolist()
    last = [max((f for f in filled if f <= at), default=-1) for at in places]
    return [text_of(sheet.labels[sheet.grid[row, at]]) if at >= 0 else "" for at in last]


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
