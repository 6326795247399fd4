"""One snapshot, held open, and everything that is made of it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import sys
import threading
import traceback
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, cast

from datasette.app import Datasette
from datasette.database import Database
from datasette.views.base import DatasetteError

from forecast.desk.web import plugin
from forecast.desk.web.answers import TEMPLATES
from forecast.desk.web.border import Border, read_border
from forecast.desk.web.front import Front, read_front
from forecast.desk.web.metadata import DATABASE, metadata
from forecast.desk.web.month import Month, read_month
from forecast.desk.web.pictures import Drawn
from forecast.desk.web.status import Status, read_status
from forecast.records import HEADLINES
from forecast.store import held, page

T = TypeVar("T")

QUERY_THREADS = 3
QUERIES = 12  # of visitors, running and waiting: the last one waits for three others at most
SECONDS = 3.0  # for one query of a visitor
SETTINGS = {
    "num_sql_threads": QUERY_THREADS,
    "sql_time_limit_ms": int(1000 * SECONDS),
    "max_returned_rows": 1000,
    "max_csv_mb": 50,
    "allow_facet": False,
    "suggest_facets": False,
    "allow_download": False,  # our own route gives the file as it is held
    "default_cache_ttl": 0,
    "truncate_cells_html": 400,
}
BUSY = "Others' queries are running and waiting. Try again in a few seconds."

as_csv: ContextVar[bool] = ContextVar("as_csv", default=False)  # the request under way


class _Site(Datasette):  # type: ignore[misc]
    """Datasette, and the edition it shows."""

    edition: Edition

    async def refresh_schemas(self) -> None:
        """Once: the file never changes, and to ask again would wait behind visitors' queries."""
        if not self.internal_db_created:
            await super().refresh_schemas()


class _Held(Database):  # type: ignore[misc]
    """The held file as Datasette sees it: a connection a thread, taken from those opened."""

    def __init__(self, site: Datasette, found: held.Held) -> None:
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
        return cast("T", await super().execute_fn(lambda connection: _let_go(fn, connection)))

    async def attached_databases(self) -> list[Any]:
        """None can be."""
        return []


class Edition:
    """A snapshot as it was when it was opened.

    Pages are made once, in one thread with a connection of its own, so that no visitor's query
    holds them up. `users` counts the answers under way; only when there is none may it be closed.

    Parameters
    ----------
    path : the analysts' copy. today : asked whenever a page says when the next release is due.
    """

    def __init__(self, path: Path, today: Callable[[], date] = date.today) -> None:
        plugin.install()
        self.today = today
        self.held = held.hold(path, 1 + QUERY_THREADS)
        self.key = _key(self.held)
        self.users = 0
        self._pages: dict[Hashable, Any] = {}
        self._charts: dict[str, Drawn] = {}
        self._reader = ThreadPoolExecutor(1, "pages")
        self.source = page.newest_source(self.held.connections[0])
        self.site = _site(self)
        self.app = self.site.app()
        asyncio.run(self._prepare())

    async def _prepare(self) -> None:
        """What Datasette does at the first request; those that come with it would not wait."""
        await self.site.invoke_startup()
        await self.site.refresh_schemas()
        await self.site.get_database(DATABASE).table_counts(limit=60_000)

    def status(self) -> Status:
        """What the page rests on."""
        return read_status(self.held.run, self.source, self.today())

    async def front(self) -> Front:
        """The first page."""
        return await self._made(("front",), read_front)

    async def border(self, name: str) -> Border:
        """A border's page."""
        return await self._made((name,), lambda db: read_border(db, name))

    async def month(self, name: str, month: str) -> Month | None:
        """A border's month; None if it is not held."""
        return await self._made((name, month), lambda db: read_month(db, name, month))

    def chart(self, name: str) -> bytes | None:
        """A chart that a page of this edition shows."""
        drawn = self._charts.get(name)
        return drawn.svg if drawn else None

    def warm(self) -> None:
        """Make the first page and its charts, so that the first visitor does not wait."""
        self._reader.submit(self._make, ("front",), read_front).result()

    async def warm_one(self) -> None:
        """Make one more border's page, if one is left to make."""
        for name in HEADLINES:
            if (name,) not in self._pages:
                await self.border(name)
                return

    async def _made(self, key: Hashable, make: Callable[[sqlite3.Connection], T]) -> T:
        if key in self._pages:
            return cast("T", self._pages[key])
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reader, self._make, key, make)

    def _make(self, key: Hashable, make: Callable[[sqlite3.Connection], T]) -> T:
        if key not in self._pages:
            made = make(self.held.connections[0])
            for drawn in getattr(made, "charts", ()):
                self._charts[drawn.name] = drawn
            self._pages[key] = made
        return cast("T", self._pages[key])

    def close(self) -> None:
        """Let go of the file; only when nobody is being answered."""
        self._reader.shutdown(cancel_futures=True)
        self.site.executor.shutdown()
        held.close(self.held)


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


def _key(found: held.Held) -> str:
    """Names this edition in the addresses of its charts."""
    return hashlib.sha256(f"{found.run.digest}{found.identity}".encode()).hexdigest()[:16]


def _give_way() -> None:
    """Let this thread run behind all others: a visitor's query must not hold up the pages."""
    if sys.platform == "linux":  # where a thread has a niceness of its own
        with suppress(PermissionError):  # where system calls are filtered
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


def _site(edition: Edition) -> _Site:
    site = _Site(
        metadata=metadata(), template_dir=str(TEMPLATES), settings=SETTINGS, cache_headers=True
    )
    site.edition = edition
    site.executor.shutdown()
    site.executor = ThreadPoolExecutor(QUERY_THREADS, "queries", initializer=_give_way)
    site.remove_database("_memory")
    site.add_database(_Held(site, edition.held), name=DATABASE)
    return site
