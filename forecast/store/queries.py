"""Reads the record by the named statements of queries.sql: `-- name: flagged`, then the statement.

Rows come plain, by column, or as records whose fields are called like the columns.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from sqlite3 import Connection

    from forecast.types import Row

T = TypeVar("T")
_NAME = "-- name: "


def sql(name: str, /, **parts: object) -> str:
    """Return a statement, `parts` of its text put in; KeyError if there is none of that name."""
    statement = _statements()[name]
    return statement.format(**parts) if parts else statement


def rows(connection: Connection, name: str, values: Any = (), **parts: object) -> list[Row]:
    """Run a statement and return its rows by column."""
    return list(each(connection, name, values, **parts))


def each(connection: Connection, name: str, values: Any = (), **parts: object) -> Iterator[Row]:
    """Run a statement and yield its rows by column, as they are read."""
    # By description: a connection may or may not give rows by name.
    cursor = connection.execute(sql(name, **parts), values)
    columns = [column for column, *_ in cursor.description]
    for row in cursor:
        yield dict(zip(columns, row, strict=True))


def records(
    connection: Connection, kind: type[T], name: str, values: Any = (), **parts: object
) -> list[T]:
    """Run a statement and return its rows as records of a kind, by the names of its columns."""
    from forecast.rows import of  # `--help` has no use for rows

    return [of(kind, row) for row in each(connection, name, values, **parts)]


def column(connection: Connection, name: str, values: Any = ()) -> list[Any]:
    """Run a statement of one column and return that column."""
    return [value for (value,) in connection.execute(sql(name), values)]


def pairs(connection: Connection, name: str, values: Any = ()) -> list[tuple[Any, Any]]:
    """Run a statement of two columns and return its rows: `dict` makes a mapping of them."""
    return connection.execute(sql(name), values).fetchall()


def grouped(rows: Iterable[Row], by: str) -> dict[Any, list[Row]]:
    """Return rows by what a column has, both in the order in which they came."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[by], []).append(row)
    return groups


def has(connection: Connection, name: str) -> bool:
    """Whether there is such a table or view: not so in a copy made by an earlier program."""
    query = "select 1 from sqlite_master where name = ?"
    return bool(connection.execute(query, (name,)).fetchone())


def version(connection: Connection) -> int:
    """Return the version of the schema, how many migrations were applied."""
    (number,) = connection.execute("pragma user_version").fetchone()
    return int(number)


@cache
def _statements() -> dict[str, str]:
    script = (resources.files("forecast.store") / "queries.sql").read_text(encoding="utf-8")
    # Parsed once a process, by cache: a command asks for a few of two hundred.
    blocks = script.split(_NAME)[1:]
    return {name: text.strip() for name, _, text in (block.partition("\n") for block in blocks)}


@cache
def questions() -> dict[str, dict[str, str]]:
    """Return the questions of analysts by name: title, sql, and about, what to mind in it."""
    file = resources.files("forecast.store") / "named_queries.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
