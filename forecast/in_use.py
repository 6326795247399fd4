"""Which source a process is about: said once, from the settings and the record, when it starts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.config import Config, PublishedSection, SourceSection, source_section
from forecast.errors import BordercastError, ConfigError
from forecast.intake.sources import registry
from forecast.store import connect, measures

if TYPE_CHECKING:
    from sqlite_utils import Database


def start(path: Path, config: Config) -> None:
    """Say whose counts this process is about.

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
    _use(section, totals)


def of_connection(connection: Database | sqlite3.Connection) -> None:
    """The same from a record alone."""
    kept = measures.section(connection)
    _use(source_section(kept) if kept else None, measures.totals(connection))


def taken(db: Database, config: Config) -> None:
    """Keep the source's words in the record, and see which series it has now."""
    if config.sources:
        section = config.sources[0]
        measures.save_section(db, section.model_dump(mode="json"))
        _use(section, measures.totals(db))


def _use(section: SourceSection | None, totals: list[str]) -> None:
    if section is None or isinstance(section, PublishedSection):
        registry.use(registry.find(section.name if section else "cbp_encounters"))
        return
    # Its reader needs numpy, which would make `--help` and every command on encounters slower.
    from forecast.intake.sources.own_counts.source import own_counts

    registry.use(own_counts(section), totals)


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
