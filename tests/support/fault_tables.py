"""The lists of faults, and the tables of what was seen when each was tried: zeros, if all is well.

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
    """What is done, and what must be seen besides zeros; both as the table says them."""

    what: str
    bound: str = ""


# In the tables' order.
FAULTS = {
    "random kill": Fault("SIGKILL at a random moment of a run"),
    "step kill": Fault("SIGKILL at a named step of a run", "25 steps or more"),
    "kill inside": Fault("SIGKILL at a random moment inside one of six steps, 50 for each"),
    "worker kill": Fault("SIGKILL while two workers fit"),
    "failing statement": Fault("an error at the n-th SQL statement of a publish, for every n"),
    "readers": Fault("50 processes read while runs are published", "20 publishes or more in 60 s"),
    "run between statements": Fault("a run published between two statements of a reading command"),
    "pinned reader": Fault(
        "a reader that does not end its transaction, through 20 runs",
        "all published, `status` warns, an empty log after",
    ),
    "door": Fault("every command, watched: files opened past SQLite, writes outside the lock"),
    "migration": Fault("SIGKILL at each statement of the migrations from each earlier schema"),
    "newer database": Fault("each command on a database of a newer schema"),
    "full disk": Fault("a disk with 0 bytes to just enough for a run"),
    "bad file": Fault(
        "a publisher's file cut, garbled, altered, made twice or half",
        "without the sibling, only rows lost from the open year",
    ),
    "network cut": Fault("the network cut at any byte of a fetch"),
    "visitors": Fault(
        "64 impossible months, silent, dripping and deaf connections, 20 SQL bombs and thousands "
        "of addresses at once",
        "first page under 0.5 s, requests under 10 s, under 400 MB, of 5xx only 503 for queries",
    ),
    "mail kill": Fault("SIGKILL of the mail's sender, over 1,000 messages"),
    "webhook kill": Fault(
        "SIGKILL of the webhooks' sender, over 1,000 deliveries", "one repeat a kill at most"
    ),
    "mail down": Fault("the mail server down for 5 days of wakes"),
    "spoiled log": Fault("a killed writer's log, cut, garbled, blanked, flipped or repeated"),
    "flipped bit": Fault("one bit of the database flipped; 15 commands before and after `verify`"),
}
SOAKS = {
    "service kill": Fault(
        "SIGKILL of the service while its worker writes", "the next leads within 5 s"
    ),
    "service stopped": Fault("SIGTERM at any moment of a wake"),
    "two services": Fault("a second service on one record"),
    "clock jump": Fault("the clock jumps an hour, 40 days or ten years, either way"),
    "thousand wakes": Fault(
        "1,000 wakes with 30 releases among them", "under 20 MB of memory, a log of 16.8 MB at most"
    ),
    "restore": Fault("backup, restore, and the service goes on"),
    "bad week": Fault(
        "a week of wakes from one seed, with clock, disk, network, mail server and kills together",
        "nothing lost, no mail twice, no half run",
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
    lines = ["| fault | tried | seen |", "|---|---:|---|"]
    for fault, (what, bound) in listed.items():
        if fault in found or whole:
            one = found.get(fault, {"tried": 0, "seen": {}})
            seen = _seen(one["seen"])
            must = f" ({bound})" if bound else ""
            lines.append(f"| {_capital(what)}{must} | {one['tried']:,} | {seen or '-'} |")
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


def _seen(seen: Mapping[str, Any]) -> str:
    """What was seen, in words, and then what was not, behind one 0."""
    none = [name for name, value in seen.items() if value == 0 and isinstance(value, int)]
    words = [_said(name, value) for name, value in seen.items() if name not in none]
    nothing = ", ".join(name.replace("_", " ") for name in none)
    return ", ".join([*words, f"0 {nothing}"] if none else words)


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
