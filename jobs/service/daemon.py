"""`bordercast serve`: wakes the month's work, once a day and at its start, for years.

    leader lock ── scheduler ── a look ── what is due: a wake, mail, witnesses; each with a deadline
               └── supervisor: tells systemd that all is well, or ends us when it is not

The scheduler is a trigger, not a ledger: what is due stands in the record (see `due`), and what is
left to do as well, so a wake too many does nothing, and one that was missed is made up for.
"""

from __future__ import annotations

import logging
import math
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from forecast.context import Context
from forecast.errors import BordercastError, BusyError
from forecast.store import connect, ops, wakes
from jobs import environment
from jobs.arrivals import archive, inbox
from jobs.compute.orphans import end_groups
from jobs.logs import LOG
from jobs.service import due, heartbeat, upkeep, wakeup
from jobs.service.wakeup import CycleResult
from jobs.witness import attest

if TYPE_CHECKING:
    from sqlite_utils import Database

LEADER_WAIT = 2.0  # seconds a second daemon waits for the first one to go
TICK = 0.5  # seconds between two looks of the supervisor
CLOCK_JUMP = 30.0  # seconds the clock may run apart from the monotonic one between two of them
LOOK = 30  # seconds between two looks at what is due, by which the scheduler shows that it lives
MAIL = 300.0  # seconds between two times that servers of others are asked
NO_LOOK = 120.0  # without one for so long, it counts as dead
GRACE = 5.0  # seconds for those who wait for others' servers when the service is stopped
OVERTIME = 120.0  # seconds a wake may take beyond its deadline before we count as hung

WELL: tuple[wakes.Ended, ...] = ("published", "nothing new")
THREADS = "scheduled"  # how the names of the scheduler's threads begin

Work = Callable[[Context], CycleResult]


class ServiceTask(NamedTuple):
    """What the service does whenever it is due.

    executor : whose thread starts it and waits. every : seconds from one start to the next, however
        due it is: what a server refuses stays due.
    """

    name: str
    due: Callable[[Context, datetime], bool]
    run: Callable[[], object]
    executor: str = "default"
    every: float = 0.0


def serve(context: Context, work: Work = wakeup.main) -> None:
    """Lead until SIGTERM or SIGINT; then stop what is under way and return.

    Parameters
    ----------
    context : of the database, which the first wake makes. work : does a wake, in a spawned process.

    Raises
    ------
    BusyError : another daemon leads; it is named.
    """
    # Where the database really lies, whatever links lead there.
    context = replace(context, path=connect.place(context.path))
    stop = _stopped_by_signals()
    with _leading(context.path):
        inbox.make(archive.folders(context.path, context.config).inbox)
        LOG.info("process %s leads %s", os.getpid(), context.path.name)
        Daemon(context, work, stop).run()
        left = _left_behind(GRACE)
    LOG.info("stopped")
    if left:
        LOG.warning("left behind, as their servers do not answer: %s", ", ".join(left))
        logging.shutdown()
        os._exit(0)  # the interpreter would wait for them


def once(context: Context, work: Work = wakeup.main) -> CycleResult:
    """One wake as the daemon does it, for a timer; BusyError if a daemon leads."""
    # Where the database really lies, whatever links lead there.
    context = replace(context, path=connect.place(context.path))
    stop = _stopped_by_signals()
    with _leading(context.path):
        daemon = Daemon(context, work, stop, mode="timer")
        done = daemon.wake()
        asking = threading.Thread(target=daemon.witness, name=THREADS, daemon=True)
        asking.start()
        while asking.is_alive() and not stop.is_set():
            asking.join(TICK)
        if asking.is_alive():
            end_groups()
        return done


def _left_behind(seconds: float) -> list[str]:
    """The threads that still wait for others after so many seconds; commands they wait for end."""
    end_groups()
    until = time.monotonic() + seconds
    threads = [thread for thread in threading.enumerate() if thread.name.startswith(THREADS)]
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0.0))
    return [thread.name for thread in threads if thread.is_alive()]


def _stopped_by_signals() -> threading.Event:
    """Set by SIGTERM and SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


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
    """The leading daemon; `look`, what it starts and `watch` run in threads of their own.

    again_at : monotonic moment at which a wake is due whatever the record says: at first at once,
    after one that failed in some minutes. None : the record says when.
    """

    context: Context
    work: Work
    stop: threading.Event
    mode: wakes.Mode = "daemon"
    scheduler: Any = field(default_factory=lambda: _scheduler(), repr=False)
    working: threading.Lock = field(default_factory=threading.Lock)
    under_way: set[str] = field(default_factory=set)
    started: dict[str, float] = field(default_factory=dict)  # task -> monotonic moment
    child: BaseProcess | None = None
    woke: float | None = None  # monotonic moment at which the work under way began
    again_at: float | None = 0.0
    looked: float = field(default_factory=time.monotonic)

    def tasks(self) -> tuple[ServiceTask, ...]:
        """Return what there is to do; a new task is a line here and when it is due."""
        return (
            ServiceTask("wake", self._wake_due, self.wake),
            ServiceTask("mail", due.mail_due, self.post, every=MAIL),
            # It only waits for others: a wake may begin meanwhile.
            ServiceTask("witness", due.witnesses_due, self.witness, "witness", every=MAIL),
        )

    def run(self) -> None:
        """Look again and again, and wait to be stopped."""
        self.scheduler.add_job(
            self.look, IntervalTrigger(seconds=LOOK, timezone=UTC), id="look", executor="look"
        )
        self.scheduler.add_job(self.look, executor="look")  # at once
        self.scheduler.start()
        supervisor = threading.Thread(target=self.watch, name="supervisor", daemon=True)
        supervisor.start()
        if self.context.settings.service.port:
            from jobs.service import port

            port.start(self.context)
        heartbeat.notify("READY=1")
        self.stop.wait()
        LOG.info("stopping")
        heartbeat.notify("STOPPING=1")
        with self.working:  # the scheduler holds its locks while it waits, and a wake asks it
            self.scheduler.shutdown(wait=False)
        supervisor.join()

    def look(self) -> None:
        """Start what is due and not under way."""
        self.looked, now = time.monotonic(), datetime.now(UTC)
        for task in self.tasks():
            waits = self.looked - self.started.get(task.name, -math.inf) < task.every
            if waits or task.name in self.under_way or self.stop.is_set():
                continue
            with suppress(BordercastError):  # a record that cannot be read now: at the next look
                if task.due(self.context, now):
                    self.under_way.add(task.name)
                    self.started[task.name] = self.looked
                    how = {"id": task.name, "executor": task.executor, "replace_existing": True}
                    self.scheduler.add_job(self._do, args=(task,), **how)

    def _do(self, task: ServiceTask) -> None:
        try:
            task.run()
        finally:
            self.under_way.discard(task.name)

    def _wake_due(self, context: Context, now: datetime) -> bool:
        if self.again_at is not None:
            return time.monotonic() >= self.again_at
        return due.wake_due(context, now)

    def wake(self) -> CycleResult:
        """One wake, unless we are being stopped; never raises."""
        with self.working:
            done = CycleResult("stopped", "") if self.stop.is_set() else self._wake()
            if done.outcome == "failed":
                self._post()  # the wake did not come to it, and the operator is to know
        level = "error" if done.outcome == "failed" else "info"
        getattr(LOG, level)("wake: %s %s", done.outcome, done.detail)
        heartbeat.notify(f"STATUS={done.outcome} {done.detail}"[:200])
        if done.outcome not in ("stopped", "waiting"):
            # The address that misses us; neither a wake nor the mail waits for its server.
            address = environment.heartbeat(self.context.settings)
            result = (address, done.outcome in WELL, f"{done.outcome} {done.detail}")
            if self.mode == "timer":
                heartbeat.ping(*result)
            elif address:
                self.scheduler.add_job(heartbeat.ping, args=result, executor="heartbeat")
        return done

    def _wake(self) -> CycleResult:
        """One wake, recorded from its beginning to its end."""
        self.again_at = None
        try:
            wake_id = self._begin(datetime.now(UTC))
            done = self._work(self.work)
            self._end(wake_id, done)
        except (BordercastError, OSError) as error:
            self._try_again()
            return CycleResult("failed", str(error))
        except Exception as error:  # the service must go on, and say so
            LOG.exception("the wake failed")
            self._try_again()
            return CycleResult("failed", f"{type(error).__name__}: {error}")
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
            if not self.stop.is_set() and due.witnesses_due(self.context, datetime.now(UTC)):
                outcomes = attest.attest(
                    self.context.path, self.context.settings, datetime.now(UTC)
                )
                for kind, problem in outcomes.items():
                    LOG.log(30 if problem else 20, "%s: %s", kind, problem or "had")
                if not all(outcomes.values()):
                    upkeep.write_snapshot(self.context.path, self.context.settings)
        except BordercastError as error:  # somebody writes, or the record is edited: later
            LOG.warning("witness: %s", error)
        except Exception:  # the service must go on, and say so
            LOG.exception("the witnesses could not be asked")

    def watch(self) -> None:
        """Look after the scheduler until stopped; end the process when it is beyond help."""
        offset, told_at = _clock_offset(), 0.0
        every = heartbeat.watchdog_seconds()
        while not self.stop.wait(TICK):
            if abs(_clock_offset() - offset) > CLOCK_JUMP:
                LOG.warning("the clock jumped by %.0f s", _clock_offset() - offset)
                offset = _clock_offset()
                self._look_at_once()
            trouble = self._trouble()
            if trouble:
                LOG.critical("%s: giving up, to be restarted", trouble)
                _end_group(self.child)
                os._exit(1)
            if every and time.monotonic() - told_at >= every:
                heartbeat.notify("WATCHDOG=1")
                told_at = time.monotonic()

    def _post(self) -> None:
        if not self.context.settings.tells or self.stop.is_set():
            return
        try:
            done = self._work(wakeup.post)
        except Exception as error:  # the service must go on, and say so
            LOG.exception("the mail failed")
            done = CycleResult("failed", str(error))
        if done.outcome == "failed":
            LOG.error("mail: %s", done.detail)

    def _begin(self, now: datetime) -> int:
        with ops.writing(self.context.path) as db:
            self._lead(db, now)
            return wakes.begin_wake(db, now, os.getpid())

    def _end(self, wake_id: int, done: CycleResult) -> None:
        if done.outcome == "failed" or done.again:
            self._try_again()
        now = datetime.now(UTC)
        with ops.writing(self.context.path) as db:
            wakes.end_wake(db, wake_id, now, done.outcome, done.detail)
            self._lead(db, now)

    def _try_again(self) -> None:
        self.again_at = time.monotonic() + self.context.settings.service.retry_minutes * 60

    def _lead(self, db: Database, now: datetime) -> None:
        """Write down who leads, and when it means to wake next; a timer does not say."""
        ahead = due.next_daily(self.context, now)
        if self.again_at is not None:
            wait = max(self.again_at - time.monotonic(), 0.0)
            ahead = min(ahead, now + timedelta(seconds=wait))
        soonest = None if self.mode == "timer" else ahead.isoformat(timespec="seconds")
        wakes.save_leader(db, now.isoformat(timespec="seconds"), os.getpid(), soonest, self.mode)

    def _work(self, work: Work) -> CycleResult:
        """Spawn the work and wait for its answer, its death, its deadline, or our own end."""
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe(duplex=False)
        self.woke = time.monotonic()
        deadline = self.woke + self.context.settings.service.run_minutes * 60
        given = (work, self.context.path, self.context.settings, theirs)
        self.child = spawn.Process(target=wakeup.apart, args=given)
        self.child.start()
        theirs.close()
        try:
            return self._answer(ours, self.child, deadline)
        finally:
            _end_group(self.child)
            self.child.join()
            self.child.close()
            self.child = self.woke = None
            ours.close()

    def _answer(self, answer: Connection, child: BaseProcess, deadline: float) -> CycleResult:
        while not answer.poll(0.2):
            if self.stop.is_set():
                return CycleResult(
                    "stopped", "the service was stopped; the next start does what is left"
                )
            if time.monotonic() > deadline:
                minutes = self.context.settings.service.run_minutes
                return CycleResult(
                    "failed", f"stopped after {minutes:g} minutes (service.run_minutes)"
                )
        with suppress(EOFError):
            done: CycleResult = answer.recv()
            return done
        child.join(10)
        return CycleResult(
            "failed", f"the worker exited without a result (exit code {child.exitcode})"
        )

    def _look_at_once(self) -> None:
        """After a jump of the clock: the next look may be years away, and files may have come."""
        self.again_at = 0.0
        self.scheduler.reschedule_job("look", trigger=IntervalTrigger(seconds=LOOK, timezone=UTC))
        self.scheduler.add_job(self.look, executor="look")
        self.looked = time.monotonic()

    def _trouble(self) -> str:
        """Return what is beyond help, "" if all is well. Measured by the monotonic clock."""
        now = time.monotonic()
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


def _clock_offset() -> float:
    return time.time() - time.monotonic()


def _end_group(child: BaseProcess | None) -> None:
    """Kill a worker and all it started; nothing happens if they are gone."""
    if child is None or child.pid is None:
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    with suppress(ValueError):  # closed already
        child.kill()
