"""What the service has to do at a moment, by what the record says; the clock is an argument.

Nothing else decides it: after a jump of the clock, a nap of the machine or a restart the answer is
that of the record, so whatever was missed is made up for, once.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from forecast.store import deliveries, ops
from jobs.witness import attest

if TYPE_CHECKING:
    from forecast.context import Context


def wake_due(context: Context, now: datetime) -> bool:
    """Whether a daily moment has passed since the last wake began, or the clock was set back."""
    last = ops.row(context.path, "last_cycle")
    if last is None:
        return True
    began = datetime.fromisoformat(last["started_at"])
    # Of a clock that was set back, the record of the last wake says nothing.
    return began > now or began < daily(context, now)


def mail_due(context: Context, now: datetime) -> bool:
    """Return whether something can be sent: approved since, or to be tried again."""
    return context.config.tells and context.path.exists() and deliveries.mail_due(context.path, now)


def witnesses_due(context: Context, now: datetime) -> bool:
    """Return whether a witness that has not seen the record may be asked."""
    return attest.witnesses_pending(context.path, context.config, now)


def daily(context: Context, now: datetime) -> datetime:
    """Return the last of the daily moments; see `_moments`."""
    return max(moment for moment in _moments(context, now) if moment <= now)


def next_daily(context: Context, now: datetime) -> datetime:
    """Return the first of the daily moments to come."""
    return min(moment for moment in _moments(context, now) if moment > now)


def _moments(context: Context, now: datetime) -> Iterator[datetime]:
    """Yield the daily moments around now: `service.poll_at`, and up to `jitter_minutes` later.

    In UTC: a local time can come twice in a night, or never. How much later is drawn for each
    record and day, so that not all services ask a publisher at once.
    """
    hour, minute = map(int, context.config.service.poll_at.split(":"))
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for days in (-2, -1, 0, 1):  # yesterday's may lie in today
        day = midnight + timedelta(days=days)
        chance = random.Random(f"{context.path}{day:%Y-%m-%d}")  # noqa: S311 - no secret
        later = chance.uniform(0, context.config.service.jitter_minutes)
        yield day + timedelta(hours=hour, minutes=minute + later)
