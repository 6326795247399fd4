"""A local server that plays the publisher, and small files such as he publishes.

The files: three borders, two parts each, the months from October of the first fiscal year on; a
month's counts grow with its number. Two files of one month agree to the unit.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from forecast import months
from forecast.periods import FEDERAL

REGIONS = {
    "northern": "Northern Land Border",
    "southwest": "Southwest Land Border",
    "other": "Other",
}
SIZES = {"northern": 50, "southwest": 1000, "other": 400}
ABBREVIATIONS = ["oct", "nov", "dec", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep"]
COLUMNS = {
    "state": "Fiscal Year,Month Grouping,Month (abbv),Land Border Region,State,Demographic,"
    "Citizenship,Title of Authority,Encounter Count",
    "aor": "Fiscal Year,Month Grouping,Month (abbv),Component,Land Border Region,"
    "Area of Responsibility,AOR (Abbv),Demographic,Citizenship,Title of Authority,"
    "Encounter Type,Encounter Count",
}
FOLDER = "/sites/default/files/2026-09/"
INDEX = "/document/stats/nationwide-encounters"


def file_name(through: str, layout: str = "state", first: int = 2025, suffix: str = "") -> str:
    """Name of the interim file through a month."""
    last = FEDERAL.year(through)
    month = ABBREVIATIONS[FEDERAL.nth(through) - 1]
    return f"nationwide-encounters-fy{first % 100}-fy{last % 100}-{month}-{layout}{suffix}.csv"


def final_name(last: int, layout: str = "state") -> str:
    """Name of the final file of a window of two fiscal years."""
    return f"nationwide-encounters-fy{last % 100 - 1}-fy{last % 100}-{layout}.csv"


def file_bytes(
    through: str,
    layout: str = "state",
    first: int = 2025,
    *,
    final: bool = False,
    parts: tuple[str, ...] = ("AA", "BB"),
    moved: dict[tuple[str, str], int] | None = None,
    newline: str = "\r\n",
) -> bytes:
    """Content of a file; `moved` adds to the first part of a (month, border)."""
    last = FEDERAL.year(through)
    position = FEDERAL.nth(through) - 1
    out = io.StringIO()
    out.write(COLUMNS[layout] + newline)
    writer = csv.writer(out, lineterminator=newline)
    for month in months.between(f"{first - 1}-10", through):
        year = FEDERAL.year(month)
        at = FEDERAL.nth(month) - 1
        text = f"{year} (FYTD)" if year == last and not final else str(year)
        grouping = "FYTD" if at <= position else "Remaining"
        when = [text, grouping, ABBREVIATIONS[at].upper()]
        for border, region in REGIONS.items():
            for number, part in enumerate(parts):
                extra = (moved or {}).get((month, border), 0) if number == 0 else 0
                count = SIZES[border] + months.to_index(month) % 12 + extra
                writer.writerow([*when, *_labels(layout, region, part), count])
    return out.getvalue().encode()


def _labels(layout: str, region: str, part: str) -> list[str]:
    if layout == "state":
        return [region, part, "FMUA", "INDIA", "Title 8"]
    who = ["U.S. Border Patrol", region, f"{part} Sector", part]
    return [*who, "FMUA", "INDIA", "Title 8", "Apprehensions"]


def page(*hrefs: str) -> bytes:
    """An index page."""
    links = "\n".join(f'<li><a class="file" href="{href}">Download</a></li>' for href in hrefs)
    return f"<!DOCTYPE html><html><body><ul>{links}</ul></body></html>".encode()


class Publisher:
    """Answers by path; each answer is a function that is given the request handler."""

    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []

    @property
    def index(self) -> str:
        return self.root + INDEX

    def put(self, path: str, content: bytes, kind: str = "text/csv", *, etag: bool = True) -> None:
        """Serve this content, with validators and 304."""
        self.answers[path] = lambda request: serve(request, content, kind, etag=etag)

    def list_files(self, *paths: str) -> None:
        """Serve an index page with these links."""
        self.put(INDEX, page(*paths), "text/html; charset=utf-8")

    def publish(self, **files: bytes) -> None:
        """Serve files by name, and an index page with all of them."""
        for name, content in files.items():
            self.put(FOLDER + name, content)
        self.list_files(*(FOLDER + name for name in files))

    def asked_files(self) -> list[str]:
        """Base names of the files asked for, in order."""
        return [path.rpartition("/")[2] for path in self.asked if path.endswith(".csv")]


def serve(
    request: BaseHTTPRequestHandler, content: bytes, kind: str = "text/csv", *, etag: bool = True
) -> None:
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    if etag and request.headers.get("If-None-Match") == tag:
        request.send_response(304)
        request.end_headers()
        return
    request.send_response(200)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(content)))
    if etag:
        request.send_header("ETag", tag)
        request.send_header("Last-Modified", formatdate(1_790_000_000, usegmt=True))
    request.end_headers()
    request.wfile.write(content)


def status(code: int, content: bytes = b"<html>no</html>", **headers: str):
    """An answer with this status and these headers."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    return answer


def in_turn(*answers: Callable[[BaseHTTPRequestHandler], None]):
    """One answer a request; the last one stays."""
    left = list(answers)

    def answer(request: BaseHTTPRequestHandler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(request)

    return answer


def raw(*pieces: bytes, pause: float = 0.0):
    """These bytes as they are, with a pause before each but the first, then the end."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        for number, piece in enumerate(pieces):
            time.sleep(pause if number else 0.0)
            request.wfile.write(piece)
            request.wfile.flush()

    return answer


def cut(whole: bytes, at: int, *, reset: bool):
    """The first bytes of an answer, then the end: closed (FIN), or as when a wire breaks (RST)."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(whole[:at])
        if reset:
            linger = struct.pack("ii", 1, 0)
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            os.close(request.connection.detach())

    return answer


@contextmanager
def running(context: ssl.SSLContext | None = None) -> Iterator[Publisher]:
    """A publisher on a port of this machine; context : of one that speaks https."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.asked.append(self.path)
            publisher.headers.append(dict(self.headers))
            self.close_connection = True
            with suppress(BrokenPipeError, ConnectionResetError):  # the client has had enough
                publisher.answers.get(self.path, status(404))(self)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    publisher = Publisher(server.server_address[1])
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        publisher.root = publisher.root.replace("http:", "https:")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield publisher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
