"""Tests whether one model's forecasts are better than another's, or only luckier.

References: Diebold and Mariano, Comparing predictive accuracy, 1995; Harvey, Leybourne and Newbold,
Testing the equality of prediction mean squared errors, 1997; Newey and West, 1987 (Bartlett).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from forecast import months
from forecast.engine import NAIVE
from forecast.engine.scores import PROBS, by_series, log_wis
from forecast.types import Counts, ScoredForecast
from models.base import Floats, Ints

TESTED = (1, 2, 3, 6, 12)  # months ahead
LEAST = 24  # cutoffs: of fewer the test says nothing
SURE = 0.05  # chance below which a difference is told as one


@dataclass(frozen=True, slots=True)
class SkillTest:
    """The engine against a last value with the same intervals, at one distance, on log-WIS.

    total : "" for the mean over all totals. horizon : months ahead. n : cutoffs, a month apart.
    log_wis, naive : mean scores, lower is better. statistic : negative where the engine is better.
    p : two-sided, 0..1.
    """

    total: str
    horizon: int
    n: int
    log_wis: float
    naive: float
    statistic: float
    p: float

    @property
    def verdict(self) -> str:
        """Say "better", "worse", or "may be chance" where the difference is no more than that."""
        if self.p >= SURE:
            return "may be chance"
        return "better" if self.statistic < 0 else "worse"


def diebold_mariano(difference: Floats, horizon: int) -> tuple[float, float]:
    """Return statistic and two-sided p of the hypothesis that a mean difference of losses is 0.

    The variance is Bartlett's over horizon - 1 lags, as forecasts overlap so far; the statistic has
    Harvey's factor and is held against Student's t of n - 1 degrees.

    difference : (n,) one model's loss less the other's, in time. horizon : months ahead, < n.
    """
    from scipy.special import stdtr  # `show` says what tests found, and makes none

    n, mean = len(difference), difference.mean()
    off = difference - mean
    variance = off @ off + 2 * sum(
        (1 - lag / horizon) * (off[lag:] @ off[:-lag]) for lag in range(1, horizon)
    )
    if variance <= 0:  # the same losses throughout
        return 0.0, 1.0
    harvey = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    statistic = mean / np.sqrt(variance / n**2) * np.sqrt(harvey)
    return float(statistic), float(2 * stdtr(n - 1, -abs(statistic)))


def skill_tests(
    stored: Iterable[ScoredForecast], counts: Counts, engine: str
) -> Iterator[SkillTest]:
    """Yield a test for each total and distance, then those of the mean over all totals.

    stored : forecasts of both models. counts : per series and month, as now current.
    """
    by_total: dict[str, dict[tuple[int, int], Floats]] = {}
    columns = by_series(stored)
    for key, model in list(columns):
        if model == engine and (key, NAIVE) in columns:
            known = {months.to_index(month): count for month, count in counts[key].items()}
            own = _log_wis(columns[key, engine], known)
            naive = _log_wis(columns[key, NAIVE], known)
            both = own.keys() & naive.keys()
            by_total[key.total] = {of: np.array([own[of], naive[of]]) for of in both}
    if len(by_total) > 1:  # cutoffs and distances at which every total was scored
        common = set.intersection(*(set(losses) for losses in by_total.values()))
        by_total[""] = {
            of: np.mean([losses[of] for losses in by_total.values()], axis=0) for of in common
        }
    for total, losses in by_total.items():
        for horizon in TESTED:
            pairs = np.array([losses[of] for of in sorted(losses) if of[1] == horizon])
            if len(pairs) >= LEAST:
                ours, its = pairs.mean(axis=0).tolist()
                statistic, p = diebold_mariano(pairs[:, 0] - pairs[:, 1], horizon)
                yield SkillTest(total, horizon, len(pairs), ours, its, statistic, p)


def _log_wis(rows: Ints, known: dict[int, int]) -> dict[tuple[int, int], float]:
    """(cutoff, months ahead) -> log-WIS, where the count has come. rows : see `ScoredColumns`."""
    actual = np.array([known.get(month, -1) for month in (rows[:, 0] + rows[:, 1]).tolist()])
    came = rows[actual >= 0]
    losses = log_wis(actual[actual >= 0].astype(float), came[:, 2 : 2 + len(PROBS)].astype(float))
    return dict(zip(map(tuple, came[:, :2].tolist()), losses.tolist(), strict=True))
