"""What the migrations make, as it is known without making it anew."""

from __future__ import annotations

import sqlite3

import pytest

from forecast.store import connect, schema


@pytest.fixture
def made():
    db = sqlite3.connect(":memory:")
    connect.apply(db, len(connect.migrations()))
    yield db
    db.close()


def test_tables_as_made_are_known_by_their_digest(made, monkeypatch):
    monkeypatch.setattr(schema, "_as_made", lambda version: pytest.fail("made anew"))

    assert list(schema.findings(made, len(connect.migrations()))) == []


def test_whatever_was_changed_is_found_although_the_digest_is_known(made):
    made.execute("drop view latest_run")
    made.execute("alter table spans add column more text")

    found = list(schema.findings(made, len(connect.migrations())))

    assert "view latest_run was removed, but not by this program" in found
    assert "column spans.more was added, but not by this program" in found
