"""Is this machine fit for the service? Each finding with what to do about it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from forecast.config import Config, without_logins
from forecast.errors import BordercastError
from forecast.store import connect, ops, read
from forecast.version import __version__
from jobs.arrivals import archive, inbox
from jobs.service import health

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


class Finding(NamedTuple):
    """One thing looked at. verdict : "bad" needs something done before the service can work."""

    name: str
    verdict: Literal["good", "note", "bad"]
    found: str
    do: str = ""


def examine(context: Context, source: str, now: datetime) -> list[Finding]:
    """Everything, in order; nothing is changed, and no mail is sent.

    Parameters
    ----------
    path : the database, which need not be there yet. source : where the settings came from.
    """
    return [
        *_versions(),
        Finding("settings", "good", source),
        *_database(context.path),
        *_permissions(context.path, context.config),
        *_inbox(context.path, context.config),
        *_file_system(context.path),
        *_clock(context.path, now),
        *_fetch(context.config, context.source),
        *_mail(context.config),
        *_disk(context.path),
    ]


def _versions() -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("bordercast", "good", f"{__version__}, Python {python}")
    yield _sqlite()
    for name in LIBRARIES:
        try:
            yield Finding(name, "good", version(name))
        except PackageNotFoundError:
            needed: Literal["note", "bad"] = "note" if name == "prophet" else "bad"
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
    """Whether a user may list a folder and take files out of it."""
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
    free, needed = shutil.disk_usage(folder).free, health.room_needed(path)
    if free < needed:
        yield Finding("disk", "bad", f"{free:,} bytes free, {needed:,} needed", "make room")
    else:
        yield Finding("disk", "good", f"{free:,} bytes free")
