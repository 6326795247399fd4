"""The process that checks texts: `python -m jobs.web.check_process COPY SOCKET LIMITS`.

Started, watched and killed by `jobs.web.queries` as the one that answers queries is. It keeps
nothing of what it is given.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from forecast.claims import annotate, fact
from forecast.claims.decide import check
from forecast.claims.explain import VERDICT_WORDS
from forecast.claims.times import day_of
from forecast.claims.tokens import numeral
from forecast.claims.truth import CountTable
from forecast.context import source_of
from forecast.store import held
from jobs.web.answers import send_whole
from jobs.web.limits import QueryLimits
from jobs.web.query_process import answer, main

_WORDS = {**VERDICT_WORDS, "not_understood": "Not understood"}
_HOW = {"now": "", "published": ", as once published", "near": ", rounded by its source"}


async def _serve(copy: Path, place: str, limits: QueryLimits) -> None:
    snapshot = held.hold(copy, 1)
    source = source_of(snapshot.connections[0])
    table = CountTable.read(snapshot.connections[0], source)

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        """A text in, a piece of a page out."""
        text = (await Request(scope, receive).body()).decode("utf-8", "replace")
        body = await asyncio.to_thread(checked, text, table)
        await send_whole(send, 200, body.encode(), "text/html; charset=utf-8")

    await answer(answered, place, snapshot.identity, limits)


def checked(text: str, table: CountTable) -> str:
    """What the record says of a number or a text, as HTML; everything of the text is escaped."""
    value = numeral(text.strip())
    if value is not None and value == int(value):
        return _number(int(value), table)
    result = check(text, table, day_of(text) or datetime.now(UTC).date())
    pieces = list(annotate.pieces(result))
    whole = Markup("").join(
        Markup('<mark class="{}"><a href="#note-{}">{}<sup>{}</sup></a></mark>').format(
            piece.verdict, piece.number, piece.text, piece.number
        )
        if piece.note
        else escape(piece.text)
        for piece in pieces
    )
    notes = Markup("").join(
        Markup('<li id="note-{}"><b>{}:</b> <q>{}</q> {}</li>').format(
            piece.number, _WORDS[piece.verdict], piece.note.quote, piece.note.why
        )
        for piece in pieces
        if piece.note
    )
    summary = Markup('<p class="lead" role="status">{}</p>').format(annotate.summary(result))
    return f'{summary}<ol>{notes}</ol><h2>The text</h2><div class="checked">{whole}</div>'


def _number(value: int, table: CountTable) -> str:
    matches = fact.matches(table, value)
    if not matches:
        words = fact.no_match_words(value, table.source)
        return Markup('<p class="lead" role="status">{}</p>').format(words)
    items = Markup("").join(
        Markup("<li>{}: {} in {}{}</li>").format(
            f"{value:,}",
            match.subject.words(table.source),
            match.span.words(),
            _HOW[match.how],
        )
        for match in matches
    )
    return Markup('<p class="lead" role="status">This number is</p><ul>{}</ul>').format(items)


if __name__ == "__main__":
    main(_serve, *sys.argv[1:])
