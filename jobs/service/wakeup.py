"""One wake of the service, in a process of its own that can be stopped.

    poll -> every release that waits, oldest first: take in, publish -> verify, copy, tidy up
    -> send what is approved

It asks the record what is left to do, not the calendar: whatever was missed is made up for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from forecast.config import Config
from forecast.context import Context
from forecast.errors import BordercastError
from forecast.store import connect, measures
from forecast.store.wakes import Ended
from jobs import logs
from jobs.compute.orphans import die_with_parent, lead_group
from jobs.logs import LOG

if TYPE_CHECKING:
    from jobs.arrivals.arrival import IngestResult
    from jobs.deliver.outbox import DeliveryOutcome

NO_RELEASE = -1  # the seq of none: take in only the embedded figures


@dataclass(frozen=True, slots=True)
class CycleResult:
    """What came of a wake; again : something could not wait to be complete, so look again soon."""

    outcome: Ended
    detail: str
    again: bool = False


def main(context: Context, with_bundle: bool = True) -> CycleResult:
    """Do what is due at this moment."""
    return wake(context, datetime.now(UTC), with_bundle)


def post(context: Context) -> CycleResult:
    """Send only the mail."""
    return CycleResult("nothing new", send(context))


def apart(
    work: Callable[[Context], CycleResult], path: Path, config: Config, answer: Connection
) -> None:
    """Do work in a spawned process, which ends with its parent; the answer says what came of it."""
    answer.send(_done(work, path, config))


def _done(work: Callable[[Context], CycleResult], path: Path, config: Config) -> CycleResult:
    lead_group()
    die_with_parent()
    logs.set_up(config)
    try:
        return work(Context.open(path, config))
    except BordercastError as error:
        return CycleResult("failed", str(error))
    except Exception as error:  # the service goes on, and the wake's record says why
        LOG.exception("the work failed")
        return CycleResult("failed", f"{type(error).__name__}: {error}")


class CycleStep(NamedTuple):
    """One thing that a publish did or waits for. text : the same for people."""

    kind: Literal["run", "refused", "waiting"]
    text: str


def wake(context: Context, now: datetime, with_bundle: bool = True) -> CycleResult:
    """Do what is due; see the module.

    Raises
    ------
    VerifyError : the record was edited. BusyError : somebody else is writing.
    """
    from jobs.arrivals import archive, inbox
    from jobs.service import upkeep

    unanswered = "; ".join(filter(None, _polls(context, now)))
    folder = archive.folders(context.path, context.config).inbox
    inbox.make(folder)
    inbox.wait_until_still(folder, lambda name: LOG.info("waiting until %s is still", name))
    notes = [step for measure in context.each() for step in _publish(measure, now, with_bundle)]
    context = Context.open(context.path, context.settings)  # with the series that came
    kinds = {step.kind for step in notes}
    published = "run" in kinds
    if context.path.exists():
        upkeep.after_run(context, now, published)
        send(context)
    outcome: Ended = (
        "published"
        if published
        else "blocked"
        if unanswered
        else "waiting"
        if "waiting" in kinds
        else "nothing new"
    )
    written = any(left.written for left in inbox.look(folder).left)
    return CycleResult(
        outcome, "; ".join((*(step.text for step in notes), *filter(None, [unanswered]))), written
    )


def send(context: Context) -> str:
    """Send what is approved, if mail is on; what came of it."""
    if not context.config.tells:
        return ""
    outcomes = Counter(deliver(context))
    summary = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    if summary:
        LOG.info("mail: %s", summary)
    return summary


def deliver(
    context: Context, now: Callable[[], datetime] | None = None, **how: bool
) -> list[DeliveryOutcome]:
    """Send what is due, and tell the operator what `status` says; see `outbox.deliver`."""
    from jobs.deliver import outbox
    from jobs.service import health

    return outbox.deliver(context, now, concerns=health.concerns, **how)


def _polls(context: Context, now: datetime) -> list[str]:
    """Ask each source's publisher for files, if that is due; why one gave none, "" if it could."""
    from jobs.arrivals import publisher

    asked = [measure for measure in context.each() if measure.config.polls]
    if not asked or not publisher.poll_needed(context.path, now):
        return []
    return [_poll(measure, now) for measure in asked]


def _poll(context: Context, now: datetime) -> str:
    """Bring new files into the archive; why the publisher's page gave none, "" if it could."""
    from jobs.arrivals import publisher

    LOG.info("polling")
    answer = publisher.poll(context, now).poll
    if answer.outcome == "unrecognized":
        LOG.warning("poll: %s", answer.detail)
    return (
        f"{answer.outcome}: {answer.detail}" if answer.outcome in ("blocked", "unreachable") else ""
    )


def _publish(context: Context, now: datetime, with_bundle: bool) -> Iterator[CycleStep]:
    """Make a run for each release that waits, oldest first; yield what there is to say of it."""
    from jobs import monthly
    from jobs.arrivals import publisher
    from jobs.arrivals.ingest import ingest_all

    day = now.date().isoformat()

    def run(only: int) -> Iterator[CycleStep]:
        done = monthly.run(context, now=now, with_bundle=with_bundle, only=only, alone=True)
        yield from _refused(done.taken)
        if done.run_id is not None:
            LOG.info("run %s is published, %s flagged", done.run_id, done.flagged)
            yield CycleStep("run", f"run {done.run_id}")

    if with_bundle and context.source.shipped and not context.begun():
        yield from run(NO_RELEASE)
    releases = _waiting(context, day)
    for release in releases[:-1]:
        yield from run(release)
    for release in releases[-1:]:
        with connect.writing(context.path) as db:
            context.begin(db)
            taken, _ = ingest_all(db, context, (), day, with_bundle, release)
        yield from _refused(taken)
    missing = publisher.awaited(context.path, context.source) if context.begun() else ""
    if missing:
        yield CycleStep("waiting", f"waiting for {missing}")
    elif context.path.exists():
        yield from run(NO_RELEASE)


def _waiting(context: Context, day: str) -> list[int]:
    """Return the releases that wait, by seq, oldest first."""
    from jobs.arrivals.ingest import waiting

    with (
        closing(connect.read(context.path))
        if context.path.exists()
        else nullcontext() as connection
    ):
        if connection is not None:
            measures.scope_to(connection, context.name)
        arrivals = waiting(connection, context, day)
    return sorted({arrival.place(context.source) for arrival in arrivals})


def _refused(taken: Iterable[IngestResult]) -> Iterator[CycleStep]:
    for file in taken:
        if file.warning:
            LOG.warning("%s", file.warning)
        if file.outcome == "refused":
            LOG.warning("refused: %s", file.reason)
            yield CycleStep("refused", f"refused {file.file_name}")
