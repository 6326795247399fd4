"""The grid's state space models: their Kalman recursions, with and without the data.

Every point of the grid is a local model with level, slope and season whose noises are shares of
one unknown sigma. So its gains contain no data: they are computed once for all series. And the
filter is linear: how a path answers to each month so far is computed once as well, and where
only the next months are asked for, one matrix product a month takes the place of the states.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from models.base import Floats

LEVEL_SHARES = (0.01, 0.04, 0.12, 0.3, 0.6, 1.0)
SLOPES = ((0.0, 1.0, 0.0), (0.05, 1.0, 0.0), (0.2, 1.0, 0.0), (0.1, 0.97, 0.01))
SEASONS = ((0.4, 0.0), (1.0, 0.03), (3.0, 0.03), (3.0, 0.1), (0.0, 0.0))

VAGUE = 1e4  # variance of the first level

LEVEL, SLOPE, SEASON = 0, 1, 2  # where each part stands in the state; the season takes 12
STATES = SEASON + 12

# One model of the grid in each row: the variance of the level's noise (the observation's is 1 less
# that); sd of the slope at the start (0: no slope), what remains of it a month later, sd of its
# monthly noise; sd of the twelve season effects at the start (0: no season), and of their monthly
# noise. All in units of the model's sigma. Points with a season first: only they carry its states.
GRID: Floats = np.array(
    [(share, *slope, *season) for season in SEASONS for share in LEVEL_SHARES for slope in SLOPES]
)
SEASONAL = int((GRID[:, 4] > 0).sum())
DAMPING: Floats = GRID[:, 2, None]


@dataclass(frozen=True)
class Gains:
    """The part of the Kalman recursion that contains no data, by months since the start.

    gain : (grid, months, STATES) what an error adds to each state.
    variance : (grid, months) of the one-step error before the month, in sigma^2.
    ahead : (grid, months, h) of the h-step error after the month, in sigma^2.
    slope_sum : (grid, h) damping + damping^2 + ... : the slope's effect on the path.
    """

    gain: Floats
    variance: Floats
    ahead: Floats
    slope_sum: Floats


def kalman_gains(months: int, h: int) -> Gains:
    """The gains for so many months and horizons, or a few more: panels differ little in length."""
    return _gains(_rounded(months, 32), _rounded(h, 24))


def _rounded(number: int, step: int) -> int:
    """The next multiple of step."""
    return -(-number // step) * step


@lru_cache(maxsize=4)
def _gains(months: int, h: int) -> Gains:
    """Run the Riccati recursion of every grid point."""
    cov, transition, noise, observation = _system()
    slope_sum: Floats = np.cumsum(DAMPING ** np.arange(1.0, h + 1), axis=1)
    # What the noise of the months ahead adds to the path's variance.
    share, _, _, slope_noise, _, season_noise = GRID.T[..., None]
    steps = np.arange(1, h + 1)
    effect = np.cumsum((1 + np.pad(slope_sum[:, :-1], ((0, 0), (1, 0)))) ** 2, axis=1)
    season = steps * season_noise**2 * 11 / 12
    future_noise = steps * share + effect * slope_noise**2 + season + 1 - share
    gain = np.zeros((len(GRID), months, STATES))
    variance = np.ones((len(GRID), months))
    ahead = np.zeros((len(GRID), months, h))
    for t in range(months):
        if t:
            cov = transition @ cov @ transition.transpose(0, 2, 1) + noise
        seen = cov[:, LEVEL] + cov[:, SEASON + t % 12]  # covariance with the observation
        variance[:, t] = seen[:, LEVEL] + seen[:, SEASON + t % 12] + observation
        gain[:, t] = seen / variance[:, t, None]
        cov = cov - gain[:, t, :, None] * seen[:, None, :]
        # What today's uncertainty of the states leaves in the path.
        phases = SEASON + (t + steps) % 12
        level = cov[:, LEVEL, LEVEL, None] + 2 * slope_sum * cov[:, LEVEL, SLOPE, None]
        slope = slope_sum**2 * cov[:, SLOPE, SLOPE, None]
        shared = 2 * cov[:, LEVEL, phases] + 2 * slope_sum * cov[:, SLOPE, phases]
        ahead[:, t] = level + slope + cov[:, phases, phases] + shared + future_noise
    return Gains(gain, variance, ahead, slope_sum)


def _system() -> tuple[Floats, Floats, Floats, Floats]:
    """Start, transition and noise of every grid point, (grid, STATES, STATES); its observation."""
    share, slope_sd, damping, slope_noise, season_sd, season_noise = GRID.T
    # Else the level could hide in the season.
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
    return start, transition, noise, 1 - share


class Filter:
    """The states of every grid point for k series of one age, month by month.

    level, slope : (grid, k); season : (12, seasonal points, k).
    error : (grid, k) by which the month taken in last was missed.
    """

    def __init__(self, gains: Gains, first: Floats) -> None:
        shape = (len(GRID), len(first))
        self.gains = gains
        self.level = np.tile(first, (len(GRID), 1))
        self.slope, self.error, self._room = np.zeros((3, *shape))
        self.season = np.zeros((12, SEASONAL, len(first)))

    def step(self, t: int, z: Floats) -> None:
        """Take in month t, z (k,), t months after the start."""
        self.slope *= DAMPING
        self.level += self.slope
        np.subtract(z, self.level, out=self.error)
        self.error[:SEASONAL] -= self.season[t % 12]
        # The states move by their gain, (grid, STATES, 1), times the error.
        gain, error = self.gains.gain[:, t, :, None], self.error
        room, seasonal = self._room, self._room[:SEASONAL]  # no new arrays: they cost more
        self.level += np.multiply(gain[:, LEVEL], error, out=room)
        self.slope += np.multiply(gain[:, SLOPE], error, out=room)
        for phase in range(12):
            effect = gain[:SEASONAL, SEASON + phase]
            self.season[phase] += np.multiply(effect, error[:SEASONAL], out=seasonal)

    def paths(self, t: int, h: int) -> Floats:
        """(h, grid, k) each point's path from month t."""
        slope_sum = self.gains.slope_sum[:, :h].T
        paths = self.level + slope_sum[..., None] * self.slope
        paths[:, :SEASONAL] += self.season[(t + np.arange(1, h + 1)) % 12]
        return np.asarray(paths)

    def mean_path(self, t: int, h: int, weight: Floats) -> Floats:
        """(k, h) path from month t, weighted (grid, k); the same however far one looks."""
        level = np.einsum("gk,gk->k", weight, self.level)
        slope = (weight * self.slope).reshape(-1, len(SLOPES), level.size).sum(axis=0)
        season = np.einsum("gk,pgk->pk", weight[:SEASONAL], self.season)
        path = level + season[(t + np.arange(1, h + 1)) % 12]
        for kind, ahead in zip(slope, self.gains.slope_sum[: len(SLOPES)], strict=True):
            path += kind * ahead[:h, None]
        return np.asarray(path.T)


def responses(months: int) -> tuple[Floats, ...]:
    """Month t -> (grid, t + 1): how each point's next month answers to each month so far."""
    return _responses(_rounded(months, 32))


@lru_cache(maxsize=4)
def _responses(months: int) -> tuple[Floats, ...]:
    unit = np.eye(months)
    # A filter of unit impulses: by linearity its paths are the answer to any series.
    states = Filter(kalman_gains(months, 1), unit[0])
    responses = [states.paths(0, 1)[0, :, :1]]
    for t in range(1, months):
        states.step(t, unit[t])
        responses.append(states.paths(t, 1)[0, :, : t + 1])
    return tuple(np.array(path) for path in responses)
