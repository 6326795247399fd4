"""How much of its last count a month has at each age, beside figures that are known."""

from __future__ import annotations

import numpy as np
import pytest

from models.triangle import shares

AGES = 13


def grown(months: int, noise: float, seed: int = 1) -> np.ndarray:
    """Months that come at 40%, are at 92% a month later, and whole after that."""
    random = np.random.default_rng(seed)
    whole = random.integers(8_000, 12_000, months).astype(float)
    grid = np.repeat(whole[:, None], AGES + 1, axis=1)
    grid[:, 0] *= 0.40 * np.exp(noise * random.standard_normal(months))
    grid[:, 1] *= 0.92
    for newest in range(min(months, AGES + 1)):  # what no delivery has stated yet
        grid[-1 - newest, newest + 1 :] = np.nan
    return grid


def test_what_never_varies_is_found_to_the_digit():
    found = shares(grown(24, 0), grown(24, 0))

    assert [of.share for of in found[:4]] == pytest.approx([0.40, 0.92, 1, 1], rel=1e-3)
    assert all(of.low <= of.share <= of.high for of in found)
    assert found[2].high == found[2].low == 1


def test_an_interval_holds_what_later_months_come_to():
    held = []
    for seed in range(200):
        grid = grown(18, 0.05, seed)
        of = shares(grid[:-1], grid[:-1])[0]
        next_share = 0.40 * np.exp(0.05 * np.random.default_rng(9_000 + seed).standard_normal())
        held.append(of.low <= next_share <= of.high)

    assert 0.75 <= np.mean(held) <= 0.92


def test_one_month_beside_others_tells_with_a_wide_interval():
    few, many = (shares(grown(n, 0.02), grown(n, 0.02))[0] for n in (3, 24))

    assert few.months == 2
    assert few.high - few.low > many.high - many.low


def test_nothing_is_told_of_ages_that_no_two_statements_have():
    grid = np.full((3, AGES + 1), np.nan)
    grid[:, 0] = 5

    assert [(of.share, of.months) for of in shares(grid, grid)] == [(1, 0)] * AGES


def test_a_series_without_months_of_its_own_is_as_unsure_as_those_beside_it():
    others = np.full((20, AGES + 1), 1_000.0)
    others[7, 0] = 400  # one month came at 40%, all others whole
    of = shares(np.full((1, AGES + 1), np.nan), others)[0]

    assert of.low < others[:, 0].sum() / others[:, 1].sum() < 1 < of.high
