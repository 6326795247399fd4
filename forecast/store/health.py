"""What `status` and `doctor` ask of both files. Standard library only."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from forecast.store import connect, notices, ops
from forecast.store.queries import rows, sql
from forecast.words import printable


def awaiting(connection: sqlite3.Connection) -> list[str]:
    """Names of accepted releases that no run has covered yet, oldest first."""
    rows = connection.execute(sql("awaiting"))
    return [name for (name,) in rows]


def quarantined(connection: sqlite3.Connection) -> int:
    """How many files are refused, were not decided on, and have no accepted correction."""
    return len(connection.execute(sql("still_refused"), (0,)).fetchall())


def held_notices(connection: sqlite3.Connection) -> int:
    """How many notices wait for a person's approval."""
    row = connection.execute("select count(*) from notices where state in ('due', 'held')")
    (count,) = row.fetchone()
    return int(count)


def left_out(connection: sqlite3.Connection) -> list[str]:
    """Models that gave no forecast of some total in the last run."""
    rows = connection.execute(
        "select distinct model from fits where run_id = (select id from latest_run) "
        "and failure <> '' order by 1"
    )
    return [name for (name,) in rows]


def undelivered(path: Path) -> dict[str, int]:
    """State -> how many deliveries have not arrived; `path` is the main database."""
    return {row["state"]: row["count"] for row in _ops_rows(path, "deliveries_by_state")}


def ratings(path: Path) -> list[dict[str, Any]]:
    """What readers said of notices, the oldest first; `path` is the main database."""
    return _ops_rows(path, "ratings")


def mail_stopped(path: Path) -> str:
    """Why the mail queue is stopped, "" if it does not."""
    rows = _ops_rows(path, "mail_stopped")
    return rows[0]["reason"] if rows else ""


def blocked(path: Path) -> dict[str, Any] | None:
    """The last poll, if the publisher's page could not be had."""
    rows = _ops_rows(path, "last_poll")
    return rows[0] if rows and rows[0]["outcome"] in ("blocked", "unreachable") else None


def unrecognized(path: Path) -> list[str]:
    """Addresses on the publisher's page that look like data and are not understood, with why."""
    rows = _ops_rows(path, "unrecognized_links")
    return [f"{printable(row['url'])} ({row['unrecognized']})" for row in rows]


def left_in_inbox(path: Path) -> list[str]:
    """Names in the inbox that could not be taken in at the last look, with why."""
    rows = _ops_rows(path, "left_in_inbox")
    return [f"{row['name']}: {row['reason']}" for row in rows]


def unknown_labels(path: Path) -> list[str]:
    """Labels of accepted files that are not known, with their dimension and file."""
    rows = _ops_rows(path, "unknown_labels")
    return [f"{row['dimension']} {row['label']!r} in {row['file_name']}" for row in rows]


def untouched(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether there are only the embedded figures: no poll yet, and no file."""
    row = connection.execute("select 1 from releases where kind not in ('bundle', 'vintage')")
    return row.fetchone() is None and not _ops_rows(path, "any_poll")


def wakes(path: Path) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """(The last wake, who leads or led last), each None before the first."""
    wake = _ops_rows(
        path,
        "last_cycle",
    )
    leader = _ops_rows(path, "leader")
    return (wake[0] if wake else None), (leader[0] if leader else None)


def mail_due(path: Path, now: datetime) -> bool:
    """Whether a delivery may be tried now, or a notice was approved that has none."""
    moment = now.isoformat(timespec="seconds")
    known = {row["content_key"] for row in _ops_rows(path, "content_keys")}
    due = _ops_rows(
        path,
        "next_attempt",
    )
    with closing(connect.read(path)) as connection:
        approved = connection.execute(
            "select content_key from notices where state = 'approved' and approved_at >= ?",
            ((now - notices.KEPT).isoformat(timespec="seconds"),),
        )
        unknown = any(key not in known for (key,) in approved)
    return unknown or any(row["at"] <= moment for row in due)


def _ops_rows(path: Path, name: str) -> list[dict[str, Any]]:
    """Rows of ops.db; none where it is not there yet, or from before this table."""
    if not ops.ops_path(path).exists():
        return []
    with ops.reading(path) as connection:
        try:
            return rows(connection, name)
        except sqlite3.OperationalError:
            return []
