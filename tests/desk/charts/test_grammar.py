"""What charts are made of: a scale's marks and how much it holds."""

from __future__ import annotations

import math

import pytest

from forecast.desk.charts.grammar import Amounts


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (10, 100, [10, 20, 50, 100]),
        (7, 120, [10, 20, 50, 100]),
        (11, 99, [20, 50]),
        (1, 5, [1, 2, 5]),
        (900, 2100, [1000, 2000]),
    ],
)
def test_a_log_scale_is_marked_at_1_2_5_inside_it(low, high, marks):
    assert list(Amounts(True, low, high, "encounters").ticks()) == marks


def test_a_log_scale_says_so_and_holds_a_difference_of_logarithms():
    scale = Amounts(True, 10, 1000, "encounters")

    assert scale.title == "encounters, log scale"
    assert scale.span == pytest.approx(math.log(100))
    assert Amounts(False, 10, 1000, "encounters").title == "encounters"
    assert Amounts(False, 10, 1000, "encounters").span == 990
