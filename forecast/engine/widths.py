"""What calm families learn from their own past: how wide their intervals should have been.

Series that break are left alone: their past months say little of the next break.
"""

from __future__ import annotations

import numpy as np

from models.base import Floats, Ints
from models.onepass import UNIT, age, in_units

FIRST_ORIGIN = 24  # months since the start from which forecasts teach
PRIOR = 15.0  # errors' worth of belief, at the first horizon, that the width is right
DISCOUNT = 0.98  # a month


def squared_errors(centre: Floats, scale: Floats, z: Floats) -> Floats:
    """(series, months, h) squared error of the h-step forecast about a column, in its own scale.

    Parameters
    ----------
    centre, scale : (series, months, h) forecasts from every column, NaN where there is none.
    z : (series, months) log1p counts.

    Returns
    -------
    NaN where there was no forecast, or where it does not teach yet.
    """
    out = np.full_like(centre, np.nan)
    issued = np.where(age(z) >= FIRST_ORIGIN, scale[..., 0], np.nan)
    for h in range(1, min(centre.shape[-1], z.shape[1] - 1) + 1):
        unit = (z[:, h:] - centre[:, :-h, h - 1]) / scale[:, :-h, h - 1]
        out[:, h:, h - 1] = np.where(np.isfinite(issued[:, :-h]), unit**2, np.nan)
    return out


def learned_width(squares: Floats, df: Floats, family: np.ndarray, origins: Ints) -> Floats:
    """Log factor by which each family's scale should have been wider, as known at the origins.

    Parameters
    ----------
    squares : (series, months, h) of `squared_errors`.
    df : (series, months) degrees of freedom of the forecasts from each column.
    family : (series,) names that learn together, at the same column; all of each family.
    origins : columns.

    Returns
    -------
    (series, origins, h): a straight line in log h through half the log of the mean squares.
    """
    out = np.empty((len(squares), len(origins), squares.shape[2]))
    for name in np.unique(family):
        rows = np.flatnonzero(family == name)
        mean = _mean_squares(squares[rows], df[rows])
        out[rows] = _line_in_log_horizon(np.log(mean) / 2)[origins]
    return out


def widened(scale: Floats, width: Floats, share: Floats) -> Floats:
    """(series, months, h) scale with the learned width, as far as a series is calm.

    Non-decreasing in h, so that no interval narrows on the way.
    """
    calm = 1 - share[..., None]
    return np.asarray(np.maximum.accumulate(scale * np.exp(calm * width), axis=-1))


def _mean_squares(squares: Floats, df: Floats) -> Floats:
    """(months, h) a family's mean squared standardised error, fading, drawn towards 1.

    n series of one month count as sqrt(n), because they move together.
    """
    _, months, longest = squares.shape
    prior = PRIOR * np.sqrt(np.arange(1, longest + 1))
    mean = np.ones((months, longest))
    total, weight = np.zeros((2, longest))
    for t in range(months):
        steps = np.arange(min(longest, t))
        origins = t - 1 - steps
        square = squares[:, t, : len(steps)]
        live = np.isfinite(square)
        count = np.maximum(np.sqrt(live.sum(axis=0)), 1)
        known = _weighted(square, df[:, origins], mean[origins, steps])
        total, weight = DISCOUNT * total, DISCOUNT * weight
        total[: len(steps)] += in_units(np.where(live, known, 0)).sum(axis=0) * UNIT / count
        weight[: len(steps)] += np.sqrt(live.sum(axis=0))
        mean[t] = (total + prior) / (weight + prior)
    return mean


def _weighted(square: Floats, df: Floats, mean: Floats) -> Floats:
    """(k, h) squared errors in units of their scale, weighted as the likelihood of a t does.

    mean : (h,) of the squares as it was known at the issue.
    """
    return np.asarray((df + 1) * square / (df + square / mean))


def _line_in_log_horizon(y: Floats) -> Floats:
    """(months, h) the least squares line through y in log h, horizon h weighing 1 / h."""
    steps = np.arange(1, y.shape[1] + 1)
    weight = 1 / steps / (1 / steps).sum()
    x = np.log(steps) - (weight * np.log(steps)).sum()
    middle = (y * weight).sum(axis=1, keepdims=True)
    spread = (weight * x**2).sum()
    slope = (y * weight * x).sum(axis=1, keepdims=True) / spread if spread > 0 else 0.0
    return np.asarray(middle + slope * x)
