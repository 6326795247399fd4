"""The daemon's own decisions, without a scheduler that runs: when it wakes, gives up, and tells."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import httpx
import pytest

from forecast.config import Config
from forecast.context import Context
from forecast.errors import BusyError, ConfigError, DataError
from forecast.store import ops, wakes
from jobs import environment
from jobs.compute.orphans import end_groups
from jobs.service import daemon, heartbeat, upkeep
from jobs.service.wakeup import CycleResult
from tests.support import running_service, services
from tests.support.webhook_receiver import Receiver

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)


class Shelf:
    """Keeps what is scheduled, as apscheduler is told it."""

    def __init__(self) -> None:
        self.added = []

    def add_job(self, *what, **how) -> None:
        self.added.append((what, how))

    def start(self) -> None:
        self.began = [how.get("id") for _, how in self.added]

    def shutdown(self, wait) -> None:
        self.ended = wait


def one(path, config=None, **how) -> daemon.Daemon:
    context = Context.open(path, config or running_service.settings())
    work = running_service.WORK["work"]
    return daemon.Daemon(context, work, threading.Event(), scheduler=Shelf(), **how)


@pytest.fixture
def service(tmp_path):
    return one(tmp_path / "b.db")


@pytest.fixture
def systemd(monkeypatch):
    """What systemd, which listens, was told up to now."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        name = f"bordercast-{os.getpid()}-{id(listening)}"
        listening.bind(f"\0{name}")
        listening.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")

        def told() -> Iterator[str]:
            with suppress(BlockingIOError):
                while state := listening.recv(4096):
                    yield state.decode()

        yield told


@pytest.mark.parametrize(
    ("pulse", "woke", "trouble"),
    [
        (0, None, ""),
        (daemon.NO_LOOK - 5, None, ""),
        (daemon.NO_LOOK + 1, None, "the scheduler has stopped"),
        (0, 60 + daemon.OVERTIME - 5, ""),
        (0, 60 + daemon.OVERTIME + 1, "a wake did not end"),
        (daemon.NO_LOOK + 1, 60 + daemon.OVERTIME + 1, "the scheduler has stopped"),
    ],
)
def test_it_is_beyond_help_without_a_pulse_or_an_end(tmp_path, pulse, woke, trouble):
    """Seconds ago, by the monotonic clock; a wake may take a minute."""
    service = one(tmp_path / "b.db", running_service.settings(run_minutes=1))
    service.looked = time.monotonic() - pulse
    service.woke = None if woke is None else time.monotonic() - woke

    assert service._trouble() == trouble
    service.look()
    assert time.monotonic() - service.looked < running_service.HANGS


@pytest.mark.parametrize(
    ("pulse", "woke", "trouble"),
    [
        (120.0, None, ""),
        (120.5, None, "the scheduler has stopped"),
        (0.0, 180.0, ""),
        (0.0, 180.5, "a wake did not end"),
    ],
)
def test_it_has_two_minutes_of_patience_and_a_wake_those_beyond_its_own(
    tmp_path, pulse, woke, trouble
):
    service = one(tmp_path / "b.db", running_service.settings(run_minutes=1))
    service.clock = SimpleNamespace(monotonic=lambda: 1000.0)
    service.looked = 1000.0 - pulse
    service.woke = None if woke is None else 1000.0 - woke

    assert service._trouble() == trouble


def test_it_looks_at_once_and_then_regularly_whatever_the_clock(service):
    service.looked = 0.0

    service._look_regularly()

    (look, trigger), how = service.scheduler.added[0]
    assert (look, trigger.interval) == (service.look, timedelta(seconds=daemon.LOOK))
    assert how == {"id": "look", "executor": "look", "replace_existing": True}
    assert service.scheduler.added[1:] == [((service.look,), {"executor": "look"})]
    assert service.looked > 0


@pytest.mark.parametrize(
    ("mode", "again", "ahead"),
    [
        ("daemon", None, "2026-09-20T15:00:00+00:00"),
        ("daemon", 7200, "2026-09-20T14:00:00+00:00"),
        ("daemon", 36_000, "2026-09-20T15:00:00+00:00"),
        ("timer", 7200, None),
    ],
)
def test_who_leads_says_when_it_wakes_next(service, mode, again, ahead):
    service.clock = SimpleNamespace(monotonic=lambda: 1000.0)
    service.mode, service.again_at = mode, again and 1000.0 + again

    with ops.writing(service.context.path) as db:
        service._lead(db, NOW)

    leader = wakes.leader(service.context.path)
    assert (leader.started_at, leader.next_wake_at) == ("2026-09-20T12:00:00+00:00", ahead)
    assert (leader.pid, leader.mode) == (os.getpid(), mode)


def test_a_failed_wake_is_tried_again_after_the_minutes_of_the_settings(tmp_path):
    clock = [1000.0]
    service = one(tmp_path / "b.db", running_service.settings(retry_minutes=20))
    service.clock = SimpleNamespace(monotonic=lambda: clock[0])
    assert service._wake_due(service.context, NOW)  # at its start

    service._try_again()

    assert service.again_at == 1000.0 + 1200
    clock[0] = 2199.9
    assert not service._wake_due(service.context, NOW)  # whatever the record says
    clock[0] = 2200.0
    assert service._wake_due(service.context, NOW)


@pytest.mark.parametrize(
    ("done", "again"),
    [
        (CycleResult("failed", ""), True),
        (CycleResult("published", ""), False),
        (CycleResult("nothing new", "", again=True), True),
        (CycleResult("stopped", ""), False),
    ],
)
def test_a_wake_comes_again_where_it_failed_or_a_file_is_being_written(service, done, again):
    service.worker = lambda work: done

    assert service._wake() is done

    assert (service.again_at is not None) == again
    ((outcome,),) = running_service.table(
        ops.ops_path(service.context.path), "select outcome from wakes"
    )
    assert outcome == done.outcome


@pytest.mark.parametrize("mode", ["timer", "daemon"])
def test_what_ends_a_wake_is_told_to_those_who_wait_for_it(service, monkeypatch, mode, systemd):
    """A daemon's next wake does not wait for the address's server: it is asked beside it."""
    service.mode, server = mode, Receiver()
    with server.serving() as address:
        monkeypatch.setenv(environment.HEARTBEAT, address)
        for outcome in ("published", "nothing new", "failed", "blocked", "stopped", "waiting"):
            service.worker = lambda work, outcome=outcome: CycleResult(outcome, "why" * 100)
            service.wake()
        asked = [how for what, how in service.scheduler.added if what == (heartbeat.ping,)]
        assert server.taken == [] or mode == "timer"
        assert {how["executor"] for how in asked} == ({"heartbeat"} if mode == "daemon" else set())
        for how in asked:
            heartbeat.ping(*how["args"])

    assert server.paths == ["/", "/", "/fail", "/fail"]
    assert server.taken[2][1].startswith(b"failed whywhy")
    states = list(systemd())
    assert {len(state) for state in states} == {200}
    assert states[0].startswith("STATUS=published why")


def test_no_address_is_asked_where_there_is_none(service):
    service.worker = lambda work: CycleResult("published", "")
    service.wake()

    assert service.scheduler.added == []


def test_those_who_wait_for_others_are_left_behind_when_the_time_is_up():
    over = threading.Event()
    names = [f"{daemon.THREADS}-witness_0", f"{daemon.THREADS}-heartbeat_0", "another"]
    threads = [threading.Thread(target=over.wait, name=each, daemon=True) for each in names]
    for each in threads:
        each.start()
    try:
        assert sorted(daemon._left_behind(0.05)) == sorted(names[:2])
    finally:
        over.set()
    assert daemon._left_behind(running_service.HANGS) == []


def test_a_command_that_leads_a_group_is_ended_with_all_it_started_and_no_other(tmp_path):
    told = tmp_path / "pid"
    words = ["sh", "-c", f"sleep 600 & echo $! > {told}; wait"]
    with (
        subprocess.Popen(words, start_new_session=True) as alone,
        subprocess.Popen(["sleep", "600"]) as ours,
    ):
        running_service.wait_for(lambda: told.exists() and told.read_text().strip())
        end_groups()
        assert alone.wait(running_service.HANGS) == -signal.SIGKILL
        running_service.wait_for(lambda: not running_service.alive(int(told.read_text())))
        assert ours.poll() is None
        ours.kill()


def test_nothing_is_done_once_it_is_to_stop(service):
    service.stop.set()

    assert service.wake() == CycleResult("stopped", "")
    service.post()
    service.look()
    service.witness()
    assert service.scheduler.added == []
    assert not service.context.path.exists()
    assert not service.working.locked()


MAIL = {"enabled": True, "host": "h", "sender": "a@example.org"}
WITNESSED = {"repository": "git@example.org:x"}


def with_sections(**changed) -> Config:
    return Config.model_validate({**running_service.settings().model_dump(), **changed})


def test_it_looks_at_once_and_again_until_it_is_stopped(service, systemd):
    service.stop.set()

    service.run()

    (regular, at_once) = service.scheduler.added
    assert (regular[0][0], at_once[0]) == (service.look, (service.look,))
    assert regular[0][1].interval == timedelta(seconds=daemon.LOOK) == timedelta(seconds=30)
    assert (regular[1]["id"], at_once[1]) == ("look", {"executor": "look"})
    assert list(systemd()) == ["READY=1", "STOPPING=1"]
    assert service.scheduler.ended is False


def test_a_look_starts_what_is_due_once_and_servers_are_asked_no_more_often(service, monkeypatch):
    clock, answers, ran = [1000.0], {"wake": True, "mail": True, "witness": False}, []
    service.clock = SimpleNamespace(monotonic=lambda: clock[0])

    def task(name, executor, every=0.0):
        def is_due(context, now):
            assert context is service.context
            if answers[name] is None:
                raise DataError("somebody writes")
            return answers[name]

        return daemon.ServiceTask(is_due, lambda: ran.append(name), executor, every)

    tasks = {
        "wake": task("wake", "default"),
        "mail": task("mail", "default", 300),
        "witness": task("witness", "witness"),
    }
    monkeypatch.setattr(service, "tasks", lambda: tasks)

    def look() -> list[str]:
        service.scheduler.added.clear()
        service.look()
        return [how["id"] for _, how in service.scheduler.added]

    assert look() == ["wake", "mail"]
    assert look() == []  # both are under way
    for name in ("wake", "mail"):
        service._do(name, tasks[name].run)
    answers["witness"] = None
    assert look() == ["wake"]  # mail was started less than five minutes ago
    service._do("wake", tasks["wake"].run)
    clock[0], answers["witness"], answers["wake"] = 1300.0, True, False
    assert look() == ["mail", "witness"]
    assert [how["executor"] for _, how in service.scheduler.added] == ["default", "witness"]
    assert ran == ["wake", "mail", "wake"]
    service.stop.set()
    service.under_way.clear()
    assert look() == []


def test_a_task_that_fails_may_be_started_again(service):
    service.under_way.add("mail")
    with pytest.raises(ZeroDivisionError):
        service._do("mail", lambda: 1 / 0)

    assert service.under_way == set()


def test_the_tasks_are_a_wake_mail_and_witnesses(service):
    assert [(name, *task[2:]) for name, task in service.tasks().items()] == [
        ("wake", "default", 0),
        ("mail", "default", 300),
        ("witness", "witness", 300),
    ]


def test_its_port_answers_while_it_leads(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    service = one(tmp_path / "b.db", running_service.settings(port=number))
    service.stop.set()

    service.run()

    answer = httpx.get(f"http://127.0.0.1:{number}/healthz", timeout=running_service.HANGS)
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_work_is_done_in_a_process_of_its_own(service):
    done = service._work(services.answers)

    name, _, pid = done.detail.partition(" by ")
    assert (done.outcome, name, done.again) == ("published", "b.db", True)
    assert int(pid) != os.getpid()
    assert not running_service.alive(int(pid))
    assert (service.child, service.woke) == (None, None)


def test_work_that_dies_is_said_to_have_with_its_exit(service):
    assert service._work(services.dies) == CycleResult(
        "failed", "the worker exited without a result (exit code 7)"
    )


@pytest.mark.parametrize(
    ("stopped", "ends"),
    [
        (False, CycleResult("failed", "stopped after 1 minutes (service.run_minutes)")),
        (True, CycleResult("stopped", "the service was stopped; the next start does what is left")),
    ],
)
def test_work_that_takes_too_long_or_is_to_stop_is_killed(tmp_path, monkeypatch, stopped, ends):
    service = one(tmp_path / "b.db", running_service.settings(run_minutes=1))
    child, clock = tmp_path / "child", [1000.0]
    service.clock = SimpleNamespace(monotonic=lambda: clock[0])
    monkeypatch.setattr(daemon.child, "time", service.clock)
    found = []
    running = threading.Thread(target=lambda: found.append(service._work(services.hangs)))
    running.start()
    running_service.wait_for(lambda: child.exists() and child.read_text())
    assert service.woke == 1000.0
    assert service.child is not None
    if stopped:
        service.stop.set()
    else:
        clock[0] = 1060.0
        running.join(0.5)
        assert found == []  # a minute is not over
        clock[0] = 1060.5
    running.join(running_service.HANGS)

    assert found == [ends]
    assert not running_service.alive(int(child.read_text()))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DataError("no figures"), "no figures"),
        (OSError("disk"), "disk"),
        (KeyError("x"), "KeyError: 'x'"),
    ],
)
def test_a_wake_that_cannot_be_recorded_or_done_is_failed_and_tried_again(service, error, said):
    def failing(work):
        raise error

    service.worker = failing

    assert service._wake() == CycleResult("failed", said)
    assert service.again_at > time.monotonic()


def test_a_wake_is_recorded_from_its_beginning_to_its_end(service):
    def working_on(work):
        assert work is service.work
        ((outcome, pid),) = running_service.table(
            ops.ops_path(service.context.path), "select outcome, pid from wakes"
        )
        assert (outcome, pid) == ("working", os.getpid())
        assert service.working.locked()
        return CycleResult("published", "run 7")

    service.worker = working_on

    assert service.wake() == CycleResult("published", "run 7")
    ((outcome, detail, ended),) = running_service.table(
        ops.ops_path(service.context.path), "select outcome, detail, finished_at from wakes"
    )
    assert (outcome, detail, bool(ended)) == ("published", "run 7", True)
    ((pid, mode),) = running_service.table(
        ops.ops_path(service.context.path), "select pid, mode from service"
    )
    assert (pid, mode) == (os.getpid(), "daemon")
    assert not service.working.locked()


@pytest.mark.parametrize(
    ("outcome", "posts", "level"),
    [("failed", 1, "ERROR"), ("published", 0, "INFO"), ("blocked", 0, "INFO")],
)
def test_after_a_failed_wake_the_mail_goes_out_all_the_same(
    tmp_path, caplog, outcome, posts, level
):
    told = []

    def work(what):
        if what is daemon.wakeup.post:
            told.append(service.working.locked())
            return CycleResult("nothing new", "")
        return CycleResult(outcome, "why")

    service = one(tmp_path / "b.db", with_sections(mail=MAIL), worker=work)
    with caplog.at_level("INFO", "bordercast"):
        service.wake()

    assert told == [True] * posts
    (event,) = caplog.records
    assert (event.levelname, event.getMessage()) == (level, f"wake: {outcome} why")


def test_mail_is_sent_only_where_somebody_is_told_and_a_failure_is_logged(tmp_path, caplog):
    asked = []

    def posting(done):
        def work(what):
            asked.append(what)
            if isinstance(done, Exception):
                raise done
            return done

        return work

    quiet, telling = one(tmp_path / "b.db"), one(tmp_path / "b.db", with_sections(mail=MAIL))
    for service in (quiet, telling):
        service.worker = posting(CycleResult("nothing new", ""))
        service._post()
    assert asked == [daemon.wakeup.post]
    assert caplog.records == []
    for done in (CycleResult("failed", "no server"), KeyError("x")):
        telling.worker = posting(done)
        telling._post()
    said = [event.getMessage() for event in caplog.records]
    assert said == ["mail: no server", "the mail failed", "mail: 'x'"]
    telling.stop.set()
    telling._post()
    assert len(asked) == 3


def test_witnesses_are_asked_where_they_are_due_and_the_copy_gets_their_proofs(
    tmp_path, by_hand, monkeypatch, caplog
):
    path = tmp_path / "b.db"
    shutil.copy(by_hand, path)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", tmp_path / "r.git"], check=True)
    there = {"repository": str(tmp_path / "r.git")}
    service = one(path, with_sections(witness=there))
    with caplog.at_level("INFO", "bordercast"):
        service.witness()
        service.witness()  # nothing is missing now

    copy = tmp_path / "b-snapshot.db"
    assert [(e.levelname, e.getMessage()) for e in caplog.records] == [("INFO", "git: had")]
    assert running_service.table(copy, "select witness from witness_proofs") == [("git",)]
    caplog.clear()
    copy.unlink()
    sign = {"sign": ("sh", "-c", "echo no key >&2; exit 1"), "public_keys": (KEY,)}
    failing = one(path, with_sections(witness=sign))
    with caplog.at_level("INFO", "bordercast"):
        failing.witness()
        failing.witness()  # it is put off
    assert [(e.levelname, e.getMessage()) for e in caplog.records] == [
        ("WARNING", "signature: sh (exit 1): no key")
    ]
    assert not copy.exists()


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"


def test_a_record_that_cannot_be_witnessed_now_ends_nothing(tmp_path, by_hand, monkeypatch, caplog):
    path = tmp_path / "b.db"
    shutil.copy(by_hand, path)
    service = one(path, with_sections(witness=WITNESSED))
    wakes.save_verified(path, NOW, "", ["run 1 was edited"])
    service.witness()
    monkeypatch.setattr(daemon, "witnesses_due", lambda *_: 1 / 0)
    service.witness()

    first, second = caplog.records
    assert (first.levelname, first.exc_info) == ("WARNING", None)
    assert first.getMessage().startswith("witness: ")
    assert "run 1 was edited" in first.getMessage()
    assert (second.levelname, second.getMessage()) == (
        "ERROR",
        "the witnesses could not be asked",
    )


class Looks(threading.Event):
    """So many looks of a supervisor, without waiting; then it is stopped."""

    def __init__(self, many: int) -> None:
        super().__init__()
        self.left = many

    def wait(self, timeout=None) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize(
    ("offsets", "moved"),
    [
        ([0, 30, 30, 30], 0),  # half a minute is no jump
        ([0, 31, 31, 31], 1),
        ([0, -31, -31, -31], 1),
        ([0, 0, 0, 40], 1),
        ([0, 40, 40, 0], 2),
    ],
)
@pytest.mark.parametrize("mode", ["daemon", "timer"])
def test_a_jump_of_the_clock_is_seen_once_and_means_a_wake(service, mode, offsets, moved):
    looks = Looks(len(offsets))
    service.stop, service.mode, service.again_at = looks, mode, None
    at = SimpleNamespace(
        monotonic=lambda: 1000.0,
        time=lambda: 5000.0 + offsets[max(len(offsets) - 1 - looks.left, 0)],
    )
    service.looked, service.clock = 1000.0, at

    service.watch()

    assert len(service.scheduler.added) == (2 * moved if mode == "daemon" else 0)
    assert (service.again_at == 0.0) == (moved > 0)
    assert service._wake_due(service.context, NOW)


def test_a_service_beyond_help_ends_its_worker_and_itself(service, monkeypatch):
    ended = []
    service.stop = Looks(3)
    service.child = SimpleNamespace(kill=lambda: ended.append("the child"))
    service.woke = -1e9

    def leave(code):
        ended.append(code)
        raise SystemExit

    monkeypatch.setattr(daemon.os, "_exit", leave)
    with pytest.raises(SystemExit):
        service.watch()

    assert ended == ["the child", 1]


@pytest.mark.parametrize(("usec", "told"), [("0", 0), ("1", 4), ("600000000", 2), ("603000000", 2)])
def test_systemd_hears_that_all_is_well_as_often_as_it_wants(
    service, monkeypatch, systemd, usec, told
):
    """Four looks, a hundred seconds apart; it wants to hear of us within some ten minutes."""
    looks = Looks(4)
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    clock = SimpleNamespace(monotonic=lambda: 1e6 - 100 * looks.left)
    clock.time = clock.monotonic
    service.stop, service.clock, service.looked = looks, clock, 1e6

    service.watch()

    assert list(systemd()) == ["WATCHDOG=1"] * told


def test_who_leads_is_named_and_nobody_else_s_lock_is_taken_for_it(tmp_path, monkeypatch):
    monkeypatch.setattr(daemon, "LEADER_WAIT", 0.05)
    path = tmp_path / "new" / "b.db"
    with daemon._leading(path):
        assert path.parent.is_dir()
        with pytest.raises(BusyError) as busy, daemon._leading(path):
            pass
    assert busy.value.what == "the lead of b.db"
    assert busy.value.holder == f"process {os.getpid()} (bordercast serve)"
    with pytest.raises(BusyError) as other, daemon._leading(path):
        raise BusyError("the lock b.db.lock", "process 7")
    assert (other.value.what, other.value.holder) == ("the lock b.db.lock", "process 7")


@pytest.fixture
def signals():
    """Handlers as they were before the test."""
    kept = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    yield
    for number, handler in kept:
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_and_the_work_under_way(tmp_path, number):
    child = tmp_path / "child"

    def stop() -> None:
        running_service.wait_for(lambda: child.exists() and child.read_text())
        os.kill(os.getpid(), number)

    threading.Thread(target=stop, daemon=True).start()
    context = Context.open(tmp_path / "b.db", running_service.settings())
    done = daemon.serve(context, services.hangs, "timer")

    assert done.outcome == "stopped"
    assert not running_service.alive(int(child.read_text()))


def test_a_timer_wakes_once_asks_witnesses_and_stops(tmp_path, by_hand, monkeypatch, caplog):
    shutil.copy(by_hand, tmp_path / "b.db")
    sign = {"sign": ("sh", "-c", "echo no key >&2; exit 1"), "public_keys": (KEY,)}
    service = one(tmp_path / "b.db", with_sections(witness=sign))
    service.mode, service.worker = "timer", lambda work: CycleResult("published", "run 7")
    monkeypatch.setattr(daemon, "TICK", 0.01)

    with caplog.at_level("WARNING", "bordercast"):
        service.run()

    assert service.done == CycleResult("published", "run 7")
    assert [event.getMessage() for event in caplog.records] == ["signature: sh (exit 1): no key"]
    assert (service.scheduler.added, service._trouble()) == ([], "")


def test_one_thread_for_each_kind_of_work():
    scheduler = daemon._scheduler()

    assert {n: e._pool._max_workers for n, e in scheduler._executors.items()} == {
        "default": 1,
        "look": 1,
        "witness": 1,
        "heartbeat": 1,
    }
    names = {e._pool._thread_name_prefix for e in scheduler._executors.values()}
    assert {name.partition("-")[0] for name in names} == {daemon.THREADS}
    assert scheduler._job_defaults["coalesce"]
    assert scheduler._job_defaults["max_instances"] == 1
    assert scheduler._job_defaults["misfire_grace_time"] is None


# --- what the environment says


@pytest.mark.parametrize(("usec", "seconds"), [("30000000", 10.0), ("0", 0.0), ("", 0.0)])
def test_systemd_hears_from_us_three_times_in_its_patience(monkeypatch, usec, seconds):
    monkeypatch.setenv("WATCHDOG_USEC", usec)

    assert heartbeat.watchdog_seconds() == seconds


def test_a_heartbeat_that_does_not_answer_is_tried_three_times():
    with serving_closed() as (address, asked):
        assert not heartbeat.ping(address, True, "x")
        assert len(asked) == heartbeat.ATTEMPTS == 3


def serving_closed():
    """A server that refuses whatever it is asked, and keeps where."""
    asked: list[str] = []

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_response(500)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    @contextmanager
    def running():
        with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/", asked
            server.shutdown()

    return running()


@pytest.mark.parametrize(
    ("password", "address", "secrets"),
    [
        ("", "", []),
        ("abc", "", []),  # too short to be replaced in every line
        ("abcd", "", ["abcd"]),
        ("abcd", "https://hc.example.org/uuid-1234", ["uuid-1234", "abcd"]),
        ("long-password", "https://hc.example.org/uuid", ["long-password", "uuid"]),
        ("", "https://hc.example.org/", []),
    ],
)
def test_what_must_not_be_seen_in_a_log(monkeypatch, password, address, secrets):
    monkeypatch.setenv(environment.MAIL_PASSWORD, password)
    config = running_service.settings(heartbeat=address)

    assert environment.secrets(config) == secrets
    shown = environment.redacted(f"a {password} b {address}", config)
    assert not [secret for secret in secrets if secret in shown]


def test_a_variable_that_begins_like_ours_is_one_of_ours(monkeypatch):
    monkeypatch.setattr(environment.os, "environ", {"BORDERCAST_HEARTBEAT": "", "BORDERCAST": ""})
    environment.refuse_unknown()
    monkeypatch.setattr(environment.os, "environ", {"BORDERCAST_X": ""})
    with pytest.raises(
        ConfigError, match="BORDERCAST_X: no such variable; there are BORDERCAST_MA"
    ):
        environment.refuse_unknown()


@pytest.mark.parametrize(
    ("login", "said"),
    [("0", "root"), ("4294967295", "root"), ("12345678", "root for user 12345678"), ("x", "root")],
)
def test_whoever_logged_in_is_named_behind_the_account(tmp_path, monkeypatch, login, said):
    monkeypatch.setattr(environment, "_LOGIN", tmp_path / "loginuid")
    monkeypatch.setattr(environment.os, "getuid", lambda: 0)
    (tmp_path / "loginuid").write_text(login)

    assert environment.user() == said
    (tmp_path / "loginuid").unlink()
    assert environment.user() == "root"


@pytest.mark.parametrize(
    ("ago", "findings", "due"),
    [
        (timedelta(hours=20) - timedelta(seconds=1), [], False),
        (timedelta(hours=20), [], True),
        (timedelta(0), [], False),
        (-timedelta(seconds=1), [], True),  # the clock was ahead
        (timedelta(hours=1), ["run 1 was edited"], True),
    ],
)
def test_a_record_is_verified_once_in_twenty_hours(tmp_path, ago, findings, due):
    assert upkeep._verification_due(tmp_path / "b.db", NOW)
    wakes.save_verified(tmp_path / "b.db", NOW - ago, "digest", findings)

    assert upkeep._verification_due(tmp_path / "b.db", NOW) == due
