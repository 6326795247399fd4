"""The page on own counts: every command of it runs, and says what the page says."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from xlsxwriter import Workbook

from forecast import months
from jobs.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "own-counts.md").read_text("utf-8")
FIRST = months.to_index("2020-01")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the page's file: four clinics, 54 months, one of them not counted."""
    with Workbook(tmp_path / "visits.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Clinic", "Month", "Visits"])
        row = 0
        for clinic in range(1, 5):
            for month in range(54):
                if (clinic, month) == (2, 51):
                    continue
                row += 1
                written = months.from_index(FIRST + month)
                visits = 300 * clinic + (month * 31 * clinic) % 97
                sheet.write_row(row, 0, [f"Clinic {clinic:02}", written, visits])
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_every_command_of_the_page_runs_and_says_what_it_says(folder):
    lines = [line.strip() for line in PAGE.splitlines() if line.startswith("    ")]
    commands = [line for line in lines if line.startswith("bordercast forecast")]
    # Of deliveries the page quotes what is said of one that is not there.
    delivered = ("bordercast: warning: ", "bordercast: refused: ")
    quoted = [
        line for line in lines if line.startswith("bordercast: ") and not line.startswith(delivered)
    ]

    said = []
    for command in commands:
        done = CliRunner().invoke(main, shlex.split(command)[1:])
        assert done.exit_code == 0, done.output
        said.append(done.stderr)

    assert len(commands) == 3
    assert len(quoted) == 3
    for line in quoted:
        assert line in said[0]
    assert {path.name for path in folder.iterdir()} >= {"ahead.xlsx", "ahead.csv", "pictures"}
    assert len(list((folder / "pictures").iterdir())) == 4


@pytest.mark.slow
def test_the_service_of_the_page_runs(folder, pango):
    """From the Excel file to a page and a whole record, by the page's own commands."""
    (folder / "deliveries").mkdir()
    (folder / "visits.xlsx").rename(folder / "deliveries" / "visits.xlsx")
    section = PAGE.split("## A service on your counts")[1].split("\n## ")[0]
    lines = [line.strip() for line in section.splitlines() if line.startswith("    bordercast ")]
    # What settles a delivery that is held is of one that is not there.
    lines = [line for line in lines if not line.startswith("bordercast releases accept")]

    for command in lines:
        done = CliRunner().invoke(main, shlex.split(command)[1:])
        assert (command, done.exit_code) == (command, 0), done.output

    assert len(lines) == 6
    assert (folder / "site" / "counts" / "clinic-01" / "index.html").exists()
    assert (folder / "site" / "counts" / "clinic-01" / "preview.png").exists()
    for form in ("png", "pdf", "pptx"):
        done = CliRunner().invoke(main, ["brief", "Clinic 01", "-o", f"clinic.{form}"])
        assert done.exit_code == 0, done.output
        assert done.output.startswith(f"clinic.{form}: Clinic 01, June 2024: ")
        assert "encounter" not in done.output
        assert "border" not in done.output.replace("Bordercast", "")


def test_faults_are_listed_as_the_page_shows_them(folder):
    faulty = ["Clinic,Month,Visits", "A,2020-01,3", "A,2020-02,3", "A,2020-03,3", "A,2020-04,-5"]
    faulty += ["A,2020-05,3", "A,2020-06,3", "A,2020-07,3", "A,2020-13,3"]
    (folder / "visits.csv").write_text("\n".join(faulty) + "\n")

    done = CliRunner().invoke(main, ["forecast", "visits.csv"])

    shown = [line.strip() for line in PAGE.splitlines() if line.startswith("    line ")]
    assert done.exit_code == 3
    assert done.stderr.splitlines()[1:] == shown
