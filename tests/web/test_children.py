"""The processes apart, begun by hand: bounded, of no secret, and gone with whoever began them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest

from forecast import child
from jobs.web import children
from tests.support import running_service
from tests.support.site_visitor import ROOT

BOUNDED = """
import asyncio, json, os, resource, sqlite3, sys
from forecast.errors import DataError
from jobs.web import children

async def answer(application, copy, place, limits):
    if place == "refused":
        raise DataError("the copy is not whole")
    with sqlite3.connect(":memory:") as db:
        (heap,) = db.execute("pragma hard_heap_limit").fetchone()
    children.tell(
        core=resource.getrlimit(resource.RLIMIT_CORE),
        address=resource.getrlimit(resource.RLIMIT_AS),
        heap=heap, nice=os.nice(0), told=[str(copy), place, limits.rows],
    )
    if place == "forever":
        await asyncio.sleep(600)

children.answer = answer
children.main(*sys.argv[1:])
"""
LIMITS = json.dumps({"heap_bytes": 50_000_000, "address_bytes": 1_500_000_000, "rows": 7})


def begun(place: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", BOUNDED, "query", "copy.db", place, LIMITS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_a_process_of_queries_is_bounded_and_ends_with_its_parent():
    ours = os.nice(0)
    with begun("forever") as process:
        said = json.loads(process.stdout.readline())
        process.stdin.close()
        assert process.wait(running_service.HANGS) == 0

    assert said["core"] == [0, 0]
    assert said["address"] == [1_500_000_000] * 2
    assert said["heap"] == 50_000_000
    assert said["nice"] == min(ours + 10, 19)
    assert said["told"] == ["copy.db", "forever", 7]


def test_a_process_that_cannot_serve_says_why_and_with_which_exit():
    with begun("refused") as process:
        said = json.loads(process.stdout.read())
        code = process.wait(running_service.HANGS)

    assert code == 3
    assert said["words"] == "the copy is not whole"


def test_who_began_it_may_write_and_is_read_until_the_end(monkeypatch):
    read, write = os.pipe()
    ended = []
    monkeypatch.setattr(child.sys, "stdin", open(read))  # noqa: SIM115 - closed below
    monkeypatch.setattr(child.os, "_exit", ended.append)
    waiting = threading.Thread(target=child.die_with_parent)
    os.write(write, b"x" * 2000)
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()
    os.close(write)
    waiting.join(running_service.HANGS)
    child.sys.stdin.close()

    assert ended == [0]


def test_a_page_that_cannot_be_written_says_why(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(child, "die_with_parent", lambda: None)

    with pytest.raises(SystemExit) as ended:
        children.main("build", str(tmp_path / "none.db"), str(tmp_path / "site"), "")

    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert ended.value.code == 2
    assert "bordercast run" in said["problem"]
    assert said["problem"] in said["words"]
    assert not (tmp_path / "site").exists()
