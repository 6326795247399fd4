"""The count model beside the engine's t: how much either is believed, by what they foretold.

The log odds of the count model are the fading sum of the differences of log scores, of each whole
count one month before it came, by the negative binomial and by the t.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from forecast.engine import parameters as par
from forecast.engine import tails
from models import parameters as model
from models.base import Floats, Ints, Panel
from models.onepass import discounted_sum
from models.smallcounts import count_forecasts


@dataclass(frozen=True)
class CountShares:
    """What the count model says of some series at the origins asked for.

    row : (n,) of the panel. share : (n, origins) of it in the forecast, 0..1. mean, size : (n,
    origins, h) of its negative binomial. some : (n, origins) the chance that it holds.
    """

    row: Ints
    share: Floats
    mean: Floats
    size: Floats
    some: Floats

    def of(self, rows: Ints) -> CountShares:
        """The same by the rows of a whole panel; rows : of this part's series."""
        return replace(self, row=rows[self.row])


@dataclass(frozen=True)
class FirstStep:
    """What the t says one month ahead: (series, months) each; sigma of the next month's level."""

    centre: Floats
    scale: Floats
    df: Floats
    sigma: Floats

    def of(self, rows: Ints) -> FirstStep:
        """The same of some series."""
        return FirstStep(self.centre[rows], self.scale[rows], self.df[rows], self.sigma[rows])


def joined(parts: Sequence[CountShares]) -> CountShares:
    """Several parts' as one."""
    names = ("row", "share", "mean", "size", "some")
    return CountShares(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def counted(panel: Panel) -> NDArray[np.bool_]:
    """(series,) whether a series is of counts, and of few: by its first two years, whole numbers.

    What comes later has no part in it, or a month to come would change what was said before.
    """
    if panel.jumps or panel.calm:
        return np.zeros(len(panel.z), dtype=bool)
    known = np.isfinite(panel.z) & panel.known
    early = known & (np.cumsum(known, axis=1) <= model.FIRST_COUNTED)
    y = np.where(early, np.expm1(np.nan_to_num(panel.z)), 0)
    whole = (np.abs(y - np.rint(y)) <= 1e-9 * (1 + y)).all(axis=1)
    few = y.sum(axis=1) <= par.COUNTED_MOST * np.maximum(early.sum(axis=1), 1)
    return np.asarray(whole & few if panel.linear is None else whole & few & ~panel.linear)


def shares(panel: Panel, asks: Sequence[tuple[Ints, int]], of_t: FirstStep) -> list[CountShares]:
    """The count model's word on each ask, and its share; of_t : of all series of the panel."""
    row = np.flatnonzero(counted(panel))
    if not len(row):
        empty = [np.empty((0, len(origins), h)) for origins, h in asks]
        return [CountShares(row, x[..., 0], x, x, x[..., 0]) for x in empty]
    part, of_t = panel.some(row), of_t.of(row)
    origins = np.unique(np.concatenate([asked for asked, _ in asks]))
    forecasts = count_forecasts(part, origins, max(h for _, h in asks))
    apart = forecasts.log_score - t_log_scores(part.z, of_t)
    apart = np.clip(apart, -par.COUNTED_LIMIT, par.COUNTED_LIMIT)
    # What stood before a month that nobody took in has been told otherwise.
    apart[:, 1:][~part.known[:, :-1]] = np.nan
    # Who errs as counting does is Poisson, whatever a few years can tell; who errs less is none.
    noise, square = np.exp(-np.maximum(of_t.centre, 0)), of_t.sigma**2
    counting = (np.minimum(noise, square) / np.maximum(noise - noise**2, square)) ** 2
    prior = par.COUNTED_PRIOR - par.COUNTING_PRIOR * np.nan_to_num(counting)
    share = expit(discounted_sum(np.nan_to_num(apart), par.MEMORY) - prior)
    heard = np.isfinite(apart).any(axis=1, keepdims=True)
    share = np.where(heard & (share >= par.COUNTED_LEAST), share, 0)
    answers = []
    for asked, h in asks:
        at = np.searchsorted(origins, asked)
        of_counts = forecasts.mean[:, at, :h], forecasts.size[:, at, :h], forecasts.some[:, at]
        answers.append(CountShares(row, share[:, asked], *of_counts))
    return answers


def t_log_scores(z: Floats, of: FirstStep) -> Floats:
    """(series, months) log probability of each whole count by the t of the month before."""
    y = np.rint(np.expm1(z[:, 1:]))
    centre, scale, df = of.centre[:, :-1], of.scale[:, :-1], of.df[:, :-1]
    upper = tails.below(np.log1p(y + 0.5), centre, scale, df)
    lower = tails.below(np.log1p(np.maximum(y - 0.5, 0)), centre, scale, df)
    out = np.full_like(z, np.nan)
    out[:, 1:] = np.log(np.maximum(upper - np.where(y > 0, lower, 0), 1e-6))
    return out
