"""A page's table -> counts At Entry and At Large by border and month, and the page's own totals.

The rows come in threes, a total and its two parts, and only the total's label names the border:

    Monthly Totals                           Oct-24  Nov-24 ... June-25 ...
    Nationwide Total Apprehensions           58,115  47,534
    At Large                                  1,667   1,427
    At Entry                                 56,448  46,107
    Southwest Border Total Apprehensions     ...

Labels and months are closed lists: with one that is not known, nothing is taken. What the page's
text says of its year is not read, because it has been wrong; the months' own headings count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple

from forecast import months
from forecast.errors import DataError, QuarantineError, RowError
from forecast.files import content_sha256, unpacked
from forecast.labels import Joins
from forecast.sources.cbp.apprehension_types import agreement
from forecast.sources.source import (
    Aside,
    FileName,
    FileReader,
    ReadRelease,
    ReleaseBesideRecord,
    ReleaseFile,
    Source,
    release_seq,
)
from forecast.tables import markup
from forecast.types import NATIONWIDE, Counts, Coverage, Release, Scope, SeriesKey, Snapshot

# The publisher's names, and a day where a person has put down when a page was saved.
_NAME = re.compile(
    r"nationwide-encounters(?:-fy(?:20)?(\d\d))?(?:-(20\d\d-(?:0[1-9]|1[0-2]))-[0-3]\d)?\.html?",
    re.IGNORECASE | re.ASCII,
)
_NO_YEAR = 9999  # of a name that says none: it is taken in last
_LAYOUT = "page"

_TOTALS = {
    "nationwide total apprehensions": NATIONWIDE,
    "southwest border total apprehensions": "southwest",
    "northern border total apprehensions": "northern",
}
_TOTAL = "total"
_MONTH = re.compile(r"([A-Za-z]{3,9})\.?[- ](?:20)?(\d\d)", re.ASCII)
_COUNT = re.compile(r"\d{1,3}(?:,\d{3})*|\d{1,7}", re.ASCII)
_TO_COME = frozenset({"-", "\N{EN DASH}", "\N{EM DASH}"})
_ROWS = 3 * len(_TOTALS)

ByMonth = dict[str, int]


class PageTable(NamedTuple):
    """What a page's table says; months of one fiscal year, from October on.

    totals : border -> month -> arrests. parts : (border, member) -> month -> arrests.
    """

    year: int
    totals: Mapping[str, ByMonth]
    parts: Mapping[tuple[str, str], ByMonth]

    @property
    def span(self) -> list[str]:
        """Return the months there are counts for."""
        return list(self.totals[NATIONWIDE])


class ArrestPages(FileReader):
    """Reads the pages; their totals are held against the record of encounters."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        """Need nothing of `source.toml`."""

    def parse_name(self, file_name: str) -> FileName | None:
        """Return what a page's base name says, None if it is not one of these pages."""
        match = _NAME.fullmatch(re.sub(r"\.gz$", "", file_name, flags=re.IGNORECASE))
        if match is None:
            return None
        if match[1]:
            return FileName(2000 + int(match[1]), 2000 + int(match[1]), None, _LAYOUT, 0)
        if match[2]:
            year = months.fiscal_year(match[2], months.FEDERAL)
            return FileName(
                year,
                year,
                months.fiscal_months(year, months.FEDERAL).index(match[2]) + 1,
                _LAYOUT,
                0,
            )
        return FileName(_NO_YEAR, _NO_YEAR, None, _LAYOUT, 0)

    def read(
        self, source: Source, file: ReleaseFile, joins: Joins, dimensions: Sequence[str]
    ) -> ReadRelease:
        """Read one page, .html or .html.gz; its totals are to be held against the record.

        Raises
        ------
        QuarantineError : no such page, one that was cut, or one that is at odds with its name.
        RowError, DataError : a table that cannot be understood; see `read`.
        """
        aside = source.hierarchy.aside
        if aside is None:
            raise ValueError(f"{source.name} splits nothing")
        content = unpacked(BytesIO(file.content), file.name, markup.PAGE_BYTES)
        table = read(file.name, content, aside)
        name = self.parse_name(file.name)
        if name and name.month is None and name.last not in (_NO_YEAR, table.year):
            raise QuarantineError(
                file.name,
                [f"the name says fiscal year {name.last}, the table's months are of {table.year}"],
            )
        # A page of the future is a page whose years were misread.
        if file.first_seen and table.span[-1] >= file.first_seen[:7]:
            raise DataError(
                f"{file.name}: the table has counts for {table.span[-1]}, which was not over on "
                f"{file.first_seen}, the day it was first seen"
            )
        span, half = table.span, aside.half
        snapshot = Snapshot(
            release=_release(file, table),
            counts={
                SeriesKey(total, aside.dimension, member, half): dict(by_month)
                for (total, member), by_month in table.parts.items()
            },
            coverage=tuple(
                Coverage(Scope(total, aside.dimension, half), span[0], span[-1])
                for total in table.totals
            ),
        )
        sums = {
            SeriesKey(total, "component", half, half): by_month
            for total, by_month in table.totals.items()
        }
        return ReadRelease(snapshot, unknown={}, sums=sums)

    def beside_record(
        self, source: Source, read: ReadRelease, recorded: Callable[[], Counts]
    ) -> ReleaseBesideRecord:
        """Hold the pages' totals against the record's."""
        return agreement.judged(source, read, recorded())


def read(name: str, page: bytes, aside: Aside) -> PageTable:
    """Read the one table of a page that splits arrests.

    Parameters
    ----------
    name : the file's, for errors.
    page : HTML.
    aside : the two parts of each total.

    Raises
    ------
    QuarantineError : no such table, several, or a page that was cut short.
    RowError : a heading, a label or a count that is not understood; its line is the table's row.
    DataError : rows or months that are missing.
    """
    # Closed lists throughout: a page is not made for programs, and changes without notice.
    table = _table(name, page, aside)
    year, span = _months(name, table[0])
    blocks = _blocks(name, table[1:], aside)
    rows = {
        place: _counts(name, number, place, span, cells)
        for place, (number, cells) in blocks.items()
    }
    # A row that ends early was cut, or its last month was not filled in yet.
    ends = {max(by_month, default="") for by_month in rows.values()}
    if len(ends) > 1:
        raise DataError(f"{name}: some rows of the table end in {min(ends)}, others in {max(ends)}")
    if ends == {""}:
        raise QuarantineError(name, ["a table without counts yet; nothing to take in"])
    return PageTable(
        year,
        {border: rows[border, _TOTAL] for border in _TOTALS.values()},
        {place: by_month for place, by_month in rows.items() if place[1] != _TOTAL},
    )


def _table(name: str, page: bytes, aside: Aside) -> markup.HtmlTable:
    # Half a page can hold a whole table of the year before.
    if markup.is_cut(page):
        raise QuarantineError(name, ["a table has no end: the page was cut short; fetch it again"])
    try:
        parts = _parts(aside)  # some row is headed At Large or At Entry
        tables = [
            table
            for table in markup.tables(page)
            if any(row and row[0].casefold() in parts for row in table)
        ]
    except ValueError as error:
        raise QuarantineError(name, [f"{error}: no page of this publisher's"]) from error
    if len(tables) != 1:
        problem = (
            f"{len(tables)} tables of arrests {aside.rest} and {aside.named} on one page"
            if tables
            else f"no table of arrests {aside.rest} and {aside.named}: a block page, or the page "
            "has changed"
        )
        raise QuarantineError(name, [f"{problem}; look at it in a browser"])
    return tables[0]


def _parts(aside: Aside) -> dict[str, str]:
    return {label.casefold(): label for label in (aside.named, aside.rest)}


def _months(name: str, heading: Sequence[str]) -> tuple[int, list[str]]:
    """Return the fiscal year and its twelve months, as the heading has them in order."""
    span = []
    for cell in heading[1:]:
        # "June-25" and "Oct-24" on one page; the century is never written.
        match = _MONTH.fullmatch(cell)
        try:
            span.append(months.typed(f"{match[1]} 20{match[2]}" if match else cell))
        except ValueError as error:
            raise RowError(name, 1, "", cell, "no month such as Oct-24") from error
    year = months.fiscal_year(span[0], months.FEDERAL) if span else 0
    if not span or span != months.fiscal_months(year, months.FEDERAL):
        raise DataError(
            f"{name}: the table's headings are not the twelve months of one fiscal year, October "
            "to September, in order"
        )
    return year, span


def _blocks(
    name: str, rows: Sequence[Sequence[str]], aside: Aside
) -> dict[tuple[str, str], tuple[int, Sequence[str]]]:
    """Return (border, total or part) -> row number and cells; a part is of the total above it."""
    blocks: dict[tuple[str, str], tuple[int, Sequence[str]]] = {}
    border, parts = "", _parts(aside)
    for number, row in enumerate(rows, start=2):
        label = row[0].casefold() if row else ""
        # A part's row does not name its border: it is that of the last total above.
        border = _TOTALS.get(label, border)
        kind = _TOTAL if label in _TOTALS else parts.get(label, "")
        if not kind or not border or (border, kind) in blocks:
            problem = (
                f"not expected here: each border's total is followed by {aside.named} and "
                f"{aside.rest}, once"
            )
            raise RowError(name, number, "", row[0] if row else "", problem)
        blocks[border, kind] = (number, row[1:])
    if len(blocks) != _ROWS:
        raise DataError(f"{name}: {len(blocks)} rows of counts in the table, {_ROWS} are expected")
    return blocks


def _counts(
    name: str, number: int, place: tuple[str, str], span: Sequence[str], cells: Sequence[str]
) -> ByMonth:
    """Return one row's counts, without the months to come at its end."""
    where = f"{place[0]}, {place[1]}"
    if len(cells) != len(span):
        raise RowError(name, number, "", where, f"{len(cells)} counts for {len(span)} months")
    counts: ByMonth = {}
    for month, cell in zip(span, cells, strict=True):
        if cell in _TO_COME:
            continue
        if not _COUNT.fullmatch(cell):
            raise RowError(name, number, month, cell, "no whole number such as 1,667")
        if months.shift(month, -1) not in counts and month != span[0]:
            raise RowError(name, number, month, cell, "a count after a month without one")
        counts[month] = int(cell.replace(",", ""))
    return counts


def _release(file: ReleaseFile, table: PageTable) -> Release:
    through = table.span[-1]
    position = months.fiscal_months(table.year, months.FEDERAL).index(through) + 1
    name = re.sub(r"\.gz$", "", file.name, flags=re.IGNORECASE)
    return Release(
        source=re.sub(r"\.html?$", "", name, flags=re.IGNORECASE),
        kind="manual",
        file_name=name,
        sha256=content_sha256(BytesIO(file.content)),
        data_through=through,
        # Just before the file of the same month, which stays the newest release.
        seq=release_seq(table.year, position, False, 0) - 1,
        first_seen_at=file.first_seen,
        first_seen_precision="day" if file.first_seen else "unknown",
        url=file.url,
    )


READER = ArrestPages
