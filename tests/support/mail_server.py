"""Real SMTP servers for the tests: one that keeps what it takes, one that plays any script."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

HOST = "127.0.0.1"
HANGS = 60.0  # seconds: nobody waits so long but for what never comes
USER, SECRET = "bordercast", "correct-horse-battery"


@dataclass
class Taken:
    """What a server took: (recipient, message) in order, and what it answers instead of taking.

    refuse : recipient -> answer to RCPT, asked at every attempt. data : answer to DATA.
    content : message -> answer to it.
    """

    messages: list[tuple[str, bytes]] = field(default_factory=list)
    refuse: Callable[[str], str | None] = lambda recipient: None
    data: Callable[[str], str | None] = lambda recipient: None
    content: Callable[[bytes], str | None] = lambda message: None
    logins: list[bytes] = field(default_factory=list)
    secret: str = SECRET
    without: tuple[str, ...] = ()  # mechanisms of a login

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, _: Any
    ) -> str:
        answer = self.refuse(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        (recipient,) = envelope.rcpt_tos
        answer = self.data(recipient) or self.content(envelope.original_content)
        if answer is None:
            self.messages.append((recipient, envelope.original_content))
        return answer or "250 taken"

    def login(
        self, server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        self.logins.append(data.password)
        good = data.login == USER.encode() and data.password == self.secret.encode()
        # What a careless server might say.
        message = f"535 5.7.8 {data.password.decode()} is no password of ours"
        return AuthResult(success=good, handled=False, message=None if good else message)


class _Controller(Controller):
    """Says STARTTLS or TLS as asked; a Controller of aiosmtpd otherwise."""

    def __init__(
        self, taken: Taken, context: ssl.SSLContext | None, implicit: bool, size: int
    ) -> None:
        options: dict[str, Any] = {"data_size_limit": size}
        if context is not None:
            options |= {
                "authenticator": taken.login,
                "auth_exclude_mechanism": taken.without,
                "auth_require_tls": not implicit,
                "auth_required": not implicit,  # aiosmtpd does not see that it is TLS
            }
            if not implicit:
                options |= {"tls_context": context, "require_starttls": True}
        super().__init__(
            taken,
            hostname=HOST,
            port=0,
            ssl_context=context if implicit else None,
            server_hostname="mail.test",
            **options,
        )

    def _trigger_server(self) -> None:
        """Wake it at the port it was given, which is not the 0 it asked for."""
        self.port = self.server.sockets[0].getsockname()[1]
        socket.create_connection((HOST, self.port), 5).close()


@contextmanager
def server(
    taken: Taken,
    context: ssl.SSLContext | None = None,
    *,
    implicit: bool = False,
    size: int = 1_000_000,
) -> Iterator[int]:
    """A server that listens; its port. Without a context it speaks no TLS and wants no login."""
    controller = _Controller(taken, context, implicit, size)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the test's own, and servers' contexts signed by it."""

    file: str
    good: ssl.SSLContext
    other_host: ssl.SSLContext
    stranger: ssl.SSLContext


def authority(folder: Any) -> Authority:
    """The authority; its certificate is written into the folder."""
    ca, other = trustme.CA(), trustme.CA()
    path = folder / "authority.pem"
    ca.cert_pem.write_to_path(str(path))
    return Authority(
        str(path),
        good=_context(ca, HOST),
        other_host=_context(ca, "mail.elsewhere.test"),
        stranger=_context(other, HOST),
    )


def _context(ca: trustme.CA, host: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(host).configure_cert(context)
    return context


@contextmanager
def scripted(play: Callable[[socket.socket], None]) -> Iterator[int]:
    """A bare server: `play` gets every connection; its port."""
    listener = socket.create_server((HOST, 0))
    threads: list[threading.Thread] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threads.append(threading.Thread(target=_played, args=(play, client), daemon=True))
                threads[-1].start()

    accepting = threading.Thread(target=serve, daemon=True)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(HANGS)
        for thread in threads:
            thread.join(HANGS)


def _played(play: Callable[[socket.socket], None], client: socket.socket) -> None:
    with client, suppress(OSError):
        client.settimeout(HANGS)
        play(client)


def converse(client: socket.socket, until: bytes) -> bytes:
    """Answer every command with yes, up to and without the one that starts with `until`."""
    client.sendall(b"220 mail.test\r\n")
    file = client.makefile("rb")
    for line in iter(file.readline, b""):
        if line.upper().startswith(until):
            return line
        client.sendall(b"354 go on\r\n" if line.upper().startswith(b"DATA") else b"250 yes\r\n")
        if line.upper().startswith(b"DATA"):
            return _content(file, until)
    return b""


def _content(file: Any, until: bytes) -> bytes:
    """The message; with until=b"body" only its first line is waited for."""
    lines = []
    for line in iter(file.readline, b""):
        lines.append(line)
        if line == b".\r\n" or until == b"body":
            break
    return b"".join(lines)
