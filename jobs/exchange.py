"""An HTTP exchange with an end: a deadline for all of it, and a limit of bytes.

A time limit of a client is for one read: a server that sends a byte now and then would hold us for
ever, with what we hold.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import httpx

LONGEST_WAIT = timedelta(days=1)  # whatever a server asks for, it is asked again after a day
Watch = Callable[[socket.socket], None]


def client() -> httpx.Client:
    """Return a client for `post`; it follows no redirect."""
    return httpx.Client(
        headers={"User-Agent": "Bordercast", "Accept-Encoding": "identity"},
        limits=httpx.Limits(max_keepalive_connections=0),
        follow_redirects=False,
    )


class Posted(NamedTuple):
    """An answer, its content, and whether that came in time and is no longer than asked."""

    response: httpx.Response
    content: bytes
    whole: bool


def post(
    http: httpx.Client,
    address: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float,
    most: int,
) -> Posted:
    """Post something, and be done when the time is up.

    seconds : for all of it. most : bytes of the answer that are waited for, 0 for none.

    TimeoutError if no answer began in time. httpx.HTTPError or httpx.InvalidURL if none came.
    """
    deadline = time.monotonic() + seconds
    with cut_off(deadline) as watch:
        try:
            request = http.build_request(
                "POST",
                address,
                content=content,
                headers=dict(headers),
                timeout=seconds,
                extensions=traced(watch),
            )
            response = http.send(request, stream=True)
        except httpx.HTTPError as error:
            if time.monotonic() < deadline:
                raise
            raise TimeoutError(f"not complete within {seconds:g} seconds") from error
        answer, whole = b"", not most
        try:
            with suppress(httpx.HTTPError):
                answer = body(response.iter_raw(), most, deadline) if most else b""
                whole = len(answer) <= most and time.monotonic() < deadline
        finally:
            response.close()
    return Posted(response, answer, whole)


def body(pieces: Iterable[bytes], most: int, deadline: float) -> bytes:
    """Return what came of a content until the deadline, as far as a little over `most` bytes."""
    chunks, size = [], 0
    try:
        for piece in pieces:
            chunks.append(piece)
            size += len(piece)
            if size > most or time.monotonic() >= deadline:
                break
    except httpx.HTTPError:
        if time.monotonic() < deadline:  # else it is we who ended the connection
            raise
    return b"".join(chunks)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long a server asks to be left alone, in seconds or until a date; None if it does not.

    At most a day: a slip on the server's side must end neither polls nor deliveries.
    """
    text = headers.get("retry-after", "").strip()
    try:
        if text.isdecimal():
            asked = timedelta(seconds=int(text))
        else:
            date = parsedate_to_datetime(text)
            asked = (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return LONGEST_WAIT if text.isdecimal() else None
    return min(max(asked, timedelta(0)), LONGEST_WAIT)


def traced(watch: Watch) -> dict[str, Any]:
    """Return the extensions of a request by which httpx tells which connections it opens."""

    def trace(event: str, details: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            watch(details["return_value"].get_extra_info("socket"))

    return {"trace": trace}


@contextmanager
def cut_off(deadline: float) -> Iterator[Watch]:
    """Shut the connections at the deadline, whatever we wait for.

    Yields the function that is given each as soon as it is open.
    """
    late = threading.Event()
    copies: list[socket.socket] = []

    def shut() -> None:
        late.set()
        for copy in copies:
            with suppress(OSError):
                copy.shutdown(socket.SHUT_RDWR)

    def watch(connection: socket.socket) -> None:
        # Once TLS has wrapped a socket, that one is empty; its copy still ends the connection.
        copies.append(connection.dup())
        if late.is_set():  # it was opened when the time was up
            shut()

    timer = threading.Timer(max(deadline - time.monotonic(), 0.0), shut)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
        for copy in copies:
            copy.close()
