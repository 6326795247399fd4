"""Joint paths: exact months, a random walk's coherence, the same draws for ever."""

from __future__ import annotations

import math
from itertools import accumulate
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from forecast.engine import paths, reconcile
from forecast.engine.refit import engine_forecasts
from forecast.engine.rows import HUB
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
    spread = np.array([paths.tail_scores(np.array(paths.MARK_PROBS))] * 12)
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
    places = [paths.MARK_PROBS.index(p) for p in (0.025, 0.5)]
    low, middle = np.log1p(
        paths.quantiles(paths.draw(of[:3], together, N, 3).sum(axis=0), (0.025, 0.5))
    )
    free = np.log1p(paths.quantiles(paths.draw(of[:3], np.eye(3), N, 3).sum(axis=0), (0.025, 0.5)))
    wanted = (of[3][:, places[1]] - of[3][:, places[0]]).mean()

    assert abs((middle - low).mean() / wanted - 1) < 0.1
    assert (free[1] - free[0]).mean() < (middle - low).mean()


def test_draws_are_the_same_for_ever():
    """Numbers written down once: a run's answers must not change with numpy or with us."""
    of = np.outer(np.arange(1, 4), np.array(paths.MARK_PROBS))[None] + 5

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

    probs = paths.MARK_PROBS
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


COUNTS = st.floats(0, 1e9, width=32)


@given(hnp.arrays(float, (3, 5, 2), elements=COUNTS), hnp.arrays(float, (5, 2), elements=COUNTS))
@settings(deadline=None)
def test_parts_add_up_in_their_proportions(parts, total):
    found = reconcile.adding_up(parts, total)

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
    found = reconcile.shared_out(weights, total)

    exact = (weights if weights.sum() > 0 else np.ones_like(weights)).astype(float)
    exact = exact * (total / exact.sum())
    assert found.sum() == total
    assert (np.abs(found - exact) < 1 + 1e-6).all()


def test_parts_follow_their_border_and_not_each_other_s_noise():
    total = paths.steps((N, 1), 1)
    own = paths.steps((2, N, 1), 2)

    step = reconcile.followed(total, own)[..., 0]

    found = np.corrcoef([total[:, 0], *step])
    assert abs(step.std() - 1) < 0.02
    assert np.abs(found[0, 1:] - reconcile.FOLLOWING).max() < 0.02
    assert abs(found[1, 2] - reconcile.FOLLOWING**2) < 0.02
