"""A daemon on a small record, whose runs take a second: `running_service.py DATABASE`.

The record is made of files such as the publisher's, dropped into the inbox one month after another.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from forecast import months
from forecast.config import Config, ForecastSection
from forecast.context import Context
from forecast.store import connect, ops
from jobs import logs
from jobs.service import checks, wakeup
from jobs.service import daemon as schedule
from tests.support import publisher
from tests.support.arriving import read_here

ROOT = Path(__file__).parents[2]
FIRST_YEAR = 2021
FIRST_MONTH = "2023-12"
NOW = datetime(2026, 9, 20, 15, tzinfo=UTC)


def settings(**service: object) -> Config:
    return Config(
        service={"jitter_minutes": 0, **service},
        forecast=ForecastSection(models=("naive",), dimensions=(), first_cutoff="2023-01"),
        compute={"processes": 1},
    )


def wake(path: Path, now: datetime = NOW, config: Config | None = None) -> wakeup.CycleResult:
    context = replace(Context.open(path, config or settings()), reader=read_here)
    return wakeup.wake(context, now, with_bundle=False)


def drop(path: Path, through: str) -> str:
    """Put the file through this month into the inbox, as if it had lain there for a while."""
    name = publisher.file_name(through, first=FIRST_YEAR)
    file = path.parent / "inbox" / name
    file.parent.mkdir(exist_ok=True, parents=True)
    part = file.with_name(f".{name}")
    part.write_bytes(publisher.file_bytes(through, first=FIRST_YEAR))
    os.utime(part, (time.time() - 60,) * 2)
    part.rename(file)
    return name


def worked(path: Path, releases: int, last: datetime = NOW) -> Path:
    """A new record with so many releases and their runs, one a day; the last one's at `last`."""
    for number in range(releases):
        drop(path, month(number))
        wake(path, last - timedelta(days=releases - 1 - number))
    return path


def copied(path: Path, folder: Path) -> Path:
    """A copy of a record and of its ops.db, to change."""
    for file, schema in ((path, connect.SCHEMA), (ops.ops_path(path), ops.SCHEMA)):
        with closing(connect.read(file, schema)) as db:
            db.execute("vacuum into ?", (str(folder / file.name),))
    return folder / path.name


def month(number: int) -> str:
    """The month of the `number`th release, from 0."""
    return months.shift(FIRST_MONTH, number)


def examined_by_doctor(context: Context, source: str, now: datetime) -> list[checks.Finding]:
    """What `doctor` finds."""
    case = checks.ServiceCase(context, now, source)
    return list(checks.findings(case, "doctor"))


def table(path: Path, query: str) -> list[tuple]:
    """What a query finds in the record or, for its tables, in ops.db; [] before it is there."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute(query).fetchall()


def releases_by_run(path: Path) -> list[tuple[int, int]]:
    """(release, the first run that covers it), for all releases."""
    return table(
        path,
        "select r.id, min(x.run_id) from releases r left join run_releases x "
        "on x.release_id = r.id where status = 'accepted' group by r.id order by r.seq",
    )


HANGS = 240.0  # seconds; nobody waits so long but for what never comes, however busy the machine


def wait_for(true: Callable[[], object], seconds: float = HANGS) -> float:
    """Seconds until it held."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not in {seconds} s")
        time.sleep(0.02)
    return time.monotonic() - began


@contextmanager
def daemon(path: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A daemon as its own process; killed at the end if it still runs."""
    log = path.with_name(f"log-{time.monotonic_ns()}")
    command = [sys.executable, __file__, str(path), *arguments]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment}
    with log.open("w") as file:
        process = subprocess.Popen(command, stderr=file, text=True, env=variables)
    process.log = log  # type: ignore[attr-defined]
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def said(process: subprocess.Popen[str]) -> str:
    """The daemon's log up to now."""
    return process.log.read_text()  # type: ignore[attr-defined, no-any-return]


def children(pid: int) -> set[int]:
    """Every process below this one."""
    found: set[int] = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        if parent == pid:
            found |= {int(entry.parent.name), *children(int(entry.parent.name))}
    return found


def alive(pid: int) -> bool:
    """Whether a process runs; a dead one that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def hold(context: Context) -> wakeup.CycleResult:
    """Work that holds the write lock for a minute, in a process with a child of its own."""
    from forecast.store.connect import writing

    with writing(context.path), subprocess.Popen(["sleep", "600"]):
        time.sleep(600)


WORK = {"work": partial(wakeup.main, with_bundle=False), "hold": hold}

if __name__ == "__main__":
    from tests.support import running_service  # under the name by which a worker finds it

    chosen = running_service.WORK[sys.argv[2] if len(sys.argv) > 2 else "work"]
    logs.set_up(settings())
    try:
        schedule.serve(Context.open(Path(sys.argv[1]), settings()), chosen)
    except schedule.BordercastError as error:
        print(f"bordercast: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
