"""A month in every form that is read, and every text that could be one and is not."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast import months
from forecast.intake.tables import dates
from forecast.intake.tables.dates import DAY_FIRST, MONTH_FIRST

READ = {
    "2024-01": ("2024-01", 0),
    "2024/12": ("2024-12", 0),
    "2024.7": ("2024-07", 0),
    "2024 07": ("2024-07", 0),
    "2024M07": ("2024-07", 0),
    "202407": ("2024-07", 0),
    "2024-07-31": ("2024-07", 31),
    "2024/7/9": ("2024-07", 9),
    "2024-07-31T23:59:59.5Z": ("2024-07", 31),
    "2024-07-31 11:59 PM": ("2024-07", 31),
    "2024-07-31T00:00+01:00": ("2024-07", 31),
    "20240731": ("2024-07", 31),
    "07/2024": ("2024-07", 0),
    "7-1999": ("1999-07", 0),
    "Jul 2024": ("2024-07", 0),
    "Jul. 2024": ("2024-07", 0),
    "July, 2024": ("2024-07", 0),
    "jul-24": ("2024-07", 0),
    "Jul'24": ("2024-07", 0),
    "Sept 2024": ("2024-09", 0),
    "2024 July": ("2024-07", 0),
    "31 Jul 2024": ("2024-07", 31),
    "31-Jul-24": ("2024-07", 31),
    "July 4, 2024": ("2024-07", 4),
    "July 1st 2024": ("2024-07", 1),
    "Dec-68": ("2068-12", 0),
    "Dec-69": ("1969-12", 0),
    " 2024-01 ": ("2024-01", 0),
}


@pytest.mark.parametrize(("text", "expected"), READ.items())
def test_a_month_is_read_as_it_is_written(text, expected):
    month, day = expected

    assert dates.read(text, MONTH_FIRST, 10) == (months.to_index(month), day)
    assert dates.looks_like(text)


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("3/4/2024", MONTH_FIRST, ("2024-03", 4)),
        ("3/4/2024", DAY_FIRST, ("2024-04", 3)),
        ("31.12.2024", DAY_FIRST, ("2024-12", 31)),
        ("12-31-24", MONTH_FIRST, ("2024-12", 31)),
        ("1/2/68 14:30", MONTH_FIRST, ("2068-01", 2)),
    ],
)
def test_dates_of_numbers_alone_are_read_in_the_order_of_their_column(text, order, expected):
    month, day = expected

    assert dates.read(text, order, 10) == (months.to_index(month), day)


@pytest.mark.parametrize(
    ("text", "start", "month"),
    [
        ("FY2024 M01", 10, "2023-10"),
        ("FY2024 M03", 10, "2023-12"),
        ("FY2024 M04", 10, "2024-01"),
        ("FY24 P12", 10, "2024-09"),
        ("F.Y. 2024, Period 1", 7, "2023-07"),
        ("FY2024 M01", 1, "2024-01"),
        ("FY2024 M12", 1, "2024-12"),
        ("FY2024 Oct", 10, "2023-10"),
        ("FY2024 Sep", 10, "2024-09"),
        ("October FY2024", 10, "2023-10"),
        ("FY2024 Dec", 1, "2024-12"),
    ],
)
def test_a_fiscal_year_begins_in_the_year_before_its_name(text, start, month):
    assert dates.read(text, MONTH_FIRST, start) == (months.to_index(month), 0)


@given(st.integers(1, 12), st.integers(1990, 2060))
def test_a_fiscal_year_has_twelve_months_in_a_row(start, year):
    by_number = [dates.fiscal_month(year, n, start, named=False) for n in range(1, 13)]
    by_name = [dates.fiscal_month(year, n, start, named=True) for n in range(1, 13)]

    first = (year - (start > 1)) * 12 + start - 1
    assert by_number == list(range(first, first + 12))
    assert sorted(by_name) == by_number
    assert [month % 12 + 1 for month in by_name] == list(range(1, 13))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2024", "not a month"),
        ("1899-01", "not a month"),
        ("yesterday", "not a month"),
        ("2024-13", "there is no month 13"),
        ("2024-00", "there is no month 0"),
        ("FY2024 M13", "there is no month 13"),
        ("Foo 2024", "there is no month Foo"),
        ("Julyy 2024", "there is no month Julyy"),
        ("2024-02-30", "2024-02 has no day 30"),
        ("2023-02-29", "2023-02 has no day 29"),
        ("31 Jun 2024", "2024-06 has no day 31"),
    ],
)
def test_what_is_no_month_is_refused_with_what_is_wrong(text, problem):
    with pytest.raises(ValueError, match=problem):
        dates.read(text, MONTH_FIRST, 10)


def test_a_spreadsheets_own_date_is_its_month():
    assert dates.read(date(2024, 2, 29), DAY_FIRST, 10) == (months.to_index("2024-02"), 29)
    assert dates.looks_like(date(2024, 2, 29))


@pytest.mark.parametrize("cell", ["2020-13", "13/2020", "40 Jan 2020", "FY2020 M99"])
def test_what_is_meant_for_a_date_looks_like_one(cell):
    assert dates.looks_like(cell)


@pytest.mark.parametrize("cell", ["2020", "Foo 2020", "12.5", "", 202401.0, None, "Q1 2020"])
def test_what_is_not_meant_for_a_date_does_not_look_like_one(cell):
    assert not dates.looks_like(cell)


@pytest.mark.parametrize(
    ("cell", "compact"),
    [
        ("202401", True),
        ("2024.01", True),
        (" 2024 1 ", True),
        (202401.0, True),
        ("2024-01", False),
        ("Jan 2024", False),
        (None, False),
    ],
)
def test_what_could_be_a_plain_number_is_compact(cell, compact):
    assert dates.is_compact(cell) == compact


@pytest.mark.parametrize(("cell", "digits"), [(202401.0, "202401"), (1.5, 1.5), ("a", "a")])
def test_a_whole_number_is_its_digits(cell, digits):
    assert dates.as_digits(cell) == digits


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["13/1/2024", "1/2/2024"], DAY_FIRST),
        (["1/13/2024", "2/1/2024"], MONTH_FIRST),
        (["12/12/2024", "3/4/2024", "4/3/2024"], None),
        (["1/1/2024", "2/1/2024", "3/1/2024"], MONTH_FIRST),
        (["1/1/2024", "1/2/2024", "1/3/2024"], DAY_FIRST),
        (["1/1/2024", "5/5/2024"], MONTH_FIRST),
        (["3/4/2024"], None),
        (["3/4/2024", "4/5/2024"], None),
        (["2024-01-31", "", None], MONTH_FIRST),
    ],
)
def test_dates_say_their_order_or_are_asked_about(cells, order):
    assert dates.order_of(cells) == order


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("Jan", 1),
        ("Sept.", 9),
        ("September", 9),
        ("dec", 12),
        ("Ma", 0),
        ("Mayor", 0),
        ("Juli", 0),
        (1.0, 0),
    ],
)
def test_a_months_name_alone_is_its_number(cell, number):
    assert dates.names_month(cell) == number


@pytest.mark.parametrize(
    ("cell", "named"),
    [
        ("2024", (2024, False)),
        (2024.0, (2024, False)),
        ("1999", (1999, False)),
        ("FY24", (2024, True)),
        ("fy 2024", (2024, True)),
        ("F.Y. 99", (1999, True)),
        ("2124", None),
        ("24", None),
        ("2024-01", None),
        (2024.5, None),
        (None, None),
    ],
)
def test_a_year_alone_is_one_and_fiscal_if_it_says_so(cell, named):
    assert dates.names_year(cell) == named


@pytest.mark.parametrize(
    ("cell", "period"),
    [
        ("2024-Q1", "quarters"),
        ("Q4 2024", "quarters"),
        ("FY24 Q3", "quarters"),
        ("Q2 FY2024", "quarters"),
        ("2024-W07", "weeks"),
        ("week 7, 2024", "weeks"),
        ("Q5 2024", ""),
        ("2024-01", ""),
        (7.0, ""),
    ],
)
def test_quarters_and_weeks_are_told_from_months(cell, period):
    assert dates.other_periods(cell) == period


@pytest.mark.parametrize(
    ("steps", "spacing"),
    [
        ([1, 1, 1], "days"),
        ([3, 3, 3], "days"),
        ([1, 1, 70, 1, 70], "days"),
        ([4, 4, 4], ""),
        ([7, 7, 7], "weeks"),
        ([14, 14, 14], "weeks"),
        ([7, 7, 21, 7], "weeks"),
        ([31, 28, 31], ""),
        ([7, 7], ""),
    ],
)
def test_days_and_weeks_are_told_by_their_usual_step(steps, spacing):
    found = [739_000]
    for step in steps:
        found.append(found[-1] + step)

    assert dates.spacing([*reversed(found), *found]) == spacing
