"""Kinds of quantity: told by values and names, and no unit changes a forecast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from forecast.engine.anyseries import SeriesForecasts, forecast_counts, forecast_parts, kept_parts
from forecast.engine.blocks import Scratch, serial
from forecast.engine.predictive import joined
from models.base import MonthlyCounts
from models.quantity import limits_of, quantity_of

MONTHS = np.arange(72)
WAVE = np.sin(2 * np.pi * MONTHS / 12)
NOISE = np.random.default_rng(5).normal(0, 1, (3, 72))


def values_of(values, names=("a", "b", "c")):
    counts = MonthlyCounts(names, np.array(["x"] * 3), values, np.full(3, 700))
    return forecast_counts(counts, 12).values(slice(0, 3))[:, 0]


@pytest.mark.parametrize(
    ("values", "name", "kind", "high", "decimals"),
    [
        ([1, 20, 3], "visits", "count", np.inf, 0),
        ([1.5, 20, 3], "tons", "amount", np.inf, 1),
        ([1.25, 20, 3], "percent vacant", "share", 100, 2),
        ([0.25, 0.5, 1], "share vacant", "share", 1, 2),
        ([125.5, 20, 3], "percent of last year", "amount", np.inf, 1),
        ([-4, 20, 3], "degrees", "difference", np.inf, 0),
        ([1 / 3, 2 / 3], "ratio", "amount", np.inf, None),
    ],
)
def test_a_series_kind_is_seen(values, name, kind, high, decimals):
    of = quantity_of(np.array([np.nan, *values]), name)
    assert (of.kind, of.high, of.decimals) == (kind, high, decimals)


def test_decimals_are_those_of_the_values():
    found = [quantity_of(np.array(x)).decimals for x in ([0.1, 2], [0.125], [1e6], [np.nan])]
    assert found == [1, 3, 0, 0]


@pytest.mark.parametrize("later", [0.5, 80.5, 120, -3, 2 / 3])
def test_where_a_series_ends_is_told_by_no_later_value(later):
    values = np.array([[np.nan, 0.25, 0.5, 0.25, later]])
    whole, cut = limits_of(values, ["% vacant"]), limits_of(values[:, :4], ["% vacant"])
    for name in ("low", "high", "decimals"):
        assert getattr(whole, name)[0, :4].tolist() == getattr(cut, name)[0].tolist()
    assert cut.high[0].tolist() == [100, 1, 1, 1]
    said = whole.kept(np.array([[[0.333, -0.1, 1.2]]]), np.array([3]))
    assert said.tolist() == [[[0.33, 0, 1]]]


@pytest.mark.parametrize("unit", [0.01, 0.001])
def test_no_unit_changes_the_forecast(unit):
    tenths = np.round(53 + 12 * WAVE + 3 * NOISE) / 10
    assert np.allclose(values_of(tenths * unit) / unit, values_of(tenths), atol=1e-9)


def test_a_percentage_stays_within_its_bounds_with_the_digits_it_has():
    rate = np.clip(np.round(96 + 3 * NOISE, 1), 0, 100)
    values = values_of(rate, ("a %", "b %", "c %"))
    assert values.max() == 100
    assert np.array_equal(values, np.round(values, 1))


def test_values_below_zero_are_forecast_as_they_are():
    degrees = np.round(2 + 15 * WAVE + 2 * NOISE, 1)
    values = values_of(degrees)
    coldest = np.argmin(values[0, :, 11])
    assert values[0, coldest, 11] < -8
    assert (np.diff(values, axis=-1) >= 0).all()
    assert np.allclose(values_of(degrees * 10) / 10, values, atol=0.11)


def test_nothing_later_has_a_part_in_the_unit():
    tenths = np.round(53 + 12 * WAVE + 3 * NOISE) / 10
    spoiled = tenths.copy()
    spoiled[0, 60:] *= 7.77
    answers = []
    for values in (tenths, spoiled):
        made = MonthlyCounts(("a", "b", "c"), np.array(list("xyz")), values, np.full(3, 700))
        back = forecast_counts(made, 6, hindcasts=14)
        answers.append(back.predictive.at(back.back >= 12).values((0.1, 0.9)))
    assert np.array_equal(*answers)


def turning() -> MonthlyCounts:
    """Five series of a family that end apart; two go below 0, late, and one has gaps before."""
    values = np.round(40 + 12 * WAVE + 3 * np.random.default_rng(8).normal(0, 1, (5, 72)))
    values[1, 50:] -= 60
    values[3, 61] = -2
    values[3, 58:61] = np.nan
    return MonthlyCounts(tuple("abcde"), np.array(["x"] * 5), values, 700 + np.arange(5))


def rare() -> MonthlyCounts:
    """Five that end apart, most months of nothing; one has gaps."""
    draws = np.random.default_rng(9)
    values = draws.poisson(15, (5, 72)) * (draws.random((5, 72)) < 0.4) * 1.0
    values[3, 40:43] = np.nan
    return MonthlyCounts(tuple("abcde"), np.array(["x"] * 5), values, 700 + np.arange(5))


def until(counts: MonthlyCounts, month: int) -> MonthlyCounts:
    """What was known in a calendar month."""
    columns = counts.values.shape[1]
    lost = np.maximum(counts.last - month, 0)
    values = np.full_like(counts.values, np.nan)
    for row, of in enumerate(lost.tolist()):
        values[row, of:] = counts.values[row, : columns - of]
    return replace(counts, values=values, last=counts.last - lost)


def said_of(of: MonthlyCounts, in_parts: bool) -> SeriesForecasts:
    """Hindcasts of all at once, or of two halves one by one."""
    if not in_parts:
        return forecast_counts(of, 6, hindcasts=30)
    halves = [of.some(np.arange(5) % 2 == half) for half in (0, 1)]
    parted = kept_parts(zip("ab", halves, strict=True), Scratch(), [])
    parts = list(forecast_parts(parted, 6, hindcasts=30, spread=serial))
    said = joined([part.predictive for part in parts]).of(np.array([0, 3, 1, 4, 2]))
    return SeriesForecasts(of, parts[0].back, said)


@cache
def said_of_all(made: Callable[[], MonthlyCounts], in_parts: bool) -> SeriesForecasts:
    return said_of(made(), in_parts)


@pytest.mark.parametrize("in_parts", [False, True])
@pytest.mark.parametrize("made", [turning, rare])
@pytest.mark.parametrize(
    "month", [681, 699, *(pytest.param(m, marks=pytest.mark.slow) for m in (674, 682, 695))]
)
def test_what_comes_later_changes_no_byte_of_what_was_said(month, made, in_parts):
    counts = made()
    then, now = until(counts, month), said_of_all(made, in_parts)
    ends = said_of(then, in_parts).ends().predictive.values((0.1, 0.5, 0.9))[:, 0]
    back = counts.last - then.last
    place = len(now.back) - 1 - back
    known = np.isfinite(then.values[:, -1])
    hindcasts = now.predictive.values((0.1, 0.5, 0.9))[np.arange(5), place]
    assert known.sum() >= 4
    assert np.array_equal(hindcasts[known], ends[known])
    assert (ends[1].min() < 0) == (made is turning and month > 680)
