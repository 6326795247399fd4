"""Everything between an approved notice and the mail server, in order; may be run at any time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.config import Config
from forecast.store import connect, deliveries, ops, wakes
from forecast.store import notices as stored
from jobs.deliver import approve, hooks, operator_alerts, queueing, send, smtp
from jobs.deliver.send import DeliveryOutcome

if TYPE_CHECKING:
    from forecast.context import Context


def deliver(
    context: Context,
    now: Callable[[], datetime] | None = None,
    *,
    resume: bool = False,
    again: bool = False,
) -> list[DeliveryOutcome]:
    """Close what was held too long, queue what is approved and what needs the operator, send.

    What waits of a withdrawn run is given up.

    Parameters
    ----------
    path : the database. now : the moment, UTC; asked for each step.
    resume : a person is here: try again even if the queue stands still. again : also try what
        was refused or given up.

    Raises
    ------
    ConfigError : the settings do not say how to send. BusyError : another process is sending.
    VerifyError : the record was edited; nothing goes out.
    """
    now = now or (lambda: datetime.now(UTC))
    wakes.require_intact(context.path)
    check(context.config)
    approve.expire_all(context.path, now())
    queueing.queue_all(context, now())
    operator_alerts.queue_concerns(context, now())
    with ops.writing(context.path) as db:
        if resume:
            deliveries.resume(db)
        if again:
            deliveries.revive(db, now())
    queueing.recall_all(context.path, now())
    outcomes = _send(context.path, context.config, now)
    if _called_for(context, now(), outcomes):
        outcomes += _send(context.path, context.config, now)
    return outcomes


def check(config: Config) -> None:
    """Refuse settings by which nothing can be sent; ConfigError. Webhooks need no mail server."""
    if config.mail.enabled or not config.notices.hooks:
        smtp.check(config.mail)


def _send(path: Path, config: Config, now: Callable[[], datetime]) -> list[DeliveryOutcome]:
    """Mail and webhooks; neither waits for the other's server."""
    by_mail = config.mail.enabled
    outcomes = send.send_all(path, config.mail, now, config.one_click) if by_mail else []
    return outcomes + hooks.send_all(path, config.notices.hooks, now)


def _called_for(context: Context, now: datetime, outcomes: list[DeliveryOutcome]) -> int:
    """Queue what these outcomes call for; how many deliveries.

    The operator is to know what will never arrive, and who got a notice that was false by then
    is to get its correction.
    """
    added = 0
    if "sent" in outcomes:
        added += queueing.queue_all(context, now)
    if {"refused", "given up"} & set(outcomes):
        added += operator_alerts.queue_concerns(context, now)
    return added


def waiting(context: Context, now: datetime) -> list[tuple[str, int]]:
    """(subject, recipients) of what `deliver` would send now; nothing is changed."""
    with ops.writing(context.path) as db:
        began = deliveries.begin(db, now)
        sendable = deliveries.sendable(db, now)
        with closing(connect.read(context.path)) as connection:
            approved = stored.to_send(connection)
        for notice in queueing.to_queue(approved, began, now):
            if not deliveries.recipients_of(db, notice.content_key):
                for _, message in queueing.reached(context, db, notice):
                    sendable[message.subject] = sendable.get(message.subject, 0) + 1
    return sorted(sendable.items())
