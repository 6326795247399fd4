"""Notices of thresholds: a count that next month passes with a chance worth telling, once each."""

import hashlib
import sqlite3
from collections.abc import Iterator

from forecast.config import Threshold
from forecast.desk.answers import Asking
from forecast.desk.sentences import ahead, monthly
from forecast.desk.sentences.section import SectionText
from forecast.sources.source import Source
from forecast.types import SeriesKey


def told_as(threshold: Threshold, source: Source) -> str:
    """Return the content key of a threshold's notice, in whatever run and month."""
    about = f"threshold|{source.name}|{threshold.series}|{threshold.above}|{threshold.chance}"
    return hashlib.sha256(about.encode()).hexdigest()


def section(
    connection: sqlite3.Connection, threshold: Threshold, month: str, source: Source
) -> Iterator[SectionText]:
    """Yield what is told of a threshold, by the last run; nothing once the month has a count."""
    asking, key = Asking(connection, source), SeriesKey(threshold.series)
    chance = asking.chance(key, month, f"> {threshold.above}")
    if not chance.settled:
        wanted = f"You asked to be told from a chance of {ahead.percent(threshold.chance)} on."
        yield SectionText(
            total=key.total,
            phrase=f"may pass {threshold.above:,}",
            finding=ahead.chance_sentence(source.totals.name(key.total), chance),
            more=(f"{monthly.expected_line(asking.months_ahead(key)[0], source)}.", wanted),
            avoid="It is told once, and is no count: the month is still to come.",
        )
