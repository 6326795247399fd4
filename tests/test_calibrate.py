from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from panels import perturbed
from scipy.stats import t as student

from forecast.engine import calibrate
from models.base import Panel

PROBS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
centres, scales, freedoms = st.floats(0, 14), st.floats(0.001, 2), st.floats(2.5, 3)


def scale_of(step: np.ndarray, z: np.ndarray) -> np.ndarray:
    errors = calibrate.settled(calibrate.one_step_errors(step, z), z)
    return calibrate.one_step_scale(errors, step)


def test_the_scale_equals_the_reference(panel: Panel, reference: dict[str, Any]) -> None:
    path, _ = reference["breakwalk"](panel.z, 12)
    expected = reference["scale"](panel.z, path)
    actual = scale_of(path[..., 0], panel.z)
    assert np.abs(expected - actual)[:, 23:].max() < 1e-9
    assert np.isnan(actual[:, :23]).all()


def test_a_steady_error_is_the_scale(panel: Panel) -> None:
    step = np.roll(panel.z, -1, axis=1) + 0.4
    assert np.allclose(0.4, scale_of(step, panel.z)[:, 23:])


def test_the_scale_has_a_floor(panel: Panel) -> None:
    sigma = scale_of(np.roll(panel.z, -1, axis=1), panel.z)
    assert np.allclose(calibrate.LEAST_SIGMA, sigma[:, 23:])


def test_an_extreme_error_counts_as_a_few_usual_ones(panel: Panel) -> None:
    step = np.full_like(panel.z, 8.0)
    errors = np.full_like(panel.z, 0.1)
    errors[:, 60] = 50
    capped = np.where(errors == 50, calibrate.CAP * 0.1, errors)
    expected = calibrate.one_step_scale(capped, step)
    assert np.allclose(expected, calibrate.one_step_scale(errors, step), equal_nan=True)


def test_a_missing_error_is_passed_over(panel: Panel) -> None:
    errors = np.full_like(panel.z, 0.2)
    errors[:, ::3] = np.nan
    sigma = calibrate.one_step_scale(errors, np.full_like(panel.z, 8.0))
    assert np.allclose(0.2, sigma[:, 20:])
    assert np.isnan(sigma[:, 13]).all()


def test_the_scale_knows_nothing_later(panel: Panel) -> None:
    step = np.roll(panel.z, 3, axis=1)
    expected = scale_of(step, panel.z)[:, :61]
    actual = scale_of(step, perturbed(panel, 60).z)[:, :61]
    assert np.array_equal(expected, actual, equal_nan=True)


def test_degrees_of_freedom_go_from_the_grids_to_the_walks() -> None:
    assert np.allclose([3, np.sqrt(7.5), 2.5], calibrate.degrees(np.array([0, 0.5, 1])))


def test_the_reach_is_the_range_so_far(ragged: Panel) -> None:
    seen = ragged.z[2, 30:51]
    assert calibrate.reach(ragged.z)[2, 50] == pytest.approx(0.7 + seen.max() - seen.min())


@given(centres, scales, freedoms, st.floats(0.7, 8), st.floats(0, 1))
def test_quantiles_ascend_from_zero(
    centre: float, scale: float, df: float, reach: float, share: float
) -> None:
    centres, scales = np.full(12, centre), np.full(12, scale)
    q = calibrate.quantiles(centres, scales, df, reach, share, PROBS)
    assert np.all(np.diff(q) >= 0)
    assert np.all(q >= 0)
    assert np.allclose(centre, q[:, 3])
    assert np.all(q <= centre + reach)


@given(centres, scales, freedoms)
def test_quantiles_are_those_of_student(centre: float, scale: float, df: float) -> None:
    expected = np.maximum(student.ppf(PROBS, df, centre, scale), 0)
    actual = calibrate.quantiles(np.array([centre]), np.array([scale]), df, 1e9, 1.0, PROBS)
    assert np.allclose(expected, actual[0], atol=1e-7)


def test_only_the_tails_of_series_that_break_are_stretched_and_only_far_ahead() -> None:
    centre, scale, df = np.full(12, 9.0), np.full(12, 0.5), 3.0
    calm = calibrate.quantiles(centre, scale, df, 1e9, 0.0, PROBS)
    breaks = calibrate.quantiles(centre, scale, df, 1e9, 1.0, PROBS)
    assert np.allclose(calm[0], breaks[0])
    assert np.allclose(calm[:, 1:6], breaks[:, 1:6])
    stretched = (breaks[:, 6] - 9) / (calm[:, 6] - 9)
    assert np.allclose(1 + calibrate.TAIL * (1 - 1 / np.arange(1, 13)), stretched)


@given(st.lists(st.floats(0, 14), min_size=7, max_size=7).map(sorted))
def test_counts_are_rounded_outward(quantiles: list[float]) -> None:
    values = np.expm1(quantiles)
    low, median, high = np.split(calibrate.counts(np.array(quantiles), PROBS), [3, 4])
    assert np.all((low <= values[:3] + 1e-6) & (low > values[:3] - 1))
    assert np.all((high >= values[4:] - 1e-6) & (high < values[4:] + 1))
    assert abs(median[0] - values[3]) <= 0.5 + 1e-6


@given(st.integers(0, 10**7))
def test_a_whole_count_stays_itself(count: int) -> None:
    q = np.full(7, np.log1p(count))
    assert np.array_equal(np.full(7, count), calibrate.counts(q, PROBS))


@given(centres, centres, scales, freedoms)
def test_the_tail_is_twice_the_smaller_side(z: float, c: float, scale: float, df: float) -> None:
    below = student.cdf(z, df, c, scale)
    assert calibrate.tail(z, c, scale, df) == pytest.approx(2 * min(below, 1 - below), abs=1e-9)
