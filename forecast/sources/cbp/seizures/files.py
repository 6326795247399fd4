"""CBP's files of drug seizures -> rows. The only place that knows their columns and labels.

One layout, a line for each month, agency, sector or office, land filter and drug:

    FY,Month (abbv),Component,Region,Land Filter,Area of Responsibility,Drug Type,Count of Event,
    Sum Qty (lbs)

Region, agency, land filter and month are closed lists: a new label stops the file, because guessing
where it belongs would move a border's total. Drugs are closed too, but no total hangs on them:
with an unknown one the file is read without its drugs. "Land Only" are seizures at or near a land
border, "Other" those at airports, seaports and inland; a border's count has both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from forecast import months
from forecast.errors import DataError, QuarantineError, RowError
from forecast.files import Text, rows
from forecast.sources.cbp.encounters.files import COMPONENTS
from forecast.sources.cbp.encounters.labels import FIELD_BORDERS
from forecast.sources.source import FileName, release_seq

LAYOUT = "manual"  # as `types.Release.kind` has it
REGIONS = {
    "Northern Border": "northern",
    "Southwest Border": "southwest",
    "Coastal/Interior": "other",
}
# The publisher's labels -> as people write them.
DRUGS = {
    "Cocaine": "Cocaine",
    "Ecstasy": "Ecstasy",
    "Fentanyl": "Fentanyl",
    "Heroin": "Heroin",
    "Ketamine": "Ketamine",
    "Khat (Catha Edulis)": "Khat",
    "Lsd": "LSD",
    "Marijuana": "Marijuana",
    "Methamphetamine": "Methamphetamine",
    "Other Drugs**": "Other drugs",
}
_KINDS = dict(zip(COMPONENTS, ("Sector", "Field Office"), strict=True))
_MONTHS = ("OCT", "NOV", "DEC", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP")
_NAME = re.compile(
    r"nationwide-drugs-fy(?:20)?(\d\d)-fy(?:20)?(\d\d)(?:-([a-z]{3,9}))?((?:_\d+)*)\.csv",
    re.IGNORECASE | re.ASCII,
)

_Fits = Callable[[str], object]


def _one_of(known: Iterable[str]) -> tuple[_Fits, str]:
    labels = tuple(known)
    return labels.__contains__, f"not known; known are {', '.join(labels)}"


def _is_label(text: str) -> bool:
    return bool(text.strip()) and text.isprintable() and len(text) <= 60


# Column -> whether a cell can be read, and what is wrong where it cannot.
_CELLS: Mapping[str, tuple[_Fits, str]] = {
    "FY": (
        re.compile(r"20\d\d(?: \(FYTD\))?", re.ASCII).fullmatch,
        "no fiscal year such as 2025 or 2026 (FYTD)",
    ),
    "Month (abbv)": _one_of(_MONTHS),
    "Component": _one_of(COMPONENTS),
    "Region": _one_of(REGIONS),
    "Land Filter": _one_of(("Land Only", "Other")),
    "Area of Responsibility": (
        re.compile(r"[A-Z][A-Z .'-]{1,40} (?:SECTOR|FIELD OFFICE)", re.ASCII).fullmatch,
        "no sector or field office in capitals",
    ),
    "Drug Type": (_is_label, "no name of a drug"),
    "Count of Event": (
        re.compile(r"[1-9]\d{0,5}", re.ASCII).fullmatch,
        "no whole number of events, 1 or more",
    ),
    "Sum Qty (lbs)": (
        re.compile(r"\d{1,7}(?:\.\d{1,18})?(?:[eE]-\d{1,2})?", re.ASCII).fullmatch,
        "no pounds such as 0.0661 or 1205.5",
    ),
}


class DrugRow(NamedTuple):
    """One line: events is a count >= 1, pounds >= 0."""

    month: str
    border: str
    component: str
    field: str
    drug: str
    land: str
    events: int
    pounds: Decimal


@dataclass(frozen=True, slots=True)
class DrugReading:
    """One file, read and found well-formed; whether it is to be believed is for checks.

    first_month, data_through : October of the first fiscal year; the last month with a line.
    lines : per fiscal year. closed : fiscal years no longer marked as running. unknown : drugs that
    are not known. The others as in `cbp_encounters.files.EncounterReading`.
    """

    file_name: str
    sha256: str
    seq: int
    first_month: str
    data_through: str
    lines: Mapping[int, int]
    closed: frozenset[int]
    rows: tuple[DrugRow, ...]
    unknown: frozenset[str]


class _DrugLine(NamedTuple):
    number: int
    year: int
    running: bool
    row: DrugRow


def parse_name(file_name: str) -> FileName | None:
    """What a base name says, None if it does not fit the publisher's pattern."""
    match = _NAME.fullmatch(re.sub(r"\.gz$", "", file_name, flags=re.IGNORECASE))
    if match is None:
        return None
    month = match[3] and match[3][:3].upper()
    if month and month not in _MONTHS:
        return None
    return FileName(
        first=2000 + int(match[1]),
        last=2000 + int(match[2]),
        month=_MONTHS.index(month) + 1 if month else None,
        layout=LAYOUT,
        suffix=min(sum(int(n[:3]) + 1 for n in match[4].split("_")[1:]), 99),
    )


def reading_of(text: Text) -> DrugReading:
    """Read a file.

    Raises
    ------
    RowError : a line that cannot be understood; names the line, the column and what to do.
    QuarantineError : a header without rows. DataError : a header that is not this layout.
    """
    records = rows(text)
    header = _header(text.name, records)
    lines = [_line(text.name, number, header, fields) for number, fields in records]
    if not lines:
        raise QuarantineError(text.name, ["a header without rows; fetch the file again"])
    _refuse_doubled(text.name, lines)
    _refuse_odd_years(text.name, lines)
    years = Counter(line.year for line in lines)
    last = max(years)
    through = max(line.row.month for line in lines)
    name = parse_name(text.name)
    running = {line.year for line in lines if line.running}
    if (name and name.month is not None) or not through.endswith("-09"):
        running.add(last)
    closed = frozenset(years) - running
    position = months.fiscal_months(last, months.FEDERAL).index(through) + 1
    return DrugReading(
        file_name=text.name,
        sha256=text.sha256,
        seq=name.seq if name else release_seq(last, position, last in closed, 0),
        first_month=months.fiscal_months(min(years), months.FEDERAL)[0],
        data_through=through,
        lines=dict(sorted(years.items())),
        closed=closed,
        rows=tuple(line.row for line in lines),
        unknown=frozenset(line.row.drug for line in lines) - DRUGS.keys(),
    )


def _header(name: str, records: Iterator[tuple[int, list[str]]]) -> list[str]:
    _, fields = next(records)
    header = [field.strip() for field in fields]
    missing = [column for column in _CELLS if column not in header]
    if missing:
        raise DataError(
            f"{name}: missing column {', '.join(map(repr, missing[:5]))}; fetch the file again, or "
            "a newer version of this program reads it"
        )
    if len(header) != len(_CELLS):
        more = len(header) - len(_CELLS)
        raise DataError(f"{name}: {more} columns more than are known; the layout has changed")
    return header


def _line(name: str, number: int, header: Sequence[str], fields: Sequence[str]) -> _DrugLine:
    """One line's values; RowError names the column."""
    if len(fields) != len(header):
        problem = f"{len(fields)} fields, {len(header)} columns; the line was cut or joined"
        raise RowError(name, number, "", ",".join(fields), problem)
    cell = dict(zip(header, fields, strict=True))
    for column, (fits, problem) in _CELLS.items():
        if not fits(cell[column]):
            raise RowError(name, number, column, cell[column], problem)
    year = int(cell["FY"][:4])
    row = _row(cell, year)
    place = cell["Area of Responsibility"]
    if not row.field.endswith(_KINDS[row.component]):
        problem = f"none of the {row.component}'s"
        raise RowError(name, number, "Area of Responsibility", place, problem)
    if FIELD_BORDERS.get(row.field, "other") != row.border:
        raise RowError(name, number, "Region", cell["Region"], f"not where {row.field} is")
    return _DrugLine(number, year, cell["FY"] != str(year), row)


def _row(cell: Mapping[str, str], year: int) -> DrugRow:
    return DrugRow(
        month=months.fiscal_months(year, months.FEDERAL)[_MONTHS.index(cell["Month (abbv)"])],
        border=REGIONS[cell["Region"]],
        component=cell["Component"],
        field=cell["Area of Responsibility"].title(),
        drug=cell["Drug Type"],
        land=cell["Land Filter"],
        events=int(cell["Count of Event"]),
        pounds=Decimal(cell["Sum Qty (lbs)"]),
    )


def _refuse_doubled(name: str, lines: Sequence[_DrugLine]) -> None:
    """The same key twice would count twice."""
    seen: dict[tuple[str, ...], int] = {}
    for line in lines:
        first = seen.setdefault(line.row[:6], line.number)
        if first != line.number:
            problem = f"says again what line {first} says; the file is damaged, fetch it again"
            raise RowError(name, line.number, "", ", ".join(line.row[:6]), problem)


def _refuse_odd_years(name: str, lines: Sequence[_DrugLine]) -> None:
    """Only the last year runs, all its lines say so, and every month before the last has lines."""
    last = max(line.year for line in lines)
    marks = {line.running for line in lines if line.year == last}
    for line in lines:
        if line.running and (line.year != last or len(marks) > 1):
            raise RowError(name, line.number, "FY", str(line.year), "only some lines say FYTD")
    present = {(line.row.border, line.row.month) for line in lines}
    first, through = (pick(month for _, month in present) for pick in (min, max))
    empty = [
        f"{border} in {month}"
        for border in REGIONS.values()
        for month in months.between(first, through)
        if (border, month) not in present
    ]
    if empty or not first.endswith("-10"):
        shown = ", ".join(empty[:3]) or f"before {first}"
        raise QuarantineError(name, [f"no line for {shown}: rows are missing; fetch it again"])
