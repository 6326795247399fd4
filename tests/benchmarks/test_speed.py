"""The speed comparison's own arithmetic; the peers themselves are not asked here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks import (
    speedpeers,
    speedreport,
    speedscores,
    speedsets,
    speedspread,
    speedsums,
    stopwatch,
)
from benchmarks.sets import H
from benchmarks.speed import PEERS, Run
from forecast.engine.scores import PROBS
from jobs.cli import main

HERE = Path(__file__).parents[1]
NINE = ["q025", "q05", "q10", "q25", "q50", "q75", "q90", "q95", "q975"]


def test_the_real_series_are_the_drill_downs_own():
    own = speedsets.real()

    assert len(own.names) == 141
    assert own.counts.shape == (141, speedsets.MONTHS)
    assert set(own.family[:36]) == set(speedsets.DIMENSIONS)
    assert len(own.work.origins) == speedsets.CUTOFFS


def test_many_series_begin_with_the_real_ones_and_are_the_same_again():
    few, more, again = (speedsets.many(count) for count in (100, 500, 500))

    assert more.names[:141] == speedsets.real().names
    assert few.names == more.names[:100]
    assert np.array_equal(more.counts, again.counts)
    assert len(set(more.names)) == 500
    assert not np.array_equal(more.counts[141], more.counts[142])


def test_copies_are_of_their_originals_shape():
    own, more = speedsets.real(), speedsets.many(2000)
    rows = {name: row for row, name in enumerate(own.names)}
    of = [rows[name.split(": ")[1]] for name in more.names[141:]]
    large = own.counts[of].min(axis=1) > 50

    pairs = zip(own.counts[of][large], more.counts[141:][large], strict=True)
    alike = [np.corrcoef(np.log1p(a), np.log1p(b))[0, 1] for a, b in pairs]
    assert np.median(alike) > 0.9


@pytest.fixture(scope="module")
def hindcasts(tmp_path_factory):
    """Three series, and the file of our hindcasts of them."""
    folder, series = tmp_path_factory.mktemp("speed"), speedsets.many(3)
    speedsets.write_csv(series, folder / "series.csv")
    command = ["forecast", str(folder / "series.csv"), "-o", str(folder / "ahead.csv")]
    command += ["--hindcasts", str(speedsets.CUTOFFS)]
    command += ["--hindcasts-out", str(folder / "hindcasts.parquet")]
    said = CliRunner().invoke(main, command)
    assert said.exit_code == 0, said.output
    return series, folder / "hindcasts.parquet"


def test_our_hindcasts_are_read_into_the_cutoffs_places(hindcasts):
    series, path = hindcasts

    found = np.expm1(speedscores.read(path, series))

    lines = pd.read_parquet(path).set_index(["series", "cutoff", "horizon"])
    assert np.isfinite(found).all()
    assert len(lines) == found[..., 0].size
    for row, name in enumerate(series.names):
        last = lines.loc[(name, "2025-10", 3)]  # the last month is November
        first = lines.loc[(name, "2022-11", 12)]
        assert found[row, -1, 2] == pytest.approx(last[NINE].tolist())
        assert found[row, 0, 11, 4] == pytest.approx(first["median"])


def test_a_model_that_knows_what_came_scores_nearly_0_and_is_the_best(hindcasts):
    series, path = hindcasts
    came = np.nan_to_num(np.log1p(series.work.actual))
    close = np.repeat(came[..., None], len(PROBS), axis=-1) + 1e-6
    silent = close + 1
    silent[0] = np.nan

    found = speedscores.scores(series, path, {"close": close, "silent": silent})

    lines = found["models"]
    assert found["best_single"] == "close"
    assert lines["close"]["log_wis"] == pytest.approx(0, abs=1e-5)
    assert len({line["n"] for line in lines.values()}) == 1  # all on the months all answered
    assert lines["silent"]["n"] == np.isfinite(series.work.actual[1:]).sum()


def test_the_peers_see_the_months_up_to_the_same_cutoffs():
    series = speedsets.many(2)
    z = speedpeers.on_log(series.counts, H - 1)

    lengths = z.shape[1] - H - np.arange(speedsets.CUTOFFS)[::-1]  # statsforecast's windows
    assert lengths.tolist() == (series.work.origins + 1).tolist()
    assert np.array_equal(z[:, : speedsets.MONTHS], np.log1p(series.counts))


def test_a_failed_fit_is_missing_and_never_filled_in():
    said = speedpeers.Failed().forecast(h=3, level=[50, 95], y=None)
    quantiles = np.stack(list(said.values()), axis=-1)
    partly = np.array([[3.0, -1.0, 2.0], [1.0, np.nan, 2.0]])

    assert quantiles.shape == (3, 5)
    assert np.isnan(quantiles).all()
    assert np.array_equal(speedpeers.in_order(partly), [[0, 2, 3], [np.nan] * 3], equal_nan=True)


def test_the_stopwatch_counts_children_and_memory():
    work = "x = bytearray(60_000_000); [0 for _ in range(5_000_000)]"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])"

    cost, _ = stopwatch.cost([sys.executable, "-c", nested], HERE)

    assert cost.peak_mib > 60_000_000 / stopwatch.MIB
    assert cost.cpu_seconds > 0.05
    assert cost.seconds > 0.05


def test_a_command_that_fails_is_an_error_with_its_last_words():
    with pytest.raises(stopwatch.CommandError, match="no such thing"):
        stopwatch.cost([sys.executable, "-c", "raise SystemExit('no such thing')"], HERE)


def test_a_run_goes_on_only_if_it_is_told_to(tmp_path):
    def fails() -> dict[str, object]:
        raise stopwatch.CommandError("a pool died")

    first = Run(tmp_path / "run", go_on=False)
    assert first.take("a", lambda: {"seconds": 1}) == {"seconds": 1}
    assert "failed" in first.take("b", fails)

    on, anew = Run(tmp_path / "run", go_on=True), Run(tmp_path / "run", go_on=False)
    assert on.take("a", lambda: {"seconds": 2}) == {"seconds": 1}
    assert on.take("b", lambda: {"seconds": 3}) == {"seconds": 3}
    assert anew.take("a", lambda: {"seconds": 2}) == {"seconds": 2}


def test_ratios_compare_the_same_number_of_series():
    peer = {"few": {"series": 10, "seconds": 21.0}, "most": {"series": 40, "seconds": 80.0}}
    ours = {"series": 1000, "seconds": 4.0}

    assert speedsums.growth(peer) == pytest.approx(2 / 2.1)
    assert speedsums.ratio(peer, ours) == pytest.approx(2 * 1000 / 4)
    assert np.isnan(speedsums.ratio({"most": {"series": 40, "failed": "x"}}, ours))


def test_a_busy_machine_is_told():
    result = {
        "machine": {"cores": 2},
        "ours": {"10": {"load": 1.0}},
        "engines": {"load": 1.0},
        "peers": {"a": {"runs": [{"load": 2.5}, {"failed": "x"}]}},
        "reach": {},
    }
    assert "busy" not in speedreport.reach(result).title
    result["peers"]["a"]["runs"][0]["load"] = 20.0
    assert "load up to 20" in speedreport.reach(result).title


@pytest.fixture(scope="module")
def kept():
    if not (speedreport.tables.RESULTS / "speed.json").exists():
        pytest.skip("no run of `make bench-speed` is kept")
    return speedreport.kept()


def test_the_page_shows_the_kept_results(kept):
    assert speedreport.markdown(kept) in speedreport.PAGE.read_text("utf-8")


def test_the_kept_results_are_of_every_peer_and_judge_every_bound(kept):
    assert set(kept["peers"]) == set(PEERS)
    assert set(kept["reach"]) == {what for what, _, _ in speedsums.REACH}
    four = kept["peers"][speedsums.TOGETHER]["most"]
    ten_thousand = kept["ours"]["10000"]["seconds"]
    expected = four["seconds"] / four["series"] * 10_000 / ten_thousand
    came = kept["reach"]["10,000 series, faster than the four"]
    assert came["came"] == pytest.approx(expected, rel=1e-3)
    assert came["reached"] == (expected >= 300)


def test_the_kept_results_are_the_same_numbers_on_every_engine(kept):
    assert kept["engines"]["same"] is True
    assert set(kept["engines"]["engines"]) == set(speedreport.ENGINES) == set(speedspread.ENGINES)


@pytest.mark.slow
def test_every_engine_gives_the_same_numbers_and_is_timed(tmp_path, capsys):
    speedsets.write_csv(speedsets.many(5), tmp_path / "series.csv")

    speedspread.main(str(tmp_path / "series.csv"), "1")

    found = json.loads(capsys.readouterr().out)
    assert found["same"] is True
    assert all(one["seconds"] > 0 for one in found["engines"].values())
    result = {"engines": found}
    assert [row[0] for row in speedreport.engines(result).rows] == list(speedspread.ENGINES)


def test_the_picture_is_small():
    if not speedreport.PICTURE.exists():
        pytest.skip("no picture is drawn yet")
    assert speedreport.PICTURE.stat().st_size <= 60_000
