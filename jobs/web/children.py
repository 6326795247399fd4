"""What a process of the page's own does: `python -m jobs.web.children TASK COPY ...`.

    query COPY LIMITS            answers tables and queries: Datasette on the analysts' copy
    check COPY LIMITS            says what the record holds of a number or a text; compares any two
    build COPY FOLDER ADDRESS    writes the page's files, where no folder is named

Started, asked and killed by `jobs.web.worker`. The first question is whether it is ready; it is
answered by which file it holds, or by what is wrong. A piece of an answer is a line of JSON, then
content. A task imports what it needs: the others do without.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from forecast import child
from forecast.errors import BordercastError
from forecast.store import held
from forecast.words import slug, without_controls
from jobs.web.responses import UNANSWERABLE, QueryLimits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecast.claims.record.counts import CountTable
    from forecast.sources.source import Source


def main(task: str, *words: str) -> None:
    """Do a task for as long as it is asked; what is wrong with the copy is an answer, too."""
    try:
        work = _TASKS[task](*words)
    except BordercastError as error:
        wrong = _problem(error)
        work = lambda _, say: say(wrong)  # noqa: E731
    child.serve(work)


def _problem(error: BordercastError) -> bytes:
    return _piece({"problem": str(getattr(error, "problem", error)), "words": str(error)})


def _piece(words: dict[str, Any], content: bytes = b"") -> bytes:
    return json.dumps(words).encode() + b"\n" + content


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


def _answering(
    identity: held.Identity | None, answer: Callable[..., tuple[dict[str, Any], bytes]]
) -> child.ChildWork:
    """Return the work of who answers requests about a file."""

    def work(question: bytes, say: child.Say) -> None:
        if not question:
            say(_piece({"ready": identity}))
            return
        try:
            words, body = answer(**json.loads(question))
        except Exception:  # of this question; others may be under way
            logging.getLogger("bordercast").exception("a question was not answered")
            title = "That could not be done"
            words, body = {"status": 400, "title": title, "words": UNANSWERABLE}, b""
        say(_piece(words, body))

    return work


def queries(copy: str, limits: str) -> child.ChildWork:
    """Datasette on the copy."""
    from jobs.web import sql

    bounds = QueryLimits(**json.loads(limits))
    confine(bounds)
    snapshot = held.hold(Path(copy), bounds.threads)
    site = sql.serving(snapshot, bounds)
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    def answer(text: str, **request: str) -> tuple[dict[str, Any], bytes]:
        return asyncio.run_coroutine_threadsafe(sql.answered(site, **request), loop).result()

    asyncio.run_coroutine_threadsafe(site.prepare(), loop).result()
    return _answering(snapshot.identity, answer)


def texts(copy: str, limits: str) -> child.ChildWork:
    """Return a text or a query in, a piece of a page out; nothing of it is kept."""
    from forecast.claims.record.counts import CountTable
    from forecast.context import sources_of
    from forecast.store import measures

    confine(QueryLimits(**json.loads(limits)))
    snapshot = held.hold(Path(copy), 1, visitors=False)
    connection, tables = snapshot.connections[0], list[CountTable]()
    every = dict(zip(measures.ids(connection), sources_of(connection), strict=True))
    one_at_a_time = threading.Lock()  # the connection is about the measure asked about last

    def compare(path: str, query: str) -> str:
        # The pages of the first measure are in front, those of others in folders named after them.
        named = (n for n, s in every.items() if slug(s.measure.noun) == path.strip("/"))
        number = next(named, next(iter(every)))
        with one_at_a_time, measures.scoped(connection, number):
            return compared(connection, every[number], dict(parse_qsl(query)))

    for number, source in every.items():
        with measures.scoped(connection, number):
            tables.append(CountTable.read(connection, source))

    def answer(text: str, path: str, query: str, **_: str) -> tuple[dict[str, Any], bytes]:
        body = checked(text, tables) if text else compare(path, query)
        headers = {"content-type": "text/html; charset=utf-8"}
        return {"status": 200, "headers": headers}, body.encode()

    return _answering(snapshot.identity, answer)


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
        table["note"],
        cells(
            [head.replace(":", ": ") for head in table["heads"]], Markup('th scope="col"'), "col"
        ),
        Markup("").join(cells(row, "td", "row") for row in table["rows"]),
    )


def checked(text: str, tables: Sequence[CountTable]) -> str:
    """What the record says of a number or a text, as HTML; everything of the text is escaped.

    tables : the counts of each measure of the record, the first one first.
    """
    from markupsafe import Markup, escape

    from forecast.claims import answers, fact
    from forecast.claims.check import check_each, merged
    from forecast.claims.text.times import day_of
    from forecast.claims.text.tokens import numeral

    value = numeral(text.strip())
    if value is not None and value == int(value):
        items = [
            Markup("<li>{}: {} in {}{}</li>").format(
                f"{int(value):,}",
                subject.words(table.source),
                table.calendar.words(span),
                fact.HOW_WORDS[how],
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
    result = merged(check_each(text, tables, day))
    pieces = list(answers.pieces(result))
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
            number, note.label, note.quote, note.why
        )
        for _, number, note in pieces
        if note
    )
    summary = Markup('<p class="lead" role="status">{}</p>').format(answers.summary(result))
    return f'{summary}<ol>{notes}</ol><h2>The text</h2><div class="checked">{whole}</div>'


def build(copy: str, folder: str, address: str) -> child.ChildWork:
    """Write all of the page's files from a copy; say when the first page is there."""
    from forecast import months
    from forecast.config import Config
    from forecast.context import Context
    from jobs import site

    def work(_: bytes, say: child.Say) -> None:
        def first() -> None:
            say(_piece({"written": "first page"}))
            _after_readers()  # from now on somebody may be reading

        try:
            site.build(connection, context, Path(folder), months.today(), address, first)
        except BordercastError as error:
            say(_problem(error))
        else:
            say(_piece({"written": "all"}))

    (connection,) = held.hold(Path(copy), 1, visitors=False).connections
    context = Context.open(Path(copy), Config())
    return work


_TASKS: dict[str, Callable[..., child.ChildWork]] = {
    "query": queries,
    "check": texts,
    "build": build,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
