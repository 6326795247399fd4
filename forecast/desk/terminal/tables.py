"""The terminal's tables: rows of the store in, rich renderables out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from textwrap import fill
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from forecast.desk.halves import Halves
from forecast.desk.wording import RAREST
from forecast.store.read import RunRow
from forecast.types import Row
from forecast.words import judged_by, month_name

if TYPE_CHECKING:
    from forecast.sources.source import Source

AHEAD = 3  # months of the forecast beside a border's newest count
SEVERITY_STYLE = {"watch": "", "notable": "yellow", "major": "red", "critical": "bold red"}


def interval(low: int, high: int) -> str:
    """A prediction interval as two counts."""
    return f"{low:,}-{high:,}"


def change(now: int, before: int | None) -> str:
    """Change from `before` in percent, with its sign; a dash where there is none."""
    return f"{100 * (now / before - 1):+.1f}%" if before else "-"


def chance(p: float | None) -> str:
    """How unusual: one in how many months, for p two-sided."""
    if p is None:
        return "-"
    return f"1 in {1 / p:,.0f}" if p >= RAREST else f"<1 in {1 / RAREST:.0f}"


def heading(run: RunRow) -> Text:
    """What the tables below rest on."""
    return Text(
        f"Data through {month_name(run.data_through)}. "
        f"Run {run.id}, published {run.published_at[:16].replace('T', ' ')} UTC."
    )


def forecast_table(
    forecasts: Sequence[Row],
    last: dict[str, Row],
    halves: Mapping[str, Halves | None],
    waiting: Mapping[str, str],
    source: Source,
) -> RenderableType:
    """Per border the last published month and the next months' forecast.

    halves : of the published month, at ports and between ports, where they are known. waiting :
    borders without a forecast, and what brings one, in words.
    """
    table = plain_table(
        source.totals.one, "published", "", "forecast", "median", "80% interval", "95% interval"
    )
    for column in (2, 4, 5, 6):
        table.columns[column].justify = "right"
    shown = {
        total: list(group)[:AHEAD]
        for total, group in groupby(forecasts, key=lambda row: row["border"])
    }
    for total, ahead in {**shown, **dict.fromkeys(waiting, ())}.items():
        published = last[total]
        left = [
            (total, month_name(published["month"]), f"{published['encounters']:,}"),
            ("", "on month", change(published["encounters"], published["month_before"])),
            ("", "on year", change(published["encounters"], published["year_before"])),
        ]
        left += _halves(halves.get(total), source)
        for i in range(max(len(left), len(ahead))):
            cells = left[i] if i < len(left) else ("", "", "")
            table.add_row(*cells, *(_ahead(ahead[i]) if i < len(ahead) else ()))
        table.add_section()
    notes = [Text(f"{total}: not forecast yet: {why}.") for total, why in waiting.items()]
    return Group(table, *notes)


def _halves(known: Halves | None, source: Source) -> list[tuple[str, str, str]]:
    both = source.hierarchy.both_halves
    if known is None or both is None:
        return []
    # In the first column, where there is room: the table is to fit 80 characters.
    rows = [(half.row, "", count) for half, count in zip(both, known.words, strict=True)]
    if known.split is None:
        return rows
    aside = source.hierarchy.aside
    parts = zip((aside.rest_where, aside.named_where), known.split, strict=True) if aside else ()
    return [
        rows[0],
        (both[1].short, "", rows[1][2]),
        *((f"  {where.split()[-1]}", "", f"{count:,}") for where, count in parts),
    ]


def _ahead(row: Row) -> tuple[str, str, str, str]:
    return (
        month_name(row["month"]),
        f"{row['median']:,}",
        interval(row["lo80"], row["hi80"]),
        interval(row["lo95"], row["hi95"]),
    )


def border_table(forecasts: Iterable[Row]) -> Table:
    """One border, every month ahead, with the counts that would raise a flag."""
    numbers = ("median", "50%", "80%", "95%", "flag under", "or over")
    table = plain_table("forecast", numbers=numbers)
    for row in forecasts:
        low, high = row["flag_below"], row["flag_above"]
        table.add_row(
            month_name(row["month"]),
            f"{row['median']:,}",
            interval(row["lo50"], row["hi50"]),
            interval(row["lo80"], row["hi80"]),
            interval(row["lo95"], row["hi95"]),
            "-" if low is None else f"{low:,}",
            "-" if high is None else f"{high:,}",
        )
    return table


def flag_table(flags: Sequence[Row]) -> RenderableType:
    """What deviated, when, from what, and how unusual that is; a line each."""
    if not flags:
        return Text("No month was unusually far from its forecast.")
    table = plain_table("month", "series", "counted", "expected", "times", "chance", "severity", "")
    for column in (2, 3, 4, 5):
        table.columns[column].justify = "right"
    for row in flags:
        kind = row["severity"] if row["kind"] == "month" else row["kind"]
        table.add_row(
            month_name(row["month"]),
            " / ".join(part for part in (row["border"], row["dimension"], row["member"]) if part),
            f"{row['encounters']:,}",
            f"{row['expected']:,}",
            f"{row['ratio']:.2f}",
            chance(row["p"]) if row["kind"] == "month" else "-",
            Text(kind, style=SEVERITY_STYLE[row["severity"]]),
            row["episode"] or "",
        )
    return table


def run_summary(
    run: RunRow,
    forecasts: Sequence[Row],
    last: dict[str, Row],
    flags: Sequence[Row],
    halves: Mapping[str, Halves | None],
    waiting: Mapping[str, str],
    source: Source,
) -> RenderableType:
    """The summary at the end of a run; halves, waiting : see `forecast_table`."""
    against = f"Unusual months, against {judged_by(flag['basis'] for flag in flags)}:"
    return Group(
        heading(run),
        forecast_table(forecasts, last, halves, waiting, source),
        *([Text(fill(against, 80))] if flags else []),
        flag_table(flags),
    )


def titled(title: str, rest: str) -> Text:
    """A line above a table: its title, and what follows."""
    return Text.assemble((title, "bold"), rest)


def plain_table(*columns: str, numbers: Sequence[str] = ()) -> Table:
    """An empty table in the form all of ours have; numbers : columns after these, to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=True)
    for column in numbers:
        table.add_column(column, no_wrap=True, justify="right")
    return table
