from __future__ import annotations

from dataclasses import replace
from typing import Any

import golden
import numpy as np
import pytest
from panels import make_panel

from models import structural
from models.base import Panel, Paths
from models.kalman import GRID, SEASONAL, kalman_gains
from models.level import levels
from models.structural import Structural

EVERY = np.arange(90)


def paths_of(panel: Panel, h: int = golden.H) -> Paths:
    return Structural().paths(panel, np.arange(panel.z.shape[1]), h)


def test_the_grid_has_120_points_and_those_with_a_season_come_first() -> None:
    assert len(GRID) == len(set(GRID)) == 120
    assert [point.season_sd > 0 for point in GRID] == [True] * SEASONAL + [False] * 24


def test_it_equals_the_reference(panel: Panel, reference: dict[str, Any]) -> None:
    expected, growth = reference["structural"](panel.z, golden.H)
    actual = paths_of(panel)
    assert np.abs(expected - actual.values).max() < 1e-9
    assert np.abs(growth - actual.growth).max() < 1e-9


def test_it_equals_the_golden_numbers(panel: Panel) -> None:
    actual = paths_of(panel)
    arrays_by_name = {"grid": actual.values, "grid_growth": actual.growth}
    for name, series, column, h, expected in golden.read():
        if name in arrays_by_name:
            assert abs(expected - arrays_by_name[name][series, column, h - 1]) < 1e-9


def test_the_gains_of_a_short_history_are_those_of_a_long_one() -> None:
    short, long = kalman_gains(20, 5), kalman_gains(90, 14)
    months, h = short.ahead.shape[1:]
    assert (months >= 20, h >= 5) == (True, True)
    assert long.gain.shape[1] > months
    assert np.array_equal(long.gain[:, :months], short.gain)
    assert np.array_equal(long.ahead[:, :months, :h], short.ahead)


def test_a_later_start_in_a_family_of_its_own_is_counted_from_there(ragged: Panel) -> None:
    apart = replace(ragged, family=np.array(list("aabbaa")))
    alone = make_panel(ragged.z[2:4, 30:])
    expected = paths_of(alone).values
    assert np.allclose(expected, paths_of(apart).values[2:4, 30:], atol=1e-10, equal_nan=True)


def test_another_family_does_not_move_a_path(panel: Panel) -> None:
    family = np.array(list("aaabbb"))
    other = panel.z.copy()
    other[3:] = 3
    expected = paths_of(replace(panel, family=family)).values[:3]
    assert np.array_equal(expected, paths_of(replace(panel, z=other, family=family)).values[:3])


def test_the_family_moves_a_path(panel: Panel) -> None:
    apart = replace(panel, family=np.array(list("abcdef")))
    moved = np.abs(paths_of(panel).values - paths_of(apart).values)[:, -1]
    assert moved.max() > 1e-3


def test_the_first_horizons_do_not_depend_on_how_far_one_looks(ragged: Panel) -> None:
    near, far = paths_of(ragged, 3).values, paths_of(ragged).values
    assert np.allclose(far[..., :3], near, atol=1e-12, equal_nan=True)


def test_some_origins_are_a_part_of_all(ragged: Panel) -> None:
    some = np.array([29, 30, 75])
    expected = paths_of(ragged).values[:, some]
    actual = Structural().paths(ragged, some, 12).values
    assert np.allclose(expected, actual, atol=1e-12, equal_nan=True)


def test_a_short_horizon_is_enough(panel: Panel) -> None:
    assert np.allclose(paths_of(panel).values[..., :1], paths_of(panel, 1).values, atol=1e-12)


def test_a_pure_season_is_learnt() -> None:
    t = np.arange(120)
    z = 6 + np.sin(2 * np.pi * t / 12)[None]
    path = Structural().paths(make_panel(z[:, :108]), np.array([107]), 12).values
    assert np.abs(path[0, 0] - z[0, 108:]).max() < 0.1


def test_the_next_months_are_the_same_by_responses_and_by_the_filter(
    ragged: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    prior = structural.log_prior(structural.evidence(ragged))
    expected = structural.sweep_under(prior, ragged, 3).path
    by_responses = structural.near_paths(prior, ragged, 3)
    monkeypatch.setattr(structural, "LONG", 0)
    by_filter = structural.near_paths(prior, ragged, 3)
    assert np.allclose(expected, by_responses, rtol=0, atol=1e-10, equal_nan=True)
    assert np.allclose(expected, by_filter, rtol=0, atol=1e-12, equal_nan=True)
    mass = structural.evidence(ragged)
    assert np.allclose(prior, structural.log_prior(mass), atol=1e-9)


def test_a_month_nobody_knows_is_what_its_series_alone_expected() -> None:
    """More series than a block holds, from different first months; three in a row as well."""
    z = np.tile(golden.generated()[:, :40], (20, 1)) + np.arange(120)[:, None] / 100
    for row in range(120):
        z[row, : row % 5] = np.nan
        z[row, 20 + row % 3] = np.nan
    z[7, 30:33] = z[100, 1 + 100 % 5] = z[3, 39] = np.nan
    panel = make_panel(z, [f"family {row % 2}" for row in range(120)])
    before = np.isfinite(z).cumsum(axis=1) == 0

    found = structural.filled(panel)

    assert np.array_equal(found.filled, np.isnan(z) & ~before)
    assert np.array_equal(found.z[~found.filled], z[~found.filled], equal_nan=True)
    flat = np.zeros((2, 40, len(GRID)))
    expected = structural.sweep_under(flat, found, 1).path[..., 0]
    row, column = np.nonzero(found.filled)
    assert np.allclose(found.z[row, column], expected[row, column - 1], rtol=0, atol=1e-10)
    assert np.isnan(found.seen[found.filled]).all()


def test_without_evidence_errors_grow_as_those_of_a_random_walk() -> None:
    growth = paths_of(make_panel(np.array([[3.0, 3.5, 4.0]])), 4).growth[0]

    assert np.allclose(growth[0], np.sqrt([1, 2, 3, 4]))
    assert np.allclose(growth[1], np.sqrt([1, 2, 3, 4]))


def level_by_hand(z: np.ndarray) -> list[float]:
    """The level of a series after each month, NaN where nobody knows its count."""
    levels, squares, seen, found = [0.0] * 8, [0.0] * 8, 0, []
    for t, value in enumerate(z.tolist()):
        known = np.isfinite(value)
        for k, speed in enumerate((0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)):
            error = value - levels[k] if known else 0.0
            squares[k] += error**2 if t >= 2 else 0.0
            levels[k] += max(speed, 1 / (t + 1)) * error
        seen += known and t >= 2
        n = max(seen, 1)
        weights = np.exp(
            [-n / 2 * (np.log(s / n + 1e-8) - np.log(min(squares) / n + 1e-8)) for s in squares]
        )
        found.append(float(weights @ levels / weights.sum()))
    return found


def test_the_smoothed_level_is_that_of_what_is_known(ragged: Panel) -> None:
    unknown = ragged.z.copy()
    unknown[0, [2, 50]] = unknown[2, 60:63] = np.nan
    filled = ragged.z + np.where(np.isnan(unknown), 50, 0)

    found = levels(replace(ragged, z=filled, filled=np.isnan(unknown) & np.isfinite(ragged.z)))

    for row, start in enumerate(ragged.start.tolist()):
        assert np.isnan(found[row, :start]).all()
        assert found[row, start:] == pytest.approx(level_by_hand(unknown[row, start:]), abs=1e-9)
