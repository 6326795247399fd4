from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields

import numpy as np
import pytest

from forecast.engine import blocks
from forecast.engine.blocks import Shelf, put, taken
from forecast.engine.predictive import Predictive

VALUES = [np.arange(3), {"b": 2.5}, np.ones((200, 300)), "end"]


def test_what_is_put_is_taken_from_its_place_as_often_as_asked_by_any_process(tmp_path):
    with Shelf(tmp_path) as found, ProcessPoolExecutor(1) as other:
        places = [found.place(10**6) for _ in VALUES]
        assert [taken(place) for place in places] == [None] * 4
        for value, place in zip(VALUES, places, strict=True):
            other.submit(put, value, place).result()
        for take in (taken, lambda place: other.submit(taken, place).result()):
            assert [repr(take(place)) for place in places] == list(map(repr, VALUES))
        assert list(tmp_path.iterdir()) == []  # no name: it goes with the process
    assert [taken(place) for place in places] == [None] * 4
    assert taken(None) is None


def test_where_the_disk_is_nearly_full_there_is_no_place(monkeypatch):
    monkeypatch.setattr(blocks, "SPARED", 2**80)
    with Shelf() as found:
        assert found.place(1) is None


def test_where_nothing_can_be_written_there_is_no_place(tmp_path):
    with Shelf(tmp_path / "missing") as found:
        assert found.place(1) is None


def test_what_was_written_in_part_is_not_there(monkeypatch):
    """A disk that is full for a moment; put again, it is there."""
    write = blocks.os.pwrite
    with Shelf() as found:
        place = found.place(100)
        with monkeypatch.context() as full:
            full.setattr(blocks.os, "pwrite", lambda file, text, at: write(file, text[:4], at))
            put("value", place)
        assert taken(place) is None
        put("value", place)
        assert taken(place) == "value"


@pytest.mark.slow
@pytest.mark.parametrize("why", ["no room", "far away"])
def test_paths_that_are_computed_again_are_the_same_to_the_last_digit(ragged, monkeypatch, why):
    task = blocks.Task(ragged, np.arange(60, 90), 12)
    [expected] = blocks.in_steps(task)
    computed = []
    once = blocks.block_paths
    monkeypatch.setattr(blocks, "block_paths", lambda *of: computed.append(of) or once(*of))

    def spread(work, jobs):
        return map(work, jobs)

    assert_same(expected, *blocks.in_steps(task, spread, 2))
    assert len(computed) == 3
    if why == "no room":
        monkeypatch.setattr(blocks, "SPARED", 2**80)
    else:
        spread.remote = True
    assert_same(expected, *blocks.in_steps(task, spread, 2))
    assert len(computed) == 3 + 6


def assert_same(one: Predictive, other: Predictive) -> None:
    for field in fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))
