"""Files written whole or not at all; what comes in unpacked, within limits."""

import errno
import gzip
import hashlib
import io
import os
import secrets
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, cast

from forecast.errors import ConfigError, QuarantineError, StoreError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
PART = ".part"


@contextmanager
def replacing(
    path: Path, mode: int | None = None, *, alone: bool = False, durable: bool = True
) -> Iterator[Path]:
    """A draft beside the file, put in its place once it is whole and on disk.

    The draft is an empty file that only its owner may read. What was at the place before stays
    until then, and for good if the caller raises.

    mode : the file's permissions, such as 0o444; by default what the umask lets.
    alone : nobody else writes this file now, as under the write lock: the draft is called
        NAME.part, so that what a killed program left of it is swept away by the next.
    durable : False for what can be made again: not waited for until it is on disk.
    """
    name = f"{path.name}{PART}" if alone else f".{path.stem}.{secrets.token_hex(4)}{path.suffix}"
    # Beside it, not in /tmp: only on one file system is a rename all or nothing.
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

    ConfigError if it cannot be written there, StoreError if there is no room: what was there stays.
    """
    try:
        with replacing(path) as draft:
            yield draft
    except OSError as error:
        refuse_full(path, error)
        raise ConfigError(str(path), "-o", f"cannot be written ({error.strerror})") from error


def refuse_full(path: Path, error: OSError) -> None:
    """Raise StoreError if an error says that there is no room: no setting is wrong then."""
    if error.errno in NO_ROOM:
        problem = "the disk it goes to is full; what was there stays. Make room, then run it again"
        raise StoreError(str(path), problem) from None


@contextmanager
def output_folder(path: Path) -> Iterator[Path]:
    """A new folder that somebody asked for by `-o`, in its place once everything is in it.

    ConfigError if there is something at that place already, or nothing can be written there.
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
    # Again by fchmod: a umask may take more away than is meant.
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


# Some thirty times a file of four fiscal years; what unpacks to more is a gzip bomb or no table.
MAX_BYTES = 100_000_000

_GZIP = b"\x1f\x8b"


def content_sha256(file: io.BufferedReader | io.BytesIO) -> str:
    """SHA-256 by which a file is known: of its plain bytes, or as it is if it does not unpack."""
    try:
        return hashlib.sha256(unpacked(file, "", MAX_BYTES)).hexdigest()
    except QuarantineError:
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpacked(file: io.BufferedReader | io.BytesIO, name: str, limit: int) -> bytes:
    """A file's plain bytes; QuarantineError for a damaged gzip file or more than `limit` bytes."""
    # By its first bytes: publishers call packed files .csv as well.
    packed = file.read(2) == _GZIP
    file.seek(0)
    try:
        with gzip.GzipFile(fileobj=file) if packed else nullcontext(file) as plain:
            content = cast("IO[bytes]", plain).read(limit + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise QuarantineError(
            name, [f"damaged or cut gzip file ({error}); fetch it again"]
        ) from error
    if len(content) > limit:
        raise QuarantineError(name, [f"larger than {limit:,} bytes after unpacking"])
    return content
