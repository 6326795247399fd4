"""`movers` and `compare`: which parts moved; any two series, months or years side by side."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from forecast.errors import SeriesNameError, SpanError
from jobs.cli.help import AS_JSON, examples
from jobs.cli.options import Settings, as_month, console, latest_run, print_json, quote, reading

if TYPE_CHECKING:
    import sqlite3

    from forecast.desk.comparison import Compared
    from forecast.engine.spans import Span
    from forecast.sources.names import SeriesNames

# What people type -> the base's name in the record.
FROM = {"month": "month_before", "year": "year_before", "forecast": "median"}
SHOWN_AS = ("counts", "index", "share")


@click.command(epilog=examples("movers {one}", "movers {one} --from year --all"))
@click.argument("total")
@click.option(
    "--from",
    "base",
    type=click.Choice(list(FROM)),
    default="month",
    show_default=True,
    help="What a change is from: the month before, the year before, or the forecast.",
)
@click.option("--all", "everything", is_flag=True, help="Every part, small ones too.")
@AS_JSON
@click.pass_obj
def movers(settings: Settings, total: str, base: str, everything: bool, as_json: bool) -> None:
    """Which parts of a {total} moved in its newest month.

    Each part now, the month before, the year before and as forecast; the largest change first,
    with its share of the change of all parts. Small ones are folded into one row.
    """
    from forecast.desk import movers as desk
    from forecast.desk import terminal
    from forecast.store import queries

    with reading(settings) as connection:
        key = _names(connection, settings).find(total)
        if not key.headline:
            totals = settings.context.source.totals
            raise SeriesNameError(total, f"name one of the {totals.many}", totals.every)
        rows = queries.rows(connection, "movers", {"total": key.total})
        run = latest_run(connection, settings)
    most = len(rows) if everything else desk.MOST_SHOWN
    moved = desk.by_dimension(rows, settings.context.source, FROM[base], most)
    if not moved:
        raise SeriesNameError(total, "its parts are not on record", [])
    if as_json:
        shown = {
            "run": run.id,
            "digest": run.digest,
            "from": base,
            "movers": list(map(asdict, moved)),
        }
        print_json(shown, settings.context.source)
        return
    out = console()
    for group in moved:
        out.print(terminal.movers_table(group, key.total, FROM[base]))
    click.echo(quote(run))


@click.command(
    epilog=examples(
        "compare {one} {two}",
        "compare {one} 2026-01 2019-01",
        "compare {one} {FY}2026 {FY}2025",
    )
)
@click.argument("things", nargs=-1, required=True, metavar="SERIES (SERIES|SPAN SPAN)")
@click.option(
    "--as",
    "shown_as",
    type=click.Choice(SHOWN_AS),
    default="counts",
    show_default=True,
    help="Two series: as counts, as an index (100 in the first month), or as shares of both.",
)
@click.option("--since", callback=as_month, metavar="YYYY-MM", help="First month.")
@AS_JSON
@click.pass_obj
def compare(
    settings: Settings, things: tuple[str, ...], shown_as: str, since: str | None, as_json: bool
) -> None:
    """Set any two series, or two months or years of one, side by side.

    A year that is not over is compared with the same months of the other.
    """
    from forecast.desk import comparison, terminal

    with reading(settings) as connection:
        run = latest_run(connection, settings)
        compared = _compared(connection, settings, things, shown_as, since)
    if not compared.rows:
        raise SpanError(" ".join(things), "no month of both is on record")
    if as_json:
        print_json(
            {"run": run.id, "digest": run.digest, **comparison.as_json(compared)},
            settings.context.source,
        )
        return
    console().print(terminal.compared_table(compared))
    click.echo(compared.note)
    click.echo(quote(run))


def _compared(
    connection: sqlite3.Connection,
    settings: Settings,
    things: tuple[str, ...],
    shown_as: str,
    since: str | None,
) -> Compared:
    from forecast.desk import comparison
    from forecast.store import read

    names = _names(connection, settings)
    first = names.find(things[0])
    counts = read.counts(connection, first)
    if len(things) == 3:
        spans = [_span(text, max(counts), settings) for text in things[1:]]
        return comparison.spans(
            (spans[0].name, spans[1].name), (spans[0].months, spans[1].months), counts
        )
    if len(things) != 2:
        raise click.UsageError("name two series, or a series and two months or years")
    second = names.find(things[1])
    return comparison.series(
        (names.name(first), names.name(second)),
        (counts, read.counts(connection, second)),
        shown_as,
        since or "",
    )


def _names(connection: sqlite3.Connection, settings: Settings) -> SeriesNames:
    from forecast.sources.names import SeriesNames
    from forecast.store import read

    return SeriesNames(read.series_keys(connection), settings.context.source)


def _span(text: str, newest: str, settings: Settings) -> Span:
    from forecast.engine import spans

    return spans.parse(text, newest, settings.context.source.year_begins)
