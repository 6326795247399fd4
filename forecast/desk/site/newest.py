"""A border's newest month: its facts, and where it lies."""

from __future__ import annotations

import sqlite3

from forecast.desk.facts import Facts
from forecast.desk.found import found
from forecast.desk.wording import chance_words
from forecast.store import month_record


def facts(connection: sqlite3.Connection, border: str) -> Facts:
    """The facts of a border's newest month."""
    span = month_record.span(connection, border)
    assert span is not None, "a published run has every border"
    return found(connection, border, span[1]).facts


def standing(newest: Facts) -> str:
    """Where the month lies, in a few words."""
    stood = newest.expectation
    if stood is None:
        return "no forecast stood before it"
    if stood.lo80 <= stood.judged <= stood.hi80:
        return "within what had been expected (80 % interval)"
    side = "below" if stood.judged < stood.lo80 else "above"
    level = 80 if stood.lo95 <= stood.judged <= stood.hi95 else 95
    return f"{side} the {level} % interval: {chance_words(stood.p)}"
