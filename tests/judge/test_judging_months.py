"""One series month by month: judgement, flag, drift, and a part under its border's flag."""

from __future__ import annotations

import math
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from forecast import months
from forecast.config import Flags
from forecast.engine import ENGINE, mixtures
from forecast.engine.predictive import PanelHindcasts, Predictive
from forecast.judge import judging, replay
from forecast.judge.drift import Drift
from forecast.judge.judging import (
    JudgingInputs,
    MonthCase,
    State,
    TotalMonths,
    judge_month,
    judge_months,
    judging_inputs,
)
from forecast.judge.parts import BorderMonth, apart_share, difference
from forecast.judge.surprise import p_value, thresholds
from forecast.store import connect, inputs, runs
from forecast.types import (
    Episode,
    FirstPublished,
    Flag,
    Forecast,
    ForecastPath,
    Judgement,
    MonthForecast,
    MonthMixture,
    SeriesKey,
)
from tests.support import tiny_record
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows
from tests.support.panels import make_panel

RULES = Flags().rules
NORTH = SeriesKey("northern")
PART = SeriesKey("northern", "state", "NY")


def outlook(
    month: str, median: float, scale: float = 0.1, run_id: int | None = None
) -> ForecastPath:
    centre = math.log1p(median)
    return ForecastPath(months.shift(month, -1), (centre,) * 12, (scale,) * 12, 4.0, run_id)


def look(
    month: str,
    count: int,
    median: float = 1000,
    *,
    key: SeriesKey = NORTH,
    older: float | None = None,
    total: BorderMonth | None = None,
    apart: float = 1.0,
) -> MonthCase:
    before = None if older is None else MonthForecast(round(older), math.log1p(older), 0.2, 4.0)
    published = key, month, count, 1, median
    return MonthCase(*published, outlook(month, median), before, total, apart)


def border(month: str, factor: float, *, flagged: bool = True) -> BorderMonth:
    return BorderMonth(math.log1p(10_000 * factor), outlook(month, 10_000), month, flagged)


def flags(looks: list[MonthCase], **options: bool) -> list[tuple[str, str, str]]:
    found = [j for _, j in judge_months(looks, RULES, **options)]
    return [(f.month, f.kind, f.role) for judged in found for f in judged.flags]


def test_months_of_mixtures_are_asked_at_once():
    """Each by what was said of it a month and six months before: one by one would be 80."""
    of = MonthMixture(math.log1p(1000), 0.1, 0.0, 0.0, 0.3, 1000.0, 5.0)
    mixed = [
        replace(
            case,
            outlook=replace(case.outlook, mixtures=(of,) * 12),
            older=replace(case.older, mixture=of),
        )
        for case in (look(months.shift("2020-01", n), 990 + n, older=990) for n in range(40))
    ]
    asked = 0

    def watch(frame, event, _):
        nonlocal asked
        asked += event == "call" and frame.f_code is mixtures.chances_below.__code__

    sys.setprofile(watch)
    try:
        together = list(judge_months(mixed, RULES))
    finally:
        sys.setprofile(None)
    assert asked == 1
    state = State()
    for case, (_, judged) in zip(mixed, together, strict=True):
        state, alone = judge_month(state, replace(case, surprises={}), RULES)
        assert alone == judged


def test_a_part_s_scale_apart_from_its_border_is_that_of_the_rest():
    """The border errs by half of what the part does each month: r is the other half."""
    rng = np.random.default_rng(3)
    z = 12 + np.cumsum(rng.normal(0, 0.3, (1, 40)), axis=1)
    moved = np.diff(z, axis=1, prepend=0) / 2

    share = apart_share(z, z, moved)[0]

    assert np.isnan(share[:23]).all()
    assert share[23:] == pytest.approx([0.5] * 17)


def test_a_part_less_its_border_is_as_long_as_the_shorter():
    part = ForecastPath("2025-01", (5.0, 6.0, 7.0), (0.1, 0.2, 0.3), 2.7, 4)
    whole = ForecastPath("2025-01", (9.0, 9.5), (0.1, 0.1), 3.0, 5)

    found = difference(part, whole, 0.5)

    assert found == ForecastPath("2025-01", (-4.0, -3.5), (0.05, 0.1), 2.7, 4)


def said_of(z: np.ndarray, sigma: np.ndarray, h: int = 2) -> Predictive:
    """The column as the centre of each step, so that it shows where a forecast is from."""
    path = np.repeat(np.arange(z.shape[1], dtype=float)[None, :, None], h, axis=2)
    path = np.repeat(path, len(z), axis=0) + np.arange(h) / 10
    flat = np.ones(z.shape)
    return Predictive(path, path + 1, 3 * flat, flat, flat, flat, sigma)


def hindsight(z: list[list[float]], last: list[str], keys: tuple[SeriesKey, ...]) -> PanelHindcasts:
    values = np.array(z)
    sigma = np.where(np.arange(values.shape[1]) < 1, np.nan, values)
    panel = replace(make_panel(values), last=np.array([months.to_index(m) for m in last]))
    return PanelHindcasts(keys, panel, said_of(values, sigma))


def test_a_hindcast_is_of_the_last_month_known_by_then():
    found = hindsight([[5, 5, math.nan, math.nan, 5.0]], ["2025-05"], (NORTH,))
    told = ForecastPath("2025-02", (1.0,), (1.0,), 3.0)
    revised = replace(found, revised={(NORTH, "2025-02"): told})

    cutoffs = {m: found.outlook(0, m) for m in months.between("2024-12", "2025-06")}

    assert {m: o and o.cutoff for m, o in cutoffs.items()} == {
        "2024-12": None,  # before the panel
        "2025-01": None,  # no sigma yet
        "2025-02": "2025-02",
        "2025-03": "2025-02",
        "2025-04": "2025-02",
        "2025-05": "2025-05",
        "2025-06": None,
    }
    assert cutoffs["2025-04"] == ForecastPath("2025-02", (1.0, 1.1), (2.0, 2.1), 3.0)
    assert revised.outlook(0, "2025-04") is told
    assert [found.column(0, month) for month in ("2024-12", "2025-05")] == [-1, 4]


def test_a_hindcast_may_be_of_the_first_month_there_is():
    known = hindsight([[5.0, 5.0]], ["2025-05"], (NORTH,))
    sigma = np.ones((1, 2))
    from_the_first = replace(known, predictive=replace(known.predictive, sigma=sigma))

    found = [from_the_first.outlook(0, f"2025-0{n}") for n in (3, 4, 5, 6)]

    assert [one and one.cutoff for one in found] == [None, "2025-04", "2025-05", None]


def test_a_hindcast_says_no_more_than_it_reaches():
    """Two months ahead, and counted from the month known last: April is three after February's."""
    found = hindsight([[5, 5, math.nan, math.nan, 5.0]], ["2025-05"], (NORTH,))

    april = found.expected(0, "2025-04", 1)

    assert april == MonthForecast(2, 1.1, 2.1, 3.0, 2)
    assert found.expected(0, "2025-05", 1) is None
    assert found.expected(0, "2025-06", 1).horizon == 1
    assert found.expected(0, "2025-07", 2).horizon == 2
    assert found.expected(0, "2024-12", 1) is None


def test_what_is_usual_is_the_median_of_the_year_up_to_a_month():
    counts = {month: place for place, month in enumerate(months.between("2023-01", "2024-06"))}

    assert judging.typical(counts, "2024-03") == 8.5  # 3 .. 14
    assert judging.typical(counts, "2023-03") == 1
    assert judging.typical(counts, "2025-04") == 16.5  # what of the year is held
    assert judging.typical(counts, "2025-06") == judging.typical({}, "2024-01") == 0


def test_months_are_quiet_until_a_known_break_and_after_its_third_month():
    """Visas for the north from 29 February 2024; nothing is known of the other border."""
    shown = months.between("2023-12", "2024-07")

    found = replay.quiet(["northern", "other"], shown, ENCOUNTERS.breaks)

    noisy = [month for month, quiet in zip(shown, found[0], strict=True) if not quiet]
    assert noisy == ["2024-02", "2024-03", "2024-04", "2024-05"]
    assert found[1].all()


@pytest.mark.parametrize("border", ["northern", "southwest", "other", "nationwide"])
def test_months_are_quiet_outside_the_quarter_after_every_known_break(border):
    shown = months.between("2013-10", "2026-12")
    noisy = {
        months.shift(day.date[:7], after)
        for day in ENCOUNTERS.breaks
        if border in day.totals
        for after in range(4)
    }

    (found,) = replay.quiet([border], shown, ENCOUNTERS.breaks)

    assert [m for m, quiet in zip(shown, found, strict=True) if not quiet] == sorted(noisy)


def test_a_replay_judges_each_month_by_what_stood_before_it():
    """From the first month that is asked for on; what is only watched is no flag of it."""
    span = months.between("2024-12", "2025-05")
    known = hindsight([[7.0] * 6], ["2025-05"], (NORTH,))
    centre, scale = np.full((1, 6, 8), 7.0), np.full((1, 6, 8), 0.1)
    known = replace(known, predictive=replace(known.predictive, centre=centre, scale=scale))
    first = {NORTH: {month: (1095 + 380 * (month == "2025-04"), 3) for month in span}}

    found = replay.replay(known, first, RULES, since="2025-02")[NORTH]
    looks = replay.looks_back(known, 0, first[NORTH])

    assert [judged.judgement.month for judged in found] == span[2:]
    assert [look.typical for look in looks] == [0, *[1095] * 5]
    assert [look.outlook and look.outlook.cutoff for look in looks] == [None, None, *span[1:5]]
    assert all(look.older is None for look in looks)  # nobody stood there six months before
    grades = [flag.severity for judged in found for flag in judged.flags]
    assert grades == ["watch"]
    assert found[0].judgement.release_id == 3
    assert replay.replay(known, first, RULES, rows=[]) == {}


def test_a_stored_median_goes_before_one_worked_out():
    stored = ForecastPath("2025-01", (1.0, 2.0), (0.5, 0.6), 3.0, 7, (4, 9))

    assert stored.expected("2025-03") == MonthForecast(9, 2.0, 0.6, 3.0, 2)
    assert replace(stored, median=()).expected("2025-02") == MonthForecast(2, 1.0, 0.5, 3.0, 1)


def test_parts_know_the_episodes_of_borders_and_of_no_part(published):
    mine = {"side": -1, "size": 1.0, "cutoff": "2026-08", "centre": (7.0,), "scale": (0.1,)}
    found = [
        Episode(NORTH, "2026-09", **mine, df=4.0),
        Episode(PART, "2026-07", **mine, df=4.0),
        Episode(NORTH, "2026-05", **mine, df=4.0, state="transient", closed="2026-06"),
    ]
    with connect.moment(published) as connection:
        before = rows(
            published,
            """
            select opened, coalesce(closed, '9999-12') from flag_episodes
            where border = 'northern' and dimension = ''
            """,
        )
        known = TotalMonths.known(inputs.read(connection), None, None, [], found)

    assert len(before) > 1
    assert set(known.spans[NORTH]) == {*before, ("2026-09", "9999-12"), ("2026-05", "2026-06")}
    assert all(key.headline for key in known.spans)


def test_a_month_without_a_forecast_is_kept_unjudged():
    _, judged = judge_month(State(), MonthCase(NORTH, "2013-11", 2640, 1, 0, None), RULES)

    assert (judged.judgement.basis, judged.judgement.p, judged.flags) == ("none", None, ())


def test_the_basis_says_whether_the_forecast_was_published():
    published = NORTH, "2025-02", 4098, 7, 13_000.0
    said = [outlook("2025-02", 11_000, run_id=run_id) for run_id in (None, 3)]

    hindcast, issued = (judge_month(State(), MonthCase(*published, one), RULES)[1] for one in said)

    assert (hindcast.judgement.basis, issued.judgement.basis) == ("hindcast", "issued")
    assert issued.judgement.run_id == 3
    assert hindcast.judgement.p == issued.judgement.p
    assert hindcast.flags[0].ratio == pytest.approx(4099 / 11_001)


def test_a_lasting_shift_is_flagged_once():
    looks = [look("2025-01", 3000), *(look(f"2025-0{m}", 3000, 2900) for m in range(2, 8))]

    assert flags(looks) == [("2025-01", "month", "first")]


def test_a_watched_month_opens_nothing():
    state, judged = judge_month(State(), look("2025-01", 1340), RULES)

    assert [flag.severity for flag in judged.flags] == ["watch"]
    assert state.episode is None


def test_two_months_beyond_the_interval_of_six_months_before_are_drift():
    looks = [look(f"2025-0{m}", 1000, 1000, older=400) for m in (1, 2, 3)]

    assert flags(looks) == [("2025-02", "drift", "first")]


def test_drift_is_watched_to_both_sides_and_of_every_series_unless_told():
    """Two months under the interval of six months before, by their own forecast as expected."""
    state, first = judge_month(State(), look("2025-01", 400, 400, older=1000), RULES)
    state, second = judge_month(state, look("2025-02", 400, 400, older=1000), RULES)

    assert (first.judgement.outside, first.flags) == (-1, ())
    (flag,) = second.flags
    assert (flag.kind, flag.side, flag.severity) == ("drift", -1, "notable")
    assert (flag.value, flag.expected, flag.ratio) == (400, 1000, 401 / 1001)
    assert (flag.month, flag.release_id, flag.series) == ("2025-02", 1, NORTH)
    _, above = judge_month(State(), look("2025-01", 1000, 1000, older=400), RULES)
    _, inside = judge_month(State(), look("2025-01", 1000, 1000, older=990), RULES)
    _, unknown = judge_month(State(), look("2025-01", 1000, 1000), RULES)
    outside = [judged.judgement.outside for judged in (above, inside, unknown)]
    assert outside == [1, 0, None]


def test_an_alarm_during_an_episode_is_not_said_and_not_remembered():
    opened, _ = judge_month(State(), look("2025-01", 3000, 1000), RULES)
    state = replace(opened, drift=replace(opened.drift, up=4.4, sides={}))

    after, judged = judge_month(state, look("2025-02", 2500, 2000, older=1000), RULES)

    assert after.episode is not None
    assert [flag.kind for flag in judged.flags] == []
    assert after.drift.sides == {}


def test_small_deviations_add_up_to_drift():
    looks = [look(f"2025-{m:02}", 1190, 1000, older=1100) for m in range(1, 9)]

    assert flags(looks) == [("2025-05", "drift", "first")]


def test_a_series_below_the_configured_level_does_not_drift():
    looks = [look(f"2025-0{m}", 1000, 1000, older=400) for m in (1, 2, 3)]

    found = [j for _, j in judge_months(looks, Flags(min_level=2000).rules)]

    assert [flag for judged in found for flag in judged.flags] == []


def test_there_is_no_drift_on_the_side_of_a_flag_of_the_last_eight_months():
    shift = [look("2025-01", 3000, 1000, older=1000)]
    after = [look(f"2025-{m:02}", 3000, 2900, older=1000) for m in range(2, 12)]

    found = flags(shift + after)

    assert found[0] == ("2025-01", "month", "first")
    assert [month for month, kind, _ in found if kind == "drift"] == ["2025-10"]


def test_a_part_is_not_watched_for_drift():
    looks = [look(f"2025-{m:02}", 1190, 1000, key=PART, older=400) for m in range(1, 9)]

    assert flags(looks, drifts=False) == []


def test_a_part_that_moved_with_its_border_is_listed_under_it():
    state, judged = judge_month(
        State(), look("2025-01", 250, key=PART, total=border("2025-01", 0.25)), RULES
    )

    assert [(f.role, f.parent, f.episode) for f in judged.flags] == [("listed", "2025-01", None)]
    assert state.episode is None
    assert judged.judgement.apart_p > 0.9


def test_a_part_that_did_not_follow_stands_apart():
    _, judged = judge_month(
        State(), look("2025-01", 1000, key=PART, total=border("2025-01", 0.25)), RULES
    )

    flag = judged.flags[0]
    assert (flag.role, flag.parent, flag.expected) == ("apart", "2025-01", 249)
    assert (flag.episode, flag.side) == ("2025-01", 1)
    assert judged.judgement.p > 0.9


def test_a_part_that_goes_further_apart_escalates():
    looks = [
        look("2025-01", 1000, key=PART, total=border("2025-01", 0.25)),
        look("2025-02", 4000, key=PART, total=border("2025-02", 0.25)),
    ]

    found = [flag for _, judged in judge_months(looks, RULES) for flag in judged.flags]

    assert [(f.role, f.episode, f.parent) for f in found] == [
        ("apart", "2025-01", "2025-01"),
        ("escalation", "2025-01", "2025-02"),
    ]


def test_a_part_under_an_open_border_is_quiet_if_it_moves_along():
    """The border returns; so does the part: by its own forecast that were a flag."""
    returned = border("2025-02", 4.0, flagged=False)

    _, judged = judge_month(State(), look("2025-02", 4000, 1000, key=PART, total=returned), RULES)

    assert judged.judgement.p < 0.001
    assert judged.flags == ()


def test_a_part_whose_border_is_quiet_is_judged_by_its_own_forecast():
    quiet = BorderMonth(math.log1p(10_000), outlook("2025-01", 10_000))

    _, judged = judge_month(State(), look("2025-01", 250, key=PART, total=quiet), RULES)

    assert [(f.role, f.parent) for f in judged.flags] == [("first", None)]
    assert judged.judgement.apart_p is None


def test_a_part_apart_from_a_border_that_returns_was_transient():
    first = look("2025-01", 1000, key=PART, total=border("2025-01", 0.25))
    back = BorderMonth(math.log1p(10_000), outlook("2025-02", 2500), "2025-01")
    second = look("2025-02", 1000, 1000, key=PART, total=back)

    found = [judged for _, judged in judge_months([first, second], RULES)]

    assert found[1].episodes[0].state == "transient"
    assert [f.role for judged in found for f in judged.flags] == ["apart"]


def test_a_judgement_and_its_flag_keep_all_that_was_asked_and_found():
    """A month of 3,000 where 1,000 stood, issued by run 9, two months ahead."""
    said = ForecastPath("2024-11", (6.0, math.log1p(1000)), (0.2, 0.1), 2.5, 9)
    older = MonthForecast(2900, math.log1p(2900), 0.5, 2.5, 6)
    before = Drift(up=3.0, down=2.0, outside=1, sides={-1: "2020-01"})

    state, judged = judge_month(
        State(None, before),
        MonthCase(NORTH, "2025-01", 3000, 7, 990.0, said, older),
        RULES,
    )

    p, z = p_value(3000, said.expected("2025-01"))
    assert judged.judgement == Judgement(
        NORTH, "2025-01", 3000, "issued", 7, 9, "2024-11", 2, 1000, p, z, math.log1p(1000), None, 0
    )
    (flag,) = judged.flags
    assert flag == Flag(
        NORTH, "2025-01", 7, "month", "major", 3001 / 1001, 3000, 1000, 1, "first", "2025-01"
    )
    (episode,) = judged.episodes
    assert state == State(episode, Drift(outside=0, sides={-1: "2020-01", 1: "2025-01"}))
    assert (episode.series, episode.opened, episode.side) == (NORTH, "2025-01", 1)
    assert (episode.cutoff, episode.centre, episode.scale) == (
        "2024-11", (math.log1p(1000),), (0.1,),
    )  # fmt: skip
    assert episode.size == pytest.approx(math.log(3001 / 1001))


def test_a_quiet_month_leaves_its_score_in_the_sums():
    """100 above 1,000 at a scale of .1: the score counts on its side, beyond the slack."""
    state, judged = judge_month(State(drift=Drift(1.0, 1.0)), look("2025-01", 1100, 1000), RULES)

    z = judged.judgement.z
    assert 0.5 < z < 1.5
    assert (judged.flags, judged.episodes, state.episode) == ((), (), None)
    assert judged.judgement.drift_up == state.drift.up == pytest.approx(0.5 + z)
    assert (judged.judgement.drift_down, state.drift.down) == (0, 0)
    assert judged.judgement.outside is None


def test_a_watched_month_counts_in_the_sums_as_any_other():
    """Only what is flagged is said; a month to watch goes on adding up."""
    state, judged = judge_month(State(drift=Drift(up=1.0)), look("2025-01", 1340), RULES)

    assert [flag.severity for flag in judged.flags] == ["watch"]
    assert state.drift.up == pytest.approx(1 + min(judged.judgement.z, 2.5) - 0.5)
    assert state.drift.sides == {}


def test_a_series_not_watched_for_drift_keeps_its_sums():
    before = State(drift=Drift(1.0, 2.0, 1, {1: "2020-01"}))

    quiet, judged = judge_month(before, look("2025-01", 1100, older=400), RULES, drifts=False)
    flagged, _ = judge_month(before, look("2025-01", 3000, older=400), RULES, drifts=False)

    assert quiet.drift == flagged.drift == before.drift
    assert (judged.judgement.drift_up, judged.judgement.drift_down) == (1.0, 2.0)
    assert judged.judgement.outside == 1


def test_an_unjudged_month_changes_nothing_of_what_is_open():
    opened, _ = judge_month(State(), look("2025-01", 3000), RULES)

    state, judged = judge_month(opened, replace(look("2025-02", 9), outlook=None), RULES)

    assert state is opened
    assert judged == (Judgement(NORTH, "2025-02", 9, "none", 1), (), ())


def test_a_reversal_ends_one_episode_and_opens_another_in_that_order():
    opened, _ = judge_month(State(), look("2025-01", 3000), RULES)

    state, judged = judge_month(opened, look("2025-02", 200), RULES)

    assert [(e.opened, e.state, e.side) for e in judged.episodes] == [
        ("2025-01", "transient", 1),
        ("2025-02", "open", -1),
    ]
    (flag,) = judged.flags
    assert (flag.role, flag.episode, flag.side, flag.parent) == ("reversal", "2025-02", -1, None)
    assert state.episode == judged.episodes[1]
    assert state.drift.sides == {1: "2025-01", -1: "2025-02"}


def test_a_month_that_goes_further_may_end_its_episode_too():
    """Held in February; in March further than ever: an escalation, and a level shift by it."""
    looks = [look("2025-01", 3000), look("2025-02", 3000, 2900), look("2025-03", 9000, 2900)]

    (_, first), (_, second), (state, third) = judge_months(looks, RULES)

    assert [(f.role, f.episode) for f in (*first.flags, *second.flags, *third.flags)] == [
        ("first", "2025-01"),
        ("escalation", "2025-01"),
    ]
    assert [(e.state, e.closed) for e in third.episodes] == [("level shift", "2025-03")]
    assert state.episode is None
    assert state.drift.sides == {1: "2025-03"}


def test_a_part_apart_that_turns_round_is_a_reversal():
    """Above its border in January, far below it in February, which the border's return is not."""
    january = look("2025-01", 1000, key=PART, total=border("2025-01", 0.25))
    moved = BorderMonth(math.log1p(10_000), outlook("2025-02", 10_000), "2025-01", False)
    february = look("2025-02", 100, key=PART, total=moved)

    (_, first), (state, second) = judge_months([january, february], RULES)

    assert [(f.role, f.side, f.episode) for f in (*first.flags, *second.flags)] == [
        ("apart", 1, "2025-01"),
        ("reversal", -1, "2025-02"),
    ]
    assert [(e.opened, e.state) for e in second.episodes] == [
        ("2025-01", "transient"),
        ("2025-02", "open"),
    ]
    assert state.episode.relative


def test_deviations_over_different_spans_are_not_compared():
    """The border was forecast from a month earlier than the part; or the scale apart is unknown."""
    above = border("2025-01", 0.25)
    early = replace(above, outlook=replace(outlook("2025-01", 10_000), cutoff="2024-11"))
    plain = look("2025-01", 1000, key=PART, total=above)

    _, compared = judge_month(State(), plain, RULES)
    _, apart = judge_month(State(), replace(plain, total=early), RULES)
    _, unknown = judge_month(State(), replace(plain, apart=math.nan), RULES)

    assert compared.judgement.apart_p < 0.05
    assert (apart.judgement.apart_p, unknown.judgement.apart_p) == (None, None)
    assert (apart.flags, unknown.flags) == ((), ())


def test_a_part_s_episode_apart_is_frozen_as_its_difference_from_the_border():
    above = BorderMonth(math.log1p(2500), outlook("2025-01", 10_000), "2024-12", True)

    state, judged = judge_month(
        State(), look("2025-01", 1000, key=PART, total=above, apart=0.5), RULES
    )

    (flag,) = judged.flags
    assert (flag.role, flag.parent, flag.episode) == ("apart", "2024-12", "2025-01")
    episode = state.episode
    assert episode.relative
    assert episode.centre == pytest.approx([math.log(1001 / 10_001)] * 12)
    assert episode.scale == pytest.approx([0.05] * 12)
    assert episode.size == pytest.approx(math.log(10_001 / 2501))


@pytest.mark.parametrize(
    ("count", "median", "flagged", "expected"),
    [
        (250, 1000, True, [("listed", "2025-01", None)]),
        (250, 1000, False, []),  # the border's flag is of an earlier month: moving along is none
        (1000, 1000, True, [("apart", "2025-01", "2025-01")]),
        (1000, 1000, False, [("apart", "2025-01", "2025-01")]),
    ],
)
def test_a_part_is_listed_only_in_its_border_s_own_month(count, median, flagged, expected):
    above = replace(border("2025-01", 0.25), flagged=flagged)

    _, judged = judge_month(State(), look("2025-01", count, median, key=PART, total=above), RULES)

    assert [(f.role, f.parent, f.episode) for f in judged.flags] == expected


def test_a_month_to_watch_under_an_open_border_is_not_told():
    """Neither of a part that has an episode of its own."""
    alone = look("2025-02", 1340, key=PART)
    moved = BorderMonth(math.log1p(13_400), outlook("2025-02", 10_000), "2025-01", False)
    opened, _ = judge_month(State(), look("2025-01", 3000, key=PART), RULES)

    told, under, within = (
        [flag.severity for flag in judge_month(state, seen, RULES)[1].flags]
        for state, seen in (
            (State(), alone),
            (State(), replace(alone, total=moved)),
            (opened, alone),
        )
    )

    assert (told, under, within) == (["watch"], [], [])


@pytest.mark.parametrize(
    ("older", "count", "outside"),
    [(700, 1000, 0), (500, 1000, 1), (1400, 1000, 0), (2000, 1000, -1)],
)
def test_outside_is_beyond_the_95_percent_of_six_months_before(older, count, outside):
    """Of a scale of .2: log 10 / 7 is within, log 2 is beyond."""
    _, judged = judge_month(State(), look("2025-01", count, 1000, older=older), RULES)

    assert judged.judgement.outside == outside
    p, _ = p_value(count, MonthForecast(older, math.log1p(older), 0.2, 4.0))
    assert (p < 0.05) == (outside != 0)


def past_of(last: str | None) -> JudgingInputs:
    return JudgingInputs(
        first={}, issued={}, done=frozenset(), last={NORTH: last} if last else {}, states={}
    )


def test_months_filled_in_before_the_last_judged_one_get_no_flags():
    looks = [look(f"2024-0{n}", 3000) for n in range(3, 8)]

    filled = list(judging.judge_series(past_of("2024-05"), NORTH, looks, RULES))
    first = list(judging.judge_series(past_of(None), NORTH, looks, RULES))

    assert [j.judgement.month for j in filled] == ["2024-03", "2024-04", "2024-06", "2024-07"]
    assert [bool(j.flags) for j in filled[:3]] == [False, False, True]
    assert [j.judgement.month for j in first][:3:2] == ["2024-03", "2024-05"]
    assert first[0].flags


def test_what_judging_found_is_kept_in_order():
    found = judging.Findings()
    months_judged = [
        j for _, j in judge_months([look("2024-03", 3000), look("2024-04", 1000)], RULES)
    ]

    found.add(months_judged[:1])
    found.add(months_judged[1:])

    assert [j.month for j in found.judgements] == ["2024-03", "2024-04"]
    assert [f.month for f in found.flags if f.kind == "month"] == ["2024-03"]
    assert [e.opened for e in found.episodes][:1] == ["2024-03"]
    assert found.systemic == frozenset()


def test_a_month_moves_all_parts_as_one_by_where_each_lies():
    def many(month, p, *z):
        return [SimpleNamespace(month=month, p=p, z=one) for one in z]

    number = judging.parts.LEAST_MOVED
    judged = [
        *many("all below", 1e-6, *[-2.0] * number),
        *many("none above", 1e-6, *[0.0] * number),
        *many("on both sides", 1e-6, *[-2.0] * number, *[2.0] * number),
        *many("as forecast", 0.5, *[-2.0] * number),
        *many("too few", 1e-6, *[2.0] * (number - 1)),
        *many("too few", None, 2.0),
        *many("too few", 1e-6, None),
    ]

    assert judging.parts.systemic_months(judged) == {"all below", "none above"}


def test_only_a_large_part_with_a_forecast_is_one_of_many():
    least = RULES.min_level

    assert look("2024-03", 5, median=least).large(RULES)
    assert not look("2024-03", 5, median=least - 1).large(RULES)
    assert not replace(look("2024-03", 5), outlook=None).large(RULES)


def test_the_engine_s_forecasts_say_from_which_count_on_a_month_is_flagged():
    fields = dict.fromkeys(Forecast.__dataclass_fields__)
    row = Forecast(
        **{**fields, "series": NORTH, "cutoff": "2024-12", "last_month": "2025-01", "model": ENGINE,
           "median": 1000, "centre": math.log1p(1000), "scale": 0.1, "df": 4.0}
    )  # fmt: skip
    counts = {NORTH: dict.fromkeys(months.between("2024-01", "2024-12"), 1000)}

    other, small, said = judging.alarmed(
        [replace(row, model="naive"), replace(row, median=1, centre=math.log1p(1)), row],
        counts,
        RULES,
    )

    assert (other.flag_below, other.flag_above) == (None, None)
    assert 0 < said.flag_below < 1000 < said.flag_above
    few = {NORTH: dict.fromkeys(counts[NORTH], 1)}
    (none,) = judging.alarmed([replace(row, median=1, centre=math.log1p(1))], few, RULES)
    assert (none.flag_below, none.flag_above) == (None, None)
    expected = MonthForecast(1000, math.log1p(1000), 0.1, 4.0)
    ((below, above),) = thresholds([expected], RULES)
    assert (said.flag_below, said.flag_above) == (below, above)
    assert small.month == said.month


class Fallback:
    """What a hindcast would say, where no forecast was issued in time."""

    keys = (NORTH,)

    def __init__(self) -> None:
        self.asked: list[tuple] = []

    def reaching(self, row, month, ahead=1):
        self.asked.append((row, months.shift(month, -ahead)))
        return "a hindcast"

    def expected(self, row, month, ahead):
        self.asked.append((row, month, ahead))
        return "a hindcast of then"


def issued(run: int, published: str, cutoff: str, steps: int = 12) -> ForecastPath:
    steady = (math.log1p(100 * run),) * steps
    median = (100 * run,) * steps
    return ForecastPath(cutoff, steady, (0.1,) * steps, 4.0, run, median, published)


def known_on(day: str | None, *said: ForecastPath, month: str = "2024-06") -> JudgingInputs:
    first = {
        NORTH: {
            **dict.fromkeys(months.between("2023-06", "2024-05"), FirstPublished(7, 1, None)),
            month: FirstPublished(900, 3, day),
        }
    }
    return JudgingInputs(first=first, issued={NORTH: said}, done=frozenset(), last={}, states={})


@pytest.mark.parametrize(
    ("day", "said", "run"),
    [
        ("2024-07-15", [issued(2, "2024-06-20", "2024-05"), issued(1, "2024-05-20", "2024-04")], 2),
        ("2024-07-15", [issued(2, "2024-07-15", "2024-05"), issued(1, "2024-07-14", "2024-04")], 1),
        ("2024-07-15", [issued(2, "2024-06-20", "2024-06"), issued(1, "2024-05-20", "2024-04")], 1),
        (
            "2024-07-15",
            [issued(2, "2024-06-20", "2024-03", 2), issued(1, "2024-05-20", "2024-03", 3)],
            1,
        ),
        ("2024-07-15", [issued(2, "2024-07-15", "2024-05")], None),
        ("2024-07-15", [], None),
        (None, [issued(2, "2024-06-20", "2024-05")], None),
    ],
)
def test_a_month_is_judged_by_the_last_forecast_of_it_issued_in_time(day, said, run):
    hindsight = Fallback()

    found = known_on(day, *said).outlook(hindsight, 0, "2024-06")

    if run is None:
        assert found == "a hindcast"
        assert hindsight.asked == [(0, "2024-05")]
    else:
        assert (found.run_id, hindsight.asked) == (run, [])
        assert found.expected("2024-06").median == 100 * run


@pytest.mark.parametrize(
    ("cutoff", "steps", "hit"),
    [("2023-12", 6, True), ("2023-12", 5, False), ("2023-11", 12, False), ("2024-01", 12, False)],
)
def test_a_drift_is_told_by_what_was_forecast_six_months_before(cutoff, steps, hit):
    hindsight = Fallback()

    past = known_on("2024-07-15", issued(2, "2024-01-20", cutoff, steps))
    found = past.look(hindsight, 0, "2024-06").older

    if hit:
        assert found.median == 200
    else:
        assert found == "a hindcast of then"
        assert hindsight.asked[-1] == (0, "2024-06", 6)


def test_a_month_is_what_was_first_published_beside_the_year_before_it():
    past = known_on("2024-07-15")

    found = past.case(NORTH, "2024-06", None)

    assert found == MonthCase(NORTH, "2024-06", 900, 3, 7, None)
    assert past.pending(NORTH, "2024-05") == ["2024-05", "2024-06"]
    done = replace(past, done=frozenset({(NORTH, "2024-06")}))
    assert done.pending(NORTH)[-1] == "2024-05"


# --- borders as their parts must know them, and parts together


def new_flag(key: SeriesKey, month: str, **changed) -> Flag:
    return Flag(key, month, 1, **{"kind": "month", "severity": "notable", "ratio": 2.0, **changed})


def new_episode(key: SeriesKey, opened: str, closed: str | None) -> Episode:
    state = "transient" if closed else "open"
    return Episode(key, opened, 1, 1.0, "2023-10", (7.0,), (0.2,), 3.0, False, state, closed)


def test_what_this_run_found_of_borders_stands_before_what_is_on_record(by_hand, tmp_path):
    """On record, see byhand: flags of two borders; episodes ended, open, and of a part."""
    south, other, whole = (SeriesKey(b) for b in ("southwest", "other", "nationwide"))
    flags_now = [
        new_flag(south, "2024-03", episode="2024-02"),
        new_flag(other, "2024-03"),
        new_flag(other, "2024-02", severity="watch"),
        new_flag(other, "2024-01", kind="drift"),
        new_flag(NORTH, "2024-01", episode="2023-12"),
    ]
    episodes_now = [new_episode(NORTH, "2024-01", "2024-03"), new_episode(PART, "2024-03", None)]

    with connect.writing(Path(shutil.copy(by_hand, tmp_path / "bordercast.db"))) as db:
        before = TotalMonths.known(inputs.read(db), None, past_of(None), [], [])
        after = TotalMonths.known(inputs.read(db), None, past_of(None), flags_now, episodes_now)

    assert before.flags == {NORTH: {"2024-01": "2024-01"}, south: {"2024-02": "2024-02"}}
    assert before.spans == {
        other: [("2023-11", "2023-12")],
        south: [("2023-12", "2024-01")],
        NORTH: [("2024-01", "9999-12")],
        whole: [("2024-02", "9999-12")],
    }
    assert after.flags == {
        NORTH: {"2024-01": "2023-12"},
        south: {"2024-02": "2024-02", "2024-03": "2024-02"},
        other: {"2024-03": "2024-03"},
    }
    assert after.spans == before.spans | {NORTH: [("2024-01", "2024-03")]}


def published_from(first: str, key: SeriesKey, *counts: int) -> dict:
    by_month = {months.shift(first, at): count for at, count in enumerate(counts)}
    return {key: {m: FirstPublished(count, 1, None) for m, count in by_month.items()}}


def borders_of(flags: dict, spans: list, *counts: int) -> TotalMonths:
    """The northern border from January to June 2025, and what is flagged or open of it."""
    head = hindsight([[5.0] * 6], ["2025-06"], (NORTH,))
    first = published_from("2025-01", NORTH, *(counts or (100,) * 6))
    first |= published_from("2025-01", SeriesKey("other"), 7, 7, 7)
    past = JudgingInputs(first=first, issued={}, done=frozenset(), last={}, states={})
    return TotalMonths(head, past, flags, {NORTH: spans})


@pytest.mark.parametrize(
    ("flags", "spans", "month", "flag", "flagged"),
    [
        ({}, [], "2025-04", None, False),
        ({"2025-04": "2025-03"}, [], "2025-04", "2025-04", True),
        ({"2025-03": "2025-03"}, [], "2025-04", None, False),
        ({}, [("2025-04", "2025-05")], "2025-03", None, False),
        ({}, [("2025-04", "2025-05")], "2025-04", "2025-04", False),
        ({}, [("2025-04", "2025-05")], "2025-05", "2025-04", False),
        ({}, [("2025-04", "2025-05")], "2025-06", None, False),
        ({}, [("2025-03", "9999-12"), ("2025-02", "2025-06")], "2025-05", "2025-03", False),
        ({"2025-05": "2025-05"}, [("2025-03", "9999-12")], "2025-05", "2025-05", True),
    ],
)
def test_a_border_is_under_its_flag_or_the_one_it_has_not_returned_from(
    flags, spans, month, flag, flagged
):
    found = borders_of({NORTH: flags}, spans).month("northern", month)

    assert (found.flag, found.flagged) == (flag, flagged)
    assert found.z == math.log1p(100)
    assert found.outlook.cutoff == months.shift(month, -1)


def test_a_border_s_month_that_was_not_judged_says_nothing_of_its_parts():
    borders = borders_of({}, [])

    assert borders.month("northern", "2025-07") is None  # not published
    assert borders.month("other", "2025-02") is None  # no forecasts are made of it
    assert borders.month("northern", "2025-02") is None  # too early for one
    assert borders.month("northern", "2025-03") is borders.month("northern", "2025-03") is not None


OTHERS = tuple(SeriesKey("northern", "state", name) for name in ("NY", "VT", "ME", "WA"))


def parts_of(keys: tuple[SeriesKey, ...], *, last: str = "2025-06", **past) -> tuple:
    """Parts of a hundred a month, in the same six months as their border."""
    width = 6 + months.to_index(last) - months.to_index("2025-06")
    family = hindsight([[5.0] * width] * len(keys), [last] * len(keys), keys)
    borders = borders_of({}, [])
    first = dict(borders.past.first)
    for key in keys:
        first |= published_from("2025-01", key, *(100,) * width)
    borders.past = JudgingInputs(
        **{"first": first, "issued": {}, "done": frozenset(), "last": {}, "states": {}} | past
    )
    return borders, family


def test_a_part_is_judged_where_its_border_is_and_it_has_a_forecast():
    borders, family = parts_of((SeriesKey("other", "state", "FL"), PART), last="2025-07")

    found = list(judging.family_looks(borders.past, borders, family))

    # From March on both have a forecast; of July the border has not been published.
    assert [(one.series, one.month) for one in found] == [
        (PART, month) for month in months.between("2025-03", "2025-06")
    ]
    assert [one.outlook.cutoff for one in found] == months.between("2025-02", "2025-05")
    assert {one.total.outlook.cutoff for one in found} == {*months.between("2025-02", "2025-05")}
    assert all(math.isnan(one.apart) for one in found)  # too few months to know


def test_a_part_s_months_are_judged_once_and_none_before_its_last():
    borders, family = parts_of((PART,), last="2025-06", done=frozenset({(PART, "2025-05")}))
    again = replace(borders.past, last={PART: "2025-05"})

    first = judging.family_looks(borders.past, borders, family)
    assert [one.month for one in first] == ["2025-03", "2025-04", "2025-06"]
    rest = judging.family_looks(again, borders, family)
    assert [one.month for one in rest] == ["2025-06"]


def parts_since_2022(*keys: SeriesKey) -> tuple[TotalMonths, PanelHindcasts]:
    """The same, each with 42 months of its own: enough to know how far it moves apart."""
    borders, _ = parts_of(keys)
    z = np.random.default_rng(5).normal(np.arange(42) - 1.0, 0.3, (len(keys), 42))
    return borders, hindsight(z, ["2025-06"] * len(keys), keys)


def test_how_far_a_part_moves_apart_is_known_at_the_cutoff_of_its_forecast():
    borders, family = parts_since_2022(SeriesKey("northern", "state", "MI"), *OTHERS[:2])
    known = judging.apart_shares(family)[:, -5:-1]  # of February to May

    found = list(judging.family_looks(borders.past, borders, family))

    assert len(set(known.ravel())) == 12
    assert [one.apart for one in found] == known.ravel().tolist()


def test_of_two_parts_none_is_asked_whether_it_moved_apart():
    """The third is not published yet: each would be far from its only sibling."""
    borders, family = parts_since_2022(*OTHERS[:3])
    borders.past.first[OTHERS[2]].clear()

    found = list(judging.family_looks(borders.past, borders, family))

    assert len(found) == 8
    assert np.isfinite(judging.apart_shares(family)[:, -5:]).all()  # of three it was known
    assert all(math.isnan(one.apart) for one in found)


def test_parts_of_one_month_that_fell_together_are_told_as_one():
    """Four parts of 2,000 fell to a hundred in June; until then all was as forecast."""
    borders, family = parts_of(OTHERS)
    family.predictive.centre[...] = math.log1p(2000)
    family.predictive.scale[...] = 0.1
    for key in OTHERS:
        for month in months.between("2025-01", "2025-05"):
            borders.past.first[key][month] = FirstPublished(2000, 1, None)

    judged, systemic = judging.judge_parts(borders.past, borders, [family], RULES)

    assert systemic == {"2025-06"}
    assert [(one.judgement.series, one.judgement.month) for one in judged] == [
        (key, month) for key in OTHERS for month in months.between("2025-03", "2025-06")
    ]
    raised = [flag for one in judged for flag in one.flags]
    assert {(flag.series, flag.month, flag.role) for flag in raised} == {
        (key, "2025-06", "first") for key in OTHERS
    }
    alone, none = judging.judge_parts(borders.past, borders, [], RULES)
    assert (alone, none) == ([], frozenset())


def test_a_part_goes_on_from_the_episode_it_is_in():
    """It fell in May and stays low in June: one flag, in this run or over two."""
    borders, family = parts_of((PART,))
    family.predictive.centre[...] = math.log1p(2000)
    family.predictive.scale[...] = 0.1
    for month in months.between("2025-01", "2025-04"):
        borders.past.first[PART][month] = FirstPublished(2000, 1, None)

    judged, _ = judging.judge_parts(borders.past, borders, [family], RULES)
    opened = judged[2].episodes[0]
    done = {(PART, month) for month in months.between("2025-01", "2025-05")}
    left = replace(
        borders.past,
        done=frozenset(done),
        last={PART: "2025-05"},
        states={PART: State(opened)},
    )
    rest, _ = judging.judge_parts(left, borders, [family], RULES)

    assert [[flag.month for flag in one.flags] for one in judged] == [[], [], ["2025-05"], []]
    assert opened.opened == "2025-05"
    assert rest == judged[3:]
    fresh, _ = judging.judge_parts(replace(left, states={}), borders, [family], RULES)
    assert [flag.month for one in fresh for flag in one.flags] == ["2025-06"]
    assert all(one.judgement.outside is None for one in judged)


def test_the_record_says_what_was_judged_and_what_that_left(by_hand, tmp_path):
    with connect.writing(Path(shutil.copy(by_hand, tmp_path / "bordercast.db"))) as db:
        db.execute("update judgements set drift_up = 0.5, drift_down = 1.5 where month = '2024-02'")
        db.execute(
            "update judgements set outside = -1 where month = '2024-02' and basis <> 'issued'"
        )
        past = judging_inputs(inputs.read(db))

    south, part = SeriesKey("southwest"), PART
    assert past.last == {
        NORTH: "2024-02",
        south: "2024-02",
        SeriesKey("other"): "2023-12",
        part: "2024-01",
    }
    assert (NORTH, "2024-01") in past.done
    assert (NORTH, "2023-12") not in past.done
    assert past.pending(NORTH) == ["2023-11", "2023-12"]
    # The third run is withdrawn, and its forecast was none.
    assert [(one.run_id, one.cutoff) for one in past.issued[NORTH]] == [
        (2, "2024-02"),
        (1, "2023-12"),
    ]
    state = past.states[NORTH]
    assert state.episode.opened == "2024-01"
    assert past.states[south].episode is None
    assert state.drift == Drift(0.5, 1.5, -1, {-1: "2024-01"})
    assert past.states[south].drift == Drift(0.5, 1.5, 0, {1: "2024-02"})
    assert past.first[NORTH]["2024-01"][0] == 50


def test_a_run_judges_the_months_that_no_run_has_and_flags_what_was_much_revised(by_hand, tmp_path):
    """On record January of the north was revised from 50 to 55, which is too little."""
    head = hindsight([[5.0] * 4], ["2024-02"], (NORTH,))

    with connect.writing(Path(shutil.copy(by_hand, tmp_path / "bordercast.db"))) as db:
        db.execute("delete from flags where kind = 'revision'")
        little = judging.judge_new(inputs.read(db), head, [], RULES)
        db.execute("update observations set encounters = 155 where encounters = 55")
        much = judging.judge_new(inputs.read(db), head, [], RULES)

    for found in (little, much):
        assert [(one.series, one.month) for one in found.judgements] == [
            (NORTH, "2023-11"),
            (NORTH, "2023-12"),
        ]
        assert (found.episodes, found.systemic) == ([], frozenset())
    assert little.flags == []
    assert [(f.kind, f.month, f.expected, f.value, f.side) for f in much.flags] == [
        ("revision", "2024-01", 50, 155, 1)
    ]


@pytest.mark.parametrize("late", [0, 3])
def test_each_part_s_share_is_of_its_errors_and_its_siblings_a_month_ahead(late):
    """The others err by half of what the first part does, as in the rule's own test."""
    rng = np.random.default_rng(3)
    wrong = rng.normal(0, 0.3, 40)
    column = np.arange(40) - 1.0  # what was said of a month a month before; see `said_of`
    ends = ["2025-06", months.shift("2025-06", -late), months.shift("2025-06", -late)]
    others = column + np.roll(wrong, late) / 2
    family = hindsight([column + wrong, others, others], ends, OTHERS[:3])

    share = judging.apart_shares(family)

    assert share.shape == (3, 40)
    assert np.isnan(share[:, :23]).all()
    assert share[0, 24 : 40 - late] == pytest.approx(np.full(16 - late, 0.5))


def test_what_is_usual_of_a_month_is_of_the_twelve_before_it_as_first_published():
    span = months.between("2023-05", "2024-07")
    by_month = {m: FirstPublished(at, 1, None) for at, m in enumerate(span)}
    past = replace(past_of(None), first={NORTH: by_month})

    assert past.case(NORTH, "2024-06", None).typical == np.median(range(1, 13))


def test_parts_are_not_watched_for_drift():
    """Four months a seventh above what was forecast, none of which is flagged."""
    borders, family = parts_of((PART,))
    family.predictive.centre[...] = math.log1p(2000)
    family.predictive.scale[...] = 0.1
    for month in months.between("2025-01", "2025-06"):
        borders.past.first[PART][month] = FirstPublished(2280, 1, None)

    judged, _ = judging.judge_parts(borders.past, borders, [family], RULES)

    assert [one.flags for one in judged] == [()] * 4
    assert {(one.judgement.drift_up, one.judgement.drift_down) for one in judged} == {(0.0, 0.0)}
    assert all(one.judgement.z > 1 for one in judged)


def test_nobody_knows_how_far_a_part_moves_apart_before_its_first_month():
    """A run may have forecast it from a month that the panel does not go back to."""
    borders, family = parts_since_2022(*(keys := (PART, *OTHERS[1:3])))
    for key in (NORTH, *keys):
        borders.past.first[key]["2022-01"] = FirstPublished(100, 1, "2022-02-20")
    said = {key: [issued(1, "2022-01-10", "2021-12")] for key in (NORTH, *keys)}
    borders.past = replace(borders.past, issued=said)

    looks = judging.family_looks(borders.past, borders, family)
    found = [one for one in looks if one.series == PART]

    assert [one.month for one in found] == [
        "2022-01",
        *months.between("2025-03", "2025-06"),
    ]
    assert [math.isnan(one.apart) for one in found] == [True, False, False, False, False]
    assert found[0].outlook.run_id == found[0].total.outlook.run_id == 1


def test_forecasts_are_read_as_far_back_as_a_month_to_be_judged_may_have_one(by_hand, tmp_path):
    """The first such month is November 2023: three years before it."""
    with connect.writing(Path(shutil.copy(by_hand, tmp_path / "bordercast.db"))) as db:
        for at, cutoff in enumerate(("2020-11", "2020-10")):
            said = (tiny_record.forecast(NORTH, cutoff, 1, 70 + at),)
            runs.publish(
                db,
                tiny_record.publication("2024-04-11T12:00", "2024-02", (), forecasts=said),
            )
        past = judging_inputs(inputs.read(db))

    assert [one.cutoff for one in past.issued[NORTH]] == ["2024-02", "2023-12", "2020-11"]


def on_figures_of_today(*looks: MonthCase, median: float) -> list[MonthCase]:
    """The same months; from any cutoff today's figures give this median."""
    path = (math.log1p(median),) * 12
    return [
        replace(one, restated=lambda cutoff: ForecastPath(cutoff, path, (0.1,) * 12, 4.0))
        for one in looks
    ]


@pytest.mark.parametrize(
    ("count", "before", "today", "kept"),
    [
        (5000, 1000, None, ""),  # flagged
        (5000, 1000, 5000, "restated"),
        (5000, 1000, 1100, ""),  # restated, and unusual all the same
        (5000, 1000, 20_000, "restated"),  # on the other side by the figures of today
        (1000, 1000, 5000, ""),  # as forecast by what stood then
    ],
)
def test_a_month_unusual_by_figures_restated_since_is_not_flagged(count, before, today, kept):
    looks = [look("2025-03", count, before)]
    if today:
        looks = on_figures_of_today(*looks, median=today)

    ((state, judged),) = judge_months(looks, RULES)

    assert judged.judgement.unflagged == kept
    assert bool(judged.flags) == (not kept and count != before)
    assert (state.episode is not None) == bool(judged.flags)
    assert judged.judgement.median == before  # what was said stays on record


def test_no_level_is_confirmed_that_never_moved():
    """March is flagged; in April every figure before it turns out to have been as high."""
    march, *later = (look(f"2025-{n:02d}", 5000, 1000) for n in range(3, 7))
    found = list(judge_months([march, *on_figures_of_today(*later, median=5000)], RULES))

    assert [len(judged.flags) for _, judged in found] == [1, 0, 0, 0]
    ended = [e for _, judged in found for e in judged.episodes if e.state != "open"]
    assert [(e.opened, e.state, e.closed) for e in ended] == [("2025-03", "transient", "2025-04")]
    assert found[1][1].judgement.unflagged == "restated"


@pytest.mark.parametrize(
    ("looks", "kept"),
    [
        ([look("2025-03", 1290, 1000)], "watch"),
        ([look("2025-03", 60, 30)], "small"),
        ([look("2025-03", 5000), look("2025-04", 5000)], "known"),
        ([look("2025-03", 5000)], ""),
        ([look("2025-03", 1010)], ""),
    ],
)
def test_a_judgement_keeps_why_an_unusual_month_has_no_flag(looks, kept):
    rules = replace(RULES, min_change=35)
    *_, (_, judged) = judge_months(looks, rules)

    assert judged.judgement.unflagged == kept


@pytest.mark.parametrize(("today", "side"), [(None, 1), (1900, 1), (3000, 0), (9000, 0)])
def test_no_month_is_outside_a_forecast_of_figures_restated_since(today, side):
    """3,000 against 1,000 said six months before."""
    looks = [look("2025-03", 3000, 3000, older=1000)]
    if today:
        looks = on_figures_of_today(*looks, median=today)

    ((_, judged),) = judge_months(looks, RULES)

    assert judged.judgement.outside == side
