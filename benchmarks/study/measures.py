"""How often the rules flag, and how often they find what is there; arrays in, numbers out.

All arrays are (series, months); a month's forecast is the one-step forecast of the month before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from forecast.engine import tails
from forecast.engine.predictive import Predictive
from forecast.judge import parts
from forecast.judge.parts import apart_share
from forecast.judge.replay import Mask
from forecast.types import FlagRules
from models.base import Floats

LARGE = 100  # median from which shocks are counted


@dataclass(frozen=True)
class Judging:
    """One-step forecasts of every month: centre and scale on log1p counts, NaN where none."""

    z: Floats
    centre: Floats
    scale: Floats
    df: Floats

    @classmethod
    def of(cls, z: Floats, said: Predictive) -> Judging:
        """From an engine that was asked at every column."""
        return cls(z, *(_later(x) for x in (said.centre[..., 0], said.scale[..., 0], said.df)))

    @property
    def median(self) -> Floats:
        """Forecast medians, counts."""
        return np.asarray(np.round(np.expm1(np.maximum(self.centre, 0))))

    @property
    def p(self) -> Floats:
        """Two-sided p of what came."""
        return two_sided(self.z, self.centre, self.scale, self.df)

    def p_of(self, counts: Floats) -> Floats:
        """Two-sided p had these counts come."""
        return two_sided(np.log1p(counts), self.centre, self.scale, self.df)


def two_sided(z: Floats, centre: Floats, scale: Floats, df: Floats) -> Floats:
    """Twice the probability of a month at least as far out on z's side."""
    unit = tails.unbent((z - centre) / scale, df, tails.bend(centre, df, 1))
    below = stdtr(df, unit)
    return np.asarray(2 * np.minimum(below, 1 - below))


def _later(x: Floats) -> Floats:
    out = np.full_like(x, np.nan)
    out[:, 1:] = x[:, :-1]
    return out


def rates(p: Floats, mask: Mask) -> dict[float, float]:
    """Share of the months of the mask with p below .05, .02, .01 and .001."""
    known = p[mask & np.isfinite(p)]
    return {alpha: float((known < alpha).mean()) for alpha in (0.05, 0.02, 0.01, 0.001)}


def matters(counts: Floats, median: Floats, rules: FlagRules) -> Mask:
    """Whether deviations are material, as `judge.material` says of one."""
    factor = np.abs(np.log((counts + 1) / (median + 1)))
    return np.asarray(
        (np.abs(counts - median) >= rules.min_change) & (factor >= np.log(rules.min_ratio))
    )


def power(judging: Judging, factor: float, mask: Mask, rules: FlagRules) -> float:
    """Share of months flagged, had they come `factor` times as high and as low."""
    counts = np.expm1(judging.z)
    asked = mask & np.isfinite(judging.centre) & (judging.median >= LARGE)
    found = [
        (judging.p_of(counts * f) < rules.alpha) & matters(counts * f, judging.median, rules)
        for f in (factor, 1 / factor)
    ]
    return float(np.mean([f[asked].mean() for f in found]))


@dataclass(frozen=True)
class Children:
    """Parts, how far their siblings were from their forecasts, and the scale beside these."""

    own: Judging
    moved: Floats
    share: Floats

    @classmethod
    def of(cls, z: Floats, said: Predictive, moved: Floats) -> Children:
        """From an engine that was asked at every column; moved : of `judging.siblings_beside`."""
        share = apart_share(z, said.centre[..., 0], moved)
        return cls(Judging.of(z, said), moved, _later(share))

    def alone(self, together: float, apart: float, mask: Mask, rules: FlagRules) -> float:
        """Share of parts found apart, had all come `together` times and the part `apart` more."""
        counts = np.round(np.expm1(self.own.z) * together * apart)
        centre = self.own.centre + self.moved + np.log(together)
        p = two_sided(np.log1p(counts), centre, self.own.scale * self.share, self.own.df)
        median = np.asarray(np.round(np.expm1(np.maximum(centre, 0))), dtype=np.float64)
        asked = mask & np.isfinite(p) & (self.own.median >= LARGE)
        found = (p < rules.alpha) & matters(counts, median, rules)
        return float(found[asked].mean())

    def by_own_p(self, together: float, mask: Mask, rules: FlagRules) -> float:
        """The same share had each been judged by its own p."""
        counts = np.round(np.expm1(self.own.z) * together)
        asked = mask & np.isfinite(self.share) & (self.own.median >= LARGE)
        found = (self.own.p_of(counts) < rules.alpha) & matters(counts, self.own.median, rules)
        return float(found[asked].mean())


def badges(judging: Judging, typical: Floats, shown: Sequence[str], rules: FlagRules) -> list[str]:
    """The months in which these series moved as one; typical : their 12-month medians."""
    found = []
    large = np.fmax(judging.median, typical) >= rules.min_level
    for column, month in enumerate(shown):
        rows = np.flatnonzero(large[:, column] & np.isfinite(judging.p[:, column]))
        sides = np.where(judging.z[rows, column] > judging.centre[rows, column], 1, -1)
        if len(rows) and parts.systemic(judging.p[rows, column].tolist(), sides.tolist()):
            found.append(month)
    return found
