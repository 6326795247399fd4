"""The scores of the speed comparison: real series, and only what every model answered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import ours, scoring
from benchmarks.scoring import Scored
from benchmarks.sets import H
from benchmarks.speedsets import CUTOFFS, Series
from forecast import months
from forecast.engine.forecast import HUB
from forecast.engine.scores import PROBS
from forecast.types import HUB_COLUMNS
from models.base import Floats

MEAN = "mean of the four"
COLUMNS = [HUB_COLUMNS[HUB.index(p)] for p in PROBS]


def scores(series: Series, hindcasts: Path, peers: Mapping[str, Floats]) -> dict[str, Any]:
    """Every model on the same months: all series, and those of each dimension.

    hindcasts : the file that `bordercast forecast --hindcasts-out` wrote, of these series and
    maybe more. peers : name -> (series, cutoffs, h, PROBS) of log1p counts.
    """
    said = {ours.ENGINE: read(hindcasts, series), **peers}
    alike = common(said)
    scored = {name: scoring.score(series.work, quantiles) for name, quantiles in alike.items()}
    lines = {name: scoring.summary(one) for name, one in scored.items()}
    best = min(peers.keys() - {MEAN}, key=lambda name: lines[name]["log_wis"])
    return {
        "series": len(series.names),
        "models": lines,
        "best_single": best,
        "ratio_to_best_single": lines[ours.ENGINE]["log_wis"] / lines[best]["log_wis"],
        "range_of_that_ratio": scoring.bootstrap(scored[ours.ENGINE], scored[best])["ratio"],
        "by_dimension": by_dimension(series, scored),
    }


def beside_kept(series: Series, hindcasts: Path, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Kept scores with our line anew; the range of the ratio, which needs both, is dropped.

    ValueError where the peers were scored on other months.
    """
    scored = scoring.score(series.work, read(hindcasts, series))
    line = scoring.summary(scored)
    if line["n"] != kept["models"][ours.ENGINE]["n"]:
        raise ValueError("kept scores are of other months; ask the peers anew")
    best = kept["models"][kept["best_single"]]["log_wis"]
    own = by_dimension(series, {ours.ENGINE: scored})
    return {
        **kept,
        "models": {**kept["models"], ours.ENGINE: line},
        "ratio_to_best_single": line["log_wis"] / best,
        "range_of_that_ratio": None,
        "by_dimension": {name: {**of, **own[name]} for name, of in kept["by_dimension"].items()},
    }


def read(hindcasts: Path, series: Series) -> Floats:
    """(series, cutoffs, h, PROBS) quantiles of log1p counts as they stand in our file.

    NaN where it has no line.
    """
    table = pd.read_parquet(hindcasts, columns=["series", "cutoff", "horizon", *COLUMNS])
    table = table[table["series"].isin(series.names)]
    places = pd.MultiIndex.from_product(
        [series.names, _cutoffs(series), range(1, H + 1)], names=["series", "cutoff", "horizon"]
    )
    counts = table.set_index(places.names).reindex(places)
    shape = (len(series.names), CUTOFFS, H, len(PROBS))
    return np.log1p(counts[COLUMNS].to_numpy(float)).reshape(shape)


def _cutoffs(series: Series) -> list[str]:
    work = series.work
    first = work.last_month - work.counts.shape[1] + 1
    return [months.from_index(first + int(origin)) for origin in work.origins]


def common(said: Mapping[str, Floats]) -> dict[str, Floats]:
    """The same, with NaN wherever any of them has no answer."""
    known = np.all([np.isfinite(one).all(axis=-1) for one in said.values()], axis=0)
    return {name: np.where(known[..., None], one, np.nan) for name, one in said.items()}


def by_dimension(series: Series, scored: Mapping[str, Scored]) -> dict[str, dict[str, float]]:
    """log-WIS of each model on the series of each dimension."""
    family = np.array(series.family)
    return {
        dimension: {
            name: scoring.mean(one.where(family == dimension).wis) for name, one in scored.items()
        }
        for dimension in sorted(set(series.family))
    }
