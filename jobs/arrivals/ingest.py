"""The one door: an arrival -> read, believed or quarantined -> the record.

Whatever its origin, it is read, checked against its neighbors, kept in the archive, and then what
it states enters the record in one transaction. A refused file goes to the quarantine with its
reason; nothing else changes. Killed at any point, the same file may come again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, cast, get_args

from forecast.errors import DataError, QuarantineError
from forecast.files import content_sha256
from forecast.labels import Joins, joined
from forecast.sources import catalog, checks
from forecast.sources.source import ReadRelease, ReleaseFile, Source, SummedRelease
from forecast.store import measures, ops, releases
from forecast.store.connect import transaction
from forecast.types import Release, ReleaseKind, Snapshot
from forecast.words import printable
from jobs.arrivals import archive, folder, reading
from jobs.arrivals.arrival import Arrival, IngestResult

if TYPE_CHECKING:
    from sqlite_utils import Database

    from forecast.context import Context

LINE_KEPT = 1_000  # characters of a line of a reason


def ingest_bundle(db: Database, source: Source, dimensions: Sequence[str] = ()) -> list[int]:
    """Keep the embedded figures that are not held yet; returns the new releases' ids.

    dimensions : the drill-down to keep; matters only for crossings.
    """
    with transaction(db):
        return [
            releases.save_snapshot(db, snapshot)
            for snapshot in source.embedded(dimensions)
            if releases.find_by_hash(db, snapshot.release.sha256) is None
        ]


def ingest(db: Database, context: Context, arrival: Arrival) -> IngestResult:
    """Read, check and keep one file; never raises for what it is."""
    try:
        content = arrival.content()
    except DataError as error:
        return IngestResult(arrival.name, "refused", None, "", str(error))
    sha256 = content_sha256(BytesIO(content))
    earlier = releases.find_by_hash(db, sha256)
    if earlier and earlier["status"] == "accepted":
        through = releases.load_release(db, earlier["id"]).data_through
        return IngestResult(arrival.name, "already on record", earlier["id"], through)
    source, name = context.source, arrival.name
    kept_in, joins = archive.folders(context.path, context.config), context.config.labels.joins
    release = _unread(arrival, sha256, source)
    try:
        read = _read(db, context, arrival, content)
        release = read.snapshot.release
        snapshot, compared, notes = _held_against(db, name, read, source)
        snapshot = _placed(db, snapshot, source)
        release = snapshot.release
        _believe(db, name, replace(compared, release=release), joins, source)
    except DataError as error:
        reasons = _bounded("\n".join(error.kept))
        archive.refuse(kept_in.quarantine, release.sha256, name, content, reasons)
        with transaction(db):
            release_id = releases.save_refused(db, release, reasons)
        # Who put the file there may not be who may read it: then none of its text is logged.
        plain = arrival.of_operator or isinstance(error, QuarantineError)
        reason = _bounded(str(error) if plain else error.kept[0])
        return IngestResult(name, "refused", release_id, "", reason)
    archive.keep_bytes(kept_in.archive, sha256, name, content)
    with transaction(db):
        if earlier:
            releases.save_after_all(db, earlier["id"], snapshot, "", "")
        release_id = earlier["id"] if earlier else releases.save_snapshot(db, snapshot)
    archive.remove(kept_in.quarantine, sha256)
    warnings = filter(None, [_warn_of_unknown(context, release, read.unknown), *notes])
    through, warning = release.data_through, "; ".join(warnings)
    return IngestResult(name, "accepted", release_id, through, warning=warning)


def _bounded(reason: str) -> str:
    """A reason whose lines have an end: one that quotes a cell may quote a megabyte."""
    return "\n".join(line[:LINE_KEPT] for line in reason.split("\n"))


def accept(db: Database, context: Context, release_id: int, why: str, now: str) -> Release:
    """Believe a refused file after all, on an operator's word; the next run rests on it.

    Parameters
    ----------
    why : the operator's reason, kept with the checks'. now : the moment, UTC, ISO 8601.

    Raises
    ------
    DataError : it is not in quarantine, or it does not even read.
    """
    row = releases.one_release(db.conn, release_id)
    if row["status"] != "quarantined":
        raise DataError(f"release {release_id} ({row['file_name']}) is accepted already")
    kept_in = archive.folders(context.path, context.config)
    file = archive.find(kept_in.quarantine, row["sha256"])
    if file is None:
        raise DataError(f"{row['file_name']}: no longer in {kept_in.quarantine}; ingest it again")
    arrival = folder.of_operator(file, row["first_seen_at"] or "", address=row["url"])
    content = arrival.content()
    read, unknown, _ = _read(db, context, arrival, content)
    of = catalog.source_of(arrival.name, context.source)
    summed = of.reader().with_sums(read, lambda: releases.current_counts(db))
    snapshot = _placed(db, summed.snapshot, context.source)
    archive.keep_bytes(kept_in.archive, row["sha256"], arrival.name, content)
    reason = f"{why} (the checks said: {row['reason']})"
    with transaction(db):
        releases.save_after_all(db, release_id, snapshot, reason, now)
    archive.remove(kept_in.quarantine, row["sha256"])
    _warn_of_unknown(context, snapshot.release, unknown)
    return snapshot.release


def _read(db: Database, context: Context, arrival: Arrival, content: bytes) -> ReadRelease:
    """What a file says; one that the operator named is read here, one that others sent apart.

    DataError also where the reader itself fails.
    """
    file = ReleaseFile(arrival.name, content, arrival.first_seen or None, arrival.address)
    section = next(iter(context.config.sources), None)
    task = reading.ReadingTask(
        file,
        section.words() if section else measures.section(db),
        context.source.totals.parts,
        context.config.labels.joins,
        context.config.forecast.dimensions,
    )
    return reading.here(task, context.source) if arrival.of_operator else reading.apart(task)


def _placed(db: Database, snapshot: Snapshot, source: Source) -> Snapshot:
    """A release at its place: of files whose names do not tell, the newest delivery counts."""
    if source.layouts:
        return snapshot
    return replace(snapshot, release=replace(snapshot.release, seq=measures.next_seq(db)))


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


def _warn_of_unknown(
    context: Context, release: Release, unknown: Mapping[str, frozenset[str]]
) -> str:
    """Remember labels that are not known, for `status`; the warning, "" if there are none."""
    if unknown or ops.ops_path(context.path).exists():
        with ops.writing(context.path) as ops_db:
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


def _unread(arrival: Arrival, sha256: str, source: Source) -> Release:
    """Return what is known of a file before it is read: its name."""
    name = catalog.parse_name(arrival.name, source)
    layout = name.layout if name else None
    return Release(
        source=arrival.name.removesuffix(".gz").removesuffix(".csv"),
        # A page with a table is a layout to ask for, and no kind of its own.
        kind=cast("ReleaseKind", layout) if layout in get_args(ReleaseKind) else "manual",
        file_name=arrival.name.removesuffix(".gz"),
        sha256=sha256,
        data_through="",
        seq=name.seq if name else 0,
        first_seen_at=arrival.first_seen or None,
        first_seen_precision="day" if arrival.first_seen else "unknown",
        url=arrival.address,
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
