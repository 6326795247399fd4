from __future__ import annotations

import numpy as np
import pytest

from forecast.judge.parts import alpha, cutoff, systemic


@pytest.mark.parametrize(
    ("eligible", "expected"),
    [(0, 0.02), (1, 0.02), (250, 0.02), (251, 5 / 251), (1000, 0.005), (5000, 0.001),
     (5001, 0.001)],
)  # fmt: skip
def test_five_false_flags_a_month_are_allowed_within_bounds(eligible, expected):
    assert alpha(eligible) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        ([0.02, 0.04, 0.06, 0.08, 0.1], 0.1),  # each exactly at its step of 0.02
        ([0.02, 0.041, 0.061, 0.081, 0.101], 0.02),
        ([0.9, 0.021, 0.04], 0.04),  # the second passes, so the first does
        ([0.021, 0.9, 0.9, 0.9, 0.9], -1.0),
        ([], -1.0),
    ],
)
def test_the_cutoff_is_the_largest_p_at_its_step(p, expected):
    assert cutoff(np.array(p)) == expected


@pytest.mark.parametrize(
    ("rejected", "others", "up", "expected"),
    [
        (2, 0, 2, False),
        (3, 0, 3, True),
        (3, 27, 3, True),  # a tenth of all
        (3, 28, 3, False),
        (5, 0, 4, True),  # four in five on one side
        (5, 0, 1, True),
        (5, 0, 3, False),
        (5, 0, 2, False),
        (9, 0, 7, False),
    ],
)
def test_a_month_is_systemic_from_three_a_tenth_and_four_in_five_on(rejected, others, up, expected):
    p = [1e-6] * rejected + [0.9] * others
    sides = [1] * up + [-1] * (rejected - up) + [-1] * others

    assert systemic(p, sides) == expected
