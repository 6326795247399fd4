"""What a run writes, in one publishing transaction but for paths; and runs that are withdrawn.

A withdrawn run stays on record and in the ledger: views, scores and judgements pass over what it
forecast, notices of it that have not gone out never will, and `inputs.run_basis` counts it still.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forecast.errors import DataError
from forecast.store import ledger, notices
from forecast.store.connect import insert, transaction
from forecast.store.observations import SeriesIds, row_with_id, series_ids
from forecast.store.queries import rows, sql
from forecast.types import (
    HUB_PERMILLES,
    Change,
    Driver,
    Episode,
    Flag,
    Hindcast,
    Judgement,
    NoticeIntent,
    Publication,
    Question,
    SeriesKey,
    StandingAnswer,
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
        save_watch(
            db,
            run_id,
            publication.judgements,
            publication.episodes,
            publication.flags,
            publication.drivers,
        )
        mark_systemic(db, run_id, publication.systemic_months)
        due = notices.save_due(db, run_id, publication.published_at, publication.occasions)
        _save_hindcasts(db, publication.hindcasts, ids)
        save_joint(db, run_id, publication, ids)
        save_answers(db, run_id, publication.answers, ids)
        save_changes(db, run_id, publication.changes, ids)
        db.execute(
            "update model_paths set published_in = ? "
            "where published_in is null and series_id in (select id from series)",
            (run_id,),
        )
        db.execute(
            "update witness_proofs set published_in = ? where published_in is null", (run_id,)
        )
        db.conn.executemany(sql("save_report"), ((run_id, *report) for report in reports(db.conn)))
        entry = ledger.state(db, "run", run_id, notices=due)
        db.execute(
            "update main.runs set previous_digest = ?, digest = ?, scheme = ? where id = ?",
            (entry.previous, entry.digest, entry.scheme, run_id),
        )
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


def count(connection: sqlite3.Connection) -> int:
    """How many runs there are, withdrawn ones too."""
    (number,) = connection.execute("select count(*) from runs").fetchone()
    return int(number)


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
        of_run = [*(notice_id for (notice_id,) in stopped), *due]
        ledger.state(db, "withdrawn", run_id, notices=of_run)
        return len(stopped)


def withdrawals(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Every withdrawn run, and why."""
    return rows(connection, "every_withdrawal")


def save_watch(
    db: Database,
    run_id: int,
    judgements: Iterable[Judgement],
    episodes: Iterable[Episode],
    flags: Iterable[Flag],
    drivers: Iterable[Driver],
) -> None:
    """Keep what a run made of the months it judged; inside a transaction.

    Flags of totals come first.
    """
    ids = series_ids(db)
    db.conn.executemany(
        sql("save_judgement"),
        ((*_judgement_row(judgement, ids), run_id) for judgement in judgements),
    )
    for episode in episodes:
        _save_episode(db, run_id, episode, ids)
    for flag in flags:
        _save_flag(db, run_id, flag, ids)
    _save_drivers(db, run_id, list(drivers), ids)


def _judgement_row(j: Judgement, ids: SeriesIds) -> tuple[Any, ...]:
    head = (ids[j.series], j.month, j.release_id, j.run_id, j.basis, j.cutoff, j.horizon)
    numbers = (j.value, j.median, j.p, j.z, j.centre, j.apart_p)
    return (*head, *numbers, j.outside, j.drift_up, j.drift_down)


def _save_episode(db: Database, run_id: int, e: Episode, ids: SeriesIds) -> None:
    db.execute(
        sql("save_episode"),
        (
            *(ids[e.series], e.opened, e.side, e.size, e.cutoff),
            *(json.dumps(e.centre), json.dumps(e.scale), e.df, int(e.relative)),
            *(e.state, e.closed, run_id, None if e.state == "open" else run_id),
        ),
    )


def _save_flag(db: Database, run_id: int, f: Flag, ids: SeriesIds) -> None:
    db.execute(
        sql("save_flag"),
        (
            *(ids[f.series], f.month, f.kind, f.release_id, f.severity, f.ratio, f.value),
            *(f.expected, f.side, f.role, run_id, ids[f.series], f.episode),
            *(ids.get(SeriesKey(f.series.total)), f.parent),
        ),
    )


def _save_drivers(db: Database, run_id: int, drivers: list[Driver], ids: SeriesIds) -> None:
    """In the place of what had not been held of the same dimensions of the same flags."""
    flag_ids = {flag: _flag_id(db, flag, ids) for flag in {driver.flag for driver in drivers}}
    db.conn.executemany(
        "delete from drivers where flag_id = ? and dimension = ? and role = 'not held'",
        sorted({(flag_ids[driver.flag], driver.dimension) for driver in drivers}),
    )
    db.conn.executemany(
        sql("save_driver"),
        (
            (
                *(flag_ids[d.flag], d.dimension, d.role, ids[d.member] if d.member else None),
                *(d.expected, d.value, d.contribution, run_id),
            )
            for d in drivers
        ),
    )


def _flag_id(db: Database, flag: tuple[SeriesKey, str], ids: SeriesIds) -> int:
    series, month = flag
    (flag_id,) = db.execute(
        "select max(id) from flags where series_id = ? and month = ? and kind = 'month'",
        (ids[series], month),
    ).fetchone()
    return int(flag_id)


def mark_systemic(db: Database, run_id: int, months: Iterable[str]) -> None:
    """Give the flags of these months the badge: the whole drill-down moved one way."""
    db.conn.executemany(
        "update flags set systemic = 1, systemic_in = ? "
        "where month = ? and kind = 'month' and systemic = 0 "
        "and series_id in (select id from series)",
        [(run_id, month) for month in months],
    )


def save_joint(
    db: Database, run_id: int, publication: Publication, ids: Mapping[SeriesKey, int]
) -> None:
    """Write a run's rule, marks and spans; inside its transaction."""
    rule = publication.path_rule
    if rule is None:
        return
    db.conn.execute(
        "insert into path_rules values (?, ?, ?, ?, ?)",
        (run_id, rule.rule, rule.seed, json.dumps(rule.totals), json.dumps(rule.correlation)),
    )
    db.conn.executemany(
        "insert into path_marks values (?, ?, ?, ?, ?, ?)",
        [
            (
                run_id,
                ids[marks.series],
                marks.cutoff,
                marks.marks,
                marks.share,
                json.dumps(dict(marks.known)),
            )
            for marks in publication.path_marks
        ],
    )
    insert(
        db, "spans", ({"run_id": run_id, **row_with_id(span, ids)} for span in publication.spans)
    )


def save_answers(
    db: Database, run_id: int, answers: Iterable[StandingAnswer], ids: Mapping[SeriesKey, int]
) -> None:
    """Write a run's answers and hindcast ones with their questions; inside its transaction."""
    for answer in answers:
        question_id = _question_id(db.conn, answer.question, ids)
        issued = run_id if answer.basis == "issued" else None
        db.conn.execute(
            "insert or replace into answers values (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                question_id,
                answer.basis,
                answer.cutoff,
                issued,
                answer.version,
                answer.chance,
                answer.base_rate,
                answer.last_value,
            ),
        )


def _question_id(
    connection: sqlite3.Connection, question: Question, ids: Mapping[SeriesKey, int]
) -> int:
    values = (ids[question.series], *(getattr(question, name) for name in _QUESTION[1:]))
    connection.execute(
        f"insert or ignore into questions ({', '.join(_QUESTION)}) values (?, ?, ?, ?, ?, ?, ?)",
        values,
    )
    (question_id,) = connection.execute(
        sql("add_question"),
        values,
    ).fetchone()
    return int(question_id)


_QUESTION = ("series_id", "kind", "first_month", "last_month", "statistic", "above", "below")


def save_changes(
    db: Database, run_id: int, changes: Iterable[Change], ids: Mapping[SeriesKey, int]
) -> None:
    """Write what moved since the run before; inside the transaction of the run."""
    (before,) = db.execute("select max(id) from runs where id < ?", (run_id,)).fetchone()
    for change in changes:
        row = row_with_id(change, ids)
        db.table("changes").insert({"run_id": run_id, "before_run_id": before, **row})
