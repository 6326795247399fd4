"""The years of a measure: written where a source says other ones, stated, and joined by views."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import pytest

from forecast import months
from forecast.periods import FIRST, LAST, Calendar
from forecast.store import connect, integrity, ledger, measures, years
from tests.support import tiny_record


def kept(db) -> list[tuple]:
    query = "select month, year, nth, year_ago from scoped_years order by 1"
    return [tuple(row) for row in db.execute(query)]


def expected(calendar: Calendar) -> list[tuple]:
    return [
        (months.from_index(n), calendar.year(n), calendar.nth(n), months.from_index(n - 12))
        for n in range(FIRST, LAST + 1)
    ]


def test_a_new_record_has_the_years_that_views_meant(tmp_path):
    with connect.writing(tmp_path / "a.db") as db:
        assert kept(db) == expected(Calendar(10))


@pytest.mark.parametrize("begins", [1, 7])
def test_other_years_are_written_once_and_stated(tmp_path, begins):
    path = tmp_path / "a.db"
    tiny_record.make(path)
    with connect.writing(path) as db:
        before = len(list(ledger.entries(db)))
        years.keep(db, Calendar(begins))
        years.keep(db, Calendar(begins))
        assert kept(db) == expected(Calendar(begins))
        assert len(list(ledger.entries(db))) == before + 1
    with closing(connect.read(path)) as db:
        assert integrity.findings(db) == []
        of_year = {row["fiscal_year"] for row in db.execute("select * from fiscal_years")}
        held = [row["month"] for row in db.execute("select month from border_months")]
    assert of_year <= {Calendar(begins).year(month) for month in held}


def test_each_measure_has_its_own_years(tmp_path):
    with connect.writing(tmp_path / "a.db") as db:
        measures.add(db, {"kind": "cbp_drug_events"}, datetime(2024, 1, 1, tzinfo=UTC))
        years.keep(db, Calendar(4))
        assert kept(db) == expected(Calendar(4))
        measures.scope(db, measures.FIRST)
        assert kept(db) == expected(Calendar(10))


def test_years_that_somebody_edited_are_found(tmp_path):
    path = tmp_path / "a.db"
    tiny_record.make(path)
    with connect.writing(path) as db, connect.transaction(db):
        db.execute("update years set year = year + 1 where month = '2024-01'")
    with closing(connect.read(path)) as db:
        assert any("years" in finding for finding in integrity.at_sight(db))
