"""A month's work: `run`, `fetch`, `ingest`, and the files behind the figures."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import Any, get_args

import click
from rich.console import RenderableType

from forecast import months
from forecast.agreed import LifeKind
from forecast.context import Context
from forecast.desk import terminal
from forecast.errors import BusyError, ConfigError
from forecast.rows import as_row
from forecast.sources.contract import ToldLife
from forecast.store import measures, queries, read, releases, wakes
from forecast.store.connect import writing
from forecast.types import COUNT
from forecast.words import first_few, printable, without_controls
from jobs import monthly
from jobs.arrivals import archive, inbox, publisher
from jobs.arrivals import ingest as ingesting
from jobs.arrivals.arrival import IngestResult
from jobs.audited import after_run
from jobs.cli import look
from jobs.cli.options import Settings, refused_code, taken_lines
from jobs.cli.render import OpenRecord, Printed, labeled, notes, progress, reading, table, wrapped
from jobs.service import checks, upkeep


def run(settings: Settings, files: tuple[Path, ...] = (), no_bundle: bool = False) -> Printed:
    """Do the month's work once: take in files, forecast, judge, publish."""
    _await_inbox(settings)
    for measure in settings.context.each():
        if measure.config.address and not files:
            # What the address of own counts gives waits for the run; a failure is only said.
            answer = publisher.poll(measure, datetime.now(UTC))
            if not answer.asked:
                click.echo(f"Not asked: next poll after {answer.poll.not_before}.", err=True)
            elif answer.poll.outcome in ("blocked", "unreachable"):
                problem = f"The address gave nothing: {answer.poll.detail}."
                click.echo(printable(problem, 1000), err=True)
    with progress() as report:
        outcome = monthly.run(settings.context, files, with_bundle=not no_bundle, report=report)
    settings.sound = wakes.as_written(settings.db)
    settings.renew()  # a file may have brought series that there were not
    parts: list[RenderableType] = [*taken_lines(outcome.taken)]
    upkeep.write_snapshot(settings.db, settings.config)
    upkeep.write_site(settings.context, datetime.now(UTC))
    with reading(settings) as record:
        value, summary = _of_run(record, published=outcome.run_id is not None)
        refused = read.refused_since(record.connection, None)
        wrong = after_run(record.connection, record.source) if outcome.run_id else []
    folder = settings.config.site.folder
    said = [*(f"{line} (`bordercast audit`)" for line in wrong)]
    for line in (*said, *checks.without_effect(settings.context)):
        click.echo(f"warning: {without_controls(line)}", err=True)
    if outcome.run_id is None:
        parts.append("Nothing new: no release, setting or program has changed since the last run.")
        if refused:
            names = f"Refused so far: {first_few(map(without_controls, refused))}"
            parts.append(f"{names} (`bordercast releases list --refused`).")
    else:
        parts += [look.answer(settings), *summary]
        if folder and not settings.context.source.shipped:
            parts.append(f"The page: {settings.db.parent / folder / 'index.html'}")
    return Printed(value, parts, code=refused_code(outcome.taken))


def _of_run(record: OpenRecord, published: bool) -> tuple[dict[str, Any], list[RenderableType]]:
    """Return the newest run for programs, and what a reader is shown of it."""
    connection, source = record.connection, record.source
    rows = read.forecasts(connection, source.totals)
    flagged = read.flags(connection, source.totals)
    failed = queries.rows(connection, "failed_models")
    value = {
        "published": published,
        "run": record.run.id,
        "data_through": record.run.data_through,
        "digest": record.run.digest,
        "figures_old": record.old or None,
        "forecasts": list(map(as_row, rows)),
        "flags": list(map(as_row, flagged)),
        "failures": failed,
    }
    last, halves, waiting = read.last_months(connection), record.halves(), record.waiting()
    summary = terminal.run_summary(record.run, rows, last, flagged, halves, waiting, source)
    problems = (
        wrapped(f"{row['model']} gave no forecast for {row['border']}: {row['failure']}")
        for row in failed
    )
    return value, [*notes(record.old), summary, *problems]


def ingest(
    settings: Settings, files: tuple[Path, ...], no_bundle: bool, first_seen: datetime | None
) -> Iterator[str]:
    """Take in published files, and those in the inbox."""
    seen = (first_seen.date() if first_seen else months.today()).isoformat()
    taken: list[IngestResult] = []
    _await_inbox(settings)
    with writing(settings.db) as db:
        for context in settings.context.each():
            context.begin(db, datetime.now(UTC))
            mine = [(file,) for file in files if context.takes(inbox.file_name(file))]
            for batch in ((), *mine):  # the inbox first; then one by one, so that each is checked
                with_bundle = not no_bundle and not batch
                results, context = ingesting.ingest_all(db, context, batch, seen, with_bundle)
                yield from taken_lines(results)
                taken += results
    if not taken:
        yield "Nothing to take in: no file was named, and the inbox is empty."
    raise click.exceptions.Exit(refused_code(taken))


def _await_inbox(settings: Settings) -> None:
    """Wait for a file copied a moment ago; it is complete when it has been still."""

    def tell(name: str) -> None:
        click.echo(f"{name} was changed a moment ago; waiting until it is still.", err=True)

    inbox.wait_until_still(archive.folders(settings.db, settings.config).inbox, tell)


def _polled(fetched: publisher.Fetched) -> Iterator[str]:
    """Yield what a poll brought, a line each."""
    for answer in fetched.answers:
        if answer.outcome != "unchanged":
            yield f"{printable(answer.url)}: {answer.outcome} {answer.detail}".rstrip()
    yield from taken_lines(fetched.taken)
    poll = fetched.poll
    if fetched.asked:
        yield f"Poll: {printable(poll.detail, 1000)}."
    else:
        since = f"blocked since {poll.blocked_since}; " if poll.blocked_since else ""
        yield f"Not asked: {since}next poll after {poll.not_before} (--force asks now)."


def fetch(settings: Settings, once: bool, force: bool, no_bundle: bool, then_run: bool) -> Printed:
    """Look for new files on the publisher's page, and take them in."""
    asked = [context for context in settings.asked() if once or context.config.polls]
    if not asked:
        problem = (
            "is false, so nothing is downloaded; set it to true, or poll this once with --once. "
            "Files in the inbox are taken in by `bordercast ingest`"
        )
        raise ConfigError("config.toml", "fetch.enabled", problem)
    polls: list[publisher.Fetched] = []
    parts: list[RenderableType] = []
    for context in asked:
        polls.append(
            ingesting.fetch(context, datetime.now(UTC), force=force, with_bundle=not no_bundle)
        )
        parts += _polled(polls[-1])
    # Two files state a month; a run on one would be made again on the other.
    waiting = [awaited for c in asked if (awaited := publisher.awaited(settings.db, c.source))]
    for waiting_for in waiting:
        click.echo(f"Waiting for {waiting_for}.", err=True)
    if then_run and not waiting:
        parts += run(settings, no_bundle=no_bundle).parts
    # What a timer that calls this must not take for a month without news.
    failed = ("blocked", "unreachable", "unrecognized")
    code = refused_code(file for poll in polls for file in poll.taken)
    if any(not poll.asked or poll.poll.outcome in failed for poll in polls):
        code = BusyError.exit_code
    values = [asdict(poll) for poll in polls]
    return Printed(values if len(values) > 1 else values[0], parts, code=code)


# -- releases -------------------------------------------------------------------------------------


def list_releases(record: OpenRecord, refused: bool) -> Printed:
    """Print every release, the newest last."""
    status = "quarantined" if refused else None
    rows = releases.all_releases(record.connection, status)
    shown = table(
        ("id", "file", "kind", "through", "first seen", "status"),
        (
            (
                str(row.id),
                # Figures of the program are in files of ours; what tells is whose they are.
                printable(row.source if row.kind in ("bundle", "vintage") else row.file_name),
                row.kind,
                row.data_through or "-",
                row.first_seen_at or "unknown",
                row.status,
            )
            for row in rows
        ),
    )
    return Printed(list(map(asdict, rows)), [shown])


def show_release(record: OpenRecord, release_id: int) -> Printed:
    """Print where one release is from, what it revised, why it was refused."""
    release = asdict(releases.one_release(record.connection, release_id))
    covers = queries.rows(record.connection, "coverage_by_total", (release_id,))
    revised = queries.rows(record.connection, "revisions_by", (release_id,))
    lines = [
        *labeled(release),
        *(f"{row['border']:<22}{row['first_month']} to {row['last_month']}" for row in covers),
    ]
    for row in revised:
        change = f"{row['encounters_before']:,} -> {row[COUNT]:,} ({row['change']:+,})"
        lines.append(f"revised               {row['border']} {row['month']}: {change}")
    return Printed({**release, "covers": covers, "revised": revised}, lines)


def accept_release(
    settings: Settings,
    release_id: int,
    why: str | None,
    answer: tuple[str, ...],
    series: tuple[str, ...],
    into: str | None,
    since: str | None,
) -> str:
    """Accept a rejected file; the next run uses it."""
    if not (why or answer):
        raise ConfigError("releases accept", "--as", "say --as ANSWER, or --why REASON")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    told = _told(answer, series, into or "", since or "")
    others = tuple(word for word in answer if told is None or word != told.what)
    with writing(settings.db) as db:
        context = _about_release(settings, db, release_id)
        release, told_of = ingesting.accept(db, context, release_id, why or "", now, others, told)
    through = release.data_through
    lines = [f"{release.file_name}: {line}." for line in told_of]
    lines += [f"{release.file_name}: accepted, data through {through}; `bordercast run` uses it."]
    return "\n".join(lines)


def _told(
    answers: tuple[str, ...], series: tuple[str, ...], into: str, since: str
) -> ToldLife | None:
    """Return what a person says of series; None where none is named."""
    kinds = get_args(LifeKind)
    what = next((kind for kind in kinds if kind in answers), None)
    become, wrong = what in ("renamed", "merged"), partial(ConfigError, "releases accept")
    if series and what is None:
        raise wrong("--series", f"say --as {' or '.join(kinds)}")
    if not series and (into or since or (what and not become)):
        raise wrong("--series", "say which series: --series NAME")
    if into and not become:
        raise wrong("--into", "only what is renamed or merged has a new name")
    if since and not months.is_month(since):
        raise wrong("--since", f"{since!r} is no month, as 2024-06 is")
    return ToldLife(what, tuple(dict.fromkeys(series)), into, since) if series and what else None


def withdraw_release(settings: Settings, release_id: int, why: str, by: str) -> str:
    """Take an accepted file back; the next run rests on what is left."""
    if not settings.db.exists():
        raise ConfigError(str(settings.db), "--db", "no such database")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with writing(settings.db) as db:
        _about_release(settings, db, release_id)
        release = releases.retract(db, release_id, why, by, now)
    return (
        f"{release.file_name}: withdrawn; its counts stand no more. `bordercast run` uses what is "
        "left. Sums that a later delivery made of them stand until the next one."
    )


def _about_release(settings: Settings, db: Connection, release_id: int) -> Context:
    """Make a connection about the measure of a release, and return its context."""
    of_release = queries.column(db, "measure_of_release", (release_id,))
    names = [name for name, number in measures.named(db).items() if number in of_release]
    context = settings.context.about(names[0]) if names else settings.context
    context.scope(db)
    return context
