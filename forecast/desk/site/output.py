"""The site's folder: files whole or not at all, written only where they changed.

A list of what was written lies beside the files, so that nothing else is ever removed, and so
that an old run's pages stay: every file of a run is also linked under `as-of/RUN/`. A later run
puts new files in the place of old ones and so leaves the linked ones as they were; what did not
change is on the disk once.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from forecast.errors import ConfigError
from forecast.files import refuse_full, replacing

LIST = ".bordercast-site.json"
_LOCK = ".bordercast-site.lock"


class SiteFolder:
    """A folder that holds a site.

    written, kept : files changed, files found right. before : names of those it had at first.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written = self.kept = 0
        self._list: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            self._list = json.loads((path / LIST).read_text("utf-8"))
        self.before = frozenset(self._list.get("files", ()))
        self._now: dict[str, tuple[int, int]] = {}
        self._moved: set[str] = set()

    def is_current(self, state: str) -> bool:
        """Tell whether this state was written here, and every file is still as it was left."""
        return self._list.get("state") == state and all(
            _stamp(self.path / name) == tuple(stamp) for name, stamp in self._list["files"].items()
        )

    def runs(self) -> set[int]:
        """List the runs whose pages are kept."""
        return {int(folder.name) for folder in self.path.glob("as-of/*") if folder.name.isdecimal()}

    def put(self, name: str, content: bytes) -> None:
        """Write a file, if it is not there with this content already."""
        place = self.path / name
        if place.is_file() and place.read_bytes() == content:
            self.kept += 1
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            # Whole or not at all, but not fsynced: what is lost is written again.
            with replacing(place, alone=True, durable=False) as draft:
                draft.write_bytes(content)
            self.written += 1
        self._now[name] = _stamp(place)

    def put_moved(self, name: str, content: bytes) -> None:
        """Write a page that leads to another, unless a page of this run is there."""
        if name not in self._now:
            self.put(name, content)
            self._moved.add(name)

    def finish(self, state: str, run: int) -> None:
        """Remove what the site no longer has, keep the rest under the run, note what is there."""
        # Only what this program wrote: somebody may keep files of their own here.
        for name in self.before - self._now.keys():
            (self.path / name).unlink(missing_ok=True)
            with suppress(OSError):
                (self.path / name).parent.rmdir()
        for name in self._now.keys() - self._moved:
            # What leads to newer figures must not stay as it was.
            if not name.startswith("as-of/") and name != "newer/index.html":
                _link(self.path / name, self.path / "as-of" / str(run) / name)
        with replacing(self.path / LIST, alone=True, durable=False) as draft:
            draft.write_text(json.dumps({"state": state, "files": self._now}), "utf-8")


@contextmanager
def opened(path: Path) -> Iterator[SiteFolder]:
    """Open the folder, made if absent, with no other program writing a site into it meanwhile.

    Raises
    ------
    ConfigError : there is something else in it, or nothing can be written there. StoreError : the
        disk is full.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not (path / _LOCK).exists() and any(path.iterdir()):
            problem = "holds files that are no site of ours; name a new or an empty folder"
            raise ConfigError(str(path), "-o, site.folder", problem)
        with (path / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield SiteFolder(path)
    except OSError as error:
        refuse_full(path, error)
        problem = f"cannot be written ({error.strerror}); name a folder that can"
        raise ConfigError(str(path), "-o, site.folder", problem) from error


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (-1, -1)
    return stat.st_size, stat.st_mtime_ns


def _link(file: Path, to: Path) -> None:
    """Keep a file under another name; what was kept first stays."""
    # A link takes no room; most files of a run are those of the run before.
    try:
        os.link(file, to)
    except FileExistsError:
        return
    except OSError:
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file, to)
        except OSError:  # a disk without links
            shutil.copy2(file, to)
