"""The commands that change the record: a month's work, files in and out, backups, withdrawals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.errors import BusyError, ConfigError
from forecast.words import printable
from jobs.cli.help import examples
from jobs.cli.options import (
    AS_JSON,
    OpenRecord,
    Settings,
    leaving_when_terminated,
    reading,
    refuse_if_any,
    say_taken,
    typed_line,
)
from jobs.cli.render import Printed, answers, labeled, notes, progress, show_answer, wrapped

if TYPE_CHECKING:
    from rich.console import RenderableType

    from forecast.context import Context
    from jobs.arrivals.arrival import IngestResult
    from jobs.arrivals.publisher import Fetched


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
    with reading(settings) as record:
        answer = _of_run(record, published=outcome.run_id is not None)
        show_answer(answer, as_json, settings.context.source)
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
    """Wait for a file copied a moment ago; it is complete when it has been still."""
    from jobs.arrivals import archive, inbox

    def tell(name: str) -> None:
        click.echo(f"{name} was changed a moment ago; waiting until it is still.", err=True)

    inbox.wait_until_still(archive.folders(settings.db, settings.config).inbox, tell)


def _of_run(record: OpenRecord, published: bool) -> Printed:
    from forecast.desk import terminal
    from forecast.store import queries, read

    connection, source = record.connection, record.source
    rows = read.forecasts(connection, source.totals)
    flagged = read.flags(connection, source.totals, since="2018-01")
    failed = queries.rows(connection, "failed_models")
    value = {
        "published": published,
        "run": record.run.id,
        "data_through": record.run.data_through,
        "digest": record.run.digest,
        "figures_old": record.old or None,
        "forecasts": rows,
        "flags": flagged,
        "failures": failed,
    }

    def told() -> Iterator[RenderableType]:
        yield from notes(record.old)
        last, halves, waiting = read.last_months(connection), record.halves(), record.waiting()
        yield terminal.run_summary(record.run, rows, last, flagged, halves, waiting, source)
        for row in failed:
            yield wrapped(f"{row['model']} gave no forecast for {row['border']}: {row['failure']}")

    return Printed(value, told())


# -- releases -------------------------------------------------------------------------------------


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
    from jobs.cli.record import run

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
        show_answer(Printed(asdict(fetched), _told(fetched)), as_json, context.source)
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


def _told(fetched: Fetched) -> Iterator[str]:
    for answer in fetched.answers:
        if answer.outcome != "unchanged":
            yield f"{printable(answer.url)}: {answer.outcome} {answer.detail}".rstrip()
    say_taken(fetched.taken)
    poll = fetched.poll
    if fetched.asked:
        yield f"Poll: {printable(poll.detail, 1000)}."
    else:
        since = f"blocked since {poll.blocked_since}; " if poll.blocked_since else ""
        yield f"Not asked: {since}next poll after {poll.not_before} (--force asks now)."


@click.group(epilog=examples("releases list --refused", "releases show 17"))
def releases() -> None:
    """The files behind the figures: accepted and refused."""


@releases.command("list", epilog=examples("releases list", "releases list --refused"))
@click.option("--refused", is_flag=True, help="Only the refused ones, in quarantine.")
@answers
def list_releases(record: OpenRecord, refused: bool) -> Printed:
    """Every release, the newest last."""
    from forecast.store import inventory

    rows = inventory.all_releases(record.connection, "quarantined" if refused else None)
    return Printed(rows, [_table(rows)])


@releases.command(epilog=examples("releases show 17"))
@click.argument("release_id", metavar="ID", type=int)
@answers
def show(record: OpenRecord, release_id: int) -> Printed:
    """One release: where from, what it revised, why refused."""
    from forecast.store import inventory
    from forecast.types import COUNT

    release = inventory.one_release(record.connection, release_id)
    covers = inventory.statement(record.connection, release_id)
    revised = inventory.revisions_by(record.connection, release_id)

    def told() -> Iterator[str]:
        yield from labeled(release)
        for row in covers:
            yield f"{row['border']:<22}{row['first_month']} to {row['last_month']}"
        for row in revised:
            change = f"{row['encounters_before']:,} -> {row[COUNT]:,} ({row['change']:+,})"
            yield f"revised               {row['border']} {row['month']}: {change}"

    return Printed({**release, "covers": covers, "revised": revised}, told())


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


# -- care -----------------------------------------------------------------------------------------


TERMINATED = 143  # as a shell says it: 128 + SIGTERM


@click.command(epilog=examples("backup", "backup --drill"))
@click.option("--to", type=click.Path(path_type=Path), help="A new folder [backups/TIME].")
@click.option("--drill", is_flag=True, help="Also restore it elsewhere, and compare.")
@click.pass_obj
def backup(settings: Settings, to: Path | None, drill: bool) -> None:
    """Copy the record and ops.db, whole and checked.

    The key that signs the links of mails goes with them. The service may keep running.
    """
    from jobs.service import backup as work

    if drill and to:
        raise ConfigError("command line", "--to", "a drill chooses its own folder")
    now = datetime.now(UTC)
    with leaving_when_terminated(TERMINATED):
        if drill:
            made = work.drill(settings.db, settings.config, now)
            click.echo("Drill: restored elsewhere, the same to the last digest.")
        else:
            made = work.make(settings.db, settings.config, now, to)
    click.echo(f"{made.folder}: run {made.run_id}, digest {made.digest}")


@click.command(epilog=examples("restore backups/20261125T150000Z"))
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.pass_obj
def restore(settings: Settings, folder: Path) -> None:
    """Replace the record by the backup in FOLDER.

    The service must not be running. Nothing is sent again: what was sent to whom is kept, or what
    waited is given up.
    """
    from jobs.service import backup as work

    back = work.restore(folder, settings.db, settings.config, datetime.now(UTC))
    click.echo(f"{settings.db}: as of run {back.run_id}, digest {back.digest}")
    if back.silenced:
        click.echo(f"{back.silenced} messages that waited were given up.")


@click.command(epilog=examples('withdraw 14 --why "rested on a file that was wrong" --by "A. Lee"'))
@click.argument("run_id", metavar="RUN", type=int)
@click.option("--why", required=True, help="Your reason; it is kept.")
@click.option("--by", required=True, help="Your name; it is kept.")
@click.pass_obj
def withdraw(settings: Settings, run_id: int, why: str, by: str) -> None:
    """Withdraw a faulty run.

    It stays in the record, but nothing shows it any more. Those who got a notice of it get a
    correction in the same thread.
    """
    from jobs.deliver import approve
    from jobs.service import upkeep

    why, by = typed_line(why), typed_line(by)
    if not settings.db.exists():
        raise ConfigError(str(settings.db), "--db", "no such database")
    now = datetime.now(UTC)
    stopped, count = approve.withdraw(settings.context, run_id, why, by, now)
    upkeep.write_snapshot(settings.db, settings.config)
    click.echo(f"Run {run_id} is withdrawn; {stopped} of its notices were stopped.")
    if count:
        click.echo(
            f"Corrections written for those who got its notices: {count}. "
            "`bordercast notices list` shows them."
        )
