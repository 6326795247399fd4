from __future__ import annotations

import pytest

from forecast import months
from forecast.engine.panel import first_forecast


def counted(first: str, many: int, *without: int) -> list[str]:
    return [months.shift(first, at) for at in range(many) if at not in without]


@pytest.mark.parametrize(
    ("known", "through", "expected"),
    [
        (counted("2022-01", 24), "2023-12", ""),  # months 14 to 23: ten errors
        (counted("2022-01", 23), "2023-11", "2023-12"),
        (counted("2022-01", 1), "2022-01", "2023-12"),
        (counted("2022-01", 24)[::-1], "2023-12", ""),  # in whatever order
        (counted("2022-01", 24, 5), "2023-12", ""),  # a gap before the first error
        (counted("2022-01", 24, 20), "2023-12", "2024-02"),  # it costs two errors
        (counted("2022-01", 23), "2024-01", "2024-03"),  # two months that nobody counted
    ],
)
def test_a_series_is_forecast_from_its_tenth_error_on(known, through, expected):
    assert first_forecast(known, through, jumps=True) == expected


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (counted("2022-01", 13), ""),
        (counted("2022-01", 12), "2023-01"),
        (counted("2022-01", 14, 5), ""),
        (counted("2022-01", 13, 5), "2023-02"),
        (counted("2020-01", 12) + counted("2023-06", 12), "2024-06"),
    ],
)
def test_what_does_not_jump_is_forecast_from_its_thirteenth_month_on(known, expected):
    assert first_forecast(known, max(known), jumps=False) == expected


@pytest.mark.parametrize(("missing", "expected"), [(24, ""), (25, "2027-01")])
def test_a_gap_of_more_than_two_years_begins_a_series_anew(missing, expected):
    """A year, then nothing, then 23 months more."""
    again = months.shift("2023-01", missing)
    known = counted("2022-01", 12) + counted(again, 23)

    assert first_forecast(known, max(known), jumps=True) == expected
