"""docs/article.md: what it shows is what the program says, number by number."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobs.cli import main
from tests.support.databases import rows

PAGE = (Path(__file__).parents[2] / "docs" / "article.md").read_text("utf-8")
SHOWN = re.findall(r"^    \$ bordercast (.+)\n((?:    (?!\$).+\n)+)", PAGE, re.M)
QUERIES = re.findall(r"```sql\n(.+?)-- (.+?)\n```", PAGE, re.S)


@pytest.mark.slow
@pytest.mark.parametrize(("command", "lines"), SHOWN, ids=[command for command, _ in SHOWN])
def test_each_command_says_what_the_page_shows(published, command, lines):
    said = CliRunner().invoke(main, ["--db", str(published), *shlex.split(command)])

    assert said.exit_code == ("Wrong" in lines or "Mislabeled" in lines)
    for line in lines.splitlines():
        assert line.removeprefix("    ") in said.output.splitlines()


@pytest.mark.parametrize(("query", "answer"), QUERIES)
def test_each_percentage_is_what_the_query_gives(published, query, answer):
    assert rows(published, query) == [tuple(float(number) for number in answer.split(", "))]


def test_every_number_of_the_article_is_asked():
    asked = " ".join(command.replace(",", "") for command, _ in SHOWN)
    quoted = re.findall(r"\d{1,3},\d{3}", "".join(re.findall(r"^> .+$", PAGE, re.M)))

    assert len(quoted) == 5
    assert all(number.replace(",", "") in asked for number in quoted)


def test_what_the_page_says_of_january_2025_is_so(published):
    expected, encounters, severity = rows(
        published,
        "select median, first_published, severity from wide_months "
        "where border = 'northern' and month = '2025-01'",
    )[0]

    assert (encounters, severity) == (4976, "major")
    assert round(expected, -2) == 11400
