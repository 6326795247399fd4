"""Word and PDF files as text, read in a process of their own that may die of them.

Their libraries do what a file says: a cell that spans a hundred million columns takes all memory.
A file that unpacks to far more than it should is refused before. Light to import.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
import zipfile
from collections.abc import Iterator
from functools import partial

from forecast import child
from forecast.errors import DocumentError

UNPACKED = 20_000_000  # bytes of a Word file's parts together
ENTRIES = 2_000  # parts of a Word file
PAGES = 300  # of a PDF
SECONDS = 2.5  # for the pages of a PDF
LIMITS = child.ChildLimits(seconds=30, memory=400_000_000, answer=50_000_000)


class _UnreadableError(Exception):
    """Why a file is refused, in the child."""


def read(name: str, content: bytes, kind: str) -> str:
    """The text of a file whose kind is "docx" or "pdf"; DocumentError if it cannot be had."""
    words = [*child.command(__name__, LIMITS), kind]
    try:
        answer = child.run(words, content, LIMITS, child.environment(os.environ))
    except child.ChildError as error:
        problem = f"what reads it {error}; save it as text"
        raise DocumentError(name, problem) from None
    text, problem = json.loads(answer)
    if problem:
        raise DocumentError(name, problem)
    return str(text)


def _answer(kind: str, content: bytes) -> bytes:
    """In the child: the text, and what is wrong, as JSON."""
    try:
        text, problem = {"docx": _word, "pdf": _pdf}[kind](content), ""
    except _UnreadableError as error:
        text, problem = "", str(error)
    return json.dumps((text, problem)).encode()


def _word(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _refuse_swollen(packed)
    except zipfile.BadZipFile:
        raise _UnreadableError("it is not a Word file, or it is damaged") from None
    try:
        import docx
    except ImportError:
        raise _UnreadableError(_extra("python-docx")) from None
    try:
        document = docx.Document(io.BytesIO(content))
        paragraphs = [item.text for item in document.paragraphs]
        rows = [
            " | ".join(cell.text for cell in row.cells)
            for table in document.tables
            for row in table.rows
        ]
    except Exception as error:  # the library raises what its parts raise
        raise _UnreadableError(f"it cannot be read: {type(error).__name__}") from None
    return "\n\n".join((*paragraphs, *rows))


def _refuse_swollen(packed: zipfile.ZipFile) -> None:
    parts = packed.infolist()
    size = sum(part.file_size for part in parts)
    if size > UNPACKED or len(parts) > ENTRIES:
        raise _UnreadableError(f"it unpacks to {size:,} bytes; at most {UNPACKED:,} are read")


def _pdf(content: bytes) -> str:
    try:
        import pypdf
    except ImportError:
        raise _UnreadableError(_extra("pypdf")) from None
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if len(reader.pages) > PAGES:
            raise _UnreadableError(f"it has {len(reader.pages)} pages; at most {PAGES} are read")
        return "\n\n".join(_pages(reader))
    except _UnreadableError:
        raise
    except Exception as error:  # the library raises what its parts raise
        raise _UnreadableError(f"it cannot be read: {type(error).__name__}") from None


def _pages(reader: object) -> Iterator[str]:
    until = time.monotonic() + SECONDS
    for page in reader.pages:  # type: ignore[attr-defined]
        yield page.extract_text()
        if time.monotonic() > until:
            raise _UnreadableError(f"its pages take more than {SECONDS:g} seconds to read")


def _extra(package: str) -> str:
    return f"reading it needs {package}: pip install 'bordercast[claims]'"


if __name__ == "__main__":
    child.answer(partial(_answer, sys.argv[2]), sys.argv[1])
