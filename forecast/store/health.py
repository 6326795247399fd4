"""What `status` and `doctor` ask of both files. Standard library only."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from forecast.store import connect, notices, ops
from forecast.store.read import rows
from forecast.words import printable


def awaiting(connection: sqlite3.Connection) -> list[str]:
    """Names of accepted releases that no run has covered yet, oldest first."""
    rows = connection.execute(
        """
        select source from releases
        where status = 'accepted' and id not in (select release_id from run_releases)
        order by seq, source
        """
    )
    return [name for (name,) in rows]


def quarantined(connection: sqlite3.Connection) -> int:
    """How many files are refused and were not decided on."""
    row = connection.execute("select count(*) from releases where status = 'quarantined'")
    (count,) = row.fetchone()
    return int(count)


def held_notices(connection: sqlite3.Connection) -> int:
    """How many notices wait for a person's approval."""
    row = connection.execute("select count(*) from notices where state in ('due', 'held')")
    (count,) = row.fetchone()
    return int(count)


def left_out(connection: sqlite3.Connection) -> list[str]:
    """Models that gave no forecast of some border in the last run."""
    rows = connection.execute(
        "select distinct model from fits where run_id = (select id from latest_run) "
        "and failure <> '' order by 1"
    )
    return [name for (name,) in rows]


def undelivered(path: Path) -> dict[str, int]:
    """State -> how many deliveries have not arrived; `path` is the main database."""
    return {
        row["state"]: row["count"]
        for row in _ops_rows(
            path,
            "select state, count(*) as count from deliveries "
            "where state in ('waiting', 'sending', 'refused', 'given up') group by 1",
        )
    }


def mail_stopped(path: Path) -> str:
    """Why the mail queue is stopped, "" if it does not."""
    rows = _ops_rows(path, "select reason from mail_state where stopped_at is not null")
    return rows[0]["reason"] if rows else ""


def blocked(path: Path) -> dict[str, Any] | None:
    """The last poll, if the publisher's page could not be had."""
    rows = _ops_rows(
        path,
        "select outcome, detail, blocked_since, not_before, started_at from polls "
        "order by id desc limit 1",
    )
    return rows[0] if rows and rows[0]["outcome"] in ("blocked", "unreachable") else None


def unrecognized(path: Path) -> list[str]:
    """Addresses on the publisher's page that look like data and are not understood, with why."""
    rows = _ops_rows(
        path, "select url, unrecognized from links where listed and unrecognized <> '' order by url"
    )
    return [f"{printable(row['url'])} ({row['unrecognized']})" for row in rows]


def left_in_inbox(path: Path) -> list[str]:
    """Names in the inbox that could not be taken in at the last look, with why."""
    rows = _ops_rows(path, "select name, reason from inbox_left order by name")
    return [f"{row['name']}: {row['reason']}" for row in rows]


def unknown_labels(path: Path) -> list[str]:
    """Labels of accepted files that are not known, with their dimension and file."""
    rows = _ops_rows(
        path,
        "select dimension, label, max(file_name) as file_name from unknown_labels "
        "group by 1, 2 order by 1, 2",
    )
    return [f"{row['dimension']} {row['label']!r} in {row['file_name']}" for row in rows]


def untouched(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether there are only the embedded figures: no poll yet, and no file."""
    row = connection.execute("select 1 from releases where kind not in ('bundle', 'vintage')")
    return row.fetchone() is None and not _ops_rows(path, "select 1 from polls limit 1")


def wakes(path: Path) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """(The last wake, who leads or led last), each None before the first."""
    wake = _ops_rows(
        path,
        "select started_at, finished_at, pid, outcome, detail from wakes order by id desc limit 1",
    )
    leader = _ops_rows(path, "select * from service")
    return (wake[0] if wake else None), (leader[0] if leader else None)


def mail_due(path: Path, now: datetime) -> bool:
    """Whether a delivery may be tried now, or a notice was approved that has none."""
    moment = now.isoformat(timespec="seconds")
    known = {row["content_key"] for row in _ops_rows(path, "select content_key from deliveries")}
    due = _ops_rows(
        path,
        "select next_attempt_at as at from deliveries where state = 'waiting' order by 1 limit 1",
    )
    with closing(connect.read(path)) as connection:
        approved = connection.execute(
            "select content_key from notices where state = 'approved' and approved_at >= ?",
            ((now - notices.KEPT).isoformat(timespec="seconds"),),
        )
        unknown = any(key not in known for (key,) in approved)
    return unknown or any(row["at"] <= moment for row in due)


def _ops_rows(path: Path, query: str) -> list[dict[str, Any]]:
    """Rows of ops.db; none where it is not there yet, or from before this table."""
    if not ops.ops_path(path).exists():
        return []
    with ops.reading(path) as connection:
        try:
            return rows(connection, query, ())
        except sqlite3.OperationalError:
            return []
