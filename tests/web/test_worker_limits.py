"""Visitors' queries: bounded in time and size, in a process that may die."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import traceback
from dataclasses import replace
from urllib.parse import quote

import pytest
from datasette.database import QueryInterrupted

from jobs.web.responses import QueryLimits
from jobs.web.worker import QueryServer
from tests.support import running_service
from tests.support.site_visitor import PATIENT, RUNAWAY, TablesHere, put, snapshot_of, visiting

# A few steps of SQLite that take minutes: nothing asks in between whether it may go on.
DEAF = (
    "with recursive c(n) as (select 1 union all select n + 1 from c limit 10000) "
    "select sum(instr(replace(hex(zeroblob(240000)), '00', 'a') || n, "
    "replace(hex(zeroblob(110000)), '00', 'a') || 'b')) from c"
)
WIDE = "select hex(zeroblob(240000)) as x from series_months limit 1000"
SORTED = (
    "with recursive c(n) as (select 1 union all select n + 1 from c) "
    "select n, hex(randomblob(200000)) as x from c order by x"
)


@pytest.mark.slow
def test_a_runaway_query_ends_within_its_limit(record):
    limits = replace(PATIENT, statement_seconds=3)
    with visiting(record, tables=QueryServer(snapshot_of(record), limits)) as visitor:
        visitor.ready()

        answer = visitor.query(RUNAWAY)

        assert answer.status_code == 400
        assert "took longer than 3 seconds" in answer.json()["error"]
        assert visitor.site.tables.started == 1  # SQLite itself ended it


@pytest.mark.slow
def test_a_query_that_cannot_be_stopped_ends_with_its_process(own):
    limits = replace(PATIENT, answer_seconds=8)
    with visiting(own, tables=QueryServer(snapshot_of(own), limits)) as visitor:
        visitor.ready()
        before = running_service.children(os.getpid())

        answer = visitor.query(DEAF)

        assert answer.status_code == 400
        assert "The query was stopped" in answer.json()["error"]
        visitor.ready()  # another process
        assert visitor.query("select 1 as one").json()["rows"] == [{"one": 1}]
        assert visitor.site.tables.started == 2
        running_service.wait_for(lambda: len(running_service.children(os.getpid())) <= len(before))


@pytest.mark.slow
def test_more_queries_than_may_wait_are_refused_and_pages_are_not(record):
    limits = QueryLimits(waiting=2, turn_seconds=0.5)

    async def all_at_once(visitor):
        asked = [f"/bordercast.{form}?sql={quote(RUNAWAY)}" for form in ("json", "csv") * 6]
        running = [asyncio.ensure_future(visitor.asking(path)) for path in asked]
        pages = 0
        while not all(one.done() for one in running):
            assert (await visitor.asking("/")).status_code == 200
            pages += 1
            await asyncio.sleep(0.05)
        return pages, await asyncio.gather(*running)

    with visiting(record, tables=QueryServer(snapshot_of(record), limits)) as visitor:
        visitor.ready()
        visitor.get("/")
        pages, answers = visitor.loop.run_until_complete(all_at_once(visitor))

    assert [a.status_code for a in answers].count(400) == 3  # those that had a turn
    busy = [a for a in answers if a.status_code == 503]
    assert len(busy) == 9
    assert all("Too many queries at once" in a.text for a in busy)
    assert all(a.headers["retry-after"] == "5" for a in busy)
    assert pages > 5


@pytest.mark.slow
def test_a_process_that_dies_is_started_anew(own):
    with visiting(own) as visitor:
        visitor.ready()
        os.kill(visitor.site.tables._process.child.process.pid, signal.SIGKILL)
        running_service.wait_for(lambda: visitor.query("select 1 as one").status_code == 200)

        assert visitor.site.tables.started == 2


@pytest.mark.slow
def test_a_copy_in_the_place_of_another_is_asked_by_another_process(own):
    with visiting(own) as visitor:
        visitor.ready()
        assert {visitor.query("select 1").status_code for _ in range(3)} == {200}
        first = visitor.site.tables._process.child.process
        put(snapshot_of(own), snapshot_of(own))
        visitor.ready()

        assert visitor.query("select 1").status_code == 200
        assert visitor.site.tables.started == 2
        running_service.wait_for(lambda: not running_service.alive(first.pid))


@pytest.mark.slow
def test_a_copy_that_is_not_whole_answers_nothing_and_stops_no_page(own):
    put(own, own.with_name("other.db"))
    other = own.with_name("other.db")
    other.write_bytes(b"no database")

    with visiting(own, tables=QueryServer(other)) as visitor:
        for _ in range(3):
            assert visitor.query("select 1").status_code == 503
            visitor.get("/reading/")

        assert visitor.site.tables.started <= 2  # not at every request


@pytest.mark.slow
def test_nothing_is_left_of_it_when_the_page_ends(own):
    with visiting(own) as visitor:
        visitor.ready()
        process = visitor.site.tables._process.child.process

    assert not running_service.alive(process.pid)


@pytest.mark.slow
def test_it_is_told_no_secret(own, monkeypatch):
    monkeypatch.setenv("BORDERCAST_MAIL_PASSWORD", "secret")

    with visiting(own) as visitor:
        visitor.ready()
        with open(f"/proc/{visitor.site.tables._process.child.process.pid}/environ") as file:
            assert "secret" not in file.read()


def test_no_error_keeps_a_cursor_out_of_its_thread(record):
    """Whoever dropped it would wait until the next query on its connection has ended."""
    with visiting(record, tables=TablesHere(snapshot_of(record))) as visitor:
        database = visitor.site.tables.datasette.get_database("bordercast")

        with pytest.raises(QueryInterrupted) as failed:
            visitor.loop.run_until_complete(database.execute(RUNAWAY, custom_time_limit=50))

    errors = (failed.value, failed.value.__context__)
    frames = [frame for error in errors for frame, _ in traceback.walk_tb(error.__traceback__)]
    kept = [value for frame in frames for value in frame.f_locals.values()]
    assert not [value for value in kept if isinstance(value, sqlite3.Cursor)]


HUGE = (
    "zeroblob(1000000000)",
    "replace(hex(zeroblob(200000)), '0', 'xxxxx')",
    "printf('%.*c', 9e8, 'x')",
)


@pytest.mark.slow
@pytest.mark.parametrize("huge", HUGE)
def test_no_single_value_can_fill_the_memory(visitor, huge):
    answer = visitor.query(f"select {huge} as huge")

    assert answer.status_code == 400 or answer.json()["rows"] == [{"huge": None}]


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("sql", [WIDE, SORTED], ids=["many rows", "a sort"])
def test_nor_can_many_values(visitor, form, sql):
    before = visitor.site.tables.started

    answer = visitor.query(sql, form)

    assert answer.status_code == 400
    assert "large" in answer.text or "memory" in answer.text or "longer" in answer.text
    assert resident(visitor) < 600e6
    # On a busy machine it may be ended for its time, never for its memory.
    assert visitor.site.tables.started == before or "longer" in answer.text


def resident(visitor) -> int:
    """The most memory that the process of queries ever had, in bytes."""
    pid = visitor.site.tables._process.child.process.pid
    with open(f"/proc/{pid}/status") as file:
        (line,) = [line for line in file if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def test_an_answer_has_at_most_a_thousand_rows(visitor):
    answer = visitor.query("select * from forecast_vs_actual").json()

    assert len(answer["rows"]) == 1000
    assert answer["truncated"]


@pytest.mark.slow
@pytest.mark.parametrize("more", ["", "&_size=1", "&_size=max"])
def test_all_rows_are_one_answer_within_the_limit_of_bytes(visitor, record, more):
    wide = replace(PATIENT, answer_bytes=100_000)
    path = f"/bordercast/vintages.csv?_stream=1{more}"

    with visiting(record, tables=QueryServer(snapshot_of(record), wide)) as bounded:
        bounded.ready()
        refused = bounded.ask(path)
    whole = visitor.get(path)

    assert refused.status_code == 400
    assert "larger than 0 MB" in refused.text
    assert len(whole.text.splitlines()) > 600


def test_no_columns_are_counted_for_a_visitor(record):
    """Facets and suggestions count whole columns, which a visitor may ask for by SQL."""
    with visiting(record, tables=TablesHere(snapshot_of(record))) as visitor:
        asked = visitor.ask("/bordercast/border_months.json?_facet=border")
        page = visitor.get("/bordercast/border_months.json?_extra=suggested_facets")

    assert asked.status_code == 400
    assert page.json()["suggested_facets"] == []
