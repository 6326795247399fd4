"""What `forecast` says of a file: for what its series were taken."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.desk.sentences.own_counts import kinds_seen
from models.base import MonthlyCounts


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("visits", [1, 2, 300], None),
        ("rate %", [5.2, 99.1, 6], "shares, which end at 0 and 100: 1 series (rate %)"),
        (
            "share of beds",
            [0.2, 0.9, 0.6],
            "shares, which end at 0 and 1: 1 series (share of beds)",
        ),
        ("tons", [5.2, 199.1, 6], "amounts: 1 series (tons)"),
        ("balance", [-5, 3, 6], "values that may lie below 0: 1 series (balance)"),
    ],
)
def test_each_kind_but_a_count_is_named(name, values, said):
    counts = MonthlyCounts((name,), np.array(["a"]), np.array([values], float), np.zeros(1, int))

    assert kinds_seen(counts) == ([f"forecast as {said}"] if said else [])


def test_of_many_series_three_are_named():
    names = tuple(f"tons {row}" for row in range(5))
    counts = MonthlyCounts(names, np.array(names), np.full((5, 30), 0.5), np.zeros(5, int))

    assert kinds_seen(counts) == ["forecast as amounts: 5 series (tons 0, tons 1, tons 2, ...)"]
