"""Answers that need no edition: refusals and files; and the headers that every answer has."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from starlette.types import Message, Scope, Send

from forecast.desk.site.markup import coded
from forecast.desk.site.static import STYLE_VERSION

TEMPLATES = Path(__file__).with_name("templates")
SVG = "image/svg+xml"
PUBLIC = "public, max-age=31536000, immutable"
PRIVATE = "private, max-age=31536000, immutable"  # there may be a login in front of the page
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


class Plain(NamedTuple):
    """An answer without an edition; again : seconds after which to ask again, None if never."""

    status: int
    title: str
    words: str = ""
    again: int | None = None


class QueryAnswer(NamedTuple):
    """An answer that was made elsewhere."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


class Tables(Protocol):
    """Whatever answers for tables and queries, apart from the pages."""

    async def ask(self, scope: Scope) -> QueryAnswer | Plain:
        """Answer a request; within seconds, whatever is asked."""

    async def close(self) -> None:
        """End what answers."""


def too_long(seconds: float) -> str:
    """What to do after a query was stopped."""
    return (
        f"The query was stopped: it took longer than {seconds:g} seconds. Ask for fewer rows, or "
        "one border; for large answers take the whole database file, or `bordercast export`."
    )


def with_headers(send: Send) -> Send:
    """Send, with the headers that every answer has."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [
                (k, v) for k, v in message.get("headers", ()) if k.lower().decode() not in HEADERS
            ]
            ours = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*kept, *ours]}
        await send(message)

    return sending


async def send_answer(send: Send, answer: QueryAnswer) -> None:
    """An answer whose whole body is at hand."""
    headers = [*answer.headers, (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def send_whole(
    send: Send, status: int, body: bytes, kind: str, cache_control: str = "no-store"
) -> None:
    """A body and its type."""
    headers = [(b"content-type", kind.encode()), (b"cache-control", cache_control.encode())]
    await send_answer(send, QueryAnswer(status, headers, body))


async def send_plain(scope: Scope, send: Send, said: Plain) -> None:
    """A page that needs no record; JSON or words alone where a program asked."""
    path = scope["path"]
    if path.endswith(".json"):
        told = {"ok": False, "status": said.status, "title": said.title, "error": said.words}
        body, kind = json.dumps(told), "application/json; charset=utf-8"
    elif path.endswith((".csv", ".db", ".svg")):
        body, kind = f"{said.title}. {said.words}".strip() + "\n", "text/plain; charset=utf-8"
    else:
        body = _plain_template().render(title=said.title, words=said.words, style=STYLE_VERSION)
        kind = "text/html; charset=utf-8"
    headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-store")]
    if said.again is not None:
        headers.append((b"retry-after", str(said.again).encode()))
    await send_answer(send, QueryAnswer(said.status, headers, body.encode()))


@cache
def _plain_template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(str(TEMPLATES)), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["coded"] = coded
    return environment.get_template("plain.html")
