"""What every page says it rests on, and when the next figures are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from forecast import months
from forecast.desk.sentences import trust
from forecast.store.page import NewestSource
from forecast.store.read import RunRow
from forecast.words import check_command, day_words, month_words, one_line

if TYPE_CHECKING:
    from forecast.sources.source import Source


@dataclass(frozen=True)
class PageStatus:
    """What the page rests on.

    published : in words. check : the command by which to check the digest. expected : when the
    next figures come, in words. They do not count days: a page is written once and stays.
    seen : which witnesses saw the run, and the last one whose forecast can be judged, in words.
    in_time : how many runs were seen before the truth was known; "" if none can be judged.
    """

    data_through: str
    release: str
    run: int
    published: str
    digest: str
    check: str
    expected: str
    overdue: bool
    refused: tuple[str, ...]
    seen: tuple[str, ...]
    in_time: str


def read_status(
    run: RunRow, newest: NewestSource | None, today: date, source: Source
) -> PageStatus:
    """What the page rests on, and when it will be renewed."""
    witnesses = newest.witnesses if newest else ()
    end = months.end(months.shift(run.data_through, 1))
    return PageStatus(
        data_through=month_words(run.data_through),
        release=_release(newest),
        run=run.id,
        published=f"{day_words(run.published_at[:10])}, {run.published_at[11:16]} UTC",
        digest=run.digest,
        check=check_command(run.id, run.digest),
        expected=next_release(run.data_through, source),
        overdue=today > end + timedelta(days=source.due[2]),
        refused=tuple(one_line(name) for name in newest.refused) if newest else (),
        seen=tuple(trust.newest_seen(witnesses, run.id, source)),
        in_time=trust.seen_in_time(witnesses, source),
    )


def _release(newest: NewestSource | None) -> str:
    if newest is None:
        return ""
    seen = f", first seen {day_words(newest.seen)}" if newest.seen else ""
    return f"{one_line(newest.file_name)}{seen}"


def next_release(data_through: str, source: Source) -> str:
    """When the next month's figures should come, in words."""
    month = months.shift(data_through, 1)
    first, last = (months.days_after(month, days) for days in source.due[:2])
    return f"{month_words(month)}, due {_day(first)} to {_day(last)}"


def _day(day: date) -> str:
    return day_words(day.isoformat())
