"""Every picture is drawn from the real record, says its finding, and reads in grey."""

from __future__ import annotations

import re
import shlex
import xml.etree.ElementTree as ET
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import altair as alt
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import ValidationError
from PIL import Image

from forecast.desk.charts import forecasts, grammar
from forecast.desk.charts.grammar import BANDS, BLUE, INK, PALE
from forecast.store import connect, queries, read
from forecast.types import HEADLINES, Forecast, SeriesKey
from jobs.cli import main
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows

KINDS = ["fan", "history", "drivers", "calibration", "score", "components"]
DOCS = Path(__file__).parents[3] / "docs"
COMMANDS = re.findall(r"^    bordercast (plot .+)$", (DOCS / "charts.md").read_text("utf-8"), re.M)
COUNTS = st.lists(st.integers(0, 400_000), min_size=2, max_size=6)


def drawn(database, path, *words):
    said = CliRunner().invoke(
        main, ["--db", str(database), "plot", words[0], "-o", str(path), *words[1:]]
    )
    assert said.exit_code == 0, said.output
    return said.output


@pytest.fixture(scope="module")
def pictures(published, tmp_path_factory):
    """Every picture of docs/charts.md, drawn by the commands that stand there."""
    folder = tmp_path_factory.mktemp("pictures")
    for command in COMMANDS:
        border, *words, _, name = shlex.split(command)[1:]
        drawn(published, folder / name, border, *words)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_drawn_from_real_figures_by_its_example(pictures, kind):
    with Image.open(pictures / f"{kind}.png") as image:
        assert image.width > 600
        assert len(image.convert("L").getcolors(256)) > 3
    assert (pictures / f"{kind}.png").stat().st_size < 60_000


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_keeps_to_vega_lites_schema(published, tmp_path, monkeypatch, kind):
    """As Altair has it: what draws them passes over what it does not know."""
    drawn_of = []
    draw = grammar.vl_convert.vegalite_to_svg
    monkeypatch.setattr(
        grammar.vl_convert, "vegalite_to_svg", lambda spec: drawn_of.append(spec) or draw(spec)
    )

    drawn(published, tmp_path / "a.svg", "northern", "--kind", kind)

    (spec,) = drawn_of
    assert spec["$schema"] == alt.SCHEMA_URL
    alt.Chart.from_dict(spec)
    wrong = spec["vconcat"][0] if "vconcat" in spec else spec
    wrong["layer"][0]["mark"]["type"] = "lines"
    with pytest.raises(ValidationError):
        alt.Chart.from_dict(spec)


@pytest.mark.slow
def test_every_example_of_the_page_leaves_its_file(pictures):
    assert {path.name for path in pictures.iterdir()} == {c.split()[-1] for c in COMMANDS}


@pytest.mark.slow
def test_an_svg_holds_its_words_as_text(published, tmp_path):
    drawn(published, tmp_path / "a.svg", "southwest")
    words = "".join(ET.parse(tmp_path / "a.svg").getroot().itertext())

    for part in ("Southwest border", "95%: to", "median", "log scale", "Proclamation 10888"):
        assert part in words


@pytest.mark.parametrize(("flag", "told"), [("--log", True), ("--linear", False)])
def test_the_scale_is_chosen_and_said(published, tmp_path, flag, told):
    drawn(published, tmp_path / "a.svg", "northern", flag)

    assert ("log scale" in (tmp_path / "a.svg").read_text()) == told


@pytest.mark.slow
def test_the_fan_names_the_next_forecast_in_its_alternative_text(published, tmp_path):
    said = drawn(published, tmp_path / "a.svg", "northern")
    low, high = rows(
        published,
        "select lo80, hi80 from latest_forecasts where (border, dimension, model, horizon) = "
        "('northern', '', 'bordercast', 1)",
    )[0]

    assert f"80% prediction interval {low:,} to {high:,}" in said


@pytest.mark.slow
def test_the_drivers_add_up_to_what_the_title_says(published, tmp_path):
    said = drawn(published, tmp_path / "a.svg", "northern", "--kind", "drivers")
    encounters, expected = rows(
        published,
        "select encounters, expected from all_flags where (border, dimension, month, kind) = "
        "('northern', '', '2025-01', 'month')",
    )[0]

    assert f"January 2025: {expected - encounters:,} fewer than expected" in said


def test_a_month_that_was_not_flagged_has_no_drivers(published, tmp_path):
    words = ["plot", "northern", "--kind", "drivers", "--month", "2024-06", "-o"]
    said = CliRunner().invoke(main, ["--db", str(published), *words, str(tmp_path / "a.png")])

    assert said.exit_code == 2
    assert "no drivers of a flag in 2024-06" in said.output
    assert not list(tmp_path.iterdir())


def test_a_file_of_another_kind_is_refused(published, tmp_path):
    words = ["--db", str(published), "plot", "northern", "-o", str(tmp_path / "a.gif")]

    assert CliRunner().invoke(main, words).exit_code == 2


def test_the_same_figures_give_the_same_bytes(published):
    with closing(connect.read(published)) as connection:
        found = read.calibration(connection, "northern", "2018-12")

    first, second = (
        grammar.render(forecasts.calibration("northern", found, ENCOUNTERS), "svg", ENCOUNTERS)
        for _ in "ab"
    )
    assert first == second


def test_inks_and_bands_differ_in_lightness():
    """Without colour they must still be told apart."""
    grey = [
        0.299 * int(c[1:3], 16) + 0.587 * int(c[3:5], 16) + 0.114 * int(c[5:7], 16)
        for c in (INK, BLUE, BANDS[50], BANDS[80], BANDS[95], "#ffffff")
    ]

    assert all(later - earlier >= 20 for earlier, later in pairwise(grey))
    assert PALE not in BANDS.values()


@given(COUNTS, st.booleans())
def test_labels_keep_apart_in_order_and_inside(counts, log):
    scale = grammar.amounts([*counts, 500_000], log, ENCOUNTERS)
    moved = [scale.pixel(v) for v in scale.spread(counts)]
    by_count = [pixel for _, pixel in sorted(zip(counts, moved, strict=True))]

    gaps = [b - a for a, b in pairwise(by_count)]
    assert all(gap >= 12.9 for gap in gaps)
    assert all(-1e-6 <= pixel <= 330 + 1e-6 for pixel in moved)


@pytest.mark.parametrize("kind", KINDS)
def test_the_docs_show_each_kind_small(kind):
    assert (DOCS / "images" / f"{kind}.png").stat().st_size < 60_000


@pytest.mark.slow
@pytest.mark.parametrize(("size", "pixels"), [("slide", (1280, 720)), ("900x900", (900, 900))])
def test_a_picture_has_the_size_and_title_asked_for(published, tmp_path, size, pixels):
    drawn(published, tmp_path / "a.png", "northern", "--size", size, "--title", "Ours")
    drawn(published, tmp_path / "a.svg", "northern", "--size", size, "--title", "Ours")

    with Image.open(tmp_path / "a.png") as image:
        assert image.size == pixels
    assert ">Ours<" in (tmp_path / "a.svg").read_text("utf-8")


def test_a_pdf_is_one(published, tmp_path):
    drawn(published, tmp_path / "a.pdf", "southwest", "--kind", "score")

    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")


def test_a_far_95_interval_does_not_flatten_the_rest():
    bounds = {"lo50": 90, "hi50": 110, "lo80": 50, "hi80": 200, "lo90": 30, "hi90": 205, "lo95": 20}
    months = ("2026-08", "2026-09", "2026-09")
    ahead = Forecast(SeriesKey("northern"), "bordercast", *months, 100, **bounds, hi95=210)

    near = forecasts.fan_scale({"2026-08": 100}, [ahead], ENCOUNTERS, log=False)
    far = forecasts.fan_scale({"2026-08": 100}, [replace(ahead, hi95=2000)], ENCOUNTERS, log=False)

    assert near.high > 210
    assert 200 < far.high < 300


@pytest.mark.slow
def test_a_part_has_a_fan_and_nothing_else(published, tmp_path):
    text = drawn(published, tmp_path / "a.png", "northern:Swanton")
    said = CliRunner().invoke(
        main,
        [
            "--db",
            str(published),
            "plot",
            "northern:Swanton",
            "--kind",
            "score",
            "-o",
            str(tmp_path / "b.png"),
        ],
    )

    assert "Northern border, Swanton Sector" in text
    assert said.exit_code == 2
    assert "drawn of borders only" in said.stderr


@pytest.mark.parametrize("border", HEADLINES)
def test_what_stood_before_each_month_is_what_the_view_says(published, border):
    """The view puts more beside it, and takes three times as long."""
    with closing(connect.read(published)) as connection:
        every = queries.rows(connection, "judged_of_totals", of="true")
        found = queries.grouped(every, "border")[border]
        names = ("month", "basis", "cutoff", "median", "lo80", "hi80", "lo95", "hi95", "severity")
        view = connection.execute(
            f"select {', '.join(names)} from wide_months where border = ? and lo95 is not null "
            "order by month",
            (border,),
        ).fetchall()

    assert len(found) > 100
    assert [tuple(row[name] for name in names) for row in found] == [tuple(row) for row in view]
