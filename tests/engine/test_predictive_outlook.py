"""A hindcast by hand: what is said from column c is c + an eighth of the month ahead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast.engine.predictive import PanelHindcasts, Predictive, outlook_of
from forecast.types import ForecastPath, MonthForecast, SeriesKey
from tests.support.panels import make_panel

NORTH, PART = SeriesKey("northern"), SeriesKey("northern", "state", "NY")
WIDTH, H = 24, 4  # months, the last August 2026; months ahead


def predictive(width: int = WIDTH, silent: int = 5) -> Predictive:
    """Nothing is said from the first columns."""
    columns = np.arange(width, dtype=float)
    centre = (columns[:, None] + np.arange(1, H + 1) / 8)[None]
    sigma = np.where(columns < silent, np.nan, 1.0)[None]
    flat = np.ones((1, width))
    return Predictive(centre, centre / 2, flat * 7, flat, flat, flat, sigma)


def hindsight(key: SeriesKey = NORTH, width: int = WIDTH, **more) -> PanelHindcasts:
    z = np.arange(width, dtype=float)[None]
    return PanelHindcasts([key], make_panel(z), predictive(width), **more)


def gap(*columns: int) -> PanelHindcasts:
    """The same with months that nobody knows."""
    found = hindsight()
    filled = np.zeros((1, WIDTH), dtype=bool)
    filled[0, list(columns)] = True
    return replace(found, panel=replace(found.panel, filled=filled))


@pytest.mark.parametrize(
    ("month", "median", "centre", "horizon"),
    [("2025-01", 3, 0.1, 1), ("2025-02", 5, 0.2, 2), ("2025-12", 9, 0.4, 12)],
)
def test_a_stored_median_goes_before_that_of_the_center(month, median, centre, horizon):
    centres = tuple(horizon_ / 10 for horizon_ in (1, 2, *[3] * 9, 4))
    medians = (3, 5, *[7] * 9, 9)
    outlook = ForecastPath("2024-12", centres, tuple(2 * c for c in centres), 5.0, 1, medians)

    assert outlook.horizon(month) == horizon
    assert outlook.expected(month) == MonthForecast(median, centre, 2 * centre, 5.0, horizon)


def test_without_a_stored_median_it_is_that_of_the_center():
    outlook = ForecastPath("2024-12", (float(np.log1p(40)), 0.0), (1.0, 1.0), 5.0)

    assert outlook.expected("2025-01").median == 40
    assert outlook.expected("2025-02").median == 0


def test_one_origin_is_taken_out_of_all():
    said = outlook_of(predictive(), 0, 6, "2025-03")

    assert said == ForecastPath(
        "2025-03", (6.125, 6.25, 6.375, 6.5), (3.0625, 3.125, 3.1875, 3.25), 7.0
    )


@pytest.mark.parametrize(
    ("month", "column"), [("2026-08", 23), ("2026-07", 22), ("2024-09", 0), ("2024-08", -1)]
)
def test_a_month_has_its_column(month, column):
    assert hindsight().column(0, month) == column


@pytest.mark.parametrize(
    ("cutoff", "first"),
    [
        ("2024-08", None),  # before the panel begins
        ("2025-01", None),  # nothing is said yet
        ("2025-02", 5.125),
        ("2026-08", 23.125),
        ("2026-09", None),  # after its last column
    ],
)
def test_a_hindcast_is_there_from_where_the_engine_speaks(cutoff, first):
    found = hindsight().outlook(0, cutoff)

    assert (found and found.centre[0]) == first
    assert found is None or (found.cutoff, found.run_id) == (cutoff, None)


@pytest.mark.parametrize(
    ("unknown", "cutoff", "known"),
    [((), "2026-08", "2026-08"), ((23,), "2026-08", "2026-07"), ((22, 23), "2026-08", "2026-06"),
     ((22,), "2026-08", "2026-08")],
)  # fmt: skip
def test_behind_a_gap_it_is_that_of_the_last_month_known(unknown, cutoff, known):
    found = gap(*unknown).outlook(0, cutoff)

    assert found.cutoff == known
    assert found.centre[0] == hindsight().column(0, known) + 0.125


@pytest.mark.parametrize(("missing", "reaches"), [(3, True), (4, False)])
def test_a_gap_longer_than_hindcasts_reach_leaves_none(missing, reaches):
    """From four months ahead at most."""
    columns = range(WIDTH - missing, WIDTH)

    found = gap(*columns).reaching(0, "2026-09")

    assert (found is not None) == reaches
    said = gap(*columns).expected(0, "2026-09", 1)
    assert (said and said.horizon) == (missing + 1 if reaches else None)


def test_what_was_known_then_goes_before_the_figures_of_today():
    then = ForecastPath("2026-02", (1.0, 2.0), (0.5, 0.5), 4.0)
    found = hindsight(revised={(NORTH, "2026-02"): then})

    assert found.outlook(0, "2026-02") is then
    assert found.outlook(0, "2026-03").centre[0] == 18.125
    assert found.reaching(0, "2026-04", ahead=2) is then
    assert found.reaching(0, "2026-05", ahead=3) is None
    assert found.expected(0, "2026-03", 1) == then.expected("2026-03")
