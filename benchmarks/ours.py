"""The engine on a set, as it is and with its gate held still.

The fixed variants show what the gate is worth: the break walk alone (share 1), the structural
grid alone (0), and half of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from unittest import mock

import numpy as np

from benchmarks.sets import H, HeldOut, Rolling
from forecast.engine import combination
from forecast.engine.refit import engine_forecasts, model_forecasts
from forecast.engine.scores import PROBS
from forecast.plugins import model
from models.base import Floats

ENGINE = "bordercast"
LAST_VALUE = "last value, same intervals"
FIXED: Mapping[str, float] = {"walk only": 1.0, "grid only": 0.0, "half, half": 0.5}
GATE = ("walk_share", "walk_weight")  # what the verdict decides


def rolling(work: Rolling, share: float | None = None) -> Floats:
    """(series, origins, H, PROBS) quantiles of log1p counts at every cutoff."""
    with _held(share):
        said = engine_forecasts(work.panel, work.origins, H, totals=work.totals)
    return said.quantiles(PROBS)


def last_value(work: Rolling) -> Floats:
    """The same of the last value, with intervals made as the engine's from its own errors."""
    every = np.arange(work.counts.shape[1])
    paths = model("naive").paths(work.panel, every, H)
    said = model_forecasts(work.panel, paths, every, work.origins, totals=work.totals)
    return said.quantiles(PROBS)


def held_out(work: HeldOut, share: float | None = None) -> Floats:
    """(series, h, PROBS) quantiles of log1p values from each series' end, h the longest test."""
    h = max(map(len, work.future))
    panel = work.panel
    end = np.array([panel.z.shape[1] - 1], dtype=np.int64)
    with _held(share):
        return np.asarray(engine_forecasts(panel, end, h).quantiles(PROBS)[:, 0])


def _held(share: float | None) -> AbstractContextManager[None]:
    return nullcontext() if share is None else _gate_held_at(share)


@contextmanager
def _gate_held_at(share: float) -> Iterator[None]:
    """The gate gives the walk this share everywhere, whatever the past says."""

    def still(*arrays: Floats) -> Floats:
        months = next(x for x in reversed(arrays) if x.ndim == 2)
        return np.full(months.shape, share)

    with mock.patch.multiple(combination, **dict.fromkeys(GATE, still)):
        yield
