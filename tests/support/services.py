"""Work for a daemon's process that answers, dies or hangs; imports nothing that takes long."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection
from pathlib import Path


def answers(path: Path, config: object, answer: Connection) -> None:
    """Say where the work was done, and end."""
    from jobs.service.wakeup import CycleResult

    answer.send(CycleResult("published", f"{path.name} by {os.getpid()}", again=True))


def dies(path: Path, config: object, answer: Connection) -> None:
    """End without a word."""
    os._exit(7)


def hangs(path: Path, config: object, answer: Connection) -> None:
    """Lead a group, as every work does, say so in a file, and never end."""
    os.setpgid(0, 0)
    path.with_name("child").write_text(str(os.getpid()))
    time.sleep(600)
