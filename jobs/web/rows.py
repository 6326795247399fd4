"""Rows of a visitor's query: bounded together, and as CSV that no spreadsheet computes."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from typing import Any

from datasette.views.base import DatasetteError

from forecast.desk.export import safe

ROW_BYTES = 64  # of a row, beside its values
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", re.IGNORECASE)


def too_large(limit: int) -> str:
    """What to do instead of an answer of more than `limit` bytes."""
    return (
        f"The answer would be larger than {limit / 1e6:.0f} MB. Ask for fewer rows or columns; for "
        "large answers take the whole database file, or `bordercast export`."
    )


class CappedRows:
    """A row factory that refuses rows that are too large together; `read` : bytes so far."""

    def __init__(self, limit: int) -> None:
        self.limit, self.read = limit, 0

    def __call__(self, cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> sqlite3.Row:
        """A row as Datasette expects it."""
        self.read += ROW_BYTES + sum(len(v) for v in values if isinstance(v, str | bytes))
        if self.read > self.limit:
            raise DatasetteError(too_large(self.limit), title="The answer is too large", status=400)
        return sqlite3.Row(cursor, values)


def neutral_csv(text: str) -> str:
    """CSV in which nothing is a formula, names of columns included; numbers stay numbers."""
    neutral = io.StringIO(newline="")
    writer = csv.writer(neutral)
    for row in csv.reader(io.StringIO(text, newline="")):
        writer.writerow([c if _NUMBER.fullmatch(c) else safe(c) for c in row])
    return neutral.getvalue()
