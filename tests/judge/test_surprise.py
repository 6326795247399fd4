from __future__ import annotations

import math
import sys
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import norm, t

from forecast.config import Flags
from forecast.engine import mixtures, tails
from forecast.judge.surprise import (
    eligible,
    material,
    p_value,
    p_values,
    ratio,
    severity,
    thresholds,
)
from forecast.types import FlagRules, MonthForecast, MonthMixture, whole
from tests.support import reference_engine

RULES = Flags().rules
expectations = st.builds(
    lambda median, scale, df: MonthForecast(median, math.log1p(median), scale, df),
    st.integers(0, 200_000),
    st.floats(0.01, 1.0),
    st.floats(2.5, 3.0),
)


@given(st.integers(0, 400_000), expectations)
def test_p_is_the_two_sided_tail_of_the_bent_t(count, expected):
    p, z = p_value(count, expected)

    away = math.log1p(count) - expected.centre
    share = math.log(expected.df / 3) / math.log(2.5 / 3)
    unit = t.isf(p / 2, expected.df) * (1 if away > 0 else -1)
    bent = reference_engine.bent(float(unit), share, expected.df, expected.centre, 1)
    assert bent * expected.scale == pytest.approx(away, rel=1e-6, abs=1e-9)
    if p > 1e-12:
        assert 2 * norm.sf(abs(z)) == pytest.approx(p, rel=1e-6)
        assert z == 0 or (z < 0) == (away < 0)


@given(expectations)
def test_thresholds_are_exactly_where_the_flag_begins(expected):
    assume(expected.median >= RULES.min_level)

    ((below, above),) = thresholds([expected], RULES)

    def flagged(count):
        p = p_value(count, expected)[0]
        grade = severity(count, expected, p, expected.median, RULES)
        return grade not in (None, "watch")

    assert not flagged(above)
    assert flagged(above + 1)
    if below is None:
        assert not flagged(0)
    else:
        assert not flagged(below)
        assert flagged(below - 1)


@given(expectations, st.integers(2, 12), st.floats(0.005, 0.2), st.floats(1.01, 3.0))
def test_thresholds_are_exact_at_any_horizon_and_under_any_rules(expected, horizon, alpha, times):
    rules = Flags(alpha=alpha, min_change=7, min_ratio=times).rules
    expected = replace(expected, horizon=horizon)

    ((below, above),) = thresholds([expected], rules)

    def flagged(count):
        return p_value(count, expected)[0] < alpha and material(count, expected.median, rules)

    assert [flagged(count) for count in (above, above + 1)] == [False, True]
    if below is None:
        assert not flagged(0)
    else:
        assert [flagged(count) for count in (below, below - 1)] == [False, True]


@pytest.mark.parametrize("centre", [-2.0, -0.3, 0.0])
def test_where_less_than_none_is_expected_only_more_is_flagged(centre):
    """From the first count on that matters: 25."""
    assert thresholds([MonthForecast(0, centre, 0.01, 3.0)], RULES) == [(None, 24)]


mixed = st.builds(
    MonthMixture,
    st.floats(0, 13),
    st.floats(0.02, 0.8),
    st.floats(-2, 2),
    st.sampled_from([0, 0.05, 0.4, 0.9]),
    st.sampled_from([0, 0.3, 1]),
    st.floats(0.2, 3000),
    st.floats(0.5, 1e6),
)


def by_one(
    expected: MonthForecast, rules: FlagRules, most: float = math.inf
) -> tuple[int | None, int] | None:
    """The same as `thresholds`, one count after the other; None if that takes over `most`."""
    sides = rules.alpha / 2, 1 - rules.alpha / 2
    if expected.mixture:
        ((low, high),) = mixtures.quantiles_of([expected], sides)
    else:
        of = expected.centre, expected.df, expected.horizon
        low, high = (
            expected.centre + expected.scale * tails.quantile_of_one(p, *of) for p in sides
        )
    median, below, above = expected.median, math.ceil(math.expm1(max(low, 0))) + 1, 0
    above = math.floor(math.expm1(high)) - 1
    lower = min(median - rules.min_change, math.floor((median + 1) / rules.min_ratio)) + 1
    upper = max(median + rules.min_change, math.floor((median + 1) * rules.min_ratio) - 1) - 1

    def flagged(count: int) -> bool:
        rare = count >= 0 and p_value(count, expected)[0] < rules.alpha
        return rare and material(count, median, rules)

    asked = 0
    while below >= 0 and asked <= most and not flagged(below - 1):
        below, asked = min(below - 1, lower), asked + 1
    while asked <= most and not flagged(above + 1):
        above, asked = max(above + 1, upper), asked + 1
    if asked > most:
        return None
    return below if below > 0 else None, above


@settings(deadline=None)
@given(
    st.one_of(st.none(), mixed),
    expectations,
    st.floats(0.001, 0.3),
    st.floats(1.01, 3.0),
    st.integers(0, 60),
    st.one_of(st.none(), st.integers(-400, 400)),
)
def test_thresholds_are_those_found_one_by_one(mixture, plain, alpha, times, change, tie):
    """Of mixtures too, at zero, and where a count's p is alpha itself."""
    expected = plain
    if mixture:
        expected = MonthForecast(0, mixture.centre, mixture.scale, plain.df, 1, mixture)
        ((middle,),) = mixtures.quantiles_of([expected], [0.5])
        expected = replace(expected, median=whole(middle))
    if tie is not None:
        alpha = p_value(max(expected.median + tie, 0), expected)[0]
        assume(0.001 < alpha < 0.3)
    rules = Flags(alpha=alpha, min_change=change, min_ratio=times).rules

    # A quantile beyond the last node is that of the node, which may be millions of counts off.
    one_by_one = by_one(expected, rules, most=2000)
    assume(one_by_one is not None)
    assert thresholds([expected], rules) == [one_by_one]


@settings(deadline=None)
@given(st.lists(st.tuples(st.one_of(st.none(), mixed), expectations, st.integers(1, 12))))
def test_thresholds_of_several_are_those_of_each(several):
    expected = [replace(plain, mixture=of, horizon=ahead) for of, plain, ahead in several]

    alone = [of for one in expected for of in thresholds([one], RULES)]

    assert thresholds(expected, RULES) == alone


COUNTED = MonthMixture(math.log1p(90_000), 0.2, 0.0, 0.0, 1.0, 90_000.0, 5.0)


@pytest.mark.parametrize(
    ("median", "scale", "times", "mixture"),
    [
        (200_000, 0.01, 1.15, None),
        (200_000, 0.01, 2.0, None),
        (200_000, 0.3, 1.15, None),
        (80, 0.05, 1.15, None),
        (0, 1, 9, None),
        (84_058, 0.2, 1.15, COUNTED),
    ],
)
def test_thresholds_are_found_in_a_few_steps(median, scale, times, mixture):
    """Not count by count, neither far outside what is rare nor where a quantile is not exact.

    Of the last, one by one would be 428.
    """
    asked, rules = 0, Flags(min_ratio=times).rules
    expected = MonthForecast(median, math.log1p(median), scale, 3.0, mixture=mixture)

    def watch(frame, event, _):
        nonlocal asked
        asked += event == "call" and frame.f_code is p_values.__code__

    sys.setprofile(watch)
    try:
        (found,) = thresholds([expected], rules)
    finally:
        sys.setprofile(None)
    assert 2 <= asked <= (24 if mixture else 8)
    assert found == by_one(expected, rules)


@pytest.mark.parametrize(
    ("count", "p", "grade"),
    [
        (60, 0.004, "notable"),  # rare, but 60 of 100 is less than a factor 2
        (49, 0.009, "major"),
        (49, 0.015, "notable"),
        (24, 0.004, "critical"),
        (24, 0.008, "major"),
        (49, 0.04, "watch"),
        (49, 0.06, None),
        # At the edges: p of 0.005 and 0.01, a factor of 2 and of 4 (both counts + 1).
        (24, 0.0049, "critical"),
        (24, 0.0051, "major"),
        (49, 0.0099, "major"),
        (49, 0.0101, "notable"),
        (50, 0.0099, "notable"),
        (201, 0.0099, "major"),
        (200, 0.0099, "notable"),
        (403, 0.0049, "critical"),
        (402, 0.0049, "major"),
        (49, 0.0199, "notable"),
        (49, 0.0201, "watch"),
        (90, 0.001, None),  # a deviation too small to matter
    ],
)
def test_severity_needs_both_rarity_and_size(count, p, grade):
    expected = MonthForecast(100, math.log1p(100), 0.2, 3.0)

    assert severity(count, expected, p, 100, RULES) == grade


@pytest.mark.parametrize(
    ("count", "median", "matters"),
    [
        # 25 counts, and a factor of 1.15 either way; both counts + 1.
        (124, 100, False),
        (125, 100, True),
        (76, 100, False),
        (75, 100, True),
        (1150, 1000, False),
        (1151, 1000, True),
        (870, 1000, False),
        (869, 1000, True),
    ],
)
def test_a_deviation_matters_from_its_bounds_on(count, median, matters):
    assert material(count, median, RULES) == matters


@pytest.mark.parametrize(
    ("median", "typical", "large"), [(10, 0, True), (9, 10, True), (9, 9.5, False)]
)
def test_a_series_is_large_enough_by_what_is_expected_or_usual(median, typical, large):
    assert eligible(MonthForecast(median, 2.0, 0.1, 3.0), typical, RULES) == large


def test_an_impossible_count_has_a_finite_score():
    p, z = p_value(10**6, MonthForecast(0, 0.0, 1e-300, 3.0))

    assert p == 0
    assert 37 < z < 38


def test_a_small_series_is_never_flagged():
    expected = MonthForecast(5, math.log1p(5), 0.1, 3.0)

    assert severity(400, expected, 1e-9, 5, RULES) is None
    assert severity(400, expected, 1e-9, 50, RULES) == "critical"


@pytest.mark.parametrize("alpha", [0.003, 0.008, 0.02])
def test_nothing_is_graver_than_the_alpha_of_the_rules_allows(alpha):
    """Under a stricter alpha fewer months are notable, and none is major or critical without."""
    expected, rules = MonthForecast(100, math.log1p(100), 0.2, 3.0), Flags(alpha=alpha).rules

    for p in (0.002, 0.004, 0.007, 0.009, 0.015, 0.03, 0.06):
        grades = [severity(count, expected, p, 100, rules) for count in (60, 40, 20)]

        if p >= alpha:
            assert grades == ["watch" if p < 0.05 else None] * 3
        else:
            major, critical = ("major" if p < 0.01 else "notable"), p < 0.005
            assert grades == ["notable", major, "critical" if critical else major]
    assert severity(40, expected, alpha, 100, rules) == "watch"


@pytest.mark.parametrize(
    ("centre", "median"), [(-3.0, 0), (0.0, 0), (math.log1p(10.4), 10), (math.log1p(10.6), 11)]
)
def test_a_centre_s_whole_median_is_the_nearest_count(centre, median):
    assert whole(centre) == median


@pytest.mark.parametrize(("count", "median", "of"), [(0, 0, 1), (3, 1, 2), (1, 3, 0.5), (9, 0, 10)])
def test_a_ratio_is_of_both_and_one(count, median, of):
    assert ratio(count, median) == of
