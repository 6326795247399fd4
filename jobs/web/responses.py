"""Answers that need no edition, refusals and files; headers of all, and what a query may cost."""

import ipaddress
import json
import mimetypes
import os
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from markupsafe import escape
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Message, Receive, Scope, Send

from forecast.desk.templating import coded

DATABASE = "bordercast"  # in addresses of tables and queries
MB = 1_000_000


@dataclass(frozen=True)
class QueryLimits:
    """What a visitor's query may cost, and how long it may take.

    threads : queries run at once. waiting : requests beside those; more are refused.
    turn_seconds : for a turn. start_seconds : for a turn and a process that is being started.
    statement_seconds : for one statement, kept by SQLite between its own steps.
    answer_seconds : for a whole answer, kept by killing the process: a step can take minutes.
    request_seconds : for all of it; the answer gets what the start has left.
    rows, streamed_rows : in an answer. answer_bytes : of an answer, in the values read and as sent.
    heap_bytes : of SQLite. address_bytes : of the process.
    """

    threads: int = 3
    waiting: int = 9
    turn_seconds: float = 2.5
    start_seconds: float = 5.0
    statement_seconds: float = 3.0
    answer_seconds: float = 6.0
    request_seconds: float = 8.8
    rows: int = 1_000
    streamed_rows: int = 50_000
    answer_bytes: int = 8 * MB
    heap_bytes: int = 200 * MB
    address_bytes: int = 1_200 * MB


PRIVATE = "private, no-cache"  # there may be a login in front of the page
CSP = (
    "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
# Datasette's own pages bring scripts and styles.
SQL_CSP = CSP.replace("default-src 'none'", "default-src 'self' 'unsafe-inline'")

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")


PLAIN = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Bordercast</title>
<link rel="stylesheet" href="/static/page.css">
<link rel="icon" type="image/svg+xml" href="/static/icon.svg">
</head>
<body>
<header class="head"><div class="wide"><a class="brand" href="/">Bordercast</a></div></header>
<main class="wide">
<h1>{title}</h1>
<p class="lead">{words}</p>
</main>
</body>
</html>
"""


UNANSWERABLE = "Datasette cannot answer this address."
TOO_LONG = (
    "The query was stopped: it took longer than {:g} seconds. Ask for fewer rows, or one border; "
    "for large answers take the whole database file, or `bordercast export`."
)


class Plain(Response):
    """An answer without an edition: a page of words; JSON or words alone where a program asked.

    again : seconds after which to ask again, None if never.
    """

    def __init__(self, status: int, title: str, words: str = "", again: int | None = None) -> None:
        self.status, self.title, self.words, self.again = status, title, words, again

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say it in the form that the address asks for."""
        path = scope["path"]
        if path.endswith(".json"):
            content = {
                "ok": False,
                "status": self.status,
                "title": self.title,
                "error": self.words,
            }
            body, kind = json.dumps(content), "application/json; charset=utf-8"
        elif path.endswith((".csv", ".db", ".svg")):
            body, kind = f"{self.title}. {self.words}".strip() + "\n", "text/plain; charset=utf-8"
        else:
            body = PLAIN.format(title=escape(self.title), words=coded(self.words))
            kind = "text/html; charset=utf-8"
        headers = {"content-type": kind, "cache-control": "no-store"}
        if self.again is not None:
            headers["retry-after"] = str(self.again)
        await Response(body, self.status, headers)(scope, receive, send)


def refused_name(scope: Scope, names: Collection[str], how: str) -> Plain | None:
    """Return why a request is not answered under the name it asks for, None if that name is ours.

    A web page elsewhere would reach a server on this machine under a name of its own.
    names : beside localhost and numeric addresses, in lower case. how : to have one more.
    """
    value = next((v for k, v in scope["headers"] if k == b"host"), b"").decode("latin-1").lower()
    match = _HOST.fullmatch(value)
    if match is None:
        return Plain(400, "Not a name", "The request asks for a server by what is no name.")
    host = match[1].strip("[]").rstrip(".")
    if host == "localhost" or host in names:
        return None
    with suppress(ValueError):
        ipaddress.ip_address(host)  # no foreign name can be made to point here then
        return None
    words = f"This server does not answer to the name it was asked for. {how}"
    return Plain(421, "Not under this name", words)


def with_headers(send: Send, csp: str = CSP) -> Send:
    """Send, with the headers that every answer has."""
    names = {**HEADERS, "content-security-policy": csp}

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [
                (k, v) for k, v in message.get("headers", ()) if k.lower().decode() not in names
            ]
            if not any(k.lower() == b"cache-control" for k, _ in headers):
                # There may be a login in front, and what one reader saw is not for the next.
                headers.append((b"cache-control", PRIVATE.encode()))
            ours = [(name.encode(), value.encode()) for name, value in names.items()]
            message = {**message, "headers": [*headers, *ours]}
        await send(message)

    return sending


# Not every machine's table has it, and no browser may guess.
mimetypes.add_type("application/atom+xml", ".atom")


class SiteFiles(StaticFiles):
    """Starlette's static files, each answer of one file whatever is put in its place meanwhile.

    Starlette takes a file's length by its name and opens it by its name later. If a run has put a
    longer file there in between, the connection breaks.
    """

    def file_response(
        self, full_path: Any, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Return the answer of the file that lies there now."""
        try:
            response = _OpenFile(full_path, status_code)
        except FileNotFoundError as error:
            raise HTTPException(404) from error
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            response.file.close()
            return NotModifiedResponse(response.headers)
        return response


class _OpenFile(FileResponse):
    """An answer of a file that is open already."""

    def __init__(self, path: Any, status_code: int) -> None:
        self.file = open(path, "rb")  # noqa: SIM115 - closed once it is sent
        super().__init__(path, status_code, stat_result=os.fstat(self.file.fileno()))
        self.path = f"/dev/fd/{self.file.fileno()}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self.file:
            await super().__call__(scope, receive, send)
