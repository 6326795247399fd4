"""A figure of the day from the desk to the mail, its correction, and the file that replaces it."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

import forecast
from forecast.store import dated
from forecast.store.connect import writing
from forecast.types import DatedValue, SeriesKey
from jobs.cli import main
from tests.support import small_record

SETTINGS = small_record.SETTINGS.replace(
    "[notices]", '[notices]\nquiet_months = true\napproval = "auto"'
)
APRIL = datetime(2024, 4, 6, 12, tzinfo=UTC)


def bordercast(path: Path, *words: str) -> tuple[int, str]:
    options = ["--config", str(path.with_name("config.toml")), "--db", str(path)]
    done = CliRunner().invoke(main, [*options, *words])
    return done.exit_code, " ".join(done.output.split())


def say(path: Path, count: str, on: str) -> tuple[int, str]:
    words = ("northern", "2024-03", count, "--on", on, "--source", "a release")
    return bordercast(path, "preliminary", "add", *words)


def mails(path: Path) -> list[str]:
    """The text of every notice's sections of March, the oldest first."""
    query = """
        select s.text from notices as n join notice_sections as s on s.notice_id = n.id
        where n.month = '2024-03' and s.border = 'northern' and s.part = 'finding'
            and n.state = 'approved' order by n.id
    """
    with closing(sqlite3.connect(path)) as db:
        return [" ".join(text.split()) for (text,) in db.execute(query)]


@pytest.mark.slow
def test_a_figure_its_correction_and_its_file_are_told_once_each(tmp_path):
    path = small_record.made(tmp_path, SETTINGS)
    small_record.run(path)  # February
    assert bordercast(path, "preliminary", "list") == (0, "No month is provisional.")

    code, said = say(path, "about 300", "2024-04-05")
    assert code == 0
    assert "Provisional, March 2024: about 300 encounters" in said
    assert small_record.run(path, APRIL) is not None
    assert small_record.run(path, APRIL) is None  # nothing new: none is sent twice
    (first,) = mails(path)
    assert first.startswith("Preliminary, March 2024: about 300 encounters")
    assert "no file has this month yet" in first

    # It was wrong by a tenth: withdrawn, and said anew.
    code, said = bordercast(path, "vintages", "withdraw", "1", "--why", "misread")
    assert code == 0
    say(path, "272", "2024-04-06")
    small_record.run(path, APRIL)
    _, second = mails(path)
    assert "It replaces about 300 encounters" in second
    code, asked = bordercast(path, "fact", "northern", "2024-03")
    assert (code, asked.startswith("Provisional, March 2024: 272 encounters")) == (0, True)
    with closing(sqlite3.connect(path)) as db:
        (rows,) = db.execute("select count(*) from judgements where month = '2024-03'").fetchone()
    assert rows == 0  # no month is judged by what is not its count
    # Everywhere else it is shown as what it is.
    provisional = "Provisional, March 2024: 272 encounters"
    assert provisional in bordercast(path, "status")[1]
    table = forecast.open(path).latest("northern")
    assert table.attrs["provisional"][0].startswith(provisional)
    assert len(forecast.open(path).view("provisional_months")) == 1

    small_record.drop(
        tmp_path, "2024-03", {**small_record.FEBRUARY[2], ("2024-03", "northern"): 280}
    )
    small_record.run(path, datetime(2024, 4, 16, 12, tzinfo=UTC))
    with closing(sqlite3.connect(path)) as db:
        ((came,),) = db.execute(
            "select encounters from border_months where (border, month) = ('northern', '2024-03')"
        )
    last = mails(path)[2]
    assert "gave 272 encounters" in last
    assert f"the file of March 2024 has {came:,}" in last
    assert "gave about 300" not in last  # that was replaced, and said to be
    assert bordercast(path, "preliminary", "list") == (0, "No month is provisional.")
    assert bordercast(path, "verify")[0] == 0
    code, refused = say(path, "300", "2024-04-05")
    assert code == 3
    assert "a file has March 2024 of northern already" in refused


@pytest.mark.slow
def test_what_a_figure_made_of_a_total_is_scored_by_day_before_publication(tmp_path):
    """A figure of April 6 for the north, the file of April 16: the whole is ten days nearer."""
    path = small_record.made(tmp_path, SETTINGS)
    small_record.run(path)
    said = DatedValue(SeriesKey("northern"), *("2024-03", "2024-03", 272, 1, "2024-04-06", "a", 0))
    with writing(path) as db:
        dated.add(db, [said], "preliminary: a", APRIL.isoformat())
    small_record.run(path, APRIL)
    small_record.drop(tmp_path, "2024-03", small_record.FEBRUARY[2])
    small_record.run(path, datetime(2024, 4, 16, 12, tzinfo=UTC))
    with closing(sqlite3.connect(path)) as db:
        medians = db.execute(
            "select f.median from forecasts as f join series as s on s.id = f.series_id "
            "where s.border = 'nationwide' and s.dimension = '' and f.month = '2024-03' "
            "and f.run_id = 4 and f.model in ('provisional', 'bordercast') order by f.model desc"
        ).fetchall()
        ((came,),) = db.execute(
            "select encounters from border_months where (border, month) = ('nationwide', '2024-03')"
        )
    given, without = (f"{abs(math.log(median / came)):.3f}" for (median,) in medians)

    said = bordercast(path, "score")[1]

    assert given != without
    assert f"10 days before {given} (without: {without}; n 1)." in said


@pytest.mark.parametrize(
    ("count", "on", "problem"),
    [
        ("many", "2026-10-05", "write 26,000"),
        ("300", "2026-09-20", "was not over"),
        ("10 a day over 25 days", "2026-09-20", "25 days of 2026-09 were not over"),
        ("10 a day over 40 days", "2026-10-05", "40 days"),
        ("300", "2126-10-05", "is after today"),
    ],
)
def test_what_nobody_can_know_is_refused(borders_alone, count, on, problem):
    words = ("northern", "2026-09", count, "--on", on, "--source", "a release")
    options = ["--db", str(borders_alone)]
    done = CliRunner().invoke(main, [*options, "preliminary", "add", *words])

    assert done.exit_code == 2
    assert problem in " ".join(done.output.split())
