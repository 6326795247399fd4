"""Anybody's monthly counts: a table in any form people keep them in -> series side by side.

What a cell may look like stands in `forecast.tables`. Here counts are checked, all faults
of a file at once, and arranged. A month that nobody knows is missing; it is not 0.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import chain, compress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast import months
from forecast.errors import DataError, FaultsError
from forecast.files import unpacked
from forecast.tables import dates, layouts, numerals
from forecast.tables.dates import CellValue
from forecast.tables.grid import (
    ONE_SERIES,
    PER_ENTRY,
    Entries,
    Fault,
    ReadAs,
    footnotes_note,
    refuse_period,
    text_of,
)
from forecast.tables.sheet import MOST_DELIVERED, Sheet, read_sheets, sheets_of
from models.base import MOST_MISSING, Floats, Ints, MonthlyCounts

ONE_FAMILY = "all"
_SHEETS = 20  # names of sheets in a question
_NAMED = 5  # series in a note
_MANY_WHOLE = 24  # numbers of which one with decimals may be a slip
_ALIKE = 3  # faults of a kind that are shown


@dataclass(frozen=True)
class TableRead:
    """What a table of counts says.

    Attributes
    ----------
    counts : the series. notes : how the table was understood, as sentences.
    warnings : what a user should look at, as sentences.
    missing : months that are given as missing, or left out inside a series.
    counts_column, series_column : as `tables.grid.Entries` has them.
    """

    counts: MonthlyCounts
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    missing: int
    counts_column: str = ""
    series_column: str = ""


def read_counts(path: Path | None, wanted: ReadAs | None = None) -> MonthlyCounts:
    """The counts of a file, without what was said of it; see `read_table`."""
    return read_table(path, wanted).counts


def read_table(path: Path | None, wanted: ReadAs | None = None) -> TableRead:
    """Read a table of monthly counts; None reads standard input, a folder all its files.

    Raises
    ------
    FaultsError : every cell that cannot be read and every month given twice, a line each.
    DataError, QuarantineError : no table of monthly counts; a choice that the user has to make.
    """
    if path is None or not path.is_dir():
        return _table_of_sheets(read_sheets(path), wanted or ReadAs())
    sheets = [
        replace(sheet, title=" ".join(filter(None, (file.stem, sheet.title))))
        for file in sorted(path.iterdir())
        if file.is_file() and not file.name.startswith(".")
        for sheet in read_sheets(file)
    ]
    if not sheets:
        raise DataError(f"{path}: no files in it")
    return _table_of_sheets(sheets, wanted or ReadAs())


def nesting(path: Path, wanted: ReadAs) -> tuple[str, str]:
    """The two columns of a file's names, one inside the other; see `tables.grid.nesting_of`."""
    for sheet in read_sheets(path):
        if not wanted.sheet or sheet.title.casefold() == wanted.sheet.casefold():
            with suppress(DataError):
                return layouts.entries(sheet, wanted).nesting
    return "", ""


def table_in_bytes(name: str, content: bytes, wanted: ReadAs) -> TableRead:
    """The same of a file's bytes, packed or not; name : for messages."""
    plain = unpacked(BytesIO(content), name, MOST_DELIVERED)
    return _table_of_sheets(sheets_of(name.removesuffix(".gz"), plain), wanted)


def _table_of_sheets(sheets: Sequence[Sheet], wanted: ReadAs) -> TableRead:
    if wanted.sheet:
        sheets = _named(sheets, wanted.sheet)
    seen = [sheet for sheet in sheets if not sheet.hidden or wanted.sheet]
    hidden = (
        [repr(sheet.title) for sheet in sheets if sheet.hidden] if len(seen) < len(sheets) else []
    )
    sheets = seen or sheets
    read = table_of(sheets[0], wanted) if len(sheets) == 1 else _only_table(sheets, wanted)
    if not (hidden and seen):
        return read
    return replace(read, notes=(*read.notes, f"hidden sheets, not read: {', '.join(hidden)}"))


def table_of(sheet: Sheet, wanted: ReadAs) -> TableRead:
    """What one sheet says; errors as `read_table`."""
    return _table_of_entries(sheet, layouts.entries(sheet, wanted), wanted)


def _table_of_entries(sheet: Sheet, entries: Entries, wanted: ReadAs) -> TableRead:
    entries = _named_alike(entries)
    notes, warnings, faults = list(entries.notes), [], list(entries.faults)
    value, words, wrong = _values(sheet, entries, wanted)
    notes += words
    faults += wrong
    _refuse_periods(sheet.name, entries, wanted)
    if not wanted.sums:
        _ask_for_names(sheet.name, entries)
        faults += _twice(entries)
    if faults:
        raise FaultsError(sheet.name, grouped(faults), len(set(faults)))
    if not np.isfinite(value).any():
        raise DataError(f"{sheet.name}: no counts in it; nothing to forecast")
    if wanted.sums:
        entries, value, warned = _summed(entries, value)
        warnings += warned
    _refuse_wide_spacing(sheet.name, entries, value)
    counts, missing, warned = _arranged(entries, value)
    if not wanted.value:
        _refuse_to_date(sheet.name, entries, counts)
    return TableRead(
        replace(counts, jumps=wanted.jumps),
        tuple(notes),
        tuple(warnings + warned),
        missing,
        entries.counts_column,
        entries.series_column,
    )


def _named(sheets: Sequence[Sheet], title: str) -> list[Sheet]:
    named = [sheet for sheet in sheets if sheet.title.casefold() == title.casefold()]
    if not named:
        titles = ", ".join(repr(sheet.title) for sheet in sheets)
        raise DataError(f"{sheets[0].name}: no sheet {title!r} (--sheet); there are {titles}")
    return named


def _only_table(sheets: Sequence[Sheet], wanted: ReadAs) -> TableRead:
    """The one sheet of a workbook that is a table of counts."""
    tables: list[tuple[Sheet, Entries]] = []
    unread: list[tuple[Sheet, DataError]] = []
    for sheet in sheets:
        try:
            tables.append((sheet, layouts.entries(sheet, wanted)))
        except DataError as error:
            unread.append((sheet, error))
    if tables and all(_year_of(sheet) for sheet, _ in tables):
        for sheet, problem in unread:
            if _year_of(sheet):  # left out, it would be the newest year as well as any
                raise problem
    titles = ", ".join(repr(sheet.title) for sheet, _ in tables)
    if len(tables) > 1 and (joined := _joined(tables)):
        read = _table_of_entries(*joined, wanted)
        return replace(read, notes=(f"sheets {titles} were read as one table", *read.notes))
    if len(tables) > 1:
        shown = ", ".join(repr(sheet.title) for sheet, _ in tables[:_SHEETS])
        more = f" and {len(tables) - _SHEETS} more" if len(tables) > _SHEETS else ""
        raise DataError(
            f"{sheets[0].name}: several sheets hold counts: {shown}{more}. "
            f"Say which: --sheet {tables[0][0].title!r}"
        )
    sheet = tables[0][0] if tables else sheets[0]
    read = table_of(sheet, wanted)
    others = ", ".join(repr(other.title) for other in sheets if other is not sheet)
    return replace(read, notes=(f"sheet {sheet.title!r} was read, not {others}", *read.notes))


def _year_of(sheet: Sheet) -> int:
    """The year that is a sheet's name, 0 if none is."""
    return (dates.names_year(sheet.title) or (0, False))[0]


def _joined(tables: Sequence[tuple[Sheet, Entries]]) -> tuple[Sheet, Entries] | None:
    """Sheets as one: some months each of the same table, or one series each, named by the sheet.

    None where they may be anything else.
    """
    parts_read = [part for _, part in tables]
    month_sets = [set(part.month.tolist()) for part in parts_read]
    apart = sum(map(len, month_sets)) == len(set().union(*month_sets))
    if not apart and all(_year_of(sheet) for sheet, _ in tables):
        again = [month for month, many in Counter(chain(*month_sets)).items() if many > 1]
        raise DataError(
            f"{tables[0][0].name}: the sheets are called like years, and several have "
            f"{months.from_index(min(again))}; remove repeated months, or say which to read: "
            f"--sheet {tables[0][0].title!r}"
        )
    if not apart and all(part.names == [ONE_SERIES] for part in parts_read):
        parts_read = [replace(part, names=[sheet.title]) for sheet, part in tables]
    elif not apart or len({(part.series_column, part.counts_column) for part in parts_read}) > 1:
        return None
    names = list(dict.fromkeys(name for part in parts_read for name in part.names))
    labels: list[CellValue] = []
    columns: list[str] = []
    parts: list[dict[str, Ints]] = []
    for (sheet, _), part in zip(tables, parts_read, strict=True):
        own = {name: getattr(part, name) for name in PER_ENTRY}
        place = np.array([*map(names.index, part.names), -1])  # a series of -1 is a fault
        own |= {"series": place[part.series], "value": part.value + len(labels)}
        parts.append(own | {"column": part.column + len(columns)})
        labels += sheet.labels
        columns += [f"{column} of sheet {sheet.title!r}" for column in part.columns]
    arrays: dict[str, Any] = {
        name: np.concatenate([part[name] for part in parts]) for name in PER_ENTRY
    }
    whole = replace(
        parts_read[0],
        names=names,
        family=[],
        columns=columns,
        notes=list(dict.fromkeys(note for part in parts_read for note in part.notes)),
        faults=[fault for part in parts_read for fault in part.faults],
        **arrays,
    )
    if all(part.nested for part in parts_read):
        inside = dict(pair for f in parts_read for pair in zip(f.names, f.nested, strict=True))
        whole = replace(whole, nested=[inside[name] for name in names])
    first = tables[0][0]
    return replace(first, labels=labels, name=first.name.split(", sheet ")[0]), whole


def _named_alike(entries: Entries) -> Entries:
    """Series whose names differ in capitals alone as one, where no month stands in two of them."""
    alike: dict[str, list[int]] = {}
    for at, name in enumerate(entries.names):
        alike.setdefault(name.casefold(), []).append(at)
    onto = np.arange(len(entries.names) + 1)
    onto[-1] = -1  # a series of -1 is a fault
    notes = list(entries.notes)
    for group in alike.values():
        months = [entries.month[entries.series == at] for at in group] if len(group) > 1 else []
        if months and len(np.unique(np.concatenate(months))) == sum(map(len, months)):
            onto[group] = group[0]
            others = ", ".join(repr(entries.names[at]) for at in group[1:])
            notes.append(f"{others} is taken for {entries.names[group[0]]!r}")
    if len(notes) == len(entries.notes) or entries.family or entries.nested:
        return entries
    starts = np.unique(onto[:-1])
    place = np.append(np.searchsorted(starts, onto[:-1]), -1)
    names = [entries.names[at] for at in starts.tolist()]
    return replace(entries, names=names, series=place[entries.series], notes=notes)


def _values(
    sheet: Sheet, entries: Entries, wanted: ReadAs
) -> tuple[Floats, list[str], list[Fault]]:
    """(entries,) counts, NaN where missing; notes; and what is no count."""
    different, back = np.unique(entries.value, return_inverse=True)
    cells = [sheet.labels[code] for code in different.tolist()]
    times = np.bincount(back, minlength=len(cells))
    value, faults = np.full(len(cells), np.nan), []
    marked = [at for at, cell in enumerate(cells) if not numerals.is_digits(cell)]
    bare = np.delete(np.arange(len(cells)), marked)
    value[bare] = [float(cells[at]) for at in bare.tolist()]
    marks = numerals.marks((cells[at] for at in marked), sheet.separator)
    decimal = wanted.decimal or marks.decimal
    if not decimal:
        raise DataError(
            f"{sheet.name}: in {marks.proof} a comma or point may begin the decimals or separate "
            "thousands; add --decimal point or --decimal comma"
        )
    signs: dict[str, int] = {}
    for at in marked:
        cell = cells[at]
        if numerals.is_missing(cell):
            if cell != "":
                signs[str(cell)] = signs.get(str(cell), 0) + int(times[at])
            continue
        try:
            value[at] = numerals.number(cell, decimal)
        except ValueError as problem:
            faults += [
                Fault(
                    int(entries.line[entry]),
                    entries.columns[entries.column[entry]],
                    text_of(cell),
                    str(problem),
                )
                for entry in np.flatnonzero(back == at).tolist()
            ]
    texts = [cells[at] for at in marked if isinstance(cells[at], str)]
    notes = footnotes_note(texts, "numbers", flags=True)
    if marks.proof and _reads(marks.proof, decimal):
        name = "point" if decimal == "." else "comma"
        example = numerals.number(marks.proof, decimal)
        notes.append(f"decimals begin with a {name}: {marks.proof} is read as {example:.12g}")
    decimals = np.flatnonzero(value % 1 > 0)
    if len(decimals) == 1 and len(back) > _MANY_WHOLE and times[decimals[0]] == 1:
        notes.append(
            f"only {cells[decimals[0]]} of {len(back):,} numbers has decimals, so check that it is "
            f"{value[decimals[0]]:.12g}"
        )
    if signs:
        shown = ", ".join(f"{count:,} {sign}" for sign, count in list(signs.items())[:_NAMED])
        more = f" and {len(signs) - _NAMED} other signs" if len(signs) > _NAMED else ""
        notes.append(f"read as missing, not as 0: {shown}{more}")
    return value[back], notes, faults


def _reads(cell: str, decimal: str) -> bool:
    try:
        numerals.number(cell, decimal)
    except ValueError:
        return False
    return True


def _refuse_periods(name: str, entries: Entries, wanted: ReadAs) -> None:
    """DataError for weeks, which no sum makes months, and for days that are not to be added up."""
    period = _spacing(entries)
    column = f"column {entries.month_column!r}" if entries.month_column else "the header"
    if period == "weeks":
        refuse_period(name, period, f"dates in {column} are 7 days apart, or 14, or 28")
    if period == "days" and not wanted.sums:
        raise DataError(
            f"{name}: these are counts of days, by {column}; add --sum to add them up by month"
        )


def _again(entries: Entries) -> tuple[Ints, Ints]:
    """Entries in order of series, month and line, and the places of those given before."""
    order = np.lexsort((entries.line, entries.month, entries.series))
    order = order[(entries.month[order] >= 0) & (entries.series[order] >= 0)]  # the rest are faults
    series, month = entries.series[order], entries.month[order]
    return order, np.flatnonzero((series[1:] == series[:-1]) & (month[1:] == month[:-1])) + 1


def _twice(entries: Entries) -> list[Fault]:
    """A fault for every entry whose series had its month before."""
    faults = []
    order, again = _again(entries)
    series, month, line = entries.series[order], entries.month[order], entries.line[order]
    for at in again.tolist():
        called = f"{entries.names[series[at]]!r} has this month already, in line {line[at - 1]}"
        problem = f"{called}; remove one of them, or add --sum to add them up"
        column = entries.month_column or entries.columns[entries.column[order[at]]]
        faults.append(Fault(int(line[at]), column, months.from_index(int(month[at])), problem))
    return faults


def _ask_for_names(name: str, entries: Entries) -> None:
    """DataError where another column would tell lines apart that seem to be given twice."""
    if not entries.apart:
        return
    order, places = _again(entries)
    if not len(places):
        return
    at = order[places[0]]
    other = entries.apart[-1]
    options = " ".join(f"--series {column!r}" for column in entries.apart)
    lines = f"{entries.line[order[places[0] - 1]]} and {entries.line[at]}"
    raise DataError(
        f"{name}: {entries.names[entries.series[at]]!r} has several counts of "
        f"{months.from_index(int(entries.month[at]))}, in lines {lines}, and so on, "
        f"{len(places):,} in all. Column {other!r} tells them apart: add {options}, or --sum to "
        "add them up"
    )


def grouped(faults: Iterable[Fault]) -> list[str]:
    """Faults as lines, sorted; of many alike in a column the first three, and how many more."""
    lines: list[str] = []
    alike: Counter[tuple[str, str]] = Counter()
    kinds: list[tuple[str, str]] = []
    for fault in sorted(set(faults)):
        kind = (fault.column, re.sub(r"\d+|'[^']*'", "", fault.problem))
        alike[kind] += 1
        if alike[kind] <= _ALIKE:
            lines.append(str(fault))
        elif alike[kind] == _ALIKE + 1:
            kinds.append(kind)
    for kind in kinds:
        where = f" in column {kind[0]}" if kind[0] else ""
        lines.append(f"and {alike[kind] - _ALIKE:,} more lines like these{where}")
    return lines


def _summed(entries: Entries, value: Floats) -> tuple[Entries, Floats, list[str]]:
    """One entry a series and month: the sum; missing where any of its counts is."""
    keys = np.stack([entries.series, entries.month], axis=1)
    _, first, back = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    total = np.bincount(back.ravel(), weights=value).astype(float)
    many = len(value) - len(first)
    warned = [f"{many:,} counts were added to others of the same month"] if many else []
    warned += _half_months(entries)
    chosen = {name: getattr(entries, name)[first] for name in PER_ENTRY}
    return replace(entries, **chosen), total, warned


def _spacing(entries: Entries) -> str:
    """How far apart the dates are, by the first ones; see `dates.spacing`."""
    return dates.spacing(entries.day[entries.day > 0][:10_000].tolist())


def _half_months(entries: Entries) -> list[str]:
    """A warning where days were added up, and the last month has fewer of them than others."""
    if _spacing(entries) != "days":
        return []
    last = entries.month.max()
    days = len(np.unique(entries.day[entries.month == last]))
    before = len(np.unique(entries.day[entries.month == last - 1]))
    if days >= before - 3:
        return []
    return [
        f"{months.from_index(int(last))} has {days} days, the month before {before}: "
        "leave it out unless it is complete"
    ]


def _refuse_wide_spacing(name: str, entries: Entries, value: Floats) -> None:
    """DataError where every series has counts of every third or twelfth month only."""
    known = np.isfinite(value)
    order = np.lexsort((entries.month[known], entries.series[known]))
    series, month = entries.series[known][order], entries.month[known][order]
    steps = np.diff(month)[series[1:] == series[:-1]]
    if len(steps) > 2 and (steps % 3 == 0).all():
        shown = f"{months.from_index(int(month[0]))} and {months.from_index(int(month[1]))}"
        refuse_period(name, "years" if (steps % 12 == 0).all() else "quarters", f"{shown} follow")


def _refuse_to_date(name: str, entries: Entries, counts: MonthlyCounts) -> None:
    """DataError where each year only grows and the next begins low: sums since January."""
    number = (counts.last[:, None] - np.arange(counts.values.shape[1])[::-1]) % 12
    steps = np.diff(counts.values, axis=1)
    within, turns = number[:, 1:] != 0, number[:, 1:] == 0
    falls = turns & (counts.values[:, 1:] < counts.values[:, :-1] / 2)
    grows = ~within | (steps >= 0) | ~np.isfinite(steps)
    turned = (turns & np.isfinite(steps)).sum(axis=1)
    known = (within & np.isfinite(steps)).sum(axis=1)
    climbs = (within & (steps > 0)).sum(axis=1)  # a rare event's zeros stand still
    to_date = (
        grows.all(axis=1)
        & (climbs > 0.8 * known)
        & (turned >= 1)
        & (falls.sum(axis=1) == turned)
        & (known >= 20)
    )
    if to_date.any():
        column = entries.counts_column or entries.columns[0]
        raise DataError(
            f"{name}: {counts.names[int(np.argmax(to_date))]!r} grows in every month of a year and "
            "begins anew in January, as sums of the year to date do. Give each month's own count; "
            f"if these are such, add --value {column!r}"
        )


def _arranged(entries: Entries, value: Floats) -> tuple[MonthlyCounts, int, list[str]]:
    """Series side by side, how many months are missing inside them, and warnings."""
    known = np.isfinite(value)
    empty = np.bincount(entries.series[known], minlength=len(entries.names)) == 0
    warned = (
        [f"no count in any month, left out: {_list(entries.names, empty)}"] if empty.any() else []
    )
    order = np.lexsort((entries.month[known], entries.series[known]))
    series, month = entries.series[known][order], entries.month[known][order]
    value = value[known][order]
    number = np.cumsum(~empty) - 1
    code = number[series]
    names = list(compress(entries.names, ~empty))
    lasting, cut = _after_long_gaps(code, month, len(names))
    if cut.any():
        warned.append(
            f"nothing known for more than {MOST_MISSING} months in a row; only the months after "
            f"that are used: {_list(names, cut)}"
        )
    code, month, value = code[lasting], month[lasting], value[lasting]
    last = np.zeros(len(names), dtype=np.int64)
    first = np.full(len(names), np.iinfo(np.int64).max)
    np.maximum.at(last, code, month)
    np.minimum.at(first, code, month)
    width = int((last - first).max()) + 1
    values = np.full((len(names), width), np.nan)
    values[code, width - 1 - (last[code] - month)] = value
    family = list(compress(entries.family, ~empty))
    counts = MonthlyCounts(
        tuple(names),
        np.array(family or [ONE_FAMILY] * len(names), dtype=np.str_),
        values,
        last,
        tuple(compress(entries.nested, ~empty)),
    )
    missing = int((last - first + 1 - np.bincount(code, minlength=len(names))).sum())
    return counts, missing, warned + _gaps(counts) + _ends(counts) + _zeros(counts)


def _after_long_gaps(code: Ints, month: Ints, many: int) -> tuple[np.ndarray, np.ndarray]:
    """(entries,) whether an entry is after its series' last long gap; (series,) who has one.

    code, month : (entries,) in order.
    """
    long = np.flatnonzero((code[1:] == code[:-1]) & (np.diff(month) > MOST_MISSING + 1)) + 1
    start = np.full(many, np.iinfo(np.int64).min)
    start[code[long]] = month[long]  # ascending: the last one stays
    return month >= start[code], start > np.iinfo(np.int64).min


def _gaps(counts: MonthlyCounts) -> list[str]:
    """Which months are missing inside which series."""
    known = np.isfinite(counts.values)
    inside = ~known & (np.cumsum(known, axis=1) > 0)
    rows = np.flatnonzero(inside.any(axis=1))
    if not len(rows):
        return []
    shown = []
    for row in rows[:_NAMED].tolist():
        back = counts.values.shape[1] - 1 - np.flatnonzero(inside[row])
        ends = [months.from_index(int(counts.last[row]) - int(b)) for b in back]
        more = f" and {len(ends) - _NAMED} more" if len(ends) > _NAMED else ""
        shown.append(f"{counts.names[row]} {', '.join(ends[:_NAMED])}{more}")
    more = f"; and {len(rows) - _NAMED:,} more series" if len(rows) > _NAMED else ""
    return [f"no count, and not taken for 0: {'; '.join(shown)}{more}"]


def _ends(counts: MonthlyCounts) -> list[str]:
    """A warning of series that end before the others."""
    latest = int(counts.last.max())
    early = counts.last < latest
    if not early.any():
        return []
    shown = [
        f"{counts.names[at]} in {months.from_index(int(counts.last[at]))}"
        for at in np.flatnonzero(early)[:_NAMED].tolist()
    ]
    more = f" and {early.sum() - _NAMED:,} more" if early.sum() > _NAMED else ""
    return [
        f"ends before {months.from_index(latest)}, and is forecast from its own end: "
        + ", ".join(shown)
        + more
    ]


def _zeros(counts: MonthlyCounts) -> list[str]:
    """Who ends in months of 0 and had none before: perhaps months that are not counted yet."""
    zero = counts.values == 0
    ends = np.argmin(zero[:, ::-1], axis=1)  # months of 0 at the end
    doubtful = (ends > 1) & (zero.sum(axis=1) == ends)
    if not doubtful.any():
        return []
    return [
        f"the last months are 0, and none before is: {_list(counts.names, doubtful)}. Leave months "
        "blank that nobody has counted yet"
    ]


def _list(names: Sequence[str], chosen: NDArray[np.bool_]) -> str:
    shown = [names[at] for at in np.flatnonzero(chosen)[:_NAMED].tolist()]
    more = int(chosen.sum()) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")
