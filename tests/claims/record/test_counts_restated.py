"""Values that a series had on some day are known, and need not be the first."""

from __future__ import annotations

from contextlib import closing

import pytest

from forecast.claims.record.counts import CountTable, Subject
from forecast.periods import Period
from forecast.store import connect
from tests.support.cbp_files import ENCOUNTERS


@pytest.fixture(scope="module")
def table(published) -> CountTable:
    with closing(connect.read(published)) as connection:
        return CountTable.read(connection, ENCOUNTERS)


def test_a_dated_value_of_an_agency_is_known_and_need_not_be_the_first(table):
    patrol = Subject("southwest", "usbp")
    march = Period.of("2025-03")

    assert {7181, 7184, 7182} <= table.known_values(patrol, march)
    assert table.first_values(patrol, march) == set()  # nobody saw the day's file
    assert table.known_values(patrol, Period.of("2025-03", "2025-04")) == set()
