"""The totals under every model, at every cutoff."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from forecast import months
from forecast.config import Config
from forecast.engine import ENGINE, VERSION
from forecast.engine.panel import nationwide_rows
from forecast.engine.panel import panel as side_by_side
from forecast.engine.paths import MAX_HORIZON
from forecast.engine.predictive import Predictive
from forecast.engine.refit import forecasts_further, model_forecasts
from forecast.engine.rows import (
    data_digests,
    forecast_rows,
    hindcast_rows,
    hub_quantiles,
    with_summed_medians,
)
from forecast.errors import DataError
from forecast.types import Counts, Fit, Forecast, Hindcast, KeptPath, Rows, SeriesKey
from jobs.pipeline.refits import Refits, Report, model_options, refit_all
from models import REFITTED, build
from models.base import Ints, Panel
from models.structural import filled

if TYPE_CHECKING:
    from forecast.sources.source import Source

BURN_IN = 24  # cutoffs before the first scored one, from which its intervals are calibrated


@dataclass(frozen=True)
class Headline:
    """The totals: their panel, and from which columns models are asked.

    totals : row of the whole -> rows of its parts. scored : first column whose hindcasts by the
    other models are kept; burn_in : the first that calibrates them.
    """

    keys: tuple[SeriesKey, ...]
    panel: Panel
    totals: Mapping[int, tuple[int, ...]]
    scored: int
    burn_in: int

    @property
    def last(self) -> int:
        """The last column."""
        return int(self.panel.z.shape[1]) - 1

    def origins(self, first: int) -> Ints:
        """Every column from `first` to the last."""
        return np.arange(max(first, 0), self.last + 1, dtype=np.int64)


@dataclass(frozen=True)
class Models:
    """What every model says of the headline series, and at which columns.

    further : the engine's from the last column alone, `paths.MAX_HORIZON` months ahead.
    """

    predictive: Mapping[str, Predictive]
    origins: Mapping[str, Ints]
    refits: Mapping[str, Refits]
    further: Predictive


def headline(counts: Counts, config: Config, source: Source) -> Headline:
    """The totals that are held, side by side; DataError if there are none."""
    keys = tuple(SeriesKey(b) for b in source.totals.every if SeriesKey(b) in counts)
    if not keys:
        raise DataError(f"no {source.totals.one} has counts on record; import a file")
    panel = side_by_side({key: counts[key] for key in keys}, source=source)
    column_zero = int(panel.last.max()) - (panel.z.shape[1] - 1)
    scored = max(months.to_index(config.forecast.first_cutoff) - column_zero, 0)
    together = len(set(panel.last.tolist())) == 1  # only months that are the same add up
    totals = nationwide_rows(keys, totals=source.totals) if together else {}
    return Headline(keys, panel, totals, scored, max(scored - BURN_IN, 0))


def forecast_headline(
    config: Config,
    head: Headline,
    stored: Iterable[KeptPath],
    keep: Callable[[list[KeptPath]], None],
    report: Report,
) -> Models:
    """Every model's predictive distributions of the totals, at every cutoff.

    stored : refit models' paths of earlier runs; keep : called with new ones, as they come.
    """
    h = config.forecast.horizon
    every, late = head.origins(0), head.origins(head.burn_in)
    names = tuple(dict.fromkeys(("naive", *config.forecast.models)))
    panel = filled(head.panel)  # other models take no gaps
    refits = refit_all(names, panel, head.keys, late, h, stored, keep, config.compute, report)
    origins = {ENGINE: every}
    forecasts, further = forecasts_further(head.panel, every, h, MAX_HORIZON, head.totals)
    predictive = {ENGINE: forecasts}
    for name in names:
        origins[name] = late if name in refits else every
        paths = refits[name].paths if name in refits else build(name).paths(panel, every, h)
        predictive[name] = model_forecasts(panel, paths, origins[name], origins[name])
    return Models(predictive, origins, refits, further)


def headline_rows(head: Headline, models: Models, source: Source) -> list[Forecast]:
    """Every model's forecasts from the last month."""
    rows = [
        row
        for name, predictive in models.predictive.items()
        for row in forecast_rows(predictive, head.panel, head.keys, name)
    ]
    return with_summed_medians([r for r in rows if r.model == ENGINE], source.totals) + [
        r for r in rows if r.model != ENGINE
    ]


def quantiles(head: Headline, models: Models) -> Rows[tuple[SeriesKey, str, int, int]]:
    """(series, month, permille, count) of the engine's forecasts, for a forecast hub."""
    return Rows(partial(hub_quantiles, models.predictive[ENGINE], head.panel, head.keys))


def new_hindcasts(
    head: Headline,
    models: Models,
    recorded: Container[tuple[str, str, SeriesKey, str]],
    among: Container[SeriesKey] | None = None,
) -> Iterator[Hindcast]:
    """Hindcasts of cutoffs before the last month that are not held yet.

    recorded : (model, version, series, cutoff). A hindcast is written once for each cutoff and
    version of the model, from the data of that time, whose digest stands beside it.
    among : of these series alone.
    """
    digests = data_digests(head.panel)
    for name, predictive in models.predictive.items():
        first = 0 if name == ENGINE else head.scored
        origins = models.origins[name]
        past = (first <= origins) & (origins < head.last)
        version = model_version(name)
        rows = hindcast_rows(
            predictive.at(past), head.panel, head.keys, origins[past], name, version, digests, among
        )
        for row in rows:
            if (name, version, row.series, row.cutoff) not in recorded:
                yield row


def model_version(name: str) -> str:
    """What the numbers of a model depend on beside data and settings."""
    if name in REFITTED:
        return model_options(name)
    return f"{name if name == ENGINE else build(name)!r}, engine {VERSION}"


def fits(head: Headline, models: Models) -> Iterable[Fit]:
    """How each model did on each headline series."""
    for name, predictive in models.predictive.items():
        origins, refit = models.origins[name], models.refits.get(name)
        failures = refit.paths.failures if refit else ()
        failed = {
            failure.series: failure.reason for failure in failures if failure.origin == origins[-1]
        }
        for row, key in enumerate(head.keys):
            weight = float(predictive.weight[row, -1])
            yield Fit(
                series=key,
                model=name,
                weight=weight if name == ENGINE and np.isfinite(weight) else None,
                past_error=_past_error(head, predictive, origins, row),
                failure=failed.get(row, ""),
                seconds=refit.seconds if refit else 0.0,
            )


def _past_error(head: Headline, predictive: Predictive, origins: Ints, row: int) -> float | None:
    """Mean one-step error of the last twelve matured forecasts, log1p counts."""
    ahead = head.panel.z[row, origins[:-1] + 1]
    errors = np.abs(ahead - predictive.centre[row, :-1, 0])[-12:]
    errors = errors[np.isfinite(errors)]
    return float(errors.mean()) if len(errors) else None
