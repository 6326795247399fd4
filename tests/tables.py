"""A database file in tests: read it, edit it behind the program's back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from forecast.store import connect, digests, seals


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
    """The same, as if the program had done it: seals and digests are renewed."""
    with connect.writing(path) as db, connect.transaction(db):
        changed = db.execute(statement).rowcount
        seals.seal(db.conn, *seals.PARTS)
        previous = ""
        for (run_id,) in db.execute("select id from runs order by id").fetchall():
            seals.seal_run(db.conn, run_id)
            digest = digests.run_digest(db, run_id, previous)
            db.execute(
                "update runs set previous_digest = ?, digest = ? where id = ?",
                (previous, digest, run_id),
            )
            previous = digest
    return changed
