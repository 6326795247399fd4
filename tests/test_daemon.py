"""The daemon's own decisions, without a scheduler that runs: when it wakes, gives up, and tells."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
import serving

from forecast.config import Config
from forecast.errors import ConfigError
from forecast.store import ops, wakes
from jobs.service import daemon, environment, heartbeat, upkeep
from jobs.service.wakeup import Done

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)


class Shelf:
    """Keeps what is scheduled, as apscheduler is told it."""

    def __init__(self, *jobs) -> None:
        self.jobs, self.added, self.moved = jobs, [], []

    def add_job(self, *what, **how) -> None:
        self.added.append((what, how))

    def get_jobs(self):
        return list(self.jobs)

    def reschedule_job(self, name, trigger) -> None:
        self.moved.append((name, trigger))


def one(path, config=None, *jobs) -> daemon.Daemon:
    return daemon.Daemon(
        path,
        config or serving.settings(),
        serving.WORK["work"],
        threading.Event(),
        scheduler=Shelf(*jobs),
    )


@pytest.fixture
def service(tmp_path):
    return one(tmp_path / "b.db")


@pytest.mark.parametrize(
    ("at", "hour", "minute"), [("15:00", 15, 0), ("00:59", 0, 59), ("23:07", 23, 7)]
)
def test_it_wakes_at_its_hour_of_the_day_in_utc(at, hour, minute):
    trigger = daemon._daily(serving.settings(poll_at=at))

    found = trigger.get_next_fire_time(None, NOW)
    assert (found.hour, found.minute, found.utcoffset()) == (hour, minute, timedelta(0))
    assert trigger.jitter is None
    assert daemon._daily(serving.settings(jitter_minutes=30)).jitter == 1800
    assert daemon._every(300).interval == timedelta(seconds=300)


@pytest.mark.parametrize(
    ("pulse", "woke", "trouble"),
    [
        (0, None, ""),
        (daemon.NO_PULSE - 5, None, ""),
        (daemon.NO_PULSE + 1, None, "the scheduler has stopped"),
        (0, 60 + daemon.OVERTIME - 5, ""),
        (0, 60 + daemon.OVERTIME + 1, "a wake did not end"),
        (daemon.NO_PULSE + 1, 60 + daemon.OVERTIME + 1, "the scheduler has stopped"),
    ],
)
def test_it_is_beyond_help_without_a_pulse_or_an_end(tmp_path, pulse, woke, trouble):
    """Seconds ago, by the monotonic clock; a wake may take a minute."""
    service = one(tmp_path / "b.db", serving.settings(run_minutes=1))
    service.pulse = time.monotonic() - pulse
    service.woke = None if woke is None else time.monotonic() - woke

    assert service._trouble() == trouble
    service.beat()
    assert time.monotonic() - service.pulse < serving.HANGS


def test_a_clock_apart_from_the_monotonic_one_shows_by_its_offset(monkeypatch):
    before = daemon._clock_offset()
    assert abs(before - (time.time() - time.monotonic())) < serving.HANGS

    real = time.time
    monkeypatch.setattr(daemon.time, "time", lambda: real() + 3600)
    assert 3000 < daemon._clock_offset() - before < 4200


def test_after_a_jump_of_the_clock_all_times_ahead_are_set_anew_and_it_looks_at_once(tmp_path):
    mail = {"enabled": True, "host": "h", "sender": "a@example.org"}
    for changed, names in (
        ({}, ["daily", "pulse"]),
        ({"mail": mail}, ["daily", "pulse", "mail"]),
        ({"witness": {"repository": "git@example.org:x"}}, ["daily", "pulse", "witness"]),
    ):
        config = Config.model_validate({**serving.settings().model_dump(), **changed})
        service = one(tmp_path / "b.db", config)
        service.pulse = 0.0
        service._reschedule()
        assert [name for name, _ in service.scheduler.moved] == names
        assert [what for what, _ in service.scheduler.added] == [(service.wake,)]
        assert service.pulse > 0
        intervals = {
            n: t.interval.total_seconds() for n, t in service.scheduler.moved if n != "daily"
        }
        assert set(intervals.values()) <= {daemon.PULSE, daemon.MAIL}
        assert intervals["pulse"] == daemon.PULSE == 10


def job(name, at):
    return SimpleNamespace(id=name, next_run_time=at)


def test_who_leads_says_when_it_wakes_next(tmp_path):
    hour = timedelta(hours=1)
    jobs = [
        job("pulse", NOW + hour / 60),
        job("mail", NOW + hour / 30),
        job("witness", NOW + hour / 20),
        job("daily", NOW + 3 * hour),
        job("again", NOW + 2 * hour),
        job("start", NOW),
        job("paused", None),
        SimpleNamespace(id="not started"),
    ]

    leader = one(tmp_path / "b.db", None, *jobs)._leader(NOW)

    assert (leader.started_at, leader.next_wake_at) == (
        "2026-09-20T12:00:00+00:00",
        "2026-09-20T14:00:00+00:00",
    )
    assert one(tmp_path / "b.db")._leader(NOW).next_wake_at is None


def test_a_failed_wake_is_tried_again_after_the_minutes_of_the_settings(tmp_path):
    service = one(tmp_path / "b.db", serving.settings(retry_minutes=20))
    before = datetime.now(UTC)

    service._try_again()

    (((what,), how),) = ((w[:1], h) for w, h in service.scheduler.added)
    assert what == service.wake
    assert (how["id"], how["replace_existing"]) == ("again", True)
    assert (
        timedelta(minutes=20)
        <= how["run_date"] - before
        < timedelta(minutes=20 + serving.HANGS / 60)
    )


@pytest.mark.parametrize(
    ("done", "again"),
    [
        (Done("failed", ""), True),
        (Done("published", ""), False),
        (Done("nothing new", "", again=True), True),
        (Done("stopped", ""), False),
    ],
)
def test_a_wake_comes_again_where_it_failed_or_a_file_is_being_written(service, done, again):
    wake = service._begin(NOW)
    service._end(wake, done)

    assert bool(service.scheduler.added) == again
    ((outcome,),) = serving.table(ops.beside(service.path), "select outcome from wakes")
    assert outcome == done.outcome


def test_what_ends_a_wake_is_told_to_those_who_wait_for_it(service, monkeypatch):
    pings, states = [], []
    monkeypatch.setattr(heartbeat, "ping", lambda address, ok, said: pings.append((ok, said)))
    monkeypatch.setattr(heartbeat, "notify", states.append)
    monkeypatch.setattr(service, "_post", lambda: None)
    for outcome in ("published", "nothing new", "failed", "blocked", "stopped", "waiting"):
        monkeypatch.setattr(service, "_wake", lambda outcome=outcome: Done(outcome, "why" * 100))
        service.wake()

    assert [ok for ok, _ in pings] == [True, True, False, False]
    assert pings[2][1].startswith("failed whywhy")
    assert {len(state) for state in states} == {200}
    assert states[0].startswith("STATUS=published why")


def test_nothing_is_done_once_it_is_to_stop(service):
    service.stop.set()

    assert service.wake() == Done("stopped", "")
    service.post()
    service.witness()
    assert not service.path.exists()
    assert not service.working.locked()


def test_nothing_is_killed_where_no_worker_is():
    daemon._end_group(None)
    daemon._end_group(SimpleNamespace(pid=None))


def test_one_thread_for_each_kind_of_work():
    scheduler = daemon._scheduler()

    assert {n: e._pool._max_workers for n, e in scheduler._executors.items()} == {
        "default": 1,
        "pulse": 1,
        "witness": 1,
    }
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
            threading.Thread(target=server.serve_forever, daemon=True).start()
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
    config = serving.settings(heartbeat=address)

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
