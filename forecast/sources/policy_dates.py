"""Policy dates after which the series are known to have moved, and when each was known.

For display, for Prophet's one-off events and for scoring. A hindcast may use a date only if it
was known at the cutoff: a date announced beforehand (the end of Title 42) helps, one that came
unannounced does not. Most fall inside a month, which is then partly old and partly new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forecast import months


@dataclass(frozen=True, slots=True)
class PolicyDate:
    """One change of policy.

    date, known_on : "YYYY-MM-DD", in force and first publicly certain.
    borders : those it bears on; nationwide only where the southwest, its bulk, is among them.
    source : the document, in words.
    """

    date: str
    known_on: str
    borders: tuple[str, ...]
    name: str
    source: str


KNOWN = (
    PolicyDate(
        date="2020-03-20",
        known_on="2020-03-20",
        borders=("northern", "southwest", "nationwide"),
        name="Title 42 begins",
        source="CDC order of 20 March 2020 under 42 U.S.C. 265, in force the same day",
    ),
    PolicyDate(
        date="2023-03-25",
        known_on="2023-03-24",
        borders=("northern",),
        name="Safe Third Country Agreement extended to the whole land border",
        source="Additional Protocol, announced by the two governments in Ottawa on 24 March 2023",
    ),
    PolicyDate(
        date="2023-05-11",
        known_on="2023-01-30",
        borders=("northern", "southwest", "nationwide"),
        name="Title 42 ends",
        source="Statement of Administration Policy of 30 January 2023: the public health "
        "emergency, and Title 42 with it, to end on 11 May 2023",
    ),
    PolicyDate(
        date="2024-02-29",
        known_on="2024-02-29",
        borders=("northern",),
        name="Canada requires visas of most Mexican nationals",
        source="Notice of Immigration, Refugees and Citizenship Canada of 29 February 2024, in "
        "force the same day",
    ),
    PolicyDate(
        date="2024-06-05",
        known_on="2024-06-04",
        borders=("southwest", "nationwide"),
        name="Proclamation 10773: limits on asylum at the southern border",
        source="Proclamation 10773, signed on 4 June 2024, in force the next day",
    ),
    PolicyDate(
        date="2025-01-20",
        known_on="2025-01-20",
        borders=("northern", "southwest", "nationwide"),
        name="Proclamation 10888 and the end of CBP One scheduling",
        source="Proclamation 10888 and CBP's notice, both of 20 January 2025",
    ),
)


def columns(
    total: str, last: int, width: int, dates: Sequence[PolicyDate]
) -> tuple[tuple[int, int], ...]:
    """Where the policy dates of a border fall in a panel.

    Parameters
    ----------
    border : only its dates count.
    last : running number of the month in the last column.
    width : number of columns.

    Returns
    -------
    (column of the month it falls in, column of the month in which it was known) per date. Dates
    before the first column are left out; columns after the last one are possible.
    """
    first = last - width + 1
    places = [
        (months.to_index(date.date[:7]) - first, months.to_index(date.known_on[:7]) - first)
        for date in dates
        if total in date.borders
    ]
    return tuple((column, max(known, 0)) for column, known in places if column >= 0)
