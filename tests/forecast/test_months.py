from __future__ import annotations

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


def test_months_are_shifted_over_years():
    assert months.shift("2024-11", 3) == "2025-02"
    assert months.shift("2025-02", -3) == "2024-11"
    assert months.between("2025-02", "2025-01") == []
