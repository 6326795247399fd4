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
from forecast.sources import catalog, checks, split_release
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
    found: WaitingFile,
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
    content = inbox.read_once(found.path, found.inbox).content
    return _take_content(db, kept_in, found, content, dimensions, joins or {}, source)


def _take_content(
    db: Database,
    kept_in: Folders,
    found: WaitingFile,
    content: bytes,
    dimensions: Sequence[str],
    joins: Joins,
    source: Source,
) -> IngestResult:
    """Take in a file by the bytes that were read of it; see `take_file`."""
    sha256 = content_sha256(BytesIO(content))
    held = inventory.find_by_hash(db, sha256)
    if held and held.status == "accepted":
        through = releases.load_release(db, held.release_id).data_through
        return IngestResult(found.name, "already on record", held.release_id, through)
    release = _unread(found, sha256, source)
    try:
        read = _read(found, content, dimensions, joins, source)
        release = read.snapshot.release
        snapshot, compared, said = _held_against(db, found.name, read, source)
        snapshot = _placed(db, snapshot, source)
        release = snapshot.release
        _believe(db, found.name, replace(compared, release=release), joins, source)
    except DataError as error:
        _refuse(db, kept_in, found, content, release, error)
        raise
    archive.keep_bytes(kept_in.archive, sha256, found.name, content)
    with transaction(db):
        if held:
            inventory.save_after_all(db, held.release_id, snapshot, "", "")
            release_id = held.release_id
        else:
            release_id = releases.save_snapshot(db, snapshot)
    archive.remove(kept_in.quarantine, sha256)
    warnings = filter(None, [_warn_of_unknown(db, release, read.unknown), *said])
    warning = "; ".join(warnings)
    return IngestResult(found.name, "accepted", release_id, release.data_through, warning=warning)


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
    left = [each for each in inbox.look(kept_in.inbox).left if not each.written]
    taken = [
        IngestResult(name, "refused", None, "", f"{name}: {reason}") for name, reason, _ in left
    ]
    for each in waiting(db, context.path, kept_in, today, source, context.takes):
        if only in (None, each.place(source)[0]):
            outcome, stays = _take(db, context, kept_in, each)
            taken.append(outcome)
            if stays:
                left.append(inbox.LeftFile(each.name, stays.removeprefix(f"{each.name}: ")))
    if left or ops.ops_path(context.path).exists():  # for `status`
        with ops.writing(context.path) as ops_db:
            ops.save_left(ops_db, {each.name: each.reason for each in left}, today)
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
    found = [*in_inbox(kept_in, today), *_downloaded(db, path, kept_in)]
    mine = [each for each in found if takes(each.name)]
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
    found = WaitingFile(file, row["first_seen_at"] or "", row["url"])
    content = inbox.read_once(file).content
    read, unknown, _ = _read(found, content, dimensions, joins or {}, source)
    snapshot = _placed(db, _summed(db, found.name, read, source).snapshot, source)
    archive.keep_bytes(kept_in.archive, row["sha256"], found.name, content)
    reason = f"{why} (the checks said: {row['reason']})"
    with transaction(db):
        inventory.save_after_all(db, release_id, snapshot, reason, now)
    archive.remove(kept_in.quarantine, row["sha256"])
    _warn_of_unknown(db, snapshot.release, unknown)
    return snapshot.release


def _take(
    db: Database, context: Context, kept_in: Folders, found: WaitingFile
) -> tuple[IngestResult, str]:
    """Take in one waiting file and clear its place; and why it stays there, "" if it does not."""
    dimensions, joins = context.config.forecast.dimensions, context.config.labels.joins
    try:
        once = inbox.read_once(found.path, found.inbox)
    except DataError as error:
        return IngestResult(found.name, "refused", None, "", str(error)), str(error)
    sha256 = content_sha256(BytesIO(once.content))
    try:
        taken = _take_content(db, kept_in, found, once.content, dimensions, joins, context.source)
    except DataError as error:
        held = inventory.find_by_hash(db, sha256)
        # As it is logged: who put the file there may not be who may read it.
        reason = str(error) if isinstance(error, QuarantineError) else error.kept[0]
        taken = IngestResult(found.name, "refused", held and held.release_id, "", reason)
    if context.passes_on(found.name):
        return taken, ""
    if found.inbox:
        try:
            inbox.remove(found.path, once)
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
    found = [
        WaitingFile(kept_in.archive / d.sha256 / d.file_name, d.first_seen_at, d.url)
        for d in reversed(by_content.values())
        if db is None
        or (held := inventory.find_by_hash(db, d.sha256)) is None
        or held.status == "quarantined"
    ]
    return [each for each in found if each.path.exists()]


def _placed(db: Database, snapshot: Snapshot, source: Source) -> Snapshot:
    """A release at its place: of files whose names do not tell, the newest delivery counts."""
    if source.layouts:
        return snapshot
    return replace(snapshot, release=replace(snapshot.release, seq=measures.next_seq(db)))


def _read(
    found: WaitingFile, content: bytes, dimensions: Sequence[str], joins: Joins, source: Source
) -> ReadRelease:
    """What a file says.

    DataError also where the reader itself fails: it is one file's fault.
    """
    try:
        file = ReleaseFile(found.name, content, found.first_seen or None, found.url)
        return catalog.source_of(found.name, source).read(file, joins, dimensions)
    except DataError:
        raise
    except Exception as error:
        problem = f"the file reader failed on it ({type(error).__name__}); report it"
        raise DataError(f"{found.name}: {problem}") from error


def _held_against(db: Database, name: str, read: ReadRelease, source: Source) -> SummedRelease:
    """What is to be kept of a file with totals that the record has already, and what to say of it.

    QuarantineError where it is at odds with the record.
    """
    if not read.sums:
        summed = _summed(db, name, read.snapshot, source)
        return summed._replace(said=[f"{name}: {each}" for each in summed.said])
    found = split_release.judged(catalog.source_of(name, source), read, releases.current_counts(db))
    if found.problems:
        raise QuarantineError(name, found.problems)
    said = [f"{name}: {each}" for each in found.said]
    return SummedRelease(found.snapshot, found.snapshot, said)


def _summed(db: Database, name: str, snapshot: Snapshot, source: Source) -> SummedRelease:
    """A release with the sums that its source leaves to the record; most leave none."""
    add = catalog.source_of(name, source).with_sums
    held = releases.current_counts(db) if add else {}
    return add(snapshot, held) if add else SummedRelease(snapshot, snapshot, [])


def _warn_of_unknown(db: Database, release: Release, unknown: Mapping[str, frozenset[str]]) -> str:
    """Remember labels that are not known, for `status`; the warning, "" if there are none."""
    path = Path(db.execute("pragma database_list").fetchone()[2])
    if unknown or ops.ops_path(path).exists():
        with ops.writing(path) as ops_db:
            ops.save_unknown(ops_db, release, unknown)
    labels = "; ".join(
        f"{name} {', '.join(map(repr, sorted(found)))}" for name, found in sorted(unknown.items())
    )
    if not labels:
        return ""
    return (
        f"{release.file_name}: labels that are not known: {printable(labels)}. The totals are kept "
        "and the dimension left out; join each label to a known one in [labels]"
    )


def _unread(found: WaitingFile, sha256: str, source: Source) -> Release:
    """What is known of a file before it is read: its name."""
    name = catalog.parse_name(found.name, source)
    layout = name.layout if name else None
    return Release(
        source=found.name.removesuffix(".gz").removesuffix(".csv"),
        # A page with a table is a layout to ask for, and no kind of its own.
        kind=cast("ReleaseKind", layout) if layout in get_args(ReleaseKind) else "manual",
        file_name=found.name.removesuffix(".gz"),
        sha256=sha256,
        data_through="",
        seq=name.seq if name else 0,
        first_seen_at=found.first_seen or None,
        first_seen_precision="day" if found.first_seen else "unknown",
        url=found.url,
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

    def compared(each: Snapshot) -> Snapshot:
        return replace(each, counts=joined(each.counts, joins))

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
    found: WaitingFile,
    content: bytes,
    release: Release,
    error: DataError,
) -> None:
    reason = "\n".join(error.kept)
    archive.refuse(kept_in.quarantine, release.sha256, found.name, content, reason)
    with transaction(db):
        inventory.save_refused(db, release, reason)
