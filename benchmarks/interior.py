"""Arrests At Large and At Entry under the engine beside the last value: why they are not forecast.

    python -m benchmarks.interior

Forecasts of September 2025 to August 2026 from every cutoff with two years behind it, nothing after
the cutoff; the same intervals for both. A few seconds.
"""

from __future__ import annotations

import numpy as np

from benchmarks import ours, scoring, tables
from benchmarks.sets import H, Rolling
from forecast import months
from forecast.sources import catalog

BEHIND = 24  # months before the first cutoff: the engine forecasts nothing with fewer


def work() -> Rolling:
    """The parts that CBP publishes of each border and nationwide, in months that all have."""
    series = {
        f"{key.total}, {key.member}": by_month
        for snapshot in catalog.find("cbp_encounters").reader().embedded(())
        for key, by_month in sorted(snapshot.counts.items())
        if key.dimension == "apprehension_type"
    }
    span = months.between(
        max(min(by_month) for by_month in series.values()),
        min(max(by_month) for by_month in series.values()),
    )
    return Rolling(
        name="interior",
        names=tuple(series),
        counts=np.array([[by[month] for month in span] for by in series.values()], dtype=float),
        last_month=months.to_index(span[-1]),
        first=BEHIND - 1,
        last_target=len(span) - 1,
        totals={},
    )


def main() -> None:
    """Both, over all series and for each."""
    set_ = work()
    said = {ours.ENGINE: ours.rolling(set_), ours.LAST_VALUE: ours.last_value(set_)}
    scored = {model: scoring.score(set_, quantiles) for model, quantiles in said.items()}
    rows = {}
    for part in ("all", *set_.names):
        which = np.array([part in ("all", name) for name in set_.names])
        lines = [scoring.summary(of.where(which)) for of in scored.values()]
        rows[part] = [line[what] for line in lines for what in ("log_wis", "cover80", "cover95")]
    heads = [head for model in scored for head in (model, "80%", "95%")]
    title = f"{len(set_.names)} series, {len(set_.origins)} cutoffs, 1-{H} ahead"
    tables.show(title, ("series", *heads), rows)


if __name__ == "__main__":
    main()
