"""Small counts as counts: a grid of negative binomials with a level and a multiplicative season.

Points differ in how fast the level moves, in the size of the negative binomial (how far counts
spread beyond Poisson's) and in whether months of the year have factors of their own, which PULL
counts draw to 1. Each weighs by its fading likelihood; what is said of a month is one negative
binomial with the mean and the variance of the mixture. From the FIRST_COUNTED month on: earlier an
unknown season passes for noise, and is long believed (Harvey and Fernandes, Time series models
for count or qualitative observations, 1989, have the level and its discounting).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from models import parameters as par
from models.base import Floats, Ints, Panel

SPEEDS = np.array([0.01, 0.04, 0.1, 0.25])
PULLS = np.array([np.inf, 6.0])
# In front of all else: what is added up along the first axis takes a quarter of the time.
SIZES = np.array([0.1, 0.25, 0.5, 1.5, 5.0, 20.0, 100.0, 1e4])[:, None, None, None]
LEAST = 0.01  # a smaller mean is none
POISSON = 1e6  # a larger size is Poisson's
YEAR = 12


@dataclass(frozen=True)
class CountForecasts:
    """What the grid says of some series.

    Attributes
    ----------
    mean, size : (series, origins, h) of the negative binomial h months on.
    log_score : (series, months) of what came, said one month before; NaN where nothing was.
    """

    mean: Floats
    size: Floats
    log_score: Floats


def count_forecasts(panel: Panel, origins: Ints, h: int) -> CountForecasts:
    """Forecast whole counts at these columns; of held and unknown months nothing is learned."""
    y = np.rint(np.expm1(np.nan_to_num(panel.z)))
    n, months = y.shape
    mean, size = np.full((2, n, len(origins), h), np.nan)
    score, grid = np.full((n, months), np.nan), _Grid(n)
    place = {column: at for at, column in enumerate(origins.tolist())}
    known, start = panel.known, panel.start
    counts = grid.ahead(start, 1)
    for t in range(months):
        began = t >= start
        phase, live = (t - start) % 12, known[:, t] & (grid.age >= par.FIRST_COUNTED)
        if live.any():
            score[live, t] = log_pmf(y[live, t], *(x[live, 0] for x in counts))
        grid.take(y[:, t], known[:, t] & began, phase)
        if t in place or grid.age.max() >= par.FIRST_COUNTED:
            counts = grid.ahead(phase, h if t in place else 1)
        if t in place:
            mean[:, place[t]], size[:, place[t]] = counts
    return CountForecasts(mean, size, score)


def log_pmf(y: Floats, mean: Floats, size: Floats) -> Floats:
    """Log probability of whole counts under a negative binomial; arguments broadcast."""
    ways = gammaln(y + size) - gammaln(size) - gammaln(y + 1)
    return np.asarray(ways - size * np.log1p(mean / size) + y * np.log(mean / (size + mean)))


class _Grid:
    """The points' states for n series, month by month."""

    def __init__(self, n: int) -> None:
        shape = (n, len(SPEEDS), len(PULLS))
        self.level, self.age = np.zeros(shape), np.zeros(n)
        self.counted, self.expected = np.zeros((2, 12, *shape))
        self.likelihood = np.zeros((len(SIZES), *shape))

    def take(self, y: Floats, known: NDArray[np.bool_], phase: Ints) -> None:
        """Take in a month's counts, (n,), where they are known."""
        rows, seen = np.arange(len(y)), known[:, None, None]
        factor = self._factors(phase)
        value, usual = y[:, None, None], self.level * factor
        old = known & (self.age >= par.FIRST_COUNTED)
        if old.any():
            mean, z = np.maximum(usual, LEAST), value
            log_p = np.log(mean + SIZES)
            log_p *= -(z + SIZES)
            log_p += gammaln(z + SIZES) - gammaln(SIZES) + SIZES * np.log(SIZES)
            log_p += z * np.log(mean)
            log_p += par.COUNTED_MEMORY * self.likelihood
            np.copyto(self.likelihood, log_p, where=old[:, None, None])
        rate = np.maximum(SPEEDS[:, None], 1 / (self.age[:, None, None] + 1))
        # Weighed by the factor: an empty month of the off-season says little of the level.
        self.level += np.where(seen, rate * (value - usual), 0)
        np.maximum(self.level, LEAST / 2, out=self.level)
        self.counted[phase, rows] += np.where(seen, value, 0)
        self.expected[phase, rows] += np.where(seen, self.level, 0)
        self.age += known
        # A season is against the year's level, which nobody knew in its first months.
        year = (known & (self.age == YEAR))[:, None, None] & (self.expected > 0)
        np.copyto(self.expected, self.level, where=year)

    def ahead(self, phase: Ints, h: int) -> tuple[Floats, Floats]:
        """(n, h) mean and size of the negative binomial that stands for all points."""
        flat = len(self.age), -1
        most = self.likelihood.max(axis=0).reshape(flat).max(axis=1)
        weight = self.likelihood - most[:, None, None]
        np.exp(weight, out=weight)
        by_mean = weight.sum(axis=0).reshape(flat)
        total = by_mean.sum(axis=-1, keepdims=True)
        by_mean /= total
        weight /= SIZES
        spread = weight.sum(axis=0).reshape(flat) / total  # of 1 / size
        # All twelve months of the year at once; further ahead they come again.
        steps = np.arange(min(h, 12))
        factor = self._factors((phase[:, None] + steps + 1) % 12)
        means = np.maximum(self.level[:, None] * factor, LEAST).reshape(len(total), len(steps), -1)
        again = np.arange(h) % 12
        square, faster = means**2, np.repeat(SPEEDS, len(PULLS)) ** 2
        middle = _over_points(means, by_mean)
        beyond = (_over_points(square, by_mean + spread) - middle**2)[:, again]
        # A level that moves makes months farther ahead less certain, the more the faster it is.
        moving = _over_points(means, by_mean * faster) + _over_points(square, spread * faster)
        beyond, middle = beyond + np.arange(h) * moving[:, again], middle[:, again]
        return middle, middle**2 / np.maximum(beyond, middle**2 / POISSON)

    def _factors(self, phase: Ints) -> Floats:
        """(n, ..., speeds, pulls) of months of the year (n, ...), drawn to 1."""
        rows = np.arange(len(phase)).reshape(-1, *(1,) * (phase.ndim - 1))
        factor = np.ones((*phase.shape, len(SPEEDS), len(PULLS)))
        counted, expected = (
            x[phase, rows][..., 1:] + PULLS[1:] for x in (self.counted, self.expected)
        )
        factor[..., 1:] = counted / expected
        return factor


def _over_points(x: Floats, weight: Floats) -> Floats:
    """(n, steps) sums over the points of x (n, steps, points), weighted (n, points)."""
    return np.asarray(np.einsum("nsp,np->ns", x, weight))
