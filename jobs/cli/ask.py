"""`chance` and `changes`: how likely something is; what moved the forecast."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast import months
from forecast.errors import ConfigError, SpanError
from forecast.types import COUNT
from jobs.cli.help import AS_JSON, examples
from jobs.cli.options import Settings, console, latest_run, print_json, reading, series_key

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from forecast.desk.answers import Asking
    from forecast.sources.source import Source
    from forecast.types import PeriodForecast, SeriesKey


@contextmanager
def asking(settings: Settings) -> Iterator[Asking]:
    """The last published run, to put questions to."""
    from forecast.desk.answers import Asking

    with reading(settings) as connection:
        yield Asking(connection, source=settings.context.source)


@click.command(
    epilog=examples(
        'chance {one} 2026-12 ">10000"',
        'chance {two} {FY}2027 "> {FY}2026"',
        "chance {one} {FY}2027 record",
        'chance {all} 2026-12 "below year before"',
    )
)
@click.argument("series")
@click.argument("span")
@click.argument("event")
@AS_JSON
@click.pass_obj
def chance(settings: Settings, series: str, span: str, event: str, as_json: bool) -> None:
    """How likely an EVENT is for a SPAN of months.

    SPAN: 2026-12, 2026-10..2027-03, {years}, "next 12 months". EVENT: ">10000", "<= 5,000",
    "20000..30000", "> {FY}2026", "above year before", record, "record low", "highest since
    2023-12". A record of a year is one of its total; of the next months, and as "record month", of
    a month.
    """
    from forecast.desk import answers
    from forecast.desk.sentences import ahead

    with asking(settings) as record:
        key = record.names.find(series)
        answer = record.chance(key, span, event)
        track = answers.track_record(record.connection, answer)
        name = record.names.name(key)
        if as_json:
            print_json(
                {
                    "series": name,
                    "span": answer.span.name,
                    "first_month": answer.span.first,
                    "last_month": answer.span.last,
                    "event": answer.event,
                    "read_as": answer.note or None,
                    "chance": round(answer.share, 4),
                    "kind": answer.kind,
                    "reliability": track.as_json if track else None,
                    "run": record.run.id,
                    "digest": record.run.digest,
                },
                settings.context.source,
            )
            return
        click.echo(ahead.chance_sentence(name, answer))
        notes = (
            answer.note,
            record.stale(key),
            small(record.connection, key, settings.context.source),
            ahead.track_words(track),
        )
        for line in (*notes, record.quoted):
            if line:
                click.echo(line)


@click.command(epilog=examples("changes {one}", "changes {two} --json"))
@click.argument("series")
@AS_JSON
@click.pass_obj
def changes(settings: Settings, series: str, as_json: bool) -> None:
    """What moved {whose} forecast since the run before.

    Old forecast, newest figures, time passing, revised months, model weights or version, new
    forecast: the steps add up exactly.
    """
    from forecast.desk import terminal
    from forecast.desk.sentences import ahead
    from forecast.errors import SeriesNameError
    from forecast.store import read

    with reading(settings) as connection:
        run = latest_run(connection, settings)
        key = series_key(connection, series, settings.context.source)
        if not key.headline:
            raise SeriesNameError(
                series,
                f"changes are on record only for the {settings.context.source.totals.many}' totals",
                settings.context.source.totals.every,
            )
        rows = read.changes(connection, key.total)
    if as_json:
        print_json({"run": run.id, "digest": run.digest, "changes": rows}, settings.context.source)
    elif not rows:
        click.echo(f"No run before run {run.id} forecast the same months of {key.total}.")
    else:
        click.echo(ahead.changes_sentence(rows))
        console().print(terminal.changes_table(rows))


@click.command(
    epilog=examples("report {FY}2025 -o {fy}2025.html", "report {FY}2026 -o {fy}2026.md")
)
@click.argument("year")
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write: .html, which prints well, or .md.",
)
@click.pass_obj
def report(settings: Settings, year: str, out: Path) -> None:
    """How good the forecasts of a {fiscal}YEAR were.

    The three largest misses first; coverage, other models, chances, what changed in the method.
    """
    from forecast.store import wakes
    from jobs.service import yearly

    if out.suffix not in (".html", ".md"):
        raise ConfigError(str(out), "-o", "the file's name must end in .html or .md")
    number = re.fullmatch(r"(?:FY)?(\d{4})", year, re.IGNORECASE)
    if number is None:
        raise SpanError(
            year,
            f"not a {months.year_noun(settings.context.source.year_begins)}; write "
            f"{months.year_name(2026, settings.context.source.year_begins)}",
        )
    wakes.require_intact(settings.db)
    yearly.write(yearly.build(settings.context, int(number[1])), out)
    click.echo(
        f"{out}: report on {months.year_noun(settings.context.source.year_begins)} {number[1]}"
    )


def stale(connection: sqlite3.Connection, key: SeriesKey, source: Source) -> str:
    """Return a sentence if a part's newest figure is older than its total's, else ""; quick."""
    from forecast.desk.sentences.trust import stale_words
    from forecast.store import read

    return stale_words(*read.newest_months(connection, key), source=source)


def small(connection: sqlite3.Connection, key: SeriesKey, source: Source) -> str:
    """Return a sentence if a series is so small that little decides it, else ""; quick."""
    from forecast.sources.wording import small_words
    from forecast.store import plots

    rows = plots.published(connection, key)
    return small_words({row["month"]: row[COUNT] for row in rows}, source)


def show_span(settings: Settings, series: str, span: str, as_json: bool) -> None:
    """What a span of months comes to, for `show`."""
    from forecast.desk.sentences import ahead

    with asking(settings) as record:
        key = record.names.find(series)
        forecast = record.span(key, span)
        name = record.names.name(key)
        if as_json:
            print_json(_as_json(name, forecast, record), settings.context.source)
            return
        click.echo(ahead.span_sentence(name, forecast, settings.context.source))
        for line in (
            record.stale(key),
            small(record.connection, key, settings.context.source),
            record.quoted,
        ):
            if line:
                click.echo(line)


def show_parts(settings: Settings, series: str, span: str | None, as_json: bool) -> None:
    """What a span comes to for every part of TOTAL:DIMENSION, this fiscal year unless said."""
    from forecast.desk import terminal

    with asking(settings) as record:
        total = record.names.parts(series)[0].total
        forecasts = record.parts(series, span or record.this_year(total))
        if as_json:
            print_json(
                [
                    _as_json(record.names.name(forecast.series), forecast, record)
                    for forecast in forecasts
                ],
                settings.context.source,
            )
            return
        console().print(terminal.parts_table(forecasts, settings.context.source))
        click.echo(record.quoted)


def names_dimension(settings: Settings, series: str) -> bool:
    """Return whether this is TOTAL:DIMENSION, all the parts of one."""
    from forecast.sources.names import SeriesNames
    from forecast.store import read

    with reading(settings) as connection:
        return bool(
            SeriesNames(read.series_keys(connection), source=settings.context.source).parts(series)
        )


def _as_json(name: str, forecast: PeriodForecast, record: Asking) -> dict[str, Any]:
    row = asdict(forecast)
    row.pop("series")
    return {"series": name, **row, "run": record.run.id, "digest": record.run.digest}
