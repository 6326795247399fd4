"""Files that appear under their name whole or not at all, whatever ends the program meanwhile."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forecast.errors import ConfigError

PART = ".part"


@contextmanager
def replacing(
    path: Path, mode: int | None = None, *, alone: bool = False, durable: bool = True
) -> Iterator[Path]:
    """A draft beside the file, put in its place once it is whole and on disk.

    The draft is an empty file that only its owner may read. What was at the place before stays
    until then, and for good if the caller raises.

    Parameters
    ----------
    mode : the file's permissions, such as 0o444; by default what the umask lets.
    alone : nobody else writes this file now, as under the write lock: the draft is called
        NAME.part, so that what a killed program left of it is swept away by the next.
    durable : False for what can be made again: not waited for until it is on disk.
    """
    name = f"{path.name}{PART}" if alone else f".{path.stem}.{secrets.token_hex(4)}{path.suffix}"
    draft = path.with_name(name)
    if alone:
        draft.unlink(missing_ok=True)
    create_private(draft)
    try:
        yield draft
        draft.chmod(_usual_mode() if mode is None else mode)
        if durable:
            sync(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    if durable:
        sync(path.parent)  # the name, too, is on disk


@contextmanager
def output(path: Path) -> Iterator[Path]:
    """`replacing`, for a file that somebody asked for by `-o`.

    Raises
    ------
    ConfigError : it cannot be written there; what was there before stays.
    """
    try:
        with replacing(path) as draft:
            yield draft
    except OSError as error:
        raise ConfigError(str(path), "-o", f"cannot be written ({error.strerror})") from error


@contextmanager
def output_folder(path: Path) -> Iterator[Path]:
    """A new folder that somebody asked for by `-o`, in its place once everything is in it.

    Raises
    ------
    ConfigError : there is something at that place already, or nothing can be written there.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ConfigError(str(path), "-o", "there is something there already; name a new folder")
    if not path.parent.is_dir():
        raise ConfigError(str(path), "-o", f"no such folder as {str(path.parent)!r}; make it first")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as scratch:
        draft = Path(scratch) / path.name
        draft.mkdir()
        yield draft
        draft.replace(path)


def create_private(path: Path) -> None:
    """A new empty file that nobody but its owner may read, whatever the umask."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(path, flags, 0o600)
    try:
        os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def sync(place: Path) -> None:
    """Bring a file's content, or a folder's names, to disk."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _usual_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
