"""Monthly tables in the form of offices that count fiscal years, in small workbooks.

"01 October" and "Annual Count" in a column, a year in the first line of its block; a sheet for each
year whose months have none; blocks under titles, the last of which is not over.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from xlsxwriter import Workbook

from forecast import months
from forecast.tables.grid import ReadAs
from forecast.tables.read import table_in_bytes

NAMES = ("October", "November", "December", "January", "February", "March")
NAMES += ("April", "May", "June", "July", "August", "September")
YEARS = {2022: 12, 2023: 12, 2024: 11}  # the last one is not over
PLACES = ("Mexico", "Guatemala", "All other")


def count(place: str, year: int, nth: int) -> int:
    return 100 + 1_000 * PLACES.index(place) + 13 * (year - 2022) + 7 * nth % 50


def by_year_and_month(book: Workbook) -> None:
    """Sums stand among the months, and the year beside them alone."""
    book.add_worksheet("Contents").write_column(0, 0, ["Monthly Tables", "Removals"])
    sheet = book.add_worksheet("Removals by Citizenship")
    sheet.write(0, 0, "ICE ERO Removals by Citizenship: Fiscal Years 2022 to 2024 Year to Date")
    sheet.write_row(2, 0, ["Fiscal Year", "Month", *PLACES])
    row = 3
    for year, many in YEARS.items():
        sums = [sum(count(place, year, nth) for nth in range(many)) for place in PLACES]
        called = str(year) if many == 12 else f"{year} YTD"
        sheet.write_row(row, 0, [called, "Annual Count", *sums])
        for nth in range(many):
            counts = [count(place, year, nth) for place in PLACES]
            sheet.write_row(row + 1 + nth, 0, ["", f"{nth + 1:02} {NAMES[nth]}", *counts])
        row += many + 1
    sheet.write(row + 1, 0, "Note: Counts are rounded to the nearest ten.")


def a_sheet_a_year(book: Workbook) -> None:
    book.add_worksheet("Contents").write_column(0, 0, ["Monthly Tables", "Book-ins"])
    for year, many in YEARS.items():
        sheet = book.add_worksheet(f"FY {year}")
        sheet.write(0, 0, f"ICE Initial Book-ins to Detention: Fiscal Year {year}")
        sheet.write_row(2, 0, ["Citizenship", *NAMES[:many], "Annual Count"])
        for at, place in enumerate(PLACES):
            row = [count(place, year, nth) for nth in range(many)]
            sheet.write_row(3 + at, 0, [place, *row, sum(row)])


def blocks_under_titles(book: Workbook) -> None:
    """In the last block the sum stands where September stood."""
    sheet, row = book.add_worksheet("Detention"), 0
    for year, many in YEARS.items():
        more = "" if many == 12 else " YTD"
        sheet.write(row, 0, f"ICE Initial Book-Ins by Citizenship and Month: FY{year}{more}")
        sheet.write_row(row + 1, 0, ["Citizenship", *(n[:3] for n in NAMES[:many]), "Total"])
        for at, place in enumerate(PLACES):
            counts = [count(place, year, nth) for nth in range(many)]
            sheet.write_row(row + 2 + at, 0, [place, *counts, sum(counts)])
        row += len(PLACES) + 3


@pytest.mark.parametrize("layout", [by_year_and_month, a_sheet_a_year, blocks_under_titles])
def test_months_of_fiscal_years_are_read_where_their_year_stands(layout: Callable[..., None]):
    out = io.BytesIO()
    with Workbook(out) as book:
        layout(book)

    counts = table_in_bytes("table.xlsx", out.getvalue(), ReadAs()).counts

    assert counts.names == PLACES
    assert {months.from_index(int(last)) for last in counts.last} == {"2024-08"}
    for place, found in zip(PLACES, counts.values.tolist(), strict=True):
        expected = [count(place, y, nth) for y, many in YEARS.items() for nth in range(many)]
        assert found == expected
