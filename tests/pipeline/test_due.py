from __future__ import annotations

import pytest

from forecast.store import connect, releases
from jobs.pipeline import due
from tests.support import history_2025
from tests.support.history_2025 import BORDERS_ONLY


@pytest.fixture
def record(borders_alone):
    with connect.writing(borders_alone) as db:
        yield db


def test_a_run_on_the_same_releases_settings_and_program_is_not_due(record):
    assert not due.run_needed(record, BORDERS_ONLY)


def test_other_settings_make_a_run_due(record):
    longer = BORDERS_ONLY.forecast.model_copy(update={"horizon": 13})
    other = BORDERS_ONLY.model_copy(update={"forecast": longer})

    assert due.run_needed(record, other)


def test_another_program_makes_a_run_due(record, monkeypatch):
    monkeypatch.setattr(due, "CODE_VERSION", "another")

    assert due.run_needed(record, BORDERS_ONLY)


def test_another_release_makes_a_run_due(record):
    releases.save_snapshot(record, history_2025.release("2025-01", "2025-02-18"))

    assert due.run_needed(record, BORDERS_ONLY)
