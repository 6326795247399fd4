"""Refit models' paths between runs: what is fitted again, what is kept, and under which key."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from forecast import months
from forecast.config import Compute
from forecast.engine import refits
from forecast.engine.refits import Refitting, _Book, _digests, model_options, no_paths
from forecast.types import SeriesKey
from jobs.compute.robust_map import fitting
from models.base import Failure, Panel, Paths
from tests.support.panels import make_panel

HERE = Compute(engine="serial")

KEYS = (SeriesKey("northern"), SeriesKey("southwest"))
LAST = months.to_index("2026-08")
COLUMNS, H = 40, 3


def panel_of(events=((), ())) -> Panel:
    z = np.log1p(np.arange(2 * COLUMNS, dtype=float).reshape(2, COLUMNS) + 50)
    z[1, :4] = np.nan
    made = make_panel(z)
    return Panel(made.z, made.last, made.family, made.names, events)


def book(panel: Panel) -> _Book:
    return _Book(panel, KEYS, [_digests(panel, row) for row in range(2)], H, {})


def test_a_digest_is_of_what_a_fit_sees_and_of_nothing_after():
    before, after = panel_of(), panel_of()
    after.z[0, 30] += 0.5

    old, new = (_digests(panel, 0) for panel in (before, after))

    assert list(old) == list(range(COLUMNS))
    assert [column for column in old if old[column] != new[column]] == list(range(30, COLUMNS))
    assert len(set(old.values())) == COLUMNS
    assert {len(digest) for digest in old.values()} == {16}
    assert list(_digests(before, 1)) == list(range(4, COLUMNS))
    moved = panel_of()
    moved.z[0, 30] += 1e-7  # not a thousandth of a count
    assert _digests(moved, 0) == old


def test_an_event_is_seen_once_it_is_known_and_where_the_series_was():
    """(column, since when it is known): within the series, and not before it is known."""
    plain = _digests(panel_of(), 1)
    for event, first in (
        ((10, 10), 10),
        ((10, 20), 20),
        ((30, 10), 30),
        ((3, 3), None),
        ((4, 4), 4),
    ):
        told = _digests(panel_of(((), (event,))), 1)
        changed = [column for column in plain if plain[column] != told[column]]
        assert changed == ([] if first is None else list(range(first, COLUMNS))), event


@pytest.mark.parametrize(
    ("many", "blocks"), [(1, [1]), (12, [12]), (13, [12, 1]), (25, [12, 12, 1])]
)
def test_cutoffs_are_fitted_a_dozen_at_a_time(many, blocks):
    found = [j for j in book(panel_of()).jobs("ets", np.arange(10, 10 + many)) if j.series == 0]

    assert [len(job.origins) for job in found] == blocks
    assert [o for job in found for o in job.origins.tolist()] == list(range(10, 10 + many))
    assert {(job.name, job.h) for job in found} == {("ets", H)}


def test_what_is_held_is_not_fitted_again_and_is_what_was_kept():
    panel = panel_of()
    known = book(panel)
    (job, *_) = known.jobs("ets", np.array([20, 21, 22, 23]))
    values = np.full((1, 4, H), 1.23456789)
    values[0, 1:] = np.nan
    failures = (
        Failure(0, 21, "no end"),
        Failure(0, 22, "killed"),
        Failure(0, 23, "gone", lasting=True),
    )
    failures = (failures[0]._replace(lasting=True), *failures[1:])

    kept = known.enter(job, Paths(values, failures=failures))

    assert [months.to_index(path.cutoff) for path in kept] == [
        LAST - (COLUMNS - 1 - column) for column in (20, 21, 23)
    ]
    assert [path.path for path in kept] == [(1.23457,) * H, (), ()]
    assert [path.failure for path in kept] == ["", "no end", "gone"]
    assert kept[0].model_options == model_options("ets")
    assert kept[0].series == KEYS[0]
    assert not [j for j in known.jobs("ets", np.array([20, 21, 22, 23])) if j.series == 0]
    again = _Book(
        panel,
        KEYS,
        known.digests,
        H,
        {(p.model_options, p.series, p.cutoff, p.data_digest): p for p in kept},
    )
    (left, *_) = again.jobs("ets", np.array([20, 21, 22, 23]))
    assert left.origins.tolist() == [22]
    assert next(book(panel).jobs("sarima", np.array([20]))).name == "sarima"


def test_paths_are_laid_out_by_series_and_cutoff():
    known = book(panel_of())
    origins = np.array([20, 30])
    for row, job in enumerate(known.jobs("ets", origins)):
        values = np.stack([np.full(H, 10.0 * row + place) for place in range(2)])[None]
        failures = (Failure(0, 30, "no end"),) if row else ()
        if row:
            values[0, 1] = np.nan
        known.enter(job, Paths(values, failures=failures))

    found = known.paths("ets", origins)

    nan = np.nan
    expected = [[[0.0] * H, [1.0] * H], [[10.0] * H, [nan] * H]]
    assert np.array_equal(found.values, expected, equal_nan=True)
    assert found.failures == (Failure(1, 30, "no end"),)


def test_a_job_that_nobody_lived_to_do_has_failed_at_each_of_its_cutoffs():
    (job, *_) = book(panel_of()).jobs("ets", np.array([20, 30]))

    found = no_paths(job, "killed")

    assert found.values.shape == (1, 2, H)
    assert np.isnan(found.values).all()
    assert found.failures == (Failure(0, 20, "killed"), Failure(0, 30, "killed"))


def test_a_library_that_is_missing_is_part_of_what_a_path_depends_on(monkeypatch):
    with_it = model_options("prophet")
    model_options.cache_clear()
    monkeypatch.setattr(sys, "path", [])
    without = model_options("prophet")
    model_options.cache_clear()

    assert without.endswith(", prophet is not installed")
    assert with_it.partition(", prophet")[0] == without.partition(", prophet")[0]


def test_all_models_are_refitted_where_nothing_is_kept_and_only_there():
    """Kept paths of another horizon are no paths of this one; one that failed for good is kept."""
    panel, origins = panel_of(), np.array([37, 38])
    kept: list = []
    told: list = []

    def refit(held) -> dict[str, Paths]:
        told.clear()
        names = ("naive", "ets")
        refitting = Refitting(fitting(HERE), lambda *step: told.append(step), held, kept.extend)
        return refitting.paths(names, panel, KEYS, origins, H)

    first = refit([])
    assert list(first) == ["ets"]
    assert first["ets"].values.shape == (2, 2, H)
    found = first["ets"].values
    assert np.isfinite(found).all(axis=(1, 2)).tolist() == [True, False]  # one is too young
    assert told == [("refitting", 1, 2), ("refitting", 2, 2)]
    assert [path.series for path in kept] == [KEYS[0]] * 2 + [KEYS[1]] * 2

    again = refit(kept[:])
    assert told == []
    assert np.allclose(again["ets"].values, found, atol=1e-5, equal_nan=True)
    assert len(kept) == 4
    other = [replace(kept[0], path=kept[0].path[:1]), replace(kept[1], path=(), failure="no end")]
    mixed = refit([*other, *kept[2:4]])
    assert told == [("refitting", 1, 1)]
    assert np.isnan(mixed["ets"].values[0, 1]).all()
    assert mixed["ets"].failures == (Failure(0, 38, "no end"),)


def test_a_job_done_here_is_told_with_its_paths():
    (job, *_) = book(panel_of()).jobs("ets", np.array([38]))
    ((same, paths),) = refits._answers([job], fitting(HERE))

    assert same is job
    assert np.isfinite(paths.values).all()


def test_answers_come_in_the_order_of_their_jobs_whichever_worker_is_faster():
    def backwards(jobs, *_):
        return [(job, no_paths(job, ""), "") for job in reversed(jobs)]

    jobs = list(book(panel_of()).jobs("ets", np.arange(5, 35)))

    told = [job for job, _ in refits._answers(jobs, backwards)]

    assert len(jobs) == 6
    assert list(map(id, told)) == list(map(id, jobs))
