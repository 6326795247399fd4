"""Seals: digests of what no run's digest covers, so that a change made past the program shows.

    figures      which files are held or refused, and what each states
    hindcasts    what would have been forecast then
    paths        the refit models' kept paths, from which the next run starts
    watch        judgements, flags, episodes, drivers
    questions    standing questions and the chances given to them
    notices      what was written for readers, and who approved it
    withdrawals  which runs are passed over
    schema       the tables and views themselves
    scores       how good the forecasts have been, and the fits; a seal for each run
    changes      why forecasts moved since the run before; a seal for each run
    spans        from what paths are drawn, and sums over months; a seal for each run

A seal is the sha256 of the rows' text as Python writes it. It is renewed in the transaction that
changes the rows. Seals are no chain: they show accidents and careless edits; a forger who
renews them as well is shown only by the runs' digests, which stand in every mail.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator

_WHOLE = {
    "figures": (
        "select * from series order by id",
        "select * from releases order by id",
        "select * from release_years order by release_id, fiscal_year",
        "select * from coverage order by 1, 2, 3, 4, 5",
        "select * from observations order by series_id, month, release_id",
    ),
    "hindcasts": ("select * from hindcasts order by model, series_id, cutoff, month",),
    "paths": ("select * from model_paths order by 1, 2, 3, 4",),
    "watch": (
        "select * from judgements order by series_id, month",
        "select * from flags order by id",
        "select * from episodes order by id",
        "select * from drivers order by flag_id, dimension, child_series_id",
    ),
    "notices": (
        "select * from notices order by id",
        "select * from notice_sections order by notice_id, place",
    ),
    "questions": (
        "select * from questions order by id",
        "select * from answers order by question_id, basis, cutoff, run_id",
    ),
    "withdrawals": ("select * from withdrawals order by run_id",),
    "schema": ("select type, name, tbl_name, sql from sqlite_master order by type, name",),
}
_BY_RUN = {
    "scores": (
        """
        select series_id, model, horizon, basis, era, n, log_wis, wis, mae, mase, relative_mae,
            coverage50, coverage80, coverage95
        from scores where run_id = ? order by 1, 2, 3, 4, 5
        """,
        """
        select series_id, model, weight, past_error, failure, seconds
        from fits where run_id = ? order by 1, 2
        """,
    ),
    "spans": (
        "select * from path_rules where run_id = ?",
        "select * from path_marks where run_id = ? order by series_id",
        "select * from spans where run_id = ? order by series_id, span",
    ),
    "changes": ("select * from changes where run_id = ? order by series_id, month",),
}
PARTS = tuple(_WHOLE)
FIRST_SCHEMA = 8  # the version that has seals
_ROWS = 1000  # read and digested at a time


def seal(connection: sqlite3.Connection, *parts: str) -> None:
    """Renew the seals of these whole parts; inside the transaction that changed them."""
    scope = _version(connection)
    for part in parts:
        connection.execute("delete from seals where part = ?", (part,))
        _save(connection, part, scope, _digest(connection, _WHOLE[part]))


def seal_run(connection: sqlite3.Connection, run_id: int) -> None:
    """Seal what is kept of a run; inside its transaction."""
    for part, queries in _BY_RUN.items():
        _save(connection, part, run_id, _digest(connection, queries, run_id))


def missing(connection: sqlite3.Connection) -> list[str]:
    """The whole parts that have no seal of this schema's version yet, as after an upgrade."""
    found = connection.execute("select part from seals where scope = ?", (_version(connection),))
    held = {row[0] for row in found}
    return [part for part in PARTS if part not in held]


def broken(connection: sqlite3.Connection, runs: int | None = None) -> Iterator[str]:
    """What is not as it was sealed, in words.

    Parameters
    ----------
    runs : of the parts kept by run, look only at so many of the newest; None for all.
    """
    if _version(connection) < FIRST_SCHEMA:
        return
    sealed = connection.execute(
        "select part, digest from seals where scope = ?", (_version(connection),)
    )
    found = dict(sealed.fetchall())
    for part, queries in _WHOLE.items():
        if part in found and _digest(connection, queries) != found[part]:
            yield f"{part}: edited, but not by this program"
    for part, queries in _BY_RUN.items():
        yield from _broken_runs(connection, part, queries, -1 if runs is None else runs)


def _broken_runs(
    connection: sqlite3.Connection, part: str, queries: tuple[str, ...], runs: int
) -> Iterator[str]:
    found = connection.execute(
        "select scope, digest from seals where part = ? order by scope desc limit ?", (part, runs)
    )
    for run_id, digest in found.fetchall():
        if _digest(connection, queries, run_id) != digest:
            yield f"{part} of run {run_id}: edited, but not by this program"


def _save(connection: sqlite3.Connection, part: str, scope: int, digest: str) -> None:
    connection.execute("insert or replace into seals values (?, ?, ?)", (part, scope, digest))


def _digest(connection: sqlite3.Connection, queries: tuple[str, ...], *values: int) -> str:
    digest = hashlib.sha256()
    for query in queries:
        cursor = connection.cursor()
        cursor.row_factory = None  # plain tuples
        cursor.execute(query, values)
        while rows := cursor.fetchmany(_ROWS):
            digest.update(repr(rows).encode())
    return digest.hexdigest()


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma user_version").fetchone()[0])
