"""What follows a run: is the record whole, the analysts' copy, what may be deleted."""

import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Hashable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from forecast import files
from forecast.config import Config
from forecast.context import Context
from forecast.errors import BordercastError, VerifyError
from forecast.store import connect, copies, integrity, ops, read, schema, wakes, witnesses
from forecast.store.queries import column, version
from jobs import audited, site
from jobs.service import yearly

VERIFY_EVERY = timedelta(hours=20)


def after_run(context: Context, now: datetime, published: bool) -> None:
    """Verify (daily, and after each publish), bring the analysts' copy up to date, tidy up.

    When a fiscal year closes, its report is written beside the database. What the auditor finds of
    a run is kept. VerifyError if the record was edited: nothing was copied, and nothing is shown
    until `bordercast verify` succeeds.
    """
    if published or _verification_due(context.path, now):
        problems = verify(context.path, now)
        if problems:
            raise VerifyError(problems)
    write_snapshot(context.path, context.config)
    write_site(context, now)
    if published:
        for about in context.each():
            if about.begun():
                yearly.write_closed(about)
                audited.keep(about)
    ops.forget_polls(context.path, now, context.config.service.keep_days)
    sweep_killed(context.path, context.config)


@contextmanager
def drill_folder(path: Path) -> Iterator[Path]:
    """A folder beside the database for a drill of its backup, gone afterwards."""
    folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=_drill_prefix(path)))
    with under_way(folder):
        yield folder


@contextmanager
def under_way(folder: Path) -> Iterator[None]:
    """Hold a folder that is gone afterwards, unless it got another name; it is not swept."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def sweep_killed(path: Path, config: Config) -> None:
    """Remove what killed backups and drills left; one that is under way holds its lock."""
    backups = path.parent / config.service.backups
    for folder in (*path.parent.glob(f"{_drill_prefix(path)}*"), *backups.glob(f"*{files.PART}")):
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)


def _drill_prefix(path: Path) -> str:
    return f".{path.name}.drill-"


def verify(path: Path, now: datetime) -> list[str]:
    """What does not match its digest; remembered, so that nothing is shown after a failure.

    Nothing is written of a record that an earlier program left, or beside one that only be read.
    """
    while True:
        before = wakes.files_as_of(path)
        with connect.moment(path, earlier=True) as connection:
            problems = integrity.findings(connection)
            current = version(connection) == len(schema.migrations())
            latest = read.latest_run(connection) if current else None
        # A file without a log is read as it lies there: it may have been written meanwhile.
        if not problems or before == wakes.files_as_of(path):
            break
    if not current:
        return problems
    # Kept beside the record, so that the page need not verify it at each request.
    with suppress(OSError, sqlite3.OperationalError):  # an analyst may verify without a trace
        wakes.save_verified(path, now, latest.digest if latest else "", problems)
    return problems


def write_snapshot(path: Path, config: Config) -> Path | None:
    """The analysts' read-only copy, if it does not show the latest run yet; None if it does."""
    if not config.service.snapshot:
        return None
    to = path.parent / config.service.snapshot.replace("{db}", path.stem)
    if to.exists() and _shown(to) == _shown(path):
        return None
    # Whoever has it open goes on reading what was there: it is replaced, never written to.
    return copies.copy(path, to, copies.READ_ONLY)


def write_site(context: Context, now: datetime) -> None:
    """The page as files, if the settings name a folder; only what changed is written."""
    if not context.config.site.folder:
        return
    with connect.moment(context.path) as connection:
        if read.latest_run(connection) is None:  # a first file may be refused
            return
        to = context.path.parent / context.config.site.folder
        site.build(connection, context, to, now.date(), context.config.site.address)


def _verification_due(path: Path, now: datetime) -> bool:
    last = wakes.verified(path)
    if last is None or last.findings:
        return True
    age = now - datetime.fromisoformat(last.checked_at)
    return not timedelta(0) <= age < VERIFY_EVERY


def _shown(path: Path) -> Hashable:
    """What a copy shows; None of one that shows nothing."""
    try:
        with closing(connect.read(path)) as connection:
            latest = read.latest_run(connection)
            proofs = len(witnesses.proofs(connection))
            (of_any_measure,) = column(connection, "count_runs")
    except (BordercastError, sqlite3.DatabaseError):
        return None
    return (latest.id, latest.digest, proofs, of_any_measure) if latest else None
