"""The site: every page as files, those that people open first before the others.

Nothing is computed when somebody looks: any web server, a memory stick or a mail can show it.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from forecast.desk.site import output
from forecast.desk.site.page_kinds import OTHERS, PAGE_KINDS, moved_pages
from forecast.desk.site.pictures import ALBUM
from forecast.desk.site.reading import read_site, read_status
from forecast.errors import ConfigError
from forecast.sources.source import Source
from forecast.store import read
from forecast.version import __version__

CHARTS = ".bordercast-charts.json.gz"
ASSETS = Path(__file__).with_name("assets")


def write(
    connection: sqlite3.Connection,
    to: Path,
    today: date,
    source: Source,
    address: str = "",
    first: Callable[[], None] = lambda: None,
    measures: Mapping[str, str] | None = None,
    report: Callable[[str, int, int], None] = lambda *_: None,
) -> tuple[int, int]:
    """Bring a folder up to what a record says.

    connection : on the record or a copy of it, at one moment.
    to : the folder. today : for whether newer figures are due. address : where the site will be,
    for what needs a whole address; "" if that is not known.
    first : called once the first page and the totals' are there.
    measures : what else is counted -> the folder of its pages, seen from this one.
    report : told how many of the kinds of pages are written.

    Returns how many files were written, and how many were right already; none at all if the folder
    is current. ConfigError if nothing is published yet, or the folder is not for this.
    """
    run = read.latest_run(connection)
    if run is None:
        raise ConfigError("the record", "--db", "nothing is published yet; `bordercast run`")
    status = read_status(connection, run, today, source)
    program = _program()
    if not source.shipped:
        # Own counts may change their words in the settings: then their pages are made anew.
        own = (source.publisher, source.measure, source.totals, source.due, source.hierarchy)
        program = hashlib.sha256(f"{program} {own!r}".encode()).hexdigest()[:16]
    state = f"{status} {address} {program} {measures or ''}".rstrip()
    with output.opened(to) as site:
        # Most wakes find nothing new, and then nothing of the record is read.
        if site.is_current(state):
            first()
            return 0, 0
        report("reading the record", 0, 1)
        ALBUM.load(to / CHARTS, program)
        record = replace(
            read_site(connection, today, source),
            measures=measures or {},
            address=address,
            before=site.before,
            runs_kept=site.runs() | {run.id},
        )
        report("reading the record", 1, 1)
        for asset in sorted(ASSETS.iterdir()):
            site.put(f"static/{asset.name}", asset.read_bytes())
        every = [list(kind.of(record)) if kind.of else [None] for kind in PAGE_KINDS]
        count, done = sum(map(len, every)), 0
        for kind, abouts in zip(PAGE_KINDS, every, strict=True):
            # Visitors may come in as soon as what people open first is there.
            if kind is OTHERS[0]:
                first()
            for about in abouts:
                report("writing pages", done, count)
                done += 1
                folder, files = kind.page(record, about)
                for name, content in files.items():
                    site.put(folder + name, content)
        # Last, so that no address that leads elsewhere hides a page of this run.
        for name, content in moved_pages(record):
            site.put_moved(name, content)
        ALBUM.save(to / CHARTS, program)
        site.finish(state, run.id, packed=record.many)
        return site.written, site.kept


@cache
def _program() -> str:
    """A digest of all that pages are made by: another one makes them anew."""
    digest = hashlib.sha256(__version__.encode())
    desk = Path(__file__).parent.parent
    rest = ("words.py", "months.py", "names.py", "sources/wording.py")
    code = [*desk.rglob("*.py"), *desk.rglob("*.toml"), *(desk.parent / name for name in rest)]
    for path in sorted([*code, *desk.rglob("*.html"), *desk.rglob("*.atom"), *ASSETS.iterdir()]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
