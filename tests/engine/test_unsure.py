"""Forecasts from completed months, beside a Kalman filter that knows how unsure these are."""

from __future__ import annotations

import numpy as np
import pytest

from forecast import months
from forecast.engine import ENGINE
from forecast.engine.forecast import Forecasts, Headline
from forecast.engine.mixtures import Mixtures
from forecast.engine.predictive import PanelHindcasts, Predictive
from forecast.engine.unsure import weighed
from forecast.types import Provisional, SeriesKey
from models.base import Panel

STEP, NOISE, MONTHS, AHEAD, DF = 0.002, 0.006, 60, 6, 1e9
KEY, OTHER = SeriesKey("Births"), SeriesKey("Deaths")
LAST = "2024-05"


def local_level(z, extra):
    """Filter a local level, months as noisy as `extra` says beside; level and variance a month."""
    level, variance, found = z[0], 1.0, []
    for value, more in zip(z, extra, strict=True):
        variance += STEP
        gain = variance / (variance + NOISE + more)
        level, variance = level + gain * (value - level), variance * (1 - gain)
        found.append((level, variance))
    return np.array(found).T


def said_of(z, extra=0.0):
    """What the filter says at each month, one row, AHEAD months ahead."""
    level, variance = local_level(z, np.broadcast_to(extra, z.shape))
    ahead = variance[:, None] + STEP * np.arange(1, AHEAD + 1) + NOISE
    centre = np.repeat(level[:, None], AHEAD, axis=1)
    whole = [np.full((1, MONTHS), x) for x in (DF, 99.0, 0.0, 0.0, 1.0)]
    return Predictive(centre[None], np.sqrt(ahead * (1 - 2 / DF))[None], *whole)


def early(month, sd, key=KEY):
    low, high = np.exp([-1.2816 * sd, 1.2816 * sd])
    counted = (key, month, 400, 1, 0, "2024-06-01", "05.csv", "delivery")
    return Provisional(*counted, 0.4, 0.4 * low, 0.4 * high, said="habit")


def panel_of(z):
    last = np.array([months.to_index(LAST)])
    return Panel(z[None], last, np.array(["own"]), ("Births",))


def asked(said, z, provisional, further=None):
    origins = np.arange(MONTHS)
    head = Headline((KEY,), panel_of(z), {}, 0, 0)
    models = Forecasts({ENGINE: said}, {ENGINE: origins}, {}, further)
    return weighed(models, [], head, provisional)[0]


@pytest.fixture
def z():
    random = np.random.default_rng(3)
    return 8 + np.cumsum(STEP**0.5 * random.standard_normal(MONTHS)) + 0.2 * (np.arange(60) == 59)


@pytest.mark.parametrize("sds", [(0.05,), (0.3,), (0.2, 0.05), (3.0,)], ids=str)
def test_forecasts_are_those_of_a_filter_that_knows_how_unsure_months_are(z, sds):
    extra = np.zeros(MONTHS)
    extra[::-1][: len(sds)] = np.square(sds)
    unsure = [early(months.shift(LAST, -age), sd) for age, sd in enumerate(sds)]

    found = asked(said_of(z), z, unsure).predictive[ENGINE]

    exact = said_of(z, extra)
    off = 0.01 if len(sds) > 1 else 0.0005  # the second is weighed by what the first left exact
    assert found.centre[0, -1] == pytest.approx(exact.centre[0, -1], abs=off)
    assert found.scale[0, -1] == pytest.approx(exact.scale[0, -1], rel=off)
    assert (found.scale[0, -1] > said_of(z).scale[0, -1]).all()
    assert (found.centre[0, :-1] == said_of(z).centre[0, :-1]).all()  # hindcasts stay


def test_nothing_moves_where_all_months_are_whole_or_others_are_unsure(z):
    said = said_of(z)

    assert asked(said, z, []).predictive[ENGINE] is said
    assert asked(said, z, [early(LAST, 0.1, OTHER)]).predictive[ENGINE] is said


def test_parts_and_what_lies_further_ahead_move_as_far(z):
    said, far = said_of(z), said_of(z).at(np.array([MONTHS - 1]))
    family = PanelHindcasts((KEY,), panel_of(z), said, further=far)
    head = Headline((OTHER,), panel_of(z), {}, 0, 0)
    models = Forecasts({ENGINE: said}, {ENGINE: np.arange(MONTHS)}, {}, far)

    same, (moved,) = weighed(models, [family], head, [early(LAST, 0.2)])

    assert same.predictive[ENGINE] is said
    assert moved.further.centre[0, 0] == pytest.approx(moved.predictive.centre[0, -1])
    assert moved.further.scale[0, 0] == pytest.approx(moved.predictive.scale[0, -1])
    assert (moved.further.scale > far.scale).all()


def test_a_count_models_mean_and_size_move_with_it(z):
    said, here = said_of(z), np.array([0])
    t, ones = said.centre[:, -1], np.ones((1, AHEAD))
    mixed = Mixtures(
        *(here, here + MONTHS - 1, t, said.scale[:, -1], np.zeros(1), 0 * ones),
        *(np.ones(1), np.exp(t), 50 * ones),
    )
    both = Predictive(*(getattr(said, n) for n in Predictive.__annotations__ if n in SEVEN), mixed)

    moved = asked(both, z, [early(LAST, 0.3)]).predictive[ENGINE]

    more = moved.scale[0, -1] ** 2 - said.scale[0, -1] ** 2
    assert np.log(moved.mixtures.mean[0]) == pytest.approx(moved.centre[0, -1])
    assert 1 / moved.mixtures.size[0] == pytest.approx(1 / 50 + more, rel=1e-6)
    assert mixed.size[0].tolist() == [50] * AHEAD


SEVEN = ("centre", "scale", "df", "reach", "share", "weight", "sigma")
