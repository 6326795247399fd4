"""Servers that answer by the byte: what a time limit of a read never ends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

HOST = "127.0.0.1"
EVERY = 0.02  # seconds between two bytes
HEAD, BODY, SILENT = "head", "body", "silent"
_BEGUN = {
    HEAD: b"HTTP/1.1 200 OK\r\nX: ",
    BODY: b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n",
    SILENT: b"",
}


@dataclass
class Dripping:
    """asked : first lines of the requests so far. held : connections that are being dripped on."""

    asked: list[str] = field(default_factory=list)
    held: set[int] = field(default_factory=set)
    address: str = ""


@contextmanager
def dripping(where: str = HEAD, status: int = 200) -> Iterator[Dripping]:
    """A server whose answer drips in its head or its body, for ever, or never begins."""
    found, over = Dripping(), threading.Event()
    begun = _BEGUN[where].replace(b"200", str(status).encode())

    def serve(client: socket.socket) -> None:
        with client, suppress(OSError):
            found.held.add(id(client))
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += client.recv(10_000)
            found.asked.append(asked.split(b"\r\n")[0].decode())
            client.sendall(begun)
            while not over.wait(EVERY):
                if where == SILENT:
                    client.sendall(b"")
                else:
                    client.sendall(b"x")
        found.held.discard(id(client))

    with _listening(serve) as port:
        found.address = f"http://{HOST}:{port}/"
        yield found
        over.set()


@contextmanager
def _listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    with socket.create_server((HOST, 0)) as server:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client = server.accept()[0]
                    threading.Thread(target=serve, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
