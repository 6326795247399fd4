"""One snapshot, held open, and everything that is made of it."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, cast

from forecast import months
from forecast.desk.site.border import BorderPage, read_border
from forecast.desk.site.front import Front, read_front
from forecast.desk.site.month import Month, read_month
from forecast.desk.site.pictures import Drawn
from forecast.desk.site.status import PageStatus, read_status
from forecast.records import HEADLINES
from forecast.store import held, page

T = TypeVar("T")


class Edition:
    """A snapshot as it was when it was opened.

    Pages are made once, in one thread. `users` counts the answers under way; only when there is
    none may it be closed.

    Parameters
    ----------
    path : the analysts' copy. today : asked whenever a page says when the next release is due.
    """

    def __init__(self, path: Path, today: Callable[[], date] = months.today) -> None:
        self.today = today
        self.held = held.hold(path, 1)
        self.key = _key(self.held)
        self.users = 0
        self._pages: dict[Hashable, Any] = {}
        self._charts: dict[str, Drawn] = {}
        self._reader = ThreadPoolExecutor(1, "pages")
        self.source = page.newest_source(self.held.connections[0])

    def status(self) -> PageStatus:
        """What the page rests on."""
        return read_status(self.held.run, self.source, self.today())

    async def front(self) -> Front:
        """The first page."""
        return await self._made(("front",), read_front)

    async def border(self, name: str) -> BorderPage:
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
        held.close(self.held)


def _key(found: held.OpenSnapshot) -> str:
    """Names this edition in the addresses of its charts."""
    return hashlib.sha256(f"{found.run.digest}{found.identity}".encode()).hexdigest()[:16]
