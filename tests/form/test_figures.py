"""Numbers in documents are those of the record, or of a benchmark of this engine.

docs/figures.toml names each; RENEW=1 writes what its queries give into it and into the pages.
"""

from __future__ import annotations

import os
import re
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from forecast import engine
from tests.support.databases import rows

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "figures.toml"
FIGURES = tomllib.loads(TABLE.read_text("utf-8"))["figures"]
RENEW = "RENEW" in os.environ


def plain(page: str) -> str:
    return " ".join((ROOT / page).read_text("utf-8").split())


def named(figure: dict) -> str:
    return figure["text"][:60]


@pytest.mark.parametrize("figure", FIGURES, ids=named)
def test_a_figure_stands_in_its_pages_and_has_a_source_and_a_day(figure):
    assert [page for page in figure["pages"] if figure["text"] not in plain(page)] == []
    assert ("query" in figure) != ("benchmark" in figure)
    assert date(2026, 1, 1) <= date.fromisoformat(figure["date"]) <= datetime.now(UTC).date()


@pytest.mark.parametrize("figure", [f for f in FIGURES if "benchmark" in f], ids=named)
def test_a_benchmark_s_figure_is_of_this_engine(figure):
    stale = f"of engine {figure['engine']}: run {figure['benchmark']} again"
    assert figure["engine"] == engine.VERSION, stale
    command = figure["benchmark"].removeprefix("make ")
    assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text("utf-8"), re.M)


@pytest.mark.slow
@pytest.mark.parametrize("figure", [f for f in FIGURES if "query" in f], ids=named)
def test_a_figure_is_what_the_record_says(published, figure):
    ((found,),) = rows(published, figure["query"])
    if RENEW and found != figure["text"]:
        renew(figure, found)

    assert found == figure["text"], "stale: RENEW=1 writes what the record says"


def renew(figure: dict, found: str) -> None:
    """Write a figure anew, in the table and wherever it stands, across the ends of lines."""
    quoted = [text.replace('"', '\\"') for text in (figure["text"], found)]
    TABLE.write_text(TABLE.read_text("utf-8").replace(*quoted), "utf-8")
    stands = re.compile(r"\s+".join(map(re.escape, figure["text"].split())))
    for page in figure["pages"]:
        text = (ROOT / page).read_text("utf-8")
        (ROOT / page).write_text(stands.sub(lambda _: found, text), "utf-8")


def test_no_share_of_a_year_stands_without_saying_which_forecasts_it_is_of():
    """Forecasts made in 2024 are not forecasts of 2024's months: one held half as often."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    held = re.compile(r"47% of 2024's|(?<!made in )2024 (?:contained|held) 47%")

    assert [p.name for p in pages if held.search(" ".join(p.read_text("utf-8").split()))] == []
