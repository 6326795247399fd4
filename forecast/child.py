"""Work in a process of its own, which may die of what it is given without anybody else.

    parent   run(command(module, limits), content, limits) -> what the child wrote
    child    answer(work, limits) : keeps to the limits, reads all it is given, writes what it made

A child that takes too long, asks for too much memory or ends in native code is an error in words.
Light to import: a child begins with it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOME")  # none of the service's secrets
ERROR_CHARACTERS = 400  # characters of a child's last words


class ChildLimits(NamedTuple):
    """What a child may cost.

    seconds : until it is killed. memory : bytes of address space, 0 for any. answer : bytes.
    """

    seconds: float
    memory: int
    answer: int


class ChildError(Exception):
    """A child that gave no answer. said : its last words. code : how it ended, as `Popen` has it.

    ended : it was not we who ended it.

    The message says why, as the end of a sentence: "took more than 5 seconds".
    """

    def __init__(self, problem: str, code: int, message: str, *, ended: bool = False) -> None:
        self.code, self.said, self.ended = code, message, ended
        super().__init__(problem)


def command(module: str, limits: ChildLimits) -> list[str]:
    """Return how a module of ours is run as a child, whose `answer` gets the limits."""
    return [sys.executable, "-P", "-m", module, json.dumps(limits)]


def run(
    words: Sequence[str],
    given: bytes,
    limits: ChildLimits,
    environment: Mapping[str, str],
    *,
    alone: bool = False,
) -> bytes:
    """What a command writes of what it is given; it is never there any more when this returns.

    Parameters
    ----------
    environment : of the command. alone : it leads a group of its own and ends with all it started;
        otherwise it belongs to ours, whose end is its own.

    Raises
    ------
    ChildError : it failed, died, or was ended at a limit. OSError : it cannot be started.
    """
    import signal
    import subprocess
    import threading
    from contextlib import suppress

    # In memory, not in pipes: nobody waits for the other to read.
    with _in_memory(given) as asked, _in_memory() as stderr:
        process = subprocess.Popen(
            words,
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=dict(environment),
            start_new_session=alone,
        )
        late = threading.Event()

        def end() -> None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL) if alone else process.kill()

        def end_late() -> None:
            late.set()
            end()

        # Native code does not listen to exceptions: it is ended from outside.
        timer = threading.Timer(limits.seconds, end_late)
        timer.daemon = True
        with process:
            try:
                timer.start()
                assert process.stdout is not None
                answer = process.stdout.read(limits.answer + 1)
                if len(answer) <= limits.answer:
                    process.wait()
            finally:
                timer.cancel()
                end()
        # The last words only: what ended it comes last.
        stderr.seek(0)
        error = " ".join(stderr.read().decode(errors="replace").split())[-ERROR_CHARACTERS:]
    code = process.returncode
    if late.is_set():
        raise ChildError(f"took more than {limits.seconds:g} seconds", code, error)
    if len(answer) > limits.answer:
        raise ChildError(f"gave more than {limits.answer:,} bytes", code, error)
    if code:
        raise ChildError(_ended(code, limits), code, error, ended=True)
    return answer


def answer(work: Callable[[bytes], bytes], limits: str) -> None:
    """In the child: do the work of what was given, within the limits it was started with."""
    bounds = ChildLimits(*json.loads(limits))
    confine(bounds.memory, bounds.seconds)
    sys.stdout.buffer.write(work(sys.stdin.buffer.read()))


def confine(memory: int, seconds: float = 0) -> None:
    """In the child: bound what this process may take, 0 for any; it leaves no image of itself.

    seconds : of computing; it ends so even if whoever was to kill it is gone.
    """
    # An image of a visitor's file, or of a secret, does not stay behind on disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory:
        _limit(resource.RLIMIT_AS, memory)
    if seconds:
        _limit(resource.RLIMIT_CPU, int(seconds) + 1, int(seconds) + 2)  # asked, then killed


def die_with_parent() -> None:
    """In the child: wait for the end of standard input, which is the parent's, and end at once."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(0)


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Return what a child of ours is told: where things are, and no secret."""
    # Of this program, wherever the child is started from: -P leaves its folder out.
    root = str(Path(__file__).parent.parent)
    paths = [root, *filter(None, ours.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **{name: ours[name] for name in KEPT_VARIABLES if name in ours},
        "PYTHONPATH": os.pathsep.join(paths),
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",  # an arena of address space for each thread is a waste
    }


def _limit(kind: int, most: int, hard: int = 0) -> None:
    try:
        resource.setrlimit(kind, (most, hard or most))
    except (ValueError, OSError):  # a system without such a limit, or with a lower one
        return


def _in_memory(content: bytes = b"") -> Any:
    file = os.fdopen(os.memfd_create("bordercast"), "w+b")
    file.write(content)
    file.seek(0)
    return file


def _ended(code: int, limits: ChildLimits) -> str:
    if code > 0:
        return f"ended with exit code {code}"
    if -code == 24:  # SIGXCPU: by its own watch, where ours was late
        return f"took more than {limits.seconds:g} seconds"
    of = f" of {limits.memory / 1e6:,.0f} MB of memory" if limits.memory else ""
    return f"broke down (signal {-code}), perhaps for want{of}"
