from __future__ import annotations

import numpy as np
import pytest

from forecast.engine import joint


@pytest.mark.parametrize(
    ("weights", "total", "expected"),
    [
        ([1, 1, 1], 0, [0, 0, 0]),
        ([1, 1, 1], 1, [1, 0, 0]),  # of equal ones the first
        ([1, 1, 1], 5, [2, 2, 1]),
        ([0, 0], 3, [2, 1]),  # evenly
        ([0, 5], 3, [0, 3]),
        ([1, 2, 3], 12, [2, 4, 6]),
        ([0.2, 0.3, 0.5], 9, [2, 3, 4]),  # 1.8, 2.7, 4.5: the largest remainders
        ([1], 7, [7]),
    ],
)
def test_a_total_is_shared_out_by_the_largest_remainder(weights, total, expected):
    found = joint.shared_out(np.array(weights, dtype=float), total)

    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("exact", "expected"),
    [([1.2, 2.7, 0.1], [1, 3, 0]), ([0.5, 0.5, 2.0], [1, 0, 2]), ([3.0, 1.0], [3, 1])],
)
def test_parts_are_rounded_to_what_they_add_up_to(exact, expected):
    found = joint.rounded(np.array(exact), round(sum(exact)))

    assert found.tolist() == expected
    assert found.dtype == np.int64


def test_parts_keep_their_proportions_and_add_up_in_every_path():
    parts = np.array([[[1.0, 0.0]], [[3.0, 0.0]]])
    total = np.array([[8.0, 6.0]])

    found = joint.adding_up(parts, total)

    assert found[:, 0, 0] == pytest.approx([2, 6], rel=1e-6)
    assert found[:, 0, 1] == pytest.approx([3, 3])  # parts of nothing grow alike


def test_a_part_follows_its_total_nine_tenths():
    total = np.array([1.0, 0.0])
    own = np.array([[0.0, 1.0]])

    assert joint.followed(total, own)[0] == pytest.approx([0.9, np.sqrt(0.19)])
