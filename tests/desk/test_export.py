"""Tables as files: complete or not at all, and the same numbers in every format."""

from __future__ import annotations

import csv
import inspect
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from pyarrow import parquet
from xlsxwriter.worksheet import Worksheet

from forecast.desk import export
from forecast.desk.export import ExportTable
from forecast.errors import ConfigError
from forecast.types import HUB_COLUMNS, HUB_PERMILLES
from jobs.cli import main
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows

COLUMNS = {"name": "text", "count": "count", "value": "real"}
BLOCKS = [
    [["a", "b"], np.array([1, 2]), np.array([0.5, 2.0])],
    [["c"], np.array([3]), np.array([1 / 3])],
]


def exported(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def read_rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_quantile_columns_are_named_by_their_probability():
    assert HUB_COLUMNS[:4] == ("q01", "q025", "q05", "q10")
    assert HUB_COLUMNS[-4:] == ("q90", "q95", "q975", "q99")
    probs = [float(f"0.{name.removeprefix('q')}") for name in HUB_COLUMNS]
    assert [round(1000 * p) for p in probs] == list(HUB_PERMILLES)


def test_a_csv_file_holds_the_blocks_one_after_the_other(tmp_path):
    large = [["d"], [10**14 + 3], [1e14 + 3]]
    count = export.write(ExportTable(COLUMNS, [*BLOCKS, large]), tmp_path / "a.csv")

    assert count == 4
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines == [
        "name,count,value",
        "a,1,0.5",
        "b,2,2",
        "c,3,0.333333333333",
        f"d,{10**14 + 3},{10**14 + 3}",
    ]


def test_a_cell_without_a_value_is_empty_and_text_is_quoted_where_it_must_be(tmp_path):
    block = [['say "a, b"', None], [None, 7], [None, 1.5]]
    export.write(ExportTable(COLUMNS, [block]), tmp_path / "a.csv")

    assert read_rows(tmp_path / "a.csv")[1:] == [['say "a, b"', "", ""], ["", "7", "1.5"]]
    assert (tmp_path / "a.csv").read_text().splitlines()[1] == '"say ""a, b""",,'


def test_a_parquet_file_holds_the_same_with_kinds_and_notes(tmp_path):
    count = export.write(ExportTable(COLUMNS, BLOCKS, {"digest": "abc"}), tmp_path / "a.parquet")

    table = parquet.read_table(tmp_path / "a.parquet")
    assert count == table.num_rows == 3
    assert table.to_pydict() == {
        "name": ["a", "b", "c"],
        "count": [1, 2, 3],
        "value": [0.5, 2.0, 1 / 3],
    }
    assert table.schema.metadata[b"digest"] == b"abc"


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_that_breaks_off_leaves_the_old_file_and_no_draft(tmp_path, ending):
    def broken():
        yield BLOCKS[0]
        raise RuntimeError("out of luck")

    path = tmp_path / f"a.{ending}"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="luck"):
        export.write(ExportTable(COLUMNS, broken()), path)

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "problem"),
    [("a.xls", "must end in .csv, .parquet or .xlsx"), ("none/a.csv", "no such folder")],
)
def test_what_could_not_be_written_is_refused_beforehand(tmp_path, name, problem):
    with pytest.raises(ConfigError, match=problem):
        export.check(tmp_path / name)


def test_without_pyarrow_only_parquet_is_refused_and_the_remedy_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    export.check(tmp_path / "a.csv")
    with pytest.raises(ConfigError, match="pip install pyarrow"):
        export.check(tmp_path / "a.parquet")


def test_exported_hindcasts_are_the_stored_ones(tmp_path, published):
    out = tmp_path / "h.parquet"
    said = exported("--db", published, "export", "hindcasts", "-o", out)

    table = parquet.read_table(out)
    assert said.exit_code == 0, said.output
    assert table.column_names[:7] == [*export.HINDCASTS][:7]
    assert table.column_names[7:] == [*HUB_COLUMNS, "digest"]
    assert table.num_rows == 4 * 92 * 12
    assert min(table["cutoff"].to_pylist()) == "2018-12"
    assert table.schema.metadata[b"digest"].decode() in said.output
    assert table.schema.metadata[b"credit"].decode() == ENCOUNTERS.publisher.credit
    assert ENCOUNTERS.publisher.credit in said.output
    stored = rows(
        published,
        "select median, q010, q500, q990 from hindcasts h join series s on s.id = h.series_id "
        "where model = 'bordercast' and s.border = 'southwest' and cutoff = '2025-01' "
        "order by month",
    )
    chosen = [
        (row["median"], row["q01"], row["q50"], row["q99"])
        for row in table.to_pylist()
        if (row["border"], row["cutoff"]) == ("southwest", "2025-01")
    ]
    assert chosen == stored


def test_csv_and_parquet_say_the_same(tmp_path, published):
    for name in ("h.csv", "h.parquet"):
        words = ("--db", published, "export", "hindcasts", "--model", "ets", "-o", tmp_path / name)
        assert exported(*words).exit_code == 0

    header, *rows = read_rows(tmp_path / "h.csv")
    table = parquet.read_table(tmp_path / "h.parquet")
    assert header == table.column_names
    columns = zip(*rows, strict=True)
    assert [list(map(str, column.to_pylist())) for column in table.columns] == [
        list(column) for column in columns
    ]


def test_an_unknown_model_is_named_with_those_there_are(tmp_path, published):
    refused = exported(
        "--db", published, "export", "hindcasts", "--model", "oracle", "-o", tmp_path / "h.csv"
    )

    assert refused.exit_code == 2
    assert "'oracle'" in refused.output
    assert "bordercast" in refused.output
    assert not (tmp_path / "h.csv").exists()


def test_the_oldest_excel_library_allowed_can_limit_a_columns_width():
    """`autofit` takes its width from 3.2.1 on; 3.2.0 stopped with a TypeError."""
    settings = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    (needed,) = (r for r in settings["project"]["dependencies"] if r.startswith("xlsxwriter"))

    oldest = tuple(map(int, needed.partition(">=")[2].split(".")))

    assert oldest >= (3, 2, 1)
    assert "max_width" in inspect.signature(Worksheet.autofit).parameters
