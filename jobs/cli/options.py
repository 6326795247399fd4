"""What the commands share: settings, the record, what happens on the way."""

from __future__ import annotations

import signal
import sqlite3
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from forecast import months
from forecast.errors import BordercastError, ConfigError, DataError
from forecast.sources import catalog
from forecast.store import connect
from forecast.words import NEXT_RUN, check_command, withdrawn_alone, without_controls

if TYPE_CHECKING:
    from forecast.config import Config
    from forecast.context import Context
    from forecast.sources.names import SeriesNames
    from forecast.sources.source import Source
    from forecast.sources.wording import Halves
    from forecast.store.read import RunRow
    from forecast.store.wakes import FilesAsOf
    from forecast.types import SeriesKey
    from jobs.arrivals.arrival import IngestResult


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
    from forecast.types import DEFAULT_SOURCE

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
        """Return the settings as they were written; `context.config` has them for one measure."""
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
    """Return what tells whose counts `--help` is about; settings are checked where they may."""
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


AS_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")


def out_option(about: str, folder: bool = False, **more: Any) -> Callable[[Any], Any]:
    """Return the option of a file, or of a folder, to write."""
    kind = click.Path(file_okay=not folder, dir_okay=folder, path_type=Path)
    return click.option("-o", "--out", type=kind, help=about, **more)


def as_month(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Return a month as YYYY-MM, however it was typed; a usage error says how to write it."""
    try:
        return None if value is None else months.typed(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def month_option(*names: str, **more: Any) -> Callable[[Any], Any]:
    """Return an option that is a month."""
    return click.option(*names, callback=as_month, metavar="YYYY-MM", **more)


def typed_line(text: str) -> str:
    """Return a name or a reason that a person gave; nothing in it that a terminal would obey."""
    words = " ".join(text.split())
    if not words:
        raise click.BadParameter("write it as text")
    if not words.isprintable():
        raise click.BadParameter(f"{words!r} holds characters that cannot be printed")
    return words


class OpenRecord:
    """The record at one moment, about one measure, as the commands read it."""

    def __init__(self, connection: sqlite3.Connection, settings: Settings) -> None:
        self.connection, self.settings = connection, settings
        self.source = settings.context.source

    @cached_property
    def run(self) -> RunRow:
        """Return the last published run; ConfigError before the first."""
        from forecast.store import queries, read

        latest = read.latest_run(self.connection)
        if latest is None:
            (withdrawn,) = queries.column(self.connection, "last_withdrawn")
            raise self.refused(
                "--db",
                f"{withdrawn_alone(withdrawn)}; {NEXT_RUN}"
                if withdrawn
                else "nothing is published yet; start with `bordercast run`",
            )
        return latest

    def published(self) -> OpenRecord:
        """Return the same; ConfigError before the first run."""
        _ = self.run
        return self

    @cached_property
    def names(self) -> SeriesNames:
        """Return the series that are held, by name."""
        from forecast.sources.names import SeriesNames
        from forecast.store import read

        return SeriesNames(read.series_keys(self.connection), source=self.source)

    def find(self, name: str) -> SeriesKey:
        """Return the series so named; SeriesNameError lists what it could be."""
        return self.names.find(name)

    def refused(self, argument: str, problem: str) -> ConfigError:
        """Return the error of an argument that this record has no answer to."""
        return ConfigError(str(self.settings.db), argument, problem)

    @property
    def stamp(self) -> dict[str, Any]:
        """Return the run that an answer rests on, for programs."""
        return {"run": self.run.id, "digest": self.run.digest}

    @property
    def origin(self) -> dict[str, str]:
        """Return the same, as a file keeps it."""
        check = check_command(self.run.id, self.run.digest)
        return {"run": str(self.run.id), "digest": self.run.digest, "check": check}

    @property
    def quoted(self) -> str:
        """Return the same in words, and how to check that the record still says so."""
        check = check_command(self.run.id, self.run.digest)
        return f"run {self.run.id}, digest {self.run.digest}\nTo check it: {check}"

    @property
    def old(self) -> str:
        """Return a sentence if the next figures are overdue, else ""."""
        from forecast.desk.sentences.trust import old_words

        return old_words(self.run.data_through, self.source, months.today())

    def halves(self) -> dict[str, Halves | None]:
        """Return what came at and between ports, of each total's newest month; None if not known.

        Empty where counts have no halves.
        """
        from forecast.desk import facts

        every = self.source.totals.every if self.source.hierarchy.both_halves else ()
        return {total: facts.newest(self.connection, total, self.source).halves for total in every}

    def waiting(self) -> dict[str, str]:
        """Say which totals the last run has no forecast of, and the figures that bring one."""
        from forecast.desk.sentences.ahead import waiting_words
        from forecast.store import read

        ahead = {row["border"] for row in read.forecasts(self.connection, self.source.totals)}
        return {
            key.total: waiting_words(read.counts(self.connection, key), self.run.data_through)
            for key in read.series_keys(self.connection)
            if key.headline and key.total not in ahead
        }


@contextmanager
def reading(settings: Settings) -> Iterator[OpenRecord]:
    """Open the record as it stands at one moment; VerifyError if what it holds was edited."""
    from forecast.store import wakes

    settings.sound = wakes.require_intact(settings.db, settings.sound)
    with connect.moment(settings.db) as connection:
        settings.context.scope(connection)
        yield OpenRecord(connection, settings)


@contextmanager
def leaving_when_terminated(code: int) -> Iterator[None]:
    """Take SIGTERM for SystemExit with this code: what is temporary is removed on the way out."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(code))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def say_taken(taken: Iterable[IngestResult]) -> None:
    """Print a line a file: accepted and held ones on stdout, refused ones, and why, on stderr."""
    for file in taken:
        if file.outcome == "refused":
            click.echo(f"bordercast: refused: {without_controls(file.reason)}", err=True)
        else:
            click.echo(f"{file.file_name}: {file.outcome}, data through {file.data_through}")
        if file.warning:
            click.echo(f"bordercast: warning: {file.warning}", err=True)


def refuse_if_any(taken: Iterable[IngestResult]) -> None:
    """Exit with code 3 if a file was refused; each has been reported already."""
    if any(file.outcome == "refused" for file in taken):
        raise click.exceptions.Exit(DataError.exit_code)
