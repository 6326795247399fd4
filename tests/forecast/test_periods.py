from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast import months
from forecast.errors import SpanError
from forecast.periods import FEDERAL, FIRST, LAST, Calendar, Period, month

BEGINS = st.integers(1, 12)
NUMBERS = st.integers(FIRST + 24, LAST - 36)
PLAIN = Calendar()
NEWEST = months.to_index("2026-08")


@pytest.mark.parametrize("begins", range(1, 13))
def test_years_run_from_their_first_month_to_the_twelfth(begins):
    calendar = Calendar(begins)
    # Walked month by month: a year begins whenever its first month comes.
    year, nth = 1600, (1 - begins) % 12
    for number in range(FIRST, LAST + 1):
        if number % 12 + 1 == begins:
            nth = 0
            year = number // 12 + int(begins > 1)
        nth += 1
        assert (calendar.year(number), calendar.nth(number)) == (year, nth)
        text = months.from_index(number)
        assert (calendar.year(text), calendar.nth(text)) == (year, nth)
        assert calendar.last(text) == (nth == 12)
        assert calendar.to_date(text) == Period(number - nth + 1, number)
    for year in range(1601, 2199):
        whole = calendar.period(year)
        assert whole.length == 12
        assert {calendar.year(number) for number in whole.numbers} == {year}
        assert calendar.year_of(whole) == year
        assert calendar.period(year, 5) == Period(whole.first, whole.first + 4)
        assert calendar.year_of(whole.shift(1)) is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025-02", "2025-02", "2025-02"),
        ("2025-2", "2025-02", "2025-02"),
        ("Feb. 2025", "2025-02", "2025-02"),
        ("february, 2025", "2025-02", "2025-02"),
        ("FY2025", "2024-10", "2025-09"),
        ("fy 25", "2024-10", "2025-09"),
        ("Fiscal Year 2025", "2024-10", "2025-09"),
        ("fiscal 2025", "2024-10", "2025-09"),
        ("2025", "2025-01", "2025-12"),
        ("CY 2025", "2025-01", "2025-12"),
        ("calendar year 2025", "2025-01", "2025-12"),
        ("FY2026 to date", "2025-10", "2026-08"),
        ("fy26 ytd", "2025-10", "2026-08"),
        ("2026 to date", "2026-01", "2026-08"),
        ("FY2025 to date", "2024-10", "2025-09"),
        ("2021-01..2024-08", "2021-01", "2024-08"),
        ("2021-01 to 2024-08", "2021-01", "2024-08"),
        ("2021-01to2024-08", "2021-01", "2024-08"),
        ("Oct 2023 to April 2024", "2023-10", "2024-04"),
        ("October to December 2024", "2024-10", "2024-12"),
        ("FY2023..FY2025", "2022-10", "2025-09"),
        ("since 2025-01", "2025-01", "2026-08"),
        ("since 2025", "2025-01", "2026-08"),
        ("since FY2025", "2024-10", "2026-08"),
        ("first half of FY2026", "2025-10", "2026-03"),
        ("second half of 2025", "2025-07", "2025-12"),
        ("H1 2025", "2025-01", "2025-06"),
        ("Q4 FY2025", "2025-07", "2025-09"),
    ],
)
def test_what_people_type_is_read(text, first, last):
    for typed in (text, f"  {text.upper()} ", text.lower()):
        assert FEDERAL.read(typed, NEWEST) == Period.of(first, last)


@pytest.mark.parametrize(
    ("text", "name", "first", "last", "ahead"),
    [
        ("next month", "next month", "2026-09", "2026-09", False),
        ("next 1 months", "next month", "2026-09", "2026-09", False),
        ("next quarter", "next 3 months", "2026-09", "2026-11", True),
        ("Next 12 Months", "next 12 months", "2026-09", "2027-08", True),
        ("next year", "next 12 months", "2026-09", "2027-08", True),
        ("rest of the year", "rest of 2026", "2026-09", "2026-12", True),
        ("rest of 2026", "rest of 2026", "2026-09", "2026-12", True),
        ("rest of FY2026", "rest of FY2026", "2026-09", "2026-09", False),
    ],
)
def test_what_is_ahead_keeps_how_it_was_said(text, name, first, last, ahead):
    period = FEDERAL.read(text, NEWEST)
    assert (period.first_month, period.last_month) == (first, last)
    assert (FEDERAL.name(period), period.ahead) == (name, ahead)
    assert period == Period.of(first, last)  # the same months are the same period


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-13", "not a month; write it as YYYY-MM"),
        ("2026-13..2027-01", "not a month"),
        ("soon", "not a span of months; write a month 2026-12"),
        ("Febber 2025", "not a span of months"),
        ("26", "not a span of months"),
        ("third half of 2025", "not a span of months"),
        ("fifth quarter of 2025", "not a span of months"),
        ("first half of 2025-01", "not a span of months"),
        ("since ever", "not a span of months"),
        ("next 0 months", "not a span of months"),
        ("2026-05..2026-03", "it ends before it begins"),
        ("since 2026-09", "it ends before it begins"),
        ("FY2030 to date", "it ends before it begins"),
        ("rest of 2025", "the next month to be published is 2026-09"),
        ("FY0000", "only months from 1600 to 2199"),
        ("2200-01", "only months from 1600 to 2199"),
    ],
)
def test_anything_else_is_refused_with_what_can_be_written(text, problem):
    with pytest.raises(SpanError) as error:
        FEDERAL.read(text, NEWEST)
    assert str(error.value).startswith(f"{text!r}: {problem}")


@pytest.mark.parametrize("begins", range(1, 13))
def test_every_form_that_an_error_names_is_read(begins):
    calendar = Calendar(begins)
    forms = calendar.forms.replace("a month ", "").replace("a span ", "").replace("'", "")
    for form in forms.split(", "):
        assert calendar.read(form, NEWEST)


@given(BEGINS, NUMBERS, st.integers(0, 30))
def test_a_name_and_words_read_back(begins, first, more):
    calendar, period = Calendar(begins), Period(first, first + more)
    assert calendar.read(calendar.name(period), NEWEST) == period
    assert calendar.read(calendar.words(period), NEWEST) == period


@pytest.mark.parametrize(
    ("period", "name", "words"),
    [
        (FEDERAL.period(2025), "FY2025", "fiscal year 2025"),
        (PLAIN.period(2025), "2025", "calendar year 2025"),
        (Period.of("2025-05"), "2025-05", "May 2025"),
        (Period.of("2025-05", "2025-07"), "2025-05..2025-07", "May to July 2025"),
        (Period.of("2025-11", "2026-01"), "2025-11..2026-01", "November 2025 to January 2026"),
    ],
)
def test_a_period_has_one_name_and_one_wording(period, name, words):
    assert (FEDERAL.name(period), FEDERAL.words(period)) == (name, words)


def test_a_calendar_of_january_names_no_fiscal_year():
    assert PLAIN.read("FY2025", NEWEST) == PLAIN.read("2025", NEWEST) == PLAIN.period(2025)
    assert (PLAIN.name(PLAIN.period(2025)), PLAIN.noun) == ("2025", "year")


@pytest.mark.parametrize("begins", range(1, 13))
def test_a_year_asked_for_alone_is_the_publishers(begins):
    calendar = Calendar(begins)
    for text in ("2025", "FY2025", "fy 25"):
        assert calendar.read_year(text) == 2025
    for text in ("2025-01", "FY", "25", "next year", "cy 2025" if begins > 1 else "0"):
        with pytest.raises(SpanError, match=f"not a {calendar.noun}; write "):
            calendar.read_year(text)


MONTHS_SAID = [("2025-02", "2025-02"), ("Feb. 2025", "2025-02"), ("March 2026", "2026-03")]
SPANS_SAID = [
    ("FY2025", "2024-10", "2025-09"),
    ("fiscal 2025", "2024-10", "2025-09"),
    ("fy26", "2025-10", "2026-09"),
    ("calendar year 2025", "2025-01", "2025-12"),
    ("calendar 2025", "2025-01", "2025-12"),
    ("2025", "2025-01", "2025-12"),
    ("FY2026 to date", "2025-10", "2026-08"),
    ("2026 so far", "2026-01", "2026-08"),
    ("since March 2025", "2025-03", "2026-08"),
    ("January 2025 to March 2025", "2025-01", "2025-03"),
]


@pytest.mark.parametrize(
    ("said", "first", "last"), [(*pair, pair[1]) for pair in MONTHS_SAID] + SPANS_SAID
)
def test_a_sentence_gives_up_its_months_and_keeps_the_rest(said, first, last):
    found = FEDERAL.find(f"how many at the border in {said}, please?", NEWEST)
    assert found == (Period.of(first, last), "how many at the border in , please?")


@pytest.mark.parametrize(
    "text", ["how many", "in Marching 2025", "FY2030 to date", "2025-13", "1234"]
)
def test_a_sentence_without_months_names_none(text):
    assert FEDERAL.find(text, NEWEST) is None


@given(BEGINS, NUMBERS)
def test_every_run_answers_this_and_the_next_year_and_what_is_left(begins, cutoff):
    calendar = Calendar(begins)
    every = calendar.standard(cutoff, 24)
    names = [calendar.name(period) for period in every]
    assert len(set(names)) == len(names)
    year = calendar.year(cutoff + 1)
    assert names[: names.index("next 12 months")] == [
        calendar.year_name(y) for y in (year, year + 1) if calendar.period(y).last <= cutoff + 24
    ]
    assert [name for name in names if name.startswith("rest")] == (
        [f"rest of {(cutoff + 1) // 12}"] if (cutoff + 1) % 12 else []
    )
    assert all(cutoff < period.last <= cutoff + 24 for period in every)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("last month", "2026-08", "2026-08"),
        ("the newest 3 months", "2026-06", "2026-08"),
        ("past year", "2025-09", "2026-08"),
        ("this fiscal year", "2025-10", "2026-08"),
        ("last calendar year", "2025-01", "2025-12"),
    ],
)
def test_what_has_just_been_ends_with_the_newest_month(text, first, last):
    assert FEDERAL.read(text, months.to_index("2026-08")) == Period.of(first, last)


@pytest.mark.parametrize(
    ("cutoff", "horizon", "names"),
    [
        ("2026-08", 24, "FY2026, FY2027, next 12 months, 2026, rest of 2026"),
        ("2026-09", 24, "FY2027, FY2028, next 12 months, 2026, rest of 2026"),
        ("2026-09", 23, "FY2027, next 12 months, 2026, rest of 2026"),
        ("2026-12", 12, "FY2027, next 12 months, 2027"),
        ("2026-12", 11, "FY2027"),
        ("2026-08", 4, "FY2026, 2026, rest of 2026"),
        ("2026-08", 3, "FY2026"),
    ],
)
def test_a_run_answers_the_usual_spans_that_its_forecast_covers(cutoff, horizon, names):
    newest = months.to_index(cutoff)
    found = FEDERAL.standard(newest, horizon)

    assert [FEDERAL.name(period) for period in found] == names.split(", ")
    assert all(period == FEDERAL.read(FEDERAL.name(period), newest) for period in found)


@given(NUMBERS, st.integers(0, 20), st.sets(st.integers(0, 20)))
def test_a_total_is_of_every_month_or_of_none(first, more, known):
    period = Period(first, first + more)
    counts = {months.from_index(first + at): at + 1 for at in known}
    lacking = [
        months.from_index(n) for n in range(first, first + more + 1) if n - first not in known
    ]
    assert period.lacking(counts) == lacking
    sums = None if lacking else sum(range(1, more + 2))
    assert period.total(counts) == sums


def test_a_period_is_cut_moved_and_measured():
    period = Period.of("2024-01", "2024-03")
    assert (period.length, period.days, period.months) == (3, 91, ["2024-01", "2024-02", "2024-03"])
    assert period.shift(-12) == Period.of("2023-01", "2023-03")
    assert period.until(months.to_index("2024-02")) == Period.of("2024-01", "2024-02")
    assert period.until(months.to_index("2023-12")) is None


@pytest.mark.parametrize(
    "text", ["2025-02", "2025-2", "Feb 2025", "feb. 2025", "February 2025", " 2025-02 "]
)
def test_a_month_may_be_typed_as_people_do(text):
    assert month(text) == "2025-02"


@pytest.mark.parametrize(
    "text", ["2025-13", "2025-0", "2025", "Fe 2025", "Febber 2025", "Feb 25", "2025-02-01", ""]
)
def test_what_is_no_month_is_refused_with_how_to_write_one(text):
    with pytest.raises(SpanError, match="not a month; write it as YYYY-MM"):
        month(text)


def test_every_name_of_a_month_is_its_own():
    for (number, name), length in product(enumerate(months.NAMES, 1), range(3, 10)):
        assert month(f"{name[:length]} 2025") == f"2025-{number:02d}"
