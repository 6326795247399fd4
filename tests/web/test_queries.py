"""Visitors' queries: bounded in time and size, and never in the way of a page."""

from __future__ import annotations

import asyncio
import sqlite3
import traceback
from urllib.parse import quote

import pytest
from datasette.database import QueryInterrupted
from visitor import RUNAWAY, visiting

from forecast.desk.web.querying import QUERIES, SETTINGS


def test_a_runaway_query_ends_within_its_limit(record, limit, monkeypatch):
    monkeypatch.setitem(SETTINGS, "sql_time_limit_ms", limit)
    with visiting(record) as visitor:
        answer = visitor.query(RUNAWAY)

    assert answer.status_code == 400
    assert "took longer than 3 seconds" in answer.json()["error"]


def test_many_runaway_queries_hold_up_no_page(record, monkeypatch):
    """Twenty at once. A page behind a query is answered only when that was stopped."""
    monkeypatch.setitem(SETTINGS, "sql_time_limit_ms", 2000)

    async def all_at_once(visitor):
        asked = [f"/bordercast.{form}?sql={quote(RUNAWAY)}" for form in ("json", "csv") * 10]
        running = [asyncio.ensure_future(visitor.asking(path)) for path in asked]
        await asyncio.sleep(0.1)
        pages = [await visitor.asking("/") for _ in range(2)]
        held = sum(not one.done() for one in running)
        return pages, held, await asyncio.gather(*running)

    with visiting(record) as visitor:
        visitor.get("/")
        pages, held, answers = visitor.loop.run_until_complete(all_at_once(visitor))

    stopped = [a.json() for a in answers if a.status_code == 400]
    busy = [a.json() for a in answers if a.status_code == 503]
    assert (len(stopped), len(busy)) == (QUERIES, 20 - QUERIES)
    assert all("took longer than 2 seconds" in said["error"] for said in stopped)
    assert all(said["title"] == "Too many queries at once" for said in busy)
    assert [page.status_code for page in pages] == [200, 200]
    assert held == QUERIES  # every query was still at it when both pages had been answered


def test_no_error_keeps_a_cursor_out_of_its_thread(visitor):
    """Whoever dropped it would wait until the next query on its connection has ended."""
    database = visitor.site.current.site.get_database("bordercast")

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


@pytest.mark.parametrize("huge", HUGE)
def test_no_single_value_can_fill_the_memory(visitor, huge):
    answer = visitor.query(f"select {huge} as huge")

    assert answer.status_code == 400 or answer.json()["rows"] == [{"huge": None}]


def test_an_answer_has_at_most_a_thousand_rows(visitor):
    answer = visitor.query("select * from series_months").json()

    assert len(answer["rows"]) == 1000
    assert answer["truncated"]
