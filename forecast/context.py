"""What a command, a wake or a reader works on: made once by whoever starts, and passed on."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.config import Config, PublishedSection, SourceSection, source_section
from forecast.errors import BordercastError, ConfigError
from forecast.intake.sources import registry
from forecast.store import connect, measures

if TYPE_CHECKING:
    from sqlite_utils import Database

    from forecast.intake.sources.contract import Source


@dataclass(frozen=True)
class Context:
    """A record, its settings, and the sources whose counts it holds.

    path : of the database, which need not exist yet.
    sources : by name; the first is what commands are about that name none.
    """

    path: Path
    config: Config
    sources: Mapping[str, Source]

    @property
    def source(self) -> Source:
        """The first source."""
        return next(iter(self.sources.values()))

    @classmethod
    def open(cls, path: Path, config: Config) -> Context:
        """The context of a record, by its settings and by what it holds.

        Raises
        ------
        ConfigError : the settings and the record are of different sources.
        """
        section = config.sources[0] if config.sources else None
        kept, totals = _of_record(path)
        if section is None:
            section = kept
        elif kept and kept.name != section.name:
            problem = (
                f"{path} is a record of {kept.name!r}, not of {section.name!r}: a "
                "record holds one source; name another database with --db"
            )
            raise ConfigError("config.toml", "sources.name", problem)
        elif totals and not kept:
            problem = f"{path} is a record of another source; name another database with --db"
            raise ConfigError("config.toml", "sources.name", problem)
        return cls(path, config, _by_name(section, totals))

    def taken(self, db: Database) -> Context:
        """Keep the source's words in the record, and return the context with the series it has now.

        Without settings nothing is kept, and nothing is new.
        """
        if not self.config.sources:
            return self
        section = self.config.sources[0]
        measures.save_section(db, section.model_dump(mode="json"))
        return replace(self, sources=_by_name(section, measures.totals(db)))


def source_of(connection: Database | sqlite3.Connection) -> Source:
    """The source of an open record, by what it holds alone."""
    kept = measures.section(connection)
    section = source_section(kept) if kept else None
    return next(iter(_by_name(section, measures.totals(connection)).values()))


def _by_name(section: SourceSection | None, totals: list[str]) -> dict[str, Source]:
    if section is None or isinstance(section, PublishedSection):
        source = registry.find(section.name if section else "cbp_encounters")
        return {source.name: source}
    # Its reader needs numpy, which would make `--help` and every command on encounters slower.
    from forecast.intake.sources.own_counts.source import own_counts

    source = own_counts(section)
    parts = tuple(name for name in totals if name != source.totals.whole)
    return {source.name: replace(source, totals=replace(source.totals, parts=parts))}


def _of_record(path: Path) -> tuple[SourceSection | None, list[str]]:
    """What the record says; nothing where there is none, or none that can be read."""
    if not path.exists():
        return None, []
    try:
        with closing(connect.read(path)) as connection:
            kept = measures.section(connection)
            return source_section(kept) if kept else None, measures.totals(connection)
    except (BordercastError, sqlite3.Error, ValueError):  # `verify` says what is wrong
        return None, []
