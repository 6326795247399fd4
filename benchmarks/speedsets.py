"""The series of the speed comparison: the drill-down's own, and noisy copies of them beyond.

All have 74 months, October 2019 to November 2025, and are asked at the 36 cutoffs before the
last month. What is scored are real series only; copies are there to be many.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks import sets
from benchmarks.sets import H, Rolling
from forecast import months
from forecast.engine.scores import PROBS
from models.base import Floats

FIRST_MONTH = "2019-10"
MONTHS = 74
CUTOFFS = 36
DIMENSIONS = ("citizenship", "demographic", "state")
SEED = 11
SCALE = 1.0  # sd of the log of a copy's size relative to its original
NOISE = 0.1  # sd of the log of a copy's months, before they are counted


@dataclass(frozen=True)
class Series:
    """Monthly counts side by side, in an order in which any first few are a fair sample.

    counts : (series, MONTHS); family : (series,) the dimension, whose errors they share.
    """

    names: tuple[str, ...]
    family: tuple[str, ...]
    counts: Floats

    @property
    def work(self) -> Rolling:
        """The same as work to be scored, with its 36 cutoffs."""
        last_month = months.to_index(FIRST_MONTH) + MONTHS - 1
        first, last = MONTHS - 1 - CUTOFFS, MONTHS - 1
        return Rolling("speed", self.names, self.counts, last_month, first, last, totals={})

    def first(self, count: int) -> Series:
        """The first few."""
        return Series(self.names[:count], self.family[:count], self.counts[:count])


@cache
def real() -> Series:
    """Every embedded series of those three dimensions, zeros and all."""
    figures = sets.figures()
    keys = [key for key in figures if key.dimension in DIMENSIONS]
    order = np.random.default_rng(SEED).permutation(len(keys))
    chosen = [keys[place] for place in order]
    span = months.between(FIRST_MONTH, months.shift(FIRST_MONTH, MONTHS - 1))
    counts = np.array([[figures[key].get(month, 0) for month in span] for key in chosen], float)
    return Series(tuple(map(str, chosen)), tuple(key.dimension for key in chosen), counts)


def many(count: int) -> Series:
    """The first real ones and then, when these run out, copies of another size with noise.

    A copy's months are drawn from the Poisson distribution around original x size x noise.
    """
    own = real()
    copies = count - len(own.names)
    if copies <= 0:
        return own.first(count)
    chance = np.random.default_rng(SEED)
    of = chance.integers(len(own.names), size=copies)
    size = np.exp(chance.normal(0, SCALE, (copies, 1)))
    noise = np.exp(chance.normal(0, NOISE, (copies, MONTHS)))
    drawn = chance.poisson(own.counts[of] * size * noise).astype(float)
    names = [f"copy {number}: {own.names[place]}" for number, place in enumerate(of, start=1)]
    family = [own.family[place] for place in of]
    return Series((*own.names, *names), (*own.family, *family), np.concatenate([own.counts, drawn]))


def write_csv(series: Series, path: Path) -> None:
    """As `bordercast forecast` reads it: series, month, value, family."""
    first = months.to_index(FIRST_MONTH)
    spelled = [months.from_index(first + column) for column in range(MONTHS)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("series", "month", "value", "family"))
        for name, family, counts in zip(series.names, series.family, series.counts, strict=True):
            for month, count in zip(spelled, counts.astype(int).tolist(), strict=True):
                writer.writerow((name, month, count, family))


def write_npz(series: Series, path: Path) -> None:
    """As the peers read it; see `benchmarks.speedpeers`."""
    np.savez(
        path,
        counts=series.counts,
        first_month=months.to_index(FIRST_MONTH),
        origins=series.work.origins,
        h=H,
        probs=np.array(PROBS),
    )
