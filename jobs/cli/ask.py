"""`chance` and `changes`: how likely something is; what moved the forecast."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast import months
from forecast.errors import ConfigError, SeriesNameError, SpanError
from jobs.cli.help import examples
from jobs.cli.options import OpenRecord, Settings, out_option
from jobs.cli.render import Printed, answers

if TYPE_CHECKING:
    from rich.console import RenderableType

    from forecast.desk.answers import Asking
    from forecast.types import PeriodForecast, SeriesKey


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
@answers
def chance(record: OpenRecord, series: str, span: str, event: str) -> Printed:
    """How likely an EVENT is for a SPAN of months.

    SPAN: 2026-12, 2026-10..2027-03, {years}, "next 12 months". EVENT: ">10000", "<= 5,000",
    "20000..30000", "> {FY}2026", "above year before", record, "record low", "highest since
    2023-12". A record of a year is one of its total; of the next months, and as "record month", of
    a month.
    """
    from forecast.desk.answers import Asking, track_record
    from forecast.desk.sentences import ahead

    asking = Asking(record.connection, record.source)
    key = asking.names.find(series)
    answer = asking.chance(key, span, event)
    track = track_record(record.connection, answer)
    name = asking.names.name(key)
    value = {
        "series": name,
        "span": answer.span.name,
        "first_month": answer.span.first,
        "last_month": answer.span.last,
        "event": answer.event,
        "read_as": answer.note or None,
        "chance": round(answer.share, 4),
        "kind": answer.kind,
        "reliability": track.as_json if track else None,
        **record.stamp,
    }

    def told() -> Iterator[str]:
        yield ahead.chance_sentence(name, answer)
        notes = (answer.note, asking.stale(key), small(record, key), ahead.track_words(track))
        yield from filter(None, notes)
        yield asking.quoted

    return Printed(value, told())


@click.command(epilog=examples("changes {one}", "changes {two} --json"))
@click.argument("series")
@answers
def changes(record: OpenRecord, series: str) -> Printed:
    """What moved {whose} forecast since the run before.

    Old forecast, newest figures, time passing, revised months, model weights or version, new
    forecast: the steps add up exactly.
    """
    from forecast.desk import terminal
    from forecast.desk.sentences import ahead
    from forecast.store import read

    run, key, totals = record.run, record.find(series), record.source.totals
    if not key.headline:
        problem = f"changes are on record only for the {totals.many}' totals"
        raise SeriesNameError(series, problem, totals.every)
    rows = read.changes(record.connection, key.total)
    parts: list[RenderableType]
    if rows:
        parts = [ahead.changes_sentence(rows), terminal.changes_table(rows)]
    else:
        parts = [f"No run before run {run.id} forecast the same months of {key.total}."]
    return Printed({**record.stamp, "changes": rows}, parts)


@click.command(
    epilog=examples("report {FY}2025 -o {fy}2025.html", "report {FY}2026 -o {fy}2026.md")
)
@click.argument("year")
@out_option("File to write: .html, which prints well, or .md.", required=True)
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
    begins = settings.context.source.year_begins
    noun = months.year_noun(begins)
    if number is None:
        raise SpanError(year, f"not a {noun}; write {months.year_name(2026, begins)}")
    wakes.require_intact(settings.db)
    yearly.write(yearly.build(settings.context, int(number[1])), out)
    click.echo(f"{out}: report on {noun} {number[1]}")


def stale(record: OpenRecord, key: SeriesKey) -> str:
    """Return a sentence if a part's newest figure is older than its total's, else ""; quick."""
    from forecast.desk.sentences.trust import stale_words
    from forecast.store.queries import rows

    values = (key.dimension, key.member, key.total)
    (newest,) = rows(record.connection, "newest_months", values)
    return stale_words(newest["own"], newest["of_total"], source=record.source)


def small(record: OpenRecord, key: SeriesKey) -> str:
    """Return a sentence if a series is so small that little decides it, else ""; quick."""
    from forecast.sources.wording import small_words
    from forecast.store import read

    return small_words(read.counts(record.connection, key), record.source)


def span_ahead(record: OpenRecord, series: str, span: str) -> Printed:
    """Say what a span of months comes to, for `show`."""
    from forecast.desk.answers import Asking
    from forecast.desk.sentences import ahead

    asking = Asking(record.connection, record.source)
    key = asking.names.find(series)
    forecast = asking.span(key, span)

    def told() -> Iterator[str]:
        yield ahead.span_sentence(asking.names.name(key), forecast, record.source)
        yield from filter(None, (asking.stale(key), small(record, key)))
        yield asking.quoted

    return Printed(_as_json(forecast, asking), told())


def parts_ahead(record: OpenRecord, series: str, span: str | None) -> Printed:
    """Say what a span comes to for every part of TOTAL:DIMENSION, this fiscal year unless said."""
    from forecast.desk import terminal
    from forecast.desk.answers import Asking

    asking = Asking(record.connection, record.source)
    total = asking.names.parts(series)[0].total
    forecasts = asking.parts(series, span or asking.this_year(total))
    shown = (terminal.parts_table(forecasts, record.source), asking.quoted)
    return Printed([_as_json(forecast, asking) for forecast in forecasts], shown)


def _as_json(forecast: PeriodForecast, asking: Asking) -> dict[str, Any]:
    row = asdict(forecast) | {"series": asking.names.name(forecast.series)}
    return {**row, "run": asking.run.id, "digest": asking.run.digest}
