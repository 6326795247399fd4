"""A notice made from the record to be looked at, of February 2025, and a mail that tests the way.

Of own counts it is the month that was flagged last, or else the newest.

Both go the way of every notice, over `send.hand_over`; neither is kept or queued.
"""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from forecast.config import Config
from forecast.desk.facts import report
from forecast.errors import DataError, MailError, MailServerError
from forecast.store import history, read
from forecast.store.deliveries import Delivery, Message
from forecast.store.notices import Notice
from forecast.types import SeriesKey
from jobs.deliver import letter as letters
from jobs.deliver import smtp, transports, write
from jobs.deliver.letter import Letter, Letterhead

if TYPE_CHECKING:
    from forecast.sources.source import Source

MONTH, TOTALS = "2025-02", ("southwest", "nationwide")
MARK = "Demonstration"
_NOBODY = "bordercast <notices@bordercast.invalid>"  # whose file it is where no sender is set


def letter(connection: sqlite3.Connection, config: Config, now: datetime, source: Source) -> Letter:
    """The notice of that month, as a recipient of all totals would have got it.

    Raises
    ------
    DataError : the record does not have that month, or has no published run.
    """
    run = read.latest_run(connection)
    month, totals = (MONTH, TOTALS) if run is None else _shown(connection, run.data_through, source)
    if run is None or any(not _covers(connection, total, month) for total in totals):
        raise DataError(f"the record has no {month} to show; run `bordercast run` first")
    sections = tuple(
        write.finding(
            connection,
            report(connection, total, month, source),
            None,
            config.site.address,
        )
        for total in totals
    )
    # Another key than the real notice has: a mail program must not take it for that one.
    key = hashlib.sha256(f"{MARK}|{run.digest}".encode()).hexdigest()
    head = Letterhead(config.mail.sender or _NOBODY, config.mail.reply_to)
    frame = write.frame_of(config, month, source, MARK)
    at = now.isoformat(timespec="seconds")
    notice = Notice(
        id=0,
        kind="flags",
        month=month,
        release_id=0,
        run_id=run.id,
        corrects=None,
        content_key=key,
        message_id=f"<{key[:32]}.demonstration@{head.domain}>",
        created_at=at,
        state="held",
        opening_text=frame.opening_text,
        opening_html=frame.opening_html,
        closing_text=frame.closing_text,
        closing_html=frame.closing_html,
        approved_by=None,
        approved_at=None,
        closed_at=None,
        reason="",
        withdraws=None,
        digest=run.digest,
        quoted_run=run.id,
    )
    attached = config.notices.attach_page and not config.site.address
    return letters.letter(notice, sections, head, at, source, mark=MARK, attach_page=attached)


def _shown(
    connection: sqlite3.Connection, newest: str, source: Source
) -> tuple[str, tuple[str, ...]]:
    """The month to show and its totals; newest : the last month of the record."""
    if source.shipped:
        return MONTH, TOTALS
    flagged = [row for row in read.flags(connection, source.totals) if row["kind"] == "month"]
    month = flagged[0]["month"] if flagged else newest
    of_month = tuple(row["border"] for row in flagged if row["month"] == month)
    return month, of_month or tuple(
        total for total in source.totals.every if _covers(connection, total, month)
    )[:1]


def _covers(connection: sqlite3.Connection, total: str, month: str) -> bool:
    span = history.series_span(connection, SeriesKey(total))
    return span is not None and span[0] <= month <= span[1]


def trial(config: Config, now: datetime) -> Letter:
    """A mail that says that mail arrives."""
    head = Letterhead(config.mail.sender, config.mail.reply_to)
    key = hashlib.sha256(now.isoformat().encode()).hexdigest()[:32]
    made = EmailMessage(policy=SMTP)
    made["From"], made["Reply-To"] = head.sender, head.reply_to or head.sender
    made["Subject"] = "Test: mail from Bordercast arrives"
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{key}.test@{head.domain}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(
        "Mail from Bordercast reaches you. Notices will come the same way.\n\n"
        f"Mail server: {config.mail.host}:{config.mail.port}, {config.mail.security}\n"
        f"To unsubscribe, write to: {head.unsubscribe}\n"
    )
    return Letter("test", made["Subject"], made["Message-ID"], bytes(made))


def hand_over(config: Config, made: Letter, to: str, now: datetime) -> None:
    """Give a letter to the mail server for one recipient.

    Raises
    ------
    ConfigError : the settings do not say how. MailError, MailServerError : the server said no.
    """
    smtp.check(config.mail)
    send = transports.by_mail(smtp.connection(config.mail))
    reply = send(_delivery(config, made, to, now), now)
    if reply.outcome == "stopped":
        raise MailServerError(reply.text)
    if reply.outcome != "sent":
        raise MailError(to, reply.outcome == "refused", reply.text)


def as_file(config: Config, made: Letter, now: datetime) -> bytes:
    """A letter as it lies in a mailbox: to a reader at the sender's own domain."""
    reader = f"reader@{Letterhead(config.mail.sender or _NOBODY).domain}"
    return transports.addressed(_delivery(config, made, reader, now))


def _delivery(config: Config, made: Letter, to: str, now: datetime) -> Delivery:
    sender = Letterhead(config.mail.sender or _NOBODY).address
    message = Message("", made.edition, made.subject, sender, made.mime)
    return Delivery(to, message, now.isoformat(timespec="seconds"), 1)
