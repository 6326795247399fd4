"""Joint paths: exact months, a random walk's coherence, the same draws for ever."""

from __future__ import annotations

import math
from itertools import accumulate, permutations
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from forecast.engine import joint, paths
from forecast.engine.forecast import HUB
from forecast.engine.refit import engine_forecasts
from models.base import Panel

N = 10_000
DRAWN = [
    [215.04809391447708, 313.50566220895405, 217.0479286990782],
    [167.71962243489452, 847.5452420645607, 965.321776068086],
    [276.1333948398502, 516.4939944670105, 2027.9731466309076],
    [353.87361132699334, 190.80449474091904, 456.8323731967192],
]


@pytest.fixture(scope="module")
def said(border_panel: Panel):
    every = np.arange(border_panel.z.shape[1])
    return engine_forecasts(border_panel, every, 24, totals={3: (0, 1, 2)})


@pytest.fixture(scope="module")
def together(said, border_panel: Panel):
    scores = paths.one_month_scores(said, border_panel.z)[:3]
    of = paths.marks(said)
    return paths.as_wide_as(paths.correlation(scores), of[:3], of[3])


def test_paths_keep_every_published_quantile_of_every_month(said, together):
    draws = paths.draw(paths.marks(said)[:3], together, N, 7)
    published = np.expm1(said.at(np.array([-1])).quantiles(HUB)[:3, 0])

    # Two shares: where the limit of a distribution is reached, several quantiles are one number.
    below = (draws[..., None] < published[:, None] * (1 - 1e-9)).mean(axis=1)
    up_to = (draws[..., None] <= published[:, None] * (1 + 1e-9)).mean(axis=1)

    assert (below <= np.array(HUB) + 0.002).all()
    assert (up_to >= np.array(HUB) - 0.002).all()


def test_months_of_a_path_hang_together_as_a_random_walk_s(said):
    one = paths.marks(said)[:1]
    draws = np.log1p(paths.draw(one, np.eye(1), N, 1)[0])
    ranks = np.argsort(np.argsort(draws, axis=0), axis=0)
    normal = np.vectorize(NormalDist().inv_cdf)((ranks + 0.5) / N)

    found = np.corrcoef(normal.T)

    h = np.arange(1, 25)
    expected = np.sqrt(np.minimum.outer(h, h) / np.maximum.outer(h, h))
    assert np.abs(found - expected).max() < 0.03


def test_calm_series_forget_their_errors():
    spread = np.array([paths.tail_scores(np.array(paths.QUANTILES))] * 12)
    calm = (7 + 0.05 * spread)[None]
    walk = (7 + 0.05 * spread * np.sqrt(np.arange(1, 13))[:, None])[None]

    assert paths.persistence(calm).tolist() == [0]
    assert paths.persistence(walk) == pytest.approx([1])
    assert paths.persistence(calm[:, :1]).tolist() == [1]
    year = np.log(paths.draw(np.concatenate([calm, walk]), np.eye(2), N, 5).sum(axis=2)).std(axis=1)
    month = np.log(paths.draw(calm, np.eye(1), N, 5)[0, :, 0]).std()
    assert year[0] < month / 2.5 < month * 1.5 < year[1]


def test_the_sum_of_borders_is_as_uncertain_downward_as_nationwide(said, together):
    of = paths.marks(said)
    places = [paths.QUANTILES.index(p) for p in (0.025, 0.5)]
    low, middle = np.log1p(
        paths.quantiles(paths.draw(of[:3], together, N, 3).sum(axis=0), (0.025, 0.5))
    )
    free = np.log1p(paths.quantiles(paths.draw(of[:3], np.eye(3), N, 3).sum(axis=0), (0.025, 0.5)))
    wanted = (of[3][:, places[1]] - of[3][:, places[0]]).mean()

    assert abs((middle - low).mean() / wanted - 1) < 0.1
    assert (free[1] - free[0]).mean() < (middle - low).mean()


def test_draws_are_the_same_for_ever():
    """Numbers written down once: a run's answers must not change with numpy or with us."""
    of = np.outer(np.arange(1, 4), np.array(paths.QUANTILES))[None] + 5

    found = paths.draw(of, np.eye(1), 4, 20, 26)[0]

    expected = DRAWN
    assert np.abs(found / np.array(expected) - 1).max() < 1e-12


def slow_draw(of, together, n, seed):
    """The same, one number at a time, by the definitions."""
    series, months = len(of), len(of[0])
    words = np.random.PCG64(list(seed)).random_raw(series * 2 * n * months).tolist()
    normals = [NormalDist().inv_cdf(((w >> 11) + 0.5) / 2**53) for w in words]
    root = np.linalg.cholesky(together).tolist()

    def step(s, kind, path, month):
        return sum(
            root[s][other] * normals[((other * 2 + kind) * n + path) * months + month]
            for other in range(s + 1)
        )

    out = np.empty((series, n, months))
    for s in range(series):
        stays = slow_persistence(of[s])
        walks = [list(accumulate(step(s, 0, p, m) for m in range(months))) for p in range(n)]
        for m in range(months):
            scores = [
                math.sqrt(stays) * walks[p][m] + math.sqrt(1 - stays) * step(s, 1, p, m)
                for p in range(n)
            ]
            for place, path in enumerate(sorted(range(n), key=scores.__getitem__)):
                out[s, path, m] = slow_count(of[s][m], (place + 0.5) / n)
    return out


def slow_persistence(of):
    year = of[:12]
    low, high = 5, 9
    first, last = (year[month][high] - year[month][low] for month in (0, -1))
    return min(max(((last / first) ** 2 - 1) / (len(year) - 1), 0), 1)


def slow_count(values, p):
    def score(q):
        return (2 * q - 1) / math.sqrt(2 * q * (1 - q))

    probs = paths.QUANTILES
    if p <= probs[0]:
        return max(math.expm1(values[0]), 0)
    if p >= probs[-1]:
        return max(math.expm1(values[-1]), 0)
    at = max(i for i, q in enumerate(probs) if q <= p)
    part = (score(p) - score(probs[at])) / (score(probs[at + 1]) - score(probs[at]))
    return max(math.expm1(values[at] + part * (values[at + 1] - values[at])), 0)


def test_paths_equal_another_implementation(said, together):
    of = paths.marks(said)[:3, :5]

    found = paths.draw(of, together, 40, 11)

    expected = slow_draw(of.tolist(), together, 40, (11,))
    assert np.abs(found - expected).max() <= 1e-9 * expected.max()


def test_a_month_s_score_is_where_it_lay(said, border_panel: Panel):
    scores = paths.one_month_scores(said, border_panel.z)
    u = NormalDist().cdf(scores[0, -1])
    column = np.array([border_panel.z.shape[1] - 2])
    at = said.at(column).quantiles((u, 0.5))[0, 0, 0]

    assert math.isfinite(u)
    assert abs(at[0] - border_panel.z[0, -1]) < 0.02 * abs(at[0] - at[1]) + 1e-3
    assert np.isnan(scores[:, :23]).all()


@given(
    hnp.arrays(float, (3, 30), elements=st.one_of(st.just(math.nan), st.floats(-4, 4, width=32)))
)
@settings(deadline=None)
def test_correlations_can_be_drawn_from_whatever_is_known(scores):
    found = paths.correlation(scores)

    assert np.allclose(np.diag(found), 1)
    assert np.linalg.eigvalsh(found).min() > 0
    assert np.abs(found).max() <= 1 + 1e-12


def slow_correlation(scores):
    """The same, pair by pair, by the definitions."""
    series, pairs = len(scores), {}
    for i, j in permutations(range(series), 2):
        common = np.isfinite(scores[i]) & np.isfinite(scores[j])
        a, b = (np.clip(scores[k][common], -2.5, 2.5) for k in (i, j))
        size = math.sqrt((a**2).sum() * (b**2).sum())
        n = int(common.sum()) if common.sum() >= 12 else 0
        pairs[i, j] = (n, float((a * b).sum()) / size if size else 0.0)
    months = sum(n for n, _ in pairs.values())
    usual = sum(n * raw for n, raw in pairs.values()) / months if months else 0.0
    out = np.eye(series)
    for place, (n, raw) in pairs.items():
        out[place] = (n * raw + 24 * max(usual, 0)) / (n + 24)
    return out


def random_scores(seed, shared):
    """Four series of 80 months that hang together so; two have few months in common."""
    rng = np.random.default_rng(seed)
    scores = shared * rng.normal(size=80) + rng.normal(size=(4, 80))
    scores[0, 5] = -9  # as of April 2020
    scores[2, :40] = np.nan
    scores[3, 52 - seed % 2 :] = np.nan  # 12 months, or 11, beside the third
    return scores


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("shared", [0.7, -0.0])
def test_each_pair_is_drawn_towards_what_all_pairs_have_in_common(seed, shared):
    scores = random_scores(seed, shared)
    scores[1] *= -1 if shared == 0 else 1

    found = paths.correlation(scores)

    assert np.allclose(found, slow_correlation(scores), rtol=0, atol=1e-12)
    nothing = np.where(np.arange(80) < 70, np.nan, scores)
    assert np.allclose(paths.correlation(nothing), np.eye(4))
    assert np.allclose(paths.correlation(scores * 0), np.eye(4))


def test_a_matrix_that_is_none_of_correlations_is_made_one():
    one = paths.correlation(np.ones((3, 40)))

    assert np.linalg.eigvalsh(one).min() > 1e-7
    assert np.allclose(one, np.where(np.eye(3) == 1, 1, one[0, 1]))
    assert 1 - one[0, 1] < 1e-5


def wide(width, months=4):
    spread = paths.tail_scores(np.array(paths.QUANTILES))
    return 7 + width * np.outer(np.sqrt(np.arange(1, months + 1)), spread)


@pytest.mark.parametrize("width", [0.02, 0.05, 0.09, 1.0])
def test_parts_are_raised_until_their_sum_is_as_wide_as_the_total(width):
    parts = np.stack([wide(0.1)] * 4)
    apart = np.eye(4) * 0.9 + 0.1

    found = paths.as_wide_as(apart, parts, wide(width))

    def lower(together):
        draws = paths.draw(parts, together, 4000, 3).sum(axis=0)
        low, middle = np.log1p(paths.quantiles(draws, (0.025, 0.5)))
        return float((middle - low).mean())

    share = (found[0, 1] - 0.1) / 0.9
    assert np.allclose(found, (1 - share) * apart + share)
    wanted = lower(np.full((4, 4), 1 - 1e-9) + np.eye(4) * 1e-9) * width / 0.1
    if width == 0.02:
        assert found is apart  # too wide already
    elif width == 1.0:
        assert share == pytest.approx(63 / 64)
    else:
        assert lower(found) == pytest.approx(wanted, rel=0.08)
        assert share * 64 == pytest.approx(round(share * 64))


RAISED = [3, 26, 32, 44, 49]


def test_by_how_much_parts_are_raised_is_the_same_for_ever():
    """Sixty-fourths of the way to 1, written down once: runs keep what came of it."""
    parts = np.stack([wide(0.1), wide(0.2), wide(0.15)])
    apart = np.eye(3) * 0.8 + 0.2

    found = [paths.as_wide_as(apart, parts, wide(width)) for width in (0.08, 0.1, 0.11, 0.12, 0.13)]

    shares = [(matrix[0, 1] - 0.2) / 0.8 for matrix in found]
    assert [round(share * 64) for share in shares] == RAISED
    assert shares == pytest.approx([round(share * 64) / 64 for share in shares], abs=1e-4)


def test_a_month_s_score_is_between_the_marks_it_lay_between(said, border_panel: Panel):
    """Straight in the scores of a t with 2 degrees of freedom, and no further than the last."""
    z = border_panel.z.copy()
    before = said.first().quantiles(paths.QUANTILES)[:, :-1, 0]
    z[0, 60], z[0, 61], z[0, 62] = before[0, 59, 14], 99.0, before[0, 61, [13, 14]].mean()
    z[1, 60] = np.nan

    found = paths.one_month_scores(said, z)

    normal = NormalDist().inv_cdf
    assert found[0, 60] == pytest.approx(normal(paths.QUANTILES[14]), abs=1e-9)
    assert found[0, 61] == pytest.approx(normal(0.9995), abs=1e-9)
    t2 = np.mean([(2 * p - 1) / math.sqrt(2 * p * (1 - p)) for p in paths.QUANTILES[13:15]])
    p = (1 + t2 / math.sqrt(2 + t2**2)) / 2
    assert found[0, 62] == pytest.approx(normal(p), abs=1e-9)
    assert np.isnan(found[1, 60])
    assert np.array_equal(paths.marks(said), paths.marks(said, len(z[0]) - 1), equal_nan=True)


def test_paths_reach_two_years_and_are_as_many_as_was_said():
    """What was answered once is answered so again: these numbers are part of the rule."""
    assert (paths.RULE, paths.DRAWS, paths.PART_DRAWS, paths.MAX_HORIZON) == (2, 2000, 1000, 24)
    assert len(paths.QUANTILES) == 27
    assert np.allclose(np.array(paths.QUANTILES), 1 - np.array(paths.QUANTILES)[::-1])
    assert set(HUB) <= set(paths.QUANTILES)


def test_where_nothing_weighs_the_total_is_shared_evenly():
    assert joint.shared_out(np.zeros(3), 5).tolist() == [2, 2, 1]
    assert joint.shared_out(np.array([0.0, 1e-7, 0.0]), 5).tolist() == [0, 5, 0]
    assert joint.shared_out(np.array([1.0, 1.0, 2.0]), 5).tolist() == [1, 1, 3]
    assert joint.shared_out(np.array([1.0, 2.0, 1.0]), 10).tolist() == [3, 5, 2]


COUNTS = st.floats(0, 1e9, width=32)


@given(hnp.arrays(float, (3, 5, 2), elements=COUNTS), hnp.arrays(float, (5, 2), elements=COUNTS))
@settings(deadline=None)
def test_parts_add_up_in_their_proportions(parts, total):
    found = joint.adding_up(parts, total)

    assert (found >= 0).all()
    assert np.allclose(found.sum(axis=0), total, rtol=1e-9, atol=0)
    for path in range(5):
        for month in range(2):
            column = [max(p, 1e-6) for p in parts[:, path, month].tolist()]
            share = total[path, month] / math.fsum(column)
            expected = [count * share for count in column]
            assert np.allclose(found[:, path, month], expected, rtol=1e-9, atol=1e-9)


@given(st.lists(COUNTS, min_size=1, max_size=30), st.integers(0, 400_000))
def test_whole_shares_add_up_and_are_near(weights, total):
    weights = np.array(weights)
    found = joint.shared_out(weights, total)

    exact = (weights if weights.sum() > 0 else np.ones_like(weights)).astype(float)
    exact = exact * (total / exact.sum())
    assert found.sum() == total
    assert (np.abs(found - exact) < 1 + 1e-6).all()


def test_parts_follow_their_border_and_not_each_other_s_noise():
    total = paths.steps((N, 1), 1)
    own = paths.steps((2, N, 1), 2)

    step = joint.followed(total, own)[..., 0]

    found = np.corrcoef([total[:, 0], *step])
    assert abs(step.std() - 1) < 0.02
    assert np.abs(found[0, 1:] - joint.FOLLOWING).max() < 0.02
    assert abs(found[1, 2] - joint.FOLLOWING**2) < 0.02


@pytest.mark.parametrize(("months", "stays"), [(1, 1), (2, 0.5), (7, 0.5), (12, 0.5), (20, 0.5)])
def test_what_stays_of_an_error_is_told_by_how_the_range_widens(months, stays):
    """Half of it: variance 1, 1.5, 2, ... By a year's months at most; what comes after is wild."""
    spread = paths.tail_scores(np.array(paths.QUANTILES))
    width = np.sqrt(0.5 + 0.5 * np.arange(1, months + 1))
    width[12:] = 99
    of = 7 + 0.1 * width[:, None] * spread
    flat, wild = of.copy(), of.copy()
    flat[1:] = of[0]
    wild[1:] = 7 + 90 * spread

    found = paths.persistence(np.stack([of, flat, wild, np.full_like(of, 7)]))

    assert found[0] == pytest.approx(stays)
    if months > 1:
        assert found.tolist()[1:] == [0, 1, 0]


@pytest.mark.parametrize("stays", [0.0, 0.3, 1.0])
def test_scores_are_a_walk_and_noise_of_variance_one(stays):
    step = paths.steps((2, 2, 5, 4), 3)

    found = paths.walked(step, np.array([stays, 1.0]))

    for path in range(5):
        for month in range(4):
            walk = math.sqrt(stays) * sum(step[0, 0, path, : month + 1])
            noise = math.sqrt(1 - stays) * step[0, 1, path, month]
            size = math.sqrt(1 - stays + stays * (month + 1))
            assert found[0, path, month] == pytest.approx((walk + noise) / size)


def test_scores_are_ranked_ties_in_their_order():
    scores = np.array([[3.0, -1.0, 0.5], [1.0, 1.0, 0.0]])

    assert paths.ranked(scores).tolist() == [[1, 2, 0], [2, 0, 1]]


def test_draws_are_each_slice_once_in_the_order_of_their_scores():
    of = np.log1p(np.arange(27.0) * 10)[None, None]
    step = np.array([3.0, -1.0, 0.5])[None, None, :, None] * [[[[1.0]], [[0.0]]]]

    found = paths.from_steps(of, step)[0, :, 0]

    assert found.tolist() == paths.counts(of, np.array([5, 1, 3]) / 6)[0, 0].tolist()


def test_counts_equal_the_library_s_interpolation_to_the_last_digit():
    marks = np.sort(np.random.default_rng(1).normal(8, 1, (2, 3, 27)), axis=-1)
    asked = (np.arange(2000) + 0.5) / 2000

    found = paths.counts(marks, asked)

    known = paths.tail_scores(np.array(paths.QUANTILES))
    for series, month in np.ndindex(2, 3):
        at = np.interp(paths.tail_scores(asked), known, marks[series, month])
        assert found[series, month].tolist() == np.expm1(at).tolist()


def test_counts_are_between_marks_and_none_beyond_them():
    marks = np.log1p(np.arange(27.0) * 10)[None, None]
    probs = np.array(paths.QUANTILES)
    asked = np.array([1e-6, probs[0], probs[3], 0.5, probs[-1], 1 - 1e-6])

    found = paths.counts(marks, asked)[0, 0]

    assert found == pytest.approx([0, 0, 30, 130, 260, 260], abs=1e-9)
    assert (paths.counts(marks - 9, asked) >= 0).all()


def many_scores(series: int = 130, months: int = 60) -> np.ndarray:
    rng = np.random.default_rng(5)
    return 0.6 * rng.normal(size=(1, months)) + 0.8 * rng.normal(size=(series, months))


def test_many_series_hang_together_as_a_matrix_of_each_pair_says(monkeypatch):
    scores = many_scores()
    factors = paths.correlation(scores)
    assert isinstance(factors, paths.Factors)
    monkeypatch.setattr(paths, "MATRIX_UP_TO", 130)
    matrix = paths.correlation(scores)

    by_factors = factors.loadings @ factors.loadings.T
    np.fill_diagonal(by_factors, 1)
    assert np.abs(by_factors - matrix).max() < 0.002
    assert ((factors.loadings**2).sum(axis=1) < 1).all()


def test_a_series_too_short_to_tell_has_the_correlation_of_all_pairs():
    scores = many_scores()
    scores[0, paths.LEAST_COMMON - 1 :] = np.nan
    loadings = paths.factors(scores).loadings

    assert (loadings[0, :-1] == 0).all()
    pairs = np.corrcoef(scores[1:])[~np.eye(129, dtype=bool)]
    assert loadings[0, -1] ** 2 == pytest.approx(pairs.mean(), abs=0.02)


def test_raised_factors_raise_every_correlation_by_the_share():
    factors = paths.factors(many_scores())
    before = (factors.loadings @ factors.loadings.T)[0, 1:]
    raised = factors.raised(0.25).loadings

    assert (raised @ raised.T)[0, 1:] == pytest.approx(0.75 * before + 0.25)


def test_steps_by_factors_are_normal_and_correlated_as_the_loadings_say():
    factors = paths.Factors(np.array([[0.8, 0.0], [0.6, 0.5]]))
    rng = np.random.default_rng(3)
    common = rng.normal(size=(2, 200_000))
    steps = [factors.mixed(row, common, rng.normal(size=200_000)) for row in (0, 1)]

    assert np.std(steps, axis=1) == pytest.approx([1, 1], abs=0.01)
    assert np.corrcoef(steps)[0, 1] == pytest.approx(0.48, abs=0.01)


def test_paths_by_factors_are_the_same_whichever_rows_are_drawn(said):
    of = np.concatenate([paths.marks(said)] * 2)
    factors = paths.Factors(np.full((len(of), 1), 0.5))
    every = paths.draw(of, factors, 50, 7)
    first = next(paths.drawn(of, factors, 50, 7))

    assert np.array_equal(every[0], first)
    assert np.array_equal(np.sort(every[0], axis=0), np.sort(every[len(of) // 2], axis=0))
    assert not np.array_equal(every[0], every[len(of) // 2])


def test_how_long_a_path_stays_away_is_told_by_its_last_month_s_noise_alone():
    """Six paths whose walks fall while their noise rises: the three of least noise stay."""
    of = np.stack([np.log1p(np.linspace(10, 20, 27))] * 2)  # as wide in each month: all noise
    noise = np.array([0.5, -1.5, 2.0, -0.2, 1.1, -0.9])
    step = np.zeros((2, 6, 2))
    step[0], step[1] = -noise[:, None], noise[:, None]

    found = paths.from_two_ways(of, of, -9.0, np.array([0.5, 0.5]), step)

    stays = noise < 0
    assert stays.sum() == 3
    assert found[stays].max() < found[~stays].min()
