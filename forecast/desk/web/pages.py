"""A page's content, read from the record; rendered by the templates of the same names."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from forecast import months
from forecast.desk import brief, notices, scorecard
from forecast.desk.facts import Facts
from forecast.desk.found import found
from forecast.desk.notices import Block, Line
from forecast.desk.web import cards, pictures
from forecast.desk.web.cards import Card, PartCard
from forecast.desk.web.pictures import CARD, FULL, PHONE, SMALL, Drawn
from forecast.desk.words import (
    MINUS,
    NAMES,
    chance_words,
    change_words,
    day_words,
    known_words,
    month_words,
)
from forecast.records import HEADLINES
from forecast.store import cite, findings, flags, page, plots, read, releases
from forecast.store.page import Source
from forecast.store.read import RunRow

Connection = sqlite3.Connection
Row = dict[str, Any]

EARLIEST, LATEST, OVERDUE = 7, 26, 28  # days after a month's end; see docs/operations.md
LATELY = 24  # months in which a flag that is over still stands on the front page
SHOWN = 36  # months of the table behind the chart
LEADS = {0: "1 to 12 months", 1: "1 month", 3: "3 months", 6: "6 months", 12: "12 months"}
_ENGINE = "bordercast"
_COVERAGES = ("coverage50", "coverage80", "coverage95")


@dataclass(frozen=True)
class Status:
    """What the page rests on. published_at : in words. expected : of the next release, in words."""

    data_through: str
    release: str
    run: int
    published: str
    digest: str
    expected: str
    overdue: bool
    refused: tuple[str, ...]


@dataclass(frozen=True)
class Glance:
    """A border on the front page; expected : of the coming month, in words."""

    border: str
    name: str
    month: str
    encounters: str
    standing: str
    unusual: bool
    expected: str
    compared: tuple[Line, ...]
    chart: tuple[Drawn, ...]


@dataclass(frozen=True)
class Front:
    """The first page; lately : flags that are over."""

    glances: tuple[Glance, ...]
    still_open: tuple[Card, ...]
    parts: tuple[PartCard, ...]
    lately: tuple[Card, ...]
    last_flag: str

    @property
    def charts(self) -> tuple[Drawn, ...]:
        """All it shows."""
        return tuple(drawn for glance in self.glances for drawn in glance.chart)


@dataclass(frozen=True)
class ScoreRow:
    """The engine beside naive at a lead; error : against naive's, in words."""

    lead: str
    months: str
    error: str
    worse: bool
    log_wis: str
    naive_log_wis: str
    covers: tuple[str, ...]


@dataclass(frozen=True)
class Restated:
    """A month whose value was changed."""

    month: str
    key: str
    first: str
    now: str
    change: str
    times: int
    since: str


@dataclass(frozen=True)
class Border:
    """All there is about a border."""

    border: str
    name: str
    month: str
    encounters: str
    standing: str
    paragraph: str
    compared: tuple[Line, ...]
    fan: tuple[Drawn, ...]
    ahead: tuple[Row, ...]
    behind: tuple[Row, ...]
    cards: tuple[Card, ...]
    parts: tuple[PartCard, ...]
    history: tuple[Drawn, ...]
    quality: str
    basis: str
    scores: tuple[ScoreRow, ...]
    restated: tuple[Restated, ...]

    @property
    def charts(self) -> tuple[Drawn, ...]:
        """All it shows."""
        return (*self.fan, *self.history)


@dataclass(frozen=True)
class Month:
    """All there is about a border's month. values : every value it has had, in words."""

    border: str
    name: str
    month: str
    title: str
    finding: str
    more: tuple[str, ...]
    caption: str
    compared: tuple[Line, ...]
    cards: tuple[Card, ...]
    blocks: tuple[Block, ...]
    drivers: tuple[Row, ...]
    chart: Drawn | None
    values: tuple[str, ...]
    before: str | None
    after: str | None

    @property
    def charts(self) -> tuple[Drawn, ...]:
        """All it shows."""
        return (self.chart,) if self.chart else ()


def status(run: RunRow, source: Source | None, today: date) -> Status:
    """What the page rests on, and when it will be renewed."""
    end = month_end(months.shift(run.data_through, 1))
    return Status(
        data_through=month_words(run.data_through),
        release=_release(source),
        run=run.id,
        published=f"{day_words(run.published_at[:10])}, {run.published_at[11:16]} UTC",
        digest=run.digest,
        expected=next_release(run.data_through, today),
        overdue=today > end + timedelta(days=OVERDUE),
        refused=tuple(notices.clean(name) for name in source.refused) if source else (),
    )


def _release(source: Source | None) -> str:
    if source is None:
        return ""
    seen = f", first seen {day_words(source.seen)}" if source.seen else ""
    return f"{notices.clean(source.file_name)}{seen}"


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


def front(connection: Connection) -> Front:
    """The first page: what deviated, and every border at a glance."""
    every = flags.flags(connection)
    newest = max(span[1] for border in HEADLINES if (span := cite.span(connection, border)))
    still = [flag for flag in every if flag["episode"] == "open"]
    lately = [
        flag
        for flag in every
        if flag["episode"] != "open" and flag["month"] > months.shift(newest, -LATELY)
    ]
    return Front(
        glances=tuple(_glance(connection, border) for border in HEADLINES),
        still_open=_cards(connection, still),
        parts=_parts(connection, page.open_parts(connection)),
        lately=_cards(connection, lately),
        last_flag=month_words(every[0]["month"]) if every else "",
    )


def _glance(connection: Connection, border: str) -> Glance:
    facts = newest_facts(connection, border)
    ahead = read.forecasts(connection, border)[0]
    return Glance(
        border=border,
        name=NAMES[border],
        month=month_words(facts.month),
        encounters=f"{facts.encounters:,}",
        standing=_standing(facts),
        unusual=facts.expectation is not None and facts.expectation.severity is not None,
        expected=(
            f"{ahead['median']:,} expected in {month_words(ahead['month'])}; 80 % prediction "
            f"interval {ahead['lo80']:,} to {ahead['hi80']:,}"
        ),
        compared=cards.compared(facts, None),
        chart=pictures.fans(connection, border, (CARD, SMALL)),
    )


def newest_facts(connection: Connection, border: str) -> Facts:
    """The facts of a border's newest month."""
    span = cite.span(connection, border)
    assert span is not None, "a published run has every border"
    return found(connection, border, span[1]).facts


def _standing(facts: Facts) -> str:
    """Where the month lies, in a few words."""
    stood = facts.expectation
    if stood is None:
        return "no forecast stood before it"
    if stood.lo80 <= stood.judged <= stood.hi80:
        return "within what had been expected (80 % interval)"
    side = "below" if stood.judged < stood.lo80 else "above"
    level = 80 if stood.lo95 <= stood.judged <= stood.hi95 else 95
    return f"{side} the {level} % interval: {chance_words(stood.p)}"


def _cards(connection: Connection, found_flags: Sequence[Row]) -> tuple[Card, ...]:
    return tuple(_card(connection, flag) for flag in found_flags)


def _card(connection: Connection, flag: Row) -> Card:
    held = found(connection, flag["border"], flag["month"])
    drivers = held.drivers if flag["kind"] == "month" else ()
    return cards.card(flag, held.facts, drivers)


def _parts(connection: Connection, found_flags: Sequence[Row]) -> tuple[PartCard, ...]:
    counts = _part_counts(connection) if found_flags else {}
    return tuple(
        cards.part_card(flag, counts[flag["border"], flag["dimension"], flag["member"]])
        for flag in found_flags
    )


def _part_counts(connection: Connection) -> dict[tuple[str, str, str], dict[str, int]]:
    found_counts: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for key, by_month in releases.current_counts(connection).items():
        found_counts[key.border, key.dimension, key.member] = dict(by_month)
    return found_counts


def border(connection: Connection, name: str) -> Border:
    """All there is about a border."""
    facts = newest_facts(connection, name)
    ahead = read.forecasts(connection, name)
    published = plots.published(connection, name)
    own = [flag for flag in page.open_parts(connection) if flag["border"] == name]
    score = findings.one_ahead(connection, name)
    return Border(
        border=name,
        name=NAMES[name],
        month=month_words(facts.month),
        encounters=f"{facts.encounters:,}",
        standing=_standing(facts),
        paragraph=notices.clean(brief.paragraph(facts)),
        compared=cards.compared(facts, None),
        fan=pictures.fans(connection, name, (FULL, PHONE)),
        ahead=tuple(ahead),
        behind=tuple(_behind(connection, name, published[-SHOWN:])),
        cards=_cards(connection, flags.flags(connection, name)),
        parts=_parts(connection, own),
        history=pictures.histories(connection, name, (FULL, PHONE)),
        quality=notices.quality(score) if score else "",
        basis=str(score["basis"]) if score else "hindcast",
        scores=tuple(_scores(connection, name, score)) if score else (),
        restated=tuple(_restated(row) for row in page.revised(connection, name)),
    )


def _behind(connection: Connection, name: str, published: Sequence[Row]) -> Iterator[Row]:
    """The months of the chart with the forecast that stood before each, the newest first."""
    judged = {row["month"]: row for row in page.judged(connection, name)}
    for row in reversed(published):
        stood = judged.get(row["month"], {})
        expected = stood.get("median")
        yield {
            **row,
            "median": expected,
            "change": "" if expected is None else change_words(stood["encounters"], expected),
            "severity": stood.get("severity") or "",
        }


def _scores(connection: Connection, name: str, score: Row) -> Iterator[ScoreRow]:
    """The engine beside naive, a row a lead, on the basis of the sentence above the table."""
    rows = scorecard.with_pooled(read.scores(connection, name))
    of_border = {
        (row["model"], row["horizon"]): row
        for row in rows
        if row["border"] == name and (row["basis"], row["era"]) == (score["basis"], "all")
    }
    for lead, words in LEADS.items():
        own, naive = of_border.get((_ENGINE, lead)), of_border.get(("naive", lead))
        if own and naive:
            yield _score(words, own, naive)


def _score(lead: str, own: Row, naive: Row) -> ScoreRow:
    ratio = own["relative_mae"]
    percent = 100 * ratio - 100 if ratio is not None else 0.0
    sign = MINUS if percent < 0 else "+"
    return ScoreRow(
        lead=lead,
        months=f"{own['n']:,}",
        error="not known" if ratio is None else f"{sign}{abs(percent):.1f} %",
        worse=bool(own["worse_than_naive"]),
        log_wis=f"{own['log_wis']:.3f}",
        naive_log_wis=f"{naive['log_wis']:.3f}",
        covers=tuple(f"{100 * own[name]:.0f} %" for name in _COVERAGES),
    )


def _restated(row: Row) -> Restated:
    return Restated(
        month=month_words(row["month"]),
        key=row["month"],
        first=f"{row['first_value']:,}",
        now=f"{row['now']:,}",
        change=change_words(row["now"], row["first_value"]),
        times=row["times"],
        since=known_words(row["vintage"], row["known_from"]),
    )


def month(connection: Connection, name: str, wanted: str) -> Month | None:
    """All there is about a border's month; None if it is not held."""
    span = cite.span(connection, name)
    if span is None or not span[0] <= wanted <= span[1]:
        return None
    held = found(connection, name, wanted)
    said = notices.finding(held)
    own = [flag for flag in flags.flags(connection, name) if flag["month"] == wanted]
    first = next((flag for flag in own if flag["kind"] == "month"), None)
    drivers = [row for row in held.drivers if row["contribution"] is not None]
    return Month(
        border=name,
        name=NAMES[name],
        month=wanted,
        title=f"{NAMES[name]}, {month_words(wanted)}",
        finding=said.finding,
        more=said.more,
        caption=said.caption,
        compared=cards.compared(held.facts, first),
        cards=_cards(connection, own),
        blocks=said.blocks,
        drivers=tuple({**row, "label": _part_name(row)} for row in drivers),
        chart=pictures.drivers(name, held.drivers) if drivers else None,
        values=tuple(notices.clean(text) for text in brief.history_sentences(held.facts)),
        before=months.shift(wanted, -1) if wanted > span[0] else None,
        after=months.shift(wanted, 1) if wanted < span[1] else None,
    )


def _part_name(row: Row) -> str:
    from forecast.desk.flagged import part_name

    if row["role"] == "unattributed":
        return "in no part"
    return notices.clean(part_name(row))


@cache
def glossary() -> tuple[tuple[str, str], ...]:
    """What the words mean, once, in the order in which a reader meets them."""
    return (
        (
            "Encounters",
            "Events in which Border Patrol or the Office of Field Operations met a person; "
            "one person can be counted more than once.",
        ),
        (
            "Median, prediction interval",
            "The count is as likely to be above the median as below it. An 80 % prediction "
            "interval is meant to hold the published count in 8 months of 10; how often it did is "
            "in the scorecard of each border.",
        ),
        (
            "Deviated, flagged",
            "A published month further from the forecast that stood before it than its "
            "distribution makes likely, and by enough to matter. Notable: fewer than 1 month in "
            "50 would be; major: 1 in 100, and twice or half; critical: 1 in 200, and four times "
            "or a quarter.",
        ),
        (
            "Hindcast",
            "A forecast computed later, from only the figures known at the time. Forecasts "
            "issued before their month was published are marked as issued.",
        ),
        (
            "No cause is claimed",
            "What moved says which parts of the count differed from what had been expected of "
            "them, not why.",
        ),
    )
