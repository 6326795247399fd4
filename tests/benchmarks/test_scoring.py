"""The benchmarks' arithmetic: the sets are what they say, and scores are means over months."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks import ours, scoring, sets, tables
from benchmarks.scoring import Scored
from benchmarks.sets import H, HeldOut, Rolling
from forecast.engine import scores
from forecast.engine.scores import PROBS


@pytest.fixture(scope="module")
def borders() -> Rolling:
    return sets.borders()


@pytest.fixture(scope="module")
def said(borders: Rolling) -> np.ndarray:
    return ours.rolling(borders)


@pytest.mark.slow
def test_the_border_work_is_that_of_methods(borders):
    assert borders.names == ("northern", "southwest", "other", "nationwide")
    assert borders.counts.shape == (4, 155)
    assert len(borders.origins) == 92
    assert (borders.years[0], borders.years[-1]) == (2018, 2026)
    assert np.isfinite(borders.actual).sum() == 4 * sum(min(H, 92 - i) for i in range(92))
    assert borders.actual[1, 0, 0] == borders.counts[1, borders.origins[0] + 1]


def test_the_sector_sets_are_those_of_engine_md():
    early, late = sets.sectors("2003-10", "2018-12"), sets.sectors("2018-12")

    assert len(early.names) == len(late.names) == 17
    assert early.origins[-1] + 1 == early.last_target == late.first
    assert sets.regions("2018-12").names == ("northern", "other", "southwest")
    assert len(sets.states().names) == 44


def test_a_summary_is_the_mean_over_forecast_months(borders, said):
    line = scoring.summary(scoring.score(borders, said))

    z = np.log1p(borders.actual)
    known = np.isfinite(z)
    expected = scores.wis(z[known], said[known])
    assert line["n"] == known.sum()
    assert line["log_wis"] == pytest.approx(expected.mean(), abs=1e-12)
    inside = (said[known][:, 2] <= z[known]) & (z[known] <= said[known][:, 6])
    assert line["cover80"] == pytest.approx(inside.mean())
    median = np.expm1(said[..., PROBS.index(0.5)])
    naive = np.repeat(borders.counts[:, borders.origins, None], H, axis=2)
    own, last = (np.nanmean(np.abs(borders.actual - of), axis=(1, 2)) for of in (median, naive))
    assert line["relative_mae"] == pytest.approx(np.exp(np.mean(np.log(own / last))))


def test_a_gate_held_at_one_is_the_break_walk(borders):
    from models.breakwalk import walked

    alone = Rolling(**{**vars(borders), "totals": {}})
    median = ours.rolling(alone, share=1.0)[..., PROBS.index(0.5)]
    path = walked(borders.panel, H).path[:, borders.origins]

    assert np.abs(median - path).max() < 1e-9


@pytest.mark.slow
def test_the_gate_moves_again_afterwards(borders, said):
    ours.rolling(borders, share=0.0)

    assert np.array_equal(said, ours.rolling(borders))


def made_up(wis: np.ndarray) -> Scored:
    return Scored(wis, wis, wis, wis, {80: wis})


def test_a_model_twice_as_good_everywhere_is_so_in_every_replicate():
    wis = np.random.default_rng(1).random((3, 40, 5))
    wis[:, -2:, 3:] = np.nan

    found = scoring.bootstrap(made_up(wis), made_up(2 * wis))

    assert found["ratio"] == pytest.approx([0.5, 0.5])
    low, high = found["log_wis"]
    assert low < scoring.mean(wis) < high


def test_a_peer_that_failed_is_scored_on_what_it_said(borders, said):
    partly = said.copy()
    partly[0, :10] = np.nan

    whole, part = (scoring.summary(scoring.score(borders, q)) for q in (said, partly))

    assert whole["n"] - part["n"] == 10 * H
    assert np.isfinite(part["log_wis"])


def test_held_out_scores_are_the_competitions():
    history = np.concatenate([np.full(12, 10.0), np.full(12, 14.0)])
    work = HeldOut("one", (history,), (np.array([10.0, 30.0]),))
    quantiles = np.log1p(np.full((1, 3, len(PROBS)), 20.0))

    line = scoring.held_out(work, quantiles)

    assert line["mase"] == pytest.approx(10 / 4)
    assert line["smape"] == pytest.approx((200 * 10 / 30 + 200 * 10 / 50) / 2)
    assert line["cover95"] == 0


def test_results_are_small_valid_json_and_the_same_again(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "RESULTS", tmp_path / "results")
    for _ in range(2):
        tables.keep("a", {"n": 4152.0, "x": 1 / 3, "unknown": float("nan"), "range": [0.5, 1.0]})

    text = (tmp_path / "results" / "a.json").read_text()
    assert json.loads(text) == {"n": 4152, "x": 0.3333, "unknown": None, "range": [0.5, 1.0]}


def test_what_is_not_asked_anew_stands_as_it_was():
    old = {"models": {"a": {"x": 1}, "b": {"x": 2}}, "reach": 1}

    assert tables.merged(old, {"models": {"a": {"y": 3}}, "reach": 2}) == {
        "models": {"a": {"x": 1, "y": 3}, "b": {"x": 2}},
        "reach": 2,
    }


def test_coverage_counts_the_ends_and_passes_over_unknowns() -> None:
    actual = np.array([1.0, 2, 3, np.nan, 9])
    low, high = np.array([1.0, 0, 4, 0, np.nan]), np.array([2.0, 2, 5, 9, 9])
    assert scoring.coverage(actual, low, high) == pytest.approx(2 / 3)


def test_nothing_known_scores_nan() -> None:
    nothing = np.array([np.nan])
    assert np.isnan(scoring.coverage(nothing, nothing, nothing))
    assert np.isnan(scoring.mae(nothing, nothing))


def test_mase_is_relative_to_the_seasonal_naive_of_the_history() -> None:
    history = np.concatenate([np.zeros(12), np.full(12, 4.0)])
    assert scoring.mase_of(np.array([5.0, 6]), np.array([4.0, 3]), history) == 0.5


def test_mase_takes_a_year_for_the_season() -> None:
    history = np.arange(30.0) ** 2
    usual = np.mean([t**2 - (t - 12) ** 2 for t in range(12, 30)])
    assert scoring.mase_of(np.array([1.0]), np.array([3.0]), history) == pytest.approx(2 / usual)
    assert scoring.mase_of(np.ones(1), np.zeros(1), np.repeat([0.0, 0.5], 12)) == 2


def test_mase_of_a_history_that_repeats_itself_is_unknown() -> None:
    assert np.isnan(scoring.mase_of(np.ones(2), np.ones(2), np.ones(24)))
