"""The page's server: where it listens, and how it ends."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, ClassVar

from forecast.config import Config
from forecast.errors import BusyError, ConfigError

if TYPE_CHECKING:
    from jobs.web.app import Site

DOWNLOAD_SECONDS = 60.0  # to take the whole file
IDLE_SECONDS = 5  # between two requests of a connection
PATIENCE = 3  # seconds for answers under way when it ends


def snapshot_of(path: Path, config: Config) -> Path:
    """The analysts' copy of a database; ConfigError if the settings say there is none."""
    if not config.service.snapshot:
        raise ConfigError(
            "config.toml",
            "service.snapshot",
            'is empty, and the page shows that copy; set it to "{db}-snapshot.db"',
        )
    return path.parent / config.service.snapshot.replace("{db}", path.stem)


def folder_of(path: Path, config: Config) -> Path | None:
    """Where a run writes the page's files; None if the settings say nowhere."""
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
    """A socket that listens; port 0 takes a free one.

    Raises
    ------
    BusyError : somebody else listens there. ConfigError : this host or port cannot be.
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
    import uvicorn

    from jobs.web.connections import QUIET, BoundedProtocol
    from jobs.web.metadata import DATABASE

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
