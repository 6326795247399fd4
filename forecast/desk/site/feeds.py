"""What is new, as Atom feeds (RFC 4287), and what is to come, as a calendar (RFC 5545)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from icalendar import Calendar, Event
from lxml import etree

from forecast import months
from forecast.desk.facts import MonthFacts
from forecast.desk.sentences import monthly, section
from forecast.desk.sentences.trust import withdrawn_words
from forecast.desk.site import flags
from forecast.desk.site.reading import SiteRecord, TotalRecord
from forecast.types import COUNT, Row
from forecast.words import (
    capital,
    change_words,
    day_words,
    known_words,
    many,
    month_words,
    slug,
)

if TYPE_CHECKING:
    from forecast.sources.source import Source

RELEASED, UNUSUAL, CORRECTED = "releases", "unusual", "corrections"
LATELY = 24  # months whose release is in a feed
NEWEST = 40  # entries of a feed
MONTHS_AHEAD = 12  # whose release is in the calendar
YEARS_AHEAD = 2  # fiscal years whose end is
LEAST_DAYS = 24  # days known by which a window could be learned
CALENDAR = "releases.ics"
KIND_WORDS = {"": "everything", "unusual": "unusual months"}
_ABOUT = {
    "": "New figures, unusual months and corrections",
    RELEASED: "Each month's figures, as {} publishes them",
    UNUSUAL: "Months unusually far from their forecast, and what happened next",
    CORRECTED: "Revised counts, corrected notices and withdrawn runs",
}
_ATOM = "http://www.w3.org/2005/Atom"
# Ids name what is told of and never where, so that a site may move and nobody reads twice.
_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "https://bordercast.example.org/feeds")
_EVENTS = uuid.uuid5(uuid.NAMESPACE_URL, "https://bordercast.example.org/calendar")


@dataclass(frozen=True)
class NewsItem:
    """What a feed says once.

    key : names it for good. place : of its page in the site. published, updated : "YYYY-MM-DD".
    total : "" if of several.
    """

    key: str
    kind: str
    total: str
    title: str
    sentences: tuple[str, ...]
    place: str
    published: str
    updated: str


@dataclass(frozen=True)
class Feed:
    """A feed: name of its file without the ending, title, and what its entries are about.

    kind : of its entries, "" for all. place : of the page it goes with. began : "YYYY-MM-DD", its
    date while it is empty.
    """

    name: str
    kind: str
    title: str
    about: str
    place: str
    began: str


def subscribe(record: SiteRecord, _: None = None) -> Mapping[str, Any]:
    """List every feed, the calendar, and how to use them."""
    scopes = ("all", *record.totals)
    return {
        "feeds": [(_scope(record, scope), _feeds(record, scope)) for scope in scopes],
        "kinds": [""] if record.many else list(_ABOUT),
        "calendar": CALENDAR,
        "rhythm": rhythm(record),
    }


def files(record: SiteRecord) -> dict[str, bytes]:
    """Write every feed, and the calendar."""
    entries = {total: list(of_total(record, total)) for total in record.totals}
    entries["all"] = [
        *_releases(record),
        *(e for total in record.totals for e in entries[total] if e.kind != RELEASED),
        *map(_withdrawn, record.withdrawn),
    ]
    written = {
        f"{feed.name}.atom": atom(feed, (e for e in items if feed.kind in ("", e.kind)), record)
        for scope, items in entries.items()
        for feed in _feeds(record, scope)
    }
    return {**written, CALENDAR: calendar(record)}


def _feeds(record: SiteRecord, scope: str) -> list[Feed]:
    """The feeds of all totals or of one: of many totals each has one, and those it has had."""
    feeds = []
    for kind, words in _ABOUT.items():
        name = f"{slug(scope)}-{kind}" if kind else slug(scope)
        few = not record.many or scope == "all" or not kind
        if few or f"subscribe/{name}.atom" in record.before:
            feeds.append(
                Feed(
                    name=name,
                    kind=kind,
                    title=f"Bordercast: {_scope(record, scope)}, {KIND_WORDS.get(kind, kind)}",
                    about=words.format(record.source.publisher.short),
                    place="" if scope == "all" else record.totals[scope].place,
                    began=str(record.runs[-1]["published_at"])[:10],
                )
            )
    return feeds


def _scope(record: SiteRecord, scope: str) -> str:
    totals = record.source.totals
    return f"All {totals.many}" if scope == "all" else totals.name(scope)


def of_total(record: SiteRecord, total: str) -> Iterator[NewsItem]:
    """List what is new of one total."""
    about = record.totals[total]
    lately = LATELY // 2 if record.many else LATELY
    for month in sorted(about.reports)[-lately:]:
        yield _release(record, about, about.reports[month])
    for flag in about.flags:
        if flag["kind"] != "revision":  # told with the release that made it
            yield _unusual(record, about, flag)
    yield from _revised(record, about)
    for row in record.corrected:
        if row["border"] == total:
            yield _corrected(record, row)


def _release(record: SiteRecord, about: TotalRecord, report: MonthFacts) -> NewsItem:
    """A total's month."""
    finding = section.finding(report)
    first, last = _days(report)
    return NewsItem(
        key=f"{RELEASED}/{about.total}/{report.month}",
        kind=RELEASED,
        total=about.total,
        title=f"{about.name}, {month_words(report.month)}: {_count(report)}",
        sentences=(finding.finding, *finding.more, *finding.lead, finding.say, finding.avoid),
        place=record.month_place(about.total, report.month),
        published=first,
        updated=last,
    )


def _releases(record: SiteRecord) -> Iterator[NewsItem]:
    """A month of all totals."""
    by_total = {name: about.reports for name, about in record.totals.items()}
    whole = record.source.totals.whole
    for month in sorted(by_total.get(whole, ()))[-LATELY:]:
        reports = [
            reports_by_month[month]
            for reports_by_month in by_total.values()
            if month in reports_by_month
        ]
        days = list(map(_days, reports))
        yield NewsItem(
            key=f"{RELEASED}/all/{month}",
            kind=RELEASED,
            total="",
            title=f"{record.source.publisher.short} figures for {month_words(month)}: "
            f"{_count(by_total[whole][month])} {record.source.totals.where(whole)}",
            sentences=tuple(
                f"{record.source.totals.name(report.total)}: {_with_halves(report)}. "
                f"{section.finding(report).finding}"
                for report in reports
            ),
            place=record.month_place(whole, month),
            published=min(first for first, _ in days),
            updated=max(last for _, last in days),
        )


def _unusual(record: SiteRecord, about: TotalRecord, flag: Row) -> NewsItem:
    """A flag; updated when its episode ended."""
    report = about.reports[flag["month"]]
    card = flags.card(record, flag, report)
    rest = section.finding(replace(report, flags=(flag,), shift=None))
    first = _days(report)[0]
    ended = about.reports.get(flag["closed"] or "")
    return NewsItem(
        key=f"{UNUSUAL}/{about.total}/{flag['month']}/{flag['kind']}",
        kind=UNUSUAL,
        total=about.total,
        title=f"{card.badge}: {card.heading}",
        sentences=tuple(
            filter(None, (card.finding, *rest.more, *rest.lead, card.ended, rest.say, rest.avoid))
        ),
        place=record.month_place(about.total, flag["month"]),
        published=first,
        updated=max(first, _days(ended)[0]) if ended else first,
    )


def _revised(record: SiteRecord, about: TotalRecord) -> Iterator[NewsItem]:
    """What a release changed of a total's months, an entry a release."""
    for (day, source), group in groupby(
        about.restated, key=lambda row: (row["known_from"], row["source"])
    ):
        rows = list(group)
        yield NewsItem(
            key=f"{CORRECTED}/{about.total}/{source}/{day}",
            kind=CORRECTED,
            total=about.total,
            title=f"{about.name}: {many(len(rows), 'month')} revised by "
            f"{about.source.publisher.short}",
            sentences=(
                f"Published {known_words(rows[0]['vintage'], day)}.",
                *(_change(row, about.source) for row in rows),
            ),
            place=record.month_place(about.total, rows[0]["month"]),
            published=day,
            updated=day,
        )


def _change(row: Row, source: Source) -> str:
    now, before = row[COUNT], row["previous"]
    return (
        f"{month_words(row['month'])}: from {before:,} to {now:,} {source.measure.noun} "
        f"({change_words(now, before)})."
    )


def _corrected(record: SiteRecord, row: Row) -> NewsItem:
    """A correction that readers were sent."""
    day = row["approved_at"][:10]
    where = f"{record.totals[row['border']].name}, {month_words(row['month'])}"
    return NewsItem(
        key=f"{CORRECTED}/{row['border']}/notice/{row['notice_id']}",
        kind=CORRECTED,
        total=row["border"],
        title=f"Correction: {where}",
        sentences=(
            f"Our notice on {where}, is no longer right: {row['phrase']}.",
            f"Subscribers were told on {day_words(day)}; the page has today's figures.",
        ),
        place=record.month_place(row["border"], row["month"]),
        published=day,
        updated=day,
    )


def _withdrawn(row: Row) -> NewsItem:
    """A run that was withdrawn."""
    day = row["at"][:10]
    return NewsItem(
        key=f"{CORRECTED}/run/{row['run_id']}",
        kind=CORRECTED,
        total="",
        title=f"Run {row['run_id']} was withdrawn",
        sentences=withdrawn_words(row["run_id"], row["at"], row["why"]),
        place="newer/",
        published=day,
        updated=day,
    )


def _count(report: MonthFacts) -> str:
    return f"{report.count:,} {report.source.measure.noun}"


def _with_halves(report: MonthFacts) -> str:
    return ", ".join(filter(None, (_count(report), monthly.halves_words(report, " and "))))


def _days(report: MonthFacts) -> tuple[str, str]:
    """The days on which its first and its newest value became known."""
    if not report.values:
        day = months.days_after(report.month, 31).isoformat()
        return day, day
    return report.values[0].known_from, report.values[-1].known_from


def atom(feed: Feed, entries: Iterable[NewsItem], record: SiteRecord) -> bytes:
    """Write a feed as a file of the page `subscribe/`.

    Links are relative to the file where the site's address is not known.
    """
    newest = sorted(entries, key=lambda item: item.key)
    newest = sorted(newest, key=lambda item: (item.updated, item.published), reverse=True)[:NEWEST]
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})
    root.set("{http://www.w3.org/XML/1998/namespace}lang", "en-US")
    _put(root, "title", feed.title)
    _put(root, "subtitle", feed.about)
    _put(root, "id", _id(f"feed/{feed.name}"))
    _put(root, "updated", _moment(max([feed.began, *(item.updated for item in newest)])))
    if record.site:
        href = f"{record.site}subscribe/{feed.name}.atom"
        _put(root, "link", rel="self", type="application/atom+xml", href=href)
    _put(root, "link", rel="alternate", type="text/html", href=_page(feed.place, record))
    _put(_put(root, "author"), "name", "Bordercast")
    _put(root, "rights", record.source.publisher.credit)
    for entry in newest:
        _entry(root, entry, record)
    body: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return body


def _entry(root: etree._Element, item: NewsItem, record: SiteRecord) -> None:
    entry = _put(root, "entry")
    _put(entry, "title", item.title)
    _put(entry, "id", _id(item.key))
    _put(entry, "published", _moment(item.published))
    _put(entry, "updated", _moment(item.updated))
    _put(entry, "link", rel="alternate", type="text/html", href=_page(item.place, record))
    for term in filter(None, (item.kind, item.total)):
        _put(entry, "category", term=term)
    _put(entry, "summary", " ".join(item.sentences), type="text")


def _put(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    element.text = text or None
    return element


def _page(place: str, record: SiteRecord) -> str:
    folder, mark, within = place.partition("#")
    return f"{record.site}{place}" if record.site else f"../{folder}index.html{mark}{within}"


def _moment(day: str) -> str:
    return f"{day}T00:00:00Z"


def _id(key: str) -> str:
    return uuid.uuid5(_NAMES, key).urn


def calendar(record: SiteRecord) -> bytes:
    """Write what is to come (RFC 5545): expected releases and ends of fiscal years."""
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
        if record.site:
            event.add("url", f"{record.site}subscribe/")
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
        f" The day is known of {many(len(known), 'release')} on record: {inside} "
        f"came within that window, the earliest after {min(known)} days, the latest seen after "
        f"{max(known)}."
    )
    return text if len(known) >= LEAST_DAYS else f"{text} That is too few to narrow the window."


def _windows(record: SiteRecord) -> Iterator[Event]:
    """The days in which each coming month's figures should come."""
    known = rhythm(record)
    for further in range(1, MONTHS_AHEAD + 1):
        month = months.shift(record.run.data_through, further)
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
    for year in range(newest, newest + YEARS_AHEAD):
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
    event.add("uid", str(uuid.uuid5(_EVENTS, key)))
    event.add("summary", summary)
    event.add("description", description)
    event.add("dtstart", days[0])
    event.add("dtend", days[1] + timedelta(days=1))  # the day after the last, by the standard
    return event


_FAR = {"notable": "", "major": "well ", "critical": "far "}
