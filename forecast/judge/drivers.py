"""Which parts moved the whole: a total's deviation, divided over the members of a dimension.

    contribution = published - expected

A part's expected count is its own forecast from the flag's cutoff, or its last count where it is
too young for one. All are scaled so that they sum to the total's median. Whole numbers by largest
remainder, and what parts and total differ by stands in its own row, so that the contributions of
a dimension sum exactly to the total's deviation.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from forecast import months
from forecast.engine import joint
from forecast.engine.predictive import PanelHindcasts
from forecast.labels import CROSSED
from forecast.tree import Tree
from forecast.types import Counts, DriverRole, Flag, Judgement, Row, SeriesKey, UnexplainedMonth


class Member(NamedTuple):
    """A member in the flagged month: its expected count, not yet scaled, >= 0, and what came."""

    series: SeriesKey
    expected: float
    came: int


class Whole(NamedTuple):
    """A total's flag: series and month, its median, and what was published."""

    series: SeriesKey
    month: str
    median: int
    published: int


def drivers(whole: Whole, dimension: str, parts: Sequence[Member], complete: bool) -> list[Row]:
    """How much of a total's deviation each part of a dimension made up, in counts, a row each.

    complete : whether the parts held make up the whole. If they do not (one component is
        published over a longer span), they are not scaled up to it, and the unattributed row
        holds the rest.

    Returns series and month of the total's flag; member, the part, None for the two roles that are
    no part: "unattributed", the last row, is what parts and total differ by, and in "not held" the
    dimension has no figures for that month (counts are None).
    """
    series, month, median, count = whole
    of = {"series": series, "month": month, "dimension": dimension}
    names = ("role", "member", "expected", "value", "contribution")
    if not parts:
        return [of | dict(zip(names, ("not held", None, None, None, None), strict=True))]
    shares = np.array([expected for _, expected, _ in parts])
    # Half of the parts scaled up to the whole would take the other half's blame.
    short = not complete and shares.sum() < median
    expected = apportioned(shares, round(shares.sum()) if short else median)

    def row(role: DriverRole, member: SeriesKey | None, share: int, value: int) -> Row:
        return of | dict(zip(names, (role, member, share, value, value - share), strict=True))

    rows = [
        row("part", member, share, value)
        for (member, _, value), share in zip(parts, expected, strict=True)
        if share or value
    ]
    rest, came = median - sum(expected), count - sum(value for *_, value in parts)
    return [*rows, row("unattributed", None, rest, came)] if rest or came or not rows else rows


def apportioned(shares: np.ndarray, total: int) -> list[int]:
    """Whole numbers in proportion to the shares that sum to `total`, by largest remainder.

    All zero where the shares are. Ties go to the first.
    """
    if shares.sum() <= 0:
        return [0] * len(shares)
    # So that printed contributions add up to the printed deviation.
    whole = joint.rounded(shares / shares.sum() * total, total)
    return [int(count) for count in whole]


def explain(
    earlier: Iterable[UnexplainedMonth],
    flags: Iterable[Flag],
    judgements: Iterable[Judgement],
    hindsights: Sequence[PanelHindcasts],
    counts: Counts,
    dimensions: Sequence[str],
    tree: Tree,
) -> Iterator[Row]:
    """Drivers of the new flags, and of earlier ones where figures have arrived since.

    earlier : what had no counts when it was explained. hindsights : the totals' and every family's.
    """
    # By key once: a flag asks for hundreds of parts.
    places = {key: (h, row) for h in hindsights for row, key in enumerate(h.keys)}
    cutoffs = {(j.series, j.month): j.cutoff for j in judgements if j.series.headline}
    # Crossings would say once more, in smaller parts, what their dimensions say.
    alone = [name for name in dimensions if CROSSED not in name]
    for flag in flags:
        cutoff = cutoffs.get((flag.series, flag.month))
        if flag.kind != "month" or flag.severity == "watch" or cutoff is None:
            continue
        whole = Whole(flag.series, flag.month, flag.expected, flag.value)
        first = ("border",) if flag.series == tree.whole else ()
        for dimension in (*first, *alone):
            yield from explained(whole, cutoff, dimension, places, counts, tree)
    for asked in earlier:
        whole = Whole(asked.series, asked.month, asked.expected, asked.value)
        answer = explained(whole, asked.cutoff, asked.dimension, places, counts, tree)
        if answer[0]["role"] != "not held":
            yield from answer


def explained(
    whole: Whole,
    cutoff: str,
    dimension: str,
    places: Mapping[SeriesKey, tuple[PanelHindcasts, int]],
    counts: Counts,
    tree: Tree,
) -> list[Row]:
    """The drivers of a total's month by one dimension.

    Parts count that have a count in the month, and a forecast of it or a count at the cutoff.
    """
    total, month = whole.series.total, whole.month
    members = tree.parts(SeriesKey(total), "" if dimension == "border" else dimension, counts)
    ahead, parts = months.to_index(month) - months.to_index(cutoff), []
    for key in members:
        hindsight, row = places.get(key, (None, 0))
        expected = hindsight.expected(row, month, ahead) if hindsight else None
        usual = max(math.expm1(expected.centre), 0.0) if expected else counts[key].get(cutoff)
        if month in counts[key] and usual is not None:
            parts.append(Member(key, usual, counts[key][month]))
    # Nobody knows the month of a part that began before it.
    unknown = any(month not in counts[key] and min(counts[key]) < month for key in members)
    # Both components, where they are published over different spans.
    whole_sum = tree.partition(dimension, {key.component for key, *_ in parts})
    return drivers(whole, dimension, parts, whole_sum and not unknown)
