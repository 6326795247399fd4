"""The page to subscribe from, and the calendar beside its feeds.

The calendar (RFC 5545) has what is to come: expected releases and ends of fiscal years.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from icalendar import Calendar, Event

from forecast import months
from forecast.desk.site import feeds, news
from forecast.desk.site.feeds import Feed
from forecast.desk.site.pages import SitePage
from forecast.desk.site.record import SiteRecord
from forecast.sources.wording import total_place
from forecast.words import capital, day_words, month_words, slug

if TYPE_CHECKING:
    from forecast.sources.source import Source

AHEAD = 12  # months whose release is in the calendar
LEAST_DAYS = 24  # days known by which a window could be learned
YEARS = 2  # fiscal years whose end is
CALENDAR = "releases.ics"
_ABOUT = {
    "": "New figures, unusual months and corrections",
    news.RELEASED: "Each month's figures, as {} publishes them",
    news.UNUSUAL: "Months unusually far from their forecast, and what happened next",
    news.CORRECTED: "Revised counts, corrected notices and withdrawn runs",
}
_WORDS = {"": "everything", "unusual": "unusual months"}
_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "https://bordercast.example.org/calendar")


def subscribe_page(record: SiteRecord, address: str) -> SitePage:
    """Every feed, the calendar, and how to use them."""
    entries = {"all": list(news.everywhere(record))}
    entries |= {total: list(news.of_border(record, total)) for total in record.borders}
    by_scope = {scope: {kind: _feed(record, scope, kind) for kind in _ABOUT} for scope in entries}
    files = {
        f"{feed.name}.atom": feeds.atom(
            feed,
            (entry for entry in entries[scope] if kind in ("", entry.kind)),
            address,
            record.source,
        )
        for scope, by_kind in by_scope.items()
        for kind, feed in by_kind.items()
    }
    shown = {
        "feeds": [
            (_scope(scope, record.source), by_kind.values()) for scope, by_kind in by_scope.items()
        ],
        "kinds": [_WORDS.get(kind, kind) for kind in _ABOUT],
        "calendar": CALENDAR,
        "rhythm": rhythm(record),
    }
    files[CALENDAR] = calendar(record, address)
    return SitePage("subscribe/", "subscribe", shown, files)


def _feed(record: SiteRecord, scope: str, kind: str) -> Feed:
    what = _WORDS.get(kind, kind)
    return Feed(
        name=f"{slug(scope)}-{kind}" if kind else slug(scope),
        title=f"Bordercast: {_scope(scope, record.source)}, {what}",
        about=_ABOUT[kind].format(record.source.publisher.short),
        place="" if scope == "all" else total_place(scope, record.source),
        began=str(record.runs[-1]["published_at"])[:10],
    )


def _scope(scope: str, source: Source) -> str:
    return f"All {source.totals.many}" if scope == "all" else source.totals.name(scope)


def calendar(record: SiteRecord, address: str) -> bytes:
    """The calendar as a file. address : of the site, "" where it is not known."""
    events = Calendar()
    events.add("prodid", "-//Bordercast//Releases//EN")
    events.add("version", "2.0")
    events.add(
        "x-wr-calname", f"{record.source.publisher.short} {record.source.measure.figures}, expected"
    )
    events.add("refresh-interval", timedelta(days=1), {"value": "DURATION"})
    stamp = datetime.fromisoformat(record.run.published_at)
    for event in (*_windows(record), *_year_ends(record)):
        event.add("dtstamp", stamp)
        event.add("transp", "TRANSPARENT")  # nobody is busy meanwhile
        if address:
            event.add("url", f"{address.rstrip('/')}/subscribe/")
        events.add_component(event)
    body: bytes = events.to_ical()
    return body


def rhythm(record: SiteRecord) -> str:
    """What is known of the days on which figures come, and how surely."""
    known = [
        (date.fromisoformat(day) - months.end(month)).days
        for month, day in record.release_days.items()
    ]
    earliest, latest, _ = record.source.due
    text = (
        f"{record.source.publisher.short} names no dates. Most figures have come {earliest} to "
        f"{latest} days "
        "after a month's end, on no fixed weekday."
    )
    if not known:
        return f"{text} Of no release on record is the day known."
    inside = sum(earliest <= days <= latest for days in known)
    text += (
        f" The day is known of {len(known)} release{'s' * (len(known) > 1)} on record: {inside} "
        f"came within that window, the earliest after {min(known)} days, the latest seen after "
        f"{max(known)}."
    )
    return text if len(known) >= LEAST_DAYS else f"{text} That is too few to narrow the window."


def _windows(record: SiteRecord) -> Iterator[Event]:
    """The days in which each coming month's figures should come."""
    known = rhythm(record)
    for ahead in range(1, AHEAD + 1):
        month = months.shift(record.run.data_through, ahead)
        first, last, late = (months.days_after(month, days) for days in record.source.due)
        yield _event(
            f"release/{month}",
            f"Expected: {record.source.publisher.short} {record.source.measure.figures} for "
            f"{month_words(month)}",
            f"Some day in this window, not all of it. {known} After "
            f"{day_words(late.isoformat())} this service calls them overdue.",
            (first, last),
        )


def _year_ends(record: SiteRecord) -> Iterator[Event]:
    """The last day of the fiscal years that end next, and what comes of it."""
    newest = months.fiscal_year(
        months.shift(record.run.data_through, 1),
        record.source.year_begins,
    )
    for year in range(newest, newest + YEARS):
        last = months.end(months.fiscal_months(year, record.source.year_begins)[-1])
        noun = months.year_noun(record.source.year_begins)
        yield _event(
            f"year/{year}",
            f"{capital(noun)} {year} ends",
            f"{record.source.publisher.short} {record.source.publisher.revises}, so counts of "
            f"{noun} "
            f"{year} stay preliminary until it closes the year, some months after this day.",
            (last, last),
        )


def _event(key: str, summary: str, description: str, days: tuple[date, date]) -> Event:
    event = Event()
    event.add("uid", str(uuid.uuid5(_NAMES, key)))
    event.add("summary", summary)
    event.add("description", description)
    event.add("dtstart", days[0])
    event.add("dtend", days[1] + timedelta(days=1))  # the day after the last, by the standard
    return event
