"""Our pages inside Datasette: routes, what templates are told, refusals in plain words.

Datasette finds the functions below by their names. Which edition they show is on the Datasette
object they are given.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

from datasette import Forbidden, NotFound, Response, hookimpl
from datasette.database import QueryInterrupted
from datasette.plugins import pm
from datasette.utils.asgi import Base400
from datasette.views.base import DatasetteError

from forecast.desk.dictionary import VIEWS
from forecast.desk.web.glossary import GLOSSARY
from forecast.desk.web.markup import coded
from forecast.desk.web.metadata import DATABASE
from forecast.desk.web.pictures import FAN_KEY, HISTORY_KEY
from forecast.desk.web.static import STYLE_VERSION
from forecast.desk.words import CREDIT, MINUS, NAMES, month_words
from forecast.records import HEADLINES

LOG = logging.getLogger("bordercast")
NAME = "bordercast"
CHUNK = 1 << 18
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
_AMOUNT = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
TOO_LONG = (
    "The query was stopped: it took longer than {seconds:g} seconds. Ask for fewer rows, or one "
    "border; for large answers take the whole database file, or `bordercast export`."
)


class NotHeld(NotFound):  # type: ignore[misc]
    """A month that is not in the record."""


def install() -> None:
    """Put this plugin in the place of those it replaces; doing it again changes nothing."""
    if pm.has_plugin(NAME):
        return
    for name in _NOT_OURS:
        if pm.has_plugin(name):
            pm.unregister(name=name)
    pm.register(__import__(__name__, fromlist=["install"]), name=NAME)


@hookimpl
def register_routes(datasette: Any) -> list[tuple[str, Callable[..., Any]]]:
    """Our pages; all others are Datasette's."""
    names = "|".join(HEADLINES)
    return [
        (r"^/$", front),
        (rf"^/border/(?P<border>{names})$", border),
        (rf"^/border/(?P<border>{names})/(?P<month>[0-9]{{4}}-[0-9]{{2}})$", month),
        (r"^/reading$", reading),
        (rf"^/{DATABASE}\.db$", download),
    ]


async def front(datasette: Any, request: Any) -> Response:
    """The first page."""
    return await _page(datasette, request, "front.html", await datasette.edition.front())


async def border(datasette: Any, request: Any) -> Response:
    """A border's page."""
    name = request.url_vars["border"]
    return await _page(datasette, request, "border.html", await datasette.edition.border(name))


async def month(datasette: Any, request: Any) -> Response:
    """A border's month."""
    name, wanted = request.url_vars["border"], request.url_vars["month"]
    found = await datasette.edition.month(name, wanted)
    if found is None:
        raise NotHeld(f"No figure is held of {NAMES[name]} in {wanted}.")
    return await _page(datasette, request, "month.html", found)


async def reading(datasette: Any, request: Any) -> Response:
    """What the words and pictures mean."""
    return await _page(datasette, request, "reading.html", GLOSSARY)


async def _page(datasette: Any, request: Any, template: str, found: Any) -> Response:
    html = await datasette.render_template(template, {"page": found}, request=request)
    return Response.html(html)


async def download(datasette: Any, send: Callable[..., Any]) -> None:
    """The whole file this edition holds, read from where it is held open."""
    edition = datasette.edition
    headers = [
        (b"content-type", b"application/vnd.sqlite3"),
        (b"content-length", str(edition.held.identity.size).encode()),
        (b"content-disposition", f'attachment; filename="{DATABASE}.db"'.encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    async for chunk in _chunks(edition.held.file, edition.held.identity.size):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _chunks(file: int, size: int) -> AsyncIterator[bytes]:
    for start in range(0, size, CHUNK):
        yield await asyncio.to_thread(os.pread, file, CHUNK, start)


@hookimpl
def prepare_jinja2_environment(env: Any) -> None:
    """What our templates use beside Datasette's own."""
    env.filters["coded"] = coded
    env.tests["amount"] = lambda shown: _AMOUNT.fullmatch(str(shown)) is not None


@hookimpl
def extra_template_vars(datasette: Any) -> dict[str, Any]:
    """What every page is told."""
    return {
        "status": datasette.edition.status(),
        "edition": datasette.edition,
        "borders": [(name, NAMES[name]) for name in HEADLINES],
        "db_name": DATABASE,
        "seconds": f"{datasette.setting('sql_time_limit_ms') / 1000:g}",
        "style": STYLE_VERSION,
        "credit": CREDIT,
        "fan_key": FAN_KEY,
        "history_key": HISTORY_KEY,
        "month_words": month_words,
        "count": _count,
        "signed": _signed,
        "described_views": VIEWS,
    }


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _signed(number: int) -> str:
    sign = MINUS if number < 0 else "+" if number > 0 else ""
    return f"{sign}{abs(number):,}"


@hookimpl
def forbidden(datasette: Any, request: Any, message: str) -> Any:
    """Refused."""
    return _refusal(datasette, request, 403, "Not to be seen here", str(message))


@hookimpl
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Any:
    """Whatever went wrong, in words; what is our fault also goes to the log."""
    status, title, words = _in_words(datasette, exception)
    if status == 500:
        LOG.error("%s %s: %r", request.method, request.path, exception)
    return _refusal(datasette, request, status, title, words)


def _in_words(datasette: Any, exception: Exception) -> tuple[int, str, str]:
    """(status, title, what happened and what to do)."""
    if isinstance(exception, NotHeld):
        return 404, "There is no such page", str(exception)
    if isinstance(exception, NotFound):
        return 404, "There is no such page", "Every page can be reached from the overview."
    if isinstance(exception, Forbidden):
        return 403, "Not to be seen here", str(exception)
    if isinstance(exception, QueryInterrupted) or _title(exception) == "SQL Interrupted":
        seconds = datasette.setting("sql_time_limit_ms") / 1000
        return 400, "The query took too long", TOO_LONG.format(seconds=seconds)
    if isinstance(exception, DatasetteError):
        return exception.status, exception.title or "That could not be done", exception.message
    if isinstance(exception, Base400):
        return exception.status, "That could not be done", str(exception.args[0])
    return 500, "Something went wrong", "It has been noted. Other pages may still work."


def _title(exception: Exception) -> str:
    return str(getattr(exception, "title", ""))


def _refusal(datasette: Any, request: Any, status: int, title: str, words: str) -> Any:
    async def answer() -> Response:
        if request.path.partition("?")[0].endswith((".json", ".csv")):
            body = json.dumps({"ok": False, "status": status, "title": title, "error": words})
            return Response(body, status=status, content_type="application/json; charset=utf-8")
        told = {"title": title, "error": words, "sql": request.args.get("sql") or ""}
        html = await datasette.render_template("error.html", told, request=request)
        return Response.html(html, status=status)

    return answer
