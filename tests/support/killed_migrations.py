"""Earlier databases, brought up to date and killed at it: arguments DATABASE FIRST STEP.

For the database and each earlier schema: one with the same rows, killed when the n-th statement of
its migrations begins, then brought up to date by the program; n is FIRST, and STEP more each time.
A line of JSON for each kill.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from forecast.store import connect, ops, scheme1

SCHEMAS = {"bordercast.db": connect.SCHEMA, "ops.db": ops.SCHEMA}
Rows = dict[str, list[tuple[object, ...]]]


def earlier(path: Path, version: int, to: Path) -> Path:
    """A database of an earlier schema with the rows of this one, as far as it had room for them."""
    schema = SCHEMAS[path.name]
    with closing(sqlite3.connect(to, isolation_level=None)) as db:
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = off")
        connect.apply(db, version, schema)
        db.execute("attach ? as newer", (f"file:{path}?mode=ro",))
        newer = tables(db, "newer")
        for table, columns in tables(db).items():
            names = ", ".join(columns)
            if table in newer:
                rows = f"select {names} from newer.{table}"
                db.execute(f"insert or replace into main.{table} ({names}) {rows}")
        if "runs" in tables(db) and "entries" not in tables(db):
            _digest_as_then(db)
    return to


def _digest_as_then(db: sqlite3.Connection) -> None:
    """Give the runs the digests that programs gave them before there was a ledger."""
    previous = ""
    for (run_id,) in db.execute("select id from runs order by id").fetchall():
        digest = scheme1.run_digest(db, run_id, previous)
        change = "update runs set previous_digest = ?, digest = ? where id = ?"
        db.execute(change, (previous, digest, run_id))
        previous = digest


def tables(db: sqlite3.Connection, of: str = "main") -> dict[str, list[str]]:
    """Table -> its columns."""
    names = db.execute(f"select name from {of}.sqlite_master where type = 'table' order by 1")
    return {
        name: [row[1] for row in db.execute(f"pragma {of}.table_info({name})")]
        for (name,) in names.fetchall()
    }


def rows(path: Path, of: dict[str, list[str]] | None = None) -> Rows:
    """Every row, or what these columns of these tables hold."""
    with closing(sqlite3.connect(path)) as db:
        return {
            table: sorted(db.execute(f"select {', '.join(columns)} from {table}"), key=repr)
            for table, columns in (tables(db) if of is None else of).items()
        }


def shape(path: Path) -> list[tuple[object, ...]]:
    """The schema, as SQLite keeps it, and its version."""
    with closing(sqlite3.connect(path)) as db:
        version = db.execute("pragma user_version").fetchall()
        return version + db.execute("select name, sql from sqlite_master order by 1").fetchall()


def killed(path: Path, statement: int) -> bool:
    """Whether a process of its own was killed at this statement; False if it got through."""
    child = os.fork()
    if child == 0:
        _migrate_and_die(path, statement)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def _migrate_and_die(path: Path, statement: int) -> None:
    left = statement

    def look(_: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma journal_mode = wal")
    db.set_trace_callback(look)
    connect.migrate(db, path, SCHEMAS[path.name])
    os._exit(0)


def kills(
    path: Path, version: int, first: int, step: int, folder: Path
) -> Iterator[dict[str, object]]:
    """What was found after each kill and after the program has resumed."""
    before = earlier(path, version, folder / "before.db")
    with closing(sqlite3.connect(before)) as db:
        columns = tables(db)
    with closing(sqlite3.connect(path)) as db:
        kept = tables(db)  # the table of seals, empty here, goes
    columns = {table: names for table, names in columns.items() if table in kept}
    held, newest = rows(before, columns), shape(path)
    place = folder / path.name
    statement = first
    while True:
        for end in ("", "-wal", "-shm"):
            (folder / f"{path.name}{end}").unlink(missing_ok=True)
        shutil.copyfile(before, place)
        if not killed(place, statement):
            return
        between = shape(place)[0][0]
        with connect.writing(place, schema=SCHEMAS[path.name]):
            pass
        yield {
            "version": version,
            "statement": statement,
            "between": between,
            "whole": rows(place, columns) == held and shape(place) == newest,
        }
        statement += step


if __name__ == "__main__":
    database, begin, every = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    work = database.parent / f"{database.stem}-migrating"
    for number in range(len(connect.migrations(SCHEMAS[database.name]))):
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        for found in kills(database, number, begin, every, work):
            print(json.dumps(found), flush=True)
