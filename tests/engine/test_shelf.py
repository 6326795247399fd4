from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from forecast.engine import blocks, shelf
from forecast.engine.predictive import Predictive
from forecast.engine.shelf import Shelf

VALUES = [np.arange(3), None, {"b": 2.5}, None, np.ones((200, 300)), "end"]


def kept(values, folder=None):
    """What comes of it, twice."""
    with Shelf(folder) as found:
        for value in values:
            found.append(value)
        return [[repr(value) for value in found] for _ in range(2)]


@pytest.mark.parametrize("count", range(len(VALUES) + 1))
def test_what_waits_comes_again_in_its_order_as_often_as_asked(tmp_path, count):
    said = [repr(value) for value in VALUES[:count]]

    assert kept(VALUES[:count], tmp_path) == [said, said]
    assert list(tmp_path.iterdir()) == []


def test_where_the_disk_is_nearly_full_all_but_the_first_is_none(monkeypatch):
    monkeypatch.setattr(shelf, "SPARED", 2**80)

    assert kept([7, 8, 9]) == [["7", "None", "None"]] * 2


def test_where_nothing_can_be_written_all_but_the_first_is_none(tmp_path):
    assert kept([7, 8, 9], tmp_path / "missing") == [["7", "None", "None"]] * 2


def test_what_is_written_in_part_is_none_and_what_follows_is_not(monkeypatch):
    """A disk that is full for a moment."""
    full = iter([False, True, False])
    write = shelf.os.pwrite
    monkeypatch.setattr(
        shelf.os,
        "pwrite",
        lambda file, content, at: write(file, content[:4] if next(full) else content, at),
    )

    assert kept(["first", "b", "c", "d"]) == [["'first'", "'b'", "None", "'d'"]] * 2


@pytest.mark.parametrize("why", ["no room", "far away"])
def test_paths_that_are_computed_again_are_the_same_to_the_last_digit(ragged, monkeypatch, why):
    task = blocks.Task(ragged, np.arange(60, 90), 12)
    expected = blocks.in_steps(task)
    computed = []
    once = blocks._block_paths
    monkeypatch.setattr(blocks, "_block_paths", lambda step: computed.append(step) or once(step))

    def spread(work, jobs):
        return map(work, jobs)

    assert_same(expected, blocks.in_steps(task, spread, 2))
    assert len(computed) == 3
    if why == "no room":
        monkeypatch.setattr(shelf, "SPARED", 2**80)
    else:
        spread.remote = True
    assert_same(expected, blocks.in_steps(task, spread, 2))
    assert len(computed) == 3 + (5 if why == "no room" else 6)


def assert_same(one: Predictive, other: Predictive) -> None:
    for field in fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))
