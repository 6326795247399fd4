"""Tables that were spoiled on the way: read right where they are read, and never a traceback."""

from __future__ import annotations

import random
from calendar import month_abbr
from collections.abc import Callable

import numpy as np
import pytest

from forecast import months
from forecast.errors import DataError
from forecast.tables.grid import ReadAs
from forecast.tables.read import MonthlyCounts, table_in_bytes

Cells = list[list[str]]
SPAN = range(2018 * 12, 2022 * 12)
NAMES = ("North", "South", "Elm Street")
COUNTS = {
    name: {m: 400 + 37 * at + (m * 7919 + at * 104_729) % 887 for m in SPAN}
    for at, name in enumerate(NAMES)
}
SPOILS = (
    "",
    "x",
    "1.2.3",
    "-5",
    "n/a",
    "#REF!",
    "1,5",
    "12 34",
    "?",
    "(7)",
    "seven",
    "2020-13",
    "--",
    "<5",
    "1e9x",
    "TBD",
    "0x1F",
    "12/31",
    "+",
    "1_000",
    "\u00bd",
    "5%",
)
ODD_MONTHS = ("2020-13", "Foo 2020", "", "2019-1-1-1", "Q1 2020", "00/2020", "Marchtober 2019")
HEADS = (
    "",
    "Reporting period",
    "n",
    "Nom",
    "\u010d\u00edslo",
    "Value",
    "id",
    "Count",
    "x/y",
    "Datum",
    "1",
    "total",
)
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252")


def iso(m: int) -> str:
    return months.from_index(m)


def long() -> Cells:
    return [
        ["Site", "Month", "Visits"],
        *([name, iso(m), str(c[m])] for name, c in COUNTS.items() for m in SPAN),
    ]


def wide() -> Cells:
    return [
        ["Month", *NAMES],
        *(
            [f"{month_abbr[m % 12 + 1]} {m // 12}", *(str(c[m]) for c in COUNTS.values())]
            for m in SPAN
        ),
    ]


def across() -> Cells:
    return [
        ["Site", "Region", *map(iso, SPAN)],
        *([name, "All", *map(str, c.values())] for name, c in COUNTS.items()),
    ]


def calendar() -> Cells:
    rows = [["Site", "Year", *month_abbr[1:]]]
    return rows + [
        [name, str(y), *(str(c[y * 12 + n]) for n in range(12))]
        for name, c in COUNTS.items()
        for y in range(2018, 2022)
    ]


def years_across() -> Cells:
    rows = [["Site", "Month", *map(str, range(2018, 2022))]]
    return rows + [
        [name, month_abbr[n + 1], *(str(c[y * 12 + n]) for y in range(2018, 2022))]
        for name, c in COUNTS.items()
        for n in range(12)
    ]


def stacked() -> Cells:
    rows = [
        ["", *(str(m // 12) if m % 12 == 0 else "" for m in SPAN)],
        ["Site", *(month_abbr[m % 12 + 1] for m in SPAN)],
    ]
    return rows + [[name, *map(str, c.values())] for name, c in COUNTS.items()]


def year_and_month() -> Cells:
    return [
        ["Year", "Month", "Site", "Code", "Visits"],
        *(
            [str(m // 12), str(m % 12 + 1), name, f"S{at}", str(c[m])]
            for at, (name, c) in enumerate(COUNTS.items())
            for m in SPAN
        ),
    ]


def side_by_side() -> Cells:
    two = SPAN[:24]
    rows = [
        ["", *(name if m == two[0] else "" for name in NAMES for m in two)],
        ["Kind", *(iso(m) for _ in NAMES for m in two)],
    ]
    values = [str(c[m]) for c in COUNTS.values() for m in two]
    return [*rows, ["Visits", *values], ["Calls", *values]]


BASES: tuple[tuple[Callable[[], Cells], int], ...] = (
    (long, 1),
    (wide, 1),
    (across, 1),
    (calendar, 1),
    (years_across, 1),
    (stacked, 2),
    (year_and_month, 1),
    (side_by_side, 2),
)


def mutated(chance: random.Random) -> bytes:  # noqa: C901 - one branch an accident
    """One of the tables after one to four accidents."""
    base, head = chance.choice(BASES)
    rows = base()
    for _ in range(chance.randint(1, 4)):
        at, column = chance.randrange(len(rows)), chance.randrange(len(rows[head - 1]))
        body = range(head, len(rows))
        accident = chance.randrange(12)
        if accident == 0:
            rows[head:] = chance.sample(rows[head:], len(rows) - head)
        elif accident == 1 and head == 1:
            order = chance.sample(range(len(rows[0])), len(rows[0]))
            rows = [[row[c] for c in order] if len(row) == len(order) else row for row in rows]
        elif accident == 2:
            rows[head - 1][column] = chance.choice(HEADS)
        elif accident == 3:
            row = rows[chance.choice(body or [0])]
            row[chance.randrange(len(row))] = chance.choice(SPOILS)
        elif accident == 4:
            for spoiled in chance.sample(list(body), min(5, len(body))):
                row = rows[spoiled]
                row[chance.randrange(len(row))] = chance.choice((*SPOILS, *ODD_MONTHS))
        elif accident == 5:
            rows.insert(chance.randrange(head, len(rows)), list(rows[chance.choice(body or [0])]))
        elif accident == 6:
            del rows[chance.choice(body or [0])]
        elif accident == 7:
            rows.insert(0, ["Monthly report, all sites"])
            head += 1
        elif accident == 8:
            rows.append(
                ["Total", *["9999"] * (len(rows[-1]) - 1)]
                if chance.random() < 0.5
                else ["Source: us"]
            )
        elif accident == 9:
            rows.insert(at, [""] * len(rows[-1]))
            head += at < head
        elif accident == 10:
            rows[at] = rows[at][:-1]
        elif accident == 11:
            for row in rows:
                if len(row) > column:
                    row.insert(column, chance.choice(("", "", "note")))
    separator = chance.choice(",,;\t")
    quoted = "\n".join(
        separator.join(f'"{c}"' if separator in c else c for c in row) for row in rows
    )
    return (quoted + "\n").encode(chance.choice(ENCODINGS), errors="replace")


def wrong_counts(counts: MonthlyCounts) -> list[str]:
    """Series with a value that none of ours has in that month: totals and spoiled cells aside."""
    width = counts.values.shape[1]
    wrong = []
    for row, name in enumerate(counts.names):
        if "total" in name.casefold():
            continue
        read = {
            int(counts.last[row]) - width + 1 + int(c): counts.values[row, c]
            for c in np.flatnonzero(np.isfinite(counts.values[row]))
        }
        misses = [
            min(sum(ours.get(m) != value for m, value in read.items()) for ours in COUNTS.values())
        ]
        if misses[0] > 0:
            wrong.append(f"{name}: {misses[0]} of {len(read)}")
    return wrong


def attempt(seed: int) -> tuple[str, list[str]]:
    """Whether a spoiled table is read or refused, and what is wrong if it is read."""
    content = mutated(random.Random(seed))
    try:
        read = table_in_bytes("own.csv", content, ReadAs())
    except DataError as error:
        return f"refused: {error}", []
    # 1,5 among whole numbers; -5 or (7) among counts
    doubted = ("so check that it is", "and counts have none")
    if any(words in note for note in read.notes for words in doubted):
        return "asked", []
    return "read", wrong_counts(read.counts)


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(first, marks=pytest.mark.slow) for first in (100, 200))]
)
def test_a_spoiled_table_is_read_right_or_refused(first):
    wrong = {seed: found for seed in range(first, first + 100) if (found := attempt(seed)[1])}

    assert wrong == {}


@pytest.mark.corpus
@pytest.mark.parametrize("first", range(300, 3000, 300))
def test_three_thousand_spoiled_tables_are_read_right_or_refused(first):
    wrong = {seed: found for seed in range(first, first + 300) if (found := attempt(seed)[1])}

    assert wrong == {}
