"""Notices are written, one at a time; each step of theirs may be run twice.

due ─ write_one ─▶ held ─ approve ─▶ approved ─ outbox ─▶ deliveries ─ transports ─▶ sent
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection

from forecast import lives
from forecast.context import Context
from forecast.desk.facts import MonthFacts, report, statement
from forecast.desk.sentences import ahead
from forecast.desk.sentences import section as section_texts
from forecast.sources.source import Source
from forecast.store import connect, measures, notices, ops, read, releases
from forecast.store.notices import Notice, Section
from forecast.store.queries import column, records, rows
from forecast.types import SEVERITIES, SeriesKey
from jobs.audited import disputed
from jobs.deliver import letter, preliminary, thresholds
from jobs.deliver.intents import false_now
from jobs.logs import LOG

_SUPERSEDED = "nothing in it is still true"
Reports = Mapping[str, MonthFacts]
"""The facts of a notice's month, by the totals that were judged in it."""
_PARTS: tuple[notices.SectionPart, ...] = ("finding", "digest")


def write_all(context: Context, db: Connection, now: datetime) -> None:
    """Write every notice that is due, and those held anew whose figures were revised.

    A notice that cannot be written stays due: the record is published all the same, and the
    operator is told.
    """
    try:
        while renew_one(context.path, db, context.source):
            pass
        while write_one(context, db, now):
            pass
    except Exception:  # whatever it is, the figures matter more
        LOG.exception("a notice could not be written; it stays due")


def renew_one(path: Path, db: Connection, source: Source) -> bool:
    """Make one held notice due again that rests on revised figures; whether there was one."""
    counts = None
    with closing(connect.read(path)) as connection:
        measures.scope_to(connection, source.name)
        for notice in notices.every(connection, "held"):
            counts = counts or releases.current_counts(connection)
            stated = [notices.statements(connection, notice.id)]
            # What a person was to approve is not what the figures say any more.
            false = any(false_now(stated, counts, source).values())
            if false or preliminary.stale(connection, notice, source):
                return notices.renew(db, notice.id)
    return False


def write_one(context: Context, db: Connection, now: datetime) -> bool:
    """Write one notice that is due; whether there was one."""
    config, source = context.config, context.source
    with closing(connect.read(context.path)) as connection:
        context.scope(connection)
        notice = next(iter(notices.every(connection, "due")), None)
        if notice is None:
            return False
        judged = column(connection, "judged_as_issued", (notice.month,))
        reports = {
            total: report(connection, total, notice.month, source)
            for total in source.totals.every
            if total in judged
        }
        figures = {n.id: early for n, early in preliminary.told(connection, notice.month, source)}
        passing = {thresholds.told_as(of, source): of for of in config.thresholds}
        if notice.content_key in passing:
            threshold = passing[notice.content_key]
            told = thresholds.section(connection, threshold, notice.month, source)
            sections = [_section(text, "finding") for text in told]
        elif notice.id in figures:
            figure = preliminary.section(connection, notice, figures[notice.id], source)
            sections = [_section(text, "finding") for text in figure]
        else:
            writer = _corrections if notice.kind == "correction" else _news
            sections = list(writer(connection, notice, reports, config.site.address, source))
        wrong = disputed(connection, source, reports.values())
    if not sections:
        return notices.drop(db, notice.id, _SUPERSEDED, now)
    frame = letter.frame(config, notice.month, source)
    approved = ops.text(now) if config.notices.approval == "auto" and not wrong else None
    if wrong:
        # Held for a person, whatever the settings say: no mail may say what the tables do not.
        LOG.error("notice %d is held, the auditor disputes it: %s", notice.id, "; ".join(wrong))
    return notices.save_composed(db, notice.id, frame, sections, approved)


def _news(
    connection: sqlite3.Connection, notice: Notice, reports: Reports, address: str, source: Source
) -> Iterator[Section]:
    """Yield a section a total, the most serious first, and then what only a digest has.

    All totals are told of where nothing was unusual.
    """
    if notice.kind != "digest":
        yield from _findings(connection, notice, reports, address, source)
    month = notice.month
    episodes = rows(connection, "episodes", (month, month))
    still = [e for e in episodes if e["state"] == "open" and e["opened"] < month]
    ends = {} if source.layouts else read.series_ends(connection)
    news = lives.news(ends, month, source.lives)
    for total in source.totals.every:
        gone = news.get(total, {})
        lasting = [e for e in still if e["border"] == total]
        flags = read.flags(connection, source.totals, total, month, parts=True)
        now = (flag for flag in flags if flag.month == month and flag.kind != "revision")
        parts = [flag for flag in now if flag.dimension]
        if lasting or parts or gone:
            said = section_texts.digest(total, lasting, parts, source, gone)
            yield _section(said, "digest")


def _findings(
    connection: sqlite3.Connection, notice: Notice, reports: Reports, address: str, source: Source
) -> Iterator[Section]:
    grave = {f.total: SEVERITIES.index(f.severity or SEVERITIES[-1]) for f in reports.values()}
    for facts in sorted(reports.values(), key=lambda facts: grave[facts.total]):
        early = preliminary.changed(connection, facts.total, notice.month, source)
        if any((notice.kind == "quiet", facts.findings, facts.shift, early)):
            yield finding(connection, facts, notice.run_id, address)


def finding(
    connection: sqlite3.Connection, facts: MonthFacts, run_id: int | None, address: str
) -> Section:
    """Return the section of a total's month; run_id : whose changes of the forecast it tells."""
    from forecast.desk.charts import forecasts, grammar  # slow to import, and seldom needed

    moved = [] if run_id is None else read.changes(connection, facts.total, run_id)
    section = section_texts.finding(
        facts, _nationwide(connection, facts), ahead.changes_sentence(moved), address
    )
    flagged = read.flagged(connection, SeriesKey(facts.total))
    more = preliminary.changed(connection, facts.total, facts.month, facts.source)
    section = replace(section, more=(*section.more, *more))
    drawn = forecasts.notice(facts.total, facts.recent, flagged, section.finding, facts.source)
    chart = grammar.render(drawn, "png", facts.source, scale=2)
    return _section(section, "finding", statement(facts), chart, drawn.alt)


def _nationwide(connection: sqlite3.Connection, facts: MonthFacts) -> MonthFacts | None:
    """Return the report of all totals together, where there is one of that month."""
    whole = facts.source.totals.whole
    if not whole or facts.total == whole:
        return None
    try:
        return report(connection, whole, facts.month, facts.source)
    except KeyError:  # somebody's month is not known, so nobody knows the sum
        return None


def _section(
    text: section_texts.SectionText,
    part: notices.SectionPart,
    stated: dict[str, object] | None = None,
    chart: bytes | None = None,
    alt: str = "",
) -> Section:
    as_text, as_html = (letter.as_stored(text, suffix) for suffix in ("txt", "html"))
    facts = json.dumps(stated or {}, sort_keys=True)
    return Section(text.total, part, text.phrase, as_text, as_html, facts, chart, alt)


def _corrections(
    connection: sqlite3.Connection, notice: Notice, reports: Reports, address: str, source: Source
) -> Iterator[Section]:
    """Yield a section for each total of which the thread's last word is false, or was withdrawn."""
    thread = [
        earlier
        for earlier in notices.every(connection)
        if notice.corrects in (earlier.id, earlier.corrects) and earlier.id < notice.id
    ]
    if notice.withdraws:
        yield from _withdrawals(connection, notice, thread, source)
        return
    counts = releases.current_counts(connection)
    stated = [notices.statements(connection, earlier.id) for earlier in thread]
    false = false_now(stated, counts, source)
    for total in (total for total in source.totals.every if false.get(total)):
        now = reports.get(total) or report(connection, total, notice.month, source)
        whole = _nationwide(connection, now)
        section = section_texts.correction(now, false[total], whole, address)
        yield _section(section, "finding", statement(now))


def _withdrawals(
    connection: sqlite3.Connection, notice: Notice, thread: Sequence[Notice], source: Source
) -> Iterator[Section]:
    """Yield a section for all who got one of the thread, whatever it was about."""
    every = records(connection, read.Withdrawal, "every_withdrawal")
    (why,) = [withdrawal for withdrawal in every if withdrawal.run_id == notice.withdraws]
    spoken = {
        (section.part, section.total)
        for earlier in thread
        for section in notices.sections(connection, earlier.id)
    }
    for part, total in ((part, total) for part in _PARTS for total in source.totals.every):
        if (part, total) in spoken:
            section = section_texts.withdrawn(
                total, notice.month, why.run_id, why.at, why.why, source
            )
            yield _section(section, part)
