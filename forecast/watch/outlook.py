"""What was forecast from one cutoff, and what would have been from any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from forecast import months
from forecast.engine.predictive import Predictive
from forecast.types import SeriesKey
from forecast.watch.surprise import Expected, whole
from models.base import Floats, Panel

OLDER = 6  # months before, whose forecast the drift rule looks back to


@dataclass(frozen=True, slots=True)
class Outlook:
    """The forecast of one series from one cutoff.

    Attributes
    ----------
    cutoff : the last month it had seen.
    centre, scale : per month from the one after the cutoff, log1p counts.
    df : degrees of freedom, > 2.
    run_id : the run that issued it; None for a hindcast.
    median : the first month's median where it is stored, counts.
    """

    cutoff: str
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    df: float
    run_id: int | None = None
    median: tuple[int, ...] = ()

    def horizon(self, month: str) -> int:
        """Months from the cutoff to `month`."""
        return months.to_index(month) - months.to_index(self.cutoff)

    def expected(self, month: str) -> Expected:
        """The forecast of one of its months."""
        step = self.horizon(month) - 1
        centre = self.centre[step]
        median = self.median[step] if self.median else whole(centre)
        return Expected(median, centre, self.scale[step], self.df, step + 1)


def outlook_of(said: Predictive, row: int, origin: int, cutoff: str) -> Outlook:
    """One series' forecast from one of the origins, which must not be NaN."""
    return Outlook(
        cutoff,
        tuple(said.centre[row, origin].tolist()),
        tuple(said.scale[row, origin].tolist()),
        float(said.df[row, origin]),
    )


@dataclass(frozen=True)
class Hindsight:
    """A panel and what the engine says of it at every column, as if it stood there.

    predictive : its origins are the columns 0 .. last.
    revised : (series, cutoff) -> what it would have said from the figures as they were known
        then, where these have changed since.
    further : what it says from the last column further ahead than that; None where not asked.
    """

    keys: Sequence[SeriesKey]
    panel: Panel
    predictive: Predictive
    revised: Mapping[tuple[SeriesKey, str], Outlook] = field(default_factory=dict)
    further: Predictive | None = None

    def column(self, row: int, month: str) -> int:
        """The column of a month in one series; negative before the panel begins."""
        width = int(self.panel.z.shape[1])
        return width - 1 - (int(self.panel.last[row]) - months.to_index(month))

    def outlook(self, row: int, cutoff: str) -> Outlook | None:
        """The hindcast from this cutoff, None where there is none.

        From the last month before it that was known, if nobody knows this one.
        """
        cutoff = self._known(row, cutoff)
        revised = self.revised.get((self.keys[row], cutoff))
        if revised is not None:
            return revised
        origin = self.column(row, cutoff)
        said = self.predictive
        if not 0 <= origin < said.sigma.shape[1] or not np.isfinite(said.sigma[row, origin]):
            return None
        return outlook_of(said, row, origin, cutoff)

    @cached_property
    def _months_known(self) -> NDArray[np.bool_]:
        return self.panel.known

    def _known(self, row: int, cutoff: str) -> str:
        column = self.column(row, cutoff)
        if not 0 <= column < self.panel.z.shape[1] or self._months_known[row, column]:
            return cutoff
        before = np.flatnonzero(self._months_known[row, : column + 1])
        return months.shift(cutoff, int(before[-1]) - column) if len(before) else cutoff

    def reaching(self, row: int, month: str, ahead: int = 1) -> Outlook | None:
        """The hindcast of a month from `ahead` months before it, or more; see `outlook`.

        None behind a gap that is longer than hindcasts reach.
        """
        outlook = self.outlook(row, months.shift(month, -ahead))
        within = outlook is not None and outlook.horizon(month) <= len(outlook.centre)
        return outlook if within else None

    def expected(self, row: int, month: str, ahead: int) -> Expected | None:
        """What that hindcast says of the month."""
        outlook = self.reaching(row, month, ahead)
        return outlook.expected(month) if outlook else None


def border_beside(borders: Hindsight, parts: Hindsight, row: int) -> tuple[Floats, Floats]:
    """A part's border in the columns of the part: log1p counts, and the first step from each.

    The border is the series with the part's border name; NaN where it has no month.
    """
    z, first = np.full((2, parts.panel.z.shape[1]), np.nan)
    places = [i for i, key in enumerate(borders.keys) if key.border == parts.keys[row].border]
    if not places:
        return z, first
    place, width = places[0], borders.panel.z.shape[1]
    offset = int(borders.panel.last[place] - parts.panel.last[row])
    columns = np.arange(len(z)) + width - len(z) - offset
    there = (columns >= 0) & (columns < width)
    z[there] = borders.panel.z[place, columns[there]]
    first[there] = borders.predictive.centre[place, columns[there], 0]
    return z, first
