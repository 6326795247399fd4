"""A database file held open for strangers' questions: what they may ask, and of which file."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forecast.errors import ConfigError, StoreError, VerifyError
from forecast.store import connect, copies, held, ops, wakes
from tests.support import audited, tiny_record
from tests.support.databases import edit

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def whole(by_hand: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An analysts' copy; not to be changed."""
    return copies.copy(by_hand, tmp_path_factory.mktemp("whole") / "copy.db", copies.READ_ONLY)


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    path = Path(shutil.copy(whole, tmp_path / "copy.db"))
    path.chmod(0o600)
    return path


@pytest.fixture
def connection(whole: Path) -> Iterator[sqlite3.Connection]:
    found = held.hold(whole, 1)
    yield found.connections[0]
    held.close(found)


def test_a_file_is_held_open_so_often_and_let_go(path):
    found = held.hold(path, 3)

    assert found.identity == held.identity(path)
    assert found.run.id == 2
    assert len(found.connections) == 3
    with ThreadPoolExecutor(1) as other:
        count = "select count(*) from runs"
        asked = other.submit(lambda: [c.execute(count).fetchone()[0] for c in found.connections])
        assert asked.result() == [3, 3, 3]
    path.unlink()
    assert held.identity(path) is None
    assert os.pread(found.file, 6, 0) == b"SQLite"
    held.close(found)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(found.file)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        found.connections[2].execute("select 1")


@pytest.mark.parametrize(
    "question",
    [
        "select * from border_months",
        "with recursive n(i) as (select 1 union all select i + 1 from n limit 3) select * from n",
        "select lower(border), count(*) from series group by 1",
        "pragma table_info(runs)",
        "pragma index_list(releases)",
        "pragma foreign_key_list(scores)",
        "pragma TABLE_XINFO(runs)",
        "pragma schema_version",
        "select * from pragma_table_info('runs')",
    ],
)
def test_what_only_reads_the_file_is_answered(connection, question):
    assert connection.execute(question).fetchall()


def test_every_table_and_view_of_the_file_can_be_read(connection):
    named = connection.execute("select name from sqlite_master where type in ('table', 'view')")

    for (name,) in named.fetchall():
        connection.execute(f'select * from "{name}" limit 1').fetchall()
    counted = "with runs_now as (select id from runs) select count(*), max(id) from runs_now"
    assert connection.execute(counted).fetchall() == [(3, 3)]


@pytest.mark.parametrize(
    "table",
    [
        "sqlite_stmt",
        "sqlite_dbpage",
        "dbstat",
        "bytecode('select 1')",
        "tables_used('select 1')",
        "sqlite_dbdata",
        "sqlite_temp_schema",
        "pragma_database_list",
        "pragma_function_list",
        "pragma_compile_options",
    ],
)
def test_no_table_of_sqlite_itself_is_read(connection, table):
    """What others ask, the file's pages; whichever of them this SQLite was built with."""
    with pytest.raises(sqlite3.DatabaseError, match=r"prohibited|authorized|no such table"):
        connection.execute(f"select count(*), * from {table}").fetchall()


@pytest.mark.parametrize(
    "question",
    [
        "update runs set id = 9",
        "delete from runs",
        "create table x (i)",
        "create temp table x (i)",
        "drop view border_months",
        "attach ':memory:' as other",
        "pragma journal_mode",
        "pragma schema_version = 5",
        "pragma query_only = off",
        "begin",
        "select load_extension('x')",
        "select LOAD_EXTENSION('x')",
        "select fts3_tokenizer('x')",
    ],
)
def test_anything_else_is_refused(connection, question):
    with pytest.raises(sqlite3.DatabaseError, match=r"not authorized|prohibited|no such function"):
        connection.execute(question)


@pytest.mark.parametrize(
    ("question", "size", "says"),
    [
        (lambda n: f"select length(zeroblob({n}))", 500_000, "too big"),
        (lambda n: "select 1" + " " * (n - 8), 50_000, "too large|too big|too long"),
        (lambda n: " union all ".join(["select 1"] * n), 50, "too many terms"),
        (lambda n: f"select 'a' like '{'x' * n}'", 200, "too complex"),
        (lambda n: "select " + "+".join("1" * n), 200, "Expression tree is too large"),
    ],
)
def test_no_question_is_larger_than_its_limit(connection, question, size, says):
    assert connection.execute(question(size)).fetchall()
    with pytest.raises(sqlite3.Error, match=says):
        connection.execute(question(size + 1)).fetchall()


def test_a_file_that_publishes_nothing_is_not_shown(tmp_path):
    with pytest.raises(ConfigError, match="no such database"):
        held.hold(tmp_path / "none.db", 1)
    (tmp_path / "empty.db").touch()
    with pytest.raises(ConfigError, match="is empty"):
        held.hold(tmp_path / "empty.db", 1)
    with connect.writing(tmp_path / "new.db"):
        pass
    with pytest.raises(ConfigError, match="nothing is published yet"):
        held.hold(tmp_path / "new.db", 1)


def test_a_file_that_was_edited_is_not_shown(path):
    edit(path, "update scores set n = 1")

    with pytest.raises(VerifyError) as refused:
        held.hold(path, 1)
    assert "run 2 was edited: scores not as published" in str(refused.value)


def test_a_file_that_is_replaced_while_it_is_opened_is_opened_again(path, tmp_path):
    """Until it is the same before and after; five times, and no more."""
    opened = []
    others = [Path(shutil.copy(path, tmp_path / f"other-{n}")) for n in range(9)]

    def replacing(times: int):
        opened.clear()

        def watch(event, about):
            if event == "open" and str(about[0]) == str(path):
                opened.append(path)
                if len(opened) <= times:
                    others.pop().replace(path)

        return audited.watching(watch)

    with replacing(4):
        held.close(held.hold(path, 1))
    assert len(opened) == 5
    with replacing(5), pytest.raises(StoreError, match="keeps changing while"):
        held.hold(path, 1)
    assert len(opened) == 5


@pytest.mark.parametrize("back", [True, False])
def test_a_file_that_is_not_the_one_that_was_opened_is_opened_again(path, tmp_path, back):
    """Another for a moment, while it was opened; or another from then on."""
    other, kept = Path(shutil.copy(path, tmp_path / "other")), tmp_path / "kept"
    os.link(path, kept)
    turns = []

    def watch(event, about):
        if event == "open" and str(about[0]) == str(path) and not turns:
            turns.append(back and other.replace(path))
        elif event == "sqlite3.connect" and len(turns) == 1:
            turns.append((kept if back else other).replace(path))

    with audited.watching(watch):
        found = held.hold(path, 1)
    held.close(found)

    assert len(turns) == 2
    assert found.identity == held.identity(path)


def test_the_last_verification_is_known_beside_a_record_that_cannot_be_written(path, monkeypatch):
    record = path.with_name("bordercast.db")
    assert held.verified(record) is None
    wakes.save_verified(record, NOW, "digest", ["one", "two"])
    expected = wakes.Verification("2024-04-01T12:00:00+00:00", "digest", "one; two")
    assert held.verified(record) == wakes.verified(record) == expected

    for left in path.parent.glob("ops.db-*"):
        left.unlink()
    monkeypatch.setattr(wakes, "verified", lambda path: None)
    assert held.verified(record) == expected
    log = ops.ops_path(record).with_name("ops.db-wal")
    log.write_bytes(b"")
    assert held.verified(record) is None
    log.unlink()
    ops.ops_path(record).write_text("no database")
    assert held.verified(record) is None


def test_after_a_verification_that_failed_nothing_is_shown(tmp_path):
    record = tmp_path / "bordercast.db"
    tiny_record.make(record)
    wakes.require_intact(record)
    wakes.save_verified(record, NOW, "digest", [])
    wakes.require_intact(record)

    wakes.save_verified(record, NOW, "digest", ["run 2 was edited"])
    with pytest.raises(VerifyError, match="verification failed on 2024-04-01"):
        wakes.require_intact(record)
    wakes.save_verified(record, NOW, "digest", [])
    edit(record, "update scores set n = 1")
    with pytest.raises(VerifyError, match="not as it was written"):
        wakes.require_intact(record)


def test_a_record_is_looked_at_once_until_it_changes(tmp_path):
    record = tmp_path / "bordercast.db"
    tiny_record.make(record)

    sound = wakes.require_intact(record)
    with audited.connected() as looked_at:
        assert wakes.require_intact(record, sound) == sound
        assert looked_at == []
        wakes.save_verified(record, NOW, "digest", [])
        again = wakes.require_intact(record, sound)
    assert len([one for one in looked_at if "bordercast.db" in one]) == 1
    edit(record, "update scores set n = 1")
    with pytest.raises(VerifyError, match="not as it was written"):
        wakes.require_intact(record, again)


def test_an_ops_db_of_an_early_program_knows_of_no_verification(tmp_path):
    record = tmp_path / "bordercast.db"
    wakes.save_verified(record, NOW, "digest", [])
    with closing(sqlite3.connect(ops.ops_path(record))) as db:
        db.execute("delete from verification")
        db.commit()
    assert wakes.verified(record) is None
    edit(ops.ops_path(record), "drop table verification")

    assert wakes.verified(record) is None
