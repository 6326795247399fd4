"""What waits between two steps of the engine, and is taken up again in the same order."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Generic, TypeVar

A = TypeVar("A")

SPARED = 2**30  # bytes that others may need of the same disk


class Shelf(ExitStack, Generic[A]):
    """Values in order; the first in memory, the others in a file without a name.

    Parameters
    ----------
    folder : where the file is; None for the system's, see TMPDIR.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self._folder = folder
        self._file = -1
        self._first: list[A | None] = []
        self._sizes: list[int] = []  # of the others in the file, 0 where there was no room

    def append(self, value: A | None) -> None:
        """Keep one more; None in its place where the disk has no room for it."""
        if not self._first:
            self._first.append(value)
        else:
            self._sizes.append(0 if value is None else self._written(value))

    def _written(self, value: A) -> int:
        """Bytes, 0 if they could not all be written: there are ways to do without."""
        try:
            if self._file < 0:
                file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115
                self._file = self.enter_context(file).fileno()
            disk = os.fstatvfs(self._file)
            if disk.f_bavail * disk.f_frsize < SPARED:
                return 0
            content = pickle.dumps(value, protocol=5)
            return len(content) * (os.pwrite(self._file, content, sum(self._sizes)) == len(content))
        except OSError:
            return 0

    def __iter__(self) -> Iterator[A | None]:
        """All of them, as often as asked."""
        yield from self._first
        start = 0
        for size in self._sizes:
            content = os.pread(self._file, size, start) if size else b""
            start += size
            # Written by this process, to a file that no other can open.
            yield pickle.loads(content) if content else None  # noqa: S301
