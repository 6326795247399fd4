"""Webhooks, readers' rules, one-click unsubscribing and the service's port, by real servers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families

from forecast import plugins
from forecast.config import Config, Hook, ReaderRules
from forecast.context import Context
from forecast.errors import BusyError, ConfigError
from forecast.store import deliveries, ops, queries, wakes
from forecast.store.connect import locked
from forecast.store.deliveries import Message
from forecast.store.notices import Notice, Section
from jobs.deliver import channels, letter, outbox, transports, unsubscribe
from jobs.service import port
from tests.support import killed_senders, webhook_rules
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows
from tests.support.webhook_receiver import Receiver

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
KEY = "k" * 64


@pytest.fixture
def record(tmp_path):
    return tmp_path / "bordercast.db"


def hook(folder: Path, address: str, **more) -> Hook:
    (folder / "address").write_text(f"{address}\n")
    return Hook(name="desk", address_file=str(folder / "address"), **more)


def queue(record, *keys, body=b"{}"):
    with ops.writing(record) as db:
        deliveries.begin(db, NOW)
        for key in keys:
            made = Message(key, "desk: northern", "Border encounters", "", body)
            deliveries.queue(db, [[("hook:desk", made)]], NOW)


def states(record):
    return rows(
        ops.ops_path(record), "select state, attempts, next_attempt_at, reply from deliveries"
    )


TEXT = "In February 2025 <4,098> encounters & more; Swanton moved.\n\nMore.\n"


def section(text=TEXT, **statement) -> Section:
    return Section("northern", "finding", "up", text, "<p>", json.dumps(statement))


def payload(kind, made, sections, subject="Figures", topic="t"):
    """What a channel makes of a notice with this subject."""
    generic = transports.payload(made, sections, ENCOUNTERS)
    generic["data"]["subject"] = subject
    of = Hook(name="d", address_file="x", kind=kind, topic=topic)
    return plugins.CHANNELS.load(kind)(of, generic)


def short(made, sections, *size):
    return channels.short(transports.payload(made, sections, ENCOUNTERS), *size)


def notice() -> Notice:
    given = dict.fromkeys(Notice.__dataclass_fields__, "")
    numbers = {"id": 1, "release_id": 1, "run_id": 3, "quoted_run": 3}
    none = {"corrects": None, "withdraws": None, "closed_at": None}
    words = {
        "kind": "finding",
        "month": "2025-02",
        "content_key": KEY,
        "message_id": "<n@example.org>",
        "created_at": "2025-03-18T12:00:00+00:00",
        "approved_at": "2025-03-18T13:00:00+00:00",
        "digest": "d" * 64,
    }
    return Notice(**(given | numbers | none | words))


LONG = "Encounters rose - <4,098> & more, “as in 2019”, said the desk \u2013 of Calexico. "
NOTICES = {
    "ordinary": (section(),),
    "long": (section(text=LONG * 200),),
    "wide": (section(text="Año \u2013 ½ “€”. " * 900),),
    "many": (section(),) * 70,
}


@pytest.mark.parametrize("kind", webhook_rules.SCHEMAS)
@pytest.mark.parametrize("sections", NOTICES.values(), ids=NOTICES)
def test_each_service_takes_its_payload(record, tmp_path, kind, sections):
    receiver = Receiver(service=kind)
    with receiver.serving() as address:
        desk = hook(tmp_path, address, kind=kind, topic="border")
        made = transports.message(desk, notice(), sections, ENCOUNTERS)
        queue(record, KEY, body=made.mime)

        assert outbox.send_hooks(record, [desk], lambda: NOW) == ["sent"], states(record)

    assert "bordercast verify --run 3 --digest " + "d" * 64 in strings(json.loads(made.mime))


def strings(found) -> str:
    """All texts of a payload."""
    if isinstance(found, str):
        return found
    members = found.values() if isinstance(found, dict) else found if found else ()
    return "\n".join(map(strings, members)) if isinstance(found, (dict, list)) else ""


SPOILED = {
    "slack": [
        lambda found: found["blocks"].append({"type": "sektion"}),
        lambda found: found["blocks"][0]["text"].update(type="mrkdwn"),
        lambda found: found["blocks"][0]["text"].update(text="x" * 151),
        lambda found: found["blocks"][1]["text"].update(text="a < b"),
        lambda found: found.update(blocks=found["blocks"] * 26),
    ],
    "teams": [
        lambda found: found["attachments"][0].pop("contentType"),
        lambda found: found["attachments"][0]["content"].pop("version"),
        lambda found: found["attachments"][0]["content"]["body"][0].pop("text"),
        lambda found: found["attachments"][0]["content"]["body"][0].update(text="x" * 30_000),
    ],
    "discord": [
        lambda found: found["embeds"][0].update(title="x" * 257),
        lambda found: found["embeds"][0].update(description="x" * 4097),
        lambda found: found.update(embeds=[]),
        lambda found: found["allowed_mentions"].update(parse=["all"]),
    ],
    "ntfy": [
        lambda found: found.update(topic="a/b"),
        lambda found: found.update(priority=6),
        lambda found: found.update(message="é" * 2100),
    ],
}


@pytest.mark.parametrize(
    ("kind", "spoil"), [(kind, each) for kind, found in SPOILED.items() for each in found]
)
def test_the_services_of_these_tests_refuse_what_the_real_ones_refuse(tmp_path, kind, spoil):
    desk = hook(tmp_path, "http://127.0.0.1:1/", kind=kind, topic="border")
    payload = json.loads(transports.message(desk, notice(), NOTICES["ordinary"], ENCOUNTERS).mime)
    head = {"Content-Type": "application/json"}
    assert webhook_rules.refused(kind, head, json.dumps(payload).encode()) == ""

    spoil(payload)

    assert webhook_rules.refused(kind, head, json.dumps(payload).encode()) != ""


def test_a_payload_is_signed_and_a_repeat_has_its_key(record, tmp_path):
    (tmp_path / "secret").write_text("whsec\n")
    receiver = Receiver((503, {}))
    with receiver.serving() as address:
        desk = hook(tmp_path, address, secret_file=str(tmp_path / "secret"))
        queue(record, KEY)
        first = outbox.send_hooks(record, [desk], lambda: NOW)
        second = outbox.send_hooks(record, [desk], lambda: NOW + timedelta(minutes=2))

    assert (first, second) == (["put off"], ["sent"])
    (one, body, _), (two, again, _) = receiver.taken
    assert body == again
    assert one["Idempotency-Key"] == two["Idempotency-Key"] == one["webhook-id"]
    for head in (one, two):
        signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + body
        mark = hmac.new(b"whsec", signed, hashlib.sha256).digest()
        assert head["webhook-signature"] == f"v1,{base64.b64encode(mark).decode()}"


@pytest.mark.parametrize(
    ("answer", "state", "wait"),
    [
        ((429, {"Retry-After": "7200"}), "waiting", timedelta(hours=2)),
        ((503, {"Retry-After": "Sun, 20 Sep 2026 15:00:00 GMT"}), "waiting", timedelta(hours=3)),
        ((503, {"Retry-After": "soon"}), "waiting", timedelta(minutes=1)),
        ((429, {"Retry-After": "9" * 30}), "waiting", None),
        ((500, {}), "waiting", timedelta(minutes=1)),
        ((410, {}), "refused", None),
        ((301, {"Location": "http://127.0.0.1:1/"}), "refused", None),
    ],
)
def test_the_answer_decides(record, tmp_path, answer, state, wait):
    with Receiver(answer).serving() as address:
        queue(record, KEY)
        outbox.send_hooks(record, [hook(tmp_path, address)], lambda: NOW)

    found = states(record)[0]
    assert found[0] == state
    assert str(answer[0]) in found[3]
    if wait:
        assert datetime.fromisoformat(found[2]) == NOW + wait


def test_a_server_that_is_down_is_asked_for_five_days(record, tmp_path):
    queue(record, KEY)
    desk = hook(tmp_path, "http://127.0.0.1:1/")
    outcomes, moment = [], NOW
    while not outcomes or outcomes[-1] == "put off":
        outcomes += outbox.send_hooks(record, [desk], lambda at=moment: at)
        moment += timedelta(hours=6)

    assert outcomes[-1] == "given up"
    assert len(outcomes) == 21


def test_mail_and_hooks_do_not_wait_for_each_other(record, tmp_path):
    queue(record, KEY)
    with ops.writing(record) as db:
        deliveries.stop(db, "the login was refused", NOW)
        assert deliveries.claim(db, NOW) is None
    with Receiver().serving() as address:
        assert outbox.send_hooks(record, [hook(tmp_path, address)], lambda: NOW) == ["sent"]


def killed(record, tmp_path, count, kills, seed):
    """What the server took of deliveries whose sender is killed while at it; and kills."""
    chance, receiver, done = random.Random(seed), Receiver(), 0
    queue(record, *(f"{number:064d}" for number in range(count)))
    with receiver.serving() as address:
        arguments = (record, [hook(tmp_path, address)])
        while {state for state, *_ in states(record)} != {"sent"}:
            before = len(receiver.taken)
            more = (lambda so_far=before: len(receiver.taken) > so_far) if done < kills else None
            done += killed_senders.sent_until_killed(
                outbox.send_hooks, arguments, more, chance.random() * 0.03
            )
    return [head["Idempotency-Key"] for head, _, _ in receiver.taken], done


@pytest.mark.slow
def test_a_killed_sender_loses_nothing(record, tmp_path):
    keys, done = killed(record, tmp_path, 25, 4, seed=1)

    assert done >= 3
    assert len(set(keys)) == 25


@pytest.mark.kills
def test_a_sender_killed_two_hundred_times_loses_nothing(record, tmp_path, figure):
    keys, done = killed(record, tmp_path, 1000, 200, seed=2)

    figure(
        "webhook kill",
        done,
        lost=1000 - len(set(keys)),
        repeated_under_the_same_key=len(keys) - 1000,
    )
    assert done == 200
    assert len(set(keys)) == 1000
    assert len(keys) - 1000 <= 200


STATED = {"severity": "notable", "bounds": [1, 2, 3, 4], "encounters": 5}


@pytest.mark.parametrize(
    ("rule", "statement", "wanted"),
    [
        ({}, STATED, True),
        ({"borders": ("southwest",)}, STATED, False),
        ({"severity": "major"}, STATED, False),
        ({"severity": "notable"}, STATED, True),
        ({"severity": "major"}, {}, True),  # a correction
        ({"outside_95": True}, STATED, True),
        ({"outside_95": True}, STATED | {"encounters": 4}, False),
        ({"parts": ("swanton",)}, STATED, True),
        ({"parts": ("Swan",)}, STATED, False),
        ({"digest_only": True}, STATED, False),
    ],
)
def test_a_reader_gets_what_the_rules_say(rule, statement, wanted):
    assert bool(outbox.chosen([section(**statement)], ReaderRules(**rule))) == wanted


def test_one_click_unsubscribes_and_a_look_does_not(record):
    with ops.writing(record) as db:
        deliveries.begin(db, NOW)
    secret, today = unsubscribe.key(record), datetime.now(UTC).date()
    good = unsubscribe.token(secret, "ann@example.org", today.isoformat())
    old = unsubscribe.token(secret, "bob@example.org", (today - timedelta(days=500)).isoformat())
    with ported(record) as address:
        looked = httpx.get(f"{address}/unsubscribe/{good}")
        assert gone(record) == frozenset()
        refused = [
            httpx.post(f"{address}/unsubscribe/{bad}").status_code
            for bad in (old, good[:-3] + "abc", "x", "A" * 900, "%00")
        ]
        assert gone(record) == frozenset()
        click = httpx.post(f"{address}/unsubscribe/{good}", data={"List-Unsubscribe": "One-Click"})

    assert (looked.status_code, click.status_code) == (200, 200)
    assert refused == [403] * 5
    assert gone(record) == {"ann@example.org"}
    assert unsubscribe.key(record) == secret


def gone(record):
    with ops.reading(record) as db:
        return set(queries.column(db, "unsubscribed"))


def test_a_mail_has_its_own_line_to_unsubscribe(record):
    line = unsubscribe.headers(b"k" * 32, "https://a.org/b/", "ann@example.org", "2026-09-20")
    head = b"From: x\r\nAuto-Submitted: auto-generated\r\nList-Id: x\r\n\r\n"
    to = deliveries.Delivery("ann@example.org", Message(KEY, "e", "s", "x", head), "", 1)

    made = transports.addressed(to, line)

    assert made.count(b"List-Unsubscribe:") == made.count(b"List-Unsubscribe-Post:") == 1
    assert b"<https://a.org/b/unsubscribe/" in made
    assert made == transports.addressed(to, line)


@contextmanager
def ported(path):
    """The service's port over a database."""
    config = Config()
    number = port.start(Context.open(path, config))
    yield f"http://127.0.0.1:{number}"


def test_health_and_metrics(database):
    with ported(database) as address:
        calm = httpx.get(f"{address}/healthz")
        text = httpx.get(f"{address}/metrics").text
        early = datetime.now(UTC) - timedelta(days=2)
        with ops.writing(database) as db:
            wake = wakes.begin_wake(db, early, 1)
            wakes.end_wake(db, wake, early, "published", "")
        late = httpx.get(f"{address}/healthz")

    assert (calm.status_code, late.status_code) == (200, 503)
    assert "the last wake began" in late.text
    found = {family.name: family.samples for family in text_string_to_metric_families(text)}
    assert found["bordercast_last_run"][0].value >= 1
    assert {s.labels["state"] for s in found["bordercast_undelivered"]} == {
        *("waiting", "sending", "refused", "given up")
    }


@pytest.mark.parametrize(("more", "cut"), [(0, False), (1, True)])
def test_a_text_has_as_many_letters_as_a_service_takes(more, cut):
    check = transports.check_command(3, "d" * 64)
    room = channels.MAX_BLOCK_CHARACTERS - len(check) - len("\n\n ...")
    words = ("word " * 1000)[: room - 1] + "x" + "y" * more

    said, told = short(notice(), (section(text=f"{words}\n\nMore."),))

    assert told == check
    assert said == (f"{words[:room].rsplit(' ', 1)[0]} ..." if cut else words)
    assert len(f"{said}\n\n{told}") <= channels.MAX_BLOCK_CHARACTERS
    wide, _ = short(notice(), (section(text=words),), lambda text: 2 * len(text))
    assert 2 * len(wide) <= channels.MAX_BLOCK_CHARACTERS
    assert channels.MAX_BLOCK_CHARACTERS == 3000


def shown(markdown: str) -> str:
    """A line of markdown as a reader sees it; it fails where anything of it is markup."""
    tree = MarkdownIt().parse(markdown)
    assert [token.type for token in tree] == ["paragraph_open", "inline", "paragraph_close"]
    assert {token.type for token in tree[1].children} <= {"text", "text_special"}
    return "".join(token.content for token in tree[1].children)


LINKS = ["<https://x.org>", "[x](https://x.org)"]
MARKS = st.sampled_from([*r"\`*_[]()~#+->.1!<>&", "**", "__", "&copy;", "North", *LINKS])


@given(st.lists(MARKS, min_size=1, max_size=8), st.sampled_from(["", " "]))
@example(["[closed](https://evil.example)"], "")
@example(["1", ".", "North"], "")
@example(["-", "North"], " ")
@example(["**North**"], "")
def test_a_teams_card_shows_a_name_as_it_is_whatever_marks_it_has(words, between):
    name = between.join(words)
    card = payload("teams", notice(), (section(text=f"{name}\n\nMore."),), f"Counts of {name}")
    title, text, _ = (block["text"] for block in card["attachments"][0]["content"]["body"])

    assert (shown(title), shown(text)) == (f"Counts of {name}", name)


@given(st.lists(MARKS | st.just("||"), min_size=1, max_size=8), st.sampled_from(["", " "]))
@example(["||hidden||", "@everyone"], " ")
def test_discord_shows_a_name_as_it_is_and_calls_nobody(words, between):
    name = between.join(words)
    made = payload("discord", notice(), (section(text=f"{name}\n\nMore."),), f"Counts of {name}")
    (embed,) = made["embeds"]
    text, check = embed["description"].split("\n\n")

    assert (shown(embed["title"]), shown(text)) == (f"Counts of {name}", " ".join(name.split()))
    assert not re.search(r"(?<!\\)\|", embed["title"] + text)
    assert shown(check).startswith("bordercast verify")
    assert made["allowed_mentions"] == {"parse": []}
    long = payload("discord", notice(), (section(text="*" * 3000),), "x" * 300)
    assert len(long["embeds"][0]["title"]) == 256
    assert len(long["embeds"][0]["description"]) <= 4096


def test_a_kind_that_is_none_is_named_with_those_there_are(tmp_path):
    desk = hook(tmp_path, "http://127.0.0.1:1/", kind="pager")
    known = r"kind: 'pager' is not one of discord, generic, ntfy, slack, teams"

    with pytest.raises(ConfigError, match=known):
        transports.check_hook(desk)
    with pytest.raises(ConfigError, match=known):
        transports.message(desk, notice(), NOTICES["ordinary"], ENCOUNTERS)


def test_payloads_bear_what_their_services_show():
    stored = "Second.\n\n" + letter.BREAK * 2 + "More."
    sections = (section(encounters=5), section(text=stored))
    made = notice()

    generic = payload("generic", made, sections)
    assert (generic["type"], generic["timestamp"]) == ("notice.finding", made.approved_at)
    assert generic["data"]["id"] == "<n@example.org>"
    assert generic["data"]["subject"] == "Figures"
    assert [s["statement"] for s in generic["data"]["sections"]] == [{"encounters": 5}, {}]
    assert generic["data"]["sections"][1]["text"] == "Second.\n\nMore."
    held = replace(made, approved_at=None)
    generic = payload("generic", held, sections)
    assert generic["timestamp"] == made.created_at
    slack = payload("slack", made, sections, "A & B" + "x" * 200)
    assert slack["text"].startswith("A &amp; B")
    assert len(slack["blocks"][0]["text"]["text"]) == 150
    assert "&lt;4,098&gt; encounters &amp; more" in slack["blocks"][1]["text"]["text"]
    card = payload("teams", made, sections)
    teams = card["attachments"][0]["content"]["body"]
    assert [shown(block["text"]) for block in teams] == [
        "Figures",
        *short(made, sections),
    ]
    assert [block.get("weight") for block in teams] == ["Bolder", *[None] * (len(teams) - 1)]
    assert all(block["wrap"] is True for block in teams)
    ntfy = payload("ntfy", made, sections, "S")
    assert (ntfy["topic"], ntfy["title"]) == ("t", "S")
    assert ntfy["message"] == "\n\n".join(short(made, sections))


def test_what_a_file_of_the_settings_holds_is_a_secret(tmp_path):
    (tmp_path / "full").write_text(" s3cret \n")
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "odd").write_bytes(b"\xff")

    def secret(name):
        told = Hook(name="desk", address_file="x", secret_file=str(tmp_path / name))
        return transports.secret(told, "secret_file")

    assert secret("full") == "s3cret"
    for name, problem in (
        ("empty", "is empty"),
        ("odd", "cannot be read: UnicodeDecodeError"),
        ("absent", "cannot be read: FileNotFoundError"),
    ):
        with pytest.raises(ConfigError, match=f"notices.hooks.desk.secret_file: {problem}"):
            secret(name)


def test_a_hook_that_is_named_no_more_is_refused(record, tmp_path):
    queue(record, KEY)

    assert outbox.send_hooks(record, [], lambda: NOW) == ["refused"]
    assert states(record)[0][3] == "this hook is no longer in the settings"


@pytest.mark.parametrize("address", ["ftp://example.org/", "nowhere"])
def test_an_address_that_is_none_is_refused_for_good(record, tmp_path, address):
    queue(record, KEY)

    assert outbox.send_hooks(record, [hook(tmp_path, address)], lambda: NOW) == ["refused"]
    assert states(record)[0][3] == "its address is not a valid URL"


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        *((200, "sent"), (204, "sent"), (299, "sent")),
        *((300, "refused"), (400, "refused"), (404, "refused"), (407, "refused")),
        *((408, "put off"), (409, "refused"), (424, "refused"), (425, "put off")),
        *((426, "refused"), (428, "refused"), (429, "put off"), (430, "refused")),
        *((499, "refused"), (500, "put off"), (503, "put off"), (599, "put off")),
    ],
)
def test_what_an_answer_s_number_means(record, tmp_path, code, outcome):
    queue(record, KEY)
    with Receiver((code, {})).serving() as address:
        assert outbox.send_hooks(record, [hook(tmp_path, address)], lambda: NOW) == [outcome]
    ((state, attempts, _, reply),) = states(record)
    assert state == {"sent": "sent", "refused": "refused", "put off": "waiting"}[outcome]
    assert attempts == 1
    assert reply == ("" if outcome == "sent" else str(code))


def test_a_receiver_s_words_are_kept_and_not_too_many_of_them(record, tmp_path):
    receiver = Receiver()
    receiver.service = "slack"  # it refuses what is no payload of Slack's, in words
    with receiver.serving() as address:
        queue(record, KEY, body=b"{}")
        assert outbox.send_hooks(record, [hook(tmp_path, address)], lambda: NOW) == ["refused"]
    reply = states(record)[0][3]
    assert reply.startswith("400 ")
    assert 4 < len(reply) <= 4 + 200


def test_deliveries_go_one_after_another_and_each_bears_a_key_of_its_own(record, tmp_path):
    queue(record, "a" * 64, "b" * 64)
    receiver = Receiver((503, {}))
    desk = hook(tmp_path, "x")
    with receiver.serving() as address:
        (tmp_path / "address").write_text(address)
        assert outbox.send_hooks(record, [desk], lambda: NOW) == ["put off"]  # the second waits too
        assert outbox.send_hooks(record, [desk], lambda: NOW) == []
        later = NOW + timedelta(minutes=2)
        assert outbox.send_hooks(record, [desk], lambda: later) == ["sent", "sent"]
    heads = [head for head, _, _ in receiver.taken]
    first, again, second = (head["Idempotency-Key"] for head in heads)
    assert first == again != second
    assert all("webhook-signature" not in head for head in heads)
    assert {(head["Content-Type"], head["User-Agent"]) for head in heads} == {
        ("application/json", "Bordercast")
    }


def test_a_key_is_of_a_content_an_edition_and_a_receiver():
    def key(content="c", edition="e", to="hook:desk"):
        made = Message(content, edition, "s", "", b"x")
        found = transports.headers(
            Hook(name="desk", address_file="x"), deliveries.Delivery(to, made, "", 1), NOW
        )
        return found["webhook-id"]

    assert len(key()) == 32
    assert key() == hashlib.sha256(b"c|e|hook:desk").hexdigest()[:32]
    assert len({key(), key(content="d"), key(edition="f"), key(to="hook:other")}) == 4


def test_a_notice_is_a_message_of_the_hook_s_edition_with_its_letters_as_they_are():
    desk = Hook(name="desk", address_file="x")
    sections = (section("Año.\n"), replace(section(), total="southwest"))

    made = transports.message(desk, notice(), sections, ENCOUNTERS)

    found = json.loads(made.mime)
    assert (made.content_key, made.edition, made.sender) == (KEY, "desk: northern+southwest", "")
    assert made.subject == found["data"]["subject"]
    assert "Año.".encode() in made.mime
    data = found["data"]
    assert (data["month"], data["run"], data["digest"]) == ("2025-02", 3, "d" * 64)
    assert data["check"] == "bordercast verify --run 3 --digest " + "d" * 64
    assert "Año." in data["text"]
    assert [(s["phrase"], s["text"]) for s in data["sections"]] == [("up", "Año.\n"), ("up", TEXT)]
    assert transports.recipient(desk) == "hook:desk"


def test_only_one_process_posts_at_a_time(record, tmp_path, monkeypatch):
    monkeypatch.setattr(outbox, "LOCK_WAIT", 0.05)
    with locked(record.with_name(outbox.LOCK), 0), pytest.raises(BusyError):
        outbox.send_hooks(record, [], lambda: NOW)


def test_what_a_killed_sender_claimed_is_posted_again(record, tmp_path):
    queue(record, KEY)
    with ops.writing(record) as db:
        deliveries.claim(db, NOW, hooks=True)
    with Receiver().serving() as address:
        assert outbox.send_hooks(record, [hook(tmp_path, address)], lambda: NOW) == ["sent"]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_text_of_several_sections_says_the_first_of_each(number):
    sections = tuple(section(f"Part {n}\nof it.\n\nMore of {n}.") for n in range(number))

    *said, check = short(notice(), sections)

    assert said == [f"Part {n} of it." for n in range(number)]
    assert check == "bordercast verify --run 3 --digest " + "d" * 64
