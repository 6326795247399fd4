"""What the record says of one month of a total, read together; and month reports as kept.

Standard library only, so that a look at one month is quick.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from forecast.store import flags, judgements, plots, read
from forecast.store.queries import rows, sql
from forecast.types import Row, SeriesKey

if TYPE_CHECKING:
    from sqlite_utils import Database

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
    interior : Border Patrol's arrests At Large in this month, or in the newest month before it
        that states them: month, at_large, at_entry, total (Border Patrol's count), or None.
    agencies : agency -> counts, as far as the parts of this month are on record.
    agencies_unit : unit that the sources of those round to.
    flags : the month's rows of `flags.flags`. shift : its row of `flag_episodes` if a level shift
        was confirmed with this month. drivers : rows of `flag_drivers`.
    score : the engine's row of `scorecard` one month ahead. often : months in which some total
        was flagged, of so many judged. recent : rows of `plots.stood` up to this month.
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
    counts = {r["month"]: r["encounters"] for r in sorted(published, key=lambda r: r["month"])}
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

    Each view is read once: all 155 months of a total together take hardly longer than one.
    """
    asked = (total, month, month)
    source = {
        row["month"]: row
        for row in rows(
            connection,
            "month_counts",
            (total,),
        )
    }
    counts = {month: row["encounters"] for month, row in source.items()}
    values = _by_month(
        rows(
            connection,
            "month_values",
            asked,
        )
    )
    drivers = _by_month(
        rows(
            connection,
            "month_drivers",
            asked,
        )
    )
    judged = _judged(connection, total, month)
    forecasts = _forecasts(connection, total, month)
    interior = _interior(connection, total, split, totals)
    agencies, units = _agencies(connection, total, totals)
    flagged = _by_month(flags.flags(connection, totals, total))
    shifts = {row["closed"]: row for row in reversed(_shifts(connection, total))}
    score, often = one_ahead(connection, total, totals), how_often_flagged(connection)
    expected = plots.stood(connection, total)
    return {
        month: MonthRecord(
            counts=counts,
            values=values.get(month, []),
            source=source[month],
            judged=judged.get(month),
            forecast=forecasts.get((month, row["run_id"], row["cutoff"]))
            if (row := judged.get(month))
            else None,
            interior=next((row for row in interior if row["month"] <= month), None),
            agencies=agencies.get(month, {}),
            agencies_unit=units.get(month, 1),
            flags=flagged.get(month, []),
            shift=shifts.get(month),
            drivers=drivers.get(month, []),
            score=score,
            often=often,
            recent=[row for row in expected if row["month"] <= month][-RECENT:],
        )
        for month in ([month] if month else counts)
        if month in counts
    }


def _by_month(table: Sequence[Row]) -> dict[str, list[Row]]:
    by_month: dict[str, list[Row]] = {}
    for row in table:
        by_month.setdefault(row["month"], []).append(row)
    return by_month


def _judged(connection: sqlite3.Connection, total: str, month: str | None) -> dict[str, Row]:
    """Month -> what judged it; those once judged by a forecast of no standing as hindcasts."""
    judged_rows = rows(
        connection,
        "judged_of_total",
        (total, month, month),
    )
    for row in judged_rows:
        issued = row["basis"] == "issued"
        if issued and judgements.false_issued(connection, SeriesKey(total), row["month"]):
            row["basis"] = "hindcast"  # kept by a version that did not ask when it became known
    return {row["month"]: row for row in judged_rows}


def _forecasts(
    connection: sqlite3.Connection, total: str, month: str | None
) -> dict[tuple[str, int | None, str], Row]:
    """(month, run, cutoff) -> the engine's forecast of it; a hindcast has no run."""
    forecasts = rows(
        connection,
        "forecasts_of_total",
        (total, month, month),
    )
    return {(row["month"], row["run_id"], row["cutoff"]): row for row in forecasts}


def _interior(
    connection: sqlite3.Connection, total: str, split: tuple[str, str, str], totals: Totals
) -> list[Row]:
    """At Large and At Entry by month, the newest first; nothing where a count has no such parts."""
    if not split[0]:
        return []
    return rows(
        connection,
        "interior",
        (split[0], totals.whole, len(totals.parts), totals.whole, *split, total),
    )


def _agencies(
    connection: sqlite3.Connection, asked: str, totals: Totals
) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    """Month -> agency -> counts, nationwide where every total has its own; month -> unit."""
    whole = asked == totals.whole
    sums = connection.execute(
        sql("agencies"),
        (whole, asked),
    )
    by_month: dict[str, dict[str, int]] = {}
    units: dict[str, int] = {}
    for month, member, total, together, unit in sums:
        if together == (len(totals.parts) if whole else 1):
            by_month.setdefault(month, {})[member] = total
            units[month] = max(unit, units.get(month, 1))
    return by_month, units


def _shifts(connection: sqlite3.Connection, total: str) -> list[Row]:
    return rows(
        connection,
        "level_shifts",
        (total,),
    )


def one_ahead(connection: sqlite3.Connection, total: str, totals: Totals) -> Row | None:
    """How good the engine's forecasts of the next month have been.

    Those issued, once there are ISSUED_ENOUGH of them; until then hindcasts.
    """
    scores = [
        row
        for row in read.scores(connection, totals, total)
        if (row["model"], row["era"], row["horizon"]) == ("bordercast", "all", 1)
    ]
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


def save(db: Database, run_id: int, total: str, month: str, report: str) -> None:
    """Keep a run's report of a total's month, JSON; inside the publishing transaction."""
    db.conn.execute(
        sql("save_report"),
        (run_id, total, month, report),
    )


def kept(connection: sqlite3.Connection, total: str, month: str) -> str | None:
    """The last run's report of a total's month as it was kept, JSON.

    None if it has none, or where releases were taken in since that no run rests on yet.
    """
    row = connection.execute(
        sql("stored_report"),
        (total, month),
    ).fetchone()
    return None if row is None else str(row[0])
