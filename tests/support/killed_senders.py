"""Senders that are killed while at it, again and again.

Each is a process of its own, forked from one that has imported what they need: starting Python anew
would take most of the time of 200 kills.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable
from typing import Any

_SENDERS = multiprocessing.get_context("forkserver")
_SENDERS.set_forkserver_preload(["jobs.deliver.outbox", "httpcore"])
HANGS = 120.0


def sent_until_killed(
    send: Callable[..., object],
    arguments: tuple[Any, ...],
    arrived: Callable[[], bool] | None,
    pause: float,
) -> bool:
    """Whether a sender was killed before it had sent all.

    arrived : that the server took one more; the kill comes `pause` seconds later. None : do not
    kill it.
    """
    process = _SENDERS.Process(target=send, args=arguments)
    process.start()
    try:
        if arrived is not None:
            while process.is_alive() and not arrived():
                time.sleep(0.001)
            time.sleep(pause)
            process.kill()
        process.join(HANGS)
        return process.exitcode == -signal.SIGKILL
    finally:
        process.kill()
        process.join()
