"""Drug seizures by border and drug: the engine beside a last value and AutoETS, the same intervals.

    make bench-drugs

Forecasts of October 2024 to April 2026 from every cutoff that reaches them, 1 to 12 months ahead,
nothing after the cutoff; seizures (events) and pounds apart. The peers give the middle and the
engine's intervals are put around it, from each one's own past errors.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import others, ours, scoring, tables
from benchmarks.scoring import Scored
from benchmarks.sets import H, Rolling
from forecast import months
from forecast.engine.refit import model_forecasts
from forecast.engine.scores import PROBS
from forecast.intake.sources.cbp_drugs import bundle
from forecast.intake.sources.cbp_drugs.snapshot import Measure
from models.base import Floats, Paths

FIRST_TARGET = "2024-10"
PEER = "AutoETS on log"
AUTOETS = "AutoETS, same intervals"
MEASURES: tuple[Measure, ...] = ("events", "pounds")
LIMITS = {"cover80": (0.75, 0.85), "cover95": (0.91, 0.98)}
WORSE = 1.02  # log-WIS over the better peer's
SMALL = 5  # mean monthly count below which a series is small


def main() -> None:
    """Run both measures, print them, and keep them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peers", type=Path, help="Python of the peers' environment.")
    options = parser.parse_args()
    tables.keep("drugs", {name: beside_peers(work(name), options.peers) for name in MEASURES})


def work(measure: Measure) -> Rolling:
    """Every border's drugs that were ever seized there, as the program has them embedded."""
    (release,) = bundle.load(measure)
    span = months.between(*release.coverage[0][1:])
    series = {
        f"{key.border}, {key.member}": [by_month.get(month, 0) for month in span]
        for key, by_month in sorted(release.counts.items())
        if key.dimension == "drug" and by_month
    }
    return Rolling(
        name=f"drugs-{measure}",
        names=tuple(series),
        counts=np.array(list(series.values()), dtype=float),
        last_month=months.to_index(span[-1]),
        first=span.index(FIRST_TARGET) - 1,
        last_target=len(span) - 1,
        totals={},
    )


def beside_peers(drugs: Rolling, python: Path | None) -> dict[str, Any]:
    """One measure: all forecasts, by size, by border and by series."""
    said = {ours.ENGINE: ours.rolling(drugs), ours.LAST_VALUE: ours.last_value(drugs)}
    if python:
        said[AUTOETS] = autoets(drugs, python)
    scored = {model: scoring.score(drugs, quantiles) for model, quantiles in said.items()}
    small = drugs.counts.mean(axis=1) < SMALL
    borders = np.array([name.split(",")[0] for name in drugs.names])
    parts = {
        "all": np.full(len(small), True),
        f"{SMALL} a month or more": ~small,
        "smaller": small,
        **{border: borders == border for border in dict.fromkeys(borders)},
        **{name: np.arange(len(small)) == row for row, name in enumerate(drugs.names)},
    }
    found = {
        part: {m: scoring.summary(of.where(rows)) for m, of in scored.items()}
        for part, rows in parts.items()
    }
    show(drugs, found)
    return {"parts": found, "reached": reached(found["all"]), "months": int(_months(scored))}


def autoets(drugs: Rolling, python: Path) -> Floats:
    """AutoETS on log counts, with intervals made as the engine's from its own errors."""
    every = replace(drugs, name=f"{drugs.name}-every", first=0)
    middle = others.quantiles(every, python, [PEER])[PEER][..., PROBS.index(0.5)]
    said = model_forecasts(drugs.panel, Paths(middle), every.origins, drugs.origins)
    return said.quantiles(PROBS)


def reached(lines: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Each limit: what was found, and whether it holds."""
    own = lines[ours.ENGINE]
    better = min(line["log_wis"] for model, line in lines.items() if model != ours.ENGINE)
    ratio = own["log_wis"] / better
    found = {level: [own[level], a <= own[level] <= b] for level, (a, b) in LIMITS.items()}
    return {**found, "log-WIS / the better peer's": [ratio, ratio <= WORSE]}


def show(drugs: Rolling, found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    """The table: log-WIS of each, and the engine's coverage."""
    models = list(found["all"])
    rows = {
        part: [
            *(lines[model]["log_wis"] for model in models),
            *(lines[model][c] for model in models for c in ("cover80", "cover95")),
        ]
        for part, lines in found.items()
    }
    heads = [*models, *(f"{model[:7]} {level}%" for model in models for level in (80, 95))]
    title = f"{drugs.name}: {len(drugs.names)} series, {len(drugs.origins)} cutoffs, 1-{H} ahead"
    tables.show(title, ("series", *heads), rows)


def _months(scored: Mapping[str, Scored]) -> float:
    return float(np.isfinite(scored[ours.ENGINE].wis).sum())


if __name__ == "__main__":
    main()
