from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models import structural
from models.base import Panel
from models.kalman import GRID, SEASONAL, Filter, kalman_gains, responses
from models.level import levels
from models.onepass import Sweep
from models.structural import evidence, log_prior, sweep_under
from tests.support import reference_numbers
from tests.support.panels import make_panel

EVERY = np.arange(90)


def paths_of(panel: Panel, h: int = reference_numbers.H) -> Sweep:
    return sweep_under(log_prior(evidence(panel)), panel, h)


def test_the_grid_has_120_points_and_those_with_a_season_come_first() -> None:
    assert len(GRID) == len({tuple(point) for point in GRID}) == 120
    assert [point[4] > 0 for point in GRID] == [True] * SEASONAL + [False] * 24


def test_it_equals_the_reference(panel: Panel, reference: dict[str, Any]) -> None:
    expected, growth = reference["structural"](panel.z, reference_numbers.H)
    actual = paths_of(panel)
    assert np.abs(expected - actual.path).max() < 1e-9
    assert np.abs(growth - actual.growth).max() < 1e-9


def test_it_equals_the_golden_numbers(panel: Panel) -> None:
    actual = paths_of(panel)
    arrays_by_name = {"grid": actual.path, "grid_growth": actual.growth}
    for name, series, column, h, expected in reference_numbers.read():
        if name in arrays_by_name:
            assert abs(expected - arrays_by_name[name][series, column, h - 1]) < 1e-9


def test_the_gains_of_a_short_history_are_those_of_a_long_one() -> None:
    short, long = kalman_gains(20, 5), kalman_gains(90, 14)
    months, h = short.ahead.shape[1:]
    assert (months >= 20, h >= 5) == (True, True)
    assert long.gain.shape[1] > months
    assert np.array_equal(long.gain[:, :months], short.gain)
    assert np.array_equal(long.ahead[:, :months, :h], short.ahead)


def test_a_later_start_in_a_family_of_its_own_is_counted_from_there(ragged: Panel) -> None:
    apart = replace(ragged, family=np.array(list("aabbaa")))
    alone = make_panel(ragged.z[2:4, 30:])
    expected = paths_of(alone).path
    assert np.allclose(expected, paths_of(apart).path[2:4, 30:], atol=1e-10, equal_nan=True)


def test_another_family_does_not_move_a_path(panel: Panel) -> None:
    family = np.array(list("aaabbb"))
    other = panel.z.copy()
    other[3:] = 3
    expected = paths_of(replace(panel, family=family)).path[:3]
    assert np.array_equal(expected, paths_of(replace(panel, z=other, family=family)).path[:3])


def test_the_family_moves_a_path(panel: Panel) -> None:
    apart = replace(panel, family=np.array(list("abcdef")))
    moved = np.abs(paths_of(panel).path - paths_of(apart).path)[:, -1]
    assert moved.max() > 1e-3


def test_the_first_horizons_do_not_depend_on_how_far_one_looks(ragged: Panel) -> None:
    near, far = paths_of(ragged, 3).path, paths_of(ragged).path
    assert np.allclose(far[..., :3], near, atol=1e-12, equal_nan=True)


def test_some_origins_are_a_part_of_all(ragged: Panel) -> None:
    some = np.array([29, 30, 75])
    expected = paths_of(ragged).path[:, some]
    actual = paths_of(ragged, 12).path[:, some]
    assert np.allclose(expected, actual, atol=1e-12, equal_nan=True)


def test_a_short_horizon_is_enough(panel: Panel) -> None:
    assert np.allclose(paths_of(panel).path[..., :1], paths_of(panel, 1).path, atol=1e-12)


def test_a_pure_season_is_learnt() -> None:
    t = np.arange(120)
    z = 6 + np.sin(2 * np.pi * t / 12)[None]
    path = paths_of(make_panel(z[:, :108]), 12).path[:, np.array([107])]
    assert np.abs(path[0, 0] - z[0, 108:]).max() < 0.1


def test_evidence_is_the_same_by_responses_and_by_the_filter(
    ragged: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_responses = structural.log_prior(structural.evidence(ragged))
    monkeypatch.setattr(structural, "LONG", 0)
    by_filter = structural.log_prior(structural.evidence(ragged))
    assert np.allclose(by_responses, by_filter, rtol=0, atol=1e-9)


def test_paths_are_the_same_to_the_last_digit_however_far_one_looks(ragged: Panel) -> None:
    prior = structural.log_prior(structural.evidence(ragged))
    near, far = (structural.paths_under(prior, ragged, h) for h in (3, 26))
    assert np.array_equal(near, far[..., :3], equal_nan=True)
    assert np.array_equal(far, structural.sweep_under(prior, ragged, 26).path, equal_nan=True)


def test_a_month_nobody_knows_is_what_its_series_alone_expected() -> None:
    """More series than a block holds, from different first months; three in a row as well."""
    z = np.tile(reference_numbers.generated()[:, :40], (20, 1)) + np.arange(120)[:, None] / 100
    for row in range(120):
        z[row, : row % 5] = np.nan
        z[row, 20 + row % 3] = np.nan
    z[7, 30:33] = z[100, 1 + 100 % 5] = z[3, 39] = np.nan
    panel = make_panel(z, [f"family {row % 2}" for row in range(120)])
    before = np.isfinite(z).cumsum(axis=1) == 0

    found = structural.filled(panel)

    assert np.array_equal(found.filled, np.isnan(z) & ~before)
    assert np.array_equal(found.z[~found.filled], z[~found.filled], equal_nan=True)
    flat = np.zeros((2, 40, len(GRID)))
    expected = structural.sweep_under(flat, found, 1).path[..., 0]
    row, column = np.nonzero(found.filled)
    assert np.allclose(found.z[row, column], expected[row, column - 1], rtol=0, atol=1e-10)
    assert np.isnan(found.seen[found.filled]).all()


def test_without_evidence_errors_grow_as_those_of_a_random_walk() -> None:
    growth = paths_of(make_panel(np.array([[3.0, 3.5, 4.0]])), 4).growth[0]

    assert np.allclose(growth[0], np.sqrt([1, 2, 3, 4]))
    assert np.allclose(growth[1], np.sqrt([1, 2, 3, 4]))


def level_by_hand(z: np.ndarray) -> list[float]:
    """The level of a series after each month, NaN where nobody knows its count."""
    levels, squares, seen, found = [0.0] * 8, [0.0] * 8, 0, []
    for t, value in enumerate(z.tolist()):
        known = np.isfinite(value)
        for k, speed in enumerate((0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)):
            error = value - levels[k] if known else 0.0
            squares[k] += error**2 if t >= 2 else 0.0
            levels[k] += max(speed, 1 / (t + 1)) * error
        seen += known and t >= 2
        n = max(seen, 1)
        weights = np.exp(
            [-n / 2 * (np.log(s / n + 1e-8) - np.log(min(squares) / n + 1e-8)) for s in squares]
        )
        found.append(float(weights @ levels / weights.sum()))
    return found


def test_the_smoothed_level_is_that_of_what_is_known(ragged: Panel) -> None:
    unknown = ragged.z.copy()
    unknown[0, [2, 50]] = unknown[2, 60:63] = np.nan
    filled = ragged.z + np.where(np.isnan(unknown), 50, 0)

    found = levels(replace(ragged, z=filled, filled=np.isnan(unknown) & np.isfinite(ragged.z)))

    for row, start in enumerate(ragged.start.tolist()):
        assert np.isnan(found[row, :start]).all()
        assert found[row, start:] == pytest.approx(level_by_hand(unknown[row, start:]), abs=1e-9)


def system(point: tuple[float, ...]) -> tuple[np.ndarray, ...]:
    """(start, transition, noise, observation noise) of one point: level, slope, twelve effects."""
    share, slope_sd, damping, slope_noise, season_sd, season_noise = point
    contrast = np.eye(12) - np.full((12, 12), 1 / 12)
    start, noise, transition = np.zeros((14, 14)), np.zeros((14, 14)), np.eye(14)
    start[0, 0], start[1, 1], start[2:, 2:] = 1e4, slope_sd**2, season_sd**2 * contrast
    transition[0, 1] = transition[1, 1] = damping
    noise[:2, :2] = slope_noise**2
    noise[0, 0] += share
    noise[2:, 2:] = season_noise**2 * contrast
    return start, transition, noise, 1 - share


POINTS = (0, 7, 30, 55, 71, 95, 99, 119)  # of every season, level and slope


@pytest.mark.parametrize("number", POINTS)
def test_gains_are_those_of_a_kalman_filter(number: int) -> None:
    """One point, month after month, by the textbook; and its variance ahead by going ahead."""
    gains = kalman_gains(26, 5)
    start, transition, noise, observation = system(GRID[number])
    cov = start
    for t in range(26):
        cov = cov if t == 0 else transition @ cov @ transition.T + noise
        sees = np.zeros(14)
        sees[0] = sees[2 + t % 12] = 1
        variance = sees @ cov @ sees + observation
        gain = cov @ sees / variance
        assert gains.variance[number, t] == pytest.approx(variance, rel=1e-9)
        assert gains.gain[number, t] == pytest.approx(gain, rel=1e-7, abs=1e-10)
        cov = cov - np.outer(gain, sees @ cov)
        later = cov
        for h in range(1, 6):
            later = transition @ later @ transition.T + noise
            sees = np.zeros(14)
            sees[0] = sees[2 + (t + h) % 12] = 1
            expected = sees @ later @ sees + observation
            assert gains.ahead[number, t, h - 1] == pytest.approx(expected, rel=1e-6, abs=1e-8)
    damping = GRID[number, 2]
    assert gains.slope_sum[number, :3] == pytest.approx(
        [damping, damping + damping**2, damping + damping**2 + damping**3]
    )


def test_the_filter_is_a_kalman_filter(panel: Panel) -> None:
    """Its states after each month, its errors, and the paths they make; two series side by side."""
    z = panel.z[[0, 2], :30]
    states = Filter(kalman_gains(30, 4), z[:, 0])
    weight = np.full((len(GRID), 2), 1 / len(GRID))
    for number in POINTS:
        states = Filter(kalman_gains(30, 4), z[:, 0])
        start, transition, noise, observation = system(GRID[number])
        mean, cov = np.zeros((14, 2)), start
        mean[0] = z[:, 0]  # the first month is the first level
        for t in range(30):
            sees = np.zeros(14)
            sees[0] = sees[2 + t % 12] = 1
            if t:
                mean, cov = transition @ mean, transition @ cov @ transition.T + noise
                error = z[:, t] - sees @ mean
                states.step(t, z[:, t])
                assert states.error[number] == pytest.approx(error, abs=1e-8)
            gain = cov @ sees / (sees @ cov @ sees + observation)
            mean = mean + np.outer(gain, z[:, t] - sees @ mean)
            cov = cov - np.outer(gain, sees @ cov)
            assert states.level[number] == pytest.approx(mean[0], abs=1e-8)
            assert states.slope[number] == pytest.approx(mean[1], abs=1e-8)
        ahead, path = mean, []
        for h in range(1, 5):
            ahead = transition @ ahead
            path.append(ahead[0] + ahead[2 + (29 + h) % 12])
        found = states.paths(29, 4)
        assert found[:, number] == pytest.approx(np.array(path), abs=1e-8)
    mixed = states.mean_path(29, 4, weight)
    assert np.allclose(mixed, states.paths(29, 4).mean(axis=1).T, rtol=0, atol=1e-9)


def test_gains_are_made_once_for_panels_of_nearly_one_length() -> None:
    assert kalman_gains(33, 1) is kalman_gains(64, 12)
    assert kalman_gains(33, 1) is not kalman_gains(65, 12)
    assert responses(33) is responses(64)
    assert len(responses(40)) >= 40
    assert [found.shape for found in responses(40)[:3]] == [(120, 1), (120, 2), (120, 3)]


def test_evidence_is_a_posterior_for_each_series_that_has_begun_and_not_ended() -> None:
    """From the third month on: sums of one for each, by family; a hundred series, two blocks."""
    z = np.tile(reference_numbers.generated()[:, :8], (17, 1))[:100] + np.arange(100)[:, None] / 50
    family = np.where(np.arange(100) < 70, "a", "b")
    z[60:80, :3] = np.nan
    panel = make_panel(z, family.tolist())

    mass = structural.evidence(panel)

    assert mass.shape == (2, 8, len(GRID))
    age = np.arange(8) - panel.start[:, None]
    for number, name in enumerate("ab"):
        live = (age[family == name] >= 2).sum(axis=0)
        assert np.allclose(mass[number].sum(axis=-1) * 2.0**-40, live, atol=1e-8)
    halves = [
        structural.evidence(make_panel(z[rows], family[rows].tolist()))
        for rows in (slice(0, 70), slice(70, 100))
    ]
    assert np.array_equal(mass, np.concatenate(halves))
    order = np.random.default_rng(4).permutation(100)
    again = structural.evidence(make_panel(z[order], family[order].tolist()))
    assert np.array_equal(mass, again)


def test_a_prior_is_the_family_s_mean_posterior_drawn_to_flat() -> None:
    """Sixty series, all for one point, against twenty's worth of belief in all alike."""
    mass = np.zeros((1, 2, len(GRID)), dtype=np.int64)
    mass[0, 1, 5] = 60 * 2**40

    prior = np.exp(structural.log_prior(mass)[0])

    assert np.allclose(prior[0], 1 / 120)
    assert prior[1, 5] == pytest.approx((60 + 20 / 120) / 80)
    assert prior[1, 6] == pytest.approx(20 / 120 / 80)
    assert prior.sum(axis=1) == pytest.approx([1, 1])


def test_points_weigh_by_how_well_they_foretold(panel: Panel) -> None:
    """By the likelihood of each point's errors, its sigma worked out; two months teach nothing."""
    z = panel.z[:2, :20]
    flat = np.zeros((1, 20, len(GRID)))
    gains = kalman_gains(20, 3)
    states = Filter(gains, z[:, 0])
    squares, logs, seen = np.zeros((len(GRID), 2)), np.zeros(len(GRID)), 0
    said = structural.sweep_under(flat, make_panel(z), 3)
    for t in range(1, 20):
        states.step(t, z[:, t])
        if t >= 2:
            variance = gains.variance[:, t]
            squares += states.error**2 / variance[:, None]
            logs += np.log(variance)
            seen += 1
        sigma2 = squares / max(seen, 1) + 1e-8
        weight = np.exp(-0.5 * (seen * np.log(sigma2) + logs[:, None]))
        weight = weight / weight.sum(axis=0) if seen else np.full_like(weight, 1 / len(GRID))
        assert np.allclose(said.path[:, t], states.mean_path(t, 3, weight), rtol=0, atol=1e-9)
        ahead = (weight * sigma2).T @ gains.ahead[:, t, :3]
        growth = np.sqrt(ahead / ahead[:, :1]) if seen else np.sqrt([[1, 2, 3]] * 2)
        assert np.allclose(said.growth[:, t], growth, rtol=0, atol=1e-9)


def test_gaps_of_more_series_than_a_block_are_each_filled() -> None:
    """As they are in a panel of their own; what begins late or ends early too."""
    z = np.tile(reference_numbers.generated()[:, :16], (17, 1))[:100] + np.arange(100)[:, None] / 50
    z[:, 9] = z[50:, 12:14] = z[3, 15] = np.nan
    z[90:, :5] = np.nan

    found = structural.filled(make_panel(z))

    assert np.isfinite(found.z[:90]).all()
    assert np.isfinite(found.z[90:, 5:]).all()
    assert np.isnan(found.z[90:, :5]).all()
    for row in (0, 3, 50, 95, 96, 99):
        alone = structural.filled(make_panel(z[row : row + 1]))
        assert np.allclose(alone.z[0], found.z[row], rtol=0, atol=1e-10, equal_nan=True)
        assert np.array_equal(alone.filled[0], found.filled[row])
