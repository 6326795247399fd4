"""`tidy`: any table as series, month and value, with how it was understood."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from jobs.cli import main

WIDE = "Clinic,2024-01,2024-02,2024-03\nEast,1,,3\nWest,4,5,\n"
PLAIN = (
    "series,month,value\nEast,2024-01,1\nEast,2024-02,\nEast,2024-03,3\n"
    "West,2024-01,4\nWest,2024-02,5\n"
)


@pytest.fixture
def wide(tmp_path) -> Path:
    file = tmp_path / "visits.csv"
    file.write_text(WIDE)
    return file


def tidy(*words: object, text: str | None = None) -> Result:
    return CliRunner().invoke(main, ["tidy", *map(str, words)], input=text)


def test_a_table_is_printed_a_row_a_series_and_month_with_what_was_understood(wide):
    done = tidy(wide)

    assert done.exit_code == 0
    assert done.stdout == PLAIN
    assert done.stderr.startswith("bordercast: read: a column for each month, 2024-01 to 2024-03")
    assert "bordercast: 2 series, 2024-01 to 2024-03; 1 month missing\n" in done.stderr


def test_what_is_printed_is_read_as_it_was(wide):
    once = tidy(wide).stdout

    assert tidy("-", text=once).stdout == once


def test_a_workbook_has_the_same_rows(wide, tmp_path):
    assert tidy(wide, "-o", tmp_path / "plain.xlsx").exit_code == 0

    rows = load_workbook(tmp_path / "plain.xlsx").worksheets[0].iter_rows(values_only=True)
    head, *found = list(rows)[-6:]
    lines = [f"{name},{month:%Y-%m},{'' if n is None else n}" for name, month, n in found]
    assert [",".join(head), *lines] == PLAIN.split()


def test_counts_with_decimals_stay_with_them(tmp_path):
    (tmp_path / "rates.csv").write_text("month,n\n2024-01,1.5\n2024-02,2\n")

    assert tidy(tmp_path / "rates.csv").stdout.splitlines()[1:] == [
        "count,2024-01,1.5",
        "count,2024-02,2",
    ]


def test_a_folder_of_years_is_one_table(tmp_path):
    for year in (2023, 2024):
        (tmp_path / f"{year}.csv").write_text(f"month,n\n{year}-01,{year}\n{year}-02,7\n")
    done = tidy(tmp_path)

    assert done.stdout.splitlines()[1:3] == ["count,2023-01,2023", "count,2023-02,7"]
    assert "sheets '2023', '2024' were read as one table" in done.stderr


def test_a_refusal_says_what_to_add_and_prints_no_table(tmp_path):
    (tmp_path / "two.csv").write_text("site,month,a,b\n" + "x,2024-01,1,2\ny,2024-01,3,4\n" * 2)
    done = tidy(tmp_path / "two.csv")

    assert done.exit_code == 3
    assert done.stdout == ""
    assert "Say which: --value 'a'" in done.stderr


def test_an_address_that_anybody_could_change_is_refused():
    done = tidy("http://example.org/visits.csv")

    assert done.exit_code == 3
    assert "http://example.org/visits.csv: not an https address" in done.stderr
