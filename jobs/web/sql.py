"""Datasette on the analysts' copy, for a process of its own: visitors' queries, bounded.

What Datasette says of views, columns and queries comes from the dictionary. It finds the functions
marked as hooks below by their names; the file they show is on the Datasette object they are given.
"""

import csv
import io
import os
import re
import secrets
import sqlite3
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from functools import cached_property
from typing import Any, TypeVar, cast
from urllib.parse import unquote

from datasette import Forbidden, NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.database import Database, QueryInterrupted
from datasette.plugins import pm
from datasette.utils.asgi import Base400
from datasette.views.base import DatasetteError
from starlette.types import ASGIApp, Message

from forecast.context import source_of
from forecast.desk.dictionary import VIEWS, View, definitions
from forecast.desk.export import safe
from forecast.sources.source import Source
from forecast.store import held
from forecast.store.queries import questions
from forecast.store.read import RunRow
from forecast.words import check_command
from jobs.web.responses import DATABASE, TOO_LONG, UNANSWERABLE, Plain, QueryLimits

TITLE = "Bordercast"
ABOUT = (
    "Everything the record holds. Ask the views, not the tables behind them. A total has "
    "an empty dimension; never add over dimensions. The service's own model is bordercast."
)


def metadata(run: RunRow, source: Source) -> dict[str, Any]:
    """Datasette's metadata for the one database; run : the last it publishes."""
    check = check_command(run.id, run.digest)
    return {
        "title": TITLE,
        "databases": {
            DATABASE: {
                "title": "Tables and queries",
                "description": ABOUT,
                "source": (
                    f"{source.publisher.credit} Run {run.id}, digest {run.digest}; to "
                    f"check it: {check}"
                ),
                "tables": {name: _view(view, source) for name, view in VIEWS.items()},
                "queries": {
                    name: {
                        "title": question["title"],
                        "description": question["about"],
                        "sql": question["sql"],
                    }
                    for name, question in questions().items()
                },
            }
        },
    }


def _view(view: View, source: Source) -> dict[str, Any]:
    """Return what Datasette says of a view: of each column what it is, its unit, what it can be."""
    columns = {}
    for name, unit, values, about in definitions(view, source):
        more = ", ".join(filter(None, (unit, values)))
        columns[name] = f"{about} ({more})" if more else about
    about_rows = f"A row is {view.row_in(source)}. {view.note}".rstrip()
    return {"description": about_rows, "columns": columns}


ROW_BYTES = 64  # of a row, beside its values
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", re.IGNORECASE)


def too_large(limit: int) -> str:
    """Return what to do instead of an answer of more than `limit` bytes."""
    return (
        f"The answer would be larger than {limit / 1e6:.0f} MB. Ask for fewer rows or columns; for "
        "large answers take the whole database file, or `bordercast export`."
    )


class CappedRows:
    """A row factory that refuses rows that are too large together; `read` : bytes so far."""

    def __init__(self, limit: int) -> None:
        self.limit, self.read = limit, 0

    def __call__(self, cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> sqlite3.Row:
        """Return a row as Datasette expects it."""
        self.read += ROW_BYTES + sum(len(v) for v in values if isinstance(v, str | bytes))
        if self.read > self.limit:
            words = too_large(self.limit)
            raise DatasetteError(words, title="The answer is too large", status=400)
        return sqlite3.Row(cursor, values)


def neutral_csv(text: str) -> str:
    """CSV in which nothing is a formula, names of columns included; numbers stay numbers."""
    neutral = io.StringIO(newline="")
    writer = csv.writer(neutral)
    for row in csv.reader(io.StringIO(text, newline="")):
        writer.writerow([c if _NUMBER.fullmatch(c) else safe(c) for c in row])
    return neutral.getvalue()


NAME = "bordercast"
_NOT_OURS = (
    "datasette.publish.heroku",
    "datasette.publish.cloudrun",
    "datasette.facets",  # never shown, and each table's page would leave a connection open
    "datasette.actor_auth_cookie",  # nobody logs in here: a proxy does that
    "datasette.default_magic_parameters",
    "datasette.default_menu_links",
    "datasette.handle_exception",  # prints every error, with all variables
    "datasette.forbidden",
)
TOO_MUCH_MEMORY = "The query needs more memory than a visitor's query may take."


def install() -> None:
    """Put this plugin in the place of those it replaces; doing it again changes nothing."""
    if pm.has_plugin(NAME):
        return
    for name in _NOT_OURS:
        if pm.has_plugin(name):
            pm.unregister(name=name)
    pm.register(sys.modules[__name__], name=NAME)


@hookimpl
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Any) -> None:
    """Bound what a query can give, before it fills the memory."""
    if database == DATABASE:
        conn.row_factory = CappedRows(datasette.limits.answer_bytes)


@hookimpl
def forbidden(message: str) -> Any:
    """Refused."""
    refused.set(Plain(403, "Not to be seen here", str(message)))
    return Response("")


@hookimpl
def handle_exception(datasette: Any, exception: Exception) -> Any:
    """Whatever went wrong, in words that the page says as it says its own."""
    refused.set(_in_words(datasette, exception))
    return Response("")


def _in_words(datasette: Any, exception: Exception) -> Plain:
    """Say what happened and what to do."""
    if isinstance(exception, NotFound):
        return Plain(404, "There is no such page", "Every page can be reached from the overview.")
    if isinstance(exception, Forbidden):
        return Plain(403, "Not to be seen here", str(exception))
    title = str(getattr(exception, "title", ""))
    if isinstance(exception, QueryInterrupted) or title == "SQL Interrupted":
        words = TOO_LONG.format(datasette.limits.statement_seconds)
        return Plain(400, "The query took too long", words)
    if isinstance(exception, DatasetteError):
        title = exception.title or "That could not be done"
        # The file never changes: what Datasette cannot answer lies in what it was asked.
        return Plain(exception.status if exception.status < 500 else 400, title, exception.message)
    if isinstance(exception, Base400):
        return Plain(exception.status, "That could not be done", str(exception.args[0]))
    if isinstance(exception, MemoryError):
        return Plain(400, "The query is too large", TOO_MUCH_MEMORY)
    return Plain(400, "That could not be done", UNANSWERABLE)


T = TypeVar("T")

SCHEMAS = "_internal"  # Datasette's name for it
# Of the request under way.
as_csv: ContextVar[bool] = ContextVar("as_csv", default=False)
streamed: ContextVar[bool] = ContextVar("streamed", default=False)
refused: ContextVar[Plain | None] = ContextVar("refused", default=None)


class Queried(Datasette):  # type: ignore[misc]
    """Datasette on a held file. limits : of its queries."""

    held: held.OpenSnapshot
    limits: QueryLimits

    @cached_property
    def answering(self) -> ASGIApp:
        """What answers requests, made once."""
        return cast("ASGIApp", self.app())

    @property
    def max_returned_rows(self) -> int:
        """The most rows of one query."""
        return self.limits.streamed_rows if streamed.get() else self.limits.rows

    @max_returned_rows.setter
    def max_returned_rows(self, value: int) -> None:
        """Datasette sets it from its settings, once for all requests."""

    async def refresh_schemas(self) -> None:
        """Once: the file never changes, and to ask again would wait behind visitors' queries."""
        if not self.internal_db_created:
            await super().refresh_schemas()

    async def prepare(self) -> None:
        """What Datasette does at the first request; those that come with it would not wait."""
        await self.invoke_startup()
        await self.refresh_schemas()
        await self.get_database(DATABASE).table_counts(limit=60_000)

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

    def __init__(self, site: Queried, snapshot: held.OpenSnapshot) -> None:
        super().__init__(site, path=f"{DATABASE}.db", is_mutable=False)
        self._ready = list(snapshot.connections)
        self.cached_hash = snapshot.run.digest
        self.cached_size = os.fstat(snapshot.file).st_size

    def connect(self, write: bool = False) -> sqlite3.Connection:
        """Return the next connection; never one to write."""
        if write:
            raise sqlite3.OperationalError("attempt to write a readonly database")
        return self._ready.pop()

    async def execute(self, *arguments: Any, **options: Any) -> Any:
        """Run a query; a visitor's mistake is not an event for our log.

        Where a CSV was asked for, Datasette would give an empty one after an error.
        """
        try:
            return await super().execute(*arguments, **{**options, "log_sql_errors": False})
        except MemoryError:
            raise DatasetteError(
                TOO_MUCH_MEMORY, title="The query is too large", status=400
            ) from None
        except sqlite3.DatabaseError as error:
            if as_csv.get():
                raise DatasetteError(str(error), title="SQLite refused it", status=400) from None
            raise

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Do this in a query's thread, with its connection; its cursor is gone there in any case.

        An error keeps its frames, and they keep the cursor. Whoever drops the error elsewhere, as
        the loop that answers does, would wait there until the next query on this connection ends.
        """

        def work(connection: sqlite3.Connection) -> T:
            if isinstance(connection.row_factory, CappedRows):
                connection.row_factory.read = 0
            try:
                return fn(connection)
            except Exception as error:
                traceback.clear_frames(error.__traceback__)
                raise

        run = copy_context().run  # the request's, in the thread too
        return cast("T", await super().execute_fn(lambda connection: run(work, connection)))

    async def attached_databases(self) -> list[Any]:
        """None can be."""
        return []


def serving(snapshot: held.OpenSnapshot, limits: QueryLimits) -> Queried:
    """Datasette on a held file, which has a connection for each of its threads."""
    install()
    source = source_of(snapshot.connections[0])
    settings = {
        "num_sql_threads": limits.threads,
        "sql_time_limit_ms": int(1000 * limits.statement_seconds),
        "max_returned_rows": limits.rows,
        "max_csv_mb": 50,
        "allow_facet": False,
        "suggest_facets": False,
        "allow_download": False,  # the page gives the file
        "default_cache_ttl": 0,
        "truncate_cells_html": 400,
    }
    site = Queried(metadata=metadata(snapshot.run, source), settings=settings, cache_headers=True)
    site.held, site.limits = snapshot, limits
    site.executor.shutdown()
    site.executor = ThreadPoolExecutor(limits.threads, "queries")
    for name in ("_memory", SCHEMAS):  # a second one of the same name would get another
        site.remove_database(name)
    site.add_database(_Schemas(site), name=SCHEMAS)
    site.add_database(_Held(site, snapshot), name=DATABASE)
    return site


async def answered(
    site: Queried, path: str, query: str, host: str, scheme: str
) -> tuple[dict[str, Any], bytes]:
    """Answer a request, whole: its status and headers, or a refusal's title and words; its body.

    In a CSV nothing is a formula for a spreadsheet.
    """
    as_csv.set(path.endswith(".csv"))
    streamed.set(as_csv.get() and "_stream=" in query)
    refused.set(None)
    if streamed.get():  # a view is made anew for each page of rows: ask for one
        query = f"_size=max&{query}"
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": scheme,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [(b"host", host.encode("latin-1"))],
    }
    start: Message = {"status": 500, "headers": []}
    body = bytearray()

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        start.update(message)
        body.extend(message.get("body", b""))
        if len(body) > site.limits.answer_bytes:
            raise _TooLargeError

    try:
        await site.answering(scope, receive, send)
    except _TooLargeError:
        refused.set(Plain(400, "The answer is too large", too_large(site.limits.answer_bytes)))
    if refused.get() is None and start["status"] >= 500:
        refused.set(Plain(400, "That could not be done", UNANSWERABLE))
    if refusal := refused.get():
        return {name: getattr(refusal, name) for name in ("status", "title", "words")}, b""
    headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in start["headers"]}
    if as_csv.get() and start["status"] == 200:
        headers["content-type"] = "text/plain; charset=utf-8"
        body = bytearray(neutral_csv(body.decode("utf-8", "replace")).encode())
    return {"status": start["status"], "headers": headers}, bytes(body)


class _TooLargeError(BaseException):
    """An answer is too large; not an Exception, after which Datasette would go on."""
