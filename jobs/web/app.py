"""What `bordercast web` answers: the site's files, the box that checks a text, and SQL.

Nothing a visitor does computes anything here: files are read, and texts and queries go to
processes of their own, which may be killed. Requests under a name that is not ours are refused,
which is how a web page elsewhere would reach a server on this machine.
"""

import asyncio
import html
import json
import mimetypes
import os
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import quote, urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from forecast.desk.comparison import WAYS
from forecast.desk.site.output import LIST, packed
from forecast.errors import StoreError
from forecast.store import held, ops
from forecast.types import Totals
from forecast.words import slug
from jobs.logs import LOG
from jobs.web.responses import (
    CSP,
    DATABASE,
    PRIVATE,
    SQL_CSP,
    Plain,
    SiteFiles,
    refused_name,
    with_headers,
)
from jobs.web.worker import BUILD, QueryServer, begun, pieces

LONGEST_NAME, LONGEST_PATH = 255, 2000  # bytes; no file has a longer one
LOOK_EVERY = 1.0  # seconds between looks at the snapshot
CHUNK = 1 << 18  # bytes of the file at once
DOWNLOADS = 4  # of the whole file at once
TEXT_BYTES = 50_000  # of a text to check
SHORT_TEXT = 5_000  # letters, checked in tenths of a second
TEXTS_A_MINUTE = 20
NO_PAGE = Plain(404, "There is no such page", "Every page can be reached from the overview.")
NOT_YET = Plain(
    503,
    "This page is not written yet",
    "The pages are being written. Try again in a few seconds.",
    again=5,
)
# A month of a total, and a number by which it may be asked for.
NUMBER = re.compile(r"/[a-z-]+/(?P<total>[^/]+)/(?P<span>[A-Z]{0,2}\d{4}(-\d\d)?)(/[^/.]*)?")
# What the page of pairs says where no server answers.
_ANY = re.compile(r'<p class="text" id="any">.*?</p>', re.S)
COMPARE = """
<form action="index.html">
<p><label for="first">A series, such as {one}</label>
<input id="first" name="first" value="{first}" maxlength="200" required></p>
<p><label for="second">Beside it: another series, or a month or year of the first,
as 2025-02, 2025 or FY2025</label>
<input id="second" name="second" value="{second}" maxlength="200" required></p>
<p><label for="third">The other month or year</label>
<input id="third" name="third" value="{third}" maxlength="200"></p>
<p><label for="as">Two series as (index: 100 in the first month)</label>
<select id="as" name="as">{choices}</select>
<button type="submit">Compare</button></p>
</form>
{said}
"""
_HEADING = re.compile(r"<h1\b")
_MAIN = re.compile(r'(<main id="main" tabindex="-1">).*(</main>)', re.S)
# One box: a question has an address, which others can open; a text is posted, and not kept.
BOX = """
<form action="{to}" class="ask" role="search">
<label for="q">Ask: a place, a group, a month; or what a number is</label>
<input id="q" name="q" value="{asked}" maxlength="300" required> <button type="submit">Ask</button>
</form>
"""
FORM = """
<h1>Ask, or check a number or a text</h1>
{box}
{said}
<details{open}><summary>Check a whole text</summary>
<form method="post" action="index.html" enctype="application/x-www-form-urlencoded">
<label for="text">A sentence, or a text of up to 50 kB</label>
<textarea id="text" name="text" rows="8" maxlength="50000" required>{text}</textarea>
<p><label for="published">Published on (if not said: the day that the text names, or today)</label>
<input id="published" name="published" type="date" value="{published}">
<button type="submit">Check</button></p>
</form></details>
<p class="small">{such_as}Nothing of a text is kept.
A claim that cannot be resolved is not judged.</p>
"""


class Site:
    """An ASGI application that serves a site's folder.

    database : the record itself, whose last verification is asked at every request.
    snapshot : the analysts' copy. names : under which requests are answered, beside numeric
    addresses and localhost.
    folder : that a run writes; None to have one written from the copy, here and now.
    address : see `forecast.desk.site.build`. totals : what the record is about.
    tables, checker : what answers SQL, and checks texts.

    `ready`, which may be set, is called once the first page is there. `leave` ends the wait for it.
    `examples`, which may be set, are questions that the record answers. `long_checker`, which may
    be set, checks long texts: a process checks one at a time, and a short one is not to wait.
    """

    def __init__(
        self,
        database: Path,
        snapshot: Path,
        names: Iterable[str] = (),
        folder: Path | None = None,
        address: str = "",
        *,
        totals: Totals,
        tables: QueryServer | None = None,
        checker: QueryServer | None = None,
    ) -> None:
        self.database, self.snapshot, self.address = database, snapshot, address
        self.names = {name.lower() for name in names}
        self.tables, self.checker, self.totals = tables, checker, totals
        self.long_checker: QueryServer | None = None
        self.examples = ""
        self.own = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="bordercast-site-"))
        self.trouble = ""
        self._writing = False
        self.ready: Callable[[], None] = lambda: None
        self.leave: Callable[[], object] = lambda: None
        self._shown: held.Identity | str | None = "never"
        self._verified: tuple[object, Plain | None] = (None, None)
        self._asked: list[float] = []
        self._downloads = 0
        self._files = SiteFiles(directory=self.folder, check_dir=False)
        # It only begins and ends: what is answered is a table.
        self._app = Starlette(lifespan=self._lifespan)

    def close(self) -> None:
        """Let go of everything."""
        if self.own:
            shutil.rmtree(self.folder, ignore_errors=True)

    # -- what is shown -----------------------------------------------------------------------------

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Begin when the first page is there; then follow the copy."""
        first, watch = asyncio.Event(), None
        if self.own:
            watch = asyncio.create_task(self._follow(first))
            loop = asyncio.get_running_loop()
            self.leave = lambda: loop.call_soon_threadsafe(first.set)
            await first.wait()
        self.ready()
        yield
        if watch is not None:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
        for helper in (self.tables, self.checker, self.long_checker):
            if helper is not None:
                await helper.close()

    async def _follow(self, first: asyncio.Event) -> None:
        """Write the files anew whenever another copy lies there."""
        while True:
            now = held.identity(self.snapshot)
            if now != self._shown:
                await self._write(first)
                self._shown = now
            first.set()
            await asyncio.sleep(LOOK_EVERY)

    async def _write(self, first: asyncio.Event) -> None:
        """Have the files written by a process of its own: drawing takes a while and memory."""
        self._writing = True
        words = (str(self.snapshot.absolute()), str(self.folder), self.address)
        trouble = "the page's files could not be written; the log says more"
        writer = begun(BUILD, *words)
        try:
            async with aclosing(pieces(writer)) as answers:
                async for piece in answers:
                    message = json.loads(piece)
                    if "problem" in message:
                        LOG.error("nothing is shown: %s", message["words"])
                        trouble = message["problem"]
                    elif message["written"] == "all":
                        LOG.info("the page's files are written")
                        trouble = ""
                    else:
                        self.trouble = ""
                        first.set()
        finally:
            writer.end()
            self.trouble, self._writing = trouble, False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the first line of ROUTES that fits."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # The last one fits all.
        (_, methods, policy, handler), match = next(
            (route, match) for route in ROUTES if (match := re.fullmatch(route[0], scope["path"]))
        )
        answer: ASGIApp | None
        if scope["method"] not in methods:
            words = "Nothing can be changed through here."
            answer = Plain(405, "Only reading is possible", words)
        else:
            how = "Start it with `bordercast web --name NAME`; see docs/web.md."
            answer = refused_name(scope, self.names, how) or await self._hidden()
        request = Request({**scope, "path_params": match.groupdict("")}, receive)
        try:
            answer = answer or await handler(self, request)
        except HTTPException as error:
            answer = await self._refused(error.status_code)
        await answer(scope, receive, with_headers(send, policy))

    async def _hidden(self) -> Plain | None:
        """Return why no figure may be shown at this moment, None if they may."""
        if self.trouble:
            words = self.trouble.replace(f"{self.snapshot.parent}/", "")
            return Plain(
                503,
                "Nothing can be shown at this moment",
                f"{self.snapshot.name}, the copy of the record that this page shows: {words}. "
                "Please tell the site's operator.",
            )
        beside = ops.ops_path(self.database)
        state = [held.identity(beside), held.identity(beside.with_name(f"{beside.name}-wal"))]
        if self._verified[0] != state:
            last, refused = await asyncio.to_thread(held.verified, self.database), None
            if last is not None and last.findings:
                words = (
                    f"The record did not pass its verification on {last.checked_at}: "
                    f"{last.findings}. Figures that may be false are not shown. The operator "
                    "restores a backup, or runs `bordercast verify` again when the record is whole."
                )
                refused = Plain(503, "The figures are not shown", words)
            self._verified = (state, refused)
        return self._verified[1]

    def _told_elsewhere(self, path: str) -> str:
        """Where a month or a number is that has no page of its own; "" for another address."""
        match = NUMBER.fullmatch(path)
        if not match or match["total"] not in map(slug, self.totals.every):
            return ""
        page = self.folder / "fact" / match["total"] / "index.html"
        if not page.is_file() or f'id="{match["span"]}"' not in page.read_text("utf-8"):
            return ""
        root = "../" * (path.count("/") - 1)
        return f"{root}fact/{match['total']}/#{match['span']}"

    # -- answers -----------------------------------------------------------------------------------

    async def _refused(self, status: int) -> Plain:
        """Return a refusal; of a page that may yet come, for now."""
        if status not in (401, 404):
            return Plain(status, "That could not be done")
        written = not self._writing and await asyncio.to_thread((self.folder / LIST).exists)
        return NO_PAGE if written else NOT_YET

    async def _file(self, request: Request) -> Response:
        """Return a file of the site, of a folder its page; or where it is to be asked for."""
        scope, path = request.scope, request.scope["path"]
        raw = path.encode("utf-8", "surrogateescape")
        if len(raw) > LONGEST_PATH or max(map(len, raw.split(b"/"))) > LONGEST_NAME:
            return NO_PAGE  # no file can ever have this address
        page, kept, place = False, None, path.strip("/")
        if "\0" not in path and ".." not in path.split("/") and "//" not in path:
            with suppress(OSError):
                page = (self.folder / place / "index.html").is_file()
            if "as-of/" in path and not page:
                kept = await asyncio.to_thread(packed, self.folder, place)
                page = kept is not None and not place.endswith(kept.name)
        if page and not path.endswith("/"):  # links start from within a folder
            return RedirectResponse(f"{quote(path.rpartition('/')[2])}/", 308)
        if kept is not None:
            return Response(kept.content, media_type=mimetypes.guess_type(kept.name)[0])
        if page:
            scope = {**scope, "path": f"{path}index.html"}
        elif to := self._told_elsewhere(path):
            return RedirectResponse(to, 307)
        return await self._files.get_response(self._files.get_path(scope), scope)

    async def _query(self, request: Request) -> Response:
        none = Plain(404, "Tables are not served here")
        return await self.tables.ask(request.scope) if self.tables else none

    async def _page(self, request: Request, name: str) -> str:
        """Return a page as the site's files have it, of whichever measure was asked for."""
        place = self.folder / request.path_params["measure"].strip("/") / name / "index.html"
        if not place.exists():  # as of own counts, whose texts nobody can check
            raise HTTPException(404)
        return await asyncio.to_thread(place.read_text, "utf-8")

    async def _compare(self, request: Request) -> Response:
        """Return the page of pairs, with a form for any two and what was asked by it."""
        page, compared, asked = await self._page(request, "compare"), "", request.query_params
        if self.checker is not None and asked.get("first", "").strip():
            measure = request.path_params["measure"] or "/"
            answer = await self.checker.ask({**request.scope, "raw_path": measure.encode()})
            if isinstance(answer, Plain):
                return answer
            compared = bytes(answer.body).decode()
        words = {name: html.escape(asked.get(name, "")) for name in ("first", "second", "third")}
        choices = "".join(
            f"<option{' selected' if asked.get('as') == way else ''}>{way}</option>" for way in WAYS
        )
        example = html.escape(self.totals.every[0])
        form = COMPARE.format(**words, one=example, choices=choices, said=compared)
        return HTMLResponse(_ANY.sub(lambda _: form, page), headers={"cache-control": "no-store"})

    async def _front(self, request: Request) -> Response:
        """Return the first page with the box to ask, where texts can be checked."""
        if self.checker is None:
            return await self._file(request)
        page = await self._page(request, "")
        box = BOX.format(to="check/index.html", asked="")
        shown = _HEADING.sub(lambda match: f"{box}{match[0]}", page, count=1)
        return HTMLResponse(shown, headers={"cache-control": PRIVATE})

    async def _check(self, request: Request) -> Response:
        """Return the page of the box, with what was answered or found."""
        page, text, published = await self._page(request, "check"), "", ""
        question = request.query_params.get("q", "").strip()
        if request.method == "POST":
            too_long = Plain(413, "The text is too long", "50 kB are the most.")
            size = request.headers.get("content-length", "")
            # A browser sends each letter that is not ASCII as several.
            if not size.isdecimal() or int(size) > 4 * TEXT_BYTES:
                return too_long
            form = await request.form(max_part_size=4 * TEXT_BYTES)
            text, published = (str(form.get(name, "")) for name in ("text", "published"))
            if len(text.encode()) > TEXT_BYTES:
                return too_long
        answer: str | Plain = ""
        if question or request.method == "POST":
            answer = await self._answer(request, question or text, published)
        if isinstance(answer, Plain):
            return answer
        body = FORM.format(
            box=BOX.format(to="index.html", asked=html.escape(question)),
            text=html.escape(text),
            published=html.escape(published),
            such_as=f"Such as: {html.escape(self.examples)}. " if self.examples else "",
            said=answer,
            open="" if question else " open",
        )
        shown = _MAIN.sub(lambda match: match[1] + body + match[2], page)
        return HTMLResponse(shown, headers={"cache-control": "no-store"})

    async def _answer(self, request: Request, text: str, published: str) -> str | Plain:
        """Return what the record says to a question or of a text, or why it says nothing now.

        published : day of the text as YYYY-MM-DD, "" where nobody said it.
        """
        if self.checker is None or not text.strip():
            return Plain(400, "There is nothing to check", "Put a number or a text into the box.")
        now = time.monotonic()
        self._asked = [moment for moment in self._asked if moment > now - 60]
        if len(self._asked) >= TEXTS_A_MINUTE:
            words = "Others are having texts checked. Try again in a minute."
            return Plain(503, "Too many texts at once", words, again=60)
        self._asked.append(now)
        scope = {**request.scope, "raw_path": b"/"}
        scope["query_string"] = urlencode({"published": published}).encode()
        checker = (
            self.long_checker if self.long_checker and len(text) > SHORT_TEXT else self.checker
        )
        answer = await checker.ask(scope, text)
        return answer if isinstance(answer, Plain) else bytes(answer.body).decode()

    async def _download(self, _: Request) -> Response:
        """Return the whole analysts' copy, all of it from one file whatever is put in its place."""
        if self._downloads == DOWNLOADS:
            words = "Others are taking the whole file. Try again in a minute."
            return Plain(503, "Too many downloads at once", words, again=60)
        try:
            file = os.open(self.snapshot, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise StoreError(str(self.snapshot), f"cannot be read ({error.strerror})") from error
        size = os.fstat(file).st_size
        self._downloads += 1

        async def chunks() -> AsyncIterator[bytes]:
            try:
                for start in range(0, size, CHUNK):
                    yield await asyncio.to_thread(os.pread, file, CHUNK, start)
            finally:
                self._downloads -= 1
                os.close(file)

        return StreamingResponse(
            chunks(),
            media_type="application/vnd.sqlite3",
            headers={
                "content-length": str(size),
                "content-disposition": f'attachment; filename="{DATABASE}.db"',
                "cache-control": PRIVATE,
            },
        )


READING, POSTING = ("GET", "HEAD"), ("GET", "HEAD", "POST")
OF_MEASURE = r"(?P<measure>(/[a-z0-9-]+)?)"
# Paths, methods, what a browser may do with the answer, who makes it. A text is held against all
# measures of the record, whichever one's page it is put into.
ROUTES: tuple[
    tuple[str, Sequence[str], str, Callable[[Site, Request], Awaitable[Response]]], ...
] = (
    (rf"/{DATABASE}\.db", READING, CSP, Site._download),
    (rf"(?s)/({DATABASE}|-/static)([/.?].*)?", READING, SQL_CSP, Site._query),
    (r"(?P<measure>)/(index\.html)?", READING, CSP, Site._front),
    (OF_MEASURE + r"/check/(index\.html)?", POSTING, CSP, Site._check),
    (OF_MEASURE + r"/compare/(index\.html)?", READING, CSP, Site._compare),
    (r"(?s).*", READING, CSP, Site._file),
)
