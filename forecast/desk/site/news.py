"""What is new, as entries of feeds: releases, unusual months, corrections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from forecast import months
from forecast.desk import brief
from forecast.desk.email import content
from forecast.desk.report import MonthReport
from forecast.desk.site import cards
from forecast.desk.site.record import BorderRecord, SiteRecord
from forecast.desk.wording import total_place
from forecast.types import Row
from forecast.words import change_words, day_words, known_words, month_words, one_line

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
    border: str
    title: str
    sentences: tuple[str, ...]
    place: str
    published: str
    updated: str


def everywhere(record: SiteRecord) -> Iterator[NewsItem]:
    """Of all borders: a release once, and what is unusual or was corrected anywhere."""
    yield from _releases(record)
    for border in record.borders:
        yield from (e for e in of_border(record, border) if e.kind != RELEASED)
    for row in record.withdrawn:
        yield _withdrawn(row)


def of_border(record: SiteRecord, border: str) -> Iterator[NewsItem]:
    """Of one border."""
    found = record.borders[border]
    for month in sorted(found.reports)[-LATELY:]:
        yield _release(found, found.reports[month])
    for flag in found.flags:
        yield _unusual(found, flag)
    yield from _revised(found)
    for row in record.corrected:
        if row["border"] == border:
            yield _corrected(row, record.source)


def _release(found: BorderRecord, report: MonthReport) -> NewsItem:
    """A border's month."""
    said = content.finding(report)
    first, last = _days(report)
    return NewsItem(
        key=f"{RELEASED}/{found.border}/{report.month}",
        kind=RELEASED,
        border=found.border,
        title=f"{found.name}, {month_words(report.month)}: {_count(report)}",
        sentences=(said.finding, *said.more, *said.lead, said.say, said.avoid),
        place=f"{found.place}{report.month}/",
        published=first,
        updated=last,
    )


def _releases(record: SiteRecord) -> Iterator[NewsItem]:
    """A month of all borders."""
    held = {name: found.reports for name, found in record.borders.items()}
    whole = record.source.totals.whole
    for month in sorted(held.get(whole, ()))[-LATELY:]:
        reports = [found[month] for found in held.values() if month in found]
        days = list(map(_days, reports))
        yield NewsItem(
            key=f"{RELEASED}/all/{month}",
            kind=RELEASED,
            border="",
            title=f"{record.source.publisher.short} figures for {month_words(month)}: "
            f"{_count(held[whole][month])} {record.source.totals.where(whole)}",
            sentences=tuple(
                f"{record.source.totals.name(one.border)}: {_with_halves(one)}. "
                f"{content.finding(one).finding}"
                for one in reports
            ),
            place=f"{total_place(whole, record.source)}{month}/",
            published=min(first for first, _ in days),
            updated=max(last for _, last in days),
        )


def _unusual(found: BorderRecord, flag: Row) -> NewsItem:
    """A flag; updated when its episode ended."""
    report = found.reports[flag["month"]]
    card = cards.card(flag, report)
    said = content.finding(replace(report, flags=(flag,), shift=None))
    first = _days(report)[0]
    ended = found.reports.get(flag["closed"] or "")
    return NewsItem(
        key=f"{UNUSUAL}/{found.border}/{flag['month']}/{flag['kind']}",
        kind=UNUSUAL,
        border=found.border,
        title=f"{card.badge}: {card.heading}",
        sentences=tuple(
            filter(None, (card.finding, *said.more, *said.lead, card.ended, said.say, said.avoid))
        ),
        place=f"{found.place}{flag['month']}/",
        published=first,
        updated=max(first, _days(ended)[0]) if ended else first,
    )


def _revised(found: BorderRecord) -> Iterator[NewsItem]:
    """What a release changed of a border's months, an entry a release."""
    for (day, source), group in groupby(
        found.restated, key=lambda row: (row["known_from"], row["source"])
    ):
        rows = list(group)
        noun = "month" if len(rows) == 1 else "months"
        yield NewsItem(
            key=f"{CORRECTED}/{found.border}/{source}/{day}",
            kind=CORRECTED,
            border=found.border,
            title=f"{found.name}: {len(rows)} {noun} revised by {found.source.publisher.short}",
            sentences=(
                f"Published {known_words(rows[0]['vintage'], day)}.",
                *(_change(row, found.source) for row in rows),
            ),
            place=f"{found.place}{rows[0]['month']}/",
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
        border=row["border"],
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
        border="",
        title=f"Run {row['run_id']} was withdrawn",
        sentences=(
            f"Withdrawn on {day_words(day)}: {one_line(row['why'])}",
            "Please do not use its forecasts or comparisons any more.",
        ),
        place="newer/",
        published=day,
        updated=day,
    )


def _count(report: MonthReport) -> str:
    return f"{report.encounters:,} {report.source.measure.noun}"


def _with_halves(report: MonthReport) -> str:
    return ", ".join(filter(None, (_count(report), brief.halves_words(report, " and "))))


def _days(report: MonthReport) -> tuple[str, str]:
    """The days on which its first and its newest value became known."""
    if not report.values:
        day = months.days_after(report.month, 31).isoformat()
        return day, day
    return report.values[0].known_from, report.values[-1].known_from
