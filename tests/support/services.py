"""Work for a daemon's process that answers, dies or hangs; imports nothing that takes long."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecast.context import Context
    from jobs.service.wakeup import CycleResult


def answers(context: Context) -> CycleResult:
    """Say where the work was done, and end."""
    from jobs.service.wakeup import CycleResult

    return CycleResult("published", f"{context.path.name} by {os.getpid()}", again=True)


def dies(context: Context) -> CycleResult:
    """End without a word."""
    os._exit(7)


def hangs(context: Context) -> CycleResult:
    """Say so in a file, and never end."""
    context.path.with_name("child").write_text(str(os.getpid()))
    time.sleep(600)
    raise AssertionError
