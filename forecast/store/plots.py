"""What the charts show, as rows. Quick to import."""

from __future__ import annotations

import sqlite3

from forecast.store.read import rows
from forecast.types import HUB_PERMILLES, Row, SeriesKey

_PAIRS = [(p, 1000 - p) for p in HUB_PERMILLES if p < 500]


def published(connection: sqlite3.Connection, series: str | SeriesKey) -> list[Row]:
    """The counts of a border, or of any series, by month: month, encounters."""
    return rows(
        connection,
        """
        select month, encounters from series_months
        where border = ? and dimension = ? and member = ? order by month
        """,
        _key(series)[:3],
    )


def flagged(connection: sqlite3.Connection, series: str | SeriesKey) -> list[Row]:
    """Its months that were flagged: month, encounters, median, severity."""
    return rows(
        connection,
        """
        select month, encounters, median, severity from judged_months
        where border = ? and dimension = ? and member = ?
            and flag is not null and severity <> 'watch'
        order by month
        """,
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
        """
        select month, basis, median, lo50, hi50, lo80, hi80, lo95, hi95, encounters
        from forecast_vs_actual
        where border = ? and dimension = '' and model = 'bordercast' and horizon = ?
        order by month, basis = 'issued', run_id desc
        """,
        (total, horizon),
    )
    return list({row["month"]: row for row in forecasts}.values())


def stood(connection: sqlite3.Connection, total: str) -> list[Row]:
    """Each judged month and the one forecast that judged it, ascending; rows as of `at_lead`.

    Where two months came at once, the second was judged by a forecast of two months before. As in
    the view `wide_months`, which puts the months before and after beside them, and takes longer.
    """
    return rows(
        connection,
        """
        select
            j.month, j.basis, j.median, coalesce(f.lo80, h.q100) as lo80,
            coalesce(f.hi80, h.q900) as hi80, coalesce(f.lo95, h.q025) as lo95,
            coalesce(f.hi95, h.q975) as hi95, o.encounters
        from series as s
        join judgements as j on j.series_id = s.id
        join current_observations as o on o.series_id = s.id and o.month = j.month
        left join forecasts as f
            on f.run_id = j.run_id and f.series_id = s.id and f.model = 'bordercast'
            and f.month = j.month
        left join hindcasts as h
            on j.run_id is null and h.model = 'bordercast' and h.series_id = s.id
            and h.cutoff = j.cutoff and h.month = j.month
        where s.border = ? and s.dimension = '' and j.median is not null
            and coalesce(f.lo95, h.q025) is not null
        order by j.month
        """,
        (total,),
    )


def drivers(connection: sqlite3.Connection, total: str, month: str | None) -> list[Row]:
    """The drivers of a border's flag, of the newest if no month is named."""
    return rows(
        connection,
        """
        select border, month, dimension, role, part_border, member, component, expected, encounters,
            contribution
        from flag_drivers
        where border = ? and month = coalesce(
            ?, (select max(month) from flag_drivers where border = ?)
        )
        order by dimension, abs(contribution) desc
        """,
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
        f"""
        select h.horizon, count(*), {shares}
        from hindcasts as h
        join series as s on s.id = h.series_id
        join current_observations as o on o.series_id = h.series_id and o.month = h.month
        where s.border = ? and s.dimension = '' and h.model = 'bordercast' and h.cutoff >= ?
            and h.horizon in (1, 3, 6, 12)
        group by h.horizon order by h.horizon
        """,
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
        """
        select model, era, basis, n, log_wis from scorecard
        where border = ? and horizon = 0 and era glob '[0-9]*'
        order by model, era, basis = 'issued'
        """,
        (total,),
    )
    return list({(row["model"], row["era"]): row for row in scores}.values())
