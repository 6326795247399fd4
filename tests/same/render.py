"""Records of a tree made and asked, some at a time: render.py TREE FOLDER PROCESSES RECORD..."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import traceback
from pathlib import Path

import click
import readers
import time_machine
from asking import everything, taken
from records import RECORDS
from terminal import BEGAN, Answers, Program, load

LONGEST = ("first", "february", "parts", "gaps")  # begun first, so that none is left alone
HERE = Path(__file__).resolve().parent
LENGTH = 60  # of each record's path, wherever it is: lines of text break where they did


def answer(tree: Path, command: click.Group, name: str, to: Path) -> None:
    record = next(record for record in RECORDS if record.name == name)
    memory = Path("/dev/shm")  # where it is: a record waits for the disk at every step
    place = memory if memory.is_dir() and shutil.disk_usage(memory).free > 4 << 30 else None
    with tempfile.TemporaryDirectory(prefix="same-", dir=place) as work:
        folder = Path(work).resolve()
        folder = folder / "record".ljust(max(LENGTH - len(str(folder)), 6), "-")
        folder.mkdir()
        frozen = shutil.copytree(HERE / "frozen", folder.parent / "frozen")
        os.environ["PYTHONPATH"] = os.pathsep.join((str(tree), str(frozen)))
        with readers.running(folder.parent / "mailbox") as ports:
            program = Program(tree, command, folder, Answers(to))
            record.make(program, ports)
            everything(program, record, folder.parent / "mailbox")
            taken(program, folder.parent / "mailbox")


def begin(tree: Path, command: click.Group, name: str, to: Path) -> int:
    """One record in a process of its own; what goes wrong is in its log."""
    part = to / f"{name}.part"
    shutil.rmtree(part, ignore_errors=True)
    process = os.fork()
    if not process:
        code = 1
        try:
            with (to / f"{name}.log").open("w") as log:
                os.dup2(log.fileno(), 1)
                os.dup2(log.fileno(), 2)
            answer(tree, command, name, part)
            part.rename(to / name)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return process


def main(tree: Path, to: Path, processes: int, names: list[str]) -> int:
    time_machine.travel(BEGAN, tick=False).start()
    command = load(tree)
    waiting = sorted(names, key=lambda name: (name not in LONGEST, name))
    running: dict[int, str] = {}
    failed = []
    while waiting or running:
        while waiting and len(running) < processes:
            name = waiting.pop(0)
            running[begin(tree, command, name, to)] = name
        process, status, used = os.wait4(-1, 0)
        name = running.pop(process)
        print(f"{name}: {used.ru_utime + used.ru_stime:.0f} s of CPU", flush=True)
        if status:
            failed.append(name)
            log = (to / f"{name}.log").read_text("utf-8")
            print(f"{name}: no answers\n{log[-3000:]}", file=sys.stderr)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]))
