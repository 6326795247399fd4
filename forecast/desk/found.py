"""What the record holds about a border's month that is to be told, on the page and by mail."""

from __future__ import annotations

import sqlite3

from forecast.desk.email.content import MonthFindings
from forecast.desk.facts import month_facts
from forecast.store import findings, month_record


def found(connection: sqlite3.Connection, border: str, month: str) -> MonthFindings:
    """A border's month; it must be held."""
    flags = [
        flag
        for flag in findings.month_flags(connection, month)
        if flag["border"] == border and not flag["dimension"] and flag["severity"] != "watch"
    ]
    shifts = [
        episode
        for episode in findings.episodes(connection, month)
        if episode["border"] == border and episode["state"] == "level shift"
    ]
    return MonthFindings(
        facts=month_facts(border, month, month_record.held(connection, border, month)),
        flags=flags,
        shift=next(iter(shifts), None),
        drivers=findings.flag_drivers(connection, border, month),
        score=findings.one_ahead(connection, border),
        often=findings.how_often_flagged(connection),
    )
