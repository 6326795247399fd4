"""Tables and queries as they are answered: bounded, refused in words, and safe in a spreadsheet."""

from __future__ import annotations

import asyncio
import errno
import json
import shutil
import socket
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from datasette import Forbidden, NotFound
from datasette.database import QueryInterrupted
from datasette.plugins import pm
from datasette.utils.asgi import Base400
from datasette.views.base import DatasetteError

from forecast.config import Config
from forecast.errors import BusyError, ConfigError
from forecast.store import held
from jobs.service import upkeep
from jobs.web import server
from jobs.web import sql as bounded
from jobs.web.responses import QueryLimits
from jobs.web.sql import CappedRows, neutral_csv
from tests.support.site_visitor import PATIENT, RUNAWAY


@pytest.fixture(scope="module")
def copy(by_hand, tmp_path_factory) -> Path:
    """The analysts' copy of a record of a few rows."""
    path = Path(shutil.copy(by_hand, tmp_path_factory.mktemp("tables") / "record.db"))
    upkeep.write_snapshot(path, Config())
    return path.with_name("record-snapshot.db")


def asked(copy: Path, *targets: str, **limits) -> list[tuple[int, dict[str, str], str]]:
    """Status, headers and body of each answer."""
    bounds = replace(PATIENT, **limits)
    found = held.hold(copy, bounds.threads)
    site = bounded.serving(found, bounds)

    async def one(target: str):
        path, _, query = target.partition("?")
        words, body = await bounded.answered(site, path, query, "localhost", "http")
        if "title" in words:
            told = {"title": words["title"], "error": words["words"]}
            return words["status"], {}, json.dumps(told)
        return words["status"], words["headers"], body.decode()

    async def all_of_them():
        await site.prepare()
        answers = []
        for target in targets:
            answers.append(await one(target))
        return answers

    try:
        return asyncio.run(all_of_them())
    finally:
        site.close()
        held.close(found)


def sql(text: str, form: str = "json", more: str = "") -> str:
    return f"/bordercast.{form}?_shape=objects&sql={quote(text)}{more}"


def test_an_answer_has_so_many_rows_and_a_stream_more(copy):
    many = "select id from flags order by id"
    json_, csv, streamed = asked(
        copy,
        sql(many),
        sql(many, "csv"),
        "/bordercast/flags.csv?_stream=1",
        rows=2,
        streamed_rows=4,
    )

    assert [len(json.loads(json_[2])["rows"]), json.loads(json_[2])["truncated"]] == [2, True]
    assert len(csv[2].splitlines()) == 1 + 2
    assert len(streamed[2].splitlines()) > 1 + 2


def test_csv_is_text_that_no_spreadsheet_computes_and_other_forms_stay_as_they_are(copy):
    formula = "select '=1+1' as \"=x\", -5 as n"
    csv, json_ = asked(copy, sql(formula, "csv"), sql(formula))

    assert csv[2] == "'=x,n\r\n'=1+1,-5\r\n"
    assert csv[1]["content-type"] == "text/plain; charset=utf-8"
    assert json.loads(json_[2])["rows"] == [{"=x": "=1+1", "n": -5}]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_mistake_is_said_in_words(copy, form):
    ((status, _, body),) = asked(copy, sql("select x from nowhere", form))

    assert status == 400
    told = json.loads(body)
    assert "no such table: nowhere" in told["error"]


def test_what_takes_too_long_is_said_with_what_to_do(copy):
    ((status, _, body),) = asked(copy, sql(RUNAWAY), statement_seconds=0.05)

    told = json.loads(body)
    assert (status, told["title"]) == (400, "The query took too long")
    assert told["error"].startswith("The query was stopped: it took longer than 0.05 seconds.")


@pytest.mark.parametrize("form", ["json", "csv"])
def test_rows_that_are_too_large_together_are_refused(copy, form):
    wide = "select hex(zeroblob(20000)) as x from flags"
    ((status, _, body),) = asked(copy, sql(wide, form), answer_bytes=100_000)

    assert status == 400
    assert "larger than 0 MB" in body


def test_each_query_has_all_its_bytes_again(copy):
    """What a query before it read on the same connection does not count."""
    half = sql("select hex(zeroblob(30000)) as x")
    answers = asked(copy, *[half] * 6, answer_bytes=100_000, threads=1)

    assert [status for status, *_ in answers] == [200] * 6


def test_nothing_of_datasette_but_tables_and_queries_is_there(copy):
    paths = ("/bordercast.db", "/_memory", "/_internal", "/bordercast/none.json")
    answers = asked(copy, *paths, "/bordercast/flags.json?_facet=kind", "/bordercast/nothing")

    assert [status for status, *_ in answers] == [403, 404, 403, 404, 400, 404]
    assert "There is no such page" in answers[-1][2]
    assert json.loads(answers[3][2])["error"] == "Every page can be reached from the overview."


def test_an_answer_may_not_be_kept_unless_it_is_asked_for(copy):
    plain, kept = asked(copy, "/bordercast/runs.json", "/bordercast/runs.json?_ttl=9")

    assert plain[1].get("cache-control") in ("no-cache", None)
    assert kept[1]["cache-control"] == "max-age=9"


def test_a_held_file_is_never_written_to_and_says_which_it_is(copy):
    found = held.hold(copy, 2)
    site = bounded.serving(found, replace(PATIENT, threads=2))
    database = site.get_database("bordercast")
    try:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            database.connect(write=True)
        first, second = database.connect(), database.connect()
        assert first is not second
        assert {id(first), id(second)} == {id(c) for c in found.connections}
        assert database.hash == found.run.digest
        assert database.size == found.identity[-1]
        assert not database.is_mutable
        assert asyncio.run(database.attached_databases()) == []
        assert site.executor._max_workers == 2
        assert site.max_returned_rows == PATIENT.rows
        site.max_returned_rows = 7
        assert site.max_returned_rows == PATIENT.rows
        assert set(site.databases) == {"_internal", "bordercast"}
        assert site.setting("sql_time_limit_ms") == 60_000
        for off in ("allow_facet", "suggest_facets", "allow_download"):
            assert site.setting(off) is False
    finally:
        site.close()
        held.close(found)


# --- refusals


class OddError(Exception):
    title = "SQL Interrupted"


@pytest.mark.parametrize(
    ("error", "status", "title", "words"),
    [
        (NotFound("x"), 404, "There is no such page", "Every page can be reached"),
        (Forbidden("not you"), 403, "Not to be seen here", "not you"),
        (QueryInterrupted(None, "", {}), 400, "The query took too long", "longer than 3 seconds"),
        (OddError(), 400, "The query took too long", "longer than 3 seconds"),
        (DatasetteError("why", title="No", status=409), 409, "No", "why"),
        (DatasetteError("why", status=400), 400, "That could not be done", "why"),
        (DatasetteError("Cannot sort by x"), 400, "That could not be done", "Cannot sort by x"),
        (Base400("odd"), 400, "That could not be done", "odd"),
        (MemoryError(), 400, "The query is too large", bounded.TOO_MUCH_MEMORY),
        (KeyError("secret"), 400, "That could not be done", "Datasette cannot answer this address"),
    ],
)
def test_whatever_went_wrong_is_said_in_words(error, status, title, words):
    found = bounded._in_words(SimpleNamespace(limits=QueryLimits()), error)

    assert (found.status, found.title) == (status, title)
    assert words in found.words


def test_a_plugin_takes_the_place_of_others_once():
    bounded.install()
    before = pm.get_plugin(bounded.NAME)
    bounded.install()

    assert pm.get_plugin(bounded.NAME) is before is bounded
    assert not [name for name in bounded._NOT_OURS if pm.has_plugin(name)]
    assert "datasette.facets" in bounded._NOT_OURS


def test_only_visitors_connections_are_bounded():
    for database, limited in (("bordercast", True), ("_internal", False)):
        with closing(sqlite3.connect(":memory:")) as connection:
            datasette = SimpleNamespace(limits=QueryLimits(answer_bytes=7))
            bounded.prepare_connection(connection, database, datasette)
            assert isinstance(connection.row_factory, CappedRows) == limited
            if limited:
                assert (connection.row_factory.limit, connection.row_factory.read) == (7, 0)


# --- rows


def test_rows_are_refused_once_they_are_too_large_together():
    """64 bytes of each row, and its texts and blobs."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = CappedRows(2 * 64 + 10)
        query = "select 'abcde' as a, 123456 as b, x'0000' as c union all select 'abc', null, 1.5"
        found = connection.execute(query).fetchall()
        assert [tuple(row) for row in found] == [("abcde", 123456, b"\0\0"), ("abc", None, 1.5)]
        assert found[0]["a"] == "abcde"
        assert connection.row_factory.read == 2 * 64 + 10
        connection.row_factory = CappedRows(2 * 64 + 9)
        with pytest.raises(DatasetteError) as refused:
            connection.execute(query).fetchall()
    assert (refused.value.status, refused.value.title) == (400, "The answer is too large")
    assert bounded.ROW_BYTES == 64


@pytest.mark.parametrize(("limit", "said"), [(8_000_000, "8 MB"), (1_499_999, "1 MB")])
def test_too_large_is_said_in_megabytes(limit, said):
    assert bounded.too_large(limit).startswith(
        f"The answer would be larger than {said}. Ask for fewer"
    )


@pytest.mark.parametrize(
    ("cell", "neutral"),
    [
        ("-5", "-5"),
        ("+5.25", "+5.25"),
        ("-1.5e-7", "-1.5e-7"),
        ("1E9", "1E9"),
        ("-5x", "'-5x"),
        ("-", "'-"),
        ("-.5", "'-.5"),
        ("=1", "'=1"),
        ("@x", "'@x"),
        ("plain", "plain"),
        ('"a,b"', '"a,b"'),
        ('"a\nb"', '"a\nb"'),
    ],
)
def test_a_cell_is_a_number_or_a_text_and_no_formula(cell, neutral):
    assert neutral_csv(f"head,{cell}\r\n{cell},x\r\n") == f"head,{neutral}\r\n{neutral},x\r\n"


# --- where it listens


def test_the_page_shows_the_copy_and_the_folder_that_the_settings_name(tmp_path):
    path = tmp_path / "counts.db"
    assert server.snapshot_of(path, Config()) == tmp_path / "counts-snapshot.db"
    named = Config.model_validate({"service": {"snapshot": "all.db"}, "site": {"folder": "www"}})
    assert server.snapshot_of(path, named) == tmp_path / "all.db"
    assert server.folder_of(path, named) == tmp_path / "www"
    assert server.folder_of(path, Config()) is None
    none = Config.model_validate({"service": {"snapshot": ""}})
    with pytest.raises(ConfigError, match="is empty, and the page shows that copy"):
        server.snapshot_of(path, none)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("192.0.2.1", False),
        ("example.org", False),
    ],
)
def test_a_page_without_a_login_is_for_this_machine(host, own):
    server.refuse_others(host, True)
    if own:
        server.refuse_others(host, False)
        return
    with pytest.raises(ConfigError, match=f"{host} can be reached from other machines"):
        server.refuse_others(host, False)


def test_it_listens_on_a_free_port_or_says_why_not():
    with server.listen("127.0.0.1", 0) as first:
        number = first.getsockname()[1]
        assert number > 0
        assert first.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
        with socket.create_connection(("127.0.0.1", number)):
            pass
        with pytest.raises(BusyError) as busy:
            server.listen("127.0.0.1", number)
    assert busy.value.what == f"127.0.0.1:{number}"
    with pytest.raises(ConfigError, match=r"192\.0\.2\.1:0: ") as refused:
        server.listen("192.0.2.1", 0)
    assert str(errno.EADDRNOTAVAIL) in str(refused.value)


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 on this machine")
def test_it_listens_on_the_other_family_too():
    try:
        listening = server.listen("::1", 0)
    except ConfigError:
        pytest.skip("no IPv6 on this machine")
    with listening:
        assert listening.family == socket.AF_INET6
