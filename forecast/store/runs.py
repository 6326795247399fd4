"""What a run writes, in one publishing transaction but for paths; and runs that are withdrawn.

A withdrawn run stays on record and in the ledger: views, scores and judgements pass over what it
forecast, notices of it that have not gone out never will, and `inputs.run_basis` counts it still.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import chain
from operator import attrgetter, itemgetter
from sqlite3 import Connection
from typing import Any

from forecast.errors import DataError
from forecast.store import aside, history, ledger, measures
from forecast.store.connect import insert, insert_one, insert_or, transaction
from forecast.store.history import MonthRecord
from forecast.store.queries import sql
from forecast.store.releases import series_ids
from forecast.tree import Tree
from forecast.types import (
    HUB_PERMILLES,
    MONTH_AHEAD,
    SUM_AHEAD,
    Hindcasts,
    NoticeIntent,
    Publication,
    Row,
    SeriesKey,
    TotalMonth,
    Totals,
)

SeriesIds = Mapping[SeriesKey, int]
NewestReports = Callable[
    [Iterable[tuple[TotalMonth, "MonthRecord"]]], Iterable[tuple[TotalMonth, str]]
]
"""Makes the report, JSON, of each total's newest month of what is on record about it."""

_NO_TREE = Tree(Totals())
_OF_RUN = ("started_at", "published_at", "data_through", "config_digest", "code_version")
# What the tables call otherwise than the records.
_COLUMNS = {"series": "series_id", "value": "encounters", "totals": "borders"}


def publish(
    db: Connection,
    publication: Publication,
    reports: NewestReports = lambda records: (),
    *,
    tree: Tree = _NO_TREE,
) -> int:
    """Write a run and all it says, or nothing; returns the run's id.

    reports : of what has just been written; tree : what adds up to what.
    """
    with transaction(db):
        ids = series_ids(db)
        of_run: Row = {name: getattr(publication, name) for name in _OF_RUN}
        of_run |= {"previous_digest": "", "digest": "", "measure_id": measures.current(db)}
        run_id = insert_one(db, "main.runs", of_run)
        aside.set_aside(db, run_id)
        # The id of a run is known before its digest: the ledger states the rows that bear it.
        run: Row = {"run_id": run_id}
        used = ({**run, "release_id": release_id} for release_id in publication.releases)
        insert(db, "run_releases", used)
        insert(db, "run_provisional", ({**run, "batch_id": b} for b in publication.figures))
        for table, names in (("forecasts", MONTH_AHEAD), ("spans", SUM_AHEAD)):
            of = [f for f in publication.forecasts if bool(f.span) == (table == "spans")]
            insert(db, table, _rows(of, ids, names, **run))
        for table in ("fits", "scores"):
            insert(db, table, _rows(getattr(publication, table), ids, **run))
        quantiles = ((run_id, ids[key], *at, value) for key, *at, value in publication.quantiles)
        db.executemany("insert into quantiles values (?, ?, ?, ?, ?)", quantiles)
        # Episodes before flags, flags before drivers: each refers to the one before by what it is.
        _save_watch(db, run_id, publication, ids)
        due = save_due(db, run_id, publication.published_at, publication.occasions)
        _save_hindcasts(db, publication.hindcasts, ids)
        db.execute(sql("save_bounds"), (run_id,))
        if publication.path_rule is not None:
            insert(db, "path_rules", _rows([publication.path_rule], ids, **run))
            insert(db, "path_marks", _rows(publication.path_marks, ids, **run))
        _save_answers(db, run_id, publication.answers, ids)
        (before,) = db.execute("select max(id) from runs where id < ?", (run_id,)).fetchone()
        insert(db, "changes", _rows(publication.changes, ids, before_run_id=before, **run))
        for kept_before in ("publish_paths", "publish_proofs"):
            db.execute(sql(kept_before), (run_id,))
        # Reports are made of the rows just written, so that a page made later says the same.
        newest = history.newest_records(db, tree)
        made = (
            {**run, "border": total, "month": month, "report": report}
            for (total, month), report in reports(newest)
        )
        insert(db, "month_reports", made)
        # Last of all: it digests what was written above.
        entry = ledger.state(db, "run", run_id, notices=due)
        db.execute(
            "update main.runs set previous_digest = ?, digest = ?, scheme = ? where id = ?",
            (entry.previous, entry.digest, entry.scheme, run_id),
        )
    return run_id


def _rows(
    records: Iterable[Any], ids: SeriesIds, names: Sequence[str] = (), **also: object
) -> Iterator[Row]:
    """Yield records as rows of their table: a series by its id, what has several values as JSON.

    names : of the columns, where a table does not hold all fields.
    """
    left = iter(records)
    first = next(left, None)
    if first is None:
        return
    # The fields of the first record are those of all; looked up once, for there may be millions.
    plain = isinstance(first, dict)
    names = names or (list(first) if plain else [field.name for field in fields(first)])
    read, columns = (
        (itemgetter if plain else attrgetter)(*names),
        [_COLUMNS.get(name, name) for name in names],
    )
    several = [c for c, value in zip(columns, read(first), strict=True) if type(value) is tuple]
    for record in chain([first], left):
        row = {**dict(zip(columns, read(record), strict=True)), **also}
        if "series_id" in row:
            row["series_id"] = ids[row["series_id"]]
        for column in several:
            # SQLite has no arrays; JSON lets views read them by json_each.
            row[column] = json.dumps(dict(row[column]) if column == "known" else row[column])
        yield row


def _save_watch(db: Connection, run_id: int, publication: Publication, ids: SeriesIds) -> None:
    """Keep what a run made of the months it judged; flags of totals come first."""
    save = db.executemany
    insert(db, "judgements", _rows(publication.judgements, ids, published_in=run_id))
    save(sql("save_episode"), _rows(publication.episodes, ids, published_in=run_id))
    save(sql("save_flag"), _rows(publication.flags, ids, published_in=run_id))
    # In the place of what had not been held of the same dimensions of the same flags.
    # A driver names its flag by series and month: it has no id before it is written.
    drivers = [
        {**driver, "series_id": ids[driver["series"]], "published_in": run_id}
        | {"member": driver["member"] and ids[driver["member"]]}
        for driver in publication.drivers
    ]
    save(sql("delete_unexplained"), drivers)
    save(sql("save_driver"), drivers)
    # The badge of months in which the whole drill-down moved one way.
    save(sql("mark_systemic"), [(run_id, month) for month in publication.systemic_months])


def save_due(
    db: Connection, run_id: int, created_at: str, occasions: Iterable[NoticeIntent]
) -> list[int]:
    """Write down what is to be told; inside a transaction. What is known already stays.

    Returns the new notices' ids.
    """
    rows = _rows(occasions, {}, run_id=run_id, created_at=created_at)
    # One by one: executemany cannot return which were new.
    added = (db.execute(sql("save_intent"), row).fetchall() for row in rows)
    return [notice_id for ids in added for (notice_id,) in ids]


def _save_hindcasts(db: Connection, hindcasts: Iterable[Hindcasts], ids: SeriesIds) -> None:
    """Write them in the place of older versions; column by column, for rows are millions."""
    columns = ", ".join(f"q{permille:03d}" for permille in HUB_PERMILLES)
    marks = ", ".join("?" * (11 + len(HUB_PERMILLES)))
    save = sql("save_hindcast", columns=columns, marks=marks)
    middle = HUB_PERMILLES.index(500)
    for h in hindcasts:
        of = ([value] * len(h.months) for value in (h.model, h.version, ids[h.series]))
        counts = h.counts.T.tolist()
        rows = zip(
            *(*of, h.cutoffs, h.months, h.horizons, h.digests),
            *(counts[middle], h.centre, h.scale, h.df, *counts),
            strict=True,
        )
        db.executemany(save, rows)


def _save_answers(db: Connection, run_id: int, answers: Iterable[Row], ids: SeriesIds) -> None:
    """Write a run's answers and hindcast ones with their questions."""
    for answer in answers:
        # The same question is asked by each run, and by hindcasts; it is kept once.
        (question,) = _rows([answer["question"]], ids)
        insert_or("ignore", db, "questions", [question])
        issued = run_id if answer["basis"] == "issued" else None
        db.execute(sql("save_answer"), {**answer, **question, "run_id": issued})


def withdraw(
    db: Connection,
    run_id: int,
    why: str,
    by: str,
    now: datetime,
    occasions: Iterable[NoticeIntent] = (),
) -> int:
    """Withdraw a run, once; its notices that have not gone out never will. Returns how many.

    occasions : what there is to tell to those who got a notice of the run. DataError if there is no
    such run, or it is withdrawn already, or a reason or name is missing.
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
        aside.bring_back(db, run_id)
        stopped = db.execute(
            "update notices set state = 'expired', closed_at = ?, reason = ? "
            "where run_id = ? and state in ('due', 'held') returning id",
            (moment, f"run {run_id} was withdrawn: {why.strip()}", run_id),
        ).fetchall()
        due = save_due(db, run_id, moment, occasions)
        of_run = [*(notice_id for (notice_id,) in stopped), *due]
        ledger.state(db, "withdrawn", run_id, notices=of_run)
        return len(stopped)
