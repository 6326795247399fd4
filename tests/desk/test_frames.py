"""The record as DataFrames, and every example of the docs as it stands there."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import forecast
from forecast.desk.dictionary import VIEWS
from forecast.errors import ConfigError, SeriesNameError
from tests.support.databases import rows

DOCS = Path(__file__).parents[2] / "docs"
ROOT = DOCS.parent
SCRIPTS = sorted((DOCS / "notebooks").glob("*.py"))


@pytest.fixture
def beside(published, tmp_path, monkeypatch):
    """A folder with the database in it, as the examples expect."""
    (tmp_path / "bordercast.db").symlink_to(published)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_latest_is_the_engine_s_forecast_by_month(published):
    table = forecast.open(published).latest("northern")
    stored = rows(
        published,
        "select month, median, lo80, hi80 from latest_forecasts where (border, dimension, model) "
        "= ('northern', '', 'bordercast') order by month",
    )

    assert [
        (str(month), *values)
        for month, *values in table[["median", "lo80", "hi80"]].itertuples(name=None)
    ] == stored
    assert table.attrs["digest"] == rows(published, "select digest from latest_run")[0][0]


def test_actual_as_of_a_day_is_what_was_known_then(published):
    record = forecast.open(published)

    assert record.actual("northern", as_of="2025-04-01")["encounters"]["2025-02"] == 4098
    assert record.actual("northern")["encounters"]["2025-02"] == 4091


def test_any_series_by_any_of_its_names(published):
    record = forecast.open(published)

    mexico, north = record.latest("southwest:mexicans"), record.latest("north")
    swanton = record.actual("northern:Swanton")

    assert north.equals(record.latest("northern"))
    assert rows(
        published,
        "select median from latest_forecasts where (border, member) = ('southwest', 'MEXICO') "
        "order by month",
    ) == [(median,) for median in mexico["median"]]
    assert mexico.attrs["note"].startswith(
        "CBP's files on record give this breakdown through November 2025 only"
    )
    assert not swanton.attrs["series"].startswith("other")
    assert (
        len(swanton)
        == rows(
            published,
            "select count(*) from series_months where (border, member) "
            "= ('northern', 'Swanton Sector')",
        )[0][0]
    )


@pytest.mark.parametrize("view", VIEWS)
def test_any_view_is_a_frame_with_its_columns_described(full_record, view):
    record = forecast.open(full_record)
    table = record.view(view)

    assert list(table.columns) == list(record.describe(view).index)
    assert len(table) == rows(full_record, f"select count(*) from {view}")[0][0]


@pytest.mark.parametrize(
    ("ask", "named"),
    [
        (lambda r: r.latest("nowhere"), "nowhere"),
        (lambda r: r.latest("southwest:El Paso"), "El Paso Sector"),
        (lambda r: r.latest("northern", "oracle"), "prophet"),
        (lambda r: r.view("tables"), "border_months"),
        (lambda r: r.view("ranks", as_of="2025-04-01"), "series_months"),
        (lambda r: r.actual("northern", as_of="2025"), "'2025' is not a day"),
        (lambda r: r.changes("northern:Swanton"), "northern, southwest"),
        (lambda r: r.forecasts(2031), "from 2015 to 2026"),
        (lambda r: r.forecasts(2026, "northern:Swanton"), "of a border only"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(published, ask, named):
    with pytest.raises((ConfigError, SeriesNameError), match=named):
        ask(forecast.open(published))


def test_a_database_that_is_not_there_is_named_at_once(tmp_path):
    with pytest.raises(ConfigError, match="no such database"):
        forecast.open(tmp_path / "none.db")


def test_importing_forecast_imports_nothing_heavy():
    code = "import forecast, sys; sys.exit(bool({'pandas', 'scipy', 'numpy'} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_each_notebook_runs(beside, script, capsys):
    runpy.run_path(str(script), run_name="__main__")

    assert capsys.readouterr().out.count("\n") > 10


def test_there_are_two_notebooks():
    assert len(SCRIPTS) == 2


@pytest.mark.slow
def test_every_python_example_of_the_page_runs(beside):
    blocks = re.findall(r"```python\n(.+?)```", (DOCS / "python.md").read_text("utf-8"), re.S)

    # statsforecast is an analyst's own; it is no dependency of ours.
    ours = [block for block in blocks if "statsforecast" not in block]
    assert (len(blocks), len(ours)) == (8, 7)
    exec("\n".join(ours), {})


def test_every_forecast_made_for_a_year_stands_beside_its_count(published):
    record = forecast.open(published)
    stored = rows(
        published,
        "select count(*), sum(median), sum(encounters) from forecast_vs_actual "
        "where border = 'northern' and dimension = '' and month like '2024-%'",
    )[0]

    made = record.forecasts(2024, "northern")

    assert (len(made), made["median"].sum(), made["encounters"].sum()) == stored
    assert {str(month)[:4] for month in made.index} == {"2024"}
    assert set(made["border"]) == {"northern"}
    assert set(record.forecasts(2024)["border"]) > {"northern"}


def test_two_series_are_compared_in_the_months_both_have(published):
    record = forecast.open(published)
    india = record.actual("northern:India")["encounters"]
    both = record.compare("northern:India", "northern")

    assert list(both.columns) == ["northern:India", "northern"]
    assert both["northern:India"].equals(india.rename("northern:India"))
    assert both["northern"].equals(
        record.actual("northern")["encounters"][both.index].rename("northern")
    )


def test_a_plot_is_shown_by_notebooks_and_written_as_asked(published, tmp_path):
    drawn = forecast.open(published).plot("northern", tmp_path / "fan.png")

    assert drawn._repr_svg_() == drawn.svg
    assert drawn.svg.startswith("<svg")
    assert drawn.alt.startswith("Northern border")
    assert (tmp_path / "fan.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_sum_that_no_file_states_is_a_series_like_others(published, tmp_path):
    record = forecast.open(published)
    parts = [
        record.actual(f"{total}:Mexico")["encounters"]
        for total in ("northern", "southwest", "other")
    ]
    added = parts[0].add(parts[1], fill_value=0).add(parts[2], fill_value=0)

    counts, ahead = record.actual("nationwide:Mexico"), record.latest("nationwide:mexico")
    then = record.actual("nationwide:Mexico", as_of="2025-04-01")["encounters"]

    assert counts["encounters"].tolist() == added.tolist()
    assert then.index.max() < counts.index.max()
    assert ahead["median"]["2026-03"] == record.span("nationwide:Mexico", "2026-03")["median"]
    assert ahead.attrs["note"].startswith("CBP's files on record give this breakdown through")
    assert "nationwide:Mexico" in record.compare("nationwide:Mexico", "northern")
    assert "Mexico" in record.plot("nationwide:Mexico").alt


def test_months_are_periods_wherever_one_is_named(published):
    record = forecast.open(published)
    ends = record.span("northern", "FY2027")[["first_month", "last_month"]]

    assert str(record.latest("northern")["cutoff"].dtype) == "period[M]"
    assert str(record.forecasts(2024, "north")["cutoff"].dtype) == "period[M]"
    assert [end + 0 for end in ends] == list(ends)
    assert list(map(str, ends)) == ["2026-10", "2027-09"]


def test_a_series_without_a_forecast_is_not_drawn(published):
    with pytest.raises(SeriesNameError, match="not forecast"):
        forecast.open(published).plot("northern:At Large")
