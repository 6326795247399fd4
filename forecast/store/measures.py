"""The measures that a record holds, and which of them a connection is about.

A record begins with one measure and may gain others: encounters, seizures, somebody's own counts,
side by side in the same tables. Whoever reads or writes is about one of them: once `scope` was
called on a connection, `series`, `releases`, `runs`, `joined_labels` and every view show the rows
of that measure alone, and new rows are of it. Without the call it is the first one, as in records
of 1.0. What is about the whole record, as the ledger is, names the tables as `main.series`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forecast.labels import Joins
from forecast.store import connect, ledger, schema
from forecast.store.connect import insert_one, transaction
from forecast.store.ops import text
from forecast.store.queries import column, has, pairs, records
from forecast.store.schema import FIRST
from forecast.types import DEFAULT_SOURCE

if TYPE_CHECKING:
    from sqlite3 import Connection

    from forecast.agreed import Agreed

_DIVIDED = ("series", "releases", "runs", "joined_labels")  # rows of each are of one measure


def ids(connection: Connection) -> list[int]:
    """Return the ids of the record's measures, the first one first."""
    numbers = column(connection, "measures") if has(connection, "measure") else []
    return sorted({FIRST, *numbers})


def named(connection: Connection) -> dict[str, int]:
    """Return the name of its source -> id of each measure; empty before anything was taken in.

    A first measure without words is CBP's, `DEFAULT_SOURCE`, of which 1.0 kept none.
    """
    stored = pairs(connection, "measure_words") if has(connection, "measure") else []
    sections = {number: json.loads(words) for number, words in stored}
    by_name = {
        _name(words): number
        for number, words in sections.items()
        if isinstance(words, dict)  # nothing else is words: `verify` says who wrote it
    }
    if FIRST not in sections and connection.execute("select 1 from main.series").fetchone():
        return {DEFAULT_SOURCE: FIRST} | by_name
    return by_name


def _name(words: Mapping[str, Any]) -> str:
    return words.get("name") or words.get("kind") or DEFAULT_SOURCE


def current(connection: Connection) -> int:
    """Return the id of the measure that a connection is about."""
    return int(column(connection, "current_measure")[0]) if has(connection, "scope") else FIRST


def scope(connection: Connection, measure_id: int) -> None:
    """Make a connection about one measure; nothing changes in a record that has no other.

    KeyError if it has no such measure.
    """
    there = ids(connection)
    if measure_id not in there:
        raise KeyError(measure_id)
    # Views made for another measure before; temporary ones, of this connection alone.
    made = connection.execute("select name from sqlite_temp_master where type = 'view'").fetchall()
    for (name,) in made:
        connection.execute(f"drop view temp.{name}")
    # The views of the record itself are about the first: as quick as before there were others.
    if there == [FIRST]:
        connect.lend_views(connection)
        return
    for table in _DIVIDED:
        connection.execute(
            f"create temp view {table} as select * from main.{table} "
            f"where measure_id = {measure_id}"
        )
    schema.lend_views(connection, measure_id)


def scope_to(connection: Connection, name: str) -> None:
    """Make a connection about the measure of a source, if the record has it."""
    there = named(connection)
    if name in there:
        scope(connection, there[name])


@contextmanager
def scoped(connection: Connection, measure_id: int) -> Iterator[None]:
    """Make a connection about one measure for a while, and then about the one before."""
    # A reader of all measures goes through them on one connection, as of one moment.
    before = current(connection)
    scope(connection, measure_id)
    try:
        yield
    finally:
        scope(connection, before)


def add(db: Connection, section: dict[str, Any], now: datetime) -> int:
    """Add a measure with its words, and make the connection about it. Returns its id."""
    with transaction(db):
        # Never reused: rows of a measure bear its id for good.
        number = ids(db)[-1] + 1
        _word(db, number, now, source=section)
    scope(db, number)
    return number


def section(connection: Connection) -> dict[str, Any] | None:
    """Return the words of the measure a connection is about, None where the program has them."""
    words = dict(pairs(connection, "measure_words")) if has(connection, "measure") else {}
    mine = words.get(current(connection))
    return json.loads(mine) if mine is not None else None


def save_section(db: Connection, words: dict[str, Any], now: datetime) -> None:
    """Keep the words of the measure a connection is about; the newest stand.

    What was agreed on with its deliveries stays, whatever settings say.
    """
    words = with_agreed(db, words)
    if section(db) != words:
        with transaction(db):
            _word(db, current(db), now, source=words)


def with_agreed(connection: Connection, words: dict[str, Any]) -> dict[str, Any]:
    """Return a source's words with what the record has of its contract."""
    agreed = (section(connection) or {}).get("agreed")
    return words | {"agreed": agreed} if agreed else words


def agree(db: Connection, agreed: Agreed, now: str) -> None:
    """Keep what was agreed on with a delivery, dated; inside the transaction that takes it in."""
    words = section(db) or {}
    lives = tuple(life.model_copy(update={"at": life.at or now}) for life in agreed.lives)
    dated = agreed.model_copy(update={"lives": lives})
    stored = dated.model_dump(mode="json", exclude_defaults=True)
    if words and words.get("agreed", {}) != stored:
        _word(db, current(db), now, source=words | {"agreed": stored})


def save_joins(db: Connection, joins: Joins, now: datetime) -> None:
    """Keep which labels the operator joins; `releases.current_counts` does so from now on."""
    if label_joins(db) != joins:
        with transaction(db):
            _word(db, current(db), now, joins=joins)


def label_joins(db: Connection) -> dict[str, dict[str, str]]:
    """Return dimension -> label -> the label it is joined to."""
    joins: dict[str, dict[str, str]] = {}
    for dimension, label, to in db.execute("select dimension, label, joined_to from joined_labels"):
        joins.setdefault(dimension, {})[label] = to
    return joins


@dataclass(frozen=True, slots=True)
class _Wording:
    id: int
    measure_id: int
    at: str
    source: str | None = None
    joins: str = "{}"


def _word(db: Connection, number: int, now: datetime | str, **changed: object) -> None:
    """Add a wording of a measure, the last one but for what `changed`, and state it."""
    at = now if isinstance(now, str) else text(now)
    by_measure = {wording.measure_id: wording for wording in records(db, _Wording, "wordings")}
    words: dict[str, Any] = {
        k: json.dumps(v, sort_keys=True, ensure_ascii=False) for k, v in changed.items()
    }
    new = replace(by_measure.get(number, _Wording(0, number, at)), **words)
    row = {"measure_id": number, "at": at, "source": new.source, "joins": new.joins}
    ledger.state(db, "worded", insert_one(db, "wordings", row))


@dataclass(frozen=True, slots=True)
class Rewording:
    """A word of a measure that was changed: by which wording, at what moment, from what to what."""

    wording: int
    measure: int
    at: str
    word: str
    before: object
    after: object


def rewordings(connection: Connection) -> list[Rewording]:
    """Return every word that was changed after it was first said, in order."""
    changed: list[Rewording] = []
    before: dict[int, dict[str, Any]] = {}
    for row in records(connection, _Wording, "wordings") if has(connection, "wordings") else ():
        words = json.loads(row.source or "{}")
        words = {"name": _name(words), **words, "labels joined": json.loads(row.joins)}
        was = before.get(row.measure_id, words)
        before[row.measure_id] = words
        changed += [
            Rewording(row.id, row.measure_id, row.at, word, was.get(word), words.get(word))
            for word in dict.fromkeys((*was, *words))
            if was.get(word) != words.get(word)
        ]
    return changed


def totals(connection: Connection) -> list[str]:
    """Return the series that are no part of another, in the order in which they came."""
    return column(connection, "totals")


def next_seq(connection: Connection) -> int:
    """Return a place behind every release held."""
    return int(column(connection, "next_seq")[0])
