"""An answer is whole or refused; its CSV is made safe, refusals are passed on as they are."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from jobs.web import sql
from jobs.web.responses import UNANSWERABLE, QueryLimits

CSV = b"border,note\r\nnorthern,=1+1\r\n"


def answered(status, *bodies, path="/x.csv", query="", limit=100):
    """What is made of an answer in pieces, and what was asked."""
    asked = []

    async def application(scope, receive, send):
        asked.append((scope["path"], scope["query_string"], sql.streamed.get()))
        headers = [(b"Cache-Control", b"no-cache"), (b"X-Other", b"1")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for body in bodies:
            await send({"type": "http.response.body", "body": body})

    site = SimpleNamespace(answering=application, limits=QueryLimits(answer_bytes=limit))
    return asyncio.run(sql.answered(site, path, query, "localhost", "http")), asked


def test_a_table_is_text_without_formulas():
    (words, body), _ = answered(200, CSV[:10], CSV[10:])
    status, headers = words["status"], words["headers"]

    assert body == b"border,note\r\nnorthern,'=1+1\r\n"
    assert (status, headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("status", "path"), [(201, "/x.csv"), (302, "/x.csv"), (400, "/x.csv"), (200, "/x.json")]
)
def test_what_is_no_table_is_as_it_is(status, path):
    (words, body), _ = answered(status, CSV, path=path)

    assert (words["status"], words["headers"]["x-other"], body) == (status, "1", CSV)


def test_an_answer_of_just_the_limit_is_whole_and_a_larger_one_refused():
    assert answered(400, b"a" * 60, b"b" * 40)[0][1] == b"a" * 60 + b"b" * 40
    words, body = answered(400, b"a" * 60, b"b" * 41)[0]
    assert (words["status"], words["title"], body) == (400, "The answer is too large", b"")
    assert words["words"].startswith("The answer would be larger than 0 MB. Ask for fewer")


def test_what_fails_there_is_a_refusal():
    words, body = answered(500, b"a traceback")[0]

    assert (words["status"], words["words"], body) == (400, UNANSWERABLE, b"")


@pytest.mark.parametrize(
    ("path", "query", "asked"),
    [
        ("/a%20b.csv", "_stream=1", ("/a b.csv", b"_size=max&_stream=1", True)),
        ("/x.csv", "_size=1", ("/x.csv", b"_size=1", False)),
        ("/x.json", "_stream=1", ("/x.json", b"_stream=1", False)),
    ],
)
def test_all_rows_are_asked_for_only_of_a_csv(path, query, asked):
    assert answered(200, b"", path=path, query=query)[1] == [asked]
