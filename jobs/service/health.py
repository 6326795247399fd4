"""How the service stands: facts, and what among them needs a person.

day 22 after a month's end without its figures: late     day 28: overdue, an alarm
"""

from __future__ import annotations

import calendar
import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from forecast import months
from forecast.desk.facts import overdue
from forecast.desk.sentences.trust import old_words
from forecast.store import connect, health, read, wakes, wal, witnesses
from jobs.witness import attest

if TYPE_CHECKING:
    from forecast.context import Context
    from forecast.sources.source import Source

LATE = 22  # days after the end of the month whose figures are due
UNSEEN = timedelta(days=2)  # without a witness that is asked
STUCK = timedelta(hours=30)  # without a wake, while a daemon leads or by a timer
ROOM = 4  # times the database that must be free: a backup, a copy, a log, and as much again
SMALLEST_ROOM = 200_000_000
LEAST_MONTHS = 24  # of issued forecasts, before their coverage is judged
UNLIKELY = 0.01  # coverage that far off by chance
NOT_RUNNING = "the service is not running: `bordercast serve`, or a timer"


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """Facts, and what follows from them.

    alarms : what needs a person now (exit code 4). warnings : what may need one soon. by_mail :
    those of both that the service can mail.
    """

    facts: dict[str, Any]
    alarms: tuple[str, ...]
    warnings: tuple[str, ...]
    by_mail: tuple[str, ...]


class _Concern(NamedTuple):
    """What may need a person, and whether it does; by_mail: whether a mail could say so."""

    text: str
    holds: bool
    by_mail: bool = True


def status(context: Context, now: datetime) -> ServiceStatus:
    """How the database `path` and its service stand at a moment, UTC."""
    with connect.moment(context.path) as connection:
        latest = read.latest_run(connection)
        facts: dict[str, Any] = {
            "data_through": latest.data_through if latest else None,
            "state": "new" if health.untouched(connection, context.path) else "in use",
            "last_run": latest.id if latest else None,
            "published_at": latest.published_at if latest else None,
            "releases_without_run": health.awaiting(connection),
            "files_in_quarantine": health.quarantined(connection),
            "models_left_out": health.left_out(connection),
            "notices_held": health.held_notices(connection),
            "witnesses": witnesses.standing(
                connection, context.path, attest.wanted(context.config.witness)
            ),
        }
    wake, leader = health.wakes(context.path)
    verified = wakes.verified(context.path)
    facts |= {
        "days_since_month_end": days_due(latest.data_through, now.date()) if latest else None,
        "figures_old": latest is not None
        and overdue(latest.data_through, now.date(), context.source.due[2]),
        "service": leader_pid(context.path),
        "mode": leader.get("mode") if leader else None,
        "last_wake": wake,
        "next_wake": leader["next_wake_at"] if leader and leader_pid(context.path) else None,
        "blocked": health.blocked(context.path) if context.config.polls else None,
        "unrecognized": health.unrecognized(context.path) if context.config.polls else [],
        "unknown_labels": health.unknown_labels(context.path),
        "left_in_inbox": health.left_in_inbox(context.path),
        "undelivered": health.undelivered(context.path),
        "ratings": dict(Counter(row["verdict"] for row in health.ratings(context.path))),
        "mail_stopped": health.mail_stopped(context.path),
        "verified_at": verified.checked_at if verified else None,
        "verify_findings": verified.findings if verified else "",
        "wal_bytes": _size(context.path.with_name(context.path.name + "-wal")),
        "wal_held_by": None if _holder(context.path, ".lock") else wal.held_up_by(context.path),
        "database_bytes": _size(context.path),
        "free_bytes": shutil.disk_usage(context.path.parent).free,
    }
    alarms, warnings = [*_alarms(facts, now, context.source)], [*_warnings(facts, context.source)]
    for failed in witnesses.failures(context.path).values():
        if failed.witness in attest.wanted(context.config.witness):
            text = f"no {failed.witness} since {failed.since}, asked again: {failed.problem}"
            late = now - datetime.fromisoformat(failed.since) > UNSEEN
            (alarms if failed.grave or late else warnings).append(_Concern(text, holds=True))
    alarms = [alarm for alarm in alarms if alarm.holds]
    warnings = [warning for warning in warnings if warning.holds]
    return ServiceStatus(
        facts,
        alarms=tuple(alarm.text for alarm in alarms),
        warnings=tuple(warning.text for warning in warnings),
        by_mail=tuple(line.text for line in [*alarms, *warnings] if line.by_mail),
    )


def concerns(context: Context, now: datetime) -> Iterator[str]:
    """What needs a person and can be mailed, a sentence each."""
    yield from status(context, now).by_mail
    with closing(connect.read(context.path)) as connection:
        yield from coverage_drift(read.scores(connection, context.source.totals))


def coverage_drift(scores: list[dict[str, object]]) -> Iterator[str]:
    """Totals whose issued 80% intervals held too few or too many months to be chance."""
    from scipy.stats import binomtest  # a second to import

    for row in scores:
        key = (row["model"], row["era"], row["horizon"], row["basis"])
        n = int(str(row["n"]))
        if key != ("bordercast", "all", 1, "issued") or n < LEAST_MONTHS:
            continue
        inside = round(n * float(str(row["coverage80"])))
        if binomtest(inside, n, 0.8).pvalue < UNLIKELY:
            yield (
                f"coverage drift, {row['border']}: the 80% interval of one month ahead held "
                f"{inside} of {n} months"
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
    """The process that holds a lock of the database, None if none does."""
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


def room_needed(path: Path) -> int:
    """Free bytes below which a run or a backup may not find its place."""
    return max(ROOM * _size(path), SMALLEST_ROOM)


def _missed(source: Source) -> str:
    """What to do where figures should have come."""
    if source.layouts:
        return "look at the publisher's page and put the file into the inbox"
    return "see that the next file is delivered to the place that [[sources]] names"


def _alarms(facts: dict[str, Any], now: datetime, source: Source) -> list[_Concern]:
    """What needs a person now, each with what to do."""
    days, wake, blocked = facts["days_since_month_end"], facts["last_wake"], facts["blocked"]
    since = blocked and blocked["blocked_since"]
    return [
        _Concern(
            "nothing is published yet: start with `bordercast run`", facts["last_run"] is None
        ),
        _Concern(
            f"overdue: {days} days since the month's end, and no figures; {_missed(source)}",
            _awaited(facts) and days >= source.due[2],
        ),
        _Concern(
            f"verification failed, nothing is shown: {facts['verify_findings']}; restore a backup",
            bool(facts["verify_findings"]),
        ),
        _Concern(
            f"the publisher's page has blocked us since {since}: put the file into the inbox",
            bool(since),
        ),
        _Concern(
            "the publisher's page links to what looks like data but is not understood: "
            f"{_some(facts['unrecognized'])}; look at it, put a file that is wanted into the "
            "inbox, and name one that is not in fetch.ignore",
            bool(facts["unrecognized"]),
        ),
        _Concern(
            f"the mail queue is stopped: {facts['mail_stopped']}",
            bool(facts["mail_stopped"]),
            by_mail=False,
        ),
        _Concern(
            f"the last wake failed: {wake and wake['detail']}",
            wake is not None and wake["outcome"] == "failed",
        ),
        _Concern("the service has stopped waking up: restart it, or its timer", _stuck(facts, now)),
        _Concern(
            f"only {facts['free_bytes']:,} bytes are free: make room",
            facts["free_bytes"] < max(ROOM * facts["database_bytes"], SMALLEST_ROOM),
        ),
    ]


def _warnings(facts: dict[str, Any], source: Source) -> list[_Concern]:
    """What may need a person soon."""
    days, lost = facts["days_since_month_end"], facts["undelivered"]
    never = lost.get("refused", 0) + lost.get("given up", 0)
    readers = ", ".join(map(str, facts["wal_held_by"] or ()))
    return [
        _Concern(
            f"late: {days} days since the month's end, and no figures yet",
            _awaited(facts) and min(LATE, source.due[1]) <= days < source.due[2],
        ),
        _Concern(
            f"{facts['notices_held']} notices wait: `bordercast notices list`",
            facts["notices_held"] > 0,
        ),
        _Concern(
            f"{facts['files_in_quarantine']} files are refused: "
            "`bordercast releases list --refused`",
            facts["files_in_quarantine"] > 0,
        ),
        _Concern(
            f"labels that are not known: {_some(facts['unknown_labels'])}; the totals are kept and "
            "the dimension left out, until [labels] joins each to a known one",
            bool(facts["unknown_labels"]),
        ),
        _Concern(
            f"not taken out of the inbox: {_some(facts['left_in_inbox'])}",
            bool(facts["left_in_inbox"]),
        ),
        _Concern(f"{never} messages will never arrive: `bordercast notices list`", never > 0),
        _Concern(
            f"left out of the last run, wholly or in part: {', '.join(facts['models_left_out'])}",
            bool(facts["models_left_out"]),
        ),
        _Concern(
            f"accepted, not in a run yet: {', '.join(facts['releases_without_run'])}",
            bool(facts["releases_without_run"]),
        ),
        _Concern(
            "the page was not reachable at the last poll",
            bool(facts["blocked"] and not facts["blocked"]["blocked_since"]),
        ),
        _Concern(
            old_words(facts["data_through"], source) if facts.get("figures_old") else "",
            bool(facts.get("figures_old")) and not _awaited(facts),
            by_mail=False,
        ),
        _Concern(NOT_RUNNING, facts["service"] is None and facts["mode"] != "timer", by_mail=False),
        _Concern(
            f"run {facts['last_run']} stands only in the log ({facts['wal_bytes']:,} bytes), which "
            f"grows while {f'process {readers}' if readers else 'another process'} still reads "
            "what stood before: end it; the copy is for analysts",
            facts["wal_held_by"] is not None,
        ),
    ]


def _some(texts: list[str]) -> str:
    """The first three, and how many more."""
    more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
    return "; ".join(texts[:3]) + more


def _awaited(facts: dict[str, Any]) -> bool:
    """Whether anybody waits for the next month's figures: not before the first poll or file."""
    return facts["days_since_month_end"] is not None and facts["state"] != "new"


def _stuck(facts: dict[str, Any], now: datetime) -> bool:
    led = facts["service"] is not None or facts["mode"] == "timer"
    if not led or facts["last_wake"] is None:
        return False
    return now - datetime.fromisoformat(facts["last_wake"]["started_at"]) > STUCK


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
