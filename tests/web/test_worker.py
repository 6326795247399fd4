"""What answers visitors' queries, as a process: begun once, asked in turn, killed, begun anew."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.responses import Response

from jobs.web import worker
from jobs.web.responses import Plain
from jobs.web.worker import OF_QUERIES, OF_TEXTS, QueryProcessError, QueryServer
from tests.support import running_service
from tests.support.site_visitor import PATIENT


@pytest.fixture
def copy(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    file = tmp_path / "copy.db"
    file.write_text("first")
    return file


def served(copy: Path, asking, **limits):
    """What `asking` gives with a server of the copy; it is closed then."""
    server = QueryServer(copy, replace(PATIENT, **limits), ("tests.support.stand_in_answers",))

    async def during():
        try:
            return await asking(server)
        finally:
            await server.close()

    return asyncio.run(during())


def scope(path: str, query: bytes = b"", host: bytes | None = b"localhost") -> dict:
    headers = [(b"accept", b"*/*"), *([(b"host", host)] if host else [])]
    return {"raw_path": path.encode(), "query_string": query, "headers": headers, "scheme": "https"}


def said(answer: Response) -> dict:
    assert not isinstance(answer, Plain), answer.title
    return json.loads(answer.body)


def test_a_request_is_passed_on_with_its_host_its_query_and_what_was_posted(copy, monkeypatch):
    monkeypatch.setenv("BORDERCAST_MAIL_PASSWORD", "secret")

    async def asking(server):
        return [
            await server.ask(scope("/a", b"x=1&y=%20")),
            await server.ask(scope("/a"), "a text"),
            await server.ask(scope("/b", host=b"desk.example.org:8001")),
            await server.ask(scope("/b", host=None)),
        ]

    answers = served(copy, asking, rows=7)
    found = [said(answer) for answer in answers]

    assert [(one["path"], one["query"]) for one in found] == [
        ("/a", "x=1&y=%20"),
        ("/a", ""),
        ("/b", ""),
        ("/b", ""),
    ]
    assert [one["host"] for one in found] == [
        "localhost",
        "localhost",
        "desk.example.org:8001",
        "localhost",
    ]
    assert {one["scheme"] for one in found} == {"https"}
    assert [one["text"] for one in found] == ["", "a text", "", ""]
    assert len({one["pid"] for one in found}) == 1  # begun once
    place, limits = found[0]["told"]
    assert (place, json.loads(limits)["rows"]) == (str(copy), 7)
    assert found[0]["secret"] is None
    assert not running_service.alive(found[0]["pid"])
    assert (answers[0].status_code, answers[0].headers["content-type"]) == (
        200,
        "application/json",
    )


def test_a_process_is_begun_at_once_and_answers_when_it_is_ready(copy):
    async def asking(server):
        await server.ready()
        first = server._process
        await server.ready()
        assert server._process is first
        return server.started, os.getsid(first.child.process.pid) == first.child.process.pid

    assert served(copy, asking) == (1, True)


def test_a_query_that_does_not_end_is_killed_with_its_process_and_the_next_gets_another(copy):
    async def asking(server):
        before = said(await server.ask(scope("/a")))["pid"]
        server.limits = replace(PATIENT, answer_seconds=0.3)
        slow = await server.ask(scope("/slow"))
        server.limits = PATIENT
        after = said(await server.ask(scope("/a")))["pid"]
        return before, slow, after, server.started

    before, slow, after, started = served(copy, asking)

    assert (slow.status, slow.title) == (400, "The query took too long")
    assert "longer than 0.3 seconds" in slow.words
    assert started == 2
    assert before != after
    assert not running_service.alive(before)


def test_a_text_that_takes_too_long_is_told_its_true_deadline_in_words_on_texts(copy):
    async def asking(server):
        server.refusals = OF_TEXTS
        await server.ready()
        server.limits = replace(PATIENT, answer_seconds=0.3, statement_seconds=0.1)
        slow = await server.ask(scope("/slow"))
        server.limits = replace(PATIENT, answer_seconds=90, request_seconds=0.5)
        await server.ready()
        return slow, await server.ask(scope("/slow"))

    slow, late = served(copy, asking)

    assert (slow.status, slow.title) == (400, "The text took too long")
    assert slow.words.startswith("The check was stopped: it took longer than 0.3 seconds. Check")
    (true,) = re.findall(r"longer than (\S+) seconds", late.words)
    assert 0 < float(true) <= 0.5  # what was left of it when the process was asked
    told = [slow, *OF_TEXTS.values()]
    assert not re.search("quer|table", " ".join(one.title + one.words for one in told))


def test_who_waits_when_a_process_dies_is_told_to_try_again(copy):
    async def asking(server):
        died = await server.ask(scope("/die"))
        await asyncio.to_thread(server._process.child.process.wait)
        return died, said(await server.ask(scope("/a"))), server.started

    died, _, started = served(copy, asking)

    assert (died, started) == (OF_QUERIES["stopped"], 3)  # it was asked twice, and died of it
    assert (died.status, died.again) == (503, 5)


@pytest.mark.parametrize("end", ["/die", "/slow"])
def test_who_ends_a_process_takes_nobody_elses_answer_with_it(copy, end):
    async def asking(server):
        await server.ready()
        others = [asyncio.create_task(server.ask(scope("/patient"))) for _ in range(2)]
        while server._process.users < 2:
            await asyncio.sleep(0.01)
        server.limits = replace(PATIENT, answer_seconds=0.3)  # after which who does not answer ends
        ended = await server.ask(scope(end))
        server.limits = PATIENT
        return ended, [said(await other)["path"] for other in others]

    ended, answers = served(copy, asking)

    assert isinstance(ended, Plain)
    assert answers == ["/patient", "/patient"]


def test_what_is_refused_there_is_refused_here(copy):
    async def asking(server):
        return [await server.ask(scope(path)) for path in ("/refused", "/large")]

    refused, whole = served(copy, asking)

    assert (refused.status, refused.title, refused.words) == (400, "No", "Because.")
    assert len(whole.body) == 1_000_000


def test_another_copy_is_answered_by_another_process_and_the_first_ends(copy):
    async def asking(server):
        first = said(await server.ask(scope("/a")))["pid"]
        part = copy.with_name("part")
        part.write_text("second")
        part.replace(copy)
        second = said(await server.ask(scope("/a")))["pid"]
        await asyncio.to_thread(running_service.wait_for, lambda: not running_service.alive(first))
        return first != second, server.started

    assert served(copy, asking) == (True, 2)


async def asked_slowly(server, path="/slow"):
    """The process that is at work on an answer, and what waits for it."""
    await server.ready()
    process = server._process
    waiting = asyncio.create_task(server.ask(scope(path)))
    while not process.users:
        await asyncio.sleep(0.01)
    return process, waiting


def test_the_first_process_ends_only_when_nobody_waits_for_it(copy):
    async def asking(server):
        first, waiting = await asked_slowly(server, "/patient")
        copy.write_text("another")
        await server.ask(scope("/a"))
        alive = running_service.alive(first.child.process.pid), first.users
        os.kill(first.child.process.pid, signal.SIGKILL)
        return alive, said(await waiting)["path"], first.users

    alive, answer, users = served(copy, asking)

    assert alive == (True, 1)
    assert (answer, users) == ("/patient", 0)


def test_who_hangs_up_takes_the_process_along(copy):
    async def asking(server):
        process, waiting = await asked_slowly(server)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return process.child.alive(), process.users, server._asking

    assert served(copy, asking) == (False, 0, 0)


@pytest.mark.parametrize(("already", "refused"), [(12, True), (11, False)])
def test_so_many_may_wait_and_one_more_is_refused(copy, already, refused):
    async def asking(server):
        await server.ready()
        server._asking = already
        answer = await server.ask(scope("/a"))
        assert server._asking == already
        return answer

    answer = served(copy, asking)

    assert (answer is OF_QUERIES["busy"]) == refused
    assert (OF_QUERIES["busy"].status, OF_QUERIES["busy"].again) == (503, 5)


def test_who_gets_no_turn_in_time_is_refused_and_holds_none(copy):
    async def asking(server):
        await server.ready()
        slow = asyncio.create_task(server.ask(scope("/patient")))
        while not server._process.users:
            await asyncio.sleep(0.01)
        refused = await server.ask(scope("/a"))
        server._process.child.kill()
        return refused, said(await slow), said(await server.ask(scope("/a")))

    # The killed one is asked once more, of a process that answers.
    refused, *answered = served(copy, asking, threads=1, turn_seconds=0.1)

    assert refused is OF_QUERIES["busy"]
    assert [one["path"] for one in answered] == ["/patient", "/a"]


def test_what_does_not_begin_is_not_begun_at_every_request(copy, monkeypatch, caplog):
    copy.unlink()

    async def asking(server):
        first = await server.ask(scope("/a"))
        second = await server.ask(scope("/a"))
        with pytest.raises(QueryProcessError):
            await server.ready()
        before = server.started
        server._not_before = 0.0  # its pause is over
        copy.write_text("there")
        return first, second, before, said(await server.ask(scope("/a"))), server.started

    first, second, before, _, started = served(copy, asking)

    assert [first, second] == [OF_QUERIES["starting"]] * 2
    assert (first.status, first.again) == (503, 5)
    assert (before, started) == (1, 2)
    ours = [event.getMessage() for event in caplog.records if event.name == "bordercast"]
    assert ours == ["what answers queries did not start"]


def test_a_process_that_says_nothing_is_given_up(copy, monkeypatch):
    monkeypatch.setattr(worker, "START_SECONDS", 0.2)
    (copy.parent / "silent.py").write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setenv("PYTHONPATH", str(copy.parent))
    before = running_service.children(os.getpid())

    async def asking():
        server = QueryServer(copy, PATIENT, ("silent",))
        try:
            with pytest.raises(QueryProcessError, match="did not start"):
                await server.ready()
        finally:
            await server.close()

    asyncio.run(asking())

    assert {
        pid for pid in running_service.children(os.getpid()) if running_service.alive(pid)
    } <= before


def test_it_is_closed_while_it_begins(copy):
    before = running_service.children(os.getpid())

    async def asking():
        server = QueryServer(copy, PATIENT, ("tests.support.stand_in_answers",))
        waiting = asyncio.create_task(server.ask(scope("/a")))
        while server._starting is None:
            await asyncio.sleep(0)
        await server.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(asking())

    assert {
        pid for pid in running_service.children(os.getpid()) if running_service.alive(pid)
    } <= before
