"""The block stage wherever it can be computed: seconds, and whether the numbers are the same.

    python -m benchmarks.speedspread SERIES.csv TURNS

Everything between reading the series and writing the file: forecasts and hindcasts, their
quantiles as text, and their scores. Workers are started before, and have done something. The
engines take turns, so that what else the machine does falls on all of them; the fastest turn of
each counts.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from benchmarks import cluster
from benchmarks.sets import H
from benchmarks.speedsets import CUTOFFS
from forecast.config import Compute
from forecast.desk import export
from forecast.engine.anyseries import SeriesForecasts, forecast_counts
from forecast.engine.blocks import Spread
from forecast.tables.read import read_table
from jobs.compute.pools import spreading
from models.base import Floats, MonthlyCounts

FEW = 400  # series, to warm up on


@contextmanager
def _dask(workers: int) -> Iterator[Compute]:
    with cluster.running(workers) as scheduler:
        yield Compute(engine="dask", scheduler=scheduler)


ENGINES: Mapping[str, Callable[[], AbstractContextManager[Compute]]] = {
    "serial": lambda: nullcontext(Compute(engine="serial")),
    "2 processes": lambda: nullcontext(Compute(engine="processes", processes=2)),
    "1 Dask worker": lambda: _dask(1),
    "2 Dask workers": lambda: _dask(2),
}


def main(file: str, turns: str) -> None:
    """Time every engine, and print what it took."""
    counts = read_table(Path(file)).counts
    found: dict[str, dict[str, Any]] = {name: {"runs": [], "digests": []} for name in ENGINES}
    for _ in range(int(turns)):
        for name, one in found.items():
            with ENGINES[name]() as compute, spreading(compute, len(counts.names)) as spread:
                blocks(first(counts, FEW), spread)
                started = time.perf_counter()
                digest = blocks(counts, spread)
                one["runs"].append(time.perf_counter() - started)
                one["digests"].append(digest)
    for one in found.values():
        one["seconds"] = min(one["runs"])
    same = len({digest for one in found.values() for digest in one.pop("digests")}) == 1
    print(json.dumps({"series": len(counts.names), "same": same, "engines": found}))


def first(counts: MonthlyCounts, few: int) -> MonthlyCounts:
    """The first few series."""
    chosen = counts.length > 0
    chosen[few:] = False
    return counts.some(chosen)


def blocks(counts: MonthlyCounts, spread: Spread) -> str:
    """Do what is done in blocks; a digest of all that came of it."""
    said = forecast_counts(counts, H, hindcasts=CUTOFFS, spread=spread)
    digest = hashlib.sha256()
    parts = (*_parts(said.ends(), ".csv", spread), *_parts(said.hindcasts(), "", spread))
    for _, block, scores in parts:
        digest.update(getattr(block, "content", b""))
        digest.update(scores.tobytes())
    return digest.hexdigest()


def _parts(said: SeriesForecasts, suffix: str, spread: Spread) -> Iterator[tuple[str, Any, Floats]]:
    columns = export.forecast_columns(True, models=False, past=not suffix)
    return spread(export.written, export.parts({"": said}, columns, suffix))


if __name__ == "__main__":
    main(*sys.argv[1:])
