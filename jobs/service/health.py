"""How the service stands: facts, and what among them needs a person.

day 22 after a month's end without its figures: late     day 28: overdue, an alarm
"""

import calendar
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from forecast import months
from forecast.context import Context
from forecast.desk import provisional
from forecast.desk.facts import overdue
from forecast.rows import ScoreRow
from forecast.store import connect, deliveries, history, ops, read, wakes, witnesses
from forecast.store.queries import column, pairs
from forecast.words import printable
from jobs.audited import of_run
from jobs.service import checks
from jobs.service.checks import ServiceFacts
from jobs.witness import attest

LEAST_MONTHS = 24  # of issued forecasts, before their coverage is judged
UNLIKELY = 0.01  # coverage that far off by chance


@dataclass(frozen=True)
class ServiceStatus:
    """How a record and its service stand.

    alarms : what needs a person now (exit code 4). warnings : what may need one soon. by_mail :
    those of both that the service can mail.
    """

    facts: ServiceFacts
    alarms: list[str]
    warnings: list[str]
    by_mail: list[str]


def status(context: Context, now: datetime) -> ServiceStatus:
    """Return how a record and its service stand at a moment, UTC."""
    facts = ServiceFacts(**_of_record(context, now), **_of_service(context))
    findings = list(checks.findings(checks.ServiceCase(context, now, facts=facts), "status"))
    findings.sort(key=lambda finding: finding.verdict != "alarm")
    return ServiceStatus(
        facts,
        alarms=[finding.text for finding in findings if finding.verdict == "alarm"],
        warnings=[finding.text for finding in findings if finding.verdict == "warning"],
        by_mail=[f.text for f in findings if f.name not in checks.NOT_BY_MAIL],
    )


def _of_record(context: Context, now: datetime) -> dict[str, Any]:
    with connect.moment(context.path) as connection:
        latest = read.latest_run(connection)
        through = history.newest_month(connection, latest.data_through if latest else "")
        today = now.date()
        used = column(connection, "any_published_file")
        refused = read.refused_since(connection, None)
        return {
            "data_through": latest.data_through if latest else None,
            "days_since_month_end": days_due(through, today) if latest else None,
            "figures_old": latest is not None
            and overdue(through, today, context.source.due.overdue),
            "state": "in use" if used or ops.row(context.path, "any_poll") else "new",
            "last_run": latest.id if latest else None,
            "last_withdrawn": column(connection, "last_withdrawn")[0],
            "published_at": latest.published_at if latest else None,
            "releases_without_run": column(connection, "awaiting"),
            "files_in_quarantine": len(refused),
            "asked": [f"{name}: {question}" for name, question in refused.items() if question],
            "models_left_out": column(connection, "models_left_out"),
            "misdated": witnesses.misdated(connection, now),
            "disputed": of_run(context, connection, latest.id) if latest else [],
            "provisional": provisional.lines(
                provisional.provisional_months(connection, context.source), context.source
            ),
            "notices_held": column(connection, "notices_held")[0],
            "witnesses": witnesses.standing(
                connection, context.path, attest.wanted(context.config.witness)
            ),
        }


def _of_service(context: Context) -> dict[str, Any]:
    leader, poll = wakes.leader(context.path), ops.row(context.path, "last_poll")
    verified = wakes.verified(context.path)
    return {
        "service": leader_pid(context.path),
        "mode": leader.mode if leader else None,
        "last_wake": wakes.last(context.path),
        "next_wake": leader.next_wake_at if leader and leader_pid(context.path) else None,
        "blocked": poll
        if context.config.polls and poll and poll["outcome"] in ("blocked", "unreachable")
        else None,
        "unrecognized": [
            f"{printable(url)} ({why})"
            for url, why in ops.ask(context.path, pairs, "unrecognized_links")
            if context.config.polls
        ],
        "unknown_labels": [
            f"{row['dimension']} {row['label']!r} in {row['file_name']}"
            for row in ops.rows(context.path, "unknown_labels")
        ],
        "left_in_inbox": [
            f"{name}: {why}" for name, why in ops.ask(context.path, pairs, "left_in_inbox")
        ],
        "undelivered": dict(ops.ask(context.path, pairs, "deliveries_by_state")),
        "mail_stopped": deliveries.stopped(context.path),
        "verified_at": verified.checked_at if verified else None,
        "verify_findings": verified.findings if verified else "",
        "wal_bytes": checks.size(context.path.with_name(context.path.name + "-wal")),
        # A writer at work holds up its own log, and that is no fault.
        "wal_held_by": None if _holder(context.path, ".lock") else connect.held_up_by(context.path),
        "database_bytes": checks.size(context.path),
        "free_bytes": shutil.disk_usage(context.path.parent).free,
    }


def concerns(context: Context, now: datetime) -> Iterator[str]:
    """Yield what needs a person and can be mailed, a sentence each."""
    yield from status(context, now).by_mail
    with closing(connect.read(context.path)) as connection:
        yield from coverage_drift(read.scores(connection, context.source.totals))


def coverage_drift(scores: Iterable[ScoreRow]) -> Iterator[str]:
    """Totals whose issued 80% intervals held too few or too many months to be chance."""
    from scipy.stats import binomtest  # a second to import

    for row in scores:
        key = (row.model, row.era, row.horizon, row.basis)
        if key != ("bordercast", "all", 1, "issued") or row.n < LEAST_MONTHS:
            continue
        inside = round(row.n * row.coverage80)
        if binomtest(inside, row.n, 0.8).pvalue < UNLIKELY:
            yield (
                f"coverage drift, {row.total}: the 80% interval of one month ahead held "
                f"{inside} of {row.n} months"
            )


def days_due(data_through: str, today: date) -> int:
    """Days since the end of the first month whose figures are not held; < 0 before it."""
    due = months.shift(data_through, 1)
    year, month = int(due[:4]), int(due[5:])
    return (today - date(year, month, calendar.monthrange(year, month)[1])).days


def leader_pid(path: Path) -> int | None:
    """The daemon that leads, None if none does; asked of the lock, not of what it once said."""
    return _holder(path, ".leader")


def _holder(path: Path, ending: str) -> int | None:
    """Return the process that holds a lock of the database, None if none does."""
    lock = path.with_name(path.name + ending)
    try:
        handle = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        return int(os.pread(handle, 32, 0) or 0) or None
    finally:
        os.close(handle)
