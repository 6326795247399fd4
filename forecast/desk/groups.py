"""What each agency counted of its own groups: the Border Patrol's Mexicans, families, children."""

import json
import sqlite3
from dataclasses import dataclass
from itertools import groupby, islice
from operator import attrgetter

from forecast.names import member_words
from forecast.sources.source import Source
from forecast.store.queries import records
from forecast.words import month_words

LARGEST = 10  # groups of an agency by one thing


@dataclass(frozen=True, slots=True)
class AgencyGroup:
    """An agency's count of one group in the newest month that files tell of it.

    of_half : all that the agency counted in the month. year_before : None where it is not known.
    """

    dimension: str
    member: str
    half: str
    month: str
    count: int
    of_half: int
    year_before: int | None

    @property
    def share(self) -> str:
        """Its share of what the agency counted."""
        return f"{100 * self.count / self.of_half:.1f}%" if self.of_half else "-"

    def words(self, source: Source) -> str:
        """Call the group as people do, without its agency."""
        dimension, member = (of.partition("*")[2].strip() for of in (self.dimension, self.member))
        return member_words(dimension, member, source)


@dataclass(frozen=True, slots=True)
class GroupTable:
    """The largest groups of an agency by one thing; the title has the month that files tell of."""

    title: str
    groups: list[AgencyGroup]


def of_total(connection: sqlite3.Connection, source: Source, total: str) -> list[GroupTable]:
    """Return the largest groups of each agency at a total; none without such files."""
    about = {"totals": json.dumps(source.tree.totals_of(total))}
    every = records(connection, AgencyGroup, "groups_by_half", about)
    tables = []
    for (half, dimension), found in groupby(every, attrgetter("half", "dimension")):
        first, *more = islice(found, LARGEST)
        by = source.hierarchy.called.get(dimension.partition("*")[2], dimension.partition("*")[2])
        short = source.hierarchy.named(half).short
        title = f"{short} by {by}, {month_words(first.month)}"
        tables.append(GroupTable(title, [first, *more]))
    return tables
