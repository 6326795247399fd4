"""What the commands share: settings, reading, printing."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from forecast import months
from forecast.errors import BordercastError, ConfigError, DataError
from forecast.sources import catalog
from forecast.store import connect, read
from forecast.types import DEFAULT_SOURCE
from forecast.words import without_controls

if TYPE_CHECKING:
    from rich.console import Console

    from forecast.config import Config
    from forecast.context import Context
    from forecast.sources.source import Source
    from forecast.sources.wording import Halves
    from forecast.store.read import RunRow
    from forecast.store.wakes import FilesAsOf
    from forecast.types import SeriesKey
    from jobs.arrivals.arrival import IngestResult
    from jobs.pipeline.refits import Report


class KnownName(click.ParamType[str]):
    """One of some names, which are asked for when a command is, so that `--help` need not know."""

    name = "choice"

    def __init__(self, names: Callable[[click.Context | None], Iterable[str]]) -> None:
        self._names = names

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name, if it is one of those there are now."""
        return str(self._choice(ctx).convert(value, param, ctx))

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """Return the names, as help shows them."""
        return self._choice(ctx).get_metavar(param, ctx)

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str | None:
        """Return the names, where none was given."""
        return self._choice(ctx).get_missing_message(param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that begin so."""
        return self._choice(ctx).shell_complete(ctx, param, incomplete)

    def _choice(self, ctx: click.Context | None) -> click.Choice[str]:
        return click.Choice(tuple(self._names(ctx)))


def _totals(ctx: click.Context | None) -> tuple[str, ...]:
    settings = ctx.find_root().obj if ctx else None
    source: Source = settings.context.source if settings else catalog.find(DEFAULT_SOURCE)
    return source.totals.every


TOTAL = KnownName(_totals)


class Settings:
    """What every command is given: the settings and the database's place."""

    def __init__(self, config_path: Path | None, db: Path | None, measure: str = "") -> None:
        from forecast import config
        from forecast.context import Context
        from jobs import environment

        environment.refuse_unknown()
        file = config_path or config.found()
        self.source = str(file or "defaults")
        settings = config.load(file)
        self.db = connect.place(db or Path(settings.service.db))
        config.refuse_places(settings, self.db, self.source)
        self.context = Context.open(self.db, settings)
        self.choose(measure)
        self.sound: FilesAsOf = ()  # of the record, where a command has looked

    def choose(self, measure: str) -> None:
        """Be about the measure so called; "" leaves all, the first one in front."""
        self.context = self.context.named(measure)
        self._one = bool(measure)

    @property
    def config(self) -> Config:
        """The settings as they were written; `context.config` has them for one measure."""
        return self.context.settings

    def asked(self) -> list[Context]:
        """Return the measures that a command is about: the one that was named, or all there are."""
        return [self.context] if self._one else self.context.each()

    def about(self, context: Context) -> Settings:
        """Return the same settings about one measure."""
        chosen = copy(self)
        chosen.context = context
        return chosen

    def renew(self) -> None:
        """See which series the record has now, after something was taken in."""
        from forecast.context import Context

        renewed = Context.open(self.db, self.context.settings)
        self.context = renewed.about(self.context.name)


def words_of_help(config_path: Path | None, db: Path | None) -> Settings | None:
    """What tells whose counts `--help` is about; settings are checked only where they may tell."""
    try:
        path = config_path or Path("config.toml")
        content = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        place = db or Path(content.get("service", {}).get("db", "bordercast.db"))
        if not content.get("sources") and not _source_of(place):
            return None
    except (BordercastError, OSError, ValueError, AttributeError, sqlite3.Error):
        pass
    with suppress(BordercastError):
        return Settings(config_path, db)
    return None


def _source_of(db: Path) -> bool:
    if not db.exists():
        return False
    with closing(connect.read(connect.place(db))) as connection:
        from forecast.store import measures

        return measures.section(connection) is not None


def as_month(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """A month as YYYY-MM, however it was typed, or a usage error that says how to write it."""
    try:
        return None if value is None else months.typed(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def typed_line(text: str) -> str:
    """Return a name or a reason that a person gave; nothing in it that a terminal would obey."""
    words = " ".join(text.split())
    if not words:
        raise click.BadParameter("write it as text")
    if not words.isprintable():
        raise click.BadParameter(f"{words!r} holds characters that cannot be printed")
    return words


@contextmanager
def reading(settings: Settings) -> Iterator[sqlite3.Connection]:
    """The database as it stands at one moment; VerifyError if what it holds was edited."""
    from forecast.store import wakes

    settings.sound = wakes.require_intact(settings.db, settings.sound)
    with connect.moment(settings.db) as connection:
        settings.context.scope(connection)
        yield connection


def series_key(connection: sqlite3.Connection, name: str, source: Source) -> SeriesKey:
    """Return the series so named; SeriesNameError lists what it could be."""
    from forecast.sources.names import SeriesNames

    return SeriesNames(read.series_keys(connection), source=source).find(name)


def halves_published(connection: sqlite3.Connection, source: Source) -> dict[str, Halves | None]:
    """At ports of entry and between ports, of each total's newest month; None where not known.

    Empty where counts have no halves.
    """
    from forecast.desk import facts as month_facts

    every = source.totals.every if source.hierarchy.both_halves else ()
    return {total: month_facts.newest(connection, total, source).halves for total in every}


def waiting_totals(connection: sqlite3.Connection, through: str, source: Source) -> dict[str, str]:
    """Totals without a forecast in the last run, and the figures that bring one, in words."""
    from forecast.desk.sentences.ahead import waiting_words

    forecast = {row["border"] for row in read.forecasts(connection, source.totals)}
    return {
        key.total: waiting_words(read.counts(connection, key), through)
        for key in read.series_keys(connection)
        if key.headline and key.total not in forecast
    }


def old_figures(run: RunRow, source: Source) -> str:
    """Return a sentence if the next figures are overdue, else ""."""
    from forecast import months
    from forecast.desk.sentences.trust import old_words

    return old_words(run.data_through, source, months.today())


def published_words(connection: sqlite3.Connection, total: str, source: Source) -> str:
    """A total's newest month in a few sentences: the count, both halves, against its forecast."""
    from forecast.desk import facts as month_facts
    from forecast.desk.sentences import monthly
    from forecast.words import capital

    facts = month_facts.newest(connection, total, source)
    standing = f"{capital(monthly.standing(facts))}."
    return " ".join((monthly.headline(facts), *monthly.halves_sentence(facts), standing))


def latest_run(connection: sqlite3.Connection, settings: Settings) -> RunRow:
    """Return the last published run; ConfigError before the first."""
    from forecast.store import read

    latest = read.latest_run(connection)
    if latest is None:
        withdrawn = read.last_withdrawn(connection)
        problem = (
            f"run {withdrawn} was withdrawn, and there is no other; the next one follows when a "
            "file, a setting or the program has changed"
            if withdrawn
            else "nothing is published yet; start with `bordercast run`"
        )
        raise ConfigError(str(settings.db), "--db", problem)
    return latest


def quote(run: RunRow) -> str:
    """Return which run something rests on, and how to check that the record still says so."""
    from forecast.words import check_command

    check = check_command(run.id, run.digest)
    return f"run {run.id}, digest {run.digest}\nTo check it: {check}"


def origin(run: RunRow) -> dict[str, str]:
    """Return the same, as a file keeps it."""
    from forecast.words import check_command

    check = check_command(run.id, run.digest)
    return {"run": str(run.id), "digest": run.digest, "check": check}


@contextmanager
def progress(quiet: bool) -> Iterator[Report]:
    """A bar on a terminal, a line a step elsewhere, nothing where a program reads."""
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    if quiet or not sys.stderr.isatty():
        yield _lines(quiet)
        return
    tasks: dict[str, TaskID] = {}
    columns = (
        TextColumn("{task.description}", "progress.description", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=total)
            progress.update(tasks[step], completed=done)

        yield report


def _lines(quiet: bool) -> Report:
    def report(step: str, done: int, total: int) -> None:
        if not quiet and done == total:
            click.echo(f"{step}: {total} done", err=True)

    return report


def console(stderr: bool = False) -> Console:
    """As wide as COLUMNS says, or else wide enough for our tables, where there is no terminal.

    A str is text: names from files have brackets and colons in them, "Ward [closed]".
    """
    from rich.console import Console

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


@contextmanager
def leaving_when_terminated(code: int) -> Iterator[None]:
    """Take SIGTERM for SystemExit with this code: what is temporary is removed on the way out."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(code))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def say_taken(taken: Iterable[IngestResult]) -> None:
    """A line a file: accepted and held ones on stdout, refused ones with the reason on stderr."""
    for file in taken:
        if file.outcome == "refused":
            click.echo(f"bordercast: refused: {without_controls(file.reason)}", err=True)
        else:
            click.echo(f"{file.file_name}: {file.outcome}, data through {file.data_through}")
        if file.warning:
            click.echo(f"bordercast: warning: {file.warning}", err=True)


def refuse_if_any(taken: Iterable[IngestResult]) -> None:
    """Exit code 3 if a file was refused; each has been reported already."""
    if any(file.outcome == "refused" for file in taken):
        raise click.exceptions.Exit(DataError.exit_code)


def print_json(value: Any, source: Source) -> None:
    """For programs, under the keys that files of the source in use have."""
    from forecast.sources.wording import in_keys

    click.echo(json.dumps(in_keys(value, source), indent=2))
