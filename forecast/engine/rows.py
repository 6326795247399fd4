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
from forecast.types import HUB_PERMILLES, Forecast, Hindcasts, SeriesKey
from models.base import Ints, Panel

if TYPE_CHECKING:
    from forecast.types import Totals

HUB = tuple(permille / 1000 for permille in HUB_PERMILLES)
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
        if not np.isfinite(predictive.sigma[series, last]):
            continue
        cutoff = months.from_index(int(panel.last[series]))
        centre, scale = (x[series, last].tolist() for x in (predictive.centre, predictive.scale))
        for step, counts in enumerate(predictive.counts(INTERVAL_PROBS, series, last).tolist()):
            month = months.shift(cutoff, step + 1)
            forecast = Forecast(
                *(key, model, cutoff, month, month),
                **dict(zip(INTERVALS, counts, strict=True)),
                centre=centre[step],
                scale=scale[step],
                df=float(predictive.df[series, last]),
            )
            rows.append(forecast)
    return rows


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


def hindcast_rows(  # noqa: PLR0913 - what a hindcast is of, and which are wanted
    predictive: Predictive,
    panel: Panel,
    keys: Sequence[SeriesKey],
    origins: Ints,
    model: str,
    version: str,
    digests: Mapping[int, str],
    *,
    among: Container[SeriesKey] | None = None,
    recorded: Container[tuple[str, str, SeriesKey, str]] = (),
) -> Iterator[Hindcasts]:
    """What the model would have said at each of these origins, of every series it could.

    digests : column -> digest of the panel's data up to it, see `data_digests`.
    among : of these series alone. recorded : (model, version, series, cutoff) to be left out.

    None from a month that nobody knows: a cutoff is a month that was published.
    """
    known, ahead = panel.known, predictive.centre.shape[-1]
    for series, key in enumerate(keys):
        if among is not None and key not in among:
            continue
        said = np.isfinite(predictive.sigma[series]) & known[series, origins]
        of_cutoff = {p: month_of(panel, series, int(origins[p])) for p in np.flatnonzero(said)}
        chosen = [p for p, c in of_cutoff.items() if (model, version, key, c) not in recorded]
        if not chosen:
            continue
        # All of a series' at once: a call each takes five times as long.
        one = predictive.of(slice(series, series + 1)).at(np.array(chosen))
        rows = [
            (of_cutoff[place], months.shift(of_cutoff[place], step), step, digests[origins[place]])
            for place in chosen
            for step in range(1, ahead + 1)
        ]
        cutoffs, targets, horizons, of_data = zip(*rows, strict=True)
        yield Hindcasts(
            *(key, model, version, cutoffs, targets, horizons, of_data),
            counts=intervals.counts(one.quantiles(HUB))[0].reshape(-1, len(HUB)),
            centre=one.centre.ravel().tolist(),
            scale=one.scale.ravel().tolist(),
            df=np.repeat(one.df[0], ahead).tolist(),
        )


def data_digests(panel: Panel) -> dict[int, str]:
    """Column -> sha256 of every series' values up to it (16 hex digits)."""
    running = hashlib.sha256()
    digests = {}
    for column, values in enumerate(panel.z.T):
        running.update(np.ascontiguousarray(values).tobytes())
        digests[column] = running.hexdigest()[:16]
    return digests
