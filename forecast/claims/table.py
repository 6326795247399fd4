"""The monthly counts of every series in memory, read once: what a claim is held against."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from forecast import months
from forecast.claims.spans import ClaimSpan
from forecast.claims.subjects import EVERYWHERE, LAND, USBP, Subject
from forecast.sources.source import Source
from forecast.store import reports
from forecast.types import BORDERS, NATIONWIDE, SeriesKey


@dataclass(frozen=True, slots=True)
class ClaimCounts:
    """One series.

    first : its first month, a running number. counts : encounters by month, 0 where unknown.
    slack : by month, half the unit that its source rounds to; 0 where the source is exact.
    unknown : months between its first and its last that nobody knows.
    """

    first: int
    counts: tuple[int, ...]
    slack: tuple[float, ...]
    unknown: frozenset[int] = frozenset()
    sums: tuple[int, ...] = ()
    slacks: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "sums", (0, *accumulate(self.counts)))
        object.__setattr__(self, "slacks", (0.0, *accumulate(self.slack)))

    @property
    def last(self) -> int:
        """Its newest month."""
        return self.first + len(self.counts) - 1

    def holds(self, span: ClaimSpan) -> bool:
        """Whether every month of a span is on record."""
        within = self.first <= span.first <= span.last <= self.last
        return within and not self.unknown_in(span)

    def unknown_in(self, span: ClaimSpan) -> list[int]:
        """The months of a span that nobody knows, ascending."""
        return sorted(month for month in self.unknown if span.first <= month <= span.last)

    def total(self, span: ClaimSpan) -> int:
        """Encounters in a span that it holds."""
        return self.sums[span.last + 1 - self.first] - self.sums[span.first - self.first]

    def slack_of(self, span: ClaimSpan) -> float:
        """How far rounding at the source may move that total."""
        return self.slacks[span.last + 1 - self.first] - self.slacks[span.first - self.first]


class CountTable:
    """Every series, by subject; sums and differences of series are made when first asked for.

    series : key -> month (running number) -> (encounters, unit of rounding).
    values : (border, month) -> values a border's month has had, oldest first, with the date from
        which each was known ("YYYY-MM-DD") and how exactly that is known.
    source : what its publisher tells of the counts.
    """

    def __init__(
        self,
        series: Mapping[SeriesKey, Mapping[int, tuple[int, int]]],
        values: Mapping[tuple[str, int], Sequence[tuple[int, str, str]]],
        source: Source,
    ) -> None:
        self._series = {
            key: _line(by_month, _half_units(key, source.rounded, series))
            for key, by_month in series.items()
            if by_month
        }
        self._known: dict[Subject, ClaimCounts | None] = {}
        self.values, self.source = values, source
        self.newest = max((line.last for line in self._series.values()), default=0)

    @classmethod
    def read(cls, connection: sqlite3.Connection, source: Source) -> CountTable:
        """The table of a record."""
        series: dict[tuple[str, ...], dict[int, tuple[int, int]]] = defaultdict(dict)
        index = cache(months.to_index)
        for *key, month, encounters, unit in reports.every_month(connection):
            series[tuple(key)][index(month)] = (encounters, unit)
        values: dict[tuple[str, int], list[tuple[int, str, str]]] = defaultdict(list)
        for border, month, encounters, known_from, vintage in reports.every_value(connection):
            values[border, index(month)].append((encounters, known_from, vintage))
        keyed = {SeriesKey(*key): by_month for key, by_month in series.items()}
        return cls(keyed, values, source)

    @property
    def keys(self) -> Iterable[SeriesKey]:
        """Every series on record."""
        return self._series.keys()

    def counts(self, subject: Subject) -> ClaimCounts | None:
        """A subject's months, None where the record does not tell it apart."""
        if subject not in self._known:
            self._known[subject] = self._derive(subject)
        return self._known[subject]

    def total(self, subject: Subject, span: ClaimSpan) -> int | None:
        """Encounters in a span, None where not every month of it is on record."""
        line = self.counts(subject)
        return line.total(span) if line and line.holds(span) else None

    def first_values(self, subject: Subject, span: ClaimSpan) -> set[int]:
        """Every value that a total's month has had; empty unless its first one is on record."""
        if subject.agency or subject.dimension or span.length > 1:
            return set()
        known = self.values.get((subject.border, span.first), ())
        # A first value was known within two months of the month's end, on a day that is told.
        due = months.from_index(span.first + 3)
        dated = any(kind != "unknown" and day[:7] <= due for _, day, kind in known)
        return {count for count, _, _ in known} if dated else set()

    def _derive(self, subject: Subject) -> ClaimCounts | None:
        if subject.other_than:
            whole = subject._replace(dimension="", members=(), other_than=False)
            return _less(self.counts(whole), self.counts(subject._replace(other_than=False)))
        if len(subject.members) > 1:
            ones = [subject._replace(members=(name,)) for name in subject.members]
            return _added([self.counts(one) for one in ones])
        if subject.agency and subject.dimension not in ("", "field"):
            return None  # the files do not tell nationality or state by agency
        if subject.border in (NATIONWIDE, LAND) and subject.dimension != "field":
            return self._of_borders(subject)
        if subject.agency == "ofo" and not subject.dimension:
            both = self.counts(Subject(subject.border))
            return _less(both, self.counts(Subject(subject.border, "usbp")))
        return self._series.get(subject.key(self.source))

    def _of_borders(self, subject: Subject) -> ClaimCounts | None:
        if subject.border == NATIONWIDE and subject.key(self.source) in self._series:
            return self._series[subject.key(self.source)]
        borders = BORDERS if subject.border == NATIONWIDE else BORDERS[:2]
        lines = [self.counts(subject._replace(border=border)) for border in borders]
        if subject.dimension:  # a part that a border has none of is no gap
            lines = [line for line in lines if line]
        return _added(lines)

    def subjects(self) -> Iterator[Subject]:
        """Every subject of one series or one agency: what a bare number may be of."""
        for border in self.source.totals.every:
            for agency in ("", *(half.code for half in self.source.hierarchy.halves)):
                yield Subject(border, agency)
        for key in self._series:
            if key.dimension == "field":
                agency = "usbp" if key.component == USBP else "ofo"
                yield Subject(key.border, agency, "field", (key.member,))
            elif not key.headline and key.dimension != "component":
                yield Subject(key.border, "", key.dimension, (key.member,))
        parts = {key[1:3] for key in self._series if key.dimension in EVERYWHERE}
        for dimension, member in sorted(parts):
            yield Subject(NATIONWIDE, "", dimension, (member,))


def _half_units(key: SeriesKey, rounded: str, keys: Iterable[SeriesKey]) -> float:
    """How far a month may be off where each part of a dimension was rounded to a whole unit."""
    if not rounded or key.dimension == rounded:
        return 0.5 if rounded else 0.0
    parts = {one for one in keys if one.dimension == rounded}
    return 0.5 * sum(key.border in (NATIONWIDE, one.border) for one in parts)


def _line(by_month: Mapping[int, tuple[int, int]], half: float) -> ClaimCounts:
    first, last = min(by_month), max(by_month)
    held = [by_month.get(month, (0, 1)) for month in range(first, last + 1)]
    slack = tuple(unit / 2 if unit > 1 else half for _, unit in held)
    unknown = frozenset(range(first, last + 1)).difference(by_month)
    return ClaimCounts(first, tuple(count for count, _ in held), slack, unknown)


def _added(lines: Sequence[ClaimCounts | None]) -> ClaimCounts | None:
    held = [line for line in lines if line]
    if not held or len(held) < len(lines):
        return None
    first, last = max(line.first for line in held), min(line.last for line in held)
    if first > last:
        return None
    cut = [(line, first - line.first, last + 1 - line.first) for line in held]
    counts = tuple(map(sum, zip(*(line.counts[a:b] for line, a, b in cut), strict=True)))
    slack = tuple(map(sum, zip(*(line.slack[a:b] for line, a, b in cut), strict=True)))
    unknown = frozenset.union(*(line.unknown for line in held))
    return ClaimCounts(first, counts, slack, unknown & frozenset(range(first, last + 1)))


def _less(whole: ClaimCounts | None, part: ClaimCounts | None) -> ClaimCounts | None:
    if whole is None or part is None:
        return None
    counts = tuple(-count for count in part.counts)
    negative = ClaimCounts(part.first, counts, part.slack, part.unknown)
    return _added([whole, negative])
