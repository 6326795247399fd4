from __future__ import annotations

import numpy as np
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
