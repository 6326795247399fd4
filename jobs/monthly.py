"""The month's work, top to bottom.

    take in what is new -> if that makes a run due: forecast -> judge newly published months by the
    forecast that stood before them -> publish, in one transaction -> write the notices due

Everything happens inside the write lock. Killed at any point, it leaves the last published
run as it was, and running it again does what is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection

from forecast.context import Context
from forecast.errors import DataError
from forecast.store import integrity, ledger, releases, wakes
from forecast.store.connect import transaction, writing
from forecast.store.queries import pairs
from forecast.types import Report
from jobs import logs
from jobs.arrivals import inbox
from jobs.arrivals.arrival import IngestResult
from jobs.arrivals.ingest import ingest_all
from jobs.deliver import write
from jobs.publish import publish, run_needed


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What a run did, for all sources: run_id, the last one, is None if nothing was new."""

    run_id: int | None
    taken: tuple[IngestResult, ...]
    judged: int = 0
    flagged: int = 0


def run(
    context: Context,
    files: Sequence[Path] = (),
    *,
    now: datetime | None = None,
    first_seen: str | None = None,
    with_bundle: bool = True,
    only: int | None = None,
    alone: bool = False,
    report: Report = lambda step, done, total: None,
) -> RunOutcome:
    """Do the month's work once, for each source of the record in turn.

    context : of the record, which is made if absent.
    files : published files to take in first; a refused one stops the run. What waits in the
        inbox or was downloaded is taken in as well; a refused one of these does not.
    now : the moment, UTC; first_seen : vintage date of the files, today if None.
    with_bundle : whether to start from the embedded figures.
    only : of what waits, take in this release (its seq) and leave the rest.
    alone : whether to do it for the source of the context only. report : told of progress.
    """
    now = now or datetime.now(UTC)
    day = first_seen or now.date().isoformat()
    taken: list[IngestResult] = []
    published = []
    with writing(context.path) as db:
        _refuse_altered(db)
        # In turn and under one lock: a reader sees all sources of a month, or none.
        for measure in [context] if alone else context.each():
            measure.begin(db, now)
            mine = measure.taken(db, now)
            write.write_all(mine, db, now)  # what a run that was killed left to write
            named = [file for file in files if mine.takes(inbox.file_name(file))]
            report("taking in files", 0, 1)
            results, mine = ingest_all(db, mine, named, day, with_bundle, only, now)
            report("taking in files", 1, 1)
            taken += results
            refused = _told(results)
            empty = not releases.accepted(db)
            if empty and only is None:
                refused += (reason for _, reason in pairs(db, "still_refused", (0,)))
                if refused:
                    raise DataError(refused[0])
            # Behind a refused file others may wait, which come next.
            if (empty and only is not None) or not run_needed(db, mine.config):
                continue
            published.append(publish(db, mine.config, now, report, mine.source))
            write.write_all(mine, db, now)
    run_ids, judged, flagged = zip(*published, strict=True) if published else ((), (), ())
    return RunOutcome(max(run_ids, default=None), tuple(taken), sum(judged), sum(flagged))


def _told(results: Sequence[IngestResult]) -> list[str]:
    """Log what was taken in, and return why what was refused was."""
    for file in (file for file in results if file.outcome != "refused"):
        line = f"{file.file_name}: {file.outcome}"
        logs.event(f"release.{file.outcome.split()[0]}", line, release=file.file_name)
    return [file.reason for file in results if file.outcome == "refused"]


def _refuse_altered(db: Connection) -> None:
    """Build on nothing that was altered; VerifyError says what it is."""
    wakes.refuse(integrity.at_sight(db), "the record is not as it was written")
    if ledger.schema_unrecorded(db):
        with transaction(db):
            ledger.state(db, "schema")
