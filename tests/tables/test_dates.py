"""A month in every form that is read, and every text that could be one and is not."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast import months
from forecast.tables import dates
from forecast.tables.dates import DAY_FIRST, MONTH_FIRST

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
        ("1599-01", "not a month"),
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


@pytest.mark.parametrize(
    "cell",
    ["2020", "Foo 2020", "12.5", "", 202401.0, None, "Q1 2020", "1/1/2024 - x", "x to 2024-01"],
)
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


@pytest.mark.parametrize(
    ("cell", "digits"),
    [(202401.0, "202401"), (1.5, 1.5), (-1.5, -1.5), (-2.0, "-2"), (0.0, "0"), ("a", "a")],
)
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
        (["11/1/2024", "11/1/2024"], MONTH_FIRST),
        (["1/11/2024"], DAY_FIRST),
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
        ([7, 7, 31, 31, 30], ""),
        ([1, 1, 30, 31, 31, 30], ""),
        ([1, 7, 7, 7, 31], "weeks"),
        ([31, 28, 31], ""),
        ([7, 7], ""),
    ],
)
def test_days_and_weeks_are_told_by_their_usual_step(steps, spacing):
    found = [739_000]
    for step in steps:
        found.append(found[-1] + step)

    assert dates.spacing([*reversed(found), *found]) == spacing


@pytest.mark.parametrize(
    ("text", "month", "day"),
    [
        ("1/1/2024 - 1/31/2024", "2024-01", 1),
        ("2024-02-01 to 2024-02-29", "2024-02", 1),
        ("2023-02-01 \u2013 2023-02-28", "2023-02", 1),
        ("2024_07", "2024-07", 0),
        ("2024\u20147", "2024-07", 0),
        ("31JUL2024", "2024-07", 31),
        ("CY 2024 July", "2024-07", 0),
        ("FY202401", "2023-10", 0),
        ("Monday, July 1, 2024", "2024-07", 1),
        ("2024-01*", "2024-01", 0),
        ("may 99", "1999-05", 0),
    ],
)
def test_a_month_is_read_in_rarer_forms_too(text, month, day):
    assert dates.read(text, MONTH_FIRST, 10) == (months.to_index(month), day)


@pytest.mark.parametrize(
    "text",
    [
        "1/1/2024 - 2/29/2024",
        "1/2/2024 - 1/31/2024",
        "1/1/2024 - 1/30/2024",
        "1/1/2024 to 1/1/2024",
    ],
)
def test_what_is_not_from_the_first_to_the_last_day_is_no_month(text):
    with pytest.raises(ValueError, match="not from the first to the last day of one month"):
        dates.read(text, MONTH_FIRST, 10)


@pytest.mark.parametrize(
    ("cell", "named"),
    [
        ("2023-24", (2024, True)),
        ("2011-12", None),  # may be December 2011
        ("2012-13", (2013, True)),
        ("2011-2012", (2012, True)),
        ("2011/12", None),
        ("FY2011-12", (2012, True)),
        ("fy11/12", (2012, True)),
        ("1999-2000", (2000, True)),
        ("FY99-00", (2000, True)),
        ("2011-2013", None),
        ("23-24", None),
        ("State fiscal year 2024", (2024, True)),
        ("Fiscal year: 2024", (2024, True)),
        ("CY2024", (2024, False)),
        ("calendar year 2024", (2024, False)),
    ],
)
def test_a_fiscal_year_may_be_named_by_both_its_years(cell, named):
    assert dates.names_year(cell) == named


@pytest.mark.parametrize(
    ("cell", "pair"),
    [
        ("FY2024 Oct", (2024, 10)),
        ("Sept FY24", (2024, 9)),
        ("FY2024 M01", None),
        ("FY2024 Foo", None),
        ("", None),
    ],
)
def test_a_fiscal_years_month_by_name_is_a_pair(cell, pair):
    assert dates.fiscal_pair(cell) == pair


@pytest.mark.parametrize(
    ("text", "fiscal", "of_a_state"),
    [
        ("Fiscal Year", True, False),
        ("report FY", True, False),
        ("f.y.", True, False),
        ("FFY24", True, False),
        ("fy 2024", True, False),
        ("State Fiscal Year", True, True),
        ("SFY 24", True, True),
        ("nonfiscal", False, False),
        ("estate fiscal", True, False),
        ("fyi", False, False),
        ("year", False, False),
    ],
)
def test_a_header_says_whose_fiscal_years_it_has(text, fiscal, of_a_state):
    assert (dates.is_fiscal(text), dates.is_state_fiscal(text)) == (fiscal, of_a_state)


def years_from(start, *years):
    """(year, calendar month) month by month of years that begin in a month of the year before."""
    order = [(start + n - 1) % 12 + 1 for n in range(12)]
    return [(year, number) for year in years for number in order]


@given(st.integers(1, 12), st.integers(1990, 2050), st.integers(1, 3))
def test_years_begin_where_the_next_one_follows_a_month(start, year, lines):
    found = [pair for pair in years_from(start, year, year + 1) for _ in range(lines)]

    assert dates.year_begins(found) == dates.year_begins(found[::-1]) == start
    assert dates.year_begins(found[: 12 * lines]) == 0
    assert dates.fiscal_begins(found) == (start if start > 1 else -1)
    assert dates.fiscal_begins(found[: 12 * lines]) == (start if start > 1 else -1)


@pytest.mark.parametrize(
    ("found", "begins"),
    [
        ([], 0),
        ([(2024, 5)] * 3, 0),
        ([(2024, 6), (2025, 7)], 7),
        ([(2024, 12), (2025, 1)], 1),
        ([(2023, 6), (2025, 7)], 0),  # two years later
        ([(2024, 6), (2023, 7)], 0),
        ([(2024, 5), (2025, 7)], 0),  # not the month after
        ([(2023, 6), (2024, 7), (2024, 8), (2025, 9)], 0),  # in two months
        ([(2024, 6), (2025, 7), (2025, 6)], 0),  # both between years and within one
        # Half the lines are steps of a month, and less than half:
        ([(2024, 5), (2025, 6), (2025, 7), (2024, 1)], 6),
        ([(2024, 5), (2025, 6), (2024, 9)], 0),
    ],
)
def test_lines_in_no_order_of_time_do_not_say_when_years_begin(found, begins):
    assert dates.year_begins(found) == begins


def test_fiscal_years_without_a_gap_say_when_they_begin_in_any_order():
    """One whole year and the first three months of the next: only one start tears no year."""
    for start in range(1, 13):
        found = sorted(years_from(start, 2024, 2025)[:15], key=lambda pair: pair[1])
        assert dates.fiscal_begins(found) == start


@pytest.mark.parametrize(
    ("numbers", "begins"),
    [
        ([*range(1, 13)], 1),
        ([*range(10, 13), *range(1, 10)], 10),
        ([*range(9, 0, -1), 12, 11, 10], 10),
        ([10, 11, 12, 1, 2, 3], 10),
        ([3, 2, 1, 12, 11, 10], 10),
        ([12, 1], 12),
        ([1, 2, 3, 4, 5, 6], 0),
        ([11, 12, 2], 0),
        ([], 0),
    ],
)
def test_a_years_months_in_order_begin_with_its_first(numbers, begins):
    assert dates.begins_with(numbers) == begins


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["2023-12-31T23:00Z", "2024-01-31T22:00:00.0+00:00"], "2023-12-31T23:00Z"),
        (["", "2024-02-29 13:00:00"], "2024-02-29 13:00:00"),
        (["2024-01-31T19:00", "2024-01-31T20:00"], "2024-01-31T19:00"),
        (["2024-01-31T12:00"], ""),
        (["2024-01-31T23:30"], ""),
        (["2024-01-30T23:00"], ""),
        (["2024-01-31T23:00", "2024-02-28T23:00"], ""),
        (["2024-01-31T23:00", "2024-02"], ""),
        (["2024-13-31T23:00"], ""),
        (["2024-01"], ""),
    ],
)
def test_the_evening_of_a_months_last_day_is_midnight_elsewhere(cells, told):
    assert dates.evening_before(cells) == told


@pytest.mark.parametrize(("step", "spacing"), [(2, "days"), (28, "weeks"), (21, ""), (29, "")])
def test_three_steps_are_enough_to_tell_days_from_weeks(step, spacing):
    assert dates.spacing([n * step for n in range(4)]) == spacing
    assert dates.spacing([n * step for n in range(3)]) == ""


@pytest.mark.parametrize(
    ("cell", "period"),
    [
        ("Jan-Mar 2024", "quarters"),
        ("April - June, 2024", "quarters"),
        ("Quarter 3 2024", "quarters"),
        ("2024 W7", "weeks"),
        ("Jan-May 2024", ""),
    ],
)
def test_a_quarter_may_be_named_by_its_months(cell, period):
    assert dates.other_periods(cell) == period


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_a_month_has_the_days_of_the_calendar(day):
    index = day.year * 12 + day.month - 1
    after = date(day.year + day.month // 12, day.month % 12 + 1, 1)

    assert dates.days_in(index) == (after - day.replace(day=1)).days


@pytest.mark.parametrize(
    "year", [1900, 1904, 1996, 1999, 2000, 2004, 2023, 2024, 2025, 2028, 2096, 2099]
)
def test_february_ends_on_the_29th_in_leap_years_alone(year):
    leap = year % 4 == 0 and year != 1900

    assert dates.days_in(year * 12 + 1) == 28 + leap
    assert [dates.days_in(year * 12 + at) for at in (0, 3, 11)] == [31, 30, 31]


@pytest.mark.parametrize(
    "text", ["JANUARY 2024", "january 2024", "2024m01", "fy2024 m04", "FY2024 m04", "cy2024 jan"]
)
def test_capitals_do_not_matter(text):
    assert dates.read(text, MONTH_FIRST, 10)[0] == months.to_index("2024-01")


@pytest.mark.parametrize(
    "text", ["202\u0664-01", "2024-0\u0661", "Jan 202\u0664", "\u0661/1/2024", "FY202\u0664 M04"]
)
def test_digits_of_other_scripts_are_no_months(text):
    assert not dates.looks_like(text)


@pytest.mark.parametrize(
    ("cell", "named"),
    [
        ("cy2024", (2024, False)),
        ("Year: 2024", (2024, False)),
        ("CALENDAR YEAR 2024", (2024, False)),
        ("202\u0664", None),
        ("state Fiscal Year 2024", (2024, True)),
        ("FY2\u0664", None),
        ("fy2023-24", (2024, True)),
        ("FY1\u0661-12", None),
        ("2023-2\u0664", None),
        ("1599", None),
        ("1900", (1900, False)),
        ("2099", (2099, False)),
        ("2100", None),
        ("FY68", (2068, True)),
        ("FY69", (1969, True)),
        ("2099-00", None),  # of two digits the last must be more than 12
        ("2099-2100", (2100, True)),
        ("11-2012", None),
        ("FY11-2012", (2012, True)),
        ("2013-12", None),
        ("Q1", None),
        ("", None),
    ],
)
def test_a_years_capitals_do_not_matter_and_its_digits_do(cell, named):
    assert dates.names_year(cell) == named


@pytest.mark.parametrize(
    ("text", "year"), [("0", 2000), ("68", 2068), ("69", 1969), ("99", 1999), ("100", 100)]
)
def test_two_digits_of_a_year_are_those_between_1969_and_2068(text, year):
    assert dates.full_year(text) == year


@pytest.mark.parametrize(
    ("number", "start", "named", "month"),
    [
        (1, 10, False, "2023-10"),
        (3, 10, False, "2023-12"),
        (4, 10, False, "2024-01"),
        (12, 10, False, "2024-09"),
        (10, 10, True, "2023-10"),
        (9, 10, True, "2024-09"),
        (1, 1, False, "2024-01"),
        (12, 1, True, "2024-12"),
        (1, 2, True, "2024-01"),
        (2, 2, True, "2023-02"),
        (1, 12, False, "2023-12"),
        (2, 12, False, "2024-01"),
    ],
)
def test_the_months_of_fiscal_2024(number, start, named, month):
    assert dates.fiscal_month(2024, number, start, named=named) == months.to_index(month)


def test_half_the_lines_or_more_show_where_years_begin():
    """Steps from one month to the next, of the lines that differ from the one before."""
    steps = [(2024, 5), (2024, 6), (2025, 7)]

    assert dates.year_begins([*steps, (2020, 1)]) == 7
    assert dates.year_begins([*steps, (2020, 1), (2020, 3)]) == 0
    assert dates.year_begins([pair for pair in steps for _ in range(9)]) == 7


@pytest.mark.parametrize(
    ("text", "month", "day"),
    [
        ("Tue, Jan 2 2024", "2024-01", 2),
        ("Wednesday January 3, 2024", "2024-01", 3),
        ("1 Jan, 2024", "2024-01", 1),
        ("Jan 2024 thru Jan 2024", None, 0),
        ("1-1-2024 through 1-31-2024", "2024-01", 1),
        ("1/1/2024 - x", None, 0),
    ],
)
def test_weekdays_and_ends_of_a_month_are_read_and_half_a_range_is_not(text, month, day):
    if month:
        assert dates.read(text, MONTH_FIRST, 10) == (months.to_index(month), day)
    else:
        with pytest.raises(ValueError, match="not "):
            dates.read(text, MONTH_FIRST, 10)


@pytest.mark.parametrize(
    ("text", "month"),
    [("2024-00-01", None), ("2024-12-01", "2024-12"), ("0/2024", None), ("12/2024", "2024-12")],
)
def test_months_are_numbered_1_to_12(text, month):
    if month:
        assert months.from_index(dates.read(text, MONTH_FIRST, 10)[0]) == month
    else:
        with pytest.raises(ValueError, match="there is no month 0; write the month that is meant"):
            dates.read(text, MONTH_FIRST, 10)


@pytest.mark.parametrize(
    ("found", "begins"),
    [
        ([], 0),
        ([(2024, 1), (2024, 5)], 0),
        ([(2024, 1), (2025, 5), (2025, 9)], 0),
        ([(2024, n) for n in (10, 11, 12, 1, 2, 3)], 10),
        ([(2024, n) for n in range(1, 13)], -1),
        ([(2024, 6), (2025, 7), (2025, 9)], 0),
        ([(2024, 5), (2024, 6), (2025, 7)], 7),
        ([(2024, 11), (2024, 12), (2025, 1)], 1),
    ],
)
def test_fiscal_years_of_few_months_begin_by_their_order_or_are_in_doubt(found, begins):
    assert dates.fiscal_begins(found) == begins


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
    assert dates.without_footnote(text) == (number, sign)
