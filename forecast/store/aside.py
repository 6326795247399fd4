"""Bulky rows of a run that another follows, packed: a third of what a month adds to a large record.

No view shows them any more, but their digests stand, and a run that is withdrawn gives way to the
one before it. What is packed is the text of the part as the ledger digests it.
"""

import json
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from sqlite3 import Connection

from forecast.store import ledger
from forecast.store.connect import insert
from forecast.store.kinds import PARTS
from forecast.types import Row

TABLES = {"scores": "scores", "quantiles": "quantiles", "reports": "month_reports"}  # of each part
_KEY = ("border", "dimension", "member", "component")
_SERIES = f"""
select {", ".join(_KEY)}, id from main.series
where measure_id = (select measure_id from main.runs where id = ?)"""


def set_aside(db: Connection, following: int) -> None:
    """Pack such rows of the runs before one; inside the transaction that publishes it."""
    for part, table in TABLES.items():
        # Digests of scheme 1 are made of the rows themselves.
        standing = db.execute(
            f"select id from scoped_runs as r where id < ? and scheme = {ledger.SCHEME} "
            f"and exists (select 1 from {table} where run_id = r.id)",
            (following,),
        )
        for (run_id,) in standing.fetchall():
            text = b"".join(ledger.part_text(db, (part, run_id)))
            packed = (part, run_id, zlib.compress(text, 9))
            db.execute("insert or replace into set_aside values (?, ?, ?)", packed)
            db.execute(f"delete from {table} where run_id = ?", (run_id,))


def bring_back(db: Connection, withdrawn: int) -> None:
    """Put the rows back of the run that stands in the place of one that was withdrawn."""
    query = """
    select max(id) from main.runs where id not in (select run_id from withdrawals)
        and measure_id = (select measure_id from main.runs where id = ?)"""
    (run_id,) = db.execute(query, (withdrawn,)).fetchone()
    for part, table in TABLES.items():
        insert(db, table, list(_rows(db, part, [run_id])))
    db.execute("delete from set_aside where run_id = ?", (run_id,))


@contextmanager
def lent(connection: Connection, part: str, run_ids: Collection[int]) -> Iterator[None]:
    """Let statements that a reading connection makes meanwhile find the rows of these runs too."""
    table = TABLES[part]
    connection.execute(f"create temp table {table} as select * from main.{table}")
    try:
        insert(connection, f"temp.{table}", _rows(connection, part, run_ids))
        yield
    finally:
        connection.execute(f"drop table temp.{table}")


def _rows(db: Connection, part: str, run_ids: Collection[int]) -> Iterator[Row]:
    """Yield rows that were set aside, by the columns of their table."""
    (query,) = PARTS[part].sql
    names = [name for name, *_ in db.execute(query, (0,)).description]
    for run_id in run_ids:
        of_run = (part, run_id)
        series = {tuple(key): number for *key, number in db.execute(_SERIES, (run_id,))}
        for values in (row for text in ledger.packed(db, of_run) for row in json.loads(text)):
            row = {**dict(zip(names, values, strict=True)), "run_id": run_id}
            if "component" in names:
                row["series_id"] = series[tuple(row.pop(name) for name in _KEY)]
            yield row
