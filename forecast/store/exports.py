"""What `export` writes, straight from the record. Standard library only."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from forecast.store.queries import sql, total_order
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
    Rows of total, dimension, member, cutoff, month, horizon, median and the quantiles at
    HUB_PERMILLES, all in counts; by total, cutoff and month.
    """
    rows = connection.execute(
        sql("hindcast_quantiles", quantiles=_QUANTILES, order=total_order("s.border", totals)),
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
    """(total, cutoff, month, horizon, permille, count): the engine's issued forecasts.

    Where several runs issued one from the same cutoff, the first counts.
    """
    rows = connection.execute(sql("issued_quantiles"))
    return [tuple(row) for row in rows]
