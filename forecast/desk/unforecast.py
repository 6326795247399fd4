"""Why a series has no forecast, and the figures that bring one, in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import TYPE_CHECKING

from forecast.store import joint as store
from forecast.store import read
from forecast.types import SeriesKey
from forecast.words import month_words

if TYPE_CHECKING:
    from forecast.sources.source import Source


def unforecast_words(key: SeriesKey, known: Collection[str], through: str, source: Source) -> str:
    """Why a series has no forecast, and from when on it will have one.

    known : its counted months. through : the last month on record.
    """
    aside = source.hierarchy.aside
    if aside and key.dimension == aside.dimension:
        return aside.unforecast
    waiting = waiting_words(known, through)
    return (
        f"it has no forecast yet: {waiting}"
        if waiting
        else (f"it has no forecast: too few {source.measure.noun}")
    )


def waiting_words(known: Collection[str], through: str) -> str:
    """How many months a series has, and which one brings its first forecast; "" if none waits."""
    # Not imported above: the engine takes longer to import than `show` does all else.
    from forecast.engine.waiting import first_forecast

    month = first_forecast(known, through)
    if not month:
        return ""
    many = f"{len(known)} month{'' if len(known) == 1 else 's'}"
    return (
        f"{many} counted; if each coming month is, those of {month_words(month)} bring a forecast"
    )


def waiting_totals(connection: sqlite3.Connection, through: str, source: Source) -> dict[str, str]:
    """Totals without a forecast in the last run, and the figures that bring one, in words."""
    forecast = {row["border"] for row in read.forecasts(connection, source.totals)}
    keys = [key for key in store.series_keys(connection) if key.headline]
    return {
        key.total: waiting_words(store.counts(connection, key), through)
        for key in keys
        if key.total not in forecast
    }
