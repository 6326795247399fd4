"""A database file in tests: read it, edit it behind the program's back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from forecast.store import connect, ledger, scheme1


def rows(path: Path, query: str, *values: object) -> list[tuple]:
    """What a query finds."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query, values).fetchall()


@contextmanager
def counting_steps() -> Iterator[Callable[[], int]]:
    """How many thousand steps SQLite made meanwhile: what a query costs, whatever the machine."""
    counted = 0
    opened = sqlite3.connect

    def step() -> None:
        nonlocal counted
        counted += 1

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = opened(*arguments, **options)
        connection.set_progress_handler(step, 1000)
        return connection

    sqlite3.connect = connect
    try:
        yield lambda: counted
    finally:
        sqlite3.connect = opened


def edit(path: Path, statement: str) -> int:
    """Change rows; returns how many."""
    with closing(sqlite3.connect(path)) as db, db:
        return db.execute(statement).rowcount


def written(path: Path, statement: str) -> int:
    """The same, as a forger does it who knows the program: every digest is rebuilt."""
    with connect.writing(path) as db, connect.transaction(db):
        changed = db.execute(statement).rowcount
        forge(db)
    return changed


def forge(db: Connection) -> None:
    """State the record anew as the tables now are, entry by entry, with the program's own means."""
    previous, marks = "", None
    for run_id, scheme in db.execute("select id, scheme from runs order by id").fetchall():
        if scheme == scheme1.SCHEME:
            digest = scheme1.run_digest(db, run_id, previous)
            _renew(db, run_id, previous, digest)
            previous = digest
    entries = ledger.entries(db)
    newest = {name: entry.id for entry in entries for name in json.loads(entry.parts)}
    for entry in entries:
        parts = json.loads(entry.parts)
        for name in parts:
            if newest[name] == entry.id:
                parts[name] = ledger.part_digest(db, ledger.entry_key(name))
        text = json.dumps(parts, separators=(",", ":"), sort_keys=True)
        forged = entry._replace(parts=text, previous=previous)
        forged = forged._replace(digest=ledger.entry_digest(forged, marks))
        db.execute(
            "update entries set parts = ?, previous = ?, digest = ? where id = ?",
            (forged.parts, forged.previous, forged.digest, entry.id),
        )
        if entry.kind == "run":
            _renew(db, int(entry.subject.split()[1]), previous, forged.digest)
        previous, marks = forged.digest, forged.digest[ledger.ROOT :]


def _renew(db: Connection, run_id: int, previous: str, digest: str) -> None:
    db.execute(
        "update runs set previous_digest = ?, digest = ? where id = ?", (previous, digest, run_id)
    )
