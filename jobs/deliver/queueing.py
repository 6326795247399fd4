"""Approved notices -> a delivery for each reader and hook that is to get them, once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.config import Config
from forecast.store import connect, deliveries, measures, notices, ops
from forecast.store.deliveries import Message, Subscriber
from forecast.store.notices import Notice, Section
from jobs.deliver import hooks, letter, rules
from jobs.deliver.letter import Letterhead

if TYPE_CHECKING:
    import sqlite3

    from sqlite_utils import Database

    from forecast.context import Context
    from forecast.sources.source import Source


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


def queue_all(context: Context, now: datetime) -> int:
    """Make the deliveries that approved notices do not have yet; how many."""
    with ops.writing(context.path) as db:
        began = deliveries.begin(db, now)
        deliveries.save_recipients(db, readers(context.config))
    queued = 0
    for measure in context.each():
        with closing(connect.read(context.path)) as connection:
            measures.scope_to(connection, measure.name)
            approved = notices.to_send(connection)
        queued += sum(queue_one(measure, notice, now) for notice in to_queue(approved, began, now))
    return queued


def to_queue(approved: Iterable[Notice], began: str, now: datetime) -> Iterator[Notice]:
    """Those of which it is known that they were not sent.

    Left alone are those approved before ops.db began to keep deliveries, and those approved more
    than 14 days ago: what became of them then is not known any more.
    """
    oldest = max(began, deliveries.text(now - notices.KEPT))
    return (notice for notice in approved if (notice.approved_at or "") >= oldest)


def readers(config: Config) -> list[Subscriber]:
    """The recipients of the settings."""
    return [Subscriber(r.address, r.borders, r.digest) for r in config.notices.recipients]


def queue_one(context: Context, notice: Notice, now: datetime) -> int:
    """Make the deliveries of one approved notice, once; how many are new.

    A correction gets some more whenever the notice it corrects reached somebody late.
    """
    with ops.writing(context.path) as db:
        known = deliveries.recipients_of(db, notice.content_key)
        if known and notice.corrects is None:
            return 0
        new = [recipient for recipient in reached(context, db, notice) if recipient[0] not in known]
        messages = {(m.content_key, m.edition): m for _, m in new}
        to = [(m.content_key, m.edition, recipient) for recipient, m in new]
        return deliveries.queue(db, messages.values(), to, now)


def reached(
    context: Context, db: Database | sqlite3.Connection, notice: Notice
) -> list[tuple[str, Message]]:
    """The same as `addressed` for those who can be reached: without mail, webhooks alone."""
    recipients = addressed(context, db, notice)
    if context.config.mail.enabled:
        return recipients
    return [recipient for recipient in recipients if recipient[0].startswith(deliveries.HOOK)]


def addressed(
    context: Context, db: Database | sqlite3.Connection, notice: Notice
) -> list[tuple[str, Message]]:
    """(recipient, message) of everyone who gets a notice; db : ops.db.

    A correction goes to those who got what it corrects, in the same thread.
    """
    with closing(connect.read(context.path)) as connection:
        sections = notices.sections(connection, notice.id)
        first = notices.one(connection, notice.corrects) if notice.corrects else None
    gone = deliveries.unsubscribed(db)
    got = deliveries.editions_sent(db, first.content_key) if first else {}
    recipients = []
    for reader in context.config.notices.recipients:
        chosen = rules.chosen(sections, reader)
        address = reader.address.lower()
        if not chosen or address in gone or (first and address not in got):
            continue
        answers = letter.message_id(first.message_id, got[address]) if first else ""
        recipients.append(
            (address, message(context.config, notice, chosen, context.source, answers))
        )
    for hook in context.config.notices.hooks:
        chosen, name = rules.chosen(sections, hook), hooks.recipient(hook)
        if chosen and (not first or name in got):
            recipients.append((name, hooks.message(hook, notice, chosen, context.source)))
    return recipients


def message(
    config: Config, notice: Notice, sections: tuple[Section, ...], source: Source, answers: str = ""
) -> Message:
    """One edition as it goes out; one that is not approved bears the date of its writing."""
    one_click = bool(config.one_click)
    head = Letterhead(config.mail.sender, config.mail.reply_to, one_click)
    date = notice.approved_at or notice.created_at
    attached = config.notices.attach_page and not config.site.address
    made = letter.letter(notice, sections, head, date, source, answers, attach_page=attached)
    return Message(notice.content_key, made.edition, made.subject, head.address, made.mime)
