"""`vintages`: dated values added, shown and withdrawn as an operator does it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner

from forecast import months
from jobs.cli import main
from tests.support import tiny_record


def run(path: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["--db", str(path), "vintages", *words])
    return done.exit_code, done.output


def test_values_are_added_shown_and_withdrawn(tmp_path):
    path, file = tmp_path / "bordercast.db", tmp_path / "said.csv"
    tiny_record.make(path)
    file.write_text(
        "known_by,series,month,count,source\n"
        "2024-03-20,northern,2024-02,41,the release of the day\n"
        "2024-03-21,northern,2024-01..2024-02,90,a newspaper\n"
    )

    assert run(path, "list") == (0, "No dated values are on record.\n")
    assert run(path, "add", str(file)) == (
        0,
        "said.csv: 2 dated values added. No forecast rests on them.\n",
    )
    code, again = run(path, "add", str(file))
    assert (code, again) == (0, "said.csv: nothing new; all 2 lines are on record already.\n")
    code, shown = run(path, "list", "northern", "2024-02", "--json")
    assert (code, [row["encounters"] for row in json.loads(shown)]) == (0, [41])
    code, shown = run(path, "list", "northern")
    assert "the release of the day" in shown
    assert "2024-01 to 2024-02" in shown
    with closing(sqlite3.connect(path)) as db:
        values = "select encounters from vintages where border = 'northern' and month = '2024-02'"
        assert (41,) in db.execute(values).fetchall()

    code, said = run(path, "withdraw", "1", "--why", "misread")
    assert (code, said) == (
        0,
        "Batch 1 (said.csv): withdrawn. It stays on record with your reason.\n",
    )
    assert "misread" in run(path, "list")[1]
    with closing(sqlite3.connect(path)) as db:
        assert (41,) not in db.execute(values).fetchall()


def test_a_month_that_no_file_has_is_rested_on_and_that_is_said(tmp_path):
    path, file = tmp_path / "bordercast.db", tmp_path / "said.csv"
    tiny_record.make(path)
    newest = "select max(month) from border_months"
    with closing(sqlite3.connect(path)) as db:
        (last,) = db.execute(newest).fetchone()
    ahead = months.shift(last, 1)
    file.write_text(
        "known_by,series,month,count,source\n"
        f"{months.end(ahead) + timedelta(6)},northern,{ahead},41,the release of the day\n"
        f"{months.end(last) + timedelta(6)},northern,{last},40,the release of the day\n"
    )

    code, said = run(path, "add", str(file))

    assert (code, said) == (
        0,
        "said.csv: 2 dated values added. The next run rests on 1 of months that no file has yet.\n",
    )


def test_a_bad_line_changes_nothing_and_ends_as_data_that_is_refused(tmp_path):
    path, file = tmp_path / "bordercast.db", tmp_path / "said.csv"
    tiny_record.make(path)
    file.write_text("known_by,series,month,count,source\n2024-02-20,northern,2024-02,41,x\n")

    code, said = run(path, "add", str(file))

    assert code == 3
    assert "said.csv, line 2, column known_by: '2024-02-20': is before 2024-02 had ended" in said
    assert run(path, "list")[1] == "No dated values are on record.\n"
