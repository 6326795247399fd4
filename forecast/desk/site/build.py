"""The site: every page as files, those that people open first before the others.

Nothing is computed when somebody looks: any web server, a memory stick or a mail can show it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from forecast.desk.site import output
from forecast.desk.site.output import SiteFolder
from forecast.desk.site.page import TEMPLATES, SitePage, html
from forecast.desk.site.page_kinds import (
    border_page,
    comparisons,
    embed_page,
    fact_page,
    facts,
    front,
    month_page,
    over_all,
    run_pages,
    series_list,
    series_page,
    small,
    subscribe_page,
    tables,
)
from forecast.desk.site.pictures import ALBUM
from forecast.desk.site.reading import SiteRecord, read_site, read_status
from forecast.errors import ConfigError
from forecast.store import page, read
from forecast.store.views import view_rows
from forecast.version import __version__

if TYPE_CHECKING:
    from forecast.sources.source import Source

CHARTS = ".bordercast-charts.json"
ASSETS = Path(__file__).with_name("assets")


class Built(NamedTuple):
    """What came of it: files written, files that were right already; none at all if current."""

    run: int
    written: int
    kept: int


def write(
    connection: sqlite3.Connection,
    to: Path,
    today: date,
    source: Source,
    address: str = "",
    first: Callable[[], None] = lambda: None,
    measures: Mapping[str, str] | None = None,
) -> Built:
    """Bring a folder up to what a record says.

    Parameters
    ----------
    connection : on the record or a copy of it, at one moment.
    to : the folder. today : for whether newer figures are due. address : where the site will be,
    for what needs a whole address; "" if that is not known.
    first : called once the first page and the borders' are there.
    measures : what else is counted -> the folder of its pages, seen from this one.

    Raises
    ------
    ConfigError : nothing is published yet, or the folder is not for this.
    """
    run = read.latest_run(connection)
    if run is None:
        raise ConfigError("the record", "--db", "nothing is published yet; `bordercast run`")
    status = read_status(run, page.newest_source(connection), today, source)
    state = f"{status} {address} {_drawn_by(source)} {measures or ''}".rstrip()
    with output.opened(to) as site:
        if site.is_current(state):
            first()
            return Built(run.id, 0, 0)
        ALBUM.load(to / CHARTS, _drawn_by(source))
        record = replace(read_site(connection, today, source), measures=measures or {})
        shipped = source.shipped
        views = {
            view.name: view_rows(connection, view.name, view.columns) for view in small() if shipped
        }
        for asset in sorted(ASSETS.iterdir()):
            site.put(f"static/{asset.name}", asset.read_bytes())
        _put(site, opening(record, site.runs() | {run.id}, address), record, address)
        first()
        _put(site, _others(record), record, address)
        if shipped:
            _put(site, iter([tables(views, record)]), record, address)
        ALBUM.save(to / CHARTS, _drawn_by(source))
        site.finish(state, run.id)
        return Built(run.id, site.written, site.kept)


def opening(record: SiteRecord, runs: Collection[int], address: str) -> Iterator[SitePage]:
    """What people open first. kept : runs whose pages are kept."""
    yield front(record)
    for total in record.source.totals.every:
        yield border_page(record, total)
    yield from over_all(record)
    yield from run_pages(record, runs)
    yield subscribe_page(record, address)


def _others(record: SiteRecord) -> Iterator[SitePage]:
    """Months and facts, the newest first; every series; comparisons."""
    if record.parts or record.source.shipped:
        yield series_list(record)
    yield from comparisons(record)
    for total, border_record in record.borders.items():
        yield embed_page(record, total)
        for month in sorted(border_record.reports, reverse=True):
            yield month_page(record, total, month)
        for fact in facts(border_record):
            yield fact_page(record, border_record, fact)
    for part in record.parts.values():
        yield series_page(record, part)


def _put(site: SiteFolder, pages: Iterator[SitePage], record: SiteRecord, address: str) -> None:
    """Write pages, each after all that it shows."""
    for written in pages:
        for name, content in written.files.items():
            site.put(written.place + name, content)
        site.put(f"{written.place}index.html", html(written, record, address))


def _drawn_by(source: Source) -> str:
    """A digest of the program and, of own counts, of their words."""
    if source.shipped:
        return _program()
    words = repr((source.publisher, source.measure, source.totals, source.due, source.hierarchy))
    return hashlib.sha256(f"{_program()} {words}".encode()).hexdigest()[:16]


@cache
def _program() -> str:
    """A digest of all that pages are made by: another one makes them anew."""
    digest = hashlib.sha256(__version__.encode())
    desk = Path(__file__).parent.parent
    code = [*desk.rglob("*.py"), *(desk.parent / "sources").glob("*.py"), desk.parent / "words.py"]
    for path in sorted([*code, *TEMPLATES.iterdir(), *ASSETS.iterdir()]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
