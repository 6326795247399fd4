"""No process outlives the one that started it.

A worker that is waiting for work never notices that nobody will send any: its pipe stays open
as long as a sibling lives. So each watches its parent, and goes when the parent has gone.
"""

import os
import signal
import threading
from contextlib import suppress
from multiprocessing import connection, parent_process
from pathlib import Path


def die_with_parent() -> None:
    """End this spawned process at once when its parent ends, however that ended."""
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def end_groups() -> None:
    """End the processes that we started as heads of groups of their own, with all they started."""
    for listed in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # a thread that has ended
            for pid in map(int, listed.read_text().split()):
                if os.getpgid(pid) == pid:
                    os.killpg(pid, signal.SIGKILL)


def _watch(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
