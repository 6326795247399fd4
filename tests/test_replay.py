"""The replay's numbers that are quick to take, beside the bounds of the design."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.study import measures
from benchmarks.study.injections import Shape, Shock, outcomes, shocked
from benchmarks.study.studies import Study, children, draw, studies
from benchmarks.study.studies import shocked as summary
from forecast import months
from forecast.records import SeriesKey
from forecast.store import releases
from forecast.watch.surprise import Rules
from jobs.cli import main

RULES = Rules()


@pytest.fixture(scope="module")
def found(published) -> dict[str, Study]:
    with closing(sqlite3.connect(published)) as db:
        return studies(releases.current_counts(db))


@pytest.mark.parametrize(
    ("name", "alpha", "low", "high"),
    [
        ("regions", 0.05, 0.035, 0.065),
        ("regions", 0.02, 0.012, 0.030),
        ("regions", 0.01, 0.003, 0.015),
        ("borders", 0.05, 0.040, 0.080),
        ("borders", 0.02, 0.010, 0.035),
        ("borders", 0.01, 0.003, 0.020),
        ("sectors", 0.02, 0.013, 0.024),
        ("states", 0.02, 0.0, 0.025),
        ("states", 0.001, 0.0, 0.003),
    ],
)
def test_p_is_as_rare_as_it_says(found, name, alpha, low, high):
    study = found[name]

    assert low <= measures.rates(study.judging.p, study.counted)[alpha] <= high


def test_quiet_months_are_not_flagged_more_often(found):
    regions = found["regions"]
    every = measures.rates(regions.judging.p, regions.counted)
    quiet = measures.rates(regions.judging.p, regions.quiet)

    assert all(quiet[alpha] <= every[alpha] for alpha in (0.05, 0.02, 0.01))


@pytest.mark.parametrize(
    ("name", "factor", "least"),
    [
        # What is seen, less a little; the bounds of the design and how near: docs/flags.md.
        ("borders", 2, 0.80),
        ("borders", 4, 0.98),
        ("regions", 2, 0.66),
        ("regions", 4, 0.96),
        ("regions", 10, 0.99),
        ("sectors", 2, 0.52),
        ("sectors", 4, 0.92),
        ("sectors", 10, 0.98),
        ("offices", 4, 0.70),
        ("offices", 10, 0.95),
    ],
)
def test_shocks_are_found_in_their_month(found, name, factor, least):
    study = found[name]

    assert measures.power(study.judging, factor, study.counted, RULES) >= least


def test_parts_that_move_with_their_border_are_not_alone(found):
    for name, border, apart in (("sectors", "regions", 0.95), ("states", "borders", 0.75)):
        study = found[name]
        parts = children(study, found[border])

        assert parts.alone(0.25, 1, study.counted, RULES) <= 0.02
        assert parts.alone(0.25, 4, study.counted, RULES) >= apart
        assert parts.by_own_p(0.25, study.counted, RULES) >= 0.80


@pytest.mark.slow
def test_the_badge_is_rare(found):
    sectors = found["sectors"]
    large = np.full(sectors.setting.counts.shape, 100.0)
    months = measures.badges(sectors.judging, large, sectors.shown, RULES)
    late = {month for month in months if month >= "2003-10"}

    assert {"2016-01", "2017-02", "2020-04", "2025-02"} <= late
    assert len(late) <= 6


@pytest.mark.slow
def test_lasting_shocks_are_told_from_passing_ones(found):
    """Thirty months of the 236 that docs/flags.md reports."""
    borders = found["borders"]
    shift = summary(borders, "shift", 4.0, 30, RULES)
    spike = summary(borders, "spike", 4.0, 30, RULES)

    assert min(shift.found, spike.found) >= 0.95
    assert shift.level_shift >= 0.95
    assert spike.transient >= 0.95
    assert shift.flags <= 1.15


def test_the_same_shocks_are_drawn_every_time(found):
    places = draw(found["borders"], 20)

    assert places == draw(found["borders"], 20)
    assert len(set(places)) == 20
    assert all(found["borders"].quiet[row, column] for row, column in places)


def test_a_shape_is_what_its_name_says():
    ages = np.arange(-2.0, 8)

    assert Shape("spike", 4).times(ages).tolist() == [1, 1, 4, 1, 1, 1, 1, 1, 1, 1]
    assert Shape("shift", 0.5).times(ages).tolist() == [1, 1, *[0.5] * 8]
    ramp = Shape("ramp", 64).times(ages)
    assert ramp == pytest.approx([1, 1, 2, 4, 8, 16, 32, 64, 64, 64])


def test_a_total_moves_with_its_parts(found):
    setting = found["borders"].setting
    total = setting.keys.index(SeriesKey("nationwide"))
    parts = list(setting.totals[total])
    column = 120

    one = shocked(setting, Shock(parts[1], column, Shape("spike", 4)))
    whole = shocked(setting, Shock(total, column, Shape("spike", 4)))

    for counts in (one, whole):
        assert np.array_equal(counts[total], counts[parts].sum(axis=0))
    assert np.array_equal(whole[:, column], setting.counts[:, column] * 4)
    assert np.array_equal(np.delete(one, column, 1), np.delete(setting.counts, column, 1))


def test_without_a_shock_the_outcome_is_the_replay(found):
    borders = found["borders"]
    row = borders.setting.keys.index(SeriesKey("southwest"))
    column = borders.shown.index("2025-02")

    (outcome,) = outcomes(borders.setting, [Shock(row, column, Shape("none"))], RULES)

    assert outcome.found
    assert outcome.ending == ("level shift", 2)
    judged = {one.judgement.month: one.judgement.p for one in outcome.judged}
    assert judged["2025-02"] == pytest.approx(float(borders.judging.p[row, column]), rel=1e-9)


@pytest.mark.slow
def test_shocks_put_in_together_are_each_what_they_are_alone(found):
    borders = found["borders"]
    row = borders.setting.keys.index(SeriesKey("northern"))
    spike = Shock(row, borders.shown.index("2024-05"), Shape("spike", 4))
    shift = Shock(row, borders.shown.index("2024-08"), Shape("shift", 0.25))

    together = outcomes(borders.setting, [spike, shift], RULES)

    assert together == [
        *outcomes(borders.setting, [spike], RULES),
        *outcomes(borders.setting, [shift], RULES),
    ]
    for outcome, month in zip(together, ("2024-05", "2024-08"), strict=True):
        assert outcome.month == month
        judged = [one.judgement.month for one in outcome.judged]
        assert judged == months.between(months.shift(month, -12), months.shift(month, 9))
    assert [outcome.ending[0] for outcome in together] == ["transient", "level shift"]
    assert [flag.month for flag in together[0].flags(0, 7)] == ["2024-05"]
    assert [flag.month for flag in together[0].flags(1, 8)] == ["2025-01"]  # which did deviate


@pytest.mark.slow
def test_replay_prints_and_gives_json(published):
    runner = CliRunner()
    shown = runner.invoke(main, ["--db", str(published), "replay"])
    rows = runner.invoke(main, ["--db", str(published), "replay", "--from", "2020-01", "--json"])

    assert shown.exit_code == 0, shown.output
    assert "Feb 2025  southwest   critical" in shown.output
    assert max(map(len, shown.output.splitlines())) <= 100
    found = json.loads(rows.output)
    assert {flag["month"] for flag in found["flags"]} >= {"2020-04", "2025-01", "2025-02"}
    assert min(flag["month"] for flag in found["flags"]) >= "2020-01"
    assert {event["found"] for event in found["events"] if event["date"] == "2025-01-20"} >= {
        "2025-01 major",
        "2025-02 critical",
    }
