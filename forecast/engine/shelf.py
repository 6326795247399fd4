"""Values that wait on disk between two steps of the engine, put there and taken by any process."""

from __future__ import annotations

import os
import pickle
import tempfile
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

SPARED = 2**30  # bytes that others may need of the same disk
_HEAD = 8  # bytes that say how long a value is; nothing was put where they are 0


class Place(NamedTuple):
    """Room for a value: a file, and from which byte on."""

    path: str
    start: int


class Shelf(ExitStack):
    """Places in a file without a name, which goes with this process.

    Parameters
    ----------
    folder : whose disk it is on; None for the system's, see TMPDIR.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self._folder = folder
        self._file = -1
        self._end = 0

    def place(self, size: int) -> Place | None:
        """Room for so many bytes; None where the disk has not enough."""
        try:
            if self._file < 0:
                file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115
                self._file = self.enter_context(file).fileno()
            disk = os.fstatvfs(self._file)
        except OSError:
            return None
        if disk.f_bavail * disk.f_frsize < SPARED + size:
            return None
        start, self._end = self._end, self._end + size + _HEAD
        return Place(f"/proc/{os.getpid()}/fd/{self._file}", start)


def put(value: Any, place: Place) -> None:
    """Write a value, whole or not at all: there are ways to do without."""
    # The length last: a worker killed on the way leaves a place that holds nothing.
    content = pickle.dumps(value, protocol=5)
    with suppress(OSError), closing(_File(place.path, os.O_WRONLY)) as file:
        if os.pwrite(file.number, content, place.start + _HEAD) == len(content):
            os.pwrite(file.number, len(content).to_bytes(_HEAD), place.start)


def taken(place: Place | None) -> Any:
    """The value put there, None if there is none."""
    if place is None:
        return None
    try:
        with closing(_File(place.path, os.O_RDONLY)) as file:
            size = int.from_bytes(os.pread(file.number, _HEAD, place.start))
            content = os.pread(file.number, size, place.start + _HEAD)
    except OSError:
        return None
    # Written by this program, to a file that no other can open.
    return pickle.loads(content) if content else None  # noqa: S301


class _File:
    def __init__(self, path: str, how: int) -> None:
        self.number = os.open(path, how)

    def close(self) -> None:
        os.close(self.number)
