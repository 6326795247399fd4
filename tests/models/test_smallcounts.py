"""The count model, by series whose season and level are known exactly."""

from __future__ import annotations

import numpy as np
import pytest

from models.smallcounts import count_forecasts
from tests.support.panels import make_panel

YEAR = 12


@pytest.mark.parametrize("starts", range(0, YEAR, 3))
def test_strong_season_is_learned_from_its_first_year_on(starts):
    month = np.arange(5 * YEAR) + starts
    came = np.rint(200 * np.exp(1.5 * np.cos(2 * np.pi * month / YEAR)))
    panel = make_panel(np.log1p(came[None, : 4 * YEAR]))

    said = count_forecasts(panel, np.array([4 * YEAR - 1]), YEAR)

    # Months of the year are drawn to each other by six counts.
    assert said.mean[0, 0] == pytest.approx(came[4 * YEAR :], rel=0.03, abs=6)


def test_months_of_nothing_have_a_chance_of_their_own():
    counts = np.random.default_rng(3).poisson(20, 96) * (np.arange(96) % 10 < 3)
    panel = make_panel(np.log1p(counts[None].astype(float)))

    said = count_forecasts(panel, np.array([95]), 3)

    assert said.some[0, 0] == pytest.approx(0.3, abs=0.05)
    assert said.mean[0, 0] == pytest.approx(20, abs=3)
    assert (said.size[0, 0] > 20).all()  # as even as Poisson's, without the months of nothing
