"""Months that come at 40, 92 and 100%, completed by us and by baselinenowcast's method.

    python -m benchmarks.nowcasts [TABLE]    TABLE: of whole months, which are then made to come so

The peer's published method is written anew here: the chain ladder of one series, from the last half
of its months, and for what is still missing a negative binomial about it. Its size is the most
likely one by what such nowcasts missed at each delivery before, as far as those months are whole.
https://baselinenowcast.epinowcast.org, "Mathematical methods"; Wolffram et al., Collaborative
nowcasting of COVID-19 hospitalization incidences in Germany, 2023.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import nbinom

from benchmarks import tables
from forecast.engine.scores import PROBS, log_wis
from forecast.tables import read
from forecast.tables.grid import ReadAs
from models.base import Floats
from models.triangle import shares

SHARES = ((0.40, 0.02), (0.92, 0.006))  # of a month with the first and second delivery; deviations
WHOLE = len(SHARES)  # age of a month that is whole
FIRST, MONTHS = 8, 36  # deliveries that are nowcast; each month is seen at each age
SIZES = (0.1, 1000.0)  # of the negative binomial, as the package bounds it
LEAST = 0.1  # counts that are missing: a distribution about 0 has no likelihood
_REPLICATES = 10  # each with other delays


def reported(finals: Floats, noise: float, rng: np.random.Generator) -> Floats:
    """Return (series, months, ages) counts as deliveries have them; noise : x the deviations."""
    grid, before = [np.zeros(finals.shape)], np.zeros(finals.shape)
    for mean, spread in SHARES:
        share = np.clip(rng.normal(mean, noise * spread, finals.shape), before, 1)
        left = (finals - grid[-1]).astype(int)
        grid.append(grid[-1] + rng.binomial(left, (share - before) / np.maximum(1 - before, 1e-9)))
        before = share
    return np.stack([*grid[1:], finals], axis=-1)


def seen(months: Floats, delivery: int) -> Floats:
    """Return what a delivery and those before it have stated of (months, ages), the rest NaN."""
    age = delivery - np.arange(delivery + 1)
    return np.where(np.arange(WHOLE + 1) <= age[:, None], months[: delivery + 1], np.nan)


def ours(own: Floats, every: Floats, age: int) -> Floats:
    """Return quantiles at PROBS of the last count of a series' newest month but `age`."""
    ends = [shares(own, every, 1 - 2 * p)[age] for p in PROBS[: len(PROBS) // 2]]
    share = [*(e.high for e in ends), ends[0].share, *(e.low for e in reversed(ends))]
    return np.asarray(own[-1 - age, age] / np.array(share))


def peer(own: Floats, age: int) -> Floats:
    """Return the same as baselinenowcast's method has them."""
    used, now = len(own) // 2, len(own) - 1
    told = range(used - 1, now - WHOLE + age + 1)  # deliveries whose month is whole by now
    nowcast = [_missing(seen(own, delivery)[-used:], age) for delivery in told]
    came = [own[delivery - age, WHOLE] - own[delivery - age, age] for delivery in told]

    def unlikely(size: float) -> float:
        return -float(np.sum(nbinom.logpmf(came, size, size / (size + np.array(nowcast)))))

    size, lacks = minimize_scalar(unlikely, bounds=SIZES).x, _missing(own[-used:], age)
    return np.asarray(own[-1 - age, age] + nbinom.ppf(PROBS, size, size / (size + lacks)))


def _missing(own: Floats, age: int) -> float:
    """Return how many counts the newest month but `age` lacks, by the sums of those before it."""
    growth = 1.0
    for at in range(age, WHOLE):
        both = own[np.isfinite(own[:, at + 1])]
        growth *= both[:, at + 1].sum() / max(both[:, at].sum(), 1)
    count = own[-1 - age, age]
    # Of a month of which nothing has come, a little is missing.
    return float(max((count + 1 - 1 / growth) * growth - count, LEAST))


def scored(finals: Floats, noise: float = 1.0) -> dict[str, list[float]]:
    """Return age and method -> months, cover of 80% and 95% intervals, and log-WIS."""
    found: dict[str, list[tuple[float, ...]]] = {}
    for seed in range(_REPLICATES):
        come = reported(finals, noise, np.random.default_rng(seed))
        for delivery in range(FIRST, finals.shape[1]):
            grids = [seen(months, delivery) for months in come]
            every = np.concatenate(grids)
            for own, last in zip(grids, finals, strict=True):
                for age in range(WHOLE):
                    came = last[delivery - age]
                    for who, q in (("ours", ours(own, every, age)), ("peer", peer(own, age))):
                        inside = q[2] <= came <= q[6], q[0] <= came <= q[8]
                        of = found.setdefault(f"{SHARES[age][0]:.0%}, {who}", [])
                        of.append((*inside, float(log_wis(came, q))))
    return {of: [len(rows), *map(float, np.mean(rows, axis=0))] for of, rows in found.items()}


def made(size: float, series: int = 4) -> Floats:
    """Return (series, months) counts about `size`, with a season."""
    rng, at = np.random.default_rng(5), np.arange(MONTHS)
    season = 1 + 0.1 * np.sin(2 * np.pi * (at + np.arange(series)[:, None]) / 12)
    return rng.poisson(size * season * rng.gamma(400, 1 / 400, season.shape)).astype(float)


def main() -> None:
    """Score both on the made sets, and on a table."""
    sets = {
        "made, 3,000 a month": (made(3000), 1.0),
        "made, 3,000 a month, delays 3 times as uncertain": (made(3000), 3.0),
        "made, 30 a month": (made(30), 1.0),
    }
    for path in sys.argv[1:]:
        counts = read.read_table(Path(path), ReadAs()).counts
        rows = counts.values[:, -MONTHS:]
        sets[Path(path).name] = rows[np.isfinite(rows).all(axis=1)], 1.0
    for name, (finals, noise) in sets.items():
        tables.show(name, ("come, method", "n", "80%", "95%", "log-WIS"), scored(finals, noise))


if __name__ == "__main__":
    main()
