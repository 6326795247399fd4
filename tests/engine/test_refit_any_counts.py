"""Whatever is counted: forecasts are finite, in order, unbiased, and scale with the counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.engine import paths, tails
from forecast.engine.forecast import HUB
from forecast.engine.predictive import Predictive
from forecast.engine.refit import engine_forecasts
from tests.support.panels import make_panel

H = 12
MONTHS = st.shared(st.integers(24, 48), key="months")


@st.composite
def spike(draw, months):
    out = [0] * months
    out[draw(st.integers(0, months - 1))] = draw(st.integers(1, 10**9))
    return out


@st.composite
def season(draw, months):
    """Strongly seasonal, the last month one of none."""
    top, on = draw(st.integers(1, 10**6)), draw(st.integers(1, 11))
    return [top if 0 < (months - 1 - month) % 12 <= on else 0 for month in range(months)]


def any_series(months):
    count = st.integers(0, 10**9)
    return st.one_of(
        st.lists(count, min_size=months, max_size=months),
        st.lists(st.integers(0, 3), min_size=months, max_size=months),
        count.map(lambda one: [one] * months),
        spike(months),
        season(months),
    )


def last_forecast(counts):
    panel = make_panel(np.log1p(np.array(counts, dtype=float)))
    return engine_forecasts(panel, np.array([panel.z.shape[1] - 1]), H)


@pytest.mark.slow
@given(MONTHS.flatmap(lambda months: st.lists(any_series(months), min_size=1, max_size=3)))
@settings(max_examples=15)
def test_any_counts_have_finite_forecasts_in_order(counts):
    said = last_forecast(counts)

    quantiles = said.quantiles(HUB)[:, 0]
    whole = np.stack([said.counts(HUB, row, 0) for row in range(len(counts))])
    drawn = paths.from_steps(paths.marks(said), paths.steps((len(counts), 2, 20, H), 1))

    assert np.isfinite(quantiles).all()
    assert (quantiles >= 0).all()
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    assert (np.diff(whole, axis=-1) >= 0).all()
    assert np.isfinite(drawn).all()
    assert (drawn >= 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_ten_times_the_counts_are_ten_times_the_forecast(seed):
    """Counts so large that neither the 1 of log1p nor the noise of counting matters."""
    chance = np.random.default_rng(seed)
    season = seed * 0.3 * np.cos(2 * np.pi * np.arange(60) / 12)
    z = 14 + season + np.cumsum(0.1 * chance.standard_t(4, (2, 60)), axis=1)
    counts = np.rint(np.exp(z))
    one, ten = (last_forecast(counts * by).quantiles(HUB)[:, 0] for by in (1, 10))

    assert np.abs(ten - one - np.log(10)).max() < 1e-3


def walks(chance):
    return np.rint(np.exp(8 + np.cumsum(0.15 * chance.standard_t(5, (60, 84)), axis=1)))


def few(chance):
    return chance.poisson(3.0, (60, 84))


def seasonal(chance):
    wave = np.cos(2 * np.pi * np.arange(84) / 12 + chance.uniform(0, 6, (60, 1)))
    return chance.poisson(np.exp(4 + 0.5 * wave + 0.1 * chance.normal(size=(60, 84))))


def probability(said: Predictive, z: np.ndarray) -> np.ndarray:
    """Of a month at or below z, (series, origins) log1p counts, one month on."""
    below = tails.below(z, said.centre[..., 0], said.scale[..., 0], said.df)
    if (mixed := said.mixtures) is not None:
        at = mixed.row, mixed.place
        below[at] = mixed.ahead(0, 1).cdf(z[at][:, None, None], said.df[at])[:, 0, 0]
    return below


@pytest.mark.parametrize("simulated", [walks, few, seasonal])
def test_forecasts_of_simulated_counts_are_unbiased(simulated):
    """The randomized PIT of what came: 60 series, the last 20 months, one month ahead."""
    chance = np.random.default_rng(18)
    counts = simulated(chance).astype(float)
    panel = make_panel(np.log1p(counts))
    before = np.arange(63, 83)
    said = engine_forecasts(panel, before, 1)
    came = counts[:, before + 1]

    below, up_to = (probability(said, np.log1p(np.maximum(came + by, 0))) for by in (-0.5, 0.5))
    below = np.where(came == 0, 0.0, below)
    pit = below + chance.uniform(size=came.shape) * (up_to - below)

    # Its standard error is .008; a Poisson of 3 has .53, a t on logarithms is not quite its shape.
    assert abs(pit.mean() - 0.5) < 0.04
    assert abs((np.abs(pit - 0.5) < 0.4).mean() - 0.8) < 0.06
