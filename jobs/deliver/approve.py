"""A person's word: a notice approved or rejected, a run withdrawn; and notices nobody looked at."""

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from forecast.context import Context
from forecast.errors import DataError
from forecast.store import connect, deliveries, measures, notices, ops, runs
from forecast.store.notices import Notice
from jobs.deliver import write
from jobs.deliver.intents import taken_back

NO_SUCH = "no notice {}; `bordercast notices list` shows all"
CONTENT_SHOWN = 12  # characters of a content's digest; a chance of 1 in 10^14 to meet another


def withdraw(context: Context, run_id: int, why: str, by: str, now: datetime) -> tuple[int, int]:
    """Withdraw a run, and tell those who got its notices; DataError as `runs.withdraw` has it.

    Returns how many notices were stopped, and how many corrections were written.
    """
    with connect.writing(context.path) as db:
        # Those that arrived, or may have: their sender was killed, or is at work.
        sent = []
        if ops.ops_path(context.path).exists():
            with ops.reading(context.path) as ops_db:
                for notice in notices.every(db, "of run", run_id):
                    if deliveries.recipients_of(ops_db, notice.content_key, "sent", "sending"):
                        sent.append(notice)
        taken_notices = list(taken_back(db, context.config, run_id, sent))
        stopped = runs.withdraw(db, run_id, why, by, now, taken_notices)
        for measure in context.each():
            measures.scope_to(db, measure.name)
            write.write_all(measure, db, now)
    return stopped, len(taken_notices)


def approve(path: Path, notice_id: int, approval: Mapping[str, str], now: datetime) -> Notice:
    """Let a held notice go out, on a person's word about the content they saw.

    approval : as `notices.approve` takes it; its content may be the first characters of the
        digest, as `preview` shows them.

    DataError if it is not held, or there is none, or it says something else now.
    """
    # One that was held for too long is closed first: its figures are weeks old.
    expire_all(path, now)
    with ops.writing(path) as db:
        # What was approved before ops.db kept deliveries may have been sent: see `outbox.to_queue`.
        deliveries.begin(db, now)
    with connect.writing(path) as db:
        # The write lock is held: what it says now is what is approved.
        require_held(db, notice_id)
        whole, seen = notices.content(db, notice_id), approval["content"]
        if len(seen) < CONTENT_SHOWN or not whole.startswith(seen.lower()):
            raise DataError(
                f"notice {notice_id} does not say what was previewed as {seen!r}; nothing was "
                f"approved. Look again: `bordercast notices preview {notice_id}`"
            )
        notices.approve(db, notice_id, {**approval, "content": whole}, now)
        made = notices.one(db, notice_id)
    assert made is not None
    return made


def reject(path: Path, notice_id: int, by: str, why: str, now: datetime) -> None:
    """Keep a held notice from going out; DataError as `approve` has it."""
    with connect.writing(path) as db:
        require_held(db, notice_id)
        notices.reject(db, notice_id, by, why, now)


def require_held(connection: sqlite3.Connection, notice_id: int) -> None:
    """Raise DataError unless a notice waits for a person."""
    notice = notices.one(connection, notice_id)
    if notice is None:
        raise DataError(NO_SUCH.format(notice_id))
    if notice.state != "held":
        by = f" by {notice.approved_by}" if notice.approved_by else ""
        problem = f"notice {notice_id} is {notice.state}{by}, not held; nothing was changed"
        raise DataError(problem)


def expire_all(path: Path, now: datetime) -> int:
    """Close the notices that were held for too long; how many."""
    closed = 0
    with connect.writing(path) as db:
        while notices.expire(db, now):
            closed += 1
    return closed
