"""Work in a process of its own, which may die of what it is given without anybody else.

    Child(command(module, limits)).answer(question, limits)    a process of ours, asked now and then
    once(module, question, limits)                             the same for one question
    run(command, content, limits)                              a command of others

A child that takes too long, asks for too much memory or ends in native code is an error in words.
A child of ours calls `serve` with what it can do. Each question, and what it is answered by, has a
connection of its own, handed over through the child's standard input: several may be under way, and
a late answer is never taken for another's. When our end of that door closes, however we ended, the
child ends with all it started. Light to import: a child begins with it.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

if TYPE_CHECKING:
    import socket

KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOME")  # none of the service's secrets
ERROR_CHARACTERS = 400  # characters of a child's last words
SIZE = 8  # bytes that say how long the piece behind them is
LOOK = 0.2  # seconds between two looks at whether to go on waiting
Say = Callable[[bytes], None]
ChildWork = Callable[[bytes, Say], None]


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


# -- who asks --------------------------------------------------------------------------------------


class Child:
    """A process of ours, until `end`.

    alone : it leads a group of its own and ends with all it started; otherwise it belongs to ours,
        whose end is its own. quiet : its errors are not ours to show.
    """

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        alone: bool = False,
        quiet: bool = False,
    ) -> None:
        import socket
        import subprocess

        self.alone, self.killed = alone, False
        self.door, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                words,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL if quiet else None,
                env=dict(environment),
                start_new_session=alone,
            )

    def __enter__(self) -> Child:
        """Return it; it ends with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.end()

    def ask(self, question: bytes) -> socket.socket:
        """Return what the answer's pieces can be read from; it ends early if the child does."""
        import socket

        ours, theirs = socket.socketpair()
        # In memory, not in the connection: nobody waits for the other to read. A child that has
        # ended takes nothing, and so gives no answer.
        with theirs, _in_memory(question) as given, suppress(OSError):
            socket.send_fds(self.door, [b"?"], [given.fileno(), theirs.fileno()])
        return ours

    def answer(
        self, question: bytes, limits: ChildLimits, stopped: Callable[[], bool] = lambda: False
    ) -> bytes:
        """Return the answer, if it is one piece; stopped : whether nobody wants it any more.

        ChildError if it died, or the answer is late, too large or not wanted: end it then.
        """
        deadline = time.monotonic() + limits.seconds
        read, size = bytearray(), SIZE
        with self.ask(question) as ours:
            ours.settimeout(LOOK)
            while len(read) < size:
                if time.monotonic() > deadline:
                    raise ChildError(f"took more than {limits.seconds:g} seconds", 0, "")
                if stopped():
                    raise ChildError("was stopped", 0, "")
                try:
                    piece = ours.recv(min(size - len(read), 1 << 20))
                except TimeoutError:
                    continue
                except ConnectionError:
                    piece = b""
                if not piece:
                    raise self._died(limits)
                read += piece
                if size == SIZE == len(read):
                    size += int.from_bytes(read, "big")
                    if size - SIZE > limits.answer:
                        raise ChildError(f"gave more than {limits.answer:,} bytes", 0, "")
        return bytes(memoryview(read)[SIZE:])

    def alive(self) -> bool:
        """Return whether it can be asked."""
        return not self.killed and self.process.poll() is None

    def kill(self) -> None:
        """End it at once, with all it does, and do not wait for that."""
        self.killed = True
        # Of one that was waited for, the number may be another's; its group's is not.
        if self.alone or self.process.returncode is None:
            _kill(self.process.pid, self.alone)

    def end(self) -> None:
        """Kill it, and return once it has ended."""
        self.kill()
        self.process.wait()
        self.door.close()

    def _died(self, limits: ChildLimits) -> ChildError:
        import subprocess

        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.kill()  # of its group, what it started may be left
        code = self.process.wait()
        return ChildError(_ended(code, limits), code, "", ended=True)


def command(module: str, limits: ChildLimits) -> list[str]:
    """Return how a module of ours is run as a child, which keeps to the limits."""
    return [sys.executable, "-P", "-m", module, json.dumps(limits)]


def once(module: str, question: bytes, limits: ChildLimits, *words: str) -> bytes:
    """Ask a process of its own that has none of our secrets; as `Child.answer`, or OSError."""
    words = (*command(module, limits), *words)
    with Child(words, environment(os.environ), quiet=True) as child:
        return child.answer(question, limits)


def run(
    words: Sequence[str], given: bytes, limits: ChildLimits, environment: Mapping[str, str]
) -> bytes:
    """What a command of others writes of what it is given; it ends with all that it started.

    ChildError if it failed, died, or was ended at a limit; OSError if it cannot be started.
    """
    import subprocess
    import threading

    with _in_memory(given) as asked, _in_memory() as stderr:
        process = subprocess.Popen(
            words,
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=dict(environment),
            start_new_session=True,
        )
        late = threading.Event()

        def end_late() -> None:
            late.set()
            _kill(process.pid, group=True)

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
                _kill(process.pid, group=True)
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


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Return what a child of ours is told: where things are, and no secret."""
    # Of this program, wherever the child is started from: -P leaves its folder out.
    root = str(Path(__file__).parent.parent)
    paths = [root, *filter(None, ours.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **{name: ours[name] for name in KEPT_VARIABLES if name in ours},
        "PYTHONPATH": os.pathsep.join(paths),
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",  # an arena of address space for each thread is a waste
    }


# -- who is asked ----------------------------------------------------------------------------------


def serve(work: ChildWork) -> NoReturn:
    """In the child: do what is asked, each question in a thread of its own, until we are left.

    work : gets a question, and what to say a piece of the answer with.
    """
    import socket
    import threading

    # What we start must not read what we are asked.
    door, nothing = socket.socket(fileno=os.dup(0)), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    while True:
        asked, ends, *_ = socket.recv_fds(door, 1, 2, socket.MSG_CMSG_CLOEXEC)
        if not asked:
            if os.getpgrp() == os.getpid():  # what we started, and what that started, goes as well
                os.killpg(0, signal.SIGKILL)
            os._exit(0)
        threading.Thread(target=_answer, args=(work, *ends), daemon=True).start()


def confine(memory: int, seconds: float = 0) -> None:
    """In the child: bound what this process may take, 0 for any; it leaves no image of itself.

    seconds : of computing; it ends so even if whoever was to kill it is gone.
    """
    # An image of a visitor's file, or of a secret, does not stay behind on disk.
    limits = {resource.RLIMIT_CORE: (0, 0)}
    if memory:
        limits[resource.RLIMIT_AS] = (memory, memory)
    if seconds:
        limits[resource.RLIMIT_CPU] = (int(seconds) + 1, int(seconds) + 2)  # asked, then killed
    for kind, limit in limits.items():
        with suppress(ValueError, OSError):  # a system without such a limit, or with a lower one
            resource.setrlimit(kind, limit)


def serve_once(work: Callable[[bytes], bytes], limits: str) -> NoReturn:
    """In the child of `once`: answer within the limits that it was started with."""
    bounds = ChildLimits(*json.loads(limits))
    confine(bounds.memory, bounds.seconds)
    serve(lambda question, say: say(work(question)))


def _answer(work: ChildWork, given: int, to: int) -> None:
    import socket

    try:
        with open(given, "rb") as file:
            question = file.read()
        with socket.socket(fileno=to) as connection, suppress(ConnectionError):

            def say(piece: bytes) -> None:
                connection.sendall(len(piece).to_bytes(SIZE, "big"))
                connection.sendall(piece)

            work(question, say)
    except BaseException:  # whoever waits learns it by our end
        import traceback

        traceback.print_exc()
        os._exit(1)


def _kill(pid: int, group: bool) -> None:
    with suppress(ProcessLookupError, PermissionError):
        (os.killpg if group else os.kill)(pid, signal.SIGKILL)


def _in_memory(content: bytes = b"") -> Any:
    file = os.fdopen(os.memfd_create("bordercast"), "w+b")
    file.write(content)
    file.seek(0)
    return file


def _ended(code: int, limits: ChildLimits) -> str:
    if code > 0:
        return f"ended with exit code {code}"
    if -code == signal.SIGXCPU:  # by its own watch, where ours was late
        return f"took more than {limits.seconds:g} seconds"
    of = f" of {limits.memory / 1e6:,.0f} MB of memory" if limits.memory else ""
    return f"broke down (signal {-code}), perhaps for want{of}"
