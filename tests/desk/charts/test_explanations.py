"""What a picture of components claims of a season: no more than its months can tell."""

from __future__ import annotations

import numpy as np
import pytest

from forecast import months
from forecast.desk.charts import explanations
from forecast.rows import DriverRow
from tests.support.cbp_files import ENCOUNTERS


@pytest.mark.parametrize(
    ("count", "effect", "words"),
    [
        (20, 0.9, "no season can be told from 20 months."),
        (47, 0.9, "no season can be told from 47 months."),
        (48, 0.04, "no clear season (\N{MINUS SIGN}4% to +4%)."),
        (48, 0.07, "no clear season (\N{MINUS SIGN}7% to +7%)."),
        (48, 0.08, "highest in June (+8%), lowest in January (\N{MINUS SIGN}8%)."),
    ],
)
def test_no_season_is_claimed_of_few_or_of_level_counts(count, effect, words):
    first = months.to_index("2014-01")
    at = np.arange(first, first + count)
    yearly = np.where(at % 12 == 5, effect, np.where(at % 12 == 0, -effect, 0.0))
    parts = (at, np.full(count, 6.9), yearly, {})
    published = [{"month": months.from_index(int(i)), "encounters": 1000} for i in at]

    drawn = explanations.components("northern", parts, published, ENCOUNTERS)

    assert drawn.alt == f"Northern border, Prophet's view: {words}"
    below = drawn.chart["vconcat"][-1]["hconcat"]
    assert bool(below) == (count >= 48)


def test_what_fell_is_written_with_a_minus_sign_as_everywhere():
    fell, rose = (
        DriverRow(1, "northern", "2024-01", "state", "part", None, state, "", 9000, 9000 + by, by)
        for state, by in (("NY", -1200), ("VT", 300))
    )

    drawn = explanations.drivers("northern", [fell, rose], ENCOUNTERS)

    assert "by state, New York \N{MINUS SIGN}1,200" in drawn.alt
    assert "\N{MINUS SIGN}1,200" in str(drawn.chart)
    assert "-1,200" not in drawn.alt + str(drawn.chart)
