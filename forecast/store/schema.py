"""Compares tables, views, indexes and triggers with those that the migrations make."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache

from forecast.store import connect

# Identifiers may be quoted or not, and a program writes more or fewer spaces.
_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|('(?:[^']|'')*')|\"([^\"]*)\"|(\w+|[^\s\w])", re.DOTALL)

# ("view", "latest_run") -> what makes it, in comparable words; of a column "table.name"
SchemaObjects = dict[tuple[str, str], str]

# What the migrations make, so that it is not made anew before anything is shown.
_NEWEST, _AS_MADE = 20, "145719fa647bed26f798f56ee60c16cb9fa657ed54ddc7361dc74460ea533796"


def findings(db: sqlite3.Connection, version: int) -> Iterator[str]:
    """What was added, removed or changed, but not by this program.

    version : of the tables, how many migrations made them.
    """
    objects = _objects(db)
    if version == _NEWEST and digest(objects) == _AS_MADE:
        return
    made = _as_made(version)
    if connect.VIEWS_APART <= version < len(connect.migrations()):
        # The views of that version are known to the program of that version alone.
        objects = {key: how for key, how in objects.items() if key[0] != "view"}
    for key in sorted(made.keys() | objects.keys()):
        kind, name = key
        table = ("table", name.partition(".")[0])
        whole = kind != "column" or (table in made and table in objects)
        if whole and made.get(key) != objects.get(key):
            how = "added" if key not in made else "changed" if key in objects else "removed"
            yield f"{kind} {name} was {how}, but not by this program"


def digest(objects: SchemaObjects) -> str:
    """sha256 of objects, whatever their order."""
    return hashlib.sha256(repr(sorted(objects.items())).encode()).hexdigest()


@cache
def _as_made(version: int) -> SchemaObjects:
    with closing(sqlite3.connect(":memory:")) as db:
        connect.apply(db, version)
        return _objects(db)


def _objects(db: sqlite3.Connection) -> SchemaObjects:
    rows = db.execute("select type, name, tbl_name, sql from sqlite_master").fetchall()
    objects = {(kind, name): f"{table} {_plain(sql or '')}" for kind, name, table, sql in rows}
    columns = db.execute(
        'select t.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden '
        "from sqlite_master as t, pragma_table_xinfo(t.name, 'main') as c where t.type = 'table'"
    )
    return objects | {
        ("column", f"{table}.{name}"): repr(tuple(rest)) for table, name, *rest in columns
    }


def _plain(sql: str) -> str:
    words = (match[1] or (match[2] or match[3] or "").lower() for match in _TOKEN.finditer(sql))
    return " ".join(filter(None, words))
