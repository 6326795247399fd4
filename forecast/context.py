"""What a command, a wake or a reader works on: made once by whoever starts, and passed on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING

from forecast.config import (
    Config,
    CountsSection,
    PublishedSection,
    SourceSection,
    source_section,
)
from forecast.errors import BordercastError, ConfigError
from forecast.sources import catalog
from forecast.store import connect, measures, years
from forecast.types import DEFAULT_SOURCE
from forecast.words import like

if TYPE_CHECKING:
    from forecast.sources.source import ReadRelease, Source


@dataclass(frozen=True)
class Context:
    """A record, its settings, and the sources whose counts it holds.

    path : of the database, which need not exist yet.
    config : the settings, with the source that this is about as the only one.
    sources : every source of the record by name, in its order.
    name : of the source that this is about.
    settings : the settings as they were written, for all sources.
    reader : what reads a file that arrived; None for a process of its own.
    """

    path: Path
    config: Config
    sources: Mapping[str, Source]
    name: str
    settings: Config
    reader: Callable[..., ReadRelease] | None = None

    @property
    def source(self) -> Source:
        """The source that this is about."""
        return self.sources[self.name]

    @classmethod
    def open(cls, path: Path, config: Config) -> Context:
        """Return the context of a record's first source, by its settings and by what it holds.

        ConfigError if the settings and the record are of different sources, or have other series.
        """
        # The record's word comes first: settings may have been lost, counts have not.
        recorded = _of_record(path)
        sections = {section.name: section for section in config.sources}
        first = next(iter(recorded), None)
        if first and sections and first not in sections:
            named = " and ".join(map(repr, sections))
            problem = (
                f"{path} is a record of {first!r}, not of {named}; add that source to the "
                "settings, or name another database with --db"
            )
            raise ConfigError("config.toml", "sources.name", problem)
        if not sections:
            sections = {n: section for n, (section, _) in recorded.items() if section}
        added = [name for name in sections if name not in recorded]
        names = [*recorded, *added] or [DEFAULT_SOURCE]
        sources = {}
        for name in names:
            section, totals = recorded.get(name, (None, []))
            written = sections.get(name)
            if isinstance(written, CountsSection) and isinstance(section, CountsSection):
                written = written.model_copy(update={"agreed": section.agreed})
            sources[name] = source_by_section(written or section, totals)
        _refuse_unknown(config, sources.values())
        return cls(path, config, sources, names[0], config).about(names[0])

    def about(self, name: str) -> Context:
        """The context of another source of the record; KeyError if it has none of that name."""
        return replace(self, config=self.settings.of(name), name=self.sources[name].name)

    def named(self, word: str) -> Context:
        """The context of the source so called, by its name or by what it counts; "" is this one.

        ConfigError if the record has none of that name.
        """
        called = self.called()
        if word and word.lower() not in called:
            nouns = ", ".join(source.measure.noun for source in self.sources.values())
            raise ConfigError(word, "--measure", f"the record holds {nouns}")
        return self.about(called[word.lower()]) if word else self

    def called(self) -> dict[str, str]:
        """Return what a source may be called, in small letters -> its name."""
        called = {source.measure.noun.lower(): name for name, source in self.sources.items()}
        return called | {name: name for name in self.sources}

    def each(self) -> list[Context]:
        """Return a context for each source of the record, the first one first."""
        return [self.about(name) for name in self.sources]

    def scope(self, connection: Connection) -> None:
        """Make a connection about this source's measure.

        ConfigError if the settings name the source, and no run has begun it yet.
        """
        there = measures.named(connection)
        if self.name in there:
            measures.scope(connection, there[self.name])
        elif there:
            problem = f"nothing is published of {self.name!r} yet; `bordercast run` begins it"
            raise ConfigError(str(self.path), "--measure", problem)

    def begun(self) -> bool:
        """Return whether the record has this source's measure already."""
        if not self.path.exists():
            return False
        with closing(connect.read(self.path)) as connection:
            return self.name in measures.named(connection)

    def begin(self, db: Connection, now: datetime) -> None:
        """Make a writing connection about this source's measure, which is added if it is new."""
        # The first source owns what was recorded before there were several.
        there = measures.named(db)
        if there and self.name not in there:
            section = next(iter(self.config.sources), PublishedSection(kind=DEFAULT_SOURCE))
            measures.add(db, section.words(), now)
        else:
            self.scope(db)
        years.keep(db, self.source.calendar)

    def taken(self, db: Connection, now: datetime) -> Context:
        """Keep the source's words in the record, and return the context with the series it has now.

        Without settings nothing is kept, and nothing is new.
        """
        section = next(iter(self.config.sources), None)
        if section is None:
            return self
        if section.name != DEFAULT_SOURCE:
            measures.save_section(db, section.words(), now)
            section = source_section(measures.section(db) or section.words())
        sources = dict(self.sources) | {self.name: source_by_section(section, measures.totals(db))}
        # What a person says of a series changes numbers, so that a run is due.
        config = self.config.model_copy(update={"sources": (section,)})
        return replace(self, sources=sources, config=config)

    def takes(self, file_name: str) -> bool:
        """Return whether a file is for this source: its own, or nobody's and this is the first."""
        if _is_named(file_name, self.source):
            return True
        # A file that nobody knows goes to the first source, which says what is wrong with it.
        strange = not any(_is_named(file_name, source) for source in self.sources.values())
        return strange and self.name == next(iter(self.sources))

    def passes_on(self, file_name: str) -> bool:
        """Whether a source after this one takes the file as well, as seizures and pounds do."""
        names = list(self.sources)
        later = names[names.index(self.name) + 1 :]
        return any(catalog.parse_name(file_name, self.sources[name]) for name in later)


def _refuse_unknown(config: Config, sources: Collection[Source]) -> None:
    """ConfigError where a threshold is of a series that no source has."""
    known = [total for source in sources for total in source.totals.every]
    begun = all(source.totals.every for source in sources)  # before the first delivery none are
    for threshold in config.thresholds if begun else ():
        if threshold.series not in known:
            choices = like(threshold.series, known)
            problem = f"{threshold.series!r} is no series of the record; {choices}"
            raise ConfigError("config.toml", "thresholds.series", problem)


def _is_named(file_name: str, source: Source) -> bool:
    """Whether a source's files are called so."""
    plain = file_name.removesuffix(".gz")
    by_pattern = source.pattern not in ("", "*") and fnmatch(plain, source.pattern)
    return by_pattern or catalog.parse_name(file_name, source) is not None


def source_of(connection: Connection) -> Source:
    """Return the source that a connection to a record is about, by what the record holds alone."""
    stored = measures.section(connection)
    section = source_section(stored) if stored else None
    return source_by_section(section, measures.totals(connection))


def sources_of(connection: sqlite3.Connection) -> list[Source]:
    """Return the sources of an open record, the first one first, by what it holds alone."""
    records = _recorded(connection).values()
    return [source_by_section(*record) for record in records] or [source_of(connection)]


def source_by_section(section: SourceSection | None, totals: Sequence[str] = ()) -> Source:
    """The source of a section of the settings; without one, the source that records begin with.

    totals : the series that the record has of it, where the section does not name them.
    """
    if section is None or isinstance(section, PublishedSection):
        if section and section.table:
            return catalog.described(section.name, section.table)
        return _published(section.name if section else DEFAULT_SOURCE)
    # Its reader needs numpy, which would make `--help` and every command on encounters slower.
    from forecast.sources.own.source import own_counts

    return own_counts(section).with_totals(totals)


def _published(name: str) -> Source:
    # A source that only stands beside another has no record of its own.
    with suppress(KeyError):
        source = catalog.find(name)
        if not source.beside:
            return source
    known = [source.name for source in catalog.every().values() if not source.beside]
    problem = f"{name!r} is no source; there are counts, {', '.join(known)}"
    raise ConfigError("config.toml", "sources.kind", problem)


_Recorded = tuple[SourceSection | None, list[str]]
"""What a record says of one of its sources: its section of the settings, and its totals."""


def _of_record(path: Path) -> dict[str, _Recorded]:
    """What the record says, by source; nothing where there is none, or none that can be read."""
    if not path.exists():
        return {}
    try:
        with closing(connect.read(path)) as connection:
            return _recorded(connection)
    except (BordercastError, sqlite3.Error, ValueError):  # `verify` says what is wrong
        return {}


def _recorded(connection: sqlite3.Connection) -> dict[str, _Recorded]:
    records: dict[str, _Recorded] = {}
    for name, number in measures.named(connection).items():
        with measures.scoped(connection, number):
            stored = measures.section(connection)
            section = source_section(stored) if stored else None
            if isinstance(section, PublishedSection) and not section.table:
                _published(section.name)  # a kind that no program knows is no source's words
            records[name] = section, measures.totals(connection)
    return records
