"""Shocks put into real series, to see what the rules make of them.

    spike   one month times the factor
    shift   that month and all later ones
    ramp    growing evenly (on logs) to the factor over six months, then staying

The engine is asked again on the changed series, its whole family beside it, so that the forecasts
after the shock are those it would have made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from forecast import months
from forecast.engine.panel import month_of
from forecast.engine.predictive import OLDER, PanelHindcasts
from forecast.engine.refit import engine_forecasts
from forecast.judge.judging import JudgedMonth, judge_months
from forecast.judge.replay import looks_back
from forecast.types import Flag, FlagRules, SeriesKey
from models.base import Floats, Panel

BEFORE, AFTER = 12, 10  # months that are judged before the shock and from it on
RAMP = 6  # months
ShockKind = Literal["none", "spike", "shift", "ramp"]


@dataclass(frozen=True, slots=True)
class Shape:
    """A shock; factor > 0, under 1 downward."""

    kind: ShockKind
    factor: float = 1.0

    def times(self, ages: Floats) -> Floats:
        """What a month is multiplied by, `ages` months after the shock began (< 0: before)."""
        begun = ages >= 0
        if self.kind == "spike":
            share = (ages == 0).astype(float)
        elif self.kind == "ramp":
            share = np.clip((ages + 1) / RAMP, 0, 1)
        else:
            share = begun.astype(float)
        return np.where(begun, self.factor**share, 1.0)


@dataclass(frozen=True)
class Setting:
    """Series forecast together, each aligned at its last month; every one spans all months.

    totals : row of a total -> rows of its parts.
    """

    name: str
    keys: tuple[SeriesKey, ...]
    panel: Panel
    totals: Mapping[int, Sequence[int]]

    @property
    def counts(self) -> Floats:
        """(series, months) counts."""
        return np.asarray(np.round(np.expm1(self.panel.z)))


@dataclass(frozen=True, slots=True)
class Shock:
    """Where and what: row and column of the setting."""

    row: int
    column: int
    shape: Shape


@dataclass(frozen=True)
class ShockOutcome:
    """What the rules made of one shock: the months from a year before it on."""

    shock: Shock
    month: str
    judged: tuple[JudgedMonth, ...]

    def flags(self, first: int, last: int) -> list[Flag]:
        """Flags and alarms from `first` to `last` months after the shock; watched ones left out."""
        start = months.to_index(self.month)
        return [
            flag
            for one in self.judged
            for flag in one.flags
            if flag.severity != "watch" and first <= months.to_index(flag.month) - start <= last
        ]

    @property
    def found(self) -> bool:
        """Whether its first month was flagged."""
        return any(flag.kind == "month" for flag in self.flags(0, 0))

    @property
    def ending(self) -> tuple[str, int] | None:
        """What its episode proved to be, and how many months later; None if it had none."""
        for episode in (e for one in self.judged for e in one.episodes):
            if episode.opened == self.month and episode.closed is not None:
                age = months.to_index(episode.closed) - months.to_index(self.month)
                return episode.state, age
        return None


def outcomes(setting: Setting, shocks: Sequence[Shock], rules: FlagRules) -> list[ShockOutcome]:
    """What the rules make of each shock, each alone in its own copy of the setting."""
    found = []
    for start in range(0, len(shocks), 50):  # copies in memory at a time
        some = shocks[start : start + 50]
        hindsight = _asked_again(setting, some)
        for copy, shock in enumerate(some):
            found.append(_outcome(setting, hindsight, copy, shock, rules))
    return found


def _outcome(
    setting: Setting, hindsight: PanelHindcasts, copy: int, shock: Shock, rules: FlagRules
) -> ShockOutcome:
    row = copy * len(setting.keys) + shock.row
    month = month_of(setting.panel, shock.row, shock.column)
    first = _counts_by_month(hindsight, row)
    looks = looks_back(hindsight, row, first, months.shift(month, -BEFORE))
    drifts = setting.keys[shock.row].headline
    return ShockOutcome(
        shock, month, tuple(j for _, j in judge_months(looks, rules, drifts=drifts))
    )


def _counts_by_month(hindsight: PanelHindcasts, row: int) -> dict[str, tuple[int, int]]:
    z = hindsight.panel.z[row]
    known = np.flatnonzero(np.isfinite(z)).tolist()
    return {month_of(hindsight.panel, row, c): (round(float(np.expm1(z[c]))), 0) for c in known}


def _asked_again(setting: Setting, shocks: Sequence[Shock]) -> PanelHindcasts:
    """The engine's word on a copy of the setting for each shock, cut off AFTER months later."""
    size, width = setting.panel.z.shape
    z = np.full((len(shocks) * size, width), np.nan)
    last = np.tile(setting.panel.last, len(shocks))
    for copy, shock in enumerate(shocks):
        rows = slice(copy * size, (copy + 1) * size)
        end = min(shock.column + AFTER, width)
        z[rows, width - end :] = np.log1p(shocked(setting, shock))[:, :end]
        last[rows] -= width - end
    family = np.repeat([f"copy {copy:03}" for copy in range(len(shocks))], size)
    names = setting.panel.names * len(shocks)
    panel = Panel(z, last, family, names, ((),) * len(names))
    totals = {
        copy * size + total: tuple(copy * size + part for part in parts)
        for copy in range(len(shocks))
        for total, parts in setting.totals.items()
    }
    every = np.arange(width, dtype=np.int64)
    said = engine_forecasts(panel, every, OLDER, totals=totals)
    return PanelHindcasts(setting.keys * len(shocks), panel, said)


def shocked(setting: Setting, shock: Shock) -> Floats:
    """(series, months) counts with the shock; a total and its parts move together."""
    counts = setting.counts
    rows = [shock.row, *setting.totals.get(shock.row, ())]
    ages = np.arange(counts.shape[1], dtype=float) - shock.column
    counts[rows] = np.round(counts[rows] * shock.shape.times(ages))
    for total, parts in setting.totals.items():
        counts[total] = counts[list(parts)].sum(axis=0)
    return counts
