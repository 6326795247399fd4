"""Entries as Atom feeds (RFC 4287): the same entries give the same bytes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from forecast.desk.site.news import NewsItem

if TYPE_CHECKING:
    from forecast.sources.source import Source

NEWEST = 40  # entries of a feed
_ATOM = "http://www.w3.org/2005/Atom"
# Ids name what is told of and never where, so that a site may move and nobody reads twice.
_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "https://bordercast.example.org/feeds")


@dataclass(frozen=True)
class Feed:
    """A feed: name of its file without the ending, title, and what its entries are about.

    place : of the page it goes with. began : "YYYY-MM-DD", its date while it is empty.
    """

    name: str
    title: str
    about: str
    place: str
    began: str


def atom(feed: Feed, entries: Iterable[NewsItem], address: str, source: Source) -> bytes:
    """A feed as a file of the page `subscribe/`.

    address : of the site; links are relative to the file where it is not known.
    """
    newest = sorted(entries, key=lambda item: item.key)
    newest = sorted(newest, key=lambda item: (item.updated, item.published), reverse=True)[:NEWEST]
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})
    root.set("{http://www.w3.org/XML/1998/namespace}lang", "en-US")
    _put(root, "title", feed.title)
    _put(root, "subtitle", feed.about)
    _put(root, "id", _id(f"feed/{feed.name}"))
    _put(root, "updated", _moment(max([feed.began, *(item.updated for item in newest)])))
    if address:
        href = f"{address.rstrip('/')}/subscribe/{feed.name}.atom"
        _put(root, "link", rel="self", type="application/atom+xml", href=href)
    _put(root, "link", rel="alternate", type="text/html", href=_page(feed.place, address))
    _put(_put(root, "author"), "name", "Bordercast")
    _put(root, "rights", source.publisher.credit)
    for entry in newest:
        _entry(root, entry, address)
    body: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return body


def _entry(root: etree._Element, item: NewsItem, address: str) -> None:
    entry = _put(root, "entry")
    _put(entry, "title", item.title)
    _put(entry, "id", _id(item.key))
    _put(entry, "published", _moment(item.published))
    _put(entry, "updated", _moment(item.updated))
    _put(entry, "link", rel="alternate", type="text/html", href=_page(item.place, address))
    for term in filter(None, (item.kind, item.total)):
        _put(entry, "category", term=term)
    _put(entry, "summary", " ".join(item.sentences), type="text")


def _put(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    element.text = text or None
    return element


def _page(place: str, address: str) -> str:
    return f"{address.rstrip('/')}/{place}" if address else f"../{place}index.html"


def _moment(day: str) -> str:
    return f"{day}T00:00:00Z"


def _id(key: str) -> str:
    return uuid.uuid5(_NAMES, key).urn
