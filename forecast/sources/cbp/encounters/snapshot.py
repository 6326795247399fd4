"""Cells -> what a release says: border totals, nationwide, and the dimensions of its layout.

A dimension is a column of the cells, or a crossing of several, written "state*citizenship"; the
member of a crossing is written "TX * MEXICO". The members of `component` and `field` carry their
component, because Border Patrol is published over a longer span than field operations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from forecast import months
from forecast.config import DIMENSIONS
from forecast.labels import CROSSED, CROSSING
from forecast.sources.cbp.encounters.files import COMPONENTS, EncounterCell, EncounterReading
from forecast.sources.source import release_of
from forecast.types import BORDERS, NATIONWIDE, Coverage, Scope, SeriesKey, Snapshot

BY_COMPONENT = frozenset({"component", "field"})


def snapshot(
    reading: EncounterReading,
    dimensions: Sequence[str] = DIMENSIONS,
    *,
    source: str = "",
    first_seen_at: str | None = None,
    url: str = "",
) -> Snapshot:
    """What a file says: border totals, nationwide, and the dimensions its layout has.

    Parameters
    ----------
    dimensions : columns or crossings; those the layout lacks are passed over, and those with a
        label that is not known: half a dimension would show groups at 0 that are not.
    source : name of the release, the file's name without ".csv" if empty.
    first_seen_at : vintage date "YYYY-MM-DD", None where it is unknown.
    """
    borders = ("southwest",) if reading.kind == "sbo" else BORDERS
    known = [
        name
        for name in dimensions
        if _has(reading.cells[0], name) and not reading.unknown.keys() & name.split(CROSSED)
    ]
    span = months.between(reading.first_month, reading.data_through)
    counts: dict[SeriesKey, Mapping[str, int]] = dict(totals(reading.cells, borders, span))
    for name in known:
        counts.update(_tally(reading.cells, name))
    scopes = [key.scope for key in counts if key.headline]
    scopes += [
        Scope(border, dimension, component)
        for border in borders
        for dimension in known
        for component in (COMPONENTS if dimension in BY_COMPONENT else ("",))
    ]
    return Snapshot(
        release=release_of(reading, first_seen_at, url, kind=reading.kind, source=source),
        counts=counts,
        coverage=tuple(Coverage(scope, span[0], span[-1]) for scope in scopes),
        rows=reading.rows,
        closed=reading.closed,
    )


def totals(
    cells: Iterable[EncounterCell], borders: Sequence[str], span: Sequence[str]
) -> dict[SeriesKey, dict[str, int]]:
    """Every month of the span for each border, 0 where none; nationwide if all three are there."""
    by_border = {border: dict.fromkeys(span, 0) for border in borders}
    for cell in cells:
        by_border[cell.border][cell.month] += cell.encounters
    if set(BORDERS) <= set(borders):
        by_border[NATIONWIDE] = {
            month: sum(by_border[border][month] for border in BORDERS) for month in span
        }
    return {SeriesKey(border): by_month for border, by_month in by_border.items()}


def _has(cell: EncounterCell, dimension: str) -> bool:
    return all(getattr(cell, column, "") for column in dimension.split(CROSSED))


def _tally(cells: Sequence[EncounterCell], dimension: str) -> dict[SeriesKey, dict[str, int]]:
    """Counts of every member that appears; months without a cell are left out (they are 0)."""
    columns = dimension.split(CROSSED)
    by_component = dimension in BY_COMPONENT
    place = attrgetter("border", "month", "component", *columns)
    sums: dict[tuple[str, ...], int] = defaultdict(int)
    for key, cell in zip(map(place, cells), cells, strict=True):
        sums[key] += cell.encounters
    counts: dict[SeriesKey, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (border, month, component, *members), encounters in sums.items():
        member = CROSSING.join(members)
        key = SeriesKey(border, dimension, member, component if by_component else "")
        counts[key][month] += encounters
    return {key: dict(by_month) for key, by_month in counts.items()}
