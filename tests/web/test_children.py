"""The processes apart, begun by hand: bounded, of no secret, and gone with whoever began them."""

from __future__ import annotations

import json
import os
import sys

import pytest

from forecast import child
from jobs.web import children
from tests.support import running_service
from tests.support.site_visitor import ROOT

BOUNDED = """
import json, os, resource, sqlite3, sys
from forecast.errors import DataError
from jobs.web import children
from jobs.web.responses import QueryLimits

def bounded(copy, limits):
    if copy == "refused":
        raise DataError("the copy is not whole")
    limits = QueryLimits(**json.loads(limits))
    children.confine(limits)

    def work(question, say):
        with sqlite3.connect(":memory:") as db:
            (heap,) = db.execute("pragma hard_heap_limit").fetchone()
        say(json.dumps({
            "core": resource.getrlimit(resource.RLIMIT_CORE),
            "address": resource.getrlimit(resource.RLIMIT_AS),
            "heap": heap, "nice": os.nice(0), "told": [copy, limits.rows],
        }).encode())
    return work

children._TASKS["query"] = bounded
children.main(*sys.argv[1:])
"""
LIMITS = json.dumps({"heap_bytes": 50_000_000, "address_bytes": 1_500_000_000, "rows": 7})
PATIENT = child.ChildLimits(running_service.HANGS, 0, 10_000)


def begun(copy: str) -> child.Child:
    command = [sys.executable, "-c", BOUNDED, "query", copy, LIMITS]
    return child.Child(command, {**os.environ, "PYTHONPATH": str(ROOT)})


def test_a_process_of_queries_is_bounded_and_ends_with_its_parent():
    ours = os.nice(0)
    with begun("copy.db") as process:
        said = json.loads(process.answer(b"", PATIENT))
        process.door.close()
        assert process.process.wait(running_service.HANGS) == 0

    assert said["core"] == [0, 0]
    assert said["address"] == [1_500_000_000] * 2
    assert said["heap"] == 50_000_000
    assert said["nice"] == min(ours + 10, 19)
    assert said["told"] == ["copy.db", 7]


def test_a_process_that_cannot_serve_says_why():
    with begun("refused") as process:
        said = json.loads(process.answer(b"", PATIENT))

    assert said == {"problem": "the copy is not whole", "words": "the copy is not whole"}


def test_a_page_that_cannot_be_written_says_why(tmp_path):
    words = (str(tmp_path / "none.db"), str(tmp_path / "site"), "")
    command = [sys.executable, "-m", "jobs.web.children", "build", *words]
    with child.Child(command, {**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        said = json.loads(process.answer(b"", PATIENT))

    assert "bordercast run" in said["problem"]
    assert said["problem"] in said["words"]
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(("fails", "status"), [(False, 200), (True, 400)])
def test_a_question_that_fails_ends_no_other(fails, status, caplog):
    def answer(text):
        if fails:
            raise KeyError(text)
        return {"status": 200}, text.encode()

    said = []
    work = children._answering("this file", answer)
    work(b"", said.append)
    work(b'{"text": "abc"}', said.append)

    assert said[0] == b'{"ready": "this file"}\n'
    head, _, body = said[1].partition(b"\n")
    assert json.loads(head)["status"] == status
    assert ("title" in json.loads(head)) == fails
    assert body == (b"" if fails else b"abc")
    assert len(caplog.records) == fails
