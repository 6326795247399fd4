"""Wait and see: what is held, what moves, and that nothing later has any part in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast.engine.blocks import BLOCK, Scratch, Task, in_steps, keep_panel, learn
from forecast.engine.refit import engine_forecasts
from models.onepass import family_numbers
from models.waiting import watched
from tests.support.panels import make_panel

MONTHS = 96
RNG = np.random.default_rng(7)
WAVE = 0.3 * np.sin(2 * np.pi * np.arange(MONTHS) / 12)
CALM = 6 + WAVE + RNG.normal(0, 0.05, (8, MONTHS))


def panel_of(z, family=None):
    panel = replace(make_panel(np.array(z)), jumps=False)
    return panel if family is None else replace(panel, family=np.array(family))


def with_change(change, first, last=MONTHS, rows=slice(None)):
    z = CALM.copy()
    z[rows, first:last] += change
    return z


def test_a_calm_series_is_seen_as_it_is():
    panel, surprises = watched(panel_of(CALM))
    assert not panel.watched.held.any()
    assert np.array_equal(panel.watched.steady, panel.z)
    assert not len(surprises.away)


def test_what_passes_is_held_and_moves_nothing():
    for months in (1, 2):
        panel, surprises = watched(panel_of(with_change(-1.0, 60, 60 + months)))
        held = np.zeros_like(panel.watched.held)
        held[:, 60 : 60 + months] = True
        assert np.array_equal(panel.watched.held, held)
        assert not panel.watched.moved.any()
        assert np.array_equal(surprises.went_on, np.tile([True] * (months - 1) + [False], 8))


def test_what_stays_moves_the_level_at_once():
    panel, surprises = watched(panel_of(with_change(-1.0, 60)))
    moved = panel.watched.moved
    assert not moved[:, :62].any()
    assert np.allclose(moved[:, 62:], -1, atol=0.15)
    assert np.array_equal(panel.watched.held.sum(axis=1), np.full(8, 2))
    assert surprises.went_on.all()


def test_what_returns_is_undone_in_the_first_month_and_leaves_nothing_behind():
    z = with_change(-1.0, 60, 68)
    panel, _ = watched(panel_of(z))
    assert not panel.watched.moved[:, 68:].any()
    assert panel.watched.held[:, 68].all()
    origins = np.array([83])
    spoiled, clean = (engine_forecasts(panel_of(x), origins, 12) for x in (z, CALM))
    assert np.allclose(spoiled.centre, clean.centre, atol=0.1)


def test_nothing_later_has_any_part_in_it():
    z = with_change(-1.0, 60, 63)
    z[3, 80:] += 0.9
    origins = np.arange(40, MONTHS)
    whole = engine_forecasts(panel_of(z), origins, 6)
    for end in (61, 62, 63, 64, 81, 82, 83):
        now = engine_forecasts(panel_of(z[:, :end]), np.array([end - 1]), 6)
        for name in ("centre", "scale", "df", "sigma"):
            then = getattr(whole, name)[:, end - 41]
            assert np.allclose(getattr(now, name)[:, 0], then, rtol=0, atol=1e-9), (end, name)


def test_after_a_surprise_both_ways_are_open():
    z = with_change(-0.7, MONTHS - 1)
    last = np.array([MONTHS - 1])
    said, calm = (engine_forecasts(panel_of(x), last, 12) for x in (z, CALM))
    low, high = np.moveaxis(said.quantiles((0.025, 0.975))[:, 0, 0], -1, 0)
    assert (low < z[:, -1] + 0.2).all()
    assert (high > CALM[:, -1] - 0.2).all()
    assert (said.scale > 2 * calm.scale).all()


@pytest.mark.slow
def test_blocks_and_order_and_disk_do_not_matter(tmp_path):
    z = with_change(-1.0, 60, 63, rows=slice(0, 4))
    z[5, 94:] += 1
    family = list("aabbbaab")
    panel, origins = panel_of(z, family), np.arange(40, MONTHS)
    whole = engine_forecasts(panel, origins, 6)
    order = np.array([3, 1, 7, 5, 0, 2, 6, 4])
    turned = engine_forecasts(panel.some(order), origins, 6, size=2)
    task = Task(panel, origins, 6)
    scratch = Scratch(tmp_path)
    keep_panel(scratch, 0, panel)
    learn(task, scratch, {0: family_numbers(panel)}, map, 3)
    kept = scratch.value("said", 0)[0]
    beside = in_steps(task, size=BLOCK)[0]
    for name in ("centre", "scale", "df", "sigma"):
        here = getattr(whole, name)
        assert np.array_equal(here[order], getattr(turned, name)), name
        assert np.array_equal(here, getattr(kept, name)), name
        assert np.array_equal(here, getattr(beside, name)), name
    assert not list(tmp_path.glob("surprises*"))


def test_series_that_end_apart_learn_from_months_that_were_known():
    z = with_change(-1.0, 60, 61)
    task = Task(replace(panel_of(z), last=np.arange(8) + 100), np.array([MONTHS - 1]), 3)
    assert np.isfinite(in_steps(task.on_calendar)[0].centre).all()


def test_where_counts_are_known_to_jump_nothing_is_held():
    panel, surprises = watched(replace(panel_of(with_change(-1.0, 60)), jumps=True))
    assert panel.watched is None
    assert not len(surprises.away)


def test_no_shock_to_come_changes_a_byte_where_series_end_apart():
    z = np.log1p(np.rint(np.expm1(with_change(-1.0, 60, 62, rows=slice(0, 3)))))
    z[6:] = np.log1p(np.random.default_rng(3).poisson(4, (2, MONTHS)))
    behind = np.array([0, 3, 1, 0, 2, 0, 1, 0])
    origins = np.arange(MONTHS - 8, MONTHS - 4)
    last = np.full(8, 900) - behind
    shocked = z.copy()
    for row, late in enumerate(behind):
        shocked[row, MONTHS - 4 + late :] += np.log(7)  # after month 895 of every series
    answers = []
    for values in (z, shocked):
        task = Task(replace(panel_of(values, list("aaabbbcc")), last=last), origins, 6)
        answers.append(in_steps(task.on_calendar)[0])
    room = answers[0].sigma.shape[1] - len(origins)
    assert room == 0
    for row, late in enumerate(behind):
        places = np.arange(len(origins))[origins <= MONTHS - 5 + late]
        one, other = (a.of(np.array([row])).at(places) for a in answers)
        for name in ("centre", "scale", "df", "sigma"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name
        assert one.quantiles((0.025, 0.5)).tobytes() == other.quantiles((0.025, 0.5)).tobytes()
