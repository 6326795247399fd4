from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import stdtr
from scipy.stats import norm
from scipy.stats import t as student

from forecast.engine import intervals, parameters, tails
from models.base import Panel
from tests.support import reference_engine
from tests.support.panels import perturbed

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


def test_sigma_equals_another_implementation(panel: Panel) -> None:
    step = panel.z + 0.3 * np.sin(np.arange(90.0) * 2.3 + np.arange(6)[:, None])
    step[:, 40] += 4  # an error without like, capped

    found = intervals.sigma_of(step, panel.z)

    for row in range(6):
        expected = np.array(reference_engine.sigmas(step[row], panel.z[row]))
        assert np.allclose(expected, found[row], rtol=0, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize(("errors", "capped"), [(7, False), (8, True)])
def test_errors_are_capped_once_seven_are_known(errors: int, capped: bool) -> None:
    """Months without an error do not count; the last error is a hundred times the usual one."""
    missed = np.full((1, 30), np.nan)
    missed[0, 2 : 2 + 2 * (errors - 1) : 2] = 0.1
    missed[0, 2 + 2 * (errors - 1)] = 10.0
    missed[0, 20:] = 0.1

    sigma = intervals.one_step_scale(missed, np.full((1, 30), 9.0))

    assert (sigma[0, -1] < 0.5) == capped
    known = np.isfinite(missed[0]).cumsum()
    assert np.array_equal(np.isfinite(sigma[0]), known >= 10)


def test_an_error_within_the_noise_of_a_small_count_is_no_outlier() -> None:
    """Of about e: two standard deviations are 2 / sqrt(e), however steady the count was."""
    step = np.full((1, 40), 1.0)
    errors = np.full((1, 40), 0.01)
    noise = 2 * np.exp(-0.5)

    def last(error: float) -> float:
        errors[0, -1] = error
        return float(intervals.one_step_scale(errors, step)[0, -1])

    assert last(noise * 0.99) < last(noise) == last(noise * 1.01) == last(50)


def test_an_error_needs_both_its_months() -> None:
    z = np.full((1, 40), 5.0) + np.arange(40) % 2
    step = np.full((1, 40), 5.4)
    gap = z.copy()
    gap[0, 30] = np.nan

    found = intervals.one_step_errors(np.where(np.isnan(gap), np.nan, step), gap)

    assert np.isnan(found[0, [0, 30, 31]]).all()
    assert np.allclose(found[0, [1, 2, 29, 32]], np.abs(z[0, [1, 2, 29, 32]] - 5.4))
    whole, less = intervals.sigma_of(step, z), intervals.sigma_of(step, gap)
    assert np.array_equal(whole[:, :30], less[:, :30], equal_nan=True)
    assert not np.array_equal(whole[:, 30:], less[:, 30:])
    assert np.array_equal(np.isfinite(less[0]), np.arange(40) >= 23)


@pytest.mark.parametrize("df", [2.5, 2.9, 3.4, 4.0])
def test_normal_scores_of_a_t_are_good_to_three_digits(df: float) -> None:
    unit = np.concatenate([-np.geomspace(1e-6, 300, 200), [0.0], np.geomspace(1e-6, 300, 200)])
    assert norm.cdf(tails.normal_scores(unit, np.array(df))) == pytest.approx(
        student.cdf(unit, df), rel=1e-3
    )


@pytest.mark.parametrize("p", [0.0005, 0.01, 0.025, 0.3, 0.5, 0.8, 0.975, 0.99, 0.9995])
def test_quantiles_of_a_t_are_exact_to_a_trillionth(p: float) -> None:
    df = np.linspace(2.5, 3, 41)

    found = tails.unit_quantiles(df, (p, 0.7))

    assert found.shape == (41, 2)
    assert np.allclose(found[:, 0], student.ppf(p, df), rtol=2e-12, atol=1e-14)
    assert np.allclose(found[:, 1], student.ppf(0.7, df), rtol=2e-12)


@pytest.mark.parametrize(
    ("df", "v"), [(2.5, 1), (3.0, 0), (float(np.sqrt(7.5)), 0.5), (2.0, 1), (40.0, 0)]
)
@pytest.mark.parametrize("horizon", [1, 2, 12])
@pytest.mark.parametrize("count", [0, 3, 997])
def test_sides_are_bent_as_the_module_says(df: float, v: float, horizon: int, count: int) -> None:
    below, below_end, above_end = tails.bend(np.log1p(count), df, horizon)

    start = 1 - 0.7 / horizon
    assert below == pytest.approx(0.1 * start)
    assert below_end == pytest.approx((0.1 + 0.1 * v) * start)
    above = -0.3 * (1 - (1 - 0.7 * (1 - v)) / horizon) * count / (count + 3)
    assert above_end == pytest.approx(above)
    assert tails.bend(-2.0, df, horizon)[-1] == 0  # fewer than none is none


@pytest.mark.parametrize("df", [2.5, 2.8, 3.0])
@pytest.mark.parametrize("horizon", [1, 5])
def test_a_month_s_probability_is_that_of_the_quantile_where_it_lies(
    df: float, horizon: int
) -> None:
    probs = (0.001, 0.02, 0.2, 0.5, 0.6, 0.97, 0.98, 0.999)
    centre, scale = 6.0, 0.4
    bend = tails.bend(np.array([centre]), df, horizon)
    z = centre + scale * tails.bent(np.array(df), bend, probs)[0]

    of = centre, scale, np.array(df)
    assert tails.below(z, *of, horizon) == pytest.approx(probs, rel=1e-3)
    if horizon == 1:
        assert np.array_equal(tails.below(z, *of), tails.below(z, *of, 1))


def test_a_scale_is_sigma_carried_over_the_horizons() -> None:
    sigma, share = np.array([[2.0, 2.0, 2.0]]), np.array([[0.0, 0.5, 1.0]])
    growth = np.array([[[1.0, 1.5, 3.0]] * 3])

    for jumps, calm, most, slow in ((True, 1.0, 3, 0.17), (False, 1.15, 4, 0.05)):
        found = intervals.scale(sigma, growth, share, jumps)[0]
        for place, v in enumerate((0, 0.5, 1)):
            df, drift = 2.5**v * most ** (1 - v), 0.17 * v + slow * (1 - v)
            first = 2 * (1.5 * v + calm * (1 - v)) * np.sqrt((df - 2) / df)
            expected = [first, first * 1.5 * 2**drift, first * 3 * 3**drift]
            assert found[place] == pytest.approx(expected)


def test_a_quantile_stops_at_its_reach_and_at_none() -> None:
    centre, scale = np.array([3.0, 3.0]), np.array([9.0, 9.0])

    far = intervals.quantiles(centre, scale, 2.5, 1.25, (0.001, 0.5, 0.999))
    low = intervals.quantiles(centre, scale, 2.5, 50.0, (0.001, 0.5, 0.999))

    assert far.tolist() == [[1.75, 3.0, 4.25]] * 2
    assert low[:, 0].tolist() == [0, 0]
    assert (low[:, 1] == 3).all()
    assert (low[:, 2] == 53).all()


@pytest.mark.parametrize("df", [2.5, 2.6, 2.9, 3.0, 4.0])
@pytest.mark.parametrize("centre", [-0.2, 0.0, 0.5, 3.0, 11.0])
@pytest.mark.parametrize("horizon", [1, 2, 12, 36])
def test_the_tail_of_one_month_is_that_of_many(df, centre, horizon):
    away = np.array([-80.0, -6.0, -3.1, -1.0, -1e-9, 0.0, 1e-9, 0.7, 2.5, 4.0, 90.0])

    bend = tails.bend(centre, df, horizon)
    many = 2 * stdtr(df, -np.abs(tails.unbent(away, df, bend)))

    one = [tails.tail_of_one(each, centre, df, horizon) for each in away.tolist()]
    assert one == pytest.approx(many.tolist(), rel=1e-9, abs=1e-15)
