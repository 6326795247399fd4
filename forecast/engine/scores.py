"""How forecasts are judged; arrays in, numbers out.

Every score is lower-is-better except `coverage`, which should equal its level. Where a
forecast or an outcome is NaN the score is NaN, and means pass over it.

References: Bracher et al., Evaluating epidemic forecasts in an interval format, 2021 (WIS);
Bosse et al., Scoring epidemiological forecasts on transformed scales, 2023 (log-WIS);
Gneiting and Raftery, 2007 (interval score); Hyndman and Koehler, 2006 (MASE).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.base import Floats

PROBS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
"""The quantiles of the main score: the median and the 50, 80, 90 and 95% intervals."""


def pinball(actual: Floats, quantiles: Floats, probs: Sequence[float]) -> Floats:
    """Quantile loss: p (y - q) where y >= q, (1 - p) (q - y) where y < q.

    Parameters
    ----------
    actual : (...) what came.
    quantiles : (..., probs) forecasts, in the same unit.

    Returns
    -------
    (..., probs), >= 0, in the unit of actual; lower is better.
    """
    p = np.asarray(probs)
    over = actual[..., None] - quantiles
    return np.maximum(p * over, (p - 1) * over)


def wis(actual: Floats, quantiles: Floats, probs: Sequence[float] = PROBS) -> Floats:
    """Weighted interval score: twice the mean pinball loss over the quantiles.

    With K central intervals and the median it equals
    (|y - median| / 2 + sum of alpha_k / 2 * IS_k) / (K + 1/2).

    Returns
    -------
    (...), >= 0, in the unit of actual; lower is better.
    """
    return np.asarray(2 * pinball(actual, quantiles, probs).mean(axis=-1))


def log_wis(actual: Floats, quantiles: Floats, probs: Sequence[float] = PROBS) -> Floats:
    """WIS of log1p counts: the main score. Both arguments are counts, >= 0.

    Returns
    -------
    (...), >= 0; lower is better. A median off by 10% costs about .1 without any spread.
    """
    return wis(np.log1p(actual), np.log1p(quantiles), probs)


def interval_score(actual: Floats, low: Floats, high: Floats, level: float) -> Floats:
    """Width plus 2 / alpha times how far y lies outside, alpha = 1 - level / 100.

    Parameters
    ----------
    level : of the central interval, percent.

    Returns
    -------
    (...), >= 0, in the unit of actual; lower is better.
    """
    alpha = 1 - level / 100
    below, above = np.maximum(low - actual, 0), np.maximum(actual - high, 0)
    return np.asarray(high - low + 2 / alpha * (below + above))


def coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """Share of outcomes inside their interval, ends included, 0 .. 1; should be its level.

    NaN where no outcome has an interval.
    """
    known = np.isfinite(actual) & np.isfinite(low) & np.isfinite(high)
    inside = (low <= actual) & (actual <= high)
    return float(inside[known].mean()) if known.any() else float("nan")


def mae(actual: Floats, forecast: Floats) -> float:
    """Mean |y - forecast|, in the unit of actual; lower is better, NaN where there is none."""
    return _mean(np.abs(actual - forecast))


def mase(actual: Floats, forecast: Floats, history: Floats, season: int = 12) -> float:
    """MAE of one series relative to the seasonal naive's in its history.

    mean |y - f| / mean |x(t) - x(t - season)|

    Parameters
    ----------
    history : (months,) what the model was shown, in the unit of actual.

    Returns
    -------
    >= 0, no unit; lower is better, below 1 beats the history's seasonal naive. NaN where the
    history is too short or repeats itself exactly.
    """
    usual = _mean(np.abs(history[season:] - history[:-season]))
    return mae(actual, forecast) / usual if usual > 0 else float("nan")


def relative_mae(actual: Floats, forecast: Floats, baseline: Floats) -> float:
    """Geometric mean over series of MAE / MAE of the baseline on the same outcomes.

    Parameters
    ----------
    actual, forecast, baseline : (series, ...) NaN where any of the three is unknown.

    Returns
    -------
    >= 0, no unit; lower is better, below 1 beats the baseline. A series whose baseline never
    errs has no ratio and is left out.
    """
    known = np.isfinite(actual) & np.isfinite(forecast) & np.isfinite(baseline)
    outcome = np.where(known, actual, np.nan)
    ratios = []
    for y, f, b in zip(outcome, forecast, baseline, strict=True):
        usual = mae(y, b)
        if usual > 0:
            ratios.append(max(mae(y, f) / usual, 1e-300))
    return float(np.exp(np.mean(np.log(ratios)))) if ratios else float("nan")


def _mean(x: Floats) -> float:
    """Mean of what is known; NaN of nothing."""
    known = x[np.isfinite(x)]
    return float(known.mean()) if known.size else float("nan")
