"""The engine on more series than memory holds: a set in parts, which come one after the other.

A family whose series all stand in one part is forecast with it. Families that span parts are
learned first: every series is gone through for the family's priors, for its verdicts, and for its
widths, and what these need of each series waits in a scratch folder. What a family adds up is
added exactly, so the numbers are those of one file with all series.

In memory is one part at a time. On disk, a series of 74 months and 12 months ahead takes 46 KB,
36 of them paths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from forecast.engine.anyseries import SHORTEST, SeriesForecasts, long_enough
from forecast.engine.blocks import Scratch, Spread, Task, learn
from forecast.engine.predictive import joined
from forecast.engine.refit import engine_forecasts
from forecast.errors import DataError, ShortSeriesError
from models import structural
from models.base import Ints, MonthlyCounts


@dataclass(frozen=True)
class PartedCounts:
    """Counts of a set in parts, in a scratch folder, without series too short to forecast.

    Attributes
    ----------
    sizes : series of each part. width : columns that a panel of any of them has; see
    `blocks.Task.on_calendar`. whole : whether all values are integers. spanning : families that
    stand in several parts, in order; newest : the last month that any series of each has.
    """

    scratch: Scratch
    sizes: tuple[int, ...]
    width: int
    whole: bool
    spanning: np.ndarray
    newest: Ints

    def counts(self, part: int) -> MonthlyCounts:
        """A part's series, as wide as the widest part's."""
        counts: MonthlyCounts = self.scratch.value("counts", part)
        missing = self.width - counts.values.shape[1]
        values = np.pad(counts.values, ((0, 0), (missing, 0)), constant_values=np.nan)
        return replace(counts, values=values)


def kept_parts(
    parts: Iterable[tuple[str, MonthlyCounts]], scratch: Scratch, left_out: list[ShortSeriesError]
) -> PartedCounts:
    """Go through all parts once and keep their series.

    Parameters
    ----------
    parts : name and series of each. left_out : gets the series that are too short.

    Raises
    ------
    DataError : a series stands in two parts; none is long enough.
    """
    sizes: list[int] = []
    families: dict[str, tuple[int, int, int]] = {}  # first part, last month, months before month 0
    spanning: set[str] = set()
    seen = np.empty(0, dtype=np.int64)  # 8 bytes stand for a name
    width, whole = 0, True
    for part, (name, counts) in enumerate(parts):
        # By hashes: of a million names two share one in a case of 37 million.
        hashes = np.array(list(map(hash, counts.names)), dtype=np.int64)
        again = np.flatnonzero(np.isin(hashes, seen))
        if len(again):
            raise DataError(
                f"{name}: series {counts.names[again[0]]!r} is in an earlier part too; "
                "put all months of a series into one part"
            )
        seen = np.concatenate([seen, hashes])
        try:
            counts, short = long_enough(counts)
        except ShortSeriesError:
            short = [
                ShortSeriesError(series, months, SHORTEST)
                for series, months in zip(counts.names, counts.length.tolist(), strict=True)
            ]
            counts = counts.some(np.zeros(len(counts.names), dtype=bool))
        left_out += short
        # As read: a table is read only once.
        scratch.keep("counts", part, counts)
        sizes.append(len(counts.names))
        if not sizes[-1]:
            continue
        columns = Task(counts.panel, np.empty(0, dtype=np.int64), 0).on_calendar.panel.z.shape[1]
        width, whole = max(width, columns), whole and bool(counts.whole.all())
        before = counts.values.shape[1] - counts.panel.start - counts.last
        each = (x.tolist() for x in (counts.family, counts.last, before))
        for family, last, room in zip(*each, strict=True):
            first, newest, most = families.get(family, (part, last, room))
            families[family] = first, max(newest, last), max(most, room)
            if first != part:
                spanning.add(family)
    if not sum(sizes):
        raise DataError("no series is long enough to forecast; at least 24 months are needed")
    shared = sorted(spanning)
    # A family has as many columns as its longest series would need if it ended with the last.
    width = max([width, *(sum(families[family][1:]) for family in shared)])
    ends = np.array([families[family][1] for family in shared], dtype=np.int64)
    return PartedCounts(scratch, tuple(sizes), width, whole, np.array(shared), ends)


def forecast_parts(
    parted: PartedCounts, h: int, *, hindcasts: int, spread: Spread
) -> Iterator[SeriesForecasts]:
    """The forecasts of each part, in order; see `forecast.engine.anyseries.forecast_counts`."""
    back = np.arange(min(hindcasts, parted.width - 1), -1, -1, dtype=np.int64)
    origins = parted.width - 1 - back
    numbers: dict[int, Ints] = {}
    for part in range(len(parted.sizes)):
        panel = parted.counts(part).panel
        rows = np.flatnonzero(np.isin(panel.family, parted.spanning))
        if len(rows):
            panel = panel.some(rows)
            numbers[part] = np.searchsorted(parted.spanning, panel.family)
            late = parted.newest[numbers[part]] - panel.last
            panel = replace(panel, behind=late if late.any() else None)
            parted.scratch.keep("panel", part, structural.filled(panel))
            task = Task(panel, origins, h)
    if numbers:
        learn(task, parted.scratch, numbers, spread)
    for part in range(len(parted.sizes)):
        counts = parted.counts(part)
        shared = np.isin(counts.family, parted.spanning)
        own, together = np.flatnonzero(~shared), np.flatnonzero(shared)
        said = parted.scratch.value("said", part) if len(together) else []
        if len(own) or not said:
            panel = counts.panel.some(own)
            said = [*said, engine_forecasts(panel, origins, h, spread=spread)]
        back_in_order = np.argsort(np.concatenate([together, own]))
        yield SeriesForecasts(counts, back, joined(said).of(back_in_order))
