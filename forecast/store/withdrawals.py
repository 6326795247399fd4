"""Withdrawing a run: it stays in the record, the views pass over it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forecast.errors import DataError
from forecast.records import Occasion
from forecast.store import ledger, notices
from forecast.store.connect import transaction
from forecast.store.read import rows

if TYPE_CHECKING:
    from sqlite_utils import Database


def withdraw(
    db: Database,
    run_id: int,
    why: str,
    by: str,
    now: datetime,
    occasions: Iterable[Occasion] = (),
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
        raise DataError("say why, and who withdraws it")
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
    return rows(connection, "select * from withdrawals order by run_id", ())
