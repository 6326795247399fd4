"""Forecasts from months that came unfinished, as sure of them as their completion is.

A completed month has an error s of its own, on the log scale, beside the error v with which the
months before foretold it. A filter takes in w = v^2 / (v^2 + s^2) of what such a month says: its
forecast lies so far from the forecast of the month before, in centre and in variance. For linear
Gaussian models this is exact (Harvey, Forecasting, Structural Time Series Models and the Kalman
Filter, 1989, ch. 3), and no model is asked again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from forecast import months
from forecast.engine import ENGINE
from forecast.engine.forecast import Forecasts, Headline
from forecast.engine.predictive import PanelHindcasts, Predictive
from forecast.types import Provisional, SeriesKey
from models.base import Floats, Panel

Unsure = Mapping[SeriesKey, Mapping[int, float]]
"""Series -> month's number -> standard deviation of the log of its completed count."""

_MOVING = ("centre", "scale", "mean", "size")


def weighed(
    models: Forecasts,
    families: Sequence[PanelHindcasts],
    head: Headline,
    early: Iterable[Provisional],
) -> tuple[Forecasts, list[PanelHindcasts]]:
    """Return forecasts whose last month believes completed months as far as they are sure.

    early : what is known of months that are not complete.
    """
    unsure: dict[SeriesKey, dict[int, float]] = {}
    for month in early:
        if month.kind == "delivery" and month.spread and not month.complete:
            unsure.setdefault(month.series, {})[months.to_index(month.month)] = month.spread
    if not unsure:
        return models, [*families]
    engine = _moves(models.predictive[ENGINE], head.panel, head.keys, unsure)
    near = {
        name: _moved(forecasts, _moves(forecasts, head.panel, head.keys, unsure))
        for name, forecasts in models.predictive.items()
    }
    parts = []
    for family in families:
        moves = _moves(family.predictive, family.panel, family.keys, unsure)
        further = family.further and _moved(family.further, moves)
        together = _moved(family.predictive, moves)
        parts.append(replace(family, predictive=together, further=further))
    further = models.further and _moved(models.further, engine)
    return replace(models, predictive=near, further=further), parts


def _ahead(move: Floats, h: int) -> Floats:
    """(2, h) a move for so many months: further ahead as in the last of its own."""
    return np.pad(move, ((0, 0), (0, max(h - move.shape[1], 0))), "edge")[:, :h]


def _moves(
    forecasts: Predictive, panel: Panel, keys: Sequence[SeriesKey], unsure: Unsure
) -> dict[int, Floats]:
    """Return how rows that rest on completed months, and have a forecast before, move.

    (2, h) of each row: by how much the centre of z from the last column does, and its variance.
    """
    moves = {}
    for row, key in enumerate(keys):
        ages = {int(panel.last[row]) - month: sd for month, sd in unsure.get(key, {}).items()}
        if (
            0 <= max(ages, default=-1) < forecasts.sigma.shape[1] - 1
            and forecasts.centre.shape[-1] > 1
        ):
            move = _move(forecasts, row, ages)
            if np.isfinite(move).all():
                moves[row] = move
    return moves


def _move(forecasts: Predictive, row: int, ages: Mapping[int, float]) -> Floats:
    """Weigh the completed months of a series, the oldest first; ages : to how unsure they are."""
    variances = forecasts.scale[row] ** 2 * (forecasts.df[row] / (forecasts.df[row] - 2))[:, None]
    oldest = -max(ages) - 1
    centre, variance = forecasts.centre[row, oldest - 1], variances[oldest - 1]
    for column in range(oldest, 0):
        now, spread = forecasts.centre[row, column], variances[column]
        unknown = 1 - variance[0] / (variance[0] + ages.get(-column - 1, 0.0) ** 2)
        more = np.maximum(variance[1:] - spread[:-1], 0)
        apart = _ahead(np.array([centre[1:] - now[:-1], more]), len(centre))
        centre, variance = np.array([now, spread]) + unknown * apart
    return np.array([centre - forecasts.centre[row, -1], variance - variances[-1]])


def _moved(forecasts: Predictive, moves: Mapping[int, Floats]) -> Predictive:
    """Return the forecasts with those from the last column moved."""
    if not moves:
        return forecasts
    h, last = forecasts.centre.shape[-1], forecasts.sigma.shape[1] - 1
    rows, moved = [*moves], np.zeros((2, len(forecasts.sigma), h))
    moved[:, rows] = np.stack([_ahead(move, h) for move in moves.values()], axis=1)
    centre, variance = moved
    of_t = variance * (1 - 2 / forecasts.df[:, -1:])  # its scale's part of the variance
    out = replace(forecasts, centre=forecasts.centre.copy(), scale=forecasts.scale.copy())
    out.centre[rows, -1] += centre[rows]
    out.scale[rows, -1] = np.sqrt(forecasts.scale[rows, -1] ** 2 + of_t[rows])
    if (mixed := forecasts.mixtures) is None:
        return out
    at = (mixed.place == last) & np.isin(mixed.row, rows)
    of = mixed.row[at]
    mixed = replace(mixed, **{name: getattr(mixed, name).copy() for name in _MOVING})
    mixed.centre[at] += centre[of]
    mixed.scale[at] = np.sqrt(mixed.scale[at] ** 2 + of_t[of])
    mixed.mean[at] *= np.exp(centre[of])
    # The inverse of a negative binomial's size is the variance of the log of its mean.
    mixed.size[at] /= 1 + mixed.size[at] * variance[of]
    return replace(out, mixtures=mixed)
