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

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from forecast.store import connect, notices, ops
from forecast.store.connect import transaction
from forecast.store.queries import column, rows, sql

if TYPE_CHECKING:
    from sqlite_utils import Database

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
GIVE_UP = timedelta(days=5)
HOOK = "hook:"  # begins the recipient that is a webhook, see jobs/deliver/transports.py
WITHIN = "within:"  # begins the edition of what another message says too, its content key behind it

Usefulness = Literal["useful", "not"]
Settled = Literal["sent", "refused"]


class Subscriber(NamedTuple):
    """Who is told, of which totals; digest : also what stands only in digests."""

    address: str
    totals: tuple[str, ...]
    digest: bool


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


class Stop(NamedTuple):
    """Since when and why the queue stands still."""

    stopped_at: str
    reason: str


def text(moment: datetime) -> str:
    """A moment as it is stored."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def begin(db: Database, now: datetime) -> str:
    """Since when deliveries are kept in this file; set when first asked."""
    with transaction(db):
        db.execute("insert or ignore into mail_state (only, began_at) values (1, ?)", (text(now),))
        (began,) = db.execute("select began_at from mail_state").fetchone()
        return str(began)


def save_recipients(db: Database, recipients: Iterable[Subscriber]) -> None:
    """Take over the recipients of the settings; who unsubscribed stays so."""
    with transaction(db):
        db.conn.executemany(
            sql("save_recipients"),
            [(r.address.lower(), ",".join(r.totals), int(r.digest)) for r in recipients],
        )


def unsubscribe(db: Database, address: str, now: datetime) -> bool:
    """Never write to this address again; whether it was not known as unsubscribed before."""
    address, moment = address.lower(), text(now)
    with transaction(db):
        cursor = db.execute(
            sql("unsubscribe"),
            (address, moment),
        )
        db.execute(
            "update deliveries set state = 'unsubscribed', settled_at = ? "
            "where recipient = ? and state = 'waiting'",
            (moment, address),
        )
        return bool(cursor.rowcount == 1)


def unsubscribed(db: Database | sqlite3.Connection) -> frozenset[str]:
    """The addresses that are not to be written to."""
    rows = db.execute("select address from recipients where unsubscribed_at is not null")
    return frozenset(address for (address,) in rows)


def queue(
    db: Database, messages: Iterable[Message], to: Iterable[tuple[str, str, str]], now: datetime
) -> int:
    """Make deliveries of a notice, once for each recipient; how many are new.

    Parameters
    ----------
    to : (content key, edition, recipient). A recipient who has a delivery of this content
        already, whatever became of it, gets none.
    """
    with transaction(db):
        return _queued(db, messages, to, now)


def queue_in_turn(
    db: Database, batches: Iterable[Sequence[tuple[str, Message]]], now: datetime
) -> int:
    """Queue (recipient, message) of several notices, all or none, in order; how many are new."""
    added = 0
    with transaction(db):
        for batch in batches:
            messages = {(m.content_key, m.edition): m for _, m in batch}
            to = [(m.content_key, m.edition, recipient) for recipient, m in batch]
            added += _queued(db, messages.values(), to, now)
    return added


def _queued(
    db: Database, messages: Iterable[Message], to: Iterable[tuple[str, str, str]], now: datetime
) -> int:
    moment, queued = text(now), _after_all(db, now)
    db.conn.executemany(
        "insert or ignore into messages values (?, ?, ?, ?, ?)", map(astuple, messages)
    )
    return sum(
        db.execute(sql("queue_delivery"), (key, to_whom.lower(), edition, queued, moment)).rowcount
        for key, edition, to_whom in to
    )


def _after_all(db: Database, now: datetime) -> str:
    """Now, or as little later as puts it after every delivery queued before."""
    (last,) = db.execute("select max(queued_at) from deliveries").fetchone()
    if last is None or last < text(now):
        return text(now)
    # As text, a microsecond more comes after it, also after a moment without a fraction.
    later = datetime.fromisoformat(last) + timedelta(microseconds=1)
    return later.isoformat(timespec="microseconds")


def recipients_of(
    db: Database | sqlite3.Connection, content_key: str, *states: str
) -> frozenset[str]:
    """Who has a delivery of this content, in any of these states (all, if none is named)."""
    rows = db.execute(
        "select recipient, state from deliveries where content_key = ?", (content_key,)
    )
    return frozenset(recipient for recipient, state in rows if not states or state in states)


def editions_sent(db: Database | sqlite3.Connection, content_key: str) -> dict[str, str]:
    """Recipient -> edition of those who got this content."""
    rows = db.execute(
        "select recipient, edition from deliveries where content_key = ? and state = 'sent'",
        (content_key,),
    )
    return dict(rows.fetchall())


def unclaim(db: Database) -> int:
    """Give back what a killed sender left; only while no other can be sending."""
    with transaction(db):
        return int(
            db.execute(
                "update deliveries set state = 'waiting', claimed_at = null where state = 'sending'"
            ).rowcount
        )


def claim(db: Database, now: datetime, *, hooks: bool = False) -> Delivery | None:
    """Take the delivery that was queued first, None if nothing is due.

    hooks : one to a webhook; else one by mail. Neither waits for the other.

    Nobody gets a message before one that was queued for him earlier and is still to be tried;
    that one is settled or given up within five days.
    """
    moment = text(now)
    with transaction(db):
        due = db.execute(
            # Read in order, so that it ends at the first that is due, however many there are.
            sql("next_delivery"),
            (moment, hooks),
        ).fetchone()
        if due is None or not _claimed(db, due, moment):
            return None
        row = db.execute(
            sql("claimed_message"),
            due,
        ).fetchone()
    recipient, queued_at, attempts, *message = row
    return Delivery(recipient, Message(*message), queued_at, attempts)


def _claimed(db: Database, key: tuple[str, str], moment: str) -> bool:
    cursor = db.execute(
        sql("claim_delivery"),
        (moment, *key),
    )
    return bool(cursor.rowcount == 1)


def settle(db: Database, delivery: Delivery, state: Settled, reply: str, now: datetime) -> None:
    """Record what became of a claimed delivery, for good."""
    _set(db, delivery, state, text(now), text(now), reply)


def put_off(
    db: Database,
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
    pause = min(FIRST_PAUSE * 2 ** min(delivery.attempts - 1, 16), LONGEST_PAUSE)
    pause = max(pause, at_least)
    _set(db, delivery, "waiting", None, text(now + pause), reply)
    return True


def revive(db: Database, now: datetime) -> int:
    """Let everything that was refused or given up wait again, as if queued anew; how many.

    Among themselves they keep the order in which they were queued.
    """
    with transaction(db):
        rows = db.execute(
            "select content_key, recipient from deliveries where state in ('refused', 'given up') "
            "order by queued_at, recipient, content_key"
        ).fetchall()
        moment = text(now)
        for key in rows:
            db.execute(
                sql("revive_delivery"),
                (_after_all(db, now), moment, *key),
            )
    return len(rows)


def give_up(db: Database, content_key: str, why: str, now: datetime) -> int:
    """Send no more of this content to those who wait for it; how many.

    A message that says more than this is given up whole.
    """
    with transaction(db):
        settled = (text(now), why, content_key)
        return int(db.execute(sql("give_up"), settled).rowcount)


def sendable(db: Database | sqlite3.Connection, now: datetime) -> dict[str, int]:
    """Subject -> how many deliveries are due."""
    rows = db.execute(
        sql("sendable"),
        (text(now),),
    )
    return dict(rows.fetchall())


def hand_back(db: Database, delivery: Delivery, now: datetime) -> None:
    """As if it had never been claimed: the fault was not this delivery's."""
    with transaction(db):
        db.execute(
            sql("hand_back"),
            (text(now), delivery.message.content_key, delivery.recipient),
        )


def _set(
    db: Database, delivery: Delivery, state: str, settled: str | None, then: str, reply: str
) -> None:
    with transaction(db):
        db.execute(
            sql("set_delivery"),
            (state, settled, then, reply, delivery.message.content_key, delivery.recipient),
        )
        if settled:
            within = WITHIN + delivery.message.content_key
            db.execute(sql("settle_within"), (state, settled, reply, delivery.recipient, within))


def stop(db: Database, reason: str, now: datetime) -> None:
    """Let the queue stand still until a person has looked."""
    begin(db, now)
    with transaction(db):
        db.execute("update mail_state set stopped_at = ?, reason = ?", (text(now), reason))


def resume(db: Database) -> None:
    """Let it run again."""
    with transaction(db):
        db.execute("update mail_state set stopped_at = null, reason = ''")


def stopped(db: Database | sqlite3.Connection) -> Stop | None:
    """Why the queue stands still, None if it does not."""
    row = db.execute(
        "select stopped_at, reason from mail_state where stopped_at is not null"
    ).fetchone()
    return None if row is None else Stop(*row)


def tally(db: Database | sqlite3.Connection) -> dict[str, dict[str, int]]:
    """Content key -> state -> how many deliveries."""
    by_state: dict[str, dict[str, int]] = {}
    for key, state, count in db.execute(
        "select content_key, state, count(*) from deliveries group by 1, 2"
    ):
        by_state.setdefault(key, {})[state] = count
    return by_state


def of_notice(connection: sqlite3.Connection, content_key: str) -> list[dict[str, Any]]:
    """Every delivery of one content, by recipient."""
    return rows(
        connection,
        "deliveries_of_notice",
        (content_key,),
    )


def rate(db: Database, content_key: str, verdict: Usefulness, why: str, now: datetime) -> None:
    """Keep what a reader said of a notice, without saying who it was."""
    with transaction(db):
        db.execute(
            "insert into ratings (content_key, verdict, why, rated_at) values (?, ?, ?, ?)",
            (content_key, verdict, why, text(now)),
        )


def mail_due(path: Path, now: datetime) -> bool:
    """Whether a delivery may be tried now, or a notice was approved that has none.

    path : of the main database.
    """
    known = {row["content_key"] for row in ops.rows(path, "content_keys")}
    with closing(connect.read(path)) as connection:
        approved = column(connection, "approved_since", (text(now - notices.KEPT),))
    due = ops.row(path, "next_attempt")
    return not known.issuperset(approved) or (due is not None and due["at"] <= text(now))


def failed(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Deliveries that never will arrive, and why."""
    return rows(connection, "failed_deliveries")
