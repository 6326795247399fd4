"""CBP's files -> cells. The only place that knows the publisher's columns and labels.

Three layouts, told by their header; columns are found by name, so their order is free, but no
column may be missing, unknown or doubled.

    aor      by component and area of responsibility (sector or field office)
    state    by state
    sbo      southwest border only; its citizenship grouping is another partition than Citizenship

Regions, components, months and encounter types are closed lists: a new label stops the file,
because guessing where it belongs would move a border's total. Demographics and authorities are
closed too, but no total hangs on them: with an unknown label the file's dimension is left out, and
a person joins the label to a known one in [labels]. Citizenships, states and areas are open: a new
one becomes a new member.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from forecast import months
from forecast.errors import DataError, QuarantineError, RowError
from forecast.files import Text, read_text, rows
from forecast.labels import CROSSING, Joins
from forecast.sources.source import FileName, release_seq
from forecast.types import BORDERS
from forecast.words import printable

Layout = Literal["aor", "state", "sbo"]

COMPONENTS = ("U.S. Border Patrol", "Office of Field Operations")

_COUNT = "Encounter Count"
_SHARED = ("Fiscal Year", "Month Grouping", "Month (abbv)", "Demographic", "Title of Authority")
_AREA = ("Component", "Area of Responsibility", "AOR (Abbv)", "Encounter Type")
_LAYOUTS: Mapping[Layout, frozenset[str]] = {
    "aor": frozenset({*_SHARED, *_AREA, "Land Border Region", "Citizenship", _COUNT}),
    "state": frozenset({*_SHARED, "Land Border Region", "State", "Citizenship", _COUNT}),
    "sbo": frozenset({*_SHARED, "Component", "Citizenship Grouping", "Encounter Type", _COUNT}),
}

_MONTHS = ("OCT", "NOV", "DEC", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP")
# Months as CBP's pages write them: "aug" so far here, "sept" and whole names elsewhere.
_LONG = (
    *("october", "november", "december", "january", "february", "march"),
    *("april", "june", "july", "august", "september", "sept"),
)
_NAMED = {name: _MONTHS.index(name[:3].upper()) + 1 for name in (*map(str.lower, _MONTHS), *_LONG)}
_NAME = re.compile(
    r"(nationwide|sbo)-encounters-fy(?:20)?(\d\d)-fy(?:20)?(\d\d)"
    rf"(?:-({'|'.join(_NAMED)}))?(?:-(aor|state))?((?:_\d+)*)\.csv",
    re.IGNORECASE | re.ASCII,
)
_YEAR = re.compile(r"(?:FY ?)?(20\d\d)( ?\(FYTD\))?", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}|\d{1,3}(?:,\d{3}){1,2}", re.ASCII)


class EncounterCell(NamedTuple):
    """One line of a published file; "" where the layout has no such column."""

    month: str
    border: str
    component: str
    field: str
    state: str
    demographic: str
    citizenship: str
    citizenship_group: str
    authority: str
    encounters: int


@dataclass(frozen=True, slots=True)
class EncounterReading:
    """One file, read and found well-formed; whether it is to be believed is for checks.

    seq : from the file's name; from the last fiscal year and month found where the name does not
        fit the publisher's pattern.
    first_month, data_through : October of the first fiscal year; the last month published.
    rows : lines per fiscal year.
    closed : fiscal years no longer marked as running. The last one counts only if it is complete
        and the file is not a month's interim file: September's is still revised by the final.
    unknown : dimension -> labels that are not known; only dimensions of closed lists.
    """

    file_name: str
    kind: Layout
    sha256: str
    seq: int
    first_month: str
    data_through: str
    rows: Mapping[int, int]
    closed: frozenset[int]
    cells: tuple[EncounterCell, ...]
    unknown: Mapping[str, frozenset[str]] = field(default_factory=dict)


class _Year(NamedTuple):
    number: int
    marked: bool  # "2026 (FYTD)": still running


class _EncounterLine(NamedTuple):
    number: int
    year: _Year
    grouping: str
    cell: EncounterCell
    encounter_type: str


def parse_name(file_name: str) -> FileName | None:
    """What a base name says, None if it does not fit the publisher's pattern.

    Suffixes add up: "_N" (the upload that replaced the plain name) is N + 1, "_0_0" replaced "_0".
    """
    match = _NAME.fullmatch(re.sub(r"\.gz$", "", file_name, flags=re.IGNORECASE))
    if match is None:
        return None
    family, first, last, month, layout, suffixes = (
        group and group.lower() for group in match.groups()
    )
    return FileName(
        first=2000 + int(first),
        last=2000 + int(last),
        month=_NAMED[month] if month else None,
        layout=cast("Layout | None", "sbo" if family == "sbo" else layout),
        suffix=min(sum(int(n[:3]) + 1 for n in suffixes.split("_")[1:]), 99),
    )


def read(path: Path, joins: Joins | None = None) -> EncounterReading:
    """Read one published file, .csv or .csv.gz.

    Parameters
    ----------
    joins : labels that mean another one.

    Raises
    ------
    RowError : a line that cannot be understood; names the line, the column and what to do.
    QuarantineError : a file that is no such table.
    DataError : a header that is no known layout, or a file that cannot be opened.
    """
    return reading_of(read_text(Path(path)), joins)


def reading_of(text: Text, joins: Joins | None = None) -> EncounterReading:
    """Read a file whose text is there already; errors as `read`."""
    records = rows(text)
    kind, header = _header(text.name, records)
    lines = list(_lines(text.name, kind, header, records))
    if not lines:
        raise QuarantineError(text.name, ["a header without rows; fetch the file again"])
    _refuse_duplicates(text.name, lines)
    return _reading(text, kind, lines, joins or {})


def _reading(
    text: Text, kind: Layout, lines: Sequence[_EncounterLine], joins: Joins
) -> EncounterReading:
    name = parse_name(text.name)
    data_through = _data_through(text.name, lines)
    closed = _closed(lines, data_through, interim=name is not None and name.month is not None)
    counted = Counter(line.year.number for line in lines)
    last = max(counted)
    cells = _with_joined_labels((line.cell for line in lines), joins)
    fiscal_month = months.fiscal_months(last, months.FEDERAL).index(data_through) + 1
    return EncounterReading(
        file_name=text.name,
        kind=kind,
        sha256=text.sha256,
        seq=name.seq if name else release_seq(last, fiscal_month, last in closed, 0),
        first_month=months.fiscal_months(min(counted), months.FEDERAL)[0],
        data_through=data_through,
        rows=dict(sorted(counted.items())),
        closed=closed,
        cells=cells,
        unknown=_unknown(cells),
    )


def _with_joined_labels(cells: Iterable[EncounterCell], joins: Joins) -> tuple[EncounterCell, ...]:
    """Cells with the labels of closed lists joined; others are joined where they leave the record.

    After the check for lines said twice: two labels that are joined are not the same line.
    """
    closed = {name: joins[name] for name in CLOSED if name in joins}
    if not closed:
        return tuple(cells)
    return tuple(
        cell._replace(**{n: by.get(getattr(cell, n), getattr(cell, n)) for n, by in closed.items()})
        for cell in cells
    )


def _unknown(cells: Sequence[EncounterCell]) -> dict[str, frozenset[str]]:
    labels = {
        name: frozenset({getattr(cell, name) for cell in cells}) - known - {""}
        for name, known in CLOSED.items()
    }
    return {name: labels for name, labels in labels.items() if labels}


def _data_through(name: str, lines: Sequence[_EncounterLine]) -> str:
    """Last month of the last fiscal year; only older years may hold "Remaining" months."""
    last = max(line.year.number for line in lines)
    for line in lines:
        if line.year.number == last and line.grouping == "Remaining":
            problem = f"fiscal year {last} is the last one here, so its months must be FYTD"
            raise RowError(name, line.number, "Month Grouping", line.grouping, problem)
    return max(line.cell.month for line in lines if line.year.number == last)


def _closed(lines: Sequence[_EncounterLine], data_through: str, *, interim: bool) -> frozenset[int]:
    marked = {line.year.number for line in lines if line.year.marked}
    years = {line.year.number for line in lines}
    if interim or not data_through.endswith("-09"):
        marked.add(max(years))
    return frozenset(years - marked)


def _refuse_duplicates(name: str, lines: Sequence[_EncounterLine]) -> None:
    """The same key twice would count twice, also when once as FYTD and once as Remaining."""
    seen: dict[tuple[Any, ...], int] = {}
    for line in lines:
        key = (line.cell[:-1], line.encounter_type)
        first = seen.setdefault(key, line.number)
        if first != line.number:
            shown = ", ".join(part for part in line.cell[:-1] if part)
            problem = f"says again what line {first} says; the file is damaged, fetch it again"
            raise RowError(name, line.number, "", shown, problem)


def _header(name: str, records: Iterator[tuple[int, list[str]]]) -> tuple[Layout, list[str]]:
    _, fields = next(records)
    header = [field.strip() for field in fields]
    doubled = [column for column, n in Counter(header).items() if n > 1]
    if doubled:
        shown = _quoted([column for column in doubled if column in _PARSERS])
        raise DataError(f"{name}: column {shown or 'names'} appears twice")
    for kind, columns in _LAYOUTS.items():
        if columns == set(header):
            return kind, header
    raise DataError(f"{name}: {_header_problem(header)}")


def _header_problem(header: Sequence[str]) -> str:
    """Names the columns that keep a header from being the layout it resembles most."""
    columns = set(header)
    kind = min(_LAYOUTS, key=lambda kind: len(_LAYOUTS[kind] ^ columns))
    missing, unknown = sorted(_LAYOUTS[kind] - columns), sorted(columns - _LAYOUTS[kind])
    parts = [f"missing column {column!r}" for column in missing[:5]]
    # Of a table that is not his nothing is quoted: its first line may be anything, a password say.
    if unknown and len(missing) <= len(_LAYOUTS[kind]) / 2:
        parts.append(f"unknown column {_quoted(unknown)}")
    return f"not CBP's {kind} layout: {', '.join(parts)}; a changed layout needs a new reader"


def _quoted(columns: Sequence[str]) -> str:
    """Columns' names for a message, few and short."""
    return ", ".join(repr(printable(column, 40)) for column in columns[:5])


def _lines(
    name: str, kind: Layout, header: list[str], records: Iterable[tuple[int, list[str]]]
) -> Iterator[_EncounterLine]:
    parsers = _parsers(kind)
    # A column the layout lacks is read from the "" appended to each row.
    pick = itemgetter(*(header.index(c) if c in header else len(header) for c in parsers))
    parse = list(parsers.values())
    for number, row in records:
        if len(row) != len(header):
            problem = f"{len(row)} fields instead of {len(header)}; the file is damaged"
            raise RowError(name, number, "", ",".join(row), problem)
        texts = pick([*row, ""])
        try:
            values = [parser(text) for parser, text in zip(parse, texts, strict=True)]
        except ValueError as error:
            raise _row_error(name, number, parsers, texts) from error
        year, grouping, month, *labels, encounter_type, _, encounters = values
        cell = EncounterCell._make([_calendar_month(year.number, month), *labels, encounters])
        yield _EncounterLine(number, year, grouping, cell, encounter_type)


def _row_error(
    name: str, number: int, parsers: Mapping[str, _Parser], texts: Sequence[str]
) -> RowError:
    """Parses a refused row again to learn which column it was; only ever done once a file."""
    for (column, parser), text in zip(parsers.items(), texts, strict=True):
        try:
            parser(text)
        except ValueError as error:
            return RowError(name, number, column, text, str(error))
    raise AssertionError("a row was refused but each of its fields is accepted")


@lru_cache(maxsize=4096)
def _calendar_month(year: int, fiscal_month: int) -> str:
    return months.fiscal_months(year, months.FEDERAL)[fiscal_month - 1]


# ---------------------------------------------------------------- fields
# Cached: a file of 47,000 rows holds some 3,000 different texts.

_Parser = Callable[[str], Any]


@lru_cache(maxsize=1024)
def _year(text: str) -> _Year:
    match = _YEAR.fullmatch(text.strip())
    if match is None:
        raise ValueError("not a fiscal year; expected 2026, FY 2026 or 2026 (FYTD)")
    return _Year(int(match[1]), match[2] is not None)


@lru_cache(maxsize=16384)
def _count(text: str) -> int:
    if _NUMBER.fullmatch(text.strip()) is None:
        raise ValueError("not a count; expected a whole number such as 1985 or 1,985")
    return int(text.replace(",", ""))


@lru_cache(maxsize=4096)
def _label(text: str) -> str:
    label = unicodedata.normalize("NFC", text.strip())
    if not label:
        raise ValueError("empty; expected a name")
    if len(label) > 80 or not label.isprintable() or CROSSING in label:
        raise ValueError(f"not a name: at most 80 printable characters without {CROSSING!r}")
    return label


def _one_of(what: str, known: Mapping[str, Any]) -> _Parser:
    expected = ", ".join(known)

    @lru_cache(maxsize=256)
    def parse(text: str) -> Any:
        label = text.strip()
        if label not in known:
            raise ValueError(f"unknown {what}; expected one of: {expected}")
        return known[label]

    return parse


def _same(*labels: str) -> dict[str, str]:
    return {label: label for label in labels}


# Dimension -> its known labels; what is not among them leaves the dimension out of the file.
CLOSED: Mapping[str, frozenset[str]] = {
    "demographic": frozenset({"Accompanied Minors", "FMUA", "Single Adults", "UAC"}),
    "authority": frozenset({"Title 8", "Title 42"}),
}


@lru_cache(maxsize=256)
def _demographic(text: str) -> str:
    label = _label(text)
    # Its names until 2023, and on CBP's page of statistics.
    return "UAC" if label in ("UC / Single Minors", "UAC / Single Minors") else label


_REGIONS = dict(
    zip(("Northern Land Border", "Southwest Land Border", "Other"), BORDERS, strict=True)
)

# In the order of _Line and Cell: year, grouping, month, the labels of a cell, what is only
# checked, the count.
_PARSERS: Mapping[str, _Parser] = {
    "Fiscal Year": _year,
    "Month Grouping": _one_of("month grouping", _same("FYTD", "Remaining")),
    "Month (abbv)": _one_of("month", {month: n for n, month in enumerate(_MONTHS, start=1)}),
    "Land Border Region": _one_of("region", _REGIONS),
    "Component": _one_of("component", _same(*COMPONENTS)),
    "Area of Responsibility": _label,
    "State": _label,
    "Demographic": _demographic,
    "Citizenship": _label,
    "Citizenship Grouping": _label,
    "Title of Authority": _label,
    "Encounter Type": _one_of(
        "encounter type", _same("Apprehensions", "Expulsions", "Inadmissibles")
    ),
    "AOR (Abbv)": _label,
    _COUNT: _count,
}


def _parsers(kind: Layout) -> dict[str, _Parser]:
    """A parser for every known column; one the layout lacks gives "", or the file's one border."""
    parsers = {c: p if c in _LAYOUTS[kind] else lambda _: "" for c, p in _PARSERS.items()}
    if kind == "sbo":
        parsers["Land Border Region"] = lambda _: "southwest"
    return parsers
