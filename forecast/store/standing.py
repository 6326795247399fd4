"""Standing questions and the chances given to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from forecast.store.queries import rows, sql
from forecast.types import Question, SeriesKey, StandingAnswer

if TYPE_CHECKING:
    from sqlite_utils import Database

_QUESTION = ("series_id", "kind", "first_month", "last_month", "statistic", "above", "below")


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


def answered(db: Database) -> set[tuple[str, str, str]]:
    """(version, total, cutoff) of the hindcast answers that are held."""
    rows = db.execute(sql("answered_questions"))
    return {(version, total, cutoff) for version, total, cutoff in rows}


def resolved(
    connection: sqlite3.Connection, total: str | None = None, since: str = ""
) -> list[dict[str, Any]]:
    """Chances whose question is resolved, rows of `standing_questions`, by kind and cutoff.

    since : first cutoff.
    """
    return rows(
        connection,
        "resolved_questions",
        (since, total, total),
    )


def latest(connection: sqlite3.Connection, total: str | None = None) -> list[dict[str, Any]]:
    """The last run's answers, rows of `standing_questions`."""
    return rows(
        connection,
        "latest_questions",
        (total, total),
    )
