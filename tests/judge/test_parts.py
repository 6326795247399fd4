from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast.judge import parts
from forecast.judge.parts import BorderMonth, apart_share, difference, moved_along
from forecast.judge.surprise import p_value, severity
from forecast.types import FlagRules, ForecastPath, MonthForecast, MonthMixture


def test_a_part_is_expected_to_move_as_its_border_moved():
    border = BorderMonth(6.0, ForecastPath("2024-12", (5.5, 5.0), (1.0, 1.0), 9.0))
    part = MonthForecast(7, 2.0, 0.5, 4.0, 2)

    found = moved_along(part, border, "2025-02", 0.25)

    assert found == MonthForecast(19, 3.0, 0.125, 4.0, 2)  # expm1(3) = 19.1


def test_part_less_border_is_as_long_as_the_shorter():
    part = ForecastPath("2024-12", (5.0, 4.0, 3.0), (1.0, 2.0, 3.0), 6.0, run_id=2)
    border = ForecastPath("2024-12", (1.0, 1.5), (9.0, 9.0), 8.0, run_id=2)

    assert difference(part, border, 0.5) == ForecastPath("2024-12", (4.0, 2.5), (0.5, 1.0), 6.0, 2)


@pytest.mark.parametrize(("moves_with_it", "share"), [(0.0, 1.0), (0.5, 0.5), (0.9, 0.1)])
def test_what_is_left_of_a_parts_errors_is_what_its_border_does_not_share(moves_with_it, share):
    """Errors that are the border's, to a share: each month's count less the step before it."""
    errors = np.random.default_rng(1).normal(size=(1, 60))
    first = np.full((1, 60), 8.0)
    z = first + errors

    found = apart_share(z, first, moves_with_it * errors)

    assert found[0, -1] == pytest.approx(share, rel=0.02)
    assert np.isnan(found[0, 0])


def median_by_hand(values: list[float], weights: list[float]) -> float:
    """The middle of the stretch that has half the weight on either side."""
    points = sorted(set(values))
    below = [sum(w for v, w in zip(values, weights, strict=True) if v <= p) for p in points]
    half = sum(weights) / 2
    lower = next(p for p, w in zip(points, below, strict=True) if w >= half - 1e-12)
    upper = next(
        p for p, w in zip(points, below, strict=True) if w > half + 1e-12 or p == points[-1]
    )
    return (lower + upper) / 2


@pytest.mark.parametrize("parts_known", [2, 3, 4, 5, 8])
def test_siblings_move_by_their_median_without_the_part_itself(parts_known):
    rng = np.random.default_rng(parts_known)
    errors, weight = rng.normal(size=(8, 5)), rng.uniform(1, 9, (8, 5))
    errors[parts_known:, 2] = np.nan

    found = parts.siblings_moves(errors, weight)

    for part, t in np.ndindex(8, 5):
        others = [row for row in range(8) if row != part and np.isfinite(errors[row, t])]
        if np.isfinite(errors[:, t]).sum() < 3:
            assert np.isnan(found[part, t])
            continue
        expected = median_by_hand(errors[others, t].tolist(), weight[others, t].tolist())
        assert found[part, t] == pytest.approx(expected)
    assert np.isnan(parts.siblings_moves(errors[:1], weight[:1])).all()


def test_of_five_clinics_of_which_one_tripled_four_moved_as_ever():
    errors = np.array([[0.02], [-0.03], [1.1], [0.0], [0.05]])

    moved = parts.siblings_moves(errors, np.ones((5, 1)))

    assert np.abs(moved).max() < 0.06
    assert (errors - moved)[2, 0] > 1
    assert np.abs(np.delete(errors - moved, 2)).max() < 0.1


def test_a_budget_takes_the_place_of_alpha_and_floors_and_is_shared_by_all_series():
    plain = FlagRules(0.02, 10, 25, 1.15)
    assert parts.within_budget(plain, 400) == plain
    of = parts.within_budget(replace(plain, budget=2.0), 400)
    assert (of.alpha, of.min_level, of.min_change, of.min_ratio) == (0.005, 0, 1, 1.15)
    assert parts.within_budget(replace(plain, budget=2.0), 4).alpha == parts.MOST_BY_BUDGET


def test_with_a_budget_five_visits_that_become_twenty_are_flagged():
    poisson = MonthMixture(1.8, 0.4, 0.0, 0.0, 1.0, 5.0, 1e6)
    expected = MonthForecast(5, 1.8, 0.4, 4.0, 1, poisson)
    p, _ = p_value(20, expected)
    plain = FlagRules(0.02, 10, 25, 1.15)
    assert severity(20, expected, p, 5.0, plain) is None
    assert severity(20, expected, p, 5.0, parts.within_budget(replace(plain, budget=1.0), 100))
