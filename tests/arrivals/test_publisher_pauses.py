from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from forecast.store.ops import Poll
from jobs.arrivals.publisher import pause_of_block, too_soon

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "pause"), [(0, 6), (5, 6), (6, 6), (7, 7), (23, 23), (24, 24), (100, 24)]
)
def test_a_page_that_blocks_us_is_left_alone_as_long_again_within_bounds(hours, pause):
    since = (NOW - timedelta(hours=hours)).isoformat()

    assert pause_of_block(NOW, since) == timedelta(hours=pause)


@pytest.mark.parametrize(
    ("began", "not_before", "expected"),
    [
        (-1, None, False),
        (-1, 0, False),  # over now
        (-1, 1, True),
        (-23, 1, True),
        (-24, 9999, False),  # never longer than a day from its beginning
        (-23, 9999, True),
        (0, 1, True),
        (1, 2, False),  # the clock was ahead then
    ],
)
def test_a_pause_lasts_until_its_end_a_day_at_most(began, not_before, expected):
    def at(hours: int) -> str:
        return (NOW + timedelta(hours=hours)).isoformat()

    pause = None if not_before is None else at(not_before)
    poll = Poll(at(began), at(began), "blocked", "", not_before=pause)

    assert too_soon(poll, NOW) == expected
