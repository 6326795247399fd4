"""What of Datasette is ours: bounded rows, and refusals in plain words.

Datasette finds the functions below by their names. Which file they show is on the Datasette
object they are given.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from datasette import Forbidden, NotFound, Response, hookimpl
from datasette.database import QueryInterrupted
from datasette.plugins import pm
from datasette.utils.asgi import Base400
from datasette.views.base import DatasetteError

from jobs.web.answers import too_long
from jobs.web.metadata import DATABASE
from jobs.web.rows import CappedRows

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
    pm.register(__import__(__name__, fromlist=["install"]), name=NAME)


@hookimpl
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Any) -> None:
    """Bound what a query can give, before it fills the memory."""
    if database == DATABASE:
        conn.row_factory = CappedRows(datasette.limits.answer_bytes)


@hookimpl
def forbidden(datasette: Any, request: Any, message: str) -> Any:
    """Refused."""
    return _refusal(datasette, request, 403, "Not to be seen here", str(message))


@hookimpl
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Any:
    """Whatever went wrong, in words."""
    status, title, words = _in_words(datasette, exception)
    return _refusal(datasette, request, status, title, words)


def _in_words(datasette: Any, exception: Exception) -> tuple[int, str, str]:
    """(status, title, what happened and what to do)."""
    if isinstance(exception, NotFound):
        return 404, "There is no such page", "Every page can be reached from the overview."
    if isinstance(exception, Forbidden):
        return 403, "Not to be seen here", str(exception)
    title = str(getattr(exception, "title", ""))
    if isinstance(exception, QueryInterrupted) or title == "SQL Interrupted":
        return 400, "The query took too long", too_long(datasette.limits.statement_seconds)
    if isinstance(exception, DatasetteError):
        return exception.status, exception.title or "That could not be done", exception.message
    if isinstance(exception, Base400):
        return exception.status, "That could not be done", str(exception.args[0])
    if isinstance(exception, MemoryError):
        return 400, "The query is too large", TOO_MUCH_MEMORY
    # The file never changes: what Datasette cannot answer lies in what it was asked.
    return 400, "That could not be done", "Datasette cannot answer this address."


def _refusal(datasette: Any, request: Any, status: int, title: str, words: str) -> Any:
    async def answer() -> Response:
        if request.path.partition("?")[0].endswith((".json", ".csv")):
            body = json.dumps({"ok": False, "status": status, "title": title, "error": words})
            return Response(body, status=status, content_type="application/json; charset=utf-8")
        content = {"title": title, "error": words, "status": status, "ok": False}
        html = await datasette.render_template("error.html", content, request=request)
        return Response.html(html, status=status)

    return answer
