"""The page: what it shows, what it refuses, and that one answer never mixes two runs."""

from __future__ import annotations

import asyncio
import html
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import traceback
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote, urljoin

import httpx
import pytest
import serving
from click.testing import CliRunner
from datasette.database import QueryInterrupted
from hypothesis import given
from hypothesis import strategies as st
from tables import edit, rows

from forecast.config import Config
from forecast.desk.dictionary import VIEWS
from forecast.desk.members import member_words
from forecast.desk.web import status
from forecast.desk.web.edition import QUERIES, SETTINGS
from forecast.desk.web.metadata import metadata
from forecast.desk.web.site import HEADERS, Site
from forecast.records import HEADLINES
from forecast.store import copies, held, ops, service
from forecast.store.questions import QUESTIONS
from jobs import upkeep
from jobs.cli import main

ROOT = Path(__file__).parent.parent
TODAY = date(2026, 9, 20)
NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
PAGES = ["/", *(f"/border/{name}" for name in HEADLINES), "/border/northern/2025-01", "/reading"]
TABLES = ["/bordercast", "/bordercast/latest_forecasts", "/bordercast/runs/1"]
RUNAWAY = "with recursive c(n) as (select 1 union all select n + 1 from c) select max(n) from c"


class Visitor:
    """Asks a site in this process; all requests on one event loop."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.loop = asyncio.new_event_loop()

    def ask(
        self, path: str, method: str = "GET", host: str = "localhost", **more
    ) -> httpx.Response:
        return self.loop.run_until_complete(self.asking(path, method, host, **more))

    async def asking(self, path, method="GET", host="localhost", **more) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.site)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.request(method, path, timeout=60, **more)

    def get(self, path: str) -> httpx.Response:
        answer = self.ask(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
        return answer

    def query(self, sql: str, form: str = "json") -> httpx.Response:
        return self.ask(f"/bordercast.{form}?_shape=objects&sql={quote(sql)}")


@contextmanager
def visiting(database: Path, snapshot: Path | None = None, **more):
    more = {"today": lambda: TODAY, "warm": False, **more}
    site = Site(database, snapshot or snapshot_of(database), **more)
    site.refresh()
    visitor = Visitor(site)
    try:
        yield visitor
    finally:
        site.close()
        visitor.loop.close()


def snapshot_of(database: Path) -> Path:
    return database.with_name(f"{database.stem}-snapshot.db")


@pytest.fixture(scope="module")
def record(published, tmp_path_factory):
    """A record with its analysts' copy; not to be changed."""
    path = Path(shutil.copy(published, tmp_path_factory.mktemp("web") / "bordercast.db"))
    upkeep.write_snapshot(path, Config())
    return path


@pytest.fixture(scope="module")
def visitor(record):
    with visiting(record) as found:
        yield found


@pytest.fixture
def own(record, tmp_path):
    """A copy of it to spoil."""
    for file in (record, snapshot_of(record)):
        shutil.copy(file, tmp_path / file.name)
    snapshot_of(tmp_path / "bordercast.db").chmod(0o644)
    return tmp_path / "bordercast.db"


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    """A small record's analysts' copies after its first and its second run."""
    folder = tmp_path_factory.mktemp("runs")
    path = serving.worked(folder / "bordercast.db", 1)
    first = Path(shutil.copy(snapshot_of(path), folder / "first.db"))
    serving.drop(path, serving.month(1))
    serving.wake(path)
    return path, first, Path(shutil.copy(snapshot_of(path), folder / "second.db"))


def put(new: Path, snapshot: Path) -> None:
    """Replace a snapshot as a run does."""
    part = Path(shutil.copy(new, snapshot.with_suffix(".part")))
    part.replace(snapshot)


# What is shown


@pytest.mark.parametrize("path", PAGES + TABLES)
def test_a_page_says_what_it_rests_on(visitor, path):
    shown = visitor.get(path).text

    assert 'lang="en"' in shown
    assert "Data through <b>August 2026</b>" in shown
    assert "September 2026 are expected between 7 October 2026 and 26 October 2026" in shown
    assert "<script" not in shown
    assert "style=" not in shown


def test_the_first_page_shows_every_border_against_everything(visitor):
    shown = visitor.get("/").text

    for card in re.findall(r'<article class="card" aria-labelledby.+?</article>', shown, re.S):
        for against in ("forecast", "month before", "year before", "fiscal year to date", "peak"):
            assert f'<th scope="row">{against}' in card
        assert re.search(r'<img [^>]*alt="[^"]{60,}"', card)
    assert shown.count('<article class="card" aria-labelledby') == len(HEADLINES)


@pytest.mark.parametrize("border", HEADLINES)
def test_every_flag_shows_all_comparisons_and_how_it_ended(visitor, record, border):
    shown = visitor.get(f"/border/{border}").text
    flags = rows(
        record,
        "select flag_id, month, expected, episode from all_flags where border = ? "
        "and dimension = '' and severity <> 'watch'",
        border,
    )

    for flag_id, month, expected, episode in flags:
        card = re.search(rf'id="flag-{flag_id}">.+?</article>', shown, re.S)[0]
        assert f'href="/border/{border}/{month}"' in card
        assert f"{expected:,}" in card
        assert card.count('<th scope="row">') == 5
        assert ("It stayed" in card) == (episode == "level shift")
        assert ("It passed" in card) == (episode == "transient")
    assert len(flags) == shown.count('<article class="card" id="flag-')


def test_open_parts_show_their_comparisons_too(visitor, record):
    shown = html.unescape(visitor.get("/").text)
    found = rows(
        record,
        "select dimension, member, encounters, expected from open_flags where dimension <> ''",
    )

    assert shown.count("no figure after November 2025</li>") == len(found) > 0
    for dimension, member, encounters, expected in found:
        name = re.escape(member_words(dimension, member))
        assert re.search(
            rf"<b>{name}</b>.+?{encounters:,}</b> counted.+?{expected:,}.+?year before", shown, re.S
        )
    assert "<b>New York</b>" in shown


def test_a_border_shows_scores_against_naive_and_revisions(visitor, record):
    shown = visitor.get("/border/southwest").text
    ((ratio,),) = rows(
        record,
        "select relative_mae from scorecard where border = 'southwest' and model = 'bordercast' "
        "and basis = 'hindcast' and era = 'all' and horizon = 1",
    )
    restated = rows(
        record,
        "select first_published, encounters from wide_months where border = 'southwest' "
        "and first_published <> encounters",
    )

    assert f"{abs(100 * ratio - 100):.1f} %</td>" in shown
    for first, now in restated:
        assert re.search(rf">{first:,}</td><td class=\"n\">{now:,}</td>", shown)
    assert restated


def test_worse_than_naive_is_said_in_words(visitor, record):
    assert "worse than naive in a score" in visitor.get("/border/other").text


def test_a_month_without_a_flag_has_its_page_too(visitor):
    shown = visitor.get("/border/northern/2026-08").text

    assert "were within what had been expected: 6,087 counted" in shown
    assert 'href="/border/northern/2026-07"' in shown


@pytest.mark.parametrize("path", ["/border/northern/1999-01", "/border/eastern", "/no/such/thing"])
def test_what_is_not_there_is_said_plainly(visitor, path):
    answer = visitor.ask(path)

    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert "Traceback" not in answer.text


def test_every_link_of_every_page_works_and_none_leads_out_unasked(visitor):
    found: dict[str, str] = {}
    some = ["/", "/border/northern", "/border/other", "/border/northern/2025-01", "/reading"]
    for path in [*some, *TABLES, "/bordercast/what_moved"]:
        shown = visitor.get(path).text
        for link in re.findall(r'(?:href|src|srcset)="([^"#][^"]*)"', shown):
            found.setdefault(urljoin(f"http://localhost{path}", html.unescape(link)), path)
    out = {link for link in found if not link.startswith("http://localhost/")}
    ours = [x for x in found if x not in out and not re.search(r"/\d{4}-\d\d$|\.db$", x)]

    for link in ours:
        answer = visitor.ask(link.removeprefix("http://localhost"))
        assert answer.status_code == 200, f"{link} on {found[link]}: {answer.status_code}"
    assert out == {"https://datasette.io/"}  # a link to follow, nothing that is fetched
    assert len(ours) > 80


def test_csv_and_json_hold_the_rows_of_the_table(visitor, record):
    where = "border=northern&dimension__exact=&model=bordercast"
    as_json = visitor.get(f"/bordercast/latest_forecasts.json?{where}&_shape=objects").json()
    as_csv = visitor.get(f"/bordercast/latest_forecasts.csv?{where}").text.splitlines()

    assert [row["horizon"] for row in as_json["rows"]] == list(range(1, 13))
    assert len(as_csv) == 13
    assert str(as_json["rows"][0]["median"]) in as_csv[1]


def test_all_rows_can_be_had_as_csv(visitor, record):
    ((count,),) = rows(record, "select count(*) from latest_forecasts")

    answer = visitor.get("/bordercast/latest_forecasts.csv?_stream=on")

    assert len(answer.text.splitlines()) == count + 1


def test_the_whole_file_is_the_snapshot(visitor, record):
    assert visitor.get("/bordercast.db").content == snapshot_of(record).read_bytes()


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.name)
def test_every_question_has_an_answer(visitor, question):
    shown = visitor.get(f"/bordercast/{question.name}").text
    answer = visitor.get(f"/bordercast/{question.name}.json?_shape=objects").json()

    assert html.escape(question.title, quote=True).replace("&#x27;", "&#39;") in shown
    assert answer["rows"]


def test_the_questions_of_the_page_on_tables_are_offered():
    page = (ROOT / "docs" / "tables.md").read_text("utf-8")

    assert set(re.findall(r"```sql\n(.+?)```", page, re.S)) <= {q.sql for q in QUESTIONS}


def test_an_empty_parameter_asks_for_everything(visitor):
    one = visitor.get("/bordercast/year_ahead.json?border=other&_shape=objects").json()
    every = visitor.get("/bordercast/year_ahead.json?_shape=objects").json()

    assert {row["border"] for row in one["rows"]} == {"other"}
    assert len(every["rows"]) == 4 * len(one["rows"])


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: v.name)
def test_a_table_says_what_a_row_is_and_what_each_column_means(visitor, view):
    shown = html.unescape(visitor.get(f"/bordercast/{view.name}").text)

    assert f"A row is {view.row}." in shown
    for name, column in view.described().items():
        assert f"<dt>{name}</dt><dd>{column.about}" in shown


def test_the_metadata_names_every_view_and_question():
    (database,) = metadata()["databases"].values()

    assert list(database["tables"]) == [view.name for view in VIEWS]
    assert list(database["queries"]) == [question.name for question in QUESTIONS]


@given(days=st.integers(0, 200))
def test_when_the_next_release_is_due_is_said_for_every_day(days):
    end = date(2026, 9, 30)
    today = date.fromordinal(end.toordinal() - 20 + days)

    said = status.next_release("2026-08", today)

    since = (today - end).days
    assert said.startswith("the figures of September 2026")
    assert ("are expected between" in said) == (since < status.EARLIEST)
    assert ("any day" in said) == (status.EARLIEST <= since <= status.LATEST)
    assert ("ago" in said) == (since > status.LATEST)


def test_figures_that_are_overdue_are_said_to_be_old(record):
    with visiting(record) as visitor:
        visitor.site.current.today = lambda: date(2026, 10, 28)
        assert "These figures are old" not in visitor.get("/reading").text
        visitor.site.current.today = lambda: date(2026, 10, 29)
        assert "These figures are old" in visitor.get("/reading").text


def test_a_newer_file_that_was_refused_is_said_to_be(own, monkeypatch):
    monkeypatch.setattr("forecast.store.held.digests.at_sight", lambda _: [])
    edit(
        snapshot_of(own),
        "insert into releases (source, kind, file_name, url, sha256, data_through, seq, rounding, "
        "first_seen_precision, status, reason, counts_digest) values ('x', 'aor', 'new<b>.csv', '',"
        " 'x', '2026-09', 202612000, 1, 'day', 'quarantined', 'altered', '')",
    )

    with visiting(own) as visitor:
        assert "A newer file was refused</b>" in visitor.get("/reading").text
        assert "new&lt;b&gt;.csv" in visitor.get("/reading").text


# What is refused


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/bordercast", "/bordercast/runs/1", "/-/permissions"])
def test_only_reading_is_possible(visitor, method, path):
    assert visitor.ask(path, method).status_code == 405


@pytest.mark.parametrize(
    "sql",
    [
        "delete from runs",
        "update forecasts set median = 1",
        "insert into withdrawals values (1, '', '', '')",
        "drop view open_flags",
        "create table mine (x)",
        "create temp table mine (x)",
        "pragma query_only = off",
        "pragma writable_schema = on",
        "select * from pragma_database_list",
        "vacuum into '/tmp/copy.db'",
        "attach database 'ops.db' as ops",
        "explain attach database 'ops.db' as ops",
        "select load_extension('evil')",
        "with x as (select 1) delete from runs",
        "select * from deliveries",
        "select * from ops.deliveries",
        "select 1; delete from runs",
    ],
)
def test_a_statement_that_does_more_than_read_is_refused(visitor, record, sql):
    before = snapshot_of(record).read_bytes()

    for form in ("json", "csv"):
        assert visitor.query(sql, form).status_code in (400, 404)
    assert visitor.ask(f"/bordercast?sql={quote(sql)}").status_code == 400
    assert snapshot_of(record).read_bytes() == before


@pytest.mark.parametrize("statement", ["delete from runs", "attach 'ops.db' as ops", "pragma x"])
def test_the_connections_themselves_refuse_whatever_a_page_lets_through(visitor, statement):
    for connection in visitor.site.current.held.connections:
        with pytest.raises(sqlite3.DatabaseError, match=r"prohibited|not authorized"):
            connection.execute(statement)


def test_what_the_service_did_cannot_be_reached(own):
    service.save_verified(own, NOW, "digest", [])
    assert ops.beside(own).exists()

    with visiting(own) as visitor:
        for path in ("/ops", "/ops.db", "/ops/deliveries", "/bordercast/deliveries", "/_internal"):
            assert visitor.ask(path).status_code in (403, 404)


def test_no_page_tells_where_the_record_lies(visitor, record):
    shown = "".join(visitor.get(path).text for path in PAGES + TABLES)

    assert "ops.db" not in shown
    assert str(record.parent) not in shown


@pytest.mark.parametrize(
    "name",
    ["databases", "threads", "plugins", "permissions", "messages", "auth-token", "patterns"],
)
def test_what_datasette_tells_of_itself_is_not_told(visitor, name):
    assert visitor.ask(f"/-/{name}").status_code == 404
    assert visitor.ask(f"/-/{name}.json").status_code == 404


def test_a_runaway_query_ends_within_its_limit(visitor):
    began = time.monotonic()

    answer = visitor.query(RUNAWAY)

    assert answer.status_code == 400
    assert "took longer than 3 seconds" in answer.json()["error"]
    assert time.monotonic() - began < 6  # 3.02


def test_many_runaway_queries_hold_up_no_page(record, monkeypatch):
    """Twenty at once, with a limit of half a second each."""
    monkeypatch.setitem(SETTINGS, "sql_time_limit_ms", 500)

    async def all_at_once(visitor):
        asked = [f"/bordercast.{form}?sql={quote(RUNAWAY)}" for form in ("json", "csv") * 10]
        running = [asyncio.ensure_future(visitor.asking(path)) for path in asked]
        await asyncio.sleep(0.1)
        waits = []
        while not all(one.done() for one in running):
            began = time.monotonic()
            assert (await visitor.asking("/")).status_code == 200
            waits.append(time.monotonic() - began)
            await asyncio.sleep(0.05)
        return waits, await asyncio.gather(*running)

    with visiting(record) as visitor:
        visitor.get("/")
        began = time.monotonic()
        waits, answers = visitor.loop.run_until_complete(all_at_once(visitor))
        seconds = time.monotonic() - began

    stopped = [a.json() for a in answers if a.status_code == 400]
    busy = [a.json() for a in answers if a.status_code == 503]
    assert (len(stopped), len(busy)) == (QUERIES, 20 - QUERIES)
    assert all("took longer than 0.5 seconds" in said["error"] for said in stopped)
    assert all(said["title"] == "Too many queries at once" for said in busy)
    assert max(waits) < 0.4  # 0.1; a page behind a query would wait for 0.5 at least
    assert seconds < 10  # 2.2: four after each other


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


@pytest.mark.parametrize(
    "path",
    ["/", "/bordercast", "/bordercast/runs.json", "/bordercast/runs.csv", "/nosuch", "/-/plugins",
     "/static/page.css", "/bordercast?sql=nonsense", "/bordercast.db"],
)  # fmt: skip
def test_every_answer_has_the_headers_that_keep_a_browser_from_harm(visitor, path):
    headers = visitor.ask(path).headers

    assert {name: headers.get_list(name) for name in HEADERS} == {
        n: [v] for n, v in HEADERS.items()
    }
    assert "script-src" not in headers["content-security-policy"]  # none, by default-src
    assert "set-cookie" not in headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:8001", 200),
        ("127.0.0.1:8001", 200),
        ("[::1]:8001", 200),
        ("forecasts.example.org", 200),
        ("FORECASTS.example.org.", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
    ],
)
def test_it_answers_under_its_own_names_only(record, visitor, host, status):
    visitor.site.names.add("forecasts.example.org")

    assert visitor.ask("/reading", host="localhost", headers={"host": host}).status_code == status


# Which run is shown


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
    from forecast.desk.words import month_words

    return f"Data through <b>{month_words(serving.month(number))}</b>"


def test_a_download_begun_before_ends_with_the_old_file(two_runs, tmp_path):
    path, first, second = two_runs
    put(first, tmp_path / "s.db")

    with visiting(path, tmp_path / "s.db") as visitor:
        visitor.get("/bordercast/runs")  # a query's connection is open on the first file
        put(second, tmp_path / "s.db")
        assert visitor.get("/bordercast.db").content == first.read_bytes()
        assert len(visitor.query("select * from runs").json()["rows"]) == 1
        visitor.site.refresh()
        assert visitor.get("/bordercast.db").content == second.read_bytes()
        assert len(visitor.query("select * from runs").json()["rows"]) == 2


def test_however_often_it_is_replaced_no_answer_mixes_two_runs(two_runs, tmp_path):
    path, first, second = two_runs
    snapshot = tmp_path / "s.db"
    put(first, snapshot)
    sql = "select (select count(*) from runs) as runs, (select max(month) from border_months) as m"

    with visiting(path, snapshot) as visitor:

        async def seen_by_one():
            page = await visitor.asking("/")
            table = await visitor.asking(f"/bordercast.json?_shape=objects&sql={quote(sql)}")
            (row,) = table.json()["rows"]
            runs = re.findall(r"run (\d),", page.text)
            return runs, re.findall(r"Data through <b>.+?</b>", page.text), row["runs"], row["m"]

        async def hammered():
            asked = []
            for number in range(6):
                asked += [asyncio.ensure_future(seen_by_one()) for _ in range(3)]
                await asyncio.sleep(0.05)
                put((second, first)[number % 2], snapshot)
                now = held.identity(snapshot)
                visitor.site._show(now, await asyncio.to_thread(visitor.site._open))
            return await asyncio.gather(*asked)

        seen = visitor.loop.run_until_complete(hammered())
        visitor.get("/")

        assert len(visitor.site._kept) == 2
    of = {n + 1: ([str(n + 1)], [serving_month(n)]) for n in (0, 1)}
    assert all((runs, months) == of[int(runs[0])] for runs, months, *_ in seen)
    assert {(n, month) for *_, n, month in seen} == {(n + 1, serving.month(n)) for n in (0, 1)}
    assert {runs[0] for runs, *_ in seen} == {"1", "2"}


# When nothing may be shown


def no_figures(visitor: Visitor) -> str:
    """What is said instead; nothing else is."""
    said = ""
    for path in [
        *PAGES,
        *TABLES,
        "/bordercast/runs.json",
        "/bordercast/runs.csv",
        "/bordercast.db",
    ]:
        answer = visitor.ask(path)
        assert answer.status_code == 503
        assert "encounters in" not in answer.text
        assert "6,087" not in answer.text
        assert str(visitor.site.snapshot.parent) not in answer.text
        said = said or answer.text
    return html.unescape(said)


@pytest.mark.parametrize(
    "change",
    [
        "update forecasts set hi95 = hi95 + 1 where model = 'bordercast' and horizon = 1",
        "update observations set encounters = encounters + 1 where month = '2026-08'",
    ],
)
def test_an_edited_snapshot_is_not_shown(own, change):
    assert edit(snapshot_of(own), change) > 0

    with visiting(own) as visitor:
        assert "not as it was written" in no_figures(visitor)


def test_an_edit_of_the_snapshot_in_place_is_noticed(own):
    with visiting(own) as visitor:
        visitor.get("/reading")
        edit(snapshot_of(own), "update forecasts set hi95 = hi95 + 1")
        visitor.site.refresh()
        no_figures(visitor)


def test_after_a_failed_verification_nothing_is_shown_until_one_succeeds(own):
    with visiting(own) as visitor:
        chart = re.search(r'src="(/-/charts/[^"]+)"', visitor.get("/border/northern").text)[1]
        service.save_verified(own, NOW, "digest", ["run 1 was edited"])

        said = no_figures(visitor)
        assert "run 1 was edited" in said
        assert "bordercast verify" in said
        assert visitor.ask(chart).status_code == 503

        service.save_verified(own, NOW, "digest", [])
        visitor.get("/border/northern")


def test_a_failed_verification_is_known_to_a_server_that_may_not_write(own, monkeypatch):
    service.save_verified(own, NOW, "digest", ["run 1 was edited"])
    monkeypatch.setattr("forecast.store.held.service.verified", lambda _: None)  # as SQLite then

    assert held.verified(own).findings == "run 1 was edited"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.unlink(), "bordercast run"),
        (lambda path: path.write_bytes(b""), "bordercast run"),
        (lambda path: path.write_bytes(b"no database at all" * 99), "not a bordercast database"),
        (lambda path: path.write_bytes(path.read_bytes()[:100_000]), "malformed"),
        (lambda path: edit(path, "delete from runs"), "bordercast run"),
    ],
    ids=["missing", "empty", "no database", "cut", "without a run"],
)
def test_without_a_whole_snapshot_it_says_what_to_do(own, spoil, words):
    spoil(snapshot_of(own))

    with visiting(own) as visitor:
        assert words in no_figures(visitor)


def test_it_shows_a_snapshot_as_soon_as_there_is_one(own, tmp_path):
    later = tmp_path / "later.db"

    with visiting(own, later) as visitor:
        no_figures(visitor)
        copies.copy(own, later, copies.READ_ONLY)
        visitor.site.refresh()
        visitor.get("/reading")


def test_names_from_the_record_are_shown_as_text(own, monkeypatch):
    monkeypatch.setattr("forecast.store.held.digests.at_sight", lambda _: [])
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    edit(snapshot_of(own), f"update series set member = '{evil}' where member in ('NY', 'INDIA')")
    edit(snapshot_of(own), f"update releases set file_name = '{evil}' || id, url = 'javascript:x'")
    paths = [
        "/",
        "/border/northern/2025-01",
        "/bordercast/series",
        "/bordercast/releases",
        "/bordercast/releases/14",
        "/bordercast/what_moved",
        f"/bordercast/series?member={quote(evil)}",
        "/bordercast?sql=" + quote(f"select '{evil}' as x"),
        f"/bordercast?sql={quote(evil)}",
        f"/{quote(evil)}",
        f"/bordercast/year_ahead?border={quote(evil)}",
    ]

    with visiting(own) as visitor:
        answers = [visitor.ask(path) for path in paths]

    for path, answer in zip(paths, answers, strict=True):
        assert "<script" not in answer.text, path
        assert "<img src=x" not in answer.text, path
        assert 'href="javascript' not in answer.text, path
    assert sum("&lt;script&gt;" in answer.text for answer in answers) > 8


# The command


def web(database: Path, *words: object) -> tuple[int, str]:
    said = CliRunner().invoke(main, ["--db", str(database), "web", *map(str, words)])
    return said.exit_code, said.output


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_others_are_not_let_in_unasked(record, host):
    code, said = web(record, "--host", host)

    assert code == 2
    assert "no login" in said
    assert "docs/web.md" in said


def test_a_port_in_use_is_named(record):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = web(record, "--port", port)

    assert code == 4
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said


def test_without_a_snapshot_the_command_ends_and_says_what_to_do(tmp_path):
    code, said = web(tmp_path / "bordercast.db", "--port", 0)

    assert code == 2
    assert "bordercast run" in said


def test_a_setting_without_a_snapshot_is_named(record, tmp_path):
    (tmp_path / "config.toml").write_text('[service]\nsnapshot = ""\n')
    said = CliRunner().invoke(
        main, ["--config", str(tmp_path / "config.toml"), "--db", str(record), "web"]
    )

    assert said.exit_code == 2
    assert "service.snapshot" in said.output


def test_it_starts_quickly_answers_at_once_and_ends_with_ctrl_c(record, two_runs, tmp_path):
    _, first, second = two_runs
    database = tmp_path / "bordercast.db"
    put(first, snapshot_of(database))
    command = [sys.executable, "-m", "jobs", "--db", str(database), "web", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    began = time.monotonic()
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=ROOT,
    ) as process:
        address = process.stdout.readline().split()[0]
        started = time.monotonic() - began
        page, seconds = fetched(f"{address}/")
        charts = [fetched(urljoin(address, c)) for c in re.findall(r'src="(/-/[^"]+)"', page.text)]
        put(second, snapshot_of(database))
        shown = serving.wait_for(lambda: "run 2," in httpx.get(f"{address}/").text, 20)
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=20)

    assert started < 8  # 2.2 on a quiet machine
    assert seconds + max(spent for _, spent in charts) < 1
    assert len(charts) == 4
    assert shown < 8  # 2
    assert process.returncode == 0
    assert "Traceback" not in log
    assert len(log.splitlines()) == 2  # which run is shown, twice


def fetched(address: str) -> tuple[httpx.Response, float]:
    began = time.monotonic()
    answer = httpx.get(address)
    assert answer.status_code == 200
    return answer, time.monotonic() - began


def test_nothing_stays_open_when_it_ends(own):
    with visiting(own) as visitor:
        visitor.get("/reading")
        visitor.get("/bordercast/runs")
    left = (
        [os.readlink(f) for f in Path("/proc/self/fd").iterdir() if f.is_symlink()]
        if (Path("/proc/self/fd").exists())
        else []
    )

    assert not [name for name in left if name.startswith(str(own.parent))]
    with closing(sqlite3.connect(own)) as db:
        assert db.execute("select count(*) from runs").fetchone() == (1,)
