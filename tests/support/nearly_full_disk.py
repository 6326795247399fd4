"""A disk that is nearly full: `nearly_full_disk.py BEFORE WORDS SIZES`, in a namespace of its own.

For each size a small file system is mounted, with a copy of the small record and just so many
bytes free; the program is run on it (WORDS, JSON), the record is asked for, room is made, and the
program is run again. A line of JSON for each size. SIZES: a list of bytes, or how many steps from
nothing to just enough. At every other size the record was closed by its writer last, so that
neither log nor index lies beside it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from jobs import cli, monthly
from tests.support import small_record, stopped_clock

BLOCK = 4096
DISK = 16_000_000
LARGEST = 4_000_000


class Said(NamedTuple):
    """How a command ended."""

    code: int
    output: str


@contextlib.contextmanager
def disk(place: Path, before: Path, free: int, closed: bool = False) -> Iterator[Path]:
    """A file system with the record on it and so many bytes free; gives the database."""
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", place], check=True)
    try:
        path = small_record.copied(before, place)
        for end in ("-wal", "-shm") if closed else ():
            path.with_name(path.name + end).unlink(missing_ok=True)
        fill(place, free)
        yield path
    finally:
        subprocess.run(["umount", place], check=True)


def fill(place: Path, free: int) -> None:
    """Take all room but so many bytes."""
    with (place / "filler").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(available(place) - free, 1) // BLOCK * BLOCK)


def available(place: Path) -> int:
    """Free bytes."""
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def bordercast(path: Path, *words: str) -> Said:
    """The program in a process of its own, its clock stopped."""
    with tempfile.TemporaryFile() as out:
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
            _run(path, words)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        return Said(code, out.read().decode())


def _run(path: Path, words: tuple[str, ...]) -> None:
    code = 99
    try:
        options = ["--config", str(path.with_name("config.toml")), "--db", str(path)]
        cli.main([*options, *words], prog_name="bordercast")
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def tried(place: Path, before: Path, words: list[str], free: int, closed: bool) -> dict[str, Any]:
    """What was seen at one size."""
    with disk(place, before, free, closed) as path:
        first = bordercast(path, *words)
        shown = bordercast(path, "show", "--json")
        copy_shown = bordercast(path.with_name(small_record.SNAPSHOT), "show", "--json")
        copy = small_record.state(path.with_name(small_record.SNAPSHOT))
        left = [name for name in small_record.left_over(place) if name != "filler"]
        (place / "filler").unlink()
        again = bordercast(path, *words)
        return {
            "free": free,
            "first": first,
            "shown": shown,
            "copy_shown": copy_shown,
            "copy": copy,
            "left_when_full": left,
            "again": again,
            "damage": small_record.damage(path)
            + small_record.damage(path.with_name(small_record.SNAPSHOT)),
            "state": small_record.state(path),
            "copy_again": small_record.state(path.with_name(small_record.SNAPSHOT)),
            "left": small_record.left_over(place),
        }


def enough(place: Path, before: Path, words: list[str]) -> int:
    """The least number of free bytes, to a block, with which the program gets through."""
    fails, works = 0, LARGEST // BLOCK
    while works - fails > 1:
        middle = (fails + works) // 2
        with disk(place, before, middle * BLOCK, closed=True) as path:
            through = bordercast(path, *words).code == 0
        fails, works = (fails, middle) if through else (middle, works)
    return works * BLOCK


def steps(place: Path, before: Path, words: list[str], count: int) -> list[int]:
    """So many sizes from nothing to just enough, evenly spread."""
    needed = enough(place, before, words)
    return [round(needed * number / (count - 1) / BLOCK) * BLOCK for number in range(count)]


def main(before: Path, words: list[str], sizes: list[int] | int) -> None:
    """All sizes, one after another."""
    monthly.datetime = stopped_clock.Stopped  # type: ignore[misc, attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "disk"
        chosen = steps(place, before, words, sizes) if isinstance(sizes, int) else sizes
        for number, free in enumerate(chosen):
            found = tried(place, before, words, free, closed=number % 2 == 1)
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]), json.loads(sys.argv[3]))
