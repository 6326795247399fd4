"""The stored forecasts of parts, as their paths have them: they add up to their total."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from forecast import months
from forecast.engine import reconcile
from forecast.engine.joint import Joint
from forecast.engine.rows import INTERVALS
from forecast.types import Forecast, SeriesKey
from models.base import Floats, Ints

_MIDDLE = INTERVALS.index("median")
SeriesMonth = tuple[SeriesKey, str]  # series and month


class PartPaths(Protocol):
    """Whole quantiles of a part's paths, (INTERVAL_PROBS, h), and their medians, (h,)."""

    @property
    def quantiles(self) -> Ints:
        """Outward."""

    @property
    def middle(self) -> Floats:
        """Not whole."""


def coherent(
    rows: Iterable[Forecast], joint: Joint, drawn: Mapping[SeriesKey, PartPaths], model: str
) -> list[Forecast]:
    """All forecasts, this model's with the parts' counts as their paths have them.

    Parts' quantiles are those of the paths, whole and rounded outward; medians add up to the
    total's in every month. Centre, scale and df stay the engine's own: judging a part by what was
    said of its total would count one surprise twice. Totals stay as they are.
    """
    # Other models say nothing of parts, and need not agree with the engine's.
    rows = list(rows)
    own = [row for row in rows if row.model == model]
    parts = {r.series for r in own if not r.series.headline and r.series in joint.marginals}
    medians = _medians(own, joint, {key: drawn[key].middle for key in parts})
    agreeing = []
    for row in rows:
        if row.model == model and row.series in parts:
            counts = drawn[row.series].quantiles[:, row.horizon - 1].tolist()
            values = dict(zip(INTERVALS, counts, strict=True))
            moved: dict[str, Any] = around(values, medians[row.series, row.month])
            agreeing.append(replace(row, **moved))
        else:
            agreeing.append(row)
    return agreeing


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


def _medians(
    rows: Sequence[Forecast], joint: Joint, middle: Mapping[SeriesKey, Floats]
) -> dict[SeriesMonth, int]:
    """Whole medians of every series and month, parts' scaled to their total's."""
    medians = {(r.series, r.month): r.median for r in rows if r.series.headline}
    for key, marginals in joint.marginals.items():
        medians |= {(key, months.from_index(m)): count for m, count in marginals.known.items()}
    groups: dict[tuple[SeriesKey, str, str], list[Forecast]] = defaultdict(list)
    for row in rows:
        if row.series in middle:
            groups[(*joint.place(row.series), row.month)].append(row)
    # Agencies before the sectors and offices that add up to them.
    for place in sorted(groups, key=lambda place: (not place[0].headline, place)):
        group, total = groups[place], medians.get((place[0], place[2]))
        of_each = np.array([middle[row.series][row.horizon - 1] for row in group])
        # Where a part has no forecast the others do not make up the total: none is scaled.
        if total is None or len(group) < len(joint.groups[place[:2]]):
            shared = np.rint(of_each).astype(np.int64)
        else:
            share = joint.marginals[group[0].series].share
            shared = reconcile.shared_out(of_each, round(total * share))
        own = zip(group, shared.tolist(), strict=True)
        medians |= {(row.series, row.month): count for row, count in own}
    return medians
