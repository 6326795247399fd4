"""The page's server: where it listens, how it ends; no connection silent, slow or one too many.

Uvicorn closes connections that are idle between two requests, but it waits forever for the first
request, for the rest of one that is sent a byte at a time, and for a visitor who does not read.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar

import uvicorn
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from forecast.config import Config
from forecast.errors import BusyError, ConfigError
from jobs.logs import LOG
from jobs.web.responses import DATABASE

if TYPE_CHECKING:
    from jobs.web.app import Site

# What every server of ours asks of uvicorn: it logs nothing and names nothing of itself.
QUIET: dict[str, Any] = {
    "loop": "asyncio",
    "ws": "none",
    "log_config": None,
    "access_log": False,
    "server_header": False,
}
DOWNLOAD_SECONDS = 60.0  # to take the whole file
IDLE_SECONDS = 5  # between two requests of a connection
PATIENCE = 3  # seconds for answers under way when it ends


class BoundedProtocol(H11Protocol):
    """A connection with a deadline for everything.

    request_seconds : for a request to arrive whole, from the first moment or the last answer on.
    answer_seconds : for an answer to be made and taken. longer : the same for some paths.
    connections_most : open at once; for one more, the one that has been silent longest is closed.
    answers_most : under way at once; more requests are answered 503.
    """

    request_seconds: ClassVar[float] = 5.0
    answer_seconds: ClassVar[float] = 9.0
    longer: ClassVar[Mapping[str, float]] = {}
    connections_most: ClassVar[int] = 400
    answers_most: ClassVar[int] = 256

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._application = self.app
        self.app = self._answer
        self._until = self._silent_since = self.loop.time()
        self._silence: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait()
        if len(self.connections) <= self.connections_most:
            return
        # Close what has been silent longest: a visitor who asks at once is never that.
        silent = [
            connection
            for connection in self.connections
            if isinstance(connection, BoundedProtocol) and connection._silence is not None
        ]
        oldest = min(silent, key=lambda connection: connection._silent_since, default=self)
        oldest.transport.abort()
        # Its loss is reported later; until then it must not count, nor be chosen again.
        self.connections.discard(oldest)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed, by whomever."""
        self._go_on()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Something has arrived; the wait is over only when it is a whole request."""
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:
            self._go_on()

    def on_response_complete(self) -> None:
        """All of an answer is written, though perhaps not yet taken; wait for the next request."""
        self._go_on()
        self._wait()
        super().on_response_complete()

    def _wait(self) -> None:
        self._silent_since = now = self.loop.time()
        seconds = max(self.request_seconds, self._until - now)
        # `close` would wait until a visitor who does not read has read.
        self._silence = self.loop.call_later(seconds, self.transport.abort)

    def _go_on(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
        self._silence = None

    async def _answer(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Let the application answer, but not for ever."""
        if len(self.tasks) > self.answers_most:
            await _refuse(send, b"Too many requests at once. Try again in a few seconds.\n")
            return
        cycle, path = self.cycle, scope.get("path", "")
        seconds = self.longer.get(str(path), self.answer_seconds)
        self._until = self.loop.time() + seconds
        deadline = asyncio.timeout(seconds)
        try:
            async with deadline:
                await self._application(scope, receive, send)
        except BaseException:
            if cycle.response_started:  # nothing else tells the visitor that it is not whole
                self.transport.abort()
            if not deadline.expired():
                raise
            LOG.warning("%s took longer than %g seconds and was stopped", path, seconds)
            if not cycle.response_started:
                await _refuse(send, b"That took too long and was stopped.\n")


async def _refuse(send: ASGISendCallable, words: bytes) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(words)).encode()),
        (b"retry-after", b"5"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": words, "more_body": False})


def snapshot_of(path: Path, config: Config) -> Path:
    """Return the analysts' copy of a database; ConfigError if the settings say there is none."""
    if not config.service.snapshot:
        raise ConfigError(
            "config.toml",
            "service.snapshot",
            'is empty, and the page shows that copy; set it to "{db}-snapshot.db"',
        )
    return path.parent / config.service.snapshot.replace("{db}", path.stem)


def folder_of(path: Path, config: Config) -> Path | None:
    """Return where a run writes the page's files; None if the settings say nowhere."""
    return path.parent / config.site.folder if config.site.folder else None


def refuse_others(host: str, allowed: bool) -> None:
    """ConfigError for an address others can reach, unless that is meant."""
    loopback = host == "localhost"
    with suppress(ValueError):
        loopback = loopback or ipaddress.ip_address(host).is_loopback
    if not allowed and not loopback:
        raise ConfigError(
            "bordercast web",
            "--host",
            f"{host} can be reached from other machines, and this page has no login. Leave it on "
            "127.0.0.1 behind a proxy with a login (docs/web.md shows one), or say --allow-others",
        )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one.

    BusyError if somebody else listens there, ConfigError if this host or port cannot be.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise BusyError(f"{host}:{port}", "another program (--port names another)") from None
        raise ConfigError("bordercast web", "--host, --port", f"{host}:{port}: {error}") from None
    return listening


def serve(site: Site, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Answer until interrupted or terminated; answers under way are finished.

    ready : called once the first page is there.
    """

    class PageServer(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            super().handle_exit(sig, frame)
            site.leave()

    class PageConnection(BoundedProtocol):
        longer: ClassVar = {f"/{DATABASE}.db": DOWNLOAD_SECONDS}

    config = uvicorn.Config(
        site,
        http=PageConnection,
        lifespan="on",
        **QUIET,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=PATIENCE,
        forwarded_allow_ips=["127.0.0.1", "::1"],
    )
    site.ready = ready
    try:
        with suppress(KeyboardInterrupt):
            PageServer(config).run(sockets=[listening])
    finally:
        site.close()
