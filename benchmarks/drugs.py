"""Drug seizures by border and drug: the engine beside a last value and AutoETS, the same intervals.

    make bench-drugs

Forecasts of October 2024 to April 2026 from every cutoff that reaches them, 1 to 12 months ahead,
nothing after the cutoff; seizures (events) and pounds apart. The peers give the middle and the
engine's intervals are put around it, from each one's own past errors.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import others, ours, scoring, tables
from benchmarks.scoring import Scored
from benchmarks.sets import H, Rolling
from forecast import months
from forecast.engine.refit import model_forecasts
from forecast.engine.scores import PROBS
from forecast.sources.cbp.drug import bundle
from models.base import Floats, Panel, Paths
from models.breakwalk import walked
from models.onepass import Sweep
from models.structural import evidence, log_prior, sweep_under

FIRST_TARGET = "2024-10"
GATE = "bordercast, were it to choose"
PEER = "AutoETS on log"
AUTOETS = "AutoETS, same intervals"
MEASURES = ("events", "pounds")
LIMITS = {"cover80": (0.75, 0.85), "cover95": (0.91, 0.98)}
WORSE = 1.02  # log-WIS over the better peer's
HALF_YEAR = 6
SMALL = 5  # mean monthly count below which a series is small


def main() -> None:
    """Run both measures, print them, and keep them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peers", type=Path, help="Python of the peers' environment.")
    options = parser.parse_args()
    result: dict[str, Any] = {name: beside_peers(work(name), options.peers) for name in MEASURES}
    result |= {f"{name}, totals": beside_peers(work(name, ""), options.peers) for name in MEASURES}
    result["before"] = {name: before(work(name)) for name in MEASURES}
    tables.keep("drugs", result)


@dataclass(frozen=True)
class Drugs(Rolling):
    """Series that the engine is told not to break, as the sources say of seizures."""

    calm: bool = True

    @property
    def panel(self) -> Panel:
        """All series as one family."""
        return replace(super().panel, calm=self.calm, jumps=False)


def work(measure: str, dimension: str = "drug") -> Drugs:
    """Every border's drugs that were ever seized there, as the program has them embedded.

    dimension : "" for the borders' totals and nationwide, which is their sum.
    """
    (release,) = bundle.load(measure)
    span = months.between(*release.coverage[0][1:])
    series = {
        f"{key.total}, {key.member}".rstrip(", "): [by_month.get(month, 0) for month in span]
        for key, by_month in sorted(release.counts.items())
        if key.dimension == dimension and by_month
    }
    return Drugs(
        name=f"drugs-{measure}-{dimension or 'totals'}",
        names=tuple(series),
        counts=np.array(list(series.values()), dtype=float),
        last_month=months.to_index(span[-1]),
        first=span.index(FIRST_TARGET) - 1,
        last_target=len(span) - 1,
        totals={} if dimension else {0: (1, 2, 3)},
    )


def grid(panel: Panel, h: int) -> Sweep:
    """The structural grid's paths from every column."""
    return sweep_under(log_prior(evidence(panel)), panel, h)


def before(drugs: Drugs) -> dict[str, float]:
    """What the engine's two models missed by before the first month that is scored.

    Mean |error| / sqrt(h) on log counts, cutoffs from half a year on: why seizures are called calm.
    """
    end = drugs.first + 1
    seen = replace(drugs.panel, z=drugs.panel.z[:, :end])
    every = np.arange(HALF_YEAR, end - 1)
    found: dict[str, float] = {}
    for name, model in (("walk", walked), ("grid", grid)):
        said = model(seen, H).path[:, every]
        miss = [
            np.abs(seen.z[:, origin + h] - said[:, at, h - 1]) / np.sqrt(h)
            for at, origin in enumerate(every)
            for h in range(1, min(H, end - 1 - origin) + 1)
        ]
        found[name] = float(np.mean(miss))
    title = f"{drugs.name}: the {end} months before"
    tables.show(title, ("", *found), {"missed by": [*found.values()]})
    return found


def beside_peers(drugs: Drugs, python: Path | None) -> dict[str, Any]:
    """One measure: all forecasts, by size, by border and by series."""
    said = {
        ours.ENGINE: ours.rolling(drugs),
        GATE: ours.rolling(replace(drugs, calm=False)),
        ours.LAST_VALUE: ours.last_value(drugs),
    }
    if python:
        said[AUTOETS] = autoets(drugs, python)
    scored = {model: scoring.score(drugs, quantiles) for model, quantiles in said.items()}
    small = drugs.counts.mean(axis=1) < SMALL
    totals = np.array([name.split(",")[0] for name in drugs.names])
    parts = {
        "all": np.full(len(small), True),
        f"{SMALL} a month or more": ~small,
        "smaller": small,
        **{total: totals == total for total in dict.fromkeys(totals)},
        **{name: np.arange(len(small)) == row for row, name in enumerate(drugs.names)},
    }
    found = {
        part: {m: scoring.summary(of.where(rows)) for m, of in scored.items()}
        for part, rows in parts.items()
    }
    show(drugs, found)
    return {"parts": found, "reached": reached(found["all"]), "months": int(_months(scored))}


def autoets(drugs: Drugs, python: Path) -> Floats:
    """AutoETS on log counts, with intervals made as the engine's from its own errors."""
    every = replace(drugs, name=f"{drugs.name}-every", first=0)
    middle = others.quantiles(every, python, [PEER])[PEER][..., PROBS.index(0.5)]
    said = model_forecasts(
        drugs.panel, Paths(middle), every.origins, drugs.origins, totals=drugs.totals
    )
    return said.quantiles(PROBS)


def reached(lines: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Each limit: what was found, and whether it holds."""
    own = lines[ours.ENGINE]
    better = min(lines[model]["log_wis"] for model in (ours.LAST_VALUE, AUTOETS) if model in lines)
    ratio = own["log_wis"] / better
    found = {level: [own[level], a <= own[level] <= b] for level, (a, b) in LIMITS.items()}
    return {**found, "log-WIS / the better peer's": [ratio, ratio <= WORSE]}


def show(drugs: Drugs, found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    """The table: log-WIS of each, and the engine's coverage."""
    models = list(found["all"])
    rows = {
        part: [
            *(lines[model]["log_wis"] for model in models),
            *(lines[model][c] for model in models for c in ("cover80", "cover95")),
        ]
        for part, lines in found.items()
    }
    heads = [*models, *(f"{level}%" for _ in models for level in (80, 95))]
    title = f"{drugs.name}: {len(drugs.names)} series, {len(drugs.origins)} cutoffs, 1-{H} ahead"
    tables.show(title, ("series", *heads), rows)


def _months(scored: Mapping[str, Scored]) -> float:
    return float(np.isfinite(scored[ours.ENGINE].wis).sum())


if __name__ == "__main__":
    main()
