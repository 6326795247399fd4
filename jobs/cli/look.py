"""Commands that only read; they import nothing heavy."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from forecast.errors import ConfigError, VerifyError
from jobs.cli import ask
from jobs.cli.help import AS_JSON, examples
from jobs.cli.shared import (
    Settings,
    console,
    latest_run,
    print_json,
    reading,
    series_key,
)


@click.command(
    epilog=examples(
        "show",
        "show northern",
        "show northern:Swanton",
        "show southwest FY2027",
        "show southwest:citizenship",
    )
)
@click.argument("series", required=False)
@click.argument("span", required=False)
@click.option("--model", default="bordercast", show_default=True, help="Whose forecasts.")
@AS_JSON
@click.pass_obj
def show(
    settings: Settings, series: str | None, span: str | None, model: str, as_json: bool
) -> None:
    """The latest forecasts.

    With SERIES (northern, northern:Swanton, southwest:"unaccompanied children") every month ahead,
    and the counts that would raise a flag. With SPAN (FY2027, 2026-10..2027-03, "next 12 months")
    the sum of those months. southwest:citizenship lists the parts, this fiscal year unless said.
    """
    if series and ":" in series and ask.names_dimension(settings, series):
        ask.show_parts(settings, series, span, as_json)
        return
    if series and span:
        ask.show_span(settings, series, span, as_json)
        return
    from forecast.desk import terminal
    from forecast.store import joint, read

    with reading(settings) as connection:
        key = series_key(connection, series) if series else None
        found = (
            joint.month_forecasts(connection, key, model)
            if key
            else read.forecasts(connection, None, model)
        )
        latest = latest_run(connection, settings)
        last = read.last_months(connection)
        stale = ask.stale(connection, key) if key else ""
    if not found:
        raise ConfigError(str(settings.db), "--model", f"no forecasts by {model!r}")
    if as_json:
        print_json({"run": latest.id, "digest": latest.digest, "forecasts": found})
        return
    out = console()
    out.print(terminal.heading(latest))
    if stale:
        out.print(stale)
    out.print(terminal.border_table(found) if key else terminal.forecast_table(found, last, 3))


@click.command(epilog=examples("verify"))
@click.pass_obj
def verify(settings: Settings) -> None:
    """Check that no published number was edited.

    Exit code 1 names what was. After a failure nothing is shown and nothing is sent until a
    verification succeeds.
    """
    from jobs import upkeep

    found = upkeep.verify(settings.db, datetime.now(UTC))
    if found:
        raise VerifyError(found)
    with reading(settings) as connection:
        latest = latest_run(connection, settings)
    click.echo(f"The record is whole. Run {latest.id}, digest {latest.digest}")
