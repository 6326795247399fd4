"""Every view of this program reads in records of earlier ones, once their tables are today's."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from forecast.desk.dictionary import VIEWS
from forecast.store import connect, read

EARLIER = Path(__file__).parents[1] / "earlier"
RECORDS = sorted(path.name.removesuffix(".db.gz") for path in EARLIER.glob("*[0-9].db.gz"))
# What has no rows in a record of some months: nothing was withdrawn, crossed or asked.
COUNTED = ("border_months", "series_months", "fiscal_years", "fiscal_year_to_date", "wide_months")


@pytest.mark.parametrize("name", RECORDS)
def test_every_view_reads_in_an_earlier_record(name, tmp_path):
    path = tmp_path / "bordercast.db"
    path.write_bytes(gzip.decompress((EARLIER / f"{name}.db.gz").read_bytes()))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        connect.migrate(db, path)
    with closing(connect.read(path)) as db:
        rows = {name: read.view_rows(db, name, view.columns) for name, view in VIEWS.items()}
        counts = dict(db.execute("select border, sum(encounters) from border_months group by 1"))
        years = db.execute("select border, sum(encounters) from fiscal_years group by 1").fetchall()

    assert all(rows[view] for view in COUNTED)
    # A year whose beginning is not on record is not summed, and no month is summed twice.
    assert all(total <= counts[border] for border, total in years)
