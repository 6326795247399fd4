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

import re
from collections.abc import Callable, Sequence
from io import BytesIO

from forecast import months, periods
from forecast.described import SourceTable
from forecast.errors import DataError, QuarantineError, RowError, SpanError
from forecast.files import content_sha256, unpacked
from forecast.labels import Joins
from forecast.periods import FEDERAL
from forecast.sources.cbp.apprehension_types import agreement
from forecast.sources.source import (
    FileName,
    FileReader,
    ReadRelease,
    ReleaseFile,
    Source,
    release_seq,
)
from forecast.tables import markup
from forecast.types import NATIONWIDE, Aside, Counts, Coverage, Release, Scope, SeriesKey, Snapshot

# The publisher's names, and a day where a person has put down when a page was saved.
_NAME = re.compile(
    r"nationwide-encounters(?:-fy(?:20)?(\d\d))?(?:-(20\d\d-(?:0[1-9]|1[0-2]))-[0-3]\d)?\.html?",
    re.IGNORECASE | re.ASCII,
)
_NO_YEAR = 9999  # of a name that says none: it is taken in last

_TOTALS = {
    "nationwide total apprehensions": NATIONWIDE,
    "southwest border total apprehensions": "southwest",
    "northern border total apprehensions": "northern",
}
_TOTAL = ""  # in the place of a part's name
_MONTH = re.compile(r"([A-Za-z]{3,9})\.?[- ](?:20)?(\d\d)", re.ASCII)
_COUNT = re.compile(r"\d{1,3}(?:,\d{3})*|\d{1,7}", re.ASCII)
_TO_COME = frozenset({"-", "\N{EN DASH}", "\N{EM DASH}"})


class ArrestPages(FileReader):
    """Reads the pages; their totals are held against the record of encounters."""

    def __init__(self, table: SourceTable) -> None:
        """Need nothing of `source.toml`."""

    def parse_name(self, file_name: str) -> FileName | None:
        """Return what a page's base name says, None if it is not one of these pages."""
        match = _NAME.fullmatch(re.sub(r"\.gz$", "", file_name, flags=re.IGNORECASE))
        if match is None:
            return None
        year, month = (2000 + int(match[1]) if match[1] else _NO_YEAR), None
        if match[2] and not match[1]:
            year, month = FEDERAL.year(match[2]), FEDERAL.nth(match[2])
        return FileName(year, year, month, "page", 0)

    def read(
        self, source: Source, file: ReleaseFile, joins: Joins, dimensions: Sequence[str]
    ) -> ReadRelease:
        """Read one page, .html or .html.gz; its totals are to be held against the record.

        QuarantineError for no such page, one that was cut, or one that is at odds with its name;
        RowError or DataError for a table that cannot be understood, see `read`.
        """
        aside = source.hierarchy.aside
        if aside is None:
            raise ValueError(f"{source.name} splits nothing")
        rows = read(file.name, unpacked(BytesIO(file.content), file.name, markup.PAGE_BYTES), aside)
        span = list(rows[NATIONWIDE, _TOTAL])
        through, year = span[-1], FEDERAL.year(span[0])
        parsed = self.parse_name(file.name)
        if parsed and parsed.month is None and parsed.last not in (_NO_YEAR, year):
            problem = f"the name says fiscal year {parsed.last}, the table's months are of {year}"
            raise QuarantineError(file.name, [problem])
        # A page of the future is a page whose years were misread.
        if file.first_seen and through >= file.first_seen[:7]:
            raise DataError(
                f"{file.name}: the table has counts for {through}, which was not over on "
                f"{file.first_seen}, the day it was first seen"
            )
        half, name = aside.half, re.sub(r"\.gz$", "", file.name, flags=re.IGNORECASE)
        snapshot = Snapshot(
            release=Release(
                source=re.sub(r"\.html?$", "", name, flags=re.IGNORECASE),
                kind="manual",
                file_name=name,
                sha256=content_sha256(BytesIO(file.content)),
                data_through=through,
                # Just before the file of the same month, which stays the newest release.
                seq=release_seq(year, len(span), False, 0) - 1,
                first_seen_at=file.first_seen,
                first_seen_precision="day" if file.first_seen else "unknown",
                url=file.url,
            ),
            counts={
                SeriesKey(total, aside.dimension, member, half): by_month
                for (total, member), by_month in rows.items()
                if member != _TOTAL
            },
            coverage=tuple(
                Coverage(Scope(total, aside.dimension, half), span[0], through)
                for total in _TOTALS.values()
            ),
        )
        sums = {
            SeriesKey(total, "component", half, half): rows[total, _TOTAL]
            for total in _TOTALS.values()
        }
        return ReadRelease(snapshot, sums=sums)

    def beside_record(
        self, source: Source, read: ReadRelease, recorded: Callable[[], Counts]
    ) -> ReadRelease:
        """Hold the pages' totals against the record's."""
        return agreement.judged(source, read, recorded())


def read(name: str, page: bytes, aside: Aside) -> dict[tuple[str, str], dict[str, int]]:
    """Read the one table of a page that splits arrests; of one fiscal year, from October on.

    name : the file's, for errors.
    page : HTML.
    aside : the two parts of each total.

    Returns (border, part, "" of the total) -> month -> arrests.
    QuarantineError for no such table, several, or a page that was cut short; RowError for a
    heading, a label or a count that is not understood, its line is the table's row; DataError for
    rows or months that are missing.
    """
    # Closed lists throughout: a page is not made for programs, and changes without notice.
    heading, *lines = _table(name, page, aside)
    span = _months(name, heading)
    blocks: dict[tuple[str, str], tuple[int, Sequence[str]]] = {}
    kinds = {label.casefold(): label for label in (aside.named, aside.rest)}
    border = ""
    for number, line in enumerate(lines, start=2):
        label = line[0].casefold() if line else ""
        # A part's row does not name its border: it is that of the last total above.
        border = _TOTALS.get(label, border)
        kind = _TOTAL if label in _TOTALS else kinds.get(label)
        if kind is None or not border or (border, kind) in blocks:
            problem = (
                f"not expected here: each border's total is followed by {aside.named} and "
                f"{aside.rest}, once"
            )
            raise RowError(name, number, "", line[0] if line else "", problem)
        blocks[border, kind] = (number, line[1:])
    expected = (1 + len(kinds)) * len(_TOTALS)
    if len(blocks) != expected:
        raise DataError(
            f"{name}: {len(blocks)} rows of counts in the table, {expected} are expected"
        )
    rows = {place: _counts(name, place, span, *row) for place, row in blocks.items()}
    # A row that ends early was cut, or its last month was not filled in yet.
    ends = {max(by_month, default="") for by_month in rows.values()}
    if len(ends) > 1:
        raise DataError(f"{name}: some rows of the table end in {min(ends)}, others in {max(ends)}")
    if ends == {""}:
        raise QuarantineError(name, ["a table without counts yet; nothing to take in"])
    return rows


def _table(name: str, page: bytes, aside: Aside) -> markup.HtmlTable:
    # Half a page can hold a whole table of the year before.
    if markup.is_cut(page):
        raise QuarantineError(name, ["a table has no end: the page was cut short; fetch it again"])
    parts = {aside.named.casefold(), aside.rest.casefold()}  # some row is headed so
    try:
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


def _months(name: str, heading: Sequence[str]) -> list[str]:
    """Return the twelve months of a fiscal year, as the heading has them in order."""
    span = []
    for cell in heading[1:]:
        # "June-25" and "Oct-24" on one page; the century is never written.
        match = _MONTH.fullmatch(cell)
        try:
            span.append(periods.month(f"{match[1]} 20{match[2]}" if match else cell))
        except SpanError as error:
            raise RowError(name, 1, "", cell, "no month such as Oct-24") from error
    if not span or span != FEDERAL.period(FEDERAL.year(span[0])).months:
        raise DataError(
            f"{name}: the table's headings are not the twelve months of one fiscal year, October "
            "to September, in order"
        )
    return span


def _counts(
    name: str, place: tuple[str, str], span: Sequence[str], number: int, cells: Sequence[str]
) -> dict[str, int]:
    """Return one row's counts, without the months to come at its end."""
    if len(cells) != len(span):
        where = f"{place[0]}, {place[1] or 'total'}"
        raise RowError(name, number, "", where, f"{len(cells)} counts for {len(span)} months")
    counts: dict[str, int] = {}
    for month, cell in zip(span, cells, strict=True):
        if cell in _TO_COME:
            continue
        if not _COUNT.fullmatch(cell):
            raise RowError(name, number, month, cell, "no whole number such as 1,667")
        if months.shift(month, -1) not in counts and month != span[0]:
            raise RowError(name, number, month, cell, "a count after a month without one")
        counts[month] = int(cell.replace(",", ""))
    return counts


READER = ArrestPages
