"""The scorecard: scores of stored forecasts, eras, the borders together, worse than naive."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from forecast import months
from forecast.desk.terminal import score_tables as desk
from forecast.engine import scores
from forecast.records import SeriesKey, StoredForecast
from jobs.cli import main

NORTH, OTHER = SeriesKey("northern"), SeriesKey("other")
SPAN = months.between("2022-01", "2024-12")
COUNTS = {
    key: {month: 100 + 10 * i + 7 * (i % 5) for i, month in enumerate(SPAN)}
    for key in (NORTH, OTHER)
}
SHAPE = np.array([-40, -30, -20, -10, 0, 10, 20, 30, 40])


def said(key, model, cutoff, horizon, median):
    return StoredForecast(key, model, cutoff, horizon, (median + SHAPE).tolist())


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


def scored(*parts):
    return scores.scores([s for part in parts for s in part], COUNTS, "2023-01", "hindcast")


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
        scores.mae(actual, quantiles[:, 4]) / scores.mae(actual, naive), abs=1e-12
    )
    assert row.coverage80 == scores.coverage(actual, quantiles[:, 2], quantiles[:, 6])


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

    assert scores.crosses_break(border, *span).tolist() == [across]


def test_months_across_a_break_and_the_others_are_all_months():
    rows = scored(stored("naive", 0, CUTOFFS), stored("naive", 0, CUTOFFS, OTHER))
    counts = {(r.series, r.era): r.n for r in rows if r.horizon == 0}

    assert counts[NORTH, "break"] + counts[NORTH, "no-break"] == counts[NORTH, "all"] == 48
    assert counts[NORTH, "break"] == 1 + 2 + 3 + 3  # cutoffs November 2023 to February 2024
    assert (OTHER, "break") not in counts


def row(border, model="bordercast", **changed):
    values = {"basis": "hindcast", "era": "all", "horizon": 0, "n": 10, "log_wis": 0.2, "wis": 5.0}
    values |= {"mae": 7.0, "mase": 1.0, "relative_mae": 0.9}
    values |= {"coverage50": 0.5, "coverage80": 0.8, "coverage95": 0.9}
    return {"border": border, "model": model, **values, **changed}


def test_all_borders_are_a_mean_over_months_and_a_geometric_mean_of_ratios():
    rows = [
        row("northern", n=30, log_wis=0.1, relative_mae=0.5, coverage80=0.9),
        row("southwest", n=10, log_wis=0.5, relative_mae=2.0, coverage80=0.5, mase=None),
    ]

    pooled = desk.with_pooled(rows)[0]

    assert (pooled["border"], pooled["n"]) == ("all borders", 40)
    assert pooled["log_wis"] == pytest.approx(0.2)
    assert pooled["relative_mae"] == pytest.approx(1)
    assert pooled["coverage80"] == pytest.approx(0.8)
    assert pooled["mase"] == 1.0


def test_every_score_worse_than_naive_is_named():
    naive = row("northern", "naive", relative_mae=1.0)
    worse = row("northern", log_wis=0.21, wis=4.0, relative_mae=1.01)
    fewer = row("northern", "prophet", n=9, log_wis=0.3, relative_mae=1.2)

    named = {r["model"]: r["worse_than_naive"] for r in desk.with_pooled([naive, worse, fewer])}

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

    assert max(map(len, out.splitlines())) <= 100
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
