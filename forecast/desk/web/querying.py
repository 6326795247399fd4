"""Datasette on the held file: visitors' queries, bounded, and never in the way of a page."""

from __future__ import annotations

import os
import secrets
import sqlite3
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any, TypeVar, cast

from datasette.app import Datasette
from datasette.database import Database
from datasette.views.base import DatasetteError

from forecast.desk.web.answers import TEMPLATES
from forecast.desk.web.metadata import DATABASE, metadata

if TYPE_CHECKING:
    from forecast.desk.web.edition import Edition
    from forecast.store import held

T = TypeVar("T")

QUERY_THREADS = 3
QUERIES = 12  # of visitors, running and waiting: the last one waits for three others at most
SECONDS = 3.0  # for one query of a visitor
ROWS = 1000  # in an answer
ROWS_STREAMED = 50_000  # at once, where all rows are asked for: a view is made anew each time
SETTINGS = {
    "num_sql_threads": QUERY_THREADS,
    "sql_time_limit_ms": int(1000 * SECONDS),
    "max_returned_rows": ROWS,
    "max_csv_mb": 50,
    "allow_facet": False,
    "suggest_facets": False,
    "allow_download": False,  # our own route gives the file as it is held
    "default_cache_ttl": 0,
    "truncate_cells_html": 400,
}
SCHEMAS = "_internal"  # Datasette's name for it
BUSY = "Others' queries are running and waiting. Try again in a few seconds."

# Of the request under way.
as_csv: ContextVar[bool] = ContextVar("as_csv", default=False)
streamed: ContextVar[bool] = ContextVar("streamed", default=False)


class Queried(Datasette):  # type: ignore[misc]
    """Datasette, and the edition it shows."""

    edition: Edition

    @property
    def max_returned_rows(self) -> int:
        """The most rows of one query."""
        return ROWS_STREAMED if streamed.get() else ROWS

    @max_returned_rows.setter
    def max_returned_rows(self, value: int) -> None:
        """Datasette sets it from its settings, once for all requests."""

    async def refresh_schemas(self) -> None:
        """Once: the file never changes, and to ask again would wait behind visitors' queries."""
        if not self.internal_db_created:
            await super().refresh_schemas()

    def close(self) -> None:
        """End the queries' threads, and let go of what Datasette keeps for itself."""
        self.executor.shutdown()
        self.get_database(SCHEMAS).close()


class _Schemas(Database):  # type: ignore[misc]
    """What Datasette notes of the tables, in memory; `close` closes its connections too."""

    def __init__(self, site: Queried) -> None:
        super().__init__(site, memory_name=secrets.token_hex())

    def connect(self, write: bool = False) -> sqlite3.Connection:
        """Another connection, which Datasette itself would never close."""
        connection: sqlite3.Connection = super().connect(write)
        self._all_file_connections.append(connection)
        return connection


class _Held(Database):  # type: ignore[misc]
    """The held file as Datasette sees it: a connection a thread, taken from those opened."""

    def __init__(self, site: Queried, found: held.Held) -> None:
        super().__init__(site, path=f"{DATABASE}.db", is_mutable=False)
        self._ready = list(found.connections[1:])
        self._under_way = 0
        self.cached_hash = found.run.digest
        self.cached_size = found.identity.size

    def connect(self, write: bool = False) -> sqlite3.Connection:
        """The next connection; never one to write."""
        if write:
            raise sqlite3.OperationalError("attempt to write a readonly database")
        return self._ready.pop()

    async def execute(self, *arguments: Any, **options: Any) -> Any:
        """Run a query; a visitor's mistake is not an event for our log.

        Where a CSV was asked for, Datasette would give an empty one after an error.
        """
        if self._under_way == QUERIES:
            raise DatasetteError(BUSY, title="Too many queries at once", status=503)
        self._under_way += 1
        try:
            return await super().execute(*arguments, **{**options, "log_sql_errors": False})
        except sqlite3.DatabaseError as error:
            if as_csv.get():
                raise DatasetteError(str(error), title="SQLite refused it", status=400) from None
            raise
        finally:
            self._under_way -= 1

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Do this in a query's thread, with its connection."""
        run = copy_context().run  # the request's, in the thread too
        return cast("T", await super().execute_fn(lambda held: run(_let_go, fn, held)))

    async def attached_databases(self) -> list[Any]:
        """None can be."""
        return []


def _give_way() -> None:
    """Let this thread run behind all others: a visitor's query must not hold up the pages."""
    if sys.platform == "linux":  # where a thread has a niceness of its own
        with suppress(PermissionError):  # where system calls are filtered
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)


def _let_go(fn: Callable[[sqlite3.Connection], T], connection: sqlite3.Connection) -> T:
    """Do it; its cursor is gone in this thread even if it fails.

    An error keeps its frames, and they keep the cursor. Whoever drops the error elsewhere, as the
    loop that answers does, would wait there until the next query on this connection has ended.
    """
    try:
        return fn(connection)
    except Exception as error:
        traceback.clear_frames(error.__traceback__)
        raise


def serving(edition: Edition) -> Queried:
    """Datasette on an edition's file."""
    site = Queried(
        metadata=metadata(), template_dir=str(TEMPLATES), settings=SETTINGS, cache_headers=True
    )
    site.edition = edition
    site.executor.shutdown()
    site.executor = ThreadPoolExecutor(QUERY_THREADS, "queries", initializer=_give_way)
    for name in ("_memory", SCHEMAS):  # a second one of the same name would get another
        site.remove_database(name)
    site.add_database(_Schemas(site), name=SCHEMAS)
    site.add_database(_Held(site, edition.held), name=DATABASE)
    return site
