"""What the commands share: settings, the record, what is said on the way."""

from __future__ import annotations

import signal
import sqlite3
import sys
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast import months
from forecast.errors import BordercastError, ConfigError, DataError, SeriesNameError
from forecast.store import connect
from forecast.words import NEXT_RUN, check_command, withdrawn_alone, without_controls

if TYPE_CHECKING:
    from forecast.config import Config
    from forecast.context import Context
    from forecast.sources.names import SeriesNames
    from forecast.sources.wording import Halves
    from forecast.store.read import RunRow
    from forecast.store.wakes import FilesAsOf
    from forecast.tables.grid import ReadAs
    from forecast.types import SeriesKey
    from jobs.arrivals.arrival import IngestResult


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
        renewed = type(self.context).open(self.db, self.context.settings)
        self.context = renewed.about(self.context.name)


def words_of_help(config_path: Path | None, db: Path | None) -> Settings | None:
    """Return what tells whose counts `--help` is about; settings are checked where they may."""
    try:
        path = config_path or Path("config.toml")
        content = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        place = db or Path(content.get("service", {}).get("db", "bordercast.db"))
        if not content.get("sources") and not _says_its_source(place):
            return None
    except (BordercastError, OSError, ValueError, AttributeError, sqlite3.Error):
        pass
    with suppress(BordercastError):
        return Settings(config_path, db)
    return None


def _says_its_source(db: Path) -> bool:
    if not db.exists():
        return False
    from forecast.store import measures

    with closing(connect.read(connect.place(db))) as connection:
        return measures.section(connection) is not None


def read_as(decimal: str | None, dates: str | None, fiscal_start: int | None, **own: Any) -> ReadAs:
    """Return what a user says of a table that does not say it itself: the options of [reading]."""
    from forecast.tables.grid import ReadAs

    mark = {"point": ".", "comma": ",", None: ""}[decimal]
    return ReadAs(**own, decimal=mark, dates=dates or "", fiscal_start=fiscal_start or 0)


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

    @cached_property
    def names(self) -> SeriesNames:
        """Return the series that are held, by name."""
        from forecast.sources.names import SeriesNames
        from forecast.store import read

        return SeriesNames(read.series_keys(self.connection), source=self.source)

    def find(self, name: str) -> SeriesKey:
        """Return the series so named; SeriesNameError lists what it could be."""
        return self.names.find(name)

    def total(self, name: str, problem: str = "") -> str:
        """Return the total so named; SeriesNameError, with a problem, for a part."""
        totals = self.source.totals
        key = self.find(name)
        if not key.headline:
            raise SeriesNameError(name, problem or f"name one of the {totals.many}", totals.every)
        return key.total

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
        run, _, check = self.origin.values()
        return f"run {run}, digest {self.run.digest}\nTo check it: {check}"

    @property
    def old(self) -> str:
        """Return a sentence if the next figures are overdue, else ""."""
        from forecast.desk.sentences.trust import old_words

        return old_words(self.run.data_through, self.source, months.today())

    def stale(self, key: SeriesKey) -> str:
        """Return a sentence if a part's newest figure is older than its total's, else ""."""
        from forecast.desk.sentences.trust import stale_words
        from forecast.store import queries

        values = (key.dimension, key.member, key.total)
        (newest,) = queries.rows(self.connection, "newest_months", values)
        return stale_words(newest["own"], newest["of_total"], source=self.source)

    def small(self, key: SeriesKey) -> str:
        """Return a sentence if a series is so small that little decides it, else ""."""
        from forecast.sources.wording import small_words
        from forecast.store import read

        return small_words(read.counts(self.connection, key), self.source)

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


def taken_lines(taken: Iterable[IngestResult]) -> list[str]:
    """Return a line for each file accepted or held; refused ones, and why, go to stderr now."""
    lines = []
    for file in taken:
        if file.outcome == "refused":
            click.echo(f"bordercast: refused: {without_controls(file.reason)}", err=True)
        else:
            lines.append(f"{file.file_name}: {file.outcome}, data through {file.data_through}")
        if file.warning:
            click.echo(f"bordercast: warning: {file.warning}", err=True)
    return lines


def refused_code(taken: Iterable[IngestResult]) -> int:
    """Return exit code 3 if a file was refused, which has been reported already, else 0."""
    return DataError.exit_code if any(file.outcome == "refused" for file in taken) else 0
