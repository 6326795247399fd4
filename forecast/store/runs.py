"""What a run writes, in one publishing transaction but for paths; and runs that are withdrawn.

A withdrawn run stays on record and in the ledger: views, scores and judgements pass over what it
forecast, notices of it that have not gone out never will, and `last_run` counts it still.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forecast.errors import DataError
from forecast.store import changes, joint, ledger, notices, standing, watch
from forecast.store.connect import insert, transaction
from forecast.store.observations import SeriesIds, row_with_id, series_by_id, series_ids
from forecast.store.queries import rows, sql
from forecast.types import (
    HUB_PERMILLES,
    Hindcast,
    KeptPath,
    NoticeIntent,
    Publication,
    SeriesKey,
    StoredForecast,
)

if TYPE_CHECKING:
    import sqlite3

    from sqlite_utils import Database


def publish(
    db: Database,
    publication: Publication,
    reports: Callable[[sqlite3.Connection], Iterable[tuple[str, str, str]]] = lambda connection: (),
) -> int:
    """Write a run and all it says, or nothing; returns the run's id.

    reports : makes (total, its newest month, the report of it, JSON), from what has just been
        written.
    """
    with transaction(db):
        ids = series_ids(db)
        run_id = _save_run(db, publication)
        insert(
            db,
            "run_releases",
            ({"run_id": run_id, "release_id": release} for release in publication.releases),
        )
        insert(
            db,
            "forecasts",
            ({"run_id": run_id, **row_with_id(f, ids)} for f in publication.forecasts),
        )
        insert(
            db,
            "quantiles",
            (
                {"run_id": run_id, "series_id": ids[k], "month": m, "prob_permille": p, "value": v}
                for k, m, p, v in publication.quantiles
            ),
        )
        for table in ("fits", "scores"):
            records = getattr(publication, table)
            insert(db, table, ({"run_id": run_id, **row_with_id(r, ids)} for r in records))
        watch.save_watch(
            db,
            run_id,
            publication.judgements,
            publication.episodes,
            publication.flags,
            publication.drivers,
        )
        watch.mark_systemic(db, run_id, publication.systemic_months)
        due = notices.save_due(db, run_id, publication.published_at, publication.occasions)
        _save_hindcasts(db, publication.hindcasts, ids)
        joint.save_joint(db, run_id, publication, ids)
        standing.save_answers(db, run_id, publication.answers, ids)
        changes.save_changes(db, run_id, publication.changes, ids)
        db.execute(
            "update model_paths set published_in = ? "
            "where published_in is null and series_id in (select id from series)",
            (run_id,),
        )
        db.execute(
            "update witness_proofs set published_in = ? where published_in is null", (run_id,)
        )
        db.conn.executemany(sql("save_report"), ((run_id, *report) for report in reports(db.conn)))
        ledger.add_run(db, run_id, due)
    return run_id


def _save_run(db: Database, publication: Publication) -> int:
    columns = ("started_at", "published_at", "data_through", "config_digest", "code_version")
    (run_id,) = db.execute(
        f"insert into main.runs ({', '.join(columns)}, previous_digest, digest, measure_id) "
        "values (?, ?, ?, ?, ?, '', '', (select measure_id from scope)) returning id",
        [getattr(publication, column) for column in columns],
    ).fetchone()
    return int(run_id)


def _save_hindcasts(db: Database, hindcasts: Iterable[Hindcast], ids: SeriesIds) -> None:
    marks = ", ".join("?" * (11 + len(HUB_PERMILLES)))
    columns = ", ".join(f"q{permille:03d}" for permille in HUB_PERMILLES)
    db.conn.executemany(
        "insert or replace into hindcasts (model, version, series_id, cutoff, month, horizon, "
        f"data_digest, median, centre, scale, df, {columns}) values ({marks})",
        (_hindcast_row(h, ids) for h in hindcasts),
    )


def _hindcast_row(h: Hindcast, ids: SeriesIds) -> tuple[Any, ...]:
    key = (h.model, h.version, ids[h.series], h.cutoff, h.month, h.horizon, h.data_digest)
    return (*key, h.median, h.centre, h.scale, h.df, *h.quantiles)


def stored_hindcasts(db: Database) -> set[tuple[str, str, SeriesKey, str]]:
    """(model, version, series, cutoff) of every hindcast held."""
    keys = series_by_id(db)
    rows = db.execute("select distinct model, version, series_id, cutoff from hindcasts")
    return {
        (model, version, keys[series_id], cutoff)
        for model, version, series_id, cutoff in rows
        if series_id in keys
    }


def hindcast_series(db: Database) -> list[SeriesKey]:
    """Every series that has a hindcast."""
    keys = series_by_id(db)
    rows = db.execute("select distinct series_id from hindcasts order by 1")
    return [keys[series_id] for (series_id,) in rows if series_id in keys]


def all_hindcasts(
    db: Database, new: Iterable[Hindcast], series: Iterable[SeriesKey]
) -> Iterator[Hindcast]:
    """Every hindcast held of some series, the new ones added or in the place of older versions.

    new : of these series.
    """
    ids = {key: number for key, number in series_ids(db).items() if key in set(series)}
    keys = {number: key for key, number in ids.items()}
    columns = ", ".join(f"q{permille:03d}" for permille in HUB_PERMILLES)
    rows = db.execute(sql("hindcasts_of", quantiles=columns), [json.dumps(list(keys))])
    replaced: set[tuple[str, SeriesKey, str]] | None = None
    for model, version, series_id, cutoff, month, horizon, digest, median, *rest in rows:
        if replaced is None:
            replaced = {(h.model, h.series, h.cutoff) for h in new}
        key = keys[series_id]
        if (model, key, cutoff) not in replaced:
            yield Hindcast(
                model,
                version,
                key,
                cutoff,
                month,
                horizon,
                digest,
                median,
                tuple(rest[3:]),
                *rest[:3],
            )
    yield from new


def issued(db: Database) -> Iterator[StoredForecast]:
    """The forecasts issued for the totals, one for each model, cutoff and month.

    Where several runs issued it from the same cutoff, the first counts: it was said first.
    """
    rows = db.execute(sql("issued_forecasts"))
    for total, model, cutoff, horizon, *quantiles in rows:
        yield StoredForecast(SeriesKey(total), model, cutoff, horizon, quantiles)


class PathsOnRecord:
    """The refit models' paths of earlier runs, held for the next one."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def held(self) -> Iterator[KeptPath]:
        """All of them."""
        keys = series_by_id(self._db)
        rows = self._db.execute(
            "select model_options, series_id, cutoff, data_digest, path, failure from model_paths"
        )
        for model, series_id, cutoff, digest, path, failure in rows:
            if key := keys.get(series_id):
                yield KeptPath(model, key, cutoff, digest, tuple(json.loads(path)), failure)

    def keep(self, paths: Iterable[KeptPath]) -> None:
        """Keep these too; those already on record stay."""
        with transaction(self._db):
            ids = series_ids(self._db)
            cursor = self._db.conn.executemany(
                "insert or ignore into model_paths (model_options, series_id, cutoff, data_digest, "
                "path, failure) values (?, ?, ?, ?, ?, ?)",
                (
                    (
                        p.model_options,
                        ids[p.series],
                        p.cutoff,
                        p.data_digest,
                        json.dumps(p.path),
                        p.failure,
                    )
                    for p in paths
                ),
            )
            if cursor.rowcount > 0:
                ledger.add_kept(self._db, "unpublished")


def last_run(db: Database) -> tuple[frozenset[int], str, str] | None:
    """(releases, config digest, code version) of the last run, None before the first.

    A withdrawn one counts: on the same releases, settings and program it would come out the same.
    """
    run = db.execute(
        "select id, config_digest, code_version from runs order by id desc limit 1"
    ).fetchone()
    if run is None:
        return None
    run_id, *basis = run
    rows = db.execute("select release_id from run_releases where run_id = ?", (run_id,))
    return frozenset(release_id for (release_id,) in rows), *basis


def count(connection: sqlite3.Connection) -> int:
    """How many runs there are, withdrawn ones too."""
    (number,) = connection.execute("select count(*) from runs").fetchone()
    return int(number)


def judged(db: Database) -> set[tuple[SeriesKey, str]]:
    """(series, month) of every judgement held."""
    keys = series_by_id(db)
    rows = db.execute("select series_id, month from judgements")
    return {(keys[series_id], month) for series_id, month in rows if series_id in keys}


def withdraw(
    db: Database,
    run_id: int,
    why: str,
    by: str,
    now: datetime,
    occasions: Iterable[NoticeIntent] = (),
) -> int:
    """Withdraw a run, once; its notices that have not gone out never will. Returns how many.

    Parameters
    ----------
    occasions : what there is to tell to those who got a notice of the run.

    Raises
    ------
    DataError : there is no such run, or it is withdrawn already, or a reason or name is missing.
    """
    if not why.strip() or not by.strip():
        raise DataError("--why and --by are required")
    moment = now.isoformat(timespec="seconds")
    with transaction(db):
        if not db.execute("select 1 from runs where id = ?", (run_id,)).fetchone():
            raise DataError(f"there is no run {run_id}; `bordercast status` names the last one")
        added = db.execute(
            "insert or ignore into withdrawals values (?, ?, ?, ?)",
            (run_id, why.strip(), by.strip(), moment),
        )
        if added.rowcount != 1:
            raise DataError(f"run {run_id} is withdrawn already")
        stopped = db.execute(
            "update notices set state = 'expired', closed_at = ?, reason = ? "
            "where run_id = ? and state in ('due', 'held') returning id",
            (moment, f"run {run_id} was withdrawn: {why.strip()}", run_id),
        ).fetchall()
        due = notices.save_due(db, run_id, moment, occasions)
        ledger.add_withdrawal(db, run_id, [*(notice_id for (notice_id,) in stopped), *due])
        return len(stopped)


def withdrawals(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Every withdrawn run, and why."""
    return rows(connection, "every_withdrawal")
