"""What is looked at to say whether the service is well: one list, and three commands that show it.

    config check    settings that would fail when they are needed, without the network
    doctor          the settings and the machine, also what is good
    status          what needs a person, by the record and its service

A check is a name, how it looks, and who shows it; it yields findings, each with what to do. Nothing
is changed, and no mail is sent. A new check is a function and a line of CHECKS.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from forecast.config import Compute, Config, Hook, Mail, without_logins
from forecast.errors import BordercastError, ConfigError
from forecast.store import connect, ops, read, witnesses
from forecast.version import __version__
from forecast.words import NEXT_RUN, withdrawn_alone
from jobs.arrivals import archive, inbox
from jobs.witness import attest

if TYPE_CHECKING:
    from forecast.context import Context
    from forecast.sources.source import Source

LIBRARIES = ("numpy", "pandas", "scipy", "statsmodels", "prophet", "apscheduler", "httpx")
# Two connections that write or checkpoint at once can lose a commit; we keep to one.
WAL_RESET_BUG = ((3, 7, 0), (3, 51, 2))
# Statements with more aggregate terms than columns corrupt memory in older ones (CVE-2025-6965).
SAFE_FOR_OTHERS = (3, 50, 2)
REMOTE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs")
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
OTHERS_MAY_READ = stat.S_IRGRP | stat.S_IROTH
LATE = 22  # days after the end of the month whose figures are due
UNSEEN = timedelta(days=2)  # without a witness that is asked
STUCK = timedelta(hours=30)  # without a wake, while a daemon leads or by a timer
ROOM = 4  # times the database that must be free: a backup, a copy, a log, and as much again
SMALLEST_ROOM = 200_000_000
FindingVerdict = Literal["good", "note", "bad", "warning", "alarm"]
Command = Literal["config check", "doctor", "status"]


class Finding(NamedTuple):
    """One thing looked at, and what to do about it.

    verdict : "bad" needs something done before the service can work; an "alarm" needs a person now,
    a "warning" may need one soon.
    """

    name: str
    verdict: FindingVerdict
    found: str
    do: str = ""

    @property
    def text(self) -> str:
        """In a sentence: what was found, and what to do."""
        joint = "; " if ": " in self.found else ": "
        return f"{self.found}{joint}{self.do}" if self.do else self.found


class ServiceCase(NamedTuple):
    """What is looked at. settings_from : where the settings came from. facts : of `status`."""

    context: Context
    now: datetime
    settings_from: str = ""
    facts: Mapping[str, Any] = {}


class Check(NamedTuple):
    """One check. by_mail : whether the service can mail what it finds to the operator."""

    name: str
    look: Callable[[ServiceCase], Iterator[Finding]]
    shown_by: tuple[Command, ...]
    by_mail: bool = True


def findings(case: ServiceCase, command: Command) -> Iterator[tuple[Check, Finding]]:
    """Yield what a command shows, in order."""
    for check in CHECKS:
        if command in check.shown_by:
            for finding in check.look(case):
                yield check, finding


# -- settings --------------------------------------------------------------------------------------


def _settings(case: ServiceCase) -> Iterator[Finding]:
    yield Finding("settings", "good", case.settings_from)


def _refusing(look: Callable[[Config], object]) -> Callable[[ServiceCase], Iterator[Finding]]:
    """Return a check of settings that are well formed, and yet would fail when they are needed."""

    def look_at(case: ServiceCase) -> Iterator[Finding]:
        try:
            look(case.context.settings)
        except ConfigError as error:
            wrong = ConfigError(case.settings_from, error.key, error.problem)
            yield Finding(error.key, "bad", str(wrong))

    return look_at


def notes(config: Config) -> Iterator[str]:
    """Yield what valid settings leave out that somebody may have meant."""
    readers, hooked = len(config.notices.recipients), bool(config.notices.hooks)
    if readers and not config.mail.enabled:
        also = "; webhooks, which need no mail server, get theirs" if hooked else ""
        them = "the recipient gets" if readers == 1 else f"the {readers:,} recipients get"
        yield f"mail.enabled is false: {them} no notices{also}"


def _contact(config: Config) -> None:
    if config.polls:
        from jobs.arrivals import publisher

        publisher.refuse_anonymous(config)


def _server(settings: Mail) -> None:
    if settings.enabled:
        from jobs.deliver import smtp

        smtp.check(settings)


def _hooks(chosen: tuple[Hook, ...]) -> None:
    """Each hook can be posted to, and has a name of its own."""
    for hook in chosen:
        from jobs.deliver import transports

        transports.check(hook)
    if len({hook.name for hook in chosen}) < len(chosen):
        raise ConfigError("config.toml", "notices.hooks", "two hooks have the same name")


def _certificates(settings: Mail) -> None:
    """Whether or not mail is on: a file that is named is meant to be there."""
    if settings.ca_file:
        from jobs.deliver import smtp

        smtp.tls(settings)


def _password(settings: Mail) -> None:
    if settings.password_file or (settings.enabled and settings.user):
        from jobs.deliver import smtp

        smtp.password(settings)


def _compute(settings: Compute) -> None:
    if settings.engine != "dask":
        return
    if not settings.scheduler:
        raise ConfigError("config.toml", "compute.scheduler", "is empty; name the Dask cluster's")
    if find_spec("distributed") is None:
        problem = "needs Dask: pip install 'bordercast[dask]'"
        raise ConfigError("config.toml", "compute.engine", problem)


# -- the machine -----------------------------------------------------------------------------------


def _versions() -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("bordercast", "good", f"{__version__}, Python {python}")
    yield _sqlite()
    for name in LIBRARIES:
        try:
            yield Finding(name, "good", version(name))
        except PackageNotFoundError:
            needed: FindingVerdict = "note" if name == "prophet" else "bad"
            advice = "without it there are no Prophet forecasts; " if name == "prophet" else ""
            yield Finding(name, needed, "is not installed", f"{advice}install bordercast again")


def _sqlite() -> Finding:
    """Its own bugs, and what to do about them."""
    first, last = WAL_RESET_BUG
    bugs, advice = [], []
    if first <= sqlite3.sqlite_version_info <= last:
        bugs.append("the WAL-reset bug of 3.7.0-3.51.2")
        advice.append("harmless while bordercast alone writes to its database")
    if sqlite3.sqlite_version_info < SAFE_FOR_OTHERS:
        bugs.append("CVE-2025-6965, unless the system's maker repaired it")
        advice.append("3.50.2 or newer is recommended for a page open to others, see upgrading.md")
    version = sqlite3.sqlite_version + (f" (has {', and '.join(bugs)})" if bugs else "")
    return Finding("SQLite", "note" if bugs else "good", version, "; ".join(advice))


def _database(path: Path) -> Iterator[Finding]:
    if not path.exists():
        yield Finding("database", "note", f"{path} is not there", "`bordercast run` creates it")
        return
    try:
        with closing(connect.read(path)) as connection:
            (answer,) = connection.execute("pragma quick_check(1)").fetchone()
    except (BordercastError, sqlite3.DatabaseError) as error:
        answer = str(error)
    if answer == "ok":
        yield Finding("database", "good", f"{path}, {path.stat().st_size:,} bytes")
    else:
        yield Finding("database", "bad", answer, "restore a backup: `bordercast restore`")


def _permissions(path: Path, config: Config) -> Iterator[Finding]:
    folder = path.resolve().parent
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        yield Finding("folder", "good", str(folder))
    else:
        yield Finding(
            "folder", "bad", f"{folder} cannot be written", "make it, owned by the service"
        )
    for file in (path, ops.ops_path(path)):
        if file.exists() and file.stat().st_mode & OTHERS_MAY_WRITE:
            yield Finding(file.name, "bad", "others may write to it", f"chmod go-w {file}")
    secret = config.mail.password_file
    if secret and Path(secret).exists() and Path(secret).stat().st_mode & OTHERS_MAY_READ:
        yield Finding("password file", "bad", "others may read it", f"chmod 600 {secret}")


def _inbox(path: Path, config: Config) -> Iterator[Finding]:
    """Tried as the service's user: what root may do says nothing."""
    folder = archive.folders(path, config).inbox
    if not folder.is_dir():
        there = os.path.lexists(folder)
        problem = f"{folder} is a file" if there else f"{folder} is not there"
        advice = "move it away, then make the folder" if there else "the service makes it"
        yield Finding("inbox", "bad" if there else "note", problem, advice)
        return
    owner = path.resolve().parent.stat() if path.resolve().parent.is_dir() else folder.stat()
    if not _may(owner.st_uid, owner.st_gid, folder):
        problem = f"{folder}: user {owner.st_uid} may not list it and take files out of it"
        yield Finding("inbox", "bad", problem, f"chown {owner.st_uid} {folder}")
    else:
        yield Finding("inbox", "good", str(folder))
    for left in inbox.look(folder).left:
        if not left.written:
            yield Finding("inbox", "note", f"{left.name}: {left.reason}", "take it away")


def _may(uid: int, gid: int, folder: Path) -> bool:
    """Return whether a user may list a folder and take files out of it."""
    if os.geteuid() != 0 or uid == 0:  # nobody else can be tried
        return os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    test = 'test -r "$1" && test -w "$1" && test -x "$1"'
    command = ["/bin/sh", "-c", test, "sh", str(folder.resolve())]
    done = subprocess.run(command, user=uid, group=gid, extra_groups=[], cwd="/", check=False)
    return done.returncode == 0


def _file_system(path: Path) -> Iterator[Finding]:
    kind = file_system(path.resolve().parent)
    if kind in REMOTE:
        advice = "put the database on a local disk: locks and the log do not work over a network"
        yield Finding("file system", "bad", kind, advice)
    else:
        yield Finding("file system", "good", kind or "unknown")


def file_system(folder: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """Kind of the file system a folder lies on, "" if it cannot be told."""
    if not mounts.exists():
        return ""
    kinds = {Path(line.split()[1]): line.split()[2] for line in mounts.read_text().splitlines()}
    return next((kinds[place] for place in (folder, *folder.parents) if place in kinds), "")


def _clock(path: Path, now: datetime) -> Iterator[Finding]:
    last = _last_moment(path)
    behind = last is not None and now < last - timedelta(minutes=5)
    if behind or now.year < 2026:
        words = f"it is {now:%Y-%m-%d %H:%M} UTC, but the last run was published on {last}"
        yield Finding("clock", "bad", words, "set the clock: timedatectl set-ntp true")
    else:
        yield Finding("clock", "good", f"{now:%Y-%m-%d %H:%M} UTC")


def _last_moment(path: Path) -> datetime | None:
    try:
        with closing(connect.read(path)) as connection:
            latest = read.latest_run(connection)
    except (BordercastError, sqlite3.DatabaseError):
        return None
    moment = datetime.fromisoformat(latest.published_at) if latest else None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _fetch(config: Config, source: Source) -> Iterator[Finding]:
    if not config.polls:
        how = "put files into the inbox, or set fetch.enabled"
        yield Finding("fetch", "note", "is off", "" if config.sources else how)
    elif not config.address and not config.fetch.contact and not config.fetch.user_agent:
        yield Finding("fetch", "bad", "names no contact", "set fetch.contact")
    else:
        from jobs.arrivals.publisher import page_of

        yield Finding("fetch", "good", without_logins(page_of(config, source=source)))


def _mail(config: Config) -> Iterator[Finding]:
    if not config.mail.enabled:
        yield Finding("mail", "note", "is off", "set [mail] to send notices by mail")
        return
    from jobs.deliver import smtp

    place = f"{config.mail.host}:{config.mail.port}"
    try:
        smtp.check(config.mail)
        with smtp.connection(config.mail)():
            yield Finding("mail", "good", f"{place} accepts the login")
    except (BordercastError, OSError) as error:
        yield Finding("mail", "bad", f"{place}: {error}", "check [mail], the network, the password")


def _disk(path: Path) -> Iterator[Finding]:
    folder = path.resolve().parent
    if not folder.is_dir():
        return
    free, needed = shutil.disk_usage(folder).free, room_needed(path)
    if free < needed:
        yield Finding("disk", "bad", f"{free:,} bytes free, {needed:,} needed", "make room")
    else:
        yield Finding("disk", "good", f"{free:,} bytes free")


def room_needed(path: Path) -> int:
    """Free bytes below which a run or a backup may not find its place."""
    return max(ROOM * size(path), SMALLEST_ROOM)


# -- what needs a person ---------------------------------------------------------------------------


Facts = Mapping[str, Any]


def _standing(
    name: str,
    verdict: Literal["alarm", "warning"],
    look: str | Callable[[Facts, datetime, Source], str],
    do: str | Callable[[Source], str] = "",
    *,
    by_mail: bool = True,
) -> Check:
    """Return a check of the facts of `status`.

    look : what is wrong, "" if nothing is; or words about one fact, if there is anything in it.
    """

    def look_at(case: ServiceCase) -> Iterator[Finding]:
        source = case.context.source
        found = (
            _told(look, case.facts) if isinstance(look, str) else look(case.facts, case.now, source)
        )
        if found:
            yield Finding(name, verdict, found, do if isinstance(do, str) else do(source))

    return Check(name, look_at, ("status",), by_mail)


def _told(words: str, facts: Facts) -> str:
    name = words[words.index("{") + 1 : words.index("}")]
    value = facts[name]
    shown = _some(value) if isinstance(value, list) else value
    return words.format(**{name: shown}) if value else ""


def _unpublished(facts: Facts, now: datetime, source: Source) -> str:
    never = facts["last_run"] is None and facts["last_withdrawn"] is None
    return "nothing is published yet" if never else ""


def _all_withdrawn(facts: Facts, now: datetime, source: Source) -> str:
    withdrawn = facts["last_withdrawn"] if facts["last_run"] is None else None
    return withdrawn_alone(withdrawn) if withdrawn else ""


def _asleep(facts: Facts, now: datetime, source: Source) -> str:
    return "the service has stopped waking up" if _stuck(facts, now) else ""


def _not_running(facts: Facts, now: datetime, source: Source) -> str:
    led = facts["service"] is not None or facts["mode"] == "timer"
    return "" if led else "the service is not running"


def _left_out(facts: Facts, now: datetime, source: Source) -> str:
    models = ", ".join(facts["models_left_out"])
    return f"left out of the last run, wholly or in part: {models}" if models else ""


def _without_run(facts: Facts, now: datetime, source: Source) -> str:
    releases = ", ".join(facts["releases_without_run"])
    return f"accepted, not in a run yet: {releases}" if releases else ""


def _overdue(facts: Facts, now: datetime, source: Source) -> str:
    days = facts["days_since_month_end"]
    late = _awaited(facts) and days >= source.due[2]
    return f"overdue: {days} days since the month's end, and no figures" if late else ""


def _late(facts: Facts, now: datetime, source: Source) -> str:
    days = facts["days_since_month_end"]
    late = _awaited(facts) and min(LATE, source.due[1]) <= days < source.due[2]
    return f"late: {days} days since the month's end, and no figures yet" if late else ""


def _blocked(facts: Facts, now: datetime, source: Source) -> str:
    since = facts["blocked"] and facts["blocked"]["blocked_since"]
    return f"the publisher's page has blocked us since {since}" if since else ""


def _unreachable(facts: Facts, now: datetime, source: Source) -> str:
    failed = facts["blocked"] and not facts["blocked"]["blocked_since"]
    return "the page was not reachable at the last poll" if failed else ""


def _failed(facts: Facts, now: datetime, source: Source) -> str:
    wake = facts["last_wake"]
    return f"the last wake failed: {wake['detail']}" if wake and wake["outcome"] == "failed" else ""


def _full(facts: Facts, now: datetime, source: Source) -> str:
    room = max(ROOM * facts["database_bytes"], SMALLEST_ROOM)
    free = facts["free_bytes"]
    return f"only {free:,} bytes are free" if free < room else ""


def _undelivered(facts: Facts, now: datetime, source: Source) -> str:
    never = sum(facts["undelivered"].get(state, 0) for state in ("refused", "given up"))
    return f"{never} messages will never arrive" if never else ""


def _in_log(facts: Facts, now: datetime, source: Source) -> str:
    if facts["wal_held_by"] is None:
        return ""
    readers = ", ".join(map(str, facts["wal_held_by"]))
    return (
        f"run {facts['last_run']} stands only in the log ({facts['wal_bytes']:,} bytes), which "
        f"grows while {f'process {readers}' if readers else 'another process'} still reads "
        "what stood before"
    )


def _unwitnessed(case: ServiceCase) -> Iterator[Finding]:
    for failed in witnesses.failures(case.context.path).values():
        if failed.witness in attest.wanted(case.context.config.witness):
            text = f"no {failed.witness} since {failed.since}, asked again: {failed.problem}"
            late = case.now - datetime.fromisoformat(failed.since) > UNSEEN
            yield Finding("witnesses", "alarm" if failed.grave or late else "warning", text)


def _missed(source: Source) -> str:
    """Return what to do where figures should have come."""
    if source.layouts:
        return "look at the publisher's page and put the file into the inbox"
    return "see that the next file is delivered to the place that [[sources]] names"


def _some(texts: list[str]) -> str:
    """Return the first three, and how many more."""
    more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
    return "; ".join(texts[:3]) + more


def _awaited(facts: Facts) -> bool:
    """Whether anybody waits for the next month's figures: not before the first poll or file."""
    return facts["days_since_month_end"] is not None and facts["state"] != "new"


def _stuck(facts: Facts, now: datetime) -> bool:
    led = facts["service"] is not None or facts["mode"] == "timer"
    if not led or facts["last_wake"] is None:
        return False
    return now - datetime.fromisoformat(facts["last_wake"]["started_at"]) > STUCK


def size(path: Path) -> int:
    """Bytes of a file, 0 where there is none."""
    return path.stat().st_size if path.exists() else 0


NOT_UNDERSTOOD = (
    "the publisher's page links to what looks like data but is not understood: {unrecognized}"
)
LOOK_AT_IT = (
    "look at it, put a file that is wanted into the inbox, and name one that is not in fetch.ignore"
)
JOIN = "the totals are kept and the dimension left out, until [labels] joins each to a known one"
NO_LETTERS = "the mail queue is stopped: {mail_stopped}"
FAILED = "verification failed, nothing is shown: {verify_findings}"
SHOW_REFUSED = "`bordercast releases list --refused`"
STANDING = (
    _standing("nothing published", "alarm", _unpublished, "start with `bordercast run`"),
    _standing("all withdrawn", "alarm", _all_withdrawn, NEXT_RUN),
    _standing("overdue", "alarm", _overdue, _missed),
    _standing("verification", "alarm", FAILED, "restore a backup"),
    _standing("blocked", "alarm", _blocked, "put the file into the inbox"),
    _standing("not understood", "alarm", NOT_UNDERSTOOD, LOOK_AT_IT),
    _standing("mail queue", "alarm", NO_LETTERS, by_mail=False),
    _standing("last wake", "alarm", _failed),
    _standing("stuck", "alarm", _asleep, "restart it, or its timer"),
    _standing("room", "alarm", _full, "make room"),
    _standing("late", "warning", _late),
    _standing("notices", "warning", "{notices_held} notices wait", "`bordercast notices list`"),
    _standing("quarantine", "warning", "{files_in_quarantine} files are refused", SHOW_REFUSED),
    _standing("labels", "warning", "labels that are not known: {unknown_labels}", JOIN),
    _standing("inbox", "warning", "not taken out of the inbox: {left_in_inbox}"),
    _standing("undelivered", "warning", _undelivered, "`bordercast notices list`"),
    _standing("models", "warning", _left_out),
    _standing("without a run", "warning", _without_run),
    _standing("unreachable", "warning", _unreachable),
    _standing(
        "not running", "warning", _not_running, "`bordercast serve`, or a timer", by_mail=False
    ),
    _standing("log", "warning", _in_log, "end it; the copy is for analysts"),
    Check("witnesses", _unwitnessed, ("status",)),
)
_SETTINGS: tuple[Command, ...] = ("config check",)
_BOTH: tuple[Command, ...] = ("config check", "doctor")
_MACHINE: tuple[Command, ...] = ("doctor",)
CHECKS: tuple[Check, ...] = (
    Check("versions", lambda case: _versions(), _MACHINE),
    Check("settings", _settings, _MACHINE),
    Check("contact", _refusing(_contact), _SETTINGS),
    Check("mail server", _refusing(lambda config: _server(config.mail)), _SETTINGS),
    Check("certificates", _refusing(lambda config: _certificates(config.mail)), _BOTH),
    Check("password", _refusing(lambda config: _password(config.mail)), _SETTINGS),
    Check("hooks", _refusing(lambda config: _hooks(config.notices.hooks)), _BOTH),
    Check("witness", _refusing(lambda config: attest.check_settings(config.witness)), _BOTH),
    Check("compute", _refusing(lambda config: _compute(config.compute)), _BOTH),
    Check("database", lambda case: _database(case.context.path), _MACHINE),
    Check("folder", lambda case: _permissions(case.context.path, case.context.config), _MACHINE),
    Check("inbox", lambda case: _inbox(case.context.path, case.context.config), _MACHINE),
    Check("file system", lambda case: _file_system(case.context.path), _MACHINE),
    Check("clock", lambda case: _clock(case.context.path, case.now), _MACHINE),
    Check("fetch", lambda case: _fetch(case.context.config, case.context.source), _MACHINE),
    Check("mail", lambda case: _mail(case.context.config), _MACHINE),
    Check("disk", lambda case: _disk(case.context.path), _MACHINE),
    *STANDING,
)
