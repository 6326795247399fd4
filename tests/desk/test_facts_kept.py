"""Reports of months that earlier programs kept read as they were, and are written back the same."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from forecast.desk import facts
from tests.support.cbp_files import ENCOUNTERS

EARLIER = Path(__file__).parents[1] / "earlier"
RECORDS = sorted(path.name.removesuffix(".db.gz") for path in EARLIER.glob("*[0-9].db.gz"))


def reports(name: str, folder: Path) -> list[str]:
    """The JSON of each month's report in a record, as it lies in its table."""
    path = folder / "bordercast.db"
    path.write_bytes(gzip.decompress((EARLIER / f"{name}.db.gz").read_bytes()))
    with closing(sqlite3.connect(path)) as db:
        tables = {table for (table,) in db.execute("select name from sqlite_master")}
        if "month_reports" not in tables:
            return []
        return [text for (text,) in db.execute("select report from month_reports order by 1")]


@pytest.mark.parametrize("name", RECORDS)
def test_a_kept_report_reads_as_it_was_written(name, tmp_path):
    for text in reports(name, tmp_path):
        kept = json.loads(text)
        read = json.loads(json.dumps(facts.as_dict(facts.from_json(text, ENCOUNTERS))))

        assert {key: read[key] for key in kept} == kept


def test_some_records_have_reports(tmp_path):
    assert [name for name in RECORDS if reports(name, tmp_path)]


@pytest.mark.parametrize("name", ["schema19", "schema20"])
def test_a_report_of_today_is_written_back_byte_for_byte(name, tmp_path):
    for text in reports(name, tmp_path):
        assert facts.to_json(facts.from_json(text, ENCOUNTERS)) == text
