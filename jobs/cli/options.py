"""What the commands share: settings, the record, what is said on the way."""

from __future__ import annotations

import signal
import sqlite3
import sys
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.errors import BordercastError, DataError
from forecast.store import connect
from forecast.words import without_controls

if TYPE_CHECKING:
    from forecast.config import Config
    from forecast.context import Context
    from forecast.store.wakes import FilesAsOf
    from forecast.tables.grid import ReadAs
    from jobs.arrivals.arrival import IngestResult


class Settings:
    """What every command is given: the settings and the database's place."""

    def __init__(self, config_path: Path | None, db: Path | None, measure: str = "") -> None:
        from forecast import config
        from forecast.context import Context
        from jobs import environment

        environment.refuse_unknown()  # a misspelled variable would change nothing, unnoticed
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
        if not content.get("sources"):
            # A record of figures that come with the program says nothing: help has their words.
            if not place.exists():
                return None
            from forecast.store import measures

            with closing(connect.read(connect.place(place))) as connection:
                if measures.section(connection) is None:
                    return None
    except (BordercastError, OSError, ValueError, AttributeError, sqlite3.Error):
        pass  # a broken file is named when a command runs; help is shown all the same
    with suppress(BordercastError):
        return Settings(config_path, db)
    return None


def read_as(decimal: str | None, dates: str | None, fiscal_start: int | None, **own: Any) -> ReadAs:
    """Return what a user says of a table that does not say it itself: the options of [reading]."""
    from forecast.tables.grid import ReadAs

    mark = {"point": ".", "comma": ",", None: ""}[decimal]
    own["over"] = own.get("over") or ""
    return ReadAs(**own, decimal=mark, dates=dates or "", fiscal_start=fiscal_start or 0)


@contextmanager
def leaving_when_terminated(code: int) -> Iterator[None]:
    """Take SIGTERM for SystemExit with this code: what is temporary is removed on the way out."""
    # By default SIGTERM ends Python at once, and leaves half a copy behind.
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
            lines += [f"Read: {without_controls(file.notes)}"] if file.notes else []
        if file.warning:
            click.echo(f"bordercast: warning: {file.warning}", err=True)
    return lines


def refused_code(taken: Iterable[IngestResult]) -> int:
    """Return exit code 3 if a file was refused, which has been reported already, else 0."""
    return DataError.exit_code if any(file.outcome == "refused" for file in taken) else 0
