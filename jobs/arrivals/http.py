"""One address -> its content, politely and within a time limit.

Nothing here decides what a file is worth; it decides whether there is one. An answer that is
no usable content is `unreachable` (try again at the next poll) or `blocked` (the publisher does
not want to be asked now: leave it alone for hours).
"""

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import httpx

from forecast.config import Fetch
from forecast.store.ops import Link
from forecast.version import __version__
from forecast.words import printable
from jobs import exchange

REDIRECTS = 5
LONGEST_PAUSE = 60.0  # of ours between two attempts, seconds
PATIENCE = 60.0  # the longest pause a server may ask for within a poll, seconds
_BLOCKED = frozenset({401, 403, 407, 429, 451})
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Reply:
    """What an address gave.

    detail : why there is no content, in words. pause : seconds the server asked to be left alone.
    elsewhere : the address on another host that it leads to. passing : asking again may help.
    """

    outcome: Literal["content", "unchanged", "blocked", "unreachable"]
    detail: str = ""
    content: bytes = b""
    etag: str = ""
    last_modified: str = ""
    pause: float | None = None
    elsewhere: str = ""
    passing: bool = False


def client(settings: Fetch) -> httpx.Client:
    """A client that says who it is, follows no redirect by itself, and keeps no connection."""
    contact = f"; +{settings.contact}" if settings.contact else ""
    # CBP's server refuses bare product tokens; this form is as honest, and accepts the login.
    agent = settings.user_agent or f"Mozilla/5.0 (compatible; bordercast/{__version__}{contact})"
    return httpx.Client(
        headers={"User-Agent": agent, "Accept-Encoding": "gzip"},
        timeout=httpx.Timeout(min(30.0, settings.file_seconds)),
        limits=httpx.Limits(max_keepalive_connections=0),
        follow_redirects=False,
    )


def get(http: httpx.Client, link: Link, settings: Fetch) -> Reply:
    """Ask for an address, again after a pause where that may help; never raises for its answer.

    link : the address; its validators make the request conditional.
    settings : attempts, back-off, time for all attempts together, largest size.
    """
    deadline = time.monotonic() + settings.file_seconds
    too_slow = f"not complete within {settings.file_seconds:g} seconds"
    for attempt in range(1, settings.attempts + 1):
        try:
            with exchange.cut_off(deadline) as watch:
                reply = _follow(http, link, settings.max_bytes, deadline, watch)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            detail = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            late = time.monotonic() >= deadline  # then it is we who ended the connection
            why = too_slow if late else printable(detail)
            reply = Reply("unreachable", why, passing=True)
        except TimeoutError:
            reply = Reply("unreachable", too_slow, passing=True)
        wait = pause_of_attempt(attempt, settings.back_off) if reply.pause is None else reply.pause
        last = attempt == settings.attempts or time.monotonic() + wait >= deadline
        if last or not reply.passing:
            break
        time.sleep(wait)
    return reply


def pause_of_attempt(attempt: int, back_off: float) -> float:
    """Return how long to wait after an attempt: twice as long each time, but a minute at most.

    And a little by chance, so that many clients that failed together do not come back together.
    """
    chance = random.uniform(0, back_off / 2)  # noqa: S311 - no secret
    return min(back_off * 2.0 ** (attempt - 1), LONGEST_PAUSE) + chance


def _follow(
    http: httpx.Client, link: Link, max_bytes: int, deadline: float, watch: exchange.Watch
) -> Reply:
    """One request, and the redirects it leads to, as long as they stay on the host."""
    conditions = {"If-None-Match": link.etag, "If-Modified-Since": link.last_modified}
    headers = {name: value for name, value in conditions.items() if value}
    request = http.build_request("GET", link.url, headers=headers)
    start = request.url
    for _ in range(REDIRECTS + 1):
        request.extensions.update(exchange.traced(watch))
        response = http.send(request, stream=True)
        try:
            if response.next_request is None:
                return _reply(response, max_bytes, deadline)
            request = response.next_request
        finally:
            response.close()
        if any(getattr(request.url, p) != getattr(start, p) for p in ("scheme", "host", "port")):
            detail = printable(f"redirects to another host ({request.url.host})")
            return Reply("unreachable", detail, elsewhere=str(request.url))
    return Reply("unreachable", f"more than {REDIRECTS} redirects")


def _reply(response: httpx.Response, max_bytes: int, deadline: float) -> Reply:
    status = response.status_code
    if status == httpx.codes.NOT_MODIFIED:
        return Reply("unchanged")
    if status != httpx.codes.OK:
        asked = exchange.retry_after(response.headers, datetime.now(UTC))
        pause = None if asked is None else asked.total_seconds()
        return Reply(
            "blocked" if status in _BLOCKED else "unreachable",
            printable(f"HTTP {status} {response.reason_phrase}".rstrip()),
            pause=pause,
            passing=status in _LATER and (pause is None or pause <= PATIENCE),
        )
    length = int(response.headers.get("content-length", "0"))
    if length > max_bytes:
        return Reply("unreachable", f"{length:,} bytes, more than {max_bytes:,} are not taken")
    coding, headers = response.headers.get("content-encoding", "identity"), response.headers
    if coding not in ("identity", "gzip"):
        detail = f"encoded as {printable(coding)!r}, which was not asked for"
        return Reply("unreachable", detail, passing=True)
    # As far as a little over the limit: a small answer may unpack to gigabytes.
    content = exchange.body(response.iter_bytes(), max_bytes, deadline)
    if time.monotonic() >= deadline:  # perhaps it is we who ended the connection
        raise TimeoutError
    if len(content) > max_bytes:
        return Reply("unreachable", f"more than {max_bytes:,} bytes are not taken")
    if not content:
        return Reply("unreachable", "an empty answer", passing=True)
    # Where only the end of the connection ends the body, a cut one does not show.
    open_ended = "content-length" not in headers and "transfer-encoding" not in headers
    if open_ended and not content.endswith(b"\n"):
        return Reply("unreachable", "cut short: no newline at the end", passing=True)
    etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
    return Reply("content", content=content, etag=etag, last_modified=modified)
