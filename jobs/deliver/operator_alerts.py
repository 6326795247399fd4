"""The operator's own channel: what needs a person, one mail each, once in a month of figures.

No approval, no thread with the readers' notices. What is mailed is what `status` says, and the
intervals that hold less or more than they should; a stopped mail queue cannot be mailed, it shows
in `status` and by the heartbeat's silence.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from textwrap import fill
from typing import TYPE_CHECKING

from forecast.config import Config
from forecast.store import connect, deliveries, ops, read
from forecast.store.deliveries import Message
from jobs.deliver.letter import Letterhead

if TYPE_CHECKING:
    from forecast.context import Context

EDITION = "operator"
Concerns = Callable[["Context", datetime], Iterable[str]]


def queue_concerns(context: Context, concerns: Concerns, now: datetime) -> int:
    """Make a delivery of everything that needs the operator and was not told yet; how many.

    concerns : what needs a person, a sentence each.
    """
    if not (context.config.mail.enabled and context.config.mail.operator):
        return 0
    through = ""
    with closing(connect.read(context.path)) as connection:
        latest = read.latest_run(connection)
        through = latest.data_through if latest else ""
    added = 0
    with ops.writing(context.path) as db:
        for concern in concerns(context, now):
            made = letter(context.config, concern, through, now)
            to = [(made.content_key, EDITION, context.config.mail.operator)]
            added += deliveries.queue(db, [made], to, now)
    return added


def letter(config: Config, concern: str, through: str, now: datetime) -> Message:
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
    return Message(key.hexdigest(), EDITION, message["Subject"], head.address, bytes(message))
