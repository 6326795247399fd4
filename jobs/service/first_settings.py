"""The first settings file: of all settings at their defaults, or made for a file of own counts."""

import json
import math
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import numpy as np

from forecast import months
from forecast.agreed import KINDS, kind_of
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
_WITHIN = ("region", "county", "district", "state", "city", "town", "province", "area")

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


def understood(path: Path, wanted: ReadAs, of: Answers | None = None) -> FirstSettings:
    """Settings for a file of counts, or for a folder with such files; of : who publishes them.

    Errors are those of `tables.read.read_table`.
    """
    file = _newest(path)
    nesting = ("", "") if wanted.series else table_reader.nesting(file, wanted)
    if nesting[1]:
        wanted = replace(wanted, series=nesting[:1], part=nesting[1])
    read = table_reader.read_table(file, wanted)
    table, kind = read.counts, kind_of(f"{read.counts_column} {read.series_column}")
    if nesting[1] and not KINDS[kind].parts:  # what is below a rate does not add up to it
        return understood(path, replace(wanted, series=nesting, part=""), of)
    last = int(table.last.max())
    first = int(table.first.min())
    length = last - first + 1
    many = len(table.names)
    alpha = float(f"{min(max(FALSE_FLAGS / many, LEAST_ALPHA), MOST_ALPHA):.2g}")
    noun, singular = _plain(read.counts_column), _plain(read.series_column)
    noun = noun if re.search(r"[a-z]", noun) and noun not in _NO_NOUNS else "counts"
    singular, part = singular or "series", _plain(nesting[1]) or "part"
    title = f"{capital(singular)} {noun}" if singular != "series" else capital(noun)
    if nesting[1]:
        title = f"{capital(noun)} by {singular}"
    below = [series for series, name in table.nested if name]
    stated = len(table.nested) - len(below)
    whole = f"the file has {stated:,} of their sums" if stated else "their sums are added up"
    parts_taken = (
        [
            f"taken: each {part!r} is a part of a {singular!r}: {len(below):,} parts of "
            f"{len(set(below)):,}; {whole}"
        ]
        if below
        else []
    )
    sums = anyseries.sums_of(table)
    total = next(iter(sums), "") if KINDS[kind].parts else ""
    tolerance, missed = _tolerance(table, total)
    broken = not (of or table.whole.all() or wanted.over == "mean")
    to_do = f"a record keeps whole numbers; below [sources.columns] {DECIMALS}"
    decimals = [f"note: {read.decimal}and {to_do}"] if broken else []
    typical = float(np.nanmedian(table.values))
    name = re.sub(r"[^a-z0-9]+", "_", (of.publisher if of else title).lower()).strip("_")[:40]
    step = int(np.gcd.reduce(table.values[np.isfinite(table.values)].astype(np.int64)))
    of_step = f"; all numbers are multiples of {step:,}" if step > 1 else ""
    words = {
        "kind": kind,
        "header": ", ".join(f'"{_quoted(w)}"' for w in (read.series_column, read.counts_column)),
        "habit": f"The first file\n# brought {many:,} series of {length:,} months{of_step}.",
        "file": _quoted(path.name),
        "name": name if re.match(r"[a-z]", name) else "counts",
        "noun": noun,
        "title": title,
        "one": singular,
        "many": _plural(singular),
        "place": _place(singular),
        "publisher": _quoted(of.publisher) if of else "our office",
        "total": _quoted(total),
        "tolerance": tolerance,
        "begins": wanted.fiscal_start or 1,
    }
    settings = _template("first_settings.toml").format(
        **words,
        path=_quoted(str(path)),
        parts=_PARTS.format(part=part, many=_plural(part)) if nesting[1] else "",
        columns=_columns(wanted, singular),
        cutoff=months.from_index(max(first + SCORED, last - SCORED)),
        alpha=alpha,
        series=many,
        false=alpha * many,
        level=10 if typical >= 25 else 5,
    )
    table_text = ""
    if of:
        begin, end = settings.index("[[sources]]"), settings.index("[forecast]")
        named = f'[[sources]]\nkind = "{words["name"]}"  # sources/{words["name"]}/source.toml\n\n'
        settings = settings[:begin] + named + settings[end:]
        words_below = f'part = "{part}"\nbelow = "{_plural(part)}"\n' if nesting[1] else ""
        at = (
            f'path = "{_quoted(str(path))}"'
            if path.is_dir()
            else '# path = "FOLDER", or address = "https://...": where files come from'
        )
        table_text = _template("first_source.toml").format(
            **words,
            due=list(of.due),
            jumps=str(of.jumps).lower(),
            absent=of.absent,
            parts=words_below,
            pattern=re.sub(r"\d+", "*", _quoted(file.name)),
            place_of_files=at,
            columns=_file_columns(wanted) + ("" if table.whole.all() else "\nround = true"),
        )
    span = " to ".join(month_words(months.from_index(index)) for index in (first, last))
    lines = [
        f"{file.name}: {many:,} series, {span}; {how_many(read.missing, 'month')} missing",
        *(f"read: {note}" for note in read.notes),
        *(f"note: {warning}" for warning in read.warnings),
        *decimals,
        f"taken: what is counted is {noun!r}, each series is a {singular!r}",
        *parts_taken,
        *(f"taken: {name} is the sum of the {many} others" for name, many in sums.items()),
        *missed,
    ]
    return FirstSettings(lines, settings, table_text, str(words["name"]) if of else "")


def _template(name: str) -> str:
    return (resources.files(__package__) / name).read_text("utf-8")


def _place(singular: str) -> str:
    return "at {}" if singular in _PLACES else "in {}" if singular in _WITHIN else "for {}"


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
