"""Arrests At Entry and At Large as a source: it completes the record of encounters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

from forecast import months
from forecast.errors import DataError, QuarantineError
from forecast.files import content_sha256, unpacked
from forecast.labels import Joins
from forecast.sources.cbp.encounters.source import ASIDE, ENCOUNTERS
from forecast.sources.cbp.interior import page
from forecast.sources.source import FileName, ReadRelease, ReleaseFile, release_seq
from forecast.tables.markup import PAGE_BYTES
from forecast.types import Coverage, Release, Scope, SeriesKey, Snapshot

# The publisher's names, and a day where a person has put down when a page was saved.
_NAME = re.compile(
    r"nationwide-encounters(?:-fy(?:20)?(\d\d))?(?:-(20\d\d-(?:0[1-9]|1[0-2]))-[0-3]\d)?\.html?",
    re.IGNORECASE | re.ASCII,
)
_NO_YEAR = 9999  # of a name that says none: it is taken in last
_LAYOUT = "page"


def parse_name(file_name: str) -> FileName | None:
    """What a page's base name says, None if it is not one of these pages."""
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


def read(file: ReleaseFile, joins: Joins, dimensions: Sequence[str]) -> ReadRelease:
    """Read one page, .html or .html.gz; its totals are to be held against the record.

    Raises
    ------
    QuarantineError : no such page, one that was cut, or one that is at odds with its name.
    RowError, DataError : a table that cannot be understood; see `page.read`.
    """
    content = unpacked(BytesIO(file.content), file.name, PAGE_BYTES)
    table = page.read(file.name, content)
    _refuse_odd(file, table)
    keys = {
        place: SeriesKey(place[0], ASIDE.dimension, place[1], ASIDE.half) for place in table.parts
    }
    span = table.span
    return ReadRelease(
        Snapshot(
            release=_release(file, table),
            counts={keys[place]: dict(by_month) for place, by_month in table.parts.items()},
            coverage=tuple(
                Coverage(Scope(border, ASIDE.dimension, ASIDE.half), span[0], span[-1])
                for border in table.totals
            ),
        ),
        unknown={},
        sums={
            SeriesKey(border, "component", ASIDE.half, ASIDE.half): by_month
            for border, by_month in table.totals.items()
        },
    )


def _refuse_odd(file: ReleaseFile, table: page.PageTable) -> None:
    name = parse_name(file.name)
    if name and name.month is None and name.last not in (_NO_YEAR, table.year):
        raise QuarantineError(
            file.name,
            [f"the name says fiscal year {name.last}, the table's months are of {table.year}"],
        )
    if file.first_seen and table.span[-1] >= file.first_seen[:7]:
        raise DataError(
            f"{file.name}: the table has counts for {table.span[-1]}, which was not over on "
            f"{file.first_seen}, the day it was first seen"
        )


def _release(file: ReleaseFile, table: page.PageTable) -> Release:
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


APPREHENSION_TYPES = replace(
    ENCOUNTERS,
    name="cbp_apprehension_types",
    beside=ENCOUNTERS.name,
    pages=replace(
        ENCOUNTERS.pages,
        index="https://www.cbp.gov/newsroom/stats/nationwide-encounters",
        siblings=frozenset(),
    ),
    layouts=frozenset(),
    example="nationwide-encounters-fy2025.html",
    parse_name=parse_name,
    read=read,
    # Its first release comes with the figures of the encounters.
    embedded=lambda dimensions: [],
    embedded_paths=list,
)
