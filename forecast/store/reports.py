"""What the record says of one month of a total, read together; and month reports as kept.

Standard library only, so that a look at one month is quick.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from forecast.store import judgements, read
from forecast.store.queries import each, rows, sql
from forecast.types import COUNT, Row, SeriesKey

if TYPE_CHECKING:
    from forecast.types import Totals

ISSUED_ENOUGH = 24  # months after which issued forecasts speak for themselves, without hindcasts
RECENT = 24  # months of the picture


class MonthRecord(NamedTuple):
    """Everything on record about a total's month; months are "YYYY-MM", counts whole numbers.

    counts : month -> counts as now current.
    values : the values the month has had, oldest first; rows of the view `vintages`.
    source : file_name, rounding of the release that states the current value.
    judged : the month's row of `judged_months`; forecast : the forecast that judged it, a row of
        `forecast_vs_actual`; both None where it was not judged.
    interior : what of a half is counted aside in this month, or in the newest month before it that
        states it: month, at_large, at_entry, total (the half's count), or None.
    agencies : agency -> counts, as far as the parts of this month are on record.
    agencies_unit : unit that the sources of those round to.
    flags : the month's rows of `read.flags`. shift : its row of `flag_episodes` if a level shift
        was confirmed with this month. drivers : rows of `flag_drivers`.
    score : the engine's row of `scorecard` one month ahead. often : months in which some total
        was flagged, of so many judged. recent : rows of `read.stood` up to this month.
    """

    counts: dict[str, int]
    values: list[Row]
    source: Row
    judged: Row | None = None
    forecast: Row | None = None
    interior: Row | None = None
    agencies: Mapping[str, int] = MappingProxyType({})
    agencies_unit: int = 1
    flags: Sequence[Row] = ()
    shift: Row | None = None
    drivers: Sequence[Row] = ()
    score: Row | None = None
    often: tuple[int, int] = (0, 0)
    recent: Sequence[Row] = ()


def span(connection: sqlite3.Connection, total: str) -> tuple[str, str] | None:
    """First and newest month of a total, None if it has none."""
    return series_span(connection, SeriesKey(total))


def series_span(connection: sqlite3.Connection, key: SeriesKey) -> tuple[str, str] | None:
    """First and newest month of any series, None if it has none."""
    first, last = connection.execute(  # a month is current as soon as any release states it
        sql("series_span"),
        key[:3],
    ).fetchone()
    return None if first is None else (first, last)


def part_record(connection: sqlite3.Connection, key: SeriesKey, month: str) -> MonthRecord:
    """What is on record about a part's month: counts and their values; KeyError if none.

    Its forecast is not: of parts only the forecasts of runs are kept, not what judged a month.
    """
    published = rows(
        connection,
        "part_counts",
        key[:3],
    )
    values = rows(
        connection,
        "part_values",
        (*key[:3], month),
    )
    counts = {r["month"]: r[COUNT] for r in sorted(published, key=lambda r: r["month"])}
    return MonthRecord(counts, values, {row["month"]: row for row in published}[month])


def month_record(
    connection: sqlite3.Connection,
    total: str,
    month: str,
    split: tuple[str, str, str],
    totals: Totals,
) -> MonthRecord:
    """Everything on record about a total's month, as `month_records`; KeyError if it has none."""
    return month_records(connection, total, split, totals, month)[month]


def month_records(
    connection: sqlite3.Connection,
    total: str,
    split: tuple[str, str, str],
    totals: Totals,
    month: str | None = None,
) -> dict[str, MonthRecord]:
    """Everything on record about a total's months, about all of them if none is named.

    split : a dimension that splits an agency's count, and its two members.
    """
    for _, of in _totals(connection, split, totals, total):
        return of.records(of.source if month is None else {month} & of.source.keys())
    return {}


def newest_records(
    connection: sqlite3.Connection, split: tuple[str, str, str], totals: Totals
) -> Iterator[tuple[str, str, MonthRecord]]:
    """Every total's newest month and what is on record about it; each view is read once."""
    for total, of in _totals(connection, split, totals):
        ((month, record),) = of.records([max(of.source)]).items()
        yield total, month, record


def all_records(
    connection: sqlite3.Connection, split: tuple[str, str, str], totals: Totals
) -> Iterator[tuple[str, dict[str, MonthRecord]]]:
    """Every total and what is on record about each of its months; each view is read once."""
    for total, of in _totals(connection, split, totals):
        yield total, of.records(of.source)


def _totals(
    connection: sqlite3.Connection,
    split: tuple[str, str, str],
    totals: Totals,
    total: str | None = None,
) -> Iterator[tuple[str, _Total]]:
    """Each total, or one, and what is on record about it.

    Every view is read once, totals in the order of their names, side by side: for 5,000 totals
    neither a scan each nor all rows in memory.
    """
    of, values = ("true" if total is None else "{} = :total"), {"total": total}

    def by_total(name: str, column: str = "border", **more: object) -> _ByTotal:
        return _ByTotal(each(connection, name, values | more, of=of.format(column)))

    whole = {"whole": totals.whole, "parts": len(totals.parts)}
    counts = by_total("month_counts")
    vintages, judged = by_total("month_values"), by_total("judged_of_totals")
    drivers, forecasts = by_total("month_drivers"), by_total("forecasts_that_judged", "s.border")
    shifts, scores = by_total("level_shifts"), by_total("next_month_scores")
    judging = by_total("judging_forecasts", "s.border")
    agencies = by_total("agencies", "s.border", **whole, all=total in (None, totals.whole))
    aside = dict(zip(("dimension", "named", "rest"), split, strict=True))
    interior = by_total("interior", "l.border", **whole, **aside) if split[0] else _ByTotal(())
    flagged: dict[str, list[Row]] = {}
    for flag in read.flags(connection, totals, total):
        flagged.setdefault(flag["border"], []).append(flag)
    # Kept by a version that did not ask when a month became known.
    key = SeriesKey(total) if total else None
    false = {(row.series.total, row.month) for row in judgements.false_issued(connection, key)}
    often = how_often_flagged(connection)
    for name, count_rows in counts:
        yield (
            name,
            _Total(
                source={row["month"]: row for row in count_rows},
                values=_by_month(vintages.of(name)),
                judged={
                    row["month"]: row | {"basis": "hindcast"}
                    if row["basis"] == "issued" and (name, row["month"]) in false
                    else row
                    for row in judged.of(name)
                },
                forecasts={(r["month"], r["run_id"], r["cutoff"]): r for r in forecasts.of(name)},
                interior=[_without_total(row) for row in interior.of(name)],
                agencies=agencies.of(name),
                flags=_by_month(flagged.get(name, [])),
                shifts={row["closed"]: row for row in reversed(shifts.of(name))},
                drivers=_by_month(drivers.of(name)),
                score=_score(scores.of(name)),
                often=often,
                stood=[_without_total(row) for row in judging.of(name)],
            ),
        )


@dataclass(frozen=True)
class _Total:
    """What is on record about one total, by month."""

    source: Mapping[str, Row]
    values: Mapping[str, list[Row]]
    judged: Mapping[str, Row]
    forecasts: Mapping[tuple[str, int | None, str], Row]
    interior: Sequence[Row]
    agencies: Sequence[Row]
    flags: Mapping[str, list[Row]]
    shifts: Mapping[str, Row]
    drivers: Mapping[str, list[Row]]
    score: Row | None
    often: tuple[int, int]
    stood: Sequence[Row]

    def records(self, months: Iterable[str]) -> dict[str, MonthRecord]:
        """The records of these months, as far as there are any."""
        counts = {month: row[COUNT] for month, row in self.source.items()}
        agencies: dict[str, dict[str, int]] = {}
        units: dict[str, int] = {}
        for row in self.agencies:
            agencies.setdefault(row["month"], {})[row["member"]] = row[COUNT]
            units[row["month"]] = max(row["rounding"], units.get(row["month"], 1))
        records = {}
        for month in months:
            judged = self.judged.get(month)
            records[month] = MonthRecord(
                counts=counts,
                values=self.values.get(month, []),
                source=self.source[month],
                judged=judged,
                forecast=self.forecasts.get((month, judged["run_id"], judged["cutoff"]))
                if judged
                else None,
                interior=next((row for row in self.interior if row["month"] <= month), None),
                agencies=agencies.get(month, {}),
                agencies_unit=units.get(month, 1),
                flags=self.flags.get(month, []),
                shift=self.shifts.get(month),
                drivers=self.drivers.get(month, []),
                score=self.score,
                often=self.often,
                recent=[row for row in self.stood if row["month"] <= month][-RECENT:],
            )
        return records


def _without_total(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "border"}


class _ByTotal:
    """Rows in the order of their totals' names, handed out total by total."""

    def __init__(self, table: Iterable[Row]) -> None:
        self._groups = groupby(table, key=itemgetter("border"))
        self._next = next(self._groups, None)

    def __iter__(self) -> Iterator[tuple[str, list[Row]]]:
        while self._next is not None:
            yield self._next[0], self.of(self._next[0])

    def of(self, total: str) -> list[Row]:
        """Return a total's rows; the totals are asked for in order."""
        while self._next is not None and self._next[0] < total:
            self._next = next(self._groups, None)
        if self._next is None or self._next[0] != total:
            return []
        group = list(self._next[1])
        self._next = next(self._groups, None)
        return group


def _by_month(table: Sequence[Row]) -> dict[str, list[Row]]:
    by_month: dict[str, list[Row]] = {}
    for row in table:
        by_month.setdefault(row["month"], []).append(row)
    return by_month


def one_ahead(connection: sqlite3.Connection, total: str) -> Row | None:
    """How good the engine's forecasts of the next month have been.

    Those issued, once there are ISSUED_ENOUGH of them; until then hindcasts.
    """
    return _score(rows(connection, "next_month_scores", {"total": total}, of="border = :total"))


def _score(scores: Sequence[Row]) -> Row | None:
    issued = [r for r in scores if r["basis"] == "issued" and r["n"] >= ISSUED_ENOUGH]
    return next(iter(issued or [row for row in scores if row["basis"] == "hindcast"]), None)


def how_often_flagged(connection: sqlite3.Connection) -> tuple[int, int]:
    """Months in which some total was flagged, and months in which one was judged."""
    row = connection.execute(sql("how_often_flagged")).fetchone()
    return int(row[0]), int(row[1])


def every_month(
    connection: sqlite3.Connection,
) -> list[tuple[str, str, str, str, str, int, int]]:
    """All current counts: total, dimension, member, component, month, counts, rounding."""
    return connection.execute(sql("every_month")).fetchall()


def every_value(connection: sqlite3.Connection) -> list[tuple[str, str, int, str, str]]:
    """All values of totals' months: total, month, counts, known_from, vintage."""
    return connection.execute(sql("every_value")).fetchall()


def kept(connection: sqlite3.Connection, total: str, month: str) -> str | None:
    """The last run's report of a total's month as it was kept, JSON.

    None if it has none, or where releases were taken in since that no run rests on yet.
    """
    row = connection.execute(
        sql("stored_report"),
        (total, month),
    ).fetchone()
    return None if row is None else str(row[0])
