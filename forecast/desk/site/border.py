"""A border's page: chart, flags and how they ended, scorecard, revisions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forecast.desk import brief
from forecast.desk.email import content
from forecast.desk.email.content import ComparisonText
from forecast.desk.report import newest
from forecast.desk.site import cards, pictures
from forecast.desk.site.cards import Card, PartCard
from forecast.desk.site.pictures import FULL, PHONE, Drawn
from forecast.desk.terminal import score_tables
from forecast.desk.wording import MINUS, NAMES, change_words, known_words, month_words
from forecast.records import Row
from forecast.store import flags, page, plots, read

SHOWN = 36  # months of the table behind the chart
LEADS = {0: "1 to 12 months", 1: "1 month", 3: "3 months", 6: "6 months", 12: "12 months"}
_ENGINE = "bordercast"
_COVERAGES = ("coverage50", "coverage80", "coverage95")


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
class BorderPage:
    """All there is about a border."""

    border: str
    name: str
    month: str
    encounters: str
    standing: str
    paragraph: str
    compared: tuple[ComparisonText, ...]
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


def read_border(connection: sqlite3.Connection, name: str) -> BorderPage:
    """All there is about a border."""
    facts = newest(connection, name)
    ahead = read.forecasts(connection, name)
    published = plots.published(connection, name)
    own = [flag for flag in page.open_parts(connection) if flag["border"] == name]
    score = facts.score
    return BorderPage(
        border=name,
        name=NAMES[name],
        month=month_words(facts.month),
        encounters=f"{facts.encounters:,}",
        standing=brief.standing(facts),
        paragraph=content.clean(brief.paragraph(facts)),
        compared=cards.compared(facts, None),
        fan=pictures.fans(connection, name, (FULL, PHONE)),
        ahead=tuple(ahead),
        behind=tuple(_behind(connection, name, published[-SHOWN:])),
        cards=cards.cards(connection, flags.flags(connection, name)),
        parts=cards.parts(connection, own),
        history=pictures.histories(connection, name, (FULL, PHONE)),
        quality=content.quality(score) if score else "",
        basis=str(score["basis"]) if score else "hindcast",
        scores=tuple(_scores(connection, name, score)) if score else (),
        restated=tuple(_restated(row) for row in page.revised(connection, name)),
    )


def _behind(connection: sqlite3.Connection, name: str, published: Sequence[Row]) -> Iterator[Row]:
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


def _scores(connection: sqlite3.Connection, name: str, score: Row) -> Iterator[ScoreRow]:
    """The engine beside naive, a row a lead, on the basis of the sentence above the table."""
    rows = score_tables.with_pooled(read.scores(connection, name))
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
    return ScoreRow(
        lead=lead,
        months=f"{own['n']:,}",
        error="not known" if ratio is None else _percent(100 * ratio - 100),
        worse=bool(own["worse_than_naive"]),
        log_wis=f"{own['log_wis']:.3f}",
        naive_log_wis=f"{naive['log_wis']:.3f}",
        covers=tuple(f"{100 * own[name]:.0f} %" for name in _COVERAGES),
    )


def _percent(number: float) -> str:
    rounded = round(number, 1)
    sign = MINUS if rounded < 0 else "+" if rounded > 0 else ""
    return f"{sign}{abs(rounded):.1f} %"


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
