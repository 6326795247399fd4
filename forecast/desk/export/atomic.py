"""Files that appear complete or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forecast.errors import ConfigError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A draft beside the file, put in its place once it is complete and on disk.

    Raises
    ------
    ConfigError : it cannot be written there; what was there before stays.
    """
    draft = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix, delete=False
        ) as file:
            draft = Path(file.name)
        yield draft
        _settle(draft)
        draft.replace(path)
    except OSError as error:
        raise ConfigError(str(path), "-o", f"cannot be written ({error.strerror})") from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


@contextmanager
def making_folder(path: Path) -> Iterator[Path]:
    """A new folder, in its place once everything is in it.

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


def _settle(draft: Path) -> None:
    """Bring it to disk, readable by whom the umask lets."""
    mask = os.umask(0)
    os.umask(mask)
    draft.chmod(0o666 & ~mask)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
