"""When the publisher is polled again: half a day after a poll at least, and after a pause.

The daily time itself is `service.poll_at` of the settings, kept by `jobs/service/daemon.py`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from forecast.store import ops
from forecast.store.ops import Poll

POLL_AGAIN = timedelta(hours=12)  # so that a service that restarts often leaves the publisher alone
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(hours=6), timedelta(hours=24)


def poll_needed(path: Path, now: datetime) -> bool:
    """Whether the last poll, if there was one, lies far enough back."""
    if not ops.ops_path(path).exists():
        return True
    with ops.reading(path) as connection:
        last = ops.last_poll(connection)
    if last is None:
        return True
    age = now - datetime.fromisoformat(last[1].started_at)
    return not timedelta(0) <= age < POLL_AGAIN


def pause_of_block(now: datetime, since: str) -> timedelta:
    """How long to leave alone a page that has blocked us since then: as long again, in bounds."""
    waited = now - datetime.fromisoformat(since)
    return min(max(waited, SHORTEST_PAUSE), LONGEST_PAUSE)


def too_soon(previous: Poll, now: datetime) -> bool:
    """Whether the pause that a poll gave still lasts."""
    began = datetime.fromisoformat(previous.started_at)
    if previous.not_before is None or began > now:
        return False  # the clock was ahead then, and so is the pause it gave
    # Older programs recorded whatever a server asked for, also the year 9999.
    return now < min(datetime.fromisoformat(previous.not_before), began + LONGEST_PAUSE)
