"""Any monthly counts under every model: the engine, the baselines, and the refit models."""

from __future__ import annotations

import numpy as np

from forecast.config import Compute
from forecast.engine import ENGINE
from forecast.engine.anyseries import SeriesForecasts, forecast_by_paths, forecast_counts
from forecast.engine.blocks import Spread
from forecast.engine.predictive import TotalRows
from forecast.engine.refit import Job, do, gather, split
from forecast.intake.counts import MonthlyCounts
from jobs.compute.answers import answers
from jobs.pipeline.refits import FIT_SECONDS, Report, no_paths
from models import REFITTED, build
from models.base import Ints, Panel, Paths
from models.structural import filled

BASELINES = ("naive", "snaive")
BURN_IN = 24  # cutoffs before the first asked for, from which a refit model is calibrated
_CUTOFFS = 12  # a job


def forecast_all(
    counts: MonthlyCounts,
    h: int,
    hindcasts: int,
    compute: Compute,
    spread: Spread,
    report: Report,
    totals: TotalRows | None = None,
) -> dict[str, SeriesForecasts]:
    """Every model's forecasts, the engine's first.

    compute : where the refit models are fitted, which takes seconds a series; spread : where the
    engine's blocks are computed. report : told of the fits' progress. totals : the engine's.
    """
    engine = forecast_counts(counts, h, hindcasts=hindcasts, totals=totals, spread=spread)
    said = {ENGINE: engine}
    months = counts.values.shape[1]
    every = np.arange(months - 1, -1, -1, dtype=np.int64)
    panel = filled(counts.panel)  # other models take no gaps
    for name in BASELINES:
        paths = build(name).paths(panel, months - 1 - every, h)
        said[name] = forecast_by_paths(counts, paths, every, hindcasts)
    late = every[-(hindcasts + BURN_IN + 1) :]
    for name in REFITTED:
        paths = _refitted(name, panel, late, h, compute, report)
        said[name] = forecast_by_paths(counts, paths, late, hindcasts)
    return said


def _refitted(
    name: str, panel: Panel, back: Ints, h: int, compute: Compute, report: Report
) -> Paths:
    """A refit model's paths at these months before the end."""
    origins = panel.z.shape[1] - 1 - back
    jobs = split(name, {}, panel, origins, h, _CUTOFFS)
    found: list[tuple[Job, Paths]] = []
    for done, (job, paths, lost) in enumerate(answers(jobs, do, compute, FIT_SECONDS), start=1):
        found.append((job, paths or no_paths(job, lost)))
        report(name, done, len(jobs))
    return gather(panel, origins, h, found)
