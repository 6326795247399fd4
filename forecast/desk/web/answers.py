"""Answers that need no edition: refusals and files; and the headers that every answer has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from forecast.desk.web.markup import coded
from forecast.desk.web.static import FILES, STYLE_VERSION

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

TEMPLATES = Path(__file__).with_name("templates")
SVG = "image/svg+xml"
FOREVER = "public, max-age=31536000, immutable"
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
    """An answer without an edition."""

    status: int
    title: str
    words: str


def with_headers(send: Send) -> Send:
    """Send, with the headers that every answer has."""

    async def sending(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kept = [
                (k, v) for k, v in message.get("headers", ()) if k.lower().decode() not in HEADERS
            ]
            ours = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*kept, *ours]}
        await send(message)

    return sending


async def send_whole(
    send: Send, status: int, body: bytes, kind: str, cache_control: str = "no-store"
) -> None:
    """An answer whose whole body is at hand."""
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", cache_control.encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_static(scope: Scope, send: Send) -> None:
    """A file that every page uses; its address changes with its content."""
    found = FILES.get(scope["path"].removeprefix("/static/"))
    if found is None:
        await send_plain(scope, send, Plain(404, "There is no such file", ""))
        return
    body, kind = found
    await send_whole(send, 200, body, kind, FOREVER)


async def send_plain(scope: Scope, send: Send, said: Plain) -> None:
    """A page that needs no record; words alone where a program asked."""
    if scope["path"].endswith((".json", ".csv", ".db", ".svg")):
        text = f"{said.title}. {said.words}".strip() + "\n"
        await send_whole(send, said.status, text.encode(), "text/plain; charset=utf-8")
        return
    html = _plain_template().render(title=said.title, words=said.words, style=STYLE_VERSION)
    await send_whole(send, said.status, html.encode(), "text/html; charset=utf-8")


@cache
def _plain_template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(str(TEMPLATES)), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["coded"] = coded
    return environment.get_template("plain.html")
