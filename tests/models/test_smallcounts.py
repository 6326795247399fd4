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
