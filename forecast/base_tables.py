"""What the auditor reads: the base tables of one measure, by plain statements of its own.

No view and no statement of the store comes between: what these say of a month is what was written.
"""

import sqlite3
from calendar import month_name, monthrange
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from typing import Any, TypeVar

T = TypeVar("T")
NEAR = 1e-9  # relative: the same sum in another order
DUE, LATE = timedelta(30), timedelta(14)  # from the next month's first day; and then long before


def days(month: str) -> int:
    """Return how many days a month has."""
    return monthrange(int(month[:4]), int(month[5:]))[1]


def within(counts: Mapping[str, int], span: str) -> dict[str, int]:
    """Return the counts of a span such as 2021-02/2025-01."""
    first, last = span.split("/")
    return {month: count for month, count in counts.items() if first <= month <= last}


def percent(now: float | None, before: float | None) -> float | None:
    """Return the change in percent; None where there is none."""
    return None if not before or now is None else 100 * (now / before - 1)


def back(month: str, by: int) -> str:
    """Return the month so many before."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - by
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def named(month: str) -> str:
    """Return a month in words: August 2026."""
    return f"{month_name[int(month[5:])]} {month[:4]}"


def same(stated: float | str | None, computed: float | str | None) -> bool:
    """Tell whether two figures are one, but for the order in which a sum was made."""
    if isinstance(stated, (int, float)) and isinstance(computed, (int, float)):
        return abs(stated - computed) <= NEAR * max(1.0, abs(computed))
    return stated == computed


@dataclass(frozen=True, slots=True)
class Shape:
    """How a measure's series hang together.

    begins : the month, 1 to 12, in which its years begin. halves, aside : the two series that halve
    each total, and the two that split the second half, as their names end; empty without any.
    """

    begins: int
    halves: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatedCount:
    """A count that a file states."""

    series: str
    month: str
    release_id: int
    count: int

    @property
    def of(self) -> tuple[str, str]:
        """Its series and month."""
        return self.series, self.month


@dataclass(frozen=True, slots=True)
class BaseValue:
    """A value that a month has had. known : the day from which; place : of its file among all."""

    series: str
    month: str
    known: str
    count: int
    vintage: str
    place: int = -1


@dataclass(frozen=True, slots=True)
class _BaseRelease:
    id: int
    kind: str
    rounding: int
    vintage: str
    known: str


@dataclass(frozen=True, slots=True)
class _BaseCover:
    release_id: int
    series: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class BaseRow:
    """What a statement of `_ROWS` says of a period, by its columns; None where it has none."""

    period: str = ""
    cutoff: str = ""
    median: Any = None
    lo80: Any = None
    hi80: Any = None
    lo95: Any = None
    hi95: Any = None
    release_id: Any = None
    encounters: Any = None
    p: Any = None
    apart_p: Any = None
    unflagged: str | None = None
    run_day: str | None = None
    role: str | None = None
    relative: int | None = None
    expected: Any = None
    state: str | None = None
    ended_by: str | None = None
    moved: int | None = None
    centre: Any = None
    q100: Any = None
    q900: Any = None
    n: Any = None

    def ends(self, level: int) -> tuple[Any, Any]:
        """Return both ends of the interval, level in percent."""
        return getattr(self, f"lo{level}"), getattr(self, f"hi{level}")


@dataclass(frozen=True, slots=True)
class BaseTables:
    """What the base tables hold of one measure, read by plain statements.

    counts : series -> month -> the count now current. units : (series, month) -> to how many its
    source rounds. stated : (series, month) -> what each file states, the earliest file first.
    values : (total, month) -> its values, with the day from which each was known.
    rows : what they are of -> (series, period) -> rows. months : and in how many months of a total.
    totals : the series that are no parts.
    ahead : series -> its hindcasts a month ahead, ascending. partial : what each release has of
    months that came unfinished. awaited : (series, month) -> the same, of those that still are.
    """

    shape: Shape
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    units: dict[tuple[str, str], int] = field(default_factory=dict)
    stated: dict[tuple[str, str], list[StatedCount]] = field(default_factory=dict)
    values: dict[tuple[str, str], list[BaseValue]] = field(default_factory=dict)
    rows: dict[str, dict[tuple[str, str], list[BaseRow]]] = field(default_factory=dict)
    months: dict[str, int] = field(default_factory=dict)
    totals: frozenset[str] = frozenset()
    ahead: dict[str, list[BaseRow]] = field(default_factory=dict)
    partial: dict[tuple[str, str, int], float] = field(default_factory=dict)
    awaited: dict[tuple[str, str], float] = field(default_factory=dict)

    def ending(self, total: str, tail: str) -> list[str]:
        """Name the series of a total that ends so: its own, or those of all parts of the whole."""
        parts = [name for name in self.counts if name.endswith(f" / {tail}")]
        own = [name for name in parts if name == f"{total} / {tail}"]
        whole = len(parts) == sum(name in self.totals for name in self.counts) - 1
        return own or (parts if whole else [])


_RELEASES = """
select id, kind, rounding, first_seen_precision as vintage,
    coalesce(first_seen_at, date(data_through || '-01', '+1 month', '+30 days')) as known
from main.releases where measure_id = :measure and status = 'accepted'
    and id not in (select release_id from main.retractions)
order by seq, kind <> 'bundle', decided_at, coalesce(first_seen_at, ''), sha256
"""
_DATED = """
select l.border as series, l.first_month as month, l.known_by as known, l.encounters as count,
    'by' as vintage
from main.dated_lines as l join main.dated_batches as b on b.id = l.batch_id
where b.measure_id = :measure and l.dimension = '' and l.first_month = l.last_month
    and l.rounding = 1 {} and b.id not in (select batch_id from main.dated_withdrawals)
"""
_COVERED = """
select release_id, border as series, first_month as first, last_month as last
from main.coverage where dimension = ''"""
_NAMED = """
with named as (
    select id, border || iif(dimension = '', '', ' / ' || dimension || ' / ' || member) as series
    from main.series where measure_id = :measure
), newest as (
    select max(id) as id from main.runs
    where measure_id = :measure and id not in (select run_id from main.withdrawals)
), issued as (select * from main.forecasts where model = 'bordercast')
"""
_TOTALS = "select border from main.series where measure_id = :measure and dimension = ''"
_STATED = """
select n.series, o.month, o.release_id, o.encounters as count
from main.observations as o join named as n on n.id = o.series_id
"""
_PARTIAL = """
select n.series, u.month, u.release_id, coalesce(u.share, u.said = 'file') as share
from main.unfinished as u join named as n on n.id = u.series_id
where coalesce(u.share, u.said = 'file') < 0.97
"""
_OF = "select n.series, t.month as period, t.* from {} as t join named as n on n.id = t.series_id"
_NEWEST = f"{_OF} where t.run_id = (select id from newest)"
_ROWS = {
    # A hindcast may be made anew later; what judged the month is kept with the judgement.
    "judged": """
select n.series, t.month as period, t.*, substr(r.published_at, 1, 10) as run_day,
    coalesce(x.lo80, t.lo80) as lo80, coalesce(x.hi80, t.hi80) as hi80,
    coalesce(x.lo95, t.lo95) as lo95, coalesce(x.hi95, t.hi95) as hi95
from main.judgements as t join named as n on n.id = t.series_id
left join main.runs as r on r.id = t.run_id
left join issued as x on (x.run_id, x.series_id, x.month) = (t.run_id, t.series_id, t.month)
where t.p is not null and t.release_id not in (select release_id from main.retractions)""",
    "flags": """
select n.series, t.month as period, e.state, e.relative, t.*, j.unflagged as ended_by
from main.flags as t join named as n on n.id = t.series_id
left join main.episodes as e on e.id = t.episode_id
left join main.judgements as j on e.state = 'transient' and j.series_id = e.series_id
    and j.month = e.closed
where t.kind = 'month' and t.severity <> 'watch'
    and t.release_id not in (select release_id from main.retractions) order by t.id""",
    "levels": """
select n.series, e.closed as period, json_extract(e.centre, '$[' || min(
    json_array_length(e.centre) - 1, 12 * substr(e.closed, 1, 4) + substr(e.closed, 6)
    - 12 * substr(e.opened, 1, 4) - substr(e.opened, 6)) || ']') as centre
from main.episodes as e join named as n on n.id = e.series_id where e.state = 'level shift'""",
    "moved": """
select n.series || ' by ' || coalesce(c.series, d.dimension) as series, f.month as period,
    d.encounters - d.expected as moved
from main.drivers as d join main.flags as f on f.id = d.flag_id
join named as n on n.id = f.series_id left join named as c on c.id = d.child_series_id
where d.role <> 'not held'""",
    "ahead": _NEWEST.format("issued"),
    "sums": _NEWEST.format("main.spans").replace("t.month", "t.first_month || '/' || t.last_month"),
    "moves": """
select n.series, a.month as period, a.median - b.median as moved
from main.changes as c join newest on newest.id = c.run_id join named as n on n.id = c.series_id
join issued as a on (a.run_id, a.series_id, a.month) = (c.run_id, c.series_id, c.month)
join issued as b on (b.run_id, b.series_id, b.month) = (c.before_run_id, c.series_id, c.month)""",
    "hindcasts": """
select n.series, t.month as period, t.q100, t.q900, s.n
from main.hindcasts as t join named as n on n.id = t.series_id
join main.scores as s on s.series_id = t.series_id and s.run_id = (select id from newest)
    and (s.model, s.horizon, s.basis, s.era) = ('bordercast', 1, 'hindcast', 'all')
where t.model = 'bordercast' and t.horizon = 1 order by t.month""",
}


def read_tables(connection: sqlite3.Connection, measure_id: int, shape: Shape) -> BaseTables:
    """Read the base tables of one measure."""

    def rows(kind: type[T], query: str) -> list[T]:
        cursor = connection.execute(query, {"measure": measure_id})
        names = [column for column, *_ in cursor.description]
        return [kind(**dict(zip(names, row, strict=True))) for row in cursor]

    totals = frozenset(str(row["border"]) for row in rows(dict, _TOTALS))
    tables, stated = BaseTables(shape, totals=totals), defaultdict[int, list[StatedCount]](list)
    releases = rows(_BaseRelease, _RELEASES)  # from old to new
    for row in rows(StatedCount, _NAMED + _STATED):
        stated[row.release_id].append(row)
    for release in releases:
        for row in stated[release.id]:
            tables.stated.setdefault(row.of, []).append(row)
            # A later release's row stands in the place of an earlier one's.
            if release.kind != "vintage":
                tables.counts.setdefault(row.series, {})[row.month] = row.count
                tables.units[row.of] = release.rounding
    # Schema 21 knows no statements of some days alone, and no months that came unfinished.
    has_days = connection.execute("pragma main.user_version").fetchone()[0] > 21
    dated = rows(BaseValue, _DATED.format("and l.days = 0" if has_days else ""))
    covered = rows(_BaseCover, _COVERED)
    tables.values.update(_histories(totals, releases, stated, covered, dated))
    if has_days:
        _mark_partial(tables, rows(dict, _NAMED + _PARTIAL), covered, releases)
    wanted = {part.name for part in fields(BaseRow)}
    for name, query in _ROWS.items():
        by_period = tables.rows.setdefault(name, {})
        for columns in rows(dict, _NAMED + query):
            row_of = BaseRow(**{name: columns[name] for name in wanted & columns.keys()})
            by_period.setdefault((columns["series"], row_of.period), []).append(row_of)
        tables.months[name] = len({month for series, month in by_period if series in totals})
    for (series, _), hindcasts in tables.rows["hindcasts"].items():
        tables.ahead.setdefault(series, []).extend(hindcasts)
    return tables


def _mark_partial(
    tables: BaseTables,
    came: Iterable[Mapping[str, Any]],
    covered: Collection[_BaseCover],
    releases: Iterable[_BaseRelease],
) -> None:
    """Keep what releases have of months that came unfinished, and of which none is later."""
    place = {release.id: at for at, release in enumerate(releases) if release.kind != "vintage"}
    for series, month, release_id, share in (row.values() for row in came):
        tables.partial[series, month, release_id] = share
        here = place.get(release_id, -1)
        later = [c for c in covered if c.series == series and place.get(c.release_id, -1) > here]
        if not any(c.first <= month <= c.last for c in later):
            tables.awaited[series, month] = share


def _histories(
    totals: Collection[str],
    releases: Iterable[_BaseRelease],
    stated: Mapping[int, Iterable[StatedCount]],
    covered: Iterable[_BaseCover],
    dated: Iterable[BaseValue],
) -> dict[tuple[str, str], list[BaseValue]]:
    """(total, month) -> the values it has had, in the order in which they became known."""
    stands: dict[tuple[str, str], int] = {}
    values = defaultdict[tuple[str, str], list[BaseValue]](list)
    spans = defaultdict[tuple[int, str], list[_BaseCover]](list)
    for span in covered:
        spans[span.release_id, span.series].append(span)
    for place, release in enumerate(releases):
        rows = [row for row in stated[release.id] if row.series in totals]
        own = {(row.series, row.month): row.count for row in rows}
        if release.kind != "vintage":
            stands |= own
            # A month that a release covers without a row of its own is as before.
            own = {
                at: count
                for at, count in stands.items()
                for span in spans[release.id, at[0]]
                if span.first <= at[1] <= span.last
            }
        for at, count in own.items():
            values[at].append(BaseValue(*at, release.known, count, release.vintage, place))
    for value in dated:
        # Newer than what was known before it, older than what became known later.
        known = values[value.series, value.month]
        place = max((other.place for other in known if other.known < value.known), default=-1)
        known.append(replace(value, place=place))
    return {at: _in_order(at[1], known) for at, known in values.items()}


def _in_order(month: str, values: Iterable[BaseValue]) -> list[BaseValue]:
    """Return the values of a month by the day each was known, its place and count."""
    newest, had = -1, list[BaseValue]()
    due = date.fromisoformat(f"{back(month, -1)}-01") + DUE
    by_day = sorted(values, key=lambda value: (value.known, value.place, value.count))
    if by_day[0].known > (due + LATE).isoformat():
        # It had been published all the same: its value stands in from the day it was due.
        had.append(replace(by_day[0], known=due.isoformat(), vintage="unknown"))
    # Of a day the newest alone; and a file seen later that is older tells nothing new.
    for value in {value.known: value for value in by_day}.values():
        if value.place >= newest:
            newest = value.place
            had += [value] if not had or had[-1].count != value.count else []
    return had
