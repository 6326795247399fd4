"""The pages of every measure of a record: the first one's at the top, each other's in a folder."""

import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

from forecast.context import Context
from forecast.store import measures, read
from forecast.words import slug


def build(
    connection: sqlite3.Connection,
    context: Context,
    to: Path,
    today: date,
    address: str = "",
    first: Callable[[], None] = lambda: None,
    report: Callable[[str, int, int], None] = lambda *_: None,
) -> tuple[int, int]:
    """Bring a folder up to what a record says of all its measures.

    connection : on the record or a copy of it, at one moment.
    first : called once the pages that people open first are there. report, and what is returned :
    see `pages.write`.

    ConfigError if nothing is published yet, or the folder is not for this.
    """
    from forecast.desk.site import build as pages

    published = [about for about in context.each() if _published(connection, about)] or [context]
    folders = {about.name: f"{slug(about.source.measure.noun)}/" for about in published}
    # The first measure's addresses are those of before there were several.
    folders[published[0].name] = ""
    written = []
    for about in published:
        # Views tell of the measure that the connection is about: set anew for each.
        about.scope(connection)
        up = "../" if folders[about.name] else ""
        others = {
            other.source.measure.noun: "" if other == about else f"{up}{folders[other.name]}"
            for other in published
        }
        whole = f"{address.rstrip('/')}/{folders[about.name]}" if address else ""
        written.append(
            pages.write(
                connection,
                to / folders[about.name],
                today,
                about.source,
                whole.rstrip("/"),
                first if about == published[0] else lambda: None,
                others if len(published) > 1 else None,
                report,
            )
        )
    return sum(new for new, _ in written), sum(unchanged for _, unchanged in written)


def _published(connection: sqlite3.Connection, context: Context) -> bool:
    """Return whether a run has published something of this measure."""
    if context.name not in measures.named(connection):
        return False
    context.scope(connection)
    return read.latest_run(connection) is not None
