from __future__ import annotations

import numpy as np
import pytest

from forecast.engine.predictive import ARRAYS, Predictive, predictive, summed
from tests.support.panels import make_panel


def small() -> Predictive:
    """Two series, three origins, two months ahead; centers 10 * series + origin + month / 4."""
    series, origin, month = np.ogrid[:2, :3, 1:3]
    centre = 10.0 * series + origin + month / 4 + 2
    flat = np.ones((2, 3))
    return Predictive(centre, centre * 0 + 0.5, flat * 6, flat, flat * 0.5, flat * 0.25, flat * 0.1)


def test_some_origins_some_series_or_one_month_are_taken_out_of_all():
    said = small()

    assert said.at(np.array([2, 0])).centre[0, :, 0].tolist() == [4.25, 2.25]
    assert said.at(np.array([False, True, False])).df.shape == (2, 1)
    assert said.of(slice(1, 2)).centre[:, 0].tolist() == [[12.25, 12.5]]
    assert said.first().centre.shape == said.first().scale.shape == (2, 3, 1)
    assert said.first().centre[0, 0, 0] == 2.25
    assert said.first().sigma is said.sigma


def test_counts_are_those_of_one_forecast():
    said = small()

    found = said.counts((0.1, 0.5, 0.9), 1, 2)

    exact = np.expm1(said.quantiles((0.1, 0.5, 0.9))[1, 2])
    assert found.tolist() == np.rint(exact).tolist()
    assert found[:, 1].tolist() == [round(np.expm1(14.25)), round(np.expm1(14.5))]


@pytest.mark.parametrize("lost", ["path", "scale", "neither"])
def test_without_a_path_or_a_scale_there_is_no_forecast(lost):
    centre, scale = np.ones((1, 4, 2)), np.ones((1, 4, 2))
    sigma, flat = np.ones((1, 4)), np.full((1, 4), 0.5)
    if lost == "path":
        centre[0, 2, 1] = np.nan  # one month of it
    elif lost == "scale":
        sigma[0, 2] = np.nan

    found = predictive(make_panel(np.ones((1, 4))), centre, scale, sigma, flat, flat)

    for values in (getattr(found, name) for name in ARRAYS):
        missing = np.isnan(values[0]).reshape(4, -1)
        if values is not found.reach:
            assert not missing[[0, 1, 3]].any()
        assert missing[2].all() == (lost != "neither")


def test_a_total_is_the_sum_of_its_parts_where_all_have_one():
    counts = np.array([[[100.0]], [[3.0]], [[4.0]], [[np.nan]]])
    centre = np.log1p(counts)

    assert summed(centre, None) is centre
    assert np.expm1(summed(centre, {0: [1, 2]}))[:3, 0, 0] == pytest.approx([7, 3, 4])
    assert np.expm1(summed(centre, {0: [1, 3]}))[0, 0, 0] == pytest.approx(100)
    assert np.expm1(centre[0, 0, 0]) == pytest.approx(100)


def test_a_part_below_zero_takes_nothing_from_its_total():
    centre = np.array([[[0.0]], [[-1.0]], [[np.log1p(4)]]])

    assert np.expm1(summed(centre, {0: [1, 2]}))[0, 0, 0] == pytest.approx(4)
