"""What the page refuses: to write, to tell of itself."""

from __future__ import annotations

import pytest

from forecast.store import ops, wakes
from jobs.web.responses import HEADERS
from tests.support.site_visitor import NOW, PAGES, visiting


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/bordercast.db", "/border/northern/"])
def test_only_reading_is_possible(visitor, method, path):
    assert visitor.ask(path, method).status_code == 405


def test_what_the_service_did_cannot_be_reached(own):
    wakes.save_verified(own, NOW, "digest", [])
    assert ops.ops_path(own).exists()

    with visiting(own) as visitor:
        for path in ("/ops", "/ops.db", "/ops/deliveries", "/bordercast/deliveries"):
            assert visitor.ask(path).status_code == 404


def test_no_page_tells_where_the_record_lies(visitor, record):
    shown = "".join(visitor.get(path).text for path in PAGES)

    assert "ops.db" not in shown
    assert str(record.parent) not in shown


@pytest.mark.parametrize(
    "path",
    ["/", "/border/northern/months.csv", "/nosuch", "/static/page.css", "/bordercast.db"],
)
def test_every_answer_has_the_headers_that_keep_a_browser_from_harm(visitor, path):
    headers = visitor.ask(path).headers

    assert {name: headers.get_list(name) for name in HEADERS} == {
        name: [value] for name, value in HEADERS.items()
    }
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


def test_nothing_behind_a_login_is_for_a_shared_cache(visitor):
    for path in [
        "/",
        "/border/northern/preview.png",
        "/bordercast.db",
    ]:
        assert visitor.get(path).headers["cache-control"].startswith("private")
