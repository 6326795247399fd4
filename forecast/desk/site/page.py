"""A page of the site: where it lies, what it shows, what lies beside it; and its HTML."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup

from forecast.desk.export import safe
from forecast.desk.site import metadata
from forecast.desk.site.markup import coded
from forecast.desk.site.metadata import Dataset
from forecast.desk.site.pictures import FAN_KEY, HISTORY_KEY, UNFORECAST_KEY, Drawn
from forecast.desk.site.reading import SiteRecord
from forecast.months import fiscal_months, year_name, year_noun
from forecast.sources.wording import total_place
from forecast.types import Row
from forecast.words import MONTHS, capital, interval, month_words, signed, slug

if TYPE_CHECKING:
    from jinja2 import Environment

    from forecast.sources.source import Source

NAMED = 8  # totals up to which every page names each in its head
_SECTIONS = (
    ("series/", "Find a series"),
    ("compare/", "Compare"),
    ("flags/", "Unusual months"),
    ("accuracy/", "Accuracy"),
    ("tables/", "Data"),
    ("check/", "Check a text"),
    ("reading/", "How to read"),
)
_SHIPPED = ("series/", "tables/", "check/")  # about parts, views and texts of a source we know
PICTURE = "preview.png"
TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Preview:
    """What a link to the page shows where it is posted.

    about : a sentence or two, with the number. alt : what the picture beside the page shows, in
    words; "" if there is none. width, height : of that picture, in pixels. frame : folder of its
    chart for other pages, "" if there is none.
    """

    about: str
    alt: str = ""
    width: int = 0
    height: int = 0
    frame: str = ""

    def mail(self, title: str, address: str) -> str:
        """A link that begins a mail. title : as HTML has it, escaped."""
        subject = Markup(title).unescape()  # noqa: S704 - the opposite of trusting it
        return f"mailto:?subject={quote(subject)}&body={quote(f'{self.about} {address}'.strip())}"


@dataclass(frozen=True)
class SitePage:
    """A page and what lies beside it.

    place : its folder in the site, "" or ending in "/"; its file there is index.html.
    shown : what its template is told, by name. files : name -> content, in the same folder.
    dataset : what its tables are for dataset search, if they are one.
    preview : what a link to it shows; None if it says no number of its own.
    """

    place: str
    template: str
    shown: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)
    dataset: Dataset | None = None
    preview: Preview | None = None


def html(page: SitePage, record: SiteRecord, address: str) -> bytes:
    """A page as HTML. address : of the site, "" where it is not known."""
    root = "../" * page.place.count("/")
    values: dict[str, Any] = {
        "record": record,
        "status": record.status,
        "place": page.place,
        "root": root,
        "to": lambda place, anchor="": f"{root}{place}index.html{anchor}",
        "site": f"{address.rstrip('/')}/" if address else "",
        "address": f"{address.rstrip('/')}/{page.place}" if address else "",
        "cite": lambda title: metadata.cite(title, page.place, record, address),
        "digest_mark": metadata.mark(record),
        "dataset": None,
        "preview": page.preview,
        **_words(record.source),
    }
    if page.dataset is not None:
        values["dataset"] = _in_page(metadata.schema_org(page.dataset, record, values["address"]))
    template = _environment().get_template(f"{page.template}.html")
    return template.render(**values, **page.shown).encode()


def charts(drawn: Iterable[Drawn]) -> dict[str, bytes]:
    """Charts as files."""
    return {chart.name: chart.svg for chart in drawn}


def table(name: str, rows: Sequence[Row], source: Source) -> dict[str, bytes]:
    """Rows as NAME.csv and NAME.json; no cell is a formula for a spreadsheet."""
    rows = [_called(row, source) for row in rows]
    columns = list(rows[0]) if rows else []
    body = csv_file(columns, [list(row.values()) for row in rows])
    return {f"{name}.csv": body, f"{name}.json": json_file(list(rows), source)}


def csv_file(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([safe(c) if isinstance(c, str) else c for c in row] for row in rows)
    return text.getvalue().encode()


def json_file(value: Any, source: Source) -> bytes:
    """For programs, a line a row; the same value gives the same bytes."""
    if isinstance(value, list):
        rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in value)
        return f"[\n{rows}\n]\n".encode()
    if isinstance(value, dict):
        value = _called(value, source)
    return (json.dumps(value, ensure_ascii=False) + "\n").encode()


def _in_page(value: Any) -> Markup:
    """JSON inside a page: nothing in it ends the element it stands in."""
    text = json.dumps(value, ensure_ascii=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704 - no letter of markup is left


def _called(row: Row, source: Source) -> Row:
    """A row for files, its columns in the words of the source in use."""
    if not source.columns:  # the tables' own names
        return row
    return {
        source.column(name): _inner(value, source)
        for name, value in row.items()
        if source.column(name)
    }


def _inner(value: Any, source: Source) -> Any:
    if isinstance(value, dict):
        return _called(value, source)
    return [_inner(one, source) for one in value] if isinstance(value, (list, tuple)) else value


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(str(TEMPLATES)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        coded=coded,
        words=month_words,
        n=_count,
        range=_range,
        signed=signed,
        capital=capital,
        slug=slug,
    )
    environment.globals.update(
        fan_key=FAN_KEY,
        history_key=HISTORY_KEY,
        unforecast_key=UNFORECAST_KEY,
        picture_name=PICTURE,
    )
    return environment


def _words(source: Source) -> dict[str, Any]:
    """What the source in use is called on every page."""
    at, between = source.hierarchy.both_halves or (None, None)
    return {
        "borders": [(name, source.totals.name(name)) for name in source.totals.every],
        # Of many totals each is found on the first page.
        "named": [(name, source.totals.name(name)) for name in source.totals.every]
        if len(source.totals.every) <= NAMED
        else [],
        "sections": list(_sections(source)),
        "credit": source.publisher.credit,
        "measure": source.measure,
        "publisher": source.publisher,
        "called": source.totals,
        "shipped": source.shipped,
        "example": slug(source.totals.every[0]),
        "at": at,
        "between": between,
        "total_place": lambda total: total_place(total, source),
        "year_name": lambda year: year_name(year, source.year_begins),
        "year_noun": year_noun(source.year_begins),
        "year_months": [MONTHS[int(m[5:]) - 1] for m in fiscal_months(2001, source.year_begins)],
    }


def _sections(source: Source) -> Iterator[tuple[str, str]]:
    """(folder, words) of the pages over all totals that there are of the source in use."""
    source = source
    for place, words in _SECTIONS:
        nested = place == "series/" and source.hierarchy.dimensions
        if source.shipped or nested or place not in _SHIPPED:
            yield place, words


def _range(low: int, high: int) -> str:
    return interval(low, high).replace("-", "\N{EN DASH}")


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"
