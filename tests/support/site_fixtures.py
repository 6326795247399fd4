"""A record with its analysts' copy and its page as files, and a visitor of it."""

from __future__ import annotations

import gc
import shutil
import warnings
from pathlib import Path

import pytest

from tests.support import running_service

with warnings.catch_warnings():  # two connections that Datasette opens once and never closes
    warnings.simplefilter("ignore", ResourceWarning)
    from datasette.utils.sqlite import sqlite_version

    from tests.support.site_visitor import TODAY, snapshot_of, visiting

    sqlite_version()
    gc.collect()

from forecast.config import Config
from forecast.desk.site import build
from forecast.desk.site.reading import read_site
from forecast.store import connect
from jobs.service import upkeep
from tests.support.cbp_files import ENCOUNTERS


@pytest.fixture(scope="session")
def record(of_borders, session_artifact):
    """A record of the borders' totals, its analysts' copy, and its site; not to be changed."""

    def make(folder):
        path = Path(shutil.copy(of_borders, folder / "bordercast.db"))
        upkeep.write_snapshot(path, Config())
        with connect.moment(path) as connection:
            build.write(connection, folder / "site", TODAY, ENCOUNTERS)

    return session_artifact("site", make) / "bordercast.db"


@pytest.fixture(scope="session")
def site(record):
    """The folder of its site."""
    return record.parent / "site"


@pytest.fixture(scope="session")
def full(published):
    """What the site of the whole embedded record shows, parts too."""
    with connect.moment(published) as connection:
        return read_site(connection, TODAY, source=ENCOUNTERS)


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
    (tmp_path / "site").symlink_to(record.parent / "site")
    return tmp_path / "bordercast.db"


@pytest.fixture(scope="session")
def two_runs(tmp_path_factory):
    """A small record's analysts' copies after its first and its second run."""
    folder = tmp_path_factory.mktemp("runs")
    path = running_service.worked(folder / "bordercast.db", 1)
    first = Path(shutil.copy(snapshot_of(path), folder / "first.db"))
    running_service.drop(path, running_service.month(1))
    running_service.wake(path)
    return path, first, Path(shutil.copy(snapshot_of(path), folder / "second.db"))
