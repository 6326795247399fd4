"""Messages that wait, and witnesses that could not be had: when each is tried again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection

import pytest

from forecast.store import connect, deliveries, notices, ops, queries, wakes, witnesses
from forecast.store.deliveries import Message
from forecast.store.witnesses import WitnessedEntry, WitnessProof
from tests.support import tiny_record
from tests.support.notice_words import framed

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LETTER = Message("key", "all", "Subject", "desk@example.org", b"mime")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    with ops.writing(tmp_path / "bordercast.db") as db:
        yield db


def queue(db: Connection, *recipients: str, key: str = "key", now: datetime = NOW) -> int:
    message = Message(key, "all", f"Subject {key}", "desk@example.org", b"mime")
    return deliveries.queue(db, [[(to, message) for to in recipients]], now)


def of_notice(db: Connection, key: str) -> list[dict[str, object]]:
    return queries.rows(db, "deliveries_of_notice", (key,))


def states(db: Connection, key: str = "key") -> dict[str, str]:
    return {row["recipient"]: row["state"] for row in of_notice(db, key)}


def tally(db: Connection) -> dict[str, dict[str, int]]:
    return {key: json.loads(states) for key, states in queries.pairs(db, "deliveries_tally")}


def sendable(db: Connection, now: datetime) -> dict[str, int]:
    due = queries.rows(db, "sendable", (ops.text(now),))
    return {row["subject"]: row["count"] for row in due}


def undelivered(path: Path) -> dict[str, int]:
    return {row["state"]: row["count"] for row in ops.rows(path, "deliveries_by_state")}


def left_in_inbox(path: Path) -> dict[str, str]:
    return {row["name"]: row["reason"] for row in ops.rows(path, "left_in_inbox")}


def unknown_labels(path: Path) -> list[tuple[str, str]]:
    return [(row["label"], row["file_name"]) for row in ops.rows(path, "unknown_labels")]


def test_a_notice_is_queued_once_for_each_recipient_in_order(db):
    assert queue(db, "b@x.org", "A@x.org") == 2
    assert queue(db, "a@x.org", "c@x.org") == 1
    assert queue(db) == 0

    rows = {row["recipient"]: row for row in of_notice(db, "key")}

    assert list(rows) == ["a@x.org", "b@x.org", "c@x.org"]
    assert rows["a@x.org"]["queued_at"] == "2024-04-01T12:00:00+00:00"
    assert rows["c@x.org"]["queued_at"] == "2024-04-01T12:00:00.000001+00:00"
    assert rows["c@x.org"]["next_attempt_at"] == "2024-04-01T12:00:00+00:00"
    assert set(states(db).values()) == {"waiting"}
    assert deliveries.recipients_of(db, "key") == set(rows)
    assert deliveries.recipients_of(db, "key", "sent", "waiting") == set(rows)
    assert deliveries.recipients_of(db, "key", "sent") == set()
    assert sendable(db, NOW) == {"Subject key": 3}
    assert sendable(db, NOW - MINUTE) == {}


def test_a_delivery_is_claimed_once_the_first_queued_first(db):
    queue(db, "b@x.org", "a@x.org", "hook:c")

    first, second = deliveries.claim(db, NOW), deliveries.claim(db, NOW)

    assert (first.recipient, second.recipient) == ("a@x.org", "b@x.org")
    assert (first.attempts, first.message.subject, first.message.mime) == (
        1,
        "Subject key",
        b"mime",
    )
    assert deliveries.claim(db, NOW) is None
    assert deliveries.claim(db, NOW, hooks=True).recipient == "hook:c"
    assert connect.write(db, "unclaim_deliveries") == 3
    assert connect.write(db, "unclaim_deliveries") == 0
    assert deliveries.claim(db, NOW - MINUTE) is None
    assert deliveries.claim(db, NOW).attempts == 2


def test_nobody_gets_a_message_before_an_earlier_one(db):
    queue(db, "a@x.org")
    queue(db, "a@x.org", "b@x.org", key="later", now=NOW + MINUTE)
    first = deliveries.claim(db, NOW + HOUR)

    assert deliveries.claim(db, NOW + HOUR).recipient == "b@x.org"
    assert deliveries.claim(db, NOW + HOUR) is None
    deliveries.settle(db, first, "sent", "250 ok", NOW + HOUR)
    assert deliveries.claim(db, NOW + HOUR).message.content_key == "later"
    assert queries.rows(db, "editions_sent", ("key",)) == [
        {"recipient": "a@x.org", "edition": "all"}
    ]
    assert queries.rows(db, "editions_sent", ("later",)) == []


def test_pauses_double_from_a_minute_to_six_hours_for_five_days(db):
    queue(db, "a@x.org")
    moment, pauses = NOW, []
    for _ in range(12):
        delivery = deliveries.claim(db, moment)
        assert deliveries.put_off(db, delivery, "451 busy", moment)
        (row,) = of_notice(db, "key")
        pauses.append(datetime.fromisoformat(row["next_attempt_at"]) - moment)
        assert deliveries.claim(db, moment + pauses[-1] - timedelta(seconds=1)) is None
        moment += pauses[-1]

    assert pauses == [MINUTE * 2**n for n in range(9)] + [6 * HOUR] * 3
    delivery = deliveries.claim(db, moment)
    last = NOW + 5 * DAY
    assert deliveries.put_off(db, delivery, "x", last - timedelta(seconds=1))
    assert not deliveries.put_off(db, deliveries.claim(db, last + DAY), "x", last)
    (row,) = (r for r in of_notice(db, "key") if r["reply"] == "x")
    assert (row["state"], row["settled_at"], row["reply"]) == (
        "given up", "2024-04-06T12:00:00+00:00", "x",
    )  # fmt: skip
    assert deliveries.claim(db, last + 9 * DAY) is None


def test_a_receiver_may_ask_for_a_longer_pause(db):
    queue(db, "a@x.org", "b@x.org")

    for least, pause in ((2 * HOUR, 2 * HOUR), (timedelta(seconds=1), MINUTE)):
        delivery = deliveries.claim(db, NOW)
        assert deliveries.put_off(db, delivery, "busy", NOW, least)
        rows = {r["recipient"]: r["next_attempt_at"] for r in of_notice(db, "key")}
        assert rows[delivery.recipient] == ops.text(NOW + pause)


def test_a_delivery_handed_back_was_never_tried(db):
    queue(db, "a@x.org")

    deliveries.hand_back(db, deliveries.claim(db, NOW), NOW + HOUR)

    assert deliveries.claim(db, NOW) is None
    assert deliveries.claim(db, NOW + HOUR).attempts == 1


def test_what_was_refused_or_given_up_waits_again_in_its_order(db):
    queue(db, "b@x.org", now=NOW)
    queue(db, "a@x.org", "c@x.org", "d@x.org", now=NOW + MINUTE)
    later = NOW + HOUR
    for state in ("refused", "sent", "refused"):
        deliveries.settle(db, deliveries.claim(db, later), state, "550 no", later)
    assert states(db) == {
        "b@x.org": "refused", "a@x.org": "sent", "c@x.org": "refused", "d@x.org": "waiting",
    }  # fmt: skip

    assert deliveries.revive(db, NOW + DAY) == 2
    assert deliveries.revive(db, NOW + DAY) == 0

    order = [deliveries.claim(db, NOW + DAY) for _ in range(3)]
    assert [one.recipient for one in order] == ["d@x.org", "b@x.org", "c@x.org"]
    assert order[1].queued_at == "2024-04-02T12:00:00+00:00"
    assert [one.attempts for one in order] == [1, 1, 1]


def test_what_waits_of_a_content_is_given_up_and_of_no_other(db):
    queue(db, "a@x.org", "b@x.org")
    queue(db, "c@x.org", key="other")
    deliveries.settle(db, deliveries.claim(db, NOW), "sent", "250", NOW)

    assert deliveries.give_up(db, "key", "withdrawn", NOW) == 1

    assert states(db) == {"a@x.org": "sent", "b@x.org": "given up"}
    assert states(db, "other") == {"c@x.org": "waiting"}
    assert tally(db) == {"key": {"sent": 1, "given up": 1}, "other": {"waiting": 1}}


def test_whoever_unsubscribed_stays_so_and_gets_what_is_on_its_way_at_most(db):
    queue(db, "ann@x.org", "b@x.org")

    assert deliveries.unsubscribe(db, "ANN@x.org", NOW)
    assert not deliveries.unsubscribe(db, "ann@x.org", NOW)
    assert deliveries.unsubscribe(db, "nobody@x.org", NOW)

    assert set(queries.column(db, "unsubscribed")) == {"ann@x.org", "nobody@x.org"}
    assert states(db) == {"ann@x.org": "unsubscribed", "b@x.org": "waiting"}


def test_the_queue_stands_still_until_a_person_looked(db):
    assert queries.column(db, "mail_stopped") == []
    assert deliveries.begin(db, NOW) == "2024-04-01T12:00:00+00:00"

    deliveries.stop(db, "the certificate", NOW + DAY)
    assert queries.column(db, "mail_stopped") == ["the certificate"]
    connect.write(db, "resume_mail")

    assert queries.column(db, "mail_stopped") == []
    assert deliveries.begin(db, NOW + DAY) == "2024-04-01T12:00:00+00:00"


# --- what another message says too


def test_what_another_message_says_too_waits_with_it_and_for_nothing_else(db, tmp_path):
    path, within = tmp_path / "bordercast.db", deliveries.WITHIN + "key"
    queue(db, "a@x.org")
    message = Message("aside", within, "Aside", "desk@example.org", b"")
    batch = [("a@x.org", message), ("b@x.org", replace(message, edition="all"))]
    assert deliveries.queue(db, [batch], NOW) == 2
    queue(db, "a@x.org", key="later")

    assert sendable(db, NOW) == {"Subject key": 1, "Aside": 1, "Subject later": 1}
    assert undelivered(path) == {"waiting": 3}
    first = deliveries.claim(db, NOW)
    assert (first.message.content_key, first.recipient) == ("key", "a@x.org")
    assert deliveries.put_off(db, first, "busy", NOW)
    assert states(db, "aside")["a@x.org"] == "waiting"

    found = []
    while one := deliveries.claim(db, NOW + HOUR):
        deliveries.settle(db, one, "refused" if one.recipient == "a@x.org" else "sent", "", NOW)
        found.append(one.message.content_key)
        if one.message.content_key == "key":
            assert states(db, "aside") == {"a@x.org": "refused", "b@x.org": "waiting"}
    assert found == ["key", "aside", "later"]
    assert undelivered(path) == {"refused": 2}


def test_notices_are_queued_all_or_none_each_after_the_one_before(db):
    bad = replace(LETTER, mime=None)
    batches = [[("a@x.org", LETTER)], [("a@x.org", replace(bad, content_key="next"))]]

    with pytest.raises(sqlite3.IntegrityError):
        deliveries.queue(db, batches, NOW)

    assert states(db) == {}
    batches[1] = [("a@x.org", replace(LETTER, content_key="next"))]
    assert deliveries.queue(db, batches, NOW) == 2
    assert [of_notice(db, key)[0]["queued_at"] for key in ("key", "next")] == [
        "2024-04-01T12:00:00+00:00",
        "2024-04-01T12:00:00.000001+00:00",
    ]


# --- what `status` says of it


def test_mail_is_due_when_a_delivery_is_or_a_notice_has_none(tmp_path):
    path = tmp_path / "bordercast.db"
    tiny_record.make(path)
    approved = datetime(2024, 4, 2, 12, tzinfo=UTC)
    with connect.writing(path) as db:
        assert not deliveries.mail_due(path, approved)
        frame = framed("", "", "", "")
        assert notices.save_composed(db, 1, frame, (), approved.isoformat(timespec="seconds"))
    assert deliveries.mail_due(path, approved + 14 * DAY)
    assert not deliveries.mail_due(path, approved + 14 * DAY + timedelta(seconds=1))

    with ops.writing(path) as db:
        queue(db, "a@x.org", key="one", now=approved + HOUR)
    assert not deliveries.mail_due(path, approved + HOUR - timedelta(seconds=1))
    assert deliveries.mail_due(path, approved + HOUR)
    assert undelivered(path) == {"waiting": 1}
    assert ops.row(path, "mail_stopped") is None
    with ops.writing(path) as db:
        deliveries.stop(db, "why", approved)
    assert ops.row(path, "mail_stopped") == {"reason": "why"}


def test_nothing_is_known_before_the_service_did_anything(tmp_path):
    path = tmp_path / "bordercast.db"
    tiny_record.make(path)

    assert undelivered(path) == {}
    for name in ("last_cycle", "leader", "last_poll", "mail_stopped", "any_poll"):
        assert ops.row(path, name) is None
    assert wakes.verified(path) is None
    assert witnesses.failures(path) == {}
    with connect.moment(path) as connection:
        assert queries.column(connection, "any_published_file") == [1]


def test_the_last_wake_and_leader_are_told(tmp_path):
    path = tmp_path / "bordercast.db"
    with ops.writing(path) as db:
        first, second = wakes.begin_wake(db, NOW, 7), wakes.begin_wake(db, NOW + HOUR, 8)
        wakes.end_wake(db, second, NOW + 2 * HOUR, "published", "run 3")
        wakes.save_leader(db, "2024", 7, None)
        wakes.save_leader(db, "2024", 8, "2025", "timer")

    wake, leader = wakes.last(path), wakes.leader(path)

    assert (first, second) == (1, 2)
    ended = wake.outcome, wake.finished_at
    assert ended == ("published", "2024-04-01T14:00:00+00:00")
    assert wake.pid == leader.pid == 8


def test_the_last_poll_is_told_with_what_came_of_it(tmp_path):
    path = tmp_path / "bordercast.db"
    with ops.writing(path) as db:
        assert ops.last_poll(db) is None
        assert queries.column(db, "next_poll_id") == [1]
        for number, came in enumerate(("blocked", "unreachable"), start=1):
            poll = ops.Poll("2024", "2025", came, "why")
            answers = [ops.PollAnswer("u", "unchanged"), ops.PollAnswer("v", "new", "a")]
            ops.save_poll(db, number, poll, answers, [ops.Link("v", etag="e")])
        assert ops.last_poll(db) == (2, poll)
        assert ops.links(db) == {"v": ops.Link("v", True, "e")}
        kept = db.execute("select poll_id, url, outcome, detail from answers order by 1").fetchall()
        assert kept == [(1, "v", "new", "a"), (2, "v", "new", "a")]
        assert queries.column(db, "next_poll_id") == [3]

    last = ops.row(path, "last_poll")
    assert (last["outcome"], last["detail"]) == ("unreachable", "why")


def test_what_stays_in_the_inbox_is_what_stayed_at_the_last_look(tmp_path):
    path = tmp_path / "bordercast.db"
    with ops.writing(path) as db:
        ops.save_left(db, {"b.csv": "odd", "a.csv": "older"}, "2024-04-01")
        ops.save_left(db, {"b.csv": "odd", "a.csv": "older"}, "2024-04-02")
        days = db.execute("select distinct * from inbox_left").fetchall()
        assert {row[-1] for row in days} == {"2024-04-01"}  # as it was
        assert left_in_inbox(path) == {"a.csv": "older", "b.csv": "odd"}
        ops.save_left(db, {"b.csv": "odd"}, "2024-04-03")

    assert left_in_inbox(path) == {"b.csv": "odd"}


def test_labels_of_older_files_of_a_layout_are_settled_by_a_newer(tmp_path):
    path = tmp_path / "bordercast.db"
    first, second = (tiny_record.release(f"f{n}", "2024-01", step=n) for n in (1, 2))
    other = tiny_record.release("g", "2024-01", "aor")
    with ops.writing(path) as db:
        ops.save_unknown(db, first, {"field": ["X", "Y"]})
        ops.save_unknown(db, other, {"field": ["Z"]})
        assert len(unknown_labels(path)) == 3
        ops.save_unknown(db, second, {"field": ["Y"]})
        assert unknown_labels(path) == [("Y", "f2.csv"), ("Z", "g.csv")]
        ops.save_unknown(db, first, {})
        assert len(unknown_labels(path)) == 2
        ops.save_unknown(db, second, {})

    assert unknown_labels(path) == [("Z", "g.csv")]


def test_a_database_of_another_name_has_an_ops_db_of_its_own():
    assert ops.ops_path(Path("a/bordercast.db")) == Path("a/ops.db")
    assert ops.ops_path(Path("a/mine.db")) == Path("a/mine-ops.db")
    assert ops.ops_path(Path("a/also.db")) == Path("a/also-ops.db")


# --- witnesses


def test_a_statement_reads_back_and_nothing_else_does():
    stated = WitnessedEntry(12, 3, "2024-02", "0123456789abcdef" * 4)

    assert witnesses.parse(str(stated)) == stated
    assert stated.line() == f"{stated}\n".encode()
    assert witnesses.parse(f"{stated}\n") is None
    assert witnesses.parse("bordercast entry 1") is None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "bordercast.db"
    tiny_record.make(path)
    return path


def test_a_witness_is_asked_again_after_five_minutes_doubling_to_six_hours(path):
    moment, pauses = NOW, []
    for attempt in range(1, 9):
        witnesses.put_off(path, "git", f"problem {attempt}", attempt == 8, moment)
        found = witnesses.failures(path)["git"]
        assert (found.attempts, found.since) == (attempt, "2024-04-01T12:00:00+00:00")
        next_at = datetime.fromisoformat(found.next_attempt_at)
        pauses.append(next_at - moment)
        assert not witnesses.proofs_pending(path, ["git"], next_at - timedelta(seconds=1))
        assert witnesses.proofs_pending(path, ["git"], next_at)
        moment = next_at

    assert pauses == [5 * MINUTE * 2**n for n in range(7)] + [6 * HOUR]
    assert (found.problem, found.grave) == ("problem 8", 1)
    assert witnesses.proofs_pending(path, ["git", "signature"], NOW)
    witnesses.had(path, "git")
    assert witnesses.failures(path) == {}
    assert not witnesses.proofs_pending(path, [], NOW)


def test_a_witness_has_seen_what_the_newest_entry_states(path):
    with connect.writing(path) as db:
        stated, missing = witnesses.lacking(db, ["git", "signature"])
        assert missing == ["git", "signature"]
        proof = WitnessProof(
            "git", stated.entry_id, stated.run_id, str(stated), "2024-04-01", "host", b"proof"
        )
        witnesses.save(db, proof)
        witnesses.save(db, replace(proof, proof=b"another"))
        assert witnesses.proofs(db) == [proof]
        assert witnesses.lacking(db, ["git", "signature"]) == (stated, ["signature"])
        assert witnesses.lacking(db, []) == (stated, [])
        assert witnesses.statements(db)[stated.entry_id] == stated == witnesses.lacking(db, ())[0]
        witnesses.put_off(path, "signature", "why", False, NOW)
        said = witnesses.standing(db, path, ["git", "signature", "time stamp"])

    assert said == {
        "git": f"run {stated.run_id}",  # this proof has no day inside it
        "signature": "none yet; failing since 2024-04-01T12:00:00+00:00",
        "time stamp": "none yet",
    }


def test_before_the_first_run_there_is_nothing_to_witness(tmp_path):
    path = tmp_path / "bordercast.db"
    with connect.writing(path) as db:
        assert witnesses.lacking(db, ["git"]) == (None, [])
        assert witnesses.lacking(db, ())[0] is None

    assert not witnesses.proofs_pending(path, ["git"], NOW)
    assert witnesses.failures(path) == {}


def test_an_ops_db_from_before_there_were_witnesses_knows_of_no_failure(path):
    with closing(sqlite3.connect(ops.ops_path(path))) as db:
        db.executescript(connect.migrations(ops.SCHEMA)[0])

    assert witnesses.failures(path) == {}
    assert witnesses.proofs_pending(path, ["git"], NOW)
