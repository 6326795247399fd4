"""The break walk: a random walk on z with a robust seasonal profile and a little momentum.

For series that jump: the last value is believed at once. What it adds to the last value is
the usual change of each calendar month, as far as recent changes followed it, and a damped
share of the last surprise, as far as surprises have continued. Nothing is fitted; one pass
over the months answers every cutoff of every series.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from models import parameters as par
from models.base import Floats, Panel
from models.onepass import (
    PanelBlock,
    Sweep,
    discounted_sum,
    median,
    running_median,
    sweep,
)

BLOCK = 1000  # series at a time: bounds the memory of the profiles

TINY = 1e-9  # keeps a series without any change from dividing by zero


def walked(panel: Panel, h: int) -> Sweep:
    """The walk's paths from every column."""
    return sweep(panel, h, BLOCK, partial(_course, jumps=panel.jumps))


def _course(block: PanelBlock, h: int, *, jumps: bool) -> Sweep:
    """Everything the walk says of one block."""
    profile, push, momentum = _learned(block.z, block.known, jumps)
    carried = np.cumsum(momentum[..., None] ** np.arange(1, h + 1), axis=2)
    month = np.arange(block.z.shape[1])[:, None]
    phases = (month + np.arange(1, h + 1)) % 12
    seasonal = np.cumsum(profile[:, month, phases], axis=2)
    path = block.z[..., None] + seasonal + push[..., None] * carried
    # The spread of the h-step error of a walk with this momentum: a shock goes on as it was taken.
    effect = 1 + carried[..., :-1]  # of a shock h - 1, h - 2, ... months old
    newest = np.ones((*effect.shape[:2], 1))
    variance = np.cumsum(np.concatenate([newest, effect], axis=2) ** 2, axis=2)
    return Sweep(path, np.sqrt(variance))


def _learned(
    z: Floats, known: NDArray[np.bool_], jumps: bool = True
) -> tuple[Floats, Floats, Floats]:
    """What is known at each month of a block, learned in one pass over z, (k, months).

    The usual change into each phase, (k, months, 12), months since the start mod 12; the last
    surprise, clipped; the share of a surprise that goes on a month later, 0 .. MOMENTUM_MAX.

    A change from or to a month that nobody knows teaches nothing. Where breaks are rare, a median
    needs fewer years to be deaf to them, and what is learned sooner is noise.
    """
    first, years = par.ELSEWHERE_FIRST_PROFILE, par.ELSEWHERE_PROFILE_YEARS
    if jumps:
        first, years = par.FIRST_PROFILE, par.PROFILE_YEARS
    change = np.diff(z, axis=1, prepend=z[:, :1])
    # A gap of a year is no change of a month.
    change[:, 1:][~(known[:, 1:] & known[:, :-1])] = np.nan
    # The usual change into each phase: medians over the last years, centred.
    profile, latest = np.zeros((*z.shape, 12)), np.zeros((len(z), 12))
    for t in range(1, z.shape[1]):
        since = t % 12 or 12  # the first month has no change
        latest[:, t % 12] = np.nan_to_num(median(change[:, since : t + 1 : 12][:, -years:]))
        if t >= first:
            profile[:, t] = latest - latest.mean(axis=1, keepdims=True)
    # How far changes follow the profile: a discounted, shrunk regression.
    usual = _usual_size(change)
    limit, prior = par.STRENGTH_LIMIT, par.STRENGTH_PRIOR
    both, own = _products(_expected(profile), change, usual, limit=limit, first=first + 1)
    strength = np.clip((both + prior) / (own + prior), 0, par.STRENGTH_MAX)
    strength[:, : first + 1] = 1
    profile *= strength[..., None]
    # How far a surprise goes on a month later: likewise.
    surprise = change - _expected(profile)
    usual, limit = _usual_size(surprise), par.MOMENTUM_LIMIT
    of = _lagged(surprise), surprise, usual
    both, own = _products(*of, limit=limit, first=par.FIRST_MOMENTUM)
    momentum = np.clip(both / (own + par.MOMENTUM_PRIOR), 0, par.MOMENTUM_MAX)
    push = np.nan_to_num(np.clip(surprise, -limit * usual, limit * usual))
    return profile, push, momentum


def _expected(profile: Floats) -> Floats:
    """(k, months) the change into each month that the month before had as usual."""
    series, months, _ = profile.shape
    into = np.arange(1, months)
    expected = np.zeros((series, months))
    expected[:, 1:] = profile[:, into - 1, into % 12]
    return expected


def _usual_size(x: Floats) -> Floats:
    """(k, months) median size of the last changes; the first month has none."""
    size = np.abs(x)
    size[:, 0] = np.nan
    return running_median(size, par.WALK_WINDOW) + TINY


def _products(
    x: Floats, y: Floats, usual: Floats, *, limit: float, first: int
) -> tuple[Floats, Floats]:
    """Discounted sums of xy and xx, in units of the usual size known a month before.

    Both are clipped at +-limit; months before `first` do not count.
    """
    unit = _lagged(usual)
    x = np.clip(x / unit, -limit, limit)
    y = np.clip(y / unit, -limit, limit)
    x[:, :first] = 0
    both = np.isfinite(x * y)
    x, y = np.where(both, x, 0), np.where(both, y, 0)
    return discounted_sum(x * y, par.WALK_MEMORY), discounted_sum(x * x, par.WALK_MEMORY)


def _lagged(x: Floats) -> Floats:
    """(k, months) the value a month before; the first month keeps its own."""
    return np.concatenate([x[:, :1], x[:, :-1]], axis=1)
