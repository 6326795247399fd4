"""Where the auditor is asked: over a whole record, after a run, and before a mail may leave."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from forecast.audit import Discrepancy, audit
from forecast.base_tables import Shape, read_tables
from forecast.context import Context
from forecast.desk import facts, figures
from forecast.desk.facts import MonthFacts
from forecast.desk.figures import Fact, facts_of
from forecast.desk.movers import MoverRow
from forecast.sources.source import Source
from forecast.store import connect, measures, ops, read
from forecast.store.queries import records, rows
from forecast.version import __version__
from jobs.logs import LOG

# What a headline says: a mail leaves only if the tables bear it.
HeadlineFigure = Literal["count", "forecast", "side", "rarity", "flag forecast", "flag side"]


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit came to. figures, months : how many were computed again."""

    figures: int
    months: int
    differing: tuple[Discrepancy, ...]


def every_fact(connection: sqlite3.Connection, source: Source) -> list[Fact]:
    """Return every figure that the desk says of every month of every total."""
    reports = facts.all_reports(connection, source)
    stated: list[Fact] = []
    for total, of_total in reports:
        stated += facts_of(of_total.values())
        counts = {month: report.count for month, report in of_total.items()}
        stated += figures.facts_of_terms(total, facts.terms(counts, source))
    totals = source.totals
    stated += figures.facts_of_parts(read.flags(connection, totals, parts=True))
    stated += figures.facts_of_movers(records(connection, MoverRow, "movers", {"total": None}))
    stated += figures.facts_ahead(
        read.forecasts(connection, totals),
        rows(connection, "latest_periods"),
        read.changes(connection),
    )
    return stated


def shape(source: Source) -> Shape:
    """Return how a source's series hang together, as the auditor asks for it."""
    both, aside = source.hierarchy.both_halves, source.hierarchy.aside
    halves = tuple(f"component / {half.component}" for half in both or ())
    split = tuple(f"{aside.dimension} / {of}" for of in (aside.named, aside.rest)) if aside else ()
    return Shape(source.year_begins, halves, split)


def audited(connection: sqlite3.Connection, source: Source, stated: Iterable[Fact]) -> Audited:
    """Compute told figures again from the base tables."""
    stated = list(stated)
    tables = read_tables(connection, measures.current(connection), shape(source))
    differing = tuple(audit(tables, stated))
    return Audited(len(stated), len({(fact.series, fact.period) for fact in stated}), differing)


def disputed(
    connection: sqlite3.Connection, source: Source, reports: Iterable[MonthFacts]
) -> list[str]:
    """Return what of the headlines of these months the tables do not bear, a sentence each.

    An error of the auditor itself is logged, and disputes nothing.
    """
    try:
        stated = [fact for fact in facts_of(reports) if fact.figure in get_args(HeadlineFigure)]
        return list(map(str, audited(connection, source, stated).differing))
    except Exception:  # the mail matters more than its audit
        LOG.exception("a notice could not be audited")
        return []


def after_run(connection: sqlite3.Connection, source: Source) -> list[str]:
    """Return what of the newest months the tables do not bear; an error of the auditor is one."""
    try:
        newest = read.last_months(connection)
        reports = (facts.report(connection, of, at["month"], source) for of, at in newest.items())
        return list(map(str, audited(connection, source, facts_of(reports)).differing))
    except Exception as error:  # a run that is published stays published
        LOG.exception("the newest months could not be audited")
        return [f"the newest months could not be audited: {error}"]


def keep(context: Context) -> None:
    """Write down in ops.db what an audit of the last run found, for `status` and /metrics."""
    with connect.moment(context.path) as connection:
        context.scope(connection)
        run = read.latest_run(connection)
        findings = after_run(connection, context.source)
    if run:
        with ops.writing(context.path) as db:
            connect.write(db, "save_audited", (run.id, __version__, "\n".join(findings)))


def of_run(context: Context, connection: sqlite3.Connection, run_id: int) -> list[str]:
    """Return what was found when a run was published; audited now where nobody kept it."""
    for row in ops.rows(context.path, "audited"):
        if (row["run_id"], row["version"]) == (run_id, __version__):
            return str(row["findings"]).splitlines()
    return after_run(connection, context.source)
