"""What moved: every part's newest count beside the month before, the year before and the forecast.

Each part has a share of its total's change. Small movers are folded into one row, what no part
states and what forecasts made apart differ by stand in another, and the rows add up to the total.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from forecast.desk.sentences.unusual import ORDER
from forecast.names import dimension_words, member_words
from forecast.sources.source import Source
from forecast.words import month_name

# What a count is set beside: column of the view `movers` -> its words.
BASES = {"month_before": "month before", "year_before": "year before", "median": "forecast"}
MOST_SHOWN = 8  # rows of a dimension before the rest is folded


@dataclass(frozen=True, slots=True)
class MoverRow:
    """Row of the statement `movers`: a series' newest month and what it is set beside."""

    total: str
    dimension: str
    member: str
    month: str
    value: int
    month_before: int | None
    year_before: int | None
    median: int | None

    @classmethod
    def sum(cls, rows: Sequence[MoverRow]) -> MoverRow:
        """Add up rows of one month; a base that one of them lacks is unknown for all."""
        every = {name: [getattr(row, name) for row in rows] for name in ("value", *BASES)}
        sums: dict[str, Any] = {n: None if None in of else sum(of) for n, of in every.items()}
        return replace(rows[0], **sums)


@dataclass(frozen=True, slots=True)
class Mover:
    """A part, several or the total. label : in words. value : count of the month.

    bases : its value by the names of BASES, None where it is not on record. change : from the base
    that was asked about; None without one. share : of the total's change, None where that is 0.
    """

    label: str
    value: int
    bases: Mapping[str, int | None]
    change: int | None
    share: float | None

    @classmethod
    def of(cls, label: str, row: MoverRow, base: str, whole: int | None = None) -> Mover:
        """Compare a row with one of its bases. whole : the change of the total."""
        bases = {name: getattr(row, name) for name in BASES}
        return cls.moved(label, row.value, bases, base, whole)

    @classmethod
    def moved(
        cls, label: str, value: int, bases: Mapping[str, int | None], base: str, whole: int | None
    ) -> Mover:
        """Compare a value with one of its bases."""
        before = bases[base]
        change = None if before is None else value - before
        share = (change and change / whole) if whole and change is not None else None
        return cls(label, value, bases, change, share)


@dataclass(frozen=True, slots=True)
class Moved:
    """How the parts of a total by a dimension, in words, moved.

    late : whether the month is older than the total's. total : the total itself; the sum of the
    parts, without a forecast, where they are older or of a half of it.
    """

    dimension: str
    month: str
    late: bool
    movers: Sequence[Mover]
    total: Mover


def by_dimension(
    rows: Iterable[MoverRow], source: Source, base: str = "month_before", most: int = MOST_SHOWN
) -> list[Moved]:
    """Sort the parts of a total by how far they moved, a list for each dimension.

    rows : of one total, the total's own among them. base : one of BASES, from which a change is
    counted. most : rows before the rest is folded into one.
    """
    order = {name: place for place, name in enumerate(("", *ORDER))}
    groups: dict[str, list[MoverRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (order.get(row.dimension, len(order)), row.dimension)):
        groups[row.dimension].append(row)
    own = max(groups.pop("", ()), key=attrgetter("month"), default=None)
    return [_moved(members, own, source, base, most) for members in groups.values()]


def _moved(
    members: Sequence[MoverRow], own: MoverRow | None, source: Source, base: str, most: int
) -> Moved:
    dimension, aside = members[0].dimension, source.hierarchy.aside
    # Some breakdowns are published later than their total.
    month, newest = max(row.month for row in members), own.month if own else ""
    # A part without a count of that month ended or was renamed; it did not move.
    current = [row for row in members if row.month == month]
    moves = {row: Mover.of("", row, base).change or 0 for row in current}
    current.sort(key=lambda row: (-abs(moves[row]), -row.value))
    summed = Mover.of("sum of parts", MoverRow.sum(current), base)
    if own and month == newest and not (aside and dimension == aside.dimension):
        whole = Mover.of(own.total or "in all", own, base)
    else:  # the sum of medians is no forecast of a sum
        bases = {**summed.bases, "median": None}
        whole = Mover.moved(summed.label, summed.value, bases, base, None)
    # One row more takes no more room than saying that it is left out.
    shown = current if len(current) <= most + 1 else current[:most]
    movers = [
        Mover.of(member_words(dimension, row.member, source), row, base, whole.change)
        for row in shown
    ]
    if folded := current[len(shown) :]:
        movers.append(Mover.of(f"{len(folded)} others", MoverRow.sum(folded), base, whole.change))
    movers += _rest(whole, summed, base)
    return Moved(dimension_words(dimension, source), month, month < newest, movers, whole)


def _rest(whole: Mover, summed: Mover, base: str) -> list[Mover]:
    """What the total has more than its parts; nothing where that is nothing."""
    pairs = {name: (whole.bases[name], summed.bases[name]) for name in BASES}
    bases = {n: None if a is None or b is None else a - b for n, (a, b) in pairs.items()}
    value, forecast = whole.value - summed.value, bases.pop("median")
    if not any((value, forecast, *bases.values())):
        return []
    label = "not on record by part" if any((value, *bases.values())) else "forecasts made apart"
    return [Mover.moved(label, value, bases | {"median": forecast}, base, whole.change)]


def moved_words(moved: Moved, total: str, base: str) -> str:
    """Say what a list is of, and as of when, where its parts are older than their total."""
    late = f" (newest figures by {moved.dimension})" if moved.late else ""
    return f"{total}, {month_name(moved.month)}{late}: change from the {BASES[base]}"
