"""Whatever is changed past the program is named: every column of every table."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from forecast.store import (
    connect,
    dated,
    inputs,
    integrity,
    measures,
    releases,
    runs,
    witnesses,
)
from forecast.store.witnesses import WitnessProof
from forecast.types import DatedValue, KeptPath, SeriesKey, Unfinished
from tests.support import small_record, tiny_record
from tests.support.databases import rows

OTHER = {
    "text": ["{0} || 'x'", "'2001-01'", "''", "'none'", "'hindcast'", "'watch'", "'listed'"],
    "integer": ["{0} + 1", "{0} - 1", "1 - {0}", "1", "2", "0"],
    "real": ["{0} * 1.000001", "{0} + 1", "0.25"],
    "blob": ["x'00'"],
}


SAID = DatedValue(SeriesKey("northern"), "2024-01", "2024-01", 900, 1, "2024-02-20", "a release")


FIGURE = DatedValue(
    SeriesKey("northern"), "2024-03", "2024-03", 300, 100, "2024-03-15", "a speech", days=12
)


@pytest.fixture(scope="module")
def full(before, tmp_path_factory) -> Path:
    """A record with rows in every table, of which some wait for the next run; not to be changed."""
    path = small_record.copied(before, tmp_path_factory.mktemp("stated"))
    with connect.writing(path) as db:
        inputs.keep_paths(db, [kept("2024-01")])
        seen(db, 1, "2024-01-20T00:00:00+00:00")
        dated.add(db, [FIGURE], "speech", small_record.NOW.isoformat())
    small_record.run(path)
    small_record.approve(path, 2, "Ann Lee")
    with connect.writing(path) as db:
        runs.withdraw(db, 1, "too early", "Ann Lee", small_record.NOW)
        measures.save_joins(db, {"state": {"NY": "NEW YORK"}}, small_record.NOW)
        measures.save_section(db, {"kind": "published", "name": "cbp_encounters"}, small_record.NOW)
        inputs.keep_paths(db, [kept("2024-02")])
        seen(db, 2, "2024-03-20T00:00:00+00:00")
        dated.add(db, [SAID], "press", small_record.NOW.isoformat())
        dated.withdraw(db, 2, "misread", small_record.NOW.isoformat())
        newest = releases.accepted(db)[-1]
        north, at = SeriesKey("northern"), "2024-01"
        quoted = tiny_record.stated(
            tiny_record.release("quoted", at, "vintage"), {north: {at: 700}}
        )
        with connect.transaction(db):
            months = (Unfinished(north, at, "habit", 0.4, 0.3, 0.5),)
            releases.save_snapshot(db, replace(quoted, unfinished=months))
        releases.retract(db, newest, "a mistake", "Ann Lee", small_record.NOW.isoformat())
    return path


def kept(cutoff: str) -> KeptPath:
    return KeptPath("x", SeriesKey("northern"), cutoff, "", (1.0,), "")


def seen(db, entry_id: int, moment: str) -> None:
    for kind in ("git", "signature", "time stamp"):
        witnesses.save(db, WitnessProof(kind, entry_id, 1, "x", moment, "x", b"x"))


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
    """A table or column that is added later fails here until a part covers it and `full` has it."""
    assert found(full) == []
    unseen, same = [], []
    for table, column, kind in columns(full):
        path = Path(shutil.copy(full, tmp_path / "a.db"))
        if not changed(path, table, column, kind):
            same.append((table, column))
        elif not found(path):
            unseen.append((table, column))

    assert unseen == []
    assert same == []


@pytest.mark.slow
@pytest.mark.parametrize("way", ["removed", "repeated"])
def test_every_row_that_is_removed_or_added_is_named(full, tmp_path, way):
    unseen = []
    for table in {table: None for table, _, _ in columns(full)}:
        path = Path(shutil.copy(full, tmp_path / "a.db"))
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("pragma ignore_check_constraints = on")
            assert (removed if way == "removed" else repeated)(db, table), table
        if not found(path):
            unseen.append(table)

    assert unseen == []


def removed(db: sqlite3.Connection, table: str) -> int:
    """Delete the last row; how many that were."""
    keys = [row[1] for row in db.execute(f"pragma table_info({table})") if row[5]] or ["rowid"]
    order, key = ", ".join(f"{key} desc" for key in keys), ", ".join(keys)
    last = f"select {key} from {table} order by {order} limit 1"
    return db.execute(f"delete from {table} where ({key}) = ({last})").rowcount


def repeated(db: sqlite3.Connection, table: str) -> int:
    """Add the last row once more, as it is or with one other value; how many that were."""
    about = db.execute(f"pragma table_info({table})").fetchall()
    names = [row[1] for row in about]
    keys = [row[1] for row in about if row[5]] or ["rowid"]
    order = ", ".join(f"{key} desc" for key in keys)
    for other in ["", *names]:
        for change in (f"{other} || 'x'", f"{other} + 1", f"{other} + 1000"):
            own = {other: change} | ({"id": "null"} if keys == ["id"] else {})
            values = ", ".join(own.get(name, name) for name in names)
            copied = f"select {values} from {table} order by {order} limit 1"
            with suppress(sqlite3.IntegrityError):
                return db.execute(f"insert into {table} {copied}").rowcount
    return 0
