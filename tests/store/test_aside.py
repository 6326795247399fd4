"""What is set aside of a run is verified, read as of then, exported, brought back to the bit."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forecast.desk.dictionary import VIEWS
from forecast.store import aside, connect, integrity, read, runs
from tests.support import tiny_record
from tests.support.databases import rows
from tests.support.tiny_record import NEW_YORK, NORTH, SOUTH

HARD = {"log_wis": 1 / 3, "wis": 0.1 + 0.2, "mae": 5e-324, "mase": 1.7976931348623157e308}


def publish(path: Path, at: str, n: int) -> None:
    """A run with scores of all kinds of numbers, and quantiles of a forecast."""
    said = tiny_record.publication(
        *(at, "2024-02", (1, 2, 3)),
        forecasts=[tiny_record.forecast(NORTH, "2024-03", 1, 60 + n)],
        scores=[tiny_record.score(key, n, **HARD) for key in (NORTH, SOUTH, NEW_YORK)],
        quantiles=[(NORTH, "2024-04", p, n + p) for p in (10, 500, 990)],
    )
    with connect.writing(path) as db:
        runs.publish(db, said, lambda _: [(("northern", "2024-02"), f'{{"é": "a\\nb{n}"}}')])


@pytest.fixture
def path(by_hand: Path, tmp_path: Path) -> Path:
    """A record whose last run, 4, has more than those before."""
    path = Path(shutil.copy(by_hand, tmp_path / "bordercast.db"))
    publish(path, "2024-04-11T12:00", 7)
    return path


def bulky(path: Path) -> dict[str, list]:
    every = {table: rows(path, f"select * from {table}") for table in aside.TABLES.values()}
    return {table: sorted(found, key=repr) for table, found in every.items()}


def scorecard(path: Path, day: str | None = None) -> list[tuple]:
    with connect.moment(path) as db:
        return read.view_rows(db, "scorecard", list(VIEWS["scorecard"].columns), day)


def test_rows_of_earlier_runs_are_packed_and_still_what_was_stated(path):
    before = scorecard(path)
    publish(path, "2024-05-11T12:00", 8)

    assert {row[0] for found in bulky(path).values() for row in found} == {5}
    kept = rows(path, "select run_id, part from set_aside order by 1, 2")
    assert [kept for kept in kept if kept[0] == 4] == [(4, part) for part in sorted(aside.TABLES)]
    with closing(connect.read(path)) as db:
        assert integrity.findings(db) == integrity.at_sight(db) == []
    assert (
        scorecard(path, "2024-04-12") == before != scorecard(path) == scorecard(path, "2024-05-12")
    )


def test_quantiles_of_every_run_are_exported(path):
    publish(path, "2024-05-11T12:00", 8)

    with connect.moment(path) as db:
        found = read.issued_quantiles(db)
        once = db.execute("select count(*) from quantiles").fetchone()[0]

    assert [row for row in found if row[2] == "2024-04"] == [
        ("northern", "2024-03", "2024-04", 1, p, 7 + p) for p in (10, 500, 990)
    ]
    assert once == 3  # what was lent is gone


def test_a_run_that_stands_again_has_its_rows_to_the_bit(path):
    before = bulky(path)
    publish(path, "2024-05-11T12:00", 8)
    with connect.writing(path) as db:
        runs.withdraw(db, 5, "a mistake", "Ann", datetime(2024, 5, 12, tzinfo=UTC))
        assert integrity.findings(db) == []

    now = bulky(path)
    assert {table: [r for r in now[table] if r[0] == 4] for table in now} == before
    assert rows(path, "select * from set_aside where run_id = 4") == []
    assert {row[6] for row in scorecard(path)} == {1 / 3}


@pytest.mark.parametrize(
    "edit",
    [
        "update set_aside set rows = substr(rows, 1, 40) where run_id = 4 and part = 'scores'",
        "update set_aside set rows = x'00' where run_id = 4 and part = 'scores'",
        "delete from set_aside where run_id = 4 and part = 'scores'",
        "insert into scores select 4, series_id, model, horizon, basis, era, n, 0.1, wis, mae, "
        "mase, relative_mae, coverage50, coverage80, coverage95 from scores where run_id = 5",
    ],
)
def test_what_was_set_aside_cannot_be_edited_unseen(path, edit):
    publish(path, "2024-05-11T12:00", 8)
    with closing(sqlite3.connect(path)) as db:
        db.execute(edit)
        db.commit()
        found = integrity.at_sight(db)

    assert found == ["run 4 was edited: scores not as published"]
