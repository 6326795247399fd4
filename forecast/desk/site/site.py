"""What answers: it chooses the edition, and refuses what must not be.

Only reading is possible: other methods than GET and HEAD are refused. So are requests under a
name that is not ours, which is how a web page elsewhere would reach a server on this machine.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import date
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from forecast import months
from forecast.desk.site import pages
from forecast.desk.site.answers import (
    PRIVATE,
    PUBLIC,
    SVG,
    Plain,
    QueryAnswer,
    Tables,
    send_answer,
    send_plain,
    with_headers,
)
from forecast.desk.site.edition import Edition
from forecast.desk.site.glossary import GLOSSARY
from forecast.desk.site.metadata import DATABASE
from forecast.desk.site.static import FILES
from forecast.desk.wording import NAMES
from forecast.errors import BordercastError, ConfigError
from forecast.records import HEADLINES
from forecast.store import held, sqlite_errors

LOG = logging.getLogger("bordercast")
LOOK_EVERY = 1.0  # seconds between looks at the snapshot
QUIET = 2.0  # seconds without a request after which there is time to make pages
CHUNK = 1 << 18  # bytes of the file at once
DOWNLOADS = 4  # of the whole file at once
NO_PAGE = Plain(404, "There is no such page", "Every page can be reached from the overview.")
Page = Callable[[Edition, Request], Awaitable[Response]]
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")


class Site:
    """An ASGI application that shows the newest snapshot.

    Parameters
    ----------
    database : the record itself, whose last verification is asked at every request.
    snapshot : the analysts' copy, which is shown. names : under which requests are answered,
    beside numeric addresses and localhost. today : for what is due. warm : whether pages are made
    before they are asked for. tables : what answers for tables and queries, None if nothing does.
    """

    def __init__(
        self,
        database: Path,
        snapshot: Path,
        names: Iterable[str] = (),
        today: Callable[[], date] = months.today,
        *,
        warm: bool = True,
        tables: Tables | None = None,
    ) -> None:
        self.database, self.snapshot, self.today = database, snapshot, today
        self.warm, self.tables = warm, tables
        self.names = {"localhost", *(name.lower() for name in names)}
        self.current: Edition | None = None
        self.trouble: BordercastError | None = None
        self._seen: held.Identity | str | None = "never"
        self._kept: list[Edition] = []
        self._asked = 0.0
        self._downloads = 0
        self._app = Starlette(
            routes=self._routes(),
            lifespan=self._lifespan,
            exception_handlers={HTTPException: _no_page},
        )
        self._app.router.redirect_slashes = False  # a redirect would name a host

    def refresh(self) -> None:
        """Show what lies there now, if that is another file than before."""
        now = held.identity(self.snapshot)
        if now != self._seen:
            self._show(now, self._open())

    def close(self) -> None:
        """Let go of everything."""
        for edition in self._kept:
            edition.close()
        self._kept, self.current = [], None

    def _open(self) -> Edition | BordercastError:
        try:
            edition = Edition(self.snapshot, self.today)
        except BordercastError as error:
            return error
        except (sqlite3.Error, OSError) as error:
            known = sqlite_errors.meaning(self.snapshot, error)
            return known or ConfigError(str(self.snapshot), "snapshot", str(error))
        if self.warm:
            edition.warm()
        return edition

    def _show(self, seen: held.Identity | None, found: Edition | BordercastError) -> None:
        """Answer from this edition from now on; the one before it stays for pages under way."""
        self._seen = seen
        if isinstance(found, BordercastError):
            self.current, self.trouble = None, found
            LOG.error("nothing is shown: %s", found)
            return
        LOG.info("showing run %d, data through %s", found.held.run.id, found.held.run.data_through)
        self.current, self.trouble = found, None
        self._kept.append(found)
        self._let_go()

    def _let_go(self) -> None:
        for edition in [e for e in self._kept[:-2] if e.users == 0]:
            edition.close()
            self._kept.remove(edition)

    async def _watch(self) -> None:
        """Look for another snapshot for ever; meanwhile the one before is shown.

        While nobody asks, the borders' pages are made: drawing holds up everything else.
        """
        while True:
            await asyncio.sleep(LOOK_EVERY)
            now = held.identity(self.snapshot)
            if now != self._seen:
                self._show(now, await asyncio.to_thread(self._open))
            elif self.current and self.warm and time.monotonic() - self._asked > QUIET:
                await self.current.warm_one()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] == "http":
            self._asked = time.monotonic()
            send = with_headers(send)
            refused = self._refused(scope)
            if refused is not None:
                await send_plain(scope, send, refused)
                return
        await self._app(scope, receive, send)

    def _routes(self) -> list[Route]:
        return [
            Route("/", _Shown(self, _front)),
            Route("/border/{border}", _Shown(self, _border)),
            Route("/border/{border}/{month}", _Shown(self, _month)),
            Route("/reading", _Shown(self, _reading)),
            Route(f"/{DATABASE}.db", _Shown(self, self._download)),
            Route("/-/charts/{edition}/{name}.svg", _Shown(self, self._chart)),
            Route(f"/{DATABASE}{{rest:path}}", _Shown(self, self._tables)),
            Route("/static/{name}", _static),
            Route("/favicon.ico", _icon),
            Route("/robots.txt", _robots),
        ]

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        watch = asyncio.create_task(self._watch())
        yield
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
        if self.tables is not None:
            await self.tables.close()

    def _refused(self, scope: Scope) -> Plain | None:
        """Why this request is not answered at all, None if it is."""
        if scope["method"] not in ("GET", "HEAD"):
            return Plain(405, "Only reading is possible", "Nothing can be changed through here.")
        host = _host(scope)
        if host is None:
            return Plain(400, "Not a name", "The request asks for a server by what is no name.")
        if not (_is_address(host) or host in self.names):
            return Plain(
                421,
                "Not under this name",
                "This server does not answer to the name it was asked for. Start it with "
                "`bordercast web --name NAME`; see docs/web.md.",
            )
        return None

    async def show(self, page: Page, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a page of the edition of this moment, which stays open meanwhile."""
        hidden = await asyncio.to_thread(self._hidden)
        edition = self.current
        if hidden is not None or edition is None:
            await send_plain(scope, send, hidden or Plain(503, "Nothing can be shown"))
            return
        edition.users += 1
        try:
            answer = await page(edition, Request(scope))
            await answer(scope, receive, send)
        finally:
            edition.users -= 1
            self._let_go()

    def _hidden(self) -> Plain | None:
        """Why no figure may be shown at this moment, None if they may."""
        if self.trouble is not None:
            return Plain(503, "Nothing can be shown at this moment", self._problem(self.trouble))
        last = held.verified(self.database)
        if last is None or not last.findings:
            return None
        return Plain(
            503,
            "The figures are not shown",
            f"The record did not pass its verification on {last.checked_at}: {last.findings}. "
            "Figures that may be false are not shown. The operator restores a backup, or runs "
            "`bordercast verify` again when the record is whole.",
        )

    def _problem(self, error: BordercastError) -> str:
        """An error for visitors: without the folders of this machine, which the log names."""
        said = str(getattr(error, "problem", error)).replace(f"{self.snapshot.parent}/", "")
        return (
            f"{self.snapshot.name}, the copy of the record that this page shows: {said}. "
            "Please tell whoever keeps this page."
        )

    async def _chart(self, _: Edition, request: Request) -> Response:
        """A chart of the edition that its page was from, never of another."""
        key, name = request.path_params["edition"], request.path_params["name"]
        edition = next((e for e in self._kept if e.key == key), None)
        svg = edition.chart(name) if edition else None
        if svg is None:
            return _Said(Plain(404, "There is no such chart any more"))
        return Response(svg, media_type=SVG, headers={"cache-control": PRIVATE})

    async def _tables(self, _: Edition, request: Request) -> Response:
        """Whatever is asked of tables and queries."""
        if self.tables is None:
            return _Said(Plain(404, "Tables are not served here"))
        return _Said(await self.tables.ask(dict(request.scope)))

    async def _download(self, edition: Edition, _: Request) -> Response:
        """The whole file this edition holds, read from where it is held open."""
        if self._downloads == DOWNLOADS:
            words = "Others are taking the whole file. Try again in a minute."
            return _Said(Plain(503, "Too many downloads at once", words, again=60))
        return StreamingResponse(
            self._chunks(edition.held.file, edition.held.identity.size),
            media_type="application/vnd.sqlite3",
            headers={
                "content-length": str(edition.held.identity.size),
                "content-disposition": f'attachment; filename="{DATABASE}.db"',
                "cache-control": "private, no-cache",
            },
        )

    async def _chunks(self, file: int, size: int) -> AsyncIterator[bytes]:
        self._downloads += 1
        try:
            for start in range(0, size, CHUNK):
                yield await asyncio.to_thread(os.pread, file, CHUNK, start)
        finally:
            self._downloads -= 1


class _Shown:
    """A page as an application; the page's edition stays open until all of it is sent."""

    def __init__(self, site: Site, page: Page) -> None:
        self.site, self.page = site, page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.site.show(self.page, scope, receive, send)


class _Said(Response):
    """What was said elsewhere, or a refusal."""

    def __init__(self, said: QueryAnswer | Plain) -> None:
        self.said = said

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if isinstance(self.said, Plain):
            await send_plain(scope, send, self.said)
        else:
            await send_answer(send, self.said)


async def _front(edition: Edition, request: Request) -> Response:
    return _page(edition, request, "front.html", await edition.front())


async def _border(edition: Edition, request: Request) -> Response:
    name = request.path_params["border"]
    if name not in HEADLINES:
        return _Said(NO_PAGE)
    return _page(edition, request, "border.html", await edition.border(name))


async def _month(edition: Edition, request: Request) -> Response:
    name, wanted = request.path_params["border"], request.path_params["month"]
    if name not in HEADLINES:
        return _Said(NO_PAGE)
    shown = await edition.month(name, wanted)
    if shown is None:
        words = f"No figure of {NAMES[name]} is on record under this address."
        return _Said(Plain(404, "There is no such page", words))
    return _page(edition, request, "month.html", shown)


async def _reading(edition: Edition, request: Request) -> Response:
    return _page(edition, request, "reading.html", GLOSSARY)


def _page(edition: Edition, request: Request, template: str, shown: object) -> Response:
    return HTMLResponse(
        pages.render(template, edition, request.url.path, shown),
        headers={"cache-control": "private, no-cache"},
    )


async def _static(request: Request) -> Response:
    return _file(request.path_params["name"])


async def _icon(_: Request) -> Response:
    """For what a browser shows that is no page of ours, such as CSV."""
    return _file("icon.svg")


def _file(name: str) -> Response:
    found = FILES.get(name)
    if found is None:
        return _Said(Plain(404, "There is no such file"))
    body, kind = found
    return Response(body, headers={"content-type": kind, "cache-control": PUBLIC})


async def _robots(_: Request) -> Response:
    return PlainTextResponse("User-agent: *\nDisallow: /\n")


async def _no_page(_: Request, __: Exception) -> Response:
    return _Said(NO_PAGE)


def _host(scope: Scope) -> str | None:
    """The name the request asks for, without its port, in lower case; None if it is no name."""
    value = next((v for k, v in scope["headers"] if k == b"host"), b"").decode("latin-1").lower()
    match = _HOST.fullmatch(value)
    return match[1].strip("[]").rstrip(".") if match else None


def _is_address(host: str) -> bool:
    """Whether it is a numeric address: no foreign name can be made to point here then."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
