"""What a process of the page's own does: `python -m jobs.web.children TASK COPY ...`.

    query COPY LIMITS            answers tables and queries: Datasette on the analysts' copy
    check COPY LIMITS            answers a question, a number or a text; compares any two
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
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from forecast import child, months
from forecast.desk.templating import template
from forecast.errors import BordercastError
from forecast.store import held, measures, read
from forecast.types import COUNT
from forecast.words import day_words, slug, without_controls
from jobs.web.responses import UNANSWERABLE, QueryLimits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from forecast.asked import Answer, Answered, Answering
    from forecast.claims.record.counts import CountTable
    from forecast.sources.source import Source


LONGEST_QUESTION = 300  # letters


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
    from forecast.asked import Answering, ask
    from forecast.claims.record.counts import CountTable
    from forecast.context import sources_of

    confine(QueryLimits(**json.loads(limits)))
    snapshot = held.hold(Path(copy), 1, visitors=False)
    connection, tables = snapshot.connections[0], dict[int, CountTable]()
    every = dict(zip(measures.ids(connection), sources_of(connection), strict=True))
    one_at_a_time = threading.Lock()  # the connection is about the measure asked about last

    for number, source in every.items():
        with measures.scoped(connection, number):
            tables[number] = CountTable.read(connection, source)

    def about(number: int, source: Source) -> Iterator[Answering]:
        with measures.scoped(connection, number):
            yield Answering(connection, source, tables[number])

    def body(text: str, path: str, query: str) -> str:
        with one_at_a_time:
            if not text:
                # Pages of the first measure are in front, others' in folders named after them.
                named = (n for n, s in every.items() if slug(s.measure.noun) == path.strip("/"))
                number = next(named, next(iter(every)))
                with measures.scoped(connection, number):
                    return compared(connection, every[number], dict(parse_qsl(query)))
            if len(text) <= LONGEST_QUESTION:
                checks = chain.from_iterable(about(*pair) for pair in every.items())
                answer = ask(text, checks, list(every.values()))
                if answer.answers:
                    return answered(connection, text, answer)
                # A question that is understood but for a word is no text to check.
                if answer.refused and not any(map(str.isdigit, text)):
                    return _piece_of("said", without_controls(str(answer.refused)))
        return checked(text, list(tables.values()), dict(parse_qsl(query)).get("published", ""))

    def answer(text: str, path: str, query: str, **_: str) -> tuple[dict[str, Any], bytes]:
        headers = {"content-type": "text/html; charset=utf-8"}
        return {"status": 200, "headers": headers}, body(text, path, query).encode()

    return _answering(snapshot.identity, answer)


def _piece_of(macro: str, *values: Any) -> str:
    """Render a piece of a page."""
    return str(getattr(template("answer.html").module, macro)(*values)).strip()


def answered(connection: sqlite3.Connection, text: str, asked: Answered) -> str:
    """Answers to a question as HTML: number, comparison, chart, source, and their address."""
    from forecast.desk.sentences import monthly
    from forecast.sources.wording import series_place

    run = read.latest_run(connection)
    shown = [
        {
            "answer": answer,
            "chart": _chart(answer, source),
            "place": answer.key and f"../{series_place(answer.key, source)}index.html",
            "caveat": monthly.caveat(source),
            "source": source.publisher.name,
            "quoted": run and f"run {run.id} of {day_words(run.published_at[:10])}, {run.digest}",
        }
        for source, answer in asked.answers
    ]
    return _piece_of("answered", shown, f"?{urlencode({'q': text})}")


def _chart(answer: Answer, source: Source) -> Mapping[str, Any] | None:
    """Draw what an answer is about: the last three years of one series or two."""
    from forecast.desk.comparison import MONTHS_SHOWN
    from forecast.desk.site import pictures

    lines = [(name, counts) for name, counts in answer.series[:2] if counts]
    if not lines:
        return None
    first = sorted(lines[0][1])[-MONTHS_SHOWN:][0]
    series = [
        [{"month": month, COUNT: n} for month, n in sorted(counts.items()) if month >= first]
        for _, counts in lines
    ]
    known = [(name, rows) for (name, _), rows in zip(lines, series, strict=True) if rows]
    if not known:
        return None
    names, rows = zip(*known, strict=True)
    return pictures.compared(source, names, rows, answer.lines[0], years=False)


def compared(connection: sqlite3.Connection, source: Source, asked: Mapping[str, str]) -> str:
    """Any two series, months or years side by side as HTML; asked : what the form was filled with.

    What cannot be compared is said, with the names that could.
    """
    from forecast.desk import comparison
    from forecast.desk.site import pictures
    from forecast.names import names_with_sums

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
        return _piece_of("said", f"{without_controls(str(error))}.")
    lines, names_of = table.lines, table.heads[1:3]
    chart = lines and pictures.compared(source, names_of, lines, table.note, table.years)
    return _piece_of("compared", table, chart)


def checked(text: str, tables: Sequence[CountTable], published: str = "") -> str:
    """What the record says of a number or a text, as HTML; everything of the text is escaped.

    tables : the counts of each measure of the record, the first one first. published : day of the
    text as YYYY-MM-DD, "" for the one that it names itself, or today.
    """
    from forecast.claims import answers, fact
    from forecast.claims.check import check_each, merged
    from forecast.claims.text.times import day_of
    from forecast.claims.text.tokens import numeral

    value = numeral(text.strip())
    if value is not None and value == int(value):
        items = [
            f"{int(value):,}: {subject.words(table.source)} in {table.calendar.words(span)}"
            f"{fact.HOW_WORDS[how]}"
            for table in tables
            for subject, span, _, how in fact.matches(table, int(value))
        ]
        if items:
            return _piece_of("number", items)
        return _piece_of("said", fact.no_match_words(int(value), tables[0].source))
    try:
        day = date.fromisoformat(published) if published else day_of(text)
    except ValueError:
        return _piece_of("said", f"{published!r} is not a day; write it as 2025-03-26.")
    day = day or datetime.now(UTC).date()
    result = merged(check_each(text, tables, day))
    return _piece_of("checked", answers.summary(result), list(answers.pieces(result)))


def build(copy: str, folder: str, address: str) -> child.ChildWork:
    """Write all of the page's files from a copy; say when the first page is there."""
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
