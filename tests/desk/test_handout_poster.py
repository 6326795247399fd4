"""A poster's words: where they stand, and how small they become where room is short."""

from __future__ import annotations

import re

import pytest

from forecast import months
from forecast.desk import handout
from tests.support.cbp_files import ENCOUNTERS

COUNTED = {month: 1000 + 10 * at for at, month in enumerate(months.between("2023-01", "2024-12"))}


def texts(number: str, title: str = "Northern border") -> dict[str, tuple[float, float]]:
    """Each line of a poster: where it begins, and the size of its letters."""
    said = handout.Handout(
        *(title, number, ("encounters", "at it"), ["A line."], "Run 1.", "", "", COUNTED),
        **dict.fromkeys(("flagged", "ahead", "judging"), ()),
    )
    drawn = handout.svg(said, ENCOUNTERS)
    drawn = drawn[: drawn.index("<g transform")]
    found = re.findall(r'<text x="([\d.]+)" y="[\d.]+" font-size="([\d.]+)"[^>]*>([^<]+)<', drawn)
    return {words: (float(x), float(size)) for x, size, words in found}


@pytest.mark.parametrize(
    ("number", "digits", "commas"),
    [("7", 1, 0), ("930", 3, 0), ("1,010", 4, 1), ("2,345,678", 7, 2)],
)
def test_the_unit_stands_ten_points_behind_the_number(number, digits, commas):
    found = texts(number)

    behind = 24 + 44 * (0.556 * digits + 0.278 * commas) + 10
    assert found["encounters"] == (pytest.approx(behind, abs=0.01), 14)
    assert found["at it"] == found["encounters"]
    assert found[number] == (24, 44)


def test_a_title_that_would_not_fit_is_set_smaller():
    assert texts("7", "M" * 54)["M" * 54] == (24, 18)
    assert texts("7", "M" * 110)["M" * 110] == (24, pytest.approx(552 / (0.56 * 110), abs=0.01))
