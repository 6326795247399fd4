"""A month among others: counts small enough to see the answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecast import months
from forecast.desk import facts
from forecast.desk.facts import Comparison
from forecast.sources.source import Source
from tests.support.cbp_files import ENCOUNTERS

CALENDAR = replace(ENCOUNTERS, year_begins=1)


def counted(first: str, *counts: int | None) -> dict[str, int]:
    """Month -> count from the first month on; None where a month is not known."""
    return {months.shift(first, i): n for i, n in enumerate(counts) if n is not None}


def said(
    counts: dict[str, int], month: str, source: Source = ENCOUNTERS
) -> list[tuple[object, ...]]:
    found = facts.comparisons(counts, month, source)
    return [(c.name, c.first, c.last, c.now, c.before) for c in found]


@pytest.mark.parametrize(
    ("counts", "rank"),
    [((5,), 1), ((5, 4), 1), ((5, 5), 1), ((5, 6), 2), ((5, 6, 6, 5, 4), 3), ((0, 1, 2, 3), 4)],
)
def test_rank_is_one_more_than_the_months_that_are_higher(counts, rank):
    assert facts.rank(counted("2025-01", *counts), "2025-01") == rank


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ((5,), ("", None)),
        ((5, 5), ("", None)),
        ((5, 4), ("lowest", None)),
        ((5, 6), ("highest", None)),
        ((4, 5, 4), ("lowest", "2025-01")),
        ((3, 5, 4), ("lowest", "2025-01")),
        ((5, 6, 4), ("lowest", None)),
        ((6, 5, 6), ("highest", "2025-01")),
        ((7, 5, 6), ("highest", "2025-01")),
        ((5, 4, 6), ("highest", None)),
        ((3, 3, 9, 4), ("lowest", "2025-02")),
        ((9, 9, 3, 8), ("highest", "2025-02")),
    ],
)
def test_since_when_no_month_was_beyond_it(counts, found):
    month = months.shift("2025-01", len(counts) - 1)
    later = {months.shift(month, 1): 0, months.shift(month, 2): 99}

    assert facts.extreme_since(counted("2025-01", *counts) | later, month) == found


def test_every_comparison_of_a_month_is_made_of_the_months_it_names():
    counts = counted("2023-10", *range(1, 18))  # to 2025-02

    assert said(counts, "2025-02") == [
        ("month before", "2025-01", "2025-01", 17, 16),
        ("year before", "2024-02", "2024-02", 17, 5),
        ("fiscal year to date", "2023-10", "2024-02", 13 + 14 + 15 + 16 + 17, 1 + 2 + 3 + 4 + 5),
        ("peak", "2025-02", "2025-02", 17, 17),
    ]


@pytest.mark.parametrize(
    ("month", "names"),
    [
        ("2024-09", "month before, year before, fiscal year to date, peak"),
        ("2024-10", "month before, year before, peak"),
        ("2024-11", "month before, year before, fiscal year to date, peak"),
    ],
)
def test_the_first_month_of_a_year_has_no_year_to_date(month, names):
    found = facts.comparisons(counted("2023-10", *[1] * 14), month, ENCOUNTERS)

    assert ", ".join(c.name for c in found) == names


def test_a_year_to_date_without_the_year_before_is_summed_and_not_compared():
    counts = counted("2023-11", *[1] * 3, *[10] * 12)  # to 2025-01; October 2023 is missing

    assert said(counts, "2025-01")[2] == ("fiscal year to date", "2023-10", "2024-01", 40, None)
    assert said(counts, "2024-01") == [
        ("month before", "2023-12", "2023-12", 1, 1),
        ("year before", "2023-01", "2023-01", 1, None),
        ("fiscal year to date", "2022-10", "2023-01", 3, None),
        ("peak", "2024-01", "2024-01", 1, 1),
    ]


@pytest.mark.parametrize(
    ("counts", "peak"),
    [
        ((5, 4, 9), ("2025-01", 5)),  # a later month is none of its past
        ((5, 5, 9), ("2025-02", 5)),  # the latest of equals
        ((4, 5, 9), ("2025-02", 5)),
    ],
)
def test_the_peak_is_the_highest_month_up_to_this_one(counts, peak):
    assert said(counted("2025-01", *counts), "2025-02")[-1][2::2] == peak


def test_a_month_that_nobody_knows_takes_the_year_to_date_away():
    counts = counted("2024-09", 1, 1, None, 1, 1)

    assert facts.unknown_months(counts, "2024-10", "2025-01") == ["2024-11"]
    assert facts.unknown_months(counts, "2024-08", "2024-10") == []  # before the series began
    assert facts.unknown_months(counts, "2024-11", "2024-11") == ["2024-11"]
    assert [row[0] for row in said(counts, "2025-01")] == ["month before", "year before", "peak"]
    assert said(counts, "2024-12")[0] == ("month before", "2024-11", "2024-11", 1, None)


def test_where_years_are_calendar_years_the_year_to_date_begins_in_january():
    counts = counted("2024-01", *range(1, 15))  # to 2025-02

    assert facts.to_date(CALENDAR.calendar) == "year to date"
    assert said(counts, "2025-02", CALENDAR)[2] == ("year to date", "2024-01", "2024-02", 27, 3)
    assert [row[0] for row in said(counts, "2025-01", CALENDAR)] == [
        "month before",
        "year before",
        "peak",
    ]


@pytest.mark.parametrize(
    ("now", "before", "percent"),
    [(150, 100, 50), (50, 100, -50), (100, 100, 0), (0, 100, -100), (5, 0, None), (5, None, None)],
)
def test_a_change_is_in_percent_of_what_was_before(now, before, percent):
    found = Comparison("peak", "2025-01", "2025-01", now, before)

    assert found.percent == (None if percent is None else pytest.approx(percent))


def test_only_years_to_date_are_said_to_be_so():
    names = ("month before", "year before", "fiscal year to date", "year to date", "peak")

    assert facts.to_date(ENCOUNTERS.calendar) == "fiscal year to date"
    assert [n for n in names if Comparison(n, "a", "a", 1, 1).to_date] == [*names[2:4]]
