"""When each month became known, and judgements that claim more than that allows."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from forecast import months
from forecast.store.observations import series_by_id
from forecast.store.queries import sql
from forecast.types import Scope, SeriesKey

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from sqlite_utils import Database

DUE_DAYS = 31  # after a month's end, as in the view `release_places`
LATE_DAYS = 14  # after that day, as in the view `series_vintages`


class StatedSince(NamedTuple):
    """A release's word on a scope: from which day on it was known, and how exactly."""

    first_month: str
    last_month: str
    known_from: str
    vintage: str


def known_days(
    db: Database | sqlite3.Connection, total: str | None = None
) -> Callable[[Scope, str], str | None]:
    """(scope, month) -> the day on which the month became known, None where that is not known.

    The first day on which any accepted release that covers the month was seen; as in the view
    `series_vintages`, a month that was first seen a fortnight or more after it was due had been
    public before, on a day that is not known.

    total : the only one that will be asked for.
    """
    by_scope: dict[Scope, list[StatedSince]] = defaultdict(list)
    rows = db.execute(
        sql("known_days"),
        (total, total),
    )
    for total, dimension, component, *stating in rows:
        by_scope[Scope(total, dimension, component)].append(StatedSince(*stating))

    @lru_cache(None)
    def known(scope: Scope, month: str) -> str | None:
        stating = [s for s in by_scope[scope] if s.first_month <= month <= s.last_month]
        first = min(stating, key=lambda s: (s.known_from, s.vintage != "day"), default=None)
        if first is None or first.vintage != "day" or first.known_from > _late(month):
            return None
        return first.known_from

    return known


@lru_cache(4096)
def _late(month: str) -> str:
    return months.days_after(month, DUE_DAYS + LATE_DAYS).isoformat()


class FalseIssued(NamedTuple):
    """A judgement kept as "issued" whose run was not published before the month was known.

    published : day of the run; known : day of the month, None where it is not known.
    """

    series: SeriesKey
    month: str
    run_id: int
    published: str
    known: str | None

    def __str__(self) -> str:
        """In words, with what it is to be taken for."""
        known = f"known from {self.known}" if self.known else "known from a day that is not known"
        return (
            f"{self.series} in {self.month} was judged by run {self.run_id} of {self.published} as "
            f"issued before it was published, but was {known}: take it for a hindcast"
        )


def in_words(false: Sequence[FalseIssued], most: int = 10) -> list[str]:
    """A line each, totals first, and how many more there are."""
    shown = [str(month) for month in sorted(false, key=lambda f: (not f.series.headline, f.month))]
    more = [f"and {len(false) - most} more"] if len(false) > most else []
    return shown[:most] + more


def in_time(published: str, known: str | None) -> bool:
    """Whether a run of this day was published before the month became known."""
    return known is not None and published < known


def false_issued(
    db: Database | sqlite3.Connection, key: SeriesKey | None = None, month: str | None = None
) -> list[FalseIssued]:
    """Judgements that claim to rest on a forecast issued in time and do not; empty if all hold.

    key, month : look at these alone.
    """
    known, keys = known_days(db, key.total if key else None), series_by_id(db)
    rows = db.execute(
        sql("false_issued"),
        (month, month),
    )
    false = (
        FalseIssued(keys[series_id], when, run_id, day, known(keys[series_id].scope, when))
        for series_id, when, run_id, day in rows
        if key in (None, keys[series_id])
    )
    return [row for row in false if not in_time(row.published, row.known)]
