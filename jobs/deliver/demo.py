"""A notice made from the record to be looked at, of February 2025, and a mail that tests the way.

Of own counts it is the month that was flagged last, or else the newest.

Both go the way of every notice, by `transports.by_mail`; neither is kept or queued.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from forecast.config import Config
from forecast.desk.facts import report
from forecast.errors import DataError, MailError, MailServerError
from forecast.sources.source import Source
from forecast.store import history, read
from forecast.store.deliveries import Delivery, Message
from forecast.store.notices import Notice
from forecast.types import SeriesKey
from jobs.deliver import letter as letters
from jobs.deliver import transports, write

MONTH, TOTALS = "2025-02", ("southwest", "nationwide")
MARK = "Demonstration"


@dataclass(frozen=True, slots=True)
class MonthShown:
    """The month that a demonstration is of, and the totals that it tells of."""

    month: str
    totals: tuple[str, ...]


def flagged_last(
    flags: Iterable[read.FlagOfTotal],
    newest: str,
    totals: Sequence[str],
    covers: Callable[[str, str], bool],
) -> MonthShown:
    """Return the month that was flagged last with its totals, or the newest with one it covers."""
    flagged = [row for row in flags if row.kind == "month"]
    month = flagged[0].month if flagged else newest
    of_month = tuple(row.total for row in flagged if row.month == month)
    return MonthShown(month, of_month or tuple(t for t in totals if covers(t, month))[:1])


def letter(
    connection: sqlite3.Connection,
    config: Config,
    now: datetime,
    source: Source,
    month: str = MONTH,
    totals: tuple[str, ...] = TOTALS,
) -> Message:
    """Return the notice of a month, as a recipient of all totals would have got it.

    month, totals : of a shipped source; of own counts they are chosen. DataError if the record does
    not have that month, or has no published run.
    """
    run = read.latest_run(connection)

    def covers(total: str, month: str) -> bool:
        span = history.series_span(connection, SeriesKey(total))
        return span is not None and span[0] <= month <= span[1]

    shown = MonthShown(month, totals)
    if run is not None and not source.shipped:
        flags = read.flags(connection, source.totals)
        shown = flagged_last(flags, run.data_through, source.totals.every, covers)
    if run is None or not all(covers(total, shown.month) for total in shown.totals):
        raise DataError(f"the record has no {shown.month} to show; run `bordercast run` first")
    told = [report(connection, total, shown.month, source) for total in shown.totals]
    if not all(facts.recent for facts in told):
        raise DataError(f"no month until {shown.month} has a forecast yet to hold it against")
    sections = tuple(write.finding(connection, facts, None, config.site.address) for facts in told)
    # Another key than the real notice has: a mail program must not take it for that one.
    key = hashlib.sha256(f"{MARK}|{run.digest}".encode()).hexdigest()
    notice = Notice(
        id=0,
        kind="flags",
        month=shown.month,
        release_id=0,
        run_id=run.id,
        corrects=None,
        content_key=key,
        message_id=f"<{key[:32]}.demonstration@{config.mail.domain}>",
        created_at=now.isoformat(timespec="seconds"),
        state="held",
        **letters.frame(config, shown.month, source, MARK),
        approved_by=None,
        approved_at=None,
        closed_at=None,
        reason="",
        withdraws=None,
        digest=run.digest,
        quoted_run=run.id,
    )
    return letters.letter(config, notice, sections, source, mark=MARK)


def trial(config: Config, now: datetime) -> Message:
    """Return a mail that says that mail arrives."""
    mail, key = config.mail, hashlib.sha256(now.isoformat().encode()).hexdigest()
    words = (
        "Mail from Bordercast reaches you. Notices will come the same way.\n\n"
        f"Mail server: {mail.host}:{mail.port}, {mail.security}\n"
        f"To unsubscribe, write to: {mail.unsubscribe}\n"
    )
    return letters.plain(mail, "test", key, "Test: mail from Bordercast arrives", words, now)


def hand_over(config: Config, made: Message, to: str, now: datetime) -> None:
    """Give a letter to the mail server for one recipient.

    ConfigError if the settings do not say how; MailError or MailServerError if the server said no.
    """
    reply = transports.by_mail(config.mail)(Delivery(to, made, "", 1), now)
    if reply.outcome == "stopped":
        raise MailServerError(reply.text)
    if reply.outcome != "sent":
        raise MailError(to, reply.outcome == "refused", reply.text)


def as_file(config: Config, made: Message) -> bytes:
    """Return a letter as it lies in a mailbox: to a reader at the sender's own domain."""
    reader = f"reader@{config.mail.domain}"
    return transports.addressed(Delivery(reader, made, "", 1))
