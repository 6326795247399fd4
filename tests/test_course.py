"""One series month by month: judgement, flag, drift, and a part under its border's flag."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from panels import make_panel
from sqlite_utils import Database
from tables import rows

from forecast import months
from forecast.engine.predictive import Predictive
from forecast.records import Episode, SeriesKey
from forecast.store import connect
from forecast.watch import replay
from forecast.watch.monitor import Look, Published, State, course, follow
from forecast.watch.outlook import Hindsight, Outlook, border_beside
from forecast.watch.relative import BorderMonth, apart_share, difference
from forecast.watch.surprise import Expected, Rules
from jobs.pipeline.judging import Borders

RULES = Rules()
NORTH = SeriesKey("northern")
PART = SeriesKey("northern", "state", "NY")


def outlook(month: str, median: float, scale: float = 0.1, run_id: int | None = None) -> Outlook:
    centre = math.log1p(median)
    return Outlook(months.shift(month, -1), (centre,) * 12, (scale,) * 12, 4.0, run_id)


def look(
    month: str,
    count: int,
    median: float = 1000,
    *,
    key: SeriesKey = NORTH,
    older: float | None = None,
    border: BorderMonth | None = None,
    apart: float = 1.0,
) -> Look:
    before = None if older is None else Expected(round(older), math.log1p(older), 0.2, 4.0)
    published = Published(key, month, count, 1, median)
    return Look(published, outlook(month, median), before, border, apart)


def border(month: str, factor: float, *, flagged: bool = True) -> BorderMonth:
    return BorderMonth(math.log1p(10_000 * factor), outlook(month, 10_000), month, flagged)


def flags(looks: list[Look], **options: bool) -> list[tuple[str, str, str]]:
    found = [j for _, j in course(looks, RULES, **options)]
    return [(f.month, f.kind, f.role) for judged in found for f in judged.flags]


def test_a_part_s_scale_apart_from_its_border_is_that_of_the_rest():
    """The border errs by half of what the part does each month: r is the other half."""
    rng = np.random.default_rng(3)
    z = 12 + np.cumsum(rng.normal(0, 0.3, (1, 40)), axis=1)
    border_first = 11 + 0 * z
    border_z = 11 + np.diff(z, axis=1, prepend=0) / 2

    share = apart_share(z, z, border_z, border_first)[0]

    assert np.isnan(share[:23]).all()
    assert share[23:] == pytest.approx([0.5] * 17)


def test_a_part_less_its_border_is_as_long_as_the_shorter():
    part = Outlook("2025-01", (5.0, 6.0, 7.0), (0.1, 0.2, 0.3), 2.7, 4)
    whole = Outlook("2025-01", (9.0, 9.5), (0.1, 0.1), 3.0, 5)

    found = difference(part, whole, 0.5)

    assert found == Outlook("2025-01", (-4.0, -3.5), (0.05, 0.1), 2.7, 4)


def said_of(z: np.ndarray, sigma: np.ndarray, h: int = 2) -> Predictive:
    """The column as the centre of each step, so that it shows where a forecast is from."""
    path = np.repeat(np.arange(z.shape[1], dtype=float)[None, :, None], h, axis=2)
    path = np.repeat(path, len(z), axis=0) + np.arange(h) / 10
    flat = np.ones(z.shape)
    return Predictive(path, path + 1, 3 * flat, flat, flat, flat, sigma)


def hindsight(z: list[list[float]], last: list[str], keys: tuple[SeriesKey, ...]) -> Hindsight:
    values = np.array(z)
    sigma = np.where(np.arange(values.shape[1]) < 1, np.nan, values)
    panel = replace(make_panel(values), last=np.array([months.to_index(m) for m in last]))
    return Hindsight(keys, panel, said_of(values, sigma))


def test_a_border_stands_in_the_columns_of_its_part():
    """The part ends a month before the border, and began two months before it."""
    borders = hindsight([[0] * 4, [1.0, 2, 3, 4]], ["2025-05"] * 2, (SeriesKey("other"), NORTH))
    parts = hindsight([[9.0] * 6, [9.0] * 6], ["2025-04", "2025-05"], (PART, PART))
    strange = hindsight([[9.0] * 6], ["2025-04"], (SeriesKey("southwest", "state", "TX"),))

    z, first = border_beside(borders, parts, 0)
    nothing, none = border_beside(borders, strange, 0)

    nan = math.nan
    assert z == pytest.approx([nan, nan, nan, 1, 2, 3], nan_ok=True)
    assert first == pytest.approx([nan, nan, nan, 0, 1, 2], nan_ok=True)
    assert border_beside(borders, parts, 1)[0] == pytest.approx([nan, nan, 1, 2, 3, 4], nan_ok=True)
    assert np.isnan([nothing, none]).all()


def test_a_hindcast_is_of_the_last_month_known_by_then():
    found = hindsight([[5, 5, math.nan, math.nan, 5.0]], ["2025-05"], (NORTH,))
    told = Outlook("2025-02", (1.0,), (1.0,), 3.0)
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
    assert cutoffs["2025-04"] == Outlook("2025-02", (1.0, 1.1), (2.0, 2.1), 3.0)
    assert revised.outlook(0, "2025-04") is told
    assert [found.column(0, month) for month in ("2024-12", "2025-05")] == [-1, 4]


def test_a_hindcast_says_no_more_than_it_reaches():
    """Two months ahead, and counted from the month known last: April is three after February's."""
    found = hindsight([[5, 5, math.nan, math.nan, 5.0]], ["2025-05"], (NORTH,))

    april = found.expected(0, "2025-04", 1)

    assert april == Expected(2, 1.1, 2.1, 3.0, 2)
    assert found.expected(0, "2025-05", 1) is None
    assert found.expected(0, "2025-06", 1).horizon == 1
    assert found.expected(0, "2025-07", 2).horizon == 2
    assert found.expected(0, "2024-12", 1) is None


def test_what_is_usual_is_the_median_of_the_year_up_to_a_month():
    counts = {month: place for place, month in enumerate(months.between("2023-01", "2024-06"))}

    assert replay.typical(counts, "2024-03") == 8.5  # 3 .. 14
    assert replay.typical(counts, "2023-03") == 1
    assert replay.typical(counts, "2025-04") == 16.5  # what of the year is held
    assert replay.typical(counts, "2025-06") == replay.typical({}, "2024-01") == 0


def test_months_are_quiet_until_a_known_break_and_after_its_third_month():
    """Visas for the north from 29 February 2024; nothing is known of the other border."""
    shown = months.between("2023-12", "2024-07")

    found = replay.quiet(["northern", "other"], shown)

    noisy = [month for month, quiet in zip(shown, found[0], strict=True) if not quiet]
    assert noisy == ["2024-02", "2024-03", "2024-04", "2024-05"]
    assert found[1].all()


def test_a_replay_judges_each_month_by_what_stood_before_it():
    """From the first month that is asked for on; what is only watched is no flag of it."""
    span = months.between("2024-12", "2025-05")
    known = hindsight([[7.0] * 6], ["2025-05"], (NORTH,))
    centre, scale = np.full((1, 6, 8), 7.0), np.full((1, 6, 8), 0.1)
    known = replace(known, predictive=replace(known.predictive, centre=centre, scale=scale))
    first = {NORTH: {month: (1095 + 380 * (month == "2025-04"), 3) for month in span}}

    (found,) = replay.replay(known, first, RULES, since="2025-02")
    looks = replay.looks_back(known, 0, first[NORTH])

    assert [judged.judgement.month for judged in found.months] == span[2:]
    assert [look.published.typical for look in looks] == [0, *[1095] * 5]
    assert [look.outlook and look.outlook.cutoff for look in looks] == [None, None, *span[1:5]]
    assert all(look.older is None for look in looks)  # nobody stood there six months before
    grades = [flag.severity for judged in found.months for flag in judged.flags]
    assert grades == ["watch"]
    assert found.flags == []
    assert found.months[0].judgement.release_id == 3
    assert replay.replay(known, first, RULES, rows=[]) == []


def test_a_stored_median_goes_before_one_worked_out():
    stored = Outlook("2025-01", (1.0, 2.0), (0.5, 0.6), 3.0, 7, (4, 9))

    assert stored.expected("2025-03") == Expected(9, 2.0, 0.6, 3.0, 2)
    assert replace(stored, median=()).expected("2025-02") == Expected(2, 1.0, 0.5, 3.0, 1)


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
        known = Borders.known(Database(connection), None, None, [], found)

    assert len(before) > 1
    assert set(known.spans[NORTH]) == {*before, ("2026-09", "9999-12"), ("2026-05", "2026-06")}
    assert all(key.headline for key in known.spans)


def test_a_month_without_a_forecast_is_kept_unjudged():
    _, judged = follow(State(), Look(Published(NORTH, "2013-11", 2640, 1, 0), None), RULES)

    assert (judged.judgement.basis, judged.judgement.p, judged.flags) == ("none", None, ())


def test_the_basis_says_whether_the_forecast_was_published():
    published = Published(NORTH, "2025-02", 4098, 7, 13_000.0)
    said = [outlook("2025-02", 11_000, run_id=run_id) for run_id in (None, 3)]

    hindcast, issued = (follow(State(), Look(published, one), RULES)[1] for one in said)

    assert (hindcast.judgement.basis, issued.judgement.basis) == ("hindcast", "issued")
    assert issued.judgement.run_id == 3
    assert hindcast.judgement.p == issued.judgement.p
    assert hindcast.flags[0].ratio == pytest.approx(4099 / 11_001)


def test_a_lasting_shift_is_flagged_once():
    looks = [look("2025-01", 3000), *(look(f"2025-0{m}", 3000, 2900) for m in range(2, 8))]

    assert flags(looks) == [("2025-01", "month", "first")]


def test_a_watched_month_opens_nothing():
    state, judged = follow(State(), look("2025-01", 1340), RULES)

    assert [flag.severity for flag in judged.flags] == ["watch"]
    assert state.episode is None


def test_two_months_beyond_the_interval_of_six_months_before_are_drift():
    looks = [look(f"2025-0{m}", 1000, 1000, older=400) for m in (1, 2, 3)]

    assert flags(looks) == [("2025-02", "drift", "first")]


def test_drift_is_watched_to_both_sides_and_of_every_series_unless_told():
    """Two months under the interval of six months before, by their own forecast as expected."""
    state, first = follow(State(), look("2025-01", 400, 400, older=1000), RULES)
    state, second = follow(state, look("2025-02", 400, 400, older=1000), RULES)

    assert (first.judgement.outside, first.flags) == (-1, ())
    (flag,) = second.flags
    assert (flag.kind, flag.side, flag.severity) == ("drift", -1, "notable")
    assert (flag.encounters, flag.expected, flag.ratio) == (400, 1000, 401 / 1001)
    assert (flag.month, flag.release_id, flag.series) == ("2025-02", 1, NORTH)
    _, above = follow(State(), look("2025-01", 1000, 1000, older=400), RULES)
    _, inside = follow(State(), look("2025-01", 1000, 1000, older=990), RULES)
    _, unknown = follow(State(), look("2025-01", 1000, 1000), RULES)
    outside = [judged.judgement.outside for judged in (above, inside, unknown)]
    assert outside == [1, 0, None]


def test_an_alarm_during_an_episode_is_not_said_and_not_remembered():
    opened, _ = follow(State(), look("2025-01", 3000, 1000), RULES)
    state = replace(opened, drift=replace(opened.drift, up=4.4, said={}))

    after, judged = follow(state, look("2025-02", 2500, 2000, older=1000), RULES)

    assert after.episode is not None
    assert [flag.kind for flag in judged.flags] == []
    assert after.drift.said == {}


def test_small_deviations_add_up_to_drift():
    looks = [look(f"2025-{m:02}", 1190, 1000, older=1100) for m in range(1, 9)]

    assert flags(looks) == [("2025-05", "drift", "first")]


def test_a_series_below_the_configured_level_does_not_drift():
    looks = [look(f"2025-0{m}", 1000, 1000, older=400) for m in (1, 2, 3)]

    found = [j for _, j in course(looks, Rules(min_level=2000))]

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
    state, judged = follow(
        State(), look("2025-01", 250, key=PART, border=border("2025-01", 0.25)), RULES
    )

    assert [(f.role, f.parent, f.episode) for f in judged.flags] == [("listed", "2025-01", None)]
    assert state.episode is None
    assert judged.judgement.apart_p > 0.9


def test_a_part_that_did_not_follow_stands_apart():
    _, judged = follow(
        State(), look("2025-01", 1000, key=PART, border=border("2025-01", 0.25)), RULES
    )

    flag = judged.flags[0]
    assert (flag.role, flag.parent, flag.expected) == ("apart", "2025-01", 249)
    assert (flag.episode, flag.side) == ("2025-01", 1)
    assert judged.judgement.p > 0.9


def test_a_part_that_goes_further_apart_escalates():
    looks = [
        look("2025-01", 1000, key=PART, border=border("2025-01", 0.25)),
        look("2025-02", 4000, key=PART, border=border("2025-02", 0.25)),
    ]

    found = [flag for _, judged in course(looks, RULES) for flag in judged.flags]

    assert [(f.role, f.episode, f.parent) for f in found] == [
        ("apart", "2025-01", "2025-01"),
        ("escalation", "2025-01", "2025-02"),
    ]


def test_a_part_under_an_open_border_is_quiet_if_it_moves_along():
    """The border returns; so does the part: by its own forecast that were a flag."""
    returned = border("2025-02", 4.0, flagged=False)

    _, judged = follow(State(), look("2025-02", 4000, 1000, key=PART, border=returned), RULES)

    assert judged.judgement.p < 0.001
    assert judged.flags == ()


def test_a_part_whose_border_is_quiet_is_judged_by_its_own_forecast():
    quiet = BorderMonth(math.log1p(10_000), outlook("2025-01", 10_000))

    _, judged = follow(State(), look("2025-01", 250, key=PART, border=quiet), RULES)

    assert [(f.role, f.parent) for f in judged.flags] == [("first", None)]
    assert judged.judgement.apart_p is None


def test_a_part_apart_from_a_border_that_returns_was_transient():
    first = look("2025-01", 1000, key=PART, border=border("2025-01", 0.25))
    back = BorderMonth(math.log1p(10_000), outlook("2025-02", 2500), "2025-01")
    second = look("2025-02", 1000, 1000, key=PART, border=back)

    found = [judged for _, judged in course([first, second], RULES)]

    assert found[1].episodes[0].state == "transient"
    assert [f.role for judged in found for f in judged.flags] == ["apart"]
