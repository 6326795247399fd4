"""Distributions as rows to store: of which month they speak, and on which figures they rest."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from forecast import months
from forecast.engine.forecast import (
    INTERVAL_PROBS,
    INTERVALS,
    data_digests,
    forecast_rows,
    hindcast_rows,
    hub_quantiles,
    with_summed_medians,
)
from forecast.engine.refit import engine_forecasts
from forecast.types import HUB_PERMILLES, SeriesKey
from models.base import Panel
from tests.support import reference_numbers, tiny_record
from tests.support.cbp_files import ENCOUNTERS

KEYS = tuple(SeriesKey("northern", "state", f"S{i}") for i in range(6))
LAST = "2026-08"  # of the panel


def test_quantiles_stand_on_the_months_after_the_last_one(panel: Panel):
    said = engine_forecasts(panel, np.array([89]), reference_numbers.H)

    found = list(hub_quantiles(said, panel, KEYS))

    ahead = [months.shift(LAST, step) for step in range(1, reference_numbers.H + 1)]
    assert [(key, month, p) for key, month, p, _ in found] == [
        (key, month, p) for key in KEYS for month in ahead for p in HUB_PERMILLES
    ]
    first = [count for key, month, _, count in found if (key, month) == (KEYS[0], ahead[0])]
    assert first == said.counts([p / 1000 for p in HUB_PERMILLES], 0, 0)[0].tolist()


def test_quantiles_are_of_the_series_that_have_a_forecast_from_their_own_end(ragged: Panel):
    """The fourth is too young; those after it, and one that ends earlier, are not."""
    last = ragged.last - np.array([0, 0, 0, 0, 2, 3])
    apart = Panel(ragged.z, last, ragged.family, ragged.names, ragged.events)
    said = engine_forecasts(apart, np.array([88, 89]), 2)

    found = list(hub_quantiles(said, apart, KEYS))

    firsts = {key: month for key, month, *_ in reversed(found)}
    assert firsts == {
        KEYS[i]: months.shift(LAST, 1 - back)
        for i, back in ((0, 0), (1, 0), (2, 0), (4, 2), (5, 3))
    }
    assert len(found) == 5 * 2 * 23


def test_a_hindcast_names_its_cutoff_its_months_and_its_figures(panel: Panel):
    said = engine_forecasts(panel, np.array([80, 89]), reference_numbers.H)
    digests = data_digests(panel)

    found = list(hindcast_rows(said, panel, KEYS, np.array([80, 89]), "bordercast", "1", digests))

    cutoff = months.shift(LAST, -9)
    assert [of.series for of in found] == list(KEYS)
    one, ahead = found[2], range(1, reference_numbers.H + 1)
    rows = list(zip(one.cutoffs, one.months, one.horizons, one.digests, strict=True))
    assert rows == [
        (last, months.shift(last, step), step, digests[column])
        for last, column in ((cutoff, 80), (LAST, 89))
        for step in ahead
    ]
    assert (one.model, one.version) == ("bordercast", "1")


def test_hindcasts_on_record_are_not_made_again(panel: Panel):
    origins = np.array([80, 89])
    said = engine_forecasts(panel, origins, 2)
    held = {("m", "1", KEYS[0], LAST), ("m", "1", KEYS[1], LAST), ("m", "0", KEYS[2], LAST)}
    held |= {("m", "1", KEYS[1], months.shift(LAST, -9)), ("m", "1", KEYS[3], LAST)}

    found = hindcast_rows(
        *(said, panel, KEYS, origins, "m", "1", {80: "a", 89: "b"}),
        among=KEYS[:3], recorded=held,
    )  # fmt: skip

    assert {of.series: of.digests for of in found} == {
        KEYS[0]: ("a", "a"),
        KEYS[2]: ("a", "a", "b", "b"),
    }


def test_a_digest_is_of_every_value_up_to_its_month(panel: Panel):
    digests = data_digests(panel)

    columns = np.ascontiguousarray(panel.z.T)
    for column in (0, 1, 89):
        whole = hashlib.sha256(columns[: column + 1].tobytes()).hexdigest()
        assert digests[column] == whole[:16]


def test_a_hindcast_s_numbers_are_those_of_its_distribution(panel: Panel):
    """None from a month that nobody knows, or before there is a forecast."""
    gap = Panel(panel.z.copy(), panel.last, panel.family, panel.names, panel.events)
    origins = np.array([10, 80, 85])
    said = engine_forecasts(panel, origins, reference_numbers.H)
    gap.z[2, 85] = np.nan

    found = list(
        hindcast_rows(said, gap, KEYS, origins, "m", "1", dict.fromkeys((10, 80, 85), "d"))
    )

    assert sum(len(of.months) for of in found) == (6 * 2 - 1) * reference_numbers.H
    probs = [p / 1000 for p in HUB_PERMILLES]
    for of in found:
        series, ahead = KEYS.index(of.series), slice(0, reference_numbers.H)
        places = [1] if series == 2 else [1, 2]
        counts = np.concatenate([said.counts(probs, series, place) for place in places])
        assert of.counts.tolist() == counts.tolist()
        assert of.centre == said.centre[series, places, ahead].ravel().tolist()
        assert of.scale == said.scale[series, places, ahead].ravel().tolist()
        assert of.df == [said.df[series, place] for place in places for _ in range(12)]


def test_forecasts_stand_on_the_months_after_each_series_last(ragged: Panel):
    early = Panel(ragged.z, ragged.last - np.arange(6), ragged.family, ragged.names, ragged.events)
    said = engine_forecasts(early, np.array([88, 89]), 3)

    found = forecast_rows(said, early, KEYS, "bordercast")

    assert {row.series for row in found} == {key for i, key in enumerate(KEYS) if i != 3}  # young
    for row in found:
        series = KEYS.index(row.series)
        assert (row.cutoff, row.model) == (months.shift(LAST, -series), "bordercast")
        assert row.month == months.shift(row.cutoff, row.horizon)
        counts = said.counts(INTERVAL_PROBS, series, 1)[row.horizon - 1].tolist()
        assert [getattr(row, name) for name in INTERVALS] == counts
        numbers = said.centre[series, 1, row.horizon - 1], said.scale[series, 1, row.horizon - 1]
        assert (row.centre, row.scale, row.df) == (*numbers, said.df[series, 1])


def test_nationwide_s_median_is_the_borders_within_its_half():
    """lo50 and hi50 are one count from the median here: 303 of 302 moves, 310 does not get far."""
    north, south, other, whole = (
        [tiny_record.forecast(key, "2026-08", step, median, model) for step in (1, 2)]
        for key, median, model in (
            (tiny_record.NORTH, 101, "m"),
            (tiny_record.SOUTH, 101, "m"),
            (tiny_record.OTHER, 101, "m"),
            (tiny_record.WHOLE, 302, "m"),
        )
    )
    far = [
        tiny_record.forecast(tiny_record.WHOLE, "2026-08", 1, median, "m") for median in (310, 290)
    ]
    foreign = tiny_record.forecast(tiny_record.WHOLE, "2026-08", 1, 302, "naive")
    part = tiny_record.forecast(tiny_record.NEW_YORK, "2026-08", 1, 7, "m")
    rest = [*north, *south, *other[:1], part]

    found = with_summed_medians([*rest, *whole, *far, foreign], ENCOUNTERS.tree)

    assert found[: len(rest)] == rest
    assert [row.median for row in found[len(rest) :]] == [303, 302, 309, 291, 302]
    assert found[len(rest)].hi95 == whole[0].hi95


@pytest.mark.parametrize("series", [0, 5])
def test_a_changed_value_changes_the_digests_from_its_month_on(panel: Panel, series):
    changed = Panel(panel.z.copy(), panel.last, panel.family, panel.names, panel.events)
    changed.z[series, 40] += 1e-9

    before, after = data_digests(panel), data_digests(changed)

    assert [c for c in before if before[c] != after[c]] == list(range(40, 90))
