"""The process that answers queries: `python -m jobs.web.query_process COPY SOCKET LIMITS`.

It is Datasette on the analysts' copy, started, watched and killed by `jobs.web.queries`. It listens
on a socket in a folder of its parent's, writes a line of JSON once it answers, and ends when its
standard input does.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import socket
import sqlite3
import sys
import threading
from contextlib import suppress
from pathlib import Path

from forecast.desk.site.limits import QueryLimits
from forecast.errors import BordercastError


def main(copy: str, place: str, limits: str) -> None:
    """Answer until the parent is gone."""
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    bounds = QueryLimits(**json.loads(limits))
    confine(bounds)
    try:
        asyncio.run(_serve(Path(copy), place, bounds))
    except BordercastError as error:
        print(f"bordercast: queries: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def confine(limits: QueryLimits) -> None:
    """Bound the memory of this process, and let it run behind the pages."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # a system without such a limit
        resource.setrlimit(resource.RLIMIT_AS, (limits.address_bytes, limits.address_bytes))
    # Of all connections together, for as long as the process lives. SQLite refuses what goes
    # beyond, where the system's limit would fail whichever part of the process asks next.
    sqlite3.connect(":memory:").execute(f"pragma hard_heap_limit = {limits.heap_bytes:d}")
    with suppress(OSError):  # where system calls are filtered
        os.nice(10)


def _leave_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(0)


async def _serve(copy: Path, place: str, limits: QueryLimits) -> None:
    """Hold the copy and answer; the line says which file it is."""
    import uvicorn

    from forecast.desk.site import querying
    from forecast.store import held

    found = held.hold(copy, limits.threads)
    site = querying.serving(found, limits)
    await site.prepare()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(place)
    listening.listen(limits.threads + 1)
    config = uvicorn.Config(
        querying.application(site),
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
    print(json.dumps(found.identity), flush=True)
    await uvicorn.Server(config).serve(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
