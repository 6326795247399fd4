"""Whatever is changed past the program is named: every column of every table."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import small
from tables import rows

from forecast.records import KeptPath, SeriesKey
from forecast.store import connect, integrity, runs, witnesses
from forecast.store.witnesses import WitnessProof

OTHER = {
    "text": ["{0} || 'x'", "'2001-01'", "''", "'none'", "'hindcast'", "'watch'", "'listed'"],
    "integer": ["{0} + 1", "{0} - 1", "1 - {0}", "1", "2", "0"],
    "real": ["{0} * 1.000001", "{0} + 1", "0.25"],
    "blob": ["x'00'"],
}


@pytest.fixture(scope="module")
def full(before, tmp_path_factory) -> Path:
    """A record with rows in every table; not to be changed."""
    path = small.copied(before, tmp_path_factory.mktemp("stated"))
    with connect.writing(path) as db:
        key = SeriesKey("northern")
        runs.PathsOnRecord(db).keep([KeptPath("x", key, "2024-01", "", (1.0,), "")])
        witnesses.save(db, WitnessProof("git", 1, 1, "x", "2024-01-20T00:00:00+00:00", "x", b"x"))
    small.run(path)
    small.approve(path, 2, "Ann Lee")
    with connect.writing(path) as db:
        runs.withdraw(db, 1, "too early", "Ann Lee", small.NOW)
    return path


def columns(path: Path) -> list[tuple[str, str, str]]:
    """(table, column, type) of every column."""
    return rows(
        path,
        "select t.name, c.name, lower(c.type) from sqlite_master as t, pragma_table_info(t.name) "
        "as c where t.type = 'table' order by 1, c.cid",
    )


def changed(path: Path, table: str, column: str, kind: str) -> bool:
    """Give the last row of a table another value in this column, past all constraints."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("pragma ignore_check_constraints = on")
        keys = [row[1] for row in db.execute(f"pragma table_info({table})") if row[5]] or ["rowid"]
        order = ", ".join(f"{key} desc" for key in keys)
        key = ", ".join(keys)
        where = f"({key}) = (select {key} from {table} order by {order} limit 1)"
        for other in OTHER[kind]:
            value = other.format(column)
            try:
                done = db.execute(
                    f"update {table} set {column} = {value} "
                    f"where {where} and {column} is not {value}"
                )
            except sqlite3.IntegrityError:
                continue
            if done.rowcount:
                return True
        if db.execute(f"select 1 from {table} where {where} and {column} is not null").fetchone():
            return bool(db.execute(f"update {table} set {column} = null where {where}").rowcount)
        return False


def found(path: Path) -> list[str]:
    with closing(connect.read(path)) as db:
        return integrity.findings(db)


@pytest.mark.slow
def test_every_column_of_every_table_is_stated(full, tmp_path):
    assert found(full) == []
    unseen, tried = [], 0
    for table, column, kind in columns(full):
        path = Path(shutil.copy(full, tmp_path / "a.db"))
        if not changed(path, table, column, kind):
            continue
        tried += 1
        if not found(path):
            unseen.append((table, column))

    assert unseen == []
    assert tried > 150
