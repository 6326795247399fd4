"""Commands that only read; they import nothing heavy."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from forecast.errors import ConfigError, VerifyError
from jobs.cli.help import AS_JSON, examples
from jobs.cli.shared import (
    BORDER,
    Settings,
    console,
    latest_run,
    print_json,
    reading,
)


@click.command(epilog=examples("show", "show northern", "show southwest --model ets"))
@click.argument("border", required=False, type=BORDER)
@click.option("--model", default="bordercast", show_default=True, help="Whose forecasts.")
@AS_JSON
@click.pass_obj
def show(settings: Settings, border: str | None, model: str, as_json: bool) -> None:
    """The latest forecasts.

    With BORDER every month ahead, and the counts that would raise a flag.
    """
    from forecast.desk import terminal
    from forecast.store import read

    with reading(settings) as connection:
        found = read.forecasts(connection, border, model)
        latest = latest_run(connection, settings)
        last = read.last_months(connection)
    if not found:
        raise ConfigError(str(settings.db), "--model", f"no forecasts by {model!r}")
    if as_json:
        print_json({"run": latest.id, "digest": latest.digest, "forecasts": found})
        return
    out = console()
    out.print(terminal.heading(latest))
    out.print(terminal.border_table(found) if border else terminal.forecast_table(found, last, 3))


@click.command(epilog=examples("verify"))
@click.pass_obj
def verify(settings: Settings) -> None:
    """Check that no published number was edited.

    Exit code 1 names what was. After a failure nothing is shown and nothing is sent until a
    verification succeeds.
    """
    from forecast.store import judgements
    from jobs import upkeep

    found = upkeep.verify(settings.db, datetime.now(UTC))
    if found:
        raise VerifyError(found)
    with reading(settings) as connection:
        latest = latest_run(connection, settings)
        false = judgements.false_issued(connection)
    for line in judgements.in_words(false):
        click.echo(line)
    click.echo(f"The record is whole. Run {latest.id}, digest {latest.digest}")
