"""The shape of a predictive distribution: a Student t whose two sides are bent.

A month lies at centre + scale u (1 + k), u a quantile of the t. k is 0 at the median:

    below    k = +(LOWER + LOWER_END v r) start        start = 1 - (1 - LOWER_START) / h
    above    k = -UPPER_END r small start              start = 1 - (1 - UPPER_START (1 - v)) / h

with r = min(|u| / u(END), 1), v how much a series breaks, h the horizon, and small = y / (y +
UPPER_SMALL), y the count at the centre. Why: on log1p counts falls are larger than rises, the
more so the further ahead. An unbent t put no month of 3,060 above its 97.5% quantile and 92
below its 2.5%, on the totals four months ahead and more; the same holds on every set measured.
Two-piece distributions are old (Wallis, The two-piece normal, 2014); this one keeps the median.

v is not stored: it follows from the degrees of freedom, 0 from GRID_DF on and 1 at WALK_DF.
"""

import math
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.polynomial.chebyshev import chebfit, chebpts1, chebval, chebvander2d
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from forecast.engine import parameters as par
from models.base import Floats

FloatLike = float | Floats

LOGS_END = 40.0  # z from which series are forecast as they are, see `models.quantity`
DEGREE = 18  # of the polynomials that stand in for the quantiles of a t
FLAT = 20.0  # squares of normal scores beyond which they are seen from afar


class Bend(NamedTuple):
    """k, one each forecast: of the lower side at the median and from END on; the upper at END."""

    below: Floats
    below_end: Floats
    above_end: Floats


def degrees(share: Floats, jumps: bool = True) -> Floats:
    """Degrees of freedom by how much a series breaks: heavy tails for series that jump.

    jumps : whether its counts are of a kind known to; what is calm elsewhere has lighter tails.
    """
    calm = par.GRID_DF if jumps else par.ELSEWHERE_DF
    return np.asarray(np.exp(share * np.log(par.WALK_DF) + (1 - share) * np.log(calm)))


def bend(centre: FloatLike, df: FloatLike, horizon: FloatLike) -> Bend:
    """How the sides of forecasts are bent; arguments of one shape, or that broadcast."""
    # 0 .. 1: how much a series breaks.
    share = (np.log(df) - np.log(par.GRID_DF)) / (np.log(par.WALK_DF) - np.log(par.GRID_DF))
    share = np.clip(share, 0, 1)
    near = 1 / np.asarray(horizon)
    count = np.expm1(np.maximum(centre, 0))
    lower = 1 - (1 - par.LOWER_START) * near
    upper = 1 - (1 - par.UPPER_START * (1 - share)) * near
    below_end = (par.LOWER + par.LOWER_END * share) * lower
    above_end = -par.UPPER_END * upper * count / (count + par.UPPER_SMALL)
    # What is forecast as it is, not on logs, falls no farther than it rises.
    logs = np.asarray(centre) < LOGS_END
    return Bend(np.asarray(par.LOWER * lower * logs), below_end * logs, above_end * logs)


def bent(df: Floats, bend: Bend, probs: Sequence[float]) -> Floats:
    """(..., h, probs) u (1 + k); df (...), bend of (..., h)."""
    p = np.asarray(probs)
    # END beside the others, in one call.
    unit = unit_quantiles(df, (*probs, par.END))
    ratio = np.minimum(np.abs(unit[..., :-1]) / unit[..., -1:], 1)[..., None, :]
    below, below_end, above_end = (np.asarray(x)[..., None] for x in bend)
    k = np.where(p > 0.5, above_end * ratio, below + (below_end - below) * ratio)
    return np.asarray(unit[..., None, :-1] * (1 + k))


def unbent(away: FloatLike, df: FloatLike, bend: Bend) -> Floats:
    """The u of months `away` from the centre, in units of the scale: `bent` turned round."""
    away, df = np.asarray(away, dtype=float), np.asarray(df, dtype=float)
    end = unit_quantiles(df, (par.END,))[..., 0]
    below, below_end, above_end = bend
    first = np.where(away > 0, 0.0, below)
    last = np.where(away > 0, above_end, below_end)
    # |away| = |u| (1 + first) + u^2 (last - first) / end, up to u = end: solved for |u|.
    straight, curve = 1 + first, (last - first) / end
    root = np.sqrt(np.maximum(straight**2 + 4 * curve * np.abs(away), 0))
    inside = 2 * np.abs(away) / (straight + root)
    size = np.where(inside <= end, inside, np.abs(away) / (1 + last))
    return np.asarray(np.copysign(size, away))


def normal_scores(unit: Floats, df: Floats) -> Floats:
    """Of a t, df between WALK_DF and ELSEWHERE_DF, to .0003: a normal is as likely below them.

    A polynomial beside the roots of log1p(u^2 / df), which a normal's square nearly is; the t's own
    function takes five times as long.
    """
    square = df * np.log1p(unit * unit / df)
    x = 2 * square / (square + FLAT) - 1
    by_df = chebval(_moved(df), _score_coefficients(float(par.WALK_DF), float(par.ELSEWHERE_DF)).T)
    return np.asarray(np.copysign(np.sqrt(square), unit) * chebval(x, by_df, tensor=False))


def below(
    z: FloatLike, centre: FloatLike, scale: FloatLike, df: Floats, horizon: FloatLike = 1
) -> Floats:
    """Probability of a month at or below z, log1p counts; arguments that broadcast."""
    unit = unbent((z - np.asarray(centre)) / scale, df, bend(centre, df, horizon))
    return np.asarray(ndtr(normal_scores(unit, df)))


def tail_of_one(away: float, centre: float, df: float, horizon: int) -> float:
    """Two-sided p of one month `away` from its centre, in units of the scale, quicker than `below`.

    Twice the probability, see `below`, of a month at least as far out on its side.
    """
    first, last = _bend_of_one(away > 0, centre, df, horizon)
    end = _unit(df, float(par.END))
    size, straight, curve = abs(away), 1 + first, (last - first) / end
    inside = 2 * size / (straight + math.sqrt(max(straight**2 + 4 * curve * size, 0.0)))
    unit: float = inside if inside <= end else size / (1 + last)
    return 2 * float(stdtr(df, -unit))


def quantile_of_one(prob: float, centre: float, df: float, horizon: int) -> float:
    """How far from its centre one month's quantile lies, in units of the scale; as quick."""
    unit = _unit(df, prob)
    first, last = _bend_of_one(unit > 0, centre, df, horizon)
    return unit * (1 + first + (last - first) * min(abs(unit) / _unit(df, float(par.END)), 1.0))


def _bend_of_one(above: bool, centre: float, df: float, horizon: int) -> tuple[float, float]:
    """K of one side of one month, at the median and from END on."""
    share = (math.log(df) - math.log(par.GRID_DF)) / (math.log(par.WALK_DF / par.GRID_DF))
    share, near = min(max(share, 0.0), 1.0), 1 / horizon
    if above:
        count = math.expm1(max(centre, 0.0))
        upper = 1 - (1 - par.UPPER_START * (1 - share)) * near
        return 0.0, -par.UPPER_END * upper * count / (count + par.UPPER_SMALL)
    lower = 1 - (1 - par.LOWER_START) * near
    return par.LOWER * lower, (par.LOWER + par.LOWER_END * share) * lower


@lru_cache(maxsize=4096)
def _unit(df: float, prob: float) -> float:
    return float(stdtrit(df, prob))


def unit_quantiles(df: Floats, probs: Sequence[float]) -> Floats:
    """(..., probs) quantiles of a t, df between WALK_DF and ELSEWHERE_DF, to 1e-12 of themselves.

    A polynomial in df for each probability: the library's function takes a hundred times as long.
    """
    terms = _coefficients(tuple(probs), float(par.WALK_DF), float(par.ELSEWHERE_DF))
    quantiles = chebval(_moved(df), terms)
    return np.moveaxis(np.asarray(quantiles, dtype=np.float64), 0, -1)


def _moved(df: Floats) -> Floats:
    """Degrees of freedom moved to -1 .. 1."""
    return np.asarray(2 * (df - par.WALK_DF) / (par.ELSEWHERE_DF - par.WALK_DF) - 1)


@cache
def _coefficients(probs: tuple[float, ...], lowest: float, highest: float) -> Floats:
    """(DEGREE + 1, probs) of Chebyshev polynomials through the quantiles, df moved to -1 .. 1."""
    x = chebpts1(DEGREE + 1)
    df = lowest + (x + 1) / 2 * (highest - lowest)
    exact = stdtrit(df[:, None], np.array(probs))
    return np.asarray(chebfit(x, exact, DEGREE), dtype=np.float64)


@cache
def _score_coefficients(lowest: float, highest: float) -> Floats:
    """(7, 4) of Chebyshev polynomials in the place of a square between 0 and all, and in df."""
    place, of = np.meshgrid(chebpts1(60), chebpts1(12), indexing="ij")
    df = lowest + (of + 1) / 2 * (highest - lowest)
    square = FLAT * (1 + place) / (1 - place)
    square = np.minimum(square, 900)
    place = 2 * square / (square + FLAT) - 1
    exact = -ndtri(stdtr(df, -np.sqrt(df * np.expm1(square / df)))) / np.sqrt(square)
    terms = chebvander2d(place.ravel(), of.ravel(), [6, 3])
    return np.asarray(np.linalg.lstsq(terms, exact.ravel())[0].reshape(7, 4))
