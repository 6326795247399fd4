"""The page served: the files, the box that checks a text, and when nothing is shown."""

from __future__ import annotations

import html
import os
import re
import sys
from datetime import UTC, datetime

import pytest

from forecast import child
from forecast.config import Config
from forecast.context import Context
from forecast.store import wakes
from jobs import monthly
from jobs.service import upkeep
from jobs.web import app
from tests.support import drug_files, running_service
from tests.support.databases import edit
from tests.support.site_visitor import NOW, PAGES, ROOT, snapshot_of, visiting


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_its_file(visitor, site, path):
    """But for the box on the front page, which only a server can answer."""
    served, form = re.subn(
        rb"\n\n<form action=.*?</form>", b"", visitor.get(path).content, flags=re.S
    )

    assert served == (site / path.strip("/") / "index.html").read_bytes()
    assert form == (path == "/")


def test_a_number_to_quote_has_its_page_and_its_data(visitor, site):
    folder = site / "fact" / "northern"

    for path, name in (
        ("", "index.html"),
        ("index.html", "index.html"),
        ("facts.json", "facts.json"),
    ):
        answer = visitor.ask(f"/fact/northern/{path}")
        assert (answer.status_code, answer.content) == (200, (folder / name).read_bytes())
    assert 'id="2024-08"' in (folder / "index.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/border/northern", "northern/"),
        ("/border/northern/2025-01", "2025-01/"),
        ("/fact/northern/2024-08/18944", "../../../fact/northern/#2024-08"),
    ],
)
def test_an_address_without_its_end_leads_there(visitor, path, to):
    answer = visitor.ask(path)

    assert answer.status_code in (307, 308)
    assert answer.headers["location"] == to


@pytest.mark.parametrize(
    "path",
    ["/border/northern/1999-01", "/border/northern/2025-13/", "/border/northern/20%0025",
     "/border/eastern", "/no/such/thing", "/fact/eastern/2024-08/1", "/fact/northern/x/1",
     "/..%2f..%2fetc%2fpasswd", "//etc/passwd", "/static/", "/static/../index.html/x"],
)  # fmt: skip
def test_what_is_not_there_is_said_plainly(visitor, path):
    answer = visitor.ask(path)

    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_the_whole_file_is_the_snapshot(visitor, record):
    assert visitor.get("/bordercast.db").content == snapshot_of(record).read_bytes()


CLAIM = "In August 2024, 18,944 people were caught entering illegally at the northern border."


def test_a_text_is_checked_and_nothing_of_it_is_code(visitor):
    answer = visitor.ask("/check/", "POST", data={"text": f"{CLAIM} <script>alert(1)</script>"})
    number = visitor.ask("/check/index.html", "POST", data={"text": "18,944"})

    assert answer.status_code == number.status_code == 200
    assert "1 claim" in answer.text
    assert "<script" not in answer.text
    assert "in August 2024" in html.unescape(number.text)
    assert 'name="text"' in visitor.get("/check/").text


@pytest.mark.parametrize(
    ("text", "status"), [("x" * 50_001, 413), ("x" * 300_000, 413), (" ", 400)]
)
def test_a_text_that_cannot_be_checked_is_refused(visitor, text, status):
    assert visitor.ask("/check/", "POST", data={"text": text}).status_code == status


def test_not_too_many_texts_are_checked(record, monkeypatch):
    monkeypatch.setattr(app, "TEXTS_A_MINUTE", 1)
    with visiting(record) as visitor:
        visitor.ask("/check/", "POST", data={"text": "18,944"})
        answer = visitor.ask("/check/", "POST", data={"text": "18,944"})

        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "60"


def test_after_a_failed_verification_nothing_is_shown_until_one_succeeds(own):
    with visiting(own) as visitor:
        visitor.get("/")
        wakes.save_verified(own, NOW, "digest", ["run 1 was edited"])
        for path in (*PAGES, "/bordercast.db", "/bordercast/runs.json", "/check/"):
            answer = visitor.ask(path)
            assert answer.status_code == 503
            assert "run 1 was edited" in html.unescape(answer.text)
        wakes.save_verified(own, NOW, "digest", [])
        visitor.get("/border/northern/")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: edit(path, "update forecasts set hi95 = hi95 + 1"), "not as it was written"),
        (lambda path: edit(path, "delete from runs"), "run 1 was removed"),
        (lambda path: path.write_bytes(path.read_bytes()[:100_000]), "malformed"),
        (lambda path: path.unlink(), "bordercast run"),
    ],
    ids=["edited", "run removed", "cut", "missing"],
)
def test_no_file_is_written_from_a_copy_that_is_not_whole(own, tmp_path, spoil, words):
    spoil(snapshot_of(own))
    words_of = (str(snapshot_of(own)), str(tmp_path / "new"), "")
    command = [sys.executable, "-m", "jobs.web.children", "build", *words_of]
    limits = child.ChildLimits(running_service.HANGS, 0, 100_000)
    with child.Child(command, {**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        said = process.answer(b"", limits).decode()

    assert words in said
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_a_text_is_held_against_the_measure_of_its_record(tmp_path):
    """The checker has a process of its own, which must learn whose counts it has."""
    path = tmp_path / "seizures.db"
    settings = Config.model_validate(
        {
            "sources": ({"kind": "cbp_drug_events"},),
            "forecast": {"models": ("naive",), "dimensions": (), "first_cutoff": "2026-03"},
            "site": {"folder": "site"},
            "compute": {"engine": "serial"},
        }
    )
    (tmp_path / drug_files.NAME).write_bytes(drug_files.content(drug_files.lines()))
    now = datetime(2026, 5, 18, tzinfo=UTC)
    monthly.run(
        Context.open(path, settings), [tmp_path / drug_files.NAME], now=now, with_bundle=False
    )
    upkeep.write_snapshot(path, settings)
    upkeep.write_site(Context.open(path, settings), now)
    with visiting(path) as visitor:
        text = "CBP seized 43 pounds of fentanyl at the northern border in FY2025."
        answer = visitor.ask("/check/", "POST", data={"text": text})

    assert "pounds are another measure: this record counts seizures" in answer.text
