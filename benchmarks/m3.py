"""M3's 1,428 monthly series, official test, 1 to 18 months ahead: one configuration, no tuning.

    make bench-m3

All series are one family. The published figures stand beside for comparison; they are others'
work on the same test, see METHODS 3.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks import ours, scoring, sets, tables
from benchmarks.sets import HeldOut
from models.base import Floats

SEASON = 12
PUBLISHED = {  # name: (sMAPE, MASE)
    "Theta (the competition's winner)": (13.89, 0.86),
    "ForecastPro": (13.90, 0.85),
    "COMB": (14.47, 0.90),
    "auto-ARIMA": (14.80, 0.91),
    "Prophet": (17.83, float("nan")),
    "median of ETS, theta and CES": (13.55, 0.842),
}
REACH = {"smape": 13.3, "mase": 0.82}
COLUMNS = ("smape", "mase", "cover50", "cover80", "cover95")


def main() -> None:
    """Run it, print it, and keep it."""
    work = sets.m3()
    started = time.perf_counter()
    quantiles = ours.held_out(work)
    seconds = time.perf_counter() - started
    naive = scoring.held_out(work, _seasonal_naive(work, quantiles.shape))
    lines = {
        ours.ENGINE: scoring.held_out(work, quantiles),
        "seasonal naive": {name: naive[name] for name in ("smape", "mase")},  # has no intervals
    }
    unknown = float("nan")
    rows = {name: [line.get(column, unknown) for column in COLUMNS] for name, line in lines.items()}
    rows |= {f"{name}, published": [*said, *[unknown] * 3] for name, said in PUBLISHED.items()}
    heads = ("model", "sMAPE", "MASE", "50%", "80%", "95%")
    tables.show(f"M3 monthly: {len(work.history):,} series, official test", heads, rows)
    came = {name: lines[ours.ENGINE][name] for name in REACH}
    for name, bound in REACH.items():
        verdict = "reached" if came[name] <= bound else "NOT reached"
        tables.say(f"{name} <= {bound}: {came[name]:.4f}, {verdict}")
    tables.say(f"{seconds:.1f} s for all series")
    tables.keep("m3", {"models": lines, "published": PUBLISHED, "reach": REACH})


def _seasonal_naive(work: HeldOut, shape: tuple[int, ...]) -> Floats:
    """(series, h, PROBS) the value of the same month a year before, as every quantile."""
    h = np.arange(shape[1])
    last_year = [history[-SEASON:][h % SEASON] for history in work.history]
    return np.repeat(np.log1p(np.stack(last_year))[..., None], shape[2], axis=2)


if __name__ == "__main__":
    main()
