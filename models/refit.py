"""The one loop over origins that all refit models share.

It hands each fit only what was known at its cutoff, and is where whatever a library throws
or warns becomes a failure: one lost path, never a lost batch.
"""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models.base import Failure, Floats, Ints, Panel, Paths

EXPLODED_LOG_RATIO = float(np.log(20))  # a path further from the last value has exploded


class History(NamedTuple):
    """What one fit may see.

    z : (n,) log1p counts up to the cutoff, no NaN.
    month : running number of the cutoff's month.
    events : running numbers of the months of the events in z that were known at the cutoff.
    """

    z: Floats
    month: int
    events: tuple[int, ...]


FitFunction = Callable[[History, int], Floats]
"""Fits a model to a history and returns its median path, (h,)."""


def refit(panel: Panel, origins: Ints, h: int, *, min_months: int, fit: FitFunction) -> Paths:
    """Fit every series anew at every origin; see the model contract.

    One thread of linear algebra: with two, small state space models take ten times as long.
    """
    values = np.full((len(panel.z), len(origins), h), np.nan)
    failures = []
    # A library would fit two years to twelve seasons and three smoothers without a word.
    months = origins - panel.start[:, None] + 1
    old_enough = (months >= min_months) & ~np.isnan(panel.z[:, -1:])
    with threadpool_limits(limits=1, user_api="blas"):
        for series, place in np.argwhere(old_enough).tolist():
            origin = int(origins[place])
            try:
                path, warned = _attempt(fit, history(panel, series, origin), h)
            except Exception as problem:  # whatever a library raises costs this fit alone
                failures.append(Failure(series, origin, f"{type(problem).__name__}: {problem}"))
                continue
            farthest, refused = float(np.abs(path - panel.z[series, origin]).max()), ""
            if not np.isfinite(path).all():
                refused = "the path is not finite"
            elif farthest > EXPLODED_LOG_RATIO:  # an optimizer has diverged, not a count
                times = f"{np.exp(min(farthest, 50)):.3g} times"
                refused = f"the path goes {times} away from the last value"
            if refused:
                failures.append(Failure(series, origin, refused + warned, lasting=True))
            else:
                values[series, place] = path
    return Paths(values, failures=tuple(failures))


def history(panel: Panel, series: int, origin: int) -> History:
    """What was known of a series at a column."""
    start = int(panel.start[series])
    column_zero = int(panel.last[series]) - (panel.z.shape[1] - 1)
    events = panel.events[series] if panel.events else ()
    # An event that was announced later was no news at the cutoff.
    known = [at for at, since in events if since <= origin and start <= at <= origin]
    months = tuple(column_zero + column for column in known)
    return History(panel.z[series, start : origin + 1], column_zero + origin, months)


def _attempt(fit: FitFunction, past: History, h: int) -> tuple[Floats, str]:
    """The path, and in brackets the first warning that is not about the library's own code."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        path = np.asarray(fit(past, h), dtype=float)
    for warning in heard:
        if not issubclass(warning.category, DeprecationWarning | FutureWarning):
            return path, f" ({warning.category.__name__}: {warning.message})"
    return path, ""
