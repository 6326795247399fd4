from __future__ import annotations

import gzip
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import pytest

from forecast import files
from forecast.config import Config, CountsSection, Fetch, ForecastSection, Mail
from forecast.context import Context
from forecast.errors import ConfigError
from forecast.store import connect, ops
from forecast.version import __version__
from jobs import monthly
from jobs.arrivals import http, listing
from jobs.arrivals import publisher as publisher_page
from jobs.arrivals.ingest import fetch
from jobs.arrivals.publisher import awaited
from jobs.deliver import outbox
from jobs.service import health
from tests.support import running_service
from tests.support.arriving import read_here
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows
from tests.support.publisher import (
    FOLDER,
    INDEX,
    Publisher,
    closed_port,
    file_bytes,
    file_name,
    final_name,
    in_turn,
    page,
    raw,
    running,
    serve,
    status,
)

NOW = datetime(2026, 4, 20, 6, tzinfo=UTC)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n"
JANUARY, FEBRUARY, MARCH = "2026-01", "2026-02", "2026-03"
CBP_INDEX = "https://www.cbp.gov/document/stats/nationwide-encounters"
LISTING = Path(__file__).parents[3] / "shared" / "data" / "cbp" / "cbp-listing-2026-10-03.html"
GOOD = file_bytes(FEBRUARY)
NAME = file_name(FEBRUARY)


@pytest.fixture
def publisher(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running() as found:
        yield found


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "bordercast.db"


def settings(index: str, **changes) -> Config:
    fetch = {
        "enabled": True,
        "index": index,
        "contact": "ops@example.org",
        "back_off": 0.01,
        "file_seconds": 20.0,
        "max_bytes": 1_000_000,
    }
    return Config(
        fetch=Fetch(**{**fetch, **changes}),
        forecast=ForecastSection(models=("naive",), first_cutoff="2026-01"),
    )


def about(path: Path, config: Config) -> Context:
    return replace(Context.open(path, config), reader=read_here)


def look(path: Path, publisher: Publisher, now: datetime = NOW, force: bool = False, **changes):
    config = settings(publisher.index, **changes)
    return fetch(about(path, config), now=now, force=force, with_bundle=False)


def accepted(path: Path) -> list[str]:
    return [
        name
        for (name,) in rows(
            path, "select file_name from releases where status = 'accepted' order by seq, file_name"
        )
    ]


def kept(path: Path, folder: str = "archive") -> dict[str, bytes]:
    found = (path.parent / folder).rglob("*")
    return {file.name: file.read_bytes() for file in found if file.is_file()}


# ---------------------------------------------------------------- the page


def test_only_the_publishers_files_are_taken_from_a_page_oldest_first():
    suffixed = file_name(FEBRUARY, suffix="_0")
    listed = page(
        FOLDER + file_name(MARCH),
        FOLDER + suffixed,
        "/sites/default/files/2026-02/" + NAME,
        f"https://www.cbp.gov{FOLDER}{file_name(MARCH)}",  # the same, in full
        f" {FOLDER}{file_name(FEBRUARY, 'aor')}#top ",
        FOLDER + final_name(2025),
        "/sites/default/files/assets/documents/2023-Nov/nationwide-encounters-fy20-fy23-aor.csv",
        "https://elsewhere.example/files/" + NAME,
        "http://www.cbp.gov" + FOLDER + NAME,
        FOLDER + "sbo-encounters-fy22-fy25-aug.csv",
        FOLDER + "drug-seizures-fy23-fy26-feb.csv",
        FOLDER + NAME + ".gz",
        FOLDER + "nationwide-encounters-fy25-fy26-feb-state.xlsx",
        "https://[no address/" + NAME,
        "mailto:press@cbp.example",
        "",
    )

    found, _ = listing.read(listed, CBP_INDEX, ENCOUNTERS)

    assert [url.removeprefix("https://www.cbp.gov/sites/default/files/") for url in found] == [
        "2026-09/sbo-encounters-fy22-fy25-aug.csv",
        "2026-09/" + final_name(2025),
        "2026-09/" + file_name(FEBRUARY, "aor"),
        "2026-02/" + NAME,
        "2026-09/" + suffixed,
        "2026-09/" + file_name(MARCH),
    ]


# As they stand, or may come to stand, on CBP's pages: address -> whether it is taken.
SEEN = {
    FOLDER + "nationwide-encounters-fy23-fy26-aug-aor_0.csv": True,
    FOLDER + "nationwide-encounters-fy22-fy25-aor.csv": True,
    FOLDER + "Nationwide-Encounters-FY24-FY27-Nov-AOR.csv": True,
    FOLDER + "nationwide-encounters-fy2024-fy2027-dec-state.csv": True,
    FOLDER + "nationwide-encounters-fy24-fy27-sept-aor.csv": True,
    FOLDER + "nationwide-encounters-fy24-fy27-january-aor_0_0.CSV": True,
    FOLDER + "nationwide-encounters-fy24-fy27-feb-aor.xlsx": False,
    FOLDER + "nationwide-encounters-fy24-fy27-feb-aor-final.csv": False,
    FOLDER + "Encounters FY24 - FY27 February": False,
    "http://www.cbp.gov" + FOLDER + "nationwide-encounters-fy24-fy27-feb-state.csv": False,
    "https://data.example" + FOLDER + "nationwide-encounters-fy24-fy27-feb-state.csv": False,
    "/sites/default/files/assets/documents/nationwide-encounters-fy26-fy29-oct-aor.csv": False,
}
# Of no interest, and no alarm: (address, text).
PASSED_OVER = [
    (
        "/sites/default/files/assets/documents/2023-Nov/nationwide-encounters-fy20-fy23-aor.csv",
        "FY20 - FY23 Nationwide Encounters by Area of Responsibility",
    ),
    (
        "/sites/default/files/assets/documents/2023-Sep/nationwide-encounters-data-dictionary.pdf",
        "Nationwide Encounters Data Dictionary",
    ),
    (
        "/files/2019-Mar/BP%20Apps%20by%20Sector%20and%20Citizenship%20FY07-FY18.pdf",
        "U.S. Border Patrol Nationwide Apprehensions by Sector and Citizenship FY07-FY18",
    ),
    ("/newsroom/stats/nationwide-encounters-fy2025", "Nationwide Encounters FY2025"),
    ("mailto:press@cbp.example", "FY23 - FY26 encounters: ask us"),
    ("#main", "Skip"),
]


def test_what_looks_like_data_is_taken_or_named_and_nothing_else_is():
    others = "".join(f'<a href="{href}">{text}</a>' for href, text in PASSED_OVER)
    files, unrecognized = listing.read(page(*SEEN) + others.encode(), CBP_INDEX, ENCOUNTERS)

    def full(taken: bool) -> set[str]:
        root = "https://www.cbp.gov"
        return {root * h.startswith("/") + h for h, is_taken in SEEN.items() if is_taken is taken}

    assert set(files) == full(True)
    assert set(unrecognized) == full(False)


def test_a_link_is_known_by_its_text_where_its_address_says_nothing():
    text = "FY24 - FY27 (FYTD) Nationwide Encounters by State - October"
    _, unrecognized = listing.read(
        f'<a href="/media/91/download"><b>{text}</b></a>'.encode(), CBP_INDEX, ENCOUNTERS
    )

    assert list(unrecognized) == ["https://www.cbp.gov/media/91/download"]


@pytest.mark.skipif(not LISTING.exists(), reason="CBP's page is not beside this tree")
def test_on_cbps_page_of_october_2026_all_is_understood():
    files, unrecognized = listing.read(LISTING.read_bytes(), CBP_INDEX, ENCOUNTERS)

    assert len(files) == 26
    assert files[-2].endswith("fy23-fy26-aug-state.csv")
    assert files[-1].endswith("fy23-fy26-aug-aor_0.csv")
    assert unrecognized == {}


@pytest.mark.parametrize(
    "tag", ["<a ", "<a href=x.csv>", "<div>", "<b><a href=y>", "<", "&", "</a"]
)
def test_a_page_of_unclosed_tags_is_read_in_linear_time(tag):
    """Quadratic, these take minutes at this size; the deadline only catches that."""
    started = time.process_time()
    listing.read(tag.encode() * (listing.PAGE_BYTES // len(tag)), CBP_INDEX, ENCOUNTERS)

    assert time.process_time() - started < 15


def test_a_page_of_a_thousand_pages_is_not_taken(path, publisher):
    publisher.publish(**{NAME: GOOD})
    large = page(FOLDER + NAME) + b" " * listing.PAGE_BYTES
    publisher.put(INDEX, large, "text/html")

    found = look(path, publisher, max_bytes=50_000_000)

    assert found.poll.outcome == "unreachable"
    assert "1,000,000" in found.poll.detail


@pytest.mark.slow
def test_a_link_that_is_not_understood_is_an_outcome_until_it_is_gone_or_ignored(path, publisher):
    odd = "nationwide-encounters-fy24-fy26-mar-state.xlsx"
    publisher.put(FOLDER + NAME, GOOD)
    publisher.list_files(FOLDER + NAME, FOLDER + odd)

    first, again = look(path, publisher), look(path, publisher)

    assert [first.poll.outcome, again.poll.outcome] == ["unrecognized"] * 2
    assert odd in first.poll.detail
    assert accepted(path) == [NAME]
    assert publisher.asked_files() == [NAME, NAME]  # and nobody asked for the other
    (alarm,) = [
        text
        for text in health.status(Context.open(path, settings(publisher.index)), NOW).alarms
        if odd in text
    ]
    assert "not understood" in alarm
    mail = Mail(
        enabled=True, host="mail.example.org", operator="ops@example.org", sender="me@example.org"
    )
    config = settings(publisher.index).model_copy(update={"mail": mail})
    outbox.queue_concerns(Context.open(path, config), health.concerns, NOW)
    ((told,),) = rows(
        ops.ops_path(path), "select count(*) from messages where instr(mime, 'not understood')"
    )
    assert told == 1

    assert look(path, publisher, ignore=(odd,)).poll.outcome == "unchanged"
    assert not [
        text
        for text in health.status(Context.open(path, settings(publisher.index)), NOW).alarms
        if odd in text
    ]


def test_a_page_with_nothing_but_such_links_is_not_called_a_block(path, publisher):
    publisher.list_files(FOLDER + "nationwide-encounters-fy24-fy27-oct-aor.xlsx")

    assert look(path, publisher).poll.outcome == "unrecognized"


def test_polls_recorded_before_links_could_be_unrecognized_stay(tmp_path):
    """And the page is asked for in full once, for it may link to what is understood now."""
    older = tmp_path / "ops.db"
    with closing(sqlite3.connect(older)) as db:
        for number, script in enumerate(connect.migrations(ops.SCHEMA)[:4], start=1):
            db.executescript(f"begin;{script};pragma user_version = {number};commit;")
        db.executescript(
            "begin;insert into polls values (1, 'a', 'b', 'new', 'c', null, null);"
            "insert into answers values (1, 'u', 'new', 'd');"
            "insert into links values ('https://h/page', 1, 'e', 'f', 'g');"
            "insert into links values ('https://h/x.csv', 1, 'e', 'f', 'g');commit;"
        )
    with ops.writing(tmp_path / "bordercast.db") as db:
        assert ops.last_poll(db)[0] == 1
        kept_links = ops.links(db)
    assert rows(older, "select * from answers") == [(1, "u", "new", "d")]
    assert [link.etag for link in kept_links.values()] == ["", "e"]


@pytest.mark.slow
def test_every_listed_file_is_asked_for_and_kept_in_order(path, publisher):
    suffixed = file_name(FEBRUARY, suffix="_0")
    publisher.publish(
        **{
            file_name(MARCH): file_bytes(MARCH),
            suffixed: file_bytes(FEBRUARY, newline="\n"),
            NAME: GOOD,
            final_name(2025): file_bytes("2025-09", first=2024, final=True),
        }
    )

    found = look(path, publisher)

    in_order = [final_name(2025), NAME, suffixed, file_name(MARCH)]
    assert publisher.asked_files() == in_order
    assert accepted(path) == in_order
    assert (found.poll.outcome, found.poll.not_before) == ("new", None)
    assert kept(path)[NAME] == GOOD
    assert rows(path, "select distinct first_seen_at, first_seen_precision from releases") == [
        ("2026-04-20", "day")
    ]
    assert rows(path, f"select url from releases where file_name = '{NAME}'") == [
        (publisher.root + FOLDER + NAME,)
    ]


def test_we_say_who_we_are(path, publisher):
    publisher.publish(**{NAME: GOOD})
    look(path, publisher)

    agent = f"Mozilla/5.0 (compatible; bordercast/{__version__}; +ops@example.org)"
    assert {h["User-Agent"] for h in publisher.headers} == {agent}


def test_without_a_contact_nothing_is_asked(path, publisher):
    with pytest.raises(ConfigError, match=r"fetch\.contact"):
        look(path, publisher, contact="")

    assert publisher.asked == []


def test_our_own_user_agent_may_be_given(path, publisher):
    publisher.publish(**{NAME: GOOD})
    look(path, publisher, user_agent="caucus-office (staff@example.org)")

    assert publisher.headers[0]["User-Agent"] == "caucus-office (staff@example.org)"


# ---------------------------------------------------------------- what can go wrong with a file


def packed(size: int) -> bytes:
    return gzip.compress(b"0" * size, 9)


BAD = {
    "403 HTML": (status(403), "blocked", "HTTP 403"),
    "200 HTML": (
        lambda r: serve(r, b"<!DOCTYPE html><html>Access denied</html>\n", "text/html"),
        "blocked",
        "a web page instead of the file",
    ),
    "404": (status(404), "unreachable", "HTTP 404"),
    "410": (status(410), "unreachable", "HTTP 410"),
    "429, an hour": (status(429, Retry_After="3600"), "blocked", "HTTP 429"),
    "429, always a second": (status(429, Retry_After="1"), "blocked", "HTTP 429"),
    "500 always": (status(500), "unreachable", "HTTP 500"),
    "503, in two hours": (status(503, Retry_After="7200"), "unreachable", "HTTP 503"),
    "redirect to another host": (
        status(302, Location="http://localhost:1/" + NAME),
        "unreachable",
        "redirects to another host (localhost)",
    ),
    "redirect loop": (status(302, Location=FOLDER + NAME), "unreachable", "more than 5 redirects"),
    "cut, with length": (
        raw(HEAD + b"Content-Length: %d\r\n\r\n" % len(GOOD), GOOD[:2000]),
        "unreachable",
        "RemoteProtocolError",
    ),
    "cut, in chunks": (
        raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"800\r\n", GOOD[:2048] + b"\r\n"),
        "unreachable",
        "RemoteProtocolError",
    ),
    "cut, without length": (raw(HEAD + b"\r\n", GOOD[:2000]), "unreachable", "cut short"),
    "gzip bomb": (
        lambda r: raw(
            HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB), BOMB
        )(r),
        "unreachable",
        "more than 1,000,000 bytes",
    ),
    "another encoding": (
        raw(HEAD + b"Content-Encoding: br\r\nContent-Length: 3\r\n\r\n", b"abc"),
        "unreachable",
        "encoded as 'br'",
    ),
    "2 GB length": (
        raw(HEAD + b"Content-Length: 2147483648\r\n\r\n", GOOD),
        "unreachable",
        "2,147,483,648 bytes",
    ),
    "empty": (lambda r: serve(r, b""), "unreachable", "an empty answer"),
    "no HTTP": (raw(b"220 ftp.example ready\r\n"), "unreachable", "RemoteProtocolError"),
    "hang up": (raw(b""), "unreachable", "RemoteProtocolError"),
}
BOMB = packed(30_000_000)  # 30 times the limit
SLOW = {
    "with length": raw(HEAD + b"Content-Length: 5000\r\n\r\n", *[b"x"] * 400, pause=0.02),
    "without length": raw(HEAD + b"\r\n", *[b"x\n"] * 400, pause=0.02),
    "never": lambda r: time.sleep(1),
    "of the header": raw(b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 400, pause=0.02),
}


@pytest.mark.parametrize("name", SLOW)
def test_neither_silence_nor_a_drip_feed_is_waited_for_longer(publisher, name):
    publisher.answers["/file"] = SLOW[name]

    found = get(publisher, "/file", file_seconds=0.2)

    assert (found.outcome, found.detail) == ("unreachable", "not complete within 0.2 seconds")


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_leaves_nothing_and_is_named(path, publisher, name):
    answer, outcome, detail = BAD[name]
    publisher.publish(**{NAME: GOOD})
    publisher.answers[FOLDER + NAME] = answer

    found = look(path, publisher, file_seconds=60.0, attempts=2)

    (answered,) = [a for a in found.answers if a.url.endswith(NAME)]
    assert (answered.outcome, found.poll.outcome) == (outcome, outcome)
    assert detail in answered.detail
    assert detail in found.poll.detail
    assert kept(path) == kept(path, "quarantine") == {}
    assert rows(path, "select count(*) from releases") == [(0,)]
    assert rows(ops.ops_path(path), "select outcome, url from answers") == [
        (outcome, publisher.root + FOLDER + NAME)
    ]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (status(403), "blocked"),
        (lambda r: serve(r, b"<html>Pardon our interruption</html>", "text/html"), "blocked"),
        (lambda r: serve(r, page("/about", FOLDER + "other.pdf"), "text/html"), "blocked"),
        (status(404), "unreachable"),
        (status(500), "unreachable"),
        (status(301, Location="http://localhost:1/elsewhere"), "unreachable"),
    ],
)
def test_without_the_page_no_file_is_asked_for(path, publisher, answer, outcome):
    publisher.publish(**{NAME: GOOD})
    publisher.answers[INDEX] = answer

    assert look(path, publisher).poll.outcome == outcome
    assert publisher.asked_files() == []


def test_nobody_there_is_unreachable(path):
    config = settings(f"http://127.0.0.1:{closed_port()}{INDEX}")

    found = fetch(about(path, config), now=NOW, with_bundle=False)

    assert found.poll.outcome == "unreachable"
    assert "ConnectError" in found.poll.detail


@pytest.mark.parametrize(
    "bad",
    [
        [status(500), status(502), status(503)],
        [status(429, Retry_After="0")],
        [raw(HEAD + b"Content-Length: %d\r\n\r\n" % len(GOOD), GOOD[:2000])],
        [raw(HEAD + b"\r\n", GOOD[:2000])],
        [raw(b"")],
    ],
)
def test_what_passes_is_tried_again(path, publisher, bad):
    publisher.publish(**{NAME: GOOD})
    publisher.answers[FOLDER + NAME] = in_turn(*bad, lambda r: serve(r, GOOD))

    assert look(path, publisher).poll.outcome == "new"
    assert accepted(path) == [NAME]
    assert publisher.asked_files() == [NAME] * (len(bad) + 1)


def test_a_redirect_on_the_host_is_followed(path, publisher):
    publisher.publish(**{NAME: GOOD})
    publisher.put("/moved/" + NAME, GOOD)
    publisher.answers[FOLDER + NAME] = status(302, Location="/moved/" + NAME)

    assert look(path, publisher).poll.outcome == "new"
    assert accepted(path) == [NAME]


@pytest.mark.parametrize("more", [0, 1])
def test_redirects_are_followed_as_far_as_one_may_be_sent_on(path, publisher, more):
    publisher.publish(**{NAME: GOOD})
    for step in range(http.REDIRECTS + more):
        place = f"/moved/{step}/{NAME}" if step else FOLDER + NAME
        publisher.answers[place] = status(302, Location=f"/moved/{step + 1}/{NAME}")
    publisher.put(f"/moved/{http.REDIRECTS + more}/{NAME}", GOOD)

    assert look(path, publisher).poll.outcome == ("unreachable" if more else "new")


def test_a_redirect_elsewhere_is_not_followed(path, publisher):
    with running() as elsewhere:
        elsewhere.put("/" + NAME, GOOD)
        publisher.publish(**{NAME: GOOD})
        publisher.answers[FOLDER + NAME] = status(302, Location=f"{elsewhere.root}/{NAME}")
        found = look(path, publisher)

    assert found.poll.outcome == "unreachable"
    assert elsewhere.asked == []


def test_a_packed_answer_is_unpacked(path, publisher):
    content = gzip.compress(GOOD)
    publisher.publish(**{NAME: GOOD})
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(content)
    publisher.answers[FOLDER + NAME] = raw(head, content)

    look(path, publisher)

    assert kept(path) == {NAME: GOOD}
    assert accepted(path) == [NAME]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04" + bytes(2000), "this is a zip archive or an Excel workbook"),
        (GOOD[:-3], "no newline at the end"),
        (GOOD.replace(b"Northern", b"Nothern"), "unknown region"),
        (b"\xff" + GOOD, "not UTF-8"),
    ],
)
def test_a_file_that_is_not_to_be_believed_goes_to_quarantine(path, publisher, content, reason):
    publisher.publish(**{NAME: content})

    found = look(path, publisher)

    (taken,) = found.taken
    assert (taken.outcome, found.poll.outcome) == ("refused", "new")
    assert reason in taken.reason
    assert kept(path) == {}
    beside = kept(path, "quarantine")
    assert beside[NAME] == content
    assert reason in beside[NAME + ".reason.txt"].decode()
    assert rows(path, "select status, file_name from releases") == [("quarantined", NAME)]
    assert rows(path, "select count(*) from observations") == [(0,)]


def test_the_other_files_of_a_poll_are_kept_when_one_is_missing(path, publisher):
    publisher.publish(**{NAME: GOOD, file_name(MARCH): file_bytes(MARCH)})
    publisher.answers[FOLDER + NAME] = status(404)

    assert look(path, publisher).poll.outcome == "unreachable"
    assert accepted(path) == [file_name(MARCH)]

    publisher.put(FOLDER + NAME, GOOD)
    assert look(path, publisher).poll.outcome == "new"
    assert accepted(path) == [NAME, file_name(MARCH)]


def test_after_a_block_nothing_more_is_asked_in_this_poll(path, publisher):
    publisher.publish(**{NAME: GOOD, file_name(MARCH): file_bytes(MARCH)})
    publisher.answers[FOLDER + NAME] = status(403)

    assert look(path, publisher).poll.outcome == "blocked"
    assert publisher.asked_files() == [NAME]


# ---------------------------------------------------------------- poll after poll


def test_what_has_not_changed_is_not_sent_again(path, publisher):
    publisher.publish(**{NAME: GOOD})
    look(path, publisher)
    first = len(publisher.asked)

    assert look(path, publisher).poll.outcome == "unchanged"
    assert len(publisher.asked) == 2 * first
    assert all("If-None-Match" in headers for headers in publisher.headers[first:])
    assert all("If-Modified-Since" in headers for headers in publisher.headers[first:])


def test_without_validators_the_content_decides(path, publisher):
    publisher.publish(**{NAME: GOOD})
    publisher.put(FOLDER + NAME, GOOD, etag=False)

    assert [look(path, publisher).poll.outcome for _ in range(2)] == ["new", "unchanged"]


def test_a_file_that_left_the_page_is_not_asked_for(path, publisher):
    publisher.publish(**{NAME: GOOD})
    look(path, publisher)
    publisher.publish(**{file_name(MARCH): file_bytes(MARCH)})
    look(path, publisher)

    assert publisher.asked_files() == [NAME, file_name(MARCH)]
    assert accepted(path) == [NAME, file_name(MARCH)]


def test_another_content_under_the_same_address_is_a_silent_replacement(path, publisher):
    publisher.publish(**{NAME: GOOD})
    look(path, publisher)
    publisher.put(FOLDER + NAME, file_bytes(FEBRUARY, moved={("2025-11", "southwest"): 1}))

    found = look(path, publisher, NOW + timedelta(days=1))

    assert found.poll.outcome == "replaced"
    assert [a.outcome for a in found.answers] == ["unchanged", "replaced"]
    (taken,) = found.taken
    assert taken.outcome == "refused"
    assert "content differs" in taken.reason
    assert "southwest in 2025-11 2,021, was 2,020" in taken.reason
    assert accepted(path) == [NAME]
    assert kept(path) == {NAME: GOOD}


def test_a_replacement_that_says_the_same_is_accepted(path, publisher):
    publisher.publish(**{NAME: GOOD})
    look(path, publisher)
    publisher.put(FOLDER + NAME, GOOD.replace(b"\r\n", b"\n"))

    assert look(path, publisher, NOW + timedelta(days=1)).poll.outcome == "replaced"
    assert accepted(path) == [NAME, NAME]


def test_a_refused_file_is_asked_for_in_full_again(path, publisher):
    publisher.publish(**{NAME: GOOD[:-3]})
    look(path, publisher)
    look(path, publisher)
    asked = [h for p, h in zip(publisher.asked, publisher.headers, strict=True) if NAME in p]
    publisher.put(FOLDER + NAME, GOOD)
    look(path, publisher)

    assert not any("If-None-Match" in headers for headers in asked)
    assert rows(path, "select file_name, status from releases order by id") == [
        (NAME, "quarantined"),
        (NAME, "accepted"),
    ]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        *((code, "blocked") for code in (401, 403, 407, 429, 451)),
        *((code, "unreachable") for code in (400, 402, 404, 406, 410, 500)),
    ],
)
def test_a_refusal_of_us_is_a_block_and_another_is_not(path, publisher, code, outcome):
    publisher.answers[INDEX] = status(code)

    assert look(path, publisher).poll.outcome == outcome


def test_a_block_is_left_alone_for_hours_and_longer_each_time(path, publisher):
    publisher.answers[INDEX] = status(403)
    hours = []
    now = NOW
    for _ in range(5):
        poll = look(path, publisher, now).poll
        assert poll.blocked_since == NOW.isoformat(timespec="seconds")
        before = len(publisher.asked)
        again = look(path, publisher, now + timedelta(minutes=59))
        assert not again.asked
        assert len(publisher.asked) == before
        later = datetime.fromisoformat(poll.not_before)
        hours.append((later - now) / timedelta(hours=1))
        now = later

    assert hours == [6, 6, 12, 24, 24]
    publisher.publish(**{NAME: GOOD})
    found = look(path, publisher, now)
    assert (found.poll.outcome, found.poll.blocked_since) == ("new", None)


@pytest.mark.parametrize(
    ("after", "due"),
    [
        (timedelta(0), False),
        (timedelta(hours=12) - timedelta(seconds=1), False),
        (timedelta(hours=12), True),
        (timedelta(seconds=-1), True),  # the clock was ahead
    ],
)
def test_a_wake_asks_half_a_day_after_the_last_poll_at_the_earliest(path, publisher, after, due):
    assert publisher_page.poll_needed(path, NOW)
    publisher.publish(**{NAME: GOOD})
    look(path, publisher)

    assert publisher_page.poll_needed(path, NOW + after) == due


def test_a_person_may_ask_in_spite_of_a_block(path, publisher):
    publisher.answers[INDEX] = status(403)
    look(path, publisher)
    publisher.publish(**{NAME: GOOD})

    assert look(path, publisher, force=True).poll.outcome == "new"


@pytest.mark.parametrize("code", [503, 429])
@pytest.mark.parametrize(
    ("asked", "hours"),
    [
        (str(20 * 3600), 20),
        (str(48 * 3600), 24),
        ("999999999999", 24),
        ("9" * 400, 24),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 24),
    ],
)
def test_a_server_is_left_alone_as_long_as_it_asks_but_no_more_than_a_day(
    path, publisher, code, asked, hours
):
    publisher.answers[INDEX] = status(code, Retry_After=asked)

    poll = look(path, publisher).poll

    assert datetime.fromisoformat(poll.not_before) - NOW == timedelta(hours=hours)
    assert not look(path, publisher, NOW + timedelta(hours=hours - 1)).asked
    assert look(path, publisher, NOW + timedelta(hours=hours)).asked


def test_a_pause_of_centuries_recorded_by_an_older_program_ends_after_a_day(path, publisher):
    publisher.publish(**{NAME: GOOD})
    publisher.answers[INDEX] = status(503, Retry_After="7200")
    look(path, publisher)
    with ops.writing(path) as db:
        db.execute("update polls set not_before = '9999-12-31T00:00:00+00:00'")

    assert not look(path, publisher, NOW + timedelta(hours=23)).asked
    assert look(path, publisher, NOW + timedelta(hours=24)).asked


@pytest.mark.parametrize(("hours", "expected"), [(3, 3), (-3, 0)])
def test_a_server_may_name_the_hour_until_which_it_is_left_alone(path, publisher, hours, expected):
    until = datetime.now(UTC) + timedelta(hours=hours)
    publisher.answers[INDEX] = status(503, Retry_After=format_datetime(until, usegmt=True))

    poll = look(path, publisher).poll

    pause = datetime.fromisoformat(poll.not_before) - NOW if poll.not_before else timedelta(0)
    # The date has whole seconds, and the time until it was read is no longer to be waited.
    assert timedelta(hours=expected) - timedelta(minutes=30) <= pause <= timedelta(hours=expected)


def test_a_poll_has_an_end(path, publisher):
    names = [file_name(month) for month in ("2025-11", "2025-12", JANUARY, FEBRUARY, MARCH)]
    publisher.publish(**dict.fromkeys(names, GOOD))
    for name in names:
        publisher.answers[FOLDER + name] = lambda r: time.sleep(2)

    found = look(path, publisher, file_seconds=0.8, poll_seconds=1.2)

    assert [a.detail for a in found.answers[-2:]] == ["no time left in this poll"] * 2


@pytest.mark.slow
def test_a_hundred_polls_of_one_release_give_one_release_and_one_run(path, publisher):
    publisher.publish(**{NAME: GOOD})
    config = settings(publisher.index)
    outcomes, published = [], []
    for day in range(100):
        now = NOW + timedelta(days=day)
        outcomes.append(fetch(about(path, config), now=now, with_bundle=False).poll.outcome)
        if not awaited(path, ENCOUNTERS):
            published.append(monthly.run(about(path, config), now=now, with_bundle=False).run_id)

    assert outcomes == ["new"] + ["unchanged"] * 99
    assert [run for run in published if run is not None] == [1]
    assert rows(path, "select count(*) from releases") == [(1,)]
    assert rows(path, "select count(*) from runs") == [(1,)]
    assert rows(ops.ops_path(path), "select count(*) from polls") == [(100,)]


# ---------------------------------------------------------------- the sibling


def test_one_poll_is_waited_for_the_sibling(path, publisher):
    aor = file_name(MARCH, "aor")
    publisher.publish(**{aor: file_bytes(MARCH, "aor")})

    assert look(path, publisher).poll.outcome == "new"
    assert "the state file of 2026-03" in awaited(path, ENCOUNTERS)

    assert look(path, publisher).poll.outcome == "unchanged"
    assert awaited(path, ENCOUNTERS) == ""


def test_both_files_are_not_waited_for(path, publisher):
    publisher.publish(**{file_name(MARCH, layout): file_bytes(MARCH, layout) for layout in LAYOUTS})
    look(path, publisher)

    assert awaited(path, ENCOUNTERS) == ""


LAYOUTS = ("aor", "state")


@pytest.mark.slow
def test_a_second_file_with_equal_totals_refreshes_the_drill_down_only(path, publisher):
    files = {file_name(MARCH, layout, 2021): file_bytes(MARCH, layout, 2021) for layout in LAYOUTS}
    config = settings(publisher.index)
    found = []
    for held in (1, 2):
        publisher.publish(**dict(list(files.items())[:held]))
        look(path, publisher, NOW + timedelta(days=held))
        outcome = monthly.run(
            about(path, config), now=NOW + timedelta(days=held), with_bundle=False
        )
        found.append((outcome.run_id, forecasts(path, held), judgements(path)))

    (first_run, first, judged), (second_run, second, still_judged) = found
    assert (first_run, second_run) == (1, 2)
    assert judged < still_judged
    assert {dimension for dimension, *_ in still_judged - judged} == {"state"}
    assert first[""] == second[""] != []
    assert set(second) - set(first) == {"state"}
    assert first["field"] == second["field"]


def forecasts(path: Path, run: int) -> dict[str, list[tuple]]:
    """What a run says, by dimension."""
    found: dict[str, list[tuple]] = {}
    for dimension, *row in rows(
        path,
        "select s.dimension, s.border, s.member, f.model, f.month, f.median, f.lo95, f.hi95, "
        "f.flag_below, f.flag_above from forecasts f join series s on s.id = f.series_id "
        f"where f.run_id = {run} order by 1, 2, 3, 4, 5",
    ):
        found.setdefault(dimension, []).append(tuple(row))
    return found


def judgements(path: Path) -> set[tuple]:
    return set(
        rows(
            path,
            "select s.dimension, j.* from judgements j join series s on s.id = j.series_id",
        )
    )


def test_a_sibling_that_disagrees_is_refused(path, publisher):
    aor, state = (file_name(MARCH, layout) for layout in LAYOUTS)
    moved = file_bytes(MARCH, "state", moved={(MARCH, "northern"): -1})
    publisher.publish(**{aor: file_bytes(MARCH, "aor"), state: moved})

    found = look(path, publisher)

    assert [taken.outcome for taken in found.taken] == ["accepted", "refused"]
    assert "content differs: nationwide in 2026-03" in found.taken[1].reason


# ---------------------------------------------------------------- killed, and offline


CHILD = """
import sys
from pathlib import Path
from datetime import datetime, UTC
from forecast.context import Context
from jobs.arrivals.ingest import fetch
from tests.arrivals.test_publisher import settings
context = Context.open(Path(sys.argv[1]), settings(sys.argv[2], file_seconds=30.0))
fetch(context, now=datetime.now(UTC), with_bundle=False)
"""


@pytest.mark.parametrize(
    "after", [None, *(pytest.param(s, marks=pytest.mark.slow) for s in (0.7, 1.0, 1.3))]
)
def test_a_killed_poll_leaves_nothing_half_done(path, publisher, after):
    publisher.publish(**{NAME: GOOD, file_name(MARCH): file_bytes(MARCH)})
    head = HEAD + b"Content-Length: %d\r\n\r\n" % len(GOOD)
    publisher.answers[FOLDER + file_name(MARCH)] = raw(head, *[b"x"] * 2000, pause=0.01)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), publisher.index],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    if after is None:  # in the middle of the second file
        running_service.wait_for(lambda: FOLDER + file_name(MARCH) in publisher.asked)
    else:
        time.sleep(after)
    child.send_signal(signal.SIGKILL)

    assert child.wait() == -signal.SIGKILL  # it was still at it
    assert not [name for name in kept(path) if name.endswith(files.PART)]
    assert set(kept(path)) <= {NAME}
    publisher.put(FOLDER + file_name(MARCH), file_bytes(MARCH))
    look(path, publisher)
    assert accepted(path) == [NAME, file_name(MARCH)]


@pytest.mark.slow
def test_the_network_is_off_unless_it_is_switched_on(tmp_path, publisher):
    publisher.publish(**{NAME: GOOD})
    config = tmp_path / "my.toml"
    config.write_text(f'[fetch]\nindex = "{publisher.index}"\ncontact = "ops@example.org"\n')

    def bordercast(*arguments):
        command = [sys.executable, "-m", "jobs", "--config", config, "--db", tmp_path / "a.db"]
        return subprocess.run(
            [*map(str, command), *arguments], capture_output=True, text=True, check=False
        )

    off = bordercast("fetch")
    assert (off.returncode, publisher.asked) == (2, [])
    assert "fetch.enabled" in off.stderr

    once = bordercast("fetch", "--once", "--no-bundle")
    assert once.returncode == 0
    assert f"{NAME}: accepted, data through 2026-02" in once.stdout

    publisher.answers[INDEX] = status(403)
    blocked = bordercast("fetch", "--once", "--no-bundle")
    assert blocked.returncode == 4
    assert "blocked HTTP 403" in blocked.stdout
    alone = bordercast("fetch", "--once", "--no-bundle")
    assert alone.returncode == 4
    assert "Not asked: blocked since" in alone.stdout


# ---------------------------------------------------------------- at the very edge


def get(publisher: Publisher, place: str, **changes):
    config = settings(publisher.index, **changes).fetch
    with http.client(config) as client:
        return http.get(client, ops.Link(publisher.root + place, True, "tag", "day"), config)


def test_an_answer_has_as_many_bytes_as_it_may(publisher):
    longest, longer = b"x" * 999 + b"\n", b"x" * 1000 + b"\n"
    for place, content in (("/longest", longest), ("/longer", longer)):
        publisher.put(place, content)
        publisher.answers[f"{place}-unsaid"] = raw(HEAD + b"\r\n", content)

    for place in ("/longest", "/longest-unsaid"):
        assert get(publisher, place, max_bytes=1000).content == longest
    said, unsaid = (
        get(publisher, place, max_bytes=1000).detail for place in ("/longer", "/longer-unsaid")
    )
    assert said == "1,001 bytes, more than 1,000 are not taken"
    assert unsaid == "more than 1,000 bytes are not taken"


def test_what_is_asked_and_what_is_kept_of_an_answer(publisher):
    head = b"ETag: x\r\nLast-Modified: y\r\nContent-Length: 2\r\n\r\n"
    publisher.answers["/file"] = raw(HEAD + head, b"1\n")

    found = get(publisher, "/file")

    assert found == http.Reply("content", "", b"1\n", "x", "y", None)
    (asked,) = publisher.headers
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ("tag", "day")
    assert asked["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("seconds", "asked", "pause"), [("60", 1, 60.0), ("61", 1, 61.0), ("0", 3, 0.0)]
)
def test_a_server_that_asks_for_patience_gets_as_much_as_a_poll_has(
    publisher, seconds, asked, pause
):
    """Up to a minute is waited within a poll, if the poll has it; here it has no more than 20 s."""
    publisher.answers["/file"] = status(503, Retry_After=seconds)

    found = get(publisher, "/file", attempts=3)

    assert (found.outcome, found.detail, found.pause) == (
        "unreachable",
        "HTTP 503 Service Unavailable",
        pause,
    )
    assert len(publisher.asked) == asked


def test_an_answer_that_nobody_asked_for_is_named_and_tried_again(publisher):
    publisher.answers["/file"] = raw(
        HEAD + b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\n", b"x"
    )
    publisher.answers["/empty"] = raw(HEAD + b"Content-Length: 0\r\n\r\n")

    found, empty = (get(publisher, place, attempts=2) for place in ("/file", "/empty"))

    assert found.detail == "encoded as 'br', which was not asked for"
    assert empty.detail == "an empty answer"
    assert publisher.asked == ["/file", "/file", "/empty", "/empty"]


OTHER = "https://elsewhere.example"


@pytest.mark.parametrize(
    ("place", "newest", "why"),
    [
        (f"https://www.cbp.gov{FOLDER}{NAME}", 0, ""),
        ("https://www.cbp.gov/about", 0, ""),
        ("ftp://www.cbp.gov/x.csv", 0, ""),
        ("https://www.cbp.gov/x.csv", 0, "its name does not fit the pattern"),
        ("https://www.cbp.gov/x.JSON.gz", 0, "its name does not fit the pattern"),
        ("https://www.cbp.gov/x.csv.txt", 0, ""),
        (f"{OTHER}/{NAME}", 0, f"it is at {OTHER}, not on the page's host"),
        (
            f"https://www.cbp.gov{FOLDER}\x07/{NAME}",
            0,
            "its address has characters that cannot be sh",
        ),
        ("https://www.cbp.gov/sites/default/files/assets/documents/" + NAME, 202605000, ""),
        (
            "https://www.cbp.gov/sites/default/files/assets/documents/" + NAME,
            202604999,
            "robots.txt disallows its folder",
        ),
    ],
)
def test_why_a_link_is_not_taken(place, newest, why):
    """Seq 202605000 : February is the fifth month of fiscal year 2026."""
    found = listing.problem(place, CBP_INDEX, ENCOUNTERS, "", newest)

    assert found.startswith(why)
    assert bool(found) == bool(why)


def test_a_links_text_is_that_up_to_its_end_and_has_300_letters_at_most():
    text = "x " * 400
    markup = f'<a href="#1">{text}</a> y <a href="two"> a <b>b</b> <a href="three">c</a><a>d</a>'

    found = listing.links(markup.encode(), CBP_INDEX)

    assert [(url.rpartition("/")[2], said) for url, said in found.items()] == [
        ("nationwide-encounters", text[:300]),
        ("two", "a b"),
        ("three", "c"),
    ]


@pytest.mark.parametrize(
    ("outcomes", "worst", "detail"),
    [
        (["unchanged", "new", "new"], "new", "2 new, 1 unchanged"),
        (["new", "replaced"], "replaced", "1 replaced, 1 new"),
        (["unchanged", "unrecognized"], "unrecognized", "1 unrecognized, 1 unchanged; url1: why1"),
        (
            ["unreachable", "blocked", "blocked", "unrecognized"],
            "blocked",
            "2 blocked, 1 unreachable, 1 unrecognized; url1: why1",
        ),
    ],
)
def test_a_poll_is_as_good_as_its_worst_answer(outcomes, worst, detail):
    answers = [ops.PollAnswer(f"url{n}", o, f"why{n}") for n, o in enumerate(outcomes)]

    found = publisher_page._poll(NOW, NOW + timedelta(seconds=3), None, answers, 0.0)

    blocked = worst == "blocked"
    assert (found.outcome, found.detail) == (worst, detail)
    assert found.started_at == "2026-04-20T06:00:00+00:00"
    assert found.finished_at == "2026-04-20T06:00:03+00:00"
    assert found.blocked_since == (found.started_at if blocked else None)
    assert found.not_before == ("2026-04-20T12:00:00+00:00" if blocked else None)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://example.org/visits.csv", "visits.csv"),
        ("https://example.org/visits", "visits"),
        ("https://example.org/export/", "encounters"),
        ("https://example.org/a%20b.csv", "encounters"),
        ("https://example.org/.hidden", "encounters"),
        ("https://example.org/" + "x" * 151, "x" * 151),
        ("https://example.org/" + "x" * 152, "encounters"),
    ],
)
def test_an_address_of_own_counts_names_its_file_or_its_source_does(path, address, name):
    visit = publisher_page._Visit(
        path, settings(CBP_INDEX), replace(ENCOUNTERS, name="encounters"), 1, NOW, {}
    )
    visit.address = address

    assert visit._name(address) == name


def test_a_pause_that_a_poll_gave_ends_to_the_second():
    gave = ops.Poll(
        started_at=NOW.isoformat(),
        finished_at=NOW.isoformat(),
        outcome="blocked",
        detail="",
        blocked_since=NOW.isoformat(),
        not_before=(NOW + timedelta(hours=6)).isoformat(),
    )
    second = timedelta(seconds=1)

    assert publisher_page.too_soon(gave, NOW)
    assert not publisher_page.too_soon(gave, NOW - second)  # the clock was ahead
    assert publisher_page.too_soon(gave, NOW + timedelta(hours=6) - second)
    assert not publisher_page.too_soon(gave, NOW + timedelta(hours=6))


@pytest.mark.parametrize(("hours", "pause"), [(0, 6), (6, 6), (7, 7), (24, 24), (25, 24)])
def test_a_block_is_left_alone_as_long_again_within_bounds(hours, pause):
    since = (NOW - timedelta(hours=hours)).isoformat()

    assert publisher_page.pause_of_block(NOW, since) == timedelta(hours=pause)


def test_a_poll_leaves_a_publisher_alone_that_blocked_the_one_before(path, publisher):
    """Unless it is told to ask all the same; and it makes the folder it needs."""
    path = path.parent / "a" / "b" / path.name
    publisher.answers[INDEX] = status(403)
    config = settings(publisher.index)

    first = publisher_page.poll(Context.open(path, config), NOW)
    again = publisher_page.poll(Context.open(path, config), NOW + timedelta(hours=1))
    fetched = fetch(about(path, config), now=NOW + timedelta(hours=2), with_bundle=False)

    assert [found.asked for found in (first, again, fetched)] == [True, False, False]
    assert first.answers[0].detail == "HTTP 403 Forbidden"
    assert (again.poll, again.answers, again.taken) == (first.poll, (), ())
    assert publisher.asked == [INDEX]
    assert publisher_page.poll(
        Context.open(path, config), NOW + timedelta(hours=1), force=True
    ).asked
    assert publisher.asked == [INDEX] * 2


@pytest.mark.parametrize("folder", ["/a/", FOLDER])
def test_the_page_has_a_limit_of_its_own_and_a_file_the_settings_one(path, publisher, folder):
    """Wherever the file lies: an address before the page's in the alphabet, or after it."""
    large = GOOD.ljust(listing.PAGE_BYTES + 1, b"\n")
    publisher.put(folder + NAME, large)
    publisher.list_files(folder + NAME)

    found = look(path, publisher, max_bytes=5_000_000)

    assert [answer.outcome for answer in found.answers] == ["unchanged", "new"]
    assert kept(path, "archive" if accepted(path) else "quarantine")[NAME] == large


def test_a_file_is_waited_for_no_longer_than_the_poll_lasts(path, publisher):
    publisher.publish(**{NAME: GOOD})
    publisher.answers[FOLDER + NAME] = lambda r: time.sleep(2)

    found = look(path, publisher, file_seconds=20.0, poll_seconds=0.9)

    said = found.answers[-1].detail
    assert said.startswith("not complete within 0.")
    assert float(said.split()[3]) <= 0.9


def test_the_longest_pause_that_any_answer_of_a_poll_asks_for_counts(path, publisher):
    publisher.publish(**dict.fromkeys((NAME, file_name(MARCH), file_name("2026-04")), GOOD))
    for name, seconds in ((NAME, "3600"), (file_name(MARCH), "7200"), (file_name("2026-04"), "90")):
        publisher.answers[FOLDER + name] = status(503, Retry_After=seconds)

    found = look(path, publisher).poll

    assert found.outcome == "unreachable"
    assert found.not_before == "2026-04-20T08:00:00+00:00"


def test_what_replaced_a_file_is_named_by_the_beginnings_of_both_digests(path, publisher):
    publisher.publish(**{NAME: GOOD})
    first = look(path, publisher).answers[-1].detail
    publisher.put(FOLDER + NAME, file_bytes(FEBRUARY, moved={("2025-11", "southwest"): 1}))

    second = look(path, publisher).answers[-1].detail

    ((new,),) = rows(path, "select sha256 from releases where status = 'quarantined'")
    assert second == f"content was {first[:12]}, is {new[:12]}"


@pytest.mark.parametrize(
    ("index", "address", "page"),
    [
        ("", "", CBP_INDEX),
        ("https://h/x", "", "https://h/x"),
        ("", "https://own/visits.csv", "https://own/visits.csv"),
        ("https://h/x", "https://own/visits.csv", "https://own/visits.csv"),
    ],
)
def test_where_a_poll_begins(index, address, page):
    assert publisher_page.page_of(own_counts_at(address, index=index), source=ENCOUNTERS) == page


@pytest.mark.parametrize(
    ("contact", "agent", "address", "refused"),
    [
        ("", "", "", True),
        ("ops@example.org", "", "", False),
        ("", "an office", "", False),
        ("", "", "https://own/visits.csv", False),
    ],
)
def test_who_asks_must_be_known_to_the_publisher(contact, agent, address, refused):
    config = own_counts_at(address, contact=contact, user_agent=agent)

    if refused:
        with pytest.raises(ConfigError, match=r"fetch\.contact: is empty"):
            publisher_page.refuse_anonymous(config)
    else:
        publisher_page.refuse_anonymous(config)


def own_counts_at(address: str, **changes) -> Config:
    """Settings of the publisher's counts or, with an address, of own counts at it."""
    sources = (CountsSection(kind="counts", name="visits", address=address),) if address else ()
    return Config(fetch=Fetch(**changes), sources=sources)


def test_only_the_last_poll_is_waited_for_and_a_file_that_came_another_way_is_not(path, publisher):
    aor = file_name(MARCH, "aor")
    publisher.publish(**{NAME: GOOD})
    assert awaited(path, ENCOUNTERS) == ""
    look(path, publisher)
    assert "the aor file of 2026-02; the next poll" in awaited(path, ENCOUNTERS)
    (path.parent / "inbox" / aor).write_bytes(file_bytes(MARCH, "aor"))
    os.utime(path.parent / "inbox" / aor, (0, 0))

    assert [taken.file_name for taken in look(path, publisher).taken] == [aor]
    assert awaited(path, ENCOUNTERS) == ""


def test_a_redirect_to_another_port_of_the_host_is_one_elsewhere(publisher):
    """Whichever of the two has the greater number."""
    with running() as other:
        for here, there in ((publisher, other), (other, publisher)):
            there.put("/there", GOOD)
            here.answers["/file"] = status(302, Location=f"{there.root}/there")
            assert get(here, "/file").detail == "redirects to another host (127.0.0.1)"
        assert publisher.asked == other.asked == ["/file"]


def test_more_than_the_limit_is_more_wherever_the_pieces_end(publisher):
    """And no more is read than shows it."""
    head = HEAD + b"\r\n"
    publisher.answers["/two"] = raw(head, b"x" * 999 + b"\n", b"more\n", pause=0.05)
    publisher.answers["/many"] = raw(head, *[b"x" * 1000 + b"\n"] * 400, pause=0.02)

    for place in ("/two", "/many"):
        found = get(publisher, place, max_bytes=1000, file_seconds=2.0)
        assert found.detail == "more than 1,000 bytes are not taken"


def test_pauses_between_attempts_double_up_to_a_minute_and_vary_by_half_of_the_first():
    random.seed(1)
    bounds = []
    for attempt in (1, 2, 3, 9):
        drawn = [http.pause_of_attempt(attempt, 2.0) for _ in range(400)]
        bounds.append((round(min(drawn), 1), round(max(drawn), 1)))

    assert bounds == [(2.0, 3.0), (4.0, 5.0), (8.0, 9.0), (60.0, 61.0)]


@pytest.mark.parametrize(
    ("code", "again"),
    [
        *((code, True) for code in (408, 425, 429, 500, 502, 503, 504)),
        *((code, False) for code in (400, 401, 403, 404, 407, 409, 424, 426, 428, 430, 451)),
        *((code, False) for code in (501, 505)),
    ],
)
def test_a_refusal_that_may_pass_is_tried_again_and_another_is_not(publisher, code, again):
    publisher.answers["/file"] = status(code)

    get(publisher, "/file", attempts=2)

    assert publisher.asked == ["/file"] * (2 if again else 1)


def test_an_address_that_is_none_is_unreachable():
    config = settings(CBP_INDEX, attempts=1).fetch
    with http.client(config) as client:
        found = http.get(client, ops.Link("http://host:x/a.csv"), config)

    assert found.outcome == "unreachable"
    assert found.detail.startswith("InvalidURL: ")


def test_what_a_first_client_says_of_itself():
    for contact, said in (("", ""), ("ops@example.org", "; +ops@example.org")):
        with http.client(Fetch(contact=contact)) as client:
            agent = f"Mozilla/5.0 (compatible; bordercast/{__version__}{said})"
            assert client.headers["User-Agent"] == agent


# ---------------------------------------------------------------- the page whose table is taken

STATS = "/newsroom/stats/nationwide-encounters"
WITH_TABLE = b"<html><table><tr><td>1</td></tr></table></html>"


def tables(path: Path, publisher: Publisher, **changes):
    """What became of the pages with tables, by their base names, after a page without files."""
    publisher.publish(**{NAME: GOOD})
    publisher.put(INDEX, page(FOLDER + NAME), "text/html", etag=False)
    found = look(path, publisher, tables=publisher.root + STATS, **changes)
    named = {answer.url.rpartition("/")[2]: answer for answer in found.answers[2:]}
    assert len(named) == len(found.answers) - 2
    return named


def years(*years_of: int) -> bytes:
    links = "".join(f'<a href="{STATS}-fy{year}">FY{year}</a>' for year in years_of)
    links += f'<a href="{STATS}">this</a><a href="{INDEX}">files</a>'
    return WITH_TABLE + links.encode()


@pytest.mark.slow
def test_pages_of_other_years_are_asked_as_well_each_once(path, publisher):
    """Also where the first page has no link to them any more; and the page of files is none."""
    publisher.put(STATS, years(2025, 2024, 2025), "text/html")
    for year in (2025, 2024):
        publisher.put(f"{STATS}-fy{year}", WITH_TABLE.replace(b"1", b"%d" % year), "text/html")

    first = tables(path, publisher)
    assert rows(path, "select kind, status from releases where file_name like '%.html'") == [
        ("manual", "quarantined")  # tables of one cell, which say nothing
    ] * len(first)
    names = ["nationwide-encounters", *(f"nationwide-encounters-fy{y}" for y in (2025, 2024))]
    assert {name: answer.outcome for name, answer in first.items()} == dict.fromkeys(names, "new")
    assert [place for place in publisher.asked if "newsroom" in place] == [
        STATS,
        f"{STATS}-fy2025",
        f"{STATS}-fy2024",
    ]
    publisher.put(STATS, years(2025), "text/html")
    publisher.asked.clear()
    second = tables(path, publisher)
    assert {name: answer.outcome for name, answer in second.items()} == dict.fromkeys(
        names, "unchanged"
    )
    assert sorted(place for place in publisher.asked if "newsroom" in place) == [
        STATS,
        f"{STATS}-fy2024",
        f"{STATS}-fy2025",
    ]


@pytest.mark.parametrize(
    ("answer", "outcome", "asked"),
    [(status(403), "blocked", 2), (status(404), "unreachable", 3), (status(500), "unreachable", 3)],
)
def test_after_a_page_that_is_refused_the_others_are_asked_unless_it_is_a_block(
    path, publisher, answer, outcome, asked
):
    publisher.put(STATS, years(2025, 2024), "text/html")
    publisher.answers[f"{STATS}-fy2025"] = answer
    publisher.put(f"{STATS}-fy2024", WITH_TABLE, "text/html")

    found = tables(path, publisher, attempts=1)

    assert found["nationwide-encounters-fy2025"].outcome == outcome
    assert found["nationwide-encounters-fy2025"].detail.startswith("HTTP ")
    assert len(found) == asked


def test_a_page_without_its_table_is_not_there(path, publisher):
    publisher.put(STATS, b"<html>Pardon our interruption</html>", "text/html")

    (found,) = tables(path, publisher).values()

    assert (found.outcome, found.detail) == (
        "unreachable",
        "a page without a table: a block page, or the page has changed",
    )
    assert rows(ops.ops_path(path), f"select * from links where url like '%{STATS}'") == []


def test_pages_for_which_no_time_is_left_are_named(path, publisher):
    publisher.put(STATS, years(2025, 2024), "text/html")
    publisher.answers[f"{STATS}-fy2025"] = lambda r: time.sleep(2)

    found = tables(path, publisher, attempts=1, poll_seconds=1.0)

    late = found["nationwide-encounters-fy2024"]
    assert (late.outcome, late.detail) == ("unreachable", "no time left in this poll")


def test_a_page_with_tables_has_the_limit_of_pages(path, publisher):
    publisher.put(STATS, WITH_TABLE + b" " * listing.PAGE_BYTES, "text/html")

    (found,) = tables(path, publisher, max_bytes=5_000_000).values()

    assert found.outcome == "unreachable"
    assert "more than 1,000,000 are not taken" in found.detail


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://h/stats/nationwide-encounters-fy2025", True),
        ("https://h/other/nationwide-encounters-fy2025", True),
        ("https://h/stats/nationwide-encounters", False),  # the page itself
        ("http://h/stats/nationwide-encounters-fy2025", False),
        ("https://i/stats/nationwide-encounters-fy2025", False),
        ("https://g/stats/nationwide-encounters-fy2025", False),
        ("https://h/stats/nationwide-encounters-fy2025.pdf", False),
        ("https://h/stats/nationwide-encounters-fy2025\x07", False),
        ("https://h/\x07/nationwide-encounters-fy2025", False),
        ("https://h/stats/drug-seizures", False),
    ],
)
def test_which_pages_are_those_of_other_years(url, found):
    assert listing.is_table_page(url, "https://h/stats/nationwide-encounters", ENCOUNTERS) == found


@pytest.mark.parametrize(
    ("root", "found"),
    [
        ("https://www.cbp.gov", True),
        ("http://www.cbp.gov", False),
        ("https://www.cbp.gow", False),
        ("https://www.cbp.go", False),
        ("httpt://www.cbp.gov", False),
    ],
)
def test_a_file_lies_with_its_page_or_is_none(root, found):
    """Whether its scheme or host comes before the page's in the alphabet or after."""
    assert listing.is_file(f"{root}{FOLDER}{NAME}", CBP_INDEX, ENCOUNTERS) == found
    assert bool(listing.problem(f"{root}{FOLDER}{NAME}", CBP_INDEX, ENCOUNTERS)) == (
        not found and root.startswith(("http:", "https:"))
    )


def test_files_of_one_month_go_by_name_and_what_is_none_goes_first():
    places = [FOLDER + file_name(MARCH), FOLDER + file_name(FEBRUARY, suffix="_0"), FOLDER + NAME]

    assert sorted([*places, "/x/zzz.csv"], key=partial(listing.order, source=ENCOUNTERS)) == [
        "/x/zzz.csv",
        *places[::-1],
    ]
    assert listing.order("/x/zzz.csv", ENCOUNTERS) == (0, "zzz.csv")
    assert listing.base_name("https://h/a/b.csv?x=/c") == "b.csv"


def test_a_long_host_is_shown_up_to_eighty_letters():
    said = listing.problem(f"https://{'x' * 100}/{NAME}", CBP_INDEX, ENCOUNTERS)

    assert said == f"it is at https://{'x' * 69}..., not on the page's host"


def test_a_publisher_that_was_never_asked_may_be(path):
    with ops.writing(path):
        pass

    assert publisher_page.poll_needed(path, NOW)
    assert awaited_of_nothing(path) == ""


def awaited_of_nothing(path: Path) -> str:
    with connect.writing(path):
        pass
    return awaited(path, ENCOUNTERS)
