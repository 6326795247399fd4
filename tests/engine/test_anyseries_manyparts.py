"""A folder of parts says what one file with all its series says, whoever computes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from pyarrow import parquet

from forecast import months
from forecast.engine import anyseries
from forecast.engine import anyseries as engine
from forecast.engine.anyseries import forecast_counts
from forecast.engine.blocks import Scratch, serial
from forecast.engine.predictive import ARRAYS
from forecast.errors import ConfigError, DataError
from forecast.tables.grid import ReadAs
from jobs import folder
from jobs.cli import main
from models.base import MonthlyCounts
from tests.support import reference_numbers

LAST = months.to_index("2026-08")


@pytest.fixture(scope="module")
def own() -> MonthlyCounts:
    """Twelve series: two families that will span parts, and one that will not."""
    values = np.round(np.expm1(reference_numbers.generated()))
    values = np.concatenate([values, values[:, ::-1] + 40])
    values[2, :30] = np.nan
    values[7, 50:53] = np.nan
    names = tuple(f"series {at}" for at in range(12))
    family = np.array(["even", "odd"] * 4 + ["alone"] * 4)
    return MonthlyCounts(names, family, values, np.full(12, LAST) - np.arange(12) % 5 * 7)


def assert_together(whole, parts):
    for name in ARRAYS:
        together = np.concatenate([getattr(part.predictive, name) for part in parts])
        assert np.array_equal(getattr(whole.predictive, name), together, equal_nan=True), name
    own = [part.predictive.quantiles((0.1, 0.9)) for part in parts]
    assert np.array_equal(whole.predictive.quantiles((0.1, 0.9)), np.concatenate(own), True)


def in_parts(own: MonthlyCounts) -> list[tuple[str, MonthlyCounts]]:
    which = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2])
    return [(f"part {at}", own.some(which == at)) for at in range(3)]


@pytest.mark.slow
def test_parts_say_what_all_series_together_say(own, tmp_path):
    expected = forecast_counts(own, 14, hindcasts=5)

    kept = anyseries.kept_parts(in_parts(own), Scratch(tmp_path), [])
    said = list(anyseries.forecast_parts(kept, 14, hindcasts=5, spread=serial))

    assert kept.spanning.tolist() == ["even", "odd"]
    assert_together(expected, said)


def test_three_parts_say_what_they_say_together_and_leave_only_counts_and_answers(own, tmp_path):
    """The same of forty months; one family in one part, and a part in which no family spans."""
    part = np.array([0, 0, 1, 1, 1, 2])
    few = MonthlyCounts(
        own.names[:6], np.array(list("xyxyxz")), own.values[:6, 50:].copy(), own.last[:6]
    )
    few.values[1, :8] = few.values[2, 30] = np.nan
    whole = forecast_counts(few, 3, hindcasts=2)

    scratch = Scratch(tmp_path)
    kept = anyseries.kept_parts([(f"{n}", few.some(part == n)) for n in range(3)], scratch, [])
    said = list(anyseries.forecast_parts(kept, 3, hindcasts=2, spread=serial))

    assert (kept.sizes, kept.width, kept.whole) == ((2, 3, 1), 40 + 28, True)
    assert kept.spanning.tolist() == ["x", "y"]
    assert [one.back.tolist() for one in said] == [[2, 1, 0]] * 3
    assert_together(whole, said)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [*(f"counts-{n}.pickle" for n in range(3)), "said-0.pickle", "said-1.pickle"]


def test_a_part_of_more_series_than_a_block_is_one_part(own, tmp_path):
    """Three hundred series of one family, of which two stand in another part."""
    values = np.tile(own.values[[0, 1, 4], -26:], (100, 1)) + np.arange(300)[:, None]
    names = tuple(f"series {n}" for n in range(300))
    many = MonthlyCounts(names, np.full(300, "one"), values, np.full(300, LAST))
    second = np.arange(300) >= 298
    scratch = Scratch(tmp_path)

    kept = anyseries.kept_parts([("a", many.some(~second)), ("b", many.some(second))], scratch, [])
    said = list(anyseries.forecast_parts(kept, 2, hindcasts=1, spread=serial))

    whole = forecast_counts(many, 2, hindcasts=1)
    assert_together(whole, said)


def test_parts_of_whole_families_are_forecast_each_by_itself(own, tmp_path):
    """The widest part sets the columns; more cutoffs than months before the last there are not."""
    one = MonthlyCounts(own.names[:1], own.family[:1], own.values[:1, 50:], own.last[:1])
    short = MonthlyCounts(("b",), np.array(["b"]), own.values[5:6, :30] / 4, own.last[5:6])
    parts = [("one", one), ("short", short)]

    kept = anyseries.kept_parts(parts, Scratch(tmp_path), [])
    said = list(anyseries.forecast_parts(kept, 2, hindcasts=500, spread=serial))

    assert (kept.sizes, kept.width, kept.whole) == ((1, 1), 40, False)
    assert kept.spanning.tolist() == []
    padded = kept.counts(1)
    assert np.isnan(padded.values[:, :10]).all()
    assert np.array_equal(padded.values[:, 10:], short.values)
    assert (padded.names, padded.last.tolist()) == (("b",), short.last.tolist())
    for counts, found in zip((one, padded), said, strict=True):
        alone = forecast_counts(counts, 2, hindcasts=500)
        assert found.back.tolist() == alone.back.tolist() == list(range(39, -1, -1))
        assert_together(alone, [found])


def test_a_set_of_which_no_series_is_long_enough_is_refused(own, tmp_path):
    young = MonthlyCounts(("young",), np.array(["a"]), own.values[:1, -12:], own.last[:1])
    left_out = []

    with pytest.raises(DataError, match="no series is long enough"):
        anyseries.kept_parts([("one", young)], Scratch(tmp_path), left_out)

    assert [(error.series, error.months, error.needed) for error in left_out] == [("young", 12, 13)]


def test_what_waits_on_disk_comes_back_whole_or_in_rows(tmp_path):
    scratch = Scratch(tmp_path)
    table = np.arange(12.0).reshape(4, 3)
    scratch.keep("a", 1, table)
    scratch.keep("a", 11, table + 1)
    scratch.keep("b", 1, {"any": "thing"})

    assert np.array_equal(scratch.rows("a", 1, slice(None)), table)
    assert np.array_equal(scratch.rows("a", 1, slice(1, 3)), table[1:3])
    assert scratch.value("b", 1) == {"any": "thing"}
    scratch.forget(1, "a", "none")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-11.npy", "b-1.pickle"]


def test_a_series_in_two_parts_is_refused(own, tmp_path):
    parts = [("one", own), ("two", own.some(np.arange(12) == 3))]

    with pytest.raises(DataError, match="two: series 'series 3' is in an earlier part too"):
        anyseries.kept_parts(parts, Scratch(tmp_path), [])


def test_series_too_short_are_named_and_left_out(own, tmp_path):
    short = own.some(np.arange(12) == 0)
    short = MonthlyCounts(("young",), short.family, short.values[:, -9:], short.last)
    left_out = []

    kept = anyseries.kept_parts([*in_parts(own), ("late", short)], Scratch(tmp_path), left_out)

    assert kept.sizes == (3, 4, 5, 0)
    assert [(error.series, error.months) for error in left_out] == [("young", 9)]


def write(counts: MonthlyCounts, path: Path) -> None:
    width = counts.values.shape[1]
    rows = [
        (name, months.from_index(int(counts.last[at]) - (width - 1 - column)), value, family)
        for at, (name, family) in enumerate(zip(counts.names, counts.family, strict=True))
        for column, value in enumerate(counts.values[at].tolist())
        if np.isfinite(value)
    ]
    columns = zip(*rows, strict=True)
    names = ("series", "month", "value", "family")
    table = {
        name: list(map(str, x)) if name == "family" else list(x)
        for name, x in zip(names, columns, strict=True)
    }
    parquet.write_table(pa.table(table), path)


def run(folder: Path, out: Path, *words: str):
    (folder.parent / "config.toml").write_text('[compute]\nengine = "serial"\n')
    settings = ("--config", str(folder.parent / "config.toml"))
    return CliRunner().invoke(main, [*settings, "forecast", str(folder), "-o", str(out), *words])


@pytest.mark.slow
def test_a_folder_of_parts_gives_the_rows_of_one_file(own, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    for name, counts in in_parts(own):
        write(counts, folder / f"{name}.parquet")
    write(own, tmp_path / "all.parquet")

    done = run(folder, tmp_path / "ahead", "--hindcasts", "4")
    one = run(tmp_path / "all.parquet", tmp_path / "one.parquet", "--hindcasts", "4")

    assert done.exit_code == one.exit_code == 0, done.output + one.output
    parts = [parquet.read_table(path) for path in sorted((tmp_path / "ahead").iterdir())]
    assert pa.concat_tables(parts).equals(parquet.read_table(tmp_path / "one.parquet"))
    assert "12 series in 3 parts" in done.stderr
    quality = [line for line in one.stderr.splitlines() if "earlier forecasts" in line]
    assert quality[0] in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ahead",
        "all.parquet",
        "config.toml",
        "one.parquet",
        "parts",
    ]


def test_a_part_with_faults_is_named_and_nothing_written(own, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    for name, counts in in_parts(own):
        write(counts, folder / f"{name}.parquet")
    parquet.write_table(
        pa.table({"series": ["x"] * 2, "month": ["2024-01", "2024-13"], "value": [1, -2]}),
        folder / "worse.parquet",
    )

    done = run(folder, tmp_path / "ahead")

    assert done.exit_code == 3
    assert "worse.parquet: 2 faults" in done.stderr
    assert list((tmp_path / "ahead").iterdir()) == []


@pytest.mark.parametrize(
    ("made", "problem"),
    [("ahead/old.csv", "the folder holds files"), ("none", "no .parquet files")],
)
def test_what_would_not_do_is_refused_before_any_work(tmp_path, own, made, problem):
    folder = tmp_path / "parts"
    folder.mkdir()
    (tmp_path / made).parent.mkdir(exist_ok=True)
    (tmp_path / made).write_text("kept")
    if made != "none":
        write(own, folder / "all.parquet")

    done = run(folder, tmp_path / "ahead")

    assert done.exit_code != 0
    assert problem in done.stderr


# --- the folder's forecast itself


def folder_of(own: MonthlyCounts, folder: Path) -> list[Path]:
    folder.mkdir()
    for name, counts in in_parts(own):
        write(counts, folder / f"{name}.parquet")
    return sorted(folder.iterdir())


def forecast(parts: list[Path], out: Path, hindcasts: int):
    steps: list[tuple] = []
    said: list[str] = []
    out.mkdir()
    told = (lambda *step: steps.append(step), lambda name, _: said.append(name))
    found = folder.forecast_folder(parts, out, ReadAs(), 3, hindcasts, serial, *told)
    return found, steps, said


@pytest.fixture(scope="module")
def short() -> MonthlyCounts:
    """Such series, three years of them, one of these too short."""
    values = np.round(np.expm1(reference_numbers.generated()))[:, -36:]
    values = np.concatenate([values, values[:, ::-1] + 40])
    values[4, :30] = np.nan
    family = np.array(["even", "odd"] * 4 + ["alone"] * 4)
    return MonthlyCounts(
        tuple(f"series {at}" for at in range(12)), family, values, np.full(12, LAST)
    )


def test_a_folder_s_forecast_tells_how_far_it_is_and_who_is_least_certain(short, tmp_path):
    parts = folder_of(short, tmp_path / "parts")

    made, steps, said = forecast(parts, tmp_path / "out", 2)

    assert said == ["part 0.parquet", "part 1.parquet", "part 2.parquet"]
    assert steps[:3] == [("reading parts", done, 3) for done in (1, 2, 3)]
    assert steps[-3:] == [("writing parts", done, 3) for done in (1, 2, 3)]
    assert (made.series, [error.series for error in made.left_out]) == (11, ["series 4"])
    assert len(made.unsure) == 3
    assert [how for _, how in made.unsure] == sorted((w for _, w in made.unsure), reverse=True)
    assert made.quality is not None
    kept = forecast_counts(short.some(np.arange(12) != 4), 3, hindcasts=2, spread=serial)
    assert list(made.unsure) == engine.least_predictable(kept)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out", "parts"]
    for part in parts:
        table = parquet.read_table(tmp_path / "out" / part.name).to_pydict()
        assert len(set(table["month"])) == 3


def test_without_hindcasts_there_is_no_quality(short, tmp_path):
    made, _, _ = forecast(folder_of(short, tmp_path / "parts"), tmp_path / "out", 0)

    assert (made.quality, made.series) == (None, 11)


@pytest.mark.parametrize(
    ("out", "problem"),
    [
        ("ahead.csv", "name a folder for the forecasts"),
        ("file", "name a folder for the forecasts"),
        ("full", "the folder holds files; name a new one or empty it"),
        ("file/below", r"cannot be made \(Not a directory\)"),
    ],
)
def test_forecasts_of_parts_need_a_folder_of_their_own(tmp_path, out, problem):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a.parquet").touch()
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.parquet").touch()

    with pytest.raises(ConfigError, match=problem):
        folder.folder_parts(tmp_path / "parts", tmp_path / out)


def test_parts_go_by_their_names_into_a_folder_that_is_made(tmp_path):
    (tmp_path / "parts").mkdir()
    for name in ("b.parquet", "a.parquet", "c.csv"):
        (tmp_path / "parts" / name).touch()

    for _ in range(2):  # an empty folder will do
        found = folder.folder_parts(tmp_path / "parts", tmp_path / "new" / "out")
        assert [file.name for file in found] == ["a.parquet", "b.parquet"]
        assert (tmp_path / "new" / "out").is_dir()
