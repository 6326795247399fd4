"""Any two things of a record side by side: two series, or two months or years of one.

Counts are shown as they are, as an index (100 in the first month both have) or as a share of both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from forecast import months
from forecast.errors import SpanError
from forecast.sources.names import SeriesNames
from forecast.types import SeriesKey
from forecast.words import MONTHS, change_words, month_name

WAYS = ("counts", "index", "share")
MONTHS_SHOWN = 36  # of two series, unless a first month is asked for


# Of a table of two columns and how they differ: a label, two values as shown (None where one is not
# on record), and the difference in words.
CompareRow = tuple[str, float | None, float | None, str]


def asked(
    things: Sequence[str],
    names: SeriesNames,
    counts: Callable[[SeriesKey], Mapping[str, int]],
    shown_as: str = "counts",
    since: str = "",
) -> dict[str, Any]:
    """Set side by side what words name: two series, or a series in two months or years.

    things : two names, or a name and two spans. counts : of a series, by month.

    Raises
    ------
    SeriesNameError, SpanError : no series or span is so named, or no month has both.
    """
    if not 2 <= len(things) <= 3:
        raise SpanError(" ".join(things), "name two series, or a series and two months or years")
    # Of three words the last two are spans of the first; of two, both are series.
    keys = [names.find(name) for name in things[: 1 if len(things) == 3 else 2]]
    lines = [counts(key) for key in keys]
    if len(things) == 3:
        calendar, newest = names.source.calendar, months.to_index(max(lines[0]))
        first, second = (calendar.read(text, newest) for text in things[1:])
        named = calendar.name(first), calendar.name(second)
        compared = spans(named, (first.months, second.months), lines[0])
    else:
        both = names.name(keys[0]), names.name(keys[1])
        compared = series(both, (lines[0], lines[1]), shown_as, since)
    if not compared["rows"]:
        raise SpanError(" ".join(things), "no month of both is on record")
    return compared


def series(
    names: tuple[str, str],
    counts: tuple[Mapping[str, int], Mapping[str, int]],
    shown_as: str = "counts",
    since: str = "",
) -> dict[str, Any]:
    """Set two series beside each other, the newest month first.

    counts : month -> count of each. shown_as : counts, index or share. since : YYYY-MM, the first
    month; the last 36 where it is empty.
    """
    first, second = counts
    # Only months that both have: a sum over others compares nothing.
    both = sorted(first.keys() & second.keys())
    shown = [month for month in both if month >= since] if since else both[-MONTHS_SHOWN:]
    rows: list[CompareRow] = []
    for month in reversed(shown):
        pair = first[month], second[month]
        values: tuple[float | None, ...] = pair
        if shown_as != "counts":
            sums = (sum(pair), sum(pair))
            bases = (first[shown[0]], second[shown[0]]) if shown_as == "index" else sums
            shares = zip(pair, bases, strict=True)
            values = tuple(round(100 * now / base, 1) if base else None for now, base in shares)
        # A ratio to nothing is no number; a dash says so.
        times = f"{pair[0] / pair[1]:.2f}" if pair[1] else "-"
        rows.append((month_name(month), values[0], values[1], times))
    note = ""
    if shown:
        sums = sum(first[month] for month in shown), sum(second[month] for month in shown)
        note = (
            f"{month_name(shown[0])} to {month_name(shown[-1])}: {names[0]} {sums[0]:,}, "
            f"{names[1]} {sums[1]:,}."
        )
    return {"heads": ("month", *names, "first / second"), "rows": rows, "note": note}


def spans(
    names: tuple[str, str], spans: tuple[list[str], list[str]], counts: Mapping[str, int]
) -> dict[str, Any]:
    """Set two spans of one series beside each other, month by month and in all.

    spans : the months of each, in order. The sum is over the places where both are on record, so
    that a year that is not over is compared with the same months of the other.
    """
    heads = ("month", *names, "change")
    rows: list[CompareRow] = []
    pairs: list[tuple[int, int]] = []
    # From the earlier to the later, in whichever order they were named: a fall stays a fall.
    newest_first = spans[0] >= spans[1]
    earlier, later = reversed(names) if newest_first else names

    def change(first: int, second: int) -> str:
        return change_words(first, second) if newest_first else change_words(second, first)

    for month, other in zip(*spans, strict=False):
        label = MONTHS[int(month[5:]) - 1] if month[5:] == other[5:] else f"{month} / {other}"
        left, right, changed = counts.get(month), counts.get(other), "-"
        if left is not None and right is not None:
            changed = change(left, right)
            pairs.append((left, right))
        rows.append((label, left, right, changed))
    if not pairs:
        return {"heads": heads, "rows": [], "note": ""}
    # Over months that both have, so that a year that runs is not said to have fallen.
    in_all = sum(left for left, _ in pairs), sum(right for _, right in pairs)
    beside = "1 month" if len(pairs) == 1 else f"{len(pairs)} months"
    part = "" if len(pairs) == len(rows) else f", in the {beside} both have"
    if len(rows) > 1:
        rows.append((beside, *in_all, change(*in_all)))
    note = (
        f"{names[0]}: {in_all[0]:,}. {names[1]}: {in_all[1]:,}. "
        f"Change from {earlier} to {later}: {change(*in_all)}{part}."
    )
    return {"heads": heads, "rows": rows, "note": note}


def as_json(compared: Mapping[str, Any]) -> dict[str, object]:
    """Return what was compared for programs: a row by its heads, in the order shown."""
    return {
        "compared": list(compared["heads"][1:3]),
        "rows": [dict(zip(compared["heads"], row, strict=True)) for row in compared["rows"]],
        "note": compared["note"],
    }
