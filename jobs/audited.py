"""Where the auditor is asked: over a whole record, after a run, and before a mail may leave."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from forecast.audit import Discrepancy, audit, read_tables
from forecast.desk import facts
from forecast.desk.facts import MonthFacts
from forecast.desk.figures import Fact, facts_of
from forecast.sources.source import Source
from forecast.store import measures
from forecast.store.history import newest_records

LOG = logging.getLogger("bordercast")
# What a headline says: a mail leaves only if the tables bear it.
HeadlineFigure = Literal[
    "count", "forecast", "side", "rarity", "flag forecast", "flag side", "severity"
]


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit came to. figures, months : how many were computed again."""

    figures: int
    months: int
    differing: tuple[Discrepancy, ...]


def every_fact(connection: sqlite3.Connection, source: Source) -> list[Fact]:
    """Return every figure that the desk says of every month of every total."""
    reports = facts.all_reports(connection, source)
    return [fact for _, of_total in reports for fact in facts_of(of_total.values())]


def newest_facts(connection: sqlite3.Connection, source: Source) -> list[Fact]:
    """Return every figure of each total's newest month."""
    records = newest_records(connection, facts.split(source), source.totals)
    return list(facts_of(facts.report(connection, t, m, source) for t, m, _ in records))


def audited(connection: sqlite3.Connection, source: Source, told: Iterable[Fact]) -> Audited:
    """Compute told figures again from the base tables."""
    told = list(told)
    tables = read_tables(connection, measures.current(connection), source.year_begins)
    differing = tuple(audit(tables, told))
    return Audited(len(told), len({(fact.series, fact.period) for fact in told}), differing)


def disputed(
    connection: sqlite3.Connection, source: Source, reports: Iterable[MonthFacts]
) -> list[str]:
    """Return what of the headlines of these months the tables do not bear, a sentence each.

    An error of the auditor itself is logged, and disputes nothing.
    """
    try:
        told = [fact for fact in facts_of(reports) if fact.figure in get_args(HeadlineFigure)]
        return [str(one) for one in audited(connection, source, told).differing]
    except Exception:  # the mail matters more than its audit
        LOG.exception("a notice could not be audited")
        return []


def after_run(connection: sqlite3.Connection, source: Source) -> list[str]:
    """Return what of the newest months the tables do not bear; an error of the auditor is one."""
    try:
        return [
            str(one)
            for one in audited(connection, source, newest_facts(connection, source)).differing
        ]
    except Exception as error:  # a run that is published stays published
        LOG.exception("the newest months could not be audited")
        return [f"the newest months could not be audited: {error}"]
