"""One reader among many: `database_reader.py KIND DATABASE SEED`; stops when its input ends.

    views       everything the views say, in one transaction
    commands    a reading command, another each time
    loose       two queries one after the other without a transaction, as they come to an analyst

On its last line it says, as JSON, how often it read, its errors, and every different answer.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import select
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

VIEWS = (
    *("latest_run", "latest_forecasts", "scorecard", "border_months", "vintages"),
    *("judged_months", "all_flags", "flag_drivers", "flag_episodes", "forecast_vs_actual"),
)
COMMANDS = (
    *(["show", "--json"], ["show", "northern"], ["show"], ["flags", "--json"], ["flags"]),
    *(["brief", "northern"], ["brief", "nationwide", "--json"], ["fact", "southwest", "2023-12"]),
    *(["score", "--json"], ["notices", "list"]),
)
PAUSE = 0.4  # seconds between two reads, on average
Answers = Iterator[tuple[str, str]]


def opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def views(path: Path, _: int = 0) -> Answers:
    """One answer: every row of every view."""
    said = hashlib.sha256()
    with closing(opened(path)) as db:
        db.execute("begin")
        for view in VIEWS:
            for row in sorted(map(repr, db.execute(f"select * from {view}"))):
                said.update(f"{view}{row}\n".encode())
    yield "views", said.hexdigest()


def command(path: Path, number: int) -> Answers:
    """One answer: all that a command prints."""
    from click.testing import CliRunner

    from jobs.cli import main

    place = ["--config", str(path.parent / "config.toml"), "--db", str(path)]
    chosen = COMMANDS[number % len(COMMANDS)]
    said = CliRunner().invoke(main, [*place, *chosen])
    if said.exit_code:
        raise RuntimeError(f"{chosen}: {said.output} {said.exception!r}")
    yield " ".join(chosen), hashlib.sha256(said.output.encode()).hexdigest()


def every_command(path: Path) -> Answers:
    """One answer a command."""
    for number in range(len(COMMANDS)):
        yield from command(path, number)


def loose(path: Path, _: int) -> Answers:
    """Whether the run was the same in the second query of a connection."""
    with closing(opened(path)) as db:
        (first,) = db.execute("select id from latest_run").fetchone()
        time.sleep(0.05)
        second = db.execute("select distinct run_id from latest_forecasts").fetchall()
    yield "loose", "the same" if second == [(first,)] else f"moved between {time.time()}"


KINDS: dict[str, Callable[[Path, int], Answers]] = {
    "views": views,
    "commands": command,
    "loose": loose,
}


def read_on(kind: str, path: Path, chance: random.Random) -> dict[str, object]:
    """Read until the input ends."""
    reads, errors, answers = 0, [], set()
    while not select.select([sys.stdin], [], [], chance.uniform(0, 2 * PAUSE))[0]:
        try:
            answers.update(KINDS[kind](path, chance.randrange(len(COMMANDS))))
            reads += 1
        except Exception as error:  # whatever it is: it is counted, and told
            errors.append(f"{type(error).__name__}: {error}")
    return {"reads": reads, "errors": errors, "answers": sorted(answers)}


def main(kind: str, path: str, seed: str) -> None:
    list(KINDS[kind](Path(path), 0))  # all imports are made before it counts
    os.nice(19)  # fifty of us must not keep the one that publishes from its work
    print("ready", flush=True)
    print(json.dumps(read_on(kind, Path(path), random.Random(seed))))


if __name__ == "__main__":
    main(*sys.argv[1:])
