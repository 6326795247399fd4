"""A publisher's CSV, read by the table of its columns: [file] in a `source.toml`.

Columns are found by name, so their order is free, but none may be missing, unknown or doubled. A
label of a column with `values` is one of these, or the file is refused, because guessing where it
belongs would move a total. One of a column with `known` may be new: no total hangs on it, so the
dimension is left out of the file, and a person joins the label to a known one in [labels]. Every
other label becomes a member of its dimension. docs/publishers.md shows such a table.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict, namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple, cast, get_args

from forecast import files, months
from forecast.errors import DataError, QuarantineError, RowError
from forecast.labels import CROSSED, CROSSING, Joins
from forecast.sources.source import (
    FileName,
    FileReader,
    ReadRelease,
    ReleaseFile,
    Source,
    release_seq,
)
from forecast.types import Coverage, Release, ReleaseKind, Scope, SeriesKey, Snapshot
from forecast.words import printable

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
# Months as files' names have them: "aug" mostly, "sept" and whole names now and then.
_LONG = (
    *("january", "february", "march", "april", "june", "july", "august", "september", "sept"),
    *("october", "november", "december"),
)
_NAMED = {n: MONTHS.index(n[:3].upper()) + 1 for n in (*map(str.lower, MONTHS), *_LONG)}
_WHOLE = re.compile(r"\d{1,9}|\d{1,3}(?:,\d{3}){1,2}", re.ASCII)
_EXACT = re.compile(r"\d{1,7}(?:\.\d{1,18})?(?:[eE]-\d{1,2})?", re.ASCII)
# What a column may be beside a dimension: part of what tells lines apart, or looked at alone.
_UNKEPT = ("year", "mark", "month", "key", "checked")

FileRow = Any
"""A named tuple: month, total, the dimensions and the values of a line, in the columns' order."""

_Parser = Callable[[str], Any]


class Year(NamedTuple):
    """A year as a file names it, and whether it is marked as still running: 2026 (FYTD)."""

    number: int
    marked: bool


class Line(NamedTuple):
    """A line of a file; `values` are those of all columns, in the order of `source.toml`."""

    number: int
    year: Year
    row: FileRow
    values: tuple[Any, ...]


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

    def release(
        self, name: str, first_seen_at: str | None, url: str, kind: str = "manual"
    ) -> Release:
        """Return the release that the file is, called by its name unless `name` names it.

        first_seen_at : "YYYY-MM-DD", None where the day is not known.
        """
        return Release(
            source=name or self.file_name.removesuffix(".csv"),
            kind=cast("ReleaseKind", kind if kind in get_args(ReleaseKind) else "manual"),
            file_name=self.file_name,
            sha256=self.sha256,
            data_through=self.data_through,
            seq=self.seq,
            first_seen_at=first_seen_at,
            first_seen_precision="day" if first_seen_at else "unknown",
            url=url,
        )


class CsvReader(FileReader):
    """Reads a publisher's CSV files, name and content.

    Parameters
    ----------
    table : the source's `source.toml`.
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        file = table["file"]
        month = "|".join(_NAMED)
        pattern = file["name"].replace("MONTH", month)
        self.name = re.compile(pattern, re.IGNORECASE | re.ASCII)
        self.publisher: str = table["publisher"]["short"]
        self.begins: int = table["year_begins"]
        self.layouts = {name: frozenset(columns) for name, columns in file["layouts"].items()}
        self.only: Mapping[str, str] = file.get("only", {})
        self.columns: Mapping[str, Mapping[str, Any]] = file["columns"]
        self.known = {
            column["is"]: frozenset(column["known"])
            for column in self.columns.values()
            if "known" in column
        }
        kept = {c["is"]: c for c in self.columns.values() if c["is"] not in _UNKEPT}
        self.values = [name for name, column in kept.items() if "number" in column]
        self.dimensions = [n for n in kept if n != "total" and n not in self.values]
        names = ("month", "total", *self.dimensions, *self.values)
        self.Row: Callable[..., FileRow] = namedtuple("Row", names)  # type: ignore[misc]
        self.roles = [column["is"] for column in self.columns.values()]
        self.parsers = {name: self._parser(column) for name, column in self.columns.items()}

    def parse_name(self, file_name: str) -> FileName | None:
        """Return what a base name says, None if it does not fit the publisher's pattern.

        Suffixes add up: "_N" (the upload that replaced the plain name) is N + 1, "_0_0" replaced
        "_0".
        """
        match = self.name.fullmatch(re.sub(r"\.gz$", "", file_name, flags=re.IGNORECASE))
        if match is None:
            return None
        parts = {name: (text or "").lower() for name, text in match.groupdict().items()}
        month = parts.get("month")
        layout = parts.get("family") or parts.get("layout") or None
        return FileName(
            first=2000 + int(parts["first"]) % 100,
            last=2000 + int(parts["last"]) % 100,
            month=(_NAMED[month] - self.begins) % 12 + 1 if month else None,
            layout=next(iter(self.layouts)) if len(self.layouts) == 1 else layout,
            suffix=min(sum(int(n[:3]) + 1 for n in parts.get("suffix", "").split("_")[1:]), 99),
        )

    def read(
        self, source: Source, file: ReleaseFile, joins: Joins, dimensions: Sequence[str]
    ) -> ReadRelease:
        """Read one published file, .csv or .csv.gz; errors as `table`."""
        table = self.table(files.text_of(file.name, BytesIO(file.content)), joins)
        snapshot = self.snapshot(
            source,
            table,
            source.hierarchy.dimensions or dimensions,
            first_seen_at=file.first_seen or None,
            url=file.url,
        )
        return ReadRelease(snapshot, table.unknown)

    def table(self, text: files.Text, joins: Joins | None = None) -> PublishedTable:
        """Read a file's lines.

        Parameters
        ----------
        joins : labels that mean another one.

        Raises
        ------
        RowError : a line that cannot be understood; names the line, the column and what to do.
        QuarantineError : a header without rows.
        DataError : a header that is no known layout.
        """
        records = files.rows(text)
        # The header decides the layout, never the name: files are renamed on their way.
        kind, header = self._header(text.name, records)
        lines = list(self._lines(text.name, kind, header, records))
        if not lines:
            raise QuarantineError(text.name, ["a header without rows; fetch the file again"])
        self._refuse_duplicates(text.name, lines)
        self.refuse(text.name, lines)
        name = self.parse_name(text.name)
        counted = Counter(line.year.number for line in lines)
        last = max(counted)
        through = max(line.row.month for line in lines if line.year.number == last)
        span = months.fiscal_months(last, self.begins)
        # The publisher marks the running year; a last year that is not complete runs as well.
        running = {line.year.number for line in lines if line.year.marked}
        if (name and name.month is not None) or through != span[-1]:
            running.add(last)
        closed = frozenset(counted) - running
        cells = self._joined((line.row for line in lines), joins or {})
        unknown = {
            dimension: frozenset({getattr(cell, dimension) for cell in cells}) - known - {""}
            for dimension, known in self.known.items()
        }
        position = span.index(through) + 1
        return PublishedTable(
            file_name=text.name,
            kind=kind,
            sha256=text.sha256,
            seq=name.seq if name else release_seq(last, position, last in closed, 0),
            first_month=months.fiscal_months(min(counted), self.begins)[0],
            data_through=through,
            rows=dict(sorted(counted.items())),
            closed=closed,
            cells=cells,
            unknown={dimension: labels for dimension, labels in unknown.items() if labels},
        )

    def refuse(self, name: str, lines: Sequence[Line]) -> None:
        """Refuse lines that do not fit together; a publisher's own reader says which."""

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

        Parameters
        ----------
        dimensions : those the layout lacks are passed over, and those with a label that is not
            known: half a dimension would show groups at 0 that are not.
        name : of the release, the file's name without ".csv" if empty.
        first_seen_at : vintage date "YYYY-MM-DD", None where it is unknown.
        """
        totals = (self.only[table.kind],) if table.kind in self.only else source.totals.parts
        known = [
            dimension
            for dimension in dimensions
            if all(getattr(table.cells[0], column, "") for column in dimension.split(CROSSED))
            and not table.unknown.keys() & set(dimension.split(CROSSED))
        ]
        # From the first month of the first year: a month without a line is 0, not unknown.
        span = months.between(table.first_month, table.data_through)
        sums = source.hierarchy
        counts: dict[SeriesKey, Mapping[str, int]] = {}
        counts.update(self._totals(source, table.cells, totals, span))
        scopes = [key.scope for key in counts]
        for dimension in known:
            counts.update(self._members(table.cells, dimension, dimension in sums.by_component))
        scopes += [
            Scope(total, dimension, component)
            for total in totals
            for dimension in known
            for component in (sums.components if dimension in sums.by_component else ("",))
        ]
        return Snapshot(
            release=table.release(name, first_seen_at, url, table.kind),
            counts=counts,
            coverage=tuple(Coverage(scope, span[0], span[-1]) for scope in scopes),
            rows=table.rows,
            closed=table.closed,
        )

    def _totals(
        self, source: Source, cells: Iterable[FileRow], totals: Sequence[str], span: Sequence[str]
    ) -> dict[SeriesKey, dict[str, int]]:
        """Return each total's months of the span, 0 where none; the whole if all are there."""
        by_total = {total: dict.fromkeys(span, 0) for total in totals}
        for cell in cells:
            by_total[cell.total][cell.month] += cell[-1]
        whole, parts = source.totals.whole, source.totals.parts
        if whole and set(parts) <= set(totals):
            by_total[whole] = {
                month: sum(by_total[part][month] for part in parts) for month in span
            }
        return {SeriesKey(total): by_month for total, by_month in by_total.items()}

    def _members(
        self, cells: Sequence[FileRow], dimension: str, by_component: bool
    ) -> dict[SeriesKey, dict[str, int]]:
        """Return the counts of every member; months without a line, which are 0, are left out."""
        columns = dimension.split(CROSSED)
        place = attrgetter("total", "month", *(["component"] if by_component else []), *columns)
        # Lines are finer than members: by age, say; a member's month is their sum.
        sums: dict[tuple[str, ...], int] = defaultdict(int)
        for key, cell in zip(map(place, cells), cells, strict=True):
            sums[key] += cell[-1]
        counts: dict[SeriesKey, dict[str, int]] = defaultdict(dict)
        for (total, month, *members), value in sums.items():
            component = members.pop(0) if by_component else ""
            counts[SeriesKey(total, dimension, CROSSING.join(members), component)][month] = value
        return dict(counts)

    # ---------------------------------------------------------------- lines

    def _header(self, name: str, records: Iterator[tuple[int, list[str]]]) -> tuple[str, list[str]]:
        _, fields = next(records)
        header = [field.strip() for field in fields]
        # By name a doubled column would be read twice from one place.
        doubled = [column for column, n in Counter(header).items() if n > 1]
        if doubled:
            shown = _quoted([column for column in doubled if column in self.columns])
            raise DataError(f"{name}: column {shown or 'names'} appears twice")
        for kind, columns in self.layouts.items():
            if columns == set(header):
                return kind, header
        raise DataError(f"{name}: {self._header_problem(set(header))}")

    def _header_problem(self, header: set[str]) -> str:
        """Name the columns that keep a header from being the layout it resembles most."""
        kind, columns = min(self.layouts.items(), key=lambda layout: len(layout[1] ^ header))
        missing, unknown = sorted(columns - header), sorted(header - columns)
        parts = [f"missing column {column!r}" for column in missing[:5]]
        # Of a table that is not his nothing is quoted: its first line may be anything, a password
        # say.
        if unknown and len(missing) <= len(columns) / 2:
            parts.append(f"unknown column {_quoted(unknown)}")
        called = f"{kind} layout" if len(self.layouts) > 1 else "layout"
        return (
            f"not {self.publisher}'s {called}: {', '.join(parts)}; a changed layout needs a new "
            "reader"
        )

    def _lines(
        self, name: str, kind: str, header: list[str], records: Iterable[tuple[int, list[str]]]
    ) -> Iterator[Line]:
        parsers = {
            column: parser if column in self.layouts[kind] else self._absent(kind, column)
            for column, parser in self.parsers.items()
        }
        # A column the layout lacks is read from the "" appended to each row.
        pick = itemgetter(*(header.index(c) if c in header else len(header) for c in parsers))
        parse = list(parsers.values())
        year_at, month_at = self.roles.index("year"), self.roles.index("month")
        labels = [self.roles.index(name) for name in (*self.dimensions, *self.values)]
        total_at = self.roles.index("total") if "total" in self.roles else -1
        label_of = itemgetter(*labels) if len(labels) > 1 else lambda v: (v[labels[0]],)
        # A cut or shifted line shows here, before its texts are taken for something else.
        for number, row in records:
            if len(row) != len(header):
                problem = f"{len(row)} fields instead of {len(header)}; the file is damaged"
                raise RowError(name, number, "", ",".join(row), problem)
            texts = pick([*row, ""])
            try:
                values = tuple(parser(text) for parser, text in zip(parse, texts, strict=True))
            except ValueError as error:
                raise _row_error(name, number, parsers, texts) from error
            year = values[year_at]
            month = _month_of(year.number, values[month_at], self.begins)
            total = values[total_at] if total_at >= 0 else self.only[kind]
            yield Line(number, year, self.Row(month, total, *label_of(values)), values)

    def _absent(self, kind: str, column: str) -> _Parser:
        """Return what stands for a column that a layout lacks: "" or its files' one total."""
        value = self.only.get(kind, "") if self.columns[column]["is"] == "total" else ""
        return lambda _: value

    def _refuse_duplicates(self, name: str, lines: Sequence[Line]) -> None:
        """Refuse a key that is there twice: it would count twice, whatever else its lines say."""
        # What tells lines apart though it is no dimension, such as the month's grouping.
        more = [at for at, role in enumerate(self.roles) if role == "key"]
        values = len(self.values)
        seen: dict[tuple[Any, ...], int] = {}
        for line in lines:
            labels = line.row[:-values]
            first = seen.setdefault((labels, *(line.values[at] for at in more)), line.number)
            if first != line.number:
                shown = ", ".join(part for part in labels if part)
                problem = f"duplicates line {first}; the file is damaged, download it again"
                raise RowError(name, line.number, "", shown, problem)

    def _joined(self, cells: Iterable[FileRow], joins: Joins) -> tuple[FileRow, ...]:
        """Join labels of closed lists; others are joined where they leave the record.

        After the check for lines said twice: two labels that are joined are not the same line.
        """
        closed = {name: joins[name] for name in self.known if name in joins}
        if not closed:
            return tuple(cells)
        return tuple(
            cell._replace(
                **{n: by.get(getattr(cell, n), getattr(cell, n)) for n, by in closed.items()}
            )
            for cell in cells
        )

    # ---------------------------------------------------------------- fields

    def _parser(self, column: Mapping[str, Any]) -> _Parser:
        """Return how a column's texts are read; cached, for a large file has few different ones."""
        role = column["is"]
        if role == "year":
            return _years(
                column.get("pattern", r"(?P<year>20\d\d)"), column.get("expected", "2026")
            )
        if role == "month":
            return _one_of("month", {month: n for n, month in enumerate(MONTHS, start=1)})
        if "values" in column:
            values = column["values"]
            meanings = (
                values if isinstance(values, Mapping) else dict(zip(values, values, strict=True))
            )
            return _one_of(column.get("called", role), meanings)
        if "number" in column:
            return _refined(_whole if column["number"] == "whole" else _exact, column)
        return _refined(_label, column)


def _refined(parse: _Parser, column: Mapping[str, Any]) -> _Parser:
    """Ask more of a column's texts: a pattern, a label's newer name, words in small letters."""
    # ASCII: \d takes any digit there is, and a file with others is not this publisher's.
    pattern = re.compile(column["pattern"], re.ASCII) if "pattern" in column else None
    renamed: Mapping[str, str] = column.get("renamed", {})

    @lru_cache(maxsize=16384)
    def parser(text: str) -> Any:
        if pattern and not pattern.fullmatch(text):
            raise ValueError(column["problem"])
        value = parse(text)
        if column.get("capitals"):
            value = value.title()
        return renamed.get(value, value) if renamed else value

    return parser


def _row_error(
    name: str, number: int, parsers: Mapping[str, _Parser], texts: Sequence[str]
) -> RowError:
    """Parse a refused row again to learn which column it was; only ever done once a file."""
    for (column, parser), text in zip(parsers.items(), texts, strict=True):
        try:
            parser(text)
        except ValueError as error:
            return RowError(name, number, column, text, str(error))
    raise AssertionError("a row was refused but each of its fields is accepted")


def _quoted(columns: Sequence[str]) -> str:
    """Return columns' names for a message, few and short."""
    return ", ".join(repr(printable(column, 40)) for column in columns[:5])


@lru_cache(maxsize=4096)
def _month_of(year: int, calendar_month: int, begins: int) -> str:
    return months.fiscal_months(year, begins)[(calendar_month - begins) % 12]


def _years(pattern: str, expected: str) -> _Parser:
    """Read years by a pattern with a group `year`, and `running` where that can be said of one."""
    # Cached below: a file of half a million lines names some ten years.
    compiled = re.compile(pattern, re.ASCII)

    @lru_cache(maxsize=1024)
    def parse(text: str) -> Year:
        match = compiled.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"not a year; expected {expected}")
        return Year(int(match["year"]), bool(match.groupdict().get("running")))

    return parse


def _whole(text: str) -> int:
    if _WHOLE.fullmatch(text.strip()) is None:
        raise ValueError("not a count; expected a whole number such as 1985 or 1,985")
    return int(text.replace(",", ""))


def _exact(text: str) -> Decimal:
    if _EXACT.fullmatch(text) is None:
        raise ValueError("not a number; expected one such as 12.5")
    return Decimal(text)


def _label(text: str) -> str:
    # One letter, one form: else a label typed elsewhere would be another member.
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
