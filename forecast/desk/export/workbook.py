"""A table as an Excel workbook: the figures, what each column means, and where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from forecast.desk.export.encoded import ExportTable
from forecast.errors import ConfigError

_HEADS = ("column", "unit", "values", "meaning")
_WIDEST, _SAMPLE = 44, 200
_MOST_ROWS = 1_048_575  # a sheet's limit, less the header


def save(table: ExportTable, path: Path) -> int:
    """Write the workbook; returns the number of rows.

    Text is written as text, never as a formula, whatever it begins with.
    """
    workbook = _library(path).Workbook(path, {"strings_to_formulas": False, "in_memory": True})
    # No clock: the same record gives the same file.
    created = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's times know no zone
    workbook.set_properties({"created": created})
    count = _figures(workbook, table, path)
    _sheet(workbook, "definitions", _HEADS, table.definitions)
    _sheet(workbook, "about", ("what", "is"), table.notes.items())
    workbook.close()
    return count


def check(path: Path) -> None:
    """ConfigError if the library is not there."""
    _library(path)


def _library(path: Path) -> Any:
    try:
        import xlsxwriter
    except ImportError:
        problem = "Excel needs xlsxwriter: pip install xlsxwriter, or write .csv"
        raise ConfigError(str(path), "-o", problem) from None
    return xlsxwriter


def _figures(workbook: Any, table: ExportTable, path: Path) -> int:
    sheet = workbook.add_worksheet("figures")
    formats = {"count": workbook.add_format({"num_format": "#,##0"}), "real": None, "text": None}
    kinds = list(table.columns.values())
    count = 0
    for block in table.blocks:
        plain = [x.tolist() if hasattr(x, "tolist") else x for x in block]
        for row in zip(*plain, strict=True):
            count += 1
            if count > _MOST_ROWS:
                problem = "more rows than an Excel sheet holds; write .csv or .parquet"
                raise ConfigError(str(path), "-o", problem)
            for column, (value, kind) in enumerate(zip(row, kinds, strict=True)):
                _cell(sheet, count, column, value, formats[kind])
    _dress(workbook, sheet, list(table.columns), count)
    return count


def _cell(sheet: Any, row: int, column: int, value: Any, form: Any) -> None:
    if value is None:
        return
    if isinstance(value, str):
        sheet.write_string(row, column, value)
    else:
        sheet.write_number(row, column, value, form)


def _sheet(workbook: Any, name: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    sheet = workbook.add_worksheet(name)
    count = 0
    for count, row in enumerate(rows, start=1):
        for column, text in enumerate(row):
            sheet.write_string(count, column, text)
    _dress(workbook, sheet, heads, count)


def _dress(workbook: Any, sheet: Any, heads: Sequence[str], rows: int) -> None:
    """A header that stays in view, a filter, and columns wide enough."""
    sheet.write_row(0, 0, heads, workbook.add_format({"bold": True}))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(rows, 1), len(heads) - 1)
    sheet.autofit(_WIDEST * 7)
