"""What is due at a moment: read from the record, with the clock as an argument."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forecast.config import Config
from forecast.context import Context
from forecast.store import connect, deliveries, ops, wakes
from jobs.service import daemon as due
from tests.support import running_service

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
HOUR, YEARS = timedelta(hours=1), timedelta(days=3653)
MAIL = {"enabled": True, "host": "h", "sender": "a@example.org"}


def context(path: Path, **service: object) -> Context:
    return Context.open(path, running_service.settings(**service))


def with_sections(path: Path, **changed: object) -> Context:
    settings = {**running_service.settings().model_dump(), **changed}
    return Context.open(path, Config.model_validate(settings))


@pytest.mark.parametrize(
    ("at", "now", "last", "following"),
    [
        ("15:00", "2026-09-20T12:00", "2026-09-19T15:00", "2026-09-20T15:00"),
        ("15:00", "2026-09-20T15:00", "2026-09-20T15:00", "2026-09-21T15:00"),
        ("00:59", "2026-09-20T12:00", "2026-09-20T00:59", "2026-09-21T00:59"),
        ("23:07", "2026-01-01T00:00", "2025-12-31T23:07", "2026-01-01T23:07"),
    ],
)
def test_it_wakes_at_its_hour_of_the_day_in_utc(tmp_path, at, now, last, following):
    about = context(tmp_path / "b.db", poll_at=at)
    moment = datetime.fromisoformat(f"{now}+00:00")

    assert due.daily(about, moment).isoformat() == f"{last}:00+00:00"
    assert due.next_daily(about, moment).isoformat() == f"{following}:00+00:00"


def test_how_much_later_is_drawn_for_each_record_and_day_and_is_the_same_at_every_look(tmp_path):
    about = context(tmp_path / "b.db", poll_at="23:50", jitter_minutes=30)
    other = context(tmp_path / "c.db", poll_at="23:50", jitter_minutes=30)
    days = [NOW + timedelta(days=n) for n in range(60)]
    late = [
        due.daily(about, day) - day.replace(hour=23, minute=50) + timedelta(days=1) for day in days
    ]

    assert all(timedelta(0) <= each <= timedelta(minutes=30) for each in late)
    assert len(set(late)) == 60
    assert max(late) > timedelta(minutes=20)
    assert due.daily(about, NOW) != due.daily(other, NOW)
    for (
        day
    ) in days:  # wherever it lies, also beyond midnight, no moment is passed over or told twice
        ahead = due.next_daily(about, day)
        assert due.daily(about, ahead) == ahead
        assert due.daily(about, ahead - timedelta(seconds=1)) == due.daily(about, day)


def woken(path: Path, at: datetime) -> None:
    with ops.writing(path) as db:
        wakes.end_wake(db, wakes.begin_wake(db, at, 1), at, "nothing new", "")


@pytest.mark.parametrize(
    ("began", "expected"),
    [
        (datetime(2026, 9, 19, 15, tzinfo=UTC), False),  # yesterday's moment, and none since
        (datetime(2026, 9, 19, 14, 59, 59, tzinfo=UTC), True),
        (NOW - HOUR, False),
        (NOW, False),
        (NOW + timedelta(seconds=1), True),  # the clock was ahead then
        (NOW - YEARS, True),
        (NOW + YEARS, True),
    ],
)
def test_a_wake_is_due_when_its_moment_has_passed_since_the_last_one(tmp_path, began, expected):
    about = context(tmp_path / "b.db")
    assert due.wake_due(about, NOW)  # none yet
    woken(about.path, began)

    assert due.wake_due(about, NOW) == expected


def test_a_clock_ten_years_ahead_and_back_means_one_wake_more_each_time(tmp_path):
    about, done = context(tmp_path / "b.db"), []
    woken(about.path, NOW)
    for clock in (NOW + YEARS, NOW + YEARS + HOUR, NOW + HOUR, NOW + 2 * HOUR, NOW - YEARS):
        if due.wake_due(about, clock):
            woken(about.path, clock)
            done.append(clock)

    assert done == [NOW + YEARS, NOW + HOUR, NOW - YEARS]


@pytest.mark.parametrize("later", [0, 1])
def test_mail_is_due_from_the_moment_of_its_next_attempt(tmp_path, later):
    path = tmp_path / "b.db"
    about = with_sections(path, mail=MAIL)
    assert not due.mail_due(about, NOW)  # no record yet
    with connect.writing(path):
        pass
    with ops.writing(path) as db:
        deliveries.begin(db, NOW)
        made = deliveries.Message("key", "all", "s", "a@example.org", b"x")
        at = NOW + timedelta(seconds=later)
        deliveries.queue(db, [[("b@example.org", made)]], at)

    assert due.mail_due(about, NOW) == (not later)
    assert not due.mail_due(context(path), NOW)  # nobody is told


def test_witnesses_are_due_where_the_settings_name_one_that_has_not_seen_it(tmp_path, by_hand):
    path = Path(shutil.copy(by_hand, tmp_path))

    assert due.witnesses_due(with_sections(path, witness={"repository": "x"}), NOW)
    assert not due.witnesses_due(context(path), NOW)
