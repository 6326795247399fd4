"""Word and PDF files as text, read in a process of their own that may die of them.

Their libraries do what a file says: a cell that spans a hundred million columns takes all memory.
A file that unpacks to far more than it should is refused before. Light to import.
"""

import io
import json
import sys
import time
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import Any

from forecast import child
from forecast.errors import DocumentError

UNPACKED = 20_000_000  # bytes of a Word file's parts together
ENTRIES = 2_000  # parts of a Word file
PAGES = 300  # of a PDF
SECONDS = 2.5  # for the pages of a PDF
LIMITS = child.ChildLimits(seconds=30, memory=400_000_000, answer=50_000_000)


class _RefusedError(Exception):
    """Why a file is refused, in the child."""


def read(name: str, content: bytes, kind: str) -> str:
    """The text of a file whose kind is "docx" or "pdf"; DocumentError if it cannot be had."""
    try:
        answer = child.once(__name__, content, LIMITS, kind)
    except child.ChildError as error:
        problem = f"what reads it {error}; save it as text"
        raise DocumentError(name, problem) from None
    text, problem = json.loads(answer)
    if problem:
        raise DocumentError(name, problem)
    return str(text)


def _answer(kind: str, content: bytes) -> bytes:
    """In the child: the text, and what is wrong, as JSON."""
    text, problem = "", ""
    try:
        text = "\n\n".join({"docx": _word, "pdf": _pdf}[kind](content))
    except _RefusedError as error:
        problem = str(error)
    except zipfile.BadZipFile:
        problem = "it is not a Word file, or it is damaged"
    except ImportError:
        package = {"docx": "python-docx", "pdf": "pypdf"}[kind]
        problem = f"reading it needs {package}: pip install 'bordercast[claims]'"
    except Exception as error:  # the library raises what its parts raise
        problem = f"it cannot be read: {type(error).__name__}"
    return json.dumps((text, problem)).encode()


def _word(content: bytes) -> Iterator[str]:
    """A Word file's paragraphs and tables in their order, then its footnotes, heads and feet."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = packed.infolist()
    size = sum(part.file_size for part in parts)
    if size > UNPACKED or len(parts) > ENTRIES:
        raise _RefusedError(f"it unpacks to {size:,} bytes; at most {UNPACKED:,} are read")
    import docx
    from docx.oxml import parse_xml

    document = docx.Document(io.BytesIO(content))
    yield from map(_words_of, document.iter_inner_content())
    for relation in document.part.rels.values():
        if relation.reltype.endswith(("/footnotes", "/endnotes")):
            for note in parse_xml(relation.target_part.blob):
                yield "".join(one.text or "" for one in note.iter() if str(one.tag).endswith("}t"))
    for section in document.sections:
        for edge in (section.header, section.footer):
            yield from map(_words_of, edge.iter_inner_content())


def _words_of(block: Any) -> str:
    """A paragraph, or the rows of a table, a line each."""
    if not hasattr(block, "rows"):
        return str(block.text)
    return "\n".join(" | ".join(cell.text for cell in row.cells) for row in block.rows)


def _pdf(content: bytes) -> Iterator[str]:
    """A PDF's pages, as long as they do not take too long."""
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(content))
    if len(reader.pages) > PAGES:
        raise _RefusedError(f"it has {len(reader.pages)} pages; at most {PAGES} are read")
    until = time.monotonic() + SECONDS
    for page in reader.pages:
        yield page.extract_text()
        if time.monotonic() > until:
            raise _RefusedError(f"its pages take more than {SECONDS:g} seconds to read")


if __name__ == "__main__":
    child.serve_once(partial(_answer, sys.argv[2]), sys.argv[1])
