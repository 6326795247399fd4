"""Forecasts and outcomes -> scores, and how far chance could move them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.sets import HeldOut, Rolling
from forecast.engine import scores
from forecast.engine.scores import PROBS
from models.base import Floats

BLOCK = 12  # cutoffs of a block: horizons overlap, and one break is seen from a year of cutoffs
REPLICATES = 2000
RANGE = (5, 95)  # percent of the replicates
LEADS = (1, 3, 6, 12)
_MEDIAN = PROBS.index(0.5)
# Central interval in percent -> the places of its ends in PROBS.
_INTERVALS: Mapping[int, tuple[int, int]] = {50: (3, 5), 80: (2, 6), 95: (0, 8)}


@dataclass(frozen=True)
class Scored:
    """Every forecast month of one model; arrays (series, origins, h), NaN where unknown.

    wis, raw_wis : of log1p counts, and of counts. miss, naive_miss : |error| in counts, of the
    median and of the last value. inside : level -> 1 inside the interval, 0 outside.
    """

    wis: Floats
    raw_wis: Floats
    miss: Floats
    naive_miss: Floats
    inside: Mapping[int, Floats]

    def where(self, *index: object) -> Scored:
        """Part of it, by numpy's index."""
        return Scored(
            self.wis[index],
            self.raw_wis[index],
            self.miss[index],
            self.naive_miss[index],
            {level: x[index] for level, x in self.inside.items()},
        )


def score(work: Rolling, quantiles: Floats) -> Scored:
    """Score quantiles of log1p counts, (series, origins, h, PROBS), NaN where there is none."""
    z = np.log1p(work.actual)
    known = np.isfinite(z) & np.isfinite(quantiles).all(axis=-1)
    z = np.where(known, z, np.nan)
    inside = {
        level: np.where(known, (quantiles[..., a] <= z) & (z <= quantiles[..., b]), np.nan)
        for level, (a, b) in _INTERVALS.items()
    }
    last = work.counts[:, work.origins, None]
    return Scored(
        wis=scores.wis(z, quantiles),
        raw_wis=scores.wis(np.expm1(z), np.expm1(quantiles)),
        miss=np.abs(np.expm1(z) - np.expm1(quantiles[..., _MEDIAN])),
        naive_miss=np.abs(np.expm1(z) - last),
        inside=inside,
    )


def summary(scored: Scored) -> dict[str, float]:
    """The line of a table: means over forecast months, MAE as a geometric mean over series."""
    line = {"n": float(np.isfinite(scored.wis).sum()), "log_wis": mean(scored.wis)}
    line |= {f"h{h}": mean(scored.wis[..., h - 1]) for h in LEADS if h <= scored.wis.shape[-1]}
    line |= {f"cover{level}": mean(x) for level, x in scored.inside.items()}
    raw = {"raw_wis": mean(scored.raw_wis), "mae": mean(scored.miss)}
    return line | raw | {"relative_mae": relative_mae(scored)}


def relative_mae(scored: Scored) -> float:
    """Geometric mean over series of MAE / the log random walk's MAE on the same months."""
    ratios = [
        mean(own) / mean(naive)
        for own, naive in zip(scored.miss, scored.naive_miss, strict=True)
        if np.nansum(naive) > 0
    ]
    return float(np.exp(np.mean(np.log(ratios))))


def mean(x: Floats) -> float:
    """Mean of what is known; NaN of nothing."""
    known = x[np.isfinite(x)]
    return float(known.mean()) if known.size else float("nan")


def bootstrap(scored: Scored, baseline: Scored) -> dict[str, list[float]]:
    """90 % ranges of log-WIS and of its ratio to the baseline's, by blocks of cutoffs.

    Blocks of twelve months of cutoffs in a row are drawn with replacement until there are as
    many cutoffs as before; both models are scored on the same draws.
    """
    own, base = _by_cutoff(scored), _by_cutoff(baseline)
    chosen = _draws(own.shape[1])
    ours, theirs = _replicates(own, chosen), _replicates(base, chosen)
    return {"log_wis": _range(ours), "ratio": _range(ours / theirs)}


def _by_cutoff(scored: Scored) -> Floats:
    """(2, origins) sum of the scores and how many there are."""
    return np.stack([np.nansum(scored.wis, (0, 2)), np.isfinite(scored.wis).sum((0, 2))])


def _draws(origins: int) -> np.ndarray:
    """(replicates, origins) cutoffs of each replicate."""
    chance = np.random.default_rng(0)
    starts = chance.integers(0, origins - BLOCK + 1, (REPLICATES, -(-origins // BLOCK)))
    cutoffs = (starts[..., None] + np.arange(BLOCK)).reshape(REPLICATES, -1)
    return cutoffs[:, :origins]


def _replicates(sums: Floats, chosen: np.ndarray) -> Floats:
    total, count = sums[:, chosen].sum(axis=-1)
    return np.asarray(total / count)


def _range(replicates: Floats) -> list[float]:
    return [float(x) for x in np.percentile(replicates, RANGE)]


def held_out(work: HeldOut, quantiles: Floats) -> dict[str, float]:
    """sMAPE, MASE, scaled WIS, WQL and coverage of one forecast a series.

    sMAPE is in percent, 200 |y - f| / (|y| + |f|); it, MASE and scaled WIS (WIS over the seasonal
    naive's MAE in the history) are means over series of means over months. WQL is the sum of
    twice the pinball losses over the sum of what came, on these quantiles.

    quantiles : (series, h, PROBS) of log1p values.
    """
    smape, mase, scaled, inside = [], [], [], []
    lost = total = 0.0
    for history, came, said in zip(work.history, work.future, quantiles, strict=True):
        shown = np.expm1(said[: len(came)])
        median = shown[:, _MEDIAN]
        size = np.abs(came) + np.abs(median)
        smape.append(np.mean(200 * np.abs(came - median) / np.where(size > 0, size, 1)))
        mase.append(mase_of(came, median, history))
        wis, usual = scores.wis(came, shown), np.abs(history[12:] - history[:-12]).mean()
        scaled.append(wis.mean() / usual if usual > 0 else np.nan)
        lost, total = lost + wis.sum(), total + np.abs(came).sum()
        z, bounds = np.log1p(came), said[: len(came)]
        inside.append([coverage(z, bounds[:, a], bounds[:, b]) for a, b in _INTERVALS.values()])
    cover = np.mean(inside, axis=0)
    line = {"n": float(len(smape)), "smape": float(np.mean(smape)), "mase": mean(np.array(mase))}
    line |= {"scaled_wis": mean(np.array(scaled)), "wql": lost / total}
    return line | {f"cover{level}": float(x) for level, x in zip(_INTERVALS, cover, strict=True)}


def coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """Share of outcomes inside their interval, ends included, 0 .. 1; should be its level.

    NaN where no outcome has an interval.
    """
    known = np.isfinite(actual) & np.isfinite(low) & np.isfinite(high)
    inside = (low <= actual) & (actual <= high)
    return float(inside[known].mean()) if known.any() else float("nan")


def mae(actual: Floats, forecast: Floats) -> float:
    """Mean |y - forecast|, in the unit of actual; lower is better, NaN where there is none."""
    return _mean(np.abs(actual - forecast))


def mase_of(actual: Floats, forecast: Floats, history: Floats, season: int = 12) -> float:
    """MAE of one series relative to the seasonal naive's in its history.

    mean |y - f| / mean |x(t) - x(t - season)|

    Parameters
    ----------
    history : (months,) what the model was shown, in the unit of actual.

    Returns
    -------
    >= 0, no unit; lower is better, below 1 beats the history's seasonal naive. NaN where the
    history is too short or repeats itself exactly.
    """
    usual = _mean(np.abs(history[season:] - history[:-season]))
    return mae(actual, forecast) / usual if usual > 0 else float("nan")


def _mean(x: Floats) -> float:
    """Mean of what is known; NaN of nothing."""
    known = x[np.isfinite(x)]
    return float(known.mean()) if known.size else float("nan")
