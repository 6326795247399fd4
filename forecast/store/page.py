"""What the page asks of the record that no command does. Quick to import."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from forecast.records import Row
from forecast.store import witnesses
from forecast.store.read import rows


class Source(NamedTuple):
    """The release that states the newest month, and those refused that are not older.

    seen : "YYYY-MM-DD", None where it is not known. refused : names of files.
    witnesses : who saw the last run.
    """

    file_name: str
    seen: str | None
    refused: tuple[str, ...]
    witnesses: tuple[witnesses.Seen, ...] = ()


def newest_source(connection: sqlite3.Connection) -> Source | None:
    """Where the newest month comes from; None if nothing is held."""
    found = rows(
        connection,
        """
        select file_name, first_seen_at, seq from releases
        where status = 'accepted' and kind <> 'vintage' order by seq desc, id desc limit 1
        """,
        (),
    )
    if not found:
        return None
    refused = connection.execute(
        "select file_name from releases where status = 'quarantined' and seq >= ? order by seq",
        (found[0]["seq"],),
    )
    last = connection.execute("select id from latest_run").fetchone()
    return Source(
        found[0]["file_name"],
        found[0]["first_seen_at"],
        tuple(name for (name,) in refused),
        tuple(witnesses.seen(connection, last[0])) if last else (),
    )


def revised(connection: sqlite3.Connection, border: str) -> list[Row]:
    """The months whose count was restated: first value, now, how often; the newest first."""
    return rows(
        connection,
        """
        select month,
            max(encounters) filter (where previous is null) as first_value,
            max(encounters) filter (where known_until is null) as now,
            count(*) - 1 as times,
            max(known_from) as known_from,
            max(vintage) filter (where known_until is null) as vintage
        from vintages where border = ?
        group by month having count(*) > 1 order by month desc
        """,
        (border,),
    )


def open_parts(connection: sqlite3.Connection) -> list[Row]:
    """Flags of parts that are still open, rows of `open_flags`: the gravest first."""
    return rows(
        connection,
        """
        select * from open_flags where dimension <> ''
        order by border, month desc, case severity
            when 'critical' then 0 when 'major' then 1 when 'notable' then 2 else 3 end, p
        """,
        (),
    )


def judged(connection: sqlite3.Connection, border: str) -> list[Row]:
    """Every judged month of a border's total, rows of `judged_months`, the newest first."""
    return rows(
        connection,
        "select * from judged_months where border = ? and dimension = '' order by month desc",
        (border,),
    )
