from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forecast.engine import combination, parameters
from models import onepass
from models.base import Panel
from models.onepass import Sweep
from tests.support import reference_engine
from tests.support.panels import perturbed

FIRST = parameters.FIRST_ORIGIN + 1


def paths_of(z: np.ndarray, error: float | np.ndarray) -> np.ndarray:
    """Paths that miss what came by `error` (a number or one a series), and end where z ends."""
    paths = np.full((*z.shape, parameters.NEAR), 5.0)
    for h in range(1, parameters.NEAR + 1):
        paths[:, :-h, h - 1] = z[:, h:] + np.reshape(error, (-1, 1))
    return paths


def lean(walk: np.ndarray, grid: np.ndarray, z: np.ndarray, family: np.ndarray) -> np.ndarray:
    return verdicts(losses(walk, grid, z), z, family)


def verdicts(
    of: tuple[np.ndarray, ...], z: np.ndarray, family: np.ndarray, jumps: bool = True
) -> np.ndarray:
    """The verdict of each family, as the engine's steps come to it."""
    ratio = combination.own_ratio(*of, z)
    says, live = combination.evidence(*of[:2], z)
    statistic, middle = np.empty((2, *z.shape))
    for name in np.unique(family):
        rows = family == name
        statistic[rows] = combination.t_statistic(says[rows].sum(axis=0), live[rows].sum(axis=0))
        middle[rows] = onepass.median(ratio[rows].T)
    return combination.verdict(statistic, ratio, middle, np.zeros_like(z), jumps)


def losses(walk: np.ndarray, grid: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, ...]:
    """The walk's and the grid's losses, and how many months ahead each month's are of."""
    walk_loss, weight = combination.month_losses(walk, z)
    grid_loss, _ = combination.month_losses(grid, z)
    return walk_loss, grid_loss, weight


def test_the_loss_equals_the_reference(panel: Panel, reference: dict[str, Any]) -> None:
    path, _ = reference["breakwalk"](panel.z, 12)
    expected = reference["hind"](path, panel.z)
    assert (
        np.abs(expected - combination.past_loss(*combination.month_losses(path, panel.z))).max()
        < 1e-9
    )


def test_the_loss_is_the_mean_error(panel: Panel) -> None:
    loss = combination.past_loss(*combination.month_losses(paths_of(panel.z, 0.3), panel.z))
    assert np.allclose(0.3, loss[:, FIRST:], atol=1e-5)
    assert np.allclose(combination.TINY, loss[:, :FIRST])


def test_the_verdict_knows_only_what_had_matured(panel: Panel) -> None:
    walk, grid = paths_of(panel.z, 0.3), paths_of(panel.z, 0.2)
    expected = lean(walk, grid, panel.z, panel.family)
    actual = lean(walk, grid, perturbed(panel, 60).z, panel.family)
    assert np.array_equal(expected[:, :61], actual[:, :61])
    assert not np.array_equal(expected[:, 61], actual[:, 61])


def test_the_walk_leads_where_neither_is_better(panel: Panel) -> None:
    same = paths_of(panel.z, 0.2)
    verdict = lean(same, same, panel.z, panel.family)
    assert np.allclose(-parameters.STEEPNESS * parameters.NEEDED, verdict)
    assert np.all(combination.walk_share(verdict) > 0.85)


def test_the_grid_takes_over_where_it_is_better_month_after_month(panel: Panel) -> None:
    verdict = lean(paths_of(panel.z, 0.3), paths_of(panel.z, 0.2), panel.z, panel.family)
    share = combination.walk_share(verdict)
    assert np.all(share[:, :FIRST] > 0.5)
    assert np.all(share[:, -1] < 0.01)


def test_evidence_is_a_discounted_t_statistic() -> None:
    walk, grid = np.zeros((2, 1, 25))
    walk[0, 19:], grid[0, 19:] = [0, 0, 3, 1, 2, 0], [0, 0, 1, 1, 1, 1]
    z = np.full((1, 25), 20.0)
    live = np.arange(25)[None] > 18
    usual = combination.discounted_sum((walk + grid) / 2, 0.98) / np.maximum(
        combination.discounted_sum(live.astype(float), 0.98), 1e-9
    )
    d = ((walk - grid) / (usual + combination.TINY))[0]
    weight = total = variance = 0.0
    for t in range(19, 25):
        weight, total = 0.98 * weight + 1, 0.98 * total + d[t]
        variance = 0.98**2 * variance + (d[t] - total / weight) ** 2
    expected = total / np.sqrt(3 * (variance + 1e-4))
    says, live = combination.evidence(walk, grid, z)
    statistic = combination.t_statistic(says.sum(axis=0), live.sum(axis=0))
    assert statistic[-1] == pytest.approx(expected, rel=1e-5)
    assert np.all(statistic[:21] == 0)


def test_what_is_smaller_than_a_count_says_little() -> None:
    """Among zeros the last value is exactly right for months, and votes with all its weight."""
    z, walk = np.zeros((1, 60)), np.zeros((1, 60))
    z[0, ::13] = np.log(2)
    grid = np.full((1, 60), 0.02)

    says, live = combination.evidence(walk, grid, z)

    assert live[0, 19:].all()
    # The usual loss is .01; against the .29 of a count it is no loss.
    assert 0 < -says[0, -1] * 2.0**-40 < 0.05
    large = combination.evidence(walk, grid, z + 9)
    assert -large[0][0, -1] * 2.0**-40 > 1.5


def test_a_series_that_is_silent_has_no_vote() -> None:
    """A quarter of the series without a count for two years: the others' verdict is the same."""
    rough = np.sin(np.arange(4)[:, None] * 78.233 + np.arange(80) * 12.9898)
    z = 4 + rough
    z[3, 5:] = 0
    walk, grid = (np.repeat(z[..., None] + x, 3, axis=2) for x in (0.3, 0.1))
    walk[3], grid[3] = 0, 0.1

    together = lean(walk, grid, z, np.full(4, "a"))
    alone = lean(walk[:3], grid[:3], z[:3], np.full(3, "a"))

    quiet = slice(28, None)
    says, live = combination.evidence(*losses(walk, grid, z)[:2], z)
    assert live.sum(axis=0)[quiet].tolist() == [3] * 52
    awake = combination.evidence(*losses(walk[:3], grid[:3], z[:3])[:2], z[:3])
    assert np.array_equal(says.sum(axis=0)[quiet], awake[0].sum(axis=0)[quiet])
    assert np.allclose(together[:3, -1], alone[:, -1], atol=1)
    assert np.isfinite(together[3]).all()


@pytest.mark.parametrize("zeros", [23, 24, 30])
def test_two_years_of_none_in_a_row_are_silence(zeros: int) -> None:
    z = np.ones((2, 60))
    z[0, 60 - zeros :] = 0
    z[1, 60 - zeros :] = 0
    z[1, 50] = np.nan  # a month that nobody knows ends no such row, and is none of it

    found = onepass.silent(z)

    assert found[0].tolist() == [t >= 60 - zeros + 23 for t in range(60)]
    assert found[1, -1] == (zeros - 1 >= 24)


def test_what_a_family_shares_stands_in_the_column_of_its_month() -> None:
    x = np.array([[0.0, 1, 2, 3], [10, 11, 12, 13]])
    ends = np.array([0, 2])

    moved = onepass.on_calendar(x, ends, np.nan)

    assert moved.tolist()[0] == [0, 1, 2, 3]
    assert moved.tolist()[1][:2] == [12, 13]
    assert np.isnan(moved[1, 2:]).all()
    back = onepass.off_calendar(moved, ends)
    assert back[1, 2:].tolist() == [12, 13]
    assert np.isnan(back[1, :2]).all()
    assert onepass.on_calendar(x, None, 0) is x


@pytest.mark.parametrize(("jumps", "share"), [(True, (0.8, 1)), (False, (0.2, 0.25))])
def test_who_leads_without_evidence_is_what_the_source_says(jumps: bool, share: tuple) -> None:
    z = np.full((1, 40), 5.0)
    nothing = tuple(np.zeros((3, 1, 40)))

    verdict = verdicts(nothing, z, np.array(["a"]), jumps=jumps)

    low, high = share
    assert np.all(
        (low < combination.walk_share(verdict)) & (combination.walk_share(verdict) < high)
    )


@pytest.mark.parametrize(("grows", "sign"), [(0.0, 1), (1.0, -1)])
def test_spreads_are_heard_at_the_months_they_decide(grows: float, sign: int) -> None:
    """Errors that stay as they are a year ahead speak for the calm spread, growing ones against."""
    random = np.random.default_rng(7)
    steps, noise = random.normal(0, 0.2, (2, 30, 120))
    z = 6 + (1 - grows) * noise + grows * np.cumsum(steps, axis=1)
    ahead = np.sqrt(np.arange(1, 13))
    level = np.cumsum(z, axis=1) / np.arange(1, 121) if not grows else z
    walk = Sweep(np.repeat(z[..., None], 12, axis=2), np.tile(ahead, (30, 120, 1)))
    grid = Sweep(np.repeat(level[..., None], 12, axis=2), np.ones((30, 120, 12)))

    found = combination.spread_scores(walk, grid, z)

    assert np.all(found[:, :19] == 0)
    assert sign * found[:, 60:].mean() > 0.02
    heard = combination.verdict(*np.zeros((3, 30, 120)), found, jumps=False)
    assert (np.median(heard[:, -1]) > 1.2) == (sign > 0)
    unheard = combination.verdict(*np.zeros((3, 30, 120)), found, jumps=True)
    assert np.allclose(unheard, -parameters.STEEPNESS * parameters.NEEDED)


def test_the_verdict_is_the_familys(panel: Panel) -> None:
    walk = paths_of(panel.z, np.array([0.3, 0.3, 0.3, 0.2, 0.2, 0.2]))
    family = np.array(list("aaabbb"))
    share = combination.walk_share(lean(walk, paths_of(panel.z, 0.2), panel.z, family))
    assert np.all(share[:3, -1] < 0.01)
    assert np.all(share[3:, -1] > 0.85)


def test_a_series_own_record_moves_its_verdict(panel: Panel) -> None:
    walk = paths_of(panel.z, np.array([0.3, 0.2, 0.2, 0.2, 0.2, 0.2]))
    grid = paths_of(panel.z, np.array([0.2, 0.3, 0.2, 0.2, 0.2, 0.2]))
    verdict = lean(walk, grid, panel.z, panel.family)[:, -1]
    assert verdict[0] - verdict[1] == pytest.approx(20 * np.log(1.5), rel=0.01)
    assert verdict[2] == pytest.approx(verdict[:2].mean(), abs=0.01)


def test_a_series_has_no_verdict_before_it_starts(ragged: Panel) -> None:
    paths = paths_of(np.nan_to_num(ragged.z), 0.2)
    verdict = lean(paths, paths, ragged.z, ragged.family)
    assert np.array_equal(np.isfinite(ragged.z), np.isfinite(verdict))


def test_past_errors_move_the_weight_in_calm_families(panel: Panel) -> None:
    near, far = paths_of(panel.z, 0.1), paths_of(panel.z, 0.3)
    undecided = np.zeros_like(panel.z)
    better = combination.walk_weight(near, far, panel.z, undecided)
    worse = combination.walk_weight(far, near, panel.z, undecided)
    assert np.allclose(0.5, better[:, :FIRST])
    assert np.all(better[:, -1] > 0.6)
    assert np.all(worse[:, -1] < 0.4)


def test_a_verdict_for_the_walk_is_not_moved(panel: Panel) -> None:
    walk, grid = paths_of(panel.z, 0.6), paths_of(panel.z, 0.0)
    sure = np.full_like(panel.z, -20.0)
    assert np.all(combination.walk_weight(walk, grid, panel.z, sure) > 0.99)


@pytest.mark.parametrize("lean", [-20.0, -9.9, -3.0, 0.0, 4.0, 20.0])
def test_the_mix_is_a_regression_drawn_to_the_verdict(panel: Panel, lean: float) -> None:
    walk, grid = paths_of(panel.z, 0.1), paths_of(panel.z, 0.3)
    walk[1] += np.sin(np.arange(90))[:, None] * 5
    believed = 1 / (1 + np.exp(2 * min(max(lean, -10), 10)))
    prior = 80 / max(1 - believed, 0.001)

    found = combination.walk_weight(walk, grid, panel.z, np.full_like(panel.z, lean))

    for s in range(6):
        pairs = reference_engine.regression(walk[s], grid[s], panel.z[s])
        own, both = (np.array(reference_engine.faded([pair[i] for pair in pairs])) for i in (0, 1))
        expected = np.clip((both + prior * believed) / (own + prior), 0, 1)
        assert np.allclose(expected, found[s], rtol=0, atol=1e-12)


def test_a_verdict_is_within_bounds_and_a_family_s_own_record_is_capped() -> None:
    statistic, ratio = np.array([1.7, 2.7, 1e6, -1e6]), np.zeros((1, 4))

    plain = combination.verdict(statistic, ratio, np.zeros(4), ratio)
    apart = combination.verdict(statistic, ratio + 0.3, np.array([0.05, 0.1, 0.5, 0.0]), ratio)
    silent = combination.verdict(statistic, ratio + np.inf, np.full(4, np.nan), ratio)

    assert np.allclose(plain, [[0, 1.2, 50, -50]])
    assert np.allclose(apart, [[2.5, 1.2 + 2, 50, -50]])
    assert np.array_equal(silent, plain)  # it has no record of its own, nor have all others


def test_without_evidence_a_statistic_is_none() -> None:
    nothing = np.zeros(4, dtype=np.int64)

    assert combination.t_statistic(nothing, nothing).tolist() == [0, 0, 0, 0]


def test_a_path_stays_near_the_range_of_its_history() -> None:
    z = np.array([[2.0, 9.0, 0.0]])
    far = np.array([[[4.0, 50.0, -50.0]] * 3])
    kept = combination.within_history(far, z)[0]
    room = np.log(4)
    assert np.allclose([2 + room, 2 + room, 2 - room], kept[0])
    assert np.allclose([4, 9 + room, 0 - room], kept[2])


def heard_of(grid: float, root: float, level: float, z: np.ndarray) -> tuple[np.ndarray, ...]:
    """The log ratio of each series, and what is added up by family."""
    family = np.zeros(len(z), dtype=np.int64)
    flat = paths_of(z, level)[..., 0]
    own, shared = combination.hearing(paths_of(z, grid), paths_of(z, root), flat, z, family)
    return own, *shared


def test_the_scale_that_misses_less_is_chosen(panel: Panel) -> None:
    family = np.zeros(6, dtype=np.int64)
    own, *losses = heard_of(0.3, 0.1, 0.3, panel.z)[:3]
    better = combination.root_weight(own, *losses, family)
    own, *losses = heard_of(0.1, 0.3, 0.3, panel.z)[:3]
    worse = combination.root_weight(own, *losses, family)
    assert np.allclose(0.5, better[:, :FIRST])
    assert np.all(better[:, -1] > 0.9)
    assert np.all(worse[:, -1] == 0)


def test_the_level_is_heard_as_far_as_it_explains_what_the_grid_missed(panel: Panel) -> None:
    useful = combination.level_weight(*heard_of(0.3, 0.3, 0.0, panel.z)[3:])
    useless = combination.level_weight(*heard_of(0.0, 0.3, 0.3, panel.z)[3:])
    assert np.allclose(0, useful[:, :FIRST])
    assert useful[0, -1] > 0.4
    assert np.allclose(0, useless[0, -1])


def test_small_counts_take_the_grid(panel: Panel) -> None:
    one = np.ones((1, 1))
    root = np.zeros((1, 1, 2))
    grid = np.log1p([[[0.0, 1e6]]])
    calm = combination.calm_path(grid, root, one, one, 0 * one)
    assert calm[0, 0, 0] == 0
    assert abs(calm[0, 0, 1]) < 1e-3


def test_growth_is_the_weighted_root_mean_square() -> None:
    one, two = np.ones((1, 1, 2)), np.full((1, 1, 2), 2.0)
    assert np.allclose(
        np.sqrt(0.25 + 0.75 * 4), combination.blend_growth(np.array([[0.25]]), one, two)
    )


def test_series_of_a_month_count_as_their_square_root() -> None:
    """Products of 40 and 30 with a prior of 20: 30 / 60 of one series, 15 / 40 of four."""
    own, both = (np.array([[round(x / combination.UNIT)]]) for x in (40, 30))

    def weight(live: int) -> float:
        return float(combination.level_weight(own, both, np.array([[live]]))[0, 0])

    assert weight(1) == pytest.approx(0.5, abs=1e-4)
    assert weight(4) == pytest.approx(0.375, abs=1e-4)
    assert weight(0) == weight(1)


@pytest.fixture(scope="module")
def said(panel: Panel) -> dict[str, np.ndarray]:
    """Paths of four models that err each in a way of their own, and the first sixty months."""
    z = panel.z[:, :60]
    t, row = np.arange(60.0), np.arange(6.0)[:, None]
    level = np.cumsum(z, axis=1) / (t + 1)

    def path(tempo: float, size: float) -> np.ndarray:
        errors = size * np.sin(tempo * t + row)[..., None] * np.sqrt([1, 2, 3])
        return np.repeat(z[..., None], 3, axis=2) + errors

    grid = combination.within_history(path(0.7, 0.5) - 0.1, z)
    root = combination.within_history(path(0.9, 0.48) - 0.1, z)
    return {"z": z, "walk": path(1.3, 0.4), "grid": grid, "root": root, "level": level}


def test_verdicts_equal_another_implementation(said: dict[str, np.ndarray]) -> None:
    """Of one family, and of each family by itself."""
    z, walk, grid = (said[name] for name in ("z", "walk", "grid"))

    together = lean(walk, grid, z, np.full(6, "a"))
    apart = lean(walk, grid, z, np.array(list("abbaba")))

    assert np.allclose(reference_engine.verdicts(walk, grid, z), together, rtol=0, atol=1e-7)
    for rows in ([0, 3, 5], [1, 2, 4]):
        expected = reference_engine.verdicts(walk[rows], grid[rows], z[rows])
        assert np.allclose(expected, apart[rows], rtol=0, atol=1e-7)


def test_weights_of_the_calm_models_equal_another_implementation(
    said: dict[str, np.ndarray],
) -> None:
    z, grid, root, level = (said[name] for name in ("z", "grid", "root", "level"))
    flat = np.repeat(level[..., None], 3, axis=2)
    family = np.array([0, 1, 1, 0, 1, 0])

    own, shared = combination.hearing(grid, root, level, z, family)

    r = combination.root_weight(own, *shared[:2], family)
    m = combination.level_weight(*shared[2:])
    assert m.shape == (2, 60)
    for number in (0, 1):
        rows = np.flatnonzero(family == number)
        expected = reference_engine.root_weights(grid[rows], root[rows], z[rows])
        assert np.allclose(expected, r[rows], rtol=0, atol=1e-7)
        expected = reference_engine.level_weights(grid[rows], flat[rows], z[rows])
        assert np.allclose(expected, m[number], rtol=0, atol=1e-7)
    assert 0 < r[:, -1].min() < r[:, -1].max() < 1
    assert shared[-1].tolist() == [[3 * (t >= 18) for t in range(60)]] * 2


def test_what_a_calm_path_is_made_of(said: dict[str, np.ndarray]) -> None:
    """A part of the root that fades with the count, and then a part of the level."""
    grid, root, level = said["grid"], said["root"], said["level"]
    r, m = np.full((6, 60), 0.4), np.full((6, 60), 0.3)

    found = combination.calm_path(grid, root, level, r, m)

    count = np.exp(np.maximum(grid, 0)) - 1
    part = 0.4 * count / (count + 10)
    both = (1 - part) * grid + part * root
    assert np.allclose(found, 0.7 * both + 0.3 * level[..., None], rtol=0, atol=1e-12)
    mixed = combination.blend(m, grid, root)
    assert np.allclose(mixed, 0.3 * grid + 0.7 * root, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("weight", "kept"), [(0.05, 0), (0.1, 0), (0.15, 0.075), (0.2, 0.2), (0.5, 0.5), (1.5, 1)]
)
def test_a_level_that_adds_little_is_left_out(weight: float, kept: float) -> None:
    """Below a tenth; all of it from two tenths on, and never more than everything."""
    own = round(100 / combination.UNIT)
    both = round(weight * 120 / combination.UNIT)
    one = np.ones((1, 1), dtype=np.int64)

    found = combination.level_weight(one * own, one * both, one)

    assert found[0, 0] == pytest.approx(kept, abs=1e-9)


def test_evidence_of_a_series_is_the_same_whichever_stand_beside_it(
    said: dict[str, np.ndarray],
) -> None:
    walk, weight = combination.month_losses(said["walk"], said["z"])
    grid, _ = combination.month_losses(said["grid"], said["z"])
    z = said["z"]

    def says(rows: slice) -> tuple[np.ndarray, np.ndarray]:
        return combination.evidence(walk[rows], grid[rows], z[rows])

    whole, parts = says(slice(6)), [says(slice(2)), says(slice(2, 6))]

    for every, *some in zip(whole, *parts, strict=True):
        assert np.array_equal(every, np.concatenate(some))
    assert whole[1].sum(axis=0).tolist() == [6 * (t > 18) for t in range(60)]
    share = 1 + 1 / np.sqrt(2) + 1 / np.sqrt(3)
    assert np.allclose(weight[:, 21:], share)
    assert np.allclose(weight[:, 18:21], [[0, 1, 1 + 1 / np.sqrt(2)]])
