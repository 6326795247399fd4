from __future__ import annotations

import numpy as np
import pytest

from models.level import SPEEDS, levels
from tests.support import reference_engine
from tests.support.panels import make_panel


def series(kind: str) -> np.ndarray:
    """60 months, of a kind that another speed follows best."""
    chance = np.random.default_rng(3)
    if kind == "noise":
        return 5 + chance.normal(size=60)
    return 5 + np.cumsum(chance.normal(size=60))


@pytest.mark.parametrize("kind", ["noise", "walk"])
def test_the_level_is_that_of_its_formula_month_by_month(kind):
    z = series(kind)

    found = levels(make_panel(z[None]))[0]

    assert found == pytest.approx(reference_engine.level(z), rel=1e-9)


def test_the_first_level_is_the_first_month_and_the_second_near_their_mean():
    found = levels(make_panel(np.array([[4.0, 8.0, 8.0, 8.0]])))[0]

    speeds = np.maximum(SPEEDS, 0.5)
    assert found[0] == 4
    assert found[1] == pytest.approx(np.mean(4 + 4 * speeds))  # all speeds count alike yet


def test_a_level_of_noise_is_steady_and_one_of_a_walk_follows():
    steady, following = levels(make_panel(np.stack([series("noise"), series("walk")])))

    assert abs(steady[-1] - 5) < 0.6
    assert abs(following[-1] - series("walk")[-1]) < 0.5


def test_a_series_is_what_it_is_alone_whatever_stands_beside_it():
    z = np.stack([series("noise"), series("walk"), series("walk")])
    z[2, :20] = np.nan

    together = levels(make_panel(z))

    for row in range(3):
        alone = levels(make_panel(z[row : row + 1]))[0]
        assert np.array_equal(together[row], alone, equal_nan=True)
    assert np.isnan(together[2, :20]).all()
    assert np.isfinite(together[2, 20:]).all()
    late = levels(make_panel(series("walk")[None, 20:]))[0]
    assert np.array_equal(together[2, 20:], late)


def test_a_month_that_nobody_knows_leaves_the_level_as_it_was():
    z = series("walk")[None]
    filled = np.zeros_like(z, dtype=bool)
    filled[0, 40:43] = True
    panel = make_panel(z)

    found = levels(type(panel)(**vars(panel) | {"filled": filled}))[0]

    assert found[40] == found[41] == found[42] == found[39]
    assert found[43] != found[42]
    assert np.array_equal(found[:40], levels(panel)[0, :40])
