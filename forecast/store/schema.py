"""The schema: the migrations that make the tables, the views, and whether both are as made.

The tables' version is how many migrations were applied. Views stand apart, in views.sql: whoever
opens a record for writing makes them anew where they are those of an earlier program. Views that no
program made stay for `verify` to find. Whoever only reads sees the views of the running program,
whatever the record has.
"""

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache, lru_cache
from importlib import resources
from sqlite3 import Connection

from forecast.store.queries import version

SCHEMA = "migrations"  # the folder of the main database's; ops.db has its own
FIRST = 1  # the measure that a record begins with, and that its own views are about
# Tables and views of version NEWEST by their `digest`, as each program made them, the newest last.
# A change of views.sql adds a line, so that the views of records made before are known for what
# they are; a migration begins anew.
NEWEST = 23
AS_MADE = ("ce595a6e62a1d5f5657beb2b67f3e44f9fede02c42c33d6f5cb9ddf9c30af020",)

# Identifiers may be quoted or not, and a program writes more or fewer spaces.
_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|('(?:[^']|'')*')|\"([^\"]*)\"|(\w+|[^\s\w])", re.DOTALL)
_VIEW = re.compile(r"^create view (?P<name>\w+) as(?P<query>\s.*?);$", re.DOTALL | re.MULTILINE)

# ("view", "latest_run") -> what makes it, in comparable words; of a column "table.name"
SchemaObjects = dict[tuple[str, str], str]


@cache
def migrations(schema: str = SCHEMA) -> tuple[str, ...]:
    """Return the numbered SQL files, oldest first."""
    folder = resources.files("forecast.store") / schema
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return tuple(file.read_text(encoding="utf-8") for file in files)


@cache
def views() -> tuple[str, ...]:
    """Return the statements that make a record's views, in their order."""
    script = (resources.files("forecast.store") / "views.sql").read_text(encoding="utf-8")
    return tuple(match[0] for match in _VIEW.finditer(script))


def view(name: str) -> str:
    """Return the query that a view is; KeyError if there is none of that name."""
    made = (_VIEW.fullmatch(statement) for statement in views())
    return {match["name"]: match["query"] for match in made if match}[name]


def _stored_views() -> tuple[str, ...]:
    """Return the views as the record has them, all of whose names are its own.

    "main." tells views that are lent what is of all measures; stored, no record could be attached.
    """
    return tuple(view.replace(" main.", " ") for view in views())


def lend_views(connection: Connection, measure_id: int = FIRST) -> None:
    """Make this program's views for a connection alone, over those of the record.

    measure_id : the measure that they are about.
    """
    about, scoped = (f" scope as select {number}" for number in (FIRST, measure_id))
    for statement in views():
        # One of a table that is divided by measure is there already.
        made = statement.replace("create view", "create temp view if not exists", 1)
        connection.execute(made.replace(about, scoped, 1))


def has_views(connection: Connection) -> bool:
    """Return whether the record has this program's views, to the letter."""
    return _views_of(connection) == {
        # SQLite keeps a statement from the name on.
        match["name"]: f"CREATE VIEW {match['name']} as{match['query']}"
        for match in map(_VIEW.fullmatch, _stored_views())
        if match
    }


@cache
def empty(schema: str = SCHEMA) -> bytes:
    """Return the file of a database that has its tables and views, and no row."""
    with closing(sqlite3.connect(":memory:")) as db:
        apply(db, len(migrations(schema)), schema)
        return db.serialize()


def apply(connection: sqlite3.Connection, until: int, schema: str = SCHEMA) -> None:
    """Apply the migrations up to a version that a database has not had."""
    steps = migrations(schema)
    for number in range(version(connection) + 1, until + 1):
        script = [steps[number - 1], f"pragma user_version = {number};"]
        if schema == SCHEMA:
            script[:0] = [f"drop view {name};" for name in _views_of(connection)]
            script += _stored_views() if number == len(steps) else ()
        connection.executescript("\n".join(("begin immediate;", *script, "commit;")))


def renew_views(connection: sqlite3.Connection) -> None:
    """Make the views anew where they are those of an earlier program, in one transaction.

    The ledger keeps its statement of the views of then: `as_made` answers for these.
    """
    if has_views(connection):
        return
    # Views that somebody else changed are not made good: then nobody would know of it.
    if as_made(connection, version(connection)):
        drop = [f"drop view {name};" for name in _views_of(connection)]
        connection.executescript(
            "\n".join(("begin immediate;", *drop, *_stored_views(), "commit;"))
        )


def as_made(db: sqlite3.Connection, number: int) -> bool:
    """Return whether tables and views are known as this or an earlier program made them.

    number : of the tables, how many migrations made them.
    """
    return number == NEWEST and digest(objects(db)) in AS_MADE


def findings(db: sqlite3.Connection, number: int) -> Iterator[str]:
    """Yield what was added, removed or changed, but not by a program.

    number : of the tables, how many migrations made them.
    """
    if as_made(db, number):
        return
    there, made = objects(db), _made(number)
    if number < len(migrations()):
        # The views of that version are known to the program of that version alone; nobody sees
        # them, and the next opening for writing makes all anew.
        there = {key: how for key, how in there.items() if key[0] != "view"}
    for key in sorted(made.keys() | there.keys()):
        kind, name = key
        table = ("table", name.partition(".")[0])
        whole = kind != "column" or (table in made and table in there)
        if whole and made.get(key) != there.get(key):
            how = "added" if key not in made else "changed" if key in there else "removed"
            yield f"{kind} {name} was {how}, but not by this program"


def digest(objects: SchemaObjects) -> str:
    """Return the sha256 of objects, whatever their order."""
    return hashlib.sha256(repr(sorted(objects.items())).encode()).hexdigest()


def renewed(written: str) -> str:
    """Return the text of this module, knowing the tables and views as they are now."""
    now = digest(_made(NEWEST))
    last = f'    "{AS_MADE[-1]}",\n'
    return written if now in AS_MADE else written.replace(last, f'{last}    "{now}",\n')


def objects(db: sqlite3.Connection) -> SchemaObjects:
    """Return all that a database has, but its rows."""
    rows = db.execute("select type, name, tbl_name, sql from sqlite_master").fetchall()
    objects = {(kind, name): f"{table} {_words(sql or '')}" for kind, name, table, sql in rows}
    columns = db.execute(
        'select t.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden '
        "from sqlite_master as t, pragma_table_xinfo(t.name, 'main') as c where t.type = 'table'"
    )
    return objects | {
        ("column", f"{table}.{name}"): repr(tuple(rest)) for table, name, *rest in columns
    }


@cache
def _made(number: int) -> SchemaObjects:
    with closing(sqlite3.connect(":memory:")) as db:
        apply(db, number)
        return objects(db)


@lru_cache(maxsize=1000)
def _words(sql: str) -> str:
    words = (match[1] or (match[2] or match[3] or "").lower() for match in _TOKEN.finditer(sql))
    return " ".join(filter(None, words))


def _views_of(connection: Connection) -> dict[str, str]:
    query = "select name, sql from sqlite_master where type = 'view' order by 1"
    return dict(connection.execute(query).fetchall())
