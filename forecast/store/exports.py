"""What `export` writes, straight from the record. Standard library only."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from forecast.store.read import border_order
from forecast.types import HUB_PERMILLES

if TYPE_CHECKING:
    from forecast.types import Totals

_QUANTILES = ", ".join(f"h.q{permille:03d}" for permille in HUB_PERMILLES)


def hindcasts(
    connection: sqlite3.Connection, model: str, first_cutoff: str, totals: Totals
) -> list[tuple[Any, ...]]:
    """What a model would have said at each cutoff from first_cutoff on.

    Returns
    -------
    Rows of border, dimension, member, cutoff, month, horizon, median and the quantiles at
    HUB_PERMILLES, all in counts; by border, cutoff and month.
    """
    rows = connection.execute(
        f"""
        select s.border, s.dimension, s.member, h.cutoff, h.month, h.horizon, h.median, {_QUANTILES}
        from hindcasts as h join series as s on s.id = h.series_id
        where h.model = ? and h.cutoff >= ?
        order by {border_order("s.border", totals)}, s.dimension, s.member, h.cutoff, h.month
        """,
        (model, first_cutoff),
    )
    return [tuple(row) for row in rows]


def hindcast_models(connection: sqlite3.Connection) -> list[str]:
    """The models that have hindcasts."""
    rows = connection.execute(
        "select distinct model from hindcasts where series_id in (select id from series) order by 1"
    )
    return [model for (model,) in rows]


def issued_quantiles(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    """(border, cutoff, month, horizon, permille, count): the engine's issued forecasts.

    Where several runs issued one from the same cutoff, the first counts.
    """
    rows = connection.execute(
        """
        select s.border, f.cutoff, q.month, f.horizon, q.prob_permille, q.value
        from quantiles as q
        join series as s on s.id = q.series_id
        join forecasts as f
            on (f.run_id, f.series_id, f.month) = (q.run_id, q.series_id, q.month)
            and f.model = 'bordercast'
        where f.run_id = (
            select min(g.run_id) from forecasts as g
            where g.series_id = f.series_id and g.model = f.model and g.cutoff = f.cutoff
                and g.run_id not in (select run_id from withdrawals)
        )
        order by f.cutoff, s.border, f.horizon, q.prob_permille
        """
    )
    return [tuple(row) for row in rows]
