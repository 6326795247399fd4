"""`brief`: what can be said of a month."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from forecast.errors import ConfigError
from jobs.cli.help import AS_JSON, examples
from jobs.cli.shared import (
    Settings,
    as_month,
    latest_run,
    origin,
    print_json,
    quote,
    reading,
    series_key,
)

if TYPE_CHECKING:
    from forecast.desk.report import MonthReport
    from forecast.store.read import RunRow


@click.command(epilog=examples("brief northern", "brief northern:Swanton 2025-02"))
@click.argument("series")
@click.argument("month", required=False, callback=as_month)
@AS_JSON
@click.pass_obj
def brief(settings: Settings, series: str, month: str | None, as_json: bool) -> None:
    """The paragraph to paste about a MONTH [the newest].

    Published, expected, how unusual; all comparisons, always in the same order; rank; vintage.
    """
    from forecast.desk import brief as desk

    found, run = facts_of(settings, series, month)
    if as_json:
        print_json({**facts_json(found), "text": desk.paragraph(found), **run_json(run)})
        return
    click.echo(desk.paragraph(found))
    click.echo(f"Bordercast, {quote(run)}")


def facts_of(settings: Settings, series: str, month: str | None) -> tuple[MonthReport, RunRow]:
    """The report of a month of a series, the newest if None, with the run it belongs to."""
    from forecast.desk.report import series_report
    from forecast.store import reports

    with reading(settings) as connection:
        run = latest_run(connection, settings)
        key = series_key(connection, series)
        span = reports.series_span(connection, key)
        if span is None:
            raise ConfigError(str(settings.db), "SERIES", f"no figures for {key} are held")
        first, last = span
        month = month or last
        if not first <= month <= last:
            problem = f"no figure for {key} in {month}; held are {first} to {last}"
            raise ConfigError(str(settings.db), "MONTH", problem)
        try:
            return series_report(connection, key, month), run
        except KeyError:
            problem = f"the count of {key} in {month} was not published; name another month"
            raise ConfigError(str(settings.db), "MONTH", problem) from None


def facts_json(found: MonthReport) -> dict[str, Any]:
    """A report for programs."""
    compared = [{**asdict(c), "percent": c.percent} for c in found.comparisons]
    return {**asdict(found), "comparisons": compared}


def run_json(run: RunRow) -> dict[str, Any]:
    """The run a statement rests on."""
    return {**origin(run), "run": run.id}
