"""Flags as a person reads them: what, how sure, all comparisons, what moved, how it ended."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from forecast import months
from forecast.desk.email import content
from forecast.desk.email.content import ComparisonText
from forecast.desk.labels import dimension_words, member_words
from forecast.desk.report import MonthReport, report
from forecast.desk.wording import NAMES, PLACES, chance_words, change_words, measure, month_words
from forecast.records import Row, SeriesKey
from forecast.store import releases

_HOW_SURE = {
    "watch": "Unusual",
    "notable": "Notable",
    "major": "Major",
    "critical": "Critical",
}


@dataclass(frozen=True)
class Card:
    """A flag of a border's total.

    badge : severity or kind in a word. sure : how unusual, in words. compared : the forecast and
    every other comparison, always all of them and in one order. moved : (dimension, parts).
    """

    flag_id: int
    border: str
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

    through : the last month held of it, "" if that is the newest of all.
    """

    border: str
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


def cards(connection: sqlite3.Connection, flags: Sequence[Row]) -> tuple[Card, ...]:
    """Flags of borders' totals; flags : rows of `store.flags.flags`."""
    return tuple(_card(connection, flag) for flag in flags)


def _card(connection: sqlite3.Connection, flag: Row) -> Card:
    return card(flag, report(connection, flag["border"], flag["month"]))


def parts(connection: sqlite3.Connection, flags: Sequence[Row]) -> tuple[PartCard, ...]:
    """Flags of parts; flags : rows of `store.page.open_parts`."""
    if not flags:
        return ()
    counts = releases.current_counts(connection)
    newest = max(map(max, counts.values()))
    return tuple(part_card(flag, counts[_key(flag)], newest) for flag in flags)


def _key(flag: Row) -> SeriesKey:
    return SeriesKey(flag["border"], flag["dimension"], flag["member"], flag["component"])


def card(flag: Row, facts: MonthReport) -> Card:
    """A flag in words.

    Parameters
    ----------
    flag : a row of `store.flags.flags`. facts : the report of its month.
    """
    return Card(
        flag_id=flag["flag_id"],
        border=flag["border"],
        month=flag["month"],
        heading=f"{NAMES[flag['border']]}, {month_words(flag['month'])}",
        badge=badge(flag),
        severity=flag["severity"],
        sure=how_sure(flag),
        finding=_finding(flag, facts),
        ended=ending(flag),
        is_open=flag["episode"] == "open",
        caption=f"{month_words(flag['month'])}: {facts.encounters:,} {measure().noun}",
        compared=compared(facts, flag),
        moved=tuple(content.moved_lines(replace(facts, flags=(flag,)))),
    )


def badge(flag: Mapping[str, Any]) -> str:
    """The flag in a word."""
    if flag["kind"] in ("drift", "revision"):
        return str(flag["kind"]).capitalize()
    return _HOW_SURE[flag["severity"]]


def how_sure(flag: Mapping[str, Any]) -> str:
    """How unusual the month was, in words."""
    if flag["kind"] == "revision":
        return "a value that was closed has been changed"
    if flag["kind"] == "drift":
        return "no single month, but many the same way"
    p = flag["apart_p"] if flag["role"] == "apart" else flag["p"]
    return chance_words(p)


def ending(flag: Mapping[str, Any]) -> str:
    """How the episode went on, in words; "" where there is none."""
    if flag["episode"] is None:
        return ""
    if flag["episode"] == "open":
        return "Still open: the coming months will show whether it stays."
    when = month_words(flag["closed"])
    if flag["episode"] == "level shift":
        return f"It stayed: a new level, confirmed in {when}."
    return f"It passed: back to what had been expected by {when}."


def compared(facts: MonthReport, flag: Mapping[str, Any] | None) -> tuple[ComparisonText, ...]:
    """The forecast first, then every other comparison in the one order."""
    return (forecast_line(facts, flag), *map(content.line, facts.comparisons))


def forecast_line(facts: MonthReport, flag: Mapping[str, Any] | None = None) -> ComparisonText:
    """The month as first published against what had been expected of it."""
    if flag is not None:
        name = {"revision": "before the revision", "drift": "forecast of six months before"}
        what = name.get(flag["kind"], "forecast")
        return _expected(what, _when(facts, flag), flag["encounters"], flag["expected"])
    stood = facts.expectation
    if stood is None:
        return ComparisonText(
            "forecast", month_words(facts.month), "none", f"{facts.encounters:,}", "-"
        )
    when = _when(facts, {"encounters": stood.judged, "kind": "month"})
    return _expected("forecast", when, stood.judged, stood.median)


def _when(facts: MonthReport, flag: Mapping[str, Any]) -> str:
    """The month, and that its count is the one first published, where another stands now."""
    first = flag["kind"] != "revision" and flag["encounters"] != facts.encounters
    return month_words(facts.month) + (", as first published" if first else "")


def _expected(name: str, when: str, count: int, expected: int) -> ComparisonText:
    return ComparisonText(name, when, f"{expected:,}", f"{count:,}", change_words(count, expected))


def _finding(flag: Row, facts: MonthReport) -> str:
    if flag["kind"] == "revision":
        return (
            f"The count was changed from {flag['expected']:,} to {flag['encounters']:,} "
            "after it had been closed, or by more than is usual."
        )
    return content.finding(replace(facts, flags=(flag,), shift=None)).finding


def part_card(flag: Row, counts: Mapping[str, int], newest: str) -> PartCard:
    """A part's flag; counts : its months as they stand now. newest : month held of any series."""
    month, last = flag["month"], max(counts)
    lines = [_expected("forecast", month_words(month), flag["encounters"], flag["expected"])]
    for name, back in (("month before", 1), ("year before", 12)):
        then = months.shift(month, -back)
        before = counts.get(then)
        change = "-" if before is None else change_words(flag["encounters"], before)
        text = "not held" if before is None else f"{before:,}"
        lines.append(
            ComparisonText(name, month_words(then), text, f"{flag['encounters']:,}", change)
        )
    return PartCard(
        border=flag["border"],
        dimension=content.clean(dimension_words(flag["dimension"])),
        member=content.clean(member_words(flag["dimension"], flag["member"])),
        month=month_words(month),
        badge=badge(flag),
        severity=flag["severity"],
        sure=how_sure(flag),
        place=PLACES[flag["border"]],
        published=f"{flag['encounters']:,}",
        compared=tuple(lines),
        through=month_words(last) if last < newest else "",
    )
