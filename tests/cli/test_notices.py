"""What a reader says of a notice: kept without the reader, counted in `status` and each year."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.store import ops
from jobs.cli import main
from tests.support import small_record
from tests.support.databases import rows


@pytest.fixture
def path(session_artifact, tmp_path) -> Path:
    """A record with January's notice, held."""
    before = session_artifact("small", small_record.made) / small_record.NAME
    return small_record.copied(before, tmp_path / "rated")


def bordercast(path: Path, *words: str):
    return CliRunner().invoke(main, ["--db", str(path), *words])


def test_ratings_are_kept_shown_and_counted_without_a_name(path):
    ((notice, key),) = rows(path, "select id, content_key from notices")
    said = [
        bordercast(path, "notices", "rate", str(notice), "useful"),
        bordercast(path, "notices", "rate", str(notice), "not", "--why", "the press had it"),
        bordercast(path, "notices", "rate", str(notice), "useful"),
    ]
    status = json.loads(bordercast(path, "status", "--json").output)
    shown = bordercast(path, "notices", "show", str(notice)).output
    as_json = json.loads(bordercast(path, "notices", "show", str(notice), "--json").output)

    assert [one.output for one in said] == [
        f"Notice {notice}: useful, kept.\n",
        f"Notice {notice}: not useful, kept.\n",
        f"Notice {notice}: useful, kept.\n",
    ]
    assert status["facts"]["ratings"] == {"useful": 2, "not": 1}
    assert [line.split() for line in shown.splitlines() if line.startswith("rated")] == [
        ["rated", "useful"],
        ["rated", "not:", "the", "press", "had", "it"],
        ["rated", "useful"],
    ]
    assert [set(one) for one in as_json["ratings"]] == [{"verdict", "why", "rated_at"}] * 3
    with closing(sqlite3.connect(ops.ops_path(path))) as db:
        assert {k for (k,) in db.execute("select content_key from ratings")} == {key}


@pytest.mark.parametrize("words", [("9", "useful"), ("1", "great"), ("1",)])
def test_only_a_notice_there_is_can_be_rated_and_only_so(path, words):
    assert bordercast(path, "notices", "rate", *words).exit_code != 0
    if ops.ops_path(path).exists():
        assert rows(ops.ops_path(path), "select count(*) from ratings") == [(0,)]


def test_an_ops_db_from_before_there_were_ratings_has_none(path):
    bordercast(path, "notices", "rate", "1", "useful")
    with closing(sqlite3.connect(ops.ops_path(path))) as db:
        db.execute("drop table ratings")

    status = json.loads(bordercast(path, "status", "--json").output)

    assert status["facts"]["ratings"] == {}
