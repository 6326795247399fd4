"""What the charts show, as rows. Quick to import."""

from __future__ import annotations

import sqlite3

from forecast.store.queries import rows, sql
from forecast.types import HUB_PERMILLES, Row, SeriesKey

_PAIRS = [(p, 1000 - p) for p in HUB_PERMILLES if p < 500]


def published(connection: sqlite3.Connection, series: str | SeriesKey) -> list[Row]:
    """The counts of a total, or of any series, by month."""
    return rows(
        connection,
        "published_counts",
        _key(series)[:3],
    )


def flagged(connection: sqlite3.Connection, series: str | SeriesKey) -> list[Row]:
    """Its months that were flagged, with median and severity."""
    return rows(
        connection,
        "flagged",
        _key(series)[:3],
    )


def _key(series: str | SeriesKey) -> SeriesKey:
    return series if isinstance(series, SeriesKey) else SeriesKey(series)


def at_lead(connection: sqlite3.Connection, total: str, horizon: int) -> list[Row]:
    """What the service had forecast for each month from `horizon` months before, and what came.

    An issued forecast goes before a hindcast, the first issued one before a later.
    """
    forecasts = rows(
        connection,
        "at_lead",
        (total, horizon),
    )
    return list({row["month"]: row for row in forecasts}.values())


def stood(connection: sqlite3.Connection, total: str) -> list[Row]:
    """Each judged month and the one forecast that judged it, ascending; rows as of `at_lead`.

    Where two months came at once, the second was judged by a forecast of two months before. As in
    the view `wide_months`, which puts the months before and after beside them, and takes longer.
    """
    judging = rows(connection, "judging_forecasts", {"total": total}, of="s.border = :total")
    return [{name: value for name, value in row.items() if name != "border"} for row in judging]


def drivers(connection: sqlite3.Connection, total: str, month: str | None) -> list[Row]:
    """The drivers of a total's flag, of the newest if no month is named."""
    return rows(
        connection,
        "drivers_of_total",
        (total, month, total),
    )


def calibration(
    connection: sqlite3.Connection, total: str, first_cutoff: str
) -> list[dict[str, float]]:
    """How often central intervals of the engine's hindcasts held the count, by level and lead.

    Returns
    -------
    Rows of horizon, level (share meant, 0..1), share (seen, 0..1) and n.
    """
    shares = ", ".join(
        f"avg(o.encounters between h.q{low:03d} and h.q{high:03d})" for low, high in _PAIRS
    )
    rows = connection.execute(
        sql("calibration", shares=shares),
        (total, first_cutoff),
    )
    return [
        {"horizon": horizon, "n": n, "level": (high - low) / 1000, "share": share}
        for horizon, n, *shares in rows
        for (low, high), share in zip(_PAIRS, shares, strict=True)
    ]


def score_years(connection: sqlite3.Connection, total: str) -> list[Row]:
    """Every model's log-WIS by year of the cutoff, all leads; issued where there is any."""
    scores = rows(
        connection,
        "score_years",
        (total,),
    )
    return list({(row["model"], row["era"]): row for row in scores}.values())
