"""`movers` and `compare`: which parts moved; any two series, months or years side by side."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from forecast.errors import SeriesNameError, SpanError
from jobs.cli.help import examples
from jobs.cli.options import OpenRecord, month_option
from jobs.cli.render import Printed, answers

if TYPE_CHECKING:
    from forecast.desk.comparison import Compared

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
@answers
def movers(record: OpenRecord, total: str, base: str, everything: bool) -> Printed:
    """Which parts of a {total} moved in its newest month.

    Each part now, the month before, the year before and as forecast; the largest change first,
    with its share of the change of all parts. Small ones are folded into one row.
    """
    from forecast.desk import movers as desk
    from forecast.desk import terminal
    from forecast.store.queries import rows as stored

    key, totals = record.find(total), record.source.totals
    if not key.headline:
        raise SeriesNameError(total, f"name one of the {totals.many}", totals.every)
    rows = stored(record.connection, "movers", {"total": key.total})
    quoted = record.quoted
    most = len(rows) if everything else desk.MOST_SHOWN
    moved = desk.by_dimension(rows, record.source, FROM[base], most)
    if not moved:
        raise SeriesNameError(total, "its parts are not on record", [])
    tables = (terminal.movers_table(group, key.total, FROM[base]) for group in moved)
    value = {**record.stamp, "from": base, "movers": list(map(asdict, moved))}
    return Printed(value, (*tables, quoted))


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
@month_option("--since", help="First month.")
@answers
def compare(
    record: OpenRecord, things: tuple[str, ...], shown_as: str, since: str | None
) -> Printed:
    """Set any two series, or two months or years of one, side by side.

    A year that is not over is compared with the same months of the other.
    """
    from forecast.desk import comparison, terminal

    quoted = record.quoted
    compared = _compared(record, things, shown_as, since or "")
    if not compared.rows:
        raise SpanError(" ".join(things), "no month of both is on record")
    value = {**record.stamp, **comparison.as_json(compared)}
    return Printed(value, (terminal.compared_table(compared), compared.note, quoted))


def _compared(record: OpenRecord, things: tuple[str, ...], shown_as: str, since: str) -> Compared:
    from forecast.desk import comparison
    from forecast.engine import spans
    from forecast.store import read

    first = record.find(things[0])
    counts = read.counts(record.connection, first)
    if len(things) == 3:
        begins = record.source.year_begins
        first_span, second_span = (spans.parse(text, max(counts), begins) for text in things[1:])
        return comparison.spans(
            (first_span.name, second_span.name), (first_span.months, second_span.months), counts
        )
    if len(things) != 2:
        raise click.UsageError("name two series, or a series and two months or years")
    second = record.find(things[1])
    return comparison.series(
        (record.names.name(first), record.names.name(second)),
        (counts, read.counts(record.connection, second)),
        shown_as,
        since,
    )
