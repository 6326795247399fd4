"""Each message's delivery, in ops.db: what became of it, when it is tried again, who unsubscribed.

               claimed           the server took it
    waiting ───────────▶ sending ──────────────────▶ sent
       ▲                    │ 4xx, silence, dropped: later, and after five days ─▶ given up
       └────────────────────┤ 5xx ───────────────────▶ refused
                            └ certificate, login: the queue stops

What another message to the same reader says too waits for it, and becomes what it becomes; its
edition names that message, `WITHIN` and a content key.

Claimed by one conditional UPDATE. A sender that was killed leaves `sending` behind; whether the
server took that message is not known, so it is sent again, the same to the last byte.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from sqlite3 import Connection
from typing import Literal

from forecast.store import connect, notices, ops
from forecast.store.connect import insert_or, transaction, write
from forecast.store.ops import text
from forecast.store.queries import column, records, sql

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
GIVE_UP = timedelta(days=5)
HOOK = "hook:"  # begins the recipient that is a webhook, see jobs/deliver/transports.py
WITHIN = "within:"  # begins the edition of what another message says too, its content key behind it

Settled = Literal["sent", "refused"]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it goes out, but for the line that names its recipient.

    edition : which sections it has. sender : the bare address. mime : CRLF lines.
    """

    content_key: str
    edition: str
    subject: str
    sender: str
    mime: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """A claimed message to one recipient; attempts counts this one too."""

    recipient: str
    message: Message
    queued_at: str
    attempts: int


def begin(db: Connection, now: datetime) -> str:
    """Return since when deliveries are kept in this file; set when first asked."""
    write(db, "begin_mail", (text(now),))
    (began,) = column(db, "mail_began")
    return str(began)


def unsubscribe(db: Connection, address: str, now: datetime) -> bool:
    """Never write to this address again; whether it was not known as unsubscribed before."""
    values = {"address": address.lower(), "now": text(now)}
    with transaction(db):
        # What is being sent just now arrives; whatever still waits never does.
        new = db.execute(sql("unsubscribe"), values).rowcount
        db.execute(sql("settle_unsubscribed"), values)
        return bool(new == 1)


def queue(db: Connection, batches: Iterable[Sequence[tuple[str, Message]]], now: datetime) -> int:
    """Make deliveries of (recipient, message) of notices, all or none, in order; how many are new.

    A recipient who has a delivery of this content already, whatever became of it, gets none.
    """
    new = 0
    with transaction(db):
        for batch in batches:
            # Order is kept by this moment alone, also where a clock was set back.
            queued = _after_all(db, now)
            insert_or("ignore", db, "messages", (asdict(message) for _, message in batch))
            when = {"state": "waiting", "queued_at": queued, "next_attempt_at": text(now)}
            waiting = (
                {
                    "content_key": message.content_key,
                    "recipient": recipient.lower(),
                    "edition": message.edition,
                    **when,
                }
                for recipient, message in batch
            )
            new += insert_or("ignore", db, "deliveries", waiting)
    return new


def _after_all(db: Connection, now: datetime) -> str:
    """Return now, or as little later as puts it after every delivery queued before."""
    (last,) = column(db, "last_queued")
    if last is None or last < text(now):
        return text(now)
    # As text, a microsecond more comes after it, also after a moment without a fraction.
    later = datetime.fromisoformat(last) + timedelta(microseconds=1)
    return later.isoformat(timespec="microseconds")


def recipients_of(db: Connection, content_key: str, *states: str) -> frozenset[str]:
    """Return who has a delivery of this content, in any of these states (all, if none is named)."""
    every = deliveries_of(db, content_key)
    return frozenset(to.recipient for to in every if not states or to.state in states)


def claim(db: Connection, now: datetime, *, hooks: bool = False) -> Delivery | None:
    """Take the delivery that was queued first, None if nothing is due.

    hooks : one to a webhook; else one by mail. Neither waits for the other.

    Nobody gets a message before one that was queued for him earlier and is still to be tried;
    that one is settled or given up within five days.
    """
    moment = text(now)
    with transaction(db):
        # Read in order, so that it ends at the first that is due, however many there are.
        due = db.execute(sql("next_delivery"), (moment, hooks)).fetchone()
        if due is None or db.execute(sql("claim_delivery"), (moment, *due)).rowcount != 1:
            return None
        claimed = db.execute(sql("claimed_message"), due).fetchone()
        recipient, queued_at, attempts, *message = claimed
    return Delivery(recipient, Message(*message), queued_at, attempts)


def settle(db: Connection, delivery: Delivery, state: Settled, reply: str, now: datetime) -> None:
    """Record what became of a claimed delivery, for good."""
    _set(db, delivery, state, text(now), text(now), reply)


def put_off(
    db: Connection,
    delivery: Delivery,
    reply: str,
    now: datetime,
    at_least: timedelta = timedelta(0),
) -> bool:
    """Try again later: after a minute, then twice as long each time; whether it still will be.

    at_least : as the receiver asks. After five days it is given up.
    """
    if now - datetime.fromisoformat(delivery.queued_at) >= GIVE_UP:
        _set(db, delivery, "given up", text(now), text(now), reply)
        return False
    # 16 doublings pass any pause; more would be too long a number.
    pause = min(FIRST_PAUSE * 2 ** min(delivery.attempts - 1, 16), LONGEST_PAUSE)
    _set(db, delivery, "waiting", None, text(now + max(pause, at_least)), reply)
    return True


def hand_back(db: Connection, delivery: Delivery, now: datetime) -> None:
    """Leave it as if it had never been claimed: the fault was not this delivery's."""
    write(db, "hand_back", (text(now), delivery.message.content_key, delivery.recipient))


def _set(
    db: Connection, delivery: Delivery, state: str, settled: str | None, then: str, reply: str
) -> None:
    key, recipient = delivery.message.content_key, delivery.recipient
    with transaction(db):
        db.execute(sql("set_delivery"), (state, settled, then, reply, key, recipient))
        if settled:
            db.execute(sql("settle_within"), (state, settled, reply, recipient, WITHIN + key))


def revive(db: Connection, now: datetime) -> int:
    """Let everything that was refused or given up wait again, as if queued anew; how many.

    Among themselves they keep the order in which they were queued.
    """
    with transaction(db):
        stopped = db.execute(sql("stopped_deliveries")).fetchall()
        # Each a little later than the one before, so that their order stays.
        for key in stopped:
            db.execute(sql("revive_delivery"), (_after_all(db, now), text(now), *key))
    return len(stopped)


def give_up(db: Connection, content_key: str, why: str, now: datetime) -> int:
    """Send no more of this content to those who wait for it; how many.

    A message that says more than this is given up whole.
    """
    return write(db, "give_up", (text(now), why, content_key))


def stop(db: Connection, reason: str, now: datetime) -> None:
    """Let the queue stand still until a person has looked."""
    begin(db, now)
    write(db, "stop_mail", (text(now), reason))


def stopped(path: Path) -> str:
    """Return why the mail queue stands still, "" if it does not; path : of the main database."""
    return next(iter(ops.ask(path, column, "mail_stopped")), "")


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """How far one delivery of a notice is; reply : of the server that took or refused it."""

    recipient: str
    edition: str
    state: str
    attempts: int
    queued_at: str
    next_attempt_at: str | None
    settled_at: str | None
    reply: str | None


def deliveries_of(db: Connection, content_key: str) -> list[DeliveryRow]:
    """Return how far every delivery of a content is, by recipient."""
    return records(db, DeliveryRow, "deliveries_of_notice", (content_key,))


def mail_due(path: Path, now: datetime) -> bool:
    """Whether a delivery may be tried now, or a notice was approved that has none.

    path : of the main database.
    """
    # Approved notices that this file knows nothing of: to be queued before they can be sent.
    known = set(ops.ask(path, column, "content_keys"))
    with closing(connect.read(path)) as connection:
        approved = column(connection, "approved_since", (text(now - notices.KEPT),))
    due = ops.ask(path, column, "next_attempt")
    return not known.issuperset(approved) or any(at <= text(now) for at in due)
