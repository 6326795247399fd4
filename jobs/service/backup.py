"""Backups: whole copies of the record and of ops.db, the way back, and a drill of both.

    backups/20261125T150000Z/bordercast.db    the record
    backups/20261125T150000Z/ops.db           who was told what; copied second, so that it never
                                              knows less than the record beside it
    backups/20261125T150000Z/unsubscribe.key  by which links in mails that were sent stay good

A restored record sends nothing again: the ops.db in place stays if it is whole; if it has to be
restored as well, whatever waited in it is given up, because it may have been sent since. A key in
place stays too.
"""

import shutil
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from forecast import files
from forecast.config import Config
from forecast.errors import BordercastError, ConfigError, DataError
from forecast.store import connect, copies, integrity, ops, read, schema
from jobs.arrivals import archive
from jobs.deliver import unsubscribe
from jobs.service import checks, upkeep
from jobs.service.daemon import leader_lock


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup, or what was restored from it; silenced : deliveries given up."""

    folder: Path
    run_id: int
    digest: str
    silenced: int = 0


def make(path: Path, config: Config, now: datetime, to: Path | None = None) -> Backup:
    """Copy the record and what goes with it into a new folder; others may go on working.

    DataError if the record or its copy is not whole, or there is no room; no folder is left then.
    """
    # What a killed one left takes up the room that a copy needs.
    upkeep.sweep_killed(path, config)
    free = shutil.disk_usage(path.parent).free if path.parent.is_dir() else 0
    if path.exists() and free < 2 * path.stat().st_size:
        raise DataError(f"{free:,} bytes are free; a backup needs {checks.room_needed(path):,}")
    folder = to or path.parent / config.service.backups / f"{now:%Y%m%dT%H%M%SZ}"
    if folder.exists():
        raise ConfigError(str(folder), "backup", "is there already; name another folder")
    part = folder.with_name(folder.name + files.PART)
    shutil.rmtree(part, ignore_errors=True)
    if to is None:
        archive.make_private(folder.parent)
    archive.make_private(part)
    with upkeep.under_way(part):
        _copy(path, part / path.name, schema.SCHEMA)
        if ops.ops_path(path).exists():
            _copy(ops.ops_path(path), part / ops.NAME, ops.SCHEMA)
        unsubscribe.copy_key(path.parent, part)
        made = examine(part, path.name)
        # Whole or not there: whoever finds a folder of this name need not look into it.
        part.rename(folder)
    return Backup(folder, made.run_id, made.digest)


def _copy(path: Path, to: Path, schema: str) -> None:
    """Copy a database that is whole; the copy has new indexes, which hide that old ones are not."""
    with closing(connect.read(path, schema)) as connection:
        damage = integrity.damage(connection)
    if damage:
        raise DataError(f"{path}: {'; '.join(damage)}; restore a backup made before")
    copies.copy(path, to, connect.OWNER_ONLY, schema)


def examine(folder: Path, name: str) -> Backup:
    """Return what a backup holds; DataError if it is not whole or its record was edited."""
    file = folder / name
    if not file.exists():
        raise DataError(f"{folder}: no {name} in it; name the folder of a backup")
    problems = copies.problems(file)
    if (folder / ops.NAME).exists():
        problems += copies.problems(folder / ops.NAME, ops.SCHEMA)
    problems += unsubscribe.key_problems(folder)
    if problems:
        raise DataError(f"{folder}: " + "; ".join(problems))
    with closing(connect.read(file)) as connection:
        latest = read.latest_run(connection)
    return Backup(folder, latest.id if latest else 0, latest.digest if latest else "")


def restore(folder: Path, path: Path, config: Config, now: datetime) -> Backup:
    """Put a backup in the place of the record, with no daemon leading.

    DataError if the backup is not whole, and nothing was changed; BusyError if somebody is at work.
    """
    problems = examine(folder, path.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(path.name + ".lock")
    with connect.locked(leader_lock(path), 0), connect.locked(own, connect.LOCK_WAIT):
        # What waits in it may have been sent after the backup: better a notice too few than two.
        silenced, place, source = 0, ops.ops_path(path), folder / ops.NAME
        whole = False
        with suppress(BordercastError):
            whole = place.exists() and not copies.problems(place, ops.SCHEMA)
        if source.exists() and not whole:
            with connect.locked(place.with_name(place.name + ".lock"), connect.LOCK_WAIT):
                copies.put_back(source, place)
            why = f"restored from {folder.name}: it may have been sent since"
            silenced = copies.silence(path, now, why)
        copies.put_back(folder / path.name, path)
        unsubscribe.copy_key(folder, path.parent)
    with connect.writing(path):
        pass  # a backup from before an upgrade is brought up to date
    upkeep.verify(path, now)
    upkeep.write_snapshot(path, config)
    return Backup(folder, problems.run_id, problems.digest, silenced)


def drill(path: Path, config: Config, now: datetime) -> Backup:
    """Make a backup, restore it elsewhere, compare; leaves the backup and nothing else.

    DataError if it was not whole, or what was restored is not what was copied.
    """
    made = make(path, config, now)
    with upkeep.drill_folder(path) as elsewhere:
        restore(made.folder, elsewhere / path.name, config, now)
        restored = examine(elsewhere, path.name)
        same_key = unsubscribe.held_key(elsewhere) == unsubscribe.held_key(made.folder)
    if (restored.run_id, restored.digest, same_key) != (made.run_id, made.digest, True):
        raise DataError(f"{made.folder}: restored, it is at run {restored.run_id}, not as made")
    return made
