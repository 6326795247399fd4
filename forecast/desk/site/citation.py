"""How to cite a page: by an address that stays and names run and digest."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from forecast.desk.site.record import SiteRecord
from forecast.words import MONTHS, day_words, slug

DIGEST_LETTERS = 16  # letters of a digest that an address names: nobody finds another with the same
_SPECIAL = re.compile(r"([&%$#_])")


@dataclass(frozen=True)
class Citation:
    """A page in three forms. address : where the page as of this run stays."""

    plain: str
    apa: str
    bibtex: str
    address: str


def permanent(place: str, record: SiteRecord, address: str) -> str:
    """Where the page as of this run stays; the mark at its end is there only with this digest.

    address : of the site; the answer is relative to its first page where that is not known.
    """
    site = f"{address.rstrip('/')}/" if address else ""
    return f"{site}as-of/{record.run.id}/{place}#{mark(record)}"


def mark(record: SiteRecord) -> str:
    """The name of the paragraph with the digest, at the bottom of each page."""
    return f"digest-{record.run.digest[:DIGEST_LETTERS]}"


def cite(title: str, place: str, record: SiteRecord, address: str) -> Citation:
    """A page's citation. title : as HTML has it, escaped."""
    run, day = record.run, record.run.published_at[:10]
    name = " ".join(Markup(title).unescape().split())  # noqa: S704 - the opposite of trusting it
    where = permanent(place, record, address)
    year, month = day[:4], MONTHS[int(day[5:7]) - 1]
    data = f"Data: {record.source.publisher.name}"
    return Citation(
        plain=f"Bordercast, \N{LEFT DOUBLE QUOTATION MARK}{name},\N{RIGHT DOUBLE QUOTATION MARK} "
        f"run {run.id}, {day_words(day)}, digest {run.digest}, {where}. {data}.",
        apa=f"Bordercast. ({year}, {month} {int(day[8:])}). {name} (Run {run.id}, digest "
        f"{run.digest[:DIGEST_LETTERS]}) [Data set; {data}]. {where}",
        bibtex=_bibtex(
            f"bordercast-run{run.id}-{slug(place) or 'overview'}",
            {
                "author": "{Bordercast}",
                "title": f"{{{_plain(name)}}}",
                "year": year,
                "month": str(int(day[5:7])),
                "version": f"run {run.id}",
                "howpublished": rf"\url{{{where}}}",
                "note": f"Digest {run.digest}. {data}",
            },
        ),
        address=where,
    )


def _bibtex(key: str, fields: dict[str, str]) -> str:
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{key},\n{lines}\n}}"


def _plain(text: str) -> str:
    """Without what LaTeX would obey."""
    return _SPECIAL.sub(r"\\\1", re.sub(r"[\\{}^~]", " ", text))
