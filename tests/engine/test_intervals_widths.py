from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from forecast.engine import intervals, parameters
from models import onepass
from models.base import Panel
from tests.support import reference_engine
from tests.support.panels import perturbed

H = 6


def learned_width(squares, df, family, origins, behind=None) -> np.ndarray:
    """What families learn, as the steps of the engine ask for it, month by month."""
    number = np.unique(family, return_inverse=True)[1]
    squares, df = (
        onepass.on_calendar(squares, behind, np.nan),
        onepass.on_calendar(df, behind, np.nan),
    )

    months, longest = df.shape[1], squares.shape[2]
    before = months - squares.shape[1]

    def month(t, mean):
        if t < before:
            none = np.zeros(mean.shape, dtype=np.int64)
            return none, none
        issued = t - 1 - np.arange(mean.shape[1])
        return intervals.month_squares(squares[:, t - before], df[:, issued], number, mean)

    learned = intervals.learned_widths(int(number.max()) + 1, months, longest, month)
    return intervals.learned_by(number, learned, origins, behind)


def errors_of(size: float, months: int = 300) -> tuple[np.ndarray, ...]:
    """Centre, scale and df of forecasts whose errors are `size` times what the scale says."""
    z = np.full((20, months), 5.0)
    rough = np.sin(np.arange(20)[:, None] * 78.233 + np.arange(months) * 12.9898) * 43758.5453
    noise = student.ppf(rough - np.floor(rough), 3.0)
    centre, scale = np.zeros((2, 20, months, H))
    scale[:] = 1.0
    for h in range(1, H + 1):
        centre[:, :-h, h - 1] = 5 - size * noise[:, h:]
    return centre, scale, np.full((20, months), 3.0), z


def learned(
    centre: np.ndarray, scale: np.ndarray, df: np.ndarray, z: np.ndarray, family: np.ndarray
) -> np.ndarray:
    squares = intervals.squared_errors(centre, scale, z)
    return learned_width(squares, df, family, np.arange(z.shape[1]))


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


def test_widths_equal_another_implementation() -> None:
    """Of three series; forecasts of two months are unknown, and early ones teach nothing."""
    t, row = np.arange(50.0), np.arange(3.0)[:, None]
    z = 5 + np.sin(t * 1.7 + row) + 0.3 * np.sin(t * 0.9) * row
    centre = 5 + 0.4 * np.sin(t + row)[..., None] * np.arange(1, 5)
    scale = 0.3 + 0.1 * np.sqrt(np.arange(1, 5)) + 0 * centre
    scale[:, 30:32] = np.nan
    df = 2.5 + 0.1 * row + 0 * z

    found = learned(centre, scale, df, z, np.full(3, "a"))

    expected = reference_engine.widths(centre, scale, df, z)
    assert np.abs(expected[-1]).max() > 0.1
    for series in found:
        assert np.allclose(expected, series, rtol=0, atol=1e-9)
    some = learned_width(
        intervals.squared_errors(centre, scale, z), df, np.full(3, "a"), np.array([30, 49])
    )
    assert np.array_equal(found[:, [30, 49]], some)


def test_one_horizon_learns_a_level_and_no_slope() -> None:
    centre, scale, df, z = errors_of(2.0, months=60)

    width = learned(centre[..., :1], scale[..., :1], df, z, np.full(20, "a"))

    assert width.shape == (20, 60, 1)
    assert np.isfinite(width).all()
    assert 0.3 < width[0, -1, 0] < np.log(2)


def test_squares_of_parts_of_a_family_add_up() -> None:
    """As the likelihood of a t weighs them, in units of what was known of their mean."""
    square = np.array([[4.0, 1.0, 9.0], [np.nan, 2.0, 9.0], [1.0, 8.0, 9.0]])
    df = np.array([[3.0, 2.5], [2.5, 3.0], [3.0, 3.0]])
    family, mean = np.array([1, 0, 1]), np.array([[1.0, 2.0], [1.5, 0.5]])

    total, count = intervals.month_squares(square, df, family, mean)

    def weighed(row: int, h: int) -> float:
        nu, q, m = df[row, h], square[row, h], mean[family[row], h]
        return float((nu + 1) * q / (nu + q / m))

    expected = [[0, weighed(1, 1)], [weighed(0, 0) + weighed(2, 0), weighed(0, 1) + weighed(2, 1)]]
    assert np.allclose(total * 2.0**-40, expected, rtol=0, atol=1e-11)
    assert count.tolist() == [[0, 1], [2, 2]]
    first = intervals.month_squares(square[:1], df[:1], family[:1], mean)
    rest = intervals.month_squares(square[1:], df[1:], family[1:], mean)
    assert np.array_equal(first[0] + rest[0], total)
    assert np.array_equal(first[1] + rest[1], count)


def test_a_series_that_is_silent_teaches_no_width() -> None:
    """Two years of 0: what is right about it is nobody's merit."""
    centre, scale, df, z = errors_of(1.0, months=90)
    quiet = np.concatenate([centre, np.zeros_like(centre)])
    both = np.concatenate([z, np.zeros_like(z)])

    alone = learned(centre, scale, df, z, np.full(20, "a"))
    beside = learned(quiet, np.tile(scale, (2, 1, 1)), np.tile(df, (2, 1)), both, np.full(40, "a"))

    assert np.array_equal(alone, beside[:20])


def test_widths_are_learned_by_the_month_where_series_end_apart() -> None:
    """The last one's newest ten months are nobody else's: the others have learned without them."""
    centre, scale, df, z = errors_of(1.5, months=90)
    squares, ends = intervals.squared_errors(centre, scale, z), np.array([0] * 10 + [10] * 10)
    family, every = np.full(20, "a"), np.arange(90)

    found = learned_width(squares, df, family, every, ends)

    squares[:10, 80:] *= 9
    again = learned_width(squares, df, family, every, ends)
    assert np.array_equal(found[10:], again[10:], equal_nan=True)
    assert np.array_equal(found[:10, :80], again[:10, :80])
    assert np.array_equal(found[0, 30:80], found[10, 40:])
    assert not np.allclose(found[0, -1], again[0, -1])
