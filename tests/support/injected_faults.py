"""What can be made to go wrong inside the program, from outside it.

    before MODULE:FUNCTION    SIGKILL when the function is first called
    after MODULE:FUNCTION     SIGKILL when it first returns
    before commit N           SIGKILL when the Nth transaction is about to be committed
    after commit N            SIGKILL when it has been
    S in MODULE:FUNCTION      SIGKILL S seconds after its first call, unless it returns before

The program has no branch for any of this: functions are watched through the interpreter's profile
hook, statements through a connection that looks at each of them.
"""

from __future__ import annotations

import importlib
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial, reduce
from types import CodeType, FrameType
from typing import Any

Look = Callable[[str], None]
_connect = sqlite3.connect


def arrange(fault: str) -> None:
    """Make this process kill itself at a step, written as above."""
    when, _, step = fault.partition(" ")
    if step.startswith("in "):
        _kill_inside(float(when), code_of(step.removeprefix("in ")))
    elif step.startswith("commit "):
        _kill_at_commit(when, int(step.split()[1]))
    else:
        _kill_at_function(when, code_of(step))


def code_of(step: str) -> CodeType:
    """The code of "package.module:Class.function"; AttributeError if there is none such."""
    module, _, name = step.partition(":")
    function = reduce(getattr, name.split("."), importlib.import_module(module))
    return function.__code__  # type: ignore[attr-defined, no-any-return]


def _kill_at_function(when: str, code: CodeType) -> None:
    event_at = {"before": "call", "after": "return"}[when]

    def look(frame: FrameType, event: str, _: Any) -> None:
        if event == event_at and frame.f_code is code:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(look)


def _kill_inside(seconds: float, code: CodeType) -> None:
    at_work: list[FrameType] = []
    # The system ends the process, at whatever it does: no handler of ours is waited for.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def look(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is code and not at_work:
            at_work.append(frame)
            signal.setitimer(signal.ITIMER_REAL, seconds)
        elif event == "return" and at_work and frame is at_work[0]:
            signal.setitimer(signal.ITIMER_REAL, 0)
            sys.setprofile(None)

    sys.setprofile(look)


def seconds_inside(step: str, work: Callable[[], object]) -> float:
    """How long the first call of a function takes in some work, watched as above."""
    code, times = code_of(step), []

    def look(frame: FrameType, event: str, _: Any) -> None:
        if frame.f_code is code and event in ("call", "return"):
            times.append(time.perf_counter())

    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(None)
    return times[1] - times[0]


def _kill_at_commit(when: str, number: int) -> None:
    left = number

    def look(statement: str) -> None:
        nonlocal left
        left -= statement == "commit"
        if not left and statement == "commit":
            os.kill(os.getpid(), signal.SIGKILL)

    sqlite3.connect = partial(_connect, factory=looked_at(**{when: look}))  # type: ignore


def looked_at(
    before: Look = lambda statement: None, after: Look = lambda statement: None
) -> type[sqlite3.Connection]:
    """A connection whose statements are shown before and after; each row of a batch is one."""

    class Connection(sqlite3.Connection):
        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            before(statement)
            cursor = super().execute(statement, *values)
            after(statement)
            return cursor

        def executemany(self, statement: str, rows: Iterable[Any]) -> sqlite3.Cursor:
            def shown() -> Iterator[Any]:
                for row in rows:
                    before(statement)
                    yield row

            return super().executemany(statement, shown())

    return Connection


@contextmanager
def watched(before: Look = lambda statement: None, after: Look = lambda statement: None):
    """Every connection opened meanwhile shows its statements."""
    sqlite3.connect = partial(_connect, factory=looked_at(before, after))
    try:
        yield
    finally:
        sqlite3.connect = _connect
