"""The yearly report: the worst first, every number from the record, in two forms."""

from __future__ import annotations

import math
import re
import shutil
import sqlite3
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.config import Config
from forecast.context import Context
from forecast.desk import yearly as desk
from forecast.errors import SpanError
from forecast.types import BORDERS
from jobs.cli import main
from jobs.service import yearly
from tests.support.databases import edit, rows


@pytest.fixture(scope="module")
def report(published):
    return yearly.build(Context.open(published, Config()), 2025)


def test_the_three_largest_misses_come_first(published, report):
    found = rows(
        published,
        "select border, month, median, encounters, horizon from forecast_vs_actual "
        "where model = 'bordercast' and dimension = '' and border <> 'nationwide' "
        "and month between '2024-10' and '2025-09' and horizon in (1, 3, 6, 12)",
    )
    off = {}
    for border, month, median, came, _ in found:
        size = abs(math.log((came + 1) / (median + 1)))
        off[border, month] = max(off.get((border, month), 0), size)
    worst = sorted(off, key=off.__getitem__, reverse=True)[:3]
    headings = [block.heading for block in report.blocks if block.heading]
    said = [b.words for b in report.blocks if re.match(r"[123]\. ", b.words)]

    assert headings[0] == "The largest misses"
    assert len(said) == 3
    assert {border for border, _ in worst} <= set(BORDERS)
    assert "Southwest border" in " ".join(said)  # early 2025
    for (_, month), sentence in zip(worst, said, strict=True):
        assert month[:4] in sentence


def test_three_plain_sentences_come_first_and_losses_to_peers_are_said(report):
    off, inside, peers = (block.words for block in report.blocks[:3])

    said = r"1 month ahead, the forecasts were off by \d+% at the geometric mean \(36 forecasts"
    assert re.match(said, off)
    assert inside.startswith("The 80% interval, which is meant to hold 80% of months, held ")
    usual = {row[0]: row[2] for block in report.blocks for row in block.rows if len(row) == 5}
    own = usual.pop("bordercast")
    nearer = [name for name, error in usual.items() if int(error[:-1]) < int(own[:-1])]
    assert all(f"{name} ({usual[name]})" in peers for name in nearer)
    assert f"with a geometric mean error of {own} on the same forecasts" in peers


def test_what_is_said_first_of_intervals_and_flags_is_what_the_record_says(published, report):
    """Of every lead, not of the easiest alone; and the flagged months of the year by name."""
    of_year = (
        "from forecast_vs_actual where model = 'bordercast' and dimension = '' and basis = "
        "'hindcast' and border <> 'nationwide' and month between '2024-10' and '2025-09'"
    )
    ((near,),) = rows(published, f"select avg(inside80) {of_year} and horizon = 1")
    ((every, n),) = rows(published, f"select avg(inside80), count(*) {of_year}")
    flagged = rows(
        published,
        "select month, severity from all_flags where border = 'nationwide' and dimension = '' "
        "and kind = 'month' and severity <> 'watch' and month between '2024-10' and '2025-09'",
    )
    words = [block.words for block in report.blocks]

    held = f"held {near:.0%} of them 1 month ahead and {every:.0%} at all leads ({n} forecasts)."
    assert words[1].endswith(held)
    assert flagged == [("2025-02", "major")]
    assert any(text.endswith("Flagged: February 2025 (major).") for text in words)


def test_coverage_is_what_the_record_says(published, report):
    table = next(b for b in report.blocks if b.heads)
    (held,) = rows(
        published,
        "select avg(inside80), avg(inside95), count(*) from forecast_vs_actual where horizon = 6 "
        "and model = 'bordercast' and dimension = '' and border = 'northern' "
        "and month between '2024-10' and '2025-09'",
    )
    row = next(r for r in table.rows if r[0] == "Northern border, 6 ahead")

    assert row[1:] == (str(held[2]), f"{held[0]:.0%}", f"{held[1]:.0%}")


@pytest.mark.slow
def test_both_forms_say_the_same(published, tmp_path):
    for name in ("a.html", "a.md"):
        said = CliRunner().invoke(
            main, ["--db", str(published), "report", "FY2025", "-o", str(tmp_path / name)]
        )
        assert said.exit_code == 0, said.output
    page = (tmp_path / "a.html").read_text("utf-8")
    plain = (tmp_path / "a.md").read_text("utf-8")
    words = re.findall(r"[\d,]*\d", re.sub(r"<style>.*</style>|<[^>]+>", " ", page, flags=re.S))

    assert set(re.findall(r"\d{1,3}(?:,\d{3})+", plain)) <= set(words)
    assert "@media print" in page
    assert "http" not in page
    body = page.replace('<meta charset="utf-8">', "").replace("<!doctype html>", "")
    assert ET.fromstring(body).tag == "html"  # every tag is closed


def test_a_year_without_forecasts_is_refused(published):
    with pytest.raises(SpanError, match="come due"):
        yearly.build(Context.open(published, Config()), 2030)


@pytest.mark.slow
@pytest.mark.parametrize(("through", "written"), [("2026-08", False), ("2025-09", True)])
def test_the_service_writes_it_once_when_a_year_closes(database, through, written):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("update runs set data_through = ?", (through,))
        connection.commit()

    found = [yearly.write_closed(Context.open(database, Config())) for _ in range(2)]

    names = {p.name for p in database.parent.iterdir() if "FY" in p.name}
    assert found[1] is None
    assert (found[0] is not None) == written
    assert names == ({"bordercast-FY2025.html", "bordercast-FY2025.md"} if written else set())


def test_chances_are_drawn_inside_the_page_and_told_in_words(report):
    drawn, picture = (block for block in report.blocks if block.svg)

    assert ET.fromstring(picture.svg).tag == "svg"
    assert "Nationwide: the 95% interval of 1 month before held" in drawn.words
    assert "next month above year before" in picture.svg
    assert "came true" in picture.words
    assert picture.words in desk.markdown(report)
    assert desk.page(report).count("<figure") == 2


# --- of a record of a few rows


def test_a_year_s_report_is_of_its_months_alone_and_says_what_it_rests_on(by_hand):
    ((digest,),) = rows(by_hand, "select digest from latest_run")

    text = " ".join(desk.markdown(yearly.build(Context.open(by_hand, Config()), 2024)).split())

    assert text.startswith("# Fiscal year 2024: how good the forecasts were")
    assert "Northern border, January 2024: 90 were forecast 1 month ahead, 55 came" in text
    assert "Northern border, December 2023: 104 were forecast 1 month ahead, 110 came" in text
    assert text.endswith(f"Bordercast, run 2, data through 2024-02, digest {digest}")
    for year in (2023, 2025):
        with pytest.raises(SpanError, match="no forecast of its months has come due"):
            yearly.build(Context.open(by_hand, Config()), year)


def test_a_report_is_markdown_or_a_page_by_its_file_s_name(by_hand, tmp_path):
    found = yearly.build(Context.open(by_hand, Config()), 2024)
    for name, begins in (
        ("year.md", "# Fiscal year 2024"),
        ("year.html", "<!doctype html>"),
        ("year.txt", "<!doctype html>"),
    ):
        yearly.write(found, tmp_path / name)
        assert (tmp_path / name).read_text("utf-8").startswith(begins)


def test_a_year_that_has_closed_is_reported_once(by_hand, tmp_path):
    path = Path(shutil.copy(by_hand, tmp_path / "counts.db"))
    assert yearly.write_closed(Context.open(path, Config())) is None
    edit(path, "update runs set data_through = '2024-09' where id = 2")

    page = yearly.write_closed(Context.open(path, Config()))

    assert page == tmp_path / "counts-FY2024.html"
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert page.with_suffix(".md").read_text("utf-8").startswith("# Fiscal year 2024")
    assert yearly.write_closed(Context.open(path, Config())) is None
