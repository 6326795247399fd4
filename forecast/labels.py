"""The publisher's labels that the operator joins: one that was renamed goes on as one series.

    TURKEY in the files of years, TURKIYE in the newest -> one series, TURKIYE

Labels are kept as they were read and joined where counts leave the record, so that a join can be
changed at any time and applies to all that is held. Only those of the closed lists (demographics,
authorities) are joined when a file is read: with an unknown one, the dimension is not kept.
"""

from collections.abc import Mapping

from forecast.types import Counts, SeriesKey

# Between the members of a crossing, "TX * MEXICO"; a label that contains it is refused.
CROSSING = " * "
CROSSED = "*"  # between the columns of a crossing's name

Joins = Mapping[str, Mapping[str, str]]  # dimension -> label -> the label it is joined to


def joined(counts: Counts, joins: Joins) -> dict[SeriesKey, dict[str, int]]:
    """Counts with labels joined, month by month; the others as they are, and in their order.

    counts : of any dimensions, also crossings, where each column's labels are joined.
    """
    # In the order of the counts: the first label of two keeps its place.
    sums: dict[SeriesKey, dict[str, int]] = {}
    for key, by_month in counts.items():
        # Of a crossing each column's label is joined by its own list.
        columns, labels, to = key.dimension.split(CROSSED), key.member.split(CROSSING), key
        if len(columns) == len(labels):
            pairs = zip(columns, labels, strict=True)
            to = key._replace(member=CROSSING.join(joins.get(c, {}).get(x, x) for c, x in pairs))
        if (other := sums.get(to)) is not None:
            every = sorted({*other, *by_month})
            sums[to] = {m: other.get(m, 0) + by_month.get(m, 0) for m in every}
        else:
            sums[to] = dict(by_month)
    return sums
