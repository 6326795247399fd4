from __future__ import annotations

import pytest

from forecast.tables.footnotes import without_footnote


@pytest.mark.parametrize(
    ("text", "number", "sign"),
    [
        ("1,234", "1,234", ""),
        ("1,234*", "1,234", "*"),
        ("1,234 **", "1,234", "**"),
        ("56 (r)", "56", "(r)"),
        ("56(P)", "56", "(P)"),
        ("56 (f)", "56 (f)", ""),  # no letter of an office
        ("56 (prel.)", "56", "(prel.)"),
        ("56 (estimated)", "56", "(estimated)"),
        ("56 (3)", "56", "(3)"),
        ("56 (12)", "56 (12)", ""),
        ("56 [a]", "56", "[a]"),
        ("56 [abc]", "56 [abc]", ""),
        ("56r", "56", "r"),
        ("56 p", "56", "p"),
        ("May p", "May p", ""),  # behind digits only
        ("May 2024\u00b9", "May 2024", "\u00b9"),
        ("May 2024\u2020", "May 2024", "\u2020"),
        ("May.\u00a7", "May.", "\u00a7"),
        ("56* total", "56* total", ""),  # not at its end
        ("*56", "*56", ""),
        ("*", "*", ""),
        ("", "", ""),
    ],
)
def test_a_sign_is_told_from_what_it_stands_behind(text, number, sign):
    assert without_footnote(text) == (number, sign)
