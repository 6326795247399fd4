"""A set as one family, as in one file, beside each series alone, as in a file of its own.

    .venv/bin/python -m benchmarks.alone            competitions, short histories, the publisher's
    .venv/bin/python -m benchmarks.alone peers PYTHON      beside AutoETS and DynamicOptimizedTheta
    .venv/bin/python -m benchmarks.alone dead       a quarter more series without a count for years

A user brings one to five series more often than a thousand. For each set and way: MASE, scaled
WIS, how often 80% intervals hold 1, 6 and 12 months ahead and in all, 95%, and how many months lie
below the 2.5% and above the 97.5% quantile, likewise by months ahead. The publisher's series alone
are forecast as if nobody had said that they jump.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from benchmarks import others, scoring, sets, tables
from benchmarks.sets import HeldOut, Rolling
from forecast.engine.refit import engine_forecasts
from forecast.engine.scores import PROBS
from models.base import Floats, Panel

SHORT = 60  # months
HELD_OUT: Mapping[str, Callable[[], HeldOut]] = {
    "M3": sets.m3,
    "M3, first half": lambda: sets.m3("development"),
    "M1": sets.m1,
    "tourism": sets.tourism,
    "M3, 60 months": lambda: sets.m3().latest(SHORT),
    "M1, 60 months": lambda: sets.m1().latest(SHORT),
    "M3 micro, 60 months": lambda: sets.m3_kind("micro").latest(SHORT),
    "M3 industry, 60 months": lambda: sets.m3_kind("industry").latest(SHORT),
}
ROLLING: Mapping[str, Callable[[], Rolling]] = {
    "sectors 2004-18": lambda: sets.sectors("2003-10", "2018-12"),
    "sectors 2019-26": lambda: sets.sectors("2018-12"),
    "regions 2004-18": lambda: sets.regions("2003-10", "2018-12"),
    "regions 2019-26": lambda: sets.regions("2018-12"),
    "states 2022-25": sets.states,
}
LEADS = (1, 6, 12)
PEERS = ("AutoETS", "DynamicOptimizedTheta")  # each series alone, their own intervals


def main(python: Path | None = None) -> None:
    """Every set, both ways; printed and kept.

    python : the interpreter of the peers' environment, to ask them too.
    """
    found: dict[str, dict[str, float]] = {}
    for name, make in HELD_OUT.items():
        work = make()
        for way, panel in (("together", work.panel), ("alone", sets.alone(work.panel))):
            found[f"{name}: {way}"] = held_out(work, quantiles(work, panel))
        for peer, said in others.held_out(work, python, PEERS).items() if python else ():
            found[f"{name}: {peer}"] = held_out(work, said)
    for name, make_rolling in ROLLING.items():
        rolled = make_rolling()
        for way, panel in (("together", rolled.panel), ("alone", sets.alone(rolled.panel))):
            found[f"{name}: {way}"] = rolling(rolled, panel)
    show("A set as one family, and one series a file", found)
    tables.keep("alone", found)


def dead() -> None:
    """Three sets, with and without a third as many series more that came to an end."""
    found: dict[str, dict[str, float]] = {}
    for name in ("M3, first half", "M1", "tourism"):
        work = HELD_OUT[name]()
        few = HeldOut(work.name, work.history[::3], work.future[::3])
        more = with_dead(few)
        said = quantiles(more, more.panel)
        found[f"{name}, every third"] = held_out(few, quantiles(few, few.panel))
        found[f"{name}, with dead series"] = held_out(few, said[: len(few.history)])
        quiet = more.future[len(few.history) :]
        found[f"{name}, the dead series"] = inside(quiet, said[len(few.history) :])
    show("A quarter of the series dead", found)
    tables.keep("dead", found)


def with_dead(work: HeldOut, seed: int = 0) -> HeldOut:
    """The set and a third as many series more: small counts, then nothing for 24 months or more."""
    chance, many = np.random.default_rng(seed), len(work.history) // 3
    longest = max(map(len, work.future))
    history = []
    for row in range(many):
        length = max(len(work.history[row]), 50)
        counts = chance.poisson(chance.uniform(1, 20), length).astype(float)
        counts[-chance.integers(24, length - 12) :] = 0
        history.append(counts)
    future = (np.zeros(longest),) * many
    return HeldOut(f"{work.name}, dead", (*work.history, *history), (*work.future, *future))


def quantiles(work: HeldOut, panel: Panel) -> Floats:
    """(series, h, PROBS) of log1p values from each series' end."""
    end = np.array([panel.z.shape[1] - 1], dtype=np.int64)
    said = engine_forecasts(panel, end, max(map(len, work.future)))
    return np.asarray(said.quantiles(PROBS)[:, 0])


def held_out(work: HeldOut, said: Floats) -> dict[str, float]:
    """What (series, h, PROBS) quantiles of a set score."""
    line = scoring.held_out(work, said)
    scores = {name: line[name] for name in ("mase", "scaled_wis")}
    return scores | inside(work.future, said)


def rolling(work: Rolling, panel: Panel) -> dict[str, float]:
    """What a rolling set scores; scaled WIS is log-WIS there, MASE the MAE over a last value's."""
    totals = work.totals if panel.jumps else None
    said = engine_forecasts(panel, work.origins, sets.H, totals=totals).quantiles(PROBS)
    line = scoring.summary(scoring.score(work, said))
    scores = {"mase": line["relative_mae"], "scaled_wis": line["log_wis"]}
    every = work.actual.reshape(-1, sets.H)
    return scores | inside(tuple(every), said.reshape(-1, sets.H, len(PROBS)))


def inside(came: tuple[Floats, ...], said: Floats) -> dict[str, float]:
    """Shares of months inside intervals, by months ahead, and beyond their ends."""
    longest = said.shape[1]
    z = np.full((len(came), longest), np.nan)
    for row, values in zip(z, came, strict=True):
        row[: min(len(values), longest)] = np.log1p(values[:longest])
    known = np.isfinite(z) & np.isfinite(said).all(axis=-1)
    held = {
        level: (said[..., low] <= z) & (z <= said[..., high])
        for level, (low, high) in {80: (2, 6), 95: (0, 8)}.items()
    }
    line = {
        f"cover80 h{h}": scoring.mean(np.where(known, held[80], np.nan)[:, h - 1]) for h in LEADS
    }
    line |= {f"cover{level}": float(of[known].mean()) for level, of in held.items()}
    for end, beyond in (("below", z < said[..., 0]), ("above", z > said[..., -1])):
        line[end] = float(beyond[known].mean())
        by_lead = np.where(known, beyond, np.nan)
        line |= {f"{end} h{h}": scoring.mean(by_lead[:, h - 1]) for h in LEADS}
    return line


def show(title: str, found: Mapping[str, Mapping[str, float]]) -> None:
    """The table."""
    columns = list(next(iter(found.values())))
    rows = {name: [line.get(column, np.nan) for column in columns] for name, line in found.items()}
    tables.show(title, ("set", *columns), rows)


if __name__ == "__main__":
    if sys.argv[1:] == ["dead"]:
        dead()
    else:
        main(*map(Path, sys.argv[2:]))
