"""The embedded record, made once, and what is said of a text that is held against it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from forecast.claims.record.counts import CountTable
from forecast.sources.cbp.encounters import bundle
from tests.support import history_2025
from tests.support.cbp_files import ENCOUNTERS
from tests.support.claim_verdicts import verdict_on


@pytest.fixture(scope="session")
def embedded(session_artifact) -> CountTable:
    """All embedded counts; no run rests on them."""
    made = session_artifact(
        "embedded", lambda folder: history_2025.keep(folder / "bordercast.db", *bundle.load())
    )
    with closing(sqlite3.connect(f"file:{made}/bordercast.db?mode=ro", uri=True)) as connection:
        return CountTable.read(connection, source=ENCOUNTERS)


@pytest.fixture
def verdict(embedded: CountTable) -> Callable[..., str]:
    """The verdict on what stands between < and > in a text that was published on a day."""
    return lambda marked, day="2026-09-20": verdict_on(marked, embedded, day)[0]


@pytest.fixture
def truth(embedded: CountTable) -> Callable[..., float | None]:
    """What that is held against."""
    return lambda marked, day="2026-09-20": verdict_on(marked, embedded, day)[1]
