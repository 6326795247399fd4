"""Jobs -> answers, whatever happens to the workers.

    all jobs in one pool -> those left in a second pool -> those left one by one, each alone

A worker that is killed breaks its pool, and nobody can say whose fault it was; one that hangs
holds it up. A job alone in a process can only harm itself: what fails there is given up, and
the others go on.
"""

import multiprocessing
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from typing import TypeVar

from forecast.config import Compute
from forecast.types import JobResult
from jobs.compute.pools import executor

J = TypeVar("J")
A = TypeVar("A")


FIT_SECONDS = 600.0  # without any answer, after which workers that fit a model count as hung


def answers(
    jobs: Sequence[J], work: Callable[[J], A], compute: Compute, seconds: float
) -> Iterator[JobResult[J, A]]:
    """Each job's answer as it comes; nothing is started where there is nothing to do.

    work : does one job; picklable. What it raises is raised here.
    compute : where; serial, everything happens in this process, where nothing can be stopped.
    seconds : without any answer for so long, the workers count as hung and are stopped.
    """
    left = list(jobs)
    for _ in range(2):
        if left:
            left = yield from _together(left, work, compute, seconds)
    for job in left:
        alone = list(_together([job], work, compute, seconds))
        yield alone[0] if alone else JobResult(job, None, f"killed, or no answer in {seconds:g} s")


def fitting(
    compute: Compute,
) -> Callable[[Sequence[J], Callable[[J], A]], Iterator[JobResult[J, A]]]:
    """How models are fitted where the settings say, see `forecast.engine.refits.Fitter`."""
    return lambda jobs, work: answers(jobs, work, compute, FIT_SECONDS)


def _together(
    jobs: list[J], work: Callable[[J], A], compute: Compute, seconds: float
) -> Generator[JobResult[J, A], None, list[J]]:
    """Answers out of one pool; returns the jobs it could not answer."""
    others = set(multiprocessing.active_children())
    futures: dict[Future[A], J] = {}
    left = list(jobs)
    with executor(compute) as pool:
        try:
            for job in jobs:
                futures[pool.submit(work, job)] = job
            # Until none is left, or none finishes in time.
            while finished := wait(futures, timeout=seconds, return_when=FIRST_COMPLETED).done:
                # Of several the first begun: a set has no order.
                for future in [future for future in futures if future in finished]:
                    value = future.result()
                    job = futures.pop(future)
                    left = [place for place in left if place is not job]
                    yield JobResult(job, value)
        except BrokenExecutor:
            return left
        finally:
            if left:  # stop the workers of this pool, no other child of ours
                for child in set(multiprocessing.active_children()) - others:
                    child.kill()
    return left
