"""What is new, as Atom feeds (RFC 4287), and when figures come, in words."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from forecast import months
from forecast.desk.facts import MonthFacts
from forecast.desk.sentences import monthly, section, unusual
from forecast.desk.sentences.trust import withdrawn_words
from forecast.desk.site.reading import SiteRecord
from forecast.desk.templating import template
from forecast.types import COUNT
from forecast.words import (
    capital,
    change_words,
    day_words,
    known_words,
    many,
    month_words,
    slug,
)

RELEASED, UNUSUAL, CORRECTED = "releases", "unusual", "corrections"
LATELY = 24  # months whose release is in a feed
NEWEST = 40  # entries of a feed
LEAST_DAYS = 24  # days known by which a window could be learned
KIND_WORDS = {"": "everything", "unusual": "unusual months"}
_ABOUT = {
    "": "New figures, unusual months and corrections",
    RELEASED: "Each month's figures, as {} publishes them",
    UNUSUAL: "Months unusually far from their forecast, and what happened next",
    CORRECTED: "Revised counts, corrected notices and withdrawn runs",
}
# Ids name what is told of and never where, so that a site may move and nobody reads twice.
_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "https://bordercast.example.org/feeds")


@dataclass(frozen=True)
class FeedItem:
    """An entry, which a feed has once.

    key : names it for good, its kind first. total : "" if of several. place : of its page in the
    site. published, updated : "YYYY-MM-DD".
    """

    key: str
    total: str
    title: str
    sentences: Sequence[str]
    place: str
    published: str
    updated: str

    @property
    def kind(self) -> str:
        """What it tells of."""
        return self.key.partition("/")[0]


@dataclass(frozen=True)
class Feed:
    """A feed: its file without the ending, the kind of its entries ("" for all), and its page."""

    name: str
    kind: str
    title: str
    about: str
    place: str


def subscribe(record: SiteRecord, _: None = None) -> Mapping[str, Any]:
    """List every feed, and say when figures come."""
    scopes = [_scope(record, scope) for scope in ("all", *record.totals)]
    return {
        "feeds": scopes,
        "kinds": [KIND_WORDS.get(k, k) for k in _ABOUT if not (record.many and k)],
        "rhythm": rhythm(record),
    }


def files(record: SiteRecord) -> dict[str, bytes]:
    """Write every feed."""
    items = {total: list(of_total(record, total)) for total in record.totals}
    items["all"] = [
        *releases(record),
        *(e for total in record.totals for e in items[total] if e.kind != RELEASED),
    ]
    for row in record.withdrawn:
        run, day = row.run_id, row.at[:10]
        words = withdrawn_words(run, row.at, row.why)
        about = f"{CORRECTED}/run/{run}", "", f"Run {run} was withdrawn"
        items["all"].append(FeedItem(*about, words, "newer/", day, day))
    began = record.runs[-1].published_at[:10]  # the date of a feed while it is empty
    written = {}
    for scope, of_scope in items.items():
        for feed in _scope(record, scope)[1]:
            # The newest first; what came at once, by its name.
            # Two stable sorts: readers show entries of one day in the order of the file.
            newest = sorted(
                (i for i in of_scope if feed.kind in ("", i.kind)), key=attrgetter("key")
            )
            newest.sort(key=attrgetter("updated", "published"), reverse=True)
            text = template("feed.atom").render(
                feed=feed,
                record=record,
                items=newest[:NEWEST],
                updated=max([began, *(item.updated for item in newest[:NEWEST])]),
                id=lambda key: uuid.uuid5(_NAMES, key).urn,
            )
            written[f"{feed.name}.atom"] = text.encode()
    return written


def _scope(record: SiteRecord, scope: str) -> tuple[str, list[Feed]]:
    """All totals or one in words, and its feeds: of many totals one each, and those it has had."""
    totals, feeds = record.source.totals, []
    scope_words = f"All {totals.many}" if scope == "all" else totals.name(scope)
    for kind, words in _ABOUT.items():
        name = f"{slug(scope)}-{kind}" if kind else slug(scope)
        few = not record.many or scope == "all" or not kind
        if few or f"subscribe/{name}.atom" in record.before:
            title = f"Bordercast: {scope_words}, {KIND_WORDS.get(kind, kind)}"
            of_kind = words.format(record.source.publisher.short)
            about = record.answer if (scope, kind) == ("all", "") else of_kind
            place = "" if scope == "all" else record.totals[scope].place
            feeds.append(Feed(name, kind, title, about, place))
    return scope_words, feeds


def of_total(record: SiteRecord, total: str) -> Iterator[FeedItem]:
    """List what is new of one total."""
    about = record.totals[total]
    name, noun, who = about.name, about.source.measure.noun, about.source.publisher.short
    for month in sorted(about.reports)[-(LATELY // 2 if record.many else LATELY) :]:
        report = about.reports[month]
        text = section.finding(report)
        yield FeedItem(
            f"{RELEASED}/{total}/{month}",
            total,
            f"{name}, {month_words(month)}: {report.count:,} {noun}",
            (text.finding, *text.more, *text.lead, text.say, text.avoid),
            record.month_place(total, month),
            *_days(report),
        )
    for flag in about.flags:
        if flag.kind == "revision":  # told with the release that made it
            continue
        month, report = flag.month, about.reports[flag.month]
        text = section.finding(replace(report, flags=(flag,), shift=None))
        first, ended = _days(report)[0], about.reports.get(flag.closed or "")
        _, finding = unusual.finding(flag, report)
        yield FeedItem(
            f"{UNUSUAL}/{total}/{month}/{flag.kind}",
            total,
            f"{unusual.badge(flag)}: {name}, {month_words(month)}",
            (finding, *text.more, *text.lead, unusual.ending(flag), text.say, text.avoid),
            record.month_place(total, month),
            first,
            max(first, _days(ended)[0]) if ended else first,  # updated when its episode ended
        )
    for (day, source), group in groupby(about.restated, key=itemgetter("known_from", "source")):
        rows = list(group)
        changed = [
            f"{month_words(row['month'])}: from {row['previous']:,} to {row[COUNT]:,} {noun} "
            f"({change_words(row[COUNT], row['previous'])})."
            for row in rows
        ]
        yield FeedItem(
            f"{CORRECTED}/{total}/{source}/{day}",
            total,
            f"{name}: {many(len(rows), 'month')} revised by {who}",
            (f"Published {known_words(rows[0]['vintage'], day)}.", *changed),
            record.month_place(total, rows[0]["month"]),
            day,
            day,
        )
    for row in record.corrected:  # corrections that readers were sent
        if row.total == total:
            day, where = row.approved_at[:10], f"{name}, {month_words(row.month)}"
            yield FeedItem(
                f"{CORRECTED}/{total}/notice/{row.notice_id}",
                total,
                f"Correction: {where}",
                (
                    f"Our notice on {where}, is no longer right: {row.phrase}.",
                    f"Subscribers were told on {day_words(day)}; the page has today's figures.",
                ),
                record.month_place(total, row.month),
                day,
                day,
            )


def releases(record: SiteRecord) -> Iterator[FeedItem]:
    """List the months of all totals together."""
    source, by_total = record.source, {name: a.reports for name, a in record.totals.items()}
    whole, noun, where = source.totals.whole, source.measure.noun, source.totals.where
    for month in sorted(by_total.get(whole, ()))[-LATELY:]:
        reports = [of_total[month] for of_total in by_total.values() if month in of_total]
        sentences = []
        for report in reports:
            halves = monthly.halves_words(report, " and ")
            count = ", ".join(filter(None, (f"{report.count:,} {noun}", halves)))
            finding = section.finding(report).finding
            sentences.append(f"{source.totals.name(report.total)}: {count}. {finding}")
        firsts, lasts = zip(*map(_days, reports), strict=True)
        yield FeedItem(
            f"{RELEASED}/all/{month}",
            "",
            f"{capital(source.publisher.short)} figures for {month_words(month)}: "
            f"{by_total[whole][month].count:,} {noun} {where(whole)}",
            sentences,
            record.month_place(whole, month),
            min(firsts),
            max(lasts),
        )


def _days(report: MonthFacts) -> tuple[str, str]:
    """The days on which its first and its newest value became known."""
    if not report.values:
        day = months.days_after(report.month, 31).isoformat()
        return day, day
    return report.values[0].known_from, report.values[-1].known_from


def rhythm(record: SiteRecord) -> str:
    """What is known of the days on which figures come, and how surely."""
    known = [
        (date.fromisoformat(day) - months.end(month)).days
        for month, day in record.release_days.items()
    ]
    earliest, latest = record.source.due[:2]
    text = (
        f"{capital(record.source.publisher.short)} names no dates. Most figures have come "
        f"{earliest} to {latest} days after a month's end, on no fixed weekday."
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
