"""Everything that is true of one month of a series, decided once: sentences only phrase it.

A run stores the facts of each total's newest month and seals them with the rest; those of an older
month are made when somebody asks. Page, mail, brief, terminal and pictures choose among the facts
and decide nothing of their own, so that they cannot contradict each other.

Comparisons are always all there and in one order, whichever looks best: month before, year
before, fiscal year to date against the last (but in its first month, where it would repeat the
year before), peak. Everything rests on the values now current; what was published at first stands
beside them.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from forecast import months
from forecast.names import member_words
from forecast.periods import Calendar, Period
from forecast.rows import DriverRow, ForecastRow, ScoreRow, as_row, of
from forecast.sources.source import Source
from forecast.sources.wording import Halves, Split
from forecast.store import history
from forecast.store.history import Interior, MonthRecord, MonthValue
from forecast.store.read import FlagOfTotal, JudgedForecast
from forecast.types import COUNT, SEVERITIES, Row, SeriesKey, Severity, TotalMonth
from forecast.words import change_words

ComparisonName = Literal[
    "month before", "year before", "fiscal year to date", "year to date", "peak"
]
TO_DATE: tuple[ComparisonName, ...] = ("fiscal year to date", "year to date")
LEAST_SINCE = 12  # months that something must be the lowest or highest of, for "since" to tell much
# Field -> its key in what runs store and programs read.
_STORED = {"total": "border", "count": COUNT, "newest_of_total": "newest_of_border"}
_FLAG_SINCE = ("if_with_whole", "restated")  # columns that flags kept by 1.0 lack
RAREST = 200  # a total has some 130 judged months: one month in more is the model's word alone


class Position(NamedTuple):
    """Where a count lies in a forecast.

    side : 0 inside the 80% interval, else 1 above or -1 below it.
    beyond : the widest interval that it is outside of, 80 or 95; 0 inside both.
    """

    side: Literal[-1, 0, 1]
    beyond: Literal[0, 80, 95]


def position(count: int, lo95: int, lo80: int, hi80: int, hi95: int) -> Position:
    """Where a count lies; a bound belongs to its interval."""
    if lo80 <= count <= hi80:
        return Position(0, 0)
    return Position(1 if count > hi80 else -1, 80 if lo95 <= count <= hi95 else 95)


def overdue(data_through: str, today: date, days: int) -> bool:
    """Whether the figures are old: the next month's are not here so many days after its end."""
    return today > months.end(months.shift(data_through, 1)) + timedelta(days=days)


def only_next_flagged(rows: Iterable[ForecastRow]) -> list[ForecastRow]:
    """Forecasts with the counts that would raise a flag of each series' next month alone.

    A month is judged by the newest forecast made before it, not by one of a year before.
    """
    next_month: dict[tuple[str, ...], str] = {}
    for row in (rows := list(rows)):
        series = (row.total, row.dimension, row.member)
        next_month[series] = min(row.month, next_month.get(series, row.month))
    return [
        row
        if row.month == next_month[row.total, row.dimension, row.member]
        else replace(row, flag_below=None, flag_above=None)
        for row in rows
    ]


def to_date(calendar: Calendar) -> ComparisonName:
    """Name of the comparison of a year to date, for these years."""
    return TO_DATE[not calendar.fiscal]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A month against another time.

    name : "year to date" where years are calendar years.
    first, last : the months compared with, the same for a single one.
    now, before : counts; before is None where that time is not on record.
    """

    name: ComparisonName
    first: str
    last: str
    now: int
    before: int | None

    @property
    def to_date(self) -> bool:
        """Whether it is of a year to date."""
        return self.name in TO_DATE

    @property
    def percent(self) -> float | None:
        """Change from then to now, None where there is nothing to compare with."""
        return 100 * (self.now / self.before - 1) if self.before else None


def rank(counts: Mapping[str, int], month: str) -> int:
    """1 for the highest of all months; months with the same count share the better rank."""
    return 1 + sum(count > counts[month] for count in counts.values())


def comparisons(counts: Mapping[str, int], month: str, source: Source) -> Iterator[Comparison]:
    """All comparisons, in the one order; the peak is the highest month up to this one.

    Without the fiscal year to date where nobody knows one of its months.
    """
    now = counts[month]
    names: tuple[ComparisonName, ...] = ("month before", "year before")
    for name, back in zip(names, (1, 12), strict=True):
        then = months.shift(month, -back)
        yield Comparison(name, then, then, now, counts.get(then))
    this = source.calendar.to_date(month)
    summed = source.calendar.adds and this.length > 1
    if summed and not unknown_months(counts, this.first_month, month):
        last = this.shift(-12)
        so_far = sum(counts.get(m, 0) for m in this.months)
        before = None if this.lacking(counts) else last.total(counts)
        name = to_date(source.calendar)
        yield Comparison(name, last.first_month, last.last_month, so_far, before)
    # Of equal peaks the newest: it is the one that readers remember.
    peak = max((m for m in counts if m <= month), key=lambda m: (counts[m], m))
    yield Comparison("peak", peak, peak, now, counts[peak])


def unknown_months(counts: Mapping[str, int], first: str, last: str) -> list[str]:
    """The months from first to last, since the series began, that nobody knows."""
    return [m for m in months.between(max(first, min(counts)), last) if m not in counts]


def extreme_since(
    counts: Mapping[str, int], month: str
) -> tuple[Literal["lowest", "highest", ""], str | None]:
    """Since when no month was as low (or as high) as this one."""
    before = sorted((m for m in counts if m < month), reverse=True)
    # As low as the month before is no news.
    if not before or counts[before[0]] == counts[month]:
        return "", None
    now = counts[month]
    if now < counts[before[0]]:
        return "lowest", next((m for m in before if counts[m] <= now), None)
    return "highest", next((m for m in before if counts[m] >= now), None)


def run(counts: Mapping[str, int], month: str, back: int = 1) -> int:
    """Count the months in a row up to this one that rose from the month `back` before.

    Negative of months that fell, 0 where it did neither; a month that is not known ends a run.
    """
    length = side = 0
    while month in counts and (before := counts.get(months.shift(month, -back))) is not None:
        now = (counts[month] > before) - (counts[month] < before)
        if now == 0 or now != (side or now):
            break
        length, side, month = length + 1, now, months.shift(month, -1)
    return side * length


@dataclass(frozen=True, slots=True)
class Expectation:
    """The forecast that stood before the month, and how far the month lay from it.

    judged : the count as first published, on which a month is judged.
    p : two-sided, 0..1. severity : of its flag, None without one. unflagged : why it has none
        though it was unusual, as in `types.Judgement`.
    """

    median: int
    lo80: int
    hi80: int
    lo95: int
    hi95: int
    basis: Literal["issued", "hindcast"]
    cutoff: str
    judged: int
    p: float
    severity: str | None
    unflagged: str = ""

    @property
    def position(self) -> Position:
        """Where the month lay, as first published."""
        return position(self.judged, self.lo95, self.lo80, self.hi80, self.hi95)


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """What is true of one month of a series, by the values now current.

    source : what its publisher tells of the counts; it is no part of what is kept.

    rank : 1 is the highest of the `held` months from first_month to last_month. ties : other months
        with the same count.
    extreme : "lowest" or "highest" when it is so since the month `since` (None: of all months
        before it on record), "" when the month before was already beyond it.
    share : of its year's count as far as it is published, 0..1; None where that
        is this month alone, or a month of it is not known.
    interior : of this month, or of the newest one before it that states it; None before October
        2023, and where no part is inland.
    agencies : agency -> count, where on record; empty where not. agencies_unit : unit that
        their sources round to, 1 or 10.
    final : whether its fiscal year is complete. rounding : unit the source rounds to, 1 or 10.
    flags : the month's rows of the view all_flags but for those only watched.
    shift : row of flag_episodes, if a level shift was confirmed with this month.
    drivers : rows of flag_drivers. score : row of scorecard, one month ahead.
    often : months in which some total was flagged, of so many judged.
    recent : this month and those before it with the forecast that judged each.
    runs : months in a row that rose from the month before, and from the year before; negative of
        months that fell.
    part : of the total, in words; "" for itself. newest_of_total : the last month held of the
        total, of a total of own counts that of any, where it is later, else "".
    """

    source: Source = field(repr=False, compare=False)
    total: str
    month: str
    count: int
    comparisons: tuple[Comparison, ...]
    expectation: Expectation | None
    rank: int
    held: int
    first_month: str
    last_month: str
    extreme: Literal["lowest", "highest", ""]
    since: str | None
    share: float | None
    final: bool
    values: tuple[MonthValue, ...]
    file_name: str
    rounding: int
    interior: Interior | None = None
    agencies: dict[str, int] = field(default_factory=dict)
    agencies_unit: int = 1
    flags: tuple[FlagOfTotal, ...] = ()
    shift: Row | None = None
    drivers: tuple[DriverRow, ...] = ()
    score: ScoreRow | None = None
    often: tuple[int, int] = (0, 0)
    recent: tuple[JudgedForecast, ...] = ()
    part: str = ""
    newest_of_total: str = ""
    ties: int = 0
    runs: tuple[int, int] = (0, 0)

    @property
    def noun(self) -> str:
        """What is counted."""
        return self.source.measure.noun

    @property
    def publisher(self) -> str:
        """Who counts, in short."""
        return self.source.publisher.short

    @property
    def where(self) -> str:
        """Behind what is counted, where that is."""
        return self.source.totals.where(self.total)

    @property
    def per_day(self) -> float:
        """How many a day of the month."""
        return self.count / months.end(self.month).day

    @property
    def findings(self) -> list[FlagOfTotal]:
        """Its flags that a notice tells: the month itself, or a drift that it completed."""
        return [flag for flag in self.flags if flag.kind in ("month", "drift")]

    @property
    def severity(self) -> Severity | None:
        """The most serious of its findings, None without one."""
        severities = {flag.severity for flag in self.findings}
        return next((severity for severity in SEVERITIES if severity in severities), None)

    @property
    def notable_extreme(self) -> tuple[Literal["lowest", "highest", ""], str | None]:
        """(lowest or highest, since when): "" where it is so of less than a year."""
        # "Lowest since three months ago" tells nothing.
        if self.since and months.to_index(self.month) - months.to_index(self.since) < LEAST_SINCE:
            return "", None
        return self.extreme, self.since

    @property
    def place_in_rank(self) -> tuple[int, Literal["lowest", "highest"]]:
        """Its place counted from the nearer end; months with one count share the better one."""
        from_below = self.held - self.rank - self.ties + 1
        return (self.rank, "highest") if self.rank <= from_below else (from_below, "lowest")

    @property
    def split(self) -> Split | None:
        """What the second half of this very month was made of; None where not on record."""
        seen = self.interior
        known = seen and seen.month == self.month
        return Split(seen.at_entry, seen.at_large) if seen and known else None

    @property
    def halves(self) -> Halves | None:
        """At ports of entry and between ports; None where the record does not tell them apart.

        Where only the second is on record the first is what it leaves of the count.
        """
        both = self.source.hierarchy.both_halves
        between = self.agencies.get(both[1].component) if both else None
        if both is None or between is None:
            return None
        at, unit = self.agencies.get(both[0].component), self.agencies_unit
        if at is None:
            unit = max(unit, self.rounding)
            at = unit * round((self.count - between) / unit)
        return Halves(at, between, unit, self.split)

    @property
    def followed(self) -> bool:
        """Whether the record has followed the month's count since it was first published."""
        return followed(self.values)

    @property
    def months_of_year(self) -> list[str]:
        """The months of its year that the series has, from the year's first or its own."""
        years = self.source.calendar
        year = years.period(years.year(self.month)).months
        return [month for month in year if self.first_month <= month <= self.last_month]

    @property
    def to_date_unknown(self) -> bool:
        """Whether the year up to the month cannot be summed: one of its months is not known."""
        names = {comparison.name for comparison in self.comparisons}
        calendar = self.source.calendar
        return calendar.adds and calendar.nth(self.month) > 1 and not names & set(TO_DATE)


def report(connection: sqlite3.Connection, total: str, month: str, source: Source) -> MonthFacts:
    """Return the facts of a total's month, which must be on record: as stored, else made now."""
    # What a run stated and sealed is repeated, not made anew by a newer program.
    stored = history.kept(connection, total, month)
    return from_json(stored, source) if stored else made_now(connection, total, month, source)


def made_now(connection: sqlite3.Connection, total: str, month: str, source: Source) -> MonthFacts:
    """Make the facts of a total's month from the record; KeyError if it has none."""
    record = history.month_record(connection, total, month, source.tree)
    return month_report(total, month, record, source)


def followed(values: Sequence[MonthValue]) -> bool:
    """Whether the first of the values that a month has had is the one first published."""
    # What stands in for what was published before the record began has no day of its own.
    return bool(values) and values[0].vintage != "unknown"


class TotalReports(Mapping[str, MonthFacts]):
    """The reports of a total's months, oldest first, each made when it is asked for.

    had : month -> the values that it has had.
    """

    def __init__(self, records: Mapping[str, MonthRecord], newest: MonthFacts) -> None:
        self.had = {month: of.values for month, of in records.items()}
        self.had[newest.month] = newest.values
        self._records, self._newest, self._made = records, newest, {newest.month: newest}

    def __getitem__(self, month: str) -> MonthFacts:
        if month not in self._made:
            of = self._newest
            self._made[month] = month_report(of.total, month, self._records[month], of.source)
        return self._made[month]

    def __contains__(self, month: object) -> bool:
        return month in self._records

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)


def all_reports(
    connection: sqlite3.Connection, source: Source
) -> Iterator[tuple[str, TotalReports]]:
    """Return every month of every total, oldest first; the newest as the run stored it."""
    for total, records in history.all_records(connection, source.tree):
        yield total, TotalReports(records, report(connection, total, max(records), source))


def series_report(
    connection: sqlite3.Connection, key: SeriesKey, month: str, source: Source
) -> MonthFacts:
    """The report of any series' month, which must be on record; that of a part is never kept."""
    if key.headline:
        return report(connection, key.total, month, source)
    return part_report(connection, key, month, history.part_record(connection, key, month), source)


def part_report(
    connection: sqlite3.Connection, key: SeriesKey, month: str, record: MonthRecord, source: Source
) -> MonthFacts:
    """The report of a part's month, or of a sum's that no file states, from what is known of it."""
    total = history.series_span(connection, SeriesKey(key.total))
    part = member_words(key.dimension, key.member, source)
    newest = total[1] if total else ""
    return month_report(key.total, month, record, source, part, newest)


def newest(connection: sqlite3.Connection, total: str, source: Source) -> MonthFacts:
    """Return the facts of a total's newest month."""
    span = history.series_span(connection, SeriesKey(total))
    assert span is not None, "a published run has every total"
    return report(connection, total, span[1], source)


def newest_reports(
    records: Iterable[tuple[TotalMonth, MonthRecord]], source: Source
) -> Iterator[tuple[TotalMonth, str]]:
    """Yield every total, its newest month and the facts of it as a run stores them.

    records : of `history.newest_records`.
    """
    for (total, month), record in records:
        if total in source.totals.every:
            yield (total, month), to_json(month_report(total, month, record, source=source))


def to_json(report: MonthFacts) -> str:
    """A report as it is kept; the same report gives the same text."""
    return json.dumps(as_dict(report), sort_keys=True, separators=(",", ":"))


def as_dict(report: MonthFacts) -> dict[str, Any]:
    """What is true of a month, for programs: every field but the source, as 1.0 named it."""
    names = {part.name for part in fields(report)} - {"source"}
    # Reports that earlier programs stored have none either.
    names -= {"ties"} if not report.ties else set()
    names -= {"runs"} if report.runs == (0, 0) else set()
    return {
        _STORED.get(part.name, part.name): _told(getattr(report, part.name))
        for part in fields(report)
        if part.name in names
    }


def _told(value: Any) -> Any:
    """Return a fact for programs: records by their columns, also those of a list."""
    if isinstance(value, Interior | Comparison):
        return asdict(value)
    if isinstance(value, Expectation):
        return {name: of for name, of in asdict(value).items() if of or name != "unflagged"}
    if isinstance(value, tuple):
        return tuple(map(_told, value))
    return as_row(value) if is_dataclass(value) else value


_SEVERAL: dict[str, type] = {
    "comparisons": Comparison,
    "values": MonthValue,
    "recent": JudgedForecast,
    "drivers": DriverRow,
}
_ONE: dict[str, type] = {"expectation": Expectation, "interior": Interior, "score": ScoreRow}


def from_json(text: str, source: Source) -> MonthFacts:
    """Return facts as they were stored."""
    names = {stored: name for name, stored in _STORED.items()}
    stored = {names.get(name, name): value for name, value in json.loads(text).items()}
    flags = []
    for flag in stored["flags"]:
        lacks = tuple(name for name in _FLAG_SINCE if name not in flag)
        flags.append(of(FlagOfTotal, {**dict.fromkeys(lacks), **flag, "lacks": lacks}))
    made: dict[str, Any] = {
        name: tuple(of(kind, row) for row in stored[name]) for name, kind in _SEVERAL.items()
    }
    made |= {name: stored[name] and of(kind, stored[name]) for name, kind in _ONE.items()}
    made |= {name: tuple(stored.get(name, (0, 0))) for name in ("often", "runs")}
    return MonthFacts(source=source, **stored | made | {"flags": tuple(flags)})


def _expectation(record: MonthRecord) -> Expectation | None:
    """Return the forecast that judged a month, None where none did."""
    seen = record.judged
    if seen is None or seen.p is None or seen.withdrawn:
        return None
    alike = ("median", "lo80", "hi80", "lo95", "hi95", "basis", "cutoff", "p", "severity")
    values: dict[str, Any] = {name: getattr(seen, name) for name in alike}
    return Expectation(**values, judged=seen.count, unflagged=seen.unflagged or "")


def month_report(
    total: str,
    month: str,
    record: MonthRecord,
    source: Source,
    part: str = "",
    newest_of_total: str = "",
) -> MonthFacts:
    """Everything that is said of a month; it must be among record.counts."""
    counts = record.counts
    side, since = extreme_since(counts, month)
    months_of_year = source.calendar.period(source.calendar.year(month)).months
    year = [m for m in months_of_year if m in counts]
    so_far = sum(counts[m] for m in year)
    last = max(counts)
    unknown = unknown_months(counts, months_of_year[0], min(months_of_year[-1], last))
    whole = source.calendar.adds and not unknown
    inland = record.interior
    if inland:
        # Where the publisher's parts do not add up, the half's own count is the sum of neither.
        inland = replace(inland, total=inland.total or inland.at_large + inland.at_entry)
    if not part and not source.layouts:  # of anybody's series some are late, and some have ended
        newest_of_total = record.newest
    return MonthFacts(
        source=source,
        total=total,
        month=month,
        count=counts[month],
        comparisons=tuple(comparisons(counts, month, source)),
        expectation=_expectation(record),
        rank=rank(counts, month),
        held=len(counts),
        first_month=min(counts),
        last_month=last,
        extreme=side,
        since=since,
        # The first month of a year is all of it so far, and a share of 100% misleads.
        share=counts[month] / so_far if so_far and year != [month] and whole else None,
        final=months_of_year[-1] <= last,
        values=tuple(record.values),
        file_name=record.source["file_name"],
        rounding=record.source["rounding"],
        interior=inland,
        agencies=dict(record.agencies),
        agencies_unit=record.agencies_unit,
        flags=tuple(record.flags),
        shift=record.shift,
        drivers=tuple(record.drivers),
        score=record.score,
        often=record.often,
        recent=tuple(record.recent),
        part=part,
        newest_of_total=newest_of_total if newest_of_total > last else "",
        ties=sum(count == counts[month] for count in counts.values()) - 1,
        runs=(run(counts, month), run(counts, month, 12)),
    )


@dataclass(frozen=True, slots=True)
class TermFacts:
    """What was counted under an administration, in the months that lie in it whole.

    name : of the administration. first, last : months, as far as they are on record.
    """

    name: str
    first: str
    last: str
    total: int

    @property
    def period(self) -> Period:
        """Its months."""
        return Period.of(self.first, self.last)

    @property
    def per_month(self) -> float:
        """How many a month."""
        return self.total / self.period.length

    @property
    def per_day(self) -> float:
        """How many a day."""
        return self.total / self.period.days


def terms(counts: Mapping[str, int], source: Source) -> list[TermFacts]:
    """Average and total under each administration that has a month on record, the first first."""
    known = []
    for term in source.terms:
        last = term.last or max(counts)
        within = [month for month in counts if term.first <= month <= last]
        # A sum with a month left out would be quoted as the whole.
        if within and not months.missing(within):
            total = sum(counts[month] for month in within)
            known.append(TermFacts(term.name, min(within), max(within), total))
    return known


NoticeStatement = Mapping[str, Any]


def statement(report: MonthFacts) -> dict[str, Any]:
    """What a notice states of a month in numbers, to be kept with it."""
    e = report.expectation
    return {
        "month": report.month,
        COUNT: report.count,
        "bounds": [e.lo95, e.lo80, e.hi80, e.hi95] if e else None,
        "compared": {c.name: [c.last, c.now, c.before] for c in report.comparisons},
        "extreme": list(report.notable_extreme),
        **({"severity": report.severity} if report.severity else {}),
    }


def stated_position(then: NoticeStatement, count: int | None = None) -> Position | None:
    """Where a notice said that the month lay, or where another count lies; None if it did not."""
    bounds = then.get("bounds")
    return position(then[COUNT] if count is None else count, *bounds) if bounds else None


class Falsehood(NamedTuple):
    """Something that a notice stated and a later revision made false.

    A small revision makes nothing false: the notice names the release it rests on. False is

        count        revised by so much that it is a flag of its own (more than .5% and 50)
        position     now inside an interval that it was outside of, or the other way
        comparison   now in the other direction, or against a count revised by so much
        extreme      no longer the lowest or highest since the month that was named
    """

    what: Literal["count", "position", "comparison", "extreme"]
    then: Any
    now: Any


def became_false(
    then: NoticeStatement, counts: Mapping[str, int], source: Source
) -> Iterator[Falsehood]:
    """Compare a statement with the counts of its total as they are now."""
    # Notices of very old runs state nothing in numbers.
    if not then or then["month"] not in counts:
        return
    month, before, now = then["month"], then[COUNT], counts[then["month"]]
    if _much(before, now):
        yield Falsehood("count", (month, before), now)
    # Held against the bounds that were stated, not those of a forecast made since.
    where = stated_position(then), stated_position(then, now)
    if where[0] != where[1]:
        yield Falsehood("position", *where)
    for current in comparisons(counts, month, source):
        _, count, base = then["compared"].get(current.name, (None, 0, None))
        if base is None or current.before is None:
            continue
        # As it is published: a change that rounds to nothing has no direction.
        turned = change_words(count, base)[0] != change_words(current.now, current.before)[0]
        if turned or _much(base, current.before):
            yield Falsehood("comparison", (count, base), current)
    kind, since = then["extreme"]
    if kind and (kind, since) != extreme_since(counts, month):
        yield Falsehood("extreme", (kind, since), None)


def _much(before: int, now: int) -> bool:
    # Not imported above: `brief` and `show` have no use for what judging imports.
    from forecast.judge.surprise import LEAST_COUNT, LEAST_SHARE

    return abs(now - before) >= LEAST_COUNT and abs(now - before) > LEAST_SHARE * before
