"""Connections of the page's server: whatever a visitor does with one, others are answered."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import ClassVar

import httpx
import pytest
import uvicorn

from jobs.web import server as web
from jobs.web.server import BoundedProtocol
from tests.support import running_service

DEADLINE = 30  # seconds after which something hangs


class Patient(BoundedProtocol):
    """Closes nothing because of the time, and holds few."""

    request_seconds = answer_seconds = 2.0 * DEADLINE
    connections_most = 8
    answers_most = 3


class Quick(BoundedProtocol):
    """With deadlines that a test can wait for."""

    request_seconds = answer_seconds = 0.2
    longer: ClassVar = {"/long": 2.0 * DEADLINE}


class Usual(BoundedProtocol):
    """With time to ask, and to be answered."""

    request_seconds = answer_seconds = 1.0


async def application(released: threading.Event, scope, receive, send) -> None:
    """Answers as its path says."""
    start = {"type": "http.response.start", "status": 200, "headers": []}
    if scope["path"] == "/never":
        while not released.is_set():
            await asyncio.sleep(0.01)
    await send(start)
    if scope["path"] in ("/half", "/long"):
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        await asyncio.sleep(0.5 if scope["path"] == "/long" else 60)
    if scope["path"] == "/broken":
        raise ValueError("in the middle")
    if scope["path"] == "/endless":
        for _ in range(10_000):
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
    size = 50_000_000 if scope["path"] == "/large" else 2
    await send({"type": "http.response.body", "body": b"x" * size})


@pytest.fixture(scope="module")
def server(request) -> Iterator[uvicorn.Server]:
    protocol = getattr(request, "param", Quick)
    listening, released = web.listen("127.0.0.1", 0), threading.Event()
    config = uvicorn.Config(
        partial(application, released),
        interface="asgi3",
        http=protocol,
        log_config=None,
        lifespan="off",
        ws="none",
    )
    server = uvicorn.Server(config)
    server.released = released
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    running_service.wait_for(lambda: server.started)
    server.port = listening.getsockname()[1]
    yield server
    server.should_exit = True
    thread.join(DEADLINE)
    assert not thread.is_alive()


@contextmanager
def connected(server, *sent: bytes) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), DEADLINE) as connection:
        for one in sent:
            connection.sendall(one)
        yield connection


def read(connection: socket.socket) -> bytes:
    """All that comes until it is closed, by whatever means."""
    found = b""
    try:
        while chunk := connection.recv(1 << 20):
            found += chunk
    except ConnectionResetError:
        pass
    return found


def cut_off(connection: socket.socket, drops: bytes) -> bool:
    """Whether it is closed while these are sent one by one."""
    began = time.monotonic()
    for drop in drops:
        try:
            connection.sendall(bytes([drop]))
        except (ConnectionResetError, BrokenPipeError):
            return True
        if time.monotonic() - began > DEADLINE:
            break
        time.sleep(0.05)
    return False


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"\r\n", b"\x16\x03\x01"],
    ids=["nothing", "half a line", "half its headers", "an empty line", "another protocol"],
)
def test_who_does_not_ask_is_cut_off(server, sent):
    with connected(server, sent) as connection:
        assert b"200" not in read(connection)
    running_service.wait_for(lambda: not server.server_state.connections)


def test_who_asks_a_byte_at_a_time_is_cut_off(server):
    with connected(server) as connection:
        assert cut_off(connection, get("/" + "x" * 10_000))


@pytest.mark.parametrize("server", [Usual], indirect=True)
def test_who_stays_silent_after_an_answer_is_cut_off(server):
    with connected(server, get("/")) as connection:
        assert b"200" in read(connection)


def test_who_sends_a_body_without_an_end_is_cut_off(server):
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
    with connected(server, head) as connection:
        assert cut_off(connection, b"x" * 10_000)


@pytest.mark.parametrize("path", ["/endless", "/large"])
def test_who_does_not_read_is_cut_off(server, path):
    with connected(server, get(path)) as connection:
        assert connection.recv(1) == b"H"  # it is being answered
        running_service.wait_for(lambda: not server.server_state.connections)
        assert len(read(connection)) < 50_000_000


def test_an_application_that_never_answers_is_stopped(server):
    answer = httpx.get(f"http://127.0.0.1:{server.port}/never", timeout=DEADLINE)

    assert answer.status_code == 503
    assert "stopped" in answer.text


@pytest.mark.parametrize("path", ["/half", "/broken"])
def test_half_an_answer_never_looks_whole(server, path):
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://127.0.0.1:{server.port}{path}", timeout=DEADLINE)


def test_some_answers_may_take_longer(server):
    answer = httpx.get(f"http://127.0.0.1:{server.port}/long", timeout=DEADLINE)

    assert answer.text == "halfxx"


@pytest.mark.parametrize("server", [Patient], indirect=True)
def test_one_connection_too_many_costs_the_one_that_is_silent_longest(server):
    with ExitStack() as held:
        silent = [held.enter_context(connected(server)) for _ in range(Patient.connections_most)]
        running_service.wait_for(
            lambda: len(server.server_state.connections) == Patient.connections_most
        )
        for _ in range(5):
            assert httpx.get(f"http://127.0.0.1:{server.port}/").status_code == 200
        silent[0].settimeout(DEADLINE)
        assert read(silent[0]) == b""
        silent[-1].sendall(get("/"))
        assert silent[-1].recv(8) == b"HTTP/1.1"


@pytest.mark.parametrize("server", [Patient], indirect=True)
def test_more_answers_than_can_be_made_at_once_are_refused(server):
    server.released.clear()
    with ExitStack() as held:
        for _ in range(Patient.answers_most):
            held.enter_context(connected(server, get("/never")))
        running_service.wait_for(lambda: len(server.server_state.tasks) == Patient.answers_most)
        answer = httpx.get(f"http://127.0.0.1:{server.port}/")
        server.released.set()

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    running_service.wait_for(
        lambda: httpx.get(f"http://127.0.0.1:{server.port}/").status_code == 200
    )


@pytest.mark.parametrize("server", [Usual], indirect=True)
def test_a_connection_is_good_for_many_requests(server):
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client:
        for pause in (0.0, 0.4, 0.4, 0.4):  # longer in all than the first request may take
            time.sleep(pause)
            assert client.get("/").text == "xx"
    last = get("/").replace(b"localhost", b"localhost\r\nConnection: close")
    with connected(server, get("/") * 2 + last) as connection:
        assert read(connection).count(b"200 OK") == 3
