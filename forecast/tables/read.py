"""Anybody's monthly counts: a table in any form people keep them in -> series side by side.

What a cell may look like stands in `forecast.tables`. Here counts are checked, all faults
of a file at once, and arranged. A month that nobody knows is missing; it is not 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, compress
from pathlib import Path
from typing import Any

import numpy as np

from forecast import months
from forecast.errors import DataError, FaultsError
from forecast.tables import dates, layouts, numerals
from forecast.tables.grid import (
    ONE_SERIES,
    PER_ENTRY,
    Entries,
    Fault,
    ReadAs,
    footnotes_note,
    grouped,
    listed,
    refuse_period,
    spacing_of,
    text_of,
)
from forecast.tables.sheet import MOST_DELIVERED, Sheet, read_sheets, sheets_of
from models.base import MOST_MISSING, Floats, MonthlyCounts

ONE_FAMILY = "all"
_SHEETS = 20  # names of sheets in a question
_NAMED = 5  # series in a note
_MANY_WHOLE = 24  # numbers of which one with decimals may be a slip
_DAYS = 10_000  # dates that show how far they are apart
_FEW_FAULTS, _OFTEN_WRONG = 3, 0.1  # cells, or share of them, by which a column has slips only
_AT_ONCE = 1_000  # series that are looked at at once
_OVER = {over: (f"a month is the {over} of its counts",) for over in ("last", "mean")} | {"": ()}


@dataclass(frozen=True)
class TableRead:
    """What a table of counts says.

    counts : the series. notes : how the table was understood, as sentences.
    warnings : what a user should look at, as sentences.
    missing : months that are given as missing, or left out inside a series.
    counts_column, series_column : as `tables.grid.Entries` has them.
    withheld : series and running month of each cell that says that nobody knows, or tells no small
        count; None of a table of a line a series, which has a cell for every month.
    provisional : the same of each count with such a sign behind it.
    decimal : the first number that is not whole: "line 5: '12.5', "; or empty.
    """

    counts: MonthlyCounts
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    missing: int
    counts_column: str = ""
    series_column: str = ""
    withheld: frozenset[tuple[str, int]] | None = None
    provisional: frozenset[tuple[str, int]] = frozenset()
    decimal: str = ""


def read_table(path: Path | None, wanted: ReadAs | None = None) -> TableRead:
    """Read a table of monthly counts; None reads standard input, a folder all its files.

    FaultsError names every cell that cannot be read and every month given twice, a line each;
    DataError or QuarantineError is for no table of monthly counts, or a choice that the user has to
    make.
    """
    if path is None or not path.is_dir():
        return table_of_sheets(read_sheets(path), wanted or ReadAs())
    files = [file for file in sorted(path.iterdir()) if file.is_file() and file.name[0] != "."]
    alike = Counter(file.stem for file in files)
    called = {file: file.stem if alike[file.stem] == 1 else file.name for file in files}
    sheets = [
        replace(sheet, title=" ".join(filter(None, (called[file], sheet.title))))
        for file in files
        for sheet in read_sheets(file)
    ]
    if not sheets:
        raise DataError(f"{path}: no files in it")
    return table_of_sheets(sheets, wanted or ReadAs())


def nesting(path: Path, wanted: ReadAs) -> tuple[str, str]:
    """The two columns of a file's names, one inside the other; see `tables.grid.nesting_of`."""
    for sheet in read_sheets(path):
        if not wanted.sheet or sheet.title.casefold() == wanted.sheet.casefold():
            with suppress(DataError):
                return layouts.entries(sheet, wanted).nesting
    return "", ""


def table_in_bytes(name: str, content: bytes, wanted: ReadAs) -> TableRead:
    """The same of a file's bytes, packed or not; name : for messages."""
    return table_of_sheets(sheets_of(name, content, MOST_DELIVERED), wanted)


def table_of_sheets(sheets: list[Sheet], wanted: ReadAs) -> TableRead:
    """The one table in a workbook's sheets; the list is used up, so that memory holds one of it."""
    name, there = sheets[0].name, ", ".join(repr(sheet.title) for sheet in sheets)
    hidden = [repr(sheet.title) for sheet in sheets if sheet.hidden and not wanted.sheet]
    hidden = hidden if len(hidden) < len(sheets) else []
    if wanted.sheet:
        sheets[:] = [s for s in sheets if s.title.casefold() == wanted.sheet.casefold()]
    elif hidden:
        sheets[:] = [sheet for sheet in sheets if not sheet.hidden]
    if not sheets:
        raise DataError(f"{name}: no sheet {wanted.sheet!r} (--sheet); there are {there}")
    parts, unread = _entries_of(sheets, wanted)
    notes = _sheets_note(list(parts), list(unread))
    joined = _joined(parts) if len(parts) > 1 else next(iter(parts.values()))
    parts.clear()
    table = _checked(joined, wanted)
    more = [f"hidden sheets, not read: {', '.join(hidden)}"] if hidden else []
    return replace(table, notes=(*notes, *table.notes, *more))


def _entries_of(
    sheets: list[Sheet], wanted: ReadAs
) -> tuple[dict[str, Entries], dict[str, DataError]]:
    """What each sheet says by its title, and why others say nothing; the sheets are used up.

    DataError of the largest where none says anything: of a list of contents nobody wants to know
    why it is no table. Also of one called like a year, beside others that are read.
    """
    parts: dict[str, Entries] = {}
    unread: dict[str, DataError] = {}
    sizes: dict[str, int] = {}
    several = len(sheets) > 1
    while sheets:
        title, sizes[sheets[0].title] = sheets[0].title, sheets[0].grid.size
        try:
            entries = layouts.entries(sheets.pop(0), wanted)
            # What only looks like a table, as a list of contents does.
            dated = np.unique(entries.month[(entries.month >= 0) & (entries.value > 0)])
            cells = (entries.labels[code] for code in np.unique(entries.value))
            few = len(dated) < 2 and not dates.names_year(title)
            if several and (few or not any(map(numerals.is_number, cells))):
                raise DataError(f"{entries.file}: no counts of several months in it")
            parts[title] = entries
        except DataError as error:
            unread[title] = error
    if not parts:
        raise unread[max(unread, key=lambda title: sizes[title])]
    of_years = [title for title in unread if dates.names_year(title)]
    if of_years and all(map(dates.names_year, parts)):
        raise unread[of_years[0]]  # left out, it would be the newest year as any
    return parts, unread


def _sheets_note(read: Sequence[str], unread: Sequence[str]) -> list[str]:
    shown, others = (", ".join(map(repr, titles)) for titles in (read, unread))
    if len(read) > 1:
        return [f"sheets {shown} were read as one table"]
    return [f"sheet {shown} was read, not {others}"] if unread else []


def _checked(entries: Entries, wanted: ReadAs) -> TableRead:
    """What the counts of a file are, with every fault that they have; errors as `read_table`."""
    name, entries = entries.file, _named_alike(entries)
    if entries.value.ndim > 1:
        if not wanted.several and (read := _checked_wide(entries, wanted)):
            return read
        entries = entries.flat()
    meant = _meanings(entries, wanted, np.bincount(entries.value, minlength=len(entries.labels)))
    faults = _no_counts(entries, meant)
    if entries.month_column and not (wanted.value or entries.counts_column):
        entries = _without_words(entries, faults)
        faults = _no_counts(entries, meant)
    value = meant.count[entries.value]
    faults += entries.faults
    column = f"column {entries.month_column!r}" if entries.month_column else "the header"
    period = spacing_of(name, column, entries.day[entries.day > 0][:_DAYS].tolist(), wanted.over)
    if period == "days" and not wanted.several:
        raise DataError(
            f"{name}: these are counts of days, by {column}; add --sum to add them up by month, "
            "--over last of what there is at a time, or --over mean of a rate"
        )
    if not wanted.several:
        faults += _twice(entries, wanted)
    if faults:
        raise FaultsError(name, grouped(faults), len(set(faults)))
    if not np.isfinite(value).any():
        raise DataError(f"{name}: no counts in it; nothing to forecast")
    warnings: list[str] = []
    decimal = "" if wanted.several else _decimal(entries, value)
    if wanted.several:
        summed, value = _summed(entries, value, wanted.over)
        entries, warnings = summed, _sum_warnings(entries, len(value), wanted.over)
    read = _arranged(entries, [_placed(entries, value)], 0)
    if not wanted.value:
        _refuse_to_date(entries, read.counts)
    return replace(
        read,
        counts=replace(read.counts, jumps=wanted.jumps),
        notes=(*entries.notes, *meant.notes, *_OVER[wanted.over]),
        warnings=(*warnings, *read.warnings),
        counts_column=entries.counts_column,
        series_column=entries.series_column,
        withheld=_places(entries, np.isnan(value)),
        provisional=_places(entries, np.isin(entries.value, list(_provisional(entries.labels)))),
        decimal=decimal,
    )


def _decimal(entries: Entries, value: Floats) -> str:
    """Return line and text of the first number that is not whole; "" where all are."""
    for at in np.flatnonzero(np.isfinite(value) & (value % 1 != 0))[:1]:
        return f"line {entries.line[at]}: {text_of(entries.labels[entries.value[at]])!r}, "
    return ""


def _provisional(labels: Iterable[dates.CellValue]) -> Iterator[int]:
    """Yield the places of labels that are called provisional behind the number."""
    for code, cell in enumerate(labels):
        if isinstance(cell, str) and dates.is_provisional(cell):
            yield code


def _places(entries: Entries, which: np.ndarray) -> frozenset[tuple[str, int]]:
    """Series and running month of some of the entries."""
    at = np.flatnonzero(which)
    names = [entries.names[series] for series in entries.series[at].tolist()]
    return frozenset(zip(names, entries.month[at].tolist(), strict=True))


def _checked_wide(entries: Entries, wanted: ReadAs) -> TableRead | None:
    """The same of a large table of a line a series, piece by piece; None if it has a fault.

    As entries its cells would take five times the memory of the counts.
    """
    times = np.zeros(len(entries.labels), dtype=np.int64)
    for piece in _pieces(entries):
        times += np.bincount(piece.value, minlength=len(times))
    meant = _meanings(entries, wanted, times)
    if meant.problems or entries.faults or entries.day.any() or np.isnan(meant.count).all():
        return None
    pieces = (_placed(p, meant.count[p.value]) for p in _pieces(entries))
    read = _arranged(entries, pieces, int(np.ptp(entries.month[0])) + 1)
    if not wanted.value:
        _refuse_to_date(entries, read.counts)
    notes = (*entries.notes, *meant.notes)
    return replace(read, counts=replace(read.counts, jumps=wanted.jumps), notes=notes)


def _pieces(entries: Entries) -> Iterator[Entries]:
    """Some lines of a large table at a time, each a series, as entries of their own."""
    for at in range(0, len(entries.value), _AT_ONCE):
        rows = slice(at, at + _AT_ONCE)
        arrays = entries.series, entries.month, entries.value
        series, month, value = (array[rows].ravel() for array in arrays)
        names = entries.names[rows]
        yield replace(entries, names=names, series=series - at, month=month, value=value)


def _joined(sheets: Mapping[str, Entries]) -> Entries:
    """Sheets as one: some months each of the same table, or one series each, named by the sheet.

    DataError where they may be anything else, which asks for one of them.
    """
    parts = list(sheets.values())
    name = parts[0].file.split(", sheet ")[0]
    if _refuse_months_twice(name, sheets):
        parts = [replace(part, names=[title]) for title, part in sheets.items()]
    names = list(dict.fromkeys(chain(*(part.names for part in parts))))
    place = {name: at for at, name in enumerate(names)}
    labels: list[dates.CellValue] = []
    columns: list[str] = []
    arrays: list[list[np.ndarray]] = []
    inside: dict[str, tuple[str, str]] = {}
    for title, part in zip(sheets, parts, strict=True):
        series = np.array([*map(place.get, part.names), -1])[part.series]  # -1 is a fault
        value, column = part.value + len(labels), part.column + len(columns)
        moved = replace(part, series=series, value=value, column=column)
        arrays.append([getattr(moved, name) for name in PER_ENTRY])
        labels += part.labels
        columns += [f"{column} of sheet {title!r}" for column in part.columns]
        inside |= zip(part.names, part.nested, strict=True) if part.nested else ()
    pieces = map(np.concatenate, zip(*arrays, strict=True))
    joined: dict[str, Any] = dict(zip(PER_ENTRY, pieces, strict=True))
    return replace(
        parts[0],
        file=name,
        names=names,
        family=[],
        columns=columns,
        labels=labels,
        notes=list(dict.fromkeys(chain(*(part.notes for part in parts)))),
        faults=[*chain(*(part.faults for part in parts))],
        nested=[inside[name] for name in names] if len(inside) == len(names) else [],
        **joined,
    )


def _refuse_months_twice(name: str, sheets: Mapping[str, Entries]) -> bool:
    """Whether sheets have the same months of a series each; DataError, as `_joined`."""
    parts = sheets.values()
    of_month = Counter(chain(*(np.unique(part.month).tolist() for part in parts)))
    again = [month for month, many in of_month.items() if many > 1]
    if again and all(map(dates.names_year, sheets)):
        raise DataError(
            f"{name}: the sheets are called like years, and several have "
            f"{months.from_index(min(again))}; remove repeated months, or say which to read: "
            f"--sheet {next(iter(sheets))!r}"
        )
    alone = all(part.names == [ONE_SERIES] for part in parts)
    unlike = len({(part.series_column, part.counts_column) for part in parts}) > 1
    if (again and not alone) or (unlike and not again):
        raise DataError(
            f"{name}: several sheets hold counts: {listed(list(map(repr, sheets)), _SHEETS)}. "
            f"Say which: --sheet {next(iter(sheets))!r}"
        )
    return bool(again)


def _named_alike(entries: Entries) -> Entries:
    """Series whose names differ in capitals alone as one, unless a month stands in two of them."""
    alike: dict[str, list[str]] = {}
    for name in entries.names:
        alike.setdefault(name.casefold(), []).append(name)
    if len(alike) == len(entries.names) or entries.family or entries.nested:
        return entries
    place = {name: at for at, group in enumerate(alike.values()) for name in group}
    series = np.array([*(place[name] for name in entries.names), -1])[entries.series]  # -1: a fault
    span = int(entries.month.max(initial=0)) + 1
    before, after = (np.unique(of * span + entries.month) for of in (entries.series, series))
    if len(after) < len(before):
        return entries
    groups = [list(map(repr, group)) for group in alike.values() if len(group) > 1]
    notes = [f"{', '.join(others)} is taken for {first}" for first, *others in groups]
    names = [group[0] for group in alike.values()]
    return replace(entries, names=names, series=series, notes=[*entries.notes, *notes])


def _no_counts(entries: Entries, meant: CellMeanings) -> list[Fault]:
    """What is no count, entry by entry."""
    faults = []
    for code, problem in meant.problems.items():
        for at in np.flatnonzero(entries.value == code).tolist():
            column = entries.columns[entries.column[at]]
            faults.append((int(entries.line[at]), column, text_of(entries.labels[code]), problem))
    return faults


@dataclass(frozen=True)
class CellMeanings:
    """What the different cells of a file mean.

    count : (labels,) NaN of what is missing. problems : what is wrong with a label that is neither.
    """

    count: Floats
    notes: tuple[str, ...]
    problems: dict[int, str]


_BELOW = (
    "below 0, as no other number is; a count is at least 0. Correct it, or, if these are no "
    "counts, name their column by --value"
)


def _meanings(entries: Entries, wanted: ReadAs, times: np.ndarray) -> CellMeanings:
    """What each label means as a count; times : (labels,) how often it stands where counts do."""
    labels = entries.labels
    different = {code: labels[code] for code in np.flatnonzero(times).tolist()}
    decimal, proof = _decimal_mark(entries, wanted, different.values())
    of_label, problems = np.full(len(labels), np.nan), dict[int, str]()
    for code, cell in different.items():
        if not numerals.is_missing(cell):
            try:
                of_label[code] = numerals.number(cell, decimal)
            except ValueError as error:
                problems[code] = str(error)
    of_label[of_label == numerals.stand_in(of_label[np.isfinite(of_label)].tolist())] = np.nan
    below = np.flatnonzero(of_label < 0)
    if times[below].sum() == 1 and not wanted.value:  # a slip of the hand; several are meant
        problems[int(below[0])] = _BELOW
    texts = {cell for cell in different.values() if isinstance(cell, str)}
    early = set(filter(dates.is_provisional, texts))
    notes = footnotes_note(texts - early, "numbers", flags=True)
    notes += footnotes_note(early, "numbers", flags=True, taken="for 'provisional'")
    with suppress(ValueError):  # of two numbers that contradict each other, nothing is said
        example = numerals.number(proof, decimal)
        called = "point" if decimal == "." else "comma"
        notes.append(f"decimals begin with a {called}: {proof} is read as {example:.12g}")
    signs = {
        text_of(cell): int(times[code])
        for code, cell in different.items()
        if code and np.isnan(of_label[code]) and code not in problems
    }
    return CellMeanings(of_label, (*notes, *_odd_numbers(labels, of_label, times, signs)), problems)


def _decimal_mark(
    entries: Entries, wanted: ReadAs, cells: Collection[dates.CellValue]
) -> tuple[str, str]:
    """What begins the decimals of a file, and a number that shows it; DataError if it is open."""
    shown, proof = numerals.marks(cells, entries.separator)
    decimal, labels = wanted.decimal or shown, entries.labels
    every = range(len(entries.columns))
    codes = (np.unique(entries.value[entries.column == at]).tolist() for at in every)
    columns = ([labels[code] for code in of_column] for of_column in codes)
    if not decimal and entries.separator == "," and numerals.point_by_column(columns):
        decimal = "."
    if not decimal:
        raise DataError(
            f"{entries.file}: in {proof} a comma or point may begin the decimals or separate "
            "thousands; add --decimal point or --decimal comma"
        )
    return decimal, proof


def _odd_numbers(
    labels: Sequence[dates.CellValue], of_label: Floats, times: np.ndarray, signs: Mapping[str, int]
) -> Iterator[str]:
    """Notes of a lone number with decimals, of numbers below 0, and of signs; as `_meanings`."""
    many = int(times.sum())
    decimals = np.flatnonzero(of_label % 1 > 0).tolist()
    if len(decimals) == 1 and many > _MANY_WHOLE and times[decimals[0]] == 1:
        yield (
            f"only {labels[decimals[0]]} of {many:,} numbers has decimals, so check that it "
            f"is {of_label[decimals[0]]:.12g}"
        )
    below = np.flatnonzero(of_label < 0)
    if len(below):
        yield (
            f"{int(times[below].sum()):,} of {many:,} numbers are below 0, as "
            f"{text_of(labels[below[0]])}: they are read as they are, and counts have none"
        )
    if signs:
        marks = listed([f"{n:,} {sign}" for sign, n in signs.items()], _NAMED, "other signs")
        yield f"read as missing, not as 0: {marks}"


def _without_words(entries: Entries, faults: list[Fault]) -> Entries:
    """The same without columns in which many cells are no counts, where each column is a series.

    A remark or a code stands beside counts; nobody wanted it, and a fault a line hides the others.
    """
    of_column = Counter(column for _, column, cell, _ in faults if not numerals.is_number(cell))
    many = np.bincount(entries.column, minlength=len(entries.columns))
    wrong = {
        at: of_column[name]
        for at, name in enumerate(entries.columns)
        if of_column[name] > max(_FEW_FAULTS, _OFTEN_WRONG * many[at])
    }
    if not wrong or len(wrong) == len(entries.columns):
        return entries
    shown = listed([f"{entries.columns[at]!r} ({n:,} cells)" for at, n in wrong.items()], _NAMED)
    note = f"columns left out, as many of their cells are no counts (--value takes one): {shown}"
    left = ~np.isin(entries.column, list(wrong))
    fields = {name: getattr(entries, name)[left] for name in PER_ENTRY}
    return replace(entries, notes=[*entries.notes, note], **fields)


def _in_order(series: np.ndarray, month: np.ndarray, *more: np.ndarray) -> np.ndarray | slice:
    """What puts entries in order of series, month and more; nothing moves where they are so."""
    first, second = (slice(None, -1), slice(1, None))
    later = (series[second] == series[first]) & (month[second] > month[first])
    if (later | (series[second] > series[first])).all():
        return slice(None)
    return np.lexsort((*more[::-1], month, series))


def _twice(entries: Entries, wanted: ReadAs) -> list[Fault]:
    """A fault for every entry whose series had its month before.

    DataError where another column would tell them apart.
    """
    order = _in_order(entries.series, entries.month, entries.line)
    if isinstance(order, slice):
        return []
    order = order[(entries.month[order] >= 0) & (entries.series[order] >= 0)]  # the rest are faults
    series, month, line = entries.series[order], entries.month[order], entries.line[order]
    again = np.flatnonzero((series[1:] == series[:-1]) & (month[1:] == month[:-1])) + 1
    if len(again) and entries.apart:
        at = int(again[0])
        named = [*map(repr, wanted.series or entries.named)]
        so_far = "Column"
        if named:
            so_far = f"Series are named by column {' and '.join(named)} so far; column"
        more = list(map(repr, entries.apart))
        options = more if wanted.series else [*named, *more]
        raise DataError(
            f"{entries.file}: {entries.names[series[at]]!r} has several counts of "
            f"{months.from_index(int(month[at]))}, in lines {line[at - 1]} and {line[at]}, and so "
            f"on, {len(again):,} in all. {so_far} {' and '.join(more)} "
            f"tell{'' if len(more) > 1 else 's'} them apart: add "
            f"{' '.join(f'--series {column}' for column in options)}, or --sum to add them up"
        )
    faults = []
    for at in again.tolist():
        called = f"{entries.names[series[at]]!r} has this month already, in line {line[at - 1]}"
        problem = f"{called}; remove one of them, or add --sum to add them up"
        column = entries.month_column or entries.columns[entries.column[order[at]]]
        faults.append((int(line[at]), column, months.from_index(int(month[at])), problem))
    return faults


def _summed(entries: Entries, value: Floats, over: str) -> tuple[Entries, Floats]:
    """One entry a series and month: the sum, the last or the mean; missing where a count is.

    DataError for two counts of a day, of which neither is the last.
    """
    keys = entries.series.astype(np.int64) * (int(entries.month.max()) + 1) + entries.month
    if over and len(np.unique(np.stack((keys, entries.day)), axis=1).T) < len(keys):
        raise DataError(
            f"{entries.file}: two counts of one series and day; name its column by --series"
        )
    _, first, back = np.unique(keys, return_index=True, return_inverse=True)
    chosen = {name: getattr(entries, name)[first] for name in PER_ENTRY}
    if over == "last":
        order = np.lexsort((entries.day, keys))
        newest = order[np.flatnonzero(np.diff(keys[order], append=-1))]
        return replace(entries, **chosen), value[newest]
    sums = np.bincount(back, weights=value).astype(float)
    return replace(entries, **chosen), sums / np.bincount(back) if over else sums


def _sum_warnings(entries: Entries, sums: int, over: str) -> list[str]:
    """Warn of what is summed, and of a last month with fewer days than the one before."""
    last = int(entries.month.max())
    many = len(entries.month) - sums
    added = f"{many:,} counts were added to others of the same month"
    warned = [added] if many and not over else []
    days, before = (len(np.unique(entries.day[entries.month == at])) for at in (last, last - 1))
    if days < before - 3 or days * 2 < before:
        warned.append(
            f"{months.from_index(last)} has {days} days, the month before {before}: "
            "leave it out unless it is complete"
        )
    return warned


def _refuse_to_date(entries: Entries, counts: MonthlyCounts) -> None:
    """DataError where each year only grows and the next begins low: sums since January."""
    for at in range(0, len(counts.names), _AT_ONCE):
        values = counts.values[at : at + _AT_ONCE]
        number = (counts.last[at : at + _AT_ONCE, None] - np.arange(values.shape[1])[::-1]) % 12
        steps = np.diff(values, axis=1)
        known, turns = np.isfinite(steps), number[:, 1:] == 0
        falls = turns & (values[:, 1:] < values[:, :-1] / 2)
        within = ~turns & known
        climbs = (within & (steps > 0)).sum(axis=1)  # a rare event's zeros stand still
        turned = (turns & known).sum(axis=1)
        to_date = (
            ~(within & (steps < 0)).any(axis=1)
            & (climbs > 0.8 * within.sum(axis=1))
            & (turned >= 1)
            & (falls.sum(axis=1) == turned)
            & (within.sum(axis=1) >= 20)
        )
        if to_date.any():
            grows = counts.names[at + int(np.argmax(to_date))]
            column = entries.counts_column or entries.columns[0]
            raise DataError(
                f"{entries.file}: {grows!r} grows in every month "
                "of a year and begins anew in January, as sums of the year to date do. Give each "
                f"month's own count; if these are such, add --value {column!r}"
            )


@dataclass(frozen=True)
class PlacedSeries:
    """Some of a file's series side by side, as `MonthlyCounts` has them.

    full : (series,) of those asked about whether they have any count. torn : (series,) of the full
    ones whether older months were left out, before a long gap. missing : months without a count.
    step : months that all counts of a series are apart, 1 or a multiple of 3 or 12; shown : the
    first two of them.
    """

    full: np.ndarray
    values: Floats
    last: np.ndarray
    torn: np.ndarray
    missing: int
    step: int
    shown: tuple[int, int]


def _placed(entries: Entries, value: Floats) -> PlacedSeries:
    """Series side by side; value : (entries,) counts."""
    series, month, known = entries.series, entries.month, np.isfinite(value)
    if not known.all():
        series, month, value = series[known], month[known], value[known]
    full = np.bincount(series, minlength=len(entries.names)) > 0
    if not len(series):
        return PlacedSeries(full, np.empty((0, 0)), series, full[:0], 0, 1, (0, 0))
    order = _in_order(series, month)
    series, month, value = series[order], month[order], value[order]
    of_one = series[1:] == series[:-1]
    steps = np.where(of_one, np.diff(month), 0)
    step = int(np.gcd.reduce(steps)) if of_one.sum() > 2 else 1
    shown = (int(month[0]), int(month[min(1, len(month) - 1)]))
    # Only what comes after a series' last long gap is used; a month to come is a slip, and no gap.
    over = month[1:] <= months.to_index(months.today().isoformat()[:7])
    long = np.flatnonzero((steps > MOST_MISSING + 1) & over) + 1
    del of_one, steps
    code = (np.cumsum(full, dtype=np.int32) - 1)[series]
    start = np.zeros(int(full.sum()), dtype=np.int64)
    start[code[long]] = month[long]  # ascending: the last one stays
    if len(long):
        lasting = month >= start[code]
        code, month, value = code[lasting], month[lasting], value[lasting]
    ends = np.append(np.flatnonzero(np.diff(code)), len(code) - 1)
    first, last = month[np.append(0, ends[:-1] + 1)], month[ends]
    width = int((last - first).max()) + 1
    values = np.full((len(start), width), np.nan)
    for at in range(
        0, len(code), _AT_ONCE * 100
    ):  # as places in a grid they take six times as much
        piece = slice(at, at + _AT_ONCE * 100)
        of = code[piece]
        values[of, width - 1 - last[of] + month[piece]] = value[piece]
    missing = int((last - first + 1).sum()) - len(value)
    return PlacedSeries(full, values, last.astype(np.int64), start > 0, missing, step, shown)


def _refuse_long_steps(file: str, parts: Sequence[PlacedSeries]) -> None:
    """DataError where every series has counts of every third or twelfth month only."""
    step = int(np.gcd.reduce([part.step for part in parts]))
    if step and step % 3 == 0:
        first, second = map(months.from_index, parts[0].shown)
        period = "years" if step % 12 == 0 else "quarters"
        refuse_period(file, period, f"{first} and {second} follow")


def _arranged(entries: Entries, pieces: Iterable[PlacedSeries], width: int) -> TableRead:
    """All series of a file side by side, what is missing in them, and warnings.

    DataError where every series has counts of every third or twelfth month only.

    width : at most so many months, 0 where there is one piece.
    """
    parts, at, most = list[PlacedSeries](), 0, 0
    values = np.full((len(entries.names) if width else 0, width), np.nan)
    for part in pieces:
        n, own = part.values.shape
        if width:
            values[at : at + n, width - own :] = part.values
            part = replace(part, values=np.empty((n, 0)))  # kept once
        else:
            values = part.values
        at, most = at + n, max(most, own)
        parts.append(part)
    values = values[:at, values.shape[1] - most :]
    _refuse_long_steps(entries.file, [part for part in parts if part.full.any()])
    full = np.concatenate([part.full for part in parts])
    warned = []
    if not full.all():
        blank = listed(list(compress(entries.names, ~full)), _NAMED)
        warned.append(f"no count in any month, left out: {blank}")
    names = list(compress(entries.names, full))
    torn = np.concatenate([part.torn for part in parts])
    if torn.any():
        warned.append(
            f"nothing known for more than {MOST_MISSING} months in a row; only the months after "
            f"that are used: {listed(list(compress(names, torn)), _NAMED)}"
        )
    counts = MonthlyCounts(
        tuple(names),
        np.array(list(compress(entries.family, full)) or [ONE_FAMILY] * len(names), dtype=np.str_),
        values,
        np.concatenate([part.last for part in parts]),
        tuple(compress(entries.nested, full)),
    )
    missing = sum(part.missing for part in parts)
    return TableRead(counts, (), (*warned, *_warnings(counts)), missing)


def _warnings(counts: MonthlyCounts) -> list[str]:
    """Which months are missing, which series end early, and who ends in months of 0."""
    warned, shown, holed = list[str](), list[str](), list[np.ndarray]()
    ending = list[np.ndarray]()
    for at in range(0, len(counts.names), _AT_ONCE):
        known = np.isfinite(counts.values[at : at + _AT_ONCE])
        inside = ~known & np.maximum.accumulate(known, axis=1)
        holed.append(at + np.flatnonzero(inside.any(axis=1)))
        # Months of 0 at the end of a series that had none before are perhaps not counted yet.
        zero = counts.values[at : at + _AT_ONCE] == 0
        ends_in = np.argmin(zero[:, ::-1], axis=1)
        ending.append((ends_in > 1) & (zero.sum(axis=1) == ends_in))
    rows, doubtful = np.concatenate(holed), np.concatenate(ending)
    for row in rows[:_NAMED].tolist():
        known = np.isfinite(counts.values[row])
        unknown = np.flatnonzero(~known & np.maximum.accumulate(known))
        back = counts.values.shape[1] - 1 - unknown
        ends = [months.from_index(int(counts.last[row]) - int(b)) for b in back]
        shown.append(f"{counts.names[row]} {listed(ends, _NAMED)}")
    if shown:
        more = f"; and {len(rows) - _NAMED:,} more series" if len(rows) > _NAMED else ""
        warned.append(f"no count, and not taken for 0: {'; '.join(shown)}{more}")
    latest = int(counts.last.max())
    if (counts.last < latest).any():
        named = zip(counts.names, counts.last.tolist(), strict=True)
        shown = [f"{name} in {months.from_index(last)}" for name, last in named if last < latest]
        warned.append(
            f"ends before {months.from_index(latest)}, and is forecast from its own end: "
            f"{listed(shown, _NAMED)}"
        )
    if doubtful.any():
        warned.append(
            "the last months are 0, and none before is: "
            f"{listed(list(compress(counts.names, doubtful)), _NAMED)}. Leave "
            "months blank that nobody has counted yet"
        )
    return warned
