"""Every command on a small record, watched: `watched_commands.py DATABASE LOG COMMANDS`.

Looked at through Python's audit events, in this process and in all that it spawns: who opens the
record's files other than by SQLite, and which statement writes without the write lock. LOG gets a
line of JSON for each finding and for each kind of statement that wrote, once a process.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import sqlite3
import sys
import threading
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

NAMES = ("bordercast.db", "ops.db")
ENDINGS = ("", "-wal", "-shm")
READS = ("select", "with", "explain", "values", "commit", "rollback", "end")
HARMLESS = (
    *("busy_timeout", "cell_size_check", "foreign_keys", "integrity_check", "quick_check"),
    *("journal_size_limit", "synchronous", "trusted_schema", "table_info", "data_version"),
)
# Temporary tables are the connection's own, in another file or none.
OWN = re.compile(r"create temp table |drop table temp\.|insert (or \w+ )?into temp\.")
_connect = sqlite3.connect
CHANGES = ("os.remove", "os.rename", "os.truncate", "shutil.copyfile", "shutil.move")


class Door:
    """What is written into the log; `live` : the files that only SQLite may open."""

    def __init__(self, database: Path, log: Path) -> None:
        self.live = {str(database.parent / (name + end)) for name in NAMES for end in ENDINGS}
        self.log = log
        self.asked = threading.local()
        self.said: set[tuple[str, str, str]] = set()

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook."""
        if event == "open" and _place(arguments[0]) in self.live:
            self.say("opened", _place(arguments[0]))
        elif event == "sqlite3.connect" and not getattr(self.asked, "here", False):
            self.say("connected past the door", _file(arguments[0]))
        elif event in CHANGES:
            for place in map(_place, arguments[:2]):
                if place in self.live and not _held(_main(place)):
                    self.say(f"{event} outside the lock", place)

    def connect(self, database: Any, *options: Any, **named: Any) -> sqlite3.Connection:
        """In the place of sqlite3.connect: each statement is looked at."""
        self.asked.here = True
        connection = _connect(database, *options, **named)
        self.asked.here = False
        file = _file(database)
        if Path(file).name in NAMES:
            connection.set_trace_callback(partial(self.look, file))
        return connection

    def look(self, file: str, statement: str) -> None:
        """A statement as SQLite runs it."""
        if writes(statement):
            self.say("wrote" if _held(file) else "wrote outside the lock", file, statement)

    def say(self, what: str, file: str, statement: str = "") -> None:
        """A line of the log."""
        line = what, Path(file).name, " ".join(statement.split()[:5])[:60]
        if line not in self.said:
            self.said.add(line)
            with self.log.open("a") as out:
                out.write(json.dumps(line) + "\n")


def watch(database: Path, log: Path) -> None:
    """From now on, in this process, for good."""
    door = Door(database, log)
    sys.addaudithook(door.audit)
    sqlite3.connect = door.connect  # type: ignore[assignment]


def writes(statement: str) -> bool:
    """Whether a statement may change the file it is run on."""
    words = statement.split()
    if OWN.match(statement):
        return False
    if words[0].lower() == "pragma":
        return words[1].rstrip(";(").partition("(")[0].lower() not in HARMLESS and "=" in statement
    if words[0].lower() == "begin":
        return len(words) > 1
    if words[0].lower() == "vacuum":
        return "into" not in map(str.lower, words)
    return words[0].lower() not in READS and not words[0].startswith("--")


def _place(argument: Any) -> str:
    if isinstance(argument, str | bytes | os.PathLike):
        return os.path.abspath(os.fsdecode(argument))
    return ""


def _file(database: Any) -> str:
    name = os.fsdecode(database)
    return _place(unquote(urlsplit(name).path) if name.startswith("file:") else name)


def _main(place: str) -> str:
    return place.removesuffix("-wal").removesuffix("-shm")


def _held(file: str) -> bool:
    """Whether this process holds the write lock of a database."""
    try:
        handle = os.open(f"{file}.lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(handle, 32, 0).strip() == str(os.getpid()).encode()
    finally:
        os.close(handle)
    return False


def watched_wake(database: Path, log: Path, context: Any) -> Any:
    """A wake in a process of its own, watched too."""
    from jobs.service import wakeup

    watch(database, log)
    # The embedded figures would take a minute.
    return wakeup.main(context, with_bundle=False)


def main(commands: list[list[str]]) -> None:
    """Run the commands one after another; a line of JSON each: its words and exit code."""
    from click.testing import CliRunner

    import jobs.cli.notices
    import jobs.deliver.outbox
    import jobs.monthly
    import jobs.service.daemon
    from jobs.cli import main as bordercast
    from tests.support import watched_commands
    from tests.support.stopped_clock import Stopped

    for module in (jobs.cli.notices, jobs.monthly, jobs.deliver.outbox):
        module.datetime = Stopped  # type: ignore[attr-defined]
    jobs.service.daemon.serve = partial(
        jobs.service.daemon.serve, work=partial(watched_commands.watched_wake, DATABASE, LOG)
    )
    options = ["--config", str(DATABASE.parent / "config.toml"), "--db", str(DATABASE)]
    previewed = ""
    for place, command in enumerate(commands):
        if place and command[0] == "run":
            Stopped.later = timedelta(days=50)  # its file must be over by then
        words = [previewed if word == "PREVIEWED" else word for word in command]
        result = CliRunner().invoke(bordercast, [*options, *words])
        previewed = "".join(re.findall("--content ([0-9a-f]+)", result.output)) or previewed
        failed = result.exception and not isinstance(result.exception, SystemExit)
        said = repr(result.exception) if failed else result.output[-200:]
        print(json.dumps([command, result.exit_code, said]), flush=True)


if __name__ in ("__main__", "__mp_main__"):
    DATABASE, LOG = Path(sys.argv[1]), Path(sys.argv[2])
    watch(DATABASE, LOG)
if __name__ == "__main__":
    sqlite3.enable_callback_tracebacks(True)
    main(json.loads(sys.argv[3]))
