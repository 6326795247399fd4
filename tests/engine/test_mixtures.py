"""Mixtures: what they say is what their parts say, and nothing later has a part in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from forecast.engine import joint, mixtures, paths
from forecast.engine.predictive import ARRAYS
from forecast.engine.refit import engine_forecasts
from forecast.judge.surprise import p_value
from forecast.types import ForecastPath, MonthForecast, MonthMixture, mixtures_in
from tests.support.panels import make_panel

LAST = np.array([71])


def counts(mean=4.0, months=72, rows=3, seed=1):
    y = np.random.default_rng(seed).poisson(mean, (rows, months))
    return replace(make_panel(np.log1p(y.astype(float))), jumps=False)


def month(share=0.0, mean=4.0, size=3.0, stays=0.0, away=0.0, centre=3.0):
    mixture = MonthMixture(centre, 0.1, away, stays, share, mean, size)
    return MonthForecast(20, centre, 0.1, 4.0, 1, mixture)


@pytest.mark.parametrize("mean", [0.4, 4.0, 90.0, 900.0])
def test_a_count_s_p_is_the_mid_p_of_its_negative_binomial(mean):
    whole = stats.nbinom(3.0, 3.0 / (3.0 + mean))
    for y in (0, int(mean), int(3 * mean) + 2):
        below = whole.cdf(y - 1) + whole.pmf(y) / 2
        p, _ = p_value(y, month(share=1.0, mean=mean))
        assert p == pytest.approx(min(2 * below, 2 * (1 - below)), rel=1e-9)


@pytest.mark.parametrize("mean", [0.4, 4.0, 90.0, 900.0])
def test_whole_quantiles_are_those_of_the_negative_binomial(mean):
    whole = stats.nbinom(3.0, 3.0 / (3.0 + mean))
    for prob in (0.025, 0.1, 0.5, 0.9, 0.975):
        ((z,),) = mixtures.quantiles_of([month(share=1.0, mean=mean)], (prob,))
        assert abs(np.floor(np.expm1(z) + 0.5) - whole.ppf(prob)) <= 1 + mean / 200


@pytest.mark.parametrize("size", [0.05, 0.6, 3.9, 4.0, 30.0, 1e4])
@pytest.mark.parametrize("mean", [20.0, 120.0, 5000.0])
def test_large_counts_quicker_cdf_is_that_of_the_negative_binomial(mean, size):
    whole = stats.nbinom(size, size / (size + mean))
    y = np.unique(whole.ppf(np.linspace(0.001, 0.999, 300)))
    z = np.array([[[mean]], [[mean]]]), np.array([[[size]], [[100.0]]])
    found = mixtures.smooth_count_cdf(np.broadcast_to(y + 0.5, (2, 1, len(y))), *z)[0, 0]
    assert found == pytest.approx(whole.cdf(y), abs=4e-4)
    assert mixtures.smooth_count_cdf(np.array([[[-0.5]]]), z[0][:1], z[1][:1]).item() == 0


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("centre", [5.8, 6.0, 6.2])
def test_a_bound_has_its_chance_by_the_p_of_the_months_at_it(share, centre):
    of = month(share=share, mean=400.0, size=60.0, centre=centre)
    for prob in (0.025, 0.1, 0.25, 0.75, 0.9, 0.975):
        ((z,),) = mixtures.quantiles_of([of], (prob,))
        (below,) = mixtures.chances_below([z], [of])
        assert min(below, 1 - below) == pytest.approx(min(prob, 1 - prob), rel=0.08)


def test_a_surprise_s_two_ways_have_their_chances():
    of = month(stays=0.3, away=-2.0, centre=5.0)
    ((low, high),) = mixtures.quantiles_of([of], (0.29, 0.32))
    assert low < 3.5 < 4.5 < high
    p, side = p_value(round(np.expm1(4.0)), of)
    assert p == pytest.approx(0.6, abs=0.01)
    assert side < 0


def test_small_counts_are_told_by_a_count_model_and_each_month_by_what_it_knew():
    panel = counts()
    said = engine_forecasts(panel, np.arange(60, 72), 6)
    assert (said.mixtures.share > 0.05).any()
    now = engine_forecasts(replace(panel, z=panel.z[:, :66]), np.array([65]), 6)
    then = said.at(np.array([5]))
    assert np.allclose(now.quantiles((0.1, 0.9)), then.quantiles((0.1, 0.9)), rtol=0, atol=1e-9)
    assert all(np.allclose(getattr(now, n), getattr(then, n), atol=1e-9) for n in ARRAYS)


def test_what_is_not_whole_or_known_to_jump_has_no_count_model():
    panel = counts()
    assert engine_forecasts(replace(panel, jumps=True), LAST, 3).mixtures is None
    halves = replace(panel, z=np.log1p(np.expm1(panel.z) + 0.5))
    mixed = engine_forecasts(halves, LAST, 3).mixtures
    assert mixed is None or not mixed.share.any()


def test_a_run_keeps_mixtures_and_draws_paths_that_stay_or_pass():
    months = tuple(MonthMixture(5.0, 0.1, -2.0, 0.4, 0.0, 1.0, 1.0) for _ in range(12))
    ahead = np.full(12, 5.0)
    stored = joint.as_bytes(ahead, ahead / 50, 4.0, 9.0, months)
    assert mixtures_in(stored) == months
    assert mixtures_in(joint.as_bytes(ahead, ahead / 50, 4.0, 9.0)) == ()
    marginals = joint.Marginals(0, stored, paths.MIXED_RULES[0], 1.0, {})
    drawn = np.log1p(marginals.from_steps(paths.steps((2, 1000, 12), 1)))
    stays = drawn < 4.0
    assert abs(stays.mean() - 0.4) < 0.03  # as fine as marks are
    assert (stays == stays[:, :1]).mean() > 0.97


def test_a_part_of_the_forecasts_has_the_same_mixtures():
    said = engine_forecasts(counts(rows=4), np.arange(60, 72), 3)
    rows, places = np.array([2, 0]), np.array([3, 9])
    part, whole = said.of(rows).at(places), said.quantiles((0.2, 0.8))
    assert np.array_equal(part.quantiles((0.2, 0.8)), whole[rows][:, places])
    assert part.counts((0.5,), 1, 0).shape == (3, 1)
    path = ForecastPath("2024-01", (1.0,), (1.0,), 4.0, mixtures=said.of_months(0, 2))
    assert path.expected("2024-02").mixture is path.mixtures[0]
