"""The replay's numbers that are quick to take, beside the bounds of the design."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.study import measures
from benchmarks.study.injections import Shape, Shock, outcomes, shocked
from benchmarks.study.studies import Study, children, draw, studies
from benchmarks.study.studies import shocked as summary
from forecast import months
from forecast.config import Flags
from forecast.judge.judging import JudgedMonth
from forecast.judge.replay import ReplayedService, known_events
from forecast.store import releases
from forecast.types import Episode, Flag, Judgement, SeriesKey
from jobs.cli import main
from tests.support.cbp_files import ENCOUNTERS

RULES = Flags().rules


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
        # What is seen, plus a little; the design's bound is .025: docs/flags.md.
        ("states", 0.02, 0.0, 0.026),
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
    # Beside siblings, none of which is the part: a total that held it foretold it better (.97).
    for name, apart in (("sectors", 0.90), ("states", 0.75)):
        study = found[name]
        parts = children(study)

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
    assert max(map(len, shown.output.splitlines())) <= 120
    found = json.loads(rows.output)
    assert {flag["month"] for flag in found["flags"]} >= {"2020-04", "2025-01", "2025-02"}
    assert min(flag["month"] for flag in found["flags"]) >= "2020-01"
    assert {event["found"] for event in found["events"] if event["date"] == "2025-01-20"} >= {
        "2025-01 major",
        "2025-02 critical",
    }


# --- the service as it would have been, on months made here

NORTH, SOUTH = SeriesKey("northern"), SeriesKey("southwest")


def month(key: SeriesKey, at: str, p: float | None = 0.5, *flags: str, ended: str = "", **more):
    """A judged month with flags of these severities; ended : state of its episode after it."""
    judgement = Judgement(key, at, 100, "hindcast", 1, p=p)
    raised = tuple(
        Flag(key, at, 1, "month", each, 2.0, episode=more.get("episode")) for each in flags
    )
    of = Episode(key, more.get("episode", at), 1, 1.0, "2020-01", (5.0,), (0.1,), 3.0)
    after = replace(of, state=ended, closed=at if ended != "open" else None)
    return JudgedMonth(judgement, raised, (after,) if ended else ())


def served(*months_of: JudgedMonth, quiet: frozenset = frozenset()) -> ReplayedService:
    keys = dict.fromkeys(one.judgement.series for one in months_of)
    return ReplayedService(
        {key: [one for one in months_of if one.judgement.series == key] for key in keys},
        quiet,
        ENCOUNTERS.totals,
    )


def test_flags_of_all_borders_are_told_by_month_then_border_and_the_watched_not_at_all():
    found = served(
        month(SOUTH, "2024-01", 0.01, "major"),
        month(SOUTH, "2024-03", 0.01, "major"),
        month(NORTH, "2024-03", 0.01, "critical"),
        month(NORTH, "2024-02", 0.04, "watch"),
    ).flags

    assert [(flag.month, flag.series) for flag in found] == [
        ("2024-01", SOUTH),
        ("2024-03", NORTH),
        ("2024-03", SOUTH),
    ]


def test_an_episode_is_told_as_it_stands_at_the_end():
    service = served(
        month(SOUTH, "2024-01", 0.01, "major", episode="2024-01", ended="transient"),
        month(NORTH, "2024-01", 0.01, "major", episode="2024-01", ended="open"),
        month(NORTH, "2024-02", 0.01, episode="2024-01", ended="level shift"),
        month(NORTH, "2024-03", 0.01, "major", episode="2024-03", ended="open"),
        month(NORTH, "2024-04", 0.01, "notable"),
    )
    ends = {(f.series, f.month): service.ending(f) for f in service.flags}

    assert {place: end and end.state for place, end in ends.items()} == {
        (SOUTH, "2024-01"): "transient",
        (NORTH, "2024-01"): "level shift",
        (NORTH, "2024-03"): "open",
        (NORTH, "2024-04"): None,
    }


def test_rates_are_of_the_months_that_had_a_forecast_the_quiet_ones_or_all():
    found = [(NORTH, p) for p in (None, 0.005, 0.01, 0.02, 0.05, 0.5)] + [(SOUTH, 0.001)]
    service = served(
        *(month(key, f"2024-0{at + 1}", p) for at, (key, p) in enumerate(found)),
        quiet=frozenset({("northern", f"2024-0{at}") for at in (1, 2, 5, 7)}),
    )

    assert service.rates(quiet=False) == {0.05: 4 / 6, 0.02: 3 / 6, 0.01: 2 / 6}
    assert service.rates(quiet=True) == {0.05: 1 / 2, 0.02: 1 / 2, 0.01: 1 / 2}
    assert [j.month for j in service.judged(True)] == ["2024-02", "2024-05"]
    assert len(service.judged(False)) == 6


def test_a_known_break_is_found_by_a_flag_within_two_months():
    """In May 2023 Title 42 ended, on three borders; in February 2024 Canada asked for visas."""
    drift = replace(month(SOUTH, "2023-07", 0.01, "notable").flags[0], kind="drift")
    service = served(
        month(NORTH, "2023-04", 0.01, "major"),
        month(NORTH, "2023-05", 0.01, "critical"),
        month(NORTH, "2023-07", 0.01, "watch"),
        month(NORTH, "2023-08", 0.01, "major"),
        month(SeriesKey("other"), "2023-05", 0.01, "major"),
        month(SOUTH, "2023-05", 0.5),
        JudgedMonth(Judgement(SOUTH, "2023-07", 1, "hindcast", 1), (drift,)),
    )

    found = list(known_events(service, "2023-05", ENCOUNTERS))

    first = [tuple(event.values()) for event in found if event["date"] == "2023-05-11"]
    assert first == [
        ("2023-05-11", "northern", "Title 42 ends", "2023-05 critical, 2023-07 watch"),
        ("2023-05-11", "southwest", "Title 42 ends", "2023-07 drift"),
    ]
    assert [(e["border"], e["found"]) for e in found if e["date"] == "2024-02-29"] == [
        ("northern", "")
    ]
    assert {event["date"] for event in found} <= {known.date for known in ENCOUNTERS.breaks}
    assert min(event["date"] for event in found) == "2023-05-11"
    assert min(event["date"] for event in known_events(service, "", ENCOUNTERS)) == "2020-03-20"


def test_where_no_month_was_judged_there_is_no_rate():
    assert set(ReplayedService({}, set(), ENCOUNTERS.totals).rates(quiet=False).values()) == {None}
