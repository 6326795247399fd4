"""A Dask cluster that somebody runs, as an executor.

Whoever can reach its scheduler can run any code on its workers, and they on us: the answers are
unpickled here. See docs/scaling.md.
"""

import platform
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager, suppress
from importlib.metadata import version
from typing import Any, NoReturn

from forecast.errors import ConfigError

SECONDS = 10.0  # to reach the scheduler and a first worker
ALIKE = ("bordercast", "numpy", "scipy", "dask", "distributed")
KEY = "compute.scheduler"


class Cluster(Executor):
    """Sends each call to a worker; one that its workers do not survive is a BrokenExecutor."""

    remote = True

    def __init__(self, client: Any) -> None:
        self.client = client
        self.width = max(sum(client.nthreads().values()), 1)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The future of this call."""
        answer = _ClusterAnswer(self.client)
        try:
            remote = self.client.submit(fn, *args, pure=False, **kwargs)
        except Exception as error:  # whatever a client without its scheduler raises
            raise BrokenExecutor(f"the scheduler accepts no more work: {error}") from error
        remote.add_done_callback(lambda done: _hand_over(done, answer))
        return answer


class _ClusterAnswer(Future[Any]):
    """Of a call sent to a cluster, which keeps a call for ever when all its workers have gone."""

    def __init__(self, client: Any) -> None:
        super().__init__()
        self._client = client

    def result(self, timeout: float | None = None) -> Any:
        """What the call returned or raised; BrokenExecutor if nobody is left to do it."""
        while timeout is None and not self.done():
            with suppress(TimeoutError):
                self.exception(SECONDS)
            if not self.done() and _deserted(self._client):
                raise BrokenExecutor("the cluster has no workers left")
        return super().result(timeout)


def _deserted(client: Any) -> bool:
    try:
        return not client.nthreads()
    except Exception:  # whatever a client raises that has lost its scheduler
        return True


def _hand_over(done: Any, answer: Future[Any]) -> None:
    """Pass on what came of a call; a lost worker, or a lost answer, is a BrokenExecutor."""
    from distributed import KilledWorker

    problem = done.exception() if done.status == "error" else None
    if problem is not None and not isinstance(problem, KilledWorker):
        answer.set_exception(problem)
        return
    try:
        answer.set_result(done.result(timeout=3 * SECONDS))
    except Exception as loss:  # killed, cancelled, or the worker that held the answer has gone
        answer.set_exception(BrokenExecutor(f"{type(loss).__name__}: {loss}"))


@contextmanager
def connected(scheduler: str) -> Iterator[Cluster]:
    """The cluster at this address, if its workers are like us.

    ConfigError if dask is not installed, nobody answers there, there is no worker, or one has
    another Python, another of the packages in ALIKE, or not all of them.
    """
    if not scheduler:
        _refuse("", "the engine dask needs its address, as tcp://host:8786")
    try:
        from distributed import Client
    except ImportError:
        _refuse(scheduler, "Dask is not installed: pip install 'bordercast[dask]'")
    try:
        client = Client(  # type: ignore[no-untyped-call]
            scheduler, timeout=SECONDS, set_as_default=False
        )
    except (OSError, ValueError) as error:
        _refuse(scheduler, f"no scheduler answers there within {SECONDS:g} s ({error}); start it")
    with client:
        _check(client, scheduler)
        # Spares the scheduler the answers, where the workers can be asked for them from here.
        workers = client.nthreads()  # type: ignore[no-untyped-call]
        client.direct_to_workers = all(map(_reached, workers))
        yield Cluster(client)


def _reached(worker: str) -> bool:
    """Whether something listens at an address like tcp://host:port, as seen from here."""
    host, _, port = worker.rpartition("://")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=1).close()
    except (OSError, ValueError):
        return False
    return True


def _refuse(scheduler: str, problem: str) -> NoReturn:
    raise ConfigError("the settings", KEY, f"{scheduler!r}: {problem}") from None


def _check(client: Any, scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=SECONDS)
    except TimeoutError:
        _refuse(scheduler, "it has no workers; start one with `dask worker`")
    python = platform.python_version()
    for worker, theirs in client.run(platform.python_version).items():
        if theirs.rpartition(".")[0] != python.rpartition(".")[0]:
            _refuse(scheduler, f"worker {worker} has Python {theirs}, here is {python}")
    for name in ALIKE:
        own = version(name)
        for worker, theirs in client.run(version, name, on_error="return").items():
            if theirs != own:
                has = f"no {name}" if isinstance(theirs, Exception) else f"{name} {theirs}"
                _refuse(scheduler, f"worker {worker} has {has}, here is {own}")
