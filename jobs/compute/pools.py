"""Where fits and blocks of series are computed: here, in worker processes, or on a Dask cluster.

One seam, shaped as the standard library's executors: `executor` opens one. `spreading` puts the
engine's blocks through it, in order, a few at a time, and survives the loss of workers: what was
being computed is sent once more, and what is lost again is computed here; so is all that is left
when no worker can be had any more. Only this process writes, wherever the numbers come from.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pickle import UnpicklingError
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from forecast.config import Compute
from forecast.engine.blocks import Spread
from forecast.errors import ConfigError
from forecast.types import Report
from jobs.compute.orphans import die_with_parent
from jobs.logs import LOG

J = TypeVar("J")
A = TypeVar("A")

WORTHWHILE = 1000  # series from which starting worker processes costs less than it saves
MAX_LOST_BLOCKS = 3  # that lost their worker twice: the workers are at fault, not these blocks


class Wide(Protocol):
    """An executor that knows how many calls it runs at a time."""

    @property
    def width(self) -> int:
        """Calls at a time."""

    def submit(self, fn: Callable[..., A], /, *args: Any, **kwargs: Any) -> Future[A]:
        """The future of this call; a BrokenExecutor where nobody lived to answer."""


class Serial(Executor):
    """Runs each call at once, in this process."""

    width = 1

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The finished future of this call; its exception, if any, is in it."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # handed over, exactly as a pool would
            future.set_exception(error)
        return future


LOST = {"event": "worker.lost"}


class Pool(Executor):
    """Worker processes: spawned, not forked, so that they inherit no lock and no database.

    Each has a pipe of its own, whose other end this process does not hold: a worker killed while
    it hands over an answer ends its pipe, and nobody waits for the rest.
    """

    def __init__(self, workers: int) -> None:
        self.width = workers
        self._broken = threading.Event()
        self._workers = SimpleQueue[tuple[BaseProcess, Connection]]()  # those that wait for a call
        spawning = multiprocessing.get_context("spawn")
        for _ in range(workers):
            ours, theirs = spawning.Pipe()
            process = spawning.Process(target=_serve, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._workers.put((process, ours))
        self._asking = ThreadPoolExecutor(workers)

    def submit(self, fn: Callable[..., A], /, *args: Any, **kwargs: Any) -> Future[A]:
        """The future of this call; a BrokenExecutor once a worker was lost."""
        if self._broken.is_set():
            raise BrokenExecutor("a worker was lost")
        return self._asking.submit(self._ask, partial(fn, *args, **kwargs))

    def _ask(self, call: Callable[[], A]) -> A:
        process, pipe = self._workers.get()
        try:
            pipe.send(call)
            answer: A
            answer, raised = pipe.recv()
        except (EOFError, OSError, UnpicklingError):
            self._broken.set()
            raise BrokenExecutor("a worker was lost") from None
        finally:
            if self._broken.is_set():
                pipe.close()  # another pool goes on: this worker ends
            self._workers.put((process, pipe))
        if raised is not None:
            raise raised
        return answer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers, once they have done what they were given."""
        self._asking.shutdown(wait, cancel_futures=cancel_futures)
        for _ in range(self.width):
            process, pipe = self._workers.get()
            pipe.close()
            process.join()


@contextmanager
def executor(compute: Compute) -> Iterator[Wide]:
    """An executor as the settings say; ConfigError as `dask.connected` has it."""
    if compute.engine == "dask":
        from jobs.compute.dask import connected

        with connected(compute.scheduler) as cluster:
            yield cluster
        return
    if compute.workers == 1:
        yield Serial()
        return
    pool = Pool(compute.workers)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _serve(pipe: Connection) -> None:
    """Compute what comes through a pipe, until it is closed."""
    os.environ["OMP_NUM_THREADS"] = "1"
    die_with_parent()
    reply: tuple[Any, BaseException | None]
    while True:
        try:
            call = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            reply = call(), None
        except BaseException as error:  # handed over, and raised there
            reply = None, error
        pipe.send(reply)


@contextmanager
def spreading(compute: Compute, series: int) -> Iterator[Spreading]:
    """A `forecast.engine.blocks.Spread` for so many series.

    A few series stay in this process, unless there is a cluster.
    """
    if compute.engine == "processes" and series < WORTHWHILE:
        compute = compute.model_copy(update={"engine": "serial"})
    with ExitStack() as opened:
        yield Spreading(lambda: opened.enter_context(executor(compute)))


# What the engine does in each pass over the series, by the function that does it.
STEPS = {
    "evidence": "reading the past",
    "block_losses": "weighing the models",
    "block_forecasts": "forecasting",
    "in_steps": "forecasting",
    "written": "writing",
}


def telling(spread: Spread, report: Report, series: int) -> Spread:
    """Return the same spread that tells how many of so many series each step has done."""
    done: Counter[str] = Counter()  # over all calls: panels that are asked unlike come one by one

    def told(work: Callable[[Any], Any], jobs: Any, /) -> Iterator[Any]:
        step, sizes = STEPS.get(getattr(work, "__name__", "")), deque[int]()

        def sized() -> Iterator[Any]:
            for job in jobs:
                # A job of several things begins with what it is about, in any of the steps.
                about = job[0] if type(job) is tuple else job
                for part in ("step", "task", "panel"):
                    about = getattr(about, part, about)
                counts = getattr(about, "counts", None)
                names = counts.names if counts is not None else getattr(about, "names", ())
                sizes.append(len(names))
                yield job

        for answer in spread(work, sized()):
            size = sizes.popleft()
            if step:
                done[step] += size
                report(step, min(done[step], series), series)
            yield answer

    return told


class Spreading:
    """Jobs -> answers in the same order, through an executor that may lose its workers.

    start : opens an executor; asked again when one has broken. Twice as many jobs as it does at
        a time are on their way at most.
    """

    def __init__(self, start: Callable[[], Wide]) -> None:
        self._start = start
        self._executor = start()
        self._lost_twice = 0

    @property
    def remote(self) -> bool:
        """Whether jobs and answers go through a network."""
        return getattr(self._executor, "remote", False)

    def __call__(self, work: Callable[[J], A], jobs: Iterable[J], /) -> Iterator[A]:
        """Each job's answer; what the work itself raises is raised here."""
        sent: deque[tuple[J, Future[A], Wide]] = deque()
        for job in jobs:
            sent.append((job, *self._send(work, job)))
            if len(sent) >= 2 * self._executor.width:
                yield self._answer(work, *sent.popleft())
        while sent:
            yield self._answer(work, *sent.popleft())

    def _send(self, work: Callable[[J], A], job: J) -> tuple[Future[A], Wide]:
        """A job on its way, and the executor that has it."""
        try:
            return self._executor.submit(work, job), self._executor
        except BrokenExecutor:
            self._renew(self._executor)
            return self._executor.submit(work, job), self._executor

    def _answer(self, work: Callable[[J], A], job: J, future: Future[A], by: Wide) -> A:
        try:
            return future.result()
        except BrokenExecutor:
            self._renew(by)
        try:
            return self._send(work, job)[0].result()
        except BrokenExecutor as loss:
            LOG.warning("a block lost its worker twice, so it is computed here (%s)", loss)
            self._lost_twice += 1
            if self._lost_twice == MAX_LOST_BLOCKS:
                self._give_up(f"{MAX_LOST_BLOCKS} blocks lost their worker twice")
            return work(job)

    def _renew(self, broken: Wide) -> None:
        """Open another executor, if nobody has in the meantime."""
        if self._executor is not broken:
            return
        LOG.warning("a worker was lost; its blocks are sent once more", extra=LOST)
        try:
            self._executor = self._start()
        except ConfigError as problem:
            self._give_up(str(problem))

    def _give_up(self, problem: str) -> None:
        LOG.warning("what is left is computed here, without workers: %s", problem)
        self._executor = Serial()
