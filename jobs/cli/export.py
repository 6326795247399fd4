"""`export`: what the record holds, as files; a command for each thing that can be had.

Every view of the dictionary is one, and `export hub`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from forecast import files
from forecast.desk.dictionary import VIEWS, View
from forecast.engine import ENGINE
from forecast.errors import ConfigError
from forecast.store.views import AS_OF, view_rows
from forecast.words import many
from jobs.cli.help import examples
from jobs.cli.shared import Settings, latest_run, origin, quote, reading

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from forecast.desk.hub import Quantile
    from forecast.sources.source import Source


OUT = click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; its ending names the format: .csv, .parquet or .xlsx.",
)
AS_OF_DAY = click.option(
    "--as-of",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="What was known at the end of that day [now].",
)
HUB_NAME = "engine"


@click.group(
    epilog=examples(
        "export wide_months -o months.xlsx", "export border_months --as-of 2025-04-01 -o then.csv"
    )
)
def export() -> None:
    """Write any table to CSV, Parquet or Excel; or a forecast hub."""


@export.command(epilog=examples("export hindcasts --model prophet -o prophet.csv"))
@OUT
@click.option("--model", default=ENGINE, show_default=True, help="Whose hindcasts.")
@click.pass_obj
def hindcasts(settings: Settings, out: Path, model: str) -> None:
    """What would have been forecast at each past cutoff.

    Every quantile, made from only the data up to the cutoff.
    """
    from forecast.desk import export as desk
    from forecast.store import exports

    desk.check(out)
    with reading(settings) as connection:
        run = latest_run(connection, settings)
        rows = exports.hindcasts(
            connection,
            model,
            settings.context.config.forecast.first_cutoff,
            settings.context.source.totals,
        )
        known = exports.hindcast_models(connection)
    if not rows:
        problem = f"no hindcasts by {model!r}; there are: {', '.join(known)}"
        raise ConfigError(str(settings.db), "--model", problem)
    notes = {**origin(run), "model": model, "credit": settings.context.source.publisher.credit}
    marked = [(*row, run.digest) for row in rows]
    count = desk.write(desk.of_rows(desk.HINDCASTS, marked, notes), out)
    click.echo(f"{out}: {count:,} rows, {quote(run)}")
    if settings.context.source.publisher.credit:
        click.echo(settings.context.source.publisher.credit)


@export.command(epilog=examples("export hub -o hub"))
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to make.",
)
@click.option("--hindcasts", is_flag=True, help="Also every model's hindcasts, as models apart.")
@click.pass_obj
def hub(settings: Settings, out: Path, hindcasts: bool) -> None:
    """The forecasts issued, as a hubverse hub.

    23 quantiles each, with hub-config/, and every value a month has had as its target.
    """
    from forecast.desk import hub as desk
    from forecast.store import exports

    columns = ("border", "month", "known_from", "encounters")
    with reading(settings) as connection:
        run = latest_run(connection, settings)
        models = {HUB_NAME: [desk.Quantile(*row) for row in exports.issued_quantiles(connection)]}
        if hindcasts:
            first = settings.context.config.forecast.first_cutoff
            models |= {
                f"{HUB_NAME if m == ENGINE else m}_hindcast": q
                for m, q in _hindcasts(connection, first, settings.context.source)
            }
        values = view_rows(connection, "vintages", columns)
    with files.output_folder(out) as draft:
        count = desk.write(draft, models, values, origin(run), settings.context.source)
    click.echo(f"{out}: {many(count, 'model output file')}, {quote(run)}")
    if settings.context.source.publisher.credit:
        click.echo(settings.context.source.publisher.credit)


def _command(view: View) -> click.Command:
    """Return the command of a view, named as it is."""

    @click.command(
        view.name,
        help=f"A row is {view.row}.",
        short_help=view.row,
        epilog=examples(f"export {view.name} -o {view.name}.csv"),
    )
    @OUT
    @click.pass_obj
    def run(settings: Settings, out: Path, day: datetime | None = None) -> None:
        _export(settings, view, out, day)

    return AS_OF_DAY(run) if view.name in AS_OF else run


def _export(settings: Settings, view: View, out: Path, day: datetime | None) -> None:
    from forecast.desk import export as desk

    desk.check(out)
    as_of = f"{day:%Y-%m-%d}" if day else None
    with reading(settings) as connection:
        run = latest_run(connection, settings)
        rows = view_rows(connection, view.name, view.columns, as_of)
    context = settings.context
    notes = {"view": view.name, **origin(run), "credit": context.source.publisher.credit}
    notes |= {"as of": as_of} if as_of else {}
    if context.name != next(iter(context.sources)):  # 1.0 knew the first one alone
        notes["measure"] = context.source.measure.noun
    table = desk.of_view(view, rows, notes, context.source)
    count = desk.write(table, out)
    then = f" as of {as_of}" if as_of else ""
    click.echo(f"{out}: {count:,} rows{then}, {quote(run)}")
    if settings.context.source.publisher.credit:
        click.echo(settings.context.source.publisher.credit)


def _hindcasts(
    connection: sqlite3.Connection, first: str, source: Source
) -> Iterator[tuple[str, list[Quantile]]]:
    from forecast.desk.hub import Quantile
    from forecast.store import exports
    from forecast.types import HUB_PERMILLES

    for model in exports.hindcast_models(connection):
        rows = sorted(
            exports.hindcasts(connection, model, first, source.totals),
            key=lambda row: row[3],
        )
        yield (
            model,
            [
                Quantile(total, cutoff, month, horizon, permille, count)
                for total, _, _, cutoff, month, horizon, _, *counts in rows
                for permille, count in zip(HUB_PERMILLES, counts, strict=True)
            ],
        )


for each in VIEWS.values():
    export.add_command(_command(each))
