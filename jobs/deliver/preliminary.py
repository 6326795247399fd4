"""Notices of figures of the day: told once each, and what the file changed told with the month."""

import hashlib
import sqlite3
from collections.abc import Iterator

from forecast.desk import provisional
from forecast.desk.sentences.section import SectionText
from forecast.sources.source import Source
from forecast.store import inputs, notices
from forecast.store.notices import Notice
from forecast.store.queries import rows
from forecast.types import COUNT, Provisional
from forecast.words import change_words, day_words, month_words


def told_as(figure: Provisional, source: Source) -> str:
    """Return the content key of the notice that tells of a figure, in whatever run."""
    about = f"preliminary|{source.name}|{figure.month}|{'/'.join(figure.series)}|{figure.batch}"
    return hashlib.sha256(about.encode()).hexdigest()


def told(
    connection: sqlite3.Connection, month: str, source: Source
) -> list[tuple[Notice, Provisional]]:
    """Return the notices of a month's figures, withdrawn ones too, the oldest first."""
    figures = inputs.figures_of(connection, month)
    by_key = {told_as(figure, source): figure for figure in figures}
    every = notices.every(connection) if by_key else []
    return [(n, by_key[n.content_key]) for n in every if n.content_key in by_key]


def section(
    connection: sqlite3.Connection, notice: Notice, figure: Provisional, source: Source
) -> Iterator[SectionText]:
    """Yield what is told of a figure; nothing once its file has come, or it was withdrawn."""
    stands = [
        month
        for month in provisional.provisional_months(connection, source)
        if (month.said.series, month.said.batch) == (figure.series, figure.batch)
    ]
    for month in stands:
        before = [
            shown
            for earlier, shown in told(connection, notice.month, source)
            if earlier.state == "approved"
            and shown.series == figure.series
            and earlier.id < notice.id
        ]
        yield SectionText(
            total=figure.series.total,
            phrase="preliminary figure",
            finding=provisional.sentence(month, source, "Preliminary"),
            more=tuple(
                f"It replaces {provisional.what(shown, source)}, which we told of before."
                for shown in before[-1:]
            ),
            avoid="It is not the month's count: no file has it, and it may change.",
        )


def changed(
    connection: sqlite3.Connection, total: str, month: str, source: Source
) -> tuple[str, ...]:
    """Return, of each figure of a total that was told of, what the file says instead."""
    sentences = []
    # Of several of one series the last: it has told that it replaces the others.
    last = {
        figure.series: (n, figure)
        for n, figure in told(connection, month, source)
        if n.state == "approved" and figure.series.total == total
    }
    for notice, figure in last.values():
        key, whole = figure.series, source.totals.whole
        values = (key.dimension, key.member, key.component, month, total, whole)
        counts = rows(connection, "count_of_sum", values)
        came = counts[0][COUNT] if counts else None
        if came is not None:
            sentences.append(
                f"Our preliminary notice of {day_words(notice.created_at[:10])} gave "
                f"{provisional.what(figure, source)}; the file of {month_words(month)} has "
                f"{came:,} ({change_words(came, figure.count)})."
            )
    return tuple(sentences)


def stale(connection: sqlite3.Connection, notice: Notice, source: Source) -> bool:
    """Whether a notice tells of a figure that does not stand any more."""
    standing = {told_as(figure, source) for figure in inputs.provisional(connection)}
    own = [n.id for n, _ in told(connection, notice.month, source)]
    return notice.id in own and notice.content_key not in standing
