"""Lives of series, and kinds of quantity whose months do not add up."""

from __future__ import annotations

import pytest

from forecast import lives, months
from forecast.agreed import Life
from forecast.config import CountsSection
from forecast.desk.facts import comparisons
from forecast.errors import SpanError
from forecast.judge import questions
from forecast.periods import Calendar
from forecast.sources.own.source import own_counts
from forecast.types import SeriesKey

NEWEST = "2024-12"
MERGED = Life(what="merged", series="St", month="2024-07", other="West")
RENAMED = Life(what="renamed", series="St", month="2024-07", other="Saint")
ENDED = Life(what="ended", series="St", month="2024-07")
SHUT = Life(what="shut", series="St", month="2024-07")


def own(kind: str = "flow", *confirmed: Life):
    words = {"kind": "counts", "name": "visits", "path": "in", "contract": {"kind": kind}}
    return own_counts(CountsSection.model_validate(words | {"agreed": {"lives": confirmed}}))


@pytest.mark.parametrize(
    ("last", "confirmed", "verdict", "words"),
    [
        ("2024-12", None, "", ""),
        ("2024-12", RENAMED, "", "called 'Saint' in files since July 2024"),
        ("2024-11", None, "Late", "late by 1 month: other figures go through December 2024"),
        (
            "2024-08",
            None,
            "Not counted since August 2024",
            "not counted since: other figures go through December 2024",
        ),
        (
            "2023-12",
            None,
            "Ended in December 2023",
            "its last count: it has ended, 12 months before the others, and is not forecast",
        ),
        (
            *("2024-06", MERGED, "Merged into 'West' in July 2024"),
            "merged into 'West' in July 2024, and ended",
        ),
        (
            *("2024-06", ENDED, "Ended in June 2024"),
            "its last count: it has ended, as confirmed, and is not forecast",
        ),
        (
            *("2024-06", SHUT, "Shut since July 2024"),
            "its last count: it has been shut since July 2024, and is not forecast",
        ),
        ("2024-12", SHUT, "", ""),  # counted again
        ("2024-11", ENDED, "Late", "late by 1 month: other figures go through December 2024"),
    ],
)
def test_a_series_says_how_it_lives(last, confirmed, verdict, words):
    assert lives.words(last, NEWEST, confirmed).verdict == verdict
    assert lives.words(last, NEWEST, confirmed).behind == words


def test_one_line_names_what_is_late_and_no_news_of_what_ended():
    lasts = {"a": NEWEST, "b": "2024-11", "c": "2024-07", "d": "2022-01"}

    assert lives.lagging(lasts, ()) == ["late: b", "not counted for months: c"]


@pytest.mark.parametrize(
    ("month", "at", "said"),
    [
        ("2024-12", "2025-01-20", ["shut: c"]),  # told as soon as its first month was lacking
        ("2024-08", "2025-01-20T10:00:00+00:00", ["shut: c"]),  # told late, and new all the same
        ("2024-08", "2024-12-20T10:00:00+00:00", []),  # told before the newest month was over
    ],
)
def test_what_a_person_said_is_told_once(month, at, said):
    life = Life(what="shut", series="c", month=month, at=at)

    assert lives.lagging({"a": NEWEST, "c": "2024-07"}, [life]) == said


def test_what_ended_is_not_forecast_and_merged_series_are_counted_once():
    counts = {
        SeriesKey(name): dict.fromkeys(months.between("2022-01", last), 5)
        for name, last in {"St": "2024-06", "West": NEWEST, "Old": "2023-11", "Yes": NEWEST}.items()
    }
    source = own("flow", MERGED)
    parts = tuple(key.total for key in counts)
    source = source.with_totals(parts)

    assert lives.running(source, counts).totals.parts == ("West", "Yes")
    assert lives.spans(counts, counts, [MERGED]) == {
        SeriesKey("St"): [("2022-01", "2024-06")],
        SeriesKey("West"): [("2024-07", "9999-12")],
        SeriesKey("Old"): [("2022-01", "9999-12")],
        SeriesKey("Yes"): [("2022-01", "9999-12")],
    }


def test_a_series_that_is_shut_belongs_to_sums_before_and_once_it_is_counted_again():
    key = SeriesKey("St")
    counts = {key: dict.fromkeys(months.between("2024-01", "2024-06"), 5)}

    assert lives.spans([key], counts, [SHUT]) == {key: [("2024-01", "2024-06")]}
    counts[key]["2024-10"] = 5
    assert lives.spans([key], counts, [SHUT]) == {
        key: [("2024-01", "2024-06"), ("2024-10", "9999-12")]
    }


def test_parts_that_are_over_are_not_forecast():
    part = SeriesKey("West", "part", "St")
    counts = {
        part: dict.fromkeys(months.between("2022-01", "2024-10"), 5),
        SeriesKey("West"): dict.fromkeys(months.between("2022-01", NEWEST), 5),
    }
    shut = Life(what="shut", series="West: St", month="2024-11")

    assert set(lives.without_over(own("flow"), counts)) == set(counts)
    assert set(lives.without_over(own("flow", shut), counts)) == {SeriesKey("West")}


@pytest.mark.parametrize(("kind", "adds"), [("flow", True), ("money", True), ("stock", False)])
def test_months_of_a_stock_add_up_nowhere(kind, adds):
    source, newest = own(kind), months.to_index(NEWEST)
    counts = dict.fromkeys(months.between("2022-01", NEWEST), 7)
    told = [c.name for c in comparisons(counts, NEWEST, source)]

    assert source.calendar.adds is adds
    assert bool(source.calendar.standard(newest, 24)) is adds
    assert ("year to date" in told) is adds
    assert questions.fits("next 12 months above last 12", source.calendar) is adds
    assert questions.fits("record within 12 months", source.calendar)
    assert Calendar(1, adds).read("2024-05", newest).length == 1
    if not adds:
        with pytest.raises(SpanError, match="do not add up"):
            source.calendar.read("2024", newest)
        with pytest.raises(SpanError, match="do not add up"):
            source.calendar.find("how many in 2024", newest)
