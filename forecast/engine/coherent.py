"""The stored forecasts of parts, as their paths have them: they add up to their total."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from forecast import months
from forecast.engine import paths, reconcile
from forecast.engine.joint import Draws, Joint
from forecast.engine.rows import INTERVAL_PROBS, INTERVALS
from forecast.types import Forecast, SeriesKey
from models.base import Floats, Ints

_MIDDLE = INTERVALS.index("median")
SeriesMonth = tuple[SeriesKey, str]  # series and month


def coherent(rows: Iterable[Forecast], draws: Draws, model: str) -> list[Forecast]:
    """All forecasts, this model's with the parts' counts as their paths have them.

    Parts' quantiles are those of the paths, whole and rounded outward; medians add up to the
    total's in every month. Centre, scale and df stay the engine's own: judging a part by what was
    said of its total would count one surprise twice. Totals stay as they are.
    """
    rows = list(rows)
    own = [row for row in rows if row.model == model]
    parts = {row.series for row in own if _is_part(row, draws.joint)}
    medians = _medians(own, draws)
    counts = {key: whole(paths.quantiles(draws.of(key), INTERVAL_PROBS)) for key in parts}
    return [
        _moved(row, counts[row.series][:, row.horizon - 1], medians)
        if row.model == model and row.series in parts
        else row
        for row in rows
    ]


def _is_part(row: Forecast, joint: Joint) -> bool:
    return not row.series.headline and row.series in joint.marginals


def _moved(row: Forecast, counts: Ints, medians: Mapping[SeriesMonth, int]) -> Forecast:
    values = dict(zip(INTERVALS, counts.tolist(), strict=True))
    moved: dict[str, Any] = around(values, medians[row.series, row.month])
    return replace(row, **moved)


def whole(quantiles: Floats) -> Ints:
    """(INTERVAL_PROBS, ...) counts, outward, the median to the nearest."""
    out = np.ceil(quantiles - 1e-9)
    out[:_MIDDLE] = np.floor(quantiles[:_MIDDLE] + 1e-9)
    out[_MIDDLE] = np.rint(quantiles[_MIDDLE])
    return out.astype(np.int64)


def around(values: Mapping[str, int], median: int) -> dict[str, int]:
    """The intervals around another median, wider where it lies outside."""
    low = [name for name in INTERVALS if name.startswith("lo")]
    high = [name for name in INTERVALS if name.startswith("hi")]
    return {
        "median": median,
        **{name: min(values[name], median) for name in low},
        **{name: max(values[name], median) for name in high},
    }


def _medians(rows: Sequence[Forecast], draws: Draws) -> dict[SeriesMonth, int]:
    """Whole medians of every series and month, parts' scaled to their total's."""
    joint = draws.joint
    medians = {(r.series, r.month): r.median for r in rows if r.series.headline}
    for key, marginals in joint.marginals.items():
        medians |= {(key, months.from_index(m)): count for m, count in marginals.known.items()}
    groups: dict[tuple[SeriesKey, str, str], list[Forecast]] = defaultdict(list)
    for row in rows:
        if _is_part(row, joint):
            groups[joint.total(row.series), row.series.dimension, row.month].append(row)
    parts = {row.series for group in groups.values() for row in group}
    middle = {key: np.median(draws.of(key), axis=0) for key in parts}
    # Agencies before the sectors and offices that add up to them.
    for place in sorted(groups, key=lambda place: (not place[0].headline, place)):
        group, total = groups[place], medians.get((place[0], place[2]))
        of_each = np.array([middle[row.series][row.horizon - 1] for row in group])
        medians |= _scaled(group, of_each, total, joint)
    return medians


def _scaled(
    group: Sequence[Forecast], middle: Floats, total: int | None, joint: Joint
) -> dict[SeriesMonth, int]:
    """One month's medians of the parts of a total, from those of each by itself."""
    if total is None or len(group) < joint.group_size(group[0].series):
        medians = np.rint(middle).astype(np.int64)
    else:
        medians = reconcile.shared_out(
            middle, round(total * joint.marginals[group[0].series].share)
        )
    return {(r.series, r.month): m for r, m in zip(group, medians.tolist(), strict=True)}
