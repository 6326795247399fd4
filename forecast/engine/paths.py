"""Draws of whole futures whose months keep the distributions that were published.

Sums over months and comparisons of months need a joint distribution; a forecast has one for each
month. The months of one series hang together as those of a random walk do, corr(h1, h2) =
sqrt(h1 / h2), a Gaussian copula without a fitted number; series hang together as their past
one-month errors did. Draws are stratified: each of n equal slices of a month's distribution is
drawn exactly once, so that n paths have that month's quantiles to 1 / n.

A run keeps what its distributions are made of and the correlations, not paths: from these and a
seed the same paths come at any later time, whatever the engine forecasts by then. For this reason
nothing here, and no tail in `forecast.engine.tails`, may change a number once it is released; a
better rule gets another RULE beside this one. By rule 1 runs kept the marks, quantiles, themselves;
by rule 3, of many series, the correlations are `Factors`; by rules 4 and 5 some are mixtures.

Reference: Clark et al., The Schaake shuffle, 2004, for draws of given marginals put into order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from models.base import Floats, Ints

if TYPE_CHECKING:
    from forecast.engine.predictive import Predictive

RULE = 2  # of drawing; stored with a run
FACTORS_RULE = 3  # the same, where series hang together by factors
MIXED_RULES = (4, 5)  # RULE and FACTORS_RULE, where a series is kept as a mixture
# More series than these hang together by factors: a matrix of each with each takes a second at 300,
# minutes and gigabytes at 5,000, and of 72 months' errors it has no more to say.
MATRIX_UP_TO = 100
DRAWS = 2000  # behind what is published of totals' sums
PART_DRAWS = 1000  # and of parts; twice as many take a second more of every run
MAX_HORIZON = 24  # months that paths reach: to the end of the next fiscal year, whatever the month
# Where a distribution is kept: the 23 published quantiles, so that its middle is theirs however
# its tails are bent, and two more on each side, because one draw in fifty lies beyond those.
_LOWER = (*(0.0005, 0.0025, 0.01, 0.025, 0.05), *(0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45))
QUANTILES = (*_LOWER, 0.5, *(1 - p for p in reversed(_LOWER)))

MAX_SCORE = 2.5  # normal scores beyond it count as this, so that one April 2020 is no correlation
BELIEF = 24.0  # months' worth of belief that all pairs of series hang together alike
LEAST_COMMON = 12  # months two series must share before their own correlation counts
_LEAST_EIGENVALUE = 1e-6
_WIDTH_DRAWS = 400
_YEAR = 12
_MARK_90 = len(QUANTILES) - 1 - _LOWER.index(0.1)  # place of the 90% quantile
_HALVINGS = 6


def tail_scores(probs: Floats) -> Floats:
    """Quantiles of a t with 2 degrees of freedom, in closed form.

    Between two marks a distribution is taken for straight in these: forecasts are t with 2.5 to 3
    degrees, which are nearly straight in them, and bent in normal scores (.007 in probability).
    """
    return np.asarray((2 * probs - 1) / np.sqrt(2 * probs * (1 - probs)))


_MARK_SCORES = tail_scores(np.array(QUANTILES))


def marks(predictive: Predictive, origin: int = -1) -> Floats:
    """(series, h, QUANTILES) quantiles of log1p counts from one of the origins, by its place."""
    at = np.arange(predictive.centre.shape[1])[origin]
    return predictive.at(np.array([at])).quantiles(QUANTILES)[:, 0]


def one_month_scores(predictive: Predictive, z: Floats) -> Floats:
    """(series, months) normal scores of what came, by the forecast of the month before.

    predictive : standing at every column of the panel.
    z : (series, months) log1p counts.

    Returns scores within the outermost of QUANTILES; NaN where there was no forecast.
    """
    before = predictive.first().quantiles(QUANTILES)[:, :-1, 0]
    out = np.full_like(z, np.nan)
    for row, column in zip(*np.nonzero(np.isfinite(before[..., 0])), strict=True):
        came = z[row, column + 1]
        out[row, column + 1] = np.interp(came, before[row, column], _MARK_SCORES)
    return np.where(np.isfinite(z), ndtri((1 + out / np.sqrt(2 + out**2)) / 2), np.nan)


@dataclass(frozen=True)
class Factors:
    """How many series hang together: each follows common steps, and is its own for the rest.

    loadings : (series, factors) correlations with each common step, their squares 1 at most a row.
    """

    loadings: Floats

    def raised(self, share: float) -> Factors:
        """The same with correlations raised towards 1 by a share."""
        common = np.full((len(self.loadings), 1), np.sqrt(share))
        return Factors(np.hstack([np.sqrt(1 - share) * self.loadings, common]))

    def mixed(self, row: int, common: Floats, own: Floats) -> Floats:
        """A series' steps from the common ones, (factors, ...), and its own, (...)."""
        weights = self.loadings[row]
        rest = np.sqrt(max(1 - float(weights @ weights), 0.0))
        return np.asarray(np.einsum("f,f...->...", weights, common) + rest * own)


def factors(scores: Floats) -> Factors:
    """What `correlation` says, without a number for each pair.

    A series' months are its loadings, drawn towards the mean of all pairs by BELIEF, as there:
    series of as many months have the same correlations, but for sampling noise of one pair.
    """
    known = np.isfinite(scores)
    # Unknown months count as 0, which is no correlation with anything.
    x = np.where(known, np.clip(scores, -MAX_SCORE, MAX_SCORE), 0.0)
    months = known.sum(axis=1)
    x[months < LEAST_COMMON] = 0.0
    size = np.sqrt((x**2).sum(axis=1, keepdims=True))
    unit = np.divide(x, size, out=np.zeros_like(x), where=size > 0)
    count = int((size > 0).sum())
    pairs = (unit.sum(axis=0) ** 2).sum() - count
    usual = max(float(pairs) / (count * (count - 1)), 0.0) if count > 1 else 0.0
    own = np.where(size[:, 0] > 0, months / (months + BELIEF), 0.0)[:, None]
    return Factors(np.hstack([np.sqrt(own) * unit, np.sqrt((1 - own) * usual)]))


def correlation(scores: Floats) -> Floats | Factors:
    """How series hang together, from their one-month scores; more than MATRIX_UP_TO by factors.

    Each pair's own correlation is drawn towards the mean of all pairs', by BELIEF.

    scores : (series, months) of `one_month_scores`, months side by side; NaN where unknown.

    Returns (series, series) positive definite, 1 on the diagonal.
    """
    if len(scores) > MATRIX_UP_TO:
        return factors(scores)
    known = np.isfinite(scores)
    x = np.where(known, np.clip(scores, -MAX_SCORE, MAX_SCORE), 0.0)
    common = known.astype(float) @ known.T
    # About 0, not about the mean: a forecast's scores have mean 0 where it is any good.
    size = np.sqrt(((x**2) @ known.T) * ((x**2) @ known.T).T)
    raw = np.divide(x @ x.T, size, out=np.zeros_like(common), where=size > 0)
    count = np.where(common >= LEAST_COMMON, common, 0.0)
    pairs = ~np.eye(len(x), dtype=bool)
    total = count[pairs].sum()
    usual = float((count * raw)[pairs].sum() / total) if total > 0 else 0.0
    drawn = (count * raw + BELIEF * max(usual, 0.0)) / (count + BELIEF)
    np.fill_diagonal(drawn, 1.0)
    return _positive_definite(drawn)


def persistence(of: Floats) -> Floats:
    """How much of a month's error stays for the months after it, by how the intervals widen.

    An error that stays, a random walk, adds variance each month, (1 - b) + b h of the first
    month's; noise adds none. b is the share that stays. With b = 1 throughout, a year's 80%
    intervals cover .844 on M1, .867 on half of M3 and .962 on tourism, with this .799, .814, .874.

    of : (series, h, QUANTILES) of `marks`.

    Returns (series,) within 0 .. 1; 1 where only one month is forecast.
    """
    # Over a year: beyond it widths are learned from few errors.
    last = min(of.shape[1], _YEAR)
    if last == 1:
        return np.ones(len(of))
    low, high = QUANTILES.index(0.1), _MARK_90
    width = (of[:, :last, high] - of[:, :last, low]) ** 2
    first = np.maximum(width[:, 0], 1e-12)
    return np.asarray(np.clip((width[:, -1] / first - 1) / (last - 1), 0.0, 1.0))


def as_wide_as(together: Floats | Factors, parts: Floats, total: Floats) -> Floats | Factors:
    """The correlations at which the parts' sum is as uncertain as their total was published.

    Errors of one month understate how series hang together: a break reaches the totals months
    apart, and the errors of a year ahead are three times as correlated. A total's own distribution
    rests on the errors of the sum itself, so the parts' correlations are raised towards 1, all by
    one share, until the sum's lower half, from its 2.5% quantile to its median, is as wide on the
    log scale as the total's. The lower half, because it is falls that the totals share (Title 42,
    early 2025), and because a sum's upper half is made by whichever part rises.

    together : of `correlation`.
    parts, total : (parts, h, QUANTILES) and (h, QUANTILES) of `marks`.
    """
    wanted = float((total[:, QUANTILES.index(0.5)] - total[:, QUANTILES.index(0.025)]).mean())

    def width(share: float) -> float:
        raised = _raised(together, share)
        summed = np.asarray(sum(drawn(parts, raised, _WIDTH_DRAWS, 0)))
        ordered = np.sort(np.log1p(summed), axis=0)
        return float((ordered[_WIDTH_DRAWS // 2] - ordered[_WIDTH_DRAWS // 40]).mean())

    least, most = 0.0, 1.0
    if width(least) >= wanted:
        return together
    for _ in range(_HALVINGS):
        middle = (least + most) / 2
        least, most = (middle, most) if width(middle) < wanted else (least, middle)
    return _raised(together, least)


def _raised(together: Floats | Factors, share: float) -> Floats | Factors:
    if isinstance(together, Factors):
        return together.raised(share)
    return _positive_definite((1 - share) * together + share)


def _positive_definite(matrix: Floats) -> Floats:
    values, vectors = np.linalg.eigh(matrix)
    fixed = (vectors * np.maximum(values, _LEAST_EIGENVALUE)) @ vectors.T
    size = np.sqrt(np.diag(fixed))
    return np.asarray(fixed / size / size[:, None])


@lru_cache(maxsize=4)
def steps(shape: tuple[int, ...], *seed: int) -> Floats:
    """Independent normal numbers, the same for a seed on every machine and in every version.

    Read-only: the engine and the last value ask for the same ones of a past cutoff. Only the bit
    generator's raw words are used, which numpy promises to keep (NEP 19); what its distributions
    make of them may change.
    """
    words = np.random.PCG64(list(seed)).random_raw(int(np.prod(shape))) >> np.uint64(11)
    reshape = np.asarray(ndtri((words.astype(np.float64) + 0.5) / 2.0**53)).reshape(shape)
    reshape.setflags(write=False)
    return reshape


def mixed(together: Floats, step: Floats) -> Floats:
    """(series, 2, n, h) normal steps that hang together so, from independent ones."""
    return np.asarray(np.einsum("ij,jknh->iknh", np.linalg.cholesky(together), step))


def walked(step: Floats, stays: Floats) -> Floats:
    """(series, n, h) normal scores with variance 1, of a random walk and noise.

    step : (series, 2, n, h) independent normal numbers: the walk's steps, and the noise.
    stays : (series,) of `persistence`.
    """
    share = stays[:, None, None]
    months = np.arange(1, step.shape[-1] + 1)
    walk = np.sqrt(share) * np.cumsum(step[:, 0], axis=-1)
    noise = np.sqrt(1 - share) * step[:, 1]
    return np.asarray((walk + noise) / np.sqrt(1 - share + share * months))


def ranked(scores: Floats) -> Ints:
    """Put scores, (..., n), into order: the places of the least to the largest, ties as they stand.

    The sort that keeps ties in order takes five times as long, and numbers of 53 bits have none.
    """
    order = np.argsort(scores, axis=-1)
    in_order = np.take_along_axis(scores, order, axis=-1)
    if (in_order[..., 1:] == in_order[..., :-1]).any():
        order = np.argsort(scores, axis=-1, kind="stable")
    return np.asarray(order)


def counts(of: Floats, probabilities: Floats) -> Floats:
    """(series, h, n) counts at these n probabilities, >= 0, not whole.

    of : (series, h, QUANTILES) of `marks`; nothing lies beyond the outermost.
    """
    scores = tail_scores(probabilities)
    within = np.clip(scores, _MARK_SCORES[0], _MARK_SCORES[-1])
    last = len(_MARK_SCORES) - 2
    at = np.minimum(np.searchsorted(_MARK_SCORES, within, side="right") - 1, last)
    slope = np.diff(of, axis=-1) / np.diff(_MARK_SCORES)
    out = slope[..., at] * (within - _MARK_SCORES[at]) + of[..., at]
    out[..., within == _MARK_SCORES[-1]] = of[..., -1:]  # to the last digit
    return np.asarray(np.maximum(np.expm1(out, out=out), 0.0, out=out))


def draw(of: Floats, together: Floats | Factors, n: int, *seed: int) -> Floats:
    """(series, n, h) counts of several series at once; see `drawn`."""
    return np.stack(list(drawn(of, together, n, *seed)))


def drawn(of: Floats, together: Floats | Factors, n: int, *seed: int) -> Iterator[Floats]:
    """Paths of several series, one after another.

    of : (series, h, QUANTILES) of `marks`.
    together : of `correlation`.
    n : paths.

    Yields (n, h) counts, not whole. Over the n paths each series and month has its published
    quantiles.
    """
    shape = (2, n, of.shape[1])
    if isinstance(together, Factors):
        common = steps((together.loadings.shape[1], *shape), *seed)
        for row in range(len(of)):
            step = together.mixed(row, common, steps(shape, *seed, row))
            yield from_steps(of[row : row + 1], step[None])[0]
    else:
        yield from from_steps(of, mixed(together, steps((len(of), *shape), *seed)))


def from_steps(of: Floats, step: Floats) -> Floats:
    """(series, n, h) counts by marks and normal steps, see `walked`.

    Each of n equal slices of a month's distribution once, in the order of the scores.
    """
    scores = np.ascontiguousarray(walked(step, persistence(of)).transpose(0, 2, 1))
    n = scores.shape[-1]
    out = np.empty_like(scores)
    slices = counts(of, (np.arange(n) + 0.5) / n)
    np.put_along_axis(out, ranked(scores), slices, axis=-1)
    return np.ascontiguousarray(out.transpose(0, 2, 1))


def from_two_ways(of: Floats, passing: Floats, away: float, stays: Floats, step: Floats) -> Floats:
    """(n, h) counts of a series that waits: in each path its surprise stays up to one month.

    Each of n equal slices of a month's distribution once, in the order of passing paths that are
    `away` while they stay.

    of, passing : (h, QUANTILES) of `marks`, of the mixture and where the surprise passes.
    stays : (h,) chance that it stays, non-increasing. step : (2, n, h), see `walked`.
    """
    scores = np.ascontiguousarray(walked(step[None], persistence(passing[None]))[0].T)
    n = scores.shape[-1]
    slices = (np.arange(n) + 0.5) / n
    z, out, lot = np.empty_like(scores), np.empty_like(scores), np.empty(n)
    np.put_along_axis(z, ranked(scores), np.log1p(counts(passing[None], slices)[0]), axis=-1)
    # The last month's noise is no other month's: it decides how long a path stays.
    lot[ranked(step[1, :, -1])] = slices
    z += away * (lot < stays[:, None])
    np.put_along_axis(out, ranked(z), counts(of[None], slices)[0], axis=-1)
    return np.ascontiguousarray(out.T)


def quantiles(draws: Floats, probs: Sequence[float]) -> Floats:
    """(probs, ...) quantiles over the first axis, each one of the draws."""
    return np.quantile(draws, list(probs), axis=0, method="inverted_cdf")
