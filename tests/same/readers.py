"""Servers that stand for readers: a mail server and a webhook's, which keep what they are given."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"


def serve(folder: Path) -> None:
    """Both, as a process of their own: writes their ports, then keeps all that comes."""
    from aiosmtpd.controller import Controller

    class Mailbox:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            _keep(folder, "mail", envelope.original_content, envelope.rcpt_tos[0])
            return "250 taken"

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            wanted = ("Content-Type", "Title", "Priority", "Tags", "Click")
            head = "".join(f"{k}: {v}\n" for k, v in self.headers.items() if k in wanted)
            _keep(folder, "hook", f"{head}\n".encode() + body, self.path.strip("/"))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    mail = Controller(Mailbox(), hostname=HOST, port=free())
    mail.start()
    hooks = ThreadingHTTPServer((HOST, 0), Hook)
    (folder / "ports.part").write_text(f"{mail.port} {hooks.server_address[1]}")
    (folder / "ports.part").rename(folder / "ports")
    hooks.serve_forever()


def free() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


_LOCK = threading.Lock()


def _keep(folder: Path, kind: str, content: bytes, to: str) -> None:
    with _LOCK:
        number = len(list(folder.glob(f"{kind}-*")))
        (folder / f"{kind}-{number:03}-{to}").write_bytes(content)


@contextmanager
def running(folder: Path) -> Iterator[tuple[int, int]]:
    """Ports of mail and webhooks, until the end."""
    import time

    folder.mkdir(parents=True)
    process = os.fork()
    if not process:
        try:
            serve(folder)
        finally:
            os._exit(0)
    try:
        while not (folder / "ports").exists():
            time.sleep(0.02)
        mail, hooks = map(int, (folder / "ports").read_text().split())
        yield mail, hooks
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def told(content: bytes) -> str:
    """A mail as text: its headers, then each part; pictures by size alone."""
    message = message_from_bytes(content, policy=SMTP)
    lines = [f"{name}: {value}" for name, value in message.items()]
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        if part.is_multipart():
            continue
        lines += ["", f"== {part.get_content_type()} {part.get_filename() or ''}".rstrip()]
        body = part.get_payload(decode=True)
        assert isinstance(body, bytes)
        if part.get_content_maintype() == "text":
            lines.append(body.decode("utf-8", "replace").replace("\r\n", "\n"))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit("part of `make same`")
