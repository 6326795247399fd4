"""Visitors who try to stop the page: the front page is answered throughout."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from forecast.config import Config
from jobs.service import upkeep
from tests.support import hostile_visitors
from tests.support.hostile_visitors import Seen

ROOT = Path(__file__).parent.parent.parent
HANGS = 30.0  # seconds; a busy machine is slow, but not that slow
cut = pytest.mark.parametrize(
    ("addresses", "page_seconds", "request_seconds"),
    [(150, HANGS, HANGS), pytest.param(3000, 0.5, 10.0, marks=pytest.mark.faults)],
    ids=["a few", "all"],
)


class PageProcess:
    """`bordercast web` as its own process."""

    def __init__(self, database: Path) -> None:
        command = [sys.executable, "-m", "jobs", "--db", str(database), "web", "--port", "0"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().split()[0].rpartition(":")[2])

    def wait_for_every_page(self) -> None:
        """Return when the site is written: until then what is not there yet is answered 503."""
        until = time.monotonic() + 300
        while httpx.get(f"http://127.0.0.1:{self.port}/no-such-page").status_code == 503:
            assert time.monotonic() < until, "the pages are not written after 300 s"
            time.sleep(0.2)

    def most_memory(self) -> float:
        """The most memory it ever had, in MB, without the process of its queries."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(x.split()[1]) / 1000 for x in lines if x.startswith("VmHWM"))

    def end(self) -> None:
        self.process.terminate()
        assert self.process.stdout is not None
        self.process.stdout.close()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def page(published, session_artifact) -> Iterator[PageProcess]:
    def make(folder: Path) -> None:
        upkeep.write_snapshot(Path(shutil.copy(published, folder / "bordercast.db")), Config())

    found = PageProcess(session_artifact("web", make) / "bordercast.db")
    found.wait_for_every_page()
    yield found
    found.end()


@cut
@pytest.mark.slow
def test_nobody_stops_the_page(page, figure, addresses, page_seconds, request_seconds):
    before, pages, months, bombs, fuzzed = (Seen() for _ in range(5))
    port = page.port
    half = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "
    deaf = b"GET /bordercast.db HTTP/1.1\r\nHost: localhost\r\n\r\n"

    async def attack() -> None:
        stop = asyncio.Event()
        held = [
            asyncio.create_task(hostile_visitors.silent(port, *said, stop))
            for said in [(b"", b"")] * 64 + [(half, b"x")] * 16 + [(deaf, b"")] * 4
        ]
        await asyncio.gather(
            hostile_visitors.at_once(port, hostile_visitors.MONTHS, months),
            hostile_visitors.at_once(port, hostile_visitors.BOMBS, bombs),
            hostile_visitors.fuzz(port, hostile_visitors.addresses(addresses), fuzzed),
        )
        await hostile_visitors.at_once(port, hostile_visitors.BOMBS, bombs)
        stop.set()
        await asyncio.gather(*held)

    async def everything() -> None:
        await hostile_visitors.while_read(port, partial(asyncio.sleep, 2), before)
        await hostile_visitors.while_read(port, attack, pages)

    asyncio.run(everything())

    assert len(hostile_visitors.MONTHS) == 64
    assert months.count(404) == 64
    assert len(bombs.answers) == 2 * len(hostile_visitors.BOMBS) == 40
    assert len(fuzzed.answers) == addresses
    assert bombs.failed() == fuzzed.failed() == []
    assert all(status for _, status, _, _ in bombs.answers + fuzzed.answers)
    assert pages.count(200) == len(pages.answers) > 10
    assert page.most_memory() < 400
    figure(
        "visitors",
        len(months.answers + bombs.answers + fuzzed.answers) + 84,
        ms_first_page_before=1000 * before.longest,
        ms_first_page=1000 * pages.longest,
        s_longest_request=max(x.longest for x in (months, bombs, fuzzed)),
        MB_of_memory=page.most_memory(),
        answered_503_queries_full=bombs.count(503) + fuzzed.count(503),
    )
    assert pages.longest < page_seconds
    assert max(x.longest for x in (months, bombs, fuzzed)) < request_seconds
