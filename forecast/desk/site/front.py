"""The first page: what deviated, and every border at a glance."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from forecast import months
from forecast.desk import brief
from forecast.desk.email.content import ComparisonText
from forecast.desk.report import newest
from forecast.desk.site import cards, pictures
from forecast.desk.site.cards import Card, PartCard
from forecast.desk.site.pictures import CARD, SMALL, Drawn
from forecast.desk.wording import NAMES, month_words
from forecast.records import HEADLINES
from forecast.store import flags, page, read, reports

LATELY = 24  # months in which a flag that is over still stands here


@dataclass(frozen=True)
class Glance:
    """A border on the front page; expected : of the coming month, in words."""

    border: str
    name: str
    month: str
    encounters: str
    standing: str
    expected: str
    compared: tuple[ComparisonText, ...]
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


def read_front(connection: sqlite3.Connection) -> Front:
    """The first page: what deviated, and every border at a glance."""
    every = flags.flags(connection)
    last = max(span[1] for border in HEADLINES if (span := reports.span(connection, border)))
    still = [flag for flag in every if flag["episode"] == "open"]
    lately = [
        flag
        for flag in every
        if flag["episode"] != "open" and flag["month"] > months.shift(last, -LATELY)
    ]
    return Front(
        glances=tuple(_glance(connection, border) for border in HEADLINES),
        still_open=cards.cards(connection, still),
        parts=cards.parts(connection, page.open_parts(connection)),
        lately=cards.cards(connection, lately),
        last_flag=month_words(every[0]["month"]) if every else "",
    )


def _glance(connection: sqlite3.Connection, border: str) -> Glance:
    facts = newest(connection, border)
    ahead = read.forecasts(connection, border)[0]
    return Glance(
        border=border,
        name=NAMES[border],
        month=month_words(facts.month),
        encounters=f"{facts.encounters:,}",
        standing=brief.standing(facts),
        expected=(
            f"{ahead['median']:,} expected in {month_words(ahead['month'])}; 80 % prediction "
            f"interval {ahead['lo80']:,} to {ahead['hi80']:,}"
        ),
        compared=cards.compared(facts, None),
        chart=pictures.fans(connection, border, (CARD, SMALL)),
    )
