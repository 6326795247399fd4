"""Past errors become a predictive distribution.

A forecast at a horizon is a bent Student t on log1p counts (`forecast.engine.tails`): its centre,
a scale made of past one-step errors, and degrees of freedom. How wide it is depends on how much a
series breaks: `share`, 1 for one that does as the break walk, 0 for a calm one; calm families
learn from their own past how wide they should have been. All arrays of one forecast have the
shape of its centre, except where stated.

    sigma = (RMS of half-life QUICK x RMS of half-life SLOW) ^ 1/2, then `with_count_noise`
    scale(h) = width sigma ((df - 2) / df)^1/2 growth(h) h^drift, times the learned width ^ (1 - v)

The t with few degrees of freedom and a robust scale is West and Harrison's (Bayesian Forecasting
and Dynamic Models, 1997, ch. 10) without its model; widths from past errors of the whole family
are conformal in spirit (Shafer and Vovk, A tutorial on conformal prediction, 2008).
"""

from collections.abc import Callable, Sequence

import numpy as np

from forecast.engine import parameters as par
from forecast.engine.tails import FloatLike, bend, bent, degrees
from models.base import Floats, Ints
from models.onepass import (
    UNIT,
    age,
    discounted_sum,
    family_sums,
    in_units,
    running_median,
    silent,
)


def one_step_errors(step: Floats, z: Floats) -> Floats:
    """(series, months) |z - the path of the month before|; NaN where there was none.

    step : (series, months) the first step of the path from each column.
    """
    errors = np.full_like(z, np.nan)
    errors[:, 1:] = np.abs(z[:, 1:] - step[:, :-1])
    return errors


def settled(errors: Floats, z: Floats) -> Floats:
    """(series, months) the errors without those of a series' first months."""
    return np.where(age(z) >= par.FIRST_ERROR, errors, np.nan)


def sigma_of(step: Floats, z: Floats, issued: Floats | None = None) -> Floats:
    """(series, months) sigma known at each column, for the next month's level.

    step : (series, months) the first step of the path from each column.
    z : (series, months) log1p counts, NaN where not known. An error needs both its months.
    issued : the same where forecasts were issued; None for z. From a held month an error counts:
        it is that of a level that moved.
    """
    known = np.isfinite(z if issued is None else issued)
    errors = settled(one_step_errors(np.where(known, step, np.nan), z), z)
    return with_count_noise(one_step_scale(errors, step), errors, step)


def young_sigma(step: Floats, z: Floats) -> Floats:
    """(series, months) sigma of series too young for `sigma_of`, from FIRST_YOUNG known months on.

    The root mean square of all their errors: a season that nobody knows yet is in them. At least
    half of a count's noise. step, z : as in `sigma_of`.
    """
    errors = np.where(age(z) >= par.YOUNG_ERROR, one_step_errors(step, z), np.nan)
    count = np.maximum(np.cumsum(np.isfinite(errors), axis=1), 1)
    mean = np.cumsum(np.nan_to_num(errors) ** 2, axis=1) / count
    square = np.maximum(mean, np.exp(-np.maximum(step, 0)) / 2)
    enough = np.cumsum(np.isfinite(z), axis=1) >= par.FIRST_YOUNG
    return np.where(enough, np.sqrt(square), np.nan)


def one_step_scale(errors: Floats, step: Floats) -> Floats:
    """Sigma: geometric mean of a quick and a slow root mean square of past errors.

    errors : (series, months) absolute one-step errors, NaN where there is none.
    step : (series, months) the first step of the path from each column: it says how noisy a
        count of that size must be, without which years of zeros would freeze sigma.

    Returns (series, months) sigma known at each column, log1p units, >= LEAST_SIGMA; NaN where
    fewer than LEAST_ERRORS errors were known.
    """
    known = np.isfinite(errors)
    # Of a few errors the median says nothing: only later ones are capped by it.
    count = np.cumsum(known, axis=1)
    noise = np.zeros_like(errors)
    noise[:, 1:] = par.COUNT_NOISE * np.exp(-step[:, :-1] / 2)
    cap = np.fmax(par.CAP * running_median(errors, par.WINDOW), noise)
    cap = np.where(count > par.UNCAPPED, cap, np.inf)
    squares = np.where(known, np.minimum(errors, cap) ** 2, 0.0)
    sigma = np.ones_like(errors)
    for half_life in (par.QUICK, par.SLOW):
        keep = 0.5 ** (1 / half_life)
        weight = np.maximum(discounted_sum(known.astype(float), keep), 1e-300)
        mean = discounted_sum(squares, keep) / weight
        sigma *= np.sqrt(np.maximum(np.sqrt(mean), par.LEAST_SIGMA))
    return np.where(count >= par.LEAST_ERRORS, sigma, np.nan)


def with_count_noise(sigma: Floats, errors: Floats, step: Floats) -> Floats:
    """Sigma at the level of the next month: the part of it that is count noise follows the level.

    A count of mean m has variance 1 / m on the log scale (Poisson). sigma^2 was learned around
    past levels, whose noise n is a mean of exp(-step) fading by NOISE_HALF_LIFE; it becomes

        sigma^2 + min(1, sigma^2 / n)^2 (exp(-step) - n), at least NOISE_LEAST sigma^2

    The factor leaves alone what was always steadier than counts can be: rates, estimates.

    sigma, errors, step : (series, months) as in `one_step_scale`.
    """
    known, noise = np.isfinite(errors), np.exp(-np.maximum(step, 0))
    before = np.zeros_like(noise)
    before[:, 1:] = np.where(known[:, 1:], noise[:, :-1], 0)
    keep = 0.5 ** (1 / par.NOISE_HALF_LIFE)
    weight = np.maximum(discounted_sum(known.astype(float), keep), 1e-300)
    past = np.maximum(discounted_sum(before, keep) / weight, 1e-300)
    # On variances, which add; sds do not.
    square = sigma**2
    moved = square + np.minimum(1, square / past) ** 2 * (noise - past)
    return np.asarray(np.sqrt(np.maximum(moved, par.NOISE_LEAST * square)))


def at_levels(scale: Floats, centre: Floats, sigma: Floats) -> Floats:
    """Scale whose count noise is that of each month's own level, not of the next month's.

        scale(h)^2 (1 + k (exp(-c_h) - exp(-c_1)) / sigma^2),  k = min(1, sigma^2 / exp(-c_1))

    at least LEVEL_NOISE_LEAST scale(h)^2: k leaves alone what was always steadier than counts.

    scale, centre : (series, months, h). sigma : (series, months).
    """
    sigma, noise = sigma[..., None], np.exp(-np.maximum(centre, 0))
    part = np.minimum(1, sigma**2 / noise[..., :1])
    # What a fitted season adds to errors is counting as well, and falls where the level rises.
    part = part * np.where(noise < noise[..., :1], par.LEVEL_NOISE_PART, 1.0)
    moved = 1 + part * (noise - noise[..., :1]) / sigma**2
    own = scale * np.sqrt(np.maximum(moved, par.LEVEL_NOISE_LEAST))
    # The sign of a NaN would depend on how many series stand beside it.
    return np.where(np.isnan(own), np.nan, own)


def unseen(growth: Floats, missing: Ints) -> Floats:
    """(series, months, h) growth from columns that end in months nobody knows.

    From the last known month h months ahead are h + g: the variance of g more months is added,
    g(g + 1)^2 - 1 in squares of the first step, as far as growth reaches.

    growth : (series, months, h). missing : (series, months) unknown months in a row up to a column.
    """
    if not missing.any():
        return growth
    place = np.minimum(missing, growth.shape[-1] - 1)[..., None]
    more = np.take_along_axis(growth, place, axis=-1) ** 2 - 1
    return np.sqrt(growth**2 + np.maximum(more, 0))


def reach(z: Floats) -> Floats:
    """(series, months) the farthest a quantile may lie from its centre, known at each column."""
    spread = np.fmax.accumulate(z, axis=1) - np.fmin.accumulate(z, axis=1)
    return np.asarray(par.ROOM + spread)


def scale(sigma: Floats, growth: Floats, share: Floats, jumps: bool = True) -> Floats:
    """(series, months, h) scale of the t: sigma, carried over the horizons.

    sigma, share : (series, months) one-step scale and the walk's share.
    growth : (series, months, h) spread relative to the first step.
    jumps : as in `degrees`.
    """
    calm, slow = (
        (par.GRID_WIDTH, par.DRIFT) if jumps else (par.ELSEWHERE_WIDTH, par.ELSEWHERE_DRIFT)
    )
    width = share * par.WALK_WIDTH + (1 - share) * calm
    df = degrees(share, jumps)
    first = width * sigma * np.sqrt((df - 2) / df)
    drift = share * par.DRIFT + (1 - share) * slow
    steps = np.log(np.arange(1, growth.shape[-1] + 1))
    return np.asarray(first[..., None] * growth * np.exp(drift[..., None] * steps))


def quantiles(
    centre: Floats,
    scale: Floats,
    df: FloatLike,
    reach: FloatLike,
    probs: Sequence[float],
) -> Floats:
    """Quantiles of log1p counts, >= 0, non-decreasing in the probability.

    centre, scale : (..., h) from the first horizon on.
    df, reach : (...) of the same forecasts.

    Returns (..., h, len(probs)).
    """
    df, limit = np.asarray(df), np.asarray(reach)[..., None, None]
    horizon = np.arange(1, centre.shape[-1] + 1)
    away = bent(df, bend(centre, df[..., None], horizon), probs)
    away *= scale[..., None]
    np.clip(away, -limit, limit, out=away)
    away += centre[..., None]
    return np.asarray(np.maximum(away, 0, out=away))


def counts(quantiles: Floats) -> Ints:
    """Quantiles as whole counts, the nearest ones; all must be finite.

    A count stands for the values that round to it, so the smallest count with at least
    probability p at or below it is the p quantile, rounded.
    """
    return np.asarray(np.floor(np.expm1(quantiles) + 0.5).astype(np.int64))


def squared_errors(centre: Floats, scale: Floats, z: Floats) -> Floats:
    """(series, months, h) squared error of the h-step forecast about a column, in its own scale.

    centre, scale : (series, months, h) forecasts from every column, NaN where there is none.
    z : (series, months) log1p counts.

    NaN where there was no forecast, or where it does not teach yet.
    """
    out = np.full_like(centre, np.nan)
    teaches = np.isfinite(z) & (age(z) >= par.FIRST_WIDTH) & ~silent(z)
    issued = np.where(teaches, scale[..., 0], np.nan)
    for h in range(1, min(centre.shape[-1], z.shape[1] - 1) + 1):
        unit = (z[:, h:] - centre[:, :-h, h - 1]) / scale[:, :-h, h - 1]
        out[:, h:, h - 1] = np.where(np.isfinite(issued[:, :-h]), unit**2, np.nan)
    return out


def learned_by(number: Ints, learned: Floats, origins: Ints, behind: Ints | None) -> Floats:
    """(series, origins, h) what each series' family had learned in the month of an origin.

    number : (series,) of their families. learned : (families, months, h) of `learned_widths`.
    """
    if behind is None:
        return np.asarray(learned[:, origins][number])
    return np.asarray(learned[number[:, None], np.maximum(origins - behind[:, None], 0)])


def learned_widths(
    families: int, months: int, longest: int, month: Callable[[int, Floats], tuple[Ints, Ints]]
) -> Floats:
    """(families, months, h) the same of each family.

    From the mean squared standardised errors, fading, drawn towards 1. n series of one month
    count as sqrt(n), because they move together.

    month : what `month_squares` says of all series; asked for each month, in turn.
    """
    prior = par.WIDTH_PRIOR * np.sqrt(np.arange(1, longest + 1))
    mean = np.ones((families, months, longest))
    total, weight = np.zeros((2, families, longest))
    for t in range(months):
        steps = np.arange(min(longest, t))
        known, live = month(t, mean[:, t - 1 - steps, steps])
        total, weight = par.MEMORY * total, par.MEMORY * weight
        total[:, : len(steps)] += known * UNIT / np.maximum(np.sqrt(live), 1)
        weight[:, : len(steps)] += np.sqrt(live)
        mean[:, t] = (total + prior) / (weight + prior)
    # The least squares line through them in log h, horizon h weighing 1 / h.
    y, steps = np.log(mean) / 2, np.arange(1, longest + 1)
    weight = 1 / steps / (1 / steps).sum()
    x = np.log(steps) - (weight * np.log(steps)).sum()
    middle, spread = (y * weight).sum(axis=-1, keepdims=True), (weight * x**2).sum()
    slope = (y * weight * x).sum(axis=-1, keepdims=True) / spread if spread > 0 else 0.0
    return np.asarray(middle + slope * x)


def month_squares(square: Floats, df: Floats, family: Ints, mean: Floats) -> tuple[Ints, Ints]:
    """What some series say of how wide forecasts about one month should have been.

    square : (series, h) squared standardised errors of the forecasts about the month.
    df : (series, k) degrees of freedom of those issued 1 .. k months before. family : (series,).
    mean : (families, k) of the squares, as known when they were issued.

    Returns (families, k) sums of the squares as the likelihood of a t weighs them, in UNITs; and
    how many there are. Those of parts of a family add up.
    """
    square = square[:, : mean.shape[1]]
    live = np.isfinite(square)
    # In units of their scale, weighted as the likelihood of a t does.
    weighted = (df + 1) * square / (df + square / mean[family])
    known = in_units(np.where(live, weighted, 0))
    return family_sums(known, family, len(mean)), family_sums(live, family, len(mean))


def widened(scale: Floats, width: Floats, share: Floats) -> Floats:
    """(series, months, h) scale with the learned width, as far as a series is calm.

    Non-decreasing in h, so that no interval narrows on the way.
    """
    # What breaks is as wide as its breaks were; calm years before one would narrow it.
    calm = 1 - share[..., None]
    return np.asarray(np.maximum.accumulate(scale * np.exp(calm * width), axis=-1))
