from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast.engine.predictive import PanelHindcasts, Predictive
from forecast.judge.judging import JudgingInputs, MonthCase, State
from forecast.types import FirstPublished, ForecastPath, SeriesKey
from tests.support.panels import make_panel

NORTH = SeriesKey("northern")


def issued(run: int, published: str, cutoff: str, months: int = 8) -> ForecastPath:
    values = tuple(float(run + month) for month in range(months))
    median = tuple(range(run, run + months))
    return ForecastPath(cutoff, values, values, 5.0, run, median, published)


def past(*said: ForecastPath, **more) -> JudgingInputs:
    """Counts of 2025, each month known on the 20th of the next."""
    first = {
        f"2025-{n:02d}": FirstPublished(10 * n, n, f"2025-{n + 1:02d}-20" if n < 12 else None)
        for n in range(1, 13)
    }
    return JudgingInputs(**({"first": {NORTH: first}, "issued": {NORTH: said}, "done": frozenset(),
                    "last": {}, "states": {NORTH: State()}} | more))  # fmt: skip


@pytest.fixture
def hindsight() -> PanelHindcasts:
    """An eighth of the column from each cutoff, a year ahead; the last is August 2026."""
    centre = np.tile(0.125 * np.arange(36)[:, None], (1, 1, 12)).reshape(1, 36, 12)
    flat = np.ones((1, 36))
    said = Predictive(centre, centre + 1, flat * 7, flat, flat, flat, flat)
    return PanelHindcasts([NORTH], make_panel(np.ones((1, 36))), said)


def test_months_not_judged_yet_are_pending_from_a_month_on():
    found = past(done=frozenset({(NORTH, "2025-11"), (SeriesKey("other"), "2025-12")}))

    assert found.pending(NORTH, "2025-10") == ["2025-10", "2025-12"]
    assert len(found.pending(NORTH)) == 11


@pytest.mark.parametrize(
    ("month", "count", "before"),
    [("2025-01", 10, 0.0), ("2025-02", 20, 10.0), ("2025-05", 50, 25.0), ("2025-12", 120, 60.0)],
)
def test_a_month_is_published_with_the_typical_one_before_it(month, count, before):
    found = past().case(NORTH, month, None)

    assert found == MonthCase(NORTH, month, count, int(month[-2:]), before, None)


@pytest.mark.parametrize(
    ("published", "cutoff", "months", "run"),
    [
        ("2025-07-19", "2025-05", 8, 1),  # the day before June became known
        ("2025-07-20", "2025-05", 8, None),  # that day
        ("2025-07-01", "2025-06", 8, None),  # it had seen June
        ("2025-07-01", "2025-07", 8, None),
        ("2025-07-01", "2025-04", 2, 1),  # June is the last that it reaches
        ("2025-07-01", "2025-04", 1, None),
    ],
)
def test_a_month_is_held_against_what_was_said_before_it_was_known(
    hindsight, published, cutoff, months, run
):
    found = past(issued(1, published, cutoff, months)).outlook(hindsight, 0, "2025-06")

    assert found.run_id == run
    assert found.cutoff == (cutoff if run else "2025-05")
    assert found.centre[0] == (1.0 if run else 0.125 * hindsight.column(0, "2025-05"))


def test_of_several_forecasts_the_latest_in_time_counts(hindsight):
    said = [issued(n, day, cutoff) for n, day, cutoff in (
        (3, "2025-07-21", "2025-05"), (2, "2025-06-21", "2025-05"), (1, "2025-05-21", "2025-04"),
    )]  # fmt: skip

    found = past(*said).outlook(hindsight, 0, "2025-06")

    assert found == ForecastPath(
        "2025-05", said[1].centre, said[1].scale, 5.0, 2, said[1].median, "2025-06-21"
    )


def test_a_month_nobody_knows_when_it_became_known_is_held_against_a_hindcast(hindsight):
    found = past(issued(1, "2025-12-01", "2025-11")).outlook(hindsight, 0, "2025-12")

    assert (found.run_id, found.cutoff) == (None, "2025-11")


@pytest.mark.parametrize(
    ("cutoff", "months", "median"), [("2025-02", 6, 6), ("2025-02", 5, None), ("2025-03", 8, None)]
)
def test_the_older_forecast_is_of_six_months_before(hindsight, cutoff, months, median):
    look = past(issued(1, "2025-03-21", cutoff, months)).look(hindsight, 0, "2025-08")

    assert look.older.horizon == 6
    assert look.month == "2025-08"
    if median:
        assert (look.older.median, look.older.centre) == (median, 6.0)
    else:
        assert look.older.centre == 0.125 * hindsight.column(0, "2025-02")


def test_a_series_never_forecast_is_held_against_hindcasts(hindsight):
    found = replace(past(), issued={}).look(hindsight, 0, "2025-06")

    assert (found.outlook.run_id, found.outlook.cutoff) == (None, "2025-05")
    assert found.older.centre == 0.125 * hindsight.column(0, "2024-12")
