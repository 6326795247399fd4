"""Dated statements that come with the program: there from the first run, and withdrawn for good."""

from __future__ import annotations

from datetime import UTC, datetime

from forecast.config import load
from forecast.context import Context
from forecast.sources.cbp.encounters import bundle
from forecast.store import connect, dated
from forecast.types import DatedValue, SeriesKey
from jobs.arrivals.ingest import ingest_all

NOW = datetime(2026, 10, 5, tzinfo=UTC)
STANDING = sum(map(len, bundle.load_dated().values()))


def taken(path):
    """Take in what comes with the program; the statements that stand then."""
    context = Context.open(path, load(None))
    with connect.writing(path) as db:
        context.begin(db, NOW)
        ingest_all(db, context, (), "2026-10-05", with_bundle=True, now=NOW)
        return list(dated.standing(db))


def test_they_are_taken_in_once_and_stay_withdrawn(tmp_path):
    path = tmp_path / "bordercast.db"
    assert len(taken(path)) == STANDING
    assert len(taken(path)) == STANDING

    with connect.writing(path) as db:
        dated.withdraw(db, 1, "a copy of a copy", "2026-10-06T00:00:00+00:00")

    assert {value.source for value in taken(path)} == {
        value.source for value in bundle.load_dated()["dated-press.csv"]
    }


def test_what_an_operator_said_of_the_same_day_stands(tmp_path):
    path = tmp_path / "bordercast.db"
    said = DatedValue(
        SeriesKey("southwest"), "2025-02", "2025-02", 11_713, 1, "2025-04-28", "our own copy"
    )
    context = Context.open(path, load(None))
    with connect.writing(path) as db:
        context.begin(db, NOW)
        dated.add(db, [said], "ours.csv", NOW.isoformat())

    stand = taken(path)

    assert said in stand
    assert len(stand) == STANDING  # one embedded value gave way to it
