from __future__ import annotations

import math

import pytest

from forecast.judge.surprise import p_value
from forecast.types import MonthForecast, Provisional, SeriesKey, Totals
from tests.support.cbp_files import ENCOUNTERS


@pytest.mark.parametrize(
    ("parts", "whole", "every"),
    [
        (("a", "b"), "", ("a", "b")),
        (("b", "a"), "sum", ("b", "a", "sum")),
        ((), "one", ("one",)),
    ],
)
def test_every_total_is_each_part_then_the_whole(parts, whole, every):
    assert Totals(parts, whole).every == every


def test_totals_of_encounters_are_the_borders_and_nationwide():
    assert ENCOUNTERS.totals.every == ("northern", "southwest", "other", "nationwide")


@pytest.mark.parametrize(
    ("low", "high", "spread"),
    [(0.4, 0.8, math.log(2) / 2.563), (0.0, 0.8, 0), (0.4, None, 0), (None, None, 0)],
)
def test_a_month_whose_completion_has_no_ends_is_of_no_width(low, high, spread):
    told = (SeriesKey("northern"), "2026-10", 80, 1, 0, "2026-11-05", "a release", "delivery")

    assert Provisional(*told, 0.6, low, high).spread == pytest.approx(spread)


def test_a_month_s_forecast_is_one_month_ahead_unless_it_is_said():
    ahead = [MonthForecast(20, 3.0, 0.3, 4.0, n) for n in (1, 2)]
    near, far = (p_value(60, one)[0] for one in ahead)

    assert p_value(60, MonthForecast(20, 3.0, 0.3, 4.0))[0] == near != far
