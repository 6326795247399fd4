"""What moved a border's forecast, in words and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from forecast.desk.wording import MINUS, month_words
from forecast.records import Row

if TYPE_CHECKING:
    from rich.table import Table

STEPS = {
    "surprise": "newest figures",
    "season": "time passing",
    "revisions": "revised months",
    "method": "model weights or version",
}


def signed(number: int) -> str:
    """+1,234, 0, or with a minus sign."""
    sign = "+" if number > 0 else MINUS if number < 0 else ""
    return f"{sign}{abs(number):,}"


def line(rows: Sequence[Row]) -> str:
    """One sentence on the first month ahead of a border; "" where there is nothing to compare."""
    if not rows:
        return ""
    row = min(rows, key=lambda one: str(one["month"]))
    moved = row["after"] - row["before"]
    month = month_words(row["month"])
    if moved == 0:
        return f"The forecast of {month} is unchanged at {row['after']:,}."
    steps = sorted(STEPS, key=lambda name: -abs(row[name]))
    parts = ", ".join(f"{STEPS[name]} {signed(row[name])}" for name in steps if row[name])
    before, after = f"{row['before']:,}", f"{row['after']:,}"
    return f"The forecast of {month} moved from {before} to {after} ({signed(moved)}): {parts}."


def table(rows: Sequence[Row]) -> Table:
    """Old forecast, steps, new forecast; a line a month."""
    from forecast.desk.terminal.tables import month_name, plain_table

    found = plain_table("forecast", "before", *STEPS.values(), "now")
    for column in found.columns[1:]:
        column.justify = "right"
    for row in rows:
        steps = [signed(row[name]) for name in STEPS]
        found.add_row(month_name(row["month"]), f"{row['before']:,}", *steps, f"{row['after']:,}")
    return found
