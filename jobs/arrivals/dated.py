"""A table of dated statements -> values: known_by, series, month or span, count, source.

One line a statement, as CSV or a workbook; the columns in any order.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from forecast import months
from forecast.errors import DataError, RowError, SeriesNameError, SpanError
from forecast.periods import Calendar, month
from forecast.tables.sheet import read_sheets
from forecast.types import DatedValue, SeriesKey

COLUMNS = ("known_by", "series", "month", "count", "source")
ROUNDED = "rounded"  # to how many, where a source says "about 26,000"; may be left out
_BETWEEN = ".."


def read_dated(
    path: Path, find: Callable[[str], SeriesKey], calendar: Calendar, today: str
) -> list[DatedValue]:
    """Read every statement of a table.

    find : the series that a person means by a name. today : "YYYY-MM-DD".

    RowError names the first line that says what cannot be, its column and value. DataError if the
    table has not the columns it needs, or no line.
    """
    sheet = max(read_sheets(path), key=lambda sheet: len(sheet.grid))
    heads = [str(cell).strip().casefold().replace(" ", "_") for cell in sheet.row(0)]
    lacking = [name for name in COLUMNS if name not in heads]
    if lacking:
        there = ", ".join(filter(None, heads)) or "none"
        needs = ", ".join(COLUMNS)
        raise DataError(f"{path.name}: no column {lacking[0]}; it has {there}, and needs {needs}")
    values = []
    for at in range(1, len(sheet.grid)):
        texts = ("" if cell is None else str(cell).strip() for cell in sheet.row(at))
        cells = dict(zip(heads, texts, strict=True))
        line = _Statement(path.name, int(sheet.line[at]), cells)
        values.append(line.value(find, calendar, today))
    if not values:
        raise DataError(f"{path.name}: there is no line under the header")
    return values


class _Statement:
    """One line, which says of itself where it is when it cannot be read."""

    def __init__(self, name: str, number: int, cells: dict[str, str]) -> None:
        self._name, self._number, self._cells = name, number, cells

    def refused(self, column: str, problem: str) -> RowError:
        return RowError(self._name, self._number, column, self._cells.get(column, ""), problem)

    def value(self, find: Callable[[str], SeriesKey], calendar: Calendar, today: str) -> DatedValue:
        """Read the statement; RowError names the column that cannot be read."""
        try:
            known_by = date.fromisoformat(self._cells["known_by"][:10]).isoformat()
        except ValueError:
            raise self.refused("known_by", "is no day; write it as 2025-03-26") from None
        if known_by > today:
            raise self.refused("known_by", f"is after today, {today}")
        try:
            series = find(self._cells["series"])
        except SeriesNameError as error:
            raise self.refused("series", error.problem) from None
        text = self._cells["month"]
        # As workbooks write the first of a month.
        day = len(text) >= len("2025-02-01") and text[7:10] == "-01"
        try:
            if _BETWEEN in text:
                first, last = map(month, text.split(_BETWEEN, 1))
            else:
                period = calendar.read(text[:7] if day else text, 0)
                first, last = period.first_month, period.last_month
        except (SpanError, ValueError) as error:
            raise self.refused("month", str(error)) from None
        if last < first:
            raise self.refused("month", "ends before it begins")
        if known_by[:7] < last or known_by <= months.end(last).isoformat():
            raise self.refused("known_by", f"is before {last} had ended: nobody could know it")
        if not self._cells["source"]:
            raise self.refused("source", "is empty; say where this can be read")
        rounded = self._number_of(ROUNDED) if self._cells.get(ROUNDED) else 1
        if rounded < 1:
            raise self.refused(ROUNDED, "is no number of 1 or more")
        count = self._number_of("count")
        return DatedValue(series, first, last, count, rounded, known_by, self._cells["source"])

    def _number_of(self, column: str) -> int:
        text = self._cells[column].replace(",", "").removesuffix(".0")
        if not text.isdecimal() or len(text) > 12:
            raise self.refused(column, "is no whole number of 0 or more")
        return int(text)
