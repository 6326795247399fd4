"""The gate: two models' paths become one.

The break walk is the default. The structural grid takes over where the evidence of a whole
family says so: where, month after month, the walk's hindcasts have missed by more. A series'
own record moves the verdict up or down. The verdict is a number, `lean`: above 0 it favours
the grid. From it come two shares of the walk: its *share* of how errors spread (widths, tails),
and its *weight* in the median path, which a regression on past errors may correct.

What is judged at a column are hindcasts of 1 to 3 months that had matured by then.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import expit

from forecast.engine.calibrate import one_step_errors, settled
from models.base import Floats
from models.onepass import UNIT, age, discounted_sum, in_units, median, running_median

NEAR = 3  # horizons that are judged
FIRST_ORIGIN = 18  # months since the start from which hindcasts count
DISCOUNT = 0.98  # a month
TINY = 1e-6  # keeps two perfect models comparable

OVERLAP = 3.0  # errors of overlapping hindcasts: so much more variance of their mean
EVIDENCE_LIMIT = 5.0  # no month says more than this many usual losses
LEAST_VARIANCE = 1e-4  # of the evidence, so that two months are not proof
NEEDED = 1.7  # the t statistic at which a family's evidence is worth half the walk
STEEPNESS = 1.2  # lean by the t statistic
OWN_STEEPNESS = 10.0  # lean by the log ratio of a series' own losses ...
LARGE = 0.1  # ... against its family's median ratio, as far as that is below this

PRIOR_WEIGHT = 80.0  # hindcasts' worth of belief in the verdict when errors are regressed
ERROR_LIMIT = 3.0  # usual errors beyond which a hindcast teaches no more
WINDOW = 60  # months whose median error is usual
MOST_LEAN = 10.0

FARTHEST = float(np.log(20))  # no centre is further from the last value


def lean(
    walk_loss: Floats, grid_loss: Floats, weight: Floats, z: Floats, family: np.ndarray
) -> Floats:
    """How far the verdict is on the grid's side, log odds.

    Parameters
    ----------
    walk_loss, grid_loss, weight : (series, months) of `month_losses`.
    z : (series, months) log1p counts, NaN before a series starts.
    family : (series,) names whose evidence is shared at the same column; all of each family.

    Returns
    -------
    (series, months) as known at each column, within +-50; NaN before a series starts.
    """
    ratio = np.log(past_loss(walk_loss, weight) / past_loss(grid_loss, weight))
    ratio = np.where(np.isfinite(z), ratio, np.nan)
    out = np.empty_like(z)
    for name in np.unique(family):
        rows = np.flatnonzero(family == name)
        statistic = evidence(walk_loss[rows], grid_loss[rows], age(z[rows]) > FIRST_ORIGIN)
        apart = ratio[rows] - np.minimum(median(ratio[rows].T), LARGE)
        out[rows] = STEEPNESS * (statistic - NEEDED) + OWN_STEEPNESS * apart
    return np.clip(out, -50, 50)


def month_losses(paths: Floats, z: Floats) -> tuple[Floats, Floats]:
    """What the hindcasts about each month missed it by, and what they weigh; 0 where none.

    Returns
    -------
    loss, weight : (series, months) sums of |error| / sqrt(h) and of 1 / sqrt(h).
    """
    loss, weight = np.zeros((2, *z.shape))
    for h, miss in _misses(paths, z):
        loss[:, h:] += np.abs(np.nan_to_num(miss)) / np.sqrt(h)
        weight[:, h:] += np.isfinite(miss) / np.sqrt(h)
    return loss, weight


def past_loss(loss: Floats, weight: Floats) -> Floats:
    """(series, months) discounted mean |error| of matured hindcasts at each column, > 0.

    loss, weight : of `month_losses`.
    """
    known = np.maximum(discounted_sum(weight, DISCOUNT), 1e-9)
    return np.asarray(discounted_sum(loss, DISCOUNT) / known + TINY)


def _misses(paths: Floats, z: Floats) -> Iterator[tuple[int, Floats]]:
    """(h, (series, months - h) error of the path issued h months before), h = 1 .. NEAR."""
    issued = np.where(age(z)[..., None] >= FIRST_ORIGIN, paths[..., :NEAR], np.nan)
    for h in range(1, min(NEAR, z.shape[1] - 1) + 1):
        yield h, z[:, h:] - issued[:, :-h, h - 1]


def evidence(walk_loss: Floats, grid_loss: Floats, live: np.ndarray) -> Floats:
    """A family's t statistic that the grid is better, as known at each column.

    d(t), the live series' mean of (walk_loss - grid_loss) / usual loss, is averaged over the
    months, fading by DISCOUNT, and divided by its standard error.

    Parameters
    ----------
    walk_loss, grid_loss : (series, months) of `month_losses`.
    live : (series, months) whether a series has hindcasts to be judged by.

    Returns
    -------
    (months,), 0 as long as no series is live.
    """
    fading = np.maximum(discounted_sum(live.astype(float), DISCOUNT), 1e-9)
    usual = discounted_sum((walk_loss + grid_loss) / 2, DISCOUNT) / fading + TINY
    apart = np.clip((walk_loss - grid_loss) / usual, -EVIDENCE_LIMIT, EVIDENCE_LIMIT)
    count = live.sum(axis=0)
    monthly = in_units(apart * live).sum(axis=0) * UNIT / np.maximum(count, 1)
    return _t_statistic(monthly, count > 0)


def _t_statistic(x: Floats, known: np.ndarray) -> Floats:
    """(months,) running discounted sum of x over the standard error of that sum."""
    out = np.zeros_like(x)
    weight = total = variance = 0.0
    for t in np.flatnonzero(known):
        weight = DISCOUNT * weight + 1
        total = DISCOUNT * total + x[t]
        variance = DISCOUNT**2 * variance + (x[t] - total / weight) ** 2
        out[t] = total / np.sqrt(OVERLAP * (variance + LEAST_VARIANCE))
    return out


def walk_share(verdict: Floats) -> Floats:
    """(series, months) how much a series breaks as the walk does, 0 .. 1."""
    return np.asarray(expit(-verdict))


def walk_weight(walk: Floats, grid: Floats, z: Floats, verdict: Floats) -> Floats:
    """(series, months) weight of the walk in the median path, 0 .. 1.

    The regression of z - grid on walk - grid over past hindcasts, drawn towards the verdict:
    weakly in calm families, where errors may move the mix, and ever more strongly the more the
    walk leads, because a few series cannot tell there.
    """
    own, both = _regression(walk, grid, z)
    believed = expit(-2 * np.clip(verdict, -MOST_LEAN, MOST_LEAN))
    prior = PRIOR_WEIGHT / np.maximum(1 - believed, 1e-3)
    return np.clip((both + prior * believed) / (own + prior), 0, 1)


def _regression(walk: Floats, grid: Floats, z: Floats) -> tuple[Floats, Floats]:
    """Discounted sums of aa and ab over hindcasts; a = walk - grid, b = z - grid, in usual errors.

    Both are clipped, and horizon h weighs 1 / h.
    """
    middle = (walk[..., 0] + grid[..., 0]) / 2
    usual = running_median(settled(one_step_errors(middle, z), z), WINDOW) + 1e-9
    own, both = np.zeros((2, *z.shape))
    for h, miss in _misses(grid, z):
        unit = np.sqrt(h) * usual[:, :-h]
        apart = walk[:, :-h, h - 1] - grid[:, :-h, h - 1]
        a = np.clip(np.where(np.isfinite(miss), apart, np.nan) / unit, -ERROR_LIMIT, ERROR_LIMIT)
        b = np.clip(miss / unit, -ERROR_LIMIT, ERROR_LIMIT)
        own[:, h:] += np.nan_to_num(a * a) / h
        both[:, h:] += np.nan_to_num(a * b) / h
    return discounted_sum(own, DISCOUNT), discounted_sum(both, DISCOUNT)


def blend(weight: Floats, walk: Floats, grid: Floats, last: Floats) -> Floats:
    """One median path of two, never further than a factor of 20 from the last value.

    Parameters
    ----------
    weight : (series, months) of the walk.
    walk, grid : (series, months, h) paths.
    last : (series, months) z at the origin.
    """
    part = weight[..., None]
    centre = part * walk + (1 - part) * grid
    return np.clip(centre, last[..., None] - FARTHEST, last[..., None] + FARTHEST)


def blend_growth(share: Floats, walk: Floats, grid: Floats) -> Floats:
    """(series, months, h) spread relative to the first step: the weighted root mean square."""
    part = share[..., None]
    return np.asarray(np.sqrt(part * walk**2 + (1 - part) * grid**2))
