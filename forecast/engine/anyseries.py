"""The engine on any monthly counts: an analyst's own series, any number of them.

    from forecast.engine.anyseries import forecast_counts
    from forecast.intake.counts import read_counts

    said = forecast_counts(read_counts(path), h=18)
    values = said.values(slice(0, 10))   # (10, 1, 18, 23): the hub's quantiles of ten series

The same engine as for the borders, with the same configuration. Nothing after a cutoff has any
part in its hindcast.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from forecast import months
from forecast.engine import calibrate, scores
from forecast.engine.predictive import Predictive
from forecast.engine.refit import engine_forecasts, model_forecasts
from forecast.engine.rows import HUB
from forecast.errors import ShortSeriesError
from forecast.intake.counts import MonthlyCounts
from models.base import Floats, Ints, Paths

SHORTEST = calibrate.FIRST_ERROR + calibrate.LEAST_ERRORS  # months a series must have
BLOCK = 500  # series whose quantiles are held at a time
MEDIAN = HUB.index(0.5)
SCORED = [HUB.index(p) for p in scores.PROBS]
MIDDLE = scores.PROBS.index(0.5)


@dataclass(frozen=True)
class SeriesForecasts:
    """What one model says of a set of series, at their ends and at earlier cutoffs.

    Attributes
    ----------
    counts : the series.
    back : (cutoffs,) how many months before a series' last month each cutoff is, ascending in
        time: ..., 2, 1, 0.
    predictive : (series, cutoffs, h) distributions on log1p counts; NaN where there is none.
    """

    counts: MonthlyCounts
    back: Ints
    predictive: Predictive

    @property
    def known(self) -> np.ndarray:
        """(series, cutoffs) whether there is a forecast."""
        return np.asarray(np.isfinite(self.predictive.sigma))

    def values(self, rows: slice, probs: Sequence[float] = HUB) -> Floats:
        """(series, cutoffs, h, probs) quantiles of some series in their own unit, >= 0.

        Whole numbers, rounded outward, for series whose values all are; NaN where there is no
        forecast. The default are the hub's 23 probabilities.
        """
        part = Predictive(*(getattr(self.predictive, f.name)[rows] for f in fields(Predictive)))
        quantiles = part.quantiles(probs)
        whole = self.counts.whole[rows][:, None] & self.known[rows]
        quantiles[~whole] = np.expm1(quantiles[~whole])
        quantiles[whole] = calibrate.counts(quantiles[whole], probs)
        return quantiles

    def blocks(self, probs: Sequence[float] = HUB) -> Iterator[tuple[slice, Floats]]:
        """(rows, values) of all series, some at a time."""
        for first in range(0, len(self.counts.names), BLOCK):
            rows = slice(first, min(first + BLOCK, len(self.counts.names)))
            yield rows, self.values(rows, probs)

    def ends(self) -> SeriesForecasts:
        """Only the forecasts from each series' end."""
        return SeriesForecasts(self.counts, self.back[-1:], self.predictive.at(self.back == 0))

    def hindcasts(self) -> SeriesForecasts:
        """Only the earlier cutoffs."""
        past = self.back > 0
        return SeriesForecasts(self.counts, self.back[past], self.predictive.at(past))


def long_enough(counts: MonthlyCounts) -> tuple[MonthlyCounts, list[ShortSeriesError]]:
    """The series the engine can forecast, and why it cannot forecast the others.

    Short ones are left out altogether, and have no part in their family's verdict either.

    Raises
    ------
    ShortSeriesError : none is long enough.
    """
    length = counts.length
    short = [
        ShortSeriesError(name, months, SHORTEST)
        for name, months in zip(counts.names, length.tolist(), strict=True)
        if months < SHORTEST
    ]
    if len(short) == len(counts.names):
        raise short[0]
    return counts.some(length >= SHORTEST) if short else counts, short


def forecast_counts(counts: MonthlyCounts, h: int, *, hindcasts: int = 0) -> SeriesForecasts:
    """Forecast every series from its last month, and from earlier ones if asked.

    Parameters
    ----------
    counts : the series; see `long_enough`.
    h : months ahead.
    hindcasts : how many earlier cutoffs, one a month before each series' end; a series too
        short at a cutoff has none there.
    """
    back = _back(counts, hindcasts)
    origins = counts.values.shape[1] - 1 - back
    return SeriesForecasts(counts, back, engine_forecasts(counts.panel, origins, h))


def forecast_by_paths(
    counts: MonthlyCounts, paths: Paths, path_back: Ints, hindcasts: int = 0
) -> SeriesForecasts:
    """The same by another model's paths, with intervals from its own past errors.

    paths : (series, n, h) at the cutoffs path_back (n,), which hold those asked for.
    """
    back = _back(counts, hindcasts)
    end = counts.values.shape[1] - 1
    predictive = model_forecasts(counts.panel, paths, end - path_back, end - back)
    return SeriesForecasts(counts, back, predictive)


def _back(counts: MonthlyCounts, hindcasts: int) -> Ints:
    """(cutoffs,) months before the end: hindcasts, ..., 1, 0, as far as there are months."""
    return np.arange(min(hindcasts, counts.values.shape[1] - 1), -1, -1, dtype=np.int64)


class Quality(NamedTuple):
    """How good hindcasts were, over all series and horizons.

    n : forecast months that had come; log_wis, coverage80, coverage95 : means over them.
    relative_mae : geometric mean over series of MAE / naive's, NaN where there is none.
    """

    n: int
    log_wis: float
    relative_mae: float
    coverage80: float
    coverage95: float


class Tally:
    """Adds up hindcasts, some series at a time; see `Quality`."""

    def __init__(self) -> None:
        self.n = 0
        self.wis = self.inside80 = self.inside95 = 0.0
        self.ratios: list[float] = []

    def add(self, hindcasts: SeriesForecasts, rows: slice, quantiles: Floats) -> None:
        """Count some series; quantiles (series, cutoffs, h, scores.PROBS) in their own unit."""
        actual, last = _came(hindcasts, rows, quantiles.shape[2])
        known = np.isfinite(actual) & np.isfinite(quantiles[..., MIDDLE])
        said, came = quantiles[known], actual[known]
        self.n += len(came)
        self.wis += float(scores.log_wis(came, said).sum())
        self.inside80 += float(((said[:, 2] <= came) & (came <= said[:, -3])).sum())
        self.inside95 += float(((said[:, 0] <= came) & (came <= said[:, -1])).sum())
        self.ratios += _log_ratios(np.where(known, actual, np.nan), quantiles[..., MIDDLE], last)

    @property
    def quality(self) -> Quality:
        """Of all series counted so far."""
        if not self.n:
            return Quality(0, *[float("nan")] * 4)
        relative = float(np.exp(np.mean(self.ratios))) if self.ratios else float("nan")
        inside = self.inside80 / self.n, self.inside95 / self.n
        return Quality(self.n, self.wis / self.n, relative, *inside)


def quality(hindcasts: SeriesForecasts) -> Quality:
    """Score hindcasts against what came; see `forecast.engine.scores`."""
    tally = Tally()
    for rows, quantiles in hindcasts.blocks(scores.PROBS):
        tally.add(hindcasts, rows, quantiles)
    return tally.quality


def _came(hindcasts: SeriesForecasts, rows: slice, h: int) -> tuple[Floats, Floats]:
    """(series, cutoffs, h) what came, NaN after the end, and (series, cutoffs, 1) the last seen."""
    values = hindcasts.counts.values[rows]
    origins = values.shape[1] - 1 - hindcasts.back
    target = origins[:, None] + np.arange(1, h + 1)
    came = values[:, np.minimum(target, values.shape[1] - 1)]
    return np.where(target < values.shape[1], came, np.nan), values[:, origins, None]


def _log_ratios(actual: Floats, median: Floats, last: Floats) -> list[float]:
    """Log of MAE / naive's MAE of each series that has both."""
    found = []
    for came, own, naive in zip(actual, median, last, strict=True):
        usual = scores.mae(came, np.broadcast_to(naive, came.shape))
        if usual > 0:
            found.append(float(np.log(max(scores.mae(came, own) / usual, 1e-300))))
    return found


def forecast_columns(said: SeriesForecasts) -> Iterator[list[np.ndarray]]:
    """Blocks of columns for a file: series, month, median and the 23 quantiles.

    Only from the series' ends; a series without a forecast has no line.
    """
    for block in hindcast_columns(said.ends()):
        series, _, month, _, *values = block
        yield [series, month, *values]


def hindcast_columns(
    said: SeriesForecasts, tally: Tally | None = None
) -> Iterator[list[np.ndarray]]:
    """Blocks of columns for a file: series, cutoff, month, horizon, median, the 23 quantiles.

    Values are int64 where all values of all series are whole. The tally, if any, counts them on
    the way.
    """
    for rows, quantiles in said.blocks():
        if tally is not None:
            tally.add(said, rows, quantiles[..., SCORED])
        known = said.known[rows]
        series, cutoff = np.nonzero(known)
        h = quantiles.shape[2]
        names = np.array(said.counts.names[rows], dtype=object)[series]
        at = said.counts.last[rows][series] - said.back[cutoff]
        ahead = np.tile(np.arange(1, h + 1), len(at))
        values = quantiles[known].reshape(-1, len(HUB))
        if said.counts.whole.all():
            values = values.astype(np.int64)
        from_month = np.repeat(at, h)
        yield [
            np.repeat(names, h),
            _as_text(from_month),
            _as_text(from_month + ahead),
            ahead,
            values[:, MEDIAN],
            *values.T,
        ]


def _as_text(index: Ints) -> np.ndarray:
    """Running numbers of months as "YYYY-MM"."""
    found, place = np.unique(index, return_inverse=True)
    return np.array([months.from_index(int(i)) for i in found], dtype=object)[place]
