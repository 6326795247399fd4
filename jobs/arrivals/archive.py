"""Where files lie: the archive and the quarantine; see `inbox` for what waits.

    archive/SHA256/NAME                  accepted, kept for ever
    quarantine/SHA256/NAME               refused, and beside it
    quarantine/SHA256/NAME.reason.txt    why

A file is known by its content, so keeping it twice changes nothing. It appears under its name
only when it is complete and on the disk: it is written under another name and renamed. Nobody but
the service's user may look into the two folders, whatever the umask: a refused file may be
anything.
"""

import shutil
import stat
from pathlib import Path
from sqlite3 import Connection
from typing import NamedTuple

from forecast import files
from forecast.config import Config
from forecast.context import Context
from forecast.store import connect, ops, releases
from forecast.store.ops import Download
from jobs.arrivals import inbox
from jobs.arrivals.arrival import Arrival, IngestResult

REASON = ".reason.txt"
PRIVATE = 0o700


class Folders(NamedTuple):
    """Where the files of a database are kept; made when first needed."""

    inbox: Path
    archive: Path
    quarantine: Path


def folders(path: Path, config: Config) -> Folders:
    """Return the folders of the database `path`, beside it unless the settings say otherwise."""
    of = config.fetch
    return Folders(*(path.parent / name for name in (of.inbox, of.archive, of.quarantine)))


def downloads(db: Connection | None, context: Context, today: str) -> list[Arrival]:
    """Origin: downloads that are not in the record, or refused there but here once more.

    In the order in which they came: of one address, names do not tell which is older.
    """
    if not ops.ops_path(context.path).exists():
        return []
    kept_in = folders(context.path, context.config).archive
    with ops.reading(context.path) as ops_db:
        downloaded = ops.downloads(ops_db)
    by_content = {row.sha256: row for row in reversed(downloaded)}  # the address that had it first
    return [
        _download(context.path, kept_in, row)
        for row in reversed(by_content.values())
        if context.takes(row.file_name)
        and (kept_in / row.sha256 / row.file_name).exists()
        and (
            db is None
            or (earlier := releases.find_by_hash(db, row.sha256)) is None
            or earlier["status"] == "quarantined"
        )
    ]


def _download(path: Path, kept_in: Path, download: Download) -> Arrival:
    def content() -> bytes:
        return inbox.read_once(kept_in / download.sha256 / download.file_name)[0]

    def settle(result: IngestResult) -> str:
        if result.outcome == "refused":  # the quarantine has it now, and it is asked for again
            remove(kept_in, download.sha256)
            with ops.writing(path) as ops_db:
                connect.write(ops_db, "forget_validators", (download.sha256,))
        return ""

    first_seen, address = download.first_seen_at, download.url
    return Arrival(download.file_name, content, first_seen, "publisher", address, settle=settle)


def make(kept_in: Folders) -> None:
    """Make the inbox, and the two others as nobody else's; they may have been readable before."""
    inbox.make(kept_in.inbox)
    make_private(kept_in.archive)
    make_private(kept_in.quarantine)


def keep_bytes(folder: Path, sha256: str, name: str, content: bytes) -> Path:
    """Keep a content in the archive or the quarantine; returns where it is now."""
    path = folder / sha256 / name
    if not path.exists():
        _write(path, content)
    return path


def refuse(folder: Path, sha256: str, name: str, content: bytes, reason: str) -> Path:
    """Keep a content in the quarantine, with the reason beside it; returns where it is now."""
    path = keep_bytes(folder, sha256, name, content)
    _write(path.with_name(path.name + REASON), f"{reason}\n".encode())
    return path


def find(folder: Path, sha256: str) -> Path | None:
    """Return the kept file with this content, None if there is none."""
    place = folder / sha256
    names = sorted(place.iterdir()) if place.is_dir() else []
    return next((path for path in names if not path.name.endswith((files.PART, REASON))), None)


def remove(folder: Path, sha256: str) -> None:
    """Take a content out of a folder; nothing happens if it is not there."""
    shutil.rmtree(folder / sha256, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    make_private(path.parent.parent)
    make_private(path.parent)
    # A name that is there stands for all of its content, also after a power cut.
    with files.replacing(path, 0o600, alone=True) as part:
        part.write_bytes(content)
    files.sync(path.parent.parent)


def make_private(folder: Path) -> None:
    """Make a folder, or a folder that is there, nobody else's, whatever the umask."""
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) != PRIVATE:
        folder.chmod(PRIVATE)
