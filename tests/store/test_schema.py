"""What the migrations make, as it is known without making it anew; views, made anew."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

import forecast
from forecast.desk import dictionary
from forecast.store import connect, copies, held, integrity, ledger, measures, read, schema
from jobs.cli import main
from tests.support import history_2025

VERSION = len(schema.migrations())
ADDED = "create view more_runs as select id from runs;"


@pytest.fixture
def made():
    db = sqlite3.connect(":memory:")
    schema.apply(db, VERSION)
    yield db
    db.close()


def views_of(path) -> set[str]:
    with closing(connect.read(path)) as db:
        return {name for (name,) in db.execute("select name from sqlite_master where type='view'")}


@pytest.fixture
def later(monkeypatch):
    """The next program: one view more, and it knows both what it makes and what was made before."""
    yield from becomes(monkeypatch, [*schema.views(), ADDED])


@pytest.fixture
def wider(monkeypatch):
    """The next program: one column more of a view."""
    of_months, more = (
        "as stated_first_seen_at\n",
        "as stated_first_seen_at, 2 * o.encounters as doubled\n",
    )
    views = [
        view.replace(of_months, more) if "view border_months" in view else view
        for view in schema.views()
    ]
    assert views != [*schema.views()]
    about = ("count", "{noun}", "0 and up", "Twice the count")
    monkeypatch.setitem(dictionary.COLUMNS, "doubled", about)
    yield from becomes(monkeypatch, views)


def becomes(monkeypatch, views):
    monkeypatch.setattr(schema, "views", lambda: views)
    schema._made.cache_clear()
    read.view_columns.cache_clear()
    with closing(sqlite3.connect(":memory:")) as db:
        schema.apply(db, VERSION)
        now = schema.digest(schema.objects(db))
    monkeypatch.setattr(schema, "AS_MADE", (*schema.AS_MADE, now))
    yield
    schema._made.cache_clear()
    read.view_columns.cache_clear()


def test_the_newest_tables_are_known_by_the_last_digest(made):
    """Whoever changes views.sql or the migrations adds a line."""
    assert VERSION == schema.NEWEST
    assert schema.digest(schema.objects(made)) == schema.AS_MADE[-1]


def test_tables_as_made_are_known_by_their_digest(made):
    schema._made.cache_clear()

    assert list(schema.findings(made, VERSION)) == []
    assert schema._made.cache_info().misses == 0  # none was made anew


def test_whatever_was_changed_is_found_although_the_digest_is_known(made):
    made.execute("drop view latest_run")
    made.execute("alter table spans add column more text")

    found = list(schema.findings(made, VERSION))

    assert "view latest_run was removed, but not by this program" in found
    assert "column spans.more was added, but not by this program" in found


def record(path):
    history_2025.keep(path)
    with connect.writing(path) as db, connect.transaction(db):
        ledger.state(db, "schema")


def test_a_record_has_a_new_view_once_it_was_opened_for_writing(tmp_path, request):
    path = tmp_path / "a.db"
    record(path)
    with closing(connect.read(path)) as db:
        said = [entry.digest for entry in ledger.entries(db)]
    request.getfixturevalue("later")

    with closing(connect.read(path)) as db:  # who reads writes nothing, and may read
        assert integrity.at_sight(db) == []
    assert "more_runs" not in views_of(path)
    with connect.writing(path):
        pass

    assert "more_runs" in views_of(path)
    with closing(connect.read(path)) as db:
        assert integrity.findings(db) == []
        assert [entry.digest for entry in ledger.entries(db)] == said


def test_who_reads_a_record_of_before_sees_the_views_of_this_program(by_hand, tmp_path, request):
    path = Path(shutil.copy(by_hand, tmp_path / "a.db"))
    copy = copies.copy(path, tmp_path / "copy.db", copies.READ_ONLY)
    with closing(connect.read(path)) as db:
        assert db.execute("select name from sqlite_temp_master").fetchall() == []
        rows = [tuple(row) for row in db.execute("select * from border_months order by 1, 2")]
    request.getfixturevalue("wider")
    bytes_before, doubled = path.read_bytes(), [2 * row[2] for row in rows]

    with closing(connect.read(path)) as db:
        for measure_id in measures.ids(db):
            measures.scope(db, measure_id)
            seen = db.execute("select * from border_months order by 1, 2").fetchall()
            assert [tuple(row) for row in seen] == [
                (*row, twice) for row, twice in zip(rows, doubled, strict=True)
            ]
        assert integrity.at_sight(db) == []
    assert list(forecast.open(path).view("border_months")["doubled"]) == doubled
    table = tmp_path / "months.csv"
    done = CliRunner().invoke(
        main, ["--db", str(path), "export", "border_months", "-o", str(table)]
    )
    assert done.exit_code == 0, done.output
    with table.open(newline="") as file:
        assert [int(row["doubled"]) for row in csv.DictReader(file)] == doubled
    for visitors in (True, False):  # of a page
        snapshot = held.hold(copy, 1, visitors=visitors)
        asked = snapshot.connections[0].execute("select doubled from border_months order by 1")
        assert [number for (number,) in asked] == sorted(doubled)
        held.close(snapshot)
    assert path.read_bytes() == bytes_before


def test_a_record_can_be_attached_to_another_database(by_hand):
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("attach ? as record", (str(by_hand),))
        names = db.execute("select name from record.sqlite_master where type = 'view'").fetchall()
        for (name,) in names:
            db.execute(f"select * from record.{name}").fetchone()

    assert names


def test_views_that_no_program_made_stay_to_be_found(tmp_path, request):
    path = tmp_path / "a.db"
    record(path)
    with closing(sqlite3.connect(path)) as db:
        db.executescript("drop view latest_run; create view latest_run as select * from runs;")
    request.getfixturevalue("later")

    with connect.writing(path):
        pass

    with closing(connect.read(path)) as db:
        found = integrity.at_sight(db)
    assert "view latest_run was changed, but not by this program" in found
    assert "view more_runs was removed, but not by this program" in found
