"""The records of `make same`, made by their commands in this process, for tests that read them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import time_machine
from click.testing import CliRunner

from jobs.cli import main
from tests.support.mail_server import Taken, server

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "same"))  # its modules call each other by their own names
import figures  # noqa: E402, F401
import records  # noqa: E402

RECORDS = {record.name: record for record in records.RECORDS if record.name != "none"}


class _Unkept:
    """What `make same` does with answers; here nobody compares them."""

    def hide(self, *_: object) -> None:
        pass

    hide_port = write = hide


class Program:
    """The command of this tree in a folder, at a moment."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now, self.answers = folder, "", _Unkept()

    def ask(self, kind: str, *words: str, name: str = "") -> str:
        """Run a command there and then; it must not fail."""
        with chdir(self.folder), time_machine.travel(self.now, tick=False):
            done = CliRunner().invoke(main, [str(word) for word in words])
        assert done.exit_code in (0, 3), done.output
        return done.output


def make(name: str) -> Callable[[Path], None]:
    """Make a record in a folder: bordercast.db, and its settings where it has some."""

    def made(folder: Path) -> None:
        home = folder / "record"
        home.mkdir()
        with server(Taken()) as port:
            RECORDS[name].make(Program(home), (port, 9))  # nobody listens for hooks

    return made


def database(folder: Path) -> Path:
    """The record in a folder: that of other figures has another name."""
    others = ("-snapshot", "ops")
    (found,) = (p for p in (folder / "record").glob("*.db") if not p.stem.endswith(others))
    return found


def copied(path: Path, to: Path) -> Path:
    """A record and what lies beside it, where one may write; its database."""
    folder = Path(shutil.copytree(path.parent, to / "record"))
    return folder / path.name
