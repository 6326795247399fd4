"""Blocks of series on every engine: the same bytes, and nothing is lost with a worker."""

from __future__ import annotations

import gc
import logging
import operator
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Future
from contextlib import ExitStack, suppress
from functools import partial
from importlib.metadata import PackageNotFoundError
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import NoReturn

import numpy as np
import pytest
from click.testing import CliRunner
from distributed import KilledWorker
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from benchmarks import cluster
from forecast.config import Compute
from forecast.desk import export
from forecast.engine import blocks
from forecast.engine.anyseries import forecast_counts
from forecast.engine.blocks import serial
from forecast.engine.predictive import ARRAYS
from forecast.errors import ConfigError
from jobs.cli import main
from jobs.compute import dask
from jobs.compute.dask import _check
from jobs.compute.pools import (
    MAX_LOST_BLOCKS,
    WORTHWHILE,
    Pool,
    Serial,
    Spreading,
    executor,
    spreading,
)
from models.base import MonthlyCounts

H, HINDCASTS = 4, 5
MANY = 10**6  # series: as many as make worker processes worth their start
QUIET = settings(
    max_examples=6,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def panel_of(seed: int, series: int, months: int, families: int) -> MonthlyCounts:
    """Random counts: starts anywhere, tenths among them."""
    rng = np.random.default_rng(seed)
    level = rng.normal(3, 2, (series, 1)) + np.cumsum(rng.normal(0, 0.2, (series, months)), axis=1)
    values = rng.poisson(np.exp(np.clip(level, -3, 12))).astype(float)
    values[::7] /= 10
    for row in range(0, series, 3):
        values[row, : rng.integers(0, months - 12)] = np.nan
    family = np.array([f"family {i}" for i in rng.integers(0, families, series)])
    names = tuple(f"series {i}" for i in range(series))
    return MonthlyCounts(names, family, values, rng.integers(24300, 24310, series))


def written(counts: MonthlyCounts, spread: blocks.Spread, size: int) -> tuple[bytes, bytes]:
    """Every number of the engine, and the table of hindcasts with their scores, as bytes."""
    task = blocks.Task(counts.panel, np.arange(counts.values.shape[1]), H)
    [said] = blocks.spread_out(task, spread, size)
    numbers = b"".join(getattr(said, name).tobytes() for name in ARRAYS)
    model = forecast_counts(counts, H, hindcasts=HINDCASTS, spread=spread).hindcasts()
    columns = export.forecast_columns(False, models=False, past=True)
    parts = list(spread(export.written, export.parts({"": model}, columns, ".csv")))
    return numbers, b"".join(block.content + scores.tobytes() for _, block, scores in parts)


@pytest.fixture(scope="module")
def engines():
    """Every engine, its workers started once."""
    with ExitStack() as opened:
        address = opened.enter_context(cluster.running())
        chosen = {
            "serial": Compute(engine="serial"),
            "processes": Compute(engine="processes", processes=2),
            "dask": Compute(engine="dask", scheduler=address),
        }
        yield {
            name: opened.enter_context(spreading(compute, MANY)) for name, compute in chosen.items()
        }


@pytest.mark.slow
@QUIET
@given(st.integers(0, 10**6), st.integers(1, 20), st.integers(24, 36), st.integers(1, 3), st.data())
@example(0, 40, 45, 2, None)
def test_no_engine_and_no_block_size_moves_a_bit(engines, seed, series, months, families, data):
    counts = panel_of(seed, series, months, families)
    expected = written(counts, serial, series)
    sizes = st.integers(1, series)

    for name, spread in engines.items():
        size = 7 if data is None else data.draw(sizes, label=f"block size, {name}")
        assert written(counts, spread, size) == expected


@pytest.mark.slow
@pytest.mark.parametrize("size", [95, 96, 97])
def test_blocks_around_the_grids_own_size_move_no_bit(size):
    counts = panel_of(1, 120, 36, 1)

    assert written(counts, serial, size) == written(counts, serial, 288)


def test_the_order_of_series_moves_no_bit():
    counts = panel_of(2, 120, 45, 2)
    order = np.random.default_rng(0).permutation(120)
    task = blocks.Task(counts.panel, np.arange(45), H)

    [expected] = blocks.in_steps(task)
    [actual] = blocks.in_steps(task.part(order))

    for name in ARRAYS:
        first, second = getattr(expected, name)[order], getattr(actual, name)
        assert np.array_equal(first, second, equal_nan=True)


def test_families_that_fit_share_a_block_and_larger_ones_are_cut():
    family = np.array(list("aabbbccccccd"))

    small, large = blocks._by_size(family, 4)

    assert [rows.tolist() for rows in small] == [[0, 1], [2, 3, 4, 11]]
    assert large.tolist() == [5, 6, 7, 8, 9, 10]


# ---------------------------------------------------------------- lost workers


class Dying(Serial):
    """Loses its workers with some of its calls."""

    def __init__(self, lost: set[int]) -> None:
        self.lost, self.calls = lost, 0

    def submit(self, fn, /, *args, **kwargs):
        self.calls += 1
        if self.calls in self.lost:
            future = Future()
            future.set_exception(BrokenExecutor("killed"))
            return future
        return super().submit(fn, *args, **kwargs)


@pytest.mark.parametrize(
    ("lost", "started", "said"),
    [(set(), 1, []), ({2}, 2, ["sent once more"]), ({2, 5}, 3, ["once more", "once more"])],
)
def test_a_lost_block_is_sent_once_more(lost, started, said, caplog):
    made = [Dying(lost), Dying(set()), Dying(set())]
    if len(lost) == 2:
        made[1] = Dying({2})
        made[0] = Dying({2})
    pools = iter(made)
    spread = Spreading(lambda: next(pools))

    with caplog.at_level(logging.WARNING, "bordercast"):
        assert list(spread(abs, range(-4, 0))) == [4, 3, 2, 1]
    assert len(list(pools)) == len(made) - started
    assert all(word in line for word, line in zip(said, caplog.messages, strict=True))


def test_a_block_lost_twice_is_computed_here_and_said_so(caplog):
    spread = Spreading(lambda: Dying(set(range(99))))

    with caplog.at_level(logging.WARNING, "bordercast"):
        assert list(spread(abs, [-3])) == [3]
    assert "a block lost its worker twice, so it is computed here (killed)" in caplog.messages


def test_workers_that_die_again_and_again_are_given_up(caplog):
    started = []

    def start():
        started.append(Dying(set(range(999))))
        return started[-1]

    with caplog.at_level(logging.WARNING, "bordercast"):
        assert list(Spreading(start)(abs, range(-50, 0))) == list(range(50, 0, -1))

    assert len(started) <= 2 * MAX_LOST_BLOCKS
    assert "what is left is computed here" in caplog.text


def test_a_cluster_that_is_gone_is_done_without(caplog):
    left = [Dying({3})]

    def start():
        if not left:
            raise ConfigError("the settings", "compute.scheduler", "nobody answers there")
        return left.pop()

    with caplog.at_level(logging.WARNING, "bordercast"):
        assert list(Spreading(start)(abs, range(-9, 0))) == list(range(9, 0, -1))

    assert "compute.scheduler: nobody answers there" in caplog.messages[-1]


def test_what_the_work_raises_is_raised():
    with pytest.raises(TypeError, match="bad operand"):
        list(Spreading(Serial)(abs, ["a"]))


def at_third(spread: blocks.Spread, act: Callable[[], object]):
    """The same spread, but something happens when the third block has come."""
    left = [act]

    def interrupted(work, jobs):
        for done, answer in enumerate(spread(work, jobs), start=1):
            if done == 3 and left:
                left.pop()()
            yield answer

    return interrupted


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["processes", "dask"])
def test_a_worker_killed_on_the_way_loses_nothing(engine, engines):
    counts = panel_of(3, 60, 40, 1)
    spread = engines[engine]
    pid = min(spread(operator.call, [os.getpid] * 8))
    killed = []

    def kill() -> None:
        os.kill(pid, signal.SIGKILL)
        killed.append(pid)

    assert written(counts, at_third(spread, kill), 6) == written(counts, serial, 60)
    assert killed == [pid] != [os.getpid()]


def _torn(folder: str, job: int) -> int:
    """Once: die with half an answer in the pipe, as a worker killed at that moment does."""
    with suppress(FileExistsError):
        os.mkdir(folder)
        for found in gc.get_objects():
            if isinstance(found, Connection) and found.readable and found.writable:
                found._send(struct.pack("!i", 1000))
        os.kill(os.getpid(), signal.SIGKILL)
    return job * job


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_worker_killed_while_it_answers_holds_nobody_up(tmp_path, caplog):
    work = partial(_torn, str(tmp_path / "was here"))

    with spreading(Compute(engine="processes", processes=2), MANY) as spread:
        assert list(spread(work, range(6))) == [n * n for n in range(6)]

    assert "a worker was lost" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["the workers", "the scheduler"])
def test_a_cluster_lost_on_the_way_loses_nothing(lost, monkeypatch, caplog):
    from distributed import Client

    async def send_away(dask_scheduler) -> None:
        for worker in list(dask_scheduler.workers):
            await dask_scheduler.remove_worker(worker, stimulus_id="test", close=True)

    counts = panel_of(4, 60, 40, 1)
    with cluster.running(1) as address, Client(address, set_as_default=False) as client:
        scheduler = client.run_on_scheduler(os.getpid)
        act = {
            "the workers": lambda: client.run_on_scheduler(send_away),
            "the scheduler": lambda: os.kill(scheduler, signal.SIGKILL),
        }[lost]
        with spreading(Compute(engine="dask", scheduler=address), MANY) as spread:
            monkeypatch.setattr("jobs.compute.dask.SECONDS", 1.0)  # to be reached again
            assert written(counts, at_third(spread, act), 6) == written(counts, serial, 60)

    assert "what is left is computed here" in caplog.text


# ---------------------------------------------------------------- what will not do


def test_a_few_series_start_no_process():
    with spreading(Compute(engine="processes", processes=2), 10) as spread:
        assert set(spread(operator.call, [os.getpid] * 3)) == {os.getpid()}


def unused_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.parametrize(
    ("scheduler", "problem"),
    [
        ("", "needs its address"),
        ("tcp://127.0.0.1:{port}", "no scheduler answers there within 0.5 s"),
    ],
)
def test_a_cluster_that_is_not_there_is_named_with_exit_code_2(
    scheduler, problem, tmp_path, monkeypatch
):
    monkeypatch.setattr("jobs.compute.dask.SECONDS", 0.5)
    scheduler = scheduler.format(port=unused_port())
    (tmp_path / "c.toml").write_text(f'[compute]\nengine = "dask"\nscheduler = "{scheduler}"\n')
    months = [f"{2020 + i // 12}-{i % 12 + 1:02d}" for i in range(30)]
    lines = [f"a,{month},{i}\n" for i, month in enumerate(months)]
    (tmp_path / "own.csv").write_text("series,month,value\n" + "".join(lines))

    words = ["--config", tmp_path / "c.toml", "forecast", tmp_path / "own.csv", "-o", "o.csv"]
    refused = CliRunner().invoke(main, [str(word) for word in words])

    assert refused.exit_code == 2
    _, last = refused.stderr.splitlines()  # how the file was read, and what is wrong
    assert f"compute.scheduler: '{scheduler}': " in last
    assert problem in last


def test_without_dask_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)

    with (
        pytest.raises(
            ConfigError, match=r"Dask is not installed: pip install 'bordercast\[dask\]'"
        ),
        executor(Compute(engine="dask", scheduler="tcp://s:8786")),
    ):
        pass


class OtherWorkers:
    """A client whose one worker answers what it is told to."""

    def __init__(self, **versions: object) -> None:
        self.versions = versions

    def wait_for_workers(self, count: int, timeout: float) -> None:
        assert count == 1  # more may come later

    def run(self, asked, *names: str, **_: str) -> dict[str, object]:
        name = names[0] if names else "python"
        return {"tcp://w": self.versions.get(name, asked(*names))}


@pytest.mark.parametrize(
    ("versions", "problem"),
    [
        ({"python": "3.9.1"}, r"worker tcp://w has Python 3.9.1, here is 3\.1"),
        ({"scipy": "0.1"}, r"worker tcp://w has scipy 0.1, here is 1\."),
        ({"bordercast": PackageNotFoundError("bordercast")}, "tcp://w has no bordercast, here is"),
    ],
)
def test_a_worker_that_is_not_like_us_is_refused(versions, problem):
    with pytest.raises(ConfigError, match=problem):
        _check(OtherWorkers(**versions), "tcp://s")


@pytest.mark.slow
def test_workers_like_us_will_do(engines):
    assert list(engines["dask"](abs, [-1])) == [1]


@pytest.mark.slow
@pytest.mark.parametrize("reached", [True, False])
def test_answers_come_from_workers_or_where_these_are_out_of_reach_by_the_scheduler(
    reached, monkeypatch
):
    if not reached:
        monkeypatch.setattr("jobs.compute.dask.socket.create_connection", _out_of_reach)
    with (
        cluster.running(1) as address,
        executor(Compute(engine="dask", scheduler=address)) as workers,
    ):
        assert workers.client.direct_to_workers == reached
        assert workers.submit(abs, -1).result() == 1


def _out_of_reach(*_: object, **__: object) -> NoReturn:
    raise TimeoutError


@pytest.mark.slow
def test_a_cluster_without_workers_is_refused(monkeypatch):
    monkeypatch.setattr("jobs.compute.dask.SECONDS", 2.0)
    with (
        cluster.running(0) as address,
        pytest.raises(ConfigError, match="it has no workers"),
        executor(Compute(engine="dask", scheduler=address)),
    ):
        pass


class Counted:
    """An executor of two workers that is always done; sent : the jobs it was given."""

    width = 2

    def __init__(self) -> None:
        self.sent: list[int] = []

    def submit(self, work, job):
        self.sent.append(job)
        done: Future[int] = Future()
        done.set_result(work(job))
        return done


def test_twice_as_many_jobs_as_workers_are_on_their_way():
    given = Counted()
    answers = Spreading(lambda: given)(abs, iter(range(-9, 0)))

    assert (next(answers), given.sent) == (9, [-9, -8, -7, -6])
    assert (next(answers), given.sent[-1]) == (8, -5)
    assert list(answers) == [7, 6, 5, 4, 3, 2, 1]


# ---------------------------------------------------------------- a cluster, call by call


class Known:
    """A client that knows these workers, or has lost its scheduler; takes: what a call gives."""

    def __init__(self, workers: dict[str, int] | None, takes: Future | None = None) -> None:
        self.workers, self.takes = workers, takes

    def nthreads(self) -> dict[str, int]:
        if self.workers is None:
            raise OSError("connection closed")
        return self.workers

    def submit(self, fn, *args, pure, **kwargs):
        assert not pure  # or equal calls would be made once, and never again after a loss
        if self.takes is None:
            raise RuntimeError("client is closed")
        self.takes.made = fn(*args, **kwargs)
        return self.takes


KILLED = KilledWorker("k", SimpleNamespace(address="tcp://w"), 1)


class Remote(Future):
    """What Dask calls a future; status : finished, error or cancelled."""

    def __init__(self, status: str, outcome: object) -> None:
        super().__init__()
        self.status, self.outcome = status, outcome

    def exception(self, timeout=None):
        return self.outcome

    def result(self, timeout=None):
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


@pytest.mark.parametrize(("workers", "width"), [({}, 1), ({"a": 1}, 1), ({"a": 2, "b": 3}, 5)])
def test_a_cluster_runs_as_many_calls_as_its_workers_have_threads(workers, width):
    assert dask.Cluster(Known(workers)).width == width


def test_only_a_cluster_is_far_away():
    assert Spreading(lambda: dask.Cluster(Known({}))).remote
    assert not Spreading(Serial).remote


def test_a_call_to_a_cluster_that_is_closed_is_a_lost_worker():
    with pytest.raises(BrokenExecutor, match="accepts no more work: client is closed"):
        dask.Cluster(Known({"a": 1})).submit(abs, -1)


@pytest.mark.parametrize(
    ("status", "outcome", "error", "says"),
    [
        ("finished", 7, None, ""),
        ("error", ZeroDivisionError("in the work"), ZeroDivisionError, "in the work"),
        (
            "error",
            KILLED,
            BrokenExecutor,
            "^KilledWorker: ",
        ),
        ("cancelled", CancelledError("k"), BrokenExecutor, "^CancelledError: k"),
        ("finished", TimeoutError("its holder has gone"), BrokenExecutor, "^TimeoutError: its"),
    ],
)
def test_what_came_of_a_call_is_handed_over(status, outcome, error, says):
    """What the work raises is its own; what happened to a worker or an answer is not."""
    remote = Remote(status, outcome)
    answer = dask.Cluster(Known({"a": 1}, remote)).submit(max, 3, 7)
    assert remote.made == 7
    assert not answer.done()

    remote.set_result(None)  # whatever it is, it is there now

    if error is None:
        assert answer.result() == 7
    else:
        with pytest.raises(error, match=says):
            answer.result()


@pytest.mark.parametrize("workers", [{}, None])
def test_an_answer_of_a_cluster_that_all_workers_left_is_not_waited_for(workers, monkeypatch):
    monkeypatch.setattr(dask, "SECONDS", 0.01)
    answer = dask._ClusterAnswer(Known(workers))

    with pytest.raises(BrokenExecutor, match="no workers left"):
        answer.result()
    with pytest.raises(TimeoutError):
        answer.result(timeout=0.01)  # who waits only so long gets what any future says
    answer.set_result(7)
    assert answer.result() == 7


def test_an_answer_is_waited_for_as_long_as_there_are_workers(monkeypatch):
    monkeypatch.setattr(dask, "SECONDS", 0.01)
    client = Known({"a": 1})
    answer = dask._ClusterAnswer(client)
    looks = []

    def looked() -> dict[str, int]:
        looks.append(answer.done())
        if len(looks) == 3:
            answer.set_result(7)
        return {"a": 1}

    client.nthreads = looked

    assert answer.result() == 7
    assert looks == [False] * 3


@pytest.mark.parametrize("form", ["tcp://127.0.0.1:{}", "127.0.0.1:{}", "tls://[::1]:{}"])
def test_a_worker_is_reached_where_something_listens(form):
    family = socket.AF_INET6 if "::1" in form else socket.AF_INET
    with socket.socket(family) as listening:
        try:
            listening.bind(("::1" if "::1" in form else "127.0.0.1", 0))
        except OSError:
            pytest.skip("no such address on this machine")
        listening.listen()
        port = listening.getsockname()[1]
        assert dask._reached(form.format(port))
    assert not dask._reached(form.format(port))
    assert not dask._reached("inproc://a/b/c")


@pytest.mark.parametrize(
    ("found", "refused"),
    [("{}.{}.99", False), ("{}.{}.0", False), ("{}.1.1", True), ("{}.99.1", True)],
)
def test_a_worker_s_python_is_like_ours_up_to_the_last_number(found, refused):
    python = found.format(*sys.version_info[:2])

    if refused:
        with pytest.raises(ConfigError, match=f"compute.scheduler: 'tcp://s': .* Python {python},"):
            _check(OtherWorkers(python=python), "tcp://s")
    else:
        _check(OtherWorkers(python=python), "tcp://s")


@pytest.mark.parametrize("name", ["bordercast", "numpy", "scipy", "dask", "distributed"])
@pytest.mark.parametrize("found", ["0.0.1", "9999.1"])
def test_a_worker_needs_each_package_as_it_is_here_not_older_and_not_newer(name, found):
    with pytest.raises(ConfigError, match=f"worker tcp://w has {name} {found}, here is "):
        _check(OtherWorkers(**{name: found}), "tcp://s")


# ---------------------------------------------------------------- where it is computed


@pytest.mark.parametrize(
    ("engine", "series", "where"),
    [
        ("serial", 10**6, Serial),
        ("processes", WORTHWHILE - 1, Serial),
        ("processes", WORTHWHILE, Pool),
    ],
)
def test_worker_processes_are_for_many_series(engine, series, where):
    with spreading(Compute(engine=engine, processes=2), series) as spread:
        assert type(spread._executor) is where
        assert spread._executor.width == (2 if where is Pool else 1)


def test_one_process_is_this_one_and_more_are_closed_at_the_end():
    with executor(Compute(processes=1)) as here:
        assert type(here) is Serial
        assert here.submit(max, 1, 2, key=lambda n: -n).result() == 1
        assert isinstance(here.submit(divmod, 1, 0).exception(), ZeroDivisionError)
    with executor(Compute(processes=3)) as pool:
        assert pool.width == 3
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(abs, -1)


def test_after_three_blocks_that_lost_their_worker_twice_no_more_are_sent(caplog):
    made: list[Dying] = []

    def start() -> Dying:
        made.append(Dying(set(range(99))))
        return made[-1]

    with caplog.at_level(logging.WARNING, "bordercast"):
        assert list(Spreading(start)(abs, range(-9, 0))) == list(range(9, 0, -1))

    here = "a block lost its worker twice, so it is computed here (killed)"
    assert caplog.messages.count(here) == 3
    end = "what is left is computed here, without workers: 3 blocks lost their worker twice"
    assert caplog.messages.count(end) == 1
    # Two are on their way at a time; none is sent any more once the third is given up.
    assert sum(pool.calls for pool in made) <= 2 * 4


class Refusing(Serial):
    """Takes no more than so many calls."""

    def __init__(self, many: int) -> None:
        self.many = many

    def submit(self, fn, /, *args, **kwargs):
        if not self.many:
            raise BrokenExecutor("a worker has died")
        self.many -= 1
        return super().submit(fn, *args, **kwargs)


def test_a_pool_that_takes_no_more_is_renewed_and_asked_again(caplog):
    pools = iter([Refusing(2), Refusing(99)])

    with caplog.at_level(logging.WARNING, "bordercast"):
        assert list(Spreading(lambda: next(pools))(abs, [-1, -2, -3, -4])) == [1, 2, 3, 4]

    assert caplog.messages == ["a worker was lost; its blocks are sent once more"]


@pytest.mark.slow
def test_a_pool_that_is_shut_down_finishes_what_it_was_given_unless_it_is_told_not_to():
    pool = Pool(1)
    given = [pool.submit(abs, -n) for n in range(9)]
    pool.shutdown()
    assert [future.result(timeout=0) for future in given] == list(range(9))

    with executor(Compute(processes=2)) as left:
        many = [left.submit(time.sleep, 0.01) for _ in range(200)]
    assert all(future.done() for future in many)
    assert many[-1].cancelled()


def test_a_worker_computes_with_one_thread_and_ends_with_its_pool():
    with executor(Compute(processes=2)) as pool:
        assert pool.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
        worker = pool.submit(os.getpid).result()
        assert worker != os.getpid()
        os.kill(worker, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
