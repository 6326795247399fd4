"""A border's month: how far off, how unusual, what moved, every value it has had."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from forecast import months
from forecast.desk import brief
from forecast.desk.email import content
from forecast.desk.email.content import ComparisonText, TextBlock
from forecast.desk.labels import dimension_words
from forecast.desk.report import report
from forecast.desk.site import cards, pictures
from forecast.desk.site.cards import Card
from forecast.desk.site.pictures import Drawn
from forecast.desk.terminal.flag_tables import part_words
from forecast.desk.wording import NAMES, month_words
from forecast.records import Row
from forecast.store import reports


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
    compared: tuple[ComparisonText, ...]
    cards: tuple[Card, ...]
    blocks: tuple[TextBlock, ...]
    drivers: tuple[Row, ...]
    chart: Drawn | None
    values: tuple[str, ...]
    before: str | None
    after: str | None

    @property
    def charts(self) -> tuple[Drawn, ...]:
        """All it shows."""
        return (self.chart,) if self.chart else ()


def read_month(connection: sqlite3.Connection, name: str, wanted: str) -> Month | None:
    """All there is about a border's month; None if it is not held, or no month at all."""
    if not months.is_month(wanted):
        return None
    span = reports.span(connection, name)
    if span is None or not span[0] <= wanted <= span[1]:
        return None
    held = report(connection, name, wanted)
    said = content.finding(held)
    first = next((flag for flag in held.flags if flag["kind"] == "month"), None)
    drivers = [row for row in held.drivers if row["contribution"] is not None]
    return Month(
        border=name,
        name=NAMES[name],
        month=wanted,
        title=f"{NAMES[name]}, {month_words(wanted)}",
        finding=said.finding,
        more=said.more,
        caption=said.caption,
        compared=cards.compared(held, first),
        cards=cards.cards(connection, held.flags),
        blocks=said.blocks,
        drivers=tuple(map(_in_words, drivers)),
        chart=pictures.drivers(name, held.drivers) if drivers else None,
        values=tuple(content.clean(text) for text in brief.history_sentences(held)),
        before=months.shift(wanted, -1) if wanted > span[0] else None,
        after=months.shift(wanted, 1) if wanted < span[1] else None,
    )


def _in_words(row: Row) -> Row:
    """A driver, its dimension and part as people write them."""
    named = "in no part" if row["role"] == "unattributed" else part_words(row)
    return {
        **row,
        "dimension": content.clean(dimension_words(row["dimension"])),
        "label": content.clean(named),
    }
