"""Servers that drip: each exchange has an end, and nobody waits for one; see `dripping`.

As a script, `python test_slow_servers.py DATABASE SETTINGS`: a daemon whose wakes fail, so that it
wakes again and again, and whose heartbeat waits for ten minutes.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import pytest

from forecast.config import Config, Hook
from forecast.context import Context
from forecast.errors import WitnessError
from forecast.store import deliveries, ops
from forecast.store.deliveries import Message
from forecast.store.witnesses import WitnessedEntry
from jobs import exchange, logs
from jobs.deliver import outbox
from jobs.service import daemon, heartbeat
from jobs.service.wakeup import CycleResult
from jobs.witness import timestamps
from tests.support import mail_server, running_service, timestamp_authority
from tests.support.databases import rows
from tests.support.dripping_servers import BODY, HEAD, SILENT, dripping

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
AGES = 600.0  # seconds, longer than any test waits


def posted(
    address: str, seconds: float = running_service.HANGS, most: int = 100
) -> tuple[httpx.Response, bytes, bool]:
    with exchange.client() as http:
        return exchange.post(http, address, b"what", {"X-A": "b"}, seconds=seconds, most=most)


@pytest.mark.parametrize("where", [HEAD, SILENT])
def test_an_answer_that_does_not_begin_in_time_is_none(where):
    with dripping(where) as server, pytest.raises(TimeoutError, match=r"within 0\.8 seconds"):
        posted(server.address, seconds=0.8)

    assert server.asked == ["POST / HTTP/1.1"]


def test_a_content_that_does_not_end_in_time_is_not_whole():
    with dripping(BODY) as server:
        answer, content, whole = posted(server.address, seconds=0.8)

    assert (answer.status_code, answer.is_success, whole) == (200, True, False)
    assert set(content) <= set(b"x")


def test_a_content_is_read_as_far_as_it_is_wanted():
    with dripping(BODY) as server:
        _, content, whole = posted(server.address, most=3)
        answer, *none = posted(server.address, most=0)

    assert (len(content), whole) == (4, False)
    assert (answer.status_code, *none) == (200, b"", True)


def test_nobody_there_is_told_as_it_is():
    with pytest.raises(httpx.ConnectError):
        posted("http://127.0.0.1:1/")


def test_a_connection_that_opens_when_the_time_is_up_is_shut():
    ours, theirs = socket.socketpair()
    before = set(threading.enumerate())
    with exchange.cut_off(time.monotonic() - 1) as watch, ours, theirs:
        running_service.wait_for(lambda: set(threading.enumerate()) <= before)
        watch(ours)
        assert theirs.recv(1) == b""


def test_a_heartbeat_has_one_deadline_for_all_it_tries():
    with dripping(HEAD) as server:
        assert not heartbeat.ping(server.address + "abc", False, "x", seconds=0.8)

    assert server.asked == ["POST /abc/fail HTTP/1.1"]


def test_a_heartbeat_is_had_once_its_server_says_so():
    with dripping(BODY) as server:
        assert heartbeat.ping(server.address, True, "x")
    with dripping(BODY, status=404) as server:
        assert not heartbeat.ping(server.address, True, "x")
    assert len(server.asked) == heartbeat.ATTEMPTS


def webhook(folder: Path, address: str) -> Hook:
    (folder / "address").write_text(address)
    return Hook(name="desk", address_file=str(folder / "address"))


def queue(record: Path, *recipients: str) -> None:
    with ops.writing(record) as db:
        deliveries.begin(db, NOW)
        mail = b"Subject: x\r\n\r\nx\r\n"
        made = Message("k" * 64, "e", "Figures", "a@example.org", mail)
        deliveries.queue(db, [[(to, made) for to in recipients]], NOW)


def states(record: Path) -> list[tuple]:
    return rows(ops.ops_path(record), "select state, reply from deliveries")


@pytest.mark.parametrize(
    ("where", "status", "outcome", "state", "reply"),
    [
        (HEAD, 200, "put off", "waiting", "does not answer within 0.8 seconds"),
        (BODY, 200, "sent", "sent", ""),
        (BODY, 503, "put off", "waiting", "503 xxx"),
        (BODY, 410, "refused", "refused", "410 xxx"),
    ],
)
def test_a_webhook_is_done_when_its_time_is_up(tmp_path, where, status, outcome, state, reply):
    record = tmp_path / "bordercast.db"
    queue(record, "hook:desk")
    with dripping(where, status) as server:
        desk = webhook(tmp_path, server.address)
        assert outbox.send_hooks(record, [desk], lambda: NOW, seconds=0.8) == [outcome]

    ((found, said),) = states(record)
    assert (found, said[: len(reply)]) == (state, reply)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return timestamp_authority.make(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        (HEAD, "the authority does not answer: not complete within 0.8 seconds"),
        (BODY, "the authority's answer did not end within 0.8 seconds"),
    ],
)
def test_a_time_stamp_is_done_when_its_time_is_up(root, where, problem):
    with dripping(where) as server, pytest.raises(WitnessError) as failed:
        timestamps.ask(server.address, WitnessedEntry(1, 1, "f", "d" * 64), root, 0.8)

    assert (failed.value.problem, failed.value.grave) == (problem, False)


def test_a_mail_server_that_does_not_answer_is_waited_for_once(tmp_path):
    """The others' mail stays as it is, for the next time."""
    record = tmp_path / "bordercast.db"
    queue(record, "ann@example.org", "bob@example.org")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mail = settings_for(silent.getsockname()[1], answer_seconds=0.3)["mail"]
        found = outbox.send_mail(record, Config.model_validate({"mail": mail}).mail, lambda: NOW)

    assert found == ["put off"]
    assert sorted(attempts for (attempts,) in rows(ops.ops_path(record), ATTEMPTS)) == [0, 1]


ATTEMPTS = "select attempts from deliveries"


def settings_for(port: int, **mail: object) -> dict[str, dict[str, object]]:
    given = {"enabled": True, "host": "127.0.0.1", "port": port, "security": "local"}
    return {"mail": {**given, "sender": "a@example.org", **mail}}


# --- the service beside them


def failing(context: Context) -> CycleResult:
    return CycleResult("failed", "on purpose")


def serve(path: Path, given: str, once: str = "") -> None:
    everything = {**running_service.settings().model_dump(), **json.loads(given)}
    config = Config.model_validate(everything, strict=False)
    logs.set_up(config)
    daemon.LOOK = daemon.MAIL = 1
    daemon.heartbeat.ping = partial(heartbeat.ping, seconds=AGES)  # type: ignore[assignment]
    from tests.journeys import test_slow_servers  # under the name by which a worker finds it

    mode = "timer" if once else "daemon"
    daemon.serve(Context.open(path, config), test_slow_servers.failing, mode)


@pytest.mark.slow
def test_beside_servers_that_drip_it_wakes_and_mails_and_ends(tmp_path, root):
    record = running_service.worked(tmp_path / "bordercast.db", 1)
    taken = mail_server.Taken()
    here = str(running_service.ROOT)
    with (
        dripping(HEAD) as pinged,
        dripping(HEAD) as stamping,
        mail_server.server(taken) as port,
    ):
        given = settings_for(port)
        given["service"] = {"heartbeat": pinged.address, "retry_minutes": 0.005}
        given["witness"] = {"authority": stamping.address, "seconds": AGES}
        given["witness"]["authority_certificates"] = str(root)
        with (tmp_path / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, __file__, str(record), json.dumps(given)],
                stderr=log,
                env={**os.environ, "PYTHONPATH": here, "OMP_NUM_THREADS": "1"},
            )
        try:
            running_service.wait_for(lambda: pinged.held and stamping.held)
            before = len(woken(record))
            queue(record, "ann@example.org")
            running_service.wait_for(lambda: taken.messages and len(woken(record)) > before)
            assert pinged.held  # the one that was asked first still drips
            assert stamping.held
            assert len(pinged.asked) == 1
            process.send_signal(signal.SIGTERM)
            assert process.wait(running_service.HANGS) == 0
        finally:
            process.kill()
            process.wait()
    assert "left behind, as their servers do not answer" in (tmp_path / "log").read_text()


def woken(record: Path) -> list[tuple]:
    return rows(ops.ops_path(record), "select outcome from wakes where outcome = 'failed'")


@pytest.mark.slow
@pytest.mark.parametrize("once", [True, False], ids=["timer", "daemon"])
def test_a_command_that_does_not_end_is_ended_with_the_service(tmp_path, once):
    record = running_service.worked(tmp_path / "bordercast.db", 1)
    told = tmp_path / "pid"
    sign = ["sh", "-c", f"echo $$ > {told}; sleep {AGES:g}; :"]
    given = json.dumps({"witness": {"sign": sign, "seconds": AGES, "public_keys": ["x"]}})
    here = str(running_service.ROOT)
    process = subprocess.Popen(
        [sys.executable, __file__, str(record), given, *(["once"] if once else [])],
        env={**os.environ, "PYTHONPATH": here, "OMP_NUM_THREADS": "1"},
    )
    try:
        running_service.wait_for(lambda: told.exists() and told.read_text().strip())
        assert process.poll() is None
        below = running_service.children(int(told.read_text()))
        process.send_signal(signal.SIGTERM)
        assert process.wait(running_service.HANGS) == 0
        running_service.wait_for(
            lambda: not any(map(running_service.alive, (int(told.read_text()), *below)))
        )
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), *sys.argv[2:])
