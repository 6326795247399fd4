"""Any view as a file, now or as of a day; the forecasts as a hub that its own tools read."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from hubdata import connect_hub, connect_target_data
from hubdata.create_target_data_schema import TargetType
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from pyarrow import compute, parquet

from forecast.desk import export
from forecast.desk import hub as hubs
from forecast.desk.dictionary import VIEWS
from forecast.store import history
from forecast.types import HEADLINES, HUB_PERMILLES
from jobs.cli import main
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import edit, rows, written


def exported(database, *words, code=0):
    said = CliRunner().invoke(main, ["--db", str(database), "export", *map(str, words)])
    assert said.exit_code == code, said.output
    return said.output


def cells(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _name(view):
    return view.name


@pytest.mark.slow
@pytest.mark.parametrize(
    "view", [v for v in VIEWS.values() if v.name != "series_vintages"], ids=_name
)
def test_any_view_is_exported_whole_with_the_digest(published, tmp_path, view):
    said = exported(published, view.name, "-o", tmp_path / "a.csv")
    found = cells(tmp_path / "a.csv")
    count = rows(published, f"select count(*) from {view.name}")[0][0]
    digest = rows(published, "select digest from latest_run")[0][0]

    assert len(found) == count
    assert digest in said
    if found:
        assert [name for name in found[0] if name != "digest"] == [
            name for name in view.columns if name != "digest"
        ]
        assert {row["digest"] for row in found} == {digest}


@pytest.mark.slow
def test_a_workbook_has_the_figures_their_definitions_and_the_digest(published, tmp_path):
    exported(published, "border_months", "-o", tmp_path / "a.xlsx")
    book = load_workbook(tmp_path / "a.xlsx")
    figures = list(book["figures"].values)
    meant = {row[0]: row[3] for row in book["definitions"].values}
    about = dict(list(book["about"].values)[1:])

    assert figures[0] == tuple(VIEWS["border_months"].columns)
    assert {(row[0], f"{row[1]:%Y-%m}", row[2]) for row in figures[1:]} == set(
        rows(published, "select border, month, encounters from border_months")
    )
    assert set(figures[0]) < set(meant)
    assert about["digest"] == rows(published, "select digest from latest_run")[0][0]
    assert about["credit"] == ENCOUNTERS.publisher.credit
    assert about["check"] == f"bordercast verify --run 1 --digest {about['digest']}"


@pytest.mark.slow
def test_two_workbooks_of_one_record_are_the_same_bytes(published, tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        exported(published, "scorecard", "-o", tmp_path / name)

    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_parquet_file_keeps_kinds_and_gaps(published, tmp_path):
    exported(published, "wide_months", "-o", tmp_path / "a.parquet")
    table = parquet.read_table(tmp_path / "a.parquet")

    assert table.num_rows == 4 * 155
    assert str(table.schema.field("encounters").type) == "int64"
    assert table["month_before"].null_count == 4
    assert b"digest" in table.schema.metadata


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_hostile_name_is_text_and_no_formula(database, tmp_path, ending):
    hostile = '=HYPERLINK("http://example.org","x")'
    written(database, f"update series set member = '{hostile}' where member = 'INDIA'")
    exported(database, "series_held", "-o", tmp_path / f"a.{ending}")

    if ending == "csv":
        assert f"'{hostile}" in {row["member"] for row in cells(tmp_path / "a.csv")}
    else:
        sheet = load_workbook(tmp_path / "a.xlsx")["figures"]
        found = [cell for row in sheet.iter_rows() for cell in row if cell.value == hostile]
        assert found
        assert {cell.data_type for cell in found} == {"s"}


@given(st.text(st.sampled_from("=+-@\t\rab 1,'\"\n")))
def test_no_cell_of_text_begins_like_a_formula(text):
    ready = export.csv_rows([[text]], {"name": "text"})
    found = "".join(*csv.reader(io.StringIO(ready.content.decode(), newline="")))

    assert not found.startswith(export.FORMULA)
    assert found.removeprefix("'").endswith(text.removeprefix("'"))


def test_a_negative_number_stays_a_number(published, tmp_path):
    exported(published, "fiscal_years", "-o", tmp_path / "a.csv")

    assert any(row["change_percent"].startswith("-") for row in cells(tmp_path / "a.csv"))


def test_figures_as_of_a_day_are_those_known_then(published, tmp_path):
    exported(published, "border_months", "--as-of", "2025-04-01", "-o", tmp_path / "a.csv")
    then = {(row["border"], row["month"]): row["encounters"] for row in cells(tmp_path / "a.csv")}

    assert then["northern", "2025-02"] == "4098"
    assert max(month for _, month in then) == "2025-02"


def test_before_the_first_run_there_were_no_forecasts(published, tmp_path):
    before, after = tmp_path / "a.csv", tmp_path / "b.csv"
    exported(published, "latest_forecasts", "--as-of", "2026-09-19", "-o", before)
    exported(published, "latest_forecasts", "--as-of", "2026-09-20", "-o", after)

    assert not cells(before)
    assert len(cells(after)) == rows(published, "select count(*) from latest_forecasts")[0][0]


def test_a_view_that_cannot_be_had_as_of_a_day_says_so(published, tmp_path):
    said = exported(published, "ranks", "--as-of", "2025-04-01", "-o", tmp_path / "a.csv", code=2)

    assert "--as-of" in said


@pytest.fixture(scope="module")
def hub(published, tmp_path_factory):
    """One with the hindcasts of 2026 only, for speed."""
    folder = tmp_path_factory.mktemp("hub")
    (folder / "few.toml").write_text('[forecast]\nfirst_cutoff = "2026-01"\n')
    words = ["--config", folder / "few.toml", "--db", published, "export", "hub", "--hindcasts"]
    said = CliRunner().invoke(main, [*map(str, words), "-o", str(folder / "hub")])
    assert said.exit_code == 0, said.output
    return folder / "hub"


@pytest.mark.slow
def test_hubdata_reads_the_issued_quantiles(published, hub):
    table = connect_hub(hub).to_table(filter=compute.field("model_id") == "bordercast-engine")
    stored = rows(
        published,
        "select s.border, q.prob_permille / 1000.0, value from quantiles q "
        "join series s on s.id = q.series_id order by 1, 2, 3",
    )
    read = zip(
        *(table[n].to_pylist() for n in ("location", "output_type_id", "value")), strict=True
    )

    assert table.num_rows == 4 * 12 * 23
    assert sorted(read) == [(border, p, value) for border, p, value in stored]
    assert {str(day) for day in table["reference_date"].to_pylist()} == {"2026-08-31"}


def test_hubdata_reads_every_value_a_month_has_had(hub):
    table = connect_target_data(hub, TargetType.TIME_SERIES).to_table().to_pylist()
    northern = {
        str(row["as_of"]): row["observation"]
        for row in table
        if (row["location"], str(row["target_end_date"])) == ("northern", "2025-02-28")
    }

    assert list(northern.values()) == [4098, 4091]


def test_hindcasts_are_models_apart(published, hub):
    models = {path.name for path in (hub / "model-output").iterdir()}
    table = connect_hub(hub).to_table(
        filter=compute.field("model_id") == "bordercast-prophet_hindcast"
    )

    assert models >= {"bordercast-engine", "bordercast-engine_hindcast"}
    assert (
        table.num_rows
        == 23
        * rows(
            published,
            "select count(*) from hindcasts where model = 'prophet' and cutoff >= '2026-01'",
        )[0][0]
    )


def test_what_the_hub_holds_is_what_its_config_allows(hub):
    task = json.loads((hub / "hub-config/tasks.json").read_text())["rounds"][0]["model_tasks"][0]
    allowed = {name: set(choice["optional"]) for name, choice in task["task_ids"].items()}
    quantiles = task["output_type"]["quantile"]["output_type_id"]["required"]
    for path in (hub / "model-output" / "bordercast-engine").iterdir():
        assert re.fullmatch(r"\d{4}-\d\d-\d\d-bordercast-engine\.csv", path.name)
        for row in cells(path):
            row["horizon"] = int(row["horizon"])
            assert all(row[name] in values for name, values in allowed.items())

    assert quantiles == [permille / 1000 for permille in HUB_PERMILLES]
    assert allowed["location"] == set(HEADLINES)
    for path in (hub / "hub-config").glob("*.json"):
        assert json.loads(path.read_text())
    about = [path.read_text() for path in (hub / "model-metadata").glob("*.yml")]
    assert about
    assert all(ENCOUNTERS.publisher.credit in text for text in about)


@pytest.mark.parametrize(
    ("day", "late"), [("2026-09-20", False), ("2026-10-06", False), ("2026-10-07", True)]
)
def test_a_late_run_is_not_said_to_have_come_before_its_months(database, tmp_path, day, late):
    """The embedded figures end in August; September's may be out from October 7 on."""
    edit(database, f"update runs set published_at = '{day}T12:00:00+00:00'")
    with closing(sqlite3.connect(database)) as connection:
        in_time = history.rounds_in_time(connection, ENCOUNTERS.totals, ENCOUNTERS.due[0])
        hubs.write(tmp_path, {"engine": []}, [], {}, ENCOUNTERS, in_time)
    (about,) = (tmp_path / "model-metadata").iterdir()

    assert in_time == {"2026-08": not late}
    assert "issued before its months were published" in about.read_text()
    assert (", but for 2026-08-31: " in about.read_text()) == late


def test_a_round_is_in_time_if_its_run_was_published_before_its_month(by_hand):
    """By plain SQL: each cutoff's first run, and the day its month became known of every border."""
    truth = rows(
        by_hand,
        "select f.cutoff, min(substr(r.published_at, 1, 10)) < (select min(v.known_from) "
        "from vintages as v where v.vintage = 'day' and v.month = f.month) "
        "from forecasts as f join runs as r on r.id = f.run_id where f.horizon = 1 "
        "and f.model = 'bordercast' group by f.cutoff",
    )
    with closing(sqlite3.connect(by_hand)) as connection:
        in_time = history.rounds_in_time(connection, ENCOUNTERS.totals, ENCOUNTERS.due[0])

    assert {cutoff: bool(early) for cutoff, early in truth if early is not None}.items() <= (
        in_time.items()
    )


def test_a_hub_does_not_overwrite_what_is_there(published, tmp_path):
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "mine.txt").write_text("mine")

    assert "name a new folder" in exported(published, "hub", "-o", tmp_path / "hub", code=2)
    assert [p.name for p in Path(tmp_path).rglob("*")] == ["hub", "mine.txt"]


# (rows, sha256) of what the embedded figures come to in the views that no forecast moves, as the
# program of October 2026 had them, which knew no source but encounters (commit 8d724c8).
BEFORE = {
    "border_months": (
        620,
        "f0b7639a422eaf6051facaafed81207f01c4c70be27c1d3ff5ce2955d1d81c4d",
    ),
    "series_months": (
        20303,
        "e345a71c11c35c899c7c05ce05a124984b424584f446bc5ac48ffb2d5491528b",
    ),
    "series_held": (
        208,
        "96c26b1b5ad68db08e394fb76268c87dd3eaba902d81ad0cf8bddc06d5ac6c17",
    ),
    "vintages": (
        670,
        "c7b2f1f786f670b070bd31c5819445a95dcb97d2a651cd89190a6d4f0f81dfb3",
    ),
    "series_vintages": (
        20353,
        "9ff35e57ceda9a1efa7c9b827ca4abaaf86b393e824ae42299eb25b7f1bed57f",
    ),
    "revisions": (
        50,
        "cbe79639ab9e2eb79627e32392867521c1e6fff051ad8c29c3d3d4e66f9fc40a",
    ),
    "ranks": (
        620,
        "a1c434ee7ece92044480dc268cae34e8af8a95fc60644a39560aa7822a1c7f4e",
    ),
    "current_observations": (
        20303,
        "01f6d0e91f2c0ca80d37e14e4ab996056c4de739b8350572431fa8eb4631f881",
    ),
    "release_places": (
        15,
        "8e45a8886f731c06ffdb8eeb00a2fdcc99811b20cded2b1e45615ceb9f459f50",
    ),
}


@pytest.fixture(scope="module")
def files_alone(published, tmp_path_factory):
    """The record without what counts were on dated days, which is embedded since."""
    copy = tmp_path_factory.mktemp("files_alone") / "bordercast.db"
    with closing(sqlite3.connect(published)) as of, closing(sqlite3.connect(copy)) as to:
        of.backup(to)
        for (name,) in to.execute(
            "select name from sqlite_master where type = 'trigger' and tbl_name = 'dated_lines'"
        ).fetchall():
            to.execute(f"drop trigger {name}")
        assert to.execute("delete from dated_lines").rowcount > 0
        to.commit()
    return copy


@pytest.mark.parametrize("view", BEFORE)
def test_the_figures_of_encounters_are_those_of_before_there_were_other_sources(files_alone, view):
    columns = "*"
    if view == "series_months":  # which has more columns since, and a row of what no part states
        columns = "border, dimension, member, component, month, encounters, source"
        view += " where member <> 'not on record'"
    found = sorted(map(repr, rows(files_alone, f"select {columns} from {view}")))
    view = view.partition(" ")[0]

    assert (len(found), hashlib.sha256("\n".join(found).encode()).hexdigest()) == BEFORE[view]
