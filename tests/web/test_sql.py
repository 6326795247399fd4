"""An answer that is kept until all of it is there: CSV made safe, refusals as they are."""

from __future__ import annotations

import asyncio

import pytest

from jobs.web.sql import _TooLargeError, _WholeAnswer

CSV = b"border,note\r\nnorthern,=1+1\r\n"


def passed_on(status, *bodies, limit=100):
    """The messages sent on for an answer in pieces."""
    sent = []

    async def take(message):
        sent.append(message)

    async def answer():
        whole = _WholeAnswer(limit)
        try:
            await whole.send(
                {
                    "type": "http.response.start",
                    "status": status,
                    "headers": [(b"Cache-Control", b"no-cache"), (b"x-other", b"1")],
                }
            )
            for body in bodies:
                await whole.send({"type": "http.response.body", "body": body})
        except _TooLargeError:
            sent.append("too large")
        await whole.pass_on(take)

    asyncio.run(answer())
    return sent


def test_a_table_is_passed_on_as_text_without_formulas():
    start, body = passed_on(200, CSV[:10], CSV[10:])

    assert body["body"] == b"border,note\r\nnorthern,'=1+1\r\n"
    assert (start["status"], dict(start["headers"])) == (
        200,
        {
            b"content-type": b"text/plain; charset=utf-8",
            b"content-length": b"29",
            b"cache-control": b"no-cache",
        },
    )


@pytest.mark.parametrize("status", [201, 302, 400])
def test_what_is_no_table_is_passed_on_as_it_is(status):
    start, body = passed_on(status, CSV)

    assert (start["status"], (b"x-other", b"1") in start["headers"]) == (status, True)
    assert body["body"] == CSV


def test_an_answer_of_just_the_limit_is_passed_on_and_a_larger_one_refused():
    assert passed_on(200, b"a" * 60, b"b" * 40)[-1]["body"].startswith(b"aa")

    seen, start, body = passed_on(200, b"a" * 60, b"b" * 41)
    assert (seen, start["status"]) == ("too large", 400)
    assert b"larger than 0 MB" in body["body"]
