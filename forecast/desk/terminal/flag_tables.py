"""Flags on a terminal: what, when, expected, how unusual, what moved, how it ended; the replay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from forecast.desk.names import dimension_words, member_words
from forecast.desk.terminal.tables import SEVERITY_STYLE, plain_table
from forecast.desk.wording import unusual_words
from forecast.types import Row
from forecast.words import month_name

if TYPE_CHECKING:
    from forecast.sources.source import Source

PARTS_SHOWN = 3  # parts of each side
LEAST = 0.05  # of the deviation, to be shown
_ORDER = ("border", "component", "field", "state", "citizenship", "demographic")


def blocks(
    flags: Sequence[Row], drivers: Mapping[int, Sequence[Row]], source: Source
) -> Iterator[RenderableType]:
    """One block a flag, in the order given."""
    if not flags:
        yield Text("No month was unusually far from its forecast.")
    for row in flags:
        yield Group(
            _heading(row, source), *_below(row, drivers.get(row["flag_id"], ()), source), Text()
        )


def moved_parts(row: Row, drivers: Sequence[Row], source: Source) -> Iterator[tuple[str, str]]:
    """(what, in words): a line a dimension, what is missing, and the parts' own flags."""
    by_dimension = {name: list(group) for name, group in groupby(drivers, _dimension)}
    total = abs(row["encounters"] - row["expected"])
    missing = []
    for name in sorted(by_dimension, key=_place):
        if by_dimension[name][0]["role"] == "not held":
            missing.append(dimension_words(name, source))
            continue
        yield (
            f"{dimension_words(name, source)}:",
            "; ".join(_largest(by_dimension[name], total, source)),
        )
    if missing:
        yield "", f"not in the data on record: {', '.join(missing)}"
    if row["listed"] or row["apart"]:
        badge = f"; almost every {source.totals.part} moved the same way" if row["systemic"] else ""
        also = f"{row['listed']} were also unusual"
        unlike = f"{row['apart']} moved differently from the {source.totals.one} as a whole"
        yield f"{source.totals.below}:", f"{also}; {unlike}{badge}"


def part_words(row: Row, source: Source) -> str:
    """A part in words; for a nationwide flag with its border."""
    if not row["member"]:
        return str(row["part_border"])
    member = member_words(row["dimension"], str(row["member"]), source)
    return f"{member} ({row['part_border']})" if row["border"] == source.totals.whole else member


def flag_table(flags: Sequence[Row], source: Source) -> Table:
    """Every flag the service would have raised, and how it ended."""
    table = plain_table(
        "month", source.totals.one, "what", "published", "expected", "times", "ended as"
    )
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


def rate_lines(row: Row) -> Table:
    """How often p was small, in all months and in the quiet ones."""
    heads = ("months", "p < .05", "p < .02", "p < .01", "flags and alarms")
    table = plain_table("", numbers=heads)
    for name, count, rates, flags in (
        ("all months", row["months"], row["rates"], len(row["flags"])),
        ("quiet months", row["quiet_months"], row["quiet_rates"], row["quiet_flags"]),
    ):
        shares = (f"{share:.3f}" for share in rates.values())
        table.add_row(name, str(count), *shares, str(flags))
    return table


def event_table(events: Sequence[Row], source: Source) -> Table:
    """Known breaks and what was found of them."""
    table = plain_table("date", source.totals.one, "what", "found")
    table.columns[2].no_wrap = table.columns[3].no_wrap = False
    for row in events:
        table.add_row(row["date"], row["border"], row["name"], row["found"] or "nothing")
    return table


def _below(row: Row, drivers: Sequence[Row], source: Source) -> Iterator[RenderableType]:
    """The numbers, and what moved, indented."""
    yield Padding(_numbers(row), (0, 0, 0, 4))
    moved = Table.grid(padding=(0, 1, 0, 0))
    for label, text in moved_parts(row, drivers, source):
        moved.add_row(label, text)
    if moved.row_count:
        yield Padding(moved, (0, 0, 0, 4))


def _heading(row: Row, source: Source) -> Text:
    name = row["border"]
    if row["member"]:
        name += f" / {member_words(row['dimension'], row['member'], source)}"
    text = Text(f"{month_name(row['month'])}  {name}: ", style="bold")
    kind = str(row["severity"] if row["kind"] == "month" else row["kind"])
    text.append(kind, style=SEVERITY_STYLE[row["severity"]])
    text.append(_ending(row, source), style="not bold")
    return text


def _ending(row: Row, source: Source) -> str:
    """How the episode ended, or that it has not."""
    if row["role"] == "listed":
        return f", like its {source.totals.one}"
    apart = f", unlike its {source.totals.one}" if row["role"] == "apart" else ""
    more = f" ({row['role']})" if row["role"] in ("escalation", "reversal") else ""
    if row["episode"] is None:
        return apart + more
    if row["episode"] == "open":
        return f"{apart}{more}, still open"
    kind = "a level shift" if row["episode"] == "level shift" else "transient"
    return f"{apart}{more}, {kind} as of {month_name(row['closed'])}"


def _numbers(row: Row) -> Text:
    counts = f"{row['encounters']:,} published, {row['expected']:,} "
    if row["kind"] == "revision":
        return Text(f"{counts}before the revision (x {row['ratio']:.3f})")
    if row["kind"] == "drift":
        return Text(
            f"{counts}expected six months before (x {row['ratio']:.2f}); many months the same way"
        )
    p = row["apart_p"] if row["role"] == "apart" else row["p"]
    basis = "" if row["basis"] == "issued" else "; judged by a hindcast"
    return Text(f"{counts}expected (x {row['ratio']:.2f}); {unusual_words(p)}{basis}")


def _dimension(row: Row) -> str:
    return str(row["dimension"])


def _place(name: str) -> tuple[int, str]:
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)


def _largest(drivers: Sequence[Row], total: int, source: Source) -> Iterator[str]:
    """The largest parts of each side, all others in one, and what is in no part."""
    parts = [row for row in drivers if row["role"] == "part"]
    shown = [row for side in (1, -1) for row in _side(parts, side, total)]
    shown.sort(key=lambda row: -abs(row["contribution"]))
    for row in shown:
        yield f"{part_words(row, source)} {row['contribution']:+,}"
    others = sum(row["contribution"] for row in parts) - sum(r["contribution"] for r in shown)
    if len(parts) == len(shown) + 1:
        (last,) = (row for row in parts if row not in shown)
        yield f"{part_words(last, source)} {others:+,}"
    elif len(parts) > len(shown):
        yield f"all others {others:+,}"
    for row in drivers:
        if row["role"] == "unattributed":
            yield f"rounding and unassigned {row['contribution']:+,}"


def _side(parts: Iterable[Row], side: int, total: int) -> list[Row]:
    moved = [row for row in parts if row["contribution"] * side >= max(LEAST * total, 1)]
    return sorted(moved, key=lambda row: -abs(row["contribution"]))[:PARTS_SHOWN]
