"""Everything between an approved notice and its readers, in order; may be run at any time.

    approved -> a delivery for each reader and hook that is to get it, once -> waiting
    waiting -> claimed -> sent | refused | given up after five days | put off: waiting again

Recorded once, delivered at least once. How a message goes out is a transport's matter; see
`transports`. A stopped mail queue stands still until a person sends again.

The operator gets what `status` says, one mail each, once in a month of figures: no approval, no
thread with the readers' notices. A stopped queue cannot be mailed; it shows in `status`.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Literal

from forecast.config import Config, Hook, Mail, ReaderRules
from forecast.desk.facts import NoticeStatement, stated_position
from forecast.store import connect, deliveries, measures, notices, ops, read, wakes
from forecast.store.connect import LOCK_WAIT, locked
from forecast.store.deliveries import Delivery, Message
from forecast.store.notices import Notice, Section
from forecast.store.queries import column, rows
from forecast.types import SEVERITIES
from jobs import exchange
from jobs.deliver import approve, letter, smtp, transports, unsubscribe
from jobs.deliver.letter import Letterhead
from jobs.deliver.transports import DeliveryReply, Transport

if TYPE_CHECKING:
    import sqlite3

    from sqlite_utils import Database

    from forecast.context import Context
    from forecast.sources.source import Source

LOCK = "mail.lock"
OPERATOR = "operator"  # the edition of what needs the operator
Concerns = Callable[["Context", datetime], Iterable[str]]
Clock = Callable[[], datetime]
DeliveryOutcome = Literal["sent", "put off", "given up", "refused", "stopped"]


def deliver(
    context: Context,
    now: Callable[[], datetime] | None = None,
    *,
    concerns: Concerns,
    resume: bool = False,
    again: bool = False,
) -> list[DeliveryOutcome]:
    """Close what was held too long, queue what is approved and what needs the operator, send.

    What waits of a withdrawn run is given up.

    Parameters
    ----------
    now : the moment, UTC; asked for each step. concerns : what needs the operator.
    resume : a person is here: try again even if the queue stands still. again : also try what
        was refused or given up.

    Raises
    ------
    ConfigError : the settings do not say how to send. BusyError : another process is sending.
    VerifyError : the record was edited; nothing goes out.
    """
    now = now or (lambda: datetime.now(UTC))
    # A forged figure that went out cannot be called back.
    wakes.require_intact(context.path)
    check(context.config)
    approve.expire_all(context.path, now())
    queue_all(context, now())
    queue_concerns(context, concerns, now())
    with ops.writing(context.path) as db:
        if resume:
            connect.write(db, "resume_mail")
        if again:
            deliveries.revive(db, now())
    # After queueing: a run may have been withdrawn between its approval and now.
    recall_all(context.path, now())
    outcomes = _send(context, now)
    # Who got a notice that was false by then is to get its correction, and the operator is to know
    # what will never arrive.
    added = queue_all(context, now()) if "sent" in outcomes else 0
    if {"refused", "given up"} & set(outcomes):
        added += queue_concerns(context, concerns, now())
    if added:
        outcomes += _send(context, now)
    return outcomes


def check(config: Config) -> None:
    """Refuse settings by which nothing can be sent; ConfigError. Webhooks need no mail server."""
    if config.mail.enabled or not config.notices.hooks:
        smtp.check(config.mail)


def _send(context: Context, now: Clock) -> list[DeliveryOutcome]:
    """Send mail and webhooks; neither waits for the other's server."""
    path, config = context.path, context.config
    outcomes = send_mail(path, config.mail, now, config.one_click) if config.mail.enabled else []
    return outcomes + send_hooks(path, config.notices.hooks, now)


def waiting(context: Context, now: datetime) -> list[tuple[str, int]]:
    """(subject, recipients) of what `deliver` would send now; nothing is changed."""
    with ops.writing(context.path) as db:
        began = deliveries.begin(db, now)
        due = rows(db, "sendable", (ops.text(now),))
        sendable = {row["subject"]: row["count"] for row in due}
        for batch in _batches(context, db, began, now):
            for _, message in batch:
                if not message.edition.startswith(deliveries.WITHIN):
                    sendable[message.subject] = sendable.get(message.subject, 0) + 1
    return sorted(sendable.items())


# -- who gets a notice -----------------------------------------------------------------------------


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
        return deliveries.queue_in_turn(db, _batches(context, db, began, now), now)


def _batches(
    context: Context, db: Database, began: str, now: datetime
) -> list[list[tuple[str, Message]]]:
    """(recipient, message) of all who have no delivery of an approved notice, a list for each.

    A notice is queued once; a correction for some more whenever what it corrects reached somebody
    late. What a reader gets only digests of, of one month and several measures, is one mail.
    """
    batches: list[dict[str, Message]] = []
    digests: dict[tuple[str, str], list[tuple[int, tuple[str, Notice, Message]]]] = {}
    for measure in context.each():
        with closing(connect.read(context.path)) as connection:
            measures.scope_to(connection, measure.name)
            approved = notices.to_send(connection)
        for notice in to_queue(approved, began, now):
            known = deliveries.recipients_of(db, notice.content_key)
            if known and notice.corrects is None:
                continue
            batch = {
                to: made
                for to, made in addressed(measure, db, notice)
                if to not in known
                # Without mail, webhooks alone can be reached.
                and (measure.config.mail.enabled or to.startswith(deliveries.HOOK))
            }
            for to, made in batch.items():
                if notice.corrects is None and letter.only_digests(made.edition):
                    digest = (measure.source.measure.title, notice, made)
                    digests.setdefault((notice.month, to), []).append((len(batches), digest))
            batches.append(batch)
    joined = cache(letter.joined)  # hundreds of readers may get the same
    for (_, to), parts in digests.items():
        if parts[1:]:
            mails = joined(tuple(digest for _, digest in parts))
            for (place, _), mail in zip(parts, mails, strict=True):
                batches[place][to] = mail
    return [list(batch.items()) for batch in batches]


def to_queue(approved: Iterable[Notice], began: str, now: datetime) -> Iterator[Notice]:
    """Those of which it is known that they were not sent.

    Left alone are those approved before ops.db began to keep deliveries, and those approved more
    than 14 days ago: what became of them then is not known any more.
    """
    oldest = max(began, ops.text(now - notices.KEPT))
    return (notice for notice in approved if (notice.approved_at or "") >= oldest)


def addressed(
    context: Context, db: Database | sqlite3.Connection, notice: Notice
) -> list[tuple[str, Message]]:
    """(recipient, message) of everyone who gets a notice; db : ops.db.

    A correction goes to those who got what it corrects, in the same thread.
    """
    with closing(connect.read(context.path)) as connection:
        sections = notices.sections(connection, notice.id)
        first = notices.one(connection, notice.corrects) if notice.corrects else None
    gone = column(db, "unsubscribed")
    sent = rows(db, "editions_sent", (first.content_key,)) if first else []
    got = {row["recipient"]: row["edition"] for row in sent}
    recipients = []
    for reader in context.config.notices.recipients:
        sections_of = chosen(sections, reader)
        address = reader.address.lower()
        if not sections_of or address in gone or (first and address not in got):
            continue
        answers = letter.message_id(first.message_id, got[address]) if first else ""
        recipients.append(
            (address, message(context.config, notice, sections_of, context.source, answers))
        )
    for hook in context.config.notices.hooks:
        sections_of, name = chosen(sections, hook), transports.recipient(hook)
        if sections_of and (not first or name in got):
            recipients.append((name, transports.message(hook, notice, sections_of, context.source)))
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


def chosen(sections: Sequence[Section], rules: ReaderRules) -> tuple[Section, ...]:
    """The sections that are for a reader with these rules."""
    return tuple(section for section in sections if _wanted(section, rules))


def _wanted(section: Section, rules: ReaderRules) -> bool:
    words = " ".join(section.text.split()).lower()
    names = (rf"(?<!\w){re.escape(part.lower())}(?!\w)" for part in rules.parts)
    if not rules.wants(section.total) or (
        rules.parts and not any(re.search(name, words) for name in names)
    ):
        return False
    if section.part == "digest":
        return rules.digest or rules.digest_only
    stated: NoticeStatement = json.loads(section.statement)
    if rules.digest_only or not stated:
        # A withdrawal or a correction states nothing; who got what it corrects is to get it too.
        return not rules.digest_only
    severity, position = stated.get("severity", SEVERITIES[-1]), stated_position(stated)
    return SEVERITIES.index(severity) <= SEVERITIES.index(rules.severity) and (
        not rules.outside_95 or (position is not None and position.beyond == 95)
    )


# -- sending ---------------------------------------------------------------------------------------


def send_mail(
    path: Path, settings: Mail, now: Clock | None = None, site: str = ""
) -> list[DeliveryOutcome]:
    """Send the mail that is due; one outcome a delivery, in order.

    Stops at a stopped queue, and at a server that did not answer: the rest waits for the next time.

    Parameters
    ----------
    path : the database, beside which ops.db is. now : the moment, UTC; asked for each step.
    site : address under which readers unsubscribe by one click, "" for none.

    Raises
    ------
    ConfigError : the settings do not say how. BusyError : another process is sending.
    """
    smtp.check(settings)
    secret = unsubscribe.key(path) if site else b""

    def own_lines(to: Delivery) -> bytes:
        if not site:
            return b""
        return unsubscribe.headers(secret, site, to.recipient, to.queued_at[:10])

    transport = transports.by_mail(smtp.connection(settings), own_lines)
    return _send_all(path, transport, now, settings.answer_seconds)


def send_hooks(
    path: Path, hooks: Sequence[Hook], now: Clock | None = None, seconds: float = transports.SECONDS
) -> list[DeliveryOutcome]:
    """Post to webhooks what is due, as `send_mail` does; seconds : that one delivery may take."""
    with exchange.client() as client:
        return _send_all(path, transports.by_hook(hooks, client, seconds), now)


def _send_all(
    path: Path, transport: Transport, now: Clock | None, silence: float | None = None
) -> list[DeliveryOutcome]:
    """Send what is due: claim a delivery, hand it over, settle it, until none is due.

    Killed in between a delivery is claimed anew, and the receiver knows a repeat by its key.

    silence : seconds without an answer after which a mail server is left alone, None for webhooks,
        each of which has a server of its own.
    """
    now, outcomes, hooks = now or (lambda: datetime.now(UTC)), list[DeliveryOutcome](), not silence
    with locked(path.with_name(LOCK), LOCK_WAIT):
        with ops.writing(path) as db:
            deliveries.begin(db, now())
            connect.write(db, "unclaim_deliveries")
        while True:
            began, moment = time.monotonic(), now()
            with ops.writing(path) as db:
                halted = not hooks and column(db, "mail_stopped")
                delivery = None if halted else deliveries.claim(db, moment, hooks=hooks)
            if delivery is None:
                return outcomes
            reply = transport(delivery, moment)
            with ops.writing(path) as db:
                outcomes.append(_settled(db, delivery, reply, moment))
            silent = silence is not None and time.monotonic() - began >= silence
            # Each of hundreds would wait as long, with the lock held.
            if outcomes[-1] == "stopped" or (outcomes[-1] == "put off" and silent):
                return outcomes


def _settled(
    db: Database, delivery: Delivery, reply: DeliveryReply, now: datetime
) -> DeliveryOutcome:
    """Record what became of a delivery."""
    if reply.outcome == "later":
        waits = deliveries.put_off(db, delivery, reply.text, now, reply.wait)
        return "put off" if waits else "given up"
    if reply.outcome == "stopped":
        deliveries.hand_back(db, delivery, now)
        deliveries.stop(db, reply.text, now)
    else:
        deliveries.settle(db, delivery, reply.outcome, reply.text, now)
    return reply.outcome


def queue_concerns(context: Context, concerns: Concerns, now: datetime) -> int:
    """Make a delivery of everything that needs the operator and was not told yet; how many.

    concerns : what needs a person, a sentence each.
    """
    if not (context.config.mail.enabled and context.config.mail.operator):
        return 0
    with closing(connect.read(context.path)) as connection:
        latest = read.latest_run(connection)
    through = latest.data_through if latest else ""
    added = 0
    with ops.writing(context.path) as db:
        for concern in concerns(context, now):
            made = concern_letter(context.config, concern, through, now)
            to = [(made.content_key, OPERATOR, context.config.mail.operator)]
            added += deliveries.queue(db, [made], to, now)
    return added


def concern_letter(config: Config, concern: str, through: str, now: datetime) -> Message:
    """One concern as a message; its numbers may change from day to day, its key does not."""
    key = hashlib.sha256(f"operator|{through}|{re.sub(r'[0-9]+', '', concern)}".encode())
    head = Letterhead(config.mail.sender, config.mail.reply_to)
    message = EmailMessage(policy=SMTP)
    message["From"] = head.sender
    message["Subject"] = f"Bordercast needs you: {' '.join(concern.split())[:60]}"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{key.hexdigest()[:32]}.operator@{head.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    recorded = f"Figures are held through {through or 'no month'}; `bordercast status` says more."
    message.set_content(f"{fill(concern, 78)}\n\n{recorded}\n", cte="quoted-printable")
    return Message(key.hexdigest(), OPERATOR, message["Subject"], head.address, bytes(message))
