"""Files and embedded figures -> releases in the record.

Every file takes the same way, wherever it came from: it is read, checked against its neighbours,
kept in the archive, and then what it states enters the record in one transaction. A refused file
goes to the quarantine with its reason; nothing else changes. Killed at any point, the same file
may be taken in again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

from forecast.errors import DataError, QuarantineError
from forecast.files import content_sha256
from forecast.labels import Joins, joined
from forecast.sources import catalog, checks
from forecast.sources.source import ReadRelease, ReleaseFile, Source, SummedRelease
from forecast.store import inventory, measures, ops, releases
from forecast.store.connect import transaction
from forecast.types import Release, ReleaseKind, Snapshot
from forecast.words import printable
from jobs.arrivals import archive, inbox
from jobs.arrivals.archive import Folders

if TYPE_CHECKING:
    import sqlite3

    from sqlite_utils import Database

    from forecast.context import Context
    from forecast.sources.source import Source


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of one file; reason is why it was refused, release_id None if it cannot be read.

    data_through : last month of the file, "" if it was refused. warning : what a person should
    know of an accepted one, "" if nothing.
    """

    file_name: str
    outcome: Literal["accepted", "already on record", "refused"]
    release_id: int | None
    data_through: str
    reason: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A file to take in: where it is, the day it was first seen, the address it came from.

    inbox : the inbox it lies in, None for a file that was downloaded or that the operator named.
    seq : its place among others that wait, where its name does not tell.
    """

    path: Path
    first_seen: str
    url: str = ""
    inbox: Path | None = None
    seq: int = 0

    @property
    def name(self) -> str:
        """Its name as it is kept and shown."""
        return inbox.file_name(self.path)

    def place(self, source: Source) -> tuple[int, str]:
        """Older releases first, so that each is compared with the one before it."""
        name = catalog.parse_name(self.name, source)
        return (name.seq if name else self.seq, self.name)


def ingest_bundle(db: Database, source: Source, dimensions: Sequence[str] = ()) -> list[int]:
    """Keep the embedded figures that are not held yet; returns the new releases' ids.

    dimensions : the drill-down to keep; matters only for crossings.
    """
    with transaction(db):
        return [
            releases.save_snapshot(db, snapshot)
            for snapshot in source.embedded(dimensions)
            if inventory.find_by_hash(db, snapshot.release.sha256) is None
        ]


def ingest_file(
    db: Database,
    kept_in: Folders,
    file: WaitingFile,
    dimensions: Sequence[str],
    source: Source,
    joins: Joins | None = None,
) -> IngestResult:
    """Read, check and keep one published file, .csv or .csv.gz; the file itself stays.

    Parameters
    ----------
    kept_in : the archive and the quarantine. dimensions : the drill-down to keep.
    joins : labels that mean another one.

    Raises
    ------
    RowError, DataError : the file does not read.
    QuarantineError : it reads but is not to be believed. Either way it is in quarantine now.
    """
    content = inbox.read_once(file.path, file.inbox).content
    return _take_content(db, kept_in, file, content, dimensions, joins or {}, source)


def _take_content(
    db: Database,
    kept_in: Folders,
    file: WaitingFile,
    content: bytes,
    dimensions: Sequence[str],
    joins: Joins,
    source: Source,
) -> IngestResult:
    """Take in a file by the bytes that were read of it; see `ingest_file`."""
    sha256 = content_sha256(BytesIO(content))
    earlier = inventory.find_by_hash(db, sha256)
    if earlier and earlier.status == "accepted":
        through = releases.load_release(db, earlier.release_id).data_through
        return IngestResult(file.name, "already on record", earlier.release_id, through)
    release = _unread(file, sha256, source)
    try:
        read = _read(file, content, dimensions, joins, source)
        release = read.snapshot.release
        snapshot, compared, notes = _held_against(db, file.name, read, source)
        snapshot = _placed(db, snapshot, source)
        release = snapshot.release
        _believe(db, file.name, replace(compared, release=release), joins, source)
    except DataError as error:
        _refuse(db, kept_in, file, content, release, error)
        raise
    archive.keep_bytes(kept_in.archive, sha256, file.name, content)
    with transaction(db):
        if earlier:
            inventory.save_after_all(db, earlier.release_id, snapshot, "", "")
            release_id = earlier.release_id
        else:
            release_id = releases.save_snapshot(db, snapshot)
    archive.remove(kept_in.quarantine, sha256)
    warnings = filter(None, [_warn_of_unknown(db, release, read.unknown), *notes])
    warning = "; ".join(warnings)
    return IngestResult(file.name, "accepted", release_id, release.data_through, warning=warning)


def ingest_waiting(
    db: Database, context: Context, kept_in: Folders, today: str, only: int | None = None
) -> list[IngestResult]:
    """Take in what lies in the inbox and what was downloaded but is not in the record yet.

    Each file leaves the place where it waited, whatever became of it, once every source of the
    record has had it.

    Parameters
    ----------
    today : "YYYY-MM-DD", on which files in the inbox were first seen.
    only : the one release (its seq) to take in; None takes them all.
    """
    source = context.source
    left = [entry for entry in inbox.look(kept_in.inbox).left if not entry.written]
    taken = [
        IngestResult(name, "refused", None, "", f"{name}: {reason}") for name, reason, _ in left
    ]
    for file in waiting(db, context.path, kept_in, today, source, context.takes):
        if only in (None, file.place(source)[0]):
            outcome, stays = _take(db, context, kept_in, file)
            taken.append(outcome)
            if stays:
                left.append(inbox.LeftFile(file.name, stays.removeprefix(f"{file.name}: ")))
    if left or ops.ops_path(context.path).exists():  # for `status`
        with ops.writing(context.path) as ops_db:
            ops.save_left(ops_db, {entry.name: entry.reason for entry in left}, today)
    return taken


def waiting(
    db: Database | sqlite3.Connection | None,
    path: Path,
    kept_in: Folders,
    today: str,
    source: Source,
    takes: Callable[[str], bool] = lambda name: True,
) -> list[WaitingFile]:
    """What lies in the inbox, or was downloaded and is not in the record: oldest release first.

    db : None before there is a record. takes : whether a file of this name is for this source.
    """
    files = [*in_inbox(kept_in, today), *_downloaded(db, path, kept_in)]
    mine = [file for file in files if takes(file.name)]
    return sorted(mine, key=lambda f: f.place(source))


def in_inbox(kept_in: Folders, today: str) -> list[WaitingFile]:
    """What lies in the inbox and is complete, by name."""
    return [WaitingFile(f, today, inbox=kept_in.inbox) for f in inbox.look(kept_in.inbox).ready]


def accept(
    db: Database,
    kept_in: Folders,
    release_id: int,
    why: str,
    dimensions: Sequence[str],
    now: str,
    source: Source,
    joins: Joins | None = None,
) -> Release:
    """Believe a refused file after all, on an operator's word; the next run rests on it.

    Parameters
    ----------
    why : the operator's reason, kept with the checks'. now : the moment, UTC, ISO 8601.

    Raises
    ------
    DataError : it is not in quarantine, or it does not even read.
    """
    row = inventory.one_release(db.conn, release_id)
    if row["status"] != "quarantined":
        raise DataError(f"release {release_id} ({row['file_name']}) is accepted already")
    file = archive.find(kept_in.quarantine, row["sha256"])
    if file is None:
        raise DataError(
            f"{row['file_name']}: not in {kept_in.quarantine} any more; ingest it again"
        )
    waiting_file = WaitingFile(file, row["first_seen_at"] or "", row["url"])
    content = inbox.read_once(file).content
    read, unknown, _ = _read(waiting_file, content, dimensions, joins or {}, source)
    of = catalog.source_of(waiting_file.name, source)
    summed = of.reader().with_sums(read, lambda: releases.current_counts(db))
    snapshot = _placed(db, summed.snapshot, source)
    archive.keep_bytes(kept_in.archive, row["sha256"], waiting_file.name, content)
    reason = f"{why} (the checks said: {row['reason']})"
    with transaction(db):
        inventory.save_after_all(db, release_id, snapshot, reason, now)
    archive.remove(kept_in.quarantine, row["sha256"])
    _warn_of_unknown(db, snapshot.release, unknown)
    return snapshot.release


def _take(
    db: Database, context: Context, kept_in: Folders, file: WaitingFile
) -> tuple[IngestResult, str]:
    """Take in one waiting file and clear its place; and why it stays there, "" if it does not."""
    dimensions, joins = context.config.forecast.dimensions, context.config.labels.joins
    try:
        once = inbox.read_once(file.path, file.inbox)
    except DataError as error:
        return IngestResult(file.name, "refused", None, "", str(error)), str(error)
    sha256 = content_sha256(BytesIO(once.content))
    try:
        taken = _take_content(db, kept_in, file, once.content, dimensions, joins, context.source)
    except DataError as error:
        earlier = inventory.find_by_hash(db, sha256)
        # As it is logged: who put the file there may not be who may read it.
        reason = str(error) if isinstance(error, QuarantineError) else error.kept[0]
        taken = IngestResult(file.name, "refused", earlier and earlier.release_id, "", reason)
    if context.passes_on(file.name):
        return taken, ""
    if file.inbox:
        try:
            inbox.remove(file.path, once)
        except DataError as error:
            return taken, str(error)
    elif taken.outcome == "refused":
        archive.remove(kept_in.archive, sha256)
        with ops.writing(context.path) as ops_db:
            ops.forget_validators(ops_db, sha256)
    return taken, ""


def _downloaded(
    db: Database | sqlite3.Connection | None, path: Path, kept_in: Folders
) -> list[WaitingFile]:
    """Downloads that are not in the record, or refused there but in the archive once more.

    In the order in which they came: of one address, names do not tell which is older.
    """
    if not ops.ops_path(path).exists():
        return []
    with ops.reading(path) as ops_db:
        downloads = ops.downloads(ops_db)
    by_content = {d.sha256: d for d in reversed(downloads)}  # the address that had it first
    files = [
        WaitingFile(kept_in.archive / d.sha256 / d.file_name, d.first_seen_at, d.url)
        for d in reversed(by_content.values())
        if db is None
        or (earlier := inventory.find_by_hash(db, d.sha256)) is None
        or earlier.status == "quarantined"
    ]
    return [file for file in files if file.path.exists()]


def _placed(db: Database, snapshot: Snapshot, source: Source) -> Snapshot:
    """A release at its place: of files whose names do not tell, the newest delivery counts."""
    if source.layouts:
        return snapshot
    return replace(snapshot, release=replace(snapshot.release, seq=measures.next_seq(db)))


def _read(
    waiting_file: WaitingFile,
    content: bytes,
    dimensions: Sequence[str],
    joins: Joins,
    source: Source,
) -> ReadRelease:
    """What a file says.

    DataError also where the reader itself fails: it is one file's fault.
    """
    try:
        file = ReleaseFile(
            waiting_file.name, content, waiting_file.first_seen or None, waiting_file.url
        )
        return catalog.source_of(waiting_file.name, source).read(file, joins, dimensions)
    except DataError:
        raise
    except Exception as error:
        problem = f"the file reader failed on it ({type(error).__name__}); report it"
        raise DataError(f"{waiting_file.name}: {problem}") from error


def _held_against(db: Database, name: str, read: ReadRelease, source: Source) -> SummedRelease:
    """What is to be kept of a file with totals that the record has already, and what to say of it.

    QuarantineError where it is at odds with the record.
    """
    of = catalog.source_of(name, source)
    if not read.sums:
        summed = of.reader().with_sums(read.snapshot, lambda: releases.current_counts(db))
        return summed._replace(said=[f"{name}: {note}" for note in summed.said])
    compared = of.reader().compared(of, read, releases.current_counts(db))
    if compared.problems:
        raise QuarantineError(name, compared.problems)
    notes = [f"{name}: {note}" for note in compared.said]
    return SummedRelease(compared.snapshot, compared.snapshot, notes)


def _warn_of_unknown(db: Database, release: Release, unknown: Mapping[str, frozenset[str]]) -> str:
    """Remember labels that are not known, for `status`; the warning, "" if there are none."""
    path = Path(db.execute("pragma database_list").fetchone()[2])
    if unknown or ops.ops_path(path).exists():
        with ops.writing(path) as ops_db:
            ops.save_unknown(ops_db, release, unknown)
    labels = "; ".join(
        f"{name} {', '.join(map(repr, sorted(labels)))}" for name, labels in sorted(unknown.items())
    )
    if not labels:
        return ""
    return (
        f"{release.file_name}: labels that are not known: {printable(labels)}. The totals are kept "
        "and the dimension left out; join each label to a known one in [labels]"
    )


def _unread(file: WaitingFile, sha256: str, source: Source) -> Release:
    """What is known of a file before it is read: its name."""
    name = catalog.parse_name(file.name, source)
    layout = name.layout if name else None
    return Release(
        source=file.name.removesuffix(".gz").removesuffix(".csv"),
        # A page with a table is a layout to ask for, and no kind of its own.
        kind=cast("ReleaseKind", layout) if layout in get_args(ReleaseKind) else "manual",
        file_name=file.name.removesuffix(".gz"),
        sha256=sha256,
        data_through="",
        seq=name.seq if name else 0,
        first_seen_at=file.first_seen or None,
        first_seen_precision="day" if file.first_seen else "unknown",
        url=file.url,
    )


def _believe(db: Database, name: str, snapshot: Snapshot, joins: Joins, source: Source) -> None:
    """QuarantineError where a file is at odds with those near it.

    All are compared with labels joined: a country that was renamed has not vanished.
    """
    neighbours = releases.neighbours(db, snapshot)
    known = {neighbour.release.sha256 for neighbour in neighbours}
    parts = [
        s
        for s in releases.part_neighbours(db, snapshot, source.year_begins)
        if s.release.sha256 not in known
    ]

    def compared(other: Snapshot) -> Snapshot:
        return replace(other, counts=joined(other.counts, joins))

    reasons = checks.problems(
        catalog.source_of(name, source),
        compared(snapshot),
        [*map(compared, neighbours)],
        [*map(compared, parts)],
    )
    if reasons:
        raise QuarantineError(name, reasons)


def _refuse(
    db: Database,
    kept_in: Folders,
    file: WaitingFile,
    content: bytes,
    release: Release,
    error: DataError,
) -> None:
    reason = "\n".join(error.kept)
    archive.refuse(kept_in.quarantine, release.sha256, file.name, content, reason)
    with transaction(db):
        inventory.save_refused(db, release, reason)
