"""Nowcasts beside ours: of what is known exactly they are exact, and none sees what comes later."""

import numpy as np
import pytest

from benchmarks import nowcasts
from forecast.engine.scores import PROBS

MIDDLE = PROBS.index(0.5)


@pytest.fixture(scope="module")
def come() -> np.ndarray:
    return nowcasts.reported(nowcasts.made(3000), 1.0, np.random.default_rng(0))


def test_months_grow_to_their_last_count(come):
    assert (np.diff(come, axis=-1) >= 0).all()
    assert (come[..., -1] == nowcasts.made(3000)).all()
    assert come[..., 0].sum() / come[..., -1].sum() == pytest.approx(0.40, abs=0.01)
    assert come[..., 1].sum() / come[..., -1].sum() == pytest.approx(0.92, abs=0.01)


@pytest.mark.parametrize("age", [0, 1])
def test_what_always_comes_alike_is_completed_exactly(age):
    finals = 1000.0 * np.arange(10, 30)
    own = nowcasts.seen(finals[:, None] * [0.4, 0.92, 1.0], 15)
    last = finals[15 - age]
    for quantiles in (nowcasts.ours(own, own, age), nowcasts.peer(own, age)):
        assert quantiles[MIDDLE] == pytest.approx(last, rel=0.001)
        assert (np.diff(quantiles) >= 0).all()


@pytest.mark.parametrize("age", [0, 1])
def test_neither_sees_what_comes_later(come, age):
    other = come[0].copy()
    other[20:] *= 7
    other[19, 1:] *= 7
    other[18, 2] *= 7
    a, b = nowcasts.seen(come[0], 19), nowcasts.seen(other, 19)
    assert np.array_equal(nowcasts.peer(a, age), nowcasts.peer(b, age))
    assert np.array_equal(nowcasts.ours(a, a, age), nowcasts.ours(b, b, age))
