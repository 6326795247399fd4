"""An unusual month in sentences: how far off, how unusual, what moved, how it ended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from forecast.desk.facts import MonthReport
from forecast.sources.names import dimension_words, member_words
from forecast.types import Row
from forecast.words import (
    MINUS,
    one_line,
)

if TYPE_CHECKING:
    from forecast.sources.source import Source


RAREST = (
    1 / 200
)  # a border has some 130 judged months: rarer than this, p is the model's word alone


def unusual_words(p: float) -> str:
    """How unusual a month is, for p two-sided; no rarer than RAREST is ever claimed."""
    if p < RAREST:
        return f"rarer than 1 month in {round(1 / RAREST)} (the most that the record supports)"
    if p > 2 / 3:
        return "an ordinary month"
    return f"about 1 month in {round(1 / p)} is at least this far off"


HOW_FAR = {"notable": "", "major": "well ", "critical": "far "}


SIDES = {1: "above", -1: "below"}


LEVELS = {1: "higher", -1: "lower"}


def moved_lines(report: MonthReport) -> Iterator[tuple[str, str]]:
    """A line a dimension; each explains the whole."""
    for flag in report.findings:
        if flag["kind"] == "month" and report.drivers:
            for label, text in moved_parts(flag, report.drivers, report.source):
                # With signs as everywhere else in a notice.
                yield one_line(label), re.sub(r"(?<= )-(?=\d)", MINUS, one_line(text))


PARTS_SHOWN = 3  # parts of each side


LEAST = 0.05  # of the deviation, to be shown


_ORDER = ("border", "component", "field", "state", "citizenship", "demographic")


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
