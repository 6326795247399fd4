"""The log (-wal) of a writer that was killed, spoiled: `spoiled_wal.py BEFORE RUNS COUNT SEED`.

So many months wait in the inbox. A writer publishes them, each a run, and is killed right after its
last commit, while a reader keeps the log from being emptied: all these runs stand in the log alone.
Then, COUNT times, the log is cut or garbled at random, the record is looked at, and the program
does what is left. A line of JSON for each.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from forecast.context import Context
from forecast.store import connect
from jobs.service import wakeup
from tests.support import injected_faults, small_record

MONTHS = ("2024-03", "2024-04")  # beside February, which waits already
NOW = datetime(2024, 5, 16, 6, tzinfo=UTC)  # after the last of them
FRAME = 24 + 4096


def waiting(before: Path, folder: Path, runs: int) -> Path:
    """The record with the files of so many months in its inbox."""
    path = small_record.copied(before, folder)
    for through in MONTHS[: runs - 1]:
        small_record.drop(folder, through, small_record.FEBRUARY[2])
    return path


def wake(path: Path) -> None:
    """A run for each month that waits, and what follows."""
    wakeup.wake(Context.open(path, small_record.settings(path)), NOW, with_bundle=False)


def watched(path: Path) -> list[str]:
    """The record's state before the work and after each commit of its writer."""
    states = [small_record.state(path)]

    def look(statement: str) -> None:
        if statement == "commit":
            states.append(small_record.state(path))

    with injected_faults.watched(after=look):
        wake(path)
    return states


def killed(path: Path, states: list[str]) -> None:
    """The same in a process of its own that is killed as soon as the last state is reached."""
    with closing(connect.read(path)) as reader:
        reader.execute("begin")
        reader.execute("select * from latest_run").fetchone()
        writer = subprocess.run([sys.executable, __file__, "", path, states[-1]])
        assert writer.returncode == -signal.SIGKILL, writer.returncode
        for end in ("", "-wal"):  # not in this process: closing a copy would drop the lock
            place = str(path) + end
            subprocess.run(["cp", place, f"{place}.kept"], check=True)


def work_and_die(path: Path, last: str) -> None:
    """What the killed process does."""

    def look(statement: str) -> None:
        if statement == "commit" and small_record.state(path) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    with injected_faults.watched(after=look):
        wake(path)


def cut(log: bytearray, chance: random.Random) -> None:
    """Everything from a place on is lost."""
    del log[chance.randrange(len(log)) :]


def flip(log: bytearray, chance: random.Random) -> None:
    """One byte is another."""
    log[chance.randrange(len(log))] ^= chance.randrange(1, 256)


def garble(log: bytearray, chance: random.Random) -> None:
    """A stretch of noise."""
    start, size = chance.randrange(len(log)), chance.randrange(1, 2 * FRAME)
    log[start : start + size] = chance.randbytes(len(log[start : start + size]))


def blank(log: bytearray, chance: random.Random) -> None:
    """Zeros from a place on, as after a crash of the machine."""
    start = chance.randrange(len(log))
    log[start:] = bytes(len(log) - start)


def repeat(log: bytearray, chance: random.Random) -> None:
    """A frame in the place of another."""
    one, other = (32 + FRAME * chance.randrange((len(log) - 32) // FRAME) for _ in range(2))
    log[one : one + FRAME] = log[other : other + FRAME]


WAYS: tuple[Callable[[bytearray, random.Random], None], ...] = (cut, flip, garble, blank, repeat)


def spoil(kept: Path, path: Path, chance: random.Random, way: int) -> None:
    """Put the record as it lay there, with a spoiled log, in the place of this one."""
    shutil.copyfile(f"{kept}.kept", path)
    log = bytearray(Path(f"{kept}-wal.kept").read_bytes())
    WAYS[way](log, chance)
    path.with_name(path.name + "-wal").write_bytes(log)
    path.with_name(path.name + "-shm").unlink(missing_ok=True)


def main(before: Path, runs: int, count: int, seed: int) -> None:
    """All of it."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        states = watched(waiting(before, folder / "watched", runs))
        kept = waiting(before, folder / "killed", runs)
        killed(kept, states)
        for number in range(count):
            path = waiting(before, folder / "tried", runs)
            spoil(kept, path, chance, number % len(WAYS))
            at = states.index(found) if (found := small_record.state(path)) in states else None
            damage = small_record.damage(path)
            wake(path)
            line = {
                "way": WAYS[number % len(WAYS)].__name__,
                "at": at,
                "of": len(states) - 1,
                "damage": damage + small_record.damage(path),
                "same": small_record.state(path) == states[-1],
            }
            print(json.dumps(line), flush=True)
            shutil.rmtree(path.parent)


if __name__ == "__main__" and not sys.argv[1]:
    work_and_die(Path(sys.argv[2]), sys.argv[3])
elif __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
