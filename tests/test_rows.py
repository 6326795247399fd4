"""Distributions as rows to store: of which month they speak, and on which figures they rest."""

from __future__ import annotations

import hashlib

import golden
import numpy as np
import pytest

from forecast import months
from forecast.engine.refit import engine_forecasts
from forecast.engine.rows import data_digests, hindcast_rows, hub_quantiles
from forecast.records import HUB_PERMILLES, SeriesKey
from models.base import Panel

KEYS = tuple(SeriesKey("northern", "state", f"S{i}") for i in range(6))
LAST = "2026-08"  # of the panel


def test_quantiles_stand_on_the_months_after_the_last_one(panel: Panel):
    said = engine_forecasts(panel, np.array([89]), golden.H)

    found = hub_quantiles(said, panel, KEYS)

    ahead = [months.shift(LAST, step) for step in range(1, golden.H + 1)]
    assert [(key, month, p) for key, month, p, _ in found] == [
        (key, month, p) for key in KEYS for month in ahead for p in HUB_PERMILLES
    ]
    first = [count for key, month, _, count in found if (key, month) == (KEYS[0], ahead[0])]
    assert first == said.counts([p / 1000 for p in HUB_PERMILLES], 0, 0)[0].tolist()


def test_a_hindcast_names_its_cutoff_its_months_and_its_figures(panel: Panel):
    said = engine_forecasts(panel, np.array([80, 89]), golden.H)
    digests = data_digests(panel)

    found = hindcast_rows(said, panel, KEYS, np.array([80, 89]), "bordercast", "1", digests)

    cutoff = months.shift(LAST, -9)
    of_one = [row for row in found if (row.series, row.cutoff) == (KEYS[2], cutoff)]
    assert [(row.month, row.horizon) for row in of_one] == [
        (months.shift(cutoff, step), step) for step in range(1, golden.H + 1)
    ]
    assert {row.data_digest for row in of_one} == {digests[80]}
    assert {row.cutoff for row in found} == {cutoff, LAST}


def test_a_digest_is_of_every_value_up_to_its_month(panel: Panel):
    digests = data_digests(panel)

    columns = np.ascontiguousarray(panel.z.T)
    for column in (0, 1, 89):
        whole = hashlib.sha256(columns[: column + 1].tobytes()).hexdigest()
        assert digests[column] == whole[:16]


@pytest.mark.parametrize("series", [0, 5])
def test_a_changed_value_changes_the_digests_from_its_month_on(panel: Panel, series):
    changed = Panel(panel.z.copy(), panel.last, panel.family, panel.names, panel.events)
    changed.z[series, 40] += 1e-9

    before, after = data_digests(panel), data_digests(changed)

    assert [c for c in before if before[c] != after[c]] == list(range(40, 90))
