"""The structural grid: 120 local models with level, slope and season, averaged by evidence.

For calm, seasonal series. Every point of the grid is a small state space model whose noises
are shares of one unknown sigma, so that its Kalman gains contain no data: they are computed
once and shared by all series (see Harvey, Forecasting, Structural Time Series Models and the
Kalman Filter, 1989, ch. 4). Each series weighs the points by how well they foretold it, and
by a prior: what the other series of its family found at the same column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import ClassVar, NamedTuple

import numpy as np

from models.base import Floats, Ints, Panel, Paths
from models.onepass import (
    UNIT,
    Block,
    Course,
    Sweep,
    blocks,
    family_numbers,
    in_units,
    sweep,
)

# Series at a time: their states stay in the processor's cache. Always exactly so many, the last
# one repeated where there are fewer, so that matrix products have one shape and one order.
BLOCK = 96

LEVEL_SHARES = (0.01, 0.04, 0.12, 0.3, 0.6, 1.0)
SLOPES = ((0.0, 1.0, 0.0), (0.05, 1.0, 0.0), (0.2, 1.0, 0.0), (0.1, 0.97, 0.01))
SEASONS = ((0.4, 0.0), (1.0, 0.03), (3.0, 0.03), (3.0, 0.1), (0.0, 0.0))

VAGUE = 1e4  # variance of the first level
FIRST_EVIDENCE = 2  # months since the start from which errors count
FLAT_PRIOR = 20.0  # series' worth of belief that all points are equally good
LEAST_VARIANCE = 1e-8  # of a series that never errs

LEVEL, SLOPE, SEASON = 0, 1, 2  # where each part stands in the state; the season takes 12
STATES = SEASON + 12


class Point(NamedTuple):
    """One model of the grid; standard deviations in units of the model's sigma.

    Attributes
    ----------
    level_share : variance of the level's noise; the observation's is 1 - level_share.
    slope_sd : of the slope at the start; 0 means no slope.
    damping : what remains of the slope a month later.
    slope_noise : sd of the slope's monthly noise.
    season_sd : of the twelve season effects at the start; 0 means no season.
    season_noise : sd of their monthly noise.
    """

    level_share: float
    slope_sd: float
    damping: float
    slope_noise: float
    season_sd: float
    season_noise: float


GRID = tuple(  # points with a season first: only they carry season states
    Point(share, *slope, *season)
    for season in SEASONS
    for share in LEVEL_SHARES
    for slope in SLOPES
)
SEASONAL = sum(point.season_sd > 0 for point in GRID)
DAMPING: Floats = np.array([point.damping for point in GRID])[:, None]


@dataclass(frozen=True)
class Structural:
    """Evidence-weighted mean of the grid's paths."""

    name: ClassVar[str] = "structural"
    min_months: ClassVar[int] = 1

    def paths(self, panel: Panel, origins: Ints, h: int) -> Paths:
        """Median paths at the origins; see the model contract."""
        return self.sweep(panel, h).at(origins)

    def sweep(self, panel: Panel, h: int) -> Sweep:
        """The paths from every column.

        Two filter passes: the first learns each family's prior, the second uses it.
        """
        return sweep_under(log_prior(evidence(panel)), panel, h)


def sweep_under(prior: Floats, panel: Panel, h: int) -> Sweep:
    """The paths from every column under a prior, (families, months, grid), see `log_prior`."""
    gains = kalman_gains(panel.z.shape[1], h)
    return sweep(panel, h, BLOCK, partial(_course, gains=gains, prior=prior))


def evidence(panel: Panel) -> Ints:
    """(families, months, grid) sum over each family's series of their posteriors, in UNITs.

    The posteriors are those under a flat prior. The parts of a family may be added in any order.
    """
    gains = kalman_gains(panel.z.shape[1], 1)
    families = int(family_numbers(panel).max(initial=0)) + 1
    mass = np.zeros((families, panel.z.shape[1], len(GRID)), dtype=np.int64)
    for block in blocks(panel, BLOCK):
        for t, states in _filtered(block.z, gains):
            if states.seen:
                _add_evidence(mass, block, t, states.weights(np.zeros((len(GRID), 1))))
    return mass


def _add_evidence(mass: Ints, block: Block, t: int, weight: Floats) -> None:
    """Add one month's posteriors, (grid, BLOCK), of the series that have not ended."""
    count = len(block.rows)
    place = np.stack([block.family, block.start + t])
    first = np.flatnonzero(np.any(np.diff(place, axis=1, prepend=-1), axis=0))
    total = np.add.reduceat(in_units(weight[:, :count]), first, axis=1)
    family, column = place[:, first]
    live = column < mass.shape[1]
    mass[family[live], column[live]] += total[:, live].T


def log_prior(mass: Ints) -> Floats:
    """(families, months, grid) each family's mean posterior, see `evidence`, drawn to flat."""
    found = mass * UNIT
    series = mass.sum(axis=-1, keepdims=True) * UNIT  # posteriors sum to one in each series
    return np.asarray(np.log((found + FLAT_PRIOR / len(GRID)) / (series + FLAT_PRIOR)))


@dataclass(frozen=True)
class Gains:
    """The part of the Kalman recursion that contains no data, by months since the start.

    Attributes
    ----------
    gain : (grid, months, STATES) what an error adds to each state.
    variance : (grid, months) of the one-step error before the month, in sigma^2.
    ahead : (grid, months, h) of the h-step error after the month, in sigma^2.
    slope_sum : (grid, h) damping + damping^2 + ... : the slope's effect on the path.
    """

    gain: Floats
    variance: Floats
    ahead: Floats
    slope_sum: Floats


@lru_cache(maxsize=4)
def kalman_gains(months: int, h: int) -> Gains:
    """Run the Riccati recursion of every grid point."""
    system = _system()
    slope_sum: Floats = np.cumsum(DAMPING ** np.arange(1.0, h + 1), axis=1)
    gain = np.zeros((len(GRID), months, STATES))
    variance = np.ones((len(GRID), months))
    ahead = np.zeros((len(GRID), months, h))
    cov = system.start
    for t in range(months):
        if t:
            cov = system.transition @ cov @ system.transition.transpose(0, 2, 1) + system.noise
        seen = cov[:, LEVEL] + cov[:, SEASON + t % 12]  # covariance with the observation
        variance[:, t] = seen[:, LEVEL] + seen[:, SEASON + t % 12] + system.observation
        gain[:, t] = seen / variance[:, t, None]
        cov = cov - gain[:, t, :, None] * seen[:, None, :]
        ahead[:, t] = _ahead(cov, t, slope_sum) + _future_noise(slope_sum)
    return Gains(gain, variance, ahead, slope_sum)


class _System(NamedTuple):
    """State space matrices of the grid, each (grid, STATES, STATES); observation is (grid,)."""

    start: Floats
    transition: Floats
    noise: Floats
    observation: Floats


def _system() -> _System:
    """Matrices of every grid point."""
    share, slope_sd, damping, slope_noise, season_sd, season_noise = np.array(GRID).T
    contrast = np.eye(12) - 1 / 12  # season effects sum to zero
    start, noise = np.zeros((2, len(GRID), STATES, STATES))
    transition = np.tile(np.eye(STATES), (len(GRID), 1, 1))
    start[:, LEVEL, LEVEL] = VAGUE
    start[:, SLOPE, SLOPE] = slope_sd**2
    start[:, SEASON:, SEASON:] = season_sd[:, None, None] ** 2 * contrast
    transition[:, LEVEL, SLOPE] = transition[:, SLOPE, SLOPE] = damping
    noise[:, : SLOPE + 1, : SLOPE + 1] = slope_noise[:, None, None] ** 2
    noise[:, LEVEL, LEVEL] += share
    noise[:, SEASON:, SEASON:] = season_noise[:, None, None] ** 2 * contrast
    return _System(start, transition, noise, 1 - share)


def _ahead(cov: Floats, t: int, slope_sum: Floats) -> Floats:
    """(grid, h) variance that today's uncertainty of the states, cov, leaves in the path."""
    season = SEASON + (t + np.arange(1, slope_sum.shape[1] + 1)) % 12
    level = cov[:, LEVEL, LEVEL, None] + 2 * slope_sum * cov[:, LEVEL, SLOPE, None]
    slope = slope_sum**2 * cov[:, SLOPE, SLOPE, None]
    effects = cov[:, season, season]
    shared = 2 * cov[:, LEVEL, season] + 2 * slope_sum * cov[:, SLOPE, season]
    return np.asarray(level + slope + effects + shared)


def _future_noise(slope_sum: Floats) -> Floats:
    """(grid, h) variance that the noise of the months ahead adds to the path."""
    share, _, _, slope_noise, _, season_noise = np.array(GRID).T[..., None]
    steps = np.arange(1, slope_sum.shape[1] + 1)
    effect = np.cumsum((1 + _shifted(slope_sum)) ** 2, axis=1)  # of one month's slope noise
    season = steps * season_noise**2 * 11 / 12
    return np.asarray(steps * share + effect * slope_noise**2 + season + 1 - share)


def _shifted(x: Floats) -> Floats:
    """(grid, h) one horizon later, 0 at the first."""
    return np.concatenate([np.zeros((len(x), 1)), x[:, :-1]], axis=1)


class _Filter:
    """The states of every grid point for the series of one block, month by month.

    Attributes
    ----------
    level, slope : (grid, k); season : (12, seasonal points, k).
    squares : (grid, k) sum of squared standardised errors; seen : how many.
    log_variance : (grid,) sum of the logs of the errors' variances.
    """

    def __init__(self, gains: Gains, first: Floats) -> None:
        shape = (len(GRID), len(first))
        self.gains = gains
        self.level = np.tile(first, (len(GRID), 1))
        self.slope, self.squares, self._room = np.zeros((3, *shape))
        self.season = np.zeros((12, SEASONAL, len(first)))
        self.log_variance = np.zeros(len(GRID))
        self.seen = 0

    def step(self, t: int, z: Floats) -> None:
        """Take in month t, z (k,), t months after the start."""
        self.slope *= DAMPING
        self.level += self.slope
        error = z - self.level
        error[:SEASONAL] -= self.season[t % 12]
        self._correct(self.gains.gain[:, t, :, None], error)
        if t >= FIRST_EVIDENCE:
            self._remember(self.gains.variance[:, t], error)

    def _correct(self, gain: Floats, error: Floats) -> None:
        """Move the states by their gain, (grid, STATES, 1), times the error."""
        room, seasonal = self._room, self._room[:SEASONAL]  # no new arrays: they cost more
        self.level += np.multiply(gain[:, LEVEL], error, out=room)
        self.slope += np.multiply(gain[:, SLOPE], error, out=room)
        for phase in range(12):
            effect = gain[:SEASONAL, SEASON + phase]
            self.season[phase] += np.multiply(effect, error[:SEASONAL], out=seasonal)

    def _remember(self, variance: Floats, error: Floats) -> None:
        """Count the error as evidence."""
        error *= error
        error *= 1 / variance[:, None]
        self.squares += error
        self.log_variance += np.log(variance)
        self.seen += 1

    @property
    def sigma2(self) -> Floats:
        """(grid, k) each point's own estimate of sigma^2."""
        return self.squares / max(self.seen, 1) + LEAST_VARIANCE

    def weights(self, log_prior: Floats) -> Floats:
        """(grid, k) posterior weights for a log prior (grid, k or 1); equal at first."""
        if not self.seen:
            return np.full_like(self.level, 1 / len(GRID))
        weight = np.log(self.sigma2)
        weight *= self.seen
        weight += self.log_variance[:, None]
        weight *= -0.5
        weight += log_prior
        weight -= weight.max(axis=0)
        np.exp(weight, out=weight)
        weight /= weight.sum(axis=0)
        return weight

    def path(self, t: int, h: int, weight: Floats) -> Floats:
        """(k, h) weighted path from month t."""
        level = np.einsum("gk,gk->k", weight, self.level)[:, None]
        slope = (weight * self.slope).T @ self.gains.slope_sum[:, :h]
        phases = (t + np.arange(1, h + 1)) % 12
        seasonal = weight[:SEASONAL]
        season = [np.einsum("gk,gk->k", seasonal, self.season[phase]) for phase in phases]
        return np.asarray(level + slope + np.stack(season, axis=1))

    def growth(self, t: int, h: int, weight: Floats) -> Floats:
        """(k, h) spread of the h-step error relative to the first."""
        if not self.seen:
            return np.tile(np.sqrt(np.arange(1, h + 1)), (self.level.shape[1], 1))
        variance = (weight * self.sigma2).T @ self.gains.ahead[:, t, :h]
        return np.asarray(np.sqrt(variance / variance[:, :1]))


def _filtered(z: Floats, gains: Gains) -> Iterator[tuple[int, _Filter]]:
    """The filter's states after each month of a block, z (k, months), for BLOCK series."""
    padded = np.take(z, np.minimum(np.arange(BLOCK), len(z) - 1), axis=0).T.copy()
    states = _Filter(gains, padded[0])
    yield 0, states
    for t in range(1, len(padded)):
        states.step(t, padded[t])
        yield t, states


def _course(block: Block, h: int, *, gains: Gains, prior: Floats) -> Course:
    """Everything the grid says of one block under its families' priors."""
    count, months = block.z.shape
    path, growth = np.empty((2, count, months, h))
    everybody = np.minimum(np.arange(BLOCK), count - 1)
    for t, states in _filtered(block.z, gains):
        column = np.minimum(block.start + t, prior.shape[1] - 1)
        own = np.ascontiguousarray(prior[block.family, column][everybody].T)
        weight = states.weights(own)
        path[:, t] = states.path(t, h, weight)[:count]
        growth[:, t] = states.growth(t, h, weight)[:count]
    return Course(path, growth)
