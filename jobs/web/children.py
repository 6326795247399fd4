"""What a process of the page's own does: `python -m jobs.web.children TASK COPY ...`.

    query COPY SOCKET LIMITS     answers tables and queries: Datasette on the analysts' copy
    check COPY SOCKET LIMITS     says what the record holds of a number or a text; compares any two
    build COPY FOLDER ADDRESS    writes the page's files, where no folder is named

Started, watched and killed by `jobs.web.worker`. It writes a line of JSON whenever the parent has
to know something, also of what is wrong, and ends when its standard input does. A task imports what
it needs: the others do without.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast import child
from forecast.errors import BordercastError
from forecast.store import held
from forecast.words import slug, without_controls
from jobs.web.responses import QueryLimits, send_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from forecast.claims.truth import CountTable
    from forecast.sources.source import Source

_HOW = {"now": "", "published": ", as once published", "near": ", rounded by its source"}


def main(task: str, *words: str) -> None:
    """Do a task until it is done or the parent is gone."""
    threading.Thread(target=child.die_with_parent, daemon=True).start()
    try:
        if task == "build":
            build(*words)
            return
        copy, place, text = words
        limits = QueryLimits(**json.loads(text))
        confine(limits)
        application = {"query": queries, "check": texts}[task]
        asyncio.run(answer(application, Path(copy), place, limits))
    except BordercastError as error:
        tell(problem=str(getattr(error, "problem", error)), words=str(error))
        sys.exit(error.exit_code)


def tell(**what: Any) -> None:
    """Say something to the parent."""
    print(json.dumps(what), flush=True)


def confine(limits: QueryLimits) -> None:
    """Keep to the limits; whoever reads the page comes first."""
    child.confine(limits.address_bytes)
    # Of all connections together, for as long as the process lives. SQLite refuses what goes
    # beyond, where the system's limit would fail whichever part of the process asks next.
    sqlite3.connect(":memory:").execute(f"pragma hard_heap_limit = {limits.heap_bytes:d}")
    _after_readers()


def _after_readers() -> None:
    # A page that is read comes before a query that is asked.
    with suppress(OSError):  # where system calls are filtered
        os.nice(10)


async def answer(application: Any, copy: Path, place: str, limits: QueryLimits) -> None:
    """Answer on a socket, and say from which file."""
    import uvicorn

    from jobs.web.server import QUIET

    app, identity = await application(copy, limits)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(place)
    listening.listen(limits.threads + 1)
    config = uvicorn.Config(
        app,
        http="h11",
        lifespan="off",
        **QUIET,
        h11_max_incomplete_event_size=65_536,
        forwarded_allow_ips="*",  # only the page can reach the socket
    )
    tell(ready=identity)
    await uvicorn.Server(config).serve(sockets=[listening])


async def queries(copy: Path, limits: QueryLimits) -> tuple[ASGIApp, held.Identity | None]:
    """Datasette on the copy."""
    from jobs.web import sql

    snapshot = held.hold(copy, limits.threads)
    site = sql.serving(snapshot, limits)
    await site.prepare()
    return sql.application(site), snapshot.identity


async def texts(copy: Path, limits: QueryLimits) -> tuple[ASGIApp, held.Identity | None]:
    """Return a text or a query in, a piece of a page out; nothing of it is kept."""
    from starlette.requests import Request

    from forecast.claims.truth import CountTable
    from forecast.context import sources_of
    from forecast.store import measures

    snapshot = held.hold(copy, 1, visitors=False)
    connection, tables = snapshot.connections[0], list[CountTable]()
    every = dict(zip(measures.ids(connection), sources_of(connection), strict=True))
    one_at_a_time = asyncio.Lock()  # the connection is about the measure that was asked about last

    def compare(asked: Mapping[str, str], path: str) -> str:
        # The pages of the first measure are in front, those of others in folders named after them.
        named = (n for n, s in every.items() if slug(s.measure.noun) == path.strip("/"))
        number = next(named, next(iter(every)))
        with measures.scoped(connection, number):
            return compared(connection, every[number], asked)

    for number, source in every.items():
        if source.shipped:  # of others, nobody knows what their readers call them
            with measures.scoped(connection, number):
                tables.append(CountTable.read(connection, source))

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method == "GET":
            async with one_at_a_time:
                asked = dict(request.query_params)
                body = await asyncio.to_thread(compare, asked, request.url.path)
        else:
            text = (await request.body()).decode("utf-8", "replace")
            body = await asyncio.to_thread(checked, text, tables)
        await send_whole(send, 200, body.encode(), "text/html; charset=utf-8")

    return application, snapshot.identity


def compared(connection: sqlite3.Connection, source: Source, asked: Mapping[str, str]) -> str:
    """Any two series, months or years side by side as HTML; asked : what the form was filled with.

    What cannot be compared is said, with the names that could.
    """
    from markupsafe import Markup

    from forecast.desk import comparison
    from forecast.sources.names import names_with_sums
    from forecast.store import read

    things = [
        word for name in ("first", "second", "third") if (word := asked.get(name, "").strip())
    ]
    way = asked.get("as", "")
    names = names_with_sums(read.series_keys(connection), source)
    try:
        table = comparison.asked(
            things,
            names,
            lambda key: read.summed(connection, names.sums.get(key, [key])),
            way if way in comparison.WAYS else comparison.WAYS[0],
        )
    except BordercastError as error:
        return Markup('<p class="lead" role="status">{}.</p>').format(without_controls(str(error)))

    def cells(row: Sequence[object], tag: str, of: str) -> Markup:
        first, *others = row
        numbers = ("-" if c is None else c if isinstance(c, str) else f"{c:,}" for c in others)
        beside = (
            Markup('<{} class="n">{}</{}>').format(tag, number, tag[:2]) for number in numbers
        )
        return Markup('<tr><th scope="{}">{}</th>{}</tr>').format(
            of, first, Markup("").join(beside)
        )

    return Markup(
        '<p class="lead" role="status">{}</p><div class="scroll" tabindex="0" role="region" '
        'aria-label="Side by side"><table><thead>{}</thead><tbody>{}</tbody></table></div>'
    ).format(
        table.note,
        cells(table.heads, Markup('th scope="col"'), "col"),
        Markup("").join(cells(row, "td", "row") for row in table.rows),
    )


def checked(text: str, tables: Sequence[CountTable]) -> str:
    """What the record says of a number or a text, as HTML; everything of the text is escaped.

    tables : the counts of each measure of the record, the first one first.
    """
    from markupsafe import Markup, escape

    from forecast.claims import annotate, fact, together
    from forecast.claims.decide import check
    from forecast.claims.explain import VERDICT_WORDS
    from forecast.claims.times import day_of
    from forecast.claims.tokens import numeral

    value = numeral(text.strip())
    if value is not None and value == int(value):
        items = [
            Markup("<li>{}: {} in {}{}</li>").format(
                f"{int(value):,}",
                subject.words(table.source),
                span.words(),
                _HOW[how],
            )
            for table in tables
            for subject, span, _, how in fact.matches(table, int(value))
        ]
        if items:
            lead = Markup('<p class="lead" role="status">This number is</p><ul>{}</ul>')
            return lead.format(Markup("").join(items))
        words = fact.no_match_words(int(value), tables[0].source)
        return Markup('<p class="lead" role="status">{}</p>').format(words)
    day = day_of(text) or datetime.now(UTC).date()
    result = together.merged(together.divided([check(text, table, day) for table in tables]))
    pieces = list(annotate.pieces(result))
    whole = Markup("").join(
        Markup('<mark class="{}"><a href="#note-{}">{}<sup>{}</sup></a></mark>').format(
            note.verdict, number, words, number
        )
        if note
        else escape(words)
        for words, number, note in pieces
    )
    notes = Markup("").join(
        Markup('<li id="note-{}"><b>{}:</b> <q>{}</q> {}</li>').format(
            number, VERDICT_WORDS[note.verdict], note.quote, note.why
        )
        for _, number, note in pieces
        if note
    )
    summary = Markup('<p class="lead" role="status">{}</p>').format(annotate.summary(result))
    return f'{summary}<ol>{notes}</ol><h2>The text</h2><div class="checked">{whole}</div>'


def build(copy: str, folder: str, address: str) -> None:
    """Write all of the page's files from a copy; say when the first page is there."""
    from forecast import months
    from forecast.config import Config
    from forecast.context import Context
    from jobs import site

    snapshot = held.hold(Path(copy), 1, visitors=False)
    context = Context.open(Path(copy), Config())

    def first() -> None:
        tell(written="first page")
        _after_readers()  # from now on somebody may be reading

    site.build(snapshot.connections[0], context, Path(folder), months.today(), address, first)
    tell(written="all")


if __name__ == "__main__":
    main(*sys.argv[1:])
