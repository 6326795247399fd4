"""The first settings file: of all settings at their defaults, or made for a file of own counts."""

import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import numpy as np

from forecast import months
from forecast.agreed import KINDS, QuantityKind, kind_of
from forecast.config import load, parse
from forecast.engine import anyseries
from forecast.errors import ConfigError, DataError
from forecast.sources import catalog
from forecast.sources.own.reader import DECIMALS
from forecast.tables import read as table_reader
from forecast.tables.grid import ReadAs
from forecast.types import DEFAULT_SOURCE
from forecast.words import capital, month_words
from forecast.words import many as how_many
from models import base

FALSE_FLAGS = 0.4  # a month, over all series: about one in two or three months
SCORED = 24  # months for which other models are scored from the start
LEAST_ALPHA, MOST_ALPHA = 0.001, 0.02
_PLACES = ("clinic", "court", "shelter", "office", "site", "hospital", "school", "station", "place")
_NO_NOUNS = ("value", "values", "n", "total", "number", "wert", "valor", "valeur")
_WITHIN = ("region", "country", "county", "district", "state", "city", "town", "province", "area")

_ALL = """\
# Settings for every measure that the program comes with, in one record; see docs/measures.md.
# Every other setting has its default: `bordercast config init -o all.toml` writes them all, each
# with its meaning. The first source is the one that commands are about without --measure.

[[sources]]
kind = "cbp_encounters"

# What a source needs otherwise than the rest stands under it.
"""

_ALL_END = """\
[site]
folder = "site"                 # each run writes the pages of all measures into this folder
"""

_PARTS = """\
# part, parts: what is one level below a series, and several of them.
part = "{part}"
parts = "{many}"
"""

_NESTED = """\
# A {one} is a series. What column {inner} names in it are its parts: forecast as well, and so that
# they add up to it. To have series without parts, delete `part`, and name their column in `series`.
series = ["{outer}"]
part = "{inner}\""""


@dataclass(frozen=True)
class FirstSettings:
    """What a file was understood to be, as sentences, and the settings for it.

    source : the publisher's table that these name, and how they call it; "" where they have all.
    """

    lines: Sequence[str]
    settings: str
    source: str = ""
    name: str = ""


@dataclass(frozen=True)
class Answers:
    """What a file cannot tell of its publisher, as its operator answered."""

    publisher: str
    due: tuple[int, int] = (1, 28)
    absent: str = "parts"
    jumps: bool = False


@dataclass(frozen=True)
class _FileRead:
    """A file as it was read. below : the column of what is below a series, "" if none."""

    path: Path
    wanted: ReadAs
    read: table_reader.TableRead
    kind: QuantityKind
    below: str

    @property
    def singular(self) -> str:
        return _plain(self.read.series_column) or "series"

    @property
    def part(self) -> str:
        return _plain(self.below) or "part"

    @property
    def noun(self) -> str:
        noun = _plain(self.read.counts_column)
        return noun if re.search(r"[a-z]", noun) and noun not in _NO_NOUNS else "counts"

    @property
    def title(self) -> str:
        if self.below:
            return f"{capital(self.noun)} by {self.singular}"
        named = self.singular != "series"
        return f"{capital(self.singular)} {self.noun}" if named else capital(self.noun)


def understood(path: Path, wanted: ReadAs, of: Answers | None = None) -> FirstSettings:
    """Settings for a file of counts, or for a folder with such files; of : who publishes them.

    Errors are those of `tables.read.read_table`.
    """
    was = _read(_newest(path), wanted)
    table = was.read.counts
    sums = anyseries.sums_of(table)
    total = next(iter(sums), "") if KINDS[was.kind].parts else ""
    tolerance, missed = _tolerance(table, total)
    broken = not (of or table.whole.all() or was.wanted.over == "mean")
    to_do = f"a record keeps whole numbers; below [sources.columns] {DECIMALS}"
    lines = [
        *_as_read(was),
        *([f"note: {was.read.decimal}and {to_do}"] if broken else []),
        f"taken: what is counted is {was.noun!r}, each series is a {was.singular!r}",
        *_parts_taken(was),
        *(f"taken: {name} is the sum of the {many} others" for name, many in sums.items()),
        *missed,
    ]
    words = {
        **_words(was, path, of.publisher if of else ""),
        "total": _quoted(total),
        "tolerance": tolerance,
    }
    settings = _settings(was, path, words)
    if not of:
        return FirstSettings(lines, settings)
    name = str(words["name"])
    begin, end = settings.index("[[sources]]"), settings.index("[forecast]")
    named = f'[[sources]]\nkind = "{name}"  # sources/{name}/source.toml\n\n'
    of_source = _source(was, path, words, of)
    return FirstSettings(lines, settings[:begin] + named + settings[end:], of_source, name)


def _read(file: Path, wanted: ReadAs) -> _FileRead:
    nesting = ("", "") if wanted.series else table_reader.nesting(file, wanted)
    if nesting[1]:
        wanted = replace(wanted, series=nesting[:1], part=nesting[1])
    read = table_reader.read_table(file, wanted)
    kind = kind_of(f"{read.counts_column} {read.series_column}")
    if nesting[1] and not KINDS[kind].parts:  # what is below a rate does not add up to it
        return _read(file, replace(wanted, series=nesting, part=""))
    return _FileRead(file, wanted, read, kind, nesting[1])


def _as_read(was: _FileRead) -> Iterator[str]:
    """Yield how the file was read, and what to look at."""
    read, table = was.read, was.read.counts
    ends = int(table.first.min()), int(table.last.max())
    span = " to ".join(month_words(months.from_index(index)) for index in ends)
    missing = how_many(read.missing, "month")
    yield f"{was.path.name}: {len(table.names):,} series, {span}; {missing} missing"
    yield from (f"read: {note}" for note in read.notes)
    yield from (f"note: {warning}" for warning in read.warnings)


def _parts_taken(was: _FileRead) -> Iterator[str]:
    nested = was.read.counts.nested
    below = [series for series, name in nested if name]
    stated = len(nested) - len(below)
    whole = f"the file has {stated:,} of their sums" if stated else "their sums are added up"
    if below:
        of_parts = f"{len(below):,} parts of {len(set(below)):,}"
        yield f"taken: each {was.part!r} is a part of a {was.singular!r}: {of_parts}; {whole}"


def _words(was: _FileRead, path: Path, publisher: str) -> dict[str, object]:
    """Return what both templates name of a file."""
    read, table = was.read, was.read.counts
    length = int(table.last.max()) - int(table.first.min()) + 1
    name = re.sub(r"[^a-z0-9]+", "_", (publisher or was.title).lower()).strip("_")[:40]
    step = int(np.gcd.reduce(table.values[np.isfinite(table.values)].astype(np.int64)))
    of_step = f"; all numbers are multiples of {step:,}" if step > 1 else ""
    return {
        "kind": was.kind,
        "header": ", ".join(f'"{_quoted(w)}"' for w in (read.series_column, read.counts_column)),
        "habit": f"The first file\n# brought {len(table.names):,} series of {length:,} months"
        f"{of_step}.",
        "file": _quoted(path.name),
        "name": name if re.match(r"[a-z]", name) else "counts",
        "noun": was.noun,
        "title": was.title,
        "one": was.singular,
        "many": _plural(was.singular),
        "place": _place(was.singular),
        "publisher": _quoted(publisher) if publisher else "our office",
        "begins": was.wanted.fiscal_start or 1,
    }


def _settings(was: _FileRead, path: Path, words: Mapping[str, object]) -> str:
    table = was.read.counts
    many, first, last = len(table.names), int(table.first.min()), int(table.last.max())
    alpha = float(f"{min(max(FALSE_FLAGS / many, LEAST_ALPHA), MOST_ALPHA):.2g}")
    return _template("first_settings.toml").format(
        **words,
        path=_quoted(str(path)),
        parts=_PARTS.format(part=was.part, many=_plural(was.part)) if was.below else "",
        columns=_columns(was.wanted, was.singular),
        cutoff=months.from_index(max(first + SCORED, last - SCORED)),
        alpha=alpha,
        series=many,
        false=alpha * many,
        level=10 if float(np.nanmedian(table.values)) >= 25 else 5,
    )


def _source(was: _FileRead, path: Path, words: Mapping[str, object], of: Answers) -> str:
    """Return the table that describes a publisher's files."""
    at = (
        f'path = "{_quoted(str(path))}"'
        if path.is_dir()
        else '# path = "FOLDER", or address = "https://...": where files come from'
    )
    whole = was.read.counts.whole.all()
    return _template("first_source.toml").format(
        **words,
        due=list(of.due),
        jumps=str(of.jumps).lower(),
        absent=of.absent,
        parts=f'part = "{was.part}"\nbelow = "{_plural(was.part)}"\n' if was.below else "",
        pattern=re.sub(r"\d+", "*", _quoted(was.path.name)),
        place_of_files=at,
        columns=_file_columns(was.wanted) + ("" if whole else "\nround = true"),
    )


def _template(name: str) -> str:
    return (resources.files(__package__) / name).read_text("utf-8")


def _place(singular: str) -> str:
    head = _head(singular)
    return "at {}" if head in _PLACES else "in {}" if head in _WITHIN else "for {}"


def _head(name: str) -> str:
    """Return a name's words up to a preposition: country, of "country of asylum"."""
    return re.split(r" (?:of|in|at|by|for|from|to|with|per) ", name, maxsplit=1)[0]


def of_all() -> str:
    """Write the settings for everything that comes with the program, in one record."""
    parts = [_ALL]
    for source in catalog.every().values():
        if source.settings:
            alone = tomllib.loads(source.settings())
            # No paths of refit models come with the program for it: a first run would fit them all.
            alone["forecast"]["models"] = ["naive", "snaive"]
            parts.append(f'[[sources]]\nkind = "{source.name}"\n')
            for part in ("forecast", "flags"):
                lines = (f"{key} = {json.dumps(value)}\n" for key, value in alone[part].items())
                parts.append(f"[sources.{part}]\n{''.join(lines)}")
    return "\n".join((*parts, _ALL_END))


def add(output: Path, made: FirstSettings, file: Path) -> str:
    """Add a source to settings that are there, and say so.

    ConfigError if the settings cannot be read, or have this source, or these files, already.
    """
    config = load(output)
    there = {getattr(section, "path", "") for section in config.sources}
    text = output.read_text(encoding="utf-8")
    begin, end = made.settings.index("[[sources]]"), made.settings.index("[questions]")
    section = made.settings[begin:end].replace("[forecast]", "[sources.forecast]")
    section = section.replace("[flags]", "[sources.flags]").rstrip()
    name = tomllib.loads(section)["sources"][0]["name"]
    if str(file) in there or name in {section.name for section in config.sources}:
        raise ConfigError(str(output), name, "is already there; name another with -o")
    # Settings without a source are of the one that records begin with, which stays the first.
    first = "" if config.sources else f'[[sources]]\nkind = "{DEFAULT_SOURCE}"\n\n'
    parse("\n\n".join((text, f"{first}{section}\n")), str(output), output.parent)
    with output.open("a", encoding="utf-8") as settings:
        settings.write(f"\n{first}{section}\n")
    return f"{name} is added to {output} as one more measure: docs/measures.md."


def write(output: Path, content: bytes) -> None:
    """Write a new file; ConfigError if there is one, or if it cannot be written."""
    try:
        with output.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise ConfigError(str(output), "file", "is already there; name another with -o") from None
    except OSError as error:
        raise ConfigError(str(output), "file", f"cannot be written: {error.strerror}") from None


def _added(table: base.MonthlyCounts, total: str) -> Iterator[base.Floats]:
    """Yield each count that is stated, and below it what adds up to it, a row each."""
    names = table.nested or tuple((name, "") for name in table.names)
    whole = [(name, part) for name, part in names if not part]
    groups = [[counts, *(n for n in names if n[0] == counts[0] and n[1])] for counts in whole]
    if total:
        groups.append([(total, ""), *(counts for counts in whole if counts[0] != total)])
    for group in groups:
        yield table.values[[names.index(counts) for counts in group]]


def _tolerance(table: base.MonthlyCounts, total: str) -> tuple[int, list[str]]:
    """By how much sums may miss their totals, as they did so far; and that, in a sentence.

    0 where they are to the unit, or miss by more than rounding explains: such a file is refused.
    """
    most, tolerance = 0.0, 0
    for values in _added(table, total):
        apart = np.abs(values[0] - values[1:].sum(axis=0))
        missed = float(np.nanmax(apart)) if np.isfinite(apart).any() else 0.0
        rounding = anyseries.rounding(values)
        if len(values) > 1 and 0 < missed <= max(rounding, np.nanmax(values[0]) / 1000):
            most, tolerance = max(most, missed), max(tolerance, math.ceil(max(rounding, missed)))
    if not tolerance:
        return 0, []
    return tolerance, [
        f"taken: sums missed their totals by up to {most:,.0f}, as rounded counts do; tolerance = "
        f"{tolerance} in the settings lets them, and refuses files in which they miss by more"
    ]


def _newest(path: Path) -> Path:
    """Return the file itself; of a folder the one that was changed last."""
    if not path.is_dir():
        return path
    files = [file for file in path.iterdir() if file.is_file() and not file.name.startswith(".")]
    if not files:
        raise DataError(f"{path}: no file in this folder; put the first delivery there")
    return max(files, key=lambda file: (file.stat().st_mtime, file.name))


def _plain(column: str) -> str:
    """Return the name of a column in small letters, words only."""
    words = re.sub(r"[^\w ]+|_", " ", column.lower())
    return " ".join(words.split())[:40]


def _plural(singular: str) -> str:
    if (head := _head(singular)) != singular:
        return _plural(head) + singular.removeprefix(head)
    if singular.endswith(("s", "x", "ch", "sh")):
        return singular if singular == "series" else f"{singular}es"
    if re.search(r"[^aeiou]y$", singular):
        return f"{singular[:-1]}ies"
    return f"{singular}s"


def _quoted(text: str) -> str:
    """Return a text inside a TOML string."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _file_columns(wanted: ReadAs) -> str:
    """What the user said of the file, as a publisher's table has it."""
    lines = _columns(replace(wanted, series=(), part=""), "").splitlines()
    named = [json.dumps(name) for name in wanted.series]
    lines += [f"total = [{', '.join(named)}]"] if named else []
    lines += [f"part = {json.dumps(wanted.part)}"] if wanted.part else []
    return "\n".join(line.replace("series, value", "total, part, value") for line in lines)


def _columns(wanted: ReadAs, singular: str) -> str:
    """What the user said of the file, and what nests; the rest is found anew in each delivery."""
    lines = [
        f'{name} = "{_quoted(value)}"'
        for name, value in (
            ("month", wanted.month),
            ("year", wanted.year),
            ("sheet", wanted.sheet),
            ("decimal", {".": "point", ",": "comma"}.get(wanted.decimal, "")),
            ("dates", wanted.dates),
        )
        if value
    ]
    if wanted.part:
        outer, inner = _quoted(wanted.series[0]), _quoted(wanted.part)
        lines.append(_NESTED.format(one=singular, outer=outer, inner=inner))
    for name, values in (("series", wanted.series), ("value", wanted.value)):
        if values and not (wanted.part and name == "series"):
            quoted = ", ".join(f'"{_quoted(value)}"' for value in values)
            lines.append(f"{name} = [{quoted}]")
    if wanted.sums:
        lines.append("sum = true")
    lines += [f'over = "{wanted.over}"'] if wanted.over else []
    hint = "# found by content; say so where it is wrong: month, year, series, value, sheet, ..."
    return "\n".join(lines) or hint
