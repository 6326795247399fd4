"""`bordercast serve`: wakes the month's work, once a day and at its start, for years.

    leader lock ── scheduler ── a look ── what is due: a wake, mail, witnesses; each with a deadline
               └── the main thread: tells systemd that all is well, or ends us when it is not

The scheduler is a trigger, not a ledger: what is due at a moment is read from the record, with the
clock as an argument, and what is left to do as well. So a wake too many does nothing, and one that
was missed is made up for, once: after a jump of the clock, a nap of the machine or a restart.
"""

from __future__ import annotations

import logging
import math
import os
import pickle
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection
from typing import Any, NamedTuple

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from forecast import child
from forecast.context import Context
from forecast.errors import BordercastError, BusyError
from forecast.store import connect, deliveries, ops, wakes
from jobs import environment, logs
from jobs.arrivals import archive, inbox
from jobs.compute.orphans import end_groups
from jobs.logs import LOG
from jobs.service import heartbeat, upkeep, wakeup
from jobs.service.wakeup import CycleResult
from jobs.witness import attest

LEADER_WAIT = 2.0  # seconds a second daemon waits for the first one to go
TICK = 0.5  # seconds between two looks of the main thread
CLOCK_JUMP = 30.0  # seconds the clock may run apart from the monotonic one between two of them
LOOK = 30  # seconds between two looks at what is due, by which the scheduler shows that it lives
MAIL = 300.0  # seconds between two times that servers of others are asked
NO_LOOK = 120.0  # without one for so long, it counts as dead
GRACE = 5.0  # seconds for those who wait for others' servers when the service is stopped
OVERTIME = 120.0  # seconds a wake may take beyond its deadline before we count as hung
ANSWER = 1_000_000  # bytes of what a wake says of itself

WELL: tuple[wakes.Ended, ...] = ("published", "nothing new")
THREADS = "scheduled"  # how the names of the scheduler's threads begin

Work = Callable[[Context], CycleResult]


class ServiceTask(NamedTuple):
    """When it is due, what it does, and whose thread starts it and waits.

    every : seconds from one start to the next, however due it is: what a server refuses stays due.
    """

    due: Callable[[Context, datetime], bool]
    run: Callable[[], object]
    executor: str
    every: float


def serve(context: Context, work: Work = wakeup.main, mode: wakes.Mode = "daemon") -> CycleResult:
    """Lead until SIGTERM or SIGINT, or as a timer for one wake; then stop what is under way.

    context : of the database, which the first wake makes. work : does a wake, in its own process.

    Returns what came of the last wake. BusyError if another daemon leads; it is named.
    """
    # Where the database really lies, whatever links lead there.
    context = replace(context, path=connect.place(context.path))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with _leading(context.path):
        inbox.make(archive.folders(context.path, context.config).inbox)
        logs.event("service.started", f"process {os.getpid()} leads {context.path.name}")
        daemon = Daemon(context, work, stop, mode)
        daemon.run()
        left = _left_behind(GRACE)
    logs.event("service.stopped", "stopped")
    if left:
        LOG.warning("left behind, as their servers do not answer: %s", ", ".join(left))
        if mode == "daemon":
            logging.shutdown()
            os._exit(0)  # the interpreter would wait for them
    return daemon.done


def _left_behind(seconds: float) -> list[str]:
    """The threads that still wait for others after so many seconds; commands they wait for end."""
    end_groups()
    until = time.monotonic() + seconds
    threads = [thread for thread in threading.enumerate() if thread.name.startswith(THREADS)]
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0.0))
    return [thread.name for thread in threads if thread.is_alive()]


@contextmanager
def _leading(path: Path) -> Iterator[None]:
    """Hold the leader lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = leader_lock(path)
    try:
        with connect.locked(lock, LEADER_WAIT):
            yield
    except BusyError as error:
        if error.what != f"the lock {lock.name}":
            raise
        raise BusyError(f"the lead of {path.name}", f"{error.holder} (bordercast serve)") from None


def leader_lock(path: Path) -> Path:
    """Return the file that the leading daemon keeps locked."""
    return path.with_name(path.name + ".leader")


@dataclass
class Daemon:
    """The leading daemon; `look` and what it starts run in threads of their own.

    again_at : monotonic moment at which a wake is due whatever the record says: at first at once,
    after one that failed in some minutes. None : the record says when. done : the last wake.
    worker : has work done [in a process of its own]. clock : as the module `time`.
    """

    context: Context
    work: Work
    stop: threading.Event
    mode: wakes.Mode = "daemon"
    scheduler: Any = field(default_factory=lambda: _scheduler(), repr=False)
    working: threading.Lock = field(default_factory=threading.Lock)
    under_way: set[str] = field(default_factory=set)
    started: dict[str, float] = field(default_factory=dict)  # task -> monotonic moment
    child: child.Child | None = None
    woke: float | None = None  # monotonic moment at which the work under way began
    again_at: float | None = 0.0
    looked: float = field(default_factory=time.monotonic)
    done: CycleResult = field(default_factory=lambda: CycleResult("stopped", ""))
    worker: Callable[[Work], CycleResult] | None = None
    clock: Any = time

    def tasks(self) -> dict[str, ServiceTask]:
        """Return what there is to do, by name; a new task is a line here and when it is due."""
        return {
            "wake": ServiceTask(self._wake_due, self.wake, "default", 0.0),
            "mail": ServiceTask(mail_due, self.post, "default", MAIL),
            # It only waits for others: a wake may begin meanwhile.
            "witness": ServiceTask(witnesses_due, self.witness, "witness", MAIL),
        }

    def run(self) -> None:
        """Look again and again, or as a timer wake once, until stopped."""
        if self.mode == "timer":
            threading.Thread(target=self._once, name=THREADS, daemon=True).start()
        else:
            self._look_regularly()
            self.scheduler.start()
            if self.context.settings.service.port:
                from jobs.service import port

                port.start(self.context)
        heartbeat.notify("READY=1")
        self.watch()
        logs.event("service.stopping", "stopping")
        heartbeat.notify("STOPPING=1")
        if self.mode == "daemon":
            with self.working:  # the scheduler holds its locks while it waits, and a wake asks it
                self.scheduler.shutdown(wait=False)

    def watch(self) -> None:
        """Look after the scheduler until stopped; end the process when it is beyond help."""
        offset, told_at = self.clock.time() - self.clock.monotonic(), 0.0
        every = heartbeat.watchdog_seconds()
        while not self.stop.wait(TICK):
            jump = self.clock.time() - self.clock.monotonic() - offset
            if abs(jump) > CLOCK_JUMP:
                line = f"the clock jumped by {jump:.0f} s"
                logs.event("clock.jumped", line, logging.WARNING, seconds=round(jump))
                offset += jump
                self.again_at = 0.0  # files may have come
                if self.mode == "daemon":
                    self._look_regularly()  # the next look may be years away
            if trouble := self._trouble():
                LOG.critical("%s: giving up, to be restarted", trouble)
                if self.child is not None:
                    self.child.kill()
                os._exit(1)
            if every and self.clock.monotonic() - told_at >= every:
                heartbeat.notify("WATCHDOG=1")
                told_at = self.clock.monotonic()

    def look(self) -> None:
        """Start what is due and not under way."""
        self.looked, now = self.clock.monotonic(), datetime.now(UTC)
        for name, task in self.tasks().items():
            waits = self.looked - self.started.get(name, -math.inf) < task.every
            if waits or name in self.under_way or self.stop.is_set():
                continue
            with suppress(BordercastError):  # a record that cannot be read now: at the next look
                if task.due(self.context, now):
                    self.under_way.add(name)
                    self.started[name] = self.looked
                    how = {"id": name, "executor": task.executor, "replace_existing": True}
                    self.scheduler.add_job(self._do, args=(name, task.run), **how)

    def wake(self) -> CycleResult:
        """One wake, unless we are being stopped; never raises."""
        with self.working:
            done = CycleResult("stopped", "") if self.stop.is_set() else self._wake()
            if done.outcome == "failed":
                self._post()  # the wake did not come to it, and the operator is to know
        level = logging.ERROR if done.outcome == "failed" else logging.INFO
        LOG.log(level, "wake: %s %s", done.outcome, done.detail)
        heartbeat.notify(f"STATUS={done.outcome} {done.detail}"[:200])
        # The address that misses us; neither a wake nor the mail waits for its server.
        address = environment.heartbeat(self.context.settings)
        if address and done.outcome not in ("stopped", "waiting"):
            result = (address, done.outcome in WELL, f"{done.outcome} {done.detail}")
            if self.mode == "timer":
                heartbeat.ping(*result)
            else:
                self.scheduler.add_job(heartbeat.ping, args=result, executor="heartbeat")
        self.done = done
        return done

    def post(self) -> None:
        """Send what was approved or is to be tried again since the last wake; never raises."""
        with self.working:
            self._post()

    def witness(self) -> None:
        """Ask the witnesses that have not seen the record yet; never raises, nobody waits for it.

        In a thread of its own: each of them is waited for no longer than the settings say.
        """
        try:
            if not self.stop.is_set() and witnesses_due(self.context, datetime.now(UTC)):
                path, settings = self.context.path, self.context.settings
                outcomes = attest.attest(path, settings, datetime.now(UTC))
                for kind, problem in outcomes.items():
                    level = logging.WARNING if problem else logging.INFO
                    LOG.log(level, "%s: %s", kind, problem or "had")
                if not all(outcomes.values()):
                    upkeep.write_snapshot(path, settings)
        except BordercastError as error:  # somebody writes, or the record is edited: later
            LOG.warning("witness: %s", error)
        except Exception:  # the service must go on, and say so
            LOG.exception("the witnesses could not be asked")

    def _look_regularly(self) -> None:
        """Look at once, and from now on."""
        regularly = IntervalTrigger(seconds=LOOK, timezone=UTC)
        how = {"id": "look", "executor": "look", "replace_existing": True}
        self.scheduler.add_job(self.look, regularly, **how)
        self.scheduler.add_job(self.look, executor="look")
        self.looked = self.clock.monotonic()

    def _once(self) -> None:
        try:
            self.looked = math.inf  # nobody looks again
            self.wake()
            self.witness()
        finally:
            self.stop.set()

    def _do(self, name: str, run: Callable[[], object]) -> None:
        try:
            run()
        finally:
            self.under_way.discard(name)

    def _wake_due(self, context: Context, now: datetime) -> bool:
        if self.again_at is not None:
            return bool(self.clock.monotonic() >= self.again_at)
        return wake_due(context, now)

    def _wake(self) -> CycleResult:
        """One wake, recorded from its beginning to its end."""
        self.again_at = None
        try:
            now = datetime.now(UTC)
            with ops.writing(self.context.path) as db:
                self._lead(db, now)
                wake_id = wakes.begin_wake(db, now, os.getpid())
            done = (self.worker or self._work)(self.work)
            if done.outcome == "failed" or done.again:
                self._try_again()
            now = datetime.now(UTC)
            with ops.writing(self.context.path) as db:
                wakes.end_wake(db, wake_id, now, done.outcome, done.detail)
                self._lead(db, now)
        except Exception as error:  # the service must go on, and say so
            self._try_again()
            if isinstance(error, BordercastError | OSError):
                return CycleResult("failed", str(error))
            LOG.exception("the wake failed", extra={"event": "wake.failed"})
            return CycleResult("failed", f"{type(error).__name__}: {error}")
        return done

    def _try_again(self) -> None:
        self.again_at = self.clock.monotonic() + self.context.settings.service.retry_minutes * 60

    def _lead(self, db: Connection, now: datetime) -> None:
        """Write down who leads, and when it means to wake next; a timer does not say."""
        ahead = next_daily(self.context, now)
        if self.again_at is not None:
            wait = max(self.again_at - self.clock.monotonic(), 0.0)
            ahead = min(ahead, now + timedelta(seconds=wait))
        soonest = None if self.mode == "timer" else ahead.isoformat(timespec="seconds")
        wakes.save_leader(db, now.isoformat(timespec="seconds"), os.getpid(), soonest, self.mode)

    def _post(self) -> None:
        if not self.context.settings.tells or self.stop.is_set():
            return
        try:
            done = (self.worker or self._work)(wakeup.post)
        except Exception as error:  # the service must go on, and say so
            LOG.exception("the mail failed", extra={"event": "mail.failed"})
            done = CycleResult("failed", str(error))
        if done.outcome == "failed":
            LOG.error("mail: %s", done.detail)

    def _work(self, work: Work) -> CycleResult:
        """Have work done in a process of its own, until its deadline or our own end."""
        settings, minutes = self.context.settings, self.context.settings.service.run_minutes
        limits = child.ChildLimits(minutes * 60, 0, ANSWER)
        given = pickle.dumps((work, self.context.path, settings))
        # With our secrets: it is we who work there.
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self.woke = self.clock.monotonic()
        try:
            with child.Child(
                child.command(wakeup.__name__, limits), variables, alone=True
            ) as there:
                self.child = there
                answer = there.answer(given, limits, self.stop.is_set)
        except child.ChildError as error:
            if self.stop.is_set():
                words = "the service was stopped; the next start does what is left"
                return CycleResult("stopped", words)
            words = f"stopped after {minutes:g} minutes (service.run_minutes)"
            if error.ended:
                words = f"the worker exited without a result (exit code {error.code})"
            return CycleResult("failed", words)
        finally:
            self.child = self.woke = None
        done: CycleResult = pickle.loads(answer)  # noqa: S301 - our own
        return done

    def _trouble(self) -> str:
        """Return what is beyond help, "" if all is well. Measured by the monotonic clock."""
        now = self.clock.monotonic()
        if now - self.looked > NO_LOOK:
            return "the scheduler has stopped"
        woke = self.woke
        if woke and now - woke > self.context.settings.service.run_minutes * 60 + OVERTIME:
            return "a wake did not end"
        return ""


def _scheduler() -> Any:
    kinds = ("default", "look", "witness", "heartbeat")
    return BackgroundScheduler(
        timezone=UTC,
        executors={
            kind: ThreadPoolExecutor(1, {"thread_name_prefix": f"{THREADS}-{kind}"})
            for kind in kinds
        },
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )


# -- what is due at a moment -----------------------------------------------------------------------


def wake_due(context: Context, now: datetime) -> bool:
    """Whether a daily moment has passed since the last wake began, or the clock was set back."""
    last = wakes.last(context.path)
    if last is None:
        return True
    began = datetime.fromisoformat(last.started_at)
    # Of a clock that was set back, the record of the last wake says nothing.
    return began > now or began < daily(context, now)


def mail_due(context: Context, now: datetime) -> bool:
    """Return whether something can be sent: approved since, or to be tried again."""
    return context.config.tells and context.path.exists() and deliveries.mail_due(context.path, now)


def witnesses_due(context: Context, now: datetime) -> bool:
    """Return whether a witness that has not seen the record may be asked."""
    return attest.witnesses_pending(context.path, context.config, now)


def daily(context: Context, now: datetime) -> datetime:
    """Return the last of the daily moments; see `_moments`."""
    return max(moment for moment in _moments(context, now) if moment <= now)


def next_daily(context: Context, now: datetime) -> datetime:
    """Return the first of the daily moments to come."""
    return min(moment for moment in _moments(context, now) if moment > now)


def _moments(context: Context, now: datetime) -> Iterator[datetime]:
    """Yield the daily moments around now: `service.poll_at`, and up to `jitter_minutes` later.

    In UTC: a local time can come twice in a night, or never. How much later is drawn for each
    record and day, so that not all services ask a publisher at once.
    """
    hour, minute = map(int, context.config.service.poll_at.split(":"))
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for days in (-2, -1, 0, 1):  # yesterday's may lie in today
        day = midnight + timedelta(days=days)
        chance = random.Random(f"{context.path}{day:%Y-%m-%d}")  # noqa: S311 - no secret
        later = chance.uniform(0, context.config.service.jitter_minutes)
        yield day + timedelta(hours=hour, minutes=minute + later)
