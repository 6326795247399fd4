"""A process of the page's own, which may die: started, asked, killed in time, started anew.

What it does is a task of `jobs.web.children`. One that answers is started at the first request,
killed when an answer passes its deadline, and started anew when it is gone or the analysts' copy
is another file. An answer is taken whole, up to a number of bytes, before any of it is passed on:
it is whole or a refusal, and a visitor who reads slowly holds nothing up.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import httpx
from starlette.types import Scope

from forecast import child
from forecast.errors import BordercastError
from forecast.store import held
from jobs.web.responses import Plain, QueryAnswer, QueryLimits, too_long

LOG = logging.getLogger("bordercast")
START_SECONDS = 60.0  # before a process that does not come up is given up
PAUSE_SECONDS = 5.0  # after one that did not come up
CACHED_MOST = 60  # seconds for which a browser may be told to keep an answer
PASSED_ON = {b"content-type", b"content-disposition", b"location", b"link"}


@dataclass(frozen=True)
class Refusals:
    """What is said where there is no answer; most may be over in a few seconds.

    late : after how many seconds it was stopped, and so for good.
    """

    busy: Plain
    starting: Plain
    stopped: Plain
    late: Callable[[float], Plain]


UNANSWERABLE = Plain(400, "That could not be done", "Datasette cannot answer this address.")
BUSY = Plain(
    503,
    "Too many queries at once",
    "Others' queries are running and waiting. Try again in a few seconds.",
    again=5,
)
STARTING = Plain(
    503,
    "The tables are not ready yet",
    "What answers queries is being started. Try again in a few seconds.",
    again=5,
)
STOPPED = Plain(
    503,
    "The query was cut off",
    "Another query ran too long, and what answers queries was started anew. Try again.",
    again=5,
)
OF_QUERIES = Refusals(
    BUSY,
    STARTING,
    STOPPED,
    lambda seconds: Plain(400, "The query took too long", too_long(seconds)),
)
OF_TEXTS = Refusals(
    BUSY._replace(
        title="Too many texts at once",
        words="Others' texts are being checked. Try again in a few seconds.",
    ),
    STARTING._replace(
        title="Texts cannot be checked yet",
        words="What checks them is being started. Try again in a few seconds.",
    ),
    STOPPED._replace(
        title="The check was cut off",
        words="Another text took too long, and what checks texts was started anew. Try again.",
    ),
    lambda seconds: Plain(
        400,
        "The text took too long",
        f"The check was stopped: it took longer than {seconds:g} seconds. Check the text in parts, "
        "or with `bordercast check`, which takes the time it needs.",
    ),
)

QUERY, CHECK, BUILD = (("jobs.web.children", name) for name in ("query", "check", "build"))


class QueryProcessError(BordercastError):
    """What answers queries did not start."""


class Child:
    """A process of ours. What it has to say is a line of JSON, until it ends."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def start(cls, task: Sequence[str], *words: str) -> Self:
        """Start one with a task of `jobs.web.children`; it has none of the service's secrets."""
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m"),
                *(*task, *words),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=child.environment(os.environ),
                start_new_session=True,  # Ctrl-C is for the page, which ends it
            )
        )

    async def message(self) -> dict[str, Any]:
        """Return what it says next; nothing once it has ended. ValueError if that is not ours."""
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        return dict(json.loads(line)) if line else {}

    def kill(self) -> None:
        """End it at once, with all it does."""
        with suppress(ProcessLookupError):
            self.process.kill()

    async def end(self) -> None:
        """Kill it, and return once it has ended."""
        self.kill()
        await self.process.wait()


class QueryServer:
    """Answers requests for tables and queries of the analysts' copy, each within seconds.

    Parameters
    ----------
    copy : the analysts' copy, looked at again at each request. limits : of queries and answers.
    task : what the process does. refusals : what is said where it gives no answer.
    """

    def __init__(
        self,
        copy: Path,
        limits: QueryLimits = QueryLimits(),  # noqa: B008
        task: Sequence[str] = QUERY,
        refusals: Refusals = OF_QUERIES,
    ) -> None:
        self.refusals = refusals
        self.copy, self.limits, self.task = copy, limits, task
        self.started = 0  # processes, up to now
        self._asking = 0
        self._turns = asyncio.Semaphore(limits.threads)
        self._process: _Process | None = None
        self._starting: asyncio.Task[_Process] | None = None
        self._not_before = 0.0
        self._folder: Path | None = None

    async def ask(self, scope: Scope, body: bytes = b"") -> QueryAnswer | Plain:
        """Answer a request, or say why not. body : what was posted, if anything was.

        Waits for a turn and for the process, but not long.
        """
        limits, loop = self.limits, asyncio.get_running_loop()
        if self._asking >= limits.threads + limits.waiting:
            return self.refusals.busy
        began = loop.time()
        self._asking += 1
        try:
            await asyncio.wait_for(self._turns.acquire(), limits.turn_seconds)
        except TimeoutError:
            self._asking -= 1
            return self.refusals.busy
        except BaseException:
            self._asking -= 1
            raise
        try:
            async with asyncio.timeout_at(began + limits.start_seconds):
                process = await self._running()
            until = min(loop.time() + limits.answer_seconds, began + limits.request_seconds)
            return await self._answered(process, scope, body, until)
        except (TimeoutError, QueryProcessError):
            return self.refusals.starting
        finally:
            self._turns.release()
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
            await self._process.end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

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
        """Start another and wait until it answers; the one before ends when nobody waits for it.

        Raises
        ------
        QueryProcessError : it does not.
        """
        loop = asyncio.get_running_loop()
        if loop.time() < self._not_before:
            raise QueryProcessError("what answers queries did not start; it is tried again soon")
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="bordercast-"))
        self.started += 1
        socket = self._folder / f"{self.started}.sock"
        words = (str(self.copy.absolute()), str(socket), json.dumps(asdict(self.limits)))
        process, message = await _Process.start(self.task, *words), dict[str, Any]()
        process.socket, process.answer_bytes = socket, self.limits.answer_bytes
        try:
            message = await asyncio.wait_for(process.message(), START_SECONDS)
            process.identity = tuple(message["ready"])
        except BaseException as error:
            await process.end()
            if not isinstance(error, TimeoutError | ValueError | KeyError):
                raise
            why = f": {message['words']}" if message else ""
            self._not_before = loop.time() + PAUSE_SECONDS
            LOG.error("what answers queries did not start%s", why)
            raise QueryProcessError(f"what answers queries did not start{why}") from None
        before, self._process = self._process, process
        if before is not None:
            before.leave()
        return process

    async def _answered(
        self, process: _Process, scope: Scope, body: bytes, until: float
    ) -> QueryAnswer | Plain:
        """Return the process's answer, if it comes in time; else it is killed, whatever it does."""
        process.users += 1
        given = round(until - asyncio.get_running_loop().time(), 1)
        try:
            async with asyncio.timeout_at(until):
                return await process.fetch(scope, body)
        except TimeoutError:
            process.kill()
            LOG.warning("no answer in %g seconds; %s was killed", given, " ".join(self.task))
            return self.refusals.late(given)
        except asyncio.CancelledError:
            process.kill()  # nobody would see to its end
            raise
        except httpx.HTTPError:
            return self.refusals.stopped
        finally:
            process.users -= 1
            process.leave_if_unused()


class _Process(Child):
    """One that answers requests. identity : of the file that it holds."""

    identity: held.Identity | None
    socket: Path
    answer_bytes: int
    users = 0
    _leaving = _killed = False

    def answers(self, identity: held.Identity | None) -> bool:
        """Return whether it lives and holds this file."""
        return not self._killed and self.process.returncode is None and self.identity == identity

    async def fetch(self, scope: Scope, body: bytes) -> QueryAnswer | Plain:
        """Its answer to a request."""
        target = bytes(scope["raw_path"])
        if scope["query_string"]:
            target += b"?" + bytes(scope["query_string"])
        host = next((v for k, v in scope["headers"] if k == b"host"), b"localhost")
        transport = httpx.AsyncHTTPTransport(uds=str(self.socket))
        # The page's own deadline ends it, and the process with it.
        async with httpx.AsyncClient(transport=transport, timeout=None) as client:  # noqa: S113
            request = client.build_request(
                "POST" if body else "GET",
                "http://tables/",
                content=body or None,
                headers={b"host": host, b"x-forwarded-proto": scope["scheme"].encode()},
                extensions={"target": target},
            )
            response = await client.send(request, stream=True)
            async with aclosing(response):
                return await self._taken(response)

    async def _taken(self, response: httpx.Response) -> QueryAnswer | Plain:
        if response.status_code >= 500:
            return UNANSWERABLE
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self.answer_bytes:
                most = f"{self.answer_bytes / 1e6:.0f} MB"
                words = f"The answer is larger than {most}. Ask for fewer rows or columns."
                return Plain(400, "The answer is too large", words)
        headers = [(k.lower(), v) for k, v in response.headers.raw if k.lower() in PASSED_ON]
        headers.append((b"cache-control", _cached(response).encode()))
        return QueryAnswer(response.status_code, headers, bytes(body))

    def kill(self) -> None:
        """End it at once, with all it does."""
        self._killed = True
        super().kill()
        self.socket.unlink(missing_ok=True)

    def leave(self) -> None:
        """End it as soon as nobody waits for an answer."""
        self._leaving = True
        self.leave_if_unused()

    def leave_if_unused(self) -> None:
        """End it if that was asked for, and nobody waits for an answer."""
        if self._leaving and self.users == 0:
            self.kill()


def _cached(response: httpx.Response) -> str:
    """For how long an answer may be kept, whatever a visitor's address asks for."""
    words = response.headers.get("cache-control", "")
    seconds = words.partition("max-age=")[2].partition(",")[0]
    # A long number is never read as one.
    most = min(int(seconds[:9]), CACHED_MOST) if seconds.isascii() and seconds.isdigit() else 0
    return f"private, max-age={most}" if most else "private, no-cache"
