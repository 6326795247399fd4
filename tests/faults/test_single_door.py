"""Only SQLite opens the record's files, and nothing writes outside the write lock."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click
import pytest

from jobs.cli import main
from tests.support import mail_server, publisher, small_record, watched_commands
from tests.support.every_command import CONNECTED, MOVED, commands
from tests.support.publisher import FOLDER, file_bytes, file_name

ROOT = Path(__file__).parents[2]
SOURCES = [p for room in ("models", "forecast", "jobs") for p in (ROOT / room).rglob("*.py")]
# The page serves the analysts' copy and has tests of its own; the others touch no record.
NOT_RUN = {"web", "help", "version", "mcp"}


def leaves(group: click.Group, above: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Every command by its words; of `export` any will do, they are all made alike."""
    found: set[tuple[str, ...]] = set()
    for name, command in group.commands.items():
        inner = isinstance(command, click.Group) and name != "export"
        found |= leaves(command, (*above, name)) if inner else {(*above, name)}
    return found


@pytest.fixture(scope="module")
def watched(before, tmp_path_factory) -> tuple[list[Any], list[list[str]]]:
    """What came of every command, and what was seen at the door meanwhile."""
    folder = tmp_path_factory.mktemp("door")
    path, log = small_record.copied(before, folder), folder / "door.jsonl"
    with publisher.running() as site, mail_server.server(mail_server.Taken()) as port:
        name = file_name("2024-04", first=small_record.FIRST_YEAR)
        site.put(FOLDER + name, file_bytes("2024-04", first=small_record.FIRST_YEAR, moved=MOVED))
        site.list_files(FOLDER + name)
        with (folder / "config.toml").open("a") as file:
            file.write(CONNECTED.format(index=site.index, port=port))
        argv = [sys.executable, watched_commands.__file__, path, log, json.dumps(commands(folder))]
        here = str(ROOT)
        done = subprocess.run(
            argv, env={**os.environ, "PYTHONPATH": here}, capture_output=True, text=True, check=True
        )
    lines = done.stdout.splitlines()
    return [json.loads(line) for line in lines], list(map(json.loads, log.read_text().splitlines()))


@pytest.mark.slow
def test_every_command_was_run_and_did_its_work(watched):
    came = watched[0]
    run = {tuple(words[:2]) for words, _, _ in came} | {(words[0],) for words, _, _ in came}

    assert {leaf for leaf in leaves(main) if leaf not in run} <= {(name,) for name in NOT_RUN}
    # Refused files, an expired notice, figures that are years old, and no witness named.
    expected = {"ingest": 3, "notices reject": 3, "status": 4, "notices demo": 3, "witness now": 2}
    wrong = [
        (words, code, said)
        for words, code, said in came
        if code != expected.get(words[0], expected.get(" ".join(words[:2]), 0))
    ]
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.slow
@pytest.mark.both
def test_only_sqlite_opens_the_record_and_nobody_writes_outside_the_lock(watched, figure):
    came, seen = watched
    kinds = Counter(what for what, _, _ in seen)
    bad = [line for line in seen if line[0] != "wrote"]

    figure(
        "door", len(came), kinds_of_writes_in_the_lock=kinds["wrote"], opened=kinds["opened"],
        outside_the_lock=len(bad) - kinds["opened"],
    )  # fmt: skip
    # Made closed to others under the lock, before SQLite first opens it; see `create_private`.
    assert bad in ([], [["opened", "ops.db", ""]])
    assert {file for _, file, _ in seen} == {"bordercast.db", "ops.db"}
    assert kinds["wrote"] > 60


@pytest.mark.slow
def test_only_the_store_connects():
    found = {
        str(path.relative_to(ROOT).parent)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "sqlite3.connect"
    }

    # jobs/web limits the memory of SQLite itself, on a database of nothing.
    assert found == {"forecast/store", "jobs/web"}


WATCHED = """
import json, sqlite3, sys
from pathlib import Path
from tests.support import watched_commands
watched_commands.watch(Path(sys.argv[1]), Path(sys.argv[2]))
open(sys.argv[1]).close()
with sqlite3.connect(sys.argv[1]) as db:
    db.execute("create table t (x)")
"""


def test_the_watch_at_the_door_sees_what_it_is_for(tmp_path):
    path, log = tmp_path / "bordercast.db", tmp_path / "log"
    path.touch()
    argv = [sys.executable, "-c", WATCHED, path, log]
    subprocess.run(argv, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)

    found = [json.loads(line)[0] for line in log.read_text().splitlines()]
    assert found == ["opened", "wrote outside the lock"]


@pytest.mark.parametrize(
    ("statement", "changes"),
    [
        ("select 1", False),
        ("pragma user_version", False),
        ("pragma user_version = 3", True),
        ("pragma journal_mode = wal", True),
        ("PRAGMA busy_timeout = 10", False),
        ("begin", False),
        ("begin immediate", True),
        ("vacuum into 'x'", False),
        ("vacuum", True),
        ("insert into t values (1)", True),
        ("create view v as select 1", True),
        ("create temp table t as select 1", False),
        ("insert or abort into temp.t values (1)", False),
        ("insert into t select * from temp.t", True),
    ],
)
def test_writes_are_told_from_reads(statement, changes):
    assert watched_commands.writes(statement) == changes
