from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models import onepass
from models.base import Panel
from models.breakwalk import walked
from models.onepass import Sweep, discounted_sum, median, running_median
from tests.support import reference_engine, reference_numbers
from tests.support.panels import make_panel

EVERY = np.arange(90)


def paths_of(panel: Panel, h: int = reference_numbers.H) -> Sweep:
    return walked(panel, h)


def test_it_equals_the_reference(panel: Panel, reference: dict[str, Any]) -> None:
    expected, growth = reference["breakwalk"](panel.z, reference_numbers.H)
    actual = paths_of(panel)
    assert np.abs(expected - actual.path).max() < 1e-9
    assert np.abs(growth - actual.growth).max() < 1e-9


def test_it_equals_the_golden_numbers(panel: Panel) -> None:
    actual = paths_of(panel)
    arrays_by_name = {"walk": actual.path, "walk_growth": actual.growth}
    for name, series, column, h, expected in reference_numbers.read():
        if name in arrays_by_name:
            assert abs(expected - arrays_by_name[name][series, column, h - 1]) < 1e-9


def test_a_later_start_is_counted_from_there(ragged: Panel) -> None:
    alone = make_panel(ragged.z[2:3, 30:])
    assert np.array_equal(paths_of(alone).path, paths_of(ragged).path[2:3, 30:])


def test_the_first_horizons_do_not_depend_on_how_far_one_looks(ragged: Panel) -> None:
    near, far = paths_of(ragged, 3).path, paths_of(ragged).path
    assert np.array_equal(far[..., :3], near, equal_nan=True)


def test_some_origins_are_a_part_of_all(ragged: Panel) -> None:
    some = np.array([29, 30, 75])
    expected = paths_of(ragged).path[:, some]
    assert np.array_equal(expected, paths_of(ragged, 12).path[:, some], equal_nan=True)


def test_a_constant_series_goes_on() -> None:
    flat = make_panel(np.full((1, 50), 2.0))
    assert np.array_equal(np.full((1, 50, 5), 2.0), paths_of(flat, 5).path)


def test_a_new_level_is_believed_at_once() -> None:
    z = np.full((1, 60), 8.0)
    z[0, 50:] = 5.0
    assert np.abs(paths_of(make_panel(z), 12).path[0, 51] - 5).max() < 0.01


def test_what_stands_for_an_unknown_month_teaches_nothing(panel: Panel) -> None:
    """Neither the change into it nor the one out of it: from then on it could be any number."""
    filled = np.zeros(panel.z.shape, dtype=bool)
    filled[:, 50] = filled[1, 70:72] = True

    low, high = (
        paths_of(replace(panel, z=np.where(filled, value, panel.z), filled=filled), 14)
        for value in (0.0, 20.0)
    )

    apart = filled.copy()
    assert np.array_equal(low.path[~apart], high.path[~apart])
    assert np.array_equal(low.growth, high.growth)
    as_ever = paths_of(panel, 14)
    assert np.array_equal(low.path[:, :50], as_ever.path[:, :50])
    assert not np.array_equal(low.path[:, 60:], as_ever.path[:, 60:])


def test_families_do_not_matter(panel: Panel) -> None:
    apart = replace(panel, family=np.array(list("abcdef")))
    assert np.allclose(paths_of(panel).path, paths_of(apart).path, rtol=0, atol=1e-12)


def cut(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)


def usual_size(values: list[float]) -> list[float]:
    """Median size of the last sixty, the first month left out."""
    sizes = [math.nan, *map(abs, values[1:])]
    return [
        reference_engine.median(sizes[max(0, t - 59) : t + 1]) + 1e-9 for t in range(len(sizes))
    ]


def products(
    one: list[float], other: list[float], usual: list[float], limit: float, first: int
) -> list[tuple[float, float]]:
    """Faded sums of both, and of the one with itself, in what was usual a month before."""
    both = own = 0.0
    found = []
    for t in range(len(one)):
        unit = usual[max(t - 1, 0)]
        x, y = cut(one[t] / unit, limit) if t >= first else 0.0, cut(other[t] / unit, limit)
        known = math.isfinite(one[t] * other[t])
        both, own = 0.99 * both + (x * y if known else 0), 0.99 * own + (x * x if known else 0)
        found.append((both, own))
    return found


def slow_walk(
    z: list[float], unknown: set[int], h: int, jumps: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Paths of one series and how their errors grow, one month after the other."""
    months, (least, years) = range(len(z)), (24, 10) if jumps else (36, 7)
    change = [0.0, *(b - a for a, b in pairwise(z))]
    for t in unknown:
        change[t : t + 2] = [math.nan] * len(change[t : t + 2])
    profiles = []
    for t in months:
        usual = [
            reference_engine.median(
                [change[c] for c in range(1, t + 1) if c % 12 == phase][-years:]
            )
            for phase in range(12)
        ]
        usual = [value - sum(usual) / 12 for value in usual]
        profiles.append(usual if t >= least else [0.0] * 12)
    expected = [0.0, *(profiles[t - 1][t % 12] for t in months[1:])]
    sums = products(expected, change, usual_size(change), 3, least + 1)
    for t in months[least + 1 :]:
        both, own = sums[t]
        strength = min(max((both + 60) / (own + 60), 0), 1.1)
        profiles[t] = [strength * value for value in profiles[t]]
    surprise = [0.0, *(change[t] - profiles[t - 1][t % 12] for t in months[1:])]
    usual = usual_size(surprise)
    sums = products([surprise[0], *surprise[:-1]], surprise, usual, 1.5, 13)
    path, growth = np.empty((2, len(z), h))
    for t in months:
        both, own = sums[t]
        momentum = cut(both / (own + 30), 0.6) if both > 0 else 0.0
        known = math.isfinite(surprise[t])
        push = cut(surprise[t], 1.5 * usual[t]) if known else 0.0
        at, carried, variance = z[t], 0.0, 0.0
        for step in range(1, h + 1):
            variance += (1 + carried) ** 2
            carried += momentum**step
            at += profiles[t][(t + step) % 12]
            path[t, step - 1], growth[t, step - 1] = at + push * carried, math.sqrt(variance)
    return path, growth


@pytest.mark.parametrize("jumps", [True, False])
def test_it_equals_another_implementation(ragged: Panel, jumps: bool) -> None:
    """Month by month, with months that nobody knows, and a series that begins later."""
    unknown = np.zeros(ragged.z.shape, dtype=bool)
    unknown[0, [20, 50, 51]] = unknown[2, 60] = True

    found = paths_of(replace(ragged, filled=unknown, jumps=jumps), 14)

    for row, start in enumerate(ragged.start.tolist()):
        gaps = set((np.flatnonzero(unknown[row]) - start).tolist())
        path, growth = slow_walk(ragged.z[row, start:].tolist(), gaps, 14, jumps)
        assert np.allclose(path, found.path[row, start:], rtol=0, atol=1e-9)
        assert np.allclose(growth, found.growth[row, start:], rtol=0, atol=1e-9)


@pytest.mark.parametrize("jumps", [True, False])
def test_a_usual_change_is_of_the_last_ten_years_or_seven(jumps: bool) -> None:
    """Thirteen years of a season that turns round after the fourth."""
    t = np.arange(156.0)
    rough = np.sin(t * 12.9898) * 43758.5453
    season = np.where(t < 48, 1, -1) * np.sin(2 * np.pi * t / 12)
    z = 8 + season + (rough - np.floor(rough)) / 2

    found = paths_of(replace(make_panel(z[None]), jumps=jumps), 3)

    path, growth = slow_walk(z.tolist(), set(), 3, jumps)
    assert np.allclose(path, found.path[0], rtol=0, atol=1e-9)
    assert np.allclose(growth, found.growth[0], rtol=0, atol=1e-9)


numbers = st.floats(-1e6, 1e6)


@given(arrays(float, (3, 7), elements=numbers | st.just(np.nan)))
def test_the_median_passes_over_nan(x: np.ndarray) -> None:
    expected = [np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan for row in x]
    assert np.allclose(expected, median(x), equal_nan=True)


@given(arrays(float, (2, 9), elements=numbers), st.integers(1, 9))
def test_a_running_median_sees_the_last_columns(x: np.ndarray, window: int) -> None:
    expected = np.median(x[:, 9 - window :], axis=1)
    assert np.allclose(expected, running_median(x, window)[:, -1])


@given(arrays(float, (2, 9), elements=numbers), st.floats(0, 1))
def test_a_discounted_sum_fades_the_past(x: np.ndarray, keep: float) -> None:
    expected = (x * keep ** np.arange(8, -1, -1)).sum(axis=1)
    assert np.allclose(expected, discounted_sum(x, keep)[:, -1], atol=1e-6)


def test_blocks_are_series_side_by_side_from_their_first_months_on() -> None:
    z = np.arange(25.0).reshape(5, 5)
    z[1, :2] = z[3, :2] = z[4] = np.nan
    panel = replace(make_panel(z, list("baabb")), filled=np.eye(5, dtype=bool))

    one, two = onepass.blocks(panel, 3)

    assert (one.rows.tolist(), two.rows.tolist()) == ([2, 0, 1], [3])
    assert (one.family.tolist(), two.family.tolist()) == ([0, 1, 0], [1])
    assert (one.start.tolist(), two.start.tolist()) == ([0, 0, 2], [2])
    assert one.z.tolist() == [[10, 11, 12, 13, 14], [0, 1, 2, 3, 4], [7, 8, 9, 9, 9]]
    assert two.z.tolist() == [[17, 18, 19]]
    assert one.known.tolist() == [[True, True, False, True, True], [False, *[True] * 4], [True] * 5]
    assert two.known.tolist() == [[True, False, True]]
    out = np.full((5, 5, 1), np.nan)
    for block in (one, two):
        onepass.put(out, block, block.z[..., None])
    assert np.array_equal(out[..., 0], z, equal_nan=True)
    assert onepass.age(z[:4])[:, 0].tolist() == [0, -2, 0, -2]


def test_what_is_added_up_is_added_in_units_small_enough() -> None:
    assert onepass.in_units(np.array([1.0, 2.0**-40, -0.4 * 2.0**-40])).tolist() == [2**40, 1, 0]
    assert onepass.in_units(np.array([0.1])).sum() * onepass.UNIT == pytest.approx(0.1, abs=1e-12)


def test_a_running_median_of_nothing_is_none() -> None:
    x = np.array([[np.nan, np.nan, 3.0, np.nan, np.nan]])

    assert running_median(x, 2).tolist() == [[0, 0, 3, 3, 0]]
    assert median(np.array([[7.0], [np.nan]]))[0] == 7
