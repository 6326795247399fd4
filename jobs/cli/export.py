"""`export`: what the record holds, as files; a command for each thing that can be had.

The views have theirs in `jobs.cli.views`.
"""

from __future__ import annotations

from pathlib import Path

import click

from forecast.desk.wording import credit
from forecast.engine import ENGINE
from forecast.errors import ConfigError
from jobs.cli import views
from jobs.cli.help import examples
from jobs.cli.shared import Settings, latest_run, origin, quote, reading

OUT = click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; its ending names the format: .csv, .parquet or .xlsx.",
)


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
    from forecast.desk.export import tables as desk
    from forecast.store import exports

    desk.check(out)
    with reading(settings) as connection:
        run = latest_run(connection, settings)
        rows = exports.hindcasts(connection, model, settings.config.forecast.first_cutoff)
        known = exports.hindcast_models(connection)
    if not rows:
        problem = f"no hindcasts by {model!r}; there are: {', '.join(known)}"
        raise ConfigError(str(settings.db), "--model", problem)
    notes = {**origin(run), "model": model, "credit": credit()}
    marked = [(*row, run.digest) for row in rows]
    count = desk.write(desk.of_rows(desk.HINDCASTS, marked, notes), out)
    click.echo(f"{out}: {count:,} rows, {quote(run)}")
    if credit():
        click.echo(credit())


views.add_views(export)
