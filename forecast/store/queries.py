"""Reads the named statements of queries.sql: `-- name: flagged`, then the statement."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from forecast.types import Row, Totals

_NAME = "-- name: "


def sql(name: str, /, **parts: object) -> str:
    """Return a statement, `parts` of its text put in; KeyError if there is none of that name."""
    statement = _statements()[name]
    return statement.format(**parts) if parts else statement


def rows(connection: sqlite3.Connection, name: str, values: Any = (), **parts: object) -> list[Row]:
    """Run a statement and return its rows by column."""
    return list(each(connection, name, values, **parts))


def each(
    connection: sqlite3.Connection, name: str, values: Any = (), **parts: object
) -> Iterator[Row]:
    """Run a statement and yield its rows by column, as they are read."""
    cursor = connection.execute(sql(name, **parts), values)
    columns = [column for column, *_ in cursor.description]
    for row in cursor:
        yield dict(zip(columns, row, strict=True))


def total_order(column: str, totals: Totals) -> str:
    """Return what to order by, so that totals come as people name them; `column` holds theirs."""
    quoted = (total.replace("'", "''") for total in totals.every)
    cases = " ".join(f"when '{total}' then {place}" for place, total in enumerate(quoted))
    return f"case {column} {cases} end" if cases else column


@cache
def _statements() -> dict[str, str]:
    script = (resources.files("forecast.store") / "queries.sql").read_text(encoding="utf-8")
    blocks = script.split(_NAME)[1:]
    return {name: text.strip() for name, _, text in (block.partition("\n") for block in blocks)}
