"""What Python's audit hooks tell of what runs: files opened, databases connected to.

A test sees what the program does, or does something meanwhile, with nothing put in its place.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

Watch = Callable[[str, tuple[object, ...]], None]
_WATCHES: list[Watch] = []


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Tell `watch` each event and what it is about, from every thread."""
    _hook()
    _WATCHES.append(watch)
    try:
        yield
    finally:
        _WATCHES.remove(watch)


@contextmanager
def connected() -> Iterator[list[str]]:
    """The databases that are connected to meanwhile."""
    found: list[str] = []

    def watch(event: str, about: tuple[object, ...]) -> None:
        if event == "sqlite3.connect":
            found.append(str(about[0]))

    with watching(watch):
        yield found


@cache
def _hook() -> None:
    """Once a process: a hook can never be taken out again."""
    sys.addaudithook(_told)


def _told(event: str, about: tuple[object, ...]) -> None:
    for watch in _WATCHES:
        watch(event, about)
