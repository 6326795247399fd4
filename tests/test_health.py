"""What needs a person, at the very edge of each limit; nothing else is said then."""

from __future__ import annotations

import fcntl
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from forecast.desk.wording import due
from jobs.service import health

NOW = datetime(2026, 3, 5, tzinfo=UTC)
ROOM = health.SMALLEST_ROOM
WELL: dict[str, Any] = {
    "data_through": "2026-01",
    "state": "in use",
    "last_run": 7,
    "releases_without_run": [],
    "files_in_quarantine": 0,
    "models_left_out": [],
    "notices_held": 0,
    "days_since_month_end": 5,
    "service": 12,
    "mode": "daemon",
    "last_wake": {"started_at": NOW.isoformat(), "outcome": "published", "detail": "run 7"},
    "blocked": None,
    "unrecognized": [],
    "unknown_labels": [],
    "left_in_inbox": [],
    "undelivered": {},
    "mail_stopped": "",
    "verify_findings": "",
    "wal_bytes": 4096,
    "wal_held_by": None,
    "database_bytes": 1,
    "free_bytes": ROOM,
}


def woke(ago: timedelta, **changed: str) -> dict[str, Any]:
    return {"last_wake": WELL["last_wake"] | {"started_at": (NOW - ago).isoformat()} | changed}


def said(**changed: Any) -> tuple[list[str], list[str]]:
    facts = WELL | changed
    alarms, warnings = health._alarms(facts, NOW), health._warnings(facts)
    return [c.text for c in alarms if c.holds], [c.text for c in warnings if c.holds]


LATE, OVERDUE = min(health.LATE, due()[1]), due()[2]
HOURS = timedelta(hours=1)
SMALL = timedelta(seconds=1)

SILENT = {
    "all is well": {},
    "a day before it is late": {"days_since_month_end": LATE - 1},
    "late, but nobody waits yet": {"days_since_month_end": LATE, "state": "new"},
    "overdue, but nobody waits yet": {"days_since_month_end": OVERDUE, "state": "new"},
    "a wake of thirty hours ago": woke(30 * HOURS),
    "no wake yet": {"last_wake": None},
    "a timer without a daemon": {"service": None, "mode": "timer"},
    "a wake that was stopped": woke(0 * HOURS, outcome="stopped"),
    "polls that are well": {"blocked": None},
    "messages put off": {"undelivered": {"waiting": 3}},
    "room for four databases": {"database_bytes": ROOM, "free_bytes": 4 * ROOM},
}


@pytest.mark.parametrize("changed", SILENT.values(), ids=SILENT)
def test_nothing_is_said_short_of_a_limit(changed):
    assert said(**changed) == ([], [])


ALARMS = {
    "nothing is published yet": {"last_run": None},
    f"overdue: {OVERDUE} days since": {"days_since_month_end": OVERDUE},
    "verification failed, nothing is shown: run 1 was edited;": {
        "verify_findings": "run 1 was edited"
    },
    "the publisher's page has blocked us since 2026-03-01": {
        "blocked": {"blocked_since": "2026-03-01"}
    },
    "the publisher's page links to what looks like data": {"unrecognized": ["a", "b", "c", "d"]},
    "the mail queue is stopped: login": {"mail_stopped": "login"},
    "the last wake failed: why": woke(0 * HOURS, outcome="failed", detail="why"),
    "the service has stopped waking up": woke(30 * HOURS + SMALL),
    f"only {ROOM - 1:,} bytes are free": {"free_bytes": ROOM - 1},
    f"only {4 * ROOM - 1:,} bytes are free": {"database_bytes": ROOM, "free_bytes": 4 * ROOM - 1},
}
WARNINGS = {
    f"late: {LATE} days since": {"days_since_month_end": LATE},
    f"late: {OVERDUE - 1} days since": {"days_since_month_end": OVERDUE - 1},
    "1 notices wait": {"notices_held": 1},
    "1 files are refused": {"files_in_quarantine": 1},
    "labels that are not known: X;": {"unknown_labels": ["X"]},
    "not taken out of the inbox: a; b; c": {"left_in_inbox": ["a", "b", "c"]},
    "1 messages will never arrive": {"undelivered": {"refused": 1}},
    "5 messages will never arrive": {"undelivered": {"refused": 2, "given up": 3}},
    "left out of the last run, wholly or in part: ets, sarima": {
        "models_left_out": ["ets", "sarima"]
    },
    "accepted, not in a run yet: a, b": {"releases_without_run": ["a", "b"]},
    "the page was not reachable at the last poll": {"blocked": {"blocked_since": None}},
    "the service is not running": {"service": None},
    "run 7 stands only in the log (4,096 bytes), which grows while process 3, 4 still": {
        "wal_held_by": [3, 4]
    },
    "run 7 stands only in the log (4,096 bytes), which grows while another process still": {
        "wal_held_by": []
    },
}


@pytest.mark.parametrize(("text", "changed"), ALARMS.items())
def test_one_alarm_and_nothing_else_is_said_at_a_limit(text, changed):
    (alarm,), warnings = said(**changed)

    assert alarm.startswith(text)
    assert warnings == []


@pytest.mark.parametrize(("text", "changed"), WARNINGS.items())
def test_one_warning_and_nothing_else_is_said_at_a_limit(text, changed):
    alarms, (warning,) = said(**changed)

    assert alarms == []
    assert warning.startswith(text)


def test_a_timers_service_is_stuck_like_a_daemons():
    for changed in ({"service": None, "mode": "timer"}, {"service": 3, "mode": "daemon"}):
        alarms, _ = said(**woke(31 * HOURS), **changed)
        assert [alarm[:11] for alarm in alarms] == ["the service"]
    alarms, _ = said(**woke(31 * HOURS), service=None, mode="daemon")
    assert alarms == []


def test_mail_says_all_but_what_it_cannot():
    facts = WELL | {"mail_stopped": "login", "service": None, "notices_held": 2}
    concerns = [c for c in (*health._alarms(facts, NOW), *health._warnings(facts)) if c.holds]

    assert [c.by_mail for c in concerns] == [False, True, False]


def test_the_holder_of_a_lock_is_whom_the_lock_names(tmp_path):
    path, opened = tmp_path / "b.db", len(os.listdir("/proc/self/fd"))
    assert health.leader_pid(path) is None
    lock = tmp_path / "b.db.leader"
    lock.write_text("77")
    assert health.leader_pid(path) is None  # what it once said
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert health.leader_pid(path) == 77
        lock.write_text("")
        assert health.leader_pid(path) is None
    assert len(os.listdir("/proc/self/fd")) == opened


def test_the_room_that_is_needed_grows_with_the_database(tmp_path):
    small = tmp_path / "small.db"
    assert health.room_needed(small) == health.SMALLEST_ROOM
    with (tmp_path / "large.db").open("wb") as file:
        file.truncate(100_000_000)
    assert health.room_needed(tmp_path / "large.db") == 400_000_000
