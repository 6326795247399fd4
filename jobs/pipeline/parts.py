"""The members of each dimension under the engine, a family a dimension, at every cutoff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from forecast.config import Config
from forecast.engine import ENGINE, blocks, paths
from forecast.engine.blocks import Task
from forecast.engine.panel import panel
from forecast.engine.predictive import PanelHindcasts
from forecast.engine.rows import forecast_rows
from forecast.types import Counts, Forecast, SeriesKey
from jobs.compute.pools import spreading
from jobs.pipeline.refits import Report

if TYPE_CHECKING:
    from forecast.sources.source import Source


def drill_down(
    counts: Counts, config: Config, report: Report, source: Source
) -> list[PanelHindcasts]:
    """What the engine says of every family, standing at each of its months."""
    families = followed(counts, config.forecast.min_count, source)
    panels = [
        panel(members, family=dict.fromkeys(members, n), source=source)
        for n, members in families.items()
    ]
    horizon = config.forecast.horizon
    tasks = [
        Task(p, np.arange(p.z.shape[1], dtype=np.int64), horizon, paths.MAX_HORIZON) for p in panels
    ]
    with spreading(config.compute, sum(map(len, families.values()))) as spread:
        said = blocks.families_side_by_side(tasks, spread)
    report("drill-down", len(families), len(families))
    return [
        PanelHindcasts(tuple(members), together, near, further=more)
        for members, together, (near, more) in zip(families.values(), panels, said, strict=True)
    ]


def followed(
    counts: Counts, least: int, source: Source
) -> dict[str, dict[SeriesKey, Mapping[str, int]]]:
    """Family -> its members whose largest month is at least this count.

    A family is a dimension, or one half's part of it where each half publishes its own.
    """
    families: dict[str, dict[SeriesKey, Mapping[str, int]]] = {}
    hierarchy = source.hierarchy
    aside = hierarchy.aside
    for key, by_month in counts.items():
        if key.headline or (aside and key.dimension == aside.dimension):
            continue  # the latter is stated beside its month, not forecast
        if max(by_month.values()) >= least:
            half = key.component if key.dimension in hierarchy.by_component else ""
            families.setdefault(f"{key.dimension} {half}", {})[key] = by_month
    return dict(sorted(families.items()))


def drill_down_rows(families: Sequence[PanelHindcasts]) -> Iterable[Forecast]:
    """The forecasts from each member's last month."""
    for family in families:
        yield from forecast_rows(family.predictive, family.panel, family.keys, ENGINE)
