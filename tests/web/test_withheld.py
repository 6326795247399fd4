"""When the copy is damaged, edited or missing: no figures, and why."""

from __future__ import annotations

import html
import re

import pytest
from tables import edit
from visitor import NOW, PAGES, TABLES, Visitor, snapshot_of, visiting

from forecast.store import connect, copies, held, wakes


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
        wakes.save_verified(own, NOW, "digest", ["run 1 was edited"])

        said = no_figures(visitor)
        assert "run 1 was edited" in said
        assert "bordercast verify" in said
        assert visitor.ask(chart).status_code == 503

        wakes.save_verified(own, NOW, "digest", [])
        visitor.get("/border/northern")


def test_a_failed_verification_is_known_to_a_server_that_may_not_write(own, monkeypatch):
    wakes.save_verified(own, NOW, "digest", ["run 1 was edited"])
    monkeypatch.setattr("forecast.store.held.wakes.verified", lambda _: None)  # as SQLite then

    assert held.verified(own).findings == "run 1 was edited"


def before_the_first_run(path):
    path.unlink()
    with connect.writing(path):
        pass


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.unlink(), "bordercast run"),
        (lambda path: path.write_bytes(b""), "bordercast run"),
        (lambda path: path.write_bytes(b"no database at all" * 99), "not a bordercast database"),
        (lambda path: path.write_bytes(path.read_bytes()[:100_000]), "malformed"),
        (lambda path: before_the_first_run(path), "bordercast run"),
        (lambda path: edit(path, "delete from runs"), "run 1 was removed"),
    ],
    ids=["missing", "empty", "no database", "cut", "without a run", "run removed"],
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
