"""The replay on a terminal: plain rows in, rich renderables out."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from forecast.desk.terminal.tables import month_name, plain_table
from forecast.desk.wording import totals
from forecast.records import Row


def flag_table(flags: Sequence[Row]) -> Table:
    """Every flag the service would have raised, and how it ended."""
    table = plain_table("month", totals().one, "what", "published", "expected", "times", "ended as")
    for column in (3, 4, 5):
        table.columns[column].justify = "right"
    for row in flags:
        ended = f"{row['episode']}, {month_name(row['closed'])}" if row["closed"] else ""
        what = row["severity"] if row["kind"] == "month" else row["kind"]
        table.add_row(
            month_name(row["month"]),
            row["border"],
            what if row["role"] == "first" else f"{what} ({row['role']})",
            f"{row['encounters']:,}",
            f"{row['expected']:,}",
            f"x {row['ratio']:.2f}",
            ended or row["episode"] or "",
        )
    return table


def rate_lines(found: Row) -> Table:
    """How often p was small, in all months and in the quiet ones."""
    table = plain_table("", "months", "p < .05", "p < .02", "p < .01", "flags and alarms")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, count, rates, flags in (
        ("all months", found["months"], found["rates"], len(found["flags"])),
        ("quiet months", found["quiet_months"], found["quiet_rates"], found["quiet_flags"]),
    ):
        shares = (f"{share:.3f}" for share in rates.values())
        table.add_row(name, str(count), *shares, str(flags))
    return table


def event_table(events: Sequence[Row]) -> Table:
    """Known breaks and what was found of them."""
    table = plain_table("date", totals().one, "what", "found")
    table.columns[2].no_wrap = table.columns[3].no_wrap = False
    for row in events:
        table.add_row(row["date"], row["border"], row["name"], row["found"] or "nothing")
    return table
