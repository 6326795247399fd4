"""The scorecard: scores of stored forecasts, eras, the borders together, worse than naive."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from forecast import months
from forecast.desk import terminal
from forecast.engine import scores
from forecast.rows import ScoreRow
from forecast.types import HUB_PERMILLES, SeriesKey
from jobs.cli import main
from tests.support import tiny_record
from tests.support.cbp_files import ENCOUNTERS

NORTH, OTHER = SeriesKey("northern"), SeriesKey("other")
SPAN = months.between("2022-01", "2024-12")
COUNTS = {
    key: {month: 100 + 10 * i + 7 * (i % 5) for i, month in enumerate(SPAN)}
    for key in (NORTH, OTHER)
}
SHAPE = np.array([-40, -30, -20, -10, 0, 10, 20, 30, 40])


def said(key, model, cutoff, horizon, median):
    return key, model, cutoff, horizon, (median + SHAPE).tolist()


def stored(model, shift, cutoffs, key=NORTH):
    return [
        said(key, model, cutoff, h, COUNTS[key][cutoff] + shift)
        for cutoff in cutoffs
        for h in (1, 2, 3)
    ]


CUTOFFS = months.between("2023-06", "2024-09")


def found(rows, **values):
    (row,) = [r for r in rows if all(getattr(r, n) == v for n, v in values.items())]
    return row


def scores_of(rows, *of):
    return [SimpleNamespace(**row) for row in scores.scores(scores.by_series(rows), *of)]


def scored(*parts):
    rows = [s for part in parts for s in part]
    return scores_of(rows, COUNTS, "2023-01", "hindcast", ENCOUNTERS.breaks)


def test_a_score_is_the_mean_over_its_forecast_months():
    rows = scored(stored("naive", 0, CUTOFFS), stored("bold", 15, CUTOFFS))

    row = found(rows, model="bold", era="2024", horizon=3)
    cutoffs = [c for c in CUTOFFS if c.startswith("2024")]
    actual = np.array([COUNTS[NORTH][months.shift(c, 3)] for c in cutoffs], dtype=float)
    quantiles = np.array([COUNTS[NORTH][c] + 15 + SHAPE for c in cutoffs], dtype=float)
    naive = np.array([COUNTS[NORTH][c] for c in cutoffs], dtype=float)
    assert row.n == len(cutoffs) == 9
    assert row.log_wis == pytest.approx(scores.log_wis(actual, quantiles).mean(), abs=1e-12)
    assert row.wis == pytest.approx(scores.wis(actual, quantiles).mean(), abs=1e-12)
    assert row.relative_mae == pytest.approx(
        np.abs(actual - quantiles[:, 4]).mean() / np.abs(actual - naive).mean(), abs=1e-12
    )
    assert row.coverage80 == np.mean((quantiles[:, 2] <= actual) & (actual <= quantiles[:, 6]))


def test_a_model_with_fewer_months_is_compared_with_naive_on_those():
    rows = scored(stored("naive", 0, CUTOFFS), stored("bold", 0, CUTOFFS[:4]))

    row = found(rows, model="bold", era="all", horizon=0)
    assert row.n == 12
    assert row.relative_mae == pytest.approx(1)


@pytest.mark.parametrize(
    ("border", "cutoff", "month", "across"),
    [
        ("northern", "2023-11", "2024-01", False),
        ("northern", "2023-11", "2024-02", True),  # visas from 29 February 2024
        ("northern", "2024-02", "2024-03", True),  # the cutoff's month is partly old
        ("northern", "2024-03", "2025-01", True),
        ("northern", "2024-03", "2024-12", False),
        ("southwest", "2024-01", "2024-05", False),  # the visas are the north's
        ("other", "2019-01", "2026-08", False),
    ],
)
def test_a_path_crosses_a_break_that_lies_on_its_way(border, cutoff, month, across):
    span = [np.array([months.to_index(m)]) for m in (cutoff, month)]

    breaks = scores.break_months(border, ENCOUNTERS.breaks)
    assert scores.crosses_break(breaks, *span).tolist() == [across]


def test_months_across_a_break_and_the_others_are_all_months():
    rows = scored(stored("naive", 0, CUTOFFS), stored("naive", 0, CUTOFFS, OTHER))
    counts = {(r.series, r.era): r.n for r in rows if r.horizon == 0}

    assert counts[NORTH, "break"] + counts[NORTH, "no-break"] == counts[NORTH, "all"] == 48
    assert counts[NORTH, "break"] == 1 + 2 + 3 + 3  # cutoffs November 2023 to February 2024
    assert (OTHER, "break") not in counts


def test_a_scaled_error_is_in_usual_changes_on_the_year_up_to_its_cutoff():
    """x(t) - x(t - 12) over what is published; where a month is not, its changes are not known."""
    counts = {month: float(i * i) for i, month in enumerate(SPAN) if month != "2022-03"}
    rows = [said(NORTH, "naive", c, 1, 50) for c in ("2022-12", "2023-01", "2023-06")]

    (row,) = [
        r
        for r in scores_of(rows, {NORTH: counts}, "2023-01", "issued", ENCOUNTERS.breaks)
        if (r.era, r.horizon) == ("all", 1)
    ]

    place = {month: i for i, month in enumerate(SPAN)}
    scaled = []
    for cutoff in ("2023-01", "2023-06"):
        until = [m for m in SPAN[12:] if m <= cutoff and m != "2023-03"]
        usual = np.mean([counts[m] - counts[SPAN[place[m] - 12]] for m in until])
        scaled.append(abs(counts[SPAN[place[cutoff] + 1]] - 50) / usual)
    assert row.n == 2  # the first is before what is scored
    assert row.mase == pytest.approx(np.mean(scaled))
    assert (row.basis, row.relative_mae) == ("issued", 1)


def test_a_young_series_has_no_scaled_error_and_a_perfect_naive_no_ratio():
    counts = dict.fromkeys(SPAN[:14], 50)
    rows = [
        *(
            said(NORTH, model, "2022-03", h, 50 + off)
            for model, off in (("naive", 0), ("b", 9))
            for h in (1, 2)
        ),
        said(NORTH, "b", "2023-02", 1, 50),  # not published yet
    ]

    found_rows = scores_of(rows, {NORTH: counts}, "2022-01", "hindcast", ENCOUNTERS.breaks)

    assert {r.mase for r in found_rows} == {None}
    assert {r.relative_mae for r in found_rows} == {None}
    assert {r.n for r in found_rows} == {1, 2}
    flat = scores_of(
        [said(NORTH, "b", "2023-01", 1, 50)], {NORTH: counts}, "2022-01", "hindcast", ()
    )
    assert {r.mase for r in flat} == {None}  # it repeats itself exactly


def test_scores_are_of_the_usual_horizons_and_of_all_together():
    rows = [said(NORTH, "naive", "2023-06", h, 400 + 30 * h) for h in range(1, 13)]

    found_rows = scores_of(rows, COUNTS, "2023-06", "hindcast", ENCOUNTERS.breaks)

    assert {(r.horizon, r.n) for r in found_rows if r.era == "all"} == {
        (0, 12), (1, 1), (3, 1), (6, 1), (12, 1),
    }  # fmt: skip
    assert {r.era for r in found_rows} == {"all", "2023", "break", "no-break"}
    whole = found(found_rows, era="all", horizon=0)
    actual = np.array([COUNTS[NORTH][months.shift("2023-06", h)] for h in range(1, 13)])
    off = np.abs(actual - (400 + 30 * np.arange(1, 13)))
    assert whole.mae == pytest.approx(off.mean())
    inside = [(off <= reach).mean() for reach in (10, 20, 40)]
    assert [whole.coverage50, whole.coverage80, whole.coverage95] == pytest.approx(inside)


def test_hindcasts_are_scored_at_the_quantiles_of_the_intervals():
    hindcast = tiny_record.hindcast(NORTH, "2023-06", 2, 100)

    columns = scores.by_series([], [hindcast])

    places = [hindcast.counts[0, HUB_PERMILLES.index(int(p * 1000))] for p in scores.PROBS]
    cutoff = months.to_index("2023-06")
    assert {of: rows.tolist() for of, rows in columns.items()} == {
        (NORTH, "bordercast"): [[cutoff, 2, *places]]
    }
    assert places == [90, 91, 92, 95, 100, 105, 108, 109, 110]


def test_a_new_hindcast_stands_in_the_place_of_those_of_its_cutoff():
    old = [(NORTH, "bordercast", cutoff, 1, [7] * 9) for cutoff in ("2023-05", "2023-06")]
    new = tiny_record.hindcast(NORTH, "2023-06", 2, 100)

    columns = scores.by_series(old, [new])

    rows = columns[NORTH, "bordercast"][:, [0, 1, 6]].tolist()
    at = months.to_index("2023-05")
    assert rows == [[at, 1, 7], [at + 1, 2, 100]]


def row(border, model="bordercast", **changed):
    values = {"basis": "hindcast", "era": "all", "horizon": 0, "n": 10, "log_wis": 0.2, "wis": 5.0}
    values |= {"mae": 7.0, "mase": 1.0, "relative_mae": 0.9}
    values |= {"coverage50": 0.5, "coverage80": 0.8, "coverage95": 0.9}
    return ScoreRow(**{"total": border, "model": model, **values, **changed})


def test_all_borders_are_a_mean_over_months_and_a_geometric_mean_of_ratios():
    rows = [
        row("northern", n=30, log_wis=0.1, relative_mae=0.5, coverage80=0.9),
        row("southwest", n=10, log_wis=0.5, relative_mae=2.0, coverage80=0.5, mase=None),
    ]

    pooled = terminal.with_pooled(rows, ENCOUNTERS)[0]

    assert (pooled.total, pooled.n) == ("all borders", 40)
    assert pooled.log_wis == pytest.approx(0.2)
    assert pooled.relative_mae == pytest.approx(1)
    assert pooled.coverage80 == pytest.approx(0.8)
    assert pooled.mase == 1.0


def test_every_score_worse_than_naive_is_named():
    naive = row("northern", "naive", relative_mae=1.0)
    worse = row("northern", log_wis=0.21, wis=4.0, relative_mae=1.01)
    fewer = row("northern", "prophet", n=9, log_wis=0.3, relative_mae=1.2)

    named = {
        r.model: r.worse_than_naive for r in terminal.with_pooled([naive, worse, fewer], ENCOUNTERS)
    }

    assert named == {
        "naive": [],
        "bordercast": ["log_wis", "relative_mae"],
        "prophet": ["relative_mae"],
    }


def shown(*words):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.slow
def test_score_fits_a_terminal_and_says_what_is_worse(published):
    out = shown("--db", published, "score")

    assert max(map(len, out.splitlines())) <= 120
    assert "! worse than naive" in out
    assert "* prophet is scored on" in out
    assert "across a break" in out
    assert "can be scored yet" in out  # nothing was issued before its month, and it says so


@pytest.mark.slow
def test_score_as_json_has_every_border_and_all_of_them(published):
    rows = json.loads(shown("--db", published, "score", "--json"))

    places = {(r["border"], r["era"]) for r in rows}
    assert {("all borders", "2024"), ("southwest", "break"), ("other", "no-break")} <= places
    assert ("other", "break") not in places
    by_border = [r for r in rows if (r["model"], r["era"], r["horizon"]) == ("ets", "all", 3)]
    pooled, *borders = by_border
    assert pooled["n"] == sum(r["n"] for r in borders)


@pytest.mark.slow
def test_an_unknown_era_is_refused_with_those_there_are(published):
    refused = CliRunner().invoke(main, ["--db", str(published), "score", "--era", "2014"])

    assert refused.exit_code == 2
    assert "2018" in refused.output
