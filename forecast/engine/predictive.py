"""What a forecast is: a bent Student t around a median path, for every series and cutoff."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from forecast import months
from forecast.engine import intervals, mixtures, tails
from forecast.engine.mixtures import Mixtures
from forecast.types import ForecastPath, MonthForecast, MonthMixture, SeriesKey
from models.base import Floats, Ints, Panel, Turned
from models.quantity import from_units

TotalRows = Mapping[int, Sequence[int]]


@dataclass(frozen=True)
class Predictive:
    """Predictive distributions on z = log1p counts: bent Student t around a median path.

    All of a cutoff is NaN where the series had no path or too few past errors then.

    centre : (series, origins, h) median of z at 1 .. h months after the origin.
    scale : (series, origins, h) unit of the t, > 0, non-decreasing in h.
    df : (series, origins) degrees of freedom, > 2.
    reach : (series, origins) no quantile is further from the centre.
    share : (series, origins) how much a series breaks as the walk does, 0 .. 1: sets widths, df
        and with it tails; 1 for other models.
    weight : (series, origins) of the break walk in the median path, 0 .. 1; 1 for other models.
    sigma : (series, origins) one-step scale of past errors.
    mixtures : the forecasts that no single t describes; None for none.
    unit : (series, origins) of each series, see `models.quantity`: centre and scale are in it; None
        where they are on log1p counts.
    """

    centre: Floats
    scale: Floats
    df: Floats
    reach: Floats
    share: Floats
    weight: Floats
    sigma: Floats
    mixtures: Mixtures | None = None
    unit: Floats | None = None

    def in_units(self, unit: Floats) -> Predictive:
        """The same of series that were put into these units, (series, 1)."""
        if (unit == 1).all():
            return self
        return replace(self, unit=np.broadcast_to(unit, self.sigma.shape))

    def values(self, probs: Sequence[float]) -> Floats:
        """(series, origins, h, probs) quantiles in the series' own values, not rounded."""
        z = self._quantiles(probs)
        if self.unit is None:
            return np.expm1(z)
        return from_units(z, self.unit[..., None, None])

    def quantiles(self, probs: Sequence[float]) -> Floats:
        """(series, origins, h, probs) quantiles of log1p counts, non-decreasing in probs.

        Of series whose values may be below 0, of these.
        """
        if self.unit is None:
            return self._quantiles(probs)
        values, linear = self.values(probs), (self.unit < 0)[..., None, None]
        return np.where(linear, values, np.log1p(np.where(linear, 0, values)))

    def _quantiles(self, probs: Sequence[float]) -> Floats:
        out = intervals.quantiles(self.centre, self.scale, self.df, self.reach, probs)
        if (mixed := self.mixtures) is not None:
            at = mixed.row, mixed.place
            out[at] = mixed.quantiles(self.df[at], self.reach[at], probs)
        return out

    def counts(self, probs: Sequence[float], series: int, origin: int) -> Ints:
        """(h, probs) one forecast's quantiles as whole counts, the nearest.

        origin is the position among the origins asked for; the forecast must not be NaN.
        """
        one = self.of(np.array([series])).at(np.array([origin]))
        return intervals.counts(one.quantiles(probs)[0, 0])

    def at(self, chosen: Ints | NDArray[np.bool_]) -> Predictive:
        """The same for some of the origins, by place or by mask."""
        places = np.arange(self.sigma.shape[1])[chosen]
        mixed = self.mixtures.at(places) if self.mixtures else None
        return self._picked(lambda x: x[:, chosen], mixed)

    def of(self, rows: slice | Ints) -> Predictive:
        """The same for some of the series."""
        mixed = self.mixtures.of(np.arange(len(self.sigma))[rows]) if self.mixtures else None
        return self._picked(lambda x: x[rows], mixed)

    def _picked(self, pick: Callable[[Floats], Floats], mixed: Mixtures | None) -> Predictive:
        arrays = {name: pick(getattr(self, name)) for name in ARRAYS}
        unit = None if self.unit is None else pick(self.unit)
        return Predictive(**arrays, mixtures=mixed, unit=unit)

    def restated(self, rows: Sequence[int], origin: int, first: Predictive) -> Predictive:
        """The same but for some series' forecasts from one origin: those that `first` has first."""
        arrays = {name: getattr(self, name).copy() for name in ARRAYS}
        for name, x in arrays.items():
            x[list(rows), origin] = getattr(first, name)[:, 0]
        mixed = self.mixtures
        if mixed is not None:
            mixed = mixed.chosen((mixed.place != origin) | ~np.isin(mixed.row, rows))
        if first.mixtures is not None:
            new = first.mixtures
            of = replace(new, row=np.asarray(rows)[new.row], place=np.full_like(new.place, origin))
            mixed = mixtures.appended(mixed, of)
        return Predictive(**arrays, mixtures=mixed)

    def as_turned(self, turned: Turned, origins: Ints) -> Predictive:
        """The forecasts of all series but the last: before these turned, as what they were.

        origins : columns. The last series are those of `turned`, see `MonthlyCounts.with_turned`.
        """
        row, n = turned.row, len(self.sigma) - len(turned.row)
        if not len(row):
            return self
        here, mixed, home = np.arange(len(origins)), self.mixtures, np.append(np.arange(n), row)
        source = np.repeat(np.arange(n)[:, None], len(origins), axis=1)
        was = np.arange(n, len(home))[:, None]
        source[row] = np.where(origins < turned.column[:, None], was, source[row])
        if mixed is not None:
            kept = source[home[mixed.row], mixed.place] == mixed.row
            mixed = replace(mixed, row=home[mixed.row]).chosen(kept)
        return self._picked(lambda x: x[source, here], mixed)

    def first(self) -> Predictive:
        """The same one month ahead only."""
        mixed = self.mixtures.ahead(0, 1) if self.mixtures else None
        one = replace(self, centre=self.centre[..., :1], scale=self.scale[..., :1])
        return replace(one, mixtures=mixed)

    @cached_property
    def _mixture(self) -> Ints:
        """(series, origins) the place of each forecast's mixture, -1 where a t says it."""
        place = np.full(self.sigma.shape, -1)
        if (mixed := self.mixtures) is not None:
            place[mixed.row, mixed.place] = np.arange(len(mixed.row))
        return place

    @cached_property
    def _mixed_medians(self) -> Ints:
        """(n, h) the mixtures' medians, whole counts: all at once, as each is asked for."""
        assert self.mixtures is not None
        at = self.mixtures.row, self.mixtures.place
        medians = self.mixtures.quantiles(self.df[at], self.reach[at], (0.5,))
        return intervals.counts(medians[..., 0])

    def mixed_median(self, row: int, origin: int) -> tuple[int, ...]:
        """Whole medians of one forecast's months; () where a t says it, whose middle is its own."""
        place = self._mixture[row, origin]
        return tuple(self._mixed_medians[place].tolist()) if place >= 0 else ()

    def of_months(self, row: int, origin: int) -> tuple[MonthMixture, ...]:
        """One forecast's mixture, month by month; () where a t says it."""
        if self.mixtures is None or self._mixture[row, origin] < 0:
            return ()
        one = self.mixtures.chosen(self._mixture[row, origin, None])
        h = one.centre.shape[1]
        by_month = [
            x[0].tolist() if x.ndim > 1 else [float(x[0])] * h
            for x in (one.centre, one.scale, one.away, one.stays, one.share, one.mean, one.size)
        ]
        return tuple(MonthMixture(*month) for month in zip(*by_month, strict=True))


ARRAYS = ("centre", "scale", "df", "reach", "share", "weight", "sigma")


def joined(parts: Sequence[Predictive]) -> Predictive:
    """The forecasts of several sets of series as those of one."""
    every = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ARRAYS}
    mixed = mixtures.joined([(part.mixtures, len(part.sigma)) for part in parts])
    units = [np.ones_like(part.sigma) if part.unit is None else part.unit for part in parts]
    unit = None if all(part.unit is None for part in parts) else np.concatenate(units)
    return Predictive(**every, mixtures=mixed, unit=unit)


def predictive(
    panel: Panel, centre: Floats, scale: Floats, sigma: Floats, share: Floats, weight: Floats
) -> Predictive:
    """Put forecasts from every column together; NaN throughout where a path or a scale is."""
    # All or nothing: a cutoff with half a path would be scored on its easy months.
    missing = ~(np.isfinite(centre).all(axis=-1) & np.isfinite(sigma))

    def known(x: Floats) -> Floats:
        return np.where(missing if x.ndim == 2 else missing[..., None], np.nan, x)

    return Predictive(
        centre=known(centre),
        scale=known(scale),
        df=known(tails.degrees(share, panel.jumps)),
        reach=known(intervals.reach(panel.z)),
        share=known(share),
        weight=known(weight),
        sigma=known(sigma),
    )


def summed(centre: Floats, totals: TotalRows | None) -> Floats:
    """Medians in which each total's count is the sum of its parts' counts.

    centre : (series, origins, h); a total keeps its own where a part has none.
    """
    if not totals:
        return centre
    out = centre.copy()
    for total, parts in totals.items():
        # In counts: logs do not add up.
        count = np.maximum(np.expm1(centre[list(parts)]), 0).sum(axis=0)
        out[total] = np.where(np.isfinite(count), np.log1p(count), centre[total])
    return out


OLDER = 6  # months before, whose forecast the drift rule looks back to


def outlook_of(predictive: Predictive, row: int, origin: int, cutoff: str) -> ForecastPath:
    """One series' forecast from one of the origins, which must not be NaN."""
    return ForecastPath(
        cutoff,
        tuple(predictive.centre[row, origin].tolist()),
        tuple(predictive.scale[row, origin].tolist()),
        float(predictive.df[row, origin]),
        median=predictive.mixed_median(row, origin),
        mixtures=predictive.of_months(row, origin),
    )


@dataclass(frozen=True)
class PanelHindcasts:
    """A panel and what the engine says of it at every column, as if it stood there.

    predictive : its origins are the columns 0 .. last.
    revised : (series, cutoff) -> what it would have said from the figures as they were known
        then, where these have changed since. then : predictive with those in their place, None
        where none is; digests : of the figures of then, by column.
    further : what it says from the last column further ahead than that; None where not asked.
    """

    keys: Sequence[SeriesKey]
    panel: Panel
    predictive: Predictive
    revised: Mapping[tuple[SeriesKey, str], ForecastPath] = field(default_factory=dict)
    then: Predictive | None = None
    digests: Mapping[int, str] = field(default_factory=dict)
    further: Predictive | None = None

    def column(self, row: int, month: str) -> int:
        """The column of a month in one series; negative before the panel begins."""
        width = int(self.panel.z.shape[1])
        return width - 1 - (int(self.panel.last[row]) - months.to_index(month))

    def outlook(self, row: int, cutoff: str) -> ForecastPath | None:
        """The hindcast from this cutoff, None where there is none.

        From the last month before it that was known, if nobody knows this one.
        """
        column = self.column(row, cutoff)
        if 0 <= column < self.panel.z.shape[1] and not self.known[row, column]:
            before = np.flatnonzero(self.known[row, : column + 1])
            cutoff = months.shift(cutoff, int(before[-1]) - column) if len(before) else cutoff
        revised = self.revised.get((self.keys[row], cutoff))
        return self.today(row, cutoff) if revised is None else revised

    def today(self, row: int, cutoff: str) -> ForecastPath | None:
        """What the figures of today give from a cutoff, None where that is nothing."""
        origin = self.column(row, cutoff)
        predictive = self.predictive
        if not 0 <= origin < predictive.sigma.shape[1] or not np.isfinite(
            predictive.sigma[row, origin]
        ):
            return None
        return outlook_of(predictive, row, origin, cutoff)

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """(series, columns) whether the count of a month is known; once, for all that ask."""
        return self.panel.known

    def reaching(self, row: int, month: str, ahead: int = 1) -> ForecastPath | None:
        """The hindcast of a month from `ahead` months before it, or more; see `outlook`.

        None behind a gap that is longer than hindcasts reach.
        """
        outlook = self.outlook(row, months.shift(month, -ahead))
        within = outlook is not None and outlook.horizon(month) <= len(outlook.centre)
        return outlook if within else None

    def expected(self, row: int, month: str, ahead: int) -> MonthForecast | None:
        """What that hindcast says of the month."""
        outlook = self.reaching(row, month, ahead)
        return outlook.expected(month) if outlook else None
