"""The publisher's page -> addresses of its files, and what looks like a file but is not understood.

A link that is understood is on the page's own host, outside of what robots.txt disallows, and its
base name fits the publisher's pattern. A link that only looks like data is never fetched, but a
person is told of it: it may be the month that everybody waits for, under a new name.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from forecast.sources import catalog
from forecast.sources.source import FileName, Source
from forecast.words import printable

PAGE_BYTES = 1_000_000  # the real page has some 100 kB; a larger one is no listing
_DATA = re.compile(r"\.(csv|tsv|xlsx?|xlsb|ods|zip|json|parquet)(\.gz)?$", re.IGNORECASE)


def read(
    page: bytes, index: str, source: Source, ignored: Sequence[str] = ()
) -> tuple[list[str], dict[str, str]]:
    """Return what a page links to, in time that grows with its length.

    page : HTML of at most PAGE_BYTES. index : the page's address.
    ignored : base names that a person has looked at and does not want.

    Of addresses that are understood each once, the oldest release first; and of others why they
    are not taken although they look like data.
    """
    addresses = links(page, index)
    files = sorted((order(url, source), url) for url in addresses if is_file(url, index, source))
    newest = files[-1][0][0] if files else 0
    unrecognized = {
        url: why
        for url, text in addresses.items()
        if (why := problem(url, index, source, text, newest)) and base_name(url) not in ignored
    }
    return [url for _, url in files], unrecognized


def links(page: bytes, address: str) -> dict[str, str]:
    """Return every address a page links to, each once, in order, and the link's text."""
    target = _Links()
    # Without a tree: building one takes quadratic time on tags that are never closed.
    from lxml import etree

    parser = etree.HTMLParser(target=target, encoding="utf-8")
    parser.feed(page.decode("utf-8", errors="replace").encode())
    parser.close()
    addresses: dict[str, str] = {}
    for href, text in target.found:
        with suppress(ValueError):  # an href that is no address
            addresses.setdefault(urldefrag(urljoin(address, href)).url, text)
    return addresses


def is_table_page(url: str, address: str, source: Source) -> bool:
    """Return whether an address is that of another year's page beside this one."""
    return (
        url != address
        and url.isprintable()
        and urlsplit(url)[:2] == urlsplit(address)[:2]
        and "." not in base_name(url)
        and catalog.parse_name(table_name(url), source) is not None
    )


def table_name(url: str) -> str:
    """Return the name under which a page is kept."""
    return f"{base_name(url)}.html"


def is_file(url: str, index: str, source: Source) -> bool:
    """Return whether an address is understood as one of the publisher's files."""
    return (
        _name(url, source) is not None
        and url.isprintable()
        and urlsplit(url)[:2] == urlsplit(index)[:2]
        and not urlsplit(url).path.startswith(source.publisher.disallowed)
    )


def problem(url: str, index: str, source: Source, text: str = "", newest: int = 0) -> str:
    """Return why an address that looks like data is not taken; "" if it is, or looks like none.

    text : the link's text. newest : seq of the newest file understood: older ones in the folder
        that robots.txt disallows are known, and left.
    """
    parts, name, pages = urlsplit(url), _name(url, source), source.publisher
    if is_file(url, index, source) or parts.scheme not in ("http", "https"):
        return ""
    # Data by its ending, or by words that only the files' links have.
    base = unquote(base_name(url))
    if not _DATA.search(base) and not any(
        re.search(pages.window, words, re.IGNORECASE)
        and any(word in words.lower() for word in pages.about)
        for words in (base, text)
    ):
        return ""
    if name is None:
        return "its name does not fit the pattern"
    if parts[:2] != urlsplit(index)[:2]:
        return (
            f"it is at {printable(f'{parts.scheme}://{parts.netloc}', 80)}, not on the page's host"
        )
    if parts.path.startswith(pages.disallowed):
        return "robots.txt disallows its folder" if name.seq > newest else ""
    return "its address has characters that cannot be shown"


def order(url: str, source: Source) -> tuple[int, str]:
    """Return where a file stands among all: its seq and its base name."""
    name = _name(url, source)
    return (name.seq if name else 0, base_name(url))


def base_name(url: str) -> str:
    """Return the last part of an address's path."""
    return urlsplit(url).path.rpartition("/")[2]


def _name(url: str, source: Source) -> FileName | None:
    base = base_name(url)
    return catalog.parse_name(base, source) if base.lower().endswith(".csv") else None


class _Links:
    """Collects (href, text) of every link; the interface is lxml's."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self._href = ""
        self._text: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "a":
            self.end(tag)  # of one before that was never closed
            self._href = attributes.get("href", "").strip()

    def end(self, tag: str) -> None:
        if tag == "a":
            if self._href:
                self.found.append((self._href, " ".join("".join(self._text).split())[:300]))
            self._href, self._text = "", []

    def data(self, text: str) -> None:
        if self._href:
            self._text.append(text)

    def close(self) -> None:
        self.end("a")
