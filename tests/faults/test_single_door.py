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
import door
import mailserver
import publisher
import pytest
import small
from publisher import FOLDER, file_bytes, file_name

from jobs.cli import main

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SOURCES = [p for room in ("models", "forecast", "jobs") for p in (ROOT / room).rglob("*.py")]
# What the later files change in the small record's figures.
MOVED = {("2024-01", "southwest"): 900, ("2023-11", "southwest"): 900}
# The page serves the analysts' copy and has tests of its own; the others touch no record.
NOT_RUN = {"web", "help", "version", "mcp"}
CONNECTED = """
[fetch]
enabled = true
contact = "desk@example.org"
index = "{index}"

[mail]
enabled = true
host = "127.0.0.1"
port = {port}
security = "local"
sender = "Bordercast <notices@example.org>"

[[notices.recipients]]
address = "ann@example.org"
"""


def commands(folder: Path) -> list[list[str]]:
    """Every command of the program, in an order in which each has something to do."""
    (folder / "odd.csv").write_bytes(b"Fiscal Year\n2024\n")
    (folder / "text.txt").write_text("CBP counted 1,000 encounters in February.\n")
    lines = [f"a,{2020 + n // 12}-{n % 12 + 1:02d},{n + 5}" for n in range(40)]
    (folder / "own.csv").write_text("series,month,value\n" + "\n".join(lines) + "\n")
    revised = folder / publisher.file_name("2024-03", first=small.FIRST_YEAR)
    revised.write_bytes(publisher.file_bytes("2024-03", first=small.FIRST_YEAR, moved=MOVED))
    backup = str(folder / "kept")
    words = f"""
        run --no-bundle
        show
        flags
        score
        brief northern
        fact northern 2024-02
        check {folder}/text.txt --published 2024-04-02
        chance northern 2024-05 >100
        changes northern
        report FY2024 -o {folder}/fy.md
        plot northern -o {folder}/fan.svg
        export latest_forecasts -o {folder}/ahead.csv
        export hub -o {folder}/hub
        forecast {folder}/own.csv -o {folder}/own-ahead.csv
        replay --from 2023-10
        notices list
        notices show 1
        notices preview 2
        notices approve 2 --content PREVIEWED --by Lee
        notices reject 1 --by Lee --why late
        notices send --yes
        notices unsubscribe ann@example.org
        releases list
        releases show 1
        ingest --no-bundle {folder}/odd.csv
        ingest --no-bundle {revised}
        releases accept 5 --why seen
        run --no-bundle
        fetch --once --no-bundle
        serve --once
        status
        doctor
        verify
        config check
        config show
        config init -o {folder}/made.toml
        site -o {folder}/site
        notices demo -o {folder}/demo.eml
        notices test --to ann@example.org
        witness now
        witness export {folder}/proofs
        backup --to {backup}
        backup --drill
        withdraw 4 --why odd --by Lee
        restore {backup}
    """
    return [line.split() for line in words.splitlines() if line.strip()]


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
    path, log = small.copied(before, folder), folder / "door.jsonl"
    with publisher.running() as site, mailserver.server(mailserver.Taken()) as port:
        name = file_name("2024-04", first=small.FIRST_YEAR)
        site.put(FOLDER + name, file_bytes("2024-04", first=small.FIRST_YEAR, moved=MOVED))
        site.list_files(FOLDER + name)
        with (folder / "config.toml").open("a") as file:
            file.write(CONNECTED.format(index=site.index, port=port))
        argv = [sys.executable, door.__file__, path, log, json.dumps(commands(folder))]
        here = os.pathsep.join(map(str, (ROOT, HERE.parent, HERE)))
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
import door
door.watch(Path(sys.argv[1]), Path(sys.argv[2]))
open(sys.argv[1]).close()
with sqlite3.connect(sys.argv[1]) as db:
    db.execute("create table t (x)")
"""


def test_the_watch_at_the_door_sees_what_it_is_for(tmp_path):
    path, log = tmp_path / "bordercast.db", tmp_path / "log"
    path.touch()
    argv = [sys.executable, "-c", WATCHED, path, log]
    subprocess.run(argv, env={**os.environ, "PYTHONPATH": str(HERE)}, check=True)

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
    ],
)
def test_writes_are_told_from_reads(statement, changes):
    assert door.writes(statement) == changes
