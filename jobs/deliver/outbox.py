"""Everything between an approved notice and its readers, in order; may be run at any time.

    approved -> a delivery for each reader and hook that is to get it, once -> waiting
    waiting -> claimed -> sent | refused | given up after five days | put off: waiting again

Recorded once, delivered at least once. How a message goes out is a transport's matter; see
`transports`. A stopped mail queue stands still until a person sends again.

The operator gets what `status` says, one mail each, once in a month of figures: no approval, no
thread with the readers' notices. A stopped queue cannot be mailed; it shows in `status`.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from textwrap import fill
from typing import Literal

from forecast.config import Config, Hook, Mail, ReaderRules, Recipient
from forecast.context import Context
from forecast.desk.facts import NoticeStatement, stated_position
from forecast.store import connect, deliveries, measures, notices, ops, read, wakes
from forecast.store.connect import LOCK_WAIT, locked
from forecast.store.deliveries import Delivery, Message
from forecast.store.notices import Notice, Section
from forecast.store.queries import column, pairs
from forecast.types import SEVERITIES
from jobs import exchange
from jobs.deliver import approve, letter, transports, unsubscribe
from jobs.deliver.letter import AddressedLetter, LetterContent
from jobs.deliver.transports import Transport

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

    now : the moment, UTC; asked for each step. concerns : what needs the operator.
    resume : a person is here: try again even if the queue stands still. again : also try what
        was refused or given up.

    ConfigError if the settings do not say how to send. BusyError if another process is sending.
    VerifyError if the record was edited; nothing goes out.
    """
    path, config, now = context.path, context.config, now or (lambda: datetime.now(UTC))
    # A forged figure that went out cannot be called back.
    wakes.require_intact(path)
    check(config)
    approve.expire_all(path, now())
    with ops.writing(path) as db:
        if resume:
            connect.write(db, "resume_mail")
        if again:
            deliveries.revive(db, now())
    outcomes: list[DeliveryOutcome] = []
    while True:
        queue_all(context, now())
        queue_concerns(context, concerns, now())
        # After queueing: a run may have been withdrawn between its approval and now.
        recall_all(path, now())
        last = send_mail(path, config.mail, now, config.one_click) if config.mail.enabled else []
        last += send_hooks(path, config.notices.hooks, now)
        outcomes += last
        # Who got a notice that was false by then is to get its correction, and the operator is to
        # know what will never arrive.
        if not {"sent", "refused", "given up"} & set(last):
            return outcomes


def check(config: Config) -> None:
    """Refuse settings by which nothing can be sent; ConfigError. Webhooks need no mail server."""
    if config.mail.enabled or not config.notices.hooks:
        transports.check_mail(config.mail)


def waiting(context: Context, now: datetime) -> list[tuple[str, int]]:
    """Return (subject, recipients) of what `deliver` would send now; nothing is changed."""
    with ops.writing(context.path) as db:
        began = deliveries.begin(db, now)
        sendable = dict(pairs(db, "sendable", (ops.text(now),)))
        for batch in _batches(context, db, began, now):
            for _, message in batch:
                if not message.edition.startswith(deliveries.WITHIN):
                    sendable[message.subject] = sendable.get(message.subject, 0) + 1
    return sorted(sendable.items())


# -- who gets a notice -----------------------------------------------------------------------------


def recall_all(path: Path, now: datetime) -> int:
    """Give up what still waits of notices whose run was withdrawn; how many deliveries."""
    with closing(connect.read(path)) as connection:
        gone = notices.every(connection, "withdrawn")
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
        return deliveries.queue(db, _batches(context, db, began, now), now)


def _batches(
    context: Context, db: Connection, began: str, now: datetime
) -> list[list[tuple[str, Message]]]:
    """Return (recipient, message) of all who have no delivery of an approved notice, a list each.

    A notice is queued once; a correction for some more whenever what it corrects reached somebody
    late. What a reader gets only digests of, of one month and several measures, is one mail.
    """
    batches: list[dict[str, Message]] = []
    digests: dict[tuple[str, str], list[tuple[dict[str, Message], AddressedLetter]]] = {}
    for measure in context.each():
        with closing(connect.read(context.path)) as connection:
            measures.scope_to(connection, measure.name)
            approved = notices.every(connection, "to send")
        for notice in to_queue(approved, began, now):
            known = deliveries.recipients_of(db, notice.content_key)
            if known and notice.corrects is None:
                continue
            batch: dict[str, Message] = {}
            batches.append(batch)
            for made in addressed(measure, db, notice):
                # Without mail, webhooks alone can be reached.
                hook = made.to.startswith(deliveries.HOOK)
                if made.to in known or not (hook or measure.config.mail.enabled):
                    continue
                batch[made.to] = made.mail
                if not (hook or notice.corrects) and letter.only_digests(made.mail.edition):
                    digests.setdefault((notice.month, made.to), []).append((batch, made))
    _join(context.config, digests.values())
    return [list(batch.items()) for batch in batches]


def _join(
    config: Config, digests: Iterable[Sequence[tuple[dict[str, Message], AddressedLetter]]]
) -> None:
    """Put what one reader gets of one month, each in a batch, into the first of these mails."""
    mails: dict[tuple[Message, ...], list[Message]] = {}  # hundreds of readers may get the same
    for parts in digests:
        alone = tuple(made.mail for _, made in parts)
        if parts[1:] and alone not in mails:
            mails[alone] = letter.joined(config, [made for _, made in parts])
        for (batch, made), mail in zip(parts, mails.get(alone, alone), strict=True):
            batch[made.to] = mail


def to_queue(approved: Iterable[Notice], began: str, now: datetime) -> Iterator[Notice]:
    """Yield those of which it is known that they were not sent.

    Left alone are those approved before ops.db began to keep deliveries, and those approved more
    than 14 days ago: what became of them then is not known any more.
    """
    oldest = max(began, ops.text(now - notices.KEPT))
    return (notice for notice in approved if (notice.approved_at or "") >= oldest)


def addressed(context: Context, db: Connection, notice: Notice) -> list[AddressedLetter]:
    """Return what each who gets a notice is sent; db : ops.db.

    A correction goes to those who got what it corrects, in the same thread.
    """
    config, source = context.config, context.source
    with closing(connect.read(context.path)) as connection:
        sections = notices.sections(connection, notice.id)
        first = notices.one(connection, notice.corrects) if notice.corrects else None
    gone = column(db, "unsubscribed")
    got = dict(pairs(db, "editions_sent", (first.content_key,))) if first else {}
    recipients: list[AddressedLetter] = []
    mails: dict[tuple[str, str], Message] = {}  # of hundreds of readers, most get the same
    readers: tuple[Recipient | Hook, ...] = (*config.notices.recipients, *config.notices.hooks)
    for rules in readers:
        to = transports.recipient(rules) if isinstance(rules, Hook) else rules.address.lower()
        of_reader = chosen(sections, rules)
        if not of_reader or to in gone or (first and to not in got):
            continue
        if isinstance(rules, Hook):
            made = transports.message(rules, notice, of_reader, source)
        else:
            answers = letter.message_id(first.message_id, got[to]) if first else ""
            edition = (letter.edition(of_reader), answers)
            if edition not in mails:
                mails[edition] = letter.letter(config, notice, of_reader, source, answers)
            made = mails[edition]
        recipients.append(AddressedLetter(to, made, LetterContent(notice, of_reader, source)))
    return recipients


def chosen(sections: Sequence[Section], rules: ReaderRules) -> tuple[Section, ...]:
    """Return the sections that are for a reader with these rules."""
    names = [rf"(?<!\w){re.escape(part.lower())}(?!\w)" for part in rules.parts]
    matching = []
    for section in sections:
        words = " ".join(section.text.split()).lower()
        stated: NoticeStatement = json.loads(section.statement)
        if section.part == "digest":
            wanted = rules.digest or rules.digest_only
        elif rules.digest_only or not stated:
            # A withdrawal or a correction states nothing; who got what it corrects is to get it.
            wanted = not rules.digest_only
        else:
            severity, position = stated.get("severity", SEVERITIES[-1]), stated_position(stated)
            wanted = SEVERITIES.index(severity) <= SEVERITIES.index(rules.severity) and (
                not rules.outside_95 or (position is not None and position.beyond == 95)
            )
        named = not names or any(re.search(name, words) for name in names)
        if wanted and named and rules.wants(section.total):
            matching.append(section)
    return tuple(matching)


def queue_concerns(context: Context, concerns: Concerns, now: datetime) -> int:
    """Make a delivery of everything that needs the operator and was not told yet; how many.

    concerns : what needs a person, a sentence each.
    """
    mail = context.config.mail
    if not (mail.enabled and mail.operator):
        return 0
    with closing(connect.read(context.path)) as connection:
        latest = read.latest_run(connection)
    through = latest.data_through if latest else ""
    with ops.writing(context.path) as db:
        made = [concern_letter(mail, concern, through, now) for concern in concerns(context, now)]
        return deliveries.queue(db, [[(mail.operator, m)] for m in made], now)


def concern_letter(mail: Mail, concern: str, through: str, now: datetime) -> Message:
    """Return one concern as a message; its numbers may change from day to day, its key does not."""
    key = hashlib.sha256(f"operator|{through}|{re.sub(r'[0-9]+', '', concern)}".encode())
    about = f"Bordercast needs you: {' '.join(concern.split())[:60]}"
    recorded = f"Figures are held through {through or 'no month'}; `bordercast status` says more."
    words = f"{fill(concern, 78)}\n\n{recorded}\n"
    return letter.plain(mail, OPERATOR, key.hexdigest(), about, words, now)


# -- sending ---------------------------------------------------------------------------------------


def send_mail(
    path: Path, settings: Mail, now: Clock | None = None, site: str = ""
) -> list[DeliveryOutcome]:
    """Send the mail that is due; one outcome a delivery, in order.

    Stops at a stopped queue, and at a server that did not answer: the rest waits for the next time.

    path : the database, beside which ops.db is. now : the moment, UTC; asked for each step.
    site : address under which readers unsubscribe by one click, "" for none.

    ConfigError if the settings do not say how. BusyError if another process is sending.
    """
    key = unsubscribe.key(path) if site else b""

    def own_lines(to: Delivery) -> bytes:
        return unsubscribe.headers(key, site, to.recipient, to.queued_at[:10]) if site else b""

    transport = transports.by_mail(settings, own_lines)
    return _send(path, transport, now, settings.answer_seconds)


def send_hooks(
    path: Path, hooks: Sequence[Hook], now: Clock | None = None, seconds: float = transports.SECONDS
) -> list[DeliveryOutcome]:
    """Post to webhooks what is due, as `send_mail` does; seconds : that one delivery may take."""
    with exchange.client() as client:
        return _send(path, transports.by_hook(hooks, client, seconds), now)


def _send(
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
            outcome: DeliveryOutcome = "put off"
            with ops.writing(path) as db:
                if reply.outcome == "later":
                    if not deliveries.put_off(db, delivery, reply.text, moment, reply.wait):
                        outcome = "given up"
                elif reply.outcome == "stopped":
                    outcome = "stopped"
                    deliveries.hand_back(db, delivery, moment)
                    deliveries.stop(db, reply.text, moment)
                else:
                    outcome = reply.outcome
                    deliveries.settle(db, delivery, reply.outcome, reply.text, moment)
            outcomes.append(outcome)
            silent = silence is not None and time.monotonic() - began >= silence
            # Each of hundreds would wait as long, with the lock held.
            if outcome == "stopped" or (outcome == "put off" and silent):
                return outcomes
