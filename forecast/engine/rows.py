"""Predictive distributions -> the records that are stored: whole counts, the nearest."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecast import months
from forecast.engine import intervals
from forecast.engine.predictive import Predictive
from forecast.types import HUB_PERMILLES, Forecast, Hindcast, SeriesKey
from models.base import Ints, Panel

if TYPE_CHECKING:
    from forecast.types import Totals

HUB = tuple(permille / 1000 for permille in HUB_PERMILLES)
_MEDIAN = HUB.index(0.5)
INTERVALS = ("lo95", "lo90", "lo80", "lo50", "median", "hi50", "hi80", "hi90", "hi95")
INTERVAL_PROBS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)


def month_of(panel: Panel, series: int, column: int) -> str:
    """The calendar month of a column of the panel for one series."""
    return months.from_index(int(panel.last[series]) - (panel.z.shape[1] - 1 - column))


def forecast_rows(
    predictive: Predictive, panel: Panel, keys: Sequence[SeriesKey], model: str
) -> list[Forecast]:
    """The forecasts from the last month of each series; none where the model has none."""
    rows = []
    last = predictive.centre.shape[1] - 1
    for series, key in enumerate(keys):
        # Too young for a scale of errors: a median without an interval is not published.
        if np.isfinite(predictive.sigma[series, last]):
            cutoff = months.from_index(int(panel.last[series]))
            rows += _forecasts(predictive, series, last, key, model, cutoff)
    return rows


def _forecasts(
    predictive: Predictive, series: int, last: int, key: SeriesKey, model: str, cutoff: str
) -> list[Forecast]:
    counts = predictive.counts(INTERVAL_PROBS, series, last)
    return [
        Forecast(
            series=key,
            model=model,
            cutoff=cutoff,
            month=months.shift(cutoff, step + 1),
            horizon=step + 1,
            centre=float(predictive.centre[series, last, step]),
            scale=float(predictive.scale[series, last, step]),
            df=float(predictive.df[series, last]),
            **dict(zip(INTERVALS, row, strict=True)),
        )
        for step, row in enumerate(counts.tolist())
    ]


def with_summed_medians(rows: Sequence[Forecast], totals: Totals) -> list[Forecast]:
    """Nationwide's whole median as the sum of the totals' whole medians.

    The engine's nationwide median is that sum before rounding; rounded each for itself, the four
    numbers could miss it by one or two. Only where all of them are there.
    """
    parts: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        if row.series.headline and row.series.total != totals.whole:
            parts.setdefault((row.model, row.month), []).append(row.median)
    whole, summed_rows = SeriesKey(totals.whole), []
    for row in rows:
        medians = parts.get((row.model, row.month), [])
        if row.series == whole and len(medians) == len(totals.parts):
            # Rounding moves a sum by one or two, and never out of its own interval.
            median = min(max(sum(medians), row.lo50), row.hi50)
            summed_rows.append(replace(row, median=median))
        else:
            summed_rows.append(row)
    return summed_rows


def hub_quantiles(
    predictive: Predictive, panel: Panel, keys: Sequence[SeriesKey]
) -> Iterator[tuple[SeriesKey, str, int, int]]:
    """(series, month, permille, count) at the hub's 23 probabilities, from the last months."""
    last = predictive.centre.shape[1] - 1
    for series, key in enumerate(keys):
        if not np.isfinite(predictive.sigma[series, last]):
            continue
        for step, counts in enumerate(predictive.counts(HUB, series, last).tolist()):
            month = months.from_index(int(panel.last[series]) + step + 1)
            yield from ((key, month, p, v) for p, v in zip(HUB_PERMILLES, counts, strict=True))


def hindcast_rows(
    predictive: Predictive,
    panel: Panel,
    keys: Sequence[SeriesKey],
    origins: Ints,
    model: str,
    version: str,
    digests: Mapping[int, str],
    among: Container[SeriesKey] | None = None,
) -> Iterator[Hindcast]:
    """What the model would have said at each of these origins, for every series it could.

    digests : column -> digest of the panel's data up to it, see `data_digests`.
    among : of these series alone.

    None from a month that nobody knows: a cutoff is a month that was published.
    """
    known = panel.known
    for series, key in enumerate(keys):
        if among is not None and key not in among:
            continue
        places = np.flatnonzero(np.isfinite(predictive.sigma[series]) & known[series, origins])
        centre, scale, df = (
            getattr(predictive, name)[series, places] for name in ("centre", "scale", "df")
        )
        # All of a series' at once: a call each takes five times as long.
        every = intervals.counts(
            intervals.quantiles(centre, scale, df, predictive.reach[series, places], HUB)
        )
        for place, origin in enumerate(origins[places].tolist()):
            cutoff = month_of(panel, series, origin)
            ahead = zip(
                every[place].tolist(), centre[place].tolist(), scale[place].tolist(), strict=True
            )
            for step, (counts, middle, unit) in enumerate(ahead, start=1):
                yield Hindcast(
                    model=model,
                    version=version,
                    series=key,
                    cutoff=cutoff,
                    month=months.shift(cutoff, step),
                    horizon=step,
                    data_digest=digests[origin],
                    median=counts[_MEDIAN],
                    quantiles=tuple(counts),
                    centre=middle,
                    scale=unit,
                    df=float(df[place]),
                )


def data_digests(panel: Panel) -> dict[int, str]:
    """Column -> sha256 of every series' values up to it (16 hex digits)."""
    running = hashlib.sha256()
    digests = {}
    for column, values in enumerate(panel.z.T):
        running.update(np.ascontiguousarray(values).tobytes())
        digests[column] = running.hexdigest()[:16]
    return digests
