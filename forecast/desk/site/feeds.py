"""What is new, as Atom feeds (RFC 4287): releases, unusual months, corrections."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from lxml import etree

from forecast import months
from forecast.desk.facts import MonthFacts
from forecast.desk.sentences import monthly, section
from forecast.desk.sentences.trust import withdrawn_words
from forecast.desk.site import flags
from forecast.desk.site.reading import BorderRecord, SiteRecord
from forecast.sources.wording import total_place
from forecast.types import Row
from forecast.words import change_words, day_words, known_words, many, month_words

if TYPE_CHECKING:
    from forecast.sources.source import Source

RELEASED, UNUSUAL, CORRECTED = KINDS = ("releases", "unusual", "corrections")
LATELY = 24  # months whose release is in a feed


@dataclass(frozen=True)
class NewsItem:
    """What a feed says once.

    key : names it for good. place : of its page in the site. published, updated : "YYYY-MM-DD".
    border : "" if of several.
    """

    key: str
    kind: str
    total: str
    title: str
    sentences: tuple[str, ...]
    place: str
    published: str
    updated: str


def everywhere(record: SiteRecord) -> Iterator[NewsItem]:
    """Of all borders: a release once, and what is unusual or was corrected anywhere."""
    yield from _releases(record)
    for total in record.borders:
        yield from (e for e in of_border(record, total) if e.kind != RELEASED)
    for row in record.withdrawn:
        yield _withdrawn(row)


def of_border(record: SiteRecord, total: str) -> Iterator[NewsItem]:
    """Of one border."""
    border_record = record.borders[total]
    for month in sorted(border_record.reports)[-LATELY:]:
        yield _release(border_record, border_record.reports[month])
    for flag in border_record.flags:
        if flag["kind"] != "revision":  # told with the release that made it
            yield _unusual(border_record, flag)
    yield from _revised(border_record)
    for row in record.corrected:
        if row["border"] == total:
            yield _corrected(row, record.source)


def _release(border_record: BorderRecord, report: MonthFacts) -> NewsItem:
    """A border's month."""
    finding = section.finding(report)
    first, last = _days(report)
    return NewsItem(
        key=f"{RELEASED}/{border_record.total}/{report.month}",
        kind=RELEASED,
        total=border_record.total,
        title=f"{border_record.name}, {month_words(report.month)}: {_count(report)}",
        sentences=(finding.finding, *finding.more, *finding.lead, finding.say, finding.avoid),
        place=f"{border_record.place}{report.month}/",
        published=first,
        updated=last,
    )


def _releases(record: SiteRecord) -> Iterator[NewsItem]:
    """A month of all borders."""
    by_border = {name: border_record.reports for name, border_record in record.borders.items()}
    whole = record.source.totals.whole
    for month in sorted(by_border.get(whole, ()))[-LATELY:]:
        reports = [
            reports_by_month[month]
            for reports_by_month in by_border.values()
            if month in reports_by_month
        ]
        days = list(map(_days, reports))
        yield NewsItem(
            key=f"{RELEASED}/all/{month}",
            kind=RELEASED,
            total="",
            title=f"{record.source.publisher.short} figures for {month_words(month)}: "
            f"{_count(by_border[whole][month])} {record.source.totals.where(whole)}",
            sentences=tuple(
                f"{record.source.totals.name(report.total)}: {_with_halves(report)}. "
                f"{section.finding(report).finding}"
                for report in reports
            ),
            place=f"{total_place(whole, record.source)}{month}/",
            published=min(first for first, _ in days),
            updated=max(last for _, last in days),
        )


def _unusual(border_record: BorderRecord, flag: Row) -> NewsItem:
    """A flag; updated when its episode ended."""
    report = border_record.reports[flag["month"]]
    card = flags.card(flag, report)
    finding = section.finding(replace(report, flags=(flag,), shift=None))
    first = _days(report)[0]
    ended = border_record.reports.get(flag["closed"] or "")
    return NewsItem(
        key=f"{UNUSUAL}/{border_record.total}/{flag['month']}/{flag['kind']}",
        kind=UNUSUAL,
        total=border_record.total,
        title=f"{card.badge}: {card.heading}",
        sentences=tuple(
            filter(
                None,
                (
                    card.finding,
                    *finding.more,
                    *finding.lead,
                    card.ended,
                    finding.say,
                    finding.avoid,
                ),
            )
        ),
        place=f"{border_record.place}{flag['month']}/",
        published=first,
        updated=max(first, _days(ended)[0]) if ended else first,
    )


def _revised(border_record: BorderRecord) -> Iterator[NewsItem]:
    """What a release changed of a border's months, an entry a release."""
    for (day, source), group in groupby(
        border_record.restated, key=lambda row: (row["known_from"], row["source"])
    ):
        rows = list(group)
        yield NewsItem(
            key=f"{CORRECTED}/{border_record.total}/{source}/{day}",
            kind=CORRECTED,
            total=border_record.total,
            title=f"{border_record.name}: {many(len(rows), 'month')} revised by "
            f"{border_record.source.publisher.short}",
            sentences=(
                f"Published {known_words(rows[0]['vintage'], day)}.",
                *(_change(row, border_record.source) for row in rows),
            ),
            place=f"{border_record.place}{rows[0]['month']}/",
            published=day,
            updated=day,
        )


def _change(row: Row, source: Source) -> str:
    now, before = row["encounters"], row["previous"]
    return (
        f"{month_words(row['month'])}: from {before:,} to {now:,} {source.measure.noun} "
        f"({change_words(now, before)})."
    )


def _corrected(row: Row, source: Source) -> NewsItem:
    """A correction that readers were sent."""
    day = row["approved_at"][:10]
    where = f"{source.totals.name(row['border'])}, {month_words(row['month'])}"
    return NewsItem(
        key=f"{CORRECTED}/{row['border']}/notice/{row['notice_id']}",
        kind=CORRECTED,
        total=row["border"],
        title=f"Correction: {where}",
        sentences=(
            f"Our notice on {where}, is no longer right: {row['phrase']}.",
            f"Subscribers were told on {day_words(day)}; the page has today's figures.",
        ),
        place=f"{total_place(row['border'], source)}{row['month']}/",
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


NEWEST = 40  # entries of a feed
_ATOM = "http://www.w3.org/2005/Atom"
# Ids name what is told of and never where, so that a site may move and nobody reads twice.
_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "https://bordercast.example.org/feeds")


@dataclass(frozen=True)
class Feed:
    """A feed: name of its file without the ending, title, and what its entries are about.

    place : of the page it goes with. began : "YYYY-MM-DD", its date while it is empty.
    """

    name: str
    title: str
    about: str
    place: str
    began: str


def atom(feed: Feed, entries: Iterable[NewsItem], address: str, source: Source) -> bytes:
    """A feed as a file of the page `subscribe/`.

    address : of the site; links are relative to the file where it is not known.
    """
    newest = sorted(entries, key=lambda item: item.key)
    newest = sorted(newest, key=lambda item: (item.updated, item.published), reverse=True)[:NEWEST]
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})
    root.set("{http://www.w3.org/XML/1998/namespace}lang", "en-US")
    _put(root, "title", feed.title)
    _put(root, "subtitle", feed.about)
    _put(root, "id", _id(f"feed/{feed.name}"))
    _put(root, "updated", _moment(max([feed.began, *(item.updated for item in newest)])))
    if address:
        href = f"{address.rstrip('/')}/subscribe/{feed.name}.atom"
        _put(root, "link", rel="self", type="application/atom+xml", href=href)
    _put(root, "link", rel="alternate", type="text/html", href=_page(feed.place, address))
    _put(_put(root, "author"), "name", "Bordercast")
    _put(root, "rights", source.publisher.credit)
    for entry in newest:
        _entry(root, entry, address)
    body: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return body


def _entry(root: etree._Element, item: NewsItem, address: str) -> None:
    entry = _put(root, "entry")
    _put(entry, "title", item.title)
    _put(entry, "id", _id(item.key))
    _put(entry, "published", _moment(item.published))
    _put(entry, "updated", _moment(item.updated))
    _put(entry, "link", rel="alternate", type="text/html", href=_page(item.place, address))
    for term in filter(None, (item.kind, item.total)):
        _put(entry, "category", term=term)
    _put(entry, "summary", " ".join(item.sentences), type="text")


def _put(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    element.text = text or None
    return element


def _page(place: str, address: str) -> str:
    return f"{address.rstrip('/')}/{place}" if address else f"../{place}index.html"


def _moment(day: str) -> str:
    return f"{day}T00:00:00Z"


def _id(key: str) -> str:
    return uuid.uuid5(_NAMES, key).urn
