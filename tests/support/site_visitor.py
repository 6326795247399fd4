"""A visitor of the page in this process, and what there is to visit."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

import httpx
from starlette.responses import Response

from forecast.store import held
from forecast.types import HEADLINES
from jobs.web import sql, worker
from jobs.web.app import Site
from jobs.web.responses import QueryLimits
from jobs.web.worker import CHECK, QueryServer
from tests.support.cbp_files import ENCOUNTERS

ROOT = Path(__file__).parent.parent.parent
TODAY = date(2026, 9, 20)
NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
PAGES = ["/", *(f"/border/{name}/" for name in HEADLINES), "/border/northern/2025-01/", "/reading/"]
TABLES = ["/bordercast", "/bordercast/latest_forecasts", "/bordercast/runs/1"]
RUNAWAY = "with recursive c(n) as (select 1 union all select n + 1 from c) select max(n) from c"


# On a busy machine a query that is well within its limits takes longer than they are.
PATIENT = QueryLimits(
    turn_seconds=60,
    start_seconds=60,
    statement_seconds=60,
    answer_seconds=90,
    request_seconds=120,
)


class Visitor:
    """Asks a site in this process; all requests on one event loop. Queries have a process."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.loop = asyncio.new_event_loop()

    def ready(self) -> None:
        """Return once queries are answered: on a busy machine that takes longer than a visitor."""
        self.loop.run_until_complete(self.site.tables.ready())

    def close(self) -> None:
        self.site.close()
        self.loop.run_until_complete(self.site.tables.close())
        self.loop.run_until_complete(self.site.checker.close())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def ask(
        self, path: str, method: str = "GET", host: str = "localhost", **more
    ) -> httpx.Response:
        return self.loop.run_until_complete(self.asking(path, method, host, **more))

    async def asking(self, path, method="GET", host="localhost", **more) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.site)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.request(method, path, timeout=60, **more)

    def get(self, path: str) -> httpx.Response:
        answer = self.ask(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
        return answer

    def query(self, sql: str, form: str = "json") -> httpx.Response:
        return self.ask(f"/bordercast.{form}?_shape=objects&sql={quote(sql)}")


class TablesHere:
    """Datasette as it answers for tables, without a process of its own."""

    def __init__(self, snapshot: Path) -> None:
        limits = QueryLimits()
        self.held = held.hold(snapshot, limits.threads)
        self.datasette = sql.serving(self.held, limits)

    async def ask(self, scope, text="") -> Response:
        path, query = (scope[name].decode() for name in ("raw_path", "query_string"))
        words, body = await sql.answered(self.datasette, path, query, "localhost", scope["scheme"])
        return worker._response(words, body)

    async def close(self) -> None:
        self.datasette.close()
        held.close(self.held)


@contextmanager
def visiting(database: Path, snapshot: Path | None = None, **more):
    snapshot = snapshot or snapshot_of(database)
    check = QueryServer(snapshot, PATIENT, CHECK)
    more = {"tables": QueryServer(snapshot, PATIENT), "checker": check, **more}
    visitor = Visitor(
        Site(
            database, snapshot, folder=database.with_name("site"), **more, totals=ENCOUNTERS.totals
        )
    )
    try:
        yield visitor
    finally:
        visitor.close()


def snapshot_of(database: Path) -> Path:
    return database.with_name(f"{database.stem}-snapshot.db")


def put(new: Path, snapshot: Path) -> None:
    """Replace a snapshot as a run does."""
    part = Path(shutil.copy(new, snapshot.with_suffix(".part")))
    part.replace(snapshot)
