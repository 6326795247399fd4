"""A table of dated statements, and what is said of a line that cannot be one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from forecast.errors import DataError, RowError, SeriesNameError
from forecast.periods import Calendar
from forecast.types import DatedValue, SeriesKey
from jobs.arrivals.dated import read_dated

HEAD = "known_by,series,month,count,source,rounded\n"
NORTH = SeriesKey("northern")


def find(name: str) -> SeriesKey:
    if name != "northern":
        raise SeriesNameError(name, "is no series", ["northern"])
    return NORTH


def read(path: Path) -> list[DatedValue]:
    return read_dated(path, find, Calendar(10), "2025-06-30")


def table(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "said.csv"
    path.write_text(HEAD + "".join(f"{line}\n" for line in lines), "utf-8")
    return path


def test_months_spans_and_rounded_counts_are_read(tmp_path):
    path = table(
        tmp_path,
        '2025-03-12,northern,2025-02,"4,098",a release,',
        "2025-03-12,northern,February 2025,4100,a newspaper,100",
        "2025-01-16,northern,2024-10..2024-12,43000,a speech,1000",
        "2024-10-21,northern,FY2024,198929,a page,",
    )

    assert read(path) == [
        DatedValue(NORTH, "2025-02", "2025-02", 4098, 1, "2025-03-12", "a release"),
        DatedValue(NORTH, "2025-02", "2025-02", 4100, 100, "2025-03-12", "a newspaper"),
        DatedValue(NORTH, "2024-10", "2024-12", 43000, 1000, "2025-01-16", "a speech"),
        DatedValue(NORTH, "2023-10", "2024-09", 198929, 1, "2024-10-21", "a page"),
    ]


def test_a_workbook_says_the_same(tmp_path):
    path = tmp_path / "said.xlsx"
    row = {"Known by": pd.Timestamp("2025-03-12"), "Series": "northern"}
    rest = {"Month": pd.Timestamp("2025-02-01"), "Count": 4098, "Source": "a release"}
    pd.DataFrame([row | rest]).to_excel(path, index=False, engine="xlsxwriter")

    assert read(path) == [
        DatedValue(NORTH, "2025-02", "2025-02", 4098, 1, "2025-03-12", "a release")
    ]


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        ("soon,northern,2025-02,4098,x,", "known_by", "is no day"),
        ("2025-07-01,northern,2025-02,4098,x,", "known_by", "is after today"),
        ("2025-02-28,northern,2025-02,4098,x,", "known_by", "is before 2025-02 had ended"),
        ("2024-12-31,northern,2024-10..2024-12,4098,x,", "known_by", "before 2024-12 had ended"),
        ("2025-03-12,nowhere,2025-02,4098,x,", "series", "is no series"),
        ("2025-03-12,northern,someday,4098,x,", "month", "someday"),
        ("2025-03-12,northern,2025-02..2025-01,4098,x,", "month", "ends before it begins"),
        ("2025-03-12,northern,2025-02,-4,x,", "count", "no whole number"),
        ("2025-03-12,northern,2025-02,4098.5,x,", "count", "no whole number"),
        ("2025-03-12,northern,2025-02,,x,", "count", "no whole number"),
        ("2025-03-12,northern,2025-02,4098,,", "source", "is empty"),
        ("2025-03-12,northern,2025-02,4098,x,0", "rounded", "no number of 1 or more"),
    ],
)
def test_a_line_that_cannot_be_is_named(tmp_path, line, column, problem):
    path = table(tmp_path, "2025-03-12,northern,2025-02,4098,x,", line)

    with pytest.raises(RowError) as refused:
        read(path)

    assert (refused.value.line, refused.value.column) == (3, column)
    assert problem in refused.value.problem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "known_by,series,count,source\n2025-03-12,northern,1,x\n",
            "no column month; it has known",
        ),
        (HEAD, "no line under the header"),
    ],
)
def test_a_table_without_what_it_needs_is_refused(tmp_path, text, words):
    path = tmp_path / "said.csv"
    path.write_text(text, "utf-8")

    with pytest.raises(DataError, match=words):
        read(path)
