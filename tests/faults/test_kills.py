"""A run killed at any moment: nothing is half done, and the same run again does what is left."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import injected_faults, small_record
from tests.support.databases import rows

STEPS = [
    "before jobs.monthly:run",
    "after forecast.store.connect:locked.__wrapped__",
    "before forecast.store.connect:migrate",
    "before jobs.deliver.write:renew_one",
    "before jobs.monthly:ingest_all",
    "before jobs.arrivals.reading:apart",
    "after jobs.arrivals.reading:apart",
    "after forecast.sources.checks:problems",
    "before jobs.arrivals.archive:keep_bytes",
    "before forecast.files:sync",
    "after jobs.arrivals.archive:keep_bytes",
    "before forecast.store.releases:save_snapshot",
    "after forecast.store.releases:_insert",
    "before forecast.store.releases:_rewrite_scope",
    "after forecast.store.releases:save_snapshot",
    "before commit 1",
    "after commit 1",
    "after jobs.arrivals.ingest:ingest",
    "after jobs.monthly:ingest_all",
    "before forecast.engine.forecast:headline",
    "after forecast.engine.forecast:forecast_headline",
    "before forecast.judge.judging:judge_new",
    "before forecast.judge.drivers:explain",
    "after jobs.deliver.intents:notice_intents",
    "before forecast.store.runs:publish",
    "before forecast.store.runs:_save_watch",
    "after forecast.store.runs:_save_watch",
    "before forecast.store.runs:save_due",
    "before forecast.store.runs:_save_hindcasts",
    "before forecast.store.runs:_save_answers",
    "before forecast.store.ledger:state",
    "after forecast.store.ledger:state",
    "before commit 2",
    "after commit 2",
    "after forecast.store.runs:publish",
    "before jobs.deliver.write:write_one",
    "after forecast.desk.charts.grammar:render",
    "before forecast.store.notices:save_composed",
    "before commit 3",
    "after commit 3",
    "before jobs.service.upkeep:write_snapshot",
    "before forecast.store.copies:copy",
    "after forecast.store.copies:copy",
    "before forecast.files:sync",
    "after forecast.files:sync",
]
# Steps that are killed at any moment of theirs.
INSIDE = (
    "jobs.arrivals.reading:apart",
    "jobs.arrivals.ingest:ingest",
    "forecast.store.runs:publish",
    "forecast.store.runs:save_due",
    "jobs.deliver.write:write_one",
    "forecast.store.copies:copy",
)
CUT = "after commit 2"  # the one that `make whole` tries
WRONG = (
    *("damaged", "half_runs", "other_results", "notices_off"),
    *("files_left", "processes_left"),
)
BLOCK, BLOCKS, KILLS_INSIDE = 25, 8, 50
# A run that fits in two worker processes, from which none may be left behind.
FITTING = (
    small_record.SETTINGS.replace('"snaive"', '"snaive", "ets"')
    .replace("2023-06", "2024-01")
    .replace("processes = 1", "processes = 2")
)


class Undisturbed(NamedTuple):
    """A run that nothing befell. states : of the record before it and after each commit."""

    states: frozenset[str]
    end: str
    notices: list[tuple]
    seconds: float


def undisturbed(before: Path, folder: Path) -> Undisturbed:
    """The run in this process, watched at each commit, and once more by the clock."""
    path = small_record.copied(before, folder / "watched")
    states = {small_record.state(path)}
    look = lambda said: states.add(small_record.state(path)) if said == "commit" else None  # noqa: E731
    with injected_faults.watched(after=look):
        small_record.run(path)
    timed = small_record.copied(before, folder / "timed")
    with small_record.program(timed) as process:
        process.stdout.readline()
        began = time.monotonic()
        process.wait()
        seconds = time.monotonic() - began
    return Undisturbed(frozenset(states), small_record.state(path), notices(path), seconds)


def notices(path: Path) -> list[tuple]:
    return rows(path, "select content_key from notices order by 1")


@pytest.fixture(scope="session")
def calm(before, tmp_path_factory):
    return undisturbed(before, tmp_path_factory.mktemp("calm"))


@pytest.fixture(scope="session")
def fitting(tmp_path_factory):
    """The record whose run fits in worker processes, and what its run does."""
    before = small_record.made(tmp_path_factory.mktemp("fitting"), FITTING)
    return before, undisturbed(before, tmp_path_factory.mktemp("calm-fitting"))


def killed(path: Path, after: float) -> bool:
    """Whether the program was still running when it was killed, so many seconds after its start."""
    with small_record.program(path) as process:
        process.stdout.readline()
        time.sleep(after)
        process.kill()
    return process.returncode == -signal.SIGKILL


def survives(path: Path, calm: Undisturbed, again: Callable[[Path], object]) -> Counter[str]:
    """What is wrong after a kill, and after the run that follows it; all of it should be 0."""
    found = Counter(dict.fromkeys(WRONG, 0))
    copies = [path, path.with_name(small_record.SNAPSHOT)]
    found["damaged"] = sum(bool(small_record.damage(copy)) for copy in copies)
    found["half_runs"] = sum(small_record.state(copy) not in calm.states for copy in copies)
    orphans = left_running(path)
    again(path)
    found["damaged"] += sum(bool(small_record.damage(copy)) for copy in copies)
    found["other_results"] = sum(small_record.state(copy) != calm.end for copy in copies)
    found["notices_off"] = int(notices(path) != calm.notices)
    found["files_left"] = len(small_record.left_over(path.parent))
    found["processes_left"] = orphans + left_running(path)
    return found


def left_running(path: Path, seconds: float = 60.0) -> int:
    """How many processes that were started for this record are still there after a while."""
    deadline = time.monotonic() + seconds
    while (found := small_record.processes(path)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return len(found)


def by_program(path: Path) -> None:
    code, said = small_record.finished(path)
    assert code == 0, said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kills", "block"),
    [
        pytest.param(1, 0, id="one"),
        *(
            pytest.param(BLOCK, block, marks=pytest.mark.faults, id=f"block {block}")
            for block in range(1, BLOCKS + 1)
        ),
    ],
)
def test_a_run_killed_at_random_is_made_up_for(before, calm, tmp_path, figure, kills, block):
    chance, found, tried = random.Random(block), Counter(), 0
    while tried < kills:
        path = small_record.copied(before, tmp_path / str(tried))
        if killed(path, chance.uniform(0, calm.seconds)):
            found += survives(path, calm, small_record.run)  # those that were 0 are dropped here
            tried += 1
        shutil.rmtree(path.parent)

    figure("random kill", tried, **{name: found[name] for name in WRONG})
    assert not found.total(), found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "again"),
    [
        pytest.param(CUT, small_record.run, id=f"{CUT}, in make whole"),
        *(pytest.param(step, by_program, marks=pytest.mark.faults, id=step) for step in STEPS),
    ],
)
def test_a_run_killed_at_a_step_is_made_up_for(record, calm, figure, step, again):
    code, said = small_record.finished(record, fault=step)
    assert code == -signal.SIGKILL, said

    found = survives(record, calm, again)

    figure("step kill", 1, **found)
    assert not found.total(), found


@pytest.mark.faults
@pytest.mark.parametrize("step", INSIDE)
def test_a_run_killed_anywhere_inside_a_step_is_made_up_for(before, calm, tmp_path, figure, step):
    timed = small_record.copied(before, tmp_path / "timed")
    seconds = injected_faults.seconds_inside(step, lambda: small_record.run(timed))
    chance, found, tried = random.Random(step), Counter(), 0
    while tried < KILLS_INSIDE:
        path = small_record.copied(before, tmp_path / str(tried))
        moment = chance.uniform(0, seconds)
        code, _ = small_record.finished(path, fault=f"{moment:.6f} in {step}")
        if code == -signal.SIGALRM:
            found += survives(path, calm, small_record.run)
            tried += 1
        shutil.rmtree(path.parent)

    figure("kill inside", tried, **{name: found[name] for name in WRONG})
    assert not found.total(), found


def test_each_step_is_in_the_program_by_this_name():
    for step in INSIDE:
        assert injected_faults.code_of(step)
    for step in STEPS:
        if "commit" not in step:
            assert injected_faults.code_of(step.partition(" ")[2])


@pytest.mark.faults  # `make whole` kills a worker's parent in test_serve.py
def test_a_run_killed_while_it_fits_leaves_no_worker_behind(fitting, tmp_path, figure):
    (before, calm), chance, found, tried = fitting, random.Random(0), Counter(), 0
    workers = 0
    while tried < 12:
        path = small_record.copied(before, tmp_path / str(tried))
        with small_record.program(path) as process:
            process.stdout.readline()
            time.sleep(chance.uniform(0, calm.seconds))
            workers += len(small_record.processes(path)) > 1
            process.kill()
        found += survives(path, calm, by_program)
        tried += 1

    figure("worker kill", tried, with_workers_running=workers, **{n: found[n] for n in WRONG})
    assert workers
    assert not found.total(), found
