"""Small counts as counts: a grid of negative binomials with a level and a multiplicative season.

Points differ in how fast the level moves, in the size of the negative binomial (how far counts
spread beyond Poisson's) and in whether months of the year have factors of their own, which PULL
counts draw to 1. Each weighs by its fading likelihood; what is said of a month is one negative
binomial with the mean and the variance of the mixture. From the FIRST_COUNTED month on: earlier an
unknown season passes for noise, and is long believed (Harvey and Fernandes, Time series models
for count or qualitative observations, 1989, have the level and its discounting).

Where many months are of nothing, a second grid sees the others alone, and how often any come is
counted by itself: a hurdle. It takes over once it has foretold more.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from models import parameters as par
from models.base import Floats, Ints, Panel
from models.onepass import discounted_sum

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

    mean, size : (series, origins, h) of the negative binomial h months on.
    some : (series, origins) the chance that it holds; else nothing comes.
    log_score : (series, months) of what came, said one month before; NaN where nothing was.
    """

    mean: Floats
    size: Floats
    some: Floats
    log_score: Floats


def count_forecasts(panel: Panel, origins: Ints, h: int) -> CountForecasts:
    """Forecast whole counts at these columns; of held and unknown months nothing is learned."""
    y, known, start = np.rint(np.expm1(np.nan_to_num(panel.z))), panel.known, panel.start
    plain = _swept(y, known, start, origins, h, par.FIRST_COUNTED)
    early = known & (np.cumsum(known, axis=1) <= par.FIRST_COUNTED)
    many_empty = (early & (y == 0)).sum(axis=1) > par.MANY_EMPTY * early.sum(axis=1)
    row = np.flatnonzero(many_empty)
    if not len(row):
        return plain
    y, known, log_score = y[row], known[row], np.full((len(row), y.shape[1]), np.nan)
    live = known & (y > 0)
    others = _swept(y, live, start[row], origins, h, par.FIRST_LIVE)
    often, every = (discounted_sum(x.astype(float), par.COUNTED_MEMORY) for x in (live, known))
    some = (often + 1) / (every + 2)
    before = np.where(live[:, 1:], some[:, :-1], 1 - some[:, :-1])
    log_score[:, 1:] = np.log(before) + np.where(live, others.log_score, 0)[:, 1:]
    apart = np.clip(log_score - plain.log_score[row], -par.HURDLE_LIMIT, par.HURDLE_LIMIT)
    better = discounted_sum(np.nan_to_num(apart), par.COUNTED_MEMORY) > par.HURDLE_PRIOR
    # A negative binomial has months of nothing as well.
    nothing = np.exp(log_pmf(np.zeros(1), others.mean[..., 0], others.size[..., 0]))
    some = np.minimum(some[:, origins] / (1 - nothing), 1)
    at = better[:, origins]
    plain.mean[row] = np.where(at[..., None], others.mean, plain.mean[row])
    plain.size[row] = np.where(at[..., None], others.size, plain.size[row])
    plain.some[row] = np.where(at, some, 1)
    own = plain.log_score[row, 1:]
    plain.log_score[row, 1:] = np.where(better[:, :-1], log_score[:, 1:], own)
    return plain


def _swept(
    y: Floats, known: NDArray[np.bool_], start: Ints, origins: Ints, h: int, first: int
) -> CountForecasts:
    """What the grid says; first : known months from which its points are weighed."""
    n, months = y.shape
    mean, size = np.full((2, n, len(origins), h), np.nan)
    score, grid = np.full((n, months), np.nan), _Grid(n, first)
    place = {column: at for at, column in enumerate(origins.tolist())}
    counts = grid.ahead(start, 1)
    for t in range(months):
        live = known[:, t] & (grid.age >= first)
        if live.any():
            score[live, t] = log_pmf(y[live, t], *(x[live, 0] for x in counts))
        grid.take(y[:, t], known[:, t], t - start)
        if t in place or grid.age.max() >= first:
            counts = grid.ahead(t - start, h if t in place else 1)
        if t in place:
            mean[:, place[t]], size[:, place[t]] = counts
    return CountForecasts(mean, size, np.ones((n, len(origins))), score)


def log_pmf(y: Floats, mean: Floats, size: Floats) -> Floats:
    """Log probability of whole counts under a negative binomial; arguments broadcast."""
    ways = gammaln(y + size) - gammaln(size) - gammaln(y + 1)
    return np.asarray(ways - size * np.log1p(mean / size) + y * np.log(mean / (size + mean)))


class _Grid:
    """The points' states for n series, month by month."""

    def __init__(self, n: int, first: int) -> None:
        self.first = first
        shape = (n, len(SPEEDS), len(PULLS))
        self.level, self.age = np.zeros(shape), np.zeros(n)
        self.counted, self.expected = np.zeros((2, 12, *shape))
        self.likelihood = np.zeros((len(SIZES), *shape))

    def take(self, y: Floats, known: NDArray[np.bool_], month: Ints) -> None:
        """Take in counts (n,), where they are known, of the month since each start."""
        rows, seen, phase = np.arange(len(y)), known[:, None, None], month % YEAR
        factor = self._factors(phase)
        value, usual = y[:, None, None], self.level * factor
        old = known & (self.age >= self.first)
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
        year = (month == YEAR - 1)[:, None, None] & (self.expected > 0)
        np.copyto(self.expected, self.level, where=year)

    def ahead(self, month: Ints, h: int) -> tuple[Floats, Floats]:
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
        steps = np.arange(min(h, YEAR))
        factor = self._factors((month[:, None] + steps + 1) % YEAR)
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
