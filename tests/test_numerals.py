"""Counts as people write them: a number, a mark, and what says that nobody knows."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.intake.tables import numerals


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("0", ".", 0),
        ("2527", ".", 2527),
        (" 2,527 ", ".", 2527),
        ("1,234,567.25", ".", 1234567.25),
        ("12.5", ".", 12.5),
        (".5", ".", 0.5),
        ("2.527", ",", 2527),
        ("1.234.567,25", ",", 1234567.25),
        ("12,5", ",", 12.5),
        ("2 527", ".", 2527),
        ("2\u202f527,5", ",", 2527.5),
        ("2'527", ".", 2527),
        (7.0, ",", 7),
        (1e15, ".", 1e15),
    ],
)
def test_a_number_is_read_by_its_files_mark(cell, decimal, value):
    assert numerals.number(cell, decimal) == value
    assert numerals.is_number(cell)
    assert not numerals.is_missing(cell)


@given(st.integers(0, 10**12))
def test_a_count_is_the_same_in_every_form(count):
    for form, decimal in (("{}", "."), ("{:,}", "."), ("{:,}.00", ".")):
        text = form.format(count)
        swapped = text.translate(str.maketrans(",.", ".,"))

        assert numerals.number(text, decimal) == count
        assert numerals.number(swapped, ",") == count
        assert numerals.number(f"{count:,}".replace(",", "\u00a0"), ".") == count


@pytest.mark.parametrize(
    ("cell", "decimal", "problem"),
    [
        ("-1", ".", "below 0"),
        ("\u22121", ".", "below 0"),
        ("3-", ".", "below 0"),
        ("(12)", ".", "below 0"),
        (-0.5, ".", "below 0"),
        ("1,234.5", ",", "decimals begin with a comma"),
        ("1.234,5", ".", "decimals begin with a point"),
        ("12,34", ".", "decimals begin with a point"),
        ("1234,567", ".", "decimals begin with a point"),
        ("1,2345", ".", "decimals begin with a point"),
        ("1.2E5", ".", "hidden behind an exponent"),
        ("1e+06", ".", "hidden behind an exponent"),
        ("12%", ".", "a percentage"),
        ("twelve", ".", "not a number"),
        ("1 2", ".", "not a number"),
        ("\u0663", ".", "not a number"),
        ("2e15", ".", "hidden behind an exponent"),
        ("1000000000000001", ".", "larger than 1e\\+15"),
        (float("inf"), ".", "larger than"),
        (date(2024, 1, 1), ".", "a date, not a count"),
    ],
)
def test_what_is_no_count_is_refused_with_what_is_wrong(cell, decimal, problem):
    with pytest.raises(ValueError, match=problem):
        numerals.number(cell, decimal)


@pytest.mark.parametrize(
    "cell",
    [
        None,
        math.nan,
        "",
        "  ",
        "NA",
        "n/a",
        "<5",
        "< 10",
        "\u2264 5",
        "Less than 5",
        "-",
        "...",
        "(s)",
    ],
)
def test_what_says_that_nobody_knows_is_missing(cell):
    assert numerals.is_missing(cell)
    assert not numerals.is_number(cell)


@pytest.mark.parametrize("cell", [0.0, "0", "nothing", "<five", "5<", date(2024, 1, 1)])
def test_what_says_anything_else_is_not_missing(cell):
    assert not numerals.is_missing(cell)


@pytest.mark.parametrize("cell", ["a", "1a", "1.2.", "--", date(2024, 1, 1), None, "1 23"])
def test_what_is_not_written_as_a_number_is_none(cell):
    assert not numerals.is_number(cell)


@pytest.mark.parametrize("cell", ["-5", "(5)", "+5", "5-", "\u22125", "1.2,3", ",5"])
def test_a_number_is_one_of_whatever_sign_and_marks(cell):
    assert numerals.is_number(cell)


@pytest.mark.parametrize(
    ("texts", "separator", "decimal", "proof"),
    [
        (["12", "2527"], ",", ".", ""),
        (["12.5"], ";", ".", "12.5"),
        (["12,5"], ";", ",", "12,5"),
        (["1,234.5"], ";", ".", "1,234.5"),
        (["1.234,5"], ";", ",", "1.234,5"),
        (["1,234,567"], ";", ".", "1,234,567"),
        (["1.234.567"], ";", ",", "1.234.567"),
        (["0.125"], ";", ".", "0.125"),
        ([",125"], ";", ",", ",125"),
        (["1234.567"], ";", ".", "1234.567"),
        (["1.2345"], ";", ".", "1.2345"),
        # Two and a half, or two and a half thousand:
        (["2.527"], ";", "", "2.527"),
        (["2,527"], ";", "", "2,527"),
        (["2,527"], ",", ".", "2,527"),
        (["2.527"], ",", "", "2.527"),
        (["2,527", "2.527"], ",", "", "2,527"),
        (["2.527", "12,5"], ";", ",", "12,5"),
        (["12.5", "12,5"], ";", "", "12.5 and 12,5"),
        (["n/a", " 12,5 ", "about 3.5"], ";", ",", "12,5"),
    ],
)
def test_a_files_numbers_prove_its_mark_or_leave_it_open(texts, separator, decimal, proof):
    assert numerals.marks([None, 3.25, *texts], separator) == (decimal, proof)
