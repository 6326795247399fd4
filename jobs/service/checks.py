"""What is looked at to say whether the service is well: one list, and three commands that show it.

    config check    settings that would fail when they are needed, without the network
    doctor          the settings and the machine, also what is good
    status          what needs a person, by the record and its service

A check is a name, who shows it, and a look that yields findings, each with what to do. Nothing is
changed, and no mail is sent. A new check is a look and a line of CHECKS, or a line of `_standing`.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from forecast import months
from forecast.config import Compute, Config, CountsSection, Hook, without_logins
from forecast.context import Context
from forecast.errors import BordercastError, ConfigError
from forecast.sources.source import Source
from forecast.store import connect, ops, read, witnesses
from forecast.store.wakes import Wake
from forecast.types import Row
from forecast.version import __version__
from forecast.words import NEXT_RUN, first_few, like, withdrawn_alone
from jobs.arrivals import archive, inbox
from jobs.deliver import transports
from jobs.witness import attest

LIBRARIES = ("numpy", "pandas", "scipy", "statsmodels", "prophet", "apscheduler", "httpx")
# Two connections that write or checkpoint at once can lose a commit; we keep to one.
WAL_RESET_BUG = ((3, 7, 0), (3, 51, 2))
# Statements with more aggregate terms than columns corrupt memory in older ones (CVE-2025-6965).
SAFE_FOR_OTHERS = (3, 50, 2)
# Locks and the log of a database do not work over a network.
REMOTE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs")
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
OTHERS_MAY_READ = stat.S_IRGRP | stat.S_IROTH
LATE = 22  # days after the end of the month whose figures are due
UNSEEN = timedelta(days=2)  # without a witness that is asked
STUCK = timedelta(hours=30)  # without a wake, while a daemon leads or by a timer
ROOM = 4  # times the database that must be free: a backup, a copy, a log, and as much again
SMALLEST_ROOM = 200_000_000
FindingVerdict = Literal["good", "note", "bad", "warning", "alarm"]
# The mail queue cannot say by mail that it is stopped, nor that nobody runs it.
NotByMail = Literal["mail queue", "not running"]
NOT_BY_MAIL = get_args(NotByMail)


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


@dataclass(frozen=True)
class ServiceFacts:
    """How a record and its service stand, as `status` tells programs.

    service : the process that leads. next_wake : when it means to wake. last_wake, blocked : rows
    of ops.db, None without one. provisional : months whose count is not the last word, a sentence
    each. wal_held_by : processes that read what stood before, None if the newest run is not in
    the log alone.
    """

    data_through: str | None = None
    state: Literal["in use", "new"] = "new"
    last_run: int | None = None
    last_withdrawn: int | None = None
    published_at: str | None = None
    releases_without_run: Sequence[str] = ()
    files_in_quarantine: int = 0
    asked: Sequence[str] = ()
    models_left_out: Sequence[str] = ()
    misdated: Sequence[str] = ()
    disputed: Sequence[str] = ()
    provisional: Sequence[str] = ()
    notices_held: int = 0
    witnesses: Mapping[str, str] = field(default_factory=dict)
    days_since_month_end: int | None = None
    figures_old: bool = False
    service: int | None = None
    mode: str | None = None
    last_wake: Wake | None = None
    next_wake: str | None = None
    blocked: Row | None = None
    unrecognized: Sequence[str] = ()
    unknown_labels: Sequence[str] = ()
    left_in_inbox: Sequence[str] = ()
    undelivered: Mapping[str, int] = field(default_factory=dict)
    mail_stopped: str = ""
    verified_at: str | None = None
    verify_findings: str = ""
    wal_bytes: int = 0
    wal_held_by: Sequence[int] | None = None
    database_bytes: int = 0
    free_bytes: int = 0


class ServiceCase(NamedTuple):
    """What is looked at. settings_from : where the settings came from. facts : of `status`."""

    context: Context
    now: datetime
    settings_from: str = ""
    facts: ServiceFacts = ServiceFacts()


def findings(case: ServiceCase, command: str) -> Iterator[Finding]:
    """Yield what "config check", "doctor" or "status" shows, in order."""
    for shown_by, look in CHECKS:
        if command in shown_by:
            yield from look(case)


# -- settings --------------------------------------------------------------------------------------


def _refusing(
    look: Callable[[Config], object], when: Callable[[Config], object] = lambda config: True
) -> Callable[[ServiceCase], Iterator[Finding]]:
    """Return a check of settings that are well formed, and yet would fail when they are needed."""

    def look_at(case: ServiceCase) -> Iterator[Finding]:
        try:
            if when(case.context.settings):
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


def without_effect(context: Context) -> Iterator[str]:
    """Yield valid settings that fit no series or no month of the record, once it has some."""
    for measure in context.each():
        named, newest = dict.fromkeys(measure.source.totals.every), months.today().isoformat()
        if measure.begun():
            with closing(connect.read(context.path)) as connection:
                measure.scope(connection)
                named |= {f"{k.total}:{k.member}": None for k in read.series_keys(connection)}
                run = read.latest_run(connection)
            newest = run.data_through if run else newest
        section = next(iter(measure.config.sources), None)
        for name in section.closed if named and isinstance(section, CountsSection) else ():
            if name not in named:
                yield f"closed: {name!r} is no series on record; {like(name, named)}"
        first = measure.config.forecast.first_cutoff
        if first > newest[:7]:
            yield f"first_cutoff: {first} is later than {newest[:7]}, so that no hindcast is scored"


def _contact(config: Config) -> None:
    from jobs.arrivals import publisher

    publisher.refuse_anonymous(config)


def _hooks(chosen: tuple[Hook, ...]) -> None:
    """Each hook can be posted to, and has a name of its own."""
    for hook in chosen:
        transports.check_hook(hook)
    if len({hook.name for hook in chosen}) < len(chosen):
        raise ConfigError("config.toml", "notices.hooks", "two hooks have the same name")


def _compute(settings: Compute) -> None:
    if settings.engine != "dask":
        return
    if not settings.scheduler:
        raise ConfigError("config.toml", "compute.scheduler", "is empty; name the Dask cluster's")
    if find_spec("distributed") is None:
        problem = "needs Dask: pip install 'bordercast[dask]'"
        raise ConfigError("config.toml", "compute.engine", problem)


def _either(name: str, good: str, wrong: str, do: str) -> Finding:
    """Return what is good, or what is wrong and what to do, where something is."""
    return Finding(name, "bad", wrong, do) if wrong else Finding(name, "good", good)


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
    wrong = "" if answer == "ok" else answer
    good = f"{path}, {path.stat().st_size:,} bytes"
    yield _either("database", good, wrong, "restore a backup: `bordercast restore`")


def _permissions(path: Path, config: Config) -> Iterator[Finding]:
    folder = path.resolve().parent
    ours = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    wrong = "" if ours else f"{folder} cannot be written"
    yield _either("folder", str(folder), wrong, "make it, owned by the service")
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
    may = _may(owner.st_uid, owner.st_gid, folder)
    wrong = f"{folder}: user {owner.st_uid} may not list it and take files out of it"
    yield _either("inbox", str(folder), "" if may else wrong, f"chown {owner.st_uid} {folder}")
    for name, reason in inbox.left(folder).items():
        yield Finding("inbox", "note", f"{name}: {reason}", "take it away")


def _may(uid: int, gid: int, folder: Path) -> bool:
    """Return whether a user may list a folder and take files out of it."""
    if os.geteuid() != 0 or uid == 0:  # nobody else can be tried
        return os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    test = 'test -r "$1" && test -w "$1" && test -x "$1"'
    command = ["/bin/sh", "-c", test, "sh", str(folder.resolve())]
    done = subprocess.run(command, user=uid, group=gid, extra_groups=[], cwd="/", check=False)
    return done.returncode == 0


def _file_system(path: Path, mounts: Path = Path("/proc/mounts")) -> Iterator[Finding]:
    kind = file_system(path.resolve().parent, mounts)
    advice = "put the database on a local disk: locks and the log do not work over a network"
    yield _either("file system", kind or "unknown", kind if kind in REMOTE else "", advice)


def file_system(folder: Path, mounts: Path) -> str:
    """Kind of the file system a folder lies on, "" if it cannot be told."""
    if not mounts.exists():
        return ""
    kinds = {Path(line.split()[1]): line.split()[2] for line in mounts.read_text().splitlines()}
    return next((kinds[place] for place in (folder, *folder.parents) if place in kinds), "")


def _clock(path: Path, now: datetime) -> Iterator[Finding]:
    last = _last_moment(path)
    at, wrong = f"{now:%Y-%m-%d %H:%M} UTC", ""
    if last is not None and now < last - timedelta(minutes=5):
        wrong = f"it is {at}, but the last run was published on {last}"
    elif now.year < 2026:
        wrong = f"it is {at}, before this program was written"
    yield _either("clock", at, wrong, "set the clock: timedatectl set-ntp true")


def _last_moment(path: Path) -> datetime | None:
    try:
        with closing(connect.read(path)) as connection:
            latest = read.latest_run(connection)
    except (BordercastError, sqlite3.DatabaseError):  # `database` says what is wrong
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
    place = f"{config.mail.host}:{config.mail.port}"
    try:
        transports.check_mail(config.mail)
        transports.reach(config.mail)
        yield Finding("mail", "good", f"{place} accepts the login")
    except (BordercastError, OSError) as error:
        yield Finding("mail", "bad", f"{place}: {error}", "check [mail], the network, the password")


def _disk(path: Path) -> Iterator[Finding]:
    folder = path.resolve().parent
    if not folder.is_dir():
        return
    free, needed = shutil.disk_usage(folder).free, room_needed(path)
    words = f"{free:,} bytes free"
    wrong = f"{words}, {needed:,} needed" if free < needed else ""
    yield _either("disk", words, wrong, "make room")


def room_needed(path: Path) -> int:
    """Free bytes below which a run or a backup may not find its place."""
    return max(ROOM * size(path), SMALLEST_ROOM)


# -- what needs a person ---------------------------------------------------------------------------


# What there is to say -> how, and what to do. `_standing` says which of it is so.
ALARMS = {
    "nothing published": ("nothing is published yet", "start with `bordercast run`"),
    "all withdrawn": ("{}", NEXT_RUN),
    "overdue": (
        "overdue: {} days since the month's end, and no figures",
        "look at the publisher's page and put the file into the inbox",
    ),
    "overdue delivery": (
        "overdue: {} days since the month's end, and no figures",
        "see that the next file is delivered to the place that [[sources]] names",
    ),
    "verification": ("verification failed, nothing is shown: {}", "restore a backup"),
    "blocked": ("the publisher's page has blocked us since {}", "put the file into the inbox"),
    "not understood": (
        "the publisher's page links to what looks like data but is not understood: {}",
        "look at it, put a file that is wanted into the inbox, and name one that is not in "
        "fetch.ignore",
    ),
    "mail queue": ("the mail queue is stopped: {}", ""),
    "last wake": ("the last wake failed: {}", ""),
    "stuck": ("the service has stopped waking up", "restart it, or its timer"),
    "room": ("only {} bytes are free", "make room"),
}
WARNINGS = {
    "dates": ("dates that do not hold: {}", "see `bordercast verify`"),
    "disputed": ("said, but not borne by the record: {}", "see `bordercast audit`"),
    "late": ("late: {} days since the month's end, and no figures yet", ""),
    "notices": ("{} notices wait", "`bordercast notices list`"),
    "quarantine": ("{} files are refused", "`bordercast releases list --refused`"),
    "asked": (
        "held until it is answered: {}",
        "`bordercast releases list --refused`, then `bordercast releases accept N --as ANSWER`",
    ),
    "labels": (
        "labels that are not known: {}",
        "the totals are kept and the dimension left out, until [labels] joins each to a known one",
    ),
    "inbox": ("not taken out of the inbox: {}", ""),
    "undelivered": ("{} messages will never arrive", "`bordercast notices list`"),
    "models": ("left out of the last run, wholly or in part: {}", ""),
    "without a run": ("accepted, not in a run yet: {}", ""),
    "unreachable": ("the page was not reachable at the last poll", ""),
    "not running": ("the service is not running", "`bordercast serve`, or a timer"),
    "log": ("run {} still reads what stood before", "end it; the copy is for analysts"),
}


def _standing(case: ServiceCase) -> Iterator[Finding]:
    """Yield what needs a person by the facts of `status`."""
    facts, now, source = case.facts, case.now, case.context.source
    days, wake, free = facts.days_since_month_end, facts.last_wake, facts.free_bytes
    withdrawn = facts.last_withdrawn if facts.last_run is None else None
    led = facts.service is not None or facts.mode == "timer"
    since = facts.blocked and facts.blocked["blocked_since"]
    late, due = days or 0, source.due
    overdue = late >= due.overdue and late
    readers = ", ".join(map(str, facts.wal_held_by or ()))
    # What is not so is nothing, 0 or "".
    so: dict[str, object] = {
        "nothing published": facts.last_run is None and withdrawn is None,
        "all withdrawn": withdrawn and withdrawn_alone(withdrawn),
        "overdue": source.layouts and overdue,
        "overdue delivery": not source.layouts and overdue,
        "verification": facts.verify_findings,
        "blocked": since,
        "not understood": first_few(facts.unrecognized, "; "),
        "mail queue": facts.mail_stopped,
        "last wake": wake and wake.outcome == "failed" and (wake.detail or " "),
        "stuck": led and wake and now - datetime.fromisoformat(wake.started_at) > STUCK,
        "room": free < max(ROOM * facts.database_bytes, SMALLEST_ROOM) and f"{free:,}",
        "dates": "; ".join(facts.misdated[:3]),
        "disputed": "; ".join(facts.disputed[:3]),
        # Nobody waits for the next figures before the first poll or file; old ones are said to be.
        "late": facts.state != "new"
        and min(LATE, source.due.last) <= late < source.due.overdue
        and late,
        "notices": facts.notices_held,
        "quarantine": facts.files_in_quarantine,
        "asked": first_few(facts.asked, "; "),
        "labels": first_few(facts.unknown_labels, "; "),
        "inbox": first_few(facts.left_in_inbox, "; "),
        "undelivered": sum(facts.undelivered.get(state, 0) for state in ("refused", "given up")),
        "models": ", ".join(facts.models_left_out),
        "without a run": ", ".join(facts.releases_without_run),
        "unreachable": facts.blocked and not since,
        "not running": not led,
        "log": facts.wal_held_by is not None
        and f"{facts.last_run} stands only in the log ({facts.wal_bytes:,} bytes), which "
        f"grows while {f'process {readers}' if readers else 'another process'}",
    }
    verdicts: Mapping[FindingVerdict, Mapping[str, tuple[str, str]]]
    verdicts = {"alarm": ALARMS, "warning": WARNINGS}
    for verdict, concerns in verdicts.items():
        for name, (found, do) in concerns.items():
            if so[name]:
                yield Finding(name, verdict, found.format(so[name]), do)


def _unwitnessed(case: ServiceCase) -> Iterator[Finding]:
    for failed in witnesses.failures(case.context.path).values():
        if failed.witness in attest.wanted(case.context.config.witness):
            since = f"no {failed.witness} since {failed.since}"
            text = f"{since}, asked again: {failed.problem}"
            late = case.now - datetime.fromisoformat(failed.since) > UNSEEN
            yield Finding("witnesses", "alarm" if failed.grave or late else "warning", text)


def size(path: Path) -> int:
    """Bytes of a file, 0 where there is none."""
    return path.stat().st_size if path.exists() else 0


_BOTH, _CONFIG, _DOCTOR = ("config check", "doctor"), ("config check",), ("doctor",)
CHECKS: tuple[tuple[tuple[str, ...], Callable[[ServiceCase], Iterator[Finding]]], ...] = (
    (_DOCTOR, lambda case: _versions()),
    (_DOCTOR, lambda case: iter([Finding("settings", "good", case.settings_from)])),
    (_CONFIG, _refusing(_contact, lambda c: c.polls)),
    (_CONFIG, _refusing(lambda c: transports.check_mail(c.mail), lambda c: c.mail.enabled)),
    # Whether or not mail is on: a file that is named is meant to be there.
    (_BOTH, _refusing(lambda c: transports.tls(c.mail), lambda c: c.mail.ca_file)),
    (
        _CONFIG,
        _refusing(
            lambda c: transports.password(c.mail),
            lambda c: c.mail.password_file or (c.mail.enabled and c.mail.user),
        ),
    ),
    (_BOTH, _refusing(lambda config: _hooks(config.notices.hooks))),
    (_BOTH, _refusing(lambda config: attest.check_settings(config.witness))),
    (_BOTH, _refusing(lambda config: _compute(config.compute))),
    (_DOCTOR, lambda case: _database(case.context.path)),
    (_DOCTOR, lambda case: _permissions(case.context.path, case.context.config)),
    (_DOCTOR, lambda case: _inbox(case.context.path, case.context.config)),
    (_DOCTOR, lambda case: _file_system(case.context.path)),
    (_DOCTOR, lambda case: _clock(case.context.path, case.now)),
    (_DOCTOR, lambda case: _fetch(case.context.config, case.context.source)),
    (_DOCTOR, lambda case: _mail(case.context.config)),
    (_DOCTOR, lambda case: _disk(case.context.path)),
    (("status",), _standing),
    (("status",), _unwitnessed),
)
