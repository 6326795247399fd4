"""Forecasts that no single t describes: after a surprise, and of small counts.

    F(z) = s N(z) + (1 - s) (p T(z - away) + (1 - p) T(z))

T is the bent t where a surprise passes, p the chance that it still stays (see `surprises`), N the
negative binomial of the count model and s its share (see `smallcounts`). A whole count stands for
the values that round to it, so N rises evenly from half a count below it to half a count above,
and the probability up to a count is the mid-p. There are few of them: they are kept by place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaln, ndtr, ndtri

from forecast.engine import tails
from forecast.types import MonthForecast, MonthMixture
from models.base import Floats, Ints

HALF_COUNTS = (12, 24, 48, 96)  # nodes at all half counts, up to the first that is enough
WIDE, TWO_WAYS = len(HALF_COUNTS), len(HALF_COUNTS) + 1  # or at the parts' own quantiles
TOGETHER = 64  # forecasts that are turned round at a time
CHANCES = (0.0002, 0.005, 0.025, 0.1, 0.25, 0.4, 0.6, 0.75, 0.9, 0.975, 0.995, 0.9998)
SHIFT = 4  # sizes below are moved up by so much, where a normal score is as good as the sum
HALF = float(np.log(0.5))  # log1p of half a count below 0

CountCdf = Callable[[Floats, Floats, Floats], Floats]
"""Probability up to counts, (n, h, k), of a negative binomial's mean and size, (n, h, 1)."""


@dataclass(frozen=True)
class Mixtures:
    """The forecasts at some places of an array of series and origins.

    row, place : (n,) the series and the origin of each.
    centre, scale : (n, h) of the t, log1p counts, where a surprise passes.
    away : (n,) how far from there it lies where it stays; stays : (n, h) the chance of that.
    share : (n,) of the count model; mean, size : (n, h) of its negative binomial, in counts.
    """

    row: Ints
    place: Ints
    centre: Floats
    scale: Floats
    away: Floats
    stays: Floats
    share: Floats
    mean: Floats
    size: Floats

    def chosen(self, which: NDArray[np.bool_] | Ints | slice) -> Mixtures:
        """Only some of them."""
        return Mixtures(*(getattr(self, field.name)[which] for field in fields(self)))

    def at(self, places: Ints) -> Mixtures:
        """Those at these origins, in their order."""
        return self._moved("place", places)

    def of(self, rows: Ints) -> Mixtures:
        """Those of these series, in their order."""
        return self._moved("row", rows)

    def _moved(self, name: str, chosen: Ints) -> Mixtures:
        at = getattr(self, name)
        new = np.full(int(max(at.max(initial=0), chosen.max(initial=0))) + 1, -1, dtype=np.int64)
        new[chosen] = np.arange(len(chosen))
        moved = new[at]
        return replace(self, **{name: moved}).chosen(moved >= 0)

    def ahead(self, first: int, last: int) -> Mixtures:
        """Only the months ahead from `first` up to before `last`, from 0 on."""
        whole = {"row", "place", "away", "share"}
        names = [field.name for field in fields(self) if field.name not in whole]
        return replace(self, **{name: getattr(self, name)[:, first:last] for name in names})

    def cdf(
        self, z: Floats, df: Floats, first: int | Ints = 1, counted: CountCdf | None = None
    ) -> Floats:
        """(n, h, k) probability at or below z, (n, h, k) log1p counts; df (n,).

        first : how many months ahead the first of h is, (n, 1, 1) if of each. counted : of the
        count model; None for `count_cdf`, or what takes less time and is as good at these z.
        """
        horizon = first + np.arange(self.centre.shape[1], dtype=np.float64)[:, None]
        of = self.scale[..., None], df[:, None, None], horizon
        below = tails.below(z, self.centre[..., None], *of)
        stays = self.stays[..., None]
        if stays.any():
            moved = (self.centre + self.away[:, None])[..., None]
            other = tails.below(z, moved, *of)
            below = (1 - stays) * below + stays * other
        counted_ones = self.share > 0
        if counted_ones.any():
            # Mostly all: a slice copies nothing.
            few_ones = slice(None) if counted_ones.all() else counted_ones
            few = self.chosen(few_ones)
            mean, size = few.mean[..., None], few.size[..., None]
            counts = (counted or count_cdf)(np.expm1(z[few_ones]), mean, size)
            share = few.share[:, None, None]
            below[few_ones] = share * counts + (1 - share) * below[few_ones]
        if z.min(initial=0) < HALF:
            below[z < HALF] = 0
        return below

    def quantiles(self, df: Floats, reach: Floats, probs: Sequence[float]) -> Floats:
        """(n, h, probs) quantiles of z, >= 0, non-decreasing in probs; df, reach (n,)."""
        out = np.empty((*self.centre.shape, len(probs)))
        chances, kind = np.asarray(probs), self._kinds(df, reach)
        for of in np.unique(kind).tolist():
            rows = np.flatnonzero(kind == of)
            for at in np.split(rows, range(TOGETHER, len(rows), TOGETHER)):
                part, counted = self.chosen(at), half_counts_cdf if of < WIDE else smooth_count_cdf
                if of < WIDE:
                    z = np.log(np.arange(HALF_COUNTS[of] + 2) + 0.5)
                    z = np.broadcast_to(z, (*part.centre.shape, len(z)))
                else:
                    z = part._nodes(df[at], reach[at], of)
                out[at] = part._turned(z, df[at], chances, counted)
        return out

    def _kinds(self, df: Floats, reach: Floats) -> Ints:
        """(n,) places of HALF_COUNTS, WIDE or TWO_WAYS: each by its own counts.

        What it is must not depend on what is turned round beside it.
        """
        far = -1.3 * tails.unit_quantiles(df, CHANCES[:1]) * self.scale
        away = np.where(self.stays > 0, np.maximum(self.away[:, None], 0), 0)
        # A negative binomial is a gamma's Poisson: six sds of each, and some for small ones.
        gamma = self.mean + 6 * self.mean / np.sqrt(self.size) + 8 * self.mean / self.size
        counted = np.log1p(gamma + 6 * np.sqrt(gamma) + 3)
        high = np.maximum(self.centre + away + np.minimum(far, reach[:, None]), counted)
        farthest = np.where(self.share > 0, high.max(axis=1, initial=0.0), np.inf)
        kind = np.searchsorted(np.log1p(HALF_COUNTS), farthest)
        # Of two ways one may lie far from the other, with nothing between.
        kind[(kind == WIDE) & ((self.stays > 0).any(axis=1) | (self.share == 0))] = TWO_WAYS
        return kind

    def _turned(self, z: Floats, df: Floats, probs: Floats, counted: CountCdf) -> Floats:
        below = np.maximum.accumulate(self.cdf(z, df, counted=counted), axis=-1)
        # All that lies below half a count rounds to 0, and all beyond the last node to it.
        below[..., 0], below[..., -1] = 0, 1
        right = (below[..., None, :] < probs[:, None]).sum(axis=-1)
        right = np.clip(right, 1, z.shape[-1] - 1)
        (low, high), (z_low, z_high) = (
            [np.take_along_axis(x, at, axis=-1) for at in (right - 1, right)] for x in (below, z)
        )
        # Between two nodes straight in normal scores, in which all but jumps nearly is.
        low, high, at = (ndtri(np.clip(x, 1e-12, 1 - 1e-12)) for x in (low, high, probs))
        part = np.divide(at - low, high - low, out=np.ones_like(low), where=high > low)
        return np.asarray(np.maximum(z_low + np.clip(part, 0, 1) * (z_high - z_low), 0))

    def _nodes(self, df: Floats, reach: Floats, kind: int) -> Floats:
        """(n, h, nodes) ascending: about where each part has CHANCES below."""
        horizon = np.arange(1, self.centre.shape[1] + 1)
        bend = tails.bend(self.centre, df[:, None], horizon)
        away = tails.bent(df, bend, CHANCES) * self.scale[..., None]
        limit = reach[:, None, None]
        passes = self.centre[..., None] + np.clip(away, -limit, limit)
        # A gamma of the same spread: its cube root is nearly normal, the least of it a power.
        shape = 1 / (1 / self.mean + 1 / self.size)[..., None]
        third = np.maximum(1 - 1 / (9 * shape) + ndtri(CHANCES) / (3 * np.sqrt(shape)), 0)
        least = np.exp((np.log(CHANCES) + gammaln(shape + 1)) / shape) / shape
        counted = np.log1p(self.mean[..., None] * np.maximum(third * third * third, least))
        stays = [passes + self.away[:, None, None]] if kind == TWO_WAYS else []
        nodes = np.sort(np.concatenate([passes, counted, *stays], axis=-1), axis=-1)
        return np.asarray(np.maximum(nodes, HALF))


def count_cdf(y: Floats, mean: Floats, size: Floats) -> Floats:
    """Probability at or below y counts, not whole ones, of a negative binomial."""
    odds, whole = size / (size + mean), np.floor(y + 0.5)
    up, to = (
        np.where(at > 0, betainc(size, np.maximum(at, 1), odds), 0) for at in (whole, whole + 1)
    )
    return np.asarray(up + (y + 0.5 - whole) * (to - up))


def smooth_count_cdf(y: Floats, mean: Floats, size: Floats) -> Floats:
    """The same at half counts, and nearly so between them, to .0003 in a sixth of the time.

    By normal scores of the binomial that stands for it (Peizer and Pratt, A normal approximation
    for binomial, F, beta, and other common, related tail probabilities, 1968).
    """
    above, few = np.maximum(y + 0.5, 1), size < SHIFT
    more = np.where(few, size + SHIFT, size)
    p = size / (size + mean)
    q = 1 - p
    n = more + above - 1
    far = more - 1 / 3 - (n + 1 / 3) * p + 0.02 * (q / more - p / above + (q - 0.5) / (n + 1))
    uneven = 1 + q * _uneven((more - 0.5) / (n * p))
    uneven += p * _uneven((above - 0.5) / (n * q))
    below = ndtr(-far * np.sqrt(uneven / ((n + 1 / 6) * p * q)))
    if few.any():
        at = few[..., 0]
        below[at] += _first_terms(above[at], size[at], p[at])
    return np.asarray(np.minimum(below, 1) * np.clip(y + 0.5, 0, 1))


def _uneven(x: Floats) -> Floats:
    """Peizer and Pratt's g."""
    e = x - 1
    near = np.abs(e) < 0.01
    exact = (1 - x * x + 2 * x * np.log(x)) / np.where(near, 1, e * e)
    return np.where(near, e * (-1 / 3 + e * (1 / 6 - e / 10)), exact)


def _first_terms(above: Floats, size: Floats, p: Floats) -> Floats:
    """By how much a beta's distribution function at p is more than with size + SHIFT."""
    ways = gammaln(size + above) - gammaln(size + 1) - gammaln(above)
    term = np.exp(ways + size * np.log(p) + above * np.log1p(-p))
    total = term.copy()
    for k in range(1, SHIFT):
        term *= p * (size + above + k - 1) / (size + k)
        total += term
    return total


def half_counts_cdf(y: Floats, mean: Floats, size: Floats) -> Floats:
    """The same at half counts in a tenth of the time; y : -0.5, 0.5, ..., mean, size (..., 1)."""
    count = np.arange(y.shape[-1] - 1.0)
    ratio = (count - 1 + size) * (mean / (size + mean)) / np.maximum(count, 1)
    ratio[..., 0] = np.exp(-size[..., 0] * np.log1p(mean[..., 0] / size[..., 0]))
    below = np.cumsum(np.cumprod(ratio, axis=-1), axis=-1)
    return np.concatenate([np.zeros_like(below[..., :1]), below], axis=-1)


def joined(parts: Sequence[tuple[Mixtures | None, int]]) -> Mixtures | None:
    """Those of several sets of series as of one; beside each how many series it has."""
    first, moved = 0, []
    for part, series in parts:
        if part is not None:
            moved.append(replace(part, row=part.row + first))
        first += series
    return appended(*moved)


def appended(*parts: Mixtures | None) -> Mixtures | None:
    """All of several, whose places are already those of one array; None for none."""
    mixed = [part for part in parts if part is not None]
    if not mixed:
        return None
    every = ([getattr(part, field.name) for part in mixed] for field in fields(Mixtures))
    return Mixtures(*map(np.concatenate, every))


def chances_below(z: Sequence[float], expected: Sequence[MonthForecast]) -> list[float]:
    """Probability at or below z, log1p counts, of one month each."""
    several, df = _together(expected)
    first = np.array([month.horizon for month in expected])[:, None, None]
    below: list[float] = several.cdf(np.array(z)[:, None, None], df, first)[:, 0, 0].tolist()
    return below


def quantiles_of(expected: Sequence[MonthForecast], probs: Sequence[float]) -> list[list[float]]:
    """Quantiles of one month each, log1p counts."""
    several, df = _together(expected)
    quantiles = several.quantiles(df, np.full(len(df), np.inf), probs)[:, 0]
    return [list(map(float, of)) for of in quantiles]


def _together(expected: Sequence[MonthForecast]) -> tuple[Mixtures, Floats]:
    here = np.arange(len(expected))
    mixed = [month.mixture for month in expected]
    numbers = {
        name: np.array([getattr(of, name) for of in mixed]) for name in MonthMixture.__slots__
    }
    whole = {name: numbers.pop(name) for name in ("away", "share")}
    monthly = {name: values[:, None] for name, values in numbers.items()}
    return Mixtures(here, here, **whole, **monthly), np.array([month.df for month in expected])
