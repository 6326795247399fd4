"""What moved: every part's newest count beside the month before, the year before and the forecast.

Each part has a share of its total's change. Small movers are folded into one row, what no part
states and what forecasts made apart differ by stand in another, and the rows add up to the total.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from forecast.desk.sentences.unusual import ORDER
from forecast.sources.names import dimension_words, member_words
from forecast.sources.source import Source
from forecast.types import Row
from forecast.words import month_name

# What a count is set beside: column of the view `movers` -> its words.
BASES = {"month_before": "month before", "year_before": "year before", "median": "forecast"}
MOST_SHOWN = 8  # rows of a dimension before the rest is folded


def by_dimension(
    rows: Sequence[Row], source: Source, base: str = "month_before", most: int = MOST_SHOWN
) -> list[Row]:
    """Sort the parts of a total by how far they moved, a list for each dimension.

    Parameters
    ----------
    rows : of the view `movers`, of one total, the total's own row among them.
    base : one of BASES, from which a change is counted.
    most : rows before the rest is folded into one.

    Returns
    -------
    Of each dimension its name in words, the month, whether that is older than the total's (late),
    its movers, and in `total` the total itself; the sum of the parts, without a forecast, where
    they are older or of a half of it. Of a mover

    label, value : in words; count of the month. bases : its value by the names of BASES, None where
    it is not on record. change : from the base that was asked about; None without one. share : of
    the change of the total, None where that is 0.
    """
    own = max((row for row in rows if not row["dimension"]), key=itemgetter("month"), default=None)
    newest = own["month"] if own else ""
    aside = source.hierarchy.aside
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
        of_half = aside is not None and dimension == aside.dimension
        whole = summed = _sum("sum of parts", current, base, None)
        if own and month == newest and not of_half:
            whole = _sum(own.get("border", "in all"), [own], base, None)
        else:  # the sum of medians is no forecast of a sum
            none = {"change": None} if base == "median" else {}
            whole = summed | {"bases": summed["bases"] | {"median": None}} | none
        # One row more takes no more room than saying that it is left out.
        shown = current if len(current) <= most + 1 else current[:most]
        movers = [
            _sum(member_words(dimension, row["member"], source), [row], base, whole["change"])
            for row in shown
        ]
        folded = current[len(shown) :]
        if folded:
            movers.append(_sum(f"{len(folded)} others", folded, base, whole["change"]))
        if rest := _rest(whole, summed, base):
            movers.append(rest)
        words, late = dimension_words(dimension, source), month < newest
        moved.append(
            {"dimension": words, "month": month, "late": late, "movers": movers, "total": whole}
        )
    return moved


def _rest(whole: Row, summed: Row, base: str) -> Row | None:
    """What the total has more than its parts, None where that is nothing."""
    pairs = {name: (whole["bases"][name], summed["bases"][name]) for name in BASES}
    bases = {n: None if None in pair else pair[0] - pair[1] for n, pair in pairs.items()}
    value = whole["value"] - summed["value"]
    counts = (value, bases["month_before"], bases["year_before"])
    if not any((*counts, bases["median"])):
        return None
    label = "not on record by part" if any(counts) else "forecasts made apart"
    return _sum(label, [{"value": value, **bases}], base, whole["change"])


def _sum(label: str, rows: Sequence[Row], base: str, whole: int | None) -> Row:
    """Add up rows; a base that one of them lacks is unknown for all."""
    bases: dict[str, int | None] = {
        name: None if any(row[name] is None for row in rows) else sum(row[name] for row in rows)
        for name in BASES
    }
    value, before = sum(row["value"] for row in rows), bases[base]
    change = None if before is None else value - before
    share = (change and change / whole) if whole and change is not None else None
    return {"label": label, "value": value, "bases": bases, "change": change, "share": share}


def moved_words(moved: Row, total: str, base: str) -> str:
    """Say what a list is of, and as of when, where its parts are older than their total."""
    late = f" (newest figures by {moved['dimension']})" if moved["late"] else ""
    return f"{total}, {month_name(moved['month'])}{late}: change from the {BASES[base]}"
