"""A text checked against several measures: whose word counts for each number."""

from __future__ import annotations

from datetime import date

import pytest

from forecast.claims.check import divided
from forecast.claims.record.verdict import JudgedClaim
from forecast.claims.show.words import CheckedText, ClaimFinding

DAY = date(2026, 10, 5)
TEXT = "It seized 43 pounds of fentanyl."
ELSEWHERE = "pounds are another measure: this record counts seizures"


def claim(verdict: str, why: str = "") -> CheckedText:
    finding = ClaimFinding("43 pounds", 10, 19, judged=JudgedClaim(verdict), why=why)
    return CheckedText(TEXT, DAY, (finding,), ())


def unclear() -> CheckedText:
    return CheckedText(TEXT, DAY, (), (ClaimFinding("43 pounds", 10, 19, why="not certain whose"),))


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        (claim("cannot_be_checked", ELSEWHERE), claim("right"), 1),
        (claim("wrong"), claim("right"), 1),
        (claim("right"), claim("wrong"), 0),
        # The measure that counts pounds did not understand it; that it is another is no answer.
        (claim("cannot_be_checked", ELSEWHERE), unclear(), 1),
        (claim("cannot_be_checked", "doses are not on record"), unclear(), 0),
        (claim("cannot_be_checked", ELSEWHERE), claim("cannot_be_checked", ELSEWHERE), 0),
    ],
)
def test_each_number_is_left_to_the_measure_that_says_most(first, second, chosen):
    parts = divided([first, second])

    assert [bool(part.claims or part.not_understood) for part in parts] == [
        chosen == 0,
        chosen == 1,
    ]
