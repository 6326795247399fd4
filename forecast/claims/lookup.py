"""What is this number? Every series, span and vintage that it is, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from forecast import months
from forecast.claims.spans import ClaimSpan, fiscal
from forecast.claims.subjects import Subject
from forecast.claims.table import ClaimCounts, CountTable
from forecast.records import HEADLINES

MOST = 20  # matches that are worth showing


@dataclass(frozen=True, slots=True)
class NumberMatch:
    """Something that a number is.

    how : "now", the count on record; "published", a value that a month has had; "near", within
    the rounding of the source.
    """

    subject: Subject
    span: ClaimSpan
    count: int
    how: Literal["now", "published", "near"]


def matches(table: CountTable, number: int) -> list[NumberMatch]:
    """Everything that a number is: months, fiscal years, years to date; best first."""
    found = list(_all(table, number))
    return sorted(found, key=_order)[:MOST]


def _all(table: CountTable, number: int) -> Iterator[NumberMatch]:
    for subject in table.subjects():
        line = table.counts(subject)
        if line:
            yield from _in_line(subject, line, number)
    for (border, month), values in table.values.items():
        now = table.total(Subject(border), ClaimSpan(month, month))
        if number != now and number in {count for count, _, _ in values}:
            yield NumberMatch(Subject(border), ClaimSpan(month, month), number, "published")


def _in_line(subject: Subject, line: ClaimCounts, number: int) -> Iterator[NumberMatch]:
    for span in _spans(line):
        count = line.total(span)
        if count == number and count:
            yield NumberMatch(subject, span, count, "now")
        elif 0 < abs(count - number) <= line.slack_of(span) and number >= 1000:
            yield NumberMatch(subject, span, count, "near")


def _spans(line: ClaimCounts) -> Iterator[ClaimSpan]:
    for month in range(line.first, line.last + 1):
        if month not in line.unknown:
            yield ClaimSpan(month, month)
    for year in range(months.fiscal_year_at(line.first), months.fiscal_year_at(line.last) + 1):
        for length in range(2, 13):
            span = fiscal(year, length)
            if line.holds(span):
                yield span
    for year in range(line.first // 12, line.last // 12 + 1):
        span = ClaimSpan(year * 12, year * 12 + 11)
        if line.holds(span):
            yield span


def _order(match: NumberMatch) -> tuple[int, int, int, int, int]:
    """Totals before parts, months and whole years before years to date, the newest first."""
    how = ("now", "published", "near").index(match.how)
    part = 2 if match.subject.dimension else 1 if match.subject.agency else 0
    plain = 0 if match.span.length == 1 else 1 if match.span.year else 2
    border = HEADLINES.index(match.subject.border)
    return how, part, plain, -match.span.last, border
