"""The block stage wherever it can be computed: seconds, and whether the numbers are the same.

    python -m benchmarks.speedspread SERIES.csv TURNS

Everything between reading the series and writing the file: forecasts and hindcasts, their
quantiles as text, and their scores. Workers are started before. The engines take turns, so that
what else the machine does falls on all of them; the fastest turn of each counts.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import cluster
from benchmarks.sets import H
from benchmarks.speedsets import CUTOFFS
from forecast.config import Compute
from forecast.desk import ahead
from forecast.engine.anyseries import SeriesForecasts, forecast_counts
from forecast.engine.steps import Spread
from forecast.intake.counts import MonthlyCounts, read_counts
from jobs.compute import spreading

ALONE = "serial"
ENGINES = (ALONE, "2 processes", "1 Dask worker", "2 Dask workers")
FEW = 400  # series, to warm up on


def main(file: str, turns: str) -> None:
    """Time every engine, and print what it took."""
    counts = read_counts(Path(file))
    found: dict[str, dict[str, Any]] = {name: {"runs": [], "digests": []} for name in ENGINES}
    with opened(len(counts.names)) as spreads:
        for spread in spreads.values():
            blocks(first(counts, FEW), spread)
        for _ in range(int(turns)):
            for name, spread in spreads.items():
                started = time.perf_counter()
                digest = blocks(counts, spread)
                found[name]["runs"].append(time.perf_counter() - started)
                found[name]["digests"].append(digest)
    print(json.dumps({"series": len(counts.names), "engines": found}))


@contextmanager
def opened(series: int) -> Iterator[dict[str, Spread]]:
    """Every engine, its workers started."""
    with ExitStack() as stack:
        one, two = (stack.enter_context(cluster.running(workers)) for workers in (1, 2))
        settings = (
            Compute(engine="serial"),
            Compute(engine="processes", processes=2),
            Compute(engine="dask", scheduler=one),
            Compute(engine="dask", scheduler=two),
        )
        yield {
            name: stack.enter_context(spreading(compute, series))
            for name, compute in zip(ENGINES, settings, strict=True)
        }


def first(counts: MonthlyCounts, few: int) -> MonthlyCounts:
    """The first few series."""
    chosen = counts.length > 0
    chosen[few:] = False
    return counts.some(chosen)


def blocks(counts: MonthlyCounts, spread: Spread) -> str:
    """Do what is done in blocks; a digest of all that came of it."""
    said = forecast_counts(counts, H, hindcasts=CUTOFFS, spread=spread)
    digest = hashlib.sha256()
    for part in (*_parts(said.ends(), ".csv", spread), *_parts(said.hindcasts(), "", spread)):
        digest.update(getattr(part.block, "content", b""))
        digest.update(part.scores.tobytes())
    return digest.hexdigest()


def _parts(said: SeriesForecasts, suffix: str, spread: Spread) -> Iterator[ahead.Written]:
    columns = ahead.columns(True, models=False, past=not suffix)
    return spread(ahead.written, ahead.parts({"": said}, columns, suffix))


if __name__ == "__main__":
    main(*sys.argv[1:])
