"""Flags as a person reads them: what, how sure, all comparisons, what moved, how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from forecast import months
from forecast.desk.facts import MonthFacts
from forecast.desk.sentences import monthly, unusual
from forecast.desk.sentences.monthly import ComparisonText
from forecast.desk.site.reading import PartRecord, SiteRecord, TotalRecord
from forecast.types import COUNT, SEVERITIES, Row
from forecast.words import basis_noun, change_words, month_words, one_line


@dataclass(frozen=True)
class Card:
    """A flag of a total.

    place : the month's page. badge : severity or kind in a word. sure : how unusual, in
    words. compared : the forecast and
    every other comparison, always all of them and in one order. moved : (dimension, parts).
    """

    flag_id: int
    place: str
    month: str
    heading: str
    badge: str
    severity: str
    sure: str
    finding: str
    ended: str
    is_open: bool
    caption: str
    compared: tuple[ComparisonText, ...]
    moved: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PartCard:
    """A flag of a part, in a line of a table: published, and every comparison.

    through : the last month on record of it, "" if that is the newest of all.
    """

    place_in_site: str
    total: str
    dimension: str
    member: str
    month: str
    badge: str
    severity: str
    sure: str
    place: str
    published: str
    compared: tuple[ComparisonText, ...]
    through: str


def cards(
    record: SiteRecord, about: TotalRecord, flags: Sequence[Row] | None = None
) -> tuple[Card, ...]:
    """Put flags of a total into words, all of them unless some are named."""
    chosen = about.flags if flags is None else flags
    return tuple(card(record, flag, about.reports[flag["month"]]) for flag in chosen)


def parts(record: SiteRecord, total: str | None = None) -> tuple[PartCard, ...]:
    """Flags of parts that are still open, the most serious first."""
    flagged = [
        (part, flag)
        for part in record.parts.values()
        for flag in part.flags
        if flag["episode"] == "open" and total in (None, part.key.total)
    ]
    flagged.sort(key=lambda pair: (SEVERITIES.index(pair[1]["severity"]), pair[1]["p"] or 0))
    return tuple(part_card(part, flag, record.run.data_through) for part, flag in flagged)


def card(record: SiteRecord, flag: Row, facts: MonthFacts) -> Card:
    """Put a flag into words.

    Parameters
    ----------
    flag : a row of `store.flags.flags`. facts : the report of its month.
    """
    return Card(
        flag_id=flag["flag_id"],
        place=record.month_place(flag["border"], flag["month"]),
        month=flag["month"],
        heading=f"{facts.source.totals.name(flag['border'])}, {month_words(flag['month'])}",
        badge=unusual.badge(flag),
        severity=flag["severity"],
        sure=unusual.how_sure(flag),
        finding=unusual.finding(flag, facts),
        ended=unusual.ending(flag),
        is_open=flag["episode"] == "open",
        caption=f"{month_words(flag['month'])}: {facts.count:,} {facts.source.measure.noun}",
        compared=compared(facts, flag),
        moved=tuple(unusual.moved_lines(replace(facts, flags=(flag,)))),
    )


def compared(facts: MonthFacts, flag: Row | None) -> tuple[ComparisonText, ...]:
    """The forecast first, then every other comparison in the one order."""
    return (forecast_line(facts, flag), *map(monthly.line, facts.comparisons))


def forecast_line(facts: MonthFacts, flag: Row | None = None) -> ComparisonText:
    """The month as first published against what had been expected of it."""
    if flag is not None:
        return _expected(
            unusual.compared_with(flag), _when(facts, flag), flag[COUNT], flag["expected"]
        )
    expectation = facts.expectation
    if expectation is None:
        return ComparisonText("forecast", month_words(facts.month), "none", f"{facts.count:,}", "-")
    when = _when(facts, {COUNT: expectation.judged, "kind": "month"})
    return _expected(basis_noun(expectation.basis), when, expectation.judged, expectation.median)


def _when(facts: MonthFacts, flag: Row) -> str:
    """The month, and that its count is the one first published, where another stands now."""
    first = flag["kind"] != "revision" and flag[COUNT] != facts.count
    return month_words(facts.month) + (", as first published" if first else "")


def _expected(name: str, when: str, count: int, expected: int) -> ComparisonText:
    return ComparisonText(name, when, f"{expected:,}", f"{count:,}", change_words(count, expected))


def part_card(part: PartRecord, flag: Row, newest: str) -> PartCard:
    """A part's flag. newest : month on record of any series."""
    counts = {row["month"]: row[COUNT] for row in part.months}
    month, now = flag["month"], flag[COUNT]
    lines = [_expected(basis_noun(flag["basis"]), month_words(month), now, flag["expected"])]
    for name, back in (("month before", 1), ("year before", 12)):
        before = counts.get(months.shift(month, -back))
        change = "-" if before is None else change_words(now, before)
        text = "not on record" if before is None else f"{before:,}"
        when = month_words(months.shift(month, -back))
        lines.append(ComparisonText(name, when, text, f"{now:,}", change))
    return PartCard(
        place_in_site=part.place,
        total=part.key.total,
        dimension=one_line(part.kind),
        member=one_line(part.name),
        month=month_words(month),
        badge=unusual.badge(flag),
        severity=flag["severity"],
        sure=unusual.how_sure(flag),
        place=part.source.totals.where(part.key.total),
        published=f"{now:,}",
        compared=tuple(lines),
        through=month_words(part.last) if part.last < newest else "",
    )
