"""Whether a difference of scores is more than chance, beside statsmodels and by simulation."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast import months
from forecast.engine import skill
from forecast.engine.scores import log_wis
from forecast.types import SeriesKey

CUTOFFS = 40
START = months.to_index("2020-01")


@given(st.integers(0, 10_000), st.integers(20, 120), st.sampled_from([1, 2, 3, 6, 12]))
def test_it_equals_statsmodels(seed: int, n: int, horizon: int) -> None:
    from statsmodels.tsa.stattools import diebold_mariano_test

    chance = np.random.default_rng(seed)
    ours, its = np.abs(chance.normal(1, 0.3, (2, n)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = diebold_mariano_test(
            np.zeros(n), ours, its, lags=horizon - 1, criterion=lambda _, losses: losses,
            harvey_adj=True, horizon=horizon,
        )  # fmt: skip

    statistic, p = skill.diebold_mariano(ours - its, horizon)

    assert statistic == pytest.approx(expected.statistic, abs=1e-6)
    assert p == pytest.approx(expected.pvalue, abs=1e-6)


def test_equal_losses_are_no_difference():
    assert skill.diebold_mariano(np.zeros(30), 3) == (0.0, 1.0)


def test_of_equal_models_about_one_in_twenty_seems_to_differ():
    chance = np.random.default_rng(1)
    p = [skill.diebold_mariano(chance.normal(0, 1, 92), 1)[1] for _ in range(2000)]

    assert 0.035 < np.mean(np.array(p) < 0.05) < 0.065


def stored(total: str, model: str, width: float) -> list:
    """Forecasts of 100 a month, 1 and 12 months ahead, whose quantiles spread by so much."""
    spread = np.array([-3, -2, -1, -0.5, 0, 0.5, 1, 2, 3]) * width
    counts = np.rint(100 + spread).astype(int).tolist()
    return [
        (SeriesKey(total), model, months.from_index(START + at), horizon, counts)
        for at in range(CUTOFFS)
        for horizon in (1, 12)
    ]


def counts_of(total: str, seed: int) -> dict:
    chance = np.random.default_rng(seed)
    return {months.from_index(START + at): int(chance.poisson(100)) for at in range(CUTOFFS + 1)}


@pytest.fixture
def tests():
    counts = {SeriesKey("north"): counts_of("north", 1), SeriesKey("south"): counts_of("south", 2)}
    forecasts = [
        *stored("north", "ours", 10),
        *stored("north", "naive", 30),
        *stored("south", "ours", 30),
        *stored("south", "naive", 10),
        *stored("south", "another", 10),
    ]
    return {(t.total, t.horizon): t for t in skill.skill_tests(forecasts, counts, "ours")}, counts


def test_the_better_one_is_called_so_and_the_other_worse(tests):
    assert tests[0]["north", 1].verdict == "better"
    assert tests[0]["south", 1].verdict == "worse"


def test_only_months_that_came_are_scored(tests):
    by, counts = tests

    assert (by["north", 1].n, by["north", 12].n) == (CUTOFFS, CUTOFFS - 11)
    actual = np.array([count for _, count in sorted(counts[SeriesKey("north")].items())[1:]])
    quantiles = np.tile(stored("", "", 30)[0][4], (CUTOFFS, 1))
    assert by["north", 1].naive == pytest.approx(log_wis(actual.astype(float), quantiles).mean())


def test_the_mean_over_all_totals_stands_last(tests):
    by, _ = tests

    assert list(by)[-2:] == [("", 1), ("", 12)]
    assert by["", 1].log_wis == pytest.approx((by["north", 1].log_wis + by["south", 1].log_wis) / 2)


def test_a_year_of_cutoffs_is_too_few_to_test():
    few = [row for row in stored("north", "ours", 10) if row[2] < "2021-01"]
    naive = [row for row in stored("north", "naive", 30) if row[2] < "2021-01"]

    assert (
        list(skill.skill_tests([*few, *naive], {SeriesKey("north"): counts_of("", 1)}, "ours"))
        == []
    )
