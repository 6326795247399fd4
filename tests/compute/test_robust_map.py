from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from forecast.config import Compute, Config, ForecastSection
from forecast.context import Context
from jobs.compute.robust_map import answers
from tests.support.databases import rows

TWO, ONE = Compute(processes=2), Compute(engine="serial")


def square(job: int) -> int:
    return job * job


def square_or_die(flag: Path | None, job: int) -> int:
    """Job 3 is killed: once, if a file is named, else always."""
    if job == 3 and not (flag and flag.exists()):
        if flag:
            flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return job * job


def square_or_hang(job: int) -> int:
    if job == 3:
        time.sleep(600)
    return job * job


@pytest.mark.slow
def test_serial_and_pooled_answers_are_the_same():
    assert sorted(answers(range(5), square, ONE, 60)) == sorted(answers(range(5), square, TWO, 60))


def test_answers_that_are_there_together_come_in_the_order_of_their_jobs():
    assert [job for job, *_ in answers(range(50), square, ONE, 60)] == list(range(50))


@pytest.mark.slow
def test_a_worker_killed_once_costs_nothing(tmp_path):
    work = partial(square_or_die, tmp_path / "was here")

    found = {job: value for job, value, _ in answers(range(5), work, TWO, 60)}

    assert found == {n: n * n for n in range(5)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "seconds"), [(partial(square_or_die, None), 60), (square_or_hang, 15)]
)
def test_a_job_that_kills_or_hangs_its_worker_is_given_up_alone(work, seconds):
    found = {job: value for job, value, _ in answers([2, 3], work, TWO, seconds)}

    assert found == {2: 4, 3: None}
    assert multiprocessing.active_children() == []


def run_with_prophet(path: Path, processes: int) -> list[tuple]:
    """A run on a small record; what there is to say of Prophet."""
    from jobs import monthly
    from tests.support.running_service import drop

    drop(path, "2023-12")
    settings = Config(
        forecast=ForecastSection(models=("prophet",), dimensions=(), first_cutoff="2023-11"),
        compute={"processes": processes},
    )
    monthly.run(Context.open(path, settings), with_bundle=False)
    return rows(path, "select distinct failure from fits where model = 'prophet'")


@pytest.mark.slow
def test_without_prophet_the_run_publishes_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "prophet", None)

    failures = run_with_prophet(tmp_path / "a.db", 1)

    said = rows(tmp_path / "a.db", "select distinct model from latest_forecasts order by 1")
    assert [model for (model,) in said] == ["bordercast", "naive"]
    assert "import of prophet halted" in failures[0][0]
    assert rows(tmp_path / "a.db", "select count(*) from model_paths where failure <> ''") == [(0,)]


def hanging(job):
    time.sleep(600)


@pytest.mark.slow
def test_hung_fits_are_left_out_and_the_run_publishes(tmp_path, monkeypatch):
    from forecast.engine import refits

    monkeypatch.setattr(refits, "_done", hanging)
    monkeypatch.setattr("jobs.compute.robust_map.FIT_SECONDS", 0.2)

    failures = run_with_prophet(tmp_path / "a.db", 2)

    assert failures == [("killed, or no answer in 0.2 s",)]
    assert rows(tmp_path / "a.db", "select count(*) from latest_run") == [(1,)]


def test_each_job_is_answered_once_and_none_starts_nothing():
    given = [3, 1, 3]

    found = sorted(answers(given, square, ONE, 60))

    assert found == [(1, 1, ""), (3, 9, ""), (3, 9, "")]
    assert given == [3, 1, 3]
    assert list(answers([], square, TWO, 60)) == []
    assert multiprocessing.active_children() == []


def test_what_a_job_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        list(answers([1, 0], partial(divmod, 1), ONE, 60))
