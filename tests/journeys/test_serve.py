"""The service by itself: leading, being stopped, being killed, clocks that jump."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.config import Mail
from forecast.context import Context
from forecast.errors import BusyError
from forecast.store import connect, integrity, ops
from jobs import logs
from jobs.cli import main
from jobs.cli.options import Settings
from jobs.service import daemon as schedule
from jobs.service import heartbeat, wakeup
from tests.support import mail_server, running_service
from tests.support.databases import edit
from tests.support.running_service import (
    alive,
    children,
    daemon,
    drop,
    month,
    releases_by_run,
    said,
    table,
    wait_for,
)

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def three_runs(tmp_path_factory) -> Path:
    """A record with three releases and their runs; not to be changed."""
    return running_service.worked(tmp_path_factory.mktemp("three") / "b.db", 3)


@pytest.fixture
def record(three_runs, tmp_path) -> Path:
    """A copy of it to change."""
    return running_service.copied(three_runs, tmp_path)


def whole(path: Path) -> bool:
    with closing(connect.read(path)) as db:
        return (
            integrity.findings(db) == []
            and db.execute("pragma integrity_check").fetchone()[0] == "ok"
        )


def leads(process: subprocess.Popen) -> bool:
    return " leads " in said(process)


def woke(process: subprocess.Popen) -> bool:
    return "wake: " in said(process)


def terminated(process: subprocess.Popen) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(running_service.HANGS)


@pytest.mark.slow
@pytest.mark.parametrize("starts", [2, pytest.param(20, marks=pytest.mark.soak)])
def test_of_two_daemons_one_leads_and_the_other_names_it(record, figure, starts):
    for _ in range(starts):
        with daemon(record) as one, daemon(record) as other:
            wait_for(
                lambda one=one, other=other: (
                    None not in (one.poll(), other.poll())
                    or (one.poll() is not None or other.poll() is not None)
                )
            )
            loser, winner = (one, other) if one.poll() is not None else (other, one)
            assert loser.returncode == 4
            assert f"process {winner.pid} (bordercast serve)" in said(loser)
            assert leads(winner)
            assert terminated(winner) == 0
    figure("two services", starts, not_refused=0)


@pytest.mark.parametrize("form", ["plain", "json"])
def test_the_log_hides_the_login_in_an_address(capsys, form):
    logs.set_up(running_service.settings(log=form))

    logs.LOG.warning("no answer from %s", "https://user:pw@host.example.org/a?b")

    assert "https://********@host.example.org/a?b" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("form", ["plain", "json"])
def test_the_journal_gets_a_priority_with_every_line(tmp_path, form):
    program = f"""
import os, sys
journal = os.fstat(2)
os.environ["JOURNAL_STREAM"] = f"{{journal.st_dev}}:{{journal.st_ino + int(sys.argv[1])}}"
from jobs import logs
from jobs.cli import main
from tests.support import running_service
logs.set_up(running_service.settings(log={form!r}))
logs.LOG.info("all is well")
logs.LOG.warning("two\\nlines")
try:
    1 / 0
except ZeroDivisionError:
    logs.LOG.exception("failed")
logs.LOG.critical("giving up")
"""
    path = str(running_service.ROOT)

    journal, other = (
        subprocess.run(
            [sys.executable, "-c", program, apart],
            env={**os.environ, "PYTHONPATH": path},
            stderr=subprocess.PIPE,
            text=True,
        ).stderr.splitlines()
        for apart in ("0", "1")
    )

    first, *_, last = found = [line[:3] for line in journal]
    assert (first, found[1], last) == ("<6>", "<4>", "<2>")
    assert set(found[2:-1]) == {"<3>"}
    assert journal[0][3:5] == other[0][:2]
    assert not any(line.startswith("<") for line in other)


@pytest.mark.slow
def test_a_link_to_the_database_is_the_same_database(record, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = elsewhere / "link.db"
    link.symlink_to(record)

    with connect.locked(schedule.leader_lock(record), 0), daemon(link) as second:
        refused = second.wait(running_service.HANGS)

    assert refused == 4
    assert Settings(None, link).db == record
    assert {*elsewhere.iterdir()} == {link, second.log}  # no second lock


@pytest.mark.slow
@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.soak)])
def test_a_killed_leader_has_a_successor_and_leaves_no_orphan(record, figure, kills):
    slowest_start, slowest_end = 0.0, 0.0
    for _ in range(kills):
        with daemon(record, "hold") as leader:
            wait_for(lambda leader=leader: len(children(leader.pid)) == 2)  # a worker and its own
            orphans = children(leader.pid)
            leader.kill()
            leader.wait()
        with daemon(record) as successor:
            slowest_start = max(slowest_start, wait_for(lambda s=successor: leads(s)))
            slowest_end = max(
                slowest_end, wait_for(lambda orphans=orphans: not any(map(alive, orphans)))
            )
            assert terminated(successor) == 0
    figure(
        "service kill",
        kills,
        s_until_the_next_leads=slowest_start,
        s_until_no_worker_is_left=slowest_end,
        damaged=int(not whole(record)),
    )
    assert whole(record)


@pytest.mark.soak
def test_whoever_writes_waits_for_the_daemon_then_names_its_worker(record, monkeypatch):
    drop(record, month(3))
    with daemon(record) as busy:
        wait_for(lambda: children(busy.pid))
        with connect.writing(record):
            pass
        wait_for(lambda: woke(busy))
        assert terminated(busy) == 0
    with daemon(record, "hold") as busy:
        wait_for(lambda: len(children(busy.pid)) == 2)
        with (
            pytest.raises(BusyError, match="is in use by process") as caught,
            connect.writing(record),
        ):
            pass
        assert int(caught.value.holder.split()[1]) in children(busy.pid)
        assert caught.value.exit_code == 4


@pytest.mark.slow
def test_whoever_writes_while_the_daemon_works_is_told_who_does(record):
    with daemon(record, "hold") as busy:
        wait_for(lambda: len(children(busy.pid)) == 2)
        with pytest.raises(BusyError) as caught, connect.writing(record, wait=0.3):
            pass
        assert int(caught.value.holder.split()[1]) in children(busy.pid)


@pytest.mark.slow
@pytest.mark.parametrize(
    "delays",
    [(0.3, 1.4), pytest.param([n / 10 for n in range(30)], marks=pytest.mark.soak)],
)
def test_sigterm_at_any_moment_ends_well_and_leaves_nothing_half(record, figure, delays):
    for number, delay in enumerate(delays):
        drop(record, month(3 + number % 25))
        with daemon(record) as process:
            wait_for(lambda process=process: leads(process))
            time.sleep(delay)
            below = children(process.pid)
            assert terminated(process) == 0
            wait_for(lambda below=below: not any(map(alive, below)))
        assert whole(record)
        assert not list(record.parent.glob("*.part"))
    running_service.wake(record)
    without = [run for _, run in releases_by_run(record)].count(None)
    figure("service stopped", len(delays), half_done=0, releases_without_a_run=without)
    assert without == 0


@pytest.mark.slow
def test_a_wake_that_takes_too_long_is_stopped_and_tried_again(record):
    service = schedule.Daemon(
        Context.open(record, running_service.settings(run_minutes=0.02)),
        running_service.hold,
        threading.Event(),
    )
    service.scheduler = _Shelf()

    service.wake()

    outcome, detail = table(ops.ops_path(record), "select outcome, detail from wakes order by id")[
        -1
    ]
    assert (outcome, detail) == ("failed", "stopped after 0.02 minutes (service.run_minutes)")
    assert service.again_at > time.monotonic()
    assert not [c for c in multiprocessing.active_children() if c.is_alive()]


def about(record: Path) -> Context:
    return Context.open(record, running_service.settings())


def die(context):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_killed_worker_is_a_failed_wake(record):
    service = schedule.Daemon(about(record), die, threading.Event())
    service.scheduler = _Shelf()

    service.wake()

    (detail,) = table(ops.ops_path(record), "select detail from wakes order by id")[-1]
    assert "exit code -9" in detail


@pytest.mark.slow
def test_the_operator_is_told_of_a_failed_wake(record):
    taken = mail_server.Taken()
    with mail_server.server(taken) as port:
        mail = Mail(
            enabled=True,
            host="localhost",
            port=port,
            security="local",
            sender="us@example.org",
            operator="op@example.org",
        )
        config = running_service.settings().model_copy(update={"mail": mail})
        service = schedule.Daemon(Context.open(record, config), die, threading.Event())
        service.scheduler = _Shelf()
        service.wake()

    assert any(
        b"the worker exited without a result" in b" ".join(text.split())
        for _, text in taken.messages
    )


class _Shelf:
    """Keeps what would be scheduled."""

    def __init__(self) -> None:
        self.jobs: list[dict] = []

    def add_job(self, *_, **job) -> None:
        self.jobs.append(job)

    def get_jobs(self) -> list:
        return []


@pytest.fixture
def signals():
    """Handlers as they were before the test."""
    kept = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    yield
    for number, handler in kept:
        signal.signal(number, handler)


@pytest.mark.slow
@pytest.mark.usefixtures("signals")
def test_a_timer_wakes_it_once_and_names_a_daemon_that_leads(record):
    drop(record, month(3))
    work = running_service.WORK["work"]

    done = schedule.serve(about(record), work, "timer")
    with connect.locked(schedule.leader_lock(record), 0), pytest.raises(BusyError):
        schedule.serve(about(record), work, "timer")

    assert (done.outcome, done.detail) == ("published", "run 4")
    last = table(ops.ops_path(record), "select outcome, detail from wakes order by id")[-1]
    assert last == ("published", "run 4")


@pytest.mark.slow
def test_a_timers_wake_that_fails_is_recorded(record):
    edit(record, "pragma user_version = 99")

    done = schedule.serve(about(record), running_service.WORK["work"], "timer")

    assert done.outcome == "failed"
    assert "written by a newer bordercast" in done.detail
    last = table(ops.ops_path(record), "select outcome, detail from wakes order by id")[-1]
    assert last == (done.outcome, done.detail)


def wakes_of(clock: datetime, days: int) -> list[datetime]:
    """When the service is to wake from a moment on."""
    context = Context.open(Path("b.db"), running_service.settings(jitter_minutes=30))
    found: list[datetime] = []
    for _ in range(days):
        found.append(schedule.next_daily(context, found[-1] if found else clock))
    return found


@pytest.mark.parametrize("zone", ["America/New_York", "UTC"])
def test_the_service_wakes_once_a_day_whatever_the_local_time(zone, monkeypatch):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        found = wakes_of(datetime(2026, 10, 1, tzinfo=UTC), 200)  # both changes of the clock
    finally:
        monkeypatch.undo()
        time.tzset()

    assert [moment.date() for moment in found] == [
        datetime(2026, 10, 1).date() + n * DAY for n in range(200)
    ]


JUMPS = {
    "an hour ahead": [0, 1 / 24, 1],
    "an hour back": [0, -1 / 24, 1],
    "forty days ahead, and back": [0, 40, 0.1, 1],
    "forty days back, and again": [0, -40, 0.1, 1],
    "ten years ahead, and back": [0, 3652, 0.1, 1],
    "end of summer time": [41, 42, 43],
    "start of summer time": [174, 175, 176],
    "29 February": [525, 526, 527],
    "1 October": [10, 11, 12],
    "a restart every hour": [n / 24 for n in range(5)],
}
JUMPED = ("+1h", "-1h", "+40d", "-40d", "+3652d", "-3652d")
OFTEN = ("an hour back", "forty days ahead, and back", "forty days back, and again")  # tried always


@pytest.mark.slow
@pytest.mark.parametrize(
    "days",
    [
        pytest.param(days, id=name, marks=[] if name in OFTEN else pytest.mark.soak)
        for name, days in JUMPS.items()
    ],
)
def test_whatever_the_clock_says_each_release_is_worked_exactly_once(record, days):
    for number, day in enumerate(days):
        drop(record, month(3 + number))
        for again in (0, 0.01):
            running_service.wake(record, running_service.NOW + timedelta(days=day + again))

    by_run = releases_by_run(record)
    assert [run for _, run in by_run] == list(range(1, 4 + len(days)))
    assert whole(record)


@pytest.mark.slow
def test_ten_years_back_nothing_is_published_and_later_all_is_made_up_for(record):
    """Figures of months that had not ended then are no reason to judge anything."""
    drop(record, month(3))

    done = running_service.wake(record, running_service.NOW - 3652 * DAY)

    assert done.outcome == "nothing new"
    assert releases_by_run(record) == [(1, 1), (2, 2), (3, 3)]
    ((refused, why),) = table(
        record, "select id, reason from releases where status = 'quarantined'"
    )
    assert "which was not over when it came; if this machine's clock was wrong, set it" in why

    words = ["--db", str(record), "releases", "accept", str(refused), "--why", "the clock was off"]
    assert CliRunner().invoke(main, words).exit_code == 0
    assert running_service.wake(record).outcome == "published"
    assert [run for _, run in releases_by_run(record)] == [1, 2, 3, 4]
    assert whole(record)


@pytest.mark.slow
def test_three_missed_releases_are_made_up_for_oldest_first(record):
    for number in (5, 3, 4):
        drop(record, month(number))

    done = running_service.wake(record, running_service.NOW + 40 * DAY)

    assert (done.outcome, done.detail) == ("published", "run 4; run 5; run 6")
    assert table(record, "select data_through from runs order by id")[-3:] == [
        (month(3),),
        (month(4),),
        (month(5),),
    ]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/usr/bin/faketime").exists(), reason="faketime is not installed")
@pytest.mark.parametrize(
    "jump",
    [
        pytest.param("+40d", id="one"),
        *(pytest.param(jump, marks=pytest.mark.soak) for jump in JUMPED),
    ],
)
def test_a_running_daemon_looks_at_once_when_the_clock_jumps(record, figure, jump, tmp_path):
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    clock = tmp_path / "clock"

    def turn(by: str) -> None:
        clock.with_suffix(".part").write_text(by)
        clock.with_suffix(".part").rename(clock)

    turn("+0")
    with daemon(
        record,
        LD_PRELOAD=str(library),
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    ) as process:
        wait_for(lambda: woke(process))
        drop(record, month(3))
        turn(jump)
        # Before the months of its figures had ended a file is refused, with why.
        before = jump == "-3652d"
        wait_for(lambda: ("not over when it came" if before else "run 4 is") in said(process))
        drop(record, month(4))
        turn("+0")
        # The next file brings all months of the one that was refused.
        last = 4 if before else 5
        wait_for(lambda: f"run {last} is published" in said(process))
        assert terminated(process) == 0
    found = [run for _, run in releases_by_run(record)]
    every = list(range(1, last + 1))
    figure("clock jump", 1, releases_missed_or_doubled=int(found != every))
    assert found == every


class Pinged(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.pings.append((self.path, body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_the_heartbeat_goes_out_and_failure_goes_to_fail():
    with ThreadingHTTPServer(("127.0.0.1", 0), Pinged) as server:
        server.pings = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/ping/abc"
        assert heartbeat.ping(address, True, "published run 1")
        assert heartbeat.ping(address, False, "failed")
        server.shutdown()

    assert server.pings == [("/ping/abc", "published run 1"), ("/ping/abc/fail", "failed")]
    assert not heartbeat.ping("", True, "")


@pytest.mark.slow
def test_systemd_is_told_that_we_are_ready_alive_and_going(record, tmp_path):
    place = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(place))
        listener.settimeout(running_service.HANGS)
        with daemon(record, NOTIFY_SOCKET=str(place), WATCHDOG_USEC="600000") as process:
            heard = [listener.recv(999).decode() for _ in range(4)]
            process.send_signal(signal.SIGTERM)
            while "STOPPING=1" not in heard:
                heard.append(listener.recv(999).decode())
            assert process.wait(running_service.HANGS) == 0

    assert heard[0] == "READY=1"
    assert heard.count("WATCHDOG=1") >= 2


@pytest.mark.parametrize("form", ["plain", "json"])
def test_a_log_line_is_one_line_without_secrets(form, monkeypatch, capsys):
    monkeypatch.setenv("BORDERCAST_MAIL_PASSWORD", "hunter2!")
    logs.set_up(running_service.settings(log=form, heartbeat="https://hc.example.org/uuid-1234"))

    logging.getLogger("bordercast").info("hunter2! at https://hc.example.org/uuid-1234\nx")

    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "hunter2" not in line
    assert "uuid" not in line
    if form == "json":
        assert json.loads(line)["message"] == "******** at https://hc.example.org/********\nx"


def resident(pid: int) -> float:
    """Megabytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wakes", "releases"),
    [(5, 2), pytest.param(1000, 30, marks=[pytest.mark.soak, pytest.mark.slow])],
)
def test_wakes_and_releases_leave_nothing_behind(tmp_path, figure, wakes, releases):
    """Thirty days, compressed: memory, descriptors and the log stay where they were."""
    path = tmp_path / "b.db"
    own, often = os.getpid(), wakes // releases
    service = schedule.Daemon(
        about(path), partial(wakeup.main, with_bundle=False), threading.Event()
    )
    service.scheduler = _Shelf()
    memory, handles, log = [], [], []
    for number in range(wakes):
        if number % often == 0 and number // often < releases:
            drop(path, month(number // often))
        service.wake()
        memory.append(resident(own))
        handles.append(descriptors(own))
        log.append(path.with_name("b.db-wal").stat().st_size if wal(path) else 0)
    settled = min(20, wakes // 2)  # by then everything is imported
    memory, handles = memory[settled:], handles[settled:]
    found = [run for _, run in releases_by_run(path)]

    figure(
        "thousand wakes",
        wakes,
        MB_of_memory_more=max(memory) - memory[0],
        descriptors_more=max(handles) - min(handles),
        MB_of_log_at_most=max(log) / 1e6,
        releases_missed_or_doubled=int(found != list(range(1, releases + 1))),
    )
    assert found == list(range(1, releases + 1))
    assert max(memory) - memory[0] < 20
    assert len(set(handles)) == 1
    assert max(log) <= 16_777_216
    assert table(ops.ops_path(path), "select distinct outcome from wakes order by 1") == [
        ("nothing new",),
        ("published",),
    ]
    assert whole(path)


def wal(path: Path) -> bool:
    return path.with_name("b.db-wal").exists()
