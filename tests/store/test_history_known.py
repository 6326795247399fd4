"""Since when a month is known, and judgements that claim more than that allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.store import connect, history, releases
from forecast.types import Scope
from tests.support import tiny_record
from tests.support.tiny_record import NEW_YORK, NORTH, OTHER, SOUTH

# January is due on 2 March 2024, 31 days after its end, and late a fortnight after that.
LAST_DAY, TOO_LATE = "2024-03-16", "2024-03-17"


def known(path: Path, *seen: tuple[str, str], border: str | None = None):
    """What is known of January after releases that were first seen so: day, and how exactly."""
    with connect.writing(path) as db:
        for number, (day, exactly) in enumerate(seen):
            of = tiny_record.release(
                f"r{number}",
                "2024-01",
                step=number,
                first_seen_at=day,
                first_seen_precision=exactly,
            )
            counts = {NORTH: {"2023-12": 1, "2024-01": number}, NEW_YORK: {"2024-01": number}}
            with connect.transaction(db):
                releases.save_snapshot(db, tiny_record.stated(of, counts))
        return history.known_days(db, border)


@pytest.mark.parametrize(
    ("seen", "day"),
    [
        ([("2024-02-20", "day")], "2024-02-20"),
        ([("2024-03-01", "day"), ("2024-02-20", "day")], "2024-02-20"),
        ([(LAST_DAY, "day")], LAST_DAY),
        ([(TOO_LATE, "day")], None),
        ([("2024-02-20", "month")], None),
        ([("2024-02-20", "month"), ("2024-02-20", "day")], "2024-02-20"),
        ([("2024-02-19", "month"), ("2024-02-20", "day")], None),
        ([], None),
    ],
)
def test_a_month_is_known_from_the_day_on_which_it_was_first_seen(tmp_path, seen, day):
    when = known(tmp_path / "a.db", *seen)

    assert when(NORTH.scope, "2024-01") == day
    assert when(NEW_YORK.scope, "2024-01") == day


def test_nothing_is_known_of_what_no_release_covers(tmp_path):
    when = known(tmp_path / "a.db", ("2024-02-20", "day"))

    assert when(NORTH.scope, "2023-11") is None
    assert when(NORTH.scope, "2024-02") is None
    assert when(NEW_YORK.scope, "2023-12") is None
    assert when(Scope("northern", "citizenship"), "2024-01") is None
    assert when(SOUTH.scope, "2024-01") is None
    assert (
        known(tmp_path / "b.db", ("2024-02-20", "day"), border="other")(NORTH.scope, "2024-01")
        is None
    )


@pytest.mark.parametrize(
    ("published", "day", "holds"),
    [
        ("2024-02-19", "2024-02-20", True),
        ("2024-02-20", "2024-02-20", False),
        ("2024-02-21", "2024-02-20", False),
        ("2024-02-19", None, False),
    ],
)
def test_a_run_is_in_time_the_day_before(published, day, holds):
    assert history.in_time(published, day) == holds


def test_what_was_issued_too_late_is_named(tmp_path):
    """Northern's January was known on 20 February; run 1 is of the 1st, and so in time for it."""
    path = tmp_path / "bordercast.db"
    tiny_record.make(path)
    with connect.writing(path) as db:
        assert [row[:2] for row in history.false_issued(db)] == [(SOUTH, "2024-02")]
        db.execute("update runs set published_at = '2024-02-20T00:00' where id = 1")

        every = history.false_issued(db)
        north = history.false_issued(db, NORTH)

    found = (NORTH, "2024-01", 1, "2024-02-20", "2024-02-20")
    assert every == [
        found,
        (NEW_YORK, "2024-01", 1, "2024-02-20", "2024-02-20"),
        (SOUTH, "2024-02", 1, "2024-02-20", None),
    ]
    assert north == [found]


def test_the_first_ten_are_named_and_borders_before_their_parts():
    part = history.FalseIssue(NEW_YORK, "2023-01", 1, "2024-02-20", None)
    totals = [
        history.FalseIssue(key, "2024-01", 1, "2024-02-20", "2024-02-19") for key in (NORTH, OTHER)
    ]

    lines = history.in_words([part, *totals], 2)

    assert lines == [
        "northern in 2024-01 was judged by run 1 of 2024-02-20 as issued before it was published, "
        "but was known from 2024-02-19: take it for a hindcast",
        lines[1],
        "and 1 more",
    ]
    assert lines[1].startswith("other in 2024-01")
    assert len(history.in_words([part] * 10)) == 10
    assert "known from a day that is not known" in history.in_words([part])[0]
