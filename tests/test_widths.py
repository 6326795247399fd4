from __future__ import annotations

import numpy as np
import pytest
from panels import perturbed
from scipy.stats import t as student

from forecast.engine import intervals, parameters
from models.base import Panel

H = 6


def errors_of(size: float, months: int = 300) -> tuple[np.ndarray, ...]:
    """Centre, scale and df of forecasts whose errors are `size` times what the scale says."""
    z = np.zeros((20, months))
    rough = np.sin(np.arange(20)[:, None] * 78.233 + np.arange(months) * 12.9898) * 43758.5453
    noise = student.ppf(rough - np.floor(rough), 3.0)
    centre, scale = np.zeros((2, 20, months, H))
    scale[:] = 1.0
    for h in range(1, H + 1):
        centre[:, :-h, h - 1] = -size * noise[:, h:]
    return centre, scale, np.full((20, months), 3.0), z


def learned(
    centre: np.ndarray, scale: np.ndarray, df: np.ndarray, z: np.ndarray, family: np.ndarray
) -> np.ndarray:
    squares = intervals.squared_errors(centre, scale, z)
    return intervals.learned_width(squares, df, family, np.arange(z.shape[1]))


@pytest.mark.parametrize("size", [0.6, 1.0, 1.7])
def test_a_family_learns_how_wide_its_errors_are(size: float) -> None:
    family = np.full(20, "a")
    width = learned(*errors_of(size), family)
    assert np.allclose(np.log(size), width[:, -1], atol=0.2)


def test_it_believes_the_width_until_errors_have_come() -> None:
    width = learned(*errors_of(2.0), np.full(20, "a"))
    assert np.allclose(0, width[:, : parameters.FIRST_WIDTH + 1])


def test_another_family_teaches_nothing() -> None:
    calm, rough = errors_of(0.5), errors_of(2.0)
    both = [np.concatenate(pair) for pair in zip(calm, rough, strict=True)]
    width = learned(*both, np.array(["a"] * 20 + ["b"] * 20))
    alone = learned(*calm, np.full(20, "a"))
    assert np.array_equal(alone, width[:20])


def test_it_knows_nothing_later(panel: Panel) -> None:
    centre = np.repeat(panel.z[..., None], H, axis=2)
    scale, df = np.full_like(centre, 0.1), np.full_like(panel.z, 3.0)
    expected = learned(centre, scale, df, panel.z, panel.family)
    other = perturbed(panel, 60).z
    actual = learned(centre, scale, df, other, panel.family)
    assert np.array_equal(expected[:, :61], actual[:, :61])
    assert not np.array_equal(expected[:, 61], actual[:, 61])


def test_only_calm_series_are_widened_and_none_narrows_with_the_horizon() -> None:
    scale = np.array([[[1.0, 1.5, 1.2]]])
    width = np.full((1, 1, 3), np.log(2))
    assert np.allclose([1, 1.5, 1.5], intervals.widened(scale, width, np.array([[1.0]])))
    assert np.allclose([2, 3, 3], intervals.widened(scale, width, np.array([[0.0]])))
