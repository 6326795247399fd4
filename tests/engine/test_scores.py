from __future__ import annotations

import numpy as np
import pytest
import scoringrules
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecast.engine import scores

counts = st.floats(0, 1e6)
outcomes = arrays(float, (4,), elements=counts)
forecasts = arrays(float, (4, 9), elements=counts).map(lambda q: np.sort(q, axis=1))


@given(outcomes, forecasts)
def test_wis_equals_scoringrules(actual: np.ndarray, quantiles: np.ndarray) -> None:
    # Not its weighted_interval_score: version 0.10 takes the median itself for its error.
    intervals = np.zeros(4)
    for i, alpha in enumerate([0.05, 0.1, 0.2, 0.5]):
        low, high = quantiles[:, i], quantiles[:, -1 - i]
        intervals += alpha / 2 * scoringrules.interval_score(actual, low, high, alpha)
    expected = (np.abs(actual - quantiles[:, 4]) / 2 + intervals) / 4.5
    assert np.allclose(expected, scores.wis(actual, quantiles), rtol=1e-9, atol=1e-9)


@given(outcomes, forecasts)
def test_pinball_equals_scoringrules(actual: np.ndarray, quantiles: np.ndarray) -> None:
    expected = scoringrules.quantile_score(actual[:, None], quantiles, np.array(scores.PROBS))
    actual_loss = scores.pinball(actual, quantiles, scores.PROBS)
    assert np.allclose(expected, actual_loss, rtol=1e-9, atol=1e-9)


@given(outcomes, forecasts)
def test_log_wis_is_wis_on_the_log_scale(actual: np.ndarray, quantiles: np.ndarray) -> None:
    expected = scores.wis(np.log1p(actual), np.log1p(quantiles))
    assert np.array_equal(expected, scores.log_wis(actual, quantiles))


@given(outcomes)
def test_a_sure_and_right_forecast_scores_zero(actual: np.ndarray) -> None:
    assert np.array_equal(np.zeros(4), scores.wis(actual, np.repeat(actual[:, None], 9, axis=1)))


def test_coverage_counts_the_ends_and_passes_over_unknowns() -> None:
    actual = np.array([1.0, 2, 3, np.nan, 9])
    low, high = np.array([1.0, 0, 4, 0, np.nan]), np.array([2.0, 2, 5, 9, 9])
    assert scores.coverage(actual, low, high) == pytest.approx(2 / 3)


def test_nothing_known_scores_nan() -> None:
    nothing = np.array([np.nan])
    assert np.isnan(scores.coverage(nothing, nothing, nothing))
    assert np.isnan(scores.mae(nothing, nothing))
    assert np.isnan(scores.relative_mae(nothing[None], nothing[None], nothing[None]))


def test_mase_is_relative_to_the_seasonal_naive_of_the_history() -> None:
    history = np.concatenate([np.zeros(12), np.full(12, 4.0)])
    assert scores.mase(np.array([5.0, 6]), np.array([4.0, 3]), history) == 0.5


def test_mase_takes_a_year_for_the_season() -> None:
    history = np.arange(30.0) ** 2
    usual = np.mean([t**2 - (t - 12) ** 2 for t in range(12, 30)])
    assert scores.mase(np.array([1.0]), np.array([3.0]), history) == pytest.approx(2 / usual)
    assert scores.mase(np.ones(1), np.zeros(1), np.repeat([0.0, 0.5], 12)) == 2


def test_a_model_that_never_errs_is_infinitely_better() -> None:
    actual = np.zeros((1, 2))
    assert scores.relative_mae(actual, actual, actual + 2) == pytest.approx(0, abs=1e-290)


def test_mase_of_a_history_that_repeats_itself_is_unknown() -> None:
    assert np.isnan(scores.mase(np.ones(2), np.ones(2), np.ones(24)))


def test_relative_mae_is_a_geometric_mean_over_series() -> None:
    actual = np.zeros((2, 3))
    forecast = np.array([[1.0, 1, 1], [8, np.nan, 8]])
    baseline = np.array([[2.0, 2, 2], [4, 4, 4]])
    assert scores.relative_mae(actual, forecast, baseline) == pytest.approx(1)
    few = np.where(np.arange(3) < 1, np.nan, baseline), np.where(np.arange(3) > 1, np.nan, actual)
    assert scores.relative_mae(few[1], forecast * [9, 1, 9], few[0]) == pytest.approx(0.5)


def test_relative_mae_leaves_out_a_series_whose_baseline_never_errs() -> None:
    actual, forecast = np.zeros((2, 1)), np.ones((2, 1))
    assert scores.relative_mae(actual, forecast, np.array([[0.0], [2]])) == pytest.approx(0.5)
