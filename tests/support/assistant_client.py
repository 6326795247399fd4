"""A client of `bordercast mcp`, started as an assistant starts it."""

from __future__ import annotations

import asyncio
import sys

from mcp import Client, StdioServerParameters

from tests.support import running_service


def session(path, use):
    """Run `use` with a client of the program, started as an assistant starts it."""

    async def talk():
        program = StdioServerParameters(
            command=sys.executable, args=["-m", "jobs", "--db", str(path), "mcp"]
        )
        async with Client(program, read_timeout_seconds=running_service.HANGS) as client:
            return await use(client)

    return asyncio.run(talk())
