"""What moved: every part's newest count beside the month before, the year before and the forecast.

Parts of a dimension add up to their total, so each has a share of its change. Small movers are
folded into one row, and the rows still add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from forecast.desk.sentences.unusual import ORDER
from forecast.sources.names import dimension_words, member_words
from forecast.sources.source import Source
from forecast.words import month_name

if TYPE_CHECKING:
    from forecast.types import Row

# What a count is set beside: column of the view `movers` -> its words.
BASES = {"month_before": "month before", "year_before": "year before", "median": "forecast"}
MOST_SHOWN = 8  # rows of a dimension before the rest is folded


@dataclass(frozen=True)
class Mover:
    """A part of a total and how far it moved.

    label : in words. value : counts of the month. bases : the same part's value by the names of
    BASES, None where it is not on record. change : from the base that was asked about; None
    without one. share : of the change of all parts together, None where that is 0.
    """

    label: str
    value: int
    bases: dict[str, int | None]
    change: int | None
    share: float | None


@dataclass(frozen=True)
class Moved:
    """The parts of one dimension, the largest movers first; `total` is their sum.

    month : YYYY-MM, which may be older than the total's. late : whether it is.
    """

    dimension: str
    month: str
    late: bool
    movers: tuple[Mover, ...]
    total: Mover


def by_dimension(
    rows: Sequence[Row], source: Source, base: str = "month_before", most: int = MOST_SHOWN
) -> list[Moved]:
    """Sort the parts of a total by how far they moved, a list for each dimension.

    Parameters
    ----------
    rows : of the view `movers`, of one total, the total's own row among them.
    base : one of BASES, from which a change is counted.
    most : rows before the rest is folded into one.
    """
    newest = max((row["month"] for row in rows if not row["dimension"]), default="")
    parts = [row for row in rows if row["dimension"]]
    order = {name: place for place, name in enumerate(ORDER)}
    parts.sort(key=lambda row: (order.get(row["dimension"], len(order)), row["dimension"]))

    def change(row: Row) -> int:
        return 0 if row[base] is None else row["value"] - row[base]

    moved = []
    for dimension, group in groupby(parts, itemgetter("dimension")):
        members = list(group)
        # Some breakdowns are published later than their total.
        month = max(row["month"] for row in members)
        # A part without a count of that month ended or was renamed; it did not move.
        current = [row for row in members if row["month"] == month]
        current.sort(key=lambda row: (-abs(change(row)), -row["value"]))
        # Of the parts alone, not of the total: shares of their sum add up to 100%, and the sum of
        # their median forecasts is not the forecast of the total.
        whole = _sum("sum of parts", current, base, None)
        # One row more takes no more room than saying that it is left out.
        shown = current if len(current) <= most + 1 else current[:most]
        movers = [
            _sum(member_words(dimension, row["member"], source), [row], base, whole.change)
            for row in shown
        ]
        folded = current[len(shown) :]
        if folded:
            movers.append(_sum(f"{len(folded)} others", folded, base, whole.change))
        words = dimension_words(dimension, source)
        moved.append(Moved(words, month, month < newest, tuple(movers), whole))
    return moved


def _sum(label: str, rows: Sequence[Row], base: str, whole: int | None) -> Mover:
    """Add up rows; a base that one of them lacks is unknown for all."""
    bases: dict[str, int | None] = {
        name: None if any(row[name] is None for row in rows) else sum(row[name] for row in rows)
        for name in BASES
    }
    value, before = sum(row["value"] for row in rows), bases[base]
    change = None if before is None else value - before
    share = change / whole if whole and change is not None else None
    return Mover(label, value, bases, change, share)


def moved_words(moved: Moved, total: str, base: str) -> str:
    """Say what a list is of, and as of when, where its parts are older than their total."""
    late = f" (newest figures by {moved.dimension})" if moved.late else ""
    return f"{total}, {month_name(moved.month)}{late}: change from the {BASES[base]}"
