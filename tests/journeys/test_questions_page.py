"""Every question of docs/questions.md is answered by its command and by its query, alike."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.desk.answers import Asking
from forecast.engine.forecast import INTERVALS
from forecast.store import connect
from jobs.cli import main
from tests.support.cbp_files import ENCOUNTERS

PAGE = (Path(__file__).parents[2] / "docs" / "questions.md").read_text("utf-8")
TEN = PAGE.split("## Ten questions, also as queries")[1].split("## Standing")[0]
FORM = r"^(\S[^\n]+\?)[^\n]*\n\n    bordercast ([^\n]+)\n\n```sql\n(.+?)```"
ASKED = re.findall(FORM, TEN, re.M | re.S)


TABLE = re.findall(r"^\| [^|]+\? \| (.+) \|$", PAGE, re.M)
AT_ONCE = [command for cell in TABLE for command in re.findall("`([^`]+)`", cell) or [""]]


def said(database: Path, command: str) -> str:
    result = CliRunner().invoke(main, ["--db", str(database), *shlex.split(command)])
    assert result.exit_code == 0, result.output
    return result.stdout


def found(database: Path, query: str) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(query).fetchall()


def query_of(start: str) -> tuple[str, str]:
    return next(
        (command, query) for question, command, query in ASKED if question.startswith(start)
    )


def test_there_are_ten_with_a_query_and_eleven_more():
    assert (len(ASKED), len(TABLE)) == (10, 11)


@pytest.mark.slow
def test_each_of_the_table_is_answered_by_one_command(published, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("article.txt").write_text("CBP counted 4,098 at the northern border in February 2025.")

    answers = {command: said(published, command) for command in AT_ONCE}

    assert len(answers) == 12
    assert min(len(text.split()) for text in answers.values()) > 5


@pytest.mark.slow
@pytest.mark.parametrize(("question", "command", "query"), ASKED, ids=[a[0] for a in ASKED])
def test_each_is_answered_by_a_command_and_a_query(
    published, tmp_path, monkeypatch, question, command, query
):
    monkeypatch.chdir(tmp_path)

    assert said(published, command).strip()
    assert found(published, query) or command.startswith("changes")  # nothing before a first run


@pytest.mark.slow
@pytest.mark.parametrize(
    "start", ["How many will be", "How many unaccompanied", "Which ten citizenships"]
)
def test_command_and_query_say_the_same(published, start):
    command, query = query_of(start)
    text = said(published, command)

    for row in found(published, query):
        for name in ("median", "lo80", "hi80"):
            assert f"{row[name]:,}" in text


@pytest.mark.slow
def test_a_span_has_one_answer_in_command_and_tables(published):
    """What the run published of a month or a sum is what the command says, to the digit."""
    with connect.moment(published) as connection:
        asking = Asking(connection, source=ENCOUNTERS)
        rows = connection.execute(
            "select border, dimension, member, month as span, month as first_month, * "
            "from latest_forecasts where model = 'bordercast'"
        ).fetchall()
        sums = connection.execute("select * from span_forecasts").fetchall()
        keys = {key[:3]: key for key in asking.joint.marginals}
        some = [row for row in (*rows, *sums) if row["dimension"] in ("", "component")]
        assert len(some) > 100
        for row in some:
            found = asking.span(keys[row["border"], row["dimension"], row["member"]], row["span"])
            for name in INTERVALS:
                assert getattr(found, name) == row[name], (dict(row), name)


@pytest.mark.slow
def test_a_year_s_last_month_and_the_year_say_the_same(published):
    query = """
        select s.border, s.published, s.median, s.lo80, s.hi80, f.median, f.lo80, f.hi80
        from span_forecasts as s join latest_forecasts as f
            on f.border = s.border and f.dimension = s.dimension and f.member = s.member
            and f.model = 'bordercast' and f.month = s.last_month
        where s.span = 'FY2026' and s.dimension = '' and s.months_published = 11
    """
    rows = found(published, query)

    assert len(rows) == 4
    for _, known, *values in map(tuple, rows):
        assert [known + value for value in values[3:]] == values[:3]


@pytest.mark.slow
def test_a_record_within_a_year_is_as_likely_by_command_as_by_query(published):
    command, query = query_of("Is a record")
    ((_, chance, _, _),) = found(published, query)

    assert json.loads(said(published, f"{command} --json"))["chance"] == round(chance, 4)


def test_what_moved_is_said_after_a_second_run(stages):
    command, query = query_of("What changed")
    text = said(stages / "february.db", command)

    assert "newest figures" in text
    for row in found(stages / "february.db", query):
        assert f"{row['before']:,}" in text
        assert f"{row['after']:,}" in text


@pytest.mark.slow
def test_the_age_of_a_part_s_figures_stands_beside_its_number(published):
    text = said(published, 'show southwest:"unaccompanied children" FY2026')

    assert "this breakdown through November 2025 only; the border's total goes through" in text
    assert "this breakdown" not in said(published, "show southwest FY2026")
    assert "through November 2025 only" in said(published, "show southwest:Mexico")


def test_a_chance_stands_with_how_such_chances_turned_out(published):
    text = said(published, 'chance northern FY2027 "> FY2026"')

    assert re.search(r"about \d+ in \d+ \(\d+%\)|about even", text)
    assert re.search(r"324 resolved, Brier score 0\.\d{3} against 0\.\d{3} for the base rate", text)
    assert "Bordercast, run 1" in text


@pytest.mark.slow
def test_a_name_that_fits_several_lists_them(published):
    result = CliRunner().invoke(main, ["--db", str(published), "show", "southwest:El Paso"])

    assert result.exit_code == 2
    assert "southwest:El Paso Sector" in result.stderr
    assert "southwest:El Paso Field Office" in result.stderr
