"""A figure of one agency: the others keep their forecast, and the whole is their sum."""

from __future__ import annotations

import math
from contextlib import closing
from statistics import fmean

import numpy as np
import pytest

from forecast.engine import paths
from forecast.engine.conditional import RESTATED, Given, of_run
from forecast.engine.joint import Joint
from forecast.store import connect, read
from forecast.types import Provisional, SeriesKey
from tests.support.cbp_files import COMPONENTS, ENCOUNTERS
from tests.support.databases import rows

MONTH = "2026-09"
PATROL, OFFICES = COMPONENTS


@pytest.fixture(scope="module")
def joint(published) -> Joint:
    with closing(connect.read(published)) as connection:
        run = read.latest_run(connection).id
        return Joint(
            read.path_rule(connection, run), read.path_marks(connection, run), ENCOUNTERS.tree
        )


def half(total: str, agency: str = PATROL) -> SeriesKey:
    return SeriesKey(total, "component", agency, agency)


def figure(series: SeriesKey, count: int, rounding: int = 1, days: int = 0) -> Provisional:
    return Provisional(series, MONTH, count, rounding, days, "2026-10-05", "a release", "figure")


def given(joint: Joint, *figures: Provisional) -> Given:
    return Given(joint, MONTH, {of.series: of for of in figures})


def kept(joint: Joint, key: SeriesKey):
    """What the run itself says of the month, path by path."""
    return joint.draws(paths.PART_DRAWS).of(key)[:, 0]


def test_the_other_agency_keeps_its_forecast(joint):
    of = given(joint, figure(half("southwest"), 9400))

    rest = of.draws(SeriesKey("southwest")) - 9400

    # But for how far the first file may move the figure itself.
    assert np.abs(rest - kept(joint, half("southwest", OFFICES))).max() < 0.01 * 9400
    assert not of.moved(half("southwest", OFFICES))
    assert not of.moved(SeriesKey("northern"))


def test_the_whole_is_the_sum_of_what_is_known_and_what_is_forecast(joint):
    of = given(joint, figure(half("southwest"), 9400), figure(half("northern"), 500))

    whole = of.draws(SeriesKey("nationwide"))

    assert np.allclose(
        whole,
        of.draws(SeriesKey("southwest"))
        + of.draws(SeriesKey("northern"))
        + kept(joint, SeriesKey("other")),
    )


def test_a_figure_of_an_agency_nationwide_moves_no_border(joint):
    of = given(joint, figure(half("nationwide"), 10_000))

    rest = of.draws(SeriesKey("nationwide")) - 10_000

    offices = sum(kept(joint, half(total, OFFICES)) for total in ("northern", "southwest", "other"))
    assert np.abs(rest - offices).max() < 0.01 * 10_000
    assert not of.moved(SeriesKey("southwest"))


def test_a_rounded_figure_is_known_to_its_unit_and_some_days_to_less(joint):
    exact, rounded, early = (
        given(joint, figure(half("southwest"), *said)).draws(half("southwest")).std()
        for said in ((9000,), (9000, 1000), (6000, 1, 20))
    )

    assert exact < 0.005 * 9000
    assert rounded == pytest.approx(1000 / np.sqrt(12), rel=0.1)
    assert rounded < early < kept(joint, half("southwest")).std()
    assert np.median(
        given(joint, figure(half("southwest"), 6000, 1, 20)).draws(half("southwest"))
    ) == pytest.approx(9000, rel=0.03)


@pytest.mark.slow
def test_how_far_a_first_figure_is_moved_is_measured(published):
    """By the earliest dated value of each agency's month, against today's count."""
    first = rows(
        published,
        "select min(d.known_by), d.encounters, m.encounters "
        "from dated_values as d join series_months as m "
        "on (m.border, m.dimension, m.member, m.month) "
        "= (d.border, d.dimension, d.member, d.first_month) "
        "where d.dimension = 'component' and d.first_month = d.last_month and d.rounding = 1 "
        "group by d.border, d.member, d.first_month",
    )
    off = [math.log(now / then) for _, then, now in first]

    assert len(off) == 26
    assert math.sqrt(fmean(x * x for x in off)) == pytest.approx(RESTATED, abs=0.00005)


def test_only_what_is_above_a_figure_is_forecast_anew(joint):
    rows = list(of_run(joint, [figure(half("southwest"), 9400)]))

    assert {(row.series, row.model) for row in rows} == {
        (SeriesKey("southwest"), "provisional"),
        (SeriesKey("nationwide"), "provisional"),
    }
    for row in rows:
        assert row.lo95 <= row.lo80 <= row.median <= row.hi80 <= row.hi95
        assert (row.cutoff, row.first_month) == ("2026-08", MONTH)


def test_a_month_that_no_forecast_reaches_or_a_delivery_changes_nothing(joint):
    far = Provisional(half("southwest"), "2040-01", 1, 1, 0, "2040-02-01", "x", "figure")
    delivery = Provisional(half("southwest"), MONTH, 9, 1, 0, "2026-10-05", "x", "delivery", 0.4)

    assert list(of_run(joint, [delivery])) == []
    assert [row.first_month for row in of_run(joint, [far])] == []
