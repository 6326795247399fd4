"""Dated statements of what a count was: added in batches, withdrawn with a reason, never changed.

They are apart from releases: none is ever the count of a month. A run rests on one only where no
file has its month yet, which is then provisional. Views of vintages, and of what was known on a
day, show them beside what releases stated.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from sqlite3 import Connection

from forecast.errors import DataError
from forecast.rows import of
from forecast.store import ledger, measures
from forecast.store.connect import insert_one, transaction
from forecast.store.queries import column, each, records, sql
from forecast.types import DatedValue, Row, SeriesKey


def add(
    db: Connection, values: Sequence[DatedValue], name: str, now: str, *, yields: bool = False
) -> int:
    """Add statements that are not on record yet; returns how many were.

    name : of the file they are from. now : the moment, UTC, ISO 8601.
    yields : whether one that is at odds with the record is left out, as of those embedded.
    DataError, which names both, if two statements of one day say different counts, here or on
    record.
    """
    known = {about: value for value in standing(db) for about in [value.about]}
    new: list[DatedValue] = []
    for value in values:
        before = known.setdefault(value.about, value)
        if yields and not before.agrees(value):
            continue
        if not before.agrees(value):
            raise DataError(f"two counts by one day: {before}; {value}. Withdraw or leave out one")
        if before is value:
            new.append(value)
    if not new:
        return 0
    text = json.dumps([astuple(value) for value in new], ensure_ascii=False)
    with transaction(db):
        batch: Row = {"name": name, "added_at": now, "measure_id": measures.current(db)}
        batch["sha256"] = hashlib.sha256(text.encode()).hexdigest()
        batch_id = insert_one(db, "dated_batches", batch)
        db.executemany(
            sql("add_dated_line"),
            [
                (batch_id, place, *value.series, *astuple(value)[1:])
                for place, value in enumerate(new)
            ],
        )
        ledger.state(db, "dated", batch_id)
    return len(new)


def withdraw(db: Connection, batch_id: int, why: str, now: str) -> str:
    """Withdraw all statements of a batch; they stay on record, marked. Returns the batch's name.

    DataError if there is no such batch, or it is withdrawn already.
    """
    batch = next((batch for batch in batches(db) if batch.id == batch_id), None)
    if batch is None:
        raise DataError(f"no batch {batch_id} of dated values; `bordercast vintages list`")
    if batch.withdrawn_at:
        raise DataError(f"batch {batch_id} was withdrawn {batch.withdrawn_at[:10]}")
    with transaction(db):
        db.execute(sql("withdraw_dated"), (batch_id, now, why))
        ledger.state(db, "undated", batch_id)
    return batch.name


def standing(connection: Connection) -> Iterator[DatedValue]:
    """Yield every statement that was not withdrawn, in the order in which they became known."""
    for row in each(connection, "dated_standing"):
        yield of(DatedValue, row | {"series": of(SeriesKey, row)})


@dataclass(frozen=True, slots=True)
class DatedBatch:
    """Statements added together: how many, of which days, and whether they were withdrawn."""

    id: int
    name: str
    added_at: str
    lines: int
    first_day: str
    last_day: str
    withdrawn_at: str | None
    reason: str | None


def batches(connection: Connection) -> list[DatedBatch]:
    """Return every batch, the oldest first."""
    return records(connection, DatedBatch, "dated_batches")


def added(connection: Connection) -> set[str]:
    """Return the names of the batches on record, withdrawn ones too."""
    return set(column(connection, "dated_names"))
