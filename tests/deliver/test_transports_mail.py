"""The outbox against real servers: what each answer, silence and cut leaves behind."""

from __future__ import annotations

import base64
import random
import re
import smtplib
import ssl
import threading
import time
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP as WIRE

import pytest

from forecast.config import Mail
from forecast.errors import BusyError, ConfigError, MailServerError
from forecast.store import connect, deliveries, ops, queries
from forecast.store.connect import locked
from forecast.store.deliveries import Message
from jobs.deliver import outbox, transports, unsubscribe
from jobs.environment import MAIL_PASSWORD
from tests.support import killed_senders, running_service
from tests.support.databases import rows
from tests.support.mail_server import (
    HOST,
    SECRET,
    USER,
    Taken,
    authority,
    converse,
    scripted,
    server,
)

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
KEY = "k" * 64
MIME = (
    b"From: Bordercast <notices@example.org>\r\nMessage-ID: <k@example.org>\r\n\r\nTell them.\r\n"
)


@pytest.fixture(scope="session")
def trust(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def record(tmp_path):
    return tmp_path / "bordercast.db"


def settings(port, **changes):
    plain = {
        "enabled": True,
        "host": HOST,
        "port": port,
        "security": "local",
        "sender": "Bordercast <notices@example.org>",
        "answer_seconds": 5.0,
        "message_seconds": 10.0,
    }
    return Mail(**(plain | changes))


def queue(record, *recipients, mime=MIME, key=KEY, now=NOW):
    message = Message(key, "all", "Border encounters", "notices@example.org", mime)
    with ops.writing(record) as db:
        return deliveries.queue(db, [[(to, message) for to in recipients]], now)


def send(record, mail_settings, now=NOW):
    return outbox.send_mail(record, mail_settings, lambda: now)


def states(record):
    found = rows(ops.ops_path(record), "select recipient, state from deliveries")
    return dict(found)


def replies(record):
    return dict(rows(ops.ops_path(record), "select recipient, reply from deliveries"))


def test_every_recipient_gets_one_message_of_his_own(record):
    taken = Taken()
    queue(record, "ann@example.org", "bob@example.org")

    with server(taken) as port:
        outcomes = send(record, settings(port))

    assert outcomes == ["sent", "sent"]
    assert [to for to, _ in taken.messages] == ["ann@example.org", "bob@example.org"]
    for to, message in taken.messages:
        assert message_from_bytes(message, policy=WIRE)["To"] == to
        assert message == f"To: <{to}>\r\n".encode() + MIME
    assert set(states(record).values()) == {"sent"}


def test_what_was_sent_is_not_queued_again(record):
    taken = Taken()
    queue(record, "ann@example.org")
    with server(taken) as port:
        send(record, settings(port))
        added = queue(record, "ann@example.org", "Ann@Example.org")
        send(record, settings(port))

    assert (added, len(taken.messages)) == (0, 1)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("550 5.1.1 no such mailbox", "refused"),
        ("554 5.7.1 not from you", "refused"),
        ("450 4.2.1 try later", "waiting"),
        ("452 4.2.2 mailbox full", "waiting"),
        ("421 4.3.2 closing", "waiting"),
    ],
)
@pytest.mark.parametrize("stage", ["refuse", "data"])
def test_a_refusal_settles_or_puts_off_that_recipient_alone(record, answer, state, stage):
    taken = Taken(**{stage: lambda to: answer if to.startswith("bob") else None})
    queue(record, "ann@example.org", "bob@example.org", "cyd@example.org")

    with server(taken) as port:
        send(record, settings(port))

    assert states(record) == {
        "ann@example.org": "sent",
        "bob@example.org": state,
        "cyd@example.org": "sent",
    }
    assert replies(record)["bob@example.org"].startswith(answer[:3])


def test_greylisting_is_waited_out(record):
    tries = []
    taken = Taken(
        refuse=lambda to: tries.append(to) or ("451 greylisted" if len(tries) < 3 else None)
    )
    queue(record, "ann@example.org")

    with server(taken) as port:
        for minutes in (0, 0.9, 1, 2.9, 3):
            send(record, settings(port), NOW + timedelta(minutes=minutes))

    assert (len(tries), len(taken.messages)) == (3, 1)
    assert states(record) == {"ann@example.org": "sent"}


@pytest.mark.slow
def test_pauses_double_from_a_minute_to_six_hours_and_end_after_five_days(record):
    taken = Taken(refuse=lambda to: "450 later")
    queue(record, "ann@example.org")
    moment, pauses, outcome = NOW, [], None
    with server(taken) as port:
        while outcome != "given up":
            (outcome,) = send(record, settings(port), moment)
            ((due,),) = rows(ops.ops_path(record), "select next_attempt_at from deliveries")
            pauses.append((datetime.fromisoformat(due) - moment) / timedelta(minutes=1))
            moment = max(datetime.fromisoformat(due), moment)

    assert pauses[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360]
    assert set(pauses[10:-1]) == {360}
    assert timedelta(days=5) <= moment - NOW <= timedelta(days=5, hours=6)
    assert states(record) == {"ann@example.org": "given up"}


def queue_in_turn(record, *texts, to=("ann@example.org",), now=NOW):
    """A message of this text after the other, all at one moment."""
    for text in texts:
        queue(record, *to, mime=MIME + text, key=text.decode() * 64, now=now)


def bodies(taken, to="ann@example.org"):
    return [message.split()[-1] for who, message in taken.messages if who == to]


def test_a_reader_gets_his_mail_in_the_order_queued_whatever_is_put_off(record):
    tries = []
    taken = Taken(
        content=lambda m: (
            tries.append(m) or "451 later" if m.split()[-1] == b"z" and len(tries) < 2 else None
        )
    )
    queue_in_turn(record, b"z", b"y", to=("ann@example.org", "bob@example.org"))
    queue_in_turn(record, b"x", now=NOW - timedelta(hours=1))  # the clock was set back

    with server(taken) as port:
        put_off = send(record, settings(port))
        assert bodies(taken) == bodies(taken, "bob@example.org") == []
        queue_in_turn(record, b"w", to=("cyd@example.org",))
        others = send(record, settings(port))
        rest = send(record, settings(port), NOW + timedelta(minutes=1))

    assert (put_off, others) == (["put off"] * 2, ["sent"])
    assert rest == ["sent"] * 5
    assert bodies(taken) == [b"z", b"y", b"x"]
    assert bodies(taken, "bob@example.org") == [b"z", b"y"]


@pytest.mark.parametrize(
    ("answer", "state", "days"), [("554 spam", "refused", 0), ("452 full", "given up", 5)]
)
def test_a_message_that_never_arrives_does_not_hold_back_later_ones(record, answer, state, days):
    taken = Taken(content=lambda m: answer if m.split()[-1] == b"z" else None)
    queue_in_turn(record, b"z", b"y", b"x")

    moment = NOW
    with server(taken) as port:
        while not taken.messages:
            send(record, settings(port), moment)
            moment += timedelta(hours=6)

    assert bodies(taken) == [b"y", b"x"]
    assert moment - NOW == timedelta(days=days, hours=6)
    assert rows(ops.ops_path(record), "select state from deliveries order by queued_at") == [
        (state,),
        ("sent",),
        ("sent",),
    ]


def test_what_was_given_up_and_is_tried_again_keeps_its_order(record):
    taken = Taken(refuse=lambda to: "550 no")
    queue_in_turn(record, b"z", b"y", b"x")
    with server(taken) as port:
        send(record, settings(port))
        queue_in_turn(record, b"w")
        with ops.writing(record) as db:
            assert deliveries.revive(db, NOW) == 3
        taken.refuse = lambda to: None
        send(record, settings(port))

    assert bodies(taken) == [b"w", b"z", b"y", b"x"]


@pytest.mark.slow
def test_a_claim_takes_no_longer_when_thousands_wait(record):
    """Counted in steps of SQLite's machine, so that the clock says nothing."""
    to = [f"reader{i:03d}@example.org" for i in range(200)]
    steps = []
    with ops.writing(record) as db:
        for number in range(100):
            message = Message(f"{number:064}", "all", "Figures", "notices@example.org", MIME)
            deliveries.queue(db, [[(one, message) for one in to]], NOW)
            if number in (0, 99):
                db.set_progress_handler(lambda: steps.append(1) and 0, 10)
                claimed = deliveries.claim(db, NOW)
                db.set_progress_handler(None, 10)
                deliveries.hand_back(db, claimed, NOW)
                steps.append(0)

    few, many = (len(part) for part in "".join(map(str, steps)).split("0")[:2])
    assert 0 < many <= 2 * few


def test_a_message_too_big_for_the_server_is_refused(record):
    taken = Taken()
    queue(record, "ann@example.org", mime=MIME + b"long\r\n" * 1000)

    with server(taken, size=2000) as port:
        send(record, settings(port))

    assert (states(record), taken.messages) == ({"ann@example.org": "refused"}, [])


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_login_and_message_go_over_verified_tls(record, trust, security, monkeypatch):
    monkeypatch.setenv(MAIL_PASSWORD, SECRET)
    taken = Taken()
    queue(record, "ann@example.org")

    with server(taken, trust.good, implicit=security == "tls") as port:
        outcomes = send(record, settings(port, security=security, ca_file=trust.file, user=USER))

    assert (outcomes, len(taken.messages), set(taken.logins)) == (["sent"], 1, {SECRET.encode()})


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("certificate", ["other_host", "stranger"])
def test_a_wrong_certificate_stops_the_queue_before_anything_is_said(
    record, trust, security, certificate, monkeypatch
):
    monkeypatch.setenv(MAIL_PASSWORD, SECRET)
    taken = Taken()
    queue(record, "ann@example.org", "bob@example.org")

    with server(taken, getattr(trust, certificate), implicit=security == "tls") as port:
        outcomes = send(record, settings(port, security=security, ca_file=trust.file, user=USER))

    assert outcomes == ["stopped"]
    assert (taken.messages, taken.logins) == ([], [])
    assert set(states(record).values()) == {"waiting"}
    with ops.reading(record) as db:
        assert "certificate" in queries.column(db, "mail_stopped")[0]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_without_tls_stops_the_queue(record, security):
    taken = Taken()
    queue(record, "ann@example.org")

    with server(taken) as port:
        outcomes = send(record, settings(port, security=security))

    assert (outcomes, taken.messages) == (["stopped"], [])


def test_a_refused_login_stops_the_queue_and_the_password_is_kept_nowhere(
    record, trust, monkeypatch, caplog, capfd
):
    wrong = "tr0ub4dor-and-3"
    monkeypatch.setenv(MAIL_PASSWORD, wrong)
    taken = Taken()
    queue(record, "ann@example.org")

    with server(taken, trust.good) as port:
        outcomes = send(record, settings(port, security="starttls", ca_file=trust.file, user=USER))

    assert (outcomes, taken.messages) == (["stopped"], [])
    assert wrong.encode() in taken.logins
    kept = b"".join(f.read_bytes() for f in record.parent.iterdir() if f.is_file())
    shown = "".join(capfd.readouterr()) + caplog.text
    assert wrong.encode() not in kept
    assert wrong not in shown


def test_a_stopped_queue_stays_so_until_it_is_resumed(record, trust):
    taken = Taken()
    queue(record, "ann@example.org")
    with server(taken) as port:
        send(record, settings(port, security="starttls"))
        assert send(record, settings(port)) == []
        with ops.writing(record) as db:
            connect.write(db, "resume_mail")
        assert send(record, settings(port)) == ["sent"]


@pytest.mark.parametrize("where", [b"EHLO", b"MAIL", b"RCPT", b"DATA", b"body", b"no such"])
def test_a_dropped_connection_is_tried_again(record, where):
    """The last but one drops before the final dot, the last after it."""
    queue(record, "ann@example.org", "bob@example.org")

    with scripted(lambda client: converse(client, where)) as port:
        outcomes = send(record, settings(port))

    assert outcomes == ["put off", "put off"]
    assert set(states(record).values()) == {"waiting"}
    taken = Taken()
    with server(taken) as port:
        send(record, settings(port), NOW + timedelta(minutes=1))
    assert set(states(record).values()) == {"sent"}
    assert [m for _, m in taken.messages] == [
        f"To: <{to}>\r\n".encode() + MIME for to in ("ann@example.org", "bob@example.org")
    ]


def test_a_server_that_drops_after_the_dot_gets_the_same_bytes_again(record):
    seen = []
    queue(record, "ann@example.org")

    with scripted(lambda client: seen.append(converse(client, b"no such"))) as port:
        for minutes in (0, 1, 3):
            send(record, settings(port), NOW + timedelta(minutes=minutes))

    assert len(seen) == 3
    assert len(set(seen)) == 1


def drip(client):
    for byte in b"220 " + b"-" * 10_000:
        client.sendall(bytes([byte]))
        time.sleep(0.05)


def drip_answer(client):
    converse(client, b"DATA")
    drip(client)


def silence(client):
    while client.recv(1000):
        pass


def silent_after_the_dot(client):
    converse(client, b"no such")
    silence(client)


@pytest.mark.parametrize("play", [drip, drip_answer, silence, silent_after_the_dot])
def test_neither_drip_nor_silence_holds_us(record, play):
    queue(record, "ann@example.org")

    started = time.monotonic()
    with scripted(play) as port:
        outcomes = send(record, settings(port, answer_seconds=0.2, message_seconds=0.5))
        took = time.monotonic() - started

    assert outcomes == ["put off"]
    assert took < 60  # only against hanging: the drip takes 500 s
    assert re.search("timed out|cut off", replies(record)["ann@example.org"])


def drip_handshake(client):
    """The head of a record of 16 kB, and then a byte now and then."""
    client.recv(1000)
    client.sendall(b"\x16\x03\x03\x40\x00")
    drip(client)


def drip_after_starttls(client):
    client.sendall(b"220 mail.test\r\n")
    for answer in (b"250-mail.test\r\n250 STARTTLS\r\n", b"220 go on\r\n"):
        client.recv(1000)
        client.sendall(answer)
    drip_handshake(client)


@pytest.mark.parametrize(
    ("security", "play"),
    [("tls", silence), ("tls", drip_handshake), ("starttls", drip_after_starttls)],
)
def test_no_tls_server_that_drips_or_is_silent_holds_us(record, trust, security, play):
    queue(record, "ann@example.org")
    hasty = {"answer_seconds": 0.2, "message_seconds": 0.5}

    started = time.monotonic()
    with scripted(play) as port:
        outcomes = send(record, settings(port, security=security, ca_file=trust.file, **hasty))
        took = time.monotonic() - started

    assert outcomes == ["put off"]
    assert took < 60  # only against hanging: the drip takes 500 s


def test_nobody_listening_is_tried_again(record):
    queue(record, "ann@example.org")
    with scripted(lambda client: None) as port:
        pass

    assert send(record, settings(port)) == ["put off"]


def test_a_server_too_busy_to_greet_is_tried_again(record):
    queue(record, "ann@example.org")

    with scripted(lambda client: client.sendall(b"554 go away\r\n")) as port:
        outcomes = send(record, settings(port))

    assert outcomes == ["put off"]
    assert replies(record)["ann@example.org"] == "554 go away"


def test_who_unsubscribed_is_not_written_to(record):
    taken = Taken()
    queue(record, "ann@example.org", "bob@example.org")
    with ops.writing(record) as db:
        assert deliveries.unsubscribe(db, "Bob@example.org", NOW)

    with server(taken) as port:
        send(record, settings(port))

    assert [to for to, _ in taken.messages] == ["ann@example.org"]


def test_only_one_process_sends_at_a_time(record, monkeypatch):
    monkeypatch.setattr(outbox, "LOCK_WAIT", 0.1)
    queue(record, "ann@example.org")

    with locked(record.with_name(outbox.LOCK), 0), pytest.raises(BusyError):
        send(record, settings(1))


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"enabled": False}, "mail.enabled"),
        ({"host": ""}, "mail.host"),
        ({"sender": "Bordercast"}, "mail.sender"),
        ({"host": "mail.example.org"}, "mail.security"),
        ({"user": "me"}, "mail.security"),
        ({"user": "me", "security": "tls"}, "mail.user"),
        ({"user": "me", "security": "tls", "password_file": "/nowhere"}, "mail.password_file"),
        ({"security": "tls", "ca_file": "/nowhere"}, "mail.ca_file"),
    ],
)
def test_settings_that_cannot_send_are_named(record, change, key, monkeypatch):
    monkeypatch.delenv(MAIL_PASSWORD, raising=False)

    with pytest.raises(ConfigError) as caught:
        send(record, settings(25, **change))

    assert caught.value.key == key


def test_the_password_may_lie_in_a_file(tmp_path, monkeypatch):
    monkeypatch.delenv(MAIL_PASSWORD, raising=False)
    (tmp_path / "secret").write_text(f"{SECRET}\n")

    assert transports.password(settings(1, password_file=str(tmp_path / "secret"))) == SECRET


@pytest.mark.parametrize("without", [(), ("PLAIN",)])
def test_a_password_may_have_letters_that_ascii_lacks(record, trust, monkeypatch, without):
    monkeypatch.setenv(MAIL_PASSWORD, "Füße-naïveté-密碼")
    taken = Taken(secret="Füße-naïveté-密碼", without=without)
    queue(record, "ann@example.org")

    with server(taken, trust.good) as port:
        outcomes = send(record, settings(port, security="starttls", ca_file=trust.file, user=USER))

    assert outcomes == ["sent"]
    assert taken.logins == ["Füße-naïveté-密碼".encode()]


LISTED = b"List-Id: <bordercast.example.org>\r\n" + MIME


def test_the_one_click_of_a_mail_names_its_reader_and_the_day_it_was_queued(record):
    taken = Taken()
    queue(record, "ann@example.org", mime=LISTED.replace(b"List-Id", b"From: x\r\nList-Id"))

    with server(taken) as port:
        outbox.send_mail(record, settings(port), lambda: NOW, "https://example.org/")

    ((_, sent),) = taken.messages
    head = message_from_bytes(sent, policy=WIRE)
    token = head["List-Unsubscribe"].strip("<>").removeprefix("https://example.org/unsubscribe/")
    secret = unsubscribe.key(record)
    days = range(-1, 402)
    valid = [d for d in days if unsubscribe.reader(secret, token, NOW.date() + timedelta(d))]
    assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert token == unsubscribe.token(secret, "ann@example.org", "2026-09-20")
    assert unsubscribe.reader(secret, token, NOW.date()) == "ann@example.org"
    assert valid == list(range(401))


@pytest.mark.parametrize(
    ("mime", "site"),
    [
        (LISTED, ""),
        (MIME, "https://example.org"),  # the operator's own: of no list
        (b"From: x\r\nList-Unsubscribe: <mailto:x>\r\n" + LISTED, "https://example.org"),
        (MIME + b"\r\nList-Id: <x>\r\n", "https://example.org"),  # in its text
    ],
)
def test_no_other_mail_has_a_line_added_to_its_head(record, mime, site):
    taken = Taken()
    queue(record, "ann@example.org", mime=mime)

    with server(taken) as port:
        outbox.send_mail(record, settings(port), lambda: NOW, site)

    assert taken.messages == [("ann@example.org", b"To: <ann@example.org>\r\n" + mime)]


@pytest.mark.parametrize(
    ("error", "outcome", "problem"),
    [
        (smtplib.SMTPRecipientsRefused({"ann": (499, b"no")}), "later", "499 no"),
        (smtplib.SMTPRecipientsRefused({"ann": (500, b"no")}), "refused", "500 no"),
        (smtplib.SMTPSenderRefused(499, b"no", "us"), "later", "499 no"),
        (smtplib.SMTPSenderRefused(552, b"big", "us"), "refused", "552 big"),
        (
            smtplib.SMTPSenderRefused(500, b"no", "us"),
            "stopped",
            "rejects the sender address: 500 no",
        ),
        (smtplib.SMTPDataError(500, b"no"), "refused", "500 no"),
        (smtplib.SMTPConnectError(554, b"no"), "later", "554 no"),
        (ConnectionResetError("gone"), "later", "gone"),
        (TimeoutError(), "later", "TimeoutError"),
    ],
)
def test_what_an_answer_means_for_the_delivery_and_the_queue(error, outcome, problem):
    found = transports._meaning(error)

    assert (found.outcome, found.wait) == (outcome, timedelta(0))
    assert problem in found.text


def killed_over_and_over(record, count, kills, seed):
    """Deliveries sent by processes that are killed while at it; what the server saw, and when.

    Returns the messages in order, how many were sent again after "sent" was recorded, and kills.
    """
    chance = random.Random(seed)
    taken, again, killed = Taken(), 0, 0
    queue(record, *(f"reader{i:04d}@example.org" for i in range(count)), now=datetime.now(UTC))
    with server(taken) as port:
        arguments = (record, settings(port))
        while True:
            before, done = len(taken.messages), sent(record)
            more = (lambda so_far=before: len(taken.messages) > so_far) if killed < kills else None
            killed += killed_senders.sent_until_killed(
                outbox.send_mail, arguments, more, chance.random() * 0.03
            )
            again += sum(to in done for to, _ in taken.messages[before:])
            if set(states(record).values()) == {"sent"}:
                return taken.messages, again, killed


def sent(record):
    return {to for to, state in states(record).items() if state == "sent"}


def assert_nothing_lost(messages, again, count):
    assert {to for to, _ in messages} == {f"reader{i:04d}@example.org" for i in range(count)}
    assert again == 0
    assert set(messages) == {(to, f"To: <{to}>\r\n".encode() + MIME) for to, _ in messages}


@pytest.mark.slow
def test_a_killed_sender_loses_nothing(record):
    messages, again, killed = killed_over_and_over(record, 25, 6, seed=1)

    assert killed >= 4
    assert_nothing_lost(messages, again, 25)


@pytest.mark.kills
def test_a_sender_killed_two_hundred_times_loses_nothing(record, figure):
    messages, again, killed = killed_over_and_over(record, 1000, 200, seed=2)

    figure(
        "mail kill",
        killed,
        lost=1000 - len(set(messages)),
        repeated_word_for_word=len(messages) - 1000,
        sent_again_after_it_was_recorded=again,
    )
    assert killed == 200
    assert_nothing_lost(messages, again, 1000)


# --- what becomes of an open connection


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (ssl.SSLEOFError(), ssl.SSLEOFError),
        (ssl.SSLZeroReturnError(), ssl.SSLZeroReturnError),
        (ConnectionResetError("x"), ConnectionResetError),
    ],
)
def test_a_server_that_hung_up_is_told_from_one_that_is_not_to_be_trusted(error, becomes):
    with pytest.raises(becomes), transports._trusted():
        raise error


def test_a_servers_words_are_a_line_of_two_hundred_letters():
    assert transports.reply_words(b"a\r\nb \xff") == "a b \ufffd"
    assert transports.reply_words("x" * 200) == "x" * 200
    assert transports.reply_words("x" * 201) == "x" * 200


@pytest.mark.parametrize("sender", ["A <a@example.org>", "a@example.org"])
def test_mail_comes_from_an_address(sender):
    transports.check_mail(settings(25, sender=sender))


@pytest.mark.parametrize("sender", ["A", ""])
def test_without_an_address_no_mail_is_sent(sender):
    with pytest.raises(ConfigError, match="has no address; write: Name <name@example"):
        transports.check_mail(settings(25, sender=sender))


def test_a_password_of_the_environment_goes_before_that_of_a_file(tmp_path, monkeypatch):
    (tmp_path / "secret").write_text(" of the file \r\n")
    told = settings(25, password_file=str(tmp_path / "secret"))
    monkeypatch.setenv(MAIL_PASSWORD, "of the environment")
    assert transports.password(told) == "of the environment"
    monkeypatch.setenv(MAIL_PASSWORD, "")
    assert transports.password(told) == " of the file "
    for content in (b"", b"\n", b"\xff"):
        (tmp_path / "secret").write_bytes(content)
        with pytest.raises(ConfigError) as refused:
            transports.password(told)
        assert refused.value.key == ("mail.password_file" if content == b"\xff" else "mail.user")


# --- a connection by itself


@pytest.mark.parametrize(
    ("host", "user", "good"),
    [
        ("localhost", "", True),
        ("127.0.0.1", "", True),
        ("::1", "", True),
        ("localhost", "me", False),
        ("mail.example.org", "", False),
    ],
)
def test_without_tls_mail_goes_to_this_host_alone_and_without_a_login(host, user, good):
    told = settings(25, host=host, user=user)
    if good:
        transports.check_mail(told)
        return
    with pytest.raises(ConfigError, match="only to this host, without login") as refused:
        transports.check_mail(told)
    assert refused.value.key == "mail.security"
    transports.check_mail(settings(25, host=host, user=user, security="starttls"))


def knows(client, mechanisms: bytes, *answers: bytes):
    """A server that offers these logins, and answers what comes then; what it was told."""
    told = []
    client.sendall(b"220 mail.test\r\n")
    file = client.makefile("rb")
    for line in iter(file.readline, b""):
        if line.upper().startswith(b"EHLO"):
            client.sendall(b"250-mail.test\r\n250 AUTH " + mechanisms + b"\r\n")
            continue
        told.append(line.strip())
        if not answers:
            break
        client.sendall(answers[0])
        answers = answers[1:]
    return told


@pytest.mark.parametrize(
    ("mechanisms", "answers", "told"),
    [
        (
            b"PLAIN",
            (b"235 welcome\r\n",),
            [b"AUTH PLAIN " + base64.b64encode("\0ann\0Füße".encode())],
        ),
        (
            b"LOGIN",
            (b"334 UGFzc3dvcmQ6\r\n", b"235 welcome\r\n"),
            [
                b"AUTH LOGIN " + base64.b64encode(b"ann"),
                base64.b64encode("Füße".encode()),
            ],
        ),
    ],
)
def test_each_way_to_log_in_says_user_and_password_as_its_standard_has_it(
    monkeypatch, mechanisms, answers, told
):
    monkeypatch.setenv(MAIL_PASSWORD, "Füße")
    heard = []
    with scripted(lambda client: heard.append(knows(client, mechanisms, *answers))) as port:
        transports.reach(settings(port, user="ann"))

    assert heard == [[*told, b"quit"]]


@pytest.mark.parametrize(
    ("mechanisms", "answers", "becomes", "said"),
    [
        (b"PLAIN", [b"503 already\r\n"], None, ""),
        (b"PLAIN", [b"435 s3cret\r\n"], smtplib.SMTPConnectError, "login put off"),
        (b"PLAIN", [b"499 s3cret\r\n"], smtplib.SMTPConnectError, "login put off"),
        (b"PLAIN", [b"334 more\r\n"], smtplib.SMTPConnectError, "login put off"),
        (b"PLAIN", [b"500 s3cret\r\n"], MailServerError, "login of ann (500)"),
        (b"LOGIN", [b"334 x\r\n"] * 9, smtplib.SMTPConnectError, "login put off"),
        (b"LOGIN", [b"334 x\r\n", b"535 s3cret\r\n"], MailServerError, "login of ann (535)"),
        (b"LOGIN", [b"535 s3cret\r\n"], MailServerError, "login of ann (535)"),
        (b"GSSAPI", [], MailServerError, "no supported login method"),
        (b"PLAIN", [], smtplib.SMTPServerDisconnected, "unexpectedly closed"),
    ],
)
def test_a_login_is_done_put_off_refused_or_not_offered(
    monkeypatch, mechanisms, answers, becomes, said
):
    monkeypatch.setenv(MAIL_PASSWORD, "pw")
    heard = []

    def play(client):
        heard.append(knows(client, mechanisms, *answers))
        client.close()

    with scripted(play) as port:
        if becomes is None:
            transports.reach(settings(port, user="ann"))
            return
        with pytest.raises(becomes) as refused:
            transports.reach(settings(port, user="ann"))

    assert said in str(getattr(refused.value, "problem", refused.value))
    assert "s3cret" not in str(refused.value)
    asked = [line for told in heard for line in told if line != b"quit"]
    assert len(asked) <= 2  # however often it asks


@pytest.mark.parametrize(
    ("greeting", "becomes"),
    [(b"554 no\r\n", 554), (b"421 later\r\n", 421), (b"221 bye\r\n", 221), (b"219 odd\r\n", 219)],
)
def test_a_greeting_is_220_or_none_and_nothing_is_left_open(greeting, becomes):
    threads = threading.active_count()
    with scripted(lambda client: client.sendall(greeting)) as port:
        with pytest.raises(smtplib.SMTPConnectError) as refused:
            transports.reach(settings(port))
        assert refused.value.smtp_code == becomes
    running_service.wait_for(
        lambda: threading.active_count() <= threads
    )  # its timer has ended with it


def late_word(client, word):
    """Take a message, give this word for it, and say no more when it is time to go."""
    client.sendall(b"220 mail.test\r\n")
    file = client.makefile("rb")
    for line in iter(file.readline, b""):
        if line.upper().startswith(b"DATA"):
            client.sendall(b"354 go on\r\n")
        elif line == b".\r\n":
            client.sendall(word)
        elif line[:4].upper() in (b"EHLO", b"MAIL", b"RCPT", b"RSET"):
            client.sendall(b"250 yes\r\n")


@pytest.mark.parametrize("word", [b"250 tak", b"550 n"])
def test_what_comes_when_the_time_is_up_is_not_believed(record, word):
    queue(record, "ann@example.org")

    with scripted(lambda client: late_word(client, word)) as port:
        outcomes = send(record, settings(port, message_seconds=0.6))

    assert outcomes == ["put off"]
    assert list(replies(record).values()) == ["not done after 0.6 s; cut off"]


def test_a_word_that_came_in_time_holds_though_the_goodbye_takes_too_long(record):
    queue(record, "ann@example.org")

    with scripted(lambda client: late_word(client, b"550 no\r\n")) as port:
        outcomes = send(record, settings(port, message_seconds=2.0))

    assert outcomes == ["refused"]


@pytest.mark.parametrize("security", ["local", "starttls"])
def test_a_connection_is_watched_from_its_start_and_no_read_of_it_lasts(monkeypatch, security):
    watched = []
    monkeypatch.setenv(MAIL_PASSWORD, "pw")
    with scripted(lambda client: client.sendall(b"220 go\r\n250 no\r\n" * 2)) as port:
        told = settings(port, answer_seconds=3.5, security=security)
        with closing(smtplib.SMTP()) as smtp:
            with suppress(MailServerError):
                transports.connect(smtp, told, transports.tls(told), "", watched.append)
            assert [smtp.sock] == watched
            assert smtp.sock.gettimeout() == 3.5
            assert smtp._host == ("" if security == "local" else HOST)
