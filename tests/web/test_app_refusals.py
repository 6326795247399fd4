"""What the page refuses: to write, to tell of itself, to run what a record holds."""

from __future__ import annotations

import csv
import sqlite3
from urllib.parse import quote

import pytest

from forecast.store import held, ops, wakes
from jobs.web.responses import CSP, HEADERS, SQL_CSP
from tests.support.databases import edit
from tests.support.site_visitor import NOW, PAGES, TABLES, TablesHere, snapshot_of, visiting


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
def test_the_connections_themselves_refuse_whatever_a_page_lets_through(record, statement):
    found = held.hold(snapshot_of(record), 1)
    with pytest.raises(sqlite3.DatabaseError):
        found.connections[0].execute(statement)
    held.close(found)


def test_what_the_service_did_cannot_be_reached(own):
    wakes.save_verified(own, NOW, "digest", [])
    assert ops.ops_path(own).exists()

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


@pytest.mark.parametrize(
    "path",
    ["/", "/bordercast", "/bordercast/runs.json", "/bordercast/runs.csv", "/nosuch", "/-/plugins",
     "/static/page.css", "/bordercast?sql=nonsense", "/bordercast.db"],
)  # fmt: skip
def test_every_answer_has_the_headers_that_keep_a_browser_from_harm(visitor, path):
    headers = visitor.ask(path).headers

    sql = path.startswith(("/bordercast?", "/bordercast/")) or path == "/bordercast"
    wanted = {**HEADERS, "content-security-policy": SQL_CSP if sql else CSP}
    assert {name: headers.get_list(name) for name in HEADERS} == {n: [v] for n, v in wanted.items()}
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
        ("localhost:x@evil.example", 400),
        ("localhost:8001@evil.example", 400),
        ("evil.example/localhost", 400),
        ("localhost, evil.example", 400),
        ("localhost:", 400),
        ("", 400),
    ],
)
def test_it_answers_under_its_own_names_only(record, visitor, host, status):
    visitor.site.names.add("forecasts.example.org")

    assert visitor.ask("/reading/", host="localhost", headers={"host": host}).status_code == status


def test_names_from_the_record_are_shown_as_text(own, monkeypatch):
    monkeypatch.setattr("forecast.store.held.integrity.at_sight", lambda _: [])
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    edit(snapshot_of(own), f"update series set member = '{evil}' where member in ('NY', 'INDIA')")
    edit(snapshot_of(own), f"update releases set file_name = '{evil}' || id, url = 'javascript:x'")
    paths = [
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

    with visiting(own, tables=TablesHere(snapshot_of(own))) as visitor:
        answers = [visitor.ask(path) for path in paths]

    for path, answer in zip(paths, answers, strict=True):
        assert "<script>alert" not in answer.text, path
        assert "<img src=x" not in answer.text, path
        assert 'href="javascript' not in answer.text, path
    assert sum("&lt;script&gt;" in answer.text for answer in answers) >= 4


def test_no_cell_and_no_column_of_a_csv_is_a_formula(visitor):
    sql = (
        """select '=HYPERLINK("http://evil.example")' as "=cmd()", '@x' as b, -5 as c, '+1' as d"""
    )

    head, row = csv.reader(visitor.query(sql, "csv").text.splitlines())

    assert head == ["'=cmd()", "b", "c", "d"]
    assert row == ["""'=HYPERLINK("http://evil.example")""", "'@x", "-5", "+1"]


@pytest.mark.parametrize("path", ["/bordercast/runs.json?_ttl=", "/bordercast/runs?_ttl="])
@pytest.mark.parametrize("seconds", ["999999999", "9" * 5000, "-1", "\u00b2", "x"])
def test_a_visitor_cannot_choose_how_long_an_answer_is_kept(visitor, path, seconds):
    kept = visitor.ask(path + quote(seconds)).headers["cache-control"]

    assert kept in ("private, max-age=60", "private, no-cache", "no-store")


def test_nothing_behind_a_login_is_for_a_shared_cache(visitor):
    for path in [
        "/",
        "/border/northern/preview.png",
        "/bordercast/runs",
        "/bordercast/runs.json?_ttl=50",
        "/bordercast.db",
    ]:
        assert visitor.get(path).headers["cache-control"].startswith("private")


def test_no_link_of_an_answer_leads_where_the_request_says(visitor):
    answer = visitor.ask("/bordercast/series.json", headers={"host": "localhost:x@evil.example"})

    assert answer.status_code == 400
    assert "evil" not in answer.text
