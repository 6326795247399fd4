"""The inbox: files that people put there, looked at with distrust.

Whoever may write into the inbox must not be able to make the service read what only the service may
read (`ln -s /proc/self/environ inbox/a.csv`), nor to stop it by an odd name. So only regular files
of the service's user, of root or of the inbox's owner are opened, without following a link, and
each is read once: what is hashed, parsed and kept are the same bytes.
"""

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from forecast.context import Context
from forecast.errors import DataError
from forecast.files import MAX_BYTES
from forecast.words import printable
from jobs.arrivals.arrival import Arrival, IngestResult

STILL = 30.0  # seconds without a change after which a file counts as complete: copies may pause
WRITTEN = f"has changed within {STILL:g} seconds; it is left until it is still"
LOOK_AGAIN = 1.0  # seconds between two looks at a file that is not still
_PASSING = (".part", ".tmp", ".crdownload", ".filepart")  # of files that are not finished
FileStatus = tuple[int, ...]
_NAME_BYTES = 200  # of a name that is kept: file systems take 255, and endings are added


def make(folder: Path) -> None:
    """Make the inbox, so that a file copied to its place does not take its name."""
    with suppress(OSError):  # it is there, or `look` and `doctor` say what is in the way
        folder.mkdir(mode=0o755, parents=True)


def look(folder: Path) -> dict[Path, str]:
    """Return what lies in the inbox now, and why it is left there, "" of a file to take in.

    Never raises for what it finds there. WRITTEN : the one reason that may pass by itself.
    """
    if not os.path.lexists(folder):
        return {}
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except NotADirectoryError:
        return {folder: "is no folder; move it away, make the folder, and put files into it"}
    except OSError as error:
        return {folder: f"cannot be listed ({error.strerror})"}
    seen = {}
    for entry in entries:
        if entry.name.startswith(".") or entry.name.endswith(_PASSING):
            continue
        with suppress(FileNotFoundError):  # gone meanwhile
            if entry.is_dir(follow_symlinks=False):
                continue
            status = entry.stat(follow_symlinks=False)
            reason = _no_file(status)
            if entry.is_symlink():
                reason = "is a symbolic link; put the file itself there"
            elif not reason and 0 <= time.time() - status.st_mtime < STILL:
                reason = WRITTEN
            seen[Path(entry.path)] = reason
    return seen


def left(folder: Path) -> dict[str, str]:
    """Return what stays in the inbox until a person sees to it, by name, and why."""
    reasons = look(folder).items()
    return {file_name(path): reason for path, reason in reasons if reason not in ("", WRITTEN)}


def in_inbox(db: object, context: Context, today: str) -> list[Arrival]:
    """Origin: what lies in the inbox and is complete, by name."""
    folder = context.path.parent / context.config.fetch.inbox
    files = (_arrival(file, folder, today) for file, why in look(folder).items() if not why)
    return [file for file in files if context.takes(file.name)]


def wait_until_still(folder: Path, tell: Callable[[str], None] = lambda name: None) -> None:
    """Wait while files are being written, but no longer than twice the time they must be still.

    tell : told once of each file that is waited for.
    """
    until, named = time.monotonic() + 2 * STILL, set[str]()
    while time.monotonic() < until:
        names = {file_name(path) for path, why in look(folder).items() if why == WRITTEN}
        if not names:
            return
        for name in sorted(names - named):
            tell(name)
        named |= names
        time.sleep(LOOK_AGAIN)


def read_once(path: Path, folder: Path | None = None) -> tuple[bytes, FileStatus]:
    """Return a regular file's bytes, opened once, and that by which a change since then shows.

    folder : the inbox it lies in, which distrusts links and strangers' files; None for a file that
        the operator named.

    DataError if it cannot be read, or is not to be; nothing of its content is in the reason.
    """
    name = file_name(path)
    # Not blocking: a named pipe would be waited on for ever.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (os.O_NOFOLLOW if folder else 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            before = os.fstat(file.fileno())
            reason = _no_file(before)
            if folder and not reason:  # not for whoever put it there
                if before.st_uid not in (os.geteuid(), 0, folder.stat().st_uid):
                    owners = "neither the service's, nor root, nor the inbox's owner"
                    reason = f"belongs to a user who is {owners}"
                elif before.st_nlink > 1:
                    reason = "is a second name (hard link) of another file; put a copy there"
            content = b"" if reason else file.read(MAX_BYTES + 1)
            after = os.fstat(file.fileno())
    except OSError as error:
        raise DataError(f"{name}: cannot be read ({error.strerror})") from error
    if len(content) > MAX_BYTES:
        reason = f"larger than {MAX_BYTES:,} bytes"
    elif not reason and (_seen(after) != _seen(before) or len(content) != before.st_size):
        reason = WRITTEN
    if reason:
        raise DataError(f"{name}: {reason}")
    return content, _seen(before)


def remove(path: Path, seen: FileStatus) -> None:
    """Take a file that was read out of the inbox, unless it changed; DataError if we may not."""
    try:
        if _seen(path.lstat()) == seen:
            path.unlink()
    except FileNotFoundError:
        pass
    except OSError as error:
        reason = f"was taken in, but cannot be removed ({error.strerror}); remove it"
        raise DataError(f"{file_name(path)}: {reason}") from error


def file_name(path: Path) -> str:
    """Return a base name under which a file can be kept and shown, whatever bytes it has."""
    plain = printable(path.name).encode()[:_NAME_BYTES].decode(errors="ignore")
    # Endings by which the archive knows its own files.
    return f"{plain}_" if plain.endswith((".part", ".reason.txt")) else plain


def _no_file(status: os.stat_result) -> str:
    return "" if stat.S_ISREG(status.st_mode) else "is no regular file"


def _seen(status: os.stat_result) -> FileStatus:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _arrival(file: Path, folder: Path, today: str) -> Arrival:
    """Return a file of the inbox, which leaves it once it was taken in."""
    seen: list[FileStatus] = []

    def content() -> bytes:
        read, was = read_once(file, folder)
        seen.append(was)
        return read

    def settle(result: IngestResult) -> str:
        if not seen:  # it could not be read
            return result.reason
        try:
            remove(file, seen[-1])
        except DataError as error:
            return str(error)
        return ""

    return Arrival(file_name(file), content, today, "inbox", settle=settle)
