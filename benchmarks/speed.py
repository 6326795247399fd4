"""Speed beside the peers: the same series, the same 36 cutoffs, one run.

    make bench-speed

Ours is `bordercast forecast` as anybody would type it: start-up, reading and writing included.
The peers' own cross-validation is timed without their start-up and compilation, on as many of
the series as minutes allow, at the better of one and two processes; beyond that their cost is
extrapolated in a straight line, which two sizes measured bear out. What the peers say on the
real series is scored beside ours.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import others, speedreport, speedsets, speedsums, stopwatch, tables
from benchmarks.speedscores import MEAN, beside_kept, scores
from benchmarks.speedsets import CUTOFFS
from benchmarks.speedsums import PROPHET, TOGETHER
from models.base import Floats

ROOT = Path(__file__).parent.parent
RUN = others.CACHE / "speed"
FOUR = ("AutoETS", "AutoTheta", "AutoCES", "Naive")
PEERS: Mapping[str, tuple[str, ...]] = {
    TOGETHER: FOUR,
    **{name: (name,) for name in FOUR},
    PROPHET: (PROPHET,),
}
OURS = (100, 141, 1000, 10_000)
SIZES = (36, 141)  # series the peers are asked about; the second are all real ones
PROPHETS = (4, 16)
REPEATS = 3  # of ours, whose median counts
JOBS = (1, 2)
TURNS = 3  # of the engines that compute blocks

Measured = dict[str, Any]


class Run:
    """One run's measurements, kept as they come so that a stopped run can go on."""

    def __init__(self, folder: Path, *, go_on: bool) -> None:
        if not go_on:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._file = folder / "run.json"
        self.kept: dict[str, Measured] = {}
        self.failed: list[str] = []
        if self._file.exists():
            self.kept = json.loads(self._file.read_text("utf-8"))

    def take(self, name: str, measure: Callable[[], Measured]) -> Measured:
        """What was measured under this name; measured now if it was not."""
        if name not in self.kept:
            tables.say(f"{name} ...")
            try:
                self.kept[name] = measure()
            except stopwatch.CommandError as problem:
                tables.say(f"failed: {problem}")
                self.failed.append(name)
                return {"failed": str(problem)}
            self._file.write_text(json.dumps(self.kept, indent=1), encoding="utf-8")
        return self.kept[name]


def main() -> None:
    """Measure, score, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, help="Python of their environment.")
    parser.add_argument("--go-on", action="store_true", help="With a run that was stopped.")
    parser.add_argument(
        "--ours", action="store_true", help="Ours anew beside what was kept of the peers."
    )
    parser.add_argument("--small", action="store_true", help="A few series, to try it; not kept.")
    options = parser.parse_args()
    if not (options.ours or options.peers):
        parser.error("one of --peers and --ours")
    small = options.small
    run = Run(RUN.with_name("speed-small") if small else RUN, go_on=options.go_on)
    if options.ours:
        result = renewed(run, speedreport.kept())
    else:
        result = compared(run, options.peers.absolute(), small=small)
    speedreport.show(result)
    if not small:
        tables.keep("speed", result)
        speedreport.write(speedreport.kept())


def compared(run: Run, python: Path, *, small: bool) -> dict[str, Any]:
    """Everything: what ours and theirs cost, their ratios, and the scores."""
    counts, sizes, prophets = OURS, SIZES, PROPHETS
    if small:
        counts, sizes, prophets = (20, 200), (2, 4), (1, 2)
    ours = [ours_on(run, count) for count in counts]
    written = ours_with_hindcasts(run, counts[-1])
    ours_with_hindcasts(run, sizes[-1])  # to be scored
    engines = engines_on(run, counts[-1])
    peers = {
        name: peer_on(run, python, name, prophets if name == PROPHET else sizes) for name in PEERS
    }
    if run.failed:
        raise SystemExit(f"failed: {', '.join(run.failed)}; to try these again: --go-on")
    result = {
        "cutoffs": CUTOFFS,
        "months": speedsets.MONTHS,
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "ours": {str(one["series"]): one for one in ours},
        "ours_hindcasts_written": written,
        "engines": engines,
        "peers": peers,
        "scores": scored(run, sizes[-1], prophets[-1]),
    }
    result["ratios"] = speedsums.ratios(result)
    result["reach"] = speedsums.reached(result)
    return result


def renewed(run: Run, kept: Mapping[str, Any]) -> dict[str, Any]:
    """An earlier result with our own times and scores measured anew."""
    ours = [ours_on(run, count) for count in OURS]
    result = {
        **kept,
        "ours": {str(one["series"]): one for one in ours},
        "ours_hindcasts_written": ours_with_hindcasts(run, OURS[-1]),
    }
    ours_with_hindcasts(run, SIZES[-1])
    if run.failed:
        raise SystemExit(f"failed: {', '.join(run.failed)}; to try these again: --go-on")
    own = hindcast_file(run, SIZES[-1])
    result["scores"] = {
        name: beside_kept(speedsets.many(of["series"]), own, of)
        for name, of in kept["scores"].items()
    }
    result["ratios"] = speedsums.ratios(result)
    result["reach"] = speedsums.reached(result)
    return result


def ours_on(run: Run, count: int) -> Measured:
    """`bordercast forecast` on so many series: the median of some runs, by seconds."""
    file = series_file(run, count)
    out = run.folder / "forecasts.csv"
    took = [
        run.take(f"ours, {count} series, run {turn}", lambda: forecast(file, out))
        for turn in range(1, REPEATS + 1)
    ]
    took = sorted(took, key=lambda one: float(one.get("seconds", np.inf)))
    seconds = [one.get("seconds") for one in took]
    return {"series": count, "runs": seconds, **took[len(took) // 2]}


def ours_with_hindcasts(run: Run, count: int) -> Measured:
    """The same once more, all hindcasts' quantiles written to a file as well."""
    file, out = series_file(run, count), run.folder / "forecasts.csv"
    name = f"ours, {count} series, hindcasts written"
    more = ("--hindcasts-out", hindcast_file(run, count))
    return {"series": count} | run.take(name, lambda: forecast(file, out, *more))


def engines_on(run: Run, count: int) -> Measured:
    """The block stage on each engine; see `benchmarks.speedspread`."""
    command = [sys.executable, "-m", "benchmarks.speedspread", series_file(run, count), str(TURNS)]

    def measure() -> Measured:
        whole, said = stopwatch.cost(command, ROOT, watched=False)
        found: Measured = next(json.loads(line) for line in said.splitlines() if line[:1] == "{")
        return {"load": whole.load} | found

    return run.take(f"blocks of {count} series on every engine", measure)


def series_file(run: Run, count: int) -> Path:
    """The CSV file of so many series."""
    path = run.folder / f"series-{count}.csv"
    if not path.exists():
        speedsets.write_csv(speedsets.many(count), path)
    return path


def hindcast_file(run: Run, count: int) -> Path:
    """Where our hindcasts of so many series are."""
    return run.folder / f"hindcasts-{count}.parquet"


def forecast(file: Path, out: Path, *more: str | Path) -> Measured:
    """One run of the command."""
    command = [sys.executable, "-m", "jobs", "forecast", file, "--h", "12"]
    command += ["--hindcasts", str(CUTOFFS), "-o", out, *more]
    return asdict(stopwatch.cost(command, ROOT)[0])


def peer_on(run: Run, python: Path, name: str, sizes: tuple[int, int]) -> dict[str, Any]:
    """A peer on two sizes: the first in one process and in two, the second in the better way."""
    few, most = sizes
    tried = {jobs: asked(run, python, name, few, jobs) for jobs in JOBS}
    best = min(tried, key=lambda jobs: float(tried[jobs].get("seconds", np.inf)))
    runs = [*tried.values(), asked(run, python, name, most, best)]
    return {"jobs": best, "few": tried[best], "most": runs[-1], "runs": runs}


def asked(run: Run, python: Path, name: str, count: int, jobs: int) -> Measured:
    """A peer on so many series in so many processes."""
    work = run.folder / f"work-{count}.npz"
    speedsets.write_npz(speedsets.many(count), work)
    command = [python, "-m", "benchmarks.speedpeers", work, answer_file(run, name, count)]
    command += [str(jobs), *PEERS[name]]

    def measure() -> Measured:
        whole, said = stopwatch.cost(command, ROOT)
        own = json.loads(said.splitlines()[-1])
        return {"peak_mib": whole.peak_mib, "load": whole.load} | own

    label = {"series": count, "jobs": jobs}
    return label | run.take(f"{name}, {count} series, {jobs} processes", measure)


def answer_file(run: Run, name: str, count: int) -> Path:
    """Where a peer's quantiles are."""
    return run.folder / f"{name.replace(' ', '-')}-{count}.npz"


def scored(run: Run, count: int, few: int) -> dict[str, Any]:
    """log-WIS of ours and theirs on the same real series, cutoffs and months."""
    own = hindcast_file(run, count)
    four: Floats = np.load(answer_file(run, TOGETHER, count))["quantiles"]
    said = dict(zip(FOUR, four, strict=True))
    said[MEAN] = four.mean(axis=0)
    prophet: Floats = np.load(answer_file(run, PROPHET, few))["quantiles"][0]
    return {
        TOGETHER: scores(speedsets.many(count), own, said),
        PROPHET: scores(speedsets.many(few), own, {PROPHET: prophet}),
    }


if __name__ == "__main__":
    main()
