"""What answers: it chooses the edition, and refuses what must not be.

Only reading is possible: other methods than GET and HEAD are refused. So are requests under a
name that is not ours, which is how a web page elsewhere would reach a server on this machine.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path

from forecast import months
from forecast.desk.web.answers import (
    FOREVER,
    SVG,
    Plain,
    Receive,
    Scope,
    Send,
    send_plain,
    send_static,
    send_whole,
    with_headers,
)
from forecast.desk.web.edition import Edition
from forecast.desk.web.querying import as_csv, streamed
from forecast.errors import BordercastError, ConfigError
from forecast.store import held, trouble

LOG = logging.getLogger("bordercast")
LOOK_EVERY = 1.0  # seconds between looks at the snapshot
QUIET = 2.0  # seconds without a request after which there is time to make pages


class Site:
    """An ASGI application that shows the newest snapshot.

    Parameters
    ----------
    database : the record itself, whose last verification is asked at every request.
    snapshot : the analysts' copy, which is shown. names : under which requests are answered,
    beside numeric addresses and localhost. today : for what is due. warm : whether pages are made
    before they are asked for.
    """

    def __init__(
        self,
        database: Path,
        snapshot: Path,
        names: Iterable[str] = (),
        today: Callable[[], date] = months.today,
        *,
        warm: bool = True,
    ) -> None:
        self.database, self.snapshot, self.today = database, snapshot, today
        self.warm = warm
        self.names = {"localhost", *(name.lower() for name in names)}
        self.current: Edition | None = None
        self.trouble: BordercastError | None = None
        self._seen: held.Identity | str | None = "never"
        self._kept: list[Edition] = []
        self._asked = 0.0

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
            known = trouble.meaning(self.snapshot, error)
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
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            self._asked = time.monotonic()
            await self._answer(scope, receive, with_headers(send))

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        watch = asyncio.create_task(self._watch())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = self._refused(scope)
        if refused is not None:
            await send_plain(scope, send, refused)
        elif scope["path"].startswith("/static/"):
            await send_static(scope, send)
        elif scope["path"] == "/robots.txt":
            await send_whole(send, 200, b"User-agent: *\nDisallow: /\n", "text/plain")
        else:
            await self._from_edition(scope, receive, send)

    def _refused(self, scope: Scope) -> Plain | None:
        """Why this request is not answered at all, None if it is."""
        if scope["method"] not in ("GET", "HEAD"):
            return Plain(405, "Only reading is possible", "Nothing can be changed through here.")
        host = _host(scope)
        if not (_is_address(host) or host in self.names):
            return Plain(
                421,
                "Not under this name",
                "This server does not answer to the name it was asked for. Start it with "
                "`bordercast web --name NAME`; see docs/web.md.",
            )
        return None

    async def _from_edition(self, scope: Scope, receive: Receive, send: Send) -> None:
        hidden = await asyncio.to_thread(self._hidden)
        edition = self.current
        if hidden is not None or edition is None:
            await send_plain(scope, send, hidden or Plain(503, "Nothing can be shown", ""))
            return
        edition.users += 1
        try:
            await self._routed(edition, scope, receive, send)
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

    async def _routed(self, edition: Edition, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.startswith("/-/charts/"):
            await self._chart(scope, send)
        elif path.startswith("/-/"):
            await send_plain(scope, send, Plain(404, "There is no such page", ""))
        else:
            as_csv.set(path.endswith(".csv"))
            streamed.set(path.endswith(".csv") and b"_stream=" in scope["query_string"])
            await edition.app(scope, receive, send)

    async def _chart(self, scope: Scope, send: Send) -> None:
        """A chart of the edition that its page was from, never of another."""
        key, _, name = scope["path"].removeprefix("/-/charts/").partition("/")
        edition = next((e for e in self._kept if e.key == key), None)
        svg = edition.chart(name.removesuffix(".svg")) if edition else None
        if svg is None:
            await send_plain(scope, send, Plain(404, "There is no such chart any more", ""))
            return
        await send_whole(send, 200, svg, SVG, FOREVER)


def _host(scope: Scope) -> str:
    """The name the request asks for, without its port, in lower case."""
    value = next((v for k, v in scope["headers"] if k == b"host"), b"").decode("latin-1").lower()
    if value.startswith("["):
        return value.partition("]")[0][1:]
    return value.partition(":")[0].rstrip(".")


def _is_address(host: str) -> bool:
    """Whether it is a numeric address: no foreign name can be made to point here then."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
