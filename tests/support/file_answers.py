"""What the page answers for one file of its folder."""

from __future__ import annotations

import asyncio
from pathlib import Path

from jobs.web.responses import SiteFiles


def answered(folder: Path, name: str, meanwhile=lambda: None, **headers: str):
    """Status, length said and body of an answer; `meanwhile` happens once its length is said."""
    said: list = []

    async def send(message) -> None:
        said.append(message)
        if message["type"] == "http.response.start":
            meanwhile()

    async def receive():
        await asyncio.sleep(60)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "method": "GET",
        "path": f"/{name}",
        "root_path": "",
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
    }
    asyncio.run(SiteFiles(directory=folder)(scope, receive, send))
    heads = {k.decode(): v.decode() for k, v in said[0]["headers"]}
    return said[0]["status"], heads, b"".join(one.get("body", b"") for one in said[1:])
