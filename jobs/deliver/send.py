"""The outbox -> SMTP: one delivery at a time, over TLS, each settled, put off or handed back.

    accepted                       sent
    5xx                            refused, for good; the operator is told
    4xx, silence, dropped          put off: a minute, two, ... six hours; given up after five days
    certificate, no TLS, login     the delivery is handed back and the queue stops

A connection for each message: what goes wrong with one says nothing of the next. Recorded once,
delivered at least once: a repeat is the same message to the last byte.
"""

from __future__ import annotations

import smtplib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from forecast.config import Mail
from forecast.errors import BordercastError, MailError, MailServerError
from forecast.store import deliveries, ops
from forecast.store.connect import LOCK_WAIT, locked
from forecast.store.deliveries import Delivery
from jobs.deliver import unsubscribe
from jobs.deliver.smtp import Connect, check, connection, reply_words

LOCK = "mail.lock"
TOO_BIG = 552  # is about the message; other 5xx answers to the sender are about us

DeliveryOutcome = Literal["sent", "put off", "given up", "refused", "stopped"]


def send_all(
    path: Path,
    settings: Mail,
    now: Callable[[], datetime] | None = None,
    site: str = "",
) -> list[DeliveryOutcome]:
    """Send what is due; one outcome a delivery, in order.

    Stops at a stopped queue, and at a server that did not answer: the rest waits for the next time.

    Parameters
    ----------
    path : the database, beside which ops.db is. now : the moment, UTC; asked for each step.
    site : address under which readers unsubscribe by one click, "" for none.

    Raises
    ------
    ConfigError : the settings do not say how. BusyError : another process is sending.
    """
    now = now or (lambda: datetime.now(UTC))
    check(settings)
    connect = connection(settings)
    secret = unsubscribe.key(path) if site else b""

    def own_lines(to: Delivery) -> bytes:
        if not site:
            return b""
        return unsubscribe.headers(secret, site, to.recipient, to.queued_at[:10])

    outcomes: list[DeliveryOutcome] = []
    with locked(path.with_name(LOCK), LOCK_WAIT):
        with ops.writing(path) as db:
            deliveries.begin(db, now())
            deliveries.unclaim(db)
        while True:
            began = time.monotonic()
            outcome = send_one(path, connect, now(), own_lines)
            if outcome is None:
                break
            outcomes.append(outcome)
            silent = time.monotonic() - began >= settings.answer_seconds
            # Each of hundreds would wait as long, with the lock held.
            if outcome == "stopped" or (outcome == "put off" and silent):
                break
    return outcomes


def send_one(
    path: Path,
    connect: Connect,
    now: datetime,
    own_lines: Callable[[Delivery], bytes] = lambda to: b"",
) -> DeliveryOutcome | None:
    """Send one delivery that is due; None if there is none, or the queue stands still.

    Parameters
    ----------
    connect : gives an open, trusted, logged-in connection that does not last for ever.
    own_lines : of a head, for one recipient alone.
    """
    with ops.writing(path) as db:
        delivery = None if deliveries.stopped(db) else deliveries.claim(db, now)
    if delivery is None:
        return None
    try:
        hand_over(delivery, connect, own_lines(delivery))
    except MailServerError as error:
        with ops.writing(path) as db:
            deliveries.hand_back(db, delivery, now)
            deliveries.stop(db, error.problem, now)
        return "stopped"
    except MailError as error:
        with ops.writing(path) as db:
            if error.permanent:
                deliveries.settle(db, delivery, "refused", error.problem, now)
                return "refused"
            waits = deliveries.put_off(db, delivery, error.problem, now)
        return "put off" if waits else "given up"
    with ops.writing(path) as db:
        deliveries.settle(db, delivery, "sent", "", now)
    return "sent"


def hand_over(delivery: Delivery, connect: Connect, own_lines: bytes = b"") -> None:
    """Give one message to the server.

    Raises
    ------
    MailError : permanent or not. MailServerError : it is not this delivery's fault.
    """
    to = delivery.recipient
    try:
        smtp = connect()
        try:
            refused = smtp.sendmail(delivery.message.sender, [to], addressed(delivery, own_lines))
            if refused:
                raise smtplib.SMTPRecipientsRefused(refused)
        finally:
            _close(smtp)
    except (OSError, smtplib.SMTPException) as error:
        raise _meaning(to, error) from error


def addressed(delivery: Delivery, own_lines: bytes = b"") -> bytes:
    """The message as it goes to one recipient; the same at every attempt."""
    # In brackets: filters for spam count a bare address beside a picture as a sign of it.
    head = f"To: <{delivery.recipient}>\r\n".encode("ascii")
    headers = delivery.message.mime.partition(b"\r\n\r\n")[0]
    # The operator's own mail is of no list; one queued earlier may have a line already.
    if b"\r\nList-Id:" in headers and b"\r\nList-Unsubscribe:" not in headers:
        head += own_lines
    return head + delivery.message.mime


def _close(smtp: smtplib.SMTP) -> None:
    """Say goodbye if it listens; the message's fate is decided by now."""
    try:
        smtp.quit()
    except (OSError, smtplib.SMTPException):
        smtp.close()


def _meaning(to: str, error: OSError | smtplib.SMTPException) -> BordercastError:
    """What an exception of smtplib means for the delivery and the queue."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, reply = next(iter(error.recipients.values()))
        return _answered(to, code, reply)
    if isinstance(error, smtplib.SMTPSenderRefused):
        if error.smtp_code >= 500 and error.smtp_code != TOO_BIG:
            return MailServerError(f"the server rejects the sender address: {_said(error)}")
        return _answered(to, error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPDataError):
        return _answered(to, error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPResponseException):  # while connecting: about no recipient
        return MailError(to, False, _said(error))
    return MailError(to, False, reply_words(str(error)) or type(error).__name__)


def _answered(to: str, code: int, reply: bytes | str) -> MailError:
    return MailError(to, code >= 500, f"{code} {reply_words(reply)}")


def _said(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {reply_words(error.smtp_error)}"
