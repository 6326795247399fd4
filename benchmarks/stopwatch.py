"""What a command costs: wall time, CPU time, and memory, its children included."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

EVERY = 0.2  # seconds between two looks at the memory; more would cost what is measured
MIB = 2**20


class CommandError(Exception):
    """A measured command failed; says how it ended and its last words."""


@dataclass(frozen=True)
class Cost:
    """Of one command, from its start to its end.

    seconds : on the wall. cpu_seconds : of all its processes, on all cores. peak_mib : most
    memory that they held at one time, memory they share counted once; of its largest process
    alone where nobody watched. load : processes that wanted a core in the minute before, the
    machine's other work.
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float
    load: float


def cost(command: Sequence[str | Path], folder: Path, *, watched: bool = True) -> tuple[Cost, str]:
    """Run a command in this folder; its cost, and what it wrote.

    watched : whether to look at its memory all along, which several processes feel.

    Raises
    ------
    CommandError : it ended with another code than 0.
    """
    load = os.getloadavg()[0]
    with tempfile.TemporaryFile("w+") as written:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=written, stderr=written)
        peak = _Peak(process.pid) if watched else None
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if peak:
            peak.stop()
        written.seek(0)
        said = written.read()
    if process.returncode:
        raise CommandError(f"{' '.join(map(str, command))}: {process.returncode}: {said[-500:]}")
    most = max(peak.bytes if peak else 0, usage.ru_maxrss * 1024)
    return Cost(seconds, usage.ru_utime + usage.ru_stime, most / MIB, load), said


class _Peak(threading.Thread):
    """Looks again and again at the memory of a process and its children."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self._pid = pid
        self._over = threading.Event()
        self.start()

    def run(self) -> None:
        """Until the process is gone."""
        with suppress(psutil.Error):
            process = psutil.Process(self._pid)
            while not self._over.wait(EVERY):
                self.bytes = max(self.bytes, _held(process))

    def stop(self) -> None:
        """No more looks."""
        self._over.set()
        self.join()


def _held(process: psutil.Process) -> int:
    """Bytes held by a process and its children; shared ones count once."""
    children = process.children(recursive=True)
    if not children:
        return int(process.memory_info().rss)
    total = 0
    for one in (process, *children):
        with suppress(psutil.Error):  # it has just ended
            total += one.memory_full_info().pss
    return total
