"""The lists of faults, and the tables of what was seen when each was tried.

A test says what it saw with the `figure` fixture; blocks of one fault, tried in several tests, are
added up. `make faults` and `make soak` print a table each and write it into docs/reliability.md.
"""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

BEGIN, END = "<!-- figures: written by `{}` -->", "<!-- end of figures -->"
Figure = dict[str, Any]  # fault, tried, seen


class Fault(NamedTuple):
    """What is done, and what must be seen; both as the table says them."""

    what: str
    bound: str


# In the tables' order.
FAULTS = {
    "random kill": Fault(
        "SIGKILL at a random moment of a run",
        "0 damaged, 0 half runs, 0 other results after the rerun, 0 notices lost or doubled",
    ),
    "step kill": Fault("SIGKILL at a named step of a run", "the same, at 25 steps or more"),
    "worker kill": Fault("SIGKILL while two workers fit", "the same, and 0 processes left"),
    "failing statement": Fault(
        "An error at the n-th SQL statement of a publish, for every n",
        "0 half runs, 0 other results after the rerun",
    ),
    "readers": Fault(
        "50 processes read, by SQL and by the commands, while runs are published",
        "0 errors, 0 mixed answers during 20 publishes or more, in 60 s",
    ),
    "run between statements": Fault(
        "A run published between any two statements of a reading command", "0 mixed answers"
    ),
    "pinned reader": Fault(
        "A reader that does not end its transaction, through 20 runs",
        "every run is published, `status` warns of it, the log is empty after it has gone",
    ),
    "door": Fault(
        "every command, watched for who opens the record's files and who writes",
        "0 opened other than by SQLite, 0 writes outside the write lock",
    ),
    "migration": Fault(
        "SIGKILL at each statement of the migrations from each earlier schema, both files",
        "0 not whole (rows, schema) when the program has resumed",
    ),
    "newer database": Fault(
        "each command on a database of a newer schema", "0 not refused in plain words"
    ),
    "full disk": Fault(
        "a disk (tmpfs) with 0 bytes to just enough for a run",
        "0 of all: a run is served, plain words, the same record once there is room, no repair",
    ),
    "bad file": Fault(
        "A publisher's file cut, garbled, altered, made twice or half",
        "none believed that says something else than its sibling file; alone, only rows lost from "
        "the open year go unseen",
    ),
    "network cut": Fault(
        "The network cut in the middle of a fetch: any byte of the page, a redirect or the file",
        "0 of which something is kept, 0 not named, 0 other results after the next fetch",
    ),
    "visitors": Fault(
        "64 impossible months, silent, dripping and deaf connections, 20 SQL bombs and thousands "
        "of addresses at once",
        "the first page in under 0.5 s, no request over 10 s, under 400 MB, no answer of 5xx but "
        "503 where queries are full",
    ),
    "mail kill": Fault(
        "SIGKILL of the mail's sender, over 1,000 messages", "0 lost, 0 sent again once recorded"
    ),
    "webhook kill": Fault(
        "SIGKILL of the webhooks' sender, over 1,000 deliveries",
        "0 lost, at most one repeat a kill, under the same key",
    ),
    "mail down": Fault(
        "The mail server down for 5 days of wakes: nobody listens; 4xx; both, or it hangs up",
        "0 lost, 0 doubled, 0 out of order once it is up",
    ),
    "spoiled log": Fault(
        "a killed writer's log, cut, garbled, blanked, one byte flipped or a frame repeated",
        "0 half runs, 0 damaged, 0 other results after the next wake",
    ),
    "flipped bit": Fault(
        "one bit of the database flipped; 15 commands before and after `verify`",
        "0 not named that changed a row, 0 false answers",
    ),
}
SOAKS = {
    "service kill": Fault(
        "SIGKILL of the leading service while its worker writes",
        "the next leads within 5 s, no worker is left, 0 damaged",
    ),
    "service stopped": Fault("SIGTERM at any moment of a wake", "0 half done, 0 without a run"),
    "two services": Fault("A second service on one record", "one leads, the other names it"),
    "clock jump": Fault("The clock jumps an hour or 40 days, either way", "0 missed or doubled"),
    "thousand wakes": Fault(
        "1,000 wakes with 30 releases among them",
        "under 20 MB more memory, 0 descriptors more, a log of 16.8 MB at most",
    ),
    "restore": Fault(
        "Backup, restore, and the service goes on", "the same digests, nothing left behind"
    ),
}
TABLES = {"make faults": FAULTS, "make soak": SOAKS}


def gathered(figures: Iterable[Figure]) -> dict[str, Figure]:
    """One figure a fault: counts added up, words put one after another."""
    found: dict[str, Figure] = {}
    for figure in figures:
        whole = found.setdefault(figure["fault"], {"tried": 0, "seen": {}})
        whole["tried"] += figure["tried"]
        for name, value in figure["seen"].items():
            whole["seen"][name] = _joined(whole["seen"].get(name), value)
    return found


def _joined(before: Any, value: Any) -> Any:
    """Whole numbers are counts; of measures (floats) the largest is told."""
    if before is None or (before == value and isinstance(value, str)):
        return value
    if isinstance(value, float):
        return max(before, value)
    return f"{before}; {value}" if isinstance(value, str) else before + value


def table(
    listed: Mapping[str, Fault], found: Mapping[str, Figure], *, whole: bool = False
) -> list[str]:
    """The lines of a table; `whole` with those faults that were not tried."""
    lines = ["| fault | tried | seen | must be |", "|---|---:|---|---|"]
    for fault, (what, bound) in listed.items():
        if fault in found or whole:
            one = found.get(fault, {"tried": 0, "seen": {}})
            seen = ", ".join(_said(name, value) for name, value in one["seen"].items())
            lines.append(f"| {_capital(what)} | {one['tried']:,} | {seen or '-'} | {bound} |")
    return lines


def tables(figures: Iterable[Figure], *, whole: bool = False) -> dict[str, list[str]]:
    """Command -> its table's lines, where any of its faults was tried."""
    found = gathered(figures)
    return {
        command: table(listed, found, whole=whole)
        for command, listed in TABLES.items()
        if listed.keys() & found.keys()
    }


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _said(name: str, value: Any) -> str:
    words = name.replace("_", " ")
    if isinstance(value, str):
        return f"{words}: {value}"
    return f"{value:,.1f} {words}" if isinstance(value, float) else f"{value:,} {words}"


def where(minutes: float, failed: int) -> str:
    """Day, duration, machine and versions, without anything that names the machine."""
    python = platform.python_version()
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pandas", "sqlite-utils"))
    return (
        f"Measured on {date.today()} in {minutes:.0f} minutes: {os.cpu_count()} cores, "
        f"{platform.system()}, Python {python}, SQLite {sqlite3.sqlite_version}, {libraries}. "
        + (f"**{failed} tests failed.**" if failed else "No test failed.")
    )


def write(page: Path, figures: Iterable[Figure], about: str) -> None:
    """Put each table between its marks of the page."""
    text = page.read_text("utf-8")
    for command, lines in tables(figures, whole=True).items():
        before, mark, rest = text.partition(BEGIN.format(command))
        _, end, after = rest.partition(END)
        text = "\n".join((before + mark, "", *wrap(about, 100), "", *lines, "", end + after))
    page.write_text(text, "utf-8")
