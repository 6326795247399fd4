"""The page's application by itself: whom it answers, what it refuses, its limits to the byte."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest
from starlette.responses import HTMLResponse

from forecast import child
from forecast.desk.site.output import LIST
from forecast.errors import StoreError
from forecast.store import wakes
from jobs.web import app, responses, server, worker
from jobs.web.app import Site
from jobs.web.responses import CSP, SQL_CSP, Plain, QueryLimits
from jobs.web.server import BoundedProtocol
from tests.support import audited, running_service
from tests.support.cbp_files import ENCOUNTERS


class Echo:
    """What checks texts, or answers for tables, by saying what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, str]] = []
        self.queries: list[bytes] = []

    async def ask(self, scope, text=""):
        self.queries.append(scope.get("query_string", b""))
        self.asked.append((scope.get("raw_path", b""), text))
        return HTMLResponse("<p>said</p>")

    async def close(self) -> None:
        self.asked.clear()


@pytest.fixture
def site(tmp_path):
    """A site of three pages, without a record."""
    folder = tmp_path / "site"
    for place in (".", "check", "border/northern", "as-of/3"):
        (folder / place).mkdir(parents=True, exist_ok=True)
        page = f'<h1>{place}</h1><main id="main" tabindex="-1">old</main>'
        (folder / place / "index.html").write_text(page)
    (tmp_path / "b-snapshot.db").write_bytes(os.urandom(2 * app.CHUNK + 1))
    (folder / LIST).write_text("{}")  # all of it is written
    return Site(
        tmp_path / "b.db",
        tmp_path / "b-snapshot.db",
        ["Desk.example.org"],
        folder,
        checker=Echo(),
        totals=ENCOUNTERS.totals,
    )


def ask(site, path, method="GET", host="localhost", **more) -> httpx.Response:
    async def asking():
        transport = httpx.ASGITransport(app=site)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.request(method, path, **more)

    return asyncio.run(asking())


FORM = {"content-type": "application/x-www-form-urlencoded"}


def checked(site, text: str, padding: int = 0) -> httpx.Response:
    body = f"text={text}&more=".encode() + b"y" * padding
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return ask(site, "/check/", "POST", content=body, headers=kind)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"localhost", "localhost"),
        (b"LOCALHOST:8001", "localhost"),
        (b"desk.example.org.", "desk.example.org"),
        (b"[::1]:8001", "::1"),
        (b"a_b-c.d:12345", "a_b-c.d"),
        (b"localhost:123456", None),
        (b"localhost:", None),
        (b"[::g]", None),
        (b"a b", None),
        (b"", None),
    ],
)
def test_a_request_names_its_server(value, name):
    scope = {"headers": [(b"x-host", b"other"), (b"host", value)]}
    names = {name} if name else {"localhost"}

    refused = responses.refused_name(scope, names, "How.")

    assert (refused is None) == (name is not None)
    if name is None:
        assert (refused.status, refused.title) == (400, "Not a name")


@pytest.mark.parametrize(
    ("host", "numeric"), [("127.0.0.1", True), ("[::1]", True), ("1.2.3", False), ("desk", False)]
)
def test_a_numeric_address_is_nobodys_name(host, numeric):
    refused = responses.refused_name({"headers": [(b"host", host.encode())]}, (), "How.")

    assert (refused is None) == numeric
    if not numeric:
        assert refused.status == 421
        assert refused.words.endswith("asked for. How.")


def test_a_page_is_answered_under_its_names_and_its_address_only(site):
    for host, status in (("desk.example.org", 200), ("127.0.0.1", 200), ("evil.example", 421)):
        assert ask(site, "/", host=host).status_code == status
    assert "<h1>border/northern</h1>" in ask(site, "/border/northern/").text


def test_packed_pages_of_an_earlier_run_have_the_addresses_that_files_have(site):
    with ZipFile(site.folder / "as-of" / "4.zip", "w") as packed:
        packed.writestr("index.html", "<p>run 4")
        packed.writestr("border/northern/index.html", "<p>northern of run 4")
        packed.writestr("newest.csv", "month\n")

    assert (ask(site, "/as-of/4").status_code, ask(site, "/as-of/4/").text) == (308, "<p>run 4")
    assert ask(site, "/as-of/4/border/northern").headers["location"] == "northern/"
    assert ask(site, "/as-of/4/border/northern/").text == "<p>northern of run 4"
    assert ask(site, "/as-of/4/newest.csv").headers["content-type"].startswith("text/csv")
    for path in ("/as-of/4/x", "/as-of/4/../../b.db", "/as-of/5/", "/as-of/4.zip/index.html"):
        assert ask(site, path).status_code == 404, path


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "HEAD", 200),
        ("/", "POST", 405),
        ("/check", "POST", 405),
        ("/check/other", "POST", 405),
        ("/check/", "PUT", 405),
        ("/seizures/check", "POST", 405),
        ("/as-of/3/check/", "POST", 405),
        ("/border/northern", "GET", 308),
        ("/border/x", "GET", 404),
        ("/border/../border/northern/", "GET", 404),
        ("/border//northern/", "GET", 404),
        ("/border//northern", "GET", 404),
        ("/border/../border/northern", "GET", 404),
        ("/border/northern\0", "GET", 404),
        ("/" + "x" * 300, "GET", 404),  # longer than a file's name may be
        ("/bordercast/runs", "GET", 404),
    ],
)
def test_what_may_be_asked(site, path, method, status):
    async def raw():
        said = []
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"host", b"localhost")],
            "root_path": "",
        }

        async def receive():
            await asyncio.sleep(60)

        async def send(message):
            said.append(message)

        await site(scope, receive, send)
        return said[0]["status"]

    assert asyncio.run(raw()) == status


@pytest.mark.parametrize(
    ("path", "csp"),
    [
        ("/", CSP),
        ("/border/northern/", CSP),
        ("/bordercast/runs", SQL_CSP),
        ("/bordercast.json", SQL_CSP),
        ("/-/static/x.css", SQL_CSP),
        ("/bordercast.db", CSP),
        ("/bordercasts", CSP),
    ],
)
def test_nothing_may_be_framed_and_only_tables_bring_scripts(site, path, csp):
    headers = ask(site, path).headers

    assert headers["content-security-policy"] == csp
    assert headers["x-frame-options"] == "DENY"


def test_a_text_has_as_many_bytes_as_it_may(site):
    most = app.TEXT_BYTES
    assert most == 50_000
    assert checked(site, "x" * most).status_code == 200
    assert checked(site, "x" * (most + 1)).status_code == 413
    assert checked(site, "%C3%BC" * (most // 2)).status_code == 200  # sent as three times as much
    assert checked(site, "x" + "%C3%BC" * (most // 2)).status_code == 413
    assert checked(site, "x", 4 * most - len("text=x&more=")).status_code == 200
    assert checked(site, "x", 4 * most - len("text=x&more=") + 1).status_code == 413
    assert [len(text.encode()) for _, text in site.checker.asked] == [most, most, 1]


def test_a_text_is_checked_as_of_the_day_that_is_said_beside_it(site):
    body = b"text=Last+month&published=2024-02-20"
    answer = ask(site, "/check/", "POST", content=body, headers=FORM)

    assert site.checker.queries == [b"published=2024-02-20"]
    assert 'type="date" value="2024-02-20">' in answer.text
    hostile = b"text=x&published=%22%3E%3Cb%3E%26q=1"
    assert (
        'value="&quot;&gt;&lt;b&gt;&amp;q=1">'
        in ask(site, "/check/", "POST", content=hostile, headers=FORM).text
    )
    assert site.checker.queries[1] == b"published=%22%3E%3Cb%3E%26q%3D1"


def test_what_was_checked_stands_in_its_page_as_text(site):
    answer = checked(site, "%3Cb%3E18,944")

    assert "<p>said</p>" in answer.text
    assert "&lt;b&gt;18,944</textarea>" in answer.text
    assert answer.text.startswith('<h1>check</h1><main id="main" tabindex="-1">\n<h1>Ask')
    assert "old" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert site.checker.asked == [(b"/", "<b>18,944")]
    assert 'type="date" value="">' in answer.text
    assert checked(site, "%20").status_code == 400
    site.checker = None
    assert checked(site, "18").status_code == 400


@pytest.mark.parametrize(
    ("ago", "already", "status"), [(30, 19, 200), (30, 20, 503), (59, 20, 503), (61, 20, 200)]
)
def test_twenty_texts_a_minute_are_checked(site, ago, already, status):
    site._asked = [time.monotonic() - ago] * already

    answer = checked(site, "18")

    assert answer.status_code == status
    assert answer.headers.get("retry-after") == ("60" if status == 503 else None)
    assert len(site._asked) == (1 if ago > 60 else already + (status == 200))


def test_the_whole_file_is_sent_to_four_at_once(site):
    opened = len(os.listdir("/proc/self/fd"))
    site._downloads = app.DOWNLOADS - 1

    answer = ask(site, "/bordercast.db")

    assert answer.content == site.snapshot.read_bytes()
    assert answer.headers["content-length"] == str(2 * app.CHUNK + 1)
    assert answer.headers["content-disposition"] == 'attachment; filename="bordercast.db"'
    assert answer.headers["content-type"] == "application/vnd.sqlite3"
    assert (site._downloads, len(os.listdir("/proc/self/fd"))) == (3, opened)
    site._downloads = app.DOWNLOADS
    refused = ask(site, "/bordercast.db")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
    assert app.DOWNLOADS == 4


def test_tables_are_asked_of_what_answers_for_them(site):
    assert ask(site, "/bordercast/runs").status_code == 404
    site.tables = Echo()

    assert ask(site, "/bordercast/runs").text == "<p>said</p>"
    assert site.tables.asked == [(b"/bordercast/runs", "")]


def test_trouble_is_told_without_where_the_record_lies(site):
    site.trouble = f"{site.snapshot.parent}/b-snapshot.db is malformed"

    answer = ask(site, "/")

    assert answer.status_code == 503
    assert "b-snapshot.db is malformed" in answer.text
    assert str(site.snapshot.parent) not in answer.text


@pytest.fixture
def facts(site):
    """The same with the months of a total, one of which has a page of its own."""
    folder = site.folder / "fact" / "northern"
    (site.folder / "border" / "northern" / "2024-08").mkdir(parents=True)
    (site.folder / "border" / "northern" / "2024-08" / "index.html").write_text("<h1>August</h1>")
    folder.mkdir(parents=True)
    ids = "".join(f'<p id="{span}">' for span in ("2024-07", "2024-08", "FY2024"))
    (folder / "index.html").write_text(f"<h1>Every month</h1>{ids}")
    (folder / "facts.json").write_text("{}")
    return site


@pytest.mark.parametrize(
    ("path", "status", "to"),
    [
        ("/fact/northern/2024-08/18944", 307, "../../../fact/northern/#2024-08"),
        ("/fact/northern/2024-08/", 307, "../../../fact/northern/#2024-08"),
        ("/fact/northern/FY2024", 307, "../../fact/northern/#FY2024"),
        ("/border/northern/2024-07/", 307, "../../../fact/northern/#2024-07"),
        ("/border/northern/2024-08/", 200, None),
        ("/border/northern/2024-08", 308, "2024-08/"),
        ("/fact/northern/facts.json", 200, None),
        ("/fact/northern/2024-08/fact.json", 404, None),
        ("/fact/northern/deep", 404, None),
        ("/fact/eastern/2024-08/18944", 404, None),
        ("/fact/northern/../18944", 404, None),
        ("/fact/northern/1999-01/", 404, None),
    ],
)
def test_a_month_without_a_page_is_on_that_of_all_months(facts, path, status, to):
    answer = ask(facts, path)

    assert (answer.status_code, answer.headers.get("location")) == (status, to)


def test_a_border_that_is_no_page_has_no_numbers(facts):
    (facts.folder / "fact" / "eastern").symlink_to(facts.folder / "fact" / "northern")
    (facts.folder / "fact" / "southwest").mkdir()

    assert ask(facts, "/fact/eastern/2024-08/18944").status_code == 404
    assert ask(facts, "/fact/southwest/2024-08/18944").status_code == 404


def test_the_box_on_the_page_of_another_measure_is_the_same(site):
    folder = site.folder / "seizures" / "check"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text((site.folder / "check" / "index.html").read_text())

    answer = ask(site, "/seizures/check/", "POST", content=b"text=18", headers=FORM)

    assert answer.status_code == 200
    assert site.checker.asked == [(b"/", "18")]


def test_the_box_is_there_where_texts_can_be_checked(site):
    shown = ask(site, "/check/")
    assert shown.status_code == 200
    assert 'name="text"' in shown.text
    assert "<details open>" in shown.text  # whoever comes here to check a text sees where
    assert "<details>" in ask(site, "/check/?q=Swanton").text
    site.checker.asked.clear()
    assert "old" not in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert site.checker.asked == []
    # What can be asked differs from record to record: none is named that was not given.
    assert ("Such as" in shown.text, "San Diego" in shown.text) == (False, False)
    site.examples = '"Clinic 1 in March 2024"'
    assert "Such as: &quot;Clinic 1 in March 2024&quot;. " in ask(site, "/check/").text
    (site.folder / "check" / "index.html").unlink()
    assert ask(site, "/check/index.html").status_code == 404


@pytest.mark.parametrize("measure", ["", "seizures/"])
def test_any_two_series_are_compared_where_the_page_has_pairs(site, measure):
    folder = site.folder / measure / "compare"
    folder.mkdir(parents=True)
    page = '<h1>c</h1><p class="text" id="any">files\nalone</p><h2>pairs</h2>'
    (folder / "index.html").write_text(page)

    empty = ask(site, f"/{measure}compare/")
    shown = ask(site, f"/{measure}compare/?first=a%22b&second=c&as=index")
    site.checker = None
    alone = ask(site, f"/{measure}compare/?first=a&second=b")

    assert "<p>said</p>" not in empty.text + alone.text
    assert "files" not in empty.text
    assert empty.text.endswith("<h2>pairs</h2>")
    assert "<p>said</p>" in shown.text
    assert 'value="a&quot;b"' in shown.text
    assert "<option selected>index</option>" in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert ask(site, f"/{measure}compare/", "POST").status_code == 405


def test_the_queries_of_a_page_reach_the_measure_it_is_about(site):
    for measure in ("", "seizures"):
        (site.folder / measure / "compare").mkdir(parents=True)
        (site.folder / measure / "compare" / "index.html").write_text("x")
        ask(site, f"/{measure}/compare/".replace("//", "/"), params={"first": "a"})

    assert site.checker.asked == [(b"/", ""), (b"/seizures", "")]


def test_a_text_whose_length_is_not_told_is_refused(site):
    async def drip():
        yield b"text=x"

    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = ask(site, "/check/", "POST", content=drip(), headers=kind)

    assert answer.status_code == 413
    assert "50 kB are the most." in answer.text


def test_a_folder_whose_name_is_none_of_ours_is_told_in_its_own_letters(site):
    (site.folder / "über uns").mkdir()
    (site.folder / "über uns" / "index.html").write_text("<h1>x</h1>")

    answer = ask(site, "/%C3%BCber%20uns")

    assert (answer.status_code, answer.headers["location"]) == (308, "%C3%BCber%20uns/")


def test_figures_are_hidden_from_a_failed_verification_until_one_succeeds(site):
    now = datetime(2026, 9, 20, 12, tzinfo=UTC)
    assert ask(site, "/").status_code == 200
    wakes.save_verified(site.database, now, "", ["run 1 was edited"])
    hidden = ask(site, "/")
    assert hidden.status_code == 503
    assert "The figures are not shown" in hidden.text
    assert "on 2026-09-20T12:00:00+00:00: run 1 was edited." in hidden.text
    wakes.save_verified(site.database, now, "", [])
    assert ask(site, "/").status_code == 200


def test_a_verification_is_read_once_as_long_as_nothing_was_written(site):
    now = datetime(2026, 9, 20, 12, tzinfo=UTC)
    wakes.save_verified(site.database, now, "", [])
    with audited.connected() as read:
        for _ in range(2):  # to read opens a log beside it
            assert ask(site, "/").status_code == 200
        assert read
        read.clear()
        for _ in range(3):
            assert ask(site, "/").status_code == 200
        assert read == []
        wakes.save_verified(site.database, now, "", ["x"])
        read.clear()
        assert ask(site, "/").status_code == 503
        assert read


def test_a_chunk_of_the_file_is_that_of_the_file_that_was_opened(site):
    """Another is put in its place while it is taken: all of it is of the first."""

    async def taking():
        response = await site._download(None)
        before = site.snapshot.read_bytes()
        other = site.snapshot.with_name("other")
        other.write_bytes(b"y" * 10)
        other.replace(site.snapshot)
        found = b"".join([chunk async for chunk in response.body_iterator])
        return found == before, site._downloads

    assert asyncio.run(taking()) == (True, 0)


def test_a_file_that_cannot_be_read_is_named(site):
    site.snapshot.unlink()

    with pytest.raises(StoreError, match="cannot be read"):
        asyncio.run(site._download(None))

    assert site._downloads == 0


def test_an_end_lets_go_of_what_helps_and_of_no_folder_that_a_run_wrote(site):
    site.tables, site.checker = Echo(), Echo()
    for helper in (site.tables, site.checker):
        helper.asked.append((b"", ""))
    began = []
    site.ready = lambda: began.append(True)

    async def living():
        async with site._lifespan(site._app):
            assert began == [True]

    asyncio.run(living())
    site.close()

    assert site.tables.asked == site.checker.asked == []
    assert site.folder.exists()


def status_of(answer) -> int:
    return answer.status


WRITER = """
import os, sys
from forecast import child
def work(question, say):
    for line in sys.argv[1:]:
        say(line.encode())
    os._exit(0)
child.serve(work)
"""
FIRST, ALL = '{"written": "first page"}', '{"written": "all"}'


@pytest.mark.parametrize(
    ("lines", "before", "first", "trouble"),
    [
        ([FIRST, ALL], "old", True, ""),
        (['{"problem": "is malformed", "words": "copy: is malformed"}'], "", False, "malformed"),
        ([FIRST], "", True, "could not be written; the log says more"),
        ([], "", False, "could not be written; the log says more"),
    ],
)
def test_a_page_is_begun_with_its_first_file_and_its_writer_says_how_it_ends(
    tmp_path, monkeypatch, caplog, lines, before, first, trouble
):
    site = Site(
        tmp_path / "b.db", tmp_path / "copy.db", address="https://x.org/", totals=ENCOUNTERS.totals
    )
    site.trouble = before
    told = []

    def begin(task, *words):
        told.append(words)
        command = [sys.executable, "-c", WRITER, *lines]
        return child.Child(command, child.environment(os.environ), alone=True)

    monkeypatch.setattr(app, "begun", begin)

    async def writing():
        event = asyncio.Event()
        assert status_of(await site._refused(404)) == 503  # before it begins
        (site.folder / LIST).touch()  # of the copy before
        await site._write(event)
        assert status_of(await site._refused(404)) == 404
        return event.is_set()

    with caplog.at_level("INFO", "bordercast"):
        assert asyncio.run(writing()) == first

    assert trouble in site.trouble
    assert bool(site.trouble) == bool(trouble)
    assert told == [(str(tmp_path / "copy.db"), str(site.folder), "https://x.org/")]
    said = [event.getMessage() for event in caplog.records if event.name == "bordercast"]
    if ALL in lines:
        assert said == ["the page's files are written"]
    if trouble == "malformed":
        assert said == ["nothing is shown: copy: is malformed"]
    site.close()
    assert not site.folder.exists()


def test_files_are_written_anew_only_for_another_copy(tmp_path, monkeypatch):
    monkeypatch.setattr(app, "LOOK_EVERY", 0.0)
    site = Site(tmp_path / "b.db", tmp_path / "copy.db", totals=ENCOUNTERS.totals)
    written = []

    async def write(first):
        written.append(site.snapshot.exists())

    monkeypatch.setattr(site, "_write", write)

    async def following():
        first = asyncio.Event()
        task = asyncio.create_task(site._follow(first))
        await first.wait()
        for _ in range(20):
            await asyncio.sleep(0)
        assert written == [False]  # none is there, which is said once
        site.snapshot.write_text("x")
        while len(written) < 2:
            await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)
        task.cancel()

    asyncio.run(following())
    site.close()

    assert written == [False, True]


@pytest.mark.parametrize(("status", "said"), [(404, 404), (401, 404), (405, 405), (400, 400)])
def test_a_refusal_of_a_file_says_no_more_than_it_must(site, status, said):
    answer = asyncio.run(site._refused(status))

    assert answer.status == said


@pytest.mark.parametrize("path", ["/series/", "/fact/northern/2024-08/18944", "/static/page.css"])
def test_what_is_not_there_may_come_as_long_as_pages_are_being_written(site, path):
    site._writing = True
    soon = ask(site, path)
    there = ask(site, "/border/northern/")
    site._writing = False
    never = ask(site, path)
    (site.folder / LIST).unlink()  # a run has not written all of it yet
    soon_too = ask(site, path)

    assert (soon.status_code, soon.headers["retry-after"]) == (503, "5")
    assert "The pages are being written" in soon.text
    assert there.status_code == 200
    assert (never.status_code, never.headers.get("retry-after")) == (404, None)
    assert (soon_too.status_code, soon_too.text) == (503, soon.text)


LONG = [256, 300, 5000]


@pytest.mark.parametrize("letter", ["x", "é", "\N{HUNDRED POINTS SYMBOL}", "%2e"])
@pytest.mark.parametrize(
    "path",
    [
        *("/{}", "/{}/", "/fact/northern/2024-08/{}", "/fact/northern/{}/18944", "/fact/{}/a/b"),
        *(
            "/fact/northern/{}/",
            "/border/{}/",
            "/border/northern/{}/x",
            "/as-of/3/{}",
        ),
    ],
)
@pytest.mark.parametrize("writing", [True, False])
def test_an_address_longer_than_a_name_is_that_of_no_page(facts, path, letter, writing):
    facts._writing = writing
    for many in LONG:
        assert ask(facts, path.format(letter * many)).status_code == 404, (path, many)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/fact/northern/2024-08/{'7' * 255}", 307),
        (f"/fact/northern/2024-08/{'7' * 256}", 404),
        (f"/{'a/' * 999}x", 503),
        (f"/{'a/' * 1000}", 404),
        ("/" + "\N{HUNDRED POINTS SYMBOL}/" * 401, 404),
    ],
)
def test_a_number_and_a_path_may_be_so_long(facts, path, status):
    facts._writing = True

    assert ask(facts, path).status_code == status


def test_files_are_written_by_a_process_apart_which_says_what_is_wrong(tmp_path):
    site = Site(tmp_path / "b.db", tmp_path / "b-snapshot.db", totals=ENCOUNTERS.totals)
    began = []

    async def begin():
        async with site._lifespan(site._app):
            began.append(site.trouble)

    async def watched():
        task = asyncio.create_task(begin())
        sessions = set()
        while not task.done():
            for pid in running_service.children(os.getpid()):
                with suppress(ProcessLookupError):  # it has ended meanwhile
                    sessions.add((pid, os.getsid(pid)))
            await asyncio.sleep(0.01)
        await task
        return sessions

    before = running_service.children(os.getpid())
    sessions = {pair for pair in asyncio.run(watched()) if pair[0] not in before}

    assert "bordercast run" in began[0]
    # Ctrl-C is for the page, which ends what it started.
    assert any(pid == session for pid, session in sessions)
    assert ask(site, "/").status_code == 503
    assert running_service.children(os.getpid()) == before
    site.close()
    assert not site.folder.exists()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("max-age=5", "private, max-age=5"),
        ("public, max-age=60, x", "private, max-age=60"),
        ("max-age=61", "private, max-age=60"),
        ("max-age=" + "9" * 5000, "private, max-age=60"),
        ("max-age=0", "private, no-cache"),
        ("max-age=-1", "private, no-cache"),
        ("max-age=\u00b2", "private, no-cache"),
        ("", "private, no-cache"),
    ],
)
def test_a_browser_keeps_an_answer_for_a_minute_at_most(said, kept):
    words = {"status": 200, "headers": {"cache-control": said}}
    assert worker._response(words, b"").headers["cache-control"] == kept


def test_an_answer_of_a_process_is_passed_on_or_a_refusal():
    headers = {"content-type": "x", "set-cookie": "y", "link": "z", "cache-control": "max-age=9"}
    found = worker._response({"status": 499, "headers": headers}, b"xyz")
    refused = worker._response({"status": 400, "title": "No", "words": "why"}, b"")

    assert isinstance(refused, Plain)
    assert (refused.status, refused.title, refused.words) == (400, "No", "why")
    assert (found.status_code, found.body) == (499, b"xyz")
    assert dict(found.headers) == {
        "content-type": "x",
        "link": "z",
        "cache-control": "private, max-age=9",
        "content-length": "3",
    }


@contextmanager
def asking(server, how_many):
    server._asking = how_many
    yield server


def test_twelve_requests_are_taken_at_once_and_no_more(tmp_path):
    async def ask_one(already):
        server = worker.QueryServer(tmp_path / "none.db", QueryLimits(start_seconds=0.0))
        with asking(server, already):
            said = await server.ask({"headers": []})
        await server.close()
        return said, server._asking

    assert asyncio.run(ask_one(12)) == (worker.OF_QUERIES["busy"], 12)
    assert asyncio.run(ask_one(11)) == (worker.OF_QUERIES["starting"], 11)


def sent_by(sending) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of what a function sends."""
    said: list[dict] = []

    async def send(message) -> None:
        said.append(message)

    asyncio.run(sending(send))
    heads = {k.decode(): v.decode() for k, v in said[0]["headers"]}
    return said[0]["status"], heads, b"".join(one.get("body", b"") for one in said[1:]).decode()


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        (
            "/x.json",
            "application/json; charset=utf-8",
            '{"ok": false, "status": 503, "title": "A < B", "error": "Use `x`."}',
        ),
        ("/x.csv", "text/plain; charset=utf-8", "A < B. Use `x`.\n"),
        ("/x.db", "text/plain; charset=utf-8", "A < B. Use `x`.\n"),
        ("/x.svg", "text/plain; charset=utf-8", "A < B. Use `x`.\n"),
        ("/x", "text/html; charset=utf-8", ""),
    ],
)
def test_a_refusal_is_said_in_the_form_that_was_asked_for(path, kind, body):
    plain = Plain(503, "A < B", "Use `x`.", again=7)

    status, heads, said = sent_by(lambda send: plain({"path": path, "type": "http"}, None, send))

    assert (status, heads["content-type"], heads["retry-after"]) == (503, kind, "7")
    assert heads["cache-control"] == "no-store"
    assert heads["content-length"] == str(len(said.encode()))
    assert said == body or "<h1>A &lt; B</h1>" in said
    _, heads, said = sent_by(
        lambda send: Plain(404, "None")({"path": "/x.csv", "type": "http"}, None, send)
    )
    assert "retry-after" not in heads
    assert said == "None.\n"


def test_every_answer_has_our_headers_once():
    async def sending(send):
        inner = responses.with_headers(send)
        headers = [(b"X-Frame-Options", b"ALLOW"), (b"Cache-Control", b"max-age=1"), (b"x", b"y")]
        await inner({"type": "http.response.start", "status": 200, "headers": headers})
        await inner({"type": "http.response.body", "body": b"z"})

    _, heads, body = sent_by(sending)
    assert (heads["x-frame-options"], heads["Cache-Control"], heads["x"]) == (
        "DENY",
        "max-age=1",
        "y",
    )
    assert "X-Frame-Options" not in heads
    assert "cache-control" not in heads
    assert body == "z"


def test_limits_of_queries_leave_a_page_time():
    """A whole answer, its turn and its start included, ends before the page's own deadline."""
    limits = QueryLimits()

    assert limits.turn_seconds < limits.start_seconds < limits.request_seconds
    assert limits.statement_seconds < limits.answer_seconds < limits.request_seconds
    assert limits.request_seconds < BoundedProtocol.answer_seconds
    assert limits.rows < limits.streamed_rows
    assert limits.answer_bytes < limits.heap_bytes < limits.address_bytes
    assert responses.TOO_LONG.format(limits.statement_seconds).startswith(
        "The query was stopped: it took longer than 3 seconds."
    )


def in_bytes(number: str, unit: str) -> float:
    return float(number) * {"kB": 1e3, "MB": 1e6, "GB": 1e9}[unit]


def test_the_limits_are_those_that_operators_are_told():
    """The list of docs/web.md, number by number."""
    page = (Path(__file__).parent.parent.parent / "docs" / "web.md").read_text("utf-8")
    told = dict(re.findall(r"^- \*\*([a-z ]+?)\*\*: (.+)$", page, re.M))
    numbers = {
        name: [float(n.replace(",", "")) for n in re.findall(r"(?<![\w.])\d[\d,]*(?:\.\d+)?", text)]
        for name, text in told.items()
    }
    limits, one = QueryLimits(), BoundedProtocol

    assert numbers["a request"] == [
        one.request_seconds,
        one.answer_seconds,
        server.DOWNLOAD_SECONDS,
        app.DOWNLOADS,
    ]
    assert numbers["connections"] == [one.connections_most]
    assert numbers["requests at once"] == [one.answers_most, 503]
    assert numbers["a query"] == [
        *(limits.statement_seconds, 400),
        *(limits.answer_seconds, 400, 503),
    ]
    assert numbers["queries at once"] == [
        *(limits.threads, limits.waiting, limits.turn_seconds),
        503,
    ]
    assert numbers["an answer"][:2] == [limits.rows, limits.streamed_rows]
    assert numbers["an answer"][2] * 1e6 == limits.answer_bytes
    assert [in_bytes(*found) for found in re.findall(r"([\d.]+) (MB|GB)", told["memory"])] == [
        limits.heap_bytes,
        limits.address_bytes,
    ]
