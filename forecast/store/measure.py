"""What a record is of: its source's words, where these do not come with the program."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from forecast.store import ledger
from forecast.store.connect import transaction

if TYPE_CHECKING:
    from sqlite_utils import Database


def source(connection: Database | sqlite3.Connection) -> dict[str, Any] | None:
    """The source's section of the settings, None where the source comes with the program."""
    known = connection.execute("select 1 from sqlite_master where name = 'measure'").fetchone()
    row = connection.execute("select source from measure").fetchone() if known else None
    return json.loads(row[0]) if row else None


def save_source(db: Database, section: dict[str, Any]) -> None:
    """Keep it; the newest words stand."""
    if source(db) == section:
        return
    with transaction(db):
        db.execute(
            "insert into measure (id, source) values (1, ?) "
            "on conflict (id) do update set source = excluded.source",
            (json.dumps(section, sort_keys=True, ensure_ascii=False),),
        )
        ledger.add_kept(db, "measure")


def totals(connection: Database | sqlite3.Connection) -> list[str]:
    """The series that are no part of another, in the order in which they came."""
    rows = connection.execute("select border from series where dimension = '' order by id")
    return [str(border) for (border,) in rows]


def next_seq(connection: Database | sqlite3.Connection) -> int:
    """A place behind every release held."""
    behind = "select coalesce(max(seq), 0) + 1 from releases"
    (seq,) = connection.execute(behind).fetchone()
    return int(seq)
