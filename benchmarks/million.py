"""A million series in a folder of Parquet parts: time, memory, and the same bytes everywhere.

    python -m benchmarks.million [SERIES] [--engines serial,processes,dask] [--part N]
                                 [--kill SECONDS]

Makes SERIES series of 74 months in parts of N, three families that span all of them, and
forecasts the folder by the command on each engine. Prints seconds, CPU seconds and the most memory
of its processes at one time (Dask's workers are none of its own), and a digest of what was
written. --kill ends a worker process after so many seconds. Copies of the drill-down's series
are there to be many, as in `benchmarks.speedsets`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
from pyarrow import parquet

from benchmarks import cluster, stopwatch
from benchmarks.speedsets import FIRST_MONTH, MONTHS, NOISE, SCALE, SEED, real
from forecast import months

PART = 20_000  # series
COMPUTE = {
    "serial": 'engine = "serial"',
    "processes": 'engine = "processes"\nprocesses = 2',
    "dask": 'engine = "dask"\nscheduler = "{scheduler}"',
}


def write_parts(series: int, folder: Path, size: int = PART) -> None:
    """Parts of noisy copies of the drill-down's series, each part drawn by itself."""
    own = real()
    first = months.to_index(FIRST_MONTH)
    spelled = pa.array([months.from_index(first + column) for column in range(MONTHS)])
    for part, start in enumerate(range(0, series, size)):
        chance = np.random.default_rng([SEED, part])
        many = min(size, series - start)
        of = chance.integers(len(own.names), size=many)
        scale = np.exp(chance.normal(0, SCALE, (many, 1)))
        noise = np.exp(chance.normal(0, NOISE, (many, MONTHS)))
        drawn = chance.poisson(own.counts[of] * scale * noise)
        names = pa.array([f"{own.names[at]} {start + row}" for row, at in enumerate(of)])
        families = pa.array([own.family[at] for at in of])
        row = pa.array(np.repeat(np.arange(many), MONTHS))
        column = pa.array(np.tile(np.arange(MONTHS), many))
        table = pa.table(
            {
                "series": names.take(row),
                "month": spelled.take(column),
                "value": drawn.ravel(),
                "family": families.take(row),
            }
        )
        parquet.write_table(table, folder / f"part-{part:03}.parquet")


def digest(folder: Path) -> str:
    """Of everything that was written."""
    found = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        found.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def run(engine: str, parts: Path, out: Path, kill: float) -> dict[str, object]:
    """Forecast the folder on one engine."""
    with ExitStack() as opened:
        scheduler = opened.enter_context(cluster.running()) if engine == "dask" else ""
        settings = out.parent / f"{engine}.toml"
        settings.write_text("[compute]\n" + COMPUTE[engine].format(scheduler=scheduler) + "\n")
        command = [sys.executable, "-m", "jobs", "--config", str(settings)]
        command += ["--db", str(out.parent / "none.db"), "forecast", str(parts), "-o", str(out)]
        if kill:
            threading.Thread(target=_kill_a_worker, args=(kill,), daemon=True).start()
        cost, said = stopwatch.cost(command, cluster.ROOT)
    return {
        "engine": engine,
        "seconds": round(cost.seconds, 1),
        "cpu_seconds": round(cost.cpu_seconds, 1),
        "peak_mib": round(cost.peak_mib),
        "load": cost.load,
        "digest": digest(out),
        "lost": "sent once more" in said,
    }


def _kill_a_worker(seconds: float) -> None:
    """End one of the command's worker processes after a while; they are all our descendants."""
    time.sleep(seconds)
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "spawn_main" in " ".join(process.cmdline()):
                process.kill()
                return


def main() -> None:
    """Measure, and print a line of JSON for each engine."""
    asked = argparse.ArgumentParser()
    asked.add_argument("series", type=int, nargs="?", default=1_000_000)
    asked.add_argument("--engines", default="processes")
    asked.add_argument("--part", type=int, default=PART)
    asked.add_argument("--kill", type=float, default=0.0)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        parts = Path(folder) / "parts"
        parts.mkdir()
        write_parts(given.series, parts, given.part)
        for engine in given.engines.split(","):
            out = Path(folder) / f"ahead-{engine}"
            measured = {"series": given.series} | run(engine, parts, out, given.kill)
            print(json.dumps(measured), flush=True)


if __name__ == "__main__":
    main()
