"""One record of a tree made and asked, in a process of its own: render.py TREE RECORD ANSWERS."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import readers
from asking import everything, taken
from records import RECORDS
from terminal import Answers, Program


def main(tree: Path, name: str, to: Path) -> None:
    record = next(record for record in RECORDS if record.name == name)
    memory = Path("/dev/shm")  # where it is: a record waits for the disk at every step
    place = memory if memory.is_dir() and shutil.disk_usage(memory).free > 4 << 30 else None
    with tempfile.TemporaryDirectory(prefix="same-", dir=place) as work:
        folder = Path(work).resolve() / "record"
        folder.mkdir()
        with readers.running(folder.parent / "mailbox") as ports:
            answers = Answers(to)
            program = Program(tree, folder, answers)
            record.make(program, ports)
            everything(program, record, folder.parent / "mailbox")
            taken(program, folder.parent / "mailbox")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
