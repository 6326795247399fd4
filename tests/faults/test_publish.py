"""A statement of the publishing transaction fails, whichever it is: all or nothing."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import cycle

import pytest

from tests.support import injected_faults, small_record

PUBLISHING = 2  # the run's second transaction; the first takes the file in
BLOCKS = 4
# A failing disk, a statement that was stopped, a person's Ctrl-C.
ERRORS = (
    partial(sqlite3.OperationalError, "disk I/O error"),
    partial(sqlite3.OperationalError, "interrupted"),
    KeyboardInterrupt,
)


@dataclass
class Failing:
    """Raises at the `at`th statement of the publishing transaction, a row of a batch being one."""

    at: int
    error: Callable[[], BaseException] = ERRORS[0]
    transactions: int = 0
    statements: int = 0

    def __call__(self, statement: str) -> None:
        self.transactions += statement == "begin immediate"
        if self.transactions != PUBLISHING or not statement.strip():
            return
        self.statements += 1
        if self.statements == self.at:
            raise self.error()
        self.transactions += statement == "commit"


@pytest.fixture(scope="session")
def transaction(before, tmp_path_factory):
    """(how many statements a publish has, the state before it)."""
    path = small_record.copied(before, tmp_path_factory.mktemp("counted"))
    nothing, states = Failing(at=0), []

    def look(statement: str) -> None:
        if statement == "commit":
            states.append(small_record.state(path))

    with injected_faults.watched(nothing, look):
        small_record.run(path)
    return nothing.statements, states[0]


def left_by(path, failing) -> str:
    """The record's state after a run in which a statement failed."""
    with (
        injected_faults.watched(failing),
        pytest.raises((sqlite3.OperationalError, KeyboardInterrupt)),
    ):
        small_record.run(path)
    return small_record.state(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "step"),
    [
        pytest.param(1, 40, id="a few"),
        *(
            pytest.param(first, BLOCKS, marks=pytest.mark.faults, id=f"block {first}")
            for first in range(1, BLOCKS + 1)
        ),
    ],
)
def test_a_publish_is_all_or_nothing(before, after, transaction, tmp_path, figure, first, step):
    count, taken_in = transaction
    found, tried = Counter(half_runs=0, other_results=0, damaged=0), 0
    for at, error in zip(range(first, count + 1, step), cycle(ERRORS), strict=False):
        path = small_record.copied(before, tmp_path / str(at))
        found["half_runs"] += left_by(path, Failing(at, error)) != taken_in
        assert small_record.run(path) == 3
        found["damaged"] += bool(small_record.damage(path))
        found["other_results"] += small_record.state(path) != small_record.state(after)
        tried += 1
        shutil.rmtree(path.parent)

    figure("failing statement", tried, **found)
    assert tried >= count // step
    assert not found.total(), found
