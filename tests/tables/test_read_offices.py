"""Tables as offices lay them out: read as a person would, or refused where two would differ."""

from __future__ import annotations

import io
from calendar import month_abbr, month_name, monthrange
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from xlsxwriter import Workbook

from forecast import months
from forecast.errors import DataError, FaultsError
from forecast.tables.grid import ReadAs
from forecast.tables.read import TableRead, table_in_bytes

Row = Sequence[object]
MONTHS = list(range(2021 * 12, 2024 * 12))
ONE = {m: 100 + (m * 37) % 91 for m in MONTHS}
TWO = {"East": ONE, "West": {m: 3 * x for m, x in ONE.items()}}


def iso(month: int) -> str:
    return months.from_index(month)


def short(month: int) -> str:
    return month_abbr[month % 12 + 1]


def split(month: int) -> tuple[int, int]:
    return month // 12, month % 12 + 1


def csv_of(rows: Iterable[Row]) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


def book_of(sheets: dict[str, Sequence[Row]], hidden: str = "") -> bytes:
    out = io.BytesIO()
    with Workbook(out) as book:
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
            if title == hidden:
                sheet.hide()
    return out.getvalue()


def read(content: bytes, **wanted: object) -> TableRead:
    return table_in_bytes("own", content, ReadAs(**wanted))  # type: ignore[arg-type]


def counts_of(table: TableRead) -> dict[str, dict[int, float]]:
    counts, width = table.counts, table.counts.values.shape[1]
    return {
        name: {
            int(counts.last[row]) - (width - 1 - int(at)): float(counts.values[row, at])
            for at in np.flatnonzero(np.isfinite(counts.values[row]))
        }
        for row, name in enumerate(counts.names)
    }


def long(date: Callable[[int], object] = iso, count: Callable[[int], object] = str) -> list[Row]:
    return [["Month", "Visits"], *([date(m), count(x)] for m, x in ONE.items())]


def fiscal_rows(order: Sequence[int], heads: Sequence[object]) -> list[Row]:
    """A line a year and a column a month, the year's first month being order's first."""
    start = order[0]
    return [
        [heads[0], *(month_abbr[n] for n in order)],
        *(
            [head, *(ONE.get((y - (n >= start > 1)) * 12 + n - 1, "") for n in order)]
            for y, head in zip(range(2021, 2025), heads[1:], strict=True)
        ),
    ]


JULY = [*range(7, 13), *range(1, 7)]
YEARS = (2021, 2022, 2023)
CALENDAR = list(range(1, 13))
CLINIC_YEARS: dict[str, list[Row]] = {
    name: [[y, *(counts[y * 12 + n - 1] for n in CALENDAR)] for y in YEARS]
    for name, counts in TWO.items()
}
MONTHS_ABOVE = [month_abbr[n] for n in CALENDAR]

TWO_SERIES: dict[str, list[Row]] = {
    "a title above each block, with its own header": [
        row for name in TWO for row in ([name], ["Year", *MONTHS_ABOVE], *CLINIC_YEARS[name])
    ],
    "a year above each block": [
        row
        for at, y in enumerate(YEARS)
        for row in (
            [y],
            ["Clinic", *MONTHS_ABOVE],
            *([name, *CLINIC_YEARS[name][at][1:]] for name in TWO),
        )
    ],
    "a header of dates for each block": [
        row
        for at, y in enumerate(YEARS)
        for row in (
            ["Clinic", *(f"{m}-{y}" for m in MONTHS_ABOVE)],
            *([name, *CLINIC_YEARS[name][at][1:]] for name in TWO),
        )
    ],
    "the header once more": [
        row
        for name, counts in TWO.items()
        for row in (["Clinic", "Month", "n"], *([name, iso(m), x] for m, x in counts.items()))
    ],
    "a title above each clinic's lines": [
        ["Month", "n"],
        *(
            row
            for name, counts in TWO.items()
            for row in ([name], *([iso(m), x] for m, x in counts.items()))
        ),
    ],
    "a clinic and a year only in their first lines": [
        ["Clinic", "Year", "Month", "n"],
        *(
            [name if m == MONTHS[0] else "", m // 12 if m % 12 == 0 else "", short(m), x]
            for name, counts in TWO.items()
            for m, x in counts.items()
        ),
    ],
    "years over quarters over months": [
        ["", *(m // 12 if m % 12 == 0 else "" for m in MONTHS)],
        ["", *(f"Q{m % 12 // 3 + 1}" if m % 3 == 0 else "" for m in MONTHS)],
        ["Clinic", *map(short, MONTHS)],
        *([name, *counts.values()] for name, counts in TWO.items()),
    ],
}
TWO_SERIES |= {
    "a title with a year above each block": [
        row
        for y in YEARS
        for row in (
            [f"Calendar Year {y}"],
            ["Month", *TWO],
            *([month_name[n], *(c[y * 12 + n - 1] for c in TWO.values())] for n in CALENDAR),
            ["Total", 1, 2],
        )
    ],
    "a year in the corner of each block": [
        row
        for y in YEARS
        for row in (
            [y, *TWO],
            *([month_name[n], *(c[y * 12 + n - 1] for c in TWO.values())] for n in CALENDAR),
        )
    ],
    "a clinic in the first line of its years": [
        ["Clinic", "Year", *MONTHS_ABOVE],
        *(
            [name if y == YEARS[0] else "", *line]
            for name in TWO
            for y, line in zip(YEARS, CLINIC_YEARS[name], strict=True)
        ),
    ],
    "a column for each year, and a clinic in its first line": [
        ["Clinic", "Month", *YEARS],
        *(
            [name if n == 1 else "", n, *(counts[y * 12 + n - 1] for y in YEARS)]
            for name, counts in TWO.items()
            for n in CALENDAR
        ),
    ],
    "months by their numbers, and a sum below each clinic": [
        ["Clinic", "Year", *CALENDAR],
        *(row for name in TWO for row in ([name, *line] for line in CLINIC_YEARS[name])),
    ],
    "a sum below each clinic": [
        ["Clinic", "Month", "n"],
        *(
            row
            for name, counts in TWO.items()
            for row in (
                *([name, iso(m), x] for m, x in counts.items()),
                [f"{name} Total", "", 9999],
            )
        ),
        ["Grand Total", "", 99999],
    ],
    "names in any capitals": [
        ["Clinic", "Month", "n"],
        *(
            [name.upper() if m % 3 else name, iso(m), x]
            for name, counts in TWO.items()
            for m, x in counts.items()
        ),
    ],
}
ONE_SERIES: dict[str, list[Row]] = {
    "a column for each year": [
        ["Month", *YEARS, "Average"],
        *([month_name[n], *(ONE[y * 12 + n - 1] for y in YEARS), n / 7] for n in CALENDAR),
        ["Total", 1, 2, 3, 4],
    ],
    "a year on a line of its own": [
        ["Row Labels", "Sum of Visits"],
        *(
            row
            for y in YEARS
            for row in ([y, 9999], *([short(m), x] for m, x in ONE.items() if m // 12 == y))
        ),
        ["Grand Total", 99999],
    ],
    "sums of quarters and years": [
        ["Month", "Visits"],
        *(
            row
            for m, x in ONE.items()
            for row in (
                [f"{month_name[m % 12 + 1]} {m // 12}", x],
                *([[f"Q{m % 12 // 3 + 1} {m // 12}", 900]] if m % 3 == 2 else []),
                *([[f"{m // 12} Total", 4000]] if m % 12 == 11 else []),
            )
        ),
        ["Average", 12],
    ],
    "a thirteenth month": [
        ["year", "period", "value"],
        *(
            row
            for m, x in ONE.items()
            for row in (
                [m // 12, f"M{m % 12 + 1:02}", x],
                *([[m // 12, "M13", 4000]] if m % 12 == 11 else []),
            )
        ),
    ],
    "a separator behind each line but the header": [
        ["Month", "Visits"],
        *([iso(m), x, ""] for m, x in ONE.items()),
    ],
    "first and last day of each month": [
        ["From", "To", "Visits"],
        *([f"{iso(m)}-01", f"{iso(m)}-{monthrange(*split(m))[1]}", x] for m, x in ONE.items()),
    ],
    "rates, shares, running sums and a date of extraction": [
        ["Month", "Visits", "Visits per 1000", "Founded", "% of target", "YTD", "Extracted"],
        *([iso(m), x, x / 7, 1998, x / 300, m * 50, "2024-02-01"] for m, x in ONE.items()),
    ],
    "what only repeats the month, and last year's counts": [
        ["Month", "Sort", "MonthID", "Days in month", "Visits", "Visits prior year", "Change"],
        *(
            [iso(m), m - 7, m // 12 * 100 + m % 12 + 1, monthrange(*split(m))[1], x, x - 9, 9]
            for m, x in ONE.items()
        ),
    ],
    "fiscal and calendar year": [
        ["Fiscal Year", "Calendar Year", "Month", "Month Name", "n"],
        *([m // 12 + (m % 12 > 8), m // 12, m % 12 + 1, short(m), x] for m, x in ONE.items()),
    ],
}


@pytest.mark.parametrize("rows", TWO_SERIES.values(), ids=TWO_SERIES)
def test_each_block_s_lines_are_its_series(rows):
    assert counts_of(read(csv_of(rows))) == TWO


@pytest.mark.parametrize("rows", ONE_SERIES.values(), ids=ONE_SERIES)
def test_what_is_no_month_s_count_is_left_out(rows):
    assert list(counts_of(read(csv_of(rows))).values()) == [ONE]


def test_sites_over_measures_make_names_of_both():
    rows = [
        ["", "East", "", "West", ""],
        ["Month", "Visits", "No-shows", "Visits", "No-shows"],
        *([iso(m), x, 1, 3 * x, 2] for m, x in ONE.items()),
    ]

    found = counts_of(read(csv_of(rows)))

    assert list(found) == ["East Visits", "East No-shows", "West Visits", "West No-shows"]
    assert found["West Visits"] == TWO["West"]


def test_sheets_of_one_table_are_read_as_one():
    by_year: dict[str, Sequence[Row]] = {
        str(y): [["Clinic", *MONTHS_ABOVE], *([n, *CLINIC_YEARS[n][at][1:]] for n in TWO)]
        for at, y in enumerate(YEARS)
    }
    by_clinic = {
        name: [["Month", "n"], *([iso(m), x] for m, x in counts.items())]
        for name, counts in TWO.items()
    }

    assert counts_of(read(book_of(by_year))) == TWO
    assert counts_of(read(book_of(by_clinic))) == TWO


def test_a_hidden_sheet_is_not_read_unless_it_is_named():
    sheets = {"Data": long(count=int), "old": [["Month", "n"], *([iso(m), 5] for m in MONTHS)]}

    table = read(book_of(sheets, hidden="old"))

    assert counts_of(table) == {"count": ONE}
    assert "hidden sheets, not read: 'old'" in table.notes
    assert set(counts_of(read(book_of(sheets, hidden="old"), sheet="old"))["count"].values()) == {5}


DATES: dict[str, Callable[[int], str]] = {
    "SAS": lambda m: f"01{short(m).upper()}{m // 12}",
    "weekday": lambda m: f"{datetime(*split(m), 1):%A}, {month_name[m % 12 + 1]} 1 {m // 12}",
    "range": lambda m: (
        f"{m % 12 + 1}/1/{m // 12} - {m % 12 + 1}/{monthrange(*split(m))[1]}/{m // 12}"
    ),
    "iso range": lambda m: f"{iso(m)}-01 to {iso(m)}-{monthrange(*split(m))[1]}",
    "underscore": lambda m: iso(m).replace("-", "_"),
    "en dash": lambda m: f"{short(m)}\u2013{m // 12 % 100}",
    "provisional": lambda m: f"{short(m)} {m // 12}" + " (p)" * (m == MONTHS[-1]),
    "star": lambda m: iso(m) + "*" * (m == MONTHS[-1]),
    "federal": lambda m: f"FFY {m // 12 + (m % 12 > 8)} Month {(m - 9) % 12 + 1}",
    "calendar year": lambda m: f"CY{m // 12} {short(m)}",
    "year and name": lambda m: f"{m // 12 % 100}-{short(m)}",
    "month and year": lambda m: f"{m % 12 + 1:02}/{m // 12 % 100}",
    "year and month": lambda m: f"{m // 12 % 100}-{m % 12 + 1:02}",
    "a spreadsheet's days": lambda m: str((datetime(*split(m), 1) - datetime(1899, 12, 30)).days),
    "state": lambda m: f"SFY{m // 12 + (m % 12 > 5)} {short(m)}",
}
NUMBERS: dict[str, Callable[[int], str]] = {
    "star": lambda x: f"{x}*" if x > 150 else str(x),
    "revised": lambda x: f"{x} (r)" if x > 150 else str(x),
    "provisional": lambda x: f"{x}p" if x > 150 else str(x),
    "above the line": lambda x: f"{x}\u00b9" if x > 150 else str(x),
    "bracket": lambda x: f"{x}[1]" if x > 150 else str(x),
    "exponent": lambda x: f"{x:.4E}",
    "kept as text": lambda x: f'="{x}"',
    "apostrophe": lambda x: f"'{x}",
    "unseen": lambda x: f"\u200b{x}\u00a0",
}


@pytest.mark.parametrize("date", DATES.values(), ids=DATES)
def test_more_ways_to_write_a_month(date):
    rows = [[f'"{when}"', count] for when, count in long(date)]

    assert list(counts_of(read(csv_of(rows))).values()) == [ONE]


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
def test_more_ways_to_write_a_count(number):
    assert list(counts_of(read(csv_of(long(count=number)))).values()) == [ONE]


def test_signs_of_footnotes_are_said():
    rows = long(lambda m: iso(m) + "*" * (m == MONTHS[-1]), NUMBERS["revised"])

    notes = read(csv_of(rows)).notes

    assert "signs behind months, taken for footnotes and left out: *" in notes
    assert "signs behind numbers, taken for footnotes and left out: (r)" in notes


def test_a_sign_that_calls_a_number_provisional_is_no_footnote():
    marked = {MONTHS[-1]: " p", MONTHS[-2]: "*"}
    rows = [(iso(m), f"{100 + at}{marked.get(m, '')}") for at, m in enumerate(MONTHS)]

    notes = read(csv_of([("Month", "Visits"), *rows])).notes

    assert [note for note in notes if note.startswith("signs")] == [
        "signs behind numbers, taken for footnotes and left out: *",
        "signs behind numbers, taken for 'provisional': p",
    ]


@pytest.mark.parametrize(
    "sign", ["0 (suppressed)", "1-4", "?", "n/d", "#REF!", "#DIV/0!", "withheld"]
)
def test_more_signs_that_nobody_knows(sign):
    rows = long(count=lambda x: sign if x == ONE[MONTHS[5]] else str(x))

    table = read(csv_of(rows))

    assert MONTHS[5] not in counts_of(table)["count"]
    assert any(sign in note for note in table.notes)


def test_groups_of_two_as_in_india():
    rows = [["Month", "n"], *([iso(m), f'"12,{x % 90 + 10},{x}"'] for m, x in ONE.items())]

    found = counts_of(read(csv_of(rows)))["count"]

    assert found == {m: 1_200_000 + (x % 90 + 10) * 1000 + x for m, x in ONE.items()}


@pytest.mark.parametrize(
    ("order", "heads", "start"),
    [
        (JULY, ["Fiscal Year", "2021", "2022", "2023", "2024"], 7),
        (JULY, ["Year", "2020-21", "2021-22", "2022-23", "2023-24"], 7),
        ([*range(10, 13), *range(1, 10)], ["FY", "FY21", "FY22", "FY23", "FY24"], 10),
    ],
)
def test_the_order_of_months_shows_when_fiscal_years_begin(order, heads, start):
    table = read(csv_of(fiscal_rows(order, heads)))

    assert list(counts_of(table).values()) == [ONE]
    assert any(f"begin in month {start} of the year before, as" in note for note in table.notes)


def test_lines_in_order_show_when_fiscal_years_begin():
    rows = [["State Fiscal Year", "Month", "n"]]
    rows += [[str(m // 12 + (m % 12 > 5)), short(m), str(x)] for m, x in ONE.items()]

    assert list(counts_of(read(csv_of(rows))).values()) == [ONE]


def test_years_torn_off_show_when_fiscal_years_begin():
    """By the months that the first and last year have, though lines are in the calendar's order."""
    known = {m: x for m, x in ONE.items() if m < 2023 * 12 + 4}
    keys = sorted((m // 12 + (m % 12 > 5), m % 12, m) for m in known)
    rows = [["Fiscal Year", "Month", "n"]]
    rows += [[str(year), short(m), str(known[m])] for year, _, m in keys]

    table = read(csv_of(rows))

    assert list(counts_of(table).values()) == [known]
    assert any("begin in month 7 of the year before, as" in note for note in table.notes)


def test_calendar_numbers_of_the_newest_month_first_are_no_fiscal_ones():
    rows = [["FY", "Mo", "n"]]
    rows += [[str(m // 12 + (m % 12 > 8)), str(m % 12 + 1), str(ONE[m])] for m in MONTHS[::-1]]

    assert list(counts_of(read(csv_of(rows))).values()) == [ONE]


def test_a_series_may_be_called_as_a_rate_is():
    rows = [["Month", "Target", "Lower East", "Mill"], *([iso(m), x, x, x] for m, x in ONE.items())]

    assert list(counts_of(read(csv_of(rows)))) == ["Target", "Lower East", "Mill"]


REFUSED = {
    "whole fiscal years from January on": (
        csv_of(fiscal_rows(CALENDAR, ["FY", "2021", "2022", "2023", ""])[:-1]),
        "--fiscal-start",
    ),
    "months of another language": (
        csv_of(long(lambda m: f"mes {m % 12 + 1} de {m // 12}")),
        "'mes 1 de 2021' in column 'Month' is no month",
    ),
    "numbers with their unit": (
        csv_of(long(count=lambda x: f"{x} visits")),
        "'164 visits' in column 'Visits' is not a number",
    ),
    "years that begin in July, and are not called fiscal": (
        csv_of(fiscal_rows(JULY, ["Year", "2021", "2022", "2023", "2024"])),
        "begin in month 7",
    ),
    "a state's fiscal year without months by name": (
        csv_of([["SFY", "Period", "n"], *([m // 12, m % 12 + 1, 5] for m in MONTHS)]),
        "--fiscal-start",
    ),
    "202101 of a fiscal period": (
        csv_of([["Fiscal Period", "n"], *([iso(m).replace("-", ""), 5] for m in MONTHS)]),
        "may be a calendar month",
    ),
    "midnight elsewhere": (
        csv_of(long(lambda m: f"{datetime(*split(m), 1) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")),
        "evening of a month's last day",
    ),
    "numbers of two kinds": (
        csv_of([*long(count=lambda x: f'"1,{x}"'), ["2024-01", '"2.527,0"'], ["2024-02", "2.527"]]),
        "--decimal",
    ),
    "a quotation mark that stays open": (
        csv_of(long()).replace(b"2021-05", b'"2021-05'),
        "line 6: a quotation mark begins here",
    ),
    "sums over twelve months": (
        csv_of([["12 months ending", "n"], *long()[1:]]),
        "adds up several months",
    ),
    "sums from the year's start": (
        csv_of([["Month", "Visits YTD"], *long()[1:]]),
        "adds up several months",
    ),
    "part of a month": (
        csv_of([*long(), ["1/1/2024 - 1/15/2024", "5"]]),
        "not from the first to the last day",
    ),
    "dates of extraction are no names": (
        csv_of([["as_of", "Month", "n"], *(["2024-01-31", iso(m), 5] for m in MONTHS * 2)]),
        "has this month already",
    ),
}


@pytest.mark.parametrize(("content", "named"), REFUSED.values(), ids=REFUSED)
def test_what_could_be_read_wrong_is_refused(content, named):
    with pytest.raises(DataError) as refused:
        read(content)
    assert named in str(refused.value)


def test_weeks_are_no_months_even_if_added_up():
    rows = [
        ["Week", "n"],
        *([f"{datetime(2022, 1, 1) + timedelta(7 * i):%Y-%m-%d}", 5] for i in range(99)),
    ]

    with pytest.raises(DataError, match="counts of weeks"):
        read(csv_of(rows), sums=True)


def test_zeros_at_the_end_alone_are_warned_of():
    rows = [*long(), *([iso(m), 0] for m in range(2024 * 12, 2024 * 12 + 6))]

    assert any("Leave months blank" in text for text in read(csv_of(rows)).warnings)


@pytest.mark.parametrize("result", ["", 0])
def test_a_formula_without_its_result_is_no_count(result):
    out = io.BytesIO()
    with Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Month", "In person", "Visits"])
        for at, (m, x) in enumerate(ONE.items(), start=1):
            sheet.write_row(at, 0, [iso(m), x])
            sheet.write_formula(at, 2, f"=B{at + 1}+7", None, result)

    with pytest.raises(FaultsError) as refused:
        read(out.getvalue())
    assert "line 2, column Visits: " in refused.value.faults[0]
    assert "its result is not in the file" in refused.value.faults[0]


def test_a_web_page_under_the_name_of_a_workbook_is_a_table():
    body = "".join(f"<tr><td>{iso(m)}</td><td>{x}</td></tr>" for m, x in ONE.items())
    page = f"<html><body><table><tr><th>Month</th><th>n</th></tr>{body}</table></body></html>"

    assert list(counts_of(read(page.encode())).values()) == [ONE]


def test_a_parquet_file_s_evenings_in_utc_are_asked_about():
    evenings = [datetime(*split(m), 1) - timedelta(hours=1) for m in MONTHS]
    out = io.BytesIO()
    table = pa.table(
        {"month": pa.array(evenings, pa.timestamp("us", "UTC")), "n": list(ONE.values())}
    )
    parquet.write_table(table, out)

    with pytest.raises(DataError, match="midnight elsewhere"):
        read(out.getvalue())
