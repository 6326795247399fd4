"""No process outlives the one that started it."""

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

# A parent starts a child that watches it, and says which one that is.
FAMILY = """
import multiprocessing, os, subprocess, sys, threading
from jobs.compute.orphans import die_with_parent

def child(pipe):
    die_with_parent()
    pipe.send((os.getpid(), threading.active_count()))
    threading.Event().wait()

if __name__ == "__main__":
    die_with_parent()  # it has none that it could watch
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=child, args=(theirs,))
    process.start()
    print(*ours.recv(), threading.active_count(), flush=True)
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
def test_a_child_goes_with_its_parent(tmp_path, started, killed):
    """However the parent ended."""
    (tmp_path / "family.py").write_text(FAMILY)
    with subprocess.Popen(
        [sys.executable, tmp_path / "family.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as parent:
        said = parent.stdout.readline().split()
        child, threads, parent_threads = map(int, said)
        started.append(child)
        assert (threads, parent_threads) == (2, 1)
        assert alive(child)
        if killed:
            parent.kill()
    # Else it ends by itself, with its input.
    wait_for(lambda: not alive(child))


def test_a_child_that_is_done_ends_though_its_parent_lives():
    process = multiprocessing.get_context("spawn").Process(target=die_with_parent)
    process.start()
    process.join(60)

    assert process.exitcode == 0
