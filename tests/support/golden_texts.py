"""Texts kept beside a test, each under a line that names it: what is said today, to the letter.

A change that means to say something else edits the file by hand, or has it written anew with
RENEW=1 in the environment, and reads the difference before it is committed.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path

_NAME = re.compile(r"^=== (.+)\n", re.M)


def read(path: Path) -> dict[str, str]:
    """Name -> text, as the file has them; nothing where there is no file yet."""
    if not path.exists():
        return {}
    pieces = _NAME.split(path.read_text("utf-8"))[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def compare(path: Path, texts: Mapping[str, str], *, only: bool = False) -> None:
    """Fail with the difference where a text is not what the file says, or where one is missing.

    only : these of the file's texts.
    """
    texts = {name: f"{text.rstrip()}\n" for name, text in texts.items()}
    if only:
        texts = read(path) | texts
    if os.environ.get("RENEW"):
        path.write_text("".join(f"=== {name}\n{text}" for name, text in texts.items()), "utf-8")
    kept = read(path)
    wrong = [
        line
        for name in dict.fromkeys((*kept, *texts))
        for line in difflib.unified_diff(
            kept.get(name, "").splitlines(), texts.get(name, "").splitlines(),
            f"{path.name}: {name}", "now", n=1, lineterm="",
        )
    ]  # fmt: skip
    assert not wrong, "\n".join(wrong[:60])
    assert list(kept) == list(texts)


def masked(text: str) -> str:
    """Without digests of the record, which are others with each migration; numbers to 9 digits."""
    text = re.sub(r"(?<![0-9a-z])(?=\d*[a-f])[0-9a-f]{16,64}(?![0-9a-f])", "DIGEST", text)
    return re.sub(r"(\d\.\d{9})\d+", r"\1", text)


def trimmed(text: str) -> str:
    """Without blanks at ends and empty lines."""
    text = "\n".join(re.sub(r"[ \t\xa0]+", " ", line).strip() for line in text.splitlines())
    return re.sub(r"\n{2,}", "\n", text).strip()
