"""What answers visitors' queries and texts, in a process that may die.

It is a task of `jobs.web.children`: started at the first request, killed when an answer passes its
deadline, and started anew when it is gone or the analysts' copy is another file. An answer is taken
whole before any of it is passed on: it is whole or a refusal, and a visitor who reads slowly holds
nothing up. Whose process ended is asked once more in one of its own, so that no query takes
another's answer with it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.types import Scope

from forecast.child import SIZE, Child, environment
from forecast.errors import BordercastError
from forecast.store import held
from jobs.logs import LOG
from jobs.web.responses import TOO_LONG, Plain, QueryLimits

START_SECONDS = 60.0  # before a process that does not come up is given up
PAUSE_SECONDS = 5.0  # after one that did not come up
CACHED_MOST = 60  # seconds for which a browser may be told to keep an answer
PASSED_ON = {"content-type", "content-disposition", "location", "link"}


def _again(title: str, words: str) -> Plain:
    return Plain(503, title, f"{words} Try again in a few seconds.", again=5)


# What is said where there is no answer; most may be over in a few seconds.
OF_QUERIES = {
    "busy": _again("Too many queries at once", "Others' queries are running and waiting."),
    "starting": _again("The tables are not ready yet", "What answers queries is being started."),
    "stopped": _again(
        "The query was cut off",
        "Another query ran too long, and what answers queries was started anew.",
    ),
    "late": Plain(400, "The query took too long", TOO_LONG),
}
OF_TEXTS = {
    "busy": _again("Too many texts at once", "Others' texts are being checked."),
    "starting": _again("Texts cannot be checked yet", "What checks them is being started."),
    "stopped": _again(
        "The check was cut off",
        "Another text took too long, and what checks texts was started anew.",
    ),
    "late": Plain(
        400,
        "The text took too long",
        "The check was stopped: it took longer than {:g} seconds. Check the text in parts, or with "
        "`bordercast check`, which takes the time it needs.",
    ),
}
QUERY, CHECK, BUILD = (("jobs.web.children", name) for name in ("query", "check", "build"))


class QueryProcessError(BordercastError):
    """What answers queries did not start."""


def begun(task: Sequence[str], *words: str) -> Child:
    """Start a task; it has none of the service's secrets, and Ctrl-C is for the page alone."""
    command = (sys.executable, "-P", "-m", *task, *words)
    return Child(command, environment(os.environ), alone=True)


async def pieces(child: Child, question: bytes = b"") -> AsyncGenerator[bytes]:
    """Yield what a child says to a question, until it has said all or has ended."""
    reader, writer = await asyncio.open_connection(sock=child.ask(question))
    try:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                size = int.from_bytes(await reader.readexactly(SIZE), "big")
                yield await reader.readexactly(size)
    finally:
        writer.close()


async def answer(child: Child, question: bytes = b"") -> tuple[dict[str, Any], bytes]:
    """Return the words and the content of an answer; no words where the child has ended."""
    async with aclosing(pieces(child, question)) as reply:
        async for piece in reply:
            words, _, content = piece.partition(b"\n")
            return dict(json.loads(words)), content
    return {}, b""


class QueryServer:
    """Answers requests for tables and queries of the analysts' copy, each within seconds.

    copy : the analysts' copy, looked at again at each request. limits : of queries and answers.
    task : what the process does. refusals : what is said where it gives no answer.
    """

    def __init__(
        self,
        copy: Path,
        limits: QueryLimits = QueryLimits(),  # noqa: B008
        task: Sequence[str] = QUERY,
        refusals: Mapping[str, Plain] = OF_QUERIES,
    ) -> None:
        self.refusals = refusals
        self.copy, self.limits, self.task = copy, limits, task
        self.started = 0  # processes, up to now
        self._asking = 0
        self._turns = asyncio.Semaphore(limits.threads)
        self._process: _Process | None = None
        self._starting: asyncio.Task[_Process] | None = None
        self._not_before = 0.0

    async def ask(self, scope: Scope, text: str = "") -> Response:
        """Answer a request, or say why not; waits for a turn and for the process, but not long."""
        limits, loop = self.limits, asyncio.get_running_loop()
        if self._asking >= limits.threads + limits.waiting:
            return self.refusals["busy"]
        began = loop.time()
        self._asking += 1
        try:
            try:
                await asyncio.wait_for(self._turns.acquire(), limits.turn_seconds)
            except TimeoutError:
                return self.refusals["busy"]
            try:
                async with asyncio.timeout_at(began + limits.start_seconds):
                    process = await self._running()
                end, question = began + limits.request_seconds, _question(scope, text)
                until = min(loop.time() + limits.answer_seconds, end)
                answer = await self._answered(process, question, until)
                if answer is None:  # the process ended on the way: one that is asked nothing else
                    async with asyncio.timeout_at(end):
                        process = await self._begun()
                    answer = await self._answered(process, question, end)
                return answer or self.refusals["stopped"]
            except (TimeoutError, QueryProcessError):
                return self.refusals["starting"]
            finally:
                self._turns.release()
        finally:
            self._asking -= 1

    async def ready(self) -> None:
        """Return once queries are answered; QueryProcessError if they cannot be."""
        await self._running()

    async def close(self) -> None:
        """End the process, and leave nothing behind."""
        if self._starting is not None:
            self._starting.cancel()
            with suppress(asyncio.CancelledError, QueryProcessError):
                await self._starting
        if self._process is not None:
            self._process.child.end()

    async def _running(self) -> _Process:
        """The process on the copy as it is now; whoever does not wait for it lets it start."""
        process = self._process
        if process is not None and process.answers(held.identity(self.copy)):
            return process
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._start())
            # Whoever waited may be gone: its error is logged already.
            self._starting.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._starting)

    async def _start(self) -> _Process:
        """Start another and wait until it answers; the one before ends when nobody waits for it."""
        before, self._process = self._process, await self._begun()
        if before is not None:
            before.end_if_unused()
        return self._process

    async def _begun(self) -> _Process:
        """Start a process, and wait until it answers; QueryProcessError if it does not."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._not_before:
            raise QueryProcessError("what answers queries did not start; it is tried again soon")
        self.started += 1
        child = begun(self.task, str(self.copy.absolute()), json.dumps(asdict(self.limits)))
        words: dict[str, Any] = {}
        try:
            with suppress(TimeoutError):
                words, _ = await asyncio.wait_for(answer(child), START_SECONDS)
        finally:
            if "ready" not in words:
                child.end()
        if "ready" not in words:
            why = f": {words['words']}" if words else ""
            self._not_before = loop.time() + PAUSE_SECONDS
            LOG.error("what answers queries did not start%s", why)
            raise QueryProcessError(f"what answers queries did not start{why}")
        return _Process(child, words["ready"])

    async def _answered(self, process: _Process, question: bytes, until: float) -> Response | None:
        """Return the answer, None if the process ended; it is killed if it takes too long."""
        process.users += 1
        given = round(until - asyncio.get_running_loop().time(), 1)
        try:
            async with asyncio.timeout_at(until):
                words, content = await answer(process.child, question)
        except TimeoutError:
            process.child.kill()
            LOG.warning("no answer in %g seconds; %s was killed", given, " ".join(self.task))
            late = self.refusals["late"]
            return Plain(late.status, late.title, late.words.format(given))
        except asyncio.CancelledError:
            process.child.kill()  # nobody would see to its end
            raise
        finally:
            process.users -= 1
            if process is not self._process:
                process.end_if_unused()
        return _response(words, content) if words else None


class _Process:
    """One that answers requests. identity : of the file that it holds. users : wait for answers."""

    def __init__(self, child: Child, identity: list[int]) -> None:
        self.child, self.identity, self.users = child, identity, 0

    def answers(self, identity: held.Identity | None) -> bool:
        """Return whether it lives and holds this file."""
        return identity is not None and self.identity == [*identity] and self.child.alive()

    def end_if_unused(self) -> None:
        if not self.users:
            self.child.end()


def _question(scope: Scope, text: str) -> bytes:
    host = next((v for k, v in scope["headers"] if k == b"host"), b"localhost")
    words = {
        "path": scope["raw_path"].decode("latin-1"),
        "query": scope["query_string"].decode("latin-1"),
        "host": host.decode("latin-1"),
        "scheme": scope["scheme"],
        "text": text,
    }
    return json.dumps(words).encode()


def _response(words: Mapping[str, Any], content: bytes) -> Response:
    if "title" in words:
        return Plain(words["status"], words["title"], words["words"])
    headers = words["headers"]
    passed = {name: value for name, value in headers.items() if name in PASSED_ON}
    # For how long it may be kept is not what a visitor's address asks for; no long number is read.
    seconds = headers.get("cache-control", "").partition("max-age=")[2].partition(",")[0]
    most = min(int(seconds[:9]), CACHED_MOST) if seconds.isascii() and seconds.isdigit() else 0
    passed["cache-control"] = f"private, max-age={most}" if most else "private, no-cache"
    return Response(content, words["status"], passed)
