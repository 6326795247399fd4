"""Everything there is to take in: the embedded figures, files that are named, and what waits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.errors import DataError
from forecast.store import connect, inputs, ops, releases
from jobs.arrivals import archive, folder, inbox
from jobs.arrivals.arrival import Arrival, IngestResult
from jobs.arrivals.ingest import ingest, ingest_bundle

if TYPE_CHECKING:
    from sqlite_utils import Database

    from forecast.context import Context
    from jobs.arrivals.publisher import Fetched

    AnyRecord = Database | sqlite3.Connection | None  # None before there is one
    FindArrivals = Callable[[AnyRecord, Context, str], list[Arrival]]


def in_inbox(db: AnyRecord, context: Context, today: str) -> list[Arrival]:
    """Origin: what lies in the inbox and is complete, by name."""
    place = archive.folders(context.path, context.config).inbox
    files = (inbox.arrival(file, place, today) for file in inbox.look(place).ready)
    return [file for file in files if context.takes(file.name)]


# What waits in each place for the source of a context, the oldest first; today : "YYYY-MM-DD".
ORIGINS: tuple[FindArrivals, ...] = (in_inbox, archive.downloads, folder.delivered)


def waiting(db: AnyRecord, context: Context, today: str) -> list[Arrival]:
    """What waits in all places, the oldest release first: each is compared with the one before."""
    arrivals = [arrival for origin in ORIGINS for arrival in origin(db, context, today)]
    return sorted(arrivals, key=lambda arrival: arrival.place(context.source))


def ingest_all(
    db: Database,
    context: Context,
    files: Sequence[Path],
    first_seen: str,
    with_bundle: bool,
    only: int | None = None,
) -> tuple[tuple[IngestResult, ...], Context]:
    """Keep the embedded figures, these files, and what waits for us, each once.

    first_seen : vintage date of the files. only : of what waits, the release with this seq.

    Returns
    -------
    What became of each file, and the context with the series that the record has now.

    Raises
    ------
    DataError : one of the files that are named is refused; it is in quarantine now.
    """
    if with_bundle:
        ingest_bundle(db, context.source, context.config.forecast.dimensions)
        inputs.keep_paths(db, context.source.reader().embedded_paths())
    kept_in = archive.folders(context.path, context.config)
    archive.make(kept_in)
    releases.save_joins(db, context.config.labels.joins)
    context = context.taken(db)
    results = []
    for file in files:
        results.append(ingest(db, context, folder.of_operator(file, first_seen)))
        if results[-1].outcome == "refused":
            raise DataError(results[-1].reason)
    left = {e.name: e.reason for e in inbox.look(kept_in.inbox).left if not e.written}
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
    return tuple(results), context.taken(db)


def fetch(
    context: Context, now: datetime, *, force: bool = False, with_bundle: bool = True
) -> Fetched:
    """Poll once, and take in what is new; nothing is forecast.

    Parameters
    ----------
    now : the moment, UTC. force : ask even while an earlier block is being waited out.
    with_bundle : whether the database starts from the embedded figures.

    Raises
    ------
    ConfigError : there is no contact to name. BusyError : another poll is going on.
    """
    from jobs.arrivals import publisher

    fetched = publisher.poll(context, now, force)
    with connect.writing(context.path) as db:
        context.begin(db)
        taken, _ = ingest_all(db, context, (), now.date().isoformat(), with_bundle)
    return replace(fetched, taken=taken)
