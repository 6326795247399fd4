"""A publisher's files, looked at line by line: the columns of [file] in a `source.toml`.

A file may be of any kind that `tables` opens, and may have lines above its header, columns that
nobody asked for, and months and years in any form. Where the source says `exact`, it is a CSV file
as its publisher's program writes it, to the last newline.

Columns are found by name, so their order is free, but none may be missing, unknown or doubled. A
label of a column with `values` is one of these, or the file is refused, because guessing where it
belongs would move a total. One of a column with `known` may be new: no total hangs on it, so the
dimension is left out of the file, and a person joins the label to a known one in [labels]. Every
other label becomes a member of its dimension. docs/publishers.md shows such a table.
"""

import re
import unicodedata
from collections import Counter, defaultdict, namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache, partial
from io import BytesIO
from operator import attrgetter
from typing import Any, NoReturn, cast, get_args

import numpy as np

from forecast import files, months
from forecast.described import ColumnTable, SourceTable
from forecast.errors import DataError, QuarantineError, RowError
from forecast.labels import CROSSED, CROSSING, Joins
from forecast.periods import Calendar
from forecast.sources.source import (
    FileName,
    FileReader,
    ReadRelease,
    ReleaseFile,
    Source,
    coverage_of,
    release_seq,
)
from forecast.tables import dates, sheet
from forecast.tables.grid import text_of
from forecast.types import Release, ReleaseKind, Scope, SeriesKey, Snapshot
from forecast.words import printable

MONTHS = tuple(name.upper() for name in months.SHORT)
# Months as files' names have them: "aug" mostly, "sept" and whole names now and then.
_LONG = (*map(str.lower, months.NAMES), "sept")
_NAMED = {n: months.SHORT.index(n[:3]) + 1 for n in (*months.SHORT, *_LONG)}
_WHOLE = re.compile(r"\d{1,9}|\d{1,3}(?:,\d{3}){1,2}", re.ASCII)
_EXACT = re.compile(r"\d{1,7}(?:\.\d{1,18})?(?:[eE]-\d{1,2})?", re.ASCII)
_LAST = 12  # month of a year; a larger number is of a month with its year
_RUNNING = "running"  # of a line: its year is marked as not over, 2026 (FYTD)
# What a column may be beside a dimension: part of what tells lines apart, or looked at alone.
_UNKEPT = ("year", "mark", "month", "key", "checked")

FileRow = Any
"""A named tuple: month, total, the dimensions and the values of a line, in the columns' order."""


@dataclass(frozen=True, slots=True)
class FileLine:
    """A line: its number, its year, its marks, what tells it apart beside its labels, its row."""

    number: int
    year: int
    marks: tuple[str, ...]
    key: tuple[str, ...]
    row: FileRow


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """One file, read and found well-formed; whether it is to be believed is for checks.

    kind : its layout.
    seq : from the file's name; from the last year and month in it where the name does not fit.
    first_month, data_through : first month of the first year; the last month published.
    rows : lines per year.
    closed : years no longer marked as running. The last one counts only if it is complete and
        the file is not a month's interim file: its last month is still revised by the final.
    unknown : dimension -> labels that are not known.
    """

    file_name: str
    kind: str
    sha256: str
    seq: int
    first_month: str
    data_through: str
    rows: Mapping[int, int]
    closed: frozenset[int]
    cells: tuple[FileRow, ...]
    unknown: Mapping[str, frozenset[str]]


class LineReader(FileReader):
    """Reads a publisher's files, name and content.

    table : the source's `source.toml`.
    """

    def __init__(self, table: SourceTable) -> None:
        self.file = table.file
        pattern = self.file.name.replace("MONTH", "|".join(_NAMED))
        self.name = re.compile(pattern, re.IGNORECASE | re.ASCII)
        self.publisher = table.publisher.short
        self.calendar = Calendar(table.year_begins)
        self.layouts = {name: frozenset(of) for name, of in self.file.layouts.items()}
        self.columns = self.file.columns
        stored = {c.role: c for c in self.columns.values() if c.role not in _UNKEPT}
        self.known = {name: frozenset(c.known) for name, c in stored.items() if c.known is not None}
        values = [name for name, column in stored.items() if column.number]
        self.labels = [name for name in stored if name != "total" and name not in values]
        self.values = values
        # Which of a file's numbers is counted; most have one.
        self.counted = table.counted or values[-1]
        names = ("month", "total", *self.labels, *values)
        self.Row: Callable[..., FileRow] = namedtuple("Row", names)  # type: ignore[misc]

    def parse_name(self, file_name: str) -> FileName | None:
        """Return what a base name says, None if it does not fit the publisher's pattern.

        Suffixes add up: "_N" (the upload that replaced the plain name) is N + 1, "_0_0" replaced
        "_0".
        """
        match = self.name.fullmatch(re.sub(r"\.gz$", "", file_name, flags=re.IGNORECASE))
        if match is None or "first" not in match.groupdict():
            return None
        parts = {name: (text or "").lower() for name, text in match.groupdict().items()}
        month = parts.get("month")
        layout = parts.get("family") or parts.get("layout") or None
        return FileName(
            first=dates.full_year(parts["first"]),
            last=dates.full_year(parts["last"]),
            month=self.calendar.nth(_NAMED[month] - 1) if month else None,
            layout=next(iter(self.layouts)) if len(self.layouts) == 1 else layout,
            suffix=min(sum(int(n[:3]) + 1 for n in parts.get("suffix", "").split("_")[1:]), 99),
        )

    def read(
        self, source: Source, file: ReleaseFile, joins: Joins, dimensions: Sequence[str]
    ) -> ReadRelease:
        """Read one published file, packed or not; errors as `table`."""
        table = self.table(file.name, file.content, joins)
        wanted = source.hierarchy.dimensions or dimensions
        seen = file.first_seen or None
        snapshot = self.snapshot(source, table, wanted, first_seen_at=seen, url=file.url)
        return ReadRelease(snapshot, table.unknown)

    def table(self, name: str, content: bytes, joins: Joins | None = None) -> PublishedTable:
        """Read a file's lines.

        joins : labels that mean another one. RowError for a line that cannot be understood names
        the line, the column and what to do; QuarantineError is for a header without rows, DataError
        for one that is no known layout.
        """
        plain = name.removesuffix(".gz")
        lines_in, head = self._table_in(plain, content)
        kind, columns = self._header(plain, list(map(text_of, lines_in.row(head))))
        lines = self._lines(plain, kind, columns, lines_in, head)
        if not lines:
            raise QuarantineError(plain, ["a header without rows; fetch the file again"])
        self.refuse(plain, lines)
        named = self.parse_name(plain)
        counted = Counter(line.year for line in lines)
        last = max(counted)
        through = max(line.row.month for line in lines if line.year == last)
        span = self.calendar.period(last).months
        # The publisher marks the running year; a last year that is not complete runs as well.
        interim = named is not None and named.month is not None
        incomplete = {last} if interim or through != span[-1] else set()
        marked = {line.year for line in lines if _RUNNING in line.marks}
        closed = frozenset(counted) - incomplete - marked
        cells = self._joined([line.row for line in lines], joins or {})
        seq = release_seq(last, span.index(through) + 1, last in closed, 0)
        return PublishedTable(
            file_name=plain,
            kind=kind,
            sha256=files.content_sha256(BytesIO(content)),
            seq=named.seq if named else seq,
            first_month=self.calendar.period(min(counted)).first_month,
            data_through=through,
            rows=dict(sorted(counted.items())),
            closed=closed,
            cells=cells,
            unknown=self._unknown(cells),
        )

    def _unknown(self, cells: Sequence[FileRow]) -> dict[str, frozenset[str]]:
        """Return the labels that are not known, by dimension."""
        labels = {name: {*map(attrgetter(name), cells), ""} for name in self.known}
        unknown = {name: frozenset(labels[name] - self.known[name] - {""}) for name in labels}
        return {name: new for name, new in unknown.items() if new}

    def _joined(self, cells: Sequence[FileRow], joins: Joins) -> tuple[FileRow, ...]:
        """Return lines with labels of closed lists joined; others are joined outside the record."""
        for label in joins.keys() & self.known.keys():
            by, read = joins[label], attrgetter(label)
            cells = [cell._replace(**{label: by.get(read(cell), read(cell))}) for cell in cells]
        return tuple(cells)

    def _table_in(self, name: str, content: bytes) -> tuple[sheet.Sheet, int]:
        """Return the sheet that has the lines, and the row of their header.

        The header decides the layout, never the name: files are renamed on their way.
        """
        if self.file.exact:
            (page,) = sheet.sheets_of(name, content, files.MAX_BYTES, partial(self._header, name))
            return page, 0
        every = sheet.sheets_of(name, content)
        sheets = [page for page in every if self.file.sheet in ("", page.title)]
        tops = [(page, row) for page in sheets for row in range(min(sheet.TOP, len(page.grid)))]

        def named(top: tuple[sheet.Sheet, int]) -> int:
            return len(self.columns.keys() & set(map(text_of, top[0].row(top[1]))))

        if not tops:
            self._header(name, [])  # which says what is missing
        return max(tops, key=named)

    def refuse(self, name: str, lines: Sequence[FileLine]) -> None:
        """Refuse lines that do not fit together: a key that is there twice would count twice.

        A publisher's own reader says what else does not.
        """
        seen: dict[tuple[Any, ...], int] = {}
        for line in lines:
            number, labels = line.number, line.row[: -len(self.values)]
            first = seen.setdefault((labels, line.key), number)
            if first != number:
                shown = ", ".join(part for part in labels if part)
                problem = f"duplicates line {first}; the file is damaged, download it again"
                raise RowError(name, number, "", shown, problem)

    def snapshot(
        self,
        source: Source,
        table: PublishedTable,
        dimensions: Sequence[str],
        *,
        name: str = "",
        first_seen_at: str | None = None,
        url: str = "",
    ) -> Snapshot:
        """Return what a file says: its totals, their sum, and the dimensions its layout has.

        A dimension is a column, or a crossing of several, written "state*citizenship"; the member
        of a crossing is written "TX * MEXICO".

        dimensions : those the layout lacks are passed over, and those with a label that is not
            known: half a dimension would show groups at 0 that are not.
        name : of the release, the file's name without ".csv" if empty.
        first_seen_at : vintage date "YYYY-MM-DD", None where it is unknown.
        """
        # From the first month of the first year on, which may have no line.
        span = months.between(table.first_month, table.data_through)
        only = self.file.only.get(table.kind)
        counts, known = self.counts(source, table, dimensions, span)
        by_component, halves = source.hierarchy.by_component, source.hierarchy.components
        # A total's parts are known wherever it is: who has not reported has no parts either.
        scopes = [(key.scope, key.total) for key in counts if key.headline] + [
            (Scope(total, dimension, component), total)
            for total in ((only,) if only else source.totals.parts)
            for dimension in known
            for component in (halves if dimension in by_component else ("",))
        ]
        kind = table.kind if table.kind in get_args(ReleaseKind) else "manual"
        return Snapshot(
            release=Release(
                source=name or table.file_name.removesuffix(".csv"),
                kind=cast("ReleaseKind", kind),
                file_name=table.file_name,
                sha256=table.sha256,
                data_through=table.data_through,
                seq=table.seq,
                first_seen_at=first_seen_at,
                first_seen_precision="day" if first_seen_at else "unknown",
                url=url,
            ),
            counts=counts,
            coverage=tuple(
                covered
                for scope, total in scopes
                for covered in coverage_of(scope, counts.get(SeriesKey(total), {}))
            ),
            rows=table.rows,
            closed=table.closed,
        )

    def counts(
        self, source: Source, table: PublishedTable, dimensions: Sequence[str], span: Sequence[str]
    ) -> tuple[dict[SeriesKey, Mapping[str, int]], list[str]]:
        """Return what a file counts by series and month, and the dimensions that it has.

        A total has the months of which there are lines, or each of the span where the source says
        that a month without a line is 0; the whole has the months in which all of them are known.
        """
        known = [name for name in dimensions if self._has(table, name)]
        tree, only = source.tree, self.file.only.get(table.kind)
        totals = (only,) if only else source.totals.parts
        sums = self.sums(table, "")
        absent = dict.fromkeys(span, 0) if self.file.absent_is_none else {}
        counts: dict[SeriesKey, Mapping[str, int]] = {
            SeriesKey(total): absent | sums.get(SeriesKey(total), {}) for total in totals
        }
        of_parts = [counts[part] for part in tree.addends(counts)]
        if tree.whole and of_parts:
            shared = set(span).intersection(*of_parts)
            counts[tree.whole] = {m: sum(part[m] for part in of_parts) for m in sorted(shared)}
        counts = {key: by_month for key, by_month in counts.items() if by_month}
        for dimension in known:
            counts |= self.sums(table, dimension, dimension in tree.by_half)
        return counts, known

    def _has(self, table: PublishedTable, dimension: str) -> bool:
        """Return whether a file has the columns of a dimension, and no label that is not known."""
        columns = dimension.split(CROSSED)
        there = all(getattr(table.cells[0], column, "") for column in columns)
        return there and table.unknown.keys().isdisjoint(columns)

    def sums(
        self, table: PublishedTable, dimension: str, by_component: bool = False
    ) -> dict[SeriesKey, dict[str, int]]:
        """Return the counts of each total ("") or member in the months of which there are lines.

        Of numbers with decimals each month is rounded to a whole.
        """
        columns = dimension.split(CROSSED) if dimension else []
        # Lines are finer than members: by age, say; a member's month is their sum.
        place = attrgetter("total", "month", *(["component"] if by_component else []), *columns)
        # Exact numbers, never floats: their sum depends on the order of the lines.
        exact: dict[tuple[str, ...], int | Decimal] = defaultdict(int)
        value = attrgetter(self.counted)
        for cell in table.cells:
            exact[place(cell)] += value(cell)
        counts: dict[SeriesKey, dict[str, int]] = defaultdict(dict)
        for (total, month, *members), number in exact.items():
            component = members.pop(0) if by_component else ""
            key = SeriesKey(total, dimension, CROSSING.join(members), component)
            counts[key][month] = round(number)
        return dict(counts)

    def _header(self, name: str, fields: Sequence[str]) -> tuple[str, dict[str, int]]:
        """Return the layout that a header is of, and the place of each of its columns."""
        header = [field.strip() for field in fields]
        if not self.file.exact:  # columns that nobody asked for
            header = [column for column in header if column in self.columns]
        # By name a doubled column would be read twice from one place.
        if doubled := set(header) - {column for column, n in Counter(header).items() if n == 1}:
            shown = _quoted(sorted(doubled & self.columns.keys()))
            raise DataError(f"{name}: column {shown or 'names'} appears twice")
        kind, columns = min(self.layouts.items(), key=lambda layout: len(layout[1] ^ set(header)))
        missing, unknown = sorted(columns - set(header)), sorted(set(header) - columns)
        if missing or (unknown and self.file.exact):
            self._refuse_layout(name, kind, missing, unknown)
        places = {field.strip(): at for at, field in enumerate(fields)}
        return kind, {column: places[column] for column in columns}

    def _refuse_layout(
        self, name: str, kind: str, missing: Sequence[str], unknown: Sequence[str]
    ) -> NoReturn:
        """Say which columns keep a header from being the layout that it resembles most."""
        parts = [f"missing column {column!r}" for column in missing[:5]]
        # Of a table that is not his nothing is quoted: its first line may be anything, a password
        # say.
        theirs = len(missing) <= len(self.layouts[kind]) / 2
        if unknown and theirs:
            parts.append(f"unknown column {_quoted(unknown)}")
        own = "" if theirs else "; for counts of your own: `bordercast config init FILE`"
        called = f"{kind} layout" if len(self.layouts) > 1 else "layout"
        raise DataError(
            f"{name}: not {self.publisher}'s {called}: {', '.join(parts)}{own}; a changed layout "
            "needs a new reader"
        )

    def _lines(
        self, name: str, kind: str, places: Mapping[str, int], page: sheet.Sheet, head: int
    ) -> list[FileLine]:
        """Return the lines below a header; RowError names the first fault of the first bad line.

        Each different text of a column is looked at once, in the order of `source.toml`.
        """
        columns = [column for column in self.columns if column in places]
        codes = page.grid[head + 1 :, [places[column] for column in columns]]
        numbers = page.line[head + 1 :]
        if not self.file.exact:
            filled = codes.any(axis=1)
            codes, numbers = codes[filled], numbers[filled]
        faults: list[tuple[int, str, str, ValueError]] = []
        meant: list[dict[int, Any]] = []
        for column, of_column in zip(columns, codes.T, strict=True):
            meant.append({})
            for code in np.unique(of_column).tolist():
                text = text_of(page.labels[code])
                try:
                    meant[-1][code] = _meaning(self.columns[column], self.file.exact, text)
                except ValueError as error:
                    first = int(numbers[np.argmax(of_column == code)])
                    faults.append((first, column, text, error))
        if faults:
            line, column, text, why = min(faults, key=lambda fault: fault[0])
            raise RowError(name, line, column, text, str(why)) from why
        by_role: dict[str, list[Any]] = defaultdict(list)
        for column, of_column, values in zip(columns, codes.T.tolist(), meant, strict=True):
            by_role[self.columns[column].role].append([values[code] for code in of_column])
        return list(self._rows(kind, numbers.tolist(), by_role))

    def _rows(
        self, kind: str, numbers: Sequence[int], by_role: Mapping[str, Sequence[Any]]
    ) -> Iterator[FileLine]:
        """Yield the lines of a file by what its columns are; by_role : a list a column."""
        # A column that the layout lacks is "", but for the one total of its files.
        names = ("total", *self.labels, *self.values)
        absent = dict.fromkeys(names, "") | {"total": self.file.only.get(kind, ""), "year": (0, "")}
        several = [by_role.get(role, ()) for role in ("mark", "key")]
        for at, number in enumerate(numbers):
            of = absent | {role: columns[0][at] for role, columns in by_role.items()}
            year, running = of["year"]
            if of["month"] > _LAST:  # its year stands beside it
                year, month = self.calendar.year(of["month"]), months.from_index(of["month"])
            else:
                month = _month_of(year, of["month"], self.calendar)
            marks, key = (tuple(column[at] for column in columns) for columns in several)
            row = self.Row(month, *(of[name] for name in names))
            yield FileLine(number, year, (running, *marks), key, row)


def _quoted(columns: Sequence[str]) -> str:
    """Return columns' names for a message, few and short."""
    return ", ".join(repr(printable(column, 40)) for column in columns[:5])


@lru_cache(maxsize=4096)
def _month_of(year: int, calendar_month: int, calendar: Calendar) -> str:
    return calendar.period(year, calendar.nth(calendar_month - 1)).last_month


def _meaning(column: ColumnTable, exact: bool, text: str) -> Any:
    """Return what a text of a column says; ValueError says what was expected."""
    label, role = text.strip(), column.role
    if not (exact or column.pattern):
        meant = _as_people_write(column, label)
        if meant is not None:
            return meant
    if role == "year":
        return _year(column, label)
    values = MONTHS if role == "month" else column.values
    if values is not None:
        if label not in values:
            expected = f"expected one of: {', '.join(values)}"
            raise ValueError(f"unknown {column.called or role}; {expected}")
        if role == "month":
            return MONTHS.index(label) + 1
        return values[label] if isinstance(values, Mapping) else label
    if column.pattern and not re.fullmatch(column.pattern, text, re.ASCII):
        raise ValueError(column.problem)
    return _number(column.number, text) if column.number else _label(column, text)


def _as_people_write(column: ColumnTable, label: str) -> Any:
    """Return a year, a month or a number in any usual form; None where a column has none."""
    if column.role == "year":
        named = dates.names_year(label)
        return (named[0], "") if named else None
    if column.role == "month":
        if re.fullmatch(r"0?[1-9]|1[0-2]", label, re.ASCII):
            return int(label)
        # With its year it is a running number.
        return dates.names_month(label) or dates.read(label, dates.MONTH_FIRST, 1)[0]
    if column.number:
        return _number(column.number, label if "." in label else label.replace(" ", ""))
    return None


def _year(column: ColumnTable, label: str) -> tuple[int, str]:
    """Return the year that a label is by its column's pattern, and whether it runs."""
    # ASCII: \d takes any digit there is, and a file with others is not this publisher's.
    match = re.fullmatch(column.pattern or r"(?P<year>20\d\d)", label, re.ASCII)
    if match is None:
        raise ValueError(f"not a year; expected {column.expected or '2026'}")
    return int(match["year"]), _RUNNING if match.groupdict().get("running") else ""


def _number(form: str, text: str) -> int | Decimal:
    if form == "whole":
        if _WHOLE.fullmatch(text.strip()) is None:
            raise ValueError("not a count; expected a whole number such as 1985 or 1,985")
        return int(text.replace(",", ""))
    if _EXACT.fullmatch(text) is None:
        raise ValueError("not a number; expected one such as 12.5")
    return Decimal(text)


def _label(column: ColumnTable, text: str) -> str:
    # One letter, one form: else a label typed elsewhere would be another member.
    label = unicodedata.normalize("NFC", text.strip())
    if not label:
        raise ValueError("empty; expected a name")
    if len(label) > 80 or not label.isprintable() or CROSSING in label:
        raise ValueError(f"not a name: at most 80 printable characters without {CROSSING!r}")
    label = label.title() if column.capitals else label
    return column.renamed.get(label, label)
