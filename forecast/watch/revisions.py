"""A published month that a later release changed: when that is worth a flag."""

from __future__ import annotations

from forecast.types import Flag, SeriesKey
from forecast.watch.surprise import ratio

LEAST_SHARE, LEAST_COUNT = 0.005, 50  # in an open fiscal year


def revision_flag(
    series: SeriesKey, month: str, release_id: int, before: int, after: int, closed: bool
) -> Flag | None:
    """The flag of a revision: any of a closed fiscal year, a large one of an open year."""
    change = abs(after - before)
    large = change > LEAST_SHARE * before and change >= LEAST_COUNT
    if change == 0 or not (closed or large):
        return None
    return Flag(
        series=series,
        month=month,
        release_id=release_id,
        kind="revision",
        severity="notable",
        ratio=ratio(after, before),
        encounters=after,
        expected=before,
        side=1 if after > before else -1,
    )
