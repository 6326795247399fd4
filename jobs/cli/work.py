"""Commands that change the record: run, ingest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.words import printable
from jobs.cli.help import AS_JSON, examples
from jobs.cli.shared import (
    Settings,
    console,
    halves_published,
    latest_run,
    old_figures,
    print_json,
    progress,
    reading,
    refuse_if_any,
    say_taken,
    waiting_totals,
)

if TYPE_CHECKING:
    from forecast.context import Context
    from jobs.arrivals.arrival import IngestResult


@click.command(epilog=examples("run", "run {file}"))
@click.option("--no-bundle", is_flag=True, help="Start without the embedded figures.")
@AS_JSON
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def run(settings: Settings, files: tuple[Path, ...], no_bundle: bool, as_json: bool) -> None:
    """Do the month's work once: take in FILES, forecast, judge, publish."""
    from jobs import monthly
    from jobs.service import upkeep

    _await_inbox(settings)
    for measure in settings.context.each():
        if measure.config.address and not files:
            _ask(measure)
    with progress(quiet=as_json) as report:
        outcome = monthly.run(settings.context, files, with_bundle=not no_bundle, report=report)
    settings.renew()
    if not as_json:
        say_taken(outcome.taken)
    upkeep.write_snapshot(settings.db, settings.config)
    upkeep.write_site(settings.context, datetime.now(UTC))
    if outcome.run_id is None and not as_json:
        click.echo("Nothing new: no release, setting or program has changed since the last run.")
        return
    _show_run(settings, as_json, published=outcome.run_id is not None)
    folder = settings.config.site.folder
    if folder and not as_json and not settings.context.source.shipped:
        click.echo(f"The page: {settings.db.parent / folder / 'index.html'}")


@click.command(epilog=examples("ingest", "ingest --first-seen 2026-11-17 {file}"))
@click.option("--no-bundle", is_flag=True, help="Do not load the embedded figures first.")
@click.option(
    "--first-seen",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Day they were first seen [today].",
)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def ingest(settings: Settings, files: tuple[Path, ...], no_bundle: bool, first_seen: Any) -> None:
    """Take in published FILES, and those in the inbox.

    CSV, also gzipped (.csv.gz), and saved pages (.html). Each is checked first. Files accepted
    before a refused one stay; the refused one goes to quarantine and changes nothing.
    """
    from forecast import months
    from forecast.store.connect import writing
    from jobs.arrivals import inbox
    from jobs.arrivals.waiting import ingest_all

    seen = (first_seen.date() if first_seen else months.today()).isoformat()
    taken: list[IngestResult] = []
    _await_inbox(settings)
    with writing(settings.db) as db:
        for context in settings.context.each():
            context.begin(db)
            mine = [(file,) for file in files if context.takes(inbox.file_name(file))]
            for batch in ((), *mine):
                with_bundle = not no_bundle and not batch
                results, context = ingest_all(db, context, batch, seen, with_bundle)
                say_taken(results)
                taken += results
    if not taken:
        click.echo("Nothing to take in: no file was named, and the inbox is empty.")
    refuse_if_any(taken)


def _ask(context: Context) -> None:
    """Ask the address of own counts; what it brings waits for the run. A failure is only said."""
    from jobs.arrivals import publisher

    answer = publisher.poll(context, datetime.now(UTC))
    if not answer.asked:
        click.echo(f"Not asked: next poll after {answer.poll.not_before}.", err=True)
    elif answer.poll.outcome in ("blocked", "unreachable"):
        click.echo(printable(f"The address gave nothing: {answer.poll.detail}.", 1000), err=True)


def _await_inbox(settings: Settings) -> None:
    """A file copied a moment ago is waited for; it is complete when it has been still."""
    from jobs.arrivals import archive, inbox

    def tell(name: str) -> None:
        click.echo(f"{name} was changed a moment ago; waiting until it is still.", err=True)

    inbox.wait_until_still(archive.folders(settings.db, settings.config).inbox, tell)


def _show_run(settings: Settings, as_json: bool, published: bool) -> None:
    from forecast.desk import terminal
    from forecast.store import flags, read

    with reading(settings) as connection:
        latest = latest_run(connection, settings)
        rows = read.forecasts(connection, settings.context.source.totals)
        flagged = flags.flags(connection, settings.context.source.totals, since="2018-01")
        last = read.last_months(connection)
        halves = {} if as_json else halves_published(connection, settings.context.source)
        failed = read.failures(connection)
        waiting = waiting_totals(connection, latest.data_through, settings.context.source)
    old = old_figures(latest, settings.context.source)
    if as_json:
        print_json(
            {
                "published": published,
                "run": latest.id,
                "data_through": latest.data_through,
                "digest": latest.digest,
                "figures_old": old or None,
                "forecasts": rows,
                "flags": flagged,
                "failures": failed,
            },
            settings.context.source,
        )
        return
    out = console()
    if old:
        out.print(old, width=min(out.width, 80))
    out.print(
        terminal.run_summary(latest, rows, last, flagged, halves, waiting, settings.context.source)
    )
    for row in failed:
        out.print(f"{row['model']} gave no forecast for {row['border']}: {row['failure']}")
