from __future__ import annotations

import numpy as np

from models.offered.naive import Naive
from models.offered.snaive import SeasonalNaive
from tests.support.panels import make_panel


def test_every_month_ahead_is_like_the_last_one():
    found = Naive().paths(make_panel(np.arange(20.0)[None]), np.array([3, 19]), 3)

    assert found.values[0].tolist() == [[3, 3, 3], [19, 19, 19]]


def test_every_month_ahead_is_like_that_of_a_year_ago():
    found = SeasonalNaive().paths(make_panel(np.arange(30.0)[None]), np.array([11, 29]), 14)

    assert found.values[0, 0].tolist() == [*range(12), 0, 1]
    assert found.values[0, 1].tolist() == [*range(18, 30), 18, 19]


def test_a_year_of_its_own_comes_before_a_seasonal_forecast():
    z = np.arange(40.0)[None].repeat(2, axis=0)
    z[1, :20] = np.nan

    found = SeasonalNaive().paths(make_panel(z), np.array([10, 11, 30, 31]), 1).values[..., 0]

    assert np.isnan(found[0]).tolist() == [True, False, False, False]
    assert np.isnan(found[1]).tolist() == [True, True, True, False]
    assert found[1, 3] == 20
