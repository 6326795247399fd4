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
