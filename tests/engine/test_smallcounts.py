"""How much of a forecast is the count model's, of counts and of what only looks like them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast.engine.refit import engine_forecasts
from tests.support.panels import make_panel

TWO_YEARS, SIX_YEARS = np.arange(24, 27), np.arange(60, 71)


def share(counts, origins):
    panel = replace(make_panel(np.log1p(counts.astype(float))), jumps=False)
    said = engine_forecasts(panel, origins, 1).mixtures
    found = np.zeros((len(counts), len(origins)))
    if said is not None:
        found[said.row, said.place] = said.share
    return found


@pytest.mark.parametrize("level", [20, 100])
def test_counts_as_even_as_chance_are_the_count_models(level):
    counts = np.random.default_rng(level).poisson(level, (40, 72))
    assert np.mean(share(counts, SIX_YEARS)) > 0.95


def test_whole_numbers_far_more_even_than_chance_are_not():
    steady = 600 + np.cumsum(np.random.default_rng(1).integers(0, 5, (40, 30)), axis=1)
    assert np.mean(share(steady, TWO_YEARS)) < 0.3
