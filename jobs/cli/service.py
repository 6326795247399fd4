"""The service, its settings, its page, and the answers it gives to assistants."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from forecast import months
from forecast.config import SHIPPED
from forecast.context import Context
from forecast.desk.site import output
from forecast.errors import BusyError, ConfigError
from forecast.sources import catalog, holes
from forecast.store import held
from forecast.words import month_name, without_controls
from jobs import environment, logs
from jobs import site as pages
from jobs.cli.options import Settings, leaving_when_terminated, read_as
from jobs.cli.render import Printed, progress, reading
from jobs.service import checks, first_settings, health
from jobs.web import server


def serve(settings: Settings, log: str | None, once: bool) -> None:
    """Do the month's work every day until stopped, or once."""
    from jobs.service import daemon  # brings the scheduler

    config = settings.config
    if log:
        service = config.service.model_copy(update={"log": log})
        config = config.model_copy(update={"service": service})
    logs.set_up(config)
    done = daemon.serve(Context.open(settings.db, config), mode="timer" if once else "daemon")
    if once:
        code = {"failed": 1, "blocked": BusyError.exit_code}.get(done.outcome, 0)
        raise click.exceptions.Exit(code)


def status(settings: Settings) -> Printed:
    """Print how the service stands, and what needs a person."""
    now = datetime.now(UTC)
    state, lines = health.status(settings.context, now), list[str]()
    for name, value in asdict(state.facts).items():
        label = name.replace("_", " ")
        if name == "days_since_month_end" and value is not None:
            # Counted to the end of the month that is awaited, not of the newest one on record.
            awaited = (now.date() - timedelta(days=value)).isoformat()[:7]
            side, value = ("until", -value) if value < 0 else ("since", value)
            label = f"days {side} {month_name(awaited)} end"
        lines.append(f"{label:<24}{_shown(value)}")
    lines += [f"warning: {text}" for text in state.warnings]
    lines += [f"ALARM: {text}" for text in state.alarms]
    # A monitor looks at the code alone; warnings can wait for a person.
    code = BusyError.exit_code if state.alarms else 0
    return Printed(asdict(state), map(without_controls, lines), code=code)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items() if item) or "-"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}" if value >= 100_000 else str(value)
    return "-" if value in (None, "") else str(value)


def doctor(settings: Settings) -> Printed:
    """Print whether this machine is fit for the service, and what to do if not."""
    case = checks.ServiceCase(settings.context, datetime.now(UTC), settings.source)
    findings = list(checks.findings(case, "doctor"))
    lines = [
        without_controls(f"{verdict:<6}{name:<15}{text}" + (f" -> {advice}" if advice else ""))
        for name, verdict, text, advice in findings
    ]
    code = int(any(finding.verdict == "bad" for finding in findings))
    return Printed([finding._asdict() for finding in findings], lines, code=code)


# -- settings -------------------------------------------------------------------------------------


def check_config(settings: Settings) -> Iterator[str]:
    """Read the settings, and try what can be tried without the network."""
    case = checks.ServiceCase(settings.context, datetime.now(UTC), settings.source)
    problems = [finding.found for finding in checks.findings(case, "config check")]
    for problem in problems:
        click.echo(f"bordercast: {problem}", err=True)
    if problems:
        raise click.exceptions.Exit(ConfigError.exit_code)
    yield f"{settings.source}: every setting is valid."
    notes = (*checks.notes(settings.config), *checks.without_effect(settings.context))
    yield from (f"note: {note}" for note in notes)


def init_config(
    _: Settings,
    output: Path,
    file: Path | None,
    source: str | None,
    publisher: str | None,
    **said_of_file: Any,
) -> Sequence[str]:
    """Write a settings file: of encounters, of other figures that come with us, or of own ones."""
    if source and file:
        raise click.UsageError("name a FILE or a --source, not both")
    if publisher and not file:
        raise click.UsageError("--publisher needs a FILE of theirs")
    # Commands find a file of the usual name themselves.
    named = "" if output == Path("config.toml") else f" --config {output}"
    then = f"Now:\n    bordercast{named} run"
    lines: Sequence[str] = ()
    if source:
        every = {s.measure.noun: s.settings for s in catalog.every().values() if s.settings}
        others: dict[str, Callable[[], str]] = {**every, "all": first_settings.of_all}
        if source not in others:
            problem = f"{source!r} is not one of {', '.join(map(repr, others))}."
            raise click.BadParameter(problem, param_hint="--source")
        content = others[source]().encode()
    elif file:
        of = _asked_of(publisher) if publisher else None
        made = first_settings.understood(file, read_as(**said_of_file), of)
        if output.exists():
            return [*made.lines, first_settings.add(output, made, file)]
        lines, content = made.lines, made.settings.encode()
        then = f"Put your own words there, then:\n    bordercast{named} run"
        if of:
            table = output.parent / "sources" / made.name / "source.toml"
            table.parent.mkdir(parents=True, exist_ok=True)
            first_settings.write(table, made.source.encode())
            then = f"What {publisher} publishes is in {table}. {then} {file}"
    else:
        content, then = SHIPPED.read_bytes(), "Edit it, then: bordercast config check"
    first_settings.write(output, content)
    return [*lines, f"Settings written to {output}. {then}"]


def _asked_of(publisher: str) -> first_settings.Answers:
    """Ask what no file of a publisher tells; the usual answer where nobody can be asked."""
    usual = first_settings.Answers(publisher)
    if not sys.stdin.isatty():
        return usual
    days = click.prompt("New figures come how many days after a month's end, from-to", "1-28")
    numbers = [int(text) for text in re.findall(r"\d+", days)][:2] or usual.due
    kinds = click.Choice(("unknown", "parts", "none"))
    absent = click.prompt("A month without a line is", usual.absent, type=kinds)
    jumps = click.confirm("Are the counts known to jump and stay, as decisions make them?")
    return first_settings.Answers(publisher, (min(numbers), max(numbers)), absent, jumps)


def show_config(settings: Settings) -> str:
    """Print every setting in force; secrets are hidden."""
    return json.dumps(environment.masked(settings.config), indent=2)


# -- page -----------------------------------------------------------------------------------------


def web(
    settings: Settings, host: str, port: int, names: tuple[str, ...], allow_others: bool
) -> None:
    """Serve the page, read-only, until stopped."""
    server.refuse_others(host, allow_others)
    snapshot = server.snapshot_of(settings.db, settings.config)
    logs.set_up(settings.config)
    with leaving_when_terminated(0), server.listen(host, port) as listening:
        from jobs.web.app import Site  # slow to load: the port is taken first
        from jobs.web.worker import CHECK, OF_TEXTS, QueryServer

        held.close(held.hold(snapshot, 1))  # says what is wrong before anybody asks
        site = Site(
            settings.db,
            snapshot,
            (*names, host),
            server.folder_of(settings.db, settings.config),
            settings.config.site.address,
            totals=settings.context.source.totals,
            tables=QueryServer(snapshot),
            checker=QueryServer(snapshot, task=CHECK, refusals=OF_TEXTS),
        )
        site.long_checker = QueryServer(snapshot, task=CHECK, refusals=OF_TEXTS)
        site.examples = holes.words_of(settings.context.source)["questions"]
        place = f"[{host}]" if ":" in host else host
        address = f"http://{place}:{listening.getsockname()[1]}"
        server.serve(site, listening, lambda: click.echo(f"{address} (Ctrl-C ends it)"))


def site(settings: Settings, out: Path | None, unpack: bool) -> Iterator[str]:
    """Write the page as files, for any web server or none."""
    folder = out or server.folder_of(settings.db, settings.config)
    if folder is None:
        raise ConfigError(settings.source, "site.folder", "is empty; set it, or name one with -o")
    with reading(settings) as record, progress() as report:
        run = record.run.id
        written, unchanged = pages.build(
            record.connection,
            settings.context,
            folder,
            months.today(),
            settings.config.site.address,
            report=report,
        )
    if unpack:
        yield f"{folder}: {output.unpack(folder):,} files of earlier runs unpacked under as-of/."
    if not written:
        yield f"{folder}: nothing has changed since run {run} was written."
        return
    others = f"; {unchanged:,} others were up to date" if unchanged else ""
    yield f"{folder}: {written:,} files written{others}. Open"
    yield f"{(folder / 'index.html').absolute()}"


def mcp(settings: Settings) -> None:
    """Answer assistants, over the Model Context Protocol on stdio."""
    try:
        from jobs.assistants import server as answering
    except ImportError:
        problem = "needs a library: pip install 'bordercast[mcp]'"
        raise ConfigError("bordercast mcp", "library", problem) from None
    answering(settings).run("stdio")
