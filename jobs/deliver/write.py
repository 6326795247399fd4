"""Notices are written, one at a time; each step of theirs may be run twice.

due ─ write_one ─▶ held ─ approve ─▶ approved ─ outbox ─▶ deliveries ─ transports ─▶ sent
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.config import Config
from forecast.desk.facts import MonthFacts, report, statement
from forecast.desk.sentences import ahead
from forecast.desk.sentences import section as section_texts
from forecast.store import (
    connect,
    measures,
    notices,
    ops,
    read,
    releases,
)
from forecast.store.notices import Notice, Section
from forecast.store.queries import column, rows
from forecast.types import SEVERITIES, SeriesKey
from forecast.words import month_words
from jobs.deliver import letter
from jobs.deliver.intents import false_now
from jobs.deliver.letter import Letterhead
from jobs.witness import attest

if TYPE_CHECKING:
    import sqlite3

    from sqlite_utils import Database

    from forecast.context import Context
    from forecast.sources.source import Source

LOG = logging.getLogger("bordercast")
_SUPERSEDED = "nothing in it is still true"


def write_all(context: Context, db: Database, now: datetime) -> None:
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


def renew_one(path: Path, db: Database, source: Source) -> bool:
    """Make one held notice due again that rests on revised figures; whether there was one."""
    counts = None
    with closing(connect.read(path)) as connection:
        measures.scope_to(connection, source.name)
        for notice in notices.in_state(connection, "held"):
            counts = counts or releases.current_counts(connection)
            stated = [notices.statements(connection, notice.id)]
            # What a person was to approve is not what the figures say any more.
            if any(false_now(stated, counts, source).values()):
                return notices.renew(db, notice.id)
    return False


def write_one(context: Context, db: Database, now: datetime) -> bool:
    """Write one notice that is due; whether there was one."""
    with closing(connect.read(context.path)) as connection:
        context.scope(connection)
        notice = notices.next_due(connection)
        if notice is None:
            return False
        sections = list(_sections(connection, notice, context.config.site.address, context.source))
        frame = frame_of(context.config, notice.month, context.source)
    if not sections:
        return notices.drop(db, notice.id, _SUPERSEDED, now)
    approved = ops.text(now) if context.config.notices.approval == "auto" else None
    return notices.save_composed(db, notice.id, frame, sections, approved)


def frame_of(config: Config, month: str, source: Source, mark: str = "") -> notices.Frame:
    """What stands around the sections of a month's notice; mark : in front of its title."""
    head = Letterhead(config.mail.sender, config.mail.reply_to)
    title = f"{source.measure.title}, {month_words(month)}"
    return letter.frame(
        f"{mark}: {title}" if mark else title,
        config.notices.contact,
        source,
        head.unsubscribe,
        config.site.address,
        attest.public_key(config.witness),
    )


def _sections(
    connection: sqlite3.Connection, notice: Notice, address: str, source: Source
) -> Iterator[Section]:
    if notice.kind == "correction":
        writer = _withdrawn if notice.withdraws else _corrections
        yield from writer(connection, notice, address, source)
        return
    if notice.kind != "digest":
        yield from _findings(connection, notice, address, source)
    for total in source.totals.every:
        yield from _digest(connection, total, notice.month, source)


def _findings(
    connection: sqlite3.Connection, notice: Notice, address: str, source: Source
) -> list[Section]:
    """A section a total, the most serious first; all totals where nothing was unusual."""
    month = notice.month
    told_of = {
        total: report(connection, total, month, source)
        for total in column(connection, "judged_as_issued", (month,))
    }
    totals = [
        total
        for total in source.totals.every
        if total in told_of
        and (notice.kind == "quiet" or told_of[total].findings or told_of[total].shift)
    ]
    totals.sort(key=lambda total: SEVERITIES.index(told_of[total].severity or SEVERITIES[-1]))
    return [finding(connection, told_of[total], notice.run_id, address) for total in totals]


def finding(
    connection: sqlite3.Connection, facts: MonthFacts, run_id: int | None, address: str
) -> Section:
    """The section of a total's month; run_id : whose changes of the forecast it tells."""
    from forecast.desk.charts import forecasts, grammar  # slow to import, and seldom needed

    moved = [] if run_id is None else read.changes(connection, facts.total, run_id)
    section = section_texts.finding(
        facts, _nationwide(connection, facts), ahead.changes_sentence(moved), address
    )
    flagged = read.flagged(connection, SeriesKey(facts.total))
    drawn = forecasts.notice(facts.total, facts.recent, flagged, section.finding, facts.source)
    chart = grammar.render(drawn, "png", facts.source, scale=2)
    return _section(section, "finding", statement(facts), chart, drawn.alt)


def _nationwide(connection: sqlite3.Connection, facts: MonthFacts) -> MonthFacts | None:
    """The report of all totals together, where there is one of that month."""
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
    return Section(
        total=text.total,
        part=part,
        phrase=text.phrase,
        text=letter.as_text(text),
        html=letter.as_html(text),
        statement=json.dumps(stated or {}, sort_keys=True),
        chart=chart,
        alt=alt,
    )


def _digest(
    connection: sqlite3.Connection, total: str, month: str, source: Source
) -> Iterator[Section]:
    episodes = [
        e
        for e in rows(connection, "episodes", (month, month))
        if e["border"] == total and e["state"] == "open" and e["opened"] < month
    ]
    parts = [
        flag
        for flag in read.flags(connection, source.totals, total, month, parts=True)
        if flag["month"] == month and flag["kind"] != "revision" and flag["dimension"]
    ]
    if episodes or parts:
        yield _section(section_texts.digest(total, episodes, parts, source), "digest")


def _corrections(
    connection: sqlite3.Connection, notice: Notice, address: str, source: Source
) -> Iterator[Section]:
    counts = releases.current_counts(connection)
    thread = _thread(connection, notice)
    stated = [notices.statements(connection, earlier.id) for earlier in thread]
    false = false_now(stated, counts, source)
    for total in (total for total in source.totals.every if false.get(total)):
        now = report(connection, total, notice.month, source)
        section = section_texts.correction(now, false[total], _nationwide(connection, now), address)
        yield _section(section, "finding", statement(now))


def _thread(connection: sqlite3.Connection, notice: Notice) -> list[Notice]:
    """The notice that this one corrects, and its corrections until then."""
    return [
        earlier
        for earlier in notices.every(connection)
        if notice.corrects in (earlier.id, earlier.corrects) and earlier.id < notice.id
    ]


def _withdrawn(
    connection: sqlite3.Connection, notice: Notice, _address: str, source: Source
) -> Iterator[Section]:
    """A section for each one of the thread, so that all who got one are told."""
    (why,) = [w for w in rows(connection, "every_withdrawal") if w["run_id"] == notice.withdraws]
    spoken = {
        (section.total, section.part)
        for earlier in _thread(connection, notice)
        for section in notices.sections(connection, earlier.id)
    }
    parts: tuple[notices.SectionPart, ...] = ("finding", "digest")
    for part in parts:
        for total in source.totals.every:
            if (total, part) in spoken:
                section = section_texts.withdrawn(
                    total, notice.month, why["run_id"], why["at"], why["why"], source
                )
                yield _section(section, part)
