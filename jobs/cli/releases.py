"""Commands about files: fetch them, see which are held or refused, accept a refused one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from forecast.errors import BusyError, ConfigError
from forecast.words import printable, without_controls
from jobs.cli.help import AS_JSON, examples
from jobs.cli.shared import (
    Settings,
    console,
    print_json,
    reading,
    refuse_if_any,
    say_taken,
    typed_line,
)

if TYPE_CHECKING:
    from forecast.sources.source import Source
    from jobs.arrivals.publisher import Fetched


@click.command(epilog=examples("fetch --run", "fetch --once"))
@click.option("--once", is_flag=True, help="Poll now although fetch.enabled is false.")
@click.option("--force", is_flag=True, help="Ask even during the wait after a block.")
@click.option("--no-bundle", is_flag=True, help="Do not load the embedded figures first.")
@click.option("--run", "then_run", is_flag=True, help="Then do the month's work, if it is due.")
@AS_JSON
@click.pass_context
def fetch(
    ctx: click.Context, once: bool, force: bool, no_bundle: bool, then_run: bool, as_json: bool
) -> None:
    """Look for new files on the publisher's page, and take them in.

    Exit code 4 if the page or a file could not be fetched, or if a link looks like data but is not
    understood; 3 if a file was refused.
    """
    from jobs.arrivals import publisher
    from jobs.arrivals import waiting as arriving
    from jobs.cli.work import run

    settings: Settings = ctx.obj
    asked = [context for context in settings.asked() if once or context.config.polls]
    if not asked:
        problem = (
            "is false, so nothing is downloaded; set it to true, or poll this once with --once. "
            "Files in the inbox are taken in by `bordercast ingest`"
        )
        raise ConfigError("config.toml", "fetch.enabled", problem)
    polls: list[Fetched] = []
    waiting: list[str] = []
    for context in asked:
        fetched = arriving.fetch(context, datetime.now(UTC), force=force, with_bundle=not no_bundle)
        _say_fetched(fetched, as_json, context.source)
        polls.append(fetched)
        waiting += filter(None, [publisher.awaited(settings.db, context.source)])
    for waiting_for in waiting:
        click.echo(f"Waiting for {waiting_for}.", err=True)
    if then_run and not waiting:
        ctx.invoke(run, files=(), no_bundle=no_bundle, as_json=False)
    failed = ("blocked", "unreachable", "unrecognized")
    if any(not poll.asked or poll.poll.outcome in failed for poll in polls):
        ctx.exit(BusyError.exit_code)
    refuse_if_any(file for poll in polls for file in poll.taken)


def _say_fetched(fetched: Fetched, as_json: bool, source: Source) -> None:
    if as_json:
        print_json(asdict(fetched), source)
        return
    poll = fetched.poll
    for answer in fetched.answers:
        if answer.outcome != "unchanged":
            click.echo(f"{printable(answer.url)}: {answer.outcome} {answer.detail}".rstrip())
    say_taken(fetched.taken)
    if not fetched.asked:
        since = f"blocked since {poll.blocked_since}; " if poll.blocked_since else ""
        click.echo(f"Not asked: {since}next poll after {poll.not_before} (--force asks now).")
        return
    click.echo(f"Poll: {printable(poll.detail, 1000)}.")


@click.group(epilog=examples("releases list --refused", "releases show 17"))
def releases() -> None:
    """The files behind the figures: accepted and refused."""


@releases.command("list", epilog=examples("releases list", "releases list --refused"))
@click.option("--refused", is_flag=True, help="Only the refused ones, in quarantine.")
@AS_JSON
@click.pass_obj
def list_releases(settings: Settings, refused: bool, as_json: bool) -> None:
    """Every release, the newest last."""
    from forecast.store import inventory

    with reading(settings) as connection:
        rows = inventory.all_releases(connection, "quarantined" if refused else None)
    if as_json:
        print_json(rows, settings.context.source)
        return
    console().print(_table(rows))


@releases.command(epilog=examples("releases show 17"))
@click.argument("release_id", metavar="ID", type=int)
@AS_JSON
@click.pass_obj
def show(settings: Settings, release_id: int, as_json: bool) -> None:
    """One release: where from, what it revised, why refused."""
    from forecast.store import inventory

    with reading(settings) as connection:
        release = inventory.one_release(connection, release_id)
        covers = inventory.statement(connection, release_id)
        revised = inventory.revisions_by(connection, release_id)
    if as_json:
        print_json({**release, "covers": covers, "revised": revised}, settings.context.source)
        return
    for name, value in release.items():
        if value not in (None, ""):
            click.echo(f"{name.replace('_', ' '):<22}{without_controls(str(value))}")
    for row in covers:
        click.echo(f"{row['border']:<22}{row['first_month']} to {row['last_month']}")
    for row in revised:
        change = f"{row['encounters_before']:,} -> {row['encounters']:,} ({row['change']:+,})"
        click.echo(f"revised               {row['border']} {row['month']}: {change}")


@releases.command(
    epilog=examples('releases accept 17 --why "announced as a correction on the publisher\'s page"')
)
@click.argument("release_id", metavar="ID", type=int)
@click.option("--why", required=True, help="Your reason; it is kept with the release.")
@click.pass_obj
def accept(settings: Settings, release_id: int, why: str) -> None:
    """Accept a rejected file; the next run uses it."""
    from forecast.store import inventory, measures
    from forecast.store.connect import writing
    from jobs.arrivals import ingest

    why = typed_line(why)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with writing(settings.db) as db:
        number = inventory.measure_of(db, release_id)
        names = {of: name for name, of in measures.named(db).items()}
        context = settings.context.about(names[number]) if number in names else settings.context
        context.scope(db)
        release = ingest.accept(db, context, release_id, why, now)
    through = release.data_through
    click.echo(f"{release.file_name}: accepted, data through {through}; `bordercast run` uses it.")


def _table(rows: list[dict[str, Any]]) -> Any:
    from forecast.desk import terminal

    table = terminal.plain_table("id", "file", "kind", "through", "first seen", "status")
    for row in rows:
        table.add_row(
            str(row["id"]),
            printable(row["source" if row["kind"] in ("bundle", "vintage") else "file_name"]),
            row["kind"],
            row["data_through"] or "-",
            row["first_seen_at"] or "unknown",
            row["status"],
        )
    return table
