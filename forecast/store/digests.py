"""The chain of digests, by which an edit of the record shows.

A run's digest is the sha256 of these lines, joined by newlines, in this order:

    run|id|started_at|published_at|data_through|config_digest|code_version
    release|sha256|seq|kind|source|first_seen_at|counts_digest      by sha256
    forecast|border|dimension|member|model|month|cutoff|horizon|median|lo50|...|flag_above
    quantile|border|dimension|member|month|prob_permille|value      both by their key
    previous|digest of the run before, "" for the first

Floats are written as Python's repr, which reads back to the same bits; null is the empty text.
A release's counts_digest covers what it states (see `releases`), and `verify` puts that
together again from the observations, so that an edited count shows as well.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from forecast.store import seals, trouble
from forecast.store.releases import counts_digest, load_snapshot

if TYPE_CHECKING:
    from sqlite_utils import Database

    Connection = Database | sqlite3.Connection

RUNS_AT_SIGHT = 12  # a year

_RUN = """
select id, started_at, published_at, data_through, config_digest, code_version
from runs where id = ?
"""
_RELEASES = """
select r.sha256, r.seq, r.kind, r.source, r.first_seen_at, r.counts_digest
from run_releases as x join releases as r on r.id = x.release_id
where x.run_id = ? order by r.sha256
"""
_FORECASTS = """
select
    s.border, s.dimension, s.member, f.model, f.month, f.cutoff, f.horizon, f.median, f.lo50,
    f.hi50, f.lo80, f.hi80, f.lo90, f.hi90, f.lo95, f.hi95, f.centre, f.scale, f.df,
    f.flag_below, f.flag_above
from forecasts as f join series as s on s.id = f.series_id
where f.run_id = ? order by 1, 2, 3, 4, 5
"""
_QUANTILES = """
select s.border, s.dimension, s.member, q.month, q.prob_permille, q.value
from quantiles as q join series as s on s.id = q.series_id
where q.run_id = ? order by 1, 2, 3, 4, 5
"""


def run_digest(db: Connection, run_id: int, previous: str) -> str:
    """The digest of one stored run, given that of the run before it."""
    text = "\n".join((*_lines(db, run_id), f"previous|{previous}"))
    return hashlib.sha256(text.encode()).hexdigest()


def _lines(db: Connection, run_id: int) -> Iterator[str]:
    for name, query in (
        ("run", _RUN),
        ("release", _RELEASES),
        ("forecast", _FORECASTS),
        ("quantile", _QUANTILES),
    ):
        for row in db.execute(query, (run_id,)):
            yield "|".join((name, *(_text(value) for value in row)))


def _text(value: object) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def findings(connection: sqlite3.Connection) -> list[str]:
    """What is damaged or does not match its digest, in words; empty if the record is whole.

    Everything is looked at, as of one moment if the connection is in a transaction.
    """
    return _without_tracebacks(
        lambda: [
            *_damage(connection),
            *_run_findings(connection),
            *_release_findings(connection),
            *seals.broken(connection),
        ]
    )


def at_sight(connection: sqlite3.Connection) -> list[str]:
    """The same but for what takes long, before anything is shown: a fraction of a second.

    Left to `findings`: runs older than the newest RUNS_AT_SIGHT, and what each release states,
    as far as the seal of all observations does not answer for it.
    """
    return _without_tracebacks(
        lambda: [
            *_damage(connection),
            *_run_findings(connection, RUNS_AT_SIGHT),
            *seals.broken(connection, RUNS_AT_SIGHT),
        ]
    )


def damage(connection: sqlite3.Connection) -> list[str]:
    """What SQLite itself finds wrong in pages and indexes; empty if nothing."""
    return _without_tracebacks(lambda: list(_damage(connection)))


def _without_tracebacks(look: Callable[[], list[str]]) -> list[str]:
    """What was found; that it could not be read is found as well."""
    try:
        return look()
    except Exception as error:  # a damaged row can make anything fail that reads it
        if isinstance(error, sqlite3.Error) and not trouble.is_damage(error):
            raise
        return [f"the database is damaged: {' '.join(str(error).split()) or type(error).__name__}"]


def _damage(connection: sqlite3.Connection) -> Iterator[str]:
    for row in connection.execute("pragma integrity_check(3)"):
        if row[0] != "ok":
            yield f"the database is damaged: {' '.join(str(row[0]).split())}"


def _run_findings(db: Connection, newest: int = -1) -> Iterator[str]:
    previous = ""
    runs = db.execute("select id, previous_digest, digest from runs order by id").fetchall()
    looked_at = {run[0] for run in (runs if newest < 0 else runs[-newest:])}
    for run_id, stated_previous, digest in runs:
        if stated_previous != previous:
            yield f"run {run_id} does not follow the run before it; one was removed or replaced"
        if run_id in looked_at and run_digest(db, run_id, stated_previous) != digest:
            yield (
                f"run {run_id} was edited: its row, releases, forecasts or quantiles "
                "are not what was published"
            )
        previous = digest


def _release_findings(db: Connection) -> Iterator[str]:
    accepted = db.execute(
        "select id, source, counts_digest from releases where status = 'accepted' order by id"
    ).fetchall()
    for release_id, source, digest in accepted:
        if counts_digest(load_snapshot(db, release_id)) != digest:
            yield f"release {release_id} ({source}) was edited: its observations were changed"
