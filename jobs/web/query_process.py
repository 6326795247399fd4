"""The process that answers queries: `python -m jobs.web.query_process COPY SOCKET LIMITS`.

It is Datasette on the analysts' copy, started, watched and killed by `jobs.web.queries`. It listens
on a socket in a folder of its parent's, writes a line of JSON once it answers, and ends when its
standard input does.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from forecast import child
from forecast.errors import BordercastError
from forecast.store.held import Identity
from jobs.web.limits import QueryLimits

Serve = Callable[[Path, str, QueryLimits], Coroutine[Any, Any, None]]


def main(serve: Serve, copy: str, place: str, limits: str) -> None:
    """Answer until the parent is gone."""
    threading.Thread(target=child.die_with_parent, daemon=True).start()
    bounds = QueryLimits(**json.loads(limits))
    child.confine(bounds.address_bytes)
    # Of all connections together, for as long as the process lives. SQLite refuses what goes
    # beyond, where the system's limit would fail whichever part of the process asks next.
    sqlite3.connect(":memory:").execute(f"pragma hard_heap_limit = {bounds.heap_bytes:d}")
    with suppress(OSError):  # where system calls are filtered
        os.nice(10)
    try:
        asyncio.run(serve(Path(copy), place, bounds))
    except BordercastError as error:
        print(f"bordercast: queries: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


async def _serve(copy: Path, place: str, limits: QueryLimits) -> None:
    """Hold the copy and answer."""
    from forecast.store import held
    from jobs.web import querying

    snapshot = held.hold(copy, limits.threads)
    site = querying.serving(snapshot, limits)
    await site.prepare()
    await answer(querying.application(site), place, snapshot.identity, limits)


async def answer(app: ASGIApp, place: str, identity: Identity, limits: QueryLimits) -> None:
    """Answer on a socket; the line says from which file."""
    import uvicorn

    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(place)
    listening.listen(limits.threads + 1)
    config = uvicorn.Config(
        app,
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=65_536,
        forwarded_allow_ips="*",  # only the page can reach the socket
    )
    print(json.dumps(identity), flush=True)
    await uvicorn.Server(config).serve(sockets=[listening])


if __name__ == "__main__":
    main(_serve, *sys.argv[1:])
