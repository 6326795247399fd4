"""The engine's front door: a panel of series in, predictive distributions out.

`engine_forecasts` is the engine. `model_forecasts` gives any other model the same kind of
intervals from its own past errors, so that they can be compared. Both are pure functions, and
nothing after a cutoff has any part in what they say at it.
"""

import numpy as np

from forecast.engine import blocks, intervals
from forecast.engine import parameters as par
from forecast.engine.blocks import BLOCK, Spread, Task, serial
from forecast.engine.predictive import Predictive, TotalRows, predictive, summed
from models.base import Floats, Ints, Panel, Paths
from models.onepass import discounted_sum, off_calendar, on_calendar


def engine_forecasts(
    panel: Panel,
    origins: Ints,
    h: int,
    *,
    totals: TotalRows | None = None,
    until: int | None = None,
    spread: Spread = serial,
    size: int = BLOCK,
) -> Predictive:
    """What the engine says at each origin.

    panel : series forecast together; a family shares its prior, its gate and its width.
    origins : (origins,) ascending columns, the last month seen.
    h : months ahead.
    totals : row of a total -> rows of its parts: the total's median count is the sum of its
        parts', its scale comes from the errors of that sum.
    until : with totals, the last column at which models are weighed anew: to see what the months
        after it change when they are weighed as before. None for every column.
    spread : where blocks of series are computed; see `forecast.engine.blocks`. With totals all
        series are one block.
    size : series of a block, at most. The numbers do not depend on it, nor on `spread`.
    """
    both = engine_at_both(panel, origins, h, totals=totals, until=until, spread=spread, size=size)
    return both[0]


def engine_at_both(
    panel: Panel,
    origins: Ints,
    h: int,
    further: int = 0,
    *,
    totals: TotalRows | None = None,
    until: int | None = None,
    spread: Spread = serial,
    size: int = BLOCK,
) -> list[Predictive]:
    """The same, and of the last column alone `further` months ahead, unless that is 0."""
    _refuse_crooked(panel, totals)
    if totals:
        return blocks.in_steps(Task(panel, origins, h, further, totals, until).on_calendar)
    return blocks.spread_out(Task(panel, origins, h, further).on_calendar, spread, size)


def model_forecasts(
    panel: Panel,
    paths: Paths,
    path_origins: Ints,
    origins: Ints,
    *,
    totals: TotalRows | None = None,
) -> Predictive:
    """A model's paths with intervals from its own past errors.

    panel : the series.
    paths : the model's paths at path_origins; the further back, the more errors are known.
    path_origins : (n,) ascending columns; every month's, or its errors are not known.
    origins : (origins,) the columns to answer for, among path_origins.
    totals : as in `engine_forecasts`.

    The scale rule is the engine's; the t has the break walk's degrees of freedom, width and
    drift (without the drift, naive's 80% intervals cover .67 on the totals, with it .76).
    How errors grow with the horizon is estimated from the family's own past errors, so that a
    seasonal naive forecast, whose errors hardly grow, is not widened as a random walk is.
    """
    _refuse_crooked(panel, totals)
    values = summed(paths.values, totals)
    # NaN at columns that are no origin.
    centre = np.full((*panel.z.shape, values.shape[-1]), np.nan)
    centre[:, path_origins] = values
    step = centre[..., 0]
    seen = panel.seen
    errors = intervals.one_step_errors(np.where(np.isfinite(seen), step, np.nan), seen)
    sigma = intervals.with_count_noise(intervals.one_step_scale(errors, step), errors, step)
    share = np.ones_like(panel.z)
    apart = Task(panel, origins, 1).on_calendar.panel
    growth = error_growth(centre, seen, panel.family, apart)
    scale = intervals.scale(sigma, growth, share)
    scale = np.maximum.accumulate(scale, axis=-1)
    return predictive(panel, centre, scale, sigma, share, share).at(origins)


def _refuse_crooked(panel: Panel, totals: TotalRows | None) -> None:
    """ValueError where a total and its parts do not end in the same month."""
    crooked = [
        f"{panel.names[total]} and its part {panel.names[part]}"
        for total, parts in (totals or {}).items()
        for part in parts
        if panel.last[total] != panel.last[part]
    ]
    if crooked:
        raise ValueError(f"not the same last month: {'; '.join(crooked)}")


def error_growth(
    centre: Floats, z: Floats, family: np.ndarray, calendar: Panel | None = None
) -> Floats:
    """How a family's past errors grew with the horizon, as it was known at each column.

    growth(h) is the ratio of the discounted mean |error| at h to that at 1, over hindcasts
    that had matured, drawn towards sqrt(h). Errors of overlapping horizons are dependent, so
    n of them at h count as n / h.

    centre : (series, months, h) paths from every column, NaN where there is none.
    z : (series, months) log1p counts.
    family : (series,) whose errors are pooled. calendar : see `blocks.Task.on_calendar`; None where
        all series end together.

    Returns (series, months, h), 1 at the first horizon, non-decreasing in h.
    """
    room = 0 if calendar is None else calendar.z.shape[1] - z.shape[1]
    behind = None if calendar is None else calendar.behind
    # |error| of the h-step path that was about a column.
    misses = np.full((len(z), room + z.shape[1], centre.shape[-1]), np.nan)
    for h in range(1, centre.shape[-1] + 1):
        misses[:, room + h :, h - 1] = np.abs(centre[:, :-h, h - 1] - z[:, h:])
    misses = on_calendar(misses, behind, np.nan)
    growth, steps = np.empty_like(misses), np.arange(1, misses.shape[-1] + 1)
    root = np.sqrt(steps)
    for name in np.unique(family):
        of = misses[family == name]
        # One series of months and horizons: discounted_sum runs along the middle axis.
        total = discounted_sum(np.nan_to_num(of).sum(axis=0)[None], par.MEMORY)[0]
        count = discounted_sum(np.isfinite(of).sum(axis=0, dtype=float)[None], par.MEMORY)[0]
        mean = total / np.maximum(count, 1e-300)
        first = mean[:, :1]
        ratio = np.divide(mean, first, out=np.tile(root, (len(mean), 1)), where=first > 0)
        weight = count / steps
        drawn = (weight * ratio + par.GROWTH_PRIOR * root) / (weight + par.GROWTH_PRIOR)
        drawn[:, 0] = 1
        growth[family == name] = np.maximum.accumulate(drawn, axis=1)
    return off_calendar(growth, behind)[:, room:]
