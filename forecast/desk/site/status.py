"""What every page says it rests on, and when the next figures are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from forecast import months
from forecast.desk import verification
from forecast.desk.email import content
from forecast.desk.wording import check_command, day_words, month_words
from forecast.store.page import Source
from forecast.store.read import RunRow

EARLIEST, LATEST, OVERDUE = 7, 26, 28  # days after a month's end; see docs/operations.md


@dataclass(frozen=True)
class PageStatus:
    """What the page rests on.

    published : in words. check : the command by which to check the digest. expected : of the next
    release, in words. seen : by which witness the run was seen, in words.
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


def read_status(run: RunRow, source: Source | None, today: date) -> PageStatus:
    """What the page rests on, and when it will be renewed."""
    end = month_end(months.shift(run.data_through, 1))
    return PageStatus(
        data_through=month_words(run.data_through),
        release=_release(source),
        run=run.id,
        published=f"{day_words(run.published_at[:10])}, {run.published_at[11:16]} UTC",
        digest=run.digest,
        check=check_command(run.id, run.digest),
        expected=next_release(run.data_through, today),
        overdue=today > end + timedelta(days=OVERDUE),
        refused=tuple(content.clean(name) for name in source.refused) if source else (),
        seen=tuple(map(verification.seen, source.witnesses)) if source else (),
    )


def _release(source: Source | None) -> str:
    if source is None:
        return ""
    seen = f", first seen {day_words(source.seen)}" if source.seen else ""
    return f"{content.clean(source.file_name)}{seen}"


def next_release(data_through: str, today: date) -> str:
    """When the next month's figures should come, in words."""
    month = months.shift(data_through, 1)
    end = month_end(month)
    first, last = end + timedelta(days=EARLIEST), end + timedelta(days=LATEST)
    about = f"the figures of {month_words(month)}"
    if today < first:
        return f"{about} are expected between {_day(first)} and {_day(last)}"
    if today <= last:
        return f"{about} may come any day, as a rule until {_day(last)}"
    days = (today - last).days
    return f"{about} were expected by {_day(last)}, {days} {'day' if days == 1 else 'days'} ago"


def _day(day: date) -> str:
    return day_words(day.isoformat())


def month_end(month: str) -> date:
    """The last day of a month."""
    return date.fromisoformat(f"{months.shift(month, 1)}-01") - timedelta(days=1)
