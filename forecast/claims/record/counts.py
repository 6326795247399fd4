"""The monthly counts of every series in memory, read once: what a claim is held against."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from forecast import months
from forecast.names import SeriesNames, member_words
from forecast.periods import Calendar, Period
from forecast.sources.own import PART
from forecast.sources.source import Source
from forecast.store.queries import sql
from forecast.types import BORDERS, NATIONWIDE, SeriesKey

APPREHENSION = "apprehension_type"  # splits the count of one half, where a source has one
LAND = "land"  # both land borders together
DRUG = "drug"
# Of what is counted, not of where; of some the parts' add up to a group nationwide.
EVERYWHERE = ("citizenship", "demographic", DRUG)
GROUPS = (*EVERYWHERE, APPREHENSION)


def agencies(source: Source) -> dict[str, str]:
    """Give the labels of a source's halves by their codes."""
    return {half.code: half.component for half in source.hierarchy.halves}


def arrest_words(member: str, source: Source) -> str:
    """Say where those of a member were arrested: at entry, in the interior (At Large)."""
    aside = source.hierarchy.aside
    if aside is None:
        return member
    return aside.rest_where if member == aside.rest else f"{aside.named_where} ({member})"


def agency_words(code: str, source: Source) -> str:
    """What an agency's count is of, in the words of the source in use; of both for ""."""
    halves = {half.code: half for half in source.hierarchy.halves}
    return halves[code].noun if code in halves else source.measure.long_name


class Subject(NamedTuple):
    """Whose counts.

    total : one of `types.HEADLINES`, or "land".
    agency : "" both, "usbp" between ports, "ofo" at ports.
    dimension : "" for a total, else field, state, citizenship, demographic, drug, or
        apprehension_type, which splits Border Patrol's count only (agency "").
    members : the parts, added up, in the publisher's names.
    """

    total: str
    agency: str = ""
    dimension: str = ""
    members: tuple[str, ...] = ()

    def key(self, source: Source) -> SeriesKey:
        """The series' key, where it is one series; of several parts the first's."""
        known, aside = agencies(source), source.hierarchy.aside
        if self.dimension == "field":
            half = known.get(self.agency or "usbp", "")
            return SeriesKey(self.total, "field", self.members[0], half)
        if self.dimension:
            half = aside.half if aside and self.dimension == aside.dimension else ""
            if self.dimension == PART:  # each part of own counts is released for itself
                half = self.members[0]
            return SeriesKey(self.total, self.dimension, self.members[0], half)
        agency = known.get(self.agency, self.agency)
        return SeriesKey(self.total, "component" if agency else "", agency, agency)

    def words(self, source: Source, *, split: bool = False) -> str:
        """As one says it after a number: what is counted, and where.

        split : what of the Border Patrol's count was in the interior is said behind it.
        """
        noun, aside = source.measure.noun, source.hierarchy.aside
        half = source.hierarchy.named(aside.half).short if aside else ""
        place = "at both land borders" if self.total == LAND else source.totals.where(self.total)
        field = self.dimension == "field"
        names = [
            name if field else member_words(self.dimension, name, source) for name in self.members
        ]
        named = " and ".join(names)
        # Fentanyl, but LSD.
        drugs = " and ".join(name if name.isupper() else name.lower() for name in names)
        where = " and ".join(arrest_words(name, source) for name in self.members)
        sectors = agency_words("ofo" if self.agency == "ofo" else "usbp", source)
        agency = f"{half} {noun}" if split else agency_words(self.agency, source)
        phrases = {
            "": f"{agency} {place}",
            "field": f"{sectors} in {named}" + (f" ({place})" if self.total == "other" else ""),
            "state": f"{noun} in {named} ({place})",
            APPREHENSION: f"{half} {noun} {where} {place}",
            DRUG: f"{source.measure.of_part.format(drugs)} {place}",
            "citizenship": f"{noun} of citizens of {named} {place}",
            "demographic": f"{noun} of {named} {place}",
        }
        return phrases.get(self.dimension, f"{noun} {place} ({named})")


@dataclass(frozen=True, slots=True)
class ClaimCounts:
    """One series.

    by_month : the count of each month that is known, ascending, and how far rounding at its source
        may have moved it: half a unit, 0 where the source is exact.
    """

    by_month: dict[int, tuple[int, float]]

    @property
    def first(self) -> int:
        """Its first month."""
        return next(iter(self.by_month))

    @property
    def last(self) -> int:
        """Its newest month."""
        return next(reversed(self.by_month))

    def holds(self, span: Period) -> bool:
        """Whether every month of a span is on record."""
        return all(month in self.by_month for month in span.numbers)

    def unknown_in(self, span: Period) -> list[int]:
        """The months of a span, between the first and the last, that nobody knows."""
        known = range(max(span.first, self.first), min(span.last, self.last) + 1)
        return [month for month in known if month not in self.by_month]

    def total(self, span: Period) -> int:
        """The count of a span that it holds."""
        return sum(self.by_month[month][0] for month in span.numbers)

    def slack_of(self, span: Period) -> float:
        """How far rounding at the source may move that total."""
        return sum(self.by_month[month][1] for month in span.numbers)

    def spans(self, calendar: Calendar) -> Iterator[Period]:
        """The spans that are often told of: months, years and their beginnings, calendar years."""
        for last in self.by_month:
            if not calendar.adds:
                yield Period(last, last)
                continue
            begin = calendar.period(calendar.year(last)).first
            of_year = (last - 11,) if last % 12 == 11 else ()
            for first in dict.fromkeys((last, max(begin, self.first), *of_year)):
                span = Period(first, last)
                if (first in (last, begin) or of_year) and self.holds(span):
                    yield span


class CountTable:
    """Every series, by subject; sums and differences of series are made when first asked for.

    series : key -> month (running number) -> (count, unit of rounding).
    values : (total, month) -> values a total's month has had, oldest first, with the date from
        which each was known ("YYYY-MM-DD") and how exactly that is known.
    source : what its publisher tells of the counts.
    dated : (series, month) -> what it was published to be, apart from the releases of today.
    """

    def __init__(
        self,
        series: Mapping[SeriesKey, Mapping[int, tuple[int, int]]],
        values: Mapping[tuple[str, int], Sequence[tuple[int, str, str]]],
        source: Source,
        dated: Mapping[tuple[SeriesKey, int], Sequence[int]] = MappingProxyType({}),
    ) -> None:
        self._series = {
            key: _line(key, by_month, source.rounded, series)
            for key, by_month in series.items()
            if by_month
        }
        self._known: dict[Subject, ClaimCounts | None] = {}
        self._where: dict[Subject, dict[int, list[Period]]] = {}
        self.values, self.source, self.calendar = values, source, source.calendar
        self.dated = dated
        self.newest = max((line.last for line in self._series.values()), default=0)

    @classmethod
    def read(cls, connection: sqlite3.Connection, source: Source) -> CountTable:
        """The table of a record."""
        series: dict[tuple[str, ...], dict[int, tuple[int, int]]] = defaultdict(dict)
        index = cache(months.to_index)
        for *key, month, count, unit in connection.execute(sql("every_month")):
            series[tuple(key)][index(month)] = (count, unit)
        values: dict[tuple[str, int], list[tuple[int, str, str]]] = defaultdict(list)
        for total, month, count, known_from, vintage in connection.execute(sql("every_value")):
            values[total, index(month)].append((count, known_from, vintage))
        dated: dict[tuple[SeriesKey, int], list[int]] = defaultdict(list)
        for *key, month, count in connection.execute(sql("dated_counts")):
            dated[SeriesKey(*key), index(month)].append(count)
        keyed = {SeriesKey(*key): by_month for key, by_month in series.items()}
        return cls(keyed, values, source, dated)

    @property
    def keys(self) -> Iterable[SeriesKey]:
        """Every series on record."""
        return self._series.keys()

    def counts(self, subject: Subject) -> ClaimCounts | None:
        """A subject's months, None where the record does not tell it apart."""
        if subject not in self._known:
            self._known[subject] = self._derive(subject)
        return self._known[subject]

    def total(self, subject: Subject, span: Period) -> int | None:
        """The count of a span, None where a month of it is not known or months do not add up."""
        line = self.counts(subject) if span.length == 1 or self.calendar.adds else None
        return line.total(span) if line and line.holds(span) else None

    def where(self, subject: Subject, count: int) -> list[Period]:
        """The spans of which a count is the subject's to the digit, the newest first.

        Months, fiscal years and their beginnings, calendar years; of a total's months also what
        was published at first.
        """
        index = self._where.get(subject)
        if index is None:
            index = self._where[subject] = defaultdict(list)
            line = self.counts(subject)
            for span in reversed(list(line.spans(self.calendar)) if line else []):
                for value in {line.total(span), *self.first_values(subject, span)} if line else ():
                    index[value].append(span)
        return index.get(count, [])

    def first_values(self, subject: Subject, span: Period) -> set[int]:
        """Every value that a total's month has had; empty unless its first one is on record."""
        if subject.agency or subject.dimension or span.length > 1:
            return set()
        known = self.values.get((subject.total, span.first), ())
        # A first value was known within two months of the month's end, on a day that is told.
        due = months.from_index(span.first + 3)
        # What was known by a day need not be what was said first.
        dated = any(kind in ("day", "month") and day[:7] <= due for _, day, kind in known)
        return {count for count, _, _ in known} if dated else set()

    def known_values(self, subject: Subject, span: Period) -> set[int]:
        """Every value that somebody is on record to have published of a series' month."""
        first = self.first_values(subject, span)
        if span.length > 1 or len(subject.members) > 1:
            return first
        return first | set(self.dated.get((subject.key(self.source), span.first), ()))

    def _derive(self, subject: Subject) -> ClaimCounts | None:
        if len(subject.members) > 1:
            ones = [subject._replace(members=(name,)) for name in subject.members]
            return _added([self.counts(subject) for subject in ones])
        if subject.agency and subject.dimension not in ("", "field"):
            return None  # the files do not tell nationality or state by agency
        if subject.total in (NATIONWIDE, LAND) and subject.dimension != "field":
            return self._of_borders(subject)
        if subject.agency == "ofo" and not subject.dimension:
            both = self.counts(Subject(subject.total))
            return _added([both, self.counts(Subject(subject.total, "usbp"))], less=True)
        return self._series.get(subject.key(self.source))

    def _of_borders(self, subject: Subject) -> ClaimCounts | None:
        """Add up what is of several borders where it is not one series."""
        stored = self._series.get(subject.key(self.source))
        if stored and subject.total == NATIONWIDE:
            return stored
        totals = BORDERS if subject.total == NATIONWIDE else BORDERS[:2]
        lines = [self.counts(subject._replace(total=total)) for total in totals]
        # A part that a total has none of is no gap.
        return _added([line for line in lines if line] if subject.dimension else lines)

    def subjects(self) -> Iterator[Subject]:
        """Every subject of one series or one agency: what a bare number may be of."""
        for total in self.source.totals.every:
            for agency in ("", *(half.code for half in self.source.hierarchy.halves)):
                yield Subject(total, agency)
        for key in self._series:
            if not key.headline and key.dimension != "component":
                yield subject_of(key, self.source)
        parts = {key[1:3] for key in self._series if key.dimension in EVERYWHERE}
        for dimension, member in sorted(parts):
            yield Subject(NATIONWIDE, "", dimension, (member,))


def _line(
    key: SeriesKey,
    by_month: Mapping[int, tuple[int, int]],
    rounded: str,
    keys: Iterable[SeriesKey],
) -> ClaimCounts:
    """A series, and how far its months may be off where each part was rounded to a whole unit."""
    parts = {key for key in keys if key.dimension == rounded} if rounded else set()
    half = 0.5 * sum(key.total in (NATIONWIDE, part.total) for part in parts)
    half = 0.5 if rounded and key.dimension == rounded else half
    values = sorted(by_month.items())
    return ClaimCounts(
        {month: (count, unit / 2 if unit > 1 else half) for month, (count, unit) in values}
    )


def _added(lines: Sequence[ClaimCounts | None], less: bool = False) -> ClaimCounts | None:
    """The sum of series; less : the first less the others."""
    counted = [line.by_month for line in lines if line]
    if not counted or len(counted) < len(lines):
        return None
    made: dict[int, tuple[int, float]] = {}
    for month in counted[0]:
        if all(month in line for line in counted):
            counts, slacks = zip(*(line[month] for line in counted), strict=True)
            total = 2 * counts[0] - sum(counts) if less else sum(counts)
            made[month] = total, sum(slacks)
    return ClaimCounts(made) if made else None


def series_names(table: CountTable) -> SeriesNames:
    """The names of every series that a claim may be about."""
    totals, halves = table.source.totals.every, table.source.hierarchy.components
    # What a half counted is known of every total: where no file tells, by what the other left.
    of_halves = (SeriesKey(t, "component", half, half) for t in totals for half in halves)
    # Of what is one part to people alone: a field office has its own of each total.
    sums = (key for key in table.source.tree.sums(table.keys) if key.dimension in EVERYWHERE)
    return SeriesNames(dict.fromkeys((*table.keys, *of_halves, *sums)), table.source)


def subject_of(key: SeriesKey, source: Source) -> Subject:
    """Tell whose counts a series has."""
    codes = {component: code for code, component in agencies(source).items()}
    if key.dimension == "component":
        return Subject(key.total, codes.get(key.member, ""))
    if key.headline:
        return Subject(key.total)
    agency = "" if key.dimension == APPREHENSION else codes.get(key.component, "")
    return Subject(key.total, agency, key.dimension, (key.member,))


def name_of(names: SeriesNames, subject: Subject) -> str:
    """The name of a subject, as one types it; of several parts joined by +."""
    if subject.dimension == "none":
        return ""
    ones = [subject._replace(members=(member,)) for member in subject.members] or [subject]
    words = [names.name(subject.key(names.source)) for subject in ones]
    first, *rest = words
    return "+".join([first, *(name.partition(":")[2] for name in rest)])
