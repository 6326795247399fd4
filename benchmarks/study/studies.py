"""The series that are studied, and what the rules make of shocks put into them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.study import measures
from benchmarks.study.injections import (
    AFTER,
    Setting,
    Shape,
    Shock,
    ShockKind,
    ShockOutcome,
    outcomes,
)
from forecast.engine.panel import month_of, nationwide_rows, panel
from forecast.engine.predictive import OLDER, PanelHindcasts, Predictive
from forecast.engine.refit import engine_forecasts
from forecast.judge.judging import siblings_beside
from forecast.judge.replay import quiet
from forecast.sources import catalog
from forecast.types import BORDERS, HEADLINES, Counts, FlagRules, SeriesKey

USBP, OFO = "U.S. Border Patrol", "Office of Field Operations"
SMALLEST = 10  # median monthly count of a sector or state that is studied
SEED = 20250220


@dataclass(frozen=True)
class Study:
    """Series forecast together, and what the engine says of them at every column.

    since : the first month that counts.
    """

    setting: Setting
    since: str

    @cached_property
    def said(self) -> Predictive:
        """The engine at every column."""
        z = self.setting.panel.z
        every = np.arange(z.shape[1], dtype=np.int64)
        return engine_forecasts(self.setting.panel, every, OLDER, totals=self.setting.totals)

    @cached_property
    def judging(self) -> measures.Judging:
        """One-step forecasts beside what came."""
        return measures.Judging.of(self.setting.panel.z, self.said)

    @property
    def shown(self) -> list[str]:
        """The month of each column."""
        return [month_of(self.setting.panel, 0, c) for c in range(self.setting.panel.z.shape[1])]

    @property
    def counted(self) -> measures.Mask:
        """(series, months) the months that count and have a forecast."""
        late = np.array([month >= self.since for month in self.shown])
        return np.asarray(late & np.isfinite(self.judging.centre))

    @property
    def quiet(self) -> measures.Mask:
        """Of these, the ones not within three months after a known break."""
        totals = [key.total for key in self.setting.keys]
        return self.counted & quiet(totals, self.shown, catalog.find("cbp_encounters").breaks)


def studies(counts: Counts) -> dict[str, Study]:
    """The sets that are studied, as far as the figures go."""
    regions = [SeriesKey(b, "component", USBP, USBP) for b in BORDERS]
    sectors = [k for k in counts if (k.dimension, k.component) == ("field", USBP)]
    states = [k for k in counts if k.dimension == "state"]
    offices = [k for k in counts if (k.dimension, k.component) == ("field", OFO)]
    chosen = {
        "borders": ([SeriesKey(b) for b in HEADLINES], "2018-01"),
        "regions": (regions, "2003-10"),
        "sectors": ([k for k in sectors if _never_small(counts[k])], "2003-10"),
        "states": (
            [k for k in states if np.median(list(counts[k].values())) >= SMALLEST],
            "2022-10",
        ),
        "offices": (offices, ""),
    }
    held = {name: [k for k in keys if k in counts] for name, (keys, _) in chosen.items()}
    return {
        name: Study(_setting(name, keys, counts), chosen[name][1])
        for name, keys in held.items()
        if keys
    }


def _setting(name: str, keys: Sequence[SeriesKey], counts: Counts) -> Setting:
    family, source = dict.fromkeys(keys, name), catalog.find("cbp_encounters")
    together = panel({key: counts[key] for key in keys}, family=family, source=source)
    return Setting(
        name,
        tuple(keys),
        together,
        nationwide_rows(keys, source.tree) if name == "borders" else {},
    )


def _never_small(by_month: Mapping[str, int]) -> bool:
    """Whether no median of twelve months in a row up to 2018 is below SMALLEST."""
    early = [count for month, count in sorted(by_month.items()) if month <= "2018-12"]
    if len(early) < 12:
        return False
    years = np.lib.stride_tricks.sliding_window_view(np.array(early), 12)
    return bool(np.median(years, axis=1).min() >= SMALLEST)


def draw(study: Study, count: int) -> list[tuple[int, int]]:
    """(row, column) of months to shock, at a fixed seed.

    Ten quiet months of figures begin there, so that no known break decides what the shock was.
    """
    large = study.quiet & (study.judging.median >= measures.LARGE)
    windows = np.lib.stride_tricks.sliding_window_view(study.quiet, AFTER, axis=1)
    places = np.argwhere(large[:, : windows.shape[1] - 1] & windows[:, :-1].all(axis=2))
    chosen = np.random.default_rng(SEED).permutation(len(places))[:count]
    return [(int(row), int(column)) for row, column in places[np.sort(chosen)]]


def children(study: Study) -> measures.Children:
    """The parts of a study beside their siblings."""
    parts = PanelHindcasts(study.setting.keys, study.setting.panel, study.said)
    return measures.Children.of(study.setting.panel.z, study.said, siblings_beside(parts))


@dataclass(frozen=True, slots=True)
class Shocked:
    """What the rules made of one kind of shock, put into many months.

    n : shocks. found : share flagged in their first month. within_eight : share found by a flag or
    a drift alarm within eight months. Of those found in their first month: level_shift, share
    called a level shift two months later; transient, share called transient; flags, mean number
    of flags and alarms in ten months; later, the same from the third month after a level shift
    on, over six months.
    """

    kind: str
    factor: float
    n: int
    found: float
    within_eight: float
    level_shift: float
    transient: float
    flags: float
    later: float


def shocked(study: Study, kind: ShockKind, factor: float, count: int, rules: FlagRules) -> Shocked:
    """Put the same shock into `count` months of a study, each alone."""
    shape = Shape(kind, factor)
    shocks = [Shock(row, column, shape) for row, column in draw(study, count)]
    every = outcomes(study.setting, shocks, rules)
    found = [one for one in every if one.found]
    shifted = [one for one in found if one.ending == ("level shift", 2)]
    if kind == "none":
        found = shifted = every
    return Shocked(
        kind,
        factor,
        n=len(every),
        found=_mean(one.found for one in every),
        within_eight=_mean(bool(one.flags(0, 7)) for one in every),
        level_shift=_mean(one.ending == ("level shift", 2) for one in found),
        transient=_mean(_transient(one) for one in found),
        flags=_mean(len(one.flags(0, 9)) for one in found),
        later=_mean(len(one.flags(3, 8)) for one in shifted),
    )


def _transient(one: ShockOutcome) -> bool:
    return one.ending is not None and one.ending[0] == "transient"


def _mean(values: Iterable[float]) -> float:
    held = list(values)
    return float(np.mean(held)) if held else float("nan")


def known_p(study: Study, total: str, month: str) -> float:
    """The p of a month of a border's series in a study."""
    row = next(i for i, key in enumerate(study.setting.keys) if key.total == total)
    return float(study.judging.p[row, study.shown.index(month)])
