"""How far dated values are from today's counts, counted by hand from the tables."""

from __future__ import annotations

from contextlib import closing

import pytest

from forecast.claims.record.counts import CountTable, Subject
from forecast.periods import Period
from forecast.store import connect
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows


@pytest.fixture(scope="module")
def table(published) -> CountTable:
    with closing(connect.read(published)) as connection:
        return CountTable.read(connection, ENCOUNTERS)


def test_the_usual_size_is_that_of_nine_in_ten_with_its_number(published, table):
    pairs = rows(
        published,
        "select d.encounters, m.encounters from dated_values as d join series_months as m "
        "on (m.border, m.dimension, m.member, m.month) "
        "= (d.border, d.dimension, d.member, d.first_month) "
        "where d.dimension = 'field' and d.first_month = d.last_month and m.encounters >= 100",
    )
    n, most = table.restatements("field")

    assert n == len(pairs)
    off = [abs(said / now - 1) for said, now in pairs]
    assert sum(value <= most for value in off) >= 0.9 * n
    assert sum(value < most for value in off) < 0.9 * n
    assert table.restatements("no such dimension") == (0, 0.0)


def test_a_dated_value_of_an_agency_is_known_and_need_not_be_the_first(table):
    patrol = Subject("southwest", "usbp")
    march = Period.of("2025-03")

    assert {7181, 7184, 7182} <= table.known_values(patrol, march)
    assert table.first_values(patrol, march) == set()  # nobody saw the day's file
    assert table.known_values(patrol, Period.of("2025-03", "2025-04")) == set()
