"""Everything that the site shows, read from the record once and at one moment."""

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import pairwise
from operator import itemgetter
from typing import Any

from forecast import lives
from forecast.desk import groups, provisional, vintages
from forecast.desk.dictionary import VIEWS
from forecast.desk.facts import (
    MonthFacts,
    TermFacts,
    TotalReports,
    all_reports,
    comparisons,
    followed,
    terms,
)
from forecast.desk.groups import GroupTable
from forecast.desk.movers import Moved, MoverRow, by_dimension
from forecast.desk.sentences import monthly, trust
from forecast.desk.sentences.skill import skill_notes
from forecast.desk.sentences.unusual import FAR
from forecast.engine import ENGINE
from forecast.engine.skill import skill_tests
from forecast.errors import ConfigError
from forecast.names import dimension_words, member_words
from forecast.rows import ChangeRow, FlagRow, ForecastRow, as_row, of
from forecast.sources.source import Source
from forecast.sources.wording import series_place, total_place
from forecast.store import history, read, witnesses
from forecast.store.inputs import scored_totals
from forecast.store.queries import grouped, records, rows, sql
from forecast.store.read import FlagOfTotal, JudgedForecast, MarkedMonth, RunRow
from forecast.types import COUNT, SEVERITIES, Row, SeriesKey
from forecast.words import check_command, day_words, month_words, one_line, slug

# Views that go on growing: the whole database has them, and `bordercast export`.
LARGE = ("series_vintages", "series_months", "judged_months", "forecast_vs_actual", "statements")
QUOTED_YEARS = 2  # of many totals, whose months have an address of their own


def read_status(
    connection: sqlite3.Connection, run: RunRow, today: date, source: Source
) -> dict[str, Any]:
    """Say what the page rests on, and when it will be renewed.

    None of it counts days: a page is written once and stays.
    """
    newest, sightings = read.newest_source(connection), witnesses.sightings(connection)
    through = history.newest_month(connection, run.data_through)  # what came is not waited for
    day = newest and newest.first_seen_at
    seen = f", first seen {day_words(day)}" if day else ""
    return {
        "data_through": month_words(run.data_through),
        "release": f"{one_line(newest.file_name)}{seen}" if newest else "",
        "run": run.id,
        "published": f"{day_words(run.published_at[:10])}, {run.published_at[11:16]} UTC",
        "digest": run.digest,
        "check": check_command(run.id, run.digest),
        "expected": trust.next_release(through, source),
        "old": trust.old_words(through, source, today),
        "rejected": trust.rejected_words(read.refused_since(connection, newest)),
        "seen": trust.newest_seen(sightings, run.id, source),
        "in_time": trust.seen_in_time(sightings, source),
    }


@dataclass(frozen=True)
class TotalRecord:
    """All there is of a total.

    reports : month -> its report, oldest first; the newest as the run keeps it.
    months : rows of `wide_months`. ahead : the forecast. flags, judged : the newest first, judged
    rows of `judged_months`.
    spans : forecasts of years. chances : answers of the last run to its standing questions.
    changes : what moved the forecast with the last run. moved : its parts by how far they moved
    from the month before, a list for each dimension. groups : what each agency counted of its own.
    """

    source: Source = field(repr=False)
    total: str
    reports: TotalReports
    months: Sequence[Row]
    ahead: Sequence[ForecastRow]
    flags: Sequence[FlagOfTotal]
    judged: Sequence[Row]
    scores: Sequence[Row]
    spans: Sequence[Row]
    chances: Sequence[Row]
    changes: Sequence[ChangeRow]
    moved: Sequence[Moved] = ()
    groups: Sequence[GroupTable] = ()

    @property
    def name(self) -> str:
        """In words."""
        return self.source.totals.name(self.total)

    @property
    def place(self) -> str:
        """Its folder in the site."""
        return total_place(self.total, self.source)

    @property
    def facts(self) -> str:
        """The folder of its months and years to quote."""
        return f"fact/{slug(self.total)}/"

    @cached_property
    def newest(self) -> MonthFacts:
        """The report of the newest month."""
        return self.reports[max(self.reports)]

    @cached_property
    def restated(self) -> list[Row]:
        """Each time that a month was restated, the newest first: the value before it, and it."""
        changes = [
            {"month": month, COUNT: now.count, "previous": before.count, **as_row(now)}
            for month, values in self.reports.had.items()
            for before, now in pairwise(values)
        ]
        known = itemgetter("known_from", "source", "month")
        return sorted(changes, key=known, reverse=True)

    @property
    def revised(self) -> list[Row]:
        """Months that were restated, the newest first: what was published at first, and now."""
        return [
            {
                "month": month,
                "first_value": values[0].count,
                "now": values[-1].count,
                "times": len(values) - 1,
                "known_from": values[-1].known_from,
                "vintage": values[-1].vintage,
            }
            for month, values in sorted(self.reports.had.items(), reverse=True)
            if len(values) > 1
        ]

    @property
    def first_known(self) -> str:
        """Say of which months the first value is on record."""
        return vintages.first_known(
            {month: followed(values) for month, values in self.reports.had.items()}, self.source
        )

    @cached_property
    def telling_months(self) -> set[str]:
        """The newest month, and those that a flag of any kind is about."""
        return {self.newest.month, *(flag.month for flag in self.flags)}

    @cached_property
    def counts(self) -> dict[str, int]:
        """Its counts by month."""
        return {row["month"]: row[COUNT] for row in self.months}

    @cached_property
    def judging(self) -> list[JudgedForecast]:
        """Each month, the oldest first, beside the forecast that judged it."""
        judged = (row for row in reversed(self.judged) if row["lo95"] is not None)
        return [
            of(JudgedForecast, row | {COUNT: self.counts[row["month"]]})
            for row in judged
            if row["month"] in self.counts
        ]

    @property
    def terms(self) -> list[TermFacts]:
        """What was counted under each administration."""
        return terms(self.counts, self.source)

    @property
    def flagged(self) -> list[MarkedMonth]:
        """Its flagged months, as charts mark them."""
        flagged = (row for row in self.judged if row["flag"] and row["severity"] != "watch")
        return [of(MarkedMonth, row) for row in flagged]

    @property
    def verdict(self) -> tuple[str, bool]:
        """The total in a word or two, and whether that is unusual."""
        newest = self.newest
        confirmed = lives.life(self.total, self.source.lives)
        late = (
            ""
            if self.source.layouts
            else lives.words(newest.last_month, newest.newest_of_total, confirmed).verdict
        )
        if late:
            return late, False
        if not self.ahead:
            return "Not forecast yet", False
        # The newest month before what is still open: the answer is about the new figures.
        for flag in self.flags:
            if flag.month == self.newest.month:
                return f"Unusual: {flag.severity}", True
        for flag in self.flags:
            if flag.episode == "open":
                return f"Unusual since {month_words(flag.month)}", True
        e = self.newest.expectation
        return "Nothing unusual" if e and e.p >= FAR else "Not flagged", False


@dataclass(frozen=True)
class PartRecord:
    """A series of the drill-down. ahead : empty where it is not forecast."""

    source: Source = field(repr=False)
    key: SeriesKey
    counts: Mapping[str, int]
    ahead: Sequence[ForecastRow] = ()
    flags: Sequence[FlagRow] = ()

    @property
    def name(self) -> str:
        """In words: Swanton Sector, India."""
        return member_words(self.key.dimension, self.key.member, self.source)

    @property
    def kind(self) -> str:
        """What it is a part by: sector or field office, citizenship."""
        return dimension_words(self.key.dimension, self.source)

    @property
    def place(self) -> str:
        """Its folder in the site."""
        return series_place(self.key, self.source)

    @property
    def last(self) -> str:
        """Its newest month."""
        return max(self.counts)

    @property
    def terms(self) -> list[TermFacts]:
        """What was counted under each administration."""
        return terms(self.counts, self.source)

    def compared(self, month: str) -> Iterator[monthly.ComparisonText]:
        """Set a month against the others, as a total's is."""
        for comparison in comparisons(self.counts, month, self.source):
            yield monthly.line(comparison, min(self.counts))


@dataclass(frozen=True)
class SiteRecord:
    """What the site shows.

    runs : every run, the newest first. withdrawn : those withdrawn, and why. corrected : what
    readers were sent corrections of. skill : how sure it is that forecasts are better than no
    change, in sentences. then : how good they were by the figures of then.
    provisional : total -> what is said of a month before its file, "" of all.
    release_days : month -> the day its figures were first seen.
    views : the rows of the views that lie beside a page, by name; of a source whose views have
    their usual columns. measures : what is counted -> its folder, seen from this one; empty where
    it is one thing. address : where the site will be, "" if that is not known. before : names of
    the files that the folder has had, the runs whose pages are kept among them.
    """

    source: Source = field(repr=False)
    run: read.RunRow
    status: Row
    answer: str
    runs: Sequence[read.RunRow]
    withdrawn: Sequence[read.Withdrawal]
    corrected: Sequence[read.SentCorrection]
    release_days: Mapping[str, str]
    totals: Mapping[str, TotalRecord]
    parts: Mapping[SeriesKey, PartRecord]
    skill: Sequence[str] = ()
    then: Sequence[str] = ()
    provisional: Mapping[str, Sequence[str]] = field(default_factory=dict)
    views: Mapping[str, Sequence[tuple[Any, ...]]] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    before: Collection[str] = ()
    runs_kept: Collection[int] = ()

    @property
    def many(self) -> bool:
        """Whether there are too many totals to name each in the head of every page."""
        return not self.source.totals.few

    @property
    def site(self) -> str:
        """The address of the site, ending in "/"; "" if it is not known."""
        return f"{self.address.rstrip('/')}/" if self.address else ""

    def month_place(self, total: str, month: str) -> str:
        """Where a month is told of: on a page of its own, or on that of all its total's months.

        Of few totals those that have more to tell than a sentence have one. Of many, older ones are
        in the table of years.
        """
        about = self.totals[total]
        if month < self.first_quoted(about):
            return f"{about.place}#years"
        # A page a month of a thousand totals would be some 72,000 files.
        own = not self.many and month in about.telling_months
        return f"{about.place}{month}/" if own else self.quoted_place(about, month)

    def quoted_place(self, about: TotalRecord, month: str, name: str = "") -> str:
        """Where a month is quoted, or a year of that name and first month; else the page alone."""
        return about.facts + f"#{name or month}" * (month >= self.first_quoted(about))

    def first_quoted(self, about: TotalRecord) -> str:
        """Return the first month that the page of a total's months tells, "" where it tells all."""
        calendar = self.source.calendar
        year = calendar.year(about.newest.month) - QUOTED_YEARS + 1
        return calendar.period(year).months[0] if self.many else ""

    @cached_property
    def _by_folder(self) -> dict[str, TotalRecord]:
        return {
            folder: about for about in self.totals.values() for folder in (about.place, about.facts)
        }

    def total_of(self, place: str) -> TotalRecord | None:
        """Find the total that a page is about, by the page's folder."""
        return self._by_folder.get("/".join(place.split("/")[:2]) + "/")

    def halves_ahead(self, about: TotalRecord) -> list[ForecastRow]:
        """Forecasts of both halves for the month for which the total has one; else empty."""
        halves = self.source.hierarchy.both_halves or ()
        names = [half.component for half in halves]
        parts = [self.parts.get(SeriesKey(about.total, "component", n, n)) for n in names]
        rows = [part.ahead[0] for part in parts if part and part.ahead]
        next_month = {row.month for row in (*rows, *about.ahead[:1])}
        # One half alone, or of another month, would not add up to the forecast above it.
        return rows if len(rows) == len(halves) and about.ahead and len(next_month) == 1 else []

    @cached_property
    def parts_of(self) -> Mapping[str, Sequence[PartRecord]]:
        """Each total that has parts, and these."""
        parts = defaultdict[str, list[PartRecord]](list)
        for part in self.parts.values():
            parts[part.key.total].append(part)
        return parts

    def open_parts(self, total: str = "") -> list[tuple[PartRecord, FlagRow]]:
        """Parts, of one total or all, with their flags still open, the most serious first."""
        flagged = [
            (part, flag)
            for part in (self.parts_of.get(total, ()) if total else self.parts.values())
            for flag in part.flags
            if flag.episode == "open"
        ]
        return sorted(flagged, key=lambda p: (SEVERITIES.index(p[1].severity), p[1].p or 0))


def read_skill(connection: sqlite3.Connection, source: Source) -> list[str]:
    """Say of each total whether the engine was better than no change, or may only be luckier.

    Nothing where there are more totals than a page names: hindcasts of 1,000 are millions.
    """
    if not source.totals.few:
        return []
    stored, counts = scored_totals(connection, source.totals)
    return list(skill_notes(list(skill_tests(stored, counts, ENGINE)), source))


def read_parts(connection: sqlite3.Connection, source: Source) -> dict[SeriesKey, PartRecord]:
    """Read every part, in the order of totals."""
    # Of all parts and of all totals at once: a statement a series scans the whole record for each,
    # and of 1,000 totals that was half of the time of all pages.
    names = ("part_months", "part_forecasts", "part_flags")
    months, ahead, flagged = (read.by_part(connection, name) for name in names)
    place = {total: place for place, total in enumerate(source.totals.every)}
    return {
        key: PartRecord(
            source,
            key,
            {row["month"]: row[COUNT] for row in months[key]},
            [of(ForecastRow, row) for row in ahead.get(key, ())],
            [of(FlagRow, row) for row in flagged.get(key, ())],
        )
        for key in sorted(months, key=lambda key: (place[key.total], key))
    }


def read_site(connection: sqlite3.Connection, today: date, source: Source) -> SiteRecord:
    """Read all of it; ConfigError before the first run."""
    run = read.latest_run(connection)
    if run is None:
        raise ConfigError("the record", "--db", "nothing is published yet; `bordercast run`")
    reports = dict(all_reports(connection, source))
    order, every = read.in_order(source.totals), (None, None)
    tables = {
        "months": rows(connection, "all_months"),
        "judged": rows(connection, "judged_months_of_totals"),
        "scores": rows(connection, "scorecard", (order, *every)),
        "spans": rows(connection, "latest_periods"),
        "chances": rows(connection, "latest_questions"),
    }
    by_total = {name: grouped(of_all, "border") for name, of_all in tables.items()}
    flags: dict[str, list[FlagOfTotal]] = defaultdict(list)
    for flag in read.flags(connection, source.totals):
        flags[flag.total].append(flag)
    ahead_of_totals: dict[str, list[ForecastRow]] = defaultdict(list)
    for row in read.forecasts(connection, source.totals):
        ahead_of_totals[row.total].append(row)
    changes: dict[str, list[ChangeRow]] = defaultdict(list)
    for change in read.changes(connection):
        changes[change.total].append(change)
    moved = grouped(rows(connection, "movers", {"total": None}), "border")
    totals = {
        total: TotalRecord(
            source=source,
            total=total,
            reports=reports[total],
            flags=flags.get(total, ()),
            ahead=ahead_of_totals.get(total, ()),
            changes=changes.get(total, ()),
            moved=by_dimension([of(MoverRow, row) for row in moved.get(total, ())], source),
            groups=groups.of_total(connection, source, total),
            **{name: of_total.get(total, ()) for name, of_total in by_total.items()},
        )
        for total in source.totals.every
    }
    newest = [about.newest for about in totals.values()]
    said = provisional.provisional_months(connection, source)
    early = (
        {total: provisional.lines(said, source, total) for total in ("", *totals)} if said else {}
    )
    return SiteRecord(
        source=source,
        run=run,
        skill=read_skill(connection, source),
        then=list(vintages.by_figures_then(connection, source)),
        provisional=early,
        status=read_status(connection, run, today, source),
        answer=" ".join((monthly.answer_line(newest, source, today), *early.get("", ()))),
        runs=records(connection, read.RunRow, "every_run"),
        withdrawn=records(connection, read.Withdrawal, "every_withdrawal"),
        corrected=records(connection, read.SentCorrection, "corrected"),
        release_days=dict(connection.execute(sql("release_days")).fetchall()),
        totals=totals,
        parts=read_parts(connection, source),
        views={
            name: read.view_rows(connection, name, view.columns)
            for name, view in VIEWS.items()
            if source.shipped and name not in LARGE
        },
    )
