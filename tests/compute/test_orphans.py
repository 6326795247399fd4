"""No process outlives the one that started it, nor what it started itself."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.compute.orphans import die_with_parent
from tests.support.running_service import wait_for

# A parent starts a child that watches it, and says who is there: itself, the child, and a process
# that the child has started, which watches nobody.
FAMILY = """
import multiprocessing, os, subprocess, sys, threading
from jobs.compute.orphans import lead_group, die_with_parent

def child(pipe, leads):
    if leads:
        lead_group()
        lead_group()  # it leads one already
    die_with_parent()
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    pipe.send((os.getpid(), sleeper.pid, os.getpgrp(), threading.active_count()))
    threading.Event().wait()

if __name__ == "__main__":
    die_with_parent()  # it has none that it could watch
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=child, args=(theirs, sys.argv[1] == "leads"))
    process.start()
    print(*ours.recv(), os.getpgrp(), threading.active_count(), flush=True)
    sys.stdin.read()
    os._exit(0)
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture
def started() -> Iterator[list[int]]:
    """Processes to be ended after a test that failed to."""
    pids: list[int] = []
    yield pids
    for pid in filter(alive, pids):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc on this system")
@pytest.mark.parametrize("killed", [True, False])
@pytest.mark.parametrize("leads", [True, False])
def test_a_child_goes_with_its_parent_and_the_group_it_leads_goes_with_it(
    tmp_path, started, leads, killed
):
    """However the parent ended. Whoever leads no group ends nobody but itself."""
    (tmp_path / "family.py").write_text(FAMILY)
    with subprocess.Popen(
        [sys.executable, tmp_path / "family.py", "leads" if leads else "follows"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as parent:
        said = parent.stdout.readline().split()
        child, sleeper, group, threads, parents, parent_threads = map(int, said)
        started += [child, sleeper]
        assert group == (child if leads else parents)
        assert (threads, parent_threads) == (2, 1)
        assert alive(child)
        assert alive(sleeper)
        if killed:
            parent.kill()
    # Else it ends by itself, with its input.
    wait_for(lambda: not alive(child))
    if leads:
        wait_for(lambda: not alive(sleeper))
    assert alive(sleeper) == (not leads)


def test_a_child_that_is_done_ends_though_its_parent_lives():
    process = multiprocessing.get_context("spawn").Process(target=die_with_parent)
    process.start()
    process.join(60)

    assert process.exitcode == 0
