"""Calibration: past errors become a predictive distribution.

A forecast at a horizon is a Student t on log1p counts: its centre, a scale made of past
one-step errors, and degrees of freedom. How wide it is depends on how much a series breaks:
`share`, 1 for one that does as the break walk, 0 for a calm one. All arrays of one forecast
have the shape of its centre, except where stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.polynomial.chebyshev import chebfit, chebpts1, chebval
from scipy.special import stdtr, stdtrit

from models.base import Floats, Ints
from models.onepass import age, discounted_sum, running_median

Number = float | Floats

FIRST_ERROR = 14  # months since the start from which the engine's one-step errors count
UNCAPPED = 7  # errors before extreme ones are capped
LEAST_ERRORS = 10  # fewer say nothing of a scale: with FIRST_ERROR, two years of data
WINDOW = 60  # months whose median error says what is extreme
CAP = 4.5  # times that median
COUNT_NOISE = 2.0  # or this many standard deviations of log1p of a Poisson count
HALF_LIVES = (4, 60)  # months
LEAST_SIGMA = 0.001

WALK_DF, GRID_DF = 2.5, 3.0
WALK_WIDTH, GRID_WIDTH = 1.5, 1.0
DRIFT = 0.17  # exponent of the horizon that the models' own growth leaves out
TAIL = 0.2  # by so much the 95 % interval of a series that breaks is stretched, far ahead
TAIL_FROM, TAIL_AT = 0.95, 0.975  # nothing is stretched before; in full here
DEGREE = 12  # of the polynomials that stand in for the quantiles of a t
ROOM = 0.7  # no quantile is further from the centre than this plus the range of the history


def one_step_errors(step: Floats, z: Floats) -> Floats:
    """(series, months) |z - the path of the month before|; NaN where there was none.

    step : (series, months) the first step of the path from each column.
    """
    errors = np.full_like(z, np.nan)
    errors[:, 1:] = np.abs(z[:, 1:] - step[:, :-1])
    return errors


def settled(errors: Floats, z: Floats) -> Floats:
    """(series, months) the errors without those of a series' first months."""
    return np.where(age(z) >= FIRST_ERROR, errors, np.nan)


def one_step_scale(errors: Floats, step: Floats) -> Floats:
    """Sigma: geometric mean of a quick and a slow root mean square of past errors.

    Parameters
    ----------
    errors : (series, months) absolute one-step errors, NaN where there is none.
    step : (series, months) the first step of the path from each column: it says how noisy a
        count of that size must be, without which years of zeros would freeze sigma.

    Returns
    -------
    (series, months) sigma known at each column, log1p units, >= LEAST_SIGMA; NaN where fewer
    than LEAST_ERRORS errors were known.
    """
    known = np.isfinite(errors)
    count = np.cumsum(known, axis=1)
    cap = np.where(count > UNCAPPED, _cap(errors, step), np.inf)
    squares = np.where(known, np.minimum(errors, cap) ** 2, 0.0)
    sigma = np.ones_like(errors)
    for half_life in HALF_LIVES:
        keep = 0.5 ** (1 / half_life)
        weight = np.maximum(discounted_sum(known.astype(float), keep), 1e-300)
        mean = discounted_sum(squares, keep) / weight
        sigma *= np.sqrt(np.maximum(np.sqrt(mean), LEAST_SIGMA))
    return np.where(count >= LEAST_ERRORS, sigma, np.nan)


def _cap(errors: Floats, step: Floats) -> Floats:
    """(series, months) the largest error that counts in full at each column."""
    noise = np.zeros_like(errors)
    noise[:, 1:] = COUNT_NOISE * np.exp(-step[:, :-1] / 2)
    return np.fmax(CAP * running_median(errors, WINDOW), noise)


def reach(z: Floats) -> Floats:
    """(series, months) the farthest a quantile may lie from its centre, known at each column."""
    spread = np.fmax.accumulate(z, axis=1) - np.fmin.accumulate(z, axis=1)
    return np.asarray(ROOM + spread)


def degrees(share: Floats) -> Floats:
    """Degrees of freedom by the walk's share: heavy tails for series that jump."""
    return np.asarray(np.exp(share * np.log(WALK_DF) + (1 - share) * np.log(GRID_DF)))


def scale(sigma: Floats, growth: Floats, share: Floats) -> Floats:
    """(series, months, h) scale of the t: sigma, carried over the horizons.

    Parameters
    ----------
    sigma, share : (series, months) one-step scale and the walk's share.
    growth : (series, months, h) spread relative to the first step.
    """
    width = share * WALK_WIDTH + (1 - share) * GRID_WIDTH
    df = degrees(share)
    first = width * sigma * np.sqrt((df - 2) / df)
    steps = np.arange(1, growth.shape[-1] + 1)
    return np.asarray(first[..., None] * growth * steps**DRIFT)


def quantiles(
    centre: Floats,
    scale: Floats,
    df: Number,
    reach: Number,
    share: Number,
    probs: Sequence[float],
) -> Floats:
    """Quantiles of log1p counts, >= 0, non-decreasing in the probability.

    The t is stretched outside its 90 % interval, for h > 1 and for series that break: what
    comes a year ahead of a break is worse than a t of past months says.

    Parameters
    ----------
    centre, scale : (..., h) from the first horizon on.
    df, reach, share : (...) of the same forecasts.

    Returns
    -------
    (..., h, len(probs))
    """
    df, limit = np.asarray(df), np.asarray(reach)[..., None, None]
    unit = unit_quantiles(df, (*probs, TAIL_FROM, TAIL_AT))
    unit, begin, full = unit[..., :-2], unit[..., -2:-1], unit[..., -1:]
    beyond = np.maximum(np.abs(unit) - begin, 0) / (full - begin)
    stretch = TAIL * np.asarray(share)[..., None] * beyond * unit
    far = 1 - 1 / np.arange(1, centre.shape[-1] + 1)
    away = unit[..., None, :] + stretch[..., None, :] * far[:, None]
    away *= scale[..., None]
    np.clip(away, -limit, limit, out=away)
    away += centre[..., None]
    return np.asarray(np.maximum(away, 0, out=away))


def unit_quantiles(df: Floats, probs: Sequence[float]) -> Floats:
    """(..., probs) quantiles of a t, df between WALK_DF and GRID_DF, to 1e-12 of themselves.

    A polynomial in df for each probability: the library's function takes a hundred times as long.
    """
    found = chebval(2 * (df - WALK_DF) / (GRID_DF - WALK_DF) - 1, _coefficients(tuple(probs)))
    return np.moveaxis(np.asarray(found, dtype=np.float64), 0, -1)


@cache
def _coefficients(probs: tuple[float, ...]) -> Floats:
    """(DEGREE + 1, probs) of Chebyshev polynomials through the quantiles, df moved to -1 .. 1."""
    x = chebpts1(DEGREE + 1)
    df = WALK_DF + (x + 1) / 2 * (GRID_DF - WALK_DF)
    exact = stdtrit(df[:, None], np.array(probs))
    return np.asarray(chebfit(x, exact, DEGREE), dtype=np.float64)


def counts(quantiles: Floats, probs: Sequence[float]) -> Ints:
    """(..., len(probs)) quantiles as whole counts: outward, and the median to the nearest.

    Every quantile must be finite.
    """
    value = np.expm1(quantiles)
    p = np.asarray(probs)
    middle = np.rint(value[..., p == 0.5])
    down = np.where(p < 0.5, 1.0, -1.0)  # upward is downward with the sign turned
    slack = 1e-9 + 1e-12 * value  # expm1(log1p(7)) may be 7.0000001
    value *= down
    value += slack
    np.floor(value, out=value)
    value *= down
    value[..., p == 0.5] = middle
    return value.astype(np.int64)


def tail(z: Number, centre: Number, scale: Number, df: Number) -> Floats:
    """Two-sided probability of a value at least as far from the centre as z."""
    return np.asarray(2 * stdtr(df, -np.abs(z - centre) / scale))
