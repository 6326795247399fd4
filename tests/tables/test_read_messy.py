"""Files as people have them: whatever form a table takes, no number is wrong without a word."""

from __future__ import annotations

import csv
import io
import random
import re
from calendar import month_abbr, month_name, monthrange
from collections.abc import Callable
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from xlsxwriter import Workbook

from forecast import months
from forecast.errors import DataError
from forecast.tables.grid import ReadAs
from forecast.tables.read import read_table, table_of_sheets
from forecast.tables.sheet import sheets_of
from models.base import MonthlyCounts

Truth = dict[tuple[str, int], float]  # known counts by series and running month


def year(month: int) -> int:
    return month // 12


def number(month: int) -> int:
    return month % 12 + 1


def last_day(month: int) -> int:
    return monthrange(year(month), number(month))[1]


DATES: dict[str, Callable[[int], str]] = {
    "iso": months.from_index,
    "month end": lambda m: f"{months.from_index(m)}-{last_day(m)}",
    "first, U.S.": lambda m: f"{number(m)}/1/{year(m)}",
    "end, day first": lambda m: f"{last_day(m)}.{number(m):02}.{year(m)}",
    "U.S. month": lambda m: f"{number(m):02}/{year(m)}",
    "named": lambda m: f"{month_abbr[number(m)]} {year(m)}",
    "short": lambda m: f"{month_abbr[number(m)]}-{year(m) % 100:02}",
    "long": lambda m: f"{month_name[number(m)]} {year(m)}",
    "year first": lambda m: f"{year(m)} {month_abbr[number(m)]}",
    "time": lambda m: f"{months.from_index(m)}-01T00:00:00",
    "slashes": lambda m: f"{year(m)}/{number(m):02}",
    "fiscal": lambda m: f"FY{year(m) + (number(m) >= 10)} M{(number(m) - 10) % 12 + 1:02}",
    "compact": lambda m: months.from_index(m).replace("-", ""),
}
NUMBERS: dict[str, Callable[[float], str]] = {
    "plain": lambda x: f"{x:.2f}".rstrip("0").rstrip("."),
    "two places": lambda x: f"{x:.2f}",
    "thousands": lambda x: f"{x:,.2f}",
    "whole thousands": lambda x: f"{x:,.0f}" if x == int(x) else f"{x:,.2f}",
    "comma": lambda x: f"{x:.2f}".replace(".", ","),
    "German": lambda x: (
        f"{x:,.1f}".translate(str.maketrans(",.", ".,"))
        if round(x, 1) == x
        else f"{x:,.2f}".translate(str.maketrans(",.", ".,"))
    ),
    "spaces": lambda x: f"{x:,.2f}".replace(",", "\u00a0"),
}
MISSING = ["", "NA", "n/a", "<5", "-", "*", "suppressed", "NaN", "..", None]  # None: no line


@st.composite
def truths(draw: st.DrawFn) -> tuple[Truth, dict[tuple[str, int], str | None]]:
    """What is known of each series and month, and how what is not known is written."""
    many = draw(st.integers(1, 5))
    length = draw(st.integers(7, 40))
    start = draw(st.integers(1995 * 12, 2024 * 12))
    high = draw(st.sampled_from([9, 900, 40_000, 3_000_000]))
    places = draw(st.sampled_from([0, 0, 0, 1, 2]))
    chance = random.Random(draw(st.integers(0, 2**32)))
    holes = draw(st.sampled_from([0, 0, 0.05, 0.2]))
    known: Truth = {}
    unknown: dict[tuple[str, int], str | None] = {}
    for at in range(many):
        for month in range(start, start + length):
            if chance.random() < holes:
                unknown[f"Site {at:02}", month] = chance.choice(MISSING)
            else:
                known[f"Site {at:02}", month] = round(chance.uniform(0, high), places)
    return known, unknown


def cells(
    known: Truth, unknown: dict[tuple[str, int], str | None], written: Callable[[float], str]
) -> dict[tuple[str, int], str]:
    shown = {key: written(value) for key, value in known.items()}
    return shown | {key: text for key, text in unknown.items() if text is not None}


def long_rows(found: dict[tuple[str, int], str], date: Callable[[int], str]) -> list[list[str]]:
    return [[name, date(month), text] for (name, month), text in found.items()]


def wide_rows(found: dict[tuple[str, int], str], date: Callable[[int], str]) -> list[list[str]]:
    names, every = sorted({n for n, _ in found}), sorted({m for _, m in found})
    head = ["Month", *names]
    return [head, *([date(m), *(found.get((n, m), "") for n in names)] for m in every)]


def across_rows(found: dict[tuple[str, int], str], date: Callable[[int], str]) -> list[list[str]]:
    return [list(row) for row in zip(*wide_rows(found, date), strict=True)]


def text_of(rows: list[list[str]], separator: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(rows)
    return out.getvalue()


@st.composite
def messy_files(draw: st.DrawFn) -> tuple[bytes, Truth]:
    """A file in some form, and what it says."""
    known, unknown = draw(truths())
    date = DATES[draw(st.sampled_from(sorted(DATES)))]
    found = cells(known, unknown, NUMBERS[draw(st.sampled_from(sorted(NUMBERS)))])
    layout = draw(st.sampled_from(["long", "long", "wide", "across"]))
    if layout == "long":
        rows = long_rows(found, date)
        if draw(st.booleans()):
            draw(st.randoms(use_true_random=False)).shuffle(rows)
        head = draw(
            st.sampled_from(
                ["series,month,value", "clinic,date,visits", "Who,When,How many", "a,b,c"]
            )
        ).split(",")
        extra = draw(st.sampled_from(["", "note", "region", "row"]))
        if extra:
            of = {"note": lambda i: "late" if i % 9 == 0 else "", "region": lambda i: "east"}
            rows = [[*row, of.get(extra, str)(i)] for i, row in enumerate(rows, start=1)]
            head.append("" if extra == "row" else extra)
        order = draw(st.permutations(range(len(head))))
        rows = [[row[at] for at in order] for row in [head, *rows]]
    else:
        rows = (wide_rows if layout == "wide" else across_rows)(found, date)
    text = text_of(rows, draw(st.sampled_from([",", ",", ";", "\t", "|"])))
    title = draw(st.sampled_from(["", "", "Counts by month\n\n"]))
    foot = draw(st.sampled_from(["", "", "Source: our records\n"]))
    text = title + text + foot
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))), known


def as_truth(counts: MonthlyCounts) -> Truth:
    width = counts.values.shape[1]
    return {
        (name, int(counts.last[row]) - (width - 1 - at)): float(counts.values[row, at])
        for row, name in enumerate(counts.names)
        for at in np.flatnonzero(np.isfinite(counts.values[row]))
    }


def without_early(known: Truth, read: Truth) -> Truth:
    """What is known, without what stands before a long gap: the reader says that it leaves it."""
    first = {name: min(m for n, m in read if n == name) for name, _ in read}
    return {key: value for key, value in known.items() if key[1] >= first.get(key[0], 0)}


@pytest.mark.slow
@settings(max_examples=120)
@given(messy_files())
def test_a_messy_file_is_read_right_or_refused(file: tuple[bytes, Truth]) -> None:
    content, known = file
    try:
        read = as_truth(table_of_sheets([sheets_of("own.csv", content)[0]], ReadAs()).counts)
    except DataError:
        return
    names = {name for name, _ in known}
    if len(names) == 1:  # which of the columns that never change names it, is no matter
        read = {(*names, month): value for (_, month), value in read.items()}

    assert without_early(known, read) == pytest.approx(read)


MONTHS = list(range(2020 * 12, 2024 * 12 + 6))
KNOWN: Truth = {
    (name, month): 100 * at + (month * 37) % 91
    for at, name in enumerate(["North", "South", "East"], start=12)
    for month in MONTHS
}


def calendar_rows(known: Truth, fiscal: bool) -> list[list[str]]:
    order = [*range(10, 13), *range(1, 10)] if fiscal else list(range(1, 13))

    def month(y: int, n: int) -> int:
        return (y - (fiscal and n >= 10)) * 12 + n - 1

    return [
        ["Site", "Fiscal year" if fiscal else "Year", *(month_abbr[n] for n in order)],
        *(
            [
                name,
                str(y),
                *(
                    f"{known[name, month(y, n)]}" if (name, month(y, n)) in known else ""
                    for n in order
                ),
            ]
            for name in ("North", "South", "East")
            for y in range(2020, 2025)
        ),
    ]


def split_rows(known: Truth) -> list[list[str]]:
    return [
        ["site", "year", "month", "visits"],
        *([n, str(year(m)), str(number(m)), str(x)] for (n, m), x in known.items()),
    ]


def book(fill: Callable[[Workbook], None]) -> bytes:
    out = io.BytesIO()
    with Workbook(out) as workbook:
        fill(workbook)
    return out.getvalue()


def dated_across(workbook: Workbook) -> None:
    """A title, dates for a header, and a sheet of remarks before."""
    workbook.add_worksheet("About").write(0, 0, "Counts by month")
    sheet = workbook.add_worksheet("Counts")
    dates = workbook.add_format({"num_format": "mmm yyyy"})
    sheet.write(0, 0, "Visits")
    for column, m in enumerate(MONTHS, start=1):
        sheet.write_datetime(2, column, datetime(year(m), number(m), 1), dates)
    for row, name in enumerate(("North", "South", "East"), start=3):
        sheet.write_row(row, 0, [name, *(KNOWN[name, m] for m in MONTHS)])


def merged_names(workbook: Workbook) -> None:
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, ["Site", "Month", "Visits"])
    for row, ((name, m), value) in enumerate(KNOWN.items(), start=1):
        shown = name if m == MONTHS[0] else None
        sheet.write_row(row, 0, [shown, months.from_index(m), value])


def years_over_months(workbook: Workbook) -> None:
    sheet = workbook.add_worksheet()
    sheet.write(1, 0, "Site")
    for column, m in enumerate(MONTHS, start=1):
        sheet.write(0, column, year(m) if number(m) == 1 else None)
        sheet.write(1, column, month_abbr[number(m)])
    for row, name in enumerate(("North", "South", "East"), start=2):
        sheet.write_row(row, 0, [name, *(KNOWN[name, m] for m in MONTHS)])


def in_parquet() -> bytes:
    table = pa.table(
        {
            "when": [datetime(year(m), number(m), 1) for _, m in KNOWN],
            "site": pa.array([name for name, _ in KNOWN]).dictionary_encode(),
            "n": list(KNOWN.values()),
        }
    )
    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        text_of(calendar_rows(KNOWN, fiscal=False), ",").encode(),
        text_of(calendar_rows(KNOWN, fiscal=True), ",").encode(),
        text_of(split_rows(KNOWN), ",").encode(),
        text_of(long_rows({k: str(v) for k, v in KNOWN.items()}, DATES["iso"]), ",").encode(),
        book(dated_across),
        book(merged_names),
        book(years_over_months),
        in_parquet(),
    ],
    ids=["years", "fiscal years", "split", "headless", "across", "merged", "two heads", "parquet"],
)
def test_other_forms_are_read_right(content, tmp_path):
    path = tmp_path / "own"
    path.write_bytes(content)

    assert as_truth(read_table(path).counts) == KNOWN


def test_a_number_with_a_comma_outside_quotes_is_no_two_numbers():
    lines = [f"{name},{months.from_index(m)},{x:,}" for (name, m), x in KNOWN.items()]
    content = "\n".join(["site,month,visits", *lines, ""]).encode()

    with pytest.raises(DataError, match="Put numbers with commas in quotation marks"):
        table_of_sheets([sheets_of("own.csv", content)[0]], ReadAs())


def test_several_sheets_of_counts_are_a_question(tmp_path):
    def twice(workbook: Workbook) -> None:
        merged_names(workbook)
        merged_names(workbook)

    path = tmp_path / "own.xlsx"
    path.write_bytes(book(twice))

    with pytest.raises(DataError, match="Say which: --sheet 'Sheet1'"):
        read_table(path)
    assert as_truth(read_table(path, ReadAs(sheet="sheet2")).counts) == KNOWN


@pytest.mark.parametrize(
    ("sheets", "named"), [(1, r"own\.xlsx: "), (2, r"own\.xlsx, sheet 'Own': ")]
)
def test_a_fault_is_in_a_sheet_by_name_where_there_are_several(tmp_path, sheets, named):
    def negative(workbook: Workbook) -> None:
        sheet = workbook.add_worksheet("Own")
        for at, line in enumerate((("site", "month", "visits"), ("a", "2020-01", -1))):
            sheet.write_row(at, 0, line)
        for _ in range(1, sheets):
            workbook.add_worksheet("Notes").write_row(0, 0, ("not", "counts"))

    path = tmp_path / "own.xlsx"
    path.write_bytes(book(negative))

    with pytest.raises(DataError) as refused:
        read_table(path, ReadAs(sheet="Own" if sheets > 1 else ""))
    assert re.search(named, str(refused.value)), str(refused.value)
