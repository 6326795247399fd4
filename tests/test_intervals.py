from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from panels import perturbed
from scipy.stats import t as student

from forecast.engine import intervals, parameters, tails
from models.base import Panel

PROBS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
centres, scales, freedoms = st.floats(0, 14), st.floats(0.001, 2), st.floats(2.5, 3)


def scale_of(step: np.ndarray, z: np.ndarray) -> np.ndarray:
    errors = intervals.settled(intervals.one_step_errors(step, z), z)
    return intervals.one_step_scale(errors, step)


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
    assert np.allclose(parameters.LEAST_SIGMA, sigma[:, 23:])


def test_an_extreme_error_counts_as_a_few_usual_ones(panel: Panel) -> None:
    step = np.full_like(panel.z, 8.0)
    errors = np.full_like(panel.z, 0.1)
    errors[:, 60] = 50
    capped = np.where(errors == 50, parameters.CAP * 0.1, errors)
    expected = intervals.one_step_scale(capped, step)
    assert np.allclose(expected, intervals.one_step_scale(errors, step), equal_nan=True)


def test_a_missing_error_is_passed_over(panel: Panel) -> None:
    errors = np.full_like(panel.z, 0.2)
    errors[:, ::3] = np.nan
    sigma = intervals.one_step_scale(errors, np.full_like(panel.z, 8.0))
    assert np.allclose(0.2, sigma[:, 20:])
    assert np.isnan(sigma[:, 13]).all()


def test_the_scale_knows_nothing_later(panel: Panel) -> None:
    step = np.roll(panel.z, 3, axis=1)
    expected = scale_of(step, panel.z)[:, :61]
    actual = scale_of(step, perturbed(panel, 60).z)[:, :61]
    assert np.array_equal(expected, actual, equal_nan=True)


def test_degrees_of_freedom_go_from_the_grids_to_the_walks() -> None:
    assert np.allclose([3, np.sqrt(7.5), 2.5], tails.degrees(np.array([0, 0.5, 1])))


def test_the_reach_is_the_range_so_far(ragged: Panel) -> None:
    seen = ragged.z[2, 30:51]
    assert intervals.reach(ragged.z)[2, 50] == pytest.approx(0.7 + seen.max() - seen.min())


@given(centres, scales, freedoms, st.floats(0.7, 8))
def test_quantiles_ascend_from_zero(centre: float, scale: float, df: float, reach: float) -> None:
    centres, scales = np.full(12, centre), np.full(12, scale)
    q = intervals.quantiles(centres, scales, df, reach, PROBS)
    assert np.all(np.diff(q) >= 0)
    assert np.all(q >= 0)
    assert np.allclose(centre, q[:, 3])
    assert np.all(q <= centre + reach)


@given(st.floats(2.5, 3), st.floats(0, 14), st.integers(1, 24))
def test_a_bent_distribution_ascends_everywhere(df: float, centre: float, horizon: int) -> None:
    probs = tuple(np.linspace(0.0005, 0.9995, 400))
    bend = tails.bend(np.array([centre]), df, horizon)
    assert np.all(np.diff(tails.bent(np.array(df), bend, probs)[0]) > 0)


@given(freedoms, st.floats(0, 14), st.integers(1, 24), st.floats(-40, 40))
def test_unbending_turns_bending_round(df: float, centre: float, horizon: int, u: float) -> None:
    p = float(student.cdf(u, df))
    assume(1e-6 < p < 1 - 1e-6)
    bend = tails.bend(np.array([centre]), df, horizon)
    away = tails.bent(np.array(df), bend, (p,))[0, 0]
    assert tails.unbent(away, df, bend)[0] == pytest.approx(u, rel=1e-6, abs=1e-9)


def test_the_upper_side_draws_in_with_the_horizon_and_the_lower_out() -> None:
    centre, scale = np.full(12, 9.0), np.full(12, 0.5)
    for df in (2.5, 3.0):
        low, *_, high = np.abs(intervals.quantiles(centre, scale, df, 1e9, PROBS) - 9).T
        plain = 0.5 * student.ppf(0.975, df)
        assert np.all(np.diff(low) > 0)
        assert np.all(np.diff(high) < 0)
        assert low[0] > plain > high[-1]


def test_small_counts_keep_their_upper_side() -> None:
    scale = np.full(12, 0.5)
    small, large = (
        intervals.quantiles(np.full(12, c), scale, 3.0, 1e9, PROBS)[:, -1] - c for c in (0.0, 12.0)
    )
    assert np.allclose(0.5 * student.ppf(0.975, 3), small)
    assert np.all(large < small)


@given(st.lists(st.floats(0, 14), min_size=7, max_size=7).map(sorted))
def test_counts_are_rounded_to_the_nearest(quantiles: list[float]) -> None:
    values = np.expm1(quantiles)
    counts = intervals.counts(np.array(quantiles))
    assert np.all(np.abs(counts - values) <= 0.5 + 1e-6)
    assert np.all(np.diff(counts) >= 0)


@given(st.integers(0, 10**7))
def test_a_whole_count_stays_itself(count: int) -> None:
    assert np.array_equal(np.full(7, count), intervals.counts(np.full(7, np.log1p(count))))


def test_months_nobody_knows_add_their_own_variance() -> None:
    """After g of them, h ahead: growth(h)^2 + growth(g + 1)^2 - 1; as far as growth reaches."""
    growth = np.array([[[1.0, 1.5, 2.5]] * 4])

    found = intervals.unseen(growth, np.array([[0, 1, 2, 7]]))[0]

    squares = growth[0, 0] ** 2
    for place, more in enumerate((0, 1.25, 5.25, 5.25)):
        assert found[place] == pytest.approx(np.sqrt(squares + more))
    assert intervals.unseen(growth, np.zeros((1, 4), dtype=np.int64)) is growth
    shrinking = np.array([[[1.0, 0.5]]])
    assert intervals.unseen(shrinking, np.array([[1]])).tolist() == shrinking.tolist()


def test_forecasts_teach_from_two_years_on_in_their_own_scale() -> None:
    z = np.arange(30.0)[None] ** 2 / 100
    z[0, 28] = np.nan
    centre, scale = np.full((1, 30, 3), 1.0), np.full((1, 30, 3), 2.0)
    scale[0, 25] = np.nan

    found = intervals.squared_errors(centre, scale, z)

    for t in range(30):
        for h in (1, 2, 3):
            issued = t - h
            teaches = issued >= 24 and issued not in (25, 28) and t != 28
            expected = ((z[0, t] - 1) / 2) ** 2 if teaches else np.nan
            assert found[0, t, h - 1] == pytest.approx(expected, nan_ok=True)
    assert intervals.squared_errors(centre[:, :2], scale[:, :2], z[:, :2]).shape == (1, 2, 3)


def test_the_noise_of_counts_follows_their_level() -> None:
    """Poisson counts that fall from 400 to 4: sigma of log1p counts is 1 / sqrt(count)."""
    step = np.full((1, 80), np.log(400.0))
    errors = np.full((1, 80), 0.05)
    step[0, -1] = np.log(4.0)
    sigma = intervals.with_count_noise(np.full((1, 80), 0.05), errors, step)
    assert sigma[0, -2] == pytest.approx(0.05, rel=0.01)
    assert sigma[0, -1] == pytest.approx(0.5, rel=0.01)


def test_the_noise_of_the_past_fades_by_half_in_twenty_months() -> None:
    step = np.full((1, 81), np.log(100.0))
    step[0, :40], step[0, -1] = np.log(25.0), np.log(64.0)
    errors = np.full((1, 81), 0.3)
    errors[0, 0] = errors[0, 50] = np.nan  # a month without an error teaches nothing

    sigma = intervals.with_count_noise(np.full((1, 81), 0.3), errors, step)

    weight = 0.5 ** (np.arange(80, -1, -1) / 20) * np.isfinite(errors[0])
    past = np.sum(weight[1:] / np.exp(step[0, :-1])) / weight.sum()
    expected = np.sqrt(0.09 + (1 / 64 - past))
    assert sigma[0, -1] == pytest.approx(expected, rel=1e-9)


def test_what_is_steadier_than_counts_keeps_its_sigma() -> None:
    step = np.full((1, 80), 3.0)
    errors = np.full((1, 80), 0.001)
    step[0, -1] = 2.0
    sigma = intervals.with_count_noise(errors, errors, step)
    assert sigma[0, -1] == pytest.approx(0.001, rel=0.01)
