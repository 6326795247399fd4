from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from forecast.engine import blocks, intervals, refit, scores
from forecast.engine.predictive import ARRAYS, Predictive, predictive, summed
from forecast.engine.refit import engine_forecasts, model_forecasts
from forecast.plugins import model
from models import structural
from models.base import Panel
from models.breakwalk import walked
from models.structural import evidence, log_prior, sweep_under
from models.waiting import watched
from tests.support import reference_engine, reference_numbers
from tests.support.panels import make_panel, perturbed

EVERY = np.arange(90)
TOTALS = {1: (0, 2)}
FIRST = 23  # column of the first forecast: two years of data


def equal(expected: Predictive, actual: Predictive, tolerance: float = 0) -> bool:
    pairs = [(getattr(expected, name), getattr(actual, name)) for name in ARRAYS]
    return all(np.allclose(a, b, rtol=0, atol=tolerance, equal_nan=True) for a, b in pairs)


def at(origins: np.ndarray | slice, said: Predictive) -> Predictive:
    """The same, for some of its origins."""
    return said.at(origins)


@pytest.fixture(scope="module")
def said(panel: Panel) -> Predictive:
    return engine_forecasts(panel, EVERY, reference_numbers.H)


def test_after_until_models_weigh_as_they_did_then(panel: Panel) -> None:
    """What came later moves paths and scales, but not what the models are worth."""
    few = make_panel(panel.z[:3, :45])
    every = np.arange(45)

    anew = engine_forecasts(few, every, 3, totals=TOTALS)
    held = engine_forecasts(few, every, 3, totals=TOTALS, until=38)

    assert equal(at(slice(0, 39), anew), at(slice(0, 39), held), 1e-12)
    for name in ("weight", "share", "df"):
        late = getattr(held, name)[:, 38:]
        assert np.array_equal(late, np.repeat(late[:, :1], 7, axis=1))
        assert not np.allclose(getattr(anew, name)[:, 38:], late, atol=1e-6)
    assert not np.allclose(anew.centre[:, 39:], held.centre[:, 39:], atol=1e-6)
    assert not np.allclose(held.centre[:, 38], held.centre[:, 44])
    assert equal(anew, engine_forecasts(few, every, 3, totals=TOTALS, until=44), 1e-12)


@pytest.mark.parametrize(
    ("size", "rows", "families"),
    [
        (5, [[0, 1, 2, 3, 4]], [[0, 1, 2]]),
        (9, [[0, 1, 2, 3, 4]], [[0, 1, 2]]),
        (4, [[0, 1, 2, 3], [4]], [[0, 1], [2]]),
        (2, [[0, 1], [2, 3], [4]], [[1], [0], [2]]),
    ],
)
def test_a_cut_names_its_rows_and_each_of_their_families_once(size, rows, families):
    cuts = blocks.cuts_of(np.array([1, 1, 0, 0, 2]), size)

    assert [cut[0].tolist() for cut in cuts] == rows
    assert [cut[1].tolist() for cut in cuts] == families


def test_families_are_packed_in_their_order_as_long_as_there_is_room():
    family = np.array(list("dabbcaaaab"))

    small, large = blocks._by_size(family, 4)
    none_large = blocks._by_size(family, 5)
    one_each = blocks._by_size(np.array(list("bca")), 1)

    assert [pack.tolist() for pack in small] == [[2, 3, 4, 9], [0]]  # b and c, then d
    assert large.tolist() == [1, 5, 6, 7, 8]
    assert [pack.tolist() for pack in none_large[0]] == [[1, 5, 6, 7, 8], [0, 2, 3, 4, 9]]
    assert none_large[1].tolist() == []
    assert [pack.tolist() for pack in one_each[0]] == [[2], [0], [1]]


def test_a_total_keeps_its_own_median_where_a_part_has_none() -> None:
    path = np.log1p(np.array([[[5.0, 5.0]], [[3.0, np.nan]], [[9.0, 9.0]]]))
    path[0, 0, 0] = -1.0  # less than none counts as none

    found = np.expm1(summed(path, {2: [0, 1]}))

    assert found[2, 0] == pytest.approx([3, 9])
    assert np.array_equal(summed(path, {2: [0, 1]})[:2], path[:2], equal_nan=True)
    assert summed(path, None) is summed(path, {}) is path


def test_a_forecast_is_known_where_all_its_months_and_its_scale_are() -> None:
    z = np.tile(np.arange(4.0), (3, 1))
    centre, scale, flat = np.ones((3, 4, 2)), np.ones((3, 4, 2)), np.ones((3, 4))
    sigma = flat.copy()
    centre[0, 1, 1] = sigma[1, 2] = np.nan

    said = predictive(make_panel(z), centre, scale, sigma, 0 * flat, flat / 2)

    expected = np.ones((3, 4), dtype=bool)
    expected[0, 1] = expected[1, 2] = False
    for name in ARRAYS:
        values = getattr(said, name)
        known = np.isfinite(values if values.ndim == 2 else values.all(axis=2) * values[..., 0])
        assert np.array_equal(expected, known), name
    assert (said.df[2, 0], said.weight[2, 0], said.share[2, 0]) == (pytest.approx(3), 0.5, 0)
    assert said.reach[2].tolist() == pytest.approx([0.7, 1.7, 2.7, 3.7])


@pytest.fixture(scope="module")
def with_totals(panel: Panel) -> Predictive:
    return engine_forecasts(panel, EVERY, reference_numbers.H, totals=TOTALS)


@pytest.mark.parametrize(
    ("size", "alone", "together"),
    [
        (3, ["aaa", "bb", "ccd"], 0),  # as many series as have room, families whole
        (2, ["bb", "cc", "d"], 2),  # the large family in two blocks, step by step
        (8, ["aaabbccd"], 0),
    ],
)
def test_small_families_are_packed_and_large_ones_cut(size, alone, together):
    z = reference_numbers.generated()[[0, 1, 2, 3, 4, 5, 0, 1], :40]
    task = blocks.Task(make_panel(z, list("aaabbccd")), np.array([30, 39]), 2)
    asked = []

    def spread(work, jobs):
        jobs = list(jobs)
        asked.append((work.__name__, jobs))
        return map(work, jobs)

    [said] = blocks.spread_out(task, spread, size)

    packed = [job for name, jobs in asked if name == "in_steps" for job in jobs]
    steps = {name: len(jobs) for name, jobs in asked if name != "in_steps"}
    assert ["".join(job.panel.family) for job in packed] == (alone if size < 8 else [])
    names = ("evidence", "block_losses", "block_forecasts")
    assert steps == (dict.fromkeys(names, together) if together else {})
    assert_same(said, *blocks.in_steps(task))


def test_a_part_of_a_task_is_all_of_some_of_its_series(panel: Panel):
    events = tuple(((row, row),) for row in range(6))
    whole = replace(
        panel, family=np.array(list("abcdef")), events=events, filled=panel.z > 5, calm=True
    )

    part = blocks.Task(whole, EVERY, 3).part(np.array([4, 1])).panel

    assert (part.names, part.events) == (("series 4", "series 1"), (((4, 4),), ((1, 1),)))
    assert part.family.tolist() == ["e", "b"]
    assert np.array_equal(part.z, panel.z[[4, 1]])
    assert np.array_equal(part.filled, whole.filled[[4, 1]])
    assert np.array_equal(part.last, panel.last[[4, 1]])
    assert part.calm
    bare = blocks.Task(replace(panel, events=()), EVERY, 3).part(np.array([0])).panel
    assert (bare.events, bare.filled) == ((), None)


def test_series_known_not_to_break_are_forecast_without_the_walk(panel: Panel) -> None:
    calm = engine_forecasts(replace(panel, calm=True), EVERY, reference_numbers.H)
    parts = engine_forecasts(replace(panel, calm=True), EVERY, reference_numbers.H, size=2)

    known = np.isfinite(calm.sigma)
    assert known.any()
    assert np.all(calm.weight[known] == 0)
    assert np.all(calm.share[known] < 1e-9)
    assert equal(calm, parts)


def model_paths(panel: Panel) -> dict[str, np.ndarray]:
    """What the engine's models say of the panel, without the engine."""
    prior = structural.log_prior(structural.evidence(panel))
    walk, grid = (
        walked(panel, reference_numbers.H),
        sweep_under(log_prior(evidence(panel)), panel, reference_numbers.H),
    )
    rooted = replace(panel, z=np.sqrt(np.expm1(panel.z)))
    return {
        "walk": walk.path,
        "walk_growth": walk.growth,
        "grid": grid.path,
        "grid_growth": grid.growth,
        "root": structural.paths_under(prior, rooted, reference_numbers.H),
    }


@pytest.mark.parametrize("jumps", [True, False])
def test_the_engine_equals_another_implementation(panel: Panel, jumps: bool) -> None:
    # What surprises do has tests of its own: these series have none.
    rows = np.arange(6) if jumps else np.array([0, 3, 2])
    panel = replace(panel.some(rows), jumps=jumps)
    if not jumps:
        # Small counts have a model of their own.
        panel = replace(panel, z=np.log1p(1000 * np.rint(np.expm1(panel.z))))
    _, surprises = watched(panel)
    assert not len(surprises.away)
    expected = reference_engine.engine(panel.z, model_paths(panel), TOTALS, jumps)
    said = engine_forecasts(panel, EVERY, reference_numbers.H, totals=TOTALS)
    for name, values in expected.items():
        actual = getattr(said, name)[:, FIRST:]
        assert np.abs(values[:, FIRST:] - actual).max() < 1e-9, name


@pytest.mark.parametrize("jumps", [True, False])
def test_quantiles_equal_another_implementation(panel: Panel, jumps: bool) -> None:
    probs = (0.005, *reference_numbers.PROBS, 0.999)
    said = engine_forecasts(replace(panel, jumps=jumps), EVERY, reference_numbers.H, totals=TOTALS)
    said = replace(said, mixtures=None)  # of the t alone
    quantiles = said.quantiles(probs)
    for s, t, k, i in itertools.product(range(6), (30, 58, 89), (0, 1, 5, 11), range(len(probs))):
        centre, scale = said.centre[s, t, k], said.scale[s, t, k]
        share, reach = said.share[s, t], said.reach[s, t]
        expected = reference_engine.quantile(probs[i], centre, scale, share, reach, k + 1, jumps)
        assert quantiles[s, t, k, i] == pytest.approx(expected, abs=1e-9)


def with_gaps(panel: Panel) -> Panel:
    """One month, three in a row, and the last two of one series, that nobody knows."""
    z = panel.z.copy()
    z[0, 50] = z[2, 40:43] = z[4, 88:] = np.nan
    return replace(panel, z=z)


def test_a_gap_moves_nothing_before_it(panel: Panel) -> None:
    expected = at(slice(0, 40), engine_forecasts(panel, EVERY, 12))
    assert equal(expected, at(slice(0, 40), engine_forecasts(with_gaps(panel), EVERY, 12)))


def test_a_gap_is_filled_from_the_months_before_it(panel: Panel) -> None:
    gaps = with_gaps(panel)
    found = structural.filled(gaps)
    later = structural.filled(perturbed(gaps, 45))
    assert np.array_equal(np.isnan(gaps.z), found.filled)
    assert np.array_equal(found.z[:, :46], later.z[:, :46])
    assert np.abs(found.z - panel.z)[2, 40:43].max() < 1
    assert np.array_equal(found.seen, gaps.z, equal_nan=True)


def test_months_nobody_knows_widen_what_follows(panel: Panel) -> None:
    said = engine_forecasts(with_gaps(panel), EVERY, 12)
    whole = engine_forecasts(panel, EVERY, 12)
    assert np.isfinite(said.scale[:, FIRST:]).all()
    wider = said.scale[4, 89] / said.sigma[4, 89] / (whole.scale[4, 89] / whole.sigma[4, 89])
    assert wider[0] > 1.05
    assert np.all(wider > 0.99)
    assert np.all(said.scale[2, 42] > whole.scale[2, 39])


def test_unknown_months_are_counted_up_to_each_column(panel: Panel) -> None:
    z = make_panel(np.array([[np.nan, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6]]))
    filled = np.array([[0, 0, 1, 1, 0, 1], [0, 1, 0, 0, 0, 0]], dtype=bool)

    assert z.missing.tolist() == [[0] * 6] * 2
    found = replace(z, filled=filled).missing
    assert found.tolist() == [[0, 0, 1, 2, 0, 1], [0, 1, 0, 0, 0, 0]]


def test_no_gap_no_change(panel: Panel) -> None:
    assert structural.filled(panel) is panel


def test_there_is_no_forecast_before_two_years(ragged: Panel) -> None:
    said = engine_forecasts(ragged, EVERY, 2)
    expected = ragged.start[:, None] + FIRST <= EVERY
    for known in (said.centre[..., 0], said.scale[..., -1], said.df, said.reach, said.sigma):
        assert np.array_equal(expected, np.isfinite(known))


def test_quantiles_ascend_and_intervals_never_narrow(with_totals: Predictive) -> None:
    quantiles = with_totals.quantiles(reference_numbers.PROBS)[:, FIRST:]
    assert np.all(np.diff(quantiles, axis=-1) >= 0)
    assert np.all(np.diff(with_totals.scale[:, FIRST:], axis=-1) >= 0)


def test_a_total_is_the_sum_of_its_parts(with_totals: Predictive, said: Predictive) -> None:
    counts = np.expm1(with_totals.centre[:, FIRST:])
    assert np.allclose(np.maximum(counts[[0, 2]], 0).sum(axis=0), counts[1])
    others = [0, 2, 3, 4, 5]
    assert np.array_equal(said.centre[others], with_totals.centre[others], equal_nan=True)
    assert np.array_equal(said.sigma[others], with_totals.sigma[others], equal_nan=True)


def test_a_totals_scale_comes_from_the_errors_of_the_sum(
    with_totals: Predictive, said: Predictive
) -> None:
    assert not np.allclose(said.sigma[1, FIRST:], with_totals.sigma[1, FIRST:])


def test_a_total_and_its_parts_must_end_together(panel: Panel) -> None:
    crooked = replace(panel, last=np.array([1, 1, 0, 1, 1, 1]))
    with pytest.raises(ValueError, match="series 1 and its part series 2"):
        engine_forecasts(crooked, EVERY, 1, totals=TOTALS)


def test_nothing_after_a_cutoff_moves_the_engine(panel: Panel, with_totals: Predictive) -> None:
    for cutoff in (40, 71):
        past = slice(0, cutoff + 1)
        again = engine_forecasts(
            perturbed(panel, cutoff), EVERY, reference_numbers.H, totals=TOTALS
        )
        assert equal(at(past, with_totals), at(past, again))


def test_cutting_the_future_off_moves_nothing(panel: Panel, with_totals: Predictive) -> None:
    short = make_panel(panel.z[:, :61])
    again = engine_forecasts(short, np.array([60]), reference_numbers.H, totals=TOTALS)
    assert equal(at(EVERY[60:61], with_totals), again, 1e-12)


def test_some_origins_are_a_part_of_all(panel: Panel, with_totals: Predictive) -> None:
    some = np.array([35, 36, 80])
    again = engine_forecasts(panel, some, reference_numbers.H, totals=TOTALS)
    assert equal(at(some, with_totals), again, 1e-12)


def test_a_young_family_is_forecast_as_if_alone(ragged: Panel) -> None:
    apart = replace(ragged, family=np.array(list("aabaaa")))
    young = at(slice(30, None), engine_forecasts(apart, EVERY, 12))
    alone = engine_forecasts(make_panel(ragged.z[2:3, 30:]), EVERY[:60], 12)
    assert np.allclose(alone.centre, young.centre[2:3], atol=1e-10, equal_nan=True)
    assert np.allclose(alone.scale, young.scale[2:3], atol=1e-10, equal_nan=True)


def test_counts_are_the_nearest(said: Predictive) -> None:
    counts = said.counts(reference_numbers.PROBS, 0, 60)
    exact = np.expm1(said.quantiles(reference_numbers.PROBS)[0, 60])
    assert counts.shape == (reference_numbers.H, 9)
    assert np.abs(counts - exact).max() <= 0.5 + 1e-6


def calibrated(panel: Panel, name: str, origins: np.ndarray = EVERY) -> Predictive:
    paths = model(name).paths(panel, EVERY, reference_numbers.H)
    return model_forecasts(panel, paths, EVERY, origins, totals=TOTALS)


@pytest.mark.parametrize("name", ["naive", "snaive"])
def test_nothing_after_a_cutoff_moves_a_calibrated_model(panel: Panel, name: str) -> None:
    expected = calibrated(panel, name)
    past = slice(0, 61)
    assert equal(at(past, expected), at(past, calibrated(perturbed(panel, 60), name)))


def test_a_calibrated_model_starts_with_its_tenth_error(panel: Panel) -> None:
    known = np.isfinite(calibrated(panel, "snaive").sigma)
    assert np.array_equal(EVERY >= 11 + 10, known[0])


def test_a_calibrated_model_answers_for_some_origins(panel: Panel) -> None:
    some = np.array([50, 89])
    assert equal(at(some, calibrated(panel, "naive")), calibrated(panel, "naive", some))


def test_a_lost_path_is_a_lost_forecast_and_no_more(panel: Panel) -> None:
    paths = model("naive").paths(panel, EVERY, 3)
    paths.values[0, 60] = np.nan
    said = model_forecasts(panel, paths, EVERY, EVERY)
    assert np.array_equal([True, False, True], np.isfinite(said.sigma[0, 59:62]))


def test_errors_that_do_not_grow_are_not_widened_as_those_of_a_walk() -> None:
    months = np.arange(200)
    rough = np.abs(np.sin(np.arange(20)[:, None] * 78.233 + months * 12.9898)) * 43758.5
    noise = rough - np.floor(rough)
    z = 6 + np.sin(2 * np.pi * months / 12) + 0.2 * noise
    panel = make_panel(z)
    centre = model("snaive").paths(panel, months, 12).values
    growth = refit.error_growth(centre, z, panel.family)[0, -1]
    assert growth[0] == 1
    assert growth[-1] < 1.5
    assert np.all(np.diff(growth) >= 0)


def slow_growth(centre: np.ndarray, z: np.ndarray) -> np.ndarray:
    """(months, h) growth of one family, from the formula, in loops."""
    series, months, far = centre.shape
    total, count, out = np.zeros(far), np.zeros(far), np.ones((months, far))
    for t in range(months):
        total, count = 0.98 * total, 0.98 * count
        for s, h in itertools.product(range(series), range(1, far + 1)):
            miss = abs(centre[s, t - h, h - 1] - z[s, t]) if t >= h else np.nan
            if np.isfinite(miss):
                total[h - 1], count[h - 1] = total[h - 1] + miss, count[h - 1] + 1
        first = total[0] / count[0] if count[0] else 0
        for h in range(2, far + 1):
            n = count[h - 1] / h
            mean = total[h - 1] / count[h - 1] if count[h - 1] else 0
            ratio = mean / first if first > 0 else np.sqrt(h)
            drawn = (n * ratio + 8 * np.sqrt(h)) / (n + 8)
            out[t, h - 1] = max(out[t, h - 2], drawn)
    return out


def test_growth_is_the_ratio_of_faded_errors_drawn_to_the_square_root(ragged: Panel) -> None:
    z = ragged.z / 50  # errors of much less than one
    centre = model("snaive").paths(replace(ragged, z=z), EVERY, 5).values
    family = np.array(list("abbbba"))

    found = refit.error_growth(centre, z, family)

    for rows in ([0, 5], [1, 2, 3, 4]):
        expected = slow_growth(centre[rows], z[rows])
        for row in rows:
            assert np.allclose(expected, found[row], rtol=0, atol=1e-12)


def test_a_calibrated_model_s_scale_is_its_growth_and_never_narrows(panel: Panel) -> None:
    paths = model("naive").paths(panel, EVERY, 6)
    said = model_forecasts(panel, paths, EVERY, EVERY)

    growth = refit.error_growth(paths.values, panel.z, panel.family)
    expected = intervals.scale(said.sigma, growth, np.ones_like(panel.z))
    assert np.allclose(said.scale, np.maximum.accumulate(expected, axis=-1), equal_nan=True)
    assert np.array_equal(said.centre[:, 30:], paths.values[:, 30:])
    assert np.nanmin(said.share) == np.nanmin(said.weight) == 1
    some = np.arange(5, 90)  # from the sixth month on
    late = model_forecasts(panel, model("naive").paths(panel, some, 6), some, EVERY[-1:])
    assert np.array_equal(late.centre, said.centre[:, -1:])


def test_one_series_of_a_panel_keeps_all_that_is_its_own(panel: Panel) -> None:
    events = tuple(((row, row),) for row in range(6))
    whole = replace(panel, family=np.array(list("abcdef")), events=events, filled=panel.z > 5)

    one = whole.some(np.array([4]))

    assert (one.names, one.events, one.family.tolist()) == (("series 4",), (((4, 4),),), ["e"])
    assert np.array_equal(one.z, panel.z[4:5])
    assert np.array_equal(one.filled, whole.filled[4:5])
    assert one.last.tolist() == [panel.last[4]]
    assert replace(whole, filled=None).some(np.array([0])).filled is None


def test_growth_without_errors_is_the_square_root(panel: Panel) -> None:
    centre = np.full((6, 90, 4), np.nan)
    growth = refit.error_growth(centre, panel.z, panel.family)
    assert np.allclose(np.sqrt([1, 2, 3, 4]), growth)


def border_wis(panel: Panel, said: Predictive) -> float:
    """log-WIS of METHODS: cutoffs from December 2018, horizons 1 .. 12, mean of all."""
    months = panel.z.shape[1]
    first = months - 93  # December 2018
    quantiles = said.quantiles(scores.PROBS)
    parts = [
        scores.wis(panel.z[:, first + h :], quantiles[:, first : months - h, h - 1]).ravel()
        for h in range(1, reference_numbers.H + 1)
    ]
    return float(np.concatenate(parts).mean())


@pytest.mark.slow
def test_the_borders_are_forecast_as_well_as_measured(border_panel: Panel) -> None:
    every = np.arange(border_panel.z.shape[1])
    own = engine_forecasts(border_panel, every, reference_numbers.H)
    nationwide = border_panel.names.index("nationwide")
    parts = [row for row in range(4) if row != nationwide]
    summed = engine_forecasts(border_panel, every, reference_numbers.H, totals={nationwide: parts})
    assert border_wis(border_panel, own) == pytest.approx(0.2250, abs=0.0008)
    assert border_wis(border_panel, summed) <= 0.2260


def test_the_engine_beats_a_calibrated_random_walk_on_the_borders(border_panel: Panel) -> None:
    every = np.arange(border_panel.z.shape[1])
    engine = engine_forecasts(border_panel, every, reference_numbers.H)
    naive = model("naive").paths(border_panel, every, reference_numbers.H)
    walk = model_forecasts(border_panel, naive, every, every)
    assert border_wis(border_panel, engine) < border_wis(border_panel, walk)


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 99])
def test_two_horizons_at_once_are_what_each_alone_is(ragged, size):
    """Heard once for both, in one block or in several: not a bit differs."""
    task = blocks.Task(ragged, EVERY[40:60], 12, 24)
    end = np.array([ragged.z.shape[1] - 1])

    [(near, far)] = blocks.families_side_by_side([task], blocks.serial, size)

    assert_same(near, engine_forecasts(ragged, EVERY[40:60], 12))
    assert_same(far, engine_forecasts(ragged, end, 24))


@pytest.fixture(scope="module")
def each_alone(panel):
    """Four families of the same or other months, and what is said of each by itself."""
    short = make_panel(panel.z[:2, 60:])
    gap = panel.z[3:, 60:].copy()
    gap[1, 12] = np.nan
    panels = [short, make_panel(panel.z[2:3, 50:]), make_panel(gap), replace(short, calm=True)]
    near = [engine_forecasts(one, np.array([20, 29]), 3) for one in panels]
    far = [engine_forecasts(one, np.array([one.z.shape[1] - 1]), 5) for one in panels]
    return panels, near, far


@pytest.mark.parametrize("size", [1, 6, 7, 99])
def test_families_side_by_side_are_what_each_alone_is(each_alone, size):
    """Of the same or other months, of the same name, in one block or in several."""
    panels, *expected = each_alone
    tasks = [blocks.Task(one, np.array([20, 29]), 3, 5) for one in panels]

    said = blocks.families_side_by_side(tasks, blocks.serial, size)

    assert len(said) == len(tasks)
    for (near, far), near_alone, far_alone in zip(said, *expected, strict=True):
        assert_same(near, near_alone)
        assert_same(far, far_alone)


def test_families_that_are_asked_the_same_are_one_job(panel):
    asked = []

    def counting(work, jobs):
        for job in jobs:
            asked.append(len(job.panel.z))
            yield work(job)

    tasks = [
        blocks.Task(make_panel(panel.z[rows, 70:]), np.array([last]), 1, 2)
        for rows, last in ((slice(3), 19), (slice(2), 18), (slice(1), 19), (slice(2), 19))
    ]

    assert len(blocks.families_side_by_side(tasks, counting, 3)) == 4
    assert asked == [3, 3]  # the others fit into a block, and are computed here


@pytest.mark.parametrize(("h", "ahead"), [(2, 6), (6, 2), (1, 1)])
def test_borders_and_their_total_are_said_at_both_horizons(panel, h, ahead):
    few = make_panel(panel.z[:3, 50:])
    origins, end = np.array([30, 38, 39]), np.array([39])

    near, far = refit.engine_at_both(few, origins, h, ahead, totals=TOTALS)

    assert_same(near, engine_forecasts(few, origins, h, totals=TOTALS))
    assert_same(far, engine_forecasts(few, end, ahead, totals=TOTALS))
    assert (near.centre.shape, far.centre.shape) == ((3, 3, h), (3, 1, ahead))
    crooked = replace(few, last=np.array([1, 1, 0]))
    with pytest.raises(ValueError, match="series 1 and its part series 2"):
        refit.engine_at_both(crooked, origins, h, ahead, totals=TOTALS)


def test_some_series_of_a_distribution_are_those_series(panel):
    every = make_panel(panel.z[:3, 50:])
    said = engine_forecasts(every, np.array([38, 39]), 2)

    some = said.of(slice(1, 3))

    for name in ARRAYS:
        assert np.array_equal(getattr(said, name)[1:], getattr(some, name))


def assert_same(one, other):
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
