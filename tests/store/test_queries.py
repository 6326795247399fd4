"""The named statements of the record: each is called by a name, and each name has one."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from forecast.errors import DataError
from forecast.rows import of
from forecast.store import queries
from forecast.types import SeriesKey

STORE = Path(queries.__file__).parent


def test_names_that_are_called_are_those_that_the_file_has():
    rooms = (STORE.parents[1] / room for room in ("forecast", "jobs"))
    code = "".join(path.read_text() for room in rooms for path in room.rglob("*.py"))
    names = re.findall(r"^-- name: (\w+)$", (STORE / "queries.sql").read_text(), re.MULTILINE)
    called = re.findall(r"\b(?:sql|queries\.(?!has\b)\w+|ops\.rows?)\((?:[\w.]+, )?\"(\w+)\"", code)

    assert len(names) == len(set(names))
    assert [name for name in names if f'"{name}"' not in code] == []
    assert set(called) <= set(names)


def test_no_two_statements_have_one_name():
    text = Path(queries.__file__).with_name("queries.sql").read_text(encoding="utf-8")
    names = re.findall(r"^-- name: (\w+)$", text, re.MULTILINE)

    assert len(names) == len(set(names)) == len(queries._statements())


def test_a_statement_is_read_without_its_name_and_the_next_one():
    assert queries.sql("every_withdrawal") == "select * from withdrawals order by run_id"


def test_a_name_that_is_not_there_is_an_error():
    with pytest.raises(KeyError):
        queries.sql("select 1")


def test_parts_of_a_statement_are_put_in():
    assert "{" in queries.sql("first_published")
    assert queries.sql("first_published", order="r.seq").endswith("order by r.seq")


def test_rows_come_by_column_with_values_put_in():
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("create table runs (id, published_at, data_through, digest)")
        db.executemany("insert into runs values (?, 'now', '2025-01', '')", [(1,), (2,)])
        rows = queries.rows(db, "every_run")

    assert rows == [
        {"id": 2, "published_at": "now", "data_through": "2025-01", "digest": ""},
        {"id": 1, "published_at": "now", "data_through": "2025-01", "digest": ""},
    ]


def test_a_row_becomes_a_record_by_its_columns_names_in_whichever_order():
    row = {"member": "NY", "dimension": "state", "border": "north", "component": ""}
    assert of(SeriesKey, row) == SeriesKey("north", "state", "NY")
    with pytest.raises(DataError, match="SeriesKey has no border"):
        of(SeriesKey, {"other": 1})
