"""Month reports: everything that is said of one month of a border, worked out once.

A run keeps the report of each border's newest month and seals it with the rest; that of an older
month is made when somebody asks. Page, mail, brief, terminal and pictures render a report and
gather nothing of their own, so that they cannot contradict each other.

Comparisons are always all there and in one order, whichever looks best: month before, year
before, fiscal year to date against the last (but in its first month, where it would repeat the
year before), peak. Everything rests on the values now current; what was published at first stands
beside them.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any, Literal

from forecast import months
from forecast.desk.names import member_words
from forecast.desk.ranking import (
    TO_DATE,
    Comparison,
    comparisons,
    extreme_since,
    rank,
    unknown_months,
)
from forecast.sources.source import Source
from forecast.store import reports
from forecast.store.reports import MonthRecord
from forecast.types import Row, SeriesKey


@dataclass(frozen=True, slots=True)
class Expectation:
    """The forecast that stood before the month, and how far the month lay from it.

    judged : encounters as first published, on which a month is judged.
    p : two-sided, 0..1. severity : of its flag, None without one.
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


@dataclass(frozen=True, slots=True)
class Value:
    """A value the month has had; known_from "YYYY-MM-DD", vintage says how exactly."""

    encounters: int
    vintage: str
    known_from: str
    source: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Interior:
    """Border Patrol's arrests in the interior ("At Large"), of the newest month that states them.

    total : Border Patrol's count of that month; at_entry : its other part. Where the publisher's
    parts do not add up, total is the sum of neither.
    """

    month: str
    at_large: int
    at_entry: int
    total: int


@dataclass(frozen=True, slots=True)
class MonthReport:
    """What is true of one month of a border, by the values now current.

    source : what its publisher tells of the counts; it is no part of what is kept.

    rank : 1 is the highest of the `held` months from first_month to last_month.
    extreme : "lowest" or "highest" when it is so since the month `since` (None: of all months
        before it held), "" when the month before was already beyond it.
    share : of its fiscal year's encounters as far as they are published, 0..1; None where that
        is this month alone, or a month of it is not known.
    interior : of this month, or of the newest one before it that states it; None before October
        2023 and away from the land borders.
    agencies : agency -> encounters, where on record; empty where not. agencies_unit : unit that
        their sources round to, 1 or 10.
    final : whether its fiscal year is complete. rounding : unit the source rounds to, 1 or 10.
    flags : the month's rows of the view all_flags but for those only watched.
    shift : row of flag_episodes, if a level shift was confirmed with this month.
    drivers : rows of flag_drivers. score : row of scorecard, one month ahead.
    often : months in which some border was flagged, of so many judged.
    recent : this month and those before it with the forecast that judged each.
    part : of the border, in words; "" for its total. newest_of_border : the border's last month
        held, where it is later than the part's, else "".
    """

    source: Source = field(repr=False, compare=False)
    border: str
    month: str
    encounters: int
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
    values: tuple[Value, ...]
    file_name: str
    rounding: int
    interior: Interior | None = None
    agencies: dict[str, int] = field(default_factory=dict)
    agencies_unit: int = 1
    flags: tuple[Row, ...] = ()
    shift: Row | None = None
    drivers: tuple[Row, ...] = ()
    score: Row | None = None
    often: tuple[int, int] = (0, 0)
    recent: tuple[Row, ...] = ()
    part: str = ""
    newest_of_border: str = ""

    @property
    def findings(self) -> list[Row]:
        """Its flags that a notice tells: the month itself, or a drift that it completed."""
        return [flag for flag in self.flags if flag["kind"] in ("month", "drift")]


def report(connection: sqlite3.Connection, total: str, month: str, source: Source) -> MonthReport:
    """The report of a border's month, which must be on record: as kept, else made now."""
    stored = reports.kept(connection, total, month)
    if stored is not None:
        return from_json(stored, source=source)
    return made_now(connection, total, month, source)


def made_now(connection: sqlite3.Connection, total: str, month: str, source: Source) -> MonthReport:
    """The report of a border's month, made now from the record; KeyError if it has none."""
    return month_report(
        total,
        month,
        reports.month_record(connection, total, month, _split(source), source.totals),
        source=source,
    )


def all_reports(
    connection: sqlite3.Connection, total: str, source: Source
) -> dict[str, MonthReport]:
    """Every month of a border, oldest first; the newest as the run keeps it."""
    records = reports.month_records(connection, total, _split(source), source.totals)
    made = {
        month: month_report(total, month, record, source=source)
        for month, record in records.items()
    }
    newest = max(made)
    return made | {newest: report(connection, total, newest, source)}


def _split(source: Source) -> tuple[str, str, str]:
    """The dimension that splits an agency's count, and its two members."""
    aside = source.hierarchy.aside
    return (aside.dimension, aside.named, aside.rest) if aside else ("", "", "")


def series_report(
    connection: sqlite3.Connection, key: SeriesKey, month: str, source: Source
) -> MonthReport:
    """The report of any series' month, which must be on record; that of a part is never kept."""
    if key.headline:
        return report(connection, key.total, month, source)
    total = reports.span(connection, key.total)
    return month_report(
        key.total,
        month,
        reports.part_record(connection, key, month),
        part=member_words(key.dimension, key.member, source),
        newest_of_border=total[1] if total else "",
        source=source,
    )


def newest(connection: sqlite3.Connection, total: str, source: Source) -> MonthReport:
    """The report of a border's newest month."""
    span = reports.span(connection, total)
    assert span is not None, "a published run has every border"
    return report(connection, total, span[1], source)


def newest_report(connection: sqlite3.Connection, total: str, source: Source) -> str:
    """The report of a border's newest month as a run keeps it."""
    return to_json(newest(connection, total, source))


def to_json(report: MonthReport) -> str:
    """A report as it is kept; the same report gives the same text."""
    return json.dumps(as_dict(report), sort_keys=True, separators=(",", ":"))


def as_dict(report: MonthReport) -> dict[str, Any]:
    """What is true of a month, for programs: every field but the source."""
    values = {part.name: getattr(report, part.name) for part in fields(report)}
    del values["source"]
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def from_json(text: str, source: Source) -> MonthReport:
    """A report as it was kept."""
    stored = json.loads(text)
    expectation, interior = stored["expectation"], stored["interior"]
    return MonthReport(
        source=source,
        **stored
        | {
            "comparisons": tuple(Comparison(**c) for c in stored["comparisons"]),
            "expectation": Expectation(**expectation) if expectation else None,
            "values": tuple(Value(**value) for value in stored["values"]),
            "interior": Interior(**interior) if interior else None,
            "often": tuple(stored["often"]),
            **{name: tuple(stored[name]) for name in ("flags", "drivers", "recent")},
        },
    )


def month_report(
    border: str,
    month: str,
    record: MonthRecord,
    source: Source,
    part: str = "",
    newest_of_border: str = "",
) -> MonthReport:
    """Everything that is said of a month; it must be among held.counts."""
    counts = record.counts
    side, since = extreme_since(counts, month)
    begins = source.year_begins
    months_of_year = months.fiscal_months(months.fiscal_year(month, begins), begins)
    year = [m for m in months_of_year if m in counts]
    total = sum(counts[m] for m in year)
    whole = not unknown_months(counts, months_of_year[0], year[-1])
    last = max(counts)
    return MonthReport(
        source=source,
        border=border,
        month=month,
        encounters=counts[month],
        comparisons=tuple(comparisons(counts, month, source)),
        expectation=_expectation(record),
        rank=rank(counts, month),
        held=len(counts),
        first_month=min(counts),
        last_month=last,
        extreme=side,
        since=since,
        share=counts[month] / total if total and year != [month] and whole else None,
        final=months_of_year[-1] <= last,
        values=tuple(
            Value(v["encounters"], v["vintage"], v["known_from"], v["source"], v["file_name"])
            for v in record.values
        ),
        file_name=record.source["file_name"],
        rounding=record.source["rounding"],
        interior=_interior(record),
        agencies=dict(record.agencies),
        agencies_unit=record.agencies_unit,
        flags=tuple(record.flags),
        shift=record.shift,
        drivers=tuple(record.drivers),
        score=record.score,
        often=record.often,
        recent=tuple(record.recent),
        part=part,
        newest_of_border=newest_of_border if newest_of_border > last else "",
    )


def _interior(record: MonthRecord) -> Interior | None:
    row = record.interior
    if row is None:
        return None
    parts = row["at_large"] + row["at_entry"]
    return Interior(row["month"], row["at_large"], row["at_entry"], row["total"] or parts)


def to_date_unknown(report: MonthReport) -> bool:
    """Whether the fiscal year up to the month cannot be summed: one of its months is not known."""
    names = {comparison.name for comparison in report.comparisons}
    begins = report.source.year_begins
    first = months.fiscal_months(months.fiscal_year(report.month, begins), begins)[0]
    return report.month != first and not names & set(TO_DATE)


def _expectation(record: MonthRecord) -> Expectation | None:
    judged, forecast = record.judged, record.forecast
    if judged is None or forecast is None or judged["p"] is None:
        return None
    bounds = {name: forecast[name] for name in ("lo80", "hi80", "lo95", "hi95")}
    return Expectation(
        median=judged["median"],
        basis=judged["basis"],
        cutoff=judged["cutoff"],
        judged=judged["encounters"],
        p=judged["p"],
        severity=judged["severity"],
        **bounds,
    )
