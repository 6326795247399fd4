"""One wake of the service, in a process of its own that can be stopped.

    poll -> every release that waits, oldest first: take in, publish -> verify, copy, tidy up
    -> send what is approved

It asks the record what is left to do, not the calendar: whatever was missed is made up for.
"""

from __future__ import annotations

import logging
import pickle
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forecast import child
from forecast.context import Context
from forecast.errors import BordercastError
from forecast.store import connect, measures
from forecast.store.wakes import Ended
from jobs import logs
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


def apart(question: bytes, say: child.Say) -> None:
    """Do work in a process of its own, and say what came of it."""
    work, path, config = pickle.loads(question)  # noqa: S301 - the daemon's
    logs.set_up(config)
    try:
        done = work(Context.open(path, config))
    except BordercastError as error:
        done = CycleResult("failed", str(error))
    except Exception as error:  # the service goes on, and the wake's record says why
        LOG.exception("the work failed", extra={"event": "wake.failed"})
        done = CycleResult("failed", f"{type(error).__name__}: {error}")
    say(pickle.dumps(done))


def wake(context: Context, now: datetime, with_bundle: bool = True) -> CycleResult:
    """Do what is due; VerifyError if the record was edited, BusyError if somebody else writes."""
    from jobs.arrivals import archive, inbox
    from jobs.service import upkeep

    unanswered = "; ".join(_poll(context, now))
    # A copy over a slow line may pause: half a file would be refused for good.
    folder = archive.folders(context.path, context.config).inbox
    inbox.make(folder)
    inbox.wait_until_still(folder, lambda name: LOG.info("waiting until %s is still", name))
    steps = [step for measure in context.each() for step in _publish(measure, now, with_bundle)]
    context = Context.open(context.path, context.settings)  # with the series that came
    if context.path.exists():
        upkeep.after_run(context, now, any(kind == "run" for kind, _ in steps))
        send(context)
    # What is still being written cannot wait for the next day.
    return came_to(steps, unanswered, inbox.WRITTEN in inbox.look(folder).values())


def came_to(steps: Sequence[tuple[str, str]], unanswered: str, again: bool) -> CycleResult:
    """Return the best of what a wake did, as (kind, words); unanswered : why there is no file."""
    kinds: dict[str, Ended] = {"run": "published", "": "blocked", "waiting": "waiting"}
    done = {kind for kind, _ in steps} | ({""} if unanswered else set())
    outcome: Ended = next((kinds[kind] for kind in kinds if kind in done), "nothing new")
    words = (*(words for _, words in steps), unanswered)
    return CycleResult(outcome, "; ".join(filter(None, words)), again)


def send(context: Context) -> str:
    """Send what is approved, if mail is on; what came of it."""
    if not context.config.tells:
        return ""
    outcomes = Counter(deliver(context))
    summary = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    if summary:
        logs.event("mail.sent", f"mail: {summary}", outcomes=summary)
    return summary


def deliver(
    context: Context, now: Callable[[], datetime] | None = None, **how: bool
) -> list[DeliveryOutcome]:
    """Send what is due, and tell the operator what `status` says; see `outbox.deliver`."""
    from jobs.deliver import outbox
    from jobs.service import health

    return outbox.deliver(context, now, concerns=health.concerns, **how)


def _poll(context: Context, now: datetime) -> Iterator[str]:
    """Ask each source's publisher for files, if that is due; yield why one gave none."""
    from jobs.arrivals import publisher

    asked = [measure for measure in context.each() if measure.config.polls]
    if not asked or not publisher.poll_needed(context.path, now):
        return
    for measure in asked:
        logs.event("poll.started", "polling", series=measure.name)
        answer = publisher.poll(measure, now).poll
        # It may be the month that everybody waits for, under a new name.
        if answer.outcome == "unrecognized":
            logs.event("poll.unrecognized", f"poll: {answer.detail}", logging.WARNING)
        if answer.outcome in ("blocked", "unreachable"):
            yield f"{answer.outcome}: {answer.detail}"


def _publish(context: Context, now: datetime, with_bundle: bool) -> Iterator[tuple[str, str]]:
    """Make a run for each release that waits, oldest first.

    Yields what there is to say of it, of the kind "run", "refused" or "waiting".
    """
    from jobs import monthly
    from jobs.arrivals import publisher
    from jobs.arrivals.ingest import ingest_all, waiting

    day, path = now.date().isoformat(), context.path

    def run(only: int) -> Iterator[tuple[str, str]]:
        began, silent = time.monotonic(), logs.steps(lambda step, done, total: None)
        done = monthly.run(
            context, now=now, with_bundle=with_bundle, only=only, alone=True, report=silent
        )
        yield from _refused(done.taken)
        if done.run_id is not None:
            text = f"run {done.run_id} is published, {done.flagged} flagged"
            seconds = round(time.monotonic() - began, 3)
            logs.event("run.published", text, run=done.run_id, seconds=seconds)
            yield "run", f"run {done.run_id}"

    if with_bundle and context.source.shipped and not context.begun():
        yield from run(NO_RELEASE)
    with closing(connect.read(path)) if path.exists() else nullcontext() as connection:
        if connection is not None:
            measures.scope_to(connection, context.name)
        places = {file.place(context.source) for file in waiting(connection, context, day)}
    for release in sorted(places)[:-1]:
        yield from run(release)
    for release in sorted(places)[-1:]:
        # Only taken in: its sibling may be missing.
        with connect.writing(path) as db:
            context.begin(db, now)
            taken, _ = ingest_all(db, context, (), day, with_bundle, release, now)
        yield from _refused(taken)
    missing = publisher.awaited(path, context.source) if context.begun() else ""
    if missing:
        yield "waiting", f"waiting for {missing}"
    elif path.exists():
        yield from run(NO_RELEASE)


def _refused(taken: Iterable[IngestResult]) -> Iterator[tuple[str, str]]:
    for file in taken:
        if file.notes:
            line = f"{file.file_name}: {file.notes}"
            logs.event("release.read", line, release=file.file_name)
        if file.warning:
            logs.event("release.doubted", file.warning, logging.WARNING, release=file.file_name)
        if file.outcome == "refused":
            line = f"refused: {file.reason}"
            logs.event("release.refused", line, logging.WARNING, release=file.file_name)
            yield "refused", f"refused {file.file_name}"


if __name__ == "__main__":
    # Under its own name: what is said is of that module.
    from jobs.service import wakeup

    child.serve(wakeup.apart)
