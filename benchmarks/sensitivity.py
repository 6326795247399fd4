"""What 20 % more or less of each number of the method does to the scores.

    make sensitivity

Only on sets that choices were made on, so that the table can be read without a look at the
others: Border Patrol's sectors in both eras, states, M1. Each cell is the change of a set's score
in percent (log-WIS; scaled WIS for M1), below 0 is better; the worst over the sets stands last.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType

import numpy as np

from benchmarks import ours, scoring, sets, tables
from benchmarks.sets import HeldOut, Rolling
from forecast.engine import parameters, scores
from models.base import Floats
from models.parameters import Number, WholeNumber

BY = 0.2
SETS: Mapping[str, Callable[[], Rolling | HeldOut]] = {
    "sectors 2004-18": lambda: sets.sectors("2003-10", "2018-12"),
    "sectors 2019-26": lambda: sets.sectors("2018-12"),
    "states": sets.states,
    "M1": sets.m1,
}


def main() -> None:
    """Move each number, print the table, and keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="numbers to move; all unless told")
    chosen = parser.parse_args().names
    works = {name: make() for name, make in SETS.items()}
    usual = {name: score(work) for name, work in works.items()}
    rows, kept = {}, {}
    for path, number in parameters.EVERY.items():
        module, name = path.rsplit(".", 1)
        if chosen and name not in chosen:
            continue
        for factor in (1 - BY, 1 + BY):
            value = moved(number, factor)
            with given(importlib.import_module(module), name, value):
                changes = [100 * (score(works[s]) / usual[s] - 1) for s in SETS]
            row = f"{name} {number:g} -> {value:g}"
            rows[row] = [*(f"{change:+.2f}" for change in changes), f"{max(changes):+.2f}"]
            kept[row] = dict(zip(SETS, changes, strict=True)) | {"unit": number.unit}
    tables.show("Change of the score, %", ("number", *SETS, "worst"), rows)
    if not chosen:
        tables.keep("sensitivity", kept)


def moved(number: Number | WholeNumber, factor: float) -> float | int:
    """The number times the factor; a whole one by at least 1, a discount's memory by the factor."""
    if isinstance(number, WholeNumber):
        step = max(round(abs(factor - 1) * number), 1)
        return int(number) + (step if factor > 1 else -step)
    if number.unit == "a month":  # .98: what is forgotten of it moves
        return 1 - (1 - float(number)) / factor
    if number.reason.startswith("probability"):
        return 1 - (1 - float(number)) / factor
    return float(number) * factor


@contextmanager
def given(module: ModuleType, name: str, value: float) -> Iterator[None]:
    """The engine with one number changed."""
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


def score(work: Rolling | HeldOut) -> float:
    """log-WIS of a rolling set; mean scaled WIS of one that was held out."""
    if isinstance(work, Rolling):
        return scoring.summary(scoring.score(work, ours.rolling(work)))["log_wis"]
    return scaled_wis(work, ours.held_out(work))


def scaled_wis(work: HeldOut, quantiles: Floats) -> float:
    """Mean over series of WIS / the seasonal naive's MAE in the history."""
    found = []
    for history, came, said in zip(work.history, work.future, quantiles, strict=True):
        usual = np.abs(history[12:] - history[:-12]).mean()
        if usual > 0:
            found.append(scores.wis(came, np.expm1(said[: len(came)])).mean() / usual)
    return float(np.mean(found))


if __name__ == "__main__":
    main()
