"""A border's chart as a page to put on other pages: the only pages that may be framed."""

from __future__ import annotations

from forecast.desk.site import lines, pictures
from forecast.desk.site.pages import SitePage
from forecast.desk.site.pictures import FULL, PHONE
from forecast.desk.site.record import SiteRecord
from forecast.desk.wording import slug

FOLDER = "embed/"


def embed_place(border: str) -> str:
    """Folder of a border's chart for other pages."""
    return f"{FOLDER}{slug(border)}/"


def embed_page(record: SiteRecord, border: str) -> SitePage:
    """The forecast's chart with its finding and a link back; shows the border page's own files."""
    found = record.borders[border]
    shown = {
        "found": found,
        "fan": [
            pictures.fan(border, found.months, found.ahead, found.flagged, size)
            for size in (FULL, PHONE)
        ],
        "unusual": lines.unusual(found.newest, found.flags),
        "halves": lines.halves(found.newest),
        "expected": lines.expected(found.ahead[0]),
    }
    return SitePage(embed_place(border), "embed", shown)
