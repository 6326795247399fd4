"""The mail server is down for five days: every message that was due arrives, once, in order."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forecast.config import Config
from forecast.context import Context
from forecast.store import connect, deliveries, notices, ops
from jobs.deliver.outbox import DeliveryOutcome
from jobs.service import wakeup
from tests.support import publisher, small_record
from tests.support.databases import rows
from tests.support.mail_server import HOST, Taken, converse, scripted, server

BEGAN = datetime(2024, 5, 1, 12, tzinfo=UTC)
SETTINGS = (
    small_record.SETTINGS.replace("[notices]", '[notices]\napproval = "auto"')
    + f"""
[[notices.recipients]]
address = "ann@example.org"

[[notices.recipients]]
address = "bob@example.org"
borders = ["northern"]
digest = true

[mail]
enabled = true
host = "{HOST}"
security = "local"
sender = "Bordercast <notices@example.org>"
operator = "op@example.org"
"""
)
# What the publisher does meanwhile: when, through which month, what moved; 1 is the outage's end.
# February comes too late to be news; April restates March, whose notice has become false before it
# went out.
FIRST = {("2024-01", "southwest"): 900, ("2024-02", "northern"): 300}
FEBRUARY = {**FIRST, ("2024-02", "southwest"): 1500}
RESTATED = {**FIRST, ("2024-02", "southwest"): 1400}
NEWS = [
    (0, "2024-02", FEBRUARY),
    (0.22, "2024-03", {**RESTATED, ("2024-03", "southwest"): 700}),
    (0.67, "2024-04", {**RESTATED, ("2024-03", "southwest"): 650, ("2024-04", "northern"): 500}),
]


@contextmanager
def nobody(_: random.Random) -> Iterator[int]:
    """A port on which nobody listens."""
    yield publisher.closed_port()


@contextmanager
def later(chance: random.Random) -> Iterator[int]:
    """A server that takes nothing for now, and says so here or there."""
    answer = chance.choice(
        ["421 4.3.2 closing", "450 4.2.1 busy", "451 4.3.0 failed", "452 4.3.1 full"]
    )
    stage = chance.choice(["refuse", "data"])
    with server(Taken(**{stage: lambda _: answer})) as port:
        yield port


@contextmanager
def dropped(chance: random.Random) -> Iterator[int]:
    """A server that hangs up before it has a message."""
    where = chance.choice([b"EHLO", b"MAIL", b"RCPT", b"DATA", b"body"])
    with scripted(lambda client: converse(client, where) and None) as port:
        yield port


@contextmanager
def by_turns(chance: random.Random) -> Iterator[int]:
    """Any of them."""
    with chance.choice([nobody, later, dropped])(chance) as port:
        yield port


class Desk:
    """A service whose clock the test moves; what it queued, in which order, and what came of it."""

    def __init__(self, path: Path, down: timedelta) -> None:
        self.path = path
        self.news = [(BEGAN + part * down, month, moved) for part, month, moved in NEWS]
        self.queued: list[tuple[str, bytes]] = []
        self.outcomes: Counter[DeliveryOutcome] = Counter()

    def wake(self, now: datetime, listening: AbstractContextManager[int]) -> None:
        """What the daemon does at this moment: a run if there is a file, mail if some is due.

        listening : gives the mail server's port.
        """
        while self.news and self.news[0][0] <= now:
            _, month, moved = self.news.pop(0)
            small_record.drop(self.path.parent, month, moved)
            assert small_record.run(self.path, now)
        if deliveries.mail_due(self.path, now):
            with listening as port:
                self.outcomes.update(
                    wakeup.deliver(Context.open(self.path, at(self.path, port)), lambda: now)
                )
            self._note()

    def _note(self) -> None:
        """Add what was queued by now and was not before."""
        every = rows(
            ops.ops_path(self.path),
            "select recipient, mime from deliveries join messages using (content_key, edition) "
            "order by queued_at",
        )
        whole = [(to, f"To: <{to}>\r\n".encode() + mime) for to, mime in every]
        self.queued += [one for one in whole if one not in self.queued]


def at(path: Path, port: int) -> Config:
    """The record's settings with the mail server at this port."""
    found = small_record.settings(path)
    return found.model_copy(update={"mail": found.mail.model_copy(update={"port": port})})


def to(recipient: str, messages: list[tuple[str, bytes]]) -> list[bytes]:
    return [message for who, message in messages if who == recipient]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("down", "days", "seconds"),
    [
        pytest.param(later, 1, 2 * 3600, id="a day"),
        *(
            pytest.param(down, 5, 15 * 60, marks=pytest.mark.faults, id=down.__name__)
            for down in (nobody, later, by_turns)
        ),
    ],
)
def test_all_due_mail_arrives_once_and_in_order(record, figure, down, days, seconds):
    record.with_name("config.toml").write_text(SETTINGS)
    odd = record.parent / "inbox" / "odd.csv"  # refused, which the operator is to know
    odd.parent.mkdir(exist_ok=True)
    odd.write_bytes(b"Fiscal Year\n2024\n")
    os.utime(odd, (0, 0))
    desk, taken, chance = Desk(record, timedelta(days=days)), Taken(), random.Random(days)
    moments = [BEGAN + timedelta(seconds=n) for n in range(0, (24 * days + 12) * 3600, seconds)]
    down_until = BEGAN + timedelta(days=days)
    for now in moments:
        if now < down_until:
            desk.wake(now, down(chance))
    vain = desk.outcomes.total()
    with server(taken) as port:
        for now in moments:
            if now >= down_until:
                desk.wake(now, nullcontext(port))

    lost = set(desk.queued) - set(taken.messages)
    doubled = len(taken.messages) - len(set(taken.messages))
    moved = [who for who in PEOPLE if to(who, taken.messages) != to(who, desk.queued)]
    figure(
        "mail down",
        1,
        messages_due=len(desk.queued),
        attempts_in_vain=vain,
        lost=len(lost),
        doubled=doubled,
        recipients_out_of_order=len(moved),
    )
    assert (lost, doubled, moved) == (set(), 0, [])
    assert desk.outcomes == {"put off": vain, "sent": len(desk.queued)}
    assert_told(record, taken)


PEOPLE = ("ann@example.org", "bob@example.org", "op@example.org")


def assert_told(path: Path, taken: Taken) -> None:
    """Ann got every notice, a correction after what it corrects; the operator something, too."""
    with closing(connect.read(path)) as connection:
        every = [n for n in notices.every(connection) if n.created_at >= BEGAN.isoformat()]
    got = [message for who, message in taken.messages if who == "ann@example.org"]
    place = {n.id: next(k for k, message in enumerate(got) if key(n) in message) for n in every}
    news = [n.id for n in every if n.corrects is None]
    corrections = [n for n in every if n.corrects is not None]
    assert len(news) == 2
    assert [place[id_] for id_ in news] == sorted(place[id_] for id_ in news)
    assert corrections
    assert all(place[n.corrects] < place[n.id] for n in corrections)
    assert "op@example.org" in {who for who, _ in taken.messages}


def key(notice: notices.Notice) -> bytes:
    """What a message's own identifier begins with."""
    return b"Message-ID: " + notice.message_id.partition("@")[0].encode()
