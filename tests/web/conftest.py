"""A record with its analysts' copy, and a visitor of its page."""

from __future__ import annotations

import gc
import shutil
import warnings
from pathlib import Path

import pytest
import serving

with warnings.catch_warnings():  # two connections that Datasette opens once and never closes
    warnings.simplefilter("ignore", ResourceWarning)
    from datasette.utils.sqlite import sqlite_version
    from visitor import snapshot_of, visiting

    sqlite_version()
    gc.collect()

from forecast.config import Config
from jobs.service import upkeep


@pytest.fixture(scope="session")
def record(published, once_for_all):
    """A record with its analysts' copy; not to be changed."""

    def make(folder):
        upkeep.write_snapshot(Path(shutil.copy(published, folder / "bordercast.db")), Config())

    return once_for_all("web", make) / "bordercast.db"


@pytest.fixture(scope="session")
def visitor(record):
    with visiting(record) as found:
        found.ready()
        yield found


@pytest.fixture
def own(record, tmp_path):
    """A copy of it to spoil."""
    for file in (record, snapshot_of(record)):
        shutil.copy(file, tmp_path / file.name)
    snapshot_of(tmp_path / "bordercast.db").chmod(0o644)
    return tmp_path / "bordercast.db"


@pytest.fixture(scope="session")
def two_runs(tmp_path_factory):
    """A small record's analysts' copies after its first and its second run."""
    folder = tmp_path_factory.mktemp("runs")
    path = serving.worked(folder / "bordercast.db", 1)
    first = Path(shutil.copy(snapshot_of(path), folder / "first.db"))
    serving.drop(path, serving.month(1))
    serving.wake(path)
    return path, first, Path(shutil.copy(snapshot_of(path), folder / "second.db"))
