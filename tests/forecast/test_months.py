from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast import months


@given(st.integers(0, 9999 * 12 + 11))
def test_a_month_survives_the_way_to_its_number_and_back(index):
    assert months.to_index(months.from_index(index)) == index


@pytest.mark.parametrize("text", ["2024-13", "2024-00", "2024-1", "24-01", "2024-01-01", ""])
def test_what_is_not_a_month_is_refused(text):
    with pytest.raises(ValueError, match="YYYY-MM"):
        months.to_index(text)


def test_the_fiscal_year_starts_in_october():
    assert months.fiscal_year("2024-09", 10) == 2024
    assert months.fiscal_year("2024-10", 10) == 2025
    assert months.fiscal_months(2025, 10) == months.between("2024-10", "2025-09")


def test_months_are_shifted_over_years():
    assert months.shift("2024-11", 3) == "2025-02"
    assert months.shift("2025-02", -3) == "2024-11"
    assert months.between("2025-02", "2025-01") == []


@pytest.mark.parametrize(
    "text", ["2025-02", "2025-2", "Feb 2025", "feb. 2025", "February 2025", " 2025-02 "]
)
def test_a_month_may_be_typed_as_people_do(text):
    assert months.typed(text) == "2025-02"


@pytest.mark.parametrize(
    "text", ["2025-13", "2025-0", "2025", "Fe 2025", "Febber 2025", "Feb 25", "2025-02-01", ""]
)
def test_what_is_no_month_is_refused_with_how_to_write_one(text):
    with pytest.raises(ValueError, match="is not a month; write it as YYYY-MM"):
        months.typed(text)


def test_every_name_of_a_month_is_its_own():
    for number in range(1, 13):
        for form in ("%b", "%B"):
            named = datetime(2025, number, 1).strftime(f"{form} %Y")
            assert months.typed(named) == f"2025-{number:02d}"
