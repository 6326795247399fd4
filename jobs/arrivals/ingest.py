"""The one door: everything that waits -> read, believed or quarantined -> the record.

Whatever its origin, an arrival is read in a process of its own, checked against its neighbors, kept
in the archive, and then what it states enters the record in one transaction. A refused file goes to
the quarantine with its reason; nothing else changes. Killed at any point, the same file may come
again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from forecast import months
from forecast.agreed import KINDS
from forecast.config import CountsSection, source_section
from forecast.errors import DataError, HeldError, QuarantineError
from forecast.files import content_sha256
from forecast.labels import joined
from forecast.sources import catalog, checks, contract
from forecast.sources.source import ReadRelease, ReleaseFile, Source, stating
from forecast.sources.unfinished import unfinished
from forecast.store import connect, dated, inputs, measures, ops, releases
from forecast.store.connect import transaction
from forecast.store.queries import sql
from forecast.types import AGES, Release, ReleaseKind, Snapshot
from forecast.words import printable
from jobs.arrivals import archive, folder, inbox, reading
from jobs.arrivals.arrival import Arrival, IngestResult

if TYPE_CHECKING:
    from sqlite3 import Connection

    from forecast.context import Context
    from jobs.arrivals.publisher import Fetched

    AnyRecord = Connection | None  # None before there is one
    FindArrivals = Callable[[AnyRecord, Context, str], list[Arrival]]

LINE_KEPT = 1_000  # characters of a line of a reason: one that quotes a cell may quote a megabyte


# What waits in each place for the source of a context, the oldest first; today : "YYYY-MM-DD".
ORIGINS: tuple[FindArrivals, ...] = (inbox.in_inbox, archive.downloads, folder.delivered)


def waiting(db: AnyRecord, context: Context, today: str) -> list[Arrival]:
    """What waits in all places, the oldest release first: each is compared with the one before."""
    arrivals = [arrival for origin in ORIGINS for arrival in origin(db, context, today)]
    return sorted(arrivals, key=lambda arrival: arrival.place(context.source))


def ingest_all(
    db: Connection,
    context: Context,
    files: Sequence[Path],
    first_seen: str,
    with_bundle: bool,
    only: int | None = None,
    now: datetime | None = None,
) -> tuple[tuple[IngestResult, ...], Context]:
    """Keep the embedded figures, these files, and what waits for us, each once.

    first_seen : vintage date of the files. only : of what waits, the release with this seq.
    now : the moment, UTC.

    Returns what became of each file, and the context with the series that the record has now.
    DataError if one of the files that are named is refused; it is in quarantine now.
    """
    now = now or datetime.now(UTC)
    if with_bundle:
        ingest_bundle(db, context.source, context.config.forecast.dimensions)
        for name, values in context.source.reader().embedded_dated().items():
            if name not in dated.added(db):  # withdrawn ones do not come back
                dated.add(db, values, name, now.isoformat(timespec="seconds"), yields=True)
        inputs.keep_paths(db, context.source.reader().embedded_paths())
    kept_in = archive.folders(context.path, context.config)
    archive.make(kept_in)
    measures.save_joins(db, context.config.labels.joins, now)
    context = context.taken(db, now)
    results = []
    for file in files:
        results.append(ingest(db, context, folder.of_operator(file, first_seen)))
        if results[-1].outcome == "refused":
            raise DataError(results[-1].reason)
    # Nobody looks into the inbox; `status` does.
    left = inbox.left(kept_in.inbox) | folder.left(context)
    for name, reason in left.items():
        results.append(IngestResult(name, "refused", None, "", f"{name}: {reason}"))
    for arrival in waiting(db, context, first_seen):
        if only in (None, arrival.place(context.source)):
            results.append(ingest(db, context, arrival))
            # It leaves its place once every source of the record has had it.
            stays = "" if context.passes_on(arrival.name) else arrival.settle(results[-1])
            if stays:
                left[arrival.name] = stays.removeprefix(f"{arrival.name}: ")
    if left or ops.ops_path(context.path).exists():  # for `status`
        with ops.writing(context.path) as ops_db:
            ops.save_left(ops_db, left, first_seen)
    return tuple(results), context.taken(db, now)


def fetch(
    context: Context, now: datetime, *, force: bool = False, with_bundle: bool = True
) -> Fetched:
    """Poll once, and take in what is new; nothing is forecast.

    now : the moment, UTC. force : ask even while an earlier block is being waited out.
    with_bundle : whether the database starts from the embedded figures.

    ConfigError if there is no contact to name. BusyError if another poll is going on.
    """
    from jobs.arrivals import publisher

    fetched = publisher.poll(context, now, force)
    with connect.writing(context.path) as db:
        context.begin(db, now)
        taken, _ = ingest_all(db, context, (), now.date().isoformat(), with_bundle, now=now)
    return replace(fetched, taken=taken)


def ingest_bundle(db: Connection, source: Source, dimensions: Sequence[str] = ()) -> list[int]:
    """Keep the embedded figures that are not held yet; returns the new releases' ids.

    dimensions : the drill-down to keep; matters only for crossings.
    """
    with transaction(db):
        return [
            releases.save_snapshot(db, snapshot)
            for snapshot in source.reader().embedded(dimensions)
            if releases.find_by_hash(db, snapshot.release.sha256) is None
        ]


def _refused(
    db: Connection,
    arrival: Arrival,
    content: bytes,
    release: Release,
    quarantine: Path,
    error: DataError,
) -> IngestResult:
    """Keep a file that is refused, and why."""
    # Who put the file there may not be who may read it: then none of its text is logged.
    plain = arrival.of_operator or isinstance(error, QuarantineError)
    reasons, reason = (
        "\n".join(line[:LINE_KEPT] for line in text.split("\n"))
        for text in ("\n".join(error.kept), str(error) if plain else error.kept[0])
    )
    archive.refuse(quarantine, release.sha256, arrival.name, content, reasons)
    with transaction(db):
        release_id = releases.save_refused(db, release, reasons)
    reason = reason.replace("releases accept N", f"releases accept {release_id}")
    if isinstance(error, HeldError):
        command = f"bordercast releases accept {release_id} --as ANSWER"
        reason += f". Answer by `{command}`; --why REASON takes it as it stands"
    return IngestResult(arrival.name, "refused", release_id, "", reason)


def ingest(db: Connection, context: Context, arrival: Arrival) -> IngestResult:
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
    kept_in = archive.folders(context.path, context.config)
    release = _unread(arrival, sha256, source)
    try:
        cut = _cut(db, context, name, content)
        read = _read(db, context, arrival, content, arrival.first_seen)
        release = read.snapshot.release
        read, case, asked = _as_agreed(db, context, read)
        if asked:
            raise HeldError(name, asked)
        of = catalog.source_of(name, source)
        beside = of.reader().beside_record(of, read, partial(releases.current_counts, db))
        if beside.problems:  # its totals are at odds with those that the record has already
            raise QuarantineError(name, beside.problems)
        snapshot = _marked(db, _placed(db, beside.snapshot, source), read, case)
        release = snapshot.release
        compared = replace(beside.compared or snapshot, release=release)
        _believe(db, context, name, compared)
    except DataError as error:
        return _refused(db, arrival, content, release, kept_in.quarantine, error)
    # The file first: a record that rests on a file nobody has could not be checked.
    archive.keep_bytes(kept_in.archive, sha256, name, content)
    notes_kept = "; ".join(read.warnings)
    with transaction(db):
        if earlier:
            releases.save_after_all(db, earlier["id"], snapshot, notes_kept, "")
        release_id = earlier["id"] if earlier else releases.save_snapshot(db, snapshot, notes_kept)
        if case is not None:
            measures.agree(db, case.agreed, "")
    archive.remove(kept_in.quarantine, sha256)
    notes = (f"{name}: {note}" for note in (*read.warnings, *cut, *beside.warnings))
    warnings = filter(None, [_warn_of_unknown(context, release, read), *notes])
    through, words = release.data_through, [*map("; ".join, (warnings, read.notes))]
    return IngestResult(name, "accepted", release_id, through, "", *words)


def accept(
    db: Connection,
    context: Context,
    release_id: int,
    why: str,
    now: str,
    answers: Collection[str] = (),
    told: contract.ToldLife | None = None,
) -> tuple[Release, Sequence[str]]:
    """Believe a refused file after all, on an operator's word; the next run rests on it.

    why : the operator's reason, kept with the checks'. now : the moment, UTC, ISO 8601.
    answers : to what was asked, of `contract.ANSWERS`; without any the file is taken as it stands.
    told : what became of series; of a file that is accepted, this alone is taken in.

    Returns the release, and what is said of what it changes. DataError if it is not in quarantine,
    it does not even read, or an answer is lacking.
    """
    row = releases.one_release(db, release_id)
    if row.status != "quarantined":
        if told and told.what in (contract.ENDED, contract.SHUT):
            return _confirm(db, context, release_id, told, now)
        raise DataError(f"release {release_id} ({row.file_name}) is accepted already")
    kept_in = archive.folders(context.path, context.config)
    file = archive.find(kept_in.quarantine, row.sha256)
    if file is None:
        raise DataError(f"{row.file_name}: no longer in {kept_in.quarantine}; ingest it again")
    arrival = folder.of_operator(file, row.first_seen_at or "", address=row.url)
    content = arrival.content()
    read = _read(db, context, arrival, content, max(arrival.first_seen, now[:10]))
    read, case, asked = _as_agreed(db, context, read, answers, told)
    if (answers or told) and asked:
        raise HeldError(arrival.name, asked)
    of = catalog.source_of(arrival.name, context.source)
    snapshot = read.snapshot
    if not read.sums:  # what states sums of its own is kept as it is, on the operator's word
        beside = of.reader().beside_record(of, read, partial(releases.current_counts, db))
        snapshot = beside.snapshot
    snapshot = _marked(db, _placed(db, snapshot, context.source), read, case)
    archive.keep_bytes(kept_in.archive, row.sha256, arrival.name, content)
    given = [f'as "{answer}"' for answer in answers]
    if told:
        given.append(f'as "{told.what}" of {", ".join(told.series)}')
    why = "; ".join(filter(None, (*given, why)))
    reason = f"{why} (the checks said: {row.reason})"
    with transaction(db):
        releases.save_after_all(db, release_id, snapshot, reason, now)
        if case is not None:
            measures.agree(db, case.agreed, now)
    archive.remove(kept_in.quarantine, row.sha256)
    _warn_of_unknown(context, snapshot.release, read)
    return snapshot.release, read.warnings


def _confirm(
    db: Connection, context: Context, release_id: int, told: contract.ToldLife, now: str
) -> tuple[Release, Sequence[str]]:
    """Keep what a person says of series whose last counts are on record."""
    section = source_section(_words(db, context) or {})
    if not isinstance(section, CountsSection):
        raise DataError("only series of your own counts are said to be ended or shut")
    counts = releases.current_counts(db)
    case = contract.DeliveryDiff({}, counts, section.agreed.header, section.agreed, told=told)
    said = [str(found) for found in contract.confirmed(case)]
    said.append("sums of months on record follow with the next file")
    with transaction(db):
        measures.agree(db, case.agreed, now)
    return releases.load_release(db, release_id), said


def _as_agreed(
    db: Connection,
    context: Context,
    read: ReadRelease,
    answers: Collection[str] = (),
    told: contract.ToldLife | None = None,
) -> tuple[ReadRelease, contract.DeliveryDiff | None, list[str]]:
    """Hold a file of own counts against its contract: what is kept, what came of it, what is asked.

    A publisher's file is held against its neighbors instead.
    """
    words = _words(db, context)
    section = source_section(words) if words else None
    if not isinstance(section, CountsSection):
        return read, None, []
    case = contract.DeliveryDiff(
        stated={key: dict(known) for key, known in read.snapshot.counts.items()},
        before=releases.current_counts(db),
        header=read.header,
        agreed=section.agreed,
        habits=releases.habits(db),
        awaited={(m.series, m.month) for m in inputs.provisional(db) if m.kind == "delivery"},
        restates=section.contract.restates,
        whole=section.total,
        adds=KINDS[section.contract.kind].parts,
        answered=answers,
        told=told,
    )
    if not section.agreed.header:
        case.agreed = section.agreed.model_copy(update={"header": section.contract.header})
    notes, asked = contract.read(case)
    agreed_read = read._replace(
        snapshot=stating(read.snapshot, case.stated).until(case.through),
        warnings=(*read.warnings, *map(printable, notes)),
    )
    return agreed_read, case, asked


def _read(
    db: Connection, context: Context, arrival: Arrival, content: bytes, day: str
) -> ReadRelease:
    """What a file says, read apart: a workbook may take all memory, whoever named it.

    day : on which it says so, "" where nobody knows; a month that was not over is no count.
    """
    read = (context.reader or reading.apart)(
        ReleaseFile(arrival.name, content, arrival.first_seen or None, arrival.address),
        _words(db, context),
        context.source.totals.parts,
        context.config.labels.joins,
        context.config.forecast.kept,
    )
    return read.until(months.last_over(day), context.source) if day else read


def _words(db: Connection, context: Context) -> dict[str, Any] | None:
    """Return the words of the source, as settings have them, with what the record agreed on."""
    section = next(iter(context.config.sources), None)
    return measures.with_agreed(db, section.words()) if section else measures.section(db)


def _cut(db: Connection, context: Context, name: str, content: bytes) -> list[str]:
    """Say that a text of own counts may have been cut inside its last number.

    QuarantineError if it ends inside a line, and the delivery before did not.
    """
    if context.source.layouts or not _ends_inside_a_line(content):
        return []
    last = printable(re.split(rb"[,;\t]", content.splitlines()[-1])[-1].decode(errors="replace"))
    problem = f"its last line has no end; if it was cut there, its last number, {last}, is wrong"
    kept_in = archive.folders(context.path, context.config).archive
    for _, sha256 in db.execute(sql("newest_release")):
        before = archive.find(kept_in, sha256)
        if before and not _ends_inside_a_line(inbox.read_once(before)[0]):
            raise QuarantineError(
                name, [f"{problem}. The delivery before, {before.name}, was whole: send it again"]
            )
    return [problem]


def _ends_inside_a_line(content: bytes) -> bool:
    """Whether a text stops without the end of its last line, or of what marks it up."""
    # What is packed, as workbooks are, does not open where it was cut.
    packed = content.startswith((b"\x1f\x8b", b"PK", b"\xd0\xcf"))
    return not packed and content[-1:] not in b"\r\n>]}\0"


def _placed(db: Connection, snapshot: Snapshot, source: Source) -> Snapshot:
    """A release at its place: of files whose names do not tell, the newest delivery counts."""
    if source.layouts:
        return snapshot
    return replace(snapshot, release=replace(snapshot.release, seq=measures.next_seq(db)))


def _marked(
    db: Connection, snapshot: Snapshot, read: ReadRelease, case: contract.DeliveryDiff | None
) -> Snapshot:
    """A delivery with the months that are not complete in it, by its word, a person's or habit."""
    if case is None:
        return snapshot
    restated = any(habit.changed for habit in case.habits) or case.changed()
    if not (read.marked or case.fallen or restated):
        return snapshot
    sums = snapshot.counts.keys() - read.snapshot.counts.keys()
    of_sums = {
        (above, month)
        for above in sums
        for key, month in read.marked
        if above.total in (key.total, case.whole)
    }
    since = months.shift(snapshot.release.data_through, -6 * AGES)
    months_not_complete = unfinished(
        snapshot,
        releases.near_ends(db, AGES, since),
        {*read.marked, *of_sums},
        fallen=case.fallen,
        confirmed=bool(case.agreed.unfinished),
    )
    return replace(snapshot, unfinished=tuple(months_not_complete))


def _warn_of_unknown(context: Context, release: Release, read: ReadRelease) -> str:
    """Remember labels that are not known, for `status`; the warning, "" if there are none."""
    if read.unknown or ops.ops_path(context.path).exists():
        with ops.writing(context.path) as ops_db:
            ops.save_unknown(ops_db, release, read.unknown)
    if not read.unknown:
        return ""
    labels = "; ".join(
        f"{name} {', '.join(map(repr, sorted(labels)))}"
        for name, labels in sorted(read.unknown.items())
    )
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


def _believe(db: Connection, context: Context, name: str, snapshot: Snapshot) -> None:
    """QuarantineError where a file is at odds with those near it.

    All are compared with labels joined: a country that was renamed has not vanished.
    """
    source, joins = context.source, context.config.labels.joins
    near = releases.neighbours(db, snapshot)
    known = {neighbour.release.sha256 for neighbour in near}
    parts = [
        s
        for s in releases.part_neighbours(db, snapshot, source.calendar)
        if s.release.sha256 not in known
    ]
    [own], near, parts = (
        [replace(s, counts=joined(s.counts, joins)) for s in group]
        for group in ([snapshot], near, parts)
    )
    reasons = checks.problems(catalog.source_of(name, source), own, near, parts)
    if reasons:
        raise QuarantineError(name, reasons)
