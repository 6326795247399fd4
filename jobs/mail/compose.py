"""From what there is to tell to the outbox, one step at a time; each may be run twice.

due ─ write_one ─▶ held ─ a person ─▶ approved ─ queue_one ─▶ deliveries ─ mail ─▶ sent
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from forecast import headlines
from forecast.config import Config
from forecast.desk import changed
from forecast.desk.email import content as desk
from forecast.desk.email import mime, rules, typeset
from forecast.desk.email.mime import Letterhead
from forecast.desk.email.statements import statement
from forecast.desk.report import MonthReport, report
from forecast.desk.wording import measure, month_words
from forecast.errors import DataError
from forecast.store import (
    changes,
    connect,
    deliveries,
    findings,
    notices,
    ops,
    plots,
    releases,
    withdrawals,
)
from forecast.store.deliveries import Addressee, Message
from forecast.store.notices import Approval, Notice, Section
from jobs.mail import hooks
from jobs.pipeline.triggers import false_now, taken_back
from jobs.witness import attest

if TYPE_CHECKING:
    import sqlite3

    from sqlite_utils import Database

LOG = logging.getLogger("bordercast")
_GRAVITY = ("critical", "major", "notable", "watch")
NO_SUCH = "no notice {}; `bordercast notices list` shows all"
CONTENT_SHOWN = 12  # characters of a content's digest; a chance of 1 in 10^14 to meet another
_SUPERSEDED = "nothing in it is still true"


def write_all(path: Path, db: Database, config: Config, now: datetime) -> None:
    """Write every notice that is due, and those held anew whose figures were revised.

    A notice that cannot be written stays due: the record is published all the same, and the
    operator is told.
    """
    try:
        while renew_one(path, db):
            pass
        while write_one(path, db, config, now):
            pass
    except Exception:  # whatever it is, the figures matter more
        LOG.exception("a notice could not be written; it stays due")


def renew_one(path: Path, db: Database) -> bool:
    """Make one held notice due again that rests on revised figures; whether there was one."""
    counts = None
    with closing(connect.read(path)) as connection:
        for notice in notices.in_state(connection, "held"):
            counts = counts or releases.current_counts(connection)
            if any(false_now(connection, [notice], counts).values()):
                return notices.renew(db, notice.id)
    return False


def write_one(path: Path, db: Database, config: Config, now: datetime) -> bool:
    """Write one notice that is due; whether there was one."""
    with closing(connect.read(path)) as connection:
        notice = notices.next_due(connection)
        if notice is None:
            return False
        sections = list(_sections(connection, notice, config.site.address))
        frame = frame_of(config, notice.month)
    if not sections:
        return notices.drop(db, notice.id, _SUPERSEDED, now)
    approved = deliveries.text(now) if config.notices.approval == "auto" else None
    return notices.save_composed(db, notice.id, frame, sections, approved)


def frame_of(config: Config, month: str, mark: str = "") -> notices.Frame:
    """What stands around the sections of a month's notice; mark : in front of its title."""
    head = Letterhead(config.mail.sender, config.mail.reply_to)
    title = f"{measure().title}, {month_words(month)}"
    return typeset.frame(
        f"{mark}: {title}" if mark else title,
        config.notices.contact,
        head.unsubscribe,
        config.site.address,
        attest.public_key(config.witness),
    )


def _sections(connection: sqlite3.Connection, notice: Notice, address: str) -> Iterator[Section]:
    if notice.kind == "correction":
        told = _withdrawn if notice.withdraws else _corrections
        yield from told(connection, notice, address)
        return
    if notice.kind != "digest":
        yield from _findings(connection, notice, address)
    for border in headlines.every():
        yield from _digest(connection, border, notice.month)


def _findings(connection: sqlite3.Connection, notice: Notice, address: str) -> list[Section]:
    """A section a border, the most serious first; all borders where nothing was unusual."""
    month = notice.month
    told_of = {
        border: report(connection, border, month)
        for border in findings.judged_as_issued(connection, month)
    }
    told = [
        border
        for border in headlines.every()
        if border in told_of
        and (notice.kind == "quiet" or told_of[border].findings or told_of[border].shift)
    ]
    told.sort(key=lambda border: _gravity(told_of[border]))
    return [finding(connection, told_of[border], notice.run_id, address) for border in told]


def _gravity(told: MonthReport) -> int:
    return min((_GRAVITY.index(flag["severity"]) for flag in told.findings), default=len(_GRAVITY))


def finding(
    connection: sqlite3.Connection, told: MonthReport, run_id: int | None, address: str
) -> Section:
    """The section of a border's month; run_id : whose changes of the forecast it tells."""
    from forecast.desk.charts import grammar, notice_chart  # slow to import, and seldom needed

    moved = [] if run_id is None else changes.latest(connection, told.border, run_id)
    said = desk.finding(told, _nationwide(connection, told), changed.line(moved), address)
    flagged = plots.flagged(connection, told.border)
    drawn = notice_chart.picture(told.border, told.recent, flagged, said.finding)
    chart = grammar.render(drawn, "png", scale=2)
    return _section(said, "finding", statement(told), chart, drawn.alt)


def _nationwide(connection: sqlite3.Connection, told: MonthReport) -> MonthReport | None:
    """The report of all totals together, where there is one of that month."""
    whole = headlines.whole()
    if not whole or told.border == whole:
        return None
    try:
        return report(connection, whole, told.month)
    except KeyError:  # somebody's month is not known, so nobody knows the sum
        return None


def _section(
    said: desk.SectionText,
    part: notices.SectionPart,
    stated: dict[str, object] | None = None,
    chart: bytes | None = None,
    alt: str = "",
) -> Section:
    return Section(
        border=said.border,
        part=part,
        phrase=said.phrase,
        text=typeset.as_text(said),
        html=typeset.as_html(said),
        statement=json.dumps(stated or {}, sort_keys=True),
        chart=chart,
        alt=alt,
    )


def _digest(connection: sqlite3.Connection, border: str, month: str) -> Iterator[Section]:
    standing = desk.Standing(
        border,
        month,
        episodes=[
            e
            for e in findings.episodes(connection, month)
            if e["border"] == border and e["state"] == "open" and e["opened"] < month
        ],
        parts=[
            flag
            for flag in findings.month_flags(connection, month)
            if flag["border"] == border and flag["dimension"] and flag["severity"] != "watch"
        ],
    )
    if standing.episodes or standing.parts:
        yield _section(desk.digest(standing), "digest")


def _corrections(connection: sqlite3.Connection, notice: Notice, address: str) -> Iterator[Section]:
    chain = [
        earlier
        for earlier in notices.every(connection)
        if notice.corrects in (earlier.id, earlier.corrects) and earlier.id < notice.id
    ]
    false = false_now(connection, chain, releases.current_counts(connection))
    for border in (border for border in headlines.every() if false.get(border)):
        now = report(connection, border, notice.month)
        said = desk.correction(now, false[border], _nationwide(connection, now), address)
        yield _section(said, "finding", statement(now))


def _withdrawn(connection: sqlite3.Connection, notice: Notice, _address: str) -> Iterator[Section]:
    """A section for each one of the thread, so that all who got one are told."""
    (why,) = [w for w in withdrawals.withdrawals(connection) if w["run_id"] == notice.withdraws]
    spoken = {
        (section.border, section.part)
        for earlier in notices.every(connection)
        if notice.corrects in (earlier.id, earlier.corrects) and earlier.id < notice.id
        for section in notices.sections(connection, earlier.id)
    }
    parts: tuple[notices.SectionPart, ...] = ("finding", "digest")
    for part in parts:
        for border in headlines.every():
            if (border, part) in spoken:
                said = desk.withdrawn(border, notice.month, why["run_id"], why["at"], why["why"])
                yield _section(said, part)


def withdraw(
    path: Path, config: Config, run_id: int, why: str, by: str, now: datetime
) -> tuple[int, int]:
    """Withdraw a run, and tell those who got its notices.

    Returns
    -------
    How many notices were stopped, and how many corrections were written.

    Raises
    ------
    DataError : as `withdrawals.withdraw` has it.
    """
    with connect.writing(path) as db:
        sent = [n for n in notices.of_run(db.conn, run_id) if _reached_somebody(path, n)]
        told = list(taken_back(db.conn, config, run_id, sent))
        stopped = withdrawals.withdraw(db, run_id, why, by, now, told)
        write_all(path, db, config, now)
    return stopped, len(told)


def _reached_somebody(path: Path, notice: Notice) -> bool:
    """Whether a delivery arrived, or may have: its sender was killed, or is at work."""
    if not ops.beside(path).exists():
        return False
    with ops.reading(path) as db:
        return bool(deliveries.recipients_of(db, notice.content_key, "sent", "sending"))


def approve(path: Path, notice_id: int, approval: Approval, now: datetime) -> Notice:
    """Let a held notice go out, on a person's word about the content they saw.

    Parameters
    ----------
    approval : its content may be the first characters of the digest, as `preview` shows them.

    Raises
    ------
    DataError : it is not held, or there is none, or it says something else now.
    """
    expire_all(path, now)
    with ops.writing(path) as db:
        deliveries.begin(db, now)
    with connect.writing(path) as db:
        notice = notices.one(db.conn, notice_id)
        if notice and notice.state == "held":
            approval = replace(approval, content=_confirmed(db.conn, notice_id, approval.content))
        done = notices.approve(db, notice_id, approval, now)
        notice = notices.one(db.conn, notice_id)
    if notice is None or not done:
        raise DataError(_not_held(notice_id, notice))
    return notice


def _confirmed(connection: sqlite3.Connection, notice_id: int, seen: str) -> str:
    """The whole digest of what a notice says; DataError if that is not what was seen."""
    whole = notices.content(connection, notice_id)
    if len(seen) < CONTENT_SHOWN or not whole.startswith(seen.lower()):
        raise DataError(
            f"notice {notice_id} does not say what was previewed as {seen!r}; nothing was "
            f"approved. Look again: `bordercast notices preview {notice_id}`"
        )
    return whole


def reject(path: Path, notice_id: int, by: str, why: str, now: datetime) -> None:
    """Keep a held notice from going out; DataError as `approve` has it."""
    with connect.writing(path) as db:
        if not notices.reject(db, notice_id, by, why, now):
            raise DataError(_not_held(notice_id, notices.one(db.conn, notice_id)))


def _not_held(notice_id: int, notice: Notice | None) -> str:
    if notice is None:
        return NO_SUCH.format(notice_id)
    by = f" by {notice.approved_by}" if notice.approved_by else ""
    return f"notice {notice_id} is {notice.state}{by}, not held; nothing was changed"


def expire_all(path: Path, now: datetime) -> int:
    """Close the notices that were held for too long; how many."""
    closed = 0
    with connect.writing(path) as db:
        while notices.expire(db, now):
            closed += 1
    return closed


def recall_all(path: Path, now: datetime) -> int:
    """Give up what still waits of notices whose run was withdrawn; how many deliveries."""
    with closing(connect.read(path)) as connection:
        gone = notices.withdrawn(connection)
    if not gone:
        return 0
    with ops.writing(path) as db:
        return sum(
            deliveries.give_up(db, n.content_key, f"run {n.run_id} was withdrawn", now)
            for n in gone
        )


def queue_all(path: Path, config: Config, now: datetime) -> int:
    """Make the deliveries that approved notices do not have yet; how many."""
    with ops.writing(path) as db:
        began = deliveries.begin(db, now)
        deliveries.save_recipients(db, readers(config))
    with closing(connect.read(path)) as connection:
        approved = notices.to_send(connection)
    return sum(queue_one(path, config, notice, now) for notice in to_queue(approved, began, now))


def to_queue(approved: Iterable[Notice], began: str, now: datetime) -> Iterator[Notice]:
    """Those of which it is known that they were not sent.

    Left alone are those approved before ops.db began to keep deliveries, and those approved more
    than 14 days ago: what became of them then is not known any more.
    """
    oldest = max(began, deliveries.text(now - notices.KEPT))
    return (notice for notice in approved if (notice.approved_at or "") >= oldest)


def readers(config: Config) -> list[Addressee]:
    """The recipients of the settings."""
    return [Addressee(r.address, r.borders, r.digest) for r in config.notices.recipients]


def queue_one(path: Path, config: Config, notice: Notice, now: datetime) -> int:
    """Make the deliveries of one approved notice, once; how many are new.

    A correction gets some more whenever the notice it corrects reached somebody late.
    """
    with ops.writing(path) as db:
        known = deliveries.recipients_of(db, notice.content_key)
        if known and notice.corrects is None:
            return 0
        found = [each for each in addressed(path, db, config, notice) if each[0] not in known]
        messages = {(m.content_key, m.edition): m for _, m in found}
        if not config.mail.enabled:  # else it would wait for days, and be given up
            found = [each for each in found if each[0].startswith(deliveries.HOOK)]
        to = [(m.content_key, m.edition, recipient) for recipient, m in found]
        return deliveries.queue(db, messages.values(), to, now)


def addressed(
    path: Path, db: Database | sqlite3.Connection, config: Config, notice: Notice
) -> list[tuple[str, Message]]:
    """(recipient, message) of everyone who gets a notice; db : ops.db.

    A correction goes to those who got what it corrects, in the same thread.
    """
    with closing(connect.read(path)) as connection:
        sections = notices.sections(connection, notice.id)
        first = notices.one(connection, notice.corrects) if notice.corrects else None
    gone = deliveries.unsubscribed(db)
    got = deliveries.editions_sent(db, first.content_key) if first else {}
    found = []
    for reader in config.notices.recipients:
        chosen = rules.chosen(sections, reader)
        address = reader.address.lower()
        if not chosen or address in gone or (first and address not in got):
            continue
        answers = mime.message_id(first.message_id, got[address]) if first else ""
        found.append((address, message(config, notice, chosen, answers)))
    for hook in config.notices.hooks:
        chosen, name = rules.chosen(sections, hook), hooks.recipient(hook)
        if chosen and (not first or name in got):
            found.append((name, hooks.message(hook, notice, chosen)))
    return found


def message(
    config: Config, notice: Notice, sections: tuple[Section, ...], answers: str = ""
) -> Message:
    """One edition as it goes out; one that is not approved bears the date of its writing."""
    one_click = bool(config.one_click)
    head = Letterhead(config.mail.sender, config.mail.reply_to, one_click)
    date = notice.approved_at or notice.created_at
    attached = config.notices.attach_page and not config.site.address
    made = mime.letter(notice, sections, head, date, answers, attach_page=attached)
    return Message(notice.content_key, made.edition, made.subject, head.address, made.mime)
