"""Rows -> what a release says: seizures (events) or pounds, by border, drug, agency and office.

Pounds are kept in whole pounds: each drug's month of a border is rounded, and a border's total is
the sum of these, so that parts add up. Agencies and offices are rounded too; what their sum
differs by goes to the largest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from forecast import months
from forecast.sources.cbp.encounters.files import COMPONENTS
from forecast.sources.cbp.seizures.files import DrugReading, DrugRow
from forecast.sources.source import release_of
from forecast.types import BORDERS, NATIONWIDE, Coverage, Scope, SeriesKey, Snapshot, TotalMonth

DrugMeasure = Literal["events", "pounds"]
DRUG = "drug"
BY_COMPONENT = frozenset({"component", "field"})


def snapshot(
    reading: DrugReading,
    measure: DrugMeasure,
    dimensions: Sequence[str],
    *,
    first_seen_at: str | None = None,
    url: str = "",
) -> Snapshot:
    """What a file says of one measure.

    Parameters
    ----------
    dimensions : of component and field those to keep; drugs are always kept, unless one is
        not known. first_seen_at : vintage date "YYYY-MM-DD", None where it is unknown.
    """
    span = months.between(reading.first_month, reading.data_through)
    by_drug = _sums(reading.rows, measure, lambda row: SeriesKey(row.border, DRUG, row.drug))
    counts = _totals(by_drug, span)
    whole = {(key.total, month): n for key, by in counts.items() for month, n in by.items()}
    kept_counts: dict[SeriesKey, Mapping[str, int]] = dict(counts)
    if not reading.unknown:
        kept_counts.update(by_drug)
    wanted = [name for name in ("component", "field") if name in dimensions]
    for name in wanted:
        kept_counts.update(_adding_up(_sums(reading.rows, measure, _part(name)), whole))
    scopes = [key.scope for key in counts]
    if not reading.unknown:
        scopes += [Scope(border, DRUG) for border in BORDERS]
    scopes += [Scope(b, name, c) for b in BORDERS for name in wanted for c in COMPONENTS]
    return Snapshot(
        release=release_of(reading, first_seen_at, url),
        counts=kept_counts,
        coverage=tuple(Coverage(scope, span[0], span[-1]) for scope in scopes),
        rows=reading.lines,
        closed=reading.closed,
    )


def _part(name: str) -> Callable[[DrugRow], SeriesKey]:
    return lambda row: SeriesKey(row.border, name, getattr(row, name), row.component)


def _sums(
    rows: Sequence[DrugRow], measure: DrugMeasure, key_of: Callable[[DrugRow], SeriesKey]
) -> dict[SeriesKey, dict[str, int]]:
    """Series -> month -> whole count; months without a line are left out (they are 0)."""
    exact: dict[SeriesKey, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        exact[key_of(row)][row.month] += Decimal(getattr(row, measure))
    return {
        key: {month: int(n.quantize(Decimal(1), ROUND_HALF_EVEN)) for month, n in by_month.items()}
        for key, by_month in exact.items()
    }


def _totals(
    by_drug: Mapping[SeriesKey, Mapping[str, int]], span: Sequence[str]
) -> dict[SeriesKey, dict[str, int]]:
    totals = {SeriesKey(border): dict.fromkeys(span, 0) for border in (*BORDERS, NATIONWIDE)}
    for key, by_month in by_drug.items():
        for month, count in by_month.items():
            totals[SeriesKey(key.total)][month] += count
            totals[SeriesKey(NATIONWIDE)][month] += count
    return totals


def _adding_up(
    parts: dict[SeriesKey, dict[str, int]], whole: Mapping[TotalMonth, int]
) -> dict[SeriesKey, dict[str, int]]:
    """The same parts, adding up to their border's month."""
    places: dict[TotalMonth, list[SeriesKey]] = defaultdict(list)
    for key, by_month in sorted(parts.items()):
        for month in by_month:
            places[key.total, month].append(key)
    for (border, month), keys in places.items():
        largest = max(keys, key=lambda key: parts[key][month])
        parts[largest][month] += whole[border, month] - sum(parts[key][month] for key in keys)
    return parts
