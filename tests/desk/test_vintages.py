"""What was known on a day, computed by hand from the statements themselves."""

from __future__ import annotations

import math
from contextlib import closing

from forecast import months
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
    every = rows(
        published,
        "select month, encounters, known_from, previous is null and vintage <> 'unknown' "
        "from series_vintages where border = 'southwest' and dimension = '' order by known_from",
    )
    first = [
        (month, count)
        for month, count, day, is_first in every
        # What was known of the month before is what a last value would have said.
        if is_first and any(m == months.shift(month, -1) and d < day for m, _, d, _ in every)
    ]
    said = dict(
        rows(
            published,
            "select month, median from forecast_vs_actual where border = 'southwest' "
            "and dimension = '' and model = 'bordercast' and horizon = 1",
        )
    )
    errors = [abs(math.log(said[month] / count)) for month, count in first if month in said]

    with closing(connect.read(published)) as connection:
        (south,) = vintages.by_figures_then(connection, ENCOUNTERS, "southwest")

    assert f"the {len(errors)} months" in south
    assert f"mean error of logs {sum(errors) / len(errors):.3f} against what was" in south


def test_months_in_a_row_are_named_once():
    followed = {"2025-01": False, "2025-02": True, "2025-03": True, "2025-05": True}

    said = vintages.first_known(followed, ENCOUNTERS)

    assert "3 of 4 months: February to March 2025, May 2025." in said
    assert vintages.first_known({"2025-01": False}, ENCOUNTERS) == ""
