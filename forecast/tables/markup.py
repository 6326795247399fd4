"""The tables of a web page -> their cells as text.

Knows no publisher. Pages as content systems write them: documents inside documents, tags that are
never closed. No tree is built: on such pages that takes quadratic time.
"""

import re
from typing import Any

HtmlTable = list[list[str]]
"""Rows of cells; a cell's text with single spaces, without its markup."""

PAGE_BYTES = 1_000_000  # the publishers' pages have some 100 kB
_WHOLE = re.compile(rb"<table[\s>].*?</table\s*>", re.IGNORECASE | re.DOTALL)
_OPENED = re.compile(rb"<table[\s>]", re.IGNORECASE)
_CLOSED = re.compile(rb"</table\s*>", re.IGNORECASE)


def tables(page: bytes) -> list[HtmlTable]:
    """Every table of a page, the outer one before those inside it.

    page : HTML, UTF-8, at most PAGE_BYTES; ValueError beyond.
    """
    if len(page) > PAGE_BYTES:
        raise ValueError(f"larger than {PAGE_BYTES:,} bytes")
    from lxml import etree

    target = _TableParser()
    parser: Any = etree.HTMLParser(target=target, encoding="utf-8")
    parser.feed(page.decode("utf-8", errors="replace").encode())
    parser.close()
    return target.found


def is_cut(page: bytes) -> bool:
    """Whether a table begins and does not end: a parser would end it, and not say so."""
    return len(_OPENED.findall(page)) > len(_CLOSED.findall(page))


def without_rest(page: bytes) -> bytes:
    """A page's tables alone, a line each, as they are written; b"" if it has none that ends.

    What stands around them changes with every visit; the tables change when the figures do.
    """
    return b"".join(table + b"\n" for table in _WHOLE.findall(page))


class _TableParser:
    """Collects cells; the interface is lxml's."""

    def __init__(self) -> None:
        self.found: list[HtmlTable] = []
        self._open: list[HtmlTable] = []
        self._cell: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table":
            self._finish()
            self._open.append([])
            self.found.append(self._open[-1])
        elif tag == "tr" and self._open:
            self._finish()
            self._open[-1].append([])
        elif tag in ("td", "th") and self._open and self._open[-1]:
            self._finish()
            self._cell = []

    def end(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._finish()
        if tag == "table" and self._open:
            self._open.pop()

    def data(self, text: str) -> None:
        if self._cell is not None:
            self._cell.append(text)

    def close(self) -> None:
        self._finish()

    def _finish(self) -> None:
        if self._cell is not None:
            self._open[-1][-1].append(" ".join("".join(self._cell).split()))
        self._cell = None
