"""Counts as people write them: a number, a mark, and what says that nobody knows."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.tables import numerals
from forecast.tables.dates import without_footnote
from forecast.tables.workbook import NO_RESULT


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


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1.5e3", None),
        ("5e0", 5),
        ("1.234E+03", 1234),
        ("12e1", None),
        ("1.25e2", 125),
        ("1.25e3", None),
        ("12,34,567", 1234567),
        ("1,23,456", 123456),
        ("123,45,678", None),
        ("12.", 12),
        ("0012", 12),
        ("1,234*", 1234),
        ("56 (r)", 56),
        (".", None),
    ],
)
def test_exponents_and_groups_are_read_where_no_digit_is_hidden(cell, value):
    if value is None:
        with pytest.raises(ValueError, match=r"."):
            numerals.number(cell, ".")
        return
    assert numerals.number(cell, ".") == value


def test_the_largest_count_is_one_that_a_float_holds():
    assert numerals.number("1000000000000000", ".") == numerals.number(1e15, ".") == 1e15
    with pytest.raises(ValueError, match="larger than"):
        numerals.number(1e15 + 1, ".")


def test_a_formula_without_a_result_is_a_number_that_cannot_be_read():
    assert numerals.is_number(NO_RESULT)
    with pytest.raises(ValueError, match="open the file in Excel, save it and try again"):
        numerals.number(NO_RESULT, ".")


@pytest.mark.parametrize("decimal", [".", ","])
def test_marks_that_do_not_fit_are_told_with_the_mark_that_does(decimal):
    name = {".": "point", ",": "comma"}[decimal]

    with pytest.raises(ValueError, match=f"whose decimals begin with a {name}"):
        numerals.number("1.2.3,4,5", decimal)


@pytest.mark.parametrize(
    ("cell", "missing"),
    [
        ("1-4", True),
        ("0 to 10", True),
        ("1\u201320", True),
        ("0-21", False),
        ("2-4", False),
        ("1-1", False),
        ("3 (suppressed)", True),
        ("fewer than 11", True),
        ("<=5", True),
        ("under 5", True),
        ("Withheld", True),
    ],
)
def test_a_small_count_that_is_withheld_is_missing(cell, missing):
    assert numerals.is_missing(cell) == missing


@pytest.mark.parametrize(
    ("texts", "decimal", "proof"),
    [
        # As many open ones of the same mark as prove it, and one more:
        (["12.5", "2.527"], ".", "12.5"),
        (["12.5", "2.527", "3.527"], "", "12.5 and 2.527"),
        # One of each mark is left open:
        (["12.5", "2,445"], ".", "12.5"),
        (["12.5", "2.527", "2,445"], "", "12.5 and 2.527"),
        (["1234.567"], ".", "1234.567"),
        (["123.456"], "", "123.456"),
        (["1.23"], ".", "1.23"),
        (["1.2345"], ".", "1.2345"),
        (["01.234"], ".", "01.234"),
    ],
)
def test_what_numbers_prove_may_be_put_in_doubt_by_others(texts, decimal, proof):
    assert numerals.marks(texts, ";") == (decimal, proof)


def test_a_comma_in_quotes_separates_thousands_only_where_no_point_is_open_too():
    assert numerals.marks(["2,527"], ",") == (".", "2,527")
    assert numerals.marks(["2,527", "3.444"], ",") == ("", "2,527")
    assert numerals.marks(["x", None], ",") == (".", "")


@pytest.mark.parametrize("cell", ["\u0661e0", "1e\u0660", "1.\u0661e1"])
def test_digits_of_other_scripts_are_no_exponent(cell):
    assert not numerals.is_number(cell)
    with pytest.raises(ValueError, match="not a number"):
        numerals.number(cell, ".")


@pytest.mark.parametrize(("cell", "value"), [("5E0", 5), ("5e0", 5), ("1.5E+1", 15), ("1,5e1", 15)])
def test_capitals_of_an_exponent_do_not_matter_nor_does_its_mark(cell, value):
    assert numerals.number(cell, ".") == value


@pytest.mark.parametrize("cell", ["LESS THAN 5", "Under 10", "FEWER than 20", "<= 5"])
def test_a_bound_in_words_is_missing_in_any_capitals(cell):
    assert numerals.is_missing(cell)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("-1", -1),
        ("\u22121", -1),
        ("3-", -3),
        (-0.5, -0.5),
        ("-0.0001", -0.0001),
        ("(1.5)", -1.5),
        ("(1,250)", -1250),
        ("-1.5e1", -15),
    ],
)
def test_a_sign_or_brackets_make_a_number_negative(cell, value):
    assert numerals.number(cell, ".") == value


@pytest.mark.parametrize("cell", ["()", "(x)1"])
def test_brackets_alone_make_no_number(cell):
    with pytest.raises(ValueError, match="not a number"):
        numerals.number(cell, ".")


@pytest.mark.parametrize(
    ("numbers", "stands"),
    [
        ([4, -999, 7, -999], -999),
        ([-999.9, -3.5, 12.0], -999.9),
        ([-99.99], -99.99),
        ([-99, -98, -97], None),
        ([-9, 4], None),
        ([-990, 4], None),
        ([999], None),
        ([], None),
    ],
)
def test_nines_far_below_all_else_stand_for_a_missing_number(numbers, stands):
    found = numerals.stand_in(map(float, numbers))

    assert (None if found != found else found) == stands


@pytest.mark.parametrize("cell", ["0", "-0", "0.0", 0.0, -0.0])
def test_nothing_may_be_counted(cell):
    assert numerals.number(cell, ".") == 0


@pytest.mark.parametrize(
    ("text", "plain", "sign"),
    [
        ("1,234*", "1,234", "*"),
        ("56 (r)", "56", "(r)"),
        ("May 2024 (p)", "May 2024", "(p)"),
        ("2024-01 **", "2024-01", "**"),
        ("12\u00b9", "12", "\u00b9"),
        ("12 [ab]", "12", "[ab]"),
        ("12r", "12", "r"),
        ("12 provisional", "12 provisional", ""),
        ("12 (provisional)", "12", "(provisional)"),
        ("5* of 6", "5* of 6", ""),
        ("5* of 6*", "5* of 6", "*"),
        ("*", "*", ""),
        ("121", "121", ""),
        ("", "", ""),
    ],
)
def test_a_sign_at_the_end_is_a_footnotes(text, plain, sign):
    assert without_footnote(text) == (plain, sign)
