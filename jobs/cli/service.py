"""The service, its settings, its page and its witnesses."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast import months
from forecast.errors import BusyError, ConfigError
from forecast.sources import catalog
from forecast.words import month_name, without_controls
from jobs.cli.forecast import reading_options
from jobs.cli.help import examples
from jobs.cli.options import AS_JSON, KnownName, Settings, leaving_when_terminated, reading
from jobs.cli.render import Printed, show_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from forecast.tables.grid import ReadAs


def _others(_: click.Context | None = None) -> dict[str, Callable[[], str]]:
    """Return what other sources that come with the program count -> a first settings file of it."""

    def of_all() -> str:
        from jobs.service import first_settings

        return first_settings.of_all()

    sections = {s.measure.noun: s.settings for s in catalog.every().values() if s.settings}
    return {**sections, "all": of_all}


@click.command(epilog=examples("serve", "serve --once"))
@click.option("--log", type=click.Choice(("plain", "json")), help="Form of the log [service.log].")
@click.option("--once", is_flag=True, help="Wake once, do what is due, end: for a timer.")
@click.pass_obj
def serve(settings: Settings, log: str | None, once: bool) -> None:
    """Do the month's work by itself, every day, until stopped.

    One daemon a database; a second one names the first. With --once the exit code is 1 if the
    work failed, 4 if the publisher's page has blocked us.
    """
    from forecast.context import Context
    from jobs import logs
    from jobs.service import daemon

    config = settings.config
    if log:
        service = config.service.model_copy(update={"log": log})
        config = config.model_copy(update={"service": service})
    logs.set_up(config)
    context = Context.open(settings.db, config)
    if not once:
        daemon.serve(context)
        return
    outcome = daemon.once(context).outcome
    raise click.exceptions.Exit({"failed": 1, "blocked": BusyError.exit_code}.get(outcome, 0))


@click.command(epilog=examples("status", "status --json"))
@AS_JSON
@click.pass_obj
def status(settings: Settings, as_json: bool) -> None:
    """How the service stands, and what needs a person.

    Exit code 4 if something does now.
    """
    from jobs.service import health

    state = health.status(settings.context, datetime.now(UTC))

    def told() -> Iterator[str]:
        for name, value in state.facts.items():
            label = name.replace("_", " ")
            if name == "days_since_month_end" and value is not None:
                # Counted for the month that is awaited, not for the newest one on record.
                awaited = month_name(months.shift(state.facts["data_through"], 1))
                label = f"days since {awaited} end"
            yield f"{label:<24}{without_controls(_shown(value))}"
        yield from (f"warning: {without_controls(text)}" for text in state.warnings)
        yield from (f"ALARM: {without_controls(text)}" for text in state.alarms)

    code = BusyError.exit_code if state.alarms else 0
    show_answer(Printed(asdict(state), told(), code=code), as_json, settings.context.source)


@click.command(epilog=examples("doctor"))
@AS_JSON
@click.pass_obj
def doctor(settings: Settings, as_json: bool) -> None:
    """Is this machine fit for the service, and what to do if not.

    Exit code 1 if something must be done first.
    """
    from jobs.service import checks

    case = checks.ServiceCase(settings.context, datetime.now(UTC), settings.source)
    findings = [finding for _, finding in checks.findings(case, "doctor")]
    lines = [
        without_controls(f"{verdict:<6}{name:<15}{text}" + (f" -> {advice}" if advice else ""))
        for name, verdict, text, advice in findings
    ]
    value = [finding._asdict() for finding in findings]
    code = int(any(finding.verdict == "bad" for finding in findings))
    show_answer(Printed(value, lines, code=code), as_json, settings.context.source)


@click.group(epilog=examples("config init", "config check", "config show"))
def config() -> None:
    """The settings: write a file of them, check them, show what is in force."""


@config.command(epilog=examples("--config /etc/bordercast/config.toml config check"))
@click.pass_obj
def check(settings: Settings) -> None:
    """Read the settings, and try what can be tried without the network.

    Exit code 2 names the file and each key that is not allowed. `bordercast doctor` also tries the
    machine and the mail server.
    """
    from jobs.service import checks

    case = checks.ServiceCase(settings.context, datetime.now(UTC), settings.source)
    problems = [finding.found for _, finding in checks.findings(case, "config check")]
    for problem in problems:
        click.echo(f"bordercast: {problem}", err=True)
    if problems:
        raise click.exceptions.Exit(ConfigError.exit_code)
    click.echo(f"{settings.source}: every setting is valid.")
    for note in checks.notes(settings.config):
        click.echo(f"note: {note}")


@config.command(
    epilog=examples(
        "config init", "config init visits.xlsx", "config init -o /etc/bordercast/config.toml"
    )
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default="config.toml", help="[./config.toml]"
)
@click.option(
    "--source",
    "source",
    type=KnownName(_others),
    help="For a service on other figures that come with the program, or on all of them.",
)
@click.argument("file", required=False, type=click.Path(exists=True, path_type=Path))
@reading_options
def init(output: Path, file: Path | None, source: str | None, read_as: ReadAs) -> None:
    """Write a settings file with every setting, its default and its meaning.

    With FILE, a table of your own monthly counts or a folder of such tables, write the settings of
    a service on them, and say how it was understood. A file that is already there is left alone
    (exit code 2).
    """
    from forecast.config import SHIPPED
    from jobs.service import first_settings

    if source and file:
        raise click.UsageError("name a FILE or a --source, not both")
    # Commands find a file of the usual name themselves.
    named = "" if output == Path("config.toml") else f" --config {output}"
    then = f"Now:\n    bordercast{named} run"
    said: Sequence[str] = ()
    if source:
        content = _others()[source]().encode()
    elif file:
        if output.exists():
            raise ConfigError(str(output), "file", "is already there; name another with -o")
        understood = first_settings.understood(file, read_as)
        content, said = understood.settings.encode(), understood.said
        then = f"Put your own words there, then:\n    bordercast{named} run"
    else:
        content, then = SHIPPED.read_bytes(), "Edit it, then: bordercast config check"
    first_settings.write(output, content)
    for line in (*said, f"Settings written to {output}. {then}"):
        click.echo(line)


@config.command(epilog=examples("config show"))
@click.pass_obj
def show(settings: Settings) -> None:
    """Every setting in force, as JSON; secrets are hidden."""
    from jobs import environment

    masked = environment.masked(settings.config)
    show_answer(Printed(masked), as_json=True, source=settings.context.source)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items() if item) or "-"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}" if value >= 100_000 else str(value)
    return "-" if value in (None, "") else str(value)


# -- web ------------------------------------------------------------------------------------------


PORT = click.IntRange(0, 65535)


@click.command(epilog=examples("web", "web --port 8080"))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8001, show_default=True, type=PORT, help="Port; 0 takes a free one."
)
@click.option(
    "--name",
    "names",
    multiple=True,
    help="A name under which a proxy serves it; may be given again.",
)
@click.option(
    "--allow-others",
    is_flag=True,
    help="Let --host be an address that other machines can reach; there is no login.",
)
@click.pass_obj
def web(
    settings: Settings, host: str, port: int, names: tuple[str, ...], allow_others: bool
) -> None:
    """Serve the page: forecasts, unusual months, every table.

    Shows the analysts' copy, read-only, and a new one as soon as a run has made it. Ends with
    Ctrl-C or SIGTERM, exit code 0.
    """
    from forecast.store import held
    from jobs import logs
    from jobs.web import server as work

    work.refuse_others(host, allow_others)
    snapshot = work.snapshot_of(settings.db, settings.config)
    logs.set_up(settings.config)
    with leaving_when_terminated(0), work.listen(host, port) as listening:
        from jobs.web.app import Site
        from jobs.web.worker import CHECK, OF_TEXTS, QueryServer

        held.close(held.hold(snapshot, 1))  # says what is wrong before anybody asks
        site = Site(
            settings.db,
            snapshot,
            (*names, host),
            work.folder_of(settings.db, settings.config),
            settings.config.site.address,
            totals=settings.context.source.totals,
            tables=QueryServer(snapshot),
            checker=QueryServer(snapshot, task=CHECK, refusals=OF_TEXTS),
        )
        place = f"[{host}]" if ":" in host else host
        address = f"http://{place}:{listening.getsockname()[1]}"
        work.serve(site, listening, lambda: click.echo(f"{address} (Ctrl-C ends it)"))


@click.command(epilog=examples("site -o public", "--db bordercast.db site -o /var/www/bordercast"))
@click.option(
    "-o",
    "out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write it into [that of the settings].",
)
@click.pass_obj
def site(settings: Settings, out: Path | None) -> None:
    """Write the page as files, for any web server or none.

    Writes only what changed, and keeps the pages of earlier runs under as-of/RUN/.
    """
    from jobs import site as work
    from jobs.web import server

    folder = out or server.folder_of(settings.db, settings.config)
    if folder is None:
        raise ConfigError(settings.source, "site.folder", "is empty; set it, or name one with -o")
    with reading(settings) as record:
        address = settings.config.site.address
        done = work.build(record.connection, settings.context, folder, months.today(), address)
    if not done.written:
        click.echo(f"{folder}: nothing has changed since run {done.run} was written.")
        return
    click.echo(f"{folder}: {done.written:,} files written, {done.kept:,} as they were; open")
    click.echo(f"{(folder / 'index.html').absolute()}")


@click.command(epilog=examples("mcp"))
@click.pass_obj
def mcp(settings: Settings) -> None:
    """Answer assistants, over the Model Context Protocol on stdio.

    Read-only. An assistant starts it by itself; docs/wires.md shows how.
    """
    try:
        from jobs.assistants import server
    except ImportError:
        problem = "needs a library: pip install 'bordercast[mcp]'"
        raise ConfigError("bordercast mcp", "library", problem) from None
    server(settings).run("stdio")


# -- witness --------------------------------------------------------------------------------------


@click.group(epilog=examples("witness now", "witness export proofs"))
def witness() -> None:
    """Have outsiders see the record, so that no one rewrites it unseen."""


@witness.command(epilog=examples("witness now"))
@click.pass_obj
def now(settings: Settings) -> None:
    """Ask every witness of the settings that has not seen the record as it is.

    The service does this by itself. Exit code 1 if one did not answer; it is asked again.
    """
    from jobs.service import upkeep
    from jobs.witness import attest

    attest.check_settings(settings.config.witness)
    if not attest.wanted(settings.config.witness):
        raise ConfigError(settings.source, "witness", "names no witness; see docs/witnesses.md")
    outcomes = attest.attest(settings.db, settings.config, datetime.now(UTC), again=True)
    for kind, problem in outcomes.items():
        click.echo(f"{kind}: {without_controls(problem) or 'had'}", err=bool(problem))
    if not outcomes:
        click.echo("Every witness has seen the record as it is.")
    if not all(outcomes.values()):
        upkeep.write_snapshot(settings.db, settings.config)
    if any(outcomes.values()):
        raise click.exceptions.Exit(1)


@witness.command(epilog=examples("witness export proofs"))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def export(settings: Settings, folder: Path) -> None:
    """Write every proof into FOLDER, for the tools of others.

    README.txt there names the commands by which ssh-keygen, openssl and git check them.
    """
    from forecast.store import connect, witnesses
    from jobs.witness import prove

    with closing(connect.read(settings.db)) as connection:
        proofs = witnesses.proofs(connection)
    count = prove.write(folder, proofs, settings.db, settings.config.witness)
    click.echo(f"{folder}: {count} proofs; README.txt says how to check them.")
