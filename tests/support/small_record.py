"""A small record, one month before a run that takes everything in it: the faults' subject.

The run under test takes a file out of the inbox, judges February 2024, flags it, publishes, writes
a notice and the analysts' copy. It is the program itself, with its clock stopped, so that two runs
on the same record are the same to the last byte:

    folder/bordercast.db             two releases, two runs, January's notice held
    folder/bordercast-snapshot.db    the analysts' copy
    folder/inbox/...feb-state.csv    what the run is to take in
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from forecast import config, months
from forecast.config import Config
from forecast.context import Context
from forecast.store import connect, integrity, notices
from jobs import monthly
from jobs.deliver import approve as approvals
from jobs.service import upkeep
from tests.support import publisher
from tests.support.notice_words import word

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NAME = "bordercast.db"
SNAPSHOT = "bordercast-snapshot.db"
MARK = "SMALL_RECORD"  # by which the environment of a process tells for which record it works
FIRST_YEAR = 2021
# Each month that is published, when, and what it moves in the figures.
DECEMBER = ("2023-12", datetime(2024, 1, 18, 12, tzinfo=UTC), {})
JANUARY = ("2024-01", datetime(2024, 2, 16, 12, tzinfo=UTC), {("2024-01", "southwest"): 900})
FEBRUARY = (
    "2024-02",
    datetime(2024, 3, 16, 12, tzinfo=UTC),
    {("2024-01", "southwest"): 900, ("2024-02", "northern"): 300},
)
NOW = FEBRUARY[1]
SETTINGS = """
[forecast]
models = ["naive", "snaive"]
first_cutoff = "2023-06"
dimensions = ["state"]
horizon = 3

[notices]
contact = "desk@example.org"

[compute]
processes = 1
"""


def settings(path: Path | None = None) -> Config:
    """Those beside a database, or those of every small record."""
    if path is None:
        return config.parse(SETTINGS, "the small record's settings")
    return config.load(path.with_name("config.toml"))


def drop(folder: Path, through: str, moved: dict[tuple[str, str], int]) -> Path:
    """Put a file into the inbox, as if it had lain there for a while."""
    file = folder / "inbox" / publisher.file_name(through, first=FIRST_YEAR)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(publisher.file_bytes(through, first=FIRST_YEAR, moved=moved))
    os.utime(file, (NOW.timestamp(),) * 2)
    return file


def made(folder: Path, settings: str = SETTINGS) -> Path:
    """The record as it stands before the run under test; returns the database."""
    path = folder / NAME
    (folder / "config.toml").write_text(settings)
    for through, now, moved in (DECEMBER, JANUARY):
        drop(folder, through, moved)
        run(path, now)
    drop(folder, FEBRUARY[0], FEBRUARY[2])
    return path


def copied(path: Path, folder: Path) -> Path:
    """The record of this database and all that lies beside it, to spoil."""
    shutil.copytree(path.parent, folder, dirs_exist_ok=True)
    return folder / path.name


def run(path: Path, now: datetime = NOW) -> int | None:
    """The month's work in this process; the run's id, None if there was nothing new."""
    found = settings(path)
    outcome = monthly.run(Context.open(path, found), now=now, with_bundle=False)
    upkeep.write_snapshot(path, found)
    return outcome.run_id


def publish(path: Path, number: int) -> int | None:
    """The run of the `number`th month from February 2024 on, in each of which one border deviates.

    To be called for 0, 1, 2, ... in turn.
    """
    span = [months.shift(FEBRUARY[0], ahead) for ahead in range(number + 1)]
    moved = {
        (month, "southwest" if place % 2 else "northern"): 300 + place
        for place, month in enumerate(span)
    }
    drop(path.parent, span[-1], {**JANUARY[2], **moved})
    year, month = (int(part) for part in months.shift(span[-1], 1).split("-"))
    return run(path, datetime(year, month, 16, 12, tzinfo=UTC))


def program(path: Path, *arguments: str, fault: str = "") -> subprocess.Popen[str]:
    """`python -m jobs --db PATH ARGUMENTS` as a process of its own; see `stopped_clock`.

    It says "ready" on its first line, when it has imported what it needs and begins.
    """
    command = [sys.executable, str(HERE / "stopped_clock.py"), fault]
    options = ["--config", str(path.parent / "config.toml"), "--db", str(path)]
    here = str(ROOT)
    return subprocess.Popen(
        [*command, *options, *(arguments or ("run", "--no-bundle"))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": here, "OMP_NUM_THREADS": "1", MARK: str(path)},
    )


def finished(path: Path, *arguments: str, fault: str = "") -> tuple[int, str]:
    """(exit code, all it said) of the program, run to its end."""
    with program(path, *arguments, fault=fault) as process:
        out, err = process.communicate()
    return process.returncode, out.removeprefix("ready\n") + err


def processes(path: Path) -> set[int]:
    """Every process that was started for this record; none where there is no /proc."""
    found = set()
    for place in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it may have gone, or belong to somebody else
            if f"{MARK}={path}\0".encode() in place.read_bytes():
                found.add(int(place.parent.name))
    return found


def state(path: Path) -> str:
    """sha256 of every row of every table; two records are equal if theirs are.

    Left out is the cache of fits' paths.
    """
    found = hashlib.sha256()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        db.execute("begin")  # one moment, whoever writes meanwhile
        tables = db.execute("select name from sqlite_master where type = 'table' order by 1")
        for (name,) in tables.fetchall():
            if name == "model_paths":
                continue
            for row in sorted(map(repr, db.execute(f"select * from {name}"))):
                found.update(f"{name}{row}\n".encode())
    return found.hexdigest()


def damage(path: Path) -> list[str]:
    """What is wrong with a database file: its pages, its references, its chain of digests."""
    with closing(connect.read(path)) as db:
        found = [row[0] for row in db.execute("pragma integrity_check")]
        found = [] if found == ["ok"] else found
        found += [
            f"dangling reference: {tuple(row)}" for row in db.execute("pragma foreign_key_check")
        ]
        return found + integrity.findings(db)


def left_over(folder: Path) -> list[str]:
    """Files that no run leaves when it ends well; readers leave an empty log."""
    known = {NAME, SNAPSHOT, "config.toml", "ops.db"}
    known |= {f"{name}{end}" for name in (NAME, "ops.db") for end in (".lock", "-wal", "-shm")}
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [
        str(file.relative_to(folder))
        for file in files
        if file.name not in known and file.parent.parent.name != "archive"
    ]


def approve(path: Path, notice_id: int, by: str) -> None:
    """A person's word on what the notice says now."""
    with closing(connect.read(path)) as connection:
        seen = notices.content(connection, notice_id)
    approvals.approve(path, notice_id, word(by, "root", seen), NOW)
