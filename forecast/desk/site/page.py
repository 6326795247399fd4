"""One page: its HTML, and the tables beside it as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from forecast.desk.export import safe
from forecast.desk.sentences import ahead, monthly, section, unusual
from forecast.desk.site import metadata, pictures
from forecast.desk.site.reading import SiteRecord
from forecast.desk.templating import template
from forecast.months import fiscal_months, year_name, year_noun
from forecast.sources import wording
from forecast.sources.source import Source
from forecast.types import Row
from forecast.words import MONTHS, slug

PICTURE = "preview.png"
_IN_PAGE = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&"}
MOVED = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={to}">
<title>Moved · Bordercast</title>
<link rel="canonical" href="{to}">
</head>
<body><main><h1>This page has moved</h1><p><a href="{to}">It is here now.</a></p></main></body>
</html>
"""


@dataclass(frozen=True)
class Page:
    """A page and what lies beside it.

    place : its folder in the site, "" or ending in "/"; its file there is index.html.
    shown : what its template is told, by name. files : name -> content, in the same folder.
    dataset : what its tables are for dataset search, empty if they are none.
    preview : what a link to it shows where it is posted; empty if it says no number of its own.
        about : a sentence or two, with the number. alt : what the picture beside the page shows, in
        words; "" if there is none. size : of that picture, in pixels. frame : folder of its chart
        for other pages, "" if there is none.
    """

    place: str
    template: str
    shown: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)
    dataset: Row = field(default_factory=dict)
    preview: Row = field(default_factory=dict)


def html(page: Page, record: SiteRecord, sections: Iterable[tuple[str, str]]) -> bytes:
    """Fill a page's template. sections : (folder, words) of the pages that every page names."""
    # Relative links: a memory stick or a mail can show the page, and a site may move.
    root = "../" * page.place.count("/")

    def to(place: str, anchor: str = "") -> str:
        folder, mark, within = place.partition("#")
        return f"{root}{folder}index.html{anchor or mark + within}"

    source, address = record.source, f"{record.site}{page.place}" if record.address else ""
    at, between = source.hierarchy.both_halves or (None, None)
    schema = metadata.schema_org(page.dataset, record, address) if page.dataset else None
    values: dict[str, Any] = {
        "record": record,
        "status": record.status,
        "place": page.place,
        "root": root,
        "to": to,
        "address": address,
        "sections": sections,
        "cite": lambda title: metadata.cite(title, page.place, record),
        "digest_mark": metadata.mark(record),
        # No letter of markup is left: nothing in it ends the element it stands in.
        "dataset": schema and Markup(json.dumps(schema, ensure_ascii=False).translate(_IN_PAGE)),  # noqa: S704
        "preview": page.preview,
        "draw": lambda name, *about: pictures.CHARTS[name](record, *about),
        # In the words of the source.
        "source": source,
        "measure": source.measure,
        "publisher": source.publisher,
        "called": source.totals,
        "shipped": source.shipped,
        "example": slug(source.totals.every[0]),
        "at": at,
        "between": between,
        "total_place": lambda total: wording.total_place(total, source),
        "year_name": lambda year: year_name(year, source.year_begins),
        "year_noun": year_noun(source.year_begins),
        "year_months": [MONTHS[int(m[5:]) - 1] for m in fiscal_months(2001, source.year_begins)],
        # What a page says of a month or a flag it says in the sentences that mails have.
        "monthly": monthly,
        "unusual": unusual,
        "section": section,
        "waiting": ahead.waiting_words,
        "percent": ahead.percent,
        "wording": wording,
        "fan_key": pictures.FAN_KEY,
        "history_key": pictures.HISTORY_KEY,
        "unforecast_key": pictures.UNFORECAST_KEY,
        "picture_name": PICTURE,
    }
    return template(f"{page.template}.html").render(**values, **page.shown).encode()


def table(name: str, rows: Sequence[Row], source: Source) -> dict[str, bytes]:
    """Write rows as NAME.csv and NAME.json; no cell is a formula for a spreadsheet."""
    # Own counts have columns in their owner's words, here as in every export.
    rows = [_called(row, source) for row in rows]
    columns = list(rows[0]) if rows else []
    body = csv_file(columns, [list(row.values()) for row in rows])
    return {f"{name}.csv": body, f"{name}.json": json_file(list(rows), source)}


def csv_file(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write rows as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([safe(c) if isinstance(c, str) else c for c in row] for row in rows)
    return text.getvalue().encode()


def json_file(value: Any, source: Source) -> bytes:
    """Write for programs, a line a row; the same value gives the same bytes."""
    if isinstance(value, list):
        rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in value)
        return f"[\n{rows}\n]\n".encode()
    return (json.dumps(_called(value, source), ensure_ascii=False) + "\n").encode()


def moved(place: str, to: str) -> bytes:
    """Write the page of a folder whose content is elsewhere now. to : folder, or folder#mark."""
    folder, mark, within = to.partition("#")
    link = f"{'../' * place.count('/')}{folder}index.html{mark}{within}"
    return MOVED.format(to=Markup.escape(link)).encode()


def _called(value: Any, source: Source) -> Any:
    """Rows for files, their columns in the words of the source."""
    if isinstance(value, dict) and source.columns:
        named = ((source.column(name), inner) for name, inner in value.items())
        return {name: _called(inner, source) for name, inner in named if name}
    return [_called(v, source) for v in value] if isinstance(value, list | tuple) else value
