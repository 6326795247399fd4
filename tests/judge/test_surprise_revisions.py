from __future__ import annotations

import pytest

from forecast.judge.surprise import revision_flag
from forecast.types import Flag, SeriesKey

NORTH = SeriesKey("northern")


@pytest.mark.parametrize(
    ("before", "after", "closed", "flagged"),
    [
        (9_999, 10_048, False, False),  # 49 encounters
        (9_999, 10_049, False, True),  # 50, and more than 0.5 percent
        (10_000, 10_050, False, False),  # 0.5 percent and no more
        (10_000, 10_051, False, True),
        (10_000, 9_949, False, True),
        (10_000, 9_950, False, False),
        (100_000, 100_060, False, False),
        (10, 10, False, False),
        (10, 11, True, True),  # any of a closed year
        (10, 9, True, True),
        (10, 10, True, False),
    ],
)
def test_a_large_revision_is_flagged_and_any_of_a_closed_year(before, after, closed, flagged):
    assert (revision_flag(NORTH, "2025-01", 7, before, after, closed) is not None) == flagged


@pytest.mark.parametrize(("after", "ratio", "side"), [(300, 1.5, 1), (100, 0.5, -1)])
def test_a_revision_states_both_counts_and_its_side(after, ratio, side):
    found = revision_flag(NORTH, "2025-01", 7, 200, after, closed=False)

    assert found == Flag(
        series=NORTH, month="2025-01", release_id=7, kind="revision", severity="notable",
        ratio=pytest.approx(ratio, abs=0.01), value=after, expected=200, side=side,
    )  # fmt: skip
