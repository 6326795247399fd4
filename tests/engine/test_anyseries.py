"""The engine on anybody's series: the same numbers, no leak, rounded only what is whole."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from pyarrow import parquet

from benchmarks import scoring
from forecast import months
from forecast.config import Compute
from forecast.engine import anyseries, parameters, scores
from forecast.engine.anyseries import (
    SeriesForecasts,
    forecast_counts,
    forecast_models,
    long_enough,
)
from forecast.engine.forecast import HUB, INTERVAL_PROBS, INTERVALS
from forecast.engine.predictive import ARRAYS, Predictive
from forecast.engine.refit import engine_forecasts, model_forecasts
from forecast.engine.refits import Refitting
from forecast.errors import DataError, ShortSeriesError
from forecast.plugins import model
from forecast.types import HUB_COLUMNS
from jobs.cli import main
from jobs.compute.robust_map import fitting
from models.base import MonthlyCounts, Panel, Paths
from models.quantity import quantity_of
from models.structural import filled
from tests.support import reference_numbers
from tests.support.panels import make_panel

H = 14
SERIAL = Compute(engine="serial")
LAST = months.to_index("2026-08")


def counts_of(values: np.ndarray, last: list[int] | None = None) -> MonthlyCounts:
    names = tuple(f"series {i}" for i in range(len(values)))
    ends = np.array(last or [LAST] * len(values))
    return MonthlyCounts(names, np.array(["all"] * len(values)), values, ends)


@pytest.fixture(scope="module")
def own() -> MonthlyCounts:
    """Six series; the second in tenths, the third shorter, the fourth ending earlier."""
    values = np.round(np.expm1(reference_numbers.generated()))
    values[1] /= 10
    values[2, :30] = np.nan
    return counts_of(values, [LAST, LAST, LAST, LAST - 5, LAST, LAST])


@pytest.fixture(scope="module")
def said(own):
    return forecast_counts(own, H, hindcasts=40)


def test_it_is_the_engine(own, said):
    origins = np.arange(49, 90)
    expected = engine_forecasts(own.panel, origins, H)

    assert np.array_equal(expected.centre, said.predictive.centre, equal_nan=True)
    assert said.back.tolist() == list(range(40, -1, -1))


def test_the_end_and_the_cutoffs_before_it_are_told_apart(said):
    ends, past = said.ends(), said.hindcasts()

    assert ends.back.tolist() == [0]
    assert past.back.tolist() == list(range(40, 0, -1))
    assert ends.predictive.centre.shape[1] == 1
    assert np.array_equal(
        ends.predictive.centre[:, 0], said.predictive.centre[:, -1], equal_nan=True
    )
    assert ends.values(slice(0, 6)).shape == (6, 1, H, 23)


def test_series_are_rounded_to_the_digits_they_have(own, said):
    values = said.values(slice(0, 6))
    exact = np.expm1(said.predictive.quantiles(HUB))
    known = said.known

    assert values.shape == (6, 41, H, 23)
    decimals = quantity_of(own.values[1], own.names[1]).decimals
    step = 10.0 ** -(99 if decimals is None else decimals)
    assert np.abs(values[1] - exact[1])[known[1]].max() <= step / 2 + 1e-9
    assert np.all(values[0] % 1 == 0)
    assert np.abs(values[0] - exact[0])[known[0]].max() <= 0.5 + 1e-6
    assert np.all(np.diff(values[known], axis=-1) >= 0)


def test_a_series_too_young_at_a_cutoff_has_no_hindcast_there(said):
    assert said.known[0].all()
    assert said.known[2].tolist() == (60 - said.back >= anyseries.SHORTEST).tolist()


def apart(own: MonthlyCounts) -> MonthlyCounts:
    """The same, ending in five different months; one begins late, one has months nobody knows."""
    values = own.values.copy()
    values[0, 50:53] = np.nan
    return replace(own, values=values, last=LAST - np.array([0, 2, 9, 5, 0, 30]))


def with_another_future(counts: MonthlyCounts, month: int) -> MonthlyCounts:
    """Every count after a month is another one."""
    later = counts.last[:, None] - np.arange(counts.values.shape[1])[::-1] > month
    return replace(counts, values=np.where(later, counts.values[:, ::-1] * 3 + 11, counts.values))


def by_engine(counts: MonthlyCounts) -> SeriesForecasts:
    return forecast_counts(counts, H, hindcasts=60)


def by_last_value(counts: MonthlyCounts) -> SeriesForecasts:
    every = np.arange(counts.values.shape[1] - 1, -1, -1)
    paths = model("naive").paths(counts.panel, every[::-1], H)
    origins = np.arange(counts.values.shape[1])
    back = np.arange(60, -1, -1)
    said = model_forecasts(filled(counts.panel), paths, origins, origins[-61:])
    return SeriesForecasts(counts, back, said)


@pytest.mark.slow
@pytest.mark.parametrize("jumps", [False, True])
@pytest.mark.parametrize("forecast", [by_engine, by_last_value])
def test_nothing_after_a_month_moves_what_is_said_at_it_wherever_series_end(own, forecast, jumps):
    """Calendar months: another's later months teach nothing, though it stands in the same file."""
    counts = replace(apart(own), jumps=jumps)
    said = forecast(counts)
    cutoffs = counts.last[:, None] - said.back
    for month in (LAST - 3, LAST - 17, LAST - 33):
        again = forecast(with_another_future(counts, month))
        past = said.known & (cutoffs <= month)
        assert past.any(axis=1).sum() >= 5
        for name in ARRAYS:
            before, after = (getattr(one.predictive, name) for one in (said, again))
            assert np.array_equal(before[past], after[past]), name
        assert not np.array_equal(said.predictive.scale[0], again.predictive.scale[0])


@pytest.mark.parametrize("cutoff", [5, 17])
def test_a_forecast_made_then_is_the_hindcast_made_now(own, said, cutoff):
    """Of then is what no later month stands in: a series that had ended by then is as it is."""
    cut = np.maximum(own.last - (LAST - cutoff), 0)
    rows = [row[: 90 - n] for row, n in zip(own.values, cut.tolist(), strict=True)]
    width = max(map(len, rows))
    values = np.stack([np.pad(row, (width - len(row), 0), constant_values=np.nan) for row in rows])

    then = forecast_counts(replace(own, values=values, last=own.last - cut), H).predictive

    for row, back in enumerate(cut.tolist()):
        actual = said.predictive.at(said.back == back)
        for name in ("centre", "scale", "df", "sigma"):
            one, other = (getattr(x, name)[row] for x in (then, actual))
            assert np.allclose(one, other, rtol=0, atol=1e-9, equal_nan=True), (row, name)


@pytest.mark.slow
def test_short_series_are_named_and_have_no_part(own):
    values = np.full((7, 90), np.nan)
    values[:6], values[6, -12:] = own.values, 3
    with_short = counts_of(values, [*own.last.tolist(), LAST])

    kept, short = long_enough(with_short)

    assert [(e.series, e.months, e.needed) for e in short] == [("series 6", 12, 13)]
    expected = forecast_counts(own, 3).predictive.centre
    assert np.array_equal(expected, forecast_counts(kept, 3).predictive.centre)


def test_a_series_of_just_the_months_needed_is_kept():
    values = np.full((3, 30), 5.0)
    values[0, :-12] = values[1, :-13] = np.nan

    kept, short = long_enough(counts_of(values))

    assert [(e.series, e.months) for e in short] == [("series 0", 12)]
    assert kept.names == ("series 1", "series 2")


@pytest.mark.parametrize("many", [1, 2, 5])
def test_the_least_predictable_are_those_whose_last_error_is_widest(many):
    sigma = np.array([[9.0, 0.1], [0.1, 0.4], [0.1, np.nan], [0.1, 0.2]])
    others = dict.fromkeys(ARRAYS, sigma)
    predictive = Predictive(**others | {"sigma": sigma})
    said = SeriesForecasts(counts_of(np.ones((4, 30))), np.array([1, 0]), predictive)

    found = anyseries.least_predictable(said, many)

    expected = [("series 1", 0.4), ("series 3", 0.2), ("series 0", 0.1)][:many]
    assert found == [(name, math.exp(scale)) for name, scale in expected]


def test_only_short_series_are_refused():
    with pytest.raises(ShortSeriesError, match="at least 13 are needed"):
        long_enough(counts_of(np.ones((2, 12))))
    with pytest.raises(ShortSeriesError, match="at least 24 are needed"):
        long_enough(replace(counts_of(np.ones((2, 23))), jumps=True))


@pytest.mark.parametrize(("jumps", "needed"), [(True, 24), (False, 13)])
def test_months_that_are_enough(jumps, needed):
    z = reference_numbers.generated()[:, :needed]
    panel = replace(make_panel(z), jumps=jumps)
    said = engine_forecasts(panel, np.array([needed - 2, needed - 1]), 2)

    assert np.isfinite(said.sigma).tolist() == [[False, True]] * 6
    assert anyseries.needed(replace(counts_of(np.ones((2, 30))), jumps=jumps)) == needed


@pytest.mark.parametrize("months", range(13, 24))
def test_no_later_month_changes_what_is_said_of_a_young_series(months):
    z = np.log1p(np.random.default_rng(3).poisson(400, (1, months)))
    panel = replace(make_panel(z), jumps=False)
    said = engine_forecasts(panel, np.arange(months), 1)
    free = replace(panel, z=np.pad(z, ((0, 0), (0, 40)), mode="edge"))
    paths = engine_forecasts(free, np.arange(months), 1)

    assert np.isfinite(said.sigma[0]).tolist() == [at >= 12 for at in range(months)]
    for name in ("centre", "scale", "sigma"):
        assert np.array_equal(getattr(paths, name), getattr(said, name), equal_nan=True)
    assert 0.02 < said.sigma[0, -1] < 0.4
    assert len(anyseries.young(counts_of(np.ones((1, months))))) == 1
    assert not anyseries.young(counts_of(np.ones((1, 24))))


def by_hand(values: np.ndarray, back: list[int]) -> SeriesForecasts:
    """Only what scores ask: counts, and how far back each cutoff is."""
    nothing = np.full((len(values), len(back)), np.nan)
    predictive = Predictive(**dict.fromkeys(ARRAYS, nothing))
    return SeriesForecasts(counts_of(values), np.array(back), predictive)


def months_that_came(
    values: np.ndarray, back: list[int], quantiles: np.ndarray
) -> list[tuple[float, float, np.ndarray]]:
    """(what came, the last seen, what was said) of one series; forecast three months ahead."""
    pairs = [
        (values[8 - cutoff + h], values[8 - cutoff], quantiles[place, h - 1])
        for place, cutoff in enumerate(back)
        for h in range(1, min(cutoff, 3) + 1)
    ]
    return [pair for pair in pairs if np.isfinite([*pair[:2], *pair[2]]).all()]


def test_scores_are_sums_over_the_months_that_came():
    """In loops; the third series never moves, and the fourth is foretold exactly."""
    rng = np.random.default_rng(8)
    values = np.round(rng.uniform(50, 150, (40, 9)))
    values[2], values[5, 7], values[6, 4] = 100, np.nan, np.nan
    back = [4, 2, 1]
    quantiles = np.round(rng.uniform(80, 120, (40, 3, 3, 1))) + 10 * np.arange(-4, 5)
    quantiles[7, 1, 0] = np.nan
    quantiles[3, 0], quantiles[3, 1, :2], quantiles[3, 2, 0] = (
        values[3, first:until, None] for first, until in ((5, 8), (7, 9), (8, 9))
    )

    found = anyseries.series_scores(by_hand(values, back), quantiles)

    for s in range(40):
        pairs = months_that_came(values[s], back, quantiles[s])
        came, last, said = (np.array(side) for side in zip(*pairs, strict=True))
        inside = [((said[:, i] <= came) & (came <= said[:, -1 - i])).sum() for i in (2, 0)]
        assert found[s, :4] == pytest.approx(
            [len(pairs), scores.log_wis(came, said).sum(), *inside]
        )
        own, naive = np.abs(came - said[:, 4]).sum(), np.abs(came - last).sum()
        ratio = math.log(max(own / naive, 1e-300)) if naive else math.nan
        assert found[s, 4] == pytest.approx(ratio, nan_ok=True)
    assert math.isnan(found[2, 4])
    assert found[3, 4] == pytest.approx(math.log(1e-300))


def test_quality_is_of_all_series_together():
    each = np.array([[10, 2.0, 8, 9, math.log(2)], [30, 4.0, 20, 30, math.log(8)]])
    without = np.array([[0, 0.0, 0, 0, np.nan]])

    of = anyseries.quality([each[:1], without, each[1:]])

    assert of == (40, 6 / 40, pytest.approx(4), 28 / 40, 39 / 40)
    unknown = anyseries.quality([np.array([[1, 2.0, 1, 1, np.nan]])])
    assert (unknown.n, unknown.log_wis) == (1, 2.0)
    assert math.isnan(unknown.relative_mae)
    n, *means = anyseries.quality([without])
    assert n == 0
    assert np.isnan(means).all()
    assert len(means) == 4


def sums(values: np.ndarray, family: str = "", last: list[int] | None = None) -> dict[str, int]:
    counts = counts_of(values, last)
    return anyseries.sums_of(replace(counts, family=np.array(list(family or "a" * len(values)))))


def test_a_sum_is_told_from_its_parts_to_a_thousandth():
    parts = np.array([[300.0, 500.0], [700.0, 1500.0]]).repeat(12, axis=1)
    total = parts.sum(axis=0)

    def with_total(off: float, of: slice = slice(None)) -> dict[str, int]:
        moved = total.copy()
        moved[of] += off
        return sums(np.stack([parts[0], moved, parts[1]]))

    assert with_total(0) == {"series 1": 2}
    assert with_total(1.0) == {"series 1": 2}  # of 1,001 at least
    assert with_total(1.1) == {}
    assert with_total(-1.1, slice(0, 1)) == {}
    three = np.stack([parts[0], total, parts[1]])
    assert sums(three[:, :23]) == {}  # too short to be sure
    assert sums(np.where(np.arange(24) == 3, np.nan, three)) == {}
    assert sums(three, last=[LAST, LAST, LAST - 1]) == {}
    assert sums(three[:2]) == sums(np.stack([total, total])) == {}
    assert sums(three * 0) == {}
    assert sums(np.concatenate([three, three]), "aaabbb") == {"series 1": 2, "series 4": 2}
    # A family that has no sum, too few or too short, says nothing of the next.
    unknown = np.full((3, 24), np.nan)
    for first, family in ((three[:2], "aa"), (unknown, "aaa")):
        both = np.concatenate([first, three])
        assert sums(both, family + "bbb") == {f"series {len(family) + 1}": 2}
    small = np.stack([parts[0] * 0, parts[0] * 0 + 0.0005, parts[0] * 0 + 0.0015])
    assert sums(small) == {"series 2": 2}  # a count of less than 1 is exact to a thousandth of 1


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("none", "no such series"),
        ("series 3", "no other series is of its family"),
        ("series 0", "series 2 does not end in the same month"),
    ],
)
def test_a_total_needs_parts_that_end_with_it(name, problem):
    counts = counts_of(np.ones((4, 30)), [LAST, LAST, LAST - 1, LAST])
    counts = replace(counts, family=np.array(list("aaab")))

    with pytest.raises(DataError, match=problem):
        anyseries.totals_of(counts, [name])


def test_a_total_s_parts_are_the_others_of_its_family():
    counts = replace(counts_of(np.ones((5, 30))), family=np.array(list("abaab")))

    assert anyseries.totals_of(counts, ["series 2", "series 1"]) == {2: (0, 3), 1: (4,)}


def test_a_picture_has_what_is_known_and_what_is_forecast(own, said):
    gap = own.values.copy()
    gap[3, 80] = np.nan
    counts = replace(own, values=gap)
    whole, tenths = (
        anyseries.drawn_rows(SeriesForecasts(counts, said.back, said.predictive), row)
        for row in (3, 1)
    )

    counted, ahead = whole
    assert len(counted) == 89
    assert counted["2026-03"] == own.values[3, -1]
    assert min(counted) == months.shift("2026-03", -89)
    assert [row.month for row in ahead] == [months.shift("2026-03", h) for h in range(1, H + 1)]
    values = said.values(slice(3, 4), INTERVAL_PROBS)[0, -1]
    assert [[getattr(row, name) for name in INTERVALS] for row in ahead] == values.tolist()
    assert all(isinstance(row.median, int) for row in ahead)
    first = said.values(slice(1, 2), INTERVAL_PROBS)[0, -1, 0].tolist()
    assert [getattr(tenths[1][0], name) for name in INTERVALS] == [round(v, 1) for v in first]
    young = by_hand(np.ones((1, 30)), [1, 0])
    assert anyseries.drawn_rows(young, 0)[1] == []


def test_there_are_no_more_cutoffs_than_months_before_the_last(own):
    many, few = (forecast_models(own, ["naive"], 2, hindcasts)["naive"] for hindcasts in (500, 3))

    assert many.back.tolist() == list(range(89, -1, -1))
    assert few.back.tolist() == [3, 2, 1, 0]
    assert np.array_equal(few.predictive.centre, many.predictive.centre[:, -4:], equal_nan=True)


def many_of(series: int) -> SeriesForecasts:
    """Two cutoffs, three months ahead; every third series in halves, some without a forecast."""
    values = (
        np.arange(series * 30.0).reshape(series, 30) + 0.5 * (np.arange(series) % 3 == 1)[:, None]
    )
    level = np.log1p(values[:, -1])[:, None, None] + np.array([0.0, 0.1])[:, None]
    flat = np.ones((series, 2))
    sigma = np.where(np.arange(series)[:, None] % 5 == np.array([2, 9]), np.nan, flat)
    centre = level + np.arange(3) / 10 + 0 * sigma[..., None]
    said = Predictive(centre, 0.1 + 0 * centre, 2.5 * flat, 9 * flat, flat, flat, sigma)
    return SeriesForecasts(counts_of(values), np.array([1, 0]), said)


@pytest.mark.parametrize(("first", "last"), [(0, 70), (5, 70), (33, 66), (69, 70), (40, 40)])
def test_any_number_of_series_has_its_own_values(first, last):
    """However many are worked out at a time: each is what it is alone."""
    many = many_of(70)

    found = many.values(slice(first, last), (0.1, 0.5, 0.9))

    assert found.shape == (last - first, 2, 3, 3)
    for row in range(first, last):
        exact = np.expm1(many.predictive.quantiles((0.1, 0.5, 0.9))[row])
        step = 1 if row % 3 != 1 else 10
        expected = np.floor(exact * step + 0.5) / step
        assert np.allclose(found[row - first], expected, rtol=1e-12, equal_nan=True)
        assert np.isnan(found[row - first, 0]).all() == (row % 5 == 2)
        assert np.isfinite(found[row - first, 1]).all()


def test_the_end_is_one_cutoff_and_hindcasts_are_the_others():
    many = many_of(4)

    assert many.known.tolist() == [[True, True], [True, True], [False, True], [True, True]]
    assert (many.ends().back.tolist(), many.hindcasts().back.tolist()) == ([0], [1])
    assert np.array_equal(many.ends().predictive.centre, many.predictive.centre[:, 1:])
    assert np.array_equal(
        many.hindcasts().predictive.centre, many.predictive.centre[:, :1], equal_nan=True
    )


def test_some_series_are_those_series(own, said):
    some = said.some(slice(1, 3))

    assert some.counts.names == ("series 1", "series 2")
    assert np.array_equal(some.values(slice(0, 2)), said.values(slice(1, 3)), equal_nan=True)
    assert len(anyseries.least_predictable(said)) == 3


def quality_of(hindcasts):
    found = anyseries.series_scores(hindcasts, hindcasts.values(slice(0, 6), scores.PROBS))
    return anyseries.quality([found[:2], found[2:]])


def test_the_quality_of_hindcasts_is_that_of_all_months_that_came(own, said):
    of = quality_of(said.hindcasts())
    values = said.values(slice(0, 6))[..., [HUB.index(p) for p in scores.PROBS]]
    pairs = [
        (own.values[s, 89 - back + h], values[s, place, h - 1])
        for s in range(6)
        for place, back in enumerate(said.back.tolist())
        for h in range(1, min(back, H) + 1)
        if said.known[s, place]
    ]
    came, quantiles = (np.array(side) for side in zip(*pairs, strict=True))

    assert of.n == len(pairs)
    assert of.log_wis == pytest.approx(scores.log_wis(came, quantiles).mean())
    assert of.coverage95 == scoring.coverage(came, quantiles[:, 0], quantiles[:, -1])
    assert of.relative_mae > 0


def test_a_horizon_of_a_month_without_hindcasts_has_no_quality(own):
    assert quality_of(forecast_counts(own, 1).hindcasts()).n == 0


@pytest.fixture(scope="module")
def own_file(tmp_path_factory, own):
    path = tmp_path_factory.mktemp("own") / "own.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["series", "month", "value"])
        for name, last, row in zip(own.names, own.last, own.values, strict=True):
            for back, value in enumerate(row[::-1]):
                if np.isfinite(value):
                    writer.writerow([name, months.from_index(int(last) - back), f"{value:.1f}"])
        writer.writerow(["young", "2026-08", 3])
    return path


def forecast_file(*words):
    return CliRunner().invoke(main, ["forecast", *map(str, words)])


def test_the_command_prints_what_the_function_says(own_file, said):
    shown = forecast_file(own_file, "--h", H)

    header, *rows = csv.reader(io.StringIO(shown.stdout))
    values = said.values(slice(0, 6))[:, -1]
    assert shown.exit_code == 0, shown.output
    assert header == ["series", "month", "median", *HUB_COLUMNS]
    assert len(rows) == 6 * H
    assert rows[3 * H][:2] == ["series 3", "2026-04"]
    table = np.array([row[2:] for row in rows], dtype=float).reshape(6, H, 24)
    assert np.allclose(values[..., HUB.index(0.5)], table[..., 0], rtol=1e-11)
    assert np.allclose(values, table[..., 1:], rtol=1e-11)
    assert "left out: young: 1 months, at least 13 are needed" in shown.stderr


def test_a_file_of_whole_series_gives_whole_numbers_in_parquet(own_file, tmp_path):
    whole = tmp_path / "whole.csv"
    lines = own_file.read_text().splitlines(keepends=True)
    whole.write_text("".join(line for line in lines if not line.startswith("series 1")))

    done = forecast_file(whole, "-o", tmp_path / "o.parquet")

    table = parquet.read_table(tmp_path / "o.parquet")
    assert done.exit_code == 0, done.output
    assert {str(table.schema.field(name).type) for name in ("median", *HUB_COLUMNS)} == {"int64"}


def test_hindcasts_are_written_and_their_quality_told(own_file, tmp_path, said):
    out = tmp_path / "h.csv"
    words = (own_file, "--h", H, "-o", tmp_path / "o.csv", "--hindcasts", 6, "--hindcasts-out", out)

    done = forecast_file(*words)

    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert done.exit_code == 0, done.output
    assert len(rows) == 6 * 6 * H
    place = said.back.tolist().index(6)
    expected = said.values(slice(0, 1))[0, place, :, 0]
    found = [float(r["q01"]) for r in rows if (r["series"], r["cutoff"]) == ("series 0", "2026-02")]
    assert np.allclose(expected, found)
    assert "on 126 earlier forecasts" in done.stderr  # 6 series, 6 + 5 + ... + 1 months each


@pytest.mark.slow
def test_all_models_answer_with_intervals_of_their_own(own, monkeypatch):
    monkeypatch.setattr(
        "forecast.engine.anyseries.BURN_IN", parameters.LEAST_ERRORS
    )  # refits are slow
    some = own.some(np.array([True, False, False, False, False, False]))
    refitting = Refitting(fitting(SERIAL), lambda step, done, total: None, decimals=None)
    names = ["bordercast", "naive", "snaive", "ets", "sarima", "prophet"]
    said = forecast_models(some, names, 2, refitting=refitting)

    assert list(said) == ["bordercast", "naive", "snaive", "ets", "sarima", "prophet"]
    assert all(model.known.shape == (1, 1) and model.known.all() for model in said.values())
    naive = said["naive"].values(slice(0, 1))[0, 0, :, HUB.index(0.5)]
    assert naive.tolist() == [some.values[0, -1]] * 2


@pytest.mark.parametrize(
    ("text", "code", "problem"),
    [
        ("series,month,value\na,2026-01,-3\n", 3, "\nline 2, column value: '-3': below 0"),
        ("series,month,value\na,2026-01,3\n", 3, "a: 1 months, at least 13 are needed"),
        ("Report\nsee appendix\n", 3, "a table of monthly counts has a line for each month"),
    ],
)
def test_a_file_that_will_not_do_is_refused(tmp_path, text, code, problem):
    (tmp_path / "bad.csv").write_text(text)

    refused = forecast_file(tmp_path / "bad.csv", "-o", tmp_path / "o.csv")

    assert refused.exit_code == code
    assert problem in refused.stderr
    assert not (tmp_path / "o.csv").exists()


@pytest.fixture
def borders_file(published, tmp_path):
    """The borders' totals as anybody's file."""
    from tests.support.databases import rows

    lines = [
        f"{border},{month},{count}"
        for border, month, count in rows(
            published, "select border, month, encounters from border_months"
        )
    ]
    path = tmp_path / "counts.csv"
    path.write_text("series,month,value\n" + "\n".join(lines) + "\n")
    return path


@pytest.mark.slow
def test_a_file_with_a_total_says_what_the_run_says(published, borders_file):
    from tests.support.databases import rows

    stored = rows(
        published,
        "select border, month, median, lo80, hi80 from latest_forecasts "
        "where dimension = '' and model = 'bordercast'",
    )
    asked = ["forecast", str(borders_file), "--total", "nationwide", "--jumps"]
    said = CliRunner().invoke(main, asked)
    head, *lines = said.stdout.splitlines()
    names = head.split(",")
    table = [dict(zip(names, line.split(","), strict=True)) for line in lines]
    found = {
        (row["series"], row["month"]): (float(row["median"]), float(row["q10"]), float(row["q90"]))
        for row in table
    }

    assert len(stored) == 48
    for border, month, *expected in stored:
        median, *rest = found[border, month]
        assert rest == expected[1:]
        # The run adds up whole medians, so nationwide may differ by one or two.
        assert abs(median - expected[0]) <= (2 if border == "nationwide" else 0)


@pytest.mark.parametrize("name", ["national", "series"])
def test_a_total_that_is_none_is_refused(borders_file, name):
    said = CliRunner().invoke(main, ["forecast", str(borders_file), "--total", name])

    assert said.exit_code == 3
    assert "no such series" in said.stderr


@pytest.mark.slow
def test_series_that_add_up_are_named_and_kept_so_when_asked(borders_file):
    said = forecast_file(borders_file)
    kept = forecast_file(borders_file, "--totals")
    named = forecast_file(borders_file, "--total", "nationwide")

    assert "nationwide is the sum of the other 3 series; --totals keeps" in said.stderr
    assert "its forecasts are too" in kept.stderr
    assert kept.stdout == named.stdout != said.stdout


def test_the_summary_says_what_was_forecast_and_how_well(own_file):
    shown = forecast_file(own_file).stderr

    assert "6 series of 60 to 90 months" in shown
    assert "on 468 earlier forecasts: errors were" in shown  # 6 x (12 + 11 + ... + 1)
    assert "least predictable" in shown


def test_a_table_comes_by_standard_input(own_file, said):
    shown = CliRunner().invoke(main, ["forecast", "-", "--h", "2"], input=own_file.read_bytes())

    assert shown.exit_code == 0, shown.output
    assert shown.stdout == forecast_file(own_file, "--h", 2).stdout


@pytest.mark.slow
def test_each_series_has_a_picture_where_asked(borders_file, tmp_path):
    done = forecast_file(borders_file, "--plot", tmp_path / "a" / "b")

    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in (tmp_path / "a" / "b").iterdir()) == [
        "nationwide.png",
        "northern.png",
        "other.png",
        "southwest.png",
    ]


def test_a_refit_model_is_fitted_at_the_last_cutoffs_and_its_progress_told():
    """As if it had been asked at once, in whatever order the answers came."""
    months_of = np.arange(40)
    z = np.log1p(np.round(100 + 20 * np.sin(months_of / 2) + np.arange(2)[:, None]))
    panel, told = make_panel(z), []

    def refitted(panel: Panel, origins: np.ndarray) -> Paths:
        refitting = Refitting(fitting(SERIAL), lambda *s: told.append(s), decimals=None)
        return refitting.paths(["ets"], panel, panel.names, origins, 4)["ets"]

    found = refitted(panel, np.array([37, 38, 39]))

    assert told == [("refitting", 1, 2), ("refitting", 2, 2)]
    alone = model("ets").paths(panel, np.array([37, 38, 39]), 4)
    assert np.array_equal(found.values, alone.values)
    assert np.isfinite(found.values).all()
    late = refitted(make_panel(z[:1]), np.arange(27, 40))
    assert told[2:] == [("refitting", 1, 2), ("refitting", 2, 2)]  # a dozen cutoffs a job
    assert np.array_equal(late.values[:, -3:], found.values[:1])
