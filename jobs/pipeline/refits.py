"""The refit models' paths: those kept from earlier runs, and the missing ones, fitted anew.

A path at a cutoff never changes while the data up to it do not, so it is kept under the
model's options, the series, the cutoff and a digest of what the fit saw.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

import numpy as np

from forecast.config import Compute
from forecast.engine.refit import Job, do, one_series
from forecast.engine.rows import month_of
from forecast.types import KeptPath, SeriesKey
from jobs.compute.robust_map import answers
from models import REFITTED, build
from models.base import Failure, Floats, Ints, Panel, Paths

DECIMALS = 5  # of a kept path, on log1p counts
FIT_SECONDS = 600.0  # without any answer, after which workers count as hung
_BLOCK = 12  # cutoffs a job
_LIBRARY = {"ets": "statsmodels", "sarima": "statsmodels", "prophet": "prophet"}

PathKey = tuple[str, SeriesKey, str, str]


class Report(Protocol):
    """Told how far a long step is."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """`done` of `total` pieces of `step` are ready."""


@dataclass(frozen=True)
class Refits:
    """One model's paths at the origins asked for, and what the new fits took."""

    paths: Paths
    seconds: float
    fitted: int


@cache
def model_options(name: str) -> str:
    """What a path depends on beside its data: the model's options and its library's version."""
    library = _LIBRARY[name]
    model = repr(build(name))  # a frozen dataclass: every option with its value
    try:
        return f"{model}, {library} {version(library)}"
    except PackageNotFoundError:
        return f"{model}, {library} is not installed"


def refit_all(  # noqa: PLR0913 - what is fitted, what is kept, and where it is computed
    names: Sequence[str],
    panel: Panel,
    keys: Sequence[SeriesKey],
    origins: Ints,
    h: int,
    stored: Iterable[KeptPath],
    keep: Callable[[list[KeptPath]], None],
    compute: Compute,
    report: Report,
) -> dict[str, Refits]:
    """The paths of every refit model named, kept or fitted.

    Parameters
    ----------
    panel, keys : the series and what they are called.
    origins, h : ascending columns; months ahead.
    stored : paths of earlier runs. keep : called with new ones, in an order that does not change.
    compute : where fits are made; report : told of progress.
    """
    by_key = {
        (path.model_options, path.series, path.cutoff, path.data_digest): path
        for path in stored
        if len(path.path) in (0, h)
    }
    digests = [_digests(panel, row) for row in range(len(keys))]
    book = _Book(panel, keys, digests, h, by_key)
    names = [name for name in names if name in REFITTED]
    jobs = [job for name in names for job in book.jobs(name, origins)]
    spent = dict.fromkeys(names, 0.0)
    fitted = dict.fromkeys(names, 0)
    for done, (job, paths, seconds) in enumerate(_answers(jobs, compute), start=1):
        keep(book.enter(job, paths))
        spent[job.name] += seconds
        fitted[job.name] += len(job.origins)
        report("refitting", done, len(jobs))
    return {name: Refits(book.paths(name, origins), spent[name], fitted[name]) for name in names}


@dataclass(frozen=True)
class _Book:
    """The paths known, by what they depend on."""

    panel: Panel
    keys: Sequence[SeriesKey]
    digests: Sequence[Mapping[int, str]]
    h: int
    held: dict[PathKey, KeptPath]

    def key(self, name: str, row: int, origin: int) -> PathKey:
        cutoff = month_of(self.panel, row, origin)
        return model_options(name), self.keys[row], cutoff, self.digests[row][origin]

    def jobs(self, name: str, origins: Ints) -> Iterator[Job]:
        for row in range(len(self.keys)):
            missing = [o for o in origins.tolist() if self.key(name, row, o) not in self.held]
            alone = one_series(self.panel, row)
            for first in range(0, len(missing), _BLOCK):
                block = np.array(missing[first : first + _BLOCK], dtype=np.int64)
                yield Job(name, (), alone, row, block, self.h)

    def enter(self, job: Job, paths: Paths) -> list[KeptPath]:
        """Those that are worth keeping.

        A library that is missing or a process that was killed says nothing of the next time.
        """
        failed = {failure.origin: failure for failure in paths.failures}
        new = []
        for place, origin in enumerate(job.origins.tolist()):
            key = self.key(job.name, job.series, origin)
            values = paths.values[0, place]
            path = tuple(values.round(DECIMALS).tolist()) if np.isfinite(values).all() else ()
            failure = failed.get(origin)
            self.held[key] = KeptPath(*key, path, failure.reason if failure else "")
            if failure is None or failure.lasting:
                new.append(self.held[key])
        return new

    def paths(self, name: str, origins: Ints) -> Paths:
        values: Floats = np.full((len(self.keys), len(origins), self.h), np.nan)
        failures = []
        for row in range(len(self.keys)):
            for place, origin in enumerate(origins.tolist()):
                path = self.held[self.key(name, row, origin)]
                if path.path:
                    values[row, place] = path.path
                if path.failure:
                    failures.append(Failure(row, origin, path.failure))
        return Paths(values, failures=tuple(failures))


def _digests(panel: Panel, row: int) -> dict[int, str]:
    """Column -> digest of what a fit sees of a series there: its values and the known events."""
    start = int(panel.start[row])
    events = panel.events[row] if panel.events else ()
    running = hashlib.sha256()
    digests = {}
    for column in range(start, panel.z.shape[1]):
        running.update(f"{round(float(np.expm1(panel.z[row, column])), 3)};".encode())
        seen = running.copy()
        known = [column - at for at, since in events if since <= column and start <= at <= column]
        seen.update(repr(known).encode())
        digests[column] = seen.hexdigest()[:16]
    return digests


def _answers(jobs: Sequence[Job], compute: Compute) -> Iterator[tuple[Job, Paths, float]]:
    """Each job's answer, in the jobs' order; a job that no process lived to answer has failed.

    The ledger chains what is kept in the order in which it is kept: as answers come, the digest of
    a run would depend on which worker was the faster.
    """
    places = {id(job): place for place, job in enumerate(jobs)}
    early: dict[int, tuple[Job, Paths, float]] = {}
    due = 0
    for job, value, lost in answers(jobs, _timed, compute, FIT_SECONDS):
        early[places[id(job)]] = (job, *value) if value else (job, no_paths(job, lost), 0.0)
        while due in early:
            yield early.pop(due)
            due += 1


def no_paths(job: Job, reason: str) -> Paths:
    """What a job that nobody lived to do has to say."""
    values = np.full((1, len(job.origins), job.h), np.nan)
    return Paths(values, failures=tuple(Failure(0, o, reason) for o in job.origins.tolist()))


def _timed(job: Job) -> tuple[Paths, float]:
    started = time.perf_counter()
    return do(job), time.perf_counter() - started
