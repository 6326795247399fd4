"""A reader that never ends its transaction, through one run after another."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from forecast.config import Config
from forecast.context import Context
from forecast.store import connect
from jobs.service import health
from tests.support import small_record

PINNED = """
import sqlite3, sys
db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
db.execute("begin")
seen = "select id, (select max(run_id) from forecasts) from latest_run"
print(*db.execute(seen).fetchone(), flush=True)
for line in sys.stdin:
    print(*db.execute(seen).fetchone(), flush=True)
"""


@contextmanager
def pinned(path: Path, sees: str = "2 2") -> Iterator[subprocess.Popen[str]]:
    """A reader in a transaction that it does not end; asked again, it answers from it."""
    with subprocess.Popen(
        [sys.executable, "-c", PINNED, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == f"{sees}\n"
        yield process
        process.stdin.close()
    assert process.returncode == 0


def log_size(path: Path) -> int:
    file = path.with_name(path.name + "-wal")
    return file.stat().st_size if file.exists() else 0


def warned(path: Path) -> list[str]:
    return [
        text
        for text in health.status(Context.open(path, Config()), small_record.NOW).warnings
        if "in the log" in text
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "runs", [1, pytest.param(20, marks=pytest.mark.faults)], ids=["one run", "twenty runs"]
)
def test_a_pinned_reader_stops_no_run_and_status_names_it(record, figure, runs):
    sizes, copy = [], record.with_name(small_record.SNAPSHOT)
    with pinned(record) as process:
        assert warned(record) == []
        for number in range(runs):
            assert small_record.publish(record, number) == 3 + number
            sizes.append(log_size(record))
        said = warned(record)
        assert connect.held_up_by(record, locks=Path("not here")) == []  # somebody, but not who
        print("again", file=process.stdin, flush=True)
        assert process.stdout.readline() == "2 2\n"
    without = warned(record)
    small_record.publish(record, runs)

    figure(
        "pinned reader",
        1,
        publishes=runs,
        warnings_of_status=len(said),
        log_kB_while_pinned=sizes[-1] / 1000,
        log_kB_after=log_size(record) / 1000,
    )
    assert len(said) == 1
    assert f"process {process.pid} still reads" in said[0]
    assert f"run {2 + runs} stands only in the log ({sizes[-1]:,} bytes)" in said[0]
    assert (without, log_size(record)) == ([], 0)
    assert small_record.damage(record) == []
    assert small_record.state(copy) == small_record.state(record)


@pytest.mark.parametrize(
    ("lock", "readers"),
    [
        ("1: POSIX  ADVISORY  READ {pid} fe:00:{inode} 124 124", [4242]),
        ("1: -> POSIX  ADVISORY  READ {pid} fe:00:{inode} 124 124", None),  # waits, holds nothing
        ("1: FLOCK  ADVISORY  READ {pid} fe:00:{inode} 124 124", None),
        ("1: POSIX  ADVISORY  READ {pid} fe:00:{inode} 120 120", None),  # who writes
        ("1: POSIX  ADVISORY  READ {pid} fe:00:{inode} 128 128", None),
        ("1: POSIX  ADVISORY  READ {pid} fe:00:1{inode} 124 124", None),
        ("1: POSIX  ADVISORY  READ {own} fe:00:{inode} 124 124", None),
    ],
)
def test_readers_are_told_by_the_systems_locks(tmp_path, lock, readers):
    path, locks = tmp_path / "record.db", tmp_path / "locks"
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma journal_mode = wal")
        db.execute("create table runs (id integer)")
        db.execute("pragma wal_checkpoint")
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("begin")
            reader.execute("select * from runs").fetchall()
            db.execute("insert into runs values (1)")
            db.commit()
            inode = path.with_name("record.db-shm").stat().st_ino
            locks.write_text(lock.format(pid=4242, own=os.getpid(), inode=inode) + "\n")

            assert connect.held_up_by(path, locks=locks) == readers


@pytest.mark.slow
def test_a_reader_that_reads_the_last_run_is_not_blamed(record):
    small_record.publish(record, 0)
    with pinned(record, "3 3"):
        assert warned(record) == []
