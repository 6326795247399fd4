"""Backups: whole copies of the record and of ops.db, the way back, and a drill of both.

    backups/20261125T150000Z/bordercast.db    the record
    backups/20261125T150000Z/ops.db           who was told what; copied second, so that it never
                                              knows less than the record beside it

A restored record sends nothing again: the ops.db in place stays if it is whole; if it has to be
restored as well, whatever waited in it is given up, because it may have been sent since.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from forecast import atomic
from forecast.config import Config
from forecast.errors import BordercastError, ConfigError, DataError
from forecast.store import connect, copies, ops, read
from jobs.intake import archive
from jobs.service import health, upkeep
from jobs.service.daemon import leader_lock


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup, or what was restored from it; silenced : deliveries given up."""

    folder: Path
    run_id: int
    digest: str
    silenced: int = 0


def make(path: Path, config: Config, now: datetime, to: Path | None = None) -> Backup:
    """Copy both files as they stand into a new folder; others may go on working.

    Raises
    ------
    DataError : the copy is not whole, or there is no room; no folder is left then.
    """
    free = shutil.disk_usage(path.parent).free if path.parent.is_dir() else 0
    if path.exists() and free < 2 * path.stat().st_size:
        raise DataError(f"{free:,} bytes are free; a backup needs {health.room_needed(path):,}")
    folder = to or path.parent / config.service.backups / f"{now:%Y%m%dT%H%M%SZ}"
    if folder.exists():
        raise ConfigError(str(folder), "backup", "is there already; name another folder")
    part = folder.with_name(folder.name + atomic.PART)
    shutil.rmtree(part, ignore_errors=True)
    if to is None:
        archive.make_private(folder.parent)
    archive.make_private(part)
    try:
        copies.copy(path, part / path.name, connect.OWNER_ONLY)
        if ops.beside(path).exists():
            copies.copy(ops.beside(path), part / ops.NAME, connect.OWNER_ONLY, ops.SCHEMA)
        made = examine(part, path.name)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Backup(folder, made.run_id, made.digest)


def examine(folder: Path, name: str) -> Backup:
    """What a backup holds; DataError if it is not whole or its record was edited."""
    file = folder / name
    if not file.exists():
        raise DataError(f"{folder}: no {name} in it; name the folder of a backup")
    found = copies.problems(file)
    if (folder / ops.NAME).exists():
        found += copies.problems(folder / ops.NAME, ops.SCHEMA)
    if found:
        raise DataError(f"{folder}: " + "; ".join(found))
    with closing(connect.read(file)) as connection:
        latest = read.latest_run(connection)
    return Backup(folder, latest.id if latest else 0, latest.digest if latest else "")


def restore(folder: Path, path: Path, config: Config, now: datetime) -> Backup:
    """Put a backup in the place of the record, with no daemon leading.

    Raises
    ------
    DataError : the backup is not whole; nothing was changed. BusyError : somebody is at work.
    """
    held = examine(folder, path.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(path.name + ".lock")
    with connect.locked(leader_lock(path), 0), connect.locked(own, connect.LOCK_WAIT):
        silenced = _restore_ops(folder, path, now)
        copies.put_back(folder / path.name, path)
    with connect.writing(path):
        pass  # a backup from before an upgrade is brought up to date
    upkeep.verify(path, now)
    upkeep.write_snapshot(path, config)
    return Backup(folder, held.run_id, held.digest, silenced)


def drill(path: Path, config: Config, now: datetime) -> Backup:
    """Make a backup, restore it elsewhere, compare; leaves the backup and nothing else.

    Raises
    ------
    DataError : it was not whole, or what was restored is not what was copied.
    """
    made = make(path, config, now)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="drill-") as elsewhere:
        back = Path(elsewhere) / path.name
        restore(made.folder, back, config, now)
        restored = examine(back.parent, path.name)
    if (restored.run_id, restored.digest) != (made.run_id, made.digest):
        raise DataError(f"{made.folder}: restored, it is at run {restored.run_id}, not as made")
    return made


def _restore_ops(folder: Path, path: Path, now: datetime) -> int:
    """Restore ops.db unless the one in place is whole; how many deliveries were given up."""
    place, source = ops.beside(path), folder / ops.NAME
    if not source.exists() or (place.exists() and _whole(place)):
        return 0
    with connect.locked(place.with_name(place.name + ".lock"), connect.LOCK_WAIT):
        copies.put_back(source, place)
    return copies.silence(path, now, f"restored from {folder.name}: it may have been sent since")


def _whole(place: Path) -> bool:
    try:
        return not copies.problems(place, ops.SCHEMA)
    except BordercastError:
        return False
