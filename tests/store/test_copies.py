"""Whole copies of a database, and the way back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

from forecast.store import connect, copies, deliveries, ops, queries, runs, wakes
from forecast.store.deliveries import Message
from tests.support import tiny_record
from tests.support.databases import edit, rows

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)


def test_a_copy_is_whole_plain_and_of_the_mode_that_was_asked_for(by_hand, tmp_path):
    to = tmp_path / "a" / "b" / "copy.db"

    assert copies.copy(by_hand, to, copies.READ_ONLY) == to
    assert copies.copy(by_hand, to, copies.READ_ONLY) == to  # a newer one takes its place

    assert to.stat().st_mode & 0o777 == 0o444
    assert [file.name for file in to.parent.iterdir()] == ["copy.db"]
    assert rows(to, "select count(*) from runs") == [(3,)]
    assert rows(to, "pragma journal_mode") == [("delete",)]
    assert copies.problems(to) == []


def test_what_an_ended_copy_left_is_swept_away_by_the_next(by_hand, tmp_path):
    left = tmp_path / "copy.db.part"
    left.write_text("half a copy")

    copies.copy(by_hand, tmp_path / "copy.db", 0o600)

    assert not left.exists()


def test_a_copy_that_was_edited_is_told_and_an_ops_db_has_no_record_to_edit(by_hand, tmp_path):
    path = copies.copy(by_hand, tmp_path / "bordercast.db", 0o600)
    edit(path, "update scores set n = 1")
    with ops.writing(path):
        pass

    assert copies.problems(path) == ["run 2 was edited: scores not as published"]
    assert copies.problems(ops.ops_path(path), ops.SCHEMA) == []


def test_a_copy_put_back_is_the_record_and_no_log_is_read_with_it(by_hand, tmp_path):
    path = tmp_path / "bordercast.db"
    source = copies.copy(by_hand, tmp_path / "source.db", 0o400)
    with closing(sqlite3.connect(path)) as live:
        live.execute("pragma journal_mode = wal")
        live.execute("create table old (id)")
        live.commit()
        assert path.with_name("bordercast.db-wal").exists()

        copies.put_back(source, path)

        beside = {file.name for file in tmp_path.iterdir()}
        assert beside == {"bordercast.db", "source.db"}
        assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == source.read_bytes()
    copies.put_back(source, tmp_path / "new.db")
    assert copies.problems(tmp_path / "new.db") == []


def test_a_reader_that_stands_still_keeps_a_run_out_of_the_file(by_hand, tmp_path):
    """As far as the system tells, who; asked by the locks on the index of the log."""
    path = copies.copy(by_hand, tmp_path / "bordercast.db", 0o600)
    assert connect.held_up_by(path) is None
    with connect.writing(path):
        pass
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("begin")
        reader.execute("select * from runs").fetchone()
        with connect.writing(path) as db:
            runs.publish(db, tiny_record.publication("2024-04-01T12:00", "2024-02", ()))
        index = path.with_name("bordercast.db-shm").stat().st_ino
        locks = tmp_path / "locks"
        of = f"1: POSIX  ADVISORY  READ {{pid}} 08:01:{index} {{first}} {{first}}\n"
        locks.write_text(
            of.format(pid=77, first=123)
            + of.format(pid=66, first=127)
            + of.format(pid=55, first=122)
            + of.format(pid=44, first=128)
            + of.format(pid=33, first=124).replace("POSIX", "FLOCK")
            + of.format(pid=22, first=124).replace(str(index), f"{index}1")
            + of.format(pid=os.getpid(), first=124)
            + "1: -> POSIX  ADVISORY  READ 11 08:01:1 123 123\n"
        )

        assert connect.held_up_by(path, locks) == [66, 77]
        assert connect.held_up_by(path, tmp_path / "no such system") == []
        locks.write_text("")
        assert connect.held_up_by(path, locks) is None
    with connect.writing(path):
        pass
    assert connect.held_up_by(path, tmp_path / "no such system") is None


def test_a_reader_of_the_last_run_keeps_nothing_out(by_hand, tmp_path):
    path = copies.copy(by_hand, tmp_path / "bordercast.db", 0o600)
    with connect.writing(path) as db, closing(sqlite3.connect(path)) as reader:
        with connect.transaction(db):
            db.execute("update fits set seconds = 1")
        reader.execute("begin")
        reader.execute("select * from runs").fetchone()
        assert path.with_name("bordercast.db-wal").stat().st_size

        assert connect.held_up_by(path, tmp_path / "no such system") is None


def of_notice(db, key):
    return queries.rows(db, "deliveries_of_notice", (key,))


def test_what_waited_in_a_restored_ops_db_stays_silent(tmp_path):
    path = tmp_path / "bordercast.db"
    with ops.writing(path) as db:
        deliveries.begin(db, NOW)
        message = Message("key", "all", "s", "x@y.org", b"")
        deliveries.queue(db, [[(f"{name}@x.org", message) for name in "abcd"]], NOW)
        first, _ = (deliveries.claim(db, NOW) for _ in range(2))
        deliveries.settle(db, first, "sent", "250", NOW)

    assert copies.silence(path, NOW + timedelta(days=1), "restored") == 3
    assert copies.silence(path, NOW + timedelta(days=2), "restored") == 0

    with ops.writing(path) as db:
        found = {row["recipient"]: row["state"] for row in of_notice(db, "key")}
        assert found == {"a@x.org": "sent"} | dict.fromkeys(
            ("b@x.org", "c@x.org", "d@x.org"), "given up"
        )
        told = {row["reply"] for row in of_notice(db, "key") if row["reply"]}
        assert told == {"250", "restored"}
        assert deliveries.begin(db, NOW) == "2024-04-03T12:00:00+00:00"


def test_polls_and_wakes_are_forgotten_after_some_days_but_for_the_last(tmp_path):
    path = tmp_path / "bordercast.db"
    days = [(NOW - timedelta(days=ago)) for ago in (9, 8, 7, 6)]
    with ops.writing(path) as db:
        for number, day in enumerate(days, start=1):
            moment = day.isoformat(timespec="seconds")
            poll = ops.Poll(moment, moment, "new", "")
            ops.save_poll(db, number, poll, [ops.PollAnswer("u", "new")], [])
        for day in days[:2]:
            wakes.begin_wake(db, day, 1)

    assert ops.forget_polls(path, NOW, 7) == 2 + 1
    assert ops.forget_polls(path, NOW, 1) == 1
    assert ops.forget_polls(path, NOW, 1) == 0

    with ops.reading(path) as db:
        assert [row[0] for row in db.execute("select id from polls")] == [4]
        assert [row[0] for row in db.execute("select poll_id from answers")] == [4]
        assert [row[0] for row in db.execute("select id from wakes")] == [2]


def test_a_database_without_a_run_is_read_as_it_is(tmp_path):
    with connect.writing(tmp_path / "a.db"):
        pass

    copy = copies.copy(tmp_path / "a.db", tmp_path / "b.db", 0o600)

    assert copies.problems(copy) == []
