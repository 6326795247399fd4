"""A run replaces another: no answer mixes two."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from urllib.parse import quote

import serving
from visitor import put, visiting

from forecast.store import held


def test_a_new_snapshot_is_shown_and_the_old_page_keeps_its_charts(two_runs, tmp_path):
    path, first, second = two_runs
    put(first, tmp_path / "s.db")

    with visiting(path, tmp_path / "s.db") as visitor:
        old = visitor.get("/").text
        charts = re.findall(r'src="(/-/charts/[^"]+)"', old)
        before = [visitor.get(chart).content for chart in charts]
        put(second, tmp_path / "s.db")
        visitor.site.refresh()
        new = visitor.get("/").text

        assert "run 1," in old
        assert "run 2," in new
        assert serving_month(0) in old
        assert serving_month(1) in new
        assert [visitor.get(chart).content for chart in charts] == before
        assert not set(charts) & set(re.findall(r'src="(/-/charts/[^"]+)"', new))


def serving_month(number: int) -> str:
    from forecast.desk.wording import month_words

    return f"Data through <b>{month_words(serving.month(number))}</b>"


def test_a_download_begun_before_ends_with_the_old_file(two_runs, tmp_path):
    path, first, second = two_runs
    put(first, tmp_path / "s.db")

    with visiting(path, tmp_path / "s.db") as visitor:
        put(second, tmp_path / "s.db")
        assert visitor.get("/bordercast.db").content == first.read_bytes()
        visitor.site.refresh()
        assert visitor.get("/bordercast.db").content == second.read_bytes()


def test_queries_are_answered_from_the_file_that_lies_there(two_runs, tmp_path):
    path, first, second = two_runs
    put(first, tmp_path / "s.db")
    others = serving.children(os.getpid())

    with visiting(path, tmp_path / "s.db") as visitor:
        seen = []
        for snapshot in (first, second, first):
            put(snapshot, tmp_path / "s.db")
            visitor.ready()
            seen.append(len(visitor.query("select * from runs").json()["rows"]))

        assert seen == [1, 2, 1]
        serving.wait_for(lambda: sum(map(is_for_queries, ours(others))) == 1)


def ours(others: set[int]) -> set[int]:
    return serving.children(os.getpid()) - others


def is_for_queries(pid: int) -> bool:
    try:
        return b"jobs.web.query_process" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def test_however_often_it_is_replaced_no_answer_mixes_two_runs(two_runs, tmp_path):
    path, first, second = two_runs
    snapshot = tmp_path / "s.db"
    put(first, snapshot)
    sql = "select (select count(*) from runs) as runs, (select max(month) from border_months) as m"

    with visiting(path, snapshot) as visitor:

        async def seen_by_one():
            page = await visitor.asking("/")
            runs = re.findall(r"run (\d),", page.text)
            return runs, re.findall(r"Data through <b>.+?</b>", page.text)

        async def asked():
            """Of tables; a file that was replaced may have no process yet."""
            while True:
                table = await visitor.asking(f"/bordercast.json?_shape=objects&sql={quote(sql)}")
                if table.status_code == 200:
                    (row,) = table.json()["rows"]
                    return row["runs"], row["m"]
                assert table.status_code == 503

        async def hammered():
            pages, tables = [], []
            for number in range(6):
                pages += [asyncio.ensure_future(seen_by_one()) for _ in range(3)]
                tables += [asyncio.ensure_future(asked())]
                await asyncio.sleep(0.05)
                put((second, first)[number % 2], snapshot)
                now = held.identity(snapshot)
                visitor.site._show(now, await asyncio.to_thread(visitor.site._open))
            return await asyncio.gather(*pages), await asyncio.gather(*tables)

        pages, tables = visitor.loop.run_until_complete(hammered())
        visitor.get("/")

        assert len(visitor.site._kept) == 2
    of = {n + 1: ([str(n + 1)], [serving_month(n)]) for n in (0, 1)}
    assert all((runs, months) == of[int(runs[0])] for runs, months in pages)
    assert {runs[0] for runs, _ in pages} == {"1", "2"}
    assert set(tables) <= {(n + 1, serving.month(n)) for n in (0, 1)}
