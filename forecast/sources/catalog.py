"""The sources there are: each folder below this one that has a `source.toml`.

A source is called as its folder, `cbp_encounters` for cbp/encounters, and where the folder has
several measures, with the measure's name behind it. So a source is found by its name, and no file
is read but its own: `--help` needs none, and `show` one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import forecast.sources
from forecast.errors import ConfigError

if TYPE_CHECKING:
    from forecast.described import SourceTable
    from forecast.sources.source import FileName, FileReader, Source

TABLE = "source.toml"
_ALIKE = (
    *("year_begins", "example", "kind", "help", "beside", "calm", "jumps", "rounded"),
    *("breaks", "terms", "absent"),
)


@cache
def find(name: str) -> Source:
    """Return the source so named.

    KeyError if there is none; ConfigError if its table lacks something.
    """
    # A name may begin like another's: cbp_drug_events is a measure of the folder cbp_drug.
    for folder in _folders():
        called = _called(folder)
        if name == called or name.startswith(f"{called}_"):
            table = _table(folder, name)
            if table is not None:
                return _source(name, table, folder)
    raise KeyError(name)


def described(name: str, section: Mapping[str, Any]) -> Source:
    """Return the source of a table in a folder of one's own; errors as `find`."""
    table = _frozen(dict(section))
    if "like" in table:
        like = next(folder for folder in _folders() if _called(folder) == table["like"])
        table = _over(_read(like), table)
    return _source(name, table, None)


def table(name: str) -> Mapping[str, Any]:
    """Return the table of the source so named, without making a source of it."""
    tables = (_table(folder, name) for folder in _folders() if name.startswith(_called(folder)))
    return next(content for content in tables if content is not None)


def names() -> list[str]:
    """Return the names of all sources; one that is like another comes after it."""
    folders = sorted(_folders(), key=lambda folder: ("like" in _read(folder), _parts(folder)))
    return [
        f"{_called(folder)}_{measure}" if measure else _called(folder)
        for folder in folders
        for measure in (_read(folder).get("measures") or [""])
    ]


def every() -> dict[str, Source]:
    """Return name -> source, of all that come with the program."""
    return {name: find(name) for name in names()}


def that_have(label: str, than: Source) -> list[str]:
    """Return what other sources count of a part so called, in small letters: seizures, pounds."""
    return [
        source.measure.noun
        for source in every().values()
        if source.name != than.name
        and not source.beside
        and label
        in {
            name.lower()
            for words in source.hierarchy.words.values()
            for key, word in words.items()
            for name in (key, word, *source.hierarchy.usual.get(key, ()))
        }
    ]


def other_nouns(than: Source) -> list[str]:
    """Return what other sources count, as a number's unit."""
    nouns = (source.measure.noun for source in every().values() if not source.beside)
    return [noun for noun in nouns if noun != than.measure.noun]


def source_of(file_name: str, own: Source) -> Source:
    """Return the source whose pattern a file's name fits; the record's own where it fits none.

    Of the record's own, and of those whose releases complete its record.
    """
    # Only these: a file of another record must not be read by its name alone.
    in_record = [own, *(source for source in every().values() if source.beside == own.name)]
    return next((source for source in in_record if source.parse_name(file_name)), own)


def parse_name(file_name: str, own: Source) -> FileName | None:
    """Return what a file's name says, None if it fits no source's pattern."""
    return source_of(file_name, own).parse_name(file_name)


# ---------------------------------------------------------------- source.toml


def _folders() -> list[Path]:
    # More than one where somebody puts a folder of sources beside the program.
    roots = map(Path, forecast.sources.__path__)
    folders = (table.parent for root in roots for table in root.rglob(TABLE))
    return sorted(folders, key=_parts)


def _called(folder: Path) -> str:
    return "_".join(_parts(folder))


def _parts(folder: Path) -> tuple[str, ...]:
    """Return a folder's place below the one of all sources."""
    root = next(root for root in map(Path, forecast.sources.__path__) if root in folder.parents)
    return folder.relative_to(root).parts


@cache
def _read(folder: Path) -> dict[str, Any]:
    """Return a folder's table, over that of the source it says it is like."""
    # Read once a process, and one folder only: `--help` shows what it costs.
    table: dict[str, Any] = _frozen(tomllib.loads((folder / TABLE).read_text(encoding="utf-8")))
    if "like" not in table:
        return table
    # Pounds differ from events in a dozen words; what is alike stands once.
    like = next(folder for folder in _folders() if _called(folder) == table["like"])
    return _over(_read(like), table)


def _table(folder: Path, name: str) -> dict[str, Any] | None:
    """Return the table of one of a folder's sources, None where none is so called."""
    table = dict(_read(folder))
    measures = table.pop("measures", None)
    measure = name.removeprefix(_called(folder)).removeprefix("_")
    if measures is None:
        return None if measure else table
    return _over(table, measures[measure]) | {"counted": measure} if measure in measures else None


def _over(base: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table over another: of a section each key in the place of the other's."""
    over = {**base, **table}
    for key, value in table.items():
        if isinstance(value, dict):
            over[key] = {**base.get(key, {}), **value}
    return over


def _frozen(value: Any) -> Any:
    """Return a table with tuples in the place of lists: it is kept, and may not change."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _source(name: str, settings: Mapping[str, Any], folder: Path | None) -> Source:
    # Its classes take as long to make as the rest of `--help`, which asks for no source.
    from forecast import described
    from forecast.agreed import with_kind
    from forecast.sources import source as kinds

    place = folder / TABLE if folder else Path(name)
    table = described.check(settings, place)
    measure = table.measure
    # Only what 1.0 knew keeps its names in views; others have the words of their kind. The tables
    # were made for the first of these measures.
    columns = kinds.PART_COLUMNS if "dimensions" in table.hierarchy else kinds.OWN_COLUMNS
    named = {"encounters": measure.noun, "encounters_before": f"{measure.noun}_before"}
    hierarchy, counted = table.parts(), measure.unit.removesuffix(" a month")
    halves = [replace(half, noun=half.noun.format(counted)) for half in hierarchy.halves]
    if table.agreement is None:
        raise ConfigError(str(place), "agreement", "is missing; every source says it")
    return kinds.Source(
        name=name,
        publisher=replace(table.publisher, **asdict(table.pages)),
        measure=replace(measure, caveat=with_kind(measure.caveat, table.kind)),
        # Without the defaults of own counts' words.
        totals=kinds.TotalWords(**settings.get("totals", {})),
        shipped=table.claims,
        hierarchy=replace(hierarchy, halves=tuple(halves)),
        agreement=table.agreement,
        due=table.days,
        layouts=tuple(table.file.layouts),
        # Made when a file is to be read: it imports what no look at the record needs.
        reader=cache(partial(_reader, folder, table)),
        columns={k: c for k, c in named.items() if k != c} if table.claims else columns,
        lexicon=partial(_texts, folder, table.lexicon) if folder and table.lexicon else None,
        settings=partial(_filled, folder / "settings.toml", {"kind": name} | table.settings)
        if folder and table.settings
        else None,
        **{field: getattr(table, field) for field in _ALIKE},
    )


def _reader(folder: Path | None, table: SourceTable) -> FileReader:
    """Return what reads a source's files: the reader beside its table, or what reads any file."""
    # A table of columns reads most CSV files; what it cannot say is code beside it.
    if folder and (folder / "reader.py").exists():
        module = ".".join(("forecast.sources", *_parts(folder), "reader"))
        made: FileReader = import_module(module).READER(table)
        return made
    from forecast.sources.published import LineReader

    return LineReader(table)


def _texts(folder: Path, names: Sequence[str]) -> list[str]:
    """Return what is written in files of a folder."""
    return [(folder / name).read_text(encoding="utf-8") for name in names]


def _filled(file: Path, words: Mapping[str, Any]) -> str:
    """Return what is written in a file, with words in its holes."""
    return file.read_text(encoding="utf-8").format(**words)
