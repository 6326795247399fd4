"""What the service does beside its runs: backups, copies, reports, its port, its log, its wakes."""

from __future__ import annotations

import json
import logging
import os
import pickle
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections import namedtuple
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from forecast.config import Config
from forecast.context import Context
from forecast.errors import BordercastError, BusyError, ConfigError, DataError, SpanError
from forecast.store import connect, deliveries, ops, queries, wakes
from forecast.store.deliveries import Message
from jobs import environment, logs
from jobs.deliver import unsubscribe
from jobs.service import backup, checks, health, heartbeat, port, upkeep, wakeup, yearly
from jobs.service.daemon import leader_lock
from jobs.service.wakeup import CycleResult
from tests.support import running_service
from tests.support.databases import edit, rows

NOW = datetime(2024, 4, 20, 12, tzinfo=UTC)


@pytest.fixture
def record(by_hand, tmp_path) -> Path:
    """A copy of the record of a few rows, as a service keeps it."""
    return Path(shutil.copy(by_hand, tmp_path / "bordercast.db"))


def config(**sections) -> Config:
    return Config.model_validate(sections)


# --- backups


def test_a_backup_has_both_files_for_their_owner_alone(record):
    with ops.writing(record):
        pass

    made = backup.make(record, Config(), NOW)

    assert made.folder == record.parent / "backups" / "20240420T120000Z"
    assert {file.name for file in made.folder.iterdir()} == {"bordercast.db", "ops.db"}
    assert {file.stat().st_mode & 0o777 for file in made.folder.iterdir()} == {0o600}
    assert made.folder.stat().st_mode & 0o777 == 0o700
    assert made.folder.parent.stat().st_mode & 0o777 == 0o700
    ((digest,),) = rows(record, "select digest from latest_run")
    assert (made.run_id, made.digest, made.silenced) == (2, digest, 0)
    assert backup.examine(made.folder, "bordercast.db") == made
    with pytest.raises(ConfigError, match="is there already; name another folder"):
        backup.make(record, Config(), NOW)


def test_a_backup_goes_where_it_is_told_and_there_may_be_no_ops_db_yet(record, tmp_path):
    (tmp_path / "mine").mkdir(mode=0o755)

    made = backup.make(record, Config(), NOW, tmp_path / "mine" / "today")

    assert [file.name for file in (tmp_path / "mine" / "today").iterdir()] == ["bordercast.db"]
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o755  # a person's folder stays theirs
    assert made.folder == tmp_path / "mine" / "today"
    assert not (record.parent / "backups").exists()


def test_a_backup_is_named_by_the_settings_folder(record):
    made = backup.make(record, config(service={"backups": "kept"}), NOW)

    assert made.folder.parent == record.parent / "kept"


@pytest.mark.parametrize(("short", "fits"), [(0, True), (1, False)])
def test_a_backup_needs_room_for_itself_twice(record, monkeypatch, short, fits):
    usage = namedtuple("usage", "total used free")
    free = 2 * record.stat().st_size - short
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, free))
    if fits:
        assert backup.make(record, Config(), NOW).run_id == 2
        return
    with pytest.raises(DataError, match=f"{free:,} bytes are free; a backup needs 200,000,000"):
        backup.make(record, Config(), NOW)
    assert not (record.parent / "backups").exists()


def test_a_backup_of_an_edited_record_is_none_and_leaves_nothing(record):
    edit(record, "update scores set n = 1")

    with pytest.raises(DataError, match="scores not as published"):
        backup.make(record, Config(), NOW)

    assert list((record.parent / "backups").iterdir()) == []


def test_what_a_killed_backup_left_is_no_hindrance(record):
    part = record.parent / "backups" / "20240420T120000Z.part"
    part.mkdir(parents=True)
    (part / "old").write_text("x")

    assert [f.name for f in backup.make(record, Config(), NOW).folder.iterdir()] == [
        "bordercast.db"
    ]


def test_what_a_killed_backup_left_is_swept_by_the_next_wake_and_one_under_way_is_not(record):
    killed, running, mine = (
        record.parent / "backups" / name
        for name in ("20240101T120000Z.part", "20240102T120000Z.part", "20240103T120000Z")
    )
    for folder in (killed, running, mine):
        folder.mkdir(parents=True)
        (folder / "bordercast.db").write_text("x")
    with upkeep.under_way(running):
        upkeep.after_run(Context.open(record, Config()), NOW, False)
        assert [each.exists() for each in (killed, running, mine)] == [False, True, True]
    assert not running.exists()


def pages(path: Path) -> Iterator[tuple[int, str]]:
    """(number, the table or index it is of) of each page in use of a database."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma wal_checkpoint(truncate)")
        yield from db.execute("select pageno, name from dbstat order by pageno").fetchall()


def test_no_spoiled_page_of_the_record_passes_for_a_backup(record):
    whole, size = record.read_bytes(), 4096
    passed = []
    for number, name in list(pages(record)):
        content = bytearray(whole)
        start = (number - 1) * size
        content[start : start + size] = content[start : start + size][::-1]
        for end in ("-wal", "-shm"):
            record.with_name(f"{record.name}{end}").unlink(missing_ok=True)
        record.write_bytes(content)
        try:
            backup.make(record, Config(), NOW)
        except (BordercastError, sqlite3.DatabaseError):
            continue
        passed.append((number, name))
        shutil.rmtree(record.parent / "backups")
    assert passed == []
    assert not list(record.parent.glob("backups/*"))


def test_links_in_mails_that_were_sent_stay_good_after_a_restore(record, tmp_path):
    key = unsubscribe.key(record)
    made = backup.drill(record, Config(), NOW)
    there = tmp_path / "new" / "bordercast.db"

    backup.restore(made.folder, there, Config(), NOW)

    for place in (made.folder, there.parent):
        assert unsubscribe.held_key(place) == key
        assert (place / unsubscribe.KEY).stat().st_mode & 0o777 == 0o600
    record.with_name(unsubscribe.KEY).write_bytes(b"n" * 32)
    backup.restore(made.folder, record, Config(), NOW)
    assert unsubscribe.key(record) == b"n" * 32  # mails may have been signed with it since


@pytest.mark.parametrize("size", [1, 31, 33])
def test_a_key_that_is_none_is_no_backup(record, size):
    unsubscribe.key(record)
    made = backup.make(record, Config(), NOW)
    (made.folder / unsubscribe.KEY).write_bytes(b"k" * size)

    with pytest.raises(DataError, match=f"unsubscribe.key has {size} bytes, not 32"):
        backup.restore(made.folder, record, Config(), NOW)


def test_folders_of_drills_that_were_killed_are_swept_and_no_others(record):
    beside = record.parent
    killed, mine = beside / ".bordercast.db.drill-x", beside / "drill-of-mine"
    for folder in (killed, mine):
        folder.mkdir()
        (folder / "bordercast.db").write_text("x")
    with upkeep.drill_folder(record) as running:
        upkeep.sweep_killed(record, Config())
        assert not killed.exists()
        assert running.exists()
    killed.mkdir()
    backup.make(record, Config(), NOW)
    assert not killed.exists()
    killed.mkdir()
    upkeep.after_run(Context.open(record, Config()), NOW, False)

    assert not killed.exists()
    assert not running.exists()
    assert mine.exists()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_drill_that_is_ended_leaves_nothing(record, end):
    began = (
        "import os, sys, time; from forecast.store import copies; from jobs.cli import main\n"
        "def wait(*_):\n    print('now', flush=True); time.sleep(600)\n"
        "copies.put_back = wait\n"
        "main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", began, "--db", str(record), "backup", "--drill"]
    own = {**os.environ, "PYTHONPATH": str(running_service.ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=own) as process:
        assert process.stdout.readline() == "now\n"
        assert list(record.parent.glob(".*drill*"))
        process.send_signal(end)
        process.wait(running_service.HANGS)

    assert process.returncode == {signal.SIGTERM: 143, signal.SIGINT: 1}[end]
    assert not list(record.parent.glob(".*drill*"))


def test_what_is_no_backup_is_said(record, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty: no bordercast\.db in it; name the folder"):
        backup.examine(tmp_path / "empty", "bordercast.db")
    made = backup.make(record, Config(), NOW)
    (made.folder / "ops.db").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(BordercastError):
        backup.examine(made.folder, "bordercast.db")


def test_a_backup_before_the_first_run_is_of_run_0(tmp_path):
    path = tmp_path / "bordercast.db"
    with connect.writing(path):
        pass

    made = backup.make(path, Config(), NOW)

    assert (made.run_id, made.digest) == (0, "")


def test_a_restore_brings_the_record_back_shown_and_verified(record):
    made = backup.make(record, Config(), NOW)
    record.write_bytes(b"spoilt")

    back = backup.restore(made.folder, record, Config(), NOW)

    assert back == made
    assert rows(record, "select id from latest_run") == [(2,)]
    verified = wakes.verified(record)
    assert (verified.checked_at, verified.findings) == ("2024-04-20T12:00:00+00:00", "")
    assert record.with_name("bordercast-snapshot.db").exists()


def waiting(record: Path) -> None:
    with ops.writing(record) as db:
        deliveries.begin(db, NOW)
        made = Message("key", "all", "s", "a@example.org", b"x")
        deliveries.queue(db, [[("b@example.org", made)]], NOW)


def states(record: Path) -> list[tuple]:
    return rows(ops.ops_path(record), "select state, reply from deliveries")


def test_an_ops_db_that_is_whole_stays_and_one_that_is_not_is_silenced(record):
    waiting(record)
    made = backup.make(record, Config(), NOW)
    kept = backup.restore(made.folder, record, Config(), NOW)
    assert (kept.silenced, states(record)) == (0, [("waiting", "")])
    for spoiled in (b"nothing of the kind" * 100, None):
        ops.ops_path(record).unlink()
        if spoiled:
            ops.ops_path(record).write_bytes(spoiled)
        back = backup.restore(made.folder, record, Config(), NOW)
        why = f"restored from {made.folder.name}: it may have been sent since"
        assert (back.silenced, states(record)) == (1, [("given up", why)])


def test_a_backup_without_an_ops_db_changes_none(record):
    made = backup.make(record, Config(), NOW)
    waiting(record)

    assert backup.restore(made.folder, record, Config(), NOW).silenced == 0
    assert states(record) == [("waiting", "")]


def test_a_restore_waits_for_nobody_who_leads(record):
    made = backup.make(record, Config(), NOW)
    before = record.read_bytes()

    with connect.locked(leader_lock(record), 0), pytest.raises(BusyError):
        backup.restore(made.folder, record, Config(), NOW)

    assert record.read_bytes() == before


def test_a_restore_makes_its_place(record, tmp_path):
    made = backup.make(record, Config(), NOW)
    there = tmp_path / "new" / "machine" / "bordercast.db"

    backup.restore(made.folder, there, Config(), NOW)

    assert rows(there, "select id from latest_run") == [(2,)]


def test_a_drill_leaves_a_backup_and_nothing_else(record):
    made = backup.drill(record, Config(), NOW)

    left = {file.name for file in record.parent.iterdir()}
    assert left - {record.name, f"{record.name}-wal", f"{record.name}-shm"} == {"backups"}
    assert made == backup.examine(made.folder, "bordercast.db")


# --- what follows a run


def test_the_copy_for_analysts_is_renewed_where_it_shows_another_run_or_proof(record):
    copy = record.with_name("bordercast-snapshot.db")
    assert upkeep.write_snapshot(record, config(service={"snapshot": ""})) is None
    assert not copy.exists()
    assert upkeep.write_snapshot(record, Config()) == copy
    assert copy.stat().st_mode & 0o777 == 0o444
    assert upkeep.write_snapshot(record, Config()) is None
    edit(
        record,
        "insert into witness_proofs (witness, entry_id, run_id, statement, seen_at, seen_by, proof)"
        " select 'git', max(id), 2, 'x', '2024', 'x', x'00' from entries",
    )
    assert upkeep.write_snapshot(record, Config()) == copy
    assert upkeep.write_snapshot(record, Config()) is None
    edit(record, "update entries set digest = 'x' || digest")
    assert upkeep.write_snapshot(record, Config()) == copy
    copy.chmod(0o644)
    copy.write_bytes(b"spoilt")
    assert upkeep.write_snapshot(record, Config()) == copy
    assert upkeep._shown(copy) == upkeep._shown(record)
    run, digest, proofs, runs = upkeep._shown(record)
    assert (run, digest[:1], proofs, runs) == (2, "x", 1, 3)


def test_a_copy_without_a_run_is_made_anew_each_time(tmp_path):
    path = tmp_path / "b.db"
    with connect.writing(path):
        pass

    assert upkeep._shown(path) is None
    assert upkeep.write_snapshot(path, config(service={"snapshot": "copy-of-{db}.db"})) == (
        tmp_path / "copy-of-b.db"
    )


def test_a_verification_is_remembered_with_what_it_found(record):
    assert upkeep.verify(record, NOW) == []
    found = wakes.verified(record)
    ((digest,),) = rows(record, "select digest from latest_run")
    assert (found.checked_at, found.digest, found.findings) == (
        "2024-04-20T12:00:00+00:00",
        digest,
        "",
    )
    edit(record, "update scores set n = 1")

    assert upkeep.verify(record, NOW) == ["run 2 was edited: scores not as published"]
    assert wakes.verified(record).findings == "run 2 was edited: scores not as published"


def test_after_a_run_the_record_is_verified_and_nothing_follows_where_it_is_not_whole(record):
    upkeep.after_run(Context.open(record, Config()), NOW, published=False)
    assert wakes.verified(record).findings == ""
    edit(record, "update scores set n = 1")
    copy = record.with_name("bordercast-snapshot.db")
    copy.unlink()

    upkeep.after_run(
        Context.open(record, Config()), NOW + timedelta(hours=19), published=False
    )  # not due yet
    assert copy.exists()
    copy.unlink()
    for later, published in ((timedelta(hours=20), False), (timedelta(hours=1), True)):
        with pytest.raises(BordercastError, match="run 2 was edited"):
            upkeep.after_run(Context.open(record, Config()), NOW + later, published=published)
        assert not copy.exists()
        wakes.save_verified(record, NOW, "", [])


def test_polls_are_forgotten_after_the_days_of_the_settings(record):
    old = (NOW - timedelta(days=70)).isoformat()
    for number in (1, 2):
        with ops.writing(record) as db:
            db.execute(
                f"insert into polls values ({number}, '{old}', '{old}', 'new', '', null, null)"
            )
            db.commit()

    upkeep.after_run(Context.open(record, config(service={"keep_days": 80})), NOW, published=False)
    assert len(rows(ops.ops_path(record), "select id from polls")) == 2
    upkeep.after_run(Context.open(record, config(service={"keep_days": 60})), NOW, published=False)
    assert rows(ops.ops_path(record), "select id from polls") == [(2,)]


# --- a closed fiscal year


@pytest.mark.parametrize(
    ("through", "name"),
    [("2024-09", "bordercast-FY2024"), ("2024-08", ""), ("2024-10", ""), ("2023-09", "")],
)
def test_a_year_s_report_is_written_when_its_last_month_is_there(record, through, name):
    edit(record, f"update runs set data_through = '{through}' where id = 2")
    if name == "" and through == "2023-09":
        record.with_name("bordercast-FY2023.html").write_text("mine")

    made = yearly.write_closed(Context.open(record, Config()))

    assert made == (record.with_name(f"{name}.html") if name else None)
    if name:
        assert "fiscal year 2024" in made.read_text().lower()
        assert record.with_name(f"{name}.md").exists()
        assert (
            yearly.write_closed(Context.open(record, Config())) is None
        )  # not over what lies there


def test_a_record_without_a_run_or_a_forecast_come_due_has_no_report(record, tmp_path):
    path = tmp_path / "new.db"
    with connect.writing(path):
        pass
    assert yearly.write_closed(Context.open(path, Config())) is None
    for place in (path, record):
        with pytest.raises(SpanError, match="no forecast of its months has come due") as failed:
            yearly.build(Context.open(place, Config()), 2030)
        assert "FY2030" in str(failed.value)


# --- its port


def visiting(path: Path, settings: Config | None = None) -> TestClient:
    return TestClient(
        port.application(Context.open(path, settings or Config())), "http://localhost"
    )


def woke(path: Path, started: datetime, due: datetime | None, outcome: str = "published") -> None:
    with ops.writing(path) as db:
        wakes.end_wake(db, wakes.begin_wake(db, started, 1), started, outcome, "")
        moment = due.isoformat() if due else None
        wakes.save_leader(db, started.isoformat(), 1, moment)


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("due", "began", "said"),
    [
        (timedelta(minutes=40), timedelta(hours=1), ""),
        (timedelta(minutes=40) + SECOND, timedelta(hours=1), "a wake was due at 2024-04-20T11:19"),
        (None, timedelta(hours=30), ""),
        (None, timedelta(hours=30) + SECOND, "the last wake began at 2024-04-19T05:59:59"),
        (-timedelta(hours=1), timedelta(hours=31), "the last wake began at 2024-04-19T05:00"),
    ],
)
def test_a_wake_is_overdue_ten_minutes_after_the_time_it_may_take(record, due, began, said):
    settings = config(service={"run_minutes": 30})
    assert port.overdue(record, settings, NOW) == ""  # it never woke
    woke(record, NOW - began, None if due is None else NOW - due)

    found = port.overdue(record, settings, NOW)

    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_health_is_ok_or_says_what_is_late(record):
    assert (
        visiting(record).get("/healthz").status_code,
        visiting(record).get("/healthz").text,
    ) == (
        200,
        "ok\n",
    )
    woke(record, datetime.now(UTC) - timedelta(hours=31), None)

    late = visiting(record).get("/healthz")

    assert late.status_code == 503
    assert late.text.startswith("the last wake began at ")
    assert late.text.endswith("\n")


def metrics(path: Path) -> dict[str, float]:
    answer = visiting(path).get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            name = sample.name.removeprefix("bordercast_")
            found[name + "".join(f" {value}" for value in sample.labels.values())] = sample.value
    return found


def test_metrics_are_what_status_says(record):
    waiting(record)
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    before = metrics(record)
    woke(record, began, None, "failed")
    wakes.save_verified(record, NOW, "", ["run 1 was edited"])
    with ops.writing(record) as db:
        deliveries.stop(db, "login", NOW)

    found = metrics(record)

    stands = health.status(Context.open(record, Config()), datetime.now(UTC))
    assert (before["verify_failed"], before["mail_stopped"]) == (0, 0)
    assert (before.get("last_wake_failed"), "last_wake_timestamp_seconds" in before) == (
        None,
        False,
    )
    assert found["last_run"] == 2
    assert found["figures_age_days"] == stands.facts.days_since_month_end
    assert found["last_wake_timestamp_seconds"] == began.timestamp()
    assert (found["last_wake_failed"], found["wake_overdue"]) == (1, 0)
    assert (found["verify_failed"], found["mail_stopped"]) == (1, 1)
    assert (found["notices_held"], found["files_in_quarantine"]) == (2, 1)
    assert (found["alarms"], found["warnings"]) == (len(stands.alarms), len(stands.warnings))
    assert found["database_bytes"] == record.stat().st_size
    assert found["free_bytes"] > 0
    states = ("waiting", "sending", "refused", "given up")
    assert [found[f"undelivered {state}"] for state in states] == [1, 0, 0, 0]
    woke(record, datetime.now(UTC) - timedelta(hours=31), None)
    late = metrics(record)
    assert (late["wake_overdue"], late["last_wake_failed"]) == (1, 0)


def test_metrics_of_what_cannot_be_read_are_a_refusal(tmp_path):
    answer = visiting(tmp_path / "none.db").get("/metrics")

    assert answer.status_code == 503
    assert "none.db" in answer.text


def test_metrics_need_a_library(record, monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)

    answer = visiting(record).get("/metrics")

    assert (answer.status_code, "pip install 'bordercast[metrics]'" in answer.text) == (501, True)


def test_only_a_click_unsubscribes_and_a_strange_link_says_what_to_do(record):
    today = datetime.now(UTC).date().isoformat()
    token = unsubscribe.token(unsubscribe.key(record), "ann@example.org", today)
    client = visiting(record)

    asked = client.get(f"/unsubscribe/{token}")
    assert "<p>Get no more notices about border encounters?</p>" in asked.text
    assert '<form method="post">' in asked.text
    strange = client.post("/unsubscribe/x")
    long = client.post(f"/unsubscribe/{token}{'=' * (1000 - len(token))}")
    almost = client.post(f"/unsubscribe/{token}{'=' * (999 - len(token))}")
    assert (strange.status_code, long.status_code) == (403, 403)
    assert "Answer a notice with: unsubscribe." in strange.text
    assert almost.status_code in (200, 403)
    done = client.post(f"/unsubscribe/{token}")
    assert (done.status_code, done.text) == (200, "You will get no more of these notices.\n")
    with ops.reading(record) as db:
        assert set(queries.column(db, "unsubscribed")) == {"ann@example.org"}
    assert client.get("/other").status_code == 404
    assert client.put(f"/unsubscribe/{token}").status_code == 405


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/unsubscribe/x", "/none"])
@pytest.mark.parametrize(
    ("host", "answers"),
    [
        *(("localhost", True), ("127.0.0.1:9100", True), ("[::1]:9100", True)),
        *((socket.gethostname(), True), ("Figures.example.org", True), ("scraped.lan", True)),
        *(("evil.example", False), ("example.org", False), ("localhost.evil.example", False)),
    ],
)
def test_the_port_answers_under_its_own_names_alone_and_in_no_frame(record, path, host, answers):
    settings = config(
        site={"address": "https://figures.example.org/x/"}, service={"names": ("Scraped.LAN",)}
    )

    said = visiting(record, settings).get(path, headers={"host": host})

    assert (said.status_code != 421) == answers
    assert answers or "service.names" in said.text
    assert said.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in said.headers["content-security-policy"]
    assert "form-action 'self'" in said.headers["content-security-policy"]


def test_the_port_names_no_server_where_the_request_names_none(record):
    assert visiting(record).get("/healthz", headers={"host": "a b"}).status_code == 400


def test_two_ports_cannot_be_one(record):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(BusyError):
            port.start(Context.open(record, config(service={"port": number})))


# --- links to unsubscribe


def test_a_token_is_one_reader_s_and_of_one_key(tmp_path):
    day = "2026-09-20"
    today = datetime(2026, 9, 20).date()
    token = unsubscribe.token(b"k" * 32, "ann@example.org", day)

    assert unsubscribe.reader(b"k" * 32, token, today) == "ann@example.org"
    assert unsubscribe.reader(b"j" * 32, token, today) is None
    assert unsubscribe.reader(b"k" * 32, token, today - timedelta(days=1)) is None
    assert unsubscribe.reader(b"k" * 32, token, today + timedelta(days=400)) is not None
    assert unsubscribe.reader(b"k" * 32, token, today + timedelta(days=401)) is None
    for at in range(len(token)):  # whatever letter is another
        other = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert unsubscribe.reader(b"k" * 32, other, today) is None
    for address in (f"{'a' * n}@b.org" for n in range(1, 13)):  # whatever its padding was
        made = unsubscribe.token(b"k" * 32, address, day)
        assert "=" not in made
        assert unsubscribe.reader(b"k" * 32, made, today) == address


def test_a_key_is_made_once_for_its_owner_alone_and_an_empty_one_is_filled(tmp_path):
    path = tmp_path / "b.db"
    made = unsubscribe.key(path)

    assert len(made) == 32
    assert unsubscribe.key(path) == made
    file = tmp_path / "unsubscribe.key"
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(b"")  # whoever made it was killed
    assert len(unsubscribe.key(path)) == 32


def test_a_mail_names_its_link_and_that_one_click_is_enough():
    token = unsubscribe.token(b"k", "a@example.org", "2026-09-20")
    for site in ("https://x.org", "https://x.org/"):
        assert (
            unsubscribe.headers(b"k", site, "a@example.org", "2026-09-20")
            == (
                f"List-Unsubscribe: <https://x.org/unsubscribe/{token}>\r\n"
                "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
            ).encode()
        )


# --- signs of life


@contextmanager
def answering(*codes: int):
    """The address of a server that answers so, one request after another; what it was sent."""
    left, taken = list(codes), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.path, body))
            self.send_response(left.pop(0))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/a", taken
        server.shutdown()


@pytest.mark.parametrize(
    ("codes", "answered", "asked"),
    [((200,), True, 1), ((500, 200), True, 2), ((500, 404, 200), True, 3), ((500,) * 3, False, 3)],
)
def test_a_heartbeat_is_tried_three_times(codes, answered, asked):
    with answering(*codes) as (address, taken):
        assert heartbeat.ping(address, True, "x") == answered
    assert [path for path, _ in taken] == ["/a"] * asked


def test_a_heartbeat_says_what_came_of_a_wake_and_not_too_much_of_it():
    with answering(200, 200) as (address, taken):
        heartbeat.ping(f"{address}/", False, "ü" * 9_000)
        heartbeat.ping(address, False, "x" * 10_001)

    assert [path for path, _ in taken] == ["/a/fail", "/a/fail"]
    assert [len(body) for _, body in taken] == [10_000, 10_000]


def test_a_heartbeat_that_is_no_address_is_told_in_the_log(caplog, monkeypatch):
    with caplog.at_level(logging.WARNING, "bordercast"):
        assert not heartbeat.ping("http://[::bad/", True, "x")
        assert not heartbeat.ping("", True, "x")

    (event,) = caplog.records
    assert event.getMessage().startswith("the heartbeat's address does not answer: InvalidURL: ")


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told_where_it_listens(tmp_path, monkeypatch, abstract):
    name = f"bordercast-{os.getpid()}"
    place = f"\0{name}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(place)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}" if abstract else place)
        listener.settimeout(running_service.HANGS)

        heartbeat.notify("READY=1")

        assert listener.recv(99) == b"READY=1"


def test_nobody_is_told_where_nobody_listens(tmp_path, monkeypatch, caplog):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    heartbeat.notify("READY=1")
    assert caplog.records == []
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "none"))
    heartbeat.notify("READY=1")
    assert [event.getMessage()[:25] for event in caplog.records] == ["systemd does not listen: "]
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    assert heartbeat.watchdog_seconds() == 0


# --- the log


def line_of(form, monkeypatch, *, journal=False, level=logging.INFO, **more) -> str:
    """What is written of an event."""
    message = more.pop("message", "all well")
    event = logging.LogRecord("bordercast", level, "x", 1, message, (), None)
    event.created, event.process = NOW.timestamp(), 77
    event.exc_info = more.get("exc_info")
    with open(os.devnull, "w") as stderr, monkeypatch.context() as here:
        here.setattr(logs.sys, "stderr", stderr)
        found = os.fstat(stderr.fileno())
        here.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino + (not journal)}")
        return logs._Lines(running_service.settings(log=form)).format(event)


def failure():
    try:
        raise ValueError("no luck\x1b[2J")
    except ValueError:
        return sys.exc_info()


def test_a_line_says_when_how_grave_and_what(monkeypatch):
    assert line_of("plain", monkeypatch) == "2024-04-20T12:00:00+00:00 info: all well"
    said = line_of("plain", monkeypatch, message="a\nb\x1bc", level=logging.WARNING)
    assert said.startswith("2024-04-20T12:00:00+00:00 warning: a b")
    assert "\x1b" not in said
    assert json.loads(line_of("json", monkeypatch)) == {
        "at": "2024-04-20T12:00:00+00:00",
        "level": "info",
        "process": 77,
        "event": "x",
        "message": "all well",
    }


def test_a_traceback_stands_below_its_line_and_inside_it_in_json(monkeypatch):
    first, *trace = line_of("plain", monkeypatch, exc_info=failure()).splitlines()
    assert first == "2024-04-20T12:00:00+00:00 info: all well"
    assert trace[0].startswith("Traceback")
    assert trace[-1].startswith("ValueError: no luck")
    assert "\x1b" not in "".join(trace)
    told = json.loads(line_of("json", monkeypatch, exc_info=failure()))
    assert told["trace"].splitlines()[0].startswith("Traceback")


@pytest.mark.parametrize(
    ("level", "priority"),
    [("debug", 7), ("info", 6), ("warning", 4), ("error", 3), ("critical", 2)],
)
def test_the_journal_reads_how_grave_each_line_is(monkeypatch, level, priority):
    number = getattr(logging, level.upper())
    assert line_of("plain", monkeypatch, journal=True, level=number) == (
        f"<{priority}>2024-04-20T12:00:00+00:00 {level}: all well"
    )
    lines = line_of("plain", monkeypatch, journal=True, exc_info=failure()).splitlines()
    assert len(lines) > 2
    assert {line[:3] for line in lines} == {"<6>"}


def test_a_stderr_that_is_no_file_is_not_the_journal(monkeypatch):
    monkeypatch.setenv("JOURNAL_STREAM", "1:2")
    assert not logs.to_journal()
    with open(os.devnull, "w") as closed:
        pass
    monkeypatch.setattr(logs.sys, "stderr", closed)
    assert not logs.to_journal()


def test_only_our_events_and_the_scheduler_s_complaints_are_logged(capsys):
    logs.set_up(Config())
    for name in ("bordercast", "apscheduler"):
        for level in ("debug", "info", "warning"):
            getattr(logging.getLogger(name), level)("%s %s", name, level)
    logging.getLogger("bordercast").handlers.clear()
    logging.getLogger("apscheduler").handlers.clear()

    said = [line.partition(": ")[2] for line in capsys.readouterr().err.splitlines()]
    assert said == ["bordercast info", "bordercast warning", "apscheduler warning"]


# --- secrets


def test_settings_are_shown_without_secrets(monkeypatch):
    monkeypatch.setenv(environment.MAIL_PASSWORD, "hunter2!")
    monkeypatch.setenv(environment.HEARTBEAT, "https://hc.example.org/uuid-1")
    settings = config(
        service={"heartbeat": "https://other.example.org/uuid-2"},
        mail={"host": "hunter2!.example.org"},
        notices={"recipients": ({"address": "hunter2!@example.org"},)},
    )

    shown = environment.masked(settings)

    assert environment.heartbeat(settings) == "https://hc.example.org/uuid-1"
    assert shown["service"]["heartbeat"] == "https://hc.example.org/********"
    assert shown["mail"]["host"] == "********.example.org"
    assert shown["notices"]["recipients"][0]["address"] == "********@example.org"
    assert shown["service"]["port"] == settings.service.port
    assert shown["environment"] == {
        "BORDERCAST_MAIL_PASSWORD": "********",
        "BORDERCAST_HEARTBEAT": "********",
    }
    monkeypatch.delenv(environment.HEARTBEAT)
    assert environment.heartbeat(settings) == "https://other.example.org/uuid-2"
    assert set(environment.masked(settings)["environment"]) == {"BORDERCAST_MAIL_PASSWORD"}


# --- settings tried before they are needed


def hook(folder: Path, name: str = "desk", address: str = "https://x.org/", secret: str = ""):
    (folder / f"{name}.address").write_text(address)
    found = {"name": name, "address_file": str(folder / f"{name}.address")}
    return found | ({"secret_file": str(folder / secret)} if secret else {})


def wrong(settings: Config) -> list[str]:
    case = checks.ServiceCase(Context.open(Path("none.db"), settings), NOW, "own.toml")
    found = list(checks.findings(case, "config check"))
    assert all(finding.found.startswith("own.toml: ") for finding in found)
    return [finding.name for finding in found]


def test_each_setting_that_would_fail_later_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv(environment.MAIL_PASSWORD, raising=False)
    desk = hook(tmp_path)
    assert wrong(Config()) == []
    assert wrong(config(notices={"hooks": (desk,)})) == []
    assert wrong(config(notices={"hooks": (hook(tmp_path, address=" "),)})) == [
        "notices.hooks.desk.address_file"
    ]
    for no_address in ("desk", "ftp://x.org/", "https://", "https://x.org/a b"):
        named = hook(tmp_path, address=no_address)
        assert wrong(config(notices={"hooks": (named,)})) == ["notices.hooks.desk.address_file"]
    hook(tmp_path)
    for topic, keys in (("", ["notices.hooks.desk.topic"]), ("figures", [])):
        ntfy = {**dict(desk), "kind": "ntfy", "topic": topic}
        assert wrong(config(notices={"hooks": (ntfy,)})) == keys
    signed = hook(tmp_path, secret="none")
    assert wrong(config(notices={"hooks": (signed,)})) == ["notices.hooks.desk.secret_file"]
    assert wrong(config(notices={"hooks": (desk, desk)})) == ["notices.hooks"]
    two = (desk, hook(tmp_path, "other"))
    assert wrong(config(notices={"hooks": two})) == []
    mail = {"enabled": True, "host": "h", "sender": "a@example.org"}
    assert wrong(config(mail=mail)) == []
    assert wrong(config(mail=mail | {"user": "ann"})) == ["mail.user"]
    assert wrong(config(mail={"user": "ann"})) == []  # it is off
    assert wrong(config(mail={"password_file": str(tmp_path / "x")})) == ["mail.password_file"]
    assert wrong(config(witness={"sign": ("x",)})) == ["witness.public_keys"]
    assert wrong(config(compute={"engine": "serial"})) == []
    assert wrong(config(compute={"engine": "dask"})) == ["compute.scheduler"]
    dask = config(compute={"engine": "dask", "scheduler": "tcp://h:1"})
    assert wrong(dask) == []
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert wrong(dask) == ["compute.engine"]


# --- a wake, step by step


def publishes(_: Context) -> CycleResult:
    return CycleResult("published", "run 1")


def lacks_figures(_: Context) -> CycleResult:
    raise DataError("no figures")


def is_wrong(_: Context) -> CycleResult:
    raise KeyError("x")


def test_work_apart_ends_in_an_answer_whatever_happens(record, monkeypatch):
    monkeypatch.setattr(wakeup.logs, "set_up", lambda _: None)
    answers: list[bytes] = []
    for work in (publishes, lacks_figures, is_wrong):
        wakeup.apart(pickle.dumps((work, record, Config())), answers.append)

    assert list(map(pickle.loads, answers)) == [
        CycleResult("published", "run 1"),
        CycleResult("failed", "no figures"),
        CycleResult("failed", "KeyError: 'x'"),
    ]


def test_without_mail_nothing_is_sent(record):
    assert wakeup.send(Context.open(record, Config())) == ""


def test_a_record_that_is_not_there_is_waited_for(tmp_path):
    done = running_service.wake(tmp_path / "b.db", NOW)

    assert done == CycleResult("nothing new", "")
    assert not (tmp_path / "b.db").exists()


RUN, REFUSED, WAITING = (
    ("run", "run 7"),
    ("refused", "refused a.csv"),
    ("waiting", "waiting for b.csv"),
)


@pytest.mark.parametrize(
    ("steps", "unanswered", "outcome", "detail"),
    [
        ([], "", "nothing new", ""),
        ([RUN], "", "published", "run 7"),
        ([REFUSED, RUN], "blocked: 403", "published", "refused a.csv; run 7; blocked: 403"),
        ([REFUSED], "", "nothing new", "refused a.csv"),
        ([WAITING], "", "waiting", "waiting for b.csv"),
        ([WAITING], "blocked: 403", "blocked", "waiting for b.csv; blocked: 403"),
        ([], "unreachable: x", "blocked", "unreachable: x"),
    ],
)
def test_what_a_wake_came_to_is_the_best_of_what_it_did(steps, unanswered, outcome, detail):
    for again in (False, True):
        done = wakeup.came_to(steps, unanswered, again)
        assert done == CycleResult(outcome, detail, again)


def test_what_is_refused_or_odd_is_logged_and_what_was_refused_is_told(caplog):
    def taken(name, outcome, **said):
        told = {"notes": "", "warning": "", "reason": ""} | said
        return SimpleNamespace(file_name=name, outcome=outcome, **told)

    files = [
        taken("a.csv", "new"),
        taken("b.csv", "refused", reason="odd"),
        taken("c.csv", "new", warning="a label is not known"),
        taken("d.csv", "new", notes="2 columns were put in rows"),
    ]
    with caplog.at_level("INFO", "bordercast"):
        steps = list(wakeup._refused(files))

    assert steps == [("refused", "refused b.csv")]
    assert [(e.levelname, e.getMessage()) for e in caplog.records] == [
        ("WARNING", "refused: odd"),
        ("WARNING", "a label is not known"),
        ("INFO", "d.csv: 2 columns were put in rows"),
    ]


def test_nobody_is_asked_where_nothing_is_fetched(record):
    assert list(wakeup._poll(Context.open(record, Config()), NOW)) == []


def test_mail_that_was_sent_is_counted_by_what_became_of_it(record, monkeypatch, caplog):
    mail = {"enabled": True, "host": "h", "sender": "a@example.org"}
    found = ["sent", "refused", "sent"]
    monkeypatch.setattr("jobs.deliver.outbox.deliver", lambda *_, **__: found)
    with caplog.at_level("INFO", "bordercast"):
        assert wakeup.send(Context.open(record, config(mail=mail))) == "1 refused, 2 sent"
        found.clear()
        assert wakeup.send(Context.open(record, config(mail=mail))) == ""

    assert [event.getMessage() for event in caplog.records] == ["mail: 1 refused, 2 sent"]


def test_what_the_auditor_found_is_kept_for_those_who_ask_how_things_stand(record):
    """So that /metrics, asked each minute, does not compute a record anew."""
    context = Context.open(record, Config())
    upkeep.after_run(context, NOW, published=True)
    with ops.reading(record) as connection:
        (kept,) = queries.rows(connection, "audited")
    assert health.status(context, NOW).facts.disputed == kept["findings"].splitlines()

    with ops.writing(record) as db:
        connect.write(db, "save_audited", (kept["run_id"], kept["version"], "as it was kept"))
    assert health.status(context, NOW).facts.disputed == ["as it was kept"]
    with ops.writing(record) as db:
        connect.write(db, "save_audited", (kept["run_id"], "0.9", "by another program"))
    assert health.status(context, NOW).facts.disputed == kept["findings"].splitlines()
