"""What a forecast is: a bent Student t around a median path, for every series and cutoff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from forecast.engine import intervals, tails
from models.base import Floats, Ints, Panel

TotalRows = Mapping[int, Sequence[int]]


@dataclass(frozen=True)
class Predictive:
    """Predictive distributions on z = log1p counts: bent Student t around a median path.

    All of a cutoff is NaN where the series had no path or too few past errors then.

    Attributes
    ----------
    centre : (series, origins, h) median of z at 1 .. h months after the origin.
    scale : (series, origins, h) unit of the t, > 0, non-decreasing in h.
    df : (series, origins) degrees of freedom, > 2.
    reach : (series, origins) no quantile is further from the centre.
    share : (series, origins) how much a series breaks as the walk does, 0 .. 1: sets widths, df
        and with it tails; 1 for other models.
    weight : (series, origins) of the break walk in the median path, 0 .. 1; 1 for other models.
    sigma : (series, origins) one-step scale of past errors.
    """

    centre: Floats
    scale: Floats
    df: Floats
    reach: Floats
    share: Floats
    weight: Floats
    sigma: Floats

    def quantiles(self, probs: Sequence[float]) -> Floats:
        """(series, origins, h, probs) quantiles of z, >= 0, non-decreasing in probs."""
        return intervals.quantiles(self.centre, self.scale, self.df, self.reach, probs)

    def cdf(self, z: Floats, horizon: int = 1) -> Floats:
        """(series, origins) probability of a month at or below z, `horizon` months on.

        z : (series, origins). Nothing lies further from the centre than `reach`, or below 0.
        """
        at = horizon - 1
        centre = self.centre[..., at]
        found = tails.below(z, centre, self.scale[..., at], self.df, horizon)
        found = np.where((z < centre - self.reach) | (z < 0), 0, found)
        return np.where(z >= centre + self.reach, 1, found)

    def counts(self, probs: Sequence[float], series: int, origin: int) -> Ints:
        """(h, probs) one forecast's quantiles as whole counts, the nearest.

        origin is the position among the origins asked for; the forecast must not be NaN.
        """
        return intervals.counts(
            intervals.quantiles(
                self.centre[series, origin],
                self.scale[series, origin],
                self.df[series, origin],
                self.reach[series, origin],
                probs,
            )
        )

    def at(self, chosen: Ints | NDArray[np.bool_]) -> Predictive:
        """The same for some of the origins, by place or by mask."""
        return Predictive(*(getattr(self, field.name)[:, chosen] for field in fields(self)))

    def of(self, rows: slice) -> Predictive:
        """The same for some of the series."""
        return Predictive(*(getattr(self, field.name)[rows] for field in fields(self)))

    def first(self) -> Predictive:
        """The same one month ahead only."""
        return replace(self, centre=self.centre[..., :1], scale=self.scale[..., :1])

    def tail(self, z: Floats, horizon: int = 1) -> Floats:
        """(series, origins) two-sided p of what came, z (series, origins), `horizon` on."""
        at = horizon - 1
        return tails.tail(z, self.centre[..., at], self.scale[..., at], self.df, horizon)


def predictive(
    panel: Panel, centre: Floats, scale: Floats, sigma: Floats, share: Floats, weight: Floats
) -> Predictive:
    """Put forecasts from every column together; NaN throughout where a path or a scale is."""
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
        count = np.maximum(np.expm1(centre[list(parts)]), 0).sum(axis=0)
        out[total] = np.where(np.isfinite(count), np.log1p(count), centre[total])
    return out
