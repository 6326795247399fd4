"""The refit models' paths: those kept from earlier runs, and the missing ones, fitted anew.

They are slow, so their work is cut into jobs that other processes can do. A path at a cutoff never
changes while the data up to it do not, so it is kept under the model's options, the series, the
cutoff and a digest of what the fit saw.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

import numpy as np

from forecast import plugins
from forecast.engine.panel import month_of
from forecast.types import JobResult, KeptPath, Report, SeriesKey
from models.base import Failure, Floats, Ints, Panel, Paths

DECIMALS = 5  # of a kept path, on log1p counts
_BLOCK = 12  # cutoffs a job

PathKey = tuple[str, SeriesKey, str, str]


class Job(NamedTuple):
    """Part of a refit model's work, small enough to send to another process.

    panel : holds the one series `series` of the whole panel. origins : ascending columns.
    """

    name: str
    panel: Panel
    series: int
    origins: Ints
    h: int


Fitter = Callable[[Sequence[Job], Callable[[Job], Any]], Iterable[JobResult[Job, Any]]]
"""Has jobs done by a function."""


@cache
def model_options(name: str) -> str:
    """What a path depends on beside its data: the model's options, and versions of its packages."""
    library = plugins.library_of(name)
    try:
        fitted_by = f"{library} {version(library)}"
    except PackageNotFoundError:
        fitted_by = f"{library} is not installed"
    # A frozen dataclass shows every option with its value.
    return ", ".join(filter(None, (repr(plugins.model(name)), fitted_by, plugins.package(name))))


@dataclass(frozen=True)
class Refitting:
    """How refit models come to their paths.

    fit : has their jobs done. report : told of progress.
    stored : paths of earlier runs; keep : called with new ones, in an order that does not change.
    decimals : of a path, None for all.
    """

    fit: Fitter
    report: Report
    stored: Iterable[KeptPath] = ()
    keep: Callable[[list[KeptPath]], None] = lambda paths: None
    decimals: int | None = DECIMALS

    def paths(
        self, names: Sequence[str], panel: Panel, keys: Sequence[Any], origins: Ints, h: int
    ) -> dict[str, Paths]:
        """The paths of every refit model named, kept or fitted; origins : ascending columns."""
        names = [name for name in names if plugins.library_of(name)]
        if not names:
            return {}
        # Kept by another horizon it would be too short, or say more than was asked.
        by_key = {
            (path.model_options, path.series, path.cutoff, path.data_digest): path
            for path in self.stored
            if len(path.path) in (0, h)
        }
        digests = [_digests(panel, row) for row in range(len(keys))]
        book = _Book(panel, keys, digests, h, by_key, self.decimals)
        jobs = [job for name in names for job in book.jobs(name, origins)]
        for done, (job, paths) in enumerate(_answers(jobs, self.fit), start=1):
            self.keep(book.enter(job, paths))
            self.report("refitting", done, len(jobs))
        return {name: book.paths(name, origins) for name in names}


@dataclass(frozen=True)
class _Book:
    """The paths known, by what they depend on."""

    panel: Panel
    keys: Sequence[SeriesKey]
    digests: Sequence[Mapping[int, str]]
    h: int
    known: dict[PathKey, KeptPath]
    decimals: int | None = DECIMALS

    def key(self, name: str, row: int, origin: int) -> PathKey:
        cutoff = month_of(self.panel, row, origin)
        return model_options(name), self.keys[row], cutoff, self.digests[row].get(origin, "")

    def jobs(self, name: str, origins: Ints) -> Iterator[Job]:
        for row in range(len(self.keys)):
            # What the record holds is not fitted again, unless what the fit saw has changed.
            missing = [o for o in origins.tolist() if self.key(name, row, o) not in self.known]
            alone = self.panel.some(np.array([row]))
            for first in range(0, len(missing), _BLOCK):
                block = np.array(missing[first : first + _BLOCK], dtype=np.int64)
                yield Job(name, alone, row, block, self.h)

    def enter(self, job: Job, paths: Paths) -> list[KeptPath]:
        """Those that are worth keeping.

        A library that is missing or a process that was killed says nothing of the next time.
        """
        failed = {failure.origin: failure for failure in paths.failures}
        new = []
        for values, origin in zip(paths.values[0], job.origins.tolist(), strict=True):
            key, failure = self.key(job.name, job.series, origin), failed.get(origin)
            # Rounded as it is kept, so that this run says what the next will read.
            rounded = values if self.decimals is None else values.round(self.decimals)
            path = tuple(rounded.tolist()) if np.isfinite(values).all() else ()
            self.known[key] = KeptPath(*key, path, failure.reason if failure else "")
            if failure is None or failure.lasting:
                new.append(self.known[key])
        return new

    def paths(self, name: str, origins: Ints) -> Paths:
        values: Floats = np.full((len(self.keys), len(origins), self.h), np.nan)
        failures = []
        for row, place in np.ndindex(values.shape[:2]):
            origin = int(origins[place])
            path = self.known[self.key(name, row, origin)]
            if path.path:
                values[row, place] = path.path
            if path.failure:
                failures.append(Failure(row, origin, path.failure))
        return Paths(values, failures=tuple(failures))


def _digests(panel: Panel, row: int) -> dict[int, str]:
    """Column -> digest of what a fit sees of a series there: its values and the known events."""
    start = int(panel.start[row])
    events = panel.events[row] if panel.events else ()
    # One hash that goes on: each cutoff's is that of all the months before it.
    running = hashlib.sha256()
    digests = {}
    for column in range(start, panel.z.shape[1]):
        running.update(f"{round(float(np.expm1(panel.z[row, column])), 3)};".encode())
        seen = running.copy()
        known = [column - at for at, since in events if since <= column and start <= at <= column]
        seen.update(repr(known).encode())
        digests[column] = seen.hexdigest()[:16]
    return digests


def _answers(jobs: Sequence[Job], fit: Fitter) -> Iterator[tuple[Job, Paths]]:
    """Each job's answer, in the jobs' order; a job that no process lived to answer has failed.

    The ledger chains what is kept in the order in which it is kept: as answers come, the digest of
    a run would depend on which worker was the faster.
    """
    early: dict[int, tuple[Job, Paths]] = {}
    order = iter(jobs)
    due = next(order, None)
    for job, paths, lost in fit(jobs, _done):
        # By identity: two jobs may be equal, and arrays cannot be compared to a bool.
        early[id(job)] = job, paths or no_paths(job, lost)
        while due is not None and id(due) in early:
            yield early.pop(id(due))
            due = next(order, None)


def no_paths(job: Job, reason: str) -> Paths:
    """What a job that nobody lived to do has to say."""
    values = np.full((1, len(job.origins), job.h), np.nan)
    return Paths(values, failures=tuple(Failure(0, o, reason) for o in job.origins.tolist()))


def _done(job: Job) -> Paths:
    return plugins.model(job.name).paths(job.panel, job.origins, job.h)
