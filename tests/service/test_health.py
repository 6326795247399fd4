"""What needs a person, at the very edge of each limit; nothing else is said then."""

from __future__ import annotations

import fcntl
import os
import shutil
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forecast.config import Config
from forecast.context import Context
from forecast.store import ops, wakes, witnesses
from jobs.service import checks, health
from tests.support.cbp_files import ENCOUNTERS

NOW = datetime(2026, 3, 5, tzinfo=UTC)
ROOM = checks.SMALLEST_ROOM
WELL: dict[str, Any] = {
    "data_through": "2026-01",
    "state": "in use",
    "last_run": 7,
    "last_withdrawn": None,
    "releases_without_run": [],
    "files_in_quarantine": 0,
    "models_left_out": [],
    "misdated": [],
    "disputed": [],
    "notices_held": 0,
    "days_since_month_end": 5,
    "service": 12,
    "mode": "daemon",
    "last_wake": wakes.Wake(NOW.isoformat(), None, 1, "published", "run 7"),
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
    return {"last_wake": replace(WELL["last_wake"], started_at=(NOW - ago).isoformat(), **changed)}


def said(**changed: Any) -> tuple[list[str], list[str]]:
    facts = WELL | changed
    found = standing(facts)
    return tuple(
        [finding.text for finding in found if finding.verdict == verdict]
        for verdict in ("alarm", "warning")
    )


def standing(facts: dict[str, Any]) -> list[checks.Finding]:
    context = Context.open(Path("none.db"), Config())
    case = checks.ServiceCase(context, NOW, facts=checks.ServiceFacts(**facts))
    return list(checks.findings(case, "status"))


LATE, OVERDUE = min(checks.LATE, ENCOUNTERS.due[1]), ENCOUNTERS.due[2]
HOURS = timedelta(hours=1)
SMALL = timedelta(seconds=1)

SILENT = {
    "all is well": {},
    "a day before it is late": {"days_since_month_end": LATE - 1},
    "late, but nobody waits yet": {"days_since_month_end": LATE, "state": "new"},
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
    "run 2 was withdrawn, and there is no other": {"last_run": None, "last_withdrawn": 2},
    f"overdue: {OVERDUE} days since": {"days_since_month_end": OVERDUE},
    "overdue: 61 days since": {"days_since_month_end": 61, "state": "new"},
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
    "said, but not borne by the record: a; b; c; see": {"disputed": ["a", "b", "c", "d"]},
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

    assert [finding.name in checks.NOT_BY_MAIL for finding in standing(facts)] == [
        True,
        False,
        True,
    ]


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
    assert checks.room_needed(small) == checks.SMALLEST_ROOM
    with (tmp_path / "large.db").open("wb") as file:
        file.truncate(100_000_000)
    assert checks.room_needed(tmp_path / "large.db") == 400_000_000


# --- all of it, of a record


@pytest.fixture
def record(by_hand, tmp_path):
    return Path(shutil.copy(by_hand, tmp_path / "b.db"))


FETCHING = Config.model_validate({"fetch": {"enabled": True}})
APRIL = datetime(2024, 4, 20, 12, tzinfo=UTC)


def test_a_record_that_no_service_has_seen_stands_so(record):
    found = health.status(Context.open(record, FETCHING), APRIL)

    facts = asdict(found.facts)
    assert facts.pop("free_bytes") > 0
    assert facts.pop("wal_bytes") >= 0
    # Its kept reports are names alone: that nothing can be said of them is said.
    (unread,) = facts.pop("disputed")
    assert unread.startswith("the newest months could not be audited: ")
    assert facts == {
        "data_through": "2024-02",
        "state": "in use",
        "last_run": 2,
        "last_withdrawn": 3,
        "published_at": "2024-03-25T12:00",
        "releases_without_run": [],
        "files_in_quarantine": 1,
        "asked": [],
        "models_left_out": ["ets"],
        "misdated": [],
        "provisional": [],
        "notices_held": 2,
        "witnesses": {},
        "days_since_month_end": 20,  # of March
        "figures_old": False,
        "service": None,
        "mode": None,
        "last_wake": None,
        "next_wake": None,
        "blocked": None,
        "unrecognized": [],
        "unknown_labels": [],
        "left_in_inbox": [],
        "undelivered": {},
        "mail_stopped": "",
        "verified_at": None,
        "verify_findings": "",
        "wal_held_by": None,
        "database_bytes": record.stat().st_size,
    }
    assert found.alarms == []
    assert [text[:14] for text in found.warnings] == [
        "said, but not ",
        "2 notices wait",
        "1 files are re",
        "left out of th",
        "the service is",
    ]
    assert found.by_mail == found.warnings[:-1]


def busy(record) -> None:
    """What a service wrote down until then."""
    at = APRIL.isoformat(timespec="seconds")
    with ops.writing(record) as db:
        for statement in (
            f"insert into polls values (1, '{at}', '{at}', 'blocked', '', '2024-04-18', null)",
            "insert into mail_state values (1, '2024-04-19', '2024-04-19', 'login')",
            "insert into inbox_left values ('x.txt', 'is no file of counts', '2024-04-20')",
        ):
            db.execute(statement)
        wake = wakes.begin_wake(db, APRIL, 77)
        wakes.end_wake(db, wake, APRIL, "published", "run 2")
        wakes.save_leader(db, at, 77, "2024-04-21T15:00:00+00:00")
    wakes.save_verified(record, APRIL, "d", ["run 1 was edited", "run 2 was edited"])


def test_what_a_service_wrote_down_is_told(record):
    busy(record)
    lock = record.with_name("b.db.leader")
    lock.write_text("77")
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        led, off = (
            health.status(Context.open(record, config), APRIL) for config in (FETCHING, Config())
        )
    alone = health.status(Context.open(record, FETCHING), APRIL)

    facts = led.facts
    assert (facts.service, facts.mode) == (77, "daemon")
    assert facts.next_wake == "2024-04-21T15:00:00+00:00"
    assert facts.last_wake.outcome == "published"
    assert facts.blocked["blocked_since"] == "2024-04-18"
    assert facts.left_in_inbox == ["x.txt: is no file of counts"]
    assert facts.mail_stopped == "login"
    assert facts.verified_at == "2024-04-20T12:00:00+00:00"
    assert facts.verify_findings == "run 1 was edited; run 2 was edited"
    assert (off.facts.blocked, off.facts.unrecognized) == (None, [])
    assert (alone.facts.service, alone.facts.next_wake) == (None, None)
    assert [alarm.partition(":")[0] for alarm in led.alarms] == [
        "verification failed, nothing is shown",
        "the publisher's page has blocked us since 2024-04-18",
        "the mail queue is stopped",
    ]
    assert len(off.alarms) == 2
    assert not [text for text in led.by_mail if text.startswith("the mail queue")]


@pytest.mark.parametrize(
    ("since", "grave", "alarm"),
    [
        (timedelta(days=2), False, False),
        (timedelta(days=2, seconds=1), False, True),
        (timedelta(0), True, True),
    ],
)
def test_a_witness_that_cannot_be_had_is_an_alarm_after_two_days(record, since, grave, alarm):
    config = Config.model_validate({"witness": {"repository": "git@example.org:x"}})
    witnesses.put_off(record, "git", "no route", grave, APRIL - since)
    witnesses.put_off(record, "time stamp", "nobody asks it any more", True, APRIL - since)

    found = health.status(Context.open(record, config), APRIL)

    began = (APRIL - since).isoformat(timespec="seconds")
    text = f"no git since {began}, asked again: no route"
    assert (found.alarms, text in found.warnings) == (
        [text] if alarm else [],
        not alarm,
    )
    assert text in found.by_mail
    assert found.facts.witnesses == {"git": f"none yet; failing since {began}"}


@pytest.mark.parametrize(
    ("through", "today", "days"),
    [
        ("2026-08", "2026-09-30", 0),
        ("2026-08", "2026-10-01", 1),
        ("2026-08", "2026-09-01", -29),
        ("2025-12", "2026-01-31", 0),
        ("2026-01", "2026-02-28", 0),
        ("2024-01", "2024-03-01", 1),
        ("2026-11", "2027-01-01", 1),
    ],
)
def test_days_are_counted_from_the_end_of_the_month_that_is_due(through, today, days):
    assert health.days_due(through, date.fromisoformat(today)) == days


@pytest.mark.parametrize(
    ("layouts", "advice"),
    [
        (ENCOUNTERS.layouts, "look at the publisher's page and put the file into the inbox"),
        (
            frozenset(),
            "see that the next file is delivered to the place that [[sources]] names",
        ),
    ],
)
def test_what_to_do_where_figures_should_have_come(layouts, advice):
    opened = Context.open(Path("none.db"), Config())
    context = replace(opened, sources={opened.name: replace(ENCOUNTERS, layouts=layouts)})
    facts = checks.ServiceFacts(**WELL | {"days_since_month_end": OVERDUE})

    (overdue,) = checks.findings(checks.ServiceCase(context, NOW, facts=facts), "status")

    assert overdue.do == advice
