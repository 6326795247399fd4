"""What was known on a day, computed by hand from the statements themselves."""

from __future__ import annotations

import math
from contextlib import closing

from forecast.desk import vintages
from forecast.store import connect
from forecast.types import SeriesKey
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows

SOUTH = SeriesKey("southwest")


def test_a_day_has_the_value_that_was_said_last_before_it(published):
    with closing(connect.read(published)) as connection:
        values = vintages.history(connection, SOUTH, "2025-02")
    said = {"2025-03-30": None, "2025-04-01": 11709, "2025-05-20": 11708, "2026-01-01": 11710}

    for day, count in said.items():
        then = vintages.as_of(values, day)
        assert (then and then["encounters"]) == count


def test_errors_are_those_of_the_months_whose_first_value_is_known(published):
    first = rows(
        published,
        "select month, encounters from series_vintages where border = 'southwest' "
        "and dimension = '' and previous is null and vintage <> 'unknown'",
    )
    said = dict(
        rows(
            published,
            "select month, median from forecast_vs_actual where border = 'southwest' "
            "and dimension = '' and model = 'bordercast' and horizon = 1",
        )
    )
    errors = [abs(math.log(said[month] / count)) for month, count in first if month in said]

    with closing(connect.read(published)) as connection:
        (south,) = (
            of for of in vintages.known_then(connection, ENCOUNTERS) if of.total == "southwest"
        )

    assert 0 < south.n <= len(errors)
    if south.n == len(errors):
        assert math.isclose(south.ours, sum(errors) / len(errors), rel_tol=1e-9)
    assert f"the {south.n} months" in south.sentence(ENCOUNTERS)


def test_months_in_a_row_are_named_once():
    followed = {"2025-01": False, "2025-02": True, "2025-03": True, "2025-05": True}

    said = vintages.first_known(followed, ENCOUNTERS)

    assert "3 of 4 months: February to March 2025, May 2025." in said
    assert vintages.first_known({"2025-01": False}, ENCOUNTERS) == ""
