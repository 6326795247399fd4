"""The publisher's labels that the operator joins: one that was renamed goes on as one series.

    TURKEY in the files of years, TURKIYE in the newest -> one series, TURKIYE

Labels are kept as they were read and joined where counts leave the record, so that a join can be
changed at any time and applies to all that is held. Only those of the closed lists (demographics,
authorities) are joined when a file is read: with an unknown one, the dimension is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping

from forecast.types import Counts, SeriesKey

# Between the members of a crossing, "TX * MEXICO"; a label that contains it is refused.
CROSSING = " * "
CROSSED = "*"  # between the columns of a crossing's name

Joins = Mapping[str, Mapping[str, str]]  # dimension -> label -> the label it is joined to


def joined(counts: Counts, joins: Joins) -> dict[SeriesKey, dict[str, int]]:
    """Counts with labels joined, month by month; the others as they are, and in their order.

    Parameters
    ----------
    counts : of any dimensions, also crossings, where each column's labels are joined.
    """
    # In the order of the counts: the first label of two keeps its place.
    sums: dict[SeriesKey, dict[str, int]] = {}
    for key, by_month in counts.items():
        to = key._replace(member=_member(key, joins))
        sums[to] = _added(sums[to], by_month) if to in sums else dict(by_month)
    return sums


def _added(counts: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {m: counts.get(m, 0) + other.get(m, 0) for m in sorted({*counts, *other})}


def _member(key: SeriesKey, joins: Joins) -> str:
    # Of a crossing each column's label is joined by its own list.
    columns = key.dimension.split("*")
    labels = key.member.split(CROSSING)
    if len(columns) != len(labels):
        return key.member
    return CROSSING.join(
        joins.get(column, {}).get(label, label)
        for column, label in zip(columns, labels, strict=True)
    )
