"""The dictionary is true of the database, and enough to answer what analysts ask."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import forecast.rows
from forecast.desk import dictionary
from forecast.desk.dictionary import COLUMNS, VIEWS, definitions
from forecast.errors import DataError
from forecast.sources.catalog import find
from forecast.types import HEADLINES
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import counting_steps, rows

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"
PIECES = PAGE.read_text("utf-8").split("```")
SQL = {  # the line before a query is its question
    before.rpartition("`")[2].strip().splitlines()[-1]: code.removeprefix("sql\n")
    for before, code in pairwise(PIECES)
    if code.startswith("sql\n")
}
WORDS = set(
    re.findall(r"\w+", "select from where and or is not null as order by desc limit max abs round")
)


def answer(path: Path, start: str) -> list[dict]:
    """The rows of the page's query whose question begins like this."""
    query = next(query for question, query in SQL.items() if question.startswith(start))
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(query)]


def test_a_column_that_no_entry_describes_is_named_with_where_to_say_it():
    view = replace(VIEWS["ranks"], special={})

    with pytest.raises(DataError, match=r"holds .*months.* of ranks\? say it below \[columns\.TY"):
        view.described()


def test_every_view_is_described_and_no_other(published):
    views = rows(
        published, "select name from sqlite_master where type = 'view' and name not like 'scope%'"
    )

    assert {name for (name,) in views} == set(VIEWS)


def test_every_column_of_every_view_is_described_and_no_other(published):
    query = "select name from pragma_table_info(?)"
    columns = {name: tuple(n for (n,) in rows(published, query, name)) for name in VIEWS}

    assert columns == {name: view.columns for name, view in VIEWS.items()}
    assert columns == {name: tuple(view.described()) for name, view in VIEWS.items()}
    assert {name: set(view.special) - set(view.columns) for name, view in VIEWS.items()} == {
        name: set() for name in VIEWS
    }


def test_no_word_is_described_that_no_view_uses():
    assert set(COLUMNS) == {n for v in VIEWS.values() for n in v.columns if n not in v.special}


@pytest.mark.parametrize("view", VIEWS.values(), ids=lambda v: v.name)
def test_a_view_is_quick_and_of_the_kinds_that_the_dictionary_says(published, view):
    """series_vintages takes 20 million steps, the next 9, most under one."""
    with counting_steps() as steps:
        found = rows(published, f"select * from {view.name}")

    assert steps() < 40_000
    allowed = {"count": {int}, "real": {float}, "text": {str}}
    assert view.null <= set(view.columns)
    for place, (name, column) in enumerate(view.described().items()):
        null = {type(None)} if name in view.null else set()
        assert {type(row[place]) for row in found} <= allowed[column[0]] | null, name


def test_the_typed_rows_are_the_dictionary():
    file = Path(forecast.rows.__file__)
    written = file.read_text("utf-8")

    assert written == dictionary.renewed_rows(written), "python -m forecast.desk.dictionary"


def test_a_column_says_only_what_differs_from_its_type():
    assert COLUMNS["month"] == ("text", "month", "YYYY-MM", "The month the figure is about")
    assert COLUMNS["rounding"] == (
        "count",
        "{noun}",
        "1 or 10",
        "What the source rounds its counts to",
    )
    assert VIEWS["all_flags"].described()["encounters"][-1].endswith("as first published")


def test_a_meaning_is_a_plain_phrase():
    for view in VIEWS.values():
        for _, unit, _, about in definitions(view, ENCOUNTERS):
            assert unit
            assert not about.endswith(".")


def test_no_unit_is_the_noun_of_another_measure():
    pounds = find("cbp_drug_pounds")
    units = {unit for view in VIEWS.values() for _, unit, *_ in definitions(view, pounds)}

    assert "pounds" in units
    assert not units & {"encounters", "seizures"}


def test_the_page_is_the_dictionary():
    written = PAGE.read_text("utf-8")

    assert written == dictionary.renewed(written, ENCOUNTERS), "python -m forecast.desk.dictionary"


def test_an_answer_is_asked_with_nothing_but_words_of_the_dictionary():
    described = {*VIEWS, *(n for v in VIEWS.values() for n in v.columns), "percent_better"}
    names = {
        question: set(re.findall(r"[a-z_]\w*", re.sub(r"'[^']*'", "", query)))
        for question, query in SQL.items()
    }

    assert {question: found - described - WORDS for question, found in names.items()} == {
        question: set() for question in SQL
    }


def test_the_next_northern_forecast_and_its_interval(published):
    stored = rows(
        published,
        "select f.month, median, lo80, hi80 from forecasts f join series s on s.id = f.series_id "
        "where (border, dimension, model) = ('northern', '', 'bordercast') "
        "order by f.month limit 1",
    )

    assert [tuple(r.values()) for r in answer(published, "The northern forecast")] == stored


def test_how_often_the_95_interval_held_at_lead_3(published):
    found = {r["border"]: r for r in answer(published, "How often the 95%")}
    counted = rows(
        published,
        "select s.border, count(*), avg(o.encounters between h.q025 and h.q975) "
        "from hindcasts h join series s on s.id = h.series_id join current_observations o "
        "on o.series_id = h.series_id and o.month = h.month "
        "where h.model = 'bordercast' and h.horizon = 3 and h.cutoff >= '2018-12' group by 1",
    )

    assert set(found) == set(HEADLINES)
    for border, n, share in counted:
        assert (found[border]["n"], found[border]["coverage95"]) == (n, pytest.approx(share))


def test_what_moved_the_last_northern_flag(published):
    found = answer(published, "What moved the northern border")

    assert {r["month"] for r in found} == {"2025-01"}
    assert all(r["encounters"] - r["expected"] == r["contribution"] for r in found)
    assert len({r["member"] for r in found}) == 5


def test_how_february_2025_was_revised(published):
    found = {r["border"]: (r["previous"], r["encounters"]) for r in answer(published, "How Feb")}

    assert found["northern"] == (4098, 4091)
    assert found["southwest"] == (11708, 11710)  # 11,709 in March, 11,708 in May


def test_which_borders_beat_naive_and_by_how_much(published):
    found = answer(published, "Which borders' forecasts beat naive")
    relative = dict(
        rows(
            published,
            "select s.border, avg(abs(h.median - o.encounters)) / avg(abs(n.median - o.encounters))"
            " from hindcasts h join hindcasts n using (series_id, cutoff, month) "
            "join series s on s.id = h.series_id join current_observations o "
            "on o.series_id = h.series_id and o.month = h.month where h.model = 'bordercast' "
            "and n.model = 'naive' and h.cutoff >= '2018-12' group by 1",
        )
    )

    assert {r["border"] for r in found} == set(HEADLINES)
    for row in found:
        assert row["percent_better"] == pytest.approx(100 * (1 - relative[row["border"]]), abs=0.06)


def test_what_was_known_on_a_day(published):
    found = {r["border"]: r["encounters"] for r in answer(published, "What was known")}

    assert found["northern"] == 4098
    assert found["southwest"] == 11709


def test_ranks_and_years_agree_with_the_wide_row(published):
    wide = rows(
        published,
        "select w.rank_highest = r.rank_highest and w.to_date = y.to_date "
        "and w.peak >= w.encounters from wide_months w join ranks r using (border, month) "
        "join fiscal_year_to_date y using (border, month)",
    )
    whole = rows(published, "select sum(encounters) from fiscal_years")
    months = rows(published, "select sum(encounters) from border_months")

    assert set(wide) == {(1,)}
    assert len(wide) == 4 * 155
    assert whole == months


def test_forecasts_by_lead_are_the_stored_ones(published):
    found = answer(published, "What was forecast for a month")
    stored = rows(
        published,
        "select median from forecast_vs_actual where (border, dimension, month, model) = "
        "('southwest', '', '2026-08', 'bordercast') and horizon in (1, 3, 6, 12) order by horizon",
    )
    own = next(r for r in found if r["model"] == "bordercast")

    assert [(own[f"lead{h}"],) for h in (1, 3, 6, 12)] == stored


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("months_published =", "unknown =", "months_published of span_forecasts?"),
        ("[columns.share]", "[columns.shares]", "[columns.TYPE]"),
    ],
)
def test_a_column_that_nothing_describes_is_named_in_one_line(tmp_path, old, new, named):
    tree = Path(__file__).parents[2]
    for folder in ("forecast", "models"):
        shutil.copytree(tree / folder, tmp_path / folder)
    (tmp_path / "docs").mkdir()
    shutil.copy(tree / "docs/tables.md", tmp_path / "docs")
    words = tmp_path / "forecast/desk/dictionary.toml"
    words.write_text(words.read_text("utf-8").replace(old, new), "utf-8")

    command = [sys.executable, "-m", "forecast.desk.dictionary"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env={}
    )

    assert done.returncode == 1
    assert done.stderr.startswith("dictionary.toml: what holds ")
    assert named in done.stderr
    assert done.stderr.count("\n") == 1
