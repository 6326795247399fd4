"""What the page asks of the record that no command does. Quick to import."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from forecast.store import witnesses
from forecast.store.queries import rows, sql
from forecast.types import Row, SeriesKey


class NewestSource(NamedTuple):
    """The release that states the newest month, and those refused that are not older.

    seen : "YYYY-MM-DD", None where it is not known. refused : names of files.
    witnesses : who saw which run, oldest run first.
    """

    file_name: str
    seen: str | None
    refused: tuple[str, ...]
    witnesses: tuple[witnesses.Sighting, ...] = ()


def newest_source(connection: sqlite3.Connection) -> NewestSource | None:
    """Where the newest month comes from; None if nothing is held."""
    releases = rows(connection, "newest_source")
    if not releases:
        return None
    [newest] = releases
    refused = connection.execute(sql("still_refused"), (newest["seq"],))
    return NewestSource(
        newest["file_name"],
        newest["first_seen_at"],
        tuple(name for (name,) in refused),
        tuple(witnesses.sightings(connection)),
    )


def revised(connection: sqlite3.Connection, total: str) -> list[Row]:
    """The months whose count was restated: first value, now, how often; the newest first."""
    return rows(
        connection,
        "revised_releases",
        (total,),
    )


def restatements(connection: sqlite3.Connection, total: str) -> list[Row]:
    """Every change of a month after it was first published, rows of `vintages`, the newest first.

    A change that became known with another of the same day and release stands beside it.
    """
    return rows(
        connection,
        "restatements",
        (total,),
    )


def release_days(connection: sqlite3.Connection) -> dict[str, str]:
    """Month -> the day its figures were first seen, "YYYY-MM-DD", where the day is known."""
    rows = connection.execute(sql("release_days"))
    return dict(rows.fetchall())


def corrected(connection: sqlite3.Connection) -> list[Row]:
    """Corrections that readers were sent, a row a series, the newest first.

    Rows of `corrected` in queries.sql. What nobody has approved is not among them.
    """
    return rows(connection, "corrected")


def judged(connection: sqlite3.Connection, total: str) -> list[Row]:
    """Every judged month of a total, rows of `judged_months`, the newest first."""
    return rows(
        connection,
        "judged_months_of_total",
        (total,),
    )


def runs(connection: sqlite3.Connection) -> list[Row]:
    """Every run, the newest first: id, published_at, data_through, digest."""
    return rows(connection, "every_run")


def all_months(connection: sqlite3.Connection) -> dict[str, list[Row]]:
    """Total -> its months with all comparisons, rows of `wide_months`, oldest first.

    Of all totals at once: the view compares them whichever is asked for.
    """
    by_total: dict[str, list[Row]] = {}
    for row in rows(connection, "all_months"):
        by_total.setdefault(row["border"], []).append(row)
    return by_total


def part_months(connection: sqlite3.Connection) -> dict[SeriesKey, list[Row]]:
    """Part -> its months with their counts, oldest first."""
    return _by_part(
        connection,
        "part_months",
    )


def part_forecasts(connection: sqlite3.Connection) -> dict[SeriesKey, list[Row]]:
    """Part -> the engine's forecasts of the last run, by month."""
    return _by_part(
        connection,
        "part_forecasts",
    )


def part_flags(connection: sqlite3.Connection) -> dict[SeriesKey, list[Row]]:
    """Part -> its flags, the newest first, rows of `all_flags` but for those only watched."""
    return _by_part(
        connection,
        "part_flags",
    )


def _by_part(connection: sqlite3.Connection, name: str) -> dict[SeriesKey, list[Row]]:
    by_part: dict[SeriesKey, list[Row]] = {}
    for row in rows(connection, name):
        key = SeriesKey(row["border"], row["dimension"], row["member"], row["component"])
        by_part.setdefault(key, []).append(row)
    return by_part


def spans(connection: sqlite3.Connection, total: str) -> list[Row]:
    """Forecasts of a total's fiscal and calendar years, rows of `span_forecasts`."""
    return rows(
        connection,
        "latest_periods",
        (total,),
    )
