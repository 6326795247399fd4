"""The site's folder: files whole or not at all, written only where they changed.

A list of what was written lies beside the files, so that nothing else is ever removed, and so
that an old run's pages stay: every file of a run is also linked under `as-of/RUN/`. A later run
puts new files in the place of old ones and so leaves the linked ones as they were; what did not
change is on the disk once. Of many totals every page changes with each run: theirs are one file,
`as-of/RUN.zip`, from which the server answers at the same addresses. Pages are alike, and small:
some of them are compressed together, an archive in the archive, called after its first page.
"""

import fcntl
import json
import os
import re
import shutil
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any
from zipfile import ZIP_BZIP2, ZipFile

from forecast.errors import ConfigError
from forecast.files import refuse_full, replacing

LIST = ".bordercast-site.json"
_LOCK = ".bordercast-site.lock"
_AS_OF = re.compile(r"((?:[^/]+/)?as-of/[0-9]+)/(.*)")  # its archive, and the name in it
_BLOCK = ".pages.zip"
_BLOCK_BYTES = 900_000  # as much as bzip2 compresses together


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
        return {int(run.stem) for run in self.path.glob("as-of/*") if run.stem.isdecimal()}

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

    def finish(self, state: str, run: int, *, packed: bool = False) -> None:
        """Remove what the site no longer has, keep the rest under the run, note what is there.

        packed : in one file.
        """
        # Only what this program wrote: somebody may keep files of their own here.
        for name in self.before - self._now.keys():
            (self.path / name).unlink(missing_ok=True)
            with suppress(OSError):
                (self.path / name).parent.rmdir()
        as_of = self.path / "as-of"
        # What leads to newer figures must not stay as it was.
        names = self._now.keys() - self._moved - {"newer/index.html"}
        pages = sorted(name for name in names if not name.startswith("as-of/"))
        if packed:
            _pack(self.path, pages, as_of / f"{run}.zip")
        else:
            for name in pages:
                _link(self.path / name, as_of / str(run) / name)
        with replacing(self.path / LIST, alone=True, durable=False) as draft:
            draft.write_text(json.dumps({"state": state, "files": self._now}), "utf-8")


@contextmanager
def opened(path: Path) -> Iterator[SiteFolder]:
    """Open the folder, made if absent, with no other program writing a site into it meanwhile.

    ConfigError if something else is in it, or nothing can be written there; StoreError if the disk
    is full.
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


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of a run's pages: its name, seen from the first page of then, and what is in it."""

    name: str
    content: bytes


def packed(site: Path, place: str) -> PackedFile | None:
    """Find a packed file or, of a folder, its page; place : its address, `as-of/3/flags`."""
    match = _AS_OF.fullmatch(f"{place}/")
    if match is None or not (archive := site / f"{match[1]}.zip").is_file():
        return None
    with ZipFile(archive) as files:
        for name in (match[2].rstrip("/"), f"{match[2]}index.html".lstrip("/")):
            with suppress(KeyError):
                return PackedFile(name, _holding(files, name).read(name))
    return None


def unpack(site: Path) -> int:
    """Lay packed pages out as files, for servers of files alone; returns how many are new."""
    new = 0
    for archive in (*site.glob("as-of/*.zip"), *site.glob("*/as-of/*.zip")):
        folder = archive.with_suffix("")
        with ZipFile(archive) as files:
            for first in _blocks(files) or [""]:
                pages = _holding(files, first)
                lacking = [name for name in pages.namelist() if not (folder / name).exists()]
                pages.extractall(folder, lacking)
                new += len(lacking)
    return new


def _pack(site: Path, names: Iterable[str], to: Path) -> None:
    """Keep files, sorted by name, in one archive; what was kept first stays."""
    if to.exists():
        return
    to.parent.mkdir(exist_ok=True)
    names = list(names)
    ends = accumulate((site / name).stat().st_size for name in names)
    with (
        replacing(to, alone=True, durable=False) as draft,
        ZipFile(draft, "w", ZIP_BZIP2) as archive,
    ):
        for _, block in groupby(
            zip(names, ends, strict=True), lambda page: page[1] // _BLOCK_BYTES
        ):
            of_block, together = [name for name, _ in block], BytesIO()
            with ZipFile(together, "w", strict_timestamps=False) as pages:
                for name in of_block:
                    pages.write(site / name, name)
            archive.writestr(f"{of_block[0]}{_BLOCK}", together.getvalue())


def _blocks(archive: ZipFile) -> list[str]:
    """Return the first page of each block; none in archives that earlier programs made."""
    names = archive.namelist()
    return [name.removesuffix(_BLOCK) for name in names if name.endswith(_BLOCK)]


def _holding(archive: ZipFile, name: str) -> ZipFile:
    """Open the block that a page is in if the archive has it, and no other."""
    if not (firsts := _blocks(archive)):
        return archive
    block = firsts[max(bisect_right(firsts, name) - 1, 0)]
    return ZipFile(BytesIO(archive.read(f"{block}{_BLOCK}")))


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
